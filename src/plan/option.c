/*
 * option.c: looking options up, and reading their values (option.h).
 */
#include "plan/option.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "column/zone.h"
#include "plan/option_table.h"
#include "plan/starting.h"
#include "sql/diagnostic.h"

const ProviderInfo *provider_info(Provider provider)
{
    ASSERT(provider < PROVIDER_COUNT);
    return &provider_table[provider];
}

bool provider_find(Str name, Provider *out)
{
    for (int i = PROVIDER_NONE + 1; i < PROVIDER_COUNT; i++) {
        if (str_is_nocase(name, provider_table[i].name)) {
            *out = (Provider)i;
            return true;
        }
    }
    return false;
}

const OptionDef *option_at(size_t i)
{
    return option_table[i].key ? &option_table[i] : NULL;
}

const OptionDef *option_find(Str key, Provider provider, unsigned table)
{
    for (const OptionDef *option = option_table; option->key; option++) {
        if ((option->providers & 1u << provider) && (option->tables & table) &&
            str_is_nocase(key, option->key))
            return option;
    }
    return NULL;
}

static bool starts_with_nocase(Str text, const char *prefix)
{
    uint32_t bytes = (uint32_t)strlen(prefix);

    return text.bytes > bytes && str_is_nocase(str_slice(text, 0, bytes), prefix);
}

bool option_is_open(Str key, Provider provider, unsigned table)
{
    if (starts_with_nocase(key, "kafka."))
        return provider == PROVIDER_KAFKA;
    if (starts_with_nocase(key, "header."))
        return provider == PROVIDER_HTTP;
    if (starts_with_nocase(key, "expect."))
        return (table & (OPTION_OF_SOURCE | OPTION_OF_STREAMING | OPTION_OF_VIEW)) != 0;
    return false;
}

