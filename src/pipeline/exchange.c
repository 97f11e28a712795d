#include "pipeline/exchange.h"

#include <stdlib.h>

#include "base/assert.h"
#include "column/key.h"
#include "window/watermark.h"

/* ── the receiving end ─────────────────────────────────────────────────────────────────────────*/

typedef struct ExchangeInput {
    int64_t watermark_us;
    bool idle;
    int64_t barrier_epoch; /* The last one it sent. */
} ExchangeInput;

typedef struct ExchangeIn {
    Op op;
    ExchangeInput *inputs; /* One a worker. */
    int64_t watermark_us;  /* Passed on last. */
    bool idle;
    int64_t barrier_epoch;
    bool chained; /* There is another exchange before it. */
} ExchangeIn;

static bool in_on_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    return op_push(op, batch, err);
}

/* Behind another exchange: its workers are all told the same watermarks, sooner or later, and one
 * that is told later must be waited for: idle or not, it may still owe rows for what it is told. */
static int64_t lowest_input(const ExchangeIn *in)
{
    int64_t lowest_us = WATERMARK_END;

    for (uint32_t w = 0; w < in->op.context->worker_count; w++)
        lowest_us = MIN(lowest_us, in->inputs[w].watermark_us);
    return lowest_us;
}

static bool in_on_watermark(Op *op, uint32_t input_i, int64_t watermark_us, Error *err)
{
    ExchangeIn *in = (ExchangeIn *)op;
    ExchangeInput *input = &in->inputs[input_i];
    WatermarkMerge merge = WATERMARK_MERGE_INIT;
    bool was_idle = in->idle;
    int64_t now_us;

    input->idle = watermark_us == WATERMARK_IDLE;
    if (!input->idle) {
        ASSERT(watermark_us >= input->watermark_us);
        input->watermark_us = watermark_us;
    }
    for (uint32_t w = 0; w < op->context->worker_count; w++)
        watermark_merge_add(&merge, in->inputs[w].watermark_us, in->inputs[w].idle);
    in->idle = watermark_merge_idle(&merge);
    now_us = in->chained ? lowest_input(in) : watermark_merge_now(&merge, in->watermark_us);
    if (now_us > in->watermark_us || (was_idle && !in->idle)) {
        in->watermark_us = MAX(in->watermark_us, now_us);
        if (!op_push_watermark(op, in->watermark_us, err))
            return false;
        was_idle = false;
    }
    return !in->idle || was_idle || op_push_watermark(op, WATERMARK_IDLE, err);
}

static bool in_on_barrier(Op *op, uint32_t input_i, const Barrier *barrier, Error *err)
{
    ExchangeIn *in = (ExchangeIn *)op;

    ASSERT(in->inputs[input_i].barrier_epoch < barrier->epoch);
    in->inputs[input_i].barrier_epoch = barrier->epoch;
    for (uint32_t w = 0; w < op->context->worker_count; w++) {
        if (in->inputs[w].barrier_epoch != barrier->epoch)
            return true;
    }
    return op_push_barrier(op, barrier, err);
}

static bool in_on_end(Op *op UNUSED, uint32_t input_i UNUSED, Error *err UNUSED)
{
    UNREACHABLE(); /* Streams do not end. */
}

static void in_free(Op *op)
{
    free(((ExchangeIn *)op)->inputs);
    free(op);
}

static const OpMethods in_methods = {
    .name = "exchange",
    .on_batch = in_on_batch,
    .on_watermark = in_on_watermark,
    .on_barrier = in_on_barrier,
    .on_end = in_on_end,
    .free = in_free,
};

static bool has_exchange(const Node *node)
{
    if (node->kind == NODE_EXCHANGE)
        return true;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (has_exchange(node_input(node, i)))
            return true;
    }
    return false;
}

Op *exchange_in_create(const Node *node, OpContext *context)
{
    ExchangeIn *in = mem_zalloc(sizeof *in);

    in->op = (Op){.methods = &in_methods, .node = node, .context = context};
    in->inputs = mem_zalloc(context->worker_count * sizeof *in->inputs);
    in->watermark_us = WATERMARK_NONE;
    in->chained = has_exchange(node->inputs[0]);
    for (uint32_t w = 0; w < context->worker_count; w++)
        in->inputs[w] = (ExchangeInput){.watermark_us = WATERMARK_NONE, .barrier_epoch = -1};
    return &in->op;
}

