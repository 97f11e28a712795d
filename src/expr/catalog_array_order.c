/*
 * catalog_array_order.c: arrays in order: sequence, slice, sort_array, array_min, array_max.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"
#include "expr/time.h"

/* ── sequence ──────────────────────────────────────────────────────────────────────────────────*/

enum { SEQUENCE_MAX = 16 * 1024 * 1024 };

/* A step between times. */
typedef struct Step {
    int64_t months, days, us;
} Step;

static bool bind_sequence(BindCall *call, Error *err)
{
    const Type *common = type_common(call->arena, call->args[0]->type, call->args[1]->type);
    bool is_time;

    if (!common)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES",
                             "`sequence` uses the wrong parameter type: the start and stop "
                             "expressions must resolve to the same type.");
    is_time = common->kind == TYPE_DATE || type_is_timestamp(common);
    if (!is_time && !type_is_integral(common))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES",
                             "`sequence` uses the wrong parameter type: the start must be of the "
                             "\"TIMESTAMP\", \"TIMESTAMP_NTZ\", \"DATE\" or \"INTEGRAL\" type.");
    if (call->arg_count > 2 && !is_time) {
        common = type_common(call->arena, common, call->args[2]->type);
        if (!common || !type_is_integral(common))
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES",
                                 "`sequence` uses the wrong parameter type: the step must be of "
                                 "the type of start and stop.");
        bind_cast(call, 2, common);
    }
    if (call->arg_count > 2 && is_time && !type_is_interval(call->args[2]->type) &&
        call->args[2]->type->kind != TYPE_INTERVAL)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES",
                             "`sequence` uses the wrong parameter type: the step of times must be "
                             "an interval.");
    bind_cast(call, 0, common);
    bind_cast(call, 1, common);
    call->type = type_array(call->arena, common, false);
    return true;
}

static void illegal_boundaries(const KernelCall *call, Vector *errors, uint32_t i)
{
    kernel_error(call, errors, i, "ILLEGAL_SEQUENCE_BOUNDARIES", "22023",
                 "Illegal sequence boundaries: with this step the sequence does not lead from "
                 "start to stop.");
}

static void too_long(const KernelCall *call, Vector *errors, uint32_t i)
{
    kernel_error(call, errors, i, "COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER", "54000",
                 "Can't create array of more than %d elements, which is the limit, by `sequence`.",
                 SEQUENCE_MAX);
}

static void add_integral(VectorBuilder *b, int64_t value)
{
    switch ((int)b->type->kind) {
    case TYPE_TINYINT:
        builder_add_i8(b, (int8_t)value);
        break;
    case TYPE_SMALLINT:
        builder_add_i16(b, (int16_t)value);
        break;
    case TYPE_INT:
        builder_add_i32(b, (int32_t)value);
        break;
    default:
        builder_add_i64(b, value);
        break;
    }
}

static bool integral_row(const KernelCall *call, Vector *errors, uint32_t i, VectorBuilder *b)
{
    int64_t start = vector_integral(call->args[0], i), stop = vector_integral(call->args[1], i);
    int64_t step = start <= stop ? 1 : -1;
    Int128 count;

    if (call->arg_count > 2)
        step = vector_integral(call->args[2], i);
    if (step == 0 ? start != stop : step > 0 ? start > stop : start < stop) {
        illegal_boundaries(call, errors, i);
        return false;
    }
    count = step ? ((Int128)stop - start) / step + 1 : 1;
    if (count > SEQUENCE_MAX) {
        too_long(call, errors, i);
        return false;
    }
    for (int64_t n = 0; n < (int64_t)count; n++)
        add_integral(b, start + n * step);
    return true;
}

