/*
 * scan.c: tables into batches.
 *
 * One SELECT a scan. A filter goes to SQLite only where SQLite's comparison of the cells is Spark's
 * of the values, or lets too many rows through, never too few (store.h): filter_class tells which.
 */
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "store/cell.h"
#include "store/store_impl.h"

struct StoreScan {
    Store *store;
    const StoreTable *table;
    sqlite3_stmt *statement;
    uint32_t column_count;
    const uint32_t *columns; /* Of the table. */
    CellReader *readers;
    CellBinder *binders; /* Of the filters' values. */
    uint32_t binder_count;
    bool at_end;
    Arena arena;
};

/* ── filters ───────────────────────────────────────────────────────────────────────────────────*/

typedef enum FilterClass {
    FILTER_IGNORED,
    FILTER_EXACT,
    FILTER_BY_ORDER,     /* By a DECIMAL's companion. */
    FILTER_OR_MINUS_INF, /* '-Infinity' is a text, and texts stand above all numbers. */
} FilterClass;

static FilterClass number_class(StoreCompare op, const StoreFilter *filter)
{
    double value = filter->value->type->kind == TYPE_FLOAT ? (double)vector_f32(filter->value)[0]
                                                           : vector_f64(filter->value)[0];

    if (op == STORE_EQ)
        return FILTER_EXACT;
    if (!isfinite(value))
        return FILTER_IGNORED;
    return op == STORE_LT || op == STORE_LE ? FILTER_OR_MINUS_INF : FILTER_EXACT;
}

/* Times before year 0 are texts with a minus sign, in the wrong order among themselves. */
static FilterClass time_class(StoreCompare op, const StoreFilter *filter)
{
    const int64_t year0_days = -719528;
    int64_t days = filter->value->type->kind == TYPE_DATE
                       ? vector_i32(filter->value)[0]
                       : vector_i64(filter->value)[0] / INT64_C(86400000000) - 1;

    return op == STORE_EQ || days >= year0_days ? FILTER_EXACT : FILTER_IGNORED;
}

static FilterClass filter_class(Arena *arena, const StoreTable *table, const StoreFilter *filter)
{
    const Type *type = table->schema.columns[filter->column_i].type;

    if (filter->op == STORE_IS_NULL || filter->op == STORE_IS_NOT_NULL)
        return FILTER_EXACT;
    switch (type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_STRING:
    case TYPE_BINARY:
        return FILTER_EXACT;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return number_class(filter->op, filter);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        return time_class(filter->op, filter);
    case TYPE_DECIMAL:
        if (store_order_column(arena, table, filter->column_i).data)
            return FILTER_BY_ORDER;
        return filter->op == STORE_EQ ? FILTER_EXACT : FILTER_IGNORED;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return filter->op == STORE_EQ ? FILTER_EXACT : FILTER_IGNORED;
    case TYPE_VOID:
    case TYPE_INTERVAL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    return FILTER_IGNORED;
}

static const char *const compare_sql[] = {
    [STORE_EQ] = " = ",
    [STORE_LT] = " < ",
    [STORE_LE] = " <= ",
    [STORE_GT] = " > ",
    [STORE_GE] = " >= ",
    [STORE_IS_NULL] = " IS NULL",
    [STORE_IS_NOT_NULL] = " IS NOT NULL",
};

static bool add_filter(StrBuf *sql, StoreScan *scan, const StoreFilter *filter, bool *first,
                       Error *err)
{
    const Field *column = &scan->table->schema.columns[filter->column_i];
    FilterClass class = filter_class(&scan->arena, scan->table, filter);
    bool has_value = filter->op < STORE_IS_NULL;
    int place = (int)scan->binder_count + 1;

    if (class == FILTER_IGNORED)
        return true;
    strbuf_add_c(sql, *first ? " WHERE (" : " AND (");
    *first = false;
    store_add_name(sql, class == FILTER_BY_ORDER
                            ? store_order_column(&scan->arena, scan->table, filter->column_i)
                            : column->name);
    strbuf_add_c(sql, compare_sql[filter->op]);
    if (has_value) {
        CellBinder *binder = &scan->binders[scan->binder_count];

        strbuf_printf(sql, "?%d", place);
        if (!cell_binder_init(binder, column->type, class == FILTER_BY_ORDER ? 0 : place,
                              class == FILTER_BY_ORDER ? place : 0, err))
            return false;
        /* Its own copy: the value need not outlive the call. */
        cell_binder_use(binder, vector_copy(&scan->arena, filter->value));
        scan->binder_count++;
    }
    if (class == FILTER_OR_MINUS_INF) {
        strbuf_add_c(sql, " OR ");
        store_add_name(sql, column->name);
        strbuf_add_c(sql, " = '-Infinity'");
    }
    strbuf_add_char(sql, ')');
    return true;
}

/* ── the statement ─────────────────────────────────────────────────────────────────────────────*/

/* The rowid by a name that no column has taken; NULL: they all are. */
static const char *rowid_name(const Schema *schema)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (schema_find(schema, str_of(names[i])) < 0)
            return names[i];
    }
    return NULL;
}

