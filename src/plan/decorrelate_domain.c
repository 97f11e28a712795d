/*
 * decorrelate_domain.c: a query that speaks of the columns around it, for all their values at once.
 *
 * The outer columns' values, each combination once, are a relation, the domain: DISTINCT over a copy
 * of the left side. Of an outer STRUCT, ARRAY or MAP of which the query names a part only, that part is
 * the domain's column: a MAP has no equality. It is joined to the parts of the query that name outer columns, as far down as
 * may be, and carried up to the root:
 *
 *     no outer columns below   domain x node
 *     FILTER, PROJECT, SORT,   over the input with the domain
 *       GENERATE
 *     AGGREGATE                the domain's columns are keys too; without GROUP BY, the domain LEFT
 *                              JOINs its groups, so that each value has a row
 *     WINDOW, LIMIT            by the domain's columns
 *     JOIN                     one side or both; then the two domains' columns must be equal
 *     UNION                    each input
 *
 * The query's rows for a left row are then those whose domain columns equal (NULLs too) its own.
 */
#include "plan/decorrelate.h"

#include "base/assert.h"

typedef struct Domain {
    Binder *b;
    const Logical *left;
    ExprVec outers; /* Outer columns, and fields and elements of them. */
    Span span;
} Domain;

/* A plan without outer columns: ids[i] is its column that holds the value of outers[i]. */
typedef struct Bound {
    Logical *plan;
    uint32_t *ids;
} Bound;

static Bound bind_node(Domain *d, Logical *node);

/* ── the domain ────────────────────────────────────────────────────────────────────────────────*/

/* An outer column, a field of one, or an element at a constant. */
static bool is_outer_part(const Expr *e)
{
    if (e->kind == EXPR_OUTER)
        return true;
    return (expr_is_call(e, ".") || expr_is_call(e, "[]")) && is_outer_part(e->args[0]) &&
           (e->arg_count < 2 || expr_is_constant(e->args[1]));
}

static Expr *note_outer(void *self, Expr *e)
{
    Domain *d = self;

    if (!is_outer_part(e))
        return NULL;
    for (size_t i = 0; i < d->outers.count; i++) {
        if (expr_equal(d->outers.items[i], e))
            return e;
    }
    VEC_ADD_IN(d->b->arena, &d->outers, e);
    return e;
}

static void note_outers(void *self, Expr **e)
{
    expr_replace(((Domain *)self)->b->arena, *e, note_outer, self);
}

static void find_outers(Domain *d, Logical *node)
{
    logical_each_expr(node, note_outers, d);
    for (uint32_t i = 0; i < node->input_count; i++)
        find_outers(d, node->inputs[i]);
}

typedef struct OuterToColumn {
    Arena *arena;
    const uint32_t *ids; /* By id; NULL: the same. */
} OuterToColumn;

static Expr *outer_to_column(void *self, Expr *e)
{
    const OuterToColumn *map = self;

    if (e->kind != EXPR_OUTER)
        return NULL;
    return expr_column(map->arena, map->ids ? map->ids[e->column_i] : e->column_i, e->type,
                       e->nullable, e->span);
}

static Bound new_domain(Domain *d)
{
    PlanContext *plan = d->b->plan;
    uint32_t count = (uint32_t)d->outers.count, *new_ids;
    Logical *copy = logical_clone_renamed(plan, d->left, &new_ids);
    NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, count + 1);
    Bound out = {.ids = ARENA_ARRAY(plan->arena, uint32_t, count + 1)};

    for (uint32_t i = 0; i < count; i++) {
        OuterToColumn map = {d->b->arena, new_ids};
        Expr *e = expr_replace(d->b->arena, d->outers.items[i], outer_to_column, &map);

        out.ids[i] = e->kind == EXPR_COLUMN
                         ? e->column_i
                         : plan_column_new(plan, STR("outer"), e->type, e->nullable);
        items[i] = (NamedExpr){e, out.ids[i]};
    }
    copy = logical_project(plan, copy, items, count, d->span);
    out.plan = logical_distinct(plan, copy, d->span);
    return out;
}

static Bound times_domain(Domain *d, Logical *node)
{
    Bound out = new_domain(d);

    out.plan = logical_join(d->b->plan, JOIN_CROSS, out.plan, node, NULL, d->span);
    out.plan->as.join.subquery = true;
    return out;
}

