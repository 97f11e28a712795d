/*
 * catalog_math.c: functions of real numbers, with Java's results where C's differ, and a few of
 * integers (factorial, bin, conv, width_bucket). Rounding is in catalog_round.c.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "expr/arithmetic.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/java_math.h"
#include "expr/kernel.h"

/* ── of one number ─────────────────────────────────────────────────────────────────────────────*/

typedef struct RealFunction {
    double (*fn)(double x);
    double above; /* NULL for x <= above; NaN: never. */
} RealFunction;

static double java_acosh(double x)
{
    return java_log(x + sqrt(x * x - 1));
}

static double java_asinh(double x)
{
    return isinf(x) && x < 0 ? x : java_log(x + sqrt(x * x + 1));
}

static double java_atanh(double x)
{
    return 0.5 * (log1p(x) - log1p(-x));
}

static double java_log2(double x)
{
    return java_log(x) / java_log(2);
}

static double cotangent(double x)
{
    return 1 / tan(x);
}

static double secant(double x)
{
    return 1 / cos(x);
}

static double cosecant(double x)
{
    return 1 / sin(x);
}

static double degrees(double x)
{
    return x * 57.29577951308232;
}

static double radians(double x)
{
    return x * 0.017453292519943295;
}

static double sign(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static Vector *kernel_real(const KernelCall *call)
{
    const RealFunction *f = call->expr->fn->extra;
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        double x = arg_f64(call, 0, i);

        if (x <= f->above && isfinite(f->above))
            vector_set_null(call->arena, out, i);
        else
            vector_f64(out)[i] = f->fn(x);
    }
    return out;
}

/* signum also of intervals. */
static bool bind_sign(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    if (type->kind == TYPE_INTERVAL_YM)
        bind_cast(call, 0,
                  type_interval_range(call->arena, TYPE_INTERVAL_YM, UNIT_MONTH, UNIT_MONTH));
    if (type_is_interval(type)) {
        Expr *number;

        /* Months or microseconds, of which only the sign counts. */
        if (type->kind == TYPE_INTERVAL_DT)
            bind_cast(call, 0,
                      type_interval_range(call->arena, TYPE_INTERVAL_DT, UNIT_DAY, UNIT_SECOND));
        if (!expr_cast(call->arena, call->sql, call->args[0],
                       type->kind == TYPE_INTERVAL_YM ? &type_bigint
                                                      : type_decimal(call->arena, 38, 6),
                       false, call->span, &number, err))
            return false;
        return bind_as(call, call->fn->name, &number, 1, err);
    }
    return bind_signature(call, err);
}

/* ── of two ────────────────────────────────────────────────────────────────────────────────────*/

/* Spark's atan2 has no negative zeros. */
static double spark_atan2(double y, double x)
{
    return java_atan2(y + 0.0, x + 0.0);
}

typedef struct PairFunction {
    double (*fn)(double x, double y);
} PairFunction;

static Vector *kernel_pair(const KernelCall *call)
{
    const PairFunction *f = call->expr->fn->extra;
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_f64(out)[i] = f->fn(arg_f64(call, 0, i), arg_f64(call, 1, i));
    return out;
}

/* log(x) is ln(x), log(base, x) NULL unless both are positive. */
static Vector *kernel_log(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    bool has_base = call->arg_count > 1;

    for (uint32_t i = 0; i < call->row_count; i++) {
        double x = arg_f64(call, has_base, i), base = has_base ? arg_f64(call, 0, i) : 1;

        if (x <= 0 || base <= 0)
            vector_set_null(call->arena, out, i);
        else
            vector_f64(out)[i] = has_base ? java_log(x) / java_log(base) : java_log(x);
    }
    return out;
}

