/*
 * Event time from the source to the windows: watermark, assignment, exchange, aggregation. Each line
 * of Spark's rules for windows that is about operators is a test, with weir's own rule for what is
 * late (design.md, section 2).
 */
#include "op_harness.h"

typedef struct Query {
    int64_t size_s, slide_s, delay_s;
    bool session;
    EmitMode emit;
    bool distinct, list, no_key;
    int32_t filter; /* Column, or -1. */
} Query;

/* k:string v:bigint b:boolean t:timestamp -> window, k, sum(v), count(v) [list(v)]. */
static void query_init(Rig *rig, Query query)
{
    Schema source, windowed, out;
    AggregateItem *items;
    Node *node;
    uint32_t item_count = query.list ? 3 : 2;

    rig_init(rig);
    source = rig_schema(rig, "k:string v:bigint b:boolean t:timestamp");
    windowed = rig_schema(rig, "k:string v:bigint b:boolean t:timestamp w:window");
    out = rig_schema(rig, "w:window k:string sum:bigint count:bigint list:string");
    if (query.no_key)
        out = rig_schema(rig, "w:window sum:bigint count:bigint list:string");
    out.column_count = (query.no_key ? 1 : 2) + item_count;

    node = rig_node(rig, NODE_WATERMARK, source);
    node->as.watermark = (WatermarkNode){.time_column = 3, .delay_us = query.delay_s * RIG_SECOND};
    node = rig_node(rig, NODE_ASSIGN, windowed);
    node->as.assign = (AssignNode){
        .time = rig_column_program(rig, &source, 3),
        .size_us = query.size_s * RIG_SECOND,
        .slide_us = (query.slide_s ? query.slide_s : query.size_s) * RIG_SECOND,
        .streaming = true,
        .session = query.session,
    };
    node = rig_node(rig, NODE_EXCHANGE, windowed);
    node->as.exchange = (ExchangeNode){rig_columns(rig, 1, 0), query.no_key ? 0 : 1};
    node = rig_node(rig, NODE_AGGREGATE, out);
    items = ARENA_ARRAY(&rig->plan, AggregateItem, 3);
    items[0] = rig_item(rig, &test_sum, 1);
    items[1] = rig_item(rig, &test_count, 1);
    items[2] = rig_item(rig, &test_list, 1);
    items[0].distinct = query.distinct;
    items[1].filter_column = query.filter > 0 ? query.filter : -1;
    node->as.aggregate = (AggregateNode){
        .key_columns = rig_columns(rig, 2, 4, 0),
        .key_count = query.no_key ? 1 : 2,
        .items = items,
        .item_count = item_count,
        .emit = query.emit,
        .time_key = 0,
        .session = query.session,
    };
}

static void query_start(Rig *rig, Query query)
{
    query_init(rig, query);
    rig_start(rig, 1);
    rig_partition(rig, 0, PARTITION_ADDED);
}

static const Query tumbling = {.size_s = 10, .emit = EMIT_FINAL};

/* ── tumbling ──────────────────────────────────────────────────────────────────────────────────*/

static void a_window_is_emitted_once_its_end_is_not_above_the_watermark(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_feed(&rig, 0, "x 1 true 1");
    rig_feed(&rig, 0, "x 1 true 9.999999");
    assert_out(&rig, "");
    rig_feed(&rig, 0, "y 5 true 10");
    assert_out(&rig, "0..10 x 2 2");
    rig_drain(&rig);
    assert_out(&rig, "10..20 y 5 1");
    rig_done(&rig);
}

static void a_row_is_late_by_its_windows_end_not_by_its_time(void **state)
{
    Query query = tumbling;
    Rig rig;

    query.delay_s = 10;
    query_start(&rig, query);
    rig_feed(&rig, 0, "x 1 true 25");
    /* Watermark 15: [10, 20) is open, [0, 10) is not. */
    rig_feed(&rig, 0, "x 2 true 14.9 | x 4 true 9 | x 8 true 9.9");
    assert_late(&rig, "x 4 true 9 until 10 late | x 8 true 9.9 until 10 late");
    rig_drain(&rig);
    assert_out(&rig, "10..20 x 2 1 | 20..30 x 1 1");
    rig_done(&rig);
}

