/*
 * ast_print.c: names, types, expressions.
 */
#include "sql/ast_print.h"

#include "sql/keyword.h"

/* ── names and strings ─────────────────────────────────────────────────────────────────────────*/

static bool is_plain(Str name)
{
    bool letter = false;

    for (uint32_t i = 0; i < name.bytes; i++) {
        char c = name.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
            letter = true;
        else if (c < '0' || c > '9' || !letter)
            return false;
    }
    return letter;
}

void ast_print_ident(StrBuf *out, const Ident *ident)
{
    if (!ident->quoted && is_plain(ident->text)) {
        strbuf_add_str(out, ident->text);
        return;
    }
    strbuf_add_quoted(out, ident->text, '`');
}

void ast_print_name(StrBuf *out, const QualifiedName *name)
{
    if (name->computed) {
        strbuf_add_c(out, "IDENTIFIER(");
        ast_print_expr(out, name->computed);
        strbuf_add_char(out, ')');
    }
    for (size_t i = 0; i < name->count; i++) {
        if (i > 0 || name->computed)
            strbuf_add_char(out, '.');
        ast_print_ident(out, &name->parts[i]);
    }
}

void ast_print_idents(StrBuf *out, const IdentList *list)
{
    strbuf_add_char(out, '(');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        ast_print_ident(out, &list->items[i]);
    }
    strbuf_add_char(out, ')');
}

void ast_print_names(StrBuf *out, const QualifiedNameList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        ast_print_name(out, &list->items[i]);
    }
}

void ast_print_string(StrBuf *out, Str text)
{
    strbuf_add_char(out, '\'');
    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];

        if (c == '\'' || c == '\\')
            strbuf_printf(out, "\\%c", c);
        else if (c == '\n')
            strbuf_add_c(out, "\\n");
        else if ((unsigned char)c < 0x20)
            strbuf_printf(out, "\\u%04x", (unsigned)c);
        else
            strbuf_add_char(out, c);
    }
    strbuf_add_char(out, '\'');
}

/* ── types ─────────────────────────────────────────────────────────────────────────────────────*/

static void print_fields(StrBuf *out, const AstTypeName *type)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const AstTypeField *field = &type->fields[i];

        if (i > 0)
            strbuf_add_c(out, ", ");
        ast_print_ident(out, &field->name);
        strbuf_add_c(out, ": ");
        ast_print_type(out, field->type);
        if (field->not_null)
            strbuf_add_c(out, " NOT NULL");
        if (field->has_comment) {
            strbuf_add_c(out, " COMMENT ");
            ast_print_string(out, field->comment);
        }
    }
}

static void print_simple_type(StrBuf *out, const AstTypeName *type)
{
    ast_print_ident(out, &(Ident){.text = type->name});
    for (size_t i = 0; i < type->param_count; i++)
        strbuf_printf(out, "%s%d", i > 0 ? ", " : "(", type->params[i]);
    if (type->param_count > 0)
        strbuf_add_char(out, ')');
    if (type->collation.bytes > 0) {
        strbuf_add_c(out, " COLLATE ");
        ast_print_ident(out, &(Ident){.text = type->collation});
    }
}

void ast_print_type(StrBuf *out, const AstTypeName *type)
{
    switch (type->kind) {
    case AST_TYPE_NAME_SIMPLE:
        print_simple_type(out, type);
        break;
    case AST_TYPE_NAME_ARRAY:
        strbuf_add_c(out, "ARRAY<");
        ast_print_type(out, type->element);
        strbuf_add_char(out, '>');
        break;
    case AST_TYPE_NAME_MAP:
        strbuf_add_c(out, "MAP<");
        ast_print_type(out, type->key);
        strbuf_add_c(out, ", ");
        ast_print_type(out, type->element);
        strbuf_add_char(out, '>');
        break;
    case AST_TYPE_NAME_STRUCT:
        strbuf_add_c(out, "STRUCT<");
        print_fields(out, type);
        strbuf_add_char(out, '>');
        break;
    case AST_TYPE_NAME_INTERVAL:
        strbuf_add_c(out, "INTERVAL");
        if (type->unit_from != AST_UNIT_NONE)
            strbuf_printf(out, " %s", interval_unit_name(type->unit_from));
        if (type->unit_to != type->unit_from)
            strbuf_printf(out, " TO %s", interval_unit_name(type->unit_to));
        break;
    }
}

/* ── literals ──────────────────────────────────────────────────────────────────────────────────*/

