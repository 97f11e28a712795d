/*
 * bind_call.c: calls of functions: finding the function, its arguments (stars, lambdas, names that
 * become values), and what may stand around a call: DISTINCT, FILTER, WITHIN GROUP, IGNORE NULLS.
 */
#include "plan/bind.h"

#include "base/assert.h"
#include "plan/bind_group.h"
#include "plan/bind_time.h"
#include "plan/bind_walk.h"
#include "plan/named_args.h"
#include "plan/rules.h"

static Str call_name(const AstFunctionCall *call)
{
    return call->name.parts[call->name.count - 1].text;
}

/* ── finding the function ──────────────────────────────────────────────────────────────────────*/

static bool qualifier_is_builtin(const QualifiedName *name)
{
    if (name->count == 1)
        return true;
    if (name->count == 2)
        return str_is_nocase(name->parts[0].text, "builtin") ||
               str_is_nocase(name->parts[0].text, "session");
    return name->count == 3 && str_is_nocase(name->parts[0].text, "system");
}

static const Function *unresolved(Binder *b, const AstExpr *ast)
{
    const char *near = function_suggest(call_name(ast->call));

    bind_error(b, ast->call->name.span, "UNRESOLVED_ROUTINE", "42883",
               "Cannot resolve routine %s on search path [`system`.`builtin`, `system`.`session`, "
               "`spark_catalog`.`default`].",
               bind_quoted(b, &ast->call->name));
    if (near)
        diagnostic_remedy(b->diagnostics, "did you mean `%s`?", near);
    return NULL;
}

/* timestampadd(HOUR, 1, t) is syntax: with anything but a unit there is no function of that name. */
static bool is_unit_function(Str name)
{
    return str_is_nocase(name, "timestampadd") || str_is_nocase(name, "timestampdiff") ||
           str_is_nocase(name, "timediff");
}

static const Function *call_function(Binder *b, const AstExpr *ast)
{
    const AstFunctionCall *call = ast->call;
    const Function *fn;

    if (call->name.computed || !qualifier_is_builtin(&call->name))
        return unresolved(b, ast);
    fn = function_find(call_name(call));
    if (!fn || (fn->flags & FN_HIDDEN) || is_unit_function(call_name(call)))
        return unresolved(b, ast);
    return fn;
}

/* ── arguments ─────────────────────────────────────────────────────────────────────────────────*/

/* f(*), f(t.*): one argument a column. */
static bool add_star(Binder *b, const ExprScope *es, const AstExpr *star, ExprVec *args)
{
    StarColumnVec columns = {0};

    if (!es->scope || !scope_expand_star(b, es->scope, star, &columns))
        return false;
    for (size_t i = 0; i < columns.count; i++)
        VEC_ADD_IN(b->arena, args, columns.items[i].expr);
    return true;
}

static bool bind_args(Binder *b, const ExprScope *es, const AstExpr *ast, ExprVec *args)
{
    const AstFunctionCall *call = ast->call;
    const Function *fn = function_find(call_name(call));
    bool ok = true;

    if (fn)
        call = named_args_place(b, call, fn, ast->span);
    if (!call)
        return false;

    for (size_t i = 0; i < call->arg_count; i++) {
        const AstFunctionArg *arg = &call->args[i];
        Expr *e;

        if (arg->table)
            return bind_unsupported(b, arg->span, "TABLE arguments");
        if (arg->value->kind == AST_EXPR_STAR) {
            ok = add_star(b, es, arg->value, args) && ok;
            continue;
        }
        e = arg->value->kind == AST_EXPR_LAMBDA ? NULL : bind_expr(b, es, arg->value);
        ok = ok && (e || arg->value->kind == AST_EXPR_LAMBDA);
        VEC_ADD_IN(b->arena, args, e);
    }
    return ok;
}

static bool bind_lambdas(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn,
                         ExprVec *args);

static void add_field(Binder *b, ExprVec *args, Str name, Expr *value, Span span)
{
    Expr *literal = expr_literal_string(b->arena, name, span);

    VEC_ADD_IN(b->arena, args, literal);
    VEC_ADD_IN(b->arena, args, value);
}

