/*
 * op.c: making operators from nodes, and what they have in common.
 */
#include "op/op_base.h"

#include <stdlib.h>

typedef bool (*OpCreate)(const Node *node, OpContext *context, Op **out, Error *err);

/* Leaves and EXCHANGE are the pipeline's. */
static const OpCreate creators[NODE_KIND_COUNT] = {
    [NODE_FILTER] = filter_create,       [NODE_PROJECT] = project_create,
    [NODE_WATERMARK] = watermark_create, [NODE_ASSIGN] = assign_create,
    [NODE_AGGREGATE] = aggregate_create, [NODE_UNION] = union_create,
    [NODE_LIMIT] = limit_create,         [NODE_SORT] = sort_create,
    [NODE_GENERATE] = generate_create,   [NODE_JOIN] = join_create,
    [NODE_WINDOW] = window_create,
};

bool op_create(const Node *node, OpContext *context, Op **out, Error *err)
{
    ASSERT(creators[node->kind]);
    return creators[node->kind](node, context, out, err);
}

void op_free(Op *op)
{
    if (op)
        op->methods->free(op);
}

void *op_new(size_t bytes, const OpMethods *methods, const Node *node, OpContext *context)
{
    Op *op = mem_zalloc(bytes);

    op->methods = methods;
    op->node = node;
    op->context = context;
    return op;
}

void op_free_plain(Op *op)
{
    free(op);
}

/* ── passing on ────────────────────────────────────────────────────────────────────────────────*/

bool op_push_partition(Op *op, int32_t partition, PartitionEvent event, Error *err)
{
    for (Op *from = op; from->next; from = from->next) {
        const OpMethods *methods = from->next->methods;

        if (methods->on_partition)
            return methods->on_partition(from->next, from->next_input_i, partition, event, err);
    }
    return true; /* Nobody down there cares: a flow without watermark. */
}

bool op_pass_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    return op_push_watermark(op, watermark_us, err);
}

bool op_pass_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    return op_push_barrier(op, barrier, err);
}

bool op_pass_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    return op_push_end(op, err);
}

/* ── errors and late rows ──────────────────────────────────────────────────────────────────────*/

/* The first error that row i has in any of the columns, or NULL. */
static const RowError *row_error_of(Vector *const *columns, uint32_t column_count, uint32_t row_i)
{
    for (uint32_t c = 0; c < column_count; c++) {
        if (vector_has_error(columns[c], row_i))
            return vector_error(columns[c], row_i);
    }
    return NULL;
}

/* The same column, but not told of as having errors: the rows that had some are left out. */
static Vector *without_errors(Arena *arena, const Vector *column)
{
    Vector *clean = arena_copy(arena, column, sizeof *column);

    clean->errors = NULL;
    return clean;
}

bool op_settle_errors(Op *op, const Batch *batch, Vector **columns, uint32_t column_count,
                      const Batch **out, Error *err)
{
    Arena *arena = op->context->batch_arena;
    Batch *whole = batch_new(arena, column_count, batch->row_count);
    uint32_t *rows;
    uint32_t kept = 0;
    bool any = false;

    whole->watermark_us = batch->watermark_us;
    whole->origin = batch->origin;
    for (uint32_t c = 0; c < column_count; c++) {
        any |= columns[c]->errors != NULL;
        whole->columns[c] = columns[c]->errors ? without_errors(arena, columns[c]) : columns[c];
    }
    *out = whole;
    if (!any)
        return true;
    rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        const RowError *error = row_error_of(columns, column_count, i);

        if (!error)
            rows[kept++] = i;
        else if (!op->context->row_error(op->context->self, batch, i, error, err))
            return false;
    }
    if (kept < batch->row_count)
        *out = batch_select(arena, whole, rows, kept);
    return true;
}

bool op_row_late(Op *op, const Batch *batch, uint32_t row_i, int64_t window_end_us,
                 const char *reason, Error *err)
{
    return op->context->row_late(op->context->self, batch, row_i, window_end_us, reason, err);
}

/* ── state ─────────────────────────────────────────────────────────────────────────────────────*/

bool op_check_state(const Op *op, int64_t bytes, Error *err)
{
    int64_t limit = op->context->state_limit_bytes;

    if (LIKELY(limit <= 0 || bytes <= limit))
        return true;
    return error_set(err, ERROR_USER,
                     "the state of this query (%s) has grown to %lld MB, above its limit of %lld MB; "
                     "raise the limit, or let less be remembered: a shorter watermark delay, smaller "
                     "windows, fewer keys",
                     op->methods->name, (long long)(bytes >> 20), (long long)(limit >> 20));
}

/* Shared slot, key "watermark": version 1, i64. */
enum { OWN_WATERMARK_VERSION = 1 };

void op_save_watermark(const Op *op, CheckpointWriter *writer, int64_t watermark_us)
{
    char value[9] = {OWN_WATERMARK_VERSION};

    memcpy(value + 1, &watermark_us, sizeof watermark_us);
    checkpoint_put(writer, op->node->id, CHECKPOINT_SLOT_SHARED, 0, STR("watermark"),
                   (Str){value, sizeof value});
}

bool op_restore_watermark(const CheckpointEntry *entry, int64_t *watermark_us)
{
    int64_t saved_us;

    if (entry->slot != CHECKPOINT_SLOT_SHARED || !str_equal(entry->key, STR("watermark")) ||
        entry->value.bytes != 9 || entry->value.data[0] != OWN_WATERMARK_VERSION)
        return false;
    memcpy(&saved_us, entry->value.data + 1, sizeof saved_us);
    *watermark_us = MAX(*watermark_us, saved_us);
    return true;
}

bool op_bad_entry(const Op *op, const CheckpointEntry *entry, Error *err)
{
    return error_set(err, ERROR_USER,
                     "the saved state of node %u (%s, table %u) of flow '%.*s' cannot be read: it is "
                     "damaged, or of another version of weir",
                     entry->node_id, op->methods->name, entry->slot, STR_ARG(entry->flow));
}
