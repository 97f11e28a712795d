/*
 * record_key.h: the key of a topic's record out of a row's key columns: one column as its text, several
 * as a JSON object; none: records have no key.
 *
 * Thread: one at a time.
 */
#ifndef WEIR_SINK_RECORD_KEY_H
#define WEIR_SINK_RECORD_KEY_H

#include "column/batch.h"
#include "column/zone.h"

typedef struct RecordKey RecordKey;

/* Borrows the schema and the columns' numbers for its life. */
bool record_key_create(const Schema *schema, const uint32_t *columns, uint32_t column_count,
                       const Zone *zone, RecordKey **out, Error *err);
void record_key_free(RecordKey *key); /* NULL is fine. */
/* The next rows are of this batch, which stays until the next call, as `arena` does. */
void record_key_begin(RecordKey *key, Arena *arena, const Batch *batch);
bool record_key_is_null(const RecordKey *key, uint32_t row_i); /* A column of it is. */
/* *out is borrowed until the next call; data == NULL: records have no key. */
Str record_key_of(RecordKey *key, uint32_t row_i);

#endif
