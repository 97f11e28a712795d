/*
 * parse_error.c: what to say about a mistake.
 *
 * The class is Spark's; the remedy is ours. A wrong word is often not the word that surprises the
 * parser: in `SELECT a FORM t`, FORM was taken as an alias and `t` is what cannot follow. So the
 * last alias without AS is looked at first, as a keyword misspelt.
 */
#include <stdarg.h>
#include <stdio.h>

#include "sql/parse.h"

static void stop(Parser *p)
{
    p->failed = true;
    p->at = p->token_count - 1;
}

void parse_error(Parser *p, Span span, const char *class_name, const char *sqlstate,
                 const char *format, ...)
{
    char message[1024];
    va_list args;

    if (p->failed)
        return;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    diagnostic_error(p->diagnostics, span, class_name, sqlstate, "%s", message);
    stop(p);
}

void parse_remedy(Parser *p, const char *format, ...)
{
    char remedy[1024];
    va_list args;
    const DiagnosticList *list = p->diagnostics;

    /* Only the first mistake was told, and it has at most one remedy. */
    if (list->count == 0 || list->items[list->count - 1].remedy)
        return;
    va_start(args, format);
    (void)vsnprintf(remedy, sizeof remedy, format, args);
    va_end(args);
    diagnostic_remedy(p->diagnostics, "%s", remedy);
}

void syntax_error_at(Parser *p, Span span, const char *message, const char *remedy)
{
    if (p->failed)
        return;
    parse_error(p, span, "PARSE_SYNTAX_ERROR", "42601", "%s", message);
    if (remedy)
        parse_remedy(p, "%s", remedy);
}

/* ── misspelt words ────────────────────────────────────────────────────────────────────────────*/

/* Words that begin a clause: what an unexpected name may have been meant to be. */
static const Str clause_words[] = {
    {"FROM", 4},    {"WHERE", 5},        {"GROUP", 5},   {"HAVING", 6},    {"ORDER", 5},
    {"LIMIT", 5},   {"UNION", 5},        {"EXCEPT", 6},  {"INTERSECT", 9}, {"JOIN", 4},
    {"INNER", 5},   {"CROSS", 5},        {"OFFSET", 6},  {"WINDOW", 6},    {"WATERMARK", 9},
    {"USING", 5},   {"PARTITIONED", 11}, {"SELECT", 6},  {"VALUES", 6},    {"TBLPROPERTIES", 13},
    {"OPTIONS", 7}, {"DELAY", 5},        {"LATERAL", 7}, {"PIVOT", 5},     {"UNPIVOT", 7},
    {"BETWEEN", 7}, {"OVER", 4},
};

static const Str statement_words[] = {
    {"SELECT", 6}, {"CREATE", 6},   {"INSERT", 6},   {"SET", 3},    {"WITH", 4},  {"DROP", 4},
    {"SHOW", 4},   {"DESCRIBE", 8}, {"EXPLAIN", 7},  {"VALUES", 6}, {"TABLE", 5}, {"USE", 3},
    {"DELETE", 6}, {"UPDATE", 6},   {"TRUNCATE", 8}, {"RESET", 5},  {"FROM", 4},
};

/* The keyword this word may have been meant to be, or an empty Str. */
static Str misspelt(const Parser *p, uint32_t token_i)
{
    const Token *token = &p->tokens[token_i];
    Str text = token_text(p->text, token);

    if (token->kind != TOKEN_WORD || token->keyword != KEYWORD_NONE)
        return (Str){0};
    if (token_i == 0)
        return spelling_nearest(text, statement_words, COUNT_OF(statement_words));
    return spelling_nearest(text, clause_words, COUNT_OF(clause_words));
}

/* ── remedies ──────────────────────────────────────────────────────────────────────────────────*/

typedef struct KeywordRemedy {
    Keyword keyword;
    const char *remedy;
} KeywordRemedy;

/* What to do about a keyword that stands where it may not. */
static const KeywordRemedy keyword_remedies[] = {
    {KEYWORD_ORDER, "ORDER BY stands before LIMIT and OFFSET, once, at the end of the whole query"},
    {KEYWORD_WHERE, "WHERE stands behind FROM, before GROUP BY, HAVING, ORDER BY and LIMIT; a "
                    "condition on groups is HAVING"},
    {KEYWORD_GROUP, "GROUP BY stands behind WHERE, before HAVING, ORDER BY and LIMIT"},
    {KEYWORD_HAVING, "HAVING stands behind GROUP BY, before ORDER BY and LIMIT"},
    {KEYWORD_FROM,
     "FROM stands right behind the list of columns; is a comma or an operator missing "
     "or too many before it?"},
    {KEYWORD_LIMIT, "LIMIT stands behind ORDER BY, before OFFSET"},
    {KEYWORD_WATERMARK, "WATERMARK stands right behind the table, before its alias: FROM STREAM t "
                        "WATERMARK ts DELAY OF INTERVAL 10 SECONDS AS x"},
    {KEYWORD_EMIT,
     "Spark SQL has no EMIT; the table's property 'output_mode' says when results are "
     "given: 'update' (early, refined) or 'append' (once, when final)"},
    {KEYWORD_QUALIFY,
     "Spark SQL has no QUALIFY; filter on the window function in an outer query: "
     "SELECT * FROM (SELECT ..., row_number() OVER (...) AS n FROM t) WHERE n = 1"},
    {KEYWORD_SCHEDULE, "the schedule is a property: TBLPROPERTIES ('schedule' = '0 2 * * *')"},
    {KEYWORD_OPTIONS, "OPTIONS stands behind USING, before AS"},
    {KEYWORD_USING, "USING stands right behind the name and columns, before all other clauses"},
    {KEYWORD_CREATE, "does the statement before it end with a semicolon?"},
    {KEYWORD_SELECT, "does the statement before it end with a semicolon? A query inside another "
                     "stands in parentheses"},
    {KEYWORD_SET, "does the statement before it end with a semicolon?"},
    {KEYWORD_INSERT, "does the statement before it end with a semicolon?"},
};

