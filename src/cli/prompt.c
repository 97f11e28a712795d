#include "cli/prompt.h"

#include <editline/readline.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { HISTORY_LINES = 1000 };

static const char *kept_in;
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    interrupted = number;
}

void prompt_open(const char *history_file)
{
    (void)rl_initialize();
    stifle_history(HISTORY_LINES);
    kept_in = history_file;
    if (kept_in)
        (void)read_history(kept_in);
}

/* Ctrl-C is caught while a line is read, without SA_RESTART, so that the reading ends; a statement
 * that runs is ended by it, with the program, as ever. */
PromptResult prompt_line(const char *prompt, char **line)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    struct sigaction before;

    interrupted = 0;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, &before);
    *line = readline(prompt);
    (void)sigaction(SIGINT, &before, NULL);
    if (interrupted) {
        free(*line);
        *line = NULL;
        (void)putchar('\n');
        return PROMPT_CANCELLED;
    }
    return *line ? PROMPT_LINE : PROMPT_END;
}

void prompt_remember(const char *text)
{
    (void)add_history(text);
    if (kept_in)
        (void)write_history(kept_in);
}
