/*
 * bind_having.c: HAVING and ORDER BY of a SELECT: what names mean above its list.
 *
 * HAVING: the input's columns first; but outside aggregates one that is part of no grouping expression
 * means nothing there, and its name is the output's, if that has it. So HAVING is bound, compared with
 * the groups, and bound again without the columns that are left over.
 *
 * ORDER BY: the output's names first; one that two items have means the input's column.
 *
 * In both, where the first reading has not the field asked for, the other is tried.
 *
 * Where HAVING computes more than is selected, or window functions are, Spark sorts above that: there
 * the output's names and the columns that are grouped by are known, and nothing else. Above DISTINCT only
 * the output is: its names, and columns of the input that are selected as they are.
 */
#include "plan/bind_group.h"

#include "base/assert.h"
#include "plan/bind_walk.h"

/* ── one reading of names, then the other ──────────────────────────────────────────────────────*/

static Expr *bind_either(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    DiagnosticList before = *b->diagnostics, after;
    Expr *e = bind_expr(b, es, ast);
    ExprScope other = *es;

    if (e || !bind_failed_at_field(b, &before))
        return e;
    after = *b->diagnostics;
    other.aliases_first = !es->aliases_first;
    e = bind_expr(b, &other, ast);
    /* If both are wrong the first is told. */
    diagnostics_rewind(b->diagnostics, e ? &before : &after);
    return e;
}

/* ── HAVING ────────────────────────────────────────────────────────────────────────────────────*/

bool select_having(Select *s)
{
    AliasList names = select_names(s);
    IdVec left_over = {0};
    ExprScope es = {
        .scope = s->input.scope,
        .aliases = &names,
        .output_second = true,
        .clause = "HAVING",
        .aggregates = true,
        .subqueries = true,
        .grouping = s->ast->group_by.present,
        .time_windows = s->time_windows,
    };

    if (!s->ast->having)
        return true;
    s->input.scope->aggregates = &s->outer_aggregates;
    s->having = bind_expr(s->b, &es, s->ast->having);
    if (s->having && s->group)
        group_left_over(s->group, s->having, &left_over);
    if (left_over.count) {
        es.no_input = &left_over;
        s->having = bind_expr(s->b, &es, s->ast->having);
    }
    s->input.scope->aggregates = NULL;
    /* Spark casts it: HAVING sum(v) is sum(v) <> 0. */
    if (s->having && s->having->type->kind != TYPE_BOOLEAN)
        s->having = binder_cast(s->b, s->having, &type_boolean, s->ast->having->span);
    return s->having != NULL;
}

/* ── ORDER BY above what is computed for HAVING, windows, DISTINCT ─────────────────────────────*/

typedef struct Above {
    Select *select;
    uint32_t *places; /* A column for each item, as which names of the output are bound. */
    const AstExpr *computed; /* The first of ORDER BY that holds an aggregate of its own. */
    bool found;
} Above;

static bool is_item(const Select *s, const Expr *e)
{
    for (size_t i = 0; i < s->items.count; i++) {
        if (s->items.items[i].expr && expr_equal(s->items.items[i].expr, e))
            return true;
    }
    return false;
}

/* An aggregate or grouping expression of HAVING that is not selected. */
static Expr *find_more(void *self, Expr *e)
{
    Above *above = self;

    if (is_item(above->select, e) || e->kind == EXPR_SUBQUERY)
        return e;
    if (e->kind != EXPR_AGGREGATE && !group_has_key(above->select->group, e))
        return NULL;
    above->found = true;
    return e;
}

static bool sorts_above(Select *s)
{
    Above above = {.select = s};

    if (s->items_failed)
        return false;
    if (s->ast->quantifier == AST_QUANTIFIER_DISTINCT)
        return true;
    if (!s->group)
        return false;
    for (size_t i = 0; i < s->items.count; i++) {
        if (expr_has_kind(s->items.items[i].expr, EXPR_WINDOW))
            return true;
    }
    if (s->having)
        expr_replace(s->b->arena, s->having, find_more, &above);
    return above.found;
}

static AliasList place_names(Above *above)
{
    Select *s = above->select;
    AliasList names = {0};

    above->places = ARENA_ARRAY(s->b->arena, uint32_t, s->items.count + 1);
    for (size_t i = 0; i < s->items.count; i++) {
        const SelectItem *item = &s->items.items[i];
        AliasColumn alias = {item->name, NULL};
        size_t same = 0;

        while (same < i && (item->expr->kind != EXPR_COLUMN ||
                            !expr_equal(s->items.items[same].expr, item->expr)))
            same++;
        above->places[i] = same < i ? above->places[same]
                                    : plan_column_new(s->b->plan, item->name, item->expr->type,
                                                      item->expr->nullable);
        alias.expr = expr_column(s->b->arena, above->places[i], item->expr->type,
                                 item->expr->nullable, item->span);
        VEC_ADD_IN(s->b->arena, &names.items, alias);
    }
    return names;
}

static int place_of(const Above *above, uint32_t id)
{
    for (size_t i = 0; i < above->select->items.count; i++) {
        if (above->places[i] == id)
            return (int)i;
    }
    return -1;
}

/* A column of the input that is selected under its own name. */
static bool is_unnamed_item(const Select *s, const Expr *e)
{
    for (size_t i = 0; i < s->items.count; i++) {
        const SelectItem *item = &s->items.items[i];

        if (expr_equal(item->expr, e) && str_equal_nocase(item->name, select_input_name(s, e)))
            return true;
    }
    return false;
}

