/*
 * cmd_topic_kafka.h: what weir topic list, create, describe and delete do where topics are in a real
 * Kafka. Not for others.
 */
#ifndef WEIR_CLI_CMD_TOPIC_KAFKA_H
#define WEIR_CLI_CMD_TOPIC_KAFKA_H

#include "log/topic.h"
#include "plan/setting.h"

bool topic_kafka_list(const Settings *settings, Arena *arena, bool json, Error *err);
bool topic_kafka_describe(const Settings *settings, Arena *arena, Str name, bool json, Error *err);
/* Of the configuration, what was given; replica_count -1: the brokers' default. */
bool topic_kafka_create(const Settings *settings, Arena *arena, Str name, const TopicConfig *config,
                        int32_t replica_count, Error *err);
bool topic_kafka_delete(const Settings *settings, Arena *arena, Str name, Error *err);

#endif
