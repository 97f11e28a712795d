/*
 * aggregate_session.c: GROUP BY session_window(...): groups whose windows grow and merge.
 *
 * Each row brings a window of its own, [time, time + gap). For each key (the other grouping columns)
 * the open sessions stand in a list (window/session.h), each with the states of the aggregates. Rows
 * are taken in in order; a row that bridges two sessions makes them one, and their states are merged.
 *
 * When is a session final? A row is accepted while its own window has not ended by its partition's
 * watermark, that is, up to one gap behind it. Closing a session as soon as the watermark reaches its
 * end would make the result depend on how batches and partitions happened to interleave: an accepted
 * row could still touch a session which in another run is already closed. So a session is closed when
 * no row that is still accepted can touch it: one gap after its end. Then the sessions are the same
 * sets of rows in every run: those connected by overlap, among all rows that were in time.
 *
 * The gap is what the rows' windows show: the longest seen so far (with a gap computed per row, it is
 * the best that can be known).
 *
 * What is passed on is therefore the watermark less the gap: a session that is still to come may have
 * ended up to one gap ago, and a window chained above must stay open for it. A gap that grows takes
 * nothing back: every session open by then ended later than what was passed on.
 *
 * In checkpoints: slot 0: key -> all its open sessions; the shared slot: watermark and gaps.
 */
#include <stdio.h>
#include <stdlib.h>

#include "op/aggregate.h"
#include "window/session.h"

/* Behind it stand the states. */
typedef struct SessionStates {
    int64_t timer_us; /* When it will be looked at next. */
    int64_t unused;
} SessionStates;

_Static_assert(sizeof(SessionStates) % 16 == 0, "states are 16-aligned");

typedef struct SessionAggregate {
    Op op;
    const AggregateNode *node;
    GroupLayout layout;
    KeyColumns keys;       /* Without the session window. */
    uint32_t *key_columns; /* Which of the input. */
    StateTable table;      /* Key -> SessionList. */
    Timers timers;         /* When a session may close -> entry number. */
    int64_t watermark_us;
    int64_t gap_us;        /* The longest seen. */
    int64_t passed_us;     /* The watermark last passed on; it never goes back. */
    bool shared_changed;   /* Either of these, since the last checkpoint. */
    ptrdiff_t extra_bytes; /* Lists, states and what those point to. */
    Arena arena;
} SessionAggregate;

enum { SESSION_VERSION = 1, SLOT_SESSIONS = 0 };

static void *states_group(SessionStates *states)
{
    return states + 1;
}

static SessionStates *states_new(SessionAggregate *self)
{
    size_t bytes = sizeof(SessionStates) + self->layout.state_bytes;
    SessionStates *states = mem_zalloc(bytes);

    group_init(&self->layout, states_group(states));
    self->extra_bytes += (ptrdiff_t)(bytes + sizeof(Session));
    return states;
}

static void states_free(SessionAggregate *self, SessionStates *states)
{
    void *group = states_group(states);

    if (self->layout.has_extra)
        self->extra_bytes -= (ptrdiff_t)group_head(group)->extra_bytes;
    group_clear(&self->layout, group);
    self->extra_bytes -=
        (ptrdiff_t)(sizeof(SessionStates) + self->layout.state_bytes + sizeof(Session));
    free(states);
}

/* ── taking rows in ────────────────────────────────────────────────────────────────────────────*/

/* A stretch of rows whose groups are known and whose values are not taken in yet. */
typedef struct Stretch {
    const Batch *batch;
    void **groups; /* One a row of the batch. */
    uint32_t from, to;
} Stretch;

static void update_item(SessionAggregate *self, uint32_t item_i, const Batch *batch,
                        void *const *groups, Arena *arena)
{
    uint32_t row_count = batch->row_count;
    const uint32_t *rows = group_filter(&self->layout, item_i, batch, &row_count, arena);
    void **chosen;

    if (!rows) {
        group_update(&self->layout, item_i, groups, batch, NULL, row_count, arena);
        return;
    }
    chosen = ARENA_ARRAY(arena, void *, row_count);
    for (uint32_t i = 0; i < row_count; i++)
        chosen[i] = groups[rows[i]];
    group_update(&self->layout, item_i, chosen, batch, rows, row_count, arena);
}

