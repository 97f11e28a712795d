/*
 * spark_check.c: what Spark's streaming would refuse of a flow that weir runs, or compute otherwise:
 * `weir check --engine spark` (facts of Spark 4's UnsupportedOperationChecker, and its behaviour).
 *
 * Told as warnings, each at its place: the flow is right, and weir's own engine runs it. Materialized
 * views are batch queries, of which Spark refuses nothing.
 */
#include "plan/pipeline_bind.h"

typedef struct SparkCheck {
    PipelineBinder *p;
    const Draft *draft;
    uint32_t aggregations; /* Of streams, so far. */
} SparkCheck;

static void refuses(SparkCheck *c, Span span, const char *class_name, const char *text)
{
    diagnostic_warning(c->p->diagnostics, span, class_name,
                       "Spark's streaming refuses this, weir's engine alone runs it: %s", text);
}

static void differs(SparkCheck *c, Span span, const char *text)
{
    diagnostic_warning(c->p->diagnostics, span, NULL, "Spark's streaming may give other rows: %s", text);
}

/* ── aggregations ──────────────────────────────────────────────────────────────────────────────*/

/* Their result depends on the order in which rows come, or on how rows are divided. */
static const char *const by_order[] = {
    "first", "first_value", "last", "last_value", "any_value", "collect_list", "array_agg",
};
static const char *const by_division[] = {
    "percentile_approx", "approx_percentile", "approx_count_distinct",
};

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static void check_call(SparkCheck *c, const Expr *call)
{
    const char *name = call->fn->name;

    if (call->distinct)
        refuses(c, call->span, NULL,
                "Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider "
                "using approx_count_distinct() instead.");
    else if (is_one_of(name, by_order, COUNT_OF(by_order)))
        differs(c, call->span, "the result depends on the order in which rows come.");
    else if (is_one_of(name, by_division, COUNT_OF(by_division)))
        differs(c, call->span, "an approximation depends on how rows are divided.");
}

static void check_aggregate(SparkCheck *c, const Logical *node)
{
    const LogicalAggregate *aggregate = &node->as.aggregate;
    bool update = c->draft->mode == OUTPUT_UPDATE;

    for (uint32_t i = 0; i < aggregate->item_count; i++)
        check_call(c, aggregate->items[i].expr);
    if (++c->aggregations > 1 && update)
        refuses(c, node->span, NULL,
                "Detected pattern of possible 'correctness' issue due to global watermark: several "
                "aggregations in update mode.");
    if (aggregate->session && aggregate->key_count == 1)
        refuses(c, node->span, NULL, 
                "Global aggregation with session window in streaming query is not supported; it needs "
                "another grouping column beside it.");
}

/* ── joins ─────────────────────────────────────────────────────────────────────────────────────*/

static bool has_equality(const SparkCheck *c, Expr *condition)
{
    Arena *arena = c->draft->plan->arena;
    ExprVec conjuncts = {0};

    expr_conjuncts(arena, condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        if (expr_is_call(conjuncts.items[i], "=") || expr_is_call(conjuncts.items[i], "<=>"))
            return true;
    }
    return false;
}

/* Found by test/spark with Spark 4.2, whose batch joins know better. */
static void check_null_keys(SparkCheck *c, const Logical *node)
{
    Arena *arena = c->draft->plan->arena;
    ExprVec conjuncts = {0};

    expr_conjuncts(arena, node->as.join.condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        const Expr *equal = conjuncts.items[i];

        if (expr_is_call(equal, "=") && equal->args[0]->nullable && equal->args[1]->nullable) {
            differs(c, node->span,
                    "in a FULL JOIN of streams NULL keys find one another there; leave them out "
                    "before it, or give them a value.");
            return;
        }
    }
}

static void check_join(SparkCheck *c, const Logical *node)
{
    const LogicalJoin *join = &node->as.join;

    if (!node->inputs[0]->streaming || !node->inputs[1]->streaming)
        return;
    if (join->kind == JOIN_ANTI)
        refuses(c, node->span, NULL,
                "LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported.");
    /* Without a condition it stands in WHERE. */
    if (join->condition && !has_equality(c, join->condition))
        refuses(c, node->span, NULL,
                "Stream-stream join without equality predicate is not supported.");
    if (join->kind == JOIN_FULL && join->condition)
        check_null_keys(c, node);
    /* An inner join is fine, but not below an aggregation. */
    if (c->draft->mode == OUTPUT_UPDATE && (join->kind != JOIN_INNER || c->aggregations))
        refuses(c, node->span, NULL,
                "Join between two streaming DataFrames/Datasets is not supported in Update output "
                "mode, only in Append output mode.");
}

/* ── all of a flow ─────────────────────────────────────────────────────────────────────────────*/

static bool remembers(const Logical *node)
{
    if (node->streaming &&
        (node->kind == LOGICAL_AGGREGATE || node->kind == LOGICAL_WINDOW ||
         (node->kind == LOGICAL_JOIN && node->inputs[0]->streaming && node->inputs[1]->streaming)))
        return true;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (remembers(node->inputs[i]))
            return true;
    }
    return false;
}

static void check_node(SparkCheck *c, const Logical *node)
{
    if (!node->streaming)
        return;
    if (node->kind == LOGICAL_AGGREGATE)
        check_aggregate(c, node);
    else if (node->kind == LOGICAL_JOIN)
        check_join(c, node);
    else if (node->kind == LOGICAL_WINDOW)
        refuses(c, node->span, "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING",
                "Window functions are not supported on streaming DataFrames/Datasets.");
    else if (node->kind == LOGICAL_SORT)
        refuses(c, node->span, NULL,
                "Sorting is not supported on streaming DataFrames/Datasets, unless it is on "
                "aggregated DataFrame/Dataset in Complete output mode.");
    else if (node->kind == LOGICAL_LIMIT && c->draft->mode == OUTPUT_UPDATE)
        refuses(c, node->span, NULL,
                "Limits are not supported on streaming DataFrames/Datasets in Update output mode.");
    else if (node->kind == LOGICAL_WATERMARK && remembers(c->draft->root))
        differs(c, node->span,
                "here each row is late or not by the rows of its own partition before it, there by "
                "one watermark of all, moved between batches; rows that come in time are the same.");
    for (uint32_t i = 0; i < node->input_count; i++)
        check_node(c, node->inputs[i]);
}

void pipeline_warn_spark(PipelineBinder *p, const Draft *draft)
{
    SparkCheck c = {.p = p, .draft = draft};

    if (!draft->is_view)
        check_node(&c, draft->root);
}
