/*
 * time.c: steps in the calendar (time.h).
 */
#include "expr/time.h"

bool year_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int month_days(int64_t year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && year_is_leap(year));
}

bool date_add_months(int32_t days, int64_t months, int32_t *out)
{
    int32_t year;
    int month, day;
    int64_t all, to_year, to_days;

    civil_from_days(days, &year, &month, &day);
    all = (int64_t)year * 12 + (month - 1) + months;
    month = (int)floor_mod(all, 12) + 1;
    to_year = floor_div(all, 12);
    /* Within one cycle of 400 years, then so many cycles. */
    to_days = days_from_civil(floor_mod(to_year, 400), month, MIN(day, month_days(to_year, month))) +
              floor_div(to_year, 400) * 146097;
    if (to_days != (int32_t)to_days)
        return false;
    *out = (int32_t)to_days;
    return true;
}

bool kernel_date_later(const KernelCall *call, Vector *out, uint32_t i, int64_t months)
{
    if (date_add_months(vector_i32(call->args[0])[vector_row(call->args[0], i)], months,
                        &vector_i32(out)[i]))
        return true;
    kernel_error(call, out, i, "ARITHMETIC_OVERFLOW", "22003",
                 "overflow. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this "
                 "error.");
    return false;
}

const Zone *timestamp_zone(const SqlContext *sql, const Type *type)
{
    return type->kind == TYPE_TIMESTAMP ? sql->zone : NULL;
}

int64_t timestamp_local(const Zone *zone, int64_t us)
{
    return zone ? zone_to_local(zone, us) : us;
}

int64_t timestamp_of_local(const Zone *zone, int64_t local_us)
{
    return zone ? zone_to_utc(zone, local_us) : local_us;
}

bool timestamp_add(int64_t us, int64_t months, int64_t days, int64_t more_us, const Zone *zone,
                   int64_t *out)
{
    int64_t local, day, rest;

    if (months || days) {
        local = timestamp_local(zone, us);
        day = floor_div(local, US_PER_DAY);
        rest = floor_mod(local, US_PER_DAY);
        if (months) {
            int32_t later;

            if (!date_add_months((int32_t)day, months, &later))
                return false;
            day = later;
        }
        if (__builtin_add_overflow(day, days, &day) ||
            __builtin_mul_overflow(day, US_PER_DAY, &day) ||
            __builtin_add_overflow(day, rest, &local))
            return false;
        us = timestamp_of_local(zone, local);
    }
    return !__builtin_add_overflow(us, more_us, out);
}

/* ── words for times ───────────────────────────────────────────────────────────────────────────*/

int32_t date_today(const SqlContext *sql, const Zone *zone)
{
    return (int32_t)floor_div(zone_to_local(zone, sql->now_us), US_PER_DAY);
}

bool timestamp_of_today(const SqlContext *sql, Str text, int64_t *out)
{
    const Zone *zone = sql->zone;
    int64_t us;
    Str name;

    if (!text_to_time_of_day(text, &us, &name) || (name.bytes && !zone_find_quiet(name, &zone)))
        return false;
    *out = zone_to_utc(zone, (int64_t)date_today(sql, zone) * US_PER_DAY + us);
    return true;
}

/* The word of the text; a zone behind it must be one, and says nothing more (as in Spark). */
static bool special_word(Str text, Str *word)
{
    const Zone *zone;
    uint32_t letters = 0;
    Str rest;

    text = str_trim(text);
    while (letters < text.bytes && ((text.data[letters] | 0x20) >= 'a') &&
           ((text.data[letters] | 0x20) <= 'z'))
        letters++;
    *word = str_slice(text, 0, letters);
    rest = str_trim(str_slice(text, letters, text.bytes));
    if (!rest.bytes)
        return true;
    return rest.data != text.data + letters && !str_is_nocase(*word, "now") &&
           zone_find_quiet(rest, &zone);
}

/* Days from today. */
static bool day_word(Str word, int32_t *days)
{
    *days = str_is_nocase(word, "tomorrow") - str_is_nocase(word, "yesterday");
    return *days || str_is_nocase(word, "today");
}

bool special_date(const SqlContext *sql, Str text, int32_t *out)
{
    int32_t days = 0;
    Str word;

    if (!special_word(text, &word))
        return false;
    if (str_is_nocase(word, "epoch")) {
        *out = 0;
        return true;
    }
    if (!day_word(word, &days) && !str_is_nocase(word, "now"))
        return false;
    *out = date_today(sql, sql->zone) + days;
    return true;
}

bool special_timestamp(const SqlContext *sql, Str text, bool ntz, int64_t *out)
{
    int32_t days;
    Str word;

    if (!special_word(text, &word))
        return false;
    if (str_is_nocase(word, "epoch")) {
        *out = 0;
        return true;
    }
    if (str_is_nocase(word, "now")) {
        *out = ntz ? zone_to_local(sql->zone, sql->now_us) : sql->now_us;
        return true;
    }
    if (!day_word(word, &days))
        return false;
    *out = (int64_t)(date_today(sql, sql->zone) + days) * US_PER_DAY;
    if (!ntz)
        *out = zone_to_utc(sql->zone, *out);
    return true;
}
