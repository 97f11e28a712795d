/*
 * row_store.h: rows that are remembered by key: both sides of a stream join, the rows of windows
 * that are still open.
 *
 * Rows (row.h) of one key form a list in the order they came. A row is known by its key and a number
 * that counts the rows of that key, which is also its name in checkpoints:
 *
 *     key    varint bytes, the group's key, u64 number (little-endian)
 *     value  u8 version, u8 marked, i64 time, the row
 *
 * Invariants
 *  1. A row's place (`place`, from 1) stays the same until it is removed.
 *  2. The rows of a group rise by number. Read back from a checkpoint in any order, they are sorted
 *     when the group is next looked at.
 *  3. A group without rows does not exist.
 *
 * Thread: one.
 */
#ifndef WEIR_STATE_ROW_STORE_H
#define WEIR_STATE_ROW_STORE_H

#include "state/row.h"
#include "state/table.h"

typedef struct StoredRow {
    StateEntry *group; /* NULL: free. */
    uint64_t number;
    int64_t time_us;   /* The owner's: when it is due, say. */
    char *data;
    uint32_t bytes;
    uint32_t previous, next; /* Places in the group's list; 0: none. Free: next free place. */
    uint32_t generation;     /* Of the place: how often it was given out before. */
    bool marked;       /* The owner's: it had a match, say. */
    bool dirty, listed, saved; /* As in table.h. */
} StoredRow;

/* A group's value in `groups`. */
typedef struct RowGroup {
    uint32_t first, last;
    uint32_t row_count;
    bool unsorted;
    uint64_t next_number;
} RowGroup;

typedef struct RowStore {
    StateTable groups; /* Key -> RowGroup. */
    VEC(StoredRow *) slabs;
    uint32_t used_count; /* Places given out. */
    uint32_t first_free;
    uint32_t row_count;
    bool tracked;
    size_t data_bytes;
    VEC(uint32_t) changed; /* Places, each once. */
    StrBuf removed;        /* bytes(key), u8 group: of rows that a checkpoint holds. */
} RowStore;

void row_store_init(RowStore *store, bool tracked);
void row_store_done(RowStore *store);

StoredRow *row_store_at(const RowStore *store, uint32_t place);
/* A name for the row at a place that no later row there has: for timers. */
uint64_t row_store_handle(const RowStore *store, uint32_t place);
/* The place of that row; 0: it is gone. */
uint32_t row_store_find(const RowStore *store, uint64_t handle);
/* `group` is an entry of store->groups (state_table_add). Copies the bytes. Returns the place. */
uint32_t row_store_add(RowStore *store, StateEntry *group, Str row, int64_t time_us);
/* Removes the row, and its group with the last one. */
void row_store_remove(RowStore *store, uint32_t place);
/* Removes a group with all its rows. */
void row_store_remove_group(RowStore *store, StateEntry *group);
void row_store_touch(RowStore *store, uint32_t place); /* `marked` has changed. */

/* The first row of a group, 0: none; and the one after. */
uint32_t row_store_first(RowStore *store, StateEntry *group);
static inline uint32_t row_store_next(const RowStore *store, uint32_t place)
{
    return row_store_at(store, place)->next;
}

static inline RowGroup *row_group(StateEntry *group)
{
    return state_entry_value(group);
}

void row_store_save(RowStore *store, CheckpointWriter *writer, uint32_t node_id, uint8_t slot,
                    bool full);
/* The parts of a saved entry; false: not one. */
bool row_store_parse(const CheckpointEntry *entry, Str *group_key, Str *row, uint64_t *number,
                     int64_t *time_us, bool *marked);
/* Puts a row back; returns its place. */
uint32_t row_store_restore(RowStore *store, Str group_key, uint64_t hash, Str row, uint64_t number,
                           int64_t time_us, bool marked);

size_t row_store_bytes(const RowStore *store);

#endif
