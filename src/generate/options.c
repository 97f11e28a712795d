#include "generate/options.h"

#include <stddef.h>

#include "base/assert.h"
#include "generate/generate.h"
#include "generate/put.h"

#define FIELD(name) offsetof(GenerateOptions, name)
#define INDEX_MAX ((double)GENERATE_INDEX_MAX)

const GenerateParam generate_params[] = {
    {"count", "N", "how many records, faulty ones included (1000)", PARAM_ALL, PARAM_INTEGER,
     FIELD(count), 0, INDEX_MAX},
    {"from", "ID", "the first record, counted from 0 (0)", PARAM_ALL, PARAM_INTEGER, FIELD(from), 0,
     INDEX_MAX},
    {"seed", "S", "another seed gives other data (42)", PARAM_ALL, PARAM_INTEGER, FIELD(seed),
     -0x1p63, 0x1p63},
    {"format", "ndjson|json|csv", "how records are written (ndjson)", PARAM_ALL, PARAM_FORMAT,
     FIELD(format), 0, 0},
    {"rate", "R", "records per second of event time (1000)", PARAM_ALL, PARAM_REAL, FIELD(rate),
     0.001, 1e9},
    {"base_time", "TIME", "event time of record 0 (2026-01-01T00:00:00Z)", PARAM_ALL, PARAM_TIME,
     FIELD(base_time_us), 0, 0},
    {"disorder_ms", "MS", "event times are out of order by less than this (1000)", PARAM_SHOP,
     PARAM_INTEGER, FIELD(disorder_ms), 0, 86400000},
    {"customers", "N", "how many customers there are (10000)", PARAM_SHOP, PARAM_INTEGER,
     FIELD(customers), 1, 1e9},
    {"late", "FRACTION", "records whose event time is moved back (0)", PARAM_SHOP, PARAM_REAL,
     FIELD(late), 0, 1},
    {"duplicate", "FRACTION", "records that repeat an earlier one (0)", PARAM_SHOP, PARAM_REAL,
     FIELD(duplicate), 0, 1},
    {"malformed", "FRACTION", "records that cannot be decoded (0)", PARAM_SHOP, PARAM_REAL,
     FIELD(malformed), 0, 1},
    {"invalid", "FRACTION", "records that break a constraint (0)", PARAM_SHOP, PARAM_REAL,
     FIELD(invalid), 0, 1},
    {"late_by_s", "SECONDS", "late records are late by this up to twice this (600)", PARAM_SHOP,
     PARAM_INTEGER, FIELD(late_by_s), 1, 31536000},
    {"first_event_id", "N", "added to every event id (0)", PARAM_NEXMARK, PARAM_INTEGER,
     FIELD(first_event_id), 0, INDEX_MAX},
    {"first_event_number", "N", "the number of record 0 (0)", PARAM_NEXMARK, PARAM_INTEGER,
     FIELD(first_event_number), 0, INDEX_MAX},
    {"out_of_order_group", "N", "events are shuffled within groups of this size (1)", PARAM_NEXMARK,
     PARAM_INTEGER, FIELD(out_of_order_group), 1, 1e6},
};
const int generate_param_count = COUNT_OF(generate_params);

static const char *const format_names[] = {
    [GENERATE_NDJSON] = "ndjson",
    [GENERATE_JSON] = "json",
    [GENERATE_CSV] = "csv",
};

const char *generate_format_name(GenerateFormat format)
{
    return format_names[format];
}

void generate_options_init(GenerateOptions *options)
{
    *options = (GenerateOptions){
        .count = GENERATE_COUNT_DEFAULT,
        .seed = 42,
        .rate = 1000,
        .base_time_us = INT64_C(1767225600000000), /* 2026-01-01T00:00:00Z */
        .disorder_ms = 1000,
        .customers = 10000,
        .late_by_s = 600,
        .out_of_order_group = 1,
    };
}

