/*
 * plan_fixture.h: what the tests of plan/ share: a session with some tables, and a statement's schema,
 * plan or first mistake as text.
 */
#ifndef WEIR_TEST_PLAN_FIXTURE_H
#define WEIR_TEST_PLAN_FIXTURE_H

#include "unit.h"

#include "plan/session.h"
#include "sql/parser.h"

typedef struct PlanFixture {
    Session *session;
    Arena arena;
    DiagnosticList diagnostics;
    StrBuf text;
} PlanFixture;

static const char *const fixture_tables[] = {
    ("CREATE TABLE t (a INT, b STRING, c DECIMAL(10,2), s STRUCT<x: INT, y: STRUCT<z: BIGINT, w: "
     "STRING>>, arr ARRAY<INT>, ts TIMESTAMP)"),
    "CREATE TABLE u (a INT, d DOUBLE, e BOOLEAN)",
    "CREATE TEMPORARY VIEW v (p, q) AS SELECT a, b FROM t WHERE a > 0",
};

/* Binds one statement; NULL where it is wrong (fixture->diagnostics tell). */
static inline BoundStatement *fixture_bind(PlanFixture *f, const char *sql)
{
    AstStatementList statements = {0};

    diagnostics_init(&f->diagnostics, &f->arena);
    if (!sql_parse(&f->arena, str_of(sql), &statements, &f->diagnostics) || !statements.count)
        return NULL;
    return session_bind(f->session, &f->arena, statements.items[0], str_of(sql), &f->diagnostics);
}

static inline void fixture_run(PlanFixture *f, const char *sql)
{
    BoundStatement *bound = fixture_bind(f, sql);

    if (!bound)
        fail_msg("%s: %s", sql, f->diagnostics.count ? f->diagnostics.items[0].message : "?");
    assert_ok(session_apply(f->session, bound, &err));
}

static inline void fixture_init(PlanFixture *f)
{
    *f = (PlanFixture){.session = session_create(NULL, NULL)};
    arena_init(&f->arena);
    strbuf_init(&f->text);
    for (size_t i = 0; i < COUNT_OF(fixture_tables); i++)
        fixture_run(f, fixture_tables[i]);
}

static inline void fixture_done(PlanFixture *f)
{
    strbuf_done(&f->text);
    session_free(f->session);
    arena_done(&f->arena);
}

/* "CLASS@column: remedy" of the first mistake. */
static inline const char *fixture_mistake(PlanFixture *f)
{
    const Diagnostic *first = f->diagnostics.items;

    if (!f->diagnostics.count)
        return "no diagnostic";
    return arena_printf(&f->arena, "%s@%u%s%s", first->class_name ? first->class_name : "-",
                        first->span.column, first->remedy ? ": " : "",
                        first->remedy ? first->remedy : "");
}

/* "a INT, b STRING", or the mistake. */
static inline const char *fixture_schema(PlanFixture *f, const char *sql)
{
    BoundStatement *bound = fixture_bind(f, sql);

    if (!bound || !bound->plan)
        return fixture_mistake(f);
    strbuf_clear(&f->text);
    for (uint32_t i = 0; i < bound->plan->schema.column_count; i++) {
        strbuf_printf(&f->text, "%s%.*s ", i ? ", " : "",
                      STR_ARG(bound->plan->schema.columns[i].name));
        type_name_sql(&f->text, bound->plan->schema.columns[i].type);
    }
    return strbuf_c(&f->text);
}

static inline const char *fixture_plan(PlanFixture *f, const char *sql)
{
    BoundStatement *bound = fixture_bind(f, sql);

    if (!bound || !bound->plan)
        return fixture_mistake(f);
    strbuf_clear(&f->text);
    node_print(&f->text, bound->plan);
    return strbuf_c(&f->text);
}

#endif
