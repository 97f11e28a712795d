/*
 * catalog_date_part.c: the parts of dates, timestamps and intervals: year, month, …, extract,
 * date_part; and dates and times cut off at a unit: trunc, date_trunc.
 */
#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"
#include "expr/time.h"

typedef enum DatePart {
    PART_YEAR,
    PART_YEAR_OF_WEEK,
    PART_QUARTER,
    PART_MONTH,
    PART_WEEK,
    PART_DAY,
    PART_DAY_OF_WEEK,     /* 1: Sunday */
    PART_DAY_OF_WEEK_ISO, /* 1: Monday */
    PART_WEEKDAY,         /* 0: Monday */
    PART_DAY_OF_YEAR,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,          /* Whole, INT. */
    PART_SECOND_FRACTION, /* DECIMAL(8,6) */
} DatePart;

/* ── of a date ─────────────────────────────────────────────────────────────────────────────────*/

/* Days since Monday. */
static int32_t weekday(int32_t days)
{
    return (int32_t)floor_mod((int64_t)days + 3, 7);
}

/* ISO 8601: the week belongs to the year its Thursday is in. */
static void iso_week(int32_t days, int32_t *year, int32_t *week)
{
    int32_t thursday = days - weekday(days) + 3;
    int month, day;

    civil_from_days(thursday, year, &month, &day);
    *week = (thursday - days_from_civil(*year, 1, 1)) / 7 + 1;
}

static int32_t date_part(DatePart part, int32_t days)
{
    int32_t year, week_year, week;
    int month, day;

    civil_from_days(days, &year, &month, &day);
    switch ((int)part) {
    case PART_YEAR:
        return year;
    case PART_YEAR_OF_WEEK:
        iso_week(days, &week_year, &week);
        return week_year;
    case PART_QUARTER:
        return (month + 2) / 3;
    case PART_MONTH:
        return month;
    case PART_WEEK:
        iso_week(days, &week_year, &week);
        return week;
    case PART_DAY:
        return day;
    case PART_DAY_OF_WEEK:
        return (weekday(days) + 1) % 7 + 1;
    case PART_DAY_OF_WEEK_ISO:
        return weekday(days) + 1;
    case PART_WEEKDAY:
        return weekday(days);
    default: /* PART_DAY_OF_YEAR */
        return days - days_from_civil(year, 1, 1) + 1;
    }
}

static Vector *kernel_date_part(const KernelCall *call)
{
    DatePart part = *(const DatePart *)call->expr->fn->extra;
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_i32(out)[i] = date_part(part, arg_i32(call, 0, i));
    return out;
}

/* Spark takes more arguments here, and looks at the first alone. */
static bool bind_time_part(BindCall *call, Error *err)
{
    call->arg_count = 1;
    return bind_signature(call, err);
}

static Vector *kernel_time_part(const KernelCall *call)
{
    DatePart part = *(const DatePart *)call->expr->fn->extra;
    const Zone *zone = timestamp_zone(call->sql, call->args[0]->type);
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int64_t us = floor_mod(timestamp_local(zone, arg_i64(call, 0, i)), US_PER_DAY);

        if (part == PART_HOUR)
            vector_i32(out)[i] = (int32_t)(us / US_PER_HOUR);
        else if (part == PART_MINUTE)
            vector_i32(out)[i] = (int32_t)(us / US_PER_MINUTE % 60);
        else if (part == PART_SECOND)
            vector_i32(out)[i] = (int32_t)(us / US_PER_SECOND % 60);
        else
            vector_i128(out)[i] = us % US_PER_MINUTE;
    }
    return out;
}

/* ── of an interval ────────────────────────────────────────────────────────────────────────────*/

static int64_t dt_part(DatePart part, int64_t us)
{
    switch ((int)part) {
    case PART_DAY:
        return us / US_PER_DAY;
    case PART_HOUR:
        return us % US_PER_DAY / US_PER_HOUR;
    case PART_MINUTE:
        return us % US_PER_HOUR / US_PER_MINUTE;
    default:
        return us % US_PER_MINUTE;
    }
}

