/*
 * run.c: starting, watching and stopping a run. See run.h; the work is in worker.c and committer.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/kept_plan.h"
#include "pipeline/run_impl.h"
#include "store/meta.h"

enum { WORKERS_MAX = 64, WORKERS_DEFAULT_MAX = 8, MAILBOX_BYTES = 32 << 20 };

void run_wake_workers(Run *run)
{
    for (uint32_t w = 0; w < run->worker_count; w++)
        mailbox_wake(run->mailboxes[w]);
}

void run_fail(Run *run, const Error *err)
{
    os_mutex_lock(run->mutex);
    if (!atomic_load(&run->failed))
        run->error = *err;
    atomic_store(&run->failed, true);
    os_cond_broadcast(run->changed);
    os_mutex_unlock(run->mutex);
    run_wake_workers(run);
}

/* ── starting ──────────────────────────────────────────────────────────────────────────────────*/

/* exchange_ends[flow][node id][worker] */
static void make_exchange_ends(Run *run)
{
    run->exchange_ends = ARENA_ARRAY(&run->arena, Op ***, run->spec->flow_count + 1);
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        uint32_t node_count = run->spec->flows[f].node_count;

        run->exchange_ends[f] = ARENA_ARRAY(&run->arena, Op **, node_count + 1);
        for (uint32_t n = 0; n < node_count; n++)
            run->exchange_ends[f][n] =
                arena_zalloc(&run->arena, run->worker_count * sizeof(Op *));
    }
}

static bool read_counter(Run *run, Str name, const char *part, uint64_t *out, Error *err)
{
    int64_t value = 0;

    if (!store_meta_get(connections_store(run->connections), META_COUNTER, name, str_of(part),
                        &value, NULL, err))
        return false;
    *out = (uint64_t)value;
    return true;
}

static bool read_counters(Run *run, Error *err)
{
    run->flow_base = arena_zalloc(&run->arena, (run->spec->flow_count + 1) * sizeof(FlowCounts));
    run->source_base =
        arena_zalloc(&run->arena, (run->spec->source_count + 1) * sizeof(PortCounts));
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        Str name = run->spec->flows[f].name;

        if (!read_counter(run, name, "rows_in", &run->flow_base[f].rows_in, err) ||
            !read_counter(run, name, "rows_out", &run->flow_base[f].rows_out, err) ||
            !read_counter(run, name, "late", &run->flow_base[f].late, err) ||
            !read_counter(run, name, "errors", &run->flow_base[f].errors, err))
            return false;
    }
    for (uint32_t s = 0; s < run->spec->source_count; s++) {
        Str name = str_of(arena_printf(&run->arena, "source %.*s",
                                       STR_ARG(run->spec->sources[s].table->name)));

        if (!read_counter(run, name, "records", &run->source_base[s].records, err) ||
            !read_counter(run, name, "bad", &run->source_base[s].bad, err) ||
            !read_counter(run, name, "empty", &run->source_base[s].empty, err))
            return false;
    }
    return true;
}

static bool restore_entry(void *self, const CheckpointEntry *entry, Error *err)
{
    Run *run = self;

    for (uint32_t w = 0; w < run->worker_count; w++) {
        if (!worker_restore(&run->workers[w], entry, err))
            return false;
    }
    return true;
}

static bool restore_state(Run *run, StoreEpoch epoch, Error *err)
{
    char *folder = arena_printf(&run->arena, "%s/state", run->options.data_dir);
    CheckpointMark mark = {epoch.state_file, epoch.state_bytes};

    if (!os_mkdir(folder, err) ||
        !checkpoint_files_open(folder, mark, &run->checkpoints, err) ||
        !checkpoint_files_read(run->checkpoints, restore_entry, run, err))
        return error_wrap(err, "restore the state");
    return true;
}

static bool make_sinks(Run *run, Error *err)
{
    run->sinks = arena_zalloc(&run->arena, (run->spec->flow_count + 1) * sizeof(Sink *));
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        const TableDef *target = run->spec->flows[f].target;

        if (!connections_sink(run->connections, target, atomic_load(&run->committed_epoch),
                              &run->sinks[f], err))
            return false;
    }
    return true;
}

/* Something came from outside. */
static void wake_committer(void *self)
{
    Run *run = self;

    os_mutex_lock(run->mutex);
    os_cond_broadcast(run->changed);
    os_mutex_unlock(run->mutex);
}

/* A sink has handed something over, or has failed. */
static void on_delivery(void *self)
{
    Run *run = self;

    /* What stands outside may be read from there by another flow. */
    atomic_store(&run->delivered, true);
    atomic_fetch_add(&run->generation, 1);
    run_wake_workers(run);
    wake_committer(run);
}

