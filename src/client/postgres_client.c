#include "client/postgres_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "os/os.h"
#include "os/socket.h"

enum { PASSWORD_FILE_BYTES_MAX = 64 << 10, PLACE_BYTES = 256 };

struct PostgresClient {
    char **keywords; /* For PQconnectStartParams, NULL-terminated. */
    char **values;
    int64_t timeout_us;
    char place[PLACE_BYTES];
    PGconn *connection; /* NULL: not connected. */
    char *read_buffer;  /* Of postgres_read. */
    OsWake *wake;
    atomic_bool interrupted;
};

/* ── the address ───────────────────────────────────────────────────────────────────────────────*/

static bool read_password(Str file, Arena *arena, PostgresAddress *out, Error *err)
{
    if (!os_read_file(arena, str_to_c(arena, file), PASSWORD_FILE_BYTES_MAX, &out->password, err))
        return error_wrap(err, "the password of PostgreSQL");
    out->password = str_trim(out->password);
    return true;
}

bool postgres_address(const Settings *settings, const TableDef *table, Arena *arena,
                      PostgresAddress *out, Error *err)
{
    Str file;

    *out = (PostgresAddress){.timeout_us = settings_duration_us(settings, "postgres.timeout")};
    if (table && table_option_given(table, "url")) {
        out->url = table_option(table, "url");
        return !table_option_given(table, "password_file") ||
               read_password(table_option(table, "password_file"), arena, out, err);
    }
    if (!settings_find(settings, STR("postgres.url"), &out->url) || !out->url.bytes)
        return error_set(err, ERROR_USER,
                         "'postgres.url' is not set: where is the server? (for example "
                         "--set postgres.url=postgresql://user@127.0.0.1:5432/database)");
    if (settings_find(settings, STR("postgres.password"), &out->password) && out->password.bytes)
        return true;
    out->password = (Str){NULL, 0};
    return !settings_find(settings, STR("postgres.password.file"), &file) || !file.bytes ||
           read_password(file, arena, out, err);
}

static const char *value_of(const PostgresClient *client, const char *keyword)
{
    for (size_t i = 0; client->keywords[i]; i++) {
        if (strcmp(client->keywords[i], keyword) == 0)
            return client->values[i];
    }
    return NULL;
}

static void set_place(PostgresClient *client)
{
    const char *host = value_of(client, "host");
    const char *port = value_of(client, "port");
    const char *database = value_of(client, "dbname");

    if (!host)
        host = value_of(client, "hostaddr");
    (void)snprintf(client->place, sizeof client->place, "%s:%s/%s", host ? host : "localhost",
                   port ? port : "5432", database ? database : "");
}

bool postgres_client_create(const PostgresAddress *address, PostgresClient **out, Error *err)
{
    static const char *const own[][2] = {
        {"application_name", "weir"}, {"client_encoding", "UTF8"},   {"connect_timeout", "10"},
        {"keepalives_idle", "30"},    {"keepalives_interval", "10"},
    };
    PostgresClient *client;
    PQconninfoOption *options;
    char *message = NULL;
    size_t count = 0;
    size_t given = 0;
    Arena arena;

    arena_init(&arena);
    options = PQconninfoParse(str_to_c(&arena, address->url), &message);
    arena_done(&arena);
    PQfreemem(message); /* It may hold pieces of the password. */
    if (!options)
        return error_set(err, ERROR_USER,
                         "what is given as PostgreSQL's address cannot be read as one: write "
                         "postgresql://user@host:port/database");
    while (options[count].keyword)
        count++;
    client = mem_zalloc(sizeof *client);
    client->timeout_us = address->timeout_us;
    client->wake = os_wake_create();
    client->keywords = mem_zalloc((count + COUNT_OF(own) + 2) * sizeof *client->keywords);
    client->values = mem_zalloc((count + COUNT_OF(own) + 2) * sizeof *client->values);
    /* Of a keyword that comes twice, libpq takes the last: what the url says wins over our own. */
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        client->keywords[given] = mem_strdup(own[i][0]);
        client->values[given++] = mem_strdup(own[i][1]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!options[i].val ||
            (address->password.data && strcmp(options[i].keyword, "password") == 0))
            continue;
        client->keywords[given] = mem_strdup(options[i].keyword);
        client->values[given++] = mem_strdup(options[i].val);
    }
    if (address->password.data) {
        client->keywords[given] = mem_strdup("password");
        client->values[given] = mem_zalloc(address->password.bytes + 1);
        memcpy(client->values[given++], address->password.data, address->password.bytes);
    }
    PQconninfoFree(options);
    set_place(client);
    *out = client;
    return true;
}

