/*
 * logical.c: making nodes of the logical plan, and looking at them (logical.h).
 */
#include "plan/logical.h"

#include "base/assert.h"

/* ── columns ───────────────────────────────────────────────────────────────────────────────────*/

uint32_t plan_column_new(PlanContext *plan, Str name, const Type *type, bool nullable)
{
    Field field = {name, type, nullable};

    VEC_ADD_IN(plan->arena, &plan->columns, field);
    VEC_ADD_IN(plan->arena, &plan->qualifiers, STR_EMPTY);
    return (uint32_t)plan->columns.count - 1;
}

const Field *plan_column(const PlanContext *plan, uint32_t id)
{
    ASSERT(id < plan->columns.count);
    return &plan->columns.items[id];
}

Expr *plan_column_expr(const PlanContext *plan, uint32_t id, Span span)
{
    const Field *field = plan_column(plan, id);

    return expr_column(plan->arena, id, field->type, field->nullable, span);
}

/* ── nodes ─────────────────────────────────────────────────────────────────────────────────────*/

Logical *logical_new(PlanContext *plan, LogicalKind kind, Span span, Logical *input)
{
    Logical *node = ARENA_NEW(plan->arena, Logical);

    node->kind = kind;
    node->span = span;
    if (input) {
        node->inputs = ARENA_ARRAY(plan->arena, Logical *, 1);
        node->inputs[0] = input;
        node->input_count = 1;
        node->streaming = input->streaming;
    }
    return node;
}

static uint32_t *ids_joined(PlanContext *plan, const uint32_t *a, uint32_t a_count,
                            const uint32_t *b, uint32_t b_count)
{
    uint32_t *ids = ARENA_ARRAY(plan->arena, uint32_t, a_count + b_count + 1);

    if (a_count)
        memcpy(ids, a, a_count * sizeof *ids);
    if (b_count)
        memcpy(ids + a_count, b, b_count * sizeof *ids);
    return ids;
}

static void set_columns(PlanContext *plan, Logical *node, const uint32_t *a, uint32_t a_count,
                        const uint32_t *b, uint32_t b_count)
{
    node->columns = ids_joined(plan, a, a_count, b, b_count);
    node->column_count = a_count + b_count;
}

static uint32_t *named_ids(PlanContext *plan, const NamedExpr *items, uint32_t count)
{
    uint32_t *ids = ARENA_ARRAY(plan->arena, uint32_t, count + 1);

    for (uint32_t i = 0; i < count; i++)
        ids[i] = items[i].id;
    return ids;
}

static void join_columns(PlanContext *plan, Logical *node)
{
    const Logical *left = node->inputs[0], *right = node->inputs[1];

    switch (node->as.join.kind) {
    case JOIN_SEMI:
    case JOIN_ANTI:
        set_columns(plan, node, left->columns, left->column_count, NULL, 0);
        return;
    case JOIN_LEFT_MARK:
        set_columns(plan, node, left->columns, left->column_count, &node->as.join.mark_id, 1);
        return;
    case JOIN_INNER:
    case JOIN_LEFT:
    case JOIN_RIGHT:
    case JOIN_FULL:
    case JOIN_CROSS:
    case JOIN_LEFT_SINGLE:
        set_columns(plan, node, left->columns, left->column_count, right->columns,
                    right->column_count);
        return;
    }
    UNREACHABLE();
}

void logical_refresh_columns(PlanContext *plan, Logical *node)
{
    const Logical *input = node->input_count ? node->inputs[0] : NULL;
    uint32_t count;

    switch (node->kind) {
    case LOGICAL_FILTER:
    case LOGICAL_WATERMARK:
    case LOGICAL_SORT:
    case LOGICAL_LIMIT:
        set_columns(plan, node, input->columns, input->column_count, NULL, 0);
        return;
    case LOGICAL_ASSIGN:
        set_columns(plan, node, input->columns, input->column_count, &node->as.assign.window_id, 1);
        return;
    case LOGICAL_AGGREGATE:
        count = node->as.aggregate.key_count;
        set_columns(plan, node, named_ids(plan, node->as.aggregate.keys, count), count,
                    named_ids(plan, node->as.aggregate.items, node->as.aggregate.item_count),
                    node->as.aggregate.item_count);
        return;
    case LOGICAL_WINDOW:
        set_columns(plan, node, input->columns, input->column_count,
                    named_ids(plan, node->as.window.items, node->as.window.item_count),
                    node->as.window.item_count);
        return;
    case LOGICAL_GENERATE:
        set_columns(plan, node, input->columns, input->column_count, node->as.generate.out_ids,
                    node->as.generate.out_count);
        return;
    case LOGICAL_JOIN:
        join_columns(plan, node);
        return;
    case LOGICAL_PROJECT: /* Their own. */
    case LOGICAL_SCAN:
    case LOGICAL_VALUES:
    case LOGICAL_UNION:
    case LOGICAL_RECURSE:
    case LOGICAL_WORKING:
    case LOGICAL_KIND_COUNT:
        return;
    }
    UNREACHABLE();
}