static void print_typed(StrBuf *out, const char *type, Str text)
{
    strbuf_add_c(out, type);
    ast_print_string(out, text);
}

static void print_literal(StrBuf *out, AstLiteralKind kind, Str text)
{
    static const char *const suffixes[] = {
        [AST_LITERAL_NULL] = "",     [AST_LITERAL_BOOLEAN] = "",       [AST_LITERAL_INTEGER] = "",
        [AST_LITERAL_TINYINT] = "Y", [AST_LITERAL_SMALLINT] = "S",     [AST_LITERAL_BIGINT] = "L",
        [AST_LITERAL_DECIMAL] = "",  [AST_LITERAL_BIG_DECIMAL] = "BD", [AST_LITERAL_FLOAT] = "F",
        [AST_LITERAL_DOUBLE] = "D",
    };
    static const char *const types[] = {
        [AST_LITERAL_STRING] = "",
        [AST_LITERAL_BINARY] = "X",
        [AST_LITERAL_DATE] = "DATE ",
        [AST_LITERAL_TIME] = "TIME ",
        [AST_LITERAL_TIMESTAMP] = "TIMESTAMP ",
        [AST_LITERAL_TIMESTAMP_NTZ] = "TIMESTAMP_NTZ ",
        [AST_LITERAL_TIMESTAMP_LTZ] = "TIMESTAMP_LTZ ",
    };

    if (kind < AST_LITERAL_STRING)
        strbuf_printf(out, "%.*s%s", STR_ARG(text), suffixes[kind]);
    else
        print_typed(out, types[kind], text);
}

static void print_interval(StrBuf *out, const AstExpr *e)
{
    strbuf_add_c(out, "INTERVAL");
    for (size_t i = 0; i < e->interval.part_count; i++) {
        const AstIntervalPart *part = &e->interval.parts[i];

        strbuf_add_c(out, part->negative ? " -" : " ");
        if (part->is_string)
            ast_print_string(out, part->value);
        else
            strbuf_add_str(out, part->value);
        if (part->unit != AST_UNIT_NONE)
            strbuf_printf(out, " %s", interval_unit_name(part->unit));
    }
    if (e->interval.unit_to != AST_UNIT_NONE)
        strbuf_printf(out, " TO %s", interval_unit_name(e->interval.unit_to));
}

/* ── calls ─────────────────────────────────────────────────────────────────────────────────────*/

void ast_print_exprs(StrBuf *out, const AstExprList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        ast_print_expr(out, list->items[i]);
    }
}

void ast_print_named_exprs(StrBuf *out, const AstNamedExprList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const AstNamedExpr *named = &list->items[i];

        if (i > 0)
            strbuf_add_c(out, ", ");
        ast_print_expr(out, named->expr);
        if (named->aliases.count == 1) {
            strbuf_add_c(out, " AS ");
            ast_print_ident(out, &named->aliases.items[0]);
        } else if (named->aliases.count > 1) {
            strbuf_add_c(out, " AS ");
            ast_print_idents(out, &named->aliases);
        }
    }
}

void ast_print_sort_list(StrBuf *out, const AstSortList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const AstSortItem *item = &list->items[i];

        if (i > 0)
            strbuf_add_c(out, ", ");
        ast_print_expr(out, item->expr);
        if (item->direction != AST_SORT_DEFAULT)
            strbuf_add_c(out, item->direction == AST_SORT_ASC ? " ASC" : " DESC");
        if (item->nulls != AST_SORT_NULLS_DEFAULT)
            strbuf_add_c(out, item->nulls == AST_SORT_NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
    }
}

static void print_bound(StrBuf *out, const AstFrameBound *bound)
{
    static const char *const texts[] = {
        [AST_BOUND_UNBOUNDED_PRECEDING] = "UNBOUNDED PRECEDING",
        [AST_BOUND_PRECEDING] = " PRECEDING",
        [AST_BOUND_CURRENT_ROW] = "CURRENT ROW",
        [AST_BOUND_FOLLOWING] = " FOLLOWING",
        [AST_BOUND_UNBOUNDED_FOLLOWING] = "UNBOUNDED FOLLOWING",
    };

    if (bound->offset)
        ast_print_expr(out, bound->offset);
    strbuf_add_c(out, texts[bound->kind]);
}

