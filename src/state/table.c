#include "state/table.h"

#include <stdlib.h>

#include "base/assert.h"

enum {
    SLOTS_MIN = 64,
    ENTRIES_MAX = (1 << 28) - 1,
    SLAB_ENTRIES = 1 << STATE_SLAB_SHIFT,
    /* A table that has become empty gives back what it holds above this. */
    KEEP_SLABS = 4,
    /* How many keys are looked up at once: enough to hide a cache miss, few enough for L1. */
    STRIDE = 32,
};

void state_table_init(StateTable *table, uint32_t value_bytes, bool tracked)
{
    *table = (StateTable){.value_bytes = value_bytes, .tracked = tracked};
    table->entry_bytes = (uint32_t)sizeof(StateEntry) + ((value_bytes + 15) & ~15u);
}

static void free_long_keys(StateTable *table)
{
    StateEntry *entry;

    if (table->long_key_bytes == 0)
        return;
    STATE_TABLE_EACH(table, number, entry) {
        if (entry->key_bytes > STATE_KEY_INLINE)
            free(entry->key);
    }
}

void state_table_done(StateTable *table)
{
    free_long_keys(table);
    for (uint32_t i = 0; i < table->slab_count; i++)
        free(table->slabs[i]);
    free(table->slabs);
    free(table->slots);
    VEC_DONE(&table->changed);
    strbuf_done(&table->removed);
    strbuf_done(&table->key_scratch);
    *table = (StateTable){0};
}

void state_table_clear(StateTable *table)
{
    StateTable fresh;

    state_table_init(&fresh, table->value_bytes, table->tracked);
    fresh.saved_key = table->saved_key;
    fresh.saved_key_self = table->saved_key_self;
    state_table_done(table);
    *table = fresh;
}

static bool entry_is(const StateEntry *entry, Str key, uint64_t hash)
{
    return entry->hash == hash && entry->key_bytes == key.bytes &&
           memcmp(state_entry_key(entry).data, key.data, key.bytes) == 0;
}

/* The slot of the key, or the empty one where it would stand. */
static StateSlot *slot_for(const StateTable *table, Str key, uint64_t hash)
{
    uint32_t tag = (uint32_t)hash;

    for (uint32_t at = tag & table->slot_mask;; at = (at + 1) & table->slot_mask) {
        StateSlot *slot = &table->slots[at];

        if (slot->number == 0)
            return slot;
        if (slot->tag == tag && entry_is(state_table_at(table, slot->number), key, hash))
            return slot;
    }
}

StateEntry *state_table_find(const StateTable *table, Str key, uint64_t hash)
{
    StateSlot *slot;

    if (table->live_count == 0)
        return NULL;
    slot = slot_for(table, key, hash);
    return slot->number ? state_table_at(table, slot->number) : NULL;
}

static void slots_resize(StateTable *table, uint32_t slot_count)
{
    StateSlot *old = table->slots;
    uint32_t old_count = old ? table->slot_mask + 1 : 0;

    table->slots = mem_zalloc((size_t)slot_count * sizeof *table->slots);
    table->slot_mask = slot_count - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        uint32_t at;

        if (old[i].number == 0)
            continue;
        at = old[i].tag & table->slot_mask;
        while (table->slots[at].number)
            at = (at + 1) & table->slot_mask;
        table->slots[at] = old[i];
    }
    free(old);
}

/* Room for `more` entries without going above 3/4. */
static void slots_reserve(StateTable *table, uint32_t more)
{
    uint64_t needed = (uint64_t)table->live_count + more;
    uint64_t slot_count = table->slots ? (uint64_t)table->slot_mask + 1 : SLOTS_MIN;

    ASSERT(needed <= ENTRIES_MAX);
    while (needed * 4 > slot_count * 3)
        slot_count *= 2;
    if (!table->slots || slot_count > (uint64_t)table->slot_mask + 1)
        slots_resize(table, (uint32_t)slot_count);
}

static void slab_add(StateTable *table)
{
    if (table->slab_count == table->slab_capacity) {
        table->slab_capacity = table->slab_capacity ? table->slab_capacity * 2 : 8;
        table->slabs = mem_realloc(table->slabs, table->slab_capacity * sizeof *table->slabs);
    }
    table->slabs[table->slab_count++] = mem_alloc((size_t)SLAB_ENTRIES * table->entry_bytes);
}

static StateEntry *entry_new(StateTable *table)
{
    uint32_t number = table->first_free;
    bool listed = false;
    StateEntry *entry;

    if (number) {
        entry = state_table_at(table, number);
        table->first_free = entry->next_free;
        listed = entry->listed;
    } else {
        ASSERT(table->used_count < ENTRIES_MAX);
        number = ++table->used_count;
        if (number > table->slab_count * SLAB_ENTRIES)
            slab_add(table);
        entry = state_table_at(table, number);
    }
    memset(entry, 0, table->entry_bytes);
    entry->number = number & ENTRIES_MAX;
    entry->live = 1;
    entry->listed = listed;
    table->live_count++;
    return entry;
}

