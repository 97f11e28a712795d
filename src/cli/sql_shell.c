#include "cli/sql_shell.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/vec.h"
#include "os/os.h"
#include "pipeline/data_catalog.h"
#include "pipeline/query.h"
#include "sql/parser.h"

/* ── one statement ─────────────────────────────────────────────────────────────────────────────*/

static bool lookup_setting(void *self, Str key, Str *value)
{
    return settings_find(session_settings(self), key, value);
}

/* The statement's types go with it: the rows take those of the table. */
static void add_memory_rows(TableDef *table, const QueryRows *rows)
{
    MemoryRows *memory = table->rows;

    for (size_t i = 0; i < rows->batch_count; i++) {
        Batch *batch = batch_copy(memory->arena, rows->batches[i]);

        if (memory->count == memory->capacity)
            memory->batches = vec_grow_in(memory->arena, memory->batches, memory->count,
                                          &memory->capacity, sizeof *memory->batches);
        for (uint32_t c = 0; c < batch->column_count; c++)
            vector_adopt_type((Vector *)batch->columns[c], table->schema.columns[c].type);
        memory->batches[memory->count++] = batch;
    }
}

/* Runs what the statement plans and makes its effect. */
static bool execute(SqlShell *shell, Arena *arena, const BoundStatement *bound, QueryRows *rows,
                    Error *err)
{
    *rows = (QueryRows){0};
    if (bound->effect == EFFECT_INSERT && bound->table->kind != TABLE_MEMORY)
        return error_set_class(err, ERROR_USER, "UNSUPPORTED_FEATURE.TABLE_OPERATION", "0A000",
                               "table '%.*s' belongs to a pipeline, and its flows alone write it",
                               STR_ARG(bound->table->name));
    if (bound->plan && !query_rows(shell->connections, bound->plan, session_context(shell->session),
                                   arena, rows, err))
        return false;
    if (!session_apply(shell->session, bound, err))
        return false;
    if (bound->effect == EFFECT_INSERT && bound->overwrite)
        bound->table->rows->count = 0;
    if (bound->effect == EFFECT_INSERT ||
        (bound->effect == EFFECT_CREATE && bound->plan && bound->table->rows))
        add_memory_rows(bound->table, rows);
    return true;
}

/* EXPLAIN's answer, for people: a plan has many lines, and a cell is one. */
static void print_plan(const QueryRows *rows, FILE *out)
{
    for (size_t i = 0; i < rows->batch_count; i++) {
        const Vector *plans = rows->batches[i]->columns[0];

        for (uint32_t r = 0; r < rows->batches[i]->row_count; r++) {
            Str plan = vector_strs(plans)[vector_row(plans, r)];

            (void)fwrite(plan.data, 1, plan.bytes, out);
            (void)fputc('\n', out);
        }
    }
}

static void print_rows(SqlShell *shell, const AstStatement *statement, const BoundStatement *bound,
                       const QueryRows *rows, StrBuf *json, FILE *out)
{
    static const Schema nothing = {0};
    bool shows = bound->effect == EFFECT_NONE && bound->plan;
    const Schema *schema = shows ? &bound->plan->schema : &nothing;
    const Batch *const *batches = (const Batch *const *)rows->batches;
    uint32_t batch_count = shows ? (uint32_t)rows->batch_count : 0;
    const Zone *zone = session_context(shell->session)->zone;

    switch (shell->format) {
    case OUTPUT_JSON:
        output_json(json, schema, batches, batch_count, zone);
        break;
    case OUTPUT_TABLE:
        if (shows && statement->kind == AST_STATEMENT_EXPLAIN)
            print_plan(rows, out);
        else if (shows)
            output_table(out, shell->style, schema, batches, batch_count, zone);
        break;
    case OUTPUT_CSV:
        if (shows)
            output_csv(out, schema, batches, batch_count, zone);
        break;
    }
}

static void print_diagnostics(SqlShell *shell, DiagnosticList *diagnostics, Str text, StrBuf *json)
{
    StrBuf out;

    if (shell->format == OUTPUT_JSON) {
        const Diagnostic *d = diagnostics_first(diagnostics);

        if (d)
            output_json_error(json, d->class_name, d->sqlstate, str_of(d->message), d->span.line,
                              d->span.column);
        else
            output_json_error(json, NULL, NULL, STR("unknown error"), 0, 0);
        return;
    }
    strbuf_init(&out);
    diagnostics_print(&out, diagnostics, shell->name, text,
                      (DiagnosticStyle){.colour = shell->style.colour,
                                        .columns = (uint32_t)shell->style.columns});
    (void)fwrite(strbuf_c(&out), 1, out.bytes, stderr);
    strbuf_done(&out);
}

/* What failed while it ran: at the expression, where that is known, else at the statement. */
static void print_error(SqlShell *shell, const Error *err, const AstStatement *statement,
                        const BoundStatement *bound, Str text, StrBuf *json)
{
    Arena arena;
    DiagnosticList told;

    arena_init(&arena);
    diagnostics_init(&told, &arena);
    (void)diagnostic_error(&told, err->span.line && bound->places_known ? err->span
                                                                        : statement->span,
                           err->class_name, err->sqlstate, "%s", err->text);
    print_diagnostics(shell, &told, text, json);
    arena_done(&arena);
}

