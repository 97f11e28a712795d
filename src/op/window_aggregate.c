/*
 * window_aggregate.c: aggregates over frames.
 *
 * One running state walks over the block. Where a frame begins as the one before it and ends no
 * earlier (running totals, whole partitions, peers), the rows that are new are added to it: all
 * such frames together take each row in once. A frame that begins elsewhere is computed anew when
 * it is short. Longer ones, which slide, are put together from a tree of states over stretches of
 * rows:
 *
 *     level 1     [ 0 ......................... 511 ][ 512 ...        NODE_CHILDREN nodes below
 * each level 0     [ 0 .. 31 ][ 32 .. 63 ][ 64 .. 95 ] ...             LEAF_ROWS rows each frame 20
 * .............................. 600        rows, nodes, larger nodes, rows
 *
 * Rows are always taken in, and states merged, in the order of the rows: first and collect_list see
 * what they would see if every frame were computed by itself.
 *
 * Equal frames one after another share one result. A state goes on being used after its result is
 * asked for, so results are computed from copies, some hundreds at a time.
 *
 * WITHIN GROUP: a partition's rows are put in that order first; frames are then whole partitions.
 * FILTER: rows it leaves out are taken out of the arguments, and frames are counted in what is
 * left.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "op/window_fn.h"

enum {
    FRAME_ROWS_SHORT = 64,
    LEAF_ROWS = 32,
    NODE_CHILDREN = 16,
    LEVELS_MAX = 8, /* 32 * 16^7 rows. */
    COPIES_MAX = 512,
    COPIES_BYTES = 256 << 10, /* Of states; and of what they point to, */
    COPIES_EXTRA = 1 << 20,   /* after which results are computed. */
    SAME_STATES = 256,
    SCRATCH_USES = 1024,
};

typedef struct StateTree {
    char *levels[LEVELS_MAX];
    uint32_t node_counts[LEVELS_MAX];
    uint32_t level_count; /* 0: not made yet. */
} StateTree;

typedef struct FrameRun {
    AggregateCall call;
    const AggregateMethods *methods;
    uint32_t state_bytes; /* A multiple of 16. */
    const Vector **args;
    const Vector **slices; /* Of the arguments. */
    uint32_t arg_count;
    uint32_t row_count;
    Arena *arena; /* Of results. */
    void *state;  /* Of rows from .. to. */
    uint32_t from, to;
    StateTree tree;
    /* States whose results are not computed yet, and results. */
    char *copies;
    const void **copy_list;
    uint32_t copy_count, copy_capacity;
    size_t copy_extra;
    VEC(const Vector *) results;
    void *same_states[SAME_STATES];
    Arena scratch;
    uint32_t scratch_uses;
} FrameRun;

/* ── states ────────────────────────────────────────────────────────────────────────────────────*/

static void state_init(FrameRun *run, void *state)
{
    memset(state, 0, run->state_bytes);
    run->methods->init(&run->call, state);
}

static void state_clear(FrameRun *run, void *state)
{
    if (run->methods->clear)
        run->methods->clear(&run->call, state);
}

static char *states_new(FrameRun *run, uint32_t count)
{
    char *states = mem_alloc((size_t)count * run->state_bytes);

    for (uint32_t i = 0; i < count; i++)
        state_init(run, states + (size_t)i * run->state_bytes);
    return states;
}

static void states_free(FrameRun *run, char *states, uint32_t count)
{
    for (uint32_t i = 0; run->methods->clear && i < count; i++)
        state_clear(run, states + (size_t)i * run->state_bytes);
    free(states);
}

static void state_update_same(FrameRun *run, void *state, uint32_t row_count)
{
    ASSERT(row_count <= SAME_STATES);
    for (uint32_t i = 0; i < row_count; i++)
        run->same_states[i] = state;
    run->methods->update(&run->call, run->same_states, run->slices, row_count, &run->scratch);
}

