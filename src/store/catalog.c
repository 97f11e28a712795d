/*
 * catalog.c: which tables there are, and Spark's types of their columns.
 *
 * weir_table is the truth about types; the SQLite table below it only holds cells. Both are written
 * in one transaction. A key of one integer column is SQLite's rowid (an append is then a plain
 * append); any other key makes a WITHOUT ROWID table, clustered by the key.
 *
 * Columns with FLOAT and DOUBLE are declared without a type: in one declared REAL, SQLite would
 * store -0.0 as 0.
 */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/assert.h"
#include "column/format_value.h"
#include "os/os.h"
#include "store/store_impl.h"

enum {
    COLUMN_COUNT_MAX = 1000, /* SQLite's is 2000, and keys may need companions. */
    NAME_BYTES_MAX = 255,
};

/* ── Spark's types as JSON ─────────────────────────────────────────────────────────────────────*/

static void add_columns_json(StrBuf *out, const Schema *schema)
{
    StrBuf type = {0};

    strbuf_add_char(out, '[');
    for (uint32_t i = 0; i < schema->column_count; i++) {
        const Field *column = &schema->columns[i];

        strbuf_add_c(out, i ? ",{\"name\":" : "{\"name\":");
        strbuf_add_json_string(out, column->name);
        strbuf_clear(&type);
        type_name_sql(&type, column->type); /* Quotes the names of fields where they need it. */
        strbuf_add_c(out, ",\"type\":");
        strbuf_add_json_string(out, strbuf_str(&type));
        strbuf_printf(out, ",\"nullable\":%s}", column->nullable ? "true" : "false");
    }
    strbuf_add_char(out, ']');
    strbuf_done(&type);
}

static void add_key_json(StrBuf *out, const StoreTable *table)
{
    strbuf_add_char(out, '[');
    for (uint32_t i = 0; i < table->key_count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        strbuf_add_json_string(out, table->schema.columns[table->key_columns[i]].name);
    }
    strbuf_add_char(out, ']');
}

static void add_properties_json(StrBuf *out, const StoreTable *table)
{
    strbuf_add_char(out, '{');
    for (uint32_t i = 0; i < table->property_count; i++) {
        if (i)
            strbuf_add_char(out, ',');
        strbuf_add_json_string(out, table->properties[i].name);
        strbuf_add_char(out, ':');
        strbuf_add_json_string(out, table->properties[i].value);
    }
    strbuf_add_char(out, '}');
}

static bool damaged(Store *store, Str name, const char *what, Error *err)
{
    return error_set(err, ERROR_USER, "store '%s': weir_table: the %s of '%.*s' cannot be read",
                     store->path, what, STR_ARG(name));
}

/* An array of cJSON as a count; NULL or no array is 0. */
static uint32_t json_count(const cJSON *array)
{
    int count = cJSON_GetArraySize(array);

    return count > 0 ? (uint32_t)count : 0;
}

static bool read_columns(Store *store, Arena *arena, Str text, StoreTable *table, Error *err)
{
    cJSON *json = cJSON_ParseWithLength(text.data, text.bytes);
    uint32_t count = json_count(json);
    Field *fields = ARENA_ARRAY(arena, Field, count);
    bool ok = cJSON_IsArray(json);
    uint32_t i = 0;

    for (const cJSON *item = json ? json->child : NULL; ok && item; item = item->next) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name"));
        const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "type"));

        ok = name && type && type_parse(arena, str_of(type), &fields[i].type, err);
        if (!ok)
            break;
        fields[i].name = str_of(arena_strdup(arena, name));
        fields[i].nullable = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(item, "nullable"));
        i++;
    }
    cJSON_Delete(json);
    table->schema = (Schema){count, fields};
    return ok || damaged(store, table->name, "columns", err);
}

