/*
 * decorrelate.c: subqueries and LATERAL without the columns around them.
 *
 * Conditions that name outer columns are pulled up to the root, where they become the join's:
 *
 *     FILTER     its conjuncts with outer columns go up
 *     PROJECT    lets through what the conditions above need; an item with outer columns is deferred
 *     AGGREGATE  conditions `inner = outer` make `inner` a grouping key
 *     WINDOW     the same make it a PARTITION BY; LIMIT becomes a row_number() of the same kind
 *     JOIN       from both sides of an inner one, from the left of LEFT, SEMI, ANTI
 *     SORT       is dropped; it orders nothing any more
 *
 * Anything else with outer columns is refused with Spark's class. An aggregate without GROUP BY has a
 * row for no input too (count(*) is 0): where the join finds none, its value over no rows stands in.
 */
#include "plan/decorrelate.h"

#include "base/assert.h"

typedef struct Pull {
    Binder *b;
    ExprVec conditions; /* With EXPR_OUTERs. */
    NamedExprVec deferred;
    bool for_exists;
    Logical *global;    /* The AGGREGATE without GROUP BY that was met, if conditions came from below. */
    bool global_filtered;
    Span span;
} Pull;

/* ── outer columns ─────────────────────────────────────────────────────────────────────────────*/

static void note_outer(void *self, Expr **e)
{
    bool *found = self;

    *found = *found || expr_has_kind(*e, EXPR_OUTER);
}

bool logical_has_outer(const Logical *node)
{
    Logical copy = *node;
    bool found = false;

    logical_each_expr(&copy, note_outer, &found);
    for (uint32_t i = 0; i < node->input_count && !found; i++)
        found = logical_has_outer(node->inputs[i]);
    return found;
}

typedef struct OuterTest {
    const Logical *around;
    bool all;
} OuterTest;

static bool outer_elsewhere(void *self, const Expr *e)
{
    return e->kind == EXPR_OUTER && !logical_has_column(self, e->column_i);
}

static void test_outer(void *self, Expr **e)
{
    OuterTest *test = self;
    Logical copy = *test->around;

    test->all = test->all && !expr_any(*e, outer_elsewhere, &copy);
}

bool logical_outer_in(const Logical *plan, const Logical *around)
{
    OuterTest test = {around, true};
    Logical copy = *plan;

    logical_each_expr(&copy, test_outer, &test);
    for (uint32_t i = 0; i < plan->input_count && test.all; i++)
        test.all = logical_outer_in(plan->inputs[i], around);
    return test.all;
}

static bool own_outer(const Logical *node)
{
    Logical copy = *node;
    bool found = false;

    logical_each_expr(&copy, note_outer, &found);
    return found;
}

static Expr *outer_to_column(void *self, Expr *e)
{
    const Pull *pull = self;
    Expr *column;

    if (e->kind != EXPR_OUTER)
        return NULL;
    column = ARENA_NEW(pull->b->arena, Expr);
    *column = *e;
    column->kind = EXPR_COLUMN;
    return column;
}

static bool refuse(Pull *pull, const char *what)
{
    bind_error(pull->b, pull->span,
               "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_"
               "ALLOWED",
               "0A000",
               "Unsupported subquery expression: Accessing outer query column is not allowed in "
               "this location: %s.",
               what);
    diagnostic_remedy(pull->b->diagnostics, "write it as a join");
    return false;
}

/* ── pulling ───────────────────────────────────────────────────────────────────────────────────*/

static bool pull_node(Pull *pull, Logical **slot);

static bool pull_filter(Pull *pull, Logical **slot)
{
    Logical *node = *slot;
    ExprVec conjuncts = {0};
    Expr *kept = NULL;

    if (pull->global)
        pull->global_filtered = true;
    expr_conjuncts(pull->b->arena, node->as.filter.condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        if (expr_has_kind(conjuncts.items[i], EXPR_OUTER))
            VEC_ADD_IN(pull->b->arena, &pull->conditions, conjuncts.items[i]);
        else
            kept = expr_and(pull->b->plan, kept, conjuncts.items[i]);
    }
    if (kept) {
        node->as.filter.condition = kept;
        logical_refresh_columns(pull->b->plan, node);
    } else {
        *slot = node->inputs[0];
    }
    return true;
}

