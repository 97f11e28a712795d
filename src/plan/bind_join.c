/*
 * bind_join.c: joins, with ON, USING, NATURAL and LATERAL.
 *
 * Under USING the two columns of a name become one: the left one (RIGHT: the right one, FULL: the one
 * that is not NULL); the others stay reachable with their table's name.
 */
#include "base/assert.h"
#include "plan/bind_relation.h"
#include "plan/rules.h"

static JoinKind join_kind(AstJoinKind kind)
{
    static const JoinKind kinds[] = {
        [AST_JOIN_INNER] = JOIN_INNER, [AST_JOIN_CROSS] = JOIN_INNER, [AST_JOIN_COMMA] = JOIN_INNER,
        [AST_JOIN_LEFT] = JOIN_LEFT,   [AST_JOIN_RIGHT] = JOIN_RIGHT, [AST_JOIN_FULL] = JOIN_FULL,
        [AST_JOIN_SEMI] = JOIN_SEMI,   [AST_JOIN_ANTI] = JOIN_ANTI,
    };

    return kinds[kind];
}

static void add_side(Binder *b, Scope *scope, const Scope *from, bool nullable)
{
    for (size_t i = 0; i < from->columns.count; i++) {
        ScopeColumn column = from->columns.items[i];

        column.nullable = column.nullable || nullable;
        scope_add(b, scope, column);
    }
}

static Scope *joined_scope(Binder *b, JoinKind kind, const Relation *left, const Relation *right)
{
    Scope *scope = scope_new(b, left->scope->outer);

    add_side(b, scope, left->scope, kind == JOIN_RIGHT || kind == JOIN_FULL);
    if (kind != JOIN_SEMI && kind != JOIN_ANTI)
        add_side(b, scope, right->scope, kind == JOIN_LEFT || kind == JOIN_FULL);
    return scope;
}

/* ── ON ────────────────────────────────────────────────────────────────────────────────────────*/

static Expr *bind_on(Binder *b, const AstExpr *on, const Relation *left, const Relation *right)
{
    Scope *both = scope_new(b, left->scope->outer);
    ExprScope es = {.clause = "JOIN", .subqueries = true};

    scope_append(b, both, left->scope);
    scope_append(b, both, right->scope);
    es.scope = both;
    return bind_condition(b, &es, on);
}

/* ── USING, NATURAL ────────────────────────────────────────────────────────────────────────────*/

static ScopeColumn *visible_column(Scope *scope, Str name, size_t *count)
{
    ScopeColumn *found = NULL;

    *count = 0;
    for (size_t i = 0; i < scope->columns.count; i++) {
        ScopeColumn *column = &scope->columns.items[i];

        if (!column->hidden && str_equal_nocase(column->name, name)) {
            found = found ? found : column; /* Of several, Spark takes the first. */
            ++*count;
        }
    }
    return found;
}

typedef struct UsingColumn {
    ScopeColumn left, right;
    ScopeColumn out;
    Expr *coalesce; /* FULL */
} UsingColumn;
typedef VEC(UsingColumn) UsingVec;

static bool add_using(Binder *b, UsingVec *columns, Relation *left, Relation *right, Str name,
                      Span span)
{
    size_t left_count, right_count;
    ScopeColumn *l = visible_column(left->scope, name, &left_count);
    ScopeColumn *r = visible_column(right->scope, name, &right_count);
    UsingColumn made;

    if (!left_count || !right_count) {
        bind_error(b, span, "UNRESOLVED_USING_COLUMN_FOR_JOIN", "42703",
                   "USING column `%.*s` cannot be resolved on the %s side of the join.",
                   STR_ARG(name), left_count ? "right" : "left");
        return false;
    }
    made = (UsingColumn){.left = *l, .right = *r};
    VEC_ADD_IN(b->arena, columns, made);
    return true;
}