static void stretch_take_in(SessionAggregate *self, Stretch *stretch)
{
    Arena *arena = self->op.context->batch_arena;
    uint32_t row_count = stretch->to - stretch->from;
    void **groups = stretch->groups + stretch->from;
    const Batch *batch = stretch->batch;

    if (row_count > 0 && row_count < batch->row_count)
        batch = batch_slice(arena, batch, stretch->from, row_count);
    for (uint32_t i = 0; row_count > 0 && i < self->layout.item_count; i++)
        update_item(self, i, batch, groups, arena);
    for (uint32_t i = 0; self->layout.has_extra && i < row_count; i++)
        self->extra_bytes += group_count_extra(&self->layout, groups[i]);
    stretch->from = stretch->to;
}

static int64_t closing_time(const SessionAggregate *self, int64_t end_us)
{
    int64_t closing_us;

    if (__builtin_add_overflow(end_us, self->gap_us, &closing_us))
        return WATERMARK_TIME_MAX;
    return MIN(closing_us, WATERMARK_TIME_MAX);
}

static void session_arm(SessionAggregate *self, const StateEntry *entry, const Session *session)
{
    SessionStates *states = session->owned;

    states->timer_us = closing_time(self, session->span.end_us);
    if (self->node->emit != EMIT_AT_END)
        timers_set(&self->timers, states->timer_us, entry->number);
}

/* Makes one session of several, whose states are merged into the first one's. */
static SessionStates *merge_states(SessionAggregate *self, const SessionList *list, size_t first,
                                   size_t count)
{
    SessionStates *into = list->items.items[first].owned;

    for (size_t i = first + 1; i < first + count; i++) {
        SessionStates *from = list->items.items[i].owned;

        group_merge(&self->layout, states_group(into), states_group(from));
        into->timer_us = MIN(into->timer_us, from->timer_us);
        states_free(self, from);
    }
    if (self->layout.has_extra)
        self->extra_bytes += group_count_extra(&self->layout, states_group(into));
    return into;
}

/* The group of the stretch's next row, whose window is `span`. */
static void *place_row(SessionAggregate *self, StateEntry *entry, WindowSpan span,
                       Stretch *stretch)
{
    SessionList *list = state_entry_value(entry);
    const Session *session;
    size_t first, count;

    sessions_touched(list, span, &first, &count);
    if (count == 0) {
        session = sessions_replace(list, first, 0, span, states_new(self));
        session_arm(self, entry, session);
        return states_group(session->owned);
    }
    if (count > 1)
        stretch_take_in(self, stretch); /* Its rows may point to states that go now. */
    session = sessions_replace(list, first, count, span,
                               count == 1 ? list->items.items[first].owned
                                          : merge_states(self, list, first, count));
    return states_group(session->owned);
}

/* The sessions' windows as two arrays. */
static void batch_spans(const SessionAggregate *self, const Batch *batch, const int64_t **start_us,
                        const int64_t **end_us)
{
    const Vector *windows = batch->columns[self->node->key_columns[self->node->time_key]];
    Arena *arena = self->op.context->batch_arena;

    *start_us = vector_i64(time_key_field(arena, windows, 0));
    *end_us = vector_i64(time_key_field(arena, windows, 1));
}

static void note_gaps(SessionAggregate *self, const int64_t *start_us, const int64_t *end_us,
                      uint32_t row_count)
{
    int64_t gap_us = self->gap_us;

    for (uint32_t i = 0; i < row_count; i++)
        gap_us = MAX(gap_us, end_us[i] - start_us[i]);
    self->shared_changed |= gap_us != self->gap_us;
    self->gap_us = gap_us;
}

static void take_in(SessionAggregate *self, const Batch *batch)
{
    Arena *arena = self->op.context->batch_arena;
    StateEntry **entries = ARENA_ARRAY(arena, StateEntry *, batch->row_count);
    uint32_t *added = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    Stretch stretch = {.batch = batch, .groups = ARENA_ARRAY(arena, void *, batch->row_count)};
    const int64_t *start_us, *end_us;
    KeySet keys;

    batch_spans(self, batch, &start_us, &end_us);
    note_gaps(self, start_us, end_us, batch->row_count);
    key_columns_encode(&self->keys, arena, batch, &keys);
    state_table_add_all(&self->table, keys.keys, keys.hashes, batch->row_count, entries, added);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        WindowSpan span = {start_us[i], end_us[i]};

        stretch.groups[i] = place_row(self, entries[i], span, &stretch);
        stretch.to = i + 1;
        state_table_touch(&self->table, entries[i]);
    }
    stretch_take_in(self, &stretch);
}

