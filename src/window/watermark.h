/*
 * watermark.h: how far event time has come, partition by partition.
 *
 * A partition's watermark is the highest event time it has shown, less the delay; it never goes back.
 * Each row carries the watermark which its own partition had just before it (batch.h), by which the
 * row is judged late or not: that depends on the order within the partition alone, not on batches,
 * workers or other partitions.
 *
 * What closes windows is the minimum over the partitions that are not idle; when all are idle, the
 * maximum of their last watermarks (so that the end of a finite input does not depend on which
 * partition ended first). It never goes back either. A partition that has shown no row holds it at
 * WATERMARK_NONE.
 *
 * The same rule joins the inputs of an operator that has several (op/inputs.h): WatermarkMerge.
 */
#ifndef WEIR_WINDOW_WATERMARK_H
#define WEIR_WINDOW_WATERMARK_H

#include "base/vec.h"
#include "column/batch.h"

/* Times above that are taken for it: the values behind are marks (batch.h). */
#define WATERMARK_TIME_MAX (WATERMARK_IDLE - 1)

/* The rule above, over any parts: start with WATERMARK_MERGE_INIT, add each, ask. A part that has
 * ended (WATERMARK_END) no longer counts; but the whole has ended only when all parts have, for those
 * that are merely idle may still owe what their own end lets go. */
typedef struct WatermarkMerge {
    int64_t lowest_us;  /* Of the parts that are not idle. */
    int64_t highest_us; /* Of all. */
    bool all_idle;      /* Also when there are none. */
    bool any_ended, all_ended;
} WatermarkMerge;

#define WATERMARK_MERGE_INIT ((WatermarkMerge){INT64_MAX, WATERMARK_NONE, true, false, true})

static inline void watermark_merge_add(WatermarkMerge *merge, int64_t watermark_us, bool idle)
{
    if (watermark_us == WATERMARK_END) {
        merge->any_ended = true;
        return;
    }
    merge->all_ended = false;
    merge->highest_us = MAX(merge->highest_us, watermark_us);
    if (idle)
        return;
    merge->all_idle = false;
    merge->lowest_us = MIN(merge->lowest_us, watermark_us);
}

/* What holds now, given what held before. */
static inline int64_t watermark_merge_now(const WatermarkMerge *merge, int64_t before_us)
{
    if (merge->any_ended && merge->all_ended)
        return WATERMARK_END;
    return MAX(before_us, merge->all_idle ? merge->highest_us : merge->lowest_us);
}

/* Whether nothing holds back, for now. What has ended is not idle. */
static inline bool watermark_merge_idle(const WatermarkMerge *merge)
{
    return merge->all_idle && !(merge->any_ended && merge->all_ended);
}

typedef struct WatermarkPartition {
    int32_t partition;
    bool owned;   /* By this worker; else only remembered from a checkpoint. */
    bool idle;
    bool changed; /* Since the last checkpoint. */
    int64_t watermark_us;
} WatermarkPartition;

typedef struct WatermarkTracker {
    int64_t delay_us;
    VEC(WatermarkPartition) partitions; /* By partition. */
    int64_t now_us; /* What was last told downstream. */
    bool all_idle;
} WatermarkTracker;

void watermark_init(WatermarkTracker *tracker, int64_t delay_us);
void watermark_done(WatermarkTracker *tracker);
/* The entry of a partition, made when missing (not owned). Valid until the next call. */
WatermarkPartition *watermark_partition(WatermarkTracker *tracker, int32_t partition);
/* Notes the rows of a batch, all of `partition`: before_us[i] gets the watermark just before row i.
 * `times` is a TIMESTAMP; rows where it is NULL move nothing. */
void watermark_rows(WatermarkTracker *tracker, int32_t partition, const Vector *times,
                    int64_t *before_us);
/* Computes now_us and all_idle again; true when one of them changed. */
bool watermark_advance(WatermarkTracker *tracker);

/* Late: the window had ended by the watermark. [start, end) of `end_us` <= watermark can take no
 * row any more. */
static inline bool window_is_late(int64_t end_us, int64_t watermark_us)
{
    return end_us <= watermark_us;
}

#endif
