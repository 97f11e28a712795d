#include "sql/text.h"

#include "base/utf8.h"
#include "base/vec.h"

enum {
    EXPAND_DEPTH_MAX = 16, /* A value may hold ${key} again. */
    SETTING_KEY_BYTES_MAX = 255,
};

static char char_at(Str text, uint32_t at)
{
    return at < text.bytes ? text.data[at] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* ── items ─────────────────────────────────────────────────────────────────────────────────────*/

/* '--' up to the end of the line; a backslash before the line's end joins the next line to it. */
static uint32_t line_comment_end(Str text, uint32_t at)
{
    while (at < text.bytes && text.data[at] != '\n' && text.data[at] != '\r')
        at += text.data[at] == '\\' && char_at(text, at + 1) == '\n' ? 2 : 1;
    return MIN(at, text.bytes);
}

static uint32_t bracket_comment_end(Str text, uint32_t at, bool *closed)
{
    uint32_t depth = 0;

    while (at < text.bytes) {
        if (text.data[at] == '/' && char_at(text, at + 1) == '*' && char_at(text, at + 2) != '+') {
            depth++;
            at += 2;
        } else if (text.data[at] == '*' && char_at(text, at + 1) == '/') {
            at += 2;
            if (--depth == 0)
                return at;
        } else {
            at++;
        }
    }
    *closed = false;
    return text.bytes;
}

/* `at` is the opening quote. A doubled quote stands for itself in all but raw strings. */
static uint32_t quoted_end(Str text, uint32_t at, bool raw, bool *closed)
{
    char quote = text.data[at++];

    while (at < text.bytes) {
        char c = text.data[at];

        if (c == '\\' && quote != '`' && !raw)
            at += 2;
        else if (c != quote)
            at++;
        else if (!raw && char_at(text, at + 1) == quote)
            at += 2;
        else
            return at + 1;
    }
    *closed = false;
    return text.bytes;
}

TextItem text_item(Str text, uint32_t at, bool word_before, uint32_t *end, bool *closed)
{
    char c = text.data[at];
    char next = char_at(text, at + 1);

    *closed = true;
    *end = at + 1;
    if (c == '-' && next == '-') {
        *end = line_comment_end(text, at);
        return TEXT_COMMENT;
    }
    if (c == '/' && next == '*' && char_at(text, at + 2) != '+') {
        *end = bracket_comment_end(text, at, closed);
        return TEXT_COMMENT;
    }
    if (c == '\'' || c == '"' || c == '`') {
        *end = quoted_end(text, at, false, closed);
        return TEXT_QUOTED;
    }
    if ((c == 'r' || c == 'R') && (next == '\'' || next == '"') && !word_before) {
        *end = quoted_end(text, at + 1, true, closed);
        return TEXT_QUOTED;
    }
    return TEXT_OTHER;
}

/* ── cutting ───────────────────────────────────────────────────────────────────────────────────*/

/* Does the word at `at` spell SET? Its values are free text, so a lone quote in one opens nothing,
 * and only backquotes hold a semicolon, as in Spark. */
static bool starts_with_set(Str source, uint32_t at)
{
    return source.bytes - at > 3 && str_is_nocase(str_slice(source, at, at + 3), "SET") &&
           !is_word(source.data[at + 3]);
}

static bool closes_on_its_line(Str source, uint32_t at, uint32_t end)
{
    for (uint32_t i = at; i < end; i++)
        if (source.data[i] == '\n' || (source.data[i] == ';' && source.data[at] != '`'))
            return false;
    return true;
}

/* The semicolon that ends the statement at `at`, or the end of the text. */
static uint32_t statement_end(Str source, uint32_t at)
{
    bool is_set = starts_with_set(source, at);
    bool word_before = false;

    while (at < source.bytes && source.data[at] != ';') {
        uint32_t end;
        bool closed;
        TextItem item = text_item(source, at, word_before, &end, &closed);

        if (item == TEXT_QUOTED && is_set && !(closed && closes_on_its_line(source, at, end)))
            end = at + 1;
        word_before = item == TEXT_OTHER && is_word(source.data[at]);
        at = end;
    }
    return at;
}

static uint32_t skip_blanks(Str source, uint32_t at)
{
    while (at < source.bytes) {
        uint32_t end;
        bool closed;

        if (is_blank(source.data[at]) || source.data[at] == ';') {
            at++;
            continue;
        }
        if (source.bytes - at >= 3 && memcmp(source.data + at, "\xEF\xBB\xBF", 3) == 0) {
            at += 3; /* A byte order mark. */
            continue;
        }
        /* A comment that never ends is left for the lexer to report. */
        if (text_item(source, at, false, &end, &closed) != TEXT_COMMENT || !closed)
            break;
        at = end;
    }
    return at;
}

static void cursor_move(TextCursor *cursor, Str source, uint32_t offset)
{
    while (cursor->offset < offset) {
        if (source.data[cursor->offset] == '\n') {
            cursor->line++;
            cursor->column = 1;
            cursor->offset++;
        } else {
            cursor->offset +=
                utf8_char_bytes(source.data + cursor->offset, source.bytes - cursor->offset);
            cursor->column++;
        }
    }
}

bool statement_text_next(Str source, TextCursor *cursor, StatementText *out)
{
    uint32_t from = skip_blanks(source, cursor->offset);
    uint32_t end;
    uint32_t to;

    cursor_move(cursor, source, from);
    if (from >= source.bytes)
        return false;
    end = to = statement_end(source, from);
    while (to > from && is_blank(source.data[to - 1]))
        to--;
    *out = (StatementText){
        .source = source, .start = *cursor, .to = to, .text = str_slice(source, from, to)};
    cursor_move(cursor, source, MIN(end + 1, source.bytes));
    return true;
}

StatementText statement_text_whole(Str source)
{
    return (StatementText){
        .source = source, .start = TEXT_START, .to = source.bytes, .text = source};
}

bool sql_text_is_complete(Str text)
{
    uint32_t at = skip_blanks(text, 0);

    while (at < text.bytes) {
        at = statement_end(text, at);
        if (at >= text.bytes)
            return false;
        at = skip_blanks(text, at);
    }
    return true;
}

/* ── places ────────────────────────────────────────────────────────────────────────────────────*/

void place_finder_init(PlaceFinder *finder, const StatementText *statement)
{
    *finder = (PlaceFinder){.statement = statement, .at = statement->start};
}

static void finder_move(PlaceFinder *finder, uint32_t offset)
{
    if (offset < finder->at.offset)
        finder->at = finder->statement->start;
    cursor_move(&finder->at, finder->statement->source, offset);
}

/* Where text[at] stands in the source; with `end`, where what ends there ends. */
static uint32_t source_offset(PlaceFinder *finder, uint32_t at, bool end)
{
    const StatementText *statement = finder->statement;
    const TextPiece *piece;

    if (statement->piece_count == 0)
        return statement->start.offset + at;
    if (end && at > 0)
        at--;
    if (statement->pieces[finder->piece_i].text_from > at)
        finder->piece_i = 0;
    while (finder->piece_i + 1 < statement->piece_count &&
           statement->pieces[finder->piece_i + 1].text_from <= at)
        finder->piece_i++;
    piece = &statement->pieces[finder->piece_i];
    if (piece->key_bytes > 0)
        return piece->source_from + (end ? piece->key_bytes : 0);
    return piece->source_from + (at - piece->text_from) + (end ? 1 : 0);
}

Span place_find(PlaceFinder *finder, uint32_t from, uint32_t to)
{
    uint32_t begin = source_offset(finder, from, false);
    uint32_t end = to > from ? source_offset(finder, to, true) : begin;

    finder_move(finder, begin);
    return (Span){begin, end > begin ? end - begin : 0, finder->at.line, finder->at.column};
}

/* ── ${key} ────────────────────────────────────────────────────────────────────────────────────*/

typedef struct Expansion {
    Arena *arena;
    StatementText *statement;
    SqlLookup lookup;
    void *self;
    DiagnosticList *diagnostics;
    StrBuf text;
    VEC(TextPiece) pieces;
} Expansion;

/* `${key}` at text[at]? */
static bool reference_at(Str text, uint32_t at, Str *key, uint32_t *end)
{
    uint32_t to = at + 2;

    if (text.data[at] != '$' || char_at(text, at + 1) != '{')
        return false;
    while (to < text.bytes && to - at <= SETTING_KEY_BYTES_MAX && text.data[to] != '}') {
        char c = text.data[to];

        if (!is_word(c) && c != '.' && c != ':' && c != '-')
            return false;
        to++;
    }
    if (char_at(text, to) != '}' || to == at + 2)
        return false;
    *key = str_slice(text, at + 2, to);
    *end = to + 1;
    return true;
}

/* Adds the value of `key`, and the values of what it refers to. */
static bool add_value(Expansion *x, Str key, Span place, int depth)
{
    Str value;

    if (depth > EXPAND_DEPTH_MAX) {
        diagnostic_error(x->diagnostics, place, NULL, NULL, "The setting `%.*s` refers to itself.",
                         STR_ARG(key));
        return diagnostic_remedy(x->diagnostics, "follow the ${...} in its value");
    }
    if (!x->lookup(x->self, key, &value)) {
        diagnostic_error(x->diagnostics, place, NULL, NULL, "No setting `%.*s` is known here.",
                         STR_ARG(key));
        return diagnostic_remedy(x->diagnostics,
                                 "write `SET %.*s = ...;` above this statement, or give --set "
                                 "%.*s=...",
                                 STR_ARG(key), STR_ARG(key));
    }
    for (uint32_t at = 0; at < value.bytes;) {
        Str inner;
        uint32_t end;

        if (x->text.bytes > SQL_TEXT_BYTES_MAX)
            return diagnostic_error(x->diagnostics, place, NULL, NULL,
                                    "The statement is too long once its settings are replaced.");
        if (reference_at(value, at, &inner, &end)) {
            if (!add_value(x, inner, place, depth + 1))
                return false;
            at = end;
        } else {
            strbuf_add_char(&x->text, value.data[at++]);
        }
    }
    return true;
}

static void start_piece(Expansion *x, uint32_t source_from, uint32_t key_bytes)
{
    TextPiece piece = {(uint32_t)x->text.bytes, source_from, key_bytes};

    /* A piece that stayed empty is taken over. */
    if (x->pieces.count > 0 && x->pieces.items[x->pieces.count - 1].text_from == piece.text_from)
        x->pieces.count--;
    VEC_ADD_IN(x->arena, &x->pieces, piece);
}

static bool expand(Expansion *x)
{
    StatementText *statement = x->statement;
    Str text = statement->text;
    PlaceFinder finder;
    uint32_t copied = 0;
    uint32_t quoted_to = 0;
    bool word_before = false;
    bool ok = true;

    place_finder_init(&finder, statement);
    start_piece(x, statement->start.offset, 0);
    for (uint32_t at = 0; at < text.bytes;) {
        Str key;
        uint32_t end;
        bool closed;

        if (reference_at(text, at, &key, &end)) {
            strbuf_add(&x->text, text.data + copied, at - copied);
            start_piece(x, statement->start.offset + at, end - at);
            ok = add_value(x, key, place_find(&finder, at, end), 1) && ok;
            start_piece(x, statement->start.offset + end, 0);
            copied = at = end;
            word_before = false;
            continue;
        }
        if (at >= quoted_to) {
            TextItem item = text_item(text, at, word_before, &end, &closed);

            if (item == TEXT_COMMENT) {
                at = end;
                word_before = false;
                continue;
            }
            if (item == TEXT_QUOTED && closed)
                quoted_to = end;
        }
        word_before = is_word(text.data[at]);
        at++;
    }
    strbuf_add(&x->text, text.data + copied, text.bytes - copied);
    return ok;
}

bool statement_text_expand(Arena *arena, StatementText *statement, SqlLookup lookup, void *self,
                           DiagnosticList *diagnostics)
{
    Expansion x = {arena, statement, lookup, self, diagnostics, {0}, {0}};
    bool ok;

    if (!lookup || str_find(statement->text, STR("${")) < 0)
        return true;
    strbuf_init(&x.text);
    ok = expand(&x);
    statement->text = str_copy(arena, strbuf_str(&x.text));
    statement->pieces = x.pieces.items;
    statement->piece_count = x.pieces.count;
    strbuf_done(&x.text);
    return ok;
}