/* ── constants ─────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_constant(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_f64(out)[i] = *(const double *)call->expr->fn->extra;
    return out;
}

/* ── of integers ───────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_factorial(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        int32_t n = arg_i32(call, 0, i);
        int64_t product = 1;

        if (n < 0 || n > 20) {
            vector_set_null(call->arena, out, i);
            continue;
        }
        for (int32_t k = 2; k <= n; k++)
            product *= k;
        vector_i64(out)[i] = product;
    }
    return out;
}

static bool row_bin(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    uint64_t value = (uint64_t)arg_i64(call, 0, i);
    int bit = value ? 63 - __builtin_clzll(value) : 0;

    (void)out;
    for (; bit >= 0; bit--)
        strbuf_add_char(text, (char)('0' + (value >> bit & 1)));
    return true;
}

static Vector *kernel_bin(const KernelCall *call)
{
    return kernel_text(call, row_bin);
}

static int digit_of(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isalpha((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 99;
}

/* Leading digits of the base as an unsigned number; *overflow when there are too many. */
static uint64_t digits_value(Str digits, uint64_t base, bool *overflow)
{
    uint64_t value = 0;

    *overflow = false;
    for (uint32_t i = 0; i < digits.bytes && digit_of(digits.data[i]) < (int)base; i++)
        *overflow |= __builtin_mul_overflow(value, base, &value) ||
                     __builtin_add_overflow(value, (uint64_t)digit_of(digits.data[i]), &value);
    return value;
}

static void add_digits(StrBuf *text, uint64_t value, uint64_t base)
{
    char digits[64];
    int count = 0;

    do {
        digits[count++] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[value % base];
        value /= base;
    } while (value);
    while (count)
        strbuf_add_char(text, digits[--count]);
}

/* conv(text, from, to): as unsigned 64 bits, unless `to` is negative. */
static bool row_conv(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    Str digits = str_trim(arg_str(call, 0, i));
    int32_t from = arg_i32(call, 1, i), to = arg_i32(call, 2, i);
    bool negative = digits.bytes && digits.data[0] == '-', overflow;
    uint64_t value;

    if (from < 2 || from > 36 || abs(to) < 2 || abs(to) > 36 || !digits.bytes)
        return false;
    value = digits_value(str_slice(digits, negative, digits.bytes), (uint64_t)from, &overflow);
    if (overflow) {
        kernel_ansi_error(call, out, i, CLASS_OVERFLOW, "Overflow in function conv().");
        return false;
    }
    if (negative && to > 0)
        value = (int64_t)value < 0 ? UINT64_MAX : -value;
    if (to < 0 && !negative && (int64_t)value < 0) {
        negative = true;
        value = -value;
    } else if (to < 0 && negative && (int64_t)value < 0 && value != (uint64_t)INT64_MIN) {
        value = (uint64_t)INT64_MIN;
    }
    if (negative && to < 0)
        strbuf_add_char(text, '-');
    add_digits(text, value, (uint64_t)abs(to));
    return true;
}

static Vector *kernel_conv(const KernelCall *call)
{
    return kernel_text(call, row_conv);
}

/* ── width_bucket ──────────────────────────────────────────────────────────────────────────────*/

/* Intervals as the doubles of their months or microseconds. */
static bool bind_width_bucket(BindCall *call, Error *err)
{
    bool interval = type_is_interval(call->args[0]->type);

    for (uint32_t i = 0; i < 3; i++) {
        const Type *type = call->args[i]->type;

        if (!interval) {
            if (!bind_require(call, i, &type_double, err))
                return false;
            continue;
        }
        if (type->kind != call->args[0]->type->kind)
            return bind_diff_types(call, 0, 3, err);
    }
    if (!bind_require(call, 3, &type_bigint, err))
        return false;
    call->type = &type_bigint;
    call->nullable = true;
    return true;
}

static double bucket_value(const KernelCall *call, uint32_t arg_i, uint32_t row_i)
{
    const Vector *v = call->args[arg_i];

    if (v->type->kind == TYPE_INTERVAL_YM)
        return arg_i32(call, arg_i, row_i);
    if (v->type->kind == TYPE_INTERVAL_DT)
        return (double)arg_i64(call, arg_i, row_i);
    return arg_f64(call, arg_i, row_i);
}

