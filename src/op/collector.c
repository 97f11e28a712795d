#include "op/collector.h"

#include "op/op_base.h"

static bool collector_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Collector *self = (Collector *)op;

    self->row_count += batch->row_count;
    if (self->row_limit && self->row_count > self->row_limit)
        return error_set(err, ERROR_USER,
                         "the result has more than %llu rows; add a LIMIT, or write it to a table",
                         (unsigned long long)self->row_limit);
    VEC_ADD(&self->batches, batch_copy(self->arena, batch));
    return true;
}

static bool collector_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us,
                                Error *err UNUSED)
{
    ((Collector *)op)->watermark_us = watermark_us;
    return true;
}

static bool collector_barrier(Op *op UNUSED, uint32_t input_i UNUSED,
                              const Barrier *barrier UNUSED, Error *err UNUSED)
{
    return true;
}

static bool collector_end(Op *op, uint32_t input_i UNUSED, Error *err UNUSED)
{
    ((Collector *)op)->end_count++;
    return true;
}

static void collector_free(Op *op)
{
    collector_done((Collector *)op);
}

static const OpMethods collector_methods = {
    .name = "Collector",
    .on_batch = collector_batch,
    .on_watermark = collector_watermark,
    .on_barrier = collector_barrier,
    .on_end = collector_end,
    .free = collector_free,
};

void collector_init(Collector *collector, OpContext *context, Arena *arena, uint64_t row_limit)
{
    *collector = (Collector){
        .op = {.methods = &collector_methods, .context = context},
        .arena = arena,
        .watermark_us = WATERMARK_NONE,
        .row_limit = row_limit,
    };
}

void collector_done(Collector *collector)
{
    VEC_DONE(&collector->batches);
}

Batch *collector_rows(const Collector *collector, Arena *arena, const Schema *schema)
{
    return batch_concat(arena, schema, collector->batches.items,
                        (uint32_t)collector->batches.count);
}
