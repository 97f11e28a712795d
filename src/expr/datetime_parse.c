/*
 * datetime_parse.c: reading texts by datetime patterns, as java.time does strictly: every field in
 * its range, no date that does not exist, no text left over; names in any case.
 *
 * Fields are collected first and made a date afterwards, so that contradictions (day of year and
 * month) are found, and what is missing is taken from 1970-01-01 00:00:00.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/assert.h"
#include "expr/datetime_item.h"
#include "expr/time.h"

const ZoneNaming zone_names[] = {
    {"UTC", "Coordinated Universal Time", "UTC"},
    {"GMT", "Greenwich Mean Time", "GMT"},
    {"PST", "Pacific Standard Time", "America/Los_Angeles"},
    {"PDT", "Pacific Daylight Time", "America/Los_Angeles"},
    {"MST", "Mountain Standard Time", "America/Denver"},
    {"MDT", "Mountain Daylight Time", "America/Denver"},
    {"CST", "Central Standard Time", "America/Chicago"},
    {"CDT", "Central Daylight Time", "America/Chicago"},
    {"EST", "Eastern Standard Time", "America/New_York"},
    {"EDT", "Eastern Daylight Time", "America/New_York"},
    {"CET", "Central European Standard Time", "Europe/Paris"},
    {"CEST", "Central European Summer Time", "Europe/Paris"},
    {"EET", "Eastern European Standard Time", "Europe/Athens"},
    {"EEST", "Eastern European Summer Time", "Europe/Athens"},
    {"WET", "Western European Standard Time", "Europe/Lisbon"},
    {"BST", "British Summer Time", "Europe/London"},
    {"JST", "Japan Standard Time", "Asia/Tokyo"},
    {"IST", "India Standard Time", "Asia/Kolkata"},
    {"AEST", "Australian Eastern Standard Time", "Australia/Sydney"},
    {"AEDT", "Australian Eastern Daylight Time", "Australia/Sydney"},
};
const size_t zone_name_count = COUNT_OF(zone_names);

enum { UNSET = -1 };

typedef struct Fields {
    int64_t year; /* Of era; UNSET: none. */
    bool before_christ, has_era;
    int64_t month, day, day_of_year;
    int64_t hour, hour_of_half, half, minute, second;
    int64_t us;
    const Zone *zone;
} Fields;

typedef struct TextReader {
    Str text;
    uint32_t at;
    Fields f;
} TextReader;

/* ── numbers ───────────────────────────────────────────────────────────────────────────────────*/

static uint32_t digit_run(const TextReader *r, uint32_t at, uint32_t max)
{
    uint32_t count = 0;

    while (count < max && at + count < r->text.bytes &&
           isdigit((unsigned char)r->text.data[at + count]))
        count++;
    return count;
}

static int64_t digits_value(const TextReader *r, uint32_t at, uint32_t count)
{
    int64_t value = 0;

    for (uint32_t i = 0; i < count; i++)
        value = value * 10 + (r->text.data[at + i] - '0');
    return value;
}

/* Between min and max digits, leaving `reserved` ones of a longer run to the next number. */
static bool read_digits(TextReader *r, uint32_t min, uint32_t max, uint32_t reserved, int64_t *out)
{
    uint32_t run = digit_run(r, r->at, max + reserved);
    uint32_t count = run > reserved ? MIN(run - reserved, max) : 0;

    if (count < min)
        count = MIN(run, min);
    if (count < min || count > 18)
        return false;
    *out = digits_value(r, r->at, count);
    r->at += count;
    return true;
}

static bool set_field(int64_t *field, int64_t value, int64_t min, int64_t max)
{
    if (value < min || value > max || (*field != UNSET && *field != value))
        return false;
    *field = value;
    return true;
}

static bool read_number(TextReader *r, const DatetimeItem *item, int64_t *field, int64_t min,
                        int64_t max)
{
    bool fixed = datetime_item_fixed(item);
    uint32_t at = r->at;
    int64_t value;

    if (!read_digits(r, item->count,
                     fixed                 ? 2
                     : item->letter == 'D' ? 3
                                           : 18,
                     fixed ? 0 : item->reserved, &value) ||
        !set_field(field, value, min, max)) {
        r->at = at;
        return false;
    }
    return true;
}

