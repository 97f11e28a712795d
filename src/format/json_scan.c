/*
 * json_scan.c: the words of JSON (json_scan.h).
 */
#include "format/json_scan.h"

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "column/format_value.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

const char *json_text_guard(Arena *arena, Str text, const char **end, const char **real_end)
{
    uint32_t bytes = text.bytes;
    char *copy;

    while (bytes > 0 && json_is_space(text.data[bytes - 1]))
        bytes--;
    if (bytes > 0 && (text.data[bytes - 1] == '}' || text.data[bytes - 1] == ']')) {
        *end = *real_end = text.data + bytes;
        return text.data;
    }
    copy = arena_alloc(arena, (size_t)text.bytes + 1);
    if (text.bytes)
        memcpy(copy, text.data, text.bytes);
    copy[text.bytes] = '}';
    *real_end = copy + text.bytes;
    *end = *real_end + 1;
    return copy;
}

/* ── strings ───────────────────────────────────────────────────────────────────────────────────*/

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *json_string_slow(const char *p, const char *end, char quote, JsonScan *scan)
{
    for (; p < end; p++) {
        char c = *p;

        if (c == quote)
            return p + 1;
        if ((unsigned char)c < 0x20)
            return json_fail(scan, p, "no control character in a string");
        if (c != '\\')
            continue;
        scan->escaped = true;
        if (++p == end)
            break;
        if (*p == 'u') {
            for (int i = 0; i < 4; i++) {
                if (++p == end || hex_value(*p) < 0)
                    return json_fail(scan, p, "four hexadecimal digits");
            }
        } else if (!strchr("\"\\/bfnrt", *p) || *p == '\0') {
            return json_fail(scan, p, "an escape that JSON knows");
        }
    }
    return json_fail(scan, end, "a closing quote");
}

static uint32_t hex4(const char *p)
{
    return (uint32_t)(hex_value(p[0]) << 12 | hex_value(p[1]) << 8 | hex_value(p[2]) << 4 |
                      hex_value(p[3]));
}

/* The character of \uXXXX at p (behind the u); *used counts the bytes read from p. */
static uint32_t escaped_char(const char *p, const char *end, uint32_t *used)
{
    uint32_t c = hex4(p);

    *used = 4;
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c < 0xDC00 && end - p >= 10 && p[4] == '\\' && p[5] == 'u') {
        uint32_t low = hex4(p + 6);

        if (low >= 0xDC00 && low <= 0xDFFF) {
            *used = 10;
            return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return '?';
}

uint32_t json_unescape(Str text, char *out)
{
    const char *p = text.data;
    const char *end = text.data + text.bytes;
    char *to = out;

    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((backslash ? backslash : end) - p);
        uint32_t used;

        memcpy(to, p, plain);
        to += plain;
        p += plain;
        if (p == end)
            break;
        p += 2;
        switch (p[-1]) {
        case 'b':
            *to++ = '\b';
            break;
        case 'f':
            *to++ = '\f';
            break;
        case 'n':
            *to++ = '\n';
            break;
        case 'r':
            *to++ = '\r';
            break;
        case 't':
            *to++ = '\t';
            break;
        case 'u':
            to += utf8_encode(escaped_char(p, end, &used), to);
            p += used;
            break;
        default:
            *to++ = p[-1];
            break;
        }
    }
    return (uint32_t)(to - out);
}

/* Bytes that stand for themselves in a JSON string, from `p` on. */
static size_t plain_bytes(const char *p, const char *end)
{
    const char *from = p;

#if JSON_SSE2
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);

    while (end - p >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
            _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes), bytes));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop); /* Also the high bit: not ASCII. */

        if (mask)
            return (size_t)(p - from) + (size_t)__builtin_ctz(mask);
        p += 16;
    }
#endif
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return (size_t)(p - from);
}

static void write_escape(StrBuf *out, char c)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char shorts[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                      ['\t'] = 't'};
    char text[6] = {'\\', 'u', '0', '0'};

    if (c == '"' || c == '\\') {
        text[1] = c;
        strbuf_add(out, text, 2);
    } else if (shorts[(unsigned char)c]) {
        text[1] = shorts[(unsigned char)c];
        strbuf_add(out, text, 2);
    } else {
        text[4] = hex[(unsigned char)c >> 4];
        text[5] = hex[c & 15];
        strbuf_add(out, text, 6);
    }
}

