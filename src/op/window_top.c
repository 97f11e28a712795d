/*
 * window_top.c: the first rows of every partition, kept up to date: row_number() OVER (PARTITION BY k
 * ORDER BY o) <= N in update mode, where no watermark ever closes a partition.
 *
 * A partition keeps its first N rows in order. A row behind the last of them is forgotten at once; one
 * before it moves those behind it by one place. At every barrier the places that changed are given, each
 * with its row_number, so that a table with the key (k, row_number), or k alone when N is 1, holds the
 * first rows: places only ever get other rows, none becomes empty.
 *
 *     N = 3    before  30 20 10        arrives 25        given   (25, 2) (20, 3)
 *              after   30 25 20
 *
 * Rows of equal order are put in the order of their bytes (state/row.h), so that which one stays depends
 * on neither batches nor workers.
 *
 * In checkpoints: slot 0: version, varint count, then of each row bytes(order key), bytes(row).
 */
#include <stdlib.h>

#include "op/key_columns.h"
#include "op/op_base.h"
#include "op/row_sorter.h"
#include "op/window_fn.h"
#include "state/row.h"
#include "state/table.h"

enum { TOP_VERSION = 1, SLOT_PARTITIONS = 0 };

typedef struct TopRow {
    char *bytes; /* The order key, then the row. */
    uint32_t key_bytes, row_bytes;
    uint32_t capacity;
} TopRow;

/* A partition's value in the table. Invariant: rows rise by (order key, row). */
typedef struct Top {
    TopRow *rows;
    uint32_t count, capacity;
    uint32_t changed_from; /* Places before it were given as they are. */
} Top;

typedef struct WindowTop {
    Op op;
    const WindowNode *node;
    const Type **types; /* Of the input's columns. */
    uint32_t column_count;
    uint32_t limit;
    KeyColumns keys;
    StateTable partitions;
    size_t row_bytes;
    Arena plan;
    Arena arena; /* Of one emission, one entry restored. */
} WindowTop;

static Str top_key(const TopRow *row)
{
    return (Str){row->bytes, row->key_bytes};
}

static Str top_bytes(const TopRow *row)
{
    return (Str){row->bytes + row->key_bytes, row->row_bytes};
}

/* ── taking rows in ────────────────────────────────────────────────────────────────────────────*/

/* A row on its way in: encoded when it is first needed. */
typedef struct Candidate {
    const Batch *batch;
    uint32_t row_i;
    Str key;
    StrBuf *scratch;
    bool encoded;
} Candidate;

static Str candidate_bytes(Candidate *candidate)
{
    if (!candidate->encoded) {
        strbuf_clear(candidate->scratch);
        row_encode(candidate->scratch, candidate->batch->columns, candidate->batch->column_count,
                   candidate->row_i);
        candidate->encoded = true;
    }
    return strbuf_str(candidate->scratch);
}

static bool comes_before(Candidate *candidate, const TopRow *row)
{
    int order = str_compare(candidate->key, top_key(row));

    return order < 0 || (order == 0 && str_compare(candidate_bytes(candidate), top_bytes(row)) < 0);
}

static void set_row(WindowTop *self, TopRow *row, Str key, Str bytes)
{
    uint32_t needed = key.bytes + bytes.bytes;

    if (row->capacity < needed) {
        self->row_bytes += needed - row->capacity;
        free(row->bytes);
        row->bytes = mem_alloc(needed);
        row->capacity = needed;
    }
    memcpy(row->bytes, key.data, key.bytes);
    memcpy(row->bytes + key.bytes, bytes.data, bytes.bytes);
    row->key_bytes = key.bytes;
    row->row_bytes = bytes.bytes;
}

/* A place at the end; at the limit the last row's, which falls out. */
static TopRow last_place(WindowTop *self, Top *top)
{
    if (top->count == self->limit)
        return top->rows[top->count - 1];
    if (top->count == top->capacity) {
        size_t capacity = top->capacity == 0 ? MIN(self->limit, 4u) : MIN(self->limit, top->capacity * 2);

        self->row_bytes += (capacity - top->capacity) * sizeof *top->rows;
        top->rows = mem_realloc(top->rows, capacity * sizeof *top->rows);
        top->capacity = (uint32_t)capacity;
    }
    top->count++;
    return (TopRow){0};
}

