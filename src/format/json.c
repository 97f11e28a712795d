/*
 * json.c: the json format (format.h): one object a record, one record a line in files.
 */
#include "format/json.h"

#include <stdlib.h>

#include "format/json_scan.h"
#include "format/lines.h"

typedef struct JsonDecoder {
    Decoder base;
    Type record; /* A STRUCT of the schema's columns, of which it has a copy. */
    Field *columns;
    JsonReader *reader;
} JsonDecoder;

static void json_decoder_decode(Decoder *base, Arena *arena, const Str *records,
                                uint32_t record_count, Batch **out, uint32_t *rows, BadRecords *bad)
{
    json_reader_decode(((JsonDecoder *)base)->reader, arena, records, record_count, out, rows, bad);
}

static void json_decoder_free(Decoder *base)
{
    JsonDecoder *decoder = (JsonDecoder *)base;

    if (!decoder)
        return;
    json_reader_free(decoder->reader);
    free(decoder->columns);
    free(decoder);
}

static const DecoderMethods json_decoder_methods = {
    .name = "json", .decode = json_decoder_decode, .free = json_decoder_free};

static bool json_decoder_create(const Schema *schema, const FormatOptions *options, Decoder **out,
                                Error *err)
{
    JsonDecoder *decoder = mem_zalloc(sizeof *decoder);

    (void)err;
    decoder->base.methods = &json_decoder_methods;
    decoder->columns = mem_alloc(schema->column_count * sizeof(Field) + 1);
    if (schema->column_count)
        memcpy(decoder->columns, schema->columns, schema->column_count * sizeof(Field));
    decoder->record = (Type){
        .kind = TYPE_STRUCT, .field_count = schema->column_count, .fields = decoder->columns};
    decoder->reader = json_reader_create(&decoder->record, options->mode, options->zone);
    *out = &decoder->base;
    return true;
}

typedef struct JsonEncoder {
    Encoder base;
    Arena memory;
    Str *names; /* Each as `"name":`. */
    const Zone *zone;
} JsonEncoder;

static void json_encoder_encode(Encoder *base, const Batch *batch, uint32_t row_i, StrBuf *out)
{
    const JsonEncoder *encoder = (const JsonEncoder *)base;
    bool any = false;

    strbuf_add_char(out, '{');
    for (uint32_t c = 0; c < batch->column_count; c++) {
        const Vector *column = batch->columns[c];

        if (!vector_is_valid(column, row_i))
            continue;
        if (any)
            strbuf_add_char(out, ',');
        any = true;
        strbuf_add_str(out, encoder->names[c]);
        json_write_value(out, column, row_i, encoder->zone);
    }
    strbuf_add_char(out, '}');
}

static void json_encoder_header(Encoder *base, StrBuf *out)
{
    (void)base;
    (void)out;
}

static void json_encoder_free(Encoder *base)
{
    JsonEncoder *encoder = (JsonEncoder *)base;

    if (!encoder)
        return;
    arena_done(&encoder->memory);
    free(encoder);
}

static const EncoderMethods json_encoder_methods = {"json", json_encoder_encode,
                                                    json_encoder_header, json_encoder_free};

static bool json_encoder_create(const Schema *schema, const FormatOptions *options, Encoder **out,
                                Error *err)
{
    JsonEncoder *encoder = mem_zalloc(sizeof *encoder);
    StrBuf name;

    (void)err;
    encoder->base.methods = &json_encoder_methods;
    encoder->zone = options->zone;
    arena_init(&encoder->memory);
    encoder->names = ARENA_ARRAY(&encoder->memory, Str, schema->column_count);
    strbuf_init(&name);
    for (uint32_t c = 0; c < schema->column_count; c++) {
        strbuf_clear(&name);
        json_write_string(&name, schema->columns[c].name);
        strbuf_add_char(&name, ':');
        encoder->names[c] = str_copy(&encoder->memory, strbuf_str(&name));
    }
    strbuf_done(&name);
    *out = &encoder->base;
    return true;
}

const Format format_json = {
    .name = "json",
    .doc = "one JSON object a record; in files one a line",
    .decoder_create = json_decoder_create,
    .encoder_create = json_encoder_create,
    .next_record = line_next,
};
