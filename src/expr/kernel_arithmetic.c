/*
 * kernel_arithmetic.c: the loops of integer, float and decimal arithmetic.
 *
 * Each loop is over plain arrays, once for column op column, column op constant, constant op
 * column, and has no branch: overflow is gathered in `bad`, and only when that is not 0 are the
 * rows gone over again to find which (rows that are NULL may overflow and do not count).
 */
#include "expr/arithmetic.h"

#include <math.h>

#include "base/assert.h"
#include "expr/decimal_math.h"
#include "expr/kernel.h"

/* Defines name(a, a_step, b, b_step, out, n): `value` of x and y; nonzero when `overflow` ever was.
 */
#define ARITHMETIC_LOOP(name, type, flag_type, value, overflow)                                    \
    static bool name(const Vector *a, const Vector *b, Vector *result)                             \
    {                                                                                              \
        const type *restrict left = a->data, *restrict right = b->data;                            \
        type *restrict out = result->data;                                                         \
        uint32_t n = result->row_count;                                                            \
        flag_type bad = 0;                                                                         \
                                                                                                   \
        if (a->is_constant) {                                                                      \
            type x = left[0];                                                                      \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                type y = right[i], r = (type)(value);                                              \
                bad |= (flag_type)(overflow);                                                      \
                out[i] = r;                                                                        \
            }                                                                                      \
        } else if (b->is_constant) {                                                               \
            type y = right[0];                                                                     \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                type x = left[i], r = (type)(value);                                               \
                bad |= (flag_type)(overflow);                                                      \
                out[i] = r;                                                                        \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                type x = left[i], y = right[i], r = (type)(value);                                 \
                bad |= (flag_type)(overflow);                                                      \
                out[i] = r;                                                                        \
            }                                                                                      \
        }                                                                                          \
        return bad < 0;                                                                            \
    }

