/*
 * segment.h: one file of record batches, and its two indexes.
 *
 *     00000000000000000042.log        batches, one behind the other; the first offset is 42
 *     00000000000000000042.index      where to find an offset  (segment_index.h)
 *     00000000000000000042.timeindex  where to find a time
 *     00000000000000000042.cut        only during a truncation: see segment_truncate
 *
 * A Segment is the writer's view of the one file that grows; sealed segments are only read, through
 * functions that take a folder and a base offset.
 *
 * Invariants
 *  1. Bytes below log_bytes are whole batches with rising offsets below next_offset. Whatever
 *     stands behind them, left by a failed write, is overwritten or cut off.
 *  2. A failed append changes nothing the Segment knows; it may be tried again.
 *  3. The indexes say nothing that is not in the log, once segment_truncate or segment_recover has
 *     run.
 *
 * Thread: one at a time; readers of the file need no lock (log_reader.h).
 */
#ifndef WEIR_LOG_SEGMENT_H
#define WEIR_LOG_SEGMENT_H

#include "log/record_batch.h"
#include "log/segment_index.h"

/* Positions in the index are 32 bits wide, with a sign, as Kafka's are. */
#define SEGMENT_BYTES_MAX ((int64_t)INT32_MAX)

typedef struct Segment {
    char *dir;
    int64_t base_offset;
    int64_t next_offset;
    int64_t log_bytes;
    int64_t index_interval_bytes; /* An index entry is due after so many bytes of log. */
    int64_t bytes_since_index;
    int64_t max_timestamp_ms;     /* LOG_NO_TIMESTAMP while there is none. */
    int64_t max_timestamp_offset; /* The last offset of the batch that has it. */
    int64_t time_indexed_ms;      /* The timestamp of the last entry by time. */
    OsFile *log;
    SegmentIndex by_offset;
    SegmentIndex by_time;
} Segment;

/* DIR/00000000000000000042SUFFIX, in `arena`. */
char *segment_path(Arena *arena, const char *dir, int64_t base_offset, const char *suffix);
/* The base offset in a file name that ends in `suffix`; false when it is another name. */
bool segment_name_parse(const char *name, const char *suffix, int64_t *base_offset);
/* The base offsets of all segments in a folder, rising, in `arena`. */
bool segment_list(Arena *arena, const char *dir, int64_t **base_offsets, size_t *count, Error *err);

/* A new one, empty; files of that name are overwritten. The folder is not synced. */
bool segment_create(const char *dir, int64_t base_offset, int64_t index_interval_bytes,
                    Segment *out, Error *err);
/* One that is there. Nothing is known of its content before segment_truncate or segment_recover. */
bool segment_open(const char *dir, int64_t base_offset, int64_t index_interval_bytes, Segment *out,
                  Error *err);
void segment_close(Segment *segment); /* Zeroed is fine. */

/* Writes a batch that begins at next_offset or later. */
bool segment_append(Segment *segment, const RecordBatch *batch, Error *err);
bool segment_sync(Segment *segment, Error *err);
/* Completes the indexes and syncs all: the segment grows no more. */
bool segment_seal(Segment *segment, Error *err);

/*
 * Makes the segment end at `offset`, with its indexes. *changed when the log was cut for it, which
 * needs a sync. What is damaged or missing below `offset` is an error. When `offset` lies within a
 * batch, that batch is written anew without its tail. Its head may be committed, so it must not be
 * lost if the process dies meanwhile: the new batch is first kept, whole, in the .cut file, and put
 * in place again by the next truncation or recovery that finds that file.
 */
bool segment_truncate(Segment *segment, int64_t offset, bool *changed, Error *err);
/* Keeps every whole, undamaged batch from the start on, cuts off the rest, makes the indexes anew.
 */
bool segment_recover(Segment *segment, Error *err);
/* Like segment_recover, for a sealed segment that lost an index: a log that does not reach
 * `next_offset` is an error, and nothing of it is changed. */
bool segment_reindex(const char *dir, int64_t base_offset, int64_t next_offset,
                     int64_t index_interval_bytes, Error *err);

/* Removes the files, the log first. */
bool segment_remove(const char *dir, int64_t base_offset, Error *err);

/* Where to begin looking for `offset`: at or before its batch. */
bool segment_find_offset(const char *dir, int64_t base_offset, OsFile *log, int64_t offset,
                         int64_t *position, Error *err);
/* An offset at or before the first record of at least that time. */
bool segment_find_time(const char *dir, int64_t base_offset, int64_t timestamp_ms, int64_t *offset,
                       Error *err);
/* The latest timestamp of a sealed segment, LOG_NO_TIMESTAMP if unknown; and whether its indexes
 * look whole. */
bool segment_look(const char *dir, int64_t base_offset, int64_t *log_bytes,
                  int64_t *max_timestamp_ms, bool *indexes_sound, Error *err);

#endif
