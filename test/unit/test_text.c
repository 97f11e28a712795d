/* test_text.c: single values to text and back, as Spark casts them. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "column/format_value.h"
#include "column/number_text.h"
#include "random_vector.h"

#define US INT64_C(1000000)
#define DAY (86400 * US)

/* ── floating point ────────────────────────────────────────────────────────────────────────────*/

static void doubles_are_printed_as_java_prints_them(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {1e10, "1.0E10"},
        {1e-5, "1.0E-5"},
        {12345.678, "12345.678"},
        {12345678.9, "1.23456789E7"},
        {9999999.0, "9999999.0"},
        {10000000.0, "1.0E7"},
        {123456789012.0, "1.23456789012E11"},
        {0.001, "0.001"},
        {0.000999, "9.99E-4"},
        {0.1, "0.1"},
        {0.30000000000000004, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {1.6666666666666667, "1.6666666666666667"},
        {9.223372036854776e18, "9.223372036854776E18"},
        {1.7976931348623157e308, "1.7976931348623157E308"},
        {2.2250738585072014e-308, "2.2250738585072014E-308"},
        {5e-324, "4.9E-324"},
        {1e-323, "1.0E-323"},
        {2e23, "1.9999999999999998E23"},
        {1e23, "9.999999999999999E22"},
        {8.41e21, "8.409999999999999E21"},
        {2.0e-3, "0.002"},
        {5.684341886080802e-14, "5.6843418860808015E-14"},
        {9007199254740992.0, "9.007199254740992E15"},
        {9007199254740994.0, "9.007199254740994E15"},
        {1e15, "1.0E15"},
        {1e22, "1.0E22"},
        {4.35, "4.35"},
        {1e-10, "1.0E-10"},
        {9.999999999999999e-11, "9.999999999999999E-11"},
        {9007199254740991.0, "9.007199254740991E15"},
        {4503599627370495.5, "4.5035996273704955E15"},
        {0.5000000000000001, "0.5000000000000001"},
        {0x1p-30, "9.313225746154785E-10"},
        {99999999.999, "9.9999999999E7"},
        {100.0, "100.0"},
        {1234567.125, "1234567.125"},
        {NAN, "NaN"},
        {-NAN, "NaN"},
        {INFINITY, "Infinity"},
        {-INFINITY, "-Infinity"},
    };
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        strbuf_clear(&buf);
        double_to_text(&buf, rows[i].value);
        assert_string_equal(strbuf_c(&buf), rows[i].text);
    }
    strbuf_done(&buf);
}

static void floats_are_printed_as_java_prints_them(void **state)
{
    static const struct {
        float value;
        const char *text;
    } rows[] = {
        {0.1f, "0.1"},         {3.4028235e38f, "3.4028235E38"}, {1.4e-45f, "1.4E-45"},
        {16777216.0f, "1.6777216E7"}, {1e10f, "1.0E10"},        {1.17549435e-38f, "1.17549435E-38"},
        {2147483647.0f, "2.14748365E9"},
        {3.14159274f, "3.1415927"},   {-0.0f, "-0.0"},          {33554432.0f, "3.3554432E7"},
        {2.5f, "2.5"},         {1e-3f, "0.001"},                {8388608.5f, "8388608.0"},
    };
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        strbuf_clear(&buf);
        float_to_text(&buf, rows[i].value);
        assert_string_equal(strbuf_c(&buf), rows[i].text);
    }
    strbuf_done(&buf);
}

