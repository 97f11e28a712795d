/*
 * partition_look.h: how large a partition is, by its files, for who looks on beside its writer.
 *
 * Thread: any.
 */
#ifndef WEIR_LOG_PARTITION_LOOK_H
#define WEIR_LOG_PARTITION_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef struct PartitionFigures {
    int64_t start_offset; /* The first that is still there; 0: nothing was written. */
    int64_t bytes;        /* Of the logs, indexes not counted; what is not committed counts too. */
    int64_t segment_count;
} PartitionFigures;

bool partition_look(const char *dir, PartitionFigures *out, Error *err);

#endif
