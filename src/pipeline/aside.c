#include "pipeline/aside.h"

#include <stdlib.h>

#include "base/vec.h"

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

/* All rows of one table, of all parts. */
static bool write_table(AsideRows *const *parts, uint32_t part_count, const TableDef *table,
                        StoreTxn *txn, Error *err)
{
    const Schema *schema = &table->schema;
    Arena arena;
    VectorBuilder *columns;
    Batch *batch;
    uint32_t row_count = 0;
    bool ok;

    arena_init(&arena);
    columns = ARENA_ARRAY(&arena, VectorBuilder, schema->column_count);
    for (uint32_t c = 0; c < schema->column_count; c++)
        builder_init(&columns[c], &arena, schema->columns[c].type, 64);
    for (uint32_t p = 0; p < part_count; p++) {
        for (size_t i = 0; i < parts[p]->rows.count; i++) {
            const AsideRow *row = &parts[p]->rows.items[i];

            if (row->table != table)
                continue;
            for (uint32_t c = 0; c < schema->column_count; c++)
                add_cell(&columns[c], schema->columns[c].name, row);
            row_count++;
        }
    }
    batch = batch_new(&arena, schema->column_count, row_count);
    for (uint32_t c = 0; c < schema->column_count; c++)
        batch->columns[c] = builder_finish(&columns[c]);
    ok = store_insert(txn, table->name, batch, err);
    arena_done(&arena);
    return ok;
}

bool aside_write(AsideRows *const *parts, uint32_t part_count, StoreTxn *txn, Error *err)
{
    VEC(const TableDef *) written = {0};
    bool ok = true;

    for (uint32_t p = 0; ok && p < part_count; p++) {
        for (size_t i = 0; ok && i < parts[p]->rows.count; i++) {
            const TableDef *table = parts[p]->rows.items[i].table;
            bool seen = false;

            for (size_t w = 0; w < written.count; w++)
                seen = seen || written.items[w] == table;
            if (seen)
                continue;
            VEC_ADD(&written, table);
            ok = write_table(parts, part_count, table, txn, err);
        }
    }
    VEC_DONE(&written);
    return ok;
}
