/*
 * catalog_arithmetic.c: + - * / % div, unary minus and their try_ forms: which types they take.
 *
 * In Spark's order: dates and intervals go to their own functions (op_datetime.c); a string takes
 * the other side's type; decimals keep their own precision; else both sides are brought to one
 * type.
 */
#include "base/assert.h"
#include "expr/arithmetic.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"

static const ArithmeticOp op_add = OP_ADD, op_subtract = OP_SUBTRACT, op_multiply = OP_MULTIPLY,
                          op_divide = OP_DIVIDE, op_remainder = OP_REMAINDER, op_div = OP_DIV,
                          op_pmod = OP_PMOD;

static ArithmeticOp call_op(const BindCall *call)
{
    return *(const ArithmeticOp *)call->fn->extra;
}

/* ── dates and intervals ───────────────────────────────────────────────────────────────────────*/

static bool bind_as_two(BindCall *call, const char *name, Expr *a, Expr *b, Error *err)
{
    Expr *args[] = {a, b};

    return bind_as(call, name, args, 2, err);
}

static bool is_day_only(const Type *type)
{
    return type->kind == TYPE_INTERVAL_DT && type->from_unit == UNIT_DAY &&
           type->to_unit == UNIT_DAY;
}

/* Date or time `time` and something with an interval; *done tells whether it was one. */
static bool bind_time_plus(BindCall *call, Expr *time, Expr *interval, bool subtract, bool *done,
                           Error *err)
{
    const Type *t = time->type, *i = interval->type;
    Expr *amount = interval;

    *done = true;
    if (i->kind != TYPE_INTERVAL_DT && i->kind != TYPE_INTERVAL_YM && i->kind != TYPE_INTERVAL) {
        *done = false;
        return true;
    }
    if (t->kind == i->kind) {
        *done = false;
        return true;
    }
    if (subtract && !function_call_named(call->arena, call->sql, "negative", &amount, 1, call->span,
                                         &amount, err))
        return false;
    if (t->kind == TYPE_DATE && is_day_only(i))
        return bind_as_two(call, "date + days", time, amount, err);
    if (t->kind == TYPE_DATE && i->kind == TYPE_INTERVAL_YM)
        return bind_as_two(call, "date + months", time, amount, err);
    if (t->kind == TYPE_DATE && i->kind == TYPE_INTERVAL)
        return bind_as_two(call, "date + interval", time, amount, err);
    if (i->kind == TYPE_INTERVAL_YM) {
        if (type_is_timestamp(t))
            return bind_as_two(call, "timestamp + months", time, amount, err);
        *done = false;
        return true;
    }
    if (t->kind == TYPE_DATE &&
        !expr_cast(call->arena, call->sql, time, &type_timestamp, false, time->span, &time, err))
        return false;
    if (!bind_as_two(call, "timestamp + interval", time, amount, err))
        return false;
    /* A string stays one: '2017-12-11 09:30:00' - INTERVAL 2 DAY. */
    if (type_is_string(t))
        return expr_cast(call->arena, call->sql, call->result, t, false, call->span, &call->result,
                         err);
    return true;
}

static bool is_point_in_time(const Type *type)
{
    return type->kind == TYPE_DATE || type_is_timestamp(type);
}

/* Beside a date or a time NULL is an interval. */
static bool bind_time_plus_null(BindCall *call, Expr *time, Expr *null, Error *err)
{
    bool done;

    if (!expr_cast(call->arena, call->sql, null, &type_interval_dt, false, null->span, &null, err))
        return false;
    return bind_time_plus(call, time, null, false, &done, err);
}