static bool add_star_fields(Binder *b, const ExprScope *es, const AstExpr *star, ExprVec *args)
{
    StarColumnVec columns = {0};

    if (!es->scope || !scope_expand_star(b, es->scope, star, &columns))
        return false;
    for (size_t i = 0; i < columns.count; i++)
        add_field(b, args, columns.items[i].name, columns.items[i].expr, star->span);
    return true;
}

/* struct(a AS x, b, t.*): named_struct('x', a, 'b', b, …). */
static Expr *bind_struct(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    const AstFunctionCall *call = ast->call;
    ExprVec args = {0};

    for (size_t i = 0; i < call->arg_count; i++) {
        const AstFunctionArg *arg = &call->args[i];
        Str name = str_of(arena_printf(b->arena, "col%zu", args.count / 2 + 1));
        ExprVec one = {0};
        AstExpr wrapped = *ast;
        AstFunctionCall single = *call;

        if (arg->value && arg->value->kind == AST_EXPR_STAR) {
            if (!add_star_fields(b, es, arg->value, &args))
                return NULL;
            continue;
        }
        single.args = &call->args[i];
        single.arg_count = 1;
        wrapped.call = &single;
        if (!bind_args(b, es, &wrapped, &one) ||
            !bind_lambdas(b, es, &wrapped, function_find(STR("named_struct")), &one))
            return NULL;
        if (arg->alias.text.bytes)
            name = arg->alias.text;
        else if (arg->value->kind == AST_EXPR_COLUMN)
            name = bind_name(b, es, arg->value);
        else if (arg->value->kind == AST_EXPR_FIELD)
            name = arg->value->field.name.text;
        add_field(b, &args, name, one.items[0], ast->span);
    }
    return bind_call_named(b, "named_struct", args.items, (uint32_t)args.count, ast->span);
}

/* ── lambdas ───────────────────────────────────────────────────────────────────────────────────*/

static Expr *bind_lambda(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn,
                         const ExprVec *args, uint32_t arg_i)
{
    uint32_t count = (uint32_t)ast->lambda.params.count;
    Field *fields = ARENA_ARRAY(b->arena, Field, count + 1);
    LambdaScope lambda = {ast->lambda.params.items, fields, count, es->lambdas};
    ExprScope inner = *es;
    Expr *body, *e;
    Error err = {0};

    if (!function_lambda_types(b->arena, fn, args->items, (uint32_t)args->count, arg_i, count,
                               fields, &err))
        return bind_error_from(b, ast->span, &err);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (str_equal_nocase(lambda.names[i].text, lambda.names[j].text))
                return bind_error(b, lambda.names[i].span,
                                  "INVALID_LAMBDA_FUNCTION_CALL.DUPLICATE_ARG_NAMES", "42K0D",
                                  "Invalid lambda function call. The lambda function has duplicate "
                                  "arguments `%.*s`. Please, consider to rename the argument names "
                                  "or set \"spark.sql.caseSensitive\" to \"true\".",
                                  STR_ARG(lambda.names[i].text));
        }
    }
    inner.lambdas = &lambda;
    inner.aggregates = inner.windows = false;
    body = bind_expr(b, &inner, ast->lambda.body);
    if (!body)
        return NULL;
    e = ARENA_NEW(b->arena, Expr);
    e->kind = EXPR_LAMBDA;
    e->type = body->type;
    e->nullable = body->nullable;
    e->body = body;
    e->arg_count = count;
    e->span = ast->span;
    return e;
}

/* Fills the NULLs that bind_args left for lambdas. */
static bool bind_lambdas(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn,
                         ExprVec *args)
{
    for (size_t i = 0; i < args->count; i++) {
        if (args->items[i])
            continue;
        if (!(fn->flags & FN_LAMBDA)) {
            bind_error(b, ast->call->args[i].value->span,
                       "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION", "42K0D",
                       "Invalid lambda function call. A lambda function should only be used in a "
                       "higher order function. However, its class is %s, which is not a higher "
                       "order function.",
                       fn->name);
            return false;
        }
        args->items[i] = bind_lambda(b, es, ast->call->args[i].value, fn, args, (uint32_t)i);
        if (!args->items[i])
            return false;
    }
    return true;
}

