/*
 * batch.c: some rows, column by column (batch.h).
 */
#include "column/batch.h"

#include "base/assert.h"

Batch *batch_new(Arena *arena, uint32_t column_count, uint32_t row_count)
{
    Batch *batch = ARENA_NEW(arena, Batch);

    batch->row_count = row_count;
    batch->column_count = column_count;
    batch->columns = arena_zalloc(arena, column_count * sizeof(Vector *));
    return batch;
}

static const int64_t *select_i64(Arena *arena, const int64_t *from, const uint32_t *rows,
                                 uint32_t row_count)
{
    int64_t *to = ARENA_ARRAY(arena, int64_t, row_count);

    for (uint32_t i = 0; i < row_count; i++)
        to[i] = from[rows[i]];
    return to;
}

static const RowOrigin *origin_select(Arena *arena, const RowOrigin *from, const uint32_t *rows,
                                      uint32_t row_count)
{
    RowOrigin *to = arena_copy(arena, from, sizeof *from);

    if (from->positions)
        to->positions = select_i64(arena, from->positions, rows, row_count);
    if (from->raw) {
        Str *raw = ARENA_ARRAY(arena, Str, row_count);

        for (uint32_t i = 0; i < row_count; i++)
            raw[i] = from->raw[rows[i]];
        to->raw = raw;
    }
    return to;
}

Batch *batch_select(Arena *arena, const Batch *batch, const uint32_t *rows, uint32_t row_count)
{
    Batch *out = batch_new(arena, batch->column_count, row_count);

    for (uint32_t i = 0; i < batch->column_count; i++)
        out->columns[i] = vector_select(arena, batch->columns[i], rows, row_count);
    if (batch->watermark_us)
        out->watermark_us = select_i64(arena, batch->watermark_us, rows, row_count);
    if (batch->origin)
        out->origin = origin_select(arena, batch->origin, rows, row_count);
    return out;
}

Batch *batch_slice(Arena *arena, const Batch *batch, uint32_t from, uint32_t row_count)
{
    Batch *out = batch_new(arena, batch->column_count, row_count);

    ASSERT(from <= batch->row_count && row_count <= batch->row_count - from);
    for (uint32_t i = 0; i < batch->column_count; i++)
        out->columns[i] = vector_slice(arena, batch->columns[i], from, row_count);
    if (batch->watermark_us)
        out->watermark_us = batch->watermark_us + from;
    if (batch->origin) {
        RowOrigin *origin = arena_copy(arena, batch->origin, sizeof *origin);

        if (origin->positions)
            origin->positions += from;
        if (origin->raw)
            origin->raw += from;
        out->origin = origin;
    }
    return out;
}

static const RowOrigin *origin_copy(Arena *arena, const RowOrigin *from, uint32_t row_count)
{
    RowOrigin *to = arena_copy(arena, from, sizeof *from);

    if (from->positions)
        to->positions = arena_copy(arena, from->positions, row_count * sizeof(int64_t));
    if (from->raw) {
        Str *raw = ARENA_ARRAY(arena, Str, row_count);

        for (uint32_t i = 0; i < row_count; i++)
            raw[i] = str_copy(arena, from->raw[i]);
        to->raw = raw;
    }
    return to;
}

Batch *batch_copy(Arena *arena, const Batch *batch)
{
    Batch *out = batch_new(arena, batch->column_count, batch->row_count);

    for (uint32_t i = 0; i < batch->column_count; i++)
        out->columns[i] = vector_copy(arena, batch->columns[i]);
    if (batch->watermark_us)
        out->watermark_us =
            arena_copy(arena, batch->watermark_us, batch->row_count * sizeof(int64_t));
    if (batch->origin)
        out->origin = origin_copy(arena, batch->origin, batch->row_count);
    return out;
}

/* Watermarks go along when all parts with rows have them. */
static void concat_watermarks(Arena *arena, Batch *out, const Batch *const *parts,
                              uint32_t part_count)
{
    int64_t *watermark_us;

    for (uint32_t p = 0; p < part_count; p++) {
        if (parts[p]->row_count > 0 && !parts[p]->watermark_us)
            return;
    }
    out->watermark_us = watermark_us = ARENA_ARRAY(arena, int64_t, out->row_count);
    for (uint32_t p = 0; p < part_count; p++) {
        if (parts[p]->row_count > 0)
            memcpy(watermark_us, parts[p]->watermark_us, parts[p]->row_count * sizeof(int64_t));
        watermark_us += parts[p]->row_count;
    }
}

Batch *batch_concat(Arena *arena, const Schema *schema, const Batch *const *parts,
                    uint32_t part_count)
{
    const Vector **columns = ARENA_ARRAY(arena, const Vector *, part_count);
    uint64_t row_count = 0;
    Batch *out;

    for (uint32_t p = 0; p < part_count; p++) {
        ASSERT(parts[p]->column_count == schema->column_count);
        row_count += parts[p]->row_count;
    }
    ASSERT(row_count <= UINT32_MAX);
    out = batch_new(arena, schema->column_count, (uint32_t)row_count);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        for (uint32_t p = 0; p < part_count; p++)
            columns[p] = parts[p]->columns[i];
        out->columns[i] = vector_concat(arena, schema->columns[i].type, columns, part_count);
    }
    if (part_count > 0)
        concat_watermarks(arena, out, parts, part_count);
    return out;
}

bool batch_verify(const Batch *batch, const Schema *schema)
{
    if (schema && schema->column_count != batch->column_count)
        return false;
    for (uint32_t i = 0; i < batch->column_count; i++) {
        const Vector *column = batch->columns[i];

        if (!column || column->row_count != batch->row_count || column->errors)
            return false;
        if (schema && !type_equal(column->type, schema->columns[i].type))
            return false;
        if (!vector_verify(column))
            return false;
    }
    return true;
}
