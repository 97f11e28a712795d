#include "sink/record_key.h"

#include <stdlib.h>

#include "column/format_value.h"
#include "format/format.h"

struct RecordKey {
    const uint32_t *columns;
    uint32_t column_count;
    const Zone *zone;
    Field *fields; /* Of the key columns, ... */
    Schema schema; /* ... for their JSON when they are several. */
    Encoder *encoder; /* Several columns; else NULL. */
    const Batch *keys; /* The key columns of the batch. */
    StrBuf text;
};

bool record_key_create(const Schema *schema, const uint32_t *columns, uint32_t column_count,
                       const Zone *zone, RecordKey **out, Error *err)
{
    const FormatOptions options = {.zone = zone};
    RecordKey *key = mem_zalloc(sizeof *key);

    key->columns = columns;
    key->column_count = column_count;
    key->zone = zone;
    key->fields = mem_zalloc((column_count + 1) * sizeof *key->fields);
    for (uint32_t i = 0; i < column_count; i++)
        key->fields[i] = schema->columns[columns[i]];
    key->schema = (Schema){column_count, key->fields};
    strbuf_init(&key->text);
    if (column_count > 1 && !format_find(STR("json"))->encoder_create(&key->schema, &options,
                                                                      &key->encoder, err)) {
        record_key_free(key);
        return false;
    }
    *out = key;
    return true;
}

void record_key_free(RecordKey *key)
{
    if (!key)
        return;
    if (key->encoder)
        key->encoder->methods->free(key->encoder);
    strbuf_done(&key->text);
    free(key->fields);
    free(key);
}

void record_key_begin(RecordKey *key, Arena *arena, const Batch *batch)
{
    Batch *keys = batch_new(arena, key->column_count, batch->row_count);

    for (uint32_t i = 0; i < key->column_count; i++)
        keys->columns[i] = batch->columns[key->columns[i]];
    key->keys = keys;
}

bool record_key_is_null(const RecordKey *key, uint32_t row_i)
{
    for (uint32_t i = 0; i < key->column_count; i++) {
        if (!vector_is_valid(key->keys->columns[i], row_i))
            return true;
    }
    return false;
}

Str record_key_of(RecordKey *key, uint32_t row_i)
{
    if (key->column_count == 0)
        return (Str){NULL, 0};
    strbuf_clear(&key->text);
    if (key->encoder)
        key->encoder->methods->encode(key->encoder, key->keys, row_i, &key->text);
    else
        value_to_text(&key->text, key->keys->columns[0], vector_row(key->keys->columns[0], row_i),
                      key->zone);
    return strbuf_str(&key->text);
}
