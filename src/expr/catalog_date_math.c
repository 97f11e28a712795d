/*
 * catalog_date_math.c: steps between dates and times (add_months, timestampadd, timestampdiff,
 * datediff, …), and dates, timestamps and intervals made of numbers.
 */
#include "base/assert.h"
#include "expr/arithmetic.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/decimal_math.h"
#include "expr/kernel.h"
#include "expr/time.h"

/* ── months ────────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_add_months(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        kernel_date_later(call, out, i, arg_i32(call, 1, i));
    return out;
}

static Vector *kernel_last_day(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int32_t days = arg_i32(call, 0, i), year;
        int month, day;

        civil_from_days(days, &year, &month, &day);
        vector_i32(out)[i] = days - day + month_days(year, month);
    }
    return out;
}

/* Whole months when both are the same day of the month or both the last; else months of 31 days. */
static double months_between(int64_t a, int64_t b, bool round_off)
{
    int32_t days_a = (int32_t)floor_div(a, US_PER_DAY), days_b = (int32_t)floor_div(b, US_PER_DAY);
    int32_t year_a, year_b;
    int month_a, month_b, day_a, day_b;
    double months, seconds;

    civil_from_days(days_a, &year_a, &month_a, &day_a);
    civil_from_days(days_b, &year_b, &month_b, &day_b);
    months = ((double)year_a - year_b) * 12 + (month_a - month_b);
    if (day_a == day_b ||
        (day_a == month_days(year_a, month_a) && day_b == month_days(year_b, month_b)))
        return months;
    seconds = (double)((day_a - day_b) * INT64_C(86400) + floor_mod(a, US_PER_DAY) / US_PER_SECOND -
                       floor_mod(b, US_PER_DAY) / US_PER_SECOND);
    months += seconds / (31.0 * 86400);
    if (!round_off)
        return months;
    /* To eight digits, halves up by magnitude. */
    seconds = months * 1e8;
    return (double)(int64_t)(seconds < 0 ? seconds - 0.5 : seconds + 0.5) / 1e8;
}

static Vector *kernel_months_between(const KernelCall *call)
{
    const Zone *zone = timestamp_zone(call->sql, call->args[0]->type);
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_f64(out)[i] = months_between(timestamp_local(zone, arg_i64(call, 0, i)),
                                            timestamp_local(zone, arg_i64(call, 1, i)),
                                            call->arg_count < 3 || arg_bool(call, 2, i));
    return out;
}

/* ── days ──────────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_datediff(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_i32(out)[i] =
            (int32_t)((uint32_t)arg_i32(call, 0, i) - (uint32_t)arg_i32(call, 1, i));
    return out;
}

/* 0: Monday; -1: no day's name. */
static int day_of_name(Str name)
{
    static const char *const names[7][3] = {
        {"MO", "MON", "MONDAY"},   {"TU", "TUE", "TUESDAY"}, {"WE", "WED", "WEDNESDAY"},
        {"TH", "THU", "THURSDAY"}, {"FR", "FRI", "FRIDAY"},  {"SA", "SAT", "SATURDAY"},
        {"SU", "SUN", "SUNDAY"},
    };

    for (int d = 0; d < 7; d++) {
        for (int n = 0; n < 3; n++) {
            if (str_is_nocase(name, names[d][n]))
                return d;
        }
    }
    return -1;
}

static Vector *kernel_next_day(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str name = str_trim(arg_str(call, 1, i));
        int32_t days = arg_i32(call, 0, i);
        int day = day_of_name(name);

        if (day < 0) {
            name.bytes = MIN(name.bytes, 50);
            kernel_ansi_error(call, out, i, "ILLEGAL_DAY_OF_WEEK", "22009",
                              "Illegal input for day of week: %.*s.", STR_ARG(name));
            continue;
        }
        /* The first one after the day: 1 to 7 days later. */
        vector_i32(out)[i] = days + (int32_t)floor_mod(day - (int64_t)days - 3 - 1, 7) + 1;
    }
    return out;
}

/* ── units: timestampadd, timestampdiff ────────────────────────────────────────────────────────*/

static const struct {
    const char *name;
    int64_t us;     /* Of units of one length in real time. */
    int32_t months; /* Of the others: so many months, or days. */
    int32_t days;
} units[] = {
    {"MICROSECOND", 1, 0, 0},
    {"MILLISECOND", US_PER_MS, 0, 0},
    {"SECOND", US_PER_SECOND, 0, 0},
    {"MINUTE", US_PER_MINUTE, 0, 0},
    {"HOUR", US_PER_HOUR, 0, 0},
    {"DAY", 0, 0, 1},
    {"DAYOFYEAR", 0, 0, 1},
    {"WEEK", 0, 0, 7},
    {"MONTH", 0, 1, 0},
    {"QUARTER", 0, 3, 0},
    {"YEAR", 0, 12, 0},
};

