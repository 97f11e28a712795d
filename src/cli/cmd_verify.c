/*
 * cmd_verify.c: weir verify FILE: the same finite input here and on Spark, every row compared.
 *
 *     OUT/input/TABLE/        records taken out of --data, where the file's own source cannot be read again
 *     OUT/weir/once, drain    data directories of two runs here
 *     OUT/records/TABLE.json  what every stream of the pipeline held, record by record, with positions
 *     OUT/rows/RUN/TABLE.json the tables as the runs left them
 *     OUT/spark/              plan and runner; its `verify` reads all of the above and writes
 *     OUT/certificate.json, certificate.html
 *
 * Each flow is compared by itself: Spark reads the records which that flow read here, so one that differs
 * does not spoil those behind it, and the equality of all is the equality of the pipeline. What the two
 * engines still hold back at the end of the input differs (sessions, several streams or partitions, rows
 * that no watermark passes). Therefore the two runs: what Spark has told and weir by its own watermarks
 * (once) has not must be there when all windows are closed (drain); the other way round Spark runs a flow
 * again, farther (verify.py). See docs/spark.md.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/load.h"
#include "cli/spark.h"
#include "cli/sql_shell.h"
#include "pipeline/run.h"

enum { POLL_RECORDS = 4096, INPUTS_MAX = 64 };

typedef struct Verify {
    Options *options;
    Arena *arena;
    const char *file;
    const char *dir; /* OUT */
    const char *input_list;
    const char *flows;
    const char *ulp;
    bool allow_empty;
    ReplacedSource inputs[INPUTS_MAX];
    uint32_t input_count;
} Verify;

/* ── records, written out ──────────────────────────────────────────────────────────────────────*/

typedef bool (*RecordWriter)(FILE *out, int32_t partition, int64_t position, Str value);

static bool write_record(FILE *out, int32_t partition, int64_t position, Str value)
{
    StrBuf line;
    bool ok;

    strbuf_init(&line);
    strbuf_printf(&line, "{\"partition\":%d,\"position\":%lld,\"value\":", (int)partition,
                  (long long)position);
    if (value.data)
        strbuf_add_json_string(&line, value);
    else
        strbuf_add_c(&line, "null");
    strbuf_printf(&line, "}\n");
    ok = fwrite(line.data, 1, line.bytes, out) == line.bytes;
    strbuf_done(&line);
    return ok;
}

static bool write_line(FILE *out, int32_t partition UNUSED, int64_t position UNUSED, Str value)
{
    if (!value.data) /* Read back, an empty line would be a bad record. */
        return true;
    return fwrite(value.data, 1, value.bytes, out) == value.bytes && fputc('\n', out) != EOF;
}

static bool write_partition(Source *source, int32_t partition, RecordWriter writer, FILE *out,
                            Error *err)
{
    SourceReader *reader;
    SourceRecords records;
    bool ok = true;

    if (!source->methods->reader_open(source, partition, 0, &reader, err))
        return false;
    do {
        ok = source->methods->poll(reader, POLL_RECORDS, &records, err);
        for (uint32_t i = 0; ok && i < records.count; i++) {
            if (!writer(out, partition, records.positions[i], records.values[i]))
                ok = error_set(err, ERROR_USER, "the records cannot be written: is the disk full?");
        }
    } while (ok && records.count);
    source->methods->reader_close(reader);
    return ok;
}