static bool session_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    SessionAggregate *self = (SessionAggregate *)op;
    const Vector *windows = batch->columns[self->node->key_columns[self->node->time_key]];
    const int64_t *closing_us = time_key_closing(op->context->batch_arena, windows);
    uint32_t row_count = 0;
    uint32_t *rows;

    if (!time_key_judge(op, batch, closing_us, self->watermark_us, &rows, &row_count, err))
        return false;
    if (rows)
        batch = batch_select(op->context->batch_arena, batch, rows, row_count);
    if (batch->row_count > 0)
        take_in(self, batch);
    return op_check_state(op, op->methods->state_bytes(op), err);
}

/* ── letting sessions go ───────────────────────────────────────────────────────────────────────*/

/* Sessions on their way out. */
typedef struct Leaving {
    SessionAggregate *self;
    VEC(Str) keys;
    VEC(Session) sessions;
    Arena arena;  /* Copies of the keys. */
    bool free_states;
} Leaving;

static Vector *window_column(SessionAggregate *self, const Session *sessions,
                             uint32_t row_count)
{
    const Type *type = self->op.node->schema.columns[self->node->time_key].type;
    Vector *windows = vector_new(&self->arena, type, row_count);

    for (uint32_t i = 0; i < row_count; i++) {
        vector_i64(windows->children[0])[i] = sessions[i].span.start_us;
        vector_i64(windows->children[1])[i] = sessions[i].span.end_us;
    }
    return windows;
}

static bool leaving_flush(Leaving *leaving, Error *err)
{
    SessionAggregate *self = leaving->self;
    uint32_t row_count = (uint32_t)leaving->sessions.count;
    uint32_t key_count = self->node->key_count;
    Vector **columns = ARENA_ARRAY(&self->arena, Vector *, key_count);
    Vector **plain = ARENA_ARRAY(&self->arena, Vector *, key_count);
    void **groups = ARENA_ARRAY(&self->arena, void *, row_count);
    uint32_t p = 0;
    bool ok = true;

    if (row_count > 0) {
        ASSERT(key_columns_decode(&self->keys, &self->arena, leaving->keys.items, row_count,
                                  plain));
        for (uint32_t c = 0; c < key_count; c++)
            columns[c] = (int32_t)c == self->node->time_key
                             ? window_column(self, leaving->sessions.items, row_count)
                             : plain[p++];
        for (uint32_t i = 0; i < row_count; i++)
            groups[i] = states_group(leaving->sessions.items[i].owned);
        ok = group_push(&self->op, &self->layout, columns, key_count, groups, row_count,
                        &self->arena, err);
    }
    for (uint32_t i = 0; leaving->free_states && i < row_count; i++)
        states_free(self, leaving->sessions.items[i].owned);
    leaving->keys.count = leaving->sessions.count = 0;
    arena_reset(&leaving->arena);
    return ok;
}

static bool leaving_add(Leaving *leaving, Str key, Session session, Error *err)
{
    VEC_ADD(&leaving->keys, str_copy(&leaving->arena, key));
    VEC_ADD(&leaving->sessions, session);
    return leaving->sessions.count < leaving->self->op.context->batch_rows ||
           leaving_flush(leaving, err);
}

static void leaving_init(Leaving *leaving, SessionAggregate *self, bool free_states)
{
    *leaving = (Leaving){.self = self, .free_states = free_states};
    arena_init(&leaving->arena);
}

static bool leaving_done(Leaving *leaving, bool ok, Error *err)
{
    ok = ok && leaving_flush(leaving, err);
    VEC_DONE(&leaving->keys);
    VEC_DONE(&leaving->sessions);
    arena_done(&leaving->arena);
    return ok;
}

/* Takes the sessions of an entry out that close by the watermark; those that only grew since their
 * timer was set get another. */
static bool close_due(SessionAggregate *self, StateEntry *entry, int64_t watermark_us,
                      Leaving *leaving, Error *err)
{
    SessionList *list = state_entry_value(entry);
    bool ok = true;

    for (size_t i = 0; ok && i < list->items.count;) {
        Session session = list->items.items[i];
        SessionStates *states = session.owned;

        if (closing_time(self, session.span.end_us) <= watermark_us) {
            state_table_touch(&self->table, entry);
            sessions_remove(list, i);
            ok = leaving_add(leaving, state_entry_key(entry), session, err);
            continue;
        }
        if (states->timer_us <= watermark_us)
            session_arm(self, entry, &list->items.items[i]);
        i++;
    }
    if (list->items.count == 0) {
        VEC_DONE(&list->items);
        state_table_remove(&self->table, entry);
    }
    return ok;
}