static bool bind_add_datetime(BindCall *call, bool *done, Error *err)
{
    Expr *a = call->args[0], *b = call->args[1];

    *done = true;
    if (type_is_interval(a->type) && b->type->kind == TYPE_VOID)
        bind_cast(call, 1, a->type);
    else if (a->type->kind == TYPE_VOID && type_is_interval(b->type))
        bind_cast(call, 0, b->type);
    else if (!bind_time_plus(call, a, b, false, done, err) || *done)
        return call->result != NULL;
    else if (!bind_time_plus(call, b, a, false, done, err) || *done)
        return call->result != NULL;
    *done = true;
    if (is_point_in_time(a->type) && b->type->kind == TYPE_VOID)
        return bind_time_plus_null(call, a, b, err);
    if (a->type->kind == TYPE_VOID && is_point_in_time(b->type))
        return bind_time_plus_null(call, b, a, err);
    if (a->type->kind == TYPE_DATE && !type_is_string(b->type))
        return bind_as_two(call, "date_add", a, b, err);
    if (b->type->kind == TYPE_DATE && !type_is_string(a->type))
        return bind_as_two(call, "date_add", b, a, err);
    *done = false;
    return true;
}

static bool bind_subtract_datetime(BindCall *call, bool *done, Error *err)
{
    Expr *a = call->args[0], *b = call->args[1];

    if (type_is_interval(a->type) && b->type->kind == TYPE_VOID)
        bind_cast(call, 1, a->type);
    else if (a->type->kind == TYPE_VOID && type_is_interval(b->type))
        bind_cast(call, 0, b->type);
    else if (!bind_time_plus(call, a, b, true, done, err) || *done)
        return call->result != NULL;
    *done = true;
    if (type_is_timestamp(a->type) || type_is_timestamp(b->type))
        return bind_as_two(call, "timestamp - timestamp", a, b, err);
    if (b->type->kind == TYPE_DATE || (a->type->kind == TYPE_DATE && b->type->kind == TYPE_VOID))
        return bind_as_two(call, "date - date", a, b, err);
    if (a->type->kind == TYPE_DATE && !type_is_string(b->type))
        return bind_as_two(call, "date_sub", a, b, err);
    if (a->type->kind == TYPE_DATE) {
        bind_cast(call, 1, &type_date);
        return bind_as_two(call, "date - date", a, call->args[1], err);
    }
    *done = false;
    return true;
}

static bool is_any_interval(const Type *type)
{
    return type_is_interval(type) || type->kind == TYPE_INTERVAL;
}

static bool bind_datetime(BindCall *call, bool *done, Error *err)
{
    Expr *a = call->args[0], *b = call->args[1];

    *done = false;
    switch (call_op(call)) {
    case OP_ADD:
        return bind_add_datetime(call, done, err);
    case OP_SUBTRACT:
        return bind_subtract_datetime(call, done, err);
    case OP_MULTIPLY:
        *done = is_any_interval(a->type) || is_any_interval(b->type);
        if (*done && is_any_interval(a->type))
            return bind_as_two(call, "interval * number", a, b, err);
        return !*done || bind_as_two(call, "interval * number", b, a, err);
    case OP_DIVIDE:
        *done = is_any_interval(a->type);
        return !*done || bind_as_two(call, "interval / number", a, b, err);
    case OP_REMAINDER:
    case OP_DIV:
    case OP_PMOD:
        return true;
    }
    UNREACHABLE();
}

/* ── numbers ───────────────────────────────────────────────────────────────────────────────────*/

static bool is_number_or_null(const Type *type)
{
    return type_is_numeric(type) || type->kind == TYPE_VOID;
}

/* An integral literal beside a decimal is as narrow as its digits: 1.5 + 1 is DECIMAL(3,1). */
static void bind_integral_as_decimal(BindCall *call, uint32_t arg_i)
{
    Expr *e = call->args[arg_i];
    bool digits = e->kind == EXPR_LITERAL && !e->is_cast;
    Decimal d = digits ? decimal_of_literal(e) : decimal_of(e->type);

    bind_cast(call, arg_i, decimal_type(call->arena, d));
}

static void bind_decimal_sides(BindCall *call)
{
    for (uint32_t i = 0; i < 2; i++) {
        const Type *other = call->args[1 - i]->type, *own = call->args[i]->type;

        if (own->kind != TYPE_DECIMAL)
            continue;
        if (type_is_integral(other))
            bind_integral_as_decimal(call, 1 - i);
        else if (other->kind == TYPE_FLOAT || other->kind == TYPE_DOUBLE) {
            bind_cast(call, i, &type_double);
            bind_cast(call, 1 - i, &type_double);
        } else if (other->kind == TYPE_VOID) {
            bind_cast(call, 1 - i, own);
        }
    }
}