static void add_order(StrBuf *sql, StoreScan *scan)
{
    const StoreTable *table = scan->table;
    const char *rowid;

    for (uint32_t i = 0; i < table->key_count; i++) {
        uint32_t column_i = table->key_columns[i];
        Str order = store_order_column(&scan->arena, table, column_i);

        strbuf_add_c(sql, i ? ", " : " ORDER BY ");
        store_add_name(sql, order.data ? order : table->schema.columns[column_i].name);
    }
    rowid = table->key_count ? NULL : rowid_name(&table->schema);
    if (rowid)
        strbuf_printf(sql, " ORDER BY %s", rowid);
}

static bool add_select(StrBuf *sql, StoreScan *scan, const StoreScanSpec *spec, Error *err)
{
    bool first = true;

    strbuf_add_c(sql, "SELECT ");
    for (uint32_t i = 0; i < scan->column_count; i++) {
        if (i)
            strbuf_add_char(sql, ',');
        store_add_name(sql, scan->table->schema.columns[scan->columns[i]].name);
    }
    if (scan->column_count == 0) /* count(*) needs the number of rows alone. */
        strbuf_add_c(sql, "1");
    strbuf_add_c(sql, " FROM ");
    store_add_name(sql, scan->table->name);
    for (uint32_t i = 0; i < spec->filter_count; i++) {
        if (!add_filter(sql, scan, &spec->filters[i], &first, err))
            return false;
    }
    add_order(sql, scan);
    return true;
}

static bool scan_start(StoreScan *scan, const StoreScanSpec *spec, Error *err)
{
    StrBuf sql = {0};
    bool ok = add_select(&sql, scan, spec, err) &&
              store_prepare(scan->store, strbuf_c(&sql), &scan->statement, err);

    strbuf_done(&sql);
    for (uint32_t i = 0; ok && i < scan->binder_count; i++)
        cell_bind(&scan->binders[i], scan->statement, 0);
    return ok;
}

/* A caller that planned on other columns than there are (another process has changed the table since)
 * is told so. */
static bool choose_columns(StoreScan *scan, const StoreScanSpec *spec, Error *err)
{
    uint32_t count = spec->columns ? spec->column_count : scan->table->schema.column_count;
    uint32_t *columns = ARENA_ARRAY(&scan->arena, uint32_t, count);

    for (uint32_t i = 0; i < count; i++) {
        columns[i] = spec->columns ? spec->columns[i] : i;
        if (columns[i] >= scan->table->schema.column_count)
            return error_set(err, ERROR_USER, "store '%s': table '%.*s' has other columns by now",
                             scan->store->path, STR_ARG(scan->table->name));
    }
    scan->columns = columns;
    scan->column_count = count;
    return true;
}

