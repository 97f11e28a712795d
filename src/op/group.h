/*
 * group.h: the states of one group: one for each aggregate of a query, side by side.
 *
 *     | distinct heads, extra | state of item 0 | state of item 1 | ...      each 16-aligned
 *
 * An item is held in one of two ways. Mostly its state is the function's own, updated row by row. A
 * function whose rows must first be ordered (WITHIN GROUP, ORDER BY), or made distinct within a
 * session (whose sets must be merged), keeps a bag: its rows as bytes, run through the function when
 * the result is asked for.
 *
 * DISTINCT outside of sessions is the caller's: it hands over only rows not seen before
 * (aggregate.c). Items of the same arguments share a set, each with a bit of its own.
 *
 * Whoever holds states (aggregate.c by key, aggregate_session.c by session, window.c by frame) gives
 * their memory; group_init and group_clear stand at its two ends.
 */
#ifndef WEIR_OP_GROUP_H
#define WEIR_OP_GROUP_H

#include "op/op_base.h"
#include "state/row.h"
#include "state/table.h"

typedef struct GroupItem {
    AggregateCall call;
    const AggregateMethods *methods;
    const AggregateItem *item;
    uint32_t offset;       /* Of its state in the group. */
    bool bag;
    bool unique;           /* The bag keeps one of equal rows. */
    int32_t distinct_i;    /* Which of the caller's sets filters its rows, or -1. */
    uint32_t distinct_bit; /* Its bit in that set's values. */
    const Type **arg_types;
} GroupItem;

typedef struct GroupLayout {
    GroupItem *items;
    uint32_t item_count;
    uint32_t distinct_count; /* Sets the caller has to keep. */
    uint32_t state_bytes;    /* Of a group, a multiple of 16. */
    bool has_extra;          /* Some state points to memory of its own. */
    Arena arena;
} GroupLayout;

/* What stands in front of the states, if the layout needs it. */
typedef struct GroupHead {
    size_t extra_bytes;          /* As last counted by group_count_extra. */
    uint32_t distinct_heads[];   /* Entry numbers: the first of the group's values in each set. */
} GroupHead;

/* `input` is the schema of the rows; `session`: sets of DISTINCT are kept in bags. */
void group_layout_init(GroupLayout *layout, const AggregateItem *items, uint32_t item_count,
                       const Schema *input, const SqlContext *sql, bool session);
void group_layout_done(GroupLayout *layout);

void group_init(const GroupLayout *layout, void *group); /* Zeroed memory. */
void group_clear(const GroupLayout *layout, void *group);
void group_merge(const GroupLayout *layout, void *into, const void *from);

/* Rows of `batch` into groups[i] by item `item_i`. `rows` NULL: all rows, one group a row; else only
 * those, groups[r] being that of rows[r]. FILTER has been applied by group_filter. */
void group_update(const GroupLayout *layout, uint32_t item_i, void *const *groups,
                  const Batch *batch, const uint32_t *rows, uint32_t row_count, Arena *scratch);
/* All those rows into one group. */
void group_update_one(const GroupLayout *layout, uint32_t item_i, void *group, const Batch *batch,
                      const uint32_t *rows, uint32_t row_count, Arena *scratch);
/* The rows of a batch that an item's FILTER keeps; NULL: all (and *row_count stays). */
const uint32_t *group_filter(const GroupLayout *layout, uint32_t item_i, const Batch *batch,
                             uint32_t *row_count, Arena *scratch);

/* One vector an item, one row a group; rows may have errors. */
void group_results(const GroupLayout *layout, void *const *groups, uint32_t group_count,
                   Arena *arena, Vector **columns);

void group_encode(const GroupLayout *layout, const void *group, StrBuf *out);
/* Into a group that was just group_init'ed. */
bool group_decode(const GroupLayout *layout, void *group, Str *in);

/* Counts what the states point to again; returns by how much it grew. */
ptrdiff_t group_count_extra(const GroupLayout *layout, void *group);

static inline GroupHead *group_head(void *group)
{
    return group;
}

#endif
