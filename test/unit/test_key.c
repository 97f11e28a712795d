/* test_key.c: keys are equal when values are the same, and sort as values do. */
#include "unit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "column/key.h"
#include "random_vector.h"

enum { ROUNDS = 400, ROWS = 40, COLUMNS_MAX = 10 };

static void keys_are_equal_exactly_when_all_values_are_the_same(void **state)
{
    Random random = {21};

    for (int round = 0; round < ROUNDS; round++) {
        Arena arena;
        const Vector *columns[COLUMNS_MAX];
        const Vector *later[COLUMNS_MAX];
        uint32_t column_count = 1 + (uint32_t)random_below(&random, round % 10 ? 3 : COLUMNS_MAX);
        KeySet a, b;

        arena_init(&arena);
        for (uint32_t c = 0; c < column_count; c++) {
            const Type *type = random_type(&arena, &random, 2, false);

            columns[c] = random_vector(&arena, &random, type, ROWS);
            later[c] = random_vector(&arena, &random, type, ROWS);
            if (random_below(&random, 5) == 0)
                later[c] = vector_constant_of(&arena, columns[c], 3, ROWS);
        }
        /* Batches apart must agree, whether or not they have NULLs. */
        key_encode(&arena, columns, column_count, ROWS, &a);
        key_encode(&arena, later, column_count, ROWS, &b);
        for (uint32_t i = 0; i < ROWS; i++) {
            for (uint32_t j = 0; j < ROWS; j++) {
                bool same = true;

                for (uint32_t c = 0; c < column_count; c++)
                    same = same && vector_same(columns[c], i, later[c], j);
                assert_int_equal(str_equal(a.keys[i], b.keys[j]), same);
                if (same)
                    assert_true(a.hashes[i] == b.hashes[j]);
            }
            assert_true(a.hashes[i] == hash_bytes(a.keys[i].data, a.keys[i].bytes));
        }
        arena_done(&arena);
    }
}

static void keys_give_their_columns_back(void **state)
{
    Random random = {22};

    for (int round = 0; round < ROUNDS; round++) {
        Arena arena;
        const Vector *columns[COLUMNS_MAX];
        const Type *types[COLUMNS_MAX];
        Vector *back[COLUMNS_MAX];
        uint32_t column_count = 1 + (uint32_t)random_below(&random, COLUMNS_MAX);
        KeySet set;

        arena_init(&arena);
        for (uint32_t c = 0; c < column_count; c++) {
            types[c] = random_type(&arena, &random, 2, false);
            columns[c] = random_vector(&arena, &random, types[c], ROWS);
        }
        key_encode(&arena, columns, column_count, ROWS, &set);
        assert_true(key_decode(&arena, set.keys, ROWS, types, column_count, back));
        for (uint32_t c = 0; c < column_count; c++) {
            assert_true(vector_verify(back[c]));
            for (uint32_t i = 0; i < ROWS; i++)
                assert_true(vector_same(columns[c], i, back[c], i));
        }
        arena_done(&arena);
    }
}

static void damaged_keys_are_refused_or_read_as_other_values(void **state)
{
    Random random = {23};

    for (int round = 0; round < ROUNDS * 5; round++) {
        Arena arena;
        const Type *types[3];
        Vector *back[3];
        uint32_t column_count = 1 + (uint32_t)random_below(&random, 3);
        uint32_t bytes = (uint32_t)random_below(&random, 40);
        char *data;
        Str key;

        arena_init(&arena);
        for (uint32_t c = 0; c < column_count; c++)
            types[c] = random_type(&arena, &random, 2, false);
        data = malloc(bytes + 1); /* Of this size, so that a read beyond it is seen. */
        for (uint32_t i = 0; i < bytes; i++)
            data[i] = (char)(random_below(&random, 2) ? random_below(&random, 4) : random_next(&random));
        key = (Str){data, bytes};
        if (key_decode(&arena, &key, 1, types, column_count, back)) {
            for (uint32_t c = 0; c < column_count; c++)
                assert_int_equal(back[c]->row_count, 1);
        }
        free(data);
        arena_done(&arena);
    }
}

static void ordered_keys_sort_as_the_values_do(void **state)
{
    Random random = {24};

    for (int round = 0; round < ROUNDS; round++) {
        Arena arena;
        const Vector *columns[4];
        SortKey sort_keys[4];
        uint32_t column_count = 1 + (uint32_t)random_below(&random, 4);
        Str keys[ROWS];

        arena_init(&arena);
        for (uint32_t c = 0; c < column_count; c++) {
            const Type *type = random_type(&arena, &random, 2, true);

            columns[c] = random_vector(&arena, &random, type, ROWS);
            if (random_below(&random, 8) == 0)
                columns[c] = vector_constant_of(&arena, columns[c], 0, ROWS);
            sort_keys[c] = (SortKey){random_below(&random, 2), random_below(&random, 2)};
        }
        key_encode_order(&arena, columns, sort_keys, column_count, ROWS, keys);
        for (uint32_t i = 0; i < ROWS; i++) {
            for (uint32_t j = 0; j < ROWS; j++) {
                int order = 0;
                int got = str_compare(keys[i], keys[j]);

                for (uint32_t c = 0; c < column_count && order == 0; c++) {
                    bool a = vector_is_valid(columns[c], i);
                    bool b = vector_is_valid(columns[c], j);

                    if (a && b) {
                        order = vector_compare(columns[c], i, columns[c], j);
                        order = sort_keys[c].descending ? -order : order;
                    } else if (a != b) {
                        order = a == sort_keys[c].nulls_last ? -1 : 1;
                    }
                }
                assert_int_equal((got > 0) - (got < 0), order);
            }
        }
        arena_done(&arena);
    }
}

