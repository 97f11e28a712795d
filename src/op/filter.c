/*
 * filter.c: WHERE, HAVING: the rows for which the condition is TRUE.
 */
#include "op/op_base.h"

static bool filter_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Arena *arena = op->context->batch_arena;
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    uint32_t *error_rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    uint32_t error_count = 0;
    uint32_t row_count;
    Vector *condition;

    program_eval(op->node->as.filter.condition, op->context->sql, arena, batch, &condition);
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

static const OpMethods filter_methods = {
    .name = "Filter",
    .on_batch = filter_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = op_pass_barrier,
    .on_end = op_pass_end,
    .free = op_free_plain,
};

bool filter_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    *out = op_new(sizeof(Op), &filter_methods, node, context);
    return true;
}
