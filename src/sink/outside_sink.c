#include "sink/outside_sink.h"

#include <stdlib.h>

#include "sink/deliverer.h"
#include "sink/kept_rows.h"
#include "sink/outbox.h"

enum { CHUNK_BYTES = 1 << 20, ENCODE_ROWS = BATCH_ROWS_DEFAULT };

typedef struct OutsideSink {
    Sink sink;
    SinkConfig config;
    OutsideSinkOptions options;
    Outside *outside;
    Outbox *outbox;
    Deliverer *deliverer; /* NULL: not started. */
    int64_t epoch;        /* The last committed. */
} OutsideSink;

struct SinkOutput {
    OutboxPart *part;
};

typedef struct OutsideSinkWriter {
    SinkWriter writer;
    OutsideSink *sink;
    OutsideEncoder *encoder;
    KeptRows *rows;   /* Keyed: of this epoch, until the barrier. */
    OutboxPart *part; /* NULL: nothing encoded in this epoch. */
    Arena arena;      /* Of one batch. */
} OutsideSinkWriter;

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static void output_free(SinkOutput *output)
{
    if (!output)
        return;
    outbox_part_free(output->part);
    free(output);
}

static bool refuse_row(void *self, const Batch *batch, uint32_t row_i, const char *reason,
                       const char *message, Str bytes, Error *err)
{
    return sink_refuse(&((OutsideSinkWriter *)self)->writer, batch, row_i, reason, message, bytes,
                       err);
}

static bool outside_writer_create(Sink *sink, SinkWriter **out, Error *err)
{
    OutsideSink *self = (OutsideSink *)sink;
    OutsideSinkWriter *writer = mem_zalloc(sizeof *writer);

    if (!self->outside->methods->encoder_create(self->outside, &writer->encoder, err)) {
        free(writer);
        return false;
    }
    writer->writer.sink = sink;
    writer->sink = self;
    writer->encoder->refuse = refuse_row;
    writer->encoder->self = writer;
    arena_init(&writer->arena);
    *out = &writer->writer;
    return true;
}

static void outside_writer_free(SinkWriter *sink_writer)
{
    OutsideSinkWriter *writer = (OutsideSinkWriter *)sink_writer;

    if (!writer)
        return;
    writer->sink->outside->methods->encoder_free(writer->encoder);
    kept_rows_free(writer->rows);
    outbox_part_free(writer->part);
    arena_done(&writer->arena);
    free(writer);
}

static bool take_chunk(OutsideSinkWriter *writer, Error *err)
{
    Str chunk = writer->sink->outside->methods->encoder_take(writer->encoder);

    if (chunk.bytes == 0)
        return true;
    if (!writer->part)
        writer->part = outbox_part_create();
    return outbox_part_add(writer->part, chunk, err);
}

static bool encode(OutsideSinkWriter *writer, const Batch *batch, Error *err)
{
    for (uint32_t from = 0; from < batch->row_count; from += ENCODE_ROWS) {
        uint32_t row_count = MIN(batch->row_count - from, (uint32_t)ENCODE_ROWS);
        const Batch *some = row_count == batch->row_count
                                ? batch
                                : batch_slice(&writer->arena, batch, from, row_count);

        if (!writer->sink->outside->methods->encode(writer->encoder, some, err) ||
            (writer->encoder->bytes >= CHUNK_BYTES && !take_chunk(writer, err)))
            return false;
    }
    return true;
}

/* Leaves out the rows that the system cannot keep. */
static bool leave_out_refused(OutsideSinkWriter *writer, const Batch **batch, Error *err)
{
    const Outside *outside = writer->sink->outside;
    uint32_t *rows;
    uint32_t row_count = 0;

    if (!outside->methods->refuses)
        return true;
    rows = ARENA_ARRAY(&writer->arena, uint32_t, (*batch)->row_count + 1);
    for (uint32_t i = 0; i < (*batch)->row_count; i++) {
        const char *why = outside->methods->refuses(outside, *batch, i);

        if (!why)
            rows[row_count++] = i;
        else if (!sink_refuse(&writer->writer, *batch, i, "not_storable", why, (Str){NULL, 0}, err))
            return false;
    }
    if (row_count < (*batch)->row_count)
        *batch = batch_select(&writer->arena, *batch, rows, row_count);
    return true;
}

static bool outside_write(SinkWriter *sink_writer, const Batch *batch, Error *err)
{
    OutsideSinkWriter *writer = (OutsideSinkWriter *)sink_writer;
    const OutsideSink *sink = writer->sink;

    arena_reset(&writer->arena);
    if (!sink_leave_out_null_keys(sink_writer, &sink->config,
                                  sink->outside->keyed ? "a column of the primary key is NULL"
                                                       : "a column of the key is NULL",
                                  &writer->arena, &batch, err) ||
        !leave_out_refused(writer, &batch, err))
        return false;
    if (batch->row_count == 0)
        return true;
    if (!sink->outside->keyed)
        return encode(writer, batch, err);
    kept_rows_add(&writer->rows, &sink->config, batch);
    return true;
}

