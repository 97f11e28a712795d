/*
 * test_socket.c: what is handed to a run from outside: messages, the inbox, the socket. The
 * committer is played by a thread that writes with the same TopicWriter and store as the real one.
 */
#include "unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/log_reader.h"
#include "os/os.h"
#include "os/socket.h"
#include "pipeline/socket.h"
#include "sink/topic_writer.h"

typedef struct Fixture {
    char dir[64];
    char path[128];
    Arena arena;
    Store *store;
    Topics *topics;
    TopicWriter *writer;
    Inbox *inbox;
    SocketServer *server;
    OsThread *committer;
    int64_t commit_us; /* How long a commit is made to take. */
    atomic_bool stop;
    atomic_int commit_count;
} Fixture;

static void dont_wake(void *self)
{
}

static bool commit(Fixture *f, InboxRequest *requests, Error *err)
{
    StoreTxn *txn;

    for (InboxRequest *request = requests; request; request = request->next) {
        if (!str_is(request->what.topic, "orders")) {
            request->refused = true;
            (void)error_set(&request->error, ERROR_USER, "there is no topic");
            continue;
        }
        for (size_t i = 0; i < request->what.record_count; i++) {
            if (!log_writer_append(topic_writer_log(f->writer), &request->what.records[i], err))
                return false;
        }
    }
    os_sleep_us(f->commit_us);
    if (!topic_writer_sync(f->writer, err) || !store_begin(f->store, &txn, err) ||
        !topic_writer_commit(f->writer, txn, err) || !store_commit(txn, err))
        return false;
    topic_writer_committed(f->writer);
    atomic_fetch_add(&f->commit_count, 1);
    return true;
}

static void committer(void *arg)
{
    Fixture *f = arg;

    while (!atomic_load(&f->stop)) {
        InboxRequest *requests = inbox_take(f->inbox);
        Error err = {0};

        if (requests) {
            bool ok = commit(f, requests, &err);

            inbox_answer(requests, ok ? NULL : &err);
        }
        os_sleep_us(200);
    }
    inbox_close(f->inbox);
}

static void open_data(Fixture *f)
{
    static const TopicConfig config = {.partition_count = 1,
                                       .log = {.segment_bytes = 1 << 20,
                                               .retention_bytes = -1,
                                               .retention_ms = -1,
                                               .index_interval_bytes = 4096,
                                               .batch_bytes = 65536}};
    Topic *topic;

    assert_ok(
        store_open(arena_printf(&f->arena, "%s/store.db", f->dir), STORE_WRITER, &f->store, &err));
    f->topics = topics_create(f->dir);
    assert_ok(topics_open(f->topics, f->store, STR("orders"), &config, &topic, &err));
    assert_ok(topic_writer_open(topic, &f->writer, &err));
}

static void close_data(Fixture *f)
{
    topic_writer_close(f->writer);
    topics_free(f->topics);
    store_close(f->store);
}

static void serve(Fixture *f)
{
    f->inbox = inbox_create(dont_wake, NULL);
    assert_ok(socket_server_start(f->path, f->inbox, &f->server, &err));
    f->committer = os_thread_start("committer", committer, f);
}

