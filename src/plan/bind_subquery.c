/*
 * bind_subquery.c: queries within expressions: (SELECT ...), EXISTS, IN (SELECT ...).
 *
 * While an expression is bound a query in it is an EXPR_SUBQUERY with a plan of its own. When the node
 * that evaluates the expression is made, a join below it computes the query's value for every row:
 *
 *     condition EXISTS / IN          SEMI join           NOT EXISTS / NOT IN   ANTI join
 *     as a value EXISTS / IN         LEFT_MARK join: one BOOLEAN column more
 *     scalar                         LEFT_SINGLE join: its column, NULL where there is no row
 *
 * What the query says of the columns around it becomes the join's condition (decorrelate.c).
 */
#include "base/assert.h"
#include "plan/bind_group.h"
#include "plan/decorrelate.h"
#include "sql/ast_print.h"

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

static Expr *subquery_expr(Binder *b, SubqueryKind kind, const Relation *relation, Expr **args,
                           uint32_t arg_count, Span span)
{
    SubqueryRef *ref = ARENA_NEW(b->arena, SubqueryRef);
    Expr *e = ARENA_NEW(b->arena, Expr);

    ref->kind = kind;
    ref->plan = relation_project(b, relation, span);
    ref->correlated = logical_has_outer(ref->plan);
    if (ref->correlated && !subquery_check(b, ref->plan, span))
        return NULL;
    e->kind = EXPR_SUBQUERY;
    e->subquery = ref;
    e->args = args;
    e->arg_count = arg_count;
    e->span = span;
    e->nullable = kind == SUBQUERY_SCALAR;
    e->type = kind == SUBQUERY_SCALAR ? plan_column(b->plan, ref->plan->columns[0])->type
                                      : &type_boolean;
    return e;
}

static size_t visible_count(const Scope *scope)
{
    size_t count = 0;

    for (size_t i = 0; i < scope->columns.count; i++)
        count += !scope->columns.items[i].hidden;
    return count;
}

static Expr *bind_scalar_subquery(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Relation relation = bind_query(b, ast->query, es->scope);
    size_t count;

    if (!relation.plan)
        return NULL;
    count = visible_count(relation.scope);
    if (count != 1)
        return bind_error(b, ast->span,
                          "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT"
                          "_COLUMN",
                          "42823",
                          "Invalid subquery: Scalar subquery must return only one column, but "
                          "found %zu.",
                          count);
    return subquery_expr(b, SUBQUERY_SCALAR, &relation, NULL, 0, ast->span);
}

/* The left side of IN: one value, or the values of (a, b). */
static bool in_operands(Binder *b, const ExprScope *es, const AstExpr *ast, ExprVec *out)
{
    size_t count = ast->kind == AST_EXPR_ROW ? ast->row.count : 1;

    for (size_t i = 0; i < count; i++) {
        Expr *e = bind_expr(b, es, ast->kind == AST_EXPR_ROW ? ast->row.items[i].expr : ast);

        if (!e)
            return false;
        VEC_ADD_IN(b->arena, out, e);
    }
    return true;
}

/* Casts both sides to their common types. */
static bool in_types(Binder *b, ExprVec *operands, Relation *relation, Span span)
{
    Logical *plan = relation_project(b, relation, span);
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, operands->count);
    Scope *scope = scope_new(b, NULL);

    for (size_t i = 0; i < operands->count; i++) {
        Expr *column = plan_column_expr(b->plan, plan->columns[i], span);
        const Type *type = type_common(b->arena, operands->items[i]->type, column->type);
        Expr *cast;

        if (!type) {
            bind_error(b, span, "DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH", "42K09",
                       "The data type of one or more elements in the left hand side of an IN "
                       "subquery is not compatible with the data type of the output of the "
                       "subquery: %s and %s.",
                       type_text_sql(b, operands->items[i]->type), type_text_sql(b, column->type));
            return false;
        }
        operands->items[i] = binder_cast(b, operands->items[i], type, span);
        cast = binder_cast(b, column, type, span);
        if (!operands->items[i] || !cast)
            return false;
        items[i].expr = cast;
        items[i].id = cast == column ? column->column_i
                                     : plan_column_new(b->plan, STR("in"), type, cast->nullable);
        scope_add(b, scope, (ScopeColumn){.name = STR("in"), .id = items[i].id, .type = type,
                                          .nullable = cast->nullable});
    }
    relation->plan = logical_project(b->plan, plan, items, (uint32_t)operands->count, span);
    relation->scope = scope;
    return true;
}

