#include "pipeline/table_version.h"

#include <stdlib.h>

#include "pipeline/connect_impl.h"

typedef struct OutsideVersion {
    const TableDef *def;
    OutsideTable *table; /* NULL: it could not be opened; reading the rows will tell why. */
    int64_t asked_us;    /* Monotonic. */
    int64_t version;
} OutsideVersion;

struct TableVersions {
    Connections *connections;
    Store *store; /* Opened when first needed. */
    VEC(OutsideVersion) outside;
};

TableVersions *table_versions_create(Connections *connections)
{
    TableVersions *versions = mem_zalloc(sizeof *versions);

    versions->connections = connections;
    return versions;
}

void table_versions_free(TableVersions *versions)
{
    if (!versions)
        return;
    for (size_t i = 0; i < versions->outside.count; i++) {
        OutsideTable *table = versions->outside.items[i].table;

        if (table)
            table->methods->free(table);
    }
    VEC_DONE(&versions->outside);
    store_close(versions->store);
    free(versions);
}

static OutsideVersion *find(TableVersions *versions, const OutsideRole *role, const TableDef *def)
{
    const OutsideTableConfig config = {.table = def, .settings = versions->connections->settings};
    OutsideVersion opened = {.def = def, .asked_us = INT64_MIN / 2};
    Error err = {0};

    for (size_t i = 0; i < versions->outside.count; i++) {
        if (versions->outside.items[i].def == def)
            return &versions->outside.items[i];
    }
    if (!role->table(&config, &opened.table, &err))
        opened.table = NULL;
    VEC_ADD(&versions->outside, opened);
    return &versions->outside.items[versions->outside.count - 1];
}

static int64_t outside_version(TableVersions *versions, const OutsideRole *role,
                               const TableDef *def)
{
    OutsideVersion *known = find(versions, role, def);
    int64_t now_us = os_monotonic_us();
    Error err = {0};
    int64_t version;

    if (now_us - known->asked_us <
        settings_duration_us(versions->connections->settings, "lookup.refresh"))
        return known->version;
    known->asked_us = now_us;
    if (!known->table || !known->table->methods->version)
        known->version++;
    else if (known->table->methods->version(known->table, &version, &err))
        known->version = version;
    return known->version;
}

static int64_t store_version(TableVersions *versions, const TableDef *def)
{
    const char *path = store_path(versions->connections->store);
    Error err = {0};
    int64_t version;

    if (!versions->store && !store_open(path, STORE_READER, &versions->store, &err))
        return -1; /* Reading the rows will tell what is wrong. */
    return store_table_version(versions->store, def->name, &version, &err) ? version : -1;
}

OutsideTable *table_versions_outside(TableVersions *versions, const TableDef *table)
{
    const OutsideRole *role = role_of(versions->connections->settings, table);

    return role && role->table ? find(versions, role, table)->table : NULL;
}

int64_t table_version(TableVersions *versions, const TableDef *table)
{
    const OutsideRole *role = role_of(versions->connections->settings, table);

    if (role && role->table)
        return outside_version(versions, role, table);
    if (!versions->connections->store || table->kind == TABLE_MEMORY)
        return 0;
    if (table->kind != TABLE_SYSTEM && table->provider != PROVIDER_CASSANDRA &&
        table->provider != PROVIDER_POSTGRES)
        return 0; /* Sources joined as tables are read once. */
    return store_version(versions, table);
}
