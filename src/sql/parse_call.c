/*
 * parse_call.c: functions, the special forms that are functions, ORDER BY lists and windows.
 */
#include "sql/parse.h"

typedef VEC(AstFunctionArg) ArgVec;

static QualifiedName function_name(Parser *p, const char *text, Span span)
{
    return name_of_ident(p, (Ident){.text = str_of(text), .span = span});
}

static void add_arg(Parser *p, ArgVec *args, AstExpr *value)
{
    AstFunctionArg arg = {.value = value, .span = value->span};

    arg.name.text = arg.alias.text = STR_EMPTY;
    VEC_ADD_IN(p->arena, args, arg);
}

static AstExpr *call_new(Parser *p, QualifiedName name, AstCallForm form, const ArgVec *args,
                         uint32_t start)
{
    AstExpr *e = expr_new(p, AST_EXPR_CALL, start);

    e->call = ARENA_NEW(p->arena, AstFunctionCall);
    e->call->name = name;
    e->call->form = form;
    e->call->args = args->items;
    e->call->arg_count = args->count;
    return e;
}

static AstExpr *string_new(Parser *p, Str text, Span span)
{
    AstExpr *e = expr_new(p, AST_EXPR_LITERAL, p->at);

    e->literal.kind = AST_LITERAL_STRING;
    e->literal.text = text;
    e->span = span;
    return e;
}

/* ── ORDER BY lists ────────────────────────────────────────────────────────────────────────────*/

/* sortItem : expression (ASC | DESC)? (NULLS (FIRST | LAST))? */
static AstSortItem parse_sort_item(Parser *p)
{
    uint32_t start = p->at;
    AstSortItem item = {.expr = parse_expr(p)};

    if (accept_keyword(p, KEYWORD_ASC))
        item.direction = AST_SORT_ASC;
    else if (accept_keyword(p, KEYWORD_DESC))
        item.direction = AST_SORT_DESC;
    if (accept_keyword(p, KEYWORD_NULLS)) {
        if (accept_keyword(p, KEYWORD_FIRST))
            item.nulls = AST_SORT_NULLS_FIRST;
        else if (accept_keyword(p, KEYWORD_LAST))
            item.nulls = AST_SORT_NULLS_LAST;
        else
            syntax_error(p, "FIRST or LAST");
    }
    item.span = span_since(p, start);
    return item;
}

static bool is_all(const AstExpr *e)
{
    return e->kind == AST_EXPR_COLUMN && e->column.count == 1 && !e->column.parts[0].quoted &&
           str_is_nocase(e->column.parts[0].text, "ALL");
}

AstSortList parse_sort_list(Parser *p)
{
    VEC(AstSortItem) items = {0};

    do {
        AstSortItem item = parse_sort_item(p);

        VEC_ADD_IN(p->arena, &items, item);
    } while (accept(p, TOKEN_COMMA));
    return (AstSortList){items.items, items.count, items.count == 1 && is_all(items.items[0].expr)};
}

/* ── arguments ─────────────────────────────────────────────────────────────────────────────────*/

/* (WITH SINGLE PARTITION | (PARTITION | DISTRIBUTE) BY exprs) ((ORDER | SORT) BY sortItems)? */
static void parse_table_partitioning(Parser *p, AstTableArgument *table)
{
    bool parens;

    if (at_keywords(p, KEYWORD_WITH, KEYWORD_SINGLE)) {
        advance(p);
        advance(p);
        expect_keyword(p, KEYWORD_PARTITION);
        table->single_partition = true;
    } else if (accept_keywords(p, KEYWORD_PARTITION, KEYWORD_BY) ||
               accept_keywords(p, KEYWORD_DISTRIBUTE, KEYWORD_BY)) {
        parens = accept(p, TOKEN_LEFT_PAREN);
        if (parens) {
            table->partition_by = parse_expr_list(p);
            expect(p, TOKEN_RIGHT_PAREN);
        } else {
            table->partition_by.items = ARENA_NEW(p->arena, AstExpr *);
            table->partition_by.items[0] = parse_expr(p);
            table->partition_by.count = 1;
        }
    }
    if (accept_keywords(p, KEYWORD_ORDER, KEYWORD_BY) ||
        accept_keywords(p, KEYWORD_SORT, KEYWORD_BY)) {
        parens = accept(p, TOKEN_LEFT_PAREN);
        if (parens) {
            table->order_by = parse_sort_list(p);
            expect(p, TOKEN_RIGHT_PAREN);
        } else {
            table->order_by.items = ARENA_NEW(p->arena, AstSortItem);
            table->order_by.items[0] = parse_sort_item(p);
            table->order_by.count = 1;
        }
    }
}

