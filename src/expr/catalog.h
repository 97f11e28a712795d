/*
 * catalog.h: the tables that make the one catalog (function.c), a family each.
 *
 * To add a function: one row in its family's table, one kernel in the same file (README.md).
 */
#ifndef WEIR_EXPR_CATALOG_H
#define WEIR_EXPR_CATALOG_H

#include "expr/function.h"

typedef struct FunctionTable {
    const Function *rows;
    size_t row_count;
} FunctionTable;

#define FUNCTION_TABLE_OF(rows)                                                                    \
    {                                                                                              \
        (rows), COUNT_OF(rows)                                                                     \
    }

extern const FunctionTable catalog_agg_moments, catalog_agg_sum, catalog_agg_value,
    catalog_arithmetic, catalog_cast, catalog_compare, catalog_conditional, catalog_interval;

#endif