/* Adds rows from .. to. */
static void state_add(FrameRun *run, void *state, uint32_t from, uint32_t to)
{
    uint32_t most = run->methods->update_one ? UINT32_MAX : SAME_STATES;

    for (uint32_t count; from < to; from += count) {
        count = MIN(to - from, most);
        for (uint32_t a = 0; a < run->arg_count; a++)
            run->slices[a] = vector_slice(&run->scratch, run->args[a], from, count);
        if (run->methods->update_one)
            run->methods->update_one(&run->call, state, run->slices, count, &run->scratch);
        else
            state_update_same(run, state, count);
        if (++run->scratch_uses % SCRATCH_USES == 0)
            arena_reset(&run->scratch);
    }
}

/* ── the tree ──────────────────────────────────────────────────────────────────────────────────*/

static void *tree_node(const FrameRun *run, uint32_t level, uint32_t node_i)
{
    return run->tree.levels[level] + (size_t)node_i * run->state_bytes;
}

static void tree_level_new(FrameRun *run, uint32_t node_count)
{
    StateTree *tree = &run->tree;

    ASSERT(tree->level_count < LEVELS_MAX);
    tree->node_counts[tree->level_count] = node_count;
    tree->levels[tree->level_count++] = states_new(run, node_count);
}

static void tree_build(FrameRun *run)
{
    StateTree *tree = &run->tree;

    tree_level_new(run, (run->row_count + LEAF_ROWS - 1) / LEAF_ROWS);
    for (uint32_t i = 0; i < tree->node_counts[0]; i++)
        state_add(run, tree_node(run, 0, i), i * LEAF_ROWS,
                  MIN((i + 1) * LEAF_ROWS, run->row_count));
    while (tree->node_counts[tree->level_count - 1] > NODE_CHILDREN) {
        uint32_t below = tree->level_count - 1;

        tree_level_new(run, (tree->node_counts[below] + NODE_CHILDREN - 1) / NODE_CHILDREN);
        for (uint32_t i = 0; i < tree->node_counts[below]; i++)
            run->methods->merge(&run->call, tree_node(run, below + 1, i / NODE_CHILDREN),
                                tree_node(run, below, i));
    }
}

static void tree_free(FrameRun *run)
{
    for (uint32_t level = 0; level < run->tree.level_count; level++)
        states_free(run, run->tree.levels[level], run->tree.node_counts[level]);
}

static void merge_some(FrameRun *run, void *state, uint32_t level, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        run->methods->merge(&run->call, state, tree_node(run, level, i));
}

/* Merges nodes from .. to of a level into `state`, using larger nodes where it can. */
static void merge_nodes(FrameRun *run, void *state, uint32_t level, uint32_t from, uint32_t to)
{
    uint32_t parent_from = (from + NODE_CHILDREN - 1) / NODE_CHILDREN;
    uint32_t parent_to = to / NODE_CHILDREN;

    if (parent_from >= parent_to || level + 1 >= run->tree.level_count) {
        merge_some(run, state, level, from, to);
        return;
    }
    merge_some(run, state, level, from, parent_from * NODE_CHILDREN);
    merge_nodes(run, state, level + 1, parent_from, parent_to);
    merge_some(run, state, level, parent_to * NODE_CHILDREN, to);
}

/* Adds rows from .. to: more than two leaves'. */
static void tree_add(FrameRun *run, void *state, uint32_t from, uint32_t to)
{
    uint32_t leaf_from = (from + LEAF_ROWS - 1) / LEAF_ROWS;
    uint32_t leaf_to = to / LEAF_ROWS;

    if (run->tree.level_count == 0)
        tree_build(run);
    state_add(run, state, from, leaf_from * LEAF_ROWS);
    merge_nodes(run, state, 0, leaf_from, leaf_to);
    state_add(run, state, leaf_to * LEAF_ROWS, to);
}

/* ── results ───────────────────────────────────────────────────────────────────────────────────*/

