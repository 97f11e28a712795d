/*
 * A system of the test's own behind the outbox: it keeps rows by epoch, remembers (or not) the last
 * epoch it took, and fails where it is told to. It outlives every crash of the run.
 */
#include "unit.h"

#include "store_fixture.h"

#include <stdatomic.h>

#include "base/random.h"
#include "sink/outbox.h"
#include "sink/outside_sink.h"

enum { KEYS = 10, ROWS_MAX = 4096, WRITER_COUNT = 2 };

/* What becomes of a call that is to fail. */
typedef enum Fault {
    FAULT_NONE,
    FAULT_BEFORE, /* The server is away. */
    FAULT_AFTER,  /* It took the epochs; the answer is lost. */
    FAULT_USER,   /* It refuses for good. */
} Fault;

typedef struct Server {
    bool remembers;
    bool forgets;           /* And may forget: it is told of the run first (Outside.begin). */
    OsMutex *mutex;         /* Guards what follows: the deliverer calls, the test looks. */
    uint8_t seen[ROWS_MAX]; /* Append: how often each row came. */
    int64_t latest[KEYS];   /* Upsert: the last row of each key, by the stamp of its write. */
    int64_t latest_stamp[KEYS];
    int64_t last_epoch; /* -1 */
    int64_t last_stamp;
    uint32_t chunk_bytes_max; /* The longest chunk that came. */
    int deliver_count, most_epochs_at_once;
    Fault fault;
    int fault_count; /* So many deliveries fail. */
    bool ensure_fails;
    atomic_bool blocked; /* deliver waits until it is false, or is interrupted. */
    atomic_bool interrupted;
} Server;

/* ── the connector ─────────────────────────────────────────────────────────────────────────────*/

typedef struct FakeOutside {
    Outside outside;
    Server *server;
    uint32_t padding; /* Bytes added to each row, to have long chunks. */
} FakeOutside;

typedef struct FakeEncoder {
    OutsideEncoder encoder;
    FakeOutside *outside;
    StrBuf now, taken;
} FakeEncoder;

static bool fake_ensure(Outside *outside, Error *err)
{
    Server *server = ((FakeOutside *)outside)->server;
    bool fails;

    os_mutex_lock(server->mutex);
    fails = server->ensure_fails;
    os_mutex_unlock(server->mutex);
    return !fails || error_set(err, ERROR_RETRY, "the server is away");
}

static bool fake_encoder_create(Outside *outside, OutsideEncoder **out, Error *err)
{
    FakeEncoder *encoder = mem_zalloc(sizeof *encoder);

    (void)err;
    encoder->outside = (FakeOutside *)outside;
    *out = &encoder->encoder;
    return true;
}

static bool fake_encode(OutsideEncoder *outside_encoder, const Batch *batch, Error *err)
{
    FakeEncoder *encoder = (FakeEncoder *)outside_encoder;

    (void)err;
    for (uint32_t i = 0; i < batch->row_count; i++) {
        strbuf_printf(&encoder->now, "%lld %lld", (long long)vector_i64(batch->columns[0])[i],
                      (long long)vector_i64(batch->columns[1])[i]);
        for (uint32_t n = 0; n < encoder->outside->padding; n++)
            strbuf_add_char(&encoder->now, ' ');
        strbuf_add_char(&encoder->now, '\n');
    }
    outside_encoder->bytes = encoder->now.bytes;
    return true;
}

static Str fake_encoder_take(OutsideEncoder *outside_encoder)
{
    FakeEncoder *encoder = (FakeEncoder *)outside_encoder;
    StrBuf spare = encoder->taken;

    encoder->taken = encoder->now;
    encoder->now = spare;
    strbuf_clear(&encoder->now);
    outside_encoder->bytes = 0;
    return strbuf_str(&encoder->taken);
}

static void fake_encoder_free(OutsideEncoder *outside_encoder)
{
    FakeEncoder *encoder = (FakeEncoder *)outside_encoder;

    if (!encoder)
        return;
    strbuf_done(&encoder->now);
    strbuf_done(&encoder->taken);
    free(encoder);
}

