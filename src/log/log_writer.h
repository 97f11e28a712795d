/*
 * log_writer.h: all partitions of one topic, opened for writing.
 *
 *     log_writer_open(data_dir, topic, ends, &writer, err)      ends: as committed; cuts back to
 * them log_writer_append … log_writer_append                     or whole outputs of workers
 *     log_writer_sync
 *     log_writer_ends(writer, ends)                             to be committed by the store
 *
 * Thread: one at a time; nobody else writes to the topic.
 */
#ifndef WEIR_LOG_LOG_WRITER_H
#define WEIR_LOG_LOG_WRITER_H

#include "log/log_output.h"
#include "log/topic.h"

typedef struct LogWriter LogWriter;

/* `ends`: the committed end of each partition, or NULL when it is not known of any. */
bool log_writer_open(const char *data_dir, Str topic, const int64_t *ends, LogWriter **out,
                     Error *err);
void log_writer_close(LogWriter *writer); /* NULL is fine. What was not synced may be lost. */
const TopicConfig *log_writer_config(const LogWriter *writer);
int32_t log_writer_partition_count(const LogWriter *writer);

/* To the partition of its key; without one, to the partitions in turn (counted from the topic's
 * first record on, so that writing the same again after a crash places them alike). */
bool log_writer_append(LogWriter *writer, const LogRecord *record, Error *err);
bool log_writer_append_to(LogWriter *writer, int32_t partition_i, const LogRecord *record,
                          Error *err);
/* Behind what was appended before; `output` is used up, but still the caller's to free. */
bool log_writer_append_output(LogWriter *writer, LogOutput *output, Error *err);
bool log_writer_flush(LogWriter *writer, Error *err);
bool log_writer_sync(LogWriter *writer, Error *err);

/* The offsets that come next, one a partition. */
void log_writer_ends(const LogWriter *writer, int64_t *ends);
/* After a failure, or to give up an epoch. */
bool log_writer_truncate_to(LogWriter *writer, const int64_t *ends, Error *err);
bool log_writer_apply_retention(LogWriter *writer, int64_t now_ms, const int64_t *committed_ends,
                                Error *err);
/* What lies below `offset` in a partition is no longer needed; it is removed segment by segment. */
bool log_writer_trim(LogWriter *writer, int32_t partition_i, int64_t offset, Error *err);

#endif
