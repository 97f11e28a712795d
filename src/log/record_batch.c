/*
 * record_batch.c: reading Kafka's record batches. See record_batch.h for the layout.
 *
 * The walk over the records is a hot loop of the whole engine (every event of every topic passes
 * it), so it is straight-line code over [at, end) with one-byte varints taken first; what is wrong
 * with a damaged record is not told in detail, only where it is.
 */
#include "log/record_batch.h"

#include "base/hash.h"
#include "log/wire.h"

#define MAGIC 2
#define CRC_START 21 /* The first byte the CRC covers. */
#define ATTRIBUTE_COMPRESSION 0x07
#define ATTRIBUTE_LOG_APPEND_TIME 0x08
#define ATTRIBUTE_CONTROL 0x20
/* Length, attributes, two deltas, two lengths, header count: a byte each. */
#define RECORD_BYTES_MIN 7

/* ── the batch ─────────────────────────────────────────────────────────────────────────────────*/

static bool batch_bad(Error *err, int64_t base_offset, const char *what)
{
    return error_set(err, ERROR_JOB, "the record batch at offset %lld is damaged: %s",
                     (long long)base_offset, what);
}

static const char *batch_problem(const RecordBatch *batch, const char *data)
{
    int32_t last_offset_delta = (int32_t)wire_load32(data + 23);

    if (data[16] != MAGIC)
        return "its format version is not 2";
    if (batch->batch_bytes < RECORD_BATCH_HEADER_BYTES)
        return "its length is too small";
    if (batch->batch_bytes > RECORD_BATCH_BYTES_MAX)
        return "its length is above the limit";
    if (batch->base_offset < 0 || last_offset_delta < 0 ||
        batch->base_offset > INT64_MAX - 1 - last_offset_delta)
        return "its offsets are out of range";
    if (batch->record_count < 0 || batch->record_count - 1 > last_offset_delta)
        return "its record count is out of range";
    return NULL;
}

RecordBatchStatus record_batch_parse(const void *bytes_given, size_t bytes, RecordBatch *out,
                                     Error *err)
{
    const char *data = bytes_given;
    RecordBatch batch = {.data = data};
    const char *problem;
    uint16_t attributes;

    if (bytes < RECORD_BATCH_HEADER_BYTES) {
        out->batch_bytes = 0;
        return RECORD_BATCH_PART;
    }
    attributes = wire_load16(data + CRC_START);
    batch.base_offset = (int64_t)wire_load64(data);
    batch.batch_bytes = (size_t)wire_load32(data + 8) + RECORD_BATCH_PREFIX_BYTES;
    batch.crc = wire_load32(data + 17);
    batch.base_timestamp_ms = (int64_t)wire_load64(data + 27);
    batch.max_timestamp_ms = (int64_t)wire_load64(data + 35);
    batch.record_count = (int32_t)wire_load32(data + 57);
    batch.compression = (LogCompression)(attributes & ATTRIBUTE_COMPRESSION);
    batch.log_append_time = attributes & ATTRIBUTE_LOG_APPEND_TIME;
    batch.control = attributes & ATTRIBUTE_CONTROL;

    problem = batch_problem(&batch, data);
    if (problem) {
        batch_bad(err, batch.base_offset, problem);
        return RECORD_BATCH_BAD;
    }
    batch.last_offset = batch.base_offset + (int32_t)wire_load32(data + 23);
    if (bytes < batch.batch_bytes) {
        *out = batch;
        return RECORD_BATCH_PART;
    }
    batch.records = (Str){data + RECORD_BATCH_HEADER_BYTES,
                          (uint32_t)(batch.batch_bytes - RECORD_BATCH_HEADER_BYTES)};
    *out = batch;
    return RECORD_BATCH_WHOLE;
}

bool record_batch_verify(const RecordBatch *batch, Error *err)
{
    uint32_t crc = crc32c(0, batch->data + CRC_START, batch->batch_bytes - CRC_START);

    return crc == batch->crc || batch_bad(err, batch->base_offset, "its checksum does not match");
}

void record_batch_place(char *batch, int64_t base_offset)
{
    wire_store64(batch, (uint64_t)base_offset);
}

/* ── its records ───────────────────────────────────────────────────────────────────────────────*/

bool record_reader_open(RecordReader *reader, const RecordBatch *batch, Codec *codec, Arena *arena,
                        Error *err)
{
    Str records = batch->records;

    if (batch->compression != LOG_COMPRESSION_NONE &&
        !codec_decompress(codec, batch->compression, records, RECORD_BATCH_RAW_BYTES_MAX, arena,
                          &records, err))
        return error_wrap(err, "the record batch at offset %lld", (long long)batch->base_offset);
    if (batch->record_count > 0 && records.bytes / RECORD_BYTES_MIN < (uint32_t)batch->record_count)
        return batch_bad(err, batch->base_offset, "it is too small for its record count");
    *reader = (RecordReader){
        .at = (const uint8_t *)records.data,
        .end = (const uint8_t *)records.data + records.bytes,
        .base_offset = batch->base_offset,
        .last_delta = (int32_t)(batch->last_offset - batch->base_offset),
        .previous_delta = -1,
        .base_timestamp_ms = batch->base_timestamp_ms,
        .append_timestamp_ms = batch->max_timestamp_ms,
        .records_left = batch->control ? 0 : batch->record_count,
        .log_append_time = batch->log_append_time,
    };
    return true;
}

