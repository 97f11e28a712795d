/*
 * aside.h: rows put aside: dead letters and late rows, until their epoch is committed.
 *
 * They are written to `<table>__dead_letter` and `<table>__late` in the epoch's own transaction, so a
 * record is told of once, whatever crashes. Thread: the worker's, then the committer's.
 *
 * These tables are bounded (settings 'dead_letter.retention_bytes' and 'dead_letter.retention'): the oldest
 * rows are let go, in the transaction that brings others, and counted (META_COUNTER of the table: 'bytes',
 * what it holds; 'let_go', rows).
 */
#ifndef WEIR_PIPELINE_ASIDE_H
#define WEIR_PIPELINE_ASIDE_H

#include "plan/pipeline_spec.h"
#include "store/store.h"

typedef struct AsideRows AsideRows;

AsideRows *aside_create(void);
void aside_free(AsideRows *rows); /* NULL is fine. */
bool aside_is_empty(const AsideRows *rows);
/* `table` is the system table; texts are copied, cut to ASIDE_RAW_BYTES_MAX. raw.data == NULL: none. */
void aside_dead_letter(AsideRows *rows, const TableDef *table, Str reason, Str message, Str raw,
                       int32_t partition, int64_t position, int64_t received_us);
void aside_late(AsideRows *rows, const TableDef *table, const char *reason, int64_t window_end_us,
                int64_t watermark_us, Str raw, int32_t partition, int64_t position,
                int64_t received_us);

/* The tables themselves, of a run. Thread: the committer's, but for aside_tables_let_go: any. */
typedef struct AsideTables AsideTables;

typedef struct AsideLetGo {
    Str table;
    uint64_t row_count; /* Rows that are gone, since the data directory was made. */
} AsideLetGo;

/* The tables of `spec`, which exist. In `arena`. */
bool aside_tables_open(Store *store, const PipelineSpec *spec, Arena *arena, AsideTables **out,
                       Error *err);
/* Inserts all. */
bool aside_tables_write(AsideTables *tables, AsideRows *const *parts, uint32_t part_count,
                        StoreTxn *txn, Error *err);
/* Lets rows go that have become too old, in a transaction of its own. */
bool aside_tables_age(AsideTables *tables, Store *store, Error *err);
/* Tables of which rows were let go, in `arena`. */
void aside_tables_let_go(const AsideTables *tables, Arena *arena, AsideLetGo **out,
                         uint32_t *count);

enum { ASIDE_RAW_BYTES_MAX = 1 << 20 };

#endif
