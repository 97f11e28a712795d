/*
 * aggregate_emit.c: when groups leave the aggregate, and in which form.
 *
 *     EMIT_AT_END    batch: all, once, when the input has ended
 *     EMIT_CHANGED   update mode: at every barrier those that changed since the last one. A group
 *                    that is closed before its barrier is emitted then; closing alone emits nothing
 *     EMIT_FINAL     append mode: each once, when the watermark has reached its closing time
 *
 * Groups leave in the order of their closing times, then of their first rows; without closing times
 * in the order of the table. All memory of an emission is in the operator's own arena and given back
 * once the batch was pushed, so that the end of a large aggregation needs little more than its state.
 */
#include "op/aggregate.h"

#include <stdlib.h>

bool group_push(Op *op, const GroupLayout *layout, Vector **key_columns, uint32_t key_count,
                void *const *groups, uint32_t row_count, Arena *arena, Error *err)
{
    uint32_t column_count = key_count + layout->item_count;
    Vector **columns = ARENA_ARRAY(arena, Vector *, column_count);
    Batch keys = {.row_count = row_count, .column_count = key_count, .columns = key_columns};
    const Batch *out;
    bool ok;

    for (uint32_t c = 0; c < key_count; c++)
        columns[c] = key_columns[c];
    group_results(layout, groups, row_count, arena, columns + key_count);
    ok = op_settle_errors(op, &keys, columns, column_count, &out, err) &&
         (out->row_count == 0 || op_push(op, out, err));
    arena_reset(arena);
    return ok;
}

static bool emit(Aggregate *self, StateEntry *const *entries, uint32_t count, Error *err)
{
    Str *keys = ARENA_ARRAY(&self->arena, Str, count);
    void **groups = ARENA_ARRAY(&self->arena, void *, count);
    Vector **columns = ARENA_ARRAY(&self->arena, Vector *, self->node->key_count);

    for (uint32_t i = 0; i < count; i++) {
        keys[i] = state_entry_key(entries[i]);
        groups[i] = state_entry_value(entries[i]);
    }
    ASSERT(key_columns_decode(&self->keys, &self->arena, keys, count, columns));
    return group_push(&self->op, &self->layout, columns, self->node->key_count, groups, count,
                      &self->arena, err);
}

/* Entries on their way out: emitted by the batch, then removed if they are to go. */
typedef struct Leaving {
    Aggregate *self;
    StateEntry **entries;
    uint32_t count, capacity;
    bool remove;
} Leaving;

static void leaving_init(Leaving *leaving, Aggregate *self, bool remove)
{
    *leaving = (Leaving){.self = self, .remove = remove};
    leaving->capacity = MAX(self->op.context->batch_rows, 1u);
    leaving->entries = mem_alloc(leaving->capacity * sizeof *leaving->entries);
}

static bool leaving_flush(Leaving *leaving, Error *err)
{
    bool ok = leaving->count == 0 || emit(leaving->self, leaving->entries, leaving->count, err);

    for (uint32_t i = 0; leaving->remove && i < leaving->count; i++)
        aggregate_remove(leaving->self, leaving->entries[i]);
    leaving->count = 0;
    return ok;
}

static bool leaving_add(Leaving *leaving, StateEntry *entry, Error *err)
{
    leaving->entries[leaving->count++] = entry;
    return leaving->count < leaving->capacity || leaving_flush(leaving, err);
}

static bool leaving_done(Leaving *leaving, bool ok, Error *err)
{
    ok = ok && leaving_flush(leaving, err);
    free(leaving->entries);
    return ok;
}

static bool owes(const Aggregate *self, const StateEntry *entry)
{
    return self->node->emit == EMIT_FINAL || entry->dirty;
}

/* Groups whose closing time the watermark has reached. */
static bool close_groups(Aggregate *self, int64_t watermark_us, Error *err)
{
    Leaving leaving;
    bool ok = true;

    if (timers_next_us(&self->timers) > watermark_us)
        return true;
    leaving_init(&leaving, self, true);
    for (TimerBucket *bucket; ok && (bucket = timers_take(&self->timers, watermark_us));) {
        for (size_t i = 0; ok && i < bucket->items.count; i++) {
            StateEntry *entry = state_table_at(&self->groups, (uint32_t)bucket->items.items[i]);

            if (owes(self, entry))
                ok = leaving_add(&leaving, entry, err);
            else
                aggregate_remove(self, entry);
        }
        timer_bucket_free(bucket);
    }
    return leaving_done(&leaving, ok, err);
}

/* Everything that is still owed, closing times or not. */
static bool emit_rest(Aggregate *self, bool remove, Error *err)
{
    StateEntry *entry;
    Leaving leaving;
    bool ok = true;

    leaving_init(&leaving, self, remove);
    STATE_TABLE_EACH(&self->groups, number, entry) {
        if (!ok)
            break;
        if (self->node->emit != EMIT_CHANGED || entry->dirty)
            ok = leaving_add(&leaving, entry, err);
    }
    return leaving_done(&leaving, ok, err);
}

bool aggregate_emit_changed(Aggregate *self, Error *err)
{
    StateEntry *entry;
    Leaving leaving;
    bool ok = true;

    if (!state_table_has_changes(&self->groups))
        return true;
    leaving_init(&leaving, self, false);
    for (size_t at = 0; ok && (entry = state_table_next_changed(&self->groups, &at));)
        ok = leaving_add(&leaving, entry, err);
    return leaving_done(&leaving, ok, err);
}

bool aggregate_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    Aggregate *self = (Aggregate *)op;

    if (watermark_us != WATERMARK_IDLE && watermark_us > self->watermark_us) {
        self->watermark_us = watermark_us;
        self->watermark_changed = true;
        if (!close_groups(self, watermark_us, err))
            return false;
        if (watermark_us == WATERMARK_END && self->node->emit == EMIT_FINAL &&
            !emit_rest(self, true, err))
            return false;
    }
    return op_push_watermark(op, watermark_us, err);
}

/* SELECT count(*) over no rows is one row; the first worker gives it. */
static bool global_row_missing(const Aggregate *self)
{
    return self->node->global_row && self->node->key_count == 0 && self->groups.live_count == 0 &&
           self->op.context->worker_i == 0;
}

static bool emit_global_row(Aggregate *self, Error *err)
{
    void *group = arena_zalloc(&self->arena, MAX(self->layout.state_bytes, 16u));

    group_init(&self->layout, group);
    return group_push(&self->op, &self->layout, NULL, 0, &group, 1, &self->arena, err);
}

bool aggregate_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    Aggregate *self = (Aggregate *)op;
    bool ok = global_row_missing(self) ? emit_global_row(self, err) : emit_rest(self, false, err);

    return ok && op_push_end(op, err);
}
