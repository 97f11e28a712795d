/*
 * bind_time.c: event time: WATERMARK, window(), session_window(), window_time().
 *
 * As in Spark a window call is not a function of a row: it becomes a column of the SELECT's input,
 * called `window` or `session_window`, a STRUCT<start, end>; a row may be in several windows (ASSIGN
 * gives one row each). So `window.start` beside GROUP BY window(ts, '1 minute') is that column's
 * field, unless the input has a `window` of its own: then that is meant, and the new one is told by
 * writing the call again (SELECT window(window, '1 minute').start). There can be one such call in a SELECT, written as often as one likes.
 *
 * window() over a window column (chained aggregations) means its last moment, end - 1 microsecond, as
 * window_time() does.
 */
#include "plan/bind_time.h"

#include "base/assert.h"
#include "plan/bind_walk.h"

/* ── the time that is assigned ─────────────────────────────────────────────────────────────────*/

static bool is_window_type(const Type *type)
{
    return type->kind == TYPE_STRUCT && type->field_count == 2 &&
           str_is_nocase(type->fields[0].name, "start") &&
           str_is_nocase(type->fields[1].name, "end");
}

static Expr *microsecond(Binder *b, Span span)
{
    Vector *v = vector_new(b->arena, &type_interval_dt, 1);

    vector_i64(v)[0] = 1;
    return expr_literal(b->arena, v, span);
}

static Expr *window_last_moment(Binder *b, Expr *window, Span span)
{
    Expr *args[2] = {NULL, microsecond(b, span)};
    Error err = {0};

    if (!expr_field(b->arena, b->sql, window, STR("end"), span, &args[0], &err))
        return bind_error_from(b, span, &err);
    return bind_call_named(b, "-", args, 2, span);
}

static Expr *wrong_time_type(Binder *b, const char *function, const Expr *e, Span span)
{
    return bind_error(b, span, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
                      "Cannot resolve \"%s\" due to data type mismatch: The first parameter "
                      "requires the (\"TIMESTAMP\" or \"TIMESTAMP WITHOUT TIME ZONE\" or "
                      "\"STRUCT<start: TIMESTAMP, end: TIMESTAMP>\") type, however it has the type "
                      "%s.",
                      function, type_text_sql(b, e->type));
}

static Expr *bind_time(Binder *b, const ExprScope *es, const AstExpr *ast, const char *function)
{
    Expr *e = bind_expr(b, es, ast);

    if (!e)
        return NULL;
    if (is_window_type(e->type))
        return window_last_moment(b, e, ast->span);
    if (e->type->kind == TYPE_TIMESTAMP || e->type->kind == TYPE_TIMESTAMP_NTZ)
        return e;
    if (e->type->kind == TYPE_DATE || e->type->kind == TYPE_STRING || e->type->kind == TYPE_VOID)
        return binder_cast(b, e, &type_timestamp, ast->span);
    return wrong_time_type(b, function, e, ast->span);
}

/* ── one call ──────────────────────────────────────────────────────────────────────────────────*/

static bool wrong_arg_count(Binder *b, const AstExpr *ast, const char *expected)
{
    bind_error(b, ast->span, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
               "The `%.*s` requires %s parameters but the actual number is %zu.",
               STR_ARG(ast->call->name.parts[0].text), expected, ast->call->arg_count);
    return false;
}

static bool duration_arg(Binder *b, const AstExpr *ast, size_t arg_i, const char *what,
                         int64_t *out)
{
    ExprScope es = {.clause = what};
    Expr *e = bind_expr(b, &es, ast->call->args[arg_i].value);

    return e && bind_interval_us(b, e, what, out);
}

static bool constraint(Binder *b, const AstExpr *ast, bool holds, const char *text)
{
    if (holds)
        return true;
    bind_error(b, ast->span, "DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION", "42K09",
               "Cannot resolve \"window\" due to data type mismatch: %s.", text);
    diagnostic_remedy(b->diagnostics,
                      "window(time, length, slide, start): 0 < slide <= length, |start| < slide");
    return false;
}

