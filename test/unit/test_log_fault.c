/*
 * One history of a partition (epochs with commits, rolls, epochs given up, retention), run again
 * and again with its n-th change to the disk failing, n = 1, 2, 3 …: whatever was committed must be
 * there afterwards, record by record, and nothing else.
 */
#include "log_fixture.h"

#include "fault_os.h"
#include "log/segment.h"

#define EPOCHS 14
#define OFFSETS_MAX 1000

typedef struct History {
    LogFixture fixture;
    Random random;
    int64_t committed_end;
    int life;
    int life_of[OFFSETS_MAX]; /* In which life each record was written last. */
} History;

static void history_init(History *history, uint64_t seed)
{
    *history = (History){.random = {seed}};
    fixture_init(&history->fixture);
    history->fixture.config.segment_bytes = 1500;
    history->fixture.config.batch_bytes = 400;
    history->fixture.config.index_interval_bytes = 300;
    history->fixture.config.retention_bytes = 4000;
    history->fixture.config.compression = seed % 2 ? LOG_COMPRESSION_LZ4 : LOG_COMPRESSION_NONE;
}

static bool history_append(History *history, int count, Error *err)
{
    for (int i = 0; i < count; i++) {
        int64_t offset = partition_end_offset(history->fixture.partition);

        assert_true(offset < OFFSETS_MAX);
        history->life_of[offset] = history->life;
        if (!fixture_append(&history->fixture, 1, history->life, err))
            return false;
    }
    return true;
}

static void history_check(History *history)
{
    LogReader *reader;
    const LogRecord *records;
    int64_t next;
    size_t count = 1;

    next = partition_start_offset(history->fixture.partition);
    assert_true(partition_end_offset(history->fixture.partition) == history->committed_end);
    reader = log_reader_create(history->fixture.dir, next);
    while (count) {
        assert_ok(
            log_reader_poll(reader, history->committed_end, 64, SIZE_MAX, &records, &count, &err));
        for (size_t i = 0; i < count; i++, next++)
            fixture_check_record(&records[i], next, history->life_of[next]);
    }
    assert_true(next == history->committed_end);
    log_reader_free(reader);
}

/* An epoch is written and committed, not always up to its last record; or it is given up. */
static bool history_epoch(History *history, Error *err)
{
    Partition *partition = history->fixture.partition;

    if (!history_append(history, 1 + (int)random_below(&history->random, 30), err) ||
        !partition_sync(partition, err))
        return false;
    history->committed_end =
        MAX(history->committed_end,
            partition_end_offset(partition) - (int64_t)random_below(&history->random, 6));
    if (random_below(&history->random, 3) == 0) {
        if (!history_append(history, (int)random_below(&history->random, 40), err) ||
            !partition_flush(partition, err) ||
            !partition_truncate_to(partition, history->committed_end, err))
            return false;
        history->life++;
    }
    if (random_below(&history->random, 3) == 0)
        return partition_apply_retention(partition, 0, history->committed_end, err);
    return true;
}

static bool history_run(History *history, Error *err)
{
    if (!history->fixture.partition &&
        !partition_open(history->fixture.dir, &history->fixture.config, history->committed_end,
                        &history->fixture.partition, err))
        return false;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        if (!history_epoch(history, err))
            return false;
    }
    return true;
}

/* The error names the file; the end offset is committed_end again; the log goes on. */
static void after_the_failure(History *history)
{
    history->life++;
    history_check(history);
    assert_ok(history_append(history, 25, &err));
    assert_ok(partition_sync(history->fixture.partition, &err));
    history->committed_end = partition_end_offset(history->fixture.partition);
    history_check(history);
}

