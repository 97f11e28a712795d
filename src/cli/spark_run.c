/*
 * spark_run.c: see spark_run.h. The runner tells its progress as lines of JSON (spark/weir_spark/run.py);
 * here they become the picture that runs of weir's own engine have.
 */
#include "cli/spark_run.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/live.h"
#include "cli/load.h"
#include "cli/spark.h"

enum { LOOK_US = 50000, REDRAW_US = 250000, REPORT_US = 10000000, START_US = 60000000 };

typedef struct SparkRun {
    const Options *options;
    const SparkParts *parts;
    const PipelineSpec *spec; /* Spark's part. */
    Run *here;                /* The part that collects; NULL: there is none, or it has ended. */
    OsProcess *process;
    Arena *arena;
    Live *live;
    RunSnapshot snapshot;
    int64_t pid;      /* The runner's, once told; above it stands Spark's JVM. */
    int64_t asked_us; /* Since when it is to stop. */
    bool asked;
    bool once;
    bool quiet;
    bool began;  /* Something was told. */
    bool failed; /* The runner named an error. */
} SparkRun;

/* ── what the runner tells ─────────────────────────────────────────────────────────────────────*/

static double number_of(const cJSON *item, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, name);

    return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

static const char *text_of(const cJSON *item, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, name);

    return cJSON_IsString(value) ? value->valuestring : NULL;
}

/* 2026-01-01T00:00:10.000Z; Spark has no watermark yet where it says 1970. */
static int64_t watermark_of(const char *text)
{
    struct tm day = {0};
    int millis = 0;
    int64_t seconds;

    if (!text || sscanf(text, "%d-%d-%dT%d:%d:%d.%dZ", &day.tm_year, &day.tm_mon, &day.tm_mday,
                        &day.tm_hour, &day.tm_min, &day.tm_sec, &millis) < 6)
        return WATERMARK_NONE;
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    seconds = timegm(&day);
    return seconds > 0 ? seconds * 1000000 + millis * 1000 : WATERMARK_NONE;
}

static void take_flow(SparkRun *run, const cJSON *item, const char *name)
{
    for (uint32_t i = 0; i < run->snapshot.flow_count; i++) {
        FlowSnapshot *flow = &run->snapshot.flows[i];

        if (!str_is(flow->name, name))
            continue;
        flow->rows_in = (uint64_t)number_of(item, "rows_in");
        flow->rows_out = (uint64_t)number_of(item, "rows_out");
        flow->watermark_us = watermark_of(text_of(item, "watermark"));
        run->snapshot.epoch = MAX(run->snapshot.epoch, (int64_t)number_of(item, "batch"));
    }
}

static void take_view(SparkRun *run, const cJSON *item, const char *name)
{
    for (uint32_t i = 0; i < run->snapshot.view_count; i++) {
        ViewSnapshot *view = &run->snapshot.views[i];

        if (!str_is(view->name, name))
            continue;
        view->row_count = (int64_t)number_of(item, "rows");
        view->refreshed_us = os_realtime_us();
    }
}

static void take_error(SparkRun *run, const cJSON *item, const char *text)
{
    int line = (int)number_of(item, "line");

    run->failed = true;
    if (line > 0)
        fprintf(stderr, "%s:%d:%d: error: %s\n", run->spec->file_name, line,
                (int)number_of(item, "column"), text);
    else
        fprintf(stderr, "weir %s: %s\n", run->options->command, text);
}

static void take_lines(SparkRun *run)
{
    Arena arena; /* Its own: a run takes lines for months. */
    Str line;

    arena_init(&arena);
    while (os_process_line(run->process, &arena, &line)) {
        cJSON *item = cJSON_ParseWithLength(line.data, line.bytes);
        const char *text;

        if (item && (text = text_of(item, "flow")))
            take_flow(run, item, text);
        else if (item && (text = text_of(item, "view")))
            take_view(run, item, text);
        else if (item && (text = text_of(item, "error")))
            take_error(run, item, text);
        else if (item && (text = text_of(item, "trouble")))
            fprintf(stderr, "weir %s: %s\n", run->options->command, text);
        else if (item && number_of(item, "pid") > 0)
            run->pid = (int64_t)number_of(item, "pid");
        run->began = run->began || item;
        cJSON_Delete(item);
        arena_reset(&arena);
    }
    arena_done(&arena);
}

static void make_snapshot(SparkRun *run)
{
    const PipelineSpec *spec = run->spec;
    RunSnapshot *snapshot = &run->snapshot;

    *snapshot = (RunSnapshot){
        .flows = ARENA_ARRAY(run->arena, FlowSnapshot, spec->flow_count + 1),
        .flow_count = spec->flow_count,
        .views = ARENA_ARRAY(run->arena, ViewSnapshot, spec->view_count + 1),
        .view_count = spec->view_count,
        .started_us = os_realtime_us(),
    };
    for (uint32_t i = 0; i < spec->flow_count; i++)
        snapshot->flows[i] = (FlowSnapshot){
            .name = spec->flows[i].name,
            .target = spec->flows[i].target->name,
            .provider = str_of(provider_info(spec->flows[i].target->provider)->name),
            .watermark_us = WATERMARK_NONE,
        };
    for (uint32_t i = 0; i < spec->view_count; i++)
        snapshot->views[i] = (ViewSnapshot){
            .name = spec->views[i].table->name,
            .provider = str_of(provider_info(spec->views[i].table->provider)->name),
            .schedule = spec->views[i].schedule,
        };
}

