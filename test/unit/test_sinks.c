#include "unit.h"

#include "store_fixture.h"

#include "base/random.h"
#include "log/log_reader.h"
#include "log/partitioner.h"
#include "sink/sink_open.h"
#include "sink/topic_writer.h"
#include "source/topic_source.h"

/* ── the world of a run: a data directory, and sinks of every kind ─────────────────────────────*/

enum { SINK_UPSERT, SINK_APPEND, SINK_TOPIC, SINK_FILE, SINK_COUNT, WRITER_COUNT = 2 };

typedef struct World {
    StoreFixture *f;
    StoreTable upsert, append;
    Topics *topics;
    Topic *topic;
    SinkConfig configs[SINK_COUNT];
    Sink *sinks[SINK_COUNT];
    SinkWriter *writers[SINK_COUNT][WRITER_COUNT];
    int64_t epoch; /* The last committed. */
    const char *files;
} World;

static void open_sink(World *w, int i)
{
    assert_ok(sink_open(&w->configs[i], &w->sinks[i], &err));
    assert_ok(!w->sinks[i]->methods->recover ||
              w->sinks[i]->methods->recover(w->sinks[i], w->epoch, &err));
    for (int k = 0; k < WRITER_COUNT; k++)
        assert_ok(w->sinks[i]->methods->writer_create(w->sinks[i], &w->writers[i][k], &err));
}

/* As on the start of a run, after whatever has happened. */
static void world_open(World *w)
{
    const TopicConfig topic_config = {.partition_count = 3, .log = log_config_default};
    StoreEpoch epoch;
    StoreTxn *txn;

    if (!w->f->store)
        assert_ok(store_open(w->f->path, STORE_WRITER, &w->f->store, &err));
    assert_ok(store_begin(w->f->store, &txn, &err));
    assert_ok(store_table_create(txn, &w->upsert, &err));
    assert_ok(store_table_create(txn, &w->append, &err));
    assert_ok(store_commit(txn, &err));
    assert_ok(store_epoch_get(w->f->store, &epoch, &err));
    w->epoch = epoch.number;
    w->topics = topics_create(w->f->folder);
    assert_ok(topics_open(w->topics, w->f->store, STR("rows"), &topic_config, &w->topic, &err));
    w->configs[SINK_TOPIC].topic = w->topic;
    for (int i = 0; i < SINK_COUNT; i++)
        open_sink(w, i);
}

/* Whether it ends well or in a crash: what is in memory is gone. */
static void world_close(World *w)
{
    for (int i = 0; i < SINK_COUNT; i++) {
        for (int k = 0; k < WRITER_COUNT; k++)
            w->sinks[i]->methods->writer_free(w->writers[i][k]);
        sink_free(w->sinks[i]);
    }
    topics_free(w->topics);
    store_close(w->f->store);
    w->f->store = NULL;
}

static World *world_create(StoreFixture *f)
{
    World *w = ARENA_NEW(&f->arena, World);
    static const char columns[] = "k bigint, v bigint";

    w->f = f;
    w->upsert = fixture_table(&f->arena, "latest", columns, "k");
    w->append = fixture_table(&f->arena, "history", columns, "");
    w->files = arena_printf(&f->arena, "%s/files", f->folder);
    for (int i = 0; i < SINK_COUNT; i++)
        w->configs[i] = (SinkConfig){.schema = &w->upsert.schema, .zone = zone_utc()};
    w->configs[SINK_UPSERT].provider = STR("cassandra");
    w->configs[SINK_UPSERT].table = w->upsert.name;
    w->configs[SINK_UPSERT].key_columns = w->upsert.key_columns;
    w->configs[SINK_UPSERT].key_count = 1;
    w->configs[SINK_APPEND].provider = STR("postgres");
    w->configs[SINK_APPEND].table = w->append.name;
    w->configs[SINK_TOPIC].provider = STR("kafka");
    w->configs[SINK_TOPIC].table = STR("rows");
    w->configs[SINK_TOPIC].format = STR("json");
    w->configs[SINK_TOPIC].key_columns = w->upsert.key_columns;
    w->configs[SINK_TOPIC].key_count = 1;
    w->configs[SINK_FILE].provider = STR("json");
    w->configs[SINK_FILE].table = STR("files");
    w->configs[SINK_FILE].folder = w->files;
    world_open(w);
    return w;
}

