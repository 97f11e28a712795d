/*
 * decorrelate.c: subqueries and LATERAL without the columns around them.
 *
 * Conditions that name outer columns are pulled up to the root, where they become the join's; this is
 * cheap, and works for streams too:
 *
 *     FILTER     its conjuncts with outer columns go up
 *     PROJECT    lets through what the conditions above need; an item with outer columns is deferred
 *     AGGREGATE  conditions `inner = outer` make `inner` a grouping key
 *     WINDOW     the same make it a PARTITION BY; LIMIT becomes a row_number() of the same kind
 *     JOIN       from both sides of an inner one, from the left of LEFT, SEMI, ANTI
 *     SORT       is dropped; it orders nothing any more
 *
 * An aggregate without GROUP BY has a row for no input too (count(*) is 0): where the join finds none,
 * its value over no rows stands in. That can be said of the query's own columns only: if anything but
 * a PROJECT stands above such an aggregate, or outer columns stand anywhere else, pulling gives up,
 * and the query is computed for all values of the outer columns at once (decorrelate_domain.c). So
 * pulling is tried on a copy.
 *
 * What Spark allows at all was checked before (subquery_check.c).
 */
#include "plan/decorrelate.h"

#include "base/assert.h"

typedef struct Pull {
    Binder *b;
    ExprVec conditions; /* With EXPR_OUTERs. */
    NamedExprVec deferred;
    SubqueryUse use;
    Logical *global;    /* The AGGREGATE without GROUP BY that was met, if conditions came from below. */
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

/* ── pulling ───────────────────────────────────────────────────────────────────────────────────*/

static bool pull_node(Pull *pull, Logical **slot);

static bool pull_filter(Pull *pull, Logical **slot)
{
    Logical *node = *slot;
    ExprVec conjuncts = {0};
    Expr *kept = NULL;

    if (pull->global)
        return false;
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
        if (!is_equality(e, &inner, &outer))
            return false;
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

    if (own_outer(node) || pull->deferred.count || pull->global)
        return false;
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

    if (own_outer(node) || pull->deferred.count || pull->global)
        return false;
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

/* ORDER BY what is not selected leaves a PROJECT above the SORT: the limit belongs below it. */
static bool is_above_sort(const Logical *node)
{
    while (node->kind == LOGICAL_PROJECT)
        node = node->inputs[0];
    return node->kind == LOGICAL_SORT;
}

static bool has_all(const Logical *node, Expr *const *columns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i]->kind != EXPR_COLUMN || !logical_has_column(node, columns[i]->column_i))
            return false;
    }
    return true;
}

Logical *limit_each(Binder *b, const Logical *limit, Logical *input, Expr **partition,
                    uint32_t partition_count)
{
    WindowSpec *spec = ARENA_NEW(b->arena, WindowSpec);
    NamedExpr *item = ARENA_NEW(b->arena, NamedExpr);
    Logical *window = logical_new(b->plan, LOGICAL_WINDOW, limit->span, input);
    Expr *args[2], *condition = NULL;

    if (input->kind == LOGICAL_PROJECT && is_above_sort(input) &&
        has_all(input->inputs[0], partition, partition_count)) {
        input->inputs[0] = limit_each(b, limit, input->inputs[0], partition, partition_count);
        return input->inputs[0] ? input : NULL;
    }
    if (input->kind == LOGICAL_SORT) {
        spec->order = input->as.sort.items;
        spec->order_count = input->as.sort.item_count;
        window->inputs[0] = input->inputs[0];
    }
    spec->partition = partition;
    spec->partition_count = partition_count;
    spec->rows = true;
    spec->from_kind = FRAME_UNBOUNDED_PRECEDING;
    spec->to_kind = FRAME_CURRENT_ROW;
    item->expr = bind_aggregate_named(b, "row_number", NULL, 0, limit->span);
    if (!item->expr)
        return NULL;
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
    args[0] = binder_cast(b, plan_column_expr(b->plan, item->id, limit->span), &type_bigint,
                          limit->span);
    if (limit->as.limit.limit >= 0) {
        int64_t last;

        if (__builtin_add_overflow(limit->as.limit.limit, limit->as.limit.offset, &last))
            last = INT64_MAX;
        args[1] = expr_literal_bigint(b->arena, last, limit->span);
        condition = bind_call_named(b, "<=", args, 2, limit->span);
    }
    if (limit->as.limit.offset) {
        args[1] = expr_literal_bigint(b->arena, limit->as.limit.offset, limit->span);
        condition = expr_and(b->plan, condition, bind_call_named(b, ">", args, 2, limit->span));
    }
    return condition ? logical_filter(b->plan, window, condition, limit->span) : window;
}

