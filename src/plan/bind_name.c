/*
 * bind_name.c: what Spark calls a column that has no alias: the expression as Spark prints it, which
 * is not as it was written: `count(1)` for count(*), `(a + 1)`, `CAST(x AS INT)`.
 *
 * Spark prints the resolved expression; here it is the syntax tree, with a table of what differs: some
 * functions print under another name (`CEIL`), some print arguments that were left out.
 */
#include "plan/bind.h"

#include <ctype.h>

#include "base/assert.h"
#include "column/format_value.h"

typedef struct NameWriter {
    StrBuf out;
    Binder *b;
    const ExprScope *es;
    const LambdaScope *lambdas;
} NameWriter;

static void write_expr(NameWriter *w, const AstExpr *ast);

static void write(NameWriter *w, const char *text)
{
    strbuf_add_c(&w->out, text);
}

static void write_str(NameWriter *w, Str text)
{
    strbuf_add_str(&w->out, text);
}

/* ── functions that print otherwise ────────────────────────────────────────────────────────────*/

typedef struct CallDisplay {
    const char *name;
    const char *display;    /* NULL: as the name. */
    const char *missing[4]; /* missing[n]: printed behind n + 1 arguments. */
} CallDisplay;

static const CallDisplay call_displays[] = {
    {"acosh", "ACOSH", {0}},
    {"acos", "ACOS", {0}},
    {"any_value", NULL, {0}},
    {"asin", "ASIN", {0}},
    {"asinh", "ASINH", {0}},
    {"atan", "ATAN", {0}},
    {"atan2", "ATAN2", {0}},
    {"atanh", "ATANH", {0}},
    {"cbrt", "CBRT", {0}},
    {"ceil", "CEIL", {0}},
    {"ceiling", NULL, {0}},
    {"cos", "COS", {0}},
    {"cosh", "COSH", {0}},
    {"cot", "COT", {0}},
    {"csc", "CSC", {0}},
    {"degrees", "DEGREES", {0}},
    {"dense_rank", "DENSE_RANK", {0}},
    {"array_sort", NULL, {", lambdafunction((IF(((namedlambdavariable() IS NULL) AND "
                          "(namedlambdavariable() IS NULL)), 0, (IF((namedlambdavariable() IS "
                          "NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF("
                          "(namedlambdavariable() < namedlambdavariable()), -1, (IF("
                          "(namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), "
                          "namedlambdavariable(), namedlambdavariable())"}},
    {"exp", "EXP", {0}},
    {"expm1", "EXPM1", {0}},
    {"floor", "FLOOR", {0}},
    {"hypot", "HYPOT", {0}},
    {"lag", NULL, {", 1, NULL", ", NULL"}},
    {"lead", NULL, {", 1, NULL", ", NULL"}},
    {"log", "LOG", {0}},
    {"log10", "LOG10", {0}},
    {"log1p", "LOG1P", {0}},
    {"log2", "LOG2", {0}},
    {"mask", NULL, {", X, x, n, NULL", ", x, n, NULL", ", n, NULL", ", NULL"}},
    {"percentile", NULL, {NULL, ", 1"}},
    {"percentile_approx", NULL, {NULL, ", 10000"}},
    {"approx_percentile", NULL, {NULL, ", 10000"}},
    {"pow", NULL, {0}},
    {"power", "POWER", {0}},
    {"radians", "RADIANS", {0}},
    {"rank", "RANK", {0}},
    {"percent_rank", "PERCENT_RANK", {0}},
    {"cume_dist", NULL, {0}},
    {"regexp_extract", NULL, {NULL, ", 1"}},
    {"regexp_extract_all", NULL, {NULL, ", 1"}},
    {"regexp_instr", NULL, {NULL, ", 0"}},
    {"regexp_replace", NULL, {NULL, NULL, ", 1"}},
    {"regexp_like", "REGEXP_LIKE", {0}},
    {"rint", NULL, {0}},
    {"rlike", "RLIKE", {0}},
    {"regexp", "REGEXP", {0}},
    {"round", NULL, {", 0"}},
    {"bround", NULL, {", 0"}},
    {"sec", "SEC", {0}},
    {"sign", NULL, {0}},
    {"signum", "SIGNUM", {0}},
    {"sin", "SIN", {0}},
    {"sinh", "SINH", {0}},
    {"sort_array", NULL, {", true"}},
    {"split", NULL, {NULL, ", -1"}},
    {"sqrt", "SQRT", {0}},
    {"substr", NULL, {NULL, ", 2147483647"}},
    {"substring", NULL, {NULL, ", 2147483647"}},
    {"tan", "TAN", {0}},
    {"tanh", "TANH", {0}},
    {"lpad", NULL, {NULL, ",  "}},
    {"rpad", NULL, {NULL, ",  "}},
    {"array_agg", "collect_list", {0}},
    {"dateadd", "date_add", {0}},
    {"e", "E", {0}},
    {"pi", "PI", {0}},
    {"date_diff", NULL, {0}},
};

