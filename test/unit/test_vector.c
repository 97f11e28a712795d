/* test_vector.c: moving rows between vectors; the property is always that row i is still itself. */
#include "unit.h"

#include "random_vector.h"

enum { ROUNDS = 300 };

/* A random vector, now and then a constant one, or a struct with constant fields. */
static const Vector *any_vector(Arena *arena, Random *random, const Type *type, uint32_t row_count)
{
    Vector *v = random_vector(arena, random, type, row_count);

    if (row_count > 0 && random_below(random, 4) == 0)
        return vector_constant_of(arena, v, (uint32_t)random_below(random, row_count), row_count);
    if (type->kind == TYPE_STRUCT && row_count > 0 && random_below(random, 3) == 0)
        v->children[0] = vector_constant_of(arena, v->children[0], 0, row_count);
    if (random_below(random, 20) == 0)
        return vector_null(arena, type, row_count);
    return v;
}

static void assert_same_row(const Vector *a, uint32_t a_row, const Vector *b, uint32_t b_row)
{
    assert_int_equal(vector_is_valid(a, a_row), vector_is_valid(b, b_row));
    assert_true(vector_same(a, a_row, b, b_row));
}

static void selected_sliced_joined_and_copied_rows_stay_themselves(void **state)
{
    Random random = {42};

    for (int round = 0; round < ROUNDS; round++) {
        Arena arena, other;
        uint32_t row_count = (uint32_t)random_below(&random, 200);
        const Type *type;
        const Vector *v;
        const Vector *parts[4];
        uint32_t rows[300];
        uint32_t count = 0;
        uint32_t total = 0;
        uint32_t from, length;
        Vector *out;

        arena_init(&arena);
        arena_init(&other);
        type = random_type(&arena, &random, 3, false);
        v = any_vector(&arena, &random, type, row_count);
        assert_true(vector_verify(v));

        for (; row_count > 0 && count < random_below(&random, 300); count++)
            rows[count] = (uint32_t)random_below(&random, row_count);
        out = vector_select(&arena, v, rows, count);
        assert_true(vector_verify(out));
        assert_int_equal(out->row_count, count);
        for (uint32_t i = 0; i < count; i++)
            assert_same_row(out, i, v, rows[i]);

        from = (uint32_t)random_below(&random, row_count + 1);
        length = (uint32_t)random_below(&random, row_count - from + 1);
        out = vector_slice(&arena, v, from, length);
        assert_true(vector_verify(out));
        for (uint32_t i = 0; i < length; i++)
            assert_same_row(out, i, v, from + i);

        parts[0] = v;
        parts[1] = out;
        parts[2] = any_vector(&arena, &random, type, (uint32_t)random_below(&random, 100));
        parts[3] = vector_select(&arena, v, rows, count);
        out = vector_concat(&arena, type, parts, 4);
        assert_true(vector_verify(out));
        for (uint32_t p = 0; p < 4; p++) {
            for (uint32_t i = 0; i < parts[p]->row_count; i++)
                assert_same_row(out, total + i, parts[p], i);
            total += parts[p]->row_count;
        }
        assert_int_equal(out->row_count, total);

        out = vector_copy(&other, v);
        assert_true(vector_verify(out));
        for (uint32_t i = 0; i < row_count; i++)
            assert_same_row(out, i, v, i);
        v = vector_flatten(&other, out);
        assert_true(vector_verify(v));
        assert_false(v->is_constant);
        for (uint32_t i = 0; i < row_count; i++)
            assert_same_row(v, i, out, i);
        arena_done(&arena);
        arena_done(&other);
    }
}

static void a_copy_outlives_the_original(void **state)
{
    Random random = {7};

    for (int round = 0; round < ROUNDS; round++) {
        Arena first, second, third;
        uint32_t row_count = 1 + (uint32_t)random_below(&random, 50);
        uint64_t seed = random_next(&random);
        Random a = {seed}, b = {seed};
        const Type *type;
        const Vector *v, *again;

        arena_init(&first);
        arena_init(&second);
        arena_init(&third);
        type = random_type(&third, &random, 2, false);
        v = vector_copy(&second, any_vector(&first, &a, type, row_count));
        arena_done(&first);
        again = any_vector(&third, &b, type, row_count);
        for (uint32_t i = 0; i < row_count; i++)
            assert_same_row(v, i, again, i);
        arena_done(&second);
        arena_done(&third);
    }
}

