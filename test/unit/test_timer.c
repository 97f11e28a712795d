#include "unit.h"

#include "base/random.h"
#include "state/timer.h"

static void timers_fire_by_time_then_by_order_of_setting(void **state)
{
    enum { COUNT = 4000 };
    static int64_t times[COUNT];
    Random random = {9};
    TimerBucket *bucket;
    Timers timers;
    int64_t last_us = INT64_MIN;
    size_t fired = 0;

    timers_init(&timers);
    for (uint64_t i = 0; i < COUNT; i++) {
        times[i] = (int64_t)random_below(&random, 500) - 250;
        timers_set(&timers, times[i], i);
    }
    while ((bucket = timers_take(&timers, INT64_MAX))) {
        assert_true(bucket->time_us > last_us);
        last_us = bucket->time_us;
        for (size_t i = 0; i < bucket->items.count; i++) {
            assert_true(times[bucket->items.items[i]] == bucket->time_us);
            assert_true(i == 0 || bucket->items.items[i] > bucket->items.items[i - 1]);
        }
        fired += bucket->items.count;
        timer_bucket_free(bucket);
    }
    assert_int_equal(fired, COUNT);
    assert_int_equal(timers.timer_count, 0);
    assert_true(timers_next_us(&timers) == INT64_MAX);
    timers_done(&timers);
}

static void only_what_is_due_fires(void **state)
{
    TimerBucket *bucket;
    Timers timers;

    timers_init(&timers);
    assert_null(timers_take(&timers, INT64_MAX));
    timers_set(&timers, 10, 1);
    timers_set(&timers, 20, 2);
    assert_null(timers_take(&timers, 9));
    bucket = timers_take(&timers, 10);
    assert_int_equal(bucket->items.items[0], 1);
    timer_bucket_free(bucket);
    assert_null(timers_take(&timers, 19));
    assert_true(timers_next_us(&timers) == 20);
    timers_done(&timers);
}

/* Setting and firing mixed, against counting. */
static void nothing_is_lost_while_time_moves_on(void **state)
{
    Random random = {3};
    Timers timers;
    size_t set = 0;
    size_t fired = 0;
    size_t empty_bytes;

    timers_init(&timers);
    for (int64_t now = 0; now < 3000; now++) {
        TimerBucket *bucket;

        for (uint64_t n = random_below(&random, 5); n > 0; n--, set++)
            timers_set(&timers, now + 1 + (int64_t)random_below(&random, 300), set);
        while ((bucket = timers_take(&timers, now))) {
            assert_true(bucket->time_us == now);
            fired += bucket->items.count;
            timer_bucket_free(bucket);
        }
        assert_int_equal(timers.timer_count, set - fired);
    }
    empty_bytes = timers_bytes(&timers);
    for (TimerBucket *bucket; (bucket = timers_take(&timers, INT64_MAX));) {
        fired += bucket->items.count;
        timer_bucket_free(bucket);
    }
    assert_int_equal(fired, set);
    assert_true(timers_bytes(&timers) < empty_bytes);
    timers_done(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_by_time_then_by_order_of_setting),
        cmocka_unit_test(only_what_is_due_fires),
        cmocka_unit_test(nothing_is_lost_while_time_moves_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
