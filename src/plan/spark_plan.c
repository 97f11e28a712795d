/*
 * spark_plan.c: see spark_plan.h; the reader, with the meaning of each field, is spark/weir_spark/plan.py.
 *
 * Queries are the user's own text: Spark parses them by itself, so no second printer of SQL has to
 * agree with it.
 */
#include "plan/spark_plan.h"

#include "sql/ast.h"
#include "sql/text.h"

typedef struct PlanWriter {
    const PipelineSpec *spec;
    StrBuf *out;
} PlanWriter;

static void add_key(PlanWriter *w, const char *key)
{
    if (w->out->bytes && w->out->data[w->out->bytes - 1] != '{')
        strbuf_add_char(w->out, ',');
    strbuf_printf(w->out, "\"%s\":", key);
}

static void add_text(PlanWriter *w, const char *key, Str value)
{
    add_key(w, key);
    if (value.data)
        strbuf_add_json_string(w->out, value);
    else
        strbuf_printf(w->out, "null");
}

static void add_number(PlanWriter *w, const char *key, int64_t value)
{
    add_key(w, key);
    strbuf_add_int64(w->out, value);
}

static void add_bool(PlanWriter *w, const char *key, bool value)
{
    add_key(w, key);
    strbuf_printf(w->out, value ? "true" : "false");
}

static void separate(PlanWriter *w, uint32_t i)
{
    if (i)
        strbuf_add_char(w->out, ',');
}

static bool find_setting(void *self, Str key, Str *value)
{
    const PipelineSpec *spec = self;

    return settings_find(&spec->settings, key, value);
}

Str spark_query_text(const PipelineSpec *spec, Span span)
{
    StatementText text =
        statement_text_whole((Str){spec->text.data + span.offset, span.bytes});
    PipelineSpec *self = arena_copy(spec->arena, spec, sizeof *spec);
    DiagnosticList ignored; /* The file has been bound: every key is known. */

    diagnostics_init(&ignored, spec->arena);
    (void)statement_text_expand(spec->arena, &text, find_setting, self, &ignored);
    return text.text;
}

static void add_query(PlanWriter *w, Span span)
{
    add_text(w, "query", spark_query_text(w->spec, span));
    add_number(w, "line", span.line);
    add_number(w, "column", span.column);
}

/* ── tables ────────────────────────────────────────────────────────────────────────────────────*/

static void add_columns(PlanWriter *w, const char *key, const Schema *schema)
{
    add_key(w, key);
    strbuf_add_char(w->out, '[');
    for (uint32_t i = 0; i < schema->column_count; i++) {
        separate(w, i);
        strbuf_add_char(w->out, '{');
        add_text(w, "name", schema->columns[i].name);
        add_text(w, "type", str_of(type_name_in(w->spec->arena, schema->columns[i].type)));
        add_bool(w, "nullable", schema->columns[i].nullable);
        strbuf_add_char(w->out, '}');
    }
    strbuf_add_char(w->out, ']');
}

static void add_names(PlanWriter *w, const char *key, const TableDef *table,
                      const uint32_t *columns, uint32_t count)
{
    add_key(w, key);
    strbuf_add_char(w->out, '[');
    for (uint32_t i = 0; i < count; i++) {
        separate(w, i);
        strbuf_add_json_string(w->out, table->schema.columns[columns[i]].name);
    }
    strbuf_add_char(w->out, ']');
}

/* true, append, …: words that may stand in any letter case here come in small letters, which the runner compares. */
static void add_value(PlanWriter *w, OptionType type, Str value)
{
    bool is_word = type == OPTION_BOOL || type == OPTION_ENUM;

    strbuf_add_json_string(w->out, is_word ? str_lower(w->spec->arena, value) : value);
}

