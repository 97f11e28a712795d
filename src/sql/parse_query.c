/*
 * parse_query.c: WITH, SELECT, set operations, and what orders and limits their result.
 */
#include "sql/parse.h"

/* ── where a query begins ──────────────────────────────────────────────────────────────────────*/

/* What may follow a query in parentheses that is itself part of a query. */
static bool continues_query(const Token *token, Keyword next)
{
    switch ((int)token->kind) {
    case TOKEN_END:
    case TOKEN_RIGHT_PAREN:
    case TOKEN_PIPE:
        return true;
    case TOKEN_WORD:
        break;
    default:
        return false;
    }
    switch ((int)token->keyword) {
    case KEYWORD_UNION:
    case KEYWORD_EXCEPT:
    case KEYWORD_MINUS:
    case KEYWORD_INTERSECT:
    case KEYWORD_LIMIT:
    case KEYWORD_OFFSET:
        return true;
    case KEYWORD_ORDER:
    case KEYWORD_SORT:
    case KEYWORD_CLUSTER:
    case KEYWORD_DISTRIBUTE:
        return next == KEYWORD_BY;
    default:
        return false;
    }
}

/* A word that goes on with an expression, so that the word before it was a column. */
static bool is_operator_word(Keyword keyword)
{
    switch ((int)keyword) {
    case KEYWORD_IN:
    case KEYWORD_IS:
    case KEYWORD_AND:
    case KEYWORD_OR:
    case KEYWORD_NOT:
    case KEYWORD_BETWEEN:
    case KEYWORD_LIKE:
    case KEYWORD_ILIKE:
    case KEYWORD_RLIKE:
    case KEYWORD_REGEXP:
    case KEYWORD_DIV:
    case KEYWORD_COLLATE:
    case KEYWORD_AS:
        return true;
    default:
        return false;
    }
}

static bool query_word_at(const Parser *p, uint32_t ahead)
{
    TokenKind next = kind_at(p, ahead + 1);
    bool name_next = name_at(p, ahead + 1) && !is_operator_word(keyword_at(p, ahead + 1));

    switch ((int)keyword_at(p, ahead)) {
    case KEYWORD_SELECT:
        return next != TOKEN_COMMA && next != TOKEN_RIGHT_PAREN && next != TOKEN_DOT;
    case KEYWORD_WITH:
        return name_next;
    case KEYWORD_FROM:
        return name_next || next == TOKEN_LEFT_PAREN;
    case KEYWORD_VALUES:
        return name_next || next == TOKEN_LEFT_PAREN || next == TOKEN_STRING ||
               number_at(p, ahead + 1) ||
               ((next == TOKEN_MINUS || next == TOKEN_PLUS) && number_at(p, ahead + 2));
    case KEYWORD_TABLE:
        return name_next;
    default:
        return false;
    }
}

/* Does the token `ahead` begin a query? With opening parentheses, that is known only behind them:
 * (((SELECT 1)) UNION SELECT 2) is one, ((SELECT 1) + 2) is not. */
bool query_starts_at(const Parser *p, uint32_t ahead)
{
    uint32_t parens = 0;

    while (parens < SQL_DEPTH_MAX && kind_at(p, ahead + parens) == TOKEN_LEFT_PAREN)
        parens++;
    if (!query_word_at(p, ahead + parens))
        return false;
    while (parens-- > 0) {
        uint32_t closing = token_at(p, ahead + parens)->match;

        if (closing == 0)
            return true; /* Never closed: the query's own rules tell it best. */
        if (!continues_query(&p->tokens[closing + 1],
                             p->tokens[MIN(closing + 2, p->token_count - 1)].keyword))
            return false;
    }
    return true;
}

/* ── SELECT ────────────────────────────────────────────────────────────────────────────────────*/

