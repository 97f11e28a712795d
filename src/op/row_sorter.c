#include "op/row_sorter.h"

#include <stdlib.h>

void row_sorter_init(RowSorter *sorter, const Schema *schema)
{
    *sorter = (RowSorter){.schema = schema};
    arena_init(&sorter->kept);
    arena_init(&sorter->scratch);
}

void row_sorter_done(RowSorter *sorter)
{
    VEC_DONE(&sorter->batches);
    VEC_DONE(&sorter->rows);
    arena_done(&sorter->kept);
    arena_done(&sorter->scratch);
}

void row_sorter_clear(RowSorter *sorter)
{
    const Schema *schema = sorter->schema;

    row_sorter_done(sorter);
    row_sorter_init(sorter, schema);
}

/* ── keys ──────────────────────────────────────────────────────────────────────────────────────*/

static uint64_t key_prefix(const char *key, uint32_t key_bytes)
{
    unsigned char bytes[8] = {0};
    uint64_t prefix = 0;

    memcpy(bytes, key, MIN(key_bytes, 8u));
    for (int i = 0; i < 8; i++)
        prefix = prefix << 8 | bytes[i];
    return prefix;
}

int row_sorter_compare_key(Str key, const SortedRow *row)
{
    uint64_t prefix = key_prefix(key.data, key.bytes);

    if (prefix != row->prefix)
        return prefix < row->prefix ? -1 : 1;
    return str_compare(key, sorted_row_key(row));
}

static int row_compare(const void *a_, const void *b_)
{
    const SortedRow *a = a_;
    const SortedRow *b = b_;
    int order;

    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    order = str_compare(sorted_row_key(a), sorted_row_key(b));
    if (order)
        return order;
    if (a->place.part_i != b->place.part_i)
        return a->place.part_i < b->place.part_i ? -1 : 1;
    return (a->place.row_i > b->place.row_i) - (a->place.row_i < b->place.row_i);
}

void row_sorter_sort(RowSorter *sorter)
{
    if (sorter->rows.count > 1)
        qsort(sorter->rows.items, sorter->rows.count, sizeof *sorter->rows.items, row_compare);
}

Str *batch_order_keys(Arena *arena, const Batch *batch, const uint32_t *columns,
                      const SortKey *sort_keys, uint32_t column_count)
{
    const Vector **vectors = ARENA_ARRAY(arena, const Vector *, column_count);
    Str *keys = ARENA_ARRAY(arena, Str, batch->row_count);

    for (uint32_t c = 0; c < column_count; c++)
        vectors[c] = batch->columns[columns[c]];
    key_encode_order(arena, vectors, sort_keys, column_count, batch->row_count, keys);
    return keys;
}

/* ── keeping and dropping ──────────────────────────────────────────────────────────────────────*/

static char *put_bytes(char *at, Str bytes)
{
    if (bytes.bytes)
        memcpy(at, bytes.data, bytes.bytes);
    return at + bytes.bytes;
}

void row_sorter_add(RowSorter *sorter, const Batch *batch, const Str *heads, const Str *keys)
{
    uint32_t part_i = (uint32_t)sorter->batches.count;
    size_t bytes = 0;
    char *at;

    for (uint32_t i = 0; i < batch->row_count; i++)
        bytes += (size_t)keys[i].bytes + (heads ? heads[i].bytes : 0);
    at = arena_alloc(&sorter->kept, bytes);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        Str head = heads ? heads[i] : STR_EMPTY;
        SortedRow row = {.key = at,
                         .key_bytes = head.bytes + keys[i].bytes,
                         .head_bytes = head.bytes,
                         .place = {part_i, i}};

        at = put_bytes(put_bytes(at, head), keys[i]);
        row.prefix = key_prefix(row.key, row.key_bytes);
        VEC_ADD(&sorter->rows, row);
    }
    VEC_ADD(&sorter->batches, batch_copy(&sorter->kept, batch));
}

void row_sorter_keep(RowSorter *sorter, const uint64_t *keep)
{
    Arena old_kept = sorter->kept;
    BatchVec batches = {0};
    size_t count = 0;

    for (size_t i = 0; i < sorter->rows.count; i++) {
        if (bits_get(keep, i))
            sorter->rows.items[count++] = sorter->rows.items[i];
    }
    sorter->rows.count = count;
    arena_init(&sorter->kept);
    for (size_t from = 0; from < count; from += BATCH_ROWS_DEFAULT) {
        size_t to = MIN(from + BATCH_ROWS_DEFAULT, count);

        VEC_ADD(&batches,
                batch_copy(&sorter->kept, row_sorter_rows(sorter, &sorter->scratch, from, to)));
        arena_reset(&sorter->scratch);
    }
    for (size_t i = 0; i < count; i++) {
        SortedRow *row = &sorter->rows.items[i];

        row->key = arena_copy(&sorter->kept, row->key, row->key_bytes);
        row->place =
            (RowPlace){(uint32_t)(i / BATCH_ROWS_DEFAULT), (uint32_t)(i % BATCH_ROWS_DEFAULT)};
    }
    VEC_DONE(&sorter->batches);
    sorter->batches = batches;
    arena_done(&old_kept);
}

/* ── putting rows together ─────────────────────────────────────────────────────────────────────*/

static const RowPlace *places_of(const RowSorter *sorter, Arena *arena, size_t from, size_t to)
{
    RowPlace *places = ARENA_ARRAY(arena, RowPlace, to - from);

    for (size_t i = from; i < to; i++)
        places[i - from] = sorter->rows.items[i].place;
    return places;
}

Batch *row_sorter_rows(const RowSorter *sorter, Arena *arena, size_t from, size_t to)
{
    return batch_gather(arena, sorter->schema, sorter->batches.items,
                        places_of(sorter, arena, from, to), (uint32_t)(to - from));
}

Vector *row_sorter_column(const RowSorter *sorter, Arena *arena, uint32_t column_i, size_t from,
                          size_t to)
{
    return batch_gather_column(arena, sorter->schema->columns[column_i].type, sorter->batches.items,
                               column_i, places_of(sorter, arena, from, to), (uint32_t)(to - from));
}

bool row_sorter_push(RowSorter *sorter, Op *op, size_t from, size_t to, Error *err)
{
    size_t batch_rows = MAX(op->context->batch_rows, 1u);
    bool ok = true;

    for (; ok && from < to; from += batch_rows) {
        ok = op_push(
            op, row_sorter_rows(sorter, &sorter->scratch, from, MIN(from + batch_rows, to)), err);
        arena_reset(&sorter->scratch);
    }
    return ok;
}

size_t row_sorter_bytes(const RowSorter *sorter)
{
    return sorter->kept.allocated_bytes + sorter->rows.capacity * sizeof(SortedRow) +
           sorter->batches.capacity * sizeof(Batch *);
}