/* yy: 2000 to 2099. yyyy and more: a sign is taken where there are more digits than letters. */
static bool read_year(TextReader *r, const DatetimeItem *item)
{
    uint32_t at = r->at;
    bool plus;
    int64_t value;

    if (item->count == 2) {
        if (!read_digits(r, 2, 2, 0, &value))
            return false;
        return set_field(&r->f.year, 2000 + value, 0, 999999);
    }
    plus = at < r->text.bytes && r->text.data[at] == '+' && item->count >= 4;
    r->at += plus;
    /* Without a plus a year of four letters and more has just as many digits. */
    if (!read_digits(r, item->count + plus, item->count >= 4 && !plus ? item->count : 15,
                     item->reserved, &value) ||
        !set_field(&r->f.year, value, 0, 999999)) {
        r->at = at;
        return false;
    }
    return true;
}

static bool read_fraction(TextReader *r, uint32_t max)
{
    uint32_t count = digit_run(r, r->at, max);
    int64_t value = digits_value(r, r->at, MIN(count, 6));

    if (!count)
        return false;
    for (uint32_t i = count; i < 6; i++)
        value *= 10;
    if (!set_field(&r->f.us, value, 0, US_PER_SECOND - 1))
        return false;
    r->at += count;
    return true;
}

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

static bool text_begins(const TextReader *r, const char *name, size_t bytes)
{
    return r->text.bytes - r->at >= bytes && strncasecmp(r->text.data + r->at, name, bytes) == 0;
}

static bool read_month_name(TextReader *r, uint32_t count)
{
    for (int m = 0; m < 12; m++) {
        size_t bytes = count == 4 ? strlen(month_names[m]) : 3;

        if (text_begins(r, month_names[m], bytes)) {
            r->at += (uint32_t)bytes;
            return set_field(&r->f.month, m + 1, 1, 12);
        }
    }
    return false;
}

static bool read_half(TextReader *r)
{
    bool pm = text_begins(r, "PM", 2);

    if (!pm && !text_begins(r, "AM", 2))
        return false;
    r->at += 2;
    return set_field(&r->f.half, pm, 0, 1);
}

static bool read_era(TextReader *r, uint32_t count)
{
    const char *ad = count == 4 ? "Anno Domini" : "AD", *bc = count == 4 ? "Before Christ" : "BC";

    r->f.has_era = true;
    r->f.before_christ = text_begins(r, bc, strlen(bc));
    if (!r->f.before_christ && !text_begins(r, ad, strlen(ad)))
        return false;
    r->at += (uint32_t)strlen(r->f.before_christ ? bc : ad);
    return true;
}

/* ── zones ─────────────────────────────────────────────────────────────────────────────────────*/

static bool use_zone(TextReader *r, Str name, uint32_t bytes)
{
    Error ignored = {0};

    if (!zone_find(name, &r->f.zone, &ignored))
        return false;
    r->at += bytes;
    return true;
}

/* The longest text that names a zone. */
static bool read_zone_id(TextReader *r, bool names)
{
    uint32_t bytes = 0;

    while (r->at + bytes < r->text.bytes && (isalnum((unsigned char)r->text.data[r->at + bytes]) ||
                                             strchr("/_+-:", r->text.data[r->at + bytes])))
        bytes++;
    for (; bytes; bytes--) {
        Str part = {r->text.data + r->at, bytes};

        for (size_t i = 0; names && i < zone_name_count; i++) {
            if (str_is_nocase(part, zone_names[i].name))
                return use_zone(r, str_of(zone_names[i].id), bytes);
        }
        if (use_zone(r, part, bytes))
            return true;
    }
    for (size_t i = 0; names && i < zone_name_count; i++) {
        if (text_begins(r, zone_names[i].full, strlen(zone_names[i].full)))
            return use_zone(r, str_of(zone_names[i].id), (uint32_t)strlen(zone_names[i].full));
    }
    return false;
}

