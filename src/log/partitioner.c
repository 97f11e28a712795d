#include "log/partitioner.h"

#include <endian.h>
#include <string.h>

#define MULTIPLIER 0x5BD1E995u
#define SEED 0x9747B28Cu

uint32_t murmur2(Str data)
{
    const char *at = data.data;
    uint32_t left = data.bytes;
    uint32_t hash = SEED ^ data.bytes;

    for (; left >= 4; left -= 4, at += 4) {
        uint32_t word;

        memcpy(&word, at, 4);
        word = le32toh(word) * MULTIPLIER;
        word = (word ^ word >> 24) * MULTIPLIER;
        hash = hash * MULTIPLIER ^ word;
    }
    if (left) {
        uint32_t tail = 0;

        for (uint32_t i = 0; i < left; i++)
            tail |= (uint32_t)(uint8_t)at[i] << 8 * i;
        hash = (hash ^ tail) * MULTIPLIER;
    }
    hash = (hash ^ hash >> 13) * MULTIPLIER;
    return hash ^ hash >> 15;
}