static StateEntry *slot_fill(StateTable *table, StateSlot *slot, Str key, uint64_t hash)
{
    StateEntry *entry = entry_new(table);

    entry->hash = hash;
    entry->key_bytes = key.bytes;
    if (key.bytes <= STATE_KEY_INLINE) {
        memcpy(entry->inline_key, key.data, key.bytes);
    } else {
        entry->key = mem_alloc(key.bytes);
        memcpy(entry->key, key.data, key.bytes);
        table->long_key_bytes += key.bytes;
    }
    *slot = (StateSlot){(uint32_t)hash, entry->number};
    state_table_touch(table, entry);
    return entry;
}

StateEntry *state_table_add(StateTable *table, Str key, uint64_t hash, bool *added)
{
    StateSlot *slot;

    slots_reserve(table, 1);
    slot = slot_for(table, key, hash);
    *added = slot->number == 0;
    return *added ? slot_fill(table, slot, key, hash) : state_table_at(table, slot->number);
}

/* Asks for the slots of the keys, then for the entries which those slots probably name. */
static void prefetch(const StateTable *table, const uint64_t *hashes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        __builtin_prefetch(&table->slots[(uint32_t)hashes[i] & table->slot_mask]);
    for (uint32_t i = 0; i < count; i++) {
        const StateSlot *slot = &table->slots[(uint32_t)hashes[i] & table->slot_mask];

        if (slot->number) {
            const char *entry = (const char *)state_table_at(table, slot->number);

            __builtin_prefetch(entry);
            __builtin_prefetch(entry + 64);
        }
    }
}

uint32_t state_table_add_all(StateTable *table, const Str *keys, const uint64_t *hashes,
                             uint32_t count, StateEntry **entries, uint32_t *added)
{
    uint32_t added_count = 0;

    for (uint32_t from = 0; from < count; from += STRIDE) {
        uint32_t to = MIN(from + STRIDE, count);

        slots_reserve(table, to - from);
        prefetch(table, hashes + from, to - from);
        for (uint32_t i = from; i < to; i++) {
            StateSlot *slot = slot_for(table, keys[i], hashes[i]);

            if (LIKELY(slot->number)) {
                entries[i] = state_table_at(table, slot->number);
            } else {
                entries[i] = slot_fill(table, slot, keys[i], hashes[i]);
                added[added_count++] = i;
            }
        }
    }
    return added_count;
}

void state_table_find_all(const StateTable *table, const Str *keys, const uint64_t *hashes,
                          uint32_t count, StateEntry **entries)
{
    if (table->live_count == 0) {
        memset(entries, 0, count * sizeof *entries);
        return;
    }
    for (uint32_t from = 0; from < count; from += STRIDE) {
        uint32_t to = MIN(from + STRIDE, count);

        prefetch(table, hashes + from, to - from);
        for (uint32_t i = from; i < to; i++) {
            const StateSlot *slot = slot_for(table, keys[i], hashes[i]);

            entries[i] = slot->number ? state_table_at(table, slot->number) : NULL;
        }
    }
}

