/*
 * bind_pipe.c: query |> operator |> operator ...
 *
 * Each operator takes the relation to its left and gives another; names of tables stay known through
 * those that only add, change or leave out columns (EXTEND, SET, DROP, WHERE).
 */
#include "base/assert.h"
#include "plan/bind_relation.h"
#include "plan/bind_walk.h"

/* ── EXTEND, SET, DROP, AS ─────────────────────────────────────────────────────────────────────*/

static bool is_aggregate_call(const AstExpr *ast)
{
    const Function *fn;

    if (ast->kind != AST_EXPR_CALL || ast->call->over || ast->call->name.count != 1)
        return false;
    fn = function_find(ast->call->name.parts[0].text);
    return fn && fn->class_ == FUNCTION_AGGREGATE;
}

static bool find_aggregate(void *self, const AstExpr *ast)
{
    const AstExpr **found = self;

    if (!*found && is_aggregate_call(ast))
        *found = ast;
    return !*found;
}

static bool refuse_aggregate(Binder *b, const AstExpr *ast, const char *clause)
{
    const AstExpr *found = NULL;

    ast_walk(ast, find_aggregate, &found);
    if (found)
        bind_error(b, found->span, "PIPE_OPERATOR_CONTAINS_AGGREGATE_FUNCTION", "0A000",
                   "Aggregate function %.*s is not allowed when using the pipe operator |> %s "
                   "clause; please use the pipe operator |> AGGREGATE clause instead.",
                   STR_ARG(bind_name(b, NULL, found)), clause);
    return !found;
}

static bool refuse_star(Binder *b, const AstExpr *ast)
{
    if (ast->kind == AST_EXPR_STAR)
        bind_error(b, ast->span, "INVALID_USAGE_OF_STAR_OR_REGEX", "42000",
                   "Invalid usage of '*' in expression `pipeexpression`.");
    return ast->kind != AST_EXPR_STAR;
}

/* SELECT over what is piped: columns that go on as they are keep their tables' names. */
static Relation select_piped(Binder *b, const AstSelect *select, Relation input)
{
    Relation out = bind_select_over(b, select, input, NULL);

    for (size_t i = 0; out.plan && i < out.scope->columns.count; i++) {
        ScopeColumn *column = &out.scope->columns.items[i];

        for (size_t k = 0; k < input.scope->columns.count; k++) {
            const ScopeColumn *old = &input.scope->columns.items[k];

            if (old->id == column->id && str_equal_nocase(old->name, column->name)) {
                column->table = old->table;
                column->persistent = old->persistent;
            }
        }
    }
    return out;
}

/* Spark looks at the items that have a name of their own. */
static Relation pipe_select(Binder *b, const AstSelect *select, Relation input)
{
    for (size_t i = 0; i < select->items.count; i++) {
        const AstNamedExpr *item = &select->items.items[i];

        if (item->aliases.count == 1 && !refuse_aggregate(b, item->expr, "SELECT"))
            return (Relation){0};
    }
    return select_piped(b, select, input);
}

/* SELECT *, items */
static Relation extend_with(Binder *b, const AstNamedExprList *items, Relation input, Span span)
{
    AstExpr star = {.kind = AST_EXPR_STAR, .span = span};
    AstNamedExpr star_item = {.expr = &star, .span = span};
    AstSelect select = {0};

    select.items.count = items->count + 1;
    select.items.items = ARENA_ARRAY(b->arena, AstNamedExpr, select.items.count);
    select.items.items[0] = star_item;
    memcpy(select.items.items + 1, items->items, items->count * sizeof *items->items);
    return select_piped(b, &select, input);
}

static Relation pipe_extend(Binder *b, const AstPipeOp *op, Relation input)
{
    for (size_t i = 0; i < op->items.count; i++) {
        const AstExpr *ast = op->items.items[i].expr;

        if (!refuse_star(b, ast) || !refuse_aggregate(b, ast, "EXTEND"))
            return (Relation){0};
    }
    return extend_with(b, &op->items, input, op->span);
}

/* The value is made as a further column, which then stands where the named one stood. */
static Relation pipe_assign(Binder *b, const AstColumnAssignment *set, Relation input, Span span)
{
    QualifiedName name = set->column;
    AstExpr others = {.kind = AST_EXPR_STAR, .span = span, .star.except = {&name, 1}};
    AstNamedExpr item = {.expr = set->value, .span = set->value->span};
    StarColumnVec columns = {0};
    Scope *scope = scope_new(b, input.scope->outer);
    const ScopeColumn *value;
    NamedExpr *items;
    Relation wide;

    if (!refuse_aggregate(b, set->value, "SET") ||
        !scope_expand_star(b, input.scope, &others, &columns))
        return (Relation){0};
    wide = extend_with(b, &(AstNamedExprList){&item, 1}, input, span);
    if (!wide.plan)
        return wide;
    value = &wide.scope->columns.items[wide.scope->columns.count - 1];
    items = ARENA_ARRAY(b->arena, NamedExpr, wide.scope->columns.count);
    for (size_t i = 0; i + 1 < wide.scope->columns.count; i++) {
        ScopeColumn column = wide.scope->columns.items[i];

        if (str_equal_nocase(column.name, name.parts[0].text)) {
            column.id = value->id;
            column.type = value->type;
            column.nullable = value->nullable;
        }
        scope_add(b, scope, column);
        items[i] = (NamedExpr){scope_column_expr(b, &column, span), column.id};
    }
    return (Relation){logical_project(b->plan, wide.plan, items,
                                      (uint32_t)scope->columns.count, span),
                      scope};
}

