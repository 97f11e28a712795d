#include "source/topic_source.h"

#include <stdlib.h>

#include "base/vec.h"
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
    SourceHeaders *headers;
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
    for (uint32_t i = 0; i < reader->capacity; i++)
        VEC_DONE(&reader->headers[i]);
    free(reader->headers);
    free(reader);
}

/* Where a reader begins that has no position (`by_options`), or the one before all. */
static bool seek_first(TopicReader *reader, const TopicSourceConfig *config, bool by_options,
                       Error *err)
{
    const Starting *starting = &config->starting;
    int64_t end = topic_end(config->topic, reader->partition);
    int64_t start;

    if (by_options && starting->kind == STARTING_LATEST) {
        log_reader_seek(reader->log, end);
        return true;
    }
    /* Retention may have taken the first records. */
    if (!log_reader_start_offset(reader->log, &start, err))
        return false;
    log_reader_seek(reader->log, start);
    if (by_options && starting->kind == STARTING_TIME)
        return log_reader_seek_time(reader->log, starting->time_ms, end, err);
    if (by_options && starting->kind == STARTING_OFFSETS &&
        reader->partition < starting->offset_count && starting->offsets[reader->partition] > start)
        log_reader_seek(reader->log, MIN(starting->offsets[reader->partition], end));
    return true;
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
    arena_init(&arena);
    dir = topic_partition_dir(&arena, topic_data_dir(config->topic), topic_name(config->topic),
                              partition);
    reader->log = log_reader_create(dir, position);
    arena_done(&arena);
    if (position <= 0 && !seek_first(reader, config, position < 0, err)) {
        topic_reader_close(&reader->reader);
        return error_wrap(err, "topic '%.*s', partition %d", STR_ARG(topic_name(config->topic)),
                          partition);
    }
    *out = &reader->reader;
    return true;
}

static void reader_reserve(TopicReader *reader, uint32_t count)
{
    if (count <= reader->capacity)
        return;
    reader->values = mem_realloc(reader->values, count * sizeof *reader->values);
    reader->keys = mem_realloc(reader->keys, count * sizeof *reader->keys);
    reader->positions = mem_realloc(reader->positions, count * sizeof *reader->positions);
    reader->timestamps_us =
        mem_realloc(reader->timestamps_us, count * sizeof *reader->timestamps_us);
    reader->headers = mem_realloc(reader->headers, count * sizeof *reader->headers);
    memset(&reader->headers[reader->capacity], 0,
           (count - reader->capacity) * sizeof *reader->headers);
    reader->capacity = count;
}

static void take_headers(SourceHeaders *out, const LogRecord *record)
{
    Str rest = record->headers;
    RecordHeader header;

    out->count = 0;
    while (record->header_count && record_header_next(&rest, &header)) {
        SourceHeader taken = {header.key, header.value_null ? (Str){0} : header.value};

        VEC_ADD(out, taken);
    }
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
        reader->timestamps_us[i] = source_time_us(record->timestamp_ms);
        take_headers(&reader->headers[i], record);
    }
    *out = (SourceRecords){
        .count = (uint32_t)count,
        .values = reader->values,
        .keys = reader->keys,
        .positions = reader->positions,
        .timestamps_us = reader->timestamps_us,
        .headers = reader->headers,
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
