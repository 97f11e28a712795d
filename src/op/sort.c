/*
 * sort.c: ORDER BY over a finite input, with LIMIT and OFFSET as top-N. Streams are
 * sort_stream.c's.
 *
 * Rows are kept in the batches they came in, copied, and for each row an order key (column/key.h):
 * sorting moves these alone, comparing 8 bytes first and mostly only those. Rows of equal keys stay
 * in the order in which they came. What leaves is put together batch by batch (column/gather.h), so
 * that the end of a large sort needs little more memory than what was kept.
 *
 * With a limit, no more is kept than what may still be asked for: when twice as many rows are
 * there, the first ones are copied into a fresh arena and the rest is forgotten. The last of those
 * kept is from then on the bar that a row must pass to be taken in at all; a row equal to it came
 * later, and does not pass.
 *
 * Invariants
 *  1. A row's place grows in the order of arrival, also after pruning: equal rows compare by place.
 *  2. Without a limit every row is kept; with one, the first `needed` rows in order are among those
 *     kept, whatever the batches were.
 */
#include <stdlib.h>

#include "column/gather.h"
#include "column/key.h"
#include "op/op_base.h"

/* A row on its way to its place. */
typedef struct SortRow {
    uint64_t prefix; /* The key's first 8 bytes, big-endian: where they differ, they decide. */
    Str key;
    RowPlace place;
} SortRow;

typedef VEC(const Batch *) BatchVec;

typedef struct Sort {
    Op op;
    const SortNode *node;
    const Schema *schema;
    Arena kept; /* Batches and keys. */
    BatchVec batches;
    VEC(SortRow) rows;
    uint64_t needed; /* Rows from the first one on; UINT64_MAX: all. */
    bool barred;     /* bar is there. */
    SortRow bar;     /* The last row needed, as of the last pruning. */
    Arena scratch;   /* Of one call. */
} Sort;

/* ── keys ──────────────────────────────────────────────────────────────────────────────────────*/

static uint64_t key_prefix(Str key)
{
    unsigned char bytes[8] = {0};
    uint64_t prefix = 0;

    memcpy(bytes, key.data, MIN(key.bytes, 8u));
    for (int i = 0; i < 8; i++)
        prefix = prefix << 8 | bytes[i];
    return prefix;
}

static int key_compare(const SortRow *a, const SortRow *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return str_compare(a->key, b->key);
}

static int row_compare(const void *a_, const void *b_)
{
    const SortRow *a = a_;
    const SortRow *b = b_;
    int order = key_compare(a, b);

    if (order)
        return order;
    if (a->place.part_i != b->place.part_i)
        return a->place.part_i < b->place.part_i ? -1 : 1;
    return (a->place.row_i > b->place.row_i) - (a->place.row_i < b->place.row_i);
}

static void sort_rows(Sort *self)
{
    qsort(self->rows.items, self->rows.count, sizeof *self->rows.items, row_compare);
}

static Str *batch_keys(const Sort *self, Arena *arena, const Batch *batch)
{
    const Vector **columns = ARENA_ARRAY(arena, const Vector *, self->node->key_count);
    Str *keys = ARENA_ARRAY(arena, Str, batch->row_count);

    for (uint32_t c = 0; c < self->node->key_count; c++)
        columns[c] = batch->columns[self->node->columns[c]];
    key_encode_order(arena, columns, self->node->keys, self->node->key_count, batch->row_count,
                     keys);
    return keys;
}

/* ── taking rows in ────────────────────────────────────────────────────────────────────────────*/

static void keep_batch(Sort *self, const Batch *batch, const Str *keys)
{
    uint32_t part_i = (uint32_t)self->batches.count;
    size_t key_bytes = 0;
    char *at;

    for (uint32_t i = 0; i < batch->row_count; i++)
        key_bytes += keys[i].bytes;
    at = arena_alloc(&self->kept, key_bytes);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        SortRow row = {key_prefix(keys[i]), {at, keys[i].bytes}, {part_i, i}};

        memcpy(at, keys[i].data, keys[i].bytes);
        at += keys[i].bytes;
        VEC_ADD(&self->rows, row);
    }
    VEC_ADD(&self->batches, batch_copy(&self->kept, batch));
}