/* ── one epoch, perhaps cut short ──────────────────────────────────────────────────────────────*/

typedef enum CrashPoint {
    CRASH_BEFORE_PREPARE,
    CRASH_AMID_PREPARE,
    CRASH_AMID_COMMIT,
    CRASH_AFTER_COMMIT,
    CRASH_AMID_COMMITTED,
    CRASH_NOT
} CrashPoint;

static Batch *rows_batch(World *w, Arena *arena, int64_t from, int64_t count, int64_t key_count)
{
    Vector *k = vector_new(arena, &type_bigint, (uint32_t)count);
    Vector *v = vector_new(arena, &type_bigint, (uint32_t)count);
    Batch *batch = batch_new(arena, 2, (uint32_t)count);

    (void)w;
    for (int64_t i = 0; i < count; i++) {
        vector_i64(k)[i] = (from + i) % key_count;
        vector_i64(v)[i] = from + i;
    }
    batch->columns[0] = k;
    batch->columns[1] = v;
    return batch;
}

static void write_all(World *w, int writer_i, const Batch *batch)
{
    for (int i = 0; i < SINK_COUNT; i++)
        assert_ok(w->sinks[i]->methods->write(w->writers[i][writer_i], batch, &err));
}

static void prepare(World *w, int sink_i, int64_t epoch)
{
    SinkOutput *outputs[WRITER_COUNT];
    uint32_t count = 0;

    for (int k = 0; k < WRITER_COUNT; k++) {
        SinkOutput *output;

        assert_ok(w->sinks[sink_i]->methods->end_epoch(w->writers[sink_i][k], &output, &err));
        if (output)
            outputs[count++] = output;
    }
    assert_ok(w->sinks[sink_i]->methods->prepare(w->sinks[sink_i], epoch, outputs, count, &err));
}

/* False: it crashed on the way. */
static bool run_epoch(World *w, int64_t position, CrashPoint crash, int crash_sink)
{
    int64_t epoch = w->epoch + 1;
    StoreTxn *txn;

    if (crash == CRASH_BEFORE_PREPARE)
        return false;
    for (int i = 0; i < SINK_COUNT; i++) {
        if (crash == CRASH_AMID_PREPARE && i == crash_sink)
            return false;
        prepare(w, i, epoch);
    }
    assert_ok(store_begin(w->f->store, &txn, &err));
    for (int i = 0; i < SINK_COUNT; i++) {
        if (crash == CRASH_AMID_COMMIT && i == crash_sink)
            return false;
        assert_ok(w->sinks[i]->methods->commit(w->sinks[i], epoch, txn, &err));
    }
    assert_ok(store_meta_set(txn, META_POSITION, STR("in"), STR(""), position, &err));
    assert_ok(store_epoch_set(txn, (StoreEpoch){epoch, 0, 0}, &err));
    assert_ok(store_commit(txn, &err));
    if (crash == CRASH_AFTER_COMMIT)
        return false;
    for (int i = 0; i < SINK_COUNT; i++) {
        if (crash == CRASH_AMID_COMMITTED && i == crash_sink)
            return false;
        w->sinks[i]->methods->committed(w->sinks[i], epoch);
    }
    w->epoch = epoch;
    return true;
}

/* ── what stands outside ───────────────────────────────────────────────────────────────────────*/

static void add_record(uint8_t *seen, int64_t row_count, Str record)
{
    Str v = record;
    ptrdiff_t at = str_find(record, STR("\"v\":"));
    int64_t number;

    assert_true(at >= 0);
    v = str_slice(record, (uint32_t)at + 4, record.bytes - 1);
    assert_true(str_to_int64(v, &number));
    assert_true(number >= 0 && number < row_count);
    seen[number]++;
}

static void assert_each_once(const uint8_t *seen, int64_t row_count, const char *where)
{
    for (int64_t i = 0; i < row_count; i++) {
        if (seen[i] != 1)
            fail_msg("%s: row %lld is there %u times", where, (long long)i, seen[i]);
    }
}