static bool unit_of(BindCall *call, Error *err)
{
    uint32_t *unit_i = ARENA_NEW(call->arena, uint32_t);
    Str name;

    if (!bind_constant_string(call, 0, "unit", &name, err))
        return false;
    for (uint32_t u = 0; u < COUNT_OF(units); u++) {
        if (str_is_nocase(name, units[u].name)) {
            *unit_i = u;
            call->data = unit_i;
            return true;
        }
    }
    return error_set_class(err, ERROR_USER, "INVALID_PARAMETER_VALUE.DATETIME_UNIT", "22023",
                           "The value of parameter(s) `unit` in `%s` is invalid: expects one of "
                           "the units without quotes YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, "
                           "HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, but got '%.*s'.",
                           call->fn->name, STR_ARG(name));
}

static bool bind_timestampadd(BindCall *call, Error *err)
{
    return unit_of(call, err) && bind_signature(call, err);
}

/* With a unit it is timestampadd: the binder tells them apart. */
static bool bind_dateadd(BindCall *call, Error *err)
{
    return bind_as(call, "date_add", call->args, 2, err);
}

static Vector *kernel_timestampadd(const KernelCall *call)
{
    uint32_t u = *(const uint32_t *)call->expr->data;
    const Zone *zone = timestamp_zone(call->sql, call->expr->type);
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int64_t count = arg_i64(call, 1, i), months, days, us;

        if (__builtin_mul_overflow(count, (int64_t)units[u].months, &months) ||
            __builtin_mul_overflow(count, (int64_t)units[u].days, &days) ||
            __builtin_mul_overflow(count, units[u].us, &us) || months > INT32_MAX ||
            months < INT32_MIN ||
            !timestamp_add(arg_i64(call, 2, i), months, days, us, zone, &vector_i64(out)[i]))
            kernel_error(call, out, i, "DATETIME_OVERFLOW", "22008",
                         "Datetime operation overflow: add %ld %s to a timestamp.", (long)count,
                         units[u].name);
    }
    return out;
}

/* Whole months from a to b, both local. */
static int64_t whole_months(int64_t a, int64_t b)
{
    int32_t year_a, year_b;
    int month_a, month_b, day_a, day_b;
    int64_t months, rest_a, rest_b;

    civil_from_days((int32_t)floor_div(a, US_PER_DAY), &year_a, &month_a, &day_a);
    civil_from_days((int32_t)floor_div(b, US_PER_DAY), &year_b, &month_b, &day_b);
    months = ((int64_t)year_b - year_a) * 12 + month_b - month_a;
    rest_a = day_a * US_PER_DAY + floor_mod(a, US_PER_DAY);
    rest_b = day_b * US_PER_DAY + floor_mod(b, US_PER_DAY);
    if (months > 0 && rest_b < rest_a)
        months--;
    if (months < 0 && rest_b > rest_a)
        months++;
    return months;
}

static bool bind_timestampdiff(BindCall *call, Error *err)
{
    return unit_of(call, err) && bind_signature(call, err);
}

static bool bind_datediff(BindCall *call, Error *err)
{
    return bind_as(call, "days between", call->args, 2, err);
}

static Vector *kernel_timestampdiff(const KernelCall *call)
{
    uint32_t u = *(const uint32_t *)call->expr->data;
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int64_t a = zone_to_local(call->sql->zone, arg_i64(call, 1, i));
        int64_t b = zone_to_local(call->sql->zone, arg_i64(call, 2, i));

        if (units[u].us)
            vector_i64(out)[i] = (arg_i64(call, 2, i) - arg_i64(call, 1, i)) / units[u].us;
        else if (units[u].days)
            vector_i64(out)[i] = (b - a) / (units[u].days * US_PER_DAY);
        else
            vector_i64(out)[i] = whole_months(a, b) / units[u].months;
    }
    return out;
}

/* ── made of numbers ───────────────────────────────────────────────────────────────────────────*/

