/*
 * regexp.h: Java's regular expressions over PCRE2.
 *
 * Patterns are translated (regexp_translate.c): what Java reads otherwise is rewritten, what it
 * does not know (recursion, conditions, verbs that lift limits) is refused. Not told apart: Java
 * folds case in ASCII alone, and knows classes within classes.
 *
 * Subjects must be UTF-8 (text_make_valid). A match that takes too many steps is given up, so a
 * pattern costs a row at most a fraction of a second.
 *
 * Thread: a Regexp belongs to one kernel call.
 */
#ifndef WEIR_EXPR_REGEXP_H
#define WEIR_EXPR_REGEXP_H

#include "expr/kernel.h"

typedef struct Regexp Regexp;

typedef enum RegexpFound {
    REGEXP_NOT_FOUND,
    REGEXP_FOUND,
    REGEXP_TOO_HARD, /* Given up. */
} RegexpFound;

/* Java's pattern in PCRE2's syntax; false: not a pattern Java takes. */
bool regexp_translate(StrBuf *out, Str pattern);

/* `hurry`: many subjects will follow, so compiling may take longer. NULL: no such pattern. */
Regexp *regexp_compile(Arena *arena, Str pattern, bool hurry);
void regexp_free(Regexp *regexp); /* NULL is fine. */
uint32_t regexp_group_count(const Regexp *regexp);

/* The first match that starts at byte `from` or behind; its groups until the next call. */
RegexpFound regexp_find(Regexp *regexp, Str subject, uint32_t from);
/* Group 0 is the whole match. False: the group took no part. */
bool regexp_group(const Regexp *regexp, uint32_t group, uint32_t *from, uint32_t *to);
/* -1: none of that name. */
int regexp_group_named(const Regexp *regexp, Str name);
/* Where Java searches on: behind the match, one character further where it was empty; beyond
 * subject.bytes when there is nothing left. */
uint32_t regexp_next(const Regexp *regexp, Str subject);

/* The patterns and subjects of a kernel's rows: one compiled pattern at a time, which serves all
 * rows where it is constant. */
typedef struct RegexpRows {
    const KernelCall *call;
    Vector *out;
    const char *function_name; /* In messages. */
    Regexp *regexp;
    Str pattern;
} RegexpRows;

/* The compiled pattern of the row; NULL: it is none, and the row an error. */
Regexp *regexp_rows_pattern(RegexpRows *rows, uint32_t row_i, Str pattern);
/* regexp_find, noting as an error of the row that it was given up. */
bool regexp_rows_find(RegexpRows *rows, uint32_t row_i, Str subject, uint32_t from);
void regexp_rows_done(RegexpRows *rows);

#endif
