/*
 * hash.h: the hash of keys in memory and in checkpoints (XXH3, 64 bits), and CRC-32C.
 *
 * hash_bytes is part of the checkpoint format: key groups are taken from it (column/key.h), so it
 * may not change from one release to the next.
 */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t bytes);

/* One multiply-fold step: for integers and for combining two hashes. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xE7037ED1A0B428DBu);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* CRC-32C (Castagnoli), as Kafka's record batches and weir's checkpoints use it. Start with 0. */
uint32_t crc32c(uint32_t crc, const void *data, size_t bytes);

#endif
