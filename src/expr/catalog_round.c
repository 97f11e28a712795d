/*
 * catalog_round.c: round, bround, ceil and floor.
 *
 * Doubles are rounded by the digits Java prints (their shortest text), so that round(1.005, 2) is
 * 1.01 although the double is a little less; decimals and integers exactly.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "expr/arithmetic.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/eval.h"
#include "expr/kernel.h"

typedef enum RoundMode { ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_CEILING, ROUND_FLOOR } RoundMode;

static RoundMode round_mode(const Function *fn)
{
    return *(const RoundMode *)fn->extra;
}

/* Whether a cut magnitude goes up by one: `rest` against half of what one is (-1, 0, 1). */
static bool goes_up(RoundMode mode, bool negative, bool exact, int half, bool odd)
{
    switch (mode) {
    case ROUND_HALF_UP:
        return half >= 0;
    case ROUND_HALF_EVEN:
        return half > 0 || (half == 0 && odd);
    case ROUND_CEILING:
        return !exact && !negative;
    case ROUND_FLOOR:
        return !exact && negative;
    }
    UNREACHABLE();
}

/* `value` at `from_scale` to a multiple of 10^-scale, which may be negative; the result stands at
 * MAX(scale, 0). False: past 38 digits. */
static bool round_decimal(RoundMode mode, Int128 value, int from_scale, int scale, Int128 *out)
{
    int drop = from_scale - scale;
    bool negative = value < 0;
    Int128 unit, cut, rest, up;
    int half;

    if (drop <= 0) {
        *out = value; /* Finer than it is: as it stands. */
        return true;
    }
    if (drop > 38) {
        /* Further than any digit: 0, or one such unit, which has no room. */
        *out = 0;
        return !goes_up(mode, negative, value == 0, -1, false);
    }
    unit = decimal_power10(drop);
    cut = value / unit;
    rest = value % unit;
    rest = rest < 0 ? -rest : rest;
    half = rest > unit - rest ? 1 : rest == unit - rest ? 0 : -1;
    up = goes_up(mode, negative, rest == 0, half, cut % 2 != 0);
    *out = cut + (negative ? -up : up);
    return scale >= 0 || decimal_rescale(*out, 0, -scale, out);
}

/* ── doubles ───────────────────────────────────────────────────────────────────────────────────*/

/* Significant digits of Java's text, and the power of ten of the first: 0.d1d2… * 10^exponent. */
static int shortest_digits(const StrBuf *text, char digits[32], int *exponent)
{
    int count = 0;
    bool point = false, leading = true;
    const char *c = strbuf_c(text);

    *exponent = 0;
    for (c += *c == '-'; *c && *c != 'E'; c++) {
        if (*c == '.') {
            point = true;
            continue;
        }
        if (leading && *c == '0') {
            *exponent -= point;
            continue;
        }
        leading = false;
        if (count < 31)
            digits[count++] = *c;
        *exponent += !point;
    }
    if (*c == 'E')
        *exponent += atoi(c + 1);
    while (count && digits[count - 1] == '0')
        count--;
    return count;
}

static double round_text(RoundMode mode, const StrBuf *text, double value, int scale)
{
    char digits[32], result[64];
    int exponent, count = shortest_digits(text, digits, &exponent), keep = exponent + scale;
    bool negative = value < 0, up, odd;
    unsigned long long whole = 0;
    int half = -1;

    if (keep >= count)
        return value;
    if (keep >= 0) {
        half = digits[keep] > '5' || (digits[keep] == '5' && keep + 1 < count) ? 1
               : digits[keep] == '5'                                           ? 0
                                                                               : -1;
        for (int i = 0; i < keep; i++)
            whole = whole * 10 + (unsigned)(digits[i] - '0');
    }
    odd = whole % 2;
    up = goes_up(mode, negative, false, half, odd);
    snprintf(result, sizeof result, "%s%llue%d", negative ? "-" : "", whole + up, -scale);
    return strtod(result, NULL);
}