static Expr *bind_in_query(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Relation relation = bind_query(b, ast->in_query.query, es->scope);
    ExprVec operands = {0};
    Expr *e;
    size_t count;

    if (!in_operands(b, es, ast->in_query.operand, &operands) || !relation.plan)
        return NULL;
    count = visible_count(relation.scope);
    if (count != operands.count)
        return bind_error(b, ast->span, "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH", "42K09",
                          "The number of columns in the left hand side of an IN subquery does not "
                          "match the number of columns in the output of subquery. Left hand side "
                          "columns(length: %zu), right hand side columns(length: %zu).",
                          operands.count, count);
    if (!in_types(b, &operands, &relation, ast->span))
        return NULL;
    e = subquery_expr(b, SUBQUERY_IN, &relation, operands.items, (uint32_t)operands.count,
                      ast->span);
    return ast->in_query.negated ? bind_call_named(b, "not", &e, 1, ast->span) : e;
}

static Expr *bind_subquery_kind(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Relation relation;

    if (ast->kind == AST_EXPR_SUBQUERY)
        return bind_scalar_subquery(b, es, ast);
    if (ast->kind == AST_EXPR_IN_QUERY)
        return bind_in_query(b, es, ast);
    relation = bind_query(b, ast->query, es->scope);
    return relation.plan ? subquery_expr(b, SUBQUERY_EXISTS, &relation, NULL, 0, ast->span) : NULL;
}

static Expr *subquery_again(Binder *b, const Expr *e, Span span)
{
    Expr *copy = ARENA_NEW(b->arena, Expr);

    *copy = *e;
    copy->span = span;
    copy->args = ARENA_ARRAY(b->arena, Expr *, e->arg_count + 1);
    for (uint32_t i = 0; i < e->arg_count; i++)
        copy->args[i] = e->args[i];
    return copy;
}

static Str subquery_text(StrBuf *text, const AstExpr *ast)
{
    strbuf_init(text);
    ast_print_expr(text, ast);
    return strbuf_str(text);
}

const Expr *bind_known_subquery(const Binder *b, const Scope *scope, const AstExpr *ast)
{
    StrBuf buffer;
    Str text = subquery_text(&buffer, ast);
    const Expr *found = NULL;

    for (size_t i = 0; i < b->subqueries.count && !found; i++) {
        const BoundSubquery *known = &b->subqueries.items[i];

        if (known->scope == scope && str_equal(known->text, text))
            found = known->expr;
    }
    strbuf_done(&buffer);
    return found;
}

/* The same subquery again, where it is one of GROUP BY: else it would be another to bind_group.c. */
static Expr *bind_known(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    const Expr *known = bind_known_subquery(b, es->scope, ast);
    BoundSubquery bound = {.scope = es->scope};
    StrBuf buffer;
    Expr *e;

    if (known)
        return subquery_again(b, known, ast->span);
    e = bind_subquery_kind(b, es, ast);
    if (!e)
        return NULL;
    bound.text = str_copy(b->arena, subquery_text(&buffer, ast));
    strbuf_done(&buffer);
    bound.expr = subquery_again(b, e, ast->span);
    VEC_ADD_IN(b->arena, &b->subqueries, bound);
    return e;
}

Expr *bind_subquery(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    if (es->lambdas)
        return bind_error(b, ast->span,
                          "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.HIGHER_ORDER_FUNCTION", "0A000",
                          "Unsupported subquery expression: Subquery expressions are not supported "
                          "within higher-order functions. Please remove all subquery expressions "
                          "from higher-order functions and then try the query again.");
    if (!es->subqueries)
        return bind_error(b, ast->span,
                          "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_IN_EXISTS_SUBQUERY",
                          "0A000", "A subquery cannot stand in %s.",
                          es->clause ? es->clause : "this expression");
    return bind_known(b, es, ast);
}

