/*
 * kafka_source.h: a topic of Apache Kafka as a source: one partition each, the position is the offset.
 *
 * Partitions are assigned by weir (partition p is worker p % workers'), and weir's own epochs hold the
 * offsets: that is what exactly once rests on. After each epoch they are also committed to a consumer
 * group, for people's tools alone; nothing is ever read from there. Readers see committed
 * transactions only.
 *
 * A reader waits for nothing: librdkafka's threads fetch and wake the worker, poll takes what has
 * come. A watcher thread asks the cluster twice a second for new partitions and the partitions' ends,
 * so that no worker does. Brokers that go away, leaders that change: librdkafka goes on when it can. Refused with a
 * sentence: the topic was deleted; the records at a position are gone ('on_data_loss' = 'continue'
 * goes on with the first that is left).
 *
 * Threads: as source.h; poll: the reader's worker.
 */
#ifndef WEIR_SOURCE_KAFKA_SOURCE_H
#define WEIR_SOURCE_KAFKA_SOURCE_H

#include "client/kafka_client.h"
#include "source/source.h"
#include "plan/starting.h"

typedef struct KafkaSourceConfig {
    Arena *arena;        /* What all of this lives in; taken, also on failure. */
    KafkaConfig kafka;
    Str topic;
    Str group;           /* Where the offsets are shown. */
    Starting starting;
    bool on_data_loss_continue;
    bool whole;          /* Up to the ends at this time (source.h: extend). */
    bool make;           /* A topic that is missing is made, so; else ERROR_USER. */
    KafkaNewTopic new_topic;
} KafkaSourceConfig;

bool kafka_source_open(const KafkaSourceConfig *config, Source **out, Error *err);

#endif
