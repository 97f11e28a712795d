/*
 * catalog.c: lists of tables, and the values of their options (catalog.h).
 */
#include "plan/catalog.h"

#include "base/assert.h"
#include "base/vec.h"
#include "column/format_value.h"
#include "sql/diagnostic.h"

struct Catalog {
    Arena *arena;
    const Catalog *parent;
    VEC(TableDef *) tables;
};

Catalog *catalog_new(Arena *arena, const Catalog *parent)
{
    Catalog *catalog = ARENA_NEW(arena, Catalog);

    catalog->arena = arena;
    catalog->parent = parent;
    return catalog;
}

Arena *catalog_arena(const Catalog *catalog)
{
    return catalog->arena;
}

const Catalog *catalog_parent(const Catalog *catalog)
{
    return catalog->parent;
}

static TableDef **catalog_slot(const Catalog *catalog, Str name)
{
    for (size_t i = 0; i < catalog->tables.count; i++) {
        if (str_equal_nocase(catalog->tables.items[i]->name, name))
            return &catalog->tables.items[i];
    }
    return NULL;
}

bool catalog_add(Catalog *catalog, TableDef *table)
{
    if (catalog_slot(catalog, table->name))
        return false;
    VEC_ADD_IN(catalog->arena, &catalog->tables, table);
    return true;
}

void catalog_put(Catalog *catalog, TableDef *table)
{
    TableDef **slot = catalog_slot(catalog, table->name);

    if (slot)
        *slot = table;
    else
        VEC_ADD_IN(catalog->arena, &catalog->tables, table);
}

bool catalog_remove(Catalog *catalog, Str name)
{
    TableDef **slot = catalog_slot(catalog, name);
    TableDef **end = catalog->tables.items + catalog->tables.count;

    if (!slot)
        return false;
    memmove(slot, slot + 1, (size_t)(end - slot - 1) * sizeof *slot);
    catalog->tables.count--;
    return true;
}

TableDef *catalog_find(const Catalog *catalog, Str name)
{
    for (; catalog; catalog = catalog->parent) {
        TableDef **slot = catalog_slot(catalog, name);

        if (slot)
            return *slot;
    }
    return NULL;
}

TableDef *catalog_at(const Catalog *catalog, size_t i)
{
    return i < catalog->tables.count ? catalog->tables.items[i] : NULL;
}

Str catalog_suggest(const Catalog *catalog, Str name)
{
    Str names[256];
    size_t count = 0;

    for (; catalog; catalog = catalog->parent) {
        for (size_t i = 0; i < catalog->tables.count && count < COUNT_OF(names); i++)
            names[count++] = catalog->tables.items[i]->name;
    }
    return spelling_nearest(name, names, count);
}

/* ── options ───────────────────────────────────────────────────────────────────────────────────*/

unsigned table_option_place(const TableDef *table)
{
    switch (table->kind) {
    case TABLE_SOURCE:
        return OPTION_OF_SOURCE;
    case TABLE_STREAMING:
        return OPTION_OF_STREAMING;
    case TABLE_MATERIALIZED_VIEW:
        return OPTION_OF_VIEW;
    case TABLE_TEMP_VIEW:
    case TABLE_MEMORY:
    case TABLE_SYSTEM:
        return 0;
    }
    UNREACHABLE();
}

static const TableOption *table_option_slot(const TableDef *table, const char *key)
{
    const TableOption *found = NULL;

    for (uint32_t i = 0; i < table->option_count; i++) {
        if (str_is_nocase(table->options[i].key, key))
            found = &table->options[i];
    }
    return found;
}

bool table_option_given(const TableDef *table, const char *key)
{
    return table_option_slot(table, key) != NULL;
}

Str table_option(const TableDef *table, const char *key)
{
    const TableOption *slot = table_option_slot(table, key);
    const OptionDef *def;

    if (slot)
        return slot->value;
    def = option_find(str_of(key), table->provider, table_option_place(table));
    return def && def->standard ? str_of(def->standard) : (Str){NULL, 0};
}

int64_t table_option_int(const TableDef *table, const char *key)
{
    Str text = table_option(table, key);
    const OptionDef *def = option_find(str_of(key), table->provider, table_option_place(table));
    int64_t value = 0;
    Error err = {0};

    if (!text.data)
        return 0;
    if (def && def->type == OPTION_BYTES)
        option_parse_bytes(text, &value, &err);
    else if (def && def->type == OPTION_TIMESTAMP)
        text_to_timestamp(text, zone_utc(), &value);
    else
        str_to_int64(str_trim(text), &value);
    return value;
}

double table_option_number(const TableDef *table, const char *key)
{
    Str text = table_option(table, key);
    double value = 0;

    if (text.data)
        str_to_double(str_trim(text), &value);
    return value;
}

bool table_option_bool(const TableDef *table, const char *key)
{
    Str text = table_option(table, key);

    return text.data && str_is_nocase(text, "true");
}

