/*
 * cmd_sql.c: weir sql: statements from a file, -e, standard input or a prompt.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/load.h"
#include "cli/prompt.h"
#include "cli/sql_shell.h"
#include "os/os.h"
#include "pipeline/data_catalog.h"

enum { INPUT_BYTES_MAX = 256 << 20 };

static bool read_stdin(Arena *arena, Str *out)
{
    StrBuf text;
    char buffer[65536];
    size_t bytes;

    strbuf_init(&text);
    while ((bytes = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
        strbuf_add(&text, buffer, bytes);
        if (text.bytes > INPUT_BYTES_MAX) {
            fputs("weir sql: standard input is longer than 256 MB\n", stderr);
            strbuf_done(&text);
            return false;
        }
    }
    *out = str_copy(arena, strbuf_str(&text));
    strbuf_done(&text);
    return true;
}

/* Whether the text ends with a `;` outside of quotes and comments. */
static bool is_complete(Str text)
{
    char quote = 0;
    bool complete = false;

    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];

        if (quote) {
            if (c == '\\' && quote != '`')
                i++;
            else if (c == quote)
                quote = 0;
        } else if (c == '-' && i + 1 < text.bytes && text.data[i + 1] == '-') {
            while (i < text.bytes && text.data[i] != '\n')
                i++;
        } else if (c == '\'' || c == '"' || c == '`') {
            quote = c;
            complete = false;
        } else if (c == ';') {
            complete = true;
        } else if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
            complete = false;
        }
    }
    return complete && !quote;
}

static void prompt(SqlShell *shell)
{
    const char *home = getenv("HOME");
    StrBuf history;
    PromptResult result;
    StrBuf text;
    char *line;

    printf("weir " WEIR_VERSION ": SQL, each statement ended by ';'. SHOW TABLES lists what there "
           "is; quit or Ctrl-D ends.\n");
    strbuf_init(&history);
    if (home)
        strbuf_printf(&history, "%s/.weir_history", home);
    prompt_open(home ? strbuf_c(&history) : NULL);
    strbuf_init(&text);
    while ((result = prompt_line(text.bytes ? "   -> " : "weir> ", &line)) != PROMPT_END) {
        Str trimmed = str_trim(str_of(line ? line : ""));

        if (result == PROMPT_CANCELLED) {
            strbuf_clear(&text);
            continue;
        }
        if (!text.bytes && (str_is_nocase(trimmed, "quit") || str_is_nocase(trimmed, "exit") ||
                            str_is_nocase(trimmed, "quit;") || str_is_nocase(trimmed, "exit;"))) {
            free(line);
            break;
        }
        if (text.bytes)
            strbuf_add_char(&text, '\n');
        strbuf_add_c(&text, line);
        free(line);
        if (str_trim(strbuf_str(&text)).bytes == 0) {
            strbuf_clear(&text);
            continue;
        }
        if (!is_complete(strbuf_str(&text)))
            continue;
        prompt_remember(strbuf_c(&text));
        (void)sql_shell_run(shell, strbuf_str(&text), stdout);
        strbuf_clear(&text);
    }
    strbuf_done(&text);
    strbuf_done(&history);
}

static int run_sql(const Options *options, SqlShell *shell, const Settings *settings,
                   const char *inline_sql, Arena *arena)
{
    const Catalog *tables = NULL;
    Error err = {0};
    Str text;
    bool ok = true;

    if (options->data &&
        !connections_open(options->data, CONNECT_READ, settings, &shell->connections, &err))
        return tell_error(options, &err);
    if (!options->data && !connections_open(NULL, CONNECT_READ, settings, &shell->connections, &err))
        return tell_error(options, &err);
    if (options->data && !data_catalog_load(shell->connections, arena, &tables, &err)) {
        connections_close(shell->connections);
        return tell_error(options, &err);
    }
    shell->session = session_create(tables, settings);
    if (inline_sql) {
        shell->name = "-e";
        ok = sql_shell_run(shell, str_of(inline_sql), stdout);
    } else if (options->operands.count) {
        shell->name = options->operands.items[0];
        ok = os_read_file(arena, shell->name, INPUT_BYTES_MAX, &text, &err);
        if (ok)
            ok = sql_shell_run(shell, text, stdout);
        else
            (void)tell_error(options, &err);
    } else if (isatty(STDIN_FILENO)) {
        shell->name = "sql";
        shell->stop_at_error = false;
        prompt(shell);
    } else {
        shell->name = "stdin";
        ok = read_stdin(arena, &text) && sql_shell_run(shell, text, stdout);
    }
    session_free(shell->session);
    connections_close(shell->connections);
    return ok ? EXIT_DONE : shell->outside ? EXIT_OUTSIDE : EXIT_INPUT;
}

int cmd_sql(int argc, char **argv)
{
    const char *format = "table";
    const char *inline_sql = NULL;
    bool persistent = false;
    const Option own[] = {
        {"e", "SQL", "run this text", &inline_sql, NULL},
        {"format", "table|json|csv", "how results are written (default table)", &format, NULL},
        {"persistent", NULL, "one JSON request a line on standard input, for test runners", NULL,
         &persistent},
        {0},
    };
    Options options = {
        .command = "sql",
        .synopsis = "weir sql [FILE] [options]",
        .about = "Runs SQL against the tables and topics of --data, also beside a running pipeline;\n"
                 "without --data in memory, and nothing is kept. From FILE, -e, standard input, or\n"
                 "a prompt.\n",
        .options = own,
        .data_default = "none: in memory",
    };
    SqlShell shell = {.stop_at_error = true};
    Settings settings;
    int status = EXIT_INPUT;
    Arena arena;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status))
        goto done;
    if (!output_format_find(format, &shell.format)) {
        status = usage_error(&options, "--format is table, json or csv, not '%s'", format);
        goto done;
    }
    if (options.operands.count > 1 || (options.operands.count && inline_sql)) {
        status = usage_error(&options, "'%s' is one too many", options.operands.items[0]);
        goto done;
    }
    if (!load_settings(&options, &arena, &settings))
        goto done;
    if (persistent) {
        status = sql_shell_serve(&settings, options.data, stdin, stdout) ? EXIT_DONE : EXIT_INPUT;
        goto done;
    }
    shell.style = output_style(stdout);
    shell.stop_at_error = shell.format != OUTPUT_JSON;
    status = run_sql(&options, &shell, &settings, inline_sql, &arena);
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}
