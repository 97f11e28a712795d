/*
 * aggregate.h: what the files of the grouping operator share: aggregate.c takes rows in,
 * aggregate_emit.c lets results out.
 */
#ifndef WEIR_OP_AGGREGATE_H
#define WEIR_OP_AGGREGATE_H

#include "op/group.h"
#include "op/key_columns.h"
#include "op/op_base.h"
#include "op/time_key.h"
#include "state/timer.h"

typedef struct Aggregate {
    Op op;
    const AggregateNode *node;
    GroupLayout layout;
    KeyColumns keys;
    StateTable groups;       /* Group key -> states. */
    StateTable *sets;        /* DISTINCT: (number of group, arguments); layout.distinct_count. */
    Timers timers;           /* Closing time -> entry number in `groups`. */
    int64_t watermark_us;    /* What it has closed. */
    bool watermark_changed;  /* Since the last checkpoint. */
    ptrdiff_t extra_bytes;   /* Of all groups, what their states point to. */
    Arena arena;             /* Of one emission, one entry restored. */
} Aggregate;

/* Frees a group's states, its sets, its entry. */
void aggregate_remove(Aggregate *self, StateEntry *entry);

/* aggregate_emit.c */
bool aggregate_watermark(Op *op, uint32_t input_i, int64_t watermark_us, Error *err);
bool aggregate_end(Op *op, uint32_t input_i, Error *err);
bool aggregate_emit_changed(Aggregate *self, Error *err);

/* Key columns, then a column an item: settles rows whose result is an error and pushes the rest.
 * `key_columns` and `groups` have row_count rows; `arena` is reset afterwards. */
bool group_push(Op *op, const GroupLayout *layout, Vector **key_columns, uint32_t key_count,
                void *const *groups, uint32_t row_count, Arena *arena, Error *err);

#endif
