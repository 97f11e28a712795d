/*
 * Operators, NULLs and errors, in every form an argument can have.
 */
#include "expr_text.h"

static void numbers_follow_spark(void **state)
{
    static const Expected table[] = {
        {"1 + 2", "int", "3"},
        {"1Y + 2S", "smallint", "3"},
        {"1 + 2L", "bigint", "3"},
        {"1 + 2.5D", "double", "3.5"},
        {"1 + 2.5F", "double", "3.5"},
        {"1.5 + 1", "decimal(3,1)", "2.5"},
        {"cast(1 as decimal(10,2)) + cast(2 as decimal(8,4))", "decimal(13,4)", "3.0000"},
        {"cast(1 as decimal(10,2)) * cast(2 as decimal(8,4))", "decimal(19,6)", "2.000000"},
        {"cast(1 as decimal(10,2)) / cast(3 as decimal(8,4))", "decimal(23,11)", "0.33333333333"},
        {"cast(7 as decimal(10,2)) % cast(4 as decimal(8,4))", "decimal(8,4)", "3.0000"},
        {"cast(1 as decimal(38,10)) * cast(3 as decimal(38,10))", "decimal(38,6)", "3.000000"},
        {"cast(1 as decimal(38,10)) / cast(3 as decimal(38,10))", "decimal(38,6)", "0.333333"},
        {"5 / 2", "double", "2.5"},
        {"5 div 2", "bigint", "2"},
        {"-5 div 2", "bigint", "-2"},
        {"-5 % 3", "int", "-2"},
        {"pmod(-5, 3)", "int", "1"},
        {"pmod(-5L, 3)", "bigint", "1"},
        {"-7.5D % 2", "double", "-1.5"},
        {"'5' + 1", "bigint", "6"},
        {"4 / '2'", "double", "2.0"},
        {"1.1 - '2.2'", "double", "-1.1"},
        {"-(-3)", "int", "3"},
        {"abs(-3)", "int", "3"},
        {"abs(-2.5)", "decimal(2,1)", "2.5"},
        {"abs(-0.0D)", "double", "0.0"},
        {"1 + NULL", "int", "NULL"},
        {"NULL + NULL", "double", "NULL"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void overflow_and_zero_are_errors(void **state)
{
    static const Expected table[] = {
        {"2147483647 + 1", "int", "!ARITHMETIC_OVERFLOW"},
        {"-2147483647 - 2", "int", "!ARITHMETIC_OVERFLOW"},
        {"65536 * 65536", "int", "!ARITHMETIC_OVERFLOW"},
        {"9223372036854775807L + 1", "bigint", "!ARITHMETIC_OVERFLOW"},
        {"9223372036854775807L * 2", "bigint", "!ARITHMETIC_OVERFLOW"},
        {"-9223372036854775807L - 2", "bigint", "!ARITHMETIC_OVERFLOW"},
        {"127Y + 1Y", "tinyint", "!BINARY_ARITHMETIC_OVERFLOW"},
        {"-128Y * -1Y", "tinyint", "!BINARY_ARITHMETIC_OVERFLOW"},
        {"1 / 0", "double", "!DIVIDE_BY_ZERO"},
        {"1.0D / 0", "double", "!DIVIDE_BY_ZERO"},
        {"1.5 / 0.0", "decimal(8,6)", "!DIVIDE_BY_ZERO"},
        {"1 % 0", "int", "!REMAINDER_BY_ZERO"},
        {"1 div 0", "bigint", "!DIVIDE_BY_ZERO"},
        {"(-9223372036854775807L - 1) div -1", "bigint", "!ARITHMETIC_OVERFLOW"},
        {"(-9223372036854775807L - 1) % -1", "bigint", "0"},
        {"-(-2147483647 - 1)", "int", "!ARITHMETIC_OVERFLOW"},
        {"cast('99999999999999999999999999999999999999' as decimal(38,0)) * 10", "decimal(38,0)",
         "!NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"},
        {"NULL / 0", "double", "NULL"},
        {"try_add(2147483647, 1)", "int", "NULL"},
        {"try_divide(1, 0)", "double", "NULL"},
        {"try_divide(1, 2)", "double", "0.5"},
        {"try_mod(1, 0)", "int", "NULL"},
        {"try_add(1, 1 div 0)", "bigint", "!DIVIDE_BY_ZERO"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void wide_decimals_are_exact(void **state)
{
    static const Expected table[] = {
        {"cast('12345678901234567890123456789' as decimal(38,9)) * "
         "cast('1.000000001' as decimal(38,9))",
         "decimal(38,6)", "12345678913580246791358024679.123457"},
        {"cast('99999999999999999999999999999' as decimal(38,9)) / "
         "cast('3.000000000' as decimal(38,9))",
         "decimal(38,6)", "33333333333333333333333333333.000000"},
        {"cast('12345678901234567890123456789012345678' as decimal(38,0)) % "
         "cast('0.7' as decimal(38,37))",
         NULL, "0.6000000000000000000000000000000000000"},
        {"cast('1' as decimal(38,0)) = cast('1.0000000000000000000000000000000000000' as "
         "decimal(38,37))",
         "boolean", "true"},
        {"cast('99999999999999999999999999999999999999' as decimal(38,0)) > cast('1.5' as "
         "decimal(38,37))",
         "boolean", "true"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void comparisons_bring_sides_together(void **state)
{
    static const Expected table[] = {
        {"1 < 2", "boolean", "true"},
        {"2 <= 1", "boolean", "false"},
        {"1 = 1.0", "boolean", "true"},
        {"1.10 = 1.1", "boolean", "true"},
        {"'1' = 1", "boolean", "true"},
        {"'a' = 1", "boolean", "!CAST_INVALID_INPUT"},
        {"'b' > 'a'", "boolean", "true"},
        {"'a' <> 'a '", "boolean", "true"},
        {"double'NaN' = double'NaN'", "boolean", "true"},
        {"double'NaN' > double'Infinity'", "boolean", "true"},
        {"0.0D = -0.0D", "boolean", "true"},
        {"date'2024-01-01' < timestamp'2024-01-01 00:00:01'", "boolean", "true"},
        {"'2024-01-01' = date'2024-01-01'", "boolean", "true"},
        {"NULL = 1", "boolean", "NULL"},
        {"NULL <=> 1", "boolean", "false"},
        {"NULL <=> NULL", "boolean", "true"},
        {"1 <=> 1", "boolean", "true"},
        {"true = 1", "boolean", "!DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"},
        {"true < false", "boolean", "false"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void logic_looks_from_left_to_right(void **state)
{
    static const Expected table[] = {
        {"true and false", "boolean", "false"},
        {"NULL and false", "boolean", "false"},
        {"NULL and true", "boolean", "NULL"},
        {"NULL or true", "boolean", "true"},
        {"NULL or false", "boolean", "NULL"},
        {"not true", "boolean", "false"},
        {"not NULL", "boolean", "NULL"},
        {"false and 1 / 0 = 1", "boolean", "false"},
        {"1 / 0 = 1 and false", "boolean", "!DIVIDE_BY_ZERO"},
        {"true or 1 / 0 = 1", "boolean", "true"},
        {"1 / 0 = 1 or true", "boolean", "!DIVIDE_BY_ZERO"},
        {"NULL and 1 / 0 = 1", "boolean", "!DIVIDE_BY_ZERO"},
        {"1 and true", "boolean", "!DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"},
        {"1 and 1", "boolean", "!DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void in_is_three_valued(void **state)
{
    static const Expected table[] = {
        {"1 in (2, 1)", "boolean", "true"},
        {"1 in (2, 3)", "boolean", "false"},
        {"1 in (2, NULL)", "boolean", "NULL"},
        {"1 in (1, NULL)", "boolean", "true"},
        {"NULL in (1, 2)", "boolean", "NULL"},
        {"1 in (1, 1 / 0)", "boolean", "true"},
        {"1 in (2, 1 / 0)", "boolean", "!DIVIDE_BY_ZERO"},
        {"1 in (1 / 0, 1)", "boolean", "!DIVIDE_BY_ZERO"},
        {"1 in (1.0, 2)", "boolean", "true"},
        {"'x' in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'x')", "boolean", "true"},
        {"'y' in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'x')", "boolean", "false"},
        {"'y' in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', NULL)", "boolean", "NULL"},
        {"0.0D in (-0.0D, 1, 2, 3, 4, 5, 6, 7, 8, 9)", "boolean", "true"},
        {"1 in (true)", "boolean", "!DATATYPE_MISMATCH.DATA_DIFF_TYPES"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void branches_not_taken_tell_nothing(void **state)
{
    static const Expected table[] = {
        {"case when true then 1 else 1 div 0 end", "bigint", "1"},
        {"case when false then 1 / 0 end", "double", "NULL"},
        {"case when false then 1 / 0 else 2 end", "double", "2.0"},
        {"case when 1 / 0 = 1 then 1 else 2 end", "int", "!DIVIDE_BY_ZERO"},
        {"case when true then 1 when 1 / 0 = 1 then 2 end", "int", "1"},
        {"case when NULL > 1 then 1 else 2 end", "int", "2"},
        {"case when true then 1 else 2L end", "bigint", "1"},
        {"case when true then 'a' end", "string", "a"},
        {"case when true then 1 else true end", "int", "!DATATYPE_MISMATCH.DATA_DIFF_TYPES"},
        {"if(false, 1 / 0, 3)", "double", "3.0"},
        {"coalesce(NULL, 2, 1 div 0)", "bigint", "2"},
        {"coalesce(1 div 0, 2)", "bigint", "!DIVIDE_BY_ZERO"},
        {"coalesce(NULL, NULL)", "void", "NULL"},
        {"nvl(NULL, 'x')", "string", "x"},
        {"nvl2(1, 'a', 'b')", "string", "a"},
        {"nullif(1, 1)", "int", "NULL"},
        {"nullif(1, 2)", "int", "1"},
        {"nullifzero(0)", "int", "NULL"},
        {"zeroifnull(NULL)", "int", "0"},
        {"isnan(double'NaN')", "boolean", "true"},
        {"isnan(NULL)", "boolean", "false"},
        {"nanvl(double'NaN', 1.5D)", "double", "1.5"},
        {"greatest(1, NULL, 3)", "int", "3"},
        {"least(2.5, 1)", "decimal(11,1)", "1.0"},
        {"greatest(NULL, NULL)", "void", "NULL"},
        {"greatest('a', 1)", "int", "!DATATYPE_MISMATCH.DATA_DIFF_TYPES"},
        {"1 IS NULL", "boolean", "false"},
        {"1 / 0 IS NULL", "boolean", "!DIVIDE_BY_ZERO"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void dates_and_intervals_add_up(void **state)
{
    static const Expected table[] = {
        {"date'2024-01-31' + cast('1' as interval month)", "date", "2024-02-29"},
        {"date'2024-01-31' + 1", "date", "2024-02-01"},
        {"date'2024-03-01' - 1Y", "date", "2024-02-29"},
        {"date'2024-01-01' + cast('2' as interval day)", "date", "2024-01-03"},
        {"date'2024-01-01' + cast('3' as interval hour)", "timestamp", "2024-01-01 03:00:00"},
        {"date'2024-03-01' - date'2024-02-28'", "interval day", "INTERVAL '2' DAY"},
        {"'2024-03-01' - date'2024-02-28'", "interval day", "INTERVAL '2' DAY"},
        {"timestamp'2024-01-31 10:00:00' + cast('1' as interval month)", "timestamp",
         "2024-02-29 10:00:00"},
        {"timestamp'2024-01-01 10:00:00' - timestamp'2024-01-01 08:30:00'",
         "interval day to second", "INTERVAL '0 01:30:00' DAY TO SECOND"},
        {"'2017-12-11 09:30:00' - cast('2' as interval day)", "string", "2017-12-09 09:30:00"},
        {"date'2011-11-11' + '1'", "date", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"date'2011-11-11' + 1.0", "date", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"1 - cast('2' as interval second)", "int", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"1 + cast('2' as interval month)", "int", "!DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"},
        {"cast('2' as interval second) * 2", "interval day to second",
         "INTERVAL '0 00:00:04' DAY TO SECOND"},
        {"cast('1' as interval year) / 2", "interval year to month",
         "INTERVAL '0-6' YEAR TO MONTH"},
        {"cast('1' as interval year) / 0", "interval year to month", "!INTERVAL_DIVIDED_BY_ZERO"},
        {"cast('1-1' as interval year to month) + cast('1' as interval month)",
         "interval year to month", "INTERVAL '1-2' YEAR TO MONTH"},
        {"date_add('2011-11-11', '1')", "date", "2011-11-12"},
        {"date_add('2011-11-11', '1.2')", "date", "!CAST_INVALID_INPUT"},
    };

    (void)state;
    EXPECT_ALL(table);
}

/* Local time: an hour is an hour, a day is a date. */
static void intervals_know_the_zone(void **state)
{
    (void)state;
    expect_text_in("America/Los_Angeles",
                   "timestamp'2024-03-09 12:00:00' + cast('1' as interval day)", "timestamp",
                   "2024-03-10 12:00:00");
    expect_text_in("America/Los_Angeles",
                   "timestamp'2024-03-09 12:00:00' + cast('24' as interval hour)", "timestamp",
                   "2024-03-10 12:00:00");
    expect_text_in("America/Los_Angeles",
                   "timestamp'2024-03-10 01:30:00' + cast('1' as interval hour)", "timestamp",
                   "2024-03-10 03:30:00");
}

/* The same expressions over a column of many rows, cut into batches of any size. */
static void batch_size_changes_nothing(void **state)
{
    static const char *const texts[] = {
        "$0 + 1",
        "$0 * $0",
        "1000 div $0",
        "$0 > 10 and 1000 div $0 > 3",
        "case when $0 = 0 then -1 else 1000 div $0 end",
        "$0 in (1, 5, 7, 9, 11, 12, 13, 14, 15, 16, 17)",
        "coalesce($0, 42) % 7",
    };
    enum { ROWS = 200 };
    Arena arena;
    ExprText t;

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    Vector *column = vector_new(&arena, &type_int, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        vector_i32(column)[i] = i % 17 == 3 ? 2147483647 : (int32_t)(i % 23);
        if (i % 11 == 5)
            vector_set_null(&arena, column, i);
    }
    VEC_ADD_IN(&arena, &t.columns, column);
    for (size_t k = 0; k < COUNT_OF(texts); k++) {
        Expr *e = text_parse(&t, texts[k]);
        Vector *whole;

        if (!e)
            fail_msg("%s: %s", texts[k], t.err.text);
        whole = text_eval(&t, e, ROWS);
        for (uint32_t size = 1; size < ROWS; size = size * 2 + 1) {
            for (uint32_t from = 0; from < ROWS; from += size) {
                uint32_t count = MIN(size, ROWS - from);
                Vector *part;

                t.columns.items[0] = vector_slice(&arena, column, from, count);
                part = text_eval(&t, e, count);
                t.columns.items[0] = column;
                for (uint32_t i = 0; i < count; i++)
                    assert_string_equal(text_row(&t, part, i), text_row(&t, whole, from + i));
            }
        }
    }
    arena_done(&arena);
}

static void equal_subexpressions_are_computed_once(void **state)
{
    Arena arena;
    ExprText t;
    StrBuf out;
    Expr *e;

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    VEC_ADD_IN(&arena, &t.columns, vector_null(&arena, &type_int, 1));
    e = text_parse(&t, "($0 + 1) * ($0 + 1)");
    assert_non_null(e);
    strbuf_init(&out);
    program_print(program_compile(&arena, (const Expr *[]){e}, 1), &out);
    assert_string_equal(strbuf_c(&out), "%0 = #0 : int\n"
                                        "%1 = 1 : int\n"
                                        "%2 = + %0 %1 : int\n"
                                        "%3 = * %2 %2 : int\n"
                                        "return %3\n");
    strbuf_done(&out);
    arena_done(&arena);
}

static void conditions_keep_true_rows_and_tell_errors(void **state)
{
    Arena arena;
    ExprText t;
    uint32_t rows[4], error_rows[4], error_count;
    Vector *column, *condition;

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    column = vector_new(&arena, &type_int, 4);
    for (int i = 0; i < 4; i++)
        vector_i32(column)[i] = i;
    vector_set_null(&arena, column, 3);
    VEC_ADD_IN(&arena, &t.columns, column);
    condition = text_eval(&t, text_parse(&t, "1 div $0 = 1"), 4);
    assert_int_equal(condition_rows(condition, rows, error_rows, &error_count), 1);
    assert_int_equal(rows[0], 1);
    assert_int_equal(error_count, 1);
    assert_int_equal(error_rows[0], 0);
    condition = text_eval(&t, text_parse(&t, "$0 >= 1"), 4);
    assert_int_equal(condition_rows(condition, rows, NULL, NULL), 2);
    condition = text_eval(&t, text_parse(&t, "1 = 1"), 4);
    assert_int_equal(condition_rows(condition, rows, NULL, NULL), 4);
    arena_done(&arena);
}

static void folding_leaves_errors_and_columns(void **state)
{
    Arena arena;
    ExprText t;
    StrBuf out;
    static const char *const texts[][2] = {
        {"$0 + (1 + 2)", "(#0 + 3)"},
        {"1 div 0", "(cast(1 as bigint) div cast(0 as bigint))"},
        {"case when 1 = 1 then 'a' end", "'a'"},
    };

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    VEC_ADD_IN(&arena, &t.columns, vector_null(&arena, &type_int, 1));
    strbuf_init(&out);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        strbuf_clear(&out);
        expr_print(&out, expr_fold(&arena, &t.sql, text_parse(&t, texts[i][0])), NULL);
        if (i == 1) /* Its casts fold, the division by zero stays. */
            assert_string_equal(strbuf_c(&out), "(1 div 0)");
        else
            assert_string_equal(strbuf_c(&out), texts[i][1]);
    }
    strbuf_done(&out);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_follow_spark),
        cmocka_unit_test(overflow_and_zero_are_errors),
        cmocka_unit_test(wide_decimals_are_exact),
        cmocka_unit_test(comparisons_bring_sides_together),
        cmocka_unit_test(logic_looks_from_left_to_right),
        cmocka_unit_test(in_is_three_valued),
        cmocka_unit_test(branches_not_taken_tell_nothing),
        cmocka_unit_test(dates_and_intervals_add_up),
        cmocka_unit_test(intervals_know_the_zone),
        cmocka_unit_test(batch_size_changes_nothing),
        cmocka_unit_test(equal_subexpressions_are_computed_once),
        cmocka_unit_test(conditions_keep_true_rows_and_tell_errors),
        cmocka_unit_test(folding_leaves_errors_and_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
