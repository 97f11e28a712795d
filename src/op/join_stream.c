/*
 * join_stream.c: joins of two streams: each side's rows are remembered as long as a row of the other
 * side may still match them.
 *
 * The bounds say right.time - left.time is in [low, high]; rows in time have times at or above the
 * watermark. So a left row of time t can meet right rows up to t + high, and is let go once the
 * watermark is above that; a right row of time u likewise above u - low. With windows for times (equal
 * on both sides) a row goes when the watermark has reached its window's end. Without either nothing
 * ever goes (the planner lets that through only if the query says so).
 *
 *     left t=10, bounds [0, 5]      |-----|            right rows of 10..15 match
 *     watermark                            15 keeps it, 15.000001 lets it go
 *
 * A row is late when its time is below the watermark (a window: when it had ended by it), its own
 * partition's as everywhere; then the answer depends on neither batches nor workers: every row that is
 * in time finds all its matches still there.
 *
 * Rows that leave silently are let go a little later, many together (granule_us): nothing can meet them
 * any more, and timers by the microsecond cost more than the memory.
 *
 * Outer rows without a match, and those of ANTI, are given when they are let go; SEMI's at their first
 * match. What is passed on as watermark is the lowest time an output row can still have.
 *
 * In checkpoints: slot 0: left rows; slot 1: right rows; the shared slot: the watermark.
 */
#include <stdlib.h>

#include "base/planted.h"
#include "op/inputs.h"
#include "op/join.h"
#include "op/key_columns.h"
#include "op/time_key.h"
#include "state/row_store.h"
#include "state/timer.h"

enum { LEFT = 0, RIGHT = 1, STRETCH_ROWS = 4096, GRANULES = 64 };

#define DUE_NEVER WATERMARK_END

typedef struct Side {
    RowStore store;     /* time_us of a row: its time, or its window's end. */
    Timers timers;      /* When a row is due to go -> its handle. */
    KeyColumns keys;
    const Type **types;
    uint32_t column_count;
    int32_t time_column; /* -1: none. */
    bool timed;         /* Rows of this side are let go some time. */
    bool keep;          /* Given without a match (outer, ANTI). */
    bool mark;          /* It matters whether a row had a match. */
    int64_t granule_us; /* Rows that leave silently leave together, that much later at most; 1: exactly. */
} Side;

typedef struct JoinStream {
    Op op;
    const JoinNode *join;
    JoinTraits traits;
    OpInputs inputs;    /* Knows the watermark. */
    Side sides[2];
    bool windows;       /* The times are windows. */
    int64_t saved_watermark_us; /* As in the last checkpoint. */
    Arena plan;
    Arena arena;        /* Of a stretch. */
} JoinStream;

/* ── times ─────────────────────────────────────────────────────────────────────────────────────*/

/* The watermark from which a row of that time is let go. */
static int64_t due_of(const JoinStream *self, uint32_t s, int64_t time_us)
{
    int64_t due_us;
    bool overflow;

    if (!self->sides[s].timed)
        return DUE_NEVER;
    if (self->windows)
        return time_us;
    overflow = s == LEFT ? __builtin_add_overflow(time_us, self->join->high_us, &due_us)
                         : __builtin_sub_overflow(time_us, self->join->low_us, &due_us);
    if (overflow || due_us >= WATERMARK_TIME_MAX)
        return WATERMARK_TIME_MAX;
    return due_us + 1;
}

static bool within_bounds(const JoinStream *self, int64_t left_us, int64_t right_us)
{
    int64_t apart_us;

    if (!self->join->has_bounds)
        return true;
    return !__builtin_sub_overflow(right_us, left_us, &apart_us) &&
           apart_us >= self->join->low_us && apart_us <= self->join->high_us;
}

/* The lowest time that rows still to be given can have; WATERMARK_NONE when there is no telling. */
static int64_t output_watermark(const JoinStream *self, int64_t watermark_us)
{
    const JoinNode *join = self->join;
    int64_t left_us, right_us;

    if (watermark_us == WATERMARK_END || self->windows)
        return watermark_us;
    if (!self->sides[LEFT].timed || !self->sides[RIGHT].timed)
        return WATERMARK_NONE;
    if (__builtin_sub_overflow(watermark_us, join->high_us, &left_us) ||
        __builtin_add_overflow(watermark_us, join->low_us, &right_us))
        return WATERMARK_NONE;
    return MIN(watermark_us, MIN(left_us, right_us));
}

