/*
 * op_harness.h: operators driven by hand.
 *
 * A Rig holds nodes, the operators made of them and what they gave: rows as text, one a line, late
 * rows and rows with errors likewise. Batches are written as text too:
 *
 *     rig_rows(rig, &schema, "a 1 12.5 | b null 3")        cells by blanks, rows by bars
 *
 * with timestamps in seconds, windows as start..end in seconds, NULL as `null`.
 *
 * A rig runs a chain of nodes in two parts: the nodes before the first EXCHANGE node on one source
 * worker, those behind it on `worker_count` workers, between which the harness sends rows by key
 * group, as the pipeline does. rig_checkpoint takes a barrier through all and remembers what they
 * wrote; rig_restart throws the operators away and makes new ones from that, with any number of
 * workers.
 */
#ifndef WEIR_TEST_OP_HARNESS_H
#define WEIR_TEST_OP_HARNESS_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/vec.h"
#include "column/key.h"
#include "expr/aggregate.h"
#include "op/collector.h"
#include "op/op_base.h"
#include "state/checkpoint_format.h"
#include "state/row.h"

enum { RIG_WORKERS = 4, RIG_NODES = 8, RIG_SECOND = 1000000 };

typedef struct SavedEntry {
    uint32_t node_id;
    uint8_t slot, group;
    Str key, value;
    bool deleted;
} SavedEntry;

typedef struct Rig {
    Arena plan;
    Arena batch;
    Arena saved_arena;
    SqlContext sql;
    OpContext contexts[RIG_WORKERS];
    Node *nodes[RIG_NODES]; /* From the source to the sink. */
    uint32_t node_count;
    uint32_t worker_count;
    Op *ops[RIG_WORKERS][RIG_NODES];
    struct RigRouter *router;
    Collector outs[RIG_WORKERS];
    Arena out_arena;
    uint32_t input_count; /* Of the first operator; 0: 1. */
    uint32_t batch_rows;
    StrBuf late, errors;
    VEC(SavedEntry) saved;
    int64_t epoch;
} Rig;

/* ── types, schemas, rows as text ──────────────────────────────────────────────────────────────*/

UNUSED static const Type *window_type(Arena *arena)
{
    const Field fields[2] = {{STR("start"), &type_timestamp, false},
                             {STR("end"), &type_timestamp, false}};

    return type_struct(arena, fields, 2);
}

/* "k:string v:bigint t:timestamp w:window" */
UNUSED static Schema rig_schema(Rig *rig, const char *text)
{
    Field *fields = ARENA_ARRAY(&rig->plan, Field, 32);
    uint32_t count = 0;
    Str rest = str_of(text);
    Str part;

    while (str_split(&rest, ' ', &part)) {
        Str name;

        if (!str_split(&part, ':', &name))
            fail_msg("bad schema %s", text);
        fields[count].name = str_copy(&rig->plan, name);
        fields[count].nullable = true;
        if (str_is(part, "window"))
            fields[count].type = window_type(&rig->plan);
        else
            assert_ok(type_parse(&rig->plan, part, &fields[count].type, &err));
        count++;
    }
    return (Schema){count, fields};
}

UNUSED static int64_t seconds_to_us(Str text)
{
    double seconds;

    if (!str_to_double(text, &seconds))
        fail_msg("bad time %.*s", STR_ARG(text));
    return (int64_t)(seconds * RIG_SECOND + (seconds < 0 ? -0.5 : 0.5));
}

