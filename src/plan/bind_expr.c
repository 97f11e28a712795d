/*
 * bind_expr.c: expressions other than names, literals and calls: each becomes a call of a function of
 * the catalog (expr/function.h). bind.c of expr/ puts implicit casts in and checks the types.
 */
#include "plan/bind.h"

#include <stdio.h>

#include "base/assert.h"
#include "expr/coerce.h"

void binder_init(Binder *b, PlanContext *plan, const Catalog *catalog, DiagnosticList *diagnostics)
{
    *b = (Binder){
        .plan = plan,
        .arena = plan->arena,
        .sql = plan->sql,
        .catalog = catalog,
        .diagnostics = diagnostics,
    };
}

/* ── errors ────────────────────────────────────────────────────────────────────────────────────*/

Span bind_span(const Binder *b, Span span)
{
    return b->view_span.line ? b->view_span : span;
}

void *bind_error(Binder *b, Span span, const char *class_name, const char *sqlstate,
                 const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostic_error(b->diagnostics, bind_span(b, span), class_name, sqlstate, "%s", text);
    return NULL;
}

void *bind_error_from(Binder *b, Span span, const Error *err)
{
    diagnostic_error(b->diagnostics, bind_span(b, span), err->class_name, err->sqlstate, "%s",
                     err->text);
    return NULL;
}

void *bind_unsupported(Binder *b, Span span, const char *what)
{
    return bind_error(b, span, "UNSUPPORTED_FEATURE", "0A000",
                      "The feature is not supported: %s.", what);
}

/* ── calls made by the binder itself ───────────────────────────────────────────────────────────*/

Expr *bind_call_named(Binder *b, const char *name, Expr *const *args, uint32_t arg_count, Span span)
{
    const Function *fn = function_find(str_of(name));
    Expr *out;
    Error err = {0};

    if (!fn)
        return bind_error(b, span, "UNRESOLVED_ROUTINE", "42883",
                          "Cannot resolve routine `%s`.", name);
    for (uint32_t i = 0; i < arg_count; i++) {
        if (!args[i])
            return NULL;
    }
    if (!function_call(b->arena, b->sql, fn, args, arg_count, span, &out, &err))
        return bind_error_from(b, span, &err);
    return out;
}

Expr *bind_aggregate_named(Binder *b, const char *name, Expr *const *args, uint32_t arg_count,
                           Span span)
{
    const Function *fn = function_find(str_of(name));
    Expr *out;
    Error err = {0};

    if (!fn)
        return bind_error(b, span, "UNRESOLVED_ROUTINE", "42883",
                          "Cannot resolve routine `%s`.", name);
    if (!function_call_aggregate(b->arena, b->sql, fn, args, arg_count, span, &out, &err))
        return bind_error_from(b, span, &err);
    return out;
}

Expr *binder_cast(Binder *b, Expr *e, const Type *to, Span span)
{
    Expr *out;
    Error err = {0};

    if (!expr_cast(b->arena, b->sql, e, to, false, span, &out, &err))
        return bind_error_from(b, span, &err);
    return out;
}

const Vector *binder_constant(Binder *b, Expr *e)
{
    const Vector *out;
    Error err = {0};

    if (!expr_eval_constant(b->arena, b->sql, e, &out, &err))
        return bind_error_from(b, e->span, &err);
    return out;
}

bool bind_interval_us(Binder *b, Expr *e, const char *what, int64_t *out)
{
    const Vector *v;

    if (!expr_is_constant(e)) {
        bind_error(b, e->span, "NON_FOLDABLE_ARGUMENT", "42K08", "%s must be a constant.", what);
        return false;
    }
    v = binder_constant(b, e);
    if (!v)
        return false;
    if (v->type->kind == TYPE_STRING && vector_is_valid(v, 0)) {
        Error err = {0};

        if (option_parse_duration(vector_strs(v)[0], out, &err))
            return true;
        bind_error(b, e->span, "CANNOT_PARSE_INTERVAL", "22006", "%s: %s.", what, err.text);
        diagnostic_remedy(b->diagnostics,
                          "days and weeks are lengths of time too; months and years differ in theirs");
        return false;
    }
    if (v->type->kind == TYPE_INTERVAL_DT && vector_is_valid(v, 0)) {
        *out = vector_i64(v)[0];
        return true;
    }
    if (v->type->kind == TYPE_INTERVAL_YM)
        bind_error(b, e->span, "_LEGACY_ERROR_TEMP_3231", NULL,
                   "Intervals greater than a month is not supported: %s.", what);
    else
        bind_error(b, e->span, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
                   "%s must be an interval of days or less, not %s.", what,
                   type_text_sql(b, v->type));
    return false;
}