/* ── a batch of one side ───────────────────────────────────────────────────────────────────────*/

/* A batch on its way past the other side's rows. */
typedef struct Probe {
    uint32_t side;
    const Batch *batch;
    const int64_t *time_us;  /* NULL: no time. Rows without one have no match. */
    uint64_t *alone;         /* Bit i: the row cannot match: a NULL in its key or time. */
    uint64_t *matched;
    uint32_t *rows, *places; /* The stretch: row of the batch, place on the other side. */
    uint32_t pair_count;
    VEC(uint32_t) finished;  /* SEMI, ANTI: places of left rows that matched now. */
} Probe;

/* Stored rows as a batch. */
static bool decode_places(JoinStream *self, uint32_t s, Arena *arena, const uint32_t *places,
                          uint32_t count, Batch **out, Error *err)
{
    const Side *side = &self->sides[s];
    Str *rows = ARENA_ARRAY(arena, Str, count);

    for (uint32_t i = 0; i < count; i++) {
        const StoredRow *row = row_store_at(&side->store, places[i]);

        rows[i] = (Str){row->data, row->bytes};
    }
    *out = batch_new(arena, side->column_count, count);
    return rows_decode(arena, rows, count, side->types, side->column_count, (*out)->columns) ||
           error_set(err, ERROR_USER, "the saved rows of a join cannot be read: they are damaged");
}

static uint32_t *identity(Arena *arena, uint32_t count)
{
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, count);

    for (uint32_t i = 0; i < count; i++)
        rows[i] = i;
    return rows;
}

/* Pair `p` is a match. */
static void note_match(JoinStream *self, Probe *probe, uint32_t p)
{
    Side *other = &self->sides[!probe->side];
    StoredRow *row = row_store_at(&other->store, probe->places[p]);

    bits_set(probe->matched, probe->rows[p]);
    if (!other->mark || row->marked)
        return;
    row->marked = true;
    row_store_touch(&other->store, probe->places[p]);
    if (self->traits.left_alone)
        VEC_ADD(&probe->finished, probe->places[p]);
}

static bool stretch_flush(JoinStream *self, Probe *probe, Error *err)
{
    Arena *arena = &self->arena;
    uint32_t *others = identity(arena, probe->pair_count);
    const uint32_t *matches;
    uint32_t match_count;
    const Batch *out;
    Batch *stored;
    bool ok;

    if (probe->pair_count == 0)
        return true;
    ok = decode_places(self, !probe->side, arena, probe->places, probe->pair_count, &stored, err);
    if (!ok)
        return false;
    out = probe->side == LEFT ? join_rows(arena, self->op.node, probe->batch, probe->rows, stored,
                                          others, probe->pair_count)
                              : join_rows(arena, self->op.node, stored, others, probe->batch,
                                          probe->rows, probe->pair_count);
    ok = join_condition(&self->op, arena, out, &matches, &match_count, err);
    for (uint32_t i = 0; ok && i < match_count; i++)
        note_match(self, probe, matches ? matches[i] : i);
    if (ok && self->traits.pairs && match_count > 0) {
        if (matches && match_count < out->row_count)
            out = batch_select(arena, out, matches, match_count);
        ok = op_push(&self->op, out, err);
    }
    probe->pair_count = 0;
    arena_reset(arena);
    return ok;
}

static bool probe_row(JoinStream *self, Probe *probe, uint32_t row_i, StateEntry *group, Error *err)
{
    Side *other = &self->sides[!probe->side];
    uint32_t place = row_store_first(&other->store, group);

    for (; place; place = row_store_next(&other->store, place)) {
        const StoredRow *row = row_store_at(&other->store, place);
        int64_t time_us = probe->time_us ? probe->time_us[row_i] : 0;

        /* A left row of SEMI or ANTI that has matched is finished. */
        if ((self->traits.left_alone && other->mark && row->marked) ||
            !within_bounds(self, probe->side == LEFT ? time_us : row->time_us,
                           probe->side == LEFT ? row->time_us : time_us))
            continue;
        probe->rows[probe->pair_count] = row_i;
        probe->places[probe->pair_count++] = place;
        if (probe->pair_count == STRETCH_ROWS && !stretch_flush(self, probe, err))
            return false;
    }
    return true;
}

