/*
 * op.h: what every operator promises.
 *
 * Batches, watermarks and checkpoint barriers are pushed from source to sink, in order, by the one
 * thread that runs this worker, so an operator needs no lock. An operator with several inputs, or
 * behind an exchange, aligns barriers over all inputs: when on_barrier is called, its state holds
 * every row before the barrier and none after it; the watermark it passes on is the minimum over its
 * inputs. The helper op_inputs (inputs.h) does that for every operator with more than one input.
 *
 * The plan (plan/physical.h) is read-only; all that changes while running lives in the operator's
 * own struct. Memory: on_batch borrows the batch for the call; what an operator pushes lives in
 * op->context->batch_arena, of which op_push gives back what was taken during the push, and the
 * worker's loop the rest between source batches; what an operator keeps it copies into memory of its
 * own, and counts (state_bytes).
 *
 * Errors: a row whose expression failed is handed to context->row_error, which sends it to the dead
 * letters (streams) or fails (batch, 'on_error' = 'fail'). false from any method ends the run.
 */
#ifndef WEIR_OP_OP_H
#define WEIR_OP_OP_H

#include "plan/physical.h"
#include "state/checkpoint.h"

typedef struct Op Op;
typedef struct OpContext OpContext;

/* What becomes of a source's partition, told from source to the watermark operator. */
typedef enum PartitionEvent {
    PARTITION_ADDED, /* This worker owns it: it holds the watermark back until it shows a row. All that
                        are owned from the start are told before the first row. */
    PARTITION_IDLE,  /* Quiet for longer than idle_timeout, or at its end under --once. */
    PARTITION_ACTIVE,/* Rows again. */
    PARTITION_GONE,  /* Given to another worker, or deleted. */
} PartitionEvent;

typedef struct Barrier {
    int64_t epoch;
    bool full;                 /* Write all state, not only what changed since the last barrier. */
    CheckpointWriter *writer;  /* This worker's; NULL in batch queries, which have no barriers. */
} Barrier;

typedef struct OpMethods {
    const char *name; /* As shown by EXPLAIN. */
    /* Takes in rows; pushes fewer, more or none to op->next. Borrows `batch` for the call. */
    bool (*on_batch)(Op *op, uint32_t input_i, const Batch *batch, Error *err);
    /* No accepted row will change a window ended by `watermark_us`: emit what is now final.
     * WATERMARK_END closes everything (--drain). WATERMARK_IDLE is no time: pass it on (batch.h). */
    bool (*on_watermark)(Op *op, uint32_t input_i, int64_t watermark_us, Error *err);
    /* Emits what this epoch owes (EMIT_CHANGED), writes changed state, passes the barrier on. */
    bool (*on_barrier)(Op *op, uint32_t input_i, const Barrier *barrier, Error *err);
    /* The input has ended (batch queries; a stream never ends): emit the rest, pass the end on. */
    bool (*on_end)(Op *op, uint32_t input_i, Error *err);
    /* NULL: passed on to op->next. */
    bool (*on_partition)(Op *op, uint32_t input_i, int32_t partition, PartitionEvent event,
                         Error *err);
    /* Reads state back before the first batch: called for each entry of this operator in the
     * checkpoint whose key group this worker owns. NULL: the operator keeps none. */
    bool (*restore)(Op *op, const CheckpointEntry *entry, Error *err);
    int64_t (*state_bytes)(const Op *op); /* NULL: none. */
    void (*free)(Op *op);                 /* Also for a half-built operator. Not what is next. */
} OpMethods;

struct Op {
    const OpMethods *methods;
    const Node *node;
    OpContext *context;
    Op *next;               /* NULL only for the last (a sink, a collector). */
    uint32_t next_input_i;  /* Which input of `next` this op feeds. */
    uint64_t rows_in, rows_out;
    bool done;              /* All rows that it gives on have been given (a LIMIT). */
};

