/*
 * topic_sink.c: encoding happens on the workers, all else is topic_writer.c's.
 *
 * An output is one buffer with the bytes of all its records, and where each begins: what the log
 * takes in is copied from there once, on the committer's thread.
 */
#include "sink/topic_sink.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "column/format_value.h"
#include "format/format.h"
#include "os/os.h"
#include "sink/topic_writer.h"

typedef struct TopicSink {
    Sink sink;
    SinkConfig config;
    Field *key_fields; /* Of the key columns, ... */
    Schema key_schema; /* ... for their JSON when they are several. */
    TopicWriter *writer;
    int64_t retention_us; /* Monotonic: when retention was last applied. */
} TopicSink;

enum { RETENTION_EVERY_US = 60000000 };

/* Key, then value, one behind the other in the output's bytes. */
typedef struct OutputRecord {
    size_t key_from;
    uint32_t key_bytes;
    uint32_t value_bytes;
} OutputRecord;

struct SinkOutput {
    StrBuf bytes;
    VEC(OutputRecord) records;
};

typedef struct TopicSinkWriter {
    SinkWriter writer;
    TopicSink *sink;
    Encoder *encoder;
    Encoder *key_encoder; /* Several key columns; else NULL. */
    SinkOutput *output;   /* NULL: nothing written in this epoch. */
    Arena arena;          /* Of one batch. */
} TopicSinkWriter;

static void output_free(SinkOutput *output)
{
    if (!output)
        return;
    strbuf_done(&output->bytes);
    VEC_DONE(&output->records);
    free(output);
}

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static void topic_sink_writer_free(SinkWriter *sink_writer)
{
    TopicSinkWriter *writer = (TopicSinkWriter *)sink_writer;

    if (!writer)
        return;
    if (writer->encoder)
        writer->encoder->methods->free(writer->encoder);
    if (writer->key_encoder)
        writer->key_encoder->methods->free(writer->key_encoder);
    output_free(writer->output);
    arena_done(&writer->arena);
    free(writer);
}

static bool topic_sink_writer_create(Sink *sink, SinkWriter **out, Error *err)
{
    TopicSink *self = (TopicSink *)sink;
    const SinkConfig *config = &self->config;
    const FormatOptions options = {FORMAT_STRICT, config->zone, config->format_options};
    const FormatOptions key_options = {FORMAT_STRICT, config->zone, STR_EMPTY};
    const Format *format = format_find(config->format);
    TopicSinkWriter *writer = mem_zalloc(sizeof *writer);

    writer->writer.sink = sink;
    writer->sink = self;
    arena_init(&writer->arena);
    if (!format) {
        error_set(err, ERROR_USER, "there is no format '%.*s'", STR_ARG(config->format));
        goto fail;
    }
    if (!format->encoder_create(config->schema, &options, &writer->encoder, err))
        goto fail;
    if (config->key_count > 1 &&
        !format_find(STR("json"))
             ->encoder_create(&self->key_schema, &key_options, &writer->key_encoder, err))
        goto fail;
    *out = &writer->writer;
    return true;

fail:
    topic_sink_writer_free(&writer->writer);
    return false;
}

/* The key columns alone, for the key's encoder. */
static Batch *key_batch(TopicSinkWriter *writer, const Batch *batch)
{
    const SinkConfig *config = &writer->sink->config;
    Batch *keys = batch_new(&writer->arena, config->key_count, batch->row_count);

    for (uint32_t i = 0; i < config->key_count; i++)
        keys->columns[i] = batch->columns[config->key_columns[i]];
    return keys;
}

static bool key_is_null(const Batch *keys, uint32_t row_i)
{
    for (uint32_t i = 0; i < keys->column_count; i++) {
        if (!vector_is_valid(keys->columns[i], row_i))
            return true;
    }
    return false;
}

static bool tell_null_key(TopicSinkWriter *writer, const Batch *batch, uint32_t row_i, Error *err)
{
    static const char message[] = "a column of the topic's key is NULL";

    if (!writer->writer.on_null_key)
        return error_set(err, ERROR_DATA, "%s", message);
    return writer->writer.on_null_key(writer->writer.self, batch, row_i, message, err);
}

static void add_key(TopicSinkWriter *writer, const Batch *keys, uint32_t row_i, StrBuf *out)
{
    if (writer->key_encoder)
        writer->key_encoder->methods->encode(writer->key_encoder, keys, row_i, out);
    else if (keys->column_count == 1)
        value_to_text(out, keys->columns[0], row_i, writer->sink->config.zone);
}

