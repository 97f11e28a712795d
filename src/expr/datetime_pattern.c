/*
 * datetime_pattern.c: compiling patterns, and formatting by them. (Parsing: datetime_parse.c.)
 */
#include <stdio.h>

#include "base/assert.h"
#include "expr/datetime_item.h"
#include "expr/time.h"

const char *const month_names[12] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
const char *const day_names[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                  "Friday", "Saturday", "Sunday"};

/* ── what is refused ───────────────────────────────────────────────────────────────────────────*/

/* Letters java.text.SimpleDateFormat knew: where it would have read the pattern, Spark says that
 * its meaning changed, else that the pattern is wrong. */
static bool legacy_reads(Str text)
{
    bool quoted = false;

    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];
        uint32_t count = 1;

        if (c == '\'')
            quoted = !quoted;
        if (quoted || !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            continue;
        while (i + 1 < text.bytes && text.data[i + 1] == c) {
            count++;
            i++;
        }
        if (!strchr("GyYMLwWDdFEuaHkKhmsSzZX", c) || (c == 'X' && count > 3))
            return false;
    }
    return !quoted;
}

static bool refuse(Error *err, Str text, const char *class_name, const char *why)
{
    if (legacy_reads(text))
        return error_set_class(err, ERROR_USER,
                               "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION",
                               "42K0B",
                               "Spark >= 3.0 does not read the pattern '%.*s' as earlier ones did: "
                               "%s.",
                               STR_ARG(text), why);
    return error_set_class(err, ERROR_USER, class_name, "22007",
                           "Unrecognized datetime pattern: "
                           "'%.*s': %s.",
                           STR_ARG(text), why);
}

static bool check_letter(Str text, char c, uint32_t count, bool parsing, Error *err)
{
    static const char week_letters[] = "YWwuec";

    if (strchr(week_letters, c)) {
        if (c == 'e' || c == 'c')
            return error_set_class(
                err, ERROR_USER, "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN",
                "42K0B",
                "All week-based patterns are unsupported since Spark 3.0, detected week-"
                "based character: %c.",
                c);
        return refuse(err, text, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION",
                      "patterns by weeks are not supported");
    }
    if (strchr("ABnNp", c) || (parsing && strchr("EFqQ", c)))
        return refuse(err, text, "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER",
                      "a letter is not allowed");
    if ((strchr("GMLEQq", c) && count >= 5) || (c == 'y' && count >= 7))
        return refuse(err, text, "INVALID_DATETIME_PATTERN.LENGTH", "a letter stands too often");
    return true;
}

/* How often a letter may stand; 0: it is none. */
static bool count_allowed(char c, uint32_t count)
{
    switch (c) {
    case 'G':
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
    case 'E':
    case 'z':
        return count <= 4;
    case 'y':
        return count <= 6;
    case 'd':
    case 'H':
    case 'h':
    case 'k':
    case 'K':
    case 'm':
    case 's':
        return count <= 2;
    case 'D':
        return count <= 3;
    case 'a':
    case 'F':
        return count == 1;
    case 'S':
        return count <= 9;
    case 'V':
        return count == 2;
    case 'O':
        return count == 1 || count == 4;
    case 'X':
    case 'x':
    case 'Z':
        return count <= 5;
    default:
        return false;
    }
}

/* ── compiling ─────────────────────────────────────────────────────────────────────────────────*/

typedef VEC(DatetimeItem) ItemVec;

static void add_literal(Arena *arena, ItemVec *items, const char *data, uint32_t bytes)
{
    DatetimeItem item = {.letter = ITEM_LITERAL, .text = {data, bytes}};

    VEC_ADD_IN(arena, items, item);
}

/* 'text', or '' for a quote itself; returns the index behind it. */
static bool read_quoted(Arena *arena, ItemVec *items, Str text, uint32_t *at, Error *err)
{
    char *out = arena_alloc(arena, text.bytes);
    uint32_t bytes = 0, i = *at + 1;

    for (; i < text.bytes; i++) {
        if (text.data[i] == '\'') {
            if (i + 1 >= text.bytes || text.data[i + 1] != '\'')
                break;
            i++;
        }
        out[bytes++] = text.data[i];
    }
    if (i == text.bytes)
        return refuse(err, text, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION",
                      "a quote is not closed");
    if (!bytes)
        out[bytes++] = '\'';
    add_literal(arena, items, out, bytes);
    *at = i + 1;
    return true;
}

