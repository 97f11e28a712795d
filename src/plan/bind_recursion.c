/*
 * bind_recursion.c: WITH RECURSIVE r AS (anchor UNION ALL step).
 *
 * The anchor's rows are r's first; the step is run over the rows of the last round alone (a WORKING
 * leaf wherever it names r), until it gives none. The anchor gives the columns their names and types.
 *
 * A query that does not name itself is an ordinary WITH. One that does must have the form above, and
 * may name itself only where a row of r leads to rows of its own: not in the anchor, not below an
 * aggregate, not on the side of an outer, semi or anti join whose absence is noticed.
 */
#include "plan/bind_relation.h"

/* What a recursive query knows of itself while it is bound. */
struct CteSelf {
    const AstCte *cte;
    const Relation *anchor; /* NULL: it may not name itself here. */
    uint32_t number;        /* Of the recursion, in LogicalRecurse. */
    bool named;
};

Relation bind_self(Binder *b, CteSelf *self, Span span)
{
    Logical *node;
    Scope *scope;

    self->named = true;
    if (!self->anchor)
        return (Relation){0};
    node = logical_new(b->plan, LOGICAL_WORKING, span, NULL);
    node->columns = ARENA_ARRAY(b->arena, uint32_t, self->anchor->plan->column_count + 1);
    node->column_count = self->anchor->plan->column_count;
    node->as.working.number = self->number;
    scope = scope_new(b, NULL);
    for (uint32_t i = 0; i < node->column_count; i++) {
        const ScopeColumn *column = &self->anchor->scope->columns.items[i];

        node->columns[i] = plan_column_new(b->plan, column->name, column->type, true);
        scope_add(b, scope, (ScopeColumn){.name = column->name, .table = self->cte->name.text,
                                          .id = node->columns[i], .type = column->type,
                                          .nullable = true});
    }
    return (Relation){node, scope};
}

static Relation refuse(Binder *b, const AstCte *cte, const char *class_name, const char *sqlstate,
                       const char *text)
{
    bind_error(b, cte->span, class_name, sqlstate, "%s", text);
    return (Relation){0};
}

static Relation refuse_form(Binder *b, const AstCte *cte)
{
    refuse(b, cte, "INVALID_RECURSIVE_CTE", "42836",
           "Invalid recursive definition found. Recursive queries must contain a UNION or a UNION "
           "ALL statement with 2 children. The first child needs to be the anchor term without any "
           "recursive references.");
    diagnostic_remedy(b->diagnostics, "write it as: anchor UNION ALL step");
    return (Relation){0};
}

/* ── where the query may name itself ───────────────────────────────────────────────────────────*/

static bool names_self(const Logical *node, uint32_t number)
{
    if (node->kind == LOGICAL_WORKING)
        return node->as.working.number == number;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (names_self(node->inputs[i], number))
            return true;
    }
    return false;
}

static bool well_placed(const Logical *node, uint32_t number);

static bool join_well_placed(const Logical *node, uint32_t number)
{
    JoinKind kind = node->as.join.kind;
    bool inner = kind == JOIN_INNER || kind == JOIN_CROSS || node->as.join.subquery;
    bool left = inner || (kind != JOIN_RIGHT && kind != JOIN_FULL);
    bool right = inner || kind == JOIN_RIGHT;

    return (left || !names_self(node->inputs[0], number)) &&
           (right || !names_self(node->inputs[1], number)) &&
           well_placed(node->inputs[0], number) && well_placed(node->inputs[1], number);
}

static bool well_placed(const Logical *node, uint32_t number)
{
    if (node->kind == LOGICAL_JOIN)
        return join_well_placed(node, number);
    if (node->kind == LOGICAL_AGGREGATE &&
        (node->as.aggregate.item_count || !node->as.aggregate.key_count) && names_self(node, number))
        return false;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!well_placed(node->inputs[i], number))
            return false;
    }
    return true;
}

/* ── the parts ─────────────────────────────────────────────────────────────────────────────────*/

static bool level_limit(Binder *b, const AstCte *cte, int64_t *out)
{
    Expr *e;
    const Vector *value;

    *out = RECURSION_LEVELS_DEFAULT;
    if (!cte->recursion_max)
        return true;
    e = bind_expr(b, &(ExprScope){.clause = "MAX RECURSION LEVEL"}, cte->recursion_max);
    e = e ? binder_cast(b, e, &type_bigint, cte->span) : NULL;
    value = e ? binder_constant(b, e) : NULL;
    if (!value || !vector_is_valid(value, 0))
        return false;
    *out = vector_i64(value)[0];
    return true;
}

/* The step's columns in the anchor's types; NULL: they do not fit, and told. */
static Logical *step_columns(Binder *b, const AstCte *cte, const Relation *anchor,
                             const Relation *step)
{
    Logical *plan = relation_project(b, step, cte->span);
    uint32_t count = anchor->plan->column_count;
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, count + 1);

    if (plan->column_count != count)
        return bind_error(b, cte->span, "NUM_COLUMNS_MISMATCH", "42826",
                          "UNION can only be performed on inputs with the same number of columns, "
                          "but the first input has %u columns and the second input has %u columns.",
                          count, plan->column_count);
    for (uint32_t i = 0; i < count; i++) {
        Expr *e = plan_column_expr(b->plan, plan->columns[i], cte->span);
        const Type *type = anchor->scope->columns.items[i].type;
        const Type *both = type_common(b->arena, type, e->type);

        if (!both || !type_equal(both, type))
            return bind_error(b, cte->span, "CANNOT_MERGE_INCOMPATIBLE_DATA_TYPE", "42825",
                              "Failed to merge incompatible data types %s and %s. Please check the "
                              "data types of the columns being merged and ensure that they are "
                              "compatible. If necessary, consider casting the columns to compatible "
                              "data types before attempting the merge.",
                              type_text_sql(b, type), type_text_sql(b, e->type));
        items[i].expr = binder_cast(b, e, type, cte->span);
        if (!items[i].expr)
            return NULL;
        items[i].id = plan_column_new(b->plan, anchor->scope->columns.items[i].name, type, true);
    }
    return logical_project(b->plan, plan, items, count, cte->span);
}

