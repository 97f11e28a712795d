/*
 * store_impl.h: what the files of store/ share and nobody else includes.
 */
#ifndef WEIR_STORE_STORE_IMPL_H
#define WEIR_STORE_STORE_IMPL_H

#include <sqlite3.h>

#include "base/vec.h"
#include "store/meta.h"
#include "store/store.h"

/* Prepared once, when first used; the SQL stands in store.c. */
typedef enum StoreStatement {
    STATEMENT_BEGIN_WRITE,
    STATEMENT_BEGIN_READ,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_FIX_SNAPSHOT,
    STATEMENT_DATA_VERSION,
    STATEMENT_META_SET,
    STATEMENT_META_ADD,
    STATEMENT_META_DELETE,
    STATEMENT_META_DELETE_NAME,
    STATEMENT_META_GET,
    STATEMENT_META_LIST,
    STATEMENT_META_LIST_NAME,
    STATEMENT_TABLE_FIND,
    STATEMENT_TABLE_LIST,
    STATEMENT_TABLE_PUT,
    STATEMENT_TABLE_DELETE,
    STATEMENT_TABLE_RENAME,
    STATEMENT_COUNT
} StoreStatement;

typedef struct TableWriter TableWriter; /* table_writer.c */

struct StoreTxn {
    Store *store;
    bool open;
    bool failed; /* store.h, invariant 3 */
};

struct Store {
    sqlite3 *db;
    char *path;
    StoreMode mode;
    bool in_snapshot;
    int64_t data_version; /* As of the last store_has_changed; -1: never asked. */
    StoreTxn txn;         /* The writer's one. */
    sqlite3_stmt *statements[STATEMENT_COUNT];
    VEC(TableWriter *) writers; /* Of the tables written, until their shape changes. */
};

#define STORE_NEW_PREFIX "weir_new_" /* A table being built to replace another. */

/* What SQLite said, as a sentence with the store's path; also marks an open transaction failed. */
bool store_fail(Store *store, int code, Error *err);
/* Marks the transaction failed; for errors that do not come from SQLite. Returns false. */
bool store_txn_fail(StoreTxn *txn);

bool store_statement(Store *store, StoreStatement which, sqlite3_stmt **out, Error *err);
bool store_prepare(Store *store, const char *sql, sqlite3_stmt **out, Error *err);
/* Steps a statement that gives no rows, and resets it. */
bool store_run(Store *store, sqlite3_stmt *statement, Error *err);
/* Whether there is a row; the statement is reset when not. */
bool store_step(Store *store, sqlite3_stmt *statement, bool *row, Error *err);
bool store_exec(Store *store, const char *sql, Error *err);

/* Like SQLite's own, but an empty Str is the empty text and not NULL. */
void store_bind_text(sqlite3_stmt *statement, int place, Str text);
Str store_column_str(sqlite3_stmt *statement, int column); /* Until the next step. */

/* `"name"` with quotes doubled. */
void store_add_name(StrBuf *sql, Str name);
/* The companion of a DECIMAL column of the key (store.h), in `arena`; data NULL: it needs none. */
Str store_order_column(Arena *arena, const StoreTable *table, uint32_t column_i);

/* table_writer.c */
void table_writer_free(TableWriter *writer);
void store_writers_forget(Store *store); /* All: shapes may have changed. */
/* At commit: table versions of what was changed. */
bool store_writers_settle(StoreTxn *txn, Error *err);

/* catalog.c */
bool store_catalog_find(Store *store, Arena *arena, Str name, const StoreTable **out, Error *err);
bool store_catalog_build(StoreTxn *txn, const StoreTable *table, Str name, Error *err);
/* Raises store_table_version. */
bool store_table_bump(StoreTxn *txn, Str name, Error *err);
bool store_sweep_replacements(Store *store, Error *err);
/* The table, in `arena`; NULL with an error, ERROR_USER where there is none. */
const StoreTable *store_table_need(Store *store, Arena *arena, Str name, Error *err);

#endif
