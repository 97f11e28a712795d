/*
 * subquery_check.c: where in a query within an expression columns of the query around may stand.
 *
 * Spark's rules: a FILTER, a PROJECT and ON may name them; what sorts, groups, generates or computes
 * window functions may not (CORRELATED_REFERENCE); nor may anything on the side of an outer join whose
 * rows are made up, or may be missing (ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED).
 */
#include "plan/decorrelate.h"

typedef struct OuterCheck {
    Binder *b;
    Span span;
} OuterCheck;

static void note_outer(void *self, Expr **e)
{
    bool *found = self;

    *found = *found || expr_has_kind(*e, EXPR_OUTER);
}

static bool own_outer(const Logical *node)
{
    Logical copy = *node;
    bool found = false;

    logical_each_expr(&copy, note_outer, &found);
    return found;
}

static bool refuse(OuterCheck *check, const char *category, const char *text)
{
    bind_error(check->b, check->span,
               arena_printf(check->b->arena, "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.%s", category),
               "0A000", "Unsupported subquery expression: %s", text);
    diagnostic_remedy(check->b->diagnostics, "write it as a join");
    return false;
}

/* sum(outer + inner): neither query could compute it. */
static bool mixes(void *self, const Expr *e)
{
    (void)self;
    return e->kind == EXPR_AGGREGATE && expr_has_kind(e, EXPR_OUTER) &&
           expr_has_kind(e, EXPR_COLUMN);
}

/* FROM explode(outer), with no rows of its own beside. */
static bool is_table_function(const Logical *node)
{
    return node->kind == LOGICAL_GENERATE && node->inputs[0]->kind == LOGICAL_VALUES &&
           node->inputs[0]->column_count == 0;
}

static bool check_host(OuterCheck *check, const Logical *node)
{
    if (!own_outer(node) || is_table_function(node))
        return true;
    for (uint32_t i = 0; node->kind == LOGICAL_AGGREGATE && i < node->as.aggregate.item_count; i++) {
        if (expr_any(node->as.aggregate.items[i].expr, mixes, NULL))
            return refuse(check, "AGGREGATE_FUNCTION_MIXED_OUTER_LOCAL_REFERENCES",
                          "Found an aggregate function in a correlated predicate that has both "
                          "outer and local references, which is not supported.");
    }
    if (node->kind != LOGICAL_AGGREGATE && node->kind != LOGICAL_SORT &&
        node->kind != LOGICAL_WINDOW && node->kind != LOGICAL_GENERATE &&
        node->kind != LOGICAL_ASSIGN)
        return true;
    return refuse(check, "CORRELATED_REFERENCE",
                  "Expressions referencing the outer query are not supported outside of WHERE/HAVING "
                  "clauses.");
}

static bool check_node(OuterCheck *check, const Logical *node, bool may_stand);

static bool check_join(OuterCheck *check, const Logical *node, bool may_stand)
{
    JoinKind kind = node->as.join.kind;
    bool inner = kind == JOIN_INNER || kind == JOIN_CROSS || node->as.join.subquery;
    bool left = inner || (kind != JOIN_RIGHT && kind != JOIN_FULL);
    bool right = inner || kind == JOIN_RIGHT;

    return check_node(check, node->inputs[0], may_stand && left) &&
           check_node(check, node->inputs[1], may_stand && right);
}

static bool check_node(OuterCheck *check, const Logical *node, bool may_stand)
{
    if (!may_stand && own_outer(node))
        return refuse(check, "ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED",
                      "Accessing outer query column is not allowed in this location: the other side "
                      "of an outer join.");
    if (!check_host(check, node))
        return false;
    if (node->kind == LOGICAL_JOIN)
        return check_join(check, node, may_stand);
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!check_node(check, node->inputs[i], may_stand))
            return false;
    }
    return true;
}

bool subquery_check(Binder *b, const Logical *plan, Span span)
{
    OuterCheck check = {b, span};

    return check_node(&check, plan, true);
}