static uint64_t double_bits(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static void any_double_reads_back(void **state)
{
    Random random = {1};
    StrBuf buf;

    strbuf_init(&buf);
    for (int i = 0; i < 30000; i++) {
        double d = random_float64(&random);
        double back;

        if (i % 3 == 1)
            d = (double)(int64_t)random_below(&random, 100000000) / 10000;
        if (i % 3 == 2)
            d = ldexp(1.0, (int)random_below(&random, 2000) - 1000);
        strbuf_clear(&buf);
        double_to_text(&buf, d);
        assert_true(text_to_double(strbuf_str(&buf), &back));
        if (isnan(d)) {
            assert_true(isnan(back));
            continue;
        }
        if (double_bits(d) != double_bits(back))
            fail_msg("%a is printed as %s", d, strbuf_c(&buf));
    }
    strbuf_done(&buf);
}

static void any_float_reads_back(void **state)
{
    Random random = {2};
    StrBuf buf;

    strbuf_init(&buf);
    for (int i = 0; i < 30000; i++) {
        uint32_t bits = (uint32_t)random_next(&random);
        float f, back;

        memcpy(&f, &bits, sizeof f);
        if (i % 2)
            f = (float)(random_below(&random, 1000000)) / 100;
        strbuf_clear(&buf);
        float_to_text(&buf, f);
        assert_true(text_to_float(strbuf_str(&buf), &back));
        if (!isnan(f) && memcmp(&f, &back, sizeof f) != 0)
            fail_msg("%a is printed as %s", (double)f, strbuf_c(&buf));
    }
    strbuf_done(&buf);
}

static void texts_of_doubles_are_read(void **state)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"1", 1},          {" 1.5 ", 1.5},      {"1e3", 1000},     {"1E+3", 1000},
        {"1d", 1},         {"1.5F", 1.5},       {".5", 0.5},       {"5.", 5},
        {"+7", 7},         {"-0", -0.0},        {"1e400", INFINITY}, {"-1e400", -INFINITY},
        {"1e-400", 0},     {"Infinity", INFINITY}, {"-inf", -INFINITY}, {"+INFINITY", INFINITY},
        {"\t2\n", 2},      {"0.1e1", 1},        {"179769313486231580793728971405301e276", 1.7976931348623157e308},
        {"9007199254740993", 9007199254740992.0}, {"9007199254740993.0000000000000000000000001", 9007199254740994.0},
        {"1e99999999999", INFINITY}, {"0e99999999999", 0},
    };
    static const char *const bad[] = {"", " ", "abc", "1.5.2", "1e", "e5", ".", "--1", "1 2", "0x10", "1dd",
                                      "d", "+", "nanx", "1_000", "1e5.5"};
    double value;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(text_to_double(str_of(rows[i].text), &value));
        if (double_bits(value) != double_bits(rows[i].value))
            fail_msg("'%s' gives %.17g", rows[i].text, value);
    }
    assert_true(text_to_double(STR("NaN"), &value) && isnan(value));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (text_to_double(str_of(bad[i]), &value))
            fail_msg("'%s' is read as %g", bad[i], value);
    }
}

static void texts_of_thousands_of_digits_are_rounded_rightly(void **state)
{
    StrBuf buf;
    double value;

    strbuf_init(&buf);
    /* 2^53 + 1 lies between two doubles: what comes 5000 digits later decides. */
    strbuf_add_c(&buf, "0009007199254740993.");
    for (int i = 0; i < 5000; i++)
        strbuf_add_char(&buf, '0');
    assert_true(text_to_double(strbuf_str(&buf), &value));
    assert_true(value == 9007199254740992.0);
    strbuf_add_c(&buf, "1");
    assert_true(text_to_double(strbuf_str(&buf), &value));
    assert_true(value == 9007199254740994.0);

    strbuf_clear(&buf);
    for (int i = 0; i < 3000; i++)
        strbuf_add_char(&buf, i == 0 ? '3' : '0');
    strbuf_add_c(&buf, "e-2999");
    assert_true(text_to_double(strbuf_str(&buf), &value));
    assert_true(value == 3.0);
    strbuf_clear(&buf);
    strbuf_add_c(&buf, "-0.");
    for (int i = 0; i < 3000; i++)
        strbuf_add_char(&buf, '0');
    strbuf_add_c(&buf, "25E3001");
    assert_true(text_to_double(strbuf_str(&buf), &value));
    assert_true(value == -2.5);
    strbuf_done(&buf);
}

/* ── integers, booleans, decimals ──────────────────────────────────────────────────────────────*/

static void texts_of_integers_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        {"0", 0}, {" 12 ", 12}, {"-12", -12}, {"+7", 7}, {"007", 7}, {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN}, {"\t\n5\r", 5},
    };
    static const char *const bad[] = {"", " ", "abc", "1.5", "1.0", "9223372036854775808", "-9223372036854775809",
                                      "1 2", "+", "-", "1e3", "99999999999999999999", "--1", "18446744073709551617"};
    int64_t value;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(text_to_int64(str_of(rows[i].text), &value));
        assert_true(value == rows[i].value);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(text_to_int64(str_of(bad[i]), &value));
}