static bool close_sessions(SessionAggregate *self, int64_t watermark_us, Error *err)
{
    Leaving leaving;
    bool ok = true;

    if (timers_next_us(&self->timers) > watermark_us)
        return true;
    leaving_init(&leaving, self, true);
    for (TimerBucket *bucket; ok && (bucket = timers_take(&self->timers, watermark_us));) {
        for (size_t i = 0; ok && i < bucket->items.count; i++) {
            StateEntry *entry =
                state_table_live_at(&self->table, (uint32_t)bucket->items.items[i]);

            /* Its sessions may be gone, even the key; or another key has its number now. */
            if (entry)
                ok = close_due(self, entry, watermark_us, &leaving, err);
        }
        timer_bucket_free(bucket);
    }
    return leaving_done(&leaving, ok, err);
}

/* All sessions of all entries. */
static bool emit_sessions(SessionAggregate *self, Error *err)
{
    StateEntry *entry;
    Leaving leaving;
    bool ok = true;

    leaving_init(&leaving, self, false);
    STATE_TABLE_EACH(&self->table, number, entry) {
        const SessionList *list = state_entry_value(entry);

        for (size_t i = 0; ok && i < list->items.count; i++)
            ok = leaving_add(&leaving, state_entry_key(entry), list->items.items[i], err);
    }
    return leaving_done(&leaving, ok, err);
}

/* What is known of the sessions still to come: they end later than that. */
static int64_t passed_on(SessionAggregate *self, int64_t watermark_us)
{
    int64_t behind_us;

    if (watermark_us > WATERMARK_TIME_MAX || watermark_us == WATERMARK_NONE)
        return watermark_us;
    if (__builtin_sub_overflow(watermark_us, self->gap_us, &behind_us))
        behind_us = WATERMARK_NONE;
    self->passed_us = MAX(self->passed_us, behind_us);
    return self->passed_us;
}

static bool session_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    SessionAggregate *self = (SessionAggregate *)op;

    if (watermark_us != WATERMARK_IDLE && watermark_us > self->watermark_us) {
        self->watermark_us = watermark_us;
        self->shared_changed = true;
        if (!close_sessions(self, watermark_us, err))
            return false;
    }
    return op_push_watermark(op, passed_on(self, watermark_us), err);
}

static bool session_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    return emit_sessions((SessionAggregate *)op, err) && op_push_end(op, err);
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

/* u8 version, varint sessions, each: i64 start, i64 end, states. */
static void encode_sessions(void *self_, StateEntry *entry, StrBuf *out)
{
    const SessionAggregate *self = self_;
    const SessionList *list = state_entry_value(entry);

    strbuf_add_char(out, SESSION_VERSION);
    varint_encode(out, list->items.count);
    for (size_t i = 0; i < list->items.count; i++) {
        const Session *session = &list->items.items[i];

        strbuf_add(out, &session->span.start_us, sizeof session->span.start_us);
        strbuf_add(out, &session->span.end_us, sizeof session->span.end_us);
        group_encode(&self->layout, states_group(session->owned), out);
    }
}

/* Shared, key "gap" and the worker's number: version, i64. Each worker has seen a longest gap of its own; all go
 * on with the longest of these. passed_us is not kept: whoever is behind keeps the watermark that he got. */
static void save_gap(const SessionAggregate *self, CheckpointWriter *writer)
{
    char value[9] = {SESSION_VERSION};
    char key[16];

    (void)snprintf(key, sizeof key, "gap%u", self->op.context->worker_i);
    memcpy(value + 1, &self->gap_us, sizeof self->gap_us);
    checkpoint_put(writer, self->op.node->id, CHECKPOINT_SLOT_SHARED, 0, str_of(key),
                   (Str){value, sizeof value});
}

static bool session_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    SessionAggregate *self = (SessionAggregate *)op;

    if (barrier->writer) {
        state_table_save(&self->table, barrier->writer, op->node->id, SLOT_SESSIONS, barrier->full,
                         encode_sessions, self);
        if (self->shared_changed || barrier->full) {
            op_save_watermark(op, barrier->writer, self->watermark_us);
            save_gap(self, barrier->writer);
        }
        self->shared_changed = false;
    }
    return op_push_barrier(op, barrier, err);
}