static void assert_topic(World *w, int64_t row_count, int64_t key_count)
{
    uint8_t *seen = arena_zalloc(&w->f->arena, (size_t)row_count);
    const TopicSourceConfig config = {.topic = w->topic};
    Source *source = topic_source_create(&config);

    for (int32_t p = 0; p < 3; p++) {
        int64_t last_of_key[64] = {0};
        SourceReader *reader;
        SourceRecords records;

        assert_ok(source->methods->reader_open(source, p, -1, &reader, &err));
        do {
            assert_ok(source->methods->poll(reader, 100, &records, &err));
            for (uint32_t i = 0; i < records.count; i++) {
                int64_t key;

                assert_true(str_to_int64(records.keys[i], &key));
                assert_true(key >= 0 && key < key_count);
                assert_int_equal(partition_of_key(records.keys[i], 3), p);
                assert_true(records.positions[i] + 1 > last_of_key[key]);
                last_of_key[key] = records.positions[i] + 1;
                add_record(seen, row_count, records.values[i]);
            }
        } while (!records.at_end);
        assert_int_equal(records.next_position, topic_end(w->topic, p));
        source->methods->reader_close(reader);
    }
    source->methods->free(source);
    assert_each_once(seen, row_count, "topic");
}

static void assert_files(World *w, int64_t row_count)
{
    uint8_t *seen = arena_zalloc(&w->f->arena, (size_t)row_count);
    const char *const *names;
    size_t name_count;

    assert_ok(os_list(&w->f->arena, w->files, &names, &name_count, &err));
    for (size_t i = 0; i < name_count; i++) {
        Str text, line;

        assert_memory_equal(names[i], "part-", 5);
        assert_ok(os_read_file(&w->f->arena,
                               arena_printf(&w->f->arena, "%s/%s", w->files, names[i]), 1 << 20,
                               &text, &err));
        while (text.bytes && str_split(&text, '\n', &line)) {
            if (line.bytes)
                add_record(seen, row_count, line);
        }
    }
    assert_each_once(seen, row_count, "files");
}

static void assert_tables(World *w, int64_t row_count, int64_t key_count)
{
    char expected[64];

    (void)snprintf(expected, sizeof expected, "%lld|%lld|%lld", (long long)row_count,
                   (long long)row_count, (long long)(row_count * (row_count - 1) / 2));
    assert_string_equal(fixture_rows(&w->f->arena, w->f->path,
                                     "SELECT count(*), count(DISTINCT v), sum(v) FROM history"),
                        expected);
    (void)snprintf(expected, sizeof expected, "%lld|%lld|%lld", (long long)key_count,
                   (long long)(row_count - key_count), (long long)(row_count - 1));
    assert_string_equal(
        fixture_rows(&w->f->arena, w->f->path, "SELECT count(*), min(v), max(v) FROM latest"),
        expected);
}

/* ── tests ─────────────────────────────────────────────────────────────────────────────────────*/

/* Random epochs, random crashes between any two steps: in the end every row is everywhere once. */
static void every_row_is_there_once_however_the_run_was_killed(void **state)
{
    enum { ROWS = 600, KEYS = 10 };
    World *w = world_create(*state);
    Random random = {11};
    int crash_count = 0;

    for (;;) {
        CrashPoint crash = (CrashPoint)random_below(&random, CRASH_NOT + 3);
        int64_t position = 0, taken = 0;
        Arena arena;

        arena_init(&arena);
        assert_ok(
            store_meta_get(w->f->store, META_POSITION, STR("in"), STR(""), &position, NULL, &err));
        if (position >= ROWS) {
            arena_done(&arena);
            break;
        }
        while (position < ROWS && taken < 40) {
            int64_t count =
                (int64_t)MIN(1 + random_below(&random, 15), (uint64_t)(ROWS - position));

            /* A key's rows all come to one writer, in order, as behind an exchange. */
            for (int k = 0; k < WRITER_COUNT; k++) {
                Batch *batch = rows_batch(w, &arena, position, count, KEYS);
                uint32_t rows[64], row_count = 0;

                for (uint32_t i = 0; i < batch->row_count; i++) {
                    if (vector_i64(batch->columns[0])[i] % WRITER_COUNT == k)
                        rows[row_count++] = i;
                }
                write_all(w, k, batch_select(&arena, batch, rows, row_count));
            }
            position += count;
            taken += count;
        }
        if (!run_epoch(w, position, crash, (int)random_below(&random, SINK_COUNT))) {
            world_close(w);
            world_open(w);
            crash_count++;
        }
        arena_done(&arena);
    }
    assert_true(crash_count > 10);
    assert_topic(w, ROWS, KEYS);
    assert_files(w, ROWS);
    assert_tables(w, ROWS, KEYS);
    world_close(w);
}

