#include "op/time_key.h"

#include "op/op_base.h"

const Vector *time_key_field(Arena *arena, const Vector *v, uint32_t f)
{
    const Vector *field;
    Vector *out;

    v = vector_flatten(arena, v);
    field = v->children[f];
    if (!v->valid)
        return field;
    out = arena_copy(arena, field, sizeof *field);
    out->valid = NULL;
    vector_need_valid(arena, out);
    for (size_t w = 0; w < bits_words(v->row_count); w++)
        out->valid[w] = v->valid[w] & (field->valid ? field->valid[w] : UINT64_MAX);
    return out;
}

const int64_t *time_key_closing(Arena *arena, const Vector *times)
{
    int64_t *closing_us;

    if (times->type->kind == TYPE_STRUCT)
        times = time_key_field(arena, times, 1);
    times = vector_flatten(arena, times);
    if (!times->valid)
        return vector_i64(times);
    closing_us = ARENA_ARRAY(arena, int64_t, times->row_count);
    for (uint32_t i = 0; i < times->row_count; i++)
        closing_us[i] = bits_get(times->valid, i) ? vector_i64(times)[i] : TIME_KEY_NEVER;
    return closing_us;
}

static bool any_late(const Batch *batch, const int64_t *closing_us, int64_t watermark_us)
{
    bool late = false;

    for (uint32_t i = 0; i < batch->row_count; i++)
        late |= window_is_late(closing_us[i], watermark_us);
    for (uint32_t i = 0; batch->watermark_us && i < batch->row_count; i++)
        late |= window_is_late(closing_us[i], batch->watermark_us[i]);
    return late;
}

bool time_key_judge(Op *op, const Batch *batch, const int64_t *closing_us, int64_t watermark_us,
                    uint32_t **rows, uint32_t *row_count, Error *err)
{
    uint32_t kept = 0;

    *rows = NULL;
    if (LIKELY(!any_late(batch, closing_us, watermark_us)))
        return true;
    *rows = ARENA_ARRAY(op->context->batch_arena, uint32_t, batch->row_count);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        bool by_partition =
            batch->watermark_us && window_is_late(closing_us[i], batch->watermark_us[i]);

        if (!by_partition && !window_is_late(closing_us[i], watermark_us))
            (*rows)[kept++] = i;
        else if (!op_row_late(op, batch, i, closing_us[i],
                              by_partition ? LATE_BY_PARTITION : LATE_BY_IDLENESS, err))
            return false;
    }
    *row_count = kept;
    return true;
}
