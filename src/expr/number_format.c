/*
 * number_format.c: a format is a list of tokens; reading and writing walk it once
 * (number_format.h).
 */
#include "expr/number_format.h"

#include <ctype.h>

#include "base/assert.h"
#include "column/format_value.h"

typedef enum TokenKind {
    FORMAT_DIGITS, /* A run of digits and separators: parts from .. from + count. */
    FORMAT_POINT,
    FORMAT_DOLLAR,
    FORMAT_SIGN,  /* S: + or - */
    FORMAT_MINUS, /* MI: - or nothing */
    FORMAT_OPEN,  /* PR puts both brackets in. */
    FORMAT_CLOSE,
    FORMAT_OTHER, /* No token of the language. */
} TokenKind;

typedef struct Token {
    TokenKind kind;
    char other; /* OTHER: the character. */
    uint32_t part_from, part_count;
} Token;

/* Digits, or a separator (digits == 0). */
typedef struct Part {
    int digits;
    bool exact;
} Part;

enum { FORMAT_BYTES_MAX = 256 };

struct NumberFormat {
    Token tokens[FORMAT_BYTES_MAX + 2];
    uint32_t token_count;
    Part parts[FORMAT_BYTES_MAX];
    uint32_t part_count;
    int before, after; /* Digits on either side of the point. */
};

/* ── reading the format ────────────────────────────────────────────────────────────────────────*/

static Token *add_token(NumberFormat *f, TokenKind kind)
{
    Token *token = &f->tokens[f->token_count++];

    *token = (Token){.kind = kind};
    return token;
}

static void add_part(NumberFormat *f, int digits, bool exact)
{
    Token *last = f->token_count ? &f->tokens[f->token_count - 1] : NULL;

    if (!last || last->kind != FORMAT_DIGITS) {
        last = add_token(f, FORMAT_DIGITS);
        last->part_from = f->part_count;
    }
    last->part_count++;
    f->parts[f->part_count++] = (Part){digits, exact};
}

static bool at_word(Str text, uint32_t at, char first, char second)
{
    return at + 1 < text.bytes && toupper((unsigned char)text.data[at]) == first &&
           toupper((unsigned char)text.data[at + 1]) == second;
}

/* Reads one token, returns where the next begins. */
static uint32_t read_token(NumberFormat *f, Str text, uint32_t at, bool *after_point)
{
    char c = (char)toupper((unsigned char)text.data[at]);
    int digits = 0;

    for (; at < text.bytes && (text.data[at] == '0' || text.data[at] == '9'); at++)
        digits++;
    if (digits) {
        add_part(f, digits, c == '0' && !*after_point);
        *(*after_point ? &f->after : &f->before) += digits;
        return at;
    }
    if (at_word(text, at, 'M', 'I')) {
        add_token(f, FORMAT_MINUS);
        return at + 2;
    }
    if (at_word(text, at, 'P', 'R')) {
        memmove(f->tokens + 1, f->tokens, f->token_count++ * sizeof *f->tokens);
        f->tokens[0] = (Token){.kind = FORMAT_OPEN};
        add_token(f, FORMAT_CLOSE);
        return at + 2;
    }
    switch (c) {
    case '.':
    case 'D':
        add_token(f, FORMAT_POINT);
        *after_point = true;
        break;
    case ',':
    case 'G':
        add_part(f, 0, false);
        break;
    case '$':
        add_token(f, FORMAT_DOLLAR);
        break;
    case 'S':
        add_token(f, FORMAT_SIGN);
        break;
    default:
        add_token(f, FORMAT_OTHER)->other = c;
        break;
    }
    return at + 1;
}

/* ── checking it ───────────────────────────────────────────────────────────────────────────────*/

/* The first token of the kind; -1: none. */
static int find_token(const NumberFormat *f, TokenKind kind)
{
    for (uint32_t i = 0; i < f->token_count; i++) {
        if (f->tokens[i].kind == kind)
            return (int)i;
    }
    return -1;
}