/* setQuantifier : DISTINCT | ALL */
AstSetQuantifier parse_quantifier(Parser *p)
{
    TokenKind next = kind_at(p, 1);

    if (next == TOKEN_COMMA || next == TOKEN_RIGHT_PAREN || next == TOKEN_DOT ||
        keyword_at(p, 1) == KEYWORD_FROM)
        return AST_QUANTIFIER_NONE;
    if (accept_keyword(p, KEYWORD_DISTINCT))
        return AST_QUANTIFIER_DISTINCT;
    if (accept_keyword(p, KEYWORD_ALL))
        return AST_QUANTIFIER_ALL;
    return AST_QUANTIFIER_NONE;
}

typedef VEC(AstHint) HintVec;

/* hint : '/' '*' '+' hintStatement (','? hintStatement)* '*' '/' */
static void parse_hints(Parser *p, HintVec *hints)
{
    while (accept(p, TOKEN_HINT_START)) {
        while (!at_token(p, TOKEN_HINT_END) && !at_end(p)) {
            AstHint hint = {.name = parse_ident(p, "a hint")};

            if (accept(p, TOKEN_LEFT_PAREN) && !accept(p, TOKEN_RIGHT_PAREN)) {
                hint.args = parse_expr_list(p);
                expect(p, TOKEN_RIGHT_PAREN);
            }
            VEC_ADD_IN(p->arena, hints, hint);
            accept(p, TOKEN_COMMA);
        }
        expect(p, TOKEN_HINT_END);
    }
}

/* (expression (',' expression)*)? ')' */
static AstGroupElement parse_group_set(Parser *p, uint32_t start)
{
    AstGroupElement element = {.kind = AST_GROUP_SET, .alias = {.text = STR_EMPTY}};

    if (!accept(p, TOKEN_RIGHT_PAREN)) {
        element.set = parse_expr_list(p);
        expect(p, TOKEN_RIGHT_PAREN);
    }
    element.span = span_since(p, start);
    return element;
}

static AstGroupElement parse_group_analytics(Parser *p, AstGroupElementKind kind, uint32_t start);

/* (ROLLUP | CUBE) '(' | GROUPING SETS '(' : taken up to the parenthesis */
static bool accept_group_analytics(Parser *p, AstGroupElementKind *kind)
{
    if (at_keywords(p, KEYWORD_GROUPING, KEYWORD_SETS) && kind_at(p, 2) == TOKEN_LEFT_PAREN) {
        *kind = AST_GROUP_GROUPING_SETS;
        advance(p);
    } else if (at_keyword(p, KEYWORD_ROLLUP) && kind_at(p, 1) == TOKEN_LEFT_PAREN) {
        *kind = AST_GROUP_ROLLUP;
    } else if (at_keyword(p, KEYWORD_CUBE) && kind_at(p, 1) == TOKEN_LEFT_PAREN) {
        *kind = AST_GROUP_CUBE;
    } else {
        return false;
    }
    advance(p);
    advance(p);
    return true;
}

/* groupingElement : groupingAnalytics | '(' exprs? ')' | expression */
static AstGroupElement parse_group_element(Parser *p)
{
    uint32_t start = p->at;
    AstGroupElement element = {.kind = AST_GROUP_SET, .alias = {.text = STR_EMPTY}};
    const Token *closing = &p->tokens[token_at(p, 0)->match];
    AstGroupElementKind kind;

    if (accept_group_analytics(p, &kind))
        return parse_group_analytics(p, kind, start);
    /* A parenthesis that closes right before the next element opens a set, else an expression. */
    if (at_token(p, TOKEN_LEFT_PAREN) && closing->kind == TOKEN_RIGHT_PAREN &&
        (closing[1].kind == TOKEN_COMMA || closing[1].kind == TOKEN_RIGHT_PAREN) &&
        !query_starts_at(p, 1)) {
        advance(p);
        return parse_group_set(p, start);
    }
    element.set.items = ARENA_NEW(p->arena, AstExpr *);
    element.set.items[0] = parse_expr(p);
    element.set.count = 1;
    element.span = span_since(p, start);
    return element;
}

