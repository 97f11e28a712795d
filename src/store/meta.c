#include "store/meta.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "store/store_impl.h"

static const char *const kind_names[META_KIND_COUNT] = {
    [META_EPOCH] = "epoch",         [META_POSITION] = "position", [META_TOPIC_END] = "topic_end",
    [META_WATERMARK] = "watermark", [META_IDLE] = "idle",         [META_COUNTER] = "counter",
    [META_TABLE] = "table",         [META_SETTING] = "setting",
};

/* The statement with kind, name and (data != NULL) part bound. */
static bool meta_statement(Store *store, StoreStatement which, StoreMetaKind kind, Str name,
                           Str part, sqlite3_stmt **out, Error *err)
{
    if (!store_statement(store, which, out, err))
        return false;
    store_bind_text(*out, 1, str_of(kind_names[kind]));
    if (name.data)
        store_bind_text(*out, 2, name);
    if (part.data)
        store_bind_text(*out, 3, part);
    return true;
}

static bool write_number(StoreTxn *txn, StoreStatement which, StoreMetaKind kind, Str name,
                         Str part, int64_t value, Error *err)
{
    sqlite3_stmt *statement;

    ASSERT(txn->open && name.data && part.data);
    if (!meta_statement(txn->store, which, kind, name, part, &statement, err))
        return false;
    sqlite3_bind_int64(statement, 4, value);
    return store_run(txn->store, statement, err);
}

bool store_meta_set(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, int64_t value,
                    Error *err)
{
    return write_number(txn, STATEMENT_META_SET, kind, name, part, value, err);
}

bool store_meta_add(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, int64_t delta,
                    Error *err)
{
    return write_number(txn, STATEMENT_META_ADD, kind, name, part, delta, err);
}

bool store_meta_set_text(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, Str value,
                         Error *err)
{
    sqlite3_stmt *statement;

    ASSERT(txn->open && name.data && part.data);
    if (!meta_statement(txn->store, STATEMENT_META_SET, kind, name, part, &statement, err))
        return false;
    store_bind_text(statement, 4, value);
    return store_run(txn->store, statement, err);
}

bool store_meta_delete(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, Error *err)
{
    sqlite3_stmt *statement;
    StoreStatement which = part.data ? STATEMENT_META_DELETE : STATEMENT_META_DELETE_NAME;

    ASSERT(txn->open && name.data);
    return meta_statement(txn->store, which, kind, name, part, &statement, err) &&
           store_run(txn->store, statement, err);
}

static bool not_a_number(Store *store, StoreMetaKind kind, Str name, Error *err)
{
    return error_set(err, ERROR_USER, "store '%s': weir_meta: the %s of '%.*s' is not a number",
                     store->path, kind_names[kind], STR_ARG(name));
}

bool store_meta_get(Store *store, StoreMetaKind kind, Str name, Str part, int64_t *out, bool *found,
                    Error *err)
{
    sqlite3_stmt *statement;
    bool row = false;
    bool ok = true;

    if (!meta_statement(store, STATEMENT_META_GET, kind, name, part, &statement, err) ||
        !store_step(store, statement, &row, err))
        return false;
    if (found)
        *found = row;
    if (!row)
        return true;
    if (sqlite3_column_type(statement, 0) == SQLITE_INTEGER)
        *out = sqlite3_column_int64(statement, 0);
    else
        ok = not_a_number(store, kind, name, err);
    sqlite3_reset(statement);
    return ok;
}

bool store_meta_get_text(Store *store, Arena *arena, StoreMetaKind kind, Str name, Str part,
                         Str *out, bool *found, Error *err)
{
    sqlite3_stmt *statement;
    bool row = false;

    if (!meta_statement(store, STATEMENT_META_GET, kind, name, part, &statement, err) ||
        !store_step(store, statement, &row, err))
        return false;
    if (found)
        *found = row;
    if (!row)
        return true;
    *out = str_copy(arena, store_column_str(statement, 0));
    sqlite3_reset(statement);
    return true;
}

