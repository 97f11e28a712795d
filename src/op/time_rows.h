/*
 * time_rows.h: rows of a stream that wait until event time has closed what they belong to.
 *
 * Sorting, and window functions over partitions that hold a window (top-N per window), need all
 * rows of one event time at once. Rows are kept as bytes (state/row.h) and handed over when the
 * watermark has reached their closing time (time_key.h), closing time by closing time: how often
 * the watermark moves decides when rows leave, not in which order.
 *
 * Rows of one closing time are handed over in the order of their bytes, not of their arrival: what
 * is equal to the sort that follows must not depend on how workers and partitions interleaved.
 *
 * In checkpoints: slot 0: the key of a row's partition, then its number (8 bytes, big-endian) ->
 * the row; the shared slot: the operator's watermark. Rows stand in their partition's key group,
 * and a number is used once in a partition, whichever workers had it.
 *
 * Thread: one.
 */
#ifndef WEIR_OP_TIME_ROWS_H
#define WEIR_OP_TIME_ROWS_H

#include "op/key_columns.h"
#include "state/table.h"
#include "state/timer.h"

enum { TIME_ROWS_SLOT = 0 };

typedef struct TimeRows {
    Op *op;
    const Schema *schema;
    const Type **types;
    uint32_t time_column;
    KeyColumns keys;
    StateTable rows; /* Partition's key, number -> KeptRow. */
    Timers timers;   /* Closing time -> entry number. */
    uint64_t number; /* Of the next row. */
    int64_t watermark_us;
    bool watermark_changed;
    size_t row_bytes; /* What the entries point to. */
    Arena plan;
    Arena arena; /* Of one call. */
} TimeRows;

/* Rows of one closing time, in batches; `last`: with this batch (which may be empty) they are all
 * there. The batch lives until the call returns. */
typedef bool (*TimeRowsTake)(Op *op, const Batch *rows, bool last, Error *err);

/* Rows are partitioned by `columns`, of which time_column may be one. */
void time_rows_init(TimeRows *rows, Op *op, uint32_t time_column, const uint32_t *columns,
                    uint32_t column_count);
void time_rows_done(TimeRows *rows);
/* Keeps copies of the rows that are not late; `keep` false: only tells of the late ones. */
bool time_rows_add(TimeRows *rows, const Batch *batch, bool keep, Error *err);
/* Hands over and forgets what the watermark closes. WATERMARK_IDLE closes nothing. */
bool time_rows_advance(TimeRows *rows, int64_t watermark_us, TimeRowsTake take, Error *err);
/* All that is left: the input has ended. */
bool time_rows_end(TimeRows *rows, TimeRowsTake take, Error *err);
/* Forgets rows of which it is known already that they do not matter. `see` is called with all rows,
 * in batches of BATCH_ROWS_DEFAULT (the last may be shorter), numbered from 0 through all of them;
 * then `choose` sets the bits of those to keep. */
void time_rows_thin(TimeRows *rows, void (*see)(Op *op, const Batch *rows),
                    void (*choose)(Op *op, uint64_t *keep));
void time_rows_save(TimeRows *rows, const Barrier *barrier);
/* False also when the entry is none of these: then there is no error. */
bool time_rows_restore(TimeRows *rows, const CheckpointEntry *entry);
static inline uint32_t time_rows_count(const TimeRows *rows)
{
    return rows->rows.live_count;
}
size_t time_rows_bytes(const TimeRows *rows);

#endif