/* a[i] <=> b[i], for all. */
static Expr *same_values(Domain *d, const uint32_t *a, const uint32_t *b)
{
    Expr *condition = NULL;

    for (size_t i = 0; i < d->outers.count; i++) {
        Expr *args[2] = {plan_column_expr(d->b->plan, a[i], d->span),
                         plan_column_expr(d->b->plan, b[i], d->span)};

        condition = expr_and(d->b->plan, condition,
                             bind_call_named(d->b, "<=>", args, 2, d->span));
    }
    return condition;
}

/* ── outer columns in expressions ──────────────────────────────────────────────────────────────*/

typedef struct BoundMap {
    const Domain *domain;
    const uint32_t *ids;
} BoundMap;

static Expr *map_outer(void *self, Expr *e)
{
    const BoundMap *map = self;

    if (!is_outer_part(e))
        return NULL;
    for (size_t i = 0; i < map->domain->outers.count; i++) {
        if (expr_equal(map->domain->outers.items[i], e))
            return expr_column(map->domain->b->arena, map->ids[i], e->type, e->nullable, e->span);
    }
    return NULL;
}

static void replace_outers(void *self, Expr **e)
{
    const BoundMap *map = self;

    *e = expr_replace(map->domain->b->arena, *e, map_outer, self);
}

static void bind_own(Domain *d, Logical *node, const uint32_t *ids)
{
    BoundMap map = {d, ids};

    logical_each_expr(node, replace_outers, &map);
}

/* ── nodes ─────────────────────────────────────────────────────────────────────────────────────*/

static NamedExpr column_item(Domain *d, uint32_t id)
{
    return (NamedExpr){plan_column_expr(d->b->plan, id, d->span), id};
}

/* The items, then the domain's columns where they are not among them. */
static NamedExpr *with_domain(Domain *d, const NamedExpr *items, uint32_t *count,
                              const uint32_t *ids)
{
    NamedExpr *out = ARENA_ARRAY(d->b->arena, NamedExpr, *count + d->outers.count + 1);
    uint32_t old = *count;

    if (old)
        memcpy(out, items, old * sizeof *out);
    for (size_t i = 0; i < d->outers.count; i++) {
        bool there = false;

        for (uint32_t k = 0; k < old; k++)
            there = there || out[k].id == ids[i];
        if (!there)
            out[(*count)++] = column_item(d, ids[i]);
    }
    return out;
}

static Expr **domain_exprs(Domain *d, Expr *const *list, uint32_t *count, const uint32_t *ids)
{
    Expr **out = ARENA_ARRAY(d->b->arena, Expr *, *count + d->outers.count + 1);

    if (*count)
        memcpy(out, list, *count * sizeof *out);
    for (size_t i = 0; i < d->outers.count; i++)
        out[(*count)++] = plan_column_expr(d->b->plan, ids[i], d->span);
    return out;
}

static Bound bind_project(Domain *d, Logical *node, Bound in)
{
    uint32_t count = node->column_count;
    NamedExpr *items;

    bind_own(d, node, in.ids);
    items = with_domain(d, node->as.project.items, &count, in.ids);
    in.plan = logical_project(d->b->plan, in.plan, items, count, node->span);
    return in;
}

/* Each value of the domain has its group; what is missing is counted as nothing. */
static Bound fill_groups(Domain *d, Logical *aggregate, const uint32_t *ids)
{
    PlanContext *plan = d->b->plan;
    LogicalAggregate *a = &aggregate->as.aggregate;
    NamedExpr *out = ARENA_ARRAY(plan->arena, NamedExpr, a->item_count + d->outers.count + 1);
    Bound filled = new_domain(d);

    for (uint32_t i = 0; i < a->item_count; i++) {
        Expr *call = a->items[i].expr, *nothing = aggregate_over_nothing(d->b, call), *args[2];
        uint32_t id = a->items[i].id;

        a->items[i].id = plan_column_new(plan, plan_column(plan, id)->name, call->type, true);
        args[0] = expr_column(plan->arena, a->items[i].id, call->type, true, call->span);
        args[1] = nothing;
        out[i].expr = nothing && nothing->kind == EXPR_LITERAL &&
                              !vector_is_valid(nothing->literal, 0)
                          ? args[0]
                          : bind_call_named(d->b, "coalesce", args, 2, call->span);
        out[i].id = id;
        if (!out[i].expr)
            return (Bound){0};
    }
    logical_refresh_columns(plan, aggregate);
    for (size_t i = 0; i < d->outers.count; i++)
        out[a->item_count + i] = column_item(d, filled.ids[i]);
    filled.plan = logical_join(plan, JOIN_LEFT, filled.plan, aggregate,
                               same_values(d, filled.ids, ids), d->span);
    filled.plan->as.join.subquery = true;
    filled.plan = logical_project(plan, filled.plan, out,
                                  a->item_count + (uint32_t)d->outers.count, d->span);
    return filled;
}

