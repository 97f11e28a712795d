/*
 * spark_sdp.c: see spark_sdp.h. Spark's SQL has no statement for a source or a sink that it can stream from or
 * to: those are Python, all else is the file's own text.
 */
#include "plan/spark_sdp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/spark_plan.h"
#include "sql/ast.h"

typedef struct SdpWriter {
    const PipelineSpec *spec;
    SdpProject *out;
} SdpWriter;

/* ── what cannot be said ───────────────────────────────────────────────────────────────────────*/

PRINTF(3, 4)
static void cannot(SdpWriter *w, const TableDef *table, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    strbuf_printf(&w->out->not_expressed, "- `%.*s` (line %u): %s\n", STR_ARG(table->name),
                  table->name_span.line, text);
    w->out->not_expressed_count++;
}

/* ── texts ─────────────────────────────────────────────────────────────────────────────────────*/

/* JSON's texts are Python's and YAML's too. */
static void add_quoted(StrBuf *out, Str text)
{
    strbuf_add_json_string(out, text);
}

static Str schema_text(const SdpWriter *w, const TableDef *table)
{
    StrBuf text;
    Str copy;

    strbuf_init(&text);
    for (uint32_t i = 0; i < table->schema.column_count; i++) {
        strbuf_add_quoted(&text, table->schema.columns[i].name, '`');
        strbuf_printf(&text, " %s, ",
                      type_name_in(w->spec->arena, table->schema.columns[i].type));
    }
    strbuf_printf(&text, "_weir_corrupt STRING");
    copy = str_copy(w->spec->arena, strbuf_str(&text));
    strbuf_done(&text);
    return copy;
}

/* ── sources ───────────────────────────────────────────────────────────────────────────────────*/

static bool is_read_as_stream(const PipelineSpec *spec, const TableDef *table)
{
    for (uint32_t i = 0; i < spec->source_count; i++) {
        if (spec->sources[i].table == table)
            return true;
    }
    return false;
}

static uint32_t flows_into(const PipelineSpec *spec, const TableDef *table)
{
    uint32_t count = 0;

    for (uint32_t f = 0; f < spec->flow_count; f++)
        count += spec->flows[f].target == table;
    return count;
}

/* An outside source, or a topic that weir fills by collecting: not this project's to keep. */
static bool is_source(const PipelineSpec *spec, const TableDef *table)
{
    return table->kind == TABLE_SOURCE || (table->kind == TABLE_STREAMING && !flows_into(spec, table));
}

static bool is_read(const PipelineSpec *spec, const TableDef *table)
{
    for (uint32_t e = 0; e < spec->edge_count; e++) {
        if (spec->edges[e].from == table)
            return true;
    }
    return false;
}

static Str topic_of(const TableDef *table)
{
    Str topic = table_option(table, "topic");

    return topic.data ? topic : table->name;
}

/* .option(…) for each kafka.* of the settings and the table; the table's win, standing last. */
static void add_kafka_options(SdpWriter *w, const TableDef *table)
{
    StrBuf *out = &w->out->sources;
    const Settings *settings = &w->spec->settings;
    Str value;

    for (size_t i = 0; i < settings->count; i++) {
        Str key = settings->items[i].key;

        if (!str_starts_with(key, STR("kafka.")) || !settings_find(settings, key, &value))
            continue;
        strbuf_printf(out, "    ");
        add_quoted(out, key);
        strbuf_printf(out, ": ");
        add_quoted(out, value);
        strbuf_printf(out, ",\n");
    }
    for (uint32_t i = 0; i < table->option_count; i++) {
        if (!str_starts_with(table->options[i].key, STR("kafka.")))
            continue;
        strbuf_printf(out, "    ");
        add_quoted(out, table->options[i].key);
        strbuf_printf(out, ": ");
        add_quoted(out, table->options[i].value);
        strbuf_printf(out, ",\n");
    }
}

/* Kafka's client in Java has other names for a login and for certificates, and reads no files of passwords. */
static void tell_of_login(SdpWriter *w)
{
    const Settings *settings = &w->spec->settings;

    for (size_t i = 0; i < settings->count; i++) {
        Str key = settings->items[i].key;

        if (str_starts_with(key, STR("kafka.sasl.")) || str_starts_with(key, STR("kafka.ssl."))) {
            strbuf_printf(&w->out->not_expressed,
                          "- the login at Kafka (`%.*s`): transformations/sources.py has librdkafka's names; write there those of "
                          "Java's client, as `kafka.sasl.jaas.config`\n",
                          STR_ARG(key));
            w->out->not_expressed_count++;
            return;
        }
    }
}

