/*
 * text_interval.c: intervals to text and back (format_value.h), as Spark's IntervalUtils.
 *
 * The three interval types have texts of their own: year-month '1-2', day-time '1 02:03:04.5', each
 * cut to the units of its type, and the calendar interval '1 years 2 days'. The first two are also
 * read as whole literals: INTERVAL -'1-2' YEAR TO MONTH.
 */
#include <ctype.h>
#include <stdio.h>

#include "column/format_value.h"
#include "column/number_text.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

static const char *const unit_names[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};

/* ── to text ───────────────────────────────────────────────────────────────────────────────────*/

static void add_units(StrBuf *out, const Type *type)
{
    strbuf_printf(out, "' %s", unit_names[type->from_unit]);
    if (type->to_unit != type->from_unit)
        strbuf_printf(out, " TO %s", unit_names[type->to_unit]);
}

void interval_ym_to_text(StrBuf *out, int32_t months, const Type *type, bool bare)
{
    int64_t positive = months < 0 ? -(int64_t)months : months;
    const char *sign = months < 0 ? "-" : "";

    if (!bare)
        strbuf_add_c(out, "INTERVAL '");
    if (bare || type->from_unit != type->to_unit)
        strbuf_printf(out, "%s%lld-%lld", sign, (long long)positive / 12, (long long)positive % 12);
    else if (type->from_unit == UNIT_YEAR)
        strbuf_printf(out, "%s%lld", sign, (long long)positive / 12);
    else
        strbuf_printf(out, "%s%lld", sign, (long long)positive);
    if (!bare)
        add_units(out, type);
}

/* Seconds with their fraction, without trailing zeros; two digits before the point at least. */
static void add_seconds(StrBuf *out, uint64_t us)
{
    char text[32];
    int bytes = snprintf(text, sizeof text, "%02llu.%06llu",
                         (unsigned long long)(us / US_PER_SECOND),
                         (unsigned long long)(us % US_PER_SECOND));

    while (text[bytes - 1] == '0')
        bytes--;
    if (text[bytes - 1] == '.')
        bytes--;
    strbuf_add(out, text, (size_t)bytes);
}

void interval_dt_to_text(StrBuf *out, int64_t us, const Type *type, bool bare)
{
    static const int64_t units[] = {[UNIT_DAY] = US_PER_DAY,
                                    [UNIT_HOUR] = US_PER_HOUR,
                                    [UNIT_MINUTE] = US_PER_MINUTE,
                                    [UNIT_SECOND] = US_PER_SECOND};
    uint64_t rest = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    int from = bare ? UNIT_DAY : type->from_unit;
    int to = bare ? UNIT_SECOND : type->to_unit;

    if (!bare)
        strbuf_add_c(out, "INTERVAL '");
    if (us < 0)
        strbuf_add_char(out, '-');
    for (int unit = from; unit <= to; unit++) {
        uint64_t count = rest / (uint64_t)units[unit];

        if (unit > from)
            strbuf_add_char(out, unit == UNIT_HOUR ? ' ' : ':');
        if (unit == UNIT_SECOND && bare)
            strbuf_printf(out, "%02llu.%06llu000", (unsigned long long)count,
                          (unsigned long long)(rest % US_PER_SECOND));
        else if (unit == UNIT_SECOND)
            add_seconds(out, rest);
        else
            strbuf_printf(out, unit == UNIT_DAY ? "%llu" : "%02llu", (unsigned long long)count);
        rest %= (uint64_t)units[unit];
    }
    if (!bare)
        add_units(out, type);
}

static void add_unit(StrBuf *out, int64_t count, const char *unit)
{
    if (count == 0)
        return;
    strbuf_add_int64(out, count);
    strbuf_printf(out, " %s ", unit);
}

void interval_to_text(StrBuf *out, Interval value)
{
    size_t from = out->bytes;
    StrBuf text;
    int64_t rest;

    strbuf_init(&text);
    add_unit(&text, value.months / 12, "years");
    add_unit(&text, value.months % 12, "months");
    add_unit(&text, value.days, "days");
    add_unit(&text, value.us / US_PER_HOUR, "hours");
    rest = value.us % US_PER_HOUR;
    add_unit(&text, rest / US_PER_MINUTE, "minutes");
    rest %= US_PER_MINUTE;
    if (rest != 0) {
        char digits[32];
        int bytes = snprintf(digits, sizeof digits, "%s%lld.%06lld", rest < 0 ? "-" : "",
                             (long long)(rest < 0 ? -rest : rest) / US_PER_SECOND,
                             (long long)(rest < 0 ? -rest : rest) % US_PER_SECOND);

        while (digits[bytes - 1] == '0')
            bytes--;
        if (digits[bytes - 1] == '.')
            bytes--;
        strbuf_add(&text, digits, (size_t)bytes);
        strbuf_add_c(&text, " seconds ");
    }
    if (text.bytes > 0)
        strbuf_add(out, text.data, text.bytes - 1);
    strbuf_done(&text);
    if (out->bytes == from)
        strbuf_add_c(out, "0 seconds");
}

