/*
 * Numbers in formats: to_number, to_char, format_number. Formats are constants, so only the first
 * form is tried.
 */
#include "expr_text.h"

static void expect_constants(const Expected *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_form(FORM_LITERALS, NULL, table[i].text, table[i].type, table[i].value);
}

static void to_number_reads_its_format(void **state)
{
    static const Expected table[] = {
        {"to_number('454', '999')", "decimal(3,0)", "454"},
        {"to_number('54', '999')", "decimal(3,0)", "54"},
        {"to_number('454.2', '000.0')", "decimal(4,1)", "454.2"},
        {"to_number('454', '000.0')", "decimal(4,1)", "454.0"},
        {"to_number('54', '000')", NULL, "!INVALID_FORMAT.MISMATCH_INPUT"},
        {"to_number('12,454', '00,000')", "decimal(5,0)", "12454"},
        {"to_number('2,454', '99,999')", "decimal(5,0)", "2454"},
        {"to_number('454', '99,999')", "decimal(5,0)", "454"},
        {"to_number('1,2,454', '99,999')", NULL, "!INVALID_FORMAT.MISMATCH_INPUT"},
        {"to_number('12,45', '99,999')", "decimal(5,0)", "1245"},
        {"to_number('$78.12', '$99.99')", "decimal(4,2)", "78.12"},
        {"to_number('78.12', '$99.99')", NULL, "!INVALID_FORMAT.MISMATCH_INPUT"},
        {"to_number('-454', 'S000')", "decimal(3,0)", "-454"},
        {"to_number('+454', 's999')", "decimal(3,0)", "454"},
        {"to_number('12,454.8-', '00,000.9MI')", "decimal(6,1)", "-12454.8"},
        {"to_number('<00,454.8>', '00,000.9PR')", "decimal(6,1)", "-454.8"},
        {"to_number('<454', '999PR')", NULL, "!INVALID_FORMAT.MISMATCH_INPUT"},
        {"to_number('.0', '99999999.99999999')", "decimal(16,8)", "0.00000000"},
        {"to_number('0', '99.99')", "decimal(4,2)", "0.00"},
        {"to_number('-34,338,492', '99G999G999')", NULL, "!INVALID_FORMAT.MISMATCH_INPUT"},
        {"to_number('', '9')", NULL, "!INVALID_FORMAT.MISMATCH_INPUT"},
        {"to_number(NULL, '99')", "decimal(2,0)", "NULL"},
        {"to_number('1', NULL)", "decimal(10,0)", "NULL"},
        {"try_to_number('x', '99')", "decimal(2,0)", "NULL"},
    };

    (void)state;
    expect_constants(table, COUNT_OF(table));
}

static void formats_have_rules(void **state)
{
    static const Expected table[] = {
        {"to_number('1', '')", NULL, "!INVALID_FORMAT.EMPTY"},
        {"to_number('1', 'S')", NULL, "!INVALID_FORMAT.WRONG_NUM_DIGIT"},
        {"to_number('1', '9$')", "decimal(1,0)", "!INVALID_FORMAT.CUR_MUST_BEFORE_DIGIT"},
        {"to_number('1', '.$9')", NULL, "!INVALID_FORMAT.CUR_MUST_BEFORE_DEC"},
        {"to_number('1', ',9')", NULL, "!INVALID_FORMAT.CONT_THOUSANDS_SEPS"},
        {"to_number('1', '9,,9')", NULL, "!INVALID_FORMAT.CONT_THOUSANDS_SEPS"},
        {"to_number('1', '99G999G999D999G999')", NULL,
         "!INVALID_FORMAT.THOUSANDS_SEPS_MUST_BEFORE_DEC"},
        {"to_number('1', '9.9.9')", NULL, "!INVALID_FORMAT.WRONG_NUM_TOKEN"},
        {"to_number('1', 'SS9')", NULL, "!INVALID_FORMAT.WRONG_NUM_TOKEN"},
        {"to_number('1', '9S9')", NULL, "!INVALID_FORMAT.UNEXPECTED_TOKEN"},
        {"to_number('1', '9x')", NULL, "!INVALID_FORMAT.UNEXPECTED_TOKEN"},
    };

    (void)state;
    expect_constants(table, COUNT_OF(table));
}

