/*
 * vector_compare.c: SQL's order and sameness of two values.
 *
 * key.c encodes the same order and the same sameness as bytes; test_key.c holds the two together.
 */
#include "base/assert.h"
#include "column/vector.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* NaN above all, equal to itself; -0.0 equals 0.0 as C has it. */
static int double_order(double a, double b)
{
    if (a < b)
        return -1;
    if (a > b)
        return 1;
    if (a == b)
        return 0;
    return (a != a) - (b != b);
}

static int interval_order(const Interval *a, const Interval *b)
{
    int order = ORDER(a->months, b->months);

    if (!order)
        order = ORDER(a->days, b->days);
    return order ? order : ORDER(a->us, b->us);
}

/* Two values either of which may be NULL; NULL comes first. */
static int element_compare(const Vector *a, uint32_t a_row, const Vector *b, uint32_t b_row)
{
    bool a_valid = vector_is_valid(a, a_row);
    bool b_valid = vector_is_valid(b, b_row);

    if (!a_valid || !b_valid)
        return (int)a_valid - (int)b_valid;
    return vector_compare(a, a_row, b, b_row);
}

static int list_compare(const Vector *a, uint32_t a_at, const Vector *b, uint32_t b_at)
{
    uint32_t a_count = a->offsets[a_at + 1] - a->offsets[a_at];
    uint32_t b_count = b->offsets[b_at + 1] - b->offsets[b_at];

    for (uint32_t i = 0; i < MIN(a_count, b_count); i++) {
        for (uint32_t f = 0; f < a->type->field_count; f++) {
            int order = element_compare(a->children[f], a->offsets[a_at] + i, b->children[f],
                                        b->offsets[b_at] + i);

            if (order)
                return order;
        }
    }
    return ORDER(a_count, b_count);
}

int vector_compare(const Vector *a, uint32_t a_row, const Vector *b, uint32_t b_row)
{
    uint32_t a_at = vector_row(a, a_row);
    uint32_t b_at = vector_row(b, b_row);

    switch (type_phys(a->type)) {
    case PHYS_VOID:
        return 0;
    case PHYS_BOOL:
        return ORDER(vector_bools(a)[a_at], vector_bools(b)[b_at]);
    case PHYS_I8:
        return ORDER(vector_i8(a)[a_at], vector_i8(b)[b_at]);
    case PHYS_I16:
        return ORDER(vector_i16(a)[a_at], vector_i16(b)[b_at]);
    case PHYS_I32:
        return ORDER(vector_i32(a)[a_at], vector_i32(b)[b_at]);
    case PHYS_I64:
        return ORDER(vector_i64(a)[a_at], vector_i64(b)[b_at]);
    case PHYS_F32:
        return double_order((double)vector_f32(a)[a_at], (double)vector_f32(b)[b_at]);
    case PHYS_F64:
        return double_order(vector_f64(a)[a_at], vector_f64(b)[b_at]);
    case PHYS_I128:
        return ORDER(vector_i128(a)[a_at], vector_i128(b)[b_at]);
    case PHYS_STR: {
        int order = str_compare(vector_strs(a)[a_at], vector_strs(b)[b_at]);

        return ORDER(order, 0);
    }
    case PHYS_INTERVAL:
        return interval_order(&vector_intervals(a)[a_at], &vector_intervals(b)[b_at]);
    case PHYS_LIST:
    case PHYS_MAP:
        return list_compare(a, a_at, b, b_at);
    case PHYS_STRUCT:
        for (uint32_t f = 0; f < a->type->field_count; f++) {
            int order = element_compare(a->children[f], a_row, b->children[f], b_row);

            if (order)
                return order;
        }
        return 0;
    }
    UNREACHABLE();
}

/* Maps are the same when they hold the same entries, in whatever order; keys occur once. */
static bool map_same(const Vector *a, uint32_t a_at, const Vector *b, uint32_t b_at)
{
    uint32_t a_from = a->offsets[a_at];
    uint32_t b_from = b->offsets[b_at];
    uint32_t count = a->offsets[a_at + 1] - a_from;

    if (b->offsets[b_at + 1] - b_from != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = 0;

        while (j < count &&
               !vector_same(a->children[0], a_from + i, b->children[0], b_from + j))
            j++;
        if (j == count || !vector_same(a->children[1], a_from + i, b->children[1], b_from + j))
            return false;
    }
    return true;
}

bool vector_same(const Vector *a, uint32_t a_row, const Vector *b, uint32_t b_row)
{
    bool a_valid = vector_is_valid(a, a_row);
    uint32_t a_at = vector_row(a, a_row);
    uint32_t b_at = vector_row(b, b_row);
    PhysKind phys = type_phys(a->type);

    if (a_valid != vector_is_valid(b, b_row))
        return false;
    if (!a_valid)
        return true;
    if (phys == PHYS_MAP)
        return map_same(a, a_at, b, b_at);
    if (phys == PHYS_LIST) {
        uint32_t count = a->offsets[a_at + 1] - a->offsets[a_at];

        if (b->offsets[b_at + 1] - b->offsets[b_at] != count)
            return false;
        for (uint32_t i = 0; i < count; i++) {
            if (!vector_same(a->children[0], a->offsets[a_at] + i, b->children[0],
                             b->offsets[b_at] + i))
                return false;
        }
        return true;
    }
    if (phys == PHYS_STRUCT) {
        for (uint32_t f = 0; f < a->type->field_count; f++) {
            if (!vector_same(a->children[f], a_row, b->children[f], b_row))
                return false;
        }
        return true;
    }
    return vector_compare(a, a_row, b, b_row) == 0;
}