/* `path` ends in .json: all partitions in one file; else a folder with a file for each. */
static bool write_source(Verify *v, Connections *connections, const TableDef *table,
                         RecordWriter writer, const char *path, bool by_partition, Error *err)
{
    Source *source;
    int32_t count;
    FILE *out = NULL;
    bool ok = true;

    if (!connections_source(connections, table, &source, err) ||
        !source->methods->partition_count(source, &count, err))
        return false;
    for (int32_t partition = 0; ok && partition < count; partition++) {
        if (!out)
            out = fopen(by_partition ? arena_printf(v->arena, "%s/%03d", path, (int)partition) : path, "w");
        if (!out)
            return error_set(err, ERROR_USER, "%s cannot be written", path);
        ok = write_partition(source, partition, writer, out, err);
        if (by_partition || !ok || partition + 1 == count) {
            if (fclose(out) != 0 && ok)
                ok = error_set(err, ERROR_USER, "%s cannot be written: is the disk full?", path);
            out = NULL;
        }
    }
    if (ok && !count && !by_partition)
        ok = os_write_file(path, STR_EMPTY, err);
    return ok;
}

/* ── the input ─────────────────────────────────────────────────────────────────────────────────*/

static Provider provider_of_path(Str path)
{
    return str_ends_with(path, STR(".csv")) ? PROVIDER_CSV : PROVIDER_JSON;
}

/* TABLE=FILE,TABLE=FILE */
static bool read_input_list(Verify *v, int *status)
{
    Str rest = v->input_list ? str_of(v->input_list) : (Str){NULL, 0};
    Str part;

    while (rest.data && str_split(&rest, ',', &part)) {
        ptrdiff_t equal = str_find_char(part, '=');
        Str path = str_slice(part, (uint32_t)(equal + 1), part.bytes);

        if (equal <= 0 || !path.bytes || v->input_count == INPUTS_MAX) {
            *status = usage_error(v->options, "--input is TABLE=FILE, not '%.*s'", STR_ARG(part));
            return false;
        }
        if (!os_exists(str_to_c(v->arena, path))) {
            *status = usage_error(v->options, "--input: there is no %.*s", STR_ARG(path));
            return false;
        }
        v->inputs[v->input_count++] = (ReplacedSource){str_slice(part, 0, (uint32_t)equal),
                                                       provider_of_path(path), path};
    }
    return true;
}

static bool is_replaced(const Verify *v, Str table)
{
    for (uint32_t i = 0; i < v->input_count; i++) {
        if (str_equal_nocase(v->inputs[i].table, table))
            return true;
    }
    return false;
}

static bool is_fed(const PipelineSpec *spec, const TableDef *table)
{
    return table->kind != TABLE_SOURCE || (table->provider == PROVIDER_NEXMARK && table_option_given(table, "count")) ||
           (table->provider == PROVIDER_RATE && table_option_given(table, "rows")) ||
           table->provider == PROVIDER_JSON || table->provider == PROVIDER_CSV || !spec;
}

/* What a topic or a collector of --data holds, as files. */
static bool take_out(Verify *v, Connections *connections, const TableDef *table, Error *err)
{
    const char *dir = arena_printf(v->arena, "%s/input/%s", v->dir, str_file_name(v->arena, table->name));
    bool csv = str_is_nocase(table_option(table, "format"), "csv");

    if (v->input_count == INPUTS_MAX)
        return error_set(err, ERROR_USER, "there are more than %d sources", INPUTS_MAX);
    if (!os_mkdir_all(dir, err) ||
        !write_source(v, connections, table, write_line, dir, true, err))
        return false;
    v->inputs[v->input_count++] =
        (ReplacedSource){table->name, csv ? PROVIDER_CSV : PROVIDER_JSON, str_of(dir)};
    return true;
}

static bool is_compared(const PipelineSpec *spec, Str name)
{
    for (uint32_t i = 0; i < spec->flow_count; i++) {
        if (str_equal_nocase(spec->flows[i].name, name) ||
            str_equal_nocase(spec->flows[i].target->name, name))
            return true;
    }
    for (uint32_t i = 0; i < spec->view_count; i++) {
        if (str_equal_nocase(spec->views[i].table->name, name))
            return true;
    }
    return false;
}

