/*
 * Filter, project, limit, union, generate, and aggregation over finite input.
 */
#include "op_harness.h"

#include "expr/generator.h"

static Expr *column(Rig *rig, const Schema *schema, uint32_t i)
{
    return expr_column(&rig->plan, i, schema->columns[i].type, true, (Span){0});
}

static Expr *call(Rig *rig, const char *name, Expr *a, Expr *b)
{
    Expr *args[2] = {a, b};
    Expr *out = NULL;

    assert_ok(function_call_named(&rig->plan, &rig->sql, name, args, 2, (Span){0}, &out, &err));
    return out;
}

static const Program *program(Rig *rig, Expr *e)
{
    return program_compile(&rig->plan, (const Expr *const *)&e, 1);
}

/* ── filter, project ───────────────────────────────────────────────────────────────────────────*/

static void filter_keeps_rows_that_are_true_and_puts_errors_aside(void **state)
{
    Schema schema;
    Node *node;
    Expr *e;
    Rig rig;

    rig_init(&rig);
    schema = rig_schema(&rig, "k:string v:bigint");
    node = rig_node(&rig, NODE_FILTER, schema);
    /* 10 div v = 5 */
    e = call(&rig, "div", expr_literal_bigint(&rig.plan, 10, (Span){0}), column(&rig, &schema, 1));
    node->as.filter.condition =
        program(&rig, call(&rig, "=", e, expr_literal_bigint(&rig.plan, 5, (Span){0})));
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 2 | b 0 | c 3 | d null | e 2");
    assert_out(&rig, "a 2 | e 2");
    assert_errors(&rig, "b 0 DIVIDE_BY_ZERO");
    rig_feed(&rig, 0, "c 3");
    assert_out(&rig, "");
    rig_done(&rig);
}

static void project_computes_columns_and_puts_errors_aside(void **state)
{
    const Expr *exprs[2];
    Schema schema;
    Node *node;
    Rig rig;

    rig_init(&rig);
    schema = rig_schema(&rig, "k:string v:bigint");
    node = rig_node(&rig, NODE_PROJECT, schema);
    exprs[0] = column(&rig, &schema, 0);
    exprs[1] =
        call(&rig, "div", expr_literal_bigint(&rig.plan, 12, (Span){0}), column(&rig, &schema, 1));
    node->as.project.exprs = program_compile(&rig.plan, exprs, 2);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 2 | b 0 | c 3 | d null");
    assert_out(&rig, "a 6 | c 4 | d null");
    assert_errors(&rig, "b 0 DIVIDE_BY_ZERO");
    rig_done(&rig);
}

/* ── limit ─────────────────────────────────────────────────────────────────────────────────────*/

static void limit_and_offset_count_over_batches_and_restarts(void **state)
{
    Schema schema;
    Node *node;
    Rig rig;

    rig_init(&rig);
    schema = rig_schema(&rig, "v:bigint");
    node = rig_node(&rig, NODE_LIMIT, schema);
    node->as.limit = (LimitNode){.limit = 4, .offset = 2};
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "1");
    rig_feed(&rig, 0, "2 | 3");
    rig_checkpoint(&rig, false);
    rig_restart(&rig, 1, 0);
    assert_int_equal(rig_checkpoint(&rig, false), 0);
    rig_feed(&rig, 0, "4 | 5");
    rig_feed(&rig, 0, "6 | 7 | 8");
    rig_feed(&rig, 0, "9");
    assert_out(&rig, "3 | 4 | 5 | 6");
    rig_done(&rig);
}

static void limits_at_the_end_of_their_range_are_kept(void **state)
{
    const LimitNode limits[] = {{-1, 1}, {INT64_MAX, 1}, {0, 0}, {-1, INT64_MAX}};
    const char *expected[] = {"2 | 3", "2 | 3", "", ""};

    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        Rig rig;

        rig_init(&rig);
        rig_node(&rig, NODE_LIMIT, rig_schema(&rig, "v:bigint"))->as.limit = limits[i];
        rig_start(&rig, 1);
        rig_feed(&rig, 0, "1 | 2 | 3");
        assert_out(&rig, expected[i]);
        rig_done(&rig);
    }
}

/* ── union ─────────────────────────────────────────────────────────────────────────────────────*/

