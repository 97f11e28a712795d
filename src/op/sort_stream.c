/*
 * sort_stream.c: ORDER BY in a stream: rows leave, in order, once the watermark has closed their
 * time.
 *
 * The first sort key is the event time or the window (the planner sees to that), so no row still to
 * come can stand before one whose time is closed. Rows of one closing time are sorted together and
 * given together, closing time by closing time: how often the watermark moves decides when rows
 * leave, not in which order. LIMIT and OFFSET count the rows given since the stream began.
 *
 * The planner has brought all rows to one worker: everything is in key group 0.
 *
 * In checkpoints: slot 0: number of arrival (8 bytes, big-endian) -> the row; slot 1: "seen", rows
 * given or left out by OFFSET so far; the shared slot: the operator's watermark.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "column/key.h"
#include "op/key_columns.h"
#include "op/op_base.h"
#include "op/time_key.h"
#include "state/row.h"
#include "state/table.h"
#include "state/timer.h"

enum { STREAM_SORT_VERSION = 1, SLOT_ROWS = 0, SLOT_SEEN = 1, NUMBER_BYTES = 8 };

/* The value of a row's entry. */
typedef struct KeptRow {
    char *bytes; /* The order key, then the row. */
    uint32_t key_bytes, row_bytes;
} KeptRow;

typedef struct StreamSort {
    Op op;
    const SortNode *node;
    const Schema *schema;
    const Type **types;
    StateTable rows; /* Number of arrival -> KeptRow. */
    Timers timers;   /* Closing time -> entry number. */
    uint64_t arrived;
    int64_t seen;
    bool seen_changed;
    int64_t watermark_us;
    bool watermark_changed;
    size_t row_bytes; /* What the rows point to. */
    Arena plan;       /* types */
    Arena arena;      /* Of one call. */
} StreamSort;

/* ── rows in state ─────────────────────────────────────────────────────────────────────────────*/

static Str number_key(uint64_t number, char bytes[NUMBER_BYTES])
{
    for (int i = NUMBER_BYTES - 1; i >= 0; i--, number >>= 8)
        bytes[i] = (char)(number & 0xFF);
    return (Str){bytes, NUMBER_BYTES};
}

