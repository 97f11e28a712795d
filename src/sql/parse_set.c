/*
 * parse_set.c: settings and variables.
 *
 * SET key = value takes everything up to the semicolon as the value, blanks at both ends off; it
 * need not be SQL (`SET feed = http://127.0.0.1:8090/a b`). A comment in it is one when a blank
 * stands before it.
 */
#include "sql/parse.h"

/* ── SET key = value, RESET ────────────────────────────────────────────────────────────────────*/

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '-';
}

/* The word at *at, behind blanks and comments; empty when something else stands there. */
static Str next_word(Str text, uint32_t *at)
{
    uint32_t from;

    while (*at < text.bytes) {
        uint32_t end;
        bool closed;

        if (is_blank(text.data[*at]))
            ++*at;
        else if (text_item(text, *at, false, &end, &closed) == TEXT_COMMENT)
            *at = end;
        else
            break;
    }
    from = *at;
    while (*at < text.bytes && is_key_char(text.data[*at]))
        ++*at;
    return str_slice(text, from, *at);
}

bool sql_text_is_raw_set(Str text)
{
    uint32_t at = 0;
    Str first = next_word(text, &at);
    Str second;
    Str third;
    bool follows;

    if (str_is_nocase(first, "RESET"))
        return true;
    if (!str_is_nocase(first, "SET"))
        return false;
    second = next_word(text, &at);
    third = next_word(text, &at);
    follows = third.bytes > 0 ||
              (at < text.bytes &&
               (text.data[at] == '(' || text.data[at] == '`' || text.data[at] == '\''));
    if (str_is_nocase(second, "TIME") && str_is_nocase(third, "ZONE"))
        return false;
    return !(follows && (str_is_nocase(second, "VAR") || str_is_nocase(second, "VARIABLE") ||
                         str_is_nocase(second, "CATALOG") || str_is_nocase(second, "ROLE")));
}

/* text[from..to) without comments, blanks at both ends off. */
static Str plain_text(Arena *arena, Str text, uint32_t from, uint32_t to)
{
    char *out = arena_alloc(arena, (size_t)(to - from) + 1);
    uint32_t used = 0;

    for (uint32_t at = from; at < to;) {
        uint32_t end;
        bool closed;
        bool blank_before = at == from || is_blank(text.data[at - 1]);

        if (blank_before && text_item(text, at, false, &end, &closed) == TEXT_COMMENT && closed)
            at = MIN(end, to);
        else
            out[used++] = text.data[at++];
    }
    return str_trim((Str){out, used});
}

static Str without_backquotes(Str text)
{
    if (text.bytes >= 2 && text.data[0] == '`' && text.data[text.bytes - 1] == '`')
        return str_slice(text, 1, text.bytes - 1);
    return text;
}

static bool is_key(Str key)
{
    for (uint32_t i = 0; i < key.bytes; i++)
        if (!is_key_char(key.data[i]))
            return false;
    return key.bytes > 0;
}

/* Where text[from..to) stands, blanks at both ends off. */
static Span trimmed_span(const StatementText *text, uint32_t from, uint32_t to)
{
    PlaceFinder finder;

    while (from < to && is_blank(text->text.data[from]))
        from++;
    while (to > from && is_blank(text->text.data[to - 1]))
        to--;
    place_finder_init(&finder, text);
    return place_find(&finder, from, to);
}

static uint32_t find_equal(Str text, uint32_t from)
{
    bool quoted = false;

    for (uint32_t at = from; at < text.bytes; at++) {
        if (text.data[at] == '`')
            quoted = !quoted;
        else if (text.data[at] == '=' && !quoted)
            return at;
    }
    return text.bytes;
}

static AstStatement *refuse_setting(DiagnosticList *diagnostics, Span span)
{
    diagnostic_error(diagnostics, span, "INVALID_SET_SYNTAX", "42000",
                     "Expected format is 'SET', 'SET key', or 'SET key=value'.");
    diagnostic_remedy(diagnostics, "a key is made of letters, digits, '.', '_', '-' and ':'; any "
                                   "other stands in backquotes");
    return NULL;
}