static bool date_of(const KernelCall *call, Vector *out, uint32_t i, int32_t *days)
{
    int32_t year = arg_i32(call, 0, i), month = arg_i32(call, 1, i), day = arg_i32(call, 2, i);
    const char *why = NULL;

    if (month < 1 || month > 12)
        why = arena_printf(call->arena, "Invalid value for MonthOfYear (valid values 1 - 12): %d",
                           month);
    else if (day < 1 || day > 31)
        why = arena_printf(call->arena, "Invalid value for DayOfMonth (valid values 1 - 28/31): %d",
                           day);
    else if (day > month_days(year, month))
        why = arena_printf(call->arena, "Invalid date: month %d has no day %d", month, day);
    else if (year < -999999 || year > 999999)
        why = arena_printf(call->arena, "Invalid value for Year: %d", year);
    if (why)
        kernel_ansi_error(call, out, i, "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION", "22023",
                          "%s. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass "
                          "this error.",
                          why);
    else
        *days = days_from_civil(year, month, day);
    return !why;
}

static Vector *kernel_make_date(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        date_of(call, out, i, &vector_i32(out)[i]);
    return out;
}

static bool time_field(const KernelCall *call, Vector *out, uint32_t i, const char *name,
                       int64_t value, int64_t max)
{
    if (value >= 0 && value <= max)
        return true;
    kernel_ansi_error(call, out, i, "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION", "22023",
                      "Invalid value for %s (valid values 0 - %ld): %ld. If necessary set "
                      "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error.",
                      name, (long)max, (long)value);
    return false;
}

/* Seconds with six digits behind the point; 60 is the next minute, if it is whole. */
static bool time_of(const KernelCall *call, Vector *out, uint32_t i, int64_t *us)
{
    Int128 seconds = arg_i128(call, 5, i);
    int64_t whole = (int64_t)(seconds / US_PER_SECOND);

    if (whole == 60 && seconds % US_PER_SECOND) {
        kernel_ansi_error(call, out, i, "INVALID_FRACTION_OF_SECOND", "22023",
                          "Valid range for seconds is [0, 60] (inclusive), but the provided value "
                          "is %ld.%06ld.",
                          (long)whole, (long)(seconds % US_PER_SECOND));
        return false;
    }
    if (!time_field(call, out, i, "HourOfDay", arg_i32(call, 3, i), 23) ||
        !time_field(call, out, i, "MinuteOfHour", arg_i32(call, 4, i), 59) ||
        !(whole == 60 || time_field(call, out, i, "SecondOfMinute", seconds < 0 ? -1 : whole, 59)))
        return false;
    *us =
        arg_i32(call, 3, i) * US_PER_HOUR + arg_i32(call, 4, i) * US_PER_MINUTE + (int64_t)seconds;
    return true;
}

static Vector *kernel_make_timestamp(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        const Zone *zone = timestamp_zone(call->sql, call->expr->type);
        Error err = {0};
        int32_t days;
        int64_t us;

        if (!date_of(call, out, i, &days) || !time_of(call, out, i, &us))
            continue;
        if (call->arg_count > 6 && !zone_find(arg_str(call, 6, i), &zone, &err))
            kernel_error(call, out, i, "INVALID_TIMEZONE", "22009", "%s", err.text);
        else
            vector_i64(out)[i] = timestamp_of_local(zone, days * US_PER_DAY + us);
    }
    return out;
}

/* make_timestamp(date[, time[, zone]]): there is no TIME here, so only NULL fits as one. */
static bool bind_make_timestamp(BindCall *call, Error *err)
{
    const char *result = call->fn->extra ? call->fn->extra : "timestamp";
    bool ntz = str_is(str_of(result), "timestamp_ntz");

    call->nullable = true;
    if (call->arg_count >= 6)
        return call->arg_count == 6 || !ntz ? bind_signature(call, err)
                                            : bind_wrong_count(call, "[2, 6]", err);
    if (call->arg_count > (ntz ? 2 : 3) ||
        (call->arg_count == 1 && (ntz || strstr(call->fn->name, "_ltz"))))
        return bind_wrong_count(call, ntz ? "[2, 6]" : "[2, 3, 6, 7]", err);
    if (!bind_require(call, 0, &type_date, err))
        return false;
    for (uint32_t i = 1; i < call->arg_count; i++) {
        if (call->args[i]->type->kind != TYPE_VOID)
            return bind_unexpected(call, i, i == 1 ? "TIME" : "STRING", err);
    }
    if (call->arg_count > 1) {
        call->result =
            expr_literal_null(call->arena, ntz ? &type_timestamp_ntz : &type_timestamp, call->span);
        return true;
    }
    return expr_cast(call->arena, call->sql, call->args[0],
                     ntz ? &type_timestamp_ntz : &type_timestamp,
                     (call->fn->flags & FN_NULL_ON_ERROR) != 0, call->span, &call->result, err);
}

/* ── intervals made of numbers ─────────────────────────────────────────────────────────────────*/

