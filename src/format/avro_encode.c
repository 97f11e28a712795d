/*
 * avro_encode.c: rows as Avro records, in the schema that is given, or the one of the table's columns.
 *
 * What was worked out when the encoder was made: for each node of the schema, what of the row goes
 * there. A row never fails: the schema was compared with the columns' types, and what is NULL where the
 * schema has no null is the default of the type (0, "", an empty list), since a sink's rows were
 * checked before; a DECIMAL of another scale is refused beforehand.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "format/avro_plan.h"

typedef struct AvroEncoder {
    Encoder base;
    const FormatSchemas *schemas;
    const AvroNode *node;
    const int32_t *columns; /* One a field; -1: its default. */
    Arena arena;
} AvroEncoder;

/* ── does it fit? ──────────────────────────────────────────────────────────────────────────────*/

static bool fits(const AvroNode *node, const Type *type);

static bool record_fits(const AvroNode *node, const Type *type)
{
    for (uint32_t i = 0; i < node->field_count; i++) {
        int child = type_field_find(type, node->fields[i].name);

        if (child < 0 ? !node->fields[i].has_default
                      : !fits(node->fields[i].type, type->fields[child].type))
            return false;
    }
    return true;
}

static bool number_fits(const AvroNode *node, const Type *type)
{
    bool small = type->kind == TYPE_TINYINT || type->kind == TYPE_SMALLINT ||
                 type->kind == TYPE_INT;

    switch ((int)node->kind) {
    case AVRO_INT:
        return small || (type->kind == TYPE_DATE && node->logical == AVRO_DATE);
    case AVRO_LONG:
        if (type->kind == TYPE_TIMESTAMP)
            return node->logical >= AVRO_TIMESTAMP_MILLIS && node->logical <= AVRO_TIMESTAMP_MICROS;
        if (type->kind == TYPE_TIMESTAMP_NTZ)
            return node->logical >= AVRO_LOCAL_MILLIS && node->logical <= AVRO_LOCAL_MICROS;
        return small || type->kind == TYPE_BIGINT;
    case AVRO_FLOAT:
        return type->kind == TYPE_FLOAT;
    default:
        return type->kind == TYPE_DOUBLE || type->kind == TYPE_FLOAT || small;
    }
}