static double round_double(RoundMode mode, double value, int scale, bool is_float)
{
    StrBuf text;
    double rounded;

    if (!isfinite(value) || value == 0)
        return value;
    strbuf_init(&text);
    if (is_float)
        float_to_text(&text, (float)value);
    else
        double_to_text(&text, value);
    rounded = round_text(mode, &text, value, scale);
    strbuf_done(&text);
    /* BigDecimal has no negative zero. */
    return rounded == 0 ? 0 : rounded;
}

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

/* Room for one digit more before the point: 9.9 becomes 10. */
static const Type *rounded_decimal(Arena *arena, const Type *type, int scale)
{
    int whole = type->precision - type->scale + 1;

    if (scale < 0)
        return type_decimal(arena, MIN(MAX(whole, -scale + 1), DECIMAL_PRECISION_MAX), 0);
    scale = MIN(type->scale, scale);
    return type_decimal(arena, MIN(whole + scale, DECIMAL_PRECISION_MAX), scale);
}

static bool bind_scale(BindCall *call, int32_t *scale, bool *null, Error *err)
{
    const Vector *value;

    *scale = 0;
    *null = false;
    if (call->arg_count == 1)
        return true;
    if (!bind_require(call, 1, &type_int, err) || !bind_constant(call, 1, "scale", &value, err))
        return false;
    *null = !vector_is_valid(value, 0);
    if (!*null)
        *scale = vector_i32(value)[0];
    return true;
}

static bool bind_round(BindCall *call, Error *err)
{
    int32_t *scale = ARENA_NEW(call->arena, int32_t);
    const Type *type = call->args[0]->type;
    bool null;

    if (!type_is_numeric(type) && !bind_require(call, 0, &type_double, err))
        return false;
    if (!bind_scale(call, scale, &null, err))
        return false;
    type = call->args[0]->type;
    call->type = type->kind == TYPE_DECIMAL ? rounded_decimal(call->arena, type, *scale) : type;
    call->data = scale;
    if (null)
        call->result = expr_literal_null(call->arena, call->type, call->span);
    return true;
}

/* ceil(x) of floats and integers is a BIGINT; ceil(x, scale) always a decimal. */
static bool bind_ceil(BindCall *call, Error *err)
{
    int32_t *scale = ARENA_NEW(call->arena, int32_t);
    const Type *type = call->args[0]->type;
    bool null;

    if (call->arg_count > 2)
        return bind_wrong_count(call, "2", err);
    if (call->arg_count == 2) {
        if (call->args[1]->type->kind != TYPE_INT || !expr_is_constant(call->args[1]))
            return error_set_class(err, ERROR_USER, "NON_FOLDABLE_ARGUMENT", "42K08",
                                   "The function `%s` requires the parameter `scale` to be a "
                                   "foldable expression of the type \"INT\", but the actual "
                                   "argument is a non-foldable.",
                                   call->fn->name);
        if (type->kind != TYPE_DECIMAL &&
            !bind_require(call, 0, decimal_type(call->arena, decimal_of(type)), err))
            return false;
    } else if (type_is_integral(type)) {
        bind_cast(call, 0, &type_bigint);
    } else if (type->kind != TYPE_DECIMAL && !bind_coerce(call, 0, &type_double)) {
        return bind_unexpected(call, 0, "(DOUBLE OR DECIMAL OR BIGINT)", err);
    }
    if (!bind_scale(call, scale, &null, err))
        return false;
    type = call->args[0]->type;
    call->type =
        type->kind == TYPE_DECIMAL ? rounded_decimal(call->arena, type, *scale) : &type_bigint;
    call->data = scale;
    if (type->kind == TYPE_BIGINT)
        call->result = call->args[0];
    return true;
}

/* ── kernels ───────────────────────────────────────────────────────────────────────────────────*/

static void round_decimals(const KernelCall *call, Vector *out, RoundMode mode, int scale)
{
    int from = call->args[0]->type->scale;

    for (uint32_t i = 0; i < call->row_count; i++) {
        Int128 value;

        if (!kernel_row_ready(call, i))
            continue;
        if (round_decimal(mode, arg_i128(call, 0, i), from, MIN(scale, from), &value) &&
            decimal_fits(value, out->type->precision))
            vector_i128(out)[i] = value;
        else
            kernel_ansi_error(call, out, i, CLASS_OUT_OF_RANGE,
                              "The rounded value cannot be represented as Decimal(%d, %d).",
                              out->type->precision, out->type->scale);
    }
}

