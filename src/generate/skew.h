/*
 * skew.h: some are popular. Draws a rank from 0 to count - 1 so that rank r comes about 1/(r + 1)
 * as often as rank 0 (Zipf's law with exponent 1), in constant time and in whole numbers only, so
 * that every machine draws the same.
 *
 * Ranks 2^k - 1 .. 2^(k+1) - 2 form octave k. Every whole octave is equally likely, and within it
 * all ranks are: so a rank's probability halves from octave to octave, as 1/r does. The last
 * octave, cut off by `count`, is as likely as the part of it that is left.
 */
#ifndef WEIR_GENERATE_SKEW_H
#define WEIR_GENERATE_SKEW_H

#include <stdint.h>

#include "base/random.h"

/* The octaves in `count` ranks (1 .. 2^31), as a number with 32 bits of fraction. */
static inline uint64_t skew_octaves(uint64_t count)
{
    unsigned whole = 63u - (unsigned)__builtin_clzll(count + 1);
    uint64_t rest = count - (((uint64_t)1 << whole) - 1);

    return ((uint64_t)whole << 32) + ((rest << 32) >> whole);
}

static inline uint64_t skew_draw(uint64_t octaves, Random *random)
{
    uint64_t place = random_below(random, octaves);
    unsigned octave = (unsigned)(place >> 32);

    return ((uint64_t)1 << octave) - 1 + ((place & 0xFFFFFFFFu) << octave >> 32);
}

#endif