static void texts_of_booleans_are_read(void **state)
{
    static const char *const yes[] = {"t", "true", "TRUE", " y ", "Yes", "1"};
    static const char *const no[] = {"f", "false", "N", "no", "0\n"};
    bool value;

    for (size_t i = 0; i < COUNT_OF(yes); i++)
        assert_true(text_to_bool(str_of(yes[i]), &value) && value);
    for (size_t i = 0; i < COUNT_OF(no); i++)
        assert_true(text_to_bool(str_of(no[i]), &value) && !value);
    assert_false(text_to_bool(STR(""), &value));
    assert_false(text_to_bool(STR("tr"), &value));
    assert_false(text_to_bool(STR("2"), &value));
}

static void powers_of_ten_are_exact(void **state)
{
    Int128 power = 1;

    for (int i = 0; i <= 38; i++, power *= i <= 38 ? 10 : 1)
        assert_true(decimal_power10(i) == power);
}

static void texts_of_decimals_are_read_and_rounded_half_up(void **state)
{
    static const struct {
        const char *text;
        int precision, scale;
        const char *out; /* NULL: refused. */
    } rows[] = {
        {"1.10", 10, 2, "1.10"},
        {"1.119", 10, 2, "1.12"},
        {"1.125", 10, 2, "1.13"},
        {"-1.125", 10, 2, "-1.13"},
        {"1.1249999999999999999999999999999999999999999999", 10, 2, "1.12"},
        {"1.1250000000000000000000000000000000000000000001", 10, 2, "1.13"},
        {"0", 10, 2, "0.00"},
        {"-0", 10, 0, "0"},
        {" 5 ", 3, 0, "5"},
        {"1e3", 10, 2, "1000.00"},
        {"1.5E-2", 10, 2, "0.02"},
        {".5", 1, 0, "1"},
        {"5.", 1, 0, "5"},
        {"99999999.99", 10, 2, "99999999.99"},
        {"99999999.995", 10, 2, NULL},
        {"100000000", 10, 2, NULL},
        {"99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"},
        {"-99999999999999999999999999999999999999", 38, 0, "-99999999999999999999999999999999999999"},
        {"99999999999999999999999999999999999999.4", 38, 0, "99999999999999999999999999999999999999"},
        {"99999999999999999999999999999999999999.5", 38, 0, NULL},
        {"100000000000000000000000000000000000000", 38, 0, NULL},
        {"0.00000000000000000000000000000000000001", 38, 38, "0.00000000000000000000000000000000000001"},
        {"0.000000000000000000000000000000000000005", 38, 38, "0.00000000000000000000000000000000000001"},
        {"0.000000000000000000000000000000000000004", 38, 38, "0.00000000000000000000000000000000000000"},
        {"1e-999999999", 10, 2, "0.00"},
        {"1e999999999", 10, 2, NULL},
        {"0e999999999", 10, 2, "0.00"},
        {"abc", 10, 2, NULL},
        {"1d", 10, 2, NULL},
        {"", 10, 2, NULL},
        {"1.2.3", 10, 2, NULL},
    };
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Int128 value;
        bool ok = text_to_decimal(str_of(rows[i].text), rows[i].precision, rows[i].scale, &value);

        if (ok != (rows[i].out != NULL))
            fail_msg("'%s' is %s", rows[i].text, ok ? "read" : "refused");
        if (!ok)
            continue;
        strbuf_clear(&buf);
        decimal_to_text(&buf, value, rows[i].scale);
        assert_string_equal(strbuf_c(&buf), rows[i].out);
    }
    strbuf_done(&buf);
}

static void decimals_are_rescaled_half_up(void **state)
{
    static const struct {
        int64_t value;
        int from, to;
        int64_t out;
    } rows[] = {
        {125, 2, 1, 13}, {-125, 2, 1, -13}, {124, 2, 1, 12}, {5, 1, 0, 1}, {-5, 1, 0, -1}, {4, 1, 0, 0},
        {12, 0, 3, 12000}, {0, 0, 38, 0}, {999, 3, 0, 1}, {1, 38, 0, 0},
    };
    Int128 value;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(decimal_rescale(rows[i].value, rows[i].from, rows[i].to, &value));
        assert_true(value == rows[i].out);
    }
    assert_false(decimal_rescale(10, 0, 37, &value));
    assert_true(decimal_rescale(9, 0, 37, &value));
    assert_false(decimal_rescale(decimal_power10(37), 0, 38, &value));
    assert_true(decimal_fits(999, 3));
    assert_false(decimal_fits(-1000, 3));
}

