/*
 * partition.h: one partition of a topic: an ordered, durable sequence of records, as its one writer
 * sees it. Readers are log_reader.h.
 *
 *     DIR/topics/TOPIC-0/  [ segment 0 … 41 ][ segment 42 … 99 ][ segment 100 … )
 *                           ^ start offset                       ^ the one that grows
 *
 * The log holds no mark of what is committed. The writer appends during an epoch and syncs at its
 * barrier; then someone else (the store's commit) makes the end offset durable, and hands it to
 * readers. After a crash the log is opened with that end and cut back to it.
 *
 *     partition_open(dir, &config, committed_end, &partition, err)
 *     partition_append … partition_append, partition_sync, commit partition_end_offset() elsewhere
 *
 * Invariants
 *  1. Nothing below the committed end is ever changed; retention removes whole segments from the
 *     start, never above the committed end it is given.
 *  2. Once partition_sync has returned true, all that was appended before survives a crash.
 *  3. After any failure of append, flush, sync or truncation nothing more is accepted until
 *     partition_truncate_to has succeeded: a failed sync may have lost pages that look written.
 *
 * Thread: one writer per partition; any number of readers, in this process or others.
 */
#ifndef WEIR_LOG_PARTITION_H
#define WEIR_LOG_PARTITION_H

#include "log/record_batch.h"

/* As partition_open's committed end: not known; keep all that is whole. */
#define LOG_END_UNKNOWN ((int64_t)-1)
#define LOG_UNLIMITED ((int64_t)-1)

typedef struct LogConfig {
    int64_t segment_bytes;   /* A new segment begins before a batch that would go beyond. */
    int64_t retention_bytes; /* Segments are removed while the rest holds as much; or unlimited. */
    int64_t retention_ms;    /* Segments are removed when all in them is older; or unlimited. */
    int64_t index_interval_bytes;
    size_t batch_bytes; /* Records are gathered into batches of about so many bytes. */
    LogCompression compression;
} LogConfig;

extern const LogConfig log_config_default;

typedef struct Partition Partition;

/* The folder must exist. Segments above `committed_end` are removed, the last is cut back to it;
 * a log that does not reach it is an error. */
bool partition_open(const char *dir, const LogConfig *config, int64_t committed_end,
                    Partition **out, Error *err);
/* What was not synced may be lost. NULL is fine. */
void partition_close(Partition *partition);

/* Takes in a copy of the record; it is written with its batch. record->offset is not looked at. A
 * record above RECORD_BYTES_MAX is refused (ERROR_DATA), and nothing else is hurt by it. */
bool partition_append(Partition *partition, const LogRecord *record, Error *err);
/* Writes batches as log_output.h gathers them, all of whose offsets begin at 0; they get their
 * place in the log, which changes `batches`. */
bool partition_append_batches(Partition *partition, char *batches, size_t bytes, Error *err);
/* Writes the batch that is being gathered. */
bool partition_flush(Partition *partition, Error *err);
/* Flushes, and makes all durable. */
bool partition_sync(Partition *partition, Error *err);

/* The offset that the next record gets. */
int64_t partition_end_offset(const Partition *partition);
int64_t partition_start_offset(const Partition *partition);
int64_t partition_bytes(const Partition *partition); /* On disk, indexes not counted. */

/* Forgets every record from `offset` on, also those not flushed; durable on return. */
bool partition_truncate_to(Partition *partition, int64_t offset, Error *err);
/* Removes what the configuration lets go, as of `now_ms`, below `committed_end`. */
bool partition_apply_retention(Partition *partition, int64_t now_ms, int64_t committed_end,
                               Error *err);
/* Removes the segments that lie wholly below `offset`, which is committed. */
bool partition_trim(Partition *partition, int64_t offset, Error *err);

#endif