/* A later assignment sees those before it. */
static Relation pipe_set(Binder *b, const AstPipeOp *op, Relation input)
{
    for (size_t i = 0; input.plan && i < op->assignments.count; i++)
        input = pipe_assign(b, &op->assignments.items[i], input, op->span);
    return input;
}

/* SELECT * EXCEPT (names) */
static Relation pipe_drop(Binder *b, const AstPipeOp *op, Relation input)
{
    QualifiedName *names = ARENA_ARRAY(b->arena, QualifiedName, op->names.count);
    AstExpr star = {.kind = AST_EXPR_STAR, .span = op->span};
    AstNamedExpr item = {.expr = &star, .span = op->span};
    AstSelect select = {.items = {&item, 1}};

    for (size_t i = 0; i < op->names.count; i++)
        names[i] = (QualifiedName){.span = op->names.items[i].span,
                                   .parts = &op->names.items[i],
                                   .count = 1};
    star.star.except = (QualifiedNameList){names, op->names.count};
    return select_piped(b, &select, input);
}

/* ── AGGREGATE ─────────────────────────────────────────────────────────────────────────────────*/

/* A number in GROUP BY counts the input's columns. */
static AstExpr *group_expr(Binder *b, const Relation *input, AstExpr *ast)
{
    int64_t position;
    AstExpr *column;
    Ident *ident;

    if (ast->kind != AST_EXPR_LITERAL || ast->literal.kind != AST_LITERAL_INTEGER ||
        !str_to_int64(ast->literal.text, &position))
        return ast;
    if (position < 1 || position > (int64_t)input->scope->columns.count)
        return bind_error(b, ast->span, "GROUP_BY_POS_OUT_OF_RANGE", "42805",
                          "GROUP BY position %lld is not in select list (valid range is [1, %zu]).",
                          (long long)position, input->scope->columns.count);
    ident = ARENA_NEW(b->arena, Ident);
    column = ARENA_NEW(b->arena, AstExpr);
    *ident = (Ident){.text = input->scope->columns.items[position - 1].name, .span = ast->span};
    column->kind = AST_EXPR_COLUMN;
    column->span = ast->span;
    column->column = (QualifiedName){.span = ast->span, .parts = ident, .count = 1};
    return column;
}

static bool find_unsupported(void *self, const AstExpr *ast)
{
    const char **found = self;

    if (ast_call_is(ast, "grouping"))
        *found = "GROUPING";
    else if (ast_call_is(ast, "grouping_id"))
        *found = "GROUPING_ID";
    else if (ast->kind == AST_EXPR_CALL && ast->call->over)
        *found = "window functions; please update the query to move the window functions to a "
                 "subsequent |> SELECT operator instead";
    return !*found;
}

static bool unsupported_aggregate(Binder *b, const char *what, Span span)
{
    bind_error(b, span, "UNSUPPORTED_FEATURE.PIPE_OPERATOR_AGGREGATE_UNSUPPORTED_CASE", "0A000",
               "The feature is not supported: The SQL pipe operator syntax with aggregation (using "
               "|> AGGREGATE) does not support %s.",
               what);
    return false;
}

static bool aggregates_only(Binder *b, const AstNamedExprList *items)
{
    for (size_t i = 0; i < items->count; i++) {
        const char *what = NULL;

        ast_walk(items->items[i].expr, find_unsupported, &what);
        if (what)
            return unsupported_aggregate(b, what, items->items[i].span);
    }
    for (size_t i = 0; i < items->count; i++) {
        const AstExpr *found = NULL;

        if (!refuse_star(b, items->items[i].expr))
            return false;
        ast_walk(items->items[i].expr, find_aggregate, &found);
        if (!found) {
            bind_error(b, items->items[i].span,
                       "PIPE_OPERATOR_AGGREGATE_EXPRESSION_CONTAINS_NO_AGGREGATE_FUNCTION", "0A000",
                       "Non-grouping expression %.*s is provided as an argument to the |> "
                       "AGGREGATE pipe operator but does not contain any aggregate function; "
                       "please update it to include an aggregate function and then retry the query "
                       "again.",
                       STR_ARG(bind_name(b, NULL, items->items[i].expr)));
            return false;
        }
    }
    return true;
}

