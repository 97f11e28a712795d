/*
 * Joins of two streams, behind the exchanges of both: rules of facts/spark.md about stream joins, and
 * random streams against two nested loops over the rows that were in time.
 */
#include "op_harness.h"

enum { ROWS = 120 };

typedef struct Query {
    JoinKind kind;
    bool bounds, windows, null_safe, condition;
    int64_t low_s, high_s;
} Query;

/* Left and right: k:string t:timestamp v:bigint (or w:window for t). right.t - left.t in bounds. */
static void query_init(Rig *rig, const Query *q)
{
    Schema side, out;
    Node *exchange, *node;
    bool alone = q->kind == JOIN_SEMI || q->kind == JOIN_ANTI;

    rig_init(rig);
    side = rig_schema(rig, q->windows ? "k:string t:window v:bigint" : "k:string t:timestamp v:bigint");
    out = rig_schema(rig, q->windows
                              ? "k:string t:window v:bigint k2:string t2:window v2:bigint"
                              : "k:string t:timestamp v:bigint k2:string t2:timestamp v2:bigint");
    if (alone)
        out.column_count = 3;
    exchange = rig_node(rig, NODE_EXCHANGE, side);
    exchange->as.exchange = (ExchangeNode){rig_columns(rig, 2, 0, 1), q->windows ? 2 : 1};
    node = rig_node(rig, NODE_JOIN, out);
    node->inputs[1] = exchange;
    node->input_count = 2;
    node->as.join = (JoinNode){
        .kind = q->kind,
        .left_keys = rig_columns(rig, 2, 0, 1),
        .right_keys = rig_columns(rig, 2, 0, 1),
        .key_count = q->windows ? 2 : 1,
        .null_safe = q->null_safe,
        .left_streaming = true,
        .right_streaming = true,
        .left_time_column = 1,
        .right_time_column = 1,
        .has_bounds = q->bounds,
        .low_us = q->low_s * RIG_SECOND,
        .high_us = q->high_s * RIG_SECOND,
    };
    if (q->condition) {
        Expr *args[2] = {expr_column(&rig->plan, 2, &type_bigint, true, (Span){0}),
                         expr_column(&rig->plan, 5, &type_bigint, true, (Span){0})};
        Expr *less = NULL;

        assert_ok(function_call_named(&rig->plan, &rig->sql, "<", args, 2, (Span){0}, &less, &err));
        node->as.join.condition = program_compile(&rig->plan, (const Expr *const *)&less, 1);
    }
    rig->input_count = 2;
}

static void query_start(Rig *rig, Query q)
{
    query_init(rig, &q);
    rig_start(rig, 1);
}

static void feed(Rig *rig, uint32_t input_i, const char *rows)
{
    rig_push(rig, input_i, 0, rig_rows_in(&rig->plan, &rig->nodes[0]->schema, rows), 100);
    arena_reset(&rig->batch);
}

/* Of both inputs. */
static void advance(Rig *rig, double left_s, double right_s)
{
    assert_ok(rig_in(rig)->methods->on_watermark(rig_in(rig), 0, (int64_t)(left_s * RIG_SECOND), &err));
    assert_ok(rig_in(rig)->methods->on_watermark(rig_in(rig), 1, (int64_t)(right_s * RIG_SECOND), &err));
}

static void drain(Rig *rig)
{
    for (uint32_t i = 0; i < 2; i++)
        assert_ok(rig_in(rig)->methods->on_watermark(rig_in(rig), i, WATERMARK_END, &err));
}

/* ── rules ─────────────────────────────────────────────────────────────────────────────────────*/

static void an_inner_join_gives_pairs_at_once(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_INNER, .bounds = true, .high_s = 5});
    feed(&rig, 0, "x 10 1 | y 10 2");
    assert_out(&rig, "");
    feed(&rig, 1, "x 15 3 | x 9.9 4 | x 15.1 5 | y 12 6");
    assert_out(&rig, "x 10 1 x 15 3 | y 10 2 y 12 6");
    feed(&rig, 0, "x 12 7");
    assert_out(&rig, "x 12 7 x 15 3 | x 12 7 x 15.1 5");
    rig_done(&rig);
}

