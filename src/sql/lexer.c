#include "sql/lexer.h"

#include <utf8proc.h>

#include "base/utf8.h"

enum {
    BRACKETS_OPEN_MAX = 4 * 1000 + 1
}; /* Deeper ones stay unmatched; the parser refuses them. */

typedef struct Lexer {
    const StatementText *statement;
    Str text;
    uint32_t at;
    TokenVec *tokens;
    DiagnosticList *diagnostics;
    PlaceFinder places;
    uint32_t open[BRACKETS_OPEN_MAX]; /* Token indices of brackets not yet closed. */
    size_t open_count;
} Lexer;

static char peek(const Lexer *lexer, uint32_t ahead)
{
    uint32_t at = lexer->at + ahead;

    return at < lexer->text.bytes ? lexer->text.data[at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length of a letter, digit or '_' at text[at], or 0. */
static uint32_t word_char_bytes(Str text, uint32_t at)
{
    uint32_t length;
    uint32_t code_point;
    utf8proc_category_t category;

    if (at >= text.bytes)
        return 0;
    if ((unsigned char)text.data[at] < 0x80)
        return is_digit(text.data[at]) || is_ascii_letter(text.data[at]) || text.data[at] == '_';
    if (utf8_valid_bytes(text.data + at, text.bytes - at) == 0)
        return 0;
    code_point = utf8_decode(text.data + at, text.bytes - at, &length);
    category = utf8proc_category((utf8proc_int32_t)code_point);
    if (category < UTF8PROC_CATEGORY_LU || category > UTF8PROC_CATEGORY_LO)
        return 0;
    return length;
}

/* Length of the white space at text[at], or 0: ASCII's and Unicode's. */
static uint32_t blank_bytes(Str text, uint32_t at)
{
    unsigned char c = (unsigned char)text.data[at];
    uint32_t length;
    uint32_t code_point;

    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r');
    code_point = utf8_decode(text.data + at, text.bytes - at, &length);
    if (code_point == 0xA0 || code_point == 0x1680 || code_point == 0x3000 ||
        code_point == 0xFEFF || (code_point >= 0x2000 && code_point <= 0x200A) ||
        code_point == 0x2028 || code_point == 0x202F || code_point == 0x205F)
        return length;
    return 0;
}

/* ── adding ────────────────────────────────────────────────────────────────────────────────────*/

static TokenKind opening_of(TokenKind closing)
{
    return closing == TOKEN_RIGHT_PAREN ? TOKEN_LEFT_PAREN : TOKEN_LEFT_BRACKET;
}

static void match_brackets(Lexer *lexer, TokenKind kind, uint32_t index)
{
    if (kind == TOKEN_LEFT_PAREN || kind == TOKEN_LEFT_BRACKET) {
        if (lexer->open_count < BRACKETS_OPEN_MAX)
            lexer->open[lexer->open_count++] = index;
    } else if (kind == TOKEN_RIGHT_PAREN || kind == TOKEN_RIGHT_BRACKET) {
        Token *opening;

        if (lexer->open_count == 0)
            return;
        opening = &lexer->tokens->items[lexer->open[lexer->open_count - 1]];
        if (opening->kind != opening_of(kind))
            return;
        opening->match = index;
        lexer->open_count--;
    }
}

static void add_token(Lexer *lexer, TokenKind kind, uint32_t bytes)
{
    Token token = {
        .kind = kind,
        .from = lexer->at,
        .bytes = bytes,
        .span = place_find(&lexer->places, lexer->at, lexer->at + bytes),
    };

    if (kind == TOKEN_WORD)
        token.keyword = keyword_of(str_slice(lexer->text, lexer->at, lexer->at + bytes));
    match_brackets(lexer, kind, (uint32_t)lexer->tokens->count);
    VEC_ADD(lexer->tokens, token);
    lexer->at += bytes;
}

static bool refuse(Lexer *lexer, uint32_t bytes, const char *class_name, const char *sqlstate,
                   const char *message)
{
    return diagnostic_error(lexer->diagnostics,
                            place_find(&lexer->places, lexer->at, lexer->at + bytes), class_name,
                            sqlstate, "%s", message);
}

/* ── numbers and words ─────────────────────────────────────────────────────────────────────────*/

static uint32_t digits_end(Str text, uint32_t at)
{
    while (at < text.bytes && is_digit(text.data[at]))
        at++;
    return at;
}

static uint32_t word_end(Str text, uint32_t at)
{
    uint32_t bytes;

    while ((bytes = word_char_bytes(text, at)) > 0)
        at += bytes;
    return at;
}

static bool is_letter(Str text, uint32_t at, char upper)
{
    return at < text.bytes && (text.data[at] == upper || text.data[at] == upper - 'A' + 'a');
}

/* After the digits: an exponent, a suffix, both or neither. */
static TokenKind number_tail(Str text, uint32_t *at, bool has_point)
{
    TokenKind kind = has_point ? TOKEN_DECIMAL : TOKEN_INTEGER;

    if (is_letter(text, *at, 'E')) {
        uint32_t digits = *at + 1;

        if (digits < text.bytes && (text.data[digits] == '+' || text.data[digits] == '-'))
            digits++;
        if (digits_end(text, digits) > digits) {
            *at = digits_end(text, digits);
            kind = TOKEN_EXPONENT;
        }
    }
    if (is_letter(text, *at, 'B') && is_letter(text, *at + 1, 'D')) {
        *at += 2;
        return TOKEN_BIG_DECIMAL;
    }
    if (is_letter(text, *at, 'D') || is_letter(text, *at, 'F')) {
        kind = is_letter(text, *at, 'D') ? TOKEN_DOUBLE : TOKEN_FLOAT;
        ++*at;
        return kind;
    }
    if (kind == TOKEN_INTEGER) {
        if (is_letter(text, *at, 'L'))
            kind = TOKEN_BIGINT;
        else if (is_letter(text, *at, 'S'))
            kind = TOKEN_SMALLINT;
        else if (is_letter(text, *at, 'Y'))
            kind = TOKEN_TINYINT;
        *at += kind != TOKEN_INTEGER;
    }
    return kind;
}

/* A decimal point counts only when neither letter, digit nor '_' follows the number. */
static bool lex_point_number(Lexer *lexer)
{
    Str text = lexer->text;
    uint32_t at = digits_end(text, lexer->at);
    uint32_t whole = at - lexer->at;
    TokenKind kind;

    if (at >= text.bytes || text.data[at] != '.')
        return false;
    at = digits_end(text, at + 1);
    if (whole == 0 && at == lexer->at + 1)
        return false;
    kind = number_tail(text, &at, true);
    if (at < text.bytes &&
        (is_digit(text.data[at]) || is_ascii_letter(text.data[at]) || text.data[at] == '_'))
        return false;
    add_token(lexer, kind, at - lexer->at);
    return true;
}

static void lex_number_or_word(Lexer *lexer)
{
    Str text = lexer->text;
    uint32_t word = word_end(text, lexer->at);
    uint32_t number = digits_end(text, lexer->at);
    TokenKind kind;

    if (number == lexer->at) {
        add_token(lexer, TOKEN_WORD, word - lexer->at);
        return;
    }
    kind = number_tail(text, &number, false);
    if (word > number)
        add_token(lexer, TOKEN_WORD, word - lexer->at);
    else
        add_token(lexer, kind, number - lexer->at);
}

/* ── signs ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct Sign {
    const char *text;
    TokenKind kind;
} Sign;

/* Longer ones first. */
static const Sign signs[] = {
    {">>>", TOKEN_SHIFT_RIGHT_UNSIGNED},
    {"<=>", TOKEN_EQUAL_NULL_SAFE},
    {"/*+", TOKEN_HINT_START},
    {"*/", TOKEN_HINT_END},
    {"==", TOKEN_EQUAL},
    {"=>", TOKEN_FAT_ARROW},
    {"<>", TOKEN_NOT_EQUAL},
    {"!=", TOKEN_NOT_EQUAL},
    {"<=", TOKEN_LESS_EQUAL},
    {"!>", TOKEN_LESS_EQUAL},
    {">=", TOKEN_GREATER_EQUAL},
    {"!<", TOKEN_GREATER_EQUAL},
    {"<<", TOKEN_SHIFT_LEFT},
    {">>", TOKEN_SHIFT_RIGHT},
    {"||", TOKEN_CONCAT},
    {"|>", TOKEN_PIPE},
    {"->", TOKEN_ARROW},
    {"::", TOKEN_DOUBLE_COLON},
    {"(", TOKEN_LEFT_PAREN},
    {")", TOKEN_RIGHT_PAREN},
    {"[", TOKEN_LEFT_BRACKET},
    {"]", TOKEN_RIGHT_BRACKET},
    {",", TOKEN_COMMA},
    {".", TOKEN_DOT},
    {":", TOKEN_COLON},
    {"?", TOKEN_QUESTION},
    {"=", TOKEN_EQUAL},
    {"<", TOKEN_LESS},
    {">", TOKEN_GREATER},
    {"+", TOKEN_PLUS},
    {"-", TOKEN_MINUS},
    {"*", TOKEN_STAR},
    {"/", TOKEN_SLASH},
    {"%", TOKEN_PERCENT},
    {"~", TOKEN_TILDE},
    {"&", TOKEN_AMPERSAND},
    {"^", TOKEN_CARET},
    {"|", TOKEN_BAR},
    {"!", TOKEN_BANG},
};

static bool lex_sign(Lexer *lexer)
{
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        size_t bytes = strlen(signs[i].text);

        if (lexer->text.bytes - lexer->at >= bytes &&
            memcmp(lexer->text.data + lexer->at, signs[i].text, bytes) == 0) {
            add_token(lexer, signs[i].kind, (uint32_t)bytes);
            return true;
        }
    }
    return false;
}

const char *token_kind_text(TokenKind kind)
{
    switch ((int)kind) {
    case TOKEN_END:
        return "the end of the statement";
    case TOKEN_WORD:
    case TOKEN_QUOTED:
        return "a name";
    case TOKEN_STRING:
        return "a string";
    case TOKEN_INTEGER:
        return "a whole number";
    default:
        break;
    }
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (signs[i].kind == kind)
            return signs[i].text;
    return "a number";
}

/* ── the whole ─────────────────────────────────────────────────────────────────────────────────*/

static bool lex_quoted(Lexer *lexer, uint32_t end, bool closed)
{
    bool name = lexer->text.data[lexer->at] == '`';

    if (!closed) {
        refuse(lexer, 1, "PARSE_SYNTAX_ERROR", "42601",
               name ? "Syntax error: the backquote opened here is never closed."
                    : "Syntax error: the string opened here is never closed.");
        return diagnostic_remedy(lexer->diagnostics,
                                 name ? "add the closing ` (a ` inside a name is written ``)"
                                      : "add the closing quote (a quote inside a string is written "
                                        "\\' or '')");
    }
    add_token(lexer, name ? TOKEN_QUOTED : TOKEN_STRING, end - lexer->at);
    return true;
}

static bool refuse_character(Lexer *lexer)
{
    uint32_t bytes = utf8_char_bytes(lexer->text.data + lexer->at, lexer->text.bytes - lexer->at);
    char c = lexer->text.data[lexer->at];

    if (c == '\0')
        return refuse(lexer, 1, "PARSE_SYNTAX_ERROR", "42601",
                      "Syntax error: a NUL character stands here.");
    diagnostic_error(lexer->diagnostics, place_find(&lexer->places, lexer->at, lexer->at + bytes),
                     "PARSE_SYNTAX_ERROR", "42601", "Syntax error at or near '%.*s'.", (int)bytes,
                     lexer->text.data + lexer->at);
    if (c == '$' && peek(lexer, 1) == '{')
        return diagnostic_remedy(lexer->diagnostics, "a setting is written ${key}, with letters, "
                                                     "digits, '.', '_' and '-' in its key");
    return diagnostic_remedy(
        lexer->diagnostics, "this character means nothing in SQL; in a name it needs `backquotes`");
}

static bool lex_next(Lexer *lexer)
{
    bool word_before = false; /* Words are taken whole, so none ends right before a token. */
    uint32_t end;
    bool closed;

    switch (text_item(lexer->text, lexer->at, word_before, &end, &closed)) {
    case TEXT_COMMENT:
        if (!closed) {
            refuse(lexer, 2, "UNCLOSED_BRACKETED_COMMENT", "42601",
                   "Found an unclosed bracketed comment.");
            return diagnostic_remedy(lexer->diagnostics, "append */ at its end");
        }
        lexer->at = end;
        return true;
    case TEXT_QUOTED:
        return lex_quoted(lexer, end, closed);
    case TEXT_OTHER:
        break;
    }
    if ((is_digit(peek(lexer, 0)) || peek(lexer, 0) == '.') && lex_point_number(lexer))
        return true;
    if (word_char_bytes(lexer->text, lexer->at) > 0) {
        lex_number_or_word(lexer);
        return true;
    }
    return lex_sign(lexer) || refuse_character(lexer);
}

bool lex(const StatementText *statement, TokenVec *tokens, DiagnosticList *diagnostics)
{
    Lexer *lexer = mem_alloc(sizeof *lexer);
    bool ok = true;

    lexer->statement = statement;
    lexer->text = statement->text;
    lexer->at = 0;
    lexer->tokens = tokens;
    lexer->diagnostics = diagnostics;
    lexer->open_count = 0;
    place_finder_init(&lexer->places, statement);
    tokens->count = 0;
    while (ok && lexer->at < lexer->text.bytes) {
        uint32_t blank = blank_bytes(lexer->text, lexer->at);

        if (blank > 0)
            lexer->at += blank;
        else if (tokens->count >= SQL_TOKENS_MAX)
            ok = refuse(lexer, 0, NULL, NULL, "The statement is too long.");
        else
            ok = lex_next(lexer);
    }
    if (ok)
        add_token(lexer, TOKEN_END, 0);
    free(lexer);
    return ok;
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* `count` hexadecimal digits at text[at]; false if there are fewer. */
static bool hex_at(Str text, uint32_t at, uint32_t count, uint32_t *out)
{
    uint32_t value = 0;

    if (text.bytes < at || text.bytes - at < count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        int digit = hex_value(text.data[at + i]);

        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

static uint32_t put_code_point(char *out, uint32_t code_point)
{
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000))
        code_point = '?'; /* What Java makes of a lone surrogate in UTF-8. */
    return utf8_encode(code_point, out);
}

/* \u0041, \U00000041, \101 at text[at] (the backslash). Gives the code point and the bytes read. */
static bool numeric_escape(Str text, uint32_t at, uint32_t *code_point, uint32_t *bytes)
{
    char kind = text.data[at + 1];
    uint32_t low;

    if (kind == 'u' && hex_at(text, at + 2, 4, code_point)) {
        *bytes = 6;
        if (*code_point >= 0xD800 && *code_point < 0xDC00 && at + 12 <= text.bytes &&
            text.data[at + 6] == '\\' && text.data[at + 7] == 'u' &&
            hex_at(text, at + 8, 4, &low) && low >= 0xDC00 && low < 0xE000) {
            *code_point = 0x10000 + ((*code_point - 0xD800) << 10) + (low - 0xDC00);
            *bytes = 12;
        }
        return true;
    }
    if (kind == 'U' && hex_at(text, at + 2, 8, code_point)) {
        *bytes = 10;
        return true;
    }
    if ((kind == '0' || kind == '1') && at + 4 <= text.bytes) {
        char b = text.data[at + 2];
        char c = text.data[at + 3];

        if (b >= '0' && b <= '7' && c >= '0' && c <= '7') {
            *code_point =
                (uint32_t)(kind - '0') * 64 + (uint32_t)(b - '0') * 8 + (uint32_t)(c - '0');
            *bytes = 4;
            return true;
        }
    }
    return false;
}

/* A backslash and one character; returns the bytes written. */
static uint32_t put_simple_escape(char *out, char c)
{
    switch (c) {
    case '0':
        out[0] = '\0';
        return 1;
    case 'b':
        out[0] = '\b';
        return 1;
    case 'n':
        out[0] = '\n';
        return 1;
    case 'r':
        out[0] = '\r';
        return 1;
    case 't':
        out[0] = '\t';
        return 1;
    case 'Z':
        out[0] = 0x1A;
        return 1;
    case '%':
    case '_':
        /* These two stay escaped, for LIKE. */
        out[0] = '\\';
        out[1] = c;
        return 2;
    default:
        out[0] = c;
        return 1;
    }
}

static Str unescape(Arena *arena, Str body, char quote)
{
    char *out =
        arena_alloc(arena, body.bytes + 1); /* No escape is shorter than what it stands for. */
    uint32_t used = 0;

    for (uint32_t at = 0; at < body.bytes;) {
        char c = body.data[at];
        uint32_t code_point;
        uint32_t bytes;

        if (c == '\\' && at + 1 < body.bytes) {
            if (numeric_escape(body, at, &code_point, &bytes)) {
                used += put_code_point(out + used, code_point);
                at += bytes;
            } else {
                used += put_simple_escape(out + used, body.data[at + 1]);
                at += 2;
            }
        } else {
            out[used++] = c;
            at += c == quote ? 2 : 1; /* A quote in the body is a doubled one. */
        }
    }
    return (Str){out, used};
}

Str token_string(Arena *arena, const StatementText *statement, const Token *token)
{
    Str text = token_text(statement, token);

    if (text.data[0] == 'r' || text.data[0] == 'R')
        return str_copy(arena, str_slice(text, 2, text.bytes - 1));
    return unescape(arena, str_slice(text, 1, text.bytes - 1), text.data[0]);
}

Str token_name(Arena *arena, const StatementText *statement, const Token *token)
{
    Str text = token_text(statement, token);
    char *out;
    uint32_t used = 0;

    if (token->kind != TOKEN_QUOTED)
        return str_copy(arena, text);
    text = str_slice(text, 1, text.bytes - 1);
    out = arena_alloc(arena, text.bytes + 1);
    for (uint32_t at = 0; at < text.bytes; at++) {
        out[used++] = text.data[at];
        at += text.data[at] == '`';
    }
    return (Str){out, used};
}