/* ORDER BY x LIMIT n, for each outer row: row_number() OVER (PARTITION BY keys ORDER BY x) <= n. */
static bool pull_limit(Pull *pull, Logical **slot)
{
    Logical *node = *slot, *input = node->inputs[0];
    NamedExprVec keys = {0};
    Expr **partition;

    if (pull->use == USE_EXISTS && node->as.limit.limit != 0 && node->as.limit.offset == 0) {
        *slot = input;
        return true;
    }
    if (pull->deferred.count || pull->global)
        return false;
    if (!keys_below(pull, input->kind == LOGICAL_SORT ? input : node, &keys))
        return false;
    logical_refresh_columns(pull->b->plan, input);
    partition = ARENA_ARRAY(pull->b->arena, Expr *, keys.count + 1);
    for (size_t i = 0; i < keys.count; i++)
        partition[i] = plan_column_expr(pull->b->plan, keys.items[i].id, node->span);
    if (input->kind == LOGICAL_PROJECT && is_above_sort(input) &&
        !has_all(input->inputs[0], partition, (uint32_t)keys.count))
        return false;
    *slot = limit_each(pull->b, node, node->inputs[0], partition, (uint32_t)keys.count);
    return *slot != NULL;
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
        return false;
    if (!pull_node(pull, &node->inputs[0]) || !pull_node(pull, &node->inputs[1]))
        return false;
    if (pull->deferred.count || pull->global)
        return false;
    expr_conjuncts(pull->b->arena, join->condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        if (!expr_has_kind(conjuncts.items[i], EXPR_OUTER)) {
            kept = expr_and(pull->b->plan, kept, conjuncts.items[i]);
            continue;
        }
        if (!inner)
            return false;
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
        if (own_outer(node) || pull->deferred.count)
            return false;
        logical_refresh_columns(pull->b->plan, node);
        return true;
    case LOGICAL_GENERATE:
        if (own_outer(node) || pull->deferred.count || pull->global)
            return false;
        logical_refresh_columns(pull->b->plan, node);
        return true;
    case LOGICAL_SCAN:
    case LOGICAL_VALUES:
    case LOGICAL_WATERMARK:
    case LOGICAL_ASSIGN:
    case LOGICAL_UNION:
    case LOGICAL_JOIN:
    case LOGICAL_RECURSE:
    case LOGICAL_WORKING:
    case LOGICAL_KIND_COUNT:
        return false;
    }
    UNREACHABLE();
}

/* ── the value over no rows ────────────────────────────────────────────────────────────────────*/

Expr *aggregate_over_nothing(Binder *b, const Expr *aggregate)
{
    static const char *const counts[] = {"count", "count_if", "approx_count_distinct",
                                         "regr_count"};
    static const char *const lists[] = {"collect_list", "collect_set", "array_agg"};

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (strcmp(aggregate->fn->name, counts[i]) == 0)
            return expr_literal_bigint(b->arena, 0, aggregate->span);
    }
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (strcmp(aggregate->fn->name, lists[i]) == 0)
            return binder_cast(b, bind_call_named(b, "array", NULL, 0, aggregate->span),
                               aggregate->type, aggregate->span);
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
            NamedExpr item = {aggregate_over_nothing(pull->b, node->as.aggregate.items[i].expr),
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

/* Whether the query can be used as it stands after pulling. */
static bool pulled_will_do(const Pull *pull)
{
    if (pull->use == USE_IN)
        return !pull->deferred.count && !pull->global;
    return true;
}

static bool pull_up(Pull *pull, Logical *plan, Decorrelated *out)
{
    Binder *b = pull->b;

    if (!pull_node(pull, &plan) || !pulled_will_do(pull))
        return false;
    out->plan = plan;
    out->deferred = pull->deferred;
    for (size_t i = 0; i < pull->conditions.count; i++)
        out->condition = expr_and(b->plan, out->condition, pull->conditions.items[i]);
    if (out->condition)
        out->condition = expr_replace(b->arena, out->condition, outer_to_column, pull);
    for (size_t i = 0; i < out->deferred.count; i++)
        out->deferred.items[i].expr =
            expr_replace(b->arena, out->deferred.items[i].expr, outer_to_column, pull);
    out->always_row = pull->global != NULL;
    if (pull->use == USE_EXISTS)
        return true;
    if (out->always_row && !find_defaults(pull, plan, &out->defaults))
        return false;
    for (size_t i = 0; i < out->defaults.count; i++)
        out->defaults.items[i].expr =
            expr_replace(b->arena, out->defaults.items[i].expr, outer_to_column, pull);
    if (out->always_row || (out->deferred.count && out->condition))
        add_matched(pull, out);
    return true;
}

bool decorrelate(Binder *b, Logical *plan, const Logical *left, SubqueryUse use, Span span,
                 Decorrelated *out)
{
    Pull pull = {.b = b, .use = use, .span = span};
    size_t error_count = b->diagnostics->error_count;

    *out = (Decorrelated){.matched = UINT32_MAX};
    if (!logical_outer_in(plan, left)) {
        bind_error(b, span, "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE", "0A000",
                   "Unsupported subquery expression: Expressions referencing the outer query are "
                   "not supported here: the column is not among those grouped by.");
        return false;
    }
    if (pull_up(&pull, logical_clone(b->plan, plan), out))
        return b->diagnostics->error_count == error_count;
    *out = (Decorrelated){.matched = UINT32_MAX};
    return b->diagnostics->error_count == error_count &&
           decorrelate_domain(b, logical_clone(b->plan, plan), left, span, out);
}

static const NamedExpr *item_find(const NamedExprVec *items, uint32_t id)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->items[i].id == id)
            return &items->items[i];
    }
    return NULL;
}