static bool find_matches(JoinStream *self, Probe *probe, const KeySet *keys, Error *err)
{
    Side *other = &self->sides[!probe->side];
    uint32_t row_count = probe->batch->row_count;
    StateEntry **groups =
        ARENA_ARRAY(self->op.context->batch_arena, StateEntry *, row_count);

    state_table_find_all(&other->store.groups, keys->keys, keys->hashes, row_count, groups);
    for (uint32_t i = 0; i < row_count; i++) {
        if (groups[i] && !bits_get(probe->alone, i) && !probe_row(self, probe, i, groups[i], err))
            return false;
    }
    return stretch_flush(self, probe, err);
}

/* Gives rows of one side without a partner; for SEMI those that have one. */
static bool push_side(JoinStream *self, uint32_t s, const Batch *rows, Error *err)
{
    uint32_t *all;

    if (rows->row_count == 0)
        return true;
    if (self->traits.left_alone)
        return op_push(&self->op, rows, err);
    all = identity(self->op.context->batch_arena, rows->row_count);
    return op_push(&self->op,
                   s == LEFT ? join_rows(self->op.context->batch_arena, self->op.node, rows, all,
                                         NULL, NULL, rows->row_count)
                             : join_rows(self->op.context->batch_arena, self->op.node, NULL, NULL,
                                         rows, all, rows->row_count),
                   err);
}

static void set_timer(Side *side, int64_t due_us, uint32_t place)
{
    int64_t behind_us = due_us % side->granule_us;

    if (behind_us > 0 && due_us < WATERMARK_TIME_MAX - side->granule_us)
        due_us += side->granule_us - behind_us;
    timers_set(&side->timers, due_us, row_store_handle(&side->store, place));
}

static void store_row(JoinStream *self, Probe *probe, const KeySet *keys, uint32_t row_i,
                      int64_t due_us, StrBuf *bytes)
{
    Side *side = &self->sides[probe->side];
    uint32_t place;
    bool added;
    StateEntry *group = state_table_add(&side->store.groups, keys->keys[row_i],
                                        keys->hashes[row_i], &added);

    strbuf_clear(bytes);
    row_encode(bytes, probe->batch->columns, side->column_count, row_i);
    place = row_store_add(&side->store, group, strbuf_str(bytes),
                          probe->time_us ? probe->time_us[row_i] : 0);
    row_store_at(&side->store, place)->marked = side->mark && bits_get(probe->matched, row_i);
    if (due_us != DUE_NEVER)
        set_timer(side, due_us, place);
}

/* Remembers the rows that may still be met, gives those that are settled. */
static bool settle_rows(JoinStream *self, Probe *probe, const KeySet *keys, Error *err)
{
    Arena *arena = self->op.context->batch_arena;
    const Side *side = &self->sides[probe->side];
    uint32_t *given = ARENA_ARRAY(arena, uint32_t, probe->batch->row_count);
    bool left_alone = self->traits.left_alone && probe->side == LEFT;
    uint32_t given_count = 0;
    StrBuf bytes = {0};

    for (uint32_t i = 0; i < probe->batch->row_count; i++) {
        int64_t due_us = due_of(self, probe->side, probe->time_us ? probe->time_us[i] : 0);
        bool matched = bits_get(probe->matched, i);

        if (left_alone && matched) {
            if (self->join->kind == JOIN_SEMI)
                given[given_count++] = i;
        } else if (!bits_get(probe->alone, i) && due_us > self->inputs.watermark_us) {
            store_row(self, probe, keys, i, due_us, &bytes);
        } else if (side->keep && !matched) {
            given[given_count++] = i;
        }
    }
    strbuf_done(&bytes);
    return given_count == 0 ||
           push_side(self, probe->side, batch_select(arena, probe->batch, given, given_count), err);
}

/* Left rows of SEMI and ANTI that matched a right row are settled. */
static bool settle_finished(JoinStream *self, Probe *probe, Error *err)
{
    Side *left = &self->sides[LEFT];
    uint32_t count = (uint32_t)probe->finished.count;
    Batch *rows;
    bool ok = true;

    if (count > 0 && self->join->kind == JOIN_SEMI)
        ok = decode_places(self, LEFT, self->op.context->batch_arena, probe->finished.items, count,
                           &rows, err) &&
             push_side(self, LEFT, rows, err);
    for (uint32_t i = 0; i < count; i++)
        row_store_remove(&left->store, probe->finished.items[i]);
    VEC_DONE(&probe->finished);
    return ok;
}

