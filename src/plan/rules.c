/*
 * rules.c: the order of the rules, and the small ones (rules.h).
 */
#include "plan/rules.h"

#include "base/assert.h"

static bool is_nondeterministic(void *self, const Expr *e)
{
    (void)self;
    return e->fn && (e->fn->flags & FN_NONDETERMINISTIC);
}

bool expr_is_deterministic(const Expr *e)
{
    return !expr_any(e, is_nondeterministic, NULL);
}

/* Expressions do not grow beyond that many parts; what is larger in the text stays as large. */
enum { GROWN_PARTS_MAX = 500 };

typedef struct Parts {
    const NamedExpr *items;
    uint32_t item_count;
    uint32_t own, grown;
} Parts;

static bool count_part(void *self, const Expr *e)
{
    (void)e;
    return ++*(uint32_t *)self > GROWN_PARTS_MAX;
}

static bool count_parts(void *self, const Expr *e)
{
    Parts *parts = self;
    uint32_t count = 1;

    for (uint32_t i = 0; e->kind == EXPR_COLUMN && i < parts->item_count; i++) {
        if (parts->items[i].id != e->column_i)
            continue;
        count = 0;
        (void)expr_any(parts->items[i].expr, count_part, &count);
        break;
    }
    parts->own++;
    parts->grown += count;
    return false;
}

bool expr_may_take_in(const Expr *e, const NamedExpr *items, uint32_t item_count)
{
    Parts parts = {.items = items, .item_count = item_count};

    (void)expr_any(e, count_parts, &parts);
    return parts.grown <= MAX(parts.own, (uint32_t)GROWN_PARTS_MAX);
}

/* ── constants ─────────────────────────────────────────────────────────────────────────────────*/

static void fold_expr(void *self, Expr **e)
{
    PlanContext *plan = self;

    if ((*e)->kind == EXPR_CALL)
        *e = expr_fold(plan->arena, plan->sql, *e);
}

static bool is_true(const Expr *e)
{
    return e->kind == EXPR_LITERAL && e->type->kind == TYPE_BOOLEAN &&
           vector_is_valid(e->literal, 0) && vector_bools(e->literal)[0];
}

void rule_fold(PlanContext *plan, Logical **root)
{
    Logical *node = *root;

    for (uint32_t i = 0; i < node->input_count; i++)
        rule_fold(plan, &node->inputs[i]);
    if (node->kind == LOGICAL_VALUES)
        return;
    logical_each_expr(node, fold_expr, plan);
    if (node->kind == LOGICAL_FILTER && is_true(node->as.filter.condition))
        *root = node->inputs[0];
}

/* ── projections over projections ──────────────────────────────────────────────────────────────*/

typedef struct Inline {
    const Logical *below;
} Inline;

static Expr *inline_item(void *self, Expr *e)
{
    const Logical *below = ((const Inline *)self)->below;

    if (e->kind != EXPR_COLUMN)
        return NULL;
    for (uint32_t i = 0; i < below->column_count; i++) {
        if (below->as.project.items[i].id == e->column_i)
            return below->as.project.items[i].expr;
    }
    return NULL;
}

static bool may_inline(const Logical *project, const Logical *above)
{
    const NamedExpr *items = project->as.project.items;

    for (uint32_t i = 0; i < project->column_count; i++) {
        if (!expr_is_deterministic(items[i].expr))
            return false;
    }
    for (uint32_t i = 0; i < above->column_count; i++) {
        if (!expr_may_take_in(above->as.project.items[i].expr, items, project->column_count))
            return false;
    }
    return true;
}

void rule_merge(PlanContext *plan, Logical **root)
{
    Logical *node = *root;

    while (node->kind == LOGICAL_PROJECT && node->inputs[0]->kind == LOGICAL_PROJECT &&
           may_inline(node->inputs[0], node)) {
        Inline map = {node->inputs[0]};
        NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, node->column_count + 1);

        /* What is used twice is computed once all the same: a Program knows equal parts. */
        for (uint32_t i = 0; i < node->column_count; i++)
            items[i] = (NamedExpr){expr_replace(plan->arena, node->as.project.items[i].expr,
                                                inline_item, &map),
                                   node->as.project.items[i].id};
        node->as.project.items = items;
        node->inputs[0] = node->inputs[0]->inputs[0];
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        rule_merge(plan, &node->inputs[i]);
}

/* ── limits ────────────────────────────────────────────────────────────────────────────────────*/

/* LIMIT goes below projections, to the SORT. */
static void limit_to_sort(PlanContext *plan, Logical **root)
{
    Logical *limit = *root, *below = limit->inputs[0], **slot = &limit->inputs[0];

    while (below->kind == LOGICAL_PROJECT) {
        slot = &below->inputs[0];
        below = *slot;
    }
    if (below->kind != LOGICAL_SORT || below->as.sort.limit >= 0 || below->as.sort.offset)
        return;
    below->as.sort.limit = limit->as.limit.limit;
    below->as.sort.offset = limit->as.limit.offset;
    *root = limit->inputs[0];
    (void)plan;
}

