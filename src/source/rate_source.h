/*
 * rate_source.h: Spark's rate source: rows of `timestamp` and `value`, so many a second.
 *
 * Row i has value i and timestamp start + i / rate, where start is when the source was first opened:
 * it is part of the position of partition 0's first row, so that reading again gives the same rows.
 * Rows are JSON records, decoded as any others.
 */
#ifndef WEIR_SOURCE_RATE_SOURCE_H
#define WEIR_SOURCE_RATE_SOURCE_H

#include "source/source.h"

typedef struct RateSourceConfig {
    int64_t rows_per_second;  /* > 0 */
    int32_t partition_count;  /* Row i is in partition i % partition_count. */
    int64_t row_count;        /* Ends after that many; INT64_MAX: never. */
    int64_t start_us;         /* Wall clock of row 0. */
} RateSourceConfig;

Source *rate_source_create(const RateSourceConfig *config);

#endif