UNUSED static void rig_cell(VectorBuilder *b, Arena *arena, Str text)
{
    int64_t number = 0;
    double real = 0;

    if (str_is(text, "null")) {
        builder_add_null(b);
        return;
    }
    if (b->type->kind == TYPE_STRUCT) {
        ptrdiff_t dots = str_find(text, STR(".."));

        builder_add_i64(&b->children[0], seconds_to_us(str_slice(text, 0, (uint32_t)dots)));
        builder_add_i64(&b->children[1],
                        seconds_to_us(str_slice(text, (uint32_t)dots + 2, text.bytes)));
        builder_end_row(b);
        return;
    }
    if (type_phys(b->type) == PHYS_STR) {
        builder_add_str(b, str_copy(arena, str_is(text, "''") ? STR("") : text));
    } else if (type_phys(b->type) == PHYS_BOOL) {
        builder_add_bool(b, str_is(text, "true"));
    } else if (type_phys(b->type) == PHYS_F64) {
        assert_true(str_to_double(text, &real));
        builder_add_f64(b, real);
    } else if (b->type->kind == TYPE_TIMESTAMP) {
        builder_add_i64(b, seconds_to_us(text));
    } else {
        assert_true(str_to_int64(text, &number));
        if (type_phys(b->type) == PHYS_I32)
            builder_add_i32(b, (int32_t)number);
        else if (type_phys(b->type) == PHYS_I64)
            builder_add_i64(b, number);
        else
            fail_msg("the harness writes no such type");
    }
}

/* A batch in `arena`; empty text: no rows. */
UNUSED static Batch *rig_rows_in(Arena *arena, const Schema *schema, const char *text)
{
    VectorBuilder *builders = ARENA_ARRAY(arena, VectorBuilder, schema->column_count);
    Str rest = str_of(text);
    uint32_t row_count = 0;
    Batch *batch;
    Str row;

    for (uint32_t c = 0; c < schema->column_count; c++)
        builder_init(&builders[c], arena, schema->columns[c].type, 16);
    while (rest.bytes > 0 && str_split(&rest, '|', &row)) {
        uint32_t c = 0;
        Str cell;

        row = str_trim(row);
        while (str_split(&row, ' ', &cell)) {
            if (cell.bytes == 0)
                continue;
            if (c >= schema->column_count)
                fail_msg("too many cells in '%s'", text);
            rig_cell(&builders[c++], arena, cell);
        }
        if (c != schema->column_count)
            fail_msg("too few cells in '%s'", text);
        row_count++;
    }
    batch = batch_new(arena, schema->column_count, row_count);
    for (uint32_t c = 0; c < schema->column_count; c++)
        batch->columns[c] = builder_finish(&builders[c]);
    return batch;
}

UNUSED static void rig_print_time(StrBuf *out, int64_t us)
{
    char text[64];

    snprintf(text, sizeof text, "%.6f", (double)us / RIG_SECOND);
    for (char *end = text + strlen(text); end > text && (end[-1] == '0' || end[-1] == '.');) {
        bool dot = *--end == '.';

        *end = '\0';
        if (dot)
            break;
    }
    strbuf_add_c(out, text);
}

UNUSED static void rig_print_value(StrBuf *out, const Vector *v, uint32_t row_i)
{
    uint32_t at = vector_row(v, row_i);

    if (!vector_is_valid(v, row_i)) {
        strbuf_add_c(out, "null");
    } else if (v->type->kind == TYPE_STRUCT && v->type->field_count == 2 &&
               v->type->fields[0].type->kind == TYPE_TIMESTAMP) {
        rig_print_value(out, v->children[0], row_i);
        strbuf_add_c(out, "..");
        rig_print_value(out, v->children[1], row_i);
    } else if (v->type->kind == TYPE_TIMESTAMP) {
        rig_print_time(out, vector_i64(v)[at]);
    } else if (type_phys(v->type) == PHYS_STR) {
        strbuf_add_str(out, vector_strs(v)[at]);
    } else if (type_phys(v->type) == PHYS_BOOL) {
        strbuf_add_c(out, vector_bools(v)[at] ? "true" : "false");
    } else if (type_phys(v->type) == PHYS_I64) {
        strbuf_add_int64(out, vector_i64(v)[at]);
    } else if (type_phys(v->type) == PHYS_I32) {
        strbuf_add_int64(out, vector_i32(v)[at]);
    } else if (type_phys(v->type) == PHYS_F64) {
        strbuf_printf(out, "%g", vector_f64(v)[at]);
    } else {
        strbuf_add_c(out, "?");
    }
}

