/*
 * parse_expr.c: operators, predicates, and what stands between them.
 *
 * One loop climbs the levels of precedence, so that a level costs no call:
 *
 *     OR                                     loosest
 *     AND
 *     NOT, !                                 prefix
 *     BETWEEN IN LIKE ILIKE RLIKE IS         one per operand, does not chain
 *     = == <=> <> != < <= > >=
 *     |
 *     ^
 *     &
 *     << >> >>>
 *     + - ||
 *     * / % DIV
 *     + - ~                                  prefix
 *     . [] :: : COLLATE                      postfix, tightest
 */
#include "sql/parse.h"

typedef enum Level {
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_PREDICATE,
    LEVEL_COMPARISON,
    LEVEL_BIT_OR,
    LEVEL_BIT_XOR,
    LEVEL_BIT_AND,
    LEVEL_SHIFT,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_NONE, /* No operator. */
} Level;

static AstExpr *parse_level(Parser *p, Level least);

AstExpr *expr_new(Parser *p, AstExprKind kind, uint32_t start)
{
    AstExpr *e = ARENA_NEW(p->arena, AstExpr);

    e->kind = kind;
    e->span = span_since(p, start);
    nest_grow(p);
    return e;
}

/* An operand in its own right: what is built in it stands beside what was built before. */
static AstExpr *parse_operand(Parser *p, Level least)
{
    uint32_t height_outside = nest_enter(p);
    AstExpr *e = parse_level(p, least);

    nest_leave(p, height_outside);
    return e;
}

AstExpr *parse_expr(Parser *p)
{
    return parse_operand(p, LEVEL_OR);
}

AstExpr *parse_value(Parser *p)
{
    return parse_operand(p, LEVEL_COMPARISON);
}

/* expressionSeq : expression (',' expression)* */
AstExprList parse_expr_list(Parser *p)
{
    VEC(AstExpr *) items = {0};

    do {
        AstExpr *e = parse_expr(p);

        VEC_ADD_IN(p->arena, &items, e);
    } while (accept(p, TOKEN_COMMA));
    return (AstExprList){items.items, items.count};
}

/* namedExpression : expression (AS? (identifier | identifierList))? */
AstNamedExpr parse_named_expr(Parser *p)
{
    uint32_t start = p->at;
    AstNamedExpr named = {.expr = parse_expr(p)};
    bool as = accept_keyword(p, KEYWORD_AS);
    uint32_t alias_start;

    if (at_token(p, TOKEN_LEFT_PAREN) && (as || name_at(p, 1))) {
        named.aliases = parse_ident_list(p);
    } else if (as || (name_at(p, 0) && !at_clause_start(p))) {
        if (!as && at_token(p, TOKEN_WORD))
            p->alias_at = p->at;
        named.aliases.items = ARENA_NEW(p->arena, Ident);
        alias_start = p->at;
        named.aliases.items[0] = parse_ident(p, "an alias");
        named.aliases.count = 1;
        check_dashed_name(p, alias_start);
    }
    named.span = span_since(p, start);
    return named;
}

AstNamedExprList parse_named_exprs(Parser *p)
{
    VEC(AstNamedExpr) items = {0};

    do {
        AstNamedExpr named = parse_named_expr(p);

        VEC_ADD_IN(p->arena, &items, named);
    } while (accept(p, TOKEN_COMMA));
    return (AstNamedExprList){items.items, items.count};
}

/* ── operators ─────────────────────────────────────────────────────────────────────────────────*/

typedef struct Operator {
    Level level;
    AstBinaryOp op;
} Operator;