static bool bind_window(Binder *b, const ExprScope *es, const AstExpr *ast, TimeWindow *out)
{
    size_t count = ast->call->arg_count;

    if (count < 2 || count > 4)
        return wrong_arg_count(b, ast, "[2, 4]");
    out->time = bind_time(b, es, ast->call->args[0].value, "window");
    if (!out->time || !duration_arg(b, ast, 1, "the window's length", &out->size_us))
        return false;
    out->slide_us = out->size_us;
    if (count > 2 && !duration_arg(b, ast, 2, "the window's slide", &out->slide_us))
        return false;
    if (count > 3 && !duration_arg(b, ast, 3, "the window's start", &out->offset_us))
        return false;
    return constraint(b, ast, out->size_us > 0, "The window's length must be greater than 0") &&
           constraint(b, ast, out->slide_us > 0, "The window's slide must be greater than 0") &&
           constraint(b, ast, out->slide_us <= out->size_us,
                      "The window's slide must be less than or equal to its length") &&
           constraint(b, ast,
                      out->offset_us < out->slide_us && out->offset_us > -out->slide_us,
                      "The window's start must be less than its slide");
}

/* A gap of each row's own, as a length of time. '1 month' has one only from some moment on. */
static Expr *gap_length(Binder *b, Expr *time, Expr *gap, Span span)
{
    Expr *args[2] = {time, gap};

    if (gap->type->kind == TYPE_STRING)
        args[1] = binder_cast(b, gap, &type_interval, span);
    else if (gap->type->kind != TYPE_INTERVAL && gap->type->kind != TYPE_INTERVAL_YM)
        return binder_cast(b, gap, &type_interval_dt, span);
    args[0] = args[1] ? bind_call_named(b, "+", args, 2, span) : NULL;
    args[1] = time;
    return args[0] ? bind_call_named(b, "-", args, 2, span) : NULL;
}

static bool bind_session(Binder *b, const ExprScope *es, const AstExpr *ast, TimeWindow *out)
{
    Expr *gap;

    if (ast->call->arg_count != 2)
        return wrong_arg_count(b, ast, "2");
    out->session = true;
    out->time = bind_time(b, es, ast->call->args[0].value, "session_window");
    gap = bind_expr(b, es, ast->call->args[1].value);
    if (!out->time || !gap)
        return false;
    if (expr_is_constant(gap)) {
        if (!bind_interval_us(b, gap, "the session's gap", &out->size_us))
            return false;
        return constraint(b, ast, out->size_us > 0, "The session's gap must be greater than 0");
    }
    out->gap = gap_length(b, out->time, gap, ast->span);
    return out->gap != NULL;
}

static bool bind_one(Binder *b, const ExprScope *es, const AstExpr *ast, TimeWindow *out)
{
    *out = (TimeWindow){0};
    return ast_call_is(ast, "window") ? bind_window(b, es, ast, out)
                                      : bind_session(b, es, ast, out);
}

static bool window_equal(const TimeWindow *a, const TimeWindow *b)
{
    return a->session == b->session && a->size_us == b->size_us && a->slide_us == b->slide_us &&
           a->offset_us == b->offset_us && expr_equal(a->time, b->time) &&
           (a->gap ? b->gap && expr_equal(a->gap, b->gap) : !b->gap);
}

Expr *bind_time_call(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    TimeWindow wanted;
    Expr *e;

    if (ast_call_is(ast, "window_time")) {
        if (ast->call->arg_count != 1) {
            wrong_arg_count(b, ast, "1");
            return NULL;
        }
        e = bind_expr(b, es, ast->call->args[0].value);
        if (e && !is_window_type(e->type))
            return wrong_time_type(b, "window_time", e, ast->span);
        return e ? window_last_moment(b, e, ast->span) : NULL;
    }
    if (!bind_one(b, es, ast, &wanted))
        return NULL;
    for (size_t i = 0; es->time_windows && i < es->time_windows->items.count; i++) {
        const TimeWindow *known = &es->time_windows->items.items[i];

        if (window_equal(known, &wanted))
            return plan_column_expr(b->plan, known->id, ast->span);
    }
    bind_error(b, ast->span, "UNSUPPORTED_EXPR_FOR_OPERATOR", "42K0E",
               "A time window may stand in SELECT and GROUP BY only.");
    diagnostic_remedy(b->diagnostics, "write it in GROUP BY, or in a query in FROM");
    return NULL;
}

