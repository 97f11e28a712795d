/*
 * test_cql.c: the pieces of our Cassandra client that need no server: frames, segments, types,
 * results, tokens, the ring. Against the server: test/integration/cql_server.c.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "client/cql/cql_frame.h"
#include "client/cql/cql_result.h"
#include "client/cql/cql_ring.h"
#include "client/cql/cql_session_impl.h"
#include "client/cql/cql_token.h"
#include "log/wire.h"
#include "os/os.h"

/* ── frames ────────────────────────────────────────────────────────────────────────────────────*/

/* What we send, as if the server had sent it: the bit that marks an answer is set. */
static void as_answer(StrBuf *wire, const CqlFraming *framing, int16_t stream, CqlOpcode opcode,
                      Str body)
{
    CqlFraming answer = *framing;

    answer.version |= 0x80;
    cql_frame_put(wire, &answer, stream, opcode, body);
}

static void round_trip(CqlFraming framing, size_t body_bytes, size_t step, bool repetitive)
{
    CqlDecoder decoder;
    CqlMessage message;
    StrBuf body;
    StrBuf wire;
    int count = 0;

    strbuf_init(&body);
    strbuf_init(&wire);
    for (size_t i = 0; i < body_bytes; i++)
        strbuf_add_char(&body, (char)(repetitive ? i / 100 : i * 2654435761u >> 11));
    for (int16_t stream = 0; stream < 3; stream++)
        as_answer(&wire, &framing, stream, CQL_RESULT, strbuf_str(&body));
    cql_decoder_init(&decoder, framing.version);
    decoder.framing = framing;
    for (size_t at = 0; at < wire.bytes; at += step) {
        size_t bytes = MIN(step, wire.bytes - at);
        bool found;

        memcpy(cql_decoder_room(&decoder, bytes), wire.data + at, bytes);
        cql_decoder_came(&decoder, bytes);
        for (;;) {
            assert_ok(cql_decoder_next(&decoder, &message, &found, &err));
            if (!found)
                break;
            assert_int_equal(message.stream, count++);
            assert_int_equal(message.opcode, CQL_RESULT);
            assert_int_equal(message.body.bytes, body_bytes);
            assert_memory_equal(message.body.data, body.data ? body.data : "", body_bytes);
        }
    }
    assert_int_equal(count, 3);
    cql_decoder_done(&decoder);
    strbuf_done(&body);
    strbuf_done(&wire);
}

static void messages_survive_any_cutting(void **state)
{
    static const size_t sizes[] = {0, 1, 100, CQL_SEGMENT_BYTES_MAX - CQL_HEADER_BYTES,
                                   CQL_SEGMENT_BYTES_MAX, 400000};
    static const CqlFraming framings[] = {
        {.version = 4}, {.version = 4, .lz4 = true}, {.version = 5, .segments = true},
        {.version = 5, .segments = true, .lz4 = true}};

    for (size_t f = 0; f < COUNT_OF(framings); f++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            round_trip(framings[f], sizes[i], sizes[i] < 1000 ? 1 : 7919, true);
            round_trip(framings[f], sizes[i], 1 << 20, false);
        }
    }
}

static void a_changed_byte_is_noticed_in_segments(void **state)
{
    CqlFraming framing = {.version = 5, .segments = true};
    StrBuf wire;

    strbuf_init(&wire);
    as_answer(&wire, &framing, 1, CQL_RESULT, STR("some body"));
    for (size_t i = 0; i < wire.bytes; i++) {
        CqlDecoder decoder;
        CqlMessage message;
        Error err = {0};
        bool found = false;

        cql_decoder_init(&decoder, 5);
        decoder.framing = framing;
        memcpy(cql_decoder_room(&decoder, wire.bytes), wire.data, wire.bytes);
        decoder.in.data[i] ^= 0x10;
        cql_decoder_came(&decoder, wire.bytes);
        assert_false(cql_decoder_next(&decoder, &message, &found, &err));
        assert_int_equal(err.kind, ERROR_RETRY);
        cql_decoder_done(&decoder);
    }
    strbuf_done(&wire);
}

