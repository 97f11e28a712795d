/*
 * Values to PostgreSQL's binary form and back, without a server (test/integration has one).
 */
#include "unit.h"

#include <stdlib.h>

#include "random_vector.h"

#include "client/postgres_value.h"
#include "column/format_value.h"
#include "log/wire.h"

/* Types that stand as such: not jsonb, whose server changes the text. */
static const Type *native_type(Arena *arena, Random *random)
{
    const Type *scalar = random_type(arena, random, 0, false);

    return random_below(random, 4) ? scalar : type_array(arena, scalar, true);
}

static void there_and_back(Arena *arena, Random *random, const Type *type)
{
    Vector *v = random_vector(arena, random, type, 60);
    uint32_t *kept = ARENA_ARRAY(arena, uint32_t, v->row_count);
    uint32_t kept_count = 0;
    PostgresWriter writer;
    PostgresReader reader;
    Vector *back;
    StrBuf bytes = {0};
    uint32_t at = 0;

    assert_ok(postgres_writer_init(&writer, type, false, &err));
    assert_ok(postgres_reader_init(&reader, type, &err));
    for (uint32_t i = 0; i < v->row_count; i++) {
        if (postgres_refuses(v, i))
            continue;
        kept[kept_count++] = i;
        postgres_put_value(&writer, v, i, &bytes);
    }
    postgres_reader_begin(&reader, arena, kept_count);
    for (uint32_t i = 0; i < kept_count; i++) {
        uint32_t length = wire_load32(bytes.data + at);
        Str value = {NULL, 0};

        at += 4;
        if (length != UINT32_MAX) {
            value = (Str){bytes.data + at, length};
            at += length;
        }
        assert_true(postgres_take_value(&reader, value));
    }
    assert_int_equal(at, bytes.bytes);
    back = postgres_reader_finish(&reader);
    assert_true(vector_verify(back));
    assert_int_equal(back->row_count, kept_count);
    for (uint32_t i = 0; i < kept_count; i++) {
        if (!vector_same(v, kept[i], back, i))
            fail_msg("%s: row %u came back as another value", type_name_in(arena, type), kept[i]);
    }
    strbuf_done(&bytes);
    postgres_writer_done(&writer);
    postgres_reader_done(&reader);
}

static void values_come_back_as_they_went(void **state)
{
    Random random = {5};
    Arena arena;

    arena_init(&arena);
    for (int i = 0; i < 600; i++) {
        there_and_back(&arena, &random, native_type(&arena, &random));
        arena_reset(&arena);
    }
    arena_done(&arena);
}

/* Any bytes are read, as a value or as none. */
static void bytes_of_any_kind_are_read_without_harm(void **state)
{
    Random random = {6};
    Arena arena;

    arena_init(&arena);
    for (int i = 0; i < 20000; i++) {
        uint32_t length = (uint32_t)random_below(&random, 48);
        char *bytes = mem_alloc(length + 1); /* Of its own: a read beyond is seen. */
        const Type *type = native_type(&arena, &random);
        PostgresReader reader;

        for (uint32_t k = 0; k < length; k++)
            bytes[k] = random_below(&random, 3) ? 0 : (char)random_below(&random, 256);
        assert_ok(postgres_reader_init(&reader, type, &err));
        postgres_reader_begin(&reader, &arena, 1);
        (void)postgres_take_value(&reader, (Str){bytes, length});
        postgres_reader_done(&reader);
        free(bytes);
        arena_reset(&arena);
    }
    arena_done(&arena);
}

/* As the server's numeric_send writes them. */
static void numerics_have_the_digits_of_the_server(void **state)
{
    static const struct {
        const char *text;
        int precision, scale;
        const char *hex; /* Of digit count, weight, sign, scale, digits. */
    } cases[] = {
        {"0", 10, 2, "0000000000000002"},
        {"1.5", 10, 2, "000200000000000200011388"},
        {"-12345678.9", 10, 1,
         "00030001400000010"
         "4d2162e2328"},
        {"10000", 38, 0, "00010001000000000001"},
        {"0.0001", 38, 10, "0001ffff0000000a0001"},
        {"99999999999999999999999999999999999999", 38, 0,
         "000a0009000000000063270f270f270f270f270f270f270f270f270f"},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const Type *type = type_decimal(&arena, cases[i].precision, cases[i].scale);
        VectorBuilder builder;
        PostgresWriter writer;
        StrBuf bytes = {0}, hex = {0};
        Int128 value;

        assert_true(
            text_to_decimal(str_of(cases[i].text), cases[i].precision, cases[i].scale, &value));
        builder_init(&builder, &arena, type, 1);
        builder_add_i128(&builder, value);
        assert_ok(postgres_writer_init(&writer, type, false, &err));
        postgres_put_value(&writer, builder_finish(&builder), 0, &bytes);
        for (size_t k = 4; k < bytes.bytes; k++)
            strbuf_printf(&hex, "%02x", (unsigned)(uint8_t)bytes.data[k]);
        assert_string_equal(strbuf_c(&hex), cases[i].hex);
        strbuf_done(&bytes);
        strbuf_done(&hex);
        postgres_writer_done(&writer);
    }
    arena_done(&arena);
}

static void wider_types_fit_and_narrower_do_not(void **state)
{
    Arena arena;
    const Type *money, *moneys;

    arena_init(&arena);
    money = type_decimal(&arena, 10, 2);
    moneys = type_array(&arena, money, true);
    assert_true(postgres_type_fits(STR("numeric(10,2)"), money));
    assert_true(postgres_type_fits(STR("numeric"), money));
    assert_true(postgres_type_fits(STR("numeric(12,4)"), money));
    assert_false(postgres_type_fits(STR("numeric(10,4)"), money));
    assert_false(postgres_type_fits(STR("numeric(12,1)"), money));
    assert_false(postgres_type_fits(STR("double precision"), money));
    assert_true(postgres_type_fits(STR("numeric(10,2)[]"), moneys));
    assert_false(postgres_type_fits(STR("numeric(10,2)"), moneys));
    assert_true(postgres_type_fits(STR("text"), &type_string));
    assert_true(postgres_type_fits(STR("character varying"), &type_string));
    assert_false(postgres_type_fits(STR("character varying(20)"), &type_string));
    assert_false(postgres_type_fits(STR("bigint"), &type_int));
    assert_true(postgres_type_fits(STR("jsonb"), type_array(&arena, moneys, true)));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_went),
        cmocka_unit_test(bytes_of_any_kind_are_read_without_harm),
        cmocka_unit_test(numerics_have_the_digits_of_the_server),
        cmocka_unit_test(wider_types_fit_and_narrower_do_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