static void a_disk_full_at_any_moment_loses_nothing_committed(void **state)
{
    bool struck = true;

    for (int n = 1; struck; n++) {
        History history;
        FaultOs fault;
        Error problem = {0};

        history_init(&history, 7);
        fault_os_begin(&fault, n, FAULT_ONCE, (uint64_t)n);
        if (!history_run(&history, &problem)) {
            assert_non_null(strstr(problem.text, history.fixture.dir));
            assert_int_equal(problem.kind, ERROR_RETRY);
        }
        struck = fault.struck;
        fault.fail_at = 0;
        if (history.fixture.partition)
            assert_ok(
                partition_truncate_to(history.fixture.partition, history.committed_end, &err));
        else
            fixture_reopen(&history.fixture, history.committed_end);
        after_the_failure(&history);
        fixture_reopen(&history.fixture, history.committed_end);
        history_check(&history);
        fault_os_end(&fault);
        fixture_done(&history.fixture);
    }
}

static void a_power_cut_at_any_moment_loses_nothing_committed(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        bool struck = true;

        for (int n = 1; struck; n++) {
            History history;
            FaultOs fault;
            Error problem = {0};

            history_init(&history, seed);
            fault_os_begin(&fault, n, FAULT_CRASH, seed * 1000 + (uint64_t)n);
            (void)history_run(&history, &problem);
            struck = fault.struck;
            partition_close(history.fixture.partition);
            history.fixture.partition = NULL;
            fault_os_end(&fault);
            fault_os_begin(&fault, 0, FAULT_ONCE, 0);
            fixture_reopen(&history.fixture, history.committed_end);
            after_the_failure(&history);
            fixture_reopen(&history.fixture, LOG_END_UNKNOWN);
            history_check(&history);
            fault_os_end(&fault);
            fixture_done(&history.fixture);
        }
    }
}

static void after_a_failure_nothing_is_taken_until_the_log_is_cut_back(void **state)
{
    LogFixture fixture;
    FaultOs fault;
    Error problem = {0};

    fixture_init(&fixture);
    fixture_reopen(&fixture, 0);
    assert_ok(fixture_append(&fixture, 10, 0, &err));
    assert_ok(partition_sync(fixture.partition, &err));
    assert_ok(fixture_append(&fixture, 10, 1, &err));
    fault_os_begin(&fault, 2, FAULT_ONCE, 1); /* The write succeeds, its sync fails. */
    assert_false(partition_sync(fixture.partition, &problem));
    assert_false(partition_sync(fixture.partition, &problem));
    assert_non_null(strstr(problem.text, "last failure"));
    assert_false(fixture_append(&fixture, 1, 1, &problem));
    assert_ok(partition_truncate_to(fixture.partition, 10, &err));
    fault_os_end(&fault);
    assert_ok(fixture_append(&fixture, 10, 0, &err));
    assert_ok(partition_sync(fixture.partition, &err));
    fixture_check(&fixture, 0, 20, 100, 0);
    fixture_done(&fixture);
}

/* Opening what was closed in good order costs no wait for the disk: it is done at every start. */
static void opening_a_log_that_ends_where_it_was_committed_changes_nothing(void **state)
{
    LogFixture fixture;
    FaultOs fault;

    fixture_init(&fixture);
    fixture.config.segment_bytes = 1500;
    fixture_reopen(&fixture, 0);
    assert_ok(fixture_append(&fixture, 200, 0, &err));
    assert_ok(partition_sync(fixture.partition, &err));
    fault_os_begin(&fault, 0, FAULT_ONCE, 1);
    fixture_reopen(&fixture, 200);
    assert_int_equal(fault.change_count, 3); /* The active segment's files, opened for writing. */
    fault_os_end(&fault);
    fixture_check(&fixture, 0, 200, 100, 0);
    fixture_done(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_full_at_any_moment_loses_nothing_committed),
        cmocka_unit_test(a_power_cut_at_any_moment_loses_nothing_committed),
        cmocka_unit_test(after_a_failure_nothing_is_taken_until_the_log_is_cut_back),
        cmocka_unit_test(opening_a_log_that_ends_where_it_was_committed_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
