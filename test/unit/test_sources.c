#include "unit.h"

#include "store_fixture.h"

#include "base/random.h"
#include "log/log_writer.h"
#include "source/file_source.h"
#include "source/nexmark_source.h"
#include "source/rate_source.h"
#include "source/topic_source.h"

/* ── topics ────────────────────────────────────────────────────────────────────────────────────*/

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
    assert_int_equal(source_time_us(INT64_MAX), -1);
    assert_int_equal(source_time_us(INT64_MAX / 1000), INT64_MAX / 1000 * 1000);
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
    const TopicSourceConfig config = {.topic = topic, .starting = {.kind = STARTING_LATEST}};
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

/* The first value a reader without a position gives, or "" for none. */
static Str first_of(Topic *topic, const char *starting)
{
    TopicSourceConfig config = {.topic = topic};
    Source *source;
    SourceReader *reader;
    SourceRecords records;
    Arena arena;
    Str first;
    static char kept[16];

    arena_init(&arena);
    assert_ok(starting_parse(&arena, str_of(starting), zone_utc(), &config.starting, &err));
    source = topic_source_create(&config);
    assert_ok(source->methods->reader_open(source, 0, -1, &reader, &err));
    records = poll(reader, 10);
    first = records.count ? records.values[0] : STR_EMPTY;
    memcpy(kept, first.data, first.bytes);
    first.data = kept;
    source->methods->reader_close(reader);
    source->methods->free(source);
    arena_done(&arena);
    return first;
}

static void a_reader_starts_where_the_options_say(void **state)
{
    StoreFixture *f = *state;
    Topics *topics = topics_create(f->folder);
    Topic *topic = open_topic(topics, f->store, "t", 1);

    produce(f, topic, 0, 7); /* Record i is of second 1000 + i. */
    assert_str_is(first_of(topic, "earliest"), "0");
    assert_str_is(first_of(topic, "latest"), "");
    assert_str_is(first_of(topic, "1:2, 0:4"), "4");
    assert_str_is(first_of(topic, "1:2"), "0");
    assert_str_is(first_of(topic, "0:400"), "");
    assert_str_is(first_of(topic, "1970-01-01 00:00:01.004"), "4");
    assert_str_is(first_of(topic, "1970-01-01 00:00:01.003001"), "4");
    assert_str_is(first_of(topic, "2030-01-01"), "");
    topics_free(topics);
}

static void a_place_to_start_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {"", "first", "0", "0:", ":4", "0:-1", "-1:0", "0:1;1:2",
                                        "70000:1", "0:99999999999999999999"};
    Starting starting;
    Error err = {0};
    Arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_false(starting_parse(&arena, str_of(wrong[i]), zone_utc(), &starting, &err));
        assert_int_equal(err.kind, ERROR_USER);
    }
    arena_done(&arena);
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
    Error failure = {0};

    topic = open_topic(topics, f->store, "t", 2);
    config.partition_count = 3;
    assert_false(topics_open(topics, f->store, STR("t"), &config, &again, &failure));
    assert_non_null(strstr(failure.text, "has 2 partitions, not 3"));
    config.partition_count = 0;
    assert_ok(topics_open(topics, f->store, STR("t"), &config, &again, &err));
    assert_ptr_equal(topic, again);
    assert_false(topics_open(topics, f->store, STR("none"), NULL, &again, &failure));
    assert_int_equal(failure.kind, ERROR_USER);
    assert_false(topics_open(topics, f->store, STR("../x"), &config, &again, &failure));
    assert_int_equal(failure.kind, ERROR_USER);
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

/* ── files ─────────────────────────────────────────────────────────────────────────────────────*/

static char *write_file(StoreFixture *f, const char *name, const char *text)
{
    char *path = arena_printf(&f->arena, "%s/%s", f->folder, name);

    assert_ok(os_write_file(path, str_of(text), &err));
    return path;
}

static Source *open_files(StoreFixture *f, FileSourceConfig config)
{
    Source *source = NULL;

    if (!config.path.data)
        config.path = str_of(f->folder);
    if (!config.format.data)
        config.format = STR("json");
    assert_ok(file_source_create(&config, &source, &err));
    return source;
}

static int32_t partition_count(Source *source)
{
    int32_t count = -1;

    assert_ok(source->methods->partition_count(source, &count, &err));
    return count;
}

/* All records from a position on, joined by '|', taken `count_max` at a time; *position moves on.
 */
