#include "sink/store_sink.h"

#include <stdlib.h>

#include "sink/kept_rows.h"

typedef struct StoreSink {
    Sink sink;
    SinkConfig config;
    /* Between prepare and commit. */
    Arena arena;
    const Batch *prepared; /* NULL: nothing was written in the epoch. */
    SinkOutput **outputs;  /* What `prepared` may share memory with. */
    uint32_t output_count;
} StoreSink;

struct SinkOutput {
    KeptRows *rows;
};

typedef struct StoreSinkWriter {
    SinkWriter writer;
    StoreSink *sink;
    KeptRows *rows; /* NULL: nothing written in this epoch. */
    Arena arena;    /* Of one batch. */
} StoreSinkWriter;

static void output_free(SinkOutput *output)
{
    if (!output)
        return;
    kept_rows_free(output->rows);
    free(output);
}

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static bool store_writer_create(Sink *sink, SinkWriter **out, Error *err)
{
    StoreSinkWriter *writer = mem_zalloc(sizeof *writer);

    (void)err;
    writer->writer.sink = sink;
    writer->sink = (StoreSink *)sink;
    arena_init(&writer->arena);
    *out = &writer->writer;
    return true;
}

static void store_writer_free(SinkWriter *sink_writer)
{
    StoreSinkWriter *writer = (StoreSinkWriter *)sink_writer;

    if (!writer)
        return;
    kept_rows_free(writer->rows);
    arena_done(&writer->arena);
    free(writer);
}

static bool store_write(SinkWriter *sink_writer, const Batch *batch, Error *err)
{
    StoreSinkWriter *writer = (StoreSinkWriter *)sink_writer;
    const SinkConfig *config = &writer->sink->config;

    arena_reset(&writer->arena);
    if (!sink_leave_out_null_keys(sink_writer, config, "a column of the primary key is NULL",
                                  &writer->arena, &batch, err))
        return false;
    if (batch->row_count)
        kept_rows_add(&writer->rows, config, batch);
    return true;
}

static bool store_end_epoch(SinkWriter *sink_writer, SinkOutput **out, Error *err)
{
    StoreSinkWriter *writer = (StoreSinkWriter *)sink_writer;

    (void)err;
    *out = NULL;
    if (writer->rows) {
        *out = mem_zalloc(sizeof **out);
        (*out)->rows = writer->rows;
    }
    writer->rows = NULL;
    return true;
}

/* ── the committer's side ──────────────────────────────────────────────────────────────────────*/

static void forget_prepared(StoreSink *sink)
{
    for (uint32_t i = 0; i < sink->output_count; i++)
        output_free(sink->outputs[i]);
    sink->outputs = NULL;
    sink->output_count = 0;
    sink->prepared = NULL;
    arena_reset(&sink->arena);
}

/* All rows of the epoch become one batch: the store sorts it by key and writes the last row of
 * each. */
static bool store_prepare(Sink *sink, int64_t epoch, SinkOutput **outputs, uint32_t output_count,
                          Error *err)
{
    StoreSink *self = (StoreSink *)sink;
    VEC(const Batch *) parts = {0};

    (void)epoch;
    (void)err;
    forget_prepared(self);
    self->outputs = arena_copy(&self->arena, outputs, output_count * sizeof *outputs);
    self->output_count = output_count;
    for (uint32_t i = 0; i < output_count; i++) {
        const KeptRows *rows = outputs[i]->rows;

        for (size_t b = 0; b < rows->batches.count; b++)
            VEC_ADD_IN(&self->arena, &parts, rows->batches.items[b]);
    }
    if (parts.count == 1)
        self->prepared = parts.items[0];
    else if (parts.count > 1)
        self->prepared =
            batch_concat(&self->arena, self->config.schema, parts.items, (uint32_t)parts.count);
    return true;
}

static bool store_commit_rows(Sink *sink, int64_t epoch, StoreTxn *txn, Error *err)
{
    StoreSink *self = (StoreSink *)sink;

    (void)epoch;
    if (!self->prepared)
        return true;
    return self->config.key_count ? store_upsert(txn, self->config.table, self->prepared, err)
                                  : store_insert(txn, self->config.table, self->prepared, err);
}

static void store_committed(Sink *sink, int64_t epoch)
{
    (void)epoch;
    forget_prepared((StoreSink *)sink);
}

static bool store_recover(Sink *sink, int64_t epoch, Error *err)
{
    (void)epoch;
    (void)err;
    forget_prepared((StoreSink *)sink); /* In the store itself there is nothing beyond a commit. */
    return true;
}

static void store_free(Sink *sink)
{
    StoreSink *self = (StoreSink *)sink;

    forget_prepared(self);
    arena_done(&self->arena);
    free(self);
}

static const SinkMethods store_methods = {
    .name = "store",
    .writer_create = store_writer_create,
    .write = store_write,
    .end_epoch = store_end_epoch,
    .writer_free = store_writer_free,
    .output_free = output_free,
    .prepare = store_prepare,
    .commit = store_commit_rows,
    .committed = store_committed,
    .recover = store_recover,
    .free = store_free,
};

bool store_sink_open(const SinkConfig *config, Sink **out, Error *err)
{
    StoreSink *sink = mem_zalloc(sizeof *sink);

    (void)err;
    sink->sink.methods = &store_methods;
    sink->config = *config;
    arena_init(&sink->arena);
    *out = &sink->sink;
    return true;
}