int64_t table_option_duration_us(const TableDef *table, const char *key)
{
    Str text = table_option(table, key);
    int64_t value = 0;
    Error err = {0};

    if (text.data)
        option_parse_duration(text, &value, &err);
    return value;
}

const TableOption *table_option_next(const TableDef *table, const char *prefix, uint32_t *i)
{
    uint32_t bytes = (uint32_t)strlen(prefix);

    while (*i < table->option_count) {
        const TableOption *option = &table->options[(*i)++];

        if (option->key.bytes > bytes &&
            str_is_nocase(str_slice(option->key, 0, bytes), prefix))
            return option;
    }
    return NULL;
}

/* ── what is known of a table ──────────────────────────────────────────────────────────────────*/

Str table_format_name(const TableDef *table)
{
    Str name = table_option(table, "format");

    if (table->provider == PROVIDER_CSV)
        return STR("csv");
    if (table->provider == PROVIDER_JSON || !name.data || str_is(name, "ndjson"))
        return STR("json");
    return name;
}

void table_format_options(StrBuf *out, const TableDef *table)
{
    static const char *const names[] = {"sep", "header", "quote", "escape", "nullValue"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str value = table_option(table, names[i]);

        if (value.data)
            strbuf_printf(out, "%s=%.*s\n", names[i], STR_ARG(value));
    }
}

Str table_topic(const TableDef *table)
{
    Str topic = table_option(table, "topic");

    return topic.data ? topic : table->name;
}

const char *table_kind_name(TableKind kind)
{
    static const char *const names[] = {
        [TABLE_SOURCE] = "table",
        [TABLE_STREAMING] = "streaming table",
        [TABLE_MATERIALIZED_VIEW] = "materialized view",
        [TABLE_TEMP_VIEW] = "temporary view",
        [TABLE_MEMORY] = "table in memory",
        [TABLE_SYSTEM] = "system table",
    };

    return names[kind];
}

bool table_is_streamable(const TableDef *table, const char **why, const char **remedy)
{
    *remedy = "read it without STREAM, as a table; or stream from what it is made from";
    switch (table->kind) {
    case TABLE_SOURCE:
        if (provider_info(table->provider)->stream)
            return true;
        *why = "rows of this kind of table do not come as a stream";
        return false;
    case TABLE_STREAMING:
        if (table->provider != PROVIDER_KAFKA) {
            *why = "it is a table whose rows are kept, not a topic";
            return false;
        }
        if (table->output_mode == OUTPUT_APPEND)
            return true;
        *why = "its rows are early results that later ones replace";
        *remedy = "give it 'output_mode' = 'append', so that it holds final rows";
        return false;
    case TABLE_TEMP_VIEW:
        if (table->from_stream)
            return true;
        *why = "its query reads tables, not streams";
        *remedy = "read it without STREAM, or write STREAM in its own query";
        return false;
    case TABLE_MATERIALIZED_VIEW:
        *why = "it is rebuilt as a whole";
        return false;
    case TABLE_MEMORY:
    case TABLE_SYSTEM:
        *why = "rows of this kind of table do not come as a stream";
        return false;
    }
    UNREACHABLE();
}

#define NAME(literal) {(literal), (uint32_t)(sizeof(literal) - 1)}

static TableDef *system_table_new(Arena *arena, TableDef *owner, SystemTable which,
                                  const char *suffix, const Field *columns, uint32_t count)
{
    TableDef *table = ARENA_NEW(arena, TableDef);

    table->name = str_of(arena_printf(arena, "%.*s%s", STR_ARG(owner->name), suffix));
    table->kind = TABLE_SYSTEM;
    table->system = which;
    table->owner = owner;
    table->schema = (Schema){count, columns};
    table->span = owner->span;
    table->name_span = owner->name_span;
    return table;
}

TableDef *table_dead_letter_new(Arena *arena, TableDef *table)
{
    static const Field columns[] = {
        {NAME("reason"), &type_string, false},     {NAME("message"), &type_string, true},
        {NAME("raw"), &type_string, true},         {NAME("partition"), &type_int, true},
        {NAME("position"), &type_bigint, true},    {NAME("received_at"), &type_timestamp, false},
    };

    return system_table_new(arena, table, SYSTEM_DEAD_LETTER, "__dead_letter", columns,
                            COUNT_OF(columns));
}

TableDef *table_late_new(Arena *arena, TableDef *table)
{
    static const Field columns[] = {
        {NAME("reason"), &type_string, false},       {NAME("window_end"), &type_timestamp, true},
        {NAME("watermark"), &type_timestamp, true},  {NAME("raw"), &type_string, true},
        {NAME("partition"), &type_int, true},        {NAME("position"), &type_bigint, true},
        {NAME("received_at"), &type_timestamp, false},
    };

    return system_table_new(arena, table, SYSTEM_LATE, "__late", columns, COUNT_OF(columns));
}
