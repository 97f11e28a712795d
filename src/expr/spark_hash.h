/*
 * spark_hash.h: Spark's hashes of values: hash() is murmur3 (32 bits, seed 42), xxhash64() is
 * XXH64.
 *
 * Several values are hashed in a chain, the hash of one being the seed of the next; NULL leaves it
 * as it is.
 */
#ifndef WEIR_EXPR_SPARK_HASH_H
#define WEIR_EXPR_SPARK_HASH_H

#include "column/vector.h"

uint32_t murmur3_value(const Vector *v, uint32_t row_i, uint32_t seed);
/* Murmur3 as its author has it, over bytes. */
uint32_t murmur3_bytes_of(Str bytes, uint32_t seed);
uint32_t murmur3_int_of(uint32_t value, uint32_t seed);
uint64_t xxhash64_value(const Vector *v, uint32_t row_i, uint64_t seed);

#endif
