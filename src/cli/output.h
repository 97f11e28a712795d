/*
 * output.h: rows as a person or a program wants to read them.
 */
#ifndef WEIR_CLI_OUTPUT_H
#define WEIR_CLI_OUTPUT_H

#include <stdio.h>

#include "column/batch.h"
#include "column/zone.h"

typedef enum OutputFormat { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV } OutputFormat;

/* "table", "json", "csv"; false: none of these. */
bool output_format_find(const char *name, OutputFormat *out);

typedef struct OutputStyle {
    bool colour;      /* Escape sequences may be used. */
    bool unicode;     /* Box characters may be used. */
    bool redraws;     /* A terminal on which the cursor can be moved back, with NO_COLOR too. */
    int columns;      /* Of the terminal: cells are cut so that lines fit; 0: never cut. */
    int lines;        /* Of the terminal; 0: not known. */
} OutputStyle;

/* What the stream can show: colour on a terminal only, and not with NO_COLOR. */
OutputStyle output_style(FILE *stream);

/* The columns a text takes on a terminal. */
int text_width(Str text);
/* The text, cut to so many columns with an ellipsis. Escape sequences take none, and stay. */
void add_cut(StrBuf *out, OutputStyle style, Str text, int columns);

/* How much of the text stands on a line of so many columns: up to a space, if one is there. */
uint32_t wrapped_bytes(Str text, int columns);

/* A whole result, aligned: numbers to the right, NULL told from text, a line that counts. */
void output_table(FILE *stream, OutputStyle style, const Schema *schema,
                  const Batch *const *batches, uint32_t batch_count, const Zone *zone);
/* RFC 4180 with a header. NULL is an empty field, an empty string is "". */
void output_csv(FILE *stream, const Schema *schema, const Batch *const *batches,
                uint32_t batch_count, const Zone *zone);
/* {"schema":[["name","TYPE"],…],"rows":[[…],…]} without a line end: design.md, section 3. */
void output_json(StrBuf *out, const Schema *schema, const Batch *const *batches,
                 uint32_t batch_count, const Zone *zone);
/* {"error":{"class":…,"sqlstate":…,"message":…,"line":…,"column":…}}; line 0: no place. */
void output_json_error(StrBuf *out, const char *class_name, const char *sqlstate, Str message,
                       uint32_t line, uint32_t column);

#endif