static bool read_item(Arena *arena, ItemVec *items, Str text, uint32_t *at, bool parsing,
                      uint32_t *depth, Error *err)
{
    char c = text.data[*at];
    DatetimeItem item = {.letter = c, .count = 1};

    if (c == '\'')
        return read_quoted(arena, items, text, at, err);
    if (c == '[' || c == ']') {
        if (c == ']' && (*depth)-- == 0)
            return refuse(err, text, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION",
                          "a bracket is not opened");
        *depth += c == '[';
        ++*at;
        VEC_ADD_IN(arena, items, item);
        return true;
    }
    if (strchr("{}#", c))
        return refuse(err, text, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION",
                      "it holds a reserved character");
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
        add_literal(arena, items, text.data + *at, 1);
        ++*at;
        return true;
    }
    while (*at + item.count < text.bytes && text.data[*at + item.count] == c)
        item.count++;
    *at += item.count;
    if (!check_letter(text, c, item.count, parsing, err))
        return false;
    if (!count_allowed(c, item.count))
        return refuse(err, text, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION",
                      "a letter is unknown or stands too often");
    VEC_ADD_IN(arena, items, item);
    return true;
}

/* A number that directly follows another: the first leaves it its digits (java.time's adjacent
 * value parsing). */
static void reserve_digits(ItemVec *items)
{
    for (size_t i = items->count; i-- > 0;) {
        DatetimeItem *item = &items->items[i];
        const DatetimeItem *next = i + 1 < items->count ? item + 1 : NULL;

        if (!datetime_item_is_number(item) || !next || !datetime_item_is_number(next) ||
            !datetime_item_fixed(next))
            continue;
        item->reserved = next->reserved + next->count;
    }
}

bool datetime_pattern_compile(Arena *arena, Str text, bool parsing, const DatetimePattern **out,
                              Error *err)
{
    DatetimePattern *pattern = ARENA_NEW(arena, DatetimePattern);
    ItemVec items = {0};
    uint32_t depth = 0;

    if (text.bytes > DATETIME_PATTERN_BYTES_MAX)
        return error_set_class(err, ERROR_USER, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION", "22007",
                               "A datetime pattern has at most %d characters.",
                               DATETIME_PATTERN_BYTES_MAX);
    for (uint32_t at = 0; at < text.bytes;) {
        if (!read_item(arena, &items, text, &at, parsing, &depth, err))
            return false;
    }
    reserve_digits(&items);
    pattern->items = items.items;
    pattern->item_count = (uint32_t)items.count;
    *out = pattern;
    return true;
}

bool datetime_item_is_number(const DatetimeItem *item)
{
    return strchr("yDdHhkKms", item->letter) ||
           (strchr("MLQq", item->letter) && item->count <= 2) || item->letter == 'F';
}

bool datetime_item_fixed(const DatetimeItem *item)
{
    return item->count == 2 && item->letter != 'D';
}

/* ── formatting ────────────────────────────────────────────────────────────────────────────────*/

typedef struct Parts {
    int32_t days, year;
    int month, day, hour, minute, second;
    int64_t us; /* Of the second. */
    int32_t offset_s;
    const Zone *zone;
    int64_t utc_us;
} Parts;

static void add_number(StrBuf *out, int64_t value, uint32_t width)
{
    strbuf_printf(out, "%0*ld", (int)width, (long)value);
}

static void add_year(StrBuf *out, int32_t year, uint32_t count)
{
    int64_t of_era = year > 0 ? year : 1 - (int64_t)year;

    if (count == 2) {
        add_number(out, of_era % 100, 2);
        return;
    }
    if (count >= 4 && of_era > (count == 4 ? 9999 : count == 5 ? 99999 : 999999))
        strbuf_add_char(out, '+');
    add_number(out, of_era, count);
}

static void add_name(StrBuf *out, const char *name, uint32_t count)
{
    strbuf_add(out, name, count == 4 ? strlen(name) : MIN(strlen(name), 3));
}

static void add_month(StrBuf *out, int month, uint32_t count)
{
    if (count <= 2)
        add_number(out, month, count);
    else
        add_name(out, month_names[month - 1], count);
}

