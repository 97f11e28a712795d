/*
 * rule_filter.c: conditions as far down as they mean the same (rules.h).
 *
 * A node gets the conjuncts pending above it; it lets through those that may as well hold for its
 * input, and the others stay above it in one FILTER, so that what guards against an error stays
 * beside what might fail.
 *
 * Not below WATERMARK: rows that a condition leaves out still tell how far event time has come. Not
 * below LIMIT. Not into the preserved side of an outer join from its ON.
 */
#include "base/assert.h"
#include "plan/rules.h"

static Logical *push(PlanContext *plan, Logical *node, ExprVec *pending);

static void add(PlanContext *plan, ExprVec *list, Expr *e)
{
    VEC_ADD_IN(plan->arena, list, e);
}

static Expr *all_of(PlanContext *plan, const ExprVec *list)
{
    Expr *e = NULL;

    for (size_t i = 0; i < list->count; i++)
        e = expr_and(plan, e, list->items[i]);
    return e;
}

static Logical *filtered(PlanContext *plan, Logical *node, const ExprVec *conditions)
{
    if (!conditions->count)
        return node;
    return logical_filter(plan, node, all_of(plan, conditions), conditions->items[0]->span);
}

static void push_below(PlanContext *plan, Logical *node, uint32_t input_i, ExprVec *pending)
{
    node->inputs[input_i] = push(plan, node->inputs[input_i], pending);
}

/* ── which columns ─────────────────────────────────────────────────────────────────────────────*/

static bool not_in_node(void *self, const Expr *e)
{
    return e->kind == EXPR_COLUMN && !logical_has_column(self, e->column_i);
}

/* Whether all columns of the expression are of that node's. */
static bool is_over(const Expr *e, Logical *node)
{
    return !expr_any(e, not_in_node, node);
}

static Expr *named_find(const NamedExpr *items, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].id == id)
            return items[i].expr;
    }
    return NULL;
}

typedef struct NamedMap {
    const NamedExpr *items;
    uint32_t count;
} NamedMap;

static Expr *map_named(void *self, Expr *e)
{
    const NamedMap *map = self;

    return e->kind == EXPR_COLUMN ? named_find(map->items, map->count, e->column_i) : NULL;
}

static bool not_named(void *self, const Expr *e)
{
    const NamedMap *map = self;
    const Expr *item;

    if (e->kind != EXPR_COLUMN)
        return false;
    item = named_find(map->items, map->count, e->column_i);
    return !item || !expr_is_deterministic(item);
}

/* ── nodes ─────────────────────────────────────────────────────────────────────────────────────*/

static Logical *stop(PlanContext *plan, Logical *node, const ExprVec *pending)
{
    ExprVec none = {0};

    for (uint32_t i = 0; i < node->input_count; i++) {
        none.count = 0;
        push_below(plan, node, i, &none);
    }
    return filtered(plan, node, pending);
}

/* PROJECT, and AGGREGATE by its keys: through, in terms of the input. */
static Logical *push_named(PlanContext *plan, Logical *node, const NamedExpr *items, uint32_t count,
                           ExprVec *pending)
{
    NamedMap map = {items, count};
    ExprVec through = {0}, kept = {0};

    for (size_t i = 0; i < pending->count; i++) {
        Expr *e = pending->items[i];

        if (expr_any(e, not_named, &map) || !expr_is_deterministic(e) ||
            !expr_may_take_in(e, items, count) ||
            (node->kind == LOGICAL_AGGREGATE && !expr_has_kind(e, EXPR_COLUMN)))
            add(plan, &kept, e);
        else
            add(plan, &through, expr_replace(plan->arena, e, map_named, &map));
    }
    push_below(plan, node, 0, &through);
    return filtered(plan, node, &kept);
}

/* Conditions that do not speak of what the node adds go through. */
static Logical *push_over_input(PlanContext *plan, Logical *node, ExprVec *pending)
{
    ExprVec through = {0}, kept = {0};

    for (size_t i = 0; i < pending->count; i++) {
        Expr *e = pending->items[i];

        /* rand() is computed for each row that is made, not once for all that come from one. */
        add(plan, is_over(e, node->inputs[0]) && expr_is_deterministic(e) ? &through : &kept, e);
    }
    push_below(plan, node, 0, &through);
    logical_refresh_columns(plan, node);
    return filtered(plan, node, &kept);
}

/* Below a window function only what holds for whole partitions. */
static Logical *push_window(PlanContext *plan, Logical *node, ExprVec *pending)
{
    const LogicalWindow *window = &node->as.window;
    NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, window->partition_count + 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < window->partition_count; i++) {
        if (window->partition[i]->kind == EXPR_COLUMN)
            items[count++] = (NamedExpr){window->partition[i], window->partition[i]->column_i};
    }
    if (!count)
        return stop(plan, node, pending);
    return push_named(plan, node, items, count, pending);
}