/* +hh, +hhmm, +hh:mm, +hh:mm:ss and Z, whichever the letters ask for. */
static bool read_offset(TextReader *r, const DatetimeItem *item)
{
    uint32_t at = r->at;
    bool gmt = item->letter == 'O' || (item->letter == 'Z' && item->count == 4);
    char name[48];
    int parts[3] = {0}, count = 0;
    bool negative;

    if (gmt) {
        if (!text_begins(r, "GMT", 3))
            return false;
        r->at += 3;
        if (r->at >= r->text.bytes || !strchr("+-", r->text.data[r->at]))
            return use_zone(r, STR("UTC"), 0);
    } else if ((item->letter == 'X' || (item->letter == 'Z' && item->count == 5)) &&
               text_begins(r, "Z", 1)) {
        return use_zone(r, STR("UTC"), 1);
    }
    if (r->at >= r->text.bytes || !strchr("+-", r->text.data[r->at]))
        return false;
    negative = r->text.data[r->at++] == '-';
    while (count < 3) {
        uint32_t digits = digit_run(r, r->at, count == 0 && gmt && item->count == 1 ? 2 : 2);

        if (digits == 0 || (digits == 1 && !(gmt && count == 0)))
            break;
        parts[count++] = (int)digits_value(r, r->at, digits);
        r->at += digits;
        if (r->at < r->text.bytes && r->text.data[r->at] == ':' && digit_run(r, r->at + 1, 2) == 2)
            r->at++;
    }
    if (!count || parts[1] > 59 || parts[2] > 59) {
        r->at = at;
        return false;
    }
    snprintf(name, sizeof name, "%c%02d:%02d:%02d", negative ? '-' : '+', parts[0], parts[1],
             parts[2]);
    if (!parts[2])
        name[6] = '\0';
    return use_zone(r, str_of(name), 0);
}

/* ── items ─────────────────────────────────────────────────────────────────────────────────────*/

static bool read_literal(TextReader *r, Str text)
{
    if (r->text.bytes - r->at < text.bytes ||
        strncasecmp(r->text.data + r->at, text.data, text.bytes) != 0)
        return false;
    r->at += text.bytes;
    return true;
}

static bool read_item(TextReader *r, const DatetimeItem *item)
{
    int64_t value = UNSET;

    switch (item->letter) {
    case ITEM_LITERAL:
        return read_literal(r, item->text);
    case 'G':
        return read_era(r, item->count);
    case 'y':
        return read_year(r, item);
    case 'M':
    case 'L':
        return item->count > 2 ? read_month_name(r, item->count)
                               : read_number(r, item, &r->f.month, 1, 12);
    case 'd':
        return read_number(r, item, &r->f.day, 1, 31);
    case 'D':
        return read_number(r, item, &r->f.day_of_year, 1, 366);
    case 'a':
        return read_half(r);
    case 'H':
        return read_number(r, item, &r->f.hour, 0, 23);
    case 'k':
        return read_number(r, item, &value, 1, 24) && set_field(&r->f.hour, value % 24, 0, 23);
    case 'K':
        return read_number(r, item, &r->f.hour_of_half, 0, 11);
    case 'h':
        return read_number(r, item, &value, 1, 12) &&
               set_field(&r->f.hour_of_half, value % 12, 0, 11);
    case 'm':
        return read_number(r, item, &r->f.minute, 0, 59);
    case 's':
        return read_number(r, item, &r->f.second, 0, 59);
    case 'S':
        return read_fraction(r, item->count);
    case 'V':
        return read_zone_id(r, false);
    case 'z':
        return read_zone_id(r, true);
    default:
        return read_offset(r, item);
    }
}

/* The item behind the bracket that closes the one at `i`. */
static uint32_t behind_bracket(const DatetimePattern *p, uint32_t i)
{
    uint32_t depth = 0;

    for (; i < p->item_count; i++) {
        depth += p->items[i].letter == '[';
        depth -= p->items[i].letter == ']';
        if (!depth)
            return i + 1;
    }
    return i;
}