static const char *token_name(const Token *token)
{
    static const char *const names[] = {
        [FORMAT_DIGITS] = "digit sequence",
        [FORMAT_POINT] = ". or D",
        [FORMAT_DOLLAR] = "$",
        [FORMAT_SIGN] = "S",
        [FORMAT_MINUS] = "MI",
        [FORMAT_OPEN] = "PR",
        [FORMAT_CLOSE] = "PR",
        [FORMAT_OTHER] = "character",
    };

    return names[token->kind];
}

static bool invalid(Error *err, const char *class_name, Str text, const char *why)
{
    return error_set_class(err, ERROR_USER, class_name, "42601",
                           "The format is invalid: '%.*s'. %s.", (int)MIN(text.bytes, 100),
                           text.data, why);
}

/* A separator needs digits on both sides. */
static bool separators_stand_well(const NumberFormat *f, const Token *token)
{
    const Part *parts = f->parts + token->part_from;

    for (uint32_t i = 0; i < token->part_count; i++) {
        if (parts[i].digits == 0 && (i == 0 || i + 1 == token->part_count ||
                                     parts[i - 1].digits == 0 || parts[i + 1].digits == 0))
            return false;
    }
    return true;
}

static bool check_separators(const NumberFormat *f, Str text, Error *err)
{
    int point = find_token(f, FORMAT_POINT);

    for (int i = 0; i < (int)f->token_count; i++) {
        const Token *token = &f->tokens[i];

        if (token->kind == FORMAT_DIGITS && (point < 0 || i < point) &&
            !separators_stand_well(f, token))
            return invalid(err, "INVALID_FORMAT.CONT_THOUSANDS_SEPS", text,
                           "Thousands separators (, or G) must have digits in between them");
    }
    for (int i = point + 1; point >= 0 && i < (int)f->token_count; i++) {
        const Token *token = &f->tokens[i];

        for (uint32_t p = 0; token->kind == FORMAT_DIGITS && p < token->part_count; p++) {
            if (f->parts[token->part_from + p].digits == 0)
                return invalid(err, "INVALID_FORMAT.THOUSANDS_SEPS_MUST_BEFORE_DEC", text,
                               "Thousands separators (, or G) may not appear after the decimal "
                               "point");
        }
    }
    return true;
}

static bool check_single(const NumberFormat *f, Str text, Error *err)
{
    static const TokenKind once[] = {FORMAT_POINT, FORMAT_SIGN, FORMAT_MINUS, FORMAT_DOLLAR,
                                     FORMAT_CLOSE};
    uint32_t counts[FORMAT_OTHER + 1] = {0};

    for (uint32_t i = 0; i < f->token_count; i++)
        counts[f->tokens[i].kind]++;
    for (size_t k = 0; k < COUNT_OF(once); k++) {
        if (counts[once[k]] > 1)
            return invalid(err, "INVALID_FORMAT.WRONG_NUM_TOKEN", text,
                           "A token may stand at most once");
    }
    return true;
}

static bool check_order(const NumberFormat *f, Str text, Error *err)
{
    static const unsigned order[] = {
        BIT(FORMAT_OPEN),   BIT(FORMAT_MINUS) | BIT(FORMAT_SIGN),
        BIT(FORMAT_DOLLAR), BIT(FORMAT_DIGITS),
        BIT(FORMAT_POINT),  BIT(FORMAT_DIGITS),
        BIT(FORMAT_DOLLAR), BIT(FORMAT_MINUS) | BIT(FORMAT_SIGN) | BIT(FORMAT_CLOSE),
    };
    uint32_t at = 0;

    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if (at < f->token_count && order[i] & BIT(f->tokens[at].kind))
            at++;
    }
    if (at == f->token_count)
        return true;
    return error_set_class(err, ERROR_USER, "INVALID_FORMAT.UNEXPECTED_TOKEN", "42601",
                           "The format is invalid: '%.*s'. Found the unexpected %s in the format "
                           "string; the structure of the format string must match: `[MI|S]` `[$]` "
                           "`[0|9|G|,]*` `[.|D]` `[0|9]*` `[$]` `[PR|MI|S]`.",
                           (int)MIN(text.bytes, 100), text.data, token_name(&f->tokens[at]));
}

