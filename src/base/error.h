/*
 * error.h: run-time errors, told once, in words the reader can act on.
 *
 * A function that can fail returns bool and takes `Error *err` last. The place that fails sets the
 * text; each caller that knows more puts its part in front ("<what>: "); nobody logs on the way; the
 * top prints the whole sentence once and acts on the kind alone. `err` may not be NULL.
 *
 * Errors that Spark also has carry Spark's error class and SQLSTATE (`DIVIDE_BY_ZERO`, `22012`); the
 * class names are static strings. Compile-time errors of SQL text are sql/diagnostic.h.
 *
 * Thread: an Error belongs to its caller.
 */
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/attributes.h"
#include "base/span.h"

typedef enum ErrorKind {
    ERROR_NONE = 0,
    ERROR_USER,  /* The query or its settings are wrong: show it; trying again will not help. */
    ERROR_DATA,  /* One message or row is bad: put it aside and carry on. */
    ERROR_RETRY, /* The outside world is unwell for now: wait, then try again. */
    ERROR_JOB,   /* This job cannot go on: restart it from its last checkpoint. */
} ErrorKind;

typedef struct Error {
    ErrorKind kind;
    const char *class_name; /* Spark's error class, or NULL. Static. */
    const char *sqlstate;   /* Five characters, or NULL. Static. */
    Span span;              /* Where in the user's text; line 0: not known. */
    char text[512];
} Error;

/* All return false, so a failing caller can `return error_set(...)`. */
bool error_set(Error *err, ErrorKind kind, const char *format, ...) PRINTF(3, 4);
bool error_set_class(Error *err, ErrorKind kind, const char *class_name, const char *sqlstate,
                     const char *format, ...) PRINTF(5, 6);
/* "<what>: " in front of the text; kind and class stay. */
bool error_wrap(Error *err, const char *format, ...) PRINTF(2, 3);
/* "<what>: <strerror(code)>"; ENOSPC, EIO and the like come with a remedy. */
bool error_set_errno(Error *err, int code, const char *format, ...) PRINTF(3, 4);

void error_clear(Error *err);
const char *error_kind_name(ErrorKind kind);

#endif