/* TABLE name partitioning? | TABLE '(' (name | query) ')' partitioning? */
static AstTableArgument *parse_table_argument(Parser *p)
{
    AstTableArgument *table = ARENA_NEW(p->arena, AstTableArgument);
    uint32_t start = p->at;
    bool parens;

    expect_keyword(p, KEYWORD_TABLE);
    parens = accept(p, TOKEN_LEFT_PAREN);
    if (parens && query_starts_at(p, 0)) {
        table->relation = relation_new(p, AST_RELATION_SUBQUERY, start);
        table->relation->query = parse_query(p);
    } else {
        table->relation = relation_new(p, AST_RELATION_TABLE, start);
        table->relation->table.name = parse_name(p, "a table");
    }
    if (parens)
        expect(p, TOKEN_RIGHT_PAREN);
    table->relation->span = span_since(p, start);
    parse_table_partitioning(p, table);
    return table;
}

/* functionArgument : (identifier '=>')? (expression | table argument) */
static AstFunctionArg parse_arg(Parser *p)
{
    uint32_t start = p->at;
    AstFunctionArg arg = {.name = {.text = STR_EMPTY}, .alias = {.text = STR_EMPTY}};

    if (name_at(p, 0) && kind_at(p, 1) == TOKEN_FAT_ARROW) {
        arg.name = parse_ident(p, "a name");
        advance(p);
    }
    if (at_keyword(p, KEYWORD_TABLE) && (kind_at(p, 1) == TOKEN_LEFT_PAREN || name_at(p, 1)))
        arg.table = parse_table_argument(p);
    else
        arg.value = parse_expr(p);
    arg.span = span_since(p, start);
    return arg;
}

/* (IGNORE | RESPECT) NULLS */
static void parse_null_treatment(Parser *p, AstFunctionCall *call)
{
    if (accept_keywords(p, KEYWORD_IGNORE, KEYWORD_NULLS))
        call->nulls = AST_NULLS_IGNORE;
    else if (accept_keywords(p, KEYWORD_RESPECT, KEYWORD_NULLS))
        call->nulls = AST_NULLS_RESPECT;
}

/* What may follow the parentheses, and the call itself. */
static AstExpr *parse_call_tail(Parser *p, AstFunctionCall *call, const ArgVec *args,
                                uint32_t start)
{
    AstExpr *e;

    call->args = args->items;
    call->arg_count = args->count;
    if (accept_keywords(p, KEYWORD_WITHIN, KEYWORD_GROUP)) {
        expect(p, TOKEN_LEFT_PAREN);
        expect_keyword(p, KEYWORD_ORDER);
        expect_keyword(p, KEYWORD_BY);
        call->within_group = parse_sort_list(p);
        expect(p, TOKEN_RIGHT_PAREN);
    }
    if (at_keyword(p, KEYWORD_FILTER) && kind_at(p, 1) == TOKEN_LEFT_PAREN) {
        advance(p);
        advance(p);
        expect_keyword(p, KEYWORD_WHERE);
        call->filter = parse_expr(p);
        expect(p, TOKEN_RIGHT_PAREN);
    }
    parse_null_treatment(p, call);
    if (at_keyword(p, KEYWORD_OVER) && (kind_at(p, 1) == TOKEN_LEFT_PAREN || name_at(p, 1))) {
        advance(p);
        call->over = parse_window_spec(p);
    }
    e = expr_new(p, AST_EXPR_CALL, start);
    e->call = call;
    return e;
}