static void results_compute(FrameRun *run)
{
    if (run->copy_count == 0)
        return;
    VEC_ADD(&run->results,
            run->methods->result(&run->call, run->copy_list, run->copy_count, run->arena));
    for (uint32_t i = 0; run->methods->clear && i < run->copy_count; i++)
        state_clear(run, run->copies + (size_t)i * run->state_bytes);
    run->copy_count = 0;
    run->copy_extra = 0;
}

/* The state as it is now will be a result: the next one. */
static void result_note(FrameRun *run)
{
    void *copy = run->copies + (size_t)run->copy_count * run->state_bytes;

    if (run->methods->clear) {
        state_init(run, copy);
        run->methods->merge(&run->call, copy, run->state);
    } else {
        memcpy(copy, run->state, run->state_bytes);
    }
    if (run->methods->extra_bytes)
        run->copy_extra += run->methods->extra_bytes(&run->call, copy);
    run->copy_list[run->copy_count++] = copy;
    if (run->copy_count == run->copy_capacity || run->copy_extra > COPIES_EXTRA)
        results_compute(run);
}

static Vector *results_all(FrameRun *run, const Type *type)
{
    results_compute(run);
    return vector_concat(run->arena, type, run->results.items, (uint32_t)run->results.count);
}

/* ── frames ────────────────────────────────────────────────────────────────────────────────────*/

/* Makes the running state that of rows from .. to. */
static void run_to(FrameRun *run, uint32_t from, uint32_t to, bool slides)
{
    if (from == run->from && to >= run->to) {
        state_add(run, run->state, run->to, to);
    } else {
        state_clear(run, run->state);
        state_init(run, run->state);
        if (slides && to - from > FRAME_ROWS_SHORT)
            tree_add(run, run->state, from, to);
        else
            state_add(run, run->state, from, to);
    }
    run->from = from;
    run->to = to;
}

static Vector *run_frames(FrameRun *run, const Frames *frames, uint32_t row_count, bool slides,
                          const Type *type)
{
    uint32_t *result_of = ARENA_ARRAY(run->arena, uint32_t, row_count);
    uint32_t result_count = 0;
    Vector *results;

    for (uint32_t i = 0; i < row_count; i++) {
        if (i == 0 || frames->from[i] != frames->from[i - 1] ||
            frames->to[i] != frames->to[i - 1]) {
            run_to(run, frames->from[i], frames->to[i], slides);
            result_note(run);
            result_count++;
        }
        result_of[i] = result_count - 1;
    }
    results = results_all(run, type);
    vector_place_errors(results, run->call.expr->span);
    return result_count == row_count ? results
                                     : vector_select(run->arena, results, result_of, row_count);
}

typedef struct WithinRow {
    Str key;
    uint32_t row_i;
} WithinRow;

static int within_compare(const void *a_, const void *b_)
{
    const WithinRow *a = a_, *b = b_;
    int order = str_compare(a->key, b->key);

    return order ? order : (a->row_i > b->row_i) - (a->row_i < b->row_i);
}

/* The block's rows, those of each partition in the order of WITHIN GROUP; NULL: as they are. */
static const uint32_t *within_rows(const WindowItem *item, WindowBlock *block)
{
    const Vector **columns;
    WithinRow *sorted;
    uint32_t *rows;
    Str *keys;

    if (item->within_count == 0)
        return NULL;
    columns = ARENA_ARRAY(block->arena, const Vector *, item->within_count);
    keys = ARENA_ARRAY(block->arena, Str, block->row_count);
    sorted = ARENA_ARRAY(block->arena, WithinRow, block->row_count);
    rows = ARENA_ARRAY(block->arena, uint32_t, block->row_count);
    for (uint32_t c = 0; c < item->within_count; c++)
        columns[c] = window_column(block, item->within_columns[c]);
    key_encode_order(block->arena, columns, item->within_keys, item->within_count, block->row_count,
                     keys);
    for (uint32_t i = 0; i < block->row_count; i++)
        sorted[i] = (WithinRow){keys[i], i};
    for (uint32_t i = 0; i < block->row_count; i = block->partition_to[i])
        qsort(sorted + i, block->partition_to[i] - i, sizeof *sorted, within_compare);
    for (uint32_t i = 0; i < block->row_count; i++)
        rows[i] = sorted[i].row_i;
    return rows;
}

