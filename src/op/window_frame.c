/*
 * window_frame.c: which rows are in the frame of each row.
 *
 * ROWS frames are counted. RANGE frames with CURRENT ROW end with its peers. RANGE frames with a
 * value end where the order value passes the current row's plus or minus that value, which a small
 * program computes for all rows at once, with the same functions (and so the same calendar, zones
 * and overflows) as `order + value` in a query. As rows are in order, so are these ends: each is
 * found by walking on from the one before, never back.
 *
 * Rows whose order value is NULL are each other's peers and have only these between bounds by
 * value.
 */
#include "op/window_fn.h"

#include "base/assert.h"

/* ── making them ready ─────────────────────────────────────────────────────────────────────────*/

static bool has_value(FrameBoundKind kind)
{
    return kind == FRAME_PRECEDING || kind == FRAME_FOLLOWING;
}

static bool rows_bound(WindowBound *bound, const Vector *value, Error *err)
{
    if (value->type->kind == TYPE_BIGINT)
        bound->rows = vector_i64(value)[0];
    else if (value->type->kind == TYPE_INT)
        bound->rows = vector_i32(value)[0];
    else
        return error_set(err, ERROR_USER, "a frame of ROWS is counted by a number");
    if (bound->kind == FRAME_PRECEDING)
        bound->rows = bound->rows == INT64_MIN ? INT64_MAX : -bound->rows;
    return true;
}

/* order column + value, or - where the bound lies before the row in the order of values. */
static bool range_bound(WindowBound *bound, const Vector *value, const Type *order, bool add,
                        const SqlContext *sql, Arena *plan, Error *err)
{
    Expr *args[2] = {expr_column(plan, 0, order, true, (Span){0}),
                     expr_literal(plan, value, (Span){0})};
    Expr *e;

    if (order->kind == TYPE_DECIMAL && type_equal(order, value->type)) {
        bound->decimal = add ? vector_i128(value)[0] : -vector_i128(value)[0];
        return true;
    }
    if (!function_call_named(plan, sql, add ? "+" : "-", args, 2, (Span){0}, &e, err))
        return error_wrap(err, "frame of a window");
    if (!type_equal(e->type, order))
        return error_set(err, ERROR_USER, "a frame of RANGE over %s cannot be told by %s",
                         type_name_in(plan, order), type_name_in(plan, value->type));
    bound->value = program_compile(plan, (const Expr *const *)&e, 1);
    return true;
}

static bool bound_init(WindowFrame *frame, WindowBound *bound, const FrameBound *from,
                       const Schema *input, const SqlContext *sql, Arena *plan, Error *err)
{
    bound->kind = from->kind;
    if (!has_value(from->kind))
        return true;
    if (!from->value || !vector_is_valid(from->value, 0))
        return error_set(err, ERROR_USER, "a bound of a window's frame must not be NULL");
    if (frame->rows)
        return rows_bound(bound, from->value, err);
    return range_bound(bound, from->value, input->columns[frame->order_column].type,
                       (from->kind == FRAME_FOLLOWING) != frame->order_key.descending, sql, plan,
                       err);
}

bool window_frame_init(WindowFrame *frame, const WindowNode *node, const WindowItem *item,
                       const Schema *input, const SqlContext *sql, Arena *plan, Error *err)
{
    *frame = (WindowFrame){.rows = item->rows};
    if (!item->rows && (has_value(item->from.kind) || has_value(item->to.kind))) {
        if (node->order_count != 1)
            return error_set(err, ERROR_USER,
                             "a frame of RANGE by value needs one ORDER BY expression");
        frame->order_column = node->order_columns[0];
        frame->order_key = node->order_keys[0];
    }
    return bound_init(frame, &frame->from, &item->from, input, sql, plan, err) &&
           bound_init(frame, &frame->to, &item->to, input, sql, plan, err);
}

/* ── ROWS ──────────────────────────────────────────────────────────────────────────────────────*/

/* Row i moved by `rows`, within from .. to. */
static uint32_t row_moved(uint32_t i, int64_t rows, uint32_t from, uint32_t to)
{
    int64_t row;

    if (__builtin_add_overflow((int64_t)i, rows, &row))
        return rows < 0 ? from : to;
    return row < from ? from : row > to ? to : (uint32_t)row;
}

/* `behind`: 1 for the end of a frame, which is the row behind its last. */
static void rows_ends(const WindowBound *bound, const WindowBlock *block, uint32_t behind,
                      uint32_t *ends)
{
    for (uint32_t i = 0; i < block->row_count; i++)
        ends[i] =
            row_moved(i + behind, bound->rows, block->partition_from[i], block->partition_to[i]);
}

/* ── RANGE by value ────────────────────────────────────────────────────────────────────────────*/