/* functionArgument nulls? (',' functionArgument nulls?)* ')' */
static void parse_args(Parser *p, AstFunctionCall *call, ArgVec *args)
{
    do {
        AstFunctionArg arg = parse_arg(p);

        VEC_ADD_IN(p->arena, args, arg);
        parse_null_treatment(p, call);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
}

/*
 * functionCall : functionName '(' (setQuantifier? functionArgument nulls? (',' ...)*)? ')'
 *                (WITHIN GROUP '(' ORDER BY sortItems ')')?
 *                (FILTER '(' WHERE expression ')')? nulls? (OVER windowSpec)?
 */
AstExpr *parse_call(Parser *p, QualifiedName name, uint32_t start)
{
    AstFunctionCall *call = ARENA_NEW(p->arena, AstFunctionCall);
    ArgVec args = {0};

    call->name = name;
    expect(p, TOKEN_LEFT_PAREN);
    if (!accept(p, TOKEN_RIGHT_PAREN)) {
        call->quantifier = parse_quantifier(p);
        parse_args(p, call, &args);
    }
    return parse_call_tail(p, call, &args, start);
}

/* functionTable : functionName '(' (functionArgument (',' functionArgument)*)? ')' */
AstFunctionCall *parse_table_call(Parser *p, QualifiedName name)
{
    AstFunctionCall *call = ARENA_NEW(p->arena, AstFunctionCall);
    ArgVec args = {0};

    call->name = name;
    expect(p, TOKEN_LEFT_PAREN);
    if (!accept(p, TOKEN_RIGHT_PAREN))
        parse_args(p, call, &args);
    call->args = args.items;
    call->arg_count = args.count;
    nest_grow(p);
    return call;
}

/* A plain call after all, whose first argument has been read as that of a special form. */
static AstExpr *parse_call_after(Parser *p, ArgVec *args, uint32_t start)
{
    AstFunctionCall *call = ARENA_NEW(p->arena, AstFunctionCall);
    const Token *name = &p->tokens[start];

    call->name =
        name_of_ident(p, (Ident){.text = token_name(p->arena, p->text, name), .span = name->span});
    parse_null_treatment(p, call);
    if (accept_comma_in(p, TOKEN_RIGHT_PAREN))
        parse_args(p, call, args);
    return parse_call_tail(p, call, args, start);
}

/* ── special forms ─────────────────────────────────────────────────────────────────────────────*/

/* EXTRACT '(' identifier FROM value ')' */
static AstExpr *parse_extract(Parser *p)
{
    uint32_t start = p->at;
    ArgVec args = {0};
    Span field_span;
    Str field;

    if (kind_at(p, 3) != TOKEN_WORD || keyword_at(p, 3) != KEYWORD_FROM)
        return NULL;
    advance(p);
    advance(p);
    field_span = token_at(p, 0)->span;
    field = parse_ident(p, "a field: YEAR, MONTH, DAY ...").text;
    add_arg(p, &args, string_new(p, field, field_span));
    advance(p);
    add_arg(p, &args, parse_value(p));
    expect(p, TOKEN_RIGHT_PAREN);
    return call_new(p, function_name(p, "extract", p->tokens[start].span), AST_CALL_EXTRACT, &args,
                    start);
}

/* POSITION '(' value IN value ')' */
static AstExpr *parse_position(Parser *p)
{
    uint32_t start = p->at;
    ArgVec args = {0};

    advance(p);
    advance(p);
    add_arg(p, &args, parse_value(p));
    if (!accept_keyword(p, KEYWORD_IN))
        return parse_call_after(p, &args, start);
    add_arg(p, &args, parse_value(p));
    expect(p, TOKEN_RIGHT_PAREN);
    return call_new(p, function_name(p, "position", p->tokens[start].span), AST_CALL_POSITION,
                    &args, start);
}

/* (SUBSTR | SUBSTRING) '(' value FROM value (FOR value)? ')' */
static AstExpr *parse_substring(Parser *p)
{
    uint32_t start = p->at;
    ArgVec args = {0};

    advance(p);
    advance(p);
    add_arg(p, &args, parse_value(p));
    if (!accept_keyword(p, KEYWORD_FROM))
        return parse_call_after(p, &args, start);
    add_arg(p, &args, parse_value(p));
    if (accept_keyword(p, KEYWORD_FOR))
        add_arg(p, &args, parse_value(p));
    expect(p, TOKEN_RIGHT_PAREN);
    return call_new(p, function_name(p, "substring", p->tokens[start].span), AST_CALL_SUBSTRING,
                    &args, start);
}

/* OVERLAY '(' value PLACING value FROM value (FOR value)? ')' */
static AstExpr *parse_overlay(Parser *p)
{
    uint32_t start = p->at;
    ArgVec args = {0};

    advance(p);
    advance(p);
    add_arg(p, &args, parse_value(p));
    if (!accept_keyword(p, KEYWORD_PLACING))
        return parse_call_after(p, &args, start);
    add_arg(p, &args, parse_value(p));
    expect_keyword(p, KEYWORD_FROM);
    add_arg(p, &args, parse_value(p));
    if (accept_keyword(p, KEYWORD_FOR))
        add_arg(p, &args, parse_value(p));
    expect(p, TOKEN_RIGHT_PAREN);
    return call_new(p, function_name(p, "overlay", p->tokens[start].span), AST_CALL_OVERLAY, &args,
                    start);
}

/* TRIM '(' (BOTH | LEADING | TRAILING)? value? FROM value ')' */
static AstExpr *parse_trim(Parser *p)
{
    uint32_t start = p->at;
    const char *name = "trim";
    AstCallForm form = AST_CALL_TRIM;
    AstExpr *chars = NULL;
    ArgVec args = {0};

    advance(p);
    advance(p);
    if (kind_at(p, 1) != TOKEN_COMMA && kind_at(p, 1) != TOKEN_RIGHT_PAREN) {
        if (accept_keyword(p, KEYWORD_LEADING)) {
            name = "ltrim";
            form = AST_CALL_TRIM_LEADING;
        } else if (accept_keyword(p, KEYWORD_TRAILING)) {
            name = "rtrim";
            form = AST_CALL_TRIM_TRAILING;
        } else {
            accept_keyword(p, KEYWORD_BOTH);
        }
    }
    if (at_token(p, TOKEN_RIGHT_PAREN))
        syntax_error(p, "the text to trim");
    if (!at_keyword(p, KEYWORD_FROM))
        chars = parse_value(p);
    if (chars && form == AST_CALL_TRIM && !at_keyword(p, KEYWORD_FROM)) {
        add_arg(p, &args, chars);
        return parse_call_after(p, &args, start);
    }
    expect_keyword(p, KEYWORD_FROM);
    add_arg(p, &args, parse_value(p));
    if (chars)
        add_arg(p, &args, chars);
    expect(p, TOKEN_RIGHT_PAREN);
    return call_new(p, function_name(p, name, p->tokens[start].span), form, &args, start);
}

static bool datetime_unit(Keyword keyword)
{
    AstIntervalUnit unit = interval_unit_of(keyword);

    return (unit != AST_UNIT_NONE && unit != AST_UNIT_NANOSECOND &&
            keyword_text(keyword)[strlen(keyword_text(keyword)) - 1] != 'S') ||
           keyword == KEYWORD_QUARTER || keyword == KEYWORD_DAYOFYEAR;
}

/* (TIMESTAMPADD | DATEADD | ... | TIMESTAMPDIFF | DATEDIFF ...) '(' unit ',' value ',' value ')' */
static AstExpr *parse_unit_call(Parser *p)
{
    uint32_t start = p->at;
    const Token *unit = token_at(p, 2);
    ArgVec args = {0};
    QualifiedName name;

    if (kind_at(p, 3) != TOKEN_COMMA)
        return NULL;
    if (unit->kind == TOKEN_STRING) {
        /* date_add('2020-01-01', 5) has two arguments and is another function. */
        uint32_t closing = token_at(p, 1)->match;
        uint32_t commas = 0;
        uint32_t depth = 0;

        for (uint32_t i = p->at + 2; i < closing; i++) {
            TokenKind kind = p->tokens[i].kind;

            depth += kind == TOKEN_LEFT_PAREN || kind == TOKEN_LEFT_BRACKET;
            depth -= kind == TOKEN_RIGHT_PAREN || kind == TOKEN_RIGHT_BRACKET;
            commas += depth == 0 && kind == TOKEN_COMMA;
        }
        if (commas == 2) {
            Str text = token_text(p->text, token_at(p, 0));

            parse_error(
                p, unit->span, "INVALID_PARAMETER_VALUE.DATETIME_UNIT", "22023",
                "The value of parameter(s) `unit` in `%.*s` is invalid: expects one of the "
                "units without quotes YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, HOUR, "
                "MINUTE, SECOND, MILLISECOND, MICROSECOND, but got the string literal %.*s.",
                STR_ARG(text), STR_ARG(token_text(p->text, unit)));
        }
        return NULL;
    }
    if (!datetime_unit(unit->keyword))
        return NULL;
    name = name_of_ident(p, parse_ident(p, "a function"));
    advance(p);
    add_arg(p, &args, string_new(p, token_text(p->text, unit), unit->span));
    advance(p);
    while (accept(p, TOKEN_COMMA))
        add_arg(p, &args, parse_value(p));
    expect(p, TOKEN_RIGHT_PAREN);
    return call_new(p, name, AST_CALL_UNIT, &args, start);
}

/* STRUCT '(' (namedExpression (',' namedExpression)*)? ')' */
static AstExpr *parse_struct(Parser *p)
{
    uint32_t start = p->at;
    ArgVec args = {0};

    advance(p);
    advance(p);
    if (!accept(p, TOKEN_RIGHT_PAREN)) {
        do {
            AstNamedExpr named = parse_named_expr(p);

            add_arg(p, &args, named.expr);
            if (named.aliases.count == 1)
                args.items[args.count - 1].alias = named.aliases.items[0];
            args.items[args.count - 1].span = named.span;
        } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    }
    return call_new(p, function_name(p, "struct", p->tokens[start].span), AST_CALL_STRUCT, &args,
                    start);
}

/* NULL: what stands here is a plain call. */
AstExpr *parse_special_call(Parser *p)
{
    /* No argument, or a named one. */
    if (kind_at(p, 2) == TOKEN_RIGHT_PAREN && !at_keyword(p, KEYWORD_STRUCT))
        return NULL;
    if (kind_at(p, 3) == TOKEN_FAT_ARROW)
        return NULL;
    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_EXTRACT:
        return parse_extract(p);
    case KEYWORD_POSITION:
        return parse_position(p);
    case KEYWORD_SUBSTR:
    case KEYWORD_SUBSTRING:
        return parse_substring(p);
    case KEYWORD_OVERLAY:
        return parse_overlay(p);
    case KEYWORD_TRIM:
        return parse_trim(p);
    case KEYWORD_STRUCT:
        return parse_struct(p);
    case KEYWORD_TIMESTAMPADD:
    case KEYWORD_DATEADD:
    case KEYWORD_DATE_ADD:
    case KEYWORD_TIMESTAMPDIFF:
    case KEYWORD_DATEDIFF:
    case KEYWORD_DATE_DIFF:
    case KEYWORD_TIMEDIFF:
        return parse_unit_call(p);
    default:
        return NULL;
    }
}