void json_write_string(StrBuf *out, Str text)
{
    const char *p = text.data;
    const char *end = text.data + text.bytes;
    size_t first = plain_bytes(p, end);

    if (LIKELY(first == text.bytes)) {
        char *to;

        strbuf_reserve(out, first + 2);
        to = out->data + out->bytes;
        to[0] = '"';
        if (first)
            memcpy(to + 1, p, first);
        to[first + 1] = '"';
        to[first + 2] = '\0';
        out->bytes += first + 2;
        return;
    }
    strbuf_add_char(out, '"');
    while (p < end) {
        size_t plain = plain_bytes(p, end);
        uint32_t bytes;

        strbuf_add(out, p, plain);
        p += plain;
        if (p == end)
            break;
        if ((unsigned char)*p < 0x80) {
            write_escape(out, *p++);
            continue;
        }
        bytes = utf8_valid_bytes(p, (uint32_t)(end - p));
        if (bytes > 0)
            strbuf_add(out, p, bytes);
        else
            strbuf_add(out, "\xEF\xBF\xBD", 3);
        p += bytes > 0 ? bytes : 1;
    }
    strbuf_add_char(out, '"');
}

/* ── numbers and literals ──────────────────────────────────────────────────────────────────────*/

static const char *digits(const char *p, JsonScan *scan)
{
    if (!is_digit(*p))
        return json_fail(scan, p, "a digit");
    while (is_digit(*p))
        p++;
    return p;
}

const char *json_number(const char *p, bool *is_integer, JsonScan *scan)
{
    const char *first;

    *is_integer = true;
    p += *p == '-';
    first = p;
    p = digits(p, scan);
    if (!p)
        return NULL;
    if (*first == '0' && p - first > 1)
        return json_fail(scan, first, "no zero in front of a number");
    if (*p == '.') {
        *is_integer = false;
        p = digits(p + 1, scan);
        if (!p)
            return NULL;
    }
    if (*p == 'e' || *p == 'E') {
        *is_integer = false;
        p++;
        p += *p == '-' || *p == '+';
        p = digits(p, scan);
        if (!p)
            return NULL;
    }
    return is_word(*p) ? json_fail(scan, p, "the end of the number") : p;
}

const char *json_literal(const char *p, const char *end, const char *word, JsonScan *scan)
{
    size_t bytes = strlen(word);

    if ((size_t)(end - p) <= bytes || memcmp(p, word, bytes) != 0 || is_word(p[bytes]))
        return json_fail(scan, p, "a value");
    return p + bytes;
}

const char *json_not_a_number(const char *p, const char *end, double *value)
{
    JsonScan ignored = {0};
    bool negative = *p == '-';
    const char *after;

    if (*p == '-' || *p == '+')
        p++;
    else if (*p == 'N') {
        *value = (double)NAN;
        return json_literal(p, end, "NaN", &ignored);
    }
    *value = negative ? -(double)INFINITY : (double)INFINITY;
    after = json_literal(p, end, "Infinity", &ignored);
    return after ? after : json_literal(p, end, "INF", &ignored);
}

/* ── skipping ──────────────────────────────────────────────────────────────────────────────────*/

static const char *skip_string(const char *p, const char *end, JsonScan *scan)
{
    if (*p == '"')
        p = json_string(p + 1, end, scan);
    else if (*p == '\'')
        p = json_string_slow(p + 1, end, '\'', scan);
    else
        return json_fail(scan, p, "a name in quotes");
    return p && p >= end ? json_fail(scan, end, "a closing bracket") : p;
}

