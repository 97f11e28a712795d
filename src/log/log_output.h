/*
 * log_output.h: records for the partitions of a topic, gathered and encoded by one worker, to be
 * placed in the log by another thread later.
 *
 * The worker does all the work (encoding, compression, checksums); placing a finished output is
 * little more than one write (partition_append_batches), since a batch does not have to be encoded
 * again to stand at another offset.
 *
 *     worker:     log_output_add … log_output_add, log_output_finish   at the barrier
 *     committer:  log_writer_append_output, log_output_free
 *
 * Thread: one at a time.
 */
#ifndef WEIR_LOG_LOG_OUTPUT_H
#define WEIR_LOG_LOG_OUTPUT_H

#include "log/partition.h"

typedef struct LogOutput LogOutput;

LogOutput *log_output_create(int32_t partition_count, const LogConfig *config);
void log_output_free(LogOutput *output); /* NULL is fine. */

/* Takes a copy. A record above RECORD_BYTES_MAX is refused (ERROR_DATA). */
bool log_output_add(LogOutput *output, int32_t partition_i, const LogRecord *record, Error *err);
/* No more records will come. */
bool log_output_finish(LogOutput *output, Error *err);
int64_t log_output_record_count(const LogOutput *output);
size_t log_output_bytes(const LogOutput *output); /* In memory, for back-pressure. */

int32_t log_output_partition_count(const LogOutput *output);
/* After log_output_finish: the batches of one partition. */
StrBuf *log_output_batches(LogOutput *output, int32_t partition_i);

#endif