Str option_suggest(Str key, Provider provider, unsigned table)
{
    Str names[128];
    size_t count = 0;

    for (const OptionDef *option = option_table; option->key; option++) {
        if ((option->providers & 1u << provider) && (option->tables & table) &&
            count < COUNT_OF(names))
            names[count++] = str_of(option->key);
    }
    return spelling_nearest(key, names, count);
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

typedef struct UnitName {
    const char *name;
    int64_t factor;
} UnitName;

static const UnitName duration_units[] = {
    {"us", 1},
    {"microsecond", 1},
    {"microseconds", 1},
    {"ms", 1000},
    {"millisecond", 1000},
    {"milliseconds", 1000},
    {"s", 1000000},
    {"sec", 1000000},
    {"second", 1000000},
    {"seconds", 1000000},
    {"m", 60000000},
    {"min", 60000000},
    {"minute", 60000000},
    {"minutes", 60000000},
    {"h", 3600000000},
    {"hour", 3600000000},
    {"hours", 3600000000},
    {"d", 86400000000},
    {"day", 86400000000},
    {"days", 86400000000},
    {"week", 604800000000},
    {"weeks", 604800000000},
    {NULL, 0},
};

static const UnitName byte_units[] = {
    {"B", 1},
    {"KB", 1024},
    {"K", 1024},
    {"MB", 1024 * 1024},
    {"M", 1024 * 1024},
    {"GB", 1024 * 1024 * 1024},
    {"G", 1024 * 1024 * 1024},
    {NULL, 0},
};

static bool unit_find(const UnitName *units, Str name, int64_t *factor)
{
    for (const UnitName *unit = units; unit->name; unit++) {
        if (str_is_nocase(name, unit->name)) {
            *factor = unit->factor;
            return true;
        }
    }
    return false;
}

/* Cuts one `12 unit` off the front of *rest; the unit may be empty at the end of the text. */
static bool quantity_cut(Str *rest, int64_t *number, Str *unit)
{
    uint32_t i = 0, from;

    while (i < rest->bytes && isdigit((unsigned char)rest->data[i]))
        i++;
    if (!str_to_int64(str_slice(*rest, 0, i), number))
        return false;
    while (i < rest->bytes && rest->data[i] == ' ')
        i++;
    from = i;
    while (i < rest->bytes && isalpha((unsigned char)rest->data[i]))
        i++;
    *unit = str_slice(*rest, from, i);
    *rest = str_trim(str_slice(*rest, i, rest->bytes));
    return true;
}

static bool quantity_parse(Str text, const UnitName *units, bool unit_needed, int64_t *out)
{
    Str rest = str_trim(text), unit;
    int64_t total = 0, number, factor;

    if (!rest.bytes)
        return false;
    while (rest.bytes) {
        if (!quantity_cut(&rest, &number, &unit))
            return false;
        factor = 1;
        if (unit.bytes ? !unit_find(units, unit, &factor) : unit_needed)
            return false;
        if (__builtin_mul_overflow(number, factor, &number) ||
            __builtin_add_overflow(total, number, &total))
            return false;
    }
    *out = total;
    return true;
}

bool option_parse_duration(Str text, int64_t *out_us, Error *err)
{
    if (quantity_parse(text, duration_units, true, out_us))
        return true;
    return error_set(err, ERROR_USER,
                     "'%.*s' is not a length of time; write '500 ms', '30 seconds', '2 hours'",
                     STR_ARG(text));
}

bool option_parse_bytes(Str text, int64_t *out, Error *err)
{
    if (quantity_parse(text, byte_units, false, out))
        return true;
    return error_set(err, ERROR_USER, "'%.*s' is not a size; write '1048576' or '64 MB'",
                     STR_ARG(text));
}

bool option_parse_bool(Str text, bool *out, Error *err)
{
    if (str_is_nocase(text, "true") || str_is_nocase(text, "false")) {
        *out = str_is_nocase(text, "true");
        return true;
    }
    return error_set(err, ERROR_USER, "'%.*s' is neither true nor false", STR_ARG(text));
}

/* ── schedules: their form (scheduler/cron.c gives them their meaning) ─────────────────────────*/

typedef struct CronField {
    const char *name;
    int from, to;
} CronField;

static const CronField cron_fields[5] = {
    {"minute", 0, 59}, {"hour", 0, 23}, {"day of month", 1, 31}, {"month", 1, 12},
    {"day of week", 0, 7},
};

static bool cron_name(Str text, int field_i, int *out)
{
    static const char *const months = "janfebmaraprmayjunjulaugsepoctnovdec";
    static const char *const days = "sunmontuewedthufrisat";
    const char *names = field_i == 3 ? months : days;
    int first = field_i == 3 ? 1 : 0;

    if (field_i < 3 || text.bytes != 3)
        return false;
    for (int i = 0; names[i * 3]; i++) {
        if (str_equal_nocase(text, (Str){names + (size_t)i * 3, 3})) {
            *out = first + i;
            return true;
        }
    }
    return false;
}

static bool cron_number(Str text, int field_i, int *out)
{
    int64_t number;

    if (cron_name(text, field_i, out))
        return true;
    if (!str_to_int64(text, &number) || number < cron_fields[field_i].from ||
        number > cron_fields[field_i].to)
        return false;
    *out = (int)number;
    return true;
}

/* a, a-b, star, each with an optional step. */
static bool cron_part(Str part, int field_i)
{
    ptrdiff_t slash = str_find_char(part, '/');
    Str range = slash < 0 ? part : str_slice(part, 0, (uint32_t)slash);
    ptrdiff_t dash = str_find_char(range, '-');
    int64_t step = 1;
    int from, to;

    if (slash >= 0 &&
        (!str_to_int64(str_slice(part, (uint32_t)slash + 1, part.bytes), &step) || step < 1))
        return false;
    if (str_is(range, "*"))
        return true;
    if (dash < 0)
        return cron_number(range, field_i, &from);
    return cron_number(str_slice(range, 0, (uint32_t)dash), field_i, &from) &&
           cron_number(str_slice(range, (uint32_t)dash + 1, range.bytes), field_i, &to) &&
           from <= to;
}

static bool cron_check(Str text, Error *err)
{
    Str rest = text, field, list, part;
    int field_i = 0;

    while (str_split(&rest, ' ', &field)) {
        if (!field.bytes)
            continue;
        if (field_i == 5)
            return error_set(err, ERROR_USER, "'%.*s' has more than five fields", STR_ARG(text));
        list = field;
        while (str_split(&list, ',', &part)) {
            if (!cron_part(part, field_i))
                return error_set(err, ERROR_USER, "'%.*s' is no %s (%d-%d) of a cron schedule",
                                 STR_ARG(field), cron_fields[field_i].name,
                                 cron_fields[field_i].from, cron_fields[field_i].to);
        }
        field_i++;
    }
    if (field_i != 5)
        return error_set(err, ERROR_USER,
                         "'%.*s' is no schedule; write five cron fields ('0 2 * * *'), '@daily', "
                         "or 'every 15 minutes'",
                         STR_ARG(text));
    return true;
}

bool option_parse_schedule(Str text, Error *err)
{
    static const char *const names[] = {"@hourly", "@daily",    "@midnight", "@weekly",
                                        "@monthly", "@yearly", "@annually"};
    int64_t us;

    text = str_trim(text);
    if (text.bytes && text.data[0] == '@') {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            if (str_is_nocase(text, names[i]))
                return true;
        }
        return error_set(err, ERROR_USER, "'%.*s' is not one of @hourly, @daily, @weekly, "
                         "@monthly, @yearly", STR_ARG(text));
    }
    if (starts_with_nocase(text, "every ")) {
        if (!option_parse_duration(str_slice(text, 6, text.bytes), &us, err))
            return false;
        if (us < 1000000)
            return error_set(err, ERROR_USER, "'%.*s' is more often than once a second",
                             STR_ARG(text));
        return true;
    }
    return cron_check(text, err);
}

