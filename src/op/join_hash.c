/*
 * join_hash.c: joins in which one side is finite: it is held and indexed, the other runs past it.
 *
 * In a batch join the right side is held. Left rows that come before the right side has ended wait
 * (a planner that runs the right input first saves that). In a join of a stream with a table the
 * table is held, whichever side it is; it is read as of the epoch's start, again when its version has
 * changed. Or, where the table says that it can be looked up, only the rows of those keys are held that
 * have come since then: each batch first asks for those that are new, all at once.
 *
 * Candidates (rows with equal keys, or all rows when there are no keys) are put together in stretches
 * of some thousand pairs, over which the rest of ON is evaluated; so a join whose output is large
 * needs memory for a stretch only.
 *
 * NOT IN and IN as a value follow SQL's three values: without a match the answer is unknown when some
 * comparison was: some row's key, on either side, was NULL where the rest was equal. Keys are those of
 * IN alone; what correlates the subquery is in the condition.
 */
#include <stdlib.h>

#include "op/inputs.h"
#include "op/join_build.h"
#include "os/os.h"

enum {
    STRETCH_PAIRS = 4096,
    LEFT = 0,
    RIGHT = 1,
    LOOKED_UP_BYTES_MAX = 64 << 20, /* What is held of a table that is looked up: then anew. */
};

typedef struct JoinHash {
    Op op;
    const JoinNode *join;
    JoinTraits traits;
    uint32_t build_side; /* LEFT or RIGHT */
    bool table;          /* The held side is a table read in a stream. */
    JoinBuild build;
    OpInputs inputs;     /* Batch joins. */
    Arena waiting_arena;
    VEC(const Batch *) waiting; /* Probe batches that came before the build side's end. */
    int64_t version;     /* Of the table as held. */
    bool check_version;  /* At the next batch: a new epoch has begun. */
    bool look_decided;   /* Whether the table is looked up: */
    bool looks_up;
    StateTable asked;    /* Keys that have been looked up since `build` was cleared. */
    Arena arena;         /* Of a stretch. */
} JoinHash;

/* One probe batch on its way past the held side. */
typedef struct Probe {
    const Batch *batch;
    uint64_t *matched;   /* Bit i: probe row i has a match. */
    uint64_t *unknown;   /* Bit i: without a match, IN is NULL (null-aware joins). */
    uint32_t *single;    /* LEFT_SINGLE: the one match of each row, or BUILD_END. */
    uint64_t *failed;    /* LEFT_SINGLE: rows with more than one. */
    uint32_t *probe_rows, *build_rows; /* The stretch. */
    uint32_t pair_count;
} Probe;

static bool keep_probe(const JoinHash *self)
{
    return self->build_side == RIGHT ? self->traits.keep_left : self->traits.keep_right;
}

static bool keep_build(const JoinHash *self)
{
    return self->build_side == RIGHT ? self->traits.keep_right : self->traits.keep_left;
}

/* Rows of the output. Rows of a side that are NULL are NULL in all its columns. */
static Batch *put_together(JoinHash *self, Arena *arena, const Batch *probe,
                           const uint32_t *probe_rows, const uint32_t *build_rows,
                           uint32_t row_count)
{
    const Batch *build = build_rows ? self->build.rows : NULL;

    if (!probe_rows)
        probe = NULL;
    return self->build_side == RIGHT
               ? join_rows(arena, self->op.node, probe, probe_rows, build, build_rows, row_count)
               : join_rows(arena, self->op.node, build, build_rows, probe, probe_rows, row_count);
}

/* ── pairs ─────────────────────────────────────────────────────────────────────────────────────*/

static bool too_many_rows(JoinHash *self, Probe *probe, uint32_t row_i, Error *err)
{
    const RowError error = {
        .row_i = row_i,
        .class_name = "SCALAR_SUBQUERY_TOO_MANY_ROWS",
        .sqlstate = "21000",
        .text = "More than one row returned by a subquery used as an expression.",
    };

    if (bits_get(probe->failed, row_i))
        return true;
    bits_set(probe->failed, row_i);
    return self->op.context->row_error(self->op.context->self, probe->batch, row_i, &error, err);
}

