/*
 * Patterns: LIKE, and Java's regular expressions.
 */
#include "expr/regexp.h"
#include "expr_text.h"

static void like_matches_whole_texts(void **state)
{
    static const Expected table[] = {
        {"'abc' like 'a%'", "boolean", "true"},
        {"'abc' like '%c'", "boolean", "true"},
        {"'abc' like '%b%'", "boolean", "true"},
        {"'abc' like 'b'", "boolean", "false"},
        {"'' like '%'", "boolean", "true"},
        {"'' like ''", "boolean", "true"},
        {"'' like '_'", "boolean", "false"},
        {"'aé𝄞' like '___'", "boolean", "true"},
        {"'aaab' like '%a_b'", "boolean", "true"},
        {"'abcbd' like 'a%b_'", "boolean", "true"},
        {"'abcbd' like 'a%c_'", "boolean", "false"},
        {"'line\nline' like 'l%e'", "boolean", "true"},
        {"'a%c' like 'a\\%c'", "boolean", "true"},
        {"'abc' like 'a\\%c'", "boolean", "false"},
        {"'a\\c' like 'a\\\\c'", "boolean", "true"},
        {"like('a_c', 'a/_c', '/')", "boolean", "true"},
        {"'abc' like 'a\\bc'", "boolean", "!INVALID_FORMAT.ESC_IN_THE_MIDDLE"},
        {"'abc' like 'a\\'", "boolean", "!INVALID_FORMAT.ESC_AT_THE_END"},
        {"'abc' like null", "boolean", "NULL"},
        {"123 like '1%'", "boolean", "true"},
        {"ilike('\\__', '\\\\\\__')", "boolean", "true"},
        {"ilike('SPARK', '_park')", "boolean", "true"},
        {"ilike('ÉA', 'é%')", "boolean", "true"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void extracts_follow_spark(void **state)
{
    static const Expected table[] = {
        {"regexp_extract('1a 2b 14m', '\\d+')", "string",
         "!INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"},
        {"regexp_extract('1a 2b 14m', '\\d+', 0)", "string", "1"},
        {"regexp_extract('1a 2b 14m', '(\\d+)?', 1)", "string", "1"},
        {"regexp_extract('a b m', '(\\d+)?', 1)", "string", ""},
        {"regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "string", "a"},
        {"regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 3)", "string",
         "!INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"},
        {"regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', -1)", "string",
         "!INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"},
        {"regexp_extract('1a 2b 14m', '(x)(y)', 5)", "string", ""},
        {"regexp_extract('1a 2b', '(?l)')", "string", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"regexp_extract_all('1a 2b 14m', '\\d+', 0)", "array<string>", "[1, 2, 14]"},
        {"regexp_extract_all('1a 2b 14m', '\\d+')", "array<string>",
         "!INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"},
        {"regexp_extract_all('1a 2b 14m', '(\\d+)?', 1)", "array<string>",
         "[1, , , 2, , , 14, , ]"},
        {"regexp_extract_all('a 2b 14m', '(\\d+)?', 1)", "array<string>", "[, , 2, , , 14, , ]"},
        {"regexp_extract_all('abc', '], [', 1)", "array<string>",
         "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"regexp_extract_all('abc', 'x(y)', 1)", "array<string>", "[]"},
        {"regexp_extract_all(null, 'x(y)', 1)", "array<string>", "NULL"},
        {"regexp_substr('1a 2b 14m', '\\d+')", "string", "1"},
        {"regexp_substr('1a 2b 14m', '\\d+ ')", "string", "NULL"},
        {"regexp_substr('abc', 'x*')", "string", "NULL"},
        {"regexp_instr('1a 2b 14m', '\\d{2}(a|b|m)')", "int", "7"},
        {"regexp_instr('abc', 'x')", "int", "0"},
        {"regexp_instr('𝄞b', 'b')", "int", "3"},
        {"regexp_instr('abc', null)", "int", "NULL"},
        {"regexp_count('the fox', '(?i)FOX')", "int", "1"},
        {"regexp_count('passwd7 plain A1234 a1234', "
         "'(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+')",
         "int", "2"},
        {"regexp_count('', '')", "int", "1"},
        {"regexp_count('aa', '')", "int", "3"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void replacements_name_groups(void **state)
{
    static const Expected table[] = {
        {"regexp_replace('healthy, wealthy, and wise', '\\w+thy', 'something', 1)", "string",
         "something, something, and wise"},
        {"regexp_replace('healthy, wealthy, and wise', '\\w+thy', 'something', 2)", "string",
         "hsomething, something, and wise"},
        {"regexp_replace('healthy, wealthy, and wise', '\\w', 'something', 26)", "string",
         "healthy, wealthy, and wissomething"},
        {"regexp_replace('healthy, wealthy, and wise', '\\w', 'something', 27)", "string",
         "healthy, wealthy, and wise"},
        {"regexp_replace('abc', '(?<x>b)', '[${x}$1\\$]')", "string", "a[bb$]c"},
        {"regexp_replace('abc', '(b)', '$12')", "string", "ab2c"},
        {"regexp_replace('abc', 'b', '$1')", "string", "!INVALID_REGEXP_REPLACE"},
        {"regexp_replace('abc', 'b', '${x}')", "string", "!INVALID_REGEXP_REPLACE"},
        {"regexp_replace('abc', 'b', '\\')", "string", "!INVALID_REGEXP_REPLACE"},
        {"regexp_replace('abc', 'x', '$9')", "string", "abc"},
        {"regexp_replace('abc', '', '-')", "string", "-a-b-c-"},
        {"regexp_replace('', '^$', 'x')", "string", "x"},
    };

    (void)state;
    EXPECT_ALL(table);
    expect_form(FORM_LITERALS, NULL, "regexp_replace('a', 'a', 'b', 0)", NULL,
                "!DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE");
    expect_form(FORM_LITERALS, NULL, "regexp_replace('a', 'a', 'b', -2)", NULL,
                "!DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE");
}

static void splitting_is_javas(void **state)
{
    static const Expected table[] = {
        {"split('aa1cc2ee3', '[1-9]+')", "array<string>", "[aa, cc, ee, ]"},
        {"split('aa1cc2ee3', '[1-9]+', 2)", "array<string>", "[aa, cc2ee3]"},
        {"split('hello', '')", "array<string>", "[h, e, l, l, o]"},
        {"split('hello', '', 0)", "array<string>", "[h, e, l, l, o]"},
        {"split('hello', '', 1)", "array<string>", "[hello]"},
        {"split('hello', '', 3)", "array<string>", "[h, e, llo]"},
        {"split('hello', '', 100)", "array<string>", "[h, e, l, l, o]"},
        {"split('', '')", "array<string>", "[]"},
        {"split('', '', 1)", "array<string>", "[]"},
        {"split('', ',')", "array<string>", "[]"},
        {"split('a,b,', ',')", "array<string>", "[a, b, ]"},
        {"split(',a', ',')", "array<string>", "[, a]"},
        {"split('ab', 'x*')", "array<string>", "[a, b, ]"},
        {"split(null, 'b')", "array<string>", "NULL"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void javas_syntax_is_understood(void **state)
{
    static const Expected table[] = {
        {"rlike('1a 2b 14m', '[a-z]+b')", "boolean", "false"},
        {"rlike('Aa', '^\\p{Upper}\\p{Lower}$')", "boolean", "true"},
        {"rlike('a-', '^[\\p{Alpha}\\p{Punct}]+$')", "boolean", "true"},
        {"rlike('é', '^\\p{IsAlphabetic}$')", "boolean", "true"},
        {"rlike('α', '^\\p{IsGreek}$')", "boolean", "true"},
        {"rlike('a', '\\u0061')", "boolean", "true"},
        {"rlike('a', '\\0141')", "boolean", "true"},
        {"rlike('a.b', '^\\Qa.b\\E$')", "boolean", "true"},
        {"rlike('axb', '^\\Qa.b\\E$')", "boolean", "false"},
        {"rlike('É', '(?iu)é')", "boolean", "true"},
        {"rlike('aa', '^(a)\\1$')", "boolean", "true"},
        {"rlike('aa2', '^(a)\\12$')", "boolean", "true"},
        {"rlike('a[b', 'a[[]b')", "boolean", "true"},
        {"rlike('a\n', 'a$')", "boolean", "true"},
        {"rlike('a\nb', 'a.b')", "boolean", "false"},
        {"rlike('x', '(*UTF)x')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike('x', '(?R)')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike('x', '(?C1)x')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike('x', 'x{')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike('x', '\\')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike('x', '[')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike('x', '*')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike(cast(x'ff61' as string), '^.a$')", "boolean", "true"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void endless_matching_is_given_up(void **state)
{
    Arena arena;
    Regexp *regexp;
    Str subject = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");

    (void)state;
    arena_init(&arena);
    for (int hurry = 0; hurry < 2; hurry++) {
        regexp = regexp_compile(&arena, STR("^(a+)+$"), hurry);
        assert_non_null(regexp);
        assert_int_equal(regexp_find(regexp, subject, 0), REGEXP_TOO_HARD);
        regexp_free(regexp);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_matches_whole_texts),
        cmocka_unit_test(extracts_follow_spark),
        cmocka_unit_test(replacements_name_groups),
        cmocka_unit_test(splitting_is_javas),
        cmocka_unit_test(javas_syntax_is_understood),
        cmocka_unit_test(endless_matching_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