static void any_decimal_reads_back(void **state)
{
    Random random = {5};
    StrBuf buf;

    strbuf_init(&buf);
    for (int i = 0; i < 20000; i++) {
        int scale = (int)random_below(&random, 39);
        Int128 value = random_decimal(&random, 38);
        Int128 back;

        strbuf_clear(&buf);
        decimal_to_text(&buf, value, scale);
        assert_true(text_to_decimal(strbuf_str(&buf), 38, scale, &back));
        assert_true(back == value);
    }
    strbuf_done(&buf);
}

/* ── dates and timestamps ──────────────────────────────────────────────────────────────────────*/

static void the_calendar_counts_every_day_once(void **state)
{
    int64_t year = -1000;
    int month = 1, day = 1;
    int32_t first = days_from_civil(year, 1, 1);

    assert_int_equal(days_from_civil(1970, 1, 1), 0);
    assert_int_equal(days_from_civil(2000, 3, 1), 11017);
    for (int32_t days = first; year < 3000; days++) {
        int32_t y;
        int m, d;

        civil_from_days(days, &y, &m, &d);
        assert_true(y == year && m == month && d == day);
        assert_int_equal(days_from_civil(year, month, day), days);
        if (++day > days_in_month(year, month)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
}

static void texts_of_dates_are_read_as_spark_reads_them(void **state)
{
    static const struct {
        const char *text, *out; /* NULL: refused. */
    } rows[] = {
        {"2024-01-01", "2024-01-01"},
        {"2024", "2024-01-01"},
        {"2024-1", "2024-01-01"},
        {"2024-2-29", "2024-02-29"},
        {" 2024-12-31 ", "2024-12-31"},
        {"2024-01-01T", "2024-01-01"},
        {"2024-01-01 anything", "2024-01-01"},
        {"2024-01-01T00:00:00Z", "2024-01-01"},
        {"+12345-01-02", "+12345-01-02"},
        {"12345-01-02", "+12345-01-02"},
        {"-0044-03-15", "-0044-03-15"},
        {"0000-01-01", "0000-01-01"},
        {"0001-01-01", "0001-01-01"},
        {"5000000-01-01", "+5000000-01-01"},
        {"2023-02-29", NULL},
        {"2024-13-01", NULL},
        {"2024-00-01", NULL},
        {"2024-01-32", NULL},
        {"2024-01-00", NULL},
        {"202", NULL},
        {"2024-", NULL},
        {"2024-1-", NULL},
        {"2024 ", "2024-01-01"},
        {"2024 x", NULL},
        {"2024-01 x", NULL},
        {"2024-01-011", NULL},
        {"20240101", NULL},
        {"2024/01/01", NULL},
        {"9999999-01-01", NULL},
        {"", NULL},
        {"bad", NULL},
        {"-", NULL},
    };
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int32_t days;
        bool ok = text_to_date(str_of(rows[i].text), &days);

        if (ok != (rows[i].out != NULL))
            fail_msg("'%s' is %s", rows[i].text, ok ? "read" : "refused");
        if (!ok)
            continue;
        strbuf_clear(&buf);
        date_to_text(&buf, days);
        assert_string_equal(strbuf_c(&buf), rows[i].out);
    }
    strbuf_done(&buf);
}

static void texts_of_timestamps_are_read_as_spark_reads_them(void **state)
{
    static const struct {
        const char *text, *out; /* In UTC; NULL: refused. */
    } rows[] = {
        {"2024-01-01 00:00:01", "2024-01-01 00:00:01"},
        {"2024-01-01T00:00:01Z", "2024-01-01 00:00:01"},
        {"2024-01-01T00:00:01.5Z", "2024-01-01 00:00:01.5"},
        {"2024-01-01 00:00:00.1234567", "2024-01-01 00:00:00.123456"},
        {"2024-01-01 00:00:00.123456789+01:00", "2023-12-31 23:00:00.123456"},
        {"2024-01-01 00:00:00.120", "2024-01-01 00:00:00.12"},
        {"2024-01-01 00:00:00.", "2024-01-01 00:00:00"},
        {"2024", "2024-01-01 00:00:00"},
        {"2024-1", "2024-01-01 00:00:00"},
        {"2024-1-1", "2024-01-01 00:00:00"},
        {"2024-1-1 1:2:3", "2024-01-01 01:02:03"},
        {"2024-01-01 10", "2024-01-01 10:00:00"},
        {"2024-01-01 10:20", "2024-01-01 10:20:00"},
        {"2024-01-01T00:00:00+05:30", "2023-12-31 18:30:00"},
        {"2024-01-01T00:00:00+5:30", "2023-12-31 18:30:00"},
        {"2024-01-01T00:00:00-0800", "2024-01-01 08:00:00"},
        {"2024-01-01T00:00:00 -08", "2024-01-01 08:00:00"},
        {"2024-01-01T00:00:00+1", "2023-12-31 23:00:00"},
        {"2024-01-01T00:00:00UTC+1", "2023-12-31 23:00:00"},
        {"2024-07-01 00:00:00 Europe/London", "2024-06-30 23:00:00"},
        {"2024-07-01 00:00:00.5America/New_York", "2024-07-01 04:00:00.5"},
        {"2024-07-01 00:00:00 PST", "2024-07-01 07:00:00"},
        {" 2024-01-01 00:00:00 ", "2024-01-01 00:00:00"},
        {"1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"},
        {"0001-01-01 00:00:00", "0001-01-01 00:00:00"},
        {"-0001-01-01 00:00:00", "-0001-01-01 00:00:00"},
        {"+10000-01-01 00:00:00", "+10000-01-01 00:00:00"},
        {"294247-01-10T04:00:54.775807Z", "+294247-01-10 04:00:54.775807"},
        {"-290308-12-21T19:59:05.224192Z", "-290308-12-21 19:59:05.224192"},
        {"294247-01-10T04:00:54.775808Z", NULL},
        {"-290308-12-21T19:59:05.224191Z", NULL},
        {"999999-01-01 00:00:00", NULL},
        {"1000000-01-01 00:00:00", NULL},
        {"bad", NULL},
        {"", NULL},
        {"25:00", NULL},
        {"10:20:30", NULL},
        {"T10:20:30", NULL},
        {"2024-13-01 00:00:00", NULL},
        {"2023-02-29 00:00:00", NULL},
        {"2024-01-01 24:00:00", NULL},
        {"2024-01-01 00:60:00", NULL},
        {"2024-01-01 00:00:60", NULL},
        {"2024-01-01T", NULL},
        {"2024-01-01T10:20Z", NULL},
        {"2024-01-01Z", NULL},
        {"2024-01-01 00:00:00+19:00", NULL},
        {"2024-01-01 00:00:00+18:01", NULL},
        {"2024-01-01 00:00:00 Nowhere/Atall", NULL},
        {"2024-01-01 00:00:00 ../../etc/passwd", NULL},
        {"2024-01-01 00:00:00x", NULL},
        {"2024-01-01 001:00:00", NULL},
        {"2024-01-01_00:00:00", NULL},
    };
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t us;
        bool ok = text_to_timestamp(str_of(rows[i].text), zone_utc(), &us);

        if (ok != (rows[i].out != NULL))
            fail_msg("'%s' is %s", rows[i].text, ok ? "read" : "refused");
        if (!ok)
            continue;
        strbuf_clear(&buf);
        timestamp_to_text(&buf, us);
        assert_string_equal(strbuf_c(&buf), rows[i].out);
    }
    strbuf_done(&buf);
}

