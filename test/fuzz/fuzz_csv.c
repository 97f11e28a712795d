/*
 * fuzz_csv.c: any bytes as a CSV file, with options chosen by the first byte.
 *
 * What must hold: the file is cut into records without loss; whole batches; every record is a row or
 * a bad record; rows can be written and read again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "format/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { RECORDS_MAX = 64 };

static const char *const option_lines[] = {"", "sep=;\nquote='", "escape=\"\nnullValue=NULL",
                                           "sep=\\t\nheader=true"};

static Batch *decode(const Schema *schema, const FormatOptions *options, Arena *arena,
                     const Str *records, uint32_t count, BadRecords *bad)
{
    Decoder *decoder;
    Error err = {0};
    Batch *batch;

    ASSERT(format_find(STR("csv"))->decoder_create(schema, options, &decoder, &err));
    decoder->methods->decode(decoder, arena, records, count, &batch, NULL, bad);
    decoder->methods->free(decoder);
    ASSERT(batch_verify(batch, schema));
    return batch;
}

static void check_written(const Schema *schema, const FormatOptions *options, Arena *arena,
                          const Batch *batch)
{
    Encoder *encoder;
    Error err = {0};

    ASSERT(format_find(STR("csv"))->encoder_create(schema, options, &encoder, &err));
    for (uint32_t i = 0; i < batch->row_count; i++) {
        BadRecords bad = {0};
        StrBuf text;
        Str record;
        Batch *again;

        strbuf_init(&text);
        encoder->methods->encode(encoder, batch, i, &text);
        record = strbuf_str(&text);
        again = decode(schema, options, arena, &record, 1, &bad);
        ASSERT(bad.count == 0);
        for (uint32_t c = 0; c < batch->column_count; c++)
            ASSERT(vector_same(batch->columns[c], i, again->columns[c], 0));
        strbuf_done(&text);
    }
    encoder->methods->free(encoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc()};
    Str rest = {(const char *)data, (uint32_t)bytes};
    Str records[RECORDS_MAX];
    uint32_t count = 0;
    const Type *type;
    Error err = {0};
    BadRecords bad = {0};
    Batch *batch;
    Schema schema;
    Arena arena;

    if (bytes < 1 || bytes > 1 << 16)
        return 0;
    arena_init(&arena);
    ASSERT(type_parse_columns(&arena, STR("a string, b int, c decimal(10,2), d timestamp, e binary"),
                              &type, &err));
    schema = (Schema){type->field_count, type->fields};
    options.options = str_of(option_lines[data[0] % COUNT_OF(option_lines)]);
    rest = str_slice(rest, 1, rest.bytes);
    while (count < RECORDS_MAX) {
        size_t used = format_find(STR("csv"))->next_record(rest, true, &records[count]);

        if (used == 0)
            break;
        ASSERT(used <= rest.bytes && records[count].data == rest.data);
        ASSERT(used - records[count].bytes <= 2);
        rest = str_slice(rest, (uint32_t)used, rest.bytes);
        count++;
    }
    ASSERT(count == RECORDS_MAX || rest.bytes == 0);
    batch = decode(&schema, &options, &arena, records, count, &bad);
    ASSERT(batch->row_count + bad.count == count);
    check_written(&schema, &options, &arena, batch);
    options.mode = FORMAT_PERMISSIVE;
    bad = (BadRecords){0};
    batch = decode(&schema, &options, &arena, records, count, &bad);
    ASSERT(batch->row_count == count && bad.count == 0);
    arena_done(&arena);
    return 0;
}
