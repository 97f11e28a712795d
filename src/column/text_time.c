/*
 * text_time.c: dates and timestamps to text and back, and the calendar (format_value.h).
 *
 * The calendar is the proleptic Gregorian one: a cycle of 400 years has 146,097 days. Counting years
 * from March puts the leap day last, so that the day of the year of month m is (153 m + 2) / 5.
 *
 * Reading follows Spark's stringToDate and stringToTimestamp: a year of at least four digits with an
 * optional sign, months, days, hours, minutes and seconds of one or two, any of them left out from
 * the right, fractions cut to six digits, then perhaps a zone. Spark reads a bare time ('10:20') as
 * one of today; here it is no timestamp, since results may not depend on the day they are computed.
 */
#include <stdlib.h>

#include "column/format_value.h"
#include "column/number_text.h"
#include "column/zone_parse.h"

enum { US_PER_S = 1000000 };
#define US_PER_DAY INT64_C(86400000000)

/* ── calendar ──────────────────────────────────────────────────────────────────────────────────*/

int32_t days_from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int32_t)(era * 146097 + day_of_era - 719468);
}

void civil_from_days(int32_t days, int32_t *year, int *month, int *day)
{
    int64_t z = (int64_t)days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    uint32_t day_of_era = (uint32_t)(z - era * 146097);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t m = (5 * day_of_year + 2) / 153;

    *day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int32_t)(year_of_era + era * 400 + (*month <= 2));
}

int days_in_month(int64_t year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* ── to text ───────────────────────────────────────────────────────────────────────────────────*/

static int put_two(char *to, int value)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
    return 2;
}

/* -0044-03-15, 0001-01-01, 2024-01-01, +10000-01-01; at most 14 characters. */
static int put_date(char *to, int32_t days)
{
    int32_t year;
    int month, day;
    int at = 0;
    uint32_t positive;

    civil_from_days(days, &year, &month, &day);
    positive = (uint32_t)abs(year);
    if (year < 0)
        to[at++] = '-';
    else if (year > 9999)
        to[at++] = '+';
    if (positive > 9999) {
        at += u64_to_digits(to + at, positive);
    } else {
        at += put_two(to + at, (int)positive / 100);
        at += put_two(to + at, (int)positive % 100);
    }
    to[at++] = '-';
    at += put_two(to + at, month);
    to[at++] = '-';
    return at + put_two(to + at, day);
}

void date_to_text(StrBuf *out, int32_t days)
{
    char text[24];

    strbuf_add(out, text, (size_t)put_date(text, days));
}

/* Date, `separator`, time to the second; *us gets the rest. */
static int put_timestamp(char *to, int64_t local_us, char separator, int32_t *us)
{
    int64_t days = local_us / US_PER_DAY;
    int64_t us_of_day = local_us % US_PER_DAY;
    int32_t second;
    int at;

    if (us_of_day < 0) {
        us_of_day += US_PER_DAY;
        days--;
    }
    second = (int32_t)(us_of_day / US_PER_S);
    *us = (int32_t)(us_of_day % US_PER_S);
    at = put_date(to, (int32_t)days);
    to[at++] = separator;
    at += put_two(to + at, second / 3600);
    to[at++] = ':';
    at += put_two(to + at, second / 60 % 60);
    to[at++] = ':';
    return at + put_two(to + at, second % 60);
}

static int put_fraction(char *to, int32_t us, int digits)
{
    static const int32_t units[] = {0, 100000, 10000, 1000, 100, 10, 1};

    to[0] = '.';
    for (int i = 1; i <= digits; i++)
        to[i] = (char)('0' + us / units[i] % 10);
    return digits + 1;
}

void timestamp_to_text(StrBuf *out, int64_t local_us)
{
    char text[48];
    int32_t us;
    int at = put_timestamp(text, local_us, ' ', &us);

    if (us != 0) {
        int digits = 6;
        int32_t rest = us;

        for (; rest % 10 == 0; rest /= 10)
            digits--;
        at += put_fraction(text + at, us, digits);
    }
    strbuf_add(out, text, (size_t)at);
}

void timestamp_to_iso(StrBuf *out, int64_t local_us, int digits)
{
    char text[48];
    int32_t us;
    int at = put_timestamp(text, local_us, 'T', &us);

    if (digits > 0)
        at += put_fraction(text + at, us, digits);
    strbuf_add(out, text, (size_t)at);
}