static int64_t interval_part(DatePart part, const Vector *v, uint32_t r)
{
    Interval interval;

    if (v->type->kind == TYPE_INTERVAL_YM)
        return part == PART_YEAR ? vector_i32(v)[r] / 12 : vector_i32(v)[r] % 12;
    if (v->type->kind == TYPE_INTERVAL_DT)
        return dt_part(part, vector_i64(v)[r]);
    interval = vector_intervals(v)[r];
    if (part == PART_YEAR)
        return interval.months / 12;
    if (part == PART_MONTH)
        return interval.months % 12;
    if (part == PART_DAY)
        return interval.days;
    /* Hours of a calendar interval are not cut at a day. */
    return part == PART_HOUR ? interval.us / US_PER_HOUR : dt_part(part, interval.us);
}

static Vector *kernel_interval_part(const KernelCall *call)
{
    DatePart part = *(const DatePart *)call->expr->fn->extra;
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int64_t value = interval_part(part, call->args[0], vector_row(call->args[0], i));

        if (out->type->kind == TYPE_DECIMAL)
            vector_i128(out)[i] = value;
        else if (out->type->kind == TYPE_TINYINT)
            vector_i8(out)[i] = (int8_t)value;
        else if (out->type->kind == TYPE_BIGINT)
            vector_i64(out)[i] = value;
        else
            vector_i32(out)[i] = (int32_t)value;
    }
    return out;
}

/* ── extract ───────────────────────────────────────────────────────────────────────────────────*/

static const struct {
    const char *names[6];
    const char *function;          /* Of dates and timestamps. */
    const char *interval_function; /* NULL: intervals have no such part. */
} fields[] = {
    {{"year", "y", "years", "yr", "yrs"}, "year", "interval year"},
    {{"yearofweek"}, "year of week", NULL},
    {{"quarter", "qtr"}, "quarter", NULL},
    {{"month", "mon", "mons", "months"}, "month", "interval month"},
    {{"week", "w", "weeks"}, "weekofyear", NULL},
    {{"day", "d", "days"}, "day", "interval day"},
    {{"dayofweek", "dow"}, "dayofweek", NULL},
    {{"dayofweek_iso", "dow_iso"}, "day of week iso", NULL},
    {{"doy"}, "dayofyear", NULL},
    {{"hour", "h", "hours", "hr", "hrs"}, "hour", "interval hour"},
    {{"minute", "m", "min", "mins", "minutes"}, "minute", "interval minute"},
    {{"second", "s", "sec", "seconds", "secs"}, "second with fraction", "interval second"},
};

static int field_find(Str name)
{
    for (size_t f = 0; f < COUNT_OF(fields); f++) {
        for (size_t n = 0; n < COUNT_OF(fields[f].names) && fields[f].names[n]; n++) {
            if (str_is_nocase(name, fields[f].names[n]))
                return (int)f;
        }
    }
    return -1;
}

/* Whether an interval of this type has the part. */
static bool interval_has(const Type *type, int field_i)
{
    static const char *const units[] = {
        [UNIT_YEAR] = "interval year", [UNIT_MONTH] = "interval month",
        [UNIT_DAY] = "interval day",   [UNIT_HOUR] = "interval hour",
        [UNIT_MINUTE] = "interval minute", [UNIT_SECOND] = "interval second",
    };
    const char *function = fields[field_i].interval_function;

    if (!function || type->kind == TYPE_INTERVAL)
        return function != NULL;
    for (int unit = type->from_unit; unit <= type->to_unit; unit++) {
        if (strcmp(units[unit], function) == 0)
            return true;
    }
    return false;
}

