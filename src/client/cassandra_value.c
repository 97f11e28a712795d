#include "client/cassandra_value.h"

#include "base/utf8.h"
#include "column/format_value.h"
#include "column/key.h"

enum { DATE_ZERO = INT32_MIN }; /* Cassandra's dates are unsigned, 1970 in the middle. */

const char *cassandra_type_name(const Type *type, bool microseconds)
{
    switch (type->kind) {
    case TYPE_BOOLEAN:
        return "boolean";
    case TYPE_TINYINT:
        return "tinyint";
    case TYPE_SMALLINT:
        return "smallint";
    case TYPE_INT:
        return "int";
    case TYPE_BIGINT:
        return "bigint";
    case TYPE_FLOAT:
        return "float";
    case TYPE_DOUBLE:
        return "double";
    case TYPE_DECIMAL:
        return "decimal";
    case TYPE_BINARY:
        return "blob";
    case TYPE_DATE:
        return "date";
    case TYPE_TIMESTAMP:
        return microseconds ? "bigint" : "timestamp";
    case TYPE_VOID:
    case TYPE_STRING:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    return "text";
}

/* ── to Cassandra ──────────────────────────────────────────────────────────────────────────────*/

static void put_number(StrBuf *out, uint64_t value, uint32_t bytes)
{
    cql_put_int(out, (int32_t)bytes);
    cql_put_uint(out, value, bytes);
}

static void write_void(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    (void)w;
    (void)row_i;
    cql_put_int(out, -1);
}

static void write_bool(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    put_number(out, vector_bools(w->vector)[row_i] != 0, 1);
}

static void write_i8(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    put_number(out, (uint64_t)vector_i8(w->vector)[row_i], 1);
}

static void write_i16(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    put_number(out, (uint64_t)vector_i16(w->vector)[row_i], 2);
}

static void write_i32(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    put_number(out, (uint64_t)vector_i32(w->vector)[row_i], 4);
}

static void write_i64(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    put_number(out, (uint64_t)vector_i64(w->vector)[row_i], 8);
}

static void write_f32(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    float number = vector_f32(w->vector)[row_i];
    uint32_t bits;

    if (w->is_key)
        number = key_float(number);
    memcpy(&bits, &number, sizeof bits);
    put_number(out, bits, 4);
}

static void write_f64(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    double number = vector_f64(w->vector)[row_i];
    uint64_t bits;

    if (w->is_key)
        number = key_double(number);
    memcpy(&bits, &number, sizeof bits);
    put_number(out, bits, 8);
}

/* The scale, then the unscaled value in as few bytes as hold it and its sign. */
static void write_decimal(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    Int128 value = vector_i128(w->vector)[row_i];
    uint32_t bytes = 1;

    while (bytes < 16 && value >> (8 * bytes - 1) != 0 && value >> (8 * bytes - 1) != -1)
        bytes++;
    cql_put_int(out, (int32_t)(4 + bytes));
    cql_put_int(out, w->type->scale);
    for (uint32_t i = bytes; i-- > 0;)
        cql_put_byte(out, (uint8_t)(value >> 8 * i));
}

static void write_bytes(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    Str bytes = vector_strs(w->vector)[row_i];

    cql_put_int(out, (int32_t)bytes.bytes);
    strbuf_add_str(out, bytes);
}

/* Cassandra refuses text that is not UTF-8: each byte that is not becomes U+FFFD. */
static void write_string(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    Str rest = vector_strs(w->vector)[row_i];
    size_t length_at = out->bytes;

    cql_put_int(out, 0);
    for (;;) {
        uint32_t good = utf8_valid_prefix(rest);

        strbuf_add(out, rest.data, good);
        if (good == rest.bytes)
            break;
        strbuf_add_c(out, "\xEF\xBF\xBD");
        rest = str_slice(rest, good + 1, rest.bytes);
    }
    cql_set_int(out, length_at, (int32_t)(out->bytes - length_at - 4));
}

static void write_date(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    put_number(out, (uint32_t)vector_i32(w->vector)[row_i] ^ (uint32_t)DATE_ZERO, 4);
}

static void write_timestamp(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    int64_t us = vector_i64(w->vector)[row_i];
    int64_t ms = us / 1000 - (us % 1000 < 0);

    put_number(out, (uint64_t)(w->microseconds ? us : ms), 8);
}

static void put_text(CassandraWriter *w, StrBuf *out)
{
    cql_put_int(out, (int32_t)w->text.bytes);
    strbuf_add_str(out, strbuf_str(&w->text));
}

static void write_timestamp_ntz(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    strbuf_clear(&w->text);
    timestamp_to_iso(&w->text, vector_i64(w->vector)[row_i], 6);
    put_text(w, out);
}

static void write_interval(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    strbuf_clear(&w->text);
    interval_value_to_text(&w->text, w->vector, row_i);
    put_text(w, out);
}

static void write_nested(CassandraWriter *w, StrBuf *out, uint32_t row_i)
{
    cql_put_long_string(out, nested_write(&w->nested, w->vector, row_i));
}

static void (*const writes[TYPE_KIND_COUNT])(CassandraWriter *, StrBuf *, uint32_t) = {
    [TYPE_VOID] = write_void,
    [TYPE_BOOLEAN] = write_bool,
    [TYPE_TINYINT] = write_i8,
    [TYPE_SMALLINT] = write_i16,
    [TYPE_INT] = write_i32,
    [TYPE_BIGINT] = write_i64,
    [TYPE_FLOAT] = write_f32,
    [TYPE_DOUBLE] = write_f64,
    [TYPE_DECIMAL] = write_decimal,
    [TYPE_STRING] = write_string,
    [TYPE_BINARY] = write_bytes,
    [TYPE_DATE] = write_date,
    [TYPE_TIMESTAMP] = write_timestamp,
    [TYPE_TIMESTAMP_NTZ] = write_timestamp_ntz,
    [TYPE_INTERVAL_YM] = write_interval,
    [TYPE_INTERVAL_DT] = write_interval,
    [TYPE_INTERVAL] = write_interval,
    [TYPE_ARRAY] = write_nested,
    [TYPE_MAP] = write_nested,
    [TYPE_STRUCT] = write_nested,
};

bool cassandra_writer_init(CassandraWriter *writer, const Type *type, bool microseconds,
                           bool is_key, Error *err)
{
    *writer = (CassandraWriter){
        .type = type,
        .microseconds = microseconds,
        .is_key = is_key,
        .write = writes[type->kind],
    };
    strbuf_init(&writer->text);
    return !type_is_nested(type) || nested_writer_init(&writer->nested, type, err);
}

void cassandra_writer_done(CassandraWriter *writer)
{
    strbuf_done(&writer->text);
    nested_writer_done(&writer->nested);
}

void cassandra_writer_use(CassandraWriter *writer, const Vector *vector)
{
    writer->vector = vector;
}

void cassandra_write(CassandraWriter *writer, StrBuf *out, uint32_t row_i)
{
    if (vector_is_valid(writer->vector, row_i))
        writer->write(writer, out, vector_row(writer->vector, row_i));
    else
        cql_put_int(out, -1);
}

/* ── from Cassandra ────────────────────────────────────────────────────────────────────────────*/

static bool is_whole(const CqlType *from)
{
    return from->kind == CQL_TINYINT || from->kind == CQL_SMALLINT || from->kind == CQL_INT ||
           from->kind == CQL_BIGINT || from->kind == CQL_COUNTER || from->kind == CQL_VARINT;
}

static bool is_text(const CqlType *from)
{
    return from->kind == CQL_TEXT || from->kind == CQL_ASCII;
}

/* Big-endian two's complement of up to 16 bytes. */
static bool whole_value(Str bytes, Int128 *out)
{
    UInt128 value;

    if (bytes.bytes == 0)
        return false;
    value = bytes.data[0] & 0x80 ? ~(UInt128)0 : 0;
    for (uint32_t i = 0; i < bytes.bytes; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        bool sign_only = byte == (bytes.data[0] & 0x80 ? 0xFF : 0);

        if (bytes.bytes - i > 16 && !sign_only)
            return false;
        value = value << 8 | byte;
    }
    *out = (Int128)value;
    return bytes.bytes <= 16 || (*out < 0) == ((bytes.data[0] & 0x80) != 0);
}

static bool read_whole(CassandraReader *r, const CqlType *from, Str bytes)
{
    VectorBuilder *b = &r->builder;
    Int128 value;

    if (!is_whole(from) || !whole_value(bytes, &value))
        return false;
    if (r->type->kind == TYPE_TINYINT)
        builder_add_i8(b, (int8_t)value);
    else if (r->type->kind == TYPE_SMALLINT)
        builder_add_i16(b, (int16_t)value);
    else if (r->type->kind == TYPE_INT)
        builder_add_i32(b, (int32_t)value);
    else
        builder_add_i64(b, (int64_t)value);
    return r->type->kind == TYPE_TINYINT    ? value == (int8_t)value
           : r->type->kind == TYPE_SMALLINT ? value == (int16_t)value
           : r->type->kind == TYPE_INT      ? value == (int32_t)value
                                            : value == (int64_t)value;
}

static bool read_bool(CassandraReader *r, const CqlType *from, Str bytes)
{
    if (from->kind != CQL_BOOLEAN || bytes.bytes != 1)
        return false;
    builder_add_bool(&r->builder, bytes.data[0] != 0);
    return true;
}

static bool read_real(CassandraReader *r, const CqlType *from, Str bytes)
{
    CqlReader reader = cql_reader(bytes);
    union {
        uint32_t bits;
        float number;
    } single = {0};
    union {
        uint64_t bits;
        double number;
    } real = {0};

    if (from->kind == CQL_FLOAT && bytes.bytes == 4) {
        single.bits = (uint32_t)cql_read_uint(&reader, 4);
        real.number = (double)single.number;
    } else if (from->kind == CQL_DOUBLE && bytes.bytes == 8) {
        real.bits = cql_read_uint(&reader, 8);
    } else {
        return false;
    }
    if (r->type->kind == TYPE_FLOAT)
        builder_add_f32(&r->builder, (float)real.number);
    else
        builder_add_f64(&r->builder, real.number);
    return true;
}

static bool read_decimal(CassandraReader *r, const CqlType *from, Str bytes)
{
    int32_t scale = 0;
    Int128 value;

    if (from->kind == CQL_DECIMAL && bytes.bytes > 4) {
        CqlReader reader = cql_reader(bytes);

        scale = cql_read_int(&reader);
        bytes = str_slice(bytes, 4, bytes.bytes);
    } else if (!is_whole(from)) {
        return false;
    }
    if (!whole_value(bytes, &value))
        return false;
    if (scale < -DECIMAL_PRECISION_MAX || scale > 2 * DECIMAL_PRECISION_MAX)
        return false;
    for (; scale < 0; scale++) {
        if (__builtin_mul_overflow(value, (Int128)10, &value))
            return false;
    }
    for (; scale > DECIMAL_PRECISION_MAX; scale--)
        value /= 10;
    if (!decimal_rescale(value, scale, r->type->scale, &value) ||
        !decimal_fits(value, r->type->precision))
        return false;
    builder_add_i128(&r->builder, value);
    return true;
}

static bool read_string(CassandraReader *r, const CqlType *from, Str bytes)
{
    StrBuf text;
    bool ok;

    if (is_text(from)) {
        builder_add_str(&r->builder, str_copy(r->builder.arena, bytes));
        return true;
    }
    strbuf_init(&text);
    ok = cql_value_to_text(&text, from, bytes);
    builder_add_str(&r->builder, str_copy(r->builder.arena, strbuf_str(&text)));
    strbuf_done(&text);
    return ok;
}

static bool read_binary(CassandraReader *r, const CqlType *from, Str bytes)
{
    (void)from;
    builder_add_str(&r->builder, str_copy(r->builder.arena, bytes));
    return true;
}

static bool read_date(CassandraReader *r, const CqlType *from, Str bytes)
{
    CqlReader reader = cql_reader(bytes);

    if (from->kind != CQL_DATE || bytes.bytes != 4)
        return false;
    builder_add_i32(&r->builder, (int32_t)((uint32_t)cql_read_uint(&reader, 4) ^ (uint32_t)DATE_ZERO));
    return true;
}

static bool read_timestamp(CassandraReader *r, const CqlType *from, Str bytes)
{
    CqlReader reader = cql_reader(bytes);
    int64_t value = cql_read_long(&reader);

    if (bytes.bytes != 8 || (from->kind != CQL_TIMESTAMP && from->kind != CQL_BIGINT) ||
        (from->kind == CQL_TIMESTAMP && __builtin_mul_overflow(value, INT64_C(1000), &value)))
        return false;
    builder_add_i64(&r->builder, value);
    return true;
}

static bool read_timestamp_ntz(CassandraReader *r, const CqlType *from, Str bytes)
{
    int64_t us;

    if (!is_text(from) || !text_to_timestamp_ntz(bytes, true, &us))
        return false;
    builder_add_i64(&r->builder, us);
    return true;
}

static bool read_interval(CassandraReader *r, const CqlType *from, Str bytes)
{
    return is_text(from) && interval_value_add(&r->builder, bytes);
}

static bool read_nested(CassandraReader *r, const CqlType *from, Str bytes)
{
    StrBuf text;
    bool ok;

    strbuf_init(&text);
    ok = cql_value_to_text(&text, from, bytes);
    nested_reader_add(&r->nested, strbuf_str(&text));
    strbuf_done(&text);
    return ok;
}

static bool read_void(CassandraReader *r, const CqlType *from, Str bytes)
{
    (void)from;
    (void)bytes;
    builder_add_null(&r->builder);
    return true;
}

static bool (*const reads[TYPE_KIND_COUNT])(CassandraReader *, const CqlType *, Str) = {
    [TYPE_VOID] = read_void,
    [TYPE_BOOLEAN] = read_bool,
    [TYPE_TINYINT] = read_whole,
    [TYPE_SMALLINT] = read_whole,
    [TYPE_INT] = read_whole,
    [TYPE_BIGINT] = read_whole,
    [TYPE_FLOAT] = read_real,
    [TYPE_DOUBLE] = read_real,
    [TYPE_DECIMAL] = read_decimal,
    [TYPE_STRING] = read_string,
    [TYPE_BINARY] = read_binary,
    [TYPE_DATE] = read_date,
    [TYPE_TIMESTAMP] = read_timestamp,
    [TYPE_TIMESTAMP_NTZ] = read_timestamp_ntz,
    [TYPE_INTERVAL_YM] = read_interval,
    [TYPE_INTERVAL_DT] = read_interval,
    [TYPE_INTERVAL] = read_interval,
    [TYPE_ARRAY] = read_nested,
    [TYPE_MAP] = read_nested,
    [TYPE_STRUCT] = read_nested,
};

bool cassandra_reader_init(CassandraReader *reader, const Type *type, Error *err)
{
    *reader = (CassandraReader){.type = type, .is_nested = type_is_nested(type)};
    return !reader->is_nested || nested_reader_init(&reader->nested, type, FORMAT_STRICT, err);
}

void cassandra_reader_done(CassandraReader *reader)
{
    nested_reader_done(&reader->nested);
}

void cassandra_reader_begin(CassandraReader *reader, Arena *arena, uint32_t row_count)
{
    if (reader->is_nested)
        nested_reader_begin(&reader->nested, arena, row_count);
    else
        builder_init(&reader->builder, arena, reader->type, row_count);
}

bool cassandra_read(CassandraReader *reader, const CqlType *from, Str bytes)
{
    if (bytes.data && !cql_is_empty(from, bytes))
        return reads[reader->type->kind](reader, from, bytes);
    if (reader->is_nested)
        nested_reader_add(&reader->nested, (Str){NULL, 0});
    else
        builder_add_null(&reader->builder);
    return true;
}

Vector *cassandra_reader_finish(CassandraReader *reader)
{
    uint32_t bad_row;
    Vector *vector = reader->is_nested ? nested_reader_finish(&reader->nested, &bad_row)
                                       : builder_finish(&reader->builder);

    if (vector) /* The rows may outlive the reader, whose decoder made these types. */
        vector_adopt_type(vector, reader->type);
    return vector;
}
