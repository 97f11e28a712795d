/*
 * bench_log.c: how fast the topic log takes in and gives out records of 230 bytes.
 *
 *     bench_log [RECORDS] [FOLDER]        default 4000000 records, folder ./bench-log-data
 *
 * Append includes the final sync; read is from the page cache, as a flow that keeps up reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/log_reader.h"
#include "log/partition.h"
#include "os/os.h"

#define KEY_BYTES 8
#define VALUE_BYTES 222

typedef struct Run {
    const char *dir;
    LogCompression compression;
    int64_t record_count;
    double append_s;
    double read_s;
    int64_t log_bytes;
} Run;

/* JSON as an API sends it, so that it compresses like the real thing; padded to its size. */
static void value_fill(char value[VALUE_BYTES + 1], int64_t i)
{
    int bytes =
        snprintf(value, VALUE_BYTES + 1,
                 "{\"order_id\":%lld,\"customer_id\":%lld,\"category\":\"%s\","
                 "\"price\":\"%lld.%02lld\",\"quantity\":%lld,"
                 "\"ts\":\"2025-05-04T17:%02lld:%02lld.%06lldZ\",\"note\":\"",
                 (long long)i, (long long)(i * 7919 % 100003), i % 3 ? "books" : "garden",
                 (long long)(i % 500), (long long)(i % 100), (long long)(1 + i % 9),
                 (long long)(i / 60 % 60), (long long)(i % 60), (long long)(i * 17 % 1000000));

    for (int k = bytes; k < VALUE_BYTES - 2; k++)
        value[k] = (char)('a' + (i * 31 + k * k) % 26);
    memcpy(value + VALUE_BYTES - 2, "\"}", 3);
}

static double seconds_since(int64_t start_us)
{
    return (double)(os_monotonic_us() - start_us) / 1e6;
}

static bool run_append(Run *run, Error *err)
{
    enum { TEMPLATES = 4096 };
    static char values[TEMPLATES][VALUE_BYTES + 1];
    LogConfig config = log_config_default;
    Partition *partition;
    int64_t start_us;
    bool ok = true;

    for (int i = 0; i < TEMPLATES; i++)
        value_fill(values[i], i);
    config.compression = run->compression;
    if (!os_mkdir_all(run->dir, err) || !partition_open(run->dir, &config, 0, &partition, err))
        return false;
    start_us = os_monotonic_us();
    for (int64_t i = 0; ok && i < run->record_count; i++) {
        int template_i = (int)(i % TEMPLATES);
        LogRecord record = {
            .key = {(const char *)&i, KEY_BYTES},
            .value = {values[template_i], VALUE_BYTES},
            .timestamp_ms = i,
        };

        ok = partition_append(partition, &record, err);
    }
    ok = ok && partition_sync(partition, err);
    run->append_s = seconds_since(start_us);
    run->log_bytes = partition_bytes(partition);
    partition_close(partition);
    return ok;
}

static bool run_read(Run *run, Error *err)
{
    LogReader *reader = log_reader_create(run->dir, 0);
    const LogRecord *records;
    int64_t start_us = os_monotonic_us();
    int64_t total = 0;
    size_t count = 1;
    bool ok = true;

    while (ok && count) {
        ok = log_reader_poll(reader, run->record_count, 4096, (size_t)1 << 20, &records, &count,
                             err);
        total += ok ? (int64_t)count : 0;
    }
    run->read_s = seconds_since(start_us);
    log_reader_free(reader);
    if (ok && total != run->record_count)
        return error_set(err, ERROR_JOB, "%lld records read", (long long)total);
    return ok;
}

int main(int argc, char **argv)
{
    static const LogCompression compressions[] = {LOG_COMPRESSION_NONE, LOG_COMPRESSION_LZ4,
                                                  LOG_COMPRESSION_ZSTD};
    int64_t record_count = argc > 1 ? atoll(argv[1]) : 4000000;
    const char *dir = argc > 2 ? argv[2] : "bench-log-data";
    Error err = {0};

    printf("%-12s %14s %14s %12s\n", "compression", "append rows/s", "read rows/s", "bytes/row");
    for (size_t i = 0; i < COUNT_OF(compressions); i++) {
        Run run = {.dir = dir, .compression = compressions[i], .record_count = record_count};

        if (!os_remove_all(dir, &err) || !run_append(&run, &err) || !run_read(&run, &err) ||
            !os_remove_all(dir, &err)) {
            (void)fprintf(stderr, "bench_log: %s\n", err.text);
            return 3;
        }
        printf("%-12s %14.0f %14.0f %12.1f\n", log_compression_name(run.compression),
               (double)record_count / run.append_s, (double)record_count / run.read_s,
               (double)run.log_bytes / (double)record_count);
    }
    return 0;
}
