/*
 * key_columns.h: the keys of state tables, and which worker they belong to.
 *
 *     key       time plain
 *     time      nothing, when no key column is event time
 *               0x00                       NULL
 *               0x01 i64                   a TIMESTAMP
 *               0x02 i64 start, i64 end    a window
 *     plain     the other key columns, as column/key.h encodes them
 *
 * A window is not encoded as the struct it is: shorter, and nothing nested on the way of every row.
 * The hash mixes that of the plain part with the time's.
 *
 * The top byte of the hash is the key group, and must be the one by which the exchange below sent the
 * rows here, so that after a restart with another number of workers a key's state is where its rows
 * go. Best is an exchange by the plain keys in their order: then the group costs nothing. By other
 * columns: they are encoded as well. To worker 0 (no columns): group 0. Without exchange: as by the
 * plain keys.
 */
#ifndef WEIR_OP_KEY_COLUMNS_H
#define WEIR_OP_KEY_COLUMNS_H

#include "column/key.h"
#include "op/op.h"

typedef struct KeyColumns {
    const uint32_t *columns;     /* The keys, columns of the input. */
    uint32_t column_count;
    int32_t time_key;            /* Which of them is event time, or -1. */
    const Type *time_type;
    uint32_t *plain_columns;     /* The others. */
    const Type **plain_types;
    uint32_t plain_count;
    const ExchangeNode *exchange; /* By which groups are told; NULL: by the plain keys. */
} KeyColumns;

/* `input` is the node below; memory from `arena`. */
void key_columns_init(KeyColumns *keys, Arena *arena, const uint32_t *columns,
                      uint32_t column_count, int32_t time_key, const Node *input);
void key_columns_encode(const KeyColumns *keys, Arena *arena, const Batch *batch, KeySet *out);
/* The hash of a key read back from a checkpoint, where its group stands beside it. False: not a key. */
bool key_columns_hash(const KeyColumns *keys, Str key, uint8_t group, uint64_t *hash);
/* column_count vectors out of keys; false on bytes nobody encoded. */
bool key_columns_decode(const KeyColumns *keys, Arena *arena, const Str *encoded,
                        uint32_t row_count, Vector **columns);

/* `hash` with the key group of `group_hash`. */
static inline uint64_t hash_in_group(uint64_t hash, uint64_t group_hash)
{
    return (hash & (UINT64_MAX >> 8)) | (group_hash & ~(UINT64_MAX >> 8));
}

#endif