UNUSED static void rig_print_row(StrBuf *out, const Batch *batch, uint32_t row_i)
{
    for (uint32_t c = 0; c < batch->column_count; c++) {
        if (c > 0)
            strbuf_add_char(out, ' ');
        rig_print_value(out, batch->columns[c], row_i);
    }
}

UNUSED static int rig_compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows as lines joined by " | ", in order, or sorted. */
UNUSED static char *rig_text(Arena *arena, const Batch *const *batches, size_t batch_count,
                             bool sorted)
{
    StrBuf line = {0};
    StrBuf all = {0};
    size_t count = 0;
    char **lines;
    char *text;

    for (size_t b = 0; b < batch_count; b++)
        count += batches[b]->row_count;
    lines = ARENA_ARRAY(arena, char *, count);
    count = 0;
    for (size_t b = 0; b < batch_count; b++) {
        for (uint32_t i = 0; i < batches[b]->row_count; i++) {
            strbuf_clear(&line);
            rig_print_row(&line, batches[b], i);
            lines[count++] = arena_strdup(arena, strbuf_c(&line));
        }
    }
    if (sorted)
        qsort(lines, count, sizeof *lines, rig_compare_lines);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&all, "%s%s", i ? " | " : "", lines[i]);
    text = arena_strdup(arena, strbuf_c(&all));
    strbuf_done(&line);
    strbuf_done(&all);
    return text;
}

/* ── what surrounds operators ──────────────────────────────────────────────────────────────────*/

UNUSED static bool rig_row_error(void *self, const Batch *batch, uint32_t row_i,
                                 const RowError *error, Error *err)
{
    Rig *rig = self;

    if (rig->errors.bytes)
        strbuf_add_c(&rig->errors, " | ");
    rig_print_row(&rig->errors, batch, row_i);
    strbuf_printf(&rig->errors, " %s", error->class_name);
    return true;
}

UNUSED static bool rig_row_late(void *self, const Batch *batch, uint32_t row_i,
                                int64_t window_end_us, const char *reason, Error *err)
{
    Rig *rig = self;

    if (rig->late.bytes)
        strbuf_add_c(&rig->late, " | ");
    rig_print_row(&rig->late, batch, row_i);
    strbuf_add_c(&rig->late, " until ");
    rig_print_time(&rig->late, window_end_us);
    strbuf_printf(&rig->late, " %s", reason);
    return true;
}

/* Stands where the exchange is: sends rows to the worker of their key group. */
typedef struct RigRouter {
    Op op;
    Rig *rig;
    uint32_t behind; /* Index of the first node behind it. */
} RigRouter;

UNUSED static Op *rig_target(RigRouter *router, uint32_t worker_i)
{
    Rig *rig = router->rig;

    return router->behind < rig->node_count ? rig->ops[worker_i][router->behind]
                                            : &rig->outs[worker_i].op;
}

UNUSED static bool router_batch(Op *op, uint32_t input_i, const Batch *batch, Error *err)
{
    RigRouter *router = (RigRouter *)op;
    const ExchangeNode *exchange = &op->node->as.exchange;
    Rig *rig = router->rig;
    const Vector *columns[8];
    uint32_t *rows = ARENA_ARRAY(&rig->batch, uint32_t, batch->row_count);
    KeySet keys = {0};

    for (uint32_t c = 0; c < exchange->key_count; c++)
        columns[c] = batch->columns[exchange->key_columns[c]];
    if (exchange->key_count > 0)
        key_encode(&rig->batch, columns, exchange->key_count, batch->row_count, &keys);
    for (uint32_t w = 0; w < rig->worker_count; w++) {
        Op *to = rig_target(router, w);
        uint32_t count = 0;

        for (uint32_t i = 0; i < batch->row_count; i++) {
            uint64_t hash = keys.hashes ? keys.hashes[i] : 0;

            if (key_group_worker(key_group(hash), rig->worker_count) == w)
                rows[count++] = i;
        }
        if (count > 0 && !to->methods->on_batch(
                             to, input_i, batch_select(&rig->batch, batch, rows, count), err))
            return false;
    }
    return true;
}