/* ── reading: the literal around the text ──────────────────────────────────────────────────────*/

static void skip_space(Str *rest)
{
    while (rest->bytes > 0 && (unsigned char)rest->data[0] <= ' ')
        *rest = str_slice(*rest, 1, rest->bytes);
}

static bool take_char(Str *rest, char c)
{
    if (rest->bytes == 0 || rest->data[0] != c)
        return false;
    *rest = str_slice(*rest, 1, rest->bytes);
    return true;
}

/* A sign, if there is one: true when it is '-'. */
static bool take_sign(Str *rest)
{
    if (take_char(rest, '-'))
        return true;
    (void)take_char(rest, '+');
    return false;
}

/* The word, with white space around it. */
static bool take_word(Str *rest, const char *word)
{
    Str after = *rest;
    uint32_t length = (uint32_t)strlen(word);

    skip_space(&after);
    if (after.bytes < length || !str_is_nocase(str_slice(after, 0, length), word))
        return false;
    after = str_slice(after, length, after.bytes);
    skip_space(&after);
    *rest = after;
    return true;
}

/* Takes INTERVAL [sign]'text' UNITS apart; a text without INTERVAL is itself. */
static bool unwrap(Str *text, const Type *type, bool *negative)
{
    Str rest = text_trim(*text);
    ptrdiff_t quote;

    *negative = false;
    if (!take_word(&rest, "INTERVAL")) {
        *text = rest;
        return true;
    }
    *negative = take_sign(&rest);
    if (!take_char(&rest, '\''))
        return false;
    quote = str_find_char(rest, '\'');
    if (quote < 0)
        return false;
    *text = str_slice(rest, 0, (uint32_t)quote);
    rest = str_slice(rest, (uint32_t)quote + 1, rest.bytes);
    if (!take_word(&rest, unit_names[type->from_unit]))
        return false;
    if (type->from_unit != type->to_unit &&
        (!take_word(&rest, "TO") || !take_word(&rest, unit_names[type->to_unit])))
        return false;
    return rest.bytes == 0;
}

/* Digits, at most `digits_max` of them. */
static bool take_number(Str *rest, uint32_t digits_max, int64_t *out)
{
    int64_t value = 0;
    uint32_t count = 0;

    while (count < rest->bytes && isdigit((unsigned char)rest->data[count])) {
        if (count == digits_max || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, rest->data[count] - '0', &value))
            return false;
        count++;
    }
    *rest = str_slice(*rest, count, rest->bytes);
    *out = value;
    return count > 0;
}

static const char *const fault_format = "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING",
                         *const fault_format_dt =
                             "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE",
                         *const fault_parsing = "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING",
                         *const fault_range = "_LEGACY_ERROR_TEMP_0063";

bool text_to_interval_ym(Str text, const Type *type, int32_t *out)
{
    return interval_ym_fault(text, type, out) == NULL;
}

const char *interval_ym_fault(Str text, const Type *type, int32_t *out)
{
    bool negative;
    int64_t first;
    int64_t months = 0;

    if (!unwrap(&text, type, &negative))
        return fault_format;
    negative ^= take_sign(&text);
    if (!take_number(&text, 10, &first))
        return fault_format;
    if (type->from_unit != type->to_unit) {
        if (!take_char(&text, '-') || !take_number(&text, 10, &months))
            return fault_format;
    }
    if (text.bytes > 0)
        return fault_format;
    if (months > 11)
        return fault_parsing;
    months += type->from_unit == UNIT_YEAR ? first * 12 : first;
    if (negative)
        months = -months;
    if (months < INT32_MIN || months > INT32_MAX)
        return fault_parsing;
    *out = (int32_t)months;
    return NULL;
}

/* [.f{1,9}], cut to microseconds. */
static bool take_fraction(Str *rest, int64_t *us)
{
    int64_t unit = 100000;
    uint32_t count = 0;

    *us = 0;
    if (!take_char(rest, '.'))
        return true;
    for (; count < rest->bytes && isdigit((unsigned char)rest->data[count]); count++, unit /= 10)
        *us += unit * (rest->data[count] - '0');
    *rest = str_slice(*rest, count, rest->bytes);
    return count >= 1 && count <= 9;
}

bool text_to_interval_dt(Str text, const Type *type, int64_t *out)
{
    return interval_dt_fault(text, type, out) == NULL;
}

