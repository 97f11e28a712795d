/*
 * text_options.h: what from_json, to_json, from_csv, to_csv and their like have in common: the
 * schema in a constant text, options in a constant map, and dates and timestamps by patterns of
 * their own.
 *
 * A pattern works by way of text: the format reads and writes a STRING where the type has a DATE or
 * a TIMESTAMP with a pattern (times_as_text), and times_from_text and times_to_text make the one of
 * the other.
 */
#ifndef WEIR_EXPR_TEXT_OPTIONS_H
#define WEIR_EXPR_TEXT_OPTIONS_H

#include "expr/bind.h"
#include "expr/datetime_pattern.h"
#include "expr/kernel.h"

typedef struct TextOptions {
    const Zone *zone; /* Option timeZone; NULL: the session's. */
    const DatetimePattern *date, *timestamp, *timestamp_ntz; /* Reading: NULL: the usual texts. */
    Str corrupt_column;                                      /* Where bad records go. */
    bool fail_fast;
    bool primitives_as_string;
    Str lines; /* All of them as format.h has them: "key=value\n". */
} TextOptions;

/* The map in argument arg_i, if there is one. `parsing`: patterns are for reading. */
bool text_options_bind(BindCall *call, uint32_t arg_i, bool parsing, TextOptions *out, Error *err);
/* The type in argument arg_i: 'a INT, b STRING' (a STRUCT) or 'array<int>'. */
bool text_schema_bind(BindCall *call, uint32_t arg_i, const Type **out, Error *err);

const Zone *text_options_zone(const TextOptions *options, const SqlContext *sql);
/* `type` with STRING for what has a pattern; itself when nothing has. */
const Type *times_as_text(Arena *arena, const Type *type, const TextOptions *options);
/* A vector of times_as_text(type) as one of `type`; a text that is no such time is NULL. */
const Vector *times_from_text(const KernelCall *call, const TextOptions *options, const Vector *v,
                              const Type *type);
/* A vector of any type as one of times_as_text of it. */
const Vector *times_to_text(const KernelCall *call, const TextOptions *options, const Vector *v);

#endif