/* Pair `p` of the stretch is a match. */
static bool note_match(JoinHash *self, Probe *probe, uint32_t p, Error *err)
{
    uint32_t row_i = probe->probe_rows[p];

    if (probe->single) {
        if (probe->single[row_i] != BUILD_END)
            return too_many_rows(self, probe, row_i, err);
        probe->single[row_i] = probe->build_rows[p];
    }
    bits_set(probe->matched, row_i);
    bits_set(self->build.matched, probe->build_rows[p]);
    return true;
}

/* Judges the stretch and gives what matched. */
static bool stretch_flush(JoinHash *self, Probe *probe, Error *err)
{
    const Batch *out;
    const uint32_t *places;
    uint32_t place_count;
    bool ok;

    if (probe->pair_count == 0)
        return true;
    out = put_together(self, &self->arena, probe->batch, probe->probe_rows, probe->build_rows,
                       probe->pair_count);
    ok = join_condition(&self->op, &self->arena, out, &places, &place_count, err);
    for (uint32_t i = 0; ok && i < place_count; i++)
        ok = note_match(self, probe, places ? places[i] : i, err);
    if (ok && self->traits.pairs && place_count > 0) {
        if (places && place_count < out->row_count)
            out = batch_select(&self->arena, out, places, place_count);
        ok = op_push(&self->op, out, err);
    }
    probe->pair_count = 0;
    arena_reset(&self->arena);
    return ok;
}

static bool stretch_add(JoinHash *self, Probe *probe, uint32_t probe_row, uint32_t build_row,
                        Error *err)
{
    probe->probe_rows[probe->pair_count] = probe_row;
    probe->build_rows[probe->pair_count++] = build_row;
    return probe->pair_count < STRETCH_PAIRS || stretch_flush(self, probe, err);
}

static bool match_pairs(JoinHash *self, Probe *probe, const uint32_t *first, Error *err)
{
    /* One match is enough, and there is no condition that it could fail. */
    bool any_will_do = !self->traits.pairs && !probe->single && !self->join->condition;

    for (uint32_t i = 0; i < probe->batch->row_count; i++) {
        for (uint32_t b = first[i]; b != BUILD_END; b = self->build.next[b]) {
            if (any_will_do) {
                bits_set(probe->matched, i);
                break;
            }
            if (!stretch_add(self, probe, i, b, err))
                return false;
            /* A stretch has ended and found one. */
            if (!self->traits.pairs && !probe->single && bits_get(probe->matched, i))
                break;
        }
    }
    return stretch_flush(self, probe, err);
}

/* ── three values: IN ──────────────────────────────────────────────────────────────────────────*/

/* Whether comparing the keys gives NULL: all that are not NULL on both sides are equal. */
static bool may_be_equal(const JoinHash *self, const Batch *probe, uint32_t probe_row,
                         uint32_t build_row)
{
    for (uint32_t k = 0; k < self->join->key_count; k++) {
        const Vector *a = probe->columns[self->join->left_keys[k]];
        const Vector *b = self->build.rows->columns[self->join->right_keys[k]];

        if (vector_is_valid(a, probe_row) && vector_is_valid(b, build_row) &&
            !vector_same(a, probe_row, b, build_row))
            return false;
    }
    return true;
}

/* Judges a stretch of pairs whose keys may be equal: their probe rows are unknown. */
static bool unknown_flush(JoinHash *self, Probe *probe, Error *err)
{
    const Batch *pairs;
    const uint32_t *places;
    uint32_t place_count;

    if (probe->pair_count == 0)
        return true;
    pairs = put_together(self, &self->arena, probe->batch, probe->probe_rows, probe->build_rows,
                         probe->pair_count);
    if (!join_condition(&self->op, &self->arena, pairs, &places, &place_count, err))
        return false;
    for (uint32_t i = 0; i < place_count; i++)
        bits_set(probe->unknown, probe->probe_rows[places ? places[i] : i]);
    probe->pair_count = 0;
    arena_reset(&self->arena);
    return true;
}