static Bound bind_aggregate(Domain *d, Logical *node, Bound in)
{
    LogicalAggregate *aggregate = &node->as.aggregate;
    bool global = aggregate->key_count == 0;

    bind_own(d, node, in.ids);
    node->inputs[0] = in.plan;
    aggregate->keys = with_domain(d, aggregate->keys, &aggregate->key_count, in.ids);
    logical_refresh_columns(d->b->plan, node);
    if (global)
        return fill_groups(d, node, in.ids);
    in.plan = node;
    return in;
}

static Bound bind_window(Domain *d, Logical *node, Bound in)
{
    LogicalWindow *window = &node->as.window;

    bind_own(d, node, in.ids);
    node->inputs[0] = in.plan;
    window->partition = domain_exprs(d, window->partition, &window->partition_count, in.ids);
    logical_refresh_columns(d->b->plan, node);
    in.plan = node;
    return in;
}

static Bound bind_limit(Domain *d, Logical *node, Bound in)
{
    uint32_t count = 0;
    Expr **partition = domain_exprs(d, NULL, &count, in.ids);

    in.plan = limit_each(d->b, node, in.plan, partition, count);
    return in;
}

/* FILTER, SORT, GENERATE and the like: all columns of the input go through. */
static Bound bind_over_input(Domain *d, Logical *node, Bound in)
{
    bind_own(d, node, in.ids);
    node->inputs[0] = in.plan;
    logical_refresh_columns(d->b->plan, node);
    in.plan = node;
    return in;
}

static Bound bind_union(Domain *d, Logical *node)
{
    PlanContext *plan = d->b->plan;
    uint32_t count = node->column_count, all = count + (uint32_t)d->outers.count;
    uint32_t *columns = ARENA_ARRAY(plan->arena, uint32_t, all + 1);
    Bound out = {.plan = node, .ids = columns + count};

    memcpy(columns, node->columns, count * sizeof *columns);
    for (uint32_t i = 0; i < node->input_count; i++) {
        Logical *input = node->inputs[i];
        NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, all + 1);
        Bound in = bind_node(d, input);

        if (!in.plan)
            return in;
        for (uint32_t k = 0; k < all; k++)
            items[k] = column_item(d, k < count ? input->columns[k] : in.ids[k - count]);
        node->inputs[i] = logical_project(plan, in.plan, items, all, node->span);
    }
    for (uint32_t k = count; k < all; k++) {
        const Field *field = plan_column(plan, node->inputs[0]->columns[k]);

        columns[k] = plan_column_new(plan, field->name, field->type, true);
    }
    node->columns = columns;
    node->column_count = all;
    return out;
}

/* FULL: the domain's value is that of the side which has a row. */
static Bound either_side(Domain *d, Logical *join, const uint32_t *left, const uint32_t *right)
{
    uint32_t count = join->column_count;
    NamedExpr *items =
        ARENA_ARRAY(d->b->arena, NamedExpr, count + d->outers.count + 1);
    Bound out = {.ids = ARENA_ARRAY(d->b->arena, uint32_t, d->outers.count + 1)};

    for (uint32_t i = 0; i < count; i++)
        items[i] = column_item(d, join->columns[i]);
    for (size_t i = 0; i < d->outers.count; i++) {
        const Field *field = plan_column(d->b->plan, left[i]);
        Expr *args[2] = {expr_column(d->b->arena, left[i], field->type, true, d->span),
                         expr_column(d->b->arena, right[i], field->type, true, d->span)};
        Expr *value = bind_call_named(d->b, "coalesce", args, 2, d->span);

        if (!value)
            return (Bound){0};
        out.ids[i] = plan_column_new(d->b->plan, field->name, value->type, true);
        items[count + i] = (NamedExpr){value, out.ids[i]};
    }
    out.plan = logical_project(d->b->plan, join, items, count + (uint32_t)d->outers.count,
                               join->span);
    return out;
}

