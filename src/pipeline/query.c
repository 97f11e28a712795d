#include "pipeline/query.h"

#include "base/assert.h"
#include "base/vec.h"
#include "pipeline/graph.h"

/* The last operator: gives the rows to whoever asked. */
typedef struct TakeOp {
    Op op;
    QueryTake take;
    void *self;
} TakeOp;

static bool take_on_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    TakeOp *take = (TakeOp *)op;

    return batch->row_count == 0 || take->take(take->self, batch, err);
}

static bool take_on_watermark(Op *op UNUSED, uint32_t input_i UNUSED, int64_t watermark_us UNUSED,
                              Error *err UNUSED)
{
    return true;
}

static bool take_on_barrier(Op *op UNUSED, uint32_t input_i UNUSED, const Barrier *barrier UNUSED,
                            Error *err UNUSED)
{
    return true;
}

static bool take_on_end(Op *op UNUSED, uint32_t input_i UNUSED, Error *err UNUSED)
{
    return true;
}

static void take_free(Op *op UNUSED)
{
}

static const OpMethods take_methods = {
    .name = "result",
    .on_batch = take_on_batch,
    .on_watermark = take_on_watermark,
    .on_barrier = take_on_barrier,
    .on_end = take_on_end,
    .free = take_free,
};

static bool fail_on_row_error(void *self UNUSED, const Batch *batch UNUSED, uint32_t row_i UNUSED,
                              const RowError *error, Error *err)
{
    return row_error_tell(error, err);
}

static bool ignore_late_row(void *self UNUSED, const Batch *batch UNUSED, uint32_t row_i UNUSED,
                            int64_t window_end_us UNUSED, const char *reason UNUSED,
                            Error *err UNUSED)
{
    return true;
}

typedef struct Collecting {
    QueryRows *rows;
    Arena *arena;
} Collecting;

static bool collect(void *self, const Batch *batch, Error *err UNUSED)
{
    Collecting *collecting = self;
    QueryRows *rows = collecting->rows;

    if (rows->batch_count == rows->batch_capacity)
        rows->batches = vec_grow_in(collecting->arena, rows->batches, rows->batch_count,
                                    &rows->batch_capacity, sizeof *rows->batches);
    rows->batches[rows->batch_count++] = batch_copy(collecting->arena, batch);
    rows->row_count += batch->row_count;
    return true;
}

/* ── WITH RECURSIVE ────────────────────────────────────────────────────────────────────────────*/

/* The last round's rows of a recursion whose step is being run. */
typedef struct Working {
    uint32_t number;
    const QueryRows *rows;
    const struct Working *around;
} Working;

static bool run(Connections *connections, const Node *plan, const SqlContext *sql,
                const Working *working, uint32_t round, QueryTake take, void *self, Error *err);

static bool give(const GraphLeaf *leaf, const Batch *batch, Error *err)
{
    leaf->to->rows_in += batch->row_count;
    return leaf->to->methods->on_batch(leaf->to, leaf->input_i, batch, err);
}

static bool give_rows(const GraphLeaf *leaf, const QueryRows *rows, Error *err)
{
    for (size_t i = 0; i < rows->batch_count; i++) {
        if (!give(leaf, rows->batches[i], err))
            return false;
    }
    return true;
}

static bool give_last_round(const GraphLeaf *leaf, const Working *working, Error *err)
{
    while (working && working->number != leaf->node->as.working.number)
        working = working->around;
    ASSERT(working); /* A WORKING leaf stands in the step of its recursion. */
    return give_rows(leaf, working->rows, err) &&
           leaf->to->methods->on_end(leaf->to, leaf->input_i, err);
}

static bool limits_kept(const RecurseNode *recurse, int64_t level, uint64_t row_count, Error *err)
{
    if (recurse->limit < 0 && row_count > RECURSION_ROWS_MAX)
        return error_set_class(err, ERROR_USER, "RECURSION_ROW_LIMIT_EXCEEDED", "42836",
                               "Recursion row limit %d reached but query has not exhausted, try "
                               "setting a larger LIMIT value when querying the CTE relation.",
                               RECURSION_ROWS_MAX);
    if (recurse->level_limit >= 0 && level > recurse->level_limit)
        return error_set_class(err, ERROR_USER, "RECURSION_LEVEL_LIMIT_EXCEEDED", "42836",
                               "Recursion level limit %lld reached but query has not exhausted, try "
                               "increasing it like 'WITH RECURSIVE t(col) MAX RECURSION LEVEL 200'.",
                               (long long)recurse->level_limit);
    return true;
}

