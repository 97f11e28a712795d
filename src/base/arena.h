/*
 * arena.h: memory by lifetime.
 *
 * An arena hands out memory that is given back all at once. Whoever needs memory takes the arena
 * whose lifetime it needs as an argument (process, plan, job, batch: docs/architecture.md); nobody
 * frees a single object in one. Running out of memory stops the process.
 *
 * Invariants
 *  1. Every pointer is aligned to 16 bytes, and ARENA_SLACK readable bytes follow every allocation,
 *     so that wide loads may read past its end (never past the slack).
 *  2. arena_reset keeps one block for reuse and, under AddressSanitizer, poisons it.
 *  3. Marks are a stack: arena_release gives back what was handed out since its mark, marks taken
 *     since then with it.
 *
 * Thread: one at a time.
 */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"

#define ARENA_SLACK 64

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena {
    ArenaBlock *block; /* The one being filled; older ones behind it. */
    char *next;
    char *end;
    size_t block_bytes;     /* Of the next ordinary block. */
    size_t allocated_bytes; /* Held from the system, all blocks. */
    ArenaBlock *spare;      /* What arena_release took back last, for reuse; NULL: none. */
} Arena;

/* How far an arena was filled. */
typedef struct ArenaMark {
    ArenaBlock *block;
    ArenaBlock *older; /* Behind `block`: a large object is put there later. */
    char *next;
} ArenaMark;

void arena_init(Arena *arena); /* Allocates nothing until first used. */
void arena_done(Arena *arena); /* Frees all; the arena may be initialised again. */
void arena_reset(Arena *arena);
ArenaMark arena_mark(const Arena *arena);
/* Gives back what was handed out since the mark was taken; the arena was not reset since. */
void arena_release(Arena *arena, ArenaMark mark);

void *arena_alloc_slow(Arena *arena, size_t bytes) MALLOC_LIKE;
void arena_poison(void *memory, size_t bytes);
void arena_unpoison(void *memory, size_t bytes);

/* Uninitialised memory. */
static inline void *arena_alloc(Arena *arena, size_t bytes)
{
    size_t padded = (bytes + ARENA_SLACK + 15) & ~(size_t)15;

    if (LIKELY(padded >= bytes && padded <= (size_t)(arena->end - arena->next))) {
        void *memory = arena->next;

        arena->next += padded;
#if WEIR_ASAN
        arena_unpoison(memory, padded);
#endif
        return memory;
    }
    return arena_alloc_slow(arena, bytes);
}

static inline void *arena_zalloc(Arena *arena, size_t bytes)
{
    return memset(arena_alloc(arena, bytes), 0, bytes);
}

/* Memory for `count` objects; a size that overflows stops the process. */
void *arena_alloc_array(Arena *arena, size_t count, size_t bytes_each) MALLOC_LIKE;

#define ARENA_NEW(arena, Type) ((Type *)arena_zalloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count)                                                            \
    ((Type *)arena_alloc_array((arena), (size_t)(count), sizeof(Type)))

void *arena_copy(Arena *arena, const void *data, size_t bytes) MALLOC_LIKE;
char *arena_strdup(Arena *arena, const char *text) MALLOC_LIKE; /* NUL-terminated. */
char *arena_printf(Arena *arena, const char *format, ...) PRINTF(2, 3);

/* malloc and friends that stop the process when memory runs out. */
void *mem_alloc(size_t bytes) MALLOC_LIKE;
void *mem_zalloc(size_t bytes) MALLOC_LIKE;
void *mem_realloc(void *memory, size_t bytes);
char *mem_strdup(const char *text) MALLOC_LIKE;

#endif
