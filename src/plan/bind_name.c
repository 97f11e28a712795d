/*
 * bind_name.c: what Spark calls a column that has no alias: the expression as Spark prints it, which
 * is not as it was written: `count(1)` for count(*), `(a + 1)`, `CAST(x AS INT)`.
 *
 * Spark prints the resolved expression; here it is the syntax tree, with the rules by which the two
 * differ. Some depend on types (`d + 1` of a DATE is date_add(d, 1)): bound.h knows them. bind_name_call.c
 * has those of functions.
 */
#include "plan/bind_name.h"

#include <ctype.h>

#include "base/assert.h"
#include "column/format_value.h"

TypeKind name_type(const NameWriter *w, const AstExpr *ast)
{
    const Expr *e = bound_find(&w->b->bound, ast);

    return e ? e->type->kind : TYPE_VOID;
}

/* ── literals ──────────────────────────────────────────────────────────────────────────────────*/

static void write_typed(NameWriter *w, const char *type, const Expr *literal)
{
    strbuf_printf(&w->out, "%s '", type);
    value_to_text(&w->out, literal->literal, 0, w->b->sql->zone);
    name_text(w, "'");
}

/* As Java's BigDecimal: with an exponent where it begins with more than six zeroes. */
static void write_decimal(NameWriter *w, const Expr *literal)
{
    StrBuf digits;
    Str text;
    int scale = literal->type->scale, exponent;
    bool negative;

    strbuf_init(&digits);
    decimal_to_text(&digits, vector_i128(literal->literal)[0], 0);
    text = strbuf_str(&digits);
    negative = text.bytes && text.data[0] == '-';
    text = (Str){text.data + negative, text.bytes - negative};
    exponent = (int)text.bytes - 1 - scale;
    if (exponent >= -6) {
        decimal_to_text(&w->out, vector_i128(literal->literal)[0], scale);
    } else {
        name_text(w, negative ? "-" : "");
        strbuf_add(&w->out, text.data, 1);
        if (text.bytes > 1) {
            name_text(w, ".");
            strbuf_add(&w->out, text.data + 1, text.bytes - 1);
        }
        strbuf_printf(&w->out, "E%d", exponent);
    }
    strbuf_done(&digits);
}