/* ── operators ─────────────────────────────────────────────────────────────────────────────────*/

static const char *binary_function(AstBinaryOp op)
{
    switch (op) {
    case AST_BINARY_CONCAT:
        return "concat";
    case AST_BINARY_DIV:
        return "div";
    case AST_BINARY_SHIFT_LEFT:
        return "shiftleft";
    case AST_BINARY_SHIFT_RIGHT:
        return "shiftright";
    case AST_BINARY_SHIFT_RIGHT_UNSIGNED:
        return "shiftrightunsigned";
    case AST_BINARY_EQUAL:
        return "=";
    case AST_BINARY_NOT_EQUAL:
        return "=";
    case AST_BINARY_LESS_EQUAL:
        return "<=";
    case AST_BINARY_GREATER_EQUAL:
        return ">=";
    case AST_BINARY_MULTIPLY:
    case AST_BINARY_DIVIDE:
    case AST_BINARY_MODULO:
    case AST_BINARY_ADD:
    case AST_BINARY_SUBTRACT:
    case AST_BINARY_BIT_AND:
    case AST_BINARY_BIT_XOR:
    case AST_BINARY_BIT_OR:
    case AST_BINARY_LESS:
    case AST_BINARY_GREATER:
    case AST_BINARY_EQUAL_NULL_SAFE:
        return binary_op_text(op);
    }
    UNREACHABLE();
}

static Expr *negated(Binder *b, Expr *e, bool negate, Span span)
{
    return negate && e ? bind_call_named(b, "not", &e, 1, span) : e;
}

static Expr *bind_binary(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *args[2] = {bind_expr(b, es, ast->binary.left), bind_expr(b, es, ast->binary.right)};
    Expr *e;

    if (!args[0] || !args[1])
        return NULL;
    e = bind_call_named(b, binary_function(ast->binary.op), args, 2, ast->span);
    return negated(b, e, ast->binary.op == AST_BINARY_NOT_EQUAL, ast->span);
}

static Expr *bind_unary(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    static const char *const functions[] = {
        [AST_UNARY_PLUS] = "positive",
        [AST_UNARY_MINUS] = "negative",
        [AST_UNARY_BIT_NOT] = "~",
        [AST_UNARY_NOT] = "not",
    };
    Expr *arg;

    if (ast->unary.op == AST_UNARY_MINUS && ast->unary.operand->kind == AST_EXPR_INTERVAL)
        return bind_interval(b, ast->unary.operand, true);
    arg = bind_expr(b, es, ast->unary.operand);
    return arg ? bind_call_named(b, functions[ast->unary.op], &arg, 1, ast->span) : NULL;
}

static Expr *fold_logical(Binder *b, bool is_or, Expr **items, size_t count, Span span)
{
    Expr *e = items[0];

    for (size_t i = 1; i < count && e; i++) {
        Expr *args[2] = {e, items[i]};

        e = bind_call_named(b, is_or ? "or" : "and", args, 2, span);
    }
    return e;
}

static Expr *bind_logical(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr **items = ARENA_ARRAY(b->arena, Expr *, ast->logical.operands.count);

    if (!bind_exprs(b, es, &ast->logical.operands, items))
        return NULL;
    return fold_logical(b, ast->logical.is_or, items, ast->logical.operands.count, ast->span);
}

static Expr *bind_between(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *operand = bind_expr(b, es, ast->between.operand);
    Expr *low = bind_expr(b, es, ast->between.low), *high = bind_expr(b, es, ast->between.high);
    Expr *lower[2] = {operand, low}, *upper[2] = {operand, high}, *both[2];

    if (!operand || !low || !high)
        return NULL;
    both[0] = bind_call_named(b, ">=", lower, 2, ast->span);
    both[1] = both[0] ? bind_call_named(b, "<=", upper, 2, ast->span) : NULL;
    if (!both[0] || !both[1])
        return NULL;
    return negated(b, bind_call_named(b, "and", both, 2, ast->span), ast->between.negated,
                   ast->span);
}

