/*
 * write_segments.c: topics for Kafka's own tools to read (dump_log_segments.sh).
 *
 *     write_segments DIR
 *
 * Makes topics 'none', 'lz4' and 'zstd' under DIR, each with one partition of several segments:
 * keys and values with nulls and empty ones, headers, times out of order, and an end that was cut
 * back within a batch. Writes what a reader should find to DIR/COMPRESSION.expected, one record a
 * line, in the words of Kafka's DumpLogSegments.
 */
#include <stdio.h>
#include <stdlib.h>

#include "log/log_writer.h"
#include "os/os.h"

#define RECORDS 2000
#define RECORDS_CUT 1987

/* The i-th record; its texts are in `arena`. */
static LogRecord record_make(Arena *arena, int i, StrBuf *headers)
{
    LogRecord record = {
        .key = str_of(arena_printf(arena, "key-%d", i)),
        .key_null = i % 7 == 1,
        .value = i % 10 == 2 ? STR_EMPTY
                             : str_of(arena_printf(arena, "{\"n\":%d,\"text\":\"%0*d\"}", i,
                                                   i % 50 + 1, i)),
        .value_null = i % 10 == 3,
        .timestamp_ms = 1700000000000 + i * 100 - (i % 13) * 1000,
    };

    strbuf_clear(headers);
    if (i % 5 == 0) {
        record_header_add(headers, STR("source"), STR("http"), false);
        record_header_add(headers, STR("trace"), STR_EMPTY, true);
        record.headers = strbuf_str(headers);
        record.header_count = 2;
    }
    return record;
}

static void record_expect(StrBuf *out, const LogRecord *record, int offset)
{
    strbuf_printf(out, "offset: %d CreateTime: %lld keySize: %d valueSize: %d", offset,
                  (long long)record->timestamp_ms, record->key_null ? -1 : (int)record->key.bytes,
                  record->value_null ? -1 : (int)record->value.bytes);
    strbuf_printf(out, " sequence: -1 headerKeys: [%s]",
                  record->header_count ? "source,trace" : "");
    if (!record->key_null)
        strbuf_printf(out, " key: %.*s", STR_ARG(record->key));
    if (!record->value_null)
        strbuf_printf(out, " payload: %.*s", STR_ARG(record->value));
    strbuf_add_char(out, '\n');
}

static bool topic_write(const char *dir, LogCompression compression, Error *err)
{
    TopicConfig config = topic_config_default;
    Str name = str_of(log_compression_name(compression));
    LogWriter *writer = NULL;
    int64_t end = RECORDS_CUT;
    StrBuf expected;
    StrBuf headers;
    Arena arena;
    bool ok;

    arena_init(&arena);
    strbuf_init(&expected);
    strbuf_init(&headers);
    config.log.compression = compression;
    config.log.segment_bytes = 20000;
    ok = topic_create(dir, name, &config, err) && log_writer_open(dir, name, NULL, &writer, err);
    for (int i = 0; ok && i < RECORDS; i++) {
        LogRecord record = record_make(&arena, i, &headers);

        ok = log_writer_append(writer, &record, err);
        /* Batches of many sizes. */
        if (ok && i % 37 == 0)
            ok = log_writer_flush(writer, err);
        if (i < RECORDS_CUT)
            record_expect(&expected, &record, i);
    }
    ok = ok && log_writer_sync(writer, err) && log_writer_truncate_to(writer, &end, err);
    log_writer_close(writer);
    ok = ok && os_write_file(
                   arena_printf(&arena, "%s/%s.expected", dir, log_compression_name(compression)),
                   strbuf_str(&expected), err);
    strbuf_done(&expected);
    strbuf_done(&headers);
    arena_done(&arena);
    return ok;
}

int main(int argc, char **argv)
{
    Error err = {0};

    if (argc != 2) {
        (void)fprintf(stderr, "usage: write_segments DIR\n");
        return 2;
    }
    if (!topic_write(argv[1], LOG_COMPRESSION_NONE, &err) ||
        !topic_write(argv[1], LOG_COMPRESSION_LZ4, &err) ||
        !topic_write(argv[1], LOG_COMPRESSION_ZSTD, &err)) {
        (void)fprintf(stderr, "write_segments: %s\n", err.text);
        return 1;
    }
    return 0;
}