static size_t using_count(const UsingVec *columns, Str name)
{
    size_t count = 0;

    for (size_t i = 0; i < columns->count; i++)
        count += str_equal_nocase(columns->items[i].left.name, name);
    return count;
}

static bool find_using(Binder *b, const AstRelation *ast, Relation *left, Relation *right,
                       UsingVec *columns)
{
    size_t count;

    for (size_t i = 0; i < ast->join.using_columns.count; i++) {
        const Ident *name = &ast->join.using_columns.items[i];

        if (!add_using(b, columns, left, right, name->text, name->span))
            return false;
    }
    for (size_t i = 0; ast->join.natural && i < left->scope->columns.count; i++) {
        const ScopeColumn *column = &left->scope->columns.items[i];

        /* A name that a side has twice is common as often as both have it. */
        if (!column->hidden && visible_column(right->scope, column->name, &count) &&
            using_count(columns, column->name) < count &&
            !add_using(b, columns, left, right, column->name, ast->span))
            return false;
    }
    return true;
}

static bool is_using(const UsingVec *columns, uint32_t id)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->items[i].left.id == id || columns->items[i].right.id == id)
            return true;
    }
    return false;
}

static Expr *using_condition(Binder *b, const UsingVec *columns, Span span)
{
    Expr *condition = NULL;

    for (size_t i = 0; i < columns->count; i++) {
        Expr *args[2] = {scope_column_expr(b, &columns->items[i].left, span),
                         scope_column_expr(b, &columns->items[i].right, span)};
        Expr *equal = bind_call_named(b, "=", args, 2, span);

        if (!equal)
            return NULL;
        condition = expr_and(b->plan, condition, equal);
    }
    return condition;
}

static bool coalesce_columns(Binder *b, UsingVec *columns, Logical **plan, Span span)
{
    uint32_t count = (*plan)->column_count;
    NamedExpr *items = ARENA_ARRAY(b->arena, NamedExpr, count + columns->count);

    for (uint32_t i = 0; i < count; i++)
        items[i] = (NamedExpr){plan_column_expr(b->plan, (*plan)->columns[i], span),
                               (*plan)->columns[i]};
    for (size_t i = 0; i < columns->count; i++) {
        UsingColumn *column = &columns->items[i];
        Expr *args[2];
        Expr *e;

        column->left.nullable = column->right.nullable = true;
        args[0] = scope_column_expr(b, &column->left, span);
        args[1] = scope_column_expr(b, &column->right, span);
        e = bind_call_named(b, "coalesce", args, 2, span);
        if (!e)
            return false;
        column->out = (ScopeColumn){
            .name = column->left.name,
            .id = plan_column_new(b->plan, column->left.name, e->type, true),
            .type = e->type,
            .nullable = true,
        };
        items[count + i] = (NamedExpr){e, column->out.id};
    }
    *plan = logical_project(b->plan, *plan, items, count + (uint32_t)columns->count, span);
    return true;
}

static void add_rest(Binder *b, Scope *scope, const Scope *from, const UsingVec *columns,
                     bool nullable, bool hide_using)
{
    for (size_t i = 0; i < from->columns.count; i++) {
        ScopeColumn column = from->columns.items[i];

        column.nullable = column.nullable || nullable;
        if (!is_using(columns, column.id))
            scope_add(b, scope, column);
        else if (hide_using) {
            column.hidden = true;
            scope_add(b, scope, column);
        }
    }
}

