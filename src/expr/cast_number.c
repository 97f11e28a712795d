/*
 * cast_number.c: casts to BOOLEAN and the numbers.
 */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "expr/cast.h"
#include "expr/coerce.h"
#include "expr/decimal_math.h"
#include "expr/time.h"

/* ── to integers ───────────────────────────────────────────────────────────────────────────────*/

static void integer_range(const Type *type, int64_t *min, int64_t *max)
{
    switch ((int)type->kind) {
    case TYPE_TINYINT:
        *min = INT8_MIN, *max = INT8_MAX;
        break;
    case TYPE_SMALLINT:
        *min = INT16_MIN, *max = INT16_MAX;
        break;
    case TYPE_INT:
        *min = INT32_MIN, *max = INT32_MAX;
        break;
    default:
        *min = INT64_MIN, *max = INT64_MAX;
        break;
    }
}

static void put_integer(Vector *out, uint32_t i, int64_t value)
{
    switch ((int)out->type->kind) {
    case TYPE_TINYINT:
        vector_i8(out)[i] = (int8_t)value;
        break;
    case TYPE_SMALLINT:
        vector_i16(out)[i] = (int16_t)value;
        break;
    case TYPE_INT:
        vector_i32(out)[i] = (int32_t)value;
        break;
    default:
        vector_i64(out)[i] = value;
        break;
    }
}

static void put_or_overflow(const CastRun *run, const Vector *in, Vector *out, uint32_t i,
                            int64_t value)
{
    int64_t min, max;

    integer_range(run->to, &min, &max);
    if (value < min || value > max)
        cast_overflow(run, out, i, in);
    else
        put_integer(out, i, value);
}

/* Widening, the usual implicit cast: no value is lost, so no row is looked at. */
static bool widen_integers(const Vector *in, Vector *out)
{
    uint32_t n = in->row_count;

    if (in->type->kind == TYPE_INT && out->type->kind == TYPE_BIGINT) {
        const int32_t *restrict from = vector_i32(in);
        int64_t *restrict to = vector_i64(out);

        for (uint32_t i = 0; i < n; i++)
            to[i] = from[i];
        return true;
    }
    if (in->type->kind < out->type->kind) {
        for (uint32_t i = 0; i < n; i++)
            put_integer(out, i, vector_integral(in, i));
        return true;
    }
    return false;
}

static void integer_from_integer(const CastRun *run, const Vector *in, Vector *out)
{
    if (widen_integers(in, out))
        return;
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_or_overflow(run, in, out, i, vector_integral(in, i));
    }
}

static void integer_from_bool(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++)
        put_integer(out, i, vector_bools(in)[i] != 0);
}

/* Towards zero; a value past the range, NaN included, is an overflow. */
static void integer_from_float(const CastRun *run, const Vector *in, Vector *out)
{
    int64_t min, max;
    bool wide = in->type->kind == TYPE_DOUBLE;

    integer_range(run->to, &min, &max);
    for (uint32_t i = 0; i < in->row_count; i++) {
        double x = wide ? vector_f64(in)[i] : (double)vector_f32(in)[i];

        if (!cast_ready(in, i))
            continue;
        /* (double)INT64_MAX is 2^63; Spark lets that one through as INT64_MAX. */
        if (!(floor(x) <= (double)max && ceil(x) >= (double)min))
            cast_overflow(run, out, i, in);
        else
            put_integer(out, i, x >= 0x1p63 ? INT64_MAX : (int64_t)x);
    }
}

static void integer_from_decimal(const CastRun *run, const Vector *in, Vector *out)
{
    Int128 unit = decimal_power10(in->type->scale);
    int64_t min, max;

    integer_range(run->to, &min, &max);
    for (uint32_t i = 0; i < in->row_count; i++) {
        Int128 whole;

        if (!cast_ready(in, i))
            continue;
        whole = vector_i128(in)[i] / unit;
        if (whole < min || whole > max)
            cast_overflow(run, out, i, in);
        else
            put_integer(out, i, (int64_t)whole);
    }
}

static void integer_from_timestamp(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_or_overflow(run, in, out, i, floor_div(vector_i64(in)[i], US_PER_SECOND));
    }
}

static void integer_from_string(const CastRun *run, const Vector *in, Vector *out)
{
    int64_t min, max;

    integer_range(run->to, &min, &max);
    for (uint32_t i = 0; i < in->row_count; i++) {
        int64_t value;

        if (!cast_ready(in, i))
            continue;
        if (text_to_int64(vector_strs(in)[i], &value) && value >= min && value <= max)
            put_integer(out, i, value);
        else
            cast_invalid(run, out, i, vector_strs(in)[i]);
    }
}

