/*
 * aside.h: rows put aside: dead letters and late rows, until their epoch is committed.
 *
 * They are written to `<table>__dead_letter` and `<table>__late` in the epoch's own transaction, so a
 * record is told of once, whatever crashes. Thread: the worker's, then the committer's.
 */
#ifndef WEIR_PIPELINE_ASIDE_H
#define WEIR_PIPELINE_ASIDE_H

#include "plan/catalog.h"
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
/* Inserts all into their tables, which exist. */
bool aside_write(AsideRows *const *parts, uint32_t part_count, StoreTxn *txn, Error *err);

enum { ASIDE_RAW_BYTES_MAX = 1 << 20 };

#endif
