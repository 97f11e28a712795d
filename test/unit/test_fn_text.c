/*
 * Functions of text, LIKE and regular expressions.
 */
#include "expr_text.h"

static void text_is_measured_in_characters(void **state)
{
    static const Expected table[] = {
        {"length('straße')", "int", "6"},
        {"octet_length('straße')", "int", "7"},
        {"bit_length('é')", "int", "16"},
        {"length(x'0102ff')", "int", "3"},
        {"length(1.1)", "int", "3"},
        {"length(NULL)", "int", "NULL"},
        {"ascii('é')", "int", "233"},
        {"ascii('')", "int", "0"},
        {"length()", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
        {"length(array(1))", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void text_is_cut_by_places(void **state)
{
    static const Expected table[] = {
        {"substring('Spark SQL', 5)", "string", "k SQL"},
        {"substring('Spark SQL', -3)", "string", "SQL"},
        {"substring('Spark SQL', 5, 1)", "string", "k"},
        {"substring('abc', 0, 2)", "string", "ab"},
        {"substring('abc', -5, 3)", "string", "a"},
        {"substring('äöü', 2, 1)", "string", "ö"},
        {"substring('abc', 2, -1)", "string", ""},
        {"substring('abc', 2147483647, 2147483647)", "string", ""},
        {"left('Spark', 3)", "string", "Spa"},
        {"left('Spark', -1)", "string", ""},
        {"right('Spark', 3)", "string", "ark"},
        {"right('Spark', 0)", "string", ""},
        {"substring_index('a.b.c', '.', 2)", "string", "a.b"},
        {"substring_index('a.b.c', '.', -2)", "string", "b.c"},
        {"substring_index('a.b.c', '.', 9)", "string", "a.b.c"},
        {"substring_index('a.b.c', '', 1)", "string", ""},
        {"split_part('11.12.13', '.', 3)", "string", "13"},
        {"split_part('11.12.13', '.', -1)", "string", "13"},
        {"split_part('11.12.13', '.', 4)", "string", ""},
        {"split_part('11.12.13', '.', 0)", "string", "!INVALID_INDEX_OF_ZERO"},
        {"trim('  a ')", "string", "a"},
        {"ltrim('xy', 'yxabx')", "string", "abx"},
        {"rtrim('xy', 'abxy')", "string", "ab"},
        {"btrim('xyabyx', 'xy')", "string", "ab"},
        {"btrim('ééaé', 'é')", "string", "a"},
        {"trim('   ')", "string", ""},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void text_is_found(void **state)
{
    static const Expected table[] = {
        {"locate('b', 'abcb')", "int", "2"},
        {"locate('b', 'abcb', 3)", "int", "4"},
        {"locate('b', 'abcb', 0)", "int", "0"},
        {"locate('', 'abc', 4)", "int", "1"},
        {"locate('ö', 'äöü')", "int", "2"},
        {"instr('abc', 'd')", "int", "0"},
        {"contains('Spark', 'par')", "boolean", "true"},
        {"contains('Spark', '')", "boolean", "true"},
        {"startswith('Spark', 'Sp')", "boolean", "true"},
        {"endswith('Spark', 'Sp')", "boolean", "false"},
        {"contains(NULL, 'a')", "boolean", "NULL"},
        {"find_in_set('ab', 'abc,b,ab,c,def')", "int", "3"},
        {"find_in_set('ab,', 'abc,b,ab,c,def')", "int", "0"},
        {"elt(2, 'a', 'b')", "string", "b"},
        {"elt(NULL, 'a', 'b')", "string", "NULL"},
        {"elt(3, 'a', 'b')", "string", "!INVALID_ARRAY_INDEX"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void text_is_made(void **state)
{
    static const Expected table[] = {
        {"upper('straße')", "string", "STRASSE"},
        {"lower('ΑΣ ΣΑ')", "string", "ας σα"},
        {"initcap('sPark sQL-x')", "string", "Spark Sql-x"},
        {"concat('a', 1, 2.5)", "string", "a12.5"},
        {"concat('a', NULL)", "string", "NULL"},
        {"concat()", "string", ""},
        {"'a' || 'b' || 1", "string", "ab1"},
        {"concat(array(1), array(2, NULL))", "array<int>", "[1, 2, null]"},
        {"concat_ws('-', 'a', NULL, 'b')", "string", "a-b"},
        {"concat_ws('-', array('a', NULL), 'b')", "string", "a-b"},
        {"concat_ws(NULL, 'a')", "string", "NULL"},
        {"concat_ws('-')", "string", ""},
        {"lpad('hi', 5, 'xy')", "string", "xyxhi"},
        {"lpad('hello', 2)", "string", "he"},
        {"lpad('hi', -5, 'xy')", "string", ""},
        {"rpad('hi', 5, '')", "string", "hi"},
        {"rpad('é', 3, 'ü')", "string", "éüü"},
        {"lpad('hi', 2147483647)", "string", "!COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION"},
        {"repeat('ab', 2)", "string", "abab"},
        {"repeat('ab', -1)", "string", ""},
        {"replace('ABCabc', 'abc', 'DEF')", "string", "ABCDEF"},
        {"replace('aaa', 'a')", "string", ""},
        {"replace('aaa', '', 'x')", "string", "aaa"},
        {"translate('AaBbCc', 'abc', '12')", "string", "A1B2C"},
        {"overlay('Spark SQL', '_', 6)", "string", "Spark_SQL"},
        {"overlay('Spark SQL', 'ANSI ', 7, 0)", "string", "Spark ANSI SQL"},
        {"reverse('äb')", "string", "bä"},
        {"reverse(array(1, 2))", "array<int>", "[2, 1]"},
        {"chr(65)", "string", "A"},
        {"chr(-1)", "string", ""},
        {"space(2)", "string", "  "},
        {"quote('Don''t')", "string", "'Don\\'t'"},
        {"soundex('Miller')", "string", "M460"},
        {"levenshtein('kitten', 'sitting')", "int", "3"},
        {"levenshtein('kitten', 'sitting', 2)", "int", "-1"},
        {"luhn_check('4111111111111111')", "boolean", "true"},
        {"luhn_check('')", "boolean", "false"},
    };

    (void)state;
    EXPECT_ALL(table);
}

/* Constants of the pattern are bound; the masked text may be a column. */
static void mask_replaces_kinds_of_characters(void **state)
{
    static const Expected table[] = {
        {"mask('AbCD123-@$#')", "string", "XxXXnnn-@$#"},
        {"mask('AbCD123-@$#', 'Q', 'q', 'd', 'o')", "string", "QqQQdddoooo"},
        {"mask('AbCD123-@$#', NULL, 'q', 'd', 'o')", "string", "AqCDdddoooo"},
        {"mask('AbCD123', 'Qa')", NULL, "!DATATYPE_MISMATCH.INPUT_SIZE_NOT_ONE"},
        {"mask(NULL)", "string", "NULL"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void like_knows_wildcards_and_escapes(void **state)
{
    static const Expected table[] = {
        {"'hawkeye' like 'h%eye'", "boolean", "true"},
        {"'hawkeye' like 'H%'", "boolean", "false"},
        {"'indio' like '_nd_o'", "boolean", "true"},
        {"'indio' like 'in_o'", "boolean", "false"},
        {"like('h%wkeye', 'h#%%', '#')", "boolean", "true"},
        {"like('hawkeye', 'h#%%', '#')", "boolean", "false"},
        {"like('maca', 'm%aca', '%')", "boolean", "!INVALID_FORMAT.ESC_IN_THE_MIDDLE"},
        {"like('a', 'a\\')", "boolean", "!INVALID_FORMAT.ESC_AT_THE_END"},
        {"like('be_r', '__e__r', '_')", "boolean", "false"},
        {"like('a_%b', 'a\\_\\%b')", "boolean", "true"},
        {"'foo' like '%____'", "boolean", "false"},
        {"'foo' like '%___'", "boolean", "true"},
        {"'äöü' like '_ö_'", "boolean", "true"},
        {"'aXbXc' like '%X_X%'", "boolean", "true"},
        {"'' like ''", "boolean", "true"},
        {"'' like '%'", "boolean", "true"},
        {"NULL like 'a'", "boolean", "NULL"},
        {"ilike('ÀBC', 'àb_')", "boolean", "true"},
        {"like('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '%a%a%a%a%a%a%a%a%a%a%c')", "boolean",
         "false"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void regular_expressions_match_as_javas(void **state)
{
    static const Expected table[] = {
        {"rlike('Spark', '^S.*k$')", "boolean", "true"},
        {"rlike('Spark', '(')", "boolean", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"rlike('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '(a+)+$')", "boolean",
         "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "string", "a"},
        {"regexp_extract('a b m', '(\\d+)?', 1)", "string", ""},
        {"regexp_extract('a b m', '(\\d+)')", "string", ""},
        {"regexp_extract('1a', '\\d+')", "string", "!INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"},
        {"regexp_extract('1a', '\\d+', 0)", "string", "1"},
        {"regexp_extract_all('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "array<string>", "[a, b, m]"},
        {"regexp_extract_all('abc', '\\d', 0)", "array<string>", "[]"},
        {"regexp_replace('healthy, wealthy, and wise', '\\w+thy', 'something')", "string",
         "something, something, and wise"},
        {"regexp_replace('abc', '(b)', '[$1\\$]')", "string", "a[b$]c"},
        {"regexp_replace('abc', 'b', '$1')", "string", "!INVALID_REGEXP_REPLACE"},
        {"regexp_replace('aaa', 'a', 'b', 2)", "string", "abb"},
        {"regexp_replace('abc', '', '-')", "string", "-a-b-c-"},
        {"regexp_count('1a 2b 14m', '\\d+')", "int", "3"},
        {"regexp_instr('äbc', 'b')", "int", "2"},
        {"regexp_instr('abc', 'x')", "int", "0"},
        {"regexp_substr('abc', 'x')", "string", "NULL"},
        {"split('aa1cc2ee3', '[1-9]+')", "array<string>", "[aa, cc, ee, ]"},
        {"split('aa1cc2ee3', '[1-9]+', 2)", "array<string>", "[aa, cc2ee3]"},
        {"split('hello', '')", "array<string>", "[h, e, l, l, o]"},
        {"split('', ',')", "array<string>", "[]"},
    };

    (void)state;
    EXPECT_ALL(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_measured_in_characters),
        cmocka_unit_test(text_is_cut_by_places),
        cmocka_unit_test(text_is_found),
        cmocka_unit_test(text_is_made),
        cmocka_unit_test(mask_replaces_kinds_of_characters),
        cmocka_unit_test(like_knows_wildcards_and_escapes),
        cmocka_unit_test(regular_expressions_match_as_javas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
