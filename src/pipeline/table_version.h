/*
 * table_version.h: whether a table has changed since it was read last: for the table side of joins,
 * which is held until then.
 *
 * Of an embedded table the store knows. An outside system is asked, at most once in
 * 'lookup.refresh'; where it cannot tell, that much time stands for a change. While it is away, the
 * last answer holds.
 *
 * Thread: one at a time; each worker has its own.
 */
#ifndef WEIR_PIPELINE_TABLE_VERSION_H
#define WEIR_PIPELINE_TABLE_VERSION_H

#include "pipeline/connect.h"
#include "source/outside_table.h"

typedef struct TableVersions TableVersions;

TableVersions *table_versions_create(Connections *connections);
void table_versions_free(TableVersions *versions); /* NULL is fine. */
/* A number that changes when the table's rows may have. */
int64_t table_version(TableVersions *versions, const TableDef *table);
/* The connection that it is asked over; NULL: it stands in no outside system, or cannot be opened. */
OutsideTable *table_versions_outside(TableVersions *versions, const TableDef *table);

#endif