/* Times by which rows are judged late; NULL: none is. A point is late below the watermark, so the
 * window it stands for ends right behind it. */
static const int64_t *closing_times(const JoinStream *self, const Side *side, const Batch *batch)
{
    Arena *arena = self->op.context->batch_arena;
    const int64_t *times;
    int64_t *closing_us;

    if (!self->sides[LEFT].timed && !self->sides[RIGHT].timed)
        return NULL;
    times = time_key_closing(arena, batch->columns[side->time_column]);
    if (self->windows)
        return times;
    closing_us = ARENA_ARRAY(arena, int64_t, batch->row_count);
    for (uint32_t i = 0; i < batch->row_count; i++)
        closing_us[i] = times[i] == INT64_MAX ? times[i] : times[i] + 1;
    return closing_us;
}

static void probe_init(JoinStream *self, Probe *probe, uint32_t s, const Batch *batch)
{
    const Side *side = &self->sides[s];
    Arena *arena = self->op.context->batch_arena;
    size_t bitmap_bytes = bits_words(batch->row_count) * sizeof(uint64_t);

    *probe = (Probe){
        .side = s,
        .batch = batch,
        .matched = arena_zalloc(arena, bitmap_bytes),
        .rows = ARENA_ARRAY(arena, uint32_t, STRETCH_ROWS),
        .places = ARENA_ARRAY(arena, uint32_t, STRETCH_ROWS),
    };
    if (!self->join->null_safe)
        probe->alone = join_null_keys(arena, batch, side->keys.columns, side->keys.column_count);
    if (!probe->alone)
        probe->alone = arena_zalloc(arena, bitmap_bytes);
    if (side->time_column < 0)
        return;
    probe->time_us = time_key_closing(arena, batch->columns[side->time_column]);
    for (uint32_t i = 0; i < batch->row_count && (self->join->has_bounds || self->windows); i++) {
        if (probe->time_us[i] == TIME_KEY_NEVER)
            bits_set(probe->alone, i);
    }
}

static bool side_rows(Op *op, uint32_t s, const Batch *batch, Error *err)
{
    JoinStream *self = (JoinStream *)op;
    const int64_t *closing_us = closing_times(self, &self->sides[s], batch);
    uint32_t row_count = 0;
    uint32_t *rows = NULL;
    KeySet keys;
    Probe probe;
    bool ok;

    if (closing_us && !time_key_judge(op, batch, closing_us, self->inputs.watermark_us, &rows,
                                      &row_count, err))
        return false;
    if (rows)
        batch = batch_select(op->context->batch_arena, batch, rows, row_count);
    if (batch->row_count == 0)
        return true;
    key_columns_encode(&self->sides[s].keys, op->context->batch_arena, batch, &keys);
    probe_init(self, &probe, s, batch);
    ok = find_matches(self, &probe, &keys, err) && settle_rows(self, &probe, &keys, err);
    ok = settle_finished(self, &probe, err) && ok;
    return ok && op_check_state(op, op->methods->state_bytes(op), err);
}

/* ── letting rows go ───────────────────────────────────────────────────────────────────────────*/

typedef struct Leaving {
    JoinStream *self;
    uint32_t side;
    VEC(uint32_t) places;
} Leaving;

static bool leaving_flush(Leaving *leaving, Error *err)
{
    JoinStream *self = leaving->self;
    Batch *rows;
    bool ok = leaving->places.count == 0 ||
              (decode_places(self, leaving->side, &self->arena, leaving->places.items,
                             (uint32_t)leaving->places.count, &rows, err) &&
               push_side(self, leaving->side, rows, err));

    for (size_t i = 0; i < leaving->places.count; i++)
        row_store_remove(&self->sides[leaving->side].store, leaving->places.items[i]);
    leaving->places.count = 0;
    arena_reset(&self->arena);
    return ok;
}

/* Lets a row go; it is given first if it had no match and that counts. */
static bool let_go(Leaving *leaving, uint32_t place, Error *err)
{
    Side *side = &leaving->self->sides[leaving->side];

    if (!side->keep || (row_store_at(&side->store, place)->marked &&
                        !(planted_mistake("join") && place % 3 == 1))) {
        row_store_remove(&side->store, place);
        return true;
    }
    VEC_ADD(&leaving->places, place);
    return leaving->places.count < leaving->self->op.context->batch_rows ||
           leaving_flush(leaving, err);
}