static bool fake_last_delivered(Outside *outside, Str run_id, int64_t *epoch, Error *err)
{
    Server *server = ((FakeOutside *)outside)->server;

    (void)err;
    assert_str_is(run_id, "run");
    os_mutex_lock(server->mutex);
    *epoch = server->remembers ? server->last_epoch : -1;
    os_mutex_unlock(server->mutex);
    return true;
}

static void take_row(Server *server, Str line, int64_t stamp)
{
    Str rest = str_trim(line);
    Str text;
    int64_t k = -1, v = -1;

    assert_true(str_split(&rest, ' ', &text) && str_to_int64(text, &k));
    assert_true(str_to_int64(str_trim(rest), &v));
    assert_true(k >= 0 && k < KEYS && v >= 0 && v < ROWS_MAX);
    server->seen[v]++;
    /* As Cassandra: the later stamp wins, of one stamp the greater value. */
    if (stamp > server->latest_stamp[k] ||
        (stamp == server->latest_stamp[k] && v > server->latest[k])) {
        server->latest[k] = v;
        server->latest_stamp[k] = stamp;
    }
}

static void take_epoch(Server *server, const OutsideEpoch *epoch)
{
    if (server->remembers)
        assert_true(epoch->epoch > server->last_epoch);
    assert_true(epoch->time_us > server->last_stamp || !server->remembers);
    for (uint32_t c = 0; c < epoch->chunk_count; c++) {
        Str rest = epoch->chunks[c];
        Str line;

        server->chunk_bytes_max = MAX(server->chunk_bytes_max, rest.bytes);
        while (rest.bytes && str_split(&rest, '\n', &line)) {
            if (line.bytes)
                take_row(server, line, epoch->time_us + c);
        }
    }
    server->last_epoch = epoch->epoch;
    server->last_stamp = epoch->time_us + epoch->chunk_count;
}

static bool fake_deliver(Outside *outside, const OutsideEpoch *epochs, uint32_t epoch_count,
                         Error *err)
{
    Server *server = ((FakeOutside *)outside)->server;
    Fault fault = FAULT_NONE;

    while (atomic_load(&server->blocked) && !atomic_load(&server->interrupted))
        os_sleep_us(1000);
    if (atomic_load(&server->interrupted))
        return error_set(err, ERROR_RETRY, "interrupted");
    os_mutex_lock(server->mutex);
    server->deliver_count++;
    server->most_epochs_at_once = MAX(server->most_epochs_at_once, (int)epoch_count);
    if (server->fault_count > 0) {
        server->fault_count--;
        fault = server->fault;
    }
    if (fault == FAULT_NONE || fault == FAULT_AFTER) {
        for (uint32_t i = 0; i < epoch_count; i++)
            take_epoch(server, &epochs[i]);
    }
    os_mutex_unlock(server->mutex);
    if (fault == FAULT_USER)
        return error_set(err, ERROR_USER, "the table is another's");
    return fault == FAULT_NONE || error_set(err, ERROR_RETRY, "the connection is lost");
}

static bool fake_begin(Outside *outside, Error *err)
{
    Server *server = ((FakeOutside *)outside)->server;
    bool lost;

    os_mutex_lock(server->mutex);
    lost = server->fault_count > 0 && server->fault != FAULT_NONE;
    if (!lost || server->fault == FAULT_AFTER) {
        assert_int_equal(server->last_epoch, -1);
        server->last_epoch = 0;
    }
    server->fault_count -= lost;
    os_mutex_unlock(server->mutex);
    return !lost || error_set(err, ERROR_RETRY, "the connection is lost");
}

static void fake_disconnect(Outside *outside)
{
    (void)outside;
}

static void fake_interrupt(Outside *outside)
{
    atomic_store(&((FakeOutside *)outside)->server->interrupted, true);
}

static void fake_free(Outside *outside)
{
    free(outside);
}

