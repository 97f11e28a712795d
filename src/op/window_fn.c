/*
 * window_fn.c: fn() OVER (...): the operator (window_fn.h tells which file computes what).
 *
 * Over finite input all rows are kept until its end, then sorted by partition and order. In a
 * stream rows wait in state until the watermark closes the event time in their partition's key
 * (time_rows.h); then those of one closing time are sorted and computed in the same way. Rows leave
 * as the input's columns, then one column a function, in the order of the sort.
 *
 * In update mode without such a time the first rows are kept up to date instead: window_top.c.
 *
 * When a filter above keeps only the first ranks (top-N), rows beyond them are dropped as soon as
 * there are many: what is kept is bounded by the partitions, not by the rows.
 */
#include "op/window_fn.h"

#include <stdlib.h>

#include "op/op_base.h"
#include "op/time_rows.h"

typedef struct Window {
    Op op;
    const WindowNode *node;
    const Schema *input;
    WindowFn *fns;
    RowSorter sorter;
    bool prunes;
    size_t pruned_count; /* Rows kept by the last pruning: of the sorter, or of those waiting. */
    bool streaming;
    TimeRows waiting; /* Streaming. */
    const SortKey *partition_keys;
    Arena plan;
    Arena scratch; /* Of one call. */
} Window;

const Vector *window_column(WindowBlock *block, uint32_t column_i)
{
    Vector **column = &block->columns[column_i];

    if (!*column)
        *column = row_sorter_column(block->sorter, block->arena, column_i, block->first,
                                    block->first + block->row_count);
    return *column;
}

/* ── taking rows in ────────────────────────────────────────────────────────────────────────────*/

static bool same_partition(const SortedRow *a, const SortedRow *b)
{
    return str_equal(sorted_row_head(a), sorted_row_head(b));
}

static bool are_peers(const SortedRow *a, const SortedRow *b)
{
    return str_equal(sorted_row_key(a), sorted_row_key(b));
}

/* Sorts, and sets the bits of rows whose rank is within the limit; returns how many. Without the
 * others these keep their ranks, as only rows behind them go. */
static size_t rank_rows(Window *self, uint64_t *keep)
{
    const SortedRow *rows = self->sorter.rows.items;
    bool by_row = window_function_kind(self->node->items[0].call) == WINDOW_ROW_NUMBER;
    size_t partition_from = 0, rank_row = 0, kept = 0;

    row_sorter_sort(&self->sorter);
    for (size_t i = 0; i < self->sorter.rows.count; i++) {
        if (i > 0 && !same_partition(&rows[i], &rows[i - 1]))
            partition_from = i;
        if (by_row || i == partition_from || !are_peers(&rows[i], &rows[i - 1]))
            rank_row = i;
        if ((int64_t)(rank_row - partition_from) < self->node->rank_limit) {
            bits_set(keep, i);
            kept++;
        }
    }
    return kept;
}

static uint64_t *rank_bits(Window *self)
{
    return arena_zalloc(&self->scratch, bits_words(self->sorter.rows.count) * sizeof(uint64_t));
}

/* Sorts what the sorter has, and drops rows behind the limit. */
static void prune(Window *self)
{
    uint64_t *keep = rank_bits(self);

    if (rank_rows(self, keep) < self->sorter.rows.count)
        row_sorter_keep(&self->sorter, keep);
    arena_reset(&self->scratch);
}

static void take_rows(Op *op, const Batch *batch)
{
    Window *self = (Window *)op;
    const WindowNode *node = self->node;
    const Str *heads = batch_order_keys(&self->scratch, batch, node->partition_columns,
                                        self->partition_keys, node->partition_count);
    const Str *keys = batch_order_keys(&self->scratch, batch, node->order_columns, node->order_keys,
                                       node->order_count);

    row_sorter_add(&self->sorter, batch, heads, keys);
    arena_reset(&self->scratch);
}

/* Whether so many rows came since the last pruning that another pays. */
static bool should_prune(const Window *self, size_t row_count)
{
    return self->prunes && row_count >= self->pruned_count * 2 + 2 * (size_t)BATCH_ROWS_DEFAULT;
}

/* The rows that wait have been taken into the sorter, batch by batch. */
static void choose_waiting(Op *op, uint64_t *keep)
{
    Window *self = (Window *)op;
    uint64_t *ranked = rank_bits(self);

    self->pruned_count = rank_rows(self, ranked);
    for (size_t i = 0; i < self->sorter.rows.count; i++) {
        RowPlace place = self->sorter.rows.items[i].place;

        if (bits_get(ranked, i))
            bits_set(keep, (size_t)place.part_i * BATCH_ROWS_DEFAULT + place.row_i);
    }
    row_sorter_clear(&self->sorter);
    arena_reset(&self->scratch);
}