const char *interval_dt_fault(Str text, const Type *type, int64_t *out)
{
    static const int64_t units[] = {[UNIT_DAY] = US_PER_DAY,
                                    [UNIT_HOUR] = US_PER_HOUR,
                                    [UNIT_MINUTE] = US_PER_MINUTE,
                                    [UNIT_SECOND] = US_PER_SECOND};
    static const int64_t limits[] = {[UNIT_HOUR] = 23, [UNIT_MINUTE] = 59, [UNIT_SECOND] = 59};
    const char *fault = NULL; /* Of a text that has the right form. */
    bool negative;
    int64_t us = 0; /* Counted downwards: the least value has no positive one. */

    if (!unwrap(&text, type, &negative))
        return fault_format_dt;
    negative ^= take_sign(&text);
    for (int unit = type->from_unit; unit <= type->to_unit; unit++) {
        bool leads = unit == type->from_unit;
        int64_t value;
        int64_t part;

        if (!leads && !take_char(&text, unit == UNIT_HOUR ? ' ' : ':'))
            return fault_format_dt;
        if (!take_number(&text, leads ? 20 : 2, &value))
            return fault_format_dt;
        if ((!leads && value > limits[unit]) || __builtin_mul_overflow(value, units[unit], &part) ||
            __builtin_sub_overflow(us, part, &us))
            fault = fault_range;
        if (unit == UNIT_SECOND && !take_fraction(&text, &part))
            return fault_format_dt;
        if (unit == UNIT_SECOND && __builtin_sub_overflow(us, part, &us))
            fault = fault_range;
    }
    if (text.bytes > 0)
        return fault_format_dt;
    if (!fault && !negative && us == INT64_MIN)
        fault = fault_range;
    if (!fault)
        *out = negative ? us : -us;
    return fault;
}

/* ── reading: calendar intervals ───────────────────────────────────────────────────────────────*/

static const struct {
    const char *name;
    int32_t months, days;
    int64_t us;
} calendar_units[] = {
    {"year", 12, 0, 0},
    {"month", 1, 0, 0},
    {"week", 0, 7, 0},
    {"day", 0, 1, 0},
    {"hour", 0, 0, US_PER_HOUR},
    {"minute", 0, 0, US_PER_MINUTE},
    {"second", 0, 0, US_PER_SECOND},
    {"millisecond", 0, 0, 1000},
    {"microsecond", 0, 0, 1},
};

/* What is wrong with a text, as the part of Spark's error class INVALID_INTERVAL_FORMAT. */
static const char *const fault_empty = "INVALID_INTERVAL_FORMAT.INPUT_IS_EMPTY",
                         *const fault_prefix = "INVALID_INTERVAL_FORMAT.INVALID_PREFIX",
                         *const fault_number = "INVALID_INTERVAL_FORMAT.UNRECOGNIZED_NUMBER",
                         *const fault_value = "INVALID_INTERVAL_FORMAT.INVALID_VALUE",
                         *const fault_precision = "INVALID_INTERVAL_FORMAT.INVALID_PRECISION",
                         *const fault_fraction = "INVALID_INTERVAL_FORMAT.INVALID_FRACTION",
                         *const fault_unit = "INVALID_INTERVAL_FORMAT.INVALID_UNIT",
                         *const fault_overflow = "INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION",
                         *const fault_no_number = "INVALID_INTERVAL_FORMAT.MISSING_NUMBER",
                         *const fault_no_unit = "INVALID_INTERVAL_FORMAT.MISSING_UNIT",
                         *const fault_unknown = "INVALID_INTERVAL_FORMAT.UNKNOWN_PARSING_ERROR";

static bool is_space(const Str *rest)
{
    return (unsigned char)rest->data[0] <= ' ';
}

static bool is_digit(const Str *rest)
{
    return isdigit((unsigned char)rest->data[0]);
}

static bool add_i32(int32_t *to, int64_t count, int32_t each)
{
    int64_t product;

    return !__builtin_mul_overflow(count, each, &product) &&
           !__builtin_add_overflow(product, *to, to);
}

/* A number as it is read: whole units and millionths; fraction: it has a point. */
typedef struct CalendarNumber {
    int64_t count, us;
    bool fraction;
} CalendarNumber;

/* The digits behind the point, cut to microseconds, and the space behind them. `leads`: nothing stood
 * before the point. */
static const char *take_calendar_fraction(Str *rest, bool leads, CalendarNumber *number)
{
    int64_t unit = 100000000, nanoseconds = 0;

    number->fraction = true;
    for (; rest->bytes > 0 && is_digit(rest); *rest = str_slice(*rest, 1, rest->bytes)) {
        if (unit == 0)
            return fault_precision;
        nanoseconds += unit * (rest->data[0] - '0');
        unit /= 10;
    }
    number->us = nanoseconds / 1000;
    if (rest->bytes == 0)
        return fault_no_unit;
    return is_space(rest) && !(leads && unit == 100000000) ? NULL : fault_value;
}