/* Whether row i is unknown, by the build rows with a NULL key or, if its own is NULL, by all. */
static bool judge_unknown(JoinHash *self, Probe *probe, uint32_t row_i, bool own_null, Error *err)
{
    const JoinBuild *build = &self->build;
    uint32_t count = own_null ? build->rows->row_count : build->null_count;

    for (uint32_t n = 0; n < count && !bits_get(probe->unknown, row_i); n++) {
        uint32_t build_row = own_null ? n : build->null_rows[n];

        if (!may_be_equal(self, probe->batch, row_i, build_row))
            continue;
        if (!self->join->condition) {
            bits_set(probe->unknown, row_i);
            return true;
        }
        probe->probe_rows[probe->pair_count] = row_i;
        probe->build_rows[probe->pair_count++] = build_row;
        if (probe->pair_count == STRETCH_PAIRS && !unknown_flush(self, probe, err))
            return false;
    }
    return true;
}

static bool find_unknown(JoinHash *self, Probe *probe, Error *err)
{
    uint64_t *nulls = join_null_keys(self->op.context->batch_arena, probe->batch,
                                     self->join->left_keys, self->join->key_count);

    for (uint32_t i = 0; i < probe->batch->row_count; i++) {
        if (!bits_get(probe->matched, i) &&
            !judge_unknown(self, probe, i, nulls && bits_get(nulls, i), err))
            return false;
    }
    return unknown_flush(self, probe, err);
}

/* ── what is given beside the pairs ────────────────────────────────────────────────────────────*/

/* Probe rows that have (or have not) a match and are not unknown. */
static uint32_t choose_rows(const Probe *probe, Arena *arena, bool matched, uint32_t **rows)
{
    uint32_t count = 0;

    *rows = ARENA_ARRAY(arena, uint32_t, probe->batch->row_count);
    for (uint32_t i = 0; i < probe->batch->row_count; i++) {
        if (bits_get(probe->matched, i) == matched && !(probe->unknown && bits_get(probe->unknown, i)))
            (*rows)[count++] = i;
    }
    return count;
}

static bool push_mark(JoinHash *self, const Probe *probe, Error *err)
{
    Arena *arena = self->op.context->batch_arena;
    Batch *out = batch_new(arena, probe->batch->column_count + 1, probe->batch->row_count);
    Vector *mark = vector_new(arena, &type_boolean, probe->batch->row_count);

    for (uint32_t i = 0; i < probe->batch->row_count; i++) {
        vector_bools(mark)[i] = bits_get(probe->matched, i);
        if (!bits_get(probe->matched, i) && probe->unknown && bits_get(probe->unknown, i))
            vector_set_null(arena, mark, i);
    }
    memcpy(out->columns, probe->batch->columns,
           probe->batch->column_count * sizeof *out->columns);
    out->columns[probe->batch->column_count] = mark;
    out->origin = probe->batch->origin;
    out->watermark_us = probe->batch->watermark_us;
    return op_push(&self->op, out, err);
}

static bool push_single(JoinHash *self, const Probe *probe, Error *err)
{
    Arena *arena = self->op.context->batch_arena;
    uint32_t *probe_rows = ARENA_ARRAY(arena, uint32_t, probe->batch->row_count);
    uint32_t *build_rows = ARENA_ARRAY(arena, uint32_t, probe->batch->row_count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < probe->batch->row_count; i++) {
        if (!bits_get(probe->matched, i) || bits_get(probe->failed, i))
            continue;
        probe_rows[count] = i;
        build_rows[count++] = probe->single[i];
    }
    return count == 0 ||
           op_push(&self->op,
                   put_together(self, arena, probe->batch, probe_rows, build_rows, count), err);
}

static bool push_rest(JoinHash *self, Probe *probe, Error *err)
{
    Arena *arena = self->op.context->batch_arena;
    const Batch *out;
    uint32_t *rows;
    uint32_t count;

    if (self->join->kind == JOIN_LEFT_MARK)
        return push_mark(self, probe, err);
    if (probe->single && !push_single(self, probe, err))
        return false;
    if (self->join->kind != JOIN_SEMI && !keep_probe(self))
        return true;
    count = choose_rows(probe, arena, self->join->kind == JOIN_SEMI, &rows);
    if (count == 0)
        return true;
    if (!self->traits.left_alone)
        out = put_together(self, arena, probe->batch, rows, NULL, count);
    else if (count < probe->batch->row_count)
        out = batch_select(arena, probe->batch, rows, count);
    else
        out = probe->batch;
    return op_push(&self->op, out, err);
}