/* ── all of a SELECT ───────────────────────────────────────────────────────────────────────────*/

typedef struct CallVec {
    Arena *arena;
    VEC(const AstExpr *) calls;
} CallVec;

static bool note_call(void *self, const AstExpr *ast)
{
    CallVec *found = self;

    if (!ast_call_is(ast, "window") && !ast_call_is(ast, "session_window"))
        return true;
    VEC_ADD_IN(found->arena, &found->calls, ast);
    return false;
}

static void note_group(CallVec *found, const AstGroupElement *elements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const AstGroupElement *element = &elements[i];

        ast_walk(element->expr, note_call, found);
        for (size_t j = 0; j < element->set.count; j++)
            ast_walk(element->set.items[j], note_call, found);
        note_group(found, element->elements, element->element_count);
    }
}

/* Of the same kind of timestamps as the time. */
static const Type *window_type(Binder *b, const Type *time)
{
    Field fields[2] = {{STR("start"), time, true}, {STR("end"), time, true}};

    return type_struct(b->arena, fields, 2);
}

static bool has_name(const Scope *scope, Str name)
{
    for (size_t i = 0; i < scope->columns.count; i++) {
        if (!scope->columns.items[i].hidden && str_equal_nocase(scope->columns.items[i].name, name))
            return true;
    }
    return false;
}

static void put_assign(Binder *b, Relation *input, TimeWindow *window, Span span)
{
    Str name = window->session ? STR("session_window") : STR("window");
    const Type *type = window_type(b, window->time->type);
    Scope *scope = scope_new(b, input->scope->outer);
    Logical *node = logical_new(b->plan, LOGICAL_ASSIGN, span, input->plan);

    window->id = plan_column_new(b->plan, name, type, false);
    node->as.assign = (LogicalAssign){
        .time = window->time,
        .size_us = window->size_us,
        .slide_us = window->session ? window->size_us : window->slide_us,
        .offset_us = window->offset_us,
        .session = window->session,
        .gap = window->gap,
        .window_id = window->id,
    };
    logical_refresh_columns(b->plan, node);
    scope_append(b, scope, input->scope);
    scope_add(b, scope, (ScopeColumn){.name = name,
                                      .id = window->id,
                                      .type = type,
                                      .hidden = has_name(input->scope, name)});
    input->plan = node;
    input->scope = scope;
}

bool bind_time_windows(Binder *b, const AstSelect *ast, Relation *input, const TimeWindows **out)
{
    CallVec found = {.arena = b->arena};
    TimeWindows *windows;
    ExprScope es = {.scope = input->scope, .clause = "a time window"};
    TimeWindow first, other;

    *out = NULL;
    for (size_t i = 0; i < ast->items.count; i++)
        ast_walk(ast->items.items[i].expr, note_call, &found);
    note_group(&found, ast->group_by.elements, ast->group_by.element_count);
    if (ast->group_by.grouping_sets)
        note_group(&found, ast->group_by.grouping_sets, 1);
    if (!found.calls.count)
        return true;
    if (!bind_one(b, &es, found.calls.items[0], &first))
        return false;
    for (size_t i = 1; i < found.calls.count; i++) {
        if (!bind_one(b, &es, found.calls.items[i], &other))
            return false;
        if (!window_equal(&first, &other)) {
            bind_error(b, found.calls.items[i]->span, "_LEGACY_ERROR_TEMP_1039", NULL,
                       "Multiple time/session window expressions would result in a cartesian "
                       "product of rows, therefore they are currently not supported.");
            diagnostic_remedy(b->diagnostics, "give each window a query of its own");
            return false;
        }
    }
    put_assign(b, input, &first, found.calls.items[0]->span);
    windows = ARENA_NEW(b->arena, TimeWindows);
    VEC_ADD_IN(b->arena, &windows->items, first);
    *out = windows;
    return true;
}

