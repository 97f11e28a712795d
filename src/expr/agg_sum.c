/*
 * agg_sum.c: count, sum and avg, and their try_ forms.
 *
 * Sums of integers, intervals and decimals are exact however large they get on the way; only the
 * result is judged, so that neither order nor split of the rows decides about an overflow.
 */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/planted.h"
#include "expr/agg.h"
#include "expr/arithmetic.h"
#include "expr/catalog.h"
#include "expr/decimal_math.h"

/* ── count ─────────────────────────────────────────────────────────────────────────────────────*/

/* count(*) is count(1). */
static bool bind_count(BindCall *call, Error *err)
{
    if (call->arg_count == 0)
        return error_set_class(err, ERROR_USER, "WRONG_NUM_ARGS.WITH_SUGGESTION", "42605",
                               "The `count` requires > 0 parameters but the actual number is 0. "
                               "Write count(*) to count rows.");
    call->type = &type_bigint;
    call->nullable = false;
    return true;
}

static uint32_t count_state_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(int64_t);
}

static void count_init(const AggregateCall *call, void *state)
{
    (void)call;
    *(int64_t *)state = 0;
}

static bool all_valid(const AggregateCall *call, const Vector *const *args, uint32_t row_i)
{
    for (uint32_t a = 0; a < call->expr->arg_count; a++) {
        if (!vector_is_valid(args[a], row_i))
            return false;
    }
    return true;
}

static bool any_nulls(const AggregateCall *call, const Vector *const *args)
{
    for (uint32_t a = 0; a < call->expr->arg_count; a++) {
        if (args[a]->valid)
            return true;
    }
    return false;
}

static void count_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                         uint32_t row_count, Arena *scratch)
{
    (void)scratch;
    if (!any_nulls(call, args)) {
        for (uint32_t i = 0; i < row_count; i++)
            ++*(int64_t *)states[i];
        return;
    }
    for (uint32_t i = 0; i < row_count; i++)
        *(int64_t *)states[i] += all_valid(call, args, i);
}

static void count_update_one(const AggregateCall *call, void *state, const Vector *const *args,
                             uint32_t row_count, Arena *scratch)
{
    int64_t count = row_count;

    (void)scratch;
    if (any_nulls(call, args)) {
        count = 0;
        for (uint32_t i = 0; i < row_count; i++)
            count += all_valid(call, args, i);
    }
    *(int64_t *)state += count;
}

static void count_merge(const AggregateCall *call, void *into, const void *from)
{
    (void)call;
    *(int64_t *)into += *(const int64_t *)from;
}

static Vector *count_result(const AggregateCall *call, const void *const *states, uint32_t count,
                            Arena *arena)
{
    Vector *out = aggregate_result(call, count, arena);

    for (uint32_t i = 0; i < count; i++)
        vector_i64(out)[i] = *(const int64_t *)states[i];
    return out;
}

static void count_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    (void)call;
    bytes_put(out, state, sizeof(int64_t));
}

static bool count_decode(const AggregateCall *call, void *state, Str *in)
{
    (void)call;
    return bytes_get(in, state, sizeof(int64_t));
}

static const AggregateMethods count_methods = {
    .state_bytes = count_state_bytes,
    .init = count_init,
    .update = count_update,
    .update_one = count_update_one,
    .merge = count_merge,
    .result = count_result,
    .encode = count_encode,
    .decode = count_decode,
};

/* count_if(x): the rows for which x is TRUE. */
static void count_if_update(const AggregateCall *call, void *const *states,
                            const Vector *const *args, uint32_t row_count, Arena *scratch)
{
    const Vector *v = args[0];

    (void)call;
    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++)
        *(int64_t *)states[i] += vector_is_valid(v, i) && vector_bools(v)[vector_row(v, i)];
}

static const AggregateMethods count_if_methods = {
    .state_bytes = count_state_bytes,
    .init = count_init,
    .update = count_if_update,
    .merge = count_merge,
    .result = count_result,
    .encode = count_encode,
    .decode = count_decode,
};

/* ── sum and avg ───────────────────────────────────────────────────────────────────────────────*/