static Operator operator_at(const Parser *p)
{
    switch ((int)kind_at(p, 0)) {
    case TOKEN_EQUAL:
        return (Operator){LEVEL_COMPARISON, AST_BINARY_EQUAL};
    case TOKEN_NOT_EQUAL:
        return (Operator){LEVEL_COMPARISON, AST_BINARY_NOT_EQUAL};
    case TOKEN_LESS:
        return (Operator){LEVEL_COMPARISON, AST_BINARY_LESS};
    case TOKEN_LESS_EQUAL:
        return (Operator){LEVEL_COMPARISON, AST_BINARY_LESS_EQUAL};
    case TOKEN_GREATER:
        return (Operator){LEVEL_COMPARISON, AST_BINARY_GREATER};
    case TOKEN_GREATER_EQUAL:
        return (Operator){LEVEL_COMPARISON, AST_BINARY_GREATER_EQUAL};
    case TOKEN_EQUAL_NULL_SAFE:
        return (Operator){LEVEL_COMPARISON, AST_BINARY_EQUAL_NULL_SAFE};
    case TOKEN_BAR:
        return (Operator){LEVEL_BIT_OR, AST_BINARY_BIT_OR};
    case TOKEN_CARET:
        return (Operator){LEVEL_BIT_XOR, AST_BINARY_BIT_XOR};
    case TOKEN_AMPERSAND:
        return (Operator){LEVEL_BIT_AND, AST_BINARY_BIT_AND};
    case TOKEN_SHIFT_LEFT:
        return (Operator){LEVEL_SHIFT, AST_BINARY_SHIFT_LEFT};
    case TOKEN_SHIFT_RIGHT:
        return (Operator){LEVEL_SHIFT, AST_BINARY_SHIFT_RIGHT};
    case TOKEN_SHIFT_RIGHT_UNSIGNED:
        return (Operator){LEVEL_SHIFT, AST_BINARY_SHIFT_RIGHT_UNSIGNED};
    case TOKEN_PLUS:
        return (Operator){LEVEL_SUM, AST_BINARY_ADD};
    case TOKEN_MINUS:
        return (Operator){LEVEL_SUM, AST_BINARY_SUBTRACT};
    case TOKEN_CONCAT:
        return (Operator){LEVEL_SUM, AST_BINARY_CONCAT};
    case TOKEN_STAR:
        return (Operator){LEVEL_PRODUCT, AST_BINARY_MULTIPLY};
    case TOKEN_SLASH:
        return (Operator){LEVEL_PRODUCT, AST_BINARY_DIVIDE};
    case TOKEN_PERCENT:
        return (Operator){LEVEL_PRODUCT, AST_BINARY_MODULO};
    case TOKEN_WORD:
        if (at_keyword(p, KEYWORD_DIV))
            return (Operator){LEVEL_PRODUCT, AST_BINARY_DIV};
        break;
    default:
        break;
    }
    return (Operator){LEVEL_NONE, AST_BINARY_ADD};
}

static AstExpr *parse_binary(Parser *p, AstExpr *left, Operator operator, uint32_t start)
{
    Span op_span = token_at(p, 0)->span;
    AstExpr *right;
    AstExpr *e;

    advance(p);
    right = parse_operand(p, operator.level + 1);
    e = expr_new(p, AST_EXPR_BINARY, start);
    e->binary.op = operator.op;
    e->binary.op_span = op_span;
    e->binary.left = left;
    e->binary.right = right;
    return e;
}

/* booleanExpression : left (AND right)+ | left (OR right)+ : one node for the chain */
static AstExpr *parse_logical(Parser *p, AstExpr *left, Keyword keyword, Level level,
                              uint32_t start)
{
    VEC(AstExpr *) operands = {0};
    AstExpr *e;

    VEC_ADD_IN(p->arena, &operands, left);
    while (accept_keyword(p, keyword)) {
        AstExpr *right = parse_operand(p, level + 1);

        VEC_ADD_IN(p->arena, &operands, right);
    }
    e = expr_new(p, AST_EXPR_LOGICAL, start);
    e->logical.is_or = keyword == KEYWORD_OR;
    e->logical.operands = (AstExprList){operands.items, operands.count};
    return e;
}

/* ── predicates ────────────────────────────────────────────────────────────────────────────────*/

