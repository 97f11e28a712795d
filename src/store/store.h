/*
 * store.h: the embedded tables: one SQLite database, DIR/store.db, that a user may open with
 * `sqlite3` at any time.
 *
 * It holds the tables of the pipeline (USING cassandra, USING postgres, dead letters, late rows)
 * and, in the same transactions, all that makes an epoch whole: which checkpoint belongs to it, how
 * far the sources were read, where the topics end, watermarks and counters (store/meta.h). The
 * epoch's commit is SQLite's commit.
 *
 *     weir_table(name, columns, primary_key, provider, properties, created)   Spark's types
 *     weir_meta(kind, name, part, value)                                      what an epoch names
 *     <table>(its columns)                                                    the rows
 *
 * How a value stands in SQLite (cell.h has the code):
 *     BOOLEAN 0/1 · TINYINT..BIGINT INTEGER · FLOAT DOUBLE REAL, but 'NaN', 'Infinity', '-Infinity'
 *     as TEXT · DECIMAL TEXT in its full scale · STRING TEXT · BINARY BLOB · DATE '2026-01-31' ·
 *     TIMESTAMP '2026-01-31T12:00:00.000000Z' in UTC · TIMESTAMP_NTZ the same without Z · intervals
 *     as Spark prints them, without the word INTERVAL · ARRAY MAP STRUCT as JSON.
 *     A DECIMAL column of a primary key has a companion, `<column>__order`, whose order in SQLite
 * is the numbers' (INTEGER: the unscaled value; above 18 digits TEXT), and which stands in the key.
 *
 * Invariants
 *  1. One writer, any number of readers, in any number of processes. Readers never wait for the
 *     writer nor the writer for them (WAL), and see whole transactions only.
 *  2. A commit that returned true is durable (synchronous=FULL).
 *  3. A transaction in which any call failed can only be rolled back: store_commit refuses it.
 *  4. Whatever fails, full disk included, the database stays as the last commit left it.
 *
 * Room for `--as-of`: every change of a row goes through table_writer.c, which can put the row it
 * replaces into `weir_history_<table>` with the epochs from and to which it stood; StoreScanSpec
 * then gets the epoch to read as of.
 *
 * Thread: a Store and all that came from it belong to one thread at a time; every reader opens its
 * own. `:memory:` is for one thread, which reads through the writer.
 */
#ifndef WEIR_STORE_STORE_H
#define WEIR_STORE_STORE_H

#include "column/batch.h"

typedef struct Store Store;
typedef struct StoreTxn StoreTxn;
typedef struct StoreScan StoreScan;

typedef enum StoreMode {
    STORE_READER, /* The file must exist. */
    STORE_WRITER, /* Created when missing. Also reads, its own uncommitted rows included. */
} StoreMode;

/* `path` is the file, or ":memory:" (writer only). */
bool store_open(const char *path, StoreMode mode, Store **out, Error *err);
void store_close(Store *store); /* NULL is fine. An open transaction is rolled back. */
const char *store_path(const Store *store);
/* Whether another connection, in any process, has committed since the last call (true at the first
 * one). Costs about a microsecond: for who polls. */
bool store_has_changed(Store *store);

/* The file may not grow beyond this many pages of 4 KiB: a write that would is met as a full disk.
 */
bool store_limit_pages(Store *store, int64_t page_count, Error *err);

/* ── transactions: the writer alone, one at a time ─────────────────────────────────────────────*/

bool store_begin(Store *store, StoreTxn **out, Error *err);
/* Both end the transaction, and *txn is gone; a commit that fails has been rolled back. */
bool store_commit(StoreTxn *txn, Error *err);
void store_rollback(StoreTxn *txn); /* NULL is fine. */
Store *store_of(StoreTxn *txn);     /* For reading inside it. */

/* Readers: all scans and meta reads between the two see the same commit. May not nest. Without them
 * every scan sees the commit that was there when it was opened. On the writer: nothing happens. */
bool store_snapshot_begin(Store *store, Error *err);
void store_snapshot_end(Store *store);

/* ── the catalog ───────────────────────────────────────────────────────────────────────────────*/

typedef struct StoreProperty {
    Str name;
    Str value;
} StoreProperty;

typedef struct StoreTable {
    Str name; /* Not beginning with weir_ or sqlite_; any case. */
    Schema schema;
    const uint32_t *key_columns; /* The primary key; key_count 0: none, rows are appended. */
    uint32_t key_count;
    Str provider; /* As after USING: cassandra, postgres; dead_letter, late. */
    const StoreProperty *properties;
    uint32_t property_count;
    int64_t created_us; /* Filled in by the store. */
} StoreTable;

/* Creates it; if there is one of that name already, it must have the same columns, types and
 * primary key: else ERROR_USER, saying how they differ (nullability, provider and properties are
 * brought up to date silently). */