static bool fits(const AvroNode *node, const Type *type)
{
    switch (node->kind) {
    case AVRO_NULL:
        return type->kind == TYPE_VOID;
    case AVRO_BOOLEAN:
        return type->kind == TYPE_BOOLEAN;
    case AVRO_INT:
    case AVRO_LONG:
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return number_fits(node, type);
    case AVRO_BYTES:
        if (node->logical == AVRO_DECIMAL)
            return type->kind == TYPE_DECIMAL && type->scale == node->scale &&
                   type->precision <= node->precision;
        return type->kind == TYPE_BINARY || type->kind == TYPE_STRING;
    case AVRO_STRING:
        return type->kind == TYPE_STRING;
    case AVRO_FIXED:
        return node->logical == AVRO_DECIMAL && type->kind == TYPE_DECIMAL &&
               type->scale == node->scale && type->precision <= node->precision &&
               node->size >= 1;
    case AVRO_ENUM:
        return false; /* A STRING may be none of its symbols. */
    case AVRO_ARRAY:
        return type->kind == TYPE_ARRAY && fits(node->items, type->fields[0].type);
    case AVRO_MAP:
        return type->kind == TYPE_MAP && type->fields[0].type->kind == TYPE_STRING &&
               fits(node->items, type->fields[1].type);
    case AVRO_RECORD:
        return type->kind == TYPE_STRUCT && record_fits(node, type);
    case AVRO_UNION:
        for (uint32_t i = 0; i < node->branch_count; i++) {
            if (node->branches[i]->kind != AVRO_NULL && fits(node->branches[i], type))
                return true;
        }
        return type->kind == TYPE_VOID;
    case AVRO_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

static void put(StrBuf *out, const AvroNode *node, const Vector *v, uint32_t row);

static int64_t integer_of(const Vector *v, uint32_t row)
{
    switch ((int)type_phys(v->type)) {
    case PHYS_I8:
        return vector_i8(v)[row];
    case PHYS_I16:
        return vector_i16(v)[row];
    case PHYS_I32:
        return vector_i32(v)[row];
    default:
        return vector_i64(v)[row];
    }
}

static void put_long(StrBuf *out, const AvroNode *node, int64_t value)
{
    if (node->logical == AVRO_TIMESTAMP_MILLIS || node->logical == AVRO_LOCAL_MILLIS)
        value = value / 1000 - (value % 1000 < 0);
    avro_put_long(out, value);
}

static void put_floating(StrBuf *out, const AvroNode *node, const Vector *v, uint32_t row)
{
    double value = v->type->kind == TYPE_DOUBLE  ? vector_f64(v)[row]
                   : v->type->kind == TYPE_FLOAT ? (double)vector_f32(v)[row]
                                                 : (double)integer_of(v, row);
    float single = (float)value;

    if (node->kind == AVRO_FLOAT)
        strbuf_add(out, &single, sizeof single);
    else
        strbuf_add(out, &value, sizeof value);
}

/* The fewest bytes of big-endian two's complement; a fixed's as many as it has. */
static void put_decimal(StrBuf *out, const AvroNode *node, Int128 value)
{
    char bytes[16];
    uint32_t first = 0;

    for (int i = 15; i >= 0; i--) {
        bytes[i] = (char)value;
        value >>= 8;
    }
    while (first < 15 && bytes[first] == (bytes[first + 1] & 0x80 ? (char)0xFF : 0))
        first++;
    if (node->kind == AVRO_BYTES) {
        avro_put_bytes(out, (Str){bytes + first, 16 - first});
        return;
    }
    for (uint32_t i = 16; i < node->size; i++)
        strbuf_add_char(out, bytes[0] & 0x80 ? (char)0xFF : '\0');
    strbuf_add(out, bytes + (16 - MIN(node->size, 16)), MIN(node->size, 16));
}

static void put_items(StrBuf *out, const AvroNode *node, const Vector *v, uint32_t row)
{
    uint32_t from = v->offsets[row];
    uint32_t to = v->offsets[row + 1];
    bool is_map = node->kind == AVRO_MAP;

    if (to > from)
        avro_put_long(out, to - from);
    for (uint32_t i = from; i < to; i++) {
        if (is_map)
            avro_put_bytes(out, vector_strs(v->children[0])[vector_row(v->children[0], i)]);
        put(out, node->items, v->children[is_map], i);
    }
    avro_put_long(out, 0);
}

/* What stands where a value must and there is none. */
static void put_nothing(StrBuf *out, const AvroNode *node)
{
    static const char zeros[8];

    switch ((int)node->kind) {
    case AVRO_NULL:
        return;
    case AVRO_FLOAT:
        strbuf_add(out, zeros, 4);
        return;
    case AVRO_DOUBLE:
        strbuf_add(out, zeros, 8);
        return;
    case AVRO_FIXED:
        for (uint32_t i = 0; i < node->size; i++)
            strbuf_add_char(out, '\0');
        return;
    case AVRO_RECORD:
        for (uint32_t i = 0; i < node->field_count; i++)
            put_nothing(out, node->fields[i].type);
        return;
    case AVRO_UNION:
        avro_put_long(out, 0);
        put_nothing(out, node->branches[0]);
        return;
    default:
        avro_put_long(out, 0);
        return;
    }
}

static void put_fields(StrBuf *out, const AvroNode *node, const Vector *v, uint32_t row)
{
    for (uint32_t i = 0; i < node->field_count; i++) {
        int child = type_field_find(v->type, node->fields[i].name);

        if (child < 0)
            strbuf_add_str(out, node->fields[i].default_value);
        else
            put(out, node->fields[i].type, v->children[child], row);
    }
}

static void put_union(StrBuf *out, const AvroNode *node, const Vector *v, uint32_t row)
{
    bool valid = vector_is_valid(v, row);

    for (uint32_t i = 0; i < node->branch_count; i++) {
        bool is_null = node->branches[i]->kind == AVRO_NULL;

        if (valid ? is_null || !fits(node->branches[i], v->type) : !is_null)
            continue;
        avro_put_long(out, i);
        if (valid)
            put(out, node->branches[i], v, row);
        return;
    }
    put_nothing(out, node);
}

/* Row `i` of the vector, which may be a constant. */
static void put(StrBuf *out, const AvroNode *node, const Vector *v, uint32_t i)
{
    uint32_t row = vector_row(v, i);
    char byte;

    if (node->kind == AVRO_UNION) {
        put_union(out, node, v, i);
        return;
    }
    if (!vector_is_valid(v, i)) {
        put_nothing(out, node);
        return;
    }
    switch (node->kind) {
    case AVRO_NULL:
        return;
    case AVRO_BOOLEAN:
        byte = (char)(vector_bools(v)[row] != 0);
        strbuf_add(out, &byte, 1);
        return;
    case AVRO_INT:
    case AVRO_LONG:
        put_long(out, node, integer_of(v, row));
        return;
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        put_floating(out, node, v, row);
        return;
    case AVRO_BYTES:
    case AVRO_FIXED:
        if (node->logical == AVRO_DECIMAL)
            put_decimal(out, node, vector_i128(v)[row]);
        else
            avro_put_bytes(out, vector_strs(v)[row]);
        return;
    case AVRO_STRING:
        avro_put_bytes(out, vector_strs(v)[row]);
        return;
    case AVRO_ARRAY:
    case AVRO_MAP:
        put_items(out, node, v, row);
        return;
    case AVRO_RECORD:
        put_fields(out, node, v, row);
        return;
    case AVRO_ENUM:
    case AVRO_UNION:
    case AVRO_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static void avro_encode(Encoder *base, const Batch *batch, uint32_t row_i, StrBuf *out)
{
    const AvroEncoder *encoder = (const AvroEncoder *)base;

    if (encoder->schemas && encoder->schemas->framed) {
        uint32_t id = (uint32_t)encoder->schemas->write_id;
        const char frame[5] = {0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id};

        strbuf_add(out, frame, sizeof frame);
    }
    for (uint32_t i = 0; i < encoder->node->field_count; i++) {
        const AvroField *field = &encoder->node->fields[i];

        if (encoder->columns[i] < 0)
            strbuf_add_str(out, field->default_value);
        else
            put(out, field->type, batch->columns[encoder->columns[i]], row_i);
    }
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static void avro_header(Encoder *base, StrBuf *out)
{
    (void)base;
    (void)out;
}

static void avro_encoder_free(Encoder *base)
{
    AvroEncoder *encoder = (AvroEncoder *)base;

    arena_done(&encoder->arena);
    free(encoder);
}

static const EncoderMethods avro_encoder_methods = {"avro", avro_encode, avro_header,
                                                    avro_encoder_free};

static bool match_columns(AvroEncoder *encoder, const Schema *schema, Error *err)
{
    const AvroNode *node = encoder->node;
    int32_t *columns = ARENA_ARRAY(&encoder->arena, int32_t, (size_t)node->field_count + 1);

    if (node->kind != AVRO_RECORD)
        return error_set(err, ERROR_USER, "the Avro schema is a %s; rows are records",
                         avro_kind_name(node->kind));
    for (uint32_t i = 0; i < node->field_count; i++) {
        const AvroField *field = &node->fields[i];

        columns[i] = schema_find(schema, field->name);
        if (columns[i] < 0 && !field->has_default)
            return error_set(err, ERROR_USER,
                             "the Avro schema has a field '%.*s' without a default, and the table "
                             "no such column",
                             STR_ARG(field->name));
        if (columns[i] >= 0 && !fits(field->type, schema->columns[columns[i]].type))
            return error_set(err, ERROR_USER,
                             "column `%.*s` is %s, which the Avro schema's %s cannot hold",
                             STR_ARG(field->name),
                             type_name_in(&encoder->arena, schema->columns[columns[i]].type),
                             avro_kind_name(field->type->kind));
    }
    encoder->columns = columns;
    return true;
}

static bool avro_encoder_create(const Schema *schema, const FormatOptions *options, Encoder **out,
                                Error *err)
{
    AvroEncoder *encoder = mem_zalloc(sizeof *encoder);
    StrBuf made;
    Str text;
    bool ok = true;

    encoder->base.methods = &avro_encoder_methods;
    encoder->schemas = options->schemas;
    arena_init(&encoder->arena);
    strbuf_init(&made);
    if (options->schemas && options->schemas->schema.data) {
        text = options->schemas->schema;
    } else {
        ok = avro_schema_of(&made, schema, "row", err);
        text = strbuf_str(&made);
    }
    ok = ok && avro_schema_parse(&encoder->arena, text, &encoder->node, err) &&
         match_columns(encoder, schema, err);
    strbuf_done(&made);
    if (!ok) {
        avro_encoder_free(&encoder->base);
        return error_wrap(err, "format 'avro'");
    }
    *out = &encoder->base;
    return true;
}

const Format format_avro = {
    .name = "avro",
    .doc = "Avro records; their schema from a file, a registry, or the columns",
    .decoder_create = avro_decoder_create,
    .encoder_create = avro_encoder_create,
    .next_record = NULL,
};