/* NOT? IN '(' (query | expression (',' expression)*) ')' */
static AstExpr *parse_in(Parser *p, AstExpr *operand, bool negated, uint32_t start)
{
    AstExpr *e;

    expect(p, TOKEN_LEFT_PAREN);
    if (query_starts_at(p, 0)) {
        AstQuery *query = parse_query(p);

        expect(p, TOKEN_RIGHT_PAREN);
        e = expr_new(p, AST_EXPR_IN_QUERY, start);
        e->in_query.operand = operand;
        e->in_query.query = query;
        e->in_query.negated = negated;
    } else if (at_token(p, TOKEN_RIGHT_PAREN)) {
        parse_error(p, token_at(p, 0)->span, "INVALID_SQL_SYNTAX.EMPTY_IN_PREDICATE", "42000",
                    "Invalid SQL syntax: IN predicate requires at least one value. Empty IN clauses like "
                    "'IN ()' are not allowed.");
        return operand;
    } else {
        AstExprList list = parse_expr_list(p);

        expect(p, TOKEN_RIGHT_PAREN);
        e = expr_new(p, AST_EXPR_IN_LIST, start);
        e->in_list.operand = operand;
        e->in_list.list = list;
        e->in_list.negated = negated;
    }
    return e;
}

/* NOT? BETWEEN value AND value */
static AstExpr *parse_between(Parser *p, AstExpr *operand, bool negated, uint32_t start)
{
    AstExpr *low = parse_value(p);
    AstExpr *high;
    AstExpr *e;

    expect_keyword(p, KEYWORD_AND);
    high = parse_value(p);
    e = expr_new(p, AST_EXPR_BETWEEN, start);
    e->between.operand = operand;
    e->between.low = low;
    e->between.high = high;
    e->between.negated = negated;
    return e;
}

/* ESCAPE stringLit : one character */
static void parse_escape(Parser *p, AstExpr *e)
{
    const Token *token;

    if (!accept_keyword(p, KEYWORD_ESCAPE))
        return;
    token = token_at(p, 0);
    e->like.has_escape = true;
    e->like.escape = parse_string(p, "a string of one character");
    if (!p->failed &&
        (e->like.escape.bytes == 0 ||
         utf8_char_bytes(e->like.escape.data, e->like.escape.bytes) != e->like.escape.bytes))
        parse_error(p, token->span, "INVALID_ESC", "42604",
                    "The escape character must be a string literal of one character.");
}

/*
 * NOT? (LIKE | ILIKE) (ANY | SOME | ALL) '(' expression (',' expression)* ')'
 * NOT? (LIKE | ILIKE) value (ESCAPE stringLit)?
 * NOT? (RLIKE | REGEXP) value
 */
static AstExpr *parse_like(Parser *p, AstExpr *operand, AstLikeOp op, bool negated, uint32_t start)
{
    AstLikeQuantifier quantifier = AST_LIKE_ONE;
    AstExprList patterns;
    AstExpr *e;

    if (op != AST_LIKE_RLIKE && kind_at(p, 1) == TOKEN_LEFT_PAREN) {
        if (at_keyword(p, KEYWORD_ANY) || at_keyword(p, KEYWORD_SOME))
            quantifier = AST_LIKE_ANY;
        else if (at_keyword(p, KEYWORD_ALL))
            quantifier = AST_LIKE_ALL;
    }
    if (quantifier != AST_LIKE_ONE) {
        Span span = token_at(p, 0)->span;

        advance(p);
        advance(p);
        if (at_token(p, TOKEN_RIGHT_PAREN))
            parse_error(p, span, "_LEGACY_ERROR_TEMP_0064", NULL,
                        "Expected something between '(' and ')'.");
        patterns = parse_expr_list(p);
        expect(p, TOKEN_RIGHT_PAREN);
    } else {
        AstExpr **one = ARENA_NEW(p->arena, AstExpr *);

        *one = parse_value(p);
        patterns = (AstExprList){one, 1};
    }
    e = expr_new(p, AST_EXPR_LIKE, start);
    e->like.operand = operand;
    e->like.patterns = patterns;
    e->like.op = op;
    e->like.quantifier = quantifier;
    e->like.negated = negated;
    if (op != AST_LIKE_RLIKE && quantifier == AST_LIKE_ONE)
        parse_escape(p, e);
    e->span = span_since(p, start);
    return e;
}

