/*
 * table_format.c: how the records of a table are written (table_format.h).
 */
#include "pipeline/table_format.h"

#include <stdlib.h>

#include "base/assert.h"
#include "client/table_schemas.h"
#include "plan/record_field.h"

/* ── decoding ──────────────────────────────────────────────────────────────────────────────────*/

struct TableDecoder {
    TableSchemas *schemas; /* NULL: none needed. */
    Decoder *values;
    const Schema *schema;     /* All columns read. */
    const RecordField *fields; /* One each; NULL: all of the value. */
    Str topic;
    bool takes_null; /* A record without a value is a row (raw). */
    Arena arena;
};

static bool create_values(const TableDef *table, const Schema *read, const Schema *record,
                          FormatMode mode, const Zone *zone, const FormatSchemas *schemas,
                          Decoder **out, Error *err)
{
    FormatOptions options = {
        .mode = mode, .zone = zone, .record_schema = record, .schemas = schemas};
    Str name = table_format_name(table);
    const Format *format = format_find(name);
    StrBuf lines;
    bool ok;

    if (!format)
        return error_set(err, ERROR_USER, "there is no format '%.*s'", STR_ARG(name));
    strbuf_init(&lines);
    table_format_options(&lines, table);
    options.options = strbuf_str(&lines);
    ok = format->decoder_create(read, &options, out, err);
    strbuf_done(&lines);
    return ok;
}

/* The columns of `schema` that come from the value. */
static const Schema *value_columns(Arena *arena, const TableDef *table, const Schema *schema,
                                   RecordField *fields)
{
    Field *columns = ARENA_ARRAY(arena, Field, (size_t)schema->column_count + 1);
    Schema *out = ARENA_NEW(arena, Schema);
    uint32_t count = 0;

    for (uint32_t c = 0; c < schema->column_count; c++) {
        int column_i = schema_find(&table->schema, schema->columns[c].name);

        fields[c] = column_i < 0 ? RECORD_VALUE : (RecordField)table->record_fields[column_i];
        if (fields[c] == RECORD_VALUE)
            columns[count++] = schema->columns[c];
    }
    *out = (Schema){count, columns};
    return out;
}

bool table_decoder_create(const TableDef *table, const Schema *schema, FormatMode mode,
                          const Zone *zone, TableDecoder **out, Error *err)
{
    TableDecoder *decoder = mem_zalloc(sizeof *decoder);
    const Schema *read = schema;
    const Schema *record = &table->schema;
    Str topic = table_option(table, "topic");

    arena_init(&decoder->arena);
    decoder->schema = schema;
    decoder->topic = topic.data ? topic : table->name;
    decoder->takes_null = str_is(table_format_name(table), "raw");
    if (table->record_fields) {
        RecordField *fields =
            ARENA_ARRAY(&decoder->arena, RecordField, (size_t)schema->column_count + 1);
        RecordField *ignored =
            ARENA_ARRAY(&decoder->arena, RecordField, (size_t)table->schema.column_count + 1);

        read = value_columns(&decoder->arena, table, schema, fields);
        record = value_columns(&decoder->arena, table, &table->schema, ignored);
        decoder->fields = fields;
    }
    if (!table_schemas_open(table, false, &decoder->schemas, err) ||
        !create_values(table, read, record, mode, zone, table_schemas_format(decoder->schemas),
                       &decoder->values, err)) {
        table_decoder_free(decoder);
        return false;
    }
    *out = decoder;
    return true;
}

void table_decoder_free(TableDecoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->values)
        decoder->values->methods->free(decoder->values);
    table_schemas_close(decoder->schemas);
    arena_done(&decoder->arena);
    free(decoder);
}

static void add_header(VectorBuilder *pair, const SourceHeader *header)
{
    for (uint32_t f = 0; f < pair->type->field_count; f++) {
        Str value = str_is_nocase(pair->type->fields[f].name, "key") ? header->name : header->value;

        if (value.data)
            builder_add_str(&pair->children[f], value);
        else
            builder_add_null(&pair->children[f]);
    }
    builder_end_row(pair);
}