/* What is given, then the defaults of what is not. */
static void add_options(PlanWriter *w, const TableDef *table)
{
    const OptionDef *def;
    uint32_t count = 0;

    add_key(w, "options");
    strbuf_add_char(w->out, '{');
    for (uint32_t i = 0; i < table->option_count; i++) {
        def = option_find(table->options[i].key, table->provider, table_option_place(table));
        separate(w, count++);
        strbuf_add_json_string(w->out, str_lower(w->spec->arena, table->options[i].key));
        strbuf_add_char(w->out, ':');
        add_value(w, def ? def->type : OPTION_TEXT, table->options[i].value);
    }
    for (size_t i = 0; (def = option_at(i)); i++) {
        if (!def->standard || !(def->tables & table_option_place(table)) ||
            !(def->providers & 1u << table->provider) || table_option_given(table, def->key))
            continue;
        separate(w, count++);
        strbuf_add_json_string(w->out, str_lower(w->spec->arena, str_of(def->key)));
        strbuf_add_char(w->out, ':');
        strbuf_add_json_string(w->out, str_of(def->standard));
    }
    strbuf_add_char(w->out, '}');
}

static void add_constraints(PlanWriter *w, const TableDef *table)
{
    static const char *const violations[] = {
        [VIOLATION_DEAD_LETTER] = "dead_letter",
        [VIOLATION_KEEP] = "keep",
        [VIOLATION_DROP] = "drop",
        [VIOLATION_FAIL] = "fail",
    };

    add_key(w, "constraints");
    strbuf_add_char(w->out, '[');
    for (uint32_t i = 0; i < table->constraint_count; i++) {
        const Constraint *constraint = &table->constraints[i];

        separate(w, i);
        strbuf_add_char(w->out, '{');
        add_text(w, "name", constraint->name);
        if (constraint->not_null_column >= 0)
            add_text(w, "not_null", table->schema.columns[constraint->not_null_column].name);
        else
            add_text(w, "condition", constraint->sql);
        add_bool(w, "expectation", constraint->is_expectation);
        add_text(w, "on_violation", str_of(violations[constraint->on_violation]));
        strbuf_add_char(w->out, '}');
    }
    strbuf_add_char(w->out, ']');
}

static const char *kind_word(TableKind kind)
{
    return kind == TABLE_SOURCE            ? "source"
           : kind == TABLE_STREAMING       ? "streaming"
           : kind == TABLE_TEMP_VIEW       ? "temporary_view"
                                           : "materialized_view";
}

static const SourceSpec *source_of(const PipelineSpec *spec, const TableDef *table)
{
    for (uint32_t i = 0; i < spec->source_count; i++) {
        if (spec->sources[i].table == table)
            return &spec->sources[i];
    }
    return NULL;
}

static void add_table(PlanWriter *w, const TableDef *table)
{
    const SourceSpec *source = source_of(w->spec, table);

    strbuf_add_char(w->out, '{');
    add_text(w, "name", table->name);
    add_text(w, "kind", str_of(kind_word(table->kind)));
    if (table->kind == TABLE_TEMP_VIEW) {
        add_query(w, table->view_ast->query->span);
        add_bool(w, "streaming", table->from_stream);
        add_key(w, "column_names");
        strbuf_add_char(w->out, '[');
        for (size_t i = 0; i < table->view_ast->columns.count; i++) {
            separate(w, (uint32_t)i);
            strbuf_add_json_string(w->out, table->view_ast->columns.items[i].name.text);
        }
        strbuf_add_char(w->out, ']');
    } else {
        add_text(w, "provider", str_of(provider_info(table->provider)->name));
        add_columns(w, "columns", &table->schema);
        if (source) /* What any flow reads: a record whose other columns are wrong is no dead letter. */
            add_columns(w, "read_columns", &source->schema);
        add_options(w, table);
        add_constraints(w, table);
        add_names(w, "primary_key", table, table->primary_key, table->primary_key_count);
        add_names(w, "topic_key", table, table->topic_key, table->topic_key_count);
        add_names(w, "partitioned_by", table, table->partitioned_by, table->partitioned_by_count);
        add_text(w, "output_mode",
                 str_of(table->output_mode == OUTPUT_UPDATE ? "update" : "append"));
        add_number(w, "ttl_us", table_option_duration_us(table, "ttl"));
        add_number(w, "line", table->name_span.line);
        add_number(w, "column", table->name_span.column);
    }
    strbuf_add_char(w->out, '}');
}

/* ── flows and views ───────────────────────────────────────────────────────────────────────────*/