bool store_table_create(StoreTxn *txn, const StoreTable *table, Error *err);
bool store_table_drop(StoreTxn *txn, Str name, Error *err); /* A missing one is no error. */
bool store_table_truncate(StoreTxn *txn, Str name, Error *err);
/* *out and all in it in `arena`; NULL if there is none. */
bool store_table_find(Store *store, Arena *arena, Str name, const StoreTable **out, Error *err);
/* By name. */
bool store_table_list(Store *store, Arena *arena, const StoreTable *const **out, uint32_t *count,
                      Error *err);
/* Grows with every transaction that changed the table's rows; 0: never. Who keeps a copy of a table
 * looks here whether it is still good. */
bool store_table_version(Store *store, Str name, int64_t *out, Error *err);
bool store_row_count(Store *store, Str name, int64_t *out, Error *err); /* Walks the table. */

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

/* Batches have the table's columns, in its order and of its types. The rows are written in the
 * order of the primary key, whatever their order in the batch (dirty pages, not rows, are what
 * costs: one big batch beats many small ones). */

/* By primary key: of several rows with one key the last wins. A NULL in the key is ERROR_DATA. */
bool store_upsert(StoreTxn *txn, Str table, const Batch *batch, Error *err);
/* A table without a key: in the batch's order. With one: a key that is there already is an error,
 * DUPLICATE_KEY. */
bool store_insert(StoreTxn *txn, Str table, const Batch *batch, Error *err);
/* `keys` has the key columns alone, in the key's order; absent keys are no error. */
bool store_delete(StoreTxn *txn, Str table, const Batch *keys, Error *err);

/* A table without a key loses its oldest rows, as far as those behind them leave no room for them in
 * `bytes_max`: bytes of its STRING and BINARY columns, and STORE_TRIM_ROW_BYTES more a row. Reads what it
 * keeps: not for every commit. *kept_bytes: what is left; *dropped: how many rows went. */
bool store_trim_bytes(StoreTxn *txn, Str table, int64_t bytes_max, int64_t *kept_bytes,
                      int64_t *dropped, Error *err);
/* A table without a key loses the rows before the first one whose TIMESTAMP `column` (of the years 0 to
 * 9999) is not before `since_us`. */
bool store_trim_time(StoreTxn *txn, Str table, Str column, int64_t since_us, int64_t *dropped,
                     Error *err);
enum { STORE_TRIM_ROW_BYTES = 64 };

/* A new content for a table, built beside the old one, in one transaction or over several, and then
 * put in its place at once: a materialized view's refresh. The new table may have another shape, or
 * be the first of its name. What a crash left half built is removed when a writer opens the store.
 */
bool store_replace_begin(StoreTxn *txn, const StoreTable *table, Error *err);
bool store_replace_insert(StoreTxn *txn, Str table, const Batch *batch,
                          Error *err); /* As upsert/insert. */
bool store_replace_finish(StoreTxn *txn, Str table, Error *err);
bool store_replace_abort(StoreTxn *txn, Str table, Error *err);

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

typedef enum StoreCompare {
    STORE_EQ,
    STORE_LT,
    STORE_LE,
    STORE_GT,
    STORE_GE,
    STORE_IS_NULL,
    STORE_IS_NOT_NULL,
} StoreCompare;

typedef struct StoreFilter {
    uint32_t column_i; /* Of the table. */
    StoreCompare op;
    const Vector *value; /* Row 0; of the column's type, not NULL. Not for IS [NOT] NULL. */
} StoreFilter;

/* Values of some columns of a table, each row one; none of them NULL. */
typedef struct StoreKeys {
    const uint32_t *columns; /* Of the table. */
    uint32_t column_count;
    const Batch *rows; /* A column for each, of its type. */
} StoreKeys;

typedef struct StoreScanSpec {
    Str table;
    const uint32_t *columns; /* Of the table, in the output's order; NULL: all of them. */
    uint32_t column_count;
    const StoreFilter *filters; /* All must hold. */
    uint32_t filter_count;
    /* Outside tables: rows whose columns equal none of these may be left out. NULL: no such thing. */
    const StoreKeys *keys;
    /* The table's columns as the caller holds them, if it does: the rows then point to these types,
     * which live as long as the caller keeps them, and copies of rows may too. NULL: each batch has
     * types of its own, in its arena. */
    const Schema *schema;
} StoreScanSpec;

/* Rows come in the order of the primary key, else of insertion. Filters that SQLite can decide are
 * decided there (equality on a whole key, or its first columns, is a look-up); others are ignored,
 * so rows that do not satisfy them may come: the caller filters again. No row that does is left
 * out. */
bool store_scan_open(Store *store, const StoreScanSpec *spec, StoreScan **out, Error *err);
/* The next up to `row_max` rows, in `arena`; *out is NULL at the end. */
bool store_scan_next(StoreScan *scan, Arena *arena, uint32_t row_max, Batch **out, Error *err);
void store_scan_close(StoreScan *scan); /* NULL is fine. */

#endif
