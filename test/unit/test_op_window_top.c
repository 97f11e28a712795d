/*
 * The first rows of each partition, kept up to date (op/window_top.c).
 */
#include "op_harness.h"

#include "expr/window_function.h"

/* row_number() OVER (PARTITION BY k ORDER BY v DESC) <= limit, of rows (k, v, t). */
static void top_init(Rig *rig, int64_t limit)
{
    static const SortKey descending = {true, true};
    Schema input, *schema;
    WindowItem *item;
    Field *fields;
    Node *node;

    rig_init(rig);
    input = rig_schema(rig, "k:string v:bigint t:string");
    node = rig_node(rig, NODE_EXCHANGE, input);
    node->as.exchange = (ExchangeNode){rig_columns(rig, 1, 0), 1};
    node = rig_node(rig, NODE_WINDOW, input);
    item = ARENA_NEW(&rig->plan, WindowItem);
    node->as.window = (WindowNode){
        .partition_columns = rig_columns(rig, 1, 0),
        .partition_count = 1,
        .order_columns = rig_columns(rig, 1, 1),
        .order_keys = arena_copy(&rig->plan, &descending, sizeof descending),
        .order_count = 1,
        .items = item,
        .item_count = 1,
        .time_column = -1,
        .rank_limit = limit,
        .emit = EMIT_CHANGED,
    };
    schema = &node->schema;
    fields = ARENA_ARRAY(&rig->plan, Field, 4);
    memcpy(fields, input.columns, 3 * sizeof *fields);
    fields[3] = (Field){STR("n"), &type_int, false};
    *schema = (Schema){4, fields};
}

static void a_barrier_gives_the_places_that_changed(void **state)
{
    Rig rig;

    top_init(&rig, 3);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 30 x | a 10 y | b 1 z | a 20 w");
    assert_out(&rig, "");
    rig_checkpoint(&rig, false);
    assert_out(&rig, "a 10 y 3 | a 20 w 2 | a 30 x 1 | b 1 z 1");
    rig_feed(&rig, 0, "a 25 v | a 5 u | b 0 t");
    rig_checkpoint(&rig, false);
    assert_out(&rig, "a 20 w 3 | a 25 v 2 | b 0 t 2");
    rig_feed(&rig, 0, "a 5 s");
    assert_int_equal(rig_checkpoint(&rig, false), 0);
    assert_out(&rig, "");
    rig_done(&rig);
}

/* Two rows of equal order: the bytes decide, in whichever order they come. */
static void equal_rows_have_the_same_order_however_they_come(void **state)
{
    static const char *const orders[] = {"a 1 x | a 1 y | a 1 z", "a 1 z | a 1 y | a 1 x",
                                         "a 1 y | a 1 z | a 1 x"};

    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        Rig rig;

        top_init(&rig, 2);
        rig_start(&rig, 1);
        rig_feed(&rig, 0, orders[i]);
        rig_checkpoint(&rig, false);
        assert_out(&rig, "a 1 x 1 | a 1 y 2");
        rig_done(&rig);
    }
}

static void rows_behind_the_limit_take_no_room(void **state)
{
    int64_t before;
    Rig rig;

    top_init(&rig, 2);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "a 100 x | a 101 y");
    before = rig.ops[0][1]->methods->state_bytes(rig.ops[0][1]);
    assert_true(before > 0);
    for (int i = 0; i < 500; i++)
        rig_feed(&rig, 0, "a 1 x | a 2 y | a 99 z");
    assert_int_equal(rig.ops[0][1]->methods->state_bytes(rig.ops[0][1]), before);
    rig_checkpoint(&rig, false);
    assert_out(&rig, "a 100 x 2 | a 101 y 1");
    rig_done(&rig);
}

