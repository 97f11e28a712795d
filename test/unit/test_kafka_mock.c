/*
 * What a broker may answer to a transaction, by librdkafka's own mock cluster, which answers as it is told:
 * each answer must become the right end of the delivery (all of it and its number, or nothing), and the
 * right sentence. What a real broker does is in test/integration/test_kafka.py.
 */
#include "unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <librdkafka/rdkafka.h>

#include <librdkafka/rdkafka_mock.h>

#include "base/assert.h"
#include "os/os.h"
#include "sink/kafka_outside.h"
#include "source/kafka_source.h"

/* Requests, as Kafka numbers them. */
enum { PRODUCE = 0, INIT_PRODUCER_ID = 22, END_TXN = 26, TXN_OFFSET_COMMIT = 28 };

typedef struct Mock {
    Arena arena;
    rd_kafka_t *handle; /* Which the cluster needs. */
    rd_kafka_mock_cluster_t *cluster;
    Settings settings;
    TableDef table;
    Field column;
    Outside *outside;
} Mock;

static int setup(void **state)
{
    Mock *mock = mem_zalloc(sizeof *mock);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    arena_init(&mock->arena);
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:1", text, sizeof text);
    rd_kafka_conf_set_log_cb(conf, NULL);
    mock->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    mock->cluster = rd_kafka_mock_cluster_new(mock->handle, 1);
    settings_init(&mock->settings, &mock->arena, NULL);
    assert_ok(settings_set(&mock->settings, SETTING_COMMAND, STR("kafka.bootstrap.servers"),
                           str_of(rd_kafka_mock_cluster_bootstraps(mock->cluster)), &err));
    /* So long a step is tried. */
    assert_ok(settings_set(&mock->settings, SETTING_COMMAND, STR("kafka.transaction.timeout.ms"),
                           STR("3000"), &err));
    /* What the mock cluster cannot be asked. */
    assert_ok(settings_set(&mock->settings, SETTING_COMMAND, STR("kafka.message.max.bytes"),
                           STR("1000000"), &err));
    mock->column = (Field){.name = STR("v"), .type = &type_bigint};
    mock->table = (TableDef){
        .name = STR("t"),
        .kind = TABLE_STREAMING,
        .provider = PROVIDER_KAFKA,
        .schema = {1, &mock->column},
    };
    *state = mock;
    return 0;
}

static int teardown(void **state)
{
    Mock *mock = *state;

    if (mock->outside)
        mock->outside->methods->free(mock->outside);
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->handle);
    arena_done(&mock->arena);
    free(mock);
    return 0;
}

static void open_outside(Mock *mock)
{
    const OutsideConfig config = {
        .table = &mock->table, .settings = &mock->settings, .zone = zone_utc()};

    (void)rd_kafka_mock_topic_create(mock->cluster, "t", 1, 1);
    assert_ok(kafka_outside_create(&config, &mock->outside, &err));
    assert_ok(mock->outside->methods->ensure(mock->outside, &err));
}

/* The mock cluster keeps no offsets of transactions: it always holds nothing. */
static void connect_anew(Mock *mock)
{
    int64_t epoch = -2;

    assert_ok(mock->outside->methods->last_delivered(mock->outside, STR("abc"), &epoch, &err));
    assert_int_equal(epoch, -1);
}

/* Epoch `number` with a record. */
static bool deliver(Mock *mock, int64_t number, Error *told)
{
    OutsideEncoder *encoder;
    OutsideEpoch epoch = {.run_id = STR("abc"), .epoch = number, .chunk_count = 1};
    Batch *batch = batch_new(&mock->arena, 1, 1);
    Str chunk;
    bool ok;

    batch->columns[0] = vector_new(&mock->arena, &type_bigint, 1);
    vector_i64(batch->columns[0])[0] = number;
    assert_ok(mock->outside->methods->encoder_create(mock->outside, &encoder, &err));
    assert_ok(mock->outside->methods->encode(encoder, batch, &err));
    chunk = mock->outside->methods->encoder_take(encoder);
    epoch.chunks = &chunk;
    ok = mock->outside->methods->deliver(mock->outside, &epoch, 1, told);
    mock->outside->methods->encoder_free(encoder);
    return ok;
}

/* The next `count` requests of that kind get this answer. */
static void answer(Mock *mock, int16_t request, rd_kafka_resp_err_t code, size_t count)
{
    rd_kafka_resp_err_t *codes = ARENA_ARRAY(&mock->arena, rd_kafka_resp_err_t, count);

    for (size_t i = 0; i < count; i++)
        codes[i] = code;
    rd_kafka_mock_push_request_errors_array(mock->cluster, request, count, codes);
}

static void transactions_follow_each_other(void **state)
{
    Mock *mock = *state;

    open_outside(mock);
    connect_anew(mock);
    assert_ok(mock->outside->methods->begin(mock->outside, &err));
    assert_ok(deliver(mock, 7, &err));
}

