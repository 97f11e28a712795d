/*
 * worker.c: one worker: its share of every flow.
 *
 *     READING --barrier asked for--> CUTTING --all flows' sinks have seen it--> READING (next epoch)
 *
 * While CUTTING a worker reads nothing from its sources, only the mail that its peers sent before
 * their own barriers: an epoch is one clean cut through all that the worker owns, and what it made of
 * the epoch (sink outputs, changed state, positions, rows put aside) is handed over in one piece.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "pipeline/query.h"
#include "pipeline/run_impl.h"
#include "pipeline/table_look_up.h"

enum {
    MAIL_AT_A_TIME = 64,      /* Before looking at sources and barriers again. */
    TABLE_RETRY_US = 200000,
    WAIT_US = 20000,          /* With nothing to do; anything that arrives wakes it at once. */
    ROW_OUT_BYTES = 64,       /* What a row given out is taken for, in the limit of an epoch. */
};

/* ── the sink's end of a flow ──────────────────────────────────────────────────────────────────*/

static bool sink_on_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    FlowInstance *flow = ((SinkOp *)op)->flow;

    flow->counts.rows_out += batch->row_count;
    if (batch->row_count == 0)
        return true;
    return flow->writer->sink->methods->write(flow->writer, batch, err);
}

static bool sink_on_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us,
                              Error *err UNUSED)
{
    FlowInstance *flow = ((SinkOp *)op)->flow;

    if (watermark_us != WATERMARK_IDLE)
        atomic_store_explicit(&flow->seen_watermark_us, watermark_us, memory_order_relaxed);
    return true;
}

static bool sink_on_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier UNUSED,
                            Error *err)
{
    FlowInstance *flow = ((SinkOp *)op)->flow;

    ASSERT(!flow->barrier_passed);
    flow->barrier_passed = true;
    return flow->writer->sink->methods->end_epoch(flow->writer, &flow->output, err);
}

static bool sink_on_end(Op *op UNUSED, uint32_t input_i UNUSED, Error *err UNUSED)
{
    return true;
}

static bool sink_on_partition(Op *op UNUSED, uint32_t input_i UNUSED, int32_t partition UNUSED,
                              PartitionEvent event UNUSED, Error *err UNUSED)
{
    return true;
}

static void sink_free(Op *op UNUSED)
{
}

static const OpMethods sink_op_methods = {
    .name = "sink",
    .on_batch = sink_on_batch,
    .on_watermark = sink_on_watermark,
    .on_barrier = sink_on_barrier,
    .on_end = sink_on_end,
    .on_partition = sink_on_partition,
    .free = sink_free,
};

/* ── what operators ask of the worker ──────────────────────────────────────────────────────────*/

static Str origin_raw(const RowOrigin *origin, uint32_t row_i)
{
    return origin && origin->raw ? origin->raw[row_i] : (Str){NULL, 0};
}

/* The source that a row of the flow came from: by its origin, else the flow's first. */
static const TableDef *flow_source(const FlowInstance *flow, const RowOrigin *origin)
{
    const PipelineSpec *spec = flow->worker->run->spec;

    if (origin)
        return spec->sources[origin->source_i].table;
    for (uint32_t i = 0; i < flow->spec->scan_count; i++) {
        if (flow->spec->scan_source[i] != UINT32_MAX)
            return spec->sources[flow->spec->scan_source[i]].table;
    }
    return NULL;
}

static bool put_aside(FlowInstance *flow, const RowOrigin *origin, uint32_t row_i, Str reason,
                      Str message)
{
    const TableDef *source = flow_source(flow, origin);

    flow->counts.errors++;
    if (source && source->dead_letter)
        aside_dead_letter(flow->worker->aside, source->dead_letter, reason, message,
                          origin_raw(origin, row_i), origin ? origin->partition : -1,
                          origin ? origin->positions[row_i] : -1, os_realtime_us());
    return true;
}