/* ── checking a value by its option ────────────────────────────────────────────────────────────*/

static bool enum_check(const char *values, Str value, Error *err)
{
    Str rest = str_of(values), one;

    while (str_split(&rest, '|', &one)) {
        if (str_equal_nocase(value, one))
            return true;
    }
    return error_set(err, ERROR_USER, "'%.*s' is not one of %s", STR_ARG(value), values);
}

/* A number as the option's value is written, for messages. */
static const char *limit_text(OptionType type, int64_t limit, char out[32])
{
    const UnitName *units = type == OPTION_DURATION ? duration_units : byte_units;
    UnitName best = {"", 1};

    for (; type != OPTION_INT && units->name; units++) {
        if (limit % units->factor == 0 && units->factor > best.factor && strlen(units->name) > 1)
            best = *units;
    }
    (void)snprintf(out, 32, "%lld%s%s", (long long)(limit / best.factor), *best.name ? " " : "",
                   best.name);
    return out;
}

static bool bounds_check(const OptionDef *option, int64_t number, Str value, Error *err)
{
    char text[32];

    for (const OptionBounds *bounds = option_bounds; bounds->key; bounds++) {
        if (!str_is_nocase(str_of(option->key), bounds->key) || bounds->type != option->type)
            continue;
        if (number < bounds->low)
            return error_set(err, ERROR_USER, "'%.*s' is too little; the least is %s",
                             STR_ARG(value), limit_text(option->type, bounds->low, text));
        if (number > bounds->high)
            return error_set(err, ERROR_USER, "'%.*s' is too much; the most is %s", STR_ARG(value),
                             limit_text(option->type, bounds->high, text));
    }
    return true;
}

static bool check_starting(Str value, Error *err)
{
    Starting starting;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = starting_parse(&arena, value, zone_utc(), &starting, err);
    arena_done(&arena);
    return ok;
}

/* As the client that asks there understands it. */
static bool check_url(Str value, Error *err)
{
    bool is_http = str_is_nocase(str_slice(value, 0, MIN(value.bytes, 7u)), "http://") ||
                   str_is_nocase(str_slice(value, 0, MIN(value.bytes, 8u)), "https://");
    CURLU *address = curl_url();
    Arena arena;
    bool ok;

    ASSERT(address);
    arena_init(&arena);
    ok = is_http &&
         curl_url_set(address, CURLUPART_URL, str_to_c(&arena, value), 0) == CURLUE_OK;
    arena_done(&arena);
    curl_url_cleanup(address);
    return ok || error_set(err, ERROR_USER,
                           "'%.*s' is no address like http://localhost:8090/v1/orders",
                           STR_ARG(value));
}