/* ── windows ───────────────────────────────────────────────────────────────────────────────────*/

/* frameBound : UNBOUNDED (PRECEDING | FOLLOWING) | CURRENT ROW | expression (PRECEDING | FOLLOWING)
 */
static AstFrameBound parse_frame_bound(Parser *p)
{
    uint32_t start = p->at;
    AstFrameBound bound = {.kind = AST_BOUND_CURRENT_ROW};
    bool unbounded = at_keyword(p, KEYWORD_UNBOUNDED);

    if (!accept_keywords(p, KEYWORD_CURRENT, KEYWORD_ROW)) {
        if (unbounded)
            advance(p);
        else
            bound.offset = parse_expr(p);
        if (accept_keyword(p, KEYWORD_PRECEDING))
            bound.kind = unbounded ? AST_BOUND_UNBOUNDED_PRECEDING : AST_BOUND_PRECEDING;
        else if (accept_keyword(p, KEYWORD_FOLLOWING))
            bound.kind = unbounded ? AST_BOUND_UNBOUNDED_FOLLOWING : AST_BOUND_FOLLOWING;
        else
            syntax_error(p, "PRECEDING or FOLLOWING");
    }
    if (bound.offset && (bound.offset->kind == AST_EXPR_COLUMN))
        parse_error(p, bound.offset->span, "_LEGACY_ERROR_TEMP_0064", NULL,
                    "Frame bound value must be a literal.");
    bound.span = span_since(p, start);
    return bound;
}