/* Spark moves its watermark between batches; here each row has its own. */
static void within_one_batch_a_row_is_late_behind_one_that_moved_the_watermark(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_feed(&rig, 0, "x 1 true 100 | x 2 true 1");
    assert_late(&rig, "x 2 true 1 until 10 late");
    rig_done(&rig);
}

static void nothing_is_late_before_the_first_row(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_feed(&rig, 0, "x 1 true 1 | x 1 true -100");
    assert_late(&rig, "x 1 true -100 until -90 late");
    rig_drain(&rig);
    assert_out(&rig, "0..10 x 1 1");
    rig_done(&rig);
}

static void a_null_time_gives_no_row_and_is_not_late(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_feed(&rig, 0, "x 1 true 1 | x 2 true null");
    rig_drain(&rig);
    assert_out(&rig, "0..10 x 1 1");
    assert_late(&rig, "");
    rig_done(&rig);
}

static void windows_before_1970_close_like_any(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_feed(&rig, 0, "x 1 true -5 | x 1 true 0");
    assert_out(&rig, "-10..0 x 1 1");
    rig_done(&rig);
}

static void each_hopping_window_of_a_row_is_judged_alone(void **state)
{
    Query query = tumbling;
    Rig rig;

    query.slide_s = 5;
    query_start(&rig, query);
    rig_feed(&rig, 0, "x 1 true 12");
    rig_feed(&rig, 0, "x 2 true 16");
    /* Watermark 16: of 12's windows [5, 15) has ended, [10, 20) has not. */
    rig_feed(&rig, 0, "x 4 true 12");
    assert_late(&rig, "x 4 true 12 until 15 late");
    rig_drain(&rig);
    assert_out(&rig, "10..20 x 7 3 | 15..25 x 2 1 | 5..15 x 1 1");
    rig_done(&rig);
}

static void null_keys_are_one_group(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_feed(&rig, 0, "null 1 true 1 | null 2 true 2 | x null true 3");
    rig_drain(&rig);
    assert_out(&rig, "0..10 null 3 2 | 0..10 x null 0");
    rig_done(&rig);
}

/* ── partitions ────────────────────────────────────────────────────────────────────────────────*/

static void the_slowest_partition_holds_windows_open(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_partition(&rig, 1, PARTITION_ADDED);
    rig_feed(&rig, 0, "x 1 true 100");
    rig_feed(&rig, 1, "x 2 true 2");
    /* Partition 0 is at 100 itself: its own rows are late by that. */
    rig_feed(&rig, 0, "x 4 true 5");
    assert_late(&rig, "x 4 true 5 until 10 late");
    assert_out(&rig, "");
    rig_feed(&rig, 1, "x 8 true 11");
    assert_out(&rig, "0..10 x 2 1");
    rig_done(&rig);
}

static void a_row_for_a_window_closed_while_its_partition_was_idle_is_late_so(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_partition(&rig, 1, PARTITION_ADDED);
    rig_feed(&rig, 0, "x 1 true 5");
    rig_feed(&rig, 1, "x 2 true 2");
    rig_partition(&rig, 1, PARTITION_IDLE);
    rig_feed(&rig, 0, "x 4 true 20");
    assert_out(&rig, "0..10 x 3 2");
    rig_partition(&rig, 1, PARTITION_ACTIVE);
    rig_feed(&rig, 1, "x 8 true 3 | x 16 true 20");
    assert_late(&rig, "x 8 true 3 0..10 until 10 idle");
    rig_drain(&rig);
    assert_out(&rig, "20..30 x 20 2");
    rig_done(&rig);
}

/* ── update mode ───────────────────────────────────────────────────────────────────────────────*/

static void update_mode_emits_changed_groups_at_each_barrier(void **state)
{
    Query query = tumbling;
    Rig rig;

    query.emit = EMIT_CHANGED;
    query_start(&rig, query);
    rig_feed(&rig, 0, "x 1 true 1 | y 1 true 1");
    assert_out(&rig, "");
    rig_checkpoint(&rig, false);
    assert_out(&rig, "0..10 x 1 1 | 0..10 y 1 1");
    rig_feed(&rig, 0, "x 2 true 2");
    rig_checkpoint(&rig, false);
    assert_out(&rig, "0..10 x 3 2");
    /* Closing emits nothing by itself, only what its epoch still owes. */
    rig_feed(&rig, 0, "y 4 true 3 | y 8 true 40");
    assert_out(&rig, "0..10 y 5 2");
    rig_checkpoint(&rig, false);
    assert_out(&rig, "40..50 y 8 1");
    rig_feed(&rig, 0, "x 9 true 4");
    assert_late(&rig, "x 9 true 4 until 10 late");
    rig_checkpoint(&rig, false);
    assert_out(&rig, "");
    rig_done(&rig);
}

