/*
 * parser.c: the tokens as the rules see them, and the ways in.
 */
#include "sql/parser.h"

#include <stdio.h>

#include "sql/parse.h"

void advance(Parser *p)
{
    if (p->at + 1 < p->token_count)
        p->at++;
}

bool accept(Parser *p, TokenKind kind)
{
    if (!at_token(p, kind))
        return false;
    advance(p);
    return true;
}

bool accept_keyword(Parser *p, Keyword keyword)
{
    if (!at_keyword(p, keyword))
        return false;
    advance(p);
    return true;
}

bool accept_keywords(Parser *p, Keyword first, Keyword second)
{
    if (!at_keywords(p, first, second))
        return false;
    advance(p);
    advance(p);
    return true;
}

void expect(Parser *p, TokenKind kind)
{
    char expected[32];

    if (accept(p, kind))
        return;
    (void)snprintf(expected, sizeof expected, kind == TOKEN_END ? "%s" : "'%s'",
                   token_kind_text(kind));
    syntax_error(p, expected);
}

void expect_keyword(Parser *p, Keyword keyword)
{
    if (!accept_keyword(p, keyword))
        syntax_error(p, keyword_text(keyword));
}

bool accept_comma_in(Parser *p, TokenKind closing)
{
    if (accept(p, TOKEN_COMMA)) {
        if (at_token(p, closing))
            syntax_error_at(p, token_at(p, 0)->span, "Syntax error: the list ends with a comma.",
                            "remove the comma before it");
        return true;
    }
    if (!accept(p, closing)) {
        char expected[32];

        (void)snprintf(expected, sizeof expected, "',' or '%s'", token_kind_text(closing));
        syntax_error(p, expected);
    }
    return false;
}

Span span_since(const Parser *p, uint32_t start)
{
    uint32_t last = p->at > start ? p->at - 1 : start;

    return span_join(p->tokens[start].span, p->tokens[last].span);
}

/* ── nesting ───────────────────────────────────────────────────────────────────────────────────*/

static void refuse_depth(Parser *p)
{
    parse_error(p, token_at(p, 0)->span, "FAILED_TO_PARSE_TOO_COMPLEX", "54001",
                "The statement is nested too deeply (more than %d levels).", SQL_DEPTH_MAX);
    parse_remedy(p, "split it: a part in parentheses can become a view or a WITH query");
}

uint32_t nest_enter(Parser *p)
{
    uint32_t height_outside = p->height;

    p->height = 0;
    if (++p->depth > SQL_DEPTH_MAX)
        refuse_depth(p);
    return height_outside;
}

void nest_leave(Parser *p, uint32_t height_outside)
{
    p->depth--;
    p->height = MAX(p->height, height_outside);
}

void nest_grow(Parser *p)
{
    if (++p->height > SQL_DEPTH_MAX)
        refuse_depth(p);
}

/* ── the ways in ───────────────────────────────────────────────────────────────────────────────*/

struct SqlParser {
    Arena *arena;
    Str text;
    TextCursor at;
    SqlLookup lookup;
    void *lookup_self;
    DiagnosticList *diagnostics;
    Str statement;   /* As sql_parser_text. */
    TokenVec tokens; /* Of the statement being read; used again for the next. */
};

SqlParser *sql_parser_create(Arena *arena, Str text, SqlLookup lookup, void *lookup_self,
                             DiagnosticList *diagnostics)
{
    SqlParser *parser = mem_zalloc(sizeof *parser);

    parser->arena = arena;
    parser->text = text;
    parser->at = TEXT_START;
    parser->lookup = lookup;
    parser->lookup_self = lookup_self;
    parser->diagnostics = diagnostics;
    if (text.bytes > SQL_TEXT_BYTES_MAX) {
        diagnostic_error(diagnostics, SPAN_NONE, NULL, NULL,
                         "The text is longer than %u bytes, which is the most that is read.",
                         SQL_TEXT_BYTES_MAX);
        parser->text = STR_EMPTY;
    }
    return parser;
}

void sql_parser_free(SqlParser *parser)
{
    if (!parser)
        return;
    VEC_DONE(&parser->tokens);
    free(parser);
}

static Parser start(SqlParser *parser, const StatementText *text)
{
    return (Parser){
        .arena = parser->arena,
        .diagnostics = parser->diagnostics,
        .text = text,
        .tokens = parser->tokens.items,
        .token_count = (uint32_t)parser->tokens.count,
        .alias_at = TOKEN_I_NONE,
    };
}