static void add_reader(SdpWriter *w, const TableDef *table, bool streaming)
{
    StrBuf *out = &w->out->sources;
    const char *reader = streaming ? "readStream" : "read";

    if (table->provider == PROVIDER_KAFKA) {
        strbuf_printf(out, "    records = spark.%s.format(\"kafka\").options(**{\n", reader);
        add_kafka_options(w, table);
        strbuf_printf(out, "    \"subscribe\": ");
        add_quoted(out, topic_of(table));
        strbuf_printf(out, ",\n    \"startingOffsets\": \"earliest\",\n"
                           "    \"kafka.isolation.level\": \"read_committed\",\n    }).load()\n");
    } else {
        strbuf_printf(out, "    records = spark.%s.format(\"text\").load(", reader);
        add_quoted(out, table_option(table, "path"));
        strbuf_printf(out, ")\n");
    }
}

static void add_constraints(SdpWriter *w, const TableDef *table)
{
    StrBuf *out = &w->out->sources;

    for (uint32_t i = 0; i < table->constraint_count; i++) {
        const Constraint *constraint = &table->constraints[i];
        StrBuf text;

        if (constraint->is_expectation && constraint->on_violation != VIOLATION_DROP)
            continue;
        strbuf_init(&text);
        if (constraint->not_null_column >= 0) {
            strbuf_add_quoted(&text, table->schema.columns[constraint->not_null_column].name, '`');
            strbuf_printf(&text, " IS NOT NULL");
        } else {
            strbuf_printf(&text, "coalesce(%.*s, %s)", STR_ARG(constraint->sql),
                          constraint->is_expectation ? "false" : "true");
        }
        strbuf_printf(out, "    rows = rows.where(");
        add_quoted(out, strbuf_str(&text));
        strbuf_printf(out, ")\n");
        strbuf_done(&text);
    }
}

static void add_source(SdpWriter *w, const TableDef *table, uint32_t number)
{
    StrBuf *out = &w->out->sources;
    bool streaming = is_read_as_stream(w->spec, table);
    bool csv = table->provider == PROVIDER_CSV || str_is_nocase(table_option(table, "format"), "csv");

    strbuf_printf(out, "\n\n@dp.temporary_view(name=");
    add_quoted(out, table->name);
    strbuf_printf(out, ")\ndef source_%u():\n", number);
    add_reader(w, table, streaming);
    strbuf_printf(out, "    row = F.from_%s(F.col(\"value\").cast(\"string\"), ", csv ? "csv" : "json");
    add_quoted(out, schema_text(w, table));
    strbuf_printf(out, ",\n        {\"columnNameOfCorruptRecord\": \"_weir_corrupt\"");
    if (csv) {
        strbuf_printf(out, ", \"sep\": ");
        add_quoted(out, table_option(table, "sep"));
    }
    strbuf_printf(out, "})\n    rows = records.select(row.alias(\"r\")).where(\"r IS NOT NULL\").select(\"r.*\")\n"
                       "    rows = rows.where(\"_weir_corrupt IS NULL\").drop(\"_weir_corrupt\")\n");
    add_constraints(w, table);
    strbuf_printf(out, "    return rows\n");
    if (table->kind == TABLE_STREAMING)
        cannot(w, table, "the topic is weir's to fill: weir run %s --collect", w->spec->file_name);
    cannot(w, table, "records that cannot be decoded or break a constraint are left out, without a table of "
                     "dead letters");
    if (table_option_given(table, "starting") || table_option_given(table, "metadata"))
        cannot(w, table, "'starting' and 'metadata' are left out");
}

static void add_sources(SdpWriter *w)
{
    const TableDef *table;

    strbuf_printf(&w->out->sources,
                  "\"\"\"Sources, and topics that are written: made by `weir export spark --sdp`.\"\"\"\n"
                  "from pyspark import pipelines as dp\n"
                  "from pyspark.sql import SparkSession, functions as F\n\n"
                  "spark = SparkSession.active()\n");
    for (size_t i = 0; (table = catalog_at(w->spec->catalog, i)); i++) {
        if (!is_source(w->spec, table) || !is_read(w->spec, table))
            continue;
        if (table->provider == PROVIDER_KAFKA || table->provider == PROVIDER_JSON ||
            table->provider == PROVIDER_CSV)
            add_source(w, table, (uint32_t)i);
        else
            cannot(w, table, "USING %s is no source of Spark's: what reads it will not resolve until you add a "
                             "@dp.temporary_view of that name to transformations/",
                   provider_info(table->provider)->name);
    }
}