/* x IN (a, t.*): the values, stars expanded. */
static bool bind_in_values(Binder *b, const ExprScope *es, const AstExprList *list, ExprVec *out)
{
    for (size_t i = 0; i < list->count; i++) {
        StarColumnVec columns = {0};
        Expr *e;

        if (list->items[i]->kind == AST_EXPR_STAR) {
            if (!es->scope || !scope_expand_star(b, es->scope, list->items[i], &columns))
                return false;
            for (size_t c = 0; c < columns.count; c++)
                VEC_ADD_IN(b->arena, out, columns.items[c].expr);
            continue;
        }
        e = bind_expr(b, es, list->items[i]);
        if (!e)
            return false;
        VEC_ADD_IN(b->arena, out, e);
    }
    return true;
}

static Expr *bind_in_list(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *operand = bind_expr(b, es, ast->in_list.operand), *e, **args;
    ExprVec values = {0};
    size_t count;

    VEC_ADD_IN(b->arena, &values, operand);
    if (!bind_in_values(b, es, &ast->in_list.list, &values) || !operand)
        return NULL;
    args = values.items;
    count = values.count - 1;
    for (size_t i = 1; i <= count; i++) { /* (a, b) IN ((1, 2)): names of fields do not matter. */
        if (args[0]->type->kind == TYPE_STRUCT && args[i]->type->kind == TYPE_STRUCT &&
            args[0]->type->field_count == args[i]->type->field_count &&
            !type_equal(args[0]->type, args[i]->type))
            args[i] = binder_cast(b, args[i], args[0]->type, args[i]->span);
        if (!args[i])
            return NULL;
    }
    e = bind_call_named(b, "in", args, (uint32_t)count + 1, ast->span);
    return negated(b, e, ast->in_list.negated, ast->span);
}

static Expr *bind_like_one(Binder *b, const AstExpr *ast, Expr *operand, Expr *pattern)
{
    static const char *const functions[] = {
        [AST_LIKE_LIKE] = "like", [AST_LIKE_ILIKE] = "ilike", [AST_LIKE_RLIKE] = "rlike"};
    Expr *args[3] = {operand, pattern, NULL};
    uint32_t count = 2;

    if (ast->like.has_escape)
        args[count++] = expr_literal_string(b->arena, ast->like.escape, ast->span);
    return bind_call_named(b, functions[ast->like.op], args, count, ast->span);
}

static Expr *bind_like(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    bool quantified = ast->like.quantifier != AST_LIKE_ONE;
    size_t count = ast->like.patterns.count;
    Expr **items = ARENA_ARRAY(b->arena, Expr *, count + 1);
    Expr *operand = bind_expr(b, es, ast->like.operand);

    if (!bind_exprs(b, es, &ast->like.patterns, items) || !operand)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        items[i] = bind_like_one(b, ast, operand, items[i]);
        /* x NOT LIKE ALL (a, b): like none of them; so the NOT goes inside. */
        items[i] = negated(b, items[i], ast->like.negated, ast->span);
        if (!items[i])
            return NULL;
    }
    return quantified ? fold_logical(b, ast->like.quantifier == AST_LIKE_ANY, items, count,
                                     ast->span)
                      : items[0];
}

static Expr *bind_is(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *args[2] = {bind_expr(b, es, ast->is.operand), NULL};

    if (!args[0])
        return NULL;
    switch (ast->is.test) {
    case AST_IS_NULL:
        return bind_call_named(b, ast->is.negated ? "isnotnull" : "isnull", args, 1, ast->span);
    case AST_IS_UNKNOWN:
        if (!expr_coerce(b->arena, b->sql, args[0], &type_boolean, &args[0]))
            return bind_error(b, ast->span, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
                              "IS UNKNOWN requires the \"BOOLEAN\" type, however it has the type "
                              "%s.",
                              type_text_sql(b, args[0]->type));
        return bind_call_named(b, ast->is.negated ? "isnotnull" : "isnull", args, 1, ast->span);
    case AST_IS_TRUE:
    case AST_IS_FALSE:
        args[1] = expr_literal_bool(b->arena, ast->is.test == AST_IS_TRUE, ast->span);
        return negated(b, bind_call_named(b, "<=>", args, 2, ast->span), ast->is.negated,
                       ast->span);
    }
    UNREACHABLE();
}

