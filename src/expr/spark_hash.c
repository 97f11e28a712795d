/*
 * spark_hash.c: walks a value and hashes its parts (spark_hash.h).
 *
 * Both hashes are their authors', save that Spark's murmur3 takes the bytes behind the last whole
 * word one by one, with their sign.
 */
#include "expr/spark_hash.h"

#include <endian.h>

/* What a hash does with the parts of values. */
typedef struct ValueHash {
    uint64_t (*of_int)(uint32_t value, uint64_t seed);
    uint64_t (*of_long)(uint64_t value, uint64_t seed);
    uint64_t (*of_bytes)(Str bytes, uint64_t seed);
} ValueHash;

static uint32_t load32(const char *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return le32toh(value);
}

static uint64_t load64(const char *p)
{
    uint64_t value;

    memcpy(&value, p, sizeof value);
    return le64toh(value);
}

/* ── murmur3 ───────────────────────────────────────────────────────────────────────────────────*/

static uint32_t rotate32(uint32_t x, int bits)
{
    return x << bits | x >> (32 - bits);
}

static uint32_t murmur3_mix(uint32_t hash, uint32_t word)
{
    word = rotate32(word * 0xCC9E2D51u, 15) * 0x1B873593u;
    return rotate32(hash ^ word, 13) * 5 + 0xE6546B64u;
}

static uint32_t murmur3_end(uint32_t hash, uint32_t bytes)
{
    hash ^= bytes;
    hash = (hash ^ hash >> 16) * 0x85EBCA6Bu;
    hash = (hash ^ hash >> 13) * 0xC2B2AE35u;
    return hash ^ hash >> 16;
}

static uint64_t murmur3_int(uint32_t value, uint64_t seed)
{
    return murmur3_end(murmur3_mix((uint32_t)seed, value), 4);
}

static uint64_t murmur3_long(uint64_t value, uint64_t seed)
{
    uint32_t hash = murmur3_mix((uint32_t)seed, (uint32_t)value);

    return murmur3_end(murmur3_mix(hash, (uint32_t)(value >> 32)), 8);
}

static uint64_t murmur3_bytes(Str bytes, uint64_t seed)
{
    uint32_t hash = (uint32_t)seed, at = 0;

    for (; bytes.bytes - at >= 4; at += 4)
        hash = murmur3_mix(hash, load32(bytes.data + at));
    for (; at < bytes.bytes; at++)
        hash = murmur3_mix(hash, (uint32_t)(int32_t)(int8_t)bytes.data[at]);
    return murmur3_end(hash, bytes.bytes);
}

uint32_t murmur3_int_of(uint32_t value, uint32_t seed)
{
    return (uint32_t)murmur3_int(value, seed);
}

uint32_t murmur3_bytes_of(Str bytes, uint32_t seed)
{
    uint32_t at = 0, rest = 0;

    for (; bytes.bytes - at >= 4; at += 4)
        seed = murmur3_mix(seed, load32(bytes.data + at));
    if (at < bytes.bytes) {
        for (uint32_t i = at; i < bytes.bytes; i++)
            rest |= (uint32_t)(uint8_t)bytes.data[i] << (8 * (i - at));
        seed ^= rotate32(rest * 0xCC9E2D51u, 15) * 0x1B873593u;
    }
    return murmur3_end(seed, bytes.bytes);
}

/* ── XXH64 ─────────────────────────────────────────────────────────────────────────────────────*/

#define XXH_1 0x9E3779B185EBCA87u
#define XXH_2 0xC2B2AE3D27D4EB4Fu
#define XXH_3 0x165667B19E3779F9u
#define XXH_4 0x85EBCA77C2B2AE63u
#define XXH_5 0x27D4EB2F165667C5u

