#include "log/record_builder.h"

#include "base/assert.h"
#include "base/hash.h"
#include "log/wire.h"

/* All of a record's own numbers, each at its longest. */
#define RECORD_OVERHEAD_MAX (1 + VARLONG_BYTES_MAX + 5 * VARINT_BYTES_MAX)

void record_builder_init(RecordBuilder *builder)
{
    *builder = (RecordBuilder){0};
    strbuf_init(&builder->raw);
    strbuf_init(&builder->packed);
}

void record_builder_done(RecordBuilder *builder)
{
    strbuf_done(&builder->raw);
    strbuf_done(&builder->packed);
}

void record_builder_start(RecordBuilder *builder, int64_t base_offset)
{
    strbuf_clear(&builder->raw);
    strbuf_reserve(&builder->raw, RECORD_BATCH_HEADER_BYTES);
    builder->raw.bytes = RECORD_BATCH_HEADER_BYTES;
    builder->base_offset = base_offset;
    builder->last_offset = base_offset - 1;
    builder->base_timestamp_ms = LOG_NO_TIMESTAMP;
    builder->max_timestamp_ms = LOG_NO_TIMESTAMP;
    builder->record_count = 0;
}

static inline size_t record_payload_bytes(const LogRecord *record)
{
    return (record->key_null ? 0 : (size_t)record->key.bytes) +
           (record->value_null ? 0 : (size_t)record->value.bytes) + record->headers.bytes;
}

bool record_check_size(const LogRecord *record, Error *err)
{
    size_t bytes = record_payload_bytes(record);

    return LIKELY(bytes <= RECORD_BYTES_MAX) ||
           error_set(err, ERROR_DATA, "a record of %zu bytes is above the limit of %zu", bytes,
                     RECORD_BYTES_MAX);
}

bool record_builder_is_full(const RecordBuilder *builder, const LogRecord *record,
                            size_t batch_bytes)
{
    return builder->record_count &&
           (builder->raw.bytes + record_payload_bytes(record) > batch_bytes ||
            builder->record_count == INT32_MAX);
}

static inline uint8_t *bytes_write(uint8_t *to, Str bytes)
{
    if (bytes.bytes)
        memcpy(to, bytes.data, bytes.bytes);
    return to + bytes.bytes;
}

void record_builder_add(RecordBuilder *builder, const LogRecord *record, int64_t offset)
{
    static const Str none = {"", 0};
    Str key = record->key_null ? none : record->key;
    Str value = record->value_null ? none : record->value;
    int64_t key_length = record->key_null ? -1 : (int64_t)key.bytes;
    int64_t value_length = record->value_null ? -1 : (int64_t)value.bytes;
    int64_t offset_delta = offset - builder->base_offset;
    int64_t timestamp_delta_ms;
    size_t record_bytes;
    uint8_t *start;
    uint8_t *at;

    ASSERT(offset > builder->last_offset && offset_delta <= INT32_MAX);
    if (builder->record_count == 0)
        builder->base_timestamp_ms = record->timestamp_ms;
    timestamp_delta_ms =
        (int64_t)((uint64_t)record->timestamp_ms - (uint64_t)builder->base_timestamp_ms);
    record_bytes = 1 + varint_bytes(timestamp_delta_ms) + varint_bytes(offset_delta) +
                   varint_bytes(key_length) + key.bytes + varint_bytes(value_length) + value.bytes +
                   varint_bytes(record->header_count) + record->headers.bytes;

    strbuf_reserve(&builder->raw, record_bytes + RECORD_OVERHEAD_MAX);
    start = at = (uint8_t *)builder->raw.data + builder->raw.bytes;
    at = varint_write(at, (int64_t)record_bytes);
    *at++ = 0; /* Attributes: none are defined. */
    at = varint_write(at, timestamp_delta_ms);
    at = varint_write(at, offset_delta);
    at = varint_write(at, key_length);
    at = bytes_write(at, key);
    at = varint_write(at, value_length);
    at = bytes_write(at, value);
    at = varint_write(at, record->header_count);
    at = bytes_write(at, record->headers);
    builder->raw.bytes += (size_t)(at - start);

    builder->last_offset = offset;
    builder->max_timestamp_ms = MAX(builder->max_timestamp_ms, record->timestamp_ms);
    builder->record_count++;
}

static void header_fill(const RecordBuilder *builder, StrBuf *batch, LogCompression compression)
{
    char *at = batch->data;

    wire_store64(at, (uint64_t)builder->base_offset);
    wire_store32(at + 8, (uint32_t)(batch->bytes - RECORD_BATCH_PREFIX_BYTES));
    wire_store32(at + 12, 0);
    at[16] = 2;
    wire_store16(at + 21, (uint16_t)compression);
    wire_store32(at + 23, (uint32_t)(builder->last_offset - builder->base_offset));
    wire_store64(at + 27, (uint64_t)builder->base_timestamp_ms);
    wire_store64(at + 35, (uint64_t)builder->max_timestamp_ms);
    memset(at + 43, 0xFF, 14); /* Producer id, epoch and sequence: none. */
    wire_store32(at + 57, (uint32_t)builder->record_count);
    wire_store32(at + 17, crc32c(0, at + 21, batch->bytes - 21));
}

bool record_builder_finish(RecordBuilder *builder, Codec *codec, LogCompression compression,
                           RecordBatch *out, Error *err)
{
    StrBuf *batch = &builder->raw;
    RecordBatchStatus status;

    ASSERT(builder->record_count > 0);
    if (compression != LOG_COMPRESSION_NONE) {
        Str raw = strbuf_str(&builder->raw);

        strbuf_clear(&builder->packed);
        strbuf_reserve(&builder->packed, RECORD_BATCH_HEADER_BYTES);
        builder->packed.bytes = RECORD_BATCH_HEADER_BYTES;
        if (!codec_compress(codec, compression,
                            str_slice(raw, RECORD_BATCH_HEADER_BYTES, raw.bytes), &builder->packed,
                            err))
            return false;
        if (builder->packed.bytes < builder->raw.bytes)
            batch = &builder->packed;
        else
            compression = LOG_COMPRESSION_NONE;
    }
    header_fill(builder, batch, compression);
    status = record_batch_parse(batch->data, batch->bytes, out, err);
    ASSERT(status == RECORD_BATCH_WHOLE);
    return true;
}