/* ── topics that are written ───────────────────────────────────────────────────────────────────*/

static void add_sink(SdpWriter *w, const TableDef *table, uint32_t number)
{
    StrBuf *out = &w->out->sources;

    strbuf_printf(out, "\n\ndp.create_sink(\"topic_%u\", \"kafka\", {\n", number);
    add_kafka_options(w, table);
    strbuf_printf(out, "    \"topic\": ");
    add_quoted(out, topic_of(table));
    strbuf_printf(out, ",\n})\n\n\n@dp.append_flow(target=\"topic_%u\")\ndef into_topic_%u():\n"
                       "    rows = spark.readStream.table(",
                  number, number);
    add_quoted(out, table->name);
    strbuf_printf(out, ")\n    return rows.select(");
    if (table->topic_key_count == 1) {
        strbuf_printf(out, "F.col(");
        add_quoted(out, table->schema.columns[table->topic_key[0]].name);
        strbuf_printf(out, ").cast(\"string\").alias(\"key\"), ");
    } else if (table->topic_key_count) {
        strbuf_printf(out, "F.to_json(F.struct(");
        for (uint32_t k = 0; k < table->topic_key_count; k++) {
            strbuf_printf(out, k ? ", " : "");
            add_quoted(out, table->schema.columns[table->topic_key[k]].name);
        }
        strbuf_printf(out, ")).alias(\"key\"), ");
    }
    strbuf_printf(out, "F.to_json(F.struct(\"*\")).alias(\"value\"))\n");
    cannot(w, table, "the topic is written at least once: Spark's sink has no transactions");
}

static bool has_kafka(const PipelineSpec *spec, const TableDef *table)
{
    Str value;

    return settings_find(&spec->settings, STR("kafka.bootstrap.servers"), &value) ||
           table_option_given(table, "kafka.bootstrap.servers");
}

/* ── tables ────────────────────────────────────────────────────────────────────────────────────*/

/* Spark's registration of views drops a list of columns: they are named by an alias instead. */
static void add_view(SdpWriter *w, const TableDef *view)
{
    StrBuf *out = &w->out->tables;
    size_t columns = view->view_ast->columns.count;

    strbuf_printf(out, "\nCREATE TEMPORARY VIEW ");
    strbuf_add_quoted(out, view->name, '`');
    strbuf_printf(out, " AS\n%s%.*s", columns ? "SELECT * FROM (\n" : "",
                  STR_ARG(spark_query_text(w->spec, view->view_ast->query->span)));
    for (size_t i = 0; i < columns; i++) {
        strbuf_printf(out, i ? ", " : "\n) AS named(");
        strbuf_add_quoted(out, view->view_ast->columns.items[i].name.text, '`');
    }
    strbuf_printf(out, "%s;\n", columns ? ")" : "");
}

static void tell_of_table(SdpWriter *w, const TableDef *table)
{
    if (table->provider == PROVIDER_CASSANDRA || table->provider == PROVIDER_POSTGRES)
        cannot(w, table, "Spark has no streaming sink for %s: the table stands in Spark's own storage",
               table->provider == PROVIDER_CASSANDRA ? "Cassandra" : "PostgreSQL");
    if (table->primary_key_count)
        cannot(w, table, "rows are appended, not upserted by 'primary_key'; an aggregation's row comes once, "
                         "when its window has ended");
    if (table_option(table, "schedule").data)
        cannot(w, table, "'schedule' is for what starts `spark-pipelines run`");
}

static void add_flow(SdpWriter *w, const FlowSpec *flow)
{
    StrBuf *out = &w->out->tables;

    if (str_equal(flow->name, flow->target->name)) {
        strbuf_printf(out, "\nCREATE STREAMING TABLE ");
        strbuf_add_quoted(out, flow->name, '`');
        strbuf_printf(out, " AS\n%.*s;\n", STR_ARG(spark_query_text(w->spec, flow->query_span)));
        tell_of_table(w, flow->target);
        return;
    }
    strbuf_printf(out, "\nCREATE FLOW ");
    strbuf_add_quoted(out, flow->name, '`');
    strbuf_printf(out, " AS INSERT INTO ");
    strbuf_add_quoted(out, flow->target->name, '`');
    strbuf_printf(out, " BY NAME\n%.*s;\n", STR_ARG(spark_query_text(w->spec, flow->query_span)));
}

static bool has_own_query(const PipelineSpec *spec, const TableDef *table)
{
    for (uint32_t f = 0; f < spec->flow_count; f++) {
        if (spec->flows[f].target == table && str_equal(spec->flows[f].name, table->name))
            return true;
    }
    return false;
}