UNUSED static bool router_watermark(Op *op, uint32_t input_i, int64_t watermark_us, Error *err)
{
    RigRouter *router = (RigRouter *)op;

    for (uint32_t w = 0; w < router->rig->worker_count; w++) {
        Op *to = rig_target(router, w);

        if (!to->methods->on_watermark(to, input_i, watermark_us, err))
            return false;
    }
    return true;
}

UNUSED static bool router_barrier(Op *op, uint32_t input_i, const Barrier *barrier, Error *err)
{
    RigRouter *router = (RigRouter *)op;

    for (uint32_t w = 0; w < router->rig->worker_count; w++) {
        Op *to = rig_target(router, w);

        if (!to->methods->on_barrier(to, input_i, barrier, err))
            return false;
    }
    return true;
}

UNUSED static bool router_end(Op *op, uint32_t input_i, Error *err)
{
    RigRouter *router = (RigRouter *)op;

    for (uint32_t w = 0; w < router->rig->worker_count; w++) {
        Op *to = rig_target(router, w);

        if (!to->methods->on_end(to, input_i, err))
            return false;
    }
    return true;
}

UNUSED static void router_free(Op *op)
{
    free(op);
}

UNUSED static const OpMethods router_methods = {
    .name = "Exchange",
    .on_batch = router_batch,
    .on_watermark = router_watermark,
    .on_barrier = router_barrier,
    .on_end = router_end,
    .free = router_free,
};

/* ── nodes ─────────────────────────────────────────────────────────────────────────────────────*/

UNUSED static void rig_init(Rig *rig)
{
    memset(rig, 0, sizeof *rig);
    arena_init(&rig->plan);
    arena_init(&rig->batch);
    arena_init(&rig->saved_arena);
    arena_init(&rig->out_arena);
    rig->sql = (SqlContext){.zone = zone_utc(), .ansi = true};
    rig->worker_count = 1;
    rig->batch_rows = 4096;
}

/* Adds a node behind the last one. Its input is that, or a leaf of schema `input`. */
UNUSED static Node *rig_node(Rig *rig, NodeKind kind, Schema schema)
{
    Node *node = ARENA_NEW(&rig->plan, Node);

    node->kind = kind;
    node->schema = schema;
    node->input_count = 1;
    node->id = rig->node_count;
    if (rig->node_count > 0) {
        node->inputs[0] = rig->nodes[rig->node_count - 1];
    } else {
        node->inputs[0] = ARENA_NEW(&rig->plan, Node);
        node->inputs[0]->kind = NODE_SCAN;
        node->inputs[0]->schema = schema;
    }
    rig->nodes[rig->node_count++] = node;
    return node;
}

UNUSED static uint32_t *rig_columns(Rig *rig, uint32_t count, ...)
{
    uint32_t *columns = ARENA_ARRAY(&rig->plan, uint32_t, count);
    va_list args;

    va_start(args, count);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = va_arg(args, uint32_t);
    va_end(args);
    return columns;
}

UNUSED static const Program *rig_column_program(Rig *rig, const Schema *schema, uint32_t column_i)
{
    Expr *e = expr_column(&rig->plan, column_i, schema->columns[column_i].type, true, (Span){0});

    return program_compile(&rig->plan, (const Expr *const *)&e, 1);
}

/* ── aggregates of the harness: independent of the catalog's ───────────────────────────────────*/

typedef struct TestSum {
    int64_t sum, count;
} TestSum;

UNUSED static uint32_t test_sum_bytes(const AggregateCall *call)
{
    return sizeof(TestSum);
}

UNUSED static void test_sum_init(const AggregateCall *call, void *state)
{
    *(TestSum *)state = (TestSum){0};
}

