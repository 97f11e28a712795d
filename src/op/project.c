/*
 * project.c: SELECT's expressions, one column each.
 */
#include "op/op_base.h"

static bool project_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    const Program *exprs = op->node->as.project.exprs;
    uint32_t column_count = program_output_count(exprs);
    Vector **columns = ARENA_ARRAY(op->context->batch_arena, Vector *, column_count);
    const Batch *out;

    program_eval(exprs, op->context->sql, op->context->batch_arena, batch, columns);
    if (!op_settle_errors(op, batch, columns, column_count, &out, err))
        return false;
    return out->row_count == 0 || op_push(op, out, err);
}

static const OpMethods project_methods = {
    .name = "Project",
    .on_batch = project_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = op_pass_barrier,
    .on_end = op_pass_end,
    .free = op_free_plain,
};

bool project_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    *out = op_new(sizeof(Op), &project_methods, node, context);
    return true;
}
