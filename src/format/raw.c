/*
 * raw.c: records that are one value, as they are (raw.h).
 */
#include "format/raw.h"

#include <stdlib.h>

#include "format/lines.h"

typedef struct RawDecoder {
    Decoder base;
    bool is_read; /* The column is; else rows are only counted. */
    const Type *type;
} RawDecoder;

static bool raw_schema_check(const Schema *schema, Error *err)
{
    if (schema->column_count > 1)
        return error_set(err, ERROR_USER,
                         "format 'raw' has one column, of type STRING or BINARY, not %u",
                         schema->column_count);
    for (uint32_t c = 0; c < schema->column_count; c++) {
        TypeKind kind = schema->columns[c].type->kind;

        if (kind != TYPE_STRING && kind != TYPE_BINARY)
            return error_set(err, ERROR_USER,
                             "format 'raw': column %.*s must be a STRING or BINARY",
                             STR_ARG(schema->columns[c].name));
    }
    return true;
}

static void raw_decode(Decoder *base, Arena *arena, const Str *records, uint32_t record_count,
                       Batch **out, uint32_t *rows, BadRecords *bad)
{
    const RawDecoder *decoder = (const RawDecoder *)base;

    (void)bad;
    for (uint32_t i = 0; rows && i < record_count; i++)
        rows[i] = i;
    *out = batch_new(arena, decoder->is_read, record_count);
    if (!decoder->is_read)
        return;
    (*out)->columns[0] = vector_new(arena, decoder->type, record_count);
    for (uint32_t i = 0; i < record_count; i++) {
        vector_strs((*out)->columns[0])[i] = records[i];
        if (!records[i].data)
            vector_set_null(arena, (*out)->columns[0], i);
    }
}

static void raw_decoder_free(Decoder *base)
{
    free(base);
}

static const DecoderMethods raw_decoder_methods = {
    .name = "raw", .decode = raw_decode, .free = raw_decoder_free};

static bool raw_decoder_create(const Schema *schema, const FormatOptions *options, Decoder **out,
                               Error *err)
{
    RawDecoder *decoder;

    (void)options;
    if (!raw_schema_check(schema, err))
        return false;
    decoder = mem_zalloc(sizeof *decoder);
    decoder->base.methods = &raw_decoder_methods;
    decoder->is_read = schema->column_count == 1;
    if (decoder->is_read) /* Types of the schema may go; these two stay. */
        decoder->type =
            schema->columns[0].type->kind == TYPE_STRING ? &type_string : &type_binary;
    *out = &decoder->base;
    return true;
}

static void raw_encode(Encoder *base, const Batch *batch, uint32_t row_i, StrBuf *out)
{
    const Vector *v = batch->columns[0];

    (void)base;
    if (vector_is_valid(v, row_i))
        strbuf_add_str(out, vector_strs(v)[vector_row(v, row_i)]);
}

static void raw_header(Encoder *base, StrBuf *out)
{
    (void)base;
    (void)out;
}

static void raw_encoder_free(Encoder *base)
{
    free(base);
}

static const EncoderMethods raw_encoder_methods = {"raw", raw_encode, raw_header, raw_encoder_free};

static bool raw_encoder_create(const Schema *schema, const FormatOptions *options, Encoder **out,
                               Error *err)
{
    Encoder *encoder;

    (void)options;
    if (!raw_schema_check(schema, err))
        return false;
    if (schema->column_count == 0)
        return error_set(err, ERROR_USER, "format 'raw' needs a column to write");
    encoder = mem_zalloc(sizeof *encoder);
    encoder->methods = &raw_encoder_methods;
    *out = encoder;
    return true;
}

const Format format_raw = {
    .name = "raw",
    .doc = "the record is the one column's value; in files a line",
    .decoder_create = raw_decoder_create,
    .encoder_create = raw_encoder_create,
    .next_record = line_next,
};
