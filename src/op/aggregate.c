/*
 * aggregate.c: GROUP BY, DISTINCT, global aggregates: taking rows in.
 *
 * Groups live in a table by key (state/table.h), each with the states of its aggregates side by side
 * (group.h). A batch is taken in column by column: keys are encoded and hashed, looked up all
 * together, then each aggregate updates the states of all rows at one go. What leaves is
 * aggregate_emit.c's, sessions are aggregate_session.c's.
 *
 *  - DISTINCT: a set of (group, arguments), shared by all such aggregates of the same arguments: an
 *    entry has a bit for each of them, and only rows whose bit was not set are handed on. A group links its entries of a set into a list, so that they go when the
 *    group goes. In memory a set names a group by its entry's number, in checkpoints by its key.
 *  - Event time: each group whose key has a closing time sets one timer. A row whose group would be
 *    closed by the operator's own watermark is late: its partition was idle when the window closed.
 *
 * In checkpoints: slot 0: the groups; slot 1 + i: set i; the shared slot: the operator's watermark.
 */
#include "op/aggregate.h"

#include <stdlib.h>

#include "base/hash.h"

enum { GROUP_VERSION = 1, SET_VERSION = 2, SLOT_GROUPS = 0, SLOT_SETS = 1 };

/* The value of an entry in a set. */
typedef struct SetValue {
    uint32_t next; /* The next entry of the same group; 0: none. */
    uint32_t seen; /* GroupItem.distinct_bit of the aggregates that have counted it. */
} SetValue;

/* ── taking rows in ────────────────────────────────────────────────────────────────────────────*/

static void group_added(Aggregate *self, StateEntry *entry, int64_t closing_us)
{
    group_init(&self->layout, state_entry_value(entry));
    if (self->node->emit != EMIT_AT_END && closing_us != TIME_KEY_NEVER)
        timers_set(&self->timers, closing_us, entry->number);
}

/* The group of each row. closing_us may be NULL. */
static void **find_groups(Aggregate *self, const Batch *batch, const KeySet *keys,
                          const int64_t *closing_us, Arena *arena)
{
    /* Without keys all rows have the same group. */
    uint32_t key_count = self->node->key_count > 0 ? batch->row_count : 1;
    StateEntry **entries = ARENA_ARRAY(arena, StateEntry *, key_count);
    uint32_t *added = ARENA_ARRAY(arena, uint32_t, key_count);
    void **groups = ARENA_ARRAY(arena, void *, batch->row_count);
    uint32_t added_count = state_table_add_all(&self->groups, keys->keys, keys->hashes, key_count,
                                               entries, added);

    for (uint32_t i = 0; i < added_count; i++)
        group_added(self, entries[added[i]], closing_us ? closing_us[added[i]] : TIME_KEY_NEVER);
    for (uint32_t i = 0; self->groups.tracked && i < key_count; i++)
        state_table_touch(&self->groups, entries[i]);
    for (uint32_t i = 0; i < batch->row_count; i++)
        groups[i] = state_entry_value(entries[key_count > 1 ? i : 0]);
    return groups;
}

/* Keys of a set: u32 number of the group's entry, then the arguments' key. They stand in their
 * group's key group, so that they are restored beside it. */
static void set_keys(const GroupItem *item, const Batch *batch, const uint32_t *rows,
                     uint32_t row_count, void *const *groups, Arena *arena, KeySet *out)
{
    uint32_t arg_count = item->item->arg_count;
    const Vector **args = ARENA_ARRAY(arena, const Vector *, arg_count);
    size_t bytes = 0;
    char *at;

    for (uint32_t a = 0; a < arg_count; a++) {
        args[a] = batch->columns[item->item->arg_columns[a]];
        if (rows)
            args[a] = vector_select(arena, args[a], rows, row_count);
    }
    key_encode(arena, args, arg_count, row_count, out);
    for (uint32_t i = 0; i < row_count; i++)
        bytes += out->keys[i].bytes + sizeof(uint32_t);
    at = arena_alloc(arena, bytes);
    for (uint32_t i = 0; i < row_count; i++) {
        const StateEntry *group = state_value_entry(groups[rows ? rows[i] : i]);
        uint32_t number = group->number;
        Str key = {at, out->keys[i].bytes + (uint32_t)sizeof number};

        memcpy(at, &number, sizeof number);
        memcpy(at + sizeof number, out->keys[i].data, out->keys[i].bytes);
        at += key.bytes;
        out->keys[i] = key;
        out->hashes[i] = hash_in_group(hash_mix(out->hashes[i], number), group->hash);
    }
}

static void set_link(uint32_t set_i, void *group, StateEntry *member)
{
    uint32_t *head = &group_head(group)->distinct_heads[set_i];
    SetValue *value = state_entry_value(member);

    value->next = *head;
    *head = member->number;
}