static AstGroupElement parse_group_analytics(Parser *p, AstGroupElementKind kind, uint32_t start)
{
    uint32_t height_outside = nest_enter(p);
    AstGroupElement element = {.kind = kind, .alias = {.text = STR_EMPTY}};
    VEC(AstGroupElement) elements = {0};

    do {
        AstGroupElement inner = parse_group_element(p);

        if (kind != AST_GROUP_GROUPING_SETS && inner.kind == AST_GROUP_SET && inner.set.count == 0)
            parse_error(p, inner.span, "_LEGACY_ERROR_TEMP_0051", NULL,
                        "Empty set in %s grouping sets is not supported.",
                        kind == AST_GROUP_ROLLUP ? "ROLLUP" : "CUBE");
        VEC_ADD_IN(p->arena, &elements, inner);
    } while (accept_comma_in(p, TOKEN_RIGHT_PAREN));
    element.elements = elements.items;
    element.element_count = elements.count;
    element.span = span_since(p, start);
    nest_grow(p);
    nest_leave(p, height_outside);
    return element;
}

static bool is_group_by_all(const AstGroupElement *element)
{
    return element->kind == AST_GROUP_EXPR && element->expr->kind == AST_EXPR_COLUMN &&
           element->alias.text.bytes == 0 && element->expr->column.count == 1 &&
           !element->expr->column.parts[0].quoted &&
           str_is_nocase(element->expr->column.parts[0].text, "ALL");
}

/* (WITH ROLLUP | WITH CUBE | GROUPING SETS '(' ... ')')? : behind plain expressions */
static void parse_group_suffix(Parser *p, AstGroupBy *group_by)
{
    uint32_t start = p->at;
    AstGroupElementKind kind;

    if (accept_keywords(p, KEYWORD_WITH, KEYWORD_ROLLUP)) {
        group_by->with_rollup = true;
    } else if (accept_keywords(p, KEYWORD_WITH, KEYWORD_CUBE)) {
        group_by->with_cube = true;
    } else if (at_keyword(p, KEYWORD_GROUPING) && accept_group_analytics(p, &kind)) {
        group_by->grouping_sets = ARENA_NEW(p->arena, AstGroupElement);
        *group_by->grouping_sets = parse_group_analytics(p, kind, start);
    }
}

/*
 * aggregationClause
 *   : GROUP BY (groupingAnalytics | expression) (',' ...)*
 *   | GROUP BY exprs (WITH ROLLUP | WITH CUBE | GROUPING SETS '(' ... ')')?
 */
AstGroupBy parse_group_by(Parser *p, bool aliases)
{
    uint32_t start = p->at;
    AstGroupBy group_by = {.present = true};
    VEC(AstGroupElement) elements = {0};

    expect_keyword(p, KEYWORD_GROUP);
    expect_keyword(p, KEYWORD_BY);
    do {
        AstGroupElement element = {.kind = AST_GROUP_EXPR, .alias = {.text = STR_EMPTY}};
        uint32_t element_start = p->at;
        AstGroupElementKind kind;

        if (accept_group_analytics(p, &kind)) {
            element = parse_group_analytics(p, kind, element_start);
        } else if (aliases) {
            AstNamedExpr named = parse_named_expr(p);

            element.expr = named.expr;
            if (named.aliases.count > 0)
                element.alias = named.aliases.items[0];
        } else {
            element.expr = parse_expr(p);
        }
        element.span = span_since(p, element_start);
        VEC_ADD_IN(p->arena, &elements, element);
    } while (accept(p, TOKEN_COMMA));
    parse_group_suffix(p, &group_by);
    group_by.span = span_since(p, start);
    group_by.all = elements.count == 1 && is_group_by_all(&elements.items[0]);
    group_by.elements = elements.items;
    group_by.element_count = elements.count;
    return group_by;
}

/*
 * SELECT hint* setQuantifier? namedExpressionSeq fromClause? lateralView*
 *   whereClause? aggregationClause? havingClause? windowClause?
 */