static void a_timestamp_without_zone_takes_the_sessions(void **state)
{
    const Zone *zone;
    int64_t us;

    assert_ok(zone_find(STR("America/Los_Angeles"), &zone, &err));
    assert_true(text_to_timestamp(STR("2024-07-01 00:00:00"), zone, &us));
    assert_true(us == 1719817200 * US);
    assert_true(text_to_timestamp(STR("2024-07-01 00:00:00Z"), zone, &us));
    assert_true(us == 1719792000 * US);
    assert_true(text_to_timestamp_ntz(STR("2024-07-01 00:00:00"), false, &us));
    assert_true(us == 1719792000 * US);
    assert_false(text_to_timestamp_ntz(STR("2024-07-01 00:00:00Z"), false, &us));
    assert_false(text_to_timestamp_ntz(STR("2024-07-01 00:00:00+01:00"), false, &us));
    assert_true(text_to_timestamp_ntz(STR("2024-07-01 00:00:00+01:00"), true, &us));
    assert_true(us == 1719792000 * US);
    assert_true(text_to_timestamp_ntz(STR("2024-07-01 00:00:00Z"), true, &us));
    assert_false(text_to_timestamp_ntz(STR("2024-07-01 00:00:00 Nowhere"), true, &us));
}

static void any_timestamp_reads_back(void **state)
{
    Random random = {9};
    StrBuf buf;

    strbuf_init(&buf);
    for (int i = 0; i < 20000; i++) {
        int64_t us = random_int(&random, INT64_MIN, INT64_MAX);
        int64_t back;

        if (i % 2)
            us = (int64_t)random_below(&random, 4102444800u) * US + (int64_t)random_below(&random, 3) * 500000;
        strbuf_clear(&buf);
        timestamp_to_text(&buf, us);
        assert_true(text_to_timestamp(strbuf_str(&buf), zone_utc(), &back));
        assert_true(back == us);
        strbuf_clear(&buf);
        timestamp_to_iso(&buf, us, 6);
        strbuf_add_char(&buf, 'Z');
        assert_true(text_to_timestamp(strbuf_str(&buf), zone_utc(), &back));
        assert_true(back == us);
    }
    strbuf_clear(&buf);
    timestamp_to_iso(&buf, 1500000, 3);
    assert_string_equal(strbuf_c(&buf), "1970-01-01T00:00:01.500");
    strbuf_clear(&buf);
    timestamp_to_iso(&buf, 0, 0);
    assert_string_equal(strbuf_c(&buf), "1970-01-01T00:00:00");
    strbuf_done(&buf);
}