/* Unsigned, so that wrapping is defined; the sign bit of `overflow` tells. */
#define ADD_SUBTRACT_LOOPS(suffix, type, utype)                                                    \
    ARITHMETIC_LOOP(add_##suffix, type, type, (utype)x + (utype)y, (x ^ r) & (y ^ r))              \
    ARITHMETIC_LOOP(subtract_##suffix, type, type, (utype)x - (utype)y, (x ^ y) & (x ^ r))

ADD_SUBTRACT_LOOPS(i8, int8_t, uint8_t)
ADD_SUBTRACT_LOOPS(i16, int16_t, uint16_t)
ADD_SUBTRACT_LOOPS(i32, int32_t, uint32_t)
ADD_SUBTRACT_LOOPS(i64, int64_t, uint64_t)

/* One width up, and whether the narrow value says the same. */
ARITHMETIC_LOOP(multiply_i8, int8_t, int32_t, (int32_t)x *y, -((int32_t)x *y != r))
ARITHMETIC_LOOP(multiply_i16, int16_t, int32_t, (int32_t)x *y, -((int32_t)x *y != r))
ARITHMETIC_LOOP(multiply_i32, int32_t, int64_t, (int64_t)x *y, -(int64_t)((int64_t)x *y != r))
ARITHMETIC_LOOP(multiply_i64, int64_t, int32_t, (uint64_t)x *(uint64_t)y,
                -__builtin_mul_overflow(x, y, &r))

ARITHMETIC_LOOP(add_f32, float, int32_t, x + y, 0)
ARITHMETIC_LOOP(subtract_f32, float, int32_t, x - y, 0)
ARITHMETIC_LOOP(multiply_f32, float, int32_t, x *y, 0)
ARITHMETIC_LOOP(add_f64, double, int32_t, x + y, 0)
ARITHMETIC_LOOP(subtract_f64, double, int32_t, x - y, 0)
ARITHMETIC_LOOP(multiply_f64, double, int32_t, x *y, 0)
/* x / 0 is an error, also of floats. */
ARITHMETIC_LOOP(divide_f64, double, int32_t, x / y, -(y == 0))

typedef bool (*Loop)(const Vector *a, const Vector *b, Vector *out);

/* ── which rows ────────────────────────────────────────────────────────────────────────────────*/

static const char *const op_symbols[] = {
    [OP_ADD] = "+",       [OP_SUBTRACT] = "-", [OP_MULTIPLY] = "*", [OP_DIVIDE] = "/",
    [OP_REMAINDER] = "%", [OP_DIV] = "div",    [OP_PMOD] = "pmod",
};
static const char *const op_tries[] = {
    [OP_ADD] = " Use 'try_add' to tolerate overflow and return NULL instead.",
    [OP_SUBTRACT] = " Use 'try_subtract' to tolerate overflow and return NULL instead.",
    [OP_MULTIPLY] = " Use 'try_multiply' to tolerate overflow and return NULL instead.",
    [OP_DIVIDE] = "",
    [OP_REMAINDER] = "",
    [OP_DIV] = "",
    [OP_PMOD] = "",
};

static ArithmeticOp call_op(const KernelCall *call)
{
    return *(const ArithmeticOp *)call->expr->fn->extra;
}

static bool integer_overflows(ArithmeticOp op, int64_t x, int64_t y, int64_t min, int64_t max)
{
    int64_t r = 0;
    bool past = op == OP_ADD        ? __builtin_add_overflow(x, y, &r)
                : op == OP_SUBTRACT ? __builtin_sub_overflow(x, y, &r)
                                    : __builtin_mul_overflow(x, y, &r);

    return past || r < min || r > max;
}

static void overflow_error(const KernelCall *call, Vector *out, uint32_t i, int64_t x, int64_t y)
{
    ArithmeticOp op = call_op(call);
    TypeKind kind = call->expr->type->kind;

    if (kind == TYPE_TINYINT || kind == TYPE_SMALLINT) {
        const char *suffix = kind == TYPE_TINYINT ? "Y" : "S";

        kernel_ansi_error(call, out, i, "BINARY_ARITHMETIC_OVERFLOW", "22003",
                          "%ld%s %s %ld%s caused overflow.%s", (long)x, suffix, op_symbols[op],
                          (long)y, suffix, op_tries[op]);
    } else if (type_is_interval(call->expr->type)) {
        kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW_TRY,
                     "Integer overflow while operating with intervals.%s", op_tries[op]);
    } else {
        kernel_ansi_error(call, out, i, CLASS_OVERFLOW, "%s overflow.%s",
                          kind == TYPE_BIGINT ? "long" : "integer", op_tries[op]);
    }
}

static void integer_errors(const KernelCall *call, Vector *out, int bits)
{
    int64_t max = (int64_t)(UINT64_MAX >> (65 - bits)), min = -max - 1;

    /* Without ANSI integers wrap, intervals never do. */
    if (!call->sql->ansi && !type_is_interval(call->expr->type))
        return;
    for (uint32_t i = 0; i < call->row_count; i++) {
        int64_t x, y;

        if (!kernel_row_ready(call, i))
            continue;
        x = bits == 64 ? arg_i64(call, 0, i) : 0;
        y = bits == 64 ? arg_i64(call, 1, i) : 0;
        if (bits == 32) {
            x = arg_i32(call, 0, i);
            y = arg_i32(call, 1, i);
        } else if (bits < 32) {
            x = vector_integral(call->args[0], i);
            y = vector_integral(call->args[1], i);
        }
        if (integer_overflows(call_op(call), x, y, min, max))
            overflow_error(call, out, i, x, y);
    }
}

static void zero_errors(const KernelCall *call, Vector *out)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (arg_f64(call, 1, i) == 0)
            kernel_ansi_error(call, out, i, CLASS_DIVIDE_BY_ZERO, TEXT_DIVIDE_BY_ZERO);
    }
}

static void run_loop(const KernelCall *call, Vector *out, Loop loop, int bits)
{
    if (loop(call->args[0], call->args[1], out))
        integer_errors(call, out, bits);
}

/* ── division and remainder, row by row ────────────────────────────────────────────────────────*/

static double float_pmod(double x, double y)
{
    double r = fmod(x, y);

    return r < 0 ? fmod(r + y, y) : r;
}

static int64_t integer_pmod(int64_t x, int64_t y)
{
    int64_t r = x % y, sum;

    if (r >= 0)
        return r;
    /* r + y may pass 64 bits only where y does not change the remainder. */
    if (__builtin_add_overflow(r, y, &sum))
        return r;
    return sum % y;
}

static void integer_remainders(const KernelCall *call, Vector *out)
{
    bool pmod = call_op(call) == OP_PMOD;

    for (uint32_t i = 0; i < call->row_count; i++) {
        int64_t x, y, r = 0;

        if (!kernel_row_ready(call, i))
            continue;
        x = vector_integral(call->args[0], i);
        y = vector_integral(call->args[1], i);
        if (y == 0) {
            kernel_ansi_error(call, out, i, CLASS_REMAINDER_BY_ZERO, TEXT_REMAINDER_BY_ZERO);
            continue;
        }
        if (y != -1) /* x % -1 is 0, and the processor's trap for the smallest x. */
            r = pmod ? integer_pmod(x, y) : x % y;
        switch ((int)out->type->kind) {
        case TYPE_TINYINT:
            vector_i8(out)[i] = (int8_t)r;
            break;
        case TYPE_SMALLINT:
            vector_i16(out)[i] = (int16_t)r;
            break;
        case TYPE_INT:
            vector_i32(out)[i] = (int32_t)r;
            break;
        default:
            vector_i64(out)[i] = r;
            break;
        }
    }
}

