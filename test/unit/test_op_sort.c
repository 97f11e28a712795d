/*
 * ORDER BY: over finite input, with LIMIT and OFFSET, and in a stream as the watermark closes
 * times.
 */
#include "op_harness.h"

#include "random_vector.h"

static Node *sort_node(Rig *rig, const char *schema, uint32_t column, SortKey key)
{
    Node *node;
    SortKey *keys;

    rig_init(rig);
    keys = ARENA_ARRAY(&rig->plan, SortKey, 1);
    keys[0] = key;
    node = rig_node(rig, NODE_SORT, rig_schema(rig, schema));
    node->as.sort = (SortNode){.columns = rig_columns(rig, 1, column),
                               .keys = keys,
                               .key_count = 1,
                               .limit = -1,
                               .time_key = -1};
    return node;
}

#define assert_in_order(rig, expected) assert_string_equal(rig_take((rig), false), (expected))

/* ── finite input ──────────────────────────────────────────────────────────────────────────────*/

static void rows_are_given_in_order_at_the_end_and_equal_ones_as_they_came(void **state)
{
    const struct {
        SortKey key;
        const char *expected;
    } cases[] = {
        {{false, false}, "null 4 | null 6 | 1 2 | 1 5 | 2 1 | 3 3"},
        {{false, true}, "1 2 | 1 5 | 2 1 | 3 3 | null 4 | null 6"},
        {{true, true}, "3 3 | 2 1 | 1 2 | 1 5 | null 4 | null 6"},
        {{true, false}, "null 4 | null 6 | 3 3 | 2 1 | 1 2 | 1 5"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Rig rig;

        sort_node(&rig, "k:bigint v:bigint", 0, cases[i].key);
        rig_start(&rig, 1);
        rig_feed(&rig, 0, "2 1 | 1 2 | 3 3");
        rig_feed(&rig, 0, "null 4");
        rig_feed(&rig, 0, "1 5 | null 6");
        assert_in_order(&rig, "");
        rig_end(&rig);
        assert_in_order(&rig, cases[i].expected);
        assert_int_equal(rig.outs[0].end_count, 1);
        rig_done(&rig);
    }
}

static void limit_and_offset_cut_the_sorted_rows(void **state)
{
    const struct {
        int64_t limit, offset;
        const char *expected;
    } cases[] = {
        {0, 0, ""},
        {2, 0, "1 | 2"},
        {2, 3, "4 | 5"},
        {9, 4, "5"},
        {9, 9, ""},
        {-1, 3, "4 | 5"},
        {INT64_MAX, 3, "4 | 5"},
        {1, INT64_MAX, ""},
        {0, 3, ""},
        {INT64_MAX, INT64_MAX, ""},
        {5, 0, "1 | 2 | 3 | 4 | 5"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Node *node;
        Rig rig;

        node = sort_node(&rig, "k:bigint", 0, (SortKey){0});
        node->as.sort.limit = cases[i].limit;
        node->as.sort.offset = cases[i].offset;
        rig.batch_rows = 1 + (uint32_t)i % 3;
        rig_start(&rig, 1);
        rig_feed(&rig, 0, "3 | 1 | 5");
        rig_feed(&rig, 0, "4 | 2");
        rig_end(&rig);
        assert_in_order(&rig, cases[i].expected);
        rig_done(&rig);
    }
}

/* Column 0: the key; column 1: the number of arrival. */
static Batch *numbered(Arena *arena, const Batch *keys, uint32_t first)
{
    Batch *batch = batch_new(arena, 2, keys->row_count);

    batch->columns[0] = keys->columns[0];
    batch->columns[1] = vector_new(arena, &type_bigint, keys->row_count);
    for (uint32_t i = 0; i < keys->row_count; i++)
        vector_i64(batch->columns[1])[i] = first + i;
    return batch;
}

static int expected_order(const Batch *in, SortKey key, uint32_t a, uint32_t b)
{
    const Vector *v = in->columns[0];
    bool a_valid = vector_is_valid(v, a), b_valid = vector_is_valid(v, b);
    int order = 0;

    if (a_valid && b_valid)
        order = key.descending ? -vector_compare(v, a, v, b) : vector_compare(v, a, v, b);
    else if (a_valid || b_valid)
        order = a_valid == key.nulls_last ? -1 : 1;
    return order ? order : a < b ? -1 : 1;
}

/* Each row of `out`, but the first, comes behind the one before it; and all are rows of `in`. */
static void assert_sorted(const Batch *in, SortKey key, const Batch *out)
{
    for (uint32_t i = 0; i < out->row_count; i++) {
        uint32_t at = (uint32_t)vector_i64(out->columns[1])[i];

        assert_true(vector_same(in->columns[0], at, out->columns[0], i));
        if (i > 0)
            assert_true(expected_order(in, key, (uint32_t)vector_i64(out->columns[1])[i - 1], at) <
                        0);
    }
}

static uint32_t rows_before(const Batch *in, SortKey key, uint32_t row_i)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < in->row_count; i++)
        count += i != row_i && expected_order(in, key, i, row_i) < 0;
    return count;
}

