/*
 * run_impl.h: what the files of a run share. Not for others.
 *
 * Threads and locks. A worker owns its flows' operators, its ports and its batch arena; nobody else
 * touches them while it runs. The committer owns the store, the sinks' committing side, the topics'
 * writers and the state file. They meet in two places:
 *   - `barrier_epoch` (atomic): the committer asks, the workers answer with an EpochPart each,
 *     under run->mutex;
 *   - figures for the snapshot are atomics, written by their owner alone.
 * Lock order: run->mutex is never held while a mailbox is locked, nor the other way round.
 *
 *     committer:  ask for barrier e ── wait for all parts of e ── make durable ── ask for e + 1 …
 *     worker:     … rows of e … │ barrier through all flows │ part of e handed over │ rows of e + 1 …
 */
#ifndef WEIR_PIPELINE_RUN_IMPL_H
#define WEIR_PIPELINE_RUN_IMPL_H

#include <stdatomic.h>

#include "os/os.h"
#include "pipeline/flow_clock.h"
#include "pipeline/aside.h"
#include "pipeline/collect.h"
#include "pipeline/connect.h"
#include "pipeline/graph.h"
#include "pipeline/inbox.h"
#include "pipeline/port.h"
#include "pipeline/run.h"
#include "pipeline/socket.h"
#include "pipeline/table_version.h"
#include "sink/sink.h"

enum { SOURCE_TROUBLE_BYTES = 512 };

typedef struct Worker Worker;
typedef struct FlowInstance FlowInstance;

/* How far a worker has read a partition of a source, for the flows of one port group. */
typedef struct ReadPosition {
    uint32_t group_i;
    int32_t partition;
    int64_t position;
} ReadPosition;

typedef struct FlowCounts {
    uint64_t rows_in, rows_out, late, errors;
} FlowCounts;

typedef struct PortCounts {
    uint64_t records, bad, empty; /* empty: without a value. */
} PortCounts;

/* Everything a worker made of one epoch. */
typedef struct EpochPart {
    int64_t epoch;
    SinkOutput **outputs;        /* One a flow; NULL: none. */
    CheckpointWriter *checkpoint;
    AsideRows *aside;            /* Dead letters and late rows. */
    VEC(ReadPosition) positions;
    FlowCounts *flow_counts;     /* One a flow; since the run began. */
    PortCounts *port_counts;     /* One a port group. */
} EpochPart;

/* The end of a flow on a worker: rows go to the sink's writer. */
typedef struct SinkOp {
    Op op;
    FlowInstance *flow;
} SinkOp;

/* A flow on a worker. */
struct FlowInstance {
    const FlowSpec *spec;
    uint32_t flow_i;
    Worker *worker;
    OpContext context;
    Graph graph;
    SinkOp end;
    SinkWriter *writer;
    SinkOutput *output;  /* Of the epoch whose barrier has passed. */
    bool barrier_passed;
    bool drained;        /* WATERMARK_END was sent. */
    FlowCounts counts;
    /* Published for the snapshot. */
    _Atomic uint64_t seen_rows_in, seen_rows_out, seen_late, seen_errors;
    _Atomic int64_t seen_watermark_us;
    _Atomic int64_t seen_state_bytes;
};

/* The scans of one source by flows that stand at the same positions: one port a worker. */
typedef struct PortGroup {
    uint32_t source_i;
    Source *source;
    uint32_t *flows;     /* Indices. */
    uint32_t flow_count;
    PortStart *starts;
    uint32_t start_count;
    VEC(int64_t) committed; /* The position last stored, by partition; the committer's. */
} PortGroup;

struct Worker {
    Run *run;
    uint32_t worker_i;
    OsThread *thread;
    Mailbox *mailbox;
    WorkerEpoch epoch;   /* The one whose rows it takes in. */
    int64_t cut_epoch;   /* The last whose barrier it has sent down its ports. */
    Arena arena;         /* Of the batch. */
    TableVersions *versions; /* Of joined tables. */
    FlowInstance *flows;
    Port *ports;         /* One a port group. */
    Barrier barrier;
    CheckpointWriter *checkpoint;
    AsideRows *aside;
    bool untold;         /* It has read something since it last told that it is at the end. */
    uint64_t taken_before; /* worker.c, taken(), when the epoch began. */
    /* Published. */
    _Atomic bool full;           /* The epoch has reached its limit: nothing more is read. */
    _Atomic bool dirty;          /* Rows or idle partitions since the last barrier. */
    _Atomic int64_t at_end_of;   /* The run's generation in which it found nothing more to read. */
    _Atomic uint64_t *seen_records;   /* One a port group. */
    _Atomic uint64_t *seen_bad;
    _Atomic uint64_t *seen_empty;
    _Atomic int64_t *seen_lag;
    char (*troubles)[SOURCE_TROUBLE_BYTES]; /* One a source; empty: none. Under run->mutex. */
};

