/*
 * golden_parse.c: texts of SQL in, whether each parses, and prints back, out. For parse_all.py.
 *
 * Standard input holds texts, each followed by a NUL. For each one line is written: `ok`, or the
 * class of its first mistake (`-` for none), a tab, and the mistake as it would be printed, on one
 * line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/ast_print.h"
#include "sql/parser.h"

/* What a statement prints as must parse, and print as the same again. */
static bool prints_back(Arena *arena, const AstStatement *statement, char *why, size_t why_bytes)
{
    DiagnosticList diagnostics;
    AstStatementList again = {0};
    StrBuf first;
    StrBuf second;
    bool same;

    diagnostics_init(&diagnostics, arena);
    strbuf_init(&first);
    strbuf_init(&second);
    ast_print_statement(&first, statement);
    same = sql_parse(arena, strbuf_str(&first), &again, &diagnostics) && again.count == 1;
    if (same)
        ast_print_statement(&second, again.items[0]);
    same = same && str_equal(strbuf_str(&first), strbuf_str(&second));
    (void)snprintf(why, why_bytes, "%s | %s", strbuf_c(&first),
                   diagnostics.count > 0 ? diagnostics.items[0].message : strbuf_c(&second));
    strbuf_done(&first);
    strbuf_done(&second);
    return same;
}

static void answer(Str text)
{
    Arena arena;
    DiagnosticList diagnostics;
    AstStatementList statements = {0};

    arena_init(&arena);
    diagnostics_init(&diagnostics, &arena);
    if (sql_parse(&arena, text, &statements, &diagnostics)) {
        bool ok = true;

        for (size_t i = 0; i < statements.count && ok; i++) {
            char why[2000];

            ok = prints_back(&arena, statements.items[i], why, sizeof why);
            for (char *c = why; !ok && *c; c++)
                if (*c == '\n')
                    *c = ' ';
            if (!ok)
                printf("NOT_PRINTED_BACK\t%s\n", why);
        }
        if (ok)
            puts("ok");
    } else {
        const Diagnostic *first = &diagnostics.items[0];

        printf("%s\t%u:%u %s\n", first->class_name ? first->class_name : "-", first->span.line,
               first->span.column, first->message);
    }
    arena_done(&arena);
}

int main(void)
{
    StrBuf text;
    int c;

    strbuf_init(&text);
    while ((c = getchar()) != EOF) {
        if (c != '\0') {
            strbuf_add_char(&text, (char)c);
            continue;
        }
        answer(strbuf_str(&text));
        strbuf_clear(&text);
    }
    strbuf_done(&text);
    return 0;
}
