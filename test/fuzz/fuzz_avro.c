/*
 * fuzz_avro.c: the first line is a schema, or, when it is empty, the schema of every type; the rest is
 * one record.
 *
 * What must hold: whole batches whatever the bytes are; a record is a row or a bad record; a row that was
 * read can be written in the schema of its columns, and is the same when read again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "format/avro.h"
#include "format/avro_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char columns[] =
    "a int, b bigint, c double, d string, e binary, f decimal(20,4), g timestamp, h date, "
    "i array<struct<x:int,y:string>>, j map<string,double>, k struct<x:boolean,y:array<float>>";

static Batch *decode(const Schema *schema, FormatMode mode, const FormatSchemas *schemas,
                     Arena *arena, Str record, BadRecords *bad)
{
    const FormatOptions options = {.mode = mode, .zone = zone_utc(), .schemas = schemas};
    Decoder *decoder;
    Error err = {0};
    Batch *batch;

    if (!format_avro.decoder_create(schema, &options, &decoder, &err))
        return NULL;
    decoder->methods->decode(decoder, arena, &record, 1, &batch, NULL, bad);
    ASSERT(batch_verify(batch, schema));
    /* Strings of enums are the decoder's: they go with it. */
    for (uint32_t c = 0; c < batch->column_count; c++)
        batch->columns[c] = vector_copy(arena, batch->columns[c]);
    decoder->methods->free(decoder);
    return batch;
}

static void check_written(const Schema *schema, Arena *arena, const Batch *batch)
{
    const FormatOptions options = {.zone = zone_utc()};
    BadRecords bad = {0};
    Encoder *encoder;
    Error err = {0};
    StrBuf text;
    Batch *again;

    ASSERT(format_avro.encoder_create(schema, &options, &encoder, &err));
    strbuf_init(&text);
    encoder->methods->encode(encoder, batch, 0, &text);
    again = decode(schema, FORMAT_STRICT, NULL, arena, strbuf_str(&text), &bad);
    ASSERT(again && bad.count == 0 && again->row_count == 1);
    for (uint32_t c = 0; c < batch->column_count; c++)
        ASSERT(vector_same(batch->columns[c], 0, again->columns[c], 0));
    strbuf_done(&text);
    encoder->methods->free(encoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Str rest = {(const char *)data, (uint32_t)bytes};
    FormatSchemas schemas = {0};
    BadRecords bad = {0};
    const Type *type;
    Error err = {0};
    Batch *batch;
    Schema schema;
    Arena arena;
    Str line;

    if (bytes > 1 << 16 || !str_split(&rest, '\n', &line) || !rest.data)
        return 0;
    arena_init(&arena);
    ASSERT(type_parse_columns(&arena, STR(columns), &type, &err));
    schema = (Schema){type->field_count, type->fields};
    if (line.bytes)
        schemas.schema = line;
    batch = decode(&schema, FORMAT_STRICT, line.bytes ? &schemas : NULL, &arena, rest, &bad);
    if (batch) {
        ASSERT(batch->row_count + bad.count == 1);
        if (batch->row_count)
            check_written(&schema, &arena, batch);
        bad = (BadRecords){0};
        batch = decode(&schema, FORMAT_PERMISSIVE, line.bytes ? &schemas : NULL, &arena, rest, &bad);
        ASSERT(batch->row_count == 1);
    }
    arena_done(&arena);
    return 0;
}