static void print_frame(StrBuf *out, const AstWindowFrame *frame)
{
    strbuf_add_c(out, frame->unit == AST_FRAME_ROWS ? "ROWS " : "RANGE ");
    if (frame->has_end)
        strbuf_add_c(out, "BETWEEN ");
    print_bound(out, &frame->start);
    if (frame->has_end) {
        strbuf_add_c(out, " AND ");
        print_bound(out, &frame->end);
    }
}

void ast_print_window_spec(StrBuf *out, const AstWindowSpec *spec)
{
    const char *blank = "";

    strbuf_add_char(out, '(');
    if (spec->name.text.bytes > 0) {
        ast_print_ident(out, &spec->name);
        blank = " ";
    }
    if (spec->partition_by.count > 0) {
        strbuf_printf(out, "%sPARTITION BY ", blank);
        ast_print_exprs(out, &spec->partition_by);
        blank = " ";
    }
    if (spec->order_by.count > 0) {
        strbuf_printf(out, "%sORDER BY ", blank);
        ast_print_sort_list(out, &spec->order_by);
        blank = " ";
    }
    if (spec->frame) {
        strbuf_add_c(out, blank);
        print_frame(out, spec->frame);
    }
    strbuf_add_char(out, ')');
}

static void print_table_argument(StrBuf *out, const AstTableArgument *table)
{
    strbuf_add_c(out, "TABLE(");
    if (table->relation->kind == AST_RELATION_SUBQUERY)
        ast_print_query(out, table->relation->query);
    else
        ast_print_name(out, &table->relation->table.name);
    strbuf_add_char(out, ')');
    if (table->single_partition)
        strbuf_add_c(out, " WITH SINGLE PARTITION");
    if (table->partition_by.count > 0) {
        strbuf_add_c(out, " PARTITION BY (");
        ast_print_exprs(out, &table->partition_by);
        strbuf_add_char(out, ')');
    }
    if (table->order_by.count > 0) {
        strbuf_add_c(out, " ORDER BY (");
        ast_print_sort_list(out, &table->order_by);
        strbuf_add_char(out, ')');
    }
}

static void print_arg(StrBuf *out, const AstFunctionArg *arg)
{
    if (arg->name.text.bytes > 0) {
        ast_print_ident(out, &arg->name);
        strbuf_add_c(out, " => ");
    }
    if (arg->table)
        print_table_argument(out, arg->table);
    else
        ast_print_expr(out, arg->value);
    if (arg->alias.text.bytes > 0) {
        strbuf_add_c(out, " AS ");
        ast_print_ident(out, &arg->alias);
    }
}

/* Arguments with a word before each but the first: x FROM y FOR z. */
static void print_worded(StrBuf *out, const AstFunctionCall *call, const char *const *words)
{
    for (size_t i = 0; i < call->arg_count; i++) {
        if (i > 0)
            strbuf_printf(out, " %s ", words[i - 1]);
        ast_print_expr(out, call->args[i].value);
    }
}

static void print_trim(StrBuf *out, const AstFunctionCall *call)
{
    const char *side = call->form == AST_CALL_TRIM_LEADING    ? "LEADING"
                       : call->form == AST_CALL_TRIM_TRAILING ? "TRAILING"
                                                              : "BOTH";

    strbuf_printf(out, "TRIM(%s ", side);
    if (call->arg_count > 1) {
        ast_print_expr(out, call->args[1].value);
        strbuf_add_char(out, ' ');
    }
    strbuf_add_c(out, "FROM ");
    ast_print_expr(out, call->args[0].value);
    strbuf_add_char(out, ')');
}

static void print_args(StrBuf *out, const AstFunctionCall *call, size_t from)
{
    for (size_t i = from; i < call->arg_count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        print_arg(out, &call->args[i]);
    }
}

