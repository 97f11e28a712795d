#include "op/join.h"

static const JoinTraits traits[] = {
    [JOIN_INNER] = {.pairs = true},
    [JOIN_LEFT] = {.pairs = true, .keep_left = true},
    [JOIN_RIGHT] = {.pairs = true, .keep_right = true},
    [JOIN_FULL] = {.pairs = true, .keep_left = true, .keep_right = true},
    [JOIN_SEMI] = {.left_alone = true},
    [JOIN_ANTI] = {.keep_left = true, .left_alone = true},
    [JOIN_CROSS] = {.pairs = true},
    [JOIN_LEFT_MARK] = {.left_alone = true},
    [JOIN_LEFT_SINGLE] = {.keep_left = true},
};

JoinTraits join_traits(JoinKind kind)
{
    ASSERT((size_t)kind < COUNT_OF(traits));
    return traits[kind];
}

/* Puts the rows of one side into columns `at` and following. */
static void put_side(Arena *arena, Batch *out, uint32_t at, const Schema *schema,
                     const Batch *side, const uint32_t *rows)
{
    for (uint32_t c = 0; c < schema->column_count; c++)
        out->columns[at + c] =
            side ? vector_select(arena, side->columns[c], rows, out->row_count)
                 : vector_null(arena, schema->columns[c].type, out->row_count);
}

Batch *join_rows(Arena *arena, const Node *node, const Batch *left, const uint32_t *left_rows,
                 const Batch *right, const uint32_t *right_rows, uint32_t row_count)
{
    const Schema *left_schema = &node->inputs[0]->schema;
    const Schema *right_schema = &node->inputs[1]->schema;
    Batch *out =
        batch_new(arena, left_schema->column_count + right_schema->column_count, row_count);

    put_side(arena, out, 0, left_schema, left, left_rows);
    put_side(arena, out, left_schema->column_count, right_schema, right, right_rows);
    return out;
}

bool join_condition(Op *op, Arena *arena, const Batch *pairs, const uint32_t **places,
                    uint32_t *place_count, Error *err)
{
    const Program *condition = op->node->as.join.condition;
    uint32_t *true_rows, *error_rows;
    uint32_t error_count = 0;
    Vector *result;

    *places = NULL;
    *place_count = pairs->row_count;
    if (!condition)
        return true;
    true_rows = ARENA_ARRAY(arena, uint32_t, pairs->row_count);
    error_rows = ARENA_ARRAY(arena, uint32_t, pairs->row_count);
    program_eval(condition, op->context->sql, arena, pairs, &result);
    *place_count = condition_rows(result, true_rows, error_rows, &error_count);
    *places = true_rows;
    for (uint32_t i = 0; i < error_count; i++) {
        if (!op->context->row_error(op->context->self, pairs, error_rows[i],
                                    vector_error(result, error_rows[i]), err))
            return false;
    }
    return true;
}

uint64_t *join_null_keys(Arena *arena, const Batch *batch, const uint32_t *columns,
                         uint32_t column_count)
{
    uint64_t *nulls = NULL;

    for (uint32_t c = 0; c < column_count; c++) {
        const Vector *column = batch->columns[columns[c]];

        if (!column->valid)
            continue;
        if (!nulls)
            nulls = arena_zalloc(arena, bits_words(batch->row_count) * sizeof *nulls);
        for (uint32_t i = 0; i < batch->row_count; i++) {
            if (!vector_is_valid(column, i))
                bits_set(nulls, i);
        }
    }
    return nulls;
}

void join_keys(Arena *arena, const Batch *batch, const uint32_t *columns, uint32_t column_count,
               KeySet *out)
{
    const Vector **vectors = ARENA_ARRAY(arena, const Vector *, column_count);

    for (uint32_t c = 0; c < column_count; c++)
        vectors[c] = batch->columns[columns[c]];
    key_encode(arena, vectors, column_count, batch->row_count, out);
}

bool join_create(const Node *node, OpContext *context, Op **out, Error *err)
{
    if (node->as.join.left_streaming && node->as.join.right_streaming)
        return join_stream_create(node, context, out, err);
    return join_hash_create(node, context, out, err);
}