/* It was committed all the same once: a crash after that wrote the records a second time. */
static void nothing_is_committed_without_the_number_of_its_epoch(void **state)
{
    Mock *mock = *state;
    Error told = {0};

    open_outside(mock);
    connect_anew(mock);
    answer(mock, TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 1000);
    assert_false(deliver(mock, 1, &told));
    assert_int_equal(told.kind, ERROR_RETRY);
    rd_kafka_mock_clear_request_errors(mock->cluster, TXN_OFFSET_COMMIT);
    connect_anew(mock);
    assert_ok(deliver(mock, 1, &err));
}

/* A coordinator that is busy for a while is waited for within the delivery. */
static void a_number_that_is_not_taken_at_once_is_sent_again(void **state)
{
    Mock *mock = *state;

    open_outside(mock);
    connect_anew(mock);
    answer(mock, TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2);
    answer(mock, END_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2);
    assert_ok(deliver(mock, 1, &err));
}

/* The rights were taken away while it ran: no new connection cures that. */
static void a_right_that_is_lost_ends_the_run(void **state)
{
    static const struct {
        int16_t request;
        rd_kafka_resp_err_t code;
        const char *remedy;
    } cases[] = {
        {PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "to write also Write, on the topic"},
        {PRODUCE, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "IdempotentWrite"},
        {TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "Read on the consumer groups"},
        {END_TXN, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
         "Write on the transactional ids"},
    };
    Mock *mock = *state;

    open_outside(mock);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Error told = {0};

        connect_anew(mock);
        answer(mock, cases[i].request, cases[i].code, 1);
        assert_false(deliver(mock, 1, &told));
        if (told.kind != ERROR_USER || !strstr(told.text, cases[i].remedy) ||
            !strstr(told.text, "topic 't'"))
            fail_msg("case %zu: kind %d: %s", i, (int)told.kind, told.text);
        rd_kafka_mock_clear_request_errors(mock->cluster, cases[i].request);
    }
}

/* What passes: the next producer begins where the number says. */
static void an_error_that_passes_is_tried_again(void **state)
{
    static const struct {
        int16_t request;
        rd_kafka_resp_err_t code;
    } cases[] = {
        {PRODUCE, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER},
        {PRODUCE, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING},
        {TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID},
        {END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING},
    };
    Mock *mock = *state;

    open_outside(mock);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Error told = {0};

        connect_anew(mock);
        answer(mock, cases[i].request, cases[i].code, 1);
        if (deliver(mock, 1, &told) || told.kind != ERROR_RETRY)
            fail_msg("case %zu: kind %d: %s", i, (int)told.kind, told.text);
        rd_kafka_mock_clear_request_errors(mock->cluster, cases[i].request);
    }
    connect_anew(mock);
    assert_ok(deliver(mock, 1, &err));
}

static void a_copy_that_took_over_is_told_of(void **state)
{
    Mock *mock = *state;
    Error told = {0};

    open_outside(mock);
    connect_anew(mock);
    answer(mock, END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1);
    assert_false(deliver(mock, 1, &told));
    assert_int_equal(told.kind, ERROR_USER);
    assert_non_null(strstr(told.text, "a copy of this data directory runs elsewhere"));
}

/* The process may have slept in the middle of a transaction, which its brokers then gave up. */
static void a_transaction_that_was_open_too_long_is_no_copy(void **state)
{
    Mock *mock = *state;
    Error told = {0};

    assert_ok(settings_set(&mock->settings, SETTING_COMMAND, STR("kafka.transaction.timeout.ms"),
                           STR("1000"), &err));
    assert_ok(settings_set(&mock->settings, SETTING_COMMAND, STR("kafka.message.timeout.ms"),
                           STR("1000"), &err));
    open_outside(mock);
    connect_anew(mock);
    rd_kafka_mock_broker_push_request_error_rtts(mock->cluster, 1, END_TXN, 1,
                                                 RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1100);
    assert_false(deliver(mock, 1, &told));
    if (told.kind != ERROR_RETRY)
        fail_msg("%s", told.text);
}

/* A run that ends waits for no broker that says nothing. */
static void a_silent_broker_holds_up_no_end(void **state)
{
    Mock *mock = *state;
    int64_t began_us;
    Error told = {0};

    assert_ok(settings_set(&mock->settings, SETTING_COMMAND, STR("kafka.transaction.timeout.ms"),
                           STR("60000"), &err));
    open_outside(mock);
    connect_anew(mock);
    rd_kafka_mock_broker_set_rtt(mock->cluster, 1, 120000);
    began_us = os_monotonic_us();
    mock->outside->methods->interrupt(mock->outside);
    assert_false(deliver(mock, 1, &told));
    mock->outside->methods->disconnect(mock->outside);
    if (os_monotonic_us() - began_us > 20000000)
        fail_msg("it took %lld ms", (long long)(os_monotonic_us() - began_us) / 1000);
}

/* ── the source ────────────────────────────────────────────────────────────────────────────────*/

static void count_wake(void *self)
{
    atomic_fetch_add((_Atomic int *)self, 1);
}