static bool probe_batch(JoinHash *self, const Batch *batch, Error *err)
{
    Arena *arena = self->op.context->batch_arena;
    size_t bitmap_bytes = bits_words(batch->row_count) * sizeof(uint64_t);
    Probe probe = {
        .batch = batch,
        .matched = arena_zalloc(arena, bitmap_bytes),
        .probe_rows = ARENA_ARRAY(arena, uint32_t, STRETCH_PAIRS),
        .build_rows = ARENA_ARRAY(arena, uint32_t, STRETCH_PAIRS),
    };
    const uint32_t *first;

    if (self->join->kind == JOIN_LEFT_SINGLE) {
        probe.single = ARENA_ARRAY(arena, uint32_t, batch->row_count);
        memset(probe.single, 0xff, batch->row_count * sizeof *probe.single);
        probe.failed = arena_zalloc(arena, bitmap_bytes);
    }
    first = join_build_find(&self->build, arena, batch,
                            self->build_side == RIGHT ? self->join->left_keys
                                                      : self->join->right_keys);
    if (!match_pairs(self, &probe, first, err))
        return false;
    if (self->join->mark_null_aware) {
        probe.unknown = arena_zalloc(arena, bitmap_bytes);
        if (!find_unknown(self, &probe, err))
            return false;
    }
    return push_rest(self, &probe, err);
}

/* Held rows that nothing matched. */
static bool push_unmatched_build(JoinHash *self, Error *err)
{
    uint32_t row_count = self->build.rows->row_count;
    uint32_t capacity = MAX(self->op.context->batch_rows, 1u);
    uint32_t *rows = mem_alloc(capacity * sizeof *rows);
    uint32_t count = 0;
    bool ok = true;

    for (uint32_t i = 0; ok && i <= row_count; i++) {
        if (i < row_count && !bits_get(self->build.matched, i))
            rows[count++] = i;
        if (count == capacity || (i == row_count && count > 0)) {
            ok = op_push(&self->op, put_together(self, &self->arena, NULL, NULL, rows, count), err);
            arena_reset(&self->arena);
            count = 0;
        }
    }
    free(rows);
    return ok;
}

/* ── batch joins ───────────────────────────────────────────────────────────────────────────────*/

static bool batch_rows(Op *op, uint32_t input_i, const Batch *batch, Error *err)
{
    JoinHash *self = (JoinHash *)op;

    if (input_i == self->build_side)
        return join_build_add(&self->build, batch, err) &&
               op_check_state(op, op->methods->state_bytes(op), err);
    if (self->build.complete)
        return probe_batch(self, batch, err);
    VEC_ADD(&self->waiting, batch_copy(&self->waiting_arena, batch));
    return op_check_state(op, op->methods->state_bytes(op), err);
}

static bool batch_input_end(Op *op, uint32_t input_i, bool all, Error *err)
{
    JoinHash *self = (JoinHash *)op;

    if (input_i == self->build_side) {
        join_build_finish(&self->build);
        for (size_t i = 0; i < self->waiting.count; i++) {
            if (!probe_batch(self, self->waiting.items[i], err))
                return false;
        }
        VEC_DONE(&self->waiting);
        arena_done(&self->waiting_arena);
        arena_init(&self->waiting_arena);
    }
    if (!all)
        return true;
    return (!keep_build(self) || push_unmatched_build(self, err)) && op_push_end(op, err);
}

static const OpInputMethods batch_inputs = {
    .on_batch = batch_rows,
    .on_watermark = op_push_watermark,
    .on_barrier = op_push_barrier,
    .on_end = batch_input_end,
};

/* ── a stream with a table ─────────────────────────────────────────────────────────────────────*/

