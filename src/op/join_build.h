/*
 * join_build.h: the side of a hash join that is held: all its rows, found by key.
 *
 * Rows are collected (copied), then indexed once; rows of one key form a chain in the order they
 * came. Rows with a NULL key are not in the index unless NULL equals NULL. Without keys every row is
 * in one chain.
 */
#ifndef WEIR_OP_JOIN_BUILD_H
#define WEIR_OP_JOIN_BUILD_H

#include "base/vec.h"
#include "op/join.h"
#include "state/table.h"

#define BUILD_END UINT32_MAX

typedef struct JoinBuild {
    const Schema *schema;
    const uint32_t *key_columns;
    uint32_t key_count;
    bool null_safe;
    Arena arena;
    VEC(const Batch *) parts;
    uint64_t row_count;
    bool complete;      /* Indexed; no more rows. */
    Batch *rows;
    StateTable index;   /* Key -> BuildChain. */
    uint32_t *next;     /* Of each row: the next one of its key. */
    uint64_t *matched;  /* Bit i: row i had a match. */
    uint32_t *null_rows; /* Rows with a NULL key that are not in the index. */
    uint32_t null_count;
} JoinBuild;

void join_build_init(JoinBuild *build, const Schema *schema, const uint32_t *key_columns,
                     uint32_t key_count, bool null_safe);
void join_build_done(JoinBuild *build);
void join_build_clear(JoinBuild *build); /* As just initialised. */
bool join_build_add(JoinBuild *build, const Batch *batch, Error *err);
void join_build_finish(JoinBuild *build);
/* The first row of the key of each probe row, or BUILD_END. */
uint32_t *join_build_find(const JoinBuild *build, Arena *arena, const Batch *probe,
                          const uint32_t *key_columns);
size_t join_build_bytes(const JoinBuild *build);

#endif
