/*
 * open_hash.h: the order in which Spark's hash map walks its keys.
 *
 * mode() without an order gives, of the values that came most often, the one its map comes upon first.
 * To give the same, the map is played through: open addressing over a power of two, the hash of a
 * key being murmur3 of its Java hash, steps of 1, 2, 3, …, growth beyond seven tenths.
 */
#ifndef WEIR_EXPR_OPEN_HASH_H
#define WEIR_EXPR_OPEN_HASH_H

#include "column/vector.h"

/* The Java hash of a value as Spark holds it; false: none that could be told (nested types). */
bool java_hash(const Vector *v, uint32_t row_i, int32_t *out);
/* order[k]: which of the `count` keys, added in their order, is met as the k-th. */
void open_hash_order(Arena *arena, const int32_t *hashes, uint32_t count, uint32_t *order);

#endif
