#include "log/log_output.h"

#include <stdlib.h>

#include "base/assert.h"
#include "log/record_builder.h"

typedef struct OutputPartition {
    RecordBuilder builder; /* The batch being gathered, from offset 0 on. */
    StrBuf batches;        /* Those before it. */
} OutputPartition;

struct LogOutput {
    LogConfig config;
    Codec *codec;
    int64_t record_count;
    size_t gathered_bytes; /* In all builders, about. */
    size_t batch_bytes;    /* In all batches. */
    int32_t partition_count;
    OutputPartition partitions[];
};

LogOutput *log_output_create(int32_t partition_count, const LogConfig *config)
{
    LogOutput *output =
        mem_zalloc(sizeof *output + (size_t)partition_count * sizeof *output->partitions);

    output->config = *config;
    output->codec = codec_create();
    output->partition_count = partition_count;
    for (int32_t i = 0; i < partition_count; i++) {
        record_builder_init(&output->partitions[i].builder);
        strbuf_init(&output->partitions[i].batches);
    }
    return output;
}

void log_output_free(LogOutput *output)
{
    if (!output)
        return;
    for (int32_t i = 0; i < output->partition_count; i++) {
        record_builder_done(&output->partitions[i].builder);
        strbuf_done(&output->partitions[i].batches);
    }
    codec_free(output->codec);
    free(output);
}

static bool batch_close(LogOutput *output, OutputPartition *partition, Error *err)
{
    RecordBuilder *builder = &partition->builder;
    RecordBatch batch;

    if (!record_builder_finish(builder, output->codec, output->config.compression, &batch, err))
        return false;
    strbuf_add(&partition->batches, batch.data, batch.batch_bytes);
    output->batch_bytes += batch.batch_bytes;
    output->gathered_bytes -= builder->raw.bytes;
    record_builder_start(builder, 0);
    return true;
}

bool log_output_add(LogOutput *output, int32_t partition_i, const LogRecord *record, Error *err)
{
    OutputPartition *partition = &output->partitions[partition_i];
    RecordBuilder *builder = &partition->builder;
    size_t bytes_before;

    DEBUG_ASSERT(partition_i >= 0 && partition_i < output->partition_count);
    if (!record_check_size(record, err))
        return false;
    if (record_builder_is_full(builder, record, output->config.batch_bytes) &&
        !batch_close(output, partition, err))
        return false;
    bytes_before = builder->record_count ? builder->raw.bytes : 0;
    if (builder->record_count == 0)
        record_builder_start(builder, 0);
    record_builder_add(builder, record, builder->record_count);
    output->gathered_bytes += builder->raw.bytes - bytes_before;
    output->record_count++;
    return true;
}

bool log_output_finish(LogOutput *output, Error *err)
{
    for (int32_t i = 0; i < output->partition_count; i++) {
        if (output->partitions[i].builder.record_count &&
            !batch_close(output, &output->partitions[i], err))
            return false;
    }
    return true;
}

int64_t log_output_record_count(const LogOutput *output)
{
    return output->record_count;
}

size_t log_output_bytes(const LogOutput *output)
{
    return output->gathered_bytes + output->batch_bytes;
}

int32_t log_output_partition_count(const LogOutput *output)
{
    return output->partition_count;
}

StrBuf *log_output_batches(LogOutput *output, int32_t partition_i)
{
    DEBUG_ASSERT(output->partitions[partition_i].builder.record_count == 0);
    return &output->partitions[partition_i].batches;
}
