/*
 * record_builder.h: writing Kafka's record batches (layout: record_batch.h).
 *
 * Records are encoded as they are added, behind the room for the 61 bytes in front; finishing
 * compresses them, if asked to and worth it, and fills in what was left out.
 *
 *     record_builder_start(&builder, 42);
 *     record_builder_add(&builder, &record, 42);
 *     record_builder_finish(&builder, codec, LOG_COMPRESSION_LZ4, &batch, err);
 *
 * Thread: one at a time.
 */
#ifndef WEIR_LOG_RECORD_BUILDER_H
#define WEIR_LOG_RECORD_BUILDER_H

#include "log/record_batch.h"

typedef struct RecordBuilder {
    StrBuf raw;
    StrBuf packed;
    int64_t base_offset;
    int64_t last_offset;
    int64_t base_timestamp_ms;
    int64_t max_timestamp_ms;
    int32_t record_count;
} RecordBuilder;

void record_builder_init(RecordBuilder *builder);
void record_builder_done(RecordBuilder *builder);
/* Begins an empty batch; what the last one held is gone. */
void record_builder_start(RecordBuilder *builder, int64_t base_offset);
/* Whether the record is one that weir stores (RECORD_BYTES_MAX); ERROR_DATA if not. */
bool record_check_size(const LogRecord *record, Error *err);
/* Whether a batch of about `batch_bytes` should be finished before `record` is added. */
bool record_builder_is_full(const RecordBuilder *builder, const LogRecord *record,
                            size_t batch_bytes);
/* `offset` rises from call to call; record->offset is not looked at. Key and value of a null one
 * likewise. */
void record_builder_add(RecordBuilder *builder, const LogRecord *record, int64_t offset);
/* The batch, at least one record, ready to be written; borrowed until the next start. Records that
 * do not shrink are stored as they are. */
bool record_builder_finish(RecordBuilder *builder, Codec *codec, LogCompression compression,
                           RecordBatch *out, Error *err);

#endif