bool option_check(const OptionDef *option, Str value, Error *err)
{
    const Zone *zone;
    int64_t number;
    double real;
    bool flag;

    switch (option->type) {
    case OPTION_BOOL:
        return option_parse_bool(value, &flag, err);
    case OPTION_INT:
        if (str_to_int64(str_trim(value), &number) && number >= 0)
            return bounds_check(option, number, value, err);
        return error_set(err, ERROR_USER, "'%.*s' is not a whole number", STR_ARG(value));
    case OPTION_NUMBER:
        if (str_to_double(str_trim(value), &real))
            return true;
        return error_set(err, ERROR_USER, "'%.*s' is not a number", STR_ARG(value));
    case OPTION_DURATION:
        return option_parse_duration(value, &number, err) &&
               bounds_check(option, number, value, err);
    case OPTION_BYTES:
        return option_parse_bytes(value, &number, err) && bounds_check(option, number, value, err);
    case OPTION_ENUM:
        return enum_check(option->values, value, err);
    case OPTION_SCHEDULE:
        return option_parse_schedule(value, err);
    case OPTION_ZONE:
        return zone_find(value, &zone, err);
    case OPTION_TIMESTAMP:
        if (text_to_timestamp(value, zone_utc(), &number))
            return true;
        return error_set(err, ERROR_USER, "'%.*s' is not a time; write '2026-01-31 00:00:00Z'",
                         STR_ARG(value));
    case OPTION_STARTING:
        return check_starting(value, err);
    case OPTION_URL:
        return check_url(value, err);
    case OPTION_CHARACTER:
        if (value.bytes == 1 || str_is(value, "\\t"))
            return true;
        return error_set(err, ERROR_USER, "'%.*s' is not one character", STR_ARG(value));
    case OPTION_TEXT:
    case OPTION_COLUMNS:
        if (str_trim(value).bytes)
            return true;
        return error_set(err, ERROR_USER, "the value is empty");
    }
    UNREACHABLE();
}

/* ── documentation ─────────────────────────────────────────────────────────────────────────────*/

static const char *option_type_text(OptionType type)
{
    static const char *const texts[] = {
        [OPTION_TEXT] = "text",         [OPTION_BOOL] = "true or false",
        [OPTION_INT] = "whole number",  [OPTION_NUMBER] = "number",
        [OPTION_DURATION] = "duration", [OPTION_BYTES] = "size",
        [OPTION_ENUM] = "",             [OPTION_COLUMNS] = "columns",
        [OPTION_SCHEDULE] = "schedule", [OPTION_ZONE] = "time zone",
        [OPTION_TIMESTAMP] = "time",    [OPTION_CHARACTER] = "character",
        [OPTION_STARTING] = "place",    [OPTION_URL] = "address",
    };

    return texts[type];
}

static void print_provider(StrBuf *out, Provider provider, unsigned table, const char *title)
{
    bool any = false;

    for (const OptionDef *option = option_table; option->key; option++) {
        if (!(option->providers & 1u << provider) || !(option->tables & table))
            continue;
        if (!any)
            strbuf_printf(out, "\n%s\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
                          title);
        any = true;
        strbuf_printf(out, "| `%s` | ", option->key);
        for (const char *c = option->values ? option->values : option_type_text(option->type); *c;
             c++) {
            if (*c == '|')
                strbuf_add_c(out, ", ");
            else
                strbuf_add_char(out, *c);
        }
        strbuf_printf(out, " | %s%s%s | %s |\n", option->standard ? "`" : "",
                      option->standard ? option->standard : (option->required ? "required" : ""),
                      option->standard ? "`" : "", option->doc);
    }
}

void options_print_markdown(StrBuf *out)
{
    for (int i = PROVIDER_NONE + 1; i < PROVIDER_MEMORY; i++) {
        const ProviderInfo *info = &provider_table[i];

        strbuf_printf(out, "\n## USING %s\n\n%s\n", info->name, info->doc);
        if (info->source)
            print_provider(out, (Provider)i, OPTION_OF_SOURCE, "As a source (`CREATE TABLE`):");
        if (info->target)
            print_provider(out, (Provider)i, OPTION_OF_STREAMING,
                           "As a target (`CREATE STREAMING TABLE`):");
        if (info->view)
            print_provider(out, (Provider)i, OPTION_OF_VIEW,
                           "As a batch table (`CREATE MATERIALIZED VIEW`):");
    }
}
