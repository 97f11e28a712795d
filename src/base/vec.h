/*
 * vec.h: a growing array of any type.
 *
 *     typedef VEC(Token) TokenVec;
 *     TokenVec tokens = {0};
 *     VEC_ADD(&tokens, token);
 *     for (size_t i = 0; i < tokens.count; i++) use(tokens.items[i]);
 *     VEC_DONE(&tokens);
 *
 * With an arena instead of malloc: VEC_ADD_IN(arena, &tokens, token), and no VEC_DONE.
 */
#ifndef WEIR_BASE_VEC_H
#define WEIR_BASE_VEC_H

#include <stdlib.h>

#include "base/arena.h"

#define VEC(Type)                                                                                  \
    struct {                                                                                       \
        Type *items;                                                                               \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }

/* Room for one more of `bytes_each`; returns the moved items. */
void *vec_grow(void *items, size_t *capacity, size_t bytes_each);
void *vec_grow_in(Arena *arena, void *items, size_t count, size_t *capacity, size_t bytes_each);

#define VEC_ADD(vec, item)                                                                         \
    do {                                                                                           \
        if ((vec)->count == (vec)->capacity)                                                       \
            (vec)->items =                                                                         \
                vec_grow((vec)->items, &(vec)->capacity, sizeof *(vec)->items);                    \
        (vec)->items[(vec)->count++] = (item);                                                     \
    } while (0)

#define VEC_ADD_IN(arena, vec, item)                                                               \
    do {                                                                                           \
        if ((vec)->count == (vec)->capacity)                                                       \
            (vec)->items = vec_grow_in((arena), (vec)->items, (vec)->count, &(vec)->capacity,      \
                                       sizeof *(vec)->items);                                      \
        (vec)->items[(vec)->count++] = (item);                                                     \
    } while (0)

#define VEC_DONE(vec)                                                                              \
    do {                                                                                           \
        free((vec)->items);                                                                        \
        (vec)->items = NULL;                                                                       \
        (vec)->count = (vec)->capacity = 0;                                                        \
    } while (0)

#endif
