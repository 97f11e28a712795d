/*
 * mersenne.c: see mersenne.h. The algorithm is Matsumoto and Nishimura's, 1998, with their seeding by an
 * array of 2002, whose two words are the halves of the seed.
 */
#include "expr/mersenne.h"

enum { MIDDLE = 397, KEY_WORDS = 2 };

static void init_by_number(Mersenne *m, uint32_t seed)
{
    m->words[0] = seed;
    for (uint32_t i = 1; i < MERSENNE_WORDS; i++)
        m->words[i] = 1812433253U * (m->words[i - 1] ^ (m->words[i - 1] >> 30)) + i;
}

/* The next place; behind the last one comes the second, and the first has the last's word. */
static uint32_t step(Mersenne *m, uint32_t i)
{
    if (++i < MERSENNE_WORDS)
        return i;
    m->words[0] = m->words[MERSENNE_WORDS - 1];
    return 1;
}

void mersenne_init(Mersenne *m, int64_t seed)
{
    uint32_t key[KEY_WORDS] = {(uint32_t)((uint64_t)seed >> 32), (uint32_t)(uint64_t)seed};
    uint32_t i = 1;

    init_by_number(m, 19650218U);
    for (uint32_t k = 0; k < MERSENNE_WORDS; k++) {
        uint32_t last = m->words[i - 1], j = k % KEY_WORDS;

        m->words[i] = (m->words[i] ^ ((last ^ (last >> 30)) * 1664525U)) + key[j] + j;
        i = step(m, i);
    }
    for (uint32_t k = 0; k < MERSENNE_WORDS - 1; k++) {
        uint32_t last = m->words[i - 1];

        m->words[i] = (m->words[i] ^ ((last ^ (last >> 30)) * 1566083941U)) - i;
        i = step(m, i);
    }
    m->words[0] = 0x80000000U;
    m->used = MERSENNE_WORDS;
}

static void refill(Mersenne *m)
{
    for (uint32_t i = 0; i < MERSENNE_WORDS; i++) {
        uint32_t y = (m->words[i] & 0x80000000U) |
                     (m->words[(i + 1) % MERSENNE_WORDS] & 0x7FFFFFFFU);

        m->words[i] = m->words[(i + MIDDLE) % MERSENNE_WORDS] ^ (y >> 1) ^
                      (y & 1 ? 0x9908B0DFU : 0);
    }
    m->used = 0;
}

uint32_t mersenne_next(Mersenne *m)
{
    uint32_t y;

    if (m->used == MERSENNE_WORDS)
        refill(m);
    y = m->words[m->used++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9D2C5680U;
    y ^= (y << 15) & 0xEFC60000U;
    return y ^ (y >> 18);
}

int32_t mersenne_below(Mersenne *m, int32_t bound)
{
    uint32_t n = (uint32_t)bound, bits, value;

    if ((n & (n - 1)) == 0)
        return (int32_t)(((uint64_t)n * (mersenne_next(m) >> 1)) >> 31);
    do { /* The last, incomplete run of numbers would make the small ones likelier. */
        bits = mersenne_next(m) >> 1;
        value = bits % n;
    } while (bits - value + (n - 1) > INT32_MAX);
    return (int32_t)value;
}
