/*
 * outside_table.h: a table of another system, read whole or in part: batch tables, the table side
 * of joins, `weir sql`.
 *
 * The words are those of the embedded store (store.h): a StoreScanSpec names columns and filters; a
 * system decides the filters that it can and may return rows that do not satisfy the others, for
 * the caller filters again. The types of the columns are the spec's `schema`.
 *
 *     table->methods->scan_open(table, &spec, &scan, err)
 *     table->methods->scan_next(scan, arena, row_max, &batch, err)   until *batch is NULL
 *     table->methods->scan_close(scan)
 *
 * After a failure the table connects anew at the next scan. Thread: one at a time; each user makes a
 * table of its own, with its own connection. One scan at a time on each.
 */
#ifndef WEIR_SOURCE_OUTSIDE_TABLE_H
#define WEIR_SOURCE_OUTSIDE_TABLE_H

#include "plan/catalog.h"
#include "plan/setting.h"
#include "store/store.h"

typedef struct OutsideTable OutsideTable;
typedef struct OutsideScan OutsideScan;

/* Borrowed for the table's life. */
typedef struct OutsideTableConfig {
    const TableDef *table;
    const Settings *settings;
} OutsideTableConfig;

typedef struct OutsideTableMethods {
    const char *name;
    /* `spec->schema` is given. ERROR_RETRY: the server is away. */
    bool (*scan_open)(OutsideTable *table, const StoreScanSpec *spec, OutsideScan **out,
                      Error *err);
    /* The next up to `row_max` rows, in `arena`; *out is NULL at the end. */
    bool (*scan_next)(OutsideScan *scan, Arena *arena, uint32_t row_max, Batch **out, Error *err);
    void (*scan_close)(OutsideScan *scan); /* NULL is fine. */
    /* Whether rows are found by values of these columns (StoreScanSpec.keys) without reading the table;
     * *large: and it is so large that it should not be read whole. NULL: never. */
    bool (*looks_up)(OutsideTable *table, const uint32_t *columns, uint32_t column_count, bool *yes,
                     bool *large, Error *err);
    /* A number that changes when the table's rows may have; false with ERROR_RETRY: not known now.
     * NULL: the system cannot tell (read anew each time it matters). */
    bool (*version)(OutsideTable *table, int64_t *out, Error *err);
    void (*free)(OutsideTable *table); /* Disconnects. */
} OutsideTableMethods;

struct OutsideTable {
    const OutsideTableMethods *methods;
};

#endif