static Bound bind_join(Domain *d, Logical *node)
{
    LogicalJoin *join = &node->as.join;
    bool inner = join->kind == JOIN_INNER || join->kind == JOIN_CROSS;
    bool outer_left = logical_has_outer(node->inputs[0]);
    bool outer_right = logical_has_outer(node->inputs[1]);
    /* A side whose rows are kept without a partner needs the domain in any case. */
    bool to_left = outer_left || join->kind != JOIN_RIGHT;
    bool to_right = outer_right || join->kind == JOIN_RIGHT || join->kind == JOIN_FULL;
    Bound left = {0}, right = {0};

    if (inner)
        to_left = outer_left || !outer_right;
    if (to_left)
        left = bind_node(d, node->inputs[0]);
    if (to_right)
        right = bind_node(d, node->inputs[1]);
    if ((to_left && !left.plan) || (to_right && !right.plan))
        return (Bound){0};
    bind_own(d, node, to_left ? left.ids : right.ids);
    node->inputs[0] = to_left ? left.plan : node->inputs[0];
    node->inputs[1] = to_right ? right.plan : node->inputs[1];
    if (to_left && to_right)
        join->condition =
            expr_and(d->b->plan, join->condition, same_values(d, left.ids, right.ids));
    if (join->kind == JOIN_CROSS && join->condition)
        join->kind = JOIN_INNER;
    logical_refresh_columns(d->b->plan, node);
    if (join->kind == JOIN_FULL)
        return either_side(d, node, left.ids, right.ids);
    return (Bound){node, join->kind == JOIN_RIGHT || !to_left ? right.ids : left.ids};
}

static Bound bind_node(Domain *d, Logical *node)
{
    Bound in = {0};

    if (!logical_has_outer(node))
        return times_domain(d, node);
    if (node->kind == LOGICAL_JOIN)
        return bind_join(d, node);
    if (node->kind == LOGICAL_UNION)
        return bind_union(d, node);
    if (node->kind == LOGICAL_RECURSE) {
        bind_error(d->b, d->span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_"
                   "ALLOWED",
                   "0A000",
                   "Unsupported subquery expression: Accessing outer query column is not allowed in "
                   "this location: WITH RECURSIVE.");
        return (Bound){0};
    }
    ASSERT(node->input_count == 1); /* A leaf names no outer columns. */
    in = bind_node(d, node->inputs[0]);
    if (!in.plan)
        return in;
    switch (node->kind) {
    case LOGICAL_PROJECT:
        return bind_project(d, node, in);
    case LOGICAL_AGGREGATE:
        return bind_aggregate(d, node, in);
    case LOGICAL_WINDOW:
        return bind_window(d, node, in);
    case LOGICAL_LIMIT:
        return bind_limit(d, node, in);
    case LOGICAL_FILTER:
    case LOGICAL_SORT:
    case LOGICAL_GENERATE:
    case LOGICAL_ASSIGN:
    case LOGICAL_WATERMARK:
        return bind_over_input(d, node, in);
    case LOGICAL_SCAN:
    case LOGICAL_VALUES:
    case LOGICAL_JOIN:
    case LOGICAL_UNION:
    case LOGICAL_RECURSE:
    case LOGICAL_WORKING:
    case LOGICAL_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static bool domain_has_equality(Domain *d)
{
    for (size_t i = 0; i < d->outers.count; i++) {
        if (!type_has_map(d->outers.items[i]->type))
            continue;
        bind_error(d->b, d->span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_REFERENCE_DATA_"
                   "TYPE",
                   "0A000",
                   "Unsupported subquery expression: Correlated column reference cannot be %s type.",
                   type_text_sql(d->b, d->outers.items[i]->type));
        return false;
    }
    return true;
}

bool decorrelate_domain(Binder *b, Logical *plan, const Logical *left, Span span, Decorrelated *out)
{
    Domain d = {.b = b, .left = left, .span = span};
    Bound bound;

    *out = (Decorrelated){.matched = UINT32_MAX};
    if (left->streaming || plan->streaming) {
        bind_error(b, span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_"
                   "ALLOWED",
                   "0A000",
                   "Unsupported subquery expression: Accessing outer query column is not allowed in "
                   "this location: the rows around the query come from a stream.");
        diagnostic_remedy(b->diagnostics, "write it as a join");
        return false;
    }
    find_outers(&d, plan);
    if (!domain_has_equality(&d))
        return false;
    bound = bind_node(&d, plan);
    if (!bound.plan)
        return false;
    out->plan = bound.plan;
    for (size_t i = 0; i < d.outers.count; i++) {
        OuterToColumn map = {b->arena, NULL};
        Expr *args[2] = {expr_replace(b->arena, d.outers.items[i], outer_to_column, &map),
                         plan_column_expr(b->plan, bound.ids[i], span)};

        out->condition =
            expr_and(b->plan, out->condition, bind_call_named(b, "<=>", args, 2, span));
    }
    return true;
}
