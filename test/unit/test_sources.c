#include "unit.h"

#include "store_fixture.h"

#include "log/log_writer.h"
#include "source/topic_source.h"

static Topic *open_topic(Topics *topics, Store *store, const char *name, int32_t partition_count)
{
    TopicConfig config = topic_config_default;
    Topic *topic = NULL;

    config.partition_count = partition_count;
    config.log.segment_bytes = 1024;
    assert_ok(topics_open(topics, store, str_of(name), &config, &topic, &err));
    return topic;
}

/* Appends "from" .. "to" - 1 to partition 0 and commits them. */
static void produce(StoreFixture *f, Topic *topic, int from, int to)
{
    int64_t ends[8];
    LogWriter *writer;
    StoreTxn *txn;

    topic_ends(topic, ends);
    assert_ok(log_writer_open(f->folder, topic_name(topic), ends, &writer, &err));
    for (int i = from; i < to; i++) {
        char text[16];
        LogRecord record = {.key = STR("k"), .timestamp_ms = 1000 + i};

        record.value = (Str){text, (uint32_t)snprintf(text, sizeof text, "%d", i)};
        record.key_null = i % 2;
        record.value_null = i == 7;
        assert_ok(log_writer_append_to(writer, 0, &record, &err));
    }
    assert_ok(log_writer_sync(writer, &err));
    log_writer_ends(writer, ends);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(topic_ends_commit(topic, ends, txn, &err));
    assert_ok(store_commit(txn, &err));
    topic_ends_publish(topic, ends);
    log_writer_close(writer);
}

static SourceRecords poll(SourceReader *reader, uint32_t count_max)
{
    SourceRecords records;

    assert_ok(reader->source->methods->poll(reader, count_max, &records, &err));
    return records;
}

static void a_topic_is_read_up_to_its_committed_end(void **state)
{
    StoreFixture *f = *state;
    Topics *topics = topics_create(f->folder);
    Topic *topic = open_topic(topics, f->store, "t", 2);
    const TopicSourceConfig config = {.topic = topic};
    Source *source = topic_source_create(&config);
    SourceReader *reader;
    SourceRecords records;
    int32_t count;

    assert_ok(source->methods->partition_count(source, &count, &err));
    assert_int_equal(count, 2);
    assert_ok(source->methods->reader_open(source, 0, -1, &reader, &err));
    records = poll(reader, 10);
    assert_int_equal(records.count, 0);
    assert_true(records.at_end);
    assert_false(records.finished);
    produce(f, topic, 0, 10);
    records = poll(reader, 6);
    assert_int_equal(records.count, 6);
    assert_false(records.at_end);
    assert_int_equal(records.next_position, 6);
    assert_int_equal(records.end_position, 10);
    assert_str_is(records.values[5], "5");
    assert_str_is(records.keys[4], "k");
    assert_null(records.keys[5].data);
    assert_int_equal(records.timestamps_us[5], 1005000);
    records = poll(reader, 6);
    assert_int_equal(records.count, 4);
    assert_int_equal(records.positions[1], 7);
    assert_null(records.values[1].data);
    assert_true(records.at_end);
    source->methods->reader_close(reader);
    assert_ok(source->methods->reader_open(source, 0, 8, &reader, &err));
    records = poll(reader, 6);
    assert_int_equal(records.positions[0], 8);
    source->methods->reader_close(reader);
    source->methods->free(source);
    topics_free(topics);
}

static void a_reader_may_start_at_the_end(void **state)
{
    StoreFixture *f = *state;
    Topics *topics = topics_create(f->folder);
    Topic *topic = open_topic(topics, f->store, "t", 1);
    const TopicSourceConfig config = {.topic = topic, .start_latest = true};
    Source *source = topic_source_create(&config);
    SourceReader *reader;
    SourceRecords records;

    produce(f, topic, 0, 5);
    assert_ok(source->methods->reader_open(source, 0, -1, &reader, &err));
    assert_int_equal(poll(reader, 10).count, 0);
    produce(f, topic, 5, 7);
    records = poll(reader, 10);
    assert_int_equal(records.count, 2);
    assert_str_is(records.values[0], "5");
    source->methods->reader_close(reader);
    source->methods->free(source);
    topics_free(topics);
}