static const char *read_on(StoreFixture *f, Source *source, int32_t partition, int64_t *position,
                           uint32_t count_max)
{
    SourceReader *reader;
    SourceRecords records;
    StrBuf text = {0};
    const char *copy;

    assert_ok(source->methods->reader_open(source, partition, *position, &reader, &err));
    do {
        records = poll(reader, count_max);
        assert_true(records.count <= count_max);
        for (uint32_t i = 0; i < records.count; i++) {
            if (text.bytes)
                strbuf_add_char(&text, '|');
            strbuf_add_str(&text, records.values[i]);
            assert_true(records.positions[i] < records.next_position);
            assert_true(i == 0 || records.positions[i] > records.positions[i - 1]);
        }
    } while (!records.at_end && !records.finished);
    assert_true(records.next_position <= records.end_position);
    *position = records.next_position;
    source->methods->reader_close(reader);
    copy = arena_strdup(&f->arena, strbuf_c(&text));
    strbuf_done(&text);
    return copy;
}

static void a_folder_s_files_are_its_partitions(void **state)
{
    StoreFixture *f = *state;
    char *folder = arena_printf(&f->arena, "%s/in", f->folder);
    Source *source;
    int64_t position = -1;

    assert_ok(os_mkdir_all(arena_printf(&f->arena, "%s/folder", folder), &err));
    write_file(f, "in/b.json", "{\"a\":1}\n");
    write_file(f, "in/a.json", "{\"a\":2}\n");
    write_file(f, "in/.hidden", "x\n");
    write_file(f, "in/_SUCCESS", "");
    source = open_files(f, (FileSourceConfig){.path = str_of(folder)});
    assert_int_equal(partition_count(source), 2);
    assert_true(str_ends_with(source->methods->partition_name(source, 0), STR("/in/a.json")));
    write_file(f, "in/0.json", "{\"a\":3}\n");
    os_sleep_us(600000); /* Looked for every half second. */
    assert_int_equal(partition_count(source), 3);
    assert_string_equal(read_on(f, source, 0, &position, 10), "{\"a\":2}");
    position = -1;
    assert_string_equal(read_on(f, source, 2, &position, 10), "{\"a\":3}");
    source->methods->free(source);
}

static void a_pattern_chooses_files(void **state)
{
    StoreFixture *f = *state;
    Source *source;
    Error err = {0};

    write_file(f, "a1.json", "1\n");
    write_file(f, "a2.json", "2\n");
    write_file(f, "b1.json", "3\n");
    source = open_files(
        f, (FileSourceConfig){.path = str_of(arena_printf(&f->arena, "%s/a*.json", f->folder))});
    assert_int_equal(partition_count(source), 2);
    source->methods->free(source);
    assert_false(file_source_create(
        &(FileSourceConfig){.path = STR("/nowhere/x.json"), .format = STR("json")}, &source, &err));
    assert_int_equal(err.kind, ERROR_USER);
    assert_false(file_source_create(
        &(FileSourceConfig){.path = STR("/nowhere/*.json"), .format = STR("json")}, &source, &err));
    assert_int_equal(err.kind, ERROR_USER);
}

/* Whatever the pieces: reading on from where one stopped gives what one reading gives. */
static void a_file_reads_the_same_in_any_pieces(void **state)
{
    StoreFixture *f = *state;
    Random random = {5};
    StrBuf text = {0};
    const char *path;
    Source *source;

    for (int i = 0; i < 500; i++) {
        strbuf_printf(&text, "{\"n\":%d,\"t\":\"%0*d\"}\n", i, (int)random_below(&random, 60), i);
        if (random_below(&random, 9) == 0)
            strbuf_add_c(&text, "\r\n");
    }
    path = write_file(f, "x.json", strbuf_c(&text));
    source = open_files(f, (FileSourceConfig){.path = str_of(path)});
    for (int round = 0; round < 20; round++) {
        int64_t one = 0, many = 0;
        const char *whole = read_on(f, source, 0, &one, 1000);
        StrBuf joined = {0};

        while (many < one) {
            SourceReader *reader;
            SourceRecords records;

            assert_ok(source->methods->reader_open(source, 0, many, &reader, &err));
            records = poll(reader, 1 + (uint32_t)random_below(&random, 40));
            for (uint32_t i = 0; i < records.count; i++) {
                if (joined.bytes)
                    strbuf_add_char(&joined, '|');
                strbuf_add_str(&joined, records.values[i]);
            }
            assert_true(records.next_position > many);
            many = records.next_position;
            source->methods->reader_close(reader);
        }
        assert_string_equal(strbuf_c(&joined), whole);
        strbuf_done(&joined);
    }
    source->methods->free(source);
    strbuf_done(&text);
}