typedef struct Needed {
    Pull *pull;
    Logical *input;
    NamedExprVec *items;
} Needed;

static bool has_item(const NamedExprVec *items, uint32_t id)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->items[i].id == id)
            return true;
    }
    return false;
}

/* A column that a condition above needs: let through. */
static bool let_through(void *self, const Expr *e)
{
    Needed *needed = self;
    PlanContext *plan = needed->pull->b->plan;
    NamedExpr item;

    if (e->kind != EXPR_COLUMN || has_item(needed->items, e->column_i) ||
        !logical_has_column(needed->input, e->column_i))
        return false;
    item = (NamedExpr){plan_column_expr(plan, e->column_i, e->span), e->column_i};
    VEC_ADD_IN(plan->arena, needed->items, item);
    return false;
}

static void need_conditions(Needed *needed)
{
    for (size_t i = 0; i < needed->pull->conditions.count; i++)
        expr_any(needed->pull->conditions.items[i], let_through, needed);
    for (size_t i = 0; i < needed->pull->deferred.count; i++)
        expr_any(needed->pull->deferred.items[i].expr, let_through, needed);
}

typedef struct Substitute {
    const NamedExprVec *items;
} Substitute;

static Expr *substitute(void *self, Expr *e)
{
    const Substitute *s = self;

    if (e->kind != EXPR_COLUMN)
        return NULL;
    for (size_t i = 0; i < s->items->count; i++) {
        if (s->items->items[i].id == e->column_i)
            return s->items->items[i].expr;
    }
    return NULL;
}

static bool pull_project(Pull *pull, Logical **slot)
{
    Logical *node = *slot;
    NamedExprVec items = {0}, deferred = {0};
    Needed needed = {pull, node->inputs[0], &items};
    Substitute s = {&pull->deferred};

    for (uint32_t i = 0; i < node->column_count; i++) {
        NamedExpr item = node->as.project.items[i];

        /* What was deferred below goes on up, and with it what is made of it. */
        item.expr = expr_replace(pull->b->arena, item.expr, substitute, &s);
        if (expr_has_kind(item.expr, EXPR_OUTER))
            VEC_ADD_IN(pull->b->arena, &deferred, item);
        else if (!has_item(&items, item.id))
            VEC_ADD_IN(pull->b->arena, &items, item);
    }
    pull->deferred = deferred;
    need_conditions(&needed);
    *slot = logical_project(pull->b->plan, node->inputs[0], items.items, (uint32_t)items.count,
                            node->span);
    return true;
}

static bool is_equality(const Expr *e, Expr **inner, Expr **outer)
{
    if (!expr_is_call(e, "=") && !expr_is_call(e, "<=>"))
        return false;
    for (int side = 0; side < 2; side++) {
        *inner = e->args[side];
        *outer = e->args[1 - side];
        if (!expr_has_kind(*inner, EXPR_OUTER) && !expr_has_kind(*outer, EXPR_COLUMN) &&
            expr_has_kind(*outer, EXPR_OUTER))
            return true;
    }
    return false;
}