/* extract('YEAR', x), date_part('year', x): the field is a constant; NULL gives a NULL DOUBLE. */
static bool bind_extract(BindCall *call, Error *err)
{
    const Type *type = call->args[1]->type;
    const Vector *value;
    bool is_interval = type_is_interval(type) || type->kind == TYPE_INTERVAL;
    int field_i;

    if (!expr_is_constant(call->args[0]) || !bind_coerce(call, 0, &type_string))
        return error_set_class(err, ERROR_USER, "NON_FOLDABLE_ARGUMENT", "42K08",
                               "The function `%s` requires the parameter `field` to be a foldable "
                               "expression of the type \"STRING\", but the actual argument is a "
                               "non-foldable.",
                               call->fn->name);
    if (!bind_constant(call, 0, "field", &value, err))
        return false;
    if (!vector_is_valid(value, 0)) {
        call->result = expr_literal_null(call->arena, &type_double, call->span);
        return true;
    }
    field_i = field_find(vector_strs(value)[0]);
    if (field_i < 0 || (is_interval && !interval_has(type, field_i)))
        return error_set_class(err, ERROR_USER, "INVALID_EXTRACT_FIELD", "42601",
                               "Cannot extract `%.*s` from a value of type %s.",
                               STR_ARG(vector_strs(value)[0]), bind_type_text(call, type));
    return bind_as(call, is_interval ? fields[field_i].interval_function : fields[field_i].function,
                   &call->args[1], 1, err);
}

/* ── trunc, date_trunc ─────────────────────────────────────────────────────────────────────────*/

typedef enum TruncUnit {
    TRUNC_NONE,
    TRUNC_YEAR,
    TRUNC_QUARTER,
    TRUNC_MONTH,
    TRUNC_WEEK,
    TRUNC_DAY,
    TRUNC_HOUR,
    TRUNC_MINUTE,
    TRUNC_SECOND,
    TRUNC_MILLISECOND,
    TRUNC_MICROSECOND,
} TruncUnit;

static const struct {
    const char *name;
    TruncUnit unit;
} trunc_units[] = {
    {"year", TRUNC_YEAR},
    {"yyyy", TRUNC_YEAR},
    {"yy", TRUNC_YEAR},
    {"quarter", TRUNC_QUARTER},
    {"month", TRUNC_MONTH},
    {"mm", TRUNC_MONTH},
    {"mon", TRUNC_MONTH},
    {"week", TRUNC_WEEK},
    {"day", TRUNC_DAY},
    {"dd", TRUNC_DAY},
    {"hour", TRUNC_HOUR},
    {"minute", TRUNC_MINUTE},
    {"second", TRUNC_SECOND},
    {"millisecond", TRUNC_MILLISECOND},
    {"microsecond", TRUNC_MICROSECOND},
};

static TruncUnit trunc_unit(Str name)
{
    for (size_t i = 0; i < COUNT_OF(trunc_units); i++) {
        if (str_is_nocase(name, trunc_units[i].name))
            return trunc_units[i].unit;
    }
    return TRUNC_NONE;
}

static int32_t trunc_date(TruncUnit unit, int32_t days)
{
    int32_t year;
    int month, day;

    civil_from_days(days, &year, &month, &day);
    if (unit == TRUNC_YEAR)
        return days_from_civil(year, 1, 1);
    if (unit == TRUNC_QUARTER)
        return days_from_civil(year, (month - 1) / 3 * 3 + 1, 1);
    if (unit == TRUNC_MONTH)
        return days_from_civil(year, month, 1);
    return days - weekday(days);
}

/* NULL for a unit that is none, or is shorter than a week. */
static Vector *kernel_trunc(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        TruncUnit unit = trunc_unit(arg_str(call, 1, i));

        if (unit == TRUNC_NONE || unit >= TRUNC_DAY)
            vector_set_null(call->arena, out, i);
        else
            vector_i32(out)[i] = trunc_date(unit, arg_i32(call, 0, i));
    }
    return out;
}

