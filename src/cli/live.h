/*
 * live.h: a run, as a person watches it in the terminal.
 */
#ifndef WEIR_CLI_LIVE_H
#define WEIR_CLI_LIVE_H

#include "cli/output.h"
#include "pipeline/run.h"

typedef struct Live Live;

Live *live_create(const char *file, const char *data_dir, OutputStyle style);
void live_free(Live *live); /* NULL is fine. */
/* The whole picture as lines; rates are since the last call. */
void live_draw(Live *live, const RunSnapshot *snapshot, StrBuf *out);
/* Draws over the last picture on a terminal, cut to its size (the last one to its width alone);
 * elsewhere below it. */
void live_show(Live *live, const RunSnapshot *snapshot, bool is_last, FILE *stream);

#endif