static bool integer_of(const Expr *e, int64_t *out)
{
    if (e->kind != EXPR_LITERAL || !vector_is_valid(e->literal, 0))
        return false;
    if (e->type->kind == TYPE_INT)
        *out = vector_i32(e->literal)[0];
    else if (e->type->kind == TYPE_BIGINT)
        *out = vector_i64(e->literal)[0];
    else
        return false;
    return true;
}

static const Expr *without_cast(const Expr *e)
{
    return expr_is_call(e, "cast") ? e->args[0] : e;
}

int64_t rank_bound(const Expr *e, uint32_t rank_id)
{
    static const struct {
        const char *op;
        bool reversed;
        int64_t less;
    } forms[] = {{"<=", false, 0}, {"<", false, 1}, {"=", false, 0},
                 {">=", true, 0},  {">", true, 1},  {"=", true, 0}};
    int64_t n;

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        const Expr *rank, *bound;

        if (!expr_is_call(e, forms[i].op))
            continue;
        rank = without_cast(e->args[forms[i].reversed ? 1 : 0]);
        bound = e->args[forms[i].reversed ? 0 : 1];
        if (rank->kind == EXPR_COLUMN && rank->column_i == rank_id && integer_of(bound, &n) &&
            n >= forms[i].less)
            return n - forms[i].less;
    }
    return -1;
}

static void bound_window(PlanContext *plan, Logical *filter)
{
    Logical *below = filter->inputs[0];
    LogicalWindow *window = &below->as.window;
    ExprVec conjuncts = {0};
    const char *fn;

    if (below->kind != LOGICAL_WINDOW || window->item_count != 1)
        return;
    fn = window->items[0].expr->fn->name;
    if (strcmp(fn, "row_number") != 0 && strcmp(fn, "rank") != 0)
        return;
    expr_conjuncts(plan->arena, filter->as.filter.condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        int64_t bound = rank_bound(conjuncts.items[i], window->items[0].id);

        if (bound >= 0 && (window->rank_limit < 0 || bound < window->rank_limit))
            window->rank_limit = bound;
    }
}

/* A recursion need not go on beyond the rows that a LIMIT above wants. */
static void limit_recursion(Logical *node, int64_t rows)
{
    while (node->kind == LOGICAL_PROJECT || node->kind == LOGICAL_LIMIT)
        node = node->inputs[0];
    if (node->kind == LOGICAL_RECURSE && rows >= 0)
        node->as.recurse.limit = rows;
    for (uint32_t i = 0; node->kind == LOGICAL_UNION && i < node->input_count; i++)
        limit_recursion(node->inputs[i], rows);
}

/* Nothing is computed of rows that the LIMIT leaves out. In a stream they might be bad rows, which do
 * not count. */
static void limit_below_project(PlanContext *plan, Logical **root)
{
    Logical *limit = *root;
    Logical *project = limit->inputs[0];

    if (project->kind != LOGICAL_PROJECT || limit->streaming)
        return;
    for (uint32_t i = 0; i < project->column_count; i++) {
        if (!expr_is_deterministic(project->as.project.items[i].expr))
            return;
    }
    limit->inputs[0] = project->inputs[0];
    project->inputs[0] = limit;
    logical_refresh_columns(plan, limit);
    *root = project;
}

void rule_limit(PlanContext *plan, Logical **root)
{
    if ((*root)->kind == LOGICAL_LIMIT && (*root)->as.limit.limit >= 0)
        limit_recursion((*root)->inputs[0],
                        (*root)->as.limit.limit + MIN((*root)->as.limit.offset, INT32_MAX));
    if ((*root)->kind == LOGICAL_LIMIT)
        limit_to_sort(plan, root);
    if ((*root)->kind == LOGICAL_LIMIT)
        limit_below_project(plan, root);
    if ((*root)->kind == LOGICAL_FILTER)
        bound_window(plan, *root);
    for (uint32_t i = 0; i < (*root)->input_count; i++)
        rule_limit(plan, &(*root)->inputs[i]);
}

/* ── which side is built ───────────────────────────────────────────────────────────────────────*/

static bool is_small(const Logical *node)
{
    while (node->kind == LOGICAL_PROJECT || node->kind == LOGICAL_FILTER)
        node = node->inputs[0];
    return (node->kind == LOGICAL_VALUES && !node->as.values.range) ||
           (node->kind == LOGICAL_AGGREGATE && node->as.aggregate.key_count == 0);
}

/* The right side of an inner join is held in memory: better the one known to be small. */
static void choose_sides(PlanContext *plan, Logical *node)
{
    if (node->kind == LOGICAL_JOIN && node->as.join.kind == JOIN_INNER &&
        is_small(node->inputs[0]) && !is_small(node->inputs[1]) && !node->streaming) {
        Logical *left = node->inputs[0];

        node->inputs[0] = node->inputs[1];
        node->inputs[1] = left;
        logical_refresh_columns(plan, node);
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        choose_sides(plan, node->inputs[i]);
}

/* ── all of them ───────────────────────────────────────────────────────────────────────────────*/

void plan_optimize(PlanContext *plan, Logical **root)
{
    rule_fold(plan, root);
    rule_filter(plan, root);
    rule_join(plan, root);
    rule_merge(plan, root);
    rule_limit(plan, root);
    choose_sides(plan, *root);
    rule_prune(plan, root);
}