static Step step_of(const KernelCall *call, uint32_t i, bool backwards)
{
    const Vector *v;
    Interval interval;

    if (call->arg_count < 3)
        return (Step){.days = backwards ? -1 : 1};
    v = call->args[2];
    if (v->type->kind == TYPE_INTERVAL_YM)
        return (Step){.months = arg_i32(call, 2, i)};
    if (v->type->kind == TYPE_INTERVAL_DT)
        return (Step){.days = arg_i64(call, 2, i) / US_PER_DAY,
                      .us = arg_i64(call, 2, i) % US_PER_DAY};
    interval = vector_intervals(v)[vector_row(v, i)];
    return (Step){interval.months, interval.days, interval.us};
}

/* From start by multiples of the step, so that months do not lose days on the way. */
static bool time_row(const KernelCall *call, Vector *errors, uint32_t i, VectorBuilder *b)
{
    bool is_date = b->type->kind == TYPE_DATE;
    const Zone *zone = is_date ? NULL : timestamp_zone(call->sql, b->type);
    int64_t start = is_date ? arg_i32(call, 0, i) * US_PER_DAY : arg_i64(call, 0, i);
    int64_t stop = is_date ? arg_i32(call, 1, i) * US_PER_DAY : arg_i64(call, 1, i);
    Step step = step_of(call, i, stop < start);
    /* About as long, to tell the direction. */
    int64_t length = step.months * 28 * US_PER_DAY + step.days * US_PER_DAY + step.us;

    if (length == 0 ? start != stop : length > 0 ? start > stop : start < stop) {
        illegal_boundaries(call, errors, i);
        return false;
    }
    for (int64_t n = 0, us = start; length >= 0 ? us <= stop : us >= stop; n++) {
        if (n == SEQUENCE_MAX) {
            too_long(call, errors, i);
            return false;
        }
        if (is_date)
            builder_add_i32(b, (int32_t)floor_div(us, US_PER_DAY));
        else
            builder_add_i64(b, us);
        if (!length || !timestamp_add(start, step.months * (n + 1), step.days * (n + 1),
                                      step.us * (n + 1), zone, &us))
            break;
    }
    return true;
}

static Vector *kernel_sequence(const KernelCall *call)
{
    Vector *errors = vector_new(call->arena, &type_boolean, call->row_count), *out;
    bool integral = type_is_integral(call->expr->type->fields[0].type);
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i)) {
            if (integral)
                integral_row(call, errors, i, &b.children[0]);
            else
                time_row(call, errors, i, &b.children[0]);
        }
        builder_end_row(&b);
    }
    out = builder_finish(&b);
    out->errors = errors->errors;
    return out;
}

/* ── slice ─────────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_slice(const KernelCall *call)
{
    Vector *errors = vector_new(call->arena, &type_boolean, call->row_count), *out;
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        int64_t start, length;
        uint32_t from, to;

        if (kernel_row_ready(call, i)) {
            start = arg_i32(call, 1, i);
            length = arg_i32(call, 2, i);
            list_range(call->args[0], i, &from, &to);
            if (start == 0)
                kernel_error(call, errors, i, "INVALID_PARAMETER_VALUE.START", "22023",
                             "The value of parameter(s) `start` in `slice` is invalid: Expects a "
                             "positive or a negative value for `start`, but got 0.");
            if (length < 0)
                kernel_error(call, errors, i, "INVALID_PARAMETER_VALUE.LENGTH", "22023",
                             "The value of parameter(s) `length` in `slice` is invalid: Expects "
                             "`length` greater than or equal to 0, but got %ld.",
                             (long)length);
            start = start > 0 ? from + start - 1 : to + start;
            for (int64_t e = start; start >= from && e < start + length && e < to; e++)
                builder_add_from(&b.children[0], call->args[0]->children[0], (uint32_t)e);
        }
        builder_end_row(&b);
    }
    out = builder_finish(&b);
    out->errors = errors->errors;
    return out;
}

/* ── sort_array ────────────────────────────────────────────────────────────────────────────────*/

static bool bind_ordered(BindCall *call, Error *err)
{
    return bind_signature(call, err) &&
           bind_orderable(call, call->args[0]->type->fields[0].type, err);
}