/* The rows that some aggregate of a set takes; NULL: all. */
static const uint32_t *set_rows(Aggregate *self, uint32_t set_i, const Batch *batch,
                                uint32_t *row_count, Arena *arena)
{
    uint64_t *taken = arena_zalloc(arena, bits_words(batch->row_count) * sizeof *taken);
    uint32_t *out = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < self->layout.item_count; i++) {
        uint32_t item_row_count = batch->row_count;
        const uint32_t *rows;

        if (self->layout.items[i].distinct_i != (int32_t)set_i)
            continue;
        rows = group_filter(&self->layout, i, batch, &item_row_count, arena);
        if (!rows)
            return NULL;
        for (uint32_t r = 0; r < item_row_count; r++)
            bits_set(taken, rows[r]);
    }
    for (uint32_t i = 0; i < batch->row_count; i++) {
        if (bits_get(taken, i))
            out[count++] = i;
    }
    *row_count = count;
    return out;
}

/* Any aggregate of the set: they have the same arguments. */
static const GroupItem *item_of_set(const Aggregate *self, uint32_t set_i)
{
    const GroupItem *item = self->layout.items;

    while (item->distinct_i != (int32_t)set_i)
        item++;
    return item;
}

/* The set's entry of each row that some aggregate takes. */
static StateEntry **set_members(Aggregate *self, uint32_t set_i, const Batch *batch,
                                void *const *groups, Arena *arena)
{
    uint32_t row_count = batch->row_count, added_count;
    const uint32_t *rows = set_rows(self, set_i, batch, &row_count, arena);
    StateEntry **members = ARENA_ARRAY(arena, StateEntry *, row_count);
    uint32_t *added = ARENA_ARRAY(arena, uint32_t, row_count);
    StateEntry **by_row = members;
    KeySet keys;

    set_keys(item_of_set(self, set_i), batch, rows, row_count, groups, arena, &keys);
    added_count = state_table_add_all(&self->sets[set_i], keys.keys, keys.hashes, row_count,
                                      members, added);
    for (uint32_t i = 0; i < added_count; i++)
        set_link(set_i, groups[rows ? rows[added[i]] : added[i]], members[added[i]]);
    if (rows) {
        by_row = ARENA_ARRAY(arena, StateEntry *, batch->row_count);
        for (uint32_t i = 0; i < row_count; i++)
            by_row[rows[i]] = members[i];
    }
    return by_row;
}

/* Of the rows given (NULL: all), those with arguments the item's group has not seen. */
static const uint32_t *new_rows(Aggregate *self, const GroupItem *item, const uint32_t *rows,
                                uint32_t *row_count, StateEntry **members, Arena *arena)
{
    StateTable *set = &self->sets[item->distinct_i];
    uint32_t *out = ARENA_ARRAY(arena, uint32_t, *row_count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < *row_count; i++) {
        uint32_t row_i = rows ? rows[i] : i;
        SetValue *value = state_entry_value(members[row_i]);

        if (value->seen & item->distinct_bit)
            continue;
        value->seen |= item->distinct_bit;
        if (set->tracked)
            state_table_touch(set, members[row_i]);
        out[count++] = row_i;
    }
    *row_count = count;
    return out;
}

static void update_item(Aggregate *self, uint32_t item_i, const Batch *batch, void **groups,
                        StateEntry ***members, Arena *arena)
{
    const GroupItem *item = &self->layout.items[item_i];
    uint32_t row_count = batch->row_count;
    const uint32_t *rows = group_filter(&self->layout, item_i, batch, &row_count, arena);
    void **chosen = groups;

    if (item->distinct_i >= 0)
        rows = new_rows(self, item, rows, &row_count, members[item->distinct_i], arena);
    if (self->node->key_count == 0) {
        group_update_one(&self->layout, item_i, groups[0], batch, rows, row_count, arena);
        return;
    }
    if (rows) {
        chosen = ARENA_ARRAY(arena, void *, row_count);
        for (uint32_t i = 0; i < row_count; i++)
            chosen[i] = groups[rows[i]];
    }
    group_update(&self->layout, item_i, chosen, batch, rows, row_count, arena);
}

static void count_extra(Aggregate *self, void *const *groups, uint32_t row_count)
{
    for (uint32_t i = 0; i < row_count; i++) {
        if (i == 0 || groups[i] != groups[i - 1])
            self->extra_bytes += group_count_extra(&self->layout, groups[i]);
    }
}