/* DISTINCT, FILTER and the like go with aggregates. */
static bool scalar_syntax_fits(Binder *b, const AstExpr *ast)
{
    const AstFunctionCall *call = ast->call;
    const char *what = call->quantifier == AST_QUANTIFIER_DISTINCT ? "DISTINCT"
                       : call->within_group.count                  ? "WITHIN GROUP (ORDER BY ...)"
                       : call->filter                              ? "FILTER CLAUSE"
                       : call->nulls == AST_NULLS_IGNORE           ? "IGNORE NULLS"
                                                                   : NULL;

    return !what || bind_unsupported_syntax(b, ast, what);
}

/* The arguments; that they are too many or too few is told before what is wrong in a lambda. */
static bool bind_arguments(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn,
                           ExprVec *args)
{
    Error err = {0};

    if (!bind_args(b, es, ast, args))
        return false;
    if (!function_takes(b->arena, fn, (uint32_t)args->count, &err)) {
        bind_error_from(b, ast->span, &err);
        return false;
    }
    return (fn->class_ != FUNCTION_SCALAR || scalar_syntax_fits(b, ast)) &&
           bind_lambdas(b, es, ast, fn, args);
}

/* ── aggregates ────────────────────────────────────────────────────────────────────────────────*/

static Expr *misplaced(Binder *b, const ExprScope *es, const AstExpr *ast, const char *what)
{
    Str text = bind_name(b, es, ast);

    if (es->clause && strcmp(es->clause, "WHERE") == 0 && ast->call->over) {
        bind_error(b, ast->span, "_LEGACY_ERROR_TEMP_1034", NULL,
                   "It is not allowed to use window functions inside WHERE clause.");
        diagnostic_remedy(b->diagnostics, "write the condition on %s around the query", what);
        return NULL;
    }
    if (es->clause && strcmp(es->clause, "WHERE") == 0) {
        bind_error(b, ast->span, "INVALID_WHERE_CONDITION", "42903",
                   "The WHERE condition contains invalid expressions: %.*s. Rewrite the query to "
                   "avoid window functions, aggregate functions, and generator functions in the "
                   "WHERE clause.",
                   STR_ARG(text));
        diagnostic_remedy(b->diagnostics, "write the condition on %s in HAVING, or around the "
                          "query", what);
        return NULL;
    }
    if (es->clause && strcmp(es->clause, "VALUES") == 0)
        return bind_error(b, ast->span,
                          "INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE", "42000",
                          "Invalid inline table. Cannot evaluate the expression %.*s in inline "
                          "table definition.",
                          STR_ARG(text));
    if (es->clause && strcmp(es->clause, "GROUP BY") == 0)
        return bind_error(b, ast->span, "GROUP_BY_AGGREGATE", "42903",
                          "Aggregate functions are not allowed in GROUP BY, but found %.*s.",
                          STR_ARG(text));
    if (es->clause && strcmp(es->clause, "FILTER") == 0)
        return bind_error(b, ast->span,
                          ast->call->over ? "INVALID_AGGREGATE_FILTER.CONTAINS_WINDOW_FUNCTION"
                                          : "INVALID_AGGREGATE_FILTER.CONTAINS_AGGREGATE",
                          "42903",
                          "The FILTER expression in an aggregate function is invalid. Expected a "
                          "FILTER expression without an aggregation or a window function, but "
                          "found %.*s.",
                          STR_ARG(text));
    return bind_error(b, ast->span, "UNSUPPORTED_EXPR_FOR_OPERATOR", "42K0E",
                      "A query operator contains one or more unsupported expressions. Consider to "
                      "rewrite it to avoid window functions, aggregate functions, and generator "
                      "functions in %s. Invalid expressions: [%.*s].",
                      es->clause ? es->clause : "this place", STR_ARG(text));
}

Expr *bind_misplaced(Binder *b, const ExprScope *es, const AstExpr *ast, const char *what)
{
    return misplaced(b, es, ast, what);
}

Expr *bind_unsupported_syntax(Binder *b, const AstExpr *ast, const char *syntax)
{
    return bind_error(b, ast->span, "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX", "42000",
                      "Invalid SQL syntax: The function `%.*s` does not support %s.",
                      STR_ARG(call_name(ast->call)), syntax);
}

