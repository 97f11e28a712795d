#include "cli/prompt.h"

#include <editline/readline.h>

enum { HISTORY_LINES = 1000 };

static const char *kept_in;

void prompt_open(const char *history_file)
{
    (void)rl_initialize();
    stifle_history(HISTORY_LINES);
    kept_in = history_file;
    if (kept_in)
        (void)read_history(kept_in);
}

char *prompt_line(const char *prompt)
{
    return readline(prompt);
}

void prompt_remember(const char *text)
{
    (void)add_history(text);
    if (kept_in)
        (void)write_history(kept_in);
}
