/*
 * bind_select.c: SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... ORDER BY.
 *
 * All expressions are bound over the input first: the items (an earlier item's alias stands for its
 * expression), HAVING and ORDER BY too. Then the plan grows, and with each node the expressions are
 * rewritten to its output:
 *
 *     input -> WHERE -> ASSIGN (window()) -> AGGREGATE -> HAVING -> WINDOW -> GENERATE
 *           -> joins for subqueries -> PROJECT -> DISTINCT -> SORT
 *
 * What ORDER BY needs beside the items is projected too, and projected away above the SORT.
 */
#include "base/assert.h"
#include "plan/bind_group.h"
#include "plan/bind_time.h"

Logical *logical_one_row(PlanContext *plan, Span span)
{
    Logical *node = logical_new(plan, LOGICAL_VALUES, span, NULL);

    node->as.values.row_count = 1;
    return node;
}

/* ── items ─────────────────────────────────────────────────────────────────────────────────────*/

static void add_item(Select *s, Str name, Expr *expr, Span span, bool is_alias)
{
    SelectItem item = {.name = name, .expr = expr, .span = span};
    AliasColumn alias = {name, expr};

    VEC_ADD_IN(s->b->arena, &s->items, item);
    if (is_alias)
        VEC_ADD_IN(s->b->arena, &s->aliases.items, alias);
}

static bool add_generator(Select *s, const AstNamedExpr *ast, const ExprScope *es)
{
    Expr *call = bind_generator(s->b, es, ast->expr->call, ast->expr->span);
    Schema outputs;

    if (!call)
        return false;
    outputs = generator_schema(call);
    if (ast->aliases.count && ast->aliases.count != outputs.column_count) {
        bind_error(s->b, ast->span, "UDTF_ALIAS_NUMBER_MISMATCH", "42802",
                   "The number of aliases supplied in the AS clause does not match the number of "
                   "columns output by the UDTF. Expected %u aliases, but got %zu.",
                   outputs.column_count, ast->aliases.count);
        return false;
    }
    if (s->generator) {
        bind_error(s->b, ast->span, "UNSUPPORTED_GENERATOR.MULTI_GENERATOR", "42K0E",
                   "The generator is not supported: only one generator allowed per SELECT clause "
                   "but found 2.");
        return false;
    }
    s->generator = call;
    s->generator_ids = generator_ids(s->b->plan, call, false);
    s->generator_count = outputs.column_count;
    for (uint32_t i = 0; i < outputs.column_count; i++)
        add_item(s, ast->aliases.count ? ast->aliases.items[i].text : outputs.columns[i].name,
                 plan_column_expr(s->b->plan, s->generator_ids[i], ast->span), ast->span, false);
    return true;
}

static bool bind_item(Select *s, const AstNamedExpr *ast, const ExprScope *es)
{
    Binder *b = s->b;
    StarColumnVec star = {0};
    Expr *e;
    Str name;

    if (ast->expr->kind == AST_EXPR_STAR) {
        if (!scope_expand_star(b, s->input.scope, ast->expr, &star))
            return false;
        for (size_t i = 0; i < star.count; i++) {
            if (!star.items[i].expr)
                return false;
            add_item(s, star.items[i].name, star.items[i].expr, ast->span, false);
        }
        return true;
    }
    if (call_is_generator(ast->expr))
        return add_generator(s, ast, es);
    if (ast->aliases.count > 1) {
        bind_error(b, ast->span, "MULTI_ALIAS_WITHOUT_GENERATOR", "42K0E",
                   "Multi part aliasing is not supported with expressions that are no generator "
                   "functions.");
        return false;
    }
    e = bind_expr(b, es, ast->expr);
    name = ast->aliases.count ? ast->aliases.items[0].text
                                : bind_item_name(b, es, ast->expr);
    /* One that is wrong stays, so that names behind it are not told as unknown. */
    /* Also a field has a name of its own: SELECT s.a, a + 1. */
    add_item(s, name, e, ast->span,
             ast->aliases.count == 1 ||
                 (e && ast->expr->kind == AST_EXPR_COLUMN && expr_is_call(e, ".")));
    return e != NULL;
}

static bool bind_items(Select *s)
{
    ExprScope es = {
        .scope = s->input.scope,
        .aliases = &s->aliases,
        .clause = "SELECT",
        .aggregates = true,
        .windows = true,
        .generators = true,
        .subqueries = true,
        .grouping = s->ast->group_by.present,
        .time_windows = s->time_windows,
    };
    bool ok = true;

    for (size_t i = 0; i < s->ast->items.count; i++)
        ok = bind_item(s, &s->ast->items.items[i], &es) && ok;
    return ok;
}

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

AliasList select_names(const Select *s)
{
    AliasList names = {0};

    for (size_t i = 0; i < s->items.count; i++) {
        AliasColumn alias = {s->items.items[i].name, s->items.items[i].expr};

        VEC_ADD_IN(s->b->arena, &names.items, alias);
    }
    return names;
}