static bool on_row_error(void *self, const Batch *batch, uint32_t row_i, const RowError *error,
                         Error *err)
{
    FlowInstance *flow = self;
    char text[768];

    if (flow->spec->on_error_fail)
        return row_error_tell(error, err) ||
               error_wrap(err, "flow '%.*s'", STR_ARG(flow->spec->name));
    /* The record is bad for this flow alone: others that read it may have taken it. */
    (void)snprintf(text, sizeof text, "flow '%.*s': %s", STR_ARG(flow->spec->name), error->text);
    return put_aside(flow, batch->origin, row_i,
                     error->class_name ? str_of(error->class_name) : STR("error"), str_of(text));
}

static bool on_row_late(void *self, const Batch *batch, uint32_t row_i, int64_t window_end_us,
                        const char *reason, Error *err UNUSED)
{
    FlowInstance *flow = self;
    const RowOrigin *origin = batch->origin;
    const TableDef *late = flow->spec->target->late;

    flow->counts.late++;
    if (late)
        aside_late(flow->worker->aside, late, reason, window_end_us,
                   batch->watermark_us ? batch->watermark_us[row_i] : WATERMARK_NONE,
                   origin_raw(origin, row_i), origin ? origin->partition : -1,
                   origin ? origin->positions[row_i] : -1, os_realtime_us());
    return true;
}

/* Rows of a joined table on their way into the join. */
typedef struct TableRows {
    Op *op;
    uint32_t input_i;
} TableRows;

static bool take_table_rows(void *self, const Batch *batch, Error *err)
{
    TableRows *rows = self;

    rows->op->rows_in += batch->row_count;
    return rows->op->methods->on_batch(rows->op, rows->input_i, batch, err);
}

static bool on_table_rows(void *self, const Node *table, Op *op, uint32_t input_i, Error *err)
{
    FlowInstance *flow = self;
    TableRows rows = {op, input_i};

    return query_run(flow->worker->run->connections, table, &flow->worker->run->sql,
                     take_table_rows, &rows, err) &&
           op->methods->on_end(op, input_i, err);
}

static bool on_may_look_up(void *self, const Node *table, const uint32_t *columns,
                           uint32_t column_count, bool *yes, Error *err)
{
    Worker *worker = ((FlowInstance *)self)->worker;

    return table_may_look_up(worker->versions, &worker->run->spec->settings, table, columns,
                             column_count, yes, err);
}

static bool on_look_up(void *self, const Node *table, const uint32_t *columns,
                       uint32_t column_count, const Batch *keys, Op *op, uint32_t input_i,
                       Error *err)
{
    Worker *worker = ((FlowInstance *)self)->worker;
    TableRows rows = {op, input_i};

    return table_look_up(worker->versions, &worker->run->sql, table, columns, column_count, keys,
                         take_table_rows, &rows, err) &&
           op->methods->on_end(op, input_i, err);
}

/* What the rows of a joined table are asked of is away for now. */
static bool on_wait_for_table(void *self, int64_t waited_us)
{
    Run *run = ((FlowInstance *)self)->worker->run;

    if (waited_us > settings_duration_us(&run->spec->settings, "outage.patience") ||
        atomic_load(&run->stop) || atomic_load(&run->failed))
        return false;
    os_sleep_us(TABLE_RETRY_US);
    return true;
}

static int64_t on_table_version(void *self, const Node *table)
{
    FlowInstance *flow = self;
    int64_t version = 0;

    if (table->kind == NODE_SCAN)
        return table_version(flow->worker->versions, table->as.scan.table);
    for (uint32_t i = 0; i < table->input_count; i++)
        version += on_table_version(self, node_input(table, i));
    return version;
}

static bool on_bad_record(void *self, const SourceSpec *source, const char *reason,
                          const char *message, Str raw, int32_t partition, int64_t position,
                          Error *err UNUSED)
{
    Worker *worker = self;

    if (source->table->dead_letter)
        aside_dead_letter(worker->aside, source->table->dead_letter, str_of(reason),
                          str_of(message), raw, partition, position, os_realtime_us());
    return true;
}

/* A row that cannot be written, told by a sink's writer. One that stands for no record of a source
 * (an aggregate) is told of with the table it was for. */
