/*
 * source.h: what every source promises: the outside world as partitions of records with positions.
 *
 * A Source belongs to one table. It has partitions; each is read by one SourceReader, owned by one
 * worker. A position is a number that grows within its partition (an offset, a byte position, a row
 * number); reading again from a position gives the same records. Sources that cannot do that (http)
 * are not read by flows: a collector (pipeline/collect.c) writes them to an internal topic first, and
 * their position is text (the next address).
 *
 * Records are bytes; the table's format decodes them (format/format.h).
 */
#ifndef WEIR_SOURCE_SOURCE_H
#define WEIR_SOURCE_SOURCE_H

#include "column/batch.h"

typedef struct SourceHeader {
    Str name;
    Str value; /* data == NULL: null. */
} SourceHeader;

/* The headers of one record, in their order. */
typedef struct SourceHeaders {
    SourceHeader *items;
    size_t count;
    size_t capacity;
} SourceHeaders;

typedef struct SourceRecords {
    uint32_t count;
    const Str *values;
    const Str *keys;              /* NULL: this source has no keys. A NULL key has data == NULL. */
    const int64_t *positions;
    const int64_t *timestamps_us; /* NULL: none; -1: not this record. */
    const int32_t *timestamp_types; /* 0: when it was made, 1: when the broker had it. NULL: all 0. */
    const SourceHeaders *headers; /* NULL: none. */
    int64_t next_position;        /* From which the next poll goes on. */
    int64_t end_position;         /* How far the partition reaches now, as known: lag = end - next. */
    bool at_end;                  /* Nothing more for the moment. */
    bool finished;                /* Nothing more ever (a bounded source). */
} SourceRecords;

/* A record's time, as its producer gave it, for timestamps_us: none, where microseconds cannot hold it. */
static inline int64_t source_time_us(int64_t ms)
{
    return ms < 0 || ms > INT64_MAX / 1000 ? -1 : ms * 1000;
}

typedef struct Source Source;
typedef struct SourceReader SourceReader;

typedef struct SourceMethods {
    const char *name;
    /* How many partitions there are now; may grow. Thread: any. */
    bool (*partition_count)(Source *source, int32_t *count, Error *err);
    /* The name by which a partition's position is kept (a file's path; "" : its number is enough). */
    Str (*partition_name)(Source *source, int32_t partition);
    /* `position` < 0: from where the table's options say ('starting' = earliest | latest). ERROR_RETRY: not for
     * now; of a source that has been open for a while it is said soon, as its worker has others to read. */
    bool (*reader_open)(Source *source, int32_t partition, int64_t position, SourceReader **out,
                        Error *err);
    /* Up to `count_max` records; what it points to stays until the next call on this reader. Does
     * not wait: with nothing there, count is 0 and at_end is true. Thread: the reader's worker. */
    bool (*poll)(SourceReader *reader, uint32_t count_max, SourceRecords *out, Error *err);
    /* From now on `wake` is called when there may be something to poll; from any thread, and not from
     * within poll. NULL: the reader is polled now and then. Thread: the reader's worker. */
    void (*listen)(SourceReader *reader, void (*wake)(void *self), void *self);
    void (*reader_close)(SourceReader *reader);
    /* An epoch that read the partition up to there is durable. NULL: who cares. Thread: the committer. */
    void (*committed)(Source *source, int32_t partition, int64_t position);
    /* Of a source that is read up to the ends it had when it was opened: what has been written since
     * belongs to it too. NULL: its ends move by themselves. Thread: any. */
    bool (*extend)(Source *source, Error *err);
    void (*free)(Source *source);
} SourceMethods;

struct Source {
    const SourceMethods *methods;
};

struct SourceReader {
    Source *source;
};

#endif
