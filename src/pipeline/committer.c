/*
 * committer.c: makes epochs durable and visible, one after another.
 *
 *     asked -> parts of all workers -> prepare sinks (log bytes synced) -> state file synced
 *           -> one store transaction: rows, positions, topic ends, counters, (file, length)
 *           -> committed: readers are told
 *
 * A crash before the store's commit leaves log bytes and state beyond what the store names; the next
 * start cuts them off (connect.c, checkpoint_files_open), and reads its sources from the positions of
 * the last commit. While an epoch is being committed the workers are already in the next one.
 *
 * An epoch is begun when there is something to commit and either nothing more to read (so that below
 * full load a row is visible as soon as the disk allows), or commit.interval has passed, or the epoch
 * holds as much as it may (epoch.limit).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "pipeline/kept_plan.h"
#include "pipeline/run_impl.h"
#include "store/meta.h"

/* How long to sleep before looking again whether something is to be done; signals come earlier. */
enum { LOOK_US = 20000, HOUSEKEEPING_US = 10000000 };

/* What was delivered is noted with the next epoch; when there is none, after so long. */
enum { NOTE_US = 1000000 };

EpochPart *epoch_part_create(const Run *run)
{
    EpochPart *part = mem_zalloc(sizeof *part);

    part->outputs = mem_zalloc(run->spec->flow_count * sizeof(SinkOutput *));
    part->flow_counts = mem_zalloc(run->spec->flow_count * sizeof *part->flow_counts);
    part->port_counts = mem_zalloc(run->group_count * sizeof *part->port_counts);
    return part;
}

void epoch_part_free(const Run *run, EpochPart *part)
{
    if (!part)
        return;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        if (part->outputs[f])
            run->sinks[f]->methods->output_free(part->outputs[f]);
    }
    checkpoint_writer_free(part->checkpoint);
    aside_free(part->aside);
    VEC_DONE(&part->positions);
    free(part->outputs);
    free(part->flow_counts);
    free(part->port_counts);
    free(part);
}

/* ── an epoch ──────────────────────────────────────────────────────────────────────────────────*/

/* What one commit works on. */
typedef struct Commit {
    Run *run;
    int64_t epoch;
    bool full;
    EpochPart **parts;    /* One a worker. */
    Collected *collected; /* One a collector. */
    InboxRequest *requests;
    Arena arena;
    StoreTxn *txn;
    bool topics_moved;
} Commit;

/* Waits until every worker has handed over its part. False: the run has failed. */
static bool gather(Commit *commit)
{
    Run *run = commit->run;
    bool all = false;

    os_mutex_lock(run->mutex);
    while (!all && !atomic_load(&run->failed)) {
        all = true;
        for (uint32_t w = 0; w < run->worker_count; w++)
            all = all && run->parts[w];
        if (!all)
            (void)os_cond_wait_for(run->changed, run->mutex, LOOK_US);
    }
    if (all) {
        memcpy(commit->parts, run->parts, run->worker_count * sizeof *run->parts);
        memset(run->parts, 0, run->worker_count * sizeof *run->parts);
    }
    os_mutex_unlock(run->mutex);
    return all;
}

/* Flows into one table share its sink, which is prepared once with the outputs of all of them. */
static bool prepare_sinks(Commit *commit, Error *err)
{
    Run *run = commit->run;

    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        VEC(SinkOutput *) outputs = {0};
        Sink *sink = run->sinks[f];

        if (!run_is_first_of_sink(run, f))
            continue;
        for (uint32_t g = f; g < run->spec->flow_count; g++) {
            if (run->sinks[g] != sink)
                continue;
            for (uint32_t w = 0; w < run->worker_count; w++) {
                if (commit->parts[w]->outputs[g])
                    VEC_ADD_IN(&commit->arena, &outputs, commit->parts[w]->outputs[g]);
                commit->parts[w]->outputs[g] = NULL;
            }
        }
        if (outputs.count && run->spec->flows[f].target->provider == PROVIDER_KAFKA)
            commit->topics_moved = true;
        if (!sink->methods->prepare(sink, commit->epoch, outputs.items, (uint32_t)outputs.count,
                                    err))
            return error_wrap(err, "write '%.*s'", STR_ARG(run->spec->flows[f].target->name));
    }
    return true;
}

