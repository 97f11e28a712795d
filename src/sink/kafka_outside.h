/*
 * kafka_outside.h: a topic of Apache Kafka as an outside table (outside.h).
 *
 * The batch of epochs of one delivery is one transaction, and in the same transaction the last of them
 * becomes the offset of a consumer group that nobody reads: what a restart finds there is in the topic,
 * and nothing else is. Who reads committed records sees each epoch once, whole.
 *
 *     transactional.id = group = weir-RUN-TABLE        offset of (TOPIC, partition 0) = epoch
 *
 * A key is placed as Java's producer would (murmur2); records without one go round.
 */
#ifndef WEIR_SINK_KAFKA_OUTSIDE_H
#define WEIR_SINK_KAFKA_OUTSIDE_H

#include "sink/outside.h"

bool kafka_outside_create(const OutsideConfig *config, Outside **out, Error *err);

#endif
