/*
 * window_function.h: functions that exist only over a window: row_number() OVER (...) and the like.
 *
 * Their rows in the catalog (catalog_window.c) say what kind they are; op/window_fn.c computes them
 * over whole partitions. Aggregates over a window are aggregates (aggregate.h).
 */
#ifndef WEIR_EXPR_WINDOW_FUNCTION_H
#define WEIR_EXPR_WINDOW_FUNCTION_H

#include "expr/function.h"

typedef enum WindowFunctionKind {
    WINDOW_ROW_NUMBER,
    WINDOW_RANK,
    WINDOW_DENSE_RANK,
    WINDOW_PERCENT_RANK,
    WINDOW_CUME_DIST,
    WINDOW_NTILE, /* number: how many buckets, > 0. */
    WINDOW_LAG,   /* number: how many rows; args: value, offset, default. */
    WINDOW_LEAD,
    WINDOW_NTH_VALUE, /* number: which row of the frame, from 1. */
} WindowFunctionKind;

/* `call` is of a function of class FUNCTION_WINDOW. */
WindowFunctionKind window_function_kind(const Expr *call);
int64_t window_function_number(const Expr *call);

#endif
