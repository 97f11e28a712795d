/*
 * store.c: the connection, its transactions, and what SQLite's errors mean to a person.
 *
 * A file is one of weir's by its application id ("weir"), and readable by its user_version (the
 * store's format). The writer brings both, and weir's own two tables, in one transaction, so a file
 * is either empty or whole.
 *
 * Durability: WAL with synchronous=FULL syncs the log at every commit. The log is copied back into
 * the database when it has grown past WAL_PAGES: a page changed in several epochs is then copied
 * once. Against SQLite's 1000 pages, random upserts gain a quarter (bench/bench_store.c); beyond 64
 * MiB little is gained, and the one commit in which the copying happens takes longer. The file is
 * cut to WAL_BYTES_KEPT after a long reader has made it grow.
 */
#include "store/store_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "os/os.h"

enum {
    STORE_APPLICATION_ID = 0x77656972, /* "weir" */
    STORE_FORMAT = 1,
    BUSY_TIMEOUT_MS = 10000, /* Another connection copying the log back, or recovering it. */
    WAL_PAGES = 16384,       /* 64 MiB */
    WAL_BYTES_KEPT = 256 << 20,
    CACHE_KIB = 65536,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STATEMENT_BEGIN_READ] = "BEGIN",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_FIX_SNAPSHOT] = "SELECT 1 FROM weir_meta LIMIT 1",
    [STATEMENT_DATA_VERSION] = "PRAGMA data_version",
    [STATEMENT_META_SET] = "REPLACE INTO weir_meta(kind, name, part, value) VALUES(?1, ?2, ?3, ?4)",
    [STATEMENT_META_ADD] = "INSERT INTO weir_meta(kind, name, part, value) VALUES(?1, ?2, ?3, ?4) "
                           "ON CONFLICT(kind, name, part) DO UPDATE SET value = value + ?4",
    [STATEMENT_META_DELETE] = "DELETE FROM weir_meta WHERE kind = ?1 AND name = ?2 AND part = ?3",
    [STATEMENT_META_DELETE_NAME] = "DELETE FROM weir_meta WHERE kind = ?1 AND name = ?2",
    [STATEMENT_META_GET] =
        "SELECT value FROM weir_meta WHERE kind = ?1 AND name = ?2 AND part = ?3",
    [STATEMENT_META_LIST] =
        "SELECT name, part, value FROM weir_meta WHERE kind = ?1 ORDER BY name, part",
    [STATEMENT_META_LIST_NAME] =
        "SELECT name, part, value FROM weir_meta WHERE kind = ?1 AND name = ?2 ORDER BY part",
    [STATEMENT_TABLE_FIND] = "SELECT name, columns, primary_key, provider, properties, created "
                             "FROM weir_table WHERE name = ?1",
    [STATEMENT_TABLE_LIST] =
        "SELECT name, columns, primary_key, provider, properties, created FROM weir_table "
        "WHERE substr(name, 1, 9) <> '" STORE_NEW_PREFIX "' ORDER BY name",
    [STATEMENT_TABLE_PUT] =
        "INSERT INTO weir_table(name, columns, primary_key, provider, properties, created) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(name) DO UPDATE SET columns = ?2, "
        "primary_key = ?3, provider = ?4, properties = ?5",
    [STATEMENT_TABLE_DELETE] = "DELETE FROM weir_table WHERE name = ?1",
    [STATEMENT_TABLE_RENAME] = "UPDATE weir_table SET name = ?2, created = coalesce(?3, created) "
                               "WHERE name = ?1",
};

static const char schema_sql[] =
    "CREATE TABLE weir_table(\n"
    "  name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,\n"
    "  columns TEXT NOT NULL,     -- [{\"name\", \"type\", \"nullable\"}], Spark's types\n"
    "  primary_key TEXT NOT NULL, -- [\"name\"]\n"
    "  provider TEXT NOT NULL,\n"
    "  properties TEXT NOT NULL,  -- {\"name\": \"value\"}\n"
    "  created TEXT NOT NULL\n"
    ") WITHOUT ROWID;\n"
    "CREATE TABLE weir_meta(\n"
    "  kind TEXT NOT NULL, -- epoch, position, topic_end, watermark, idle, counter, table, "
    "setting\n"
    "  name TEXT NOT NULL,\n"
    "  part TEXT NOT NULL,\n"
    "  value,\n"
    "  PRIMARY KEY(kind, name, part)\n"
    ") WITHOUT ROWID;\n";