/* SET ('-v' | key ('=' value)?)? | RESET key? */
AstStatement *parse_raw_set(Arena *arena, const StatementText *text, DiagnosticList *diagnostics)
{
    AstStatement *statement = ARENA_NEW(arena, AstStatement);
    uint32_t from = 0;
    bool reset = str_is_nocase(next_word(text->text, &from), "RESET");
    uint32_t equal = reset ? text->text.bytes : find_equal(text->text, from);
    Str raw = plain_text(arena, text->text, from, equal);
    Str key = without_backquotes(raw);
    Span key_span = trimmed_span(text, from, equal);

    statement->span = trimmed_span(text, 0, text->text.bytes);
    if (reset) {
        statement->kind = AST_STATEMENT_RESET;
        statement->reset.key = key;
        statement->reset.key_span = key_span;
        return raw.bytes == 0 || raw.data != key.data || is_key(key)
                   ? statement
                   : refuse_setting(diagnostics, key_span);
    }
    statement->kind = AST_STATEMENT_SET;
    statement->set.value = STR_EMPTY;
    statement->set.key = key;
    statement->set.key_span = key_span;
    statement->set.verbose = equal == text->text.bytes && str_is(raw, "-v");
    if (statement->set.verbose)
        statement->set.key = STR_EMPTY;
    else if ((raw.bytes > 0 || equal < text->text.bytes) && raw.data == key.data && !is_key(key))
        return refuse_setting(diagnostics, key_span.bytes > 0 ? key_span : statement->span);
    if (equal < text->text.bytes) {
        statement->set.has_value = true;
        statement->set.value =
            without_backquotes(plain_text(arena, text->text, equal + 1, text->text.bytes));
        statement->set.value_span = trimmed_span(text, equal + 1, text->text.bytes);
    }
    return statement;
}

/* ── SET TIME ZONE, SET VARIABLE, DECLARE ──────────────────────────────────────────────────────*/

/* SET TIME ZONE (interval | stringLit | LOCAL) */
static AstStatement *parse_time_zone(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_SET_TIME_ZONE);
    uint32_t start = p->at;

    statement->time_zone.zone = STR_EMPTY;
    statement->time_zone.local = accept_keyword(p, KEYWORD_LOCAL);
    if (!statement->time_zone.local) {
        if (at_interval(p))
            statement->time_zone.interval = parse_interval(p);
        else
            statement->time_zone.zone = parse_string(p, "a zone in quotes, an interval or LOCAL");
    }
    statement->time_zone.zone_span = span_since(p, start);
    return statement;
}

/* SET (VARIABLE | VAR) (assignmentList | '(' names ')' '=' '(' query ')') */
static AstStatement *parse_set_variable(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_SET_VARIABLE);

    if (accept(p, TOKEN_LEFT_PAREN)) {
        statement->set_variable.names = parse_name_list(p);
        expect(p, TOKEN_RIGHT_PAREN);
        expect(p, TOKEN_EQUAL);
        expect(p, TOKEN_LEFT_PAREN);
        statement->set_variable.query = parse_query(p);
        expect(p, TOKEN_RIGHT_PAREN);
    } else {
        statement->set_variable.assignments = parse_assignments(p);
    }
    return statement;
}

AstStatement *parse_set(Parser *p)
{
    advance(p);
    if (at_keywords(p, KEYWORD_TIME, KEYWORD_ZONE)) {
        advance(p);
        advance(p);
        return parse_time_zone(p);
    }
    if (accept_keyword(p, KEYWORD_VARIABLE) || accept_keyword(p, KEYWORD_VAR))
        return parse_set_variable(p);
    if (accept_keyword(p, KEYWORD_CATALOG)) {
        AstStatement *statement = statement_new(p, AST_STATEMENT_USE);

        statement->use.object = AST_OBJECT_CATALOG;
        if (at_token(p, TOKEN_STRING)) {
            Span span = token_at(p, 0)->span;
            Str name = parse_string(p, "a catalog");

            statement->use.name = name_of_ident(p, (Ident){name, span, true});
        } else {
            statement->use.name = parse_name(p, "a catalog");
        }
        return statement;
    }
    syntax_error(p, "a setting: SET key = value");
    return statement_new(p, AST_STATEMENT_SET);
}

/* DECLARE (OR REPLACE)? VARIABLE? name (',' name)* dataType? ((DEFAULT | '=') expression)? */
AstStatement *parse_declare(Parser *p)
{
    AstStatement *statement = statement_new(p, AST_STATEMENT_DECLARE_VARIABLE);

    advance(p);
    statement->declare_variable.or_replace = accept_keywords(p, KEYWORD_OR, KEYWORD_REPLACE);
    if (name_at(p, 1) && !accept_keyword(p, KEYWORD_VARIABLE))
        accept_keyword(p, KEYWORD_VAR);
    statement->declare_variable.names = parse_name_list(p);
    if (name_at(p, 0) && !at_keyword(p, KEYWORD_DEFAULT))
        statement->declare_variable.type = parse_type(p);
    if (accept_keyword(p, KEYWORD_DEFAULT) || accept(p, TOKEN_EQUAL))
        statement->declare_variable.default_value = parse_expr(p);
    return statement;
}
