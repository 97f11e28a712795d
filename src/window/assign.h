/*
 * assign.h: which windows an event time belongs to.
 *
 * Windows are [start, end), of one size, every `slide`, aligned to 1970-01-01 00:00:00 UTC plus an
 * offset, whatever the session's zone. Tumbling: slide == size, one window a row. Hopping: slide <
 * size, up to ceil(size / slide) windows a row.
 *
 *     size 10, slide 5          |0...5...10...15...20
 *     t = 12 is in [5, 15)           |--------|
 *              and [10, 20)               |--------|
 *
 * Times may be negative; whatever overflows 64 bits of microseconds is no window.
 */
#ifndef WEIR_WINDOW_ASSIGN_H
#define WEIR_WINDOW_ASSIGN_H

#include <stdbool.h>
#include <stdint.h>

typedef struct WindowSpan {
    int64_t start_us, end_us;
} WindowSpan;

/* The start of the last window that begins at or before `time_us`; false when it overflows. */
static inline bool window_last_start(int64_t time_us, int64_t slide_us, int64_t offset_us,
                                     int64_t *start_us)
{
    int64_t since_us, into_us;

    if (__builtin_sub_overflow(time_us, offset_us, &since_us))
        return false;
    into_us = since_us % slide_us;
    if (into_us < 0)
        into_us += slide_us;
    return !__builtin_sub_overflow(time_us, into_us, start_us);
}

/* The windows of a time: `first` is the earliest, each next starts `slide_us` later. Returns how
 * many; 0 when there is none (a gap between windows: slide > size) or they overflow. */
static inline uint32_t window_assign(int64_t time_us, int64_t size_us, int64_t slide_us,
                                     int64_t offset_us, WindowSpan *first)
{
    int64_t start_us, end_us;
    int64_t more;

    if (!window_last_start(time_us, slide_us, offset_us, &start_us) ||
        __builtin_add_overflow(start_us, size_us, &end_us) || end_us <= time_us)
        return 0;
    /* How many slides back a window still reaches behind the time. */
    more = (end_us - time_us - 1) / slide_us;
    if (__builtin_sub_overflow(start_us, more * slide_us, &first->start_us))
        return 0;
    first->end_us = first->start_us + size_us;
    return (uint32_t)more + 1;
}

#endif
