/*
 * parse.h: what the files of the parser share.
 *
 * parser.c            the tokens: looking, taking, expecting; the entry points
 * parse_error.c       what to say about a mistake
 * parse_name.c        names, lists of names, aliases, properties
 * parse_type.c        INT, ARRAY<...>
 * parse_expr.c        operators, predicates, primaries
 * parse_literal.c     numbers, strings, intervals
 * parse_call.c        functions and the special forms that are functions; windows
 * parse_query.c       WITH, SELECT, set operations, ORDER BY ... LIMIT
 * parse_pipe.c        |>
 * parse_relation.c    FROM: tables, streams, joins, PIVOT
 * parse_statement.c   which statement; INSERT, DROP, EXPLAIN ...
 * parse_create.c      CREATE ...
 * parse_set.c         SET, RESET, variables
 * parse_show.c        SHOW, DESCRIBE
 *
 * Invariants
 *  1. After the first mistake in a statement the parser stands at TOKEN_END for good, `failed` is
 * set, and nothing more is reported. Every function still returns a node (never NULL unless it says
 *     so), which nobody will look at: so rules need no checks after each call. What loops must stop
 *     at TOKEN_END.
 *  2. `height` is the height of what has been built since the innermost nest_enter, so that no tree
 *     gets higher than SQL_DEPTH_MAX, also by chains (a + b + c ...) that cost no recursion.
 */
#ifndef WEIR_SQL_PARSE_H
#define WEIR_SQL_PARSE_H

#include "base/utf8.h"
#include "sql/ast.h"
#include "sql/lexer.h"

#define TOKEN_I_NONE UINT32_MAX

typedef struct Parser {
    Arena *arena;
    DiagnosticList *diagnostics;
    const StatementText *text;
    Token *tokens;
    uint32_t token_count;
    uint32_t at;
    bool failed;
    uint32_t depth;
    uint32_t height;
    uint32_t parameter_count;
    uint32_t
        alias_at; /* The last word taken as an alias without AS: a misspelt keyword? Or none. */
} Parser;

/* ── looking ───────────────────────────────────────────────────────────────────────────────────*/

static inline const Token *token_at(const Parser *p, uint32_t ahead)
{
    uint32_t last = p->token_count - 1;

    return &p->tokens[ahead > last - p->at ? last : p->at + ahead];
}

static inline TokenKind kind_at(const Parser *p, uint32_t ahead)
{
    return token_at(p, ahead)->kind;
}

static inline bool at_token(const Parser *p, TokenKind kind)
{
    return p->tokens[p->at].kind == kind;
}

static inline Keyword keyword_at(const Parser *p, uint32_t ahead)
{
    return token_at(p, ahead)->keyword;
}

static inline bool at_keyword(const Parser *p, Keyword keyword)
{
    return p->tokens[p->at].keyword == keyword;
}

static inline bool at_keywords(const Parser *p, Keyword first, Keyword second)
{
    return at_keyword(p, first) && keyword_at(p, 1) == second;
}

static inline bool at_end(const Parser *p)
{
    return at_token(p, TOKEN_END);
}

/* A word that may be a name, or a quoted name. */
static inline bool name_at(const Parser *p, uint32_t ahead)
{
    return kind_at(p, ahead) == TOKEN_WORD || kind_at(p, ahead) == TOKEN_QUOTED;
}

/* ── taking ────────────────────────────────────────────────────────────────────────────────────*/

void advance(Parser *p); /* Stays at the end. */
bool accept(Parser *p, TokenKind kind);
bool accept_keyword(Parser *p, Keyword keyword);
bool accept_keywords(Parser *p, Keyword first, Keyword second); /* Both or none. */
void expect(Parser *p, TokenKind kind);
void expect_keyword(Parser *p, Keyword keyword);
/* `,` or, at the end of a list, what closes it: true to go on with another item. */
bool accept_comma_in(Parser *p, TokenKind closing);

/* From token `start` to the last one taken. */
Span span_since(const Parser *p, uint32_t start);

/* ── mistakes ──────────────────────────────────────────────────────────────────────────────────*/

/* "Syntax error at or near 'x'.", with a remedy if one can be guessed. `expected` completes
 * "expected ..."; NULL says nothing. */
void syntax_error(Parser *p, const char *expected);
/* A mistake of a kind of its own; nothing when one was told before. Stops the statement. */
void parse_error(Parser *p, Span span, const char *class_name, const char *sqlstate,
                 const char *format, ...) PRINTF(5, 6);
/* The remedy of the parse_error just made; nothing when that was not told. */
void parse_remedy(Parser *p, const char *format, ...) PRINTF(2, 3);
/* PARSE_SYNTAX_ERROR at a span, with its remedy. */
void syntax_error_at(Parser *p, Span span, const char *message, const char *remedy);

/* ── nesting ───────────────────────────────────────────────────────────────────────────────────*/

/* Around whatever calls itself in the end; leave takes what enter returned. */
uint32_t nest_enter(Parser *p);
void nest_leave(Parser *p, uint32_t height_outside);
/* One more node above what was built. */
void nest_grow(Parser *p);