typedef struct OrderCheck {
    const SelectItemVec *items;
    const Expr *found;
} OrderCheck;

typedef struct RefTest {
    const SubqueryRef *ref;
} RefTest;

static bool is_ref(void *self, const Expr *e)
{
    return e->kind == EXPR_SUBQUERY && e->subquery == ((const RefTest *)self)->ref;
}

static bool refused_in_order(void *self, const Expr *e)
{
    OrderCheck *check = self;

    if (e->kind != EXPR_SUBQUERY ||
        (e->subquery->kind == SUBQUERY_SCALAR && !e->subquery->correlated))
        return false;
    for (size_t i = 0; i < check->items->count; i++) {
        RefTest test = {e->subquery};

        if (check->items->items[i].expr && expr_any(check->items->items[i].expr, is_ref, &test))
            return false;
    }
    check->found = e;
    return true;
}

bool order_subqueries_check(Binder *b, const Expr *order, const SelectItemVec *items)
{
    OrderCheck check = {.items = items};

    if (!expr_any(order, refused_in_order, &check))
        return true;
    if (check.found->subquery->kind == SUBQUERY_SCALAR)
        bind_error(b, check.found->span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_SCALAR_SUBQUERY",
                   "0A000",
                   "Unsupported subquery expression: Correlated scalar subqueries can only be used "
                   "in filters, aggregations, projections, and UPDATE/MERGE/DELETE commands.");
    else
        bind_error(b, check.found->span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_IN_EXISTS_SUBQUERY", "0A000",
                   "Unsupported subquery expression: IN/EXISTS predicate subqueries can only be "
                   "used in filters, joins, aggregations, window functions, projections, and "
                   "UPDATE/MERGE/DELETE commands.");
    diagnostic_remedy(b->diagnostics, "select it, and order by its name");
    return false;
}

/* ── joins ─────────────────────────────────────────────────────────────────────────────────────*/

static bool refuse_stream(Binder *b, const Logical *plan, Span span)
{
    if (!plan->streaming)
        return true;
    bind_error(b, span, "UNSUPPORTED_STREAMING_SUBQUERY", "0A000",
               "A subquery cannot read a stream.");
    diagnostic_remedy(b->diagnostics, "read the table without STREAM, or write a join");
    return false;
}

/* x = the query's column, for each operand. */
static Expr *in_condition(Binder *b, const Expr *e, const uint32_t *columns)
{
    Expr *condition = NULL;

    for (uint32_t i = 0; i < e->arg_count; i++) {
        Expr *args[2] = {e->args[i], plan_column_expr(b->plan, columns[i], e->span)};
        Expr *equal = bind_call_named(b, "=", args, 2, e->span);

        if (!equal)
            return NULL;
        condition = expr_and(b->plan, condition, equal);
    }
    return condition;
}

/* The subquery's plan freed from what is around it, and the condition under which its rows belong to
 * a row of `left`. */
static bool subquery_side(Binder *b, const Expr *e, const Logical *left, Decorrelated *out)
{
    static const SubqueryUse uses[] = {[SUBQUERY_SCALAR] = USE_SCALAR,
                                       [SUBQUERY_EXISTS] = USE_EXISTS,
                                       [SUBQUERY_IN] = USE_IN};

    return refuse_stream(b, e->subquery->plan, e->span) &&
           decorrelate(b, e->subquery->plan, left, uses[e->subquery->kind], e->span, out);
}

static Expr *join_scalar(Binder *b, Logical **input, const Expr *e, uint32_t *witness)
{
    Decorrelated side;
    uint32_t id = e->subquery->plan->columns[0];

    if (!subquery_side(b, e, *input, &side))
        return NULL;
    *input = logical_join(b->plan, JOIN_LEFT_SINGLE, *input, side.plan, side.condition, e->span);
    (*input)->as.join.subquery = true;
    *witness = side.plan->column_count ? side.plan->columns[0] : UINT32_MAX;
    return decorrelated_value(b, &side, id, e->span);
}