static void values_of_every_type_are_sorted_whatever_the_batches(void **state)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        Random random = {seed};
        SortKey key = {random_below(&random, 2), random_below(&random, 2)};
        Batch keys = {.row_count = 200, .column_count = 1};
        uint32_t cut = 1 + (uint32_t)random_below(&random, 70);
        const Batch *in, *out;
        Field fields[2] = {{STR("k"), NULL, true}, {STR("n"), &type_bigint, true}};
        Schema schema = {2, fields};
        Vector *column;
        Node *node;
        Rig rig;

        node = sort_node(&rig, "k:bigint n:bigint", 0, key);
        fields[0].type = random_type(&rig.plan, &random, 2, true);
        column = random_vector(&rig.plan, &random, fields[0].type, keys.row_count);
        keys.columns = &column;
        in = numbered(&rig.plan, &keys, 0);
        node->inputs[0]->schema = node->schema = schema;
        node->as.sort.offset = (int64_t)random_below(&random, 4);
        if (random_below(&random, 2))
            node->as.sort.limit = (int64_t)random_below(&random, 100);
        rig.batch_rows = 1 + (uint32_t)random_below(&random, 50);
        rig_start(&rig, 1);
        rig_push(&rig, 0, 0, in, cut);
        arena_reset(&rig.batch);
        rig_end(&rig);
        out = collector_rows(&rig.outs[0], &rig.plan, &schema);
        assert_true(batch_verify(out, &schema));
        assert_int_equal(out->row_count, node->as.sort.limit >= 0
                                             ? node->as.sort.limit
                                             : keys.row_count - node->as.sort.offset);
        assert_sorted(in, key, out);
        if (out->row_count > 0)
            assert_int_equal(rows_before(in, key, (uint32_t)vector_i64(out->columns[1])[0]),
                             node->as.sort.offset);
        rig_done(&rig);
    }
}

static int64_t top_of_many(int64_t limit, uint32_t row_count, bool rising, int64_t *bytes_max)
{
    Random random = {7};
    Node *node;
    Rig rig;
    int64_t sum = 0;

    *bytes_max = 0;
    node = sort_node(&rig, "k:bigint", 0, (SortKey){0});
    node->as.sort.limit = limit;
    rig_start(&rig, 1);
    for (uint32_t done = 0; done < row_count; done += 1000) {
        Batch *batch = batch_new(&rig.batch, 1, 1000);

        batch->columns[0] = vector_new(&rig.batch, &type_bigint, 1000);
        for (uint32_t i = 0; i < 1000; i++)
            vector_i64(batch->columns[0])[i] =
                rising ? (int64_t)(row_count - done - i) : (int64_t)random_below(&random, 1 << 20);
        rig_push(&rig, 0, 0, batch, 1000);
        *bytes_max = MAX(*bytes_max, rig_in(&rig)->methods->state_bytes(rig_in(&rig)));
        arena_reset(&rig.batch);
    }
    rig_end(&rig);
    assert_int_equal(rig.outs[0].row_count, MIN(limit, (int64_t)row_count));
    for (size_t b = 0; b < rig.outs[0].batches.count; b++) {
        const Batch *batch = rig.outs[0].batches.items[b];

        for (uint32_t i = 0; i < batch->row_count; i++)
            sum += vector_i64(batch->columns[0])[i];
    }
    rig_done(&rig);
    return sum;
}

/* Every row is better than all before it: none is turned away at the bar. */
static void a_limit_bounds_what_is_kept(void **state)
{
    int64_t bytes;

    assert_int_equal(top_of_many(10, 200000, true, &bytes), 55);
    assert_true(bytes < 2 << 20);
    assert_int_equal(top_of_many(5000, 200000, true, &bytes), 5000 * 5001 / 2);
    assert_true(bytes < 4 << 20);
    top_of_many(10, 200000, false, &bytes);
    assert_true(bytes < 2 << 20);
}