/* Direction and place of NULLs, with the defaults of ORDER BY. */
SortKey bind_sort_key(const AstSortItem *item)
{
    bool descending = item->direction == AST_SORT_DESC;

    return (SortKey){
        .descending = descending,
        .nulls_last = item->nulls == AST_SORT_NULLS_DEFAULT ? descending
                                                            : item->nulls == AST_SORT_NULLS_LAST,
    };
}

bool bind_sortable(Binder *b, const Expr *e, Span span)
{
    if (type_is_orderable(e->type))
        return true;
    bind_error(b, span, "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", "42K09",
               "Cannot sort by this expression: the `sortorder` does not support ordering on type "
               "%s.",
               type_text_sql(b, e->type));
    return false;
}

static bool add_order(Binder *b, const ExprScope *es, const AstFunctionCall *call, Expr *e)
{
    uint32_t count = (uint32_t)call->within_group.count;

    e->order_by = ARENA_ARRAY(b->arena, Expr *, count + 1);
    e->order_keys = ARENA_ARRAY(b->arena, SortKey, count + 1);
    e->order_count = count;
    for (uint32_t i = 0; i < count; i++) {
        e->order_by[i] = bind_expr(b, es, call->within_group.items[i].expr);
        e->order_keys[i] = bind_sort_key(&call->within_group.items[i]);
        if (!e->order_by[i] || !bind_sortable(b, e->order_by[i], call->within_group.items[i].span))
            return false;
    }
    return true;
}

static bool add_filter(Binder *b, const ExprScope *es, const AstFunctionCall *call, Expr *e)
{
    ExprScope inner = *es;
    Expr *filter;

    inner.clause = "FILTER";
    inner.aggregates = inner.windows = inner.in_aggregate = false;
    filter = bind_expr(b, &inner, call->filter);
    if (!filter)
        return false;
    e->filter = filter;
    if (!expr_is_deterministic(filter)) {
        bind_error(b, call->filter->span, "INVALID_AGGREGATE_FILTER.NON_DETERMINISTIC", "42903",
                   "The FILTER expression in an aggregate function is invalid. Expected a "
                   "deterministic FILTER expression.");
        return false;
    }
    if (filter->type->kind != TYPE_BOOLEAN) {
        bind_error(b, call->filter->span, "INVALID_AGGREGATE_FILTER.NOT_BOOLEAN", "42903",
                   "The FILTER expression in an aggregate function is invalid. Expected a FILTER "
                   "expression of the BOOLEAN type.");
        return false;
    }
    return true;
}

static bool is_count_star(const AstFunctionCall *call)
{
    return str_is_nocase(call_name(call), "count") && call->arg_count == 1 &&
           call->quantifier != AST_QUANTIFIER_DISTINCT && call->args[0].value &&
           call->args[0].value->kind == AST_EXPR_STAR &&
           !call->args[0].value->star.qualifier.count;
}

/* count(t.*) of a table: whether rows or values are counted, nobody could tell. */
static bool counts_table_star(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    const AstFunctionCall *call = ast->call;
    const AstExpr *star = call->arg_count == 1 ? call->args[0].value : NULL;

    if (!str_is_nocase(call_name(call), "count") || !star || star->kind != AST_EXPR_STAR ||
        !star->star.qualifier.count || !es->scope || !scope_is_table(es->scope, &star->star.qualifier))
        return false;
    bind_error(b, ast->span, "INVALID_USAGE_OF_STAR_WITH_TABLE_IDENTIFIER_IN_COUNT", "42000",
               "count(%s.*) is not allowed. Use count(*) or expand the columns manually, e.g. "
               "count(col1, col2).",
               bind_quoted(b, &star->star.qualifier));
    return true;
}