/* ── the sending end ───────────────────────────────────────────────────────────────────────────*/

typedef struct ExchangeOut {
    Op op;
    Op *const *ends;
    Mailbox *const *mailboxes;
    const WorkerEpoch *epoch;
    uint32_t *counts; /* Rows for each worker, of the batch at hand. */
} ExchangeOut;

static bool send(ExchangeOut *out, uint32_t worker_i, const Batch *batch, Error *err)
{
    Op *op = &out->op;

    op->rows_out += batch->row_count;
    if (worker_i == op->context->worker_i) {
        Op *end = out->ends[worker_i];

        end->rows_in += batch->row_count;
        return end->methods->on_batch(end, worker_i, batch, err);
    }
    mailbox_post_batch(out->mailboxes[worker_i], op->context->worker_i, out->epoch->epoch,
                       out->ends[worker_i], batch);
    return true;
}

static bool out_on_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    ExchangeOut *out = (ExchangeOut *)op;
    const ExchangeNode *node = &op->node->as.exchange;
    Arena *arena = op->context->batch_arena;
    uint32_t worker_count = op->context->worker_count;
    const Vector **keys;
    KeySet key_set;
    uint32_t *workers;
    uint32_t *rows;
    uint32_t start = 0;

    if (batch->row_count == 0)
        return true;
    if (node->key_count == 0 || worker_count == 1)
        return send(out, 0, batch, err);
    keys = ARENA_ARRAY(arena, const Vector *, node->key_count);
    for (uint32_t k = 0; k < node->key_count; k++)
        keys[k] = batch->columns[node->key_columns[k]];
    key_encode(arena, keys, node->key_count, batch->row_count, &key_set);

    /* A counting sort of the rows by their worker. */
    memset(out->counts, 0, worker_count * sizeof *out->counts);
    workers = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    rows = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        workers[i] = key_group_worker(key_group(key_set.hashes[i]), worker_count);
        out->counts[workers[i]]++;
    }
    for (uint32_t w = 0; w < worker_count; w++) {
        uint32_t count = out->counts[w];

        out->counts[w] = start;
        start += count;
    }
    for (uint32_t i = 0; i < batch->row_count; i++)
        rows[out->counts[workers[i]]++] = i;
    start = 0;
    for (uint32_t w = 0; w < worker_count; w++) {
        uint32_t end = out->counts[w];

        if (end > start &&
            !send(out, w, batch_select(arena, batch, rows + start, end - start), err))
            return false;
        start = end;
    }
    return true;
}

static bool out_on_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    ExchangeOut *out = (ExchangeOut *)op;
    uint32_t me = op->context->worker_i;

    for (uint32_t w = 0; w < op->context->worker_count; w++) {
        if (w != me)
            mailbox_post_watermark(out->mailboxes[w], me, out->epoch->epoch, out->ends[w],
                                   watermark_us);
    }
    return out->ends[me]->methods->on_watermark(out->ends[me], me, watermark_us, err);
}

static bool out_on_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    ExchangeOut *out = (ExchangeOut *)op;
    uint32_t me = op->context->worker_i;

    for (uint32_t w = 0; w < op->context->worker_count; w++) {
        if (w != me)
            mailbox_post_barrier(out->mailboxes[w], me, out->ends[w], barrier->epoch,
                                 barrier->full);
    }
    return out->ends[me]->methods->on_barrier(out->ends[me], me, barrier, err);
}

static bool out_on_end(Op *op UNUSED, uint32_t input_i UNUSED, Error *err UNUSED)
{
    UNREACHABLE();
}

static void out_free(Op *op)
{
    free(((ExchangeOut *)op)->counts);
    free(op);
}

static const OpMethods out_methods = {
    .name = "exchange",
    .on_batch = out_on_batch,
    .on_watermark = out_on_watermark,
    .on_barrier = out_on_barrier,
    .on_end = out_on_end,
    .free = out_free,
};

Op *exchange_out_create(const Node *node, OpContext *context, Op *const *ends,
                        Mailbox *const *mailboxes, const WorkerEpoch *epoch)
{
    ExchangeOut *out = mem_zalloc(sizeof *out);

    out->op = (Op){.methods = &out_methods, .node = node, .context = context};
    out->ends = ends;
    out->mailboxes = mailboxes;
    out->epoch = epoch;
    out->counts = mem_zalloc(context->worker_count * sizeof *out->counts);
    return &out->op;
}
