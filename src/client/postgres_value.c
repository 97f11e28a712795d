#include "client/postgres_value.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "column/format_value.h"
#include "column/key.h"
#include "log/wire.h"

/* 2000-01-01, where PostgreSQL's days and microseconds begin. */
#define EPOCH_DAYS 10957
#define EPOCH_US INT64_C(946684800000000)
#define DAY_US INT64_C(86400000000)
/* Of its dates and timestamps, in its own count. */
#define DATE_MIN (-2451545) /* 4714-11-24 BC */
#define DATE_END 2145031949 /* 5874898-01-01 */
#define TIMESTAMP_MIN INT64_C(-211813488000000000)
#define TIMESTAMP_END INT64_C(9223371331200000000) /* 294277-01-01 */

enum {
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_SPECIAL = 0xC000, /* NaN and infinities. */
    NUMERIC_BASE = 10000,
    DIGITS_MAX = 12, /* Of base 10000: 38 decimal digits, cut at the point. */
    JSONB_VERSION = 1,
};

/* ── types ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct ServerType {
    const char *name;
    uint32_t oid;
} ServerType;

static const ServerType server_types[TYPE_KIND_COUNT] = {
    [TYPE_VOID] = {"text", 25},
    [TYPE_BOOLEAN] = {"boolean", 16},
    [TYPE_TINYINT] = {"smallint", 21},
    [TYPE_SMALLINT] = {"smallint", 21},
    [TYPE_INT] = {"integer", 23},
    [TYPE_BIGINT] = {"bigint", 20},
    [TYPE_FLOAT] = {"real", 700},
    [TYPE_DOUBLE] = {"double precision", 701},
    [TYPE_DECIMAL] = {"numeric", 1700},
    [TYPE_STRING] = {"text", 25},
    [TYPE_BINARY] = {"bytea", 17},
    [TYPE_DATE] = {"date", 1082},
    [TYPE_TIMESTAMP] = {"timestamp with time zone", 1184},
    [TYPE_TIMESTAMP_NTZ] = {"timestamp without time zone", 1114},
    [TYPE_INTERVAL_YM] = {"interval", 1186},
    [TYPE_INTERVAL_DT] = {"interval", 1186},
    [TYPE_INTERVAL] = {"interval", 1186},
    [TYPE_ARRAY] = {"jsonb", 3802},
    [TYPE_MAP] = {"jsonb", 3802},
    [TYPE_STRUCT] = {"jsonb", 3802},
};

static bool is_native_array(const Type *type)
{
    return type->kind == TYPE_ARRAY && !type_is_nested(type->fields[0].type);
}

static bool is_json(const Type *type)
{
    return type_is_nested(type) && !is_native_array(type);
}

static bool is_numeric(const Type *type)
{
    return (is_native_array(type) ? type->fields[0].type : type)->kind == TYPE_DECIMAL;
}

void postgres_type_name(StrBuf *out, const Type *type)
{
    if (is_native_array(type)) {
        postgres_type_name(out, type->fields[0].type);
        strbuf_add_c(out, "[]");
        return;
    }
    strbuf_add_c(out, server_types[type->kind].name);
    if (type->kind == TYPE_DECIMAL)
        strbuf_printf(out, "(%u,%u)", type->precision, type->scale);
}

/* A numeric that is wider, or has no bounds. */
static bool numeric_fits(Str server_type, const Type *type)
{
    int64_t precision, scale;
    Str rest = server_type;
    Str part;

    if (str_is(server_type, "numeric"))
        return true;
    if (!str_starts_with(server_type, STR("numeric(")) || !str_ends_with(server_type, STR(")")))
        return false;
    rest = str_slice(rest, 8, rest.bytes - 1);
    return str_split(&rest, ',', &part) && str_to_int64(part, &precision) && rest.data &&
           str_to_int64(rest, &scale) && scale >= type->scale &&
           precision - scale >= type->precision - type->scale;
}

