/*
 * table_scan.c: whole tables, read for batch queries and for the table side of joins.
 *
 * Values that do not fit are NULL here, as in Spark's batch reads (design.md, "Bad values").
 */
#include "os/os.h"
#include "pipeline/connect_impl.h"
#include "pipeline/data_catalog.h"
#include "pipeline/table_format.h"
#include "source/topic_source.h"

enum { READY_WAIT_US = 30000000, READY_LOOK_US = 20000 };

/* A scan on its way into an operator. */
typedef struct TableScan {
    Connections *connections;
    const Node *node;
    const SqlContext *sql;
    Op *op;
    uint32_t input_i;
} TableScan;

static bool push(TableScan *scan, const Batch *batch, Error *err)
{
    bool ok;

    scan->op->rows_in += batch->row_count;
    ok = scan->op->methods->on_batch(scan->op, scan->input_i, batch, err);
    arena_reset(scan->op->context->batch_arena);
    return ok;
}

static bool scan_memory(TableScan *scan, Error *err)
{
    const ScanNode *node = &scan->node->as.scan;
    const MemoryRows *rows = node->table->rows;

    for (size_t i = 0; rows && i < rows->count && !op_is_done(scan->op); i++) {
        const Batch *from = rows->batches[i];
        Batch *batch =
            batch_new(scan->op->context->batch_arena, node->column_count, from->row_count);

        for (uint32_t c = 0; c < node->column_count; c++)
            batch->columns[c] = from->columns[node->columns[c]];
        if (!push(scan, batch, err))
            return false;
    }
    return true;
}

static bool scan_store(TableScan *scan, Error *err)
{
    const ScanNode *node = &scan->node->as.scan;
    StoreScanSpec spec = {
        .table = node->table->name,
        .columns = node->columns,
        .column_count = node->column_count,
        .filters = node->filters,
        .filter_count = node->filter_count,
        .schema = &node->table->schema, /* The plan outlives what is made of the rows. */
    };
    StoreScan *rows = NULL;
    Store *store;
    Batch *batch;
    bool ok;

    if (!scan->connections->store)
        return error_set(err, ERROR_USER, "table '%.*s' needs a data directory; give one with "
                                          "--data",
                         STR_ARG(node->table->name));
    if (!store_open(store_path(scan->connections->store), STORE_READER, &store, err))
        return false;
    ok = store_scan_open(store, &spec, &rows, err);
    while (ok && !op_is_done(scan->op)) {
        ok = store_scan_next(rows, scan->op->context->batch_arena, BATCH_ROWS_DEFAULT, &batch, err);
        if (!ok || !batch)
            break;
        ok = push(scan, batch, err);
    }
    store_scan_close(rows);
    store_close(store);
    return ok;
}

static bool scan_outside(TableScan *scan, const OutsideRole *role, Error *err)
{
    const ScanNode *node = &scan->node->as.scan;
    const OutsideTableConfig config = {.table = node->table,
                                       .settings = scan->connections->settings};
    const StoreScanSpec spec = {
        .table = node->table->name,
        .columns = node->columns,
        .column_count = node->column_count,
        .filters = node->filters,
        .filter_count = node->filter_count,
        .schema = &node->table->schema,
    };
    OutsideTable *table;
    OutsideScan *rows = NULL;
    Batch *batch;
    bool ok;

    if (!role->table(&config, &table, err))
        return false;
    ok = table->methods->scan_open(table, &spec, &rows, err);
    while (ok && !op_is_done(scan->op)) {
        ok = table->methods->scan_next(rows, scan->op->context->batch_arena, BATCH_ROWS_DEFAULT,
                                       &batch, err);
        if (!ok || !batch)
            break;
        ok = push(scan, batch, err);
    }
    table->methods->scan_close(rows);
    table->methods->free(table);
    return ok;
}

/* The decoder for the columns the scan reads, under the table's own names. */
static bool make_decoder(TableScan *scan, Arena *arena, TableDecoder **out, Error *err)
{
    const TableDef *table = scan->node->as.scan.table;
    Schema *schema = ARENA_NEW(arena, Schema);
    Field *columns = ARENA_ARRAY(arena, Field, scan->node->as.scan.column_count + 1);

    for (uint32_t c = 0; c < scan->node->as.scan.column_count; c++) {
        columns[c] = table->schema.columns[scan->node->as.scan.columns[c]];
        columns[c].type = scan->node->schema.columns[c].type;
    }
    *schema = (Schema){scan->node->as.scan.column_count, columns};
    return table_decoder_create(table, schema, FORMAT_PERMISSIVE, scan->sql->zone, out, err);
}