static bool restore_session(SessionAggregate *self, StateEntry *entry, Str *in)
{
    SessionList *list = state_entry_value(entry);
    WindowSpan span;
    Session *session;

    if (in->bytes < sizeof span)
        return false;
    memcpy(&span.start_us, in->data, sizeof span.start_us);
    memcpy(&span.end_us, in->data + sizeof span.start_us, sizeof span.end_us);
    *in = str_slice(*in, sizeof span, in->bytes);
    /* Apart from each other, in order: what place_row keeps. */
    if (span.end_us <= span.start_us ||
        (list->items.count > 0 &&
         list->items.items[list->items.count - 1].span.end_us >= span.start_us))
        return false;
    session = sessions_replace(list, list->items.count, 0, span, states_new(self));
    /* The gap may not be known yet: looked at early, and armed again then. */
    ((SessionStates *)session->owned)->timer_us = span.end_us;
    timers_set(&self->timers, span.end_us, entry->number);
    if (!group_decode(&self->layout, states_group(session->owned), in))
        return false;
    if (self->layout.has_extra)
        self->extra_bytes += group_count_extra(&self->layout, states_group(session->owned));
    return true;
}

static bool restore_key(SessionAggregate *self, const CheckpointEntry *saved)
{
    Str value = str_slice(saved->value, 1, saved->value.bytes);
    uint64_t session_count, hash;
    Vector **columns = ARENA_ARRAY(&self->arena, Vector *, self->node->key_count);
    StateEntry *entry;
    bool ok, added;

    ok = varint_decode(&value, &session_count) &&
         key_columns_hash(&self->keys, saved->key, saved->group, &hash) &&
         key_columns_decode(&self->keys, &self->arena, &saved->key, 1, columns);
    arena_reset(&self->arena);
    if (!ok)
        return false;
    entry = state_table_add(&self->table, saved->key, hash, &added);
    if (!added)
        return false;
    state_table_restored(&self->table, entry);
    for (uint64_t i = 0; i < session_count; i++) {
        if (!restore_session(self, entry, &value))
            return false;
    }
    return value.bytes == 0;
}

static bool session_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    SessionAggregate *self = (SessionAggregate *)op;
    bool current = entry->value.bytes > 0 && entry->value.data[0] == SESSION_VERSION;

    if (op_restore_watermark(entry, &self->watermark_us))
        return true;
    if (current && entry->slot == CHECKPOINT_SLOT_SHARED && str_starts_with(entry->key, STR("gap")) &&
        entry->value.bytes == 9) {
        int64_t gap_us;

        memcpy(&gap_us, entry->value.data + 1, sizeof gap_us);
        self->gap_us = MAX(self->gap_us, gap_us);
        return true;
    }
    return (current && entry->slot == SLOT_SESSIONS && restore_key(self, entry)) ||
           op_bad_entry(op, entry, err);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static int64_t session_bytes(const Op *op)
{
    const SessionAggregate *self = (const SessionAggregate *)op;

    return (int64_t)(state_table_bytes(&self->table) + timers_bytes(&self->timers)) +
           self->extra_bytes;
}

static void session_free(Op *op)
{
    SessionAggregate *self = (SessionAggregate *)op;
    StateEntry *entry;

    STATE_TABLE_EACH(&self->table, number, entry) {
        SessionList *list = state_entry_value(entry);

        for (size_t i = 0; i < list->items.count; i++)
            states_free(self, list->items.items[i].owned);
        VEC_DONE(&list->items);
    }
    state_table_done(&self->table);
    timers_done(&self->timers);
    group_layout_done(&self->layout);
    arena_done(&self->arena);
    free(self);
}

static const OpMethods session_methods = {
    .name = "SessionAggregate",
    .on_batch = session_batch,
    .on_watermark = session_watermark,
    .on_barrier = session_barrier,
    .on_end = session_end,
    .restore = session_restore,
    .state_bytes = session_bytes,
    .free = session_free,
};

bool session_aggregate_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    SessionAggregate *self = OP_NEW(SessionAggregate, &session_methods, node, context);
    const AggregateNode *aggregate = &node->as.aggregate;
    uint32_t key_count = 0;

    ASSERT(aggregate->time_key >= 0);
    self->node = aggregate;
    self->watermark_us = self->passed_us = WATERMARK_NONE;
    arena_init(&self->arena);
    group_layout_init(&self->layout, aggregate->items, aggregate->item_count,
                      &node->inputs[0]->schema, context->sql, true);
    self->key_columns = ARENA_ARRAY(&self->layout.arena, uint32_t, aggregate->key_count);
    for (uint32_t c = 0; c < aggregate->key_count; c++) {
        if ((int32_t)c != aggregate->time_key)
            self->key_columns[key_count++] = aggregate->key_columns[c];
    }
    key_columns_init(&self->keys, &self->layout.arena, self->key_columns, key_count, -1,
                     node->inputs[0]);
    state_table_init(&self->table, sizeof(SessionList), aggregate->emit != EMIT_AT_END);
    timers_init(&self->timers);
    *out = &self->op;
    return true;
}