/* '-' and '_' are one. */
static bool name_equal(Str given, const char *name)
{
    if (given.bytes != strlen(name))
        return false;
    for (uint32_t i = 0; i < given.bytes; i++) {
        if (given.data[i] != name[i] && !(given.data[i] == '-' && name[i] == '_'))
            return false;
    }
    return true;
}

const GenerateParam *generate_param_find(Str name)
{
    for (int i = 0; i < generate_param_count; i++) {
        if (name_equal(name, generate_params[i].name))
            return &generate_params[i];
    }
    return NULL;
}

static bool format_parse(Str text, GenerateFormat *format, Error *err)
{
    for (size_t i = 0; i < COUNT_OF(format_names); i++) {
        if (str_is(text, format_names[i])) {
            *format = (GenerateFormat)i;
            return true;
        }
    }
    return error_set(err, ERROR_USER, "'%.*s' is not one of ndjson, json, csv",
                     (int)MIN(text.bytes, 40u), text.data);
}

static bool integer_parse(const GenerateParam *param, Str text, int64_t *out, Error *err)
{
    int64_t value;

    if (!str_to_int64(text, &value))
        return error_set(err, ERROR_USER, "'%.*s' is not a whole number", (int)MIN(text.bytes, 40u),
                         text.data);
    if ((double)value < param->min || (double)value > param->max)
        return error_set(err, ERROR_USER, "%.*s is not between %.0f and %.0f",
                         (int)MIN(text.bytes, 40u), text.data, param->min, param->max);
    *out = value;
    return true;
}

static bool real_parse(const GenerateParam *param, Str text, double *out, Error *err)
{
    double value;

    if (!str_to_double(text, &value))
        return error_set(err, ERROR_USER, "'%.*s' is not a number", (int)MIN(text.bytes, 40u),
                         text.data);
    if (!(value >= param->min && value <= param->max)) /* NaN is not between them. */
        return error_set(err, ERROR_USER, "%.*s is not between %g and %.10g",
                         (int)MIN(text.bytes, 40u), text.data, param->min, param->max);
    *out = value;
    return true;
}

bool generate_option_set(GenerateOptions *options, const GenerateParam *param, Str value,
                         Error *err)
{
    char *field = (char *)options + param->offset;
    bool ok = false;

    switch (param->type) {
    case PARAM_INTEGER: {
        int64_t integer = 0;

        ok = integer_parse(param, value, &integer, err);
        if (ok)
            memcpy(field, &integer, sizeof integer);
        break;
    }
    case PARAM_REAL: {
        double real = 0;

        ok = real_parse(param, value, &real, err);
        if (ok)
            memcpy(field, &real, sizeof real);
        break;
    }
    case PARAM_TIME: {
        int64_t time_us;

        ok = time_parse(value, &time_us, err);
        if (ok)
            memcpy(field, &time_us, sizeof time_us);
        break;
    }
    case PARAM_FORMAT:
        ok = format_parse(value, &options->format, err);
        break;
    }
    return ok ? true : error_wrap(err, "%s", param->name);
}

bool generate_options_check(const GenerateOptions *options, const Stream *stream, Error *err)
{
    double span_us = (double)(options->from + options->count) * (1e6 / options->rate);
    double last_us = (double)options->base_time_us + span_us;
    double first_us =
        (double)options->base_time_us - 2e6 * (double)options->late_by_s - 1600 * 86400e6;

    if (options->late + options->duplicate + options->malformed + options->invalid > 1 + 1e-9)
        return error_set(err, ERROR_USER,
                         "late, duplicate, malformed and invalid are more than 1 together");
    if (last_us + 86400e6 > (double)TIME_MAX_US)
        return error_set(err, ERROR_USER,
                         "event time would pass the year 9999; ask for fewer records, an earlier "
                         "base_time or a higher rate");
    if (first_us < (double)TIME_MIN_US)
        return error_set(err, ERROR_USER, "event time would begin before the year 1");
    return stream->check ? stream->check(options, err) : true;
}
