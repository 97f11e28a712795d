#include "base/vec.h"

#include "base/assert.h"

void *vec_grow(void *items, size_t *capacity, size_t bytes_each)
{
    size_t bytes;

    *capacity = *capacity ? *capacity * 2 : 8;
    ASSERT(!__builtin_mul_overflow(*capacity, bytes_each, &bytes));
    return mem_realloc(items, bytes);
}

void *vec_grow_in(Arena *arena, void *items, size_t count, size_t *capacity, size_t bytes_each)
{
    void *grown;

    *capacity = *capacity ? *capacity * 2 : 8;
    grown = arena_alloc_array(arena, *capacity, bytes_each);
    if (count)
        memcpy(grown, items, count * bytes_each);
    return grown;
}