static const CallDisplay *call_display(Str name)
{
    for (size_t i = 0; i < COUNT_OF(call_displays); i++) {
        if (str_is_nocase(name, call_displays[i].name))
            return &call_displays[i];
    }
    return NULL;
}

/* ── literals ──────────────────────────────────────────────────────────────────────────────────*/

static void write_typed(NameWriter *w, const char *type, const Expr *literal)
{
    strbuf_printf(&w->out, "%s '", type);
    value_to_text(&w->out, literal->literal, 0, w->b->sql->zone);
    write(w, "'");
}

static void write_literal(NameWriter *w, const AstExpr *ast)
{
    DiagnosticList ignored;
    DiagnosticList *kept = w->b->diagnostics;
    const Expr *e;

    diagnostics_init(&ignored, w->b->arena);
    w->b->diagnostics = &ignored;
    e = ast->kind == AST_EXPR_INTERVAL ? bind_interval(w->b, ast, false) : bind_literal(w->b, ast);
    w->b->diagnostics = kept;
    if (!e) /* Told already. */
        return;
    if (e->type->kind == TYPE_VOID)
        write(w, "NULL");
    else if (e->type->kind == TYPE_DATE)
        write_typed(w, "DATE", e);
    else if (e->type->kind == TYPE_TIMESTAMP)
        write_typed(w, "TIMESTAMP", e);
    else if (e->type->kind == TYPE_TIMESTAMP_NTZ)
        write_typed(w, "TIMESTAMP_NTZ", e);
    else if (e->type->kind == TYPE_BINARY)
        strbuf_printf(&w->out, "X'%.*s'", STR_ARG(ast->literal.text));
    else
        value_to_text(&w->out, e->literal, 0, w->b->sql->zone);
}

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

static bool is_lambda_name(const NameWriter *w, Str name)
{
    for (const LambdaScope *lambda = w->lambdas; lambda; lambda = lambda->outer) {
        for (uint32_t i = 0; i < lambda->count; i++) {
            if (str_equal_nocase(lambda->names[i].text, name))
                return true;
        }
    }
    return false;
}

static void write_column(NameWriter *w, const AstExpr *ast)
{
    size_t from;

    if (!ast->column.count)
        return;
    if (is_lambda_name(w, ast->column.parts[0].text)) {
        write(w, "namedlambdavariable()");
        from = 1;
    } else {
        from = w->es ? scope_qualifier_count(w->es, &ast->column) : 0;
        write_str(w, ast->column.parts[from].text);
        from++;
    }
    for (size_t i = from; i < ast->column.count; i++) {
        write(w, ".");
        write_str(w, ast->column.parts[i].text);
    }
}

static void write_list(NameWriter *w, AstExpr *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            write(w, ", ");
        write_expr(w, items[i]);
    }
}

static void write_sort(NameWriter *w, const AstSortList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const AstSortItem *item = &list->items[i];
        bool descending = item->direction == AST_SORT_DESC;
        bool last = item->nulls == AST_SORT_NULLS_DEFAULT ? descending
                                                          : item->nulls == AST_SORT_NULLS_LAST;

        if (i)
            write(w, ", ");
        write_expr(w, item->expr);
        write(w, descending ? " DESC" : " ASC");
        write(w, last ? " NULLS LAST" : " NULLS FIRST");
    }
}