static bool prepare_collected(Commit *commit, Error *err)
{
    Run *run = commit->run;

    for (uint32_t c = 0; c < run->collector_count; c++) {
        Collected *collected = &commit->collected[c];

        if (collected->records.count == 0)
            continue;
        commit->topics_moved = true;
        if (!connections_append_collected(run->connections, collector_table(run->collectors[c]),
                                          collected->records.items, collected->records.count, err))
            return false;
    }
    return true;
}

static bool prepare_requests(Commit *commit, Error *err)
{
    Connections *connections = commit->run->connections;

    for (InboxRequest *request = commit->requests; request; request = request->next) {
        if (!connections_carry_out(connections, &request->what, &request->refused, &request->error,
                                   err))
            return error_wrap(err, "records from outside");
        commit->topics_moved = true;
    }
    return connections_sync_appended(connections, err);
}

static bool write_checkpoint(Commit *commit, StoreEpoch *epoch, Error *err)
{
    Run *run = commit->run;
    CheckpointWriter **writers = ARENA_ARRAY(&commit->arena, CheckpointWriter *, run->worker_count);
    CheckpointMark mark;

    for (uint32_t w = 0; w < run->worker_count; w++)
        writers[w] = commit->parts[w]->checkpoint;
    if (!checkpoint_files_write(run->checkpoints, commit->epoch, commit->full, writers,
                                run->worker_count, &mark, err))
        return error_wrap(err, "write the state");
    *epoch = (StoreEpoch){commit->epoch, mark.file_number, mark.file_bytes};
    return true;
}

static bool store_positions(Commit *commit, Error *err)
{
    Run *run = commit->run;

    for (uint32_t w = 0; w < run->worker_count; w++) {
        for (size_t i = 0; i < commit->parts[w]->positions.count; i++) {
            const ReadPosition *read = &commit->parts[w]->positions.items[i];
            PortGroup *group = &run->groups[read->group_i];
            Str part = port_position_part(
                &commit->arena, run->spec->sources[group->source_i].table,
                group->source->methods->partition_name(group->source, read->partition),
                read->partition);

            if (!port_group_moved(group, read->partition, read->position))
                continue;
            for (uint32_t f = 0; f < group->flow_count; f++) {
                if (!store_meta_set(commit->txn, META_POSITION,
                                    run->spec->flows[group->flows[f]].name, part, read->position,
                                    err))
                    return false;
            }
        }
    }
    for (uint32_t c = 0; c < run->collector_count; c++) {
        Str position = commit->collected[c].position;

        if (position.data &&
            !store_meta_set_text(commit->txn, META_POSITION,
                                 collector_table(run->collectors[c])->name, STR("collect"),
                                 position, err))
            return false;
    }
    return true;
}

static bool set_counter(Commit *commit, Str name, const char *part, uint64_t value, Error *err)
{
    return store_meta_set(commit->txn, META_COUNTER, name, str_of(part), (int64_t)value, err);
}

static bool store_counters(Commit *commit, Error *err)
{
    Run *run = commit->run;

    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        FlowCounts sum = run->flow_base[f];
        Str name = run->spec->flows[f].name;

        for (uint32_t w = 0; w < run->worker_count; w++) {
            const FlowCounts *counts = &commit->parts[w]->flow_counts[f];

            sum.rows_in += counts->rows_in;
            sum.rows_out += counts->rows_out;
            sum.late += counts->late;
            sum.errors += counts->errors;
        }
        if (!set_counter(commit, name, "rows_in", sum.rows_in, err) ||
            !set_counter(commit, name, "rows_out", sum.rows_out, err) ||
            !set_counter(commit, name, "late", sum.late, err) ||
            !set_counter(commit, name, "errors", sum.errors, err))
            return false;
    }
    for (uint32_t s = 0; s < run->spec->source_count; s++) {
        PortCounts sum = run->source_base[s];
        Str name = str_of(arena_printf(&commit->arena, "source %.*s",
                                       STR_ARG(run->spec->sources[s].table->name)));

        for (uint32_t g = 0; g < run->group_count; g++) {
            for (uint32_t w = 0; run->groups[g].source_i == s && w < run->worker_count; w++) {
                sum.records += commit->parts[w]->port_counts[g].records;
                sum.bad += commit->parts[w]->port_counts[g].bad;
                sum.empty += commit->parts[w]->port_counts[g].empty;
            }
        }
        if (!set_counter(commit, name, "records", sum.records, err) ||
            !set_counter(commit, name, "bad", sum.bad, err) ||
            !set_counter(commit, name, "empty", sum.empty, err))
            return false;
    }
    return true;
}