static bool read_key(Store *store, Arena *arena, Str text, StoreTable *table, Error *err)
{
    cJSON *json = cJSON_ParseWithLength(text.data, text.bytes);
    uint32_t count = json_count(json);
    uint32_t *columns = ARENA_ARRAY(arena, uint32_t, count);
    bool ok = cJSON_IsArray(json);
    uint32_t i = 0;

    for (const cJSON *item = json ? json->child : NULL; ok && item; item = item->next) {
        const char *name = cJSON_GetStringValue(item);
        int column_i = name ? schema_find(&table->schema, str_of(name)) : -1;

        ok = column_i >= 0;
        if (ok)
            columns[i++] = (uint32_t)column_i;
    }
    cJSON_Delete(json);
    table->key_columns = columns;
    table->key_count = i;
    return ok || damaged(store, table->name, "primary key", err);
}

static bool read_properties(Store *store, Arena *arena, Str text, StoreTable *table, Error *err)
{
    cJSON *json = cJSON_ParseWithLength(text.data, text.bytes);
    uint32_t count = json_count(json);
    StoreProperty *properties = ARENA_ARRAY(arena, StoreProperty, count);
    bool ok = cJSON_IsObject(json);
    uint32_t i = 0;

    for (const cJSON *item = json ? json->child : NULL; ok && item; item = item->next) {
        const char *value = cJSON_GetStringValue(item);

        properties[i].name = str_of(arena_strdup(arena, item->string));
        properties[i++].value = str_of(arena_strdup(arena, value ? value : ""));
    }
    cJSON_Delete(json);
    table->properties = properties;
    table->property_count = count;
    return ok || damaged(store, table->name, "properties", err);
}

/* Of a row of STATEMENT_TABLE_FIND or _LIST. */
static bool read_table(Store *store, Arena *arena, sqlite3_stmt *statement, const StoreTable **out,
                       Error *err)
{
    StoreTable *table = ARENA_NEW(arena, StoreTable);

    table->name = str_copy(arena, store_column_str(statement, 0));
    table->provider = str_copy(arena, store_column_str(statement, 3));
    if (!read_columns(store, arena, store_column_str(statement, 1), table, err) ||
        !read_key(store, arena, store_column_str(statement, 2), table, err) ||
        !read_properties(store, arena, store_column_str(statement, 4), table, err))
        return false;
    if (!text_to_timestamp(store_column_str(statement, 5), zone_utc(), &table->created_us))
        return damaged(store, table->name, "time of creation", err);
    *out = table;
    return true;
}

bool store_catalog_find(Store *store, Arena *arena, Str name, const StoreTable **out, Error *err)
{
    sqlite3_stmt *statement;
    bool row = false;
    bool ok;

    if (!store_statement(store, STATEMENT_TABLE_FIND, &statement, err))
        return false;
    store_bind_text(statement, 1, name);
    if (!store_step(store, statement, &row, err))
        return false;
    if (!row) {
        *out = NULL;
        return true;
    }
    ok = read_table(store, arena, statement, out, err);
    sqlite3_reset(statement);
    return ok;
}

bool store_table_find(Store *store, Arena *arena, Str name, const StoreTable **out, Error *err)
{
    return store_catalog_find(store, arena, name, out, err);
}

const StoreTable *store_table_need(Store *store, Arena *arena, Str name, Error *err)
{
    const StoreTable *table;

    if (!store_catalog_find(store, arena, name, &table, err))
        return NULL;
    if (!table)
        (void)error_set_class(err, ERROR_USER, "TABLE_OR_VIEW_NOT_FOUND", "42P01",
                              "store '%s': there is no table '%.*s'", store->path, STR_ARG(name));
    return table;
}

bool store_table_list(Store *store, Arena *arena, const StoreTable *const **out, uint32_t *count,
                      Error *err)
{
    VEC(const StoreTable *) all = {0};
    sqlite3_stmt *statement;
    const StoreTable *table;
    bool row = false;

    if (!store_statement(store, STATEMENT_TABLE_LIST, &statement, err))
        return false;
    for (;;) {
        if (!store_step(store, statement, &row, err))
            return false;
        if (!row)
            break;
        if (!read_table(store, arena, statement, &table, err)) {
            sqlite3_reset(statement);
            return false;
        }
        VEC_ADD_IN(arena, &all, table);
    }
    *out = all.items;
    *count = (uint32_t)all.count;
    return true;
}

