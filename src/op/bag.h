/*
 * bag.h: rows kept as bytes for an aggregate that can only be computed at the end (group.h).
 */
#ifndef WEIR_OP_BAG_H
#define WEIR_OP_BAG_H

#include "state/row.h"
#include "state/table.h"

/* Records: bytes(order key) bytes(row), as they came. */
typedef struct Bag {
    StrBuf records;
    uint32_t row_count;
    StateTable *seen; /* unique: keys of the rows kept; NULL until the first. */
} Bag;

void bag_clear(Bag *bag);
/* `key` is the row's equality key; NULL data: not unique. */
void bag_add(Bag *bag, Str key, uint64_t hash, Str order_key, Vector *const *args,
             uint32_t arg_count, uint32_t row_i);
void bag_merge(Bag *into, const Bag *from, const Type *const *types, uint32_t arg_count,
               bool unique, Arena *scratch);
/* The rows, by order key, those of equal keys as they came. */
void bag_rows(const Bag *bag, const Type *const *types, uint32_t arg_count, Arena *arena,
              Vector **args);
void bag_encode(const Bag *bag, StrBuf *out);
bool bag_decode(Bag *bag, const Type *const *types, uint32_t arg_count, bool unique,
                Arena *scratch, Str *in);
size_t bag_bytes(const Bag *bag);

#endif
