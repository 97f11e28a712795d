/*
 * cmd.h: the commands of weir. Each is one file, cmd_NAME.c, and a line in main.c's table.
 */
#ifndef WEIR_CLI_CMD_H
#define WEIR_CLI_CMD_H

typedef enum ExitStatus {
    EXIT_DONE = 0,
    EXIT_INPUT = 1,   /* The input is wrong. */
    EXIT_USAGE = 2,   /* The command line is wrong. */
    EXIT_OUTSIDE = 3, /* An outside system failed; worth trying again. */
} ExitStatus;

/* argv[0] is the first argument after the command's name. Returns the exit status. */
int cmd_check(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_generate(int argc, char **argv);
int cmd_graph(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_topic(int argc, char **argv);
int cmd_verify(int argc, char **argv);

#endif
