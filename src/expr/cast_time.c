/*
 * cast_time.c: casts to DATE, TIMESTAMP, TIMESTAMP_NTZ, the intervals, STRING and BINARY.
 */
#include <math.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "expr/cast.h"
#include "expr/decimal_math.h"
#include "expr/time.h"

/* ── to DATE ───────────────────────────────────────────────────────────────────────────────────*/

static void date_from_string(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i) && !text_to_date(vector_strs(in)[i], &vector_i32(out)[i]))
            cast_invalid(run, out, i, vector_strs(in)[i]);
    }
}

static void date_from_timestamp(const CastRun *run, const Vector *in, Vector *out)
{
    bool zoned = in->type->kind == TYPE_TIMESTAMP;

    for (uint32_t i = 0; i < in->row_count; i++) {
        int64_t us = vector_i64(in)[i];

        if (cast_ready(in, i))
            vector_i32(out)[i] =
                (int32_t)floor_div(zoned ? zone_to_local(run->sql->zone, us) : us, US_PER_DAY);
    }
}

/* ── to TIMESTAMP and TIMESTAMP_NTZ ────────────────────────────────────────────────────────────*/

static void timestamp_from_string(const CastRun *run, const Vector *in, Vector *out)
{
    bool zoned = run->to->kind == TYPE_TIMESTAMP;

    for (uint32_t i = 0; i < in->row_count; i++) {
        Str text = vector_strs(in)[i];
        int64_t *us = &vector_i64(out)[i];

        if (!cast_ready(in, i))
            continue;
        if (!(zoned ? text_to_timestamp(text, run->sql->zone, us)
                    : text_to_timestamp_ntz(text, true, us)) &&
            !(zoned && timestamp_of_today(run->sql, text, us)))
            cast_invalid(run, out, i, text);
    }
}

static void timestamp_from_date(const CastRun *run, const Vector *in, Vector *out)
{
    bool zoned = run->to->kind == TYPE_TIMESTAMP;

    for (uint32_t i = 0; i < in->row_count; i++) {
        int64_t us;

        if (!cast_ready(in, i))
            continue;
        if (__builtin_mul_overflow((int64_t)vector_i32(in)[i], US_PER_DAY, &us))
            cast_overflow(run, out, i, in);
        else
            vector_i64(out)[i] = zoned ? zone_to_utc(run->sql->zone, us) : us;
    }
}

static void timestamp_from_timestamp(const CastRun *run, const Vector *in, Vector *out)
{
    bool to_utc = run->to->kind == TYPE_TIMESTAMP;

    for (uint32_t i = 0; i < in->row_count; i++) {
        int64_t us = vector_i64(in)[i];

        if (cast_ready(in, i))
            vector_i64(out)[i] =
                to_utc ? zone_to_utc(run->sql->zone, us) : zone_to_local(run->sql->zone, us);
    }
}

/* Seconds; past the range the first or last instant there is, as Spark has it. */
static void timestamp_from_integer(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++) {
        int64_t seconds, us;

        if (!cast_ready(in, i))
            continue;
        seconds = vector_integral(in, i);
        if (__builtin_mul_overflow(seconds, US_PER_SECOND, &us))
            us = seconds < 0 ? INT64_MIN : INT64_MAX;
        vector_i64(out)[i] = us;
    }
}

static void timestamp_from_float(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        double x, us;
        StrBuf text;

        if (!cast_ready(in, i))
            continue;
        x = in->type->kind == TYPE_DOUBLE ? vector_f64(in)[i] : (double)vector_f32(in)[i];
        us = x * (double)US_PER_SECOND;
        if (isfinite(x) && us >= -0x1p63 && us < 0x1p63) {
            vector_i64(out)[i] = (int64_t)us;
        } else if (isfinite(x)) {
            cast_overflow(run, out, i, in);
        } else {
            strbuf_init(&text);
            double_to_text(&text, x);
            cast_invalid(run, out, i, strbuf_str(&text));
            strbuf_done(&text);
        }
    }
}

static void timestamp_from_decimal(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        Int128 us;

        if (!cast_ready(in, i))
            continue;
        if (decimal_multiply(vector_i128(in)[i], in->type->scale, US_PER_SECOND, 0, in->type->scale,
                             &us) &&
            us / decimal_power10(in->type->scale) >= INT64_MIN &&
            us / decimal_power10(in->type->scale) <= INT64_MAX)
            vector_i64(out)[i] = (int64_t)(us / decimal_power10(in->type->scale));
        else
            cast_overflow(run, out, i, in);
    }
}

CastFunction cast_to_time(const Type *from, const Type *to)
{
    if (to->kind == TYPE_DATE)
        return from->kind == TYPE_STRING ? date_from_string : date_from_timestamp;
    switch ((int)from->kind) {
    case TYPE_STRING:
        return timestamp_from_string;
    case TYPE_DATE:
        return timestamp_from_date;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        return timestamp_from_timestamp;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return timestamp_from_float;
    case TYPE_DECIMAL:
        return timestamp_from_decimal;
    default:
        return timestamp_from_integer;
    }
}

/* ── to intervals ──────────────────────────────────────────────────────────────────────────────*/

