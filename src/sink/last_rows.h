/*
 * last_rows.h: of rows that are to be upserted, the last of each key: those before it would be written
 * over at once, and PostgreSQL refuses two of a key in one statement.
 */
#ifndef WEIR_SINK_LAST_ROWS_H
#define WEIR_SINK_LAST_ROWS_H

#include "base/str.h"

/* Rows that no later row of the same key follows, in their order, into `rows`, which has room for all;
 * how many. `hashes`: of the keys' bytes. */
uint32_t last_rows(const Str *keys, const uint64_t *hashes, uint32_t row_count, uint32_t *rows);

#endif
