/*
 * segment_index.h: the two files that help to find a place in a segment, in Kafka's formats.
 *
 *     .index      [ offset - base: int32 | position: int32 ] …      the batch at `position` ends
 *                                                                   with `offset`
 *     .timeindex  [ timestamp: int64 | offset - base: int32 ] …     no record up to `offset` is
 * later than `timestamp`, and one in the batch that ends there has it
 *
 * Both are sparse, rise strictly in both columns, and are only hints: never synced before their
 * segment is sealed, checked against the log before they are believed, and rebuilt from it when
 * they are missing or wrong.
 *
 * Thread: the log's writer appends; any reader opens its own.
 */
#ifndef WEIR_LOG_SEGMENT_INDEX_H
#define WEIR_LOG_SEGMENT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "os/os.h"

typedef enum IndexKind {
    INDEX_BY_OFFSET,
    INDEX_BY_TIME,
} IndexKind;

typedef struct IndexEntry {
    int64_t offset;
    int64_t value; /* A position, or a timestamp in milliseconds. */
} IndexEntry;

typedef struct SegmentIndex {
    OsFile *file; /* NULL: missing, when opened for reading; it has no entries. */
    int64_t base_offset;
    int64_t entry_count;
    IndexKind kind;
} SegmentIndex;

bool segment_index_open(const char *path, IndexKind kind, int64_t base_offset, bool for_writing,
                        SegmentIndex *out, Error *err);
void segment_index_close(SegmentIndex *index);
/* Takes the entry count from the file; not *whole when there is a part of an entry at its end. */
bool segment_index_reload(SegmentIndex *index, bool *whole, Error *err);

bool segment_index_append(SegmentIndex *index, IndexEntry entry, Error *err);
/* Forgets the entries from `entry_count` on; segment_index_trim cuts the file to it. */
void segment_index_forget(SegmentIndex *index, int64_t entry_count);
bool segment_index_trim(SegmentIndex *index, Error *err);

/* An entry that the writer has cut off meanwhile comes as INDEX_ENTRY_GONE, behind all others. */
#define INDEX_ENTRY_GONE ((IndexEntry){INT64_MAX, INT64_MAX})
bool segment_index_read(SegmentIndex *index, int64_t entry_i, IndexEntry *out, Error *err);
/* How many entries, counted from the first, have an offset or value of at most `limit`. */
bool segment_index_count_offsets(SegmentIndex *index, int64_t limit, int64_t *count, Error *err);
bool segment_index_count_values(SegmentIndex *index, int64_t limit, int64_t *count, Error *err);
/* Whether all entries rise as they should and, for positions, lie below `log_bytes`. */
bool segment_index_check(SegmentIndex *index, int64_t log_bytes, bool *sound, Error *err);

#endif
