/*
 * text_pool.h: the bytes of a STRING or BINARY result, many values to an allocation, none of them
 * without bound (repeat('x', 2000000000)).
 */
#ifndef WEIR_EXPR_TEXT_POOL_H
#define WEIR_EXPR_TEXT_POOL_H

#include "expr/kernel.h"

enum { TEXT_CHUNK_BYTES = 16 << 10 };

typedef struct TextPool {
    const KernelCall *call;
    Vector *out; /* Where values and errors go. */
    char *next, *end;
    uint64_t total_bytes;
} TextPool;

static inline TextPool text_pool(const KernelCall *call, Vector *out)
{
    return (TextPool){.call = call, .out = out};
}

/* Counts a value in; false: too long, noted as the error of its row. */
static inline bool text_allow(TextPool *pool, uint32_t row_i, uint64_t bytes)
{
    if (LIKELY(bytes <= TEXT_BYTES_MAX && pool->total_bytes + bytes <= TEXT_COLUMN_BYTES_MAX)) {
        pool->total_bytes += bytes;
        return true;
    }
    text_too_long(pool->call, pool->out, row_i, bytes);
    return false;
}

/* Room for `bytes` bytes, not counted: for a part of a value. */
static inline char *text_bytes(TextPool *pool, size_t bytes)
{
    char *out;

    if (UNLIKELY(bytes > TEXT_CHUNK_BYTES / 4))
        return arena_alloc(pool->call->arena, bytes);
    if (UNLIKELY((size_t)(pool->end - pool->next) < bytes || !pool->next)) {
        pool->next = arena_alloc(pool->call->arena, TEXT_CHUNK_BYTES);
        pool->end = pool->next + TEXT_CHUNK_BYTES;
    }
    out = pool->next;
    pool->next += bytes;
    return out;
}

/* Makes row_i a value of so many bytes, to be filled in; NULL: too long, and the row an error. */
static inline char *text_room(TextPool *pool, uint32_t row_i, uint64_t bytes)
{
    char *out;

    if (!text_allow(pool, row_i, bytes))
        return NULL;
    out = text_bytes(pool, (size_t)bytes);
    vector_strs(pool->out)[row_i] = (Str){out, (uint32_t)bytes};
    return out;
}

/* Row_i is a copy of these bytes. */
static inline void text_put(TextPool *pool, uint32_t row_i, const void *data, size_t bytes)
{
    char *out = text_room(pool, row_i, bytes);

    if (out && bytes)
        memcpy(out, data, bytes);
}

static inline void text_put_str(TextPool *pool, uint32_t row_i, Str text)
{
    text_put(pool, row_i, text.data, text.bytes);
}

static inline void text_put_buf(TextPool *pool, uint32_t row_i, const StrBuf *buf)
{
    text_put(pool, row_i, strbuf_c(buf), buf->bytes);
}

#endif