Logical *logical_filter(PlanContext *plan, Logical *input, Expr *condition, Span span)
{
    Logical *node = logical_new(plan, LOGICAL_FILTER, span, input);

    node->as.filter.condition = condition;
    logical_refresh_columns(plan, node);
    return node;
}

Logical *logical_project(PlanContext *plan, Logical *input, NamedExpr *items, uint32_t count,
                         Span span)
{
    Logical *node = logical_new(plan, LOGICAL_PROJECT, span, input);

    node->as.project.items = items;
    node->columns = named_ids(plan, items, count);
    node->column_count = count;
    return node;
}

Logical *logical_join(PlanContext *plan, JoinKind kind, Logical *left, Logical *right,
                      Expr *condition, Span span)
{
    Logical *node = logical_new(plan, LOGICAL_JOIN, span, NULL);

    node->inputs = ARENA_ARRAY(plan->arena, Logical *, 2);
    node->inputs[0] = left;
    node->inputs[1] = right;
    node->input_count = 2;
    node->streaming = left->streaming || right->streaming;
    node->as.join.kind = kind;
    node->as.join.condition = condition;
    node->as.join.left_time_id = node->as.join.right_time_id = UINT32_MAX;
    if (kind == JOIN_LEFT_MARK)
        node->as.join.mark_id = plan_column_new(plan, STR("mark"), &type_boolean, true);
    logical_refresh_columns(plan, node);
    return node;
}

bool logical_has_column(const Logical *node, uint32_t id)
{
    for (uint32_t i = 0; i < node->column_count; i++) {
        if (node->columns[i] == id)
            return true;
    }
    return false;
}

static void each_named(NamedExpr *items, uint32_t count, void (*visit)(void *self, Expr **e),
                       void *self)
{
    for (uint32_t i = 0; i < count; i++)
        visit(self, &items[i].expr);
}

static void each_maybe(Expr **e, void (*visit)(void *self, Expr **e), void *self)
{
    if (*e)
        visit(self, e);
}

void logical_each_expr(Logical *node, void (*visit)(void *self, Expr **e), void *self)
{
    switch (node->kind) {
    case LOGICAL_SCAN:
        each_maybe(&node->as.scan.filter, visit, self);
        return;
    case LOGICAL_VALUES:
        for (uint32_t i = 0; i < node->as.values.row_count * node->column_count; i++)
            visit(self, &node->as.values.cells[i]);
        return;
    case LOGICAL_FILTER:
        visit(self, &node->as.filter.condition);
        return;
    case LOGICAL_PROJECT:
        each_named(node->as.project.items, node->column_count, visit, self);
        return;
    case LOGICAL_ASSIGN:
        visit(self, &node->as.assign.time);
        each_maybe(&node->as.assign.gap, visit, self);
        return;
    case LOGICAL_AGGREGATE:
        each_named(node->as.aggregate.keys, node->as.aggregate.key_count, visit, self);
        each_named(node->as.aggregate.items, node->as.aggregate.item_count, visit, self);
        return;
    case LOGICAL_JOIN:
        each_maybe(&node->as.join.condition, visit, self);
        for (uint32_t i = 0; i < node->as.join.in_count; i++) {
            visit(self, &node->as.join.in_left[i]);
            visit(self, &node->as.join.in_right[i]);
        }
        return;
    case LOGICAL_SORT:
        for (uint32_t i = 0; i < node->as.sort.item_count; i++)
            visit(self, &node->as.sort.items[i].expr);
        return;
    case LOGICAL_WINDOW:
        for (uint32_t i = 0; i < node->as.window.partition_count; i++)
            visit(self, &node->as.window.partition[i]);
        for (uint32_t i = 0; i < node->as.window.order_count; i++)
            visit(self, &node->as.window.order[i].expr);
        each_named(node->as.window.items, node->as.window.item_count, visit, self);
        return;
    case LOGICAL_GENERATE:
        visit(self, &node->as.generate.call);
        return;
    case LOGICAL_WATERMARK:
    case LOGICAL_UNION:
    case LOGICAL_LIMIT:
    case LOGICAL_RECURSE:
    case LOGICAL_WORKING:
    case LOGICAL_KIND_COUNT:
        return;
    }
    UNREACHABLE();
}

