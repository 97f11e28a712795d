/*
 * starting.h: where a new flow begins to read a topic: the option 'starting'.
 *
 *     earliest | latest
 *     2026-01-31 12:00:00        the first record of that time or later, in each partition
 *     0:100,1:250                offsets by partition; partitions not named: from the first record
 */
#ifndef WEIR_PLAN_STARTING_H
#define WEIR_PLAN_STARTING_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "column/zone.h"

typedef enum StartingKind {
    STARTING_EARLIEST,
    STARTING_LATEST,
    STARTING_TIME,
    STARTING_OFFSETS,
} StartingKind;

typedef struct Starting {
    StartingKind kind;
    int64_t time_ms;
    const int64_t *offsets; /* By partition; -1: not named. */
    int32_t offset_count;
} Starting;

/* Times without a zone are of `zone`. */
bool starting_parse(Arena *arena, Str text, const Zone *zone, Starting *out, Error *err);

#endif
