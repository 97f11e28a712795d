/*
 * main.c: arguments in, exit status out.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/edit_distance.h"
#include "base/error.h"
#include "cli/cmd.h"

typedef struct Command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} Command;

/* In the order of the help. */
static const Command commands[] = {
    {"run", cmd_run, "run a pipeline: all its flows, until Ctrl-C"},
    {"check", cmd_check, "tell everything that is wrong with a pipeline file"},
    {"explain", cmd_explain, "the plan of every flow and view"},
    {"graph", cmd_graph, "the tables of a pipeline and what feeds them"},
    {"sql", cmd_sql, "run SQL against the tables and topics of a data directory"},
    {"topic", cmd_topic, "list, create, describe, produce to, consume, delete topics"},
    {"generate", cmd_generate,
     "the data-generation API: to standard output, to a topic, or as an HTTP service"},
    {"export", cmd_export, "what another engine needs to run the same file"},
    {"verify", cmd_verify, "run the file here and on Spark over the same input, and compare every row"},
    {"doctor", cmd_doctor, "say what is installed, reachable and configured"},
};

static void print_help(FILE *out)
{
    (void)fputs("weir: a pipeline is one SQL file\n\nusage: weir COMMAND ...\n\n", out);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        (void)fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
    (void)fputs("\nweir COMMAND --help tells more; weir --version tells the version.\n", out);
}

/* What could not be written was not told: a full disk behind `weir sql ... > file`. */
static int written(const Command *command, int status)
{
    bool lost = ferror(stdout) != 0;
    Error err = {0};

    if (fflush(stdout) == 0 && !lost)
        return status;
    (void)error_set_errno(&err, errno ? errno : EIO, "write to standard output");
    (void)fprintf(stderr, "weir %s: %s\n", command->name, err.text);
    return status == EXIT_DONE ? EXIT_OUTSIDE : status;
}

static void unknown_command(const char *name)
{
    const char *nearest = NULL;
    uint32_t best = 3;

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        uint32_t distance = edit_distance(str_of(name), str_of(commands[i].name), best);

        if (distance < best) {
            best = distance;
            nearest = commands[i].name;
        }
    }
    (void)fprintf(stderr, "weir: there is no command '%s'; ", name);
    if (nearest)
        (void)fprintf(stderr, "did you mean %s? ", nearest);
    (void)fputs("weir --help lists them\n", stderr);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    /* A file that may not grow (ulimit -f) is an error of the write, as a full disk is. */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (!name) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        puts("weir " WEIR_VERSION);
        return EXIT_DONE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(name, commands[i].name) == 0)
            return written(&commands[i], commands[i].run(argc - 2, argv + 2));
    }
    unknown_command(name);
    return EXIT_USAGE;
}
