/*
 * outbox.h: the epochs that wait for an outside system, durable in an internal topic of one
 * partition (outside.h has the why).
 *
 *     … [chunk][chunk][mark of epoch 7][chunk][chunk][chunk][mark of epoch 9] …
 *                                      ^ delivered                           ^ committed end
 *
 * A chunk is a record without key (or several, when it is long: all but its last have the key
 * `more`). Behind the chunks of an epoch stands its mark, key `epoch`, value
 *
 *     "EPOCH TIME_US CHUNKS WRITTEN"       WRITTEN: bytes of all chunks ever written, to here
 *
 * What is delivered is noted by the deliverer here and made durable with a later epoch, or when there
 * is none for a while (outbox_is_noted): lazily, for the outside system knows itself. It stands in the
 * store under META_POSITION, by the topic's name: `delivered` (an offset), `delivered_bytes`,
 * `written_bytes`, `time`, and `begun` (1: the outside system has been told of this run).
 *
 * Invariants
 *  1. Below the committed end stand whole epochs alone, in order.
 *  2. time_us grows from epoch to epoch by more than the number of chunks.
 *  3. Nothing at or above the durable `delivered` is ever removed.
 *
 * Thread: the committer, save where it says otherwise.
 */
#ifndef WEIR_SINK_OUTBOX_H
#define WEIR_SINK_OUTBOX_H

#include "log/log_output.h"
#include "sink/outside.h"
#include "sink/topic_writer.h"

typedef struct Outbox Outbox;

/* What one worker made of one epoch. Thread: the worker, then the committer. */
typedef struct OutboxPart {
    LogOutput *log;
    int64_t chunk_bytes;
    uint32_t chunk_count;
} OutboxPart;

OutboxPart *outbox_part_create(void);
void outbox_part_free(OutboxPart *part); /* NULL is fine. */
bool outbox_part_add(OutboxPart *part, Str chunk, Error *err);

#define OUTBOX_PREFIX "_outbox." /* Of its topic's name; behind it the table's. */

/* What waits in the outbox of that name, as the store has it noted. */
bool outbox_left(Store *store, Str topic, int64_t *waiting_bytes, Error *err);

/* How the topic of an outbox is made. */
TopicConfig outbox_topic_config(void);

/* Borrows the topic; the store is for the call. */
bool outbox_open(Topic *topic, Store *store, Outbox **out, Error *err);
void outbox_close(Outbox *outbox); /* NULL is fine. */

/* The parts of one epoch, at least one, and its mark; durable on return, unseen. */
bool outbox_append(Outbox *outbox, int64_t epoch, OutboxPart *const *parts, uint32_t part_count,
                   Error *err);
/* The new end and what was delivered by now, into the epoch's transaction; also without anything
 * appended. */
bool outbox_commit(Outbox *outbox, StoreTxn *txn, Error *err);
/* The store has what the last outbox_commit put into its transaction: shown to the deliverer. */
void outbox_committed(Outbox *outbox);
/* Gives up what was not committed. */
bool outbox_recover(Outbox *outbox, Error *err);
/* Removes what is durably delivered. */
bool outbox_trim(Outbox *outbox, Error *err);

/* Committed and not delivered. Thread: any. */
bool outbox_is_empty(const Outbox *outbox);
int64_t outbox_waiting_bytes(const Outbox *outbox);

/* Epochs behind the last that were read, whole: up to `epoch_max`, and no more once they have
 * `bytes_max`; none when there are none. In `arena`, save run_id, which is left empty.
 * Thread: the deliverer. */
bool outbox_read(Outbox *outbox, Arena *arena, uint32_t epoch_max, size_t bytes_max,
                 OutsideEpoch **out, uint32_t *count, Error *err);
/* All that was read is delivered. Thread: the deliverer. */
void outbox_delivered(Outbox *outbox);
/* Reads again from what was delivered. Thread: the deliverer. */
void outbox_rewind(Outbox *outbox);
/* The outside system knows of this run: to be made durable. Thread: the deliverer. */
void outbox_begin(Outbox *outbox);
/* That is durable. Thread: any. */
bool outbox_has_begun(const Outbox *outbox);
/* That is to be made durable. Thread: any. */
bool outbox_begins(const Outbox *outbox);
/* What was delivered is noted in the store. Thread: any. */
bool outbox_is_noted(const Outbox *outbox);

#endif
