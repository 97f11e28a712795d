/*
 * zone.c: time zones by name (zone.h).
 *
 * A zone is a table of moments at which its distance from UTC changes:
 *
 *     first_offset_s | at_s[0]  offset_s[0] | at_s[1]  offset_s[1] | …
 *
 * made from the system's TZif file (RFC 8536, its 64-bit part) and, for the time after it, from the
 * POSIX rule in the file's last line ("EST5EDT,M3.2.0,M11.1.0"). The rule is written out for 401
 * years, and since the calendar repeats every 400 years to the day of the week, any later time is
 * moved back by a multiple of them.
 *
 * local_s[i] is at_s[i] in the local time that is the later of before and after. A local time below
 * it has the offset before the change: before a gap that is the only one, inside it java.time moves
 * the time on by the gap, which is the same sum; in an overlap it is the earlier instant.
 *
 * The cache is the process's: a hash table of lists to which entries are only ever added, so that
 * readers need no lock. Two threads may load a zone at once; both are kept, one is found. Its size
 * is bounded, since names may come from the data.
 */
#include "column/zone.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/vec.h"
#include "column/format_value.h"
#include "column/zone_parse.h"
#include "os/os.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define S_PER_DAY 86400
#define S_PER_400_YEARS (INT64_C(146097) * S_PER_DAY)
#define US_PER_S INT64_C(1000000)

enum {
    NAME_BYTES_MAX = 64,
    FILE_BYTES_MAX = 1 << 20,
    BUCKET_COUNT = 1024,
    CACHED_MAX = 16384,
    ABBREVIATION_BYTES = 16,
};

struct Zone {
    Zone *next; /* In its bucket. */
    char name[NAME_BYTES_MAX + 1];
    int32_t first_offset_s;
    char first_abbreviation[ABBREVIATION_BYTES];
    uint32_t count; /* Of changes. */
    int64_t *at_s;
    int64_t *local_s;
    int32_t *offset_s;
    char (*abbreviations)[ABBREVIATION_BYTES];
    bool repeats;        /* From repeat_s on every 400 years. */
    int64_t repeat_s;
};

/* ── asking ────────────────────────────────────────────────────────────────────────────────────*/