void postgres_client_free(PostgresClient *client)
{
    if (!client)
        return;
    postgres_disconnect(client);
    for (size_t i = 0; client->keywords[i]; i++) {
        free(client->keywords[i]);
        free(client->values[i]);
    }
    free(client->keywords);
    free(client->values);
    os_wake_free(client->wake);
    free(client);
}

const char *postgres_client_place(const PostgresClient *client)
{
    return client->place;
}

/* ── what went wrong ───────────────────────────────────────────────────────────────────────────*/

/* One line: the lines that libpq and the server make of it, joined. */
static void message_line(char *out, size_t out_bytes, const char *message)
{
    Str text = str_trim(str_of(message ? message : ""));
    size_t at = 0;

    for (uint32_t i = 0; i < text.bytes && at + 2 < out_bytes; i++) {
        if (text.data[i] == '\n')
            out[at++] = ' ';
        else if (text.data[i] != '\t')
            out[at++] = text.data[i];
    }
    out[at] = '\0';
}

static bool is_worth_a_retry(const char *sqlstate)
{
    static const char *const states[] = {
        "08",    /* The connection. */
        "40",    /* Serialization failure, deadlock. */
        "53",    /* Out of connections, memory, disk. */
        "55P03", /* A lock is not to be had. */
        "57",    /* The server stops, starts, has crashed; a query was cancelled. */
        "58",    /* Its disk fails. */
        "25006", /* Read-only: a stand-by that is not the primary yet. */
    };

    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strncmp(sqlstate, states[i], strlen(states[i])) == 0)
            return true;
    }
    return false;
}

static bool fail_lost(PostgresClient *client, Error *err)
{
    char line[384];

    message_line(line, sizeof line, PQerrorMessage(client->connection));
    return error_set(err, ERROR_RETRY, "PostgreSQL at %s: %s", client->place,
                     line[0] ? line : "the connection is lost");
}

static bool fail_result(PostgresClient *client, const PGresult *result, Error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    char line[384];

    if (!sqlstate || !primary)
        return fail_lost(client, err);
    message_line(line, sizeof line, primary);
    return error_set(err, is_worth_a_retry(sqlstate) ? ERROR_RETRY : ERROR_USER,
                     "PostgreSQL at %s: %s%s%.200s (%s)", client->place, line, detail ? ": " : "",
                     detail ? detail : "", sqlstate);
}

static bool fail_interrupted(Error *err)
{
    return error_set(err, ERROR_RETRY, "interrupted");
}

/* Why the server let nobody in: the message alone tells (libpq has no code for it). */
static bool fail_connect(PostgresClient *client, Error *err)
{
    static const char *const for_good[] = {
        "password authentication failed", "no password supplied",  "does not exist",
        "no pg_hba.conf entry",           "authentication failed", "certificate verify failed",
        "does not support SSL",           "permission denied",
    };
    const char *message = PQerrorMessage(client->connection);
    ErrorKind kind = ERROR_RETRY;
    char line[384];

    for (size_t i = 0; i < COUNT_OF(for_good); i++) {
        if (strstr(message, for_good[i]))
            kind = ERROR_USER;
    }
    message_line(line, sizeof line, message);
    return error_set(err, kind, "PostgreSQL at %s cannot be reached: %s", client->place, line);
}

/* ── waiting ───────────────────────────────────────────────────────────────────────────────────*/

static bool wait_for(PostgresClient *client, bool to_read, bool to_write, int64_t *silent_since_us,
                     Error *err)
{
    int64_t left_us = client->timeout_us - (os_monotonic_us() - *silent_since_us);

    if (atomic_load(&client->interrupted))
        return fail_interrupted(err);
    if (left_us <= 0)
        return error_set(err, ERROR_RETRY,
                         "PostgreSQL at %s has not answered for %lld seconds ('postgres.timeout')",
                         client->place, (long long)(client->timeout_us / 1000000));
    if (os_descriptor_wait(PQsocket(client->connection), to_read, to_write, client->wake, left_us))
        *silent_since_us = os_monotonic_us();
    return !atomic_load(&client->interrupted) || fail_interrupted(err);
}

/* Sends what libpq holds back; takes in what comes meanwhile, or both sides might wait. */
static bool flush(PostgresClient *client, Error *err)
{
    int64_t since_us = os_monotonic_us();

    for (;;) {
        int left = PQflush(client->connection);

        if (left < 0)
            return fail_lost(client, err);
        if (left == 0)
            return true;
        if (!wait_for(client, true, true, &since_us, err))
            return false;
        if (!PQconsumeInput(client->connection))
            return fail_lost(client, err);
    }
}

/* The next result; NULL at the end of what was sent. */
static bool next_result(PostgresClient *client, PGresult **out, Error *err)
{
    int64_t since_us = os_monotonic_us();

    while (PQisBusy(client->connection)) {
        if (!wait_for(client, true, false, &since_us, err))
            return false;
        if (!PQconsumeInput(client->connection))
            return fail_lost(client, err);
    }
    *out = PQgetResult(client->connection);
    return true;
}