static bool on_refused(void *self, const Batch *batch, uint32_t row_i, const char *reason,
                       const char *message, Str bytes, Error *err UNUSED)
{
    FlowInstance *flow = self;
    const TableDef *target = flow->spec->target;

    flow->counts.rows_out--;
    if (batch->origin || !bytes.data || !target->dead_letter)
        return put_aside(flow, batch->origin, row_i, str_of(reason), str_of(message));
    flow->counts.errors++;
    aside_dead_letter(flow->worker->aside, target->dead_letter, str_of(reason), str_of(message),
                      bytes, -1, -1, os_realtime_us());
    return true;
}

/* ── setting up ────────────────────────────────────────────────────────────────────────────────*/

static bool flow_init(Worker *worker, uint32_t flow_i, Error *err)
{
    Run *run = worker->run;
    FlowInstance *flow = &worker->flows[flow_i];
    Sink *sink = run->sinks[flow_i];
    GraphExchanges exchanges = {
        .ends = run->exchange_ends[flow_i],
        .mailboxes = run->mailboxes,
        .epoch = &worker->epoch,
    };

    flow->spec = &run->spec->flows[flow_i];
    flow->flow_i = flow_i;
    flow->worker = worker;
    atomic_store(&flow->seen_watermark_us, WATERMARK_NONE);
    flow->context = (OpContext){
        .sql = &run->sql,
        .batch_arena = &worker->arena,
        .worker_i = worker->worker_i,
        .worker_count = run->worker_count,
        .streaming = true,
        .batch_rows = run->options.batch_rows,
        .follows_clock = run->clocks[flow_i] != NULL,
        .row_error = on_row_error,
        .row_late = on_row_late,
        .table_rows = on_table_rows,
        .wait_for_table = on_wait_for_table,
        .table_version = on_table_version,
        .may_look_up = on_may_look_up,
        .look_up = on_look_up,
        .self = flow,
        .state_limit_bytes = settings_int(&run->spec->settings, "state.limit"),
    };
    flow->end = (SinkOp){
        .op = {.methods = &sink_op_methods, .context = &flow->context},
        .flow = flow,
    };
    if (!sink->methods->writer_create(sink, &flow->writer, err))
        return error_wrap(err, "write '%.*s'", STR_ARG(flow->spec->target->name));
    flow->writer->on_refused = on_refused;
    flow->writer->self = flow;
    return graph_build(&flow->graph, flow->spec->plan, &flow->context, &flow->end.op,
                       run->worker_count > 1 ? &exchanges : NULL, err);
}

bool worker_init(Worker *worker, Run *run, uint32_t worker_i, Error *err)
{
    *worker = (Worker){.run = run, .worker_i = worker_i};
    atomic_store(&worker->at_end_of, -1);
    worker->epoch.epoch = atomic_load(&run->committed_epoch) + 1;
    worker->cut_epoch = worker->epoch.epoch - 1;
    arena_init(&worker->arena);
    worker->mailbox = run->mailboxes[worker_i];
    mailbox_enter_epoch(worker->mailbox, worker->epoch.epoch);
    worker->checkpoint = checkpoint_writer_create();
    worker->versions = table_versions_create(run->connections);
    worker->aside = aside_create();
    worker->flows = mem_zalloc(run->spec->flow_count * sizeof *worker->flows);
    worker->ports = mem_zalloc(run->group_count * sizeof *worker->ports);
    worker->seen_records = mem_zalloc(run->group_count * sizeof *worker->seen_records);
    worker->seen_bad = mem_zalloc(run->group_count * sizeof *worker->seen_bad);
    worker->seen_empty = mem_zalloc(run->group_count * sizeof *worker->seen_empty);
    worker->seen_lag = mem_zalloc(run->group_count * sizeof *worker->seen_lag);
    worker->troubles = mem_zalloc((run->spec->source_count + 1) * sizeof *worker->troubles);
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        if (!flow_init(worker, f, err))
            return false;
    }
    return true;
}

