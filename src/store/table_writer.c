/*
 * table_writer.c: rows into tables.
 *
 * One TableWriter a table, kept from transaction to transaction until the table's shape changes:
 * the prepared statements and how each column is bound.
 *
 * Upserts are sorted by the key first. What an upsert costs is the page it dirties: 100 000 random
 * keys of a table of a million rows touch each page once when sorted, and many times, in and out of
 * the cache, when not (bench/bench_store.c). Of rows with one key the last alone is written, so
 * the statement is SQLite's plain REPLACE: there are no other indexes and no triggers it could
 * upset.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "column/key.h"
#include "store/cell.h"
#include "store/store_impl.h"

typedef enum WriteKind { WRITE_UPSERT, WRITE_INSERT, WRITE_DELETE, WRITE_KIND_COUNT } WriteKind;

struct TableWriter {
    const StoreTable *table;
    sqlite3_stmt *statements[WRITE_KIND_COUNT];
    CellBinder *rows; /* One a column. */
    CellBinder *keys; /* One a key column, for deletes. */
    bool changed;     /* In this transaction. */
    Arena arena;      /* The table's description. */
    Arena scratch;    /* Of one batch. */
};

void table_writer_free(TableWriter *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; i < WRITE_KIND_COUNT; i++)
        sqlite3_finalize(writer->statements[i]);
    for (uint32_t i = 0; writer->rows && i < writer->table->schema.column_count; i++)
        cell_binder_done(&writer->rows[i]);
    for (uint32_t i = 0; writer->keys && i < writer->table->key_count; i++)
        cell_binder_done(&writer->keys[i]);
    arena_done(&writer->arena);
    arena_done(&writer->scratch);
    free(writer);
}

void store_writers_forget(Store *store)
{
    for (size_t i = 0; i < store->writers.count; i++)
        table_writer_free(store->writers.items[i]);
    store->writers.count = 0;
}

bool store_writers_settle(StoreTxn *txn, Error *err)
{
    for (size_t i = 0; i < txn->store->writers.count; i++) {
        TableWriter *writer = txn->store->writers.items[i];

        if (writer->changed && !store_table_bump(txn, writer->table->name, err))
            return false;
        writer->changed = false;
    }
    return true;
}

static bool writer_create(Store *store, Str name, TableWriter **out, Error *err)
{
    TableWriter *writer = mem_zalloc(sizeof *writer);
    const Schema *schema;
    int place = 1;

    arena_init(&writer->arena);
    arena_init(&writer->scratch);
    writer->table = store_table_need(store, &writer->arena, name, err);
    if (!writer->table)
        goto fail;
    schema = &writer->table->schema;
    writer->rows = ARENA_ARRAY(&writer->arena, CellBinder, schema->column_count);
    memset(writer->rows, 0, schema->column_count * sizeof *writer->rows);
    writer->keys = ARENA_ARRAY(&writer->arena, CellBinder, writer->table->key_count);
    memset(writer->keys, 0, writer->table->key_count * sizeof *writer->keys);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        bool has_order = store_order_column(&writer->arena, writer->table, i).data != NULL;

        if (!cell_binder_init(&writer->rows[i], schema->columns[i].type, place,
                              has_order ? place + 1 : 0, err))
            goto fail;
        place += has_order ? 2 : 1;
    }
    for (uint32_t i = 0; i < writer->table->key_count; i++) {
        uint32_t column_i = writer->table->key_columns[i];
        bool has_order = store_order_column(&writer->arena, writer->table, column_i).data != NULL;

        place = (int)i + 1;
        if (!cell_binder_init(&writer->keys[i], schema->columns[column_i].type,
                              has_order ? 0 : place, has_order ? place : 0, err))
            goto fail;
    }
    *out = writer;
    return true;

fail:
    table_writer_free(writer);
    return false;
}

static bool writer_find(Store *store, Str name, TableWriter **out, Error *err)
{
    TableWriter *writer;

    for (size_t i = 0; i < store->writers.count; i++) {
        if (str_equal_nocase(store->writers.items[i]->table->name, name)) {
            *out = store->writers.items[i];
            return true;
        }
    }
    if (!writer_create(store, name, &writer, err))
        return false;
    VEC_ADD(&store->writers, writer);
    *out = writer;
    return true;
}