static int setup(void **state)
{
    Fixture *f = mem_zalloc(sizeof *f);

    (void)snprintf(f->dir, sizeof f->dir, "/tmp/weir-test-socket-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof f->path, "%s/socket", f->dir);
    arena_init(&f->arena);
    *state = f;
    return 0;
}

static void stop(Fixture *f)
{
    if (!f->server)
        return;
    atomic_store(&f->stop, true);
    os_thread_join(f->committer);
    socket_server_stop(f->server);
    inbox_free(f->inbox);
    close_data(f);
    f->server = NULL;
}

static int teardown(void **state)
{
    Fixture *f = *state;

    stop(f);
    assert_ok(os_remove_all(f->dir, &err));
    arena_done(&f->arena);
    free(f);
    return 0;
}

static Fixture *serving(void **state)
{
    Fixture *f = *state;

    open_data(f);
    serve(f);
    return f;
}

/* ── a client ──────────────────────────────────────────────────────────────────────────────────*/

static OsSocket *client_open(const Fixture *f)
{
    OsSocket *client;

    assert_ok(os_socket_connect(f->path, &client, &err));
    assert_non_null(client);
    return client;
}

/* False: the other side is gone. */
static bool client_send(OsSocket *client, const void *data, size_t bytes)
{
    const char *at = data;

    while (bytes) {
        OsSocketWait wait = {.socket = client, .to_write = true};
        size_t sent = 0;

        os_socket_wait(&wait, 1, NULL, 10000000);
        if (os_socket_write(client, at, bytes, &sent) == OS_SOCKET_ENDED)
            return false;
        at += sent;
        bytes -= sent;
    }
    return true;
}

typedef enum Answer { ANSWER_DONE, ANSWER_REFUSED, ANSWER_ENDED } Answer;

/* One answer; none within ten seconds fails the test. */
static Answer client_receive(OsSocket *client, Error *refusal)
{
    int64_t until_us = os_monotonic_us() + 10000000;
    StrBuf in;
    Answer answer = ANSWER_ENDED;
    bool done;

    strbuf_init(&in);
    for (;;) {
        OsSocketWait wait = {.socket = client, .to_read = true};
        char byte;
        size_t bytes = 0;
        Message message;
        OsSocketState state;

        assert_true(os_monotonic_us() < until_us);
        os_socket_wait(&wait, 1, NULL, 100000);
        state = os_socket_read(client, &byte, 1, &bytes);
        if (state == OS_SOCKET_ENDED)
            break;
        if (state == OS_SOCKET_AGAIN)
            continue;
        strbuf_add(&in, &byte, 1);
        if (message_parse(in.data, in.bytes, &message, refusal) == MESSAGE_WHOLE) {
            assert_ok(message_read_answer(&message, &done, refusal, &err));
            answer = done ? ANSWER_DONE : ANSWER_REFUSED;
            break;
        }
    }
    strbuf_done(&in);
    return answer;
}

static void write_append(AppendWriter *writer, const char *topic, const char *name, int from,
                         int count)
{
    append_writer_begin(writer, str_of(topic), NULL);
    for (int i = from; i < from + count; i++) {
        char text[64];
        LogRecord record = {.key_null = true, .timestamp_ms = 1000 + i};

        (void)snprintf(text, sizeof text, "%s %d", name, i);
        record.value = str_of(text);
        append_writer_add(writer, &record);
    }
    append_writer_end(writer);
}

static Answer client_append(OsSocket *client, const char *topic, const char *name, int from,
                            int count, Error *refusal)
{
    AppendWriter writer = {0};
    Answer answer = ANSWER_ENDED;

    write_append(&writer, topic, name, from, count);
    if (client_send(client, writer.out.data, writer.out.bytes))
        answer = client_receive(client, refusal);
    strbuf_done(&writer.out);
    return answer;
}

/* Reads all that is committed and hands each text to `see`. */
static int64_t read_all(Fixture *f, void (*see)(void *self, Str value), void *self)
{
    char *dir = topic_partition_dir(&f->arena, f->dir, STR("orders"), 0);
    LogReader *reader = log_reader_create(dir, 0);
    const LogRecord *records;
    Store *store;
    int64_t end;
    size_t count = 1;

    assert_ok(
        store_open(arena_printf(&f->arena, "%s/store.db", f->dir), STORE_READER, &store, &err));
    assert_ok(store_topic_end_get(store, STR("orders"), 0, &end, &err));
    store_close(store);
    while (count) {
        assert_ok(log_reader_poll(reader, end, 1000, SIZE_MAX, &records, &count, &err));
        for (size_t i = 0; see && i < count; i++)
            see(self, records[i].value);
    }
    assert_true(log_reader_position(reader) == end);
    log_reader_free(reader);
    return end;
}

/* ── messages ──────────────────────────────────────────────────────────────────────────────────*/

static void what_is_written_is_read(void **state)
{
    TopicConfig config = topic_config_default;
    AppendWriter writer = {0};
    StrBuf headers = {0};
    TopicRequest request;
    Message message;
    Error ignored;
    Arena arena;

    arena_init(&arena);
    config.partition_count = 7;
    config.log.retention_ms = 86400000;
    config.log.compression = LOG_COMPRESSION_ZSTD;
    record_header_add(&headers, STR("trace"), STR("abc"), false);
    append_writer_begin(&writer, STR("orders"), &config);
    append_writer_add(&writer, &(LogRecord){.key = STR("k"),
                                            .value = STR("v"),
                                            .timestamp_ms = 5,
                                            .headers = strbuf_str(&headers),
                                            .header_count = 1});
    append_writer_add(&writer, &(LogRecord){.key_null = true, .value_null = true});
    append_writer_end(&writer);
    assert_int_equal(message_parse(writer.out.data, writer.out.bytes, &message, &ignored),
                     MESSAGE_WHOLE);
    assert_int_equal(message.bytes, writer.out.bytes);
    assert_ok(message_read_request(&message, &arena, &request, &err));
    assert_int_equal(request.kind, MESSAGE_APPEND);
    assert_str_is(request.topic, "orders");
    assert_int_equal(request.config.partition_count, 7);
    assert_true(request.config.log.retention_ms == 86400000);
    assert_int_equal(request.config.log.compression, LOG_COMPRESSION_ZSTD);
    assert_int_equal(request.record_count, 2);
    assert_str_is(request.records[0].key, "k");
    assert_str_is(request.records[0].value, "v");
    assert_int_equal(request.records[0].header_count, 1);
    assert_true(request.records[1].key_null && request.records[1].value_null);
    strbuf_done(&writer.out);
    strbuf_done(&headers);
    arena_done(&arena);
}

/* Every prefix is a part, and every changed byte is either refused or read without harm. */
static void no_message_is_too_broken_to_be_read(void **state)
{
    AppendWriter writer = {0};
    Arena arena;

    arena_init(&arena);
    write_append(&writer, "orders", "x", 0, 3);
    for (size_t bytes = 0; bytes < writer.out.bytes; bytes++) {
        Message message;
        Error err = {0};

        assert_int_equal(message_parse(writer.out.data, bytes, &message, &err), MESSAGE_PART);
    }
    for (size_t at = 0; at < writer.out.bytes; at++) {
        static const unsigned char changes[] = {0x01, 0x7F, 0x80, 0xFF};

        for (size_t c = 0; c < sizeof changes; c++) {
            char *copy = arena_copy(&arena, writer.out.data, writer.out.bytes);
            TopicRequest request;
            Message message;
            Error err = {0};

            copy[at] = (char)(copy[at] ^ changes[c]);
            if (message_parse(copy, writer.out.bytes, &message, &err) == MESSAGE_WHOLE &&
                !message_read_request(&message, &arena, &request, &err))
                assert_true(err.text[0] != '\0');
        }
        arena_reset(&arena);
    }
    strbuf_done(&writer.out);
    arena_done(&arena);
}

static void refusals_keep_their_kind_and_text(void **state)
{
    StrBuf out = {0};
    Error refusal = {0};
    Message message;
    Error sent;
    bool done = true;

    (void)error_set(&sent, ERROR_RETRY, "not now");
    message_write_answer(&out, &sent);
    assert_int_equal(message_parse(out.data, out.bytes, &message, &sent), MESSAGE_WHOLE);
    assert_ok(message_read_answer(&message, &done, &refusal, &err));
    assert_false(done);
    assert_int_equal(refusal.kind, ERROR_RETRY);
    assert_string_equal(refusal.text, "not now");
    strbuf_done(&out);
}

/* ── the socket ────────────────────────────────────────────────────────────────────────────────*/

static void acknowledged_records_are_committed(void **state)
{
    Fixture *f = serving(state);
    OsSocket *client = client_open(f);
    Error refusal = {0};

    for (int i = 0; i < 5; i++) {
        assert_int_equal(client_append(client, "orders", "a", i * 10, 10, &refusal), ANSWER_DONE);
        assert_true(read_all(f, NULL, NULL) == (i + 1) * 10);
    }
    os_socket_close(client);
}

static void a_refused_request_leaves_the_client_connected(void **state)
{
    Fixture *f = serving(state);
    OsSocket *client = client_open(f);
    Error refusal = {0};

    assert_int_equal(client_append(client, "other", "a", 0, 3, &refusal), ANSWER_REFUSED);
    assert_int_equal(refusal.kind, ERROR_USER);
    assert_string_equal(refusal.text, "there is no topic");
    assert_int_equal(client_append(client, "orders", "a", 0, 3, &refusal), ANSWER_DONE);
    assert_true(read_all(f, NULL, NULL) == 3);
    os_socket_close(client);
}

typedef struct Order {
    int next[2]; /* Of client a and client b. */
} Order;

static void see_order(void *self, Str value)
{
    Order *order = self;
    int which = value.data[0] == 'b';
    int64_t number;

    assert_true(str_to_int64(str_slice(value, 2, value.bytes), &number));
    assert_int_equal(number, order->next[which]++);
}

typedef struct Sender {
    const Fixture *f;
    const char *name;
} Sender;

static void send_twenty(void *arg)
{
    Sender *sender = arg;
    OsSocket *client = client_open(sender->f);
    Error refusal = {0};

    for (int i = 0; i < 20; i++)
        assert_int_equal(client_append(client, "orders", sender->name, i * 5, 5, &refusal),
                         ANSWER_DONE);
    os_socket_close(client);
}

static void two_clients_write_at_once_each_in_its_order(void **state)
{
    Fixture *f = serving(state);
    Sender a = {f, "a"};
    Sender b = {f, "b"};
    OsThread *other = os_thread_start("b", send_twenty, &b);
    Order order = {0};

    send_twenty(&a);
    os_thread_join(other);
    assert_true(read_all(f, see_order, &order) == 200);
    assert_int_equal(order.next[0], 100);
    assert_int_equal(order.next[1], 100);
}

static void a_request_that_is_cut_off_is_not_carried_out(void **state)
{
    Fixture *f = serving(state);
    OsSocket *client = client_open(f);
    AppendWriter writer = {0};
    Error refusal = {0};

    write_append(&writer, "orders", "half", 0, 100);
    assert_true(client_send(client, writer.out.data, writer.out.bytes - 1));
    os_socket_close(client);
    client = client_open(f);
    assert_int_equal(client_append(client, "orders", "a", 0, 1, &refusal), ANSWER_DONE);
    assert_true(read_all(f, NULL, NULL) == 1);
    os_socket_close(client);
    strbuf_done(&writer.out);
}

static void a_client_that_leaves_early_does_no_harm(void **state)
{
    Fixture *f = serving(state);
    AppendWriter writer = {0};
    Error refusal = {0};

    write_append(&writer, "orders", "a", 0, 1);
    for (int i = 0; i < 50; i++) {
        OsSocket *client = client_open(f);

        assert_true(client_send(client, writer.out.data, writer.out.bytes));
        os_socket_close(client);
    }
    {
        OsSocket *client = client_open(f);

        assert_int_equal(client_append(client, "orders", "last", 0, 1, &refusal), ANSWER_DONE);
        os_socket_close(client);
    }
    strbuf_done(&writer.out);
}

static void requests_sent_together_are_answered_one_by_one(void **state)
{
    Fixture *f = serving(state);
    OsSocket *client = client_open(f);
    AppendWriter writer = {0};
    StrBuf all = {0};
    Error refusal = {0};

    for (int i = 0; i < 4; i++) {
        write_append(&writer, i == 2 ? "other" : "orders", "a", i, 1);
        strbuf_add(&all, writer.out.data, writer.out.bytes);
    }
    assert_true(client_send(client, all.data, all.bytes));
    for (int i = 0; i < 4; i++)
        assert_int_equal(client_receive(client, &refusal), i == 2 ? ANSWER_REFUSED : ANSWER_DONE);
    assert_true(read_all(f, NULL, NULL) == 3);
    os_socket_close(client);
    strbuf_done(&writer.out);
    strbuf_done(&all);
}

static void what_is_too_large_or_no_message_is_refused_and_cut_off(void **state)
{
    Fixture *f = serving(state);
    static const char huge[] = "weir\0\1\0\2\x7F\xFF\xFF\xFF";
    static const char newer[] = "weir\0\7\0\2\0\0\0\0";
    static const char *const wrong[] = {huge, newer, "GET / HTTP/1.1\r\n\r\n"};
    static const char *const texts[] = {"limit", "version", "no message"};

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        OsSocket *client = client_open(f);
        Error refusal = {0};

        assert_true(client_send(client, wrong[i], i == 2 ? strlen(wrong[i]) : 12));
        assert_int_equal(client_receive(client, &refusal), ANSWER_REFUSED);
        assert_non_null(strstr(refusal.text, texts[i]));
        assert_int_equal(client_receive(client, &refusal), ANSWER_ENDED);
        os_socket_close(client);
    }
}

