/*
 * limit.c: LIMIT and OFFSET: which rows count is decided by the order in which they come.
 *
 * In a stream the number of rows seen is state. The planner has brought all rows to one worker.
 */
#include "op/op_base.h"

typedef struct Limit {
    Op op;
    int64_t seen;
    bool changed;
} Limit;

enum { LIMIT_VERSION = 1 };

static bool limit_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Limit *self = (Limit *)op;
    const LimitNode *limit = &op->node->as.limit;
    int64_t end = INT64_MAX;
    int64_t from, to;

    if (limit->limit >= 0 && __builtin_add_overflow(limit->offset, limit->limit, &end))
        end = INT64_MAX;
    from = MAX(limit->offset - self->seen, 0);
    to = MIN((int64_t)batch->row_count, end - self->seen);
    self->seen += batch->row_count;
    self->changed = true;
    op->done = self->seen >= end;
    if (from >= to)
        return true;
    if (from > 0 || to < batch->row_count)
        batch = batch_slice(op->context->batch_arena, batch, (uint32_t)from, (uint32_t)(to - from));
    return op_push(op, batch, err);
}

static bool limit_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    Limit *self = (Limit *)op;

    if (barrier->writer && self->seen > 0 && (self->changed || barrier->full)) {
        char value[9] = {LIMIT_VERSION};

        memcpy(value + 1, &self->seen, sizeof self->seen);
        /* Group 0 is the first worker's, as all rows are. */
        checkpoint_put(barrier->writer, op->node->id, 0, 0, STR("seen"),
                       (Str){value, sizeof value});
    }
    self->changed = false;
    return op_push_barrier(op, barrier, err);
}

static bool limit_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    if (!str_equal(entry->key, STR("seen")) || entry->value.bytes != 9 ||
        entry->value.data[0] != LIMIT_VERSION)
        return op_bad_entry(op, entry, err);
    memcpy(&((Limit *)op)->seen, entry->value.data + 1, sizeof(int64_t));
    return true;
}

static const OpMethods limit_methods = {
    .name = "Limit",
    .on_batch = limit_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = limit_barrier,
    .on_end = op_pass_end,
    .restore = limit_restore,
    .free = op_free_plain,
};

bool limit_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    *out = &OP_NEW(Limit, &limit_methods, node, context)->op;
    return true;
}