static void float_remainders(const KernelCall *call, Vector *out)
{
    bool pmod = call_op(call) == OP_PMOD;
    bool wide = out->type->kind == TYPE_DOUBLE;

    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t a = vector_row(call->args[0], i), b = vector_row(call->args[1], i);
        double x = wide ? vector_f64(call->args[0])[a] : vector_f32(call->args[0])[a];
        double y = wide ? vector_f64(call->args[1])[b] : vector_f32(call->args[1])[b];
        double r = pmod ? float_pmod(x, y) : fmod(x, y);

        if (y == 0)
            kernel_ansi_error(call, out, i, CLASS_REMAINDER_BY_ZERO, TEXT_REMAINDER_BY_ZERO);
        if (wide)
            vector_f64(out)[i] = r;
        else
            vector_f32(out)[i] = (float)r;
    }
}

static void integer_div(const KernelCall *call, Vector *out)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        int64_t x, y;

        if (!kernel_row_ready(call, i))
            continue;
        x = vector_integral(call->args[0], i);
        y = vector_integral(call->args[1], i);
        if (y == 0)
            kernel_ansi_error(call, out, i, "DIVIDE_BY_ZERO", "22012", TEXT_DIVIDE_BY_ZERO);
        else if (x == INT64_MIN && y == -1)
            kernel_ansi_error(call, out, i, CLASS_OVERFLOW, "Overflow in integral divide.");
        else
            vector_i64(out)[i] = x / y;
    }
}

/* ── choosing the loop ─────────────────────────────────────────────────────────────────────────*/

static const struct {
    Loop loops[OP_MULTIPLY + 1];
    int bits;
} loops_of[] = {
    [PHYS_I8] = {{add_i8, subtract_i8, multiply_i8}, 8},
    [PHYS_I16] = {{add_i16, subtract_i16, multiply_i16}, 16},
    [PHYS_I32] = {{add_i32, subtract_i32, multiply_i32}, 32},
    [PHYS_I64] = {{add_i64, subtract_i64, multiply_i64}, 64},
    [PHYS_F32] = {{add_f32, subtract_f32, multiply_f32}, 0},
    [PHYS_F64] = {{add_f64, subtract_f64, multiply_f64}, 0},
};

Vector *kernel_arithmetic(const KernelCall *call)
{
    ArithmeticOp op = call_op(call);
    PhysKind phys = type_phys(call->args[0]->type);
    bool is_float = phys == PHYS_F32 || phys == PHYS_F64;
    Vector *out;

    if (call->args[0]->type->kind == TYPE_DECIMAL)
        return kernel_arithmetic_decimal(call);
    switch (op) {
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
        out = vector_new(call->arena, call->expr->type, call->row_count);
        run_loop(call, out, loops_of[phys].loops[op], loops_of[phys].bits);
        return out;
    case OP_DIVIDE:
        ASSERT(phys == PHYS_F64);
        out = vector_new(call->arena, call->expr->type, call->row_count);
        if (divide_f64(call->args[0], call->args[1], out))
            zero_errors(call, out);
        return out;
    case OP_REMAINDER:
    case OP_PMOD:
        out = kernel_result(call);
        if (is_float)
            float_remainders(call, out);
        else
            integer_remainders(call, out);
        return out;
    case OP_DIV:
        out = kernel_result(call);
        integer_div(call, out);
        return out;
    }
    UNREACHABLE();
}

/* ── unary minus ───────────────────────────────────────────────────────────────────────────────*/

static void negate_error(const KernelCall *call, Vector *out, uint32_t i)
{
    const Type *type = call->expr->type;

    if (type_is_interval(type) && call->expr->fn->kernel != kernel_abs)
        kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW,
                     "Integer overflow while operating with intervals.");
    else
        kernel_ansi_error(call, out, i, CLASS_OVERFLOW, "%s overflow.",
                          type->kind == TYPE_BIGINT ? "long" : "integer");
}