/* IS NOT? (NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM value) */
static AstExpr *parse_is(Parser *p, AstExpr *operand, uint32_t start)
{
    bool negated = accept_keyword(p, KEYWORD_NOT) || accept(p, TOKEN_BANG);
    AstIsTest test = AST_IS_NULL;
    AstExpr *e;

    if (at_keyword(p, KEYWORD_DISTINCT)) {
        AstExpr *right;

        advance(p);
        expect_keyword(p, KEYWORD_FROM);
        right = parse_value(p);
        e = expr_new(p, AST_EXPR_IS_DISTINCT, start);
        e->is_distinct.left = operand;
        e->is_distinct.right = right;
        e->is_distinct.negated = negated;
        return e;
    }
    if (accept_keyword(p, KEYWORD_TRUE))
        test = AST_IS_TRUE;
    else if (accept_keyword(p, KEYWORD_FALSE))
        test = AST_IS_FALSE;
    else if (accept_keyword(p, KEYWORD_UNKNOWN))
        test = AST_IS_UNKNOWN;
    else if (!accept_keyword(p, KEYWORD_NULL))
        syntax_error(p, "NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM");
    e = expr_new(p, AST_EXPR_IS, start);
    e->is.operand = operand;
    e->is.test = test;
    e->is.negated = negated;
    return e;
}

static bool predicate_keyword(Keyword keyword)
{
    return keyword == KEYWORD_IN || keyword == KEYWORD_BETWEEN || keyword == KEYWORD_LIKE ||
           keyword == KEYWORD_ILIKE || keyword == KEYWORD_RLIKE || keyword == KEYWORD_REGEXP;
}

static bool at_predicate(const Parser *p)
{
    TokenKind next = kind_at(p, 1);

    if (at_keyword(p, KEYWORD_NOT) || at_token(p, TOKEN_BANG))
        return predicate_keyword(keyword_at(p, 1));
    /* Behind a word that ends the list it is an alias: SELECT a in, b like FROM t */
    return (at_keyword(p, KEYWORD_IS) || predicate_keyword(keyword_at(p, 0))) &&
           next != TOKEN_COMMA && next != TOKEN_END && next != TOKEN_RIGHT_PAREN;
}

/* predicate : NOT? (BETWEEN ... | IN ... | LIKE ...) | IS ... */
static AstExpr *parse_predicate(Parser *p, AstExpr *operand, uint32_t start)
{
    bool negated = accept_keyword(p, KEYWORD_NOT) || accept(p, TOKEN_BANG);
    Keyword keyword = keyword_at(p, 0);

    advance(p);
    switch ((int)keyword) {
    case KEYWORD_IN:
        return parse_in(p, operand, negated, start);
    case KEYWORD_BETWEEN:
        return parse_between(p, operand, negated, start);
    case KEYWORD_LIKE:
        return parse_like(p, operand, AST_LIKE_LIKE, negated, start);
    case KEYWORD_ILIKE:
        return parse_like(p, operand, AST_LIKE_ILIKE, negated, start);
    case KEYWORD_RLIKE:
    case KEYWORD_REGEXP:
        return parse_like(p, operand, AST_LIKE_RLIKE, negated, start);
    default:
        return parse_is(p, operand, start);
    }
}

/* ── prefix and postfix ────────────────────────────────────────────────────────────────────────*/

