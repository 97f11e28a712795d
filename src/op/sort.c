/*
 * sort.c: ORDER BY over a finite input, with LIMIT and OFFSET as top-N. Streams are
 * sort_stream.c's.
 *
 * With a limit, no more is kept than what may still be asked for: when twice as many rows are
 * there, the first ones are kept and the rest is forgotten. The last of those kept is from then on
 * the bar that a row must pass to be taken in at all; a row equal to it came later, and does not
 * pass.
 *
 * Invariant: without a limit every row is kept; with one, the first `needed` rows in order are
 * among those kept, whatever the batches were.
 */
#include <stdlib.h>

#include "op/op_base.h"
#include "op/row_sorter.h"

typedef struct Sort {
    Op op;
    const SortNode *node;
    RowSorter sorter;
    uint64_t needed; /* Rows from the first one on; UINT64_MAX: all. */
    bool barred;     /* Rows behind the last one of the last pruning are not wanted. */
    SortedRow bar;
    Arena scratch; /* Of one call. */
} Sort;

/* ── taking rows in ────────────────────────────────────────────────────────────────────────────*/

/* The rows in front of the bar, of a batch whose keys are given; these change with it. */
static const Batch *pass_bar(const Sort *self, Arena *arena, const Batch *batch, Str *keys)
{
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < batch->row_count; i++) {
        if (row_sorter_compare_key(keys[i], &self->bar) >= 0)
            continue;
        keys[count] = keys[i];
        rows[count++] = i;
    }
    return count < batch->row_count ? batch_select(arena, batch, rows, count) : batch;
}

static bool too_many(const Sort *self)
{
    return self->needed < UINT64_MAX / 4 &&
           self->sorter.rows.count >= self->needed * 2 + 2 * (uint64_t)BATCH_ROWS_DEFAULT;
}

/* Forgets all rows but the first `needed`: there are more. */
static void prune(Sort *self)
{
    uint64_t *keep =
        arena_zalloc(&self->scratch, bits_words(self->sorter.rows.count) * sizeof(uint64_t));

    row_sorter_sort(&self->sorter);
    for (size_t i = 0; i < self->needed; i++)
        bits_set(keep, i);
    row_sorter_keep(&self->sorter, keep);
    arena_reset(&self->scratch);
    self->barred = true;
    self->bar = self->sorter.rows.items[self->needed - 1];
}

static int64_t sort_bytes(const Op *op)
{
    return (int64_t)row_sorter_bytes(&((const Sort *)op)->sorter);
}

static bool sort_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Sort *self = (Sort *)op;
    Str *keys;

    if (batch->row_count == 0 || self->needed == 0)
        return true;
    keys = batch_order_keys(&self->scratch, batch, self->node->columns, self->node->keys,
                            self->node->key_count);
    if (self->barred)
        batch = pass_bar(self, &self->scratch, batch, keys);
    if (batch->row_count > 0)
        row_sorter_add(&self->sorter, batch, NULL, keys);
    arena_reset(&self->scratch);
    if (too_many(self))
        prune(self);
    return op_check_state(op, sort_bytes(op), err);
}

/* ── giving them ───────────────────────────────────────────────────────────────────────────────*/

static bool sort_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    Sort *self = (Sort *)op;
    size_t end = MIN(self->sorter.rows.count, self->needed);

    row_sorter_sort(&self->sorter);
    return row_sorter_push(&self->sorter, op, (size_t)MAX(self->node->offset, 0), end, err) &&
           op_push_end(op, err);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static void sort_free(Op *op)
{
    Sort *self = (Sort *)op;

    row_sorter_done(&self->sorter);
    arena_done(&self->scratch);
    free(self);
}

static const OpMethods sort_methods = {
    .name = "Sort",
    .on_batch = sort_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = op_pass_barrier, /* Finite inputs are read within one epoch. */
    .on_end = sort_end,
    .state_bytes = sort_bytes,
    .free = sort_free,
};

bool sort_create(const Node *node, OpContext *context, Op **out, Error *err)
{
    const SortNode *sort = &node->as.sort;
    Sort *self;

    if (sort->time_key >= 0)
        return sort_stream_create(node, context, out, err);
    self = OP_NEW(Sort, &sort_methods, node, context);
    self->node = sort;
    self->needed = UINT64_MAX;
    if (sort->limit >= 0)
        self->needed = (uint64_t)sort->limit + (uint64_t)MAX(sort->offset, 0);
    row_sorter_init(&self->sorter, &node->inputs[0]->schema);
    arena_init(&self->scratch);
    *out = &self->op;
    return true;
}