/* False: the row is not among the first. */
static bool take_row(WindowTop *self, Top *top, Candidate *candidate)
{
    uint32_t at = top->count;
    TopRow row;

    while (at > 0 && comes_before(candidate, &top->rows[at - 1]))
        at--;
    if (at == self->limit)
        return false;
    row = last_place(self, top);
    set_row(self, &row, candidate->key, candidate_bytes(candidate));
    memmove(top->rows + at + 1, top->rows + at, (top->count - 1 - at) * sizeof *top->rows);
    top->rows[at] = row;
    top->changed_from = MIN(top->changed_from, at);
    return true;
}

static bool top_batch(Op *op, uint32_t input_i UNUSED, const Batch *batch, Error *err)
{
    WindowTop *self = (WindowTop *)op;
    Arena *arena = op->context->batch_arena;
    StateEntry **entries = ARENA_ARRAY(arena, StateEntry *, batch->row_count);
    uint32_t *added = ARENA_ARRAY(arena, uint32_t, batch->row_count);
    StrBuf scratch = {0};
    const Str *order;
    KeySet keys;

    if (batch->row_count == 0 || self->limit == 0)
        return true;
    key_columns_encode(&self->keys, arena, batch, &keys);
    order = batch_order_keys(arena, batch, self->node->order_columns, self->node->order_keys,
                             self->node->order_count);
    (void)state_table_add_all(&self->partitions, keys.keys, keys.hashes, batch->row_count, entries,
                              added);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        Candidate candidate = {
            .batch = batch,
            .row_i = i,
            .key = order[i],
            .scratch = &scratch,
        };

        if (take_row(self, state_entry_value(entries[i]), &candidate))
            state_table_touch(&self->partitions, entries[i]);
    }
    strbuf_done(&scratch);
    return op_check_state(op, op->methods->state_bytes(op), err);
}

/* ── giving what changed ───────────────────────────────────────────────────────────────────────*/

typedef struct Given {
    WindowTop *self;
    Str *rows;
    int32_t *numbers;
    uint32_t count, capacity;
} Given;

static bool given_flush(Given *given, Error *err)
{
    WindowTop *self = given->self;
    Batch *out = batch_new(&self->arena, self->column_count + 1, given->count);
    bool ok;

    if (given->count == 0)
        return true;
    ASSERT(rows_decode(&self->arena, given->rows, given->count, self->types, self->column_count,
                       out->columns));
    out->columns[self->column_count] = vector_new(&self->arena, &type_int, given->count);
    memcpy(vector_i32(out->columns[self->column_count]), given->numbers,
           given->count * sizeof *given->numbers);
    given->count = 0;
    ok = op_push(&self->op, out, err);
    arena_reset(&self->arena);
    return ok;
}

static bool give_top(Given *given, Top *top, Error *err)
{
    for (uint32_t at = top->changed_from; at < top->count; at++) {
        given->rows[given->count] = top_bytes(&top->rows[at]);
        given->numbers[given->count++] = (int32_t)at + 1;
        if (given->count == given->capacity && !given_flush(given, err))
            return false;
    }
    top->changed_from = top->count;
    return true;
}

