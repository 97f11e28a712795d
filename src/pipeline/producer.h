/*
 * producer.h: writing to a topic of a data directory from outside a pipeline.
 *
 *     nobody holds the directory:   takes its lock, appends, syncs, commits
 *     a run holds it:               hands the records to the run through its socket
 *     topics are in a real Kafka:   produces there (client/kafka_producer.h)
 *
 * Records go chunk by chunk, each acknowledged before the next: acknowledged records survive any
 * crash. Which of the two ways it is is found out anew when nothing is under way, so a producer
 * that rests stands in no run's way, and runs may start and stop beside it.
 *
 * Thread: one at a time.
 */
#ifndef WEIR_PIPELINE_PRODUCER_H
#define WEIR_PIPELINE_PRODUCER_H

#include "log/topic.h"
#include "plan/setting.h"

typedef struct Producer Producer;

typedef struct ProducerConfig {
    const char *data_dir; /* Made if missing. */
    const Settings *settings;
    Str topic;
    const TopicConfig *make; /* A missing topic is made so; NULL: ERROR_USER. */
    int64_t patience_us; /* How long to wait for a directory in use, and for answers; 0: usual. */
} ProducerConfig;

/* Opens nothing yet. Borrows the configuration's members for its life. */
Producer *producer_create(const ProducerConfig *config);
void producer_free(Producer *producer); /* What was not flushed is dropped. NULL is fine. */

/* Takes a copy; now and then writes a chunk. */
bool producer_add(Producer *producer, const LogRecord *record, Error *err);
/* On true all that was added is acknowledged. On false the records since the last acknowledged one
 * may or may not have been written; the text says which. */
bool producer_flush(Producer *producer, Error *err);
/* Lets the data directory go, until the next chunk. Nothing may be unflushed. */
void producer_rest(Producer *producer);
bool producer_made_topic(const Producer *producer); /* In a real Kafka. */
int64_t producer_acknowledged(const Producer *producer); /* Records. */

/* Makes a topic, by the same ways. */
bool producer_create_topic(const char *data_dir, const Settings *settings, Str topic,
                           const TopicConfig *config, Error *err);

#endif
