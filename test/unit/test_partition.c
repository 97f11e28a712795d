#include "log_fixture.h"

#include "log/segment.h"

static int fixture_open(void **state)
{
    LogFixture *fixture = mem_zalloc(sizeof *fixture);

    fixture_init(fixture);
    fixture->config.segment_bytes = 4000;
    fixture->config.batch_bytes = 600;
    fixture->config.index_interval_bytes = 500;
    *state = fixture;
    return 0;
}

static int fixture_close(void **state)
{
    fixture_done(*state);
    free(*state);
    return 0;
}

static size_t segment_count(const LogFixture *fixture)
{
    Arena arena;
    int64_t *bases;
    size_t count = 0;

    arena_init(&arena);
    assert_ok(segment_list(&arena, fixture->dir, &bases, &count, &err));
    arena_done(&arena);
    return count;
}

static char *file_of(const LogFixture *fixture, Arena *arena, int64_t base, const char *suffix)
{
    return segment_path(arena, fixture->dir, base, suffix);
}

static int64_t file_bytes(const char *path)
{
    int64_t bytes = 0;
    int64_t modified_us;

    assert_ok(os_stat(path, &bytes, &modified_us, &err));
    return bytes;
}

static void file_cut(const char *path, int64_t bytes)
{
    OsFile *file = NULL;

    assert_ok(os_file_open(path, OS_OPEN_READ_WRITE, &file, &err));
    assert_ok(os_file_truncate(file, bytes, &err));
    os_file_close(file);
}

static void file_spoil(const char *path, int64_t position)
{
    OsFile *file = NULL;
    char byte = 0;
    size_t got;

    assert_ok(os_file_open(path, OS_OPEN_READ_WRITE, &file, &err));
    assert_ok(os_file_read_at(file, &byte, 1, position, &got, &err));
    byte = (char)(byte ^ 0x55);
    assert_ok(os_file_write_at(file, &byte, 1, position, &err));
    os_file_close(file);
}

/* ── appending and reading ─────────────────────────────────────────────────────────────────────*/

static void what_was_synced_is_read_back_over_many_segments(void **state)
{
    static const LogCompression compressions[] = {LOG_COMPRESSION_NONE, LOG_COMPRESSION_LZ4,
                                                  LOG_COMPRESSION_ZSTD};

    for (size_t c = 0; c < COUNT_OF(compressions); c++) {
        LogFixture fixture;

        fixture_init(&fixture);
        fixture.config.segment_bytes = 4000;
        fixture.config.batch_bytes = 600;
        fixture.config.index_interval_bytes = 500;
        fixture.config.compression = compressions[c];
        fixture_reopen(&fixture, 0);
        assert_ok(fixture_append(&fixture, 1000, 0, &err));
        assert_ok(partition_sync(fixture.partition, &err));
        assert_true(segment_count(&fixture) > 3);
        fixture_check(&fixture, 0, 1000, 1000, 0);
        fixture_check(&fixture, 0, 1000, 7, 0);
        for (int64_t from = 1; from < 1000; from += 83)
            fixture_check(&fixture, from, 1000, 100, 0);
        fixture_done(&fixture);
    }
}

static void a_reader_sees_nothing_at_or_above_the_committed_end(void **state)
{
    LogFixture *fixture = *state;

    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 100, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    for (int64_t end = 0; end <= 100; end++)
        fixture_check(fixture, 0, end, 13, 0);
}

static void a_reader_follows_the_committed_end_through_rolls(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);
    const LogRecord *records;
    int64_t next = 0;
    size_t count;

    fixture_reopen(fixture, 0);
    for (int epoch = 0; epoch < 120; epoch++) {
        int64_t end;

        assert_ok(fixture_append(fixture, 1 + epoch % 9, 0, &err));
        assert_ok(partition_sync(fixture->partition, &err));
        end = partition_end_offset(fixture->partition);
        do {
            assert_ok(log_reader_poll(reader, end, 4, SIZE_MAX, &records, &count, &err));
            for (size_t i = 0; i < count; i++)
                fixture_check_record(&records[i], next++, 0);
        } while (count);
        assert_true(next == end);
    }
    log_reader_free(reader);
}