/* That nothing differs where nothing is compared would be no news. */
static bool something_to_compare(const Verify *v, const PipelineSpec *spec, Error *err)
{
    Str rest = v->flows ? str_of(v->flows) : (Str){NULL, 0};
    Str part;

    if (!spec->flow_count && !spec->view_count)
        return error_set(err, ERROR_USER, "%s has no flow and no view: there is nothing to compare",
                         spec->file_name);
    while (rest.data && str_split(&rest, ',', &part)) {
        part = str_trim(part);
        if (!is_compared(spec, part))
            return error_set(err, ERROR_USER, "--flows: %s has no flow and no view '%.*s'", spec->file_name,
                             STR_ARG(part));
    }
    return true;
}

/* Every source must give the same finite rows twice. */
static bool settle_inputs(Verify *v, const PipelineSpec *spec, Error *err)
{
    const char *data = load_data_dir(v->options);
    Connections *connections = NULL;
    bool ok = true;

    for (uint32_t i = 0; ok && i < spec->table_count; i++) {
        const TableDef *table = spec->tables[i];

        if (is_fed(spec, table) || is_replaced(v, table->name))
            continue;
        if (!os_is_dir(data))
            ok = error_set(err, ERROR_USER,
                           "table '%.*s' (USING %s) has no end, or cannot be read again: give its rows "
                           "with --input %.*s=FILE, or a data directory that has them with --data DIR",
                           STR_ARG(table->name), provider_info(table->provider)->name,
                           STR_ARG(table->name));
        if (ok && !connections)
            ok = connections_open(data, CONNECT_READ, &spec->settings, &connections, err);
        ok = ok && take_out(v, connections, table, err);
    }
    connections_close(connections);
    return ok;
}

/* ── the runs here ─────────────────────────────────────────────────────────────────────────────*/

static bool run_here(const PipelineSpec *spec, const char *data_dir, bool drain,
                     Error *err)
{
    const RunOptions options = {
        .data_dir = data_dir,
        .worker_count = (uint32_t)settings_int(&spec->settings, "workers"),
        .once = true,
        .drain = drain,
        .commit_interval_us = settings_duration_us(&spec->settings, "commit.interval"),
        .batch_rows = (uint32_t)settings_int(&spec->settings, "batch.rows"),
    };
    Run *run;

    if (!os_remove_all(data_dir, err) || !run_start(spec, &options, &run, err))
        return false;
    while (!run_wait(run, 100000) && !os_stop_requested())
        ;
    if (!run_finish(run, err))
        return false;
    return !os_stop_requested() || error_set(err, ERROR_USER, "stopped");
}

static bool write_table(Verify *v, SqlShell *shell, Str name, const char *run, Error *err)
{
    const char *path =
        arena_printf(v->arena, "%s/rows/%s/%s.json", v->dir, run, str_file_name(v->arena, name));
    FILE *out = fopen(path, "w");
    StrBuf sql;
    bool ok;

    if (!out)
        return error_set(err, ERROR_USER, "%s cannot be written", path);
    strbuf_init(&sql);
    strbuf_printf(&sql, "SELECT * FROM ");
    strbuf_add_quoted(&sql, name, '`');
    ok = sql_shell_run(shell, strbuf_str(&sql), out);
    strbuf_done(&sql);
    if (fclose(out) != 0 || !ok)
        return error_set(err, ERROR_USER, "table '%.*s' cannot be read back: %s says why",
                         STR_ARG(name), path);
    return true;
}

/* Shows times in UTC, where each has a text of its own: elsewhere one hour of a year comes twice. */
static Session *session_in_utc(const PipelineSpec *spec)
{
    Settings settings;

    settings_init(&settings, spec->arena, NULL);
    (void)settings_set(&settings, SETTING_COMMAND, STR("spark.sql.session.timeZone"), STR("UTC"), &(Error){0});
    return session_create(spec->catalog, &settings);
}

