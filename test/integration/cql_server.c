/*
 * cql_server.c: our client of the native protocol against a real server. Run by test_cassandra.py:
 *
 *     cql_server HOST:PORT USER PASSWORD VERSION plain|lz4|tls CA
 *
 * Each check says what it found wrong; the program's end is 0 when nothing was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cql/cql_session.h"
#include "client/cql/cql_token.h"
#include "os/os.h"

static int failed;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failed++;                                                                              \
            printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);                                 \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

static CqlSession *session;

static bool run(const char *text)
{
    Error err = {0};
    CqlResult result;
    bool ok;

    cql_result_init(&result);
    ok = cql_query(session, str_of(text), CQL_LOCAL_QUORUM, true, &result, &err);
    cql_result_done(&result);
    CHECK(ok, "%s: %s", text, err.text);
    return ok;
}

static const CqlPrepared *prepared(const char *text)
{
    const CqlPrepared *made = NULL;
    Error err = {0};

    CHECK(cql_prepare(session, str_of(text), &made, &err), "%s: %s", text, err.text);
    return made;
}

static void put_text(StrBuf *values, const char *text)
{
    cql_put_long_string(values, str_of(text));
}

/* ── what the server is ────────────────────────────────────────────────────────────────────────*/

static void tells_who_it_is(int version)
{
    CqlServerInfo info = cql_server_info(session);

    CHECK(info.version == version, "protocol %d, wanted %d", info.version, version);
    CHECK(info.release.bytes > 0 && info.node_count >= 1, "%u nodes", info.node_count);
}

/* ── tokens ────────────────────────────────────────────────────────────────────────────────────*/

enum { KEYS = 3000 };

/* Our murmur3 and the server's token() of keys of all lengths and bytes. */
static void tokens_are_the_servers(void)
{
    const CqlPrepared *insert = prepared("INSERT INTO weir_client.tokens (k, v) VALUES (?, ?)");
    const CqlPrepared *select = prepared("SELECT k, token(k) FROM weir_client.tokens");
    CqlOptions options = {.consistency = CQL_LOCAL_QUORUM, .idempotent = true, .page_rows = 250};
    CqlSelect *rows = NULL;
    CqlRows *page = NULL;
    Error err = {0};
    uint32_t count = 0;
    uint32_t pages = 0;
    char key[64];

    if (!insert || !select)
        return;
    CHECK(cql_prepared_info(insert)->partition_key_count == 1 &&
              cql_prepared_info(insert)->partition_key[0] == 0,
          "the partition key is not told");
    for (uint32_t i = 0; i < KEYS; i++) {
        StrBuf values;
        Str k = {key, i % 60 + 1};
        CqlStatement statement = {.prepared = insert, .value_count = 2};

        for (uint32_t b = 0; b < k.bytes; b++)
            key[b] = (char)(i * 7919 + b * 104729 + i / 60);
        strbuf_init(&values);
        cql_put_long_string(&values, k);
        cql_put_int(&values, 4);
        cql_put_int(&values, (int32_t)i);
        statement.values = strbuf_str(&values);
        options.has_token = true;
        options.token = cql_token(k);
        CHECK(cql_submit(session, &statement, 1, &options, &err), "%s", err.text);
        strbuf_done(&values);
    }
    CHECK(cql_drain(session, &err), "%s", err.text);
    options.has_token = false;
    CHECK(cql_select_open(session, &(CqlStatement){.prepared = select, .values = STR_EMPTY},
                          &options, &rows, &err),
          "%s", err.text);
    while (cql_select_next(rows, &page, &err) && page) {
        pages++;
        for (uint32_t i = 0; i < page->row_count; i++) {
            Str values[2];
            CqlReader token;

            CHECK(cql_rows_next(page, values, &err), "%s", err.text);
            token = cql_reader(values[1]);
            CHECK(cql_read_long(&token) == cql_token(values[0]), "a token differs");
            count++;
        }
    }
    CHECK(err.kind == ERROR_NONE, "%s", err.text);
    CHECK(count > KEYS * 9 / 10 && pages > 5, "%u rows in %u pages", count, pages);
    cql_select_close(rows);
}

