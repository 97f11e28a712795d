#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault_os.h"
#include "log/log_reader.h"
#include "log/log_writer.h"
#include "log/partitioner.h"
#include "os/os.h"

static int folder_make(void **state)
{
    char *dir = mem_strdup("/tmp/weir-test-topic-XXXXXX");

    assert_non_null(mkdtemp(dir));
    *state = dir;
    return 0;
}

static int folder_remove(void **state)
{
    assert_ok(os_remove_all(*state, &err));
    free(*state);
    return 0;
}

static void create(const char *dir, const char *name, int32_t partition_count)
{
    TopicConfig config = topic_config_default;

    config.partition_count = partition_count;
    assert_ok(topic_create(dir, str_of(name), &config, &err));
}

/* ── names and settings ────────────────────────────────────────────────────────────────────────*/

static void topic_names_are_kafkas(void **state)
{
    static const char *const good[] = {"a", "orders", "A.b_c-9", "...", "-", "orders__dead_letter"};
    static const char *const bad[] = {"", ".", "..", "a b", "a/b", "../a", "naïve", "a\n", "a:b"};
    char longest[TOPIC_NAME_BYTES_MAX + 1];
    Error problem = {0};

    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_ok(topic_name_check(str_of(good[i]), &err));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(topic_name_check(str_of(bad[i]), &problem));
    memset(longest, 'x', sizeof longest);
    assert_ok(topic_name_check((Str){longest, TOPIC_NAME_BYTES_MAX}, &err));
    assert_false(topic_name_check((Str){longest, TOPIC_NAME_BYTES_MAX + 1}, &problem));
}

static void the_longest_name_can_be_used(void **state)
{
    char name[TOPIC_NAME_BYTES_MAX + 1];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    create(*state, name, 3);
    assert_true(topic_exists(*state, str_of(name)));
}

static void settings_come_back_as_they_were_given(void **state)
{
    TopicConfig config = topic_config_default;
    TopicConfig read = {0};

    config.partition_count = 7;
    config.log.retention_ms = 604800000;
    config.log.retention_bytes = INT64_C(1) << 40;
    config.log.segment_bytes = 1 << 20;
    config.log.compression = LOG_COMPRESSION_ZSTD;
    assert_ok(topic_create(*state, STR("t"), &config, &err));
    assert_ok(topic_describe(*state, STR("t"), &read, &err));
    assert_int_equal(read.partition_count, 7);
    assert_true(read.log.retention_ms == config.log.retention_ms);
    assert_true(read.log.retention_bytes == config.log.retention_bytes);
    assert_true(read.log.segment_bytes == config.log.segment_bytes);
    assert_int_equal(read.log.compression, LOG_COMPRESSION_ZSTD);
    assert_true(llabs(read.created_ms - os_realtime_us() / 1000) < 60000);
}

static void settings_can_be_changed_and_the_rest_stays(void **state)
{
    TopicConfig read = {0};
    Error problem = {0};
    int64_t created_ms;

    create(*state, "t", 3);
    assert_ok(topic_describe(*state, STR("t"), &read, &err));
    created_ms = read.created_ms;
    read.log.retention_ms = 60000;
    read.log.segment_bytes = 1 << 20;
    read.log.compression = LOG_COMPRESSION_LZ4;
    assert_ok(topic_configure(*state, STR("t"), &read.log, &err));
    read = (TopicConfig){0};
    assert_ok(topic_describe(*state, STR("t"), &read, &err));
    assert_int_equal(read.partition_count, 3);
    assert_true(read.created_ms == created_ms);
    assert_true(read.log.retention_ms == 60000);
    assert_true(read.log.segment_bytes == 1 << 20);
    assert_int_equal(read.log.compression, LOG_COMPRESSION_LZ4);
    read.log.segment_bytes = 7;
    assert_false(topic_configure(*state, STR("t"), &read.log, &problem));
    assert_non_null(strstr(problem.text, "segment.bytes"));
    assert_false(topic_configure(*state, STR("u"), &read.log, &problem));
    assert_non_null(strstr(problem.text, "there is no topic 'u'"));
}