static void more_clients_than_slots_wait_their_turn(void **state)
{
    Fixture *f = serving(state);
    OsSocket *clients[SOCKET_CLIENTS_MAX + 8];
    AppendWriter writer = {0};
    Error refusal = {0};

    write_append(&writer, "orders", "a", 0, 1);
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = client_open(f);
        assert_true(client_send(clients[i], writer.out.data, writer.out.bytes));
    }
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        assert_int_equal(client_receive(clients[i], &refusal), ANSWER_DONE);
        os_socket_close(clients[i]);
    }
    assert_true(read_all(f, NULL, NULL) == (int64_t)COUNT_OF(clients));
    strbuf_done(&writer.out);
}

static void stopping_answers_what_was_committed_and_refuses_the_rest(void **state)
{
    Fixture *f = serving(state);
    OsSocket *client = client_open(f);
    AppendWriter writer = {0};
    Error refusal = {0};

    f->commit_us = 100000;
    write_append(&writer, "orders", "a", 0, 1);
    assert_true(client_send(client, writer.out.data, writer.out.bytes));
    os_sleep_us(30000); /* It is being committed now. */
    stop(f);
    assert_int_equal(client_receive(client, &refusal), ANSWER_DONE);
    assert_int_equal(client_receive(client, &refusal), ANSWER_ENDED);
    assert_true(read_all(f, NULL, NULL) == 1);
    assert_false(os_exists(f->path));
    os_socket_close(client);
    strbuf_done(&writer.out);
}