bool run_is_first_of_sink(const Run *run, uint32_t flow_i)
{
    for (uint32_t f = 0; f < flow_i; f++) {
        if (run->sinks[f] == run->sinks[flow_i])
            return false;
    }
    return true;
}

static void start_sinks(Run *run)
{
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        if (run_is_first_of_sink(run, f) && run->sinks[f]->methods->start)
            run->sinks[f]->methods->start(run->sinks[f], on_delivery, run);
    }
}

/* Before what they wake is gone. */
static void stop_sinks(Run *run)
{
    for (uint32_t f = 0; run->sinks && f < run->spec->flow_count; f++) {
        if (run->sinks[f] && run->sinks[f]->methods->stop)
            run->sinks[f]->methods->stop(run->sinks[f]);
    }
}

static void warn(Run *run, const char *text)
{
    const char **warnings = ARENA_ARRAY(&run->arena, const char *, run->warning_count + 1);

    memcpy(warnings, run->warnings, run->warning_count * sizeof *warnings);
    warnings[run->warning_count++] = text;
    run->warnings = warnings;
}

static bool start_collectors(Run *run, Error *err)
{
    run->collectors =
        arena_zalloc(&run->arena, (run->spec->source_count + 1) * sizeof(Collector *));
    for (uint32_t s = 0; s < run->spec->source_count; s++) {
        const TableDef *table = run->spec->sources[s].table;
        CollectorOptions options = {
            .once = run->options.once || run->options.drain,
            .wake = wake_committer,
            .self = run,
        };

        if (table->provider != PROVIDER_HTTP)
            continue;
        if (!store_meta_get_text(connections_store(run->connections), &run->arena, META_POSITION,
                                 table->name, STR("collect"), &options.position, NULL, err) ||
            !collector_start(table, &options, &run->collectors[run->collector_count], err))
            return error_wrap(err, "collect '%.*s'", STR_ARG(table->name));
        if (collector_began_anew(run->collectors[run->collector_count]))
            warn(run, arena_printf(&run->arena,
                                   "'%.*s' has another url than before: what is there is collected "
                                   "from its beginning, behind what was collected so far",
                                   STR_ARG(table->name)));
        run->collector_count++;
    }
    return true;
}

static bool start(Run *run, Error *err)
{
    StoreEpoch epoch = {0};

    if (!connections_open(run->options.data_dir, CONNECT_WRITE, &run->spec->settings,
                          &run->connections, err) ||
        !store_epoch_get(connections_store(run->connections), &epoch, err))
        return false;
    if (run->options.once || run->options.drain)
        connections_set_whole(run->connections);
    atomic_store(&run->committed_epoch, epoch.number);
    atomic_store(&run->barrier_epoch, epoch.number);
    if (!connections_system_tables(run->connections, run->spec, err) ||
        !aside_tables_open(connections_store(run->connections), run->spec, &run->arena, &run->aside,
                           err) ||
        !aside_tables_age(run->aside, connections_store(run->connections), err) ||
        !make_sinks(run, err) ||
        !kept_plans_check(connections_store(run->connections), run->spec, err) ||
        !port_groups_make(run, err) || !read_counters(run, err))
        return false;
    if (!connections_left_behind(run->connections, run->spec, &run->arena, &run->warnings,
                                 &run->warning_count, err))
        return false;
    make_exchange_ends(run);
    run->mailboxes = mem_zalloc(run->worker_count * sizeof(Mailbox *));
    for (uint32_t w = 0; w < run->worker_count; w++)
        run->mailboxes[w] = mailbox_create(run->worker_count, MAILBOX_BYTES);
    run->workers = mem_zalloc(run->worker_count * sizeof *run->workers);
    for (uint32_t w = 0; w < run->worker_count; w++) {
        if (!worker_init(&run->workers[w], run, w, err))
            return false;
    }
    if (!restore_state(run, epoch, err))
        return false;
    for (uint32_t w = 0; w < run->worker_count; w++) {
        if (!worker_open_ports(&run->workers[w], err))
            return false;
    }
    if (!socket_server_start(socket_path(&run->arena, run->options.data_dir), run->inbox,
                             &run->socket, err) ||
        !start_collectors(run, err))
        return false;
    start_sinks(run);
    for (uint32_t w = 0; w < run->worker_count; w++) {
        char name[32];

        (void)snprintf(name, sizeof name, "worker %u", w);
        run->workers[w].thread = os_thread_start(name, worker_main, &run->workers[w]);
    }
    run->committer = os_thread_start("committer", committer_main, run);
    return true;
}

static uint32_t choose_worker_count(uint32_t asked)
{
    if (asked)
        return MIN(asked, WORKERS_MAX);
    return (uint32_t)MIN(os_cpu_count(), WORKERS_DEFAULT_MAX);
}

