/*
 * fuzz_eval.c: any text as a query over a small table, run to its end.
 *
 * What must hold: the query gives well-formed rows of its schema, or one error with a class; never a
 * crash. Plans whose work is not bounded by the table's few rows (joins, ranges, recursion) are left
 * out: they would find nothing but the time limit.
 */
#include <stdint.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "pipeline/query.h"
#include "plan/session.h"
#include "sql/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { INPUT_BYTES_MAX = 2048, ROWS_MAX = 100000 };

static const char setup[] =
    "CREATE TEMPORARY VIEW t AS SELECT * FROM VALUES "
    "(1, 'a', 1.50, date'2024-02-29', timestamp'2024-01-01 12:00:00', array(1, 2, NULL), "
    "map('k', 1), named_struct('x', 1, 'y', 'z'), true, 2.5D, X'FF00', interval 1 day), "
    "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), "
    "(-2147483648, '2024-01-01', -99.99, date'0001-01-01', timestamp'9999-12-31 23:59:59', "
    "array(), map(), named_struct('x', NULL, 'y', ''), false, double('NaN'), X'', "
    "interval -100000 day) "
    "AS v(i, s, d, dt, ts, a, m, st, b, f, bin, iv)";

/* Whether the work of a plan is bounded by the rows of the tables it reads. */
static bool is_bounded(const Node *node)
{
    static const NodeKind bounded[] = {
        NODE_VALUES, NODE_FILTER, NODE_PROJECT, NODE_AGGREGATE, NODE_SORT,
        NODE_LIMIT,  NODE_WINDOW, NODE_UNION,   NODE_GENERATE,
    };
    bool found = false;

    for (size_t i = 0; i < COUNT_OF(bounded); i++)
        found = found || node->kind == bounded[i];
    if (!found)
        return false;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!is_bounded(node->inputs[i]))
            return false;
    }
    return true;
}

typedef struct Taken {
    const Node *plan;
    const Zone *zone;
    StrBuf text;
    uint64_t row_count;
} Taken;

static bool take(void *self, const Batch *batch, Error *err)
{
    Taken *taken = self;

    (void)err;
    ASSERT(batch_verify(batch, &taken->plan->schema));
    for (uint32_t c = 0; c < batch->column_count; c++) {
        for (uint32_t i = 0; i < MIN(batch->row_count, 10u); i++) {
            strbuf_clear(&taken->text);
            if (vector_is_valid(batch->columns[c], i))
                value_to_text(&taken->text, batch->columns[c], i, taken->zone);
        }
    }
    taken->row_count += batch->row_count;
    return taken->row_count < ROWS_MAX;
}

static void run(Session *session, const Node *plan)
{
    Taken taken = {.plan = plan, .zone = session_context(session)->zone};
    Error err = {0};

    strbuf_init(&taken.text);
    if (!query_run(NULL, plan, session_context(session), take, &taken, &err))
        ASSERT(err.kind == ERROR_NONE || err.class_name);
    strbuf_done(&taken.text);
}

static void statement(Session *session, Str text)
{
    Arena arena;
    DiagnosticList diagnostics;
    AstStatementList statements = {0};
    BoundStatement *bound;
    Error err = {0};

    arena_init(&arena);
    diagnostics_init(&diagnostics, &arena);
    if (sql_parse(&arena, text, &statements, &diagnostics) && statements.count) {
        bound = session_bind(session, &arena, statements.items[0], text, &diagnostics);
        ASSERT((bound == NULL) == diagnostics_failed(&diagnostics));
        if (bound && bound->effect != EFFECT_NONE)
            session_apply(session, bound, &err);
        else if (bound && bound->plan && is_bounded(bound->plan))
            run(session, bound->plan);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Session *session;

    if (bytes > INPUT_BYTES_MAX)
        return 0;
    session = session_create(NULL, NULL);
    statement(session, STR(setup));
    statement(session, (Str){(const char *)data, (uint32_t)bytes});
    session_free(session);
    return 0;
}