static void a_last_line_without_end_waits(void **state)
{
    StoreFixture *f = *state;
    const char *path = write_file(f, "x.json", "{\"a\":1}\n{\"a\":");
    Source *source = open_files(f, (FileSourceConfig){.path = str_of(path)});
    int64_t position = -1;

    assert_string_equal(read_on(f, source, 0, &position, 10), "{\"a\":1}");
    assert_int_equal(position, 8);
    write_file(f, "x.json", "{\"a\":1}\n{\"a\":2}\n");
    assert_string_equal(read_on(f, source, 0, &position, 10), "{\"a\":2}");
    source->methods->free(source);
    write_file(f, "x.json", "{\"a\":1}\n{\"a\":3}");
    source = open_files(f, (FileSourceConfig){.path = str_of(path), .whole = true});
    position = 8;
    assert_string_equal(read_on(f, source, 0, &position, 10), "{\"a\":3}");
    position = 0; /* Its place, too, is behind that of the line before. */
    assert_string_equal(read_on(f, source, 0, &position, 10), "{\"a\":1}|{\"a\":3}");
    source->methods->free(source);
}

static void a_byte_order_mark_is_no_part_of_the_first_record(void **state)
{
    static const struct {
        const char *text, *format;
        bool header;
        const char *records;
    } cases[] = {
        {"\xEF\xBB\xBF{}\n{}\n", "json", false, "{}|{}"},
        {"\xEF\xBB\xBF{}", "json", false, "{}"},
        {"\xEF\xBB\xBF" "1,2\n", "csv", false, "1,2"},
        {"\xEF\xBB\xBF" "a,b\n1,2\n", "csv", true, "1,2"},
        {"\xEF\xBB\xBF", "csv", false, ""},
        {"\xEF\xBB{}\n", "json", false, "\xEF\xBB{}"},
        {"{}\n\xEF\xBB\xBF{}\n", "json", false, "{}|\xEF\xBB\xBF{}"},
    };
    StoreFixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *path = write_file(f, "bom", cases[i].text);
        Source *source = open_files(f, (FileSourceConfig){.path = str_of(path),
                                                          .format = str_of(cases[i].format),
                                                          .header = cases[i].header,
                                                          .whole = true});
        int64_t position = -1;

        assert_string_equal(read_on(f, source, 0, &position, 10), cases[i].records);
        source->methods->free(source);
    }
}

static void a_file_that_shrank_is_refused(void **state)
{
    StoreFixture *f = *state;
    const char *path = write_file(f, "x.json", "{}\n");
    Source *source = open_files(f, (FileSourceConfig){.path = str_of(path)});
    SourceReader *reader;
    Error err = {0};

    assert_false(source->methods->reader_open(source, 0, 100, &reader, &err));
    assert_int_equal(err.kind, ERROR_USER);
    assert_non_null(strstr(err.text, "may only grow"));
    source->methods->free(source);
}

static void files_keep_their_numbers(void **state)
{
    StoreFixture *f = *state;
    char *folder = arena_printf(&f->arena, "%s/in", f->folder);
    Str known[3];
    Source *source;
    SourceReader *reader;

    assert_ok(os_mkdir_all(folder, &err));
    known[0] = str_of(arena_printf(&f->arena, "%s/z.json", folder));
    known[1] = str_of(arena_printf(&f->arena, "%s/gone.json", folder));
    known[2] = (Str){0};
    write_file(f, "in/a.json", "1\n");
    write_file(f, "in/z.json", "2\n");
    source =
        open_files(f, (FileSourceConfig){.path = str_of(folder), .known = known, .known_count = 3});
    assert_int_equal(partition_count(source), 4);
    assert_true(str_equal(source->methods->partition_name(source, 0), known[0]));
    assert_true(str_ends_with(source->methods->partition_name(source, 3), STR("/a.json")));
    for (int32_t p = 1; p <= 2; p++) {
        assert_ok(source->methods->reader_open(source, p, 5, &reader, &err));
        assert_true(poll(reader, 10).finished);
        source->methods->reader_close(reader);
    }
    source->methods->free(source);
}