static void bind_division_sides(BindCall *call)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type;

    if (!is_number_or_null(a) || !is_number_or_null(b))
        return;
    if ((a->kind == TYPE_DOUBLE && b->kind == TYPE_DOUBLE) ||
        (a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL))
        return;
    bind_cast(call, 0, &type_double);
    bind_cast(call, 1, &type_double);
}

static void bind_integral_division_sides(BindCall *call)
{
    for (uint32_t i = 0; i < 2; i++) {
        if (type_is_integral(call->args[i]->type))
            bind_cast(call, i, &type_bigint);
    }
}

/* The types an operator takes, as Spark lists them in its message. */
static bool operator_takes(ArithmeticOp op, const Type *type)
{
    switch (op) {
    case OP_ADD:
    case OP_SUBTRACT:
        return type_is_numeric(type) || is_any_interval(type);
    case OP_MULTIPLY:
    case OP_REMAINDER:
    case OP_PMOD:
        return type_is_numeric(type);
    case OP_DIVIDE:
        return type->kind == TYPE_DOUBLE || type->kind == TYPE_DECIMAL;
    case OP_DIV:
        return type->kind == TYPE_BIGINT || type->kind == TYPE_DECIMAL || type_is_interval(type);
    }
    UNREACHABLE();
}

static const char *operator_types(ArithmeticOp op)
{
    switch (op) {
    case OP_ADD:
    case OP_SUBTRACT:
        return "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or "
               "\"INTERVAL\")";
    case OP_DIVIDE:
        return "(\"DOUBLE\" or \"DECIMAL\")";
    case OP_DIV:
        return "(\"BIGINT\" or \"DECIMAL\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO "
               "MONTH\")";
    case OP_MULTIPLY:
    case OP_REMAINDER:
    case OP_PMOD:
        return "\"NUMERIC\"";
    }
    UNREACHABLE();
}

static void bind_same_sides(BindCall *call)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type, *common;

    if ((a->kind == TYPE_DECIMAL) != (b->kind == TYPE_DECIMAL) || type_equal(a, b) ||
        (a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL))
        return;
    common = type_tightest(call->arena, a, b);
    if (!common || !operator_takes(call_op(call), common))
        return;
    bind_cast(call, 0, common);
    bind_cast(call, 1, common);
}

static bool bind_check_sides(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type;

    if (!(a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL) && !type_equal(a, b))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
                             "the left and right operands of the binary operator have "
                             "incompatible types (%s and %s).",
                             bind_type_text(call, a), bind_type_text(call, b));
    if (!operator_takes(call_op(call), a) && a->kind != TYPE_VOID)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
                             "the binary operator requires the input type %s, not %s.",
                             operator_types(call_op(call)), bind_type_text(call, a));
    return true;
}

/* try_add and its like of two numbers make NULL of their own errors alone, of anything else of every
 * error below, too: of a text that is no number. */
static bool bind_try(BindCall *call, Error *err)
{
    static const char *const names[] = {
        [OP_ADD] = "+", [OP_SUBTRACT] = "-", [OP_MULTIPLY] = "*", [OP_DIVIDE] = "/",
        [OP_REMAINDER] = "%",
    };
    Expr *inner;

    return function_call_named(call->arena, call->sql, names[call_op(call)], call->args, 2,
                               call->span, &inner, err) &&
           bind_as(call, "try eval", &inner, 1, err);
}

/* A copy, in which the frame makes NULLs of the errors (FN_NULL_ON_ERROR). */
static Vector *kernel_try(const KernelCall *call)
{
    uint32_t *rows = ARENA_ARRAY(call->arena, uint32_t, call->row_count + 1);

    for (uint32_t i = 0; i < call->row_count; i++)
        rows[i] = i;
    return vector_select(call->arena, vector_flatten(call->arena, call->args[0]), rows,
                         call->row_count);
}

