/*
 * builder.c: a vector built row by row (vector.h).
 *
 * Arrays double when full; what they leave behind is given back with the arena. Bits of `valid` at
 * and after row_count are any, so a bit is written with each row once the bitmap exists.
 */
#include "base/assert.h"
#include "column/vector.h"

enum { CAPACITY_MIN = 16 };

void builder_init(VectorBuilder *b, Arena *arena, const Type *type, uint32_t capacity)
{
    uint32_t bytes = phys_bytes(type_phys(type));

    capacity = MAX(capacity, (uint32_t)CAPACITY_MIN);
    *b = (VectorBuilder){.arena = arena, .type = type, .capacity = capacity};
    if (bytes > 0)
        b->data = arena_alloc_array(arena, capacity, bytes);
    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP) {
        b->offsets = ARENA_ARRAY(arena, uint32_t, (size_t)capacity + 1);
        b->offsets[0] = 0;
    }
    if (type->field_count > 0) {
        b->children = ARENA_ARRAY(arena, VectorBuilder, type->field_count);
        for (uint32_t i = 0; i < type->field_count; i++)
            builder_init(&b->children[i], arena, type->fields[i].type, capacity);
    }
}

static void *moved(Arena *arena, const void *from, size_t used_bytes, size_t bytes)
{
    void *to = arena_alloc(arena, bytes);

    if (used_bytes)
        memcpy(to, from, used_bytes);
    return to;
}

static void builder_grow(VectorBuilder *b)
{
    size_t bytes = phys_bytes(type_phys(b->type));
    uint32_t capacity = b->capacity * 2;

    ASSERT(capacity > b->capacity);
    if (b->data)
        b->data = moved(b->arena, b->data, b->row_count * bytes, capacity * bytes);
    if (b->offsets)
        b->offsets = moved(b->arena, b->offsets, ((size_t)b->row_count + 1) * sizeof(uint32_t),
                           ((size_t)capacity + 1) * sizeof(uint32_t));
    if (b->valid)
        b->valid = moved(b->arena, b->valid, bits_words(b->row_count) * sizeof(uint64_t),
                         bits_words(capacity) * sizeof(uint64_t));
    b->capacity = capacity;
}

/* Room for a row, and its bit; returns its index. */
static inline uint32_t builder_row(VectorBuilder *b, bool valid)
{
    if (UNLIKELY(b->row_count == b->capacity))
        builder_grow(b);
    if (UNLIKELY(!valid && !b->valid)) {
        size_t bytes = bits_words(b->capacity) * sizeof(uint64_t);

        b->valid = memset(arena_alloc(b->arena, bytes), 0xff, bytes);
    }
    if (b->valid)
        bits_put(b->valid, b->row_count, valid);
    return b->row_count++;
}

void builder_add_null(VectorBuilder *b)
{
    PhysKind phys = type_phys(b->type);
    uint32_t bytes = phys_bytes(phys);
    uint32_t row_i = builder_row(b, false);

    if (phys == PHYS_STR)
        ((Str *)b->data)[row_i] = STR_EMPTY;
    else if (bytes > 0)
        memset((char *)b->data + (size_t)row_i * bytes, 0, bytes);
    if (b->offsets)
        b->offsets[row_i + 1] = b->children[0].row_count;
    if (phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < b->type->field_count; i++)
            builder_add_null(&b->children[i]);
    }
}

#define DEFINE_ADD(name, Value)                                                                    \
    void name(VectorBuilder *b, Value value)                                                       \
    {                                                                                              \
        uint32_t row_i = builder_row(b, true);                                                     \
                                                                                                   \
        ((Value *)b->data)[row_i] = value;                                                         \
    }

DEFINE_ADD(builder_add_i8, int8_t)
DEFINE_ADD(builder_add_i16, int16_t)
DEFINE_ADD(builder_add_i32, int32_t)
DEFINE_ADD(builder_add_i64, int64_t)
DEFINE_ADD(builder_add_f32, float)
DEFINE_ADD(builder_add_f64, double)
DEFINE_ADD(builder_add_i128, Int128)
DEFINE_ADD(builder_add_str, Str)
DEFINE_ADD(builder_add_interval, Interval)

void builder_add_bool(VectorBuilder *b, bool value)
{
    uint32_t row_i = builder_row(b, true);

    ((uint8_t *)b->data)[row_i] = value;
}

void builder_end_row(VectorBuilder *b)
{
    uint32_t row_i = builder_row(b, true);

    if (b->offsets)
        b->offsets[row_i + 1] = b->children[0].row_count;
}

void builder_add_from(VectorBuilder *b, const Vector *v, uint32_t row_i)
{
    uint32_t at = vector_row(v, row_i);
    uint32_t bytes = phys_bytes(type_phys(b->type));

    if (!vector_is_valid(v, row_i)) {
        builder_add_null(b);
        return;
    }
    if (bytes > 0) {
        uint32_t to = builder_row(b, true);

        memcpy((char *)b->data + (size_t)to * bytes, (const char *)v->data + (size_t)at * bytes,
               bytes);
        return;
    }
    for (uint32_t f = 0; f < b->type->field_count; f++) {
        if (!b->offsets) {
            builder_add_from(&b->children[f], v->children[f], row_i);
            continue;
        }
        for (uint32_t e = v->offsets[at]; e < v->offsets[at + 1]; e++)
            builder_add_from(&b->children[f], v->children[f], e);
    }
    builder_end_row(b);
}

Vector *builder_finish(VectorBuilder *b)
{
    Vector *v = ARENA_NEW(b->arena, Vector);

    *v = (Vector){
        .type = b->type,
        .row_count = b->row_count,
        .valid = b->valid,
        .data = b->data,
        .offsets = b->offsets,
    };
    if (b->type->kind == TYPE_VOID && !v->valid)
        v->valid = arena_zalloc(b->arena, sizeof(uint64_t));
    if (b->type->field_count > 0) {
        v->children = ARENA_ARRAY(b->arena, Vector *, b->type->field_count);
        for (uint32_t i = 0; i < b->type->field_count; i++) {
            v->children[i] = builder_finish(&b->children[i]);
            ASSERT(b->offsets ? v->children[i]->row_count == v->children[0]->row_count
                              : v->children[i]->row_count == v->row_count);
        }
    }
    return v;
}