/* `when`: which x change their sign. */
#define NEGATE_LOOP(access, type, utype, min, when)                                                \
    for (uint32_t i = 0; i < call->row_count; i++) {                                               \
        type x = access(call->args[0])[vector_row(call->args[0], i)];                              \
                                                                                                   \
        access(out)[i] = (when) ? (type)(0 - (utype)x) : x;                                        \
        if (UNLIKELY(x == (min)))                                                                  \
            negate_error(call, out, i);                                                            \
    }                                                                                              \
    break

static void negate_calendar(const KernelCall *call, Vector *out)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        Interval x = vector_intervals(call->args[0])[vector_row(call->args[0], i)];

        if (x.months == INT32_MIN || x.days == INT32_MIN || x.us == INT64_MIN)
            negate_error(call, out, i);
        else
            vector_intervals(out)[i] = (Interval){-x.months, -x.days, -x.us};
    }
}

Vector *kernel_negate(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    switch ((int)type_phys(out->type)) {
    case PHYS_I8:
        NEGATE_LOOP(vector_i8, int8_t, uint8_t, INT8_MIN, true);
    case PHYS_I16:
        NEGATE_LOOP(vector_i16, int16_t, uint16_t, INT16_MIN, true);
    case PHYS_I32:
        NEGATE_LOOP(vector_i32, int32_t, uint32_t, INT32_MIN, true);
    case PHYS_I64:
        NEGATE_LOOP(vector_i64, int64_t, uint64_t, INT64_MIN, true);
    case PHYS_F32:
        for (uint32_t i = 0; i < call->row_count; i++)
            vector_f32(out)[i] = -vector_f32(call->args[0])[vector_row(call->args[0], i)];
        break;
    case PHYS_F64:
        for (uint32_t i = 0; i < call->row_count; i++)
            vector_f64(out)[i] = -arg_f64(call, 0, i);
        break;
    case PHYS_I128:
        for (uint32_t i = 0; i < call->row_count; i++)
            vector_i128(out)[i] = (Int128)(0 - (UInt128)arg_i128(call, 0, i));
        break;
    case PHYS_INTERVAL:
        negate_calendar(call, out);
        break;
    default:
        UNREACHABLE();
    }
    return out;
}

Vector *kernel_abs(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    switch ((int)type_phys(out->type)) {
    case PHYS_I8:
        NEGATE_LOOP(vector_i8, int8_t, uint8_t, INT8_MIN, x < 0);
    case PHYS_I16:
        NEGATE_LOOP(vector_i16, int16_t, uint16_t, INT16_MIN, x < 0);
    case PHYS_I32:
        NEGATE_LOOP(vector_i32, int32_t, uint32_t, INT32_MIN, x < 0);
    case PHYS_I64:
        NEGATE_LOOP(vector_i64, int64_t, uint64_t, INT64_MIN, x < 0);
    case PHYS_F32:
        for (uint32_t i = 0; i < call->row_count; i++)
            vector_f32(out)[i] = fabsf(vector_f32(call->args[0])[vector_row(call->args[0], i)]);
        break;
    case PHYS_F64:
        for (uint32_t i = 0; i < call->row_count; i++)
            vector_f64(out)[i] = fabs(arg_f64(call, 0, i));
        break;
    case PHYS_I128:
        for (uint32_t i = 0; i < call->row_count; i++) {
            Int128 x = arg_i128(call, 0, i);

            vector_i128(out)[i] = x < 0 ? (Int128)(0 - (UInt128)x) : x;
        }
        break;
    default:
        UNREACHABLE();
    }
    return out;
}

/* ── decimals ──────────────────────────────────────────────────────────────────────────────────*/