static int64_t trunc_timestamp(TruncUnit unit, int64_t us, const Zone *zone)
{
    static const int64_t sizes[] = {
        [TRUNC_DAY] = US_PER_DAY,        [TRUNC_HOUR] = US_PER_HOUR,
        [TRUNC_MINUTE] = US_PER_MINUTE,  [TRUNC_SECOND] = US_PER_SECOND,
        [TRUNC_MILLISECOND] = US_PER_MS, [TRUNC_MICROSECOND] = 1,
    };
    int64_t local;

    if (unit >= TRUNC_SECOND)
        return us - floor_mod(us, sizes[unit]);
    local = timestamp_local(zone, us);
    /* Hours and minutes are those of the offset in force, so that a repeated hour stays its own. */
    if (unit == TRUNC_HOUR || unit == TRUNC_MINUTE)
        return us - floor_mod(local, sizes[unit]);
    if (unit == TRUNC_DAY)
        local -= floor_mod(local, US_PER_DAY);
    else
        local = trunc_date(unit, (int32_t)floor_div(local, US_PER_DAY)) * US_PER_DAY;
    return timestamp_of_local(zone, local);
}

static Vector *kernel_date_trunc(const KernelCall *call)
{
    const Zone *zone = timestamp_zone(call->sql, call->args[1]->type);
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        TruncUnit unit = trunc_unit(arg_str(call, 0, i));

        if (unit == TRUNC_NONE)
            vector_set_null(call->arena, out, i);
        else
            vector_i64(out)[i] = trunc_timestamp(unit, arg_i64(call, 1, i), zone);
    }
    return out;
}

static bool bind_nullable(BindCall *call, Error *err)
{
    call->nullable = true;
    return bind_signature(call, err);
}

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_name(const KernelCall *call)
{
    static const char names[] = "MonTueWedThuFriSatSunJanFebMarAprMayJunJulAugSepOctNovDec";
    bool month = *(const DatePart *)call->expr->fn->extra == PART_MONTH;
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int32_t days = arg_i32(call, 0, i);
        int32_t n = month ? 6 + date_part(PART_MONTH, days) : weekday(days);

        vector_strs(out)[i] = (Str){names + 3 * n, 3};
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const DatePart year = PART_YEAR, year_of_week = PART_YEAR_OF_WEEK, quarter = PART_QUARTER,
                      month = PART_MONTH, week = PART_WEEK, day = PART_DAY,
                      day_of_week = PART_DAY_OF_WEEK, day_of_week_iso = PART_DAY_OF_WEEK_ISO,
                      week_day = PART_WEEKDAY, day_of_year = PART_DAY_OF_YEAR, hour = PART_HOUR,
                      minute = PART_MINUTE, second = PART_SECOND,
                      second_fraction = PART_SECOND_FRACTION;

#define DATE_PART(name_, part_, doc_, example_)                                                    \
    FUNCTION_ROW("datetime", name_, "(date) -> int", kernel_date_part, &(part_), doc_, example_)
#define TIME_PART(name_, part_, doc_, example_)                                                    \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 1, .arg_max = -1,             \
        .bind = bind_time_part, .signature = "(timestamps) -> int", .kernel = kernel_time_part,    \
        .extra = &(part_), .group = "datetime", .doc = doc_, .example = example_                   \
    }
#define HIDDEN_PART(name_, signature_, kernel_, part_)                                             \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | FN_HIDDEN, .arg_min = 1, .arg_max = 1,  \
        .bind = bind_signature, .signature = signature_, .kernel = kernel_, .extra = &(part_),     \
        .group = "datetime", .doc = "", .example = ""                                              \
    }
#define EXTRACT(name_, doc_, example_)                                                             \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 2, .arg_max = 2,              \
        .bind = bind_extract, .group = "datetime", .doc = doc_, .example = example_                \
    }

