/*
 * topic_sink.c: the workers do the work: rows become records, batches of records, checksums
 * (log/log_output.h); the committer places them in the log with little more than one write a
 * partition, syncs, and puts the new ends into the epoch's transaction.
 */
#include "sink/topic_sink.h"

#include <stdlib.h>

#include "base/assert.h"
#include "format/format.h"
#include "log/partitioner.h"
#include "log/record_builder.h"
#include "os/os.h"
#include "sink/record_key.h"

typedef struct TopicSink {
    Sink sink;
    SinkConfig config;
    TopicWriter *topic_writer; /* The committer's. */
} TopicSink;

struct SinkOutput {
    LogOutput *log;
};

typedef struct TopicSinkWriter {
    SinkWriter writer;
    TopicSink *sink;
    Encoder *encoder;
    RecordKey *key;
    SinkOutput *output;     /* NULL: nothing written in this epoch. */
    uint64_t keyless_count; /* Whose turn it is to take a record without key. */
    StrBuf value;
    Arena arena; /* Of one batch. */
} TopicSinkWriter;

static void output_free(SinkOutput *output)
{
    if (!output)
        return;
    log_output_free(output->log);
    free(output);
}

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static void topic_writer_free(SinkWriter *sink_writer)
{
    TopicSinkWriter *writer = (TopicSinkWriter *)sink_writer;

    if (!writer)
        return;
    if (writer->encoder)
        writer->encoder->methods->free(writer->encoder);
    record_key_free(writer->key);
    output_free(writer->output);
    strbuf_done(&writer->value);
    arena_done(&writer->arena);
    free(writer);
}

/* A restart goes on where the partitions' turns had come to. */
static uint64_t count_committed(const Topic *topic)
{
    uint64_t count = 0;

    for (int32_t i = 0; i < topic_partition_count(topic); i++)
        count += (uint64_t)topic_end(topic, i);
    return count;
}

static bool topic_writer_create(Sink *sink, SinkWriter **out, Error *err)
{
    TopicSink *self = (TopicSink *)sink;
    const SinkConfig *config = &self->config;
    const FormatOptions options = {.zone = config->zone,
                                   .options = config->format_options,
                                   .schemas = config->schemas};
    const Format *format = format_find(config->format);
    TopicSinkWriter *writer = mem_zalloc(sizeof *writer);

    writer->writer.sink = sink;
    writer->sink = self;
    writer->keyless_count = count_committed(config->topic);
    arena_init(&writer->arena);
    if (!format) {
        error_set(err, ERROR_USER, "there is no format '%.*s'", STR_ARG(config->format));
        goto fail;
    }
    if (!format->encoder_create(config->schema, &options, &writer->encoder, err))
        goto fail;
    if (!record_key_create(config->schema, config->key_columns, config->key_count, config->zone,
                           &writer->key, err))
        goto fail;
    *out = &writer->writer;
    return true;

fail:
    topic_writer_free(&writer->writer);
    return false;
}

static int32_t place(TopicSinkWriter *writer, Str key)
{
    int32_t partition_count = topic_partition_count(writer->sink->config.topic);

    return key.data ? partition_of_key(key, partition_count)
                    : partition_of_nth(writer->keyless_count++, partition_count);
}

static bool topic_write(SinkWriter *sink_writer, const Batch *batch, Error *err)
{
    TopicSinkWriter *writer = (TopicSinkWriter *)sink_writer;
    const TopicSink *sink = writer->sink;
    const LogWriter *log = topic_writer_log(sink->topic_writer);
    LogRecord record = {.key_null = sink->config.key_count == 0,
                        .timestamp_ms = os_realtime_us() / 1000};

    if (!writer->output) {
        writer->output = mem_zalloc(sizeof *writer->output);
        writer->output->log = log_output_create(log_writer_partition_count(log),
                                                &log_writer_config(log)->log);
    }
    arena_reset(&writer->arena);
    record_key_begin(writer->key, &writer->arena, batch);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        Error why = {0};

        if (record_key_is_null(writer->key, i)) {
            if (!sink_refuse(sink_writer, batch, i, "null_key",
                             "a column of the topic's key is NULL", (Str){NULL, 0}, err))
                return false;
            continue;
        }
        record.key = record_key_of(writer->key, i);
        strbuf_clear(&writer->value);
        writer->encoder->methods->encode(writer->encoder, batch, i, &writer->value);
        record.value = strbuf_str(&writer->value);
        if (!record_check_size(&record, &why)) {
            if (!sink_refuse(sink_writer, batch, i, "too_large", why.text, record.value, err))
                return false;
            continue;
        }
        if (!log_output_add(writer->output->log, place(writer, record.key), &record, err))
            return false;
    }
    return true;
}

static bool topic_end_epoch(SinkWriter *sink_writer, SinkOutput **out, Error *err)
{
    TopicSinkWriter *writer = (TopicSinkWriter *)sink_writer;

    if (writer->output && !log_output_finish(writer->output->log, err))
        return false;
    *out = writer->output;
    writer->output = NULL;
    return true;
}

/* ── the committer's side ──────────────────────────────────────────────────────────────────────*/

static bool topic_prepare(Sink *sink, int64_t epoch, SinkOutput **outputs, uint32_t output_count,
                          Error *err)
{
    TopicSink *self = (TopicSink *)sink;
    bool ok = true;

    (void)epoch;
    for (uint32_t i = 0; i < output_count; i++) {
        ok = ok &&
             log_writer_append_output(topic_writer_log(self->topic_writer), outputs[i]->log, err);
        output_free(outputs[i]);
    }
    return ok && (output_count == 0 || topic_writer_sync(self->topic_writer, err));
}

static bool topic_commit(Sink *sink, int64_t epoch, StoreTxn *txn, Error *err)
{
    (void)epoch;
    return topic_writer_commit(((TopicSink *)sink)->topic_writer, txn, err);
}

static void topic_committed(Sink *sink, int64_t epoch)
{
    (void)epoch;
    topic_writer_committed(((TopicSink *)sink)->topic_writer);
}

static bool topic_recover(Sink *sink, int64_t epoch, Error *err)
{
    (void)epoch;
    return topic_writer_recover(((TopicSink *)sink)->topic_writer, err);
}

static bool topic_housekeeping(Sink *sink, Error *err)
{
    return topic_writer_housekeeping(((TopicSink *)sink)->topic_writer, err);
}

static void topic_free(Sink *sink)
{
    TopicSink *self = (TopicSink *)sink;

    topic_writer_close(self->topic_writer);
    free(self);
}

static const SinkMethods topic_methods = {
    .name = "topic",
    .writer_create = topic_writer_create,
    .write = topic_write,
    .end_epoch = topic_end_epoch,
    .writer_free = topic_writer_free,
    .output_free = output_free,
    .prepare = topic_prepare,
    .commit = topic_commit,
    .committed = topic_committed,
    .recover = topic_recover,
    .housekeeping = topic_housekeeping,
    .free = topic_free,
};

TopicWriter *topic_sink_writer(Sink *sink)
{
    ASSERT(sink->methods == &topic_methods);
    return ((TopicSink *)sink)->topic_writer;
}

bool topic_sink_open(const SinkConfig *config, Sink **out, Error *err)
{
    TopicSink *sink = mem_zalloc(sizeof *sink);

    sink->sink.methods = &topic_methods;
    sink->config = *config;
    if (!topic_writer_open(config->topic, &sink->topic_writer, err)) {
        topic_free(&sink->sink);
        return false;
    }
    *out = &sink->sink;
    return true;
}