/* A length and that many bytes; -1 is null where the caller allows it. */
static inline const uint8_t *field_read(const uint8_t *at, const uint8_t *end, Str *out, bool *null)
{
    int32_t bytes;

    at = varint_read(at, end, &bytes);
    if (UNLIKELY(!at || bytes > end - at || bytes < -1))
        return NULL;
    *null = bytes < 0;
    *out = (Str){(const char *)at, bytes < 0 ? 0 : (uint32_t)bytes};
    return at + out->bytes;
}

static const uint8_t *header_read(const uint8_t *at, const uint8_t *end, RecordHeader *out)
{
    bool key_null;

    at = field_read(at, end, &out->key, &key_null);
    if (!at || key_null)
        return NULL;
    return field_read(at, end, &out->value, &out->value_null);
}

/* The record's headers are the rest of it: exactly `count` of them. */
static bool headers_are_whole(const uint8_t *at, const uint8_t *end, int32_t count)
{
    RecordHeader header;

    for (int32_t i = 0; i < count && at; i++)
        at = header_read(at, end, &header);
    return at == end;
}

/* Returns the byte behind the record, or NULL. */
static inline const uint8_t *record_read(RecordReader *reader, LogRecord *out)
{
    const uint8_t *at = reader->at;
    const uint8_t *end;
    int64_t timestamp_delta_ms;
    int32_t offset_delta;
    int32_t record_bytes;

    at = varint_read(at, reader->end, &record_bytes);
    if (UNLIKELY(!at || record_bytes < 1 || record_bytes > reader->end - at))
        return NULL;
    end = at + record_bytes;
    at = varlong_read(at + 1, end, &timestamp_delta_ms); /* Behind the unused attributes. */
    if (UNLIKELY(!at))
        return NULL;
    at = varint_read(at, end, &offset_delta);
    if (UNLIKELY(!at))
        return NULL;
    at = field_read(at, end, &out->key, &out->key_null);
    if (UNLIKELY(!at))
        return NULL;
    at = field_read(at, end, &out->value, &out->value_null);
    if (UNLIKELY(!at))
        return NULL;
    at = varint_read(at, end, &out->header_count);
    if (UNLIKELY(!at || out->header_count < 0))
        return NULL;
    if (UNLIKELY(!headers_are_whole(at, end, out->header_count)))
        return NULL;
    out->headers = (Str){(const char *)at, (uint32_t)(end - at)};
    if (UNLIKELY(offset_delta <= reader->previous_delta || offset_delta > reader->last_delta))
        return NULL;
    out->offset = reader->base_offset + offset_delta;
    /* The writer's difference wraps for times 2^63 apart; so does this sum, back to the time. */
    out->timestamp_ms =
        reader->log_append_time
            ? reader->append_timestamp_ms
            : (int64_t)((uint64_t)reader->base_timestamp_ms + (uint64_t)timestamp_delta_ms);
    reader->previous_delta = offset_delta;
    return end;
}

bool record_reader_read(RecordReader *reader, LogRecord *out, size_t records_max, size_t bytes_max,
                        size_t *record_count, Error *err)
{
    const uint8_t *start = reader->at;
    size_t count = 0;

    while (count < records_max && reader->records_left > 0 &&
           (size_t)(reader->at - start) < bytes_max) {
        const uint8_t *next = record_read(reader, &out[count]);

        if (UNLIKELY(!next)) {
            reader->records_left = 0;
            return error_set(err, ERROR_JOB, "the record behind offset %lld is damaged",
                             (long long)reader->base_offset + reader->previous_delta);
        }
        reader->at = next;
        reader->records_left--;
        count++;
    }
    if (UNLIKELY(reader->records_left == 0 && count && reader->at != reader->end))
        return batch_bad(err, reader->base_offset, "bytes follow its last record");
    *record_count = count;
    return true;
}

/* ── headers ───────────────────────────────────────────────────────────────────────────────────*/

bool record_header_next(Str *headers, RecordHeader *out)
{
    const uint8_t *at = (const uint8_t *)headers->data;
    const uint8_t *end = at + headers->bytes;
    const uint8_t *next = headers->bytes ? header_read(at, end, out) : NULL;

    if (!next)
        return false;
    *headers = (Str){(const char *)next, (uint32_t)(end - next)};
    return true;
}

void record_header_add(StrBuf *headers, Str key, Str value, bool value_null)
{
    uint8_t length[VARINT_BYTES_MAX];

    strbuf_add(headers, length, (size_t)(varint_write(length, key.bytes) - length));
    strbuf_add_str(headers, key);
    strbuf_add(headers, length,
               (size_t)(varint_write(length, value_null ? -1 : (int64_t)value.bytes) - length));
    if (!value_null)
        strbuf_add_str(headers, value);
}