/* a.ts + 5 s < watermark, strictly. */
static void an_outer_row_is_given_once_no_partner_can_come(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_LEFT, .bounds = true, .high_s = 5});
    feed(&rig, 0, "x 10 1 | x 11 2");
    feed(&rig, 1, "x 15.5 3");
    assert_out(&rig, "x 11 2 x 15.5 3");
    advance(&rig, 15, 15);
    assert_out(&rig, "");
    advance(&rig, 15.001, 15.001);
    assert_out(&rig, "x 10 1 null null null");
    drain(&rig);
    assert_out(&rig, "");
    rig_done(&rig);
}

static void the_watermark_is_the_lower_of_both_streams(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_LEFT, .bounds = true, .high_s = 5});
    feed(&rig, 0, "y 10 1");
    advance(&rig, 40, 14);
    assert_out(&rig, "");
    /* Only the right one moves. */
    advance(&rig, 40, 60);
    assert_out(&rig, "y 10 1 null null null");
    feed(&rig, 1, "y 3 9");
    assert_late(&rig, "y 3 9 until 3.000001 idle");
    rig_done(&rig);
}

static void null_keys_never_match(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_FULL, .bounds = true, .high_s = 5});
    feed(&rig, 0, "x 1 1 | null 1 2");
    feed(&rig, 1, "x 1 3 | null 1 4 | x null 5");
    assert_out(&rig, "null 1 2 null null null | null null null null 1 4 | "
                     "null null null x null 5 | x 1 1 x 1 3");
    drain(&rig);
    assert_out(&rig, "");
    rig_done(&rig);
    query_start(&rig, (Query){.kind = JOIN_INNER, .bounds = true, .high_s = 5, .null_safe = true});
    feed(&rig, 0, "x 1 1 | null 1 2");
    feed(&rig, 1, "x 1 3 | null 1 4");
    assert_out(&rig, "null 1 2 null 1 4 | x 1 1 x 1 3");
    rig_done(&rig);
}

static void semi_gives_a_left_row_once_at_its_first_match(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_SEMI, .bounds = true, .high_s = 5});
    feed(&rig, 0, "x 10 1");
    feed(&rig, 1, "x 11 2 | x 12 3");
    assert_out(&rig, "x 10 1");
    feed(&rig, 1, "x 12 3");
    feed(&rig, 0, "x 9 4 | x 1 5");
    assert_out(&rig, "x 9 4");
    drain(&rig);
    assert_out(&rig, "");
    rig_done(&rig);
}

static void anti_gives_a_left_row_when_no_match_can_come(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_ANTI, .bounds = true, .high_s = 5});
    feed(&rig, 0, "x 10 1 | y 10 2");
    feed(&rig, 1, "x 11 2");
    advance(&rig, 15, 20);
    assert_out(&rig, "");
    advance(&rig, 16, 20);
    assert_out(&rig, "y 10 2");
    rig_done(&rig);
}

static void state_is_freed_behind_the_watermark(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_INNER, .bounds = true, .low_s = -2, .high_s = 5});
    for (int i = 0; i < 50; i++) {
        char rows[64];

        snprintf(rows, sizeof rows, "x %d 1 | y %d 2", i, i);
        feed(&rig, 0, rows);
        feed(&rig, 1, rows);
        advance(&rig, i, i);
        rig_checkpoint(&rig, false);
        /* Left rows of 6 s, right rows of 3 s, the watermark. */
        assert_true(rig_live_entries(&rig) <= 2 * 6 + 2 * 3 + 1);
    }
    assert_true(rig_live_entries(&rig) >= 2 * 6 + 2 * 3);
    /* What is passed on is the lowest time a row to be given can have. */
    assert_true(rig.outs[0].watermark_us == (49 - 5) * (int64_t)RIG_SECOND);
    drain(&rig);
    rig_checkpoint(&rig, false);
    assert_int_equal(rig_live_entries(&rig), 1);
    rig_done(&rig);
}

static void without_bounds_nothing_is_forgotten_nor_late(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_LEFT});
    feed(&rig, 0, "x 1 1 | y 1 2 | z null 3");
    advance(&rig, 100, 100);
    feed(&rig, 1, "x 1 4 | z null 5");
    assert_out(&rig, "x 1 1 x 1 4 | z null 3 z null 5");
    assert_late(&rig, "");
    assert_true(rig.outs[0].watermark_us == WATERMARK_NONE);
    drain(&rig);
    assert_out(&rig, "y 1 2 null null null");
    assert_true(rig.outs[0].watermark_us == WATERMARK_END);
    rig_done(&rig);
}

