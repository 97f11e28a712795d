/*
 * sql_shell.h: statements in, results out: what weir sql, its prompt and its test-runner mode share.
 */
#ifndef WEIR_CLI_SQL_SHELL_H
#define WEIR_CLI_SQL_SHELL_H

#include "cli/output.h"
#include "pipeline/connect.h"
#include "plan/session.h"

typedef struct SqlShell {
    Session *session;
    Connections *connections;
    OutputFormat format;
    OutputStyle style;
    bool stop_at_error;
    const char *name; /* Of the text, in messages. */
    bool outside;     /* What failed last did so outside, and may do better another time. */
} SqlShell;

/* Runs every statement of `text`. Results go to `out` (table, csv), or one JSON line a statement. False:
 * some statement failed. */
bool sql_shell_run(SqlShell *shell, Str text, FILE *out);
/* One JSON request a line, {"id":…,"statements":[…],"timezone":…}, each in a session of its own;
 * answered by one line, the list of the results. For test runners. data_dir NULL: in memory. */
bool sql_shell_serve(const Settings *settings, const char *data_dir, FILE *in, FILE *out);

#endif