static void closed_groups_leave_the_state(void **state)
{
    for (EmitMode emit = EMIT_CHANGED; emit <= EMIT_FINAL; emit++) {
        Query query = {.size_s = 10, .emit = emit, .distinct = true, .list = true};
        Rig rig;

        query_start(&rig, query);
        rig_feed(&rig, 0, "x 1 true 1 | y 1 true 1 | y 2 true 12");
        rig_checkpoint(&rig, false);
        rig_feed(&rig, 0, "x 1 true 100");
        rig_checkpoint(&rig, false);
        rig_feed(&rig, 0, "x 1 true 200");
        rig_checkpoint(&rig, false);
        /* A group, a member of its set, two watermarks. */
        assert_int_equal(rig_live_entries(&rig), 4);
        rig_done(&rig);
    }
}

/* ── aggregates ────────────────────────────────────────────────────────────────────────────────*/

static void distinct_and_filter_choose_rows(void **state)
{
    Query query = {.size_s = 10, .emit = EMIT_FINAL, .distinct = true, .filter = 2};
    Rig rig;

    query_start(&rig, query);
    rig_feed(&rig, 0, "x 5 true 1 | x 5 false 2 | x 7 null 3 | y 5 true 4 | x null true 5");
    rig_feed(&rig, 0, "x 7 true 5");
    rig_drain(&rig);
    assert_out(&rig, "0..10 x 12 2 | 0..10 y 5 1");
    rig_done(&rig);
}

static void an_error_in_a_result_sends_that_row_aside_alone(void **state)
{
    Rig rig;

    query_start(&rig, tumbling);
    rig_feed(&rig, 0, "x 999 true 1 | y 1 true 1 | x 2 true 2");
    rig_drain(&rig);
    assert_out(&rig, "0..10 y 1 1");
    assert_errors(&rig, "0..10 x ARITHMETIC_OVERFLOW");
    rig_done(&rig);
}

static void ordered_rows_are_aggregated_in_their_order(void **state)
{
    Query query = {.size_s = 10, .emit = EMIT_FINAL, .list = true};
    SortKey *sort;
    AggregateItem *item;
    Rig rig;

    query_init(&rig, query);
    sort = ARENA_NEW(&rig.plan, SortKey);
    sort->descending = true;
    item = (AggregateItem *)(uintptr_t)&rig.nodes[3]->as.aggregate.items[2];
    item->order_columns = rig_columns(&rig, 1, 1);
    item->order_keys = sort;
    item->order_count = 1;
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "x 2 true 1 | x 9 true 2 | y 1 true 2");
    rig_checkpoint(&rig, false);
    rig_restart(&rig, 1, 1);
    rig_feed(&rig, 0, "x 5 true 3 | x 9 true 3");
    rig_drain(&rig);
    assert_out(&rig, "0..10 x 25 4 9,9,5,2 | 0..10 y 1 1 1");
    rig_done(&rig);
}

/* ── sessions ──────────────────────────────────────────────────────────────────────────────────*/

static const Query sessions = {.size_s = 10, .session = true, .emit = EMIT_FINAL};

static void a_session_grows_with_its_rows_the_last_exactly_at_its_end(void **state)
{
    Query query = sessions;
    Rig rig;

    query.delay_s = 100;
    query_start(&rig, query);
    rig_feed(&rig, 0, "x 1 true 1 | x 1 true 5 | x 1 true 14.9 | x 1 true 24.9 | y 1 true 3");
    rig_drain(&rig);
    assert_out(&rig, "1..34.9 x 4 4 | 3..13 y 1 1");
    rig_done(&rig);
}

static void a_row_between_two_sessions_makes_them_one(void **state)
{
    Query query = {.size_s = 10, .session = true, .emit = EMIT_FINAL, .delay_s = 100,
                   .distinct = true, .list = true};
    Rig rig;

    query_start(&rig, query);
    rig_feed(&rig, 0, "x 1 true 1 | x 2 true 20 | x 4 true 10.5 | x 2 true 10.6 | x 2 true 100");
    rig_drain(&rig);
    assert_out(&rig, "1..30 x 7 4 1,2,4,2 | 100..110 x 2 1 2");
    rig_done(&rig);
}