/* The worker need not look whether records have come. */
static void a_reader_tells_when_records_come(void **state)
{
    Mock *mock = *state;
    KafkaSourceConfig config = {.arena = mem_zalloc(sizeof(Arena)), .topic = STR("t"), .group = STR("g")};
    _Atomic int wakes = 0;
    SourceRecords records = {0};
    SourceReader *reader;
    Source *source;

    arena_init(config.arena);
    open_outside(mock);
    connect_anew(mock);
    assert_ok(kafka_config_make(config.arena, &mock->settings, NULL, &config.kafka, &err));
    assert_ok(kafka_source_open(&config, &source, &err));
    assert_ok(source->methods->reader_open(source, 0, -1, &reader, &err));
    source->methods->listen(reader, count_wake, &wakes);
    for (int64_t epoch = 1; epoch <= 3; epoch++) {
        assert_ok(deliver(mock, epoch, &err));
        for (records.count = 0; !records.count; os_sleep_us(1000))
            assert_ok(source->methods->poll(reader, 10, &records, &err));
        assert_int_equal(records.count, 1);
    }
    /* Not once a record: it tells when there was nothing before, and the word that the end is reached
     * counts, too. */
    assert_true(atomic_load(&wakes) > 0);
    source->methods->reader_close(reader);
    source->methods->free(source);
}

/* Once a source has been read for a while: its worker has other partitions, and its run may be about to end. */
static void a_partition_without_a_leader_is_not_waited_for(void **state)
{
    enum { BEGINS_US = KAFKA_PATIENCE_MS * 1000, SOON_US = 5000000 };
    Mock *mock = *state;
    KafkaSourceConfig config = {.arena = mem_zalloc(sizeof(Arena)), .topic = STR("t"), .group = STR("g")};
    Error told = {0};
    SourceReader *reader;
    Source *source;
    int64_t began_us;

    arena_init(config.arena);
    open_outside(mock);
    assert_ok(kafka_config_make(config.arena, &mock->settings, NULL, &config.kafka, &err));
    assert_ok(kafka_source_open(&config, &source, &err));
    os_sleep_us(BEGINS_US);
    rd_kafka_mock_partition_set_leader(mock->cluster, "t", 0, -1);
    began_us = os_monotonic_us();
    assert_false(source->methods->reader_open(source, 0, -1, &reader, &told));
    if (told.kind != ERROR_RETRY)
        fail_msg("%s", told.text);
    assert_true(os_monotonic_us() - began_us < SOON_US);
    rd_kafka_mock_partition_set_leader(mock->cluster, "t", 0, 1);
    while (!source->methods->reader_open(source, 0, -1, &reader, &told)) {
        if (told.kind != ERROR_RETRY)
            fail_msg("%s", told.text);
    }
    source->methods->reader_close(reader);
    source->methods->free(source);
}

static void ask_to_stop(void *began)
{
    while (!atomic_load((_Atomic bool *)began))
        os_sleep_us(1000);
    os_sleep_us(500000);
    (void)raise(SIGINT);
}

/* However young the source is. The last test: its process stays asked to stop. */
static void a_stop_does_not_wait_for_a_silent_broker(void **state)
{
    enum { SOON_US = 6000000 };
    Mock *mock = *state;
    KafkaSourceConfig config = {.arena = mem_zalloc(sizeof(Arena)), .topic = STR("t"), .group = STR("g")};
    _Atomic bool began = false;
    OsThread *stopper = os_thread_start("stopper", ask_to_stop, &began);
    Error told = {0};
    SourceReader *reader;
    Source *source;
    int64_t began_us;

    os_stop_catch();
    arena_init(config.arena);
    open_outside(mock);
    assert_ok(kafka_config_make(config.arena, &mock->settings, NULL, &config.kafka, &err));
    assert_ok(kafka_source_open(&config, &source, &err));
    rd_kafka_mock_broker_set_rtt(mock->cluster, 1, 120000);
    began_us = os_monotonic_us();
    atomic_store(&began, true);
    assert_false(source->methods->reader_open(source, 0, -1, &reader, &told));
    if (told.kind != ERROR_RETRY)
        fail_msg("%s", told.text);
    source->methods->free(source);
    if (os_monotonic_us() - began_us > SOON_US)
        fail_msg("it took %lld ms", (long long)(os_monotonic_us() - began_us) / 1000);
    os_thread_join(stopper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(transactions_follow_each_other),
        TEST(nothing_is_committed_without_the_number_of_its_epoch),
        TEST(a_number_that_is_not_taken_at_once_is_sent_again),
        TEST(a_right_that_is_lost_ends_the_run),
        TEST(an_error_that_passes_is_tried_again),
        TEST(a_copy_that_took_over_is_told_of),
        TEST(a_transaction_that_was_open_too_long_is_no_copy),
        TEST(a_silent_broker_holds_up_no_end),
        TEST(a_reader_tells_when_records_come),
        TEST(a_partition_without_a_leader_is_not_waited_for),
        TEST(a_stop_does_not_wait_for_a_silent_broker),
#undef TEST
    };

#if defined(__SANITIZE_THREAD__)
    (void)tests;
    puts("skipped: ThreadSanitizer does not know librdkafka's threads (C11's) and falls over itself");
    return 77;
#else
    return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