static void add_tables(SdpWriter *w)
{
    const PipelineSpec *spec = w->spec;
    const TableDef *table;

    strbuf_printf(&w->out->tables, "-- The queries of %s, made by `weir export spark --sdp`.\n", spec->file_name);
    for (size_t i = 0; (table = catalog_at(spec->catalog, i)); i++) {
        if (table->kind == TABLE_TEMP_VIEW)
            add_view(w, table);
        if (table->kind != TABLE_STREAMING)
            continue;
        if (flows_into(spec, table) && !has_own_query(spec, table)) {
            strbuf_printf(&w->out->tables, "\nCREATE STREAMING TABLE ");
            strbuf_add_quoted(&w->out->tables, table->name, '`');
            strbuf_printf(&w->out->tables, ";\n");
            tell_of_table(w, table);
        }
        if (flows_into(spec, table) > 1)
            cannot(w, table, "several flows into one table of files lose rows of each other in Spark 4.2: write one "
                             "query with UNION ALL");
        if (table->provider == PROVIDER_KAFKA && flows_into(spec, table) && has_kafka(spec, table))
            add_sink(w, table, (uint32_t)i);
        else if (table->provider == PROVIDER_KAFKA && flows_into(spec, table))
            cannot(w, table, "no kafka.bootstrap.servers is set: the topic stands in Spark's own storage");
    }
    for (uint32_t f = 0; f < spec->flow_count; f++)
        add_flow(w, &spec->flows[f]);
    for (uint32_t v = 0; v < spec->view_count; v++) {
        strbuf_printf(&w->out->tables, "\nCREATE MATERIALIZED VIEW ");
        strbuf_add_quoted(&w->out->tables, spec->views[v].table->name, '`');
        strbuf_printf(&w->out->tables, " AS\n%.*s;\n", STR_ARG(spark_query_text(w->spec, spec->views[v].query_span)));
        tell_of_table(w, spec->views[v].table);
    }
}

/* ── the project ───────────────────────────────────────────────────────────────────────────────*/

/* `a/orders.sql` -> orders */
static Str project_name(const PipelineSpec *spec)
{
    Str name = str_of(spec->file_name);
    const char *slash = strrchr(spec->file_name, '/');

    if (slash)
        name = str_of(slash + 1);
    return str_ends_with(name, STR(".sql")) ? str_slice(name, 0, name.bytes - 4) : name;
}

static void add_spec(SdpWriter *w, const char *storage)
{
    StrBuf *out = &w->out->spec;
    const Settings *settings = &w->spec->settings;
    Str value;

    strbuf_printf(out, "name: ");
    add_quoted(out, project_name(w->spec));
    strbuf_printf(out, "\nstorage: ");
    add_quoted(out, str_of(arena_printf(w->spec->arena, "file://%s", storage)));
    strbuf_printf(out, "\nlibraries:\n  - glob:\n      include: transformations/**\nconfiguration:\n"
                       "  spark.sql.session.timeZone: ");
    add_quoted(out, zone_name(w->spec->sql.zone));
    /* The file may name a view of a stream without STREAM. */
    strbuf_printf(out, "\n  spark.sql.ansi.enabled: \"%s\"\n  pipelines.incompatibleViewCheck.enabled: \"false\"\n",
                  w->spec->sql.ansi ? "true" : "false");
    for (size_t i = 0; i < settings->count; i++) {
        Str key = settings->items[i].key;

        if (!str_starts_with(key, STR("spark.sql.")) || str_is(key, "spark.sql.session.timeZone") ||
            str_is(key, "spark.sql.ansi.enabled") || !settings_find(settings, key, &value))
            continue;
        strbuf_printf(out, "  %.*s: ", STR_ARG(key));
        add_quoted(out, value);
        strbuf_add_char(out, '\n');
    }
}

void spark_sdp_make(const PipelineSpec *spec, const char *storage, SdpProject *out)
{
    SdpWriter w = {spec, out};

    *out = (SdpProject){0};
    strbuf_init(&out->spec);
    strbuf_init(&out->sources);
    strbuf_init(&out->tables);
    strbuf_init(&out->not_expressed);
    add_spec(&w, storage);
    add_sources(&w);
    add_tables(&w);
    tell_of_login(&w);
}

void spark_sdp_done(SdpProject *project)
{
    strbuf_done(&project->spec);
    strbuf_done(&project->sources);
    strbuf_done(&project->tables);
    strbuf_done(&project->not_expressed);
}