static uint64_t entry_number(const StateEntry *entry)
{
    const unsigned char *bytes = (const unsigned char *)entry->inline_key;
    uint64_t number = 0;

    for (int i = 0; i < NUMBER_BYTES; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* NULL: there is a row of that number already. */
static StateEntry *keep_row(StreamSort *self, uint64_t number, Str key, Str row, int64_t closing_us)
{
    char bytes[NUMBER_BYTES];
    StateEntry *entry;
    KeptRow *kept;
    bool added;

    entry = state_table_add(&self->rows, number_key(number, bytes),
                            hash_in_group(hash_mix(number, 0), 0), &added);
    if (!added)
        return NULL;
    kept = state_entry_value(entry);
    *kept = (KeptRow){mem_alloc((size_t)key.bytes + row.bytes), key.bytes, row.bytes};
    if (key.bytes)
        memcpy(kept->bytes, key.data, key.bytes);
    if (row.bytes)
        memcpy(kept->bytes + key.bytes, row.data, row.bytes);
    self->row_bytes += (size_t)key.bytes + row.bytes;
    timers_set(&self->timers, closing_us, entry->number);
    return entry;
}

static void forget_row(StreamSort *self, StateEntry *entry)
{
    KeptRow *kept = state_entry_value(entry);

    self->row_bytes -= (size_t)kept->key_bytes + kept->row_bytes;
    free(kept->bytes);
    state_table_remove(&self->rows, entry);
}

static Str kept_key(const KeptRow *kept)
{
    return (Str){kept->bytes, kept->key_bytes};
}

static Str kept_row(const KeptRow *kept)
{
    return (Str){kept->bytes + kept->key_bytes, kept->row_bytes};
}

/* Rows counted by LIMIT and OFFSET: those from `offset` to here are given. */
static int64_t limit_end(const StreamSort *self)
{
    int64_t end;

    if (self->node->limit < 0 ||
        __builtin_add_overflow(self->node->offset, self->node->limit, &end))
        return INT64_MAX;
    return end;
}

/* ── taking rows in ────────────────────────────────────────────────────────────────────────────*/

static Str *order_keys(const StreamSort *self, Arena *arena, Vector *const *columns,
                       uint32_t row_count)
{
    const Vector **key_columns = ARENA_ARRAY(arena, const Vector *, self->node->key_count);
    Str *keys = ARENA_ARRAY(arena, Str, row_count);

    for (uint32_t c = 0; c < self->node->key_count; c++)
        key_columns[c] = columns[self->node->columns[c]];
    key_encode_order(arena, key_columns, self->node->keys, self->node->key_count, row_count, keys);
    return keys;
}

static const int64_t *closing_times(const StreamSort *self, Arena *arena, Vector *const *columns)
{
    return time_key_closing(arena, columns[self->node->time_key]);
}

static bool stream_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    StreamSort *self = (StreamSort *)op;
    Arena *arena = op->context->batch_arena;
    const int64_t *closing_us = closing_times(self, arena, batch->columns);
    uint32_t row_count = batch->row_count;
    uint32_t *rows;
    Str *keys;
    StrBuf row;

    if (!time_key_judge(op, batch, closing_us, self->watermark_us, &rows, &row_count, err))
        return false;
    if (self->seen >= limit_end(self))
        return true;
    keys = order_keys(self, arena, batch->columns, batch->row_count);
    strbuf_init(&row);
    for (uint32_t r = 0; r < row_count; r++) {
        uint32_t i = rows ? rows[r] : r;

        strbuf_clear(&row);
        row_encode(&row, batch->columns, batch->column_count, i);
        keep_row(self, self->arrived++, keys[i], strbuf_str(&row), closing_us[i]);
    }
    strbuf_done(&row);
    return op_check_state(op, op->methods->state_bytes(op), err);
}

/* ── giving them ───────────────────────────────────────────────────────────────────────────────*/

static int entry_compare(const void *a_, const void *b_)
{
    StateEntry *a = *(StateEntry *const *)a_;
    StateEntry *b = *(StateEntry *const *)b_;
    int order = str_compare(kept_key(state_entry_value(a)), kept_key(state_entry_value(b)));

    if (order)
        return order;
    return entry_number(a) < entry_number(b) ? -1 : 1;
}

static bool push_rows(StreamSort *self, StateEntry *const *entries, uint32_t count, Error *err)
{
    Batch *batch = batch_new(&self->arena, self->schema->column_count, count);
    Str *rows = ARENA_ARRAY(&self->arena, Str, count);

    for (uint32_t i = 0; i < count; i++)
        rows[i] = kept_row(state_entry_value(entries[i]));
    ASSERT(
        rows_decode(&self->arena, rows, count, self->types, batch->column_count, batch->columns));
    return op_push(&self->op, batch, err);
}

/* Gives all rows of one closing time, as far as LIMIT and OFFSET let them through. */
static bool release(StreamSort *self, const TimerBucket *bucket, Error *err)
{
    uint32_t batch_rows = MAX(self->op.context->batch_rows, 1u);
    size_t count = bucket->items.count;
    StateEntry **entries = mem_alloc(count * sizeof(StateEntry *));
    size_t from, to;
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        entries[i] = state_table_at(&self->rows, (uint32_t)bucket->items.items[i]);
    qsort(entries, count, sizeof(StateEntry *), entry_compare);
    from = (size_t)MIN(MAX(self->node->offset - self->seen, 0), (int64_t)count);
    to = (size_t)MIN(MAX(limit_end(self) - self->seen, 0), (int64_t)count);
    for (; ok && from < to; from += batch_rows) {
        ok = push_rows(self, entries + from, (uint32_t)MIN(batch_rows, to - from), err);
        arena_reset(&self->arena);
    }
    for (size_t i = 0; i < count; i++)
        forget_row(self, entries[i]);
    self->seen += (int64_t)count;
    self->seen_changed = true;
    free(entries);
    return ok;
}

static bool release_until(StreamSort *self, int64_t watermark_us, Error *err)
{
    bool ok = true;

    for (TimerBucket *bucket; ok && (bucket = timers_take(&self->timers, watermark_us));) {
        ok = release(self, bucket, err);
        timer_bucket_free(bucket);
    }
    return ok;
}

static bool stream_watermark(Op *op, uint32_t input_i UNUSED, int64_t watermark_us, Error *err)
{
    StreamSort *self = (StreamSort *)op;

    if (watermark_us != WATERMARK_IDLE && watermark_us > self->watermark_us) {
        self->watermark_us = watermark_us;
        self->watermark_changed = true;
        if (!release_until(self, watermark_us, err))
            return false;
    }
    return op_push_watermark(op, watermark_us, err);
}

static bool stream_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    return release_until((StreamSort *)op, WATERMARK_END, err) && op_push_end(op, err);
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

/* The order key is computed again. */
static void encode_row(void *self UNUSED, StateEntry *entry, StrBuf *out)
{
    strbuf_add_char(out, STREAM_SORT_VERSION);
    strbuf_add_str(out, kept_row(state_entry_value(entry)));
}

static void save_seen(const StreamSort *self, CheckpointWriter *writer)
{
    char value[9] = {STREAM_SORT_VERSION};

    memcpy(value + 1, &self->seen, sizeof self->seen);
    checkpoint_put(writer, self->op.node->id, SLOT_SEEN, 0, STR("seen"),
                   (Str){value, sizeof value});
}

static bool stream_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    StreamSort *self = (StreamSort *)op;

    if (barrier->writer) {
        state_table_save(&self->rows, barrier->writer, op->node->id, SLOT_ROWS, barrier->full,
                         encode_row, self);
        if (self->seen > 0 && (self->seen_changed || barrier->full))
            save_seen(self, barrier->writer);
        if (self->watermark_us != WATERMARK_NONE && (self->watermark_changed || barrier->full))
            op_save_watermark(op, barrier->writer, self->watermark_us);
        self->seen_changed = self->watermark_changed = false;
    }
    return op_push_barrier(op, barrier, err);
}

