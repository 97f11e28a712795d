/*
 * format.h: what every format promises: records of bytes <-> batches of columns.
 *
 * A decoder is made once for the columns a flow reads (and no others), and turns an array of records
 * into one batch, one row a good record, in order. A record it cannot decode goes to `bad` with a
 * reason in words and is left out of the batch. Two manners of meeting a value that does not fit:
 *  - FORMAT_STRICT (streams, design.md section 2 "Bad values"): a record is bad when it is not one JSON
 *    object (one CSV row), or holds a value that does not fit a column that is read;
 *  - FORMAT_PERMISSIVE (batch reads, from_json): as Spark: NULL in its place, and a record that is
 *    no object at all gives a row of NULLs.
 * A missing field is NULL. NOT NULL and CHECK are not the decoder's business (source table's:
 * op/constraint).
 *
 * Strings of the batch may be views into the records' bytes: the caller keeps those alive as long as
 * the batch. Thread: a decoder belongs to one worker.
 */
#ifndef WEIR_FORMAT_FORMAT_H
#define WEIR_FORMAT_FORMAT_H

#include "column/batch.h"
#include "column/zone.h"

typedef enum FormatMode { FORMAT_STRICT, FORMAT_PERMISSIVE } FormatMode;

/* Formats whose records need a schema that does not stand in them (avro). */
typedef struct FormatSchemas {
    Str schema;       /* Its text; data == NULL: that of the table's columns. */
    bool framed;      /* Records begin with 0 and their schema's number (Confluent's wire format). */
    int32_t write_id; /* Framed: the number of `schema`, for an encoder. */
    /* Framed: the text of schema `id`, in `arena`. Waits for a moment at most. ERROR_RETRY: not for now,
     * ask again; another kind: there is no such schema, for good. */
    bool (*fetch)(void *self, int32_t id, Arena *arena, Str *text, Error *err);
    void *self;
} FormatSchemas;

typedef struct FormatOptions {
    FormatMode mode;
    const Zone *zone;     /* For timestamps without a zone. */
    Str options;          /* Lines `key=value` of a format's own: "header=true\nsep=;". */
    /* All columns of a record in their order, for formats that do not name them (csv); NULL: the
     * schema's are all. */
    const Schema *record_schema;
    /* csv, PERMISSIVE: rows that hold something that does not fit are told in `bad` too (from_csv). */
    bool tell;
    const FormatSchemas *schemas; /* NULL: none; borrowed for the decoder's or encoder's life. */
} FormatOptions;

/* Names of options, one each: looked up by format_option. NULL data: not given. */
Str format_option(const FormatOptions *options, const char *name);

typedef struct BadRecord {
    uint32_t record_i;       /* Index in the array given to decode. */
    const char *reason;      /* Static, short: "malformed_json", "bad_value", "too_long". */
    const char *message;     /* A sentence with the column and the place; in the arena. */
} BadRecord;

typedef struct BadRecords {
    BadRecord *items; /* In order of record_i; in the arena. */
    uint32_t count;
    uint32_t capacity;
} BadRecords;

void bad_records_add(BadRecords *bad, Arena *arena, BadRecord record);

typedef struct Decoder Decoder;
typedef struct DecoderMethods {
    const char *name;
    /* Whether all is at hand that the records need besides their bytes (their schemas); to be asked before
     * decode, with the same records. ERROR_RETRY, and no other kind: not for now, ask again later. NULL:
     * it always is. */
    bool (*ready)(Decoder *decoder, const Str *records, uint32_t record_count, Error *err);
    /* Decodes `record_count` records. *out: columns in the decoder's schema's order. rows[] (room for
     * record_count, may be NULL) tells which record each row of the batch is. */
    void (*decode)(Decoder *decoder, Arena *arena, const Str *records, uint32_t record_count,
                   Batch **out, uint32_t *rows, BadRecords *bad);
    void (*free)(Decoder *decoder);
} DecoderMethods;
struct Decoder {
    const DecoderMethods *methods;
};

typedef struct Encoder Encoder;
typedef struct EncoderMethods {
    const char *name;
    /* Appends row `row_i` as one record to `out` (no newline at the end). */
    void (*encode)(Encoder *encoder, const Batch *batch, uint32_t row_i, StrBuf *out);
    /* The header a file of this format begins with, if it has one. */
    void (*header)(Encoder *encoder, StrBuf *out);
    void (*free)(Encoder *encoder);
} EncoderMethods;
struct Encoder {
    const EncoderMethods *methods;
};

/* One line of the registry (format.c). */
typedef struct Format {
    const char *name; /* As in 'format' = 'json'. */
    const char *doc;
    /* Reads the columns of `schema` and no others. Borrows their types and names, which must outlive
     * the decoder and the batches it makes. */
    bool (*decoder_create)(const Schema *schema, const FormatOptions *options, Decoder **out,
                           Error *err);
    bool (*encoder_create)(const Schema *schema, const FormatOptions *options, Encoder **out,
                           Error *err);
    /* How records stand in a file: each line is one (ndjson, csv), save that quoted newlines
     * belong to the record (csv). Returns the bytes of the first record in `text` with its line
     * end, 0 if none is complete; *record is the record without it. */
    size_t (*next_record)(Str text, bool at_end, Str *record);
} Format;

const Format *format_find(Str name); /* json, csv, raw; NULL: none */
const Format *format_at(size_t i);   /* NULL after the last. */

#endif
