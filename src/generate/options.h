/*
 * options.h: what is asked of a stream, and the one table of parameters by which the command line
 * (`--late-by-s 60`), the service (`?late_by_s=60`), the help and the index page know them.
 *
 * A range of a stream is a pure function of its GenerateOptions: equal options, equal bytes.
 */
#ifndef WEIR_GENERATE_OPTIONS_H
#define WEIR_GENERATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

typedef struct Stream Stream;

typedef enum GenerateFormat {
    GENERATE_NDJSON, /* One JSON object a line. */
    GENERATE_JSON,   /* One JSON array. */
    GENERATE_CSV,    /* With a header line. */
} GenerateFormat;

typedef struct GenerateOptions {
    int64_t from; /* Records from..from + count - 1, counted from 0. */
    int64_t count;
    int64_t seed;
    GenerateFormat format;
    double rate;          /* Records per second of event time. */
    int64_t base_time_us; /* Event time of record 0. */

    /* Streams of the shop: orders, customers, page_views. */
    int64_t disorder_ms; /* A record's event time is moved by less than this. */
    int64_t customers;   /* How many there are. */
    double late;         /* Fractions of all records (fault.h). */
    double duplicate;
    double malformed;
    double invalid;
    int64_t late_by_s;

    /* nexmark */
    int64_t first_event_id;
    int64_t first_event_number;
    int64_t out_of_order_group;
} GenerateOptions;

#define GENERATE_COUNT_DEFAULT 1000
#define GENERATE_INDEX_MAX INT64_C(1000000000000)

/* Which streams know a parameter. */
#define PARAM_SHOP 1u
#define PARAM_NEXMARK 2u
#define PARAM_ALL (PARAM_SHOP | PARAM_NEXMARK)

typedef enum ParamType { PARAM_INTEGER, PARAM_REAL, PARAM_TIME, PARAM_FORMAT } ParamType;

typedef struct GenerateParam {
    const char *name; /* With underscores; a dash is taken for one. */
    const char *hint; /* What stands for the value in help: N, TIME … */
    const char *doc;
    unsigned streams; /* PARAM_* */
    ParamType type;
    size_t offset; /* Of its field in GenerateOptions. */
    double min;
    double max;
} GenerateParam;

extern const GenerateParam generate_params[];
extern const int generate_param_count;

void generate_options_init(GenerateOptions *options);
/* The parameter of that name, or NULL. */
const GenerateParam *generate_param_find(Str name);
/* Sets one parameter from text; the error names it, and the values it may have. */
bool generate_option_set(GenerateOptions *options, const GenerateParam *param, Str value,
                         Error *err);
/* What no single parameter can tell: the fractions' sum, the range of event time. */
bool generate_options_check(const GenerateOptions *options, const Stream *stream, Error *err);

const char *generate_format_name(GenerateFormat format);

#endif