/* '.' identifier | '[' value ']' | '::' dataType | ':' path | COLLATE name */
static AstExpr *parse_postfix_once(Parser *p, AstExpr *base, uint32_t start)
{
    AstExpr *e;

    if (accept(p, TOKEN_DOT)) {
        Ident name = parse_ident(p, "a field's name");

        e = expr_new(p, AST_EXPR_FIELD, start);
        e->field.base = base;
        e->field.name = name;
    } else if (accept(p, TOKEN_LEFT_BRACKET)) {
        AstExpr *index = parse_expr(p);

        expect(p, TOKEN_RIGHT_BRACKET);
        e = expr_new(p, AST_EXPR_SUBSCRIPT, start);
        e->subscript.base = base;
        e->subscript.index = index;
    } else if (accept(p, TOKEN_DOUBLE_COLON)) {
        AstTypeName *type = parse_type(p);

        e = expr_new(p, AST_EXPR_CAST, start);
        e->cast.operand = base;
        e->cast.type = type;
        e->cast.form = AST_CAST_COLONS;
    } else {
        QualifiedName collation;

        advance(p);
        collation = parse_name(p, "a collation");
        e = expr_new(p, AST_EXPR_COLLATE, start);
        e->collate.operand = base;
        e->collate.collation = collation;
    }
    return e;
}

/* ':' (identifier | '[' ... ']') ('.' identifier | '[' (INTEGER | stringLit | '*') ']')* */
static AstExpr *parse_path(Parser *p, AstExpr *base, uint32_t start)
{
    uint32_t from;
    uint32_t to;
    AstExpr *e;

    advance(p);
    from = token_at(p, 0)->from;
    if (name_at(p, 0))
        advance(p);
    else if (!at_token(p, TOKEN_LEFT_BRACKET))
        syntax_error(p, "a field's name");
    while (!p->failed) {
        if (at_token(p, TOKEN_DOT) && name_at(p, 1)) {
            advance(p);
            advance(p);
        } else if (accept(p, TOKEN_LEFT_BRACKET)) {
            if (!at_token(p, TOKEN_INTEGER) && !at_token(p, TOKEN_STRING) &&
                !at_token(p, TOKEN_STAR))
                syntax_error(p, "a position, a name in quotes or '*'");
            advance(p);
            expect(p, TOKEN_RIGHT_BRACKET);
        } else {
            break;
        }
    }
    to = p->tokens[p->at - 1].from + p->tokens[p->at - 1].bytes;
    e = expr_new(p, AST_EXPR_PATH, start);
    e->path.base = base;
    e->path.path = str_slice(p->text->text, from, MAX(from, to));
    return e;
}

/* a.b, but not .b of anything else: merged into one name. */
static bool merge_field(Parser *p, AstExpr *base)
{
    QualifiedName *column = &base->column;
    Ident *parts;

    if (base->kind != AST_EXPR_COLUMN || !at_token(p, TOKEN_DOT) || !name_at(p, 1))
        return false;
    advance(p);
    parts = ARENA_ARRAY(p->arena, Ident, column->count + 1);
    for (size_t i = 0; i < column->count; i++)
        parts[i] = column->parts[i];
    parts[column->count++] = parse_ident(p, "a field's name");
    column->parts = parts;
    base->span = span_join(base->span, parts[column->count - 1].span);
    column->span = base->span;
    return true;
}

static AstExpr *parse_postfix(Parser *p, AstExpr *e, uint32_t start)
{
    for (;;) {
        TokenKind next = kind_at(p, 1);

        if (merge_field(p, e))
            continue;
        if (at_token(p, TOKEN_COLON) &&
            (next == TOKEN_WORD || next == TOKEN_QUOTED || next == TOKEN_LEFT_BRACKET))
            e = parse_path(p, e, start);
        else if ((at_token(p, TOKEN_DOT) && name_at(p, 1)) || at_token(p, TOKEN_LEFT_BRACKET) ||
                 at_token(p, TOKEN_DOUBLE_COLON) ||
                 (at_keyword(p, KEYWORD_COLLATE) && name_at(p, 1)))
            e = parse_postfix_once(p, e, start);
        else
            return e;
    }
}