static int64_t interval_unit_us(const Type *type)
{
    switch ((IntervalUnit)type->to_unit) {
    case UNIT_DAY:
        return US_PER_DAY;
    case UNIT_HOUR:
        return US_PER_HOUR;
    case UNIT_MINUTE:
        return US_PER_MINUTE;
    case UNIT_SECOND:
    case UNIT_YEAR:
    case UNIT_MONTH:
        return US_PER_SECOND;
    }
    return US_PER_SECOND;
}

/* In the interval's last unit. */
static void integer_from_interval(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        int64_t value;

        if (!cast_ready(in, i))
            continue;
        if (in->type->kind == TYPE_INTERVAL_YM)
            value = vector_i32(in)[i] / (in->type->to_unit == UNIT_YEAR ? 12 : 1);
        else
            value = vector_i64(in)[i] / interval_unit_us(in->type);
        put_or_overflow(run, in, out, i, value);
    }
}

static CastFunction to_integer(const Type *from)
{
    switch ((int)from->kind) {
    case TYPE_BOOLEAN:
        return integer_from_bool;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return integer_from_float;
    case TYPE_DECIMAL:
        return integer_from_decimal;
    case TYPE_TIMESTAMP:
        return integer_from_timestamp;
    case TYPE_STRING:
        return integer_from_string;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return integer_from_interval;
    default:
        return integer_from_integer;
    }
}

/* ── to floats ─────────────────────────────────────────────────────────────────────────────────*/

double decimal_to_double(Int128 unscaled, int scale)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    StrBuf text;
    double value;

    /* Both exact, so that one rounding is made. */
    if (scale <= 22 && unscaled >= -(INT64_C(1) << 53) && unscaled <= INT64_C(1) << 53)
        return (double)(int64_t)unscaled / powers[scale];
    strbuf_init(&text);
    decimal_to_text(&text, unscaled, scale);
    value = strtod(strbuf_c(&text), NULL);
    strbuf_done(&text);
    return value;
}

static void put_float(Vector *out, uint32_t i, double value)
{
    if (out->type->kind == TYPE_DOUBLE)
        vector_f64(out)[i] = value;
    else
        vector_f32(out)[i] = (float)value;
}

static void float_from_integer(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++) {
        int64_t x = vector_integral(in, i);

        if (out->type->kind == TYPE_DOUBLE)
            vector_f64(out)[i] = (double)x;
        else
            vector_f32(out)[i] = (float)x;
    }
}

static void float_from_bool(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++)
        put_float(out, i, vector_bools(in)[i] ? 1 : 0);
}

static void float_from_float(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++)
        put_float(out, i,
                  in->type->kind == TYPE_DOUBLE ? vector_f64(in)[i] : (double)vector_f32(in)[i]);
}

static void float_from_decimal(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_float(out, i, decimal_to_double(vector_i128(in)[i], in->type->scale));
    }
}

static void float_from_timestamp(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++)
        put_float(out, i, (double)vector_i64(in)[i] / (double)US_PER_SECOND);
}

static void float_from_string(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        double value;

        if (!cast_ready(in, i))
            continue;
        if (text_to_double(vector_strs(in)[i], &value))
            put_float(out, i, value);
        else
            cast_invalid(run, out, i, vector_strs(in)[i]);
    }
}

static CastFunction to_float(const Type *from)
{
    switch ((int)from->kind) {
    case TYPE_BOOLEAN:
        return float_from_bool;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return float_from_float;
    case TYPE_DECIMAL:
        return float_from_decimal;
    case TYPE_TIMESTAMP:
        return float_from_timestamp;
    case TYPE_STRING:
        return float_from_string;
    default:
        return float_from_integer;
    }
}

/* ── to decimals ───────────────────────────────────────────────────────────────────────────────*/

bool double_to_decimal(double value, int precision, int scale, Int128 *out)
{
    StrBuf text;
    bool fits;

    if (!isfinite(value))
        return false;
    strbuf_init(&text);
    double_to_text(&text, value);
    fits = text_to_decimal(strbuf_str(&text), precision, scale, out);
    strbuf_done(&text);
    return fits;
}

static void put_decimal(const CastRun *run, const Vector *in, Vector *out, uint32_t i, Int128 value,
                        int scale)
{
    Int128 rescaled;
    StrBuf text;

    if (decimal_rescale(value, scale, run->to->scale, &rescaled) &&
        decimal_fits(rescaled, run->to->precision)) {
        vector_i128(out)[i] = rescaled;
        return;
    }
    strbuf_init(&text);
    value_to_text(&text, in, i, run->sql->zone);
    cast_out_of_range(run, out, i, strbuf_c(&text));
    strbuf_done(&text);
}