/* ── WATERMARK ─────────────────────────────────────────────────────────────────────────────────*/

/* WATERMARK expr AS name: a column more. */
static uint32_t add_time_column(Binder *b, Relation *relation, Expr *time, Str name, Span span)
{
    uint32_t count = relation->plan->column_count;
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, count + 1);
    uint32_t id = plan_column_new(b->plan, name, time->type, time->nullable);
    Scope *scope = scope_new(b, relation->scope->outer);

    for (uint32_t i = 0; i < count; i++) {
        items[i].id = relation->plan->columns[i];
        items[i].expr = plan_column_expr(b->plan, items[i].id, span);
    }
    items[count] = (NamedExpr){time, id};
    relation->plan = logical_project(b->plan, relation->plan, items, count + 1, span);
    scope_append(b, scope, relation->scope);
    scope_add(b, scope, (ScopeColumn){.name = name, .id = id, .type = time->type,
                                      .nullable = time->nullable});
    relation->scope = scope;
    return id;
}

static bool has_watermark(const Logical *node)
{
    if (node->kind == LOGICAL_WATERMARK)
        return true;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (has_watermark(node->inputs[i]))
            return true;
    }
    return false;
}

bool bind_watermark(Binder *b, Relation *relation, const AstWatermark *ast)
{
    ExprScope es = {.scope = relation->scope, .clause = "WATERMARK"};
    Expr *time = bind_expr(b, &es, ast->column.expr);
    Expr *delay = bind_expr(b, &(ExprScope){0}, ast->delay);
    int64_t delay_us = 0;
    Logical *node;
    uint32_t id;

    if (!time || !delay || !bind_interval_us(b, delay, "The delay of a watermark", &delay_us))
        return false;
    if (delay_us < 0) {
        bind_error(b, ast->delay->span, "INVALID_PARAMETER_VALUE", "22023",
                   "The delay of a watermark must not be negative.");
        return false;
    }
    /* Batch: every row counts, however late; so any column will do. */
    if (relation->plan->streaming && time->type->kind != TYPE_TIMESTAMP) {
        bind_error(b, ast->column.span, "EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE", "42K09",
                   "The event time \"%.*s\" has the invalid type %s, but expected \"TIMESTAMP\".",
                   STR_ARG(bind_name(b, &es, ast->column.expr)), type_text_sql(b, time->type));
        diagnostic_remedy(b->diagnostics, "WATERMARK CAST(... AS TIMESTAMP) AS name DELAY OF ...");
        return false;
    }
    if (time->kind == EXPR_COLUMN && !ast->column.aliases.count) {
        id = time->column_i;
    } else {
        Str name = ast->column.aliases.count ? ast->column.aliases.items[0].text
                                             : bind_name(b, &es, ast->column.expr);

        id = add_time_column(b, relation, time, name, ast->span);
    }
    if (!relation->plan->streaming)
        return true;
    if (has_watermark(relation->plan)) {
        bind_error(b, ast->span, "EVENT_TIME_REDEFINED", "42000",
                   "Redefining watermark is disallowed: these rows have one already.");
        diagnostic_remedy(b->diagnostics, "leave one of the two out: the first one holds for all "
                                          "that is made from these rows");
        return false;
    }
    node = logical_new(b->plan, LOGICAL_WATERMARK, ast->span, relation->plan);
    node->as.watermark.time_id = id;
    node->as.watermark.delay_us = delay_us;
    logical_refresh_columns(b->plan, node);
    relation->plan = node;
    return true;
}