static void what_is_not_the_protocol_is_refused(void **state)
{
    static const Str texts[] = {{"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
                                {"\x84\x00\x00\x01\x08\x7f\xff\xff\xff", 9}};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CqlDecoder decoder;
        CqlMessage message;
        Error err = {0};
        bool found;

        cql_decoder_init(&decoder, 4);
        memcpy(cql_decoder_room(&decoder, texts[i].bytes), texts[i].data, texts[i].bytes);
        cql_decoder_came(&decoder, texts[i].bytes);
        assert_false(cql_decoder_next(&decoder, &message, &found, &err));
        cql_decoder_done(&decoder);
    }
}

static void warnings_stand_before_the_body(void **state)
{
    static const char raw[] = "\x84\x08\x00\x05\x08\x00\x00\x00\x0d"
                              "\x00\x01\x00\x05right"
                              "body";
    CqlDecoder decoder;
    CqlMessage message;
    bool found;

    cql_decoder_init(&decoder, 4);
    memcpy(cql_decoder_room(&decoder, sizeof raw), raw, sizeof raw - 1);
    cql_decoder_came(&decoder, sizeof raw - 1);
    assert_ok(cql_decoder_next(&decoder, &message, &found, &err));
    assert_true(found);
    assert_str_is(message.body, "body");
    cql_decoder_done(&decoder);
}

/* ── types and results ─────────────────────────────────────────────────────────────────────────*/

static void types_are_named_as_in_cql(void **state)
{
    static const char raw[] = "\x00\x21\x00\x0d\x00\x31\x00\x02\x00\x20\x00\x09\x00\x22\x00\x0c";
    CqlReader reader = cql_reader((Str){raw, sizeof raw - 1});
    CqlType type;
    Arena arena;
    StrBuf name;

    arena_init(&arena);
    strbuf_init(&name);
    cql_type_read(&reader, &arena, &type);
    assert_false(reader.failed);
    cql_type_name(&name, &type);
    assert_str_is(strbuf_str(&name), "map<text, tuple<list<int>, set<uuid>>>");
    strbuf_done(&name);
    arena_done(&arena);
}

static void a_type_nested_without_end_is_refused(void **state)
{
    char raw[200];
    CqlReader reader;
    CqlType type;
    Arena arena;

    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = i % 2 ? 0x20 : 0;
    arena_init(&arena);
    reader = cql_reader((Str){raw, sizeof raw});
    cql_type_read(&reader, &arena, &type);
    assert_true(reader.failed);
    arena_done(&arena);
}

static void check_text(CqlKind kind, const char *bytes, uint32_t count, const char *wanted)
{
    CqlType type = {.kind = kind};
    StrBuf text;

    strbuf_init(&text);
    assert_true(cql_value_to_text(&text, &type, (Str){bytes, count}));
    assert_str_is(strbuf_str(&text), wanted);
    strbuf_done(&text);
}

static void values_are_printed(void **state)
{
    check_text(CQL_VARINT, "\x00", 1, "0");
    check_text(CQL_VARINT, "\xff", 1, "-1");
    check_text(CQL_VARINT, "\x80", 1, "-128");
    check_text(CQL_VARINT, "\x00\xff\xff\xff\xff\xff\xff\xff\xff", 9, "18446744073709551615");
    check_text(CQL_DECIMAL, "\x00\x00\x00\x02\x05", 5, "0.05");
    check_text(CQL_DECIMAL, "\x00\x00\x00\x02\xfb", 5, "-0.05");
    check_text(CQL_DECIMAL, "\xff\xff\xff\xfe\x05", 5, "500");
    check_text(CQL_DATE, "\x80\x00\x00\x00", 4, "1970-01-01");
    check_text(CQL_DATE, "\x7f\xff\xff\xff", 4, "1969-12-31");
    check_text(CQL_TIMESTAMP, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "1969-12-31T23:59:59.999Z");
}