/* One value of a column, from record `i`. */
static void add_field(VectorBuilder *column, RecordField field, const TableDecoder *decoder,
                      const SourceRecords *records, int32_t partition, uint32_t i)
{
    switch (field) {
    case RECORD_KEY:
        if (records->keys && records->keys[i].data)
            builder_add_str(column, records->keys[i]);
        else
            builder_add_null(column);
        return;
    case RECORD_TOPIC:
        builder_add_str(column, decoder->topic);
        return;
    case RECORD_PARTITION:
        builder_add_i32(column, partition);
        return;
    case RECORD_OFFSET:
        builder_add_i64(column, records->positions[i]);
        return;
    case RECORD_TIMESTAMP:
        if (records->timestamps_us && records->timestamps_us[i] >= 0)
            builder_add_i64(column, records->timestamps_us[i]);
        else
            builder_add_null(column);
        return;
    case RECORD_TIMESTAMP_TYPE:
        builder_add_i32(column, records->timestamp_types ? records->timestamp_types[i] : 0);
        return;
    case RECORD_HEADERS:
        for (size_t h = 0; records->headers && h < records->headers[i].count; h++)
            add_header(&column->children[0], &records->headers[i].items[h]);
        /* As Spark: a record without headers has NULL. */
        if (records->headers && records->headers[i].count)
            builder_end_row(column);
        else
            builder_add_null(column);
        return;
    case RECORD_VALUE:
    case RECORD_FIELD_COUNT:
        break;
    }
    UNREACHABLE();
}

static Vector *record_column(const TableDecoder *decoder, Arena *arena, uint32_t column_i,
                             const SourceRecords *records, int32_t partition, const uint32_t *rows,
                             uint32_t row_count)
{
    VectorBuilder builder;

    builder_init(&builder, arena, decoder->schema->columns[column_i].type, row_count);
    for (uint32_t r = 0; r < row_count; r++)
        add_field(&builder, decoder->fields[column_i], decoder, records, partition, rows[r]);
    return builder_finish(&builder);
}

bool table_decoder_ready(TableDecoder *decoder, const SourceRecords *records, Error *err)
{
    const DecoderMethods *methods = decoder->values->methods;

    return !methods->ready ||
           methods->ready(decoder->values, records->values, records->count, err);
}

/* Decodes the values that there are; `rows` and `bad` are numbers of `records` all the same. */
static Batch *decode_values(TableDecoder *decoder, Arena *arena, const SourceRecords *records,
                            uint32_t *rows, BadRecords *bad)
{
    uint32_t *kept = ARENA_ARRAY(arena, uint32_t, (size_t)records->count + 1);
    Str *values = ARENA_ARRAY(arena, Str, (size_t)records->count + 1);
    uint32_t bad_i = bad->count;
    uint32_t count = 0;
    Batch *out;

    for (uint32_t i = 0; i < records->count; i++) {
        values[count] = records->values[i];
        kept[count] = i;
        count += records->values[i].data != NULL;
    }
    decoder->values->methods->decode(decoder->values, arena, values, count, &out, rows, bad);
    for (uint32_t r = 0; rows && r < out->row_count; r++)
        rows[r] = kept[rows[r]];
    for (; bad_i < bad->count; bad_i++)
        bad->items[bad_i].record_i = kept[bad->items[bad_i].record_i];
    return out;
}

static bool all_have_values(const SourceRecords *records)
{
    for (uint32_t i = 0; i < records->count; i++) {
        if (!records->values[i].data)
            return false;
    }
    return true;
}

void table_decoder_decode(TableDecoder *decoder, Arena *arena, const SourceRecords *records,
                          int32_t partition, Batch **out, uint32_t *rows, BadRecords *bad)
{
    uint32_t value_i = 0;
    Batch *values;
    Batch *all;

    if (!rows && decoder->fields)
        rows = ARENA_ARRAY(arena, uint32_t, (size_t)records->count + 1);
    if (decoder->takes_null || all_have_values(records))
        decoder->values->methods->decode(decoder->values, arena, records->values, records->count,
                                         &values, rows, bad);
    else
        values = decode_values(decoder, arena, records, rows, bad);
    if (!decoder->fields) {
        *out = values;
        return;
    }
    all = batch_new(arena, decoder->schema->column_count, values->row_count);
    for (uint32_t c = 0; c < decoder->schema->column_count; c++)
        all->columns[c] = decoder->fields[c] == RECORD_VALUE
                              ? values->columns[value_i++]
                              : record_column(decoder, arena, c, records, partition, rows,
                                              values->row_count);
    *out = all;
}
