/*
 * compare.h: comparing two columns into a column of booleans.
 *
 * The order is SQL's total one: NaN is equal to itself and above all, -0.0 equals 0.0; strings by
 * bytes. Decimals may differ in scale; else both sides are of one type.
 */
#ifndef WEIR_EXPR_COMPARE_H
#define WEIR_EXPR_COMPARE_H

#include "expr/kernel.h"

typedef enum CompareOp {
    COMPARE_EQ,
    COMPARE_NE,
    COMPARE_LT,
    COMPARE_LE,
    COMPARE_GT,
    COMPARE_GE
} CompareOp;

/* out[i] is 0 or 1 for each of row_count rows, NULL rows included (any value there). */
void compare_columns(CompareOp op, const Vector *a, const Vector *b, uint32_t row_count,
                     uint8_t *out);

#endif