static void run_free(Run *run)
{
    inbox_close(run->inbox);
    stop_sinks(run);
    socket_server_stop(run->socket);
    inbox_free(run->inbox);
    for (uint32_t c = 0; c < run->collector_count; c++)
        collector_stop(run->collectors[c]);
    for (uint32_t w = 0; run->workers && w < run->worker_count; w++) {
        worker_done(&run->workers[w]);
        epoch_part_free(run, run->parts[w]);
    }
    for (uint32_t w = 0; run->mailboxes && w < run->worker_count; w++)
        mailbox_free(run->mailboxes[w]);
    checkpoint_files_close(run->checkpoints);
    port_groups_done(run);
    connections_close(run->connections);
    free(run->workers);
    free(run->mailboxes);
    free(run->parts);
    os_cond_free(run->changed);
    os_mutex_free(run->mutex);
    arena_done(&run->arena);
    free(run);
}

bool run_start(const PipelineSpec *spec, const RunOptions *options, Run **out, Error *err)
{
    Run *run = mem_zalloc(sizeof *run);

    run->spec = spec;
    run->options = *options;
    run->sql = spec->sql;
    run->sql.now_us = os_realtime_us();
    run->started_us = os_realtime_us();
    run->epoch_limit_bytes = settings_int(&spec->settings, "epoch.limit");
    run->worker_count = choose_worker_count(options->worker_count);
    if (run->options.batch_rows == 0)
        run->options.batch_rows = BATCH_ROWS_DEFAULT;
    arena_init(&run->arena);
    run->mutex = os_mutex_create();
    run->changed = os_cond_create();
    run->inbox = inbox_create(wake_committer, run);
    run->parts = mem_zalloc(run->worker_count * sizeof(EpochPart *));
    run->views = arena_zalloc(&run->arena, (spec->view_count + 1) * sizeof(ViewSnapshot));
    run->drain_flows = arena_zalloc(&run->arena, (spec->flow_count + 1) * sizeof(_Atomic bool));
    run->clocks = ARENA_ARRAY(&run->arena, FlowClock *, spec->flow_count + 1);
    for (uint32_t f = 0; f < spec->flow_count; f++)
        run->clocks[f] = flow_clock_create(&run->arena, spec->flows[f].plan, run->worker_count);
    run->settled_sources =
        arena_zalloc(&run->arena, (spec->source_count + 1) * sizeof(_Atomic bool));
    for (uint32_t v = 0; v < spec->view_count; v++) {
        run->views[v] = (ViewSnapshot){
            .name = spec->views[v].table->name,
            .provider = str_of(provider_info(spec->views[v].table->provider)->name),
            .schedule = spec->views[v].schedule,
        };
    }
    if (!start(run, err)) {
        run_free(run);
        return false;
    }
    *out = run;
    return true;
}

/* ── watching and stopping ─────────────────────────────────────────────────────────────────────*/

bool run_wait(Run *run, int64_t timeout_us)
{
    int64_t until_us = os_monotonic_us() + timeout_us;
    bool ended;

    os_mutex_lock(run->mutex);
    while (!(ended = atomic_load(&run->ended)) && os_monotonic_us() < until_us)
        (void)os_cond_wait_for(run->changed, run->mutex, until_us - os_monotonic_us());
    os_mutex_unlock(run->mutex);
    return ended;
}

const char *const *run_warnings(const Run *run, size_t *count)
{
    *count = run->warning_count;
    return run->warnings;
}

void run_request_stop(Run *run)
{
    atomic_store(&run->stop, true);
    os_mutex_lock(run->mutex);
    os_cond_broadcast(run->changed);
    os_mutex_unlock(run->mutex);
}

bool run_finish(Run *run, Error *err)
{
    bool ok;

    run_request_stop(run);
    os_thread_join(run->committer);
    for (uint32_t w = 0; w < run->worker_count; w++)
        os_thread_join(run->workers[w].thread);
    ok = !atomic_load(&run->failed);
    if (!ok)
        *err = run->error;
    run_free(run);
    return ok;
}