static void add_quarter(StrBuf *out, int quarter, uint32_t count)
{
    static const char *const names[] = {"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};

    if (count <= 2)
        add_number(out, quarter, count);
    else if (count == 3)
        strbuf_printf(out, "Q%d", quarter);
    else
        strbuf_add_c(out, names[quarter - 1]);
}

/* The first digits of the fraction; there are six, then zeros. */
static void add_fraction(StrBuf *out, int64_t us, uint32_t count)
{
    char digits[16];

    snprintf(digits, sizeof digits, "%06ld000", (long)us);
    strbuf_add(out, digits, count);
}

/* Offsets as +hh[[:]mm[[:]ss]]. */
static void add_offset(StrBuf *out, int32_t offset_s, const char *colon, bool minutes_always,
                       bool seconds)
{
    int32_t magnitude = offset_s < 0 ? -offset_s : offset_s;

    strbuf_printf(out, "%c%02d", offset_s < 0 ? '-' : '+', magnitude / 3600);
    if (minutes_always || magnitude / 60 % 60)
        strbuf_printf(out, "%s%02d", colon, magnitude / 60 % 60);
    if (seconds && magnitude % 60)
        strbuf_printf(out, "%s%02d", colon, magnitude % 60);
}

static void add_gmt_offset(StrBuf *out, int32_t offset_s, bool full)
{
    int32_t magnitude = offset_s < 0 ? -offset_s : offset_s;

    strbuf_add_c(out, "GMT");
    if (!offset_s)
        return;
    if (full) {
        add_offset(out, offset_s, ":", true, true);
        return;
    }
    strbuf_printf(out, "%c%d", offset_s < 0 ? '-' : '+', magnitude / 3600);
    if (magnitude % 3600)
        strbuf_printf(out, ":%02d", magnitude / 60 % 60);
    if (magnitude % 60)
        strbuf_printf(out, ":%02d", magnitude % 60);
}

static void add_zone_offset(StrBuf *out, char letter, uint32_t count, int32_t offset_s)
{
    if ((letter == 'X' || (letter == 'Z' && count == 5)) && !offset_s) {
        strbuf_add_char(out, 'Z');
        return;
    }
    if (letter == 'Z' && count == 4) {
        add_gmt_offset(out, offset_s, true);
        return;
    }
    if (letter == 'Z') {
        add_offset(out, offset_s, count == 5 ? ":" : "", true, count == 5);
        return;
    }
    add_offset(out, offset_s, count == 3 || count == 5 ? ":" : "", count > 1, count > 3);
}

static void add_zone_name(StrBuf *out, const Parts *p, uint32_t count)
{
    const char *name = zone_abbreviation(p->zone, p->utc_us);

    /* Before there was standard time Java has its name all the same: that of 2000-01-01. */
    if (strcmp(name, "LMT") == 0)
        name = zone_abbreviation(p->zone, INT64_C(946684800000000));

    for (size_t i = 0; count == 4 && i < zone_name_count; i++) {
        if (strcmp(zone_names[i].name, name) == 0 && zone_names[i].full)
            name = zone_names[i].full;
    }
    strbuf_add_c(out, name);
}

static int day_of_year(const Parts *p)
{
    return p->days - days_from_civil(p->year, 1, 1) + 1;
}

static bool add_zone(StrBuf *out, const DatetimeItem *item, const Parts *p)
{
    if (!p->zone)
        return false;
    if (item->letter == 'V')
        strbuf_add_str(out, zone_name(p->zone));
    else if (item->letter == 'z')
        add_zone_name(out, p, item->count);
    else if (item->letter == 'O')
        add_gmt_offset(out, p->offset_s, item->count == 4);
    else
        add_zone_offset(out, item->letter, item->count, p->offset_s);
    return true;
}

static bool add_item(StrBuf *out, const DatetimeItem *item, const Parts *p)
{
    uint32_t count = item->count;

    switch (item->letter) {
    case ITEM_LITERAL:
        strbuf_add_str(out, item->text);
        break;
    case '[':
    case ']':
        break;
    case 'G':
        strbuf_add_c(out, count == 4 ? (p->year > 0 ? "Anno Domini" : "Before Christ")
                                     : (p->year > 0 ? "AD" : "BC"));
        break;
    case 'y':
        add_year(out, p->year, count);
        break;
    case 'M':
    case 'L':
        add_month(out, p->month, count);
        break;
    case 'd':
        add_number(out, p->day, count);
        break;
    case 'D':
        add_number(out, day_of_year(p), count);
        break;
    case 'Q':
    case 'q':
        add_quarter(out, (p->month + 2) / 3, count);
        break;
    case 'E':
        add_name(out, day_names[floor_mod(p->days + 3, 7)], count);
        break;
    case 'F':
        add_number(out, (p->day - 1) % 7 + 1, 1);
        break;
    case 'a':
        strbuf_add_c(out, p->hour < 12 ? "AM" : "PM");
        break;
    case 'H':
        add_number(out, p->hour, count);
        break;
    case 'k':
        add_number(out, p->hour ? p->hour : 24, count);
        break;
    case 'K':
        add_number(out, p->hour % 12, count);
        break;
    case 'h':
        add_number(out, p->hour % 12 ? p->hour % 12 : 12, count);
        break;
    case 'm':
        add_number(out, p->minute, count);
        break;
    case 's':
        add_number(out, p->second, count);
        break;
    case 'S':
        add_fraction(out, p->us, count);
        break;
    default:
        return add_zone(out, item, p);
    }
    return true;
}

bool datetime_pattern_format(const DatetimePattern *pattern, int64_t local_us, int32_t offset_s,
                             const Zone *zone, int64_t utc_us, StrBuf *out)
{
    int64_t of_day = floor_mod(local_us, US_PER_DAY);
    Parts p = {
        .days = (int32_t)floor_div(local_us, US_PER_DAY),
        .hour = (int)(of_day / US_PER_HOUR),
        .minute = (int)(of_day / US_PER_MINUTE % 60),
        .second = (int)(of_day / US_PER_SECOND % 60),
        .us = of_day % US_PER_SECOND,
        .offset_s = offset_s,
        .zone = zone,
        .utc_us = utc_us,
    };

    civil_from_days(p.days, &p.year, &p.month, &p.day);
    for (uint32_t i = 0; i < pattern->item_count; i++) {
        if (!add_item(out, &pattern->items[i], &p))
            return false;
    }
    return true;
}