static void a_list_that_lies_about_its_length_is_refused(void **state)
{
    CqlType element = {.kind = CQL_INT};
    CqlType list = {.kind = CQL_LIST, .part_count = 1, .parts = &element};
    StrBuf text;

    strbuf_init(&text);
    assert_false(cql_value_to_text(&text, &list, (Str){"\x7f\xff\xff\xff\x00\x00\x00\x04", 8}));
    assert_false(cql_value_to_text(&text, &list, (Str){"\xff\xff\xff\xff", 4}));
    strbuf_done(&text);
}

static void rows_that_are_not_there_are_refused(void **state)
{
    /* One column of type int, two thousand million rows. */
    static const char raw[] = "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x01k\x00\x01t"
                              "\x00\x01"
                              "c\x00\x09\x7f\xff\xff\xff\x00\x00\x00\x04\x00\x00\x00\x01";
    CqlRows rows;
    Error err = {0};
    Arena arena;

    arena_init(&arena);
    assert_false(cql_read_rows(cql_reader((Str){raw, sizeof raw - 1}), &arena, &rows, &err));
    arena_done(&arena);
}

/* What no request of ours asks for: the number of columns alone. */
static void rows_of_unnamed_columns_are_refused(void **state)
{
    static const char raw[] = "\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01x";
    CqlRows rows;
    Error err = {0};
    Arena arena;

    arena_init(&arena);
    assert_false(cql_read_rows(cql_reader((Str){raw, sizeof raw - 1}), &arena, &rows, &err));
    arena_done(&arena);
}

static void errors_tell_whether_another_try_may_help(void **state)
{
    static const struct {
        int32_t code;
        const char *text;
        ErrorKind kind;
    } errors[] = {
        {CQL_BAD_CREDENTIALS, "Provided username a and/or password are incorrect", ERROR_USER},
        {CQL_BAD_CREDENTIALS,
         "Unable to perform authentication: Cannot achieve consistency level LOCAL_ONE", ERROR_RETRY},
        {CQL_UNAVAILABLE, "Cannot achieve consistency level THREE", ERROR_RETRY},
        {CQL_OVERLOADED, "", ERROR_RETRY},
        {CQL_WRITE_TIMEOUT, "", ERROR_RETRY},
        {CQL_INVALID, "no such table", ERROR_USER},
        {CQL_UNAUTHORIZED, "", ERROR_USER},
        {CQL_SYNTAX_ERROR, "", ERROR_USER},
    };

    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        CqlErrorInfo info = {.code = errors[i].code, .text = str_of(errors[i].text)};
        Error err = {0};

        assert_false(cql_error_set(&err, &info));
        assert_int_equal(err.kind, errors[i].kind);
    }
}

/* ── the ring ──────────────────────────────────────────────────────────────────────────────────*/

/* As the server's token() gives them. */
static void tokens_are_cassandras(void **state)
{
    assert_true(cql_token(STR("")) == 0);
    assert_true(cql_token(STR("tea")) == INT64_C(-6969332301657313152));
    assert_true(cql_token(STR("123456789012345")) == INT64_C(-8615384237594390570));
    assert_true(cql_token(STR("\xff\x80 high bytes count as signed \xfe")) == INT64_C(-3892781465164837987));
}

static void replicas_are(const CqlRing *ring, int64_t token, const char *wanted)
{
    const CqlReplicas *replicas = cql_ring_find(ring, token);
    char got[16] = "";

    assert_non_null(replicas);
    for (uint32_t i = 0; i < replicas->count; i++)
        got[i] = (char)('a' + replicas->node_i[i]);
    assert_string_equal(got, wanted);
}

