/*
 * sink.h: what every sink promises: the rows of an epoch appear all together, once.
 *
 * A Sink belongs to one table. Each worker has a SinkWriter, which turns rows into an output of the
 * epoch on the worker's thread (encoding, keeping the last row of a key); at the barrier the output
 * is handed to the committer's thread, which makes it durable (prepare) and visible (commit).
 *
 *     write* --end_epoch--> output --prepare--> durable, unseen --commit--> seen
 *                                     |                            |
 *                                     +--------- crash ------------+--> recover, by epoch number
 *
 * Embedded sinks commit inside the store's one transaction of the epoch (commit gets it). Those of
 * outside systems commit to an outbox alike, and a thread of theirs hands it on (outside.h): what is
 * committed is then seen by readers only when SinkDelivery.settled says so.
 */
#ifndef WEIR_SINK_SINK_H
#define WEIR_SINK_SINK_H

#include "column/batch.h"
#include "store/store.h"

typedef struct Sink Sink;
typedef struct SinkWriter SinkWriter;
typedef struct SinkOutput SinkOutput; /* What one writer made of one epoch. */

/* How far a sink that hands its epochs on has come. */
typedef struct SinkDelivery {
    bool settled;          /* All that is committed can be read where it goes. */
    bool noted;            /* How far it has come is durable here. */
    bool begins;           /* It waits for word that its beginning is. */
    bool full;             /* So much waits that nothing more should be taken in. */
    int64_t waiting_bytes; /* Committed, and not handed over yet. */
    int64_t idle_us;       /* How long ago it last went on. */
    bool failed;           /* It has given up: the run is to end with `error`. */
    Error error;
    char trouble[512];     /* Why it does not go on for now; empty: it does. */
} SinkDelivery;

typedef struct SinkMethods {
    const char *name;
    bool (*writer_create)(Sink *sink, SinkWriter **out, Error *err);
    /* Thread: the worker. Borrows the batch. */
    bool (*write)(SinkWriter *writer, const Batch *batch, Error *err);
    /* Takes what was written since the last call; *out is NULL if nothing was. */
    bool (*end_epoch)(SinkWriter *writer, SinkOutput **out, Error *err);
    void (*writer_free)(SinkWriter *writer);
    /* Of one that will not be prepared, because the run ends. NULL is fine. */
    void (*output_free)(SinkOutput *output);

    /* Thread: the committer. Takes the outputs (frees them, also on failure). */
    bool (*prepare)(Sink *sink, int64_t epoch, SinkOutput **outputs, uint32_t output_count,
                    Error *err);
    bool (*commit)(Sink *sink, int64_t epoch, StoreTxn *txn, Error *err);
    /* After the store's commit: readers may see it now. NULL: nothing to do. */
    void (*committed)(Sink *sink, int64_t epoch);
    /* On start: undoes what is beyond the last committed epoch. NULL: nothing to do. */
    bool (*recover)(Sink *sink, int64_t epoch, Error *err);
    /* Now and then: retention. NULL: nothing to do. Thread: the committer. */
    bool (*housekeeping)(Sink *sink, Error *err);

    /* Sinks that hand their epochs on, by a thread of their own; NULL, all three: what is committed is
     * seen. start: once recovered; `wake` is called, from that thread, when there is news. */
    void (*start)(Sink *sink, void (*wake)(void *self), void *self);
    void (*stop)(Sink *sink); /* What is not handed over by now waits for the next run. */
    void (*look)(Sink *sink, SinkDelivery *out); /* Thread: any, between start and free. */

    void (*free)(Sink *sink);
} SinkMethods;

struct Sink {
    const SinkMethods *methods;
};

struct SinkWriter {
    Sink *sink;
    /* Set by whoever made the writer: row `row_i` cannot be written (`reason`: null_key, too_large,
     * not_storable); it has been put aside, with `bytes` where they tell more than what it was made
     * from. NULL: such a row is an error (ERROR_DATA). */
    bool (*on_refused)(void *self, const Batch *batch, uint32_t row_i, const char *reason,
                       const char *message, Str bytes, Error *err);
    void *self;
};

/* For sinks: tells of it. */
static inline bool sink_refuse(SinkWriter *writer, const Batch *batch, uint32_t row_i,
                               const char *reason, const char *message, Str bytes, Error *err)
{
    if (!writer->on_refused)
        return error_set(err, ERROR_DATA, "%s", message);
    return writer->on_refused(writer->self, batch, row_i, reason, message, bytes, err);
}

#endif