/* What surrounds the operators of one flow on one worker. */
struct OpContext {
    const SqlContext *sql;
    Arena *batch_arena;
    uint32_t seed_shift; /* Added to the seeds of rand() and its like, as worker_i is: a recursion's round. */
    uint32_t worker_i, worker_count;
    bool streaming;
    uint32_t batch_rows;       /* Emit batches of about that many rows. */
    /* Several streams meet in this flow: a watermark operator that is idle is told how far the flow is,
     * and so never says WATERMARK_IDLE (pipeline/flow_clock.h). */
    bool follows_clock;
    /* Row `row_i` of `batch` could not be computed. True: it has been put aside, leave it out. */
    bool (*row_error)(void *self, const Batch *batch, uint32_t row_i, const RowError *error,
                      Error *err);
    /* Row `row_i` is late for the window ending at window_end_us; reason "late" or "idle". */
    bool (*row_late)(void *self, const Batch *batch, uint32_t row_i, int64_t window_end_us,
                     const char *reason, Error *err);
    /* The table of a stream-table join as of the epoch's start: pushes all rows of the node `table`
     * (the join's input on that side) into `op`'s input `input_i`, and then on_end. Called by the join
     * before it first needs them, and at the first batch of an epoch whose version is another. */
    bool (*table_rows)(void *self, const Node *table, Op *op, uint32_t input_i, Error *err);
    /* After a failure of table_rows that is ERROR_RETRY, `waited_us` after the first: waits a while;
     * false: it is no use. NULL: it is not. */
    bool (*wait_for_table)(void *self, int64_t waited_us);
    /* A number that changes when the table's rows may have; asked for once an epoch. NULL: never. */
    int64_t (*table_version)(void *self, const Node *table);
    /* Whether rows of the node `table` can be asked for by values of its columns, and should be. NULL:
     * never. Asked once a join; may fail as table_rows. */
    bool (*may_look_up)(void *self, const Node *table, const uint32_t *columns,
                        uint32_t column_count, bool *yes, Error *err);
    /* As table_rows, but rows whose `columns` equal those of no row of `keys` may be left out. */
    bool (*look_up)(void *self, const Node *table, const uint32_t *columns, uint32_t column_count,
                    const Batch *keys, Op *op, uint32_t input_i, Error *err);
    void *self;
    int64_t state_limit_bytes; /* Refuse politely above it. */
};

/* Makes the operator of a node (not leaves and EXCHANGE, which are the pipeline's). */
bool op_create(const Node *node, OpContext *context, Op **out, Error *err);
void op_free(Op *op); /* NULL is fine. */

/* Pushing to what is next. What those behind took of the batch arena is given back (batch.h,
 * invariant 3), so that an operator may make many batches of one and hold the memory of one alone. */
static inline bool op_push(Op *op, const Batch *batch, Error *err)
{
    ArenaMark mark = arena_mark(op->context->batch_arena);
    bool ok;

    op->rows_out += batch->row_count;
    op->next->rows_in += batch->row_count;
    ok = op->next->methods->on_batch(op->next, op->next_input_i, batch, err);
    arena_release(op->context->batch_arena, mark);
    return ok;
}

/* Whether nothing that `op` is given from here on can change what comes out: a batch source may stop. */
static inline bool op_is_done(const Op *op)
{
    while (op && !op->done)
        op = op->next;
    return op != NULL;
}

static inline bool op_push_watermark(Op *op, int64_t watermark_us, Error *err)
{
    return op->next->methods->on_watermark(op->next, op->next_input_i, watermark_us, err);
}

static inline bool op_push_barrier(Op *op, const Barrier *barrier, Error *err)
{
    return op->next->methods->on_barrier(op->next, op->next_input_i, barrier, err);
}

static inline bool op_push_end(Op *op, Error *err)
{
    return op->next->methods->on_end(op->next, op->next_input_i, err);
}

bool op_push_partition(Op *op, int32_t partition, PartitionEvent event, Error *err);

/* Deals with the rows of `columns` that have errors (row_error each) and returns the batch without
 * them; `batch` gives origin and watermarks. false: the run ends. */
bool op_settle_errors(Op *op, const Batch *batch, Vector **columns, uint32_t column_count,
                      const Batch **out, Error *err);

#endif