static Logical *push_union(PlanContext *plan, Logical *node, ExprVec *pending)
{
    NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, node->column_count + 1);
    ExprVec through = {0}, kept = {0};

    for (size_t k = 0; k < pending->count; k++)
        add(plan, expr_is_deterministic(pending->items[k]) ? &through : &kept, pending->items[k]);
    for (uint32_t i = 0; i < node->input_count; i++) {
        const Logical *input = node->inputs[i];
        NamedMap map = {items, node->column_count};
        ExprVec mine = {0};

        for (uint32_t c = 0; c < node->column_count; c++)
            items[c] = (NamedExpr){plan_column_expr(plan, input->columns[c], node->span),
                                   node->columns[c]};
        for (size_t k = 0; k < through.count; k++)
            add(plan, &mine, expr_replace(plan->arena, through.items[k], map_named, &map));
        push_below(plan, node, i, &mine);
    }
    return filtered(plan, node, &kept);
}

/* ── joins ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct JoinSides {
    bool above_to_left, above_to_right; /* May a condition above go to that side? */
    bool on_to_left, on_to_right;       /* May one of ON? */
    bool above_to_on;
} JoinSides;

static JoinSides join_sides(JoinKind kind)
{
    switch (kind) {
    case JOIN_INNER:
    case JOIN_CROSS:
        return (JoinSides){true, true, true, true, true};
    case JOIN_LEFT:
    case JOIN_LEFT_MARK:
    case JOIN_LEFT_SINGLE:
    case JOIN_ANTI:
        return (JoinSides){.above_to_left = true, .on_to_right = true};
    case JOIN_SEMI:
        return (JoinSides){.above_to_left = true, .on_to_left = true, .on_to_right = true};
    case JOIN_RIGHT:
        return (JoinSides){.above_to_right = true, .on_to_left = true};
    case JOIN_FULL:
        return (JoinSides){0};
    }
    UNREACHABLE();
}

static Logical *push_join(PlanContext *plan, Logical *node, ExprVec *pending)
{
    LogicalJoin *join = &node->as.join;
    JoinSides may = join_sides(join->kind);
    Logical *left = node->inputs[0], *right = node->inputs[1];
    ExprVec on = {0}, to_left = {0}, to_right = {0}, kept_on = {0}, kept = {0};

    expr_conjuncts(plan->arena, join->condition, &on);
    for (size_t i = 0; i < pending->count; i++) {
        Expr *e = pending->items[i];
        bool moves = expr_is_deterministic(e);

        if (moves && may.above_to_left && is_over(e, left))
            add(plan, &to_left, e);
        else if (moves && may.above_to_right && is_over(e, right))
            add(plan, &to_right, e);
        else if (moves && may.above_to_on)
            add(plan, &kept_on, e);
        else
            add(plan, &kept, e);
    }
    for (size_t i = 0; i < on.count; i++) {
        Expr *e = on.items[i];
        bool moves = expr_has_kind(e, EXPR_COLUMN) && expr_is_deterministic(e);

        if (moves && may.on_to_left && is_over(e, left))
            add(plan, &to_left, e);
        else if (moves && may.on_to_right && is_over(e, right))
            add(plan, &to_right, e);
        else
            add(plan, &kept_on, e);
    }
    join->condition = all_of(plan, &kept_on);
    if (join->kind == JOIN_CROSS && join->condition)
        join->kind = JOIN_INNER;
    push_below(plan, node, 0, &to_left);
    push_below(plan, node, 1, &to_right);
    logical_refresh_columns(plan, node);
    return filtered(plan, node, &kept);
}

/* A scan of a table may leave rows out early; the FILTER above stays. Streams decode first. */
static Logical *push_scan(PlanContext *plan, Logical *node, const ExprVec *pending)
{
    if (!node->streaming)
        node->as.scan.filter = all_of(plan, pending);
    return filtered(plan, node, pending);
}

static Logical *push(PlanContext *plan, Logical *node, ExprVec *pending)
{
    switch (node->kind) {
    case LOGICAL_FILTER:
        /* The lower condition first: it may guard the upper. */
        {
            ExprVec both = {0};

            expr_conjuncts(plan->arena, node->as.filter.condition, &both);
            for (size_t i = 0; i < pending->count; i++)
                add(plan, &both, pending->items[i]);
            return push(plan, node->inputs[0], &both);
        }
    case LOGICAL_PROJECT:
        return push_named(plan, node, node->as.project.items, node->column_count, pending);
    case LOGICAL_AGGREGATE:
        return push_named(plan, node, node->as.aggregate.keys, node->as.aggregate.key_count,
                          pending);
    case LOGICAL_JOIN:
        return push_join(plan, node, pending);
    case LOGICAL_UNION:
        return push_union(plan, node, pending);
    case LOGICAL_ASSIGN:
    case LOGICAL_GENERATE:
        return push_over_input(plan, node, pending);
    case LOGICAL_SORT:
        return node->as.sort.limit < 0 && !node->as.sort.offset
                   ? push_over_input(plan, node, pending)
                   : stop(plan, node, pending);
    case LOGICAL_WINDOW:
        return push_window(plan, node, pending);
    case LOGICAL_SCAN:
        return push_scan(plan, node, pending);
    case LOGICAL_WATERMARK:
    case LOGICAL_LIMIT:
    case LOGICAL_VALUES:
    case LOGICAL_RECURSE:
    case LOGICAL_WORKING:
        return stop(plan, node, pending);
    case LOGICAL_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

void rule_filter(PlanContext *plan, Logical **root)
{
    ExprVec none = {0};

    *root = push(plan, *root, &none);
}