/* first, last and any_value are syntax, which takes one value. */
static bool star_may_stand(Binder *b, const AstExpr *ast)
{
    const AstFunctionCall *call = ast->call;
    Str name = call_name(call);

    if (!call->arg_count || !call->args[0].value || call->args[0].value->kind != AST_EXPR_STAR ||
        !(str_is_nocase(name, "first") || str_is_nocase(name, "last") ||
          str_is_nocase(name, "any_value")))
        return true;
    bind_error(b, ast->span, "INVALID_USAGE_OF_STAR_OR_REGEX", "42000",
               "Invalid usage of '*' in expression `%.*s`.", STR_ARG(name));
    return false;
}

/* percentile_cont(0.5) WITHIN GROUP (ORDER BY v) is percentile_cont(v, 0.5); mode() likewise. Others
 * (listagg) keep the order for what it is. */
static bool order_is_argument(Str name)
{
    return str_is_nocase(name, "percentile_cont") || str_is_nocase(name, "percentile_disc") ||
           str_is_nocase(name, "mode");
}

bool bind_order_is_argument(const AstFunctionCall *call)
{
    return order_is_argument(call_name(call));
}

static bool takes_within_group(Str name)
{
    return order_is_argument(name) || str_is_nocase(name, "listagg") ||
           str_is_nocase(name, "string_agg");
}

static bool within_group_error(Binder *b, const AstExpr *ast, const char *class_name,
                               const char *what)
{
    bind_error(b, ast->span, class_name, "42K0K", "Invalid function `%.*s` with WITHIN GROUP. %s",
               STR_ARG(call_name(ast->call)), what);
    return false;
}

/* Of functions whose order is an argument: one order, if any, and no DISTINCT. mode(v) has none. */
static bool check_within_group(Binder *b, const AstExpr *ast, size_t arg_count)
{
    const AstFunctionCall *call = ast->call;
    bool mode = str_is_nocase(call_name(call), "mode");

    if (mode ? arg_count > 2 : arg_count != 1) {
        bind_error(b, ast->span, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
                   "The `%.*s` requires %s parameters but the actual number is %zu.",
                   STR_ARG(call_name(call)), mode ? "[0, 2]" : "1", arg_count);
        return false;
    }
    if (call->quantifier == AST_QUANTIFIER_DISTINCT)
        return within_group_error(b, ast, "INVALID_WITHIN_GROUP_EXPRESSION.DISTINCT_UNSUPPORTED",
                                  "The function does not support DISTINCT.");
    if (!call->within_group.count && !(mode && arg_count))
        return within_group_error(b, ast, "INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING",
                                  "WITHIN GROUP is required for the function.");
    if (call->within_group.count > 1 || (mode && arg_count && call->within_group.count))
        return within_group_error(b, ast, "INVALID_WITHIN_GROUP_EXPRESSION.WRONG_NUM_ORDERINGS",
                                  "The function requires another number of orderings in WITHIN "
                                  "GROUP.");
    return true;
}

static bool order_to_argument(Binder *b, const ExprScope *es, const AstExpr *ast, ExprVec *args)
{
    const AstFunctionCall *call = ast->call;
    ExprVec with_value = {0};
    Expr *value;

    if (!check_within_group(b, ast, args->count))
        return false;
    if (!call->within_group.count)
        return true;
    value = bind_expr(b, es, call->within_group.items[0].expr);
    if (!value)
        return false;
    VEC_ADD_IN(b->arena, &with_value, value);
    for (size_t i = 0; i < args->count; i++)
        VEC_ADD_IN(b->arena, &with_value, args->items[i]);
    /* mode(v, deterministic, descending) */
    if (str_is_nocase(call_name(call), "mode"))
        VEC_ADD_IN(b->arena, &with_value, expr_literal_bool(b->arena, true, ast->span));
    if (call->within_group.items[0].direction == AST_SORT_DESC) {
        Expr *reverse = expr_literal_bool(b->arena, true, ast->span);

        VEC_ADD_IN(b->arena, &with_value, reverse);
    }
    *args = with_value;
    return true;
}

static bool takes_ignore_nulls(const Function *fn)
{
    static const char *const names[] = {"first", "first_value", "last", "last_value",
                                        "any_value", "nth_value", "lag", "lead",
                                        "collect_list", "collect_set", "array_agg"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(fn->name, names[i]) == 0)
            return true;
    }
    return false;
}