static bool stream_batch(Window *self, const Batch *batch, Error *err)
{
    if (!time_rows_add(&self->waiting, batch, true, err))
        return false;
    if (should_prune(self, time_rows_count(&self->waiting)))
        time_rows_thin(&self->waiting, take_rows, choose_waiting);
    return true;
}

static bool window_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Window *self = (Window *)op;

    if (self->streaming)
        return stream_batch(self, batch, err);
    if (batch->row_count > 0)
        take_rows(op, batch);
    if (should_prune(self, self->sorter.rows.count)) {
        prune(self);
        self->pruned_count = self->sorter.rows.count;
    }
    return op_check_state(op, op->methods->state_bytes(op), err);
}

/* ── computing ─────────────────────────────────────────────────────────────────────────────────*/

static Vector *compute(const WindowFn *fn, WindowBlock *block)
{
    Frames frames;
    Vector *out;

    if (!window_fn_has_frame(fn->item)) {
        WindowFunctionKind kind = window_function_kind(fn->item->call);

        return kind == WINDOW_LAG || kind == WINDOW_LEAD ? window_offset_value(fn, block)
                                                         : window_rank(fn, block);
    }
    window_frames(&fn->frame, block, &frames);
    out = fn->item->call->fn->class_ == FUNCTION_AGGREGATE ? window_aggregate(fn, block, &frames)
                                                           : window_nth_value(fn, block, &frames);
    for (uint32_t e = 0; e < 2; e++) {
        if (frames.errors[e])
            vector_merge_errors(block->arena, out, frames.errors[e]);
    }
    return out;
}

/* Pushes the block's rows with the results beside them. */
static bool push_block(Window *self, WindowBlock *block, Vector *const *results, Error *err)
{
    uint32_t input_count = self->input->column_count;
    uint32_t column_count = input_count + self->node->item_count;
    uint32_t batch_rows = MAX(self->op.context->batch_rows, 1u);

    for (uint32_t from = 0; from < block->row_count; from += batch_rows) {
        uint32_t count = MIN(batch_rows, block->row_count - from);
        Batch *rows = row_sorter_rows(block->sorter, &self->scratch, block->first + from,
                                      block->first + from + count);
        Vector **columns = ARENA_ARRAY(&self->scratch, Vector *, column_count);
        const Batch *out;

        if (input_count)
            memcpy(columns, rows->columns, input_count * sizeof *columns);
        for (uint32_t i = 0; i < self->node->item_count; i++)
            columns[input_count + i] = vector_slice(&self->scratch, results[i], from, count);
        if (!op_settle_errors(&self->op, rows, columns, column_count, &out, err) ||
            (out->row_count > 0 && !op_push(&self->op, out, err)))
            return false;
        arena_reset(&self->scratch);
    }
    return true;
}

static void find_partitions(WindowBlock *block)
{
    const SortedRow *rows = block->sorter->rows.items + block->first;
    uint32_t partition_from = 0, peer_from = 0;

    for (uint32_t i = 0; i < block->row_count; i++) {
        if (i > 0 && !same_partition(&rows[i], &rows[i - 1]))
            partition_from = i;
        if (i > 0 && !are_peers(&rows[i], &rows[i - 1]))
            peer_from = i;
        block->partition_from[i] = partition_from;
        block->peer_from[i] = peer_from;
    }
    for (uint32_t i = block->row_count; i-- > 0;) {
        bool last = i + 1 == block->row_count;

        block->partition_to[i] =
            last || block->partition_from[i + 1] == i + 1 ? i + 1 : block->partition_to[i + 1];
        block->peer_to[i] =
            last || block->peer_from[i + 1] == i + 1 ? i + 1 : block->peer_to[i + 1];
    }
}

static bool run_block(Window *self, Arena *arena, size_t first, uint32_t row_count, Error *err)
{
    WindowBlock block = {
        .sorter = &self->sorter,
        .first = first,
        .row_count = row_count,
        .partition_from = ARENA_ARRAY(arena, uint32_t, row_count),
        .partition_to = ARENA_ARRAY(arena, uint32_t, row_count),
        .peer_from = ARENA_ARRAY(arena, uint32_t, row_count),
        .peer_to = ARENA_ARRAY(arena, uint32_t, row_count),
        .columns = arena_zalloc(arena, self->input->column_count * sizeof(Vector *)),
        .sql = self->op.context->sql,
        .arena = arena,
    };
    Vector **results = ARENA_ARRAY(arena, Vector *, self->node->item_count);

    find_partitions(&block);
    for (uint32_t i = 0; i < self->node->item_count; i++)
        results[i] = compute(&self->fns[i], &block);
    return push_block(self, &block, results, err);
}

