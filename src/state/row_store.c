#include "state/row_store.h"

#include <stdlib.h>

#include "base/assert.h"

enum { ROW_VERSION = 1, SLAB_SHIFT = 9, SLAB_ROWS = 1 << SLAB_SHIFT };

void row_store_init(RowStore *store, bool tracked)
{
    *store = (RowStore){.tracked = tracked};
    state_table_init(&store->groups, sizeof(RowGroup), false);
}

void row_store_done(RowStore *store)
{
    for (uint32_t place = 1; place <= store->used_count; place++)
        free(row_store_at(store, place)->group ? row_store_at(store, place)->data : NULL);
    for (size_t i = 0; i < store->slabs.count; i++)
        free(store->slabs.items[i]);
    VEC_DONE(&store->slabs);
    VEC_DONE(&store->changed);
    strbuf_done(&store->removed);
    state_table_done(&store->groups);
}

StoredRow *row_store_at(const RowStore *store, uint32_t place)
{
    return &store->slabs.items[(place - 1) >> SLAB_SHIFT][(place - 1) & (SLAB_ROWS - 1)];
}

uint64_t row_store_handle(const RowStore *store, uint32_t place)
{
    return (uint64_t)row_store_at(store, place)->generation << 32 | place;
}

uint32_t row_store_find(const RowStore *store, uint64_t handle)
{
    uint32_t place = (uint32_t)handle;
    const StoredRow *row = row_store_at(store, place);

    return row->group && row->generation == handle >> 32 ? place : 0;
}

/* ── adding and removing ───────────────────────────────────────────────────────────────────────*/

static uint32_t place_new(RowStore *store)
{
    uint32_t place = store->first_free;

    if (place) {
        StoredRow *row = row_store_at(store, place);

        store->first_free = row->next;
        row->next = 0;
        return place;
    }
    ASSERT(store->used_count < UINT32_MAX);
    place = ++store->used_count;
    if ((place - 1) >> SLAB_SHIFT == store->slabs.count)
        VEC_ADD(&store->slabs, mem_alloc(SLAB_ROWS * sizeof(StoredRow)));
    *row_store_at(store, place) = (StoredRow){0};
    return place;
}

void row_store_touch(RowStore *store, uint32_t place)
{
    StoredRow *row = row_store_at(store, place);

    if (!store->tracked || row->dirty)
        return;
    row->dirty = true;
    if (!row->listed) {
        row->listed = true;
        VEC_ADD(&store->changed, place);
    }
}

/* A row at the end of its group's list. */
static uint32_t append(RowStore *store, StateEntry *entry, Str bytes, uint64_t number,
                       int64_t time_us)
{
    RowGroup *group = row_group(entry);
    uint32_t place = place_new(store);
    StoredRow *row = row_store_at(store, place);

    row->group = entry;
    row->number = number;
    row->time_us = time_us;
    row->bytes = bytes.bytes;
    row->data = mem_alloc((size_t)bytes.bytes + 1);
    if (bytes.bytes)
        memcpy(row->data, bytes.data, bytes.bytes);
    row->previous = group->last;
    if (group->last)
        row_store_at(store, group->last)->next = place;
    else
        group->first = place;
    group->last = place;
    group->row_count++;
    store->row_count++;
    store->data_bytes += bytes.bytes;
    return place;
}

uint32_t row_store_add(RowStore *store, StateEntry *group, Str row, int64_t time_us)
{
    uint32_t place = append(store, group, row, row_group(group)->next_number++, time_us);

    row_store_touch(store, place);
    return place;
}

static void saved_key(const StoredRow *row, StrBuf *out)
{
    bytes_encode(out, state_entry_key(row->group));
    strbuf_add(out, &row->number, sizeof row->number);
}

static void note_removed(RowStore *store, const StoredRow *row)
{
    uint8_t key_group = (uint8_t)(row->group->hash >> 56);
    StrBuf key = {0};

    saved_key(row, &key);
    bytes_encode(&store->removed, strbuf_str(&key));
    strbuf_add(&store->removed, &key_group, 1);
    strbuf_done(&key);
}

void row_store_remove(RowStore *store, uint32_t place)
{
    StoredRow *row = row_store_at(store, place);
    StateEntry *entry = row->group;
    RowGroup *group = row_group(entry);

    if (row->previous)
        row_store_at(store, row->previous)->next = row->next;
    else
        group->first = row->next;
    if (row->next)
        row_store_at(store, row->next)->previous = row->previous;
    else
        group->last = row->previous;
    if (store->tracked && row->saved)
        note_removed(store, row);
    store->data_bytes -= row->bytes;
    free(row->data);
    *row = (StoredRow){
        .listed = row->listed,
        .next = store->first_free,
        .generation = row->generation + 1,
    };
    store->first_free = place;
    store->row_count--;
    if (--group->row_count == 0)
        state_table_remove(&store->groups, entry);
}

