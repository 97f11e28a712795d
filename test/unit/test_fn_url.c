/*
 * URLs as java.net.URI takes them apart.
 */
#include "expr_text.h"

#define URL "'http://userinfo@spark.apache.org:80/path/a?query=1&k=v%20w#Ref'"

static void parts_are_found(void **state)
{
    static const Expected table[] = {
        {"parse_url(" URL ", 'HOST')", "string", "spark.apache.org"},
        {"parse_url(" URL ", 'PATH')", "string", "/path/a"},
        {"parse_url(" URL ", 'QUERY')", "string", "query=1&k=v%20w"},
        {"parse_url(" URL ", 'REF')", "string", "Ref"},
        {"parse_url(" URL ", 'PROTOCOL')", "string", "http"},
        {"parse_url(" URL ", 'FILE')", "string", "/path/a?query=1&k=v%20w"},
        {"parse_url(" URL ", 'AUTHORITY')", "string", "userinfo@spark.apache.org:80"},
        {"parse_url(" URL ", 'USERINFO')", "string", "userinfo"},
        {"parse_url(" URL ", 'QUERY', 'k')", "string", "v%20w"},
        {"parse_url(" URL ", 'QUERY', 'x')", "string", "NULL"},
        {"parse_url(" URL ", 'HOST', 'k')", "string", "NULL"},
        {"parse_url(" URL ", 'host')", "string", "NULL"},
        {"parse_url('http://a.org', 'QUERY')", "string", "NULL"},
        {"parse_url('http://a.org', 'PATH')", "string", ""},
        {"parse_url('file:///x/y', 'PATH')", "string", "/x/y"},
        {"parse_url('file:///x/y', 'HOST')", "string", "NULL"},
        {"parse_url('http://a_b.org/x', 'HOST')", "string", "NULL"},
        {"parse_url('http://a_b.org/x', 'AUTHORITY')", "string", "a_b.org"},
        {"parse_url('http://127.0.0.1:8080/', 'HOST')", "string", "127.0.0.1"},
        {"parse_url('http://[::1]:8080/', 'HOST')", "string", "[::1]"},
        {"parse_url('mailto:a@b.org', 'PROTOCOL')", "string", "mailto"},
        {"parse_url('mailto:a@b.org', 'PATH')", "string", "NULL"},
        {"parse_url('/x?a=b', 'PATH')", "string", "/x"},
        {"parse_url('', 'PATH')", "string", ""},
        {"parse_url('', 'HOST')", "string", "NULL"},
        {"parse_url('http://a.org/é', 'PATH')", "string", "/é"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void what_is_no_url_is_refused(void **state)
{
    static const Expected table[] = {
        {"parse_url('inva lid://user:pass@host/file;param?query;p2', 'HOST')", "string",
         "!INVALID_URL"},
        {"parse_url('http://a.org/%zz', 'PATH')", "string", "!INVALID_URL"},
        {"parse_url('http://a.org/a|b', 'PATH')", "string", "!INVALID_URL"},
        {"parse_url('http://', 'HOST')", "string", "!INVALID_URL"},
        {"parse_url('1http://a', 'HOST')", "string", "!INVALID_URL"},
        {"try_parse_url('a b', 'HOST')", "string", "NULL"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void texts_are_made_fit_and_back(void **state)
{
    static const Expected table[] = {
        {"url_encode('https://spark.apache.org')", "string", "https%3A%2F%2Fspark.apache.org"},
        {"url_encode('a b*é')", "string", "a+b*%C3%A9"},
        {"url_decode('https%3A%2F%2Fspark.apache.org')", "string", "https://spark.apache.org"},
        {"url_decode('a+%c3%A9')", "string", "a é"},
        {"url_decode('%ff')", "string", "\xEF\xBF\xBD"},
        {"url_decode('http%3A%2F%2spark.apache.org')", "string", "!CANNOT_DECODE_URL"},
        {"url_decode('%')", "string", "!CANNOT_DECODE_URL"},
        {"url_decode(null)", "string", "NULL"},
        {"try_url_decode('%2')", "string", "NULL"},
    };

    (void)state;
    EXPECT_ALL(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(what_is_no_url_is_refused),
        cmocka_unit_test(texts_are_made_fit_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