static const OutsideMethods fake_methods = {
    .name = "fake",
    .ensure = fake_ensure,
    .encoder_create = fake_encoder_create,
    .encode = fake_encode,
    .encoder_take = fake_encoder_take,
    .encoder_free = fake_encoder_free,
    .last_delivered = fake_last_delivered,
    .deliver = fake_deliver,
    .disconnect = fake_disconnect,
    .interrupt = fake_interrupt,
    .free = fake_free,
};

static const OutsideMethods forgetful_methods = {
    .name = "fake",
    .ensure = fake_ensure,
    .encoder_create = fake_encoder_create,
    .encode = fake_encode,
    .encoder_take = fake_encoder_take,
    .encoder_free = fake_encoder_free,
    .last_delivered = fake_last_delivered,
    .begin = fake_begin,
    .deliver = fake_deliver,
    .disconnect = fake_disconnect,
    .interrupt = fake_interrupt,
    .free = fake_free,
};

/* ── a run in front of it ──────────────────────────────────────────────────────────────────────*/

typedef struct World {
    StoreFixture *f;
    Server server;
    StoreTable table;
    Topics *topics;
    SinkConfig config;
    bool keyed;
    uint32_t padding;
    int64_t limit_bytes;
    Sink *sink;
    SinkWriter *writers[WRITER_COUNT];
    int64_t epoch; /* The last committed. */
    Forgotten forgotten;
    int wakes;
} World;

static void on_wake(void *self)
{
    (void)self;
}

static void world_open(World *w)
{
    const TopicConfig topic = outbox_topic_config();
    OutsideSinkOptions options = {
        .run_id = STR("run"), .limit_bytes = w->limit_bytes, .forgotten = w->forgotten};
    FakeOutside *outside = mem_zalloc(sizeof *outside);
    StoreEpoch epoch;

    if (!w->f->store)
        assert_ok(store_open(w->f->path, STORE_WRITER, &w->f->store, &err));
    assert_ok(store_epoch_get(w->f->store, &epoch, &err));
    w->epoch = epoch.number;
    w->topics = topics_create(w->f->folder);
    assert_ok(
        topics_open(w->topics, w->f->store, STR("_outbox.t"), &topic, &w->config.topic, &err));
    outside->outside.methods = w->server.forgets ? &forgetful_methods : &fake_methods;
    outside->outside.keyed = w->keyed;
    outside->server = &w->server;
    outside->padding = w->padding;
    options.store = w->f->store;
    atomic_store(&w->server.interrupted, false);
    assert_ok(outside_sink_open(&w->config, &options, &outside->outside, &w->sink, &err));
    assert_ok(w->sink->methods->recover(w->sink, w->epoch, &err));
    for (int k = 0; k < WRITER_COUNT; k++)
        assert_ok(w->sink->methods->writer_create(w->sink, &w->writers[k], &err));
}

static void world_start(World *w)
{
    w->sink->methods->start(w->sink, on_wake, w);
}

/* Whether it ends well or in a crash: what is in memory is gone. */
static void world_close(World *w)
{
    w->sink->methods->stop(w->sink);
    for (int k = 0; k < WRITER_COUNT; k++)
        w->sink->methods->writer_free(w->writers[k]);
    sink_free(w->sink);
    topics_free(w->topics);
    store_close(w->f->store);
    w->f->store = NULL;
}

static World *world_create(StoreFixture *f, bool keyed, bool remembers)
{
    World *w = ARENA_NEW(&f->arena, World);

    w->f = f;
    w->keyed = keyed;
    w->limit_bytes = 1 << 30;
    w->table = fixture_table(&f->arena, "t", "k bigint, v bigint", keyed ? "k" : "");
    w->config = (SinkConfig){
        .provider = STR("postgres"),
        .table = STR("t"),
        .schema = &w->table.schema,
        .key_columns = w->table.key_columns,
        .key_count = w->table.key_count,
        .zone = zone_utc(),
    };
    w->server = (Server){.remembers = remembers, .last_epoch = -1, .mutex = os_mutex_create()};
    world_open(w);
    return w;
}

