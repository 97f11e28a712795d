/*
 * avro_schema.h: an Avro schema: its JSON text parsed into a tree.
 *
 * Names are resolved as the specification says: a record, enum or fixed is known by its full name from
 * its definition on, so a schema may contain itself. Aliases of fields are kept. Limits: AVRO_SCHEMA_…
 *
 * Thread: read-only once parsed.
 */
#ifndef WEIR_FORMAT_AVRO_SCHEMA_H
#define WEIR_FORMAT_AVRO_SCHEMA_H

#include "column/type.h"

enum {
    AVRO_SCHEMA_BYTES_MAX = 1 << 20,
    AVRO_SCHEMA_NODES_MAX = 10000,
    AVRO_DEPTH_MAX = 64, /* Of schemas, and of values. */
};

typedef enum AvroKind {
    AVRO_NULL,
    AVRO_BOOLEAN,
    AVRO_INT,
    AVRO_LONG,
    AVRO_FLOAT,
    AVRO_DOUBLE,
    AVRO_BYTES,
    AVRO_STRING,
    AVRO_FIXED,
    AVRO_ENUM,
    AVRO_ARRAY,
    AVRO_MAP,
    AVRO_RECORD,
    AVRO_UNION,
    AVRO_KIND_COUNT
} AvroKind;

typedef enum AvroLogical {
    AVRO_PLAIN,
    AVRO_DECIMAL,
    AVRO_DATE,
    AVRO_TIME_MILLIS,
    AVRO_TIME_MICROS,
    AVRO_TIMESTAMP_MILLIS,
    AVRO_TIMESTAMP_MICROS,
    AVRO_TIMESTAMP_NANOS,
    AVRO_LOCAL_MILLIS,
    AVRO_LOCAL_MICROS,
    AVRO_LOCAL_NANOS,
    AVRO_UUID,
} AvroLogical;

typedef struct AvroNode AvroNode;

typedef struct AvroField {
    Str name;
    const Str *aliases;
    uint32_t alias_count;
    const AvroNode *type;
    bool has_default;
    Str default_value; /* Encoded as Avro, as a value of `type`. */
} AvroField;

struct AvroNode {
    AvroKind kind;
    AvroLogical logical; /* One that does not fit its type is left out of account. */
    int precision, scale;
    Str name;            /* Full name of a RECORD, ENUM, FIXED. */
    uint32_t size;       /* FIXED */
    const Str *symbols;  /* ENUM */
    uint32_t symbol_count;
    int enum_default;    /* Index of the symbol that stands for unknown ones; -1. */
    const AvroNode *items; /* ARRAY, MAP */
    const AvroField *fields; /* RECORD */
    uint32_t field_count;
    const AvroNode **branches; /* UNION */
    uint32_t branch_count;
};

/* In `arena`. ERROR_USER with what is wrong, and where. */
bool avro_schema_parse(Arena *arena, Str text, const AvroNode **out, Error *err);
/* The schema of rows of that shape: a record `name`; what may be NULL is a union with null. ERROR_USER
 * for a type that Avro has none for (intervals, maps with other keys than strings). */
bool avro_schema_of(StrBuf *out, const Schema *schema, const char *name, Error *err);
const char *avro_kind_name(AvroKind kind);

/* The ways in which numbers stand in Avro. */
void avro_put_long(StrBuf *out, int64_t value);
void avro_put_bytes(StrBuf *out, Str bytes);

#endif