/* The rows in front of the bar, of a batch whose keys are given; both change. */
static const Batch *pass_bar(const Sort *self, Arena *arena, const Batch *batch, Str *keys)
{
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < batch->row_count; i++) {
        SortRow row = {.prefix = key_prefix(keys[i]), .key = keys[i]};

        if (key_compare(&row, &self->bar) >= 0)
            continue;
        keys[count] = keys[i];
        rows[count++] = i;
    }
    return count < batch->row_count ? batch_select(arena, batch, rows, count) : batch;
}

/* Puts the rows from .. to together, in `arena`. */
static Batch *rows_gather(const Sort *self, Arena *arena, size_t from, size_t to)
{
    RowPlace *places = ARENA_ARRAY(arena, RowPlace, to - from);

    for (size_t i = from; i < to; i++)
        places[i - from] = self->rows.items[i].place;
    return batch_gather(arena, self->schema, self->batches.items, places, (uint32_t)(to - from));
}

/* Forgets all rows but the first `needed`, which move to an arena of their own. */
static void prune(Sort *self)
{
    Arena old_kept = self->kept;
    size_t count = MIN(self->rows.count, self->needed);
    BatchVec batches = {0};

    sort_rows(self);
    self->rows.count = count;
    arena_init(&self->kept);
    for (size_t from = 0; from < count; from += BATCH_ROWS_DEFAULT) {
        size_t to = MIN(from + BATCH_ROWS_DEFAULT, count);

        VEC_ADD(&batches, batch_copy(&self->kept, rows_gather(self, &self->scratch, from, to)));
        arena_reset(&self->scratch);
    }
    for (size_t i = 0; i < count; i++) {
        SortRow *row = &self->rows.items[i];

        row->key = str_copy(&self->kept, row->key);
        row->place =
            (RowPlace){(uint32_t)(i / BATCH_ROWS_DEFAULT), (uint32_t)(i % BATCH_ROWS_DEFAULT)};
    }
    VEC_DONE(&self->batches);
    self->batches = batches;
    arena_done(&old_kept);
    self->barred = count > 0 && count == self->needed;
    if (self->barred)
        self->bar = self->rows.items[count - 1];
}

static int64_t sort_bytes(const Op *op)
{
    const Sort *self = (const Sort *)op;

    return (int64_t)(self->kept.allocated_bytes + self->rows.capacity * sizeof(SortRow));
}

static bool too_many(const Sort *self)
{
    return self->needed < UINT64_MAX / 4 &&
           self->rows.count >= self->needed * 2 + 2 * (uint64_t)BATCH_ROWS_DEFAULT;
}

static bool sort_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Sort *self = (Sort *)op;
    Str *keys;

    if (batch->row_count == 0 || self->needed == 0)
        return true;
    keys = batch_keys(self, &self->scratch, batch);
    if (self->barred)
        batch = pass_bar(self, &self->scratch, batch, keys);
    if (batch->row_count > 0)
        keep_batch(self, batch, keys);
    arena_reset(&self->scratch);
    if (too_many(self))
        prune(self);
    return op_check_state(op, sort_bytes(op), err);
}

/* ── giving them ───────────────────────────────────────────────────────────────────────────────*/

static bool sort_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    Sort *self = (Sort *)op;
    size_t batch_rows = MAX(op->context->batch_rows, 1u);
    size_t end = MIN(self->rows.count, self->needed);
    bool ok = true;

    sort_rows(self);
    for (size_t from = (size_t)MAX(self->node->offset, 0); ok && from < end; from += batch_rows) {
        ok = op_push(op, rows_gather(self, &self->scratch, from, MIN(from + batch_rows, end)), err);
        arena_reset(&self->scratch);
    }
    return ok && op_push_end(op, err);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static void sort_free(Op *op)
{
    Sort *self = (Sort *)op;

    VEC_DONE(&self->batches);
    VEC_DONE(&self->rows);
    arena_done(&self->kept);
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
    self->schema = &node->inputs[0]->schema;
    self->needed = UINT64_MAX;
    if (sort->limit >= 0)
        self->needed = (uint64_t)sort->limit + (uint64_t)MAX(sort->offset, 0);
    arena_init(&self->kept);
    arena_init(&self->scratch);
    *out = &self->op;
    return true;
}
