/*
 * catalog_window.c: functions that exist only over a window (window_function.h).
 */
#include "expr/window_function.h"

#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"

WindowFunctionKind window_function_kind(const Expr *call)
{
    ASSERT(call->fn->class_ == FUNCTION_WINDOW);
    return *(const WindowFunctionKind *)call->fn->extra;
}

int64_t window_function_number(const Expr *call)
{
    return call->data ? *(const int64_t *)call->data : 1;
}

/* ── ranks ─────────────────────────────────────────────────────────────────────────────────────*/

/* rank(x) and its like are given their order as arguments by Spark; what is written there is not looked
 * at. */
static bool bind_int(BindCall *call, Error *err)
{
    (void)err;
    call->arg_count = 0;
    call->type = &type_int;
    call->nullable = false;
    return true;
}

static bool bind_double(BindCall *call, Error *err)
{
    (void)err;
    call->arg_count = 0;
    call->type = &type_double;
    call->nullable = false;
    return true;
}

/* The INT constant arg_i, NULL being 0; in call->data too. */
static bool bind_number(BindCall *call, uint32_t arg_i, const char *name, int64_t *out, Error *err)
{
    const Vector *value;
    int64_t *number;

    if (!bind_require(call, arg_i, &type_int, err) ||
        !bind_constant(call, arg_i, name, &value, err))
        return false;
    number = ARENA_NEW(call->arena, int64_t);
    if (vector_is_valid(value, 0))
        *number = vector_i32(value)[0];
    call->data = number;
    *out = *number;
    return true;
}

static bool bind_ntile(BindCall *call, Error *err)
{
    int64_t buckets = 1;

    if (call->arg_count > 0 && !bind_require_int(call, 0, err))
        return false;
    if (call->arg_count > 0 && !bind_number(call, 0, "buckets", &buckets, err))
        return false;
    if (buckets <= 0)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                             "The buckets must be between (0, 2147483647] (current value = %lld).",
                             (long long)buckets);
    return bind_int(call, err);
}

/* ── values of other rows ──────────────────────────────────────────────────────────────────────*/

/* The last argument as IGNORE NULLS, and it goes. */
static bool bind_ignore_nulls(BindCall *call, Error *err)
{
    const Expr *last = call->args[--call->arg_count];

    if (last->kind != EXPR_LITERAL || last->type->kind != TYPE_BOOLEAN)
        return error_set_class(err, ERROR_USER, "INVALID_PARAMETER_VALUE.BOOLEAN", "22023",
                               "The value of parameter(s) `ignoreNulls` in `%s` is invalid: expects "
                               "a boolean literal.",
                               call->fn->name);
    call->ignore_nulls = vector_is_valid(last->literal, 0) && vector_bools(last->literal)[0];
    return true;
}

/* lag(x), lag(x, offset), lag(x, offset, default): the default is brought to x's type. */
static bool bind_offset(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;
    int64_t offset;

    if (call->arg_count > 3 && !bind_ignore_nulls(call, err))
        return false;
    if (call->arg_count > 1 &&
        (call->args[1]->type->kind == TYPE_VOID || call->args[1]->type->kind == TYPE_BIGINT))
        return error_set_class(err, ERROR_USER, "_LEGACY_ERROR_TEMP_1035", NULL,
                               "The offset of %s must be an INT.", call->fn->name);
    if (call->arg_count > 1 && !bind_number(call, 1, "offset", &offset, err))
        return false;
    if (call->arg_count > 2 && !bind_require(call, 2, type, err))
        return false;
    call->type = type;
    call->nullable = call->arg_count < 3 || call->args[0]->nullable || call->args[2]->nullable;
    return true;
}

static bool bind_nth_value(BindCall *call, Error *err)
{
    int64_t offset;

    if (call->arg_count > 2 && !bind_ignore_nulls(call, err))
        return false;
    if (!bind_number(call, 1, "offset", &offset, err))
        return false;
    if (offset <= 0)
        return bind_mismatch(
            call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            "The offset must be between (0, 9223372036854775807] (current value = %lldL).",
            (long long)offset);
    call->type = call->args[0]->type;
    call->nullable = true;
    return true;
}

/* ── the table ─────────────────────────────────────────────────────────────────────────────────*/

#define WINDOW(kind_, name_, min_, max_, bind_, doc_, example_)                                    \
    {                                                                                              \
        .name = name_, .class_ = FUNCTION_WINDOW, .arg_min = min_, .arg_max = max_, .bind = bind_, \
        .extra = &kinds[kind_], .group = "window", .doc = doc_, .example = example_                \
    }

/* What `extra` points to. */
static const WindowFunctionKind kinds[] = {
    [WINDOW_ROW_NUMBER] = WINDOW_ROW_NUMBER,
    [WINDOW_RANK] = WINDOW_RANK,
    [WINDOW_DENSE_RANK] = WINDOW_DENSE_RANK,
    [WINDOW_PERCENT_RANK] = WINDOW_PERCENT_RANK,
    [WINDOW_CUME_DIST] = WINDOW_CUME_DIST,
    [WINDOW_NTILE] = WINDOW_NTILE,
    [WINDOW_LAG] = WINDOW_LAG,
    [WINDOW_LEAD] = WINDOW_LEAD,
    [WINDOW_NTH_VALUE] = WINDOW_NTH_VALUE,
};

static const Function rows[] = {
    WINDOW(WINDOW_ROW_NUMBER, "row_number", 0, 0, bind_int,
           "The row's number in its partition, from 1", "row_number() OVER (ORDER BY 'a') = 1"),
    WINDOW(WINDOW_RANK, "rank", 0, -1, bind_int,
           "The number of the first row that is equal in the order",
           "rank() OVER (ORDER BY 'a') = 1"),
    WINDOW(WINDOW_DENSE_RANK, "dense_rank", 0, -1, bind_int,
           "As rank, without gaps behind rows that are equal",
           "dense_rank() OVER (ORDER BY 'a') = 1"),
    WINDOW(WINDOW_PERCENT_RANK, "percent_rank", 0, -1, bind_double,
           "(rank - 1) / (rows of the partition - 1)", "percent_rank() OVER (ORDER BY 'a') = 0D"),
    WINDOW(WINDOW_CUME_DIST, "cume_dist", 0, 0, bind_double,
           "The share of rows that do not come behind this one in the order",
           "cume_dist() OVER (ORDER BY 'a') = 1D"),
    WINDOW(
        WINDOW_NTILE, "ntile", 0, 1, bind_ntile,
        "The row's bucket, from 1, when the partition is cut into n that differ by one row at most",
        "ntile(4) OVER (ORDER BY 'a') = 1"),
    WINDOW(WINDOW_LAG, "lag", 1, 4, bind_offset,
           "The value n rows before (1 when not told), or the default where there is none",
           "lag('a', 1, 'none') OVER (ORDER BY 'a') = 'none'"),
    WINDOW(WINDOW_LEAD, "lead", 1, 4, bind_offset,
           "The value n rows behind (1 when not told), or the default where there is none",
           "lead('a', 0) OVER (ORDER BY 'a') = 'a'"),
    WINDOW(WINDOW_NTH_VALUE, "nth_value", 2, 3, bind_nth_value,
           "The value of the n-th row of the frame, from 1; NULL where there is none",
           "nth_value('a', 1) OVER (ORDER BY 'a') = 'a'"),
};

const FunctionTable catalog_window = FUNCTION_TABLE_OF(rows);