static void round_integers(const KernelCall *call, Vector *out, RoundMode mode, int scale)
{
    int bits = (int)phys_bytes(type_phys(out->type)) * 8;
    Int128 max = ((Int128)1 << (bits - 1)) - 1;

    for (uint32_t i = 0; i < call->row_count; i++) {
        Int128 value;

        if (!kernel_row_ready(call, i))
            continue;
        if (!round_decimal(mode, vector_integral(call->args[0], i), 0, MIN(scale, 0), &value) ||
            value > max || value < -max - 1) {
            kernel_ansi_error(call, out, i, CLASS_OVERFLOW, "Overflow.");
            continue;
        }
        switch (bits) {
        case 8:
            vector_i8(out)[i] = (int8_t)value;
            break;
        case 16:
            vector_i16(out)[i] = (int16_t)value;
            break;
        case 32:
            vector_i32(out)[i] = (int32_t)value;
            break;
        default:
            vector_i64(out)[i] = (int64_t)value;
            break;
        }
    }
}

static Vector *kernel_round(const KernelCall *call)
{
    RoundMode mode = round_mode(call->expr->fn);
    int scale = *(const int32_t *)call->expr->data;
    const Vector *v = call->args[0];
    Vector *out = kernel_result(call);

    scale = MAX(MIN(scale, 400), -400);
    if (v->type->kind == TYPE_DECIMAL) {
        round_decimals(call, out, mode, scale);
    } else if (type_is_integral(v->type)) {
        round_integers(call, out, mode, scale);
    } else {
        bool is_float = v->type->kind == TYPE_FLOAT;

        for (uint32_t i = 0; i < call->row_count; i++) {
            uint32_t r = vector_row(v, i);

            if (is_float)
                vector_f32(out)[i] = (float)round_double(mode, vector_f32(v)[r], scale, true);
            else
                vector_f64(out)[i] = round_double(mode, vector_f64(v)[r], scale, false);
        }
    }
    return out;
}

/* To BIGINT, and to the nearest there is for what is beyond, as Java's casts go. */
static int64_t saturated(double x)
{
    if (isnan(x))
        return 0;
    return x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static Vector *kernel_ceil(const KernelCall *call)
{
    bool up = round_mode(call->expr->fn) == ROUND_CEILING;
    Vector *out;

    if (call->expr->type->kind == TYPE_DECIMAL)
        return kernel_round(call);
    out = kernel_result(call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        double x = arg_f64(call, 0, i);

        vector_i64(out)[i] = saturated(up ? ceil(x) : floor(x));
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const RoundMode half_up = ROUND_HALF_UP, half_even = ROUND_HALF_EVEN,
                       ceiling = ROUND_CEILING, flooring = ROUND_FLOOR;

#define ROUND_ROW(name_, max_, bind_, kernel_, mode_, doc_, example_)                              \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 1, .arg_max = max_,           \
        .bind = bind_, .kernel = kernel_, .extra = &(mode_), .group = "math", .doc = doc_,         \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    ROUND_ROW("round", 2, bind_round, kernel_round, half_up,
              "To so many digits behind the point (negative: before it), halves away from 0",
              "round(2.5) = 3"),
    ROUND_ROW("bround", 2, bind_round, kernel_round, half_even, "As round, halves to even",
              "bround(2.5) = 2"),
    ROUND_ROW("ceil", 127, bind_ceil, kernel_ceil, ceiling, "The next whole number above",
              "ceil(-0.1) = 0"),
    ROUND_ROW("ceiling", 127, bind_ceil, kernel_ceil, ceiling,
              "The next whole number above; the same as ceil", "ceiling(-0.1) = 0"),
    ROUND_ROW("floor", 127, bind_ceil, kernel_ceil, flooring, "The next whole number below",
              "floor(-0.1) = -1"),
};

const FunctionTable catalog_round = FUNCTION_TABLE_OF(rows);
