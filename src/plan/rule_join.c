/*
 * rule_join.c: the order of inner joins (rules.h).
 *
 * FROM a, b, c WHERE a.x = c.x AND c.y = b.y says nothing of a with b, so in the order written they
 * would be multiplied. A run of inner joins that holds such a product is put in another order, as
 * Spark's ReorderJoin does: from the first relation on, always the next one that a condition connects
 * with what is joined so far; a product only where nothing is connected.
 *
 * A run whose joins all have conditions stays as written: its order is the user's.
 */
#include "plan/rules.h"

typedef VEC(Logical *) LogicalVec;

typedef struct JoinRun {
    LogicalVec inputs;
    ExprVec conditions;
    bool has_product;
    bool fixed; /* A condition is not deterministic: how often it is computed matters. */
} JoinRun;

static bool is_inner(const Logical *node)
{
    return node->kind == LOGICAL_JOIN && !node->streaming && !node->as.join.subquery &&
           (node->as.join.kind == JOIN_INNER || node->as.join.kind == JOIN_CROSS);
}

static void reorder(PlanContext *plan, Logical **slot);

static void flatten(PlanContext *plan, Logical **slot, JoinRun *run)
{
    Logical *node = *slot;

    if (!is_inner(node)) {
        reorder(plan, slot);
        VEC_ADD_IN(plan->arena, &run->inputs, *slot);
        return;
    }
    flatten(plan, &node->inputs[0], run);
    flatten(plan, &node->inputs[1], run);
    run->has_product = run->has_product || !node->as.join.condition;
    run->fixed = run->fixed ||
                 (node->as.join.condition && !expr_is_deterministic(node->as.join.condition));
    expr_conjuncts(plan->arena, node->as.join.condition, &run->conditions);
}

typedef struct Sides {
    const Logical *joined, *next;
    bool of_joined, of_next, elsewhere;
} Sides;

static bool note_side(void *self, const Expr *e)
{
    Sides *sides = self;

    if (e->kind != EXPR_COLUMN)
        return false;
    if (logical_has_column(sides->joined, e->column_i))
        sides->of_joined = true;
    else if (sides->next && logical_has_column(sides->next, e->column_i))
        sides->of_next = true;
    else
        sides->elsewhere = true;
    return false;
}

static Sides sides_of(const Expr *e, const Logical *joined, const Logical *next)
{
    Sides sides = {.joined = joined, .next = next};

    expr_any(e, note_side, &sides);
    return sides;
}

/* Of what is left, the first that a condition connects with what is joined; else the first. */
static size_t choose_next(const JoinRun *run, const Logical *joined)
{
    for (size_t i = 0; i < run->inputs.count; i++) {
        for (size_t k = 0; k < run->conditions.count; k++) {
            Sides sides = sides_of(run->conditions.items[k], joined, run->inputs.items[i]);

            if (sides.of_joined && sides.of_next && !sides.elsewhere)
                return i;
        }
    }
    return 0;
}

/* Takes the conditions that speak of the two alone. */
static Expr *take_conditions(PlanContext *plan, JoinRun *run, const Logical *joined,
                             const Logical *next)
{
    Expr *condition = NULL;
    size_t kept = 0;

    for (size_t k = 0; k < run->conditions.count; k++) {
        Expr *e = run->conditions.items[k];

        if (sides_of(e, joined, next).elsewhere)
            run->conditions.items[kept++] = e;
        else
            condition = expr_and(plan, condition, e);
    }
    run->conditions.count = kept;
    return condition;
}

static Logical *take_input(JoinRun *run, size_t i)
{
    Logical *taken = run->inputs.items[i];

    for (run->inputs.count--; i < run->inputs.count; i++)
        run->inputs.items[i] = run->inputs.items[i + 1];
    return taken;
}

static Logical *join_all(PlanContext *plan, JoinRun *run, Span span)
{
    Logical *joined = take_input(run, 0);

    while (run->inputs.count) {
        Logical *next = take_input(run, choose_next(run, joined));
        Expr *condition = take_conditions(plan, run, joined, next);

        joined = logical_join(plan, condition ? JOIN_INNER : JOIN_CROSS, joined, next, condition,
                              span);
    }
    return joined;
}

/* The columns in the order in which those above know them. */
static Logical *in_order(PlanContext *plan, Logical *node, const Logical *as)
{
    NamedExpr *items = ARENA_ARRAY(plan->arena, NamedExpr, as->column_count + 1);

    for (uint32_t i = 0; i < as->column_count; i++)
        items[i] = (NamedExpr){plan_column_expr(plan, as->columns[i], as->span), as->columns[i]};
    return logical_project(plan, node, items, as->column_count, as->span);
}

static void reorder_run(PlanContext *plan, Logical **slot)
{
    Logical *node = *slot;
    JoinRun run = {0};

    flatten(plan, slot, &run);
    if (run.has_product && !run.fixed && run.inputs.count > 2)
        *slot = in_order(plan, join_all(plan, &run, node->span), node);
}

static void reorder(PlanContext *plan, Logical **slot)
{
    Logical *node = *slot;

    if (is_inner(node)) {
        reorder_run(plan, slot);
        return;
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        reorder(plan, &node->inputs[i]);
}

void rule_join(PlanContext *plan, Logical **root)
{
    reorder(plan, root);
}
