/*
 * generator.h: what every generator promises: explode, posexplode, inline, stack, json_tuple, ...
 *
 * A generator makes any number of rows out of each input row. Its call's type is a STRUCT of its
 * columns (explode of a MAP: key, value), whose names the query may replace. It works on a whole
 * batch, as kernels do: arguments are flat (not constant) and have row_count rows.
 *
 * The operator (op/generate.c) puts the kept columns of the input beside the rows made, and adds
 * the rows of OUTER (NULLs where a row gave none): generators know nothing of either. A row that
 * cannot be computed gives one output row, with the error in its first column (vector.h, 6).
 */
#ifndef WEIR_EXPR_GENERATOR_H
#define WEIR_EXPR_GENERATOR_H

#include "expr/function.h"

typedef struct GeneratorRows {
    uint32_t row_count;
    const uint32_t *rows; /* From which input row each came; rises. In the call's arena. */
    Vector **columns;     /* One a field of the call's type. */
} GeneratorRows;

#endif