bool postgres_type_fits(Str server_type, const Type *type)
{
    StrBuf name;
    bool fits;

    if (type->kind == TYPE_DECIMAL)
        return numeric_fits(server_type, type);
    if (type->kind == TYPE_STRING && str_is(server_type, "character varying"))
        return true;
    /* An array of numerics says nothing of their bounds. */
    if (is_native_array(type) && type->fields[0].type->kind == TYPE_DECIMAL)
        return str_ends_with(server_type, STR("[]")) &&
               numeric_fits(str_slice(server_type, 0, server_type.bytes - 2), type->fields[0].type);
    strbuf_init(&name);
    postgres_type_name(&name, type);
    fits = str_equal(server_type, strbuf_str(&name));
    strbuf_done(&name);
    return fits;
}

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

static void put32(StrBuf *out, uint32_t value)
{
    char bytes[4];

    wire_store32(bytes, value);
    strbuf_add(out, bytes, sizeof bytes);
}

static void put_fixed16(StrBuf *out, uint16_t value)
{
    char bytes[6];

    wire_store32(bytes, 2);
    wire_store16(bytes + 4, value);
    strbuf_add(out, bytes, sizeof bytes);
}

static void put_fixed32(StrBuf *out, uint32_t value)
{
    char bytes[8];

    wire_store32(bytes, 4);
    wire_store32(bytes + 4, value);
    strbuf_add(out, bytes, sizeof bytes);
}

static void put_fixed64(StrBuf *out, uint64_t value)
{
    char bytes[12];

    wire_store32(bytes, 8);
    wire_store64(bytes + 4, value);
    strbuf_add(out, bytes, sizeof bytes);
}

/* The digits of an absolute value in base 10000, aligned at the decimal point, the highest first;
 * *int_count: how many stand before it. */
static int numeric_digits(UInt128 value, int scale, uint16_t digits[DIGITS_MAX], int *int_count)
{
    const int pad = (4 - scale % 4) % 4;
    uint16_t reversed[DIGITS_MAX];
    int count = 0;
    int fraction_count = (scale + pad) / 4;

    if (value <= UINT64_MAX / 1000) {
        uint64_t small = (uint64_t)value;

        for (int i = 0; i < pad; i++)
            small *= 10;
        for (; small; small /= NUMERIC_BASE)
            reversed[count++] = (uint16_t)(small % NUMERIC_BASE);
    } else {
        /* The lowest digit may be a part of one; the rest divides evenly. */
        int lowest = 4 - pad;
        uint16_t part = 1;

        for (int i = 0; i < lowest; i++)
            part = (uint16_t)(part * 10);
        reversed[count] = (uint16_t)(value % part);
        for (int i = 0; i < pad; i++)
            reversed[count] = (uint16_t)(reversed[count] * 10);
        count++;
        for (value /= part; value; value /= NUMERIC_BASE)
            reversed[count++] = (uint16_t)(value % NUMERIC_BASE);
    }
    while (count < fraction_count)
        reversed[count++] = 0;
    for (int i = 0; i < count; i++)
        digits[i] = reversed[count - 1 - i];
    *int_count = count - fraction_count;
    return count;
}

static void put_numeric(StrBuf *out, Int128 value, int scale)
{
    UInt128 absolute = value < 0 ? -(UInt128)value : (UInt128)value;
    char bytes[12 + 2 * DIGITS_MAX];
    uint16_t digits[DIGITS_MAX];
    int int_count;
    int count = numeric_digits(absolute, scale, digits, &int_count);
    int first = 0;

    while (first < count && digits[first] == 0)
        first++;
    while (count > first && digits[count - 1] == 0)
        count--;
    wire_store32(bytes, (uint32_t)(8 + 2 * (count - first)));
    wire_store16(bytes + 4, (uint16_t)(count - first));
    wire_store16(bytes + 6, count > first ? (uint16_t)(int_count - 1 - first) : 0);
    wire_store16(bytes + 8, value < 0 ? NUMERIC_NEGATIVE : 0);
    wire_store16(bytes + 10, (uint16_t)scale);
    for (int i = first; i < count; i++)
        wire_store16(bytes + 12 + 2 * (i - first), digits[i]);
    strbuf_add(out, bytes, (size_t)(12 + 2 * (count - first)));
}

static void put_date(StrBuf *out, int32_t days)
{
    put_fixed32(out, (uint32_t)(days - EPOCH_DAYS));
}

static void put_timestamp(StrBuf *out, int64_t us)
{
    put_fixed64(out, (uint64_t)(us - EPOCH_US));
}