static void a_reader_starts_at_what_retention_has_left(void **state)
{
    StoreFixture *f = *state;
    Topics *topics = topics_create(f->folder);
    TopicConfig topic_config = topic_config_default;
    Topic *topic;
    int64_t ends[1];
    LogWriter *writer;
    Source *source;
    SourceReader *reader;
    SourceRecords records;

    topic_config.partition_count = 1;
    topic_config.log.segment_bytes = 1024;
    topic_config.log.retention_bytes = 2048;
    assert_ok(topics_open(topics, f->store, STR("t"), &topic_config, &topic, &err));
    for (int i = 0; i < 10; i++) /* Each a batch, and each batch a segment. */
        produce(f, topic, i * 100, i * 100 + 100);
    topic_ends(topic, ends);
    assert_ok(log_writer_open(f->folder, STR("t"), ends, &writer, &err));
    assert_ok(log_writer_apply_retention(writer, 0, ends, &err));
    log_writer_close(writer);
    source = topic_source_create(&(TopicSourceConfig){.topic = topic});
    assert_ok(source->methods->reader_open(source, 0, -1, &reader, &err));
    records = poll(reader, 1);
    assert_int_equal(records.count, 1);
    assert_true(records.positions[0] > 0);
    source->methods->reader_close(reader);
    source->methods->free(source);
    topics_free(topics);
}

static void ends_are_as_the_store_has_them(void **state)
{
    StoreFixture *f = *state;
    Topics *topics = topics_create(f->folder);
    Topics *others = topics_create(f->folder);
    Topic *topic = open_topic(topics, f->store, "t", 2);
    Topic *other;
    Store *reader;

    assert_ok(store_open(f->path, STORE_READER, &reader, &err));
    assert_ok(topics_open(others, reader, STR("t"), NULL, &other, &err));
    produce(f, topic, 0, 3);
    assert_int_equal(topic_end(topic, 0), 3);
    assert_int_equal(topic_end(other, 0), 0);
    assert_ok(topics_load(others, reader, &err));
    assert_int_equal(topic_end(other, 0), 3);
    assert_int_equal(topic_end(other, 1), 0);
    store_close(reader);
    topics_free(others);
    topics_free(topics);
}

static void topics_that_cannot_be_are_refused(void **state)
{
    StoreFixture *f = *state;
    Topics *topics = topics_create(f->folder);
    TopicConfig config = topic_config_default;
    Topic *topic, *again;
    Error err = {0};

    topic = open_topic(topics, f->store, "t", 2);
    config.partition_count = 3;
    assert_false(topics_open(topics, f->store, STR("t"), &config, &again, &err));
    assert_non_null(strstr(err.text, "has 2 partitions, not 3"));
    config.partition_count = 0;
    assert_ok(topics_open(topics, f->store, STR("t"), &config, &again, &err));
    assert_ptr_equal(topic, again);
    assert_false(topics_open(topics, f->store, STR("none"), NULL, &again, &err));
    assert_int_equal(err.kind, ERROR_USER);
    assert_false(topics_open(topics, f->store, STR("../x"), &config, &again, &err));
    assert_int_equal(err.kind, ERROR_USER);
    topics_free(topics);
}

typedef struct Publisher {
    Topic *topic;
    int64_t ends[1];
} Publisher;

static void publish_later(void *arg)
{
    Publisher *publisher = arg;

    os_sleep_us(20000);
    topic_ends_publish(publisher->topic, publisher->ends);
}

static void who_waits_is_woken_by_new_ends_and_by_nothing_else(void **state)
{
    StoreFixture *f = *state;
    Topics *topics = topics_create(f->folder);
    Publisher publisher = {.topic = open_topic(topics, f->store, "t", 1), .ends = {5}};
    uint64_t seen = topics_seen(topics);
    OsThread *thread;

    topic_ends_publish(publisher.topic, (int64_t[]){0});
    assert_int_equal(topics_wait(topics, seen, 2000), seen);
    thread = os_thread_start("publish", publish_later, &publisher);
    assert_int_not_equal(topics_wait(topics, seen, 20000000), seen);
    assert_int_equal(topic_end(publisher.topic, 0), 5);
    os_thread_join(thread);
    topic_ends_publish(publisher.topic, (int64_t[]){3}); /* An end never goes back. */
    assert_int_equal(topic_end(publisher.topic, 0), 5);
    topics_free(topics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_topic_is_read_up_to_its_committed_end),
        TEST(a_reader_may_start_at_the_end),
        TEST(a_reader_starts_at_what_retention_has_left),
        TEST(ends_are_as_the_store_has_them),
        TEST(topics_that_cannot_be_are_refused),
        TEST(who_waits_is_woken_by_new_ends_and_by_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
