/*
 * run.h: a pipeline running: its flows, on workers, epoch by epoch.
 *
 *     run_start ── lock, open, recover ──> workers and committer run
 *         workers   read sources, push batches through every flow, cut epochs at barriers
 *         committer asks for barriers, makes what the workers made of an epoch durable, visible
 *     run_request_stop ── the epoch at hand is finished and committed ──> run_finish
 *
 * Thread: start and finish from one thread; request_stop, snapshot and wait from any.
 */
#ifndef WEIR_PIPELINE_RUN_H
#define WEIR_PIPELINE_RUN_H

#include "pipeline/aside.h"
#include "plan/pipeline_spec.h"

typedef struct RunOptions {
    const char *data_dir;
    uint32_t worker_count;       /* 0: as many as there are processors, at most 8. */
    bool once;                   /* Process what is there, refresh each view once, end. */
    bool drain;                  /* As once, and close every window. */
    int64_t commit_interval_us;
    uint32_t batch_rows;         /* 0: BATCH_ROWS_DEFAULT */
} RunOptions;

typedef struct Run Run;

/* Borrows `spec` for the run's life. */
bool run_start(const PipelineSpec *spec, const RunOptions *options, Run **out, Error *err);
/* Waits until the run has ended by itself (once, drain, an error), at most timeout_us; true: ended. */
bool run_wait(Run *run, int64_t timeout_us);
/* What its start found that the user should know, in sentences. Borrowed. */
const char *const *run_warnings(const Run *run, size_t *count);
void run_request_stop(Run *run);
/* Stops if need be, waits, frees. False: what ended it. */
bool run_finish(Run *run, Error *err);

/* ── what a person or a program may watch ──────────────────────────────────────────────────────*/

typedef struct FlowSnapshot {
    Str name;
    Str target;
    Str provider;             /* Of the target. */
    uint64_t rows_in;         /* All figures since the data directory was made. */
    uint64_t rows_out;
    uint64_t late_count;
    uint64_t dead_letter_count; /* Rows of this flow whose expressions failed. */
    int64_t watermark_us;     /* WATERMARK_NONE: the flow has none, or none yet. */
    int64_t lag;              /* Records not yet read, over its sources. */
    int64_t state_bytes;
} FlowSnapshot;

typedef struct SourceSnapshot {
    Str name;
    Str provider;
    uint64_t record_count;
    uint64_t dead_letter_count; /* Records that could not be decoded or broke a constraint. */
    uint64_t empty_count;       /* Records without a value, which are left out. */
    int64_t lag;
    const char *trouble;      /* Why it does not go on for now, or NULL. */
} SourceSnapshot;

typedef struct ViewSnapshot {
    Str name;
    Str provider;
    Str schedule;
    int64_t refreshed_us;     /* 0: not in this run. */
    int64_t row_count;
    int64_t took_us;
} ViewSnapshot;

/* What waits for an outside system: one a table that stands there. */
typedef struct DeliverySnapshot {
    Str name;
    int64_t waiting_bytes;
    bool settled;        /* Nothing waits. */
    const char *trouble; /* Why it does not go on for now, or NULL. */
} DeliverySnapshot;

typedef struct RunSnapshot {
    FlowSnapshot *flows;
    uint32_t flow_count;
    SourceSnapshot *sources;
    uint32_t source_count;
    ViewSnapshot *views;
    uint32_t view_count;
    DeliverySnapshot *deliveries;
    uint32_t delivery_count;
    AsideLetGo *let_go;       /* Tables of dead letters and late rows that were cut. */
    uint32_t let_go_count;
    int64_t epoch;            /* The last one committed. */
    int64_t commit_us;        /* How long its commit took. */
    int64_t started_us;       /* Wall clock. */
    bool ended;
} RunSnapshot;

void run_snapshot(Run *run, Arena *arena, RunSnapshot *out);

#endif
