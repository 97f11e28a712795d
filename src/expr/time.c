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

int32_t date_add_months(int32_t days, int64_t months)
{
    int32_t year;
    int month, day;
    int64_t all;

    civil_from_days(days, &year, &month, &day);
    all = (int64_t)year * 12 + (month - 1) + months;
    month = (int)floor_mod(all, 12) + 1;
    return days_from_civil(floor_div(all, 12), month,
                           MIN(day, month_days(floor_div(all, 12), month)));
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
        if (months)
            day = date_add_months((int32_t)day, months);
        if (__builtin_add_overflow(day, days, &day) ||
            __builtin_mul_overflow(day, US_PER_DAY, &day) ||
            __builtin_add_overflow(day, rest, &local))
            return false;
        us = timestamp_of_local(zone, local);
    }
    return !__builtin_add_overflow(us, more_us, out);
}