AstSelect *parse_select(Parser *p, AstRelation *from)
{
    AstSelect *select = ARENA_NEW(p->arena, AstSelect);
    HintVec hints = {0};

    expect_keyword(p, KEYWORD_SELECT);
    parse_hints(p, &hints);
    select->hints = hints.items;
    select->hint_count = hints.count;
    if (at_keyword(p, KEYWORD_TRANSFORM) && kind_at(p, 1) == TOKEN_LEFT_PAREN &&
        p->tokens[token_at(p, 1)->match + 1].keyword == KEYWORD_USING) {
        parse_error(p, token_at(p, 0)->span, "UNSUPPORTED_FEATURE.TRANSFORM_NON_HIVE", "0A000",
                    "TRANSFORM with a script is not supported.");
        return select;
    }
    select->quantifier = parse_quantifier(p);
    select->items = parse_named_exprs(p);
    select->from = from;
    if (!from && at_keyword(p, KEYWORD_FROM))
        select->from = parse_from(p);
    select->from = parse_lateral_views(p, select->from);
    if (accept_keyword(p, KEYWORD_WHERE))
        select->where = parse_expr(p);
    if (at_keywords(p, KEYWORD_GROUP, KEYWORD_BY))
        select->group_by = parse_group_by(p, false);
    if (accept_keyword(p, KEYWORD_HAVING))
        select->having = parse_expr(p);
    if (at_keyword(p, KEYWORD_WINDOW))
        select->windows = parse_windows(p);
    nest_grow(p);
    return select;
}

/* ── bodies ────────────────────────────────────────────────────────────────────────────────────*/

static AstQueryBody *body_new(Parser *p, AstQueryBodyKind kind, uint32_t start)
{
    AstQueryBody *body = ARENA_NEW(p->arena, AstQueryBody);

    body->kind = kind;
    body->span = span_since(p, start);
    nest_grow(p);
    return body;
}

/* `FROM t` alone, or before |>: all its columns. */
static AstSelect *select_all_from(Parser *p, AstRelation *from)
{
    AstSelect *select = ARENA_NEW(p->arena, AstSelect);
    AstExpr *star = ARENA_NEW(p->arena, AstExpr);

    star->kind = AST_EXPR_STAR;
    star->span = from->span;
    select->items.items = ARENA_NEW(p->arena, AstNamedExpr);
    select->items.items[0] = (AstNamedExpr){.expr = star, .span = star->span};
    select->items.count = 1;
    select->from = from;
    return select;
}

/*
 * queryPrimary
 *   : SELECT ... | FROM relations (SELECT ...)? | TABLE name | VALUES rows alias? | '(' query ')'
 */
AstQueryBody *parse_query_primary(Parser *p)
{
    uint32_t start = p->at;
    AstQueryBody *body = body_new(p, AST_BODY_SELECT, start);

    if (at_keyword(p, KEYWORD_FROM)) {
        AstRelation *from = parse_from(p);

        if (at_keyword(p, KEYWORD_SELECT))
            body->select = parse_select(p, from);
        else
            body->select = select_all_from(p, from);
    } else if (at_keyword(p, KEYWORD_VALUES)) {
        advance(p);
        body->kind = AST_BODY_VALUES;
        body->values.rows = parse_inline_rows(p);
        body->values.alias = parse_table_alias(p);
    } else if (at_keyword(p, KEYWORD_TABLE)) {
        uint32_t name_start = p->at + 1;

        advance(p);
        body->kind = AST_BODY_TABLE;
        body->table = ARENA_NEW(p->arena, AstRelation);
        body->table->kind = AST_RELATION_TABLE;
        body->table->alias.name.text = STR_EMPTY;
        body->table->table.identified_by = STR_EMPTY;
        body->table->table.name = parse_name(p, "a table");
        body->table->span = span_since(p, name_start);
    } else if (accept(p, TOKEN_LEFT_PAREN)) {
        body->kind = AST_BODY_QUERY;
        body->query = parse_query(p);
        expect(p, TOKEN_RIGHT_PAREN);
    } else if (at_keyword(p, KEYWORD_SELECT)) {
        body->select = parse_select(p, NULL);
    } else {
        syntax_error(p, "a query: SELECT, VALUES, TABLE, FROM or WITH");
        body->select = ARENA_NEW(p->arena, AstSelect);
    }
    body->span = span_since(p, start);
    return body;
}