static void a_closed_inbox_refuses_at_once(void **state)
{
    Fixture *f = serving(state);
    OsSocket *client = client_open(f);
    Error refusal = {0};

    inbox_close(f->inbox);
    assert_int_equal(client_append(client, "orders", "a", 0, 1, &refusal), ANSWER_REFUSED);
    assert_int_equal(refusal.kind, ERROR_RETRY);
    assert_true(read_all(f, NULL, NULL) == 0);
    os_socket_close(client);
}

static void a_dead_socket_is_replaced_and_is_its_owners_alone(void **state)
{
    Fixture *f = *state;
    OsSocket *client;
    struct stat status;
    pid_t child = fork();

    if (child == 0) {
        OsSocket *listener;
        Error err = {0};

        _exit(os_socket_listen(f->path, &listener, &err) ? 0 : 1);
    }
    (void)waitpid(child, NULL, 0);
    assert_true(os_exists(f->path));
    assert_ok(os_socket_connect(f->path, &client, &err));
    assert_null(client);
    open_data(f);
    serve(f);
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    os_socket_close(client_open(f));
}

static void a_path_beyond_the_kernels_limit_will_do(void **state)
{
    Fixture *f = *state;
    char *dir = arena_printf(&f->arena, "%s/%0100d/%0100d", f->dir, 1, 2);
    char *path = arena_printf(&f->arena, "%s/socket", dir);
    OsSocket *listener;
    OsSocket *client;
    OsSocket *served;

    assert_ok(os_mkdir_all(dir, &err));
    assert_ok(os_socket_connect(path, &client, &err));
    assert_null(client);
    assert_ok(os_socket_listen(path, &listener, &err));
    assert_ok(os_socket_connect(path, &client, &err));
    assert_non_null(client);
    served = os_socket_accept(listener);
    assert_non_null(served);
    os_socket_close(served);
    os_socket_close(client);
    os_socket_close(listener);
    assert_false(os_exists(path));
}