/* ('-' | '+' | '~') value, or a number with its minus */
static AstExpr *parse_unary(Parser *p)
{
    uint32_t start = p->at;
    AstUnaryOp op;
    AstExpr *operand;
    AstExpr *e;
    uint32_t height_outside;

    if (at_token(p, TOKEN_MINUS) && number_at(p, 1)) {
        advance(p);
        return parse_postfix(p, parse_number(p, true, start), start);
    }
    if (accept(p, TOKEN_MINUS))
        op = AST_UNARY_MINUS;
    else if (accept(p, TOKEN_PLUS))
        op = AST_UNARY_PLUS;
    else if (accept(p, TOKEN_TILDE))
        op = AST_UNARY_BIT_NOT;
    else
        return parse_postfix(p, parse_primary(p), start);
    height_outside = nest_enter(p);
    operand = parse_unary(p);
    nest_leave(p, height_outside);
    e = expr_new(p, AST_EXPR_UNARY, start);
    e->unary.op = op;
    e->unary.operand = operand;
    return e;
}

/* (NOT | '!') booleanExpression */
static AstExpr *parse_not(Parser *p, uint32_t start)
{
    AstExpr *operand;
    AstExpr *e;

    advance(p);
    operand = parse_operand(p, LEVEL_NOT);
    e = expr_new(p, AST_EXPR_UNARY, start);
    e->unary.op = AST_UNARY_NOT;
    e->unary.operand = operand;
    return e;
}

static bool at_not(const Parser *p)
{
    TokenKind next = kind_at(p, 1);

    if (at_token(p, TOKEN_BANG))
        return true;
    return at_keyword(p, KEYWORD_NOT) && next != TOKEN_COMMA && next != TOKEN_RIGHT_PAREN &&
           next != TOKEN_DOT && next != TOKEN_END;
}

/* All that binds at least as tightly as `least`. */
static AstExpr *parse_level(Parser *p, Level least)
{
    uint32_t start = p->at;
    Level tightest = LEVEL_NONE; /* Of what may still follow: an operand has one predicate. */
    AstExpr *e;

    if (least <= LEVEL_NOT && at_not(p)) {
        e = parse_not(p, start);
        tightest = LEVEL_NOT;
    } else {
        e = parse_unary(p);
    }
    for (;;) {
        Operator operator;

        if (least <= LEVEL_OR && at_keyword(p, KEYWORD_OR)) {
            e = parse_logical(p, e, KEYWORD_OR, LEVEL_OR, start);
            continue;
        }
        if (least <= LEVEL_AND && at_keyword(p, KEYWORD_AND)) {
            e = parse_logical(p, e, KEYWORD_AND, LEVEL_AND, start);
            tightest = LEVEL_AND;
            continue;
        }
        if (least <= LEVEL_PREDICATE && tightest > LEVEL_PREDICATE && at_predicate(p)) {
            e = parse_predicate(p, e, start);
            tightest = LEVEL_PREDICATE;
            continue;
        }
        operator= operator_at(p);
        if (operator.level == LEVEL_NONE || operator.level<least || tightest<LEVEL_COMPARISON)
            return e;
        e = parse_binary(p, e, operator, start);
    }
}

/* ── primaries ─────────────────────────────────────────────────────────────────────────────────*/

/* CASE expression? (WHEN expression THEN expression)+ (ELSE expression)? END */
static AstExpr *parse_case(Parser *p)
{
    uint32_t start = p->at;
    VEC(AstCaseWhen) whens = {0};
    AstExpr *operand = NULL;
    AstExpr *otherwise = NULL;
    AstExpr *e;

    expect_keyword(p, KEYWORD_CASE);
    if (!at_keyword(p, KEYWORD_WHEN))
        operand = parse_expr(p);
    do {
        AstCaseWhen when;

        expect_keyword(p, KEYWORD_WHEN);
        when.when = parse_expr(p);
        expect_keyword(p, KEYWORD_THEN);
        when.then = parse_expr(p);
        VEC_ADD_IN(p->arena, &whens, when);
    } while (at_keyword(p, KEYWORD_WHEN));
    if (accept_keyword(p, KEYWORD_ELSE))
        otherwise = parse_expr(p);
    expect_keyword(p, KEYWORD_END);
    e = expr_new(p, AST_EXPR_CASE, start);
    e->cases.operand = operand;
    e->cases.whens = whens.items;
    e->cases.when_count = whens.count;
    e->cases.otherwise = otherwise;
    return e;
}

