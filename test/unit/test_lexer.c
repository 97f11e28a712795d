#include "unit.h"

#include "sql/lexer.h"

typedef struct Fixture {
    Arena arena;
    DiagnosticList diagnostics;
    StatementText text;
    TokenVec tokens;
} Fixture;

static bool fixture_lex(Fixture *f, const char *sql)
{
    Str source = str_of(sql);

    arena_init(&f->arena);
    diagnostics_init(&f->diagnostics, &f->arena);
    f->text = statement_text_whole(source);
    f->tokens = (TokenVec){0};
    return lex(&f->text, &f->tokens, &f->diagnostics);
}

static void fixture_done(Fixture *f)
{
    VEC_DONE(&f->tokens);
    arena_done(&f->arena);
}

/* The tokens' texts with bars between them. */
static void assert_tokens(const char *sql, const char *expected)
{
    Fixture f;
    StrBuf out;

    strbuf_init(&out);
    assert_true(fixture_lex(&f, sql));
    for (size_t i = 0; i + 1 < f.tokens.count; i++) {
        if (i > 0)
            strbuf_add_char(&out, ' ');
        strbuf_add_str(&out, token_text(&f.text, &f.tokens.items[i]));
    }
    assert_int_equal(f.tokens.items[f.tokens.count - 1].kind, TOKEN_END);
    assert_string_equal(strbuf_c(&out), expected);
    strbuf_done(&out);
    fixture_done(&f);
}

static void assert_kinds(const char *sql, const TokenKind *kinds, size_t count)
{
    Fixture f;

    assert_true(fixture_lex(&f, sql));
    assert_int_equal(f.tokens.count, count + 1);
    for (size_t i = 0; i < count; i++)
        if (f.tokens.items[i].kind != kinds[i])
            fail_msg("%s: token %zu is of kind %d", sql, i, (int)f.tokens.items[i].kind);
    fixture_done(&f);
}

#define ASSERT_KINDS(sql, ...)                                                                     \
    assert_kinds(sql, (const TokenKind[]){__VA_ARGS__},                                            \
                 sizeof((const TokenKind[]){__VA_ARGS__}) / sizeof(TokenKind))

static void the_longest_token_wins(void **state)
{
    assert_tokens("a<=>b<=c<>d!=e>>>f>>g||h|>i|j->k=>l::m:n", "a <=> b <= c <> d != e >>> f >> g "
                                                              "|| h |> i | j -> k => l :: m : n");
    assert_tokens("a!>b!<c==d", "a !> b !< c == d");
    assert_tokens("a--b\nc", "a c");
    assert_tokens("a- -b", "a - - b");
}

static void numbers_follow_sparks_rules(void **state)
{
    ASSERT_KINDS("1 1.5 .5 1. 1e5 1.5e-3 1L 1s 1Y 1F 1.5D 1BD 1e3bd", TOKEN_INTEGER, TOKEN_DECIMAL,
                 TOKEN_DECIMAL, TOKEN_DECIMAL, TOKEN_EXPONENT, TOKEN_EXPONENT, TOKEN_BIGINT,
                 TOKEN_SMALLINT, TOKEN_TINYINT, TOKEN_FLOAT, TOKEN_DOUBLE, TOKEN_BIG_DECIMAL,
                 TOKEN_BIG_DECIMAL);
    ASSERT_KINDS("1e+5", TOKEN_EXPONENT);
    ASSERT_KINDS("1e+", TOKEN_WORD, TOKEN_PLUS);
}

static void words_may_begin_with_digits(void **state)
{
    ASSERT_KINDS("1a 2024_01 1e5x 1Lx 12BDx", TOKEN_WORD, TOKEN_WORD, TOKEN_WORD, TOKEN_WORD,
                 TOKEN_WORD);
    assert_tokens("t.1a", "t . 1a");
    assert_tokens("t.5", "t .5");
    assert_tokens("2.3x", "2 . 3x");
    assert_tokens("12.0D 34.E2+0.12", "12.0D 34.E2 + 0.12");
}

static void comments_leave_no_trace(void **state)
{
    assert_tokens("a -- b\n c", "a c");
    assert_tokens("a -- b \\\n still\n c", "a c");
    assert_tokens("a /* b /* c */ d */ e", "a e");
    assert_tokens("/**/a/***/b", "a b");
    assert_tokens("'-- no' \"/* no */\" `-- no`", "'-- no' \"/* no */\" `-- no`");
    assert_tokens("SELECT /*+ hint(a) */ b", "SELECT /*+ hint ( a ) */ b");
}

static void blanks_of_unicode_are_blanks(void **state)
{
    assert_tokens("a\xC2\xA0"
                  "b\xE3\x80\x80"
                  "c\xEF\xBB\xBF",
                  "a b c");
}