static Vector *kernel_width_bucket(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        double value, min, max, low, high;
        int64_t count;

        if (!kernel_row_ready(call, i))
            continue;
        value = bucket_value(call, 0, i);
        min = bucket_value(call, 1, i);
        max = bucket_value(call, 2, i);
        count = arg_i64(call, 3, i);
        low = fmin(min, max);
        high = fmax(min, max);
        if (count <= 0 || count == INT64_MAX || isnan(value) || min == max || !isfinite(min) ||
            !isfinite(max)) {
            vector_set_null(call->arena, out, i);
            continue;
        }
        if (min < max)
            vector_i64(out)[i] = value < low ? 0
                                 : value >= high
                                     ? count + 1
                                     : (int64_t)((double)count * (value - low) / (high - low)) + 1;
        else
            vector_i64(out)[i] = value > high ? 0
                                 : value <= low
                                     ? count + 1
                                     : (int64_t)((double)count * (high - value) / (high - low)) + 1;
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define EVERYWHERE NAN

static const RealFunction f_acos = {java_acos, EVERYWHERE}, f_acosh = {java_acosh, EVERYWHERE},
                          f_asin = {java_asin, EVERYWHERE}, f_asinh = {java_asinh, EVERYWHERE},
                          f_atan = {java_atan, EVERYWHERE}, f_atanh = {java_atanh, EVERYWHERE},
                          f_cbrt = {java_cbrt, EVERYWHERE}, f_cos = {cos, EVERYWHERE},
                          f_cosh = {java_cosh, EVERYWHERE}, f_cot = {cotangent, EVERYWHERE},
                          f_csc = {cosecant, EVERYWHERE}, f_degrees = {degrees, EVERYWHERE},
                          f_exp = {java_exp, EVERYWHERE}, f_expm1 = {expm1, EVERYWHERE}, f_ln = {java_log, 0},
                          f_log10 = {java_log10, 0}, f_log1p = {log1p, -1}, f_log2 = {java_log2, 0},
                          f_radians = {radians, EVERYWHERE}, f_rint = {rint, EVERYWHERE},
                          f_sec = {secant, EVERYWHERE}, f_sign = {sign, EVERYWHERE},
                          f_sin = {sin, EVERYWHERE}, f_sinh = {java_sinh, EVERYWHERE},
                          f_sqrt = {sqrt, EVERYWHERE}, f_tan = {tan, EVERYWHERE},
                          f_tanh = {tanh, EVERYWHERE};
static const PairFunction f_atan2 = {spark_atan2}, f_hypot = {java_hypot}, f_pow = {java_pow};
static const double value_e = 2.718281828459045, value_pi = 3.141592653589793;

#define MATH_ROW(name_, min_, max_, bind_, signature_, kernel_, extra_, doc_, example_)            \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = min_, .arg_max = max_,        \
        .bind = bind_, .signature = signature_, .kernel = kernel_, .extra = extra_,                \
        .group = "math", .doc = doc_, .example = example_                                          \
    }
#define REAL(name_, extra_, doc_, example_)                                                        \
    MATH_ROW(name_, 1, 1, bind_signature, "(double) -> double", kernel_real, &(extra_), doc_,      \
             example_)
#define PAIR(name_, extra_, doc_, example_)                                                        \
    MATH_ROW(name_, 2, 2, bind_signature, "(double, double) -> double", kernel_pair, &(extra_),    \
             doc_, example_)

