#include "sink/kept_rows.h"

#include <stdlib.h>

#include "column/key.h"
#include "sink/last_rows.h"

enum { THIN_ROWS_MIN = 16384 };

KeptRows *kept_rows_create(void)
{
    KeptRows *rows = mem_zalloc(sizeof *rows);

    arena_init(&rows->arena);
    rows->thin_at = THIN_ROWS_MIN;
    return rows;
}

void kept_rows_free(KeptRows *rows)
{
    if (!rows)
        return;
    arena_done(&rows->arena);
    VEC_DONE(&rows->batches);
    free(rows);
}

/* A copy of the batch's columns. */
static void add(KeptRows *rows, const Batch *batch)
{
    Batch bare = *batch;

    bare.watermark_us = NULL;
    bare.origin = NULL;
    VEC_ADD(&rows->batches, batch_copy(&rows->arena, &bare));
    rows->row_count += batch->row_count;
}

/* ── the last row of each key ──────────────────────────────────────────────────────────────────*/

static uint32_t last_of_keys(Arena *arena, const SinkConfig *config, const Batch *batch,
                             uint32_t *rows)
{
    const Vector **columns = ARENA_ARRAY(arena, const Vector *, config->key_count);
    KeySet keys;

    for (uint32_t i = 0; i < config->key_count; i++)
        columns[i] = batch->columns[config->key_columns[i]];
    key_encode(arena, columns, config->key_count, batch->row_count, &keys);
    return last_rows(keys.keys, keys.hashes, batch->row_count, rows);
}

void kept_rows_thin(KeptRows **rows, const SinkConfig *config)
{
    KeptRows *full = *rows;
    Batch *all = batch_concat(&full->arena, config->schema, full->batches.items,
                              (uint32_t)full->batches.count);
    uint32_t *last = ARENA_ARRAY(&full->arena, uint32_t, all->row_count);
    uint32_t row_count = last_of_keys(&full->arena, config, all, last);

    *rows = kept_rows_create();
    add(*rows, batch_select(&full->arena, all, last, row_count));
    (*rows)->thin_at = MAX(row_count * 2, (uint32_t)THIN_ROWS_MIN);
    kept_rows_free(full);
}

void kept_rows_add(KeptRows **rows, const SinkConfig *config, const Batch *batch)
{
    if (!*rows)
        *rows = kept_rows_create();
    add(*rows, batch);
    if (config->key_count && (*rows)->row_count >= (*rows)->thin_at)
        kept_rows_thin(rows, config);
}

/* ── keys that are NULL ────────────────────────────────────────────────────────────────────────*/

static bool has_null_key(const SinkConfig *config, const Batch *batch, uint32_t row_i)
{
    for (uint32_t i = 0; i < config->key_count; i++) {
        if (!vector_is_valid(batch->columns[config->key_columns[i]], row_i))
            return true;
    }
    return false;
}

bool sink_leave_out_null_keys(SinkWriter *writer, const SinkConfig *config, const char *message,
                              Arena *arena, const Batch **batch, Error *err)
{
    bool may_have = false;
    uint32_t *rows;
    uint32_t row_count = 0;

    for (uint32_t i = 0; i < config->key_count; i++)
        may_have = may_have || (*batch)->columns[config->key_columns[i]]->valid;
    if (!may_have)
        return true;
    rows = ARENA_ARRAY(arena, uint32_t, (*batch)->row_count);
    for (uint32_t i = 0; i < (*batch)->row_count; i++) {
        if (!has_null_key(config, *batch, i))
            rows[row_count++] = i;
        else if (!sink_refuse(writer, *batch, i, "null_key", message, (Str){NULL, 0}, err))
            return false;
    }
    if (row_count < (*batch)->row_count)
        *batch = batch_select(arena, *batch, rows, row_count);
    return true;
}