/* Round after round; each has its rows in an arena of its own, of which two are alive. */
static bool run_recursion(Connections *connections, const GraphLeaf *leaf, const SqlContext *sql,
                          const Working *around, Error *err)
{
    const RecurseNode *recurse = &leaf->node->as.recurse;
    Arena arenas[2];
    QueryRows rows = {0}, last;
    Working working = {recurse->number, &last, around};
    uint64_t row_count = 0;
    bool ok;

    arena_init(&arenas[0]);
    arena_init(&arenas[1]);
    ok = run(connections, leaf->node->inputs[0], sql, around, 0, collect,
             &(Collecting){&rows, &arenas[0]}, err);
    for (int64_t level = 1; ok && rows.row_count > 0; level++) {
        Arena *arena = &arenas[level % 2];

        row_count += rows.row_count;
        ok = give_rows(leaf, &rows, err);
        if (!ok || (recurse->limit >= 0 && row_count >= (uint64_t)recurse->limit))
            break;
        ok = limits_kept(recurse, level, row_count, err);
        last = rows;
        rows = (QueryRows){0};
        arena_reset(arena);
        ok = ok && run(connections, leaf->node->inputs[1], sql, &working,
                       (uint32_t)level - 1, collect,
                       &(Collecting){&rows, arena}, err);
    }
    arena_done(&arenas[0]);
    arena_done(&arenas[1]);
    return ok && leaf->to->methods->on_end(leaf->to, leaf->input_i, err);
}

/* ── range(...) ────────────────────────────────────────────────────────────────────────────────*/

static bool give_range(const GraphLeaf *leaf, const OpContext *context, Error *err)
{
    NumberRange left = leaf->node->as.values.range;
    Arena *arena = context->batch_arena;

    while (left.count && !op_is_done(leaf->to)) {
        uint32_t count = (uint32_t)MIN(left.count, context->batch_rows);
        Batch *batch = batch_new(arena, 1, count);
        Vector *numbers = vector_new(arena, &type_bigint, count);
        uint64_t at = (uint64_t)left.start;

        for (uint32_t i = 0; i < count; i++, at += (uint64_t)left.step)
            vector_i64(numbers)[i] = (int64_t)at;
        batch->columns[0] = numbers;
        if (!give(leaf, batch, err))
            return false;
        arena_reset(arena);
        left.start = (int64_t)at;
        left.count -= count;
    }
    return true;
}

/* ── the query ─────────────────────────────────────────────────────────────────────────────────*/

static bool run_leaf(Connections *connections, const GraphLeaf *leaf, OpContext *context,
                     const Working *working, Error *err)
{
    Op *to = leaf->to;

    if (leaf->node->kind == NODE_SCAN)
        return connections_scan_into(connections, leaf->node, context->sql, to, leaf->input_i, err);
    if (leaf->node->kind == NODE_RECURSE)
        return run_recursion(connections, leaf, context->sql, working, err);
    if (leaf->node->kind == NODE_WORKING)
        return give_last_round(leaf, working, err);
    return (leaf->node->as.values.rows ? give(leaf, leaf->node->as.values.rows, err)
                                       : give_range(leaf, context, err)) &&
           to->methods->on_end(to, leaf->input_i, err);
}

/* round: of a recursion's step, from 0; in each Spark's random numbers begin at a seed of their own. */
static bool run(Connections *connections, const Node *plan, const SqlContext *sql,
                const Working *working, uint32_t round, QueryTake take, void *self, Error *err)
{
    Arena batch_arena;
    Graph graph = {0};
    OpContext context = {
        .sql = sql,
        .batch_arena = &batch_arena,
        .seed_shift = round,
        .worker_count = 1,
        .batch_rows = BATCH_ROWS_DEFAULT,
        .row_error = fail_on_row_error,
        .row_late = ignore_late_row,
        .state_limit_bytes = INT64_MAX,
    };
    TakeOp last = {
        .op = {.methods = &take_methods, .context = &context}, .take = take, .self = self};
    bool ok;

    arena_init(&batch_arena);
    ok = graph_build(&graph, plan, &context, &last.op, NULL, err);
    for (size_t i = 0; ok && i < graph.leaf_count; i++) {
        ok = run_leaf(connections, &graph.leaves[i], &context, working, err);
        arena_reset(&batch_arena);
    }
    graph_done(&graph);
    arena_done(&batch_arena);
    return ok;
}

bool query_run(Connections *connections, const Node *plan, const SqlContext *sql, QueryTake take,
               void *self, Error *err)
{
    return run(connections, plan, sql, NULL, 0, take, self, err);
}

bool query_rows(Connections *connections, const Node *plan, const SqlContext *sql, Arena *arena,
                QueryRows *out, Error *err)
{
    Collecting collecting = {out, arena};

    *out = (QueryRows){0};
    return query_run(connections, plan, sql, collect, &collecting, err);
}