/* ── the table in SQLite ───────────────────────────────────────────────────────────────────────*/

static bool is_rowid_key(const StoreTable *table)
{
    return table->key_count == 1 &&
           type_is_integral(table->schema.columns[table->key_columns[0]].type);
}

static bool column_in_key(const StoreTable *table, uint32_t column_i)
{
    for (uint32_t i = 0; i < table->key_count; i++) {
        if (table->key_columns[i] == column_i)
            return true;
    }
    return false;
}

Str store_order_column(Arena *arena, const StoreTable *table, uint32_t column_i)
{
    const Field *column = &table->schema.columns[column_i];
    const char *name;

    if (column->type->kind != TYPE_DECIMAL || !column_in_key(table, column_i))
        return (Str){0};
    name = arena_printf(arena, "%.*s__order", STR_ARG(column->name));
    while (schema_find(&table->schema, str_of(name)) >= 0)
        name = arena_printf(arena, "%s_", name);
    return str_of(name);
}

static const char *sqlite_type(const Type *type)
{
    switch (type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return " INTEGER";
    case TYPE_VOID:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return "";
    case TYPE_BINARY:
        return " BLOB";
    case TYPE_DECIMAL:
    case TYPE_STRING:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    return " TEXT";
}

/* Spark's type behind the column, for who types `.schema`; nested types may hold anything in their
 * names, and are left to weir_table. */
static void add_type_comment(StrBuf *sql, const Type *type)
{
    if (type_is_nested(type))
        return;
    strbuf_add_c(sql, " /* ");
    type_name_sql(sql, type);
    strbuf_add_c(sql, " */");
}

static void add_column(StrBuf *sql, Arena *arena, const StoreTable *table, uint32_t column_i)
{
    const Field *column = &table->schema.columns[column_i];
    Str order = store_order_column(arena, table, column_i);

    strbuf_add_c(sql, column_i ? ",\n  " : "\n  ");
    store_add_name(sql, column->name);
    strbuf_add_c(sql, sqlite_type(column->type));
    if (is_rowid_key(table) && column_in_key(table, column_i))
        strbuf_add_c(sql, " PRIMARY KEY");
    else if (column_in_key(table, column_i))
        strbuf_add_c(sql, " NOT NULL");
    add_type_comment(sql, column->type);
    if (!order.data)
        return;
    strbuf_add_c(sql, ",\n  ");
    store_add_name(sql, order);
    strbuf_add_c(sql, column->type->precision <= 18 ? " INTEGER NOT NULL" : " TEXT NOT NULL");
}

static void add_create_sql(StrBuf *sql, Arena *arena, const StoreTable *table, Str name)
{
    strbuf_add_c(sql, "CREATE TABLE ");
    store_add_name(sql, name);
    strbuf_add_char(sql, '(');
    for (uint32_t i = 0; i < table->schema.column_count; i++)
        add_column(sql, arena, table, i);
    if (table->key_count == 0 || is_rowid_key(table)) {
        strbuf_add_c(sql, "\n)");
        return;
    }
    strbuf_add_c(sql, ",\n  PRIMARY KEY(");
    for (uint32_t i = 0; i < table->key_count; i++) {
        uint32_t column_i = table->key_columns[i];
        Str order = store_order_column(arena, table, column_i);

        if (i)
            strbuf_add_c(sql, ", ");
        store_add_name(sql, order.data ? order : table->schema.columns[column_i].name);
    }
    strbuf_add_c(sql, ")\n) WITHOUT ROWID");
}

static bool put_catalog_row(StoreTxn *txn, const StoreTable *table, Str name, Error *err)
{
    StrBuf columns = {0}, key = {0}, properties = {0}, created = {0};
    sqlite3_stmt *statement;
    bool ok = store_statement(txn->store, STATEMENT_TABLE_PUT, &statement, err);

    if (ok) {
        add_columns_json(&columns, &table->schema);
        add_key_json(&key, table);
        add_properties_json(&properties, table);
        timestamp_to_iso(&created, os_realtime_us(), 6);
        strbuf_add_char(&created, 'Z');
        store_bind_text(statement, 1, name);
        store_bind_text(statement, 2, strbuf_str(&columns));
        store_bind_text(statement, 3, strbuf_str(&key));
        store_bind_text(statement, 4, table->provider);
        store_bind_text(statement, 5, strbuf_str(&properties));
        store_bind_text(statement, 6, strbuf_str(&created));
        ok = store_run(txn->store, statement, err);
        sqlite3_clear_bindings(statement);
    }
    strbuf_done(&columns);
    strbuf_done(&key);
    strbuf_done(&properties);
    strbuf_done(&created);
    return ok;
}

bool store_catalog_build(StoreTxn *txn, const StoreTable *table, Str name, Error *err)
{
    StrBuf sql = {0};
    Arena arena;
    bool ok;

    arena_init(&arena);
    add_create_sql(&sql, &arena, table, name);
    ok = store_exec(txn->store, strbuf_c(&sql), err) && put_catalog_row(txn, table, name, err);
    strbuf_done(&sql);
    arena_done(&arena);
    return ok;
}

/* ── what may be created ───────────────────────────────────────────────────────────────────────*/

static bool check_name(Str name, const char *what, Error *err)
{
    if (name.bytes == 0 || name.bytes > NAME_BYTES_MAX || memchr(name.data, '\0', name.bytes))
        return error_set(err, ERROR_USER,
                         "the name of a %s must have 1 to %d bytes and none of them zero", what,
                         NAME_BYTES_MAX);
    return true;
}

/* JSON's names are texts: a key whose text does not tell the value would not come back. */
static bool can_be_json(const Type *type)
{
    if (type->kind == TYPE_MAP &&
        (type_is_nested(type->fields[0].type) || type->fields[0].type->kind == TYPE_BINARY))
        return false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!can_be_json(type->fields[i].type))
            return false;
    }
    return true;
}

