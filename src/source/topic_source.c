#include "source/topic_source.h"

#include <stdlib.h>

#include "log/log_reader.h"

enum {
    POLL_BYTES_MAX = 4 << 20, /* Of records in one poll: what a worker decodes at once. */
};

typedef struct TopicSource {
    Source source;
    TopicSourceConfig config;
} TopicSource;

typedef struct TopicReader {
    SourceReader reader;
    int32_t partition;
    LogReader *log;
    /* What the last poll gave, with room for `capacity` records. */
    uint32_t capacity;
    Str *values;
    Str *keys;
    int64_t *positions;
    int64_t *timestamps_us;
} TopicReader;

static bool topic_partitions(Source *source, int32_t *count, Error *err)
{
    (void)err;
    *count = topic_partition_count(((TopicSource *)source)->config.topic);
    return true;
}

static Str topic_partition_label(Source *source, int32_t partition)
{
    (void)source;
    (void)partition;
    return STR_EMPTY;
}

static void topic_reader_close(SourceReader *source_reader)
{
    TopicReader *reader = (TopicReader *)source_reader;

    if (!reader)
        return;
    log_reader_free(reader->log);
    free(reader->values);
    free(reader->keys);
    free(reader->positions);
    free(reader->timestamps_us);
    free(reader);
}

static bool topic_reader_open(Source *source, int32_t partition, int64_t position,
                              SourceReader **out, Error *err)
{
    const TopicSourceConfig *config = &((TopicSource *)source)->config;
    TopicReader *reader = mem_zalloc(sizeof *reader);
    const char *dir;
    Arena arena;

    reader->reader.source = source;
    reader->partition = partition;
    if (position < 0)
        position = config->start_latest ? topic_end(config->topic, partition) : 0;
    arena_init(&arena);
    dir = topic_partition_dir(&arena, topic_data_dir(config->topic), topic_name(config->topic),
                              partition);
    reader->log = log_reader_create(dir, position);
    arena_done(&arena);
    if (position == 0) { /* Retention may have taken the first records. */
        if (!log_reader_start_offset(reader->log, &position, err)) {
            topic_reader_close(&reader->reader);
            return error_wrap(err, "topic '%.*s', partition %d", STR_ARG(topic_name(config->topic)),
                              partition);
        }
        log_reader_seek(reader->log, position);
    }
    *out = &reader->reader;
    return true;
}

static void reader_reserve(TopicReader *reader, uint32_t count)
{
    if (count <= reader->capacity)
        return;
    reader->capacity = count;
    reader->values = mem_realloc(reader->values, count * sizeof *reader->values);
    reader->keys = mem_realloc(reader->keys, count * sizeof *reader->keys);
    reader->positions = mem_realloc(reader->positions, count * sizeof *reader->positions);
    reader->timestamps_us =
        mem_realloc(reader->timestamps_us, count * sizeof *reader->timestamps_us);
}

static bool topic_poll(SourceReader *source_reader, uint32_t count_max, SourceRecords *out,
                       Error *err)
{
    TopicReader *reader = (TopicReader *)source_reader;
    const Topic *topic = ((TopicSource *)source_reader->source)->config.topic;
    int64_t end = topic_end(topic, reader->partition);
    const LogRecord *records;
    size_t count;

    if (!log_reader_poll(reader->log, end, count_max, POLL_BYTES_MAX, &records, &count, err))
        return error_wrap(err, "topic '%.*s', partition %d", STR_ARG(topic_name(topic)),
                          reader->partition);
    reader_reserve(reader, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        const LogRecord *record = &records[i];

        reader->values[i] = record->value_null ? (Str){0} : record->value;
        reader->keys[i] = record->key_null ? (Str){0} : record->key;
        reader->positions[i] = record->offset;
        reader->timestamps_us[i] = record->timestamp_ms * 1000;
    }
    *out = (SourceRecords){
        .count = (uint32_t)count,
        .values = reader->values,
        .keys = reader->keys,
        .positions = reader->positions,
        .timestamps_us = reader->timestamps_us,
        .next_position = log_reader_position(reader->log),
        .end_position = end,
    };
    out->at_end = out->next_position >= end;
    return true;
}

static void topic_source_free(Source *source)
{
    free(source);
}

static const SourceMethods topic_methods = {
    .name = "topic",
    .partition_count = topic_partitions,
    .partition_name = topic_partition_label,
    .reader_open = topic_reader_open,
    .poll = topic_poll,
    .reader_close = topic_reader_close,
    .free = topic_source_free,
};

Source *topic_source_create(const TopicSourceConfig *config)
{
    TopicSource *source = mem_zalloc(sizeof *source);

    source->source.methods = &topic_methods;
    source->config = *config;
    return &source->source;
}