static const Function rows[] = {
    REAL("acos", f_acos, "Arc cosine", "acos(1) = 0.0D"),
    REAL("acosh", f_acosh, "Inverse hyperbolic cosine", "acosh(1) = 0.0D"),
    REAL("asin", f_asin, "Arc sine", "asin(0) = 0.0D"),
    REAL("asinh", f_asinh, "Inverse hyperbolic sine", "asinh(0) = 0.0D"),
    REAL("atan", f_atan, "Arc tangent", "atan(0) = 0.0D"),
    REAL("atanh", f_atanh, "Inverse hyperbolic tangent", "atanh(0) = 0.0D"),
    REAL("cbrt", f_cbrt, "Cube root", "cbrt(27) = 3.0D"),
    REAL("cos", f_cos, "Cosine", "cos(0) = 1.0D"),
    REAL("cosh", f_cosh, "Hyperbolic cosine", "cosh(0) = 1.0D"),
    REAL("cot", f_cot, "Cotangent", "round(cot(1), 2) = 0.64D"),
    REAL("csc", f_csc, "Cosecant", "round(csc(1), 2) = 1.19D"),
    REAL("degrees", f_degrees, "Radians to degrees", "degrees(pi()) = 180.0D"),
    REAL("exp", f_exp, "e to the power", "exp(0) = 1.0D"),
    REAL("expm1", f_expm1, "exp(x) - 1, exact near 0", "expm1(0) = 0.0D"),
    REAL("ln", f_ln, "Natural logarithm; NULL for x <= 0", "ln(1) = 0.0D"),
    REAL("log10", f_log10, "Logarithm to base 10", "log10(100) = 2.0D"),
    REAL("log1p", f_log1p, "ln(1 + x), exact near 0", "log1p(0) = 0.0D"),
    REAL("log2", f_log2, "Logarithm to base 2", "log2(8) = 3.0D"),
    REAL("radians", f_radians, "Degrees to radians", "radians(0) = 0.0D"),
    REAL("rint", f_rint, "To the nearest whole number, halves to even", "rint(2.5) = 2.0D"),
    REAL("sec", f_sec, "Secant", "sec(0) = 1.0D"),
    REAL("sin", f_sin, "Sine", "sin(0) = 0.0D"),
    REAL("sinh", f_sinh, "Hyperbolic sine", "sinh(0) = 0.0D"),
    REAL("sqrt", f_sqrt, "Square root; NaN for x < 0", "sqrt(4) = 2.0D"),
    REAL("tan", f_tan, "Tangent", "tan(0) = 0.0D"),
    REAL("tanh", f_tanh, "Hyperbolic tangent", "tanh(0) = 0.0D"),
    MATH_ROW("sign", 1, 1, bind_sign, "(double) -> double", kernel_real, &f_sign,
             "-1, 0 or 1; also of intervals", "sign(-5) = -1.0D"),
    MATH_ROW("signum", 1, 1, bind_sign, "(double) -> double", kernel_real, &f_sign,
             "-1, 0 or 1; also of intervals", "signum(-5) = -1.0D"),
    PAIR("atan2", f_atan2, "The angle of a point (y, x)", "atan2(0, 1) = 0.0D"),
    PAIR("hypot", f_hypot, "sqrt(x * x + y * y)", "hypot(3, 4) = 5.0D"),
    PAIR("pow", f_pow, "x to the power y", "pow(2, 3) = 8.0D"),
    PAIR("power", f_pow, "x to the power y; the same as pow", "power(2, 3) = 8.0D"),
    MATH_ROW("log", 1, 2, bind_signature, "(double) -> double; (double, double) -> double",
             kernel_log, NULL, "Logarithm, natural or to a base given first", "log(2, 8) = 3.0D"),
    MATH_ROW("e", 0, 0, bind_signature, "() -> double", kernel_constant, &value_e, "Euler's number",
             "round(e(), 2) = 2.72D"),
    MATH_ROW("pi", 0, 0, bind_signature, "() -> double", kernel_constant, &value_pi, "Pi",
             "round(pi(), 2) = 3.14D"),
    MATH_ROW("factorial", 1, 1, bind_signature, "(int) -> bigint", kernel_factorial, NULL,
             "n!, for n from 0 to 20", "factorial(5) = 120"),
    MATH_ROW("bin", 1, 1, bind_signature, "(bigint) -> string", kernel_bin, NULL,
             "In binary digits", "bin(5) = '101'"),
    MATH_ROW("conv", 3, 3, bind_signature, "(string, int, int) -> string", kernel_conv, NULL,
             "Digits of one base as those of another", "conv('100', 2, 10) = '4'"),
    MATH_ROW("width_bucket", 4, 4, bind_width_bucket, NULL, kernel_width_bucket, NULL,
             "Which of so many equal parts of a range a value is in",
             "width_bucket(5.3, 0.2, 10.6, 5) = 3"),
};

const FunctionTable catalog_math = FUNCTION_TABLE_OF(rows);
