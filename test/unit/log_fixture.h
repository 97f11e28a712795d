/*
 * log_fixture.h: for tests of the topic log: a folder of their own, records that can be told apart,
 * and a check that a partition holds exactly the records from one offset to another.
 */
#ifndef WEIR_TEST_LOG_FIXTURE_H
#define WEIR_TEST_LOG_FIXTURE_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/log_reader.h"
#include "log/partition.h"
#include "os/os.h"

typedef struct LogFixture {
    char dir[64];
    LogConfig config;
    Partition *partition;
} LogFixture;

static inline void fixture_init(LogFixture *fixture)
{
    *fixture = (LogFixture){.config = log_config_default};
    (void)snprintf(fixture->dir, sizeof fixture->dir, "/tmp/weir-test-log-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
}

static inline void fixture_done(LogFixture *fixture)
{
    partition_close(fixture->partition);
    assert_ok(os_remove_all(fixture->dir, &err));
}

static inline void fixture_reopen(LogFixture *fixture, int64_t committed_end)
{
    partition_close(fixture->partition);
    fixture->partition = NULL;
    assert_ok(
        partition_open(fixture->dir, &fixture->config, committed_end, &fixture->partition, &err));
}

/* The record at `offset` of the `life`-th writing (a log cut back and written anew differs). */
static inline LogRecord fixture_record(int64_t offset, int life, char text[64])
{
    int key_bytes = snprintf(text, 24, "key-%lld", (long long)offset);
    int value_bytes = snprintf(text + 24, 40, "value-%lld of life %d", (long long)offset, life);

    return (LogRecord){
        .key = {text, (uint32_t)key_bytes},
        .key_null = offset % 7 == 3,
        .value = {text + 24, (uint32_t)value_bytes},
        .timestamp_ms = 1000 + offset * 10,
    };
}

static inline bool fixture_append(LogFixture *fixture, int count, int life, Error *err)
{
    char text[64];

    for (int i = 0; i < count; i++) {
        LogRecord record = fixture_record(partition_end_offset(fixture->partition), life, text);

        if (!partition_append(fixture->partition, &record, err))
            return false;
    }
    return true;
}

static inline void fixture_check_record(const LogRecord *record, int64_t offset, int life)
{
    char text[64];
    LogRecord expected = fixture_record(offset, life, text);

    assert_true(record->offset == offset);
    assert_int_equal(record->key_null, expected.key_null);
    if (!expected.key_null)
        assert_true(str_equal(record->key, expected.key));
    if (!str_equal(record->value, expected.value))
        fail_msg("at offset %lld: '%.*s'", (long long)offset, STR_ARG(record->value));
    assert_true(record->timestamp_ms == expected.timestamp_ms);
}

/* Reads [from, committed_end), `records_max` at a time; all are of `life`. */
static inline void fixture_check(LogFixture *fixture, int64_t from, int64_t committed_end,
                                 size_t records_max, int life)
{
    LogReader *reader = log_reader_create(fixture->dir, from);
    const LogRecord *records;
    size_t count = 1;

    while (count) {
        assert_ok(
            log_reader_poll(reader, committed_end, records_max, SIZE_MAX, &records, &count, &err));
        assert_true(count <= records_max);
        for (size_t i = 0; i < count; i++)
            fixture_check_record(&records[i], from++, life);
    }
    assert_true(from == committed_end);
    assert_true(log_reader_position(reader) == committed_end);
    log_reader_free(reader);
}

#endif
