#include "unit.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/edit_distance.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"

static void arena_memory_is_aligned_and_survives_growth(void **state)
{
    Arena arena;
    char *first;

    arena_init(&arena);
    first = arena_strdup(&arena, "first");
    for (size_t i = 1; i < 3000; i++)
        assert_int_equal((uintptr_t)arena_alloc(&arena, i) % 16, 0);
    assert_string_equal(first, "first");
    arena_done(&arena);
}

/* What was there stays; all else is given back, large objects and blocks too. */
static void arena_release_gives_back_to_the_mark(void **state)
{
    static const size_t large[] = {100, 5000, 100000, 2000000};
    size_t held[2] = {0};
    Arena arena;
    char *first;

    (void)state;
    arena_init(&arena);
    first = arena_strdup(&arena, "first");
    for (int round = 0; round < 20; round++) {
        ArenaMark outer = arena_mark(&arena), inner;

        for (size_t i = 0; i < COUNT_OF(large); i++)
            memset(arena_alloc(&arena, large[i]), round, large[i]);
        inner = arena_mark(&arena);
        for (size_t i = 0; i < 100 * COUNT_OF(large); i++)
            memset(arena_alloc(&arena, large[i % 3]), round, large[i % 3]);
        arena_release(&arena, inner);
        memset(arena_alloc(&arena, 300000), round, 300000);
        arena_release(&arena, outer);
        held[round > 1] = MAX(held[round > 1], arena.allocated_bytes);
    }
    assert_string_equal(first, "first");
    assert_true(held[1] <= held[0]);
    assert_true(held[1] < 3000000);
    arena_done(&arena);
    assert_int_equal(arena.allocated_bytes, 0);
}

/* Also one that is empty at the mark. */
static void arena_release_of_an_empty_arena(void **state)
{
    Arena arena;
    ArenaMark mark;

    (void)state;
    arena_init(&arena);
    mark = arena_mark(&arena);
    memset(arena_alloc(&arena, 50), 1, 50);
    memset(arena_alloc(&arena, 5000000), 1, 5000000);
    arena_release(&arena, mark);
    assert_true(arena.allocated_bytes < 100000);
    arena_done(&arena);
}

/* One large batch does not make all later ones hold its memory, nor every later block as large. */
static void arena_does_not_hold_a_large_object(void **state)
{
    Arena arena;

    (void)state;
    arena_init(&arena);
    memset(arena_alloc(&arena, 50000000), 1, 50000000);
    memset(arena_alloc(&arena, 50), 1, 50);
    assert_true(arena.allocated_bytes < 60000000);
    arena_reset(&arena);
    assert_true(arena.allocated_bytes < 2000000);
    arena_done(&arena);
}

static void arena_reset_reuses_its_block(void **state)
{
    Arena arena;
    size_t held;

    arena_init(&arena);
    for (int round = 0; round < 100; round++) {
        memset(arena_alloc(&arena, 100000), round, 100000);
        arena_reset(&arena);
        if (round == 1)
            held = arena.allocated_bytes;
        if (round > 1)
            assert_int_equal(arena.allocated_bytes, held);
    }
    arena_done(&arena);
}

static void numbers_are_read_whole_or_refused(void **state)
{
    int64_t value;

    assert_true(str_to_int64(STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_false(str_to_int64(STR("9223372036854775808"), &value));
    assert_false(str_to_int64(STR("12a"), &value));
    assert_false(str_to_int64(STR(""), &value));
    assert_false(str_to_int64(STR("-"), &value));
}

static void split_gives_every_part_and_the_empty_ones(void **state)
{
    Str rest = STR("a,,b,");
    Str part;
    const char *expected[] = {"a", "", "b", ""};
    size_t count = 0;

    while (str_split(&rest, ',', &part))
        assert_str_is(part, expected[count++]);
    assert_int_equal(count, 4);
}

static void no_name_leads_a_file_out_of_its_folder(void **state)
{
    Arena arena;

    (void)state;
    arena_init(&arena);
    assert_string_equal(str_file_name(&arena, STR("orders_2-x")), "orders_2-x");
    assert_string_equal(str_file_name(&arena, STR("../a b\xc3\xa4%")), "%2E%2E%2Fa%20b%C3%A4%25");
    arena_done(&arena);
}

static void json_string_escapes_and_mends_utf8(void **state)
{
    StrBuf buf;

    strbuf_init(&buf);
    strbuf_add_json_string(&buf, STR("a\"\\\n\x01\xc3\xa9\xff"));
    assert_string_equal(strbuf_c(&buf), "\"a\\\"\\\\\\n\\u0001\xc3\xa9\xef\xbf\xbd\"");
    strbuf_done(&buf);
}

static void utf8_refuses_overlong_and_surrogates(void **state)
{
    assert_int_equal(utf8_valid_bytes("\xc0\x80", 2), 0);
    assert_int_equal(utf8_valid_bytes("\xed\xa0\x80", 3), 0);
    assert_int_equal(utf8_valid_bytes("\xf4\x90\x80\x80", 4), 0);
    assert_int_equal(utf8_valid_bytes("\xf0\x9f\x98\x80", 4), 4);
    assert_int_equal(utf8_char_count(STR("z\xc3\xa9\xf0\x9f\x98\x80")), 3);
}

static void crc32c_gives_the_check_value(void **state)
{
    assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283u);
    assert_int_equal(crc32c(crc32c(0, "12345", 5), "6789", 4), 0xE3069283u);
}

static void vec_keeps_items_while_growing(void **state)
{
    VEC(int) numbers = {0};

    for (int i = 0; i < 1000; i++)
        VEC_ADD(&numbers, i);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers.items[i], i);
    VEC_DONE(&numbers);
}

static void edit_distance_counts_swaps_as_one(void **state)
{
    assert_int_equal(edit_distance(STR("SELCET"), STR("select"), 10), 1);
    assert_int_equal(edit_distance(STR("kitten"), STR("sitting"), 10), 3);
    assert_int_equal(edit_distance(STR(""), STR("abc"), 10), 3);
    assert_int_equal(edit_distance(STR("abc"), STR("abcdefgh"), 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_aligned_and_survives_growth),
        cmocka_unit_test(arena_reset_reuses_its_block),
        cmocka_unit_test(arena_release_gives_back_to_the_mark),
        cmocka_unit_test(arena_release_of_an_empty_arena),
        cmocka_unit_test(arena_does_not_hold_a_large_object),
        cmocka_unit_test(numbers_are_read_whole_or_refused),
        cmocka_unit_test(split_gives_every_part_and_the_empty_ones),
        cmocka_unit_test(no_name_leads_a_file_out_of_its_folder),
        cmocka_unit_test(json_string_escapes_and_mends_utf8),
        cmocka_unit_test(utf8_refuses_overlong_and_surrogates),
        cmocka_unit_test(crc32c_gives_the_check_value),
        cmocka_unit_test(edit_distance_counts_swaps_as_one),
        cmocka_unit_test(vec_keeps_items_while_growing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