/* windowFrame : (ROWS | RANGE) (frameBound | BETWEEN frameBound AND frameBound) */
static AstWindowFrame *parse_window_frame(Parser *p)
{
    uint32_t start = p->at;
    AstWindowFrame *frame = ARENA_NEW(p->arena, AstWindowFrame);

    frame->unit = at_keyword(p, KEYWORD_ROWS) ? AST_FRAME_ROWS : AST_FRAME_RANGE;
    advance(p);
    if (accept_keyword(p, KEYWORD_BETWEEN)) {
        frame->start = parse_frame_bound(p);
        expect_keyword(p, KEYWORD_AND);
        frame->end = parse_frame_bound(p);
        frame->has_end = true;
    } else {
        frame->start = parse_frame_bound(p);
        frame->end.kind = AST_BOUND_CURRENT_ROW;
        frame->end.span = frame->start.span;
    }
    frame->span = span_since(p, start);
    return frame;
}

/*
 * windowSpec
 *   : identifier | '(' identifier ')'
 *   | '(' (CLUSTER BY exprs | ((PARTITION | DISTRIBUTE) BY exprs)? ((ORDER | SORT) BY sortItems)?)
 *         windowFrame? ')'
 */
AstWindowSpec *parse_window_spec(Parser *p)
{
    uint32_t start = p->at;
    AstWindowSpec *spec = ARENA_NEW(p->arena, AstWindowSpec);

    spec->name.text = STR_EMPTY;
    if (at_keywords(p, KEYWORD_PARTITION, KEYWORD_BY) || at_keywords(p, KEYWORD_ORDER, KEYWORD_BY))
        syntax_error_at(p, token_at(p, 0)->span, "Syntax error: expected '(' behind OVER.",
                        "write OVER (PARTITION BY ... ORDER BY ...)");
    if (!accept(p, TOKEN_LEFT_PAREN)) {
        spec->name = parse_ident(p, "a window: its name or '('");
        spec->span = span_since(p, start);
        return spec;
    }
    if (name_at(p, 0) && kind_at(p, 1) == TOKEN_RIGHT_PAREN)
        spec->name = parse_ident(p, "a window's name");
    if (accept_keywords(p, KEYWORD_PARTITION, KEYWORD_BY) ||
        accept_keywords(p, KEYWORD_DISTRIBUTE, KEYWORD_BY) ||
        accept_keywords(p, KEYWORD_CLUSTER, KEYWORD_BY))
        spec->partition_by = parse_expr_list(p);
    if (accept_keywords(p, KEYWORD_ORDER, KEYWORD_BY) ||
        accept_keywords(p, KEYWORD_SORT, KEYWORD_BY))
        spec->order_by = parse_sort_list(p);
    if (at_keyword(p, KEYWORD_ROWS) || at_keyword(p, KEYWORD_RANGE))
        spec->frame = parse_window_frame(p);
    expect(p, TOKEN_RIGHT_PAREN);
    spec->span = span_since(p, start);
    return spec;
}

/* windowClause : WINDOW identifier AS windowSpec (',' identifier AS windowSpec)* */
AstNamedWindowList parse_windows(Parser *p)
{
    VEC(AstNamedWindow) items = {0};

    expect_keyword(p, KEYWORD_WINDOW);
    do {
        AstNamedWindow window;

        window.name = parse_ident(p, "a window's name");
        for (size_t i = 0; i < items.count; i++) {
            if (str_equal_nocase(items.items[i].name.text, window.name.text))
                parse_error(p, window.name.span, "INVALID_SQL_SYNTAX.REPETITIVE_WINDOW_DEFINITION",
                            "42000",
                            "Invalid SQL syntax: The definition of window `%.*s` is repetitive.",
                            STR_ARG(window.name.text));
        }
        expect_keyword(p, KEYWORD_AS);
        window.spec = parse_window_spec(p);
        VEC_ADD_IN(p->arena, &items, window);
    } while (accept(p, TOKEN_COMMA));
    return (AstNamedWindowList){items.items, items.count};
}
