#include "pipeline/data_catalog.h"

#include "plan/record_field.h"

#include "base/vec.h"
#include "store/meta.h"

/* Under META_SETTING: name "topic_table" or "outside_table", part = the table's name, value = lines
 * `key=value`. */
static const char kept_name[] = "topic_table";
static const char outside_name[] = "outside_table";

/* Everything but where it stands. */
static void describe(StrBuf *out, const TableDef *table)
{
    static const char *const kept_options[] = {
        "format", "header", "sep",      "quote", "escape",   "nullValue",
        "table",  "schema", "keyspace", "query", "metadata", "schema_file",
        "schema_registry", "kafka.bootstrap.servers"};
    const Type *row_type;
    Arena arena;

    arena_init(&arena);
    row_type = type_struct(&arena, table->schema.columns, table->schema.column_count);
    strbuf_printf(out, "kind=%d\nprovider=%s\ncolumns=", (int)table->kind,
                  provider_info(table->provider)->name);
    type_name(out, row_type);
    for (uint32_t i = 0; i < table->primary_key_count; i++)
        strbuf_printf(out, "\nkey_column=%u", table->primary_key[i]);
    for (size_t i = 0; i < COUNT_OF(kept_options); i++) {
        Str value = table_option(table, kept_options[i]);

        if (value.data)
            strbuf_printf(out, "\n%s=%.*s", kept_options[i], STR_ARG(value));
    }
    arena_done(&arena);
}

bool data_catalog_put_topic_table(StoreTxn *txn, const TableDef *table, Str topic, Error *err)
{
    StrBuf text;
    bool ok;

    strbuf_init(&text);
    strbuf_printf(&text, "topic=%.*s\n", STR_ARG(topic));
    describe(&text, table);
    ok = store_meta_set_text(txn, META_SETTING, str_of(kept_name), table->name, strbuf_str(&text),
                             err);
    strbuf_done(&text);
    return ok;
}

bool data_catalog_put_outside_table(StoreTxn *txn, const TableDef *table, Error *err)
{
    Str topic = table_option(table, "topic");
    StrBuf text;
    bool ok;

    strbuf_init(&text);
    if (topic.data)
        strbuf_printf(&text, "topic=%.*s\n", STR_ARG(topic));
    describe(&text, table);
    ok = store_meta_set_text(txn, META_SETTING, str_of(outside_name), table->name,
                             strbuf_str(&text), err);
    strbuf_done(&text);
    return ok;
}

bool data_catalog_knows_outside_table(Store *store, Str table, bool *knows, Error *err)
{
    Arena arena;
    Str text;
    bool ok;

    arena_init(&arena);
    ok = store_meta_get_text(store, &arena, META_SETTING, str_of(outside_name), table, &text, knows,
                             err);
    arena_done(&arena);
    return ok;
}

bool data_catalog_forget_topic_table(StoreTxn *txn, Str table, Error *err)
{
    return store_meta_delete(txn, META_SETTING, str_of(kept_name), table, err);
}

bool data_catalog_topic_tables(Store *store, Arena *arena, Str topic, Str **names, size_t *count,
                               Error *err)
{
    VEC(Str) found = {0};
    StoreMeta *metas;
    uint32_t meta_count;

    if (!store_meta_list(store, arena, META_SETTING, str_of(kept_name), &metas, &meta_count, err))
        return false;
    for (uint32_t i = 0; i < meta_count; i++) {
        Str rest = metas[i].text;
        Str line;

        while (str_split(&rest, '\n', &line)) {
            if (str_starts_with(line, STR("topic=")) &&
                str_equal(str_slice(line, 6, line.bytes), topic))
                VEC_ADD_IN(arena, &found, metas[i].part);
        }
    }
    *names = found.items;
    *count = found.count;
    return true;
}

static TableDef *table_new(Arena *arena, Str name, Provider provider, const Schema *schema)
{
    TableDef *table = ARENA_NEW(arena, TableDef);

    table->name = name;
    table->provider = provider;
    table->schema = *schema;
    table->kind = TABLE_STREAMING;
    return table;
}