static bool side_close(JoinStream *self, uint32_t s, int64_t watermark_us, Error *err)
{
    Side *side = &self->sides[s];
    Leaving leaving = {.self = self, .side = s};
    bool ok = true;

    for (TimerBucket *bucket; ok && (bucket = timers_take(&side->timers, watermark_us));) {
        for (size_t i = 0; ok && i < bucket->items.count; i++) {
            /* None: it was finished before its time. */
            uint32_t place = row_store_find(&side->store, bucket->items.items[i]);

            ok = place == 0 || let_go(&leaving, place, err);
        }
        timer_bucket_free(bucket);
    }
    ok = ok && leaving_flush(&leaving, err);
    VEC_DONE(&leaving.places);
    return ok;
}

/* The end of everything: also rows that are never due. */
static bool side_end(JoinStream *self, uint32_t s, Error *err)
{
    Side *side = &self->sides[s];
    Leaving leaving = {.self = self, .side = s};
    bool ok = side_close(self, s, WATERMARK_END, err);

    for (uint32_t place = 1; ok && place <= side->store.used_count; place++) {
        if (row_store_at(&side->store, place)->group)
            ok = let_go(&leaving, place, err);
    }
    ok = ok && leaving_flush(&leaving, err);
    VEC_DONE(&leaving.places);
    return ok;
}

static bool stream_watermark(Op *op, int64_t watermark_us, Error *err)
{
    JoinStream *self = (JoinStream *)op;
    int64_t out_us = output_watermark(self, watermark_us);

    for (uint32_t s = LEFT; s <= RIGHT; s++) {
        if (!(watermark_us == WATERMARK_END ? side_end(self, s, err)
                                            : side_close(self, s, watermark_us, err)))
            return false;
    }
    return op_push_watermark(op, out_us, err);
}

static bool stream_input_end(Op *op, uint32_t input_i UNUSED, bool all, Error *err)
{
    JoinStream *self = (JoinStream *)op;

    if (!all)
        return true;
    return side_end(self, LEFT, err) && side_end(self, RIGHT, err) && op_push_end(op, err);
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

static bool stream_barrier(Op *op, const Barrier *barrier, Error *err)
{
    JoinStream *self = (JoinStream *)op;
    int64_t watermark_us = self->inputs.watermark_us;

    if (barrier->writer) {
        for (uint32_t s = LEFT; s <= RIGHT; s++)
            row_store_save(&self->sides[s].store, barrier->writer, op->node->id, (uint8_t)s,
                           barrier->full);
        if (watermark_us != WATERMARK_NONE &&
            (watermark_us != self->saved_watermark_us || barrier->full))
            op_save_watermark(op, barrier->writer, watermark_us);
        self->saved_watermark_us = watermark_us;
    }
    return op_push_barrier(op, barrier, err);
}

static bool join_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    JoinStream *self = (JoinStream *)op;
    Side *side = &self->sides[entry->slot == RIGHT];
    Vector **columns = ARENA_ARRAY(&self->arena, Vector *, side->column_count);
    uint64_t number, hash;
    int64_t time_us;
    Str key, row;
    bool marked, ok;

    if (op_restore_watermark(entry, &self->inputs.watermark_us))
        return true;
    ok = entry->slot <= RIGHT && row_store_parse(entry, &key, &row, &number, &time_us, &marked) &&
         key_columns_hash(&side->keys, key, entry->group, &hash) &&
         rows_decode(&self->arena, &row, 1, side->types, side->column_count, columns);
    if (ok) {
        uint32_t place =
            row_store_restore(&side->store, key, hash, row, number, time_us, marked);
        int64_t due_us = due_of(self, entry->slot, time_us);

        if (due_us != DUE_NEVER)
            set_timer(side, due_us, place);
    }
    arena_reset(&self->arena);
    return ok || op_bad_entry(op, entry, err);
}

/* ── the operator ──────────────────────────────────────────────────────────────────────────────*/

static const OpInputMethods stream_inputs = {
    .on_batch = side_rows,
    .on_watermark = stream_watermark,
    .on_barrier = stream_barrier,
    .on_end = stream_input_end,
};

static bool join_batch(Op *op, uint32_t input_i, const Batch *batch, Error *err)
{
    return op_inputs_batch(&((JoinStream *)op)->inputs, input_i, batch, err);
}

static bool join_watermark(Op *op, uint32_t input_i, int64_t watermark_us, Error *err)
{
    return op_inputs_watermark(&((JoinStream *)op)->inputs, input_i, watermark_us, err);
}

