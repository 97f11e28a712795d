/*
 * compare.c: the loops of = <> < <= > >= (compare.h).
 *
 * Three loops a type are enough: a > b is b < a, a >= b is b <= a, a <> b is not a = b.
 */
#include "expr/compare.h"

#include <math.h>

#include "base/assert.h"
#include "expr/decimal_math.h"

#define COMPARE_LOOP(name, type, condition)                                                        \
    static void name(const Vector *a, const Vector *b, uint32_t n, uint8_t *restrict out)          \
    {                                                                                              \
        const type *restrict left = a->data, *restrict right = b->data;                            \
                                                                                                   \
        if (a->is_constant && b->is_constant) {                                                    \
            type x = left[0], y = right[0];                                                        \
            memset(out, (condition), n);                                                           \
        } else if (a->is_constant) {                                                               \
            type x = left[0];                                                                      \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                type y = right[i];                                                                 \
                out[i] = (condition);                                                              \
            }                                                                                      \
        } else if (b->is_constant) {                                                               \
            type y = right[0];                                                                     \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                type x = left[i];                                                                  \
                out[i] = (condition);                                                              \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t i = 0; i < n; i++) {                                                     \
                type x = left[i], y = right[i];                                                    \
                out[i] = (condition);                                                              \
            }                                                                                      \
        }                                                                                          \
    }

#define INTEGER_LOOPS(suffix, type)                                                                \
    COMPARE_LOOP(eq_##suffix, type, x == y)                                                        \
    COMPARE_LOOP(lt_##suffix, type, x < y)                                                         \
    COMPARE_LOOP(le_##suffix, type, x <= y)

/* x != x: NaN. */
#define FLOAT_LOOPS(suffix, type)                                                                  \
    COMPARE_LOOP(eq_##suffix, type, (x == y) | ((x != x) & (y != y)))                              \
    COMPARE_LOOP(lt_##suffix, type, (x < y) | ((x == x) & (y != y)))                               \
    COMPARE_LOOP(le_##suffix, type, (x <= y) | (y != y))

INTEGER_LOOPS(u8, uint8_t)
INTEGER_LOOPS(i8, int8_t)
INTEGER_LOOPS(i16, int16_t)
INTEGER_LOOPS(i32, int32_t)
INTEGER_LOOPS(i64, int64_t)
INTEGER_LOOPS(i128, Int128)
FLOAT_LOOPS(f32, float)
FLOAT_LOOPS(f64, double)
COMPARE_LOOP(eq_str, Str, str_equal(x, y))
COMPARE_LOOP(lt_str, Str, str_compare(x, y) < 0)
COMPARE_LOOP(le_str, Str, str_compare(x, y) <= 0)

typedef void (*CompareLoop)(const Vector *a, const Vector *b, uint32_t n, uint8_t *out);

static const struct {
    CompareLoop eq, lt, le;
} loops_of[] = {
    [PHYS_BOOL] = {eq_u8, lt_u8, le_u8},   [PHYS_I8] = {eq_i8, lt_i8, le_i8},
    [PHYS_I16] = {eq_i16, lt_i16, le_i16}, [PHYS_I32] = {eq_i32, lt_i32, le_i32},
    [PHYS_I64] = {eq_i64, lt_i64, le_i64}, [PHYS_F32] = {eq_f32, lt_f32, le_f32},
    [PHYS_F64] = {eq_f64, lt_f64, le_f64}, [PHYS_I128] = {eq_i128, lt_i128, le_i128},
    [PHYS_STR] = {eq_str, lt_str, le_str},
};

static bool order_holds(CompareOp op, int order)
{
    switch (op) {
    case COMPARE_EQ:
        return order == 0;
    case COMPARE_NE:
        return order != 0;
    case COMPARE_LT:
        return order < 0;
    case COMPARE_LE:
        return order <= 0;
    case COMPARE_GT:
        return order > 0;
    case COMPARE_GE:
        return order >= 0;
    }
    UNREACHABLE();
}

/* Nested values, and whatever has no loop; rows that are NULL are not looked at. */
static void compare_slowly(CompareOp op, const Vector *a, const Vector *b, uint32_t n, uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = vector_row(a, i), y = vector_row(b, i);

        out[i] = vector_is_valid(a, i) && vector_is_valid(b, i) && !vector_has_error(a, i) &&
                 !vector_has_error(b, i) && order_holds(op, vector_compare(a, x, b, y));
    }
}

static void compare_scales(CompareOp op, const Vector *a, const Vector *b, uint32_t n, uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = vector_is_valid(a, i) && vector_is_valid(b, i) &&
                 order_holds(op, decimal_compare(vector_i128(a)[vector_row(a, i)], a->type->scale,
                                                 vector_i128(b)[vector_row(b, i)], b->type->scale));
}

void compare_columns(CompareOp op, const Vector *a, const Vector *b, uint32_t row_count,
                     uint8_t *out)
{
    PhysKind phys = type_phys(a->type);

    if (phys == PHYS_I128 && a->type->scale != b->type->scale) {
        compare_scales(op, a, b, row_count, out);
        return;
    }
    if ((size_t)phys >= COUNT_OF(loops_of) || !loops_of[phys].eq) {
        compare_slowly(op, a, b, row_count, out);
        return;
    }
    switch (op) {
    case COMPARE_EQ:
        loops_of[phys].eq(a, b, row_count, out);
        break;
    case COMPARE_NE:
        loops_of[phys].eq(a, b, row_count, out);
        for (uint32_t i = 0; i < row_count; i++)
            out[i] ^= 1;
        break;
    case COMPARE_LT:
        loops_of[phys].lt(a, b, row_count, out);
        break;
    case COMPARE_LE:
        loops_of[phys].le(a, b, row_count, out);
        break;
    case COMPARE_GT:
        loops_of[phys].lt(b, a, row_count, out);
        break;
    case COMPARE_GE:
        loops_of[phys].le(b, a, row_count, out);
        break;
    }
}