static bool give_changed(WindowTop *self, Error *err)
{
    Given given = {.self = self, .capacity = MAX(self->op.context->batch_rows, 1u)};
    StateEntry *entry;
    bool ok = true;

    if (!state_table_has_changes(&self->partitions))
        return true;
    given.rows = mem_alloc(given.capacity * sizeof *given.rows);
    given.numbers = mem_alloc(given.capacity * sizeof *given.numbers);
    for (size_t at = 0; ok && (entry = state_table_next_changed(&self->partitions, &at));)
        ok = give_top(&given, state_entry_value(entry), err);
    ok = ok && given_flush(&given, err);
    free(given.rows);
    free(given.numbers);
    return ok;
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

static void encode_top(void *self UNUSED, StateEntry *entry, StrBuf *out)
{
    const Top *top = state_entry_value(entry);

    strbuf_add_char(out, TOP_VERSION);
    varint_encode(out, top->count);
    for (uint32_t i = 0; i < top->count; i++) {
        bytes_encode(out, top_key(&top->rows[i]));
        bytes_encode(out, top_bytes(&top->rows[i]));
    }
}

static bool top_barrier(Op *op, uint32_t input_i UNUSED, const Barrier *barrier, Error *err)
{
    WindowTop *self = (WindowTop *)op;

    if (!give_changed(self, err))
        return false;
    if (barrier->writer)
        state_table_save(&self->partitions, barrier->writer, op->node->id, SLOT_PARTITIONS,
                         barrier->full, encode_top, self);
    return op_push_barrier(op, barrier, err);
}

static bool top_end(Op *op, uint32_t input_i UNUSED, Error *err)
{
    return give_changed((WindowTop *)op, err) && op_push_end(op, err);
}

static bool restore_rows(WindowTop *self, StateEntry *entry, Str in)
{
    Vector **columns = ARENA_ARRAY(&self->arena, Vector *, self->column_count);
    Top *top = state_entry_value(entry);
    uint64_t count;

    if (!varint_decode(&in, &count) || count > self->limit)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        TopRow row;
        Str key, bytes;

        if (!bytes_decode(&in, &key) || !bytes_decode(&in, &bytes) ||
            !rows_decode(&self->arena, &bytes, 1, self->types, self->column_count, columns))
            return false;
        row = last_place(self, top);
        set_row(self, &row, key, bytes);
        top->rows[top->count - 1] = row;
    }
    top->changed_from = top->count;
    return in.bytes == 0;
}

static bool top_restore(Op *op, const CheckpointEntry *saved, Error *err)
{
    WindowTop *self = (WindowTop *)op;
    StateEntry *entry;
    uint64_t hash;
    bool added, ok;

    ok = saved->slot == SLOT_PARTITIONS && saved->value.bytes > 0 &&
         saved->value.data[0] == TOP_VERSION &&
         key_columns_hash(&self->keys, saved->key, saved->group, &hash);
    if (ok) {
        entry = state_table_add(&self->partitions, saved->key, hash, &added);
        state_table_restored(&self->partitions, entry);
        ok = added && restore_rows(self, entry, str_slice(saved->value, 1, saved->value.bytes));
    }
    arena_reset(&self->arena);
    return ok || op_bad_entry(op, saved, err);
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static int64_t top_state_bytes(const Op *op)
{
    const WindowTop *self = (const WindowTop *)op;

    return (int64_t)(state_table_bytes(&self->partitions) + self->row_bytes);
}

static void top_free(Op *op)
{
    WindowTop *self = (WindowTop *)op;
    StateEntry *entry;

    STATE_TABLE_EACH(&self->partitions, number, entry) {
        Top *top = state_entry_value(entry);

        for (uint32_t i = 0; i < top->count; i++)
            free(top->rows[i].bytes);
        free(top->rows);
    }
    state_table_done(&self->partitions);
    arena_done(&self->plan);
    arena_done(&self->arena);
    free(self);
}

static const OpMethods top_methods = {
    .name = "Top",
    .on_batch = top_batch,
    .on_watermark = op_pass_watermark,
    .on_barrier = top_barrier,
    .on_end = top_end,
    .restore = top_restore,
    .state_bytes = top_state_bytes,
    .free = top_free,
};

bool window_top_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    WindowTop *self = OP_NEW(WindowTop, &top_methods, node, context);
    const Schema *input = &node->inputs[0]->schema;

    self->node = &node->as.window;
    self->limit = (uint32_t)MIN(MAX(self->node->rank_limit, 0), INT32_MAX);
    self->column_count = input->column_count;
    arena_init(&self->plan);
    arena_init(&self->arena);
    self->types = ARENA_ARRAY(&self->plan, const Type *, input->column_count);
    for (uint32_t c = 0; c < input->column_count; c++)
        self->types[c] = input->columns[c].type;
    key_columns_init(&self->keys, &self->plan, self->node->partition_columns,
                     self->node->partition_count, -1, node->inputs[0]);
    state_table_init(&self->partitions, sizeof(Top), true);
    *out = &self->op;
    return true;
}
