/*
 * postgres_table.h: a table in PostgreSQL: its names, made from weir's schema or checked against
 * it.
 *
 * Names of columns are found without regard to case where no column has the exact name, so that a
 * table made by hand with unquoted names fits.
 *
 * Thread: that of the client it is used with.
 */
#ifndef WEIR_CLIENT_POSTGRES_TABLE_H
#define WEIR_CLIENT_POSTGRES_TABLE_H

#include "client/postgres_client.h"
#include "plan/catalog.h"

typedef struct PostgresTable {
    Str schema; /* data == NULL: the connection's current one. */
    Str name;
    const Schema *columns;
    const uint32_t *key_columns;
    uint32_t key_count;
    Str *column_names; /* On the server; as in `columns` until postgres_table_ensure or _look_up. */
    Str *column_types; /* On the server, as it prints them; set by postgres_table_look_up. */
    Arena arena;
} PostgresTable;

/* By the table's options 'schema' and 'table'. Borrows the definition. ERROR_USER: a name is too
 * long for PostgreSQL. */
bool postgres_table_init(PostgresTable *table, const TableDef *def, Error *err);
void postgres_table_done(PostgresTable *table);

/* Within the caller's transaction: makes it where it is missing; ERROR_USER: it is there and has
 * another shape, the text tells the differences. *made may be NULL. */
bool postgres_table_ensure(PostgresTable *table, PostgresClient *client, bool *made, Error *err);

/* Looks up the server's names and types of the columns; ERROR_USER: the table, or a column, is not
 * there. */
bool postgres_table_look_up(PostgresTable *table, PostgresClient *client, Error *err);

/* `"schema"."name"`, and of another name in the same schema. */
void postgres_add_table(StrBuf *out, const PostgresTable *table);
void postgres_add_beside(StrBuf *out, const PostgresTable *table, Str name);
/* `"a", "b"`: all columns, or those of the key. */
void postgres_add_columns(StrBuf *out, const PostgresTable *table);
void postgres_add_key(StrBuf *out, const PostgresTable *table);

#endif
