/*
 * assign.c: the windows of each row: one output row a (row, window), late ones put aside.
 *
 * Each (row, window) pair is judged alone, by the watermark the row's own partition had just before
 * it: late when the window had ended by then. A row whose time is NULL gives no row and is not late.
 * A session window is [time, time + gap); the aggregate behind merges those that meet.
 *
 * The common case (tumbling, nothing late, no NULLs) shares the input's columns and only adds two
 * arrays of times.
 */
#include "op/op_base.h"

#include "window/assign.h"

/* The pairs being collected. Rows rise. */
typedef struct Pairs {
    uint32_t *rows;
    int64_t *start_us, *end_us;
    uint32_t count, capacity;
} Pairs;

static void pairs_add(Arena *arena, Pairs *pairs, uint32_t row_i, WindowSpan span)
{
    if (pairs->count == pairs->capacity) {
        Pairs old = *pairs;

        pairs->capacity *= 2;
        pairs->rows = ARENA_ARRAY(arena, uint32_t, pairs->capacity);
        pairs->start_us = ARENA_ARRAY(arena, int64_t, pairs->capacity);
        pairs->end_us = ARENA_ARRAY(arena, int64_t, pairs->capacity);
        memcpy(pairs->rows, old.rows, old.count * sizeof *old.rows);
        memcpy(pairs->start_us, old.start_us, old.count * sizeof *old.start_us);
        memcpy(pairs->end_us, old.end_us, old.count * sizeof *old.end_us);
    }
    pairs->rows[pairs->count] = row_i;
    pairs->start_us[pairs->count] = span.start_us;
    pairs->end_us[pairs->count++] = span.end_us;
}

/* Adds the pair, or tells that it is late. `watermark_us` is the batch's, NULL when nothing can be
 * late. */
static bool pair_judge(Op *op, Pairs *pairs, const Batch *batch, const int64_t *watermark_us,
                       uint32_t row_i, WindowSpan span, Error *err)
{
    if (watermark_us && UNLIKELY(window_is_late(span.end_us, watermark_us[row_i])))
        return op_row_late(op, batch, row_i, span.end_us, LATE_BY_PARTITION, err);
    pairs_add(op->context->batch_arena, pairs, row_i, span);
    return true;
}

static bool assign_hopping(Op *op, const Batch *batch, const Vector *times,
                           const int64_t *watermark_us, Pairs *pairs, Error *err)
{
    const AssignNode *assign = &op->node->as.assign;
    const int64_t *time_us = vector_i64(times);
    /* The windows of the last time, which most rows share. */
    WindowSpan first = {0, 0};
    uint32_t window_count = 0;
    int64_t same_from_us = 0;
    int64_t same_to_us = 0; /* Times in [from, to) have these windows. */

    for (uint32_t i = 0; i < batch->row_count; i++) {
        int64_t t = time_us[vector_row(times, i)];
        WindowSpan span;

        if (!vector_is_valid(times, i))
            continue;
        if (assign->slide_us == assign->size_us) {
            if (t < same_from_us || t >= same_to_us) {
                window_count = window_assign(t, assign->size_us, assign->slide_us,
                                             assign->offset_us, &first);
                same_from_us = window_count ? first.start_us : 0;
                same_to_us = window_count ? first.end_us : 0;
            }
        } else {
            window_count =
                window_assign(t, assign->size_us, assign->slide_us, assign->offset_us, &first);
        }
        span = first;
        for (uint32_t w = 0; w < window_count; w++) {
            if (!pair_judge(op, pairs, batch, watermark_us, i, span, err))
                return false;
            span.start_us += assign->slide_us;
            span.end_us += assign->slide_us;
        }
    }
    return true;
}

/* `gaps` may be NULL: size_us is the gap. A gap of no length makes no session. */
static bool assign_sessions(Op *op, const Batch *batch, const Vector *times, const Vector *gaps,
                            const int64_t *watermark_us, Pairs *pairs, Error *err)
{
    int64_t gap_us = op->node->as.assign.size_us;

    for (uint32_t i = 0; i < batch->row_count; i++) {
        WindowSpan span;

        if (!vector_is_valid(times, i) || (gaps && !vector_is_valid(gaps, i)))
            continue;
        if (gaps)
            gap_us = vector_i64(gaps)[vector_row(gaps, i)];
        span.start_us = vector_i64(times)[vector_row(times, i)];
        if (gap_us <= 0 || __builtin_add_overflow(span.start_us, gap_us, &span.end_us))
            continue;
        if (!pair_judge(op, pairs, batch, watermark_us, i, span, err))
            return false;
    }
    return true;
}

