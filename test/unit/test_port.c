/*
 * A port over a source of the test's own: partitions that appear and cannot be opened for now.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "os/os.h"
#include "pipeline/port.h"

enum { AWAY_FOR_EVER = 1000 };

/* Partition 0 has one record a poll; partition 1 can be opened once it was refused so often. */
typedef struct FakeSource {
    Source source;
    int32_t partition_count;
    int refusals_left;
    ErrorKind refusal;
    int open_count;
} FakeSource;

typedef struct FakeReader {
    SourceReader reader;
    int64_t position;
} FakeReader;

static bool fake_partition_count(Source *source, int32_t *count, Error *err UNUSED)
{
    *count = ((FakeSource *)source)->partition_count;
    return true;
}

static bool fake_reader_open(Source *base, int32_t partition, int64_t position UNUSED, SourceReader **out,
                             Error *err)
{
    FakeSource *source = (FakeSource *)base;
    FakeReader *reader;

    if (partition && source->refusals_left) {
        source->refusals_left--;
        return error_set(err, source->refusal, "its leader is away");
    }
    reader = mem_zalloc(sizeof *reader);
    reader->reader.source = base;
    source->open_count++;
    *out = &reader->reader;
    return true;
}

static bool fake_poll(SourceReader *base, uint32_t count_max UNUSED, SourceRecords *out, Error *err UNUSED)
{
    static const char text[] = "{\"v\":1}";
    static const Str value = {text, sizeof text - 1};
    static int64_t position;
    FakeReader *reader = (FakeReader *)base;

    position = reader->position++;
    *out = (SourceRecords){
        .count = 1,
        .values = &value,
        .positions = &position,
        .next_position = position + 1,
        .end_position = position + 1,
        .at_end = true,
    };
    return true;
}

static void fake_reader_close(SourceReader *reader)
{
    free(reader);
}

static const SourceMethods fake_methods = {
    .name = "fake",
    .partition_count = fake_partition_count,
    .reader_open = fake_reader_open,
    .poll = fake_poll,
    .reader_close = fake_reader_close,
};

typedef struct Fixture {
    FakeSource fake;
    Arena arena;
    Field column;
    TableDef table;
    uint32_t column_i;
    SourceSpec spec;
    SqlContext sql;
    Port port;
    char trouble[256]; /* The last told; empty: over. */
    int trouble_count;
} Fixture;

static void on_trouble(void *self, uint32_t source_i UNUSED, const char *text)
{
    Fixture *f = self;

    f->trouble_count++;
    (void)snprintf(f->trouble, sizeof f->trouble, "%s", text ? text : "");
}

static int setup(void **state)
{
    Fixture *f = mem_zalloc(sizeof *f);

    arena_init(&f->arena);
    f->fake = (FakeSource){.source = {&fake_methods}, .partition_count = 1};
    f->column = (Field){.name = STR("v"), .type = &type_bigint};
    f->table = (TableDef){
        .name = STR("t"),
        .kind = TABLE_SOURCE,
        .provider = PROVIDER_KAFKA,
        .schema = {1, &f->column},
    };
    f->spec = (SourceSpec){
        .table = &f->table, .columns = &f->column_i, .column_count = 1, .schema = {1, &f->column}};
    f->sql.zone = zone_utc();
    f->port = (Port){
        .spec = &f->spec,
        .source = &f->fake.source,
        .sink = {.self = f},
        .worker_count = 1,
        .idle_timeout_us = INT64_MAX,
        .patience_us = INT64_MAX,
        .trouble = on_trouble,
        .sql = &f->sql,
        .arena = &f->arena,
    };
    assert_ok(port_open(&f->port, &err));
    /* It appears, and is not there yet. */
    f->fake.partition_count = 2;
    f->fake.refusal = ERROR_RETRY;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;

    port_close(&f->port);
    arena_done(&f->arena);
    free(f);
    return 0;
}

/* Polls, which reads a record, until `*value` is `wanted`. */
static void poll_until(Fixture *f, const int *value, int wanted)
{
    int64_t began_us = os_monotonic_us();

    while (*value != wanted) {
        uint64_t before = f->port.record_count;
        bool progressed = false;

        assert_ok(port_poll(&f->port, 10, &progressed, &err));
        assert_true(progressed);
        assert_int_equal(f->port.record_count, before + 1);
        arena_reset(&f->arena);
        if (os_monotonic_us() - began_us > 30000000)
            fail_msg("not within 30 s");
        os_sleep_us(1000);
    }
}

static void a_partition_that_cannot_be_opened_holds_up_no_other_and_is_tried_again(void **state)
{
    Fixture *f = *state;

    f->fake.refusals_left = 1;
    poll_until(f, &f->trouble_count, 1);
    assert_string_equal(f->trouble, "read 't': its leader is away");
    /* Neither may a run under --once end before it was read. */
    assert_false(port_is_at_end(&f->port));
    poll_until(f, &f->fake.open_count, 2);
    assert_int_equal(f->trouble_count, 2);
    assert_string_equal(f->trouble, "");
    assert_int_equal(f->port.partition_count, 2);
    for (int n = 0; n < 2; n++) {
        bool progressed = false;

        assert_ok(port_poll(&f->port, 10, &progressed, &err));
    }
    assert_true(port_is_at_end(&f->port));
}

/* The error, once it comes; the run ends with it. */
static void poll_until_failed(Fixture *f, Error *told)
{
    int64_t began_us = os_monotonic_us();
    bool progressed;

    while (port_poll(&f->port, 10, &progressed, told)) {
        arena_reset(&f->arena);
        if (os_monotonic_us() - began_us > 30000000)
            fail_msg("not within 30 s");
        os_sleep_us(1000);
    }
    assert_string_equal(told->text, "read 't': its leader is away");
}

static void it_is_not_waited_for_beyond_the_patience(void **state)
{
    Fixture *f = *state;
    Error told = {0};

    f->fake.refusals_left = AWAY_FOR_EVER;
    f->port.patience_us = 1000000;
    poll_until_failed(f, &told);
    assert_int_equal(told.kind, ERROR_RETRY);
    /* It was told of first, and tried again. */
    assert_int_equal(f->trouble_count, 1);
    assert_int_equal(f->fake.refusals_left, AWAY_FOR_EVER - 2);
}

static void what_does_not_pass_ends_the_run_at_once(void **state)
{
    Fixture *f = *state;
    Error told = {0};

    f->fake.refusals_left = AWAY_FOR_EVER;
    f->fake.refusal = ERROR_USER;
    poll_until_failed(f, &told);
    assert_int_equal(told.kind, ERROR_USER);
    assert_int_equal(f->trouble_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_partition_that_cannot_be_opened_holds_up_no_other_and_is_tried_again),
        TEST(it_is_not_waited_for_beyond_the_patience),
        TEST(what_does_not_pass_ends_the_run_at_once),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