/* Name and arguments, as they were written. */
static void print_call_head(StrBuf *out, const AstFunctionCall *call)
{
    static const char *const from_for[] = {"FROM", "FOR"};
    static const char *const placing[] = {"PLACING", "FROM", "FOR"};
    static const char *const in[] = {"IN"};

    switch (call->form) {
    case AST_CALL_TRIM:
    case AST_CALL_TRIM_LEADING:
    case AST_CALL_TRIM_TRAILING:
        print_trim(out, call);
        return;
    case AST_CALL_EXTRACT:
        strbuf_printf(out, "EXTRACT(%.*s FROM ", STR_ARG(call->args[0].value->literal.text));
        ast_print_expr(out, call->args[1].value);
        break;
    case AST_CALL_POSITION:
        strbuf_add_c(out, "POSITION(");
        print_worded(out, call, in);
        break;
    case AST_CALL_SUBSTRING:
        strbuf_add_c(out, "SUBSTRING(");
        print_worded(out, call, from_for);
        break;
    case AST_CALL_OVERLAY:
        strbuf_add_c(out, "OVERLAY(");
        print_worded(out, call, placing);
        break;
    case AST_CALL_UNIT:
        ast_print_name(out, &call->name);
        strbuf_printf(out, "(%.*s", STR_ARG(call->args[0].value->literal.text));
        print_args(out, call, 1);
        break;
    case AST_CALL_PLAIN:
    case AST_CALL_STRUCT:
        ast_print_name(out, &call->name);
        strbuf_add_char(out, '(');
        if (call->quantifier != AST_QUANTIFIER_NONE)
            strbuf_add_c(out, call->quantifier == AST_QUANTIFIER_ALL ? "ALL " : "DISTINCT ");
        print_args(out, call, 0);
        break;
    }
    strbuf_add_char(out, ')');
}

void ast_print_call(StrBuf *out, const AstFunctionCall *call)
{
    print_call_head(out, call);
    if (call->within_group.count > 0) {
        strbuf_add_c(out, " WITHIN GROUP (ORDER BY ");
        ast_print_sort_list(out, &call->within_group);
        strbuf_add_char(out, ')');
    }
    if (call->filter) {
        strbuf_add_c(out, " FILTER (WHERE ");
        ast_print_expr(out, call->filter);
        strbuf_add_char(out, ')');
    }
    if (call->nulls != AST_NULLS_DEFAULT)
        strbuf_add_c(out, call->nulls == AST_NULLS_IGNORE ? " IGNORE NULLS" : " RESPECT NULLS");
    if (call->over) {
        strbuf_add_c(out, " OVER ");
        ast_print_window_spec(out, call->over);
    }
}

/* ── expressions ───────────────────────────────────────────────────────────────────────────────*/

/* Does it stand as it prints before a postfix operator: a name, a call, or in parentheses already?
 */
static bool binds_tightly(const AstExpr *e)
{
    switch (e->kind) {
    case AST_EXPR_LITERAL:
        return e->literal.kind == AST_LITERAL_STRING;
    case AST_EXPR_CALL:
        return !e->call->over;
    case AST_EXPR_CAST:
        return e->cast.form == AST_CAST_COLONS;
    case AST_EXPR_INTERVAL:
    case AST_EXPR_STAR:
    case AST_EXPR_PARAMETER:
    case AST_EXPR_CASE:
    case AST_EXPR_PATH:
    case AST_EXPR_EXISTS:
    case AST_EXPR_KIND_COUNT:
        return false;
    case AST_EXPR_COLUMN:
    case AST_EXPR_UNARY:
    case AST_EXPR_BINARY:
    case AST_EXPR_LOGICAL:
    case AST_EXPR_BETWEEN:
    case AST_EXPR_IN_LIST:
    case AST_EXPR_IN_QUERY:
    case AST_EXPR_LIKE:
    case AST_EXPR_IS:
    case AST_EXPR_IS_DISTINCT:
    case AST_EXPR_SUBSCRIPT:
    case AST_EXPR_FIELD:
    case AST_EXPR_LAMBDA:
    case AST_EXPR_ROW:
    case AST_EXPR_SUBQUERY:
    case AST_EXPR_COLLATE:
        break;
    }
    return true;
}

static void print_base(StrBuf *out, const AstExpr *base)
{
    bool bare = binds_tightly(base);

    if (!bare)
        strbuf_add_char(out, '(');
    ast_print_expr(out, base);
    if (!bare)
        strbuf_add_char(out, ')');
}

static void print_unary(StrBuf *out, const AstExpr *e)
{
    static const char *const texts[] = {
        [AST_UNARY_PLUS] = "+ ",
        [AST_UNARY_MINUS] = "- ",
        [AST_UNARY_BIT_NOT] = "~ ",
        [AST_UNARY_NOT] = "NOT ",
    };

    strbuf_printf(out, "(%s", texts[e->unary.op]);
    /* `- 1` would be the number. */
    if (e->unary.op == AST_UNARY_MINUS)
        print_base(out, e->unary.operand);
    else
        ast_print_expr(out, e->unary.operand);
    strbuf_add_char(out, ')');
}