static uint64_t rotate64(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t xxh_round(uint64_t lane, uint64_t input)
{
    return rotate64(lane + input * XXH_2, 31) * XXH_1;
}

static uint64_t xxh_word(uint64_t hash, uint64_t word)
{
    return rotate64(hash ^ xxh_round(0, word), 27) * XXH_1 + XXH_4;
}

static uint64_t xxh_half(uint64_t hash, uint32_t half)
{
    return rotate64(hash ^ half * XXH_1, 23) * XXH_2 + XXH_3;
}

static uint64_t xxh_end(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * XXH_2;
    hash = (hash ^ hash >> 29) * XXH_3;
    return hash ^ hash >> 32;
}

static uint64_t xxh_int(uint32_t value, uint64_t seed)
{
    return xxh_end(xxh_half(seed + XXH_5 + 4, value));
}

static uint64_t xxh_long(uint64_t value, uint64_t seed)
{
    return xxh_end(xxh_word(seed + XXH_5 + 8, value));
}

/* Stretches of 32 bytes in four lanes. */
static uint64_t xxh_stretches(Str bytes, uint64_t seed, uint32_t *at)
{
    static const int turns[4] = {1, 7, 12, 18};
    uint64_t lanes[4] = {seed + XXH_1 + XXH_2, seed + XXH_2, seed, seed - XXH_1};
    uint64_t hash = 0;

    for (; bytes.bytes - *at >= 32; *at += 32) {
        for (uint32_t l = 0; l < 4; l++)
            lanes[l] = xxh_round(lanes[l], load64(bytes.data + *at + 8 * l));
    }
    for (int l = 0; l < 4; l++)
        hash += rotate64(lanes[l], turns[l]);
    for (int l = 0; l < 4; l++)
        hash = (hash ^ xxh_round(0, lanes[l])) * XXH_1 + XXH_4;
    return hash;
}

static uint64_t xxh_bytes(Str bytes, uint64_t seed)
{
    uint32_t at = 0;
    uint64_t hash = bytes.bytes >= 32 ? xxh_stretches(bytes, seed, &at) : seed + XXH_5;

    hash += bytes.bytes;
    for (; bytes.bytes - at >= 8; at += 8)
        hash = xxh_word(hash, load64(bytes.data + at));
    if (bytes.bytes - at >= 4) {
        hash = xxh_half(hash, load32(bytes.data + at));
        at += 4;
    }
    for (; at < bytes.bytes; at++)
        hash = rotate64(hash ^ (uint8_t)bytes.data[at] * XXH_5, 11) * XXH_1;
    return xxh_end(hash);
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

/* Beyond 18 digits: Java's BigInteger.toByteArray, big-endian, as short as the sign allows. */
static uint64_t hash_decimal(const ValueHash *hash, const Type *type, Int128 value, uint64_t seed)
{
    char bytes[16];
    uint32_t from = 0;

    if (type->precision <= 18)
        return hash->of_long((uint64_t)value, seed);
    for (int i = 15; i >= 0; i--) {
        bytes[i] = (char)(uint8_t)value;
        value >>= 8;
    }
    while (from < 15 && bytes[from] == (char)((int8_t)bytes[from + 1] < 0 ? 0xFF : 0))
        from++;
    return hash->of_bytes((Str){bytes + from, 16 - from}, seed);
}

static uint64_t hash_float(const ValueHash *hash, float value, uint64_t seed)
{
    uint32_t bits = 0x7FC00000u;

    if (value == 0)
        bits = 0;
    else if (value == value)
        memcpy(&bits, &value, sizeof bits);
    return hash->of_int(bits, seed);
}

static uint64_t hash_double(const ValueHash *hash, double value, uint64_t seed)
{
    uint64_t bits = 0x7FF8000000000000u;

    if (value == 0)
        bits = 0;
    else if (value == value)
        memcpy(&bits, &value, sizeof bits);
    return hash->of_long(bits, seed);
}

static uint64_t hash_interval(const ValueHash *hash, Interval value, uint64_t seed)
{
    seed = hash->of_long((uint64_t)value.us, seed);
    seed = hash->of_int((uint32_t)value.days, seed);
    return hash->of_int((uint32_t)value.months, seed);
}

static uint64_t hash_value(const ValueHash *hash, const Vector *v, uint32_t row_i, uint64_t seed);

static uint64_t hash_elements(const ValueHash *hash, const Vector *v, uint32_t r, uint64_t seed)
{
    for (uint32_t e = v->offsets[r]; e < v->offsets[r + 1]; e++) {
        for (uint32_t c = 0; c < v->type->field_count; c++)
            seed = hash_value(hash, v->children[c], e, seed);
    }
    return seed;
}

static uint64_t hash_value(const ValueHash *hash, const Vector *v, uint32_t row_i, uint64_t seed)
{
    uint32_t r = vector_row(v, row_i);

    if (!vector_is_valid(v, row_i))
        return seed;
    switch (type_phys(v->type)) {
    case PHYS_VOID:
        return seed;
    case PHYS_BOOL:
        return hash->of_int(vector_bools(v)[r], seed);
    case PHYS_I8:
        return hash->of_int((uint32_t)vector_i8(v)[r], seed);
    case PHYS_I16:
        return hash->of_int((uint32_t)vector_i16(v)[r], seed);
    case PHYS_I32:
        return hash->of_int((uint32_t)vector_i32(v)[r], seed);
    case PHYS_I64:
        return hash->of_long((uint64_t)vector_i64(v)[r], seed);
    case PHYS_F32:
        return hash_float(hash, vector_f32(v)[r], seed);
    case PHYS_F64:
        return hash_double(hash, vector_f64(v)[r], seed);
    case PHYS_I128:
        return hash_decimal(hash, v->type, vector_i128(v)[r], seed);
    case PHYS_STR:
        return hash->of_bytes(vector_strs(v)[r], seed);
    case PHYS_INTERVAL:
        return hash_interval(hash, vector_intervals(v)[r], seed);
    case PHYS_LIST:
    case PHYS_MAP:
        return hash_elements(hash, v, r, seed);
    case PHYS_STRUCT:
        for (uint32_t c = 0; c < v->type->field_count; c++)
            seed = hash_value(hash, v->children[c], row_i, seed);
        return seed;
    }
    return seed;
}

static const ValueHash murmur3 = {murmur3_int, murmur3_long, murmur3_bytes};
static const ValueHash xxh = {xxh_int, xxh_long, xxh_bytes};

uint32_t murmur3_value(const Vector *v, uint32_t row_i, uint32_t seed)
{
    return (uint32_t)hash_value(&murmur3, v, row_i, seed);
}

uint64_t xxhash64_value(const Vector *v, uint32_t row_i, uint64_t seed)
{
    return hash_value(&xxh, v, row_i, seed);
}
