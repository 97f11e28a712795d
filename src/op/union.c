/*
 * union.c: UNION ALL: the rows of every input, as they come.
 *
 * The planner has brought all inputs to the same types. Watermarks and barriers are inputs.h's.
 */
#include "op/op_base.h"

#include <stdlib.h>

#include "op/inputs.h"

typedef struct Union {
    Op op;
    OpInputs inputs;
} Union;

static bool union_rows(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    return op_push(op, batch, err);
}

static bool union_input_end(Op *op, uint32_t input_i UNUSED, bool all, Error *err)
{
    return !all || op_push_end(op, err);
}

static const OpInputMethods input_methods = {
    .on_batch = union_rows,
    .on_watermark = op_push_watermark,
    .on_barrier = op_push_barrier,
    .on_end = union_input_end,
};

static bool union_batch(Op *op, uint32_t input_i, const Batch *batch, Error *err)
{
    return op_inputs_batch(&((Union *)op)->inputs, input_i, batch, err);
}

static bool union_watermark(Op *op, uint32_t input_i, int64_t watermark_us, Error *err)
{
    return op_inputs_watermark(&((Union *)op)->inputs, input_i, watermark_us, err);
}

static bool union_barrier(Op *op, uint32_t input_i, const Barrier *barrier, Error *err)
{
    return op_inputs_barrier(&((Union *)op)->inputs, input_i, barrier, err);
}

static bool union_end(Op *op, uint32_t input_i, Error *err)
{
    return op_inputs_end(&((Union *)op)->inputs, input_i, err);
}

static int64_t union_bytes(const Op *op)
{
    return (int64_t)op_inputs_bytes(&((const Union *)op)->inputs);
}

static void union_free(Op *op)
{
    op_inputs_done(&((Union *)op)->inputs);
    free(op);
}

static const OpMethods union_methods = {
    .name = "Union",
    .on_batch = union_batch,
    .on_watermark = union_watermark,
    .on_barrier = union_barrier,
    .on_end = union_end,
    .state_bytes = union_bytes,
    .free = union_free,
};

bool union_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    Union *self = OP_NEW(Union, &union_methods, node, context);

    op_inputs_init(&self->inputs, &self->op, node->input_count, &input_methods);
    *out = &self->op;
    return true;
}
