/*
 * wire.h: numbers as Kafka writes them: big-endian integers, and zigzag varints (protobuf's).
 *
 * Readers take [at, end) and give the byte behind the number, or NULL when the number runs over
 * `end` or is longer than its type allows; they never read at or beyond `end`.
 */
#ifndef WEIR_LOG_WIRE_H
#define WEIR_LOG_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"

#define VARINT_BYTES_MAX 5
#define VARLONG_BYTES_MAX 10

static inline uint16_t wire_load16(const void *from)
{
    uint16_t raw;

    memcpy(&raw, from, sizeof raw);
    return be16toh(raw);
}

static inline uint32_t wire_load32(const void *from)
{
    uint32_t raw;

    memcpy(&raw, from, sizeof raw);
    return be32toh(raw);
}

static inline uint64_t wire_load64(const void *from)
{
    uint64_t raw;

    memcpy(&raw, from, sizeof raw);
    return be64toh(raw);
}

static inline void wire_store16(void *to, uint16_t value)
{
    value = htobe16(value);
    memcpy(to, &value, sizeof value);
}

static inline void wire_store32(void *to, uint32_t value)
{
    value = htobe32(value);
    memcpy(to, &value, sizeof value);
}

static inline void wire_store64(void *to, uint64_t value)
{
    value = htobe64(value);
    memcpy(to, &value, sizeof value);
}

static inline uint64_t zigzag_encode(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t zigzag_decode(uint64_t raw)
{
    return (int64_t)(raw >> 1 ^ (0 - (raw & 1)));
}

/* How many bytes the varint of `value` takes; the same for 32 and 64 bits. */
static inline size_t varint_bytes(int64_t value)
{
    unsigned significant_bits = 64 - (unsigned)__builtin_clzll(zigzag_encode(value) | 1);

    return (significant_bits + 6) / 7;
}

/* Writes varint_bytes(value) bytes; returns the byte behind. */
static inline uint8_t *varint_write(uint8_t *to, int64_t value)
{
    uint64_t raw = zigzag_encode(value);

    while (raw >= 0x80) {
        *to++ = (uint8_t)(raw | 0x80);
        raw >>= 7;
    }
    *to++ = (uint8_t)raw;
    return to;
}

static inline const uint8_t *varlong_read(const uint8_t *at, const uint8_t *end, int64_t *out)
{
    uint64_t raw = 0;

    if (LIKELY(at < end && *at < 0x80)) {
        *out = zigzag_decode(*at);
        return at + 1;
    }
    for (unsigned shift = 0; shift < 7 * VARLONG_BYTES_MAX; shift += 7) {
        uint8_t byte;

        if (at >= end)
            return NULL;
        byte = *at++;
        if (shift == 63 && byte > 1)
            return NULL;
        raw |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = zigzag_decode(raw);
            return at;
        }
    }
    return NULL;
}

static inline const uint8_t *varint_read(const uint8_t *at, const uint8_t *end, int32_t *out)
{
    uint32_t raw = 0;

    if (LIKELY(at < end && *at < 0x80)) {
        *out = (int32_t)zigzag_decode(*at);
        return at + 1;
    }
    for (unsigned shift = 0; shift < 7 * VARINT_BYTES_MAX; shift += 7) {
        uint8_t byte;

        if (at >= end)
            return NULL;
        byte = *at++;
        if (shift == 28 && byte > 0x0F)
            return NULL;
        raw |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = (int32_t)zigzag_decode(raw);
            return at;
        }
    }
    return NULL;
}

#endif