static void a_reader_never_returns_bytes_that_were_cut_and_written_anew(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);
    const LogRecord *records;
    size_t count = 0;

    fixture->config.batch_bytes = 100000;
    fixture->config.segment_bytes = 1000000;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 50, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    /* The reader's window now holds all 50 records, one batch, of which it may see 20 and sees 10.
     */
    assert_ok(log_reader_poll(reader, 20, 10, SIZE_MAX, &records, &count, &err));
    assert_int_equal(count, 10);

    fixture_reopen(fixture, 20);
    assert_ok(fixture_append(fixture, 50, 1, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    for (int64_t next = 10; next < 70;) {
        assert_ok(log_reader_poll(reader, 70, 8, SIZE_MAX, &records, &count, &err));
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++, next++)
            fixture_check_record(&records[i], next, next < 20 ? 0 : 1);
    }
    log_reader_free(reader);
}

static void a_poll_stops_at_the_bytes_asked_for(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);
    const LogRecord *records;
    size_t count = 0;

    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 100, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_ok(log_reader_poll(reader, 100, 100, 1, &records, &count, &err));
    assert_int_equal(count, 1);
    assert_ok(log_reader_poll(reader, 100, 100, 200, &records, &count, &err));
    assert_in_range(count, 3, 8);
    log_reader_free(reader);
}