static bool commit_in_store(Commit *commit, StoreEpoch epoch, Error *err)
{
    Run *run = commit->run;
    AsideRows **aside = ARENA_ARRAY(&commit->arena, AsideRows *, run->worker_count);
    StoreTxn *txn;

    for (uint32_t w = 0; w < run->worker_count; w++)
        aside[w] = commit->parts[w]->aside;
    if (!store_begin(connections_store(run->connections), &commit->txn, err))
        return false;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        if (run_is_first_of_sink(run, f) &&
            !run->sinks[f]->methods->commit(run->sinks[f], commit->epoch, commit->txn, err)) {
            error_wrap(err, "write '%.*s'", STR_ARG(run->spec->flows[f].target->name));
            goto fail;
        }
    }
    if (!connections_commit_appended(run->connections, commit->txn, err) ||
        !aside_tables_write(run->aside, aside, run->worker_count, commit->txn, err) ||
        !store_positions(commit, err) || !store_counters(commit, err) ||
        !store_epoch_set(commit->txn, epoch, err) ||
        (commit->full && !kept_plans_let_go(commit->txn, run->spec, err)))
        goto fail;
    txn = commit->txn;
    commit->txn = NULL;
    return store_commit(txn, err);

fail:
    store_rollback(commit->txn);
    return false;
}

/* Flows that stand at different places in a source: the first one's counts. */
static void tell_sources(const Commit *commit)
{
    const Run *run = commit->run;

    for (uint32_t w = 0; w < run->worker_count; w++) {
        for (size_t i = 0; i < commit->parts[w]->positions.count; i++) {
            const ReadPosition *read = &commit->parts[w]->positions.items[i];
            const PortGroup *group = &run->groups[read->group_i];
            bool first = read->group_i == 0 ||
                         run->groups[read->group_i - 1].source_i != group->source_i;

            if (first && group->source->methods->committed)
                group->source->methods->committed(group->source, read->partition, read->position);
        }
    }
}

static bool commit_parts(Commit *commit, Error *err)
{
    Run *run = commit->run;
    StoreEpoch epoch;

    if (!prepare_sinks(commit, err) || !prepare_collected(commit, err) ||
        !prepare_requests(commit, err) || !write_checkpoint(commit, &epoch, err) ||
        !commit_in_store(commit, epoch, err))
        return false;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        if (run_is_first_of_sink(run, f) && run->sinks[f]->methods->committed)
            run->sinks[f]->methods->committed(run->sinks[f], commit->epoch);
    }
    connections_appended_committed(run->connections);
    tell_sources(commit);
    return checkpoint_files_forget(run->checkpoints,
                                   (CheckpointMark){epoch.state_file, epoch.state_bytes}, err);
}

/* `err`: the epoch has failed; maybe after it was committed, who knows. */
static void answer_requests(Commit *commit, const Error *err)
{
    Error told = {0};

    if (err)
        (void)error_set(&told, ERROR_JOB,
                        "the run failed; whether this was written is not known: %s", err->text);
    inbox_answer(commit->requests, err ? &told : NULL);
}

static bool run_epoch(Run *run, Error *err)
{
    Commit commit = {.run = run, .epoch = atomic_load(&run->committed_epoch) + 1};
    int64_t began_us = os_monotonic_us();
    bool ok;

    arena_init(&commit.arena);
    commit.full = checkpoint_files_want_full(run->checkpoints);
    commit.parts = mem_zalloc(run->worker_count * sizeof(EpochPart *));
    commit.collected = mem_zalloc((run->collector_count + 1) * sizeof *commit.collected);
    atomic_store(&run->barrier_full, commit.full);
    atomic_store(&run->barrier_epoch, commit.epoch);
    run_wake_workers(run);
    /* What was collected by now is of this epoch. */
    for (uint32_t c = 0; c < run->collector_count; c++)
        collector_take(run->collectors[c], &commit.collected[c]);
    commit.requests = inbox_take(run->inbox);
    ok = gather(&commit);
    if (ok) {
        ok = commit_parts(&commit, err);
        if (ok) {
            atomic_store(&run->committed_epoch, commit.epoch);
            atomic_store(&run->commit_us, os_monotonic_us() - began_us);
            if (commit.topics_moved) {
                atomic_fetch_add(&run->generation, 1);
                run_wake_workers(run);
            }
        }
    } else {
        os_mutex_lock(run->mutex);
        *err = run->error;
        os_mutex_unlock(run->mutex);
    }
    answer_requests(&commit, ok ? NULL : err);
    for (uint32_t w = 0; w < run->worker_count; w++)
        epoch_part_free(run, commit.parts[w]);
    for (uint32_t c = 0; c < run->collector_count; c++)
        collected_done(&commit.collected[c]);
    free(commit.parts);
    free(commit.collected);
    arena_done(&commit.arena);
    return ok;
}