/* The last row given for each (k, place). */
static const char *places(Rig *rig, const char *given, char table[4][3][32])
{
    Str rest = str_of(given), row;
    StrBuf out = {0};
    const char *text;

    while (rest.bytes > 0 && str_split(&rest, '|', &row)) {
        char k, t[8];
        int v, n;

        if (sscanf(str_to_c(&rig->out_arena, row), " k%c %d %7s %d", &k, &v, t, &n) == 4)
            (void)snprintf(table[k - '0'][n - 1], 32, "k%c %d %s %d", k, v, t, n);
    }
    for (int k = 0; k < 4; k++) {
        for (int n = 0; n < 3; n++)
            strbuf_printf(&out, "%s;", table[k][n]);
    }
    text = str_to_c(&rig->out_arena, strbuf_str(&out));
    strbuf_done(&out);
    return text;
}

static const char *run(Rig *rig, uint64_t seed, uint32_t cut, uint32_t workers, Random *restarts)
{
    char table[4][3][32] = {{{0}}};
    Random random = {seed};
    const char *text = NULL;

    top_init(rig, 3);
    rig_start(rig, workers);
    for (uint32_t at = 0; at < 300; at += cut) {
        StrBuf rows = {0};

        for (uint32_t i = at; i < MIN(at + cut, 300); i++)
            strbuf_printf(&rows, "%sk%u %u t%u", i > at ? " | " : "",
                          (uint32_t)random_below(&random, 4), (uint32_t)random_below(&random, 50),
                          (uint32_t)random_below(&random, 9));
        rig_feed(rig, 0, strbuf_c(&rows));
        strbuf_done(&rows);
        if (!restarts || random_below(restarts, 3))
            continue;
        rig_checkpoint(rig, random_below(restarts, 4) == 0);
        (void)places(rig, rig_take(rig, false), table);
        rig_restart(rig, 1 + (uint32_t)random_below(restarts, RIG_WORKERS), 0);
    }
    rig_checkpoint(rig, false);
    text = places(rig, rig_take(rig, false), table);
    assert_non_null(strstr(text, "k0 "));
    return text;
}

static void the_same_places_whatever_batches_workers_and_restarts(void **state)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Rig plain;
        const char *expected = run(&plain, seed, 300, 1, NULL);

        for (uint32_t cut = 1; cut < 60; cut += 9) {
            Random restarts = {seed * 100 + cut};
            Rig rig;

            assert_string_equal(run(&rig, seed, cut, 1 + cut % RIG_WORKERS, &restarts), expected);
            rig_done(&rig);
        }
        rig_done(&plain);
    }
}

static void damaged_entries_do_no_harm(void **state)
{
    Rig rig;

    top_init(&rig, 2);
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "abc 1 x | abc 2 y");
    rig_checkpoint(&rig, true);
    assert_int_equal(rig.saved.count, 1);
    for (uint32_t at = 0; at < rig.saved.items[0].value.bytes; at++) {
        for (int d = 0; d < 3; d++) {
            const SavedEntry *saved = &rig.saved.items[0];
            char *value = arena_copy(&rig.batch, saved->value.data, saved->value.bytes);
            CheckpointEntry entry = {.flow = STR("f"),
                                     .slot = saved->slot,
                                     .group = saved->group,
                                     .key = saved->key,
                                     .value = {value, d == 2 ? at : saved->value.bytes}};
            Error problem = {0};
            Op *op;

            value[at] = d == 0 ? (char)0xff : (char)(value[at] + 1);
            rig_stop(&rig);
            rig_start(&rig, 1);
            op = rig.ops[0][1];
            if (!op->methods->restore(op, &entry, &problem))
                assert_non_null(strstr(problem.text, "cannot be read"));
            rig_feed(&rig, 0, "abc 1 z");
            arena_reset(&rig.batch);
        }
    }
    rig_take(&rig, false);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_barrier_gives_the_places_that_changed),
        cmocka_unit_test(equal_rows_have_the_same_order_however_they_come),
        cmocka_unit_test(rows_behind_the_limit_take_no_room),
        cmocka_unit_test(the_same_places_whatever_batches_workers_and_restarts),
        cmocka_unit_test(damaged_entries_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
