/*
 * record_batch.h: Kafka's record batch, format v2: what it looks like, and reading it.
 *
 *      0  base offset         int64      the batch as a whole; all numbers big-endian
 *      8  length              int32      of all that follows this field
 *     12  leader epoch        int32      (weir writes 0)
 *     16  magic               int8       2
 *     17  CRC-32C             uint32     of all that follows this field
 *     21  attributes          int16      bits 0-2 compression, 3 log-append time, 5 control batch
 *     23  last offset delta   int32
 *     27  base timestamp      int64      milliseconds
 *     35  max timestamp       int64
 *     43  producer id, epoch, sequence   int64 int16 int32 (weir writes -1)
 *     57  record count        int32
 *     61  records, together compressed:
 *             length varint, attributes int8, timestamp delta varlong, offset delta varint,
 *             key length varint (-1: null), key, value length varint (-1: null), value,
 *             header count varint, headers: key length varint, key, value length varint, value
 *
 * Reading is in three steps, so that each is paid for only where needed: record_batch_parse looks
 * at the 61 bytes, record_batch_verify checks the CRC, record_reader_* walks the records.
 *
 * Invariants
 *  1. Nothing here reads outside the bytes it was given, whatever they are.
 *  2. A reader's offsets rise strictly and stay within [base offset, last offset].
 *  3. A damaged batch gives an error, never a wrong record: the CRC covers all from the attributes
 *     on; base offset and length, which stand before it, are checked against their surroundings by
 *     the segment.
 *
 * Thread: any, one at a time.
 */
#ifndef WEIR_LOG_RECORD_BATCH_H
#define WEIR_LOG_RECORD_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "log/codec.h"

#define RECORD_BATCH_HEADER_BYTES 61
/* Base offset and length: what stands before the counted bytes. */
#define RECORD_BATCH_PREFIX_BYTES 12

/* What weir accepts: a record, a whole batch as stored, and its records unpacked. */
#define RECORD_BYTES_MAX ((size_t)16 << 20)
#define RECORD_BATCH_BYTES_MAX ((size_t)64 << 20)
#define RECORD_BATCH_RAW_BYTES_MAX ((size_t)64 << 20)

#define LOG_NO_TIMESTAMP ((int64_t)-1)

typedef struct LogRecord {
    Str key;
    Str value;
    Str headers; /* As stored; record_header_next walks them. */
    int64_t offset;
    int64_t timestamp_ms;
    int32_t header_count;
    bool key_null;
    bool value_null;
} LogRecord;

typedef struct RecordBatch {
    Str records; /* As stored, maybe compressed; borrows the bytes parsed. */
    const char *data;
    size_t batch_bytes; /* All of it, from the base offset on. */
    int64_t base_offset;
    int64_t last_offset;
    int64_t base_timestamp_ms;
    int64_t max_timestamp_ms;
    int32_t record_count;
    uint32_t crc;
    LogCompression compression;
    bool log_append_time; /* Every record's timestamp is max_timestamp_ms. */
    bool control;         /* Transaction markers, no records for a reader. */
} RecordBatch;

typedef enum RecordBatchStatus {
    RECORD_BATCH_WHOLE, /* *out is set. */
    /* More bytes are needed: out->batch_bytes, or 0 when not known yet. From
     * RECORD_BATCH_HEADER_BYTES on, all of *out but the records is set. */
    RECORD_BATCH_PART,
    RECORD_BATCH_BAD, /* Not a batch; err is set. */
} RecordBatchStatus;

/* Looks at the batch that begins at `data`; its CRC is not checked. */
RecordBatchStatus record_batch_parse(const void *data, size_t bytes, RecordBatch *out, Error *err);
/* False when the bytes are not what was written. */
bool record_batch_verify(const RecordBatch *batch, Error *err);

/* Moves a batch to another place in the log: the offsets in it are relative, and the CRC does not
 * cover the base. */
void record_batch_place(char *batch, int64_t base_offset);

/* Walks the records of one batch. */
typedef struct RecordReader {
    const uint8_t *at;
    const uint8_t *end;
    int64_t base_offset;
    int64_t base_timestamp_ms;
    int64_t append_timestamp_ms; /* With log_append_time. */
    int32_t last_delta;          /* Of the offsets, from the base. */
    int32_t previous_delta;
    int32_t records_left;
    bool log_append_time;
} RecordReader;

/* The records will point into the batch's own bytes, or into `arena` when it is compressed. */
bool record_reader_open(RecordReader *reader, const RecordBatch *batch, Codec *codec, Arena *arena,
                        Error *err);
/* The next records, at most `records_max`, and no more once `bytes_max` bytes were walked over;
 * *record_count is 0 at the end only. After an error the reader is at its end. */
bool record_reader_read(RecordReader *reader, LogRecord *out, size_t records_max, size_t bytes_max,
                        size_t *record_count, Error *err);

static inline bool record_reader_at_end(const RecordReader *reader)
{
    return reader->records_left == 0;
}

typedef struct RecordHeader {
    Str key;
    Str value;
    bool value_null;
} RecordHeader;

/* Cuts the next header off a record's headers; false when none is left. */
bool record_header_next(Str *headers, RecordHeader *out);
/* Adds a header, as stored, to what will be a LogRecord's headers. */
void record_header_add(StrBuf *headers, Str key, Str value, bool value_null);

#endif
