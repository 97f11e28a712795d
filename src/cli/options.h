/*
 * options.h: the arguments of a command, the same way for all commands.
 *
 * A command lists its own options; those that every command takes (--data, --set, --config, --help)
 * are known here. Options may stand before or after operands, as `--name value` or `--name=value`;
 * `--` ends them. A mistake is told in one sentence with the nearest option's name, exit status 2.
 */
#ifndef WEIR_CLI_OPTIONS_H
#define WEIR_CLI_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"
#include "cli/cmd.h"

typedef struct Option {
    const char *name;     /* Without the dashes: "workers". */
    const char *value;    /* What stands for its value in --help: "N"; NULL: a switch. */
    const char *help;
    const char **out;     /* Options with a value: the last one given. */
    bool *set;            /* Switches. */
} Option;

typedef struct SettingArg {
    const char *key;
    const char *value;
} SettingArg;

typedef struct Options {
    const char *command;      /* "run" */
    const char *synopsis;     /* "weir run FILE [options]" */
    const char *about;        /* A paragraph or two, lines broken, ending with a newline. */
    const Option *options;    /* Ended by one without a name. */
    const char *data_default; /* For --help, where it is not ./weir-data; else NULL. */
    /* Filled in by options_parse: */
    const char *data;         /* --data, or NULL */
    bool data_given;
    VEC(SettingArg) settings;    /* --set KEY=VALUE, in order. */
    const char *config;       /* --config FILE, or NULL */
    VEC(const char *) operands;
    Arena arena;
} Options;

/* False: the command is to end with *exit_status (0 after --help). */
bool options_parse(Options *options, int argc, char **argv, int *exit_status);
void options_done(Options *options);
/* One --set KEY=VALUE, for a command that reads its arguments by itself. */
bool options_add_setting(Options *options, const char *text, Error *err);
/* One whole number within the bounds, or a sentence and false. */
bool option_number(const Options *options, const char *name, const char *text, int64_t min,
                   int64_t max, int64_t *out);
/* Prints "weir COMMAND: …" to standard error; returns EXIT_USAGE. */
int usage_error(const Options *options, const char *format, ...) PRINTF(2, 3);

#endif