UNUSED static void test_sum_update(const AggregateCall *call, void *const *states,
                                   const Vector *const *args, uint32_t row_count, Arena *scratch)
{
    for (uint32_t i = 0; i < row_count; i++) {
        TestSum *state = states[i];

        if (!vector_is_valid(args[0], i))
            continue;
        state->sum += vector_i64(args[0])[vector_row(args[0], i)];
        state->count++;
    }
}

UNUSED static void test_sum_merge(const AggregateCall *call, void *into, const void *from)
{
    ((TestSum *)into)->sum += ((const TestSum *)from)->sum;
    ((TestSum *)into)->count += ((const TestSum *)from)->count;
}

/* NULL over no values; above 1000 it cannot be computed. */
UNUSED static Vector *test_sum_result(const AggregateCall *call, const void *const *states,
                                      uint32_t count, Arena *arena)
{
    Vector *v = vector_new(arena, &type_bigint, count);

    for (uint32_t i = 0; i < count; i++) {
        const TestSum *state = states[i];

        vector_i64(v)[i] = state->sum;
        if (state->count == 0)
            vector_set_null(arena, v, i);
        if (state->sum > 1000)
            vector_set_error(arena, v, i, "ARITHMETIC_OVERFLOW", "22003", "too large");
    }
    return v;
}

UNUSED static Vector *test_count_result(const AggregateCall *call, const void *const *states,
                                        uint32_t count, Arena *arena)
{
    Vector *v = vector_new(arena, &type_bigint, count);

    for (uint32_t i = 0; i < count; i++)
        vector_i64(v)[i] = ((const TestSum *)states[i])->count;
    return v;
}

UNUSED static void test_sum_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    strbuf_add(out, state, sizeof(TestSum));
}

UNUSED static bool test_sum_decode(const AggregateCall *call, void *state, Str *in)
{
    if (in->bytes < sizeof(TestSum))
        return false;
    memcpy(state, in->data, sizeof(TestSum));
    *in = str_slice(*in, sizeof(TestSum), in->bytes);
    return true;
}

/* The values in the order they came, as "1,2,3": state with memory of its own. */
UNUSED static uint32_t test_list_bytes(const AggregateCall *call)
{
    return sizeof(StrBuf);
}

UNUSED static void test_list_init(const AggregateCall *call, void *state)
{
    strbuf_init(state);
}

UNUSED static void test_list_update(const AggregateCall *call, void *const *states,
                                    const Vector *const *args, uint32_t row_count, Arena *scratch)
{
    for (uint32_t i = 0; i < row_count; i++) {
        StrBuf *state = states[i];

        if (!vector_is_valid(args[0], i))
            continue;
        if (state->bytes)
            strbuf_add_char(state, ',');
        strbuf_add_int64(state, vector_i64(args[0])[vector_row(args[0], i)]);
    }
}

UNUSED static void test_list_merge(const AggregateCall *call, void *into, const void *from)
{
    const StrBuf *list = from;

    if (list->bytes && ((StrBuf *)into)->bytes)
        strbuf_add_char(into, ',');
    strbuf_add(into, list->data, list->bytes);
}

UNUSED static Vector *test_list_result(const AggregateCall *call, const void *const *states,
                                       uint32_t count, Arena *arena)
{
    Vector *v = vector_new(arena, &type_string, count);

    for (uint32_t i = 0; i < count; i++)
        vector_strs(v)[i] = str_copy(arena, strbuf_str(states[i]));
    return v;
}

UNUSED static void test_list_encode(const AggregateCall *call, const void *state, StrBuf *out)
{
    bytes_encode(out, strbuf_str(state));
}

UNUSED static bool test_list_decode(const AggregateCall *call, void *state, Str *in)
{
    Str list;

    if (!bytes_decode(in, &list))
        return false;
    strbuf_add_str(state, list);
    return true;
}

UNUSED static void test_list_clear(const AggregateCall *call, void *state)
{
    strbuf_done(state);
}

UNUSED static size_t test_list_extra(const AggregateCall *call, const void *state)
{
    return ((const StrBuf *)state)->capacity;
}