typedef struct Order {
    const Vector *elements;
    bool descending;
} Order;

/* NULLs first, or last when descending. */
static int element_order(const void *a, const void *b, void *self)
{
    const Order *order = self;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    bool x_valid = vector_is_valid(order->elements, x);
    bool y_valid = vector_is_valid(order->elements, y);
    int result = !x_valid || !y_valid ? x_valid - y_valid
                                      : vector_compare(order->elements, x, order->elements, y);

    if (order->descending)
        result = -result;
    return result ? result : (x > y) - (x < y);
}

static Vector *kernel_sort_array(const KernelCall *call)
{
    const Vector *v = vector_flatten(call->arena, call->args[0]);
    Order order = {.elements = v->children[0]};
    uint32_t *places = ARENA_ARRAY(call->arena, uint32_t, v->children[0]->row_count);
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from = v->offsets[i], count = v->offsets[i + 1] - from;

        if (kernel_row_ready(call, i)) {
            for (uint32_t e = 0; e < count; e++)
                places[e] = from + e;
            order.descending = call->arg_count > 1 && !arg_bool(call, 1, i);
            qsort_r(places, count, sizeof *places, element_order, &order);
            for (uint32_t e = 0; e < count; e++)
                builder_add_from(&b.children[0], v->children[0], places[e]);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

/* ── array_min, array_max ──────────────────────────────────────────────────────────────────────*/

static bool bind_extreme(BindCall *call, Error *err)
{
    if (!bind_ordered(call, err))
        return false;
    call->type = call->args[0]->type->fields[0].type;
    call->nullable = true;
    return true;
}

static Vector *kernel_extreme(const KernelCall *call)
{
    int sign = call->expr->fn->extra ? 1 : -1;
    const Vector *v = call->args[0], *elements = v->children[0];
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from = 0, to = 0;
        int64_t best = -1;

        if (kernel_row_ready(call, i))
            list_range(v, i, &from, &to);
        for (uint32_t e = from; e < to; e++) {
            if (vector_is_valid(elements, e) &&
                (best < 0 || vector_compare(elements, e, elements, (uint32_t)best) * sign > 0))
                best = e;
        }
        if (best < 0)
            builder_add_null(&b);
        else
            builder_add_from(&b, elements, (uint32_t)best);
    }
    return builder_finish(&b);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool want_max = true;

#define ORDER_ROW(name_, min_, max_, bind_, signature_, kernel_, extra_, doc_, example_)           \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = min_, .arg_max = max_,        \
        .bind = bind_, .signature = signature_, .kernel = kernel_, .extra = extra_,                \
        .group = "array", .doc = doc_, .example = example_                                         \
    }

static const Function rows[] = {
    ORDER_ROW("sequence", 2, 3, bind_sequence, NULL, kernel_sequence, NULL,
              "From start to stop by a step: numbers, dates or times",
              "sequence(1, 5, 2) = array(1, 3, 5)"),
    ORDER_ROW("slice", 3, 3, bind_signature, "(array, int, int) -> $1", kernel_slice, NULL,
              "So many elements from a place, from 1 or (negative) from the end",
              "slice(array(1, 2, 3), 2, 2) = array(2, 3)"),
    ORDER_ROW("sort_array", 1, 2, bind_ordered, "(array) -> $1; (array, boolean=) -> $1",
              kernel_sort_array, NULL, "Sorted, NULLs first; with false descending, NULLs last",
              "sort_array(array(2, 1)) = array(1, 2)"),
    ORDER_ROW("array_min", 1, 1, bind_extreme, "(array) -> $1", kernel_extreme, NULL,
              "The least element", "array_min(array(2, 1)) = 1"),
    ORDER_ROW("array_max", 1, 1, bind_extreme, "(array) -> $1", kernel_extreme, &want_max,
              "The greatest element", "array_max(array(2, 1)) = 2"),
};

const FunctionTable catalog_array_order = FUNCTION_TABLE_OF(rows);
