#include "unit.h"

#include "base/random.h"
#include "window/assign.h"
#include "window/session.h"
#include "window/watermark.h"

enum { SECOND = 1000000 };
#define HOUR_US (3600ll * SECOND)
#define DAY_US (24 * HOUR_US)

static void assert_window(int64_t time_us, int64_t size_us, int64_t slide_us, int64_t offset_us,
                          uint32_t count, int64_t first_start_us)
{
    WindowSpan first;

    assert_int_equal(window_assign(time_us, size_us, slide_us, offset_us, &first), count);
    if (count == 0)
        return;
    assert_true(first.start_us == first_start_us);
    assert_true(first.end_us == first_start_us + size_us);
}

static void windows_are_closed_at_their_start_and_open_at_their_end(void **state)
{
    assert_window(10 * SECOND, 10 * SECOND, 10 * SECOND, 0, 1, 10 * SECOND);
    assert_window(10 * SECOND - 1, 10 * SECOND, 10 * SECOND, 0, 1, 0);
}

static void times_before_1970_have_windows_too(void **state)
{
    assert_window(-5 * SECOND, 10 * SECOND, 10 * SECOND, 0, 1, -10 * SECOND);
    assert_window(-10 * SECOND, 10 * SECOND, 10 * SECOND, 0, 1, -10 * SECOND);
    assert_window(-1, 10 * SECOND, 5 * SECOND, 0, 2, -10 * SECOND);
}

/* 2024-01-01 00:00:13 and its kin, from facts/spark.md. */
static void windows_are_aligned_to_1970_in_utc_plus_an_offset(void **state)
{
    int64_t day = 19723 * DAY_US;

    assert_window(day + 13 * SECOND, 7 * SECOND, 7 * SECOND, 0, 1, day + 11 * SECOND);
    /* A week begins on a Thursday. */
    assert_window(day + 13 * SECOND, 7 * DAY_US, 7 * DAY_US, 0, 1, day - 4 * DAY_US);
    assert_window(day + 13 * SECOND, 10 * SECOND, 10 * SECOND, 3 * SECOND, 1, day + 13 * SECOND);
    assert_window(day + 13 * SECOND, HOUR_US, HOUR_US, 900ll * SECOND, 1, day - 2700ll * SECOND);
}

static void hopping_windows_count_each_that_covers_the_time(void **state)
{
    assert_window(12 * SECOND, 10 * SECOND, 5 * SECOND, 0, 2, 5 * SECOND);
    assert_window(10 * SECOND, 10 * SECOND, 5 * SECOND, 0, 2, 5 * SECOND);
    assert_window(11 * SECOND, 10 * SECOND, 4 * SECOND, 0, 2, 4 * SECOND);
    assert_window(12 * SECOND, 10 * SECOND, 4 * SECOND, 0, 3, 4 * SECOND);
    assert_window(12 * SECOND, 10 * SECOND, 3 * SECOND, 1 * SECOND, 3, 4 * SECOND);
}

static void every_window_given_covers_the_time_and_none_is_left_out(void **state)
{
    Random random = {17};

    for (int i = 0; i < 20000; i++) {
        int64_t size_us = 1 + (int64_t)random_below(&random, 50);
        int64_t slide_us = 1 + (int64_t)random_below(&random, (uint64_t)size_us);
        int64_t offset_us = (int64_t)random_below(&random, 100) - 50;
        int64_t time_us = (int64_t)random_below(&random, 400) - 200;
        uint32_t covering = 0;
        WindowSpan first;
        uint32_t count = window_assign(time_us, size_us, slide_us, offset_us, &first);

        for (int64_t start_us = time_us - size_us + 1; start_us <= time_us; start_us++)
            covering += (start_us - offset_us) % slide_us == 0;
        assert_int_equal(count, covering);
        for (uint32_t w = 0; w < count; w++) {
            int64_t start_us = first.start_us + w * slide_us;

            assert_true((start_us - offset_us) % slide_us == 0);
            assert_true(start_us <= time_us && time_us < start_us + size_us);
        }
    }
}

static void times_at_the_ends_of_their_range_have_no_window(void **state)
{
    assert_window(INT64_MAX, 10 * SECOND, 10 * SECOND, 0, 0, 0);
    assert_window(INT64_MIN, 10 * SECOND, 10 * SECOND, 0, 0, 0);
    assert_window(INT64_MIN, 10 * SECOND, 10 * SECOND, 5, 0, 0);
    assert_window(INT64_MIN + 5 * SECOND, 10 * SECOND, 1, 0, 0, 0);
}

/* ── watermarks ────────────────────────────────────────────────────────────────────────────────*/

static void rows(WatermarkTracker *tracker, int32_t partition, int64_t a, int64_t b, int64_t *before)
{
    int64_t times[2] = {a, b};
    Vector v = {.type = &type_timestamp, .row_count = 2, .data = times};

    watermark_rows(tracker, partition, &v, before);
    watermark_advance(tracker);
}

static void each_row_is_given_the_watermark_just_before_it(void **state)
{
    WatermarkTracker tracker;
    int64_t before[2];

    watermark_init(&tracker, 10);
    rows(&tracker, 0, 100, 50, before);
    assert_true(before[0] == WATERMARK_NONE && before[1] == 90);
    /* Never back. */
    rows(&tracker, 0, 60, 120, before);
    assert_true(before[0] == 90 && before[1] == 90);
    assert_true(tracker.now_us == 110);
    watermark_done(&tracker);
}