/* Even if it would join an open session. */
static void a_session_row_is_late_when_its_own_window_has_ended(void **state)
{
    Rig rig;

    query_start(&rig, sessions);
    rig_feed(&rig, 0, "x 1 true 50");
    rig_feed(&rig, 0, "x 2 true 40 | x 4 true 40.001");
    assert_late(&rig, "x 2 true 40 until 50 late");
    rig_drain(&rig);
    assert_out(&rig, "40.001..60 x 5 2");
    rig_done(&rig);
}

/* aggregate_session.c says why: up to then a row that is not late may still touch it. */
static void a_session_is_closed_one_gap_after_its_end(void **state)
{
    Rig rig;

    query_start(&rig, sessions);
    rig_feed(&rig, 0, "x 1 true 0");
    rig_feed(&rig, 0, "y 1 true 19.9");
    assert_out(&rig, "");
    rig_feed(&rig, 0, "x 2 true 9.95");
    rig_feed(&rig, 0, "y 1 true 29.9");
    assert_out(&rig, "");
    rig_feed(&rig, 0, "y 1 true 100");
    assert_out(&rig, "0..19.95 x 3 2 | 19.9..39.9 y 2 2");
    rig_done(&rig);
}

/* A merged session leaves timers behind; they come when the table, once large, has given back the memory
 * of its entries. */
static void timers_of_sessions_that_are_gone_find_nothing(void **state)
{
    enum { KEYS = 5000 };
    Query query = sessions;
    uint32_t sessions_out = 0;
    Rig rig;

    query.delay_s = 100;
    query_start(&rig, query);
    for (int i = 0; i < KEYS; i++) {
        char rows[128];

        (void)snprintf(rows, sizeof rows, "k%d 1 true 15 | k%d 1 true 1 | k%d 1 true 8", i, i, i);
        rig_feed(&rig, 0, rows);
    }
    rig_drain(&rig);
    for (const char *at = rig_take(&rig, false); (at = strstr(at, "1..25 ")); at++)
        sessions_out++;
    assert_int_equal(sessions_out, KEYS);
    rig_done(&rig);
}

/* ── the same rows, however they come ──────────────────────────────────────────────────────────*/

enum { ROWS = 600 };

static Batch *random_rows(Rig *rig, Random *random, const Schema *schema)
{
    StrBuf text = {0};
    Batch *batch;

    for (int i = 0; i < ROWS; i++) {
        double t = i / 4.0 - (double)random_below(random, 300) / 10;

        strbuf_printf(&text, "%sk%d %d %s %.1f", i ? " | " : "", (int)random_below(random, 5),
                      (int)random_below(random, 4), random_below(random, 3) ? "true" : "false", t);
    }
    batch = rig_rows_in(&rig->plan, schema, strbuf_c(&text));
    strbuf_done(&text);
    return batch;
}

/* Rows of batch in two partitions, cut into `cut`; at some cuts a checkpoint, and a restart. */
static void run(Rig *rig, const Batch *batch, uint32_t cut, Random *cuts, uint32_t worker_count)
{
    rig_start(rig, worker_count);
    rig_partition(rig, 0, PARTITION_ADDED);
    rig_partition(rig, 1, PARTITION_ADDED);
    for (uint32_t from = 0; from < batch->row_count;) {
        uint32_t count = MIN(cut, batch->row_count - from);

        /* The same rows always go to the same partition. */
        count = MIN(count, 50 - from % 50);
        rig_push(rig, 0, (int32_t)(from / 50 % 2), batch_slice(&rig->batch, batch, from, count),
                 count);
        from += count;
        arena_reset(&rig->batch);
        if (!cuts || random_below(cuts, 4) > 0)
            continue;
        rig_checkpoint(rig, random_below(cuts, 5) == 0);
        if (random_below(cuts, 2) == 0)
            rig_restart(rig, 1 + (uint32_t)random_below(cuts, RIG_WORKERS), 2);
    }
    rig_drain(rig);
}

