/*
 * Readers beside a writer: in threads of the process and in a process of its own, told the
 * committed end through shared memory, as a pipeline and the store tell it.
 */
#include "log_fixture.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS 20000
#define READERS 3

typedef struct Shared {
    LogFixture fixture;
    _Atomic int64_t committed_end;
    _Atomic int readers_done;
} Shared;

/* True when every record came once, in order, as it was written. No cmocka: it is not the main
 * thread's. */
static bool read_all(Shared *shared, size_t records_max)
{
    LogReader *reader = log_reader_create(shared->fixture.dir, 0);
    const LogRecord *records;
    int64_t next = 0;
    size_t count;
    Error err = {0};
    bool ok = true;

    while (ok && next < RECORDS) {
        int64_t end = atomic_load(&shared->committed_end);

        ok = log_reader_poll(reader, end, records_max, 20000, &records, &count, &err);
        for (size_t i = 0; ok && i < count; i++, next++) {
            char text[64];
            LogRecord expected = fixture_record(next, 0, text);

            ok = records[i].offset == next && next < end &&
                 str_equal(records[i].value, expected.value);
        }
        if (ok && count == 0)
            os_sleep_us(200);
    }
    if (!ok)
        (void)fprintf(stderr, "at offset %lld: %s\n", (long long)next, err.text);
    log_reader_free(reader);
    return ok;
}

static void reader_run(void *arg)
{
    Shared *shared = arg;

    if (read_all(shared, 64))
        atomic_fetch_add(&shared->readers_done, 1);
}

static void write_all(Shared *shared)
{
    Partition *partition = shared->fixture.partition;

    while (partition_end_offset(partition) < RECORDS) {
        int64_t left = RECORDS - partition_end_offset(partition);

        assert_ok(fixture_append(&shared->fixture, (int)MIN(left, 173), 0, &err));
        assert_ok(partition_sync(partition, &err));
        atomic_store(&shared->committed_end, partition_end_offset(partition));
        /* Bytes that nobody may see, gone again before the next epoch. */
        assert_ok(fixture_append(&shared->fixture, 40, 1, &err));
        assert_ok(partition_flush(partition, &err));
        assert_ok(partition_truncate_to(partition, atomic_load(&shared->committed_end), &err));
    }
}

static void readers_in_threads_and_processes_see_what_is_committed_and_no_more(void **state)
{
    Shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    OsThread *threads[READERS];
    int status = -1;
    pid_t child;

    assert_true(shared != MAP_FAILED);
    fixture_init(&shared->fixture);
    shared->fixture.config.segment_bytes = 50000;
    shared->fixture.config.batch_bytes = 3000;
    shared->fixture.config.compression = LOG_COMPRESSION_LZ4;
    fixture_reopen(&shared->fixture, 0);
    child = fork();
    if (child == 0)
        _exit(read_all(shared, 500) ? 0 : 1);
    for (int i = 0; i < READERS; i++)
        threads[i] = os_thread_start("reader", reader_run, shared);
    write_all(shared);
    for (int i = 0; i < READERS; i++)
        os_thread_join(threads[i]);
    assert_int_equal(atomic_load(&shared->readers_done), READERS);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fixture_done(&shared->fixture);
    (void)munmap(shared, sizeof *shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_in_threads_and_processes_see_what_is_committed_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
