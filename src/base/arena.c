#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

#if WEIR_ASAN
#include <sanitizer/asan_interface.h>
#endif

enum { FIRST_BLOCK_BYTES = 4096, MAX_BLOCK_BYTES = 1 << 20, SPOILED_BYTES = 16 << 10 };

struct ArenaBlock {
    ArenaBlock *older;
    size_t bytes; /* Of `data`. */
    _Alignas(16) char data[];
};

NORETURN COLD static void out_of_memory(size_t bytes)
{
    fprintf(stderr, "weir: out of memory (%zu bytes asked for)\n", bytes);
    abort();
}

void arena_poison(void *memory, size_t bytes)
{
#if WEIR_ASAN
    __asan_poison_memory_region(memory, bytes);
#else
    (void)memory;
    (void)bytes;
#endif
}

void arena_unpoison(void *memory, size_t bytes)
{
#if WEIR_ASAN
    __asan_unpoison_memory_region(memory, bytes);
#else
    (void)memory;
    (void)bytes;
#endif
}

void arena_init(Arena *arena)
{
    *arena = (Arena){.block_bytes = FIRST_BLOCK_BYTES};
}

static void block_free(Arena *arena, ArenaBlock *block)
{
    arena->allocated_bytes -= block->bytes;
    arena_unpoison(block->data, block->bytes);
    free(block);
}

void arena_done(Arena *arena)
{
    while (arena->block) {
        ArenaBlock *older = arena->block->older;

        block_free(arena, arena->block);
        arena->block = older;
    }
    if (arena->spare)
        block_free(arena, arena->spare);
    arena_init(arena);
}

/* Takes the newest block out: kept if it may serve again. */
static void block_take_back(Arena *arena, ArenaBlock *block)
{
    if (block->bytes > MAX_BLOCK_BYTES || (arena->spare && arena->spare->bytes >= block->bytes)) {
        block_free(arena, block);
        return;
    }
    if (arena->spare)
        block_free(arena, arena->spare);
    arena_poison(block->data, block->bytes);
    arena->spare = block;
}

static void block_fill_from(Arena *arena, char *next)
{
    arena->next = next;
    arena->end = arena->block->data + arena->block->bytes;
#if defined(WEIR_DEBUG) && !WEIR_ASAN
    /* A stale pointer shows without AddressSanitizer too. */
    memset(next, 0xDD, MIN((size_t)(arena->end - next), (size_t)SPOILED_BYTES));
#endif
    arena_poison(next, (size_t)(arena->end - next));
}

void arena_reset(Arena *arena)
{
    if (!arena->block)
        return;
    while (arena->block->older) {
        ArenaBlock *older = arena->block->older;

        arena->block->older = older->older;
        block_free(arena, older);
    }
    /* A block that was made for one large object would be held for ever. */
    if (arena->block->bytes > MAX_BLOCK_BYTES) {
        block_free(arena, arena->block);
        arena->block = NULL;
        arena->next = arena->end = NULL;
        return;
    }
    block_fill_from(arena, arena->block->data);
}

ArenaMark arena_mark(const Arena *arena)
{
    return (ArenaMark){
        .block = arena->block,
        .older = arena->block ? arena->block->older : NULL,
        .next = arena->next,
    };
}

void arena_release(Arena *arena, ArenaMark mark)
{
    if (!mark.block) {
        arena_reset(arena);
        return;
    }
    while (arena->block != mark.block) {
        ArenaBlock *newest = arena->block;

        arena->block = newest->older;
        block_take_back(arena, newest);
    }
    while (arena->block->older != mark.older) {
        ArenaBlock *large = arena->block->older;

        arena->block->older = large->older;
        block_free(arena, large);
    }
    block_fill_from(arena, mark.next);
}

static ArenaBlock *block_new(Arena *arena, size_t bytes)
{
    ArenaBlock *block = malloc(sizeof *block + bytes);

    if (!block)
        out_of_memory(bytes);
    block->bytes = bytes;
    arena->allocated_bytes += bytes;
    return block;
}

/* A block of its own for a large object, behind the current one. */
static void *alloc_large(Arena *arena, size_t padded)
{
    ArenaBlock *block = block_new(arena, padded);

    if (arena->block) {
        block->older = arena->block->older;
        arena->block->older = block;
    } else {
        block->older = NULL;
        arena->block = block;
        arena->next = arena->end = block->data + padded;
    }
    return block->data;
}

static ArenaBlock *next_block(Arena *arena, size_t padded)
{
    ArenaBlock *block = arena->spare;

    if (block && block->bytes >= padded) {
        arena->spare = NULL;
        return block;
    }
    if (arena->block_bytes == 0)
        arena->block_bytes = FIRST_BLOCK_BYTES;
    while (arena->block_bytes < padded)
        arena->block_bytes *= 2;
    block = block_new(arena, arena->block_bytes);
    if (arena->block_bytes < MAX_BLOCK_BYTES)
        arena->block_bytes *= 2;
    return block;
}

void *arena_alloc_slow(Arena *arena, size_t bytes)
{
    size_t padded = (bytes + ARENA_SLACK + 15) & ~(size_t)15;
    ArenaBlock *block;

    if (padded < bytes)
        out_of_memory(bytes);
    if (padded > MAX_BLOCK_BYTES / 4)
        return alloc_large(arena, padded);
    block = next_block(arena, padded);
    arena_unpoison(block->data, padded);
    block->older = arena->block;
    arena->block = block;
    block_fill_from(arena, block->data + padded);
    return block->data;
}

void *arena_alloc_array(Arena *arena, size_t count, size_t bytes_each)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, bytes_each, &bytes))
        out_of_memory(SIZE_MAX);
    return arena_alloc(arena, bytes);
}

void *arena_copy(Arena *arena, const void *data, size_t bytes)
{
    void *copy = arena_alloc(arena, bytes);

    if (bytes)
        memcpy(copy, data, bytes);
    return copy;
}

char *arena_strdup(Arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text) + 1);
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    int bytes;
    char *text;

    va_start(args, format);
    va_copy(again, args);
    bytes = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(bytes >= 0);
    text = arena_alloc(arena, (size_t)bytes + 1);
    (void)vsnprintf(text, (size_t)bytes + 1, format, again);
    va_end(again);
    return text;
}

void *mem_alloc(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);

    if (!memory)
        out_of_memory(bytes);
    return memory;
}

void *mem_zalloc(size_t bytes)
{
    void *memory = calloc(1, bytes ? bytes : 1);

    if (!memory)
        out_of_memory(bytes);
    return memory;
}

void *mem_realloc(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes ? bytes : 1);
    if (!memory)
        out_of_memory(bytes);
    return memory;
}

char *mem_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;

    return memcpy(mem_alloc(bytes), text, bytes);
}
