#include "source/rate_source.h"

#include <stdlib.h>

#include "base/vec.h"
#include "column/format_value.h"
#include "os/os.h"

typedef struct RateSource {
    Source source;
    RateSourceConfig config;
} RateSource;

/* Positions count the partition's own rows: its n-th is row n * partition_count + partition. */
typedef struct RateReader {
    SourceReader reader;
    const RateSource *source;
    int32_t partition;
    int64_t position;
    StrBuf text;
    VEC(Str) values;
    VEC(int64_t) positions;
    VEC(int64_t) timestamps;
} RateReader;

static bool rate_partition_count(Source *base, int32_t *count, Error *err UNUSED)
{
    *count = ((RateSource *)base)->config.partition_count;
    return true;
}

static Str rate_partition_name(Source *base UNUSED, int32_t partition UNUSED)
{
    return STR_EMPTY;
}

static bool rate_reader_open(Source *base, int32_t partition, int64_t position, SourceReader **out,
                             Error *err UNUSED)
{
    RateReader *reader = mem_zalloc(sizeof *reader);

    reader->reader.source = base;
    reader->source = (RateSource *)base;
    reader->partition = partition;
    reader->position = MAX(position, 0);
    *out = &reader->reader;
    return true;
}

static void rate_reader_close(SourceReader *base)
{
    RateReader *reader = (RateReader *)base;

    strbuf_done(&reader->text);
    VEC_DONE(&reader->values);
    VEC_DONE(&reader->positions);
    VEC_DONE(&reader->timestamps);
    free(reader);
}

/* start + row / rate, in microseconds, without overflow. */
static int64_t row_time_us(const RateSourceConfig *config, int64_t row)
{
    return config->start_us + row / config->rows_per_second * 1000000 +
           row % config->rows_per_second * 1000000 / config->rows_per_second;
}

/* How many rows there are by now, over all partitions. */
static int64_t rows_by_now(const RateSourceConfig *config)
{
    int64_t passed_us = MAX(os_realtime_us() - config->start_us, 0);
    int64_t rows = passed_us / 1000000 * config->rows_per_second +
                   passed_us % 1000000 * config->rows_per_second / 1000000;

    return MIN(rows, config->row_count);
}

static int64_t rows_of_partition(const RateReader *reader, int64_t rows)
{
    int64_t count = reader->source->config.partition_count;

    return rows > reader->partition ? (rows - reader->partition - 1) / count + 1 : 0;
}

static bool rate_poll(SourceReader *base, uint32_t count_max, SourceRecords *out,
                      Error *err UNUSED)
{
    RateReader *reader = (RateReader *)base;
    const RateSourceConfig *config = &reader->source->config;
    int64_t end = rows_of_partition(reader, rows_by_now(config));
    uint32_t count = (uint32_t)MIN(MAX(end - reader->position, 0), (int64_t)count_max);
    size_t from = 0;

    strbuf_clear(&reader->text);
    reader->values.count = reader->positions.count = reader->timestamps.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t row = (reader->position + i) * config->partition_count + reader->partition;
        int64_t time_us = row_time_us(config, row);

        /* As text: in JSON a number that is no whole one is no TIMESTAMP, as in Spark. */
        strbuf_add_c(&reader->text, "{\"timestamp\":\"");
        timestamp_to_iso(&reader->text, time_us, 6);
        strbuf_add_c(&reader->text, "Z\",\"value\":");
        strbuf_add_int64(&reader->text, row);
        strbuf_add_char(&reader->text, '}');
        VEC_ADD(&reader->positions, reader->position + i);
        VEC_ADD(&reader->timestamps, time_us);
        VEC_ADD(&reader->values, ((Str){NULL, (uint32_t)(reader->text.bytes - from)}));
        from = reader->text.bytes;
    }
    from = 0;
    for (uint32_t i = 0; i < count; i++) {
        reader->values.items[i].data = reader->text.data + from;
        from += reader->values.items[i].bytes;
    }
    reader->position += count;
    *out = (SourceRecords){
        .count = count,
        .values = reader->values.items,
        .positions = reader->positions.items,
        .timestamps_us = reader->timestamps.items,
        .next_position = reader->position,
        .end_position = end,
        .at_end = reader->position >= end,
        .finished = reader->position >= rows_of_partition(reader, config->row_count),
    };
    return true;
}

static void rate_free(Source *base)
{
    free(base);
}

static const SourceMethods rate_methods = {
    .name = "rate",
    .partition_count = rate_partition_count,
    .partition_name = rate_partition_name,
    .reader_open = rate_reader_open,
    .poll = rate_poll,
    .reader_close = rate_reader_close,
    .free = rate_free,
};

Source *rate_source_create(const RateSourceConfig *config)
{
    RateSource *source = mem_zalloc(sizeof *source);

    source->source.methods = &rate_methods;
    source->config = *config;
    return &source->source;
}
