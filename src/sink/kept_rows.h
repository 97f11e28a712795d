/*
 * kept_rows.h: the rows of an epoch that a worker keeps until its barrier. With a primary key they
 * are thinned out to the last row of each key whenever they have doubled, so a hot key costs no
 * memory.
 *
 * Thread: one at a time.
 */
#ifndef WEIR_SINK_KEPT_ROWS_H
#define WEIR_SINK_KEPT_ROWS_H

#include "base/vec.h"
#include "sink/sink_open.h"

typedef struct KeptRows {
    Arena arena;
    VEC(const Batch *) batches; /* In the order they were written. */
    uint32_t row_count;
    uint32_t thin_at; /* So many rows are too many. */
} KeptRows;

KeptRows *kept_rows_create(void);
void kept_rows_free(KeptRows *rows); /* NULL is fine. */

/* Adds a copy of the batch; *rows may be replaced by a thinner one. NULL there: created. */
void kept_rows_add(KeptRows **rows, const SinkConfig *config, const Batch *batch);
/* Leaves the last row of each key alone; there must be a key. */
void kept_rows_thin(KeptRows **rows, const SinkConfig *config);

/* The rows of *batch in which no column of the key is NULL, in `arena`; the others are told of,
 * with `message`. */
bool sink_leave_out_null_keys(SinkWriter *writer, const SinkConfig *config, const char *message,
                              Arena *arena, const Batch **batch, Error *err);

#endif