/* The inner sides of all conditions, as keys; the conditions now speak of the keys. */
static bool conditions_to_keys(Pull *pull, NamedExprVec *keys)
{
    Binder *b = pull->b;

    for (size_t i = 0; i < pull->conditions.count; i++) {
        Expr *e = pull->conditions.items[i], *inner, *outer, *args[2];
        NamedExpr key;

        /* A condition on outer columns alone holds for all rows of a group or for none. */
        if (!expr_has_kind(e, EXPR_COLUMN))
            continue;
        if (!is_equality(e, &inner, &outer)) {
            bind_error(b, pull->span,
                       "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_COLUMN_IS_NOT_ALLOWED_"
                       "IN_PREDICATE",
                       "0A000",
                       "Unsupported subquery expression: Correlated column is not allowed in a "
                       "predicate other than an equality below an aggregate.");
            return false;
        }
        key.expr = inner;
        key.id = inner->kind == EXPR_COLUMN
                     ? inner->column_i
                     : plan_column_new(b->plan, STR("key"), inner->type, inner->nullable);
        if (!has_item(keys, key.id))
            VEC_ADD_IN(b->arena, keys, key);
        args[0] = expr_column(b->arena, key.id, inner->type, inner->nullable, inner->span);
        args[1] = outer;
        pull->conditions.items[i] = bind_call_named(b, e->fn->name, args, 2, e->span);
        if (!pull->conditions.items[i])
            return false;
    }
    return true;
}

static bool pull_aggregate(Pull *pull, Logical **slot)
{
    Logical *node = *slot;
    NamedExprVec keys = {0};

    if (own_outer(node) || pull->deferred.count)
        return refuse(pull, "an aggregate");
    if (!pull->conditions.count)
        return true;
    if (node->as.aggregate.key_count == 0)
        pull->global = node;
    for (uint32_t i = 0; i < node->as.aggregate.key_count; i++)
        VEC_ADD_IN(pull->b->arena, &keys, node->as.aggregate.keys[i]);
    if (!conditions_to_keys(pull, &keys))
        return false;
    node->as.aggregate.keys = keys.items;
    node->as.aggregate.key_count = (uint32_t)keys.count;
    logical_refresh_columns(pull->b->plan, node);
    return true;
}

/* Columns for the keys below `node`, where they are no columns yet. */
static bool keys_below(Pull *pull, Logical *node, NamedExprVec *keys)
{
    Logical *input = node->inputs[0];
    NamedExprVec items = {0};

    if (!conditions_to_keys(pull, keys))
        return false;
    for (uint32_t i = 0; i < input->column_count; i++) {
        NamedExpr item = {plan_column_expr(pull->b->plan, input->columns[i], node->span),
                          input->columns[i]};

        VEC_ADD_IN(pull->b->arena, &items, item);
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (!has_item(&items, keys->items[i].id))
            VEC_ADD_IN(pull->b->arena, &items, keys->items[i]);
    }
    if (items.count > input->column_count)
        node->inputs[0] = logical_project(pull->b->plan, input, items.items,
                                          (uint32_t)items.count, node->span);
    return true;
}

static bool pull_window(Pull *pull, Logical **slot)
{
    Logical *node = *slot;
    LogicalWindow *window = &node->as.window;
    NamedExprVec keys = {0};
    Expr **partition;

    if (own_outer(node) || pull->deferred.count)
        return refuse(pull, "a window function");
    if (!keys_below(pull, node, &keys))
        return false;
    partition = ARENA_ARRAY(pull->b->arena, Expr *, window->partition_count + keys.count + 1);
    memcpy(partition, window->partition, window->partition_count * sizeof *partition);
    for (size_t i = 0; i < keys.count; i++)
        partition[window->partition_count++] =
            plan_column_expr(pull->b->plan, keys.items[i].id, node->span);
    window->partition = partition;
    logical_refresh_columns(pull->b->plan, node);
    return true;
}

