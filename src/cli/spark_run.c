/*
 * spark_run.c: see spark_run.h. The runner tells its progress as lines of JSON (spark/weir_spark/run.py);
 * here they become the picture that runs of weir's own engine have.
 */
#include "cli/spark_run.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/live.h"
#include "cli/load.h"
#include "cli/spark.h"

enum { LOOK_US = 50000, REDRAW_US = 250000, REPORT_US = 10000000 };

typedef struct SparkRun {
    const Options *options;
    const PipelineSpec *spec;
    OsProcess *process;
    Arena *arena;
    RunSnapshot snapshot;
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
    Str line;

    while (os_process_line(run->process, run->arena, &line)) {
        cJSON *item = cJSON_ParseWithLength(line.data, line.bytes);
        const char *text;

        if (item && (text = text_of(item, "flow")))
            take_flow(run, item, text);
        else if (item && (text = text_of(item, "view")))
            take_view(run, item, text);
        else if (item && (text = text_of(item, "error")))
            take_error(run, item, text);
        run->began = run->began || item;
        cJSON_Delete(item);
    }
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

static int watch(SparkRun *run, Live *live, bool redraws)
{
    int64_t every_us = redraws ? REDRAW_US : REPORT_US;
    int64_t shown_us = os_monotonic_us();
    bool asked = false;
    int status;

    while (!os_process_ended(run->process, &status)) {
        take_lines(run);
        if (live && run->began && os_monotonic_us() - shown_us >= every_us) {
            live_show(live, &run->snapshot, false, stdout);
            shown_us = os_monotonic_us();
        }
        if (os_stop_requested() && !asked) {
            os_process_stop(run->process, false); /* The runner ends the batch at hand. */
            asked = true;
        }
        os_sleep_us(LOOK_US);
    }
    take_lines(run);
    return status;
}

int spark_run(const Options *options, PipelineSpec *spec, const char *data_dir, bool once, bool quiet)
{
    Arena arena;
    SparkRun run = {.options = options, .spec = spec, .arena = &arena};
    OutputStyle style = output_style(stdout);
    SparkPlace place;
    Live *live = NULL;
    const char *arguments[5] = {"run", "--data", NULL, once ? "--once" : NULL, NULL};
    const char *dir;
    Error err = {0};
    int status = EXIT_INPUT;

    arena_init(&arena);
    dir = arena_printf(&arena, "%s/spark", data_dir);
    arguments[2] = dir;
    os_stop_catch();
    if (!spark_find(&arena, &place, &err) || !spark_export(spec, dir, &err) ||
        !spark_start(&place, spec, dir, arguments, true, &arena, &run.process, &err)) {
        status = tell_error(options, &err);
        goto done;
    }
    make_snapshot(&run);
    if (!quiet) {
        printf("Spark is starting; plan, checkpoints and data in %s\n", dir);
        (void)fflush(stdout);
        live = live_create(spec->file_name, dir, style);
    }
    status = watch(&run, live, style.redraws);
    if (live)
        live_show(live, &run.snapshot, true, stdout);
    if (status && !run.failed) {
        fprintf(stderr, "weir %s: Spark ended with status %d; what it said stands above\n",
                options->command, status);
        status = EXIT_OUTSIDE;
    } else {
        status = status ? EXIT_INPUT : EXIT_DONE;
        if (!status && os_stop_requested() && !quiet)
            puts("stopped; the next run goes on from the checkpoints");
    }
done:
    live_free(live);
    os_process_free(run.process);
    arena_done(&arena);
    return status;
}