static const Vector *column_in_order(WindowBlock *block, uint32_t column_i, const uint32_t *rows)
{
    const Vector *column = window_column(block, column_i);

    return rows ? vector_select(block->arena, column, rows, block->row_count) : column;
}

static void run_init(FrameRun *run, const WindowItem *item, WindowBlock *block,
                     const uint32_t *rows)
{
    *run = (FrameRun){
        .call = {.expr = item->call, .sql = block->sql},
        .methods = item->call->fn->aggregate,
        .args = ARENA_ARRAY(block->arena, const Vector *, item->arg_count),
        .slices = ARENA_ARRAY(block->arena, const Vector *, item->arg_count),
        .arg_count = item->arg_count,
        .row_count = block->row_count,
        .arena = block->arena,
    };
    run->state_bytes = (MAX(run->methods->state_bytes(&run->call), 1u) + 15) & ~15u;
    for (uint32_t a = 0; a < item->arg_count; a++)
        run->args[a] = column_in_order(block, item->arg_columns[a], rows);
    run->state = states_new(run, 1);
    run->copy_capacity = MAX(MIN(COPIES_BYTES / run->state_bytes, (uint32_t)COPIES_MAX), 1u);
    run->copies = mem_alloc((size_t)run->copy_capacity * run->state_bytes);
    run->copy_list = mem_alloc(run->copy_capacity * sizeof *run->copy_list);
    arena_init(&run->scratch);
}

static void run_done(FrameRun *run)
{
    tree_free(run);
    states_free(run, run->state, 1);
    free(run->copies);
    free(run->copy_list);
    VEC_DONE(&run->results);
    arena_done(&run->scratch);
}

/* Leaves out the rows for which the filter is not TRUE. */
static void run_filter(FrameRun *run, WindowBlock *block, const Vector *filter, Frames *frames)
{
    uint32_t *kept = ARENA_ARRAY(block->arena, uint32_t, block->row_count);
    uint32_t *before = ARENA_ARRAY(block->arena, uint32_t, (size_t)block->row_count + 1);
    Frames counted = {
        .from = ARENA_ARRAY(block->arena, uint32_t, block->row_count),
        .to = ARENA_ARRAY(block->arena, uint32_t, block->row_count),
    };
    uint32_t count = 0;

    for (uint32_t i = 0; i < block->row_count; i++) {
        before[i] = count;
        if (vector_is_valid(filter, i) && vector_bools(filter)[vector_row(filter, i)])
            kept[count++] = i;
    }
    before[block->row_count] = count;
    for (uint32_t i = 0; i < block->row_count; i++) {
        counted.from[i] = before[frames->from[i]];
        counted.to[i] = before[frames->to[i]];
    }
    *frames = counted;
    for (uint32_t a = 0; a < run->arg_count; a++)
        run->args[a] = vector_select(block->arena, run->args[a], kept, count);
    run->row_count = count;
}

Vector *window_aggregate(const WindowFn *fn, WindowBlock *block, const Frames *frames)
{
    const WindowItem *item = fn->item;
    const uint32_t *rows = within_rows(item, block);
    Frames counted = *frames;
    FrameRun run;
    Vector *out;

    run_init(&run, item, block, rows);
    if (item->filter_column >= 0)
        run_filter(&run, block, column_in_order(block, (uint32_t)item->filter_column, rows),
                   &counted);
    out = run_frames(&run, &counted, block->row_count,
                     fn->frame.from.kind != FRAME_UNBOUNDED_PRECEDING, item->call->type);
    run_done(&run);
    return out;
}