static bool bind_arithmetic(BindCall *call, Error *err)
{
    ArithmeticOp op = call_op(call);
    const Type *promoted, *a;
    bool done;

    if ((call->fn->flags & FN_NULL_ON_ERROR) &&
        !(type_is_numeric(call->args[0]->type) && type_is_numeric(call->args[1]->type)))
        return bind_try(call, err);
    if (!bind_datetime(call, &done, err))
        return false;
    if (done)
        return true;
    promoted = type_string_promotion(call->args[0]->type, call->args[1]->type);
    if (promoted) {
        bind_cast(call, 0, promoted);
        bind_cast(call, 1, promoted);
        /* DATE + '1' is a sum of two dates now, which date_add refuses. */
        if (promoted->kind == TYPE_DATE && op == OP_ADD)
            return bind_as_two(call, "date_add", call->args[0], call->args[1], err);
    }
    /* NULL / DECIMAL is one of doubles, DECIMAL / NULL one of decimals. */
    if (op == OP_DIVIDE && call->args[0]->type->kind == TYPE_VOID)
        bind_division_sides(call);
    bind_decimal_sides(call);
    if (op == OP_DIVIDE)
        bind_division_sides(call);
    if (op == OP_DIV)
        bind_integral_division_sides(call);
    bind_same_sides(call);
    if (!bind_check_sides(call, err))
        return false;
    a = call->args[0]->type;
    if (a->kind == TYPE_VOID) {
        /* NULL + NULL */
        bind_cast(call, 0, op == OP_DIV ? &type_bigint : &type_double);
        bind_cast(call, 1, op == OP_DIV ? &type_bigint : &type_double);
        a = call->args[0]->type;
    }
    call->type = a;
    if (op == OP_DIV)
        call->type = &type_bigint;
    else if (a->kind == TYPE_DECIMAL)
        call->type = decimal_type(
            call->arena, decimal_result(op, decimal_of(a), decimal_of(call->args[1]->type)));
    if (a->kind == TYPE_INTERVAL)
        return bind_as_two(call, op == OP_ADD ? "interval + interval" : "interval - interval",
                           call->args[0], call->args[1], err);
    return true;
}

/* ── one argument ──────────────────────────────────────────────────────────────────────────────*/

static bool bind_sign(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    if (type_is_string(type) || type->kind == TYPE_VOID)
        bind_cast(call, 0, &type_double);
    type = call->args[0]->type;
    if (!type_is_numeric(type) && !is_any_interval(type))
        return bind_unexpected(
            call, 0, "(NUMERIC OR INTERVAL DAY TO SECOND OR INTERVAL YEAR TO MONTH OR INTERVAL)",
            err);
    call->type = type;
    return true;
}

static bool bind_positive(BindCall *call, Error *err)
{
    if (!bind_sign(call, err))
        return false;
    call->result = call->args[0];
    return true;
}

static bool bind_abs(BindCall *call, Error *err)
{
    if (!bind_sign(call, err))
        return false;
    if (call->type->kind == TYPE_INTERVAL)
        return bind_unexpected(
            call, 0, "(NUMERIC OR INTERVAL DAY TO SECOND OR INTERVAL YEAR TO MONTH)", err);
    return true;
}

#define OPERATOR(name_, op_, doc_, example_) OPERATOR_WITH(0, name_, op_, doc_, example_)
#define OPERATOR_WITH(flags_, name_, op_, doc_, example_)                                          \
    {                                                                                              \
        .name = name_, .class_ = FUNCTION_SCALAR,                                                  \
        .flags = FN_STRICT | FN_CONSTANTS | FN_HIDDEN | (flags_), .arg_min = 2,                    \
        .arg_max = 2, .bind = bind_arithmetic, .kernel = kernel_arithmetic,          \
        .extra = &(op_), .group = "operator", .doc = doc_, .example = example_                     \
    }