static void world_done(World *w)
{
    world_close(w);
    os_mutex_free(w->server.mutex);
}

static void write_rows(World *w, int writer_i, int64_t from, int64_t count)
{
    Arena arena;
    Batch *batch;

    arena_init(&arena);
    batch = batch_new(&arena, 2, (uint32_t)count);
    batch->columns[0] = vector_new(&arena, &type_bigint, (uint32_t)count);
    batch->columns[1] = vector_new(&arena, &type_bigint, (uint32_t)count);
    for (int64_t i = 0; i < count; i++) {
        vector_i64(batch->columns[0])[i] = (from + i) % KEYS;
        vector_i64(batch->columns[1])[i] = from + i;
    }
    assert_ok(w->sink->methods->write(w->writers[writer_i], batch, &err));
    arena_done(&arena);
}

typedef enum CrashPoint {
    CRASH_BEFORE_PREPARE,
    CRASH_BEFORE_COMMIT,
    CRASH_BEFORE_STORE_COMMIT,
    CRASH_AFTER_STORE_COMMIT,
    CRASH_NOT
} CrashPoint;

/* False: it crashed on the way. */
static bool run_epoch(World *w, int64_t position, CrashPoint crash)
{
    int64_t epoch = w->epoch + 1;
    SinkOutput *outputs[WRITER_COUNT];
    uint32_t count = 0;
    StoreTxn *txn;

    if (crash == CRASH_BEFORE_PREPARE)
        return false;
    for (int k = 0; k < WRITER_COUNT; k++) {
        assert_ok(w->sink->methods->end_epoch(w->writers[k], &outputs[count], &err));
        count += outputs[count] != NULL;
    }
    assert_ok(w->sink->methods->prepare(w->sink, epoch, outputs, count, &err));
    if (crash == CRASH_BEFORE_COMMIT)
        return false;
    assert_ok(store_begin(w->f->store, &txn, &err));
    assert_ok(w->sink->methods->commit(w->sink, epoch, txn, &err));
    assert_ok(store_meta_set(txn, META_POSITION, STR("in"), STR(""), position, &err));
    assert_ok(store_epoch_set(txn, (StoreEpoch){epoch, 0, 0}, &err));
    if (crash == CRASH_BEFORE_STORE_COMMIT) {
        store_rollback(txn);
        return false;
    }
    assert_ok(store_commit(txn, &err));
    if (crash == CRASH_AFTER_STORE_COMMIT)
        return false;
    w->sink->methods->committed(w->sink, epoch);
    w->epoch = epoch;
    return true;
}

static SinkDelivery look(World *w)
{
    SinkDelivery seen;

    w->sink->methods->look(w->sink, &seen);
    return seen;
}

/* As the committer does between epochs. */
static void note(World *w)
{
    StoreTxn *txn;

    assert_ok(store_begin(w->f->store, &txn, &err));
    assert_ok(w->sink->methods->commit(w->sink, w->epoch, txn, &err));
    assert_ok(store_commit(txn, &err));
    w->sink->methods->committed(w->sink, w->epoch);
}

static void wait_until_settled(World *w)
{
    for (;;) {
        SinkDelivery seen = look(w);

        if (seen.begins)
            note(w);

        if (seen.failed)
            fail_msg("%s", seen.error.text);
        if (seen.settled)
            return;
        os_sleep_us(1000);
    }
}

static SinkDelivery wait_for_trouble(World *w)
{
    SinkDelivery seen = look(w);

    for (; !seen.trouble[0] && !seen.failed; seen = look(w))
        os_sleep_us(1000);
    return seen;
}

static void assert_rows_once(World *w, int64_t row_count)
{
    for (int64_t i = 0; i < ROWS_MAX; i++) {
        if (w->server.seen[i] != (i < row_count))
            fail_msg("row %lld is there %u times", (long long)i, w->server.seen[i]);
    }
}

/* ── tests ─────────────────────────────────────────────────────────────────────────────────────*/