/* `then` where the plan has a row, else `otherwise`. */
static Expr *if_matched(Binder *b, const Decorrelated *out, Expr *then, Expr *otherwise, Span span)
{
    Expr *matched = expr_column(b->arena, out->matched, &type_boolean, true, span);
    Expr *args[3];

    args[0] = bind_call_named(b, "isnotnull", &matched, 1, span);
    args[1] = then;
    args[2] = otherwise;
    return bind_call_named(b, "case", args, 3, span);
}

Expr *decorrelated_value(Binder *b, const Decorrelated *out, uint32_t id, Span span)
{
    const NamedExpr *deferred = item_find(&out->deferred, id);
    const NamedExpr *missing = item_find(&out->defaults, id);
    const Field *field = plan_column(b->plan, id);
    Expr *value = deferred ? deferred->expr
                           : expr_column(b->arena, id, field->type, true, span);

    if (out->matched == UINT32_MAX || (!missing && !deferred))
        return value;
    return if_matched(b, out, value,
                      missing ? binder_cast(b, missing->expr, value->type, span)
                              : expr_literal_null(b->arena, value->type, span),
                      span);
}

/* ── LATERAL ───────────────────────────────────────────────────────────────────────────────────*/

/* The left columns, then the query's. */
static Logical *lateral_output(Binder *b, Logical *join, const Logical *left,
                               const Decorrelated *side, const uint32_t *right_columns,
                               uint32_t right_count, Span span)
{
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, left->column_count + right_count + 1);

    for (uint32_t i = 0; i < left->column_count; i++)
        items[i] = (NamedExpr){plan_column_expr(b->plan, left->columns[i], span),
                               left->columns[i]};
    for (uint32_t i = 0; i < right_count; i++) {
        Expr *value = decorrelated_value(b, side, right_columns[i], span);

        if (!value)
            return NULL;
        items[left->column_count + i] = (NamedExpr){value, right_columns[i]};
    }
    return logical_project(b->plan, join, items, left->column_count + right_count, span);
}

Logical *plan_lateral(Binder *b, JoinKind kind, Logical *left, Logical *right, Expr *condition,
                      Span span)
{
    uint32_t right_count = right->column_count;
    uint32_t *right_columns = right->columns;
    Decorrelated side;
    Logical *join;
    bool compute;

    if (!subquery_check(b, right, span) || !decorrelate(b, right, left, USE_LATERAL, span, &side))
        return NULL;
    compute = side.deferred.count || side.always_row;
    /* ON of an outer join must be judged with the columns that are computed above it only. */
    if (compute && condition && kind == JOIN_LEFT) {
        if (!decorrelate_domain(b, right, left, span, &side))
            return NULL;
        compute = false;
    }
    join = logical_join(b->plan, side.always_row ? JOIN_LEFT : kind, left, side.plan,
                        compute ? side.condition : expr_and(b->plan, side.condition, condition),
                        span);
    join->as.join.subquery = true;
    if (!compute)
        return join;
    join = lateral_output(b, join, left, &side, right_columns, right_count, span);
    return join && condition ? logical_filter(b->plan, join, condition, span) : join;
}