struct Run {
    const PipelineSpec *spec;
    RunOptions options;
    SqlContext sql;
    Arena arena;          /* Of the job. */
    Connections *connections;
    AsideTables *aside;
    const char **warnings; /* Of the start. */
    size_t warning_count;
    Sink **sinks;         /* One a flow; flows into one table share it (run_is_first_of_sink). */
    Worker *workers;
    uint32_t worker_count;
    PortGroup *groups;
    uint32_t group_count;
    Op ****exchange_ends; /* [flow][node id][worker] */
    FlowClock **clocks;   /* One a flow; NULL where only one stream is read. */
    Mailbox **mailboxes;
    Collector **collectors;
    uint32_t collector_count;
    Inbox *inbox;         /* What producers hand in ... */
    SocketServer *socket; /* ... through here. */
    CheckpointFiles *checkpoints;
    OsThread *committer;
    int64_t started_us;
    int64_t epoch_limit_bytes;

    OsMutex *mutex;       /* Guards what follows. */
    OsCond *changed;
    EpochPart **parts;    /* One a worker: what it handed over and the committer has not taken. */
    Error error;          /* The first one. */
    ViewSnapshot *views;

    _Atomic int64_t barrier_epoch; /* Asked for. */
    _Atomic bool barrier_full;
    _Atomic bool *settled_sources; /* --once, one a source: nothing more will come to it. */
    _Atomic bool *drain_flows;     /* One a flow: its input is to end. */
    /* Grows whenever there may be more to read than a worker has seen: a commit that moved the ends
     * of topics, a flow that is to be drained. */
    _Atomic int64_t generation;
    _Atomic bool delivered; /* Something was, since sources were last extended. */
    _Atomic bool hold; /* So much waits for outside systems that nothing more is read. */
    _Atomic bool stop;
    _Atomic bool failed;
    _Atomic bool ended;
    _Atomic int64_t committed_epoch;
    _Atomic int64_t commit_us;
    FlowCounts *flow_base;   /* Of earlier runs. */
    PortCounts *source_base; /* By source. */
};

/* worker.c */
bool worker_init(Worker *worker, Run *run, uint32_t worker_i, Error *err);
bool worker_open_ports(Worker *worker, Error *err);
void worker_done(Worker *worker);
void worker_main(void *arg); /* Worker * */
bool worker_restore(Worker *worker, const CheckpointEntry *entry, Error *err);

/* committer.c */
void committer_main(void *arg); /* Run * */
EpochPart *epoch_part_create(const Run *run);
void epoch_part_free(const Run *run, EpochPart *part);

/* groups.c: which flows read which source from where. */
bool port_groups_make(Run *run, Error *err);
void port_groups_done(Run *run);
/* The part under which a flow's position in a partition is kept: TABLE/NUMBER or TABLE/NUMBER/NAME. */
Str port_position_part(Arena *arena, const TableDef *table, Str partition_name, int32_t partition);
/* Whether the position differs from the one stored last; remembers it. */
bool port_group_moved(PortGroup *group, int32_t partition, int64_t position);

/* run.c */
void run_fail(Run *run, const Error *err); /* The first error stays; all stop. */
void run_wake_workers(Run *run);
/* Of the flows that share a sink, the one by which it is visited once. */
bool run_is_first_of_sink(const Run *run, uint32_t flow_i);
/* What its sink has yet to hand on; false: nothing ever, or another flow is asked for that sink. */
bool run_look_at_sink(const Run *run, uint32_t flow_i, SinkDelivery *out);

/* views.c: rebuilds each view in dependency order. */
bool run_refresh_views(Run *run, Error *err);

#endif