/* A join of `kind` (SEMI, ANTI, LEFT_MARK) with the query of EXISTS or IN; NULL: told. `negated`: a
 * comparison that is NULL counts as NOT IN counts it. */
static Logical *join_query(Binder *b, JoinKind kind, Logical *input, const Expr *e, bool negated,
                           const Decorrelated *side)
{
    const uint32_t *columns = e->subquery->plan->columns;
    bool is_in = e->subquery->kind == SUBQUERY_IN;
    Expr *condition = side->condition;
    Logical *join;

    if (is_in && !negated) {
        condition = expr_and(b->plan, in_condition(b, e, columns), condition);
        if (!condition)
            return NULL;
    }
    join = logical_join(b->plan, kind, input, side->plan, condition, e->span);
    join->as.join.subquery = true;
    if (is_in && negated) {
        join->as.join.in_count = e->arg_count;
        join->as.join.in_left = e->args;
        join->as.join.in_right = ARENA_ARRAY(b->arena, Expr *, e->arg_count + 1);
        for (uint32_t i = 0; i < e->arg_count; i++)
            join->as.join.in_right[i] = plan_column_expr(b->plan, columns[i], e->span);
    }
    return join;
}

/* EXISTS and IN as a value are TRUE or FALSE: where IN is unknown it is FALSE, and so is NOT IN
 * (Spark's existence joins). */
static Expr *join_mark(Binder *b, Logical **input, const Expr *e, bool negated, uint32_t *witness)
{
    Decorrelated side;
    Logical *join;
    Expr *args[2];

    if (!subquery_side(b, e, *input, &side))
        return NULL;
    if (side.always_row)
        return expr_literal_bool(b->arena, !negated, e->span);
    join = join_query(b, JOIN_LEFT_MARK, *input, e, negated, &side);
    if (!join)
        return NULL;
    *input = join;
    *witness = join->as.join.mark_id;
    args[0] = plan_column_expr(b->plan, join->as.join.mark_id, e->span);
    args[1] = expr_literal_bool(b->arena, true, e->span);
    if (join->as.join.in_count)
        args[0] = bind_call_named(b, "coalesce", args, 2, e->span);
    return negated ? bind_call_named(b, "not", args, 1, e->span) : args[0];
}

typedef struct SubqueryMap {
    Binder *b;
    Logical **input;
    bool failed;
} SubqueryMap;

/* What an equal subquery's join below has given already; NULL: nothing. */
static Expr *joined_before(const SubqueryMap *map, const Expr *e, bool negated)
{
    for (size_t i = 0; i < map->b->joined.count; i++) {
        const JoinedSubquery *known = &map->b->joined.items[i];

        if (known->ref == e->subquery && known->negated == negated && known->witness != UINT32_MAX &&
            logical_has_column(*map->input, known->witness))
            return known->value;
    }
    return NULL;
}

static Expr *map_subquery(void *self, Expr *e)
{
    SubqueryMap *map = self;
    bool negated = expr_is_call(e, "not") && e->args[0]->kind == EXPR_SUBQUERY &&
                   e->args[0]->subquery->kind != SUBQUERY_SCALAR;
    JoinedSubquery joined = {.negated = negated, .witness = UINT32_MAX};

    if (negated)
        e = e->args[0];
    if (e->kind != EXPR_SUBQUERY)
        return NULL;
    if (map->failed)
        return e;
    joined.ref = e->subquery;
    joined.value = joined_before(map, e, negated);
    if (joined.value)
        return joined.value;
    for (uint32_t i = 0; i < e->arg_count; i++)
        e->args[i] = expr_replace(map->b->arena, e->args[i], map_subquery, map);
    joined.value = e->subquery->kind == SUBQUERY_SCALAR
                       ? join_scalar(map->b, map->input, e, &joined.witness)
                       : join_mark(map->b, map->input, e, negated, &joined.witness);
    if (!joined.value) {
        map->failed = true;
        return e;
    }
    VEC_ADD_IN(map->b->arena, &map->b->joined, joined);
    return joined.value;
}

