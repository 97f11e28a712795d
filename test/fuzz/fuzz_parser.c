/*
 * Any bytes as a pipeline file: it parses or gives diagnostics whose places lie in it, and what
 * parses prints as SQL that parses to the same again.
 */
#include <stdint.h>

#include "base/assert.h"
#include "sql/ast_print.h"
#include "sql/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool setting(void *self, Str key, Str *value)
{
    (void)self;
    *value = key.bytes % 2 ? STR("'x' || ${ab}") : STR("1 + 1");
    return key.bytes % 3 != 0;
}

static void check_diagnostics(const DiagnosticList *diagnostics, Str text)
{
    StrBuf out;

    strbuf_init(&out);
    for (size_t i = 0; i < diagnostics->count; i++) {
        Span span = diagnostics->items[i].span;

        ASSERT(span.offset <= text.bytes && span.bytes <= text.bytes - span.offset);
        ASSERT(span.line > 0 && span.column > 0);
    }
    diagnostics_print(&out, diagnostics, "fuzz.sql", text, (DiagnosticStyle){0});
    strbuf_done(&out);
}

/* SET's value is free text, which may hold what ends a statement elsewhere. */
static void check_prints_back(Arena *arena, const AstStatement *statement)
{
    DiagnosticList diagnostics;
    AstStatementList again = {0};
    StrBuf first;
    StrBuf second;

    if (statement->kind == AST_STATEMENT_SET || statement->kind == AST_STATEMENT_RESET)
        return;
    diagnostics_init(&diagnostics, arena);
    strbuf_init(&first);
    strbuf_init(&second);
    ast_print_statement(&first, statement);
    /* Parentheses of the printer's own may pass the limit. */
    if (!sql_parse(arena, strbuf_str(&first), &again, &diagnostics))
        ASSERT(strcmp(diagnostics.items[0].class_name, "FAILED_TO_PARSE_TOO_COMPLEX") == 0);
    else
        ast_print_statement(&second, again.items[0]);
    if (again.count > 0)
        ASSERT(again.count == 1 && str_equal(strbuf_str(&first), strbuf_str(&second)));
    strbuf_done(&first);
    strbuf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Str text = {(const char *)data, (uint32_t)bytes};
    DiagnosticList diagnostics;
    AstStatement *statement;
    SqlParser *parser;
    AstExpr *e;
    AstTypeName *type;
    Arena arena;

    if (bytes > UINT32_MAX)
        return 0;
    arena_init(&arena);
    diagnostics_init(&diagnostics, &arena);
    parser = sql_parser_create(&arena, text, setting, NULL, &diagnostics);
    while (sql_parser_next(parser, &statement))
        if (statement)
            check_prints_back(&arena, statement);
    sql_parser_free(parser);
    (void)sql_parse_expression(&arena, text, &e, &diagnostics);
    (void)sql_parse_type(&arena, text, &type, &diagnostics);
    (void)sql_parse_columns(&arena, text, &type, &diagnostics);
    (void)sql_text_is_complete(text);
    check_diagnostics(&diagnostics, text);
    arena_done(&arena);
    return 0;
}