static bool write_tables(Verify *v, const PipelineSpec *spec, const char *data_dir,
                         const char *run, Error *err)
{
    SqlShell shell = {.format = OUTPUT_JSON, .name = "verify"};
    bool ok = true;

    if (!os_mkdir_all(arena_printf(v->arena, "%s/rows/%s", v->dir, run), err) ||
        !connections_open(data_dir, CONNECT_READ, &spec->settings, &shell.connections, err))
        return false;
    connections_set_whole(shell.connections);
    shell.session = session_in_utc(spec);
    for (uint32_t i = 0; ok && i < spec->table_count; i++) {
        const TableDef *table = spec->tables[i];

        if (table->kind != TABLE_SOURCE)
            ok = write_table(v, &shell, table->name, run, err);
    }
    session_free(shell.session);
    connections_close(shell.connections);
    return ok;
}

static bool write_records(Verify *v, const PipelineSpec *spec, const char *data_dir, Error *err)
{
    Connections *connections;
    bool ok = os_mkdir_all(arena_printf(v->arena, "%s/records", v->dir), err);

    if (!ok || !connections_open(data_dir, CONNECT_READ, &spec->settings, &connections, err))
        return false;
    connections_set_whole(connections);
    for (uint32_t i = 0; ok && i < spec->source_count; i++) {
        const TableDef *table = spec->sources[i].table;

        ok = write_source(v, connections, table, write_record,
                          arena_printf(v->arena, "%s/records/%s.json", v->dir,
                                       str_file_name(v->arena, table->name)), false, err);
    }
    connections_close(connections);
    return ok;
}

/* All roles embedded: a comparison writes to no server. */
static void leave_servers_alone(PipelineSpec *spec)
{
    static const char *const connections[] = {"kafka.bootstrap.servers", "postgres.url",
                                              "cassandra.contact.points"};

    for (size_t i = 0; i < COUNT_OF(connections); i++) {
        for (int layer = 0; layer < SETTING_LAYER_COUNT; layer++)
            settings_unset(&spec->settings, (SettingLayer)layer, str_of(connections[i]));
    }
    spec->settings.environment = NULL;
}

/* ── Spark, and the comparison ─────────────────────────────────────────────────────────────────*/

static int compare(Verify *v, const SparkPlace *place, const PipelineSpec *spec, Error *err)
{
    const char *spark_dir = arena_printf(v->arena, "%s/spark", v->dir);
    const char *arguments[] = {"verify",   "--dir", v->dir,  "--ulp",
                               v->ulp ? v->ulp : "4", NULL, NULL, NULL, NULL};
    size_t count = 5;
    OsProcess *process;
    bool asked = false;
    int status;

    if (v->allow_empty)
        arguments[count++] = "--allow-empty";
    if (v->flows) {
        arguments[count++] = "--flows";
        arguments[count++] = v->flows;
    }
    (void)fflush(stdout);
    if (!spark_start(place, spec, spark_dir, arguments, false, v->arena, &process, err))
        return -1;
    while (!os_process_ended(process, &status)) {
        os_sleep_us(50000);
        if (os_stop_requested() && !asked) {
            os_process_stop(process, false);
            asked = true;
        }
    }
    os_process_free(process);
    if (status > 1 || !os_exists(arena_printf(v->arena, "%s/certificate.json", v->dir))) {
        if (asked)
            (void)error_set(err, ERROR_USER, "stopped");
        else
            (void)error_set(err, ERROR_RETRY,
                            "Spark ended with status %d, without a result; what it said stands above", status);
        return -1;
    }
    return status ? EXIT_INPUT : EXIT_DONE;
}

/* What an earlier comparison left in the folder; whatever else is there stays. */
static bool clear(Verify *v, Error *err)
{
    static const char *const made[] = {"input", "weir", "records", "rows", "spark", "certificate.json",
                                       "certificate.html"};
    bool ok = os_mkdir_all(v->dir, err);

    for (size_t i = 0; ok && i < COUNT_OF(made); i++)
        ok = os_remove_all(arena_printf(v->arena, "%s/%s", v->dir, made[i]), err);
    return ok && os_mkdir_all(arena_printf(v->arena, "%s/weir", v->dir), err);
}