/* Missing arguments are 0. */
static void fill_arguments(BindCall *call, uint32_t count, const Type *last)
{
    Expr **args = ARENA_ARRAY(call->arena, Expr *, count);

    for (uint32_t i = 0; i < count; i++) {
        Error ignored = {0};
        Expr *zero = expr_literal_int(call->arena, 0, call->span);

        args[i] = i < call->arg_count ? call->args[i] : zero;
        if (i >= call->arg_count && i == count - 1 && last)
            expr_cast(call->arena, call->sql, zero, last, false, call->span, &args[i], &ignored);
    }
    call->args = args;
    call->arg_count = count;
}

static bool bind_make_interval(BindCall *call, Error *err)
{
    uint32_t full = (uint32_t)call->fn->arg_max;

    fill_arguments(call, full, full > 2 ? type_decimal(call->arena, 18, 6) : NULL);
    return bind_signature(call, err);
}

static void interval_overflow(const KernelCall *call, Vector *out, uint32_t i)
{
    kernel_error(call, out, i, CLASS_INTERVAL_OVERFLOW,
                 "Integer overflow while operating with intervals.");
}

static Vector *kernel_make_interval(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Int128 months = (Int128)arg_i32(call, 0, i) * 12 + arg_i32(call, 1, i);
        Int128 days = (Int128)arg_i32(call, 2, i) * 7 + arg_i32(call, 3, i);
        Int128 us = (Int128)arg_i32(call, 4, i) * US_PER_HOUR +
                    (Int128)arg_i32(call, 5, i) * US_PER_MINUTE + arg_i128(call, 6, i);

        if (months != (int32_t)months || days != (int32_t)days || us != (int64_t)us)
            kernel_ansi_error(call, out, i, CLASS_OVERFLOW, "integer overflow");
        else
            vector_intervals(out)[i] = (Interval){(int32_t)months, (int32_t)days, (int64_t)us};
    }
    return out;
}

static Vector *kernel_make_dt_interval(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Int128 us = (Int128)arg_i32(call, 0, i) * US_PER_DAY +
                    (Int128)arg_i32(call, 1, i) * US_PER_HOUR +
                    (Int128)arg_i32(call, 2, i) * US_PER_MINUTE + arg_i128(call, 3, i);

        if (us != (int64_t)us)
            interval_overflow(call, out, i);
        vector_i64(out)[i] = (int64_t)us;
    }
    return out;
}

static Vector *kernel_make_ym_interval(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Int128 months = (Int128)arg_i32(call, 0, i) * 12 + arg_i32(call, 1, i);

        if (months != (int32_t)months)
            interval_overflow(call, out, i);
        vector_i32(out)[i] = (int32_t)months;
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define BOUND_ROW(name_, flags_, min_, max_, bind_, signature_, kernel_, extra_, doc_, example_)   \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = min_,              \
        .arg_max = max_, .bind = bind_, .signature = signature_, .kernel = kernel_,                \
        .extra = extra_, .group = "datetime", .doc = doc_, .example = example_                     \
    }
#define ADD_UNIT "(string, bigint, timestamps) -> $3"
#define DIFF_UNIT "(string, timestamp, timestamp) -> bigint"
#define MAKE(result)                                                                               \
    "(int, int, int, int, int, decimal(16,6)) -> " result                                          \
    "; (int, int, int, int, int, decimal(16,6), string) -> " result
#define MAKE_TIMESTAMP(name_, result_, doc_, example_)                                             \
    BOUND_ROW(name_, 0, 1, 7, bind_make_timestamp, MAKE(result_), kernel_make_timestamp, result_,  \
              doc_, example_),                                                                     \
        BOUND_ROW("try_" name_, FN_NULL_ON_ERROR, 1, 7, bind_make_timestamp, MAKE(result_),        \
                  kernel_make_timestamp, result_, doc_ ", or NULL", "try_" example_)

