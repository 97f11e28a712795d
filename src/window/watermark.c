#include "window/watermark.h"

void watermark_init(WatermarkTracker *tracker, int64_t delay_us)
{
    *tracker = (WatermarkTracker){.delay_us = delay_us, .now_us = WATERMARK_NONE};
}

void watermark_done(WatermarkTracker *tracker)
{
    VEC_DONE(&tracker->partitions);
}

WatermarkPartition *watermark_partition(WatermarkTracker *tracker, int32_t partition)
{
    const WatermarkPartition fresh = {.partition = partition, .watermark_us = WATERMARK_NONE};
    size_t at = 0;

    while (at < tracker->partitions.count && tracker->partitions.items[at].partition < partition)
        at++;
    if (at < tracker->partitions.count && tracker->partitions.items[at].partition == partition)
        return &tracker->partitions.items[at];
    VEC_ADD(&tracker->partitions, fresh);
    memmove(tracker->partitions.items + at + 1, tracker->partitions.items + at,
            (tracker->partitions.count - 1 - at) * sizeof fresh);
    tracker->partitions.items[at] = fresh;
    return &tracker->partitions.items[at];
}

/* What an event time makes of the watermark. */
static int64_t watermark_of(int64_t time_us, int64_t delay_us)
{
    int64_t watermark_us;

    if (__builtin_sub_overflow(time_us, delay_us, &watermark_us))
        return delay_us > 0 ? WATERMARK_NONE + 1 : WATERMARK_TIME_MAX;
    return MIN(MAX(watermark_us, WATERMARK_NONE + 1), WATERMARK_TIME_MAX);
}

void watermark_rows(WatermarkTracker *tracker, int32_t partition, const Vector *times,
                    int64_t *before_us)
{
    WatermarkPartition *part = watermark_partition(tracker, partition);
    const int64_t *time_us = vector_i64(times);
    int64_t now_us = part->watermark_us;

    for (uint32_t i = 0; i < times->row_count; i++) {
        before_us[i] = now_us;
        if (vector_is_valid(times, i))
            now_us = MAX(now_us, watermark_of(time_us[vector_row(times, i)], tracker->delay_us));
    }
    if (now_us != part->watermark_us || part->idle || !part->owned)
        part->changed = true;
    part->watermark_us = now_us;
    /* A partition that shows rows is neither idle nor another's, whatever was said of it. */
    part->idle = false;
    part->owned = true;
}

bool watermark_advance(WatermarkTracker *tracker)
{
    WatermarkMerge merge = WATERMARK_MERGE_INIT;
    int64_t before_us = tracker->now_us;
    bool was_idle = tracker->all_idle;

    for (size_t i = 0; i < tracker->partitions.count; i++) {
        const WatermarkPartition *part = &tracker->partitions.items[i];

        if (part->owned)
            watermark_merge_add(&merge, part->watermark_us, part->idle);
    }
    tracker->now_us = watermark_merge_now(&merge, before_us);
    tracker->all_idle = merge.all_idle;
    return tracker->now_us != before_us || tracker->all_idle != was_idle;
}