/* The consumers of a group's source: every scan of it in the group's flows. */
static void find_consumers(Worker *worker, const PortGroup *group, Port *port)
{
    const SourceSpec *source = &worker->run->spec->sources[group->source_i];
    VEC(PortConsumer) consumers = {0};
    Arena *arena = &worker->run->arena;

    for (uint32_t i = 0; i < group->flow_count; i++) {
        FlowInstance *flow = &worker->flows[group->flows[i]];

        for (size_t l = 0; l < flow->graph.leaf_count; l++) {
            const GraphLeaf *leaf = &flow->graph.leaves[l];
            PortConsumer consumer = {.to = leaf->to, .input_i = leaf->input_i};
            const ScanNode *scan = &leaf->node->as.scan;

            if (leaf->node->kind != NODE_SCAN || scan->table != source->table)
                continue;
            consumer.scan = scan;
            consumer.flow_i = flow->flow_i;
            consumer.rows_in = &flow->counts.rows_in;
            consumer.columns = ARENA_ARRAY(arena, uint32_t, scan->column_count);
            for (uint32_t c = 0; c < scan->column_count; c++) {
                uint32_t place = 0;

                while (place < source->column_count && source->columns[place] != scan->columns[c])
                    place++;
                ASSERT(place < source->column_count);
                consumer.columns[c] = place;
            }
            VEC_ADD_IN(arena, &consumers, consumer);
        }
    }
    port->consumers = consumers.items;
    port->consumer_count = (uint32_t)consumers.count;
}

static void on_source_trouble(void *self, uint32_t source_i, const char *text)
{
    Worker *worker = self;

    os_mutex_lock(worker->run->mutex);
    (void)snprintf(worker->troubles[source_i], SOURCE_TROUBLE_BYTES, "%s", text ? text : "");
    os_mutex_unlock(worker->run->mutex);
}

/* Thread: any. */
static void wake_worker(void *self)
{
    mailbox_wake(((Worker *)self)->mailbox);
}

/* After restoring: operators know their partitions' watermarks by then. */
bool worker_open_ports(Worker *worker, Error *err)
{
    Run *run = worker->run;

    for (uint32_t g = 0; g < run->group_count; g++) {
        const PortGroup *group = &run->groups[g];
        Port *port = &worker->ports[g];

        *port = (Port){
            .spec = &run->spec->sources[group->source_i],
            .source = group->source,
            .source_i = group->source_i,
            .sink = {.dead_letter = on_bad_record, .self = worker},
            .starts = group->starts,
            .start_count = group->start_count,
            .worker_i = worker->worker_i,
            .worker_count = run->worker_count,
            .idle_timeout_us = table_option_duration_us(run->spec->sources[group->source_i].table,
                                                        "idle_timeout"),
            .settled = run->options.once || run->options.drain
                           ? &run->settled_sources[group->source_i]
                           : NULL,
            .patience_us = run->options.once || run->options.drain
                               ? settings_duration_us(&run->spec->settings, "outage.patience")
                               : INT64_MAX,
            .trouble = on_source_trouble,
            .wake = wake_worker,
            .wake_self = worker,
            .sql = &run->sql,
            .arena = &worker->arena,
        };
        find_consumers(worker, group, port);
        if (!port_open(port, err))
            return false;
        arena_reset(&worker->arena);
    }
    return true;
}

void worker_done(Worker *worker)
{
    for (uint32_t g = 0; worker->ports && g < worker->run->group_count; g++)
        port_close(&worker->ports[g]);
    for (uint32_t f = 0; worker->flows && f < worker->run->spec->flow_count; f++) {
        FlowInstance *flow = &worker->flows[f];

        graph_done(&flow->graph);
        if (flow->output)
            flow->writer->sink->methods->output_free(flow->output);
        if (flow->writer)
            flow->writer->sink->methods->writer_free(flow->writer);
    }
    table_versions_free(worker->versions);
    checkpoint_writer_free(worker->checkpoint);
    aside_free(worker->aside);
    free(worker->flows);
    free(worker->ports);
    free(worker->seen_records);
    free(worker->seen_bad);
    free(worker->seen_empty);
    free(worker->seen_lag);
    free(worker->troubles);
    arena_done(&worker->arena);
}