/* ── intervals ─────────────────────────────────────────────────────────────────────────────────*/

static const Type *range(Arena *arena, IntervalUnit from, IntervalUnit to)
{
    return type_interval_range(arena, to <= UNIT_MONTH ? TYPE_INTERVAL_YM : TYPE_INTERVAL_DT, from, to);
}

static void intervals_are_printed_in_the_units_of_their_type(void **state)
{
    static const struct {
        IntervalUnit from, to;
        int64_t value;
        const char *ansi, *bare;
    } rows[] = {
        {UNIT_YEAR, UNIT_MONTH, 14, "INTERVAL '1-2' YEAR TO MONTH", "1-2"},
        {UNIT_YEAR, UNIT_MONTH, -14, "INTERVAL '-1-2' YEAR TO MONTH", "-1-2"},
        {UNIT_YEAR, UNIT_MONTH, INT32_MIN, "INTERVAL '-178956970-8' YEAR TO MONTH", "-178956970-8"},
        {UNIT_YEAR, UNIT_YEAR, 24, "INTERVAL '2' YEAR", "2-0"},
        {UNIT_MONTH, UNIT_MONTH, -14, "INTERVAL '-14' MONTH", "-1-2"},
        {UNIT_DAY, UNIT_SECOND, DAY + 7384500000, "INTERVAL '1 02:03:04.5' DAY TO SECOND", "1 02:03:04.500000000"},
        {UNIT_DAY, UNIT_SECOND, -1, "INTERVAL '-0 00:00:00.000001' DAY TO SECOND", "-0 00:00:00.000001000"},
        {UNIT_DAY, UNIT_SECOND, INT64_MIN, "INTERVAL '-106751991 04:00:54.775808' DAY TO SECOND",
         "-106751991 04:00:54.775808000"},
        {UNIT_DAY, UNIT_DAY, 3 * DAY, "INTERVAL '3' DAY", "3 00:00:00.000000000"},
        {UNIT_HOUR, UNIT_SECOND, DAY + 7384 * US, "INTERVAL '26:03:04' HOUR TO SECOND", "1 02:03:04.000000000"},
        {UNIT_HOUR, UNIT_HOUR, 7200 * US, "INTERVAL '02' HOUR", "0 02:00:00.000000000"},
        {UNIT_MINUTE, UNIT_MINUTE, 6000 * US, "INTERVAL '100' MINUTE", "0 01:40:00.000000000"},
        {UNIT_SECOND, UNIT_SECOND, 1500000, "INTERVAL '01.5' SECOND", "0 00:00:01.500000000"},
        {UNIT_SECOND, UNIT_SECOND, 100 * US, "INTERVAL '100' SECOND", "0 00:01:40.000000000"},
        {UNIT_DAY, UNIT_HOUR, 0, "INTERVAL '0 00' DAY TO HOUR", "0 00:00:00.000000000"},
    };
    Arena arena;
    StrBuf buf;

    arena_init(&arena);
    strbuf_init(&buf);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const Type *type = range(&arena, rows[i].from, rows[i].to);

        for (int bare = 0; bare < 2; bare++) {
            strbuf_clear(&buf);
            if (type->kind == TYPE_INTERVAL_YM)
                interval_ym_to_text(&buf, (int32_t)rows[i].value, type, bare);
            else
                interval_dt_to_text(&buf, rows[i].value, type, bare);
            assert_string_equal(strbuf_c(&buf), bare ? rows[i].bare : rows[i].ansi);
        }
    }
    strbuf_done(&buf);
    arena_done(&arena);
}