static void write_bound(NameWriter *w, const AstFrameBound *bound)
{
    switch (bound->kind) {
    case AST_BOUND_UNBOUNDED_PRECEDING:
        write(w, "UNBOUNDED PRECEDING");
        return;
    case AST_BOUND_CURRENT_ROW:
        write(w, "CURRENT ROW");
        return;
    case AST_BOUND_UNBOUNDED_FOLLOWING:
        write(w, "UNBOUNDED FOLLOWING");
        return;
    case AST_BOUND_PRECEDING:
        write_expr(w, bound->offset);
        write(w, " PRECEDING");
        return;
    case AST_BOUND_FOLLOWING:
        write_expr(w, bound->offset);
        write(w, " FOLLOWING");
        return;
    }
}

static void write_frame(NameWriter *w, const AstWindowSpec *spec, Str function)
{
    if (str_is_nocase(function, "lag"))
        write(w, "ROWS BETWEEN -1 FOLLOWING AND -1 FOLLOWING");
    else if (str_is_nocase(function, "lead"))
        write(w, "ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING");
    else if (spec->frame) {
        write(w, spec->frame->unit == AST_FRAME_ROWS ? "ROWS BETWEEN " : "RANGE BETWEEN ");
        write_bound(w, &spec->frame->start);
        write(w, " AND ");
        write_bound(w, &spec->frame->end);
    } else if (str_is_nocase(function, "row_number") || str_is_nocase(function, "rank") ||
               str_is_nocase(function, "dense_rank") || str_is_nocase(function, "ntile") ||
               str_is_nocase(function, "percent_rank")) {
        write(w, "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
    } else if (spec->order_by.count) {
        write(w, "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
    } else {
        write(w, "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING");
    }
}

static void write_over(NameWriter *w, const AstFunctionCall *call)
{
    const AstWindowSpec *spec = call->over;

    for (size_t i = 0; spec->name.text.bytes && w->b->windows && i < w->b->windows->count; i++) {
        if (str_equal_nocase(w->b->windows->items[i].name.text, spec->name.text)) {
            spec = w->b->windows->items[i].spec;
            break;
        }
    }
    write(w, " OVER (");
    if (spec->partition_by.count) {
        write(w, "PARTITION BY ");
        write_list(w, spec->partition_by.items, spec->partition_by.count);
        write(w, " ");
    }
    if (spec->order_by.count) {
        write(w, "ORDER BY ");
        write_sort(w, &spec->order_by);
        write(w, " ");
    }
    write_frame(w, spec, call->name.parts[call->name.count - 1].text);
    write(w, ")");
}

static void write_args(NameWriter *w, const AstFunctionCall *call, const CallDisplay *display)
{
    for (size_t i = 0; i < call->arg_count; i++) {
        if (i)
            write(w, ", ");
        if (call->args[i].value)
            write_expr(w, call->args[i].value);
        if (call->form == AST_CALL_STRUCT && call->args[i].alias.text.bytes) {
            write(w, " AS ");
            write_str(w, call->args[i].alias.text);
        }
    }
    if (display && call->arg_count >= 1 && call->arg_count <= COUNT_OF(display->missing) &&
        display->missing[call->arg_count - 1])
        write(w, display->missing[call->arg_count - 1]);
}

static bool call_is(const AstFunctionCall *call, const char *name)
{
    return call->name.count && str_is_nocase(call->name.parts[call->name.count - 1].text, name);
}

static void write_text_args(NameWriter *w, const AstFunctionCall *call, const char *open,
                            const char *between, const char *close)
{
    write(w, open);
    write_expr(w, call->args[0].value);
    write(w, between);
    write_expr(w, call->args[1].value);
    write(w, close);
}

/* Calls printed as something else; false: not one of them. */
static bool write_special_call(NameWriter *w, const AstFunctionCall *call)
{
    if (call->form == AST_CALL_EXTRACT && call->arg_count == 2) {
        write_text_args(w, call, "extract(", " FROM ", ")");
    } else if ((call->form == AST_CALL_TRIM || call->form == AST_CALL_TRIM_LEADING ||
                call->form == AST_CALL_TRIM_TRAILING) &&
               call->arg_count == 2) {
        write(w, call->form == AST_CALL_TRIM           ? "TRIM(BOTH "
                 : call->form == AST_CALL_TRIM_LEADING ? "TRIM(LEADING "
                                                       : "TRIM(TRAILING ");
        write_expr(w, call->args[1].value);
        write(w, " FROM ");
        write_expr(w, call->args[0].value);
        write(w, ")");
    } else if (call_is(call, "if") && call->arg_count == 3) {
        write(w, "(IF(");
        write_args(w, call, NULL);
        write(w, "))");
    } else if (call_is(call, "isnull") && call->arg_count == 1) {
        write(w, "(");
        write_expr(w, call->args[0].value);
        write(w, " IS NULL)");
    } else if (call_is(call, "isnotnull") && call->arg_count == 1) {
        write(w, "(");
        write_expr(w, call->args[0].value);
        write(w, " IS NOT NULL)");
    } else if (call_is(call, "positive") && call->arg_count == 1) {
        write(w, "(+ ");
        write_expr(w, call->args[0].value);
        write(w, ")");
    } else if (call_is(call, "window") || call_is(call, "session_window")) {
        write_str(w, str_lower(w->b->arena, call->name.parts[call->name.count - 1].text));
    } else {
        return false;
    }
    return true;
}

/* double('1') is a cast that nobody wrote as one: Spark prints what is cast. */
static bool is_cast_function(const AstFunctionCall *call)
{
    static const char *const names[] = {"boolean", "tinyint", "smallint", "int",  "bigint",    "float",
                                        "double",  "decimal", "date",     "timestamp", "binary",
                                        "string"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (call->arg_count == 1 && call->args[0].value && !call->over && call_is(call, names[i]))
            return true;
    }
    return false;
}

/* Percentiles print their order without what is the default. */
static void write_percentile_order(NameWriter *w, const AstSortList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        write(w, i ? ", " : "");
        write_expr(w, list->items[i].expr);
        write(w, list->items[i].direction == AST_SORT_DESC ? " DESC" : "");
    }
}

static void write_call(NameWriter *w, const AstFunctionCall *call)
{
    const CallDisplay *display;

    if (!call->name.count)
        return;
    if (is_cast_function(call)) {
        write_expr(w, call->args[0].value);
        return;
    }
    if (!write_special_call(w, call)) {
        Str name = call->name.parts[call->name.count - 1].text;

        display = call_display(name);
        if (call->arg_count > 1 && (str_is_nocase(name, "ceil") || str_is_nocase(name, "floor")))
            display = NULL;
        write_str(w, display && display->display ? str_of(display->display)
                                                 : str_lower(w->b->arena, name));
        write(w, "(");
        if (call->quantifier == AST_QUANTIFIER_DISTINCT)
            write(w, "DISTINCT ");
        if (call_is(call, "count") && call->arg_count == 1 && call->args[0].value &&
            call->args[0].value->kind == AST_EXPR_STAR &&
            call->quantifier != AST_QUANTIFIER_DISTINCT &&
            !call->args[0].value->star.qualifier.count)
            write(w, "1");
        else
            write_args(w, call, display);
        write(w, ")");
    }
    if (call->within_group.count) {
        write(w, " WITHIN GROUP (ORDER BY ");
        if (call_is(call, "percentile_cont") || call_is(call, "percentile_disc"))
            write_percentile_order(w, &call->within_group);
        else
            write_sort(w, &call->within_group);
        write(w, ")");
    }
    if (call->filter) {
        write(w, " FILTER (WHERE ");
        write_expr(w, call->filter);
        write(w, ")");
    }
    if (call->over)
        write_over(w, call);
}

/* ── operators ─────────────────────────────────────────────────────────────────────────────────*/

static void write_infix(NameWriter *w, const AstExpr *left, const char *op, const AstExpr *right)
{
    write(w, "(");
    write_expr(w, left);
    strbuf_printf(&w->out, " %s ", op);
    write_expr(w, right);
    write(w, ")");
}

static void write_binary(NameWriter *w, const AstExpr *ast)
{
    switch (ast->binary.op) {
    case AST_BINARY_CONCAT:
        write(w, "concat(");
        write_expr(w, ast->binary.left);
        write(w, ", ");
        write_expr(w, ast->binary.right);
        write(w, ")");
        return;
    case AST_BINARY_NOT_EQUAL:
        write(w, "(NOT ");
        write_infix(w, ast->binary.left, "=", ast->binary.right);
        write(w, ")");
        return;
    case AST_BINARY_DIV:
        write_infix(w, ast->binary.left, "div", ast->binary.right);
        return;
    case AST_BINARY_EQUAL:
        write_infix(w, ast->binary.left, "=", ast->binary.right);
        return;
    case AST_BINARY_LESS_EQUAL:
        write_infix(w, ast->binary.left, "<=", ast->binary.right);
        return;
    case AST_BINARY_GREATER_EQUAL:
        write_infix(w, ast->binary.left, ">=", ast->binary.right);
        return;
    case AST_BINARY_MULTIPLY:
    case AST_BINARY_DIVIDE:
    case AST_BINARY_MODULO:
    case AST_BINARY_ADD:
    case AST_BINARY_SUBTRACT:
    case AST_BINARY_SHIFT_LEFT:
    case AST_BINARY_SHIFT_RIGHT:
    case AST_BINARY_SHIFT_RIGHT_UNSIGNED:
    case AST_BINARY_BIT_AND:
    case AST_BINARY_BIT_XOR:
    case AST_BINARY_BIT_OR:
    case AST_BINARY_LESS:
    case AST_BINARY_GREATER:
    case AST_BINARY_EQUAL_NULL_SAFE:
        write_infix(w, ast->binary.left, binary_op_text(ast->binary.op), ast->binary.right);
        return;
    }
}

static void write_unary(NameWriter *w, const AstExpr *ast)
{
    static const char *const prefixes[] = {
        [AST_UNARY_PLUS] = "(+ ",
        [AST_UNARY_MINUS] = "(- ",
        [AST_UNARY_BIT_NOT] = "~",
        [AST_UNARY_NOT] = "(NOT ",
    };

    write(w, prefixes[ast->unary.op]);
    write_expr(w, ast->unary.operand);
    if (ast->unary.op != AST_UNARY_BIT_NOT)
        write(w, ")");
}

static void write_logical(NameWriter *w, const AstExpr *ast)
{
    size_t count = ast->logical.operands.count;

    for (size_t i = 1; i < count; i++)
        write(w, "(");
    write_expr(w, ast->logical.operands.items[0]);
    for (size_t i = 1; i < count; i++) {
        write(w, ast->logical.is_or ? " OR " : " AND ");
        write_expr(w, ast->logical.operands.items[i]);
        write(w, ")");
    }
}

static void write_like(NameWriter *w, const AstExpr *ast)
{
    const AstExpr *pattern = ast->like.patterns.count ? ast->like.patterns.items[0] : NULL;

    if (!pattern)
        return;
    if (ast->like.negated)
        write(w, "(NOT ");
    if (ast->like.op == AST_LIKE_LIKE) {
        write_expr(w, ast->like.operand);
        write(w, " LIKE ");
        write_expr(w, pattern);
        if (ast->like.has_escape)
            strbuf_printf(&w->out, " ESCAPE '%.*s'", STR_ARG(ast->like.escape));
    } else {
        write(w, ast->like.op == AST_LIKE_RLIKE ? "RLIKE(" : "ilike(");
        write_expr(w, ast->like.operand);
        write(w, ", ");
        write_expr(w, pattern);
        write(w, ")");
    }
    if (ast->like.negated)
        write(w, ")");
}

static void write_is(NameWriter *w, const AstExpr *ast)
{
    bool truth = ast->is.test == AST_IS_TRUE || ast->is.test == AST_IS_FALSE;

    if (truth && ast->is.negated)
        write(w, "(NOT ");
    write(w, "(");
    write_expr(w, ast->is.operand);
    if (truth)
        write(w, ast->is.test == AST_IS_TRUE ? " <=> true" : " <=> false");
    else
        write(w, ast->is.negated ? " IS NOT NULL" : " IS NULL");
    write(w, ")");
    if (truth && ast->is.negated)
        write(w, ")");
}

static void write_case(NameWriter *w, const AstExpr *ast)
{
    write(w, "CASE");
    for (size_t i = 0; i < ast->cases.when_count; i++) {
        write(w, " WHEN ");
        if (ast->cases.operand)
            write_infix(w, ast->cases.operand, "=", ast->cases.whens[i].when);
        else
            write_expr(w, ast->cases.whens[i].when);
        write(w, " THEN ");
        write_expr(w, ast->cases.whens[i].then);
    }
    if (ast->cases.otherwise) {
        write(w, " ELSE ");
        write_expr(w, ast->cases.otherwise);
    }
    write(w, " END");
}

static void write_cast(NameWriter *w, const AstExpr *ast)
{
    DiagnosticList ignored, *kept = w->b->diagnostics;
    const Type *type;

    diagnostics_init(&ignored, w->b->arena);
    w->b->diagnostics = &ignored;
    type = bind_type(w->b, ast->cast.type);
    w->b->diagnostics = kept;
    if (type && (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP || type->kind == TYPE_STRUCT)) {
        write_expr(w, ast->cast.operand); /* Spark does not print casts to nested types. */
        return;
    }
    write(w, ast->cast.form == AST_CAST_TRY ? "TRY_CAST(" : "CAST(");
    write_expr(w, ast->cast.operand);
    write(w, " AS ");
    if (type)
        type_name_sql(&w->out, type);
    write(w, ")");
}

static void write_in_list(NameWriter *w, const AstExpr *ast)
{
    write(w, ast->in_list.negated ? "(NOT (" : "(");
    write_expr(w, ast->in_list.operand);
    write(w, " IN (");
    write_list(w, ast->in_list.list.items, ast->in_list.list.count);
    write(w, ast->in_list.negated ? ")))" : "))");
}

static void write_between(NameWriter *w, const AstExpr *ast)
{
    write(w, ast->between.negated ? "(NOT between(" : "between(");
    write_expr(w, ast->between.operand);
    write(w, ", ");
    write_expr(w, ast->between.low);
    write(w, ", ");
    write_expr(w, ast->between.high);
    write(w, ast->between.negated ? "))" : ")");
}

static void write_lambda(NameWriter *w, const AstExpr *ast)
{
    LambdaScope scope = {ast->lambda.params.items, NULL, (uint32_t)ast->lambda.params.count,
                         w->lambdas};

    write(w, "lambdafunction(");
    w->lambdas = &scope;
    write_expr(w, ast->lambda.body);
    w->lambdas = scope.outer;
    for (uint32_t i = 0; i < scope.count; i++)
        write(w, ", namedlambdavariable()");
    write(w, ")");
}

static void write_row(NameWriter *w, const AstExpr *ast)
{
    write(w, "struct(");
    for (size_t i = 0; i < ast->row.count; i++) {
        if (i)
            write(w, ", ");
        write_expr(w, ast->row.items[i].expr);
        if (ast->row.items[i].aliases.count == 1) {
            write(w, " AS ");
            write_str(w, ast->row.items[i].aliases.items[0].text);
        }
    }
    write(w, ")");
}

typedef struct OuterNames {
    NameWriter *w;
    bool any;
} OuterNames;

static bool write_outer(void *self, const Expr *e)
{
    OuterNames *names = self;

    if (e->kind != EXPR_OUTER)
        return false;
    write(names->w, names->any ? ", " : "");
    write_str(names->w, plan_column(names->w->b->plan, e->column_i)->name);
    names->any = true;
    return false;
}

static void write_outers_of(void *self, Expr **e)
{
    expr_any(*e, write_outer, self);
}

static void write_outers(OuterNames *names, Logical *node)
{
    logical_each_expr(node, write_outers_of, names);
    for (uint32_t i = 0; i < node->input_count; i++)
        write_outers(names, node->inputs[i]);
}

/* With the columns of the query around that it names, as often as it does. */
static void write_subquery(NameWriter *w, const char *kind, const AstExpr *ast)
{
    OuterNames names = {w, false};
    const Expr *bound = w->es ? bind_known_subquery(w->b, w->es->scope, ast) : NULL;

    write(w, kind);
    write(w, "(");
    if (bound && bound->kind == EXPR_CALL)
        bound = bound->args[0]; /* NOT IN is NOT of IN. */
    if (bound)
        write_outers(&names, bound->subquery->plan);
    write(w, ")");
}

static void write_expr(NameWriter *w, const AstExpr *ast)
{
    switch (ast->kind) {
    case AST_EXPR_LITERAL:
    case AST_EXPR_INTERVAL:
        write_literal(w, ast);
        return;
    case AST_EXPR_COLUMN:
        write_column(w, ast);
        return;
    case AST_EXPR_STAR:
        write(w, "*");
        return;
    case AST_EXPR_PARAMETER:
        strbuf_printf(&w->out, ":%.*s", STR_ARG(ast->parameter.name));
        return;
    case AST_EXPR_UNARY:
        write_unary(w, ast);
        return;
    case AST_EXPR_BINARY:
        write_binary(w, ast);
        return;
    case AST_EXPR_LOGICAL:
        write_logical(w, ast);
        return;
    case AST_EXPR_BETWEEN:
        write_between(w, ast);
        return;
    case AST_EXPR_IN_LIST:
        write_in_list(w, ast);
        return;
    case AST_EXPR_IN_QUERY:
        write(w, ast->in_query.negated ? "(NOT (" : "(");
        write_expr(w, ast->in_query.operand);
        write(w, " IN (");
        write_subquery(w, "listquery", ast);
        write(w, ast->in_query.negated ? ")))" : "))");
        return;
    case AST_EXPR_LIKE:
        write_like(w, ast);
        return;
    case AST_EXPR_IS:
        write_is(w, ast);
        return;
    case AST_EXPR_IS_DISTINCT:
        if (!ast->is_distinct.negated)
            write(w, "(NOT ");
        write_infix(w, ast->is_distinct.left, "<=>", ast->is_distinct.right);
        if (!ast->is_distinct.negated)
            write(w, ")");
        return;
    case AST_EXPR_CASE:
        write_case(w, ast);
        return;
    case AST_EXPR_CAST:
        write_cast(w, ast);
        return;
    case AST_EXPR_CALL:
        write_call(w, ast->call);
        return;
    case AST_EXPR_SUBSCRIPT:
        write_expr(w, ast->subscript.base);
        write(w, "[");
        write_expr(w, ast->subscript.index);
        write(w, "]");
        return;
    case AST_EXPR_FIELD:
        write_expr(w, ast->field.base);
        write(w, ".");
        write_str(w, ast->field.name.text);
        return;
    case AST_EXPR_PATH:
        write_expr(w, ast->path.base);
        write(w, ":");
        write_str(w, ast->path.path);
        return;
    case AST_EXPR_LAMBDA:
        write_lambda(w, ast);
        return;
    case AST_EXPR_ROW:
        write_row(w, ast);
        return;
    case AST_EXPR_EXISTS:
        write_subquery(w, "exists", ast);
        return;
    case AST_EXPR_SUBQUERY:
        write_subquery(w, "scalarsubquery", ast);
        return;
    case AST_EXPR_COLLATE:
        write_expr(w, ast->collate.operand);
        return;
    case AST_EXPR_KIND_COUNT:
        return;
    }
}

static Str expr_text(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    NameWriter w = {.b = b, .es = es};
    Str text;

    strbuf_init(&w.out);
    write_expr(&w, ast);
    text = str_copy(b->arena, strbuf_str(&w.out));
    strbuf_done(&w.out);
    return text;
}

Str bind_name(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    /* A column keeps its own name, a field its own: `SELECT s.a` is a. */
    if (ast->kind == AST_EXPR_COLUMN && ast->column.count)
        return ast->column.parts[ast->column.count - 1].text;
    if (ast->kind == AST_EXPR_FIELD)
        return ast->field.name.text;
    return expr_text(b, es, ast);
}

/* `SELECT CAST(a AS INT)` is a; of a field, or within anything else, the cast is written out. */
static bool is_cast_column(const ExprScope *es, const AstExpr *ast)
{
    const AstExpr *operand = ast->kind == AST_EXPR_CAST ? ast->cast.operand : NULL;

    return operand && operand->kind == AST_EXPR_COLUMN && operand->column.count && es &&
           scope_qualifier_count(es, &operand->column) + 1 == operand->column.count;
}

Str bind_item_name(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    return bind_name(b, es, is_cast_column(es, ast) ? ast->cast.operand : ast);
}