/* NOT goes inwards, to the subqueries (NOT (NOT x IN ...) is x IN ...), as Spark simplifies before it
 * makes joins: it matters, since IN and NOT IN as values know no NULL. */
static Expr *map_not(void *self, Expr *e)
{
    Binder *b = self;
    Expr *inner, **args;

    if (!expr_is_call(e, "not") || !expr_has_kind(e, EXPR_SUBQUERY))
        return NULL;
    inner = e->args[0];
    if (expr_is_call(inner, "not"))
        return expr_replace(b->arena, inner->args[0], map_not, b);
    if (!expr_is_call(inner, "and") && !expr_is_call(inner, "or"))
        return NULL;
    args = ARENA_ARRAY(b->arena, Expr *, inner->arg_count + 1);
    for (uint32_t i = 0; i < inner->arg_count; i++) {
        args[i] = bind_call_named(b, "not", &inner->args[i], 1, e->span);
        args[i] = args[i] ? expr_replace(b->arena, args[i], map_not, b) : NULL;
        if (!args[i])
            return NULL;
    }
    return bind_call_named(b, expr_is_call(inner, "and") ? "or" : "and", args, inner->arg_count,
                           e->span);
}

Expr *subqueries_not_inwards(Binder *b, Expr *e)
{
    return expr_replace(b->arena, e, map_not, b);
}

bool plan_subqueries(Binder *b, Logical **input, Expr **e)
{
    SubqueryMap map = {b, input, false};

    if (!expr_has_kind(*e, EXPR_SUBQUERY))
        return true;
    *e = subqueries_not_inwards(b, *e);
    *e = expr_replace(b->arena, *e, map_subquery, &map);
    return !map.failed;
}

/* EXISTS and IN, perhaps under NOT, as a whole conjunct: no mark is needed. */
static const Expr *whole_subquery(const Expr *e, bool *negated)
{
    *negated = false;
    if (expr_is_call(e, "not") && e->args[0]->kind == EXPR_SUBQUERY) {
        *negated = true;
        e = e->args[0];
    }
    return e->kind == EXPR_SUBQUERY && e->subquery->kind != SUBQUERY_SCALAR ? e : NULL;
}

static bool join_whole(Binder *b, Logical **input, const Expr *e, bool negated)
{
    Decorrelated side;
    Logical *join;

    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (!plan_subqueries(b, input, &e->args[i]))
            return false;
    }
    if (!subquery_side(b, e, *input, &side))
        return false;
    if (side.always_row) {
        if (negated)
            *input = logical_filter(b->plan, *input, expr_literal_bool(b->arena, false, e->span),
                                    e->span);
        return true;
    }
    join = join_query(b, negated ? JOIN_ANTI : JOIN_SEMI, *input, e, negated, &side);
    if (join)
        *input = join;
    return join != NULL;
}

bool plan_condition(Binder *b, Logical **input, Expr *condition, Span span)
{
    ExprVec conjuncts = {0};
    Expr *plain = NULL;

    condition = subqueries_not_inwards(b, condition);
    expr_conjuncts(b->arena, condition, &conjuncts);
    for (size_t i = 0; i < conjuncts.count; i++) {
        if (!expr_has_kind(conjuncts.items[i], EXPR_SUBQUERY))
            plain = expr_and(b->plan, plain, conjuncts.items[i]);
    }
    if (plain)
        *input = logical_filter(b->plan, *input, plain, span);
    for (size_t i = 0; i < conjuncts.count; i++) {
        Expr *e = conjuncts.items[i];
        bool negated;
        const Expr *whole = whole_subquery(e, &negated);

        if (!expr_has_kind(e, EXPR_SUBQUERY))
            continue;
        if (whole) {
            if (!join_whole(b, input, whole, negated))
                return false;
            continue;
        }
        if (!plan_subqueries(b, input, &e))
            return false;
        *input = logical_filter(b->plan, *input, e, span);
    }
    return true;
}