Decimal decimal_result(ArithmeticOp op, Decimal a, Decimal b)
{
    int scale = MAX(a.scale, b.scale);

    switch (op) {
    case OP_ADD:
    case OP_SUBTRACT:
        return decimal_adjust(MAX(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
    case OP_MULTIPLY:
        return decimal_adjust(a.precision + b.precision + 1, a.scale + b.scale);
    case OP_DIVIDE:
        scale = MAX(6, a.scale + b.precision + 1);
        return decimal_adjust(a.precision - a.scale + b.scale + scale, scale);
    case OP_REMAINDER:
    case OP_PMOD:
        return decimal_adjust(MIN(a.precision - a.scale, b.precision - b.scale) + scale, scale);
    case OP_DIV:
        return (Decimal){MIN(MAX(a.precision - a.scale + b.scale, 1), DECIMAL_PRECISION_MAX), 0};
    }
    UNREACHABLE();
}

static bool decimal_pmod(Int128 x, int xs, Int128 y, int ys, int scale, Int128 *out)
{
    int wide = MAX(xs, ys);
    Int128 r, sum;

    if (!decimal_remainder(x, xs, y, ys, wide, &r))
        return false;
    if (r >= 0)
        return decimal_rescale(r, wide, scale, out);
    return decimal_add(r, wide, y, ys, wide, &sum) &&
           decimal_remainder(sum, wide, y, ys, scale, out);
}

static bool decimal_op(ArithmeticOp op, Int128 x, int xs, Int128 y, int ys, int scale, Int128 *out)
{
    switch (op) {
    case OP_ADD:
        return decimal_add(x, xs, y, ys, scale, out);
    case OP_SUBTRACT:
        return decimal_add(x, xs, -y, ys, scale, out);
    case OP_MULTIPLY:
        return decimal_multiply(x, xs, y, ys, scale, out);
    case OP_DIVIDE:
        return decimal_divide(x, xs, y, ys, scale, out);
    case OP_REMAINDER:
        return decimal_remainder(x, xs, y, ys, scale, out);
    case OP_PMOD:
        return decimal_pmod(x, xs, y, ys, scale, out);
    case OP_DIV:
        break;
    }
    UNREACHABLE();
}

/* The whole part of a / b, wrapped to 64 bits as Spark does. */
static int64_t decimal_div(Int128 x, int xs, Int128 y, int ys)
{
    Int128 rest, whole;
    int scale = MAX(xs, ys);

    if (!decimal_remainder(x, xs, y, ys, scale, &rest) ||
        !decimal_add(x, xs, -rest, scale, scale, &whole) ||
        !decimal_divide(whole, scale, y, ys, 0, &whole))
        return 0;
    return (int64_t)whole;
}

static void decimal_zero_error(const KernelCall *call, Vector *out, uint32_t i)
{
    ArithmeticOp op = call_op(call);

    if (op == OP_REMAINDER || op == OP_PMOD)
        kernel_ansi_error(call, out, i, CLASS_REMAINDER_BY_ZERO, TEXT_REMAINDER_BY_ZERO);
    else
        kernel_ansi_error(call, out, i, CLASS_DIVIDE_BY_ZERO, TEXT_DIVIDE_BY_ZERO);
}

static void decimal_overflow_error(const KernelCall *call, Vector *out, uint32_t i)
{
    kernel_ansi_error(call, out, i, CLASS_OUT_OF_RANGE,
                      "The result of `%s` cannot be represented as Decimal(%d, %d). If necessary "
                      "set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error, and "
                      "return NULL instead.",
                      call->expr->fn->name, out->type->precision, out->type->scale);
}

/* Additions and products of small values: no scaling, and no more digits than the type has. */
static bool decimal_loop_simple(const KernelCall *call, Vector *out)
{
    ArithmeticOp op = call_op(call);
    const Vector *a = call->args[0], *b = call->args[1];
    bool no_scaling = (op == OP_MULTIPLY && a->type->scale + b->type->scale == out->type->scale) ||
                      (op != OP_MULTIPLY && a->type->scale == b->type->scale &&
                       a->type->scale == out->type->scale);
    bool no_overflow = op == OP_MULTIPLY ? a->type->precision + b->type->precision < 38
                                         : MAX(a->type->precision, b->type->precision) < 38;

    if (op > OP_MULTIPLY || !no_scaling || !no_overflow)
        return false;
    for (uint32_t i = 0; i < call->row_count; i++) {
        /* Unsigned: rows that are NULL hold anything. */
        UInt128 x = (UInt128)arg_i128(call, 0, i);
        UInt128 y = (UInt128)arg_i128(call, 1, i);

        vector_i128(out)[i] = (Int128)(op == OP_ADD ? x + y : op == OP_SUBTRACT ? x - y : x * y);
    }
    return true;
}

Vector *kernel_arithmetic_decimal(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    ArithmeticOp op = call_op(call);
    int xs = call->args[0]->type->scale, ys = call->args[1]->type->scale;

    if (decimal_loop_simple(call, out))
        return out;
    for (uint32_t i = 0; i < call->row_count; i++) {
        Int128 x, y, r;

        if (!kernel_row_ready(call, i))
            continue;
        x = arg_i128(call, 0, i);
        y = arg_i128(call, 1, i);
        if (y == 0 && op >= OP_DIVIDE)
            decimal_zero_error(call, out, i);
        else if (op == OP_DIV)
            vector_i64(out)[i] = decimal_div(x, xs, y, ys);
        else if (decimal_op(op, x, xs, y, ys, out->type->scale, &r) &&
                 decimal_fits(r, out->type->precision))
            vector_i128(out)[i] = r;
        else
            decimal_overflow_error(call, out, i);
    }
    return out;
}