static void too_many_rows_to_sort_are_refused_in_words(void **state)
{
    Error problem = {0};
    bool ok = true;
    Rig rig;

    sort_node(&rig, "k:bigint v:string", 0, (SortKey){0});
    rig_start(&rig, 1);
    rig.contexts[0].state_limit_bytes = 1 << 20;
    for (int i = 0; ok && i < 100000; i++) {
        ok = rig_in(&rig)->methods->on_batch(
            rig_in(&rig), 0,
            rig_rows_in(&rig.batch, &rig.nodes[0]->schema, "1 aaaa | 2 bbbb | 3 cccc"), &problem);
        arena_reset(&rig.batch);
    }
    assert_false(ok);
    assert_int_equal(problem.kind, ERROR_USER);
    assert_non_null(strstr(problem.text, "limit of 1 MB"));
    rig_done(&rig);
}

/* ── streams ───────────────────────────────────────────────────────────────────────────────────*/

/* ORDER BY t, v DESC. */
static Node *stream_node(Rig *rig, const char *schema)
{
    Node *node;
    SortKey *keys;

    rig_init(rig);
    keys = ARENA_ARRAY(&rig->plan, SortKey, 2);
    keys[0] = (SortKey){false, false};
    keys[1] = (SortKey){true, true};
    node = rig_node(rig, NODE_SORT, rig_schema(rig, schema));
    node->as.sort = (SortNode){.columns = rig_columns(rig, 2, 0, 1),
                               .keys = keys,
                               .key_count = 2,
                               .limit = -1,
                               .time_key = 0};
    return node;
}

static void rows_of_a_stream_leave_in_order_once_their_time_is_closed(void **state)
{
    Rig rig;

    stream_node(&rig, "t:timestamp v:bigint k:string");
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "5 1 a | 3 1 b | 3 2 c | 9 1 d | null 7 n | 3 2 e");
    assert_in_order(&rig, "");
    rig_watermark(&rig, 2);
    assert_in_order(&rig, "");
    rig_watermark(&rig, 5);
    assert_in_order(&rig, "3 2 c | 3 2 e | 3 1 b | 5 1 a");
    assert_true(rig.outs[0].watermark_us == 5 * RIG_SECOND);
    rig_feed(&rig, 0, "6 1 f | 5 9 g");
    assert_late(&rig, "5 9 g until 5 idle");
    rig_drain(&rig);
    assert_in_order(&rig, "6 1 f | 9 1 d | null 7 n");
    rig_done(&rig);
}

static void windows_are_sorted_once_their_end_is_reached(void **state)
{
    Rig rig;

    stream_node(&rig, "w:window v:bigint");
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "0..10 1 | 10..20 5 | 0..10 3 | 0..10 null");
    rig_watermark(&rig, 9.9);
    assert_in_order(&rig, "");
    rig_watermark(&rig, 10);
    assert_in_order(&rig, "0..10 3 | 0..10 1 | 0..10 null");
    rig_end(&rig);
    assert_in_order(&rig, "10..20 5");
    rig_done(&rig);
}

static void limit_in_a_stream_counts_the_rows_given_over_restarts(void **state)
{
    Node *node;
    Rig rig;

    node = stream_node(&rig, "t:timestamp v:bigint");
    node->as.sort.limit = 3;
    node->as.sort.offset = 1;
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "2 1 | 1 1 | 3 1 | 2 5");
    rig_watermark(&rig, 2);
    assert_in_order(&rig, "2 5 | 2 1");
    rig_checkpoint(&rig, false);
    rig_restart(&rig, 1, 0);
    rig_feed(&rig, 0, "3 9 | 4 1");
    rig_watermark(&rig, 3);
    assert_in_order(&rig, "3 9");
    rig_checkpoint(&rig, false);
    rig_feed(&rig, 0, "9 9");
    rig_checkpoint(&rig, true);
    /* "4 1" had been kept before the limit was reached. */
    rig_restart(&rig, 1, 0);
    rig_feed(&rig, 0, "9 9");
    rig_drain(&rig);
    assert_in_order(&rig, "");
    rig_checkpoint(&rig, false);
    assert_int_equal(rig_live_entries(&rig), 2); /* How many were seen; the watermark. */
    rig_done(&rig);
}