/* Results to the last; the last one is kept in *last (may be NULL). */
static bool take_results(PostgresClient *client, PGresult **last, Error *err)
{
    PGresult *kept = NULL;
    bool ok = true;

    for (;;) {
        PGresult *result = NULL;
        ExecStatusType status;

        if (!next_result(client, &result, err)) {
            PQclear(kept);
            return false;
        }
        if (!result)
            break;
        status = PQresultStatus(result);
        if (ok && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
            status != PGRES_EMPTY_QUERY)
            ok = fail_result(client, result, err);
        PQclear(kept);
        kept = result;
        if (status == PGRES_COPY_IN ||
            status == PGRES_COPY_OUT) /* Not asked for: cannot be left. */
            break;
    }
    if (ok && last)
        *last = kept;
    else
        PQclear(kept);
    return ok;
}

/* ── connecting ────────────────────────────────────────────────────────────────────────────────*/

static void ignore_notice(void *self, const PGresult *result)
{
    (void)self;
    (void)result;
}

static bool poll_connection(PostgresClient *client, Error *err)
{
    int64_t since_us = os_monotonic_us();

    for (;;) {
        PostgresPollingStatusType state = PQconnectPoll(client->connection);

        if (state == PGRES_POLLING_OK)
            return true;
        if (state == PGRES_POLLING_FAILED)
            return fail_connect(client, err);
        if (!wait_for(client, state == PGRES_POLLING_READING, state == PGRES_POLLING_WRITING,
                      &since_us, err))
            return false;
    }
}

bool postgres_connect(PostgresClient *client, Error *err)
{
    bool ok;

    if (client->connection)
        return true;
    if (atomic_load(&client->interrupted))
        return fail_interrupted(err);
    client->connection = PQconnectStartParams((const char *const *)client->keywords,
                                              (const char *const *)client->values, 0);
    if (!client->connection)
        return error_set(err, ERROR_RETRY, "no memory for a connection");
    ok = PQstatus(client->connection) != CONNECTION_BAD || fail_connect(client, err);
    ok = ok && poll_connection(client, err);
    if (ok) {
        (void)PQsetNoticeReceiver(client->connection, ignore_notice, NULL);
        ok = PQsetnonblocking(client->connection, 1) == 0 || fail_lost(client, err);
        /* What is written and read does not depend on how the server is set up. */
        ok = ok && postgres_run(client,
                                "SET TIME ZONE 'UTC'; SET DateStyle TO ISO; SET IntervalStyle TO "
                                "postgres; SET standard_conforming_strings TO on; "
                                "SET tcp_keepalives_idle TO 30; SET tcp_keepalives_interval TO 10",
                                NULL, err);
    }
    if (!ok)
        postgres_disconnect(client);
    return ok;
}

bool postgres_is_connected(const PostgresClient *client)
{
    return client->connection;
}

void postgres_disconnect(PostgresClient *client)
{
    PQfreemem(client->read_buffer);
    client->read_buffer = NULL;
    PQfinish(client->connection);
    client->connection = NULL;
}

void postgres_interrupt(PostgresClient *client)
{
    atomic_store(&client->interrupted, true);
    os_wake_set(client->wake);
}

Str postgres_server_version(const PostgresClient *client)
{
    const char *text = PQparameterStatus(client->connection, "server_version");

    return str_of(text ? text : "?");
}

bool postgres_is_utf8(const PostgresClient *client)
{
    const char *encoding = PQparameterStatus(client->connection, "server_encoding");

    return encoding && strcmp(encoding, "UTF8") == 0;
}

/* ── statements ────────────────────────────────────────────────────────────────────────────────*/

static int64_t rows_touched(PGresult *result)
{
    int64_t count = 0;

    (void)str_to_int64(str_of(PQcmdTuples(result)), &count);
    return count;
}

static bool send_statements(PostgresClient *client, const char *sql, Error *err)
{
    ASSERT(client->connection);
    return (PQsendQuery(client->connection, sql) || fail_lost(client, err)) && flush(client, err);
}

bool postgres_run(PostgresClient *client, const char *sql, int64_t *row_count, Error *err)
{
    PGresult *last = NULL;

    if (!send_statements(client, sql, err) || !take_results(client, &last, err))
        return false;
    if (row_count)
        *row_count = rows_touched(last);
    PQclear(last);
    return true;
}

bool postgres_query(PostgresClient *client, const char *sql, const char *const *parameters,
                    int parameter_count, PGresult **out, Error *err)
{
    ASSERT(client->connection);
    return (PQsendQueryParams(client->connection, sql, parameter_count, NULL, parameters, NULL,
                              NULL, 0) ||
            fail_lost(client, err)) &&
           flush(client, err) && take_results(client, out, err);
}