static void any_interval_reads_back(void **state)
{
    Random random = {13};
    StrBuf buf;

    strbuf_init(&buf);
    for (int i = 0; i < 20000; i++) {
        Interval interval = {(int32_t)random_int(&random, INT32_MIN, INT32_MAX),
                             (int32_t)random_int(&random, INT32_MIN, INT32_MAX),
                             random_int(&random, INT64_MIN, INT64_MAX)};
        Interval back;
        int32_t months;
        int64_t us;

        strbuf_clear(&buf);
        interval_ym_to_text(&buf, interval.months, &type_interval_ym, i % 2);
        assert_true(text_to_interval_ym(strbuf_str(&buf), &type_interval_ym, &months));
        assert_true(months == interval.months);
        strbuf_clear(&buf);
        interval_dt_to_text(&buf, interval.us, &type_interval_dt, i % 2);
        assert_true(text_to_interval_dt(strbuf_str(&buf), &type_interval_dt, &us));
        assert_true(us == interval.us);
        strbuf_clear(&buf);
        interval_to_text(&buf, interval);
        assert_true(text_to_interval(strbuf_str(&buf), &back));
        assert_memory_equal(&back, &interval, sizeof back);
    }
    strbuf_done(&buf);
}

static void calendar_intervals_are_printed_and_read(void **state)
{
    static const struct {
        const char *text, *out; /* NULL: refused. */
    } rows[] = {
        {"1 year 2 months", "1 years 2 months"},
        {"interval 1 day", "1 days"},
        {"INTERVAL -1 week 2 DAYS", "-5 days"},
        {"1.5 seconds", "1.5 seconds"},
        {".5 second", "0.5 seconds"},
        {"-.5 second", "-0.5 seconds"},
        {"1.999999999 second", "1.999999 seconds"},
        {"90 minutes", "1 hours 30 minutes"},
        {"- 3 hours", "-3 hours"},
        {"5 milliseconds 7 microseconds", "0.005007 seconds"},
        {"0 days", "0 seconds"},
        {"  13 months  ", "1 years 1 months"},
        {"1 day\t2 hours", "1 days 2 hours"},
        {"", NULL},
        {"interval", NULL},
        {"interval ", NULL},
        {"interval1 day", NULL},
        {"1", NULL},
        {"1 fortnight", NULL},
        {"1.5 days", NULL},
        {"1day", NULL},
        {"day", NULL},
        {"1 day 2", NULL},
        {"1.0000000001 second", NULL},
        {"3000000000 days", NULL},
        {"9223372036854775807 hours", NULL},
        {". second", NULL},
        {"1 days s", NULL},
    };
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Interval interval;
        bool ok = text_to_interval(str_of(rows[i].text), &interval);

        if (ok != (rows[i].out != NULL))
            fail_msg("'%s' is %s", rows[i].text, ok ? "read" : "refused");
        if (!ok)
            continue;
        strbuf_clear(&buf);
        interval_to_text(&buf, interval);
        assert_string_equal(strbuf_c(&buf), rows[i].out);
    }
    strbuf_done(&buf);
}