static void a_wrong_settings_file_is_told_by_file_and_line(void **state)
{
    static const struct {
        const char *text;
        const char *told;
    } cases[] = {
        {"# x\npartitions = 0\n", "topic.properties:2: partitions is 0"},
        {"partitions = many\n", ":1: partitions is 'many', not a whole number"},
        {"partitions\n", ":1: 'partitions' is not 'key = value'"},
        {"\n\ncompression.type = gzip\n", ":3: compression.type is 'gzip'"},
        {"cleanup.policy = compact\n", ":1: there is no topic setting 'cleanup.policy'"},
        {"created = yesterday\n", ":1: 'yesterday' is no time"},
        {"segment.bytes = 9999999999\n", "must be from 1024 to 2147483647"},
    };
    Arena arena;

    arena_init(&arena);
    create(*state, "t", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        TopicConfig config;
        Error problem = {0};
        char *path = arena_printf(&arena, "%s/topics/t-0/topic.properties", (char *)*state);

        assert_ok(os_write_file(path, str_of(cases[i].text), &err));
        assert_false(topic_describe(*state, STR("t"), &config, &problem));
        if (!strstr(problem.text, cases[i].told))
            fail_msg("'%s' does not say '%s'", problem.text, cases[i].told);
        assert_int_equal(problem.kind, ERROR_USER);
    }
    arena_done(&arena);
}

static void settings_out_of_range_make_no_topic(void **state)
{
    TopicConfig config = topic_config_default;
    Error problem = {0};

    config.partition_count = 0;
    assert_false(topic_create(*state, STR("t"), &config, &problem));
    config.partition_count = TOPIC_PARTITIONS_MAX + 1;
    assert_false(topic_create(*state, STR("t"), &config, &problem));
    config = topic_config_default;
    config.log.segment_bytes = 10;
    assert_false(topic_create(*state, STR("t"), &config, &problem));
    assert_false(topic_exists(*state, STR("t")));
}

/* ── topics ────────────────────────────────────────────────────────────────────────────────────*/

static void topics_are_listed_by_name(void **state)
{
    static const char *const expected[] = {"a", "a-1", "a.b", "a0", "b"};
    Arena arena;
    Str *names;
    size_t count = 9;

    arena_init(&arena);
    assert_ok(topic_list(&arena, *state, &names, &count, &err));
    assert_int_equal(count, 0);
    create(*state, "b", 12);
    create(*state, "a0", 1);
    create(*state, "a.b", 1);
    create(*state, "a-1", 2);
    create(*state, "a", 3);
    assert_ok(topic_list(&arena, *state, &names, &count, &err));
    assert_int_equal(count, COUNT_OF(expected));
    for (size_t i = 0; i < count; i++)
        assert_str_is(names[i], expected[i]);
    arena_done(&arena);
}

static void a_topic_is_made_once(void **state)
{
    TopicConfig config = topic_config_default;
    Error problem = {0};

    create(*state, "t", 1);
    assert_false(topic_create(*state, STR("t"), &config, &problem));
    assert_string_equal(problem.text, "topic 't' exists already");
    assert_false(topic_describe(*state, STR("u"), &config, &problem));
    assert_string_equal(problem.text, "there is no topic 'u'");
    assert_false(topic_delete(*state, STR("u"), &problem));
    assert_false(topic_describe(*state, STR("../u"), &config, &problem));
}

static LogWriter *open_writer(const char *dir, const char *topic, const int64_t *ends)
{
    LogWriter *writer = NULL;

    assert_ok(log_writer_open(dir, str_of(topic), ends, &writer, &err));
    return writer;
}

static void write_keyless(const char *dir, const char *topic, int count)
{
    LogWriter *writer = open_writer(dir, topic, NULL);
    LogRecord record = {.key_null = true, .value = STR("value")};

    for (int i = 0; i < count; i++)
        assert_ok(log_writer_append(writer, &record, &err));
    assert_ok(log_writer_sync(writer, &err));
    log_writer_close(writer);
}

