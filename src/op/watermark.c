/*
 * watermark.c: the operator that makes watermarks out of event times.
 *
 * It stands right behind a source. It gives each row the watermark its own partition had just before
 * it (batch.h), and sends down the minimum over this worker's partitions whenever that moves; the
 * rules are window/watermark.h's. Partitions' watermarks are state: a partition goes on where it was
 * on whatever worker owns it after a restart.
 */
#include "op/watermark.h"

#include "op/op_base.h"

#include <stdlib.h>

typedef struct WatermarkOp {
    Op op;
    WatermarkTracker tracker;
    bool told; /* Something was sent down since the start. */
} WatermarkOp;

/* Shared slot, key: i32 partition; value: version, u8 idle, i64 watermark. */
enum { PARTITION_VERSION = 1, PARTITION_BYTES = 10 };

static bool tell(WatermarkOp *self, Error *err)
{
    WatermarkTracker *tracker = &self->tracker;

    if (!watermark_advance(tracker) && self->told)
        return true;
    self->told = true;
    /* Even if it is the old one (or none yet): after WATERMARK_IDLE it says that rows come again. */
    if (!op_push_watermark(&self->op, tracker->now_us, err))
        return false;
    if (self->op.context->follows_clock)
        return true;
    return !tracker->all_idle || op_push_watermark(&self->op, WATERMARK_IDLE, err);
}

bool watermark_is_idle(const Op *op, int64_t *now_us)
{
    const WatermarkOp *self = (const WatermarkOp *)op;

    *now_us = self->tracker.now_us;
    return self->told && self->tracker.all_idle;
}

static bool watermark_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    WatermarkOp *self = (WatermarkOp *)op;
    const Vector *times = batch->columns[op->node->as.watermark.time_column];
    int32_t partition = batch->origin ? batch->origin->partition : 0;
    int64_t *before_us = ARENA_ARRAY(op->context->batch_arena, int64_t, batch->row_count);
    Batch *out = arena_copy(op->context->batch_arena, batch, sizeof *batch);

    watermark_rows(&self->tracker, partition, times, before_us);
    out->watermark_us = before_us;
    return op_push(op, out, err) && tell(self, err);
}

/* From outside: WATERMARK_END under --drain; the time of the flow, when all is quiet here. */
static bool watermark_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    WatermarkOp *self = (WatermarkOp *)op;

    self->told = true;
    if (watermark_us == WATERMARK_IDLE)
        self->tracker.all_idle = true;
    else
        self->tracker.now_us = MAX(self->tracker.now_us, watermark_us);
    return op_push_watermark(op, watermark_us, err);
}

static bool watermark_partition_event(Op *op, uint32_t input_i UNUSED, int32_t partition,
                                      PartitionEvent event, Error *err)
{
    WatermarkOp *self = (WatermarkOp *)op;
    WatermarkPartition *part = watermark_partition(&self->tracker, partition);

    switch (event) {
    case PARTITION_ADDED:
        /* Others may follow which are further behind: nothing is told before all are known. */
        part->owned = true;
        return true;
    case PARTITION_GONE:
        part->owned = false;
        break;
    case PARTITION_IDLE:
    case PARTITION_ACTIVE:
        part->owned = true;
        part->changed |= part->idle != (event == PARTITION_IDLE);
        part->idle = event == PARTITION_IDLE;
        break;
    }
    return tell(self, err);
}

static void save_partition(const WatermarkOp *self, const WatermarkPartition *part,
                           CheckpointWriter *writer)
{
    char value[PARTITION_BYTES] = {PARTITION_VERSION, part->idle};

    memcpy(value + 2, &part->watermark_us, sizeof part->watermark_us);
    checkpoint_put(writer, self->op.node->id, CHECKPOINT_SLOT_SHARED, 0,
                   (Str){(const char *)&part->partition, sizeof part->partition},
                   (Str){value, sizeof value});
}

static bool watermark_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    WatermarkOp *self = (WatermarkOp *)op;

    /* A worker without partitions holds nothing back. */
    if (!self->told && !tell(self, err))
        return false;
    for (size_t i = 0; barrier->writer && i < self->tracker.partitions.count; i++) {
        WatermarkPartition *part = &self->tracker.partitions.items[i];

        /* Owned by nobody here: another worker writes it. */
        if (part->owned && (part->changed || barrier->full))
            save_partition(self, part, barrier->writer);
        part->changed = false;
    }
    return op_push_barrier(op, barrier, err);
}

static bool watermark_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    WatermarkOp *self = (WatermarkOp *)op;
    WatermarkPartition *part;
    int32_t partition;

    if (entry->key.bytes != sizeof partition || entry->value.bytes != PARTITION_BYTES ||
        entry->value.data[0] != PARTITION_VERSION)
        return op_bad_entry(op, entry, err);
    memcpy(&partition, entry->key.data, sizeof partition);
    part = watermark_partition(&self->tracker, partition);
    part->idle = entry->value.data[1] != 0;
    memcpy(&part->watermark_us, entry->value.data + 2, sizeof part->watermark_us);
    return true;
}

static void watermark_free(Op *op)
{
    watermark_done(&((WatermarkOp *)op)->tracker);
    free(op);
}

static const OpMethods watermark_methods = {
    .name = "Watermark",
    .on_batch = watermark_batch,
    .on_watermark = watermark_watermark,
    .on_barrier = watermark_barrier,
    .on_end = op_pass_end,
    .on_partition = watermark_partition_event,
    .restore = watermark_restore,
    .free = watermark_free,
};

bool watermark_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    WatermarkOp *self = OP_NEW(WatermarkOp, &watermark_methods, node, context);

    watermark_init(&self->tracker, node->as.watermark.delay_us);
    *out = &self->op;
    return true;
}
