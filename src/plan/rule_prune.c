/*
 * rule_prune.c: columns that nobody uses are neither computed nor read (rules.h).
 *
 * From the root down: what a node must give is what is used above it; what it needs of its inputs is
 * that and what its own expressions read. The root gives all its columns.
 */
#include "base/assert.h"
#include "plan/rules.h"

/* A set of column ids. */
typedef struct IdSet {
    uint64_t *bits;
    size_t words;
} IdSet;

static IdSet set_new(PlanContext *plan)
{
    size_t words = plan->columns.count / 64 + 1;

    return (IdSet){arena_zalloc(plan->arena, words * sizeof(uint64_t)), words};
}

static IdSet set_copy(PlanContext *plan, const IdSet *from)
{
    IdSet set = set_new(plan);

    memcpy(set.bits, from->bits, MIN(set.words, from->words) * sizeof(uint64_t));
    return set;
}

static void set_add(IdSet *set, uint32_t id)
{
    set->bits[id / 64] |= (uint64_t)1 << (id % 64);
}

static bool set_has(const IdSet *set, uint32_t id)
{
    return set->bits[id / 64] >> (id % 64) & 1;
}

static bool note_column(void *self, const Expr *e)
{
    if (e->kind == EXPR_COLUMN)
        set_add(self, e->column_i);
    return false;
}

static void need_expr(void *self, Expr **e)
{
    expr_any(*e, note_column, self);
}

static void need_own(Logical *node, IdSet *needed)
{
    logical_each_expr(node, need_expr, needed);
    if (node->kind == LOGICAL_WATERMARK)
        set_add(needed, node->as.watermark.time_id);
    if (node->kind == LOGICAL_SORT && node->as.sort.time_id != UINT32_MAX)
        set_add(needed, node->as.sort.time_id);
    if (node->kind == LOGICAL_WINDOW && node->as.window.time_id != UINT32_MAX)
        set_add(needed, node->as.window.time_id);
    if (node->kind == LOGICAL_JOIN) {
        if (node->as.join.left_time_id != UINT32_MAX)
            set_add(needed, node->as.join.left_time_id);
        if (node->as.join.right_time_id != UINT32_MAX)
            set_add(needed, node->as.join.right_time_id);
    }
}

static void prune(PlanContext *plan, Logical **slot, const IdSet *needed);

static void prune_inputs(PlanContext *plan, Logical *node, const IdSet *needed)
{
    IdSet below = set_copy(plan, needed);

    need_own(node, &below);
    for (uint32_t i = 0; i < node->input_count; i++)
        prune(plan, &node->inputs[i], &below);
    logical_refresh_columns(plan, node);
}

static NamedExpr *keep_named(PlanContext *plan, const NamedExpr *items, uint32_t *count,
                             const IdSet *needed)
{
    NamedExpr *kept = ARENA_ARRAY(plan->arena, NamedExpr, *count + 1);
    uint32_t n = 0;

    for (uint32_t i = 0; i < *count; i++) {
        if (set_has(needed, items[i].id))
            kept[n++] = items[i];
    }
    *count = n;
    return kept;
}

static void prune_scan(PlanContext *plan, Logical *node, const IdSet *needed)
{
    IdSet all = set_copy(plan, needed);
    uint32_t *columns = ARENA_ARRAY(plan->arena, uint32_t, node->column_count + 1);
    uint32_t *table_columns = ARENA_ARRAY(plan->arena, uint32_t, node->column_count + 1);
    uint32_t count = 0;

    need_own(node, &all);
    for (uint32_t i = 0; i < node->column_count; i++) {
        if (!set_has(&all, node->columns[i]))
            continue;
        columns[count] = node->columns[i];
        table_columns[count++] = node->as.scan.table_columns[i];
    }
    node->columns = columns;
    node->column_count = count;
    node->as.scan.table_columns = table_columns;
}