bool worker_restore(Worker *worker, const CheckpointEntry *entry, Error *err)
{
    Run *run = worker->run;

    if (entry->slot != CHECKPOINT_SLOT_SHARED &&
        key_group_worker(entry->group, run->worker_count) != worker->worker_i)
        return true;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        FlowInstance *flow = &worker->flows[f];
        Op *op;

        if (!str_equal(flow->spec->name, entry->flow))
            continue;
        op = graph_op(&flow->graph, entry->node_id);
        if (!flow->spec->state_plan.bytes && (!op || !op->methods->restore))
            return true; /* Watermarks of a query that looked otherwise: nothing rests on them. */
        if (!op || !op->methods->restore)
            return error_set(err, ERROR_USER,
                             "the state of flow '%.*s' does not fit its query, which has changed; "
                             "start with a new data directory, or put the old query back",
                             STR_ARG(entry->flow));
        return op->methods->restore(op, entry, err);
    }
    return true; /* A flow that is no longer in the file. */
}

/* ── running ───────────────────────────────────────────────────────────────────────────────────*/

static void publish(Worker *worker)
{
    Run *run = worker->run;

    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        FlowInstance *flow = &worker->flows[f];

        atomic_store_explicit(&flow->seen_rows_in, flow->counts.rows_in, memory_order_relaxed);
        atomic_store_explicit(&flow->seen_rows_out, flow->counts.rows_out, memory_order_relaxed);
        atomic_store_explicit(&flow->seen_late, flow->counts.late, memory_order_relaxed);
        atomic_store_explicit(&flow->seen_errors, flow->counts.errors, memory_order_relaxed);
    }
    for (uint32_t g = 0; g < run->group_count; g++) {
        atomic_store_explicit(&worker->seen_records[g], worker->ports[g].record_count,
                              memory_order_relaxed);
        atomic_store_explicit(&worker->seen_bad[g], worker->ports[g].bad_count,
                              memory_order_relaxed);
        atomic_store_explicit(&worker->seen_empty[g], worker->ports[g].empty_count,
                              memory_order_relaxed);
        atomic_store_explicit(&worker->seen_lag[g], port_lag(&worker->ports[g]),
                              memory_order_relaxed);
    }
}

static bool deliver(Worker *worker, const Mail *mail, Error *err)
{
    Op *to = mail->to;

    switch (mail->kind) {
    case MAIL_BATCH:
        to->rows_in += mail->batch->row_count;
        return to->methods->on_batch(to, mail->sender, mail->batch, err);
    case MAIL_WATERMARK:
        return to->methods->on_watermark(to, mail->sender, mail->watermark_us, err);
    case MAIL_BARRIER:
        checkpoint_writer_flow(worker->checkpoint,
                               ((FlowInstance *)to->context->self)->spec->name);
        worker->barrier = (Barrier){mail->barrier.epoch, mail->barrier.full, worker->checkpoint};
        return to->methods->on_barrier(to, mail->sender, &worker->barrier, err);
    }
    UNREACHABLE();
}

static bool read_mail(Worker *worker, bool *progressed, Error *err)
{
    for (int n = 0; n < MAIL_AT_A_TIME; n++) {
        Mail *mail = mailbox_take(worker->mailbox);
        bool ok;

        if (!mail)
            return true;
        *progressed = true;
        if (mail->kind != MAIL_BARRIER)
            atomic_store(&worker->dirty, true);
        ok = deliver(worker, mail, err);
        mail_free(mail);
        arena_reset(&worker->arena);
        if (!ok)
            return false;
    }
    return true;
}

