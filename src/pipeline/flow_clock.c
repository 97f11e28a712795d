#include "pipeline/flow_clock.h"

#include "op/watermark.h"
#include "window/watermark.h"

typedef struct ClockSlot {
    _Atomic int64_t watermark_us;
    _Atomic bool idle;
} ClockSlot;

struct FlowClock {
    uint32_t watermark_count; /* Operators on each worker. */
    uint32_t slot_count;
    ClockSlot slots[];        /* By worker. */
};

static uint32_t count_watermarks(const Node *node)
{
    uint32_t count = node->kind == NODE_WATERMARK;

    for (uint32_t i = 0; i < node->input_count; i++)
        count += count_watermarks(node_input(node, i));
    return count;
}

FlowClock *flow_clock_create(Arena *arena, const Node *plan, uint32_t worker_count)
{
    uint32_t count = count_watermarks(plan);
    FlowClock *clock;

    if (count < 2)
        return NULL;
    clock = arena_zalloc(arena, sizeof *clock + (size_t)count * worker_count * sizeof(ClockSlot));
    clock->watermark_count = count;
    clock->slot_count = count * worker_count;
    for (uint32_t i = 0; i < clock->slot_count; i++)
        atomic_init(&clock->slots[i].watermark_us, WATERMARK_NONE);
    return clock;
}

static bool others_are_idle(const FlowClock *clock, uint32_t worker_i)
{
    for (uint32_t i = 0; i < clock->slot_count; i++) {
        if (i / clock->watermark_count != worker_i && atomic_load(&clock->slots[i].idle))
            return true;
    }
    return false;
}

bool flow_clock_tell(FlowClock *clock, uint32_t worker_i, const Graph *graph)
{
    ClockSlot *slot = &clock->slots[worker_i * clock->watermark_count];
    bool changed = false, moved = false;

    for (size_t i = 0; i < graph->op_count; i++) {
        const Op *op = graph->ops[i];
        int64_t now_us;
        bool idle;

        if (!op->node || op->node->kind != NODE_WATERMARK)
            continue;
        idle = watermark_is_idle(op, &now_us);
        moved |= atomic_load(&slot->watermark_us) != now_us;
        changed |= atomic_load(&slot->idle) != idle;
        atomic_store(&slot->watermark_us, now_us);
        atomic_store(&slot->idle, idle);
        slot++;
    }
    return changed || (moved && others_are_idle(clock, worker_i));
}

static int64_t flow_time(const FlowClock *clock)
{
    WatermarkMerge merge = WATERMARK_MERGE_INIT;

    for (uint32_t i = 0; i < clock->slot_count; i++)
        watermark_merge_add(&merge, atomic_load(&clock->slots[i].watermark_us),
                            atomic_load(&clock->slots[i].idle));
    return watermark_merge_now(&merge, WATERMARK_NONE);
}

bool flow_clock_follow(const FlowClock *clock, const Graph *graph, bool *moved, Error *err)
{
    int64_t time_us = flow_time(clock);

    for (size_t i = 0; i < graph->op_count; i++) {
        Op *op = graph->ops[i];
        int64_t now_us;

        if (!op->node || op->node->kind != NODE_WATERMARK || !watermark_is_idle(op, &now_us) ||
            now_us >= time_us)
            continue;
        *moved = true;
        if (!op->methods->on_watermark(op, 0, time_us, err))
            return false;
    }
    return true;
}
