/*
 * cmd_topic_consume.c: weir topic consume: the committed records of a topic, as text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/cmd_topic.h"
#include "column/format_value.h"
#include "log/log_reader.h"
#include "os/os.h"
#include "pipeline/connect.h"
#include "source/kafka_source.h"

enum { POLL_RECORDS = 4096, POLL_BYTES = 1 << 20, LOOK_US = 20000 };

typedef enum StartKind { START_EARLIEST, START_LATEST, START_OFFSET, START_TIME } StartKind;

typedef struct Start {
    StartKind kind;
    int64_t value; /* Offset, or milliseconds. */
} Start;

typedef struct Consumer {
    Connections *connections;
    Topic *topic;
    Start start;
    int32_t first; /* Partitions first .. last. */
    int32_t last;
    LogReader **readers; /* By partition. */
    int64_t left;        /* Records still to be printed; INT64_MAX: no limit. */
    bool follow;
    bool json;
    StrBuf out;
} Consumer;

/* ── a record as text ──────────────────────────────────────────────────────────────────────────*/

/* Whether it can stand in a JSON string and come back as it was. */
static bool is_text(Str bytes)
{
    for (uint32_t i = 0; i < bytes.bytes;) {
        uint32_t length = utf8_valid_bytes(bytes.data + i, bytes.bytes - i);

        if (length == 0 || bytes.data[i] == '\0')
            return false;
        i += length;
    }
    return true;
}

/* ,"name":"text", or ,"name_hex":"…" for bytes that are no text. */
static void add_bytes(StrBuf *out, const char *name, Str bytes, bool is_null)
{
    if (is_null) {
        strbuf_printf(out, ",\"%s\":null", name);
        return;
    }
    if (is_text(bytes)) {
        strbuf_printf(out, ",\"%s\":", name);
        strbuf_add_json_string(out, bytes);
        return;
    }
    strbuf_printf(out, ",\"%s_hex\":\"", name);
    for (uint32_t i = 0; i < bytes.bytes; i++)
        strbuf_printf(out, "%02x", (unsigned char)bytes.data[i]);
    strbuf_add_char(out, '"');
}

static void add_headers(StrBuf *out, const LogRecord *record)
{
    Str headers = record->headers;
    RecordHeader header;

    strbuf_add_c(out, ",\"headers\":[");
    for (bool first = true; record_header_next(&headers, &header); first = false) {
        strbuf_add_c(out, first ? "{\"key\":" : ",{\"key\":");
        strbuf_add_json_string(out, header.key);
        add_bytes(out, "value", header.value, header.value_null);
        strbuf_add_char(out, '}');
    }
    strbuf_add_char(out, ']');
}

static void add_json(StrBuf *out, const LogRecord *record, int32_t partition)
{
    strbuf_printf(out,
                  "{\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"timestamp\":", partition,
                  record->offset);
    if (record->timestamp_ms < 0) {
        strbuf_add_c(out, "null");
    } else {
        strbuf_add_char(out, '"');
        topic_add_time(out, record->timestamp_ms);
        strbuf_add_char(out, '"');
    }
    add_bytes(out, "key", record->key, record->key_null);
    add_bytes(out, "value", record->value, record->value_null);
    if (record->header_count)
        add_headers(out, record);
    strbuf_add_c(out, "}\n");
}