void row_store_remove_group(RowStore *store, StateEntry *group)
{
    for (uint32_t count = row_group(group)->row_count; count > 0; count--)
        row_store_remove(store, row_group(group)->first);
}

/* ── order ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct RowPlace {
    uint64_t number;
    uint32_t place;
} RowPlace;

static int place_compare(const void *a, const void *b)
{
    const RowPlace *x = a;
    const RowPlace *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static void group_sort(RowStore *store, RowGroup *group)
{
    RowPlace *places = mem_alloc(group->row_count * sizeof *places);
    uint32_t count = 0;

    for (uint32_t at = group->first; at; at = row_store_next(store, at))
        places[count++] = (RowPlace){row_store_at(store, at)->number, at};
    qsort(places, count, sizeof *places, place_compare);
    for (uint32_t i = 0; i < count; i++) {
        StoredRow *row = row_store_at(store, places[i].place);

        row->previous = i > 0 ? places[i - 1].place : 0;
        row->next = i + 1 < count ? places[i + 1].place : 0;
    }
    group->first = places[0].place;
    group->last = places[count - 1].place;
    group->unsorted = false;
    free(places);
}

uint32_t row_store_first(RowStore *store, StateEntry *group)
{
    if (row_group(group)->unsorted)
        group_sort(store, row_group(group));
    return row_group(group)->first;
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

static void save_row(StoredRow *row, CheckpointWriter *writer, uint32_t node_id, uint8_t slot,
                     StrBuf *key, StrBuf *value)
{
    char head[2] = {ROW_VERSION, row->marked};

    strbuf_clear(key);
    strbuf_clear(value);
    saved_key(row, key);
    strbuf_add(value, head, sizeof head);
    strbuf_add(value, &row->time_us, sizeof row->time_us);
    strbuf_add(value, row->data, row->bytes);
    checkpoint_put(writer, node_id, slot, (uint8_t)(row->group->hash >> 56), strbuf_str(key),
                   strbuf_str(value));
    row->saved = true;
}

static void save_removed(const RowStore *store, CheckpointWriter *writer, uint32_t node_id,
                         uint8_t slot)
{
    Str rest = strbuf_str(&store->removed);
    Str key;

    while (rest.bytes > 0) {
        ASSERT(bytes_decode(&rest, &key) && rest.bytes > 0);
        checkpoint_delete(writer, node_id, slot, (uint8_t)rest.data[0], key);
        rest = str_slice(rest, 1, rest.bytes);
    }
}

void row_store_save(RowStore *store, CheckpointWriter *writer, uint32_t node_id, uint8_t slot,
                    bool full)
{
    StrBuf key = {0};
    StrBuf value = {0};

    ASSERT(store->tracked);
    if (!full)
        save_removed(store, writer, node_id, slot);
    for (uint32_t place = 1; full && place <= store->used_count; place++) {
        if (row_store_at(store, place)->group)
            save_row(row_store_at(store, place), writer, node_id, slot, &key, &value);
    }
    for (size_t i = 0; i < store->changed.count; i++) {
        StoredRow *row = row_store_at(store, store->changed.items[i]);

        if (!full && row->group && row->dirty)
            save_row(row, writer, node_id, slot, &key, &value);
        row->dirty = row->listed = false;
    }
    store->changed.count = 0;
    strbuf_clear(&store->removed);
    strbuf_done(&key);
    strbuf_done(&value);
}

bool row_store_parse(const CheckpointEntry *entry, Str *group_key, Str *row, uint64_t *number,
                     int64_t *time_us, bool *marked)
{
    Str key = entry->key;

    if (!bytes_decode(&key, group_key) || key.bytes != sizeof *number || entry->value.bytes < 10 ||
        entry->value.data[0] != ROW_VERSION)
        return false;
    memcpy(number, key.data, sizeof *number);
    *marked = entry->value.data[1] != 0;
    memcpy(time_us, entry->value.data + 2, sizeof *time_us);
    *row = str_slice(entry->value, 10, entry->value.bytes);
    return true;
}

uint32_t row_store_restore(RowStore *store, Str group_key, uint64_t hash, Str row, uint64_t number,
                           int64_t time_us, bool marked)
{
    uint32_t place;
    bool added;
    StateEntry *entry = state_table_add(&store->groups, group_key, hash, &added);
    RowGroup *group = row_group(entry);

    if (!added && group->last && row_store_at(store, group->last)->number >= number)
        group->unsorted = true;
    if (number >= group->next_number)
        group->next_number = number + 1;
    place = append(store, entry, row, number, time_us);
    row_store_at(store, place)->marked = marked;
    row_store_at(store, place)->saved = true;
    return place;
}

size_t row_store_bytes(const RowStore *store)
{
    return state_table_bytes(&store->groups) + store->slabs.count * SLAB_ROWS * sizeof(StoredRow) +
           store->data_bytes + store->changed.capacity * sizeof *store->changed.items +
           store->removed.capacity;
}