static void simple_replicas_are_the_next_nodes(void **state)
{
    CqlRingNode nodes[3] = {{STR("dc"), STR("r")}, {STR("dc"), STR("r")}, {STR("dc"), STR("r")}};
    CqlRingToken tokens[] = {{300, 2}, {100, 0}, {200, 1}, {150, 0}};
    CqlRing ring;
    Arena arena;

    arena_init(&arena);
    cql_ring_make(&arena, nodes, tokens, 4, STR("dc"), false, 2, &ring);
    replicas_are(&ring, 100, "ab");
    replicas_are(&ring, 101, "ab");
    replicas_are(&ring, 151, "bc");
    replicas_are(&ring, 301, "ab");
    replicas_are(&ring, INT64_MIN, "ab");
    arena_done(&arena);
}

static void replicas_of_a_datacenter_spread_over_racks(void **state)
{
    CqlRingNode nodes[5] = {{STR("dc"), STR("r1")},
                            {STR("dc"), STR("r1")},
                            {STR("far"), STR("r1")},
                            {STR("dc"), STR("r2")},
                            {STR("dc"), STR("r2")}};
    CqlRingToken tokens[] = {{1, 0}, {2, 1}, {3, 2}, {4, 3}, {5, 4}};
    CqlRing ring;
    Arena arena;

    arena_init(&arena);
    cql_ring_make(&arena, nodes, tokens, 5, STR("dc"), true, 2, &ring);
    replicas_are(&ring, 1, "ad");
    replicas_are(&ring, 2, "bd");
    replicas_are(&ring, 3, "da");
    cql_ring_make(&arena, nodes, tokens, 5, STR("dc"), true, 3, &ring);
    replicas_are(&ring, 1, "adb");
    arena_done(&arena);
}

static void contact_points_are_read(void **state)
{
    CqlContact *contacts;
    Error err = {0};
    size_t count;
    Arena arena;

    arena_init(&arena);
    assert_true(cql_contacts_parse(&arena, STR("127.0.0.1, 127.0.0.2:9043,[::1]:19,::1"), 9042,
                                   &contacts, &count, &err));
    assert_int_equal(count, 4);
    assert_int_equal(contacts[0].port, 9042);
    assert_int_equal(contacts[1].port, 9043);
    assert_string_equal(contacts[1].address, "127.0.0.2");
    assert_int_equal(contacts[2].port, 19);
    assert_string_equal(contacts[2].address, "::1");
    assert_int_equal(contacts[3].port, 9042);
    assert_false(cql_contacts_parse(&arena, STR("127.0.0.1:99999"), 9042, &contacts, &count, &err));
    assert_int_equal(err.kind, ERROR_USER);
    assert_false(cql_contacts_parse(&arena, STR(" , "), 9042, &contacts, &count, &err));
    arena_done(&arena);
}

static void nobody_there_is_worth_another_try(void **state)
{
    CqlConfig config = {.contact_points = STR("127.0.0.1:1")};
    CqlSession *session = NULL;
    Error err = {0};

    assert_false(cql_open(&config, &session, &err));
    assert_int_equal(err.kind, ERROR_RETRY);
    assert_non_null(strstr(err.text, "127.0.0.1 port 1"));
}

/* ── a server that takes its time ──────────────────────────────────────────────────────────────*/

enum { REQUEST_BYTES = 128 << 10, REQUESTS = 3200, WINDOW = 256 };

static bool take_all(int socket, void *into, size_t bytes)
{
    return !bytes || recv(socket, into, bytes, MSG_WAITALL) == (ssize_t)bytes;
}