/* ── what to do next ───────────────────────────────────────────────────────────────────────────*/

typedef struct Situation {
    bool dirty;              /* There is something to commit. */
    bool at_end;             /* No worker finds anything more to read. */
    bool full;               /* Some worker reads nothing more in this epoch. */
    bool collectors_finished;
    bool delivered;          /* All that is committed can be read where it goes. */
} Situation;

/* What the sinks of outside systems say: whether all is there, whether so much waits that nothing more
 * may be read. False: one has given up. */
static bool look_at_deliveries(Run *run, bool *delivered, Error *err)
{
    bool once = run->options.once || run->options.drain;
    int64_t patience_us = settings_duration_us(&run->spec->settings, "outage.patience");
    bool full = false;

    *delivered = true;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        SinkDelivery seen;

        if (!run_look_at_sink(run, f, &seen))
            continue;
        if (seen.failed) {
            *err = seen.error;
            return error_wrap(err, "write '%.*s'", STR_ARG(run->spec->flows[f].target->name));
        }
        if (once && seen.trouble[0] && seen.idle_us > patience_us)
            return error_set(err, ERROR_RETRY,
                             "write '%.*s': %s; what was not written yet is kept, and is written by "
                             "the next run",
                             STR_ARG(run->spec->flows[f].target->name), seen.trouble);
        *delivered = *delivered && seen.settled;
        full = full || seen.full;
    }
    if (atomic_exchange(&run->hold, full) && !full)
        run_wake_workers(run);
    return true;
}

static Situation look(Run *run)
{
    Situation now = {.at_end = true, .collectors_finished = true};
    int64_t generation = atomic_load(&run->generation);

    for (uint32_t w = 0; w < run->worker_count; w++) {
        /* at_end_of first: a worker sets dirty before it says that it is at the end. */
        now.at_end = now.at_end && atomic_load(&run->workers[w].at_end_of) == generation;
        now.dirty = now.dirty || atomic_load(&run->workers[w].dirty);
        now.full = now.full || atomic_load(&run->workers[w].full);
    }
    for (uint32_t c = 0; c < run->collector_count; c++) {
        now.collectors_finished =
            now.collectors_finished && collector_is_finished(run->collectors[c]);
        now.dirty = now.dirty || collector_has_records(run->collectors[c]);
    }
    now.dirty = now.dirty || inbox_has_requests(run->inbox);
    return now;
}

static bool all_sources_settled(const Run *run, const FlowSpec *flow)
{
    for (uint32_t i = 0; i < flow->scan_count; i++) {
        if (flow->scan_source[i] != UINT32_MAX &&
            !atomic_load(&run->settled_sources[flow->scan_source[i]]))
            return false;
    }
    return true;
}

/* Whether a flow of this run fills what the source reads, in a system outside. */
static bool is_fed_outside(const Run *run, const PortGroup *group)
{
    const TableDef *read = run->spec->sources[group->source_i].table;

    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        const TableDef *target = run->spec->flows[f].target;

        if (run->sinks[f]->methods->look &&
            (target == read || (target->provider == PROVIDER_KAFKA &&
                                read->provider == PROVIDER_KAFKA &&
                                str_equal(table_topic(target), table_topic(read)))))
            return true;
    }
    return false;
}

/* --once: what was delivered since belongs to the sources that read it. False: none had any. */
static bool extend_sources(Run *run, bool *extended, Error *err)
{
    int64_t until_us =
        os_monotonic_us() + settings_duration_us(&run->spec->settings, "outage.patience");

    *extended = false;
    if (!atomic_exchange(&run->delivered, false))
        return true;
    for (uint32_t g = 0; g < run->group_count; g++) {
        const PortGroup *group = &run->groups[g];

        if (!group->source->methods->extend || !is_fed_outside(run, group))
            continue;
        while (!group->source->methods->extend(group->source, err)) {
            if (atomic_load(&run->stop))
                return true; /* What it read ends where it ends. */
            if (err->kind != ERROR_RETRY || os_monotonic_us() > until_us)
                return error_wrap(err, "read '%.*s'",
                                  STR_ARG(run->spec->sources[group->source_i].table->name));
            os_sleep_us(LOOK_US);
        }
        *extended = true;
    }
    if (*extended) {
        atomic_fetch_add(&run->generation, 1);
        run_wake_workers(run);
    }
    return true;
}