/* The value at which each row's frame ends; rows may be NULL or have errors. */
static const Vector *bound_values(const WindowBound *bound, WindowBlock *block, const Vector *order)
{
    Vector *column = arena_copy(block->arena, order, sizeof *order);
    Batch batch = {.row_count = block->row_count, .column_count = 1, .columns = &column};
    Vector *out;

    if (bound->value) {
        program_eval(bound->value, block->sql, block->arena, &batch, &out);
        return vector_flatten(block->arena, out);
    }
    /* Spark adds these without asking whether the sum has more digits than the type. */
    out = vector_new(block->arena, order->type, block->row_count);
    out->valid = order->valid;
    for (uint32_t i = 0; i < block->row_count; i++) {
        Int128 value = vector_i128(order)[i];

        if (__builtin_add_overflow(value, bound->decimal, &vector_i128(out)[i]))
            vector_i128(out)[i] = value;
    }
    return out;
}

/* The rows of a partition with an order value: NULLs stand at one of its ends. */
static void value_rows(const WindowBlock *block, const Vector *order, uint32_t partition_from,
                       uint32_t *from, uint32_t *to)
{
    *from = partition_from;
    *to = block->partition_to[partition_from];
    if (!vector_is_valid(order, *from))
        *from = block->peer_to[*from];
    if (*from < *to && !vector_is_valid(order, *to - 1))
        *to = block->peer_from[*to - 1];
}

/* Whether row `at` comes before the frame's end that is given by row i's bound. */
static bool is_before(const WindowFrame *frame, const Vector *order, const Vector *bounds,
                      uint32_t at, uint32_t i, bool inclusive)
{
    int compared = vector_compare(order, at, bounds, i);

    if (frame->order_key.descending)
        compared = -compared;
    return inclusive ? compared <= 0 : compared < 0;
}

static void partition_ends(const WindowFrame *frame, const WindowBlock *block, const Vector *order,
                           const Vector *bounds, uint32_t partition_from, bool is_to,
                           uint32_t *ends)
{
    uint32_t from, to, at;

    for (uint32_t i = partition_from; i < block->partition_to[partition_from]; i++)
        ends[i] = is_to ? block->peer_to[i] : block->peer_from[i];
    value_rows(block, order, partition_from, &from, &to);
    at = from;
    for (uint32_t i = from; i < to; i++) {
        if (vector_has_error(bounds, i) || !vector_is_valid(bounds, i))
            continue;
        while (at < to && is_before(frame, order, bounds, at, i, is_to))
            at++;
        ends[i] = at;
    }
}

static const Vector *value_ends(const WindowFrame *frame, const WindowBound *bound,
                                WindowBlock *block, bool is_to, uint32_t *ends)
{
    const Vector *order = vector_flatten(block->arena, window_column(block, frame->order_column));
    const Vector *bounds = bound_values(bound, block, order);

    for (uint32_t i = 0; i < block->row_count; i = block->partition_to[i])
        partition_ends(frame, block, order, bounds, i, is_to, ends);
    return bounds->errors ? bounds : NULL;
}

/* ── both ──────────────────────────────────────────────────────────────────────────────────────*/

/* Returns the vector with the errors of its rows, or NULL. */
static const Vector *frame_ends(const WindowFrame *frame, const WindowBound *bound,
                                WindowBlock *block, bool is_to, uint32_t *ends)
{
    size_t bytes = block->row_count * sizeof *ends;

    switch (bound->kind) {
    case FRAME_UNBOUNDED_PRECEDING:
        memcpy(ends, block->partition_from, bytes);
        return NULL;
    case FRAME_UNBOUNDED_FOLLOWING:
        memcpy(ends, block->partition_to, bytes);
        return NULL;
    case FRAME_CURRENT_ROW:
        if (!frame->rows) {
            memcpy(ends, is_to ? block->peer_to : block->peer_from, bytes);
            return NULL;
        }
        break; /* 0 rows away. */
    case FRAME_PRECEDING:
    case FRAME_FOLLOWING:
        if (!frame->rows)
            return value_ends(frame, bound, block, is_to, ends);
        break;
    }
    rows_ends(bound, block, is_to, ends);
    return NULL;
}

void window_frames(const WindowFrame *frame, WindowBlock *block, Frames *out)
{
    out->from = ARENA_ARRAY(block->arena, uint32_t, block->row_count);
    out->to = ARENA_ARRAY(block->arena, uint32_t, block->row_count);
    out->errors[0] = frame_ends(frame, &frame->from, block, false, out->from);
    out->errors[1] = frame_ends(frame, &frame->to, block, true, out->to);
    for (uint32_t i = 0; i < block->row_count; i++)
        out->to[i] = MAX(out->to[i], out->from[i]);
}