/* The file, bound for one of the runs here. */
static PipelineSpec *load(Verify *v, const char *run, Error *err)
{
    PipelineInput input = {
        .replaced = v->inputs,
        .replaced_count = v->input_count,
        .file_target_dir = arena_printf(v->arena, "%s/weir/%s-files", v->dir, run),
        .keep_late = true,
    };
    PipelineSpec *spec = load_pipeline_input(v->options, v->arena, v->file, input);

    if (!spec)
        (void)error_set(err, ERROR_USER, "the file has errors");
    else
        leave_servers_alone(spec);
    return spec;
}

static bool run_and_write(Verify *v, const PipelineSpec *spec, const char *run, bool drain, Error *err)
{
    const char *data_dir = arena_printf(v->arena, "%s/weir/%s", v->dir, run);

    return spec && run_here(spec, data_dir, drain, err) &&
           write_tables(v, spec, data_dir, run, err) &&
           (drain || write_records(v, spec, data_dir, err));
}

static bool prepare(Verify *v, PipelineSpec **out, Error *err)
{
    PipelineSpec *spec = load_pipeline(v->options, v->arena, v->file, false);

    if (!spec)
        return error_set(err, ERROR_USER, "the file has errors");
    if (!something_to_compare(v, spec, err) || !clear(v, err) || !settle_inputs(v, spec, err))
        return false;
    *out = load(v, "once", err);
    return run_and_write(v, *out, "once", false, err) &&
           run_and_write(v, load(v, "drain", err), "drain", true, err) &&
           spark_export(*out, arena_printf(v->arena, "%s/spark", v->dir), err);
}

int cmd_verify(int argc, char **argv)
{
    Verify v = {.dir = "weir-verify"};
    bool prepare_only = false;
    const Option own[] = {
        {"input", "TABLE=FILE,...", "the rows of a source, from a file or folder (.csv, else JSON lines)",
         &v.input_list, NULL},
        {"flows", "NAME,...", "compare these flows and views alone", &v.flows, NULL},
        {"out", "DIR", "where everything is kept (default weir-verify)", &v.dir, NULL},
        {"ulp", "N", "how far doubles may be apart, in units of the last place (default 4)", &v.ulp,
         NULL},
        {"prepare", NULL, "write all that Spark needs into DIR, and stop there", NULL, &prepare_only},
        {"allow-empty", NULL, "a table without rows on both sides is no failure", NULL,
         &v.allow_empty},
        {0},
    };
    Options options = {
        .command = "verify",
        .synopsis = "weir verify FILE [options]",
        .about = "Runs the pipeline here and on Apache Spark over the same finite input and compares\n"
                 "every table row by row; writes a certificate. Exit status 1 if anything differs.\n"
                 "Sources without an end take their rows from --input, or from the topics of --data.\n"
                 "Needs Spark alone: SPARK_HOME, or what script/spark installs.\n",
        .options = own,
    };
    PipelineSpec *spec = NULL;
    SparkPlace place;
    int status = EXIT_INPUT;
    int64_t number;
    Error err = {0};
    Arena arena;

    arena_init(&arena);
    v.options = &options;
    v.arena = &arena;
    if (!options_parse(&options, argc, argv, &status) ||
        !load_operand(&options, "the pipeline FILE", &v.file, &status))
        goto done;
    if (v.ulp && !option_number(&options, "ulp", v.ulp, 0, 1000000, &number)) {
        status = EXIT_USAGE;
        goto done;
    }
    if (!read_input_list(&v, &status))
        goto done;
    os_stop_catch();
    if ((!prepare_only && !spark_find(&arena, &place, &err)) || !prepare(&v, &spec, &err)) {
        status = tell_error(&options, &err);
        goto done;
    }
    if (prepare_only) {
        status = EXIT_DONE;
        goto done;
    }
    status = compare(&v, &place, spec, &err);
    if (status < 0)
        status = tell_error(&options, &err);
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}
