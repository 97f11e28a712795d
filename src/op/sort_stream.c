/*
 * sort_stream.c: ORDER BY in a stream: rows leave, in order, once the watermark has closed their
 * time.
 *
 * The first sort key is the event time or the window (the planner sees to that), so no row still to
 * come can stand before one whose time is closed. Rows of one closing time are sorted and given
 * together (time_rows.h). LIMIT and OFFSET count the rows given since the stream began.
 *
 * The planner has brought all rows to one worker: everything is in key group 0.
 *
 * In checkpoints: slot 0 and the shared slot: time_rows.h; slot 1: "seen", rows given or left out
 * by OFFSET so far.
 */
#include <stdlib.h>

#include "op/op_base.h"
#include "op/row_sorter.h"
#include "op/time_rows.h"

enum { SEEN_VERSION = 1, SLOT_SEEN = 1 };

typedef struct StreamSort {
    Op op;
    const SortNode *node;
    TimeRows rows;
    RowSorter sorter; /* Rows of the time that is being closed. */
    int64_t end;      /* Of LIMIT, counted as `seen`. */
    int64_t seen;
    bool seen_changed;
    Arena scratch;
} StreamSort;

static bool stream_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    StreamSort *self = (StreamSort *)op;

    return time_rows_add(&self->rows, batch, self->seen < self->end, err);
}

/* ── giving them ───────────────────────────────────────────────────────────────────────────────*/

/* Gives all rows of one closing time, as far as LIMIT and OFFSET let them through. */
static bool release(StreamSort *self, Error *err)
{
    int64_t count = (int64_t)self->sorter.rows.count;
    int64_t from = MIN(MAX(self->node->offset - self->seen, 0), count);
    int64_t to = MIN(MAX(self->end - self->seen, 0), count);
    bool ok;

    row_sorter_sort(&self->sorter);
    ok = row_sorter_push(&self->sorter, &self->op, (size_t)from, (size_t)to, err);
    row_sorter_clear(&self->sorter);
    self->seen += count;
    self->seen_changed = true;
    return ok;
}

static bool take_rows(Op *op, const Batch *rows, bool last, Error *err)
{
    StreamSort *self = (StreamSort *)op;

    row_sorter_add(&self->sorter, rows, NULL,
                   batch_order_keys(&self->scratch, rows, self->node->columns, self->node->keys,
                                    self->node->key_count));
    arena_reset(&self->scratch);
    return !last || release(self, err);
}

static bool stream_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    return time_rows_advance(&((StreamSort *)op)->rows, watermark_us, take_rows, err) &&
           op_push_watermark(op, watermark_us, err);
}

static bool stream_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    return time_rows_end(&((StreamSort *)op)->rows, take_rows, err) && op_push_end(op, err);
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

static void save_seen(const StreamSort *self, CheckpointWriter *writer)
{
    char value[9] = {SEEN_VERSION};

    memcpy(value + 1, &self->seen, sizeof self->seen);
    checkpoint_put(writer, self->op.node->id, SLOT_SEEN, 0, STR("seen"),
                   (Str){value, sizeof value});
}

static bool stream_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    StreamSort *self = (StreamSort *)op;

    time_rows_save(&self->rows, barrier);
    if (barrier->writer && self->seen > 0 && (self->seen_changed || barrier->full))
        save_seen(self, barrier->writer);
    if (barrier->writer)
        self->seen_changed = false;
    return op_push_barrier(op, barrier, err);
}

static bool restore_seen(StreamSort *self, const CheckpointEntry *entry)
{
    if (entry->slot != SLOT_SEEN || !str_equal(entry->key, STR("seen")) ||
        entry->value.bytes != 9 || entry->value.data[0] != SEEN_VERSION)
        return false;
    memcpy(&self->seen, entry->value.data + 1, sizeof self->seen);
    return self->seen >= 0;
}

static bool stream_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    StreamSort *self = (StreamSort *)op;

    return time_rows_restore(&self->rows, entry) || restore_seen(self, entry) ||
           op_bad_entry(op, entry, err);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static int64_t stream_bytes(const Op *op)
{
    return (int64_t)time_rows_bytes(&((const StreamSort *)op)->rows);
}

static void stream_free(Op *op)
{
    StreamSort *self = (StreamSort *)op;

    time_rows_done(&self->rows);
    row_sorter_done(&self->sorter);
    arena_done(&self->scratch);
    free(self);
}

static const OpMethods stream_sort_methods = {
    .name = "Sort",
    .on_batch = stream_batch,
    .on_watermark = stream_watermark,
    .on_barrier = stream_barrier,
    .on_end = stream_end,
    .restore = stream_restore,
    .state_bytes = stream_bytes,
    .free = stream_free,
};

bool sort_stream_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    StreamSort *self = OP_NEW(StreamSort, &stream_sort_methods, node, context);

    self->node = &node->as.sort;
    self->end = INT64_MAX;
    if (self->node->limit >= 0 &&
        __builtin_add_overflow(self->node->offset, self->node->limit, &self->end))
        self->end = INT64_MAX;
    time_rows_init(&self->rows, &self->op, (uint32_t)self->node->time_key, NULL, 0);
    row_sorter_init(&self->sorter, &node->inputs[0]->schema);
    arena_init(&self->scratch);
    *out = &self->op;
    return true;
}