static const char *keyword_remedy(Keyword keyword)
{
    for (size_t i = 0; i < COUNT_OF(keyword_remedies); i++)
        if (keyword_remedies[i].keyword == keyword)
            return keyword_remedies[i].remedy;
    return NULL;
}

/* The innermost bracket before token `before` that nothing closes, or NULL. */
static const Token *unclosed_bracket(const Parser *p, uint32_t before)
{
    for (uint32_t i = before; i-- > 0;) {
        const Token *token = &p->tokens[i];

        if ((token->kind == TOKEN_LEFT_PAREN || token->kind == TOKEN_LEFT_BRACKET) &&
            token->match == 0)
            return token;
    }
    return NULL;
}

/* May this token begin one more item of a list, so that a comma may be what is missing? */
static bool begins_item(const Token *token)
{
    return (token->kind == TOKEN_WORD && token->keyword == KEYWORD_NONE) ||
           (token->kind >= TOKEN_QUOTED && token->kind <= TOKEN_LEFT_PAREN);
}

static void add_remedy(Parser *p, uint32_t token_i, bool list)
{
    const Token *token = &p->tokens[token_i];
    const Token *bracket = unclosed_bracket(p, token_i);
    Str text = token_text(p->text, token);

    if (bracket) {
        parse_remedy(p, "the '%s' in line %u, column %u is never closed",
                     token_kind_text(bracket->kind), bracket->span.line, bracket->span.column);
    } else if (token->kind == TOKEN_WORD && keyword_remedy(token->keyword)) {
        parse_remedy(p, "%s", keyword_remedy(token->keyword));
    } else if (token->kind == TOKEN_RIGHT_PAREN && token_i > 0 &&
               p->tokens[token_i - 1].kind == TOKEN_COMMA) {
        parse_remedy(p, "remove the comma before it");
    } else if (token->kind == TOKEN_RIGHT_PAREN || token->kind == TOKEN_RIGHT_BRACKET) {
        parse_remedy(p, "is there one '%.*s' too many?", STR_ARG(text));
    } else if (token->kind == TOKEN_AMPERSAND && token_i > 0 &&
               p->tokens[token_i - 1].kind == TOKEN_AMPERSAND) {
        parse_remedy(p, "write AND for && (and OR for ||, which joins texts)");
    } else if (token->kind == TOKEN_FAT_ARROW) {
        parse_remedy(p, "write = here");
    } else if (list && begins_item(token)) {
        parse_remedy(p, "is a comma missing before it?");
    }
}

static bool begins_statement(Keyword keyword)
{
    return keyword == KEYWORD_CREATE || keyword == KEYWORD_SELECT || keyword == KEYWORD_INSERT ||
           keyword == KEYWORD_SET;
}

void syntax_error(Parser *p, const char *expected)
{
    uint32_t token_i = p->at;
    const Token *token;
    Str word = {0};
    bool list = p->alias_at != TOKEN_I_NONE && p->alias_at + 1 == p->at;

    if (p->failed)
        return;
    if (p->alias_at != TOKEN_I_NONE && p->alias_at + 2 >= p->at && p->alias_at < p->at)
        word = misspelt(p, p->alias_at);
    /* `SELECT a FROM t CREATE TABLE ...`: CREATE was taken as an alias. */
    if (word.bytes > 0 || (list && begins_statement(p->tokens[p->alias_at].keyword)))
        token_i = p->alias_at;
    else
        word = misspelt(p, token_i);
    token = &p->tokens[token_i];
    if (token->kind == TOKEN_END)
        parse_error(p, token->span, "PARSE_SYNTAX_ERROR", "42601",
                    expected ? "Syntax error at or near end of input: expected %s."
                             : "Syntax error at or near end of input.",
                    expected);
    else if (token_i != p->at || word.bytes > 0 || !expected)
        parse_error(p, token->span, "PARSE_SYNTAX_ERROR", "42601",
                    "Syntax error at or near '%.*s'.", STR_ARG(token_text(p->text, token)));
    else
        parse_error(p, token->span, "PARSE_SYNTAX_ERROR", "42601",
                    "Syntax error at or near '%.*s': expected %s.",
                    STR_ARG(token_text(p->text, token)), expected);
    if (word.bytes > 0)
        parse_remedy(p, "did you mean %.*s?", STR_ARG(word));
    else
        add_remedy(p, token_i, list || (expected && strncmp(expected, "','", 3) == 0));
}