static bool check_columns(const StoreTable *table, Error *err)
{
    const Schema *schema = &table->schema;

    for (uint32_t i = 0; i < schema->column_count; i++) {
        Str name = schema->columns[i].name;

        if (!check_name(name, "column", err))
            return false;
        if (schema_find(schema, name) != (int)i)
            return error_set_class(err, ERROR_USER, "COLUMN_ALREADY_EXISTS", "42711",
                                   "two columns are called '%.*s'", STR_ARG(name));
        if (!can_be_json(schema->columns[i].type))
            return error_set(err, ERROR_USER,
                             "column '%.*s': a MAP with keys of BINARY, ARRAY or STRUCT cannot be "
                             "stored; make it an ARRAY of STRUCTs",
                             STR_ARG(name));
    }
    return true;
}

static bool check_key(const StoreTable *table, Error *err)
{
    for (uint32_t i = 0; i < table->key_count; i++) {
        const Field *column;

        ASSERT(table->key_columns[i] < table->schema.column_count);
        column = &table->schema.columns[table->key_columns[i]];
        if (!type_is_orderable(column->type))
            return error_set(err, ERROR_USER,
                             "column '%.*s' cannot be in the primary key: values of its type have "
                             "no order",
                             STR_ARG(column->name));
    }
    return true;
}

static bool has_prefix(Str name, Str prefix)
{
    return name.bytes >= prefix.bytes && str_equal_nocase(str_slice(name, 0, prefix.bytes), prefix);
}

