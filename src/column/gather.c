#include "column/gather.h"

/* One loop a width: the compiler knows how many bytes it moves. */
#define DEFINE_GATHER(name, Value)                                                                 \
    static void name(const Batch *const *parts, uint32_t column_i, const RowPlace *places,         \
                     Vector *out)                                                                  \
    {                                                                                              \
        for (uint32_t i = 0; i < out->row_count; i++) {                                            \
            const Vector *v = parts[places[i].part_i]->columns[column_i];                          \
                                                                                                   \
            ((Value *)out->data)[i] = ((const Value *)v->data)[vector_row(v, places[i].row_i)];    \
        }                                                                                          \
    }

DEFINE_GATHER(gather_1, uint8_t)
DEFINE_GATHER(gather_2, uint16_t)
DEFINE_GATHER(gather_4, uint32_t)
DEFINE_GATHER(gather_8, uint64_t)
DEFINE_GATHER(gather_i128, Int128)
DEFINE_GATHER(gather_str, Str)
DEFINE_GATHER(gather_interval, Interval)

typedef void (*Gather)(const Batch *const *parts, uint32_t column_i, const RowPlace *places,
                       Vector *out);

/* NULL: nested, or without data. */
static Gather gather_of(PhysKind phys)
{
    static const Gather gathers[] = {
        [PHYS_BOOL] = gather_1,  [PHYS_I8] = gather_1,
        [PHYS_I16] = gather_2,   [PHYS_I32] = gather_4,
        [PHYS_F32] = gather_4,   [PHYS_I64] = gather_8,
        [PHYS_F64] = gather_8,   [PHYS_I128] = gather_i128,
        [PHYS_STR] = gather_str, [PHYS_INTERVAL] = gather_interval,
        [PHYS_STRUCT] = NULL,
    };

    return gathers[phys];
}

Vector *batch_gather_column(Arena *arena, const Type *type, const Batch *const *parts,
                            uint32_t column_i, const RowPlace *places, uint32_t row_count)
{
    Gather gather = gather_of(type_phys(type));
    VectorBuilder b;
    Vector *out;

    if (gather) {
        out = vector_new(arena, type, row_count);
        gather(parts, column_i, places, out);
        for (uint32_t i = 0; i < row_count; i++) {
            const Vector *v = parts[places[i].part_i]->columns[column_i];

            if (UNLIKELY(!vector_is_valid(v, places[i].row_i)))
                vector_set_null(arena, out, i);
        }
        return out;
    }
    builder_init(&b, arena, type, row_count);
    for (uint32_t i = 0; i < row_count; i++)
        builder_add_from(&b, parts[places[i].part_i]->columns[column_i], places[i].row_i);
    return builder_finish(&b);
}

Batch *batch_gather(Arena *arena, const Schema *schema, const Batch *const *parts,
                    const RowPlace *places, uint32_t row_count)
{
    Batch *out = batch_new(arena, schema->column_count, row_count);

    for (uint32_t c = 0; c < schema->column_count; c++)
        out->columns[c] =
            batch_gather_column(arena, schema->columns[c].type, parts, c, places, row_count);
    return out;
}
