#include "unit.h"

#include "sql/diagnostic.h"

static Span span_at(const char *source, const char *what)
{
    const char *found = strstr(source, what);
    Span span = {.offset = (uint32_t)(found - source), .bytes = (uint32_t)strlen(what), .line = 1};

    span.column = 1;
    for (const char *c = source; c < found; c++) {
        span.column += ((unsigned char)*c & 0xC0) != 0x80;
        if (*c == '\n') {
            span.line++;
            span.column = 1;
        }
    }
    return span;
}

/* How one error at `what` in `source` is printed. */
static void assert_printed(const char *source, const char *what, DiagnosticStyle style,
                           const char *expected)
{
    Arena arena;
    DiagnosticList list;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    diagnostics_init(&list, &arena);
    diagnostic_error(&list, span_at(source, what), "SOME_CLASS", "42000", "It is %s.", "wrong");
    diagnostic_remedy(&list, "do it %d times", 2);
    diagnostics_print(&out, &list, "a.sql", str_of(source), style);
    assert_string_equal(strbuf_c(&out), expected);
    strbuf_done(&out);
    arena_done(&arena);
}

static void an_error_shows_its_line_with_a_mark_under_it(void **state)
{
    assert_printed("SELECT 1;\nSELECT prise FROM t\n", "prise", (DiagnosticStyle){0},
                   "a.sql:2:8: error: It is wrong. [SOME_CLASS]\n"
                   "    2 | SELECT prise FROM t\n"
                   "      |        ^~~~~\n"
                   "  help: do it 2 times\n");
}

static void the_mark_stays_in_place_behind_tabs_and_wide_characters(void **state)
{
    assert_printed("\tSELECT\tx", "x", (DiagnosticStyle){0},
                   "a.sql:1:9: error: It is wrong. [SOME_CLASS]\n"
                   "    1 |     SELECT  x\n"
                   "      |             ^\n"
                   "  help: do it 2 times\n");
    assert_printed("'日本' x", "x", (DiagnosticStyle){0},
                   "a.sql:1:6: error: It is wrong. [SOME_CLASS]\n"
                   "    1 | '日本' x\n"
                   "      |        ^\n"
                   "  help: do it 2 times\n");
}

static void what_a_terminal_would_obey_is_shown_as_a_dot(void **state)
{
    assert_printed("a \x1b[31m\xff x\r\n", "x", (DiagnosticStyle){0},
                   "a.sql:1:10: error: It is wrong. [SOME_CLASS]\n"
                   "    1 | a .[31m. x\n"
                   "      |          ^\n"
                   "  help: do it 2 times\n");
}

static void a_span_over_lines_is_marked_on_its_first(void **state)
{
    assert_printed("SELECT a +\n  b", "a +\n  b", (DiagnosticStyle){0},
                   "a.sql:1:8: error: It is wrong. [SOME_CLASS]\n"
                   "    1 | SELECT a +\n"
                   "      |        ^~~\n"
                   "  help: do it 2 times\n");
}

static void long_lines_are_cut_around_the_mark(void **state)
{
    assert_printed("0123456789012345678901234567890123456789 x 0123456789012345678901234567890",
                   "x", (DiagnosticStyle){.columns = 30},
                   "a.sql:1:42: error: It is wrong. [SOME_CLASS]\n"
                   "    1 | ...123456789 x 012345678901234...\n"
                   "      |              ^\n"
                   "  help: do it 2 times\n");
}

static void colours_come_only_when_asked(void **state)
{
    assert_printed("x", "x", (DiagnosticStyle){.colour = true},
                   "\x1b[1ma.sql:1:1: \x1b[0m\x1b[1;31merror\x1b[0m: It is wrong. [SOME_CLASS]\n"
                   "    1 | x\n"
                   "      | \x1b[1;31m^\x1b[0m\n"
                   "  \x1b[1;32mhelp:\x1b[0m do it 2 times\n");
}