/* The end of the first partitions from `first` on that make a block. */
static size_t block_end(const Window *self, size_t first)
{
    const SortedRow *rows = self->sorter.rows.items;
    size_t end = MIN(first + MAX(self->op.context->batch_rows, 1u), self->sorter.rows.count);

    while (end < self->sorter.rows.count && same_partition(&rows[end], &rows[end - 1]))
        end++;
    return end;
}

/* Computes and pushes all rows that are there, and forgets them. */
static bool run_all(Window *self, Error *err)
{
    Arena arena;
    bool ok = true;

    if (self->prunes)
        prune(self);
    else
        row_sorter_sort(&self->sorter);
    arena_init(&arena);
    for (size_t first = 0; ok && first < self->sorter.rows.count;) {
        size_t end = block_end(self, first);

        ok = end - first <= UINT32_MAX / 2 ||
             error_set(err, ERROR_USER, "a partition of a window function has more than 2^31 rows");
        ok = ok && run_block(self, &arena, first, (uint32_t)(end - first), err);
        arena_reset(&arena);
        first = end;
    }
    arena_done(&arena);
    row_sorter_clear(&self->sorter);
    return ok;
}

static bool take_closed(Op *op, const Batch *rows, bool last, Error *err)
{
    Window *self = (Window *)op;

    if (rows->row_count > 0)
        take_rows(op, rows);
    return !last || run_all(self, err);
}

static bool window_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    Window *self = (Window *)op;

    if (self->streaming && !time_rows_advance(&self->waiting, watermark_us, take_closed, err))
        return false;
    return op_push_watermark(op, watermark_us, err);
}

static bool window_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    Window *self = (Window *)op;

    if (self->streaming ? !time_rows_end(&self->waiting, take_closed, err) : !run_all(self, err))
        return false;
    return op_push_end(op, err);
}

/* ── checkpoints and life ──────────────────────────────────────────────────────────────────────*/

static bool window_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    Window *self = (Window *)op;

    if (self->streaming)
        time_rows_save(&self->waiting, barrier);
    return op_push_barrier(op, barrier, err);
}

static bool window_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    Window *self = (Window *)op;

    return (self->streaming && time_rows_restore(&self->waiting, entry)) ||
           op_bad_entry(op, entry, err);
}

static int64_t window_bytes(const Op *op)
{
    const Window *self = (const Window *)op;

    return (int64_t)((self->streaming ? time_rows_bytes(&self->waiting) : 0) +
                     row_sorter_bytes(&self->sorter));
}

static void window_free(Op *op)
{
    Window *self = (Window *)op;

    if (self->streaming)
        time_rows_done(&self->waiting);
    row_sorter_done(&self->sorter);
    arena_done(&self->plan);
    arena_done(&self->scratch);
    free(self);
}

static const OpMethods window_methods = {
    .name = "Window",
    .on_batch = window_batch,
    .on_watermark = window_watermark,
    .on_barrier = window_barrier,
    .on_end = window_end,
    .restore = window_restore,
    .state_bytes = window_bytes,
    .free = window_free,
};

static bool fns_init(Window *self, Error *err)
{
    const WindowNode *node = self->node;

    self->fns = ARENA_ARRAY(&self->plan, WindowFn, node->item_count);
    for (uint32_t i = 0; i < node->item_count; i++) {
        self->fns[i] = (WindowFn){.item = &node->items[i]};
        if (window_fn_has_frame(&node->items[i]) &&
            !window_frame_init(&self->fns[i].frame, node, &node->items[i], self->input,
                               self->op.context->sql, &self->plan, err))
            return false;
    }
    return true;
}

/* Other functions would be changed by rows that are not there. */
static bool can_prune(const WindowNode *node)
{
    WindowFunctionKind kind;

    if (node->rank_limit < 0 || node->item_count != 1 ||
        node->items[0].call->fn->class_ != FUNCTION_WINDOW)
        return false;
    kind = window_function_kind(node->items[0].call);
    return kind == WINDOW_ROW_NUMBER || kind == WINDOW_RANK;
}

bool window_create(const Node *node, OpContext *context, Op **out, Error *err)
{
    Window *self;

    if (node->as.window.emit == EMIT_CHANGED)
        return window_top_create(node, context, out, err);
    self = OP_NEW(Window, &window_methods, node, context);
    self->node = &node->as.window;
    self->input = &node->inputs[0]->schema;
    self->prunes = can_prune(self->node);
    arena_init(&self->plan);
    arena_init(&self->scratch);
    row_sorter_init(&self->sorter, self->input);
    self->partition_keys = arena_zalloc(&self->plan, self->node->partition_count * sizeof(SortKey));
    self->streaming = self->node->time_column >= 0;
    if (self->streaming)
        time_rows_init(&self->waiting, &self->op, (uint32_t)self->node->time_column,
                       self->node->partition_columns, self->node->partition_count);
    if (!fns_init(self, err)) {
        window_free(&self->op);
        return false;
    }
    *out = &self->op;
    return true;
}