static void what_is_committed_is_delivered_once_in_order(void **state)
{
    World *w = world_create(*state, false, true);

    world_start(w);
    for (int64_t i = 0; i < 20; i++) {
        write_rows(w, (int)(i % WRITER_COUNT), i * 10, 10);
        assert_true(run_epoch(w, 0, CRASH_NOT));
        assert_true(run_epoch(w, 0, CRASH_NOT)); /* Nothing was written: no epoch goes out. */
    }
    wait_until_settled(w);
    assert_rows_once(w, 200);
    assert_int_equal(w->server.last_epoch, 39);
    assert_int_equal(look(w).waiting_bytes, 0);
    world_done(w);
}

static void nothing_is_delivered_before_its_epoch_is_committed(void **state)
{
    World *w = world_create(*state, false, true);

    world_start(w);
    write_rows(w, 0, 0, 10);
    assert_false(run_epoch(w, 0, CRASH_BEFORE_STORE_COMMIT));
    assert_true(look(w).settled);
    os_sleep_us(20000);
    assert_int_equal(w->server.deliver_count, 0);
    world_close(w);
    world_open(w); /* And what was prepared is gone. */
    world_start(w);
    write_rows(w, 0, 0, 5);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    assert_rows_once(w, 5);
    world_done(w);
}

/* Of 10 rows a key the last: whether the system tells epochs apart or goes by stamps. */
static void a_keyed_table_gets_the_last_row_of_each_key(void **state)
{
    for (int remembers = 0; remembers < 2; remembers++) {
        World *w = world_create(*state, true, remembers);
        int total = 0;

        world_start(w);
        write_rows(w, 0, 0, 100);
        write_rows(w, 0, 100, 100);
        write_rows(w, 1, 200, 5); /* The same keys from another worker: the later one wins. */
        assert_true(run_epoch(w, 0, CRASH_NOT));
        wait_until_settled(w);
        for (int64_t k = 0; k < KEYS; k++)
            assert_int_equal(w->server.latest[k], k < 5 ? 200 + k : 190 + k);
        for (int i = 0; i < ROWS_MAX; i++)
            total += w->server.seen[i];
        assert_int_equal(total, KEYS + 5); /* Each worker's last rows alone went out. */
        world_done(w);
        assert_ok(os_remove_all(arena_printf(&w->f->arena, "%s/topics", w->f->folder), &err));
        assert_ok(os_unlink(w->f->path, &err));
        assert_ok(os_unlink(arena_printf(&w->f->arena, "%s-wal", w->f->path), &err));
    }
}

/* Random epochs; the run crashes between any two steps, the server fails before and after it took
 * what it was given. */
static void crash_at_random(void **state, bool remembers, bool forgets, uint64_t seed)
{
    enum { ROWS = 1500 };
    World *w = world_create(*state, !remembers, remembers);
    Random random = {seed};
    int crash_count = 0;

    if (forgets) {
        world_close(w);
        w->server.forgets = true;
        world_open(w);
    }
    world_start(w);
    for (;;) {
        CrashPoint crash = (CrashPoint)random_below(&random, CRASH_NOT + 4);
        int64_t position = 0;
        int64_t count;

        assert_ok(
            store_meta_get(w->f->store, META_POSITION, STR("in"), STR(""), &position, NULL, &err));
        if (position >= ROWS)
            break;
        os_mutex_lock(w->server.mutex);
        if (random_below(&random, 4) == 0) {
            w->server.fault = (Fault)(1 + random_below(&random, 2));
            w->server.fault_count = 1;
        }
        os_mutex_unlock(w->server.mutex);
        count = 1 + (int64_t)random_below(&random, 30);
        count = MIN(count, ROWS - position);
        write_rows(w, (int)random_below(&random, WRITER_COUNT), position, count);
        if (!run_epoch(w, position + count, crash)) {
            crash_count++;
            world_close(w); /* Also in the midst of a delivery. */
            world_open(w);
            world_start(w);
        }
        if (random_below(&random, 3) == 0)
            os_sleep_us((int64_t)random_below(&random, 3000));
    }
    assert_true(crash_count > 10);
    wait_until_settled(w);
    if (remembers) {
        assert_rows_once(w, ROWS);
    } else {
        for (int64_t k = 0; k < KEYS; k++)
            assert_int_equal(w->server.latest[k], ROWS - KEYS + k);
    }
    world_done(w);
}