/* Of the last unit of an interval type: months or microseconds. */
static int64_t unit_size(const Type *type)
{
    static const int64_t sizes[] = {
        [UNIT_YEAR] = 12,
        [UNIT_MONTH] = 1,
        [UNIT_DAY] = US_PER_DAY,
        [UNIT_HOUR] = 3600 * US_PER_SECOND,
        [UNIT_MINUTE] = 60 * US_PER_SECOND,
        [UNIT_SECOND] = US_PER_SECOND,
    };

    return sizes[type->to_unit];
}

static void put_interval(const CastRun *run, const Vector *in, Vector *out, uint32_t i,
                         Int128 value)
{
    bool months = run->to->kind == TYPE_INTERVAL_YM;

    if (value < (months ? INT32_MIN : INT64_MIN) || value > (months ? INT32_MAX : INT64_MAX))
        cast_overflow(run, out, i, in);
    else if (months)
        vector_i32(out)[i] = (int32_t)value;
    else
        vector_i64(out)[i] = (int64_t)value;
}

static void interval_from_integer(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            put_interval(run, in, out, i, (Int128)vector_integral(in, i) * unit_size(run->to));
    }
}

static void interval_from_decimal(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        Int128 value;

        if (!cast_ready(in, i))
            continue;
        if (decimal_multiply(vector_i128(in)[i], in->type->scale, unit_size(run->to), 0, 0, &value))
            put_interval(run, in, out, i, value);
        else
            cast_overflow(run, out, i, in);
    }
}

/* What is finer than the last unit is dropped. */
static void interval_from_interval(const CastRun *run, const Vector *in, Vector *out)
{
    int64_t unit = run->to->to_unit == UNIT_SECOND ? 1 : unit_size(run->to);

    for (uint32_t i = 0; i < in->row_count; i++) {
        if (run->to->kind == TYPE_INTERVAL_YM)
            vector_i32(out)[i] = vector_i32(in)[i] - vector_i32(in)[i] % (int32_t)unit;
        else
            vector_i64(out)[i] = vector_i64(in)[i] - vector_i64(in)[i] % unit;
    }
}

static void interval_invalid(const CastRun *run, Vector *out, uint32_t i, Str text)
{
    StrBuf name;

    strbuf_init(&name);
    type_name_sql(&name, run->to);
    text.bytes = MIN(text.bytes, 100);
    cast_error(run, out, i,
               run->to->kind == TYPE_INTERVAL_YM
                   ? "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING"
                   : "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE",
               "22006",
               "Error parsing '%.*s' to interval. Please ensure that the value provided is in a "
               "valid format for %s.",
               STR_ARG(text), strbuf_c(&name));
    strbuf_done(&name);
}

static void interval_from_string(const CastRun *run, const Vector *in, Vector *out)
{
    for (uint32_t i = 0; i < in->row_count; i++) {
        Str text = vector_strs(in)[i];
        bool read;

        if (!cast_ready(in, i))
            continue;
        if (run->to->kind == TYPE_INTERVAL) {
            /* The one cast of a string that gives NULL and no error. */
            if (!text_to_interval(text, &vector_intervals(out)[i]))
                vector_set_null(run->arena, out, i);
            continue;
        }
        read = run->to->kind == TYPE_INTERVAL_YM
                   ? text_to_interval_ym(text, run->to, &vector_i32(out)[i])
                   : text_to_interval_dt(text, run->to, &vector_i64(out)[i]);
        if (!read)
            interval_invalid(run, out, i, text);
    }
}

CastFunction cast_to_interval(const Type *from, const Type *to)
{
    (void)to;
    switch ((int)from->kind) {
    case TYPE_STRING:
        return interval_from_string;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return interval_from_interval;
    case TYPE_DECIMAL:
        return interval_from_decimal;
    default:
        return interval_from_integer;
    }
}

/* ── to STRING and BINARY ──────────────────────────────────────────────────────────────────────*/

/* The same bytes. */
static void text_from_bytes(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    memcpy(vector_strs(out), vector_strs(in), in->row_count * sizeof(Str));
}

static void text_from_bool(const CastRun *run, const Vector *in, Vector *out)
{
    (void)run;
    for (uint32_t i = 0; i < in->row_count; i++)
        vector_strs(out)[i] = vector_bools(in)[i] ? STR("true") : STR("false");
}

/* All rows' texts in one buffer, so that the arena is asked once. */
static void text_from_value(const CastRun *run, const Vector *in, Vector *out)
{
    uint32_t *ends = ARENA_ARRAY(run->arena, uint32_t, in->row_count);
    uint32_t start = 0;
    StrBuf text;
    char *bytes;

    strbuf_init(&text);
    for (uint32_t i = 0; i < in->row_count; i++) {
        if (cast_ready(in, i))
            value_to_text(&text, in, i, run->sql->zone);
        ends[i] = (uint32_t)text.bytes;
    }
    bytes = arena_copy(run->arena, strbuf_c(&text), text.bytes);
    strbuf_done(&text);
    for (uint32_t i = 0; i < in->row_count; i++) {
        vector_strs(out)[i] = (Str){bytes + start, ends[i] - start};
        start = ends[i];
    }
}

CastFunction cast_to_text(const Type *from, const Type *to)
{
    (void)to;
    if (from->kind == TYPE_BINARY || from->kind == TYPE_STRING)
        return text_from_bytes;
    return from->kind == TYPE_BOOLEAN ? text_from_bool : text_from_value;
}