UNUSED static const AggregateMethods test_sum_methods = {
    .state_bytes = test_sum_bytes, .init = test_sum_init,     .update = test_sum_update,
    .merge = test_sum_merge,       .result = test_sum_result, .encode = test_sum_encode,
    .decode = test_sum_decode,
};
UNUSED static const AggregateMethods test_count_methods = {
    .state_bytes = test_sum_bytes, .init = test_sum_init,       .update = test_sum_update,
    .merge = test_sum_merge,       .result = test_count_result, .encode = test_sum_encode,
    .decode = test_sum_decode,
};
UNUSED static const AggregateMethods test_list_methods = {
    .state_bytes = test_list_bytes, .init = test_list_init,     .update = test_list_update,
    .merge = test_list_merge,       .result = test_list_result, .encode = test_list_encode,
    .decode = test_list_decode,     .clear = test_list_clear,   .extra_bytes = test_list_extra,
};
UNUSED static const Function test_sum = {
    .name = "test_sum", .class_ = FUNCTION_AGGREGATE, .aggregate = &test_sum_methods};
UNUSED static const Function test_count = {
    .name = "test_count", .class_ = FUNCTION_AGGREGATE, .aggregate = &test_count_methods};
UNUSED static const Function test_list = {
    .name = "test_list", .class_ = FUNCTION_AGGREGATE, .aggregate = &test_list_methods};

/* One argument. */
UNUSED static AggregateItem rig_item(Rig *rig, const Function *fn, uint32_t column_i)
{
    Expr *call = ARENA_NEW(&rig->plan, Expr);

    call->kind = EXPR_AGGREGATE;
    call->fn = fn;
    call->type = fn == &test_list ? &type_string : &type_bigint;
    return (AggregateItem){
        .call = call,
        .arg_columns = rig_columns(rig, 1, column_i),
        .arg_count = 1,
        .filter_column = -1,
    };
}

/* ── running ───────────────────────────────────────────────────────────────────────────────────*/

UNUSED static uint32_t rig_exchange_at(const Rig *rig)
{
    for (uint32_t i = 0; i < rig->node_count; i++) {
        if (rig->nodes[i]->kind == NODE_EXCHANGE)
            return i;
    }
    return rig->node_count;
}

/* Makes the operators: rows enter at rig_in. */
UNUSED static void rig_start(Rig *rig, uint32_t worker_count)
{
    uint32_t exchange_at = rig_exchange_at(rig);

    rig->worker_count = exchange_at < rig->node_count ? worker_count : 1;
    for (uint32_t w = 0; w < rig->worker_count; w++) {
        rig->contexts[w] = (OpContext){
            .sql = &rig->sql,
            .batch_arena = &rig->batch,
            .worker_i = w,
            .worker_count = rig->worker_count,
            .streaming = true,
            .batch_rows = rig->batch_rows,
            .row_error = rig_row_error,
            .row_late = rig_row_late,
            .self = rig,
            .state_limit_bytes = 64 << 20,
        };
        if (!rig->outs[w].op.methods)
            collector_init(&rig->outs[w], &rig->contexts[w], &rig->out_arena, 0);
        for (uint32_t n = w == 0 ? 0 : exchange_at + 1; n < rig->node_count; n++) {
            if (n == exchange_at) {
                RigRouter *router = mem_zalloc(sizeof *router);

                *router = (RigRouter){
                    .op = {.methods = &router_methods, .node = rig->nodes[n]},
                    .rig = rig,
                    .behind = n + 1,
                };
                rig->ops[w][n] = &router->op;
                continue;
            }
            assert_ok(op_create(rig->nodes[n], &rig->contexts[w], &rig->ops[w][n], &err));
        }
        for (uint32_t n = 0; n < rig->node_count; n++) {
            if (rig->ops[w][n])
                rig->ops[w][n]->next =
                    n + 1 < rig->node_count ? rig->ops[w][n + 1] : &rig->outs[w].op;
        }
    }
}