/* What the login may not do that a pipeline needs: make its tables in the current schema. In `arena`; empty:
 * nothing. */
static bool missing_rights(PostgresClient *client, Arena *arena, const char **out, Error *err)
{
    PGresult *result;

    *out = "";
    if (!postgres_query(client,
                        "SELECT coalesce(current_schema(), '?'), current_user, "
                        "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)",
                        NULL, 0, &result, err))
        return false;
    if (PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 2), "f") == 0)
        *out = arena_printf(arena, "; '%s' may not make tables in schema '%s': GRANT CREATE ON SCHEMA, or "
                                   "have them made before",
                            PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 0));
    PQclear(result);
    return true;
}

bool postgres_probe(const Settings *settings, Arena *arena, Str *version, Error *err)
{
    PostgresClient *client = NULL;
    PostgresAddress address;
    const char *missing;
    bool ok;

    ok = postgres_address(settings, NULL, arena, &address, err) &&
         postgres_client_create(&address, &client, err) && postgres_connect(client, err) &&
         missing_rights(client, arena, &missing, err);
    if (ok)
        *version = str_of(arena_printf(arena, "PostgreSQL %.*s at %s%s",
                                       STR_ARG(postgres_server_version(client)), client->place,
                                       missing));
    postgres_client_free(client);
    return ok;
}

/* Up to the COPY among the statements. */
static bool copy_open(PostgresClient *client, const char *sql, ExecStatusType wanted, Error *err)
{
    if (!send_statements(client, sql, err))
        return false;
    for (;;) {
        PGresult *result = NULL;
        ExecStatusType status;

        if (!next_result(client, &result, err))
            return false;
        if (!result)
            return error_set(err, ERROR_JOB, "PostgreSQL at %s was given no COPY", client->place);
        status = PQresultStatus(result);
        if (status != wanted && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            bool ok = fail_result(client, result, err);

            PQclear(result);
            return ok;
        }
        PQclear(result);
        if (status == wanted)
            return true;
    }
}

bool postgres_copy_begin(PostgresClient *client, const char *sql, Error *err)
{
    return copy_open(client, sql, PGRES_COPY_IN, err);
}

bool postgres_copy_put(PostgresClient *client, Str bytes, Error *err)
{
    /* Not more at once than libpq would have to hold. */
    enum { PIECE = 1 << 20 };
    int64_t since_us = os_monotonic_us();

    for (uint32_t at = 0; at < bytes.bytes;) {
        uint32_t piece = MIN(bytes.bytes - at, (uint32_t)PIECE);
        int done = PQputCopyData(client->connection, bytes.data + at, (int)piece);

        if (done < 0)
            return fail_lost(client, err);
        if (done == 0) {
            if (!wait_for(client, true, true, &since_us, err))
                return false;
            if (!PQconsumeInput(client->connection))
                return fail_lost(client, err);
            continue;
        }
        at += piece;
        if (!flush(client, err))
            return false;
    }
    return true;
}

bool postgres_copy_end(PostgresClient *client, int64_t *row_count, Error *err)
{
    PGresult *last = NULL;

    for (;;) {
        int done = PQputCopyEnd(client->connection, NULL);

        if (done < 0)
            return fail_lost(client, err);
        if (done > 0)
            break;
        if (!flush(client, err))
            return false;
    }
    if (!flush(client, err) || !take_results(client, &last, err))
        return false;
    if (row_count)
        *row_count = rows_touched(last);
    PQclear(last);
    return true;
}

bool postgres_read_begin(PostgresClient *client, const char *sql, Error *err)
{
    return copy_open(client, sql, PGRES_COPY_OUT, err);
}

bool postgres_read(PostgresClient *client, Str *out, Error *err)
{
    int64_t since_us = os_monotonic_us();

    PQfreemem(client->read_buffer);
    client->read_buffer = NULL;
    for (;;) {
        int bytes = PQgetCopyData(client->connection, &client->read_buffer, 1);

        if (bytes > 0) {
            *out = (Str){client->read_buffer, (uint32_t)bytes};
            return true;
        }
        if (bytes == -2)
            return fail_lost(client, err);
        if (bytes == -1) {
            *out = STR_EMPTY;
            return take_results(client, NULL, err);
        }
        if (!wait_for(client, true, false, &since_us, err))
            return false;
        if (!PQconsumeInput(client->connection))
            return fail_lost(client, err);
    }
}

/* ── text ──────────────────────────────────────────────────────────────────────────────────────*/

void postgres_add_name(StrBuf *out, Str name)
{
    strbuf_add_quoted(out, name, '"');
}

void postgres_add_literal(StrBuf *out, Str text)
{
    strbuf_add_quoted(out, text, '\'');
}