/* The format in checkpoints: a change here breaks the checkpoints of users. */
static void the_bytes_of_keys_never_change(void **state)
{
    Arena arena;
    VectorBuilder a, b, c;
    const Vector *columns[3];
    KeySet set;

    arena_init(&arena);
    builder_init(&a, &arena, &type_bigint, 0);
    builder_add_i64(&a, 0x0102);
    builder_add_null(&a);
    columns[0] = builder_finish(&a);
    key_encode(&arena, columns, 1, 2, &set);
    assert_int_equal(set.keys[0].bytes, 8);
    assert_memory_equal(set.keys[0].data, "\x02\x01\0\0\0\0\0\0", 8);
    assert_int_equal(set.keys[1].bytes, 0);

    builder_init(&b, &arena, &type_string, 0);
    builder_add_str(&b, STR("é"));
    builder_add_null(&b);
    columns[1] = builder_finish(&b);
    key_encode(&arena, columns + 1, 1, 2, &set);
    assert_int_equal(set.keys[0].bytes, 2);
    assert_memory_equal(set.keys[0].data, "\xC3\xA9", 2);
    assert_int_equal(set.keys[1].bytes, 1);
    assert_memory_equal(set.keys[1].data, "\xFF", 1);

    builder_init(&c, &arena, type_decimal(&arena, 10, 2), 0);
    builder_add_i128(&c, -1);
    builder_add_null(&c);
    columns[2] = builder_finish(&c);
    key_encode(&arena, columns, 3, 2, &set);
    assert_int_equal(set.keys[0].bytes, 1 + 8 + 3 + 8);
    assert_memory_equal(set.keys[0].data,
                        "\0\x02\x01\0\0\0\0\0\0\x02\xC3\xA9\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 20);
    assert_int_equal(set.keys[1].bytes, 1 + 8 + 1 + 8);
    assert_memory_equal(set.keys[1].data, "\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
    key_encode(&arena, columns, 2, 1, &set);
    assert_memory_equal(set.keys[0].data, "\0\x02\x01\0\0\0\0\0\0\xC3\xA9", 11);
    assert_true(set.hashes[0] == hash_bytes("\0\x02\x01\0\0\0\0\0\0\xC3\xA9", 11));
    arena_done(&arena);
}

static void strings_that_are_not_utf8_have_keys_of_their_own(void **state)
{
    static const char *const texts[] = {"", "\xFF", "\xFE", "\xFE\xFF", "\xFE\xFE", "a", "\xFF\xFF"};
    Arena arena;
    VectorBuilder b;
    const Vector *v;
    const Type *type = &type_binary;
    Vector *back;
    KeySet set;
    uint32_t count = COUNT_OF(texts) + 1;

    arena_init(&arena);
    builder_init(&b, &arena, type, 0);
    builder_add_null(&b);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        builder_add_str(&b, str_of(texts[i]));
    v = builder_finish(&b);
    key_encode(&arena, &v, 1, count, &set);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++)
            assert_int_equal(str_equal(set.keys[i], set.keys[j]), i == j);
    }
    assert_true(key_decode(&arena, set.keys, count, &type, 1, &back));
    for (uint32_t i = 0; i < count; i++)
        assert_true(vector_same(v, i, back, i));
    arena_done(&arena);
}

static void workers_own_all_groups_once(void **state)
{
    for (uint32_t workers = 1; workers <= 32; workers++) {
        uint32_t before = 0;

        for (uint32_t group = 0; group < KEY_GROUP_COUNT; group++) {
            uint32_t worker = key_group_worker(group, workers);

            assert_true(worker < workers && (worker == before || worker == before + 1));
            before = worker;
        }
        assert_int_equal(before, workers - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_equal_exactly_when_all_values_are_the_same),
        cmocka_unit_test(keys_give_their_columns_back),
        cmocka_unit_test(damaged_keys_are_refused_or_read_as_other_values),
        cmocka_unit_test(ordered_keys_sort_as_the_values_do),
        cmocka_unit_test(the_bytes_of_keys_never_change),
        cmocka_unit_test(strings_that_are_not_utf8_have_keys_of_their_own),
        cmocka_unit_test(workers_own_all_groups_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
