/*
 * generate.h: the data-generation API's streams: what each promises, the list of them, and the
 * Generator that writes a range of one.
 *
 *     options ──> Generator ──> records: a Stream's row, disturbed as fault.h decides, in a format
 *             └─> answers.h: how many of each kind those are, told without writing them
 *
 * Invariants
 *  1. A record is a pure function of (options, index): from, count and format do not change it, so
 *     pages put together are the whole, on standard output and over HTTP.
 *  2. A field's text needs no escape, in JSON or CSV, unless its kind is FIELD_JSON.
 *  3. A record is at most GENERATE_RECORD_BYTES_MAX, and holds no line break but its last byte.
 *
 * Thread: a Generator belongs to one; streams are constant.
 */
#ifndef WEIR_GENERATE_GENERATE_H
#define WEIR_GENERATE_GENERATE_H

#include "base/error.h"
#include "base/random.h"
#include "base/str.h"
#include "generate/options.h"

#define STREAM_COLUMNS_MAX 8
#define GENERATE_RECORD_BYTES_MAX 16384

typedef struct StreamColumn {
    const char *name;
    const char *type; /* SQL type. */
} StreamColumn;

typedef enum FieldKind {
    FIELD_NULL,
    FIELD_ABSENT,   /* Not written in JSON; empty in CSV. */
    FIELD_INTEGER,  /* number */
    FIELD_DECIMAL2, /* number, in hundredths */
    FIELD_DATE,     /* number, days since 1970 */
    FIELD_TIME,     /* number, microseconds since 1970; written to the millisecond */
    FIELD_TEXT,     /* text */
    FIELD_JSON,     /* text: a JSON value */
} FieldKind;

typedef struct StreamField {
    FieldKind kind;
    int64_t number;
    Str text; /* Static, or in the row's scratch. */
} StreamField;

typedef struct StreamRow {
    StreamField fields[STREAM_COLUMNS_MAX];
    int group; /* Of answers: which of the stream's groups, and what to sum there. */
    int64_t amounts[2];
    char scratch[4096];
} StreamRow;

/* What a row is made from. */
typedef struct RowSeed {
    int64_t index;
    int64_t time_us;     /* Its event time. */
    int invalid;         /* Which of the stream's constraints to break; -1: none. */
    Random random;       /* Of this row alone. */
    uint64_t stream_key; /* Of (seed, stream): for what rows have in common. */
} RowSeed;

/* A stream whose records come from one sequence of random draws, so that one is reached only by
 * drawing all before it. */
typedef struct SequenceMethods {
    void *(*open)(const GenerateOptions *options);
    void (*close)(void *sequence);
    /* True when `sequence` was opened with options that give the same records. */
    bool (*fits)(const void *sequence, const GenerateOptions *options);
    int64_t (*position)(const void *sequence);
    /* Goes on towards record `index` by at most `steps_max` records; true once there. */
    bool (*seek)(void *sequence, int64_t index, int64_t steps_max);
    void (*next)(void *sequence, StreamRow *row);
    /* Which of the stream's groups record `index` is in. */
    int (*group)(const GenerateOptions *options, int64_t index);
} SequenceMethods;

struct Stream {
    const char *name;
    const char *doc;
    unsigned params; /* PARAM_*: which parameters it knows. */
    const StreamColumn *columns;
    int column_count;
    const char *key; /* What a topic of it is keyed by, or NULL. */
    /* As a CREATE TABLE would have them, and the ways in which an invalid record breaks one. */
    const char *const *constraints;
    int constraint_count;
    const char *const *invalid_kinds;
    int invalid_count;
    /* The answers' sums: over all valid records, by group. */
    const char *group_name; /* NULL: none. */
    const char *const *groups;
    int group_count;
    const char *amount_names[2];
    FieldKind amount_kinds[2];

    bool (*check)(const GenerateOptions *options, Error *err); /* NULL: nothing to add. */
    /* Exactly one of the two: a pure function, or a sequence. */
    void (*row)(const GenerateOptions *options, RowSeed *seed, StreamRow *out);
    const SequenceMethods *sequence;
};

extern const Stream stream_orders;
extern const Stream stream_customers;
extern const Stream stream_page_views;
extern const Stream stream_nexmark;

extern const Stream *const generate_streams[];
extern const int generate_stream_count;

const Stream *generate_stream_find(Str name); /* NULL: no such stream. */

/* ── a range of a stream, as bytes ─────────────────────────────────────────────────────────────*/

typedef struct Generator Generator;

bool generator_open(const Stream *stream, const GenerateOptions *options, Generator **out,
                    Error *err);
void generator_close(Generator *generator); /* NULL is fine. */

/*
 * Appends whole records until `out` holds at least `bytes`, or the range has ended: then false. May
 * return true with less, even with nothing, when it has worked long on reaching the first record
 * (a sequence): call it again.
 */
bool generator_fill(Generator *generator, StrBuf *out, size_t bytes);
/* The same, and stops before record `index`: then true. */
bool generator_fill_to(Generator *generator, StrBuf *out, size_t bytes, int64_t index);

/* The index of the next record to be written. */
int64_t generator_position(const Generator *generator);

bool generator_is_sequence(const Generator *generator);
/* Can this generator serve that range by going on? Only ever true for a sequence that has not yet
 * passed options->from; restart then gives what a new one would, sooner. */
bool generator_can_restart(const Generator *generator, const Stream *stream,
                           const GenerateOptions *options);
void generator_restart(Generator *generator, const GenerateOptions *options);

/* One row, without its faults: what answers and tests ask for. Not for sequences. */
void generate_row(const Stream *stream, const GenerateOptions *options, int64_t index, bool late,
                  int invalid, StreamRow *out);

#endif