static Relation using_join(Binder *b, const AstRelation *ast, JoinKind kind, Relation left,
                           Relation right)
{
    UsingVec columns = {0};
    Scope *scope = scope_new(b, left.scope->outer);
    bool semi = kind == JOIN_SEMI || kind == JOIN_ANTI;
    Expr *condition;
    Logical *plan;

    if (!find_using(b, ast, &left, &right, &columns))
        return (Relation){0};
    condition = using_condition(b, &columns, ast->span);
    if (!condition && columns.count)
        return (Relation){0};
    plan = logical_join(b->plan, kind, left.plan, right.plan, condition, ast->span);
    if (kind == JOIN_FULL && !coalesce_columns(b, &columns, &plan, ast->span))
        return (Relation){0};
    for (size_t i = 0; i < columns.count; i++)
        scope_add(b, scope, kind == JOIN_FULL    ? columns.items[i].out
                            : kind == JOIN_RIGHT ? columns.items[i].right
                                                 : columns.items[i].left);
    add_rest(b, scope, left.scope, &columns, kind == JOIN_RIGHT || kind == JOIN_FULL,
             kind == JOIN_RIGHT || kind == JOIN_FULL);
    if (!semi)
        add_rest(b, scope, right.scope, &columns, kind == JOIN_LEFT || kind == JOIN_FULL,
                 kind != JOIN_RIGHT);
    return (Relation){plan, scope};
}

/* ── LATERAL ───────────────────────────────────────────────────────────────────────────────────*/

static void note_random(void *self, Expr **e)
{
    *(bool *)self = *(bool *)self || !expr_is_deterministic(*e);
}

static bool is_deterministic(Logical *node)
{
    bool random = false;

    logical_each_expr(node, note_random, &random);
    for (uint32_t i = 0; i < node->input_count && !random; i++)
        random = !is_deterministic(node->inputs[i]);
    return !random;
}

/* Whether it is known to have no second row. */
static bool is_one_row(const Logical *node)
{
    if (node->kind == LOGICAL_PROJECT || node->kind == LOGICAL_FILTER || node->kind == LOGICAL_SORT)
        return is_one_row(node->inputs[0]);
    return (node->kind == LOGICAL_VALUES && node->as.values.row_count <= 1) ||
           (node->kind == LOGICAL_AGGREGATE && node->as.aggregate.key_count == 0);
}

static Relation lateral_join(Binder *b, const AstRelation *ast, JoinKind kind, Relation left)
{
    const AstRelation *right_ast = ast->join.right;
    Relation right;
    Expr *condition = NULL;
    Logical *plan;

    if (ast->join.natural || ast->join.using_columns.count) {
        bind_error(b, ast->span, "INCOMPATIBLE_JOIN_TYPES", "42613",
                   "The join types LATERAL and %s are incompatible.",
                   ast->join.natural ? "NATURAL" : "USING");
        return (Relation){0};
    }
    if (kind != JOIN_INNER && kind != JOIN_LEFT) {
        bind_error(b, ast->span, "INVALID_LATERAL_JOIN_TYPE", "42613",
                   "The %s JOIN with LATERAL correlation is not allowed because an OUTER subquery "
                   "cannot correlate to its join partner. Remove the LATERAL correlation or use an "
                   "INNER JOIN, or LEFT OUTER JOIN instead.",
                   join_kind_text(ast->join.kind));
        return (Relation){0};
    }
    if (right_ast->kind == AST_RELATION_FUNCTION && !ast->join.on &&
        !is_range_call(right_ast->function.call))
        return bind_table_function(b, right_ast, &left, kind == JOIN_LEFT, NULL);
    right = bind_from(b, right_ast, left.scope);
    if (!right.plan)
        return right;
    if (ast->join.on) {
        condition = bind_on(b, ast->join.on, &left, &right);
        if (!condition)
            return (Relation){0};
    }
    if (condition && !expr_is_deterministic(condition)) {
        bind_error(b, ast->join.on->span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.LATERAL_JOIN_CONDITION_NON_"
                   "DETERMINISTIC",
                   "0A000",
                   "Unsupported subquery expression: Lateral join condition cannot be "
                   "non-deterministic.");
        return (Relation){0};
    }
    if (!is_deterministic(right.plan) && !is_one_row(left.plan)) {
        bind_error(b, right_ast->span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.NON_DETERMINISTIC_LATERAL_SUBQUERIES",
                   "0A000",
                   "Unsupported subquery expression: Non-deterministic lateral subqueries are not "
                   "supported when joining with outer relations that produce more than one row.");
        return (Relation){0};
    }
    plan = plan_lateral(b, kind, left.plan, relation_project(b, &right, ast->span), condition,
                        ast->span);
    return plan ? (Relation){plan, joined_scope(b, kind, &left, &right)} : (Relation){0};
}