typedef struct SumState {
    int64_t count; /* Of values. */
    union {
        WideSum exact; /* Integers, decimals, intervals. */
        FloatSum real; /* FLOAT, DOUBLE. */
    };
} SumState;

/* What makes the four rows different. */
typedef struct SumKind {
    bool average;
    bool try_; /* NULL instead of an overflow. */
} SumKind;

static const SumKind *sum_kind(const Expr *e)
{
    return e->fn->extra;
}

static bool is_real(const Type *type)
{
    return type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE;
}

static const Type *sum_type(const BindCall *call, const Type *type)
{
    bool average = ((const SumKind *)call->fn->extra)->average;

    switch ((int)type->kind) {
    case TYPE_DECIMAL:
        if (average)
            return type_decimal(call->arena, MIN(type->precision + 4, DECIMAL_PRECISION_MAX),
                                MIN(type->scale + 4, DECIMAL_PRECISION_MAX));
        return type_decimal(call->arena, MIN(type->precision + 10, DECIMAL_PRECISION_MAX),
                            type->scale);
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return &type_double;
    case TYPE_INTERVAL_YM:
        return average ? &type_interval_ym : type;
    case TYPE_INTERVAL_DT:
        return average ? &type_interval_dt : type;
    default:
        return average ? &type_double : &type_bigint;
    }
}

static bool bind_sum(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    if (type_is_string(type) || type->kind == TYPE_VOID || type->kind == TYPE_TIMESTAMP)
        bind_cast(call, 0, &type_double);
    type = call->args[0]->type;
    if (!type_is_numeric(type) && !type_is_interval(type))
        return bind_unexpected(
            call, 0, "(NUMERIC OR INTERVAL DAY TO SECOND OR INTERVAL YEAR TO MONTH)", err);
    call->type = sum_type(call, type);
    call->nullable = true;
    return true;
}

static uint32_t sum_state_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(SumState);
}

static void sum_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(SumState));
}

#define SUM_LOOP(access, add)                                                                      \
    for (uint32_t i = 0; i < row_count; i++) {                                                     \
        SumState *state = states[i];                                                               \
                                                                                                   \
        if (v->valid && !vector_is_valid(v, i))                                                    \
            continue;                                                                              \
        state->count++;                                                                            \
        add;                                                                                       \
    }                                                                                              \
    break

#define SUM_EXACT(access)                                                                          \
    SUM_LOOP(access, wide_sum_add(&state->exact, (access)(v)[vector_row(v, i)]))
#define SUM_REAL(access)                                                                           \
    SUM_LOOP(access, float_sum_add(&state->real, (double)(access)(v)[vector_row(v, i)]))

static void sum_update(const AggregateCall *call, void *const *states, const Vector *const *args,
                       uint32_t row_count, Arena *scratch)
{
    const Vector *v = args[0];

    (void)call;
    (void)scratch;
    switch ((int)type_phys(v->type)) {
    case PHYS_I8:
        SUM_EXACT(vector_i8);
    case PHYS_I16:
        SUM_EXACT(vector_i16);
    case PHYS_I32:
        SUM_EXACT(vector_i32);
    case PHYS_I64:
        SUM_EXACT(vector_i64);
    case PHYS_I128:
        SUM_EXACT(vector_i128);
    case PHYS_F32:
        SUM_REAL(vector_f32);
    case PHYS_F64:
        SUM_REAL(vector_f64);
    default:
        UNREACHABLE();
    }
}

/* Integers of up to 32 bits cannot pass 64 in one batch: a plain loop, added once. */
static bool sum_one_narrow(SumState *state, const Vector *v, uint32_t row_count)
{
    int64_t sum = 0;

    if (v->valid || v->is_constant)
        return false;
    switch ((int)type_phys(v->type)) {
    case PHYS_I8:
        for (uint32_t i = 0; i < row_count; i++)
            sum += vector_i8(v)[i];
        break;
    case PHYS_I16:
        for (uint32_t i = 0; i < row_count; i++)
            sum += vector_i16(v)[i];
        break;
    case PHYS_I32:
        for (uint32_t i = 0; i < row_count; i++)
            sum += vector_i32(v)[i];
        break;
    default:
        return false;
    }
    state->count += row_count;
    wide_sum_add(&state->exact, sum);
    return true;
}