/* A column that is neither the output's nor grouped by. */
static bool is_unknown(const Above *above, const Expr *e)
{
    const Select *s = above->select;

    return e->kind == EXPR_COLUMN && place_of(above, e->column_i) < 0 && !is_unnamed_item(s, e) &&
           (s->ast->quantifier == AST_QUANTIFIER_DISTINCT || !group_has_key(s->group, e));
}

typedef struct Find {
    Above *above;
    const Expr *unknown;
} Find;

static bool find_unknown(void *self, const Expr *e)
{
    Find *find = self;

    if (!is_unknown(find->above, e))
        return false;
    find->unknown = e;
    return true;
}

static Expr *place_to_item(void *self, Expr *e)
{
    const Above *above = self;
    int i = e->kind == EXPR_COLUMN ? place_of(above, e->column_i) : -1;

    return i < 0 ? NULL : above->select->items.items[i].expr;
}

static Expr *order_above(Above *above, const ExprScope *es, const AstExpr *ast)
{
    Binder *b = above->select->b;
    Expr *e = bind_either(b, es, ast);
    Find find = {above, NULL};

    if (!e)
        return NULL;
    if (expr_any(e, find_unknown, &find))
        return select_order_unresolved(above->select, find.unknown);
    if (expr_has_kind(e, EXPR_AGGREGATE) && !above->computed)
        above->computed = ast;
    return expr_replace(b->arena, e, place_to_item, above);
}

/* What is not resolved is told before. */
static bool refuse_computed(Select *s, const ExprScope *es, const AstExpr *ast)
{
    bind_error(s->b, ast->span, "UNSUPPORTED_EXPR_FOR_OPERATOR", "42K0E",
               "A query operator contains one or more unsupported expressions. Consider to rewrite it "
               "to avoid window functions, aggregate functions, and generator functions in the WHERE "
               "clause. Invalid expressions: [%.*s].",
               STR_ARG(bind_name(s->b, es, ast)));
    diagnostic_remedy(s->b->diagnostics, "select it, and order by its name");
    return false;
}

/* ── ORDER BY ──────────────────────────────────────────────────────────────────────────────────*/

static bool is_integer_literal(const AstExpr *ast, int64_t *out)
{
    return ast->kind == AST_EXPR_LITERAL && ast->literal.kind == AST_LITERAL_INTEGER &&
           str_to_int64(ast->literal.text, out);
}

static bool find_over(void *self, const AstExpr *ast)
{
    const AstExpr **found = self;

    if (ast->kind == AST_EXPR_CALL && ast->call->over && !*found)
        *found = ast;
    return !*found;
}

static bool order_position(Binder *b, const AstExpr *ast, size_t count, int64_t *out)
{
    if (*out >= 1 && *out <= (int64_t)count)
        return true;
    bind_error(b, ast->span, "ORDER_BY_POS_OUT_OF_RANGE", "42805",
               "ORDER BY position %lld is not in select list (valid range is [1, %zu]).",
               (long long)*out, count);
    return false;
}

static bool order_all(Select *s, const AstSortList *list)
{
    s->order = ARENA_ARRAY(s->b->arena, SortItem, s->items.count + 1);
    s->order_count = (uint32_t)s->items.count;
    for (uint32_t i = 0; i < s->order_count; i++) {
        s->order[i] = (SortItem){s->items.items[i].expr, bind_sort_key(&list->items[0])};
        if (s->order[i].expr && !bind_sortable(s->b, s->order[i].expr, s->order_span))
            return false;
    }
    return true;
}

/* Whether a column or an item is called `all`: then ORDER BY ALL is by that. */
static bool all_is_a_name(Select *s, const AstExpr *ast)
{
    for (size_t i = 0; i < s->items.count; i++) {
        if (str_is_nocase(s->items.items[i].name, "all"))
            return true;
    }
    return scope_has(s->input.scope, &ast->column);
}

bool select_order(Select *s, const AstSortList *list)
{
    Above above = {.select = s};
    bool is_above = sorts_above(s), ok = true;
    AliasList names = is_above ? place_names(&above) : select_names(s);
    ExprScope es = {
        .scope = s->input.scope,
        .aliases = &names,
        .aliases_first = true,
        .clause = "ORDER BY",
        .aggregates = true,
        .windows = true,
        .subqueries = true,
        .grouping = s->ast->group_by.present,
        .time_windows = s->time_windows,
    };

    if (!is_above)
        group_names(s->group, &names);
    s->order_span = list->items[0].span;
    if (list->all && !all_is_a_name(s, list->items[0].expr))
        return order_all(s, list);
    s->order = ARENA_ARRAY(s->b->arena, SortItem, list->count);
    s->order_count = (uint32_t)list->count;
    for (size_t i = 0; i < list->count; i++) {
        const AstExpr *ast = list->items[i].expr;
        int64_t position;

        s->order[i].key = bind_sort_key(&list->items[i]);
        if (is_integer_literal(ast, &position)) {
            if (s->items_failed || !order_position(s->b, ast, s->items.count, &position))
                return false;
            s->order[i].expr = s->items.items[position - 1].expr;
        } else {
            s->order[i].expr = is_above ? order_above(&above, &es, ast)
                                        : bind_either(s->b, &es, ast);
        }
        ok = ok && s->order[i].expr && bind_sortable(s->b, s->order[i].expr, ast->span);
        /* What an alias stands for is computed below; a window function of ORDER BY's own is not. */
        if (ok && !above.computed)
            ast_walk(ast, find_over, &above.computed);
        /* Nothing is grouped, so nothing computes it. */
        if (ok && !s->group && expr_has_kind(s->order[i].expr, EXPR_AGGREGATE) && !above.computed)
            above.computed = ast;
    }
    return ok && (!above.computed || refuse_computed(s, &es, above.computed));
}