static void nothing_is_seen_before_its_epoch_is_committed(void **state)
{
    World *w = world_create(*state);
    StoreTxn *txn;
    uint64_t seen = topics_seen(w->topics);

    write_all(w, 0, rows_batch(w, &w->f->arena, 0, 5, 5));
    for (int i = 0; i < SINK_COUNT; i++)
        prepare(w, i, 1);
    assert_ok(store_begin(w->f->store, &txn, &err));
    for (int i = 0; i < SINK_COUNT; i++)
        assert_ok(w->sinks[i]->methods->commit(w->sinks[i], 1, txn, &err));
    assert_int_equal(topic_end(w->topic, 0) + topic_end(w->topic, 1) + topic_end(w->topic, 2), 0);
    assert_string_equal(fixture_rows(&w->f->arena, w->f->path, "SELECT count(*) FROM latest"), "0");
    assert_false(
        os_exists(arena_printf(&w->f->arena, "%s/part-00000000000000000001.json", w->files)));
    assert_ok(store_commit(txn, &err));
    assert_int_equal(topics_wait(w->topics, seen, 1000), seen);
    for (int i = 0; i < SINK_COUNT; i++)
        w->sinks[i]->methods->committed(w->sinks[i], 1);
    assert_int_not_equal(topics_wait(w->topics, seen, 10000000), seen);
    assert_int_equal(topic_end(w->topic, 0) + topic_end(w->topic, 1) + topic_end(w->topic, 2), 5);
    assert_string_equal(fixture_rows(&w->f->arena, w->f->path, "SELECT count(*) FROM latest"), "5");
    assert_true(
        os_exists(arena_printf(&w->f->arena, "%s/part-00000000000000000001.json", w->files)));
    world_close(w);
}

static bool count_null_key(void *self, const Batch *batch, uint32_t row_i, const char *reason,
                           const char *message, Str bytes, Error *err)
{
    (void)err;
    assert_string_equal(reason, "null_key");
    assert_null(bytes.data);
    assert_false(vector_is_valid(batch->columns[0], row_i));
    assert_non_null(strstr(message, "NULL"));
    ++*(int *)self;
    return true;
}