/* ── expressions ───────────────────────────────────────────────────────────────────────────────*/

Expr *expr_and(PlanContext *plan, Expr *a, Expr *b)
{
    Expr *args[2] = {a, b};
    Expr *out;
    Error err = {0};

    if (!a || !b)
        return a ? a : b;
    if (!function_call_named(plan->arena, plan->sql, "and", args, 2, a->span, &out, &err))
        UNREACHABLE();
    return out;
}

bool expr_is_call(const Expr *e, const char *function)
{
    return e->kind == EXPR_CALL && strcmp(e->fn->name, function) == 0;
}

static bool is_commutative(const Function *fn)
{
    static const char *const names[] = {"+", "*", "=", "<=>", "and", "or", "&", "|", "^"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(fn->name, names[i]) == 0)
            return true;
    }
    return false;
}

bool expr_same(const Expr *a, const Expr *b)
{
    if (expr_equal(a, b))
        return true;
    if (a->kind != EXPR_CALL || b->kind != EXPR_CALL || a->fn != b->fn ||
        a->arg_count != b->arg_count || !type_equal(a->type, b->type))
        return false;
    if (a->arg_count == 2 && is_commutative(a->fn) && expr_same(a->args[0], b->args[1]) &&
        expr_same(a->args[1], b->args[0]))
        return true;
    for (uint32_t i = 0; i < a->arg_count; i++) {
        if (!expr_same(a->args[i], b->args[i]))
            return false;
    }
    /* What bind made of constant arguments follows from those. */
    return a->arg_count > 0;
}

void expr_conjuncts(Arena *arena, Expr *e, ExprVec *out)
{
    if (!e)
        return;
    if (!expr_is_call(e, "and")) {
        VEC_ADD_IN(arena, out, e);
        return;
    }
    for (uint32_t i = 0; i < e->arg_count; i++)
        expr_conjuncts(arena, e->args[i], out);
}

static Expr **replace_list(Arena *arena, Expr **list, uint32_t count,
                           Expr *(*map)(void *self, Expr *e), void *self, bool *changed)
{
    Expr **out = ARENA_ARRAY(arena, Expr *, count + 1);

    for (uint32_t i = 0; i < count; i++) {
        out[i] = expr_replace(arena, list[i], map, self);
        *changed = *changed || out[i] != list[i];
    }
    return out;
}

static const WindowSpec *replace_window(Arena *arena, const WindowSpec *spec,
                                        Expr *(*map)(void *self, Expr *e), void *self,
                                        bool *changed)
{
    WindowSpec *out = ARENA_NEW(arena, WindowSpec);

    *out = *spec;
    out->partition = replace_list(arena, spec->partition, spec->partition_count, map, self, changed);
    out->order = ARENA_ARRAY(arena, SortItem, spec->order_count + 1);
    for (uint32_t i = 0; i < spec->order_count; i++) {
        out->order[i] = spec->order[i];
        out->order[i].expr = expr_replace(arena, spec->order[i].expr, map, self);
        *changed = *changed || out->order[i].expr != spec->order[i].expr;
    }
    return out;
}