static bool check(const NumberFormat *f, Str text, Error *err)
{
    int dollar = find_token(f, FORMAT_DOLLAR), digits = find_token(f, FORMAT_DIGITS);
    int point = find_token(f, FORMAT_POINT);

    if (text.bytes == 0)
        return invalid(err, "INVALID_FORMAT.EMPTY", text,
                       "The number format string cannot be empty");
    if (digits < 0)
        return invalid(err, "INVALID_FORMAT.WRONG_NUM_DIGIT", text,
                       "The format string requires at least one number digit");
    if (digits < dollar)
        return invalid(err, "INVALID_FORMAT.CUR_MUST_BEFORE_DIGIT", text,
                       "Currency characters must appear before digits in the number format");
    if (point >= 0 && point < dollar)
        return invalid(err, "INVALID_FORMAT.CUR_MUST_BEFORE_DEC", text,
                       "Currency characters must appear before any decimal point in the number "
                       "format");
    return check_separators(f, text, err) && check_single(f, text, err) &&
           check_order(f, text, err);
}

bool number_format_parse(Arena *arena, Str text, const NumberFormat **out, Error *err)
{
    NumberFormat *f = ARENA_NEW(arena, NumberFormat);
    bool after_point = false;

    if (text.bytes > FORMAT_BYTES_MAX)
        return invalid(err, "INVALID_FORMAT.UNEXPECTED_TOKEN", text, "It is too long");
    for (uint32_t at = 0; at < text.bytes;)
        at = read_token(f, text, at, &after_point);
    if (!check(f, text, err))
        return false;
    if (f->before + f->after > DECIMAL_PRECISION_MAX)
        return error_set_class(err, ERROR_USER, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "22003",
                               "Decimal precision %d exceeds max precision %d.",
                               f->before + f->after, DECIMAL_PRECISION_MAX);
    *out = f;
    return true;
}

int number_format_precision(const NumberFormat *format)
{
    return format->before + format->after;
}

int number_format_scale(const NumberFormat *format)
{
    return format->after;
}

/* ── reading numbers ───────────────────────────────────────────────────────────────────────────*/

typedef struct NumberRead {
    Str text;
    uint32_t at;
    bool after_point;
    UInt128 digits; /* All so far. */
    int digit_count, after_count;
} NumberRead;

static void take_digit(NumberRead *r, char c)
{
    r->digit_count++;
    r->after_count += r->after_point;
    if (r->digit_count <= DECIMAL_PRECISION_MAX)
        r->digits = r->digits * 10 + (unsigned)(c - '0');
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
}

/* Groups are compared from the last one on, so that optional ones in front may lack. */
static bool groups_fit(const NumberFormat *f, const Token *token, const int *sizes, uint32_t count)
{
    for (uint32_t p = token->part_count; p > 0; p--) {
        const Part *part = &f->parts[token->part_from + p - 1];
        int actual;

        if (part->digits == 0)
            continue;
        actual = count ? sizes[--count] : 0;
        if (part->exact ? actual != part->digits : actual > part->digits)
            return false;
    }
    return count == 0;
}

static bool read_groups(const NumberFormat *f, const Token *token, NumberRead *r)
{
    int sizes[FORMAT_BYTES_MAX + 1] = {0};
    uint32_t count = 1;

    for (; r->at < r->text.bytes; r->at++) {
        char c = r->text.data[r->at];

        if (isdigit((unsigned char)c)) {
            take_digit(r, c);
            sizes[count - 1]++;
        } else if (c == ',') {
            if (++count > FORMAT_BYTES_MAX)
                return false;
        } else if (!is_space(c)) {
            break;
        }
    }
    return groups_fit(f, token, sizes, count);
}