static int set_operator_level(Keyword keyword)
{
    if (keyword == KEYWORD_INTERSECT)
        return 2;
    return keyword == KEYWORD_UNION || keyword == KEYWORD_EXCEPT || keyword == KEYWORD_MINUS;
}

bool accept_set_operator(Parser *p, AstSetOperator *op)
{
    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_UNION:
        *op = AST_SET_UNION;
        break;
    case KEYWORD_INTERSECT:
        *op = AST_SET_INTERSECT;
        break;
    case KEYWORD_EXCEPT:
    case KEYWORD_MINUS:
        *op = AST_SET_EXCEPT;
        break;
    default:
        return false;
    }
    advance(p);
    return true;
}

/* queryTerm : queryPrimary | left INTERSECT right (tighter) | left (UNION | EXCEPT | MINUS) right
 */
static AstQueryBody *parse_set_operations(Parser *p, int least)
{
    uint32_t start = p->at;
    AstQueryBody *left = parse_query_primary(p);

    for (;;) {
        int level = set_operator_level(keyword_at(p, 0));
        AstSetOperator op = AST_SET_UNION;
        AstSetQuantifier quantifier;
        AstQueryBody *right;
        AstQueryBody *body;
        uint32_t height_outside;

        if (level == 0 || level < least)
            return left;
        accept_set_operator(p, &op);
        quantifier = parse_quantifier(p);
        height_outside = nest_enter(p);
        right = parse_set_operations(p, level + 1);
        nest_leave(p, height_outside);
        body = body_new(p, AST_BODY_SET_OPERATION, start);
        body->set.op = op;
        body->set.quantifier = quantifier;
        body->set.left = left;
        body->set.right = right;
        left = body;
    }
}

/* ── the whole query ───────────────────────────────────────────────────────────────────────────*/

bool at_organization(const Parser *p)
{
    switch ((int)keyword_at(p, 0)) {
    case KEYWORD_ORDER:
    case KEYWORD_CLUSTER:
    case KEYWORD_DISTRIBUTE:
    case KEYWORD_SORT:
        return keyword_at(p, 1) == KEYWORD_BY;
    case KEYWORD_WINDOW:
    case KEYWORD_LIMIT:
    case KEYWORD_OFFSET:
        return true;
    default:
        return false;
    }
}

/*
 * queryOrganization
 *   : (ORDER BY sortItems)? (CLUSTER BY exprs)? (DISTRIBUTE BY exprs)? (SORT BY sortItems)?
 *     windowClause? (LIMIT (ALL | expression))? (OFFSET expression)?
 */
void parse_organization(Parser *p, AstQuery *query)
{
    uint32_t start = p->at;

    if (accept_keywords(p, KEYWORD_ORDER, KEYWORD_BY))
        query->order_by = parse_sort_list(p);
    if (accept_keywords(p, KEYWORD_CLUSTER, KEYWORD_BY))
        query->cluster_by = parse_expr_list(p);
    if (accept_keywords(p, KEYWORD_DISTRIBUTE, KEYWORD_BY))
        query->distribute_by = parse_expr_list(p);
    if (accept_keywords(p, KEYWORD_SORT, KEYWORD_BY))
        query->sort_by = parse_sort_list(p);
    if ((query->order_by.count > 0 &&
         (query->cluster_by.count > 0 || query->distribute_by.count > 0 ||
          query->sort_by.count > 0)) ||
        (query->cluster_by.count > 0 &&
         (query->distribute_by.count > 0 || query->sort_by.count > 0)))
        parse_error(p, span_since(p, start), "UNSUPPORTED_FEATURE.COMBINATION_QUERY_RESULT_CLAUSES",
                    "0A000", "Combination of ORDER BY/SORT BY/DISTRIBUTE BY/CLUSTER BY.");
    if (at_keyword(p, KEYWORD_WINDOW))
        query->windows = parse_windows(p);
    if (accept_keyword(p, KEYWORD_LIMIT) && !accept_keyword(p, KEYWORD_ALL))
        query->limit = parse_expr(p);
    if (accept_keyword(p, KEYWORD_OFFSET))
        query->offset = parse_expr(p);
}

