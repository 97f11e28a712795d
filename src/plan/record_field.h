/*
 * record_field.h: columns of a topic's table that are filled from the record itself, not from its
 * value: the option 'metadata'. Names and types are those of Spark's kafka source.
 *
 *     'metadata' = 'partition, offset, at = timestamp'      COLUMN, or COLUMN = FIELD
 */
#ifndef WEIR_PLAN_RECORD_FIELD_H
#define WEIR_PLAN_RECORD_FIELD_H

#include "column/batch.h"

typedef enum RecordField {
    RECORD_VALUE, /* The value, by the table's format. */
    RECORD_KEY,   /* BINARY, or STRING. */
    RECORD_TOPIC,
    RECORD_PARTITION,
    RECORD_OFFSET,
    RECORD_TIMESTAMP,
    RECORD_TIMESTAMP_TYPE, /* 0: when it was made, 1: when the broker had it. */
    RECORD_HEADERS,
    RECORD_FIELD_COUNT
} RecordField;

/* One RecordField a column of `schema`; NULL where text.data is. */
bool record_fields_parse(Arena *arena, Str text, const Schema *schema, const uint8_t **out,
                         Error *err);

#endif