static void rows_of_equal_windows_go_with_the_window(void **state)
{
    Rig rig;

    query_start(&rig, (Query){.kind = JOIN_FULL, .windows = true});
    feed(&rig, 0, "x 0..10 1 | y 0..10 2 | x 10..20 3");
    feed(&rig, 1, "x 0..10 4 | z 0..10 5");
    assert_out(&rig, "x 0..10 1 x 0..10 4");
    advance(&rig, 10, 10);
    assert_out(&rig, "null null null z 0..10 5 | y 0..10 2 null null null");
    assert_true(rig.outs[0].watermark_us == 10 * (int64_t)RIG_SECOND);
    feed(&rig, 1, "x 0..10 6 | x 10..20 7");
    assert_late(&rig, "x 0..10 6 until 10 idle");
    assert_out(&rig, "x 10..20 3 x 10..20 7");
    rig_done(&rig);
}

/* ── random streams ────────────────────────────────────────────────────────────────────────────*/

typedef struct StreamRow {
    int k; /* -1: NULL */
    int64_t t_s, v;
    bool late;
} StreamRow;

typedef struct Stream {
    StreamRow rows[ROWS];
} Stream;

static void random_stream(Random *random, Stream *stream)
{
    int64_t highest = INT64_MIN;

    for (int i = 0; i < ROWS; i++) {
        StreamRow *row = &stream->rows[i];

        row->k = (int)random_below(random, 4) - (random_below(random, 8) == 0);
        row->t_s = i / 2 - (int64_t)random_below(random, 12);
        row->v = (int64_t)random_below(random, 10);
        /* The watermark: highest time before it, less 8. */
        row->late = highest != INT64_MIN && row->t_s < highest - 8;
        highest = MAX(highest, row->t_s);
    }
}

static void print_stream_row(StrBuf *out, const StreamRow *row)
{
    if (!row) {
        strbuf_add_c(out, "null null null");
        return;
    }
    if (row->k < 0)
        strbuf_add_c(out, "null");
    else
        strbuf_printf(out, "k%d", row->k);
    strbuf_printf(out, " %lld %lld", (long long)row->t_s, (long long)row->v);
}

static bool rows_match(const Query *q, const StreamRow *l, const StreamRow *r)
{
    return !l->late && !r->late && l->k == r->k && (l->k >= 0 || q->null_safe) &&
           r->t_s - l->t_s >= q->low_s && r->t_s - l->t_s <= q->high_s &&
           (!q->condition || l->v < r->v);
}

static const char *model(Rig *rig, const Query *q, const Stream *left, const Stream *right)
{
    JoinKind kind = q->kind;
    VEC(char *) lines = {0};
    bool right_matched[ROWS] = {false};
    StrBuf all = {0};
    const char *text;

    for (int l = 0; l < ROWS; l++) {
        const StreamRow *row = &left->rows[l];
        bool matched = false;

        for (int r = 0; r < ROWS; r++) {
            StrBuf line = {0};

            if (!rows_match(q, row, &right->rows[r]))
                continue;
            matched = right_matched[r] = true;
            if (kind == JOIN_SEMI || kind == JOIN_ANTI)
                continue;
            print_stream_row(&line, row);
            strbuf_add_char(&line, ' ');
            print_stream_row(&line, &right->rows[r]);
            VEC_ADD(&lines, line.data);
        }
        if (!row->late && ((kind == JOIN_SEMI && matched) ||
                           (!matched && (kind == JOIN_LEFT || kind == JOIN_FULL || kind == JOIN_ANTI)))) {
            StrBuf line = {0};

            print_stream_row(&line, row);
            if (kind == JOIN_LEFT || kind == JOIN_FULL)
                strbuf_add_c(&line, " null null null");
            VEC_ADD(&lines, line.data);
        }
    }
    for (int r = 0; r < ROWS && (kind == JOIN_RIGHT || kind == JOIN_FULL); r++) {
        StrBuf line = {0};

        if (right_matched[r] || right->rows[r].late)
            continue;
        strbuf_add_c(&line, "null null null ");
        print_stream_row(&line, &right->rows[r]);
        VEC_ADD(&lines, line.data);
    }
    if (lines.count > 0)
        qsort(lines.items, lines.count, sizeof(char *), rig_compare_lines);
    for (size_t i = 0; i < lines.count; i++) {
        strbuf_printf(&all, "%s%s", i ? " | " : "", lines.items[i]);
        free(lines.items[i]);
    }
    VEC_DONE(&lines);
    text = arena_strdup(&rig->plan, strbuf_c(&all));
    strbuf_done(&all);
    return text;
}