static void prune_project(PlanContext *plan, Logical *node, const IdSet *needed)
{
    IdSet below = set_new(plan);
    uint32_t count = node->column_count;

    node->as.project.items = keep_named(plan, node->as.project.items, &count, needed);
    node->column_count = count;
    node->columns = ARENA_ARRAY(plan->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        node->columns[i] = node->as.project.items[i].id;
    need_own(node, &below);
    prune(plan, &node->inputs[0], &below);
}

static void prune_aggregate(PlanContext *plan, Logical *node, const IdSet *needed)
{
    IdSet below = set_new(plan);
    LogicalAggregate *aggregate = &node->as.aggregate;

    aggregate->items = keep_named(plan, aggregate->items, &aggregate->item_count, needed);
    need_own(node, &below);
    prune(plan, &node->inputs[0], &below);
    logical_refresh_columns(plan, node);
}

/* Without one of its functions used it does nothing. */
static void prune_window(PlanContext *plan, Logical **slot, const IdSet *needed)
{
    Logical *node = *slot;
    LogicalWindow *window = &node->as.window;

    window->items = keep_named(plan, window->items, &window->item_count, needed);
    if (!window->item_count) {
        *slot = node->inputs[0];
        prune(plan, slot, needed);
        return;
    }
    prune_inputs(plan, node, needed);
}

static void prune_generate(PlanContext *plan, Logical *node, const IdSet *needed)
{
    uint32_t count = 0;
    uint32_t *columns;

    prune_inputs(plan, node, needed);
    columns = ARENA_ARRAY(plan->arena, uint32_t, node->column_count + 1);
    for (uint32_t i = 0; i < node->inputs[0]->column_count; i++) {
        if (set_has(needed, node->inputs[0]->columns[i]))
            columns[count++] = node->inputs[0]->columns[i];
    }
    for (uint32_t i = 0; i < node->as.generate.out_count; i++)
        columns[count++] = node->as.generate.out_ids[i];
    node->columns = columns;
    node->column_count = count;
}

/* Columns go by their places: the inputs are projected to those that stay. */
static void prune_union(PlanContext *plan, Logical *node, const IdSet *needed)
{
    uint32_t *places = ARENA_ARRAY(plan->arena, uint32_t, node->column_count + 1);
    uint32_t count = 0;

    for (uint32_t i = 0; i < node->column_count; i++) {
        if (set_has(needed, node->columns[i]))
            places[count++] = i;
    }
    for (uint32_t i = 0; i < node->input_count; i++) {
        Logical *input = node->inputs[i];
        NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, count + 1);
        IdSet all = set_new(plan);

        for (uint32_t k = 0; k < count; k++) {
            uint32_t id = input->columns[places[k]];

            items[k] = (NamedExpr){plan_column_expr(plan, id, node->span), id};
            set_add(&all, id);
        }
        if (count < node->column_count) {
            node->inputs[i] = logical_project(plan, input, items, count, node->span);
            rule_merge(plan, &node->inputs[i]);
        }
        prune(plan, &node->inputs[i], &all);
        /* Below a project nothing can have been left out; else the places must still agree. */
        if (node->inputs[i]->column_count != count) {
            node->inputs[i] = logical_project(plan, node->inputs[i], items, count, node->span);
        }
    }
    for (uint32_t k = 0; k < count; k++)
        node->columns[k] = node->columns[places[k]];
    node->column_count = count;
}

/* A round is fed with all columns of the last. */
static void prune_recurse(PlanContext *plan, Logical *node)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        rule_prune(plan, &node->inputs[i]);
}

static void prune(PlanContext *plan, Logical **slot, const IdSet *needed)
{
    Logical *node = *slot;

    switch (node->kind) {
    case LOGICAL_SCAN:
        prune_scan(plan, node, needed);
        return;
    case LOGICAL_PROJECT:
        prune_project(plan, node, needed);
        return;
    case LOGICAL_AGGREGATE:
        prune_aggregate(plan, node, needed);
        return;
    case LOGICAL_WINDOW:
        prune_window(plan, slot, needed);
        return;
    case LOGICAL_GENERATE:
        prune_generate(plan, node, needed);
        return;
    case LOGICAL_UNION:
        prune_union(plan, node, needed);
        return;
    case LOGICAL_RECURSE:
        prune_recurse(plan, node);
        return;
    case LOGICAL_VALUES:
    case LOGICAL_WORKING:
        return;
    case LOGICAL_FILTER:
    case LOGICAL_WATERMARK:
    case LOGICAL_ASSIGN:
    case LOGICAL_JOIN:
    case LOGICAL_SORT:
    case LOGICAL_LIMIT:
        prune_inputs(plan, node, needed);
        return;
    case LOGICAL_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* The root's columns stay, and in their order. */
void rule_prune(PlanContext *plan, Logical **root)
{
    uint32_t count = (*root)->column_count;
    const uint32_t *columns = (*root)->columns;
    NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, count + 1);
    IdSet needed = set_new(plan);
    bool same;

    for (uint32_t i = 0; i < count; i++) {
        items[i] = (NamedExpr){plan_column_expr(plan, columns[i], (*root)->span), columns[i]};
        set_add(&needed, columns[i]);
    }
    prune(plan, root, &needed);
    same = (*root)->column_count == count &&
           (!count || memcmp((*root)->columns, columns, count * sizeof *columns) == 0);
    if (!same)
        *root = logical_project(plan, *root, items, count, (*root)->span);
}