static void an_error_without_place_has_no_line(void **state)
{
    Arena arena;
    DiagnosticList list;
    StrBuf out;
    Error err = {0};

    arena_init(&arena);
    strbuf_init(&out);
    diagnostics_init(&list, &arena);
    diagnostic_warning(&list, SPAN_NONE, NULL, "careful");
    assert_false(diagnostics_failed(&list));
    diagnostic_error(&list, SPAN_NONE, NULL, NULL, "wrong");
    diagnostics_print(&out, &list, "a.sql", STR("x"), (DiagnosticStyle){0});
    assert_string_equal(strbuf_c(&out), "a.sql: warning: careful\na.sql: error: wrong\n");
    assert_false(diagnostics_to_error(&list, "a.sql", &err));
    assert_string_equal(err.text, "wrong");
    strbuf_done(&out);
    arena_done(&arena);
}

static void the_list_keeps_the_first_hundred_and_counts_the_rest(void **state)
{
    Arena arena;
    DiagnosticList list;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    diagnostics_init(&list, &arena);
    for (int i = 0; i < 150; i++) {
        diagnostic_error(&list, SPAN_NONE, NULL, NULL, "error %d", i);
        diagnostic_remedy(&list, "remedy %d", i);
    }
    assert_int_equal(list.count, 100);
    assert_int_equal(list.error_count, 150);
    assert_string_equal(list.items[99].remedy, "remedy 99");
    diagnostics_print(&out, &list, "a.sql", STR(""), (DiagnosticStyle){0});
    assert_true(str_ends_with(strbuf_str(&out), STR("a.sql: and 50 more\n")));
    strbuf_done(&out);
    arena_done(&arena);
}

static void sorting_keeps_notes_with_what_they_belong_to(void **state)
{
    Arena arena;
    DiagnosticList list;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    diagnostics_init(&list, &arena);
    diagnostic_error(&list, (Span){.offset = 5}, NULL, NULL, "e5");
    diagnostic_error(&list, (Span){.offset = 1}, NULL, NULL, "e1");
    diagnostic_note(&list, (Span){.offset = 9}, "n1");
    diagnostic_note(&list, (Span){.offset = 0}, "m1");
    diagnostic_error(&list, (Span){.offset = 3}, NULL, NULL, "e3");
    diagnostic_note(&list, (Span){.offset = 9}, "n3");
    diagnostics_sort(&list);
    for (size_t i = 0; i < list.count; i++)
        strbuf_printf(&out, "%s ", list.items[i].message);
    assert_string_equal(strbuf_c(&out), "e1 n1 m1 e3 n3 e5 ");
    strbuf_done(&out);
    arena_done(&arena);
}

static void the_nearest_spelling_is_near(void **state)
{
    static const Str names[] = {{"price", 5}, {"quantity", 8}, {"ts", 2}, {"id", 2}};

    assert_str_is(spelling_nearest(STR("prise"), names, 4), "price");
    assert_str_is(spelling_nearest(STR("PRCIE"), names, 4), "price");
    assert_str_is(spelling_nearest(STR("quantty"), names, 4), "quantity");
    assert_int_equal(spelling_nearest(STR("customer"), names, 4).bytes, 0);
    assert_int_equal(spelling_nearest(STR("is"), names, 4).bytes, 0);
    assert_int_equal(spelling_nearest(STR(""), names, 4).bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_shows_its_line_with_a_mark_under_it),
        cmocka_unit_test(the_mark_stays_in_place_behind_tabs_and_wide_characters),
        cmocka_unit_test(what_a_terminal_would_obey_is_shown_as_a_dot),
        cmocka_unit_test(a_span_over_lines_is_marked_on_its_first),
        cmocka_unit_test(long_lines_are_cut_around_the_mark),
        cmocka_unit_test(colours_come_only_when_asked),
        cmocka_unit_test(an_error_without_place_has_no_line),
        cmocka_unit_test(the_list_keeps_the_first_hundred_and_counts_the_rest),
        cmocka_unit_test(sorting_keeps_notes_with_what_they_belong_to),
        cmocka_unit_test(the_nearest_spelling_is_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