static bool write_out(Consumer *consumer, Error *err)
{
    StrBuf *out = &consumer->out;

    if (out->bytes && fwrite(out->data, 1, out->bytes, stdout) != out->bytes)
        return error_set(err, ERROR_RETRY, "standard output takes no more");
    strbuf_clear(out);
    return true;
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

static bool open_reader(Consumer *consumer, int32_t partition, Error *err)
{
    Arena arena;
    LogReader *reader;
    int64_t offset = consumer->start.value;
    bool ok = true;

    arena_init(&arena);
    reader = log_reader_create(topic_partition_dir(&arena, topic_data_dir(consumer->topic),
                                                   topic_name(consumer->topic), partition),
                               0);
    arena_done(&arena);
    consumer->readers[partition] = reader;
    switch (consumer->start.kind) {
    case START_EARLIEST:
        ok = log_reader_start_offset(reader, &offset, err);
        break;
    case START_LATEST:
        offset = topic_end(consumer->topic, partition);
        break;
    case START_TIME:
        return log_reader_seek_time(reader, consumer->start.value,
                                    topic_end(consumer->topic, partition), err);
    case START_OFFSET:
        break;
    }
    log_reader_seek(reader, offset);
    return ok;
}

/* Prints a partition's records up to its committed end. */
static bool drain(Consumer *consumer, int32_t partition, Error *err)
{
    LogReader *reader = consumer->readers[partition];
    int64_t end = topic_end(consumer->topic, partition);

    while (consumer->left > 0 && log_reader_position(reader) < end && !os_stop_requested()) {
        const LogRecord *records;
        size_t count;

        if (!log_reader_poll(reader, end, (size_t)MIN(consumer->left, POLL_RECORDS), POLL_BYTES,
                             &records, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            if (consumer->json) {
                add_json(&consumer->out, &records[i], partition);
            } else {
                strbuf_add_str(&consumer->out, records[i].value);
                strbuf_add_char(&consumer->out, '\n');
            }
        }
        consumer->left -= (int64_t)count;
        if (!write_out(consumer, err))
            return false;
    }
    return true;
}

/* Waits for a commit; false: asked to stop, or err is set. */
static bool wait_for_commit(Consumer *consumer, Error *err)
{
    Store *store = connections_store(consumer->connections);

    while (!store_has_changed(store)) {
        if (os_stop_wait(LOOK_US))
            return false;
    }
    return topics_load(connections_topics(consumer->connections), store, err);
}

static bool consume(Consumer *consumer, Error *err)
{
    (void)store_has_changed(connections_store(consumer->connections));
    if (consumer->follow && !topics_load(connections_topics(consumer->connections),
                                         connections_store(consumer->connections), err))
        return false;
    for (int32_t p = consumer->first; p <= consumer->last; p++) {
        if (!open_reader(consumer, p, err))
            return false;
    }
    do {
        for (int32_t p = consumer->first; p <= consumer->last; p++) {
            if (!drain(consumer, p, err))
                return false;
        }
        if (fflush(stdout) != 0)
            return error_set(err, ERROR_RETRY, "standard output takes no more");
    } while (consumer->follow && consumer->left > 0 && wait_for_commit(consumer, err));
    return err->kind == ERROR_NONE;
}

/* ── from a real Kafka ─────────────────────────────────────────────────────────────────────────*/

/* What was polled, as text. */
static void print_polled(Consumer *consumer, const SourceRecords *records, int32_t partition)
{
    StrBuf headers;

    strbuf_init(&headers);
    for (uint32_t i = 0; i < records->count; i++) {
        LogRecord record = {
            .key = records->keys[i],
            .key_null = !records->keys[i].data,
            .value = records->values[i],
            .value_null = !records->values[i].data,
            .offset = records->positions[i],
            .timestamp_ms = records->timestamps_us[i] < 0 ? -1 : records->timestamps_us[i] / 1000,
            .header_count = (int32_t)records->headers[i].count,
        };

        strbuf_clear(&headers);
        for (size_t h = 0; h < records->headers[i].count; h++) {
            const SourceHeader *header = &records->headers[i].items[h];

            record_header_add(&headers, header->name, header->value, !header->value.data);
        }
        record.headers = strbuf_str(&headers);
        if (consumer->json) {
            add_json(&consumer->out, &record, partition);
        } else {
            strbuf_add_str(&consumer->out, record.value);
            strbuf_add_char(&consumer->out, '\n');
        }
    }
    consumer->left -= records->count;
    strbuf_done(&headers);
}

/* Polls until the partition's end (once: until nothing is there); *any: there were records. */
static bool drain_polled(Consumer *consumer, SourceReader *reader, int32_t partition, bool *any,
                         Error *err)
{
    SourceRecords records;

    while (consumer->left > 0 && !os_stop_requested()) {
        if (!reader->source->methods->poll(reader, (uint32_t)MIN(consumer->left, POLL_RECORDS),
                                           &records, err))
            return false;
        if (records.count == 0 && (consumer->follow || records.at_end))
            break;
        if (records.count == 0)
            os_sleep_us(1000);
        *any = *any || records.count;
        print_polled(consumer, &records, partition);
        if (!write_out(consumer, err))
            return false;
    }
    if (fflush(stdout) != 0)
        return error_set(err, ERROR_RETRY, "standard output takes no more");
    return true;
}

static bool consume_polled(Consumer *consumer, Source *source, Str name, int64_t partition,
                           Error *err)
{
    SourceReader **readers;
    int32_t count;
    bool any = true;
    bool ok = source->methods->partition_count(source, &count, err);

    if (ok && partition >= count)
        return error_set(err, ERROR_USER, "topic '%.*s' has no partition %" PRId64
                                          ": it has 0 to %" PRId32,
                         STR_ARG(name), partition, count - 1);
    consumer->first = partition < 0 ? 0 : (int32_t)partition;
    consumer->last = partition < 0 ? count - 1 : (int32_t)partition;
    readers = mem_zalloc(((size_t)count + 1) * sizeof(SourceReader *));
    for (int32_t p = consumer->first; ok && p <= consumer->last; p++)
        ok = source->methods->reader_open(source, p, -1, &readers[p], err);
    do {
        if (ok && !any && os_stop_wait(LOOK_US))
            break;
        any = false;
        for (int32_t p = consumer->first; ok && p <= consumer->last; p++)
            ok = drain_polled(consumer, readers[p], p, &any, err);
    } while (ok && consumer->follow && consumer->left > 0 && !os_stop_requested());
    for (int32_t p = 0; p < count; p++) {
        if (readers[p])
            source->methods->reader_close(readers[p]);
    }
    free(readers);
    return ok;
}

/* The start as the source has it: an offset holds for every partition. */
static Starting starting_of(Arena *arena, const Start *start)
{
    static const StartingKind kinds[] = {[START_EARLIEST] = STARTING_EARLIEST,
                                         [START_LATEST] = STARTING_LATEST,
                                         [START_OFFSET] = STARTING_OFFSETS,
                                         [START_TIME] = STARTING_TIME};
    int64_t *offsets = ARENA_ARRAY(arena, int64_t, TOPIC_PARTITIONS_MAX);

    for (int32_t p = 0; p < TOPIC_PARTITIONS_MAX; p++)
        offsets[p] = start->value;
    return (Starting){.kind = kinds[start->kind],
                      .time_ms = start->value,
                      .offsets = offsets,
                      .offset_count = TOPIC_PARTITIONS_MAX};
}

static bool consume_kafka(Consumer *consumer, const Settings *settings, Str name, int64_t partition,
                          Error *err)
{
    Arena *arena = mem_zalloc(sizeof *arena);
    KafkaSourceConfig config = {.arena = arena, .topic = name, .whole = !consumer->follow};
    Source *source;
    bool ok;

    arena_init(arena);
    config.group = STR("weir-topic-consume"); /* Nothing is committed to it. */
    config.starting = starting_of(arena, &consumer->start);
    if (!kafka_config_make(arena, settings, NULL, &config.kafka, err)) {
        arena_done(arena);
        free(arena);
        return false;
    }
    if (!kafka_source_open(&config, &source, err))
        return false;
    ok = consume_polled(consumer, source, name, partition, err);
    source->methods->free(source);
    return ok;
}

static bool open_and_consume(Consumer *consumer, const char *dir, const Settings *settings,
                             Str name, int64_t partition, Error *err)
{
    int32_t partition_count;
    bool ok;

    if (kafka_is_configured(settings, NULL))
        return consume_kafka(consumer, settings, name, partition, err);
    if (!connections_open(dir, CONNECT_READ, settings, &consumer->connections, err))
        return false;
    ok = topics_open(connections_topics(consumer->connections),
                     connections_store(consumer->connections), name, NULL, &consumer->topic, err);
    if (ok) {
        partition_count = topic_partition_count(consumer->topic);
        consumer->first = partition < 0 ? 0 : (int32_t)partition;
        consumer->last = partition < 0 ? partition_count - 1 : (int32_t)partition;
        consumer->readers = mem_zalloc((size_t)partition_count * sizeof(LogReader *));
        if (partition >= partition_count)
            ok = error_set(err, ERROR_USER,
                           "topic '%.*s' has no partition %" PRId64 ": it has 0 to %" PRId32,
                           STR_ARG(name), partition, partition_count - 1);
        ok = ok && consume(consumer, err);
        for (int32_t p = 0; p < partition_count; p++)
            log_reader_free(consumer->readers[p]);
        free(consumer->readers);
    }
    connections_close(consumer->connections);
    return ok;
}

/* ── arguments ─────────────────────────────────────────────────────────────────────────────────*/

static bool read_start(const Options *options, const char *text, Start *out, int *status)
{
    int64_t us;

    *out = (Start){.kind = START_EARLIEST};
    if (strcmp(text, "earliest") == 0)
        return true;
    out->kind = START_LATEST;
    if (strcmp(text, "latest") == 0)
        return true;
    out->kind = START_OFFSET;
    if (str_to_int64(str_of(text), &out->value) && out->value >= 0)
        return true;
    out->kind = START_TIME;
    if (text_to_timestamp(str_of(text), zone_utc(), &us)) {
        out->value = us / 1000 + (us % 1000 > 0);
        return true;
    }
    *status = usage_error(options,
                          "--from is earliest, latest, an offset, or a time like "
                          "'2026-01-31 12:00:00', not '%s'",
                          text);
    return false;
}

static bool read_format(const Options *options, const char *format, bool *json, int *status)
{
    *json = strcmp(format, "json") == 0;
    if (*json || strcmp(format, "value") == 0)
        return true;
    *status = usage_error(options, "--format is value or json, not '%s'", format);
    return false;
}

static bool read_number(const Options *options, const char *name, const char *text, int64_t max,
                        int64_t *out, int *status)
{
    if (!text || option_number(options, name, text, 0, max, out))
        return true;
    *status = EXIT_USAGE;
    return false;
}

int topic_consume(int argc, char **argv)
{
    const char *from = "earliest";
    const char *partition_text = NULL;
    const char *count = NULL;
    const char *format = "value";
    Consumer consumer = {.left = INT64_MAX};
    const Option own[] = {
        {"from", "WHERE", "earliest (default), latest, an offset, or a time (UTC unless it says)",
         &from, NULL},
        {"partition", "P", "of this partition alone", &partition_text, NULL},
        {"count", "N", "end after so many records", &count, NULL},
        {"follow", NULL, "wait for more, until Ctrl-C", NULL, &consumer.follow},
        {"format", "value|json",
         "value: the record's value and a line end (default)\n"
         "json: one object a line, with partition, offset, timestamp, key and value;\n"
         "weir topic produce --format json reads it",
         &format, NULL},
        {0},
    };
    Options options = {
        .command = "topic consume",
        .synopsis = "weir topic consume NAME [options]",
        .about =
            "Prints the committed records of a topic: partition by partition, in the order of\n"
            "their offsets. Works beside a run.\n",
        .options = own,
    };
    int64_t partition = -1;
    int status = EXIT_INPUT;
    Settings settings;
    Error err = {0};
    Arena arena;
    Str name;

    arena_init(&arena);
    strbuf_init(&consumer.out);
    if (!options_parse(&options, argc, argv, &status) || !topic_operand(&options, &name, &status) ||
        !read_start(&options, from, &consumer.start, &status) ||
        !read_format(&options, format, &consumer.json, &status) ||
        !read_number(&options, "partition", partition_text, TOPIC_PARTITIONS_MAX - 1, &partition,
                     &status) ||
        !read_number(&options, "count", count, INT64_MAX, &consumer.left, &status) ||
        !load_settings(&options, &arena, &settings))
        goto done;
    os_stop_catch();
    status = open_and_consume(&consumer, load_data_dir(&options), &settings, name, partition, &err)
                 ? EXIT_DONE
                 : tell_error(&options, &err);
done:
    strbuf_done(&consumer.out);
    arena_done(&arena);
    options_done(&options);
    return status;
}