/* What the records need besides themselves (their schemas) is waited for, for a while. */
static bool wait_until_ready(TableDecoder *decoder, const SourceRecords *records, Error *err)
{
    int64_t until_us = os_monotonic_us() + READY_WAIT_US;

    while (!table_decoder_ready(decoder, records, err)) {
        if (os_monotonic_us() > until_us)
            return false;
        os_sleep_us(READY_LOOK_US);
    }
    return true;
}

static bool scan_partition(TableScan *scan, Source *source, int32_t partition,
                           TableDecoder *decoder, Error *err)
{
    SourceReader *reader;
    SourceRecords records;
    bool ok = true;

    /* From the very first record, wherever flows may start. */
    if (!source->methods->reader_open(source, partition, 0, &reader, err))
        return false;
    while (!op_is_done(scan->op)) {
        BadRecords bad = {0};
        Batch *batch;

        ok = source->methods->poll(reader, BATCH_ROWS_DEFAULT, &records, err);
        if (!ok)
            break;
        if (records.count == 0) {
            if (records.at_end || records.finished)
                break;
            continue;
        }
        ok = wait_until_ready(decoder, &records, err);
        if (!ok)
            break;
        table_decoder_decode(decoder, scan->op->context->batch_arena, &records, partition, &batch,
                             NULL, &bad);
        ok = push(scan, batch, err);
        if (!ok)
            break;
    }
    source->methods->reader_close(reader);
    return ok;
}

static bool scan_source(TableScan *scan, Error *err)
{
    const TableDef *table = scan->node->as.scan.table;
    TableDecoder *decoder = NULL;
    Source *source;
    Arena arena;
    int32_t count;
    bool ok;

    if (table->provider == PROVIDER_RATE && !table_option_given(table, "rows"))
        return error_set(err, ERROR_USER, "table '%.*s' never ends: give it 'rows' to read it "
                                          "whole",
                         STR_ARG(table->name));
    if (table->provider == PROVIDER_NEXMARK && !table_option_given(table, "count"))
        return error_set(err, ERROR_USER, "table '%.*s' never ends: give it 'count' to read it "
                                          "whole",
                         STR_ARG(table->name));
    arena_init(&arena);
    ok = connections_source(scan->connections, table, &source, err) &&
         source->methods->partition_count(source, &count, err) &&
         make_decoder(scan, &arena, &decoder, err);
    for (int32_t p = 0; ok && p < count && !op_is_done(scan->op); p++)
        ok = scan_partition(scan, source, p, decoder, err);
    table_decoder_free(decoder);
    arena_done(&arena);
    return ok;
}

/* Not one that was kept in an outside system, whose connection is not configured now. */
static bool check_embedded(Connections *connections, const TableDef *table, Error *err)
{
    const StoreTable *found = NULL;
    bool knows = false;
    Arena arena;
    bool ok;

    if (!connections->store || !provider_role(table->provider) ||
        table->kind == TABLE_SYSTEM || table->provider == PROVIDER_KAFKA)
        return true;
    if (table->kind == TABLE_SOURCE)
        knows = true;
    else if (!data_catalog_knows_outside_table(connections->store, table->name, &knows, err))
        return false;
    arena_init(&arena);
    ok = !knows || store_table_find(connections->store, &arena, table->name, &found, err);
    arena_done(&arena);
    if (ok && knows && !found)
        return error_set(err, ERROR_USER,
                         "its rows are in %s: tell where that is (--set %s=…, or --config FILE)",
                         provider_role(table->provider)->system,
                         provider_role(table->provider)->setting);
    return ok;
}

bool connections_scan_into(Connections *connections, const Node *node, const SqlContext *sql, Op *op,
                           uint32_t input_i, Error *err)
{
    const TableDef *table = node->as.scan.table;
    const OutsideRole *role = role_of(connections->settings, table);
    TableScan scan = {connections, node, sql, op, input_i};
    bool ok;

    if (table->kind == TABLE_MEMORY)
        ok = scan_memory(&scan, err);
    else if (role && role->table)
        ok = scan_outside(&scan, role, err);
    else if (!role && !check_embedded(connections, table, err))
        ok = false;
    else if (table->kind == TABLE_SYSTEM || table->provider == PROVIDER_CASSANDRA ||
             table->provider == PROVIDER_POSTGRES)
        ok = scan_store(&scan, err);
    else
        ok = scan_source(&scan, err);
    if (!ok)
        return error_wrap(err, "read '%.*s'", STR_ARG(table->name));
    ok = op->methods->on_end(op, input_i, err);
    arena_reset(op->context->batch_arena);
    return ok;
}