static AstStatement *read_statement(SqlParser *parser, StatementText *text)
{
    AstStatement *statement;
    Parser p;

    if (!statement_text_expand(parser->arena, text, parser->lookup, parser->lookup_self,
                               parser->diagnostics))
        return NULL;
    /* SET's value is no SQL: it is read from the characters, and need not be made of tokens. */
    if (sql_text_is_raw_set(text->text))
        return parse_raw_set(parser->arena, text, parser->diagnostics);
    if (!lex(text, &parser->tokens, parser->diagnostics))
        return NULL;
    p = start(parser, text);
    statement = parse_statement(&p);
    if (!p.failed && !at_end(&p))
        syntax_error(&p, NULL);
    if (p.failed)
        return NULL;
    statement->span = span_join(p.tokens[0].span, p.tokens[p.token_count - 1].span);
    statement->parameter_count = p.parameter_count;
    return statement;
}

bool sql_parser_next(SqlParser *parser, AstStatement **out)
{
    StatementText *text = ARENA_NEW(parser->arena, StatementText);

    if (!statement_text_next(parser->text, &parser->at, text))
        return false;
    *out = read_statement(parser, text);
    parser->statement = text->text;
    return true;
}

Str sql_parser_text(const SqlParser *parser)
{
    return parser->statement;
}

/* ── a whole text ──────────────────────────────────────────────────────────────────────────────*/

/* The settings made so far: the statements read are the table. */
static bool setting_before(void *self, Str key, Str *value)
{
    const AstStatementList *statements = self;

    for (size_t i = statements->count; i-- > 0;) {
        const AstStatement *statement = statements->items[i];

        if (statement->kind == AST_STATEMENT_SET && statement->set.has_value &&
            str_equal(statement->set.key, key)) {
            *value = statement->set.value;
            return true;
        }
    }
    return false;
}

bool sql_parse(Arena *arena, Str text, AstStatementList *out, DiagnosticList *diagnostics)
{
    size_t errors_before = diagnostics->error_count;
    SqlParser *parser = sql_parser_create(arena, text, setting_before, out, diagnostics);
    AstStatement *statement;

    while (sql_parser_next(parser, &statement))
        if (statement)
            VEC_ADD_IN(arena, out, statement);
    sql_parser_free(parser);
    return diagnostics->error_count == errors_before;
}

/* ── parts ─────────────────────────────────────────────────────────────────────────────────────*/

typedef void *(*PartRule)(Parser *p);

/* The whole of `text` by one rule; NULL when it is wrong (and told). */
static void *parse_part(Arena *arena, Str text, PartRule rule, DiagnosticList *diagnostics)
{
    StatementText *part = ARENA_NEW(arena, StatementText);
    SqlParser parser = {.arena = arena, .text = text, .diagnostics = diagnostics};
    void *node = NULL;

    *part = statement_text_whole(text);
    if (text.bytes > SQL_TEXT_BYTES_MAX) {
        diagnostic_error(diagnostics, SPAN_NONE, NULL, NULL, "The text is too long.");
    } else if (lex(part, &parser.tokens, diagnostics)) {
        Parser p = start(&parser, part);

        node = rule(&p);
        if (!p.failed && !at_end(&p))
            syntax_error(&p, NULL);
        if (p.failed)
            node = NULL;
    }
    VEC_DONE(&parser.tokens);
    return node;
}

static void *expression_part(Parser *p)
{
    return parse_expr(p);
}

static void *type_part(Parser *p)
{
    return parse_type(p);
}

static void *columns_part(Parser *p)
{
    return parse_type_fields(p, TOKEN_END);
}

bool sql_parse_expression(Arena *arena, Str text, AstExpr **out, DiagnosticList *diagnostics)
{
    AstExpr *expr = parse_part(arena, text, expression_part, diagnostics);

    if (expr)
        *out = expr;
    return expr != NULL;
}

bool sql_parse_type(Arena *arena, Str text, AstTypeName **out, DiagnosticList *diagnostics)
{
    AstTypeName *type = parse_part(arena, text, type_part, diagnostics);

    if (type)
        *out = type;
    return type != NULL;
}

bool sql_parse_columns(Arena *arena, Str text, AstTypeName **out, DiagnosticList *diagnostics)
{
    AstTypeName *type = parse_part(arena, text, columns_part, diagnostics);

    if (type)
        *out = type;
    return type != NULL;
}