#define TRY_OPERATOR(name_, op_, doc_, example_) TRY_OPERATOR_WITH(0, name_, op_, doc_, example_)
#define TRY_OPERATOR_WITH(flags_, name_, op_, doc_, example_)                                      \
    {                                                                                              \
        .name = name_, .class_ = FUNCTION_SCALAR,                                                  \
        .flags = FN_STRICT | FN_CONSTANTS | FN_NULL_ON_ERROR | (flags_), .arg_min = 2,             \
        .arg_max = 2,                                                                              \
        .bind = bind_arithmetic, .kernel = kernel_arithmetic, .extra = &(op_), .group = "math",    \
        .doc = doc_, .example = example_                                                           \
    }

static bool bind_try_eval(BindCall *call, Error *err)
{
    (void)err;
    call->type = call->args[0]->type;
    call->nullable = true;
    return true;
}

static const Function rows[] = {
    {
        .name = "try eval",
        .flags = FN_CONSTANTS | FN_HIDDEN | FN_NULL_ON_ERROR,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_try_eval,
        .kernel = kernel_try,
        .group = "operator",
        .doc = "",
        .example = "",
    },
    OPERATOR("+", op_add, "Sum; also of a date or timestamp and an interval", "1 + 2 = 3"),
    OPERATOR("-", op_subtract, "Difference; of two timestamps an interval", "3 - 1 = 2"),
    OPERATOR("*", op_multiply, "Product; also of an interval and a number", "2 * 3 = 6"),
    OPERATOR_WITH(FN_RIGHT_FIRST, "/", op_divide, "Quotient; of integers a DOUBLE", "5 / 2 = 2.5"),
    OPERATOR_WITH(FN_RIGHT_FIRST, "%", op_remainder, "Remainder, with the sign of the dividend", "-5 % 3 = -2"),
    {
        .name = "div",
        .flags = FN_STRICT | FN_CONSTANTS | FN_RIGHT_FIRST,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_arithmetic,
        .kernel = kernel_arithmetic,
        .extra = &op_div,
        .group = "math",
        .doc = "Whole part of the quotient, a BIGINT; also an operator",
        .example = "5 div 2 = 2",
    },
    {
        .name = "mod",
        .flags = FN_STRICT | FN_CONSTANTS | FN_RIGHT_FIRST,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_arithmetic,
        .kernel = kernel_arithmetic,
        .extra = &op_remainder,
        .group = "math",
        .doc = "Remainder, with the sign of the dividend",
        .example = "mod(-5, 3) = -2",
    },
    {
        .name = "pmod",
        .flags = FN_STRICT | FN_CONSTANTS | FN_RIGHT_FIRST,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_arithmetic,
        .kernel = kernel_arithmetic,
        .extra = &op_pmod,
        .group = "math",
        .doc = "Remainder that is never negative for a positive divisor",
        .example = "pmod(-5, 3) = 1",
    },
    TRY_OPERATOR("try_add", op_add, "Sum, or NULL where it overflows",
                 "try_add(2147483647, 1) IS NULL"),
    TRY_OPERATOR("try_subtract", op_subtract, "Difference, or NULL where it overflows",
                 "try_subtract(-2147483648, 1) IS NULL"),
    TRY_OPERATOR("try_multiply", op_multiply, "Product, or NULL where it overflows",
                 "try_multiply(2147483647, 2) IS NULL"),
    TRY_OPERATOR_WITH(FN_RIGHT_FIRST, "try_divide", op_divide, "Quotient, or NULL where the divisor is 0",
                 "try_divide(1, 0) IS NULL"),
    TRY_OPERATOR_WITH(FN_RIGHT_FIRST, "try_mod", op_remainder, "Remainder, or NULL where the divisor is 0",
                 "try_mod(1, 0) IS NULL"),
    {
        .name = "negative",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_sign,
        .kernel = kernel_negate,
        .group = "math",
        .doc = "The number or interval with the other sign; unary minus",
        .example = "negative(1) = -1",
    },
    {
        .name = "positive",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_positive,
        .group = "math",
        .doc = "The number itself; unary plus",
        .example = "positive(1) = 1",
    },
    {
        .name = "abs",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_abs,
        .kernel = kernel_abs,
        .group = "math",
        .doc = "The number or interval without its sign",
        .example = "abs(-1) = 1",
    },
};

const FunctionTable catalog_arithmetic = FUNCTION_TABLE_OF(rows);
