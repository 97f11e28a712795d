/*
 * cmd_run.c: weir run FILE.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/live.h"
#include "cli/load.h"
#include "cli/spark_run.h"
#include "os/os.h"
#include "pipeline/run.h"

enum { REDRAW_US = 250000, REPORT_US = 10000000 };

/* Shows the run until it ends by itself or is asked to stop. */
static void watch(Run *run, Live *live, bool is_terminal)
{
    int64_t every_us = is_terminal ? REDRAW_US : REPORT_US;
    int64_t shown_us = 0;

    while (!run_wait(run, 50000) && !os_stop_requested()) {
        if (os_monotonic_us() - shown_us < every_us)
            continue;
        if (is_terminal || shown_us) {
            RunSnapshot snapshot;
            Arena arena;

            arena_init(&arena);
            run_snapshot(run, &arena, &snapshot);
            live_show(live, &snapshot, false, stdout);
            arena_done(&arena);
        }
        shown_us = os_monotonic_us();
    }
}

static void show_last(Run *run, Live *live)
{
    RunSnapshot snapshot;
    Arena arena;

    arena_init(&arena);
    run_snapshot(run, &arena, &snapshot);
    live_show(live, &snapshot, true, stdout);
    arena_done(&arena);
}

/* What real systems did not take yet. */
static void tell_undelivered(Run *run)
{
    RunSnapshot snapshot;
    Arena arena;

    arena_init(&arena);
    run_snapshot(run, &arena, &snapshot);
    for (uint32_t d = 0; d < snapshot.delivery_count; d++) {
        if (!snapshot.deliveries[d].settled)
            printf("%.*s: not all is delivered yet; it is kept, and delivered by the next run\n",
                   STR_ARG(snapshot.deliveries[d].name));
    }
    arena_done(&arena);
}

static int run_pipeline(const Options *options, const PipelineSpec *spec, RunOptions *run_options,
                        bool quiet)
{
    OutputStyle style = output_style(stdout);
    const char *const *warnings;
    size_t warning_count;
    Live *live;
    Run *run;
    Error err = {0};
    int64_t began_us = os_monotonic_us();
    bool stopped;
    bool ok;

    os_stop_catch();
    if (!run_start(spec, run_options, &run, &err))
        return tell_run_error(options, spec, &err);
    warnings = run_warnings(run, &warning_count);
    for (size_t i = 0; i < warning_count; i++)
        (void)fprintf(stderr, "weir run: warning: %s\n", warnings[i]);
    if (!quiet)
        printf("ready in %.1f ms: %u flow%s, %u view%s; data in %s\n",
               (double)(os_monotonic_us() - began_us) / 1000, spec->flow_count,
               spec->flow_count == 1 ? "" : "s", spec->view_count, spec->view_count == 1 ? "" : "s",
               run_options->data_dir);
    (void)fflush(stdout);
    live = live_create(spec->file_name, run_options->data_dir, style);
    if (quiet) {
        while (!run_wait(run, 50000) && !os_stop_requested())
            ;
    } else {
        watch(run, live, style.redraws);
    }
    stopped = os_stop_requested();
    run_request_stop(run);
    while (!run_wait(run, 1000000))
        ;
    if (!quiet) {
        show_last(run, live);
        tell_undelivered(run);
    }
    ok = run_finish(run, &err);
    live_free(live);
    if (!ok)
        return tell_run_error(options, spec, &err);
    if (stopped && !quiet)
        puts("stopped; everything taken in so far is committed");
    return EXIT_DONE;
}

/* What --workers and the like have not said. */
static void set_run_options(RunOptions *run_options, const PipelineSpec *spec)
{
    if (!run_options->worker_count)
        run_options->worker_count = (uint32_t)settings_int(&spec->settings, "workers");
    run_options->commit_interval_us = settings_duration_us(&spec->settings, "commit.interval");
    run_options->batch_rows = (uint32_t)settings_int(&spec->settings, "batch.rows");
}