/* How many of the sorted `times` are at or before `t`. */
static uint32_t count_up_to(const int64_t *times, uint32_t count, int64_t t)
{
    uint32_t low = 0;

    while (count > 0) {
        uint32_t half = count / 2;

        if (times[low + half] <= t) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

static int64_t floor_seconds(int64_t us)
{
    return us / US_PER_S - (us % US_PER_S < 0);
}

static int64_t into_table(const Zone *zone, int64_t t)
{
    if (zone->repeats && t >= zone->repeat_s + S_PER_400_YEARS)
        t -= (t - zone->repeat_s) / S_PER_400_YEARS * S_PER_400_YEARS;
    return t;
}

int32_t zone_offset_s(const Zone *zone, int64_t utc_us)
{
    uint32_t i;

    if (zone->count == 0)
        return zone->first_offset_s;
    i = count_up_to(zone->at_s, zone->count, into_table(zone, floor_seconds(utc_us)));
    return i > 0 ? zone->offset_s[i - 1] : zone->first_offset_s;
}

/* Times at the very ends of what 64 bits hold stay there. */
static int64_t add_clamped(int64_t us, int64_t by)
{
    int64_t sum;

    if (__builtin_add_overflow(us, by, &sum))
        return by < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

int64_t zone_to_local(const Zone *zone, int64_t utc_us)
{
    return add_clamped(utc_us, zone_offset_s(zone, utc_us) * US_PER_S);
}

int64_t zone_to_utc(const Zone *zone, int64_t local_us)
{
    int32_t offset_s = zone->first_offset_s;
    uint32_t i = 0;

    if (zone->count > 0)
        i = count_up_to(zone->local_s, zone->count, into_table(zone, floor_seconds(local_us)));
    if (i > 0)
        offset_s = zone->offset_s[i - 1];
    return add_clamped(local_us, -(offset_s * US_PER_S));
}

const char *zone_abbreviation(const Zone *zone, int64_t utc_us)
{
    uint32_t i = 0;

    if (zone->count > 0)
        i = count_up_to(zone->at_s, zone->count, into_table(zone, floor_seconds(utc_us)));
    return i > 0 ? zone->abbreviations[i - 1] : zone->first_abbreviation;
}

Str zone_name(const Zone *zone)
{
    return str_of(zone->name);
}

/* ── fixed offsets ─────────────────────────────────────────────────────────────────────────────*/

/* One or two digits; false: neither. */
static bool take_two(Str *rest, int32_t *out, uint32_t *digit_count)
{
    uint32_t count = 0;
    int32_t value = 0;

    while (count < 2 && count < rest->bytes && isdigit((unsigned char)rest->data[count]))
        value = value * 10 + (rest->data[count++] - '0');
    *rest = str_slice(*rest, count, rest->bytes);
    *out = value;
    *digit_count = count;
    return count > 0;
}

/* h, hh, hhmm, hhmmss, or [h]h:[m]m, hh:mm:ss */
static bool parse_clock(Str rest, int32_t *seconds)
{
    int32_t parts[3] = {0};
    uint32_t digits;
    bool colons;

    if (!take_two(&rest, &parts[0], &digits))
        return false;
    colons = rest.bytes > 0 && rest.data[0] == ':';
    if (rest.bytes > 0 && !colons && digits != 2)
        return false;
    for (int i = 1; i < 3 && rest.bytes > 0; i++) {
        bool last;

        if (colons) {
            if (rest.data[0] != ':')
                return false;
            rest = str_slice(rest, 1, rest.bytes);
        }
        if (!take_two(&rest, &parts[i], &digits))
            return false;
        last = rest.bytes == 0;
        if (digits != 2 && !(colons && i == 1 && last))
            return false;
    }
    *seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
    return rest.bytes == 0 && parts[1] <= 59 && parts[2] <= 59 && *seconds <= 18 * 3600;
}

bool zone_parse_offset(Str text, int32_t *offset_s)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    int32_t seconds;

    if (str_is(text, "Z")) {
        *offset_s = 0;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        if (str_is(text, prefixes[i])) {
            *offset_s = 0;
            return true;
        }
        if (str_starts_with(text, str_of(prefixes[i]))) {
            text = str_slice(text, (uint32_t)strlen(prefixes[i]), text.bytes);
            break;
        }
    }
    if (text.bytes < 2 || (text.data[0] != '+' && text.data[0] != '-') ||
        !parse_clock(str_slice(text, 1, text.bytes), &seconds))
        return false;
    *offset_s = text.data[0] == '-' ? -seconds : seconds;
    return true;
}

/* ── the rule at the end of the file ───────────────────────────────────────────────────────────*/

typedef struct RuleDay {
    char kind;              /* 'M': the week-th weekday of a month; 'J', '0': day of the year. */
    int month, week, day;   /* J counts from 1 without Feb 29, 0 from 0 with it. */
    int32_t time_s;         /* Local time; may be negative, or beyond a day. */
} RuleDay;

typedef struct Rule {
    int32_t std_offset_s, dst_offset_s; /* East of Greenwich. */
    char std_name[ABBREVIATION_BYTES], dst_name[ABBREVIATION_BYTES];
    bool has_dst;
    RuleDay start, end;
} Rule;

static bool rule_name(const char **at, char name[ABBREVIATION_BYTES])
{
    const char *from = *at;
    bool quoted = *from == '<';
    size_t bytes = 0;

    from += quoted;
    while (from[bytes] && (quoted ? from[bytes] != '>' : isalpha((unsigned char)from[bytes])))
        bytes++;
    if (bytes == 0 || bytes >= ABBREVIATION_BYTES || (quoted && from[bytes] != '>'))
        return false;
    memcpy(name, from, bytes);
    name[bytes] = '\0';
    *at = from + bytes + quoted;
    return true;
}

static bool rule_number(const char **at, int max, int *out)
{
    int value = 0;

    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); ++*at) {
        value = value * 10 + (**at - '0');
        if (value > max)
            return false;
    }
    *out = value;
    return true;
}