/* ORDER BY x LIMIT n, for each outer row: row_number() OVER (PARTITION BY keys ORDER BY x) <= n. */
static bool pull_limit(Pull *pull, Logical **slot)
{
    Binder *b = pull->b;
    Logical *node = *slot, *input = node->inputs[0], *window;
    NamedExprVec keys = {0};
    WindowSpec *spec;
    NamedExpr *item;
    Expr *args[2], *condition;

    if (pull->for_exists && node->as.limit.limit != 0 && node->as.limit.offset == 0) {
        *slot = input;
        return true;
    }
    if (pull->deferred.count || node->as.limit.limit < 0)
        return refuse(pull, "LIMIT");
    spec = ARENA_NEW(b->arena, WindowSpec);
    item = ARENA_NEW(b->arena, NamedExpr);
    window = logical_new(b->plan, LOGICAL_WINDOW, node->span, input);
    if (input->kind == LOGICAL_SORT) {
        spec->order = input->as.sort.items;
        spec->order_count = input->as.sort.item_count;
        window->inputs[0] = input->inputs[0];
    }
    if (!keys_below(pull, window, &keys))
        return false;
    spec->partition = ARENA_ARRAY(b->arena, Expr *, keys.count + 1);
    for (size_t i = 0; i < keys.count; i++)
        spec->partition[spec->partition_count++] =
            plan_column_expr(b->plan, keys.items[i].id, node->span);
    spec->rows = true;
    spec->from_kind = FRAME_UNBOUNDED_PRECEDING;
    spec->to_kind = FRAME_CURRENT_ROW;
    item->expr = bind_aggregate_named(b, "row_number", NULL, 0, node->span);
    if (!item->expr)
        return false;
    item->expr->kind = EXPR_WINDOW;
    item->expr->window = spec;
    item->id = plan_column_new(b->plan, STR("row_number"), item->expr->type, false);
    window->as.window = (LogicalWindow){
        .partition = spec->partition,
        .partition_count = spec->partition_count,
        .order = spec->order,
        .order_count = spec->order_count,
        .items = item,
        .item_count = 1,
        .time_id = UINT32_MAX,
        .rank_limit = -1,
    };
    logical_refresh_columns(b->plan, window);
    args[0] = plan_column_expr(b->plan, item->id, node->span);
    args[1] = expr_literal_bigint(b->arena, node->as.limit.limit + node->as.limit.offset,
                                  node->span);
    condition = bind_call_named(b, "<=", args, 2, node->span);
    if (condition && node->as.limit.offset) {
        args[1] = expr_literal_bigint(b->arena, node->as.limit.offset, node->span);
        condition = expr_and(b->plan, condition, bind_call_named(b, ">", args, 2, node->span));
    }
    if (!condition)
        return false;
    *slot = logical_filter(b->plan, window, condition, node->span);
    return true;
}

static bool pull_join(Pull *pull, Logical **slot)
{
    Logical *node = *slot;
    LogicalJoin *join = &node->as.join;
    bool inner = join->kind == JOIN_INNER || join->kind == JOIN_CROSS;
    ExprVec conjuncts = {0};
    Expr *kept = NULL;

    if ((!inner && join->kind != JOIN_RIGHT && logical_has_outer(node->inputs[1])) ||
        (join->kind == JOIN_FULL && logical_has_outer(node->inputs[0])) ||
        (join->kind == JOIN_RIGHT && logical_has_outer(node->inputs[0])))
        return refuse(pull, "the other side of an outer join");
    if (!pull_node(pull, &node->inputs[0]) || !pull_node(pull, &node->inputs[1]))
        return false;
    if (pull->deferred.count || pull->global)
        return refuse(pull, "an input of a join");
    expr_conjuncts(pull->b->arena, join->condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        if (!expr_has_kind(conjuncts.items[i], EXPR_OUTER)) {
            kept = expr_and(pull->b->plan, kept, conjuncts.items[i]);
            continue;
        }
        if (!inner)
            return refuse(pull, "the condition of an outer join");
        VEC_ADD_IN(pull->b->arena, &pull->conditions, conjuncts.items[i]);
    }
    join->condition = kept;
    logical_refresh_columns(pull->b->plan, node);
    return true;
}