static bool check_table(const StoreTable *table, Error *err)
{
    if (!check_name(table->name, "table", err))
        return false;
    if (has_prefix(table->name, STR("weir_")) || has_prefix(table->name, STR("sqlite_")))
        return error_set(err, ERROR_USER,
                         "names beginning with weir_ or sqlite_ are taken: give the table another");
    if (table->schema.column_count == 0 || table->schema.column_count > COLUMN_COUNT_MAX)
        return error_set(err, ERROR_USER, "a table has 1 to %d columns, not %u", COLUMN_COUNT_MAX,
                         table->schema.column_count);
    return check_columns(table, err) && check_key(table, err);
}

static bool same_key(const StoreTable *a, const StoreTable *b)
{
    if (a->key_count != b->key_count)
        return false;
    for (uint32_t i = 0; i < a->key_count; i++) {
        if (!str_equal_nocase(a->schema.columns[a->key_columns[i]].name,
                              b->schema.columns[b->key_columns[i]].name))
            return false;
    }
    return true;
}

static void add_key_words(StrBuf *out, const StoreTable *table)
{
    if (table->key_count == 0) {
        strbuf_add_c(out, "none");
        return;
    }
    for (uint32_t i = 0; i < table->key_count; i++) {
        strbuf_add_c(out, i ? ", " : "(");
        strbuf_add_str(out, table->schema.columns[table->key_columns[i]].name);
    }
    strbuf_add_char(out, ')');
}

/* The first column that differs, in words; false when none does. */
static bool add_column_difference(StrBuf *out, const Schema *have, const Schema *want)
{
    uint32_t shared = MIN(have->column_count, want->column_count);

    for (uint32_t i = 0; i < shared; i++) {
        const Field *a = &have->columns[i];
        const Field *b = &want->columns[i];

        if (!str_equal_nocase(a->name, b->name)) {
            strbuf_printf(out, "its column %u is '%.*s', not '%.*s'", i + 1, STR_ARG(a->name),
                          STR_ARG(b->name));
            return true;
        }
        if (!type_equal(a->type, b->type)) {
            strbuf_printf(out, "its column '%.*s' is ", STR_ARG(a->name));
            type_name_sql(out, a->type);
            strbuf_add_c(out, ", not ");
            type_name_sql(out, b->type);
            return true;
        }
    }
    if (have->column_count > shared)
        strbuf_printf(out, "it has a column '%.*s' that is not asked for",
                      STR_ARG(have->columns[shared].name));
    else if (want->column_count > shared)
        strbuf_printf(out, "it has no column '%.*s'", STR_ARG(want->columns[shared].name));
    return have->column_count != want->column_count;
}

static bool check_same_shape(const StoreTable *have, const StoreTable *want, Error *err)
{
    StrBuf words = {0};
    bool differs = add_column_difference(&words, &have->schema, &want->schema);

    if (!differs && !same_key(have, want)) {
        differs = true;
        strbuf_add_c(&words, "its primary key is ");
        add_key_words(&words, have);
        strbuf_add_c(&words, ", not ");
        add_key_words(&words, want);
    }
    if (differs)
        error_set(err, ERROR_USER,
                  "table '%.*s' is there already, with another shape: %s; give the new "
                  "one another name, or another data directory",
                  STR_ARG(want->name), strbuf_c(&words));
    strbuf_done(&words);
    return !differs;
}

/* What may change of a table that is there: not the spelling of its names, which SQLite has too. */
static bool update_catalog_row(StoreTxn *txn, Arena *arena, const StoreTable *have,
                               const StoreTable *want, Error *err)
{
    StoreTable table = *want;
    Field *columns = ARENA_ARRAY(arena, Field, want->schema.column_count);

    for (uint32_t i = 0; i < want->schema.column_count; i++) {
        columns[i] = want->schema.columns[i];
        columns[i].name = have->schema.columns[i].name;
    }
    table.schema.columns = columns;
    return put_catalog_row(txn, &table, have->name, err);
}

