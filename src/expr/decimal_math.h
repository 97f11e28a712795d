/*
 * decimal_math.h: exact arithmetic on unscaled decimals, past 128 bits where it must be.
 *
 * All results are rounded HALF_UP to the scale asked for. False: more than 38 digits.
 */
#ifndef WEIR_EXPR_DECIMAL_MATH_H
#define WEIR_EXPR_DECIMAL_MATH_H

#include "column/format_value.h"

bool decimal_add(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out);
bool decimal_multiply(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out);
/* b is not 0. */
bool decimal_divide(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out);
/* a - b * trunc(a / b), at the larger scale and then rounded to `scale`. b is not 0. */
bool decimal_remainder(Int128 a, int a_scale, Int128 b, int b_scale, int scale, Int128 *out);
/* -1, 0, 1. */
int decimal_compare(Int128 a, int a_scale, Int128 b, int b_scale);

#endif