/* One statement, NULL when it did not parse; its result or error is printed (JSON: added). */
static bool run_statement(SqlShell *shell, const AstStatement *statement, Str text,
                          DiagnosticList *diagnostics, StrBuf *json, FILE *out)
{
    BoundStatement *bound = NULL;
    QueryRows rows;
    Error err = {0};
    Arena arena;
    bool ok = false;

    arena_init(&arena);
    session_set_now(shell->session, os_realtime_us());
    if (statement && !diagnostics_failed(diagnostics))
        bound = session_bind(shell->session, &arena, statement, text, diagnostics);
    if (!bound) {
        shell->outside = false;
        print_diagnostics(shell, diagnostics, text, json);
    } else if (!execute(shell, &arena, bound, &rows, &err)) {
        shell->outside = err.kind == ERROR_RETRY;
        print_error(shell, &err, statement, bound, text, json);
    } else {
        print_rows(shell, statement, bound, &rows, json, out);
        ok = true;
    }
    arena_done(&arena);
    return ok;
}

bool sql_shell_run(SqlShell *shell, Str text, FILE *out)
{
    DiagnosticList diagnostics;
    SqlParser *parser;
    AstStatement *statement;
    Arena arena; /* Of a statement. */
    StrBuf json;
    bool ok = true;

    arena_init(&arena);
    strbuf_init(&json);
    diagnostics_init(&diagnostics, &arena);
    parser = sql_parser_create(&arena, text, lookup_setting, shell->session, &diagnostics);
    while (sql_parser_next(parser, &statement)) {
        strbuf_clear(&json);
        if (!run_statement(shell, statement, text, &diagnostics, &json, out))
            ok = false;
        if (shell->format == OUTPUT_JSON) {
            strbuf_add_char(&json, '\n');
            (void)fwrite(json.data, 1, json.bytes, out);
        }
        (void)fflush(out);
        if (!ok && shell->stop_at_error)
            break;
        arena_reset(&arena);
        diagnostics_init(&diagnostics, &arena);
    }
    sql_parser_free(parser);
    strbuf_done(&json);
    arena_done(&arena);
    return ok;
}

/* ── for test runners ──────────────────────────────────────────────────────────────────────────*/

static void serve_statement(SqlShell *shell, Str text, StrBuf *json)
{
    DiagnosticList diagnostics;
    AstStatement *statement = NULL;
    SqlParser *parser;
    Arena arena;

    arena_init(&arena);
    diagnostics_init(&diagnostics, &arena);
    parser = sql_parser_create(&arena, text, lookup_setting, shell->session, &diagnostics);
    if (!sql_parser_next(parser, &statement) && !diagnostics_failed(&diagnostics))
        (void)diagnostic_error(&diagnostics, SPAN_NONE, "PARSE_EMPTY_STATEMENT", "42617",
                               "Syntax error, unexpected empty statement.");
    (void)run_statement(shell, statement, text, &diagnostics, json, stdout);
    sql_parser_free(parser);
    arena_done(&arena);
}

static void set_zone(SqlShell *shell, const char *zone)
{
    StrBuf statement;
    StrBuf answer;

    strbuf_init(&statement);
    strbuf_init(&answer);
    strbuf_printf(&statement, "SET TIME ZONE '%s'", zone);
    serve_statement(shell, strbuf_str(&statement), &answer);
    strbuf_done(&statement);
    strbuf_done(&answer);
}

static void serve_request(const Settings *settings, const char *data_dir, const cJSON *request,
                          StrBuf *json)
{
    const cJSON *zone = cJSON_GetObjectItemCaseSensitive(request, "timezone");
    const cJSON *statements = cJSON_GetObjectItemCaseSensitive(request, "statements");
    const cJSON *statement;
    SqlShell shell = {.format = OUTPUT_JSON, .name = "request"};
    const Catalog *tables = NULL;
    Error err = {0};
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = connections_open(data_dir, CONNECT_READ, settings, &shell.connections, &err) &&
         (!data_dir || data_catalog_load(shell.connections, &arena, &tables, &err));
    shell.session = session_create(tables, settings);
    strbuf_add_char(json, '[');
    if (!ok) {
        output_json_error(json, err.class_name, err.sqlstate, str_of(err.text), 0, 0);
    } else {
        if (cJSON_IsString(zone))
            set_zone(&shell, zone->valuestring);
        cJSON_ArrayForEach(statement, statements)
        {
            if (statement != statements->child)
                strbuf_add_char(json, ',');
            serve_statement(&shell, cJSON_IsString(statement) ? str_of(statement->valuestring)
                                                              : STR_EMPTY,
                            json);
        }
    }
    strbuf_add_c(json, "]\n");
    session_free(shell.session);
    connections_close(shell.connections);
    arena_done(&arena);
}

bool sql_shell_serve(const Settings *settings, const char *data_dir, FILE *in, FILE *out)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t bytes;
    StrBuf json;
    bool ok = true;

    strbuf_init(&json);
    while ((bytes = getline(&line, &capacity, in)) >= 0) {
        cJSON *request = cJSON_ParseWithLength(line, (size_t)bytes);

        strbuf_clear(&json);
        if (cJSON_IsObject(request)) {
            serve_request(settings, data_dir, request, &json);
        } else {
            output_json_error(&json, NULL, NULL, STR("the line is not one JSON object"), 0, 0);
            strbuf_add_char(&json, '\n');
            ok = false;
        }
        cJSON_Delete(request);
        (void)fwrite(json.data, 1, json.bytes, out);
        (void)fflush(out);
    }
    free(line);
    strbuf_done(&json);
    return ok;
}
