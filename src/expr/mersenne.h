/*
 * mersenne.h: the Mersenne Twister MT19937, seeded by 64 bits and drawn from as Java's commons-math does:
 * shuffle() of a seed is then Spark's.
 */
#ifndef WEIR_EXPR_MERSENNE_H
#define WEIR_EXPR_MERSENNE_H

#include <stdint.h>

enum { MERSENNE_WORDS = 624 };

typedef struct Mersenne {
    uint32_t words[MERSENNE_WORDS];
    uint32_t used; /* MERSENNE_WORDS: all of them. */
} Mersenne;

void mersenne_init(Mersenne *m, int64_t seed);
uint32_t mersenne_next(Mersenne *m);
/* From 0 up to but not `bound`, which is above 0. */
int32_t mersenne_below(Mersenne *m, int32_t bound);

#endif
