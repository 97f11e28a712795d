/*
 * topic_writer.h: the one writer of a topic in the process that holds the data directory: what
 * flows, collectors and producers write goes through it, epoch by epoch.
 *
 *     append*, sync         in the log, durable, unseen
 *     commit                the new ends, into the epoch's transaction
 *     committed             shown to readers
 *
 * A crash before the store's commit leaves records beyond the topic's ends; opening the writer cuts
 * them off.
 *
 * Thread: the committer; topic_writer_log's settings may be read by any.
 */
#ifndef WEIR_SINK_TOPIC_WRITER_H
#define WEIR_SINK_TOPIC_WRITER_H

#include "log/log_writer.h"
#include "source/topics.h"

typedef struct TopicWriter TopicWriter;

/* Cuts the log back to the topic's ends. Borrows the topic, which has one writer only. */
bool topic_writer_open(Topic *topic, TopicWriter **out, Error *err);
void topic_writer_close(TopicWriter *writer); /* NULL is fine. */
Topic *topic_writer_topic(const TopicWriter *writer);
/* To append to; then topic_writer_sync. */
LogWriter *topic_writer_log(const TopicWriter *writer);
bool topic_writer_sync(TopicWriter *writer, Error *err);
/* Of what was synced; any number of times in one transaction. */
bool topic_writer_commit(TopicWriter *writer, StoreTxn *txn, Error *err);
void topic_writer_committed(TopicWriter *writer);
/* Gives up what was not committed. */
bool topic_writer_recover(TopicWriter *writer, Error *err);
/* From now on retention leaves records from `offset` on, in every partition. */
void topic_writer_keep_from(TopicWriter *writer, int64_t offset);
/* Removes what the topic's retention lets go. */
bool topic_writer_housekeeping(TopicWriter *writer, Error *err);

#endif
