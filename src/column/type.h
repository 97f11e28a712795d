/*
 * type.h: SQL types, and how a value of each is held in C.
 *
 * A Type is immutable and shared; it lives as long as the arena it was made in (plan arena), or for
 * ever (the constants below). Types are compared by structure with type_equal, never by address.
 *
 *     SQL type                      PhysKind   C value
 *     BOOLEAN                       BOOL       uint8_t, 0 or 1
 *     TINYINT SMALLINT              I8 I16     int8_t int16_t
 *     INT, DATE, INTERVAL YM        I32        int32_t: number, days since 1970-01-01, months
 *     BIGINT                        I64        int64_t
 *     TIMESTAMP, TIMESTAMP_NTZ      I64        int64_t: microseconds since 1970 UTC, or local
 *     INTERVAL DAY TO SECOND        I64        int64_t: microseconds
 *     FLOAT DOUBLE                  F32 F64    float double
 *     DECIMAL(p <= 38, s)           I128       Int128: the unscaled value
 *     STRING BINARY                 STR        Str: a view; the bytes live elsewhere
 *     INTERVAL (calendar)           INTERVAL   Interval
 *     ARRAY MAP STRUCT              LIST MAP STRUCT   children (vector.h)
 *     VOID (the type of NULL)       VOID       none; every row is NULL
 */
#ifndef WEIR_COLUMN_TYPE_H
#define WEIR_COLUMN_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

typedef struct Interval {
    int32_t months;
    int32_t days;
    int64_t us;
} Interval;

typedef enum TypeKind {
    TYPE_VOID = 0,
    TYPE_BOOLEAN,
    TYPE_TINYINT,
    TYPE_SMALLINT,
    TYPE_INT,
    TYPE_BIGINT,
    TYPE_FLOAT,
    TYPE_DOUBLE,
    TYPE_DECIMAL,
    TYPE_STRING,
    TYPE_BINARY,
    TYPE_DATE,
    TYPE_TIMESTAMP,
    TYPE_TIMESTAMP_NTZ,
    TYPE_INTERVAL_YM,
    TYPE_INTERVAL_DT,
    TYPE_INTERVAL, /* Calendar interval: months, days, microseconds. */
    TYPE_ARRAY,
    TYPE_MAP,
    TYPE_STRUCT,
    TYPE_KIND_COUNT
} TypeKind;

typedef enum PhysKind {
    PHYS_VOID = 0,
    PHYS_BOOL,
    PHYS_I8,
    PHYS_I16,
    PHYS_I32,
    PHYS_I64,
    PHYS_F32,
    PHYS_F64,
    PHYS_I128,
    PHYS_STR,
    PHYS_INTERVAL,
    PHYS_LIST,
    PHYS_MAP,
    PHYS_STRUCT,
} PhysKind;

/* The fields of INTERVAL types: YEAR..MONTH and DAY..SECOND. */
typedef enum IntervalUnit { UNIT_YEAR, UNIT_MONTH, UNIT_DAY, UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND } IntervalUnit;

typedef struct Type Type;

typedef struct Field {
    Str name;
    const Type *type;
    bool nullable;
} Field;

struct Type {
    TypeKind kind;
    uint8_t precision, scale;    /* DECIMAL */
    uint8_t from_unit, to_unit;  /* INTERVAL_YM, INTERVAL_DT: IntervalUnit */
    bool contains_null;          /* ARRAY: elements, MAP: values may be NULL */
    uint32_t field_count;        /* ARRAY 1, MAP 2 (key, value), STRUCT n, else 0 */
    const Field *fields;         /* ARRAY: "element"; MAP: "key", "value" */
};

enum { DECIMAL_PRECISION_MAX = 38 };

extern const Type type_void, type_boolean, type_tinyint, type_smallint, type_int, type_bigint,
    type_float, type_double, type_string, type_binary, type_date, type_timestamp,
    type_timestamp_ntz, type_interval_ym, type_interval_dt, type_interval;

const Type *type_decimal(Arena *arena, int precision, int scale);
const Type *type_interval_range(Arena *arena, TypeKind kind, IntervalUnit from, IntervalUnit to);
const Type *type_array(Arena *arena, const Type *element, bool contains_null);
const Type *type_map(Arena *arena, const Type *key, const Type *value, bool value_contains_null);
/* Takes a copy of `fields`, not of their names and types. */
const Type *type_struct(Arena *arena, const Field *fields, uint32_t field_count);
const Type *type_copy(Arena *arena, const Type *type); /* Deep, names included. */

extern const uint8_t type_phys_of_kind[TYPE_KIND_COUNT];

static inline PhysKind type_phys(const Type *type)
{
    return (PhysKind)type_phys_of_kind[type->kind];
}

uint32_t phys_bytes(PhysKind kind); /* Of one value in `data`; 0 for VOID, LIST, MAP, STRUCT. */

bool type_equal(const Type *a, const Type *b); /* Names of fields count, nullability does not. */
bool type_is_numeric(const Type *type);        /* TINYINT..DECIMAL */
bool type_is_integral(const Type *type);       /* TINYINT..BIGINT */
bool type_is_nested(const Type *type);
bool type_has_map(const Type *type);          /* It is a MAP, or one is inside. */
bool type_is_orderable(const Type *type);      /* No MAP or calendar INTERVAL inside. */
/* The place of a struct's field by name (ASCII case-insensitive, as Spark resolves), or -1. */
int type_field_find(const Type *type, Str name);

/* Spark's names: "bigint", "decimal(10,2)", "array<int>", "struct<a:int,b:string>",
 * "interval day to second"; in SQL style "BIGINT", "STRUCT<a: INT>" as in error messages. */
void type_name(StrBuf *out, const Type *type);
void type_name_sql(StrBuf *out, const Type *type);
const char *type_name_in(Arena *arena, const Type *type);
/* Reads what type_name writes, and the SQL spellings (INTEGER, LONG, NUMERIC, …), any case. For
 * schemas in files and options; SQL text has its own parser. */
bool type_parse(Arena *arena, Str text, const Type **out, Error *err);
/* Reads a list of columns, "a INT NOT NULL, b STRING COMMENT 'x'", as a struct. */
bool type_parse_columns(Arena *arena, Str text, const Type **out, Error *err);

/* A list of named, typed columns: of a table, a plan, a batch. */
typedef struct Schema {
    uint32_t column_count;
    const Field *columns;
} Schema;

int schema_find(const Schema *schema, Str name); /* ASCII case-insensitive; -1: none */

#endif