static void add_reads(PlanWriter *w, Str by)
{
    uint32_t count = 0;

    add_key(w, "reads");
    strbuf_add_char(w->out, '[');
    for (uint32_t e = 0; e < w->spec->edge_count; e++) {
        const PipelineEdge *edge = &w->spec->edges[e];

        if (!str_equal(edge->by, by))
            continue;
        separate(w, count++);
        strbuf_add_char(w->out, '{');
        add_text(w, "table", edge->from->name);
        add_bool(w, "streaming", edge->streaming);
        strbuf_add_char(w->out, '}');
    }
    strbuf_add_char(w->out, ']');
}

static void add_flow(PlanWriter *w, const FlowSpec *flow)
{
    strbuf_add_char(w->out, '{');
    add_text(w, "name", flow->name);
    add_text(w, "target", flow->target->name);
    add_text(w, "output_mode", str_of(flow->output_mode == OUTPUT_UPDATE ? "update" : "append"));
    add_bool(w, "on_error_fail", flow->on_error_fail);
    add_query(w, flow->query_span);
    add_reads(w, flow->name);
    strbuf_add_char(w->out, '}');
}

static void add_view(PlanWriter *w, const ViewSpec *view)
{
    strbuf_add_char(w->out, '{');
    add_text(w, "name", view->table->name);
    add_text(w, "schedule", view->schedule);
    add_text(w, "time_zone", view->time_zone);
    add_query(w, view->query_span);
    add_reads(w, view->table->name);
    strbuf_add_char(w->out, '}');
}

static void add_settings(PlanWriter *w)
{
    const Settings *settings = &w->spec->settings;
    const SettingDef *def;
    uint32_t count = 0;
    Str value;

    add_key(w, "settings");
    strbuf_add_char(w->out, '{');
    for (size_t i = 0; i < settings->count; i++) {
        bool again = false;

        for (size_t k = 0; k < i; k++)
            again = again || str_equal_nocase(settings->items[k].key, settings->items[i].key);
        if (again || !settings_find(settings, settings->items[i].key, &value))
            continue;
        def = setting_def(settings->items[i].key);
        separate(w, count++);
        strbuf_add_json_string(w->out, settings->items[i].key);
        strbuf_add_char(w->out, ':');
        add_value(w, def ? def->type : OPTION_TEXT, value);
    }
    for (size_t i = 0; (def = setting_at(i)); i++) { /* Those of the environment. */
        SettingLayer layer;

        if (!settings_find_layer(settings, str_of(def->key), &value, &layer) ||
            layer != SETTING_ENVIRONMENT)
            continue;
        separate(w, count++);
        strbuf_add_json_string(w->out, str_of(def->key));
        strbuf_add_char(w->out, ':');
        add_value(w, def->type, value);
    }
    strbuf_add_char(w->out, '}');
}

void spark_plan_json(const PipelineSpec *spec, StrBuf *out)
{
    PlanWriter w = {spec, out};
    const TableDef *table;
    uint32_t count = 0;

    strbuf_add_char(out, '{');
    add_number(&w, "version", 1);
    add_text(&w, "weir", STR(WEIR_VERSION));
    add_text(&w, "file", str_of(spec->file_name));
    add_text(&w, "time_zone", zone_name(spec->sql.zone));
    add_number(&w, "commit_interval_ms", settings_duration_us(&spec->settings, "commit.interval") / 1000);
    add_number(&w, "patience_ms", settings_duration_us(&spec->settings, "outage.patience") / 1000);
    add_settings(&w);
    add_key(&w, "tables");
    strbuf_add_char(out, '[');
    for (size_t i = 0; (table = catalog_at(spec->catalog, i)); i++) {
        if (table->kind == TABLE_SYSTEM)
            continue;
        separate(&w, count++);
        add_table(&w, table);
    }
    strbuf_add_char(out, ']');
    add_key(&w, "flows");
    strbuf_add_char(out, '[');
    for (uint32_t i = 0; i < spec->flow_count; i++) {
        separate(&w, i);
        add_flow(&w, &spec->flows[i]);
    }
    strbuf_add_char(out, ']');
    add_key(&w, "views");
    strbuf_add_char(out, '[');
    for (uint32_t i = 0; i < spec->view_count; i++) {
        separate(&w, i);
        add_view(&w, &spec->views[i]);
    }
    strbuf_printf(out, "]}\n");
}