static void to_char_keeps_the_width_of_its_format(void **state)
{
    static const Expected table[] = {
        {"to_char(454, '999')", "string", "454"},
        {"to_char(54, '999')", "string", " 54"},
        {"to_char(54, '0999')", "string", "0054"},
        {"to_char(1454, '999')", "string", "###"},
        {"to_char(454.00, '000D00')", "string", "454.00"},
        {"to_char(12454, '99G999')", "string", "12,454"},
        {"to_char(454, '99G999')", "string", "   454"},
        {"to_char(78.12, '$99.99')", "string", "$78.12"},
        {"to_char(-12454.8, '99G999D9S')", "string", "12,454.8-"},
        {"to_char(-4567890123456789L, 'S9999999999999999')", "string", "-4567890123456789"},
        {"to_char(-123L, 'S9999999999999999')", "string", "             -123"},
        {"to_char(-123L, '9999999999999999S')", "string", "             123-"},
        {"to_char(-123L, '9999999999999999PR')", "string", "             <123>"},
        {"to_char(456L, '9999999999999999.999PR')", "string", "             456.000  "},
        {"to_char(0.0, '9.9')", "string", "0.0"},
        {"to_char(0, 'S9')", "string", " +"},
        {"to_char(5, '9MI')", "string", "5 "},
        {"to_char(-5, '9MI')", "string", "5-"},
        {"to_char(NULL, '9')", "string", "NULL"},
        {"to_char(x'6162', 'hex')", "string", "6162"},
        {"to_char(x'6162', 'utf-8')", "string", "ab"},
        {"to_char(x'6162', 'base64')", "string", "YWI="},
        {"to_char(x'6162', 'xx')", NULL, "!INVALID_PARAMETER_VALUE.BINARY_FORMAT"},
        {"to_char(date'2023-08-18', 'yyyy')", "string", "2023"},
    };

    (void)state;
    expect_constants(table, COUNT_OF(table));
}

static void format_number_is_decimal_format(void **state)
{
    static const Expected table[] = {
        {"format_number(12332.123456, 4)", "string", "12,332.1235"},
        {"format_number(12332.123456, '##################.###')", "string", "12332.123"},
        {"format_number(0.125D, 2)", "string", "0.12"},
        {"format_number(0.375D, 2)", "string", "0.38"},
        {"format_number(2.5, 0)", "string", "2"},
        {"format_number(3.5, 0)", "string", "4"},
        {"format_number(1.005D, 2)", "string", "1.00"},
        {"format_number(-1234567, 0)", "string", "-1,234,567"},
        {"format_number(5, 3)", "string", "5.000"},
        {"format_number(5, -1)", "string", "NULL"},
        {"format_number(1e20D, 1)", "string", "100,000,000,000,000,000,000.0"},
        {"format_number(0.5, '#.00')", "string", ".50"},
        {"format_number(0.5, '#.##')", "string", "0.5"},
        {"format_number(1234.5, '$#,##0.00;($#)')", "string", "$1,234.50"},
        {"format_number(-1234.5, '$#,##0.00;($#)')", "string", "($1,234.50)"},
        {"format_number(0.256, '0.0%')", "string", "25.6%"},
        {"format_number(12, '''#''0')", "string", "#12"},
        {"format_number(7, '000')", "string", "007"},
        {"format_number(double('NaN'), 2)", "string", "NaN"},
        {"format_number(double('-Infinity'), 2)", "string", "-∞"},
        {"format_number(1, '0#')", "string", "!INVALID_PARAMETER_VALUE.PATTERN"},
        {"format_number(1.5, '')", "string", "2"},
    };

    (void)state;
    expect_constants(table, COUNT_OF(table));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_number_reads_its_format),
        cmocka_unit_test(formats_have_rules),
        cmocka_unit_test(to_char_keeps_the_width_of_its_format),
        cmocka_unit_test(format_number_is_decimal_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