static void sum_update_one(const AggregateCall *call, void *one, const Vector *const *args,
                           uint32_t row_count, Arena *scratch)
{
    void **states;

    if (sum_one_narrow(one, args[0], row_count))
        return;
    states = ARENA_ARRAY(scratch, void *, row_count);
    for (uint32_t i = 0; i < row_count; i++)
        states[i] = one;
    sum_update(call, states, args, row_count, scratch);
}

static void sum_merge(const AggregateCall *call, void *into, const void *from)
{
    SumState *a = into;
    const SumState *b = from;

    a->count += b->count;
    if (is_real(call->expr->args[0]->type))
        float_sum_merge(&a->real, &b->real);
    else
        wide_sum_merge(&a->exact, &b->exact);
}

static void sum_overflow(const AggregateCall *call, Vector *out, uint32_t i, Arena *arena)
{
    const Type *type = call->expr->type;

    if (sum_kind(call->expr)->try_ || !call->sql->ansi) {
        vector_set_null(arena, out, i);
    } else if (type->kind == TYPE_DECIMAL) {
        vector_set_error(arena, out, i, CLASS_OUT_OF_RANGE,
                         "The sum cannot be represented as Decimal(%d, %d). Use `try_sum` to "
                         "tolerate overflow and return NULL instead.",
                         type->precision, type->scale);
    } else if (type_is_interval(type)) {
        vector_set_error(arena, out, i, CLASS_INTERVAL_OVERFLOW_TRY,
                         "Integer overflow while operating with intervals. Use `try_%s` to "
                         "tolerate overflow and return NULL instead.",
                         sum_kind(call->expr)->average ? "avg" : "sum");
    } else {
        vector_set_error(arena, out, i, CLASS_OVERFLOW,
                         "long overflow. Use 'try_sum' to tolerate overflow and return NULL "
                         "instead.");
    }
}

static void put_sum(const AggregateCall *call, Vector *out, uint32_t i, const SumState *state,
                    Arena *arena)
{
    Int128 sum;
    bool fits = wide_sum_get(&state->exact, &sum);

    switch ((int)out->type->kind) {
    case TYPE_DECIMAL:
        if (!fits || !decimal_fits(sum, out->type->precision))
            sum_overflow(call, out, i, arena);
        else
            vector_i128(out)[i] = planted_mistake("sum") && sum % 7 == 3 ? sum + 1 : sum;
        break;
    case TYPE_INTERVAL_YM:
        if (!fits || sum < INT32_MIN || sum > INT32_MAX)
            sum_overflow(call, out, i, arena);
        else
            vector_i32(out)[i] = (int32_t)sum;
        break;
    default:
        if (!fits || sum < INT64_MIN || sum > INT64_MAX)
            sum_overflow(call, out, i, arena);
        else
            vector_i64(out)[i] = (int64_t)sum;
        break;
    }
}

static void put_average(const AggregateCall *call, Vector *out, uint32_t i, const SumState *state,
                        Arena *arena)
{
    const Type *type = call->expr->args[0]->type;
    Int128 sum, average;
    bool fits = wide_sum_get(&state->exact, &sum);

    if (out->type->kind == TYPE_DOUBLE) {
        vector_f64(out)[i] = (double)sum / (double)state->count;
        return;
    }
    /* The sum has to fit its own type first, as Spark's does. */
    if (type_is_interval(type))
        fits = fits && sum >= (type->kind == TYPE_INTERVAL_YM ? INT32_MIN : INT64_MIN) &&
               sum <= (type->kind == TYPE_INTERVAL_YM ? INT32_MAX : INT64_MAX);
    if (!fits ||
        !decimal_divide(sum, type->kind == TYPE_DECIMAL ? type->scale : 0, state->count, 0,
                        out->type->kind == TYPE_DECIMAL ? out->type->scale : 0, &average)) {
        sum_overflow(call, out, i, arena);
        return;
    }
    if (out->type->kind == TYPE_INTERVAL_YM)
        vector_i32(out)[i] = (int32_t)average;
    else if (out->type->kind == TYPE_INTERVAL_DT)
        vector_i64(out)[i] = (int64_t)average;
    else if (decimal_fits(average, out->type->precision))
        vector_i128(out)[i] = average;
    else
        sum_overflow(call, out, i, arena);
}

