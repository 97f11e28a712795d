#include "pipeline/table_look_up.h"

#include "base/assert.h"
#include "expr/eval.h"

/* The scan below filters; NULL: the node is more than that. */
static const Node *scan_below(const Node *node)
{
    while (node->kind == NODE_FILTER)
        node = node->inputs[0];
    return node->kind == NODE_SCAN ? node : NULL;
}

static uint32_t *table_columns(Arena *arena, const ScanNode *scan, const uint32_t *columns,
                               uint32_t column_count)
{
    uint32_t *out = ARENA_ARRAY(arena, uint32_t, column_count + 1);

    for (uint32_t i = 0; i < column_count; i++)
        out[i] = scan->columns[columns[i]];
    return out;
}

bool table_may_look_up(TableVersions *versions, const Settings *settings, const Node *table,
                       const uint32_t *columns, uint32_t column_count, bool *yes, Error *err)
{
    Str when = settings_text(settings, "lookup.by_key");
    const Node *scan = scan_below(table);
    OutsideTable *outside;
    bool large = false;
    Arena arena;
    bool ok;

    *yes = false;
    if (!scan || str_is_nocase(when, "never"))
        return true;
    outside = table_versions_outside(versions, scan->as.scan.table);
    if (!outside || !outside->methods->looks_up)
        return true;
    arena_init(&arena);
    ok = outside->methods->looks_up(outside,
                                    table_columns(&arena, &scan->as.scan, columns, column_count),
                                    column_count, yes, &large, err);
    arena_done(&arena);
    *yes = ok && *yes && (large || str_is_nocase(when, "always"));
    return ok;
}

/* The rows that pass the filters from `node` down to the scan, the lowest first. */
static bool filter_rows(const SqlContext *sql, const Node *node, Arena *arena, const Batch **batch,
                        Error *err)
{
    uint32_t *rows, *error_rows;
    uint32_t count, error_count = 0;
    Vector *result;

    if (node->kind == NODE_SCAN)
        return true;
    if (!filter_rows(sql, node->inputs[0], arena, batch, err))
        return false;
    rows = ARENA_ARRAY(arena, uint32_t, (*batch)->row_count + 1);
    error_rows = ARENA_ARRAY(arena, uint32_t, (*batch)->row_count + 1);
    program_eval(node->as.filter.condition, sql, arena, *batch, &result);
    count = condition_rows(result, rows, error_rows, &error_count);
    if (error_count > 0)
        return row_error_tell(vector_error(result, error_rows[0]), err);
    if (count < (*batch)->row_count)
        *batch = batch_select(arena, *batch, rows, count);
    return true;
}

bool table_look_up(TableVersions *versions, const SqlContext *sql, const Node *table,
                   const uint32_t *columns, uint32_t column_count, const Batch *keys,
                   bool (*take)(void *self, const Batch *batch, Error *err), void *self, Error *err)
{
    const Node *below = scan_below(table);
    const ScanNode *scan;
    OutsideTable *outside;
    OutsideScan *rows = NULL;
    StoreKeys asked;
    StoreScanSpec spec;
    Arena arena;
    bool ok;

    ASSERT(below); /* table_may_look_up has said so. */
    scan = &below->as.scan;
    outside = table_versions_outside(versions, scan->table);
    arena_init(&arena);
    asked = (StoreKeys){table_columns(&arena, scan, columns, column_count), column_count, keys};
    spec = (StoreScanSpec){
        .table = scan->table->name,
        .columns = scan->columns,
        .column_count = scan->column_count,
        .filters = scan->filters,
        .filter_count = scan->filter_count,
        .keys = &asked,
        .schema = &scan->table->schema,
    };
    ok = keys->row_count == 0 || outside->methods->scan_open(outside, &spec, &rows, err);
    while (ok && rows) {
        Arena some;
        Batch *batch;

        arena_init(&some);
        ok = outside->methods->scan_next(rows, &some, BATCH_ROWS_DEFAULT, &batch, err);
        if (ok && batch) {
            const Batch *left = batch;

            ok = filter_rows(sql, table, &some, &left, err) &&
                 (left->row_count == 0 || take(self, left, err));
        } else {
            outside->methods->scan_close(rows);
            rows = NULL;
        }
        arena_done(&some);
    }
    if (rows)
        outside->methods->scan_close(rows);
    arena_done(&arena);
    return ok || error_wrap(err, "read '%.*s'", STR_ARG(scan->table->name));
}
