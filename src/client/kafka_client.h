/*
 * kafka_client.h: one connection to Apache Kafka (librdkafka), and what its source, its sink and the
 * commands ask of a cluster besides records: topics, offsets, settings of topics, offsets of groups.
 *
 * Every setting and table option `kafka.NAME` is librdkafka's property NAME; the table's option wins.
 * A secret may be in a file instead (`kafka.sasl.password.file`); values are never part of an error.
 *
 * librdkafka has threads of its own, outside os/. What it tells on the way (a broker that went away, a
 * refused password) is kept as the client's last trouble, and becomes part of the sentence when a
 * call fails; librdkafka itself goes on trying.
 *
 * Thread: any, each call by itself; a client is closed when nobody uses it.
 */
#ifndef WEIR_CLIENT_KAFKA_CLIENT_H
#define WEIR_CLIENT_KAFKA_CLIENT_H

#include <stdatomic.h>

#include <librdkafka/rdkafka.h>

#include "plan/catalog.h"
#include "plan/setting.h"

#define KAFKA_SERVERS "kafka.bootstrap.servers"

typedef struct KafkaProperty {
    const char *name;
    const char *value;
} KafkaProperty;

/* The properties that the user gave; strings in the arena. */
typedef struct KafkaConfig {
    const char *servers;
    KafkaProperty *items;
    size_t count;
    size_t capacity;
} KafkaConfig;

/* Where the table's topic is: in a real Kafka? `table` NULL: as the settings say alone. */
bool kafka_is_configured(const Settings *settings, const TableDef *table);
/* ERROR_USER for a `kafka.` key that librdkafka has no property for, or a secret's file that cannot
 * be read. */
bool kafka_config_make(Arena *arena, const Settings *settings, const TableDef *table,
                       KafkaConfig *out, Error *err);
/* The user's value of a property; NULL: not given. */
const char *kafka_config_find(const KafkaConfig *config, const char *name);

typedef struct KafkaClient KafkaClient;

/* Told of each record that a producer has sent, or could not; the opaque is the record's own. */
typedef void KafkaDelivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque);

/* Own properties come first, the user's over them, `forced` over these (arrays end with a NULL name).
 * Does not wait for a connection. */
bool kafka_client_open(const KafkaConfig *config, rd_kafka_type_t type, const KafkaProperty *own,
                       const KafkaProperty *forced, KafkaDelivered *delivered, KafkaClient **out,
                       Error *err);
void kafka_client_close(KafkaClient *client); /* NULL is fine. */
/* Instead of closing it: librdkafka (2.0) waits for ever for a broker's thread of a client that was reading a
 * topic when it was deleted. It is kept, with its handles of topics, to the end of the process. */
void kafka_client_abandon(KafkaClient *client);
/* Once *stop is true, what waits for an answer in this client gives up soon, with ERROR_RETRY. Borrowed
 * for the client's life. */
void kafka_client_heed(KafkaClient *client, const _Atomic bool *stop);
/* Once the process is asked to stop (os_stop_requested), likewise: for what is asked so as to read on. */
void kafka_client_heed_signal(KafkaClient *client);
rd_kafka_t *kafka_client_handle(KafkaClient *client);
/* Serves callbacks; now and then, by one thread. */
void kafka_client_serve(KafkaClient *client, int timeout_ms);
/* Sets `err` from librdkafka's code: its kind (ERROR_RETRY when trying again may help), and the
 * client's last trouble where the code alone says little; what to do about it where that is known.
 * `what`: what was being done. */
bool kafka_client_error(const KafkaClient *client, rd_kafka_resp_err_t code, Error *err,
                        const char *what, ...) PRINTF(4, 5);

/* The password or certificate was. */
bool kafka_client_is_refused(KafkaClient *client);

/* ── topics ────────────────────────────────────────────────────────────────────────────────────*/

typedef struct KafkaTopic {
    bool exists;
    int32_t partition_count;
    int32_t replica_count;
} KafkaTopic;

/* A missing topic is no error. */
bool kafka_topic_look(KafkaClient *client, Str topic, KafkaTopic *out, Error *err);
/* How a missing topic is made. */
typedef struct KafkaNewTopic {
    int32_t partition_count;
    int32_t replica_count;         /* -1: as the broker's default. */
    const KafkaProperty *settings; /* retention.ms and the like; ends with a NULL name. NULL: none. */
} KafkaNewTopic;

/* As the table's options say. */
void kafka_new_topic(Arena *arena, const TableDef *table, KafkaNewTopic *out);
/* One that is there already is no error. */
bool kafka_topic_create(KafkaClient *client, Str topic, const KafkaNewTopic *how, Error *err);
bool kafka_topic_delete(KafkaClient *client, Str topic, Error *err);
/* Sorted; in `arena`. Without Kafka's own (`__consumer_offsets`). */
bool kafka_topic_list(KafkaClient *client, Arena *arena, Str **names, size_t *count, Error *err);
/* A setting of the topic (`max.message.bytes`); in `arena`, NULL: unknown there. */
bool kafka_topic_setting(KafkaClient *client, Arena *arena, Str topic, const char *name,
                         const char **out, Error *err);
/* Its settings that differ from the broker's defaults; in `arena`. */
bool kafka_topic_settings(KafkaClient *client, Arena *arena, Str topic, KafkaProperty **out,
                          size_t *count, Error *err);

#define KAFKA_TIME_END ((int64_t)-1)   /* How far readers of committed records may read. */
#define KAFKA_TIME_START ((int64_t)-2) /* The first record kept. */
/* For each partition the first offset at or after a time (milliseconds), the end if there is none. Asks until
 * `patience_ms` have passed (KAFKA_PATIENCE_MS: as questions are asked; 0: once, and shortly). */
enum { KAFKA_PATIENCE_MS = 20000 };
bool kafka_topic_offsets(KafkaClient *client, Str topic, int32_t partition_count, int64_t time_ms,
                         int patience_ms, int64_t *out, Error *err);

/* ── consumer groups, as an administrator sees them ────────────────────────────────────────────*/

/* The committed offset of a partition, once no transaction can change it any more; -1: none. The client must be a
 * consumer whose group.id this is: without one librdkafka (2.0) crashes when the group's coordinator moves. */
bool kafka_group_offset(KafkaClient *client, const char *group, const char *topic,
                        int32_t partition, int64_t *out, Error *err);
/* Sets committed offsets; whether it is taken is not told. Waits so long for it. */
void kafka_group_set(KafkaClient *client, const char *group,
                     const rd_kafka_topic_partition_list_t *offsets, int wait_ms);

/* Whether the cluster of the settings can be reached, and what it is; in `arena`. */
bool kafka_probe(const Settings *settings, Arena *arena, Str *version, Error *err);

#endif
