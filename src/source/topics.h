/*
 * topics.h: the topics of a data directory: their partitions' folders, and how far each is
 * committed.
 *
 *     DIR/topics/orders-0/  orders-1/  …        the records (log/)
 *     store: topic, topic_end                   how many partitions, and the committed ends
 * (store/)
 *
 * In the process that writes, the committer publishes new ends as soon as the store has them, and
 * readers of all threads see them at once; in others topics_load reads them from the store.
 *
 * Invariants
 *  1. An end never goes back, and is never beyond what the store has committed.
 *  2. A Topic, once found, stays until topics_free; the number of its partitions does not change.
 *
 * Thread: any, save topics_free; topics_open and topics_load one at a time.
 */
#ifndef WEIR_SOURCE_TOPICS_H
#define WEIR_SOURCE_TOPICS_H

#include "store/meta.h"

typedef struct Topics Topics;
typedef struct Topic Topic;

enum { TOPIC_NAME_BYTES_MAX = 200, TOPIC_PARTITIONS_MAX = 1024 };

/* `folder` is DIR/topics; nothing is read or made yet. */
Topics *topics_create(const char *folder);
void topics_free(Topics *topics); /* NULL is fine. */

/* What the store knows, as of one commit: topics not seen yet, and new ends. */
bool topics_load(Topics *topics, Store *store, Error *err);
/* NULL: there is none of that name. */
Topic *topics_find(Topics *topics, Str name);
/* The topic, made if it is missing: `partition_count` 0 asks for as many as it has (1, if made).
 * One of another number is refused with a sentence, and so are names that are no names of topics.
 */
bool topics_open(Topics *topics, StoreTxn *txn, Str name, int32_t partition_count, Topic **out,
                 Error *err);

Str topic_name(const Topic *topic);
int32_t topic_partition_count(const Topic *topic);
const char *topic_partition_dir(const Topic *topic, int32_t partition);
/* The first offset that no reader may see. */
int64_t topic_end(const Topic *topic, int32_t partition);
/* Only what is committed; a smaller end is ignored. Wakes who waits. */
void topic_publish(Topic *topic, int32_t partition, int64_t end);

/* Waits until an end was published since `seen` was got, at most timeout_us; returns the new state
 * to hand in next time. */
uint64_t topics_seen(Topics *topics);
uint64_t topics_wait(Topics *topics, uint64_t seen, int64_t timeout_us);

/* 1 to 200 letters, digits, '.', '_', '-', as Kafka allows; else a sentence. */
bool topic_name_check(Str name, Error *err);

#endif