Expr *expr_replace(Arena *arena, Expr *e, Expr *(*map)(void *self, Expr *e), void *self)
{
    Expr *mapped = map(self, e), *out;
    Expr copy = *e;
    bool changed = false;

    if (mapped)
        return mapped;
    if (e->args)
        copy.args = replace_list(arena, e->args, e->arg_count, map, self, &changed);
    if (e->body) {
        copy.body = expr_replace(arena, e->body, map, self);
        changed = changed || copy.body != e->body;
    }
    if (e->filter) {
        copy.filter = expr_replace(arena, e->filter, map, self);
        changed = changed || copy.filter != e->filter;
    }
    if (e->order_by)
        copy.order_by = replace_list(arena, e->order_by, e->order_count, map, self, &changed);
    if (e->window)
        copy.window = replace_window(arena, e->window, map, self, &changed);
    if (!changed)
        return e;
    out = ARENA_NEW(arena, Expr);
    *out = copy;
    return out;
}

bool expr_any(const Expr *e, bool (*test)(void *self, const Expr *e), void *self)
{
    if (test(self, e))
        return true;
    for (uint32_t i = 0; e->args && i < e->arg_count; i++) {
        if (expr_any(e->args[i], test, self))
            return true;
    }
    if ((e->body && expr_any(e->body, test, self)) ||
        (e->filter && expr_any(e->filter, test, self)))
        return true;
    for (uint32_t i = 0; e->order_by && i < e->order_count; i++) {
        if (expr_any(e->order_by[i], test, self))
            return true;
    }
    for (uint32_t i = 0; e->window && i < e->window->partition_count; i++) {
        if (expr_any(e->window->partition[i], test, self))
            return true;
    }
    for (uint32_t i = 0; e->window && i < e->window->order_count; i++) {
        if (expr_any(e->window->order[i].expr, test, self))
            return true;
    }
    return false;
}

static bool is_kind(void *self, const Expr *e)
{
    return e->kind == *(const ExprKind *)self;
}

bool expr_has_kind(const Expr *e, ExprKind kind)
{
    return expr_any(e, is_kind, &kind);
}

/* ── as text, for tests and debugging ──────────────────────────────────────────────────────────*/

static const char *logical_kind_name(LogicalKind kind)
{
    static const char *const names[LOGICAL_KIND_COUNT] = {
        [LOGICAL_SCAN] = "scan",           [LOGICAL_VALUES] = "values",
        [LOGICAL_FILTER] = "filter",       [LOGICAL_PROJECT] = "project",
        [LOGICAL_WATERMARK] = "watermark", [LOGICAL_ASSIGN] = "assign",
        [LOGICAL_AGGREGATE] = "aggregate", [LOGICAL_JOIN] = "join",
        [LOGICAL_UNION] = "union",         [LOGICAL_SORT] = "sort",
        [LOGICAL_LIMIT] = "limit",         [LOGICAL_WINDOW] = "window",
        [LOGICAL_GENERATE] = "generate",   [LOGICAL_RECURSE] = "recurse",
        [LOGICAL_WORKING] = "last round",
    };

    return names[kind];
}

typedef struct PrintState {
    StrBuf *out;
    Schema schema;
    bool any;
} PrintState;

static void print_expr(void *self, Expr **e)
{
    PrintState *state = self;

    strbuf_add_c(state->out, state->any ? ", " : " ");
    state->any = true;
    expr_print(state->out, *e, &state->schema);
}

static void print_node(StrBuf *out, const PlanContext *plan, Logical *node, int depth)
{
    PrintState state = {out, {(uint32_t)plan->columns.count, plan->columns.items}, false};

    strbuf_printf(out, "%*s%s%s", depth * 2, "", node->streaming ? "stream " : "",
                  logical_kind_name(node->kind));
    if (node->kind == LOGICAL_SCAN)
        strbuf_printf(out, " %.*s", STR_ARG(node->as.scan.table->name));
    logical_each_expr(node, print_expr, &state);
    strbuf_add_c(out, " ->");
    for (uint32_t i = 0; i < node->column_count; i++)
        strbuf_printf(out, " %.*s#%u", STR_ARG(plan_column(plan, node->columns[i])->name),
                      node->columns[i]);
    strbuf_add_char(out, '\n');
    for (uint32_t i = 0; i < node->input_count; i++)
        print_node(out, plan, node->inputs[i], depth + 1);
}

void logical_print(StrBuf *out, const PlanContext *plan, const Logical *root)
{
    Logical copy = *root;

    print_node(out, plan, &copy, 0);
}
