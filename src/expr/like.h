/*
 * like.h: LIKE patterns: % any text, _ any character, an escape before either.
 */
#ifndef WEIR_EXPR_LIKE_H
#define WEIR_EXPR_LIKE_H

#include "base/arena.h"
#include "base/str.h"

typedef struct LikePattern LikePattern;

typedef enum LikeProblem {
    LIKE_OK,
    LIKE_ESCAPE_AT_END,
    LIKE_ESCAPE_IN_MIDDLE, /* Before a character that needs none. */
} LikeProblem;

LikeProblem like_compile(Arena *arena, Str pattern, char escape, const LikePattern **out);
bool like_match(const LikePattern *pattern, Str text);

#endif