static bool pull_node(Pull *pull, Logical **slot)
{
    Logical *node = *slot;

    if (!logical_has_outer(node))
        return true;
    if (node->kind == LOGICAL_JOIN)
        return pull_join(pull, slot);
    if (node->input_count == 1 && !pull_node(pull, &node->inputs[0]))
        return false;
    switch (node->kind) {
    case LOGICAL_FILTER:
        return pull_filter(pull, slot);
    case LOGICAL_PROJECT:
        return pull_project(pull, slot);
    case LOGICAL_AGGREGATE:
        return pull_aggregate(pull, slot);
    case LOGICAL_WINDOW:
        return pull_window(pull, slot);
    case LOGICAL_LIMIT:
        return pull_limit(pull, slot);
    case LOGICAL_SORT:
        /* Kept for a LIMIT right above, which looks for it; else of no use. */
        if (own_outer(node))
            return refuse(pull, "ORDER BY");
        logical_refresh_columns(pull->b->plan, node);
        return true;
    case LOGICAL_GENERATE:
        if (own_outer(node))
            return refuse(pull, "a generator");
        logical_refresh_columns(pull->b->plan, node);
        return true;
    case LOGICAL_SCAN:
    case LOGICAL_VALUES:
    case LOGICAL_WATERMARK:
    case LOGICAL_ASSIGN:
    case LOGICAL_UNION:
    case LOGICAL_JOIN:
    case LOGICAL_KIND_COUNT:
        return refuse(pull, "a set operation, a time window or VALUES");
    }
    UNREACHABLE();
}

/* ── the value over no rows ────────────────────────────────────────────────────────────────────*/

static Expr *empty_value(Binder *b, const Expr *aggregate)
{
    static const char *const counts[] = {"count", "count_if", "approx_count_distinct",
                                         "regr_count"};

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (strcmp(aggregate->fn->name, counts[i]) == 0)
            return expr_literal_bigint(b->arena, 0, aggregate->span);
    }
    return expr_literal_null(b->arena, aggregate->type, aggregate->span);
}

/* The query's columns when the aggregate below has no input: aggregates replaced by their values over
 * nothing, through the PROJECTs above. False: a column cannot be had so. */
static bool find_defaults(Pull *pull, const Logical *node, NamedExprVec *out)
{
    NamedExprVec below = {0};
    Substitute s = {&below};

    if (node == pull->global) {
        for (uint32_t i = 0; i < node->as.aggregate.item_count; i++) {
            NamedExpr item = {empty_value(pull->b, node->as.aggregate.items[i].expr),
                              node->as.aggregate.items[i].id};

            VEC_ADD_IN(pull->b->arena, out, item);
        }
        return true;
    }
    if (node->input_count != 1 || !find_defaults(pull, node->inputs[0], &below))
        return false;
    if (node->kind != LOGICAL_PROJECT) {
        *out = below;
        return true;
    }
    for (uint32_t i = 0; i < node->column_count; i++) {
        NamedExpr item = node->as.project.items[i];

        item.expr = expr_replace(pull->b->arena, item.expr, substitute, &s);
        VEC_ADD_IN(pull->b->arena, out, item);
    }
    return true;
}

static void add_matched(Pull *pull, Decorrelated *out)
{
    Binder *b = pull->b;
    NamedExprVec items = {0};
    NamedExpr matched;

    for (uint32_t i = 0; i < out->plan->column_count; i++) {
        NamedExpr item = {plan_column_expr(b->plan, out->plan->columns[i], pull->span),
                          out->plan->columns[i]};

        VEC_ADD_IN(b->arena, &items, item);
    }
    out->matched = plan_column_new(b->plan, STR("matched"), &type_boolean, true);
    matched = (NamedExpr){expr_literal_bool(b->arena, true, pull->span), out->matched};
    VEC_ADD_IN(b->arena, &items, matched);
    out->plan = logical_project(b->plan, out->plan, items.items, (uint32_t)items.count,
                                pull->span);
}