static bool take(NumberRead *r, char c)
{
    if (r->at >= r->text.bytes || r->text.data[r->at] != c)
        return false;
    r->at++;
    return true;
}

bool number_format_read(const NumberFormat *f, Str text, Int128 *out)
{
    NumberRead r = {.text = text};
    bool negative = false, open = false, closed = false;

    for (uint32_t i = 0; i < f->token_count; i++) {
        const Token *token = &f->tokens[i];

        switch (token->kind) {
        case FORMAT_DIGITS:
            if (!read_groups(f, token, &r))
                return false;
            break;
        case FORMAT_POINT:
            r.after_point |= take(&r, '.');
            break;
        case FORMAT_DOLLAR:
            if (!take(&r, '$') && r.at < text.bytes)
                return false;
            break;
        case FORMAT_SIGN:
            if (!take(&r, '+'))
                negative ^= take(&r, '-');
            break;
        case FORMAT_MINUS:
            negative ^= take(&r, '-');
            break;
        case FORMAT_OPEN:
            open = take(&r, '<');
            break;
        case FORMAT_CLOSE:
            closed = take(&r, '>');
            if (closed && !open)
                return false;
            negative ^= closed;
            break;
        case FORMAT_OTHER:
            UNREACHABLE();
        }
    }
    if (r.at < text.bytes || open != closed || r.digit_count == 0)
        return false;
    for (int i = r.after_count; i < f->after; i++)
        take_digit(&r, '0');
    if (r.digit_count > DECIMAL_PRECISION_MAX ||
        !decimal_fits((Int128)r.digits, f->before + f->after))
        return false;
    *out = negative ? -(Int128)r.digits : (Int128)r.digits;
    return true;
}

/* ── writing numbers ───────────────────────────────────────────────────────────────────────────*/

typedef struct NumberWrite {
    StrBuf *out;
    size_t start; /* Where this number begins in `out`. */
    char before[DECIMAL_PRECISION_MAX + 1], after[DECIMAL_PRECISION_MAX + 1];
    int before_at, after_at;
    bool after_point;
} NumberWrite;

/* The digits of both sides, filled up to the format's width with blanks in front, zeros behind; all
 * # when there are too many. */
static void split_digits(const NumberFormat *f, Int128 unscaled, int scale, NumberWrite *w)
{
    StrBuf text;
    Str before, after = STR_EMPTY;
    ptrdiff_t point;

    strbuf_init(&text);
    decimal_to_text(&text, unscaled < 0 ? -unscaled : unscaled, scale);
    before = strbuf_str(&text);
    point = str_find_char(before, '.');
    if (point >= 0) {
        after = str_slice(before, (uint32_t)point + 1, before.bytes);
        before = str_slice(before, 0, (uint32_t)point);
    }
    while (before.bytes && before.data[0] == '0')
        before = str_slice(before, 1, before.bytes);
    while (after.bytes && after.data[after.bytes - 1] == '0')
        after.bytes--;
    if ((int)before.bytes > f->before || (int)after.bytes > f->after) {
        memset(w->before, '#', (size_t)f->before);
        memset(w->after, '#', (size_t)f->after);
    } else {
        memset(w->before, ' ', (size_t)f->before - before.bytes);
        memcpy(w->before + f->before - before.bytes, before.data, before.bytes);
        memcpy(w->after, after.data, after.bytes);
        memset(w->after + after.bytes, '0', (size_t)f->after - after.bytes);
    }
    strbuf_done(&text);
}

static char *written(const NumberWrite *w)
{
    return w->out->data + w->start;
}