void zone_offset_to_text(StrBuf *out, int32_t offset_s)
{
    int32_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    int32_t seconds = (offset_s < 0 ? -offset_s : offset_s) % 60;

    if (offset_s == 0) {
        strbuf_add_char(out, 'Z');
        return;
    }
    strbuf_printf(out, "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    if (seconds > 0) /* Local mean time, before zones. */
        strbuf_printf(out, ":%02d", seconds);
}

/* ── from text ─────────────────────────────────────────────────────────────────────────────────*/

/* One or more digits at *at; the number of digits, and their value up to 9 of them. */
static uint32_t read_digits(Str text, uint32_t *at, int32_t *value)
{
    uint32_t count = 0;
    int32_t v = 0;

    for (; *at < text.bytes; ++*at, count++) {
        unsigned digit = (unsigned char)text.data[*at] - (unsigned)'0';

        if (digit > 9)
            break;
        if (count < 9)
            v = v * 10 + (int32_t)digit;
    }
    *value = v;
    return count;
}

typedef struct CivilText {
    int32_t year, month, day, hour, minute, second, us;
    uint32_t parts; /* How many of them the text has, in this order. */
    Str zone;       /* What follows the seconds; NULL: nothing. */
} CivilText;

static char char_at(Str text, uint32_t at)
{
    return at < text.bytes ? text.data[at] : '\0';
}

/* [+-]y[-m[-d]]; *at is left behind it. */
static bool read_date(Str text, uint32_t year_digits_max, uint32_t *at, CivilText *out)
{
    bool negative = char_at(text, 0) == '-';
    uint32_t count;

    *at = negative || char_at(text, 0) == '+';
    count = read_digits(text, at, &out->year);
    if (count < 4 || count > year_digits_max)
        return false;
    if (negative)
        out->year = -out->year;
    out->month = out->day = 1;
    out->parts = 1;
    if (char_at(text, *at) != '-')
        return true;
    ++*at;
    count = read_digits(text, at, &out->month);
    if (count < 1 || count > 2 || out->month < 1 || out->month > 12)
        return false;
    out->parts = 2;
    if (char_at(text, *at) != '-')
        return true;
    ++*at;
    count = read_digits(text, at, &out->day);
    out->parts = 3;
    return count >= 1 && count <= 2 && out->day >= 1 &&
           out->day <= days_in_month(out->year, out->month);
}

bool text_to_date(Str text, int32_t *out)
{
    CivilText civil = {0};
    int32_t year_of_cycle;
    uint32_t at;
    int64_t days;

    text = text_trim(text);
    if (!read_date(text, 7, &at, &civil))
        return false;
    if (at < text.bytes &&
        (civil.parts < 3 || (text.data[at] != ' ' && text.data[at] != 'T')))
        return false;
    /* Seven digits reach years whose days do not fit: 400 years are 146097 days. */
    year_of_cycle = civil.year % 400;
    days = days_from_civil(year_of_cycle, civil.month, civil.day) +
           (int64_t)(civil.year - year_of_cycle) / 400 * 146097;
    *out = (int32_t)days;
    return *out == days;
}

/* h[:m[:s[.f]]] */
static bool read_time(Str text, uint32_t *at, CivilText *out)
{
    int32_t *const fields[] = {&out->hour, &out->minute, &out->second};
    static const int32_t limits[] = {23, 59, 59};

    for (int i = 0; i < 3; i++) {
        uint32_t count = read_digits(text, at, fields[i]);

        if (count < 1 || count > 2 || *fields[i] > limits[i])
            return false;
        out->parts++;
        if (i == 2 || char_at(text, *at) != ':')
            break;
        ++*at;
    }
    if (out->parts == 6 && char_at(text, *at) == '.') {
        int32_t unit = 100000;

        for (++*at; *at < text.bytes; ++*at, unit /= 10) {
            unsigned digit = (unsigned char)text.data[*at] - (unsigned)'0';

            if (digit > 9)
                break;
            out->us += (int32_t)digit * unit;
        }
    }
    return true;
}

static bool read_timestamp(Str text, CivilText *out)
{
    uint32_t at;

    *out = (CivilText){0};
    text = text_trim(text);
    if (!read_date(text, 6, &at, out))
        return false;
    if (at == text.bytes)
        return true;
    if (out->parts < 3 || (text.data[at] != ' ' && text.data[at] != 'T'))
        return false;
    at++;
    if (!read_time(text, &at, out))
        return false;
    if (at < text.bytes) {
        if (out->parts < 6)
            return false;
        out->zone = text_trim(str_slice(text, at, text.bytes));
    }
    return true;
}

static bool civil_to_us(const CivilText *civil, int64_t *out)
{
    int64_t days = days_from_civil(civil->year, civil->month, civil->day);
    int64_t us_of_day =
        ((int64_t)civil->hour * 3600 + civil->minute * 60 + civil->second) * US_PER_S + civil->us;

    /* The least instants are in a day whose beginning does not fit. */
    if (days < 0) {
        days++;
        us_of_day -= US_PER_DAY;
    }
    return !__builtin_mul_overflow(days, US_PER_DAY, out) &&
           !__builtin_add_overflow(*out, us_of_day, out);
}

/* Exactly `YYYY-MM-DD?HH:MM:SS` with any separator at ?; the commonest form by far. */
static bool read_fixed(const char *s, CivilText *out)
{
    static const uint8_t places[] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
    unsigned bad = 0;

    for (size_t i = 0; i < COUNT_OF(places); i++)
        bad |= (unsigned)((unsigned char)s[places[i]] - (unsigned)'0' > 9);
    if (bad || s[4] != '-' || s[7] != '-' || s[13] != ':' || s[16] != ':')
        return false;
#define TWO(at) ((s[at] - '0') * 10 + (s[(at) + 1] - '0'))
    out->year = TWO(0) * 100 + TWO(2);
    out->month = TWO(5);
    out->day = TWO(8);
    out->hour = TWO(11);
    out->minute = TWO(14);
    out->second = TWO(17);
#undef TWO
    out->us = 0;
    return out->month >= 1 && out->month <= 12 && out->day >= 1 &&
           (out->day <= 28 || out->day <= days_in_month(out->year, out->month)) &&
           out->hour <= 23 && out->minute <= 59 && out->second <= 59;
}

/* YYYY-MM-DD(T| )HH:MM:SS[.f{1,6}][Z]; false: perhaps another form. */
static bool timestamp_quick(Str text, int64_t *local_us, bool *utc)
{
    CivilText civil;
    uint32_t at = 19;
    int32_t unit = 100000;

    if (text.bytes < 19 || (text.data[10] != 'T' && text.data[10] != ' ') ||
        !read_fixed(text.data, &civil))
        return false;
    if (at < text.bytes && text.data[at] == '.') {
        for (at++; at < text.bytes && unit > 0; at++, unit /= 10) {
            unsigned digit = (unsigned char)text.data[at] - (unsigned)'0';

            if (digit > 9)
                break;
            civil.us += (int32_t)digit * unit;
        }
    }
    *utc = at < text.bytes && text.data[at] == 'Z';
    if (at + *utc != text.bytes)
        return false;
    return civil_to_us(&civil, local_us);
}

bool text_to_time_of_day(Str text, int64_t *us, Str *zone)
{
    CivilText civil = {.parts = 3};
    uint32_t at = 0;
    bool t;

    text = text_trim(text);
    t = char_at(text, 0) == 'T';
    at = t;
    if (!read_time(text, &at, &civil) || (!t && civil.parts < 5))
        return false;
    *zone = text_trim(str_slice(text, at, text.bytes));
    if (zone->bytes && civil.parts < 6)
        return false;
    *us = ((int64_t)civil.hour * 3600 + civil.minute * 60 + civil.second) * US_PER_S + civil.us;
    return true;
}

bool text_to_timestamp(Str text, const Zone *zone, int64_t *out)
{
    CivilText civil;
    int64_t local_us;
    bool utc;
    int32_t offset_s;

    if (timestamp_quick(text, &local_us, &utc)) {
        *out = utc ? local_us : zone_to_utc(zone, local_us);
        return true;
    }
    if (!read_timestamp(text, &civil) || !civil_to_us(&civil, &local_us))
        return false;
    if (civil.zone.data) {
        if (zone_parse_offset(civil.zone, &offset_s))
            return !__builtin_sub_overflow(local_us, (int64_t)offset_s * US_PER_S, out);
        if (!zone_find_quiet(civil.zone, &zone))
            return false;
    }
    *out = zone_to_utc(zone, local_us);
    return true;
}

bool text_to_timestamp_ntz(Str text, bool allow_zone, int64_t *out)
{
    CivilText civil;
    int32_t offset_s;
    const Zone *zone;
    bool utc;

    if (timestamp_quick(text, out, &utc) && (allow_zone || !utc))
        return true;
    if (!read_timestamp(text, &civil))
        return false;
    if (civil.zone.data && (!allow_zone || !(zone_parse_offset(civil.zone, &offset_s) ||
                                             zone_find_quiet(civil.zone, &zone))))
        return false;
    return civil_to_us(&civil, out);
}
