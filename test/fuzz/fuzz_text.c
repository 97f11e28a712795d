/*
 * fuzz_text.c: any bytes as the text of a number, date, time, interval, type or zone.
 *
 * What must hold: what can be read is printed as a text that reads as the same value.
 */
#include <math.h>
#include <stdint.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "column/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_numbers(Str text, StrBuf *out)
{
    int64_t i64, i64_again;
    double f64, f64_again;
    float f32, f32_again;
    Int128 decimal, decimal_again;
    bool boolean;

    (void)text_to_bool(text, &boolean);
    if (text_to_int64(text, &i64)) {
        strbuf_clear(out);
        strbuf_add_int64(out, i64);
        ASSERT(text_to_int64(strbuf_str(out), &i64_again) && i64_again == i64);
    }
    if (text_to_double(text, &f64)) {
        strbuf_clear(out);
        double_to_text(out, f64);
        ASSERT(text_to_double(strbuf_str(out), &f64_again));
        ASSERT(isnan(f64) ? isnan(f64_again) : f64 == f64_again);
    }
    if (text_to_float(text, &f32)) {
        strbuf_clear(out);
        float_to_text(out, f32);
        ASSERT(text_to_float(strbuf_str(out), &f32_again));
        ASSERT(isnan(f32) ? isnan(f32_again) : f32 == f32_again);
    }
    for (int scale = 0; scale <= 38; scale += 19) {
        if (!text_to_decimal(text, 38, scale, &decimal))
            continue;
        ASSERT(decimal_fits(decimal, 38));
        strbuf_clear(out);
        decimal_to_text(out, decimal, scale);
        ASSERT(text_to_decimal(strbuf_str(out), 38, scale, &decimal_again));
        ASSERT(decimal == decimal_again);
    }
}

static void check_times(Str text, StrBuf *out)
{
    int32_t days, days_again;
    int64_t us, us_again;

    if (text_to_date(text, &days)) {
        strbuf_clear(out);
        date_to_text(out, days);
        ASSERT(text_to_date(strbuf_str(out), &days_again) && days == days_again);
    }
    if (text_to_timestamp(text, zone_utc(), &us)) {
        strbuf_clear(out);
        timestamp_to_text(out, us);
        ASSERT(text_to_timestamp(strbuf_str(out), zone_utc(), &us_again) && us == us_again);
    }
    if (text_to_timestamp_ntz(text, true, &us)) {
        strbuf_clear(out);
        timestamp_to_iso(out, us, 6);
        ASSERT(text_to_timestamp_ntz(strbuf_str(out), false, &us_again) && us == us_again);
    }
}

static void check_intervals(Str text, StrBuf *out, Arena *arena)
{
    Interval interval, interval_again;
    int32_t months, months_again;
    int64_t us, us_again;

    if (text_to_interval(text, &interval)) {
        strbuf_clear(out);
        interval_to_text(out, interval);
        ASSERT(text_to_interval(strbuf_str(out), &interval_again));
        ASSERT(memcmp(&interval, &interval_again, sizeof interval) == 0);
    }
    for (int from = UNIT_YEAR; from <= UNIT_SECOND; from++) {
        for (int to = from; to <= (from <= UNIT_MONTH ? UNIT_MONTH : UNIT_SECOND); to++) {
            TypeKind kind = from <= UNIT_MONTH ? TYPE_INTERVAL_YM : TYPE_INTERVAL_DT;
            const Type *type =
                type_interval_range(arena, kind, (IntervalUnit)from, (IntervalUnit)to);

            strbuf_clear(out);
            if (kind == TYPE_INTERVAL_YM && text_to_interval_ym(text, type, &months)) {
                interval_ym_to_text(out, months, type, false);
                ASSERT(text_to_interval_ym(strbuf_str(out), type, &months_again));
                ASSERT(months == months_again);
            }
            if (kind == TYPE_INTERVAL_DT && text_to_interval_dt(text, type, &us)) {
                interval_dt_to_text(out, us, type, false);
                ASSERT(text_to_interval_dt(strbuf_str(out), type, &us_again));
                ASSERT(us == us_again);
            }
        }
    }
}

static void check_type(Str text, StrBuf *out, Arena *arena)
{
    const Type *type, *again;
    Error err = {0};

    if (type_parse(arena, text, &type, &err)) {
        strbuf_clear(out);
        type_name_sql(out, type);
        ASSERT(type_parse(arena, strbuf_str(out), &again, &err));
        ASSERT(type_equal(type, again));
    }
    (void)type_parse_columns(arena, text, &type, &err);
}

static void check_key(Str text, Arena *arena)
{
    const Type *types[] = {&type_string, &type_bigint};
    const Type *nested;
    Vector *columns[2];
    Error err = {0};

    (void)key_decode(arena, &text, 1, types, 2, columns);
    ASSERT(type_parse(arena, STR("struct<a:array<int>,b:map<string,double>,c:void>"), &nested, &err));
    if (key_decode(arena, &text, 1, &nested, 1, columns))
        ASSERT(columns[0]->row_count == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Str text = {(const char *)data, (uint32_t)bytes};
    const Zone *zone;
    Error err = {0};
    StrBuf out;
    Arena arena;

    if (bytes > 1 << 14)
        return 0;
    arena_init(&arena);
    strbuf_init(&out);
    check_numbers(text, &out);
    check_times(text, &out);
    check_intervals(text, &out, &arena);
    check_type(text, &out, &arena);
    check_key(text, &arena);
    if (zone_find(text, &zone, &err))
        ASSERT(str_equal(zone_name(zone), text));
    strbuf_done(&out);
    arena_done(&arena);
    return 0;
}