/* ── the run ───────────────────────────────────────────────────────────────────────────────────*/

/* Asks the runner, and not the JVM above it, which would drop the batch at hand. */
static void ask_to_stop(SparkRun *run)
{
    int64_t now_us = os_monotonic_us();

    if (!run->asked_us)
        run->asked_us = now_us;
    if (run->asked || (!run->pid && now_us - run->asked_us < START_US))
        return;
    if (run->pid)
        os_process_stop_child(run->process, run->pid);
    else
        os_process_stop(run->process, false); /* It does not even start. */
    run->asked = true;
}

/* The picture of both engines. */
static void show(SparkRun *run, bool is_last)
{
    RunSnapshot whole = run->snapshot;
    RunSnapshot here;
    Arena arena;

    arena_init(&arena);
    if (run->here) {
        run_snapshot(run->here, &arena, &here);
        whole.flows = ARENA_ARRAY(&arena, FlowSnapshot, here.flow_count + run->snapshot.flow_count + 1);
        memcpy(whole.flows, here.flows, here.flow_count * sizeof *here.flows);
        memcpy(whole.flows + here.flow_count, run->snapshot.flows,
               run->snapshot.flow_count * sizeof *here.flows);
        whole.flow_count += here.flow_count;
        whole.sources = here.sources;
        whole.source_count = here.source_count;
        whole.deliveries = here.deliveries;
        whole.delivery_count = here.delivery_count;
    }
    live_show(run->live, &whole, is_last, stdout);
    arena_done(&arena);
}

/* Until Spark has ended; its status. When the part here ends by itself, so does the whole. */
static int watch(SparkRun *run, bool redraws)
{
    int64_t every_us = redraws ? REDRAW_US : REPORT_US;
    int64_t shown_us = os_monotonic_us();
    bool here_ended = false;
    int status;

    while (!os_process_ended(run->process, &status)) {
        take_lines(run);
        if (run->live && run->began && os_monotonic_us() - shown_us >= every_us) {
            show(run, false);
            shown_us = os_monotonic_us();
        }
        here_ended = run->here && !run->once && run_wait(run->here, 0);
        if (os_stop_requested() || here_ended)
            ask_to_stop(run);
        os_sleep_us(LOOK_US);
    }
    take_lines(run);
    return status;
}

/* --once: all that is there to be collected is in the topics before Spark begins. */
static void wait_for_collected(SparkRun *run)
{
    while (!run_wait(run->here, 50000) && !os_stop_requested())
        ;
}

static int end_here(SparkRun *run, int status)
{
    Error err = {0};
    Run *here = run->here;

    run->here = NULL;
    if (!here)
        return status;
    run_request_stop(here);
    while (!run_wait(here, 1000000))
        ;
    if (run_finish(here, &err))
        return status;
    return tell_run_error(run->options, run->parts->collecting, &err);
}

static int spark_status(const SparkRun *run, int status)
{
    if (!status || run->failed)
        return status == EXIT_OUTSIDE ? EXIT_OUTSIDE : status ? EXIT_INPUT : EXIT_DONE;
    fprintf(stderr, "weir %s: Spark ended with status %d; what it said stands above\n",
            run->options->command, status);
    return EXIT_OUTSIDE;
}

/* Spark and the part here, from start to end. */
static int run_both(SparkRun *run, const SparkPlace *place, const char *dir, OutputStyle style)
{
    const char *arguments[] = {"run", "--data", dir, run->once ? "--once" : NULL, NULL};
    Error err = {0};
    int status;

    if (run->parts->collecting->flow_count) {
        if (!run_start(run->parts->collecting, &run->parts->here, &run->here, &err))
            return tell_run_error(run->options, run->parts->collecting, &err);
        if (run->once)
            wait_for_collected(run);
    }
    if (os_stop_requested())
        return end_here(run, EXIT_DONE);
    if (!spark_start(place, run->spec, dir, arguments, true, run->arena, &run->process, &err)) {
        status = tell_error(run->options, &err);
        return end_here(run, status);
    }
    if (!run->quiet) {
        printf("Spark is starting; plan, checkpoints and data in %s\n", dir);
        (void)fflush(stdout);
        run->live = live_create(run->spec->file_name, dir, style);
    }
    status = spark_status(run, watch(run, style.redraws));
    if (run->live)
        show(run, true);
    return end_here(run, status);
}

int spark_run(const Options *options, const SparkParts *parts, bool once, bool quiet)
{
    Arena arena;
    SparkRun run = {.options = options, .parts = parts, .spec = parts->cluster, .arena = &arena,
                    .once = once, .quiet = quiet};
    SparkPlace place;
    const char *dir;
    Error err = {0};
    int status;

    arena_init(&arena);
    dir = arena_printf(&arena, "%s/spark", parts->here.data_dir);
    os_stop_catch();
    make_snapshot(&run);
    if (spark_find(&arena, &place, &err) && spark_export(parts->cluster, dir, &err))
        status = run_both(&run, &place, dir, output_style(stdout));
    else
        status = tell_error(options, &err);
    if (!status && os_stop_requested() && !quiet)
        puts("stopped; the next run goes on from the checkpoints");
    live_free(run.live);
    os_process_free(run.process);
    arena_done(&arena);
    return status;
}
