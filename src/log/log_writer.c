#include "log/log_writer.h"

#include <stdlib.h>

#include "base/assert.h"
#include "log/partitioner.h"

struct LogWriter {
    char *topic;
    TopicConfig config;
    uint64_t record_count;   /* Ever written: the sum of all ends. */
    int32_t partition_count; /* That are open. */
    Partition *partitions[];
};

static bool writer_problem(const LogWriter *writer, Error *err)
{
    return error_wrap(err, "write to topic '%s'", writer->topic);
}

static void record_count_update(LogWriter *writer)
{
    writer->record_count = 0;
    for (int32_t i = 0; i < writer->partition_count; i++)
        writer->record_count += (uint64_t)partition_end_offset(writer->partitions[i]);
}

static bool partitions_open(LogWriter *writer, const char *data_dir, Str topic, const int64_t *ends,
                            Error *err)
{
    Arena arena;
    bool ok = true;

    arena_init(&arena);
    for (int32_t i = 0; ok && i < writer->config.partition_count; i++) {
        ok = partition_open(topic_partition_dir(&arena, data_dir, topic, i), &writer->config.log,
                            ends ? ends[i] : LOG_END_UNKNOWN, &writer->partitions[i], err);
        writer->partition_count += ok;
    }
    arena_done(&arena);
    return ok;
}

bool log_writer_open(const char *data_dir, Str topic, const int64_t *ends, LogWriter **out,
                     Error *err)
{
    TopicConfig config;
    LogWriter *writer;

    if (!topic_describe(data_dir, topic, &config, err))
        return false;
    writer =
        mem_zalloc(sizeof *writer + (size_t)config.partition_count * sizeof *writer->partitions);
    writer->config = config;
    writer->topic = mem_alloc(topic.bytes + 1);
    memcpy(writer->topic, topic.data, topic.bytes);
    writer->topic[topic.bytes] = '\0';
    if (!partitions_open(writer, data_dir, topic, ends, err)) {
        (void)error_wrap(err, "topic '%s'", writer->topic);
        log_writer_close(writer);
        return false;
    }
    record_count_update(writer);
    *out = writer;
    return true;
}

void log_writer_close(LogWriter *writer)
{
    if (!writer)
        return;
    for (int32_t i = 0; i < writer->partition_count; i++)
        partition_close(writer->partitions[i]);
    free(writer->topic);
    free(writer);
}

const TopicConfig *log_writer_config(const LogWriter *writer)
{
    return &writer->config;
}

int32_t log_writer_partition_count(const LogWriter *writer)
{
    return writer->partition_count;
}

bool log_writer_append(LogWriter *writer, const LogRecord *record, Error *err)
{
    int32_t partition_i = record->key_null
                              ? partition_of_nth(writer->record_count, writer->partition_count)
                              : partition_of_key(record->key, writer->partition_count);

    return log_writer_append_to(writer, partition_i, record, err);
}

bool log_writer_append_to(LogWriter *writer, int32_t partition_i, const LogRecord *record,
                          Error *err)
{
    ASSERT(partition_i >= 0 && partition_i < writer->partition_count);
    if (!partition_append(writer->partitions[partition_i], record, err))
        return writer_problem(writer, err);
    writer->record_count++;
    return true;
}

bool log_writer_append_output(LogWriter *writer, LogOutput *output, Error *err)
{
    ASSERT(log_output_partition_count(output) == writer->partition_count);
    for (int32_t i = 0; i < writer->partition_count; i++) {
        StrBuf *batches = log_output_batches(output, i);

        if (batches->bytes &&
            !partition_append_batches(writer->partitions[i], batches->data, batches->bytes, err))
            return writer_problem(writer, err);
    }
    writer->record_count += (uint64_t)log_output_record_count(output);
    return true;
}

bool log_writer_flush(LogWriter *writer, Error *err)
{
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (!partition_flush(writer->partitions[i], err))
            return writer_problem(writer, err);
    }
    return true;
}

bool log_writer_sync(LogWriter *writer, Error *err)
{
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (!partition_sync(writer->partitions[i], err))
            return writer_problem(writer, err);
    }
    return true;
}

void log_writer_ends(const LogWriter *writer, int64_t *ends)
{
    for (int32_t i = 0; i < writer->partition_count; i++)
        ends[i] = partition_end_offset(writer->partitions[i]);
}

bool log_writer_truncate_to(LogWriter *writer, const int64_t *ends, Error *err)
{
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (!partition_truncate_to(writer->partitions[i], ends[i], err))
            return writer_problem(writer, err);
    }
    record_count_update(writer);
    return true;
}

bool log_writer_apply_retention(LogWriter *writer, int64_t now_ms, const int64_t *committed_ends,
                                Error *err)
{
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (!partition_apply_retention(writer->partitions[i], now_ms, committed_ends[i], err))
            return writer_problem(writer, err);
    }
    return true;
}

bool log_writer_trim(LogWriter *writer, int32_t partition_i, int64_t offset, Error *err)
{
    return partition_trim(writer->partitions[partition_i], offset, err) ||
           writer_problem(writer, err);
}
