/*
 * Any bytes as a segment file's content: every batch in it is read to its end or refused, and the
 * records of one that is read can be written and read again. The checksum is not asked, for the
 * fuzzer could not pass it.
 */
#include <stdint.h>

#include "base/assert.h"
#include "log/record_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_headers(const LogRecord *record)
{
    RecordHeader header;
    Str headers = record->headers;
    int32_t count = 0;

    while (record_header_next(&headers, &header))
        count++;
    ASSERT(count == record->header_count && headers.bytes == 0);
}

static void check_same(const LogRecord *a, const LogRecord *b)
{
    ASSERT(a->offset == b->offset && a->timestamp_ms == b->timestamp_ms);
    ASSERT(a->key_null == b->key_null && str_equal(a->key, b->key));
    ASSERT(a->value_null == b->value_null && str_equal(a->value, b->value));
    ASSERT(a->header_count == b->header_count && str_equal(a->headers, b->headers));
}

/* Writes the records anew and reads them back. */
static void check_again(const LogRecord *records, size_t count, int64_t base_offset, Codec *codec,
                        Arena *arena)
{
    RecordBuilder builder;
    RecordBatch batch;
    RecordReader reader;
    LogRecord again[8];
    size_t again_count = 0;
    Error err;

    record_builder_init(&builder);
    record_builder_start(&builder, base_offset);
    for (size_t i = 0; i < count; i++)
        record_builder_add(&builder, &records[i], records[i].offset);
    ASSERT(record_builder_finish(&builder, codec, LOG_COMPRESSION_LZ4, &batch, &err));
    ASSERT(record_batch_verify(&batch, &err));
    ASSERT(record_reader_open(&reader, &batch, codec, arena, &err));
    ASSERT(record_reader_read(&reader, again, 8, SIZE_MAX, &again_count, &err));
    ASSERT(again_count == count);
    for (size_t i = 0; i < count; i++)
        check_same(&records[i], &again[i]);
    record_builder_done(&builder);
}

static void read_batch(const RecordBatch *batch, Codec *codec, Arena *arena)
{
    RecordReader reader;
    LogRecord records[8];
    size_t count = 0;
    Error err;

    (void)record_batch_verify(batch, &err);
    if (!record_reader_open(&reader, batch, codec, arena, &err))
        return;
    while (record_reader_read(&reader, records, 8, 1000, &count, &err) && count) {
        for (size_t i = 0; i < count; i++)
            check_headers(&records[i]);
        check_again(records, count, batch->base_offset, codec, arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Codec *codec = codec_create();
    RecordBatch batch;
    Arena arena;
    Error err;

    arena_init(&arena);
    while (record_batch_parse(data, bytes, &batch, &err) == RECORD_BATCH_WHOLE) {
        read_batch(&batch, codec, &arena);
        data += batch.batch_bytes;
        bytes -= batch.batch_bytes;
        arena_reset(&arena);
    }
    arena_done(&arena);
    codec_free(codec);
    return 0;
}