static bool outside_end_epoch(SinkWriter *sink_writer, SinkOutput **out, Error *err)
{
    OutsideSinkWriter *writer = (OutsideSinkWriter *)sink_writer;

    *out = NULL;
    arena_reset(&writer->arena);
    if (writer->rows) {
        kept_rows_thin(&writer->rows, &writer->sink->config);
        for (size_t i = 0; i < writer->rows->batches.count; i++) {
            if (!encode(writer, writer->rows->batches.items[i], err))
                return false;
        }
        kept_rows_free(writer->rows);
        writer->rows = NULL;
    }
    if (!take_chunk(writer, err))
        return false;
    if (writer->part) {
        *out = mem_zalloc(sizeof **out);
        (*out)->part = writer->part;
        writer->part = NULL;
    }
    return true;
}

/* ── the committer's side ──────────────────────────────────────────────────────────────────────*/

static bool outside_prepare(Sink *sink, int64_t epoch, SinkOutput **outputs, uint32_t output_count,
                            Error *err)
{
    OutsideSink *self = (OutsideSink *)sink;
    OutboxPart **parts = mem_alloc((output_count + 1) * sizeof *parts);
    bool ok;

    for (uint32_t i = 0; i < output_count; i++)
        parts[i] = outputs[i]->part;
    ok = output_count == 0 || outbox_append(self->outbox, epoch, parts, output_count, err);
    for (uint32_t i = 0; i < output_count; i++)
        output_free(outputs[i]);
    free(parts);
    return ok;
}

static bool outside_commit(Sink *sink, int64_t epoch, StoreTxn *txn, Error *err)
{
    (void)epoch;
    return outbox_commit(((OutsideSink *)sink)->outbox, txn, err);
}

static void outside_committed(Sink *sink, int64_t epoch)
{
    OutsideSink *self = (OutsideSink *)sink;

    self->epoch = epoch;
    outbox_committed(self->outbox);
    if (self->deliverer)
        deliverer_wake(self->deliverer);
}

static bool outside_recover(Sink *sink, int64_t epoch, Error *err)
{
    OutsideSink *self = (OutsideSink *)sink;

    self->epoch = epoch;
    return outbox_recover(self->outbox, err);
}

static bool outside_housekeeping(Sink *sink, Error *err)
{
    return outbox_trim(((OutsideSink *)sink)->outbox, err);
}

static void outside_start(Sink *sink, void (*wake)(void *self), void *wake_self)
{
    OutsideSink *self = (OutsideSink *)sink;
    const DelivererConfig config = {
        .outbox = self->outbox,
        .outside = self->outside,
        .run_id = self->options.run_id,
        .epoch = self->epoch,
        .forgotten = self->options.forgotten,
        .wake = wake,
        .self = wake_self,
    };

    self->deliverer = deliverer_start(&config);
}

static void outside_stop(Sink *sink)
{
    OutsideSink *self = (OutsideSink *)sink;

    deliverer_stop(self->deliverer);
    self->deliverer = NULL;
}

static void outside_look(Sink *sink, SinkDelivery *out)
{
    OutsideSink *self = (OutsideSink *)sink;

    *out = (SinkDelivery){0};
    if (self->deliverer)
        deliverer_look(self->deliverer, out);
    out->settled = outbox_is_empty(self->outbox);
    out->noted = outbox_is_noted(self->outbox);
    out->begins = outbox_begins(self->outbox);
    out->waiting_bytes = outbox_waiting_bytes(self->outbox);
    out->full = out->waiting_bytes > self->options.limit_bytes;
}

static void outside_free(Sink *sink)
{
    OutsideSink *self = (OutsideSink *)sink;

    outside_stop(sink);
    outbox_close(self->outbox);
    self->outside->methods->free(self->outside);
    free(self);
}

static const SinkMethods outside_methods = {
    .name = "outside",
    .writer_create = outside_writer_create,
    .write = outside_write,
    .end_epoch = outside_end_epoch,
    .writer_free = outside_writer_free,
    .output_free = output_free,
    .prepare = outside_prepare,
    .commit = outside_commit,
    .committed = outside_committed,
    .recover = outside_recover,
    .housekeeping = outside_housekeeping,
    .start = outside_start,
    .stop = outside_stop,
    .look = outside_look,
    .free = outside_free,
};

Outside *outside_sink_outside(Sink *sink)
{
    return sink->methods == &outside_methods ? ((OutsideSink *)sink)->outside : NULL;
}

bool outside_sink_open(const SinkConfig *config, const OutsideSinkOptions *options,
                       Outside *outside, Sink **out, Error *err)
{
    OutsideSink *sink = mem_zalloc(sizeof *sink);

    sink->sink.methods = &outside_methods;
    sink->config = *config;
    sink->options = *options;
    sink->options.store = NULL;
    sink->outside = outside;
    if (!outbox_open(config->topic, options->store, &sink->outbox, err)) {
        outside_free(&sink->sink);
        return false;
    }
    *out = &sink->sink;
    return true;
}