/* What is collected here must go where Spark can read it. */
static bool check_topics(const Options *options, const PipelineSpec *collecting)
{
    static const char key[] = "kafka.bootstrap.servers";
    Str value;

    for (uint32_t f = 0; f < collecting->flow_count; f++) {
        const TableDef *topic = collecting->flows[f].target;

        if (!settings_find(&collecting->settings, STR(key), &value) && !table_option_given(topic, key)) {
            fprintf(stderr,
                    "weir %s: topic '%.*s' is filled here and read by Spark, which needs a real Kafka for it: "
                    "set kafka.bootstrap.servers\n",
                    options->command, STR_ARG(topic->name));
            return false;
        }
    }
    return true;
}

/* The file in two parts, for two engines. */
static int run_on_spark(const Options *options, Arena *arena, const char *file, RunOptions *here,
                        bool quiet)
{
    SparkParts parts = {0};

    parts.collecting =
        load_pipeline_input(options, arena, file, (PipelineInput){.part = PART_COLLECTING});
    if (!parts.collecting)
        return EXIT_INPUT;
    if (!check_topics(options, parts.collecting))
        return EXIT_INPUT;
    parts.cluster = load_pipeline_input(
        options, arena, file, (PipelineInput){.part = PART_CLUSTER, .engine_spark = true});
    if (!parts.cluster)
        return EXIT_INPUT;
    set_run_options(here, parts.collecting);
    parts.here = *here;
    return spark_run(options, &parts, here->once, quiet);
}

int cmd_run(int argc, char **argv)
{
    bool once = false;
    bool drain = false;
    bool quiet = false;
    bool collect = false;
    const char *listen = NULL;
    const char *engine = "weir";
    const char *workers = NULL;
    const Option own[] = {
        {"once", NULL, "process what is there, refresh each view once, stop", NULL, &once},
        {"drain", NULL, "as --once, and close every window at the end", NULL, &drain},
        {"workers", "N", "threads that process rows (default: one for each core)", &workers, NULL},
        {"engine", "weir|spark", "what processes: weir itself (default), or Apache Spark", &engine, NULL},
        {"collect", NULL, "run those flows alone that collect from outside into topics (for Spark)", NULL,
         &collect},
        {"listen", "HOST:PORT", "the control center (this version: 'off' alone)", &listen, NULL},
        {"quiet", NULL, "print errors alone", NULL, &quiet},
        {0},
    };
    Options options = {
        .command = "run",
        .synopsis = "weir run FILE [options]",
        .about = "Runs a pipeline: all its flows, until Ctrl-C (or --once, --drain). What it has\n"
                 "committed survives any crash; start it again to go on.\n",
        .options = own,
    };
    RunOptions run_options = {0};
    PipelineSpec *spec;
    const char *file;
    int64_t count = 0;
    int status = EXIT_INPUT;
    Arena arena;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status) ||
        !load_operand(&options, "the pipeline FILE", &file, &status))
        goto done;
    if (strcmp(engine, "weir") != 0 && strcmp(engine, "spark") != 0) {
        status = usage_error(&options, "--engine is weir or spark, not '%s'", engine);
        goto done;
    }
    if (listen && strcmp(listen, "off") != 0) {
        status = usage_error(&options, "this version has no control center; use --listen off");
        goto done;
    }
    if (workers && !option_number(&options, "workers", workers, 1, 64, &count)) {
        status = EXIT_USAGE;
        goto done;
    }
    run_options = (RunOptions){
        .data_dir = load_data_dir(&options),
        .worker_count = (uint32_t)count,
        .once = once,
        .drain = drain,
    };
    if (strcmp(engine, "spark") == 0) {
        if (drain)
            status = usage_error(&options, "Spark cannot close windows before their time: use --once");
        else
            status = run_on_spark(&options, &arena, file, &run_options, quiet);
        goto done;
    }
    spec = load_pipeline_input(&options, &arena, file,
                               (PipelineInput){.part = collect ? PART_COLLECTING : PART_WHOLE});
    if (!spec)
        goto done;
    set_run_options(&run_options, spec);
    status = run_pipeline(&options, spec, &run_options, quiet);
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}