UNUSED static void rig_stop(Rig *rig)
{
    for (uint32_t w = 0; w < RIG_WORKERS; w++) {
        for (uint32_t n = 0; n < RIG_NODES; n++) {
            op_free(rig->ops[w][n]);
            rig->ops[w][n] = NULL;
        }
    }
}

UNUSED static void rig_done(Rig *rig)
{
    rig_stop(rig);
    for (uint32_t w = 0; w < RIG_WORKERS; w++) {
        if (rig->outs[w].op.methods)
            collector_done(&rig->outs[w]);
    }
    strbuf_done(&rig->late);
    strbuf_done(&rig->errors);
    VEC_DONE(&rig->saved);
    arena_done(&rig->plan);
    arena_done(&rig->batch);
    arena_done(&rig->saved_arena);
    arena_done(&rig->out_arena);
}

UNUSED static Op *rig_in(Rig *rig)
{
    return rig->ops[0][0];
}

/* Pushes a batch in, cut into batches of at most `cut` rows. */
UNUSED static void rig_push(Rig *rig, uint32_t input_i, int32_t partition, const Batch *batch,
                            uint32_t cut)
{
    for (uint32_t from = 0; from < batch->row_count; from += cut) {
        RowOrigin origin = {.partition = partition};
        Batch *part =
            batch_slice(&rig->batch, batch, from, MIN(cut, batch->row_count - from));

        part->origin = &origin;
        assert_ok(rig_in(rig)->methods->on_batch(rig_in(rig), input_i, part, &err));
    }
}

UNUSED static void rig_feed(Rig *rig, int32_t partition, const char *rows)
{
    const Schema *schema = &rig->nodes[0]->inputs[0]->schema;
    Arena arena;

    arena_init(&arena);
    rig_push(rig, 0, partition, rig_rows_in(&arena, schema, rows), 4096);
    arena_done(&arena);
    arena_reset(&rig->batch); /* What the operators keep they have copied. */
}

UNUSED static void rig_watermark(Rig *rig, double seconds)
{
    assert_ok(rig_in(rig)->methods->on_watermark(rig_in(rig), 0,
                                                 (int64_t)(seconds * RIG_SECOND), &err));
}

UNUSED static void rig_drain(Rig *rig)
{
    assert_ok(rig_in(rig)->methods->on_watermark(rig_in(rig), 0, WATERMARK_END, &err));
}

UNUSED static void rig_end(Rig *rig)
{
    assert_ok(rig_in(rig)->methods->on_end(rig_in(rig), 0, &err));
}

UNUSED static void rig_partition(Rig *rig, int32_t partition, PartitionEvent event)
{
    assert_ok(rig_in(rig)->methods->on_partition(rig_in(rig), 0, partition, event, &err));
}

/* What came out since the last call, sorted or as it came. */
UNUSED static const char *rig_take(Rig *rig, bool sorted)
{
    VEC(const Batch *) all = {0};
    const char *text;

    for (uint32_t w = 0; w < RIG_WORKERS; w++) {
        for (size_t b = 0; b < rig->outs[w].batches.count; b++)
            VEC_ADD(&all, rig->outs[w].batches.items[b]);
        rig->outs[w].batches.count = 0;
    }
    text = rig_text(&rig->out_arena, all.items, all.count, sorted);
    VEC_DONE(&all);
    return text;
}

UNUSED static const char *rig_take_late(Rig *rig)
{
    const char *text = arena_strdup(&rig->out_arena, strbuf_c(&rig->late));

    strbuf_clear(&rig->late);
    return text;
}

UNUSED static const char *rig_take_errors(Rig *rig)
{
    const char *text = arena_strdup(&rig->out_arena, strbuf_c(&rig->errors));

    strbuf_clear(&rig->errors);
    return text;
}

#define assert_out(rig, expected) assert_string_equal(rig_take((rig), true), (expected))
#define assert_late(rig, expected) assert_string_equal(rig_take_late(rig), (expected))
#define assert_errors(rig, expected) assert_string_equal(rig_take_errors(rig), (expected))

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

