/*
 * topic.h: topics: a name, some partitions, and settings that a person can read and edit.
 *
 *     DIR/topics/orders-0/                          partition 0 (partition.h)
 *     DIR/topics/orders-0/topic.properties          what is said here; without it there is no topic
 *     DIR/topics/orders-1/ …
 *
 *     # Topic 'orders' …
 *     created = 2025-05-04T17:12:03Z
 *     partitions = 2
 *     retention.ms = -1
 *     retention.bytes = -1
 *     segment.bytes = 134217728
 *     compression.type = none
 *
 * The names and units are those of Kafka's topic settings; -1 is "without limit". The file is
 * written last when a topic is made and removed first when it is deleted, so a topic is there
 * wholly or not at all; folders left by a crash in between are swept away when the name is used
 * again.
 *
 * Thread: any; whoever creates, grows or deletes topics holds the lock of the data directory.
 */
#ifndef WEIR_LOG_TOPIC_H
#define WEIR_LOG_TOPIC_H

#include "log/partition.h"

#define TOPIC_NAME_BYTES_MAX 249 /* Kafka's limit. */
#define TOPIC_PARTITIONS_MAX 4096
#define TOPIC_SEGMENT_BYTES_MIN ((int64_t)1024)

typedef struct TopicConfig {
    int64_t created_ms; /* Set by topic_create. */
    int32_t partition_count;
    LogConfig log;
} TopicConfig;

extern const TopicConfig topic_config_default;

/* As Kafka: 1 to 249 of [a-zA-Z0-9._-], and neither "." nor "..". ERROR_USER says what is wrong. */
bool topic_name_check(Str name, Error *err);

bool topic_exists(const char *data_dir, Str name);
/* ERROR_USER when there is one of that name, or a setting is out of range. */
bool topic_create(const char *data_dir, Str name, const TopicConfig *config, Error *err);
/* ERROR_USER when there is none, or its file is wrong (with the line). */
bool topic_describe(const char *data_dir, Str name, TopicConfig *out, Error *err);
/* The names of all topics, sorted, in `arena`. */
bool topic_list(Arena *arena, const char *data_dir, Str **names, size_t *name_count, Error *err);
/* Other settings for the log; a writer that is open goes on with the old ones. */
bool topic_configure(const char *data_dir, Str name, const LogConfig *log, Error *err);
/* More partitions; keys may then go elsewhere than before. */
bool topic_grow(const char *data_dir, Str name, int32_t partition_count, Error *err);
/* All its records too. */
bool topic_delete(const char *data_dir, Str name, Error *err);

char *topic_partition_dir(Arena *arena, const char *data_dir, Str name, int32_t partition_i);

#endif