static void union_gives_all_rows_and_ends_when_all_have(void **state)
{
    Schema schema;
    Batch *a, *b;
    Node *node;
    Rig rig;

    rig_init(&rig);
    schema = rig_schema(&rig, "v:bigint");
    node = rig_node(&rig, NODE_UNION, schema);
    node->input_count = 2;
    rig_start(&rig, 1);
    a = rig_rows_in(&rig.plan, &schema, "1 | 1");
    b = rig_rows_in(&rig.plan, &schema, "1 | 2");
    rig_push(&rig, 0, 0, a, 10);
    rig_push(&rig, 1, 0, b, 10);
    assert_out(&rig, "1 | 1 | 1 | 2");
    rig_watermark(&rig, 5);
    assert_true(rig.outs[0].watermark_us == WATERMARK_NONE);
    assert_ok(rig_in(&rig)->methods->on_watermark(rig_in(&rig), 1, 3, &err));
    assert_true(rig.outs[0].watermark_us == 3);
    rig_end(&rig);
    assert_int_equal(rig.outs[0].end_count, 0);
    assert_ok(rig_in(&rig)->methods->on_end(rig_in(&rig), 1, &err));
    assert_int_equal(rig.outs[0].end_count, 1);
    rig_done(&rig);
}

/* ── generate ──────────────────────────────────────────────────────────────────────────────────*/

/* v rows counted from 0 for each v; an error for v = 13. */
static void count_up(const KernelCall *kernel, GeneratorRows *out)
{
    const Vector *arg = kernel->args[0];
    VectorBuilder b;
    uint32_t *rows = ARENA_ARRAY(kernel->arena, uint32_t, 1000);

    builder_init(&b, kernel->arena, &type_bigint, 16);
    out->row_count = 0;
    for (uint32_t i = 0; i < kernel->row_count; i++) {
        for (int64_t n = 0; vector_is_valid(arg, i) && n < vector_i64(arg)[i]; n++) {
            rows[out->row_count++] = i;
            builder_add_i64(&b, n);
            if (vector_i64(arg)[i] == 13)
                break;
        }
    }
    out->rows = rows;
    out->columns = ARENA_ARRAY(kernel->arena, Vector *, 1);
    out->columns[0] = builder_finish(&b);
    for (uint32_t r = 0; r < out->row_count; r++) {
        if (vector_i64(arg)[rows[r]] == 13)
            vector_set_error(kernel->arena, out->columns[0], r, "UNLUCKY", "22000", "no");
    }
}

static const Function count_up_function = {
    .name = "count_up", .class_ = FUNCTION_GENERATOR, .generate = count_up};

static void generate_init(Rig *rig, bool outer)
{
    const Field field = {STR("n"), &type_bigint, false};
    Schema schema, out;
    Expr *e;
    Node *node;

    rig_init(rig);
    schema = rig_schema(rig, "k:string v:bigint");
    out = rig_schema(rig, "k:string n:bigint");
    node = rig_node(rig, NODE_GENERATE, out);
    node->inputs[0]->schema = schema;
    e = ARENA_NEW(&rig->plan, Expr);
    e->kind = EXPR_CALL;
    e->fn = &count_up_function;
    e->type = type_struct(&rig->plan, &field, 1);
    node->as.generate = (GenerateNode){
        .call = e,
        .args = rig_column_program(rig, &schema, 1),
        .outer = outer,
        .keep = rig_columns(rig, 1, 0),
        .keep_count = 1,
    };
    rig_start(rig, 1);
}

static void a_generator_makes_rows_out_of_each_row(void **state)
{
    Rig rig;

    generate_init(&rig, false);
    rig_feed(&rig, 0, "a 2 | b 0 | c 1 | d null | e 13");
    assert_out(&rig, "a 0 | a 1 | c 0");
    assert_errors(&rig, "e 13 UNLUCKY");
    rig_feed(&rig, 0, "b 0");
    assert_out(&rig, "");
    rig_done(&rig);
}

static void outer_gives_a_row_of_nulls_where_there_is_none(void **state)
{
    Rig rig;

    generate_init(&rig, true);
    rig_feed(&rig, 0, "z 0 | a 2 | b 0 | c 1 | d null");
    assert_out(&rig, "a 0 | a 1 | b null | c 0 | d null | z null");
    rig_done(&rig);
}

/* ── aggregation over finite input ─────────────────────────────────────────────────────────────*/

