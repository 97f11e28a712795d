#include "pipeline/aside.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/vec.h"
#include "os/os.h"
#include "store/meta.h"

typedef struct AsideRow {
    const TableDef *table;
    Str reason;
    Str message; /* Dead letters. */
    int64_t window_end_us, watermark_us; /* Late rows. */
    Str raw;
    bool has_raw;
    int32_t partition;
    int64_t position;
    int64_t received_us;
} AsideRow;

struct AsideRows {
    Arena arena;
    VEC(AsideRow) rows;
};

AsideRows *aside_create(void)
{
    AsideRows *rows = mem_zalloc(sizeof *rows);

    arena_init(&rows->arena);
    return rows;
}

void aside_free(AsideRows *rows)
{
    if (!rows)
        return;
    arena_done(&rows->arena);
    VEC_DONE(&rows->rows);
    free(rows);
}

bool aside_is_empty(const AsideRows *rows)
{
    return rows->rows.count == 0;
}

static Str keep(AsideRows *rows, Str text, uint32_t bytes_max)
{
    return str_copy(&rows->arena, (Str){text.data, MIN(text.bytes, bytes_max)});
}

void aside_dead_letter(AsideRows *rows, const TableDef *table, Str reason, Str message, Str raw,
                       int32_t partition, int64_t position, int64_t received_us)
{
    AsideRow row = {
        .table = table,
        .reason = keep(rows, reason, 256),
        .message = keep(rows, message, 4096),
        .raw = keep(rows, raw, ASIDE_RAW_BYTES_MAX),
        .has_raw = raw.data != NULL,
        .partition = partition,
        .position = position,
        .received_us = received_us,
    };

    VEC_ADD(&rows->rows, row);
}

void aside_late(AsideRows *rows, const TableDef *table, const char *reason, int64_t window_end_us,
                int64_t watermark_us, Str raw, int32_t partition, int64_t position,
                int64_t received_us)
{
    AsideRow row = {
        .table = table,
        .reason = str_of(reason),
        .window_end_us = window_end_us,
        .watermark_us = watermark_us,
        .raw = keep(rows, raw, ASIDE_RAW_BYTES_MAX),
        .has_raw = raw.data != NULL,
        .partition = partition,
        .position = position,
        .received_us = received_us,
    };

    VEC_ADD(&rows->rows, row);
}

/* The value of a system table's column, by its name. */
static void add_cell(VectorBuilder *column, Str name, const AsideRow *row)
{
    if (str_is(name, "reason")) {
        builder_add_str(column, row->reason);
    } else if (str_is(name, "message")) {
        builder_add_str(column, row->message);
    } else if (str_is(name, "raw")) {
        if (row->has_raw)
            builder_add_str(column, row->raw);
        else
            builder_add_null(column);
    } else if (str_is(name, "partition")) {
        builder_add_i32(column, row->partition);
    } else if (str_is(name, "position")) {
        builder_add_i64(column, row->position);
    } else if (str_is(name, "received_at")) {
        builder_add_i64(column, row->received_us);
    } else if (str_is(name, "window_end")) {
        builder_add_i64(column, row->window_end_us);
    } else if (str_is(name, "watermark") && row->watermark_us != WATERMARK_NONE) {
        builder_add_i64(column, row->watermark_us);
    } else {
        builder_add_null(column);
    }
}

/* ── the tables ────────────────────────────────────────────────────────────────────────────────*/

/* A table that is full is cut to less than it may hold: cutting reads all that stays. */
enum { KEPT_OF_8 = 7 };

typedef struct AsideTable {
    const TableDef *table;
    int64_t bytes;           /* About what it holds, and no less. */
    _Atomic uint64_t let_go; /* Rows. */
} AsideTable;

struct AsideTables {
    AsideTable *tables;
    uint32_t count;
    int64_t bytes_max;    /* Each. */
    int64_t retention_us; /* 0: for ever. */
};

static bool read_counter(Store *store, Str table, const char *part, int64_t *out, Error *err)
{
    *out = 0;
    return store_meta_get(store, META_COUNTER, table, str_of(part), out, NULL, err);
}

bool aside_tables_open(Store *store, const PipelineSpec *spec, Arena *arena, AsideTables **out,
                       Error *err)
{
    AsideTables *tables = ARENA_NEW(arena, AsideTables);

    tables->bytes_max = settings_int(&spec->settings, "dead_letter.retention_bytes");
    tables->retention_us = settings_duration_us(&spec->settings, "dead_letter.retention");
    tables->tables = arena_zalloc(arena, (spec->table_count + 1) * sizeof *tables->tables);
    for (uint32_t i = 0; i < spec->table_count; i++) {
        AsideTable *table = &tables->tables[tables->count];
        int64_t let_go;

        if (spec->tables[i]->kind != TABLE_SYSTEM)
            continue;
        table->table = spec->tables[i];
        if (!read_counter(store, table->table->name, "bytes", &table->bytes, err) ||
            !read_counter(store, table->table->name, "let_go", &let_go, err))
            return false;
        atomic_store(&table->let_go, (uint64_t)let_go);
        tables->count++;
    }
    *out = tables;
    return true;
}

