/*
 * time.h: steps in the calendar, as java.time makes them: the last day of a shorter month instead
 * of one that does not exist, days and months in local time, hours and less in real time.
 */
#ifndef WEIR_EXPR_TIME_H
#define WEIR_EXPR_TIME_H

#include "column/format_value.h"
#include "column/zone_parse.h"
#include "expr/kernel.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static inline int64_t floor_mod(int64_t a, int64_t b)
{
    return a - floor_div(a, b) * b;
}

int month_days(int64_t year, int month); /* 28 .. 31 */
bool year_is_leap(int64_t year);
/* False: past the range of a DATE's 32 bits. (Adding days wraps there, as Spark's does.) */
bool date_add_months(int32_t days, int64_t months, int32_t *out);
/* The DATE of argument 0, so many months on, as the result of row i; false: the row has an error. */
bool kernel_date_later(const KernelCall *call, Vector *out, uint32_t i, int64_t months);
/* False: past the range of 64 bits. `zone` NULL: local time itself (TIMESTAMP_NTZ). */
bool timestamp_add(int64_t us, int64_t months, int64_t days, int64_t more_us, const Zone *zone,
                   int64_t *out);
/* Today's date in a zone. */
int32_t date_today(const SqlContext *sql, const Zone *zone);
/* '10:11:12', perhaps with a zone: that time of today. False: no such text. */
bool timestamp_of_today(const SqlContext *sql, Str text, int64_t *out);
/* 'epoch', 'now', 'today', 'tomorrow', 'yesterday', perhaps with a zone behind: as a constant text's
 * DATE, or as its TIMESTAMP (local time where `ntz`). False: no such word. */
bool special_date(const SqlContext *sql, Str text, int32_t *out);
bool special_timestamp(const SqlContext *sql, Str text, bool ntz, int64_t *out);

/* The zone of a TIMESTAMP, NULL of a TIMESTAMP_NTZ; and local time either way. */
const Zone *timestamp_zone(const SqlContext *sql, const Type *type);
int64_t timestamp_local(const Zone *zone, int64_t us);
int64_t timestamp_of_local(const Zone *zone, int64_t local_us);

#endif