static void the_number_of_nulls_is_counted(void **state)
{
    Random random = {3};

    for (int round = 0; round < ROUNDS; round++) {
        Arena arena;
        uint32_t row_count = (uint32_t)random_below(&random, 200);
        const Vector *v;
        uint32_t null_count = 0;

        arena_init(&arena);
        v = any_vector(&arena, &random, random_type(&arena, &random, 1, false), row_count);
        for (uint32_t i = 0; i < row_count; i++)
            null_count += !vector_is_valid(v, i);
        assert_int_equal(vector_null_count(v), null_count);
        arena_done(&arena);
    }
}

static void errors_go_along_with_their_rows(void **state)
{
    static const uint32_t rows[] = {3, 1, 3, 0};
    Arena arena;
    Vector *v, *out, *constant, *sum;
    const Vector *parts[2];

    arena_init(&arena);
    v = vector_new(&arena, &type_int, 5);
    for (int32_t i = 0; i < 5; i++)
        vector_i32(v)[i] = i;
    vector_set_error(&arena, v, 3, "DIVIDE_BY_ZERO", "22012", "row %d", 3);
    vector_set_error(&arena, v, 3, "OTHER", "00000", "the first one stays");
    assert_int_equal(v->errors->count, 1);
    assert_string_equal(vector_error(v, 3)->text, "row 3");
    assert_null(vector_error(v, 2));

    out = vector_select(&arena, v, rows, 4);
    assert_true(vector_has_error(out, 0) && vector_has_error(out, 2));
    assert_false(vector_has_error(out, 1) || vector_has_error(out, 3));
    out = vector_slice(&arena, v, 2, 3);
    assert_true(vector_has_error(out, 1));
    assert_int_equal(out->errors->count, 1);

    constant = vector_constant_of(&arena, v, 3, 6);
    assert_true(vector_has_error(constant, 5));
    assert_string_equal(vector_error(constant, 4)->class_name, "DIVIDE_BY_ZERO");
    out = vector_copy(&arena, vector_flatten(&arena, constant));
    assert_int_equal(out->errors->count, 6);

    sum = vector_new(&arena, &type_int, 6);
    vector_merge_errors(&arena, sum, constant);
    assert_int_equal(sum->errors->count, 6);
    sum = vector_new(&arena, &type_int, 5);
    vector_merge_errors(&arena, sum, v);
    assert_true(vector_has_error(sum, 3));
    assert_int_equal(sum->errors->count, 1);

    parts[0] = v;
    parts[1] = constant;
    out = vector_concat(&arena, &type_int, parts, 2);
    assert_int_equal(out->errors->count, 7);
    assert_true(vector_has_error(out, 3) && vector_has_error(out, 10));
    assert_false(vector_has_error(out, 4));
    arena_done(&arena);
}

static void order_is_sqls(void **state)
{
    static const double doubles[] = {-INFINITY, -1.0, 0.0, 5e-324, 1.0, INFINITY, NAN};
    Arena arena;
    VectorBuilder b;
    Vector *v;

    arena_init(&arena);
    builder_init(&b, &arena, &type_double, 0);
    for (size_t i = 0; i < COUNT_OF(doubles); i++)
        builder_add_f64(&b, doubles[i]);
    builder_add_f64(&b, -0.0);
    builder_add_f64(&b, -NAN);
    v = builder_finish(&b);
    for (uint32_t i = 0; i < COUNT_OF(doubles); i++) {
        for (uint32_t j = 0; j < COUNT_OF(doubles); j++)
            assert_int_equal(vector_compare(v, i, v, j), (i > j) - (i < j));
    }
    assert_int_equal(vector_compare(v, 2, v, 7), 0);
    assert_int_equal(vector_compare(v, 6, v, 8), 0);

    builder_init(&b, &arena, type_array(&arena, &type_int, true), 0);
    builder_end_row(&b); /* [] */
    builder_add_null(&b.children[0]);
    builder_end_row(&b); /* [null] */
    builder_add_i32(&b.children[0], 1);
    builder_end_row(&b); /* [1] */
    builder_add_i32(&b.children[0], 1);
    builder_add_i32(&b.children[0], -1);
    builder_end_row(&b); /* [1, -1] */
    v = builder_finish(&b);
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t j = 0; j < 4; j++)
            assert_int_equal(vector_compare(v, i, v, j), (i > j) - (i < j));
    }
    arena_done(&arena);
}