static void put_interval(StrBuf *out, Interval value)
{
    char bytes[20];

    wire_store32(bytes, 16);
    wire_store64(bytes + 4, (uint64_t)value.us);
    wire_store32(bytes + 12, (uint32_t)value.days);
    wire_store32(bytes + 16, (uint32_t)value.months);
    strbuf_add(out, bytes, sizeof bytes);
}

/* Whole days apart, so that it reads as days there. */
static Interval day_time(int64_t us)
{
    return (Interval){.days = (int32_t)(us / DAY_US), .us = us % DAY_US};
}

/* A value of a type that is not nested, at `row` of the data. */
static void put_scalar(const Vector *v, uint32_t row, bool is_key, StrBuf *out)
{
    uint32_t bits32;
    uint64_t bits64;
    float f32;
    double f64;

    switch (v->type->kind) {
    case TYPE_BOOLEAN:
        put32(out, 1);
        strbuf_add_char(out, vector_bools(v)[row] ? 1 : 0);
        return;
    case TYPE_TINYINT:
        put_fixed16(out, (uint16_t)(int16_t)vector_i8(v)[row]);
        return;
    case TYPE_SMALLINT:
        put_fixed16(out, (uint16_t)vector_i16(v)[row]);
        return;
    case TYPE_INT:
        put_fixed32(out, (uint32_t)vector_i32(v)[row]);
        return;
    case TYPE_BIGINT:
        put_fixed64(out, (uint64_t)vector_i64(v)[row]);
        return;
    case TYPE_FLOAT:
        f32 = vector_f32(v)[row];
        if (is_key)
            f32 = key_float(f32);
        memcpy(&bits32, &f32, sizeof bits32);
        put_fixed32(out, bits32);
        return;
    case TYPE_DOUBLE:
        f64 = vector_f64(v)[row];
        if (is_key)
            f64 = key_double(f64);
        memcpy(&bits64, &f64, sizeof bits64);
        put_fixed64(out, bits64);
        return;
    case TYPE_DECIMAL:
        put_numeric(out, vector_i128(v)[row], v->type->scale);
        return;
    case TYPE_STRING:
    case TYPE_BINARY:
        put32(out, vector_strs(v)[row].bytes);
        strbuf_add_str(out, vector_strs(v)[row]);
        return;
    case TYPE_DATE:
        put_date(out, vector_i32(v)[row]);
        return;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        put_timestamp(out, vector_i64(v)[row]);
        return;
    case TYPE_INTERVAL_YM:
        put_interval(out, (Interval){.months = vector_i32(v)[row]});
        return;
    case TYPE_INTERVAL_DT:
        put_interval(out, day_time(vector_i64(v)[row]));
        return;
    case TYPE_INTERVAL:
        put_interval(out, vector_intervals(v)[row]);
        return;
    case TYPE_VOID:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static void put_array(const Vector *v, uint32_t row, bool is_key, StrBuf *out)
{
    const Vector *elements = v->children[0];
    uint32_t from = v->offsets[row];
    uint32_t count = v->offsets[row + 1] - from;
    size_t start = out->bytes;
    char head[20];
    bool has_null = false;

    put32(out, 0); /* Length, known at the end. */
    for (uint32_t i = 0; i < count; i++)
        has_null = has_null || !vector_is_valid(elements, from + i);
    wire_store32(head, count ? 1 : 0);
    wire_store32(head + 4, has_null);
    wire_store32(head + 8, server_types[elements->type->kind].oid);
    wire_store32(head + 12, count);
    wire_store32(head + 16, 1);
    strbuf_add(out, head, count ? 20 : 12);
    for (uint32_t i = 0; i < count; i++) {
        if (!vector_is_valid(elements, from + i))
            put32(out, UINT32_MAX);
        else
            put_scalar(elements, vector_row(elements, from + i), is_key, out);
    }
    wire_store32(out->data + start, (uint32_t)(out->bytes - start - 4));
}

static void put_json(PostgresWriter *writer, const Vector *v, uint32_t row_i, StrBuf *out)
{
    Str json = nested_write(&writer->nested, v, row_i);

    put32(out, json.bytes + 1);
    strbuf_add_char(out, JSONB_VERSION);
    strbuf_add_str(out, json);
}

bool postgres_writer_init(PostgresWriter *writer, const Type *type, bool is_key, Error *err)
{
    *writer = (PostgresWriter){.is_key = is_key, .is_json = is_json(type)};
    return !writer->is_json || nested_writer_init(&writer->nested, type, err);
}

void postgres_writer_done(PostgresWriter *writer)
{
    nested_writer_done(&writer->nested);
}

void postgres_put_value(PostgresWriter *writer, const Vector *v, uint32_t row_i, StrBuf *out)
{
    if (!vector_is_valid(v, row_i))
        put32(out, UINT32_MAX);
    else if (writer->is_json)
        put_json(writer, v, row_i, out);
    else if (v->type->kind == TYPE_ARRAY)
        put_array(v, vector_row(v, row_i), writer->is_key, out);
    else
        put_scalar(v, vector_row(v, row_i), writer->is_key, out);
}

/* ── what has no place there ───────────────────────────────────────────────────────────────────*/

/* Text as the server takes it: UTF-8, without U+0000. */
static const char *refuses_text(Str text)
{
    if (utf8_valid_prefix(text) < text.bytes)
        return "PostgreSQL has no text that is not UTF-8";
    if (text.bytes && memchr(text.data, 0, text.bytes))
        return "PostgreSQL has no text with the character U+0000";
    return NULL;
}

static const char *refuses_date(int32_t days)
{
    int64_t theirs = (int64_t)days - EPOCH_DAYS;

    return theirs < DATE_MIN || theirs >= DATE_END ? "PostgreSQL has no such date" : NULL;
}

static const char *refuses_timestamp(int64_t us)
{
    int64_t theirs;

    return __builtin_sub_overflow(us, EPOCH_US, &theirs) || theirs < TIMESTAMP_MIN ||
                   theirs >= TIMESTAMP_END
               ? "PostgreSQL has no such timestamp"
               : NULL;
}

bool postgres_may_refuse(const Type *type)
{
    return type->kind == TYPE_STRING || type->kind == TYPE_DATE || type->kind == TYPE_TIMESTAMP ||
           type->kind == TYPE_TIMESTAMP_NTZ || type_is_nested(type);
}

/* Of what stands as text in JSON, strings alone can be refused. */
static const char *refuses(const Vector *v, uint32_t row_i, bool json)
{
    uint32_t row = vector_row(v, row_i);
    const char *why = NULL;

    if (!vector_is_valid(v, row_i))
        return NULL;
    if (v->type->kind == TYPE_STRING)
        return refuses_text(vector_strs(v)[row]);
    if (v->type->kind == TYPE_STRUCT) {
        for (uint32_t f = 0; !why && f < v->type->field_count; f++)
            why = refuses(v->children[f], row_i, json);
    } else if (v->type->kind == TYPE_ARRAY || v->type->kind == TYPE_MAP) {
        for (uint32_t f = 0; f < v->type->field_count; f++) {
            for (uint32_t i = v->offsets[row]; !why && i < v->offsets[row + 1]; i++)
                why = refuses(v->children[f], i, json);
        }
    } else if (!json && v->type->kind == TYPE_DATE) {
        why = refuses_date(vector_i32(v)[row]);
    } else if (!json && (v->type->kind == TYPE_TIMESTAMP || v->type->kind == TYPE_TIMESTAMP_NTZ)) {
        why = refuses_timestamp(vector_i64(v)[row]);
    }
    return why;
}

const char *postgres_refuses(const Vector *v, uint32_t row_i)
{
    return refuses(v, row_i, is_json(v->type));
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

void postgres_add_select(StrBuf *out, Str column, const Type *type)
{
    strbuf_add_quoted(out, column, '"');
    strbuf_add_c(out, "::");
    if (is_json(type))
        strbuf_add_c(out, "text");
    else if (is_numeric(type)) /* A cast to its bounds would be an error for what does not fit. */
        strbuf_add_c(out, type->kind == TYPE_ARRAY ? "numeric[]" : "numeric");
    else
        postgres_type_name(out, type);
}

bool postgres_reads_as_null(const Type *type)
{
    switch (type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_STRING:
    case TYPE_BINARY:
    case TYPE_INTERVAL:
        return false;
    case TYPE_VOID:
    case TYPE_TINYINT:
    case TYPE_DECIMAL:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    return true;
}

bool postgres_reader_init(PostgresReader *reader, const Type *type, Error *err)
{
    *reader = (PostgresReader){.type = type, .is_json = is_json(type)};
    return !reader->is_json || nested_reader_init(&reader->nested, type, FORMAT_PERMISSIVE, err);
}

void postgres_reader_done(PostgresReader *reader)
{
    nested_reader_done(&reader->nested);
}

void postgres_reader_begin(PostgresReader *reader, Arena *arena, uint32_t row_count)
{
    reader->arena = arena;
    if (reader->is_json)
        nested_reader_begin(&reader->nested, arena, row_count);
    else
        builder_init(&reader->builder, arena, reader->type, row_count);
}

/* NaN, infinities, and what does not fit: NULL; digits beyond the scale are rounded, half away from
 * zero, as the server and Spark do. */
static bool take_numeric(VectorBuilder *b, Str bytes)
{
    int count, weight, exponent;
    uint16_t sign;
    Int128 value = 0;

    if (bytes.bytes < 8)
        return false;
    count = wire_load16(bytes.data);
    weight = (int16_t)wire_load16(bytes.data + 2);
    sign = wire_load16(bytes.data + 4);
    if (bytes.bytes != (uint32_t)(8 + 2 * count))
        return false;
    if ((sign & NUMERIC_SPECIAL) == NUMERIC_SPECIAL) {
        builder_add_null(b);
        return true;
    }
    for (int i = 0; i < count; i++) {
        Int128 digit = wire_load16(bytes.data + 8 + 2 * i);

        if (digit >= NUMERIC_BASE)
            return false;
        exponent = 4 * (weight - i) + b->type->scale;
        if (digit == 0)
            continue;
        if (exponent < -4)
            break;
        if (exponent < 0) /* The last that counts. */
            digit = (digit + 5 * decimal_power10(-exponent - 1)) / decimal_power10(-exponent);
        if (exponent > 38 ||
            (exponent > 0 && __builtin_mul_overflow(digit, decimal_power10(exponent), &digit)) ||
            __builtin_add_overflow(value, digit, &value)) {
            builder_add_null(b);
            return true;
        }
    }
    if (sign == NUMERIC_NEGATIVE)
        value = -value;
    if (decimal_fits(value, b->type->precision))
        builder_add_i128(b, value);
    else
        builder_add_null(b);
    return true;
}

static bool take_timestamp(VectorBuilder *b, int64_t theirs)
{
    int64_t us;

    if (theirs == INT64_MAX || theirs == INT64_MIN || __builtin_add_overflow(theirs, EPOCH_US, &us))
        builder_add_null(b); /* infinity */
    else
        builder_add_i64(b, us);
    return true;
}

static bool take_date(VectorBuilder *b, int32_t theirs)
{
    int32_t days;

    if (theirs == INT32_MAX || theirs == INT32_MIN ||
        __builtin_add_overflow(theirs, EPOCH_DAYS, &days))
        builder_add_null(b);
    else
        builder_add_i32(b, days);
    return true;
}

static bool take_interval(VectorBuilder *b, Str bytes)
{
    Interval value;
    int64_t us;

    if (bytes.bytes != 16)
        return false;
    value = (Interval){
        .us = (int64_t)wire_load64(bytes.data),
        .days = (int32_t)wire_load32(bytes.data + 8),
        .months = (int32_t)wire_load32(bytes.data + 12),
    };
    if (b->type->kind == TYPE_INTERVAL) {
        builder_add_interval(b, value);
    } else if (b->type->kind == TYPE_INTERVAL_YM) {
        if (value.days || value.us)
            builder_add_null(b);
        else
            builder_add_i32(b, value.months);
    } else if (value.months || __builtin_mul_overflow((int64_t)value.days, DAY_US, &us) ||
               __builtin_add_overflow(us, value.us, &us)) {
        builder_add_null(b);
    } else {
        builder_add_i64(b, us);
    }
    return true;
}

/* Whole numbers of 1, 2, 4 and 8 bytes. */
static bool take_fixed(VectorBuilder *b, Str bytes)
{
    uint32_t bits32;
    uint64_t bits64;
    int16_t small;
    float f32;
    double f64;

    switch (b->type->kind) {
    case TYPE_BOOLEAN:
        if (bytes.bytes != 1)
            return false;
        builder_add_bool(b, bytes.data[0] != 0);
        return true;
    case TYPE_TINYINT:
        if (bytes.bytes != 2)
            return false;
        small = (int16_t)wire_load16(bytes.data);
        if (small < INT8_MIN || small > INT8_MAX)
            builder_add_null(b);
        else
            builder_add_i8(b, (int8_t)small);
        return true;
    case TYPE_SMALLINT:
        if (bytes.bytes != 2)
            return false;
        builder_add_i16(b, (int16_t)wire_load16(bytes.data));
        return true;
    case TYPE_INT:
    case TYPE_DATE:
        if (bytes.bytes != 4)
            return false;
        bits32 = wire_load32(bytes.data);
        if (b->type->kind == TYPE_DATE)
            return take_date(b, (int32_t)bits32);
        builder_add_i32(b, (int32_t)bits32);
        return true;
    case TYPE_FLOAT:
        if (bytes.bytes != 4)
            return false;
        bits32 = wire_load32(bytes.data);
        memcpy(&f32, &bits32, sizeof f32);
        builder_add_f32(b, f32);
        return true;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        if (bytes.bytes != 8)
            return false;
        bits64 = wire_load64(bytes.data);
        if (b->type->kind != TYPE_BIGINT)
            return take_timestamp(b, (int64_t)bits64);
        builder_add_i64(b, (int64_t)bits64);
        return true;
    case TYPE_DOUBLE:
        if (bytes.bytes != 8)
            return false;
        bits64 = wire_load64(bytes.data);
        memcpy(&f64, &bits64, sizeof f64);
        builder_add_f64(b, f64);
        return true;
    case TYPE_VOID:
    case TYPE_DECIMAL:
    case TYPE_STRING:
    case TYPE_BINARY:
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static bool take_scalar(VectorBuilder *b, Arena *arena, Str bytes)
{
    if (!bytes.data || b->type->kind == TYPE_VOID) {
        builder_add_null(b);
        return true;
    }
    switch (b->type->kind) {
    case TYPE_STRING:
    case TYPE_BINARY:
        builder_add_str(b, str_copy(arena, bytes));
        return true;
    case TYPE_DECIMAL:
        return take_numeric(b, bytes);
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
        return take_interval(b, bytes);
    case TYPE_VOID:
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        return take_fixed(b, bytes);
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* One dimension; an array of more is read as NULL. */
static bool take_array(PostgresReader *reader, Str bytes)
{
    VectorBuilder *b = &reader->builder;
    uint32_t dimensions, count, at = 20;

    if (bytes.bytes < 12)
        return false;
    dimensions = wire_load32(bytes.data);
    if (dimensions == 0) {
        builder_end_row(b);
        return true;
    }
    if (dimensions > 1) {
        builder_add_null(b);
        return true;
    }
    if (bytes.bytes < 20)
        return false;
    count = wire_load32(bytes.data + 12);
    for (uint32_t i = 0; i < count; i++) {
        Str element = {NULL, 0};
        uint32_t length;

        if (bytes.bytes - at < 4)
            return false;
        length = wire_load32(bytes.data + at);
        at += 4;
        if (length != UINT32_MAX) {
            if (bytes.bytes - at < length)
                return false;
            element = (Str){bytes.data + at, length};
            at += length;
        }
        if (!take_scalar(&b->children[0], reader->arena, element))
            return false;
    }
    builder_end_row(b);
    return at == bytes.bytes;
}

bool postgres_take_value(PostgresReader *reader, Str bytes)
{
    if (reader->is_json) {
        nested_reader_add(&reader->nested, bytes);
        return true;
    }
    if (reader->type->kind != TYPE_ARRAY)
        return take_scalar(&reader->builder, reader->arena, bytes);
    if (bytes.data)
        return take_array(reader, bytes);
    builder_add_null(&reader->builder);
    return true;
}

Vector *postgres_reader_finish(PostgresReader *reader)
{
    uint32_t bad_row;
    Vector *vector = reader->is_json ? nested_reader_finish(&reader->nested, &bad_row)
                                     : builder_finish(&reader->builder);

    ASSERT(vector); /* PERMISSIVE */
    /* The rows may outlive the reader, but not the type it was made for. */
    vector_adopt_type(vector, reader->type);
    return vector;
}