static void write_binary_literal(NameWriter *w, const Expr *literal)
{
    Str bytes = vector_strs(literal->literal)[0];

    name_text(w, "X'");
    for (size_t i = 0; i < bytes.bytes; i++)
        strbuf_printf(&w->out, "%02X", (unsigned)(unsigned char)bytes.data[i]);
    name_text(w, "'");
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
        name_text(w, "NULL");
    else if (e->type->kind == TYPE_DATE)
        write_typed(w, "DATE", e);
    else if (e->type->kind == TYPE_TIMESTAMP)
        write_typed(w, "TIMESTAMP", e);
    else if (e->type->kind == TYPE_TIMESTAMP_NTZ)
        write_typed(w, "TIMESTAMP_NTZ", e);
    else if (e->type->kind == TYPE_BINARY)
        write_binary_literal(w, e);
    else if (e->type->kind == TYPE_DECIMAL)
        write_decimal(w, e);
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

/* The column in the scopes around; NULL: of none of them. */
static const ScopeColumn *scope_column_of(const Scope *scope, uint32_t id)
{
    for (; scope; scope = scope->outer) {
        for (size_t i = 0; i < scope->columns.count; i++) {
            if (scope->columns.items[i].id == id)
                return &scope->columns.items[i];
        }
    }
    return NULL;
}

/* The column of the query around that `ast` is, or whose field; NULL: it is none. */
static const ScopeColumn *outer_column(const NameWriter *w, const AstExpr *ast)
{
    const Expr *e = bound_find(&w->b->bound, ast);

    while (e && e->kind == EXPR_CALL && e->arg_count)
        e = e->args[0];
    return e && e->kind == EXPR_OUTER && w->es ? scope_column_of(w->es->scope, e->column_i) : NULL;
}

/* outer(spark_catalog.default.t.a) */
static void write_outer_column(NameWriter *w, const ScopeColumn *column)
{
    name_text(w, column->persistent ? "outer(spark_catalog.default." : "outer(");
    if (column->table.bytes) {
        name_str(w, column->table);
        name_text(w, ".");
    }
    name_str(w, column->name);
    name_text(w, ")");
}

/* An earlier item of the same SELECT, where the input has no such column. */
static bool is_alias_reference(const NameWriter *w, const AstExpr *ast)
{
    const ExprScope *es = w->es;

    if (!es || !es->aliases || !es->clause || strcmp(es->clause, "SELECT") != 0 ||
        (es->scope && scope_has(es->scope, &ast->column)))
        return false;
    for (size_t i = 0; i < es->aliases->items.count; i++) {
        if (str_equal_nocase(es->aliases->items.items[i].name, ast->column.parts[0].text))
            return true;
    }
    return false;
}

static bool is_bare_call(const NameWriter *w, const AstExpr *ast)
{
    const Expr *e = bound_find(&w->b->bound, ast);

    return ast->column.count == 1 && e && e->kind == EXPR_CALL && !e->arg_count &&
           !str_is_nocase(ast->column.parts[0].text, "grouping__id") &&
           (!w->es || !w->es->scope || !scope_has(w->es->scope, &ast->column));
}

/* The fields that a.b.c names from part `from` on; a map's is a key. */
static void write_fields(NameWriter *w, const AstExpr *ast, size_t from)
{
    const Expr *bases[8], *e = bound_find(&w->b->bound, ast);
    size_t count = 0;

    /* bases[k]: what the k-th last part is a field of. */
    while (e && e->kind == EXPR_CALL && e->arg_count == 2 && count < COUNT_OF(bases)) {
        e = e->args[0];
        bases[count++] = e;
    }
    for (size_t i = from; i < ast->column.count; i++) {
        size_t last = ast->column.count - 1 - i;
        bool map = last < count && bases[last]->type->kind == TYPE_MAP;

        name_text(w, map ? "[" : ".");
        name_str(w, ast->column.parts[i].text);
        name_text(w, map ? "]" : "");
    }
}

static void write_column(NameWriter *w, const AstExpr *ast)
{
    const ScopeColumn *outer;
    size_t from;

    if (!ast->column.count)
        return;
    outer = outer_column(w, ast);
    if (is_lambda_name(w, ast->column.parts[0].text)) {
        name_text(w, "namedlambdavariable()");
        from = 1;
    } else if (outer) {
        write_outer_column(w, outer);
        from = scope_qualifier_count(w->es, &ast->column) + 1;
    } else if (is_bare_call(w, ast)) {
        name_bare_call(w, ast->column.parts[0].text);
        return;
    } else if (is_alias_reference(w, ast)) {
        name_text(w, "lateralAliasReference(");
        for (size_t i = 0; i < ast->column.count; i++) {
            name_text(w, i ? "." : "");
            name_str(w, ast->column.parts[i].text);
        }
        name_text(w, ")");
        return;
    } else {
        from = w->es ? scope_qualifier_count(w->es, &ast->column) : 0;
        name_str(w, ast->column.parts[from].text);
        from++;
    }
    write_fields(w, ast, from);
}

void name_list(NameWriter *w, AstExpr *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            name_text(w, ", ");
        if (items[i]->kind != AST_EXPR_STAR || !name_star(w, items[i]))
            name_expr(w, items[i]);
    }
}

/* ── operators ─────────────────────────────────────────────────────────────────────────────────*/

bool name_star(NameWriter *w, const AstExpr *star)
{
    DiagnosticList ignored, *kept = w->b->diagnostics;
    StarColumnVec columns = {0};
    bool known;

    diagnostics_init(&ignored, w->b->arena);
    w->b->diagnostics = &ignored;
    known = w->es && w->es->scope && scope_expand_star(w->b, w->es->scope, star, &columns);
    w->b->diagnostics = kept;
    for (size_t i = 0; i < columns.count && known; i++) {
        name_text(w, i ? ", " : "");
        name_str(w, columns.items[i].name);
    }
    return known;
}

