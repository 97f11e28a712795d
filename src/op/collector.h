/*
 * collector.h: the last operator of a batch query: keeps what it is given.
 *
 * Thread: one.
 */
#ifndef WEIR_OP_COLLECTOR_H
#define WEIR_OP_COLLECTOR_H

#include "base/vec.h"
#include "op/op.h"

typedef struct Collector {
    Op op;
    Arena *arena; /* Of the rows kept. */
    VEC(const Batch *) batches;
    uint64_t row_count;
    int64_t watermark_us; /* The last one seen. */
    uint32_t end_count;
    uint64_t row_limit;   /* More rows than that are an error; 0: none. */
} Collector;

/* Borrows `arena`, which must outlive what is collected. */
void collector_init(Collector *collector, OpContext *context, Arena *arena, uint64_t row_limit);
void collector_done(Collector *collector);
/* All rows as one batch, in `arena`. */
Batch *collector_rows(const Collector *collector, Arena *arena, const Schema *schema);

#endif