/* ── the nodes above ───────────────────────────────────────────────────────────────────────────*/

static bool select_generators(Select *s)
{
    if (!s->generator)
        return true;
    if (!plan_subqueries(s->b, &s->plan, &s->generator))
        return false;
    s->plan = logical_generate(s->b->plan, s->plan, s->generator, s->generator_ids, false,
                               s->generator->span);
    return true;
}

static bool select_subqueries(Select *s)
{
    for (uint32_t i = 0; i < s->order_count; i++) {
        if (!order_subqueries_check(s->b, s->order[i].expr, &s->items))
            return false;
    }
    for (size_t i = 0; i < s->items.count; i++) {
        if (!plan_subqueries(s->b, &s->plan, &s->items.items[i].expr))
            return false;
    }
    for (uint32_t i = 0; i < s->order_count; i++) {
        if (!plan_subqueries(s->b, &s->plan, &s->order[i].expr))
            return false;
    }
    return true;
}

static uint32_t column_for(Binder *b, Expr *e, Str name)
{
    return e->kind == EXPR_COLUMN ? e->column_i
                                  : plan_column_new(b->plan, name, e->type, e->nullable);
}

static Scope *output_scope(Select *s, const NamedExpr *items)
{
    Scope *scope = scope_new(s->b, NULL);

    for (size_t i = 0; i < s->items.count; i++)
        scope_add(s->b, scope, (ScopeColumn){
                                   .name = s->items.items[i].name,
                                   .id = items[i].id,
                                   .type = items[i].expr->type,
                                   .nullable = items[i].expr->nullable,
                               });
    return scope;
}

typedef struct ItemMap {
    Select *select;
    const NamedExpr *items;
} ItemMap;

static Expr *map_to_item(void *self, Expr *e)
{
    const ItemMap *map = self;

    for (size_t i = 0; i < map->select->items.count; i++) {
        if (expr_equal(map->items[i].expr, e))
            return expr_column(map->select->b->arena, map->items[i].id, e->type, e->nullable,
                               e->span);
    }
    return NULL;
}

static bool reads_unknown(void *self, const Expr *e)
{
    const Logical *node = self;

    return e->kind == EXPR_COLUMN && !logical_has_column(node, e->column_i);
}

static void put_sort(Select *s, SortItem *order)
{
    Logical *node = logical_new(s->b->plan, LOGICAL_SORT, s->order_span, s->plan);

    node->as.sort.items = order;
    node->as.sort.item_count = s->order_count;
    node->as.sort.limit = -1;
    node->as.sort.time_id = UINT32_MAX;
    logical_refresh_columns(s->b->plan, node);
    s->plan = node;
}

static bool sort_distinct(Select *s, SortItem *order)
{
    for (uint32_t i = 0; i < s->order_count; i++) {
        if (expr_any(order[i].expr, reads_unknown, s->plan)) {
            bind_error(s->b, order[i].expr->span, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703",
                       "ORDER BY of a SELECT DISTINCT can only use what is selected.");
            return false;
        }
    }
    put_sort(s, order);
    return true;
}

Expr *order_by_outer(Binder *b, const Expr *e)
{
    return bind_error(b, e->span, "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE",
                      "0A000",
                      "Unsupported subquery expression: Expressions referencing the outer query are "
                      "not supported outside of WHERE/HAVING clauses.");
}

static Relation select_output(Select *s)
{
    Binder *b = s->b;
    uint32_t count = (uint32_t)s->items.count, extra = 0;
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, count + s->order_count + 1);
    SortItem *order = ARENA_ARRAY(b->arena, SortItem, s->order_count + 1);
    ItemMap map = {s, items};
    bool distinct = s->ast->quantifier == AST_QUANTIFIER_DISTINCT;
    Scope *scope;

    for (uint32_t i = 0; i < count; i++)
        items[i] = (NamedExpr){s->items.items[i].expr,
                               column_for(b, s->items.items[i].expr, s->items.items[i].name)};
    scope = output_scope(s, items);
    for (uint32_t i = 0; i < s->order_count; i++) {
        Expr *e = s->order[i].expr, *mapped = map_to_item(&map, e);

        order[i].key = s->order[i].key;
        if (!mapped && expr_has_kind(e, EXPR_OUTER)) {
            order_by_outer(b, e);
            return (Relation){0};
        }
        if (mapped || distinct) {
            order[i].expr = mapped ? mapped : expr_replace(b->arena, e, map_to_item, &map);
            continue;
        }
        items[count + extra] = (NamedExpr){e, column_for(b, e, STR("sort"))};
        order[i].expr = expr_column(b->arena, items[count + extra].id, e->type, e->nullable,
                                    e->span);
        extra++;
    }
    s->plan = logical_project(b->plan, s->plan, items, count + extra, s->ast->items.count
                              ? s->ast->items.items[0].span : SPAN_NONE);
    if (distinct) {
        s->plan = logical_distinct(b->plan, s->plan, s->plan->span);
        if (s->order_count && !sort_distinct(s, order))
            return (Relation){0};
    } else if (s->order_count) {
        put_sort(s, order);
    }
    if (extra) {
        NamedExpr *kept = ARENA_ARRAY(b->arena, NamedExpr, count + 1);

        for (uint32_t i = 0; i < count; i++)
            kept[i] = (NamedExpr){expr_column(b->arena, items[i].id, items[i].expr->type,
                                              items[i].expr->nullable, items[i].expr->span),
                                  items[i].id};
        s->plan = logical_project(b->plan, s->plan, kept, count, s->plan->span);
    }
    return (Relation){s->plan, scope};
}

