/*
 * postgres_client.h: one connection to PostgreSQL (libpq), used by its sink, its tables and `weir
 * doctor`.
 *
 * Calls wait for the server, at most `timeout` without any sign of it (setting 'postgres.timeout'),
 * and end at once when another thread interrupts. Errors tell what the server said, never the
 * password:
 *
 *     ERROR_RETRY  connection lost or refused, server starting or stopping, serialization failure,
 *                  deadlock, out of connections, disk full: worth another try
 *     ERROR_USER   everything else
 *
 * After any error the connection is in an unknown state: disconnect, and connect again.
 *
 * Thread: one at a time; postgres_interrupt from any.
 */
#ifndef WEIR_CLIENT_POSTGRES_CLIENT_H
#define WEIR_CLIENT_POSTGRES_CLIENT_H

#include <libpq-fe.h>

#include "base/error.h"
#include "base/str.h"
#include "plan/catalog.h"
#include "plan/setting.h"

typedef struct PostgresClient PostgresClient;

/* Where the server is. */
typedef struct PostgresAddress {
    Str url;      /* postgresql://user@host:port/database?option=value, or "host=… dbname=…" */
    Str password; /* data == NULL: in the url, or libpq's own ways (PGPASSWORD, ~/.pgpass). */
    int64_t timeout_us;
} PostgresAddress;

/* From the table's 'url' and 'password_file', else from postgres.url, postgres.password or
 * postgres.password.file; postgres.timeout. `table` may be NULL. In `arena`. */
bool postgres_address(const Settings *settings, const TableDef *table, Arena *arena,
                      PostgresAddress *out, Error *err);

/* Copies the address; ERROR_USER: it cannot be read. Connects nowhere yet. */
bool postgres_client_create(const PostgresAddress *address, PostgresClient **out, Error *err);
void postgres_client_free(PostgresClient *client); /* NULL is fine. */
/* "127.0.0.1:5432/weir", for messages. Borrowed. */
const char *postgres_client_place(const PostgresClient *client);

/* If it is not connected. */
bool postgres_connect(PostgresClient *client, Error *err);
bool postgres_is_connected(const PostgresClient *client);
void postgres_disconnect(PostgresClient *client);
/* What runs fails soon, and every later call at once. */
void postgres_interrupt(PostgresClient *client);
/* Whether the database keeps text as UTF-8, so that COLLATE "C" orders it as weir does; connected. */
bool postgres_is_utf8(const PostgresClient *client);
/* "15.3"; connected. */
Str postgres_server_version(const PostgresClient *client);

/* Connects, for `weir doctor`: the server's version and place, in `arena`. */
bool postgres_probe(const Settings *settings, Arena *arena, Str *version, Error *err);

/* One or several statements, separated by semicolons, whose rows are of no interest. *row_count
 * (may be NULL): how many rows the last one touched. */
bool postgres_run(PostgresClient *client, const char *sql, int64_t *row_count, Error *err);
/* One statement with parameters $1, $2, … as text (NULL: NULL); PQclear the result. */
bool postgres_query(PostgresClient *client, const char *sql, const char *const *parameters,
                    int parameter_count, PGresult **out, Error *err);

/* COPY … FROM STDIN, maybe among other statements: begin, put again and again, end, which waits for
 * all of them. */
bool postgres_copy_begin(PostgresClient *client, const char *sql, Error *err);
bool postgres_copy_put(PostgresClient *client, Str bytes, Error *err);
bool postgres_copy_end(PostgresClient *client, int64_t *row_count, Error *err);

/* COPY … TO STDOUT: a piece as the server sends it (of binary rows: one row), until *out is empty.
 * Borrowed until the next call. */
bool postgres_read_begin(PostgresClient *client, const char *sql, Error *err);
bool postgres_read(PostgresClient *client, Str *out, Error *err);

/* `"name"`, with quotes doubled; 'text' likewise. */
void postgres_add_name(StrBuf *out, Str name);
void postgres_add_literal(StrBuf *out, Str text);

#endif
