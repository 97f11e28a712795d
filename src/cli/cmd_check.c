/*
 * cmd_check.c: weir check, explain and graph: what a pipeline file is, without running it.
 */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/load.h"

static void print_text(const StrBuf *text)
{
    (void)fwrite(strbuf_c(text), 1, text->bytes, stdout);
}

/* Those that the file defines, and not what belongs to them (dead letters). */
static uint32_t count_tables(const PipelineSpec *spec)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < spec->table_count; i++) {
        TableKind kind = spec->tables[i]->kind;

        count += kind == TABLE_SOURCE || kind == TABLE_STREAMING;
    }
    return count;
}

static const char *plural(uint32_t count)
{
    return count == 1 ? "" : "s";
}

int cmd_check(int argc, char **argv)
{
    const char *engine = "weir";
    const Option own[] = {
        {"engine", "weir|spark", "also name what this engine cannot do, or does otherwise", &engine,
         NULL},
        {0},
    };
    Options options = {
        .command = "check",
        .synopsis = "weir check FILE [options]",
        .about = "Parses the file, resolves names, checks types and options, and tells everything\n"
                 "that is wrong at once: FILE:LINE:COL: error: …. Exit status 1 if anything is.\n",
        .options = own,
    };
    const char *file;
    int status = EXIT_INPUT;
    Arena arena;
    PipelineSpec *spec;
    uint32_t table_count;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status) ||
        !load_operand(&options, "the pipeline FILE", &file, &status))
        goto done;
    if (strcmp(engine, "weir") != 0 && strcmp(engine, "spark") != 0) {
        status = usage_error(&options, "--engine is weir or spark, not '%s'", engine);
        goto done;
    }
    spec = load_pipeline(&options, &arena, file, strcmp(engine, "spark") == 0);
    if (!spec)
        goto done;
    table_count = count_tables(spec);
    printf("%s: %u table%s, %u flow%s, %u view%s: no errors\n", file, table_count,
           plural(table_count), spec->flow_count, plural(spec->flow_count), spec->view_count,
           plural(spec->view_count));
    status = EXIT_DONE;
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}

int cmd_explain(int argc, char **argv)
{
    const Option own[] = {{0}};
    Options options = {
        .command = "explain",
        .synopsis = "weir explain FILE [options]",
        .about = "Prints the plan of every flow and view: operators, columns and types, what is\n"
                 "pushed down to decoding, watermarks, and what is emitted when.\n",
        .options = own,
    };
    const char *file;
    int status = EXIT_INPUT;
    Arena arena;
    PipelineSpec *spec;
    StrBuf text;

    arena_init(&arena);
    strbuf_init(&text);
    if (!options_parse(&options, argc, argv, &status) ||
        !load_operand(&options, "the pipeline FILE", &file, &status))
        goto done;
    spec = load_pipeline(&options, &arena, file, false);
    if (!spec)
        goto done;
    pipeline_spec_explain(spec, &text);
    print_text(&text);
    status = EXIT_DONE;
done:
    strbuf_done(&text);
    arena_done(&arena);
    options_done(&options);
    return status;
}

int cmd_graph(int argc, char **argv)
{
    const char *format_name = "text";
    const Option own[] = {
        {"format", "text|json|mermaid|dot", "how it is written (default text)", &format_name, NULL},
        {0},
    };
    Options options = {
        .command = "graph",
        .synopsis = "weir graph FILE [options]",
        .about = "Prints the tables of a pipeline and what feeds them.\n",
        .options = own,
    };
    const char *file;
    int status = EXIT_INPUT;
    GraphFormat format;
    Arena arena;
    PipelineSpec *spec;
    StrBuf text;

    arena_init(&arena);
    strbuf_init(&text);
    if (!options_parse(&options, argc, argv, &status) ||
        !load_operand(&options, "the pipeline FILE", &file, &status))
        goto done;
    if (!graph_format_find(str_of(format_name), &format)) {
        status = usage_error(&options, "--format is text, json, mermaid or dot, not '%s'",
                             format_name);
        goto done;
    }
    spec = load_pipeline(&options, &arena, file, false);
    if (!spec)
        goto done;
    pipeline_spec_graph(spec, format, &text);
    print_text(&text);
    status = EXIT_DONE;
done:
    strbuf_done(&text);
    arena_done(&arena);
    options_done(&options);
    return status;
}