static bool join_barrier(Op *op, uint32_t input_i, const Barrier *barrier, Error *err)
{
    return op_inputs_barrier(&((JoinStream *)op)->inputs, input_i, barrier, err);
}

static bool join_end(Op *op, uint32_t input_i, Error *err)
{
    return op_inputs_end(&((JoinStream *)op)->inputs, input_i, err);
}

static int64_t join_bytes(const Op *op)
{
    const JoinStream *self = (const JoinStream *)op;
    size_t bytes = op_inputs_bytes(&self->inputs);

    for (uint32_t s = LEFT; s <= RIGHT; s++)
        bytes += row_store_bytes(&self->sides[s].store) + timers_bytes(&self->sides[s].timers);
    return (int64_t)bytes;
}

static void join_free(Op *op)
{
    JoinStream *self = (JoinStream *)op;

    for (uint32_t s = LEFT; s <= RIGHT; s++) {
        row_store_done(&self->sides[s].store);
        timers_done(&self->sides[s].timers);
    }
    op_inputs_done(&self->inputs);
    arena_done(&self->plan);
    arena_done(&self->arena);
    free(self);
}

static const OpMethods join_methods = {
    .name = "StreamJoin",
    .on_batch = join_batch,
    .on_watermark = join_watermark,
    .on_barrier = join_barrier,
    .on_end = join_end,
    .restore = join_restore,
    .state_bytes = join_bytes,
    .free = join_free,
};

static int64_t granule(const JoinNode *join)
{
    int64_t apart_us;

    if (!join->has_bounds || __builtin_sub_overflow(join->high_us, join->low_us, &apart_us))
        return 1;
    return MAX(apart_us / GRANULES, 1);
}

static void side_init(JoinStream *self, uint32_t s)
{
    const JoinNode *join = self->join;
    const Node *input = self->op.node->inputs[s];
    Side *side = &self->sides[s];
    int64_t reach_us = s == LEFT ? join->high_us : join->low_us;

    side->column_count = input->schema.column_count;
    side->types = ARENA_ARRAY(&self->plan, const Type *, side->column_count);
    for (uint32_t c = 0; c < side->column_count; c++)
        side->types[c] = input->schema.columns[c].type;
    side->time_column = s == LEFT ? join->left_time_column : join->right_time_column;
    side->timed = side->time_column >= 0 &&
                  (self->windows || (join->has_bounds &&
                                     reach_us != (s == LEFT ? INT64_MAX : INT64_MIN)));
    side->keep = s == LEFT ? self->traits.keep_left : self->traits.keep_right;
    side->granule_us = side->keep ? 1 : granule(join);
    side->mark = side->keep || (s == LEFT && self->traits.left_alone);
    key_columns_init(&side->keys, &self->plan, s == LEFT ? join->left_keys : join->right_keys,
                     join->key_count, -1, input);
    row_store_init(&side->store, true);
    timers_init(&side->timers);
}

/* Both times are windows, which are among the equal keys or equal by the condition. */
static bool times_are_windows(const Node *node)
{
    const JoinNode *join = &node->as.join;

    return join->left_time_column >= 0 && join->right_time_column >= 0 && !join->has_bounds &&
           node->inputs[LEFT]->schema.columns[join->left_time_column].type->kind == TYPE_STRUCT &&
           node->inputs[RIGHT]->schema.columns[join->right_time_column].type->kind == TYPE_STRUCT;
}

bool join_stream_create(const Node *node, OpContext *context, Op **out, Error *err)
{
    JoinKind kind = node->as.join.kind;
    JoinStream *self;

    if (kind == JOIN_LEFT_MARK || kind == JOIN_LEFT_SINGLE || node->as.join.mark_null_aware)
        return error_set(err, ERROR_USER,
                         "a subquery over a stream has no answer before the stream ends; join the "
                         "streams, or read the subquery's table instead");
    self = OP_NEW(JoinStream, &join_methods, node, context);
    self->join = &node->as.join;
    self->traits = join_traits(kind);
    self->windows = times_are_windows(node);
    self->saved_watermark_us = WATERMARK_NONE;
    arena_init(&self->plan);
    arena_init(&self->arena);
    side_init(self, LEFT);
    side_init(self, RIGHT);
    op_inputs_init(&self->inputs, &self->op, 2, &stream_inputs);
    *out = &self->op;
    return true;
}