/* [sign] digits[.digits] and the space behind. */
static const char *take_calendar_number(Str *rest, CalendarNumber *number)
{
    bool negative = rest->data[0] == '-';
    const char *fault = NULL;

    *number = (CalendarNumber){0};
    if (take_char(rest, '.'))
        return take_calendar_fraction(rest, true, number);
    if (!is_digit(rest) && !take_char(rest, '-') && !take_char(rest, '+'))
        return fault_number;
    skip_space(rest);
    if (rest->bytes == 0)
        return fault_no_number;
    for (; rest->bytes > 0 && is_digit(rest); *rest = str_slice(*rest, 1, rest->bytes)) {
        if (__builtin_mul_overflow(number->count, 10, &number->count) ||
            __builtin_add_overflow(number->count, rest->data[0] - '0', &number->count))
            return fault_overflow;
    }
    if (rest->bytes == 0)
        return fault_no_unit;
    if (take_char(rest, '.'))
        fault = take_calendar_fraction(rest, false, number);
    else if (!is_space(rest))
        fault = fault_value;
    if (negative) {
        number->count = -number->count;
        number->us = -number->us;
    }
    return fault;
}

/* The unit, perhaps in the plural, and the number so many of them. */
static const char *take_calendar_unit(Str *rest, const CalendarNumber *number, Interval *out)
{
    if (number->fraction && (rest->data[0] | 0x20) != 's')
        return fault_fraction;
    for (size_t i = 0; i < COUNT_OF(calendar_units); i++) {
        uint32_t length = (uint32_t)strlen(calendar_units[i].name);
        int64_t us;

        if (rest->bytes < length ||
            !str_is_nocase(str_slice(*rest, 0, length), calendar_units[i].name))
            continue;
        *rest = str_slice(*rest, length, rest->bytes);
        if (rest->bytes > 0 && (rest->data[0] | 0x20) == 's')
            *rest = str_slice(*rest, 1, rest->bytes);
        if (!add_i32(&out->months, number->count, calendar_units[i].months) ||
            !add_i32(&out->days, number->count, calendar_units[i].days) ||
            __builtin_mul_overflow(number->count, calendar_units[i].us, &us) ||
            __builtin_add_overflow(us, number->us, &us) ||
            __builtin_add_overflow(out->us, us, &out->us))
            return fault_overflow;
        return rest->bytes == 0 || is_space(rest) ? NULL : fault_unit;
    }
    return fault_unit;
}

/* Takes the word `interval` off. */
static const char *take_prefix(Str *rest)
{
    static const char prefix[] = "interval";
    uint32_t length = sizeof prefix - 1;

    if (rest->bytes < length || !str_is_nocase(str_slice(*rest, 0, length), prefix))
        return NULL;
    *rest = str_slice(*rest, length, rest->bytes);
    return rest->bytes == 0 ? fault_empty : is_space(rest) ? NULL : fault_prefix;
}

const char *interval_fault(Str text, Interval *out)
{
    Interval interval = {0};
    Str rest = text_trim(text);
    const char *fault = rest.bytes == 0 ? fault_empty : take_prefix(&rest);

    skip_space(&rest);
    if (!fault && rest.bytes == 0)
        return fault_unknown;
    while (!fault && rest.bytes > 0) {
        CalendarNumber number;

        fault = take_calendar_number(&rest, &number);
        skip_space(&rest);
        if (!fault)
            fault = rest.bytes == 0 ? fault_unknown
                                    : take_calendar_unit(&rest, &number, &interval);
        skip_space(&rest);
    }
    if (!fault)
        *out = interval;
    return fault;
}

bool text_to_interval(Str text, Interval *out)
{
    return interval_fault(text, out) == NULL;
}

/* ── of any of the three types ─────────────────────────────────────────────────────────────────*/

void interval_value_to_text(StrBuf *out, const Vector *v, uint32_t row)
{
    if (v->type->kind == TYPE_INTERVAL_YM)
        interval_ym_to_text(out, vector_i32(v)[row], v->type, true);
    else if (v->type->kind == TYPE_INTERVAL_DT)
        interval_dt_to_text(out, vector_i64(v)[row], v->type, true);
    else
        interval_to_text(out, vector_intervals(v)[row]);
}

bool interval_value_add(VectorBuilder *b, Str text)
{
    Interval interval;
    int32_t months;
    int64_t us;

    if (b->type->kind == TYPE_INTERVAL_YM) {
        if (!text_to_interval_ym(text, b->type, &months))
            return false;
        builder_add_i32(b, months);
    } else if (b->type->kind == TYPE_INTERVAL_DT) {
        if (!text_to_interval_dt(text, b->type, &us))
            return false;
        builder_add_i64(b, us);
    } else {
        if (!text_to_interval(text, &interval))
            return false;
        builder_add_interval(b, interval);
    }
    return true;
}