static size_t written_bytes(const NumberWrite *w)
{
    return w->out->bytes - w->start;
}

static char last_written(const NumberWrite *w)
{
    return written_bytes(w) ? w->out->data[w->out->bytes - 1] : '\0';
}

/* A sign or bracket moves before the blanks just written... */
static void add_behind_text(NumberWrite *w, char c)
{
    size_t i;

    strbuf_add_char(w->out, c);
    for (i = w->out->bytes - 1; i > w->start && w->out->data[i - 1] == ' '; i--) {
        w->out->data[i] = ' ';
        w->out->data[i - 1] = c;
    }
}

/* ... and a blank before the signs just written. */
static void add_blank(NumberWrite *w)
{
    size_t i;

    strbuf_add_char(w->out, ' ');
    for (i = w->out->bytes - 1; i > w->start && strchr("+-<", w->out->data[i - 1]); i--) {
        w->out->data[i] = w->out->data[i - 1];
        w->out->data[i - 1] = ' ';
    }
}

/* A point with nothing behind it goes. */
static void drop_lone_point(NumberWrite *w)
{
    size_t bytes = written_bytes(w);
    char *point = bytes ? memchr(written(w), '.', bytes) : NULL;

    if (point && (point + 1 == written(w) + bytes || point[1] == ' '))
        *point = ' ';
}

static void write_groups(const NumberFormat *f, const Token *token, NumberWrite *w)
{
    for (uint32_t p = 0; p < token->part_count; p++) {
        const Part *part = &f->parts[token->part_from + p];

        if (part->digits == 0) {
            if (isdigit((unsigned char)last_written(w)))
                strbuf_add_char(w->out, ',');
            else
                add_blank(w);
            continue;
        }
        for (int i = 0; i < part->digits; i++) {
            char c = w->after_point ? w->after[w->after_at++] : w->before[w->before_at++];

            if (c != ' ')
                strbuf_add_char(w->out, c);
            else if (part->exact)
                strbuf_add_char(w->out, '0');
            else
                add_blank(w);
        }
    }
}

static void write_token(const NumberFormat *f, const Token *token, NumberWrite *w, bool negative)
{
    switch (token->kind) {
    case FORMAT_DIGITS:
        write_groups(f, token, w);
        break;
    case FORMAT_POINT:
        if (last_written(w) == ' ')
            w->out->data[w->out->bytes - 1] = '0';
        strbuf_add_char(w->out, '.');
        w->after_point = true;
        break;
    case FORMAT_DOLLAR:
        strbuf_add_char(w->out, '$');
        break;
    case FORMAT_SIGN:
        drop_lone_point(w);
        add_behind_text(w, negative ? '-' : '+');
        break;
    case FORMAT_MINUS:
        if (!negative) {
            strbuf_add_char(w->out, ' ');
            break;
        }
        drop_lone_point(w);
        add_behind_text(w, '-');
        break;
    case FORMAT_OPEN:
        if (negative)
            strbuf_add_char(w->out, '<');
        break;
    case FORMAT_CLOSE:
        drop_lone_point(w);
        if (negative)
            add_behind_text(w, '>');
        else
            strbuf_add(w->out, "  ", 2);
        break;
    case FORMAT_OTHER:
        UNREACHABLE();
    }
}

void number_format_write(const NumberFormat *f, Int128 unscaled, int scale, StrBuf *out)
{
    NumberWrite w = {.out = out, .start = out->bytes};
    Str text;

    split_digits(f, unscaled, scale, &w);
    for (uint32_t i = 0; i < f->token_count; i++)
        write_token(f, &f->tokens[i], &w, unscaled < 0);
    drop_lone_point(&w);
    text = (Str){out->data + w.start, (uint32_t)(out->bytes - w.start)};
    if (text.bytes == 0 || str_is(text, "+") || str_is(text, "-")) {
        out->bytes = w.start;
        strbuf_add_char(out, '0');
    }
}