static bool add_record(TopicSinkWriter *writer, const Batch *batch, const Batch *keys,
                       uint32_t row_i, Error *err)
{
    SinkOutput *output = writer->output;
    OutputRecord record = {.key_from = output->bytes.bytes};
    size_t key_end;

    add_key(writer, keys, row_i, &output->bytes);
    key_end = output->bytes.bytes;
    writer->encoder->methods->encode(writer->encoder, batch, row_i, &output->bytes);
    if (output->bytes.bytes - record.key_from > RECORD_BYTES_MAX / 2)
        return error_set(err, ERROR_USER, "a row of %zu bytes is too long for a topic's record",
                         output->bytes.bytes - record.key_from);
    record.key_bytes = (uint32_t)(key_end - record.key_from);
    record.value_bytes = (uint32_t)(output->bytes.bytes - key_end);
    VEC_ADD(&output->records, record);
    return true;
}

static bool topic_write(SinkWriter *sink_writer, const Batch *batch, Error *err)
{
    TopicSinkWriter *writer = (TopicSinkWriter *)sink_writer;
    Batch *keys;

    if (!writer->output)
        writer->output = mem_zalloc(sizeof *writer->output);
    arena_reset(&writer->arena);
    keys = key_batch(writer, batch);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        if (key_is_null(keys, i) ? !tell_null_key(writer, batch, i, err)
                                 : !add_record(writer, batch, keys, i, err))
            return false;
    }
    return true;
}

static bool topic_end_epoch(SinkWriter *sink_writer, SinkOutput **out, Error *err)
{
    TopicSinkWriter *writer = (TopicSinkWriter *)sink_writer;

    (void)err;
    *out = writer->output;
    writer->output = NULL;
    return true;
}

/* ── the committer's side ──────────────────────────────────────────────────────────────────────*/

static bool append_output(TopicSink *sink, const SinkOutput *output, int64_t now_ms, Error *err)
{
    bool has_key = sink->config.key_count > 0;

    for (size_t i = 0; i < output->records.count; i++) {
        const OutputRecord *at = &output->records.items[i];
        const char *bytes = output->bytes.data + at->key_from;
        const LogRecord record = {
            .key = {bytes, at->key_bytes},
            .key_null = !has_key,
            .value = {bytes + at->key_bytes, at->value_bytes},
            .timestamp_ms = now_ms,
        };

        if (!topic_writer_append(sink->writer, &record, err))
            return false;
    }
    return true;
}

static bool topic_prepare(Sink *sink, int64_t epoch, SinkOutput **outputs, uint32_t output_count,
                          Error *err)
{
    TopicSink *self = (TopicSink *)sink;
    int64_t now_ms = os_realtime_us() / 1000;
    bool ok = true;

    (void)epoch;
    if (os_monotonic_us() - self->retention_us > RETENTION_EVERY_US) {
        self->retention_us = os_monotonic_us();
        ok = topic_writer_apply_retention(self->writer, err);
    }
    for (uint32_t i = 0; i < output_count; i++) {
        ok = ok && append_output(self, outputs[i], now_ms, err);
        output_free(outputs[i]);
    }
    return ok && topic_writer_sync(self->writer, err);
}

static bool topic_commit(Sink *sink, int64_t epoch, StoreTxn *txn, Error *err)
{
    (void)epoch;
    return topic_writer_commit(((TopicSink *)sink)->writer, txn, err);
}

static void topic_committed(Sink *sink, int64_t epoch)
{
    (void)epoch;
    topic_writer_committed(((TopicSink *)sink)->writer);
}

static bool topic_recover(Sink *sink, int64_t epoch, Error *err)
{
    (void)epoch;
    return topic_writer_recover(((TopicSink *)sink)->writer, err);
}

static void topic_free(Sink *sink)
{
    TopicSink *self = (TopicSink *)sink;

    topic_writer_close(self->writer);
    free(self->key_fields);
    free(self);
}

static const SinkMethods topic_methods = {
    .name = "topic",
    .writer_create = topic_sink_writer_create,
    .write = topic_write,
    .end_epoch = topic_end_epoch,
    .writer_free = topic_sink_writer_free,
    .output_free = output_free,
    .prepare = topic_prepare,
    .commit = topic_commit,
    .committed = topic_committed,
    .recover = topic_recover,
    .free = topic_free,
};

bool topic_sink_open(const SinkConfig *config, Sink **out, Error *err)
{
    TopicSink *sink = mem_zalloc(sizeof *sink);
    Field *columns = mem_zalloc((config->key_count + 1) * sizeof *columns);

    ASSERT(config->topic);
    sink->sink.methods = &topic_methods;
    sink->config = *config;
    sink->retention_us = os_monotonic_us();
    for (uint32_t i = 0; i < config->key_count; i++)
        columns[i] = config->schema->columns[config->key_columns[i]];
    sink->key_fields = columns;
    sink->key_schema = (Schema){config->key_count, columns};
    if (!topic_writer_open(config->topic, &config->log, &sink->writer, err)) {
        topic_free(&sink->sink);
        return false;
    }
    *out = &sink->sink;
    return true;
}