bool decorrelate(Binder *b, Logical *plan, const Logical *left, bool for_exists, Span span,
                 Decorrelated *out)
{
    Pull pull = {.b = b, .for_exists = for_exists, .span = span};
    size_t error_count = b->diagnostics->error_count;

    *out = (Decorrelated){.matched = UINT32_MAX};
    if (!logical_outer_in(plan, left)) {
        bind_error(b, span, "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE", "0A000",
                   "Unsupported subquery expression: Expressions referencing the outer query are "
                   "not supported here: the column is not among those grouped by.");
        return false;
    }
    if (!pull_node(&pull, &plan))
        return false;
    out->plan = plan;
    out->deferred = pull.deferred;
    for (size_t i = 0; i < pull.conditions.count; i++)
        out->condition = expr_and(b->plan, out->condition, pull.conditions.items[i]);
    if (out->condition)
        out->condition = expr_replace(b->arena, out->condition, outer_to_column, &pull);
    for (size_t i = 0; i < out->deferred.count; i++)
        out->deferred.items[i].expr =
            expr_replace(b->arena, out->deferred.items[i].expr, outer_to_column, &pull);
    if (!pull.global)
        return b->diagnostics->error_count == error_count;
    if (pull.global_filtered)
        return for_exists || refuse(&pull, "HAVING of an aggregate without GROUP BY");
    out->always_row = true;
    if (for_exists)
        return true;
    if (!find_defaults(&pull, plan, &out->defaults))
        return refuse(&pull, "an aggregate without GROUP BY below other operators");
    for (size_t i = 0; i < out->defaults.count; i++)
        out->defaults.items[i].expr =
            expr_replace(b->arena, out->defaults.items[i].expr, outer_to_column, &pull);
    add_matched(&pull, out);
    return true;
}

static const NamedExpr *item_find(const NamedExprVec *items, uint32_t id)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->items[i].id == id)
            return &items->items[i];
    }
    return NULL;
}

Expr *decorrelated_value(Binder *b, const Decorrelated *out, uint32_t id, Span span)
{
    const NamedExpr *deferred = item_find(&out->deferred, id);
    const NamedExpr *missing = item_find(&out->defaults, id);
    const Field *field = plan_column(b->plan, id);
    Expr *value = deferred ? deferred->expr
                           : expr_column(b->arena, id, field->type, true, span);
    Expr *args[3], *matched;

    if (!out->always_row || !missing)
        return value;
    matched = expr_column(b->arena, out->matched, &type_boolean, true, span);
    args[0] = bind_call_named(b, "isnotnull", &matched, 1, span);
    args[1] = value;
    args[2] = binder_cast(b, missing->expr, value->type, span);
    return bind_call_named(b, "case", args, 3, span);
}

/* ── LATERAL ───────────────────────────────────────────────────────────────────────────────────*/

Logical *plan_lateral(Binder *b, JoinKind kind, Logical *left, Logical *right, Expr *condition,
                      Span span)
{
    uint32_t right_count = right->column_count;
    uint32_t *right_columns = right->columns;
    Decorrelated side;
    Logical *join;
    NamedExpr *items;
    bool compute;

    if (!decorrelate(b, right, left, false, span, &side))
        return NULL;
    compute = side.deferred.count || side.always_row;
    if (compute && (condition || (kind == JOIN_LEFT && side.deferred.count && !side.always_row))) {
        bind_unsupported(b, span, "LATERAL whose columns need both sides, with ON or LEFT");
        return NULL;
    }
    condition = expr_and(b->plan, condition, side.condition);
    join = logical_join(b->plan, side.always_row ? JOIN_LEFT : kind, left, side.plan, condition,
                        span);
    if (!compute)
        return join;
    items = ARENA_ARRAY(b->arena, NamedExpr, left->column_count + right_count + 1);
    for (uint32_t i = 0; i < left->column_count; i++)
        items[i] = (NamedExpr){plan_column_expr(b->plan, left->columns[i], span),
                               left->columns[i]};
    for (uint32_t i = 0; i < right_count; i++) {
        Expr *value = decorrelated_value(b, &side, right_columns[i], span);

        if (!value)
            return NULL;
        items[left->column_count + i] = (NamedExpr){value, right_columns[i]};
    }
    return logical_project(b->plan, join, items, left->column_count + right_count, span);
}