/* ── statements ────────────────────────────────────────────────────────────────────────────────*/

static void add_insert_sql(StrBuf *sql, TableWriter *writer, const char *verb)
{
    const StoreTable *table = writer->table;
    int place_count = 0;

    strbuf_add_c(sql, verb);
    strbuf_add_c(sql, " INTO ");
    store_add_name(sql, table->name);
    for (uint32_t i = 0; i < table->schema.column_count; i++) {
        Str order = store_order_column(&writer->scratch, table, i);

        strbuf_add_char(sql, i ? ',' : '(');
        store_add_name(sql, table->schema.columns[i].name);
        place_count++;
        if (order.data) {
            strbuf_add_char(sql, ',');
            store_add_name(sql, order);
            place_count++;
        }
    }
    strbuf_add_c(sql, ") VALUES(");
    for (int i = 0; i < place_count; i++)
        strbuf_add_c(sql, i ? ",?" : "?");
    strbuf_add_char(sql, ')');
}

/* A DECIMAL by its companion, which is what the primary key has. */
static void add_delete_sql(StrBuf *sql, TableWriter *writer)
{
    const StoreTable *table = writer->table;

    strbuf_add_c(sql, "DELETE FROM ");
    store_add_name(sql, table->name);
    for (uint32_t i = 0; i < table->key_count; i++) {
        uint32_t column_i = table->key_columns[i];
        Str order = store_order_column(&writer->scratch, table, column_i);

        strbuf_add_c(sql, i ? " AND " : " WHERE ");
        store_add_name(sql, order.data ? order : table->schema.columns[column_i].name);
        strbuf_printf(sql, " = ?%u", i + 1);
    }
}

static bool writer_statement(Store *store, TableWriter *writer, WriteKind kind, sqlite3_stmt **out,
                             Error *err)
{
    StrBuf sql = {0};

    if (!writer->statements[kind]) {
        if (kind == WRITE_DELETE)
            add_delete_sql(&sql, writer);
        else
            add_insert_sql(&sql, writer, kind == WRITE_UPSERT ? "REPLACE" : "INSERT");
        if (!store_prepare(store, strbuf_c(&sql), &writer->statements[kind], err)) {
            strbuf_done(&sql);
            return false;
        }
        strbuf_done(&sql);
    }
    *out = writer->statements[kind];
    return true;
}

/* ── the order of writing ──────────────────────────────────────────────────────────────────────*/

typedef struct SortItem {
    uint64_t prefix; /* The key, or its first bytes: most comparisons end here. */
    Str key;
    uint32_t row_i;
} SortItem;

static int compare_items(const void *a_void, const void *b_void)
{
    const SortItem *a = a_void;
    const SortItem *b = b_void;
    int order;

    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    order = str_compare(a->key, b->key);
    return order ? order : (a->row_i > b->row_i) - (a->row_i < b->row_i);
}

static bool same_key(const SortItem *a, const SortItem *b)
{
    return a->prefix == b->prefix && str_equal(a->key, b->key);
}

static uint64_t key_prefix(Str key)
{
    unsigned char first[8] = {0};
    uint64_t prefix = 0;

    memcpy(first, key.data, MIN(key.bytes, 8u));
    for (int i = 0; i < 8; i++)
        prefix = prefix << 8 | first[i];
    return prefix;
}

static bool is_sorted(const SortItem *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (compare_items(&items[i - 1], &items[i]) > 0)
            return false;
    }
    return true;
}

/* Rows in the key's order; of equal keys the last row only. */
static uint32_t sort_rows(Arena *arena, const Vector *const *keys, uint32_t key_count,
                          uint32_t row_count, const uint32_t **out)
{
    SortItem *items = ARENA_ARRAY(arena, SortItem, row_count);
    Str *encoded = ARENA_ARRAY(arena, Str, row_count);
    SortKey *ascending = arena_zalloc(arena, key_count * sizeof *ascending);
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, row_count);
    uint32_t count = 0;

    key_encode_order(arena, keys, ascending, key_count, row_count, encoded);
    for (uint32_t i = 0; i < row_count; i++)
        items[i] = (SortItem){key_prefix(encoded[i]), encoded[i], i};
    if (!is_sorted(items, row_count))
        qsort(items, row_count, sizeof *items, compare_items);
    for (uint32_t i = 0; i < row_count; i++) {
        if (i + 1 == row_count || !same_key(&items[i], &items[i + 1]))
            rows[count++] = items[i].row_i;
    }
    *out = rows;
    return count;
}