static Relation recurse(Binder *b, const AstCte *cte, const Relation *anchor, Logical *step,
                        uint32_t number)
{
    Logical *node = logical_new(b->plan, LOGICAL_RECURSE, cte->span, NULL);
    Scope *scope = scope_new(b, NULL);

    if (!level_limit(b, cte, &node->as.recurse.level_limit))
        return (Relation){0};
    node->inputs = ARENA_ARRAY(b->arena, Logical *, 2);
    node->inputs[0] = relation_project(b, anchor, cte->span);
    node->inputs[1] = step;
    node->input_count = 2;
    node->streaming = anchor->plan->streaming || step->streaming;
    node->as.recurse.number = number;
    node->as.recurse.limit = -1;
    node->column_count = step->column_count;
    node->columns = ARENA_ARRAY(b->arena, uint32_t, step->column_count + 1);
    for (uint32_t i = 0; i < step->column_count; i++) {
        ScopeColumn column = anchor->scope->columns.items[i];

        column.nullable = true;
        column.id = node->columns[i] =
            plan_column_new(b->plan, column.name, column.type, column.nullable);
        scope_add(b, scope, column);
    }
    return (Relation){node, scope};
}

static bool is_union(const AstQuery *query)
{
    return query->body->kind == AST_BODY_SET_OPERATION &&
           query->body->set.op == AST_SET_UNION && !query->order_by.count && !query->sort_by.count &&
           !query->limit && !query->offset;
}

/* Whether the query, or one of its own WITH, names itself as it is bound now: with self->anchor NULL
 * that leaves diagnostics, which are taken back. */
static bool names_itself(Binder *b, CteSelf *self, const AstQueryBody *body, const AstQuery *whole)
{
    DiagnosticList before = *b->diagnostics;

    self->named = false;
    if (body)
        bind_body(b, body, NULL);
    else
        bind_query(b, whole, NULL);
    if (self->named)
        diagnostics_rewind(b->diagnostics, &before);
    return self->named;
}

static Relation bind_parts(Binder *b, CteSelf *self, const AstQuery *query)
{
    const AstCte *cte = self->cte;
    bool union_form = is_union(query);
    Relation anchor, step, out;
    Logical *step_plan;
    DiagnosticList before = *b->diagnostics;

    for (size_t i = 0; i < query->cte_count; i++) {
        if (names_itself(b, self, NULL, query->ctes[i].query))
            return refuse_form(b, cte);
        diagnostics_rewind(b->diagnostics, &before);
    }
    if (!union_form) {
        if (names_itself(b, self, NULL, query))
            return refuse_form(b, cte);
        diagnostics_rewind(b->diagnostics, &before);
        return bind_query(b, query, NULL);
    }
    if (!bind_ctes(b, query, NULL))
        return (Relation){0};
    if (names_itself(b, self, query->body->set.left, NULL))
        return refuse_form(b, cte);
    diagnostics_rewind(b->diagnostics, &before);
    anchor = bind_body(b, query->body->set.left, NULL);
    if (!anchor.plan)
        return anchor;
    anchor.scope = scope_renamed(b, anchor.scope, cte->name.text, &cte->columns);
    if (!anchor.scope)
        return (Relation){0};
    anchor.plan = relation_project(b, &anchor, cte->span);
    self->named = false;
    self->anchor = &anchor;
    step = bind_body(b, query->body->set.right, NULL);
    if (!step.plan)
        return step;
    if (!self->named)
        return bind_set_operation(b, AST_SET_UNION,
                                  query->body->set.quantifier == AST_QUANTIFIER_ALL, anchor, step,
                                  query->body->span);
    if (query->body->set.quantifier != AST_QUANTIFIER_ALL)
        return refuse(b, cte, "UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE", "42836",
                      "The UNION operator is not yet supported within recursive common table "
                      "expressions (WITH clauses that refer to themselves, directly or indirectly). "
                      "Please use UNION ALL instead.");
    if (!well_placed(step.plan, self->number))
        return refuse(b, cte, "INVALID_RECURSIVE_REFERENCE.PLACE", "42836",
                      "Invalid recursive reference found inside WITH RECURSIVE clause. Recursive "
                      "references cannot be used on the right side of left outer/semi/anti joins, on "
                      "the left side of right outer joins, in full outer joins, in aggregates, and "
                      "in subquery expressions.");
    step_plan = step_columns(b, cte, &anchor, &step);
    if (!step_plan)
        return (Relation){0};
    out = recurse(b, cte, &anchor, step_plan, self->number);
    return out;
}

Relation bind_recursion(Binder *b, const CteScope *cte)
{
    CteSelf *self = ARENA_NEW(b->arena, CteSelf);
    CteScope *entry = ARENA_NEW(b->arena, CteScope);
    const CteScope *saved = b->ctes;
    Relation relation;

    self->cte = cte->cte;
    self->number = ++b->recursion_count;
    *entry = (CteScope){.cte = cte->cte, .used = cte->used, .self = self, .next = cte->visible};
    b->ctes = entry;
    relation = bind_parts(b, self, cte->cte->query);
    b->ctes = saved;
    return relation;
}
