/*
 * prompt.h: lines typed at a terminal, with editing and a history (libedit). On its own, because
 * libedit's header takes names that weir uses otherwise.
 */
#ifndef WEIR_CLI_PROMPT_H
#define WEIR_CLI_PROMPT_H

/* `history_file` may be NULL: nothing is kept. */
void prompt_open(const char *history_file);
typedef enum PromptResult {
    PROMPT_LINE,
    PROMPT_CANCELLED, /* Ctrl-C: what was typed is to be forgotten. */
    PROMPT_END,       /* Ctrl-D. */
} PromptResult;

/* The next line, to be freed by the caller; NULL unless PROMPT_LINE. */
PromptResult prompt_line(const char *prompt, char **line);
void prompt_remember(const char *text);

#endif
