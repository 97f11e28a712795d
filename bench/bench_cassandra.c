/*
 * bench_cassandra.c: how fast a Cassandra takes rows from our client alone, without weir: what a
 * pipeline is compared with. Run by bench_cassandra.py:
 *
 *     bench_cassandra HOST:PORT USER PASSWORD KEYSPACE ROWS
 *
 * One statement a request, 512 on their way, each to a node that holds it; prints rows a second.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/cql/cql_session.h"
#include "client/cql/cql_token.h"
#include "os/os.h"

static bool write_rows(CqlSession *session, const CqlPrepared *insert, int64_t row_count, Error *err)
{
    CqlOptions options = {.consistency = CQL_LOCAL_QUORUM, .idempotent = true, .has_token = true};
    StrBuf values;
    bool ok = true;

    strbuf_init(&values);
    for (int64_t i = 0; ok && i < row_count; i++) {
        CqlStatement statement = {.prepared = insert, .value_count = 4};

        strbuf_clear(&values);
        cql_put_int(&values, 8);
        cql_put_long(&values, i);
        cql_put_int(&values, 8);
        cql_put_long(&values, i * 7919);
        cql_put_int(&values, 8);
        cql_put_long(&values, 1700000000000 + i);
        cql_put_long_string(&values, STR("some text of forty bytes, as rows have it"));
        statement.values = strbuf_str(&values);
        options.token = cql_token((Str){values.data + 4, 8});
        ok = cql_submit(session, &statement, 1, &options, err);
    }
    strbuf_done(&values);
    return cql_drain(session, err) && ok;
}

int main(int argc, char **argv)
{
    const CqlPrepared *insert;
    CqlConfig config = {0};
    CqlSession *session;
    Error err = {0};
    int64_t began_us;
    char text[256];

    if (argc != 6)
        return 2;
    config.contact_points = str_of(argv[1]);
    config.username = str_of(argv[2]);
    config.password = str_of(argv[3]);
    config.keyspace = str_of(argv[4]);
    (void)snprintf(text, sizeof text,
                   "INSERT INTO %s.client (id, number, at, name) VALUES (?, ?, ?, ?)", argv[4]);
    if (!cql_open(&config, &session, &err) || !cql_prepare(session, str_of(text), &insert, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    began_us = os_monotonic_us();
    if (!write_rows(session, insert, atoll(argv[5]), &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%.0f\n", (double)atoll(argv[5]) * 1e6 / (double)(os_monotonic_us() - began_us));
    cql_close(session);
    return 0;
}