void name_infix(NameWriter *w, const AstExpr *left, const char *op, const AstExpr *right)
{
    name_text(w, "(");
    name_expr(w, left);
    strbuf_printf(&w->out, " %s ", op);
    name_expr(w, right);
    name_text(w, ")");
}

static bool is_interval(TypeKind kind)
{
    return kind == TYPE_INTERVAL_YM || kind == TYPE_INTERVAL_DT || kind == TYPE_INTERVAL;
}

static bool is_time(TypeKind kind)
{
    return kind == TYPE_DATE || kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_NTZ;
}

static bool is_whole_days(const NameWriter *w, const AstExpr *ast)
{
    const Expr *e = bound_find(&w->b->bound, ast);

    return e && e->type->kind == TYPE_INTERVAL_DT && e->type->from_unit == UNIT_DAY &&
           e->type->to_unit == UNIT_DAY;
}

static bool is_null(const AstExpr *ast)
{
    return ast->kind == AST_EXPR_LITERAL && ast->literal.kind == AST_LITERAL_NULL;
}

/* time + interval: that becomes an expression of its own, printed without parentheses, the time first. */
static void write_time_and_interval(NameWriter *w, const AstExpr *time, const char *op,
                                    const AstExpr *interval)
{
    bool minus = *op == '-';

    if (name_type(w, time) == TYPE_DATE && is_whole_days(w, interval)) {
        name_text(w, "date_add(");
        name_expr(w, time);
        name_text(w, minus ? ", (- extractansiintervaldays(" : ", extractansiintervaldays(");
        name_expr(w, interval);
        name_text(w, minus ? ")))" : "))");
        return;
    }
    name_expr(w, time);
    strbuf_printf(&w->out, " %s ", op);
    name_expr(w, interval);
}

static void write_date_and_days(NameWriter *w, const AstExpr *date, bool minus, const AstExpr *days)
{
    name_text(w, minus ? "date_sub(" : "date_add(");
    name_expr(w, date);
    name_text(w, ", ");
    name_expr(w, days);
    name_text(w, ")");
}

/* Arithmetic with times and intervals; false: it is none, or is printed as any other. */
static bool write_time_arithmetic(NameWriter *w, const AstExpr *ast)
{
    const AstExpr *left = ast->binary.left, *right = ast->binary.right;
    TypeKind a = name_type(w, left), b = name_type(w, right);
    bool plus = ast->binary.op == AST_BINARY_ADD, minus = ast->binary.op == AST_BINARY_SUBTRACT;

    if (ast->binary.op == AST_BINARY_MULTIPLY && is_interval(b) && !is_interval(a)) {
        name_infix(w, right, "*", left);
        return true;
    }
    if (!plus && !minus)
        return false;
    if ((is_interval(b) && !is_interval(a) && !is_null(left)) ||
        (plus && is_time(a) && is_null(right)))
        write_time_and_interval(w, left, plus ? "+" : "-", right);
    else if (plus && ((is_interval(a) && !is_interval(b) && !is_null(right)) ||
                      (is_null(left) && is_time(b))))
        write_time_and_interval(w, right, "+", left);
    else if (a == TYPE_DATE && b >= TYPE_TINYINT && b <= TYPE_INT)
        write_date_and_days(w, left, minus, right);
    else if (plus && b == TYPE_DATE && a >= TYPE_TINYINT && a <= TYPE_INT)
        write_date_and_days(w, right, false, left);
    else
        return false;
    return true;
}