/* [+-]h[:m[:s]] */
static bool rule_time(const char **at, int32_t *out)
{
    int parts[3] = {0};
    bool negative = **at == '-';

    if (**at == '-' || **at == '+')
        ++*at;
    for (int i = 0; i < 3; i++) {
        if (!rule_number(at, i == 0 ? 167 : 59, &parts[i]))
            return false;
        if (**at != ':')
            break;
        ++*at;
    }
    *out = parts[0] * 3600 + parts[1] * 60 + parts[2];
    if (negative)
        *out = -*out;
    return true;
}

/* ,(Mm.w.d | Jn | n)[/time] */
static bool rule_day(const char **at, RuleDay *out)
{
    if (**at != ',')
        return false;
    ++*at;
    out->time_s = 2 * 3600;
    if (**at == 'M') {
        ++*at;
        out->kind = 'M';
        if (!rule_number(at, 12, &out->month) || *(*at)++ != '.' ||
            !rule_number(at, 5, &out->week) || *(*at)++ != '.' || !rule_number(at, 6, &out->day) ||
            out->month == 0 || out->week == 0)
            return false;
    } else {
        out->kind = **at == 'J' ? 'J' : '0';
        *at += **at == 'J';
        if (!rule_number(at, 365, &out->day))
            return false;
    }
    if (**at != '/')
        return true;
    ++*at;
    return rule_time(at, &out->time_s);
}

static bool rule_parse(const char *text, Rule *out)
{
    const char *at = text;

    *out = (Rule){0};
    if (!rule_name(&at, out->std_name) || !rule_time(&at, &out->std_offset_s))
        return false;
    out->std_offset_s = -out->std_offset_s;
    if (*at == '\0')
        return true;
    out->has_dst = true;
    if (!rule_name(&at, out->dst_name))
        return false;
    out->dst_offset_s = out->std_offset_s + 3600;
    if (*at != ',') {
        if (!rule_time(&at, &out->dst_offset_s))
            return false;
        out->dst_offset_s = -out->dst_offset_s;
    }
    return rule_day(&at, &out->start) && rule_day(&at, &out->end) && *at == '\0';
}

/* The rule's day and time in `year`, in local seconds. */
static int64_t rule_local_s(const RuleDay *rule, int64_t year)
{
    int64_t days;

    if (rule->kind == 'M') {
        int64_t first = days_from_civil(year, rule->month, 1);
        int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday. */
        int day = (rule->day - weekday + 7) % 7 + (rule->week - 1) * 7;

        if (day >= days_in_month(year, rule->month))
            day -= 7;
        days = first + day;
    } else {
        bool leap = days_in_month(year, 2) == 29;

        days = days_from_civil(year, 1, 1) + rule->day;
        if (rule->kind == 'J')
            days -= !(leap && rule->day >= 60);
    }
    return days * S_PER_DAY + rule->time_s;
}

