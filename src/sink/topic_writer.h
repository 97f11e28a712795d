/*
 * topic_writer.h: the one writer of a topic, epoch by epoch.
 *
 *     append* ── sync ──> durable, unseen ── store's commit ──> published
 *                             |
 *                             +── crash, or recover ──> cut back to the committed ends
 *
 * Used by the topic sink, and by whoever brings records that are no rows (collectors, produce).
 *
 * Invariant: after any failure, topic_writer_recover must succeed before anything is appended
 * again.
 *
 * Thread: the committer.
 */
#ifndef WEIR_SINK_TOPIC_WRITER_H
#define WEIR_SINK_TOPIC_WRITER_H

#include "log/partition.h"
#include "source/topics.h"

typedef struct TopicWriter TopicWriter;

/* Cuts every partition back to its committed end. Borrows the topic for its life. */
bool topic_writer_open(Topic *topic, const LogConfig *config, TopicWriter **out, Error *err);
void topic_writer_close(TopicWriter *writer); /* NULL is fine. */

/* Takes in a copy. With a key the record goes where Kafka would put it, without one to the
 * partitions in turn. record->offset is not looked at. */
bool topic_writer_append(TopicWriter *writer, const LogRecord *record, Error *err);
/* All that was appended survives a crash. */
bool topic_writer_sync(TopicWriter *writer, Error *err);
/* The ends of what was synced become part of the transaction, ... */
bool topic_writer_commit(TopicWriter *writer, StoreTxn *txn, Error *err);
/* ... and, once that is committed, known to readers. */
void topic_writer_committed(TopicWriter *writer);
/* Forgets what is beyond the committed ends. */
bool topic_writer_recover(TopicWriter *writer, Error *err);
/* Removes what the configuration lets go. */
bool topic_writer_apply_retention(TopicWriter *writer, Error *err);

#endif
