/*
 * logical_clone.c: a plan twice (logical.h, invariant 4: a tree).
 *
 * Renamed, the copy's columns have ids of their own, so that both may stand in one query; columns of
 * the query around (EXPR_OUTER) stay what they are. Not renamed, only the nodes are new: for trying
 * something that changes nodes in place.
 */
#include "plan/logical.h"

#include "base/assert.h"

typedef struct Clone {
    PlanContext *plan;
    uint32_t *ids; /* New ids by old ones, UINT32_MAX: none yet. NULL: as they are. */
    uint32_t id_count;
} Clone;

static uint32_t clone_id(Clone *c, uint32_t id)
{
    if (!c->ids || id == UINT32_MAX)
        return id;
    ASSERT(id < c->id_count);
    if (c->ids[id] == UINT32_MAX) {
        Field field = *plan_column(c->plan, id);

        c->ids[id] = plan_column_new(c->plan, field.name, field.type, field.nullable);
        c->plan->qualifiers.items[c->ids[id]] = c->plan->qualifiers.items[id];
    }
    return c->ids[id];
}

static Expr *clone_column(void *self, Expr *e)
{
    Clone *c = self;

    if (e->kind != EXPR_COLUMN || !c->ids)
        return NULL;
    return expr_column(c->plan->arena, clone_id(c, e->column_i), e->type, e->nullable, e->span);
}

static Expr *clone_expr(Clone *c, Expr *e)
{
    return e ? expr_replace(c->plan->arena, e, clone_column, c) : NULL;
}

static Expr **clone_exprs(Clone *c, Expr **list, size_t count)
{
    Expr **out = ARENA_ARRAY(c->plan->arena, Expr *, count + 1);

    for (size_t i = 0; i < count; i++)
        out[i] = clone_expr(c, list[i]);
    return out;
}

static uint32_t *clone_ids(Clone *c, const uint32_t *ids, uint32_t count)
{
    uint32_t *out = ARENA_ARRAY(c->plan->arena, uint32_t, count + 1);

    for (uint32_t i = 0; i < count; i++)
        out[i] = clone_id(c, ids[i]);
    return out;
}

static NamedExpr *clone_named(Clone *c, const NamedExpr *items, uint32_t count)
{
    NamedExpr *out = ARENA_ARRAY(c->plan->arena, NamedExpr, count + 1);

    for (uint32_t i = 0; i < count; i++)
        out[i] = (NamedExpr){clone_expr(c, items[i].expr), clone_id(c, items[i].id)};
    return out;
}

static SortItem *clone_order(Clone *c, const SortItem *items, uint32_t count)
{
    SortItem *out = ARENA_ARRAY(c->plan->arena, SortItem, count + 1);

    for (uint32_t i = 0; i < count; i++)
        out[i] = (SortItem){clone_expr(c, items[i].expr), items[i].key};
    return out;
}

static void clone_join(Clone *c, LogicalJoin *join)
{
    join->condition = clone_expr(c, join->condition);
    join->in_left = clone_exprs(c, join->in_left, join->in_count);
    join->in_right = clone_exprs(c, join->in_right, join->in_count);
    if (join->kind == JOIN_LEFT_MARK)
        join->mark_id = clone_id(c, join->mark_id);
    join->left_time_id = clone_id(c, join->left_time_id);
    join->right_time_id = clone_id(c, join->right_time_id);
}

static void clone_window(Clone *c, LogicalWindow *window)
{
    window->partition = clone_exprs(c, window->partition, window->partition_count);
    window->order = clone_order(c, window->order, window->order_count);
    window->items = clone_named(c, window->items, window->item_count);
    window->time_id = clone_id(c, window->time_id);
}

static void clone_own(Clone *c, Logical *node)
{
    LogicalAggregate *aggregate = &node->as.aggregate;

    switch (node->kind) {
    case LOGICAL_SCAN:
        node->as.scan.filter = clone_expr(c, node->as.scan.filter);
        return;
    case LOGICAL_VALUES:
        node->as.values.cells = clone_exprs(c, node->as.values.cells,
                                            (size_t)node->as.values.row_count * node->column_count);
        return;
    case LOGICAL_FILTER:
        node->as.filter.condition = clone_expr(c, node->as.filter.condition);
        return;
    case LOGICAL_PROJECT:
        node->as.project.items = clone_named(c, node->as.project.items, node->column_count);
        return;
    case LOGICAL_WATERMARK:
        node->as.watermark.time_id = clone_id(c, node->as.watermark.time_id);
        return;
    case LOGICAL_ASSIGN:
        node->as.assign.time = clone_expr(c, node->as.assign.time);
        node->as.assign.gap = clone_expr(c, node->as.assign.gap);
        node->as.assign.window_id = clone_id(c, node->as.assign.window_id);
        return;
    case LOGICAL_AGGREGATE:
        aggregate->keys = clone_named(c, aggregate->keys, aggregate->key_count);
        aggregate->items = clone_named(c, aggregate->items, aggregate->item_count);
        return;
    case LOGICAL_JOIN:
        clone_join(c, &node->as.join);
        return;
    case LOGICAL_SORT:
        node->as.sort.items = clone_order(c, node->as.sort.items, node->as.sort.item_count);
        node->as.sort.time_id = clone_id(c, node->as.sort.time_id);
        return;
    case LOGICAL_WINDOW:
        clone_window(c, &node->as.window);
        return;
    case LOGICAL_GENERATE:
        node->as.generate.call = clone_expr(c, node->as.generate.call);
        node->as.generate.out_ids =
            clone_ids(c, node->as.generate.out_ids, node->as.generate.out_count);
        return;
    case LOGICAL_UNION:
    case LOGICAL_LIMIT:
    case LOGICAL_RECURSE: /* Its number stays: the innermost recursion of a number is meant. */
    case LOGICAL_WORKING:
        return;
    case LOGICAL_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static Logical *clone_node(Clone *c, const Logical *from)
{
    Logical *node = ARENA_NEW(c->plan->arena, Logical);

    *node = *from;
    node->inputs = ARENA_ARRAY(c->plan->arena, Logical *, from->input_count + 1);
    for (uint32_t i = 0; i < from->input_count; i++)
        node->inputs[i] = clone_node(c, from->inputs[i]);
    clone_own(c, node);
    node->columns = clone_ids(c, from->columns, from->column_count);
    return node;
}

Logical *logical_clone(PlanContext *plan, const Logical *node)
{
    Clone clone = {.plan = plan};

    return clone_node(&clone, node);
}

Logical *logical_clone_renamed(PlanContext *plan, const Logical *node, uint32_t **new_ids)
{
    Clone clone = {.plan = plan, .id_count = (uint32_t)plan->columns.count};

    clone.ids = ARENA_ARRAY(plan->arena, uint32_t, clone.id_count + 1);
    memset(clone.ids, 0xff, clone.id_count * sizeof *clone.ids);
    *new_ids = clone.ids;
    return clone_node(&clone, node);
}
