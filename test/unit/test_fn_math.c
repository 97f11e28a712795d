/*
 * Functions of numbers.
 */
#include "expr_text.h"

static void reals_follow_java(void **state)
{
    static const Expected table[] = {
        {"sqrt(2)", "double", "1.4142135623730951"},
        {"sqrt(-1)", "double", "NaN"},
        {"ln(0)", "double", "NULL"},
        {"log(10)", "double", "2.302585092994046"},
        {"log(2, 8)", "double", "3.0"},
        {"log(0, 8)", "double", "NULL"},
        {"log1p(-1)", "double", "NULL"},
        {"exp(1)", "double", "2.7182818284590455"},
        {"pow(2, 3)", "double", "8.0"},
        {"pow(1, double'NaN')", "double", "NaN"},
        {"atan2(0, -0.0D)", "double", "0.0"},
        {"degrees(3.141592653589793D)", "double", "180.0"},
        {"cbrt(27)", "double", "3.0"},
        {"acosh(0)", "double", "NaN"},
        {"asinh(double('-Infinity'))", "double", "-Infinity"},
        {"atan(double('-Infinity'))", "double", "-1.5707963267948966"},
        {"log1p(double('-Infinity'))", "double", "NULL"},
        {"atanh(1)", "double", "Infinity"},
        {"signum(-2.5)", "double", "-1.0"},
        {"signum(cast('-10' as interval year))", "double", "-1.0"},
        {"signum(cast('10' as interval hour))", "double", "1.0"},
        {"hypot(3, 4)", "double", "5.0"},
        {"pi()", "double", "3.141592653589793"},
        {"e()", "double", "2.718281828459045"},
        {"rint(2.5)", "double", "2.0"},
        {"sin(NULL)", "double", "NULL"},
        {"sin('x')", "double", "!CAST_INVALID_INPUT"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void integers_have_functions_too(void **state)
{
    static const Expected table[] = {
        {"factorial(5)", "bigint", "120"},
        {"factorial(21)", "bigint", "NULL"},
        {"bin(13)", "string", "1101"},
        {"bin(-1)", "string", "1111111111111111111111111111111111111111111111111111111111111111"},
        {"bin(0)", "string", "0"},
        {"conv('100', 2, 10)", "string", "4"},
        {"conv(-10, 16, -10)", "string", "-16"},
        {"conv('9223372036854775808', 10, 16)", "string", "8000000000000000"},
        {"conv('9223372036854775807', 36, 10)", "string", "!ARITHMETIC_OVERFLOW"},
        {"conv('x', 10, 1)", "string", "NULL"},
        {"conv('-1', 10, 16)", "string", "FFFFFFFFFFFFFFFF"},
        {"width_bucket(5.35, 0.024, 10.06, 5)", "bigint", "3"},
        {"width_bucket(5.35, 0.024, 10.06, 2.5)", "bigint", "2"},
        {"width_bucket(5.35, 0.024, 10.06, -5)", "bigint", "NULL"},
        {"width_bucket(0, 10, 0, 5)", "bigint", "6"},
        {"width_bucket(cast('0' as interval year), cast('0' as interval year), cast('10' as "
         "interval year), 10)",
         "bigint", "1"},
    };

    (void)state;
    EXPECT_ALL(table);
}

/* The scale is a constant, so only the first argument may be a column. */
static void rounding_is_decimal(void **state)
{
    static const Expected table[] = {
        {"round(2.5)", "decimal(2,0)", "3"},
        {"round(-2.5)", "decimal(2,0)", "-3"},
        {"bround(2.5)", "decimal(2,0)", "2"},
        {"bround(3.5)", "decimal(2,0)", "4"},
        {"round(1.005D, 2)", "double", "1.01"},
        {"round(2.5D)", "double", "3.0"},
        {"round(-0.4D)", "double", "0.0"},
        {"round(123.456D, -2)", "double", "100.0"},
        {"round(1.2345678901234E200D)", "double", "1.2345678901234E200"},
        {"round(1.2345678901234E-200D)", "double", "0.0"},
        {"round(25Y, -2)", "tinyint", "0"},
        {"round(525, -1)", "int", "530"},
        {"bround(525, -1)", "int", "520"},
        {"bround(127Y, -1)", "tinyint", "!ARITHMETIC_OVERFLOW"},
        {"round(99.99, 1)", "decimal(4,1)", "100.0"},
        {"round(99.99, 5)", "decimal(5,2)", "99.99"},
        {"round(NULL)", "double", "NULL"},
        {"round(2.5, NULL)", "decimal(2,0)", "NULL"},
        {"ceil(-3.5, 0)", "decimal(2,0)", "-3"},
        {"ceil(-35, -1)", "decimal(11,0)", "-30"},
        {"ceil(5, 0)", "decimal(11,0)", "5"},
        {"ceil(3.14115, -3)", "decimal(4,0)", "1000"},
        {"floor(3.14115, -3)", "decimal(4,0)", "0"},
        {"floor(-0.35, 1)", "decimal(2,1)", "-0.4"},
        {"ceil(0.01)", "decimal(1,0)", "1"},
        {"ceil(-0.1D)", "bigint", "0"},
        {"floor(1e30)", "bigint", "9223372036854775807"},
        {"floor(5)", "bigint", "5"},
        {"ceil(2.5, NULL)", NULL, "!NON_FOLDABLE_ARGUMENT"},
        {"ceil(2.5, 0, 0)", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
    };

    (void)state;
    EXPECT_ALL(table);
}

/* Their constant arguments alone tell them apart. */
static void calls_of_other_scales_are_other_calls(void **state)
{
    Arena arena;
    ExprText t;

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    assert_false(expr_equal(text_parse(&t, "round(1.25D, 1)"), text_parse(&t, "round(1.25D, 0)")));
    assert_false(expr_equal(text_parse(&t, "mask('a', 'X')"), text_parse(&t, "mask('a', NULL)")));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_follow_java),
        cmocka_unit_test(integers_have_functions_too),
        cmocka_unit_test(rounding_is_decimal),
        cmocka_unit_test(calls_of_other_scales_are_other_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