/* (CAST | TRY_CAST) '(' expression AS dataType ')' */
static AstExpr *parse_cast(Parser *p)
{
    uint32_t start = p->at;
    AstCastForm form = at_keyword(p, KEYWORD_CAST) ? AST_CAST_PLAIN : AST_CAST_TRY;
    AstExpr *operand;
    AstTypeName *type;
    AstExpr *e;

    advance(p);
    expect(p, TOKEN_LEFT_PAREN);
    operand = parse_expr(p);
    expect_keyword(p, KEYWORD_AS);
    type = parse_type(p);
    expect(p, TOKEN_RIGHT_PAREN);
    e = expr_new(p, AST_EXPR_CAST, start);
    e->cast.operand = operand;
    e->cast.type = type;
    e->cast.form = form;
    return e;
}

static AstExpr *parse_exists(Parser *p)
{
    uint32_t start = p->at;
    AstQuery *query;
    AstExpr *e;

    advance(p);
    expect(p, TOKEN_LEFT_PAREN);
    query = parse_query(p);
    expect(p, TOKEN_RIGHT_PAREN);
    e = expr_new(p, AST_EXPR_EXISTS, start);
    e->query = query;
    return e;
}

/* identifier '->' expression | '(' identifier (',' identifier)* ')' '->' expression */
static AstExpr *parse_lambda(Parser *p)
{
    uint32_t start = p->at;
    IdentList params;
    AstExpr *body;
    AstExpr *e;

    if (at_token(p, TOKEN_LEFT_PAREN)) {
        params = parse_ident_list(p);
    } else {
        params = (IdentList){ARENA_NEW(p->arena, Ident), 1};
        params.items[0] = parse_ident(p, "a parameter");
    }
    expect(p, TOKEN_ARROW);
    body = parse_expr(p);
    e = expr_new(p, AST_EXPR_LAMBDA, start);
    e->lambda.params = params;
    e->lambda.body = body;
    return e;
}

/* '(' query ')' | '(' namedExpression (',' namedExpression)+ ')' | '(' expression ')' | lambda */
static AstExpr *parse_paren(Parser *p)
{
    uint32_t start = p->at;
    const Token *closing = &p->tokens[token_at(p, 0)->match];
    AstExpr *e;
    AstNamedExprList items;

    if (closing->kind == TOKEN_RIGHT_PAREN && closing[1].kind == TOKEN_ARROW)
        return parse_lambda(p);
    if (query_starts_at(p, 1)) {
        AstQuery *query;

        advance(p);
        query = parse_query(p);
        expect(p, TOKEN_RIGHT_PAREN);
        e = expr_new(p, AST_EXPR_SUBQUERY, start);
        e->query = query;
        return e;
    }
    advance(p);
    items = parse_named_exprs(p);
    if (items.count == 1 && items.items[0].aliases.count > 0) {
        p->at = p->failed ? p->at : p->alias_at != TOKEN_I_NONE ? p->alias_at : p->at;
        syntax_error(p, "')'");
    }
    expect(p, TOKEN_RIGHT_PAREN);
    if (items.count == 1) {
        items.items[0].expr->span = span_since(p, start);
        return items.items[0].expr;
    }
    e = expr_new(p, AST_EXPR_ROW, start);
    e->row = items;
    return e;
}

