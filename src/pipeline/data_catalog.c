#include "pipeline/data_catalog.h"

#include "base/vec.h"
#include "store/meta.h"

/* Under META_SETTING: name "topic_table", part = the table's name, value = lines `key=value`. */
static const char kept_name[] = "topic_table";

bool data_catalog_put_topic_table(StoreTxn *txn, const TableDef *table, Str topic, Error *err)
{
    static const char *const kept_options[] = {"format", "header", "sep"};
    const Type *row_type;
    StrBuf text;
    Arena arena;
    bool ok;

    arena_init(&arena);
    strbuf_init(&text);
    row_type = type_struct(&arena, table->schema.columns, table->schema.column_count);
    strbuf_printf(&text, "topic=%.*s\nkind=%d\nprovider=%s\ncolumns=", STR_ARG(topic),
                  (int)table->kind, provider_info(table->provider)->name);
    type_name(&text, row_type);
    for (size_t i = 0; i < COUNT_OF(kept_options); i++) {
        Str value = table_option(table, kept_options[i]);

        if (value.data)
            strbuf_printf(&text, "\n%s=%.*s", kept_options[i], STR_ARG(value));
    }
    ok = store_meta_set_text(txn, META_SETTING, str_of(kept_name), table->name, strbuf_str(&text),
                             err);
    strbuf_done(&text);
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

static bool add_topic_table(Arena *arena, Catalog *catalog, const StoreMeta *meta, Error *err)
{
    Str rest = meta->text;
    Str line;
    Provider provider = PROVIDER_KAFKA;
    const Type *columns = NULL;
    VEC(TableOption) options = {0};
    Schema schema;
    TableDef *table;

    while (str_split(&rest, '\n', &line)) {
        ptrdiff_t equals = str_find_char(line, '=');
        Str key;
        Str value;

        if (equals < 0)
            continue;
        key = str_slice(line, 0, (uint32_t)equals);
        value = str_slice(line, (uint32_t)equals + 1, line.bytes);
        if (str_is(key, "columns")) {
            if (!type_parse(arena, value, &columns, err))
                return error_wrap(err, "table '%.*s'", STR_ARG(meta->name));
        } else if (str_is(key, "provider")) {
            (void)provider_find(value, &provider);
        } else if (!str_is(key, "kind")) {
            TableOption option = {.key = key, .value = value};

            option.def = option_find(key, PROVIDER_KAFKA, OPTION_OF_STREAMING);
            VEC_ADD_IN(arena, &options, option);
        }
    }
    if (!columns || columns->kind != TYPE_STRUCT)
        return true; /* Written by a later version: left out. */
    schema = (Schema){columns->field_count, columns->fields};
    table = table_new(arena, meta->part, PROVIDER_KAFKA, &schema);
    table->options = options.items;
    table->option_count = (uint32_t)options.count;
    catalog_put(catalog, table);
    return true;
}

bool data_catalog_load(Connections *connections, Arena *arena, const Catalog **out, Error *err)
{
    Catalog *catalog = catalog_new(arena, NULL);
    Store *store = connections_store(connections);
    const StoreTable *const *tables;
    StoreMeta *metas;
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
    if (!store_meta_list(store, arena, META_SETTING, str_of(kept_name), &metas, &count, err))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!add_topic_table(arena, catalog, &metas[i], err))
            return false;
    }
    *out = catalog;
    return true;
}