static void write_binary(NameWriter *w, const AstExpr *ast)
{
    if (write_time_arithmetic(w, ast))
        return;
    switch (ast->binary.op) {
    case AST_BINARY_CONCAT:
        name_text(w, "concat(");
        name_expr(w, ast->binary.left);
        name_text(w, ", ");
        name_expr(w, ast->binary.right);
        name_text(w, ")");
        return;
    case AST_BINARY_NOT_EQUAL:
        name_text(w, "(NOT ");
        name_infix(w, ast->binary.left, "=", ast->binary.right);
        name_text(w, ")");
        return;
    case AST_BINARY_DIV:
        name_infix(w, ast->binary.left, "div", ast->binary.right);
        return;
    case AST_BINARY_EQUAL:
        name_infix(w, ast->binary.left, "=", ast->binary.right);
        return;
    case AST_BINARY_LESS_EQUAL:
        name_infix(w, ast->binary.left, "<=", ast->binary.right);
        return;
    case AST_BINARY_GREATER_EQUAL:
        name_infix(w, ast->binary.left, ">=", ast->binary.right);
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
        name_infix(w, ast->binary.left, binary_op_text(ast->binary.op), ast->binary.right);
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

    name_text(w, prefixes[ast->unary.op]);
    name_expr(w, ast->unary.operand);
    if (ast->unary.op != AST_UNARY_BIT_NOT)
        name_text(w, ")");
}

static void write_logical(NameWriter *w, const AstExpr *ast)
{
    size_t count = ast->logical.operands.count;

    for (size_t i = 1; i < count; i++)
        name_text(w, "(");
    name_expr(w, ast->logical.operands.items[0]);
    for (size_t i = 1; i < count; i++) {
        name_text(w, ast->logical.is_or ? " OR " : " AND ");
        name_expr(w, ast->logical.operands.items[i]);
        name_text(w, ")");
    }
}

static void write_like_one(NameWriter *w, const AstExpr *ast, const AstExpr *pattern)
{
    if (ast->like.negated)
        name_text(w, "(NOT ");
    if (ast->like.op == AST_LIKE_LIKE) {
        name_expr(w, ast->like.operand);
        name_text(w, " LIKE ");
        name_expr(w, pattern);
        if (ast->like.has_escape)
            strbuf_printf(&w->out, " ESCAPE '%.*s'", STR_ARG(ast->like.escape));
    } else {
        name_text(w, ast->like.op == AST_LIKE_RLIKE ? "RLIKE(" : "ilike(");
        name_expr(w, ast->like.operand);
        name_text(w, ", ");
        name_expr(w, pattern);
        name_text(w, ")");
    }
    if (ast->like.negated)
        name_text(w, ")");
}

static bool patterns_are_constant(const NameWriter *w, const AstExpr *ast)
{
    for (size_t i = 0; i < ast->like.patterns.count; i++) {
        const Expr *e = bound_find(&w->b->bound, ast->like.patterns.items[i]);

        if (!e || !expr_is_constant(e))
            return false;
    }
    return true;
}

/* x LIKE ANY ('a', 'b') keeps its patterns to itself where they are constants; ILIKE lowers x then. */
static void write_like_quantified(NameWriter *w, const AstExpr *ast)
{
    bool any = ast->like.quantifier == AST_LIKE_ANY, lower = ast->like.op == AST_LIKE_ILIKE;

    name_text(w, ast->like.negated ? "not" : "");
    name_text(w, any ? "likeany(" : "likeall(");
    name_text(w, lower ? "lower(" : "");
    name_expr(w, ast->like.operand);
    name_text(w, lower ? "))" : ")");
}

static void write_like(NameWriter *w, const AstExpr *ast)
{
    size_t count = ast->like.patterns.count;

    if (ast->like.quantifier != AST_LIKE_ONE && patterns_are_constant(w, ast)) {
        write_like_quantified(w, ast);
        return;
    }
    for (size_t i = 1; i < count; i++)
        name_text(w, "(");
    for (size_t i = 0; i < count; i++) {
        if (i)
            name_text(w, ast->like.quantifier == AST_LIKE_ANY ? " OR " : " AND ");
        write_like_one(w, ast, ast->like.patterns.items[i]);
        name_text(w, i ? ")" : "");
    }
}

static bool is_boolean_literal(const AstExpr *ast)
{
    return ast->kind == AST_EXPR_LITERAL && ast->literal.kind == AST_LITERAL_BOOLEAN;
}

static void write_is(NameWriter *w, const AstExpr *ast)
{
    bool truth = ast->is.test == AST_IS_TRUE || ast->is.test == AST_IS_FALSE;

    if (truth && ast->is.negated)
        name_text(w, "(NOT ");
    name_text(w, "(");
    name_expr(w, ast->is.operand);
    /* Spark forgets how it was written as soon as it resolves anything inside. */
    if (ast->is.test == AST_IS_UNKNOWN && is_boolean_literal(ast->is.operand))
        name_text(w, ast->is.negated ? " IS NOT UNKNOWN" : " IS UNKNOWN");
    else if (truth)
        name_text(w, ast->is.test == AST_IS_TRUE ? " <=> true" : " <=> false");
    else
        name_text(w, ast->is.negated ? " IS NOT NULL" : " IS NULL");
    name_text(w, ")");
    if (truth && ast->is.negated)
        name_text(w, ")");
}

static void write_case(NameWriter *w, const AstExpr *ast)
{
    name_text(w, "CASE");
    for (size_t i = 0; i < ast->cases.when_count; i++) {
        name_text(w, " WHEN ");
        if (ast->cases.operand)
            name_infix(w, ast->cases.operand, "=", ast->cases.whens[i].when);
        else
            name_expr(w, ast->cases.whens[i].when);
        name_text(w, " THEN ");
        name_expr(w, ast->cases.whens[i].then);
    }
    if (ast->cases.otherwise) {
        name_text(w, " ELSE ");
        name_expr(w, ast->cases.otherwise);
    }
    name_text(w, " END");
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
        name_expr(w, ast->cast.operand); /* Spark does not print casts to nested types. */
        return;
    }
    name_text(w, ast->cast.form == AST_CAST_TRY ? "TRY_CAST(" : "CAST(");
    name_expr(w, ast->cast.operand);
    name_text(w, " AS ");
    if (type)
        type_name_sql(&w->out, type);
    name_text(w, ")");
}

