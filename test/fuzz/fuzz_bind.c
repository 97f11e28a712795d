/*
 * Any text as a pipeline file, and as statements of a session with some tables: it is planned, or there
 * is a diagnostic that lies in it; and what is planned prints.
 */
#include <stdint.h>

#include "base/assert.h"
#include "plan/pipeline_spec.h"
#include "plan/session.h"
#include "sql/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { INPUT_BYTES_MAX = 16 << 10, STATEMENTS_MAX = 50 };

static const char *const tables[] = {
    ("CREATE TABLE t (a INT, b STRING, c DECIMAL(10,2), s STRUCT<x: INT, y: STRUCT<z: BIGINT>>, arr "
     "ARRAY<INT>, m MAP<STRING, INT>, ts TIMESTAMP, d DATE)"),
    "CREATE TABLE u (a INT, f DOUBLE, e BOOLEAN)",
    "CREATE TEMPORARY VIEW v AS SELECT a, b FROM t WHERE a > 0",
};

static void check_diagnostics(const DiagnosticList *diagnostics, Str text)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        Span span = diagnostics->items[i].span;

        ASSERT(span.offset <= text.bytes && span.bytes <= text.bytes - span.offset);
    }
}

static void bind_file(Str text)
{
    Arena arena;
    DiagnosticList diagnostics;
    PipelineInput input = {.file_name = "fuzz.sql", .text = text, .engine_spark = true};
    PipelineSpec *spec;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    diagnostics_init(&diagnostics, &arena);
    spec = pipeline_spec_bind(&arena, &input, &diagnostics);
    ASSERT((spec == NULL) == diagnostics_failed(&diagnostics));
    check_diagnostics(&diagnostics, text);
    if (spec) {
        pipeline_spec_explain(spec, &out);
        pipeline_spec_graph(spec, GRAPH_TEXT, &out);
        pipeline_spec_graph(spec, GRAPH_JSON, &out);
    }
    strbuf_done(&out);
    arena_done(&arena);
}

static void bind_one(Session *session, Arena *arena, const AstStatement *statement, Str text)
{
    DiagnosticList diagnostics;
    BoundStatement *bound;
    StrBuf out;
    Error err = {0};

    diagnostics_init(&diagnostics, arena);
    bound = session_bind(session, arena, statement, text, &diagnostics);
    ASSERT((bound == NULL) == diagnostics_failed(&diagnostics));
    check_diagnostics(&diagnostics, text);
    if (!bound)
        return;
    strbuf_init(&out);
    if (bound->plan)
        node_print(&out, bound->plan);
    strbuf_done(&out);
    session_apply(session, bound, &err);
}

static void bind_all(Session *session, Str text)
{
    Arena arena;
    DiagnosticList diagnostics;
    AstStatementList statements = {0};

    arena_init(&arena);
    diagnostics_init(&diagnostics, &arena);
    sql_parse(&arena, text, &statements, &diagnostics);
    for (size_t i = 0; i < statements.count && i < STATEMENTS_MAX; i++)
        bind_one(session, &arena, statements.items[i], text);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Str text = {(const char *)data, (uint32_t)bytes};
    Session *session;

    if (bytes > INPUT_BYTES_MAX)
        return 0;
    bind_file(text);
    session = session_create(NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        bind_all(session, str_of(tables[i]));
    bind_all(session, text);
    session_free(session);
    return 0;
}