/* ── errors ────────────────────────────────────────────────────────────────────────────────────*/

/* What the disk said beneath SQLite's I/O error, if it said anything. */
static bool fail_io(Store *store, int code, Error *err)
{
    int system_code = store->db ? sqlite3_system_errno(store->db) : 0;

    if (system_code != 0)
        return error_set_errno(err, system_code, "store '%s'", store->path);
    return error_set(err, ERROR_JOB, "store '%s': reading or writing failed (%s)", store->path,
                     sqlite3_errstr(code));
}

bool store_fail(Store *store, int code, Error *err)
{
    const char *path = store->path;

    store->txn.failed = true;
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return error_set(err, ERROR_RETRY,
                         "store '%s': the disk is full; free some space and start again, nothing "
                         "committed is lost",
                         path);
    case SQLITE_LOCKED:
        return error_set(err, ERROR_USER, "store '%s': a table cannot be changed while it is read",
                         path);
    case SQLITE_BUSY:
        return error_set(err, ERROR_RETRY,
                         "store '%s': another program is writing to it; end it, then try again",
                         path);
    case SQLITE_CORRUPT:
        return error_set(err, ERROR_USER,
                         "store '%s': the file is damaged (%s); restore a copy of the whole data "
                         "directory, or begin anew in another one (--data)",
                         path, sqlite3_errmsg(store->db));
    case SQLITE_NOTADB:
        return error_set(err, ERROR_USER, "store '%s': this is not a store, but some other file",
                         path);
    case SQLITE_CANTOPEN:
        return error_set(err, ERROR_USER,
                         "store '%s': cannot be opened; check that its folder exists, and its "
                         "permissions",
                         path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return error_set(err, ERROR_USER,
                         "store '%s': may only be read; check its owner and permissions", path);
    case SQLITE_IOERR:
        return fail_io(store, code, err);
    case SQLITE_TOOBIG:
        return error_set(err, ERROR_DATA, "store '%s': a value is longer than 1 GB", path);
    default:
        return error_set(err, ERROR_JOB, "store '%s': %s", path,
                         store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
    }
}

bool store_txn_fail(StoreTxn *txn)
{
    txn->failed = true;
    return false;
}

/* ── statements ────────────────────────────────────────────────────────────────────────────────*/

bool store_prepare(Store *store, const char *sql, sqlite3_stmt **out, Error *err)
{
    int code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

    return code == SQLITE_OK || store_fail(store, code, err);
}

bool store_statement(Store *store, StoreStatement which, sqlite3_stmt **out, Error *err)
{
    sqlite3_stmt **kept = &store->statements[which];

    if (!*kept && !store_prepare(store, statement_sql[which], kept, err))
        return false;
    *out = *kept;
    return true;
}

bool store_step(Store *store, sqlite3_stmt *statement, bool *row, Error *err)
{
    int code = sqlite3_step(statement);

    if (code == SQLITE_ROW) {
        *row = true;
        return true;
    }
    sqlite3_reset(statement);
    if (code != SQLITE_DONE)
        return store_fail(store, code, err);
    *row = false;
    return true;
}

bool store_run(Store *store, sqlite3_stmt *statement, Error *err)
{
    int code = sqlite3_step(statement);

    if (UNLIKELY(code != SQLITE_DONE && code != SQLITE_ROW)) {
        bool failed = store_fail(store, code, err);

        sqlite3_reset(statement);
        return failed;
    }
    sqlite3_reset(statement);
    return true;
}

static bool run_fixed(Store *store, StoreStatement which, Error *err)
{
    sqlite3_stmt *statement;

    return store_statement(store, which, &statement, err) && store_run(store, statement, err);
}

bool store_exec(Store *store, const char *sql, Error *err)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || store_fail(store, code, err);
}

