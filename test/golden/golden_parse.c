/*
 * golden_parse.c: texts of SQL in, whether each parses out. For parse_all.py.
 *
 * Standard input holds texts, each followed by a NUL. For each one line is written: `ok`, or the class
 * of its first mistake (`-` for none), a tab, and the mistake as it would be printed, on one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/parser.h"

static void answer(Str text)
{
    Arena arena;
    DiagnosticList diagnostics;
    AstStatementList statements = {0};

    arena_init(&arena);
    diagnostics_init(&diagnostics, &arena);
    if (sql_parse(&arena, text, &statements, &diagnostics)) {
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