static void aggregate_init(Rig *rig, uint32_t key_count, const char *out, bool distinct)
{
    AggregateItem *items;
    Schema schema;
    Node *node;

    rig_init(rig);
    schema = rig_schema(rig, "k:string v:bigint");
    node = rig_node(rig, NODE_AGGREGATE, rig_schema(rig, out));
    node->inputs[0]->schema = schema;
    items = ARENA_ARRAY(&rig->plan, AggregateItem, 2);
    items[0] = rig_item(rig, &test_sum, 1);
    items[1] = rig_item(rig, &test_list, 1);
    items[1].distinct = distinct;
    node->as.aggregate = (AggregateNode){
        .key_columns = rig_columns(rig, 1, 0),
        .key_count = key_count,
        .items = items,
        .item_count = 2,
        .emit = EMIT_AT_END,
        .time_key = -1,
        .global_row = key_count == 0,
    };
    rig_start(rig, 1);
}

static void groups_of_finite_input_are_given_at_its_end(void **state)
{
    for (uint32_t batch_rows = 1; batch_rows < 5; batch_rows++) {
        Rig rig;

        aggregate_init(&rig, 1, "k:string s:bigint l:string", true);
        rig.contexts[0].batch_rows = batch_rows;
        rig_feed(&rig, 0, "b 1 | a 2 | b 3 | null 4 | b 1");
        rig_feed(&rig, 0, "a 2 | c null");
        assert_out(&rig, "");
        rig_end(&rig);
        assert_string_equal(rig_take(&rig, false), "b 5 1,3 | a 4 2 | null 4 4 | c null ");
        assert_int_equal(rig.outs[0].end_count, 1);
        rig_done(&rig);
    }
}

static void an_aggregate_without_keys_gives_one_row_even_of_nothing(void **state)
{
    Rig rig;

    aggregate_init(&rig, 0, "s:bigint l:string", true);
    rig_feed(&rig, 0, "b 1 | a 2");
    rig_feed(&rig, 0, "b 1");
    rig_end(&rig);
    assert_out(&rig, "4 1,2");
    rig_done(&rig);

    aggregate_init(&rig, 0, "s:bigint l:string", true);
    rig_end(&rig);
    assert_out(&rig, "null ");
    rig_done(&rig);

    aggregate_init(&rig, 1, "k:string s:bigint l:string", true);
    rig_end(&rig);
    assert_out(&rig, "");
    rig_done(&rig);
}

static void keys_alone_are_distinct_rows(void **state)
{
    Node *node;
    Rig rig;

    rig_init(&rig);
    node = rig_node(&rig, NODE_AGGREGATE, rig_schema(&rig, "k:string v:bigint"));
    node->as.aggregate = (AggregateNode){
        .key_columns = rig_columns(&rig, 2, 0, 1), .key_count = 2, .time_key = -1};
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 1 | a 1 | a null | '' 1 | a 2 | a null | null null | '' 1");
    rig_end(&rig);
    assert_out(&rig, " 1 | a 1 | a 2 | a null | null null");
    rig_done(&rig);
}

/* SELECT DISTINCT with the event time in it: given once the watermark has reached that time. */
static void distinct_rows_with_a_time_are_given_when_it_is_reached(void **state)
{
    Schema schema;
    Node *node;
    Rig rig;

    rig_init(&rig);
    schema = rig_schema(&rig, "k:string t:timestamp");
    node = rig_node(&rig, NODE_WATERMARK, schema);
    node->as.watermark = (WatermarkNode){.time_column = 1, .delay_us = 5 * RIG_SECOND};
    node = rig_node(&rig, NODE_EXCHANGE, schema);
    node->as.exchange = (ExchangeNode){rig_columns(&rig, 1, 0), 1};
    node = rig_node(&rig, NODE_AGGREGATE, schema);
    node->as.aggregate = (AggregateNode){
        .key_columns = rig_columns(&rig, 2, 0, 1),
        .key_count = 2,
        .emit = EMIT_FINAL,
        .time_key = 1,
    };
    rig_start(&rig, 2);
    rig_partition(&rig, 0, PARTITION_ADDED);
    rig_feed(&rig, 0, "x 1 | x 1 | y 1 | x 7 | x null");
    /* Watermark 2 has passed 1. */
    assert_out(&rig, "x 1 | y 1");
    rig_feed(&rig, 0, "x 1 | x 2 | x 2.5 | x 20");
    assert_late(&rig, "x 1 until 1 late | x 2 until 2 late");
    assert_out(&rig, "x 2.5 | x 7");
    rig_checkpoint(&rig, false);
    rig_restart(&rig, 1, 1);
    rig_feed(&rig, 0, "x 20 | x 3");
    assert_late(&rig, "x 3 until 3 late");
    rig_drain(&rig);
    assert_out(&rig, "x 20 | x null");
    rig_done(&rig);
}