static void only_changes_are_written_at_a_barrier(void **state)
{
    Rig rig;

    stream_node(&rig, "t:timestamp v:bigint");
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "2 1 | 1 1");
    assert_int_equal(rig_checkpoint(&rig, false), 2);
    assert_int_equal(rig_checkpoint(&rig, false), 0);
    rig_feed(&rig, 0, "3 1");
    assert_int_equal(rig_checkpoint(&rig, false), 1);
    rig_watermark(&rig, 2);
    assert_int_equal(rig_checkpoint(&rig, false), 4); /* Two gone, how many seen, the watermark. */
    assert_int_equal(rig_checkpoint(&rig, true), 3);
    rig_done(&rig);
}

static const char *run_stream(Rig *rig, uint64_t seed, uint32_t cut, Random *restarts)
{
    Random random = {seed};

    stream_node(rig, "t:timestamp v:bigint k:string");
    rig_start(rig, 1);
    for (uint32_t at = 0; at < 200; at += cut) {
        StrBuf rows = {0};

        for (uint32_t i = at; i < MIN(at + cut, 200); i++)
            strbuf_printf(&rows, "%s%u %u k%u", i > at ? " | " : "",
                          i / 4 + 1 + (uint32_t)random_below(&random, 20),
                          (uint32_t)random_below(&random, 3), i);
        rig_feed(rig, 0, strbuf_c(&rows));
        strbuf_done(&rows);
        rig_watermark(rig, at / 4);
        if (!restarts || random_below(restarts, 3))
            continue;
        rig_checkpoint(rig, random_below(restarts, 4) == 0);
        rig_restart(rig, 1, 0);
    }
    rig_drain(rig);
    assert_late(rig, "");
    return rig_take(rig, false);
}

static void the_same_rows_in_the_same_order_whatever_batches_and_restarts(void **state)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        Rig plain;
        const char *expected = run_stream(&plain, seed, 200, NULL);

        for (uint32_t cut = 1; cut < 40; cut += 5) {
            Random restarts = {seed * 100 + cut};
            Rig rig;

            assert_string_equal(run_stream(&rig, seed, cut, &restarts), expected);
            rig_done(&rig);
        }
        rig_done(&plain);
    }
}

static void damaged_entries_of_a_sort_do_no_harm(void **state)
{
    static const char damage[] = {0, 1, 2, (char)0x7f, (char)0xff};
    Rig rig;

    stream_node(&rig, "t:timestamp v:bigint k:string");
    rig_start(&rig, 1);
    rig_feed(&rig, 0, "2 1 abc | null null null");
    rig_feed(&rig, 0, "1 1 x");
    rig_watermark(&rig, 1);
    rig_checkpoint(&rig, true);
    assert_int_equal(rig.saved.count, 4);
    for (size_t e = 0; e < rig.saved.count; e++) {
        const SavedEntry *saved = &rig.saved.items[e];

        for (uint32_t at = 0; at < saved->value.bytes; at++) {
            for (size_t d = 0; d <= sizeof damage; d++) {
                char *value = arena_copy(&rig.batch, saved->value.data, saved->value.bytes);
                CheckpointEntry entry = {.flow = STR("f"),
                                         .slot = saved->slot,
                                         .key = saved->key,
                                         .value = {value, saved->value.bytes}};
                Error problem = {0};

                if (d < sizeof damage)
                    value[at] = damage[d];
                else
                    entry.value.bytes = at;
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
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_given_in_order_at_the_end_and_equal_ones_as_they_came),
        cmocka_unit_test(limit_and_offset_cut_the_sorted_rows),
        cmocka_unit_test(values_of_every_type_are_sorted_whatever_the_batches),
        cmocka_unit_test(a_limit_bounds_what_is_kept),
        cmocka_unit_test(too_many_rows_to_sort_are_refused_in_words),
        cmocka_unit_test(rows_of_a_stream_leave_in_order_once_their_time_is_closed),
        cmocka_unit_test(windows_are_sorted_once_their_end_is_reached),
        cmocka_unit_test(limit_in_a_stream_counts_the_rows_given_over_restarts),
        cmocka_unit_test(only_changes_are_written_at_a_barrier),
        cmocka_unit_test(the_same_rows_in_the_same_order_whatever_batches_and_restarts),
        cmocka_unit_test(damaged_entries_of_a_sort_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
