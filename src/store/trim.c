/*
 * trim.c: tables that would grow for ever are kept short at their old end. In a table without a key SQLite's
 * rowid is the order of insertion, so what is to go is all below one rowid.
 */
#include "base/assert.h"
#include "column/format_value.h"
#include "store/store_impl.h"

/* What a row takes, as SQL: see STORE_TRIM_ROW_BYTES. */
static void add_size_sql(StrBuf *sql, const StoreTable *table)
{
    strbuf_printf(sql, "%d", STORE_TRIM_ROW_BYTES);
    for (uint32_t i = 0; i < table->schema.column_count; i++) {
        TypeKind kind = table->schema.columns[i].type->kind;

        if (kind != TYPE_STRING && kind != TYPE_BINARY)
            continue;
        strbuf_add_c(sql, " + ifnull(length(CAST(");
        store_add_name(sql, table->schema.columns[i].name);
        strbuf_add_c(sql, " AS BLOB)), 0)");
    }
}

static bool delete_below(StoreTxn *txn, const StoreTable *table, int64_t rowid, int64_t *dropped,
                         Error *err)
{
    sqlite3_stmt *statement = NULL;
    StrBuf sql = {0};
    bool ok;

    strbuf_add_c(&sql, "DELETE FROM ");
    store_add_name(&sql, table->name);
    strbuf_add_c(&sql, " WHERE rowid < ?1");
    ok = store_prepare(txn->store, strbuf_c(&sql), &statement, err);
    if (ok) {
        (void)sqlite3_bind_int64(statement, 1, rowid);
        ok = store_run(txn->store, statement, err);
    }
    if (ok)
        *dropped = sqlite3_changes64(txn->store->db);
    sqlite3_finalize(statement);
    strbuf_done(&sql);
    return ok && (*dropped == 0 || store_table_bump(txn, table->name, err));
}

/* The table whose rows are to go, in `arena`; NULL: *err says why. */
static const StoreTable *table_to_trim(StoreTxn *txn, Str name, Arena *arena, Error *err)
{
    const StoreTable *table;

    ASSERT(txn->open);
    table = store_table_need(txn->store, arena, name, err);
    ASSERT(!table || table->key_count == 0);
    return table;
}

/* From the newest row back: the last one for which there is room. */
static bool find_first_kept(Store *store, const StoreTable *table, int64_t bytes_max,
                            int64_t *first_kept, int64_t *kept_bytes, Error *err)
{
    sqlite3_stmt *statement = NULL;
    StrBuf sql = {0};
    bool row = true;
    bool ok;

    *first_kept = INT64_MAX;
    *kept_bytes = 0;
    strbuf_add_c(&sql, "SELECT rowid, ");
    add_size_sql(&sql, table);
    strbuf_add_c(&sql, " FROM ");
    store_add_name(&sql, table->name);
    strbuf_add_c(&sql, " ORDER BY rowid DESC");
    ok = store_prepare(store, strbuf_c(&sql), &statement, err);
    while (ok && (ok = store_step(store, statement, &row, err)) && row) {
        int64_t bytes = sqlite3_column_int64(statement, 1);

        if (*kept_bytes + bytes > bytes_max)
            break;
        *kept_bytes += bytes;
        *first_kept = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    strbuf_done(&sql);
    return ok;
}

bool store_trim_bytes(StoreTxn *txn, Str name, int64_t bytes_max, int64_t *kept_bytes,
                      int64_t *dropped, Error *err)
{
    const StoreTable *table;
    int64_t first_kept;
    Arena arena;
    bool ok;

    arena_init(&arena);
    table = table_to_trim(txn, name, &arena, err);
    ok = table &&
         find_first_kept(txn->store, table, bytes_max, &first_kept, kept_bytes, err) &&
         delete_below(txn, table, first_kept, dropped, err);
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

/* The first row that is not older; INT64_MAX: all are. */
static bool find_first_since(Store *store, const StoreTable *table, Str column, int64_t since_us,
                             int64_t *out, Error *err)
{
    sqlite3_stmt *statement = NULL;
    StrBuf sql = {0}, since = {0};
    bool row = false;
    bool ok;

    strbuf_add_c(&sql, "SELECT rowid FROM ");
    store_add_name(&sql, table->name);
    strbuf_add_c(&sql, " WHERE ");
    store_add_name(&sql, column);
    strbuf_add_c(&sql, " >= ?1 ORDER BY rowid LIMIT 1");
    timestamp_to_iso(&since, since_us, 6);
    strbuf_add_char(&since, 'Z');
    ok = store_prepare(store, strbuf_c(&sql), &statement, err);
    if (ok) {
        store_bind_text(statement, 1, strbuf_str(&since));
        ok = store_step(store, statement, &row, err);
    }
    if (ok)
        *out = row ? sqlite3_column_int64(statement, 0) : INT64_MAX;
    sqlite3_finalize(statement);
    strbuf_done(&since);
    strbuf_done(&sql);
    return ok;
}

bool store_trim_time(StoreTxn *txn, Str name, Str column, int64_t since_us, int64_t *dropped,
                     Error *err)
{
    const StoreTable *table;
    int64_t first_kept;
    Arena arena;
    bool ok;

    arena_init(&arena);
    table = table_to_trim(txn, name, &arena, err);
    ok = table &&
         find_first_since(txn->store, table, column, since_us, &first_kept, err) &&
         delete_below(txn, table, first_kept, dropped, err);
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}