static void print_logical(StrBuf *out, const AstExpr *e)
{
    for (size_t i = 0; i < e->logical.operands.count; i++) {
        strbuf_add_c(out, i == 0 ? "(" : e->logical.is_or ? " OR " : " AND ");
        ast_print_expr(out, e->logical.operands.items[i]);
    }
    strbuf_add_char(out, ')');
}

static void print_like(StrBuf *out, const AstExpr *e)
{
    static const char *const ops[] = {
        [AST_LIKE_LIKE] = "LIKE ", [AST_LIKE_ILIKE] = "ILIKE ", [AST_LIKE_RLIKE] = "RLIKE "};

    strbuf_add_char(out, '(');
    ast_print_expr(out, e->like.operand);
    strbuf_printf(out, " %s%s", e->like.negated ? "NOT " : "", ops[e->like.op]);
    if (e->like.quantifier == AST_LIKE_ONE) {
        ast_print_expr(out, e->like.patterns.items[0]);
    } else {
        strbuf_add_c(out, e->like.quantifier == AST_LIKE_ANY ? "ANY (" : "ALL (");
        ast_print_exprs(out, &e->like.patterns);
        strbuf_add_char(out, ')');
    }
    if (e->like.has_escape) {
        strbuf_add_c(out, " ESCAPE ");
        ast_print_string(out, e->like.escape);
    }
    strbuf_add_char(out, ')');
}

static void print_case(StrBuf *out, const AstExpr *e)
{
    strbuf_add_c(out, "CASE");
    if (e->cases.operand) {
        strbuf_add_char(out, ' ');
        ast_print_expr(out, e->cases.operand);
    }
    for (size_t i = 0; i < e->cases.when_count; i++) {
        strbuf_add_c(out, " WHEN ");
        ast_print_expr(out, e->cases.whens[i].when);
        strbuf_add_c(out, " THEN ");
        ast_print_expr(out, e->cases.whens[i].then);
    }
    if (e->cases.otherwise) {
        strbuf_add_c(out, " ELSE ");
        ast_print_expr(out, e->cases.otherwise);
    }
    strbuf_add_c(out, " END");
}

static void print_cast(StrBuf *out, const AstExpr *e)
{
    if (e->cast.form == AST_CAST_COLONS) {
        strbuf_add_char(out, '(');
        print_base(out, e->cast.operand);
        strbuf_add_c(out, "::");
        ast_print_type(out, e->cast.type);
        strbuf_add_char(out, ')');
        return;
    }
    strbuf_add_c(out, e->cast.form == AST_CAST_TRY ? "TRY_CAST(" : "CAST(");
    ast_print_expr(out, e->cast.operand);
    strbuf_add_c(out, " AS ");
    ast_print_type(out, e->cast.type);
    strbuf_add_char(out, ')');
}

static void print_star(StrBuf *out, const AstExpr *e)
{
    if (e->star.qualifier.count > 0 || e->star.qualifier.computed) {
        ast_print_name(out, &e->star.qualifier);
        strbuf_add_char(out, '.');
    }
    strbuf_add_char(out, '*');
    if (e->star.except.count > 0) {
        strbuf_add_c(out, " EXCEPT (");
        ast_print_names(out, &e->star.except);
        strbuf_add_char(out, ')');
    }
}

static void print_lambda(StrBuf *out, const AstExpr *e)
{
    strbuf_add_char(out, '(');
    if (e->lambda.params.count == 1)
        ast_print_ident(out, &e->lambda.params.items[0]);
    else
        ast_print_idents(out, &e->lambda.params);
    strbuf_add_c(out, " -> ");
    ast_print_expr(out, e->lambda.body);
    strbuf_add_char(out, ')');
}

static void print_is(StrBuf *out, const AstExpr *e)
{
    static const char *const tests[] = {
        [AST_IS_NULL] = "NULL",
        [AST_IS_TRUE] = "TRUE",
        [AST_IS_FALSE] = "FALSE",
        [AST_IS_UNKNOWN] = "UNKNOWN",
    };

    strbuf_add_char(out, '(');
    ast_print_expr(out, e->is.operand);
    strbuf_printf(out, " IS %s%s)", e->is.negated ? "NOT " : "", tests[e->is.test]);
}