static void flow_snapshot(Run *run, uint32_t f, FlowSnapshot *out)
{
    const FlowSpec *spec = &run->spec->flows[f];
    int64_t watermark_us = WATERMARK_END;

    *out = (FlowSnapshot){
        .name = spec->name,
        .target = spec->target->name,
        .provider = str_of(provider_info(spec->target->provider)->name),
        .rows_in = run->flow_base[f].rows_in,
        .rows_out = run->flow_base[f].rows_out,
        .late_count = run->flow_base[f].late,
        .dead_letter_count = run->flow_base[f].errors,
    };
    for (uint32_t w = 0; w < run->worker_count; w++) {
        FlowInstance *flow = &run->workers[w].flows[f];

        out->rows_in += atomic_load(&flow->seen_rows_in);
        out->rows_out += atomic_load(&flow->seen_rows_out);
        out->late_count += atomic_load(&flow->seen_late);
        out->dead_letter_count += atomic_load(&flow->seen_errors);
        out->state_bytes += atomic_load(&flow->seen_state_bytes);
        watermark_us = MIN(watermark_us, atomic_load(&flow->seen_watermark_us));
        for (uint32_t g = 0; g < run->group_count; g++) {
            for (uint32_t i = 0; i < run->groups[g].flow_count; i++) {
                if (run->groups[g].flows[i] == f)
                    out->lag += atomic_load(&run->workers[w].seen_lag[g]);
            }
        }
    }
    out->watermark_us = watermark_us;
}

bool run_look_at_sink(const Run *run, uint32_t flow_i, SinkDelivery *out)
{
    Sink *sink = run->sinks[flow_i];

    if (!sink->methods->look || !run_is_first_of_sink(run, flow_i))
        return false;
    sink->methods->look(sink, out);
    return true;
}

/* Of the sinks that hand on, each once. */
static void delivery_snapshots(Run *run, Arena *arena, RunSnapshot *out)
{
    out->deliveries = ARENA_ARRAY(arena, DeliverySnapshot, run->spec->flow_count + 1);
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        SinkDelivery seen;

        if (!run_look_at_sink(run, f, &seen))
            continue;
        out->deliveries[out->delivery_count++] = (DeliverySnapshot){
            .name = run->spec->flows[f].target->name,
            .waiting_bytes = seen.settled ? 0 : seen.waiting_bytes,
            .settled = seen.settled,
            .trouble = seen.trouble[0] ? arena_strdup(arena, seen.trouble) : NULL,
        };
    }
}

static void source_snapshot(Run *run, uint32_t s, Arena *arena, SourceSnapshot *out)
{
    const TableDef *table = run->spec->sources[s].table;

    *out = (SourceSnapshot){
        .name = table->name,
        .provider = str_of(provider_info(table->provider)->name),
        .record_count = run->source_base[s].records,
        .dead_letter_count = run->source_base[s].bad,
        .empty_count = run->source_base[s].empty,
    };
    for (uint32_t g = 0; g < run->group_count; g++) {
        for (uint32_t w = 0; run->groups[g].source_i == s && w < run->worker_count; w++) {
            out->record_count += atomic_load(&run->workers[w].seen_records[g]);
            out->dead_letter_count += atomic_load(&run->workers[w].seen_bad[g]);
            out->empty_count += atomic_load(&run->workers[w].seen_empty[g]);
            out->lag += atomic_load(&run->workers[w].seen_lag[g]);
        }
    }
    for (uint32_t c = 0; c < run->collector_count; c++) {
        if (collector_table(run->collectors[c]) == table)
            out->trouble = collector_trouble(run->collectors[c], arena);
    }
    os_mutex_lock(run->mutex);
    for (uint32_t w = 0; w < run->worker_count && !out->trouble; w++) {
        if (run->workers[w].troubles[s][0])
            out->trouble = arena_strdup(arena, run->workers[w].troubles[s]);
    }
    os_mutex_unlock(run->mutex);
}

void run_snapshot(Run *run, Arena *arena, RunSnapshot *out)
{
    const PipelineSpec *spec = run->spec;

    *out = (RunSnapshot){
        .flow_count = spec->flow_count,
        .flows = ARENA_ARRAY(arena, FlowSnapshot, spec->flow_count + 1),
        .source_count = spec->source_count,
        .sources = ARENA_ARRAY(arena, SourceSnapshot, spec->source_count + 1),
        .view_count = spec->view_count,
        .views = ARENA_ARRAY(arena, ViewSnapshot, spec->view_count + 1),
        .epoch = atomic_load(&run->committed_epoch),
        .commit_us = atomic_load(&run->commit_us),
        .started_us = run->started_us,
        .ended = atomic_load(&run->ended),
    };
    for (uint32_t f = 0; f < spec->flow_count; f++)
        flow_snapshot(run, f, &out->flows[f]);
    for (uint32_t s = 0; s < spec->source_count; s++)
        source_snapshot(run, s, arena, &out->sources[s]);
    delivery_snapshots(run, arena, out);
    aside_tables_let_go(run->aside, arena, &out->let_go, &out->let_go_count);
    os_mutex_lock(run->mutex);
    for (uint32_t v = 0; v < spec->view_count; v++)
        out->views[v] = run->views[v];
    os_mutex_unlock(run->mutex);
}
