/*
 * row_sorter.h: rows kept to be put in order: what ORDER BY and window functions share.
 *
 * Rows are kept in the batches they came in, copied, and for each row an order key (column/key.h):
 * sorting moves these alone, comparing 8 bytes first and mostly only those. Rows of equal keys stay
 * in the order in which they came. What leaves is put together batch by batch (column/gather.h), so
 * that the end of a large sort needs little more memory than what was kept.
 *
 * A key has a head, which may be empty: window functions sort by partition, then by order, and tell
 * partitions by their heads.
 *
 * Invariant: a row's place grows in the order of arrival, also after rows were dropped: equal rows
 * compare by place.
 *
 * Thread: one.
 */
#ifndef WEIR_OP_ROW_SORTER_H
#define WEIR_OP_ROW_SORTER_H

#include "base/vec.h"
#include "column/gather.h"
#include "column/key.h"
#include "op/op.h"

typedef struct SortedRow {
    uint64_t prefix; /* The key's first 8 bytes, big-endian: where they differ, they decide. */
    const char *key;
    uint32_t key_bytes;
    uint32_t head_bytes; /* Of the key. */
    RowPlace place;
} SortedRow;

typedef VEC(const Batch *) BatchVec;

typedef struct RowSorter {
    const Schema *schema;
    Arena kept; /* Batches and keys. */
    BatchVec batches;
    VEC(SortedRow) rows;
    Arena scratch;
} RowSorter;

void row_sorter_init(RowSorter *sorter, const Schema *schema);
void row_sorter_done(RowSorter *sorter);
void row_sorter_clear(RowSorter *sorter); /* Forgets all rows. */

/* Keeps a copy of every row. heads[i] (heads NULL: none) followed by keys[i] is what row i is
 * sorted by. */
void row_sorter_add(RowSorter *sorter, const Batch *batch, const Str *heads, const Str *keys);
void row_sorter_sort(RowSorter *sorter);
/* Keeps of the sorted rows those whose keep[i] is set, and gives back the others' memory. */
void row_sorter_keep(RowSorter *sorter, const uint64_t *keep);

/* Order of a row that was never added (its key alone) and a kept one. */
int row_sorter_compare_key(Str key, const SortedRow *row);
static inline Str sorted_row_key(const SortedRow *row)
{
    return (Str){row->key, row->key_bytes};
}
static inline Str sorted_row_head(const SortedRow *row)
{
    return (Str){row->key, row->head_bytes};
}
static inline Str sorted_row_tail(const SortedRow *row)
{
    return (Str){row->key + row->head_bytes, row->key_bytes - row->head_bytes};
}

/* The sorted rows from .. to, all columns. */
Batch *row_sorter_rows(const RowSorter *sorter, Arena *arena, size_t from, size_t to);
/* One column of them. */
Vector *row_sorter_column(const RowSorter *sorter, Arena *arena, uint32_t column_i, size_t from,
                          size_t to);

/* Pushes the sorted rows from .. to in batches of context->batch_rows. */
bool row_sorter_push(RowSorter *sorter, Op *op, size_t from, size_t to, Error *err);

size_t row_sorter_bytes(const RowSorter *sorter);

/* Order keys of the rows of a batch by some of its columns, in `arena`. */
Str *batch_order_keys(Arena *arena, const Batch *batch, const uint32_t *columns,
                      const SortKey *sort_keys, uint32_t column_count);

#endif
