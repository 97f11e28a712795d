#include "unit.h"

#include <stdio.h>

#include "log/partitioner.h"

static void murmur2_gives_kafkas_own_test_values(void **state)
{
    static const struct {
        const char *key;
        int32_t hash;
    } known[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };

    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_int_equal((int32_t)murmur2(str_of(known[i].key)), known[i].hash);
}

static void keys_spread_over_all_partitions_and_stay_there(void **state)
{
    int counts[7] = {0};
    char key[32];

    for (int i = 0; i < 7000; i++) {
        int partition_i;

        (void)snprintf(key, sizeof key, "customer-%d", i);
        partition_i = partition_of_key(str_of(key), 7);
        assert_in_range(partition_i, 0, 6);
        assert_int_equal(partition_of_key(str_of(key), 7), partition_i);
        counts[partition_i]++;
    }
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 800, 1200);
}

static void the_empty_key_has_a_partition(void **state)
{
    assert_in_range(partition_of_key(STR_EMPTY, 5), 0, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(murmur2_gives_kafkas_own_test_values),
        cmocka_unit_test(keys_spread_over_all_partitions_and_stay_there),
        cmocka_unit_test(the_empty_key_has_a_partition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