/* ── many at once ──────────────────────────────────────────────────────────────────────────────*/

enum { WRITES = 4000, BATCH_ROWS = 20 };

static int64_t count_of(const char *table)
{
    char text[128];
    Error err = {0};
    CqlResult result;
    Str value = STR_EMPTY;
    CqlReader reader;
    int64_t count;

    (void)snprintf(text, sizeof text, "SELECT count(*) FROM weir_client.%s", table);
    cql_result_init(&result);
    CHECK(cql_query(session, str_of(text), CQL_LOCAL_QUORUM, true, &result, &err) &&
              cql_rows_next(&result.rows, &value, &err),
          "%s", err.text);
    reader = cql_reader(value);
    count = cql_read_long(&reader);
    cql_result_done(&result);
    return count;
}

static void writes_many_at_once(void)
{
    const CqlPrepared *insert = prepared("INSERT INTO weir_client.rows (k, c, v) VALUES (?, ?, ?)");
    CqlOptions options = {.consistency = CQL_LOCAL_QUORUM, .idempotent = true, .has_token = true};
    CqlStatement batch[BATCH_ROWS];
    StrBuf values[BATCH_ROWS];
    Error err = {0};

    if (!insert)
        return;
    for (int b = 0; b < BATCH_ROWS; b++)
        strbuf_init(&values[b]);
    for (int32_t i = 0; i < WRITES; i += BATCH_ROWS) {
        char key[4];

        for (int b = 0; b < BATCH_ROWS; b++) {
            strbuf_clear(&values[b]);
            cql_put_int(&values[b], 4);
            cql_put_int(&values[b], i);
            cql_put_int(&values[b], 4);
            cql_put_int(&values[b], b);
            put_text(&values[b], "some text that makes a row of a hundred bytes, as rows are");
            batch[b] = (CqlStatement){insert, strbuf_str(&values[b]), 3};
        }
        memcpy(key, values[0].data + 4, 4);
        options.token = cql_token((Str){key, 4});
        CHECK(cql_submit(session, batch, BATCH_ROWS, &options, &err), "%s", err.text);
    }
    CHECK(cql_drain(session, &err), "%s", err.text);
    for (int32_t i = 0; i < WRITES; i++) {
        CqlStatement one;
        char key[4];

        strbuf_clear(&values[0]);
        cql_put_int(&values[0], 4);
        cql_put_int(&values[0], 1000000 + i);
        cql_put_int(&values[0], 4);
        cql_put_int(&values[0], 0);
        put_text(&values[0], "some text that makes a row of a hundred bytes, as rows are");
        one = (CqlStatement){insert, strbuf_str(&values[0]), 3};
        memcpy(key, values[0].data + 4, 4);
        options.token = cql_token((Str){key, 4});
        CHECK(cql_submit(session, &one, 1, &options, &err), "%s", err.text);
    }
    CHECK(cql_drain(session, &err), "%s", err.text);
    for (int b = 0; b < BATCH_ROWS; b++)
        strbuf_done(&values[b]);
    CHECK(count_of("rows") == 2 * WRITES, "%lld rows", (long long)count_of("rows"));
}