static void strings_end_at_their_own_quote(void **state)
{
    static const struct {
        const char *sql;
        const char *value;
    } rows[] = {
        {"'a'", "a"},
        {"\"a'b\"", "a'b"},
        {"'a''b'", "a'b"},
        {"\"a\"\"b\"", "a\"b"},
        {"'a\"\"b'", "a\"\"b"},
        {"'\\n\\t\\r\\b\\\\\\'\\\"'", "\n\t\r\b\\'\""},
        {"'\\Z\\q'", "\x1Aq"},
        {"'\\%\\_'", "\\%\\_"},
        {"'\\u00e9\\U0001F600'", "\xC3\xA9\xF0\x9F\x98\x80"},
        {"'\\uD83D\\uDE00'", "\xF0\x9F\x98\x80"},
        {"'\\uD83D'", "?"},
        {"'\\101\\060'", "A0"},
        {"'\\u00g'", "u00g"},
        {"'\\199'", "199"},
        {"r'a\\n'", "a\\n"},
        {"R\"a'b\"", "a'b"},
        {"''", ""},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Fixture f;

        assert_true(fixture_lex(&f, rows[i].sql));
        assert_int_equal(f.tokens.count, 2);
        assert_int_equal(f.tokens.items[0].kind, TOKEN_STRING);
        assert_str_is(token_string(&f.arena, &f.text, &f.tokens.items[0]), rows[i].value);
        fixture_done(&f);
    }
}

static void quoted_names_lose_their_quotes(void **state)
{
    Fixture f;

    assert_true(fixture_lex(&f, "`a``b c`"));
    assert_str_is(token_name(&f.arena, &f.text, &f.tokens.items[0]), "a`b c");
    fixture_done(&f);
}

static void what_is_no_token_is_told_with_its_place(void **state)
{
    static const struct {
        const char *sql;
        const char *class_name;
        uint32_t column;
    } rows[] = {
        {"a 'b", "PARSE_SYNTAX_ERROR", 3},   {"a \"b\\\"", "PARSE_SYNTAX_ERROR", 3},
        {"a `b", "PARSE_SYNTAX_ERROR", 3},   {"\xC3\xA4 /* b", "UNCLOSED_BRACKETED_COMMENT", 3},
        {"a # b", "PARSE_SYNTAX_ERROR", 3},  {"a \xFF b", "PARSE_SYNTAX_ERROR", 3},
        {"a \\ b", "PARSE_SYNTAX_ERROR", 3},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Fixture f;

        assert_false(fixture_lex(&f, rows[i].sql));
        assert_int_equal(f.diagnostics.count, 1);
        assert_string_equal(f.diagnostics.items[0].class_name, rows[i].class_name);
        assert_int_equal(f.diagnostics.items[0].span.column, rows[i].column);
        fixture_done(&f);
    }
}

static void brackets_know_their_partners(void **state)
{
    Fixture f;

    assert_true(fixture_lex(&f, "( a [ ( ) ] ) ( ]"));
    assert_int_equal(f.tokens.items[0].match, 6);
    assert_int_equal(f.tokens.items[2].match, 5);
    assert_int_equal(f.tokens.items[3].match, 4);
    assert_int_equal(f.tokens.items[7].match, 0);
    fixture_done(&f);
}

static void every_keyword_is_found_in_any_case(void **state)
{
    for (int keyword = 1; keyword < KEYWORD_COUNT; keyword++) {
        const char *text = keyword_text((Keyword)keyword);
        Arena arena;

        arena_init(&arena);
        assert_int_equal(keyword_of(str_of(text)), keyword);
        assert_int_equal(keyword_of(str_lower(&arena, str_of(text))), keyword);
        arena_done(&arena);
    }
    assert_int_equal(keyword_of(STR("SELECTED")), KEYWORD_NONE);
    assert_int_equal(keyword_of(STR("")), KEYWORD_NONE);
    assert_int_equal(keyword_of(STR("AVERYLONGWORDTHATISNOKEYWORD")), KEYWORD_NONE);
}

static void texts_are_cut_at_semicolons_of_their_own(void **state)
{
    static const char *const expected[] = {"SELECT ';' -- ;\n, `;`, \"\\\";\", r'\\'",
                                           "b /* ; */ c", "SET x = it's"};
    Str source =
        STR("\xEF\xBB\xBF -- first;\n SELECT ';' -- ;\n, `;`, \"\\\";\", r'\\' ; ; b /* ; */ c\n;"
            "SET x = it's; -- last");
    StatementText text;
    TextCursor cursor = TEXT_START;
    size_t count = 0;

    while (statement_text_next(source, &cursor, &text)) {
        assert_true(count < COUNT_OF(expected));
        assert_str_is(text.text, expected[count]);
        count++;
    }
    assert_int_equal(count, COUNT_OF(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_token_wins),
        cmocka_unit_test(numbers_follow_sparks_rules),
        cmocka_unit_test(words_may_begin_with_digits),
        cmocka_unit_test(comments_leave_no_trace),
        cmocka_unit_test(blanks_of_unicode_are_blanks),
        cmocka_unit_test(strings_end_at_their_own_quote),
        cmocka_unit_test(quoted_names_lose_their_quotes),
        cmocka_unit_test(what_is_no_token_is_told_with_its_place),
        cmocka_unit_test(brackets_know_their_partners),
        cmocka_unit_test(every_keyword_is_found_in_any_case),
        cmocka_unit_test(texts_are_cut_at_semicolons_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