UNUSED static void rig_save_entry(Rig *rig, const CheckpointEntry *entry)
{
    SavedEntry *found = NULL;

    for (size_t i = 0; i < rig->saved.count && !found; i++) {
        SavedEntry *each = &rig->saved.items[i];

        if (each->node_id == entry->node_id && each->slot == entry->slot &&
            str_equal(each->key, entry->key))
            found = each;
    }
    if (!found) {
        SavedEntry fresh = {.node_id = entry->node_id,
                            .slot = entry->slot,
                            .key = str_copy(&rig->saved_arena, entry->key)};

        VEC_ADD(&rig->saved, fresh);
        found = &rig->saved.items[rig->saved.count - 1];
    }
    found->group = entry->group;
    found->deleted = entry->deleted;
    found->value = str_copy(&rig->saved_arena, entry->value);
}

UNUSED static uint32_t rig_save(Rig *rig, CheckpointWriter *writer, bool full)
{
    StrBuf *frames;
    size_t frame_count;
    uint32_t entry_count = 0;

    if (full)
        rig->saved.count = 0;
    assert_ok(checkpoint_writer_frames(writer, &frames, &frame_count, &err));
    for (size_t f = 0; f < frame_count; f++) {
        Str payload = str_slice(strbuf_str(&frames[f]), STATE_FRAME_HEADER_BYTES,
                                (uint32_t)frames[f].bytes);
        CheckpointEntry entry = {0};
        bool end;

        while (entry_decode(&payload, &entry, &end) && !end) {
            rig_save_entry(rig, &entry);
            entry_count++;
        }
    }
    return entry_count;
}

/* A barrier through everything; returns how many entries were written. */
UNUSED static uint32_t rig_checkpoint(Rig *rig, bool full)
{
    CheckpointWriter *writer = checkpoint_writer_create();
    Barrier barrier = {.epoch = ++rig->epoch, .full = full, .writer = writer};
    uint32_t entry_count;

    checkpoint_writer_flow(writer, STR("flow"));
    for (uint32_t i = 0; i < MAX(rig->input_count, 1u); i++)
        assert_ok(rig_in(rig)->methods->on_barrier(rig_in(rig), i, &barrier, &err));
    entry_count = rig_save(rig, writer, full);
    checkpoint_writer_free(writer);
    arena_reset(&rig->batch);
    return entry_count;
}

UNUSED static uint32_t rig_live_entries(const Rig *rig)
{
    uint32_t count = 0;

    for (size_t i = 0; i < rig->saved.count; i++)
        count += !rig->saved.items[i].deleted;
    return count;
}

/* New operators with what the last checkpoint says. Partitions 0 .. partition_count - 1 are added. */
UNUSED static void rig_restart(Rig *rig, uint32_t worker_count, int32_t partition_count)
{
    rig_stop(rig);
    rig_start(rig, worker_count);
    /* Newest first, as the files are read. */
    for (size_t i = rig->saved.count; i-- > 0;) {
        const SavedEntry *saved = &rig->saved.items[i];
        CheckpointEntry entry = {.flow = STR("flow"),
                                 .node_id = saved->node_id,
                                 .slot = saved->slot,
                                 .group = saved->group,
                                 .key = saved->key,
                                 .value = saved->value};

        if (saved->deleted)
            continue;
        for (uint32_t w = 0; w < rig->worker_count; w++) {
            Op *op = rig->ops[w][saved->node_id];
            bool single = saved->node_id < rig_exchange_at(rig);

            if (op && (single || saved->slot == CHECKPOINT_SLOT_SHARED ||
                       key_group_worker(saved->group, rig->worker_count) == w))
                assert_ok(op->methods->restore(op, &entry, &err));
        }
    }
    for (int32_t p = 0; p < partition_count; p++)
        rig_partition(rig, p, PARTITION_ADDED);
}

#endif
