/*
 * port.h: one source, read by one worker for all flows that stand at the same place in it.
 *
 * Records are decoded once, into the columns that any flow needs (SourceSpec); what cannot be decoded
 * or breaks a constraint goes to the dead letters, once; the rest is pushed to every scan of the
 * source, each getting its own columns. A flow that was added to a file later reads the source from
 * its beginning through a port of its own, until the next start finds both at one place.
 *
 * Partitions are dealt out by number: partition p is worker p % worker_count's. New ones are looked
 * for while running.
 *
 * Thread: the worker.
 */
#ifndef WEIR_PIPELINE_PORT_H
#define WEIR_PIPELINE_PORT_H

#include "op/op.h"
#include "pipeline/table_format.h"
#include "plan/pipeline_spec.h"
#include "source/source.h"

#include <stdatomic.h>

/* One scan of the source. */
typedef struct PortConsumer {
    Op *to;
    uint32_t input_i;
    const ScanNode *scan;
    uint32_t flow_i;
    uint32_t *columns;  /* scan->column_count indices into the SourceSpec's columns. */
    uint64_t *rows_in;  /* Counter of the flow; may be NULL. */
} PortConsumer;

/* Where a bad record goes. */
typedef struct PortSink {
    /* `message` and `raw` are borrowed. */
    bool (*dead_letter)(void *self, const SourceSpec *source, const char *reason,
                        const char *message, Str raw, int32_t partition, int64_t position,
                        Error *err);
    void *self;
} PortSink;

typedef struct PortPartition {
    int32_t partition;
    SourceReader *reader;
    int64_t position;      /* The next to read. */
    int64_t end_position;  /* How far it reached at the last poll. */
    int64_t dead_letters_from; /* Bad records before it have been told of already. */
    int64_t quiet_since_us;    /* Monotonic; when the last row came. */
    SourceRecords held; /* Polled, and not decoded: they need something that is not at hand. count 0: none. */
    bool at_end;
    bool finished;
    bool idle;
} PortPartition;

/* Where reading starts: by partition number. */
typedef struct PortStart {
    int64_t position;          /* -1: as the table's options say. */
    int64_t dead_letters_from; /* -1: all are told. */
} PortStart;

typedef struct Port {
    const SourceSpec *spec;
    Source *source;
    TableDecoder *decoder;
    PortSink sink;
    PortConsumer *consumers;
    uint32_t consumer_count;
    const PortStart *starts;
    uint32_t start_count;
    PortPartition *partitions;
    uint32_t partition_count;   /* Of this worker. */
    uint32_t partition_capacity;
    int32_t known_partitions;   /* Of all workers. */
    int64_t looked_us;          /* When it last looked for new ones. */
    int64_t unopened_since_us;  /* Since when a new one cannot be opened; 0: all are open. */
    uint32_t source_i; /* Number of the source in the pipeline. */
    uint32_t worker_i, worker_count;
    uint32_t turn;
    int64_t idle_timeout_us;
    /* --once: nothing more will come to this source, so a partition at its end is idle. NULL: never. */
    const _Atomic bool *settled;
    /* What records need besides themselves (their schemas) is away: since when (monotonic; 0: all is at hand),
     * and how long it may be; told of when it is more than a moment, with NULL when it is over. */
    int64_t waiting_since_us;
    int64_t patience_us;
    bool trouble_told;
    void (*trouble)(void *self, uint32_t source_i, const char *text);
    /* For readers that tell when there is something to poll. Thread: any. */
    void (*wake)(void *self);
    void *wake_self;
    const SqlContext *sql;
    Arena *arena;               /* The worker's batch arena. */
    int64_t last_rows_us;       /* Wall clock of the last rows. */
    uint64_t record_count, bad_count;
    uint64_t empty_count; /* Records without a value. */
    uint64_t byte_count; /* Of the records' values. */
} Port;

/* `consumers` and `starts` are borrowed for the port's life. */
bool port_open(Port *port, Error *err);
void port_close(Port *port);
/* Reads up to row_max records of one partition and pushes them. *progressed: something was pushed
 * (rows, or word of an idle partition). */
bool port_poll(Port *port, uint32_t row_max, bool *progressed, Error *err);
bool port_is_at_end(const Port *port); /* All partitions, at their last poll. */
bool port_is_finished(const Port *port);
int64_t port_lag(const Port *port); /* In the source's positions. */

#endif