static bool keep_counters(AsideTable *table, int64_t dropped, StoreTxn *txn, Error *err)
{
    uint64_t let_go = atomic_fetch_add(&table->let_go, (uint64_t)dropped) + (uint64_t)dropped;

    return store_meta_set(txn, META_COUNTER, table->table->name, STR("bytes"), table->bytes, err) &&
           (let_go == 0 || store_meta_set(txn, META_COUNTER, table->table->name, STR("let_go"),
                                          (int64_t)let_go, err));
}

/* The rows of this table among the parts, as a batch; NULL: there are none. *bytes: what they take
 * (store_trim_bytes). */
static Batch *table_batch(AsideRows *const *parts, uint32_t part_count, const TableDef *table,
                          Arena *arena, int64_t *bytes)
{
    const Schema *schema = &table->schema;
    VectorBuilder *columns = ARENA_ARRAY(arena, VectorBuilder, schema->column_count);
    uint32_t row_count = 0;
    Batch *batch;

    *bytes = 0;
    for (uint32_t c = 0; c < schema->column_count; c++)
        builder_init(&columns[c], arena, schema->columns[c].type, 64);
    for (uint32_t p = 0; p < part_count; p++) {
        for (size_t i = 0; i < parts[p]->rows.count; i++) {
            const AsideRow *row = &parts[p]->rows.items[i];

            if (row->table != table)
                continue;
            for (uint32_t c = 0; c < schema->column_count; c++)
                add_cell(&columns[c], schema->columns[c].name, row);
            *bytes += STORE_TRIM_ROW_BYTES + (int64_t)row->reason.bytes + row->message.bytes +
                      row->raw.bytes;
            row_count++;
        }
    }
    if (row_count == 0)
        return NULL;
    batch = batch_new(arena, schema->column_count, row_count);
    for (uint32_t c = 0; c < schema->column_count; c++)
        batch->columns[c] = builder_finish(&columns[c]);
    return batch;
}

static bool write_table(const AsideTables *tables, AsideTable *table, const Batch *batch,
                        int64_t bytes, StoreTxn *txn, Error *err)
{
    int64_t dropped = 0;

    if (!store_insert(txn, table->table->name, batch, err))
        return false;
    table->bytes += bytes;
    if (table->bytes > tables->bytes_max &&
        !store_trim_bytes(txn, table->table->name, tables->bytes_max / 8 * KEPT_OF_8, &table->bytes,
                          &dropped, err))
        return false;
    return keep_counters(table, dropped, txn, err);
}

bool aside_tables_write(AsideTables *tables, AsideRows *const *parts, uint32_t part_count,
                        StoreTxn *txn, Error *err)
{
    bool empty = true;
    bool ok = true;

    for (uint32_t p = 0; p < part_count; p++)
        empty = empty && aside_is_empty(parts[p]);
    for (uint32_t t = 0; ok && !empty && t < tables->count; t++) {
        AsideTable *table = &tables->tables[t];
        int64_t bytes;
        Arena arena;
        Batch *batch;

        arena_init(&arena);
        batch = table_batch(parts, part_count, table->table, &arena, &bytes);
        ok = !batch || write_table(tables, table, batch, bytes, txn, err);
        arena_done(&arena);
    }
    return ok;
}

static bool age(AsideTable *table, int64_t since_us, StoreTxn *txn, Error *err)
{
    int64_t dropped;

    return store_trim_time(txn, table->table->name, STR("received_at"), since_us, &dropped, err) &&
           (dropped == 0 || keep_counters(table, dropped, txn, err));
}

bool aside_tables_age(AsideTables *tables, Store *store, Error *err)
{
    int64_t since_us = os_realtime_us() - tables->retention_us;
    StoreTxn *txn;

    if (!tables->retention_us)
        return true;
    if (!store_begin(store, &txn, err))
        return false;
    for (uint32_t t = 0; t < tables->count; t++) {
        if (!age(&tables->tables[t], since_us, txn, err)) {
            store_rollback(txn);
            return false;
        }
    }
    return store_commit(txn, err);
}

void aside_tables_let_go(const AsideTables *tables, Arena *arena, AsideLetGo **out, uint32_t *count)
{
    *out = ARENA_ARRAY(arena, AsideLetGo, tables->count + 1);
    *count = 0;
    for (uint32_t t = 0; t < tables->count; t++) {
        uint64_t rows = atomic_load(&tables->tables[t].let_go);

        if (rows)
            (*out)[(*count)++] = (AsideLetGo){tables->tables[t].table->name, rows};
    }
}
