/*
 * log_reader.h: one consumer's view of a partition.
 *
 * A reader opens the files itself and shares nothing with the writer or with other readers, so it
 * works in any thread and any process. What it may see is the caller's to say: every poll is given
 * the committed end, as the store or the running pipeline tells it.
 *
 *     log_reader_create(dir, offset, &reader)
 *     log_reader_poll(reader, committed_end, 4096, 1 << 20, &records, &count, err)   again and
 * again
 *
 * Invariants
 *  1. No record at or above the committed end is returned; nor are bytes believed that were read
 *     while they stood above it (the writer may have died and written others there since).
 *  2. Offsets rise strictly from poll to poll, until a seek.
 *  3. Records of a poll live until the next poll or seek.
 *
 * Thread: one at a time.
 */
#ifndef WEIR_LOG_LOG_READER_H
#define WEIR_LOG_LOG_READER_H

#include "log/record_batch.h"

typedef struct LogReader LogReader;

/* For the partition in that folder, from `offset` on; opens nothing yet. */
LogReader *log_reader_create(const char *partition_dir, int64_t offset);
void log_reader_free(LogReader *reader); /* NULL is fine. */

/*
 * The next records; none when there are none below `committed_end` yet. Stops at `records_max`,
 * once `bytes_max` bytes of records were taken, or at the end of what one read brought in. An
 * offset that retention has removed, or that is missing though committed, is an error.
 */
bool log_reader_poll(LogReader *reader, int64_t committed_end, size_t records_max, size_t bytes_max,
                     const LogRecord **records, size_t *record_count, Error *err);
void log_reader_seek(LogReader *reader, int64_t offset);
int64_t log_reader_position(const LogReader *reader); /* The offset of the next record. */

/* The first offset that is still there; 0 for a partition nothing was written to. */
bool log_reader_start_offset(const LogReader *reader, int64_t *offset, Error *err);
/* The first offset below `committed_end` whose record is of that time or later; else
 * `committed_end`. Moves the reader there. */
bool log_reader_seek_time(LogReader *reader, int64_t timestamp_ms, int64_t committed_end,
                          Error *err);

#endif