/* --once, when all is quiet: nothing more will come to a source whose feeders' own sources have
 * settled before. Its partitions become idle, windows may close, and what they emit may be read
 * further on: so it goes source by source, down the pipeline. False: all are settled. */
static bool settle_next(Run *run)
{
    const PipelineSpec *spec = run->spec;
    bool *next = mem_zalloc(spec->source_count + 1);
    bool any = false;

    for (uint32_t s = 0; s < spec->source_count; s++) {
        next[s] = !atomic_load(&run->settled_sources[s]);
        for (uint32_t f = 0; next[s] && f < spec->flow_count; f++) {
            if (spec->flows[f].target == spec->sources[s].table)
                next[s] = all_sources_settled(run, &spec->flows[f]);
        }
        any = any || next[s];
    }
    for (uint32_t s = 0; s < spec->source_count; s++) {
        if (next[s])
            atomic_store(&run->settled_sources[s], true);
    }
    free(next);
    if (any) {
        atomic_fetch_add(&run->generation, 1);
        run_wake_workers(run);
    }
    return any;
}

/* Whether every flow that fills what flow f reads is drained. */
static bool inputs_are_drained(const Run *run, uint32_t flow_i)
{
    const FlowSpec *flow = &run->spec->flows[flow_i];

    for (uint32_t i = 0; i < flow->scan_count; i++) {
        const TableDef *read = flow->scans[i]->as.scan.table;

        for (uint32_t g = 0; g < run->spec->flow_count; g++) {
            if (g != flow_i && run->spec->flows[g].target == read &&
                !atomic_load(&run->drain_flows[g]))
                return false;
        }
    }
    return true;
}

/* Ends the input of the flows whose inputs have all ended. False: there are none left. */
static bool drain_next(Run *run)
{
    bool *next = mem_zalloc(run->spec->flow_count * sizeof *next);
    bool any = false;

    for (uint32_t f = 0; f < run->spec->flow_count; f++)
        next[f] = !atomic_load(&run->drain_flows[f]) && inputs_are_drained(run, f);
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        if (next[f])
            atomic_store(&run->drain_flows[f], true);
        any = any || next[f];
    }
    free(next);
    if (any) {
        atomic_fetch_add(&run->generation, 1);
        run_wake_workers(run);
    }
    return any;
}

/* What was delivered since the last epoch is noted, so that the next run need not look for it. */
static bool note_deliveries(Run *run, Error *err)
{
    StoreTxn *txn;

    if (!store_begin(connections_store(run->connections), &txn, err))
        return false;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        Sink *sink = run->sinks[f];

        if (sink->methods->look && run_is_first_of_sink(run, f) &&
            !sink->methods->commit(sink, atomic_load(&run->committed_epoch), txn, err)) {
            store_rollback(txn);
            return false;
        }
    }
    if (!store_commit(txn, err))
        return false;
    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        Sink *sink = run->sinks[f];

        if (sink->methods->look && run_is_first_of_sink(run, f))
            sink->methods->committed(sink, atomic_load(&run->committed_epoch));
    }
    return true;
}

/* A system may forget what it was given (sink/deliverer.h): while nothing is committed, how far it has come
 * is noted all the same. */
static bool note_quiet_deliveries(Run *run, Error *err)
{
    bool wanted = false;

    for (uint32_t f = 0; f < run->spec->flow_count; f++) {
        SinkDelivery seen;

        if (!run_look_at_sink(run, f, &seen))
            continue;
        wanted = wanted || seen.begins || (!seen.noted && seen.idle_us > NOTE_US);
    }
    return !wanted || note_deliveries(run, err);
}

/* The epochs are all committed: waits a while until the outside systems have them too. What they do
 * not take is durable, and delivered by the next run. */