static Vector *sum_result(const AggregateCall *call, const void *const *states, uint32_t count,
                          Arena *arena)
{
    Vector *out = aggregate_result(call, count, arena);
    bool average = sum_kind(call->expr)->average;

    for (uint32_t i = 0; i < count; i++) {
        const SumState *state = states[i];

        if (state->count == 0)
            vector_set_null(arena, out, i);
        else if (is_real(call->expr->args[0]->type))
            vector_f64(out)[i] = float_sum_get(&state->real) / (average ? (double)state->count : 1);
        else if (average)
            put_average(call, out, i, state, arena);
        else
            put_sum(call, out, i, state, arena);
    }
    return out;
}

static void sum_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    const SumState *s = state;

    bytes_put(out, &s->count, sizeof s->count);
    if (is_real(call->expr->args[0]->type)) {
        bytes_put(out, &s->real.sum, sizeof s->real.sum);
        bytes_put(out, &s->real.rest, sizeof s->real.rest);
    } else {
        bytes_put(out, &s->exact.low, sizeof s->exact.low);
        bytes_put(out, &s->exact.high, sizeof s->exact.high);
    }
}

static bool sum_decode(const AggregateCall *call, void *state, Str *in)
{
    SumState *s = state;

    sum_init(call, state);
    if (!bytes_get(in, &s->count, sizeof s->count))
        return false;
    if (is_real(call->expr->args[0]->type))
        return bytes_get(in, &s->real.sum, sizeof s->real.sum) &&
               bytes_get(in, &s->real.rest, sizeof s->real.rest);
    return bytes_get(in, &s->exact.low, sizeof s->exact.low) &&
           bytes_get(in, &s->exact.high, sizeof s->exact.high);
}

static const AggregateMethods sum_methods = {
    .state_bytes = sum_state_bytes,
    .init = sum_init,
    .update = sum_update,
    .update_one = sum_update_one,
    .merge = sum_merge,
    .result = sum_result,
    .encode = sum_encode,
    .decode = sum_decode,
};

static const SumKind sum_plain = {false, false}, sum_try = {false, true},
                     average_plain = {true, false}, average_try = {true, true};

static const Function rows[] = {
    AGGREGATE("count", 0, -1, bind_count, NULL, &count_methods, NULL,
              "Rows; with arguments, rows in which none is NULL", "count(1) = 1"),
    AGGREGATE("count_if", 1, 1, bind_signature, "(boolean) -> bigint", &count_if_methods, NULL,
              "Rows for which the condition is TRUE", "count_if(1 > 0) = 1"),
    AGGREGATE("sum", 1, 1, bind_sum, NULL, &sum_methods, &sum_plain,
              "Sum: of integers a BIGINT, of a DECIMAL ten digits more", "sum(2) = 2"),
    AGGREGATE("try_sum", 1, 1, bind_sum, NULL, &sum_methods, &sum_try,
              "Sum, or NULL where it overflows", "try_sum(2) = 2"),
    AGGREGATE("avg", 1, 1, bind_sum, NULL, &sum_methods, &average_plain,
              "Mean: of integers a DOUBLE, of a DECIMAL four digits more", "avg(2) = 2.0"),
    AGGREGATE("mean", 1, 1, bind_sum, NULL, &sum_methods, &average_plain, "Mean; the same as avg",
              "mean(2) = 2.0"),
    AGGREGATE("try_avg", 1, 1, bind_sum, NULL, &sum_methods, &average_try,
              "Mean, or NULL where the sum overflows", "try_avg(2) = 2.0"),
};

const FunctionTable catalog_agg_sum = FUNCTION_TABLE_OF(rows);
