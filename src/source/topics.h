/*
 * topics.h: how far the topics of a data directory are committed, for all threads of this process.
 *
 * Topics themselves are log/topic.h's; the committed ends stand in the store (store/meta.h). In the
 * process that writes, the committer publishes new ends as soon as the store has them, and readers
 * of all threads see them at once; in others topics_load fetches them from the store.
 *
 * Invariants
 *  1. An end never goes back, and is never beyond what the store has committed.
 *  2. A Topic, once opened, stays until topics_free; the number of its partitions does not change.
 *
 * Thread: any, save topics_free.
 */
#ifndef WEIR_SOURCE_TOPICS_H
#define WEIR_SOURCE_TOPICS_H

#include "log/topic.h"
#include "store/meta.h"

typedef struct Topics Topics;
typedef struct Topic Topic;

Topics *topics_create(const char *data_dir);
void topics_free(Topics *topics); /* NULL is fine. */

/* The topic with its ends as the store has them. One that is missing is made as `config` says, one that
 * is there gets its settings of the log; NULL: it stays as it is, and ERROR_USER if missing. With
 * config->partition_count > 0, a topic of another number is refused with a sentence; 0: as many as it
 * has (1, if made). Thread: who makes topics holds the data directory's lock. */
bool topics_open(Topics *topics, Store *store, Str name, const TopicConfig *config, Topic **out,
                 Error *err);
/* New ends of all that are open, as of one commit. For processes beside the one that writes. */
bool topics_load(Topics *topics, Store *store, Error *err);

const char *topic_data_dir(const Topic *topic);
Str topic_name(const Topic *topic);
int32_t topic_partition_count(const Topic *topic);
/* The first offset that no reader may see. */
int64_t topic_end(const Topic *topic, int32_t partition);
void topic_ends(const Topic *topic, int64_t *ends);
/* Of every partition, into the epoch's transaction: those that differ from topic_end. */
bool topic_ends_commit(const Topic *topic, const int64_t *ends, StoreTxn *txn, Error *err);
/* What has been committed; wakes who waits. */
void topic_ends_publish(Topic *topic, const int64_t *ends);

/* Waits until an end was published since `seen` was got, at most timeout_us; returns the new state
 * to hand in next time. */
uint64_t topics_seen(Topics *topics);
uint64_t topics_wait(Topics *topics, uint64_t seen, int64_t timeout_us);

#endif