/* After a failure to read the table: whether to try again. */
static bool wait_or_fail(JoinHash *self, int64_t began_us, Error *err)
{
    OpContext *context = self->op.context;

    if (err->kind == ERROR_RETRY && context->wait_for_table &&
        context->wait_for_table(context->self, os_monotonic_us() - began_us))
        return true;
    return error_wrap(err, "read the table of a join");
}

/* Reads the table, unless it is held as it is now. */
static bool table_load(JoinHash *self, Error *err)
{
    OpContext *context = self->op.context;
    const Node *table = self->op.node->inputs[self->build_side];
    int64_t version = self->version;
    int64_t began_us = os_monotonic_us();

    if (self->build.complete && !self->check_version)
        return true;
    if (context->table_version)
        version = context->table_version(context->self, table);
    self->check_version = false;
    if (self->build.complete && version == self->version)
        return true;
    self->version = version;
    join_build_clear(&self->build);
    while (!context->table_rows(context->self, table, &self->op, self->build_side, err)) {
        if (!wait_or_fail(self, began_us, err))
            return false;
        join_build_clear(&self->build);
    }
    ASSERT(self->build.complete); /* table_rows has called on_end. */
    return true;
}

/* ── a table that is looked up ─────────────────────────────────────────────────────────────────*/

static const Node *table_node(const JoinHash *self)
{
    return self->op.node->inputs[self->build_side];
}

static bool decide_look_up(JoinHash *self, Error *err)
{
    OpContext *context = self->op.context;
    int64_t began_us = os_monotonic_us();

    self->look_decided = true;
    /* NOT IN asks about all rows; NULL = NULL is no key of a table's. */
    if (!context->may_look_up || self->build.key_count == 0 || self->join->null_safe ||
        self->join->mark_null_aware)
        return true;
    while (!context->may_look_up(context->self, table_node(self), self->build.key_columns,
                                 self->build.key_count, &self->looks_up, err)) {
        if (!wait_or_fail(self, began_us, err))
            return false;
    }
    return true;
}

/* What is held of the table is forgotten when the table may have changed, and when it is much. */
static void forget_stale(JoinHash *self)
{
    OpContext *context = self->op.context;
    int64_t version = self->version;

    if (!self->build.complete || self->check_version) {
        if (context->table_version)
            version = context->table_version(context->self, table_node(self));
        self->check_version = false;
    }
    if (self->build.complete && version == self->version &&
        join_build_bytes(&self->build) <= LOOKED_UP_BYTES_MAX)
        return;
    self->version = version;
    join_build_clear(&self->build);
    state_table_clear(&self->asked);
}

/* Asks for the rows of `keys`, which come into a side of their own beside those that are held. */
static bool look_up_keys(JoinHash *self, const Batch *keys, Error *err)
{
    OpContext *context = self->op.context;
    int64_t began_us = os_monotonic_us();
    JoinBuild held = self->build;
    bool ok = true;

    for (;;) {
        join_build_init(&self->build, held.schema, held.key_columns, held.key_count, false);
        ok = !held.complete || held.rows->row_count == 0 ||
             join_build_add(&self->build, held.rows, err);
        if (!ok || context->look_up(context->self, table_node(self), held.key_columns,
                                    held.key_count, keys, &self->op, self->build_side, err))
            break;
        ok = wait_or_fail(self, began_us, err);
        if (!ok)
            break;
        join_build_done(&self->build);
    }
    join_build_done(&held);
    ASSERT(!ok || self->build.complete);
    return ok;
}

static bool look_up(JoinHash *self, const Batch *probe, Error *err)
{
    const uint32_t *columns =
        self->build_side == RIGHT ? self->join->left_keys : self->join->right_keys;
    uint32_t column_count = self->build.key_count;
    Arena *arena = self->op.context->batch_arena;
    uint64_t *nulls = join_null_keys(arena, probe, columns, column_count);
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, probe->row_count);
    uint32_t row_count = 0;
    KeySet set;
    Batch *keys;

    forget_stale(self);
    join_keys(arena, probe, columns, column_count, &set);
    for (uint32_t i = 0; i < probe->row_count; i++) {
        bool added;

        if (nulls && bits_get(nulls, i))
            continue;
        (void)state_table_add(&self->asked, set.keys[i], set.hashes[i], &added);
        if (added)
            rows[row_count++] = i;
    }
    if (row_count == 0 && self->build.complete)
        return true;
    keys = batch_new(arena, column_count, row_count);
    for (uint32_t k = 0; k < column_count; k++)
        keys->columns[k] = vector_select(arena, probe->columns[columns[k]], rows, row_count);
    return look_up_keys(self, keys, err);
}

