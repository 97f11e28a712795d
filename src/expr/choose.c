/*
 * choose.c: rows taken from several columns (choose.h).
 */
#include "expr/choose.h"

#include "base/assert.h"

#define CHOOSE_LOOP(type)                                                                          \
    for (uint32_t i = 0; i < call->row_count; i++) {                                               \
        if (choices[i] == s)                                                                       \
            ((type *)out->data)[i] = ((const type *)from->data)[vector_row(from, i)];              \
    }                                                                                              \
    break

static void copy_chosen(const KernelCall *call, Vector *out, const Vector *from, uint32_t s,
                        const uint32_t *choices)
{
    switch ((int)phys_bytes(type_phys(out->type))) {
    case 1:
        CHOOSE_LOOP(uint8_t);
    case 2:
        CHOOSE_LOOP(uint16_t);
    case 4:
        CHOOSE_LOOP(uint32_t);
    case 8:
        CHOOSE_LOOP(uint64_t);
    case 16:
        CHOOSE_LOOP(Int128);
    default:
        UNREACHABLE();
    }
}

static void copy_nulls_and_errors(const KernelCall *call, Vector *out, const Vector *from,
                                  uint32_t s, const uint32_t *choices)
{
    if (!from->valid && !from->errors)
        return;
    for (uint32_t i = 0; i < call->row_count; i++) {
        const RowError *error;

        if (choices[i] != s)
            continue;
        error = from->errors ? vector_error(from, i) : NULL;
        if (error)
            vector_copy_error(call->arena, out, i, error);
        else if (!vector_is_valid(from, i) && out->type->kind != TYPE_VOID)
            vector_set_null(call->arena, out, i);
    }
}

/* Nested values: all sources behind one another, then the rows picked. */
static Vector *choose_nested(const KernelCall *call, const Vector *const *sources,
                             uint32_t source_count, const uint32_t *choices)
{
    VectorBuilder builder;

    builder_init(&builder, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        const Vector *from = choices[i] < source_count ? sources[choices[i]] : NULL;

        if (!from || !vector_is_valid(from, i) || (from->errors && vector_has_error(from, i)))
            builder_add_null(&builder);
        else
            builder_add_from(&builder, from, vector_row(from, i));
    }
    return builder_finish(&builder);
}

Vector *vector_choose(const KernelCall *call, const Vector *const *sources, uint32_t source_count,
                      const uint32_t *choices)
{
    bool nested = phys_bytes(type_phys(call->expr->type)) == 0;
    Vector *out;

    if (call->expr->type->kind == TYPE_VOID) {
        out = vector_null_flat(call->arena, call->expr->type, call->row_count);
        for (uint32_t k = 0; k < source_count; k++)
            copy_nulls_and_errors(call, out, sources[k], k, choices);
        return out;
    }
    out = nested ? choose_nested(call, sources, source_count, choices) : kernel_result(call);
    for (uint32_t s = 0; s < source_count; s++) {
        if (!nested)
            copy_chosen(call, out, sources[s], s, choices);
        copy_nulls_and_errors(call, out, sources[s], s, choices);
    }
    for (uint32_t i = 0; i < call->row_count && !nested; i++) {
        if (choices[i] == CHOOSE_NULL)
            vector_set_null(call->arena, out, i);
    }
    return out;
}