static void write_in_list(NameWriter *w, const AstExpr *ast)
{
    name_text(w, ast->in_list.negated ? "(NOT (" : "(");
    name_expr(w, ast->in_list.operand);
    name_text(w, " IN (");
    name_list(w, ast->in_list.list.items, ast->in_list.list.count);
    name_text(w, ast->in_list.negated ? ")))" : "))");
}

static void write_between(NameWriter *w, const AstExpr *ast)
{
    name_text(w, ast->between.negated ? "(NOT between(" : "between(");
    name_expr(w, ast->between.operand);
    name_text(w, ", ");
    name_expr(w, ast->between.low);
    name_text(w, ", ");
    name_expr(w, ast->between.high);
    name_text(w, ast->between.negated ? "))" : ")");
}

static void write_lambda(NameWriter *w, const AstExpr *ast)
{
    LambdaScope scope = {ast->lambda.params.items, NULL, (uint32_t)ast->lambda.params.count,
                         w->lambdas};

    name_text(w, "lambdafunction(");
    w->lambdas = &scope;
    name_expr(w, ast->lambda.body);
    w->lambdas = scope.outer;
    for (uint32_t i = 0; i < scope.count; i++)
        name_text(w, ", namedlambdavariable()");
    name_text(w, ")");
}

static void write_row(NameWriter *w, const AstExpr *ast)
{
    name_text(w, "named_struct(");
    for (size_t i = 0; i < ast->row.count; i++) {
        if (i)
            name_text(w, ", ");
        name_str(w, row_field_name(w->b, ast, i));
        name_text(w, ", ");
        name_expr(w, ast->row.items[i].expr);
        if (ast->row.items[i].aliases.count == 1) {
            name_text(w, " AS ");
            name_str(w, ast->row.items[i].aliases.items[0].text);
        }
    }
    name_text(w, ")");
}