static void texts_of_ansi_intervals_must_fit_their_type(void **state)
{
    static const struct {
        IntervalUnit from, to;
        const char *text;
        int64_t value;
        bool ok;
    } rows[] = {
        {UNIT_YEAR, UNIT_MONTH, "1-2", 14, true},
        {UNIT_YEAR, UNIT_MONTH, "-1-2", -14, true},
        {UNIT_YEAR, UNIT_MONTH, "+1-2", 14, true},
        {UNIT_YEAR, UNIT_MONTH, "interval -'-1-2' year to month", 14, true},
        {UNIT_YEAR, UNIT_MONTH, "INTERVAL '1-2' YEAR", 0, false},
        {UNIT_YEAR, UNIT_MONTH, "1-12", 0, false},
        {UNIT_YEAR, UNIT_MONTH, "1", 0, false},
        {UNIT_YEAR, UNIT_MONTH, "178956970-8", 0, false},
        {UNIT_YEAR, UNIT_MONTH, "-178956970-8", INT32_MIN, true},
        {UNIT_YEAR, UNIT_YEAR, "5", 60, true},
        {UNIT_MONTH, UNIT_MONTH, "INTERVAL '5' MONTH", 5, true},
        {UNIT_DAY, UNIT_SECOND, "1 02:03:04.5", DAY + 7384500000, true},
        {UNIT_DAY, UNIT_SECOND, "1 2:3:4", DAY + 7384 * US, true},
        {UNIT_DAY, UNIT_SECOND, "1 24:00:00", 0, false},
        {UNIT_DAY, UNIT_SECOND, "1 00:60:00", 0, false},
        {UNIT_DAY, UNIT_SECOND, "1 00:00", 0, false},
        {UNIT_DAY, UNIT_SECOND, "1 00:00:00.", 0, false},
        {UNIT_DAY, UNIT_SECOND, "106751992 00:00:00", 0, false},
        {UNIT_DAY, UNIT_DAY, "3", 3 * DAY, true},
        {UNIT_HOUR, UNIT_MINUTE, "100:59", 363540 * US, true},
        {UNIT_SECOND, UNIT_SECOND, "-61.25", -61250000, true},
        {UNIT_SECOND, UNIT_SECOND, "", 0, false},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const Type *type = range(&arena, rows[i].from, rows[i].to);
        int32_t months;
        int64_t value = 0;
        bool ok;

        if (type->kind == TYPE_INTERVAL_YM) {
            ok = text_to_interval_ym(str_of(rows[i].text), type, &months);
            value = ok ? months : 0;
        } else {
            ok = text_to_interval_dt(str_of(rows[i].text), type, &value);
        }
        if (ok != rows[i].ok || (ok && value != rows[i].value))
            fail_msg("'%s' gives %d, %lld", rows[i].text, ok, (long long)value);
    }
    arena_done(&arena);
}

/* ── nested values ─────────────────────────────────────────────────────────────────────────────*/

static void nested_values_are_printed_with_null_inside(void **state)
{
    Arena arena;
    VectorBuilder b;
    StrBuf buf;
    const Type *type;
    Vector *v;

    arena_init(&arena);
    strbuf_init(&buf);
    assert_ok(type_parse(&arena, STR("struct<a:array<double>,m:map<string,date>,s:struct<>,b:boolean>"), &type, &err));
    builder_init(&b, &arena, type, 0);
    builder_add_f64(&b.children[0].children[0], 1.0);
    builder_add_null(&b.children[0].children[0]);
    builder_end_row(&b.children[0]);
    builder_add_str(&b.children[1].children[0], STR("k"));
    builder_add_i32(&b.children[1].children[1], 0);
    builder_add_str(&b.children[1].children[0], STR("l"));
    builder_add_null(&b.children[1].children[1]);
    builder_end_row(&b.children[1]);
    builder_end_row(&b.children[2]);
    builder_add_null(&b.children[3]);
    builder_end_row(&b);
    v = builder_finish(&b);
    value_to_text(&buf, v, 0, zone_utc());
    assert_string_equal(strbuf_c(&buf), "{[1.0, null], {k -> 1970-01-01, l -> null}, {}, null}");
    strbuf_done(&buf);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_printed_as_java_prints_them),
        cmocka_unit_test(floats_are_printed_as_java_prints_them),
        cmocka_unit_test(any_double_reads_back),
        cmocka_unit_test(any_float_reads_back),
        cmocka_unit_test(texts_of_doubles_are_read),
        cmocka_unit_test(texts_of_thousands_of_digits_are_rounded_rightly),
        cmocka_unit_test(texts_of_integers_are_read),
        cmocka_unit_test(texts_of_booleans_are_read),
        cmocka_unit_test(powers_of_ten_are_exact),
        cmocka_unit_test(texts_of_decimals_are_read_and_rounded_half_up),
        cmocka_unit_test(decimals_are_rescaled_half_up),
        cmocka_unit_test(any_decimal_reads_back),
        cmocka_unit_test(the_calendar_counts_every_day_once),
        cmocka_unit_test(texts_of_dates_are_read_as_spark_reads_them),
        cmocka_unit_test(texts_of_timestamps_are_read_as_spark_reads_them),
        cmocka_unit_test(a_timestamp_without_zone_takes_the_sessions),
        cmocka_unit_test(any_timestamp_reads_back),
        cmocka_unit_test(intervals_are_printed_in_the_units_of_their_type),
        cmocka_unit_test(any_interval_reads_back),
        cmocka_unit_test(calendar_intervals_are_printed_and_read),
        cmocka_unit_test(texts_of_ansi_intervals_must_fit_their_type),
        cmocka_unit_test(nested_values_are_printed_with_null_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
