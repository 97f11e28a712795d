/*
 * store_sink.c: what a worker wrote in an epoch is kept as one list of batches; with a primary key
 * it is thinned out to the last row of each key whenever it has doubled, so a hot key costs no
 * memory.
 */
#include "sink/store_sink.h"

#include <stdlib.h>

#include "base/vec.h"
#include "column/key.h"

enum { THIN_ROWS_MIN = 16384 };

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
    Arena arena;
    VEC(const Batch *) batches;
    uint32_t row_count;
};

typedef struct StoreSinkWriter {
    SinkWriter writer;
    StoreSink *sink;
    SinkOutput *output; /* NULL: nothing written in this epoch. */
    uint32_t thin_at;   /* So many rows are too many. */
    Arena arena;        /* Of one batch. */
} StoreSinkWriter;

static SinkOutput *output_create(void)
{
    SinkOutput *output = mem_zalloc(sizeof *output);

    arena_init(&output->arena);
    return output;
}

static void output_free(SinkOutput *output)
{
    if (!output)
        return;
    arena_done(&output->arena);
    VEC_DONE(&output->batches);
    free(output);
}

/* A copy of the batch's columns. */
static void output_add(SinkOutput *output, const Batch *batch)
{
    Batch bare = *batch;

    bare.watermark_us = NULL;
    bare.origin = NULL;
    VEC_ADD(&output->batches, batch_copy(&output->arena, &bare));
    output->row_count += batch->row_count;
}

static Batch *output_concat(const SinkOutput *output, const Schema *schema, Arena *arena)
{
    return batch_concat(arena, schema, output->batches.items, (uint32_t)output->batches.count);
}

/* ── the last row of each key ──────────────────────────────────────────────────────────────────*/

/* A set of rows by key: open addressing, rows + 1, 0 is free. */
static bool set_add(uint32_t *slots, uint32_t slot_count, const KeySet *keys, uint32_t row_i)
{
    uint32_t at = (uint32_t)keys->hashes[row_i] & (slot_count - 1);

    while (slots[at]) {
        if (str_equal(keys->keys[slots[at] - 1], keys->keys[row_i]))
            return false;
        at = (at + 1) & (slot_count - 1);
    }
    slots[at] = row_i + 1;
    return true;
}

/* Rows that no later row of the same key follows, in their order; `rows` has room for all. */
static uint32_t last_rows(Arena *arena, const SinkConfig *config, const Batch *batch,
                          uint32_t *rows)
{
    const Vector **columns = ARENA_ARRAY(arena, const Vector *, config->key_count);
    uint32_t slot_count = 16;
    uint32_t from = batch->row_count;
    uint32_t *slots;
    KeySet keys;

    for (uint32_t i = 0; i < config->key_count; i++)
        columns[i] = batch->columns[config->key_columns[i]];
    key_encode(arena, columns, config->key_count, batch->row_count, &keys);
    while (slot_count < batch->row_count * 2)
        slot_count *= 2;
    slots = arena_zalloc(arena, slot_count * sizeof *slots);
    for (uint32_t i = batch->row_count; i-- > 0;) {
        if (set_add(slots, slot_count, &keys, i))
            rows[--from] = i;
    }
    memmove(rows, rows + from, (batch->row_count - from) * sizeof *rows);
    return batch->row_count - from;
}

static void writer_thin(StoreSinkWriter *writer)
{
    SinkOutput *full = writer->output;
    const SinkConfig *config = &writer->sink->config;
    Batch *all = output_concat(full, config->schema, &full->arena);
    uint32_t *rows = ARENA_ARRAY(&full->arena, uint32_t, all->row_count);
    uint32_t row_count = last_rows(&full->arena, config, all, rows);

    writer->output = output_create();
    output_add(writer->output, batch_select(&full->arena, all, rows, row_count));
    writer->thin_at = MAX(row_count * 2, (uint32_t)THIN_ROWS_MIN);
    output_free(full);
}

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static bool store_writer_create(Sink *sink, SinkWriter **out, Error *err)
{
    StoreSinkWriter *writer = mem_zalloc(sizeof *writer);

    (void)err;
    writer->writer.sink = sink;
    writer->sink = (StoreSink *)sink;
    writer->thin_at = THIN_ROWS_MIN;
    arena_init(&writer->arena);
    *out = &writer->writer;
    return true;
}

static void store_writer_free(SinkWriter *sink_writer)
{
    StoreSinkWriter *writer = (StoreSinkWriter *)sink_writer;

    if (!writer)
        return;
    output_free(writer->output);
    arena_done(&writer->arena);
    free(writer);
}

static bool tell_null_key(StoreSinkWriter *writer, const Batch *batch, uint32_t row_i, Error *err)
{
    static const char message[] = "a column of the primary key is NULL";

    if (!writer->writer.on_null_key)
        return error_set(err, ERROR_DATA, "%s", message);
    return writer->writer.on_null_key(writer->writer.self, batch, row_i, message, err);
}

static bool has_null_key(const SinkConfig *config, const Batch *batch, uint32_t row_i)
{
    for (uint32_t i = 0; i < config->key_count; i++) {
        if (!vector_is_valid(batch->columns[config->key_columns[i]], row_i))
            return true;
    }
    return false;
}

/* The rows whose key is whole; the others are told of. */
static bool leave_out_null_keys(StoreSinkWriter *writer, const Batch **batch, Error *err)
{
    const SinkConfig *config = &writer->sink->config;
    bool may_have = false;
    uint32_t *rows;
    uint32_t row_count = 0;

    for (uint32_t i = 0; i < config->key_count; i++)
        may_have = may_have || (*batch)->columns[config->key_columns[i]]->valid;
    if (!may_have)
        return true;
    rows = ARENA_ARRAY(&writer->arena, uint32_t, (*batch)->row_count);
    for (uint32_t i = 0; i < (*batch)->row_count; i++) {
        if (!has_null_key(config, *batch, i))
            rows[row_count++] = i;
        else if (!tell_null_key(writer, *batch, i, err))
            return false;
    }
    if (row_count < (*batch)->row_count)
        *batch = batch_select(&writer->arena, *batch, rows, row_count);
    return true;
}

static bool store_write(SinkWriter *sink_writer, const Batch *batch, Error *err)
{
    StoreSinkWriter *writer = (StoreSinkWriter *)sink_writer;

    arena_reset(&writer->arena);
    if (!leave_out_null_keys(writer, &batch, err))
        return false;
    if (batch->row_count == 0)
        return true;
    if (!writer->output)
        writer->output = output_create();
    output_add(writer->output, batch);
    if (writer->sink->config.key_count && writer->output->row_count >= writer->thin_at)
        writer_thin(writer);
    return true;
}

static bool store_end_epoch(SinkWriter *sink_writer, SinkOutput **out, Error *err)
{
    StoreSinkWriter *writer = (StoreSinkWriter *)sink_writer;

    (void)err;
    *out = writer->output;
    writer->output = NULL;
    writer->thin_at = THIN_ROWS_MIN;
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
        for (size_t b = 0; b < outputs[i]->batches.count; b++)
            VEC_ADD_IN(&self->arena, &parts, outputs[i]->batches.items[b]);
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