static Expr *bind_is_distinct(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *args[2] = {bind_expr(b, es, ast->is_distinct.left),
                     bind_expr(b, es, ast->is_distinct.right)};

    if (!args[0] || !args[1])
        return NULL;
    return negated(b, bind_call_named(b, "<=>", args, 2, ast->span), !ast->is_distinct.negated,
                   ast->span);
}

static Expr *bind_case(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    size_t count = ast->cases.when_count;
    Expr **args = ARENA_ARRAY(b->arena, Expr *, count * 2 + 1);
    Expr *operand = ast->cases.operand ? bind_expr(b, es, ast->cases.operand) : NULL;
    uint32_t arg_count = 0;
    bool ok = operand || !ast->cases.operand;

    for (size_t i = 0; i < count; i++) {
        Expr *when = bind_expr(b, es, ast->cases.whens[i].when);
        Expr *then = bind_expr(b, es, ast->cases.whens[i].then);

        if (when && operand) {
            Expr *pair[2] = {operand, when};

            when = bind_call_named(b, "=", pair, 2, ast->cases.whens[i].when->span);
        }
        ok = ok && when && then;
        args[arg_count++] = when;
        args[arg_count++] = then;
    }
    if (ast->cases.otherwise) {
        args[arg_count] = bind_expr(b, es, ast->cases.otherwise);
        ok = ok && args[arg_count];
        arg_count++;
    }
    return ok ? bind_call_named(b, "case", args, arg_count, ast->span) : NULL;
}

static Expr *bind_cast_expr(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *operand = bind_expr(b, es, ast->cast.operand), *out;
    const Type *type = bind_type(b, ast->cast.type);
    Error err = {0};

    if (!operand || !type)
        return NULL;
    if (!expr_cast_written(b->arena, b->sql, operand, type, ast->cast.form == AST_CAST_TRY,
                           ast->span, &out, &err))
        return bind_error_from(b, ast->span, &err);
    if (out == operand && out->kind == EXPR_LITERAL) {
        out = ARENA_NEW(b->arena, Expr);
        *out = *operand;
        out->is_cast = true;
    }
    return out;
}

static Expr *bind_subscript(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *args[2] = {bind_expr(b, es, ast->subscript.base), bind_expr(b, es, ast->subscript.index)};

    if (!args[0] || !args[1])
        return NULL;
    if (args[0]->type->kind == TYPE_STRUCT && args[1]->kind == EXPR_LITERAL &&
        args[1]->type->kind == TYPE_STRING)
        return bind_struct_field(b, args[0], vector_strs(args[1]->literal)[0], ast->span, ast->span);
    return bind_call_named(b, "[]", args, 2, ast->span);
}

static Expr *bind_field(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *base = bind_expr(b, es, ast->field.base);

    return base ? bind_struct_field(b, base, ast->field.name.text, ast->span, ast->field.name.span)
                : NULL;
}

Str row_field_name(Binder *b, const AstExpr *row, size_t i)
{
    const AstNamedExpr *item = &row->row.items[i];

    if (item->aliases.count == 1)
        return item->aliases.items[0].text;
    if (item->expr->kind == AST_EXPR_COLUMN && item->expr->column.count)
        return item->expr->column.parts[item->expr->column.count - 1].text;
    return str_of(arena_printf(b->arena, "col%zu", i + 1));
}

/* (a, b AS c): a struct whose fields are called as the expressions are, or col1, col2, ... */
static Expr *bind_row(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    uint32_t count = (uint32_t)ast->row.count;
    Expr **args = ARENA_ARRAY(b->arena, Expr *, count * 2);
    bool ok = true;

    for (uint32_t i = 0; i < count; i++) {
        const AstNamedExpr *item = &ast->row.items[i];

        args[i * 2] = expr_literal_string(b->arena, row_field_name(b, ast, i), item->span);
        args[i * 2 + 1] = bind_expr(b, es, item->expr);
        ok = ok && args[i * 2 + 1];
    }
    return ok ? bind_call_named(b, "named_struct", args, count * 2, ast->span) : NULL;
}

static Expr *bind_parameter(Binder *b, const AstExpr *ast)
{
    for (size_t i = 0; i < b->parameter_count; i++) {
        if (ast->parameter.name.bytes &&
            str_equal_nocase(b->parameters[i].name, ast->parameter.name))
            return arena_copy(b->arena, b->parameters[i].value, sizeof(Expr));
    }
    return bind_error(b, ast->span, "UNBOUND_SQL_PARAMETER", "42P02",
                      "Found the unbound parameter: %s%.*s. Please, fix `args` and provide a "
                      "mapping of the parameter to a SQL literal.",
                      ast->parameter.name.bytes ? ":" : "?", STR_ARG(ast->parameter.name));
}