static void comparing_is_an_order_and_agrees_with_sameness(void **state)
{
    Random random = {11};

    for (int round = 0; round < ROUNDS; round++) {
        Arena arena;
        const Vector *v;

        arena_init(&arena);
        v = any_vector(&arena, &random, random_type(&arena, &random, 2, true), 12);
        for (uint32_t i = 0; i < 12; i++) {
            for (uint32_t j = 0; j < 12; j++) {
                if (!vector_is_valid(v, i) || !vector_is_valid(v, j))
                    continue;
                assert_int_equal(vector_compare(v, i, v, j), -vector_compare(v, j, v, i));
                assert_int_equal(vector_compare(v, i, v, j) == 0, vector_same(v, i, v, j));
                for (uint32_t k = 0; k < 12; k++) {
                    if (vector_is_valid(v, k) && vector_compare(v, i, v, j) <= 0 &&
                        vector_compare(v, j, v, k) <= 0)
                        assert_true(vector_compare(v, i, v, k) <= 0);
                }
            }
        }
        arena_done(&arena);
    }
}

static void maps_are_the_same_in_any_order(void **state)
{
    Arena arena;
    VectorBuilder b;
    Vector *v;

    arena_init(&arena);
    builder_init(&b, &arena, type_map(&arena, &type_int, &type_int, true), 0);
    for (int32_t i = 0; i < 2; i++) {
        builder_add_i32(&b.children[0], 1 + i);
        builder_add_i32(&b.children[1], 10 + i);
        builder_add_i32(&b.children[0], 2 - i);
        builder_add_i32(&b.children[1], 11 - i);
        builder_end_row(&b);
    }
    builder_add_i32(&b.children[0], 1);
    builder_add_i32(&b.children[1], 10);
    builder_add_i32(&b.children[0], 2);
    builder_add_null(&b.children[1]);
    builder_end_row(&b);
    v = builder_finish(&b);
    assert_true(vector_same(v, 0, v, 1));
    assert_false(vector_same(v, 0, v, 2));
    arena_done(&arena);
}

static void set_null_leaves_a_harmless_value(void **state)
{
    Arena arena;
    Vector *v;

    arena_init(&arena);
    v = vector_new(&arena, &type_string, 70);
    for (uint32_t i = 0; i < 70; i++)
        vector_strs(v)[i] = STR("x");
    vector_set_null(&arena, v, 69);
    assert_true(vector_verify(v));
    assert_false(vector_is_valid(v, 69));
    assert_int_equal(vector_null_count(v), 1);
    arena_done(&arena);
}

static void batches_take_watermarks_and_origins_along(void **state)
{
    static const int64_t watermarks[] = {1, 2, 3}, positions[] = {10, 20, 30};
    static const Str raw[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    static const uint32_t rows[] = {2, 0};
    static const Field column = {{"x", 1}, &type_int, true};
    const Schema schema = {1, &column};
    RowOrigin origin = {0, 7, positions, raw};
    Arena arena;
    Batch *batch, *out;
    const Batch *parts[2];

    arena_init(&arena);
    batch = batch_new(&arena, 1, 3);
    batch->columns[0] = vector_new(&arena, &type_int, 3);
    for (int32_t i = 0; i < 3; i++)
        vector_i32(batch->columns[0])[i] = i;
    batch->watermark_us = watermarks;
    batch->origin = &origin;
    assert_true(batch_verify(batch, &schema));

    out = batch_select(&arena, batch, rows, 2);
    assert_true(batch_verify(out, &schema));
    assert_int_equal(out->watermark_us[0], 3);
    assert_int_equal(out->origin->positions[1], 10);
    assert_str_is(out->origin->raw[0], "c");
    assert_int_equal(out->origin->partition, 7);

    out = batch_copy(&arena, batch_slice(&arena, batch, 1, 2));
    assert_int_equal(out->watermark_us[0], 2);
    assert_int_equal(out->origin->positions[1], 30);
    assert_str_is(out->origin->raw[0], "b");

    parts[0] = batch;
    parts[1] = out;
    out = batch_concat(&arena, &schema, parts, 2);
    assert_int_equal(out->row_count, 5);
    assert_int_equal(out->watermark_us[4], 3);
    assert_true(batch_verify(out, &schema));
    vector_set_error(&arena, out->columns[0], 0, "X", "00000", "x");
    assert_false(batch_verify(out, &schema));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selected_sliced_joined_and_copied_rows_stay_themselves),
        cmocka_unit_test(a_copy_outlives_the_original),
        cmocka_unit_test(the_number_of_nulls_is_counted),
        cmocka_unit_test(errors_go_along_with_their_rows),
        cmocka_unit_test(order_is_sqls),
        cmocka_unit_test(comparing_is_an_order_and_agrees_with_sameness),
        cmocka_unit_test(maps_are_the_same_in_any_order),
        cmocka_unit_test(set_null_leaves_a_harmless_value),
        cmocka_unit_test(batches_take_watermarks_and_origins_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