/* Empties a slot and moves those behind it that would no longer be found (no tombstones). */
static void slot_empty(StateTable *table, uint32_t hole)
{
    uint32_t mask = table->slot_mask;

    for (uint32_t at = (hole + 1) & mask; table->slots[at].number; at = (at + 1) & mask) {
        uint32_t home = table->slots[at].tag & mask;

        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = (StateSlot){0, 0};
}

/* Valid until the next call. */
static Str key_in_checkpoint(StateTable *table, const StateEntry *entry)
{
    if (!table->saved_key)
        return state_entry_key(entry);
    strbuf_clear(&table->key_scratch);
    table->saved_key(table->saved_key_self, entry, &table->key_scratch);
    return strbuf_str(&table->key_scratch);
}

static void note_removed(StateTable *table, const StateEntry *entry)
{
    Str key = key_in_checkpoint(table, entry);
    uint8_t group = (uint8_t)(entry->hash >> 56);

    strbuf_add(&table->removed, &key.bytes, sizeof key.bytes);
    strbuf_add(&table->removed, &group, 1);
    strbuf_add_str(&table->removed, key);
}

/* An empty table that was once large holds no more than a small one. */
static void give_back(StateTable *table)
{
    for (uint32_t i = KEEP_SLABS; i < table->slab_count; i++)
        free(table->slabs[i]);
    table->slab_count = MIN(table->slab_count, KEEP_SLABS);
    table->used_count = 0;
    table->first_free = 0;
    /* Numbers start again from 1: those listed belong to entries that are gone. */
    table->changed.count = 0;
    if (table->slot_mask + 1 > SLOTS_MIN) {
        free(table->slots);
        table->slots = NULL;
        table->slot_mask = 0;
    }
}

void state_table_remove(StateTable *table, StateEntry *entry)
{
    uint32_t at = (uint32_t)entry->hash & table->slot_mask;

    ASSERT(entry->live);
    while (table->slots[at].number != entry->number)
        at = (at + 1) & table->slot_mask;
    slot_empty(table, at);
    if (table->tracked && entry->saved)
        note_removed(table, entry);
    if (entry->key_bytes > STATE_KEY_INLINE) {
        table->long_key_bytes -= entry->key_bytes;
        free(entry->key);
    }
    entry->live = 0;
    entry->dirty = 0;
    entry->next_free = table->first_free;
    table->first_free = entry->number;
    if (--table->live_count == 0 && table->slab_count > KEEP_SLABS)
        give_back(table);
}

void state_table_note_changed(StateTable *table, StateEntry *entry)
{
    if (!table->tracked)
        return;
    entry->dirty = 1;
    if (entry->listed)
        return;
    entry->listed = 1;
    VEC_ADD(&table->changed, entry->number);
}

StateEntry *state_table_next_changed(const StateTable *table, size_t *at)
{
    while (*at < table->changed.count) {
        StateEntry *entry = state_table_at(table, table->changed.items[(*at)++]);

        if (entry->dirty)
            return entry;
    }
    return NULL;
}

static void forget_changes(StateTable *table)
{
    for (size_t i = 0; i < table->changed.count; i++) {
        StateEntry *entry = state_table_at(table, table->changed.items[i]);

        entry->listed = entry->dirty = 0;
    }
    table->changed.count = 0;
    strbuf_clear(&table->removed);
}

StateEntry *state_table_next(const StateTable *table, uint32_t *number)
{
    while (*number < table->used_count) {
        StateEntry *entry = state_table_at(table, ++*number);

        if (entry->live)
            return entry;
    }
    return NULL;
}

static void save_removed(const StateTable *table, CheckpointWriter *writer, uint32_t node_id,
                         uint8_t slot)
{
    const char *at = table->removed.data;
    const char *end = at + table->removed.bytes;

    while (at < end) {
        uint32_t key_bytes;
        uint8_t group;

        memcpy(&key_bytes, at, sizeof key_bytes);
        at += sizeof key_bytes;
        group = (uint8_t)*at++;
        checkpoint_delete(writer, node_id, slot, group, (Str){at, key_bytes});
        at += key_bytes;
    }
}

static void save_entry(StateTable *table, StateEntry *entry, CheckpointWriter *writer,
                       uint32_t node_id, uint8_t slot, StateEncode encode, void *self,
                       StrBuf *value)
{
    strbuf_clear(value);
    encode(self, entry, value);
    checkpoint_put(writer, node_id, slot, (uint8_t)(entry->hash >> 56),
                   key_in_checkpoint(table, entry), strbuf_str(value));
    entry->saved = 1;
}

void state_table_save(StateTable *table, CheckpointWriter *writer, uint32_t node_id, uint8_t slot,
                      bool full, StateEncode encode, void *self)
{
    StateEntry *each;
    StrBuf value;

    ASSERT(table->tracked);
    strbuf_init(&value);
    if (full) {
        STATE_TABLE_EACH(table, number, each)
            save_entry(table, each, writer, node_id, slot, encode, self, &value);
    } else {
        /* Removals first: a key may have come back since. */
        save_removed(table, writer, node_id, slot);
        for (size_t at = 0; (each = state_table_next_changed(table, &at));)
            save_entry(table, each, writer, node_id, slot, encode, self, &value);
    }
    forget_changes(table);
    strbuf_done(&value);
}

void state_table_restored(StateTable *table, StateEntry *entry)
{
    if (!table->tracked)
        return;
    entry->saved = 1;
    if (entry->dirty && table->changed.count > 0 &&
        table->changed.items[table->changed.count - 1] == entry->number) {
        table->changed.count--;
        entry->dirty = entry->listed = 0;
    }
}

size_t state_table_bytes(const StateTable *table)
{
    size_t bytes = (size_t)table->slab_count * SLAB_ENTRIES * table->entry_bytes;

    if (table->slots)
        bytes += ((size_t)table->slot_mask + 1) * sizeof *table->slots;
    return bytes + table->slab_capacity * sizeof *table->slabs + table->long_key_bytes +
           table->changed.capacity * sizeof *table->changed.items + table->removed.capacity;
}

bool state_table_verify(const StateTable *table)
{
    uint32_t live_count = 0;
    uint32_t filled_count = 0;
    uint32_t free_count = 0;
    StateEntry *entry;

    STATE_TABLE_EACH(table, number, entry) {
        Str key = state_entry_key(entry);

        if (state_table_find(table, key, entry->hash) != entry)
            return false;
        live_count++;
    }
    for (uint64_t i = 0; table->slots && i <= table->slot_mask; i++)
        filled_count += table->slots[i].number != 0;
    for (uint32_t n = table->first_free; n; n = state_table_at(table, n)->next_free)
        free_count++;
    return live_count == table->live_count && filled_count == live_count &&
           free_count + live_count == table->used_count;
}
