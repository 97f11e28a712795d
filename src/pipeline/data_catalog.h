/*
 * data_catalog.h: the tables of a data directory, by what the store knows of them: what `weir sql
 * --data` and `weir topic` find without the pipeline's file.
 */
#ifndef WEIR_PIPELINE_DATA_CATALOG_H
#define WEIR_PIPELINE_DATA_CATALOG_H

#include "pipeline/connect.h"

/* Tables of the store, those that stand on topics (their shape is kept with the topics' ends), and
 * those in outside systems. */
bool data_catalog_load(Connections *connections, Arena *arena, const Catalog **out, Error *err);
/* Remembers a table that stands on a topic; within the store's transaction. */
bool data_catalog_put_topic_table(StoreTxn *txn, const TableDef *table, Str topic, Error *err);
/* Remembers a table that stands in an outside system, made or checked there. */
bool data_catalog_put_outside_table(StoreTxn *txn, const TableDef *table, Error *err);
bool data_catalog_knows_outside_table(Store *store, Str table, bool *knows, Error *err);
bool data_catalog_forget_topic_table(StoreTxn *txn, Str table, Error *err);
/* The names of the tables that stand on a topic. */
bool data_catalog_topic_tables(Store *store, Arena *arena, Str topic, Str **names, size_t *count,
                               Error *err);

#endif