/* A message longer than a segment, there and back. */
static void carries_a_large_value(void)
{
    const CqlPrepared *insert = prepared("INSERT INTO weir_client.tokens (k, b) VALUES (?, ?)");
    const CqlPrepared *select = prepared("SELECT b FROM weir_client.tokens WHERE k = ?");
    CqlOptions options = {.consistency = CQL_LOCAL_QUORUM, .idempotent = true};
    uint32_t bytes = 1500000;
    char *data = mem_alloc(bytes);
    Error err = {0};
    CqlResult result;
    StrBuf values;
    Str got = STR_EMPTY;

    if (!insert || !select)
        return;
    for (uint32_t i = 0; i < bytes; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    strbuf_init(&values);
    cql_result_init(&result);
    put_text(&values, "large");
    cql_put_long_string(&values, (Str){data, bytes});
    CHECK(cql_execute(session, &(CqlStatement){insert, strbuf_str(&values), 2}, &options, &result,
                      &err),
          "%s", err.text);
    strbuf_clear(&values);
    put_text(&values, "large");
    CHECK(cql_execute(session, &(CqlStatement){select, strbuf_str(&values), 1}, &options, &result,
                      &err) &&
              result.rows.row_count == 1 && cql_rows_next(&result.rows, &got, &err),
          "%s", err.text);
    CHECK(got.bytes == bytes && memcmp(got.data, data, bytes) == 0, "%u bytes came back", got.bytes);
    cql_result_done(&result);
    strbuf_done(&values);
    free(data);
}

/* ── values as text ────────────────────────────────────────────────────────────────────────────*/

static void prints_every_type(void)
{
    static const char *const wanted[] = {
        "a",  "true",     "-5",         "300",        "-70000", "9000000000",
        "1.5", "-2.25",   "-12345678901234567890.0123456789",
        "-123456789012345678901234567890", "0x00ff",
        "2024-02-29",     "13:14:15.123456789",       "2024-02-29T13:14:15.123Z",
        "123e4567-e89b-12d3-a456-426614174000", "10.0.0.1", "1mo2d3000000000ns",
        "[1,2,3]", "{\"a\":1}", "[\"x\",\"y\"]", "[1,\"one\",null]", "{\"street\":\"S\",\"number\":7}",
    };
    Error err = {0};
    CqlResult result;
    Str values[COUNT_OF(wanted)];

    cql_result_init(&result);
    CHECK(run("INSERT INTO weir_client.types (k, bo, ti, sm, i, bi, f, d, de, vi, bl, da, tm, ts, u, "
              "ip, du, li, ma, se, tu, ud) VALUES ('a', true, -5, 300, -70000, 9000000000, 1.5, "
              "-2.25, -12345678901234567890.0123456789, -123456789012345678901234567890, 0x00ff, "
              "'2024-02-29', '13:14:15.123456789', '2024-02-29T13:14:15.123Z', "
              "123e4567-e89b-12d3-a456-426614174000, '10.0.0.1', 1mo2d3s, [1, 2, 3], {'a': 1}, "
              "{'y', 'x'}, (1, 'one', null), {street: 'S', number: 7})"),
          "insert");
    CHECK(cql_query(session, STR("SELECT k, bo, ti, sm, i, bi, f, d, de, vi, bl, da, tm, ts, u, ip, "
                                 "du, li, ma, se, tu, ud FROM weir_client.types"),
                    CQL_LOCAL_QUORUM, true, &result, &err) &&
              result.rows.metadata.column_count == COUNT_OF(wanted) &&
              cql_rows_next(&result.rows, values, &err),
          "%s", err.text);
    for (size_t i = 0; i < COUNT_OF(wanted) && result.rows.metadata.column_count; i++) {
        StrBuf text;

        strbuf_init(&text);
        CHECK(cql_value_to_text(&text, &result.rows.metadata.columns[i].type, values[i]) &&
                  str_is(strbuf_str(&text), wanted[i]),
              "'%s', wanted '%s'", strbuf_c(&text), wanted[i]);
        strbuf_done(&text);
    }
    cql_result_done(&result);
}

/* ── errors ────────────────────────────────────────────────────────────────────────────────────*/

static void says_what_is_wrong(void)
{
    Error err = {0};
    CqlResult result;

    cql_result_init(&result);
    CHECK(!cql_query(session, STR("SELECT nonsense"), CQL_ONE, true, &result, &err) &&
              err.kind == ERROR_USER,
          "%s", err.text);
    error_clear(&err);
    CHECK(!cql_query(session, STR("SELECT * FROM weir_client.missing"), CQL_ONE, true, &result,
                     &err) &&
              err.kind == ERROR_USER && strstr(err.text, "missing"),
          "%s", err.text);
    error_clear(&err);
    CHECK(!cql_query(session, STR("SELECT * FROM weir_client.tokens"), CQL_THREE, true, &result,
                     &err) ||
              cql_server_info(session).node_count >= 3,
          "consistency three on one node: %s", err.text);
    cql_result_done(&result);
}

/* A statement that the server throws out of its memory is prepared again. */
static void prepares_again(void)
{
    const CqlPrepared *select = prepared("SELECT v FROM weir_client.again WHERE k = ?");
    CqlOptions options = {.consistency = CQL_LOCAL_QUORUM, .idempotent = true};
    Error err = {0};
    CqlResult result;
    StrBuf values;
    int64_t before;

    if (!select || !run("DROP TABLE weir_client.again") ||
        !run("CREATE TABLE weir_client.again (k text PRIMARY KEY, v int)"))
        return;
    strbuf_init(&values);
    cql_result_init(&result);
    put_text(&values, "x");
    before = cql_counters(session).prepared_again;
    CHECK(cql_execute(session, &(CqlStatement){select, strbuf_str(&values), 1}, &options, &result,
                      &err),
          "%s", err.text);
    CHECK(cql_counters(session).prepared_again == before + 1, "it was not prepared again");
    cql_result_done(&result);
    strbuf_done(&values);
}

static bool make_tables(void)
{
    return run("CREATE KEYSPACE IF NOT EXISTS weir_client WITH replication = "
               "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}") &&
           run("DROP TABLE IF EXISTS weir_client.tokens") &&
           run("DROP TABLE IF EXISTS weir_client.rows") &&
           run("DROP TABLE IF EXISTS weir_client.types") &&
           run("DROP TABLE IF EXISTS weir_client.again") &&
           run("DROP TYPE IF EXISTS weir_client.address") &&
           run("CREATE TYPE weir_client.address (street text, number int)") &&
           run("CREATE TABLE weir_client.tokens (k blob PRIMARY KEY, v int, b blob)") &&
           run("CREATE TABLE weir_client.rows (k int, c int, v text, PRIMARY KEY (k, c))") &&
           run("CREATE TABLE weir_client.again (k text PRIMARY KEY, v int)") &&
           run("CREATE TABLE weir_client.types (k text PRIMARY KEY, bo boolean, ti tinyint, sm "
               "smallint, i int, bi bigint, f float, d double, de decimal, vi varint, bl blob, da "
               "date, tm time, ts timestamp, u uuid, ip inet, du duration, li list<int>, ma "
               "map<text, int>, se set<text>, tu tuple<int, text, int>, ud address)");
}

int main(int argc, char **argv)
{
    CqlConfig config = {0};
    Error err = {0};

    if (argc != 7)
        return 2;
    config.contact_points = str_of(argv[1]);
    config.username = str_of(argv[2]);
    config.password = str_of(argv[3]);
    config.version = (uint8_t)atoi(argv[4]);
    config.lz4 = strcmp(argv[5], "lz4") == 0;
    config.tls = config.tls_verify = strcmp(argv[5], "tls") == 0;
    config.tls_ca = str_of(argv[6]);
    config.keyspace = STR("weir_client");
    if (!cql_open(&config, &session, &err)) {
        printf("open: %s\n", err.text);
        return 1;
    }
    tells_who_it_is(atoi(argv[4]));
    if (make_tables()) {
        tokens_are_the_servers();
        writes_many_at_once();
        carries_a_large_value();
        prints_every_type();
        says_what_is_wrong();
        prepares_again();
    }
    cql_close(session);
    return failed ? 1 : 0;
}