static bool aggregate_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    Aggregate *self = (Aggregate *)op;
    Arena *arena = op->context->batch_arena;
    const int64_t *closing_us = NULL;
    StateEntry ***members;
    void **groups;
    KeySet keys;

    if (self->node->time_key >= 0) {
        uint32_t *rows;
        uint32_t row_count = 0;

        closing_us = time_key_closing(
            arena, batch->columns[self->node->key_columns[self->node->time_key]]);
        if (!time_key_judge(op, batch, closing_us, self->watermark_us, &rows, &row_count, err))
            return false;
        if (rows) {
            batch = batch_select(arena, batch, rows, row_count);
            closing_us = time_key_closing(
                arena, batch->columns[self->node->key_columns[self->node->time_key]]);
        }
    }
    if (batch->row_count == 0)
        return true;
    key_columns_encode(&self->keys, arena, batch, &keys);
    groups = find_groups(self, batch, &keys, closing_us, arena);
    members = ARENA_ARRAY(arena, StateEntry **, self->layout.distinct_count);
    for (uint32_t set_i = 0; set_i < self->layout.distinct_count; set_i++)
        members[set_i] = set_members(self, set_i, batch, groups, arena);
    for (uint32_t i = 0; i < self->layout.item_count; i++)
        update_item(self, i, batch, groups, members, arena);
    if (self->layout.has_extra)
        count_extra(self, groups, batch->row_count);
    return op_check_state(op, op->methods->state_bytes(op), err);
}

/* ── letting groups go ─────────────────────────────────────────────────────────────────────────*/

void aggregate_remove(Aggregate *self, StateEntry *entry)
{
    void *group = state_entry_value(entry);

    for (uint32_t s = 0; s < self->layout.distinct_count; s++) {
        for (uint32_t number = group_head(group)->distinct_heads[s]; number;) {
            StateEntry *member = state_table_at(&self->sets[s], number);

            number = ((SetValue *)state_entry_value(member))->next;
            state_table_remove(&self->sets[s], member);
        }
    }
    if (self->layout.has_extra) {
        self->extra_bytes -= (ptrdiff_t)group_head(group)->extra_bytes;
        group_clear(&self->layout, group);
    }
    state_table_remove(&self->groups, entry);
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

static void encode_group(void *self_, StateEntry *entry, StrBuf *out)
{
    Aggregate *self = self_;

    strbuf_add_char(out, GROUP_VERSION);
    group_encode(&self->layout, state_entry_value(entry), out);
}

static void encode_member(void *self UNUSED, StateEntry *entry, StrBuf *out)
{
    const SetValue *value = state_entry_value(entry);

    strbuf_add_char(out, SET_VERSION);
    varint_encode(out, value->seen);
}

static bool aggregate_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    Aggregate *self = (Aggregate *)op;

    if (self->node->emit == EMIT_CHANGED && !aggregate_emit_changed(self, err))
        return false;
    if (barrier->writer) {
        state_table_save(&self->groups, barrier->writer, op->node->id, SLOT_GROUPS, barrier->full,
                         encode_group, self);
        for (uint32_t s = 0; s < self->layout.distinct_count; s++)
            state_table_save(&self->sets[s], barrier->writer, op->node->id,
                             (uint8_t)(SLOT_SETS + s), barrier->full, encode_member, self);
        if (self->watermark_us != WATERMARK_NONE && (self->watermark_changed || barrier->full))
            op_save_watermark(op, barrier->writer, self->watermark_us);
        self->watermark_changed = false;
    }
    return op_push_barrier(op, barrier, err);
}

/* bytes(key of the group) key of the arguments. */
static void set_saved_key(void *self_, const StateEntry *member, StrBuf *out)
{
    const Aggregate *self = self_;
    Str key = state_entry_key(member);
    uint32_t number;

    memcpy(&number, key.data, sizeof number);
    bytes_encode(out, state_entry_key(state_table_at(&self->groups, number)));
    strbuf_add_str(out, str_slice(key, sizeof number, key.bytes));
}

/* The group of a key in a checkpoint, made when it is not there yet: members of its sets may come
 * before it. NULL: not a key. */
static StateEntry *restore_group(Aggregate *self, Str key, uint8_t key_group)
{
    Vector **columns = ARENA_ARRAY(&self->arena, Vector *, self->node->key_count);
    int64_t closing_us = TIME_KEY_NEVER;
    StateEntry *entry;
    uint64_t hash;
    bool added;

    if (!key_columns_hash(&self->keys, key, key_group, &hash) ||
        !key_columns_decode(&self->keys, &self->arena, &key, 1, columns))
        return NULL;
    entry = state_table_add(&self->groups, key, hash, &added);
    if (!added)
        return entry;
    if (self->node->time_key >= 0)
        closing_us = *time_key_closing(&self->arena, columns[self->node->time_key]);
    group_added(self, entry, closing_us);
    state_table_restored(&self->groups, entry);
    return entry;
}