static const Function rows[] = {
    DATE_PART("year", year, "The year", "year('2024-02-29') = 2024"),
    DATE_PART("quarter", quarter, "The quarter, 1 to 4", "quarter('2024-05-01') = 2"),
    DATE_PART("month", month, "The month, 1 to 12", "month('2024-02-29') = 2"),
    DATE_PART("weekofyear", week, "The week of ISO 8601", "weekofyear('2008-02-20') = 8"),
    DATE_PART("day", day, "The day of the month", "day('2024-02-29') = 29"),
    DATE_PART("dayofmonth", day, "The day of the month", "dayofmonth('2024-02-29') = 29"),
    DATE_PART("dayofweek", day_of_week, "The day of the week, 1 being Sunday",
              "dayofweek('2009-07-30') = 5"),
    DATE_PART("weekday", week_day, "The day of the week, 0 being Monday",
              "weekday('2009-07-30') = 3"),
    DATE_PART("dayofyear", day_of_year, "The day of the year", "dayofyear('2016-04-09') = 100"),
    TIME_PART("hour", hour, "The hour, 0 to 23", "hour('2009-07-30 12:58:59') = 12"),
    TIME_PART("minute", minute, "The minute", "minute('2009-07-30 12:58:59') = 58"),
    TIME_PART("second", second, "The whole second", "second('2009-07-30 12:58:59') = 59"),
    HIDDEN_PART("year of week", "(date) -> int", kernel_date_part, year_of_week),
    HIDDEN_PART("day of week iso", "(date) -> int", kernel_date_part, day_of_week_iso),
    HIDDEN_PART("second with fraction", "(timestamps) -> decimal(8,6)", kernel_time_part,
                second_fraction),
    HIDDEN_PART("interval year", "(ym) -> int; (interval) -> int", kernel_interval_part, year),
    HIDDEN_PART("interval month", "(ym) -> tinyint; (interval) -> tinyint", kernel_interval_part,
                month),
    HIDDEN_PART("interval day", "(dt) -> int; (interval) -> int", kernel_interval_part, day),
    HIDDEN_PART("interval hour", "(dt) -> tinyint; (interval) -> bigint", kernel_interval_part,
                hour),
    HIDDEN_PART("interval minute", "(dt) -> tinyint; (interval) -> tinyint", kernel_interval_part,
                minute),
    HIDDEN_PART("interval second", "(dt) -> decimal(8,6); (interval) -> decimal(8,6)",
                kernel_interval_part, second_fraction),
    EXTRACT("extract", "A part of a date, timestamp or interval",
            "extract(YEAR FROM DATE '2024-02-29') = 2024"),
    EXTRACT("date_part", "A part of a date, timestamp or interval",
            "date_part('year', DATE '2024-02-29') = 2024"),
    EXTRACT("datepart", "A part of a date, timestamp or interval; the same as date_part",
            "datepart('year', DATE '2024-02-29') = 2024"),
    {
        .name = "trunc",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_nullable,
        .signature = "(date, string) -> date",
        .kernel = kernel_trunc,
        .group = "datetime",
        .doc = "The first day of the year, quarter, month or week",
        .example = "trunc('2019-08-04', 'week') = DATE '2019-07-29'",
    },
    {
        .name = "date_trunc",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_nullable,
        .signature = "(string, timestamp) -> timestamp",
        .kernel = kernel_date_trunc,
        .group = "datetime",
        .doc = "The first instant of the year, …, hour, …",
        .example = "date_trunc('HOUR', TIMESTAMP '2015-03-05 09:32:05') = TIMESTAMP '2015-03-05 "
                   "09:00:00'",
    },
    FUNCTION_ROW("datetime", "dayname", "(date) -> string", kernel_name, &week_day,
                 "The day of the week in three letters", "dayname(DATE '2008-02-20') = 'Wed'"),
    FUNCTION_ROW("datetime", "monthname", "(date) -> string", kernel_name, &month,
                 "The month in three letters", "monthname(DATE '2008-02-20') = 'Feb'"),
};

const FunctionTable catalog_date_part = FUNCTION_TABLE_OF(rows);