static bool read_table(Arena *arena, const StoreMeta *meta, TableDef **out, Error *err)
{
    Str rest = meta->text;
    Str line;
    Provider provider = PROVIDER_KAFKA;
    const Type *columns = NULL;
    VEC(TableOption) options = {0};
    VEC(uint32_t) key = {0};
    Schema schema;

    *out = NULL;
    while (str_split(&rest, '\n', &line)) {
        ptrdiff_t equals = str_find_char(line, '=');
        int64_t column;
        Str name;
        Str value;

        if (equals < 0)
            continue;
        name = str_slice(line, 0, (uint32_t)equals);
        value = str_slice(line, (uint32_t)equals + 1, line.bytes);
        if (str_is(name, "columns")) {
            if (!type_parse(arena, value, &columns, err))
                return error_wrap(err, "table '%.*s'", STR_ARG(meta->name));
        } else if (str_is(name, "provider")) {
            (void)provider_find(value, &provider);
        } else if (str_is(name, "key_column")) {
            if (str_to_int64(value, &column) && column >= 0 && column < UINT32_MAX)
                VEC_ADD_IN(arena, &key, (uint32_t)column);
        } else if (!str_is(name, "kind")) {
            TableOption option = {.key = name, .value = value};

            option.def = option_find(name, provider, OPTION_OF_STREAMING);
            if (!option.def)
                option.def = option_find(name, provider, OPTION_OF_SOURCE);
            VEC_ADD_IN(arena, &options, option);
        }
    }
    if (!columns || columns->kind != TYPE_STRUCT)
        return true; /* Written by a later version: left out. */
    schema = (Schema){columns->field_count, columns->fields};
    *out = table_new(arena, meta->part, provider, &schema);
    (*out)->options = options.items;
    (*out)->option_count = (uint32_t)options.count;
    if (key.count && provider != PROVIDER_KAFKA) {
        (*out)->primary_key = key.items;
        (*out)->primary_key_count = (uint32_t)key.count;
    }
    return record_fields_parse(arena, table_option(*out, "metadata"), &(*out)->schema,
                               &(*out)->record_fields, err) ||
           error_wrap(err, "table '%.*s'", STR_ARG(meta->part));
}

/* Tables that stand on topics, or outside; an outside one whose connection is not configured now does
 * not hide one of its name that is embedded. */
static bool add_kept_tables(Connections *connections, Arena *arena, const char *kept,
                            Catalog *catalog, Error *err)
{
    StoreMeta *metas;
    uint32_t count;

    if (!store_meta_list(connections_store(connections), arena, META_SETTING, str_of(kept), &metas,
                         &count, err))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        TableDef *table;

        if (!read_table(arena, &metas[i], &table, err))
            return false;
        if (table && (kept == kept_name || connections_is_outside(connections, table) ||
                      !catalog_find(catalog, table->name)))
            catalog_put(catalog, table);
    }
    return true;
}

bool data_catalog_load(Connections *connections, Arena *arena, const Catalog **out, Error *err)
{
    Catalog *catalog = catalog_new(arena, NULL);
    Store *store = connections_store(connections);
    const StoreTable *const *tables;
    uint32_t count;

    if (!store_table_list(store, arena, &tables, &count, err))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        Provider provider = PROVIDER_NONE;
        TableDef *table;

        (void)provider_find(tables[i]->provider, &provider);
        table = table_new(arena, tables[i]->name, provider, &tables[i]->schema);
        if (provider == PROVIDER_NONE)
            table->kind = TABLE_SYSTEM;
        table->primary_key = tables[i]->key_columns;
        table->primary_key_count = tables[i]->key_count;
        catalog_put(catalog, table);
    }
    if (!add_kept_tables(connections, arena, kept_name, catalog, err) ||
        !add_kept_tables(connections, arena, outside_name, catalog, err))
        return false;
    *out = catalog;
    return true;
}