/* (qualifiedName '.')? '*' (EXCEPT '(' names ')')? ; the star is next */
static AstExpr *parse_star(Parser *p, QualifiedName qualifier, uint32_t start)
{
    QualifiedNameList except = {0};
    AstExpr *e;

    expect(p, TOKEN_STAR);
    if (at_keyword(p, KEYWORD_EXCEPT) && kind_at(p, 1) == TOKEN_LEFT_PAREN &&
        !query_starts_at(p, 2)) {
        advance(p);
        advance(p);
        except = parse_name_list(p);
        expect(p, TOKEN_RIGHT_PAREN);
    }
    e = expr_new(p, AST_EXPR_STAR, start);
    e->star.qualifier = qualifier;
    e->star.except = except;
    return e;
}

/* name | name '(' ... ')' | name '.' '*' */
static AstExpr *parse_named(Parser *p)
{
    uint32_t start = p->at;
    QualifiedName name = {0};
    IdentVec parts = {0};
    AstExpr *e;

    if (!accept_identifier_clause(p, &name, &parts)) {
        Ident ident = parse_ident(p, "an expression");

        VEC_ADD_IN(p->arena, &parts, ident);
    }
    while (at_token(p, TOKEN_DOT) && name_at(p, 1)) {
        Ident ident;

        advance(p);
        ident = parse_ident(p, "a name");
        VEC_ADD_IN(p->arena, &parts, ident);
    }
    name.parts = parts.items;
    name.count = parts.count;
    name.span = span_since(p, start);
    if (at_token(p, TOKEN_DOT) && kind_at(p, 1) == TOKEN_STAR) {
        advance(p);
        return parse_star(p, name, start);
    }
    if (at_token(p, TOKEN_LEFT_PAREN))
        return parse_call(p, name, start);
    e = expr_new(p, AST_EXPR_COLUMN, start);
    e->column = name;
    return e;
}

/* Words that can begin no expression, unless they are used as a name. */
static bool at_stray_keyword(const Parser *p)
{
    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_FROM:
    case KEYWORD_WHERE:
    case KEYWORD_HAVING:
    case KEYWORD_SELECT:
    case KEYWORD_UNION:
    case KEYWORD_GROUP:
    case KEYWORD_ORDER:
    case KEYWORD_LIMIT:
    case KEYWORD_AS:
    case KEYWORD_ON:
    case KEYWORD_WHEN:
    case KEYWORD_THEN:
    case KEYWORD_ELSE:
        return at_clause_start(p) || (name_at(p, 1) && !at_keyword(p, KEYWORD_ON));
    default:
        return false;
    }
}

static bool operand_follows(const Parser *p)
{
    TokenKind next = kind_at(p, 1);

    return next != TOKEN_COMMA && next != TOKEN_RIGHT_PAREN && next != TOKEN_DOT &&
           next != TOKEN_END && keyword_at(p, 1) != KEYWORD_FROM;
}

/*
 * primaryExpression
 *   : constant | star | CASE | CAST | EXISTS | '(' ... ')' | lambda | name | call | special forms
 */
AstExpr *parse_primary(Parser *p)
{
    uint32_t start = p->at;
    bool paren_next = kind_at(p, 1) == TOKEN_LEFT_PAREN;
    AstExpr *e = parse_literal(p);

    if (e)
        return e;
    if (at_token(p, TOKEN_LEFT_PAREN))
        return parse_paren(p);
    if (at_token(p, TOKEN_STAR))
        return parse_star(p, (QualifiedName){0}, start);
    if (name_at(p, 0) && kind_at(p, 1) == TOKEN_ARROW)
        return parse_lambda(p);
    if (at_keyword(p, KEYWORD_CASE) && operand_follows(p))
        return parse_case(p);
    if (paren_next && (at_keyword(p, KEYWORD_CAST) || at_keyword(p, KEYWORD_TRY_CAST)))
        return parse_cast(p);
    if (paren_next && at_keyword(p, KEYWORD_EXISTS) && query_starts_at(p, 2))
        return parse_exists(p);
    if (paren_next && (e = parse_special_call(p)) != NULL)
        return e;
    if (!name_at(p, 0) || at_stray_keyword(p)) {
        syntax_error(p, "an expression");
        return expr_new(p, AST_EXPR_COLUMN, start);
    }
    return parse_named(p);
}