/* ── rules ─────────────────────────────────────────────────────────────────────────────────────*/

Ident parse_ident(Parser *p, const char *what);
/* Behind a name that began at `start`, where no expression may go on: refuses `test-table`. */
void check_dashed_name(Parser *p, uint32_t start);
IdentList parse_ident_list(Parser *p); /* ( a, b ) */
typedef VEC(Ident) IdentVec;

/* IDENTIFIER '(' expression ')': a text gives the parts at once, anything else is `name->computed`. */
bool accept_identifier_clause(Parser *p, QualifiedName *name, IdentVec *parts);
QualifiedName parse_name(Parser *p, const char *what);
QualifiedNameList parse_name_list(Parser *p); /* a.b, c */
QualifiedName name_of_ident(Parser *p, Ident ident);
Str parse_string(Parser *p, const char *what); /* One string, adjacent ones joined. */
int64_t parse_integer(Parser *p, const char *what);
bool accept_comment(Parser *p, bool *has_comment, Str *comment); /* COMMENT 'text' */
AstPropertyList parse_properties(Parser *p, bool expressions);
AstAssignmentList parse_assignments(Parser *p);
AstRelationAlias parse_table_alias(Parser *p);
/* Does a clause begin here, so that this word is no alias? */
bool at_clause_start(const Parser *p);

AstTypeName *parse_type(Parser *p);
/* name [:] type [NOT NULL] [COMMENT 'text'], ... up to `closing`, which is not taken. */
AstTypeName *parse_type_fields(Parser *p, TokenKind closing);
AstIntervalUnit interval_unit_of(Keyword keyword); /* UNIT_NONE if it is none. */

AstExpr *expr_new(Parser *p, AstExprKind kind, uint32_t start);
AstExpr *parse_expr(Parser *p);
AstExpr *parse_value(Parser *p); /* valueExpression: no AND, OR, NOT, IN, LIKE, IS ... on top. */
AstExpr *parse_primary(Parser *p);
AstExprList parse_expr_list(Parser *p);
AstNamedExpr parse_named_expr(Parser *p);
AstNamedExprList parse_named_exprs(Parser *p);
AstExpr *parse_interval(Parser *p); /* At INTERVAL. */
bool at_interval(const Parser *p);
AstExpr *parse_number(Parser *p, bool negative, uint32_t start);
bool number_at(const Parser *p, uint32_t ahead);
AstExpr *parse_literal(Parser *p); /* NULL if there is none here. */
AstExpr *
parse_special_call(Parser *p); /* EXTRACT(... FROM ...) and the like; NULL if there is none. */
AstExpr *parse_call(Parser *p, QualifiedName name, uint32_t start);
AstFunctionCall *parse_table_call(Parser *p, QualifiedName name);
AstSortList parse_sort_list(Parser *p);
AstWindowSpec *parse_window_spec(Parser *p);
AstNamedWindowList parse_windows(Parser *p); /* At WINDOW. */

AstQuery *parse_query(Parser *p);
void parse_ctes(Parser *p, AstQuery *query); /* Behind WITH. */
void parse_query_behind_ctes(Parser *p, AstQuery *query);
bool query_starts_at(const Parser *p, uint32_t ahead);
AstQueryBody *parse_query_primary(Parser *p);
AstQueryBody *parse_pipes(Parser *p, AstQueryBody *input, uint32_t start);
AstSelect *parse_select(Parser *p, AstRelation *from);
AstGroupBy parse_group_by(Parser *p, bool aliases);
void parse_organization(Parser *p, AstQuery *query);
bool at_organization(const Parser *p);
AstSetQuantifier parse_quantifier(Parser *p);
bool accept_set_operator(Parser *p, AstSetOperator *op);

AstRelation *parse_from(Parser *p);                              /* At FROM. */
AstRelation *parse_lateral_views(Parser *p, AstRelation *input); /* `input` may be NULL. */
bool at_relation_step(const Parser *p);
AstRelation *parse_relation_step(Parser *p, AstRelation *left); /* JOIN, PIVOT or UNPIVOT. */
AstRelation *relation_new(Parser *p, AstRelationKind kind, uint32_t start);
AstExprList parse_inline_rows(Parser *p); /* Behind VALUES. */
AstTableSample *parse_sample(Parser *p);  /* At TABLESAMPLE. */

AstStatement *parse_statement(Parser *p);
AstStatement *statement_new(Parser *p, AstStatementKind kind);
AstStatement *parse_create(Parser *p);   /* At CREATE or REPLACE. */
AstInsert *parse_insert_into(Parser *p); /* INSERT INTO t ..., up to the query. */
AstStatement *parse_set(Parser *p);      /* At SET, but not SET key = value. */
AstStatement *parse_declare(Parser *p);  /* At DECLARE. */
/* SET [key [= value]], RESET [key]: read from the characters. NULL when wrong (and told). */
bool sql_text_is_raw_set(Str text);
AstStatement *parse_raw_set(Arena *arena, const StatementText *text, DiagnosticList *diagnostics);
AstStatement *parse_show(Parser *p);
AstStatement *parse_describe(Parser *p);
QualifiedName parse_table_name(Parser *p);

#endif
