/*
 * partitioner.h: which partition a record goes to.
 *
 * A key goes where Kafka's own producer would put it: the same keys lie in the same partitions in
 * weir's log and in Kafka. A record without a key may go anywhere; round robin is kept here because
 * it depends on nothing but how many came before, so a replayed epoch places them alike.
 */
#ifndef WEIR_LOG_PARTITIONER_H
#define WEIR_LOG_PARTITIONER_H

#include <stdint.h>

#include "base/str.h"

/* Kafka's variant of MurmurHash2 (32 bits, seed 0x9747b28c). */
uint32_t murmur2(Str data);

static inline int partition_of_key(Str key, int partition_count)
{
    return (int)((murmur2(key) & 0x7FFFFFFFu) % (uint32_t)partition_count);
}

/* The partition of the `record_i`-th record without a key. */
static inline int partition_of_nth(uint64_t record_i, int partition_count)
{
    return (int)(record_i % (uint64_t)partition_count);
}

#endif
