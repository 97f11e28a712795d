/*
 * Bits, digests, hashes, and bytes as text.
 */
#include "expr_text.h"

static void bits_are_javas(void **state)
{
    static const Expected table[] = {
        {"12 & 10", "int", "8"},
        {"12 | 3L", "bigint", "15"},
        {"12 ^ 10Y", "int", "6"},
        {"~5Y", "tinyint", "-6"},
        {"1.5 & 1", NULL, "!DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"},
        {"date'2024-01-01' & 1", NULL, "!DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"},
        {"1 & NULL", "int", "NULL"},
        {"shiftleft(-1, 31)", "int", "-2147483648"},
        {"shiftleft(-1L, 63)", "bigint", "-9223372036854775808"},
        {"shiftleft(1, 33)", "int", "2"},
        {"shiftleft(1, -1)", "int", "-2147483648"},
        {"shiftright(-8, 1)", "int", "-4"},
        {"shiftrightunsigned(-8, 28)", "int", "15"},
        {"shiftrightunsigned(-8L, 60)", "bigint", "15"},
        {"bit_count(-1L)", "int", "64"},
        {"bit_count(-1)", "int", "64"},
        {"bit_count(true)", "int", "1"},
        {"bit_count(NULL)", "int", "NULL"},
        {"bit_count('a')", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"getbit(11L, 3)", "tinyint", "1"},
        {"getbit(-1L, 63)", "tinyint", "1"},
        {"getbit(11L, -1)", "tinyint", "!INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE"},
        {"getbit(11L, 64)", "tinyint", "!INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE"},
        {"getbit(11Y, 8)", "tinyint", "!INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void hashes_are_sparks(void **state)
{
    static const Expected table[] = {
        {"md5('')", "string", "d41d8cd98f00b204e9800998ecf8427e"},
        {"md5(binary('message digest'))", "string", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"sha1('abc')", "string", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"sha2('abc', 224)", "string", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {"sha2('abc', 0)", "string",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"sha2('abc', 1)", "string", "NULL"},
        {"crc32('abc')", "bigint", "891568578"},
        {"xxhash64('a')", "bigint", "-8582455328737087284"},
        {"hash(array(map('a', 1)))", NULL, "!DATATYPE_MISMATCH.HASH_MAP_TYPE"},
        {"hash()", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
    };

    (void)state;
    EXPECT_ALL(table);
    expect_form(FORM_LITERALS, NULL, "hash(NULL)", "int", "42");
    expect_form(FORM_LITERALS, NULL, "xxhash64(NULL)", "bigint", "42");
    /* Both zeros, all NaNs are one. */
    expect_form(FORM_LITERALS, NULL, "hash(0.0D) = hash(-0.0D)", "boolean", "true");
    expect_form(FORM_LITERALS, NULL, "hash(1) <> hash(1L)", "boolean", "true");
    expect_form(FORM_LITERALS, NULL, "hash('abcde') <> hash('abcdf')", "boolean", "true");
}

static void bytes_have_texts(void **state)
{
    static const Expected table[] = {
        {"hex(17)", "string", "11"},
        {"hex(0)", "string", "0"},
        {"hex(-1)", "string", "FFFFFFFFFFFFFFFF"},
        {"hex(4294967295L)", "string", "FFFFFFFF"},
        {"hex('Spark SQL')", "string", "537061726B2053514C"},
        {"hex(x'00ff')", "string", "00FF"},
        {"hex(25.5)", "string", "19"},
        {"hex(unhex('12345'))", "string", "012345"},
        {"hex(unhex('aAbB'))", "string", "AABB"},
        {"unhex('xy')", "binary", "NULL"},
        {"unhex('')", "binary", ""},
        {"base64('Spark SQL')", "string", "U3BhcmsgU1FM"},
        {"base64('')", "string", ""},
        {"base64('a')", "string", "YQ=="},
        {"unbase64('U3Bh\n cmsgU1FM')", "binary", "Spark SQL"},
        {"unbase64('YQ')", "binary", "a"},
        {"unbase64('YQ==')", "binary", "a"},
        {"unbase64('Y')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"unbase64('YQ=a')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"unbase64('YQ==a')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"unbase64('=')", "binary", "!CONVERSION_INVALID_INPUT"},
    };

    (void)state;
    EXPECT_ALL(table);
}

/* The format must be a constant, so only the first form is tried. */
static void to_binary_is_strict(void **state)
{
    static const Expected table[] = {
        {"to_binary('', 'base64')", "binary", ""},
        {"to_binary('  ', 'base64')", "binary", ""},
        {"hex(to_binary(' ab cd ', 'base64'))", "string", "69B71D"},
        {"hex(to_binary(' ab c=', 'base64'))", "string", "69B7"},
        {"to_binary(' ab cdef= = ', 'base64')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"to_binary('abcde', 'base64')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"to_binary('a===', 'base64')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"to_binary('ab==f', 'base64')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"to_binary('737472696E67')", "binary", "string"},
        {"to_binary('737472696E67', 'HEX')", "binary", "string"},
        {"hex(to_binary('123', 'hex'))", "string", "0123"},
        {"to_binary('01 AF', 'hex')", "binary", "!CONVERSION_INVALID_INPUT"},
        {"to_binary('abc', 'utf8')", "binary", "abc"},
        {"to_binary(null, null)", "binary", "NULL"},
        {"to_binary('abc', null)", "binary", "NULL"},
        {"to_binary('abc', 1)", "binary", "!DATATYPE_MISMATCH.INVALID_ARG_VALUE"},
        {"to_binary('abc', 'invalidFormat')", NULL, "!DATATYPE_MISMATCH.INVALID_ARG_VALUE"},
        {"try_to_binary('a', 'base64')", "binary", "NULL"},
        {"try_to_binary('abc', 'invalidFormat')", "binary", "NULL"},
        {"try_to_binary('abc', 1)", "binary", "NULL"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        expect_form(FORM_LITERALS, NULL, table[i].text, table[i].type, table[i].value);
}

static void character_sets_hold_their_characters(void **state)
{
    static const Expected table[] = {
        {"hex(encode('aé𝄞', 'UTF-8'))", "string", "61C3A9F09D849E"},
        {"hex(encode('aé𝄞', 'utf-16'))", "string", "FEFF006100E9D834DD1E"},
        {"hex(encode('', 'utf-16'))", "string", ""},
        {"hex(encode('é', 'utf-16le'))", "string", "E900"},
        {"hex(encode('é', 'utf-32'))", "string", "000000E9"},
        {"hex(encode('é', 'iso-8859-1'))", "string", "E9"},
        {"encode('é', 'us-ascii')", "binary", "!MALFORMED_CHARACTER_CODING"},
        {"encode('hello', 'WINDOWS-1252')", "binary", "!INVALID_PARAMETER_VALUE.CHARSET"},
        {"decode(x'FEFF006100E9D834DD1E', 'utf-16')", "string", "aé𝄞"},
        {"decode(x'FFFEE900', 'utf-16')", "string", "é"},
        {"decode(x'00E9', 'utf-16be')", "string", "é"},
        {"decode(x'000000E9', 'utf-32')", "string", "é"},
        {"decode(x'E9', 'iso-8859-1')", "string", "é"},
        {"decode(x'E9', 'us-ascii')", "string", "!MALFORMED_CHARACTER_CODING"},
        {"decode(x'E9', 'utf-8')", "string", "!MALFORMED_CHARACTER_CODING"},
        {"decode(x'D834', 'utf-16be')", "string", "!MALFORMED_CHARACTER_CODING"},
        {"decode('abc', 'utf-8')", "string", "abc"},
        {"decode(2, 1, 'one', 2, 'two')", "string", "two"},
        {"decode(6, 1, 'one', 2, 'two', 'none')", "string", "none"},
        {"decode(1)", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
        {"is_valid_utf8(cast(x'80' as string))", "boolean", "false"},
        {"make_valid_utf8(cast(x'61F09F80' as string))", "string", "a\xEF\xBF\xBD"},
        {"make_valid_utf8(cast(x'C0AF62' as string))", "string",
         "\xEF\xBF\xBD\xEF\xBF\xBD"
         "b"},
        {"validate_utf8(cast(x'80' as string))", "string", "!INVALID_UTF8_STRING"},
        {"try_validate_utf8(cast(x'80' as string))", "string", "NULL"},
    };

    (void)state;
    EXPECT_ALL(table);
    expect_form(FORM_LITERALS, NULL, "decode(null, 6, 'Spark', NULL, 'SQL')", "string", "SQL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_javas),
        cmocka_unit_test(hashes_are_sparks),
        cmocka_unit_test(bytes_have_texts),
        cmocka_unit_test(to_binary_is_strict),
        cmocka_unit_test(character_sets_hold_their_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