/* The store's types go with the scan; those of the caller, when they are the same, need no copy. */
static bool use_lasting_types(StoreScan *scan, const Schema *schema, Error *err)
{
    for (uint32_t i = 0; i < scan->column_count; i++) {
        uint32_t c = scan->columns[i];

        if (c >= schema->column_count ||
            !type_equal(schema->columns[c].type, scan->table->schema.columns[c].type))
            return error_set(err, ERROR_USER,
                             "store '%s': table '%.*s' has another type in column '%.*s' by now",
                             scan->store->path, STR_ARG(scan->table->name),
                             STR_ARG(scan->table->schema.columns[c].name));
        scan->readers[i].lasting = schema->columns[c].type;
    }
    return true;
}

bool store_scan_open(Store *store, const StoreScanSpec *spec, StoreScan **out, Error *err)
{
    StoreScan *scan = mem_zalloc(sizeof *scan);

    scan->store = store;
    arena_init(&scan->arena);
    scan->table = store_table_need(store, &scan->arena, spec->table, err);
    if (!scan->table)
        goto fail;
    if (!choose_columns(scan, spec, err))
        goto fail;
    scan->readers = arena_zalloc(&scan->arena, scan->column_count * sizeof *scan->readers);
    scan->binders = arena_zalloc(&scan->arena, spec->filter_count * sizeof *scan->binders);
    for (uint32_t i = 0; i < scan->column_count; i++) {
        if (!cell_reader_init(&scan->readers[i], scan->table->schema.columns[scan->columns[i]].type,
                              (int)i, err))
            goto fail;
    }
    if (spec->schema && !use_lasting_types(scan, spec->schema, err))
        goto fail;
    if (!scan_start(scan, spec, err))
        goto fail;
    *out = scan;
    return true;

fail:
    store_scan_close(scan);
    return false;
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

static bool bad_cell(StoreScan *scan, uint32_t i, Error *err)
{
    const Field *column = &scan->table->schema.columns[scan->columns[i]];
    StrBuf type = {0};

    type_name_sql(&type, column->type);
    error_set(err, ERROR_USER,
              "store '%s': table '%.*s', column '%.*s' holds a value that is no %s: it was changed "
              "by another program",
              scan->store->path, STR_ARG(scan->table->name), STR_ARG(column->name),
              strbuf_c(&type));
    strbuf_done(&type);
    return false;
}

static bool read_rows(StoreScan *scan, uint32_t row_max, uint32_t *row_count, Error *err)
{
    uint32_t count = 0;
    bool row = false;

    while (count < row_max) {
        if (!store_step(scan->store, scan->statement, &row, err))
            return false;
        if (!row) {
            scan->at_end = true;
            break;
        }
        for (uint32_t i = 0; i < scan->column_count; i++) {
            if (!cell_read(&scan->readers[i], scan->statement))
                return bad_cell(scan, i, err);
        }
        count++;
    }
    *row_count = count;
    return true;
}

bool store_scan_next(StoreScan *scan, Arena *arena, uint32_t row_max, Batch **out, Error *err)
{
    uint32_t row_count = 0;
    uint32_t bad_row;
    Batch *batch;

    ASSERT(row_max > 0);
    *out = NULL;
    if (scan->at_end)
        return true;
    for (uint32_t i = 0; i < scan->column_count; i++)
        cell_reader_begin(&scan->readers[i], arena, MIN(row_max, BATCH_ROWS_DEFAULT));
    if (!read_rows(scan, row_max, &row_count, err))
        return false;
    if (row_count == 0)
        return true;
    batch = batch_new(arena, scan->column_count, row_count);
    for (uint32_t i = 0; i < scan->column_count; i++) {
        batch->columns[i] = cell_reader_finish(&scan->readers[i], &bad_row);
        if (!batch->columns[i])
            return bad_cell(scan, i, err);
    }
    *out = batch;
    return true;
}

void store_scan_close(StoreScan *scan)
{
    if (!scan)
        return;
    sqlite3_finalize(scan->statement);
    for (uint32_t i = 0; scan->readers && i < scan->column_count; i++)
        cell_reader_done(&scan->readers[i]);
    for (uint32_t i = 0; scan->binders && i < scan->binder_count; i++)
        cell_binder_done(&scan->binders[i]);
    arena_done(&scan->arena);
    free(scan);
}
