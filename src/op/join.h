/*
 * join.h: what the files of joins share. join.c chooses; join_hash.c joins with a side that is
 * finite (batch joins, a stream with a table); join_stream.c joins two streams.
 */
#ifndef WEIR_OP_JOIN_H
#define WEIR_OP_JOIN_H

#include "op/op_base.h"

/* What a kind of join does, seen from its left and right rows. */
typedef struct JoinTraits {
    bool pairs;      /* Gives a row for each match. */
    bool keep_left;  /* Gives left rows without a match, right columns NULL (if there are any). */
    bool keep_right; /* The same of right rows. */
    bool left_alone; /* Right columns are not in the output (SEMI, ANTI). */
} JoinTraits;

JoinTraits join_traits(JoinKind kind);

/* Rows of the output: left row left_rows[i] beside right row right_rows[i]. A side whose rows are
 * NULL is NULL in all columns. */
Batch *join_rows(Arena *arena, const Node *node, const Batch *left, const uint32_t *left_rows,
                 const Batch *right, const uint32_t *right_rows, uint32_t row_count);
/* The pairs for which the rest of ON is TRUE: their places, in order. NULL: all. Pairs that cannot be
 * judged are told of and left out. */
bool join_condition(Op *op, Arena *arena, const Batch *pairs, const uint32_t **places,
                    uint32_t *place_count, Error *err);
/* Bit i is set when some key column is NULL in row i; NULL: in none. */
uint64_t *join_null_keys(Arena *arena, const Batch *batch, const uint32_t *columns,
                         uint32_t column_count);
/* Equality keys; those without columns are all the same. */
void join_keys(Arena *arena, const Batch *batch, const uint32_t *columns, uint32_t column_count,
               KeySet *out);

bool join_hash_create(const Node *node, OpContext *context, Op **out, Error *err);
bool join_stream_create(const Node *node, OpContext *context, Op **out, Error *err);

#endif
