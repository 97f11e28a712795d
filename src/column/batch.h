/*
 * batch.h: some rows, column by column, on their way through the operators.
 *
 * Invariants
 *  1. Dense: a filter leaves rows out by selecting (batch_select), never by marking; every column
 *     has row_count rows.
 *  2. Never changed once pushed; who needs another makes another, sharing the columns.
 *  3. Memory: everything a batch points to lives in the batch arena of the worker that pushes it, or
 *     in the source's buffer, until the push returns. Who keeps rows copies them (batch_copy).
 *  4. No column has errors (vector.h, 6): whoever computed them has dealt with them.
 *
 * `watermark_us` is there from the watermark operator to the operator that assigns windows: for each
 * row the watermark its own partition had just before the row, by which lateness is judged
 * (window/watermark.h). `origin` is there from the source to the first operator whose rows are no
 * longer single input rows: it names each row's record for dead letters, late rows and verify.
 */
#ifndef WEIR_COLUMN_BATCH_H
#define WEIR_COLUMN_BATCH_H

#include "column/vector.h"

/* Event times and watermarks are microseconds; this stands for "none seen yet". */
#define WATERMARK_NONE INT64_MIN
/* The watermark of an input that has ended for good: everything may close. */
#define WATERMARK_END INT64_MAX
/* Sent in a watermark's place: this input is idle for now and holds nothing back, until its next
 * watermark. Of several inputs the idle ones do not count; when all are idle, the maximum of their
 * last watermarks counts (so the end of a finite input does not depend on who ended first), and
 * WATERMARK_IDLE is passed on behind it. */
#define WATERMARK_IDLE (INT64_MAX - 1)

enum { BATCH_ROWS_DEFAULT = 4096, BATCH_ROWS_MAX = 65536 };

typedef struct RowOrigin {
    uint32_t source_i;        /* Which source table of the pipeline (pipeline.h). */
    int32_t partition;        /* All rows of a batch are of one partition while origin is there. */
    const int64_t *positions; /* Each row's offset. */
    const Str *raw;           /* Each row's record as it came, or NULL if the source has none. */
} RowOrigin;

typedef struct Batch {
    uint32_t row_count;
    uint32_t column_count;
    Vector **columns;
    const int64_t *watermark_us; /* NULL: none. */
    const RowOrigin *origin;     /* NULL: none. */
} Batch;

Batch *batch_new(Arena *arena, uint32_t column_count, uint32_t row_count); /* Columns NULL. */
/* Row i of the result is row rows[i]; watermark_us and origin go along. */
Batch *batch_select(Arena *arena, const Batch *batch, const uint32_t *rows, uint32_t row_count);
Batch *batch_slice(Arena *arena, const Batch *batch, uint32_t from, uint32_t row_count);
/* Deep: nothing of the old memory is needed any more. */
Batch *batch_copy(Arena *arena, const Batch *batch);
Batch *batch_concat(Arena *arena, const Schema *schema, const Batch *const *parts,
                    uint32_t part_count);
bool batch_verify(const Batch *batch, const Schema *schema); /* schema may be NULL */

#endif
