#include "pipeline/query.h"

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

static bool run_leaf(Connections *connections, const GraphLeaf *leaf, OpContext *context,
                     Error *err)
{
    Op *to = leaf->to;

    if (leaf->node->kind == NODE_SCAN)
        return connections_scan_into(connections, leaf->node, context->sql, to, leaf->input_i, err);
    to->rows_in += leaf->node->as.values.rows->row_count;
    return to->methods->on_batch(to, leaf->input_i, leaf->node->as.values.rows, err) &&
           to->methods->on_end(to, leaf->input_i, err);
}

bool query_run(Connections *connections, const Node *plan, const SqlContext *sql, QueryTake take,
               void *self, Error *err)
{
    Arena batch_arena;
    Graph graph = {0};
    OpContext context = {
        .sql = sql,
        .batch_arena = &batch_arena,
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
        ok = run_leaf(connections, &graph.leaves[i], &context, err);
        arena_reset(&batch_arena);
    }
    graph_done(&graph);
    arena_done(&batch_arena);
    return ok;
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

bool query_rows(Connections *connections, const Node *plan, const SqlContext *sql, Arena *arena,
                QueryRows *out, Error *err)
{
    Collecting collecting = {out, arena};

    *out = (QueryRows){0};
    return query_run(connections, plan, sql, collect, &collecting, err);
}