static void a_batch_larger_than_the_window_is_read(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);
    const LogRecord *records;
    size_t bytes = (size_t)3 << 20;
    char *value = malloc(bytes);
    LogRecord record = {.key_null = true, .value = {value, (uint32_t)bytes}};
    size_t count = 0;

    assert_non_null(value);
    memset(value, 'x', bytes);
    fixture_reopen(fixture, 0);
    for (int i = 0; i < 3; i++)
        assert_ok(partition_append(fixture->partition, &record, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    for (int i = 0; i < 3; i++) {
        assert_ok(log_reader_poll(reader, 3, 10, SIZE_MAX, &records, &count, &err));
        assert_int_equal(count, 1);
        assert_true(str_equal(records[0].value, record.value));
    }
    free(value);
    log_reader_free(reader);
}

static void a_record_above_the_limit_is_refused_and_the_next_taken(void **state)
{
    LogFixture *fixture = *state;
    char *value = calloc(1, RECORD_BYTES_MAX + 1);
    LogRecord record = {.value = {value, (uint32_t)RECORD_BYTES_MAX + 1}, .key_null = true};
    Error problem = {0};

    assert_non_null(value);
    fixture_reopen(fixture, 0);
    assert_false(partition_append(fixture->partition, &record, &problem));
    assert_int_equal(problem.kind, ERROR_DATA);
    assert_ok(fixture_append(fixture, 5, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    fixture_check(fixture, 0, 5, 10, 0);
    free(value);
}

/* ── cutting the end ───────────────────────────────────────────────────────────────────────────*/

static void the_log_is_cut_back_to_any_offset_and_goes_on_from_there(void **state)
{
    for (int64_t end = 0; end <= 120; end += 3) {
        LogFixture fixture;

        fixture_init(&fixture);
        fixture.config.segment_bytes = 1500;
        fixture.config.batch_bytes = 400;
        fixture.config.index_interval_bytes = 300;
        fixture.config.compression = end % 2 ? LOG_COMPRESSION_LZ4 : LOG_COMPRESSION_NONE;
        fixture_reopen(&fixture, 0);
        assert_ok(fixture_append(&fixture, 120, 0, &err));
        assert_ok(partition_sync(fixture.partition, &err));
        if (end % 4)
            fixture_reopen(&fixture, end);
        else
            assert_ok(partition_truncate_to(fixture.partition, end, &err));
        assert_true(partition_end_offset(fixture.partition) == end);
        fixture_check(&fixture, 0, end, 50, 0);
        assert_ok(fixture_append(&fixture, 40, 0, &err));
        assert_ok(partition_sync(fixture.partition, &err));
        fixture_check(&fixture, 0, end + 40, 50, 0);
        fixture_reopen(&fixture, LOG_END_UNKNOWN);
        assert_true(partition_end_offset(fixture.partition) == end + 40);
        fixture_done(&fixture);
    }
}

static void records_not_yet_flushed_are_forgotten_by_a_truncation(void **state)
{
    LogFixture *fixture = *state;

    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 3, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_ok(fixture_append(fixture, 2, 1, &err));
    assert_ok(partition_truncate_to(fixture->partition, 3, &err));
    assert_ok(fixture_append(fixture, 2, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    fixture_check(fixture, 0, 5, 10, 0);
}

static void a_log_that_does_not_reach_its_committed_end_is_refused(void **state)
{
    LogFixture *fixture = *state;
    Partition *partition;
    Error problem = {0};
    Arena arena;
    char *log;

    arena_init(&arena);
    log = file_of(fixture, &arena, 0, ".log");
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 10, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_false(partition_open(fixture->dir, &fixture->config, 11, &partition, &problem));
    assert_non_null(strstr(problem.text, "offset 10"));
    assert_non_null(strstr(problem.text, log));

    file_spoil(log, 100);
    assert_false(partition_open(fixture->dir, &fixture->config, 10, &partition, &problem));
    assert_non_null(strstr(problem.text, "checksum"));
    arena_done(&arena);
}

/* ── recovery ──────────────────────────────────────────────────────────────────────────────────*/

static void a_tail_torn_at_any_byte_is_cut_off(void **state)
{
    LogFixture *fixture = *state;
    Arena arena;
    char *log;
    int64_t whole;
    int64_t kept = 60;

    arena_init(&arena);
    log = file_of(fixture, &arena, 0, ".log");
    fixture->config.segment_bytes = 1 << 20;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 60, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    whole = file_bytes(log);
    for (int64_t bytes = whole - 1; bytes > 0; bytes -= 41) {
        file_cut(log, bytes);
        fixture_reopen(fixture, LOG_END_UNKNOWN);
        assert_true(partition_end_offset(fixture->partition) <= kept);
        kept = partition_end_offset(fixture->partition);
        assert_true(file_bytes(log) <= bytes);
        fixture_check(fixture, 0, kept, 100, 0);
    }
    assert_int_equal(kept, 0);
    arena_done(&arena);
}

static void a_damaged_batch_ends_what_is_recovered_without_a_committed_end(void **state)
{
    LogFixture *fixture = *state;
    Arena arena;
    char *log;

    arena_init(&arena);
    log = file_of(fixture, &arena, 0, ".log");
    fixture->config.segment_bytes = 1 << 20;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 60, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    file_spoil(log, file_bytes(log) / 2);
    fixture_reopen(fixture, LOG_END_UNKNOWN);
    assert_in_range(partition_end_offset(fixture->partition), 10, 40);
    fixture_check(fixture, 0, partition_end_offset(fixture->partition), 100, 0);
    arena_done(&arena);
}

static void rubbish_behind_the_committed_end_does_no_harm(void **state)
{
    LogFixture *fixture = *state;
    Arena arena;
    OsFile *file = NULL;
    char rubbish[3000];
    char *log;

    arena_init(&arena);
    log = file_of(fixture, &arena, 0, ".log");
    memset(rubbish, 0, sizeof rubbish);
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 30, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_ok(os_file_open(log, OS_OPEN_READ_WRITE, &file, &err));
    assert_ok(os_file_write_at(file, rubbish, sizeof rubbish, file_bytes(log), &err));
    os_file_close(file);
    fixture_check(fixture, 0, 30, 100, 0);
    fixture_reopen(fixture, 30);
    assert_ok(fixture_append(fixture, 30, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    fixture_check(fixture, 0, 60, 100, 0);
    arena_done(&arena);
}

static void indexes_that_are_lost_or_wrong_are_made_anew_alike(void **state)
{
    LogFixture *fixture = *state;
    Str before[2];
    Str after;
    Arena arena;
    static const char *const suffixes[] = {".index", ".timeindex"};

    arena_init(&arena);
    fixture->config.segment_bytes = 1 << 20;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 300, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    for (int i = 0; i < 2; i++)
        assert_ok(os_read_file(&arena, file_of(fixture, &arena, 0, suffixes[i]), 1 << 20,
                               &before[i], &err));
    assert_true(before[0].bytes >= 10 * 8);
    for (int way = 0; way < 6; way++) {
        char *path = file_of(fixture, &arena, 0, suffixes[way % 2]);

        partition_close(fixture->partition);
        fixture->partition = NULL;
        if (way < 2)
            assert_ok(os_unlink(path, &err));
        else if (way < 4)
            file_cut(path, 3);
        else
            file_spoil(path, 10 * (way % 2 ? 12 : 8)); /* An entry's first byte. */
        fixture_reopen(fixture, 300);
        for (int i = 0; i < 2; i++) {
            assert_ok(os_read_file(&arena, file_of(fixture, &arena, 0, suffixes[i]), 1 << 20,
                                   &after, &err));
            assert_true(str_equal(after, before[i]));
        }
        fixture_check(fixture, 150, 300, 100, 0);
    }
    arena_done(&arena);
}

static void a_sealed_segment_gets_its_lost_index_back(void **state)
{
    LogFixture *fixture = *state;
    Arena arena;
    Str before;
    Str after;
    char *path;

    arena_init(&arena);
    path = file_of(fixture, &arena, 0, ".timeindex");
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 300, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_true(segment_count(fixture) > 1);
    assert_ok(os_read_file(&arena, path, 1 << 20, &before, &err));
    assert_ok(os_unlink(path, &err));
    fixture_check(fixture, 50, 300, 100, 0);
    fixture_reopen(fixture, 300);
    assert_ok(os_read_file(&arena, path, 1 << 20, &after, &err));
    assert_true(str_equal(after, before));
    arena_done(&arena);
}

static void a_reader_does_without_indexes_and_against_false_ones(void **state)
{
    LogFixture *fixture = *state;
    Arena arena;
    char *path;

    arena_init(&arena);
    path = file_of(fixture, &arena, 0, ".index");
    fixture->config.segment_bytes = 1 << 20;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 300, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    for (int64_t position = 0; position < file_bytes(path); position += 5) {
        file_spoil(path, position);
        fixture_check(fixture, 150, 300, 100, 0);
        fixture_check(fixture, 299, 300, 100, 0);
    }
    assert_ok(os_unlink(path, &err));
    fixture_check(fixture, 150, 300, 100, 0);
    arena_done(&arena);
}

/* ── times ─────────────────────────────────────────────────────────────────────────────────────*/

static void every_time_leads_to_the_first_record_not_before_it(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);

    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 300, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    for (int64_t offset = 0; offset < 300; offset += 7) {
        assert_ok(log_reader_seek_time(reader, 1000 + offset * 10, 300, &err));
        assert_true(log_reader_position(reader) == offset);
        assert_ok(log_reader_seek_time(reader, 1000 + offset * 10 - 3, 300, &err));
        assert_true(log_reader_position(reader) == offset);
    }
    assert_ok(log_reader_seek_time(reader, INT64_MIN, 300, &err));
    assert_true(log_reader_position(reader) == 0);
    assert_ok(log_reader_seek_time(reader, 5000, 300, &err));
    assert_true(log_reader_position(reader) == 300);
    assert_ok(log_reader_seek_time(reader, 1990, 50, &err));
    assert_true(log_reader_position(reader) == 50);
    log_reader_free(reader);
}

static void times_out_of_order_are_found_too(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);
    int64_t times[400];

    fixture_reopen(fixture, 0);
    for (int i = 0; i < 400; i++) {
        char text[64];
        LogRecord record = fixture_record(i, 0, text);

        times[i] = record.timestamp_ms = (i * 7919) % 1009 + i / 2;
        assert_ok(partition_append(fixture->partition, &record, &err));
    }
    assert_ok(partition_sync(fixture->partition, &err));
    for (int64_t time = 0; time < 1300; time += 11) {
        int64_t expected = 0;

        while (expected < 400 && times[expected] < time)
            expected++;
        assert_ok(log_reader_seek_time(reader, time, 400, &err));
        assert_true(log_reader_position(reader) == expected);
    }
    log_reader_free(reader);
}

/* ── retention ─────────────────────────────────────────────────────────────────────────────────*/

static void retention_by_bytes_keeps_as_much_as_was_asked_for(void **state)
{
    LogFixture *fixture = *state;
    int64_t start;

    fixture->config.retention_bytes = 10000;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 1000, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_ok(partition_apply_retention(fixture->partition, 0, 1000, &err));
    start = partition_start_offset(fixture->partition);
    assert_true(start > 0);
    assert_in_range(partition_bytes(fixture->partition), 10000, 14000);
    fixture_check(fixture, start, 1000, 100, 0);
    fixture_reopen(fixture, 1000);
    assert_true(partition_start_offset(fixture->partition) == start);
}

static void retention_never_goes_above_the_committed_end(void **state)
{
    LogFixture *fixture = *state;

    fixture->config.retention_bytes = 0;
    fixture->config.retention_ms = 0;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 1000, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_ok(partition_apply_retention(fixture->partition, INT64_MAX / 2, 400, &err));
    assert_in_range(partition_start_offset(fixture->partition), 300, 400);
    fixture_reopen(fixture, 400);
    fixture_check(fixture, partition_start_offset(fixture->partition), 400, 100, 0);
}

static void retention_by_age_lets_go_of_the_last_segment_too(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);
    const LogRecord *records;
    int64_t start = -1;
    size_t count;
    Error problem = {0};

    fixture->config.retention_ms = 60000;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 200, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_ok(partition_apply_retention(fixture->partition, 1000 + 60000, 200, &err));
    assert_true(partition_start_offset(fixture->partition) == 0);
    assert_ok(partition_apply_retention(fixture->partition, 1000 + 1991 + 60000, 200, &err));
    assert_true(partition_start_offset(fixture->partition) == 200);
    assert_ok(log_reader_start_offset(reader, &start, &err));
    assert_true(start == 200);
    assert_false(log_reader_poll(reader, 200, 10, SIZE_MAX, &records, &count, &problem));
    assert_non_null(strstr(problem.text, "begins at 200"));
    fixture_reopen(fixture, 200);
    assert_ok(fixture_append(fixture, 5, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    fixture_check(fixture, 200, 205, 10, 0);
    log_reader_free(reader);
}

static void a_reader_in_a_removed_segment_finishes_it(void **state)
{
    LogFixture *fixture = *state;
    LogReader *reader = log_reader_create(fixture->dir, 0);
    const LogRecord *records;
    size_t count = 0;

    fixture->config.retention_bytes = 0;
    fixture->config.segment_bytes = 100000;
    fixture_reopen(fixture, 0);
    assert_ok(fixture_append(fixture, 1400, 0, &err));
    assert_ok(partition_sync(fixture->partition, &err));
    assert_ok(log_reader_poll(reader, 1400, 1, SIZE_MAX, &records, &count, &err));
    assert_ok(partition_apply_retention(fixture->partition, 0, 1400, &err));
    assert_ok(log_reader_poll(reader, 1400, 100, SIZE_MAX, &records, &count, &err));
    fixture_check_record(&records[0], 1, 0);
    log_reader_free(reader);
}

int main(void)
{
#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_synced_is_read_back_over_many_segments),
        LOG_TEST(a_reader_sees_nothing_at_or_above_the_committed_end),
        LOG_TEST(a_reader_follows_the_committed_end_through_rolls),
        LOG_TEST(a_reader_never_returns_bytes_that_were_cut_and_written_anew),
        LOG_TEST(a_poll_stops_at_the_bytes_asked_for),
        LOG_TEST(a_batch_larger_than_the_window_is_read),
        LOG_TEST(a_record_above_the_limit_is_refused_and_the_next_taken),
        cmocka_unit_test(the_log_is_cut_back_to_any_offset_and_goes_on_from_there),
        LOG_TEST(records_not_yet_flushed_are_forgotten_by_a_truncation),
        LOG_TEST(a_log_that_does_not_reach_its_committed_end_is_refused),
        LOG_TEST(a_tail_torn_at_any_byte_is_cut_off),
        LOG_TEST(a_damaged_batch_ends_what_is_recovered_without_a_committed_end),
        LOG_TEST(rubbish_behind_the_committed_end_does_no_harm),
        LOG_TEST(indexes_that_are_lost_or_wrong_are_made_anew_alike),
        LOG_TEST(a_sealed_segment_gets_its_lost_index_back),
        LOG_TEST(a_reader_does_without_indexes_and_against_false_ones),
        LOG_TEST(every_time_leads_to_the_first_record_not_before_it),
        LOG_TEST(times_out_of_order_are_found_too),
        LOG_TEST(retention_by_bytes_keeps_as_much_as_was_asked_for),
        LOG_TEST(retention_never_goes_above_the_committed_end),
        LOG_TEST(retention_by_age_lets_go_of_the_last_segment_too),
        LOG_TEST(a_reader_in_a_removed_segment_finishes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
