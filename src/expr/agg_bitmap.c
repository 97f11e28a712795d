/*
 * agg_bitmap.c: aggregates over bitmaps of 32768 positions (catalog_bitmap.c): from positions, and of
 * bitmaps the bits that are set in some or in all.
 */
#include <stdlib.h>

#include "expr/agg.h"
#include "expr/catalog.h"

enum { BITMAP_BYTES = 4096 };

typedef enum BitmapKind { BITMAP_CONSTRUCT, BITMAP_OR, BITMAP_AND } BitmapKind;

typedef struct BitmapState {
    uint8_t *bytes; /* NULL: no row yet. */
    bool failed;    /* A position that is none. */
} BitmapState;

static BitmapKind kind_of(const AggregateCall *call)
{
    return *(const BitmapKind *)call->expr->fn->extra;
}

static uint32_t bitmap_bytes(const AggregateCall *call)
{
    (void)call;
    return sizeof(BitmapState);
}

static void bitmap_init(const AggregateCall *call, void *state)
{
    (void)call;
    memset(state, 0, sizeof(BitmapState));
}

static void bitmap_need(BitmapState *s, BitmapKind kind)
{
    if (s->bytes)
        return;
    s->bytes = mem_alloc(BITMAP_BYTES);
    memset(s->bytes, kind == BITMAP_AND ? 0xFF : 0, BITMAP_BYTES);
}

static void bitmap_add(BitmapState *s, int64_t position)
{
    if (position < 0 || position >= 8 * BITMAP_BYTES)
        s->failed = true;
    else
        s->bytes[position / 8] |= (uint8_t)(1u << position % 8);
}

/* What a shorter bitmap does not say is 0. */
static void bitmap_combine(BitmapState *s, BitmapKind kind, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < BITMAP_BYTES; i++) {
        uint8_t other = i < count ? bytes[i] : 0;

        s->bytes[i] = kind == BITMAP_AND ? s->bytes[i] & other : s->bytes[i] | other;
    }
}

static void bitmap_update(const AggregateCall *call, void *const *states,
                          const Vector *const *args, uint32_t row_count, Arena *scratch)
{
    BitmapKind kind = kind_of(call);

    (void)scratch;
    for (uint32_t i = 0; i < row_count; i++) {
        uint32_t r = vector_row(args[0], i);
        BitmapState *s = states[i];

        if (!vector_is_valid(args[0], i))
            continue;
        bitmap_need(s, kind);
        if (kind == BITMAP_CONSTRUCT)
            bitmap_add(s, vector_i64(args[0])[r]);
        else
            bitmap_combine(s, kind, (const uint8_t *)vector_strs(args[0])[r].data,
                           vector_strs(args[0])[r].bytes);
    }
}

static void bitmap_merge(const AggregateCall *call, void *into, const void *from)
{
    BitmapKind kind = kind_of(call);
    const BitmapState *b = from;
    BitmapState *a = into;

    a->failed |= b->failed;
    if (!b->bytes)
        return;
    bitmap_need(a, kind);
    bitmap_combine(a, kind, b->bytes, BITMAP_BYTES);
}

static Vector *bitmap_result(const AggregateCall *call, const void *const *states, uint32_t count,
                             Arena *arena)
{
    Vector *out = aggregate_result(call, count, arena);

    for (uint32_t i = 0; i < count; i++) {
        const BitmapState *s = states[i];
        char *bytes = arena_alloc(arena, BITMAP_BYTES);

        if (s->failed)
            vector_set_error(arena, out, i, "INVALID_BITMAP_POSITION", "22003",
                             "The 0-indexed bitmap position is out of bounds. The bitmap has 32768 "
                             "bits (4096 bytes).");
        if (s->bytes)
            memcpy(bytes, s->bytes, BITMAP_BYTES);
        else
            memset(bytes, kind_of(call) == BITMAP_AND ? 0xFF : 0, BITMAP_BYTES);
        vector_strs(out)[i] = (Str){bytes, BITMAP_BYTES};
    }
    return out;
}

static void bitmap_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    const BitmapState *s = state;
    uint8_t flags = (uint8_t)((s->bytes != NULL) | s->failed << 1);

    (void)call;
    bytes_put(out, &flags, sizeof flags);
    if (s->bytes)
        bytes_put(out, s->bytes, BITMAP_BYTES);
}

static bool bitmap_decode(const AggregateCall *call, void *state, Str *in)
{
    BitmapState *s = state;
    uint8_t flags;

    bitmap_init(call, state);
    if (!bytes_get(in, &flags, sizeof flags) || flags > 3)
        return false;
    s->failed = flags & 2;
    if (!(flags & 1))
        return true;
    bitmap_need(s, kind_of(call));
    return bytes_get(in, s->bytes, BITMAP_BYTES);
}

static void bitmap_clear(const AggregateCall *call, void *state)
{
    free(((BitmapState *)state)->bytes);
    bitmap_init(call, state);
}

static size_t bitmap_extra(const AggregateCall *call, const void *state)
{
    (void)call;
    return ((const BitmapState *)state)->bytes ? BITMAP_BYTES : 0;
}

static const AggregateMethods bitmap_methods = {
    .state_bytes = bitmap_bytes,
    .init = bitmap_init,
    .update = bitmap_update,
    .merge = bitmap_merge,
    .result = bitmap_result,
    .encode = bitmap_encode,
    .decode = bitmap_decode,
    .clear = bitmap_clear,
    .extra_bytes = bitmap_extra,
};

static bool bind_bitmap(BindCall *call, Error *err)
{
    if (!bind_signature(call, err))
        return false;
    call->nullable = false;
    return true;
}

static const BitmapKind construct = BITMAP_CONSTRUCT, bit_or = BITMAP_OR, bit_and = BITMAP_AND;

static const Function rows[] = {
    AGGREGATE("bitmap_construct_agg", 1, 1, bind_bitmap, "(bigint) -> binary", &bitmap_methods,
              &construct, "The bitmap of positions (bitmap_bit_position)",
              "bitmap_count(bitmap_construct_agg(1)) = 1"),
    AGGREGATE("bitmap_or_agg", 1, 1, bind_bitmap, "(binary=) -> binary", &bitmap_methods, &bit_or,
              "Bits that are set in some bitmap", "bitmap_count(bitmap_or_agg(X'10')) = 1"),
    AGGREGATE("bitmap_and_agg", 1, 1, bind_bitmap, "(binary=) -> binary", &bitmap_methods, &bit_and,
              "Bits that are set in all bitmaps", "bitmap_count(bitmap_and_agg(X'10')) = 1"),
};

const FunctionTable catalog_agg_bitmap = FUNCTION_TABLE_OF(rows);