static Relation pipe_aggregate(Binder *b, const AstPipeOp *op, Relation input)
{
    const AstGroupBy *group_by = &op->group_by;
    AstSelect select = {.group_by = *group_by};
    AstNamedExpr *items =
        ARENA_ARRAY(b->arena, AstNamedExpr, op->items.count + group_by->element_count + 1);
    size_t count = 0;

    if (group_by->all || group_by->with_cube || group_by->with_rollup || group_by->grouping_sets) {
        unsupported_aggregate(b, group_by->all ? "GROUP BY ALL" : "GROUPING SETS", group_by->span);
        return (Relation){0};
    }
    if (!aggregates_only(b, &op->items))
        return (Relation){0};
    select.group_by.elements =
        ARENA_ARRAY(b->arena, AstGroupElement, group_by->element_count + 1);
    for (size_t i = 0; i < group_by->element_count; i++) {
        AstGroupElement element = group_by->elements[i];

        if (element.kind != AST_GROUP_EXPR) {
            unsupported_aggregate(b, "GROUPING SETS", element.span);
            return (Relation){0};
        }
        element.expr = group_expr(b, &input, element.expr);
        if (!element.expr)
            return (Relation){0};
        select.group_by.elements[i] = element;
        items[count] = (AstNamedExpr){.expr = element.expr, .span = element.span};
        if (element.alias.text.bytes) {
            items[count].aliases.items = ARENA_NEW(b->arena, Ident);
            items[count].aliases.items[0] = element.alias;
            items[count].aliases.count = 1;
        }
        count++;
    }
    if (op->items.count)
        memcpy(items + count, op->items.items, op->items.count * sizeof *items);
    select.group_by.present = true;
    select.items = (AstNamedExprList){items, count + op->items.count};
    return select_piped(b, &select, input);
}

/* ── the others ────────────────────────────────────────────────────────────────────────────────*/

static Relation pipe_where(Binder *b, const AstPipeOp *op, Relation input)
{
    ExprScope es = {.scope = input.scope, .clause = "WHERE", .subqueries = true};
    Expr *condition = bind_condition(b, &es, op->condition);

    if (!condition || !plan_condition(b, &input.plan, condition, op->span))
        return (Relation){0};
    return input;
}

static Relation pipe_relation(Binder *b, const AstPipeOp *op, Relation input, const Scope *outer)
{
    Relation *saved = b->pipe_input, out;

    b->pipe_input = &input;
    out = bind_from(b, op->relation, outer);
    b->pipe_input = saved;
    return out;
}

static Relation pipe_organize(Binder *b, const AstPipeOp *op, Relation input)
{
    const AstQuery *tail = op->tail;

    if (tail->order_by.count && !bind_order_over(b, &input, &tail->order_by))
        return (Relation){0};
    if (tail->sort_by.count && !bind_order_over(b, &input, &tail->sort_by))
        return (Relation){0};
    return check_partitions(b, tail, &input) && bind_limit(b, &input, tail) ? input : (Relation){0};
}

/* FROM t |> ...: the relation itself, whose names go on meaning what they mean. */
static Relation bind_pipe_input(Binder *b, const AstQueryBody *body, const Scope *outer)
{
    const AstSelect *select = body->kind == AST_BODY_SELECT ? body->select : NULL;

    if (select && select->from && select->items.count == 1 &&
        select->items.items[0].expr->kind == AST_EXPR_STAR &&
        select->items.items[0].span.line == select->from->span.line &&
        select->items.items[0].span.column == select->from->span.column)
        return bind_from(b, select->from, outer);
    return bind_body(b, body, outer);
}

Relation bind_pipe(Binder *b, const AstQueryBody *body, const Scope *outer)
{
    const AstPipeOp *op = body->pipe.op;
    Relation input = bind_pipe_input(b, body->pipe.input, outer);

    if (!input.plan)
        return input;
    switch (op->kind) {
    case AST_PIPE_SELECT:
        return pipe_select(b, op->select, input);
    case AST_PIPE_EXTEND:
        return pipe_extend(b, op, input);
    case AST_PIPE_SET:
        return pipe_set(b, op, input);
    case AST_PIPE_DROP:
        return pipe_drop(b, op, input);
    case AST_PIPE_AS:
        input.scope = scope_renamed(b, input.scope, op->names.items[0].text, NULL);
        return input;
    case AST_PIPE_WHERE:
        return pipe_where(b, op, input);
    case AST_PIPE_AGGREGATE:
        return pipe_aggregate(b, op, input);
    case AST_PIPE_RELATION:
        return pipe_relation(b, op, input, outer);
    case AST_PIPE_SET_OPERATION:
        return bind_set_operation(b, op->set_operator, op->quantifier == AST_QUANTIFIER_ALL, input,
                                  bind_body(b, op->right, outer), op->span);
    case AST_PIPE_ORGANIZE:
        return pipe_organize(b, op, input);
    }
    UNREACHABLE();
}