static bool restore_member(Aggregate *self, const CheckpointEntry *entry)
{
    uint32_t set_i = (uint32_t)entry->slot - SLOT_SETS;
    Str value = str_slice(entry->value, 1, entry->value.bytes);
    Str rest = entry->key;
    StrBuf key = {0};
    StateEntry *group, *member;
    Str group_key;
    uint64_t seen;
    uint32_t number;
    bool added;

    if (set_i >= self->layout.distinct_count || !bytes_decode(&rest, &group_key) ||
        !varint_decode(&value, &seen) || seen > UINT32_MAX || value.bytes > 0)
        return false;
    group = restore_group(self, group_key, entry->group);
    if (!group)
        return false;
    number = group->number;
    strbuf_add(&key, &number, sizeof number);
    strbuf_add_str(&key, rest);
    member = state_table_add(
        &self->sets[set_i], strbuf_str(&key),
        hash_in_group(hash_mix(hash_bytes(rest.data, rest.bytes), number), group->hash), &added);
    strbuf_done(&key);
    if (!added)
        return false;
    state_table_restored(&self->sets[set_i], member);
    set_link(set_i, state_entry_value(group), member);
    ((SetValue *)state_entry_value(member))->seen = (uint32_t)seen;
    return true;
}

static bool restore_states(Aggregate *self, const CheckpointEntry *entry)
{
    Str value = str_slice(entry->value, 1, entry->value.bytes);
    StateEntry *group = restore_group(self, entry->key, entry->group);

    if (!group || !group_decode(&self->layout, state_entry_value(group), &value) ||
        value.bytes > 0)
        return false;
    if (self->layout.has_extra)
        self->extra_bytes += group_count_extra(&self->layout, state_entry_value(group));
    return true;
}

static bool aggregate_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    Aggregate *self = (Aggregate *)op;
    bool ok;

    if (op_restore_watermark(entry, &self->watermark_us))
        return true;
    if (entry->value.bytes == 0 ||
        entry->value.data[0] != (entry->slot == SLOT_GROUPS ? GROUP_VERSION : SET_VERSION))
        return op_bad_entry(op, entry, err);
    ok = entry->slot == SLOT_GROUPS ? restore_states(self, entry) : restore_member(self, entry);
    arena_reset(&self->arena);
    return ok || op_bad_entry(op, entry, err);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static int64_t aggregate_bytes(const Op *op)
{
    const Aggregate *self = (const Aggregate *)op;
    size_t bytes = state_table_bytes(&self->groups) + timers_bytes(&self->timers);

    for (uint32_t s = 0; s < self->layout.distinct_count; s++)
        bytes += state_table_bytes(&self->sets[s]);
    return (int64_t)bytes + self->extra_bytes;
}

static void aggregate_free(Op *op)
{
    Aggregate *self = (Aggregate *)op;
    StateEntry *entry;

    if (self->layout.has_extra) {
        STATE_TABLE_EACH(&self->groups, number, entry)
            group_clear(&self->layout, state_entry_value(entry));
    }
    state_table_done(&self->groups);
    for (uint32_t s = 0; s < self->layout.distinct_count; s++)
        state_table_done(&self->sets[s]);
    free(self->sets);
    timers_done(&self->timers);
    group_layout_done(&self->layout);
    arena_done(&self->arena);
    free(self);
}

static const OpMethods aggregate_methods = {
    .name = "Aggregate",
    .on_batch = aggregate_batch,
    .on_watermark = aggregate_watermark,
    .on_barrier = aggregate_barrier,
    .on_end = aggregate_end,
    .restore = aggregate_restore,
    .state_bytes = aggregate_bytes,
    .free = aggregate_free,
};

static void set_init(Aggregate *self, StateTable *set, bool tracked)
{
    state_table_init(set, sizeof(SetValue), tracked);
    set->saved_key = set_saved_key;
    set->saved_key_self = self;
}

bool aggregate_create(const Node *node, OpContext *context, Op **out, Error *err)
{
    const Schema *input = &node->inputs[0]->schema;
    bool tracked = node->as.aggregate.emit != EMIT_AT_END;
    Aggregate *self;

    if (node->as.aggregate.session)
        return session_aggregate_create(node, context, out, err);
    self = OP_NEW(Aggregate, &aggregate_methods, node, context);
    self->node = &node->as.aggregate;
    self->watermark_us = WATERMARK_NONE;
    arena_init(&self->arena);
    group_layout_init(&self->layout, self->node->items, self->node->item_count, input,
                      context->sql, false);
    key_columns_init(&self->keys, &self->layout.arena, self->node->key_columns,
                     self->node->key_count, self->node->time_key, node->inputs[0]);
    state_table_init(&self->groups, self->layout.state_bytes, tracked);
    self->sets = mem_zalloc(MAX(self->layout.distinct_count, 1u) * sizeof *self->sets);
    for (uint32_t s = 0; s < self->layout.distinct_count; s++)
        set_init(self, &self->sets[s], tracked);
    timers_init(&self->timers);
    *out = &self->op;
    return true;
}