static const char *skip_object(const char *p, const char *end, int depth, JsonScan *scan)
{
    p = json_skip_space(p + 1);
    if (*p == '}')
        return p + 1;
    for (;;) {
        p = *p == '"' ? json_string(p + 1, end, scan) : skip_string(p, end, scan);
        if (!p || p >= end)
            return json_fail(scan, end, "':'");
        p = json_skip_space(p);
        if (*p != ':')
            return json_fail(scan, p, "':'");
        p = json_skip_space(p + 1);
        p = *p == '"' ? json_string(p + 1, end, scan) : json_skip_value(p, end, depth - 1, scan);
        if (!p)
            return NULL;
        if (p >= end)
            return json_fail(scan, end, "'}'");
        p = json_skip_space(p);
        if (*p == '}')
            return p + 1;
        if (*p != ',')
            return json_fail(scan, p, "',' or '}'");
        p = json_skip_space(p + 1);
    }
}

static const char *skip_array(const char *p, const char *end, int depth, JsonScan *scan)
{
    p = json_skip_space(p + 1);
    if (*p == ']')
        return p + 1;
    for (;;) {
        p = json_skip_value(p, end, depth - 1, scan);
        if (!p)
            return NULL;
        if (p >= end)
            return json_fail(scan, end, "']'");
        p = json_skip_space(p);
        if (*p == ']')
            return p + 1;
        if (*p != ',')
            return json_fail(scan, p, "',' or ']'");
        p = json_skip_space(p + 1);
    }
}

const char *json_skip_value(const char *p, const char *end, int depth, JsonScan *scan)
{
    bool is_integer;
    const char *after;
    double value;

    if (depth <= 0)
        return json_fail(scan, p, "less nesting");
    switch (*p) {
    case '"':
    case '\'':
        return skip_string(p, end, scan);
    case '{':
        return skip_object(p, end, depth, scan);
    case '[':
        return skip_array(p, end, depth, scan);
    case 't':
        return json_literal(p, end, "true", scan);
    case 'f':
        return json_literal(p, end, "false", scan);
    case 'n':
        return json_literal(p, end, "null", scan);
    case '-':
        if (is_digit(p[1]))
            return json_number(p, &is_integer, scan);
        break;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return json_number(p, &is_integer, scan);
    default:
        break;
    }
    after = json_not_a_number(p, end, &value);
    return after ? after : json_fail(scan, p, "a value");
}

/* ── rewriting ─────────────────────────────────────────────────────────────────────────────────*/

static const char *compact_string(StrBuf *out, const char *p, const char *end)
{
    JsonScan scan = {0};
    const char *after = json_string_slow(p + 1, end, *p, &scan);
    Str text;

    if (!after)
        return end;
    text = (Str){p + 1, (uint32_t)(after - p - 2)};
    if (scan.escaped) {
        char *plain = mem_alloc((size_t)text.bytes + 1);

        json_write_string(out, (Str){plain, json_unescape(text, plain)});
        free(plain);
    } else {
        json_write_string(out, text);
    }
    return after;
}

static const char *compact_number(StrBuf *out, const char *p, const char *end)
{
    const char *from = p;
    bool is_integer = true;
    double value;

    for (; p < end && (is_word(*p) || *p == '-' || *p == '+' || *p == '.'); p++)
        is_integer = is_integer && (is_digit(*p) || *p == '-');
    if (!is_integer && text_to_double((Str){from, (uint32_t)(p - from)}, &value)) {
        /* Jackson puts what is no number in quotes. */
        if (isfinite(value)) {
            double_to_text(out, value);
        } else {
            strbuf_add_char(out, '"');
            double_to_text(out, value);
            strbuf_add_char(out, '"');
        }
    } else {
        strbuf_add(out, from, (size_t)(p - from));
    }
    return p;
}

void json_write_compact(StrBuf *out, const char *p, const char *end)
{
    while (p < end) {
        if (json_is_space(*p)) {
            p++;
        } else if (*p == '"' || *p == '\'') {
            p = compact_string(out, p, end);
        } else if (is_digit(*p) || *p == '-' || *p == '+' || *p == 'N' || *p == 'I') {
            p = compact_number(out, p, end);
        } else if (is_word(*p)) {
            const char *from = p;

            while (p < end && is_word(*p))
                p++;
            strbuf_add(out, from, (size_t)(p - from));
        } else {
            strbuf_add_char(out, *p++);
        }
    }
}