/* (a, 1) IN (SELECT ...): the operands as Spark packs them, names quoted. */
static void write_in_row(NameWriter *w, const AstExpr *row)
{
    name_text(w, "named_struct(");
    for (size_t i = 0; i < row->row.count; i++) {
        const AstExpr *item = row->row.items[i].expr;
        bool named = item->kind == AST_EXPR_COLUMN || item->kind == AST_EXPR_LITERAL;

        name_text(w, i ? ", '" : "'");
        if (named)
            name_expr(w, item);
        else
            strbuf_printf(&w->out, "_%zu", i);
        name_text(w, "', ");
        name_expr(w, item);
    }
    name_text(w, ")");
}

typedef struct OuterNames {
    NameWriter *w;
    bool any;
} OuterNames;

static bool write_outer(void *self, const Expr *e)
{
    OuterNames *names = self;
    const ScopeColumn *column;

    if (e->kind != EXPR_OUTER)
        return false;
    name_text(names->w, names->any ? ", " : "");
    column = names->w->es ? scope_column_of(names->w->es->scope, e->column_i) : NULL;
    name_str(names->w, column ? column->name
                              : plan_column(names->w->b->plan, e->column_i)->name);
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

    name_text(w, kind);
    name_text(w, "(");
    if (bound && bound->kind == EXPR_CALL)
        bound = bound->args[0]; /* NOT IN is NOT of IN. */
    if (bound)
        write_outers(&names, bound->subquery->plan);
    name_text(w, ")");
}

void name_expr(NameWriter *w, const AstExpr *ast)
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
        name_text(w, "*");
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
        name_text(w, ast->in_query.negated ? "(NOT (" : "(");
        if (ast->in_query.operand->kind == AST_EXPR_ROW)
            write_in_row(w, ast->in_query.operand);
        else
            name_expr(w, ast->in_query.operand);
        name_text(w, " IN (");
        write_subquery(w, "listquery", ast);
        name_text(w, ast->in_query.negated ? ")))" : "))");
        return;
    case AST_EXPR_LIKE:
        write_like(w, ast);
        return;
    case AST_EXPR_IS:
        write_is(w, ast);
        return;
    case AST_EXPR_IS_DISTINCT:
        if (!ast->is_distinct.negated)
            name_text(w, "(NOT ");
        name_infix(w, ast->is_distinct.left, "<=>", ast->is_distinct.right);
        if (!ast->is_distinct.negated)
            name_text(w, ")");
        return;
    case AST_EXPR_CASE:
        write_case(w, ast);
        return;
    case AST_EXPR_CAST:
        write_cast(w, ast);
        return;
    case AST_EXPR_CALL:
        name_call(w, ast);
        return;
    case AST_EXPR_SUBSCRIPT:
        name_expr(w, ast->subscript.base);
        name_text(w, name_type(w, ast->subscript.base) == TYPE_STRUCT ? "." : "[");
        name_expr(w, ast->subscript.index);
        name_text(w, name_type(w, ast->subscript.base) == TYPE_STRUCT ? "" : "]");
        return;
    case AST_EXPR_FIELD:
        name_expr(w, ast->field.base);
        name_text(w, name_type(w, ast->field.base) == TYPE_MAP ? "[" : ".");
        name_str(w, ast->field.name.text);
        name_text(w, name_type(w, ast->field.base) == TYPE_MAP ? "]" : "");
        return;
    case AST_EXPR_PATH:
        name_expr(w, ast->path.base);
        name_text(w, ":");
        name_str(w, ast->path.path);
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
        name_expr(w, ast->collate.operand);
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
    name_expr(&w, ast);
    text = str_copy(b->arena, strbuf_str(&w.out));
    strbuf_done(&w.out);
    return text;
}

Str bind_name(Binder *b, const ExprScope *es, const AstExpr *ast)
{
    NameWriter w = {.b = b, .es = es};

    /* A column keeps its own name, its field its own: `SELECT s.a` is a; others have their text. */
    if (ast->kind == AST_EXPR_COLUMN && ast->column.count && !is_bare_call(&w, ast))
        return ast->column.parts[ast->column.count - 1].text;
    if (ast->kind == AST_EXPR_FIELD && ast->field.base->kind == AST_EXPR_COLUMN)
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
