/*
 * table.h: keyed state: bytes -> a value of fixed size at a fixed address.
 *
 * Open addressing with linear probing over slots of 8 bytes (32 bits of the hash, the number of the
 * entry), so that a probe touches one cache line and growing or deleting moves slots alone. Entries
 * live in slabs and never move: aggregates keep their states in them. Keys up to STATE_KEY_INLINE
 * bytes stand in the entry, longer ones beside it.
 *
 *     slots    | tag, entry | tag, entry | 0 | tag, entry | ...     2^n, at most 3/4 full
 *                      |
 *     slabs    [ header | value ][ header | value ] ...             1 << STATE_SLAB_SHIFT each
 *
 * Invariants
 *  1. An entry's address is the same from state_table_add until state_table_remove.
 *  2. Iteration goes by entry number: the order of insertion, as long as nothing was removed; freed
 *     numbers are used again, last freed first. It depends on the calls made, not on addresses.
 *  3. A tracked table lists every entry that was added or touched since the last save, once, and
 *     every key removed since then that an earlier save has written.
 *
 * The bytes a table holds are counted (state_table_bytes); what values point to is the owner's to
 * count and free. Thread: one.
 */
#ifndef WEIR_STATE_TABLE_H
#define WEIR_STATE_TABLE_H

#include "base/vec.h"
#include "state/checkpoint.h"

enum { STATE_KEY_INLINE = 32, STATE_SLAB_SHIFT = 8 };

typedef struct StateEntry {
    uint64_t hash;
    uint32_t key_bytes;
    uint32_t number : 28; /* From 1; 0 in no entry. */
    uint32_t live : 1;
    uint32_t dirty : 1;  /* Added or touched since the last save. */
    uint32_t listed : 1; /* Its number is in `changed` (perhaps for an entry that had it before). */
    uint32_t saved : 1;  /* Some checkpoint holds it. */
    union {
        char inline_key[STATE_KEY_INLINE];
        char *key;
        uint32_t next_free; /* Not live. */
    };
} StateEntry; /* The value follows. */

_Static_assert(sizeof(StateEntry) == 48, "values are 16-aligned behind their entry");

typedef struct StateSlot {
    uint32_t tag;    /* Low half of the hash: its place is tag & mask. */
    uint32_t number; /* 0: empty. */
} StateSlot;

typedef struct StateTable StateTable;

/* The key under which a checkpoint holds an entry, where that is not the entry's own. */
typedef void (*StateSavedKey)(void *self, const StateEntry *entry, StrBuf *out);

struct StateTable {
    StateSlot *slots; /* NULL while nothing was ever added. */
    uint32_t slot_mask;
    uint32_t entry_bytes; /* Header, value, padding. */
    uint32_t value_bytes;
    uint32_t live_count;
    uint32_t used_count; /* Numbers given out so far: 1 .. used_count. */
    uint32_t first_free; /* 0: none. */
    char **slabs;
    uint32_t slab_count, slab_capacity;
    bool tracked;
    size_t long_key_bytes;
    VEC(uint32_t) changed; /* Numbers, each once; those that are not dirty any more are skipped. */
    StrBuf removed;        /* u32 bytes, u8 group, key; one after the other. */
    StateSavedKey saved_key; /* NULL: the entry's own. May be set after state_table_init. */
    void *saved_key_self;
    StrBuf key_scratch;
};

/* `tracked`: changes are listed for state_table_save. */
void state_table_init(StateTable *table, uint32_t value_bytes, bool tracked);
/* Does not look at values: clear those that own something first. */
void state_table_done(StateTable *table);
/* Forgets every entry and gives memory back; nothing is noted as removed. */
void state_table_clear(StateTable *table);

static inline void *state_entry_value(StateEntry *entry)
{
    return entry + 1;
}

static inline StateEntry *state_value_entry(void *value)
{
    return (StateEntry *)value - 1;
}

static inline Str state_entry_key(const StateEntry *entry)
{
    return (Str){entry->key_bytes <= STATE_KEY_INLINE ? entry->inline_key : entry->key,
                 entry->key_bytes};
}

static inline StateEntry *state_table_at(const StateTable *table, uint32_t number)
{
    uint32_t i = number - 1;

    return (StateEntry *)(void *)(table->slabs[i >> STATE_SLAB_SHIFT] +
                                  (size_t)(i & (BIT(STATE_SLAB_SHIFT) - 1)) * table->entry_bytes);
}

/* For numbers kept beside the table that may be older than what it holds: NULL where no entry has the
 * number now. Another key may have it by now. */
static inline StateEntry *state_table_live_at(const StateTable *table, uint32_t number)
{
    StateEntry *entry = number <= table->used_count ? state_table_at(table, number) : NULL;

    return entry && entry->live ? entry : NULL;
}

/* `hash` is the owner's function of the key, the same always; its top byte is the key group. NULL: not
 * there. */
StateEntry *state_table_find(const StateTable *table, Str key, uint64_t hash);
/* Finds or adds; an added entry's value is zeroed and it is marked as changed. */
StateEntry *state_table_add(StateTable *table, Str key, uint64_t hash, bool *added);
/* The same for many keys, quicker: memory is asked for ahead of its use. entries[i] is that of key
 * i; the numbers of keys that were added are listed in `added` (room for `count`) in order. */
uint32_t state_table_add_all(StateTable *table, const Str *keys, const uint64_t *hashes,
                             uint32_t count, StateEntry **entries, uint32_t *added);
/* entries[i] is NULL where the key is not there. */
void state_table_find_all(const StateTable *table, const Str *keys, const uint64_t *hashes,
                          uint32_t count, StateEntry **entries);
void state_table_remove(StateTable *table, StateEntry *entry);

void state_table_note_changed(StateTable *table, StateEntry *entry);

/* The entry's value has changed. */
static inline void state_table_touch(StateTable *table, StateEntry *entry)
{
    if (UNLIKELY(!entry->dirty))
        state_table_note_changed(table, entry);
}

/* The next live entry behind *number (start with 0), which becomes its number; NULL: no more. Entries
 * may be removed while walking. */
StateEntry *state_table_next(const StateTable *table, uint32_t *number);

#define STATE_TABLE_EACH(table, number, entry)                                                     \
    for (uint32_t number = 0; ((entry) = state_table_next((table), &number));)

/* The next changed entry, counting with *at (start with 0); NULL: no more. */
StateEntry *state_table_next_changed(const StateTable *table, size_t *at);

/* Writes what changed since the last save (everything when `full`): keys removed, then values, each
 * by `encode`, which adds its bytes to `out`. */
typedef void (*StateEncode)(void *self, StateEntry *entry, StrBuf *out);
void state_table_save(StateTable *table, CheckpointWriter *writer, uint32_t node_id, uint8_t slot,
                      bool full, StateEncode encode, void *self);
/* The entry was just read back from a checkpoint: not changed, and known there. */
void state_table_restored(StateTable *table, StateEntry *entry);

static inline bool state_table_has_changes(const StateTable *table)
{
    return table->changed.count > 0 || table->removed.bytes > 0;
}

size_t state_table_bytes(const StateTable *table);
bool state_table_verify(const StateTable *table); /* Walks everything; for DEBUG_ASSERT. */

#endif