static void assert_same_rows_always(Query query)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        const uint32_t sizes[] = {1, 2, 3, 7, 50};
        Random random = {seed};
        const char *rows, *late;
        const Batch *batch;
        Rig rig;

        query.filter = 2;
        query.list = true;
        query.distinct = true;
        query_init(&rig, query);
        batch = random_rows(&rig, &random, &rig.nodes[0]->schema);
        run(&rig, batch, 50, NULL, 1);
        rows = rig_take(&rig, true);
        late = rig_take_late(&rig);
        assert_true(strlen(rows) > 500 && strlen(late) > 50);
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            for (uint32_t workers = 1; workers <= RIG_WORKERS; workers++) {
                rig_stop(&rig);
                rig.saved.count = 0;
                rig.batch_rows = sizes[i];
                run(&rig, batch, sizes[i], workers == 1 ? NULL : &random, workers);
                assert_late(&rig, late);
                assert_out(&rig, rows);
            }
        }
        rig_done(&rig);
    }
}

static void tumbling_windows_are_the_same_however_rows_come(void **state)
{
    assert_same_rows_always((Query){.size_s = 10, .emit = EMIT_FINAL});
}

static void hopping_windows_are_the_same_however_rows_come(void **state)
{
    assert_same_rows_always((Query){.size_s = 12, .slide_s = 5, .delay_s = 3, .emit = EMIT_FINAL});
}

static void windows_without_other_keys_are_the_same_however_rows_come(void **state)
{
    assert_same_rows_always((Query){.size_s = 10, .emit = EMIT_FINAL, .no_key = true});
}

/* The list of a merged session depends on the order of merging: sums and counts do not. */
static void sessions_are_the_same_however_rows_come(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        Query query = {.size_s = 3, .session = true, .emit = EMIT_FINAL, .filter = 2,
                       .distinct = true};
        Random random = {seed};
        const char *rows, *late;
        const Batch *batch;
        Rig rig;

        query_init(&rig, query);
        batch = random_rows(&rig, &random, &rig.nodes[0]->schema);
        run(&rig, batch, 50, NULL, 1);
        rows = rig_take(&rig, true);
        late = rig_take_late(&rig);
        assert_true(strlen(late) > 50);
        for (uint32_t cut = 1; cut <= 50; cut += 7) {
            rig_stop(&rig);
            rig.saved.count = 0;
            run(&rig, batch, cut, &random, 1 + cut % RIG_WORKERS);
            assert_out(&rig, rows);
            assert_late(&rig, late);
        }
        rig_done(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_is_emitted_once_its_end_is_not_above_the_watermark),
        cmocka_unit_test(a_row_is_late_by_its_windows_end_not_by_its_time),
        cmocka_unit_test(within_one_batch_a_row_is_late_behind_one_that_moved_the_watermark),
        cmocka_unit_test(nothing_is_late_before_the_first_row),
        cmocka_unit_test(a_null_time_gives_no_row_and_is_not_late),
        cmocka_unit_test(windows_before_1970_close_like_any),
        cmocka_unit_test(each_hopping_window_of_a_row_is_judged_alone),
        cmocka_unit_test(null_keys_are_one_group),
        cmocka_unit_test(the_slowest_partition_holds_windows_open),
        cmocka_unit_test(a_row_for_a_window_closed_while_its_partition_was_idle_is_late_so),
        cmocka_unit_test(update_mode_emits_changed_groups_at_each_barrier),
        cmocka_unit_test(closed_groups_leave_the_state),
        cmocka_unit_test(distinct_and_filter_choose_rows),
        cmocka_unit_test(an_error_in_a_result_sends_that_row_aside_alone),
        cmocka_unit_test(ordered_rows_are_aggregated_in_their_order),
        cmocka_unit_test(a_session_grows_with_its_rows_the_last_exactly_at_its_end),
        cmocka_unit_test(a_row_between_two_sessions_makes_them_one),
        cmocka_unit_test(a_session_row_is_late_when_its_own_window_has_ended),
        cmocka_unit_test(a_session_is_closed_one_gap_after_its_end),
        cmocka_unit_test(timers_of_sessions_that_are_gone_find_nothing),
        cmocka_unit_test(tumbling_windows_are_the_same_however_rows_come),
        cmocka_unit_test(hopping_windows_are_the_same_however_rows_come),
        cmocka_unit_test(windows_without_other_keys_are_the_same_however_rows_come),
        cmocka_unit_test(sessions_are_the_same_however_rows_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