/* Sends the barrier down every scan of every flow. */
static bool cut(Worker *worker, int64_t epoch, Error *err)
{
    Run *run = worker->run;

    ASSERT(epoch == worker->epoch.epoch);
    worker->cut_epoch = epoch;
    worker->barrier = (Barrier){
        .epoch = epoch,
        .full = atomic_load(&run->barrier_full),
        .writer = worker->checkpoint,
    };
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        FlowInstance *flow = &worker->flows[f];

        checkpoint_writer_flow(worker->checkpoint, flow->spec->name);
        for (size_t l = 0; l < flow->graph.leaf_count; l++) {
            const GraphLeaf *leaf = &flow->graph.leaves[l];

            if (!leaf->to->methods->on_barrier(leaf->to, leaf->input_i, &worker->barrier, err))
                return false;
        }
        arena_reset(&worker->arena);
    }
    return true;
}

static bool all_flows_passed(const Worker *worker)
{
    for (uint32_t f = 0; f < worker->run->spec->flow_count; f++) {
        if (!worker->flows[f].barrier_passed)
            return false;
    }
    return true;
}

/* About how much was read and given out since the run began: what an epoch holds until it is
 * committed grows with it. */
static uint64_t taken(const Worker *worker)
{
    uint64_t bytes = 0;

    for (uint32_t g = 0; g < worker->run->group_count; g++)
        bytes += worker->ports[g].byte_count;
    for (uint32_t f = 0; f < worker->run->spec->flow_count; f++)
        bytes += worker->flows[f].counts.rows_out * ROW_OUT_BYTES;
    return bytes;
}

/* A slow disk or a long commit.interval must not fill the memory. */
static bool epoch_is_full(Worker *worker)
{
    Run *run = worker->run;

    if (taken(worker) - worker->taken_before < (uint64_t)run->epoch_limit_bytes)
        return false;
    if (!atomic_exchange(&worker->full, true)) {
        os_mutex_lock(run->mutex);
        os_cond_broadcast(run->changed);
        os_mutex_unlock(run->mutex);
    }
    return true;
}

/* Hands the epoch over to the committer and begins the next. */
static void hand_over(Worker *worker)
{
    Run *run = worker->run;
    EpochPart *part = epoch_part_create(run);

    part->epoch = worker->epoch.epoch;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        FlowInstance *flow = &worker->flows[f];

        part->outputs[f] = flow->output;
        part->flow_counts[f] = flow->counts;
        flow->output = NULL;
        flow->barrier_passed = false;
        atomic_store_explicit(&flow->seen_state_bytes, graph_state_bytes(&flow->graph),
                              memory_order_relaxed);
    }
    for (uint32_t g = 0; g < run->group_count; g++) {
        part->port_counts[g] =
            (PortCounts){worker->ports[g].record_count, worker->ports[g].bad_count,
                         worker->ports[g].empty_count};
        for (uint32_t p = 0; p < worker->ports[g].partition_count; p++) {
            const PortPartition *partition = &worker->ports[g].partitions[p];
            ReadPosition position = {g, partition->partition, partition->position};

            VEC_ADD(&part->positions, position);
        }
    }
    part->checkpoint = worker->checkpoint;
    part->aside = worker->aside;
    worker->checkpoint = checkpoint_writer_create();
    worker->aside = aside_create();
    worker->epoch.epoch++;
    worker->taken_before = taken(worker);
    atomic_store(&worker->full, false);
    atomic_store(&worker->dirty, false);
    publish(worker);
    mailbox_enter_epoch(worker->mailbox, worker->epoch.epoch);

    os_mutex_lock(run->mutex);
    ASSERT(!run->parts[worker->worker_i]);
    run->parts[worker->worker_i] = part;
    os_cond_broadcast(run->changed);
    os_mutex_unlock(run->mutex);
}

/* --drain: the input of these flows has ended for good. */
static bool drain(Worker *worker, bool *progressed, Error *err)
{
    Run *run = worker->run;

    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        FlowInstance *flow = &worker->flows[f];

        if (flow->drained || !atomic_load(&run->drain_flows[f]))
            continue;
        flow->drained = true;
        for (size_t l = 0; l < flow->graph.leaf_count; l++) {
            const GraphLeaf *leaf = &flow->graph.leaves[l];

            if (!leaf->to->methods->on_watermark(leaf->to, leaf->input_i, WATERMARK_END, err))
                return false;
        }
        arena_reset(&worker->arena);
        atomic_store(&worker->dirty, true);
        *progressed = true;
    }
    return true;
}