/* ── subqueries in ON ──────────────────────────────────────────────────────────────────────────*/

typedef struct OnSubqueries {
    Binder *b;
    Relation *left, *right;
    bool only_check; /* An inner join's condition may as well stand above it. */
    bool failed;
} OnSubqueries;

static bool not_of_plan(void *self, const Expr *e)
{
    const Logical *plan = self;

    if (e->kind == EXPR_SUBQUERY)
        return !logical_outer_in(e->subquery->plan, plan);
    return e->kind == EXPR_COLUMN && !logical_has_column(plan, e->column_i);
}

/* A subquery of ON is computed beside the rows it speaks of, which must be those of one side. */
static Expr *map_on_subquery(void *self, Expr *e)
{
    OnSubqueries *on = self;
    bool negated = expr_is_call(e, "not") && e->args[0]->kind == EXPR_SUBQUERY;
    Relation *side;

    if (!negated && e->kind != EXPR_SUBQUERY)
        return NULL;
    side = !expr_any(e, not_of_plan, on->left->plan)    ? on->left
           : !expr_any(e, not_of_plan, on->right->plan) ? on->right
                                                        : NULL;
    if (on->failed)
        return e;
    if (!side) {
        on->failed = true;
        bind_error(on->b, e->span,
                   "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_EXPRESSION_IN_"
                   "JOIN_CONDITION",
                   "0A000",
                   "Unsupported subquery expression: Correlated subqueries in the join predicate "
                   "cannot reference both join inputs.");
        return e;
    }
    if (!on->only_check && !plan_subqueries(on->b, &side->plan, &e))
        on->failed = true;
    return e;
}

static bool on_subqueries(Binder *b, JoinKind kind, Expr **condition, Relation *left,
                          Relation *right)
{
    OnSubqueries on = {b, left, right, kind == JOIN_INNER, false};
    Expr *mapped = expr_replace(b->arena, subqueries_not_inwards(b, *condition), map_on_subquery,
                                &on);

    if (!on.only_check)
        *condition = mapped;
    return !on.failed;
}

/* ── the join ──────────────────────────────────────────────────────────────────────────────────*/

Relation bind_join(Binder *b, const AstRelation *ast, const Scope *outer)
{
    JoinKind kind = join_kind(ast->join.kind);
    Relation left = bind_from(b, ast->join.left, outer), right;
    Expr *condition = NULL;
    Logical *plan;

    if (!left.plan)
        return left;
    if (ast->join.right->lateral)
        return lateral_join(b, ast, kind, left);
    right = bind_from(b, ast->join.right, outer);
    if (!right.plan)
        return right;
    if (ast->join.natural || ast->join.using_columns.count)
        return using_join(b, ast, kind, left, right);
    if (ast->join.on) {
        condition = bind_on(b, ast->join.on, &left, &right);
        if (!condition)
            return (Relation){0};
    }
    if (condition && !on_subqueries(b, kind, &condition, &left, &right))
        return (Relation){0};
    if (condition && expr_has_kind(condition, EXPR_SUBQUERY)) {
        /* An inner join's condition may as well stand above it. */
        plan = logical_join(b->plan, JOIN_INNER, left.plan, right.plan, NULL, ast->span);
        if (!plan_condition(b, &plan, condition, ast->join.on->span))
            return (Relation){0};
    } else {
        plan = logical_join(b->plan, kind, left.plan, right.plan, condition, ast->span);
    }
    return (Relation){plan, joined_scope(b, kind, &left, &right)};
}
