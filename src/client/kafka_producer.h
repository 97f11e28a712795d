/*
 * kafka_producer.h: records into a topic of a real Kafka from a command: idempotent, acknowledged by
 * all replicas; for flows there is sink/kafka_outside.h.
 *
 * Thread: one at a time.
 */
#ifndef WEIR_CLIENT_KAFKA_PRODUCER_H
#define WEIR_CLIENT_KAFKA_PRODUCER_H

#include "client/kafka_client.h"
#include "log/record_batch.h"

typedef struct KafkaProducer KafkaProducer;

/* A missing topic is made as `make` says; NULL: ERROR_USER. *made tells. */
bool kafka_producer_open(const KafkaConfig *config, Str topic, const KafkaNewTopic *make,
                         KafkaProducer **out, bool *made, Error *err);
void kafka_producer_close(KafkaProducer *producer); /* NULL is fine. */
/* Takes a copy. Keys are placed as Java's producer does, records without one in turn. Waits while the
 * queue is full. */
bool kafka_producer_add(KafkaProducer *producer, const LogRecord *record, Error *err);
/* On true all that was added is acknowledged. */
bool kafka_producer_flush(KafkaProducer *producer, Error *err);
int64_t kafka_producer_acknowledged(const KafkaProducer *producer);

#endif
