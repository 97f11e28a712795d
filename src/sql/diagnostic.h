/*
 * diagnostic.h: what is wrong with a text of SQL, and where.
 *
 * The front end does not stop at the first mistake: every stage adds to one DiagnosticList, and the
 * command prints it once, in this shape:
 *
 *     orders.sql:12:8: error: A column with name `prise` cannot be resolved.
 * [UNRESOLVED_COLUMN.WITH_SUGGESTION] 12 | SELECT prise * quantity |        ^~~~~ help: did you
 * mean `price`?
 *
 * Invariants
 *  1. A span lies in the text as the user wrote it, also where `${key}` was replaced: then it
 * covers the whole `${key}`. A span of no bytes points between two characters, or at the end.
 *  2. A list holds at most DIAGNOSTICS_MAX entries; what comes later is counted, not kept.
 *
 * Thread: a list belongs to one thread.
 */
#ifndef WEIR_SQL_DIAGNOSTIC_H
#define WEIR_SQL_DIAGNOSTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/error.h"
#include "base/span.h"
#include "base/str.h"

#define DIAGNOSTICS_MAX 100

/* From the start of `first` to the end of `last`; the other one where one is no place. */
Span span_join(Span first, Span last);

typedef enum DiagnosticSeverity {
    DIAGNOSTIC_ERROR,
    DIAGNOSTIC_WARNING,
    DIAGNOSTIC_NOTE,
} DiagnosticSeverity;

typedef struct Diagnostic {
    DiagnosticSeverity severity;
    const char *class_name; /* Spark's error class with its subclass, or NULL. Static. */
    const char *sqlstate;   /* Five characters, or NULL. Static. */
    Span span;
    const char *message;
    const char *remedy; /* What to do about it, or NULL. */
} Diagnostic;

typedef struct DiagnosticList {
    Arena *arena; /* Holds the texts. */
    Diagnostic *items;
    size_t count;
    size_t capacity;
    size_t error_count; /* Of all severities, also those beyond the limit. */
    size_t warning_count;
    size_t dropped_count; /* Beyond the limit. */
} DiagnosticList;

void diagnostics_init(DiagnosticList *list, Arena *arena);

/* Adds an error. Returns false, so that a failing caller can `return diagnostic_error(...)`. */
bool diagnostic_error(DiagnosticList *list, Span span, const char *class_name, const char *sqlstate,
                      const char *format, ...) PRINTF(5, 6);
void diagnostic_warning(DiagnosticList *list, Span span, const char *class_name, const char *format,
                        ...) PRINTF(4, 5);
void diagnostic_note(DiagnosticList *list, Span span, const char *format, ...) PRINTF(3, 4);
/* Gives the entry added last its remedy; nothing when that entry was dropped. Returns false. */
bool diagnostic_remedy(DiagnosticList *list, const char *format, ...) PRINTF(2, 3);

/* As it was at `then`, an earlier copy of it: what was tried since is not told. */
void diagnostics_rewind(DiagnosticList *list, const DiagnosticList *then);

static inline bool diagnostics_failed(const DiagnosticList *list)
{
    return list->error_count > 0;
}

/* The error at which Spark's analysis would stop: it resolves names and calls before it looks at what is
 * unknown, and at that before it judges what stands where. NULL: there is none. */
const Diagnostic *diagnostics_first(const DiagnosticList *list);

/* The first error as a run-time error (kind ERROR_USER), with its place in the text. */
bool diagnostics_to_error(const DiagnosticList *list, const char *file_name, Error *err);

/* In the order of the text, notes staying behind what they belong to. */
void diagnostics_sort(DiagnosticList *list);

typedef struct DiagnosticStyle {
    bool colour;      /* ANSI escapes. */
    uint32_t columns; /* Longer source lines are cut to this; 0 = 100. */
} DiagnosticStyle;

/* `source` is the whole text the spans point into. */
void diagnostic_print(StrBuf *out, const Diagnostic *diagnostic, const char *file_name, Str source,
                      DiagnosticStyle style);
/* All of them, and a line about what was dropped. */
void diagnostics_print(StrBuf *out, const DiagnosticList *list, const char *file_name, Str source,
                       DiagnosticStyle style);

/* The nearest of `names` to a misspelt `name` (few edits, ASCII case ignored), or an empty Str. */
Str spelling_nearest(Str name, const Str *names, size_t name_count);

#endif