static void a_deleted_topic_leaves_nothing_to_the_next_of_its_name(void **state)
{
    LogWriter *writer;
    int64_t ends[3];

    create(*state, "t", 3);
    create(*state, "t-0", 1);
    write_keyless(*state, "t", 30);
    write_keyless(*state, "t-0", 5);
    assert_ok(topic_delete(*state, STR("t"), &err));
    assert_false(topic_exists(*state, STR("t")));
    create(*state, "t", 3);
    writer = open_writer(*state, "t", NULL);
    log_writer_ends(writer, ends);
    for (int i = 0; i < 3; i++)
        assert_true(ends[i] == 0);
    log_writer_close(writer);
    writer = open_writer(*state, "t-0", NULL);
    log_writer_ends(writer, ends);
    assert_true(ends[0] == 5);
    log_writer_close(writer);
}

static void a_topic_grows_and_keeps_its_records(void **state)
{
    Error problem = {0};
    LogWriter *writer;
    int64_t ends[5] = {0};

    create(*state, "t", 2);
    write_keyless(*state, "t", 10);
    assert_ok(topic_grow(*state, STR("t"), 5, &err));
    assert_false(topic_grow(*state, STR("t"), 4, &problem));
    writer = open_writer(*state, "t", NULL);
    assert_int_equal(log_writer_partition_count(writer), 5);
    log_writer_ends(writer, ends);
    assert_true(ends[0] == 5 && ends[1] == 5 && ends[4] == 0);
    log_writer_close(writer);
}

static void a_failure_while_a_topic_is_made_leaves_none_and_hinders_none(void **state)
{
    bool struck = true;

    for (int n = 1; struck; n++) {
        TopicConfig config = topic_config_default;
        FaultOs fault;
        Error problem = {0};
        bool made;

        config.partition_count = 3;
        fault_os_begin(&fault, n, FAULT_CRASH, (uint64_t)n);
        made = topic_create(*state, STR("t"), &config, &problem);
        struck = fault.struck;
        fault_os_end(&fault);
        if (made || topic_exists(*state, STR("t"))) {
            assert_ok(topic_describe(*state, STR("t"), &config, &err));
            assert_int_equal(config.partition_count, 3);
        } else {
            create(*state, "t", 2);
        }
        write_keyless(*state, "t", 10);
        assert_ok(topic_delete(*state, STR("t"), &err));
    }
}

/* ── writing to all partitions ─────────────────────────────────────────────────────────────────*/

/* How many records of partition `partition_i` are below `end`; each must be of that partition. */
static int check_partition(const char *dir, int32_t partition_i, int32_t partition_count,
                           int64_t end)
{
    Arena arena;
    LogReader *reader;
    const LogRecord *records;
    size_t count = 1;
    int total = 0;

    arena_init(&arena);
    reader = log_reader_create(topic_partition_dir(&arena, dir, STR("t"), partition_i), 0);
    while (count) {
        assert_ok(log_reader_poll(reader, end, 100, SIZE_MAX, &records, &count, &err));
        for (size_t i = 0; i < count; i++) {
            assert_true(records[i].offset == total++);
            assert_int_equal(partition_of_key(records[i].key, partition_count), partition_i);
            assert_true(str_equal(records[i].key, records[i].value));
        }
    }
    log_reader_free(reader);
    arena_done(&arena);
    return total;
}

static LogRecord numbered(char text[24], int i)
{
    Str both = {text, (uint32_t)snprintf(text, 24, "customer-%d", i)};

    return (LogRecord){.key = both, .value = both, .timestamp_ms = i};
}

static void keyed_records_go_where_kafka_puts_them(void **state)
{
    LogWriter *writer;
    int64_t ends[4];
    int total = 0;
    char text[24];

    create(*state, "t", 4);
    writer = open_writer(*state, "t", NULL);
    for (int i = 0; i < 1000; i++) {
        LogRecord record = numbered(text, i);

        assert_ok(log_writer_append(writer, &record, &err));
    }
    assert_ok(log_writer_sync(writer, &err));
    log_writer_ends(writer, ends);
    for (int i = 0; i < 4; i++)
        total += check_partition(*state, i, 4, ends[i]);
    assert_int_equal(total, 1000);
    log_writer_close(writer);
}