static Expr *bind_star_misplaced(Binder *b, const AstExpr *ast)
{
    return bind_error(b, ast->span, "INVALID_USAGE_OF_STAR_OR_REGEX", "42000",
                      "Invalid usage of '*' in expression.");
}

static Expr *bind_expr_kind(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    switch (ast->kind) {
    case AST_EXPR_LITERAL:
        return bind_literal(b, ast);
    case AST_EXPR_INTERVAL:
        return bind_interval(b, ast, false);
    case AST_EXPR_COLUMN:
        return bind_column(b, es, ast);
    case AST_EXPR_STAR:
        return bind_star_misplaced(b, ast);
    case AST_EXPR_PARAMETER:
        return bind_parameter(b, ast);
    case AST_EXPR_UNARY:
        return bind_unary(b, es, ast);
    case AST_EXPR_BINARY:
        return bind_binary(b, es, ast);
    case AST_EXPR_LOGICAL:
        return bind_logical(b, es, ast);
    case AST_EXPR_BETWEEN:
        return bind_between(b, es, ast);
    case AST_EXPR_IN_LIST:
        return bind_in_list(b, es, ast);
    case AST_EXPR_LIKE:
        return bind_like(b, es, ast);
    case AST_EXPR_IS:
        return bind_is(b, es, ast);
    case AST_EXPR_IS_DISTINCT:
        return bind_is_distinct(b, es, ast);
    case AST_EXPR_CASE:
        return bind_case(b, es, ast);
    case AST_EXPR_CAST:
        return bind_cast_expr(b, es, ast);
    case AST_EXPR_CALL:
        return bind_call(b, es, ast);
    case AST_EXPR_SUBSCRIPT:
        return bind_subscript(b, es, ast);
    case AST_EXPR_FIELD:
        return bind_field(b, es, ast);
    case AST_EXPR_PATH:
        return bind_unsupported(b, ast->span, "paths into VARIANT (a:b)");
    case AST_EXPR_LAMBDA:
        return bind_error(b, ast->span, "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION",
                          "42K0D",
                          "Invalid lambda function call. A lambda function should only be used in "
                          "a higher order function.");
    case AST_EXPR_ROW:
        return bind_row(b, es, ast);
    case AST_EXPR_IN_QUERY:
    case AST_EXPR_EXISTS:
    case AST_EXPR_SUBQUERY:
        return bind_subquery(b, es, ast);
    case AST_EXPR_COLLATE:
        return bind_unsupported(b, ast->span, "COLLATE");
    case AST_EXPR_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

Expr *bind_expr(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *e = bind_expr_kind(b, es, ast);

    ASSERT(e || b->diagnostics->error_count > 0);
    if (e)
        bound_note(&b->bound, b->arena, ast, e);
    return e;
}

bool bind_exprs(Binder *b, const ExprScope *es, const AstExprList *list, Expr **out)
{
    bool ok = true;

    for (size_t i = 0; i < list->count; i++) {
        out[i] = bind_expr(b, es, list->items[i]);
        ok = ok && out[i];
    }
    return ok;
}

Expr *bind_condition(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    Expr *e = bind_expr(b, es, ast), *out;

    if (!e)
        return NULL;
    /* Of text a condition is made nowhere. */
    if (!type_is_string(e->type) && expr_coerce(b->arena, b->sql, e, &type_boolean, &out))
        return out;
    if (strcmp(es->clause, "JOIN") == 0)
        return bind_error(b, ast->span, "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE", "42K0E",
                          "The join condition \"%.*s\" has the invalid type %s, expected \"BOOLEAN\".",
                          STR_ARG(bind_name(b, es, ast)), type_text_sql(b, e->type));
    return bind_error(b, ast->span, "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN", "42K09",
                      "Cannot resolve \"%.*s\" due to data type mismatch: Filter expression "
                      "\"%.*s\" of type %s is not a boolean.",
                      STR_ARG(bind_name(b, es, ast)), STR_ARG(bind_name(b, es, ast)),
                      type_text_sql(b, e->type));
}
