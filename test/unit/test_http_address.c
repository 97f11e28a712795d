/*
 * test_http_address.c: addresses as http_client.h takes them apart and puts them together: a next page's, a
 * cursor's, whether a server is the same.
 */
#include "unit.h"

#include "client/http_client.h"

static void a_parameter_that_is_set_is_read_again(void **state)
{
    static const char *const urls[] = {"http://h/x", "http://h/x?limit=5", "http://h/x?a=old&limit=5",
                                       "http://h/x?limit=5&a=old&a=older"};
    const Str values[] = {STR("7"), STR("a b+c&d=e%20/ü"), STR("")};
    StrBuf found = {0};
    Arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        for (size_t k = 0; k < COUNT_OF(values); k++) {
            /* What stands behind the value is none of it. */
            Str longer = str_of(arena_printf(&arena, "%.*sEND", STR_ARG(values[k])));
            const char *url = http_url_with(&arena, urls[i], STR("a"),
                                            str_slice(longer, 0, values[k].bytes));

            assert_non_null(url);
            http_url_parameter(url, STR("a"), &found);
            assert_string_equal(strbuf_c(&found), values[k].data);
            http_url_parameter(url, STR("limit"), &found);
            assert_string_equal(strbuf_c(&found), i ? "5" : "");
        }
    }
    strbuf_done(&found);
    arena_done(&arena);
}

static void a_parameter_without_a_value_is_empty(void **state)
{
    static const char *const urls[] = {"http://h/x?a=&limit=5", "http://h/x?a&limit=5", "http://h/x?a=",
                                       "http://h/x?aa=1&ba=2", "http://h/x", "no address at all ://"};
    StrBuf found = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        http_url_parameter(urls[i], STR("a"), &found);
        if (found.bytes)
            fail_msg("%s: %s", urls[i], strbuf_c(&found));
    }
    strbuf_done(&found);
}

static void the_same_server_is_that_of_scheme_host_and_port(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"http://h/x", "http://H:80/y?z=1", true},   {"https://h", "https://h:443/", true},
        {"http://h/x", "https://h/x", false},        {"http://h:81/x", "http://h/x", false},
        {"http://h/x", "http://h.example/x", false}, {"http://h/x", "http://u@other/h", false},
        {"http://h/x", "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (http_same_origin(cases[i].a, cases[i].b) != cases[i].same)
            fail_msg("%s, %s", cases[i].a, cases[i].b);
    }
}

static void an_address_moves_with_the_server_it_is_at(void **state)
{
    static const struct {
        const char *url, *from, *to, *moved;
    } cases[] = {
        {"http://h/x?from=7", "http://h/x", "http://g:81/x", "http://g:81/x?from=7"},
        {"http://h/page/7", "http://h/x", "https://u:p@h/x", "https://u:p@h/page/7"},
        {"http://h/x", "http://h/x?a=1", "http://g/x?a=1", "http://g/x"},
        {"http://elsewhere/7", "http://h/x", "http://g/x", "http://elsewhere/7"},
        {"http://h/x?from=7", "http://h/x", "http://h/X", NULL},
        {"http://h/x?from=7", "http://h/x", "http://g/x?a=1", NULL},
        {"http://h/x?from=7", "http://h/x", "no address at all ://", NULL},
    };
    Arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *moved = http_url_moved(&arena, cases[i].url, cases[i].from, cases[i].to);

        if (!moved || !cases[i].moved ? moved != cases[i].moved : strcmp(moved, cases[i].moved) != 0)
            fail_msg("%s, now %s: %s", cases[i].url, cases[i].to, moved);
    }
    arena_done(&arena);
}

static void the_next_page_is_the_link_s_whose_relation_says_so(void **state)
{
    static const struct {
        const char *link, *next;
    } cases[] = {
        {"<http://h/2>; rel=\"next\"", "http://h/2"},
        {"</2?a=b>; rel=next", "http://h/2?a=b"},
        {"<1>; rel=\"prev\", <3>; title=\"a, <b>\"; rel=\"last next\"", "http://h/3"},
        {"<1>; rel=prev", NULL},
        {"<1; rel=next", NULL},
        {"", NULL},
    };
    Arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Str next = http_link_next(&arena, str_of(cases[i].link), "http://h/1");

        if (cases[i].next ? !str_is(next, cases[i].next) : next.data != NULL)
            fail_msg("%s: %.*s", cases[i].link, STR_ARG(next));
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_that_is_set_is_read_again),
        cmocka_unit_test(a_parameter_without_a_value_is_empty),
        cmocka_unit_test(the_same_server_is_that_of_scheme_host_and_port),
        cmocka_unit_test(an_address_moves_with_the_server_it_is_at),
        cmocka_unit_test(the_next_page_is_the_link_s_whose_relation_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