static bool peers_are_full(const Worker *worker)
{
    for (uint32_t w = 0; w < worker->run->worker_count; w++) {
        if (w != worker->worker_i && mailbox_is_full(worker->run->mailboxes[w]))
            return true;
    }
    return false;
}

static bool read_sources(Worker *worker, bool *progressed, Error *err)
{
    for (uint32_t g = 0; g < worker->run->group_count; g++) {
        Port *port = &worker->ports[g];
        bool pushed = false;

        if (!port_poll(port, worker->run->options.batch_rows, &pushed, err))
            return false;
        arena_reset(&worker->arena);
        if (pushed) {
            *progressed = true;
            atomic_store(&worker->dirty, true);
        }
    }
    return true;
}

/* Flows in which several streams meet: quiet ones follow the others. */
static bool keep_time(Worker *worker, bool *progressed, Error *err)
{
    Run *run = worker->run;

    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        FlowInstance *flow = &worker->flows[f];
        FlowClock *clock = run->clocks[f];
        bool moved = false;

        if (!clock)
            continue;
        if (flow_clock_tell(clock, worker->worker_i, &flow->graph)) {
            /* Whoever found nothing to do before has to look again. */
            atomic_fetch_add(&run->generation, 1);
            run_wake_workers(run);
        }
        if (!flow_clock_follow(clock, &flow->graph, &moved, err))
            return false;
        arena_reset(&worker->arena);
        if (moved) {
            atomic_store(&worker->dirty, true);
            *progressed = true;
        }
    }
    return true;
}

/* Nothing more to read, as of `generation`; told once, and again when something was read since. */
static void tell_at_end(Worker *worker, int64_t generation)
{
    Run *run = worker->run;

    if (atomic_load(&worker->at_end_of) == generation && !worker->untold)
        return;
    worker->untold = false;
    atomic_store(&worker->at_end_of, generation);
    os_mutex_lock(run->mutex);
    os_cond_broadcast(run->changed);
    os_mutex_unlock(run->mutex);
}

static bool step(Worker *worker, Error *err)
{
    Run *run = worker->run;
    bool progressed = false;
    bool at_end = true;
    bool cutting = worker->cut_epoch == worker->epoch.epoch;
    int64_t generation = atomic_load(&run->generation);

    if (!read_mail(worker, &progressed, err))
        return false;
    if (!cutting && atomic_load(&run->barrier_epoch) >= worker->epoch.epoch) {
        if (!cut(worker, worker->epoch.epoch, err))
            return false;
        cutting = true;
        progressed = true;
    }
    if (cutting) {
        if (all_flows_passed(worker)) {
            hand_over(worker);
            return true;
        }
        if (!progressed)
            mailbox_wait(worker->mailbox, WAIT_US);
        return true;
    }
    if (!drain(worker, &progressed, err))
        return false;
    if (peers_are_full(worker) || atomic_load(&run->hold) || epoch_is_full(worker)) {
        if (!progressed)
            mailbox_wait(worker->mailbox, 1000);
        return true;
    }
    if (!read_sources(worker, &progressed, err) || !keep_time(worker, &progressed, err))
        return false;
    publish(worker);
    for (uint32_t g = 0; g < run->group_count; g++)
        at_end = at_end && port_is_at_end(&worker->ports[g]);
    worker->untold = worker->untold || progressed;
    if (progressed)
        return true;
    if (at_end)
        tell_at_end(worker, generation);
    mailbox_wait(worker->mailbox, WAIT_US);
    return true;
}

void worker_main(void *arg)
{
    Worker *worker = arg;
    Error err = {0};

    while (!atomic_load(&worker->run->failed)) {
        /* Stopping happens between epochs: the committer asks for the last barrier first. */
        if (atomic_load(&worker->run->ended))
            return;
        if (!step(worker, &err)) {
            run_fail(worker->run, &err);
            return;
        }
    }
}
