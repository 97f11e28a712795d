/*
 * values.c: rows written in the query: VALUES, and the one row of a SELECT without FROM.
 *
 * A leaf: the worker's loop tells it on_end when it is to begin; it pushes its rows and the end. In
 * a stream (a UNION with one) the rows are sent once in the life of the flow: that they were is
 * state. Of several workers the first sends them.
 */
#include "op/op_base.h"

typedef struct Values {
    Op op;
    bool sent;
    bool sent_changed; /* Since the last checkpoint. */
} Values;

enum { VALUES_VERSION = 1 };

static bool values_batch(Op *op UNUSED, uint32_t input_i UNUSED, const Batch *batch UNUSED,
                         Error *err UNUSED)
{
    UNREACHABLE();
}

static bool values_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    Values *values = (Values *)op;
    const Batch *rows = op->node->as.values.rows;

    if (!values->sent && op->context->worker_i == 0) {
        values->sent = values->sent_changed = true;
        for (uint32_t from = 0; from < rows->row_count;) {
            uint32_t count = MIN(rows->row_count - from, op->context->batch_rows);

            if (!op_push(op, batch_slice(op->context->batch_arena, rows, from, count), err))
                return false;
            from += count;
        }
    }
    return op_push_end(op, err);
}

static bool values_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    Values *values = (Values *)op;
    const char version = VALUES_VERSION;

    if (barrier->writer && values->sent && (values->sent_changed || barrier->full))
        checkpoint_put(barrier->writer, op->node->id, CHECKPOINT_SLOT_SHARED, 0, STR("sent"),
                       (Str){&version, 1});
    values->sent_changed = false;
    return op_push_barrier(op, barrier, err);
}

static bool values_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    if (!str_equal(entry->key, STR("sent")) || entry->value.bytes != 1 ||
        entry->value.data[0] != VALUES_VERSION)
        return op_bad_entry(op, entry, err);
    ((Values *)op)->sent = true;
    return true;
}

static const OpMethods values_methods = {
    .name = "Values",
    .on_batch = values_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = values_barrier,
    .on_end = values_end,
    .restore = values_restore,
    .free = op_free_plain,
};

bool values_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    *out = &OP_NEW(Values, &values_methods, node, context)->op;
    return true;
}