/* Items from .. to; an optional part that does not fit leaves nothing behind. */
static bool read_items(TextReader *r, const DatetimePattern *p, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (p->items[i].letter == ']')
            continue;
        if (p->items[i].letter == '[') {
            uint32_t end = behind_bracket(p, i);
            TextReader before = *r;

            if (!read_items(r, p, i + 1, end))
                *r = before;
            i = end - 1;
        } else if (!read_item(r, &p->items[i])) {
            return false;
        }
    }
    return true;
}

/* ── the date of the fields ────────────────────────────────────────────────────────────────────*/

static bool bad_date(Error *err, const char *why)
{
    return error_set(err, ERROR_USER, "%s", why);
}

static bool resolve_date(const Fields *f, int32_t *days, Error *err)
{
    int64_t year = f->year == UNSET ? 1970 : f->before_christ ? 1 - f->year : f->year;

    if (f->day_of_year != UNSET) {
        int month, day;
        int32_t resolved_year;

        if (f->day_of_year == 366 && !year_is_leap(year))
            return bad_date(err, "Invalid date 'DayOfYear 366' as the year is not a leap year");
        *days = days_from_civil(year, 1, 1) + (int32_t)f->day_of_year - 1;
        civil_from_days(*days, &resolved_year, &month, &day);
        if ((f->month != UNSET && f->month != month) || (f->day != UNSET && f->day != day))
            return bad_date(err, "Conflict found: the day of the year and the month or day differ");
        return true;
    }
    int64_t month = f->month == UNSET ? 1 : f->month, day = f->day == UNSET ? 1 : f->day;

    if (day > month_days(year, (int)month))
        return bad_date(err, "Invalid date: the month has no such day");
    *days = days_from_civil(year, (int)month, (int)day);
    return true;
}

static bool resolve_time(const Fields *f, int64_t *us, Error *err)
{
    int64_t hour = f->hour;

    if (hour == UNSET && f->hour_of_half != UNSET)
        hour = f->hour_of_half + (f->half == 1 ? 12 : 0);
    else if (hour == UNSET)
        hour = f->half == 1 ? 12 : 0;
    else if (f->half != UNSET && hour / 12 != f->half)
        return bad_date(err, "Conflict found: the hour and AM or PM differ");
    *us = hour * US_PER_HOUR + (f->minute == UNSET ? 0 : f->minute) * US_PER_MINUTE +
          (f->second == UNSET ? 0 : f->second) * US_PER_SECOND +
          (f->us == UNSET ? 0 : f->us);
    return true;
}

bool datetime_pattern_parse(const DatetimePattern *pattern, Str text, ParsedTime *out, Error *err)
{
    TextReader r = {
        .text = text,
        .f = {.year = UNSET,
              .month = UNSET,
              .day = UNSET,
              .day_of_year = UNSET,
              .hour = UNSET,
              .hour_of_half = UNSET,
              .half = UNSET,
              .minute = UNSET,
              .second = UNSET,
              .us = UNSET},
    };
    int32_t days = 0;
    int64_t us = 0;
    int shown = (int)MIN(text.bytes, 64);

    if (!read_items(&r, pattern, 0, pattern->item_count))
        return error_set(err, ERROR_USER, "Text '%.*s' could not be parsed at index %u", shown,
                         text.data, r.at);
    if (r.at != text.bytes)
        return error_set(err, ERROR_USER,
                         "Text '%.*s' could not be parsed, unparsed text found at index %u", shown,
                         text.data, r.at);
    if (!resolve_date(&r.f, &days, err) || !resolve_time(&r.f, &us, err))
        return false;
    if (r.f.year == 0)
        return error_set(err, ERROR_USER, "Text '%.*s' could not be parsed: there is no year 0",
                         shown, text.data);
    out->local_us = days * US_PER_DAY + us;
    out->zone = r.f.zone;
    return true;
}