/* Answers every request, one after another; to EXECUTE, that it is done. */
static void serve(void *arg)
{
    static char body[REQUEST_BYTES + 64];
    int socket = accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);
    unsigned char header[CQL_HEADER_BYTES];
    StrBuf answer;

    strbuf_init(&answer);
    while (take_all(socket, header, sizeof header)) {
        uint32_t bytes = wire_load32(header + 5);

        assert_true(bytes <= sizeof body && take_all(socket, body, bytes));
        strbuf_clear(&answer);
        cql_put_byte(&answer, 0x84);
        cql_put_byte(&answer, 0);
        strbuf_add(&answer, header + 2, 2);
        cql_put_byte(&answer, header[4] == CQL_OPTIONS   ? CQL_SUPPORTED
                              : header[4] == CQL_STARTUP ? CQL_READY
                                                         : CQL_RESULT);
        cql_put_int(&answer, header[4] == CQL_OPTIONS ? 2 : header[4] == CQL_STARTUP ? 0 : 4);
        if (header[4] == CQL_OPTIONS)
            cql_put_short(&answer, 0);
        else if (header[4] != CQL_STARTUP)
            cql_put_int(&answer, CQL_RESULT_VOID);
        assert_true(send(socket, answer.data, answer.bytes, MSG_NOSIGNAL) == (ssize_t)answer.bytes);
    }
    strbuf_done(&answer);
    (void)close(socket);
}

static void count_answer(void *self, CqlConnection *connection, CqlAsked *asked,
                         const CqlMessage *message)
{
    ++*(int *)self;
}

static int64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long long pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %lld", &pages), 1);
    (void)fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void a_server_that_is_always_behind_takes_no_more_memory(void **state)
{
    static const CqlConnectionMethods methods = {.answered = count_answer};
    static CqlAsked asked[REQUESTS];
    const CqlConnectionConfig config = {.version = 4};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_bytes = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int small = 64 << 10;
    char *body = mem_zalloc(REQUEST_BYTES);
    CqlConnection *connection;
    OsThread *server;
    int64_t before;
    int sent = 0;
    int answered = 0;

    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &address_bytes), 0);
    server = os_thread_start("server", serve, &listener);
    assert_ok(cql_connection_dial(&config, "127.0.0.1", "127.0.0.1", ntohs(address.sin_port), &methods,
                                  &answered, &connection, &err));
    before = resident_bytes();
    while (answered < REQUESTS) {
        OsSocketWait wait;

        for (; sent < REQUESTS && sent - answered < WINDOW && cql_connection_may_send(connection); sent++)
            cql_connection_send(connection, &asked[sent], CQL_EXECUTE, (Str){body, REQUEST_BYTES});
        cql_connection_flush(connection, 0);
        wait = cql_connection_wait(connection);
        os_socket_wait(&wait, 1, NULL, 100000);
        if (wait.ready)
            cql_connection_work(connection);
        assert_true(cql_connection_state(connection) != CQL_BROKEN);
    }
    if (resident_bytes() - before > (int64_t)150 << 20) /* Of 400 MB that were sent. */
        fail_msg("%lld MB", (long long)(resident_bytes() - before) >> 20);
    cql_connection_free(connection);
    os_thread_join(server);
    (void)close(listener);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_survive_any_cutting),
        cmocka_unit_test(a_changed_byte_is_noticed_in_segments),
        cmocka_unit_test(what_is_not_the_protocol_is_refused),
        cmocka_unit_test(warnings_stand_before_the_body),
        cmocka_unit_test(types_are_named_as_in_cql),
        cmocka_unit_test(a_type_nested_without_end_is_refused),
        cmocka_unit_test(values_are_printed),
        cmocka_unit_test(a_list_that_lies_about_its_length_is_refused),
        cmocka_unit_test(rows_that_are_not_there_are_refused),
        cmocka_unit_test(rows_of_unnamed_columns_are_refused),
        cmocka_unit_test(errors_tell_whether_another_try_may_help),
        cmocka_unit_test(tokens_are_cassandras),
        cmocka_unit_test(simple_replicas_are_the_next_nodes),
        cmocka_unit_test(replicas_of_a_datacenter_spread_over_racks),
        cmocka_unit_test(contact_points_are_read),
        cmocka_unit_test(nobody_there_is_worth_another_try),
        cmocka_unit_test(a_server_that_is_always_behind_takes_no_more_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