static Expr *aggregate_call(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn,
                            bool in_aggregate)
{
    const AstFunctionCall *call = ast->call;
    ExprScope inner = *es;
    ExprVec args = {0};
    bool as_argument = order_is_argument(call_name(call));
    Expr *e;
    Error err = {0};

    if (call->within_group.count && !takes_within_group(call_name(call)))
        return bind_unsupported_syntax(b, ast, "WITHIN GROUP (ORDER BY ...)");
    if (call->nulls == AST_NULLS_IGNORE && !takes_ignore_nulls(fn))
        return bind_unsupported_syntax(b, ast, "IGNORE NULLS");
    if (counts_table_star(b, es, ast) || !star_may_stand(b, ast))
        return NULL;
    inner.in_aggregate = in_aggregate;
    inner.windows = false;
    if (is_count_star(call)) {
        Expr *one = expr_literal_int(b->arena, 1, ast->span);

        VEC_ADD_IN(b->arena, &args, one);
    } else if (as_argument ? !bind_args(b, &inner, ast, &args) || !bind_lambdas(b, &inner, ast, fn, &args)
                           : !bind_arguments(b, &inner, ast, fn, &args)) {
        return NULL;
    }
    if (as_argument && !order_to_argument(b, &inner, ast, &args))
        return NULL;
    if (!function_call_aggregate(b->arena, b->sql, fn, args.items, (uint32_t)args.count, ast->span,
                                 &e, &err))
        return bind_error_from(b, ast->span, &err);
    e->distinct = call->quantifier == AST_QUANTIFIER_DISTINCT;
    e->ignore_nulls = e->ignore_nulls || call->nulls == AST_NULLS_IGNORE;
    if (call->within_group.count && !as_argument && !add_order(b, &inner, call, e))
        return NULL;
    if (call->filter && !add_filter(b, &inner, call, e))
        return NULL;
    return e;
}

Expr *bind_aggregate_call(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn)
{
    return aggregate_call(b, es, ast, fn, true);
}

Expr *bind_window_call(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn)
{
    return aggregate_call(b, es, ast, fn, false);
}

static Expr *outer_to_own(void *self, Expr *e)
{
    Binder *b = self;

    return e->kind == EXPR_OUTER
               ? expr_column(b->arena, e->column_i, e->type, e->nullable, e->span)
               : NULL;
}

/* An aggregate of columns of the query around alone, whose HAVING holds this one: it is computed
 * there. */
static Expr *outer_aggregate(Binder *b, NamedExprVec *aggregates, Expr *call)
{
    NamedExpr item = {.expr = expr_replace(b->arena, call, outer_to_own, b)};

    size_t i = 0;

    while (i < aggregates->count && !expr_equal(aggregates->items[i].expr, item.expr))
        i++;
    if (i == aggregates->count) {
        item.id = plan_column_new(b->plan, str_of(call->fn->name), call->type, call->nullable);
        VEC_ADD_IN(b->arena, aggregates, item);
    }
    item = aggregates->items[i];
    return expr_to_outer(b, expr_column(b->arena, item.id, call->type, call->nullable, call->span));
}

static Expr *bind_outer_aggregate(Binder *b, const ExprScope *es, const AstExpr *ast,
                                  const Function *fn)
{
    DiagnosticList before = *b->diagnostics;
    Expr *call = bind_aggregate_call(b, es, ast, fn);

    if (call && expr_has_kind(call, EXPR_OUTER) && !expr_has_kind(call, EXPR_COLUMN))
        return outer_aggregate(b, es->scope->outer->aggregates, call);
    diagnostics_rewind(b->diagnostics, &before);
    return NULL;
}

static Expr *bind_aggregate(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn)
{
    Expr *outer;

    if (es->in_aggregate)
        return bind_error(b, ast->span, "NESTED_AGGREGATE_FUNCTION", "42607",
                          "It is not allowed to use an aggregate function in the argument of "
                          "another aggregate function. Please use the inner aggregate function in "
                          "a sub-query.");
    if (!es->aggregates && es->scope && es->scope->outer && es->scope->outer->aggregates &&
        (outer = bind_outer_aggregate(b, es, ast, fn)))
        return outer;
    if (!es->aggregates)
        return misplaced(b, es, ast, "an aggregate");
    return bind_aggregate_call(b, es, ast, fn);
}