bool store_table_create(StoreTxn *txn, const StoreTable *table, Error *err)
{
    const StoreTable *have = NULL;
    Arena arena;
    bool ok;

    ASSERT(txn->open);
    if (!check_table(table, err)) {
        error_wrap(err, "table '%.*s'", STR_ARG(table->name));
        return store_txn_fail(txn);
    }
    arena_init(&arena);
    ok = store_catalog_find(txn->store, &arena, table->name, &have, err);
    if (ok && !have)
        ok = store_catalog_build(txn, table, table->name, err);
    else if (ok)
        ok =
            check_same_shape(have, table, err) && update_catalog_row(txn, &arena, have, table, err);
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

/* ── dropping and replacing ────────────────────────────────────────────────────────────────────*/

bool store_table_bump(StoreTxn *txn, Str name, Error *err)
{
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = store_meta_add(txn, META_TABLE, str_lower(&arena, name), STR("version"), 1, err);
    arena_done(&arena);
    return ok;
}

static bool exec_on(Store *store, const char *before, Str name, const char *after, Error *err)
{
    StrBuf sql = {0};
    bool ok;

    strbuf_add_c(&sql, before);
    store_add_name(&sql, name);
    strbuf_add_c(&sql, after);
    ok = store_exec(store, strbuf_c(&sql), err);
    strbuf_done(&sql);
    return ok;
}

static bool drop_table(Store *store, Str name, Error *err)
{
    sqlite3_stmt *statement;

    /* A statement prepared on a table keeps it from being dropped while it is stepped, and no
     * longer fits afterwards. */
    store_writers_forget(store);
    if (!exec_on(store, "DROP TABLE IF EXISTS ", name, "", err) ||
        !store_statement(store, STATEMENT_TABLE_DELETE, &statement, err))
        return false;
    store_bind_text(statement, 1, name);
    return store_run(store, statement, err);
}

bool store_table_drop(StoreTxn *txn, Str name, Error *err)
{
    const StoreTable *have = NULL;
    Arena arena;
    bool ok;

    ASSERT(txn->open);
    arena_init(&arena);
    ok = store_catalog_find(txn->store, &arena, name, &have, err);
    if (ok && have) {
        /* Settled first: forgetting the writers forgets what they changed. */
        ok = store_writers_settle(txn, err) && drop_table(txn->store, have->name, err) &&
             store_table_bump(txn, have->name, err);
    }
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

bool store_table_truncate(StoreTxn *txn, Str name, Error *err)
{
    const StoreTable *have;
    Arena arena;
    bool ok;

    ASSERT(txn->open);
    arena_init(&arena);
    have = store_table_need(txn->store, &arena, name, err);
    ok = have &&
         exec_on(txn->store, "DELETE FROM ", have->name, "", err) &&
         store_table_bump(txn, have->name, err);
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

static Str replacement_name(Arena *arena, Str name)
{
    return str_of(arena_printf(arena, STORE_NEW_PREFIX "%.*s", STR_ARG(name)));
}

bool store_replace_begin(StoreTxn *txn, const StoreTable *table, Error *err)
{
    Arena arena;
    Str built;
    bool ok;

    ASSERT(txn->open);
    arena_init(&arena);
    built = replacement_name(&arena, table->name);
    ok = check_table(table, err) && store_writers_settle(txn, err) &&
         drop_table(txn->store, built, err) && store_catalog_build(txn, table, built, err);
    if (!ok)
        error_wrap(err, "table '%.*s'", STR_ARG(table->name));
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

/* `built` takes the place of `name`. */
static bool swap_in(StoreTxn *txn, Str built, Str name, Error *err)
{
    Store *store = txn->store;
    const StoreTable *old;
    sqlite3_stmt *statement;
    StrBuf sql = {0};
    StrBuf created = {0};
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = store_catalog_find(store, &arena, name, &old, err);
    if (ok && old) {
        timestamp_to_iso(&created, old->created_us, 6);
        strbuf_add_char(&created, 'Z');
        ok = drop_table(store, old->name, err);
    }
    if (ok) {
        strbuf_add_c(&sql, "ALTER TABLE ");
        store_add_name(&sql, built);
        strbuf_add_c(&sql, " RENAME TO ");
        store_add_name(&sql, name);
        ok = store_exec(store, strbuf_c(&sql), err) &&
             store_statement(store, STATEMENT_TABLE_RENAME, &statement, err);
    }
    if (ok) {
        store_bind_text(statement, 1, built);
        store_bind_text(statement, 2, name);
        if (created.bytes)
            store_bind_text(statement, 3, strbuf_str(&created));
        ok = store_run(store, statement, err);
        sqlite3_clear_bindings(statement);
    }
    strbuf_done(&sql);
    strbuf_done(&created);
    arena_done(&arena);
    return ok;
}

bool store_replace_finish(StoreTxn *txn, Str table, Error *err)
{
    Arena arena;
    bool ok;

    ASSERT(txn->open);
    arena_init(&arena);
    ok = store_writers_settle(txn, err);
    store_writers_forget(txn->store);
    ok = ok && swap_in(txn, replacement_name(&arena, table), table, err) &&
         store_table_bump(txn, table, err);
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

bool store_replace_abort(StoreTxn *txn, Str table, Error *err)
{
    Arena arena;
    bool ok;

    ASSERT(txn->open);
    arena_init(&arena);
    ok = store_writers_settle(txn, err) &&
         drop_table(txn->store, replacement_name(&arena, table), err);
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

bool store_replace_insert(StoreTxn *txn, Str table, const Batch *batch, Error *err)
{
    const StoreTable *built;
    Arena arena;
    bool ok = false;

    arena_init(&arena);
    built = store_table_need(txn->store, &arena, replacement_name(&arena, table), err);
    if (built)
        ok = built->key_count ? store_upsert(txn, built->name, batch, err)
                              : store_insert(txn, built->name, batch, err);
    arena_done(&arena);
    return ok || store_txn_fail(txn);
}

bool store_sweep_replacements(Store *store, Error *err)
{
    static const char find[] =
        "SELECT name FROM weir_table WHERE substr(name, 1, 9) = '" STORE_NEW_PREFIX "'";
    VEC(Str) names = {0};
    sqlite3_stmt *statement = NULL;
    StoreTxn *txn = NULL;
    Arena arena;
    bool row = false;
    bool ok = store_prepare(store, find, &statement, err);

    arena_init(&arena);
    while (ok && (ok = store_step(store, statement, &row, err)) && row)
        VEC_ADD_IN(&arena, &names, str_copy(&arena, store_column_str(statement, 0)));
    sqlite3_finalize(statement);
    if (ok && names.count) {
        ok = store_begin(store, &txn, err);
        for (size_t i = 0; ok && i < names.count; i++)
            ok = drop_table(store, names.items[i], err);
        if (!ok)
            store_rollback(txn);
        ok = ok && store_commit(txn, err);
    }
    arena_done(&arena);
    return ok;
}

/* ── questions ─────────────────────────────────────────────────────────────────────────────────*/

bool store_table_version(Store *store, Str name, int64_t *out, Error *err)
{
    int64_t version = 0;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = store_meta_get(store, META_TABLE, str_lower(&arena, name), STR("version"), &version, NULL,
                        err);
    arena_done(&arena);
    if (ok)
        *out = version;
    return ok;
}

bool store_row_count(Store *store, Str name, int64_t *out, Error *err)
{
    const StoreTable *table;
    sqlite3_stmt *statement = NULL;
    StrBuf sql = {0};
    Arena arena;
    bool row = false;
    bool ok = false;

    arena_init(&arena);
    table = store_table_need(store, &arena, name, err);
    if (table) {
        strbuf_add_c(&sql, "SELECT count(*) FROM ");
        store_add_name(&sql, table->name);
        ok = store_prepare(store, strbuf_c(&sql), &statement, err) &&
             store_step(store, statement, &row, err);
    }
    if (ok)
        *out = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    strbuf_done(&sql);
    arena_done(&arena);
    return ok;
}
