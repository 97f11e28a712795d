/*
 * function_doc.c: docs/functions.md, printed from the catalog's rows (function.h).
 */
#include <ctype.h>

#include "expr/function.h"

/* Text within a cell of a table: `|` would end it. */
static void add_cell(StrBuf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, *text);
    }
}

static void add_code(StrBuf *out, const char *text)
{
    if (!text || !*text)
        return;
    strbuf_add_char(out, '`');
    add_cell(out, text);
    strbuf_add_char(out, '`');
}

static void add_heading(StrBuf *out, const char *group)
{
    strbuf_printf(out, "\n## %c%s\n\n| function | arguments and result | meaning | example |\n",
                  toupper((unsigned char)group[0]), group + 1);
    strbuf_add_c(out, "| --- | --- | --- | --- |\n");
}

static void add_function(StrBuf *out, const Function *fn)
{
    strbuf_add_c(out, "| ");
    add_code(out, fn->name);
    strbuf_add_c(out, " | ");
    add_code(out, fn->signature);
    strbuf_add_c(out, " | ");
    add_cell(out, fn->doc ? fn->doc : "");
    strbuf_add_c(out, " | ");
    add_code(out, fn->example);
    strbuf_add_c(out, " |\n");
}

void functions_print_markdown(StrBuf *out)
{
    const char *group = "";
    const Function *fn;

    strbuf_add_c(out, "# Functions\n\n"
                      "Printed by `weir doctor --print-functions`; `make docs` writes it here. They "
                      "are Spark's: same\nnames, values, types and errors.\n");
    for (size_t i = 0; (fn = function_at(i)) != NULL; i++) {
        if (fn->flags & FN_HIDDEN)
            continue;
        if (strcmp(group, fn->group) != 0) {
            group = fn->group;
            add_heading(out, group);
        }
        add_function(out, fn);
    }
}