static void rows_with_a_null_key_are_put_aside(void **state)
{
    World *w = world_create(*state);
    Batch *batch = fixture_batch(&w->f->arena, &w->upsert, "1|1;\\N|2;3|3;\\N|4");
    int told = 0;
    Error err = {0};

    for (int i = 0; i < SINK_COUNT; i++) {
        w->writers[i][0]->on_refused = count_null_key;
        w->writers[i][0]->self = &told;
    }
    write_all(w, 0, batch);
    assert_int_equal(told, 4); /* Two of the table with a key, two of the topic. */
    assert_true(run_epoch(w, 0, CRASH_NOT, 0));
    assert_string_equal(fixture_rows(&w->f->arena, w->f->path, "SELECT k, v FROM latest"),
                        "1|1;3|3");
    assert_string_equal(fixture_rows(&w->f->arena, w->f->path, "SELECT count(*) FROM history"),
                        "4");
    /* Nobody to tell: an error. */
    assert_false(w->sinks[SINK_UPSERT]->methods->write(w->writers[SINK_UPSERT][1], batch, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    world_close(w);
}

/* More rows than a writer keeps before it thins them out. */
static void a_hot_key_keeps_its_last_row(void **state)
{
    World *w = world_create(*state);
    Arena arena;

    arena_init(&arena);
    for (int64_t from = 0; from < 100000; from += 5000) {
        assert_ok(w->sinks[SINK_UPSERT]->methods->write(
            w->writers[SINK_UPSERT][0], rows_batch(w, &arena, from, 5000, 7), &err));
        arena_reset(&arena);
    }
    arena_done(&arena);
    assert_true(run_epoch(w, 0, CRASH_NOT, 0));
    assert_string_equal(
        fixture_rows(&w->f->arena, w->f->path, "SELECT count(*), min(v), max(v) FROM latest"),
        "7|99993|99999");
    world_close(w);
}

static void an_output_that_is_not_wanted_can_be_freed(void **state)
{
    World *w = world_create(*state);

    write_all(w, 0, rows_batch(w, &w->f->arena, 0, 5, 5));
    for (int i = 0; i < SINK_COUNT; i++) {
        SinkOutput *output;

        assert_ok(w->sinks[i]->methods->end_epoch(w->writers[i][0], &output, &err));
        assert_non_null(output);
        w->sinks[i]->methods->output_free(output);
        assert_ok(w->sinks[i]->methods->end_epoch(w->writers[i][0], &output, &err));
        assert_null(output);
    }
    assert_true(run_epoch(w, 0, CRASH_NOT, 0));
    assert_string_equal(fixture_rows(&w->f->arena, w->f->path, "SELECT count(*) FROM history"),
                        "0");
    assert_files(w, 0);
    world_close(w);
}

static void files_of_another_run_are_not_touched(void **state)
{
    World *w = world_create(*state);
    char *path = arena_printf(&w->f->arena, "%s/part-00000000000000000007.json", w->files);
    Error failure = {0};

    assert_ok(os_write_file(path, STR("mine\n"), &err));
    assert_false(w->sinks[SINK_FILE]->methods->recover(w->sinks[SINK_FILE], 3, &failure));
    assert_int_equal(failure.kind, ERROR_USER);
    assert_true(os_exists(path));
    world_close(w);
}

static int64_t start_of(const char *folder, Str topic)
{
    Arena arena;
    LogReader *reader;
    int64_t offset;

    arena_init(&arena);
    reader = log_reader_create(topic_partition_dir(&arena, folder, topic, 0), 0);
    assert_ok(log_reader_start_offset(reader, &offset, &err));
    log_reader_free(reader);
    arena_done(&arena);
    return offset;
}

static void retention_waits_for_those_who_have_not_read(void **state)
{
    StoreFixture *f = *state;
    TopicConfig config = {.partition_count = 1, .log = log_config_default};
    Topics *topics = topics_create(f->folder);
    LogRecord record = {.value = STR("a record of some length"), .key_null = true};
    TopicWriter *writer;
    Topic *topic;
    StoreTxn *txn;

    config.log.segment_bytes = 1024;
    config.log.retention_bytes = 1;
    assert_ok(topics_open(topics, f->store, STR("small"), &config, &topic, &err));
    assert_ok(topic_writer_open(topic, &writer, &err));
    for (int i = 0; i < 300; i++)
        assert_ok(log_writer_append(topic_writer_log(writer), &record, &err) &&
                  log_writer_flush(topic_writer_log(writer), &err));
    assert_ok(topic_writer_sync(writer, &err));
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(topic_writer_commit(writer, txn, &err));
    assert_ok(store_commit(txn, &err));
    topic_writer_committed(writer);
    topic_writer_keep_from(writer, 0);
    assert_ok(topic_writer_housekeeping(writer, &err));
    assert_int_equal(start_of(f->folder, STR("small")), 0);
    topic_writer_keep_from(writer, 150);
    assert_ok(topic_writer_housekeeping(writer, &err));
    assert_in_range(start_of(f->folder, STR("small")), 100, 150);
    topic_writer_keep_from(writer, 300);
    assert_ok(topic_writer_housekeeping(writer, &err));
    assert_in_range(start_of(f->folder, STR("small")), 250, 300);
    topic_writer_close(writer);
    topics_free(topics);
}

static void an_unknown_provider_is_refused(void **state)
{
    StoreFixture *f = *state;
    const SinkConfig config = {.provider = STR("mongodb"), .table = STR("t")};
    Error err = {0};
    Sink *sink;

    (void)f;
    assert_false(sink_open(&config, &sink, &err));
    assert_string_equal(err.text, "table 't': 'mongodb' cannot be written to");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(every_row_is_there_once_however_the_run_was_killed),
        TEST(nothing_is_seen_before_its_epoch_is_committed),
        TEST(rows_with_a_null_key_are_put_aside),
        TEST(a_hot_key_keeps_its_last_row),
        TEST(an_output_that_is_not_wanted_can_be_freed),
        TEST(files_of_another_run_are_not_touched),
        TEST(retention_waits_for_those_who_have_not_read),
        TEST(an_unknown_provider_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