static void outputs_of_workers_are_placed_one_behind_the_other(void **state)
{
    static const LogCompression compressions[] = {LOG_COMPRESSION_NONE, LOG_COMPRESSION_LZ4};

    for (size_t c = 0; c < COUNT_OF(compressions); c++) {
        TopicConfig config = topic_config_default;
        LogWriter *writer;
        int64_t ends[4];
        int total = 0;
        char text[24];

        config.partition_count = 4;
        config.log.compression = compressions[c];
        config.log.segment_bytes = 4000;
        assert_ok(topic_create(*state, STR("t"), &config, &err));
        writer = open_writer(*state, "t", NULL);
        config.log.batch_bytes = 500;
        for (int epoch = 0; epoch < 5; epoch++) {
            LogOutput *outputs[2];

            for (int worker = 0; worker < 2; worker++) {
                outputs[worker] = log_output_create(4, &config.log);
                for (int i = 0; i < 100; i++) {
                    LogRecord record = numbered(text, worker * 1000 + i);

                    assert_ok(log_output_add(outputs[worker], partition_of_key(record.key, 4),
                                             &record, &err));
                }
                assert_ok(log_output_finish(outputs[worker], &err));
                assert_int_equal(log_output_record_count(outputs[worker]), 100);
            }
            for (int worker = 0; worker < 2; worker++) {
                assert_ok(log_writer_append_output(writer, outputs[worker], &err));
                log_output_free(outputs[worker]);
            }
            assert_ok(log_writer_sync(writer, &err));
        }
        log_writer_ends(writer, ends);
        for (int i = 0; i < 4; i++)
            total += check_partition(*state, i, 4, ends[i]);
        assert_int_equal(total, 1000);
        log_writer_close(writer);
        assert_ok(topic_delete(*state, STR("t"), &err));
    }
}

static void records_without_key_are_placed_alike_after_a_crash(void **state)
{
    LogWriter *writer;
    LogRecord record = {.key_null = true, .value = STR("value")};
    int64_t committed[3];
    int64_t first[3];
    int64_t second[3];

    create(*state, "t", 3);
    write_keyless(*state, "t", 11);
    writer = open_writer(*state, "t", NULL);
    log_writer_ends(writer, committed);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 7; i++)
            assert_ok(log_writer_append(writer, &record, &err));
        assert_ok(log_writer_sync(writer, &err));
        log_writer_ends(writer, round ? second : first);
        log_writer_close(writer);
        writer = open_writer(*state, "t", committed);
    }
    for (int i = 0; i < 3; i++)
        assert_true(first[i] == second[i]);
    assert_ok(log_writer_truncate_to(writer, committed, &err));
    log_writer_close(writer);
}

static void a_failed_write_names_the_topic_and_the_file(void **state)
{
    LogWriter *writer;
    LogRecord record = {.key_null = true, .value = STR("value")};
    FaultOs fault;
    Error problem = {0};

    create(*state, "t", 1);
    writer = open_writer(*state, "t", NULL);
    assert_ok(log_writer_append(writer, &record, &err));
    fault_os_begin(&fault, 1, FAULT_ONCE, 1);
    assert_false(log_writer_sync(writer, &problem));
    fault_os_end(&fault);
    assert_non_null(strstr(problem.text, "write to topic 't'"));
    assert_non_null(strstr(problem.text, "t-0/00000000000000000000.log"));
    assert_int_equal(problem.kind, ERROR_RETRY);
    log_writer_close(writer);
}

int main(void)
{
#define TOPIC_TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topic_names_are_kafkas),
        TOPIC_TEST(the_longest_name_can_be_used),
        TOPIC_TEST(settings_come_back_as_they_were_given),
        TOPIC_TEST(settings_can_be_changed_and_the_rest_stays),
        TOPIC_TEST(a_wrong_settings_file_is_told_by_file_and_line),
        TOPIC_TEST(settings_out_of_range_make_no_topic),
        TOPIC_TEST(topics_are_listed_by_name),
        TOPIC_TEST(a_topic_is_made_once),
        TOPIC_TEST(a_deleted_topic_leaves_nothing_to_the_next_of_its_name),
        TOPIC_TEST(a_topic_grows_and_keeps_its_records),
        TOPIC_TEST(a_failure_while_a_topic_is_made_leaves_none_and_hinders_none),
        TOPIC_TEST(keyed_records_go_where_kafka_puts_them),
        TOPIC_TEST(outputs_of_workers_are_placed_one_behind_the_other),
        TOPIC_TEST(records_without_key_are_placed_alike_after_a_crash),
        TOPIC_TEST(a_failed_write_names_the_topic_and_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