/* What takes an operand, a word and something in parentheses or beside it. */
static void print_predicate(StrBuf *out, const AstExpr *e)
{
    strbuf_add_char(out, '(');
    if (e->kind == AST_EXPR_BETWEEN) {
        ast_print_expr(out, e->between.operand);
        strbuf_add_c(out, e->between.negated ? " NOT BETWEEN " : " BETWEEN ");
        ast_print_expr(out, e->between.low);
        strbuf_add_c(out, " AND ");
        ast_print_expr(out, e->between.high);
    } else if (e->kind == AST_EXPR_IN_LIST) {
        ast_print_expr(out, e->in_list.operand);
        strbuf_add_c(out, e->in_list.negated ? " NOT IN (" : " IN (");
        ast_print_exprs(out, &e->in_list.list);
        strbuf_add_char(out, ')');
    } else if (e->kind == AST_EXPR_IN_QUERY) {
        ast_print_expr(out, e->in_query.operand);
        strbuf_add_c(out, e->in_query.negated ? " NOT IN (" : " IN (");
        ast_print_query(out, e->in_query.query);
        strbuf_add_char(out, ')');
    } else {
        ast_print_expr(out, e->is_distinct.left);
        strbuf_printf(out, " IS %sDISTINCT FROM ", e->is_distinct.negated ? "NOT " : "");
        ast_print_expr(out, e->is_distinct.right);
    }
    strbuf_add_char(out, ')');
}

void ast_print_expr(StrBuf *out, const AstExpr *e)
{
    switch (e->kind) {
    case AST_EXPR_LITERAL:
        print_literal(out, e->literal.kind, e->literal.text);
        break;
    case AST_EXPR_INTERVAL:
        print_interval(out, e);
        break;
    case AST_EXPR_COLUMN:
        ast_print_name(out, &e->column);
        break;
    case AST_EXPR_STAR:
        print_star(out, e);
        break;
    case AST_EXPR_PARAMETER:
        if (e->parameter.name.bytes > 0)
            strbuf_printf(out, ":%.*s", STR_ARG(e->parameter.name));
        else
            strbuf_add_char(out, '?');
        break;
    case AST_EXPR_UNARY:
        print_unary(out, e);
        break;
    case AST_EXPR_BINARY:
        strbuf_add_char(out, '(');
        ast_print_expr(out, e->binary.left);
        strbuf_printf(out, " %s ", binary_op_text(e->binary.op));
        ast_print_expr(out, e->binary.right);
        strbuf_add_char(out, ')');
        break;
    case AST_EXPR_LOGICAL:
        print_logical(out, e);
        break;
    case AST_EXPR_BETWEEN:
    case AST_EXPR_IN_LIST:
    case AST_EXPR_IN_QUERY:
    case AST_EXPR_IS_DISTINCT:
        print_predicate(out, e);
        break;
    case AST_EXPR_LIKE:
        print_like(out, e);
        break;
    case AST_EXPR_IS:
        print_is(out, e);
        break;
    case AST_EXPR_CASE:
        print_case(out, e);
        break;
    case AST_EXPR_CAST:
        print_cast(out, e);
        break;
    case AST_EXPR_CALL:
        ast_print_call(out, e->call);
        break;
    case AST_EXPR_SUBSCRIPT:
        print_base(out, e->subscript.base);
        strbuf_add_char(out, '[');
        ast_print_expr(out, e->subscript.index);
        strbuf_add_char(out, ']');
        break;
    case AST_EXPR_FIELD:
        print_base(out, e->field.base);
        strbuf_add_char(out, '.');
        ast_print_ident(out, &e->field.name);
        break;
    case AST_EXPR_PATH:
        print_base(out, e->path.base);
        strbuf_printf(out, ":%.*s", STR_ARG(e->path.path));
        break;
    case AST_EXPR_LAMBDA:
        print_lambda(out, e);
        break;
    case AST_EXPR_ROW:
        strbuf_add_char(out, '(');
        ast_print_named_exprs(out, &e->row);
        strbuf_add_char(out, ')');
        break;
    case AST_EXPR_EXISTS:
        strbuf_add_c(out, "EXISTS (");
        ast_print_query(out, e->query);
        strbuf_add_char(out, ')');
        break;
    case AST_EXPR_SUBQUERY:
        strbuf_add_char(out, '(');
        ast_print_query(out, e->query);
        strbuf_add_char(out, ')');
        break;
    case AST_EXPR_COLLATE:
        strbuf_add_char(out, '(');
        print_base(out, e->collate.operand);
        strbuf_add_c(out, " COLLATE ");
        ast_print_name(out, &e->collate.collation);
        strbuf_add_char(out, ')');
        break;
    case AST_EXPR_KIND_COUNT:
        break;
    }
}