static bool restore_row(StreamSort *self, const CheckpointEntry *saved)
{
    Str row = str_slice(saved->value, 1, saved->value.bytes);
    Vector **columns = ARENA_ARRAY(&self->arena, Vector *, self->schema->column_count);
    uint64_t number = 0;
    StateEntry *entry;

    if (saved->key.bytes != NUMBER_BYTES ||
        !rows_decode(&self->arena, &row, 1, self->types, self->schema->column_count, columns))
        return false;
    for (int i = 0; i < NUMBER_BYTES; i++)
        number = number << 8 | (unsigned char)saved->key.data[i];
    entry = keep_row(self, number, order_keys(self, &self->arena, columns, 1)[0], row,
                     closing_times(self, &self->arena, columns)[0]);
    if (!entry)
        return false;
    state_table_restored(&self->rows, entry);
    self->arrived = MAX(self->arrived, number + 1);
    return true;
}

static bool stream_restore(Op *op, const CheckpointEntry *entry, Error *err)
{
    StreamSort *self = (StreamSort *)op;
    bool ok;

    if (op_restore_watermark(entry, &self->watermark_us))
        return true;
    if (entry->value.bytes == 0 || entry->value.data[0] != STREAM_SORT_VERSION)
        return op_bad_entry(op, entry, err);
    if (entry->slot == SLOT_SEEN && str_equal(entry->key, STR("seen")) && entry->value.bytes == 9) {
        memcpy(&self->seen, entry->value.data + 1, sizeof self->seen);
        return self->seen >= 0 || op_bad_entry(op, entry, err);
    }
    ok = entry->slot == SLOT_ROWS && restore_row(self, entry);
    arena_reset(&self->arena);
    return ok || op_bad_entry(op, entry, err);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static int64_t stream_bytes(const Op *op)
{
    const StreamSort *self = (const StreamSort *)op;

    return (int64_t)(state_table_bytes(&self->rows) + timers_bytes(&self->timers) +
                     self->row_bytes);
}

static void stream_free(Op *op)
{
    StreamSort *self = (StreamSort *)op;
    StateEntry *entry;

    STATE_TABLE_EACH(&self->rows, number, entry)
    free(((KeptRow *)state_entry_value(entry))->bytes);
    state_table_done(&self->rows);
    timers_done(&self->timers);
    arena_done(&self->plan);
    arena_done(&self->arena);
    free(self);
}

static const OpMethods stream_sort_methods = {
    .name = "Sort",
    .on_batch = stream_batch,
    .on_watermark = stream_watermark,
    .on_barrier = stream_barrier,
    .on_end = stream_end,
    .restore = stream_restore,
    .state_bytes = stream_bytes,
    .free = stream_free,
};

bool sort_stream_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    StreamSort *self = OP_NEW(StreamSort, &stream_sort_methods, node, context);

    self->node = &node->as.sort;
    self->schema = &node->inputs[0]->schema;
    self->watermark_us = WATERMARK_NONE;
    arena_init(&self->plan);
    arena_init(&self->arena);
    self->types = ARENA_ARRAY(&self->plan, const Type *, self->schema->column_count);
    for (uint32_t c = 0; c < self->schema->column_count; c++)
        self->types[c] = self->schema->columns[c].type;
    state_table_init(&self->rows, sizeof(KeptRow), true);
    timers_init(&self->timers);
    *out = &self->op;
    return true;
}