static Vector *window_column(Op *op, const Pairs *pairs)
{
    const Type *type = op->node->schema.columns[op->node->schema.column_count - 1].type;
    Arena *arena = op->context->batch_arena;
    Vector *windows = vector_new(arena, type, 0);

    windows->row_count = pairs->count;
    for (uint32_t f = 0; f < 2; f++) {
        Vector *field = vector_new(arena, type->fields[f].type, 0);

        field->row_count = pairs->count;
        field->data = f == 0 ? pairs->start_us : pairs->end_us;
        windows->children[f] = field;
    }
    return windows;
}

static bool push_pairs(Op *op, const Batch *batch, const Pairs *pairs, Error *err)
{
    Arena *arena = op->context->batch_arena;
    Batch *out = batch_new(arena, batch->column_count + 1, pairs->count);
    const Batch *rows = batch;
    bool same = pairs->count == batch->row_count;

    if (pairs->count == 0)
        return true;
    /* As many pairs as rows may still be two of one row and none of another. */
    for (uint32_t i = 0; same && i < pairs->count; i++)
        same = pairs->rows[i] == i;
    if (!same)
        rows = batch_select(arena, batch, pairs->rows, pairs->count);
    memcpy(out->columns, rows->columns, batch->column_count * sizeof(Vector *));
    out->columns[batch->column_count] = window_column(op, pairs);
    out->origin = rows->origin;
    return op_push(op, out, err);
}

/* Evaluates time (and gap) and puts rows with errors aside: *batch is what is left of it. */
static bool assign_eval(Op *op, const Batch **batch, Vector **times, Vector **gaps, Error *err)
{
    const AssignNode *assign = &op->node->as.assign;
    Arena *arena = op->context->batch_arena;
    uint32_t column_count = (*batch)->column_count;
    Vector **columns = ARENA_ARRAY(arena, Vector *, column_count + 2);
    const Batch *settled;
    Batch *rest;

    program_eval(assign->time, op->context->sql, arena, *batch, times);
    if (assign->gap)
        program_eval(assign->gap, op->context->sql, arena, *batch, gaps);
    if (!(*times)->errors && (!*gaps || !(*gaps)->errors))
        return true;
    memcpy(columns, (*batch)->columns, column_count * sizeof(Vector *));
    columns[column_count] = *times;
    columns[column_count + 1] = *gaps;
    if (!op_settle_errors(op, *batch, columns, column_count + (*gaps ? 2 : 1), &settled, err))
        return false;
    *times = settled->columns[column_count];
    *gaps = *gaps ? settled->columns[column_count + 1] : NULL;
    rest = arena_copy(arena, settled, sizeof *settled);
    rest->column_count = column_count;
    *batch = rest;
    return true;
}

static bool assign_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    const AssignNode *assign = &op->node->as.assign;
    Arena *arena = op->context->batch_arena;
    const int64_t *watermark_us;
    Vector *times = NULL;
    Vector *gaps = NULL;
    Pairs pairs;
    bool ok;

    if (!assign_eval(op, &batch, &times, &gaps, err))
        return false;
    watermark_us = assign->streaming ? batch->watermark_us : NULL;
    pairs = (Pairs){.capacity = MAX(batch->row_count, 16u)};
    pairs.rows = ARENA_ARRAY(arena, uint32_t, pairs.capacity);
    pairs.start_us = ARENA_ARRAY(arena, int64_t, pairs.capacity);
    pairs.end_us = ARENA_ARRAY(arena, int64_t, pairs.capacity);
    if (assign->session)
        ok = assign_sessions(op, batch, times, gaps, watermark_us, &pairs, err);
    else
        ok = assign_hopping(op, batch, times, watermark_us, &pairs, err);
    return ok && push_pairs(op, batch, &pairs, err);
}

static const OpMethods assign_methods = {
    .name = "AssignWindows",
    .on_batch = assign_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = op_pass_barrier,
    .on_end = op_pass_end,
    .free = op_free_plain,
};

/* A row in more windows than that is a mistake in the query, and would take memory accordingly. */
enum { WINDOWS_PER_ROW_MAX = 100000 };

bool assign_create(const Node *node, OpContext *context, Op **out, Error *err)
{
    const AssignNode *assign = &node->as.assign;

    if (!assign->session && assign->size_us / assign->slide_us > WINDOWS_PER_ROW_MAX)
        return error_set(err, ERROR_USER,
                         "each row would be in %lld windows, more than %d: let the windows slide by "
                         "more, or be shorter",
                         (long long)(assign->size_us / assign->slide_us), WINDOWS_PER_ROW_MAX);
    *out = op_new(sizeof(Op), &assign_methods, node, context);
    return true;
}
