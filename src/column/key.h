/*
 * key.h: group, join and sort keys as bytes.
 *
 * Two encodings of the same columns:
 *  - equality: two rows have the same bytes exactly if their values are the same (NULL equals NULL,
 *    -0.0 equals 0.0, all NaN are one). Short and quick; what state tables hash.
 *  - order: memcmp of two rows' bytes is the order of ORDER BY, with each column's direction and
 *    NULLs first or last. What sorts and top-N use.
 * Equality keys can be decoded back into columns. They live in checkpoints: their encoding is a file
 * format, drawn in key.c, and may only be extended.
 *
 * A key's group, 0..255, is the top byte of its hash: state is stored by group, and a worker owns a
 * range of groups (design.md, guarantee 3).
 */
#ifndef WEIR_COLUMN_KEY_H
#define WEIR_COLUMN_KEY_H

#include <math.h>

#include "column/batch.h"

enum { KEY_GROUP_COUNT = 256 };

static inline uint32_t key_group(uint64_t hash)
{
    return (uint32_t)(hash >> 56);
}

/* The worker that owns a group. */
static inline uint32_t key_group_worker(uint32_t group, uint32_t worker_count)
{
    return group * worker_count / KEY_GROUP_COUNT;
}

/* Numbers that are equal as keys are of one kind: no -0.0, and one NaN. */
static inline double key_double(double value)
{
    return value == 0 ? 0.0 : isnan(value) ? (double)NAN : value;
}

static inline float key_float(float value)
{
    return value == 0 ? 0.0f : isnan(value) ? NAN : value;
}

typedef struct KeySet {
    /* One for each row, in the arena or views of the columns' own bytes. Keys over columns of fixed
     * width are of one size and back to back (a single column's NULL, without bytes, apart). */
    Str *keys;
    uint64_t *hashes; /* hash_bytes of each. */
} KeySet;

/* Equality keys of all rows over `columns`. */
void key_encode(Arena *arena, const Vector *const *columns, uint32_t column_count,
                uint32_t row_count, KeySet *out);
/* Back into columns of `types`; `columns` gets one new vector each, whose strings are views of the
 * keys. False on bytes that no key_encode wrote (a damaged checkpoint). */
bool key_decode(Arena *arena, const Str *keys, uint32_t key_count, const Type *const *types,
                uint32_t column_count, Vector **columns);

typedef struct SortKey {
    bool descending;
    bool nulls_last;
} SortKey;

/* Keys for ORDER BY, in the arena. */
void key_encode_order(Arena *arena, const Vector *const *columns, const SortKey *sort_keys,
                      uint32_t column_count, uint32_t row_count, Str *out);

#endif
