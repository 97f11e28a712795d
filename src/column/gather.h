/*
 * gather.h: rows picked out of several batches.
 *
 * Who keeps rows (sort, window functions) keeps the batches they came in and remembers each row by
 * its place; rows are put together only when they leave, a batch at a time.
 */
#ifndef WEIR_COLUMN_GATHER_H
#define WEIR_COLUMN_GATHER_H

#include "column/batch.h"

typedef struct RowPlace {
    uint32_t part_i;
    uint32_t row_i;
} RowPlace;

/* Row i of the result is row places[i].row_i of parts[places[i].part_i], of which no column has
 * errors. Views of strings are shared; watermark_us and origin are left behind. */
Batch *batch_gather(Arena *arena, const Schema *schema, const Batch *const *parts,
                    const RowPlace *places, uint32_t row_count);
/* The same of one column, which is of type `type`. */
Vector *batch_gather_column(Arena *arena, const Type *type, const Batch *const *parts,
                            uint32_t column_i, const RowPlace *places, uint32_t row_count);

#endif