static const Function rows[] = {
    FUNCTION_ROW("datetime", "add_months", "(date, int) -> date", kernel_add_months, NULL,
                 "The date so many months later",
                 "add_months('2016-08-31', 1) = DATE '2016-09-30'"),
    FUNCTION_ROW("datetime", "last_day", "(date) -> date", kernel_last_day, NULL,
                 "The last day of the month", "last_day('2009-01-12') = DATE '2009-01-31'"),
    FUNCTION_ROW("datetime", "next_day", "(date, string) -> date", kernel_next_day, NULL,
                 "The first day of that name after the date",
                 "next_day('2015-01-14', 'TU') = DATE '2015-01-20'"),
    FUNCTION_ROW("datetime", "months_between",
                 "(timestamp, timestamp) -> double; (timestamp, timestamp, boolean) -> double",
                 kernel_months_between, NULL,
                 "Months from the second to the first, with a fraction",
                 "months_between('1997-02-28 10:30:00', '1996-10-30') = 3.94959677D"),
    {
        .name = "days between",
        .flags = FN_STRICT | FN_CONSTANTS | FN_HIDDEN,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_signature,
        .signature = "(date, date) -> int",
        .kernel = kernel_datediff,
        .group = "datetime",
        .doc = "",
        .example = "",
    },
    BOUND_ROW(
        "dateadd", 0, 2, 2, bind_dateadd, ADD_UNIT, NULL, NULL,
        "The time so many units later, or the date so many days later",
        "dateadd(MONTH, 1, TIMESTAMP '2024-01-31 00:00:00') = TIMESTAMP '2024-02-29 00:00:00'"),
    BOUND_ROW("timestampadd", 0, 3, 3, bind_timestampadd, ADD_UNIT, kernel_timestampadd, NULL,
              "The time so many units later",
              "timestampadd(HOUR, 2, TIMESTAMP '2024-01-01 00:00:00') = TIMESTAMP '2024-01-01 "
              "02:00:00'"),
    BOUND_ROW("timestampdiff", 0, 3, 3, bind_timestampdiff, DIFF_UNIT, kernel_timestampdiff, NULL,
              "Whole units from the first time to the second",
              "timestampdiff(MONTH, DATE '2024-01-31', DATE '2024-03-01') = 1"),
    BOUND_ROW("timediff", 0, 3, 3, bind_timestampdiff, DIFF_UNIT, kernel_timestampdiff, NULL,
              "Whole units from the first time to the second; the same as timestampdiff",
              "timediff(DAY, DATE '2024-01-31', DATE '2024-03-01') = 30"),
    BOUND_ROW("datediff", 0, 2, 2, bind_datediff, DIFF_UNIT, NULL, NULL,
              "Days from the second date to the first; with a unit, as timestampdiff",
              "datediff('2009-07-31', '2009-07-30') = 1"),
    BOUND_ROW("date_diff", 0, 2, 2, bind_datediff, DIFF_UNIT, NULL, NULL,
              "The same as datediff", "date_diff('2009-07-31', '2009-07-30') = 1"),
    FUNCTION_ROW("datetime", "make_date", "(int, int, int) -> date", kernel_make_date, NULL,
                 "The date of year, month and day", "make_date(2013, 7, 15) = DATE '2013-07-15'"),
    MAKE_TIMESTAMP("make_timestamp", "timestamp",
                   "The timestamp of year, month, day, hour, minute, second and perhaps a zone",
                   "make_timestamp(2014, 12, 28, 6, 30, 45.887) = TIMESTAMP '2014-12-28 "
                   "06:30:45.887'"),
    MAKE_TIMESTAMP("make_timestamp_ltz", "timestamp", "The same as make_timestamp",
                   "make_timestamp_ltz(2014, 12, 28, 6, 30, 45.887) = TIMESTAMP '2014-12-28 "
                   "06:30:45.887'"),
    MAKE_TIMESTAMP("make_timestamp_ntz", "timestamp_ntz", "The local time of its parts",
                   "make_timestamp_ntz(2014, 12, 28, 6, 30, 45.887) = TIMESTAMP_NTZ '2014-12-28 "
                   "06:30:45.887'"),
    BOUND_ROW("make_interval", 0, 0, 7, bind_make_interval,
              "(int, int, int, int, int, int, decimal(18,6)) -> interval", kernel_make_interval,
              NULL, "An interval of years, months, weeks, days, hours, minutes, seconds",
              "make_interval(0, 1, 0, 1) IS NOT NULL"),
    BOUND_ROW("try_make_interval", FN_NULL_ON_ERROR, 1, 7, bind_make_interval,
              "(int, int, int, int, int, int, decimal(18,6)) -> interval", kernel_make_interval,
              NULL, "As make_interval, or NULL where it overflows",
              "try_make_interval(2147483647) IS NULL"),
    BOUND_ROW("make_dt_interval", 0, 0, 4, bind_make_interval,
              "(int, int, int, decimal(18,6)) -> dt", kernel_make_dt_interval, NULL,
              "An interval of days, hours, minutes, seconds",
              "make_dt_interval(1, 12) = INTERVAL '36' HOUR"),
    BOUND_ROW("make_ym_interval", 0, 0, 2, bind_make_interval, "(int, int) -> ym",
              kernel_make_ym_interval, NULL, "An interval of years and months",
              "make_ym_interval(1, 2) = INTERVAL '1-2' YEAR TO MONTH"),
};

const FunctionTable catalog_date_math = FUNCTION_TABLE_OF(rows);
