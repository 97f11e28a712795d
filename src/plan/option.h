/*
 * option.h: what may stand in OPTIONS and TBLPROPERTIES, and what it means.
 *
 * One table (option_table.c) lists every key that weir knows: for which providers and kinds of table
 * it holds, the type of its value, the default, a line of documentation. From it come the check of
 * each file, the "did you mean", docs/connectors.md and the values the running program reads
 * (catalog.h: table_option and its like). Keys are compared without regard to ASCII case.
 *
 * Three families of keys have no row of their own:
 *   kafka.*                       passed to the Kafka client as they are
 *   header.NAME                   http: a header of the request
 *   expect.NAME[.on_violation]    an expectation of a table (catalog.h: Constraint)
 */
#ifndef WEIR_PLAN_OPTION_H
#define WEIR_PLAN_OPTION_H

#include "base/error.h"
#include "base/str.h"

/* Where rows come from or go to: what stands behind USING. */
typedef enum Provider {
    PROVIDER_NONE, /* Temporary views; system tables. */
    PROVIDER_HTTP,
    PROVIDER_KAFKA,
    PROVIDER_JSON,
    PROVIDER_CSV,
    PROVIDER_RATE,
    PROVIDER_NEXMARK,
    PROVIDER_CASSANDRA,
    PROVIDER_POSTGRES,
    PROVIDER_MEMORY, /* weir sql: CREATE TABLE without a provider of weir's. */
    PROVIDER_COUNT
} Provider;

typedef struct ProviderInfo {
    const char *name;
    const char *doc;
    bool source;    /* CREATE TABLE ... USING it. */
    bool stream;    /* STREAM may read a table of it. */
    bool target;    /* CREATE STREAMING TABLE ... USING it. */
    bool view;      /* CREATE MATERIALIZED VIEW ... USING it. */
    bool keyed;     /* Rows can be replaced by primary_key. */
    bool replayable;/* Reading from a position again gives the same records. */
} ProviderInfo;

const ProviderInfo *provider_info(Provider provider);
/* By the name in USING, any case; false when there is none of that name. */
bool provider_find(Str name, Provider *out);

typedef enum OptionType {
    OPTION_TEXT,
    OPTION_BOOL,
    OPTION_INT,
    OPTION_NUMBER,
    OPTION_DURATION, /* '1 second', '200 ms', '1 hour 30 minutes' */
    OPTION_BYTES,    /* '1048576', '64 MB' */
    OPTION_ENUM,
    OPTION_COLUMNS,  /* Names of columns, separated by commas. */
    OPTION_SCHEDULE, /* Five-field cron, @hourly, every 15 minutes. */
    OPTION_ZONE,
    OPTION_TIMESTAMP,
    OPTION_CHARACTER,
    OPTION_STARTING, /* starting.h */
    OPTION_URL,      /* Of http or https. */
} OptionType;

/* Kinds of table, as bits: where an option may stand. */
enum {
    OPTION_OF_SOURCE = 1u << 0,    /* CREATE TABLE */
    OPTION_OF_STREAMING = 1u << 1, /* CREATE STREAMING TABLE */
    OPTION_OF_VIEW = 1u << 2,      /* CREATE MATERIALIZED VIEW */
};

typedef struct OptionDef {
    const char *key;
    OptionType type;
    unsigned providers;   /* 1u << Provider each. */
    unsigned tables;      /* OPTION_OF_... */
    bool required;
    const char *standard; /* The default, as text; NULL: none. */
    const char *values;   /* ENUM: "json|csv|raw". */
    const char *doc;
} OptionDef;

/* The row of `key` for this provider and kind of table; NULL: not known there. */
const OptionDef *option_find(Str key, Provider provider, unsigned table);
const OptionDef *option_at(size_t i); /* NULL after the last. */
/* Whether the key belongs to one of the families above that hold there. */
bool option_is_open(Str key, Provider provider, unsigned table);
/* The nearest known key, for "did you mean"; empty when none is near. */
Str option_suggest(Str key, Provider provider, unsigned table);
/* Whether `value` can be read as the option's type (COLUMNS are checked by the catalog). */
bool option_check(const OptionDef *option, Str value, Error *err);
void options_print_markdown(StrBuf *out);

/* Readers of single values; false with a sentence in err that does not name the option. */
bool option_parse_duration(Str text, int64_t *out_us, Error *err);
bool option_parse_bytes(Str text, int64_t *out, Error *err);
bool option_parse_bool(Str text, bool *out, Error *err);
bool option_parse_schedule(Str text, Error *err); /* Checks the form alone. */

#endif
