/*
 * filter.c: WHERE, HAVING: the rows for which the condition is TRUE.
 */
#include "op/op_base.h"

typedef struct Filter {
    Op op;
    ProgramState *state;
} Filter;

static bool filter_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Arena *arena = op->context->batch_arena;
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    uint32_t *error_rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    uint32_t error_count = 0;
    uint32_t row_count;
    Vector *condition;

    program_eval_state(op->node->as.filter.condition, ((Filter *)op)->state, op->context->sql, arena,
                       batch, &condition);
    row_count = condition_rows(condition, rows, error_rows, &error_count);
    for (uint32_t i = 0; i < error_count; i++) {
        if (!op->context->row_error(op->context->self, batch, error_rows[i],
                                    vector_error(condition, error_rows[i]), err))
            return false;
    }
    if (row_count == 0)
        return true;
    if (row_count < batch->row_count)
        batch = batch_select(arena, batch, rows, row_count);
    return op_push(op, batch, err);
}

static void filter_free(Op *op)
{
    program_state_free(((Filter *)op)->state);
    op_free_plain(op);
}

static const OpMethods filter_methods = {
    .name = "Filter",
    .on_batch = filter_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = op_pass_barrier,
    .on_end = op_pass_end,
    .free = filter_free,
};

bool filter_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    Filter *filter = OP_NEW(Filter, &filter_methods, node, context);

    filter->state = program_state_create(node->as.filter.condition, context->worker_i + context->seed_shift);
    *out = &filter->op;
    return true;
}
