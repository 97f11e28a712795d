/*
 * nexmark_source.h: Nexmark's events, made as they are read: one partition, position = event number.
 *
 * With a count all events are there at once, and the source ends after them; without one an event is
 * there when its event time, counted from when the source was opened, has come.
 */
#ifndef WEIR_SOURCE_NEXMARK_SOURCE_H
#define WEIR_SOURCE_NEXMARK_SOURCE_H

#include "generate/options.h"
#include "source/source.h"

typedef struct NexmarkSourceConfig {
    GenerateOptions generator; /* seed, rate, base_time_us, first_…, out_of_order_group */
    int64_t event_count;       /* -1: without end. */
} NexmarkSourceConfig;

/* ERROR_USER: options out of their range. */
bool nexmark_source_create(const NexmarkSourceConfig *config, Source **out, Error *err);

#endif
