/*
 * catalog.h: the tables that make the one catalog (function.c), a family each.
 *
 * To add a function: one row in its family's table, one kernel in the same file (README.md).
 */
#ifndef WEIR_EXPR_CATALOG_H
#define WEIR_EXPR_CATALOG_H

#include "expr/bind.h"

typedef struct FunctionTable {
    const Function *rows;
    size_t row_count;
} FunctionTable;

#define FUNCTION_TABLE_OF(rows)                                                                    \
    {                                                                                              \
        (rows), COUNT_OF(rows)                                                                     \
    }

/* The row of a scalar function that is strict, takes constants as they are, and whose signature
 * says all there is to check. */
#define FUNCTION_ROW(group_, name_, signature_, kernel_, extra_, doc_, example_)                   \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 0, .arg_max = -1,             \
        .bind = bind_signature, .signature = signature_, .kernel = kernel_, .extra = extra_,       \
        .group = group_, .doc = doc_, .example = example_                                          \
    }

/* Every table, one a line, sorted. */
#define CATALOG_TABLES(TABLE)                                                                      \
    TABLE(aes)                                                                                     \
    TABLE(agg_bitmap)                                                                              \
    TABLE(agg_by_many)                                                                             \
    TABLE(agg_collect)                                                                             \
    TABLE(agg_moments)                                                                             \
    TABLE(agg_percentile)                                                                          \
    TABLE(agg_sum)                                                                                 \
    TABLE(agg_value)                                                                               \
    TABLE(arithmetic)                                                                              \
    TABLE(array)                                                                                   \
    TABLE(array_order)                                                                             \
    TABLE(bit)                                                                                     \
    TABLE(bitmap)                                                                                  \
    TABLE(cast)                                                                                    \
    TABLE(compare)                                                                                 \
    TABLE(conditional)                                                                             \
    TABLE(csv)                                                                                     \
    TABLE(date_math)                                                                               \
    TABLE(date_part)                                                                               \
    TABLE(datetime)                                                                                \
    TABLE(encoding)                                                                                \
    TABLE(format_string)                                                                           \
    TABLE(generator)                                                                               \
    TABLE(hash)                                                                                    \
    TABLE(interval)                                                                                \
    TABLE(json)                                                                                    \
    TABLE(lambda)                                                                                  \
    TABLE(lambda_map)                                                                              \
    TABLE(like)                                                                                    \
    TABLE(map)                                                                                     \
    TABLE(math)                                                                                    \
    TABLE(misc)                                                                                    \
    TABLE(number_format)                                                                           \
    TABLE(random)                                                                                  \
    TABLE(regexp)                                                                                  \
    TABLE(round)                                                                                   \
    TABLE(sentences)                                                                               \
    TABLE(string)                                                                                  \
    TABLE(string_search)                                                                           \
    TABLE(struct)                                                                                  \
    TABLE(text)                                                                                    \
    TABLE(url)                                                                                     \
    TABLE(window)

#define CATALOG_DECLARE(name) extern const FunctionTable catalog_##name;
CATALOG_TABLES(CATALOG_DECLARE)
#undef CATALOG_DECLARE

#endif
