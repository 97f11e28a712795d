/*
 * parser.h: a text of SQL -> its statements (ast.h).
 *
 *     SqlParser *parser = sql_parser_create(arena, text, lookup, self, &diagnostics);
 *     AstStatement *statement;
 *     while (sql_parser_next(parser, &statement))
 *         if (statement)
 *             use(statement);      -- a SET is told to whoever answers `lookup`
 *     sql_parser_free(parser);
 *
 * The language is Spark SQL 4.2's, by recursive descent: one function a grammar rule, the rule
 * written above it. A statement with a mistake gives one diagnostic and is left out; the next one,
 * behind the semicolon, is read as if nothing had happened. `${key}` is replaced statement by
 * statement (text.h).
 *
 * Any bytes may come in: the answer is a statement or a diagnostic. Nesting deeper than
 * SQL_DEPTH_MAX and texts longer than SQL_TEXT_BYTES_MAX are refused.
 */
#ifndef WEIR_SQL_PARSER_H
#define WEIR_SQL_PARSER_H

#include "sql/ast.h"
#include "sql/text.h"

typedef struct SqlParser SqlParser;

/* Borrows `text` for as long as the AST is used; the AST lives in `arena`. `lookup` may be NULL:
 * then
 * `${` means nothing. */
SqlParser *sql_parser_create(Arena *arena, Str text, SqlLookup lookup, void *lookup_self,
                             DiagnosticList *diagnostics);
void sql_parser_free(SqlParser *parser); /* NULL is fine. */
/* The next statement, or NULL in *out when it is wrong (and told). False at the end of the text. */
bool sql_parser_next(SqlParser *parser, AstStatement **out);
/* The text of that statement, be it right or wrong. */
Str sql_parser_text(const SqlParser *parser);

/* All statements, each `SET key = value` being known as ${key} behind it. False when any is wrong;
 * the others are in `out` all the same. */
bool sql_parse(Arena *arena, Str text, AstStatementList *out, DiagnosticList *diagnostics);

/* A text that is one expression, one type, or the columns of a table (`a INT, b STRING NOT NULL`,
 * as a STRUCT), for what stands in strings: table properties, from_json's schema. */
bool sql_parse_expression(Arena *arena, Str text, AstExpr **out, DiagnosticList *diagnostics);
bool sql_parse_type(Arena *arena, Str text, AstTypeName **out, DiagnosticList *diagnostics);
bool sql_parse_columns(Arena *arena, Str text, AstTypeName **out, DiagnosticList *diagnostics);

#endif
