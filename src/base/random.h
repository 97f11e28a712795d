/*
 * random.h: SplitMix64, the one generator of seeded pseudo-random numbers. Not for secrets.
 */
#ifndef WEIR_BASE_RANDOM_H
#define WEIR_BASE_RANDOM_H

#include <stdint.h>

typedef struct Random {
    uint64_t state;
} Random;

static inline uint64_t random_next(Random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* 0 <= r < bound, bound > 0; the bias is below 2^-32 for bounds below 2^32. */
static inline uint64_t random_below(Random *random, uint64_t bound)
{
    return (uint64_t)((__uint128_t)random_next(random) * bound >> 64);
}

static inline double random_double(Random *random) /* [0, 1) */
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

#endif