/* ── the operator ──────────────────────────────────────────────────────────────────────────────*/

static bool join_batch(Op *op, uint32_t input_i, const Batch *batch, Error *err)
{
    JoinHash *self = (JoinHash *)op;

    if (!self->table)
        return op_inputs_batch(&self->inputs, input_i, batch, err);
    if (input_i == self->build_side)
        return join_build_add(&self->build, batch, err) &&
               op_check_state(op, op->methods->state_bytes(op), err);
    if (!self->look_decided && !decide_look_up(self, err))
        return false;
    return (self->looks_up ? look_up(self, batch, err) : table_load(self, err)) &&
           probe_batch(self, batch, err);
}

static bool join_watermark(Op *op, uint32_t input_i, int64_t watermark_us, Error *err)
{
    JoinHash *self = (JoinHash *)op;

    return self->table ? op_push_watermark(op, watermark_us, err)
                       : op_inputs_watermark(&self->inputs, input_i, watermark_us, err);
}

static bool join_barrier(Op *op, uint32_t input_i, const Barrier *barrier, Error *err)
{
    JoinHash *self = (JoinHash *)op;

    if (!self->table)
        return op_inputs_barrier(&self->inputs, input_i, barrier, err);
    self->check_version = true;
    return op_push_barrier(op, barrier, err);
}

static bool join_end(Op *op, uint32_t input_i, Error *err)
{
    JoinHash *self = (JoinHash *)op;

    if (!self->table)
        return op_inputs_end(&self->inputs, input_i, err);
    if (input_i != self->build_side)
        return op_push_end(op, err);
    join_build_finish(&self->build);
    return true;
}

static int64_t join_bytes(const Op *op)
{
    const JoinHash *self = (const JoinHash *)op;

    return (int64_t)(join_build_bytes(&self->build) + state_table_bytes(&self->asked) + self->waiting_arena.allocated_bytes +
                     op_inputs_bytes(&self->inputs));
}

static void join_free(Op *op)
{
    JoinHash *self = (JoinHash *)op;

    join_build_done(&self->build);
    state_table_done(&self->asked);
    op_inputs_done(&self->inputs);
    VEC_DONE(&self->waiting);
    arena_done(&self->waiting_arena);
    arena_done(&self->arena);
    free(self);
}

static const OpMethods join_methods = {
    .name = "HashJoin",
    .on_batch = join_batch,
    .on_watermark = join_watermark,
    .on_barrier = join_barrier,
    .on_end = join_end,
    .state_bytes = join_bytes,
    .free = join_free,
};

bool join_hash_create(const Node *node, OpContext *context, Op **out, Error *err UNUSED)
{
    JoinHash *self = OP_NEW(JoinHash, &join_methods, node, context);
    const JoinNode *join = &node->as.join;

    self->join = join;
    self->traits = join_traits(join->kind);
    self->table = join->left_streaming || join->right_streaming;
    self->build_side = join->right_streaming ? LEFT : RIGHT;
    /* With a stream, what a table's rows did not match is never known; and SEMI, ANTI, marks and
     * scalar subqueries are about left rows. */
    ASSERT(!self->table || !keep_build(self));
    ASSERT(self->build_side == RIGHT || (self->traits.pairs && !join->mark_null_aware));
    join_build_init(&self->build, &node->inputs[self->build_side]->schema,
                    self->build_side == RIGHT ? join->right_keys : join->left_keys,
                    join->key_count, join->null_safe);
    state_table_init(&self->asked, 1, false);
    op_inputs_init(&self->inputs, &self->op, 2, &batch_inputs);
    arena_init(&self->waiting_arena);
    arena_init(&self->arena);
    *out = &self->op;
    return true;
}
