/*
 * project.c: SELECT's expressions, one column each.
 */
#include "op/op_base.h"

typedef struct Project {
    Op op;
    ProgramState *state;
} Project;

static bool project_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    const Program *exprs = op->node->as.project.exprs;
    ProgramState *state = ((Project *)op)->state;
    uint32_t column_count = program_output_count(exprs);
    Vector **columns = ARENA_ARRAY(op->context->batch_arena, Vector *, column_count);
    const Batch *out;

    program_eval_state(exprs, state, op->context->sql, op->context->batch_arena, batch, columns);
    if (!op_settle_errors(op, batch, columns, column_count, &out, err))
        return false;
    return out->row_count == 0 || op_push(op, out, err);
}

static void project_free(Op *op)
{
    program_state_free(((Project *)op)->state);
    op_free_plain(op);
}

static const OpMethods project_methods = {
    .name = "Project",
    .on_batch = project_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = op_pass_barrier,
    .on_end = op_pass_end,
    .free = project_free,
};

bool project_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    Project *project = OP_NEW(Project, &project_methods, node, context);

    project->state = program_state_create(node->as.project.exprs, context->worker_i + context->seed_shift);
    *out = &project->op;
    return true;
}
