/*
 * window_fn.h: fn() OVER (PARTITION BY ... ORDER BY ... frame): what its files share.
 *
 *     window_fn.c         the operator: rows in, sorted, cut into blocks, results beside them, out
 *     window_frame.c      which rows are in the frame of each row
 *     window_rank.c       row_number, rank, ... : by partition and peers
 *     window_value.c      lag, lead, nth_value: values of other rows
 *     window_aggregate.c  aggregates over frames
 *
 * A block is some whole partitions, sorted by partition and order. Everything is computed for a
 * block at once and row by row numbered within it, so that a million small partitions cost little
 * more than one large. Where partitions and peers (rows equal in the order) begin and end is told
 * for each row:
 *
 *     row              0   1   2   3   4   5   6
 *     partition        a   a   a   a   b   b   b
 *     order            1   2   2   3   1   1   1
 *     partition_from   0   0   0   0   4   4   4       partition_to   4 4 4 4 7 7 7
 *     peer_from        0   1   1   3   4   4   4       peer_to        1 3 3 4 7 7 7
 */
#ifndef WEIR_OP_WINDOW_FN_H
#define WEIR_OP_WINDOW_FN_H

#include "expr/window_function.h"
#include "op/row_sorter.h"

typedef struct WindowBlock {
    const RowSorter *sorter;
    size_t first; /* The sorter's row that is the block's row 0. */
    uint32_t row_count;
    uint32_t *partition_from, *partition_to;
    uint32_t *peer_from, *peer_to;
    Vector **columns; /* Of the input: NULL until someone asks. */
    const SqlContext *sql;
    Arena *arena; /* Until the block has left. */
} WindowBlock;

/* A column of the input, in the block's order. */
const Vector *window_column(WindowBlock *block, uint32_t column_i);

/* ── frames ────────────────────────────────────────────────────────────────────────────────────*/

/* One end of a frame, ready to be computed. */
typedef struct WindowBound {
    FrameBoundKind kind;
    int64_t rows; /* ROWS: how far behind the current row; before it when negative. */
    const Program
        *value;     /* RANGE: the order value at which the frame ends, over the order column. */
    Int128 decimal; /* The same for DECIMAL, which is added in its own scale; value is NULL. */
} WindowBound;

typedef struct WindowFrame {
    bool rows;
    WindowBound from, to;
    uint32_t order_column; /* RANGE with a value. */
    SortKey order_key;
} WindowFrame;

/* The frame of row i is rows from[i] .. to[i]; it is empty where from[i] == to[i]. */
typedef struct Frames {
    uint32_t *from, *to;
    const Vector *errors[2]; /* Rows whose frame could not be computed; NULL: none. */
} Frames;

/* In `plan`; false: no such frame. */
bool window_frame_init(WindowFrame *frame, const WindowNode *node, const WindowItem *item,
                       const Schema *input, const SqlContext *sql, Arena *plan, Error *err);
void window_frames(const WindowFrame *frame, WindowBlock *block, Frames *out);

/* ── functions ─────────────────────────────────────────────────────────────────────────────────*/

typedef struct WindowFn {
    const WindowItem *item;
    WindowFrame frame; /* Of aggregates and nth_value. */
} WindowFn;

static inline bool window_fn_has_frame(const WindowItem *item)
{
    return item->call->fn->class_ == FUNCTION_AGGREGATE ||
           window_function_kind(item->call) == WINDOW_NTH_VALUE;
}

/* All in the block's arena, one value a row. */
Vector *window_rank(const WindowFn *fn, WindowBlock *block);
Vector *window_offset_value(const WindowFn *fn, WindowBlock *block); /* lag, lead */
Vector *window_nth_value(const WindowFn *fn, WindowBlock *block, const Frames *frames);
Vector *window_aggregate(const WindowFn *fn, WindowBlock *block, const Frames *frames);

#endif