/* namedQuery : identifier identifierList? (MAX RECURSION LEVEL INTEGER)? AS? '(' query ')' */
static AstCte parse_cte(Parser *p, bool recursive)
{
    uint32_t start = p->at;
    AstCte cte = {.name = parse_ident(p, "a name for the query")};

    if (at_token(p, TOKEN_LEFT_PAREN) && !query_starts_at(p, 1))
        cte.columns = parse_ident_list(p);
    if (at_keywords(p, KEYWORD_MAX, KEYWORD_RECURSION)) {
        if (!recursive)
            parse_error(p, token_at(p, 0)->span, "_LEGACY_ERROR_TEMP_0035", NULL,
                        "Operation not allowed: Cannot specify MAX RECURSION LEVEL when the CTE "
                        "is not marked as RECURSIVE.");
        advance(p);
        advance(p);
        expect_keyword(p, KEYWORD_LEVEL);
        cte.recursion_max = parse_primary(p);
    }
    accept_keyword(p, KEYWORD_AS);
    expect(p, TOKEN_LEFT_PAREN);
    cte.query = parse_query(p);
    expect(p, TOKEN_RIGHT_PAREN);
    cte.span = span_since(p, start);
    return cte;
}

static void check_cte_names(Parser *p, const AstCte *a, const AstCte *b)
{
    if (str_equal_nocase(a->name.text, b->name.text))
        parse_error(p, b->name.span, "DUPLICATED_CTE_NAMES", "42602",
                    "CTE definition can't have duplicate names: `%.*s`.", STR_ARG(b->name.text));
}

/* ctes : WITH RECURSIVE? namedQuery (',' namedQuery)* */
void parse_ctes(Parser *p, AstQuery *query)
{
    VEC(AstCte) ctes = {0};

    query->recursive =
        at_keyword(p, KEYWORD_RECURSIVE) && name_at(p, 1) && keyword_at(p, 1) != KEYWORD_AS;
    if (query->recursive)
        advance(p);
    do {
        AstCte cte = parse_cte(p, query->recursive);

        for (size_t i = 0; i < ctes.count; i++)
            check_cte_names(p, &ctes.items[i], &cte);

        VEC_ADD_IN(p->arena, &ctes, cte);
    } while (accept(p, TOKEN_COMMA));
    query->ctes = ctes.items;
    query->cte_count = ctes.count;
}

/* queryTerm ('|>' operator)* queryOrganization */
void parse_query_behind_ctes(Parser *p, AstQuery *query)
{
    uint32_t start = p->at;

    query->body = parse_set_operations(p, 1);
    if (at_token(p, TOKEN_PIPE))
        query->body = parse_pipes(p, query->body, start);
    parse_organization(p, query);
}

/* query : ctes? queryTerm ('|>' operator)* queryOrganization */
AstQuery *parse_query(Parser *p)
{
    uint32_t start = p->at;
    uint32_t height_outside = nest_enter(p);
    AstQuery *query = ARENA_NEW(p->arena, AstQuery);

    if (accept_keyword(p, KEYWORD_WITH))
        parse_ctes(p, query);
    parse_query_behind_ctes(p, query);
    query->span = span_since(p, start);
    nest_grow(p);
    nest_leave(p, height_outside);
    return query;
}