static void every_row_is_there_once_whatever_crashes(void **state)
{
    crash_at_random(state, true, false, 1);
}

static void upserts_by_stamp_end_right_whatever_crashes(void **state)
{
    crash_at_random(state, false, false, 2);
}

static void a_run_is_told_of_first_whatever_crashes(void **state)
{
    crash_at_random(state, true, true, 3);
}

/* ── a system that forgets ─────────────────────────────────────────────────────────────────────*/

static World *world_create_forgetful(StoreFixture *f)
{
    World *w = world_create(f, false, true);

    world_close(w);
    w->server.forgets = true;
    world_open(w);
    world_start(w);
    write_rows(w, 0, 0, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    note(w);
    return w;
}

/* One more epoch is delivered, and the process dies before it has noted that. */
static void die_after_delivery(World *w)
{
    write_rows(w, 0, 10, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    assert_false(look(w).noted);
    world_close(w);
}

static void what_may_have_been_delivered_is_asked_about(void **state)
{
    static const struct {
        Forgotten forgotten;
        bool was_delivered;
    } cases[] = {{FORGOTTEN_SKIP, true}, {FORGOTTEN_WRITE, false}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        World *w = world_create_forgetful(*state);
        SinkDelivery seen;

        if (cases[i].was_delivered) {
            die_after_delivery(w);
        } else {
            atomic_store(&w->server.blocked, true);
            write_rows(w, 0, 10, 10);
            assert_true(run_epoch(w, 0, CRASH_NOT));
            world_close(w);
            atomic_store(&w->server.blocked, false);
        }
        w->server.last_epoch = -1; /* Seven days later. */
        world_open(w);
        world_start(w);
        seen = wait_for_trouble(w);
        assert_true(seen.failed);
        assert_int_equal(seen.error.kind, ERROR_USER);
        assert_non_null(strstr(seen.error.text, "fake has forgotten"));
        assert_non_null(strstr(seen.error.text, "from 2 to 2"));
        world_close(w);
        w->forgotten = cases[i].forgotten;
        world_open(w);
        world_start(w);
        wait_until_settled(w);
        write_rows(w, 0, 20, 10);
        assert_true(run_epoch(w, 0, CRASH_NOT));
        wait_until_settled(w);
        assert_rows_once(w, 30);
        world_done(w);
        assert_ok(os_remove_all(arena_printf(&w->f->arena, "%s/topics", w->f->folder), &err));
        assert_ok(os_unlink(w->f->path, &err));
        assert_ok(os_unlink(arena_printf(&w->f->arena, "%s-wal", w->f->path), &err));
    }
}

/* The table was deleted, and what the system knew of it: what waits goes into a new one. */
static void a_table_made_again_has_nothing_to_be_asked_about(void **state)
{
    World *w = world_create_forgetful(*state);

    atomic_store(&w->server.blocked, true);
    write_rows(w, 0, 10, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    world_close(w);
    atomic_store(&w->server.blocked, false);
    w->server.last_epoch = -1;
    world_open(w);
    outside_sink_outside(w->sink)->fresh = true; /* As ensure sets it. */
    world_start(w);
    wait_until_settled(w);
    assert_rows_once(w, 20);
    world_done(w);
}

/* It rested for so long that the system forgot it; but all it delivered was noted. */
static void a_run_that_rested_goes_on_though_it_was_forgotten(void **state)
{
    World *w = world_create_forgetful(*state);

    world_close(w);
    w->server.last_epoch = -1;
    world_open(w);
    world_start(w);
    write_rows(w, 0, 10, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    assert_rows_once(w, 20);
    world_done(w);
}

static void a_server_that_is_away_is_tried_again(void **state)
{
    World *w = world_create(*state, false, true);
    SinkDelivery seen;

    w->server.fault = FAULT_BEFORE;
    w->server.fault_count = 3;
    world_start(w);
    write_rows(w, 0, 0, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    seen = wait_for_trouble(w);
    assert_false(seen.failed);
    assert_non_null(strstr(seen.trouble, "the connection is lost"));
    wait_until_settled(w);
    assert_string_equal(look(w).trouble, "");
    assert_rows_once(w, 10);
    world_done(w);
}

static void a_server_that_refuses_for_good_ends_the_run(void **state)
{
    World *w = world_create(*state, false, true);
    SinkDelivery seen;

    w->server.fault = FAULT_USER;
    w->server.fault_count = 1;
    world_start(w);
    write_rows(w, 0, 0, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    seen = wait_for_trouble(w);
    assert_true(seen.failed);
    assert_int_equal(seen.error.kind, ERROR_USER);
    assert_string_equal(seen.error.text, "the table is another's");
    assert_false(look(w).settled);
    /* The next run delivers it. */
    world_close(w);
    world_open(w);
    world_start(w);
    wait_until_settled(w);
    assert_rows_once(w, 10);
    world_done(w);
}

static void a_run_that_stops_does_not_wait_for_a_frozen_server(void **state)
{
    World *w = world_create(*state, false, true);

    atomic_store(&w->server.blocked, true);
    world_start(w);
    write_rows(w, 0, 0, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    os_sleep_us(10000);
    assert_true(look(w).waiting_bytes > 0);
    world_close(w);
    atomic_store(&w->server.blocked, false);
    world_open(w);
    world_start(w);
    wait_until_settled(w);
    assert_rows_once(w, 10);
    world_done(w);
}

static void an_older_copy_of_the_data_directory_is_refused(void **state)
{
    World *w = world_create(*state, false, true);
    SinkDelivery seen;

    w->server.last_epoch = 1000;
    world_start(w);
    write_rows(w, 0, 0, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    seen = wait_for_trouble(w);
    assert_true(seen.failed);
    assert_non_null(strstr(seen.error.text, "older copy"));
    world_done(w);
}

/* Also when it has come further meanwhile by epochs of its own. */
static void an_older_copy_does_not_overtake(void **state)
{
    World *w = world_create(*state, false, true);
    SinkDelivery seen;

    w->server.last_epoch = 2;
    w->server.ensure_fails = true;
    world_start(w);
    for (int64_t i = 0; i < 4; i++) {
        write_rows(w, 0, i * 10, 10);
        assert_true(run_epoch(w, 0, CRASH_NOT));
    }
    os_mutex_lock(w->server.mutex);
    w->server.ensure_fails = false;
    os_mutex_unlock(w->server.mutex);
    while (!(seen = look(w)).failed)
        os_sleep_us(1000);
    assert_non_null(strstr(seen.error.text, "older copy"));
    world_done(w);
}

static void epochs_that_waited_go_out_together(void **state)
{
    World *w = world_create(*state, false, true);

    for (int64_t i = 0; i < 50; i++) {
        write_rows(w, 0, i * 10, 10);
        assert_true(run_epoch(w, 0, CRASH_NOT));
    }
    assert_true(look(w).waiting_bytes > 0);
    assert_false(look(w).settled);
    world_start(w);
    wait_until_settled(w);
    assert_int_equal(w->server.most_epochs_at_once, 50);
    assert_rows_once(w, 500);
    world_done(w);
}

/* Chunks longer than a record of the log may be, several segments, and what is delivered goes. */
static void long_chunks_come_whole_and_the_outbox_is_trimmed(void **state)
{
    World *w = world_create(*state, false, true);
    const char *const *names;
    size_t name_count;

    world_close(w);
    w->padding = 20000;
    w->limit_bytes = 10 << 20;
    world_open(w);
    for (int64_t i = 0; i < 3; i++) {
        write_rows(w, 0, i * 1000, 1000); /* One batch: one chunk of 20 MB. */
        assert_true(run_epoch(w, 0, CRASH_NOT));
    }
    assert_true(look(w).full);
    world_start(w);
    wait_until_settled(w);
    assert_false(look(w).full);
    assert_rows_once(w, 3000);
    assert_true(w->server.chunk_bytes_max > 16 << 20);
    assert_true(run_epoch(w, 0, CRASH_NOT)); /* Notes what is delivered. */
    assert_ok(w->sink->methods->housekeeping(w->sink, &err));
    assert_ok(os_list(&w->f->arena,
                      arena_printf(&w->f->arena, "%s/topics/_outbox.t-0", w->f->folder), &names,
                      &name_count, &err));
    for (size_t i = 0, logs = 0; i < name_count; i++) {
        logs += strstr(names[i], ".log") != NULL;
        assert_true(logs <= 1);
    }
    /* And it goes on behind it. */
    world_close(w);
    world_open(w);
    world_start(w);
    write_rows(w, 1, 3000, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    assert_rows_once(w, 3010);
    world_done(w);
}

/* What was noted as delivered is not sent again, even to a system that could not tell. */
static void a_clean_stop_leaves_nothing_to_be_sent_again(void **state)
{
    World *w = world_create(*state, false, false);
    StoreTxn *txn;

    world_start(w);
    write_rows(w, 0, 0, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    assert_ok(store_begin(w->f->store, &txn, &err));
    assert_ok(w->sink->methods->commit(w->sink, w->epoch, txn, &err));
    assert_ok(store_commit(txn, &err));
    world_close(w);
    world_open(w);
    world_start(w);
    write_rows(w, 0, 10, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    assert_rows_once(w, 20);
    world_done(w);
}

/* The store's commit fails: what stands in it is older than what was to be noted, and is what may be trimmed. */
static void what_a_lost_commit_noted_is_not_noted(void **state)
{
    World *w = world_create(*state, false, true);

    world_close(w);
    w->padding = 20000;
    world_open(w);
    world_start(w);
    for (int64_t i = 0; i < 3; i++) {
        write_rows(w, 0, i * 1000, 1000);
        assert_true(run_epoch(w, 0, CRASH_NOT));
    }
    wait_until_settled(w);
    assert_false(run_epoch(w, 0, CRASH_BEFORE_STORE_COMMIT));
    assert_false(look(w).noted);
    assert_ok(w->sink->methods->housekeeping(w->sink, &err));
    world_close(w);
    world_open(w);
    world_start(w);
    write_rows(w, 0, 3000, 10);
    assert_true(run_epoch(w, 0, CRASH_NOT));
    wait_until_settled(w);
    assert_rows_once(w, 3010);
    world_done(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(what_is_committed_is_delivered_once_in_order),
        TEST(nothing_is_delivered_before_its_epoch_is_committed),
        TEST(a_keyed_table_gets_the_last_row_of_each_key),
        TEST(every_row_is_there_once_whatever_crashes),
        TEST(upserts_by_stamp_end_right_whatever_crashes),
        TEST(a_run_is_told_of_first_whatever_crashes),
        TEST(what_may_have_been_delivered_is_asked_about),
        TEST(a_table_made_again_has_nothing_to_be_asked_about),
        TEST(a_run_that_rested_goes_on_though_it_was_forgotten),
        TEST(what_a_lost_commit_noted_is_not_noted),
        TEST(a_server_that_is_away_is_tried_again),
        TEST(a_server_that_refuses_for_good_ends_the_run),
        TEST(a_run_that_stops_does_not_wait_for_a_frozen_server),
        TEST(an_older_copy_of_the_data_directory_is_refused),
        TEST(an_older_copy_does_not_overtake),
        TEST(epochs_that_waited_go_out_together),
        TEST(long_chunks_come_whole_and_the_outbox_is_trimmed),
        TEST(a_clean_stop_leaves_nothing_to_be_sent_again),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