static void a_null_time_moves_nothing(void **state)
{
    WatermarkTracker tracker;
    int64_t times[3] = {5, 99, 7};
    uint64_t valid = 5;
    int64_t before[3];
    Vector v = {.type = &type_timestamp, .row_count = 3, .data = times, .valid = &valid};

    watermark_init(&tracker, 0);
    watermark_rows(&tracker, 0, &v, before);
    assert_true(before[1] == 5 && before[2] == 5);
    watermark_advance(&tracker);
    assert_true(tracker.now_us == 7);
    watermark_done(&tracker);
}

static void the_slowest_partition_counts_unless_it_is_idle(void **state)
{
    WatermarkTracker tracker;
    int64_t before[2];

    watermark_init(&tracker, 0);
    watermark_partition(&tracker, 1)->owned = true; /* Has shown no row: holds everything. */
    rows(&tracker, 0, 100, 100, before);
    assert_true(tracker.now_us == WATERMARK_NONE);
    rows(&tracker, 1, 2, 2, before);
    assert_true(tracker.now_us == 2);
    watermark_partition(&tracker, 1)->idle = true;
    assert_true(watermark_advance(&tracker));
    assert_true(tracker.now_us == 100);
    /* Rows again: not idle, but what was told stays told. */
    rows(&tracker, 1, 3, 4, before);
    assert_true(before[0] == 2);
    assert_true(tracker.now_us == 100 && !tracker.all_idle);
    watermark_done(&tracker);
}

/* Whichever partition ends first. */
static void when_all_are_idle_the_furthest_counts(void **state)
{
    for (int32_t first = 0; first < 2; first++) {
        WatermarkTracker tracker;
        int64_t before[2];

        watermark_init(&tracker, 0);
        rows(&tracker, 0, 100, 100, before);
        rows(&tracker, 1, 2, 2, before);
        watermark_partition(&tracker, first)->idle = true;
        watermark_advance(&tracker);
        watermark_partition(&tracker, !first)->idle = true;
        watermark_advance(&tracker);
        assert_true(tracker.all_idle && tracker.now_us == 100);
        watermark_done(&tracker);
    }
}

static void no_time_is_taken_for_the_end(void **state)
{
    WatermarkTracker tracker;
    int64_t before[2];

    watermark_init(&tracker, 10);
    rows(&tracker, 0, INT64_MIN, INT64_MAX, before);
    assert_true(before[1] > WATERMARK_NONE);
    assert_true(tracker.now_us < WATERMARK_IDLE);
    watermark_done(&tracker);
}

/* ── sessions ──────────────────────────────────────────────────────────────────────────────────*/

static void add(SessionList *list, int64_t start_us, int64_t end_us)
{
    WindowSpan span = {start_us, end_us};
    size_t first, count;

    sessions_touched(list, span, &first, &count);
    sessions_replace(list, first, count, span, NULL);
}

static void a_row_exactly_at_the_end_belongs_to_the_session(void **state)
{
    SessionList list = {0};

    add(&list, 0, 10);
    add(&list, 10, 20);
    assert_int_equal(list.items.count, 1);
    assert_true(list.items.items[0].span.end_us == 20);
    add(&list, 21, 31);
    assert_int_equal(list.items.count, 2);
    add(&list, -10, -1);
    assert_int_equal(list.items.count, 3);
    /* One row bridges. */
    add(&list, 20, 30);
    assert_int_equal(list.items.count, 2);
    assert_true(list.items.items[1].span.start_us == 0 && list.items.items[1].span.end_us == 31);
    sessions_remove(&list, 0);
    assert_true(list.items.items[0].span.start_us == 0);
    VEC_DONE(&list.items);
}

/* Against marking every point that is covered, ends included. */
static void sessions_are_what_overlaps_or_touches(void **state)
{
    Random random = {23};

    for (int round = 0; round < 500; round++) {
        bool covered[200] = {false};
        SessionList list = {0};
        size_t count = 0;

        for (uint64_t n = 1 + random_below(&random, 12); n > 0; n--) {
            int64_t start = (int64_t)random_below(&random, 80);
            int64_t end = start + 1 + (int64_t)random_below(&random, 10);

            add(&list, start, end);
            for (int64_t at = 2 * start; at <= 2 * end; at++)
                covered[at] = true;
        }
        for (int64_t at = 0; at < 199; at++) {
            if (!covered[at] || (at > 0 && covered[at - 1]))
                continue;
            assert_true(count < list.items.count);
            assert_true(list.items.items[count].span.start_us * 2 == at);
            count++;
        }
        assert_int_equal(count, list.items.count);
        VEC_DONE(&list.items);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_closed_at_their_start_and_open_at_their_end),
        cmocka_unit_test(times_before_1970_have_windows_too),
        cmocka_unit_test(windows_are_aligned_to_1970_in_utc_plus_an_offset),
        cmocka_unit_test(hopping_windows_count_each_that_covers_the_time),
        cmocka_unit_test(every_window_given_covers_the_time_and_none_is_left_out),
        cmocka_unit_test(times_at_the_ends_of_their_range_have_no_window),
        cmocka_unit_test(each_row_is_given_the_watermark_just_before_it),
        cmocka_unit_test(a_null_time_moves_nothing),
        cmocka_unit_test(the_slowest_partition_counts_unless_it_is_idle),
        cmocka_unit_test(when_all_are_idle_the_furthest_counts),
        cmocka_unit_test(no_time_is_taken_for_the_end),
        cmocka_unit_test(a_row_exactly_at_the_end_belongs_to_the_session),
        cmocka_unit_test(sessions_are_what_overlaps_or_touches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