static Batch *stream_batch(Rig *rig, const Stream *stream)
{
    StrBuf text = {0};
    Batch *batch;

    for (int i = 0; i < ROWS; i++) {
        if (i)
            strbuf_add_c(&text, " | ");
        print_stream_row(&text, &stream->rows[i]);
    }
    batch = rig_rows_in(&rig->plan, &rig->nodes[0]->schema, strbuf_c(&text));
    strbuf_done(&text);
    return batch;
}

/* Rows of both streams, interleaved and cut at random, with checkpoints and restarts. */
static void run(Rig *rig, Batch *const batches[2], Random *random)
{
    WatermarkTracker trackers[2];
    uint32_t at[2] = {0, 0};

    watermark_init(&trackers[0], 8 * RIG_SECOND);
    watermark_init(&trackers[1], 8 * RIG_SECOND);
    while (at[0] < ROWS || at[1] < ROWS) {
        uint32_t i = (uint32_t)random_below(random, 2);
        uint32_t count;
        Batch *part;
        int64_t *before_us;

        if (at[i] == ROWS)
            i = !i;
        count = 1 + (uint32_t)random_below(random, 9);
        count = MIN(count, ROWS - at[i]);
        part = batch_slice(&rig->batch, batches[i], at[i], count);
        before_us = ARENA_ARRAY(&rig->batch, int64_t, count);
        watermark_rows(&trackers[i], 0, part->columns[1], before_us);
        watermark_advance(&trackers[i]);
        part->watermark_us = before_us;
        assert_ok(rig_in(rig)->methods->on_batch(rig_in(rig), i, part, &err));
        at[i] += count;
        if (random_below(random, 2))
            assert_ok(rig_in(rig)->methods->on_watermark(rig_in(rig), i, trackers[i].now_us, &err));
        arena_reset(&rig->batch);
        if (random_below(random, 6))
            continue;
        rig_checkpoint(rig, random_below(random, 4) == 0);
        if (random_below(random, 2))
            rig_restart(rig, 1 + (uint32_t)random_below(random, RIG_WORKERS), 0);
    }
    drain(rig);
    watermark_done(&trackers[0]);
    watermark_done(&trackers[1]);
}

static void streams_join_as_their_rows_in_time_do_however_they_come(void **state)
{
    const JoinKind kinds[] = {JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_SEMI, JOIN_ANTI};
    Random random = {11};

    for (int round = 0; round < 120; round++) {
        Query q = {.kind = kinds[round % 6], .bounds = true};
        Stream streams[2];
        Batch *batches[2];
        const char *expected;
        Rig rig;

        q.low_s = (int64_t)random_below(&random, 12) - 8;
        q.high_s = q.low_s + (int64_t)random_below(&random, 8);
        q.null_safe = random_below(&random, 4) == 0;
        q.condition = random_below(&random, 2);
        random_stream(&random, &streams[0]);
        random_stream(&random, &streams[1]);
        query_init(&rig, &q);
        batches[0] = stream_batch(&rig, &streams[0]);
        batches[1] = stream_batch(&rig, &streams[1]);
        expected = model(&rig, &q, &streams[0], &streams[1]);
        rig.batch_rows = 1 + (uint32_t)random_below(&random, 10);
        rig_start(&rig, 1 + (uint32_t)random_below(&random, RIG_WORKERS));
        run(&rig, batches, &random);
        assert_out(&rig, expected);
        rig_done(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inner_join_gives_pairs_at_once),
        cmocka_unit_test(an_outer_row_is_given_once_no_partner_can_come),
        cmocka_unit_test(the_watermark_is_the_lower_of_both_streams),
        cmocka_unit_test(null_keys_never_match),
        cmocka_unit_test(semi_gives_a_left_row_once_at_its_first_match),
        cmocka_unit_test(anti_gives_a_left_row_when_no_match_can_come),
        cmocka_unit_test(state_is_freed_behind_the_watermark),
        cmocka_unit_test(without_bounds_nothing_is_forgotten_nor_late),
        cmocka_unit_test(rows_of_equal_windows_go_with_the_window),
        cmocka_unit_test(streams_join_as_their_rows_in_time_do_however_they_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
