/*
 * cql_token.c: MurmurHash3 x64 128, first half, as Cassandra computes it: the bytes of the tail are
 * taken as signed, which differs from the common algorithm for bytes above 0x7F.
 */
#include "client/cql/cql_token.h"

#define C1 0x87c37b91114253d5u
#define C2 0x4cf5ad432745937fu

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t finish(uint64_t k)
{
    k ^= k >> 33;
    k *= 0xff51afd7ed558ccdu;
    k ^= k >> 33;
    k *= 0xc4ceb9fe1a85ec53u;
    return k ^ k >> 33;
}

static uint64_t block(const char *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof value); /* Little-endian, as all that weir runs on. */
    return value;
}

static uint64_t tail(const char *data, uint32_t bytes)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < bytes; i++)
        value ^= (uint64_t)(int64_t)(signed char)data[i] << 8 * i;
    return value;
}

int64_t cql_token(Str key)
{
    uint64_t h1 = 0;
    uint64_t h2 = 0;
    uint32_t rest = key.bytes & 15;
    const char *at = key.data;
    const char *end = key.bytes ? key.data + (key.bytes - rest) : key.data;
    uint64_t k1;
    uint64_t k2;

    for (; at != end; at += 16) {
        k1 = rotate(block(at) * C1, 31) * C2;
        k2 = rotate(block(at + 8) * C2, 33) * C1;
        h1 = (rotate(h1 ^ k1, 27) + h2) * 5 + 0x52dce729;
        h2 = (rotate(h2 ^ k2, 31) + h1) * 5 + 0x38495ab5;
    }
    if (rest > 8)
        h2 ^= rotate(tail(at + 8, rest - 8) * C2, 33) * C1;
    if (rest > 0)
        h1 ^= rotate(tail(at, MIN(rest, 8u)) * C1, 31) * C2;
    h1 ^= key.bytes;
    h2 ^= key.bytes;
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    h1 += h2;
    /* The least token marks the ring's beginning and is no key's. */
    return (int64_t)h1 == INT64_MIN ? INT64_MAX : (int64_t)h1;
}