/* ── crashes ───────────────────────────────────────────────────────────────────────────────────*/

/* A run that dies at some moment, as the parent sees fit. */
static void run_until_killed(Fixture *f)
{
    open_data(f);
    f->commit_us = 500;
    serve(f);
    for (;;)
        os_sleep_us(1000000);
}

static void see_numbers(void *self, Str value)
{
    int64_t *next = self;
    int64_t number;

    assert_true(str_to_int64(str_slice(value, 2, value.bytes), &number));
    assert_true(number == *next);
    ++*next;
}

static void a_killed_run_loses_nothing_acknowledged(void **state)
{
    Fixture *f = *state;
    int64_t sent = 0;

    for (int round = 0; round < 12; round++) {
        int64_t until_us = 1000 + round * 3700;
        int64_t held = 0;
        OsSocket *client = NULL;
        int64_t acknowledged = sent;
        int64_t began_us;
        pid_t child = fork();

        if (child == 0)
            run_until_killed(f);
        while (!client) {
            assert_ok(os_socket_connect(f->path, &client, &err));
            os_sleep_us(1000);
        }
        began_us = os_monotonic_us();
        for (;;) {
            AppendWriter writer = {0};
            Error refusal = {0};
            bool ended;

            write_append(&writer, "orders", "n", (int)acknowledged, 7);
            ended = !client_send(client, writer.out.data, writer.out.bytes);
            if (os_monotonic_us() - began_us > until_us && child) {
                (void)kill(child, SIGKILL);
                (void)waitpid(child, NULL, 0);
                child = 0;
            }
            ended = ended || client_receive(client, &refusal) == ANSWER_ENDED;
            strbuf_done(&writer.out);
            if (ended)
                break;
            acknowledged += 7;
        }
        os_socket_close(client);
        /* All that was acknowledged is there; of the last request all or nothing. */
        (void)read_all(f, see_numbers, &held);
        assert_true(held == acknowledged || held == acknowledged + 7);
        sent = held;
    }
    assert_true(sent > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(no_message_is_too_broken_to_be_read),
        cmocka_unit_test(refusals_keep_their_kind_and_text),
        cmocka_unit_test_setup_teardown(acknowledged_records_are_committed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_request_leaves_the_client_connected, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(two_clients_write_at_once_each_in_its_order, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_request_that_is_cut_off_is_not_carried_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_client_that_leaves_early_does_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_sent_together_are_answered_one_by_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_too_large_or_no_message_is_refused_and_cut_off,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(more_clients_than_slots_wait_their_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(stopping_answers_what_was_committed_and_refuses_the_rest,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_closed_inbox_refuses_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dead_socket_is_replaced_and_is_its_owners_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_path_beyond_the_kernels_limit_will_do, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_run_loses_nothing_acknowledged, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