static void a_csv_file_s_header_is_no_record(void **state)
{
    StoreFixture *f = *state;
    const char *path = write_file(f, "x.csv", "a,b\n1,\"two\nlines\"\n3,4\n");
    Source *source = open_files(
        f, (FileSourceConfig){.path = str_of(path), .format = STR("csv"), .header = true});
    int64_t position = -1;

    assert_string_equal(read_on(f, source, 0, &position, 1), "1,\"two\nlines\"|3,4");
    position = 4;
    assert_string_equal(read_on(f, source, 0, &position, 10), "1,\"two\nlines\"|3,4");
    source->methods->free(source);
}

/* ── what is made as it is read ────────────────────────────────────────────────────────────────*/

static int64_t fixed_now_us;

static int64_t fixed_clock(void *self)
{
    (void)self;
    return fixed_now_us;
}

static void rate_gives_its_rows_as_their_time_comes(void **state)
{
    StoreFixture *f = *state;
    const RateSourceConfig config = {
        .rows_per_second = 3, .partition_count = 2, .row_count = 5, .start_us = 1000000};
    OsMethods methods = *os_real();
    Source *source = rate_source_create(&config);
    int64_t position[2] = {-1, -1};
    SourceReader *reader;

    methods.clock_realtime_us = fixed_clock;
    fixed_now_us = 2000000;
    os_use(&methods, NULL);
    assert_int_equal(partition_count(source), 2);
    assert_string_equal(
        read_on(f, source, 0, &position[0], 10),
        "{\"timestamp\":\"1970-01-01T00:00:01.000000Z\",\"value\":0}|"
        "{\"timestamp\":\"1970-01-01T00:00:01.666666Z\",\"value\":2}");
    assert_string_equal(read_on(f, source, 1, &position[1], 10),
                        "{\"timestamp\":\"1970-01-01T00:00:01.333333Z\",\"value\":1}");
    assert_string_equal(read_on(f, source, 1, &position[1], 10), "");
    fixed_now_us = 900000000;
    assert_string_equal(read_on(f, source, 1, &position[1], 1),
                        "{\"timestamp\":\"1970-01-01T00:00:02.000000Z\",\"value\":3}");
    assert_string_equal(read_on(f, source, 0, &position[0], 10),
                        "{\"timestamp\":\"1970-01-01T00:00:02.333333Z\",\"value\":4}");
    assert_ok(source->methods->reader_open(source, 0, position[0], &reader, &err));
    assert_true(poll(reader, 10).finished);
    source->methods->reader_close(reader);
    os_use(NULL, NULL);
    source->methods->free(source);
}

static void nexmark_gives_the_same_events_from_any_position(void **state)
{
    StoreFixture *f = *state;
    NexmarkSourceConfig config = {.event_count = 200};
    int64_t from_start = -1, from_middle = 120, end;
    const char *whole, *tail;
    Source *source = NULL;

    generate_options_init(&config.generator);
    assert_ok(nexmark_source_create(&config, &source, &err));
    whole = read_on(f, source, 0, &from_start, 17);
    assert_int_equal(from_start, 200);
    tail = read_on(f, source, 0, &from_middle, 1000);
    end = (int64_t)strlen(whole) - (int64_t)strlen(tail);
    assert_string_equal(whole + end, tail);
    assert_memory_equal(whole, "{\"event_type\":0,", 16);
    source->methods->free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_topic_is_read_up_to_its_committed_end),
        TEST(a_reader_may_start_at_the_end),
        TEST(a_reader_starts_where_the_options_say),
        TEST(a_place_to_start_that_is_none_is_refused),
        TEST(a_reader_starts_at_what_retention_has_left),
        TEST(ends_are_as_the_store_has_them),
        TEST(topics_that_cannot_be_are_refused),
        TEST(who_waits_is_woken_by_new_ends_and_by_nothing_else),
        TEST(a_folder_s_files_are_its_partitions),
        TEST(a_pattern_chooses_files),
        TEST(a_file_reads_the_same_in_any_pieces),
        TEST(a_last_line_without_end_waits),
        TEST(a_byte_order_mark_is_no_part_of_the_first_record),
        TEST(a_file_that_shrank_is_refused),
        TEST(files_keep_their_numbers),
        TEST(a_csv_file_s_header_is_no_record),
        TEST(rate_gives_its_rows_as_their_time_comes),
        TEST(nexmark_gives_the_same_events_from_any_position),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
