#include "format/nested_text.h"

#include "base/assert.h"

#define HEAD "{\"v\":"
#define HEAD_BYTES ((uint32_t)sizeof HEAD - 1)

static FormatOptions options_of(FormatMode mode)
{
    return (FormatOptions){.mode = mode, .zone = zone_utc()};
}

bool nested_writer_init(NestedWriter *writer, const Type *type, Error *err)
{
    const Field column = {STR("v"), type, true};
    const Schema schema = {1, &column};
    const FormatOptions options = options_of(FORMAT_STRICT);

    *writer = (NestedWriter){.batch = {.column_count = 1}};
    return format_find(STR("json"))->encoder_create(&schema, &options, &writer->encoder, err);
}

void nested_writer_done(NestedWriter *writer)
{
    if (writer->encoder)
        writer->encoder->methods->free(writer->encoder);
    strbuf_done(&writer->text);
    *writer = (NestedWriter){0};
}

Str nested_write(NestedWriter *writer, const Vector *v, uint32_t row_i)
{
    Str record;

    writer->column = (Vector *)(uintptr_t)v; /* Read only. */
    writer->batch.columns = &writer->column;
    writer->batch.row_count = v->row_count;
    strbuf_clear(&writer->text);
    writer->encoder->methods->encode(writer->encoder, &writer->batch, row_i, &writer->text);
    record = strbuf_str(&writer->text);
    ASSERT(str_starts_with(record, STR(HEAD)) && str_ends_with(record, STR("}")));
    return str_slice(record, HEAD_BYTES, record.bytes - 1);
}

bool nested_reader_init(NestedReader *reader, const Type *type, FormatMode mode, Error *err)
{
    const Field column = {STR("v"), type, true};
    const Schema schema = {1, &column};
    const FormatOptions options = options_of(mode);

    *reader = (NestedReader){.strict = mode == FORMAT_STRICT};
    return format_find(STR("json"))->decoder_create(&schema, &options, &reader->decoder, err);
}

void nested_reader_done(NestedReader *reader)
{
    if (reader->decoder)
        reader->decoder->methods->free(reader->decoder);
    *reader = (NestedReader){0};
}

void nested_reader_begin(NestedReader *reader, Arena *arena, uint32_t row_count)
{
    builder_init(&reader->records, arena, &type_string, row_count);
}

void nested_reader_add(NestedReader *reader, Str json)
{
    Str record = STR("{}"); /* A missing field is NULL. */
    char *text;

    if (json.data) {
        text = arena_alloc(reader->records.arena, HEAD_BYTES + json.bytes + 1);
        memcpy(text, HEAD, HEAD_BYTES);
        memcpy(text + HEAD_BYTES, json.data, json.bytes);
        text[HEAD_BYTES + json.bytes] = '}';
        record = (Str){text, HEAD_BYTES + json.bytes + 1};
    }
    builder_add_str(&reader->records, record);
}

Vector *nested_reader_finish(NestedReader *reader, uint32_t *bad_row)
{
    Arena *arena = reader->records.arena;
    Vector *records = builder_finish(&reader->records);
    BadRecords bad = {0};
    Batch *batch;

    reader->decoder->methods->decode(reader->decoder, arena, vector_strs(records),
                                     records->row_count, &batch, NULL, &bad);
    if (reader->strict && bad.count) {
        *bad_row = bad.items[0].record_i;
        return NULL;
    }
    ASSERT(batch->row_count == records->row_count);
    return batch->columns[0];
}
