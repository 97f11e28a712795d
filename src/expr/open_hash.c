/*
 * open_hash.c: Java's hashes, and the places they lead to (open_hash.h).
 */
#include "expr/open_hash.h"

#include <math.h>

#include "expr/cast.h"
#include "expr/spark_hash.h"

/* ── Java's hashes ─────────────────────────────────────────────────────────────────────────────*/

static int32_t long_hash(int64_t value)
{
    return (int32_t)(uint32_t)((uint64_t)value ^ (uint64_t)value >> 32);
}

static int32_t float_hash(float value)
{
    int32_t bits;

    if (isnan(value))
        return 0x7FC00000;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int32_t double_hash(double value)
{
    int64_t bits;

    if (isnan(value))
        return 0x7FF80000;
    memcpy(&bits, &value, sizeof bits);
    return long_hash(bits);
}

/* A decimal's is that of the whole number, or of the float it equals. */
static int32_t decimal_hash(Int128 unscaled, int scale)
{
    double value = decimal_to_double(unscaled, scale);

    if (fabs(value) < 0x1p62 && value == trunc(value)) {
        int64_t whole = (int64_t)value;

        return whole >= INT32_MIN && whole <= INT32_MAX ? (int32_t)whole : long_hash(whole);
    }
    return (double)(float)value == value ? float_hash((float)value) : double_hash(value);
}

bool java_hash(const Vector *v, uint32_t row_i, int32_t *out)
{
    uint32_t r = vector_row(v, row_i);

    switch (type_phys(v->type)) {
    case PHYS_BOOL:
        *out = vector_bools(v)[r] ? 1231 : 1237;
        return true;
    case PHYS_I8:
        *out = vector_i8(v)[r];
        return true;
    case PHYS_I16:
        *out = vector_i16(v)[r];
        return true;
    case PHYS_I32:
        *out = vector_i32(v)[r];
        return true;
    case PHYS_I64:
        *out = long_hash(vector_i64(v)[r]);
        return true;
    case PHYS_F32:
        *out = float_hash(vector_f32(v)[r]);
        return true;
    case PHYS_F64:
        *out = double_hash(vector_f64(v)[r]);
        return true;
    case PHYS_I128:
        *out = decimal_hash(vector_i128(v)[r], v->type->scale);
        return true;
    case PHYS_STR:
        *out = (int32_t)murmur3_value(v, row_i, 42);
        return true;
    case PHYS_VOID:
    case PHYS_INTERVAL:
    case PHYS_LIST:
    case PHYS_MAP:
    case PHYS_STRUCT:
        break;
    }
    return false;
}

/* ── the map ───────────────────────────────────────────────────────────────────────────────────*/

enum { CAPACITY_FIRST = 64 };
#define FREE UINT32_MAX

typedef struct OpenHash {
    uint32_t *slots; /* Number of the key there, or FREE. */
    uint32_t capacity, count;
} OpenHash;

static void open_hash_init(OpenHash *map, Arena *arena, uint32_t capacity)
{
    *map = (OpenHash){ARENA_ARRAY(arena, uint32_t, capacity), capacity, 0};
    memset(map->slots, 0xFF, capacity * sizeof *map->slots);
}

static void open_hash_put(OpenHash *map, const int32_t *hashes, uint32_t key)
{
    uint32_t mask = map->capacity - 1;
    uint32_t at = murmur3_int_of((uint32_t)hashes[key], 0) & mask;

    for (uint32_t step = 1; map->slots[at] != FREE; step++)
        at = (at + step) & mask;
    map->slots[at] = key;
    map->count++;
}

static void open_hash_add(OpenHash *map, Arena *arena, const int32_t *hashes, uint32_t key)
{
    OpenHash grown;

    open_hash_put(map, hashes, key);
    if (map->count <= (uint32_t)(0.7 * map->capacity))
        return;
    open_hash_init(&grown, arena, map->capacity * 2);
    for (uint32_t at = 0; at < map->capacity; at++) {
        if (map->slots[at] != FREE)
            open_hash_put(&grown, hashes, map->slots[at]);
    }
    *map = grown;
}

static void walk(const OpenHash *map, uint32_t *order)
{
    for (uint32_t at = 0; at < map->capacity; at++) {
        if (map->slots[at] != FREE)
            *order++ = map->slots[at];
    }
}

void open_hash_order(Arena *arena, const int32_t *hashes, uint32_t count, uint32_t *order)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    /* Once over the rows, once when what the partitions have gathered is brought together. */
    for (int pass = 0; pass < 2; pass++) {
        OpenHash map;

        open_hash_init(&map, arena, CAPACITY_FIRST);
        for (uint32_t i = 0; i < count; i++)
            open_hash_add(&map, arena, hashes, order[i]);
        walk(&map, order);
    }
}
