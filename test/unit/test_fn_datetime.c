/*
 * Functions of dates, times and intervals, and datetime patterns.
 */
#include "expr_text.h"

static void parts_of_times(void **state)
{
    static const Expected table[] = {
        {"year('2024-02-29')", "int", "2024"},
        {"year(timestamp'2024-02-29 10:00:00')", "int", "2024"},
        {"quarter('2024-05-01')", "int", "2"},
        {"dayofweek('2007-02-03')", "int", "7"},
        {"dayofweek('1582-10-15 13:10:15')", "int", "6"},
        {"weekday('2009-07-30')", "int", "3"},
        {"dayofyear('1500-01-01')", "int", "1"},
        {"weekofyear('2011-01-01')", "int", "52"},
        {"hour('2009-07-30 12:58:59')", "int", "12"},
        {"second('2009-07-30 12:58:59.9')", "int", "59"},
        {"extract('yearofweek', date'2011-01-01')", "int", "2010"},
        {"extract('dow_iso', date'2011-05-06')", "int", "5"},
        {"extract('second', timestamp'2011-05-06 07:08:09.1234567')", "decimal(8,6)", "9.123456"},
        {"extract('YEAR', cast('-2-1' as interval year to month))", "int", "-2"},
        {"extract('MONTH', cast('-2-1' as interval year to month))", "tinyint", "-1"},
        {"date_part('DAY', cast('123 12:34:56.789123' as interval day to second))", "int", "123"},
        {"date_part('SECOND', cast('-0 00:00:56.789123' as interval day to second))",
         "decimal(8,6)", "-56.789123"},
        {"date_part(NULL, date'2011-01-01')", "double", "NULL"},
        {"extract('not_supported', date'2011-01-01')", NULL, "!INVALID_EXTRACT_FIELD"},
        {"extract('day', cast('2-1' as interval year to month))", NULL, "!INVALID_EXTRACT_FIELD"},
        {"trunc('2019-08-04', 'week')", "date", "2019-07-29"},
        {"trunc('2019-08-04', 'quarter')", "date", "2019-07-01"},
        {"trunc('2019-08-04', 'xx')", "date", "NULL"},
        {"date_trunc('YEAR', timestamp'2015-03-05 09:32:05.359')", "timestamp",
         "2015-01-01 00:00:00"},
        {"date_trunc('MILLISECOND', '2015-03-05 09:32:05.123456')", "timestamp",
         "2015-03-05 09:32:05.123"},
        {"date_trunc('week', '2015-03-05')", "timestamp", "2015-03-02 00:00:00"},
        {"dayname('2008-02-20')", "string", "Wed"},
        {"monthname('2008-02-20')", "string", "Feb"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void steps_between_times(void **state)
{
    static const Expected table[] = {
        {"add_months('2016-08-31', 1)", "date", "2016-09-30"},
        {"add_months('2016-03-31', -1)", "date", "2016-02-29"},
        {"last_day('2024-02-10')", "date", "2024-02-29"},
        {"next_day('2015-07-23', 'Mon')", "date", "2015-07-27"},
        {"next_day('2015-07-23', 'Thursday')", "date", "2015-07-30"},
        {"next_day('2015-07-23', 'xx')", "date", "!ILLEGAL_DAY_OF_WEEK"},
        {"next_day(NULL, 'xx')", "date", "NULL"},
        {"months_between('1997-02-28 10:30:00', '1996-10-30')", "double", "3.94959677"},
        {"months_between('1997-02-28 10:30:00', '1996-10-30', false)", "double",
         "3.9495967741935485"},
        {"months_between('2024-03-31', '2024-02-29')", "double", "1.0"},
        {"datediff('2009-07-31', '2009-07-30')", "int", "1"},
        {"timestampdiff('MONTH', date'2024-01-31', date'2024-03-01')", "bigint", "1"},
        {"timestampdiff('MINUTE', date'2022-02-25', timestamp'2022-02-24 22:20:00')", "bigint", "-100"},
        {"timestampdiff('QUARTER', timestamp'2023-08-10 01:02:03', timestamp'2022-01-14 "
         "01:02:03')",
         "bigint", "-6"},
        {"timestampdiff('EON', date'2024-01-31', date'2024-03-01')", NULL,
         "!INVALID_PARAMETER_VALUE.DATETIME_UNIT"},
        {"timestampadd('QUARTER', 5, date'2022-02-25')", "timestamp", "2023-05-25 00:00:00"},
        {"timestampadd('DAY', 367, date'2022-02-25')", "timestamp", "2023-02-27 00:00:00"},
        {"timestampadd('WEEK', -4, timestamp'2022-02-25 01:02:03')", "timestamp",
         "2022-01-28 01:02:03"},
        {"timestampadd('YEAR', 2147483647, timestamp'2022-02-25 01:02:03')", "timestamp",
         "!DATETIME_OVERFLOW"},
        {"date_add('2011-11-11', 1.0)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void times_made_of_numbers(void **state)
{
    static const Expected table[] = {
        {"make_date(2013, 7, 15)", "date", "2013-07-15"},
        {"make_date(2013, 2, 30)", "date", "!DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION"},
        {"make_date(2013, 13, 1)", "date", "!DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION"},
        {"make_date(-44, 3, 15)", "date", "-0044-03-15"},
        {"make_timestamp(2021, 7, 11, 6, 30, 45.678)", "timestamp", "2021-07-11 06:30:45.678"},
        {"make_timestamp(1, 1, 1, 1, 1, 60)", "timestamp", "0001-01-01 01:02:00"},
        {"make_timestamp(1, 1, 1, 1, 1, 60.007)", "timestamp", "!INVALID_FRACTION_OF_SECOND"},
        {"make_timestamp(1, 1, 1, 1, 1, 61)", "timestamp",
         "!DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION"},
        {"try_make_timestamp(1, 1, 1, 25, 1, 1)", "timestamp", "NULL"},
        {"make_timestamp(make_date(2021, 7, 11))", "timestamp", "2021-07-11 00:00:00"},
        {"make_timestamp(NULL)", "timestamp", "NULL"},
        {"make_timestamp(date'1970-01-01', timestamp'2018-11-17 13:33:33', 'CET')", NULL,
         "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"make_timestamp_ntz(2021, 7, 11, 6, 30, 45.678, 'CET')", NULL,
         "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
        {"make_timestamp_ntz(2021, 7, 11, 6, 30, 45.678)", "timestamp_ntz",
         "2021-07-11 06:30:45.678"},
        {"make_interval(1, 2, 3, 4, 5, 6, 7.008009)", "interval",
         "1 years 2 months 25 days 5 hours 6 minutes 7.008009 seconds"},
        {"make_interval(1, 2)", "interval", "1 years 2 months"},
        {"make_dt_interval(1, 2, 3, 4.005006)", "interval day to second",
         "INTERVAL '1 02:03:04.005006' DAY TO SECOND"},
        {"make_dt_interval(2147483647)", "interval day to second",
         "!INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION"},
        {"make_ym_interval(1, 2)", "interval year to month", "INTERVAL '1-2' YEAR TO MONTH"},
        {"make_ym_interval(178956970, 8)", "interval year to month",
         "!INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION"},
        {"timestamp_seconds(1230219000)", "timestamp", "2008-12-25 15:30:00"},
        {"timestamp_seconds(1.23)", "timestamp", "1970-01-01 00:00:01.23"},
        {"timestamp_seconds(0.1234567)", "timestamp", "!ARITHMETIC_OVERFLOW"},
        {"timestamp_seconds(0.1234567D)", "timestamp", "1970-01-01 00:00:00.123456"},
        {"timestamp_seconds(-1230219000123123L)", "timestamp", "!ARITHMETIC_OVERFLOW"},
        {"timestamp_millis(-1230219000123L)", "timestamp", "1931-01-07 08:29:59.877"},
        {"unix_seconds(timestamp'1969-12-31 23:59:59.5')", "bigint", "-1"},
        {"unix_micros(timestamp'2020-12-01 14:30:08.999999')", "bigint", "1606833008999999"},
        {"unix_date(date'1970-01-02')", "int", "1"},
        {"date_from_unix_date(-1)", "date", "1969-12-31"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void times_as_text(void **state)
{
    static const Expected table[] = {
        {"date_format('2018-11-17 13:33:33.333', 'yyyy-MM-dd HH:mm:ss.SSS')", "string",
         "2018-11-17 13:33:33.333"},
        {"date_format('2018-11-17 13:33:33.333', 'y yy yyy yyyyy')", "string",
         "2018 18 2018 02018"},
        {"date_format('2018-01-07 13:33:33', 'M MM MMM MMMM L LLL')", "string",
         "1 01 Jan January 1 Jan"},
        {"date_format('2018-01-07', 'E EEE EEEE D DDD d dd F')", "string",
         "Sun Sun Sunday 7 007 7 07 7"},
        {"date_format('2018-05-07', 'Q QQ QQQ QQQQ q')", "string", "2 02 Q2 2nd quarter 2"},
        {"date_format('2018-05-07 00:05:09', 'H HH k kk K h hh m mm s ss a')", "string",
         "0 00 24 24 0 12 12 5 05 9 09 AM"},
        {"date_format('2018-05-07 00:00:00.123456', 'S SSS SSSSSS SSSSSSSSS')", "string",
         "1 123 123456 123456000"},
        {"date_format('2018-05-07', '''quoted'' ''''')", "string", "quoted '"},
        {"date_format('2018-05-07', '''it''''s''')", "string", "it's"},
        {"date_format('2018-05-07', 'yyyy[MM]')", "string", "201805"},
        {"date_format('-0044-03-15', 'G y')", "string", "BC 45"},
        {"date_format('2018-05-07', 'yyyyyyy')", "string",
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"},
        {"date_format('2018-05-07', 'qqqqq')", "string", "!INVALID_DATETIME_PATTERN.LENGTH"},
        {"date_format('2018-05-07', 'LLLLL')", "string",
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"},
        {"date_format('2018-05-07', 'DDDD')", "string",
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"},
        {"date_format('2018-05-07', 'SSSSSSSSSS')", "string",
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"},
        {"date_format('2018-05-07', 'OO')", "string", "!INVALID_DATETIME_PATTERN.WITH_SUGGESTION"},
        {"date_format('2018-05-07', 'A')", "string", "!INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER"},
        {"date_format('2018-05-07', 'w')", "string",
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"},
        {"date_format('2018-05-07', 'c')", "string",
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN"},
        {"date_format('2018-05-07', 'yyyy ''x')", "string",
         "!INVALID_DATETIME_PATTERN.WITH_SUGGESTION"},
        {"from_unixtime(0)", "string", "1970-01-01 00:00:00"},
        {"from_unixtime(0, 'yyyy')", "string", "1970"},
    };

    (void)state;
    EXPECT_ALL(table);
    expect_text_in("America/Los_Angeles",
                   "date_format('2018-11-17 13:33:33', 'VV z zzzz O OOOO X XXX x Z ZZZZ ZZZZZ')",
                   "string",
                   "America/Los_Angeles PST Pacific Standard Time GMT-8 GMT-08:00 -08 -08:00 -08 "
                   "-0800 GMT-08:00 -08:00");
    expect_text_in("UTC", "date_format('2018-11-17', 'X x XXX Z O')", "string",
                   "Z +00 Z +0000 GMT");
}

static void text_as_times(void **state)
{
    static const Expected table[] = {
        {"to_timestamp('2016-12-31', 'yyyy-MM-dd')", "timestamp", "2016-12-31 00:00:00"},
        {"to_timestamp('2016-12-31 00:12:00')", "timestamp", "2016-12-31 00:12:00"},
        {"to_timestamp(1)", "timestamp", "1970-01-01 00:00:01"},
        {"to_timestamp(NULL)", "timestamp", "NULL"},
        {"to_timestamp('16', 'dd')", "timestamp", "1970-01-16 00:00:00"},
        {"to_timestamp('99', 'yy')", "timestamp", "2099-01-01 00:00:00"},
        {"to_timestamp('1', 'yy')", "timestamp", "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp('009999', 'yyy')", "timestamp", "9999-01-01 00:00:00"},
        {"to_timestamp('00001', 'yyyyy')", "timestamp", "0001-01-01 00:00:00"},
        {"to_timestamp('20200131', 'yyyyMMdd')", "timestamp", "2020-01-31 00:00:00"},
        {"to_timestamp('12020', 'yyyy')", "timestamp", "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp('+12020', 'yyyy')", "timestamp", "+12020-01-01 00:00:00"},
        {"to_timestamp('9', 'D')", "timestamp", "1970-01-09 00:00:00"},
        {"to_timestamp('9', 'DD')", "timestamp", "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp('366', 'DD')", "timestamp", "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp('2020-30-365', 'yyyy-dd-DDD')", "timestamp", "2020-12-30 00:00:00"},
        {"to_timestamp('2020-10-350', 'yyyy-MM-DDD')", "timestamp", "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp('2019-10-06 10:11:12.', 'yyyy-MM-dd HH:mm:ss.SSSSSS[zzz]')", "timestamp",
         "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp('2019-10-06 10:11:12.1', 'yyyy-MM-dd HH:mm:ss.SSSSSS[zzz]')", "timestamp",
         "2019-10-06 10:11:12.1"},
        {"to_timestamp('2019-10-06 10:11:12.123456PST', 'yyyy-MM-dd HH:mm:ss.SSSSSS[zzz]')",
         "timestamp", "2019-10-06 17:11:12.123456"},
        {"to_timestamp('2019-10-06 10:11:12 +05:30', 'yyyy-MM-dd HH:mm:ss XXX')", "timestamp",
         "2019-10-06 04:41:12"},
        {"to_timestamp('12.1232019-10-06S10:11', 'ss.SSSSyyyy-MM-dd''S''HH:mm')", "timestamp",
         "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp('2019 40', 'yyyy mm')", "timestamp", "2019-01-01 00:40:00"},
        {"to_timestamp('3:05 pm', 'h:mm a')", "timestamp", "1970-01-01 15:05:00"},
        {"to_timestamp('6 Feb 2020', 'd MMM yyyy')", "timestamp", "2020-02-06 00:00:00"},
        {"to_timestamp('22 05 2020 Friday', 'dd MM yyyy EEEEE')", "timestamp",
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"},
        {"try_to_timestamp('x', 'yyyy')", "timestamp", "NULL"},
        {"try_to_timestamp('x')", "timestamp", "NULL"},
        {"to_date('02-29', 'MM-dd')", "date", "!CANNOT_PARSE_TIMESTAMP"},
        {"to_date('31.12.2016', 'dd.MM.yyyy')", "date", "2016-12-31"},
        {"to_date('2009-07-30 04:17:52')", "date", "2009-07-30"},
        {"to_timestamp_ntz('2016-12-31 10:00', 'yyyy-MM-dd HH:mm')", "timestamp_ntz",
         "2016-12-31 10:00:00"},
        {"unix_timestamp('1970-01-01 00:00:10')", "bigint", "10"},
        {"to_unix_timestamp('1970-01-02', 'yyyy-MM-dd')", "bigint", "86400"},
        {"unix_timestamp('aa')", "bigint", "!CANNOT_PARSE_TIMESTAMP"},
        {"to_timestamp(true)", NULL, "!CAST_INVALID_INPUT"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void zones_are_named(void **state)
{
    static const Expected table[] = {
        {"from_utc_timestamp('2016-08-31', 'Asia/Seoul')", "timestamp", "2016-08-31 09:00:00"},
        {"to_utc_timestamp('2016-08-31', 'Asia/Seoul')", "timestamp", "2016-08-30 15:00:00"},
        {"from_utc_timestamp('2016-08-31', 'Nowhere')", "timestamp", "!INVALID_TIMEZONE"},
        {"convert_timezone('Europe/Brussels', 'America/Los_Angeles', timestamp_ntz'2021-12-06 "
         "00:00:00')",
         "timestamp_ntz", "2021-12-05 15:00:00"},
        {"convert_timezone('Europe/Brussels', timestamp_ntz'2021-12-06 00:00:00')", "timestamp_ntz",
         "2021-12-06 01:00:00"},
        {"current_timezone()", "string", "UTC"},
        {"current_date()", "date", "1970-01-01"},
        {"now()", "timestamp", "1970-01-01 00:00:00"},
    };

    (void)state;
    EXPECT_ALL(table);
    expect_text_in("CET", "make_timestamp(2021, 7, 11, 6, 30, 45.678, 'UTC')", "timestamp",
                   "2021-07-11 08:30:45.678");
    expect_text_in("America/Los_Angeles", "date_trunc('HOUR', '2024-11-03 01:30:00')", "timestamp",
                   "2024-11-03 01:00:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_times),        cmocka_unit_test(steps_between_times),
        cmocka_unit_test(times_made_of_numbers), cmocka_unit_test(times_as_text),
        cmocka_unit_test(text_as_times),         cmocka_unit_test(zones_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