/* ── scalars ───────────────────────────────────────────────────────────────────────────────────*/

Expr *bind_scalar_call(Binder *b, const ExprScope *es, const AstExpr *ast, const Function *fn)
{
    const AstFunctionCall *call = ast->call;
    ExprVec args = {0};
    Expr *out;
    Error err = {0};

    if (!bind_arguments(b, es, ast, fn, &args))
        return NULL;
    /* ltrim(c FROM x) is told as (x, c), Spark's function takes (c, x). */
    if ((call->form == AST_CALL_TRIM_LEADING || call->form == AST_CALL_TRIM_TRAILING) &&
        args.count == 2) {
        Expr *first = args.items[0];

        args.items[0] = args.items[1];
        args.items[1] = first;
    }
    if (!function_call(b->arena, b->sql, fn, args.items, (uint32_t)args.count, ast->span, &out,
                       &err))
        return bind_error_from(b, ast->span, &err);
    return out;
}

/* A window function that has no OVER: what is wrong in the call itself comes first. */
static Expr *bind_without_over(Binder *b, const ExprScope *es, const AstExpr *ast,
                               const Function *fn)
{
    ExprScope inner = *es;

    inner.windows = false;
    if (!bind_window_call(b, &inner, ast, fn))
        return NULL;
    return bind_error(b, ast->span, "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", "42601",
                      "Window function \"%.*s\" requires an OVER clause.",
                      STR_ARG(bind_name(b, es, ast)));
}

/* Forms that mean another function than the one named. */
static const Function *special_function(const AstFunctionCall *call)
{
    Str name = call_name(call);

    if (call->form == AST_CALL_TRIM && call->arg_count == 2)
        return function_find(STR("btrim"));
    if (call->form != AST_CALL_UNIT)
        return NULL;
    return str_is_nocase(name, "dateadd") || str_is_nocase(name, "date_add") ||
                   str_is_nocase(name, "timestampadd")
               ? function_find(STR("timestampadd"))
               : function_find(STR("timestampdiff"));
}

Expr *bind_call(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    const AstFunctionCall *call = ast->call;
    const Function *fn;

    if (call->name.computed)
        return bind_unsupported(b, ast->span, "IDENTIFIER(...) of anything but a text");
    if (call->over)
        return bind_over(b, es, ast);
    if (call->form == AST_CALL_STRUCT || ast_call_is(ast, "struct"))
        return bind_struct(b, es, ast);
    if (ast_call_is(ast, "window") || ast_call_is(ast, "session_window") ||
        ast_call_is(ast, "window_time"))
        return bind_time_call(b, es, ast);
    if (ast_call_is(ast, "grouping") || ast_call_is(ast, "grouping_id"))
        return bind_grouping_call(b, es, ast);
    fn = special_function(call);
    if (!fn)
        fn = call_function(b, ast);
    if (!fn)
        return NULL;
    switch (fn->class_) {
    case FUNCTION_SCALAR:
        return bind_scalar_call(b, es, ast, fn);
    case FUNCTION_AGGREGATE:
        return bind_aggregate(b, es, ast, fn);
    case FUNCTION_WINDOW:
        return bind_without_over(b, es, ast, fn);
    case FUNCTION_GENERATOR:
        if (es->generators)
            return bind_error(b, ast->span, "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", "42K0E",
                              "The generator is not supported: nested in expressions \"%.*s\".",
                              STR_ARG(bind_name(b, es, ast)));
        return bind_error(b, ast->span, "UNSUPPORTED_GENERATOR.OUTSIDE_SELECT", "42K0E",
                          "The generator is not supported: outside the SELECT clause, found: %s.",
                          es->clause ? es->clause : "expression");
    case FUNCTION_TABLE:
        return bind_error(b, ast->span, "NOT_A_SCALAR_FUNCTION", "42887",
                          "%s appears as a scalar expression here, but the function was defined as "
                          "a table function. Please update the query to move the function call "
                          "into the FROM clause.",
                          bind_quoted(b, &call->name));
    }
    UNREACHABLE();
}
