/*
 * bits.h: bitmaps in 64-bit words, bit i of the map being bit i % 64 of word i / 64 (Arrow's order).
 */
#ifndef WEIR_BASE_BITS_H
#define WEIR_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t bits_words(size_t bit_count)
{
    return (bit_count + 63) / 64;
}

static inline bool bits_get(const uint64_t *words, size_t i)
{
    return words[i >> 6] >> (i & 63) & 1;
}

static inline void bits_set(uint64_t *words, size_t i)
{
    words[i >> 6] |= (uint64_t)1 << (i & 63);
}

static inline void bits_clear(uint64_t *words, size_t i)
{
    words[i >> 6] &= ~((uint64_t)1 << (i & 63));
}

static inline void bits_put(uint64_t *words, size_t i, bool on)
{
    uint64_t mask = (uint64_t)1 << (i & 63);

    words[i >> 6] = (words[i >> 6] & ~mask) | (on ? mask : 0);
}

#endif