static bool check_keys(const StoreTable *table, const Vector *const *keys, Error *err)
{
    for (uint32_t i = 0; i < table->key_count; i++) {
        if (vector_null_count(keys[i]))
            return error_set_class(err, ERROR_DATA, "NOT_NULL_ASSERT_VIOLATION", "42000",
                                   "table '%.*s': NULL in column '%.*s' of the primary key",
                                   STR_ARG(table->name),
                                   STR_ARG(table->schema.columns[table->key_columns[i]].name));
    }
    return true;
}

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

static bool write_error(Store *store, TableWriter *writer, int code, Error *err)
{
    if ((code & 0xFF) != SQLITE_CONSTRAINT)
        return store_fail(store, code, err);
    store->txn.failed = true;
    return error_set_class(err, ERROR_DATA, "DUPLICATE_KEY", "23505",
                           "table '%.*s': a row with this primary key is there already",
                           STR_ARG(writer->table->name));
}

/* `rows` NULL: all rows in their order. */
static bool write_rows(Store *store, TableWriter *writer, WriteKind kind, const Batch *batch,
                       const uint32_t *rows, uint32_t row_count, Error *err)
{
    CellBinder *binders = kind == WRITE_DELETE ? writer->keys : writer->rows;
    sqlite3_stmt *statement;

    if (!writer_statement(store, writer, kind, &statement, err))
        return false;
    for (uint32_t i = 0; i < batch->column_count; i++)
        cell_binder_use(&binders[i], batch->columns[i]);
    for (uint32_t i = 0; i < row_count; i++) {
        uint32_t row_i = rows ? rows[i] : i;
        int code;

        for (uint32_t column_i = 0; column_i < batch->column_count; column_i++)
            cell_bind(&binders[column_i], statement, row_i);
        code = sqlite3_step(statement);
        if (UNLIKELY(code != SQLITE_DONE)) {
            bool failed = write_error(store, writer, code, err);

            sqlite3_reset(statement);
            return failed;
        }
        sqlite3_reset(statement);
    }
    sqlite3_clear_bindings(statement); /* They point into the batch. */
    return true;
}

static bool writer_write(StoreTxn *txn, Str name, WriteKind kind, const Batch *batch, Error *err)
{
    Store *store = txn->store;
    TableWriter *writer;
    const StoreTable *table;
    const Vector **keys;
    const uint32_t *rows = NULL;
    uint32_t row_count = batch->row_count;

    ASSERT(txn->open);
    if (!writer_find(store, name, &writer, err))
        return store_txn_fail(txn);
    table = writer->table;
    arena_reset(&writer->scratch);
    ASSERT(batch->column_count ==
           (kind == WRITE_DELETE ? table->key_count : table->schema.column_count));
    ASSERT(kind == WRITE_INSERT || table->key_count > 0);
    if (row_count == 0)
        return true;
    if (table->key_count) {
        keys = ARENA_ARRAY(&writer->scratch, const Vector *, table->key_count);
        for (uint32_t i = 0; i < table->key_count; i++)
            keys[i] = batch->columns[kind == WRITE_DELETE ? i : table->key_columns[i]];
        if (kind != WRITE_DELETE && !check_keys(table, keys, err))
            return store_txn_fail(txn);
        if (kind == WRITE_UPSERT)
            row_count = sort_rows(&writer->scratch, keys, table->key_count, row_count, &rows);
    }
    writer->changed = true;
    return write_rows(store, writer, kind, batch, rows, row_count, err) || store_txn_fail(txn);
}

bool store_upsert(StoreTxn *txn, Str table, const Batch *batch, Error *err)
{
    return writer_write(txn, table, WRITE_UPSERT, batch, err);
}

bool store_insert(StoreTxn *txn, Str table, const Batch *batch, Error *err)
{
    return writer_write(txn, table, WRITE_INSERT, batch, err);
}

bool store_delete(StoreTxn *txn, Str table, const Batch *keys, Error *err)
{
    return writer_write(txn, table, WRITE_DELETE, keys, err);
}