Logical *logical_distinct(PlanContext *plan, Logical *input, Span span)
{
    Logical *node = logical_new(plan, LOGICAL_AGGREGATE, span, input);
    NamedExpr *keys = ARENA_ARRAY(plan->arena, NamedExpr, input->column_count + 1);

    for (uint32_t i = 0; i < input->column_count; i++)
        keys[i] = (NamedExpr){plan_column_expr(plan, input->columns[i], span), input->columns[i]};
    node->as.aggregate = (LogicalAggregate){
        .keys = keys,
        .key_count = input->column_count,
        .time_key = -1,
    };
    logical_refresh_columns(plan, node);
    return node;
}

/* ── the SELECT ────────────────────────────────────────────────────────────────────────────────*/

static bool bind_where(Binder *b, const AstSelect *ast, Relation *input)
{
    ExprScope es = {.scope = input->scope, .clause = "WHERE", .subqueries = true};
    Expr *condition;

    if (!ast->where)
        return true;
    condition = bind_condition(b, &es, ast->where);
    return condition && plan_condition(b, &input->plan, condition, ast->where->span);
}

/* Whether it groups, ORDER BY aside. */
static bool groups(const Select *s)
{
    if (s->ast->group_by.present || s->ast->having)
        return true;
    for (size_t i = 0; i < s->items.count; i++) {
        if (expr_has_kind(s->items.items[i].expr, EXPR_AGGREGATE))
            return true;
    }
    return s->generator && expr_has_kind(s->generator, EXPR_AGGREGATE);
}

static bool has_aggregate(const Select *s)
{
    for (uint32_t i = 0; i < s->order_count; i++) {
        if (expr_has_kind(s->order[i].expr, EXPR_AGGREGATE))
            return true;
    }
    return groups(s);
}

static bool distinct_is_possible(const Select *s)
{
    for (size_t i = 0; i < s->items.count && s->ast->quantifier == AST_QUANTIFIER_DISTINCT; i++) {
        const SelectItem *item = &s->items.items[i];

        if (item->expr && !bind_comparable_set(s->b, item->name, item->expr->type, item->span))
            return false;
    }
    return true;
}

static Relation select_finish(Select *s, const AstQuery *tail)
{
    bool ok;

    s->items_failed = !bind_items(s);
    if (!distinct_is_possible(s))
        return (Relation){0};
    ok = !s->items_failed && (!groups(s) || select_keys(s));
    ok = select_having(s) && ok;
    if (tail && tail->order_by.count)
        ok = select_order(s, &tail->order_by) && ok;
    if (!ok) {
        if (s->items_failed)
            select_check_group(s);
        return (Relation){0};
    }
    s->aggregated = has_aggregate(s);
    if ((s->aggregated && !select_group(s)) || !select_windows(s) || !select_generators(s) ||
        !select_subqueries(s))
        return (Relation){0};
    return select_output(s);
}

Relation bind_select_over(Binder *b, const AstSelect *ast, Relation input, const AstQuery *tail)
{
    const AstNamedWindowList *outer_windows = b->windows;
    Select s = {.b = b, .ast = ast};
    Relation out = {0};
    bool ok;

    b->windows = ast->windows.count || !tail ? &ast->windows : &tail->windows;
    /* What is wrong there does not hide what is wrong in the rest. */
    ok = bind_where(b, ast, &input);
    if (bind_time_windows(b, ast, &input, &s.time_windows)) {
        s.input = input;
        s.plan = input.plan;
        out = select_finish(&s, tail);
    }
    b->windows = outer_windows;
    return ok ? out : (Relation){0};
}

Relation bind_select(Binder *b, const AstSelect *ast, const Scope *outer, const AstQuery *tail)
{
    Relation input;

    if (ast->from) {
        input = bind_from(b, ast->from, outer);
        if (!input.plan)
            return (Relation){0};
    } else {
        input = (Relation){logical_one_row(b->plan, SPAN_NONE), scope_new(b, outer)};
    }
    return bind_select_over(b, ast, input, tail);
}