static bool wait_for_deliveries(Run *run, Error *err)
{
    int64_t until_us =
        os_monotonic_us() + settings_duration_us(&run->spec->settings, "outbox.stop_wait");
    bool delivered;

    while (look_at_deliveries(run, &delivered, err)) {
        if (delivered || os_monotonic_us() > until_us)
            return true;
        if (!note_quiet_deliveries(run, err))
            return false;
        os_mutex_lock(run->mutex);
        (void)os_cond_wait_for(run->changed, run->mutex, LOOK_US);
        os_mutex_unlock(run->mutex);
    }
    return false;
}

/* Nothing more is taken in: neither from producers nor from collectors. */
static void close_intakes(Run *run)
{
    inbox_close(run->inbox);
    for (uint32_t c = 0; c < run->collector_count; c++)
        collector_request_stop(run->collectors[c]);
}

/* What was collected cannot be asked for again: it stays until every flow has read it. */
static void keep_collected(Run *run)
{
    for (uint32_t s = 0; s < run->spec->source_count; s++) {
        int64_t offset = INT64_MAX;

        if (run->spec->sources[s].table->provider != PROVIDER_HTTP)
            continue;
        for (uint32_t g = 0; g < run->group_count; g++) {
            const PortGroup *group = &run->groups[g];

            if (group->source_i == s)
                offset = MIN(offset, group->committed.count ? group->committed.items[0] : 0);
        }
        connections_keep_collected(run->connections, run->spec->sources[s].table, MAX(offset, 0));
    }
}

/* Lets go of what topics and tables set aside no longer keep. */
static bool keep_house(Run *run, Error *err)
{
    keep_collected(run);
    return connections_housekeeping(run->connections, err) &&
           aside_tables_age(run->aside, connections_store(run->connections), err);
}

static bool commit_loop(Run *run, Error *err)
{
    bool once = run->options.once || run->options.drain;
    int64_t committed_us = os_monotonic_us();
    int64_t kept_house_us = committed_us;

    while (!atomic_load(&run->failed)) {
        bool stop = atomic_load(&run->stop);
        bool delivered;
        Situation now;
        int64_t waited_us = os_monotonic_us() - committed_us;

        if (stop)
            close_intakes(run);
        /* Here, where a load that leaves no pause between epochs comes by as well. */
        if (os_monotonic_us() - kept_house_us > HOUSEKEEPING_US) {
            kept_house_us = os_monotonic_us();
            if (!keep_house(run, err))
                return false;
        }
        /* Deliveries first: each makes a new generation, in which the workers look again. */
        if (!look_at_deliveries(run, &delivered, err))
            return false;
        now = look(run);
        now.delivered = delivered;
        for (uint32_t c = 0; c < run->collector_count; c++) {
            if (collector_failed(run->collectors[c], err))
                return error_wrap(err, "collect '%.*s'",
                                  STR_ARG(collector_table(run->collectors[c])->name));
        }
        if (now.dirty && (now.at_end || now.full || stop ||
                          waited_us >= run->options.commit_interval_us)) {
            if (!run_epoch(run, err))
                return false;
            committed_us = os_monotonic_us();
            if (!stop)
                continue;
        }
        /* One epoch more and no further: what is not read yet stays where it is, for the next run,
         * however much it is. */
        if (stop)
            return wait_for_deliveries(run, err) && note_deliveries(run, err);
        if (once && now.at_end && !now.dirty && now.collectors_finished && now.delivered) {
            bool extended;

            if (!extend_sources(run, &extended, err))
                return false;
            if (extended || settle_next(run) || (run->options.drain && drain_next(run)))
                continue;
            return run_refresh_views(run, err) && note_deliveries(run, err);
        }
        if (!now.dirty && !note_quiet_deliveries(run, err))
            return false;
        os_mutex_lock(run->mutex);
        (void)os_cond_wait_for(run->changed, run->mutex,
                               now.dirty ? MAX(run->options.commit_interval_us - waited_us, 1)
                                         : LOOK_US);
        os_mutex_unlock(run->mutex);
    }
    return true;
}

void committer_main(void *arg)
{
    Run *run = arg;
    Error err = {0};
    bool live = !run->options.once && !run->options.drain;

    /* Until there is a scheduler, a live run builds its views when it starts. */
    if ((live && !run_refresh_views(run, &err)) || !commit_loop(run, &err))
        run_fail(run, &err);
    inbox_close(run->inbox);
    atomic_store(&run->ended, true);
    run_wake_workers(run);
    os_mutex_lock(run->mutex);
    os_cond_broadcast(run->changed);
    os_mutex_unlock(run->mutex);
}