static void decimal_from_integer(const CastRun *run, const Vector *in, Vector *out)
{
    Decimal all = decimal_of(in->type);

    /* The type holds every value: the usual implicit cast. */
    if (run->to->precision - run->to->scale >= all.precision) {
        Int128 unit = decimal_power10(run->to->scale);

        for (uint32_t i = 0; i < in->row_count; i++)
            vector_i128(out)[i] = vector_integral(in, i) * unit;
        return;
    }
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_decimal(run, in, out, i, vector_integral(in, i), 0);
    }
}

static void decimal_from_bool(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_decimal(run, in, out, i, vector_bools(in)[i] != 0, 0);
    }
}

static void put_decimal_of_double(const CastRun *run, const Vector *in, Vector *out, uint32_t i,
                                  double x)
{
    StrBuf text;

    if (!isfinite(x)) {
        vector_set_null(run->arena, out, i);
        return;
    }
    if (double_to_decimal(x, run->to->precision, run->to->scale, &vector_i128(out)[i]))
        return;
    strbuf_init(&text);
    value_to_text(&text, in, i, run->sql->zone);
    cast_out_of_range(run, out, i, strbuf_c(&text));
    strbuf_done(&text);
}

static void decimal_from_float(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_decimal_of_double(run, in, out, i,
                                  in->type->kind == TYPE_DOUBLE ? vector_f64(in)[i]
                                                                : (double)vector_f32(in)[i]);
    }
}

static void decimal_from_timestamp(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_decimal(run, in, out, i, vector_i64(in)[i], 6);
    }
}

static void decimal_from_decimal(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_decimal(run, in, out, i, vector_i128(in)[i], in->type->scale);
    }
}

static void decimal_from_string(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        Str text = vector_strs(in)[i];
        double as_double;

        if (!cast_ready(in, i))
            continue;
        if (text_to_decimal(text, run->to->precision, run->to->scale, &vector_i128(out)[i]))
            continue;
        /* A number, then, but one too large? */
        if (text_to_double(text, &as_double) && isfinite(as_double))
            cast_out_of_range(
                run, out, i,
                arena_printf(run->arena, "%.*s", (int)MIN(text.bytes, 100), text.data));
        else
            cast_invalid(run, out, i, text);
    }
}

static void decimal_from_interval(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (!cast_ready(in, i))
            continue;
        if (in->type->kind == TYPE_INTERVAL_YM)
            put_decimal(run, in, out, i,
                        vector_i32(in)[i] / (in->type->to_unit == UNIT_YEAR ? 12 : 1), 0);
        else if (in->type->to_unit == UNIT_SECOND)
            put_decimal(run, in, out, i, vector_i64(in)[i], 6);
        else
            put_decimal(run, in, out, i, vector_i64(in)[i] / interval_unit_us(in->type), 0);
    }
}

static CastFunction to_decimal(const Type *from)
{
    switch ((int)from->kind) {
    case TYPE_BOOLEAN:
        return decimal_from_bool;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return decimal_from_float;
    case TYPE_DECIMAL:
        return decimal_from_decimal;
    case TYPE_TIMESTAMP:
        return decimal_from_timestamp;
    case TYPE_STRING:
        return decimal_from_string;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return decimal_from_interval;
    default:
        return decimal_from_integer;
    }
}

/* ── to BOOLEAN ────────────────────────────────────────────────────────────────────────────────*/

static void bool_from_number(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++) {
        switch ((int)in->type->kind) {
        case TYPE_FLOAT:
            vector_bools(out)[i] = vector_f32(in)[i] != 0;
            break;
        case TYPE_DOUBLE:
            vector_bools(out)[i] = vector_f64(in)[i] != 0;
            break;
        case TYPE_DECIMAL:
            vector_bools(out)[i] = vector_i128(in)[i] != 0;
            break;
        default:
            vector_bools(out)[i] = vector_integral(in, i) != 0;
            break;
        }
    }
}

static void bool_from_string(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        bool value;

        if (!cast_ready(in, i))
            continue;
        if (text_to_bool(vector_strs(in)[i], &value))
            vector_bools(out)[i] = value;
        else
            cast_invalid(run, out, i, vector_strs(in)[i]);
    }
}

CastFunction cast_to_number(const Type *from, const Type *to)
{
    if (to->kind == TYPE_BOOLEAN)
        return from->kind == TYPE_STRING ? bool_from_string : bool_from_number;
    if (to->kind == TYPE_DECIMAL)
        return to_decimal(from);
    return to->kind == TYPE_FLOAT || to->kind == TYPE_DOUBLE ? to_float(from) : to_integer(from);
}
