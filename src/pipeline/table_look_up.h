/*
 * table_look_up.h: rows of an outside table by key, for the table side of a stream's join, instead of
 * the whole table (join_hash.c).
 *
 * A node is looked up when it is a scan, with filters above it or not, of a table whose system finds
 * rows by the columns of the join's key: in Cassandra when these hold the partition key, in PostgreSQL
 * when an index begins with one of them and the table is large (setting 'lookup.by_key').
 *
 * Thread: the worker, whose TableVersions has the connections.
 */
#ifndef WEIR_PIPELINE_TABLE_LOOK_UP_H
#define WEIR_PIPELINE_TABLE_LOOK_UP_H

#include "expr/expr.h"
#include "op/op.h"
#include "pipeline/table_version.h"

/* Of node `table`, by its columns `columns`. ERROR_RETRY: the server is away. */
bool table_may_look_up(TableVersions *versions, const Settings *settings, const Node *table,
                       const uint32_t *columns, uint32_t column_count, bool *yes, Error *err);
/* Gives the rows whose columns equal those of a row of `keys`, and maybe others. */
bool table_look_up(TableVersions *versions, const SqlContext *sql, const Node *table,
                   const uint32_t *columns, uint32_t column_count, const Batch *keys,
                   bool (*take)(void *self, const Batch *batch, Error *err), void *self,
                   Error *err);

#endif
