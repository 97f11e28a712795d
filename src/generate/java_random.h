/*
 * java_random.h: Java's SplittableRandom, draw for draw, as Nexmark's original generator uses it.
 *
 * The state is the seed plus as many gammas as draws were made; it is the same sequence of states
 * as SplitMix64's, and 64-bit draws are the same (base/random.h), but 32-bit draws mix differently.
 */
#ifndef WEIR_GENERATE_JAVA_RANDOM_H
#define WEIR_GENERATE_JAVA_RANDOM_H

#include <stdint.h>

#include "base/random.h"

typedef struct JavaRandom {
    Random split_mix;
} JavaRandom;

static inline uint32_t java_random_bits32(JavaRandom *random)
{
    uint64_t z = random->split_mix.state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 33) * 0x62A9D9ED799705F5u;
    z = (z ^ z >> 28) * 0xCB24D0A5C88C35B3u;
    return (uint32_t)(z >> 32);
}

/* nextInt(n): 0 <= r < n, n > 0. */
static inline uint32_t java_random_int(JavaRandom *random, uint32_t n)
{
    uint32_t bits = java_random_bits32(random);
    uint32_t u = bits >> 1;
    uint32_t r;

    if ((n & (n - 1)) == 0)
        return bits & (n - 1);
    for (r = u % n; u + (n - 1) - r >= 1u << 31; r = u % n)
        u = java_random_bits32(random) >> 1;
    return r;
}

static inline double java_random_double(JavaRandom *random)
{
    return random_double(&random->split_mix);
}

#endif