static void too_much_state_is_refused_in_words(void **state)
{
    Error problem = {0};
    StrBuf rows = {0};
    Arena arena;
    Rig rig;
    Batch *batch;

    arena_init(&arena);
    aggregate_init(&rig, 1, "k:string s:bigint l:string", false);
    rig.contexts[0].state_limit_bytes = 1 << 20;
    for (int i = 0; i < 20000; i++)
        strbuf_printf(&rows, "%sk%d 1", i ? " | " : "", i);
    batch = rig_rows_in(&arena, &rig.nodes[0]->inputs[0]->schema, strbuf_c(&rows));
    assert_false(rig_in(&rig)->methods->on_batch(rig_in(&rig), 0, batch, &problem));
    assert_non_null(strstr(problem.text, "above its limit of 1 MB"));
    strbuf_done(&rows);
    arena_done(&arena);
    rig_done(&rig);
}

/* ── damaged state ─────────────────────────────────────────────────────────────────────────────*/

/* Each entry of an aggregate's checkpoint with each byte changed or cut: refused or taken, never a
 * crash; and what is taken can be given out. */
static void damaged_entries_do_no_harm(void **state)
{
    static const char damage[] = {0, 1, 2, (char)0x7f, (char)0xff};
    CheckpointEntry entry;
    Rig rig;

    aggregate_init(&rig, 1, "k:string s:bigint l:string", true);
    rig.nodes[0]->as.aggregate.emit = EMIT_FINAL;
    rig_stop(&rig);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "b 1 | a 2 | b 3 | null 4 | b 1");
    rig_checkpoint(&rig, true);
    for (size_t e = 0; e < rig.saved.count; e++) {
        const SavedEntry *saved = &rig.saved.items[e];

        for (uint32_t at = 0; at < saved->key.bytes + saved->value.bytes; at++) {
            for (size_t d = 0; d <= sizeof damage; d++) {
                char *key = arena_copy(&rig.batch, saved->key.data, saved->key.bytes);
                char *value = arena_copy(&rig.batch, saved->value.data, saved->value.bytes);
                Error problem = {0};

                entry = (CheckpointEntry){.flow = STR("f"),
                                          .node_id = 0,
                                          .slot = saved->slot,
                                          .key = {key, saved->key.bytes},
                                          .value = {value, saved->value.bytes}};
                if (d < sizeof damage && at < saved->key.bytes)
                    key[at] = damage[d];
                else if (d < sizeof damage)
                    value[at - saved->key.bytes] = damage[d];
                else if (at < saved->key.bytes)
                    entry.key.bytes = at;
                else
                    entry.value.bytes = at - saved->key.bytes;
                rig_stop(&rig);
                rig_start(&rig, 1);
                if (rig_in(&rig)->methods->restore(rig_in(&rig), &entry, &problem))
                    rig_drain(&rig);
                else
                    assert_non_null(strstr(problem.text, "cannot be read"));
                arena_reset(&rig.batch);
            }
        }
    }
    rig_take(&rig, false);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter_keeps_rows_that_are_true_and_puts_errors_aside),
        cmocka_unit_test(project_computes_columns_and_puts_errors_aside),
        cmocka_unit_test(limit_and_offset_count_over_batches_and_restarts),
        cmocka_unit_test(limits_at_the_end_of_their_range_are_kept),
        cmocka_unit_test(union_gives_all_rows_and_ends_when_all_have),
        cmocka_unit_test(a_generator_makes_rows_out_of_each_row),
        cmocka_unit_test(outer_gives_a_row_of_nulls_where_there_is_none),
        cmocka_unit_test(groups_of_finite_input_are_given_at_its_end),
        cmocka_unit_test(an_aggregate_without_keys_gives_one_row_even_of_nothing),
        cmocka_unit_test(keys_alone_are_distinct_rows),
        cmocka_unit_test(distinct_rows_with_a_time_are_given_when_it_is_reached),
        cmocka_unit_test(too_much_state_is_refused_in_words),
        cmocka_unit_test(damaged_entries_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