void store_bind_text(sqlite3_stmt *statement, int place, Str text)
{
    sqlite3_bind_text64(statement, place, text.bytes ? text.data : "", text.bytes, SQLITE_STATIC,
                        SQLITE_UTF8);
}

Str store_column_str(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    if (!text)
        return STR_EMPTY;
    return (Str){(const char *)text, (uint32_t)sqlite3_column_bytes(statement, column)};
}

void store_add_name(StrBuf *sql, Str name)
{
    strbuf_add_char(sql, '"');
    for (uint32_t i = 0; i < name.bytes; i++) {
        if (name.data[i] == '"')
            strbuf_add_char(sql, '"');
        strbuf_add_char(sql, name.data[i]);
    }
    strbuf_add_char(sql, '"');
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

static bool pragma_int(Store *store, const char *pragma, int64_t *out, Error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    bool ok =
        store_prepare(store, pragma, &statement, err) && store_step(store, statement, &row, err);

    if (ok)
        *out = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return ok;
}

/* *empty: a new file, in which nothing stands yet. */
static bool check_format(Store *store, bool *empty, Error *err)
{
    int64_t application_id, format, page_count;

    if (!pragma_int(store, "PRAGMA application_id", &application_id, err) ||
        !pragma_int(store, "PRAGMA user_version", &format, err) ||
        !pragma_int(store, "PRAGMA page_count", &page_count, err))
        return false;
    *empty = application_id == 0 && format == 0 && page_count <= 1;
    if (*empty)
        return true;
    if (application_id != STORE_APPLICATION_ID)
        return error_set(err, ERROR_USER,
                         "store '%s': this is a SQLite database, but not one of weir's; it is left "
                         "as it is",
                         store->path);
    if (format > STORE_FORMAT)
        return error_set(err, ERROR_USER,
                         "store '%s': it was written by a newer weir (format %" PRId64
                         ", this one knows %d); use that one",
                         store->path, format, STORE_FORMAT);
    return true;
}

static bool create_schema(Store *store, Error *err)
{
    StrBuf sql = {0};
    bool ok;

    strbuf_printf(&sql,
                  "BEGIN IMMEDIATE; PRAGMA application_id = %d; PRAGMA user_version = %d;\n%s"
                  "COMMIT;",
                  STORE_APPLICATION_ID, STORE_FORMAT, schema_sql);
    ok = store_exec(store, strbuf_c(&sql), err);
    strbuf_done(&sql);
    return ok;
}

static bool set_pragmas(Store *store, Error *err)
{
    char sql[512];

    (void)snprintf(sql, sizeof sql,
                   "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = %d;"
                   "PRAGMA journal_size_limit = %d; PRAGMA cache_size = -%d;"
                   "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
                   WAL_PAGES, WAL_BYTES_KEPT, CACHE_KIB);
    return store_exec(store, sql, err);
}

/* The file's entry in its folder must be as durable as what the first commit puts into it. */
static bool sync_folder(Store *store, Error *err)
{
    const char *slash = strrchr(store->path, '/');
    char *folder = mem_strdup(slash ? store->path : ".");
    bool ok;

    if (slash)
        folder[MAX(slash - store->path, 1)] = '\0';
    ok = os_sync_dir(folder, err);
    free(folder);
    return ok;
}

static bool open_writer(Store *store, bool in_memory, Error *err)
{
    bool empty;

    if (!check_format(store, &empty, err) || !store_exec(store, "PRAGMA journal_mode = WAL", err) ||
        !set_pragmas(store, err))
        return false;
    if (empty && !create_schema(store, err))
        return false;
    if (empty && !in_memory && !sync_folder(store, err))
        return false;
    return empty || store_sweep_replacements(store, err);
}

static bool open_reader(Store *store, Error *err)
{
    bool empty;

    if (!check_format(store, &empty, err))
        return false;
    if (empty)
        return error_set(err, ERROR_USER, "store '%s': it is empty; nothing has run here yet",
                         store->path);
    return true;
}

bool store_open(const char *path, StoreMode mode, Store **out, Error *err)
{
    Store *store = mem_zalloc(sizeof *store);
    bool in_memory = strcmp(path, ":memory:") == 0;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code;

    ASSERT(!in_memory || mode == STORE_WRITER);
    store->path = mem_strdup(path);
    store->mode = mode;
    store->data_version = -1;
    store->txn.store = store;
    flags |=
        mode == STORE_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    if (mode == STORE_READER && os_is_missing(path)) {
        error_set(err, ERROR_USER, "store '%s': there is none; nothing has run here yet", path);
        goto fail;
    }
    code = sqlite3_open_v2(path, &store->db, flags, NULL);
    if (code != SQLITE_OK) {
        store_fail(store, code, err);
        goto fail;
    }
    sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    if (mode == STORE_WRITER ? !open_writer(store, in_memory, err) : !open_reader(store, err))
        goto fail;
    store->txn.failed = false;
    *out = store;
    return true;

fail:
    store_close(store);
    return false;
}

void store_close(Store *store)
{
    if (!store)
        return;
    if (store->txn.open)
        store_rollback(&store->txn);
    store_snapshot_end(store);
    store_writers_forget(store);
    VEC_DONE(&store->writers);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close_v2(store->db);
    free(store->path);
    free(store);
}

const char *store_path(const Store *store)
{
    return store->path;
}

bool store_has_changed(Store *store)
{
    Error err;
    sqlite3_stmt *statement;
    bool row = false;
    int64_t version = -1;

    /* A failure here is met again, and told, by the read that follows. */
    if (!store_statement(store, STATEMENT_DATA_VERSION, &statement, &err) ||
        !store_step(store, statement, &row, &err) || !row)
        return true;
    version = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (version == store->data_version)
        return false;
    store->data_version = version;
    return true;
}

bool store_limit_pages(Store *store, int64_t page_count, Error *err)
{
    char sql[64];

    (void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %" PRId64, page_count);
    return store_exec(store, sql, err);
}

/* ── transactions ──────────────────────────────────────────────────────────────────────────────*/

bool store_begin(Store *store, StoreTxn **out, Error *err)
{
    ASSERT(store->mode == STORE_WRITER && !store->txn.open);
    if (!run_fixed(store, STATEMENT_BEGIN_WRITE, err))
        return false;
    store->txn.open = true;
    store->txn.failed = false;
    *out = &store->txn;
    return true;
}

bool store_commit(StoreTxn *txn, Error *err)
{
    Store *store = txn->store;

    ASSERT(txn->open);
    if (txn->failed) {
        store_rollback(txn);
        return error_set(err, ERROR_JOB,
                         "store '%s': a transaction that failed cannot be committed", store->path);
    }
    if (!store_writers_settle(txn, err) || !run_fixed(store, STATEMENT_COMMIT, err)) {
        store_rollback(txn);
        return false;
    }
    txn->open = false;
    return true;
}

void store_rollback(StoreTxn *txn)
{
    Error err;

    if (!txn || !txn->open)
        return;
    /* Tables made in this transaction are gone, and so must be what was prepared for them. */
    store_writers_forget(txn->store);
    /* After a full disk SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(txn->store->db))
        (void)run_fixed(txn->store, STATEMENT_ROLLBACK, &err);
    txn->open = false;
    txn->failed = false;
}

Store *store_of(StoreTxn *txn)
{
    return txn->store;
}

bool store_snapshot_begin(Store *store, Error *err)
{
    if (store->mode == STORE_WRITER)
        return true;
    ASSERT(!store->in_snapshot);
    if (!run_fixed(store, STATEMENT_BEGIN_READ, err))
        return false;
    store->in_snapshot = true;
    if (!run_fixed(store, STATEMENT_FIX_SNAPSHOT, err)) { /* BEGIN alone reads nothing yet. */
        store_snapshot_end(store);
        return false;
    }
    return true;
}

void store_snapshot_end(Store *store)
{
    Error err;

    if (!store->in_snapshot)
        return;
    store->in_snapshot = false;
    (void)run_fixed(store, STATEMENT_COMMIT, &err);
}