/* ── loading ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct Change {
    int64_t at_s;
    int32_t offset_s;
    char abbreviation[ABBREVIATION_BYTES];
} Change;

typedef VEC(Change) ChangeVec;

static void changes_add(ChangeVec *changes, int64_t at_s, int32_t offset_s, const char *name)
{
    Change change = {.at_s = at_s, .offset_s = offset_s};

    if (changes->count > 0 && at_s <= changes->items[changes->count - 1].at_s)
        return;
    (void)snprintf(change.abbreviation, sizeof change.abbreviation, "%s", name);
    VEC_ADD(changes, change);
}

static int64_t year_of(int64_t utc_s)
{
    int64_t days = utc_s / S_PER_DAY - (utc_s % S_PER_DAY < 0);
    int32_t year;
    int month, day;

    days = MAX(MIN(days, INT64_C(100000000)), -INT64_C(100000000));
    civil_from_days((int32_t)days, &year, &month, &day);
    return year;
}

/* Writes the rule out for 401 years after the table. */
static void changes_add_rule(ChangeVec *changes, const Rule *rule, Zone *zone)
{
    int64_t first = changes->count > 0 ? year_of(changes->items[changes->count - 1].at_s) : 1970;

    if (!rule->has_dst)
        return;
    for (int64_t year = first; year <= first + 401; year++) {
        int64_t start = rule_local_s(&rule->start, year) - rule->std_offset_s;
        int64_t end = rule_local_s(&rule->end, year) - rule->dst_offset_s;

        if (start < end)
            changes_add(changes, start, rule->dst_offset_s, rule->dst_name);
        changes_add(changes, end, rule->std_offset_s, rule->std_name);
        if (start > end)
            changes_add(changes, start, rule->dst_offset_s, rule->dst_name);
    }
    zone->repeats = true;
    zone->repeat_s = (int64_t)days_from_civil(first + 1, 1, 2) * S_PER_DAY;
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const uint8_t *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* The counts of one header of a TZif file. */
typedef struct TzifHeader {
    uint64_t utc_flags, std_flags, leaps, times, types, chars;
} TzifHeader;

enum { HEADER_BYTES = 44, TYPE_BYTES = 6 };

static bool tzif_header(Str file, size_t at, TzifHeader *out)
{
    const uint8_t *p;

    if (file.bytes < at + HEADER_BYTES || memcmp(file.data + at, "TZif", 4) != 0)
        return false;
    p = (const uint8_t *)file.data + at + 20;
    *out = (TzifHeader){be32(p), be32(p + 4), be32(p + 8), be32(p + 12), be32(p + 16), be32(p + 20)};
    return true;
}

static uint64_t tzif_body_bytes(const TzifHeader *h, uint64_t time_bytes)
{
    return h->times * (time_bytes + 1) + h->types * TYPE_BYTES + h->chars +
           h->leaps * (time_bytes + 4) + h->std_flags + h->utc_flags;
}

/* The footer's text between its two newlines, NUL-terminated. */
static bool tzif_footer(Str file, uint64_t at, char *out, size_t out_bytes)
{
    size_t bytes = 0;

    if (at >= file.bytes || file.data[at] != '\n')
        return false;
    at++;
    while (at + bytes < file.bytes && file.data[at + bytes] != '\n')
        bytes++;
    if (at + bytes >= file.bytes || bytes >= out_bytes)
        return false;
    memcpy(out, file.data + at, bytes);
    out[bytes] = '\0';
    return true;
}

/* One type's offset and name; false when the file is damaged. */
static bool tzif_type(const uint8_t *types, const TzifHeader *h, uint32_t type_i, int32_t *offset_s,
                      const char **name)
{
    const uint8_t *type = types + (size_t)type_i * TYPE_BYTES;
    const char *chars = (const char *)types + h->types * TYPE_BYTES;

    if (type_i >= h->types || type[5] >= h->chars ||
        !memchr(chars + type[5], '\0', h->chars - type[5]))
        return false;
    *offset_s = (int32_t)be32(type);
    *name = chars + type[5];
    return *offset_s > -86400 * 2 && *offset_s < 86400 * 2;
}

static bool zone_read(Zone *zone, Str file, ChangeVec *changes)
{
    TzifHeader h;
    uint64_t at;
    const uint8_t *times, *types;
    const char *name;
    int32_t offset_s;
    char footer[128];
    Rule rule;

    /* The first part has 32-bit times; all files since version 2 have a second one. */
    if (!tzif_header(file, 0, &h) || file.data[4] < '2')
        return false;
    at = HEADER_BYTES + tzif_body_bytes(&h, 4);
    if (at > file.bytes || !tzif_header(file, at, &h))
        return false;
    at += HEADER_BYTES;
    if (at + tzif_body_bytes(&h, 8) > file.bytes || h.types == 0)
        return false;
    times = (const uint8_t *)file.data + at;
    types = times + h.times * 9;
    if (!tzif_type(types, &h, 0, &offset_s, &name))
        return false;
    zone->first_offset_s = offset_s;
    (void)snprintf(zone->first_abbreviation, sizeof zone->first_abbreviation, "%s", name);
    for (uint64_t i = 0; i < h.times; i++) {
        if (!tzif_type(types, &h, times[h.times * 8 + i], &offset_s, &name))
            return false;
        changes_add(changes, be64(times + i * 8), offset_s, name);
    }
    if (!tzif_footer(file, at + tzif_body_bytes(&h, 8), footer, sizeof footer))
        return false;
    if (footer[0] == '\0')
        return true;
    if (!rule_parse(footer, &rule))
        return false;
    changes_add_rule(changes, &rule, zone);
    return true;
}

static void zone_take_changes(Zone *zone, const ChangeVec *changes)
{
    uint32_t count = (uint32_t)changes->count;
    int32_t before = zone->first_offset_s;
    int64_t last = INT64_MIN;

    if (count == 0)
        return;
    zone->count = count;
    zone->at_s = mem_alloc(count * sizeof *zone->at_s);
    zone->local_s = mem_alloc(count * sizeof *zone->local_s);
    zone->offset_s = mem_alloc(count * sizeof *zone->offset_s);
    zone->abbreviations = mem_alloc(count * sizeof *zone->abbreviations);
    for (uint32_t i = 0; i < count; i++) {
        const Change *change = &changes->items[i];

        zone->at_s[i] = change->at_s;
        zone->offset_s[i] = change->offset_s;
        /* Kept sorted, should two changes ever lie within hours of each other. */
        last = MAX(last, add_clamped(change->at_s, MAX(before, change->offset_s)));
        zone->local_s[i] = last;
        memcpy(zone->abbreviations[i], change->abbreviation, ABBREVIATION_BYTES);
        before = change->offset_s;
    }
}

static void zone_free(Zone *zone)
{
    if (!zone)
        return;
    free(zone->at_s);
    free(zone->local_s);
    free(zone->offset_s);
    free(zone->abbreviations);
    free(zone);
}

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

/* Java's three-letter names that are no files, or other ones. */
static const char *const short_names[][2] = {
    {"ACT", "Australia/Darwin"},   {"AET", "Australia/Sydney"},
    {"AGT", "America/Argentina/Buenos_Aires"},
    {"ART", "Africa/Cairo"},       {"AST", "America/Anchorage"},
    {"BET", "America/Sao_Paulo"},  {"BST", "Asia/Dhaka"},
    {"CAT", "Africa/Harare"},      {"CNT", "America/St_Johns"},
    {"CST", "America/Chicago"},    {"CTT", "Asia/Shanghai"},
    {"EAT", "Africa/Addis_Ababa"}, {"ECT", "Europe/Paris"},
    {"EST", "-05:00"},             {"HST", "-10:00"},
    {"IET", "America/Indiana/Indianapolis"},
    {"IST", "Asia/Kolkata"},       {"JST", "Asia/Tokyo"},
    {"MIT", "Pacific/Apia"},       {"MST", "-07:00"},
    {"NET", "Asia/Yerevan"},       {"NST", "Pacific/Auckland"},
    {"PLT", "Asia/Karachi"},       {"PNT", "America/Phoenix"},
    {"PRT", "America/Puerto_Rico"}, {"PST", "America/Los_Angeles"},
    {"SST", "Pacific/Guadalcanal"}, {"VST", "Asia/Ho_Chi_Minh"},
};

/* A name that may be looked for below the folder: letters, digits and /_+-, no part beginning with
 * anything else than a letter or digit, and none of the folders with other counts of time. */
static bool name_is_region(Str name)
{
    char before = '/';

    if (name.bytes == 0 || name.bytes > NAME_BYTES_MAX || !isalpha((unsigned char)name.data[0]) ||
        str_starts_with(name, STR("right/")) || str_starts_with(name, STR("posix/")))
        return false;
    for (uint32_t i = 0; i < name.bytes; i++) {
        char c = name.data[i];

        if (!isalnum((unsigned char)c) && (before == '/' || !strchr("/_+-", c) || c == '\0'))
            return false;
        before = c;
    }
    return before != '/';
}

static Zone *zone_load(Str name)
{
    Str target = name;
    char path[sizeof ZONE_FOLDER + 1 + NAME_BYTES_MAX + 1];
    Zone *zone = mem_zalloc(sizeof *zone);
    ChangeVec changes = {0};
    Error ignored = {0};
    Arena arena;
    Str file;
    bool ok;

    memcpy(zone->name, name.data, name.bytes);
    for (size_t i = 0; i < COUNT_OF(short_names); i++) {
        if (str_is(name, short_names[i][0]))
            target = str_of(short_names[i][1]);
    }
    if (zone_parse_offset(target, &zone->first_offset_s)) {
        bool utc = zone->first_offset_s == 0;

        (void)snprintf(zone->first_abbreviation, sizeof zone->first_abbreviation, "%.15s",
                       utc ? "UTC" : zone->name);
        return zone;
    }
    if (!name_is_region(target)) {
        zone_free(zone);
        return NULL;
    }
    (void)snprintf(path, sizeof path, "%s/%.*s", ZONE_FOLDER, STR_ARG(target));
    arena_init(&arena);
    ok = !os_is_dir(path) && os_read_file(&arena, path, FILE_BYTES_MAX, &file, &ignored) &&
         zone_read(zone, file, &changes);
    if (ok)
        zone_take_changes(zone, &changes);
    VEC_DONE(&changes);
    arena_done(&arena);
    if (!ok) {
        zone_free(zone);
        return NULL;
    }
    return zone;
}

/* ── the cache ─────────────────────────────────────────────────────────────────────────────────*/

static _Atomic(Zone *) buckets[BUCKET_COUNT];
static atomic_uint cached_count;

const Zone *zone_utc(void)
{
    static const Zone utc = {.name = "UTC", .first_abbreviation = "UTC"};

    return &utc;
}

bool zone_find_quiet(Str name, const Zone **out)
{
    _Atomic(Zone *) *bucket;
    Zone *head;
    Zone *zone;

    if (name.bytes == 0 || name.bytes > NAME_BYTES_MAX)
        return false;
    if (str_is(name, "UTC")) {
        *out = zone_utc();
        return true;
    }
    bucket = &buckets[hash_bytes(name.data, name.bytes) % BUCKET_COUNT];
    head = atomic_load_explicit(bucket, memory_order_acquire);
    for (zone = head; zone; zone = zone->next) {
        if (str_is(name, zone->name)) {
            *out = zone;
            return true;
        }
    }
    if (atomic_load(&cached_count) >= CACHED_MAX)
        return false;
    zone = zone_load(name);
    if (!zone)
        return false;
    atomic_fetch_add(&cached_count, 1);
    do {
        zone->next = head;
    } while (!atomic_compare_exchange_weak_explicit(bucket, &head, zone, memory_order_release,
                                                    memory_order_acquire));
    *out = zone;
    return true;
}

bool zone_find(Str name, const Zone **out, Error *err)
{
    if (zone_find_quiet(name, out))
        return true;
    return error_set_class(
        err, ERROR_USER, "INVALID_TIMEZONE", "22009",
        "The timezone: %.*s is invalid. It must be a region's name such as 'America/Los_Angeles', "
        "or an offset '(+|-)HH', '(+|-)HH:mm' or '(+|-)HH:mm:ss' between -18:00 and +18:00; 'Z' "
        "and 'UTC' stand for '+00:00'%s",
        (int)MIN(name.bytes, 100u), name.data,
        os_is_dir(ZONE_FOLDER) ? "" : ". Regions need the system's tzdata, which is not installed");
}