static StoreMeta meta_of_row(Arena *arena, sqlite3_stmt *statement)
{
    StoreMeta meta = {.is_text = sqlite3_column_type(statement, 2) != SQLITE_INTEGER};

    if (!meta.is_text)
        meta.number = sqlite3_column_int64(statement, 2);
    meta.name = str_copy(arena, store_column_str(statement, 0));
    meta.part = str_copy(arena, store_column_str(statement, 1));
    meta.text = str_copy(arena, store_column_str(statement, 2));
    return meta;
}

bool store_meta_list(Store *store, Arena *arena, StoreMetaKind kind, Str name, StoreMeta **out,
                     uint32_t *count, Error *err)
{
    StoreStatement which = name.data ? STATEMENT_META_LIST_NAME : STATEMENT_META_LIST;
    VEC(StoreMeta) all = {0};
    sqlite3_stmt *statement;
    bool row = false;

    if (!meta_statement(store, which, kind, name, (Str){0}, &statement, err))
        return false;
    for (;;) {
        if (!store_step(store, statement, &row, err))
            return false;
        if (!row)
            break;
        VEC_ADD_IN(arena, &all, meta_of_row(arena, statement));
    }
    *out = all.items;
    *count = (uint32_t)all.count;
    return true;
}

/* ── by what they mean ─────────────────────────────────────────────────────────────────────────*/

bool store_epoch_set(StoreTxn *txn, StoreEpoch epoch, Error *err)
{
    return store_meta_set(txn, META_EPOCH, STR_EMPTY, STR("number"), epoch.number, err) &&
           store_meta_set(txn, META_EPOCH, STR_EMPTY, STR("state_file"), epoch.state_file, err) &&
           store_meta_set(txn, META_EPOCH, STR_EMPTY, STR("state_bytes"), epoch.state_bytes, err);
}

bool store_epoch_get(Store *store, StoreEpoch *out, Error *err)
{
    Arena arena;
    StoreMeta *items;
    uint32_t count;
    StoreEpoch epoch = {0};

    arena_init(&arena);
    /* One statement, so all three are of one commit. */
    if (!store_meta_list(store, &arena, META_EPOCH, STR_EMPTY, &items, &count, err)) {
        arena_done(&arena);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (str_is(items[i].part, "number"))
            epoch.number = items[i].number;
        else if (str_is(items[i].part, "state_file"))
            epoch.state_file = items[i].number;
        else if (str_is(items[i].part, "state_bytes"))
            epoch.state_bytes = items[i].number;
    }
    arena_done(&arena);
    *out = epoch;
    return true;
}

static Str partition_text(char buffer[16], int32_t partition)
{
    return (Str){buffer, (uint32_t)snprintf(buffer, 16, "%" PRId32, partition)};
}

bool store_topic_end_set(StoreTxn *txn, Str topic, int32_t partition, int64_t end, Error *err)
{
    char text[16];

    return store_meta_set(txn, META_TOPIC_END, topic, partition_text(text, partition), end, err);
}

bool store_topic_end_get(Store *store, Str topic, int32_t partition, int64_t *out, Error *err)
{
    char text[16];
    int64_t end = 0;

    if (!store_meta_get(store, META_TOPIC_END, topic, partition_text(text, partition), &end, NULL,
                        err))
        return false;
    *out = end;
    return true;
}

bool store_topic_ends_get(Store *store, Str topic, int32_t partition_count, int64_t *ends,
                          Error *err)
{
    sqlite3_stmt *statement;
    bool row = false;

    if (!meta_statement(store, STATEMENT_META_LIST_NAME, META_TOPIC_END, topic, (Str){0},
                        &statement, err))
        return false;
    for (int32_t i = 0; i < partition_count; i++)
        ends[i] = 0;
    for (;;) {
        int64_t partition;

        if (!store_step(store, statement, &row, err))
            return false;
        if (!row)
            return true;
        if (str_to_int64(store_column_str(statement, 1), &partition) && partition >= 0 &&
            partition < partition_count)
            ends[partition] = sqlite3_column_int64(statement, 2);
    }
}
