/*
 * Functions on texts: Spark's values, in every form an argument can have.
 */
#include "expr_text.h"

static void lengths_count_characters(void **state)
{
    static const Expected table[] = {
        {"length('abc')", "int", "3"},
        {"length('żółw')", "int", "4"},
        {"length('')", "int", "0"},
        {"length(x'C5BCC3')", "int", "3"},
        {"length(1.1)", "int", "3"},
        {"length(1L)", "int", "1"},
        {"length(timestamp'1996-09-10 10:11:12.4')", "int", "21"},
        {"char_length(NULL)", "int", "NULL"},
        {"octet_length('żółw')", "int", "7"},
        {"bit_length('abc')", "int", "24"},
        {"length(array(1))", "int", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"length()", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void case_follows_unicode(void **state)
{
    static const Expected table[] = {
        {"upper('aZ09é')", "string", "AZ09É"},
        {"upper('straße ﬁ ŉ')", "string", "STRASSE FI ʼN"},
        {"upper('ᾳ ᾀ ᾷ')", "string", "ΑΙ ἈΙ Α͂Ι"},
        {"lower('ΑΣ ΣΑ Σ')", "string", "ας σα σ"},
        {"lower('İ')", "string", "i̇"},
        {"lower('ABCxyz')", "string", "abcxyz"},
        {"initcap('sPark sql-x ünder')", "string", "Spark Sql-x Ünder"},
        {"initcap('ǆ')", "string", "ǅ"},
        {"upper(cast(x'61FF' as string))", "string", "A\xEF\xBF\xBD"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void substrings_count_from_either_end(void **state)
{
    static const Expected table[] = {
        {"substring('Spark SQL', 5)", "string", "k SQL"},
        {"substring('Spark SQL', -3)", "string", "SQL"},
        {"substring('Spark SQL', 5, 1)", "string", "k"},
        {"substring('Spark SQL', 0, 2)", "string", "Sp"},
        {"substring('abc', -5, 3)", "string", "a"},
        {"substring('abc', -5, 2)", "string", ""},
        {"substring('abc', 4)", "string", ""},
        {"substring('abc', 2, -1)", "string", ""},
        {"substring('abc', 2147483647, 2147483646)", "string", ""},
        {"substring('abc', -2147483648, 2147483646)", "string", "a"},
        {"substring('żółw', 2, 2)", "string", "ół"},
        {"substring(x'010203', 2)", "binary", "\x02\x03"},
        {"substring(12345, 2, 2)", "string", "23"},
        {"substring('abc', NULL)", "string", "NULL"},
        {"left('abcd', 2)", "string", "ab"},
        {"left('abcd', -2)", "string", ""},
        {"left('abcd', 'a')", "string", "!CAST_INVALID_INPUT"},
        {"right('abcd', 2)", "string", "cd"},
        {"right('abcd', 9)", "string", "abcd"},
        {"right(null, -2)", "string", "NULL"},
        {"right('abcd', -2)", "string", ""},
        {"substring_index('www.apache.org', '.', 2)", "string", "www.apache"},
        {"substring_index('www.apache.org', '.', -2)", "string", "apache.org"},
        {"substring_index('www.apache.org', '.', 9)", "string", "www.apache.org"},
        {"substring_index('www.apache.org', '.', -9)", "string", "www.apache.org"},
        {"substring_index('www.apache.org', '.', 0)", "string", ""},
        {"substring_index('aaa', 'aa', -1)", "string", ""},
        {"substring_index('aaa', '', 1)", "string", ""},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void trimming_takes_blanks_or_a_set(void **state)
{
    static const Expected table[] = {
        {"trim(' xyz ')", "string", "xyz"},
        {"ltrim(' xyz ')", "string", "xyz "},
        {"rtrim(' xyz ')", "string", " xyz"},
        {"trim('xyz', 'yxTomxx')", "string", "Tom"},
        {"ltrim('xyz', 'zzzytest')", "string", "test"},
        {"rtrim('xy', 'TURNERyxXxy')", "string", "TURNERyxX"},
        {"btrim('xyxtrimyyx', 'xy')", "string", "trim"},
        {"btrim(x'787878626172787878', x'78')", "string", "bar"},
        {"trim('é', 'éaé')", "string", "a"},
        {"trim('', ' a ')", "string", " a "},
        {"trim('a', 'aaa')", "string", ""},
        {"trim('   ')", "string", ""},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void padding_fills_or_cuts(void **state)
{
    static const Expected table[] = {
        {"lpad('hi', 5, 'xy')", "string", "xyxhi"},
        {"lpad('hi', -5, 'xy')", "string", ""},
        {"lpad('hello', 2)", "string", "he"},
        {"lpad('hi', 5, '')", "string", "hi"},
        {"lpad('hi', 5, 'é')", "string", "éééhi"},
        {"rpad('hi', 5, 'xy')", "string", "hixyx"},
        {"rpad('hi', 5)", "string", "hi   "},
        {"lpad('abc', 5, x'57')", "string", "WWabc"},
        {"rpad(x'aabb', 3, x'1f2e')", "binary", "\xAA\xBB\x1F"},
        {"lpad('hi', 'invalid_length')", "string", "!CAST_INVALID_INPUT"},
        {"lpad('hi', 2147483647)", "string", "!COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION"},
        {"repeat('Pg', 4)", "string", "PgPgPgPg"},
        {"repeat('Pg', -4)", "string", ""},
        {"repeat('', 2147483647)", "string", ""},
        {"repeat('ab', 2147483647)", "string", "!COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION"},
        {"concat('[', space(2), ']')", "string", "[  ]"},
        {"space(-1)", "string", ""},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void joining_skips_or_spreads_null(void **state)
{
    static const Expected table[] = {
        {"concat()", "string", ""},
        {"concat('a', 1, true)", "string", "a1true"},
        {"concat('a', NULL)", "string", "NULL"},
        {"concat(x'61', x'62')", "binary", "ab"},
        {"concat(x'61', 'b')", "string", "ab"},
        {"'a' || 'b' || 1", "string", "ab1"},
        {"concat_ws('#', 1, 2, 'hello', true, date'2010-03-09')", "string",
         "1#2#hello#true#2010-03-09"},
        {"concat_ws(',', 10, 20, null, 30)", "string", "10,20,30"},
        {"concat_ws('', 10, 20)", "string", "1020"},
        {"concat_ws(NULL, 10, 20)", "string", "NULL"},
        {"concat_ws(',')", "string", ""},
        {"concat_ws()", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
        {"reverse('aé𝄞')", "string", "𝄞éa"},
        {"reverse(12)", "string", "21"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void searching_counts_from_one(void **state)
{
    static const Expected table[] = {
        {"contains('Spark SQL', 'SPARK')", "boolean", "false"},
        {"contains(x'537061726b2053514c', x'537061726b')", "boolean", "true"},
        {"contains(null, null)", "boolean", "NULL"},
        {"startswith('Spark SQL', 'ark')", "boolean", "false"},
        {"endswith(x'537061726b2053514c', x'')", "boolean", "true"},
        {"instr('żółw', 'w')", "int", "4"},
        {"instr('abc', '')", "int", "1"},
        {"instr('', 'a')", "int", "0"},
        {"locate('bar', 'foobarbar', 5)", "int", "7"},
        {"locate('ó', 'żóóó', 3)", "int", "3"},
        {"locate('bar', 'foobarbar', 0)", "int", "0"},
        {"locate('bar', 'foobarbar', cast(null as int))", "int", "0"},
        {"locate('a', 'abc', 2147483647)", "int", "0"},
        {"position('4', '1234567890')", "int", "4"},
        {"find_in_set('ab', 'abc,b,ab,c,def')", "int", "3"},
        {"find_in_set('', 'a,,b')", "int", "2"},
        {"find_in_set('', '')", "int", "1"},
        {"find_in_set('a,b', 'a,b')", "int", "0"},
        {"replace('abc', 'b', '123')", "string", "a123c"},
        {"replace('yabadabadoo', 'ba', '123')", "string", "ya123da123doo"},
        {"replace('abc', '', 'x')", "string", "abc"},
        {"replace('abcb', 'b')", "string", "ac"},
        {"translate('12345', '14', 'ax')", "string", "a23x5"},
        {"translate('abcé', 'abé', '1')", "string", "1c"},
        {"translate('aa', 'aa', 'xy')", "string", "xx"},
        {"overlay('abcdef', '45', 4)", "string", "abc45f"},
        {"overlay('yabadoo', 'daba', 5, 0)", "string", "yabadabadoo"},
        {"overlay('Spark SQL', 'tructured', 2, 4)", "string", "Structured SQL"},
        {"overlay('abc', 'X', -1, 1)", "string", "Xabc"},
        {"overlay(x'616263', x'58', 2)", "binary", "aXc"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void parts_and_alternatives_are_chosen_by_number(void **state)
{
    static const Expected table[] = {
        {"split_part('11.12.13', '.', 2)", "string", "12"},
        {"split_part('11.12.13', '.', -1)", "string", "13"},
        {"split_part('11.12.13', '.', -3)", "string", "11"},
        {"split_part('11.12.13', '.', -4)", "string", ""},
        {"split_part('11.12.13', '', 1)", "string", "11.12.13"},
        {"split_part('11ab12ab13', 'ab', 1)", "string", "11"},
        {"split_part('11.12.13', '.', 0)", "string", "!INVALID_INDEX_OF_ZERO"},
        {"split_part('11.12.13', '.', 4)", "string", ""},
        {"split_part(null, '.', 1)", "string", "NULL"},
        {"elt(2, 'a', 'b')", "string", "b"},
        {"elt(2, 'a', 1)", "string", "1"},
        {"elt(1, x'61', x'62')", "binary", "a"},
        {"elt(0, 'a', 'b')", "string", "!INVALID_ARRAY_INDEX"},
        {"elt(4, '123', '456')", "string", "!INVALID_ARRAY_INDEX"},
        {"elt(null, '123', '456')", "string", "NULL"},
        {"elt(1)", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
        {"ascii('x')", "int", "120"},
        {"ascii('')", "int", "0"},
        {"ascii('€')", "int", "8364"},
        {"chr(233)", "string", "é"},
        {"chr(321)", "string", "A"},
        {"chr(-1)", "string", ""},
        {"octet_length(chr(256))", "int", "1"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void a_null_alternative_not_chosen_says_nothing(void **state)
{
    Arena arena;
    ExprText t;

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    assert_string_equal(text_row(&t, text_eval(&t, text_parse(&t, "elt(1, '123', null)"), 1), 0),
                        "123");
    assert_string_equal(
        text_row(&t, text_eval(&t, text_parse(&t, "elt(1, 'a', cast(1/0 as string))"), 1), 0), "a");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_count_characters),
        cmocka_unit_test(case_follows_unicode),
        cmocka_unit_test(substrings_count_from_either_end),
        cmocka_unit_test(trimming_takes_blanks_or_a_set),
        cmocka_unit_test(padding_fills_or_cuts),
        cmocka_unit_test(joining_skips_or_spreads_null),
        cmocka_unit_test(searching_counts_from_one),
        cmocka_unit_test(parts_and_alternatives_are_chosen_by_number),
        cmocka_unit_test(a_null_alternative_not_chosen_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
