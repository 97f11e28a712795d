#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/utf8.h"

static unsigned char lower_ascii(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool str_equal_nocase(Str a, Str b)
{
    if (a.bytes != b.bytes)
        return false;
    for (uint32_t i = 0; i < a.bytes; i++) {
        if (lower_ascii((unsigned char)a.data[i]) != lower_ascii((unsigned char)b.data[i]))
            return false;
    }
    return true;
}

bool str_is(Str a, const char *text)
{
    return str_equal(a, str_of(text));
}

bool str_is_nocase(Str a, const char *text)
{
    return str_equal_nocase(a, str_of(text));
}

bool str_starts_with(Str a, Str prefix)
{
    return a.bytes >= prefix.bytes && memcmp(a.data, prefix.data, prefix.bytes) == 0;
}

bool str_ends_with(Str a, Str suffix)
{
    return a.bytes >= suffix.bytes &&
           memcmp(a.data + a.bytes - suffix.bytes, suffix.data, suffix.bytes) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

Str str_trim(Str a)
{
    while (a.bytes && is_space(a.data[0])) {
        a.data++;
        a.bytes--;
    }
    while (a.bytes && is_space(a.data[a.bytes - 1]))
        a.bytes--;
    return a;
}

Str str_skip_mark(Str a)
{
    return str_starts_with(a, STR("\xEF\xBB\xBF")) ? str_slice(a, 3, a.bytes) : a;
}

Str str_slice(Str a, uint32_t from, uint32_t to)
{
    ASSERT(from <= to && to <= a.bytes);
    return (Str){a.data + from, to - from};
}

ptrdiff_t str_find(Str a, Str needle)
{
    const char *found;

    if (needle.bytes == 0)
        return 0;
    if (a.bytes < needle.bytes)
        return -1;
    found = memmem(a.data, a.bytes, needle.data, needle.bytes);
    return found ? found - a.data : -1;
}

ptrdiff_t str_find_char(Str a, char c)
{
    const char *found = a.bytes ? memchr(a.data, c, a.bytes) : NULL;

    return found ? found - a.data : -1;
}

bool str_split(Str *rest, char separator, Str *part)
{
    ptrdiff_t at;

    if (!rest->data)
        return false;
    at = str_find_char(*rest, separator);
    if (at < 0) {
        *part = *rest;
        *rest = (Str){NULL, 0};
    } else {
        *part = str_slice(*rest, 0, (uint32_t)at);
        *rest = str_slice(*rest, (uint32_t)at + 1, rest->bytes);
    }
    return true;
}

bool str_to_int64(Str a, int64_t *out)
{
    uint32_t i = 0;
    bool negative = false;
    int64_t value = 0;

    if (a.bytes && (a.data[0] == '-' || a.data[0] == '+')) {
        negative = a.data[0] == '-';
        i = 1;
    }
    if (i == a.bytes)
        return false;
    for (; i < a.bytes; i++) {
        int digit = a.data[i] - '0';

        if (digit < 0 || digit > 9)
            return false;
        /* Downwards, so that INT64_MIN fits. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

bool str_to_double(Str a, double *out)
{
    char copy[512];
    char *end;
    double value;

    if (a.bytes == 0 || a.bytes >= sizeof copy)
        return false;
    for (uint32_t i = 0; i < a.bytes; i++) {
        char c = a.data[i];

        if (!((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E'))
            return false;
    }
    memcpy(copy, a.data, a.bytes);
    copy[a.bytes] = '\0';
    value = strtod(copy, &end);
    if (end != copy + a.bytes)
        return false;
    *out = value;
    return true;
}

char *str_to_c(Arena *arena, Str a)
{
    char *text = arena_alloc(arena, (size_t)a.bytes + 1);

    if (a.bytes)
        memcpy(text, a.data, a.bytes);
    text[a.bytes] = '\0';
    return text;
}

Str str_copy(Arena *arena, Str a)
{
    return (Str){arena_copy(arena, a.data, a.bytes), a.bytes};
}

char *str_file_name(Arena *arena, Str name)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = ARENA_ARRAY(arena, char, (size_t)name.bytes * 3 + 1);
    size_t count = 0;

    for (uint32_t i = 0; i < name.bytes; i++) {
        unsigned char c = (unsigned char)name.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
            c == '-') {
            out[count++] = (char)c;
            continue;
        }
        out[count++] = '%';
        out[count++] = digits[c >> 4];
        out[count++] = digits[c & 15];
    }
    out[count] = '\0';
    return out;
}

Str str_lower(Arena *arena, Str a)
{
    char *text = arena_alloc(arena, a.bytes);

    for (uint32_t i = 0; i < a.bytes; i++)
        text[i] = (char)lower_ascii((unsigned char)a.data[i]);
    return (Str){text, a.bytes};
}

void strbuf_init(StrBuf *buf)
{
    *buf = (StrBuf){0};
}

void strbuf_done(StrBuf *buf)
{
    free(buf->data);
    *buf = (StrBuf){0};
}

void strbuf_reserve(StrBuf *buf, size_t more_bytes)
{
    size_t needed = buf->bytes + more_bytes + 1;
    size_t capacity = buf->capacity ? buf->capacity : 64;

    ASSERT(needed > more_bytes);
    if (needed <= buf->capacity)
        return;
    while (capacity < needed)
        capacity *= 2;
    buf->data = mem_realloc(buf->data, capacity);
    buf->capacity = capacity;
}

void strbuf_printf(StrBuf *buf, const char *format, ...)
{
    va_list args;
    int bytes;

    strbuf_reserve(buf, 64);
    va_start(args, format);
    bytes = vsnprintf(buf->data + buf->bytes, buf->capacity - buf->bytes, format, args);
    va_end(args);
    ASSERT(bytes >= 0);
    if ((size_t)bytes >= buf->capacity - buf->bytes) {
        strbuf_reserve(buf, (size_t)bytes);
        va_start(args, format);
        (void)vsnprintf(buf->data + buf->bytes, buf->capacity - buf->bytes, format, args);
        va_end(args);
    }
    buf->bytes += (size_t)bytes;
}

void strbuf_add_int64(StrBuf *buf, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    strbuf_add(buf, at, (size_t)(digits + sizeof digits - at));
}

void strbuf_add_quoted(StrBuf *buf, Str text, char quote)
{
    strbuf_add_char(buf, quote);
    for (uint32_t i = 0; i < text.bytes; i++) {
        if (text.data[i] == quote)
            strbuf_add_char(buf, quote);
        strbuf_add_char(buf, text.data[i]);
    }
    strbuf_add_char(buf, quote);
}

void strbuf_add_json_string(StrBuf *buf, Str text)
{
    static const char hex[] = "0123456789abcdef";
    uint32_t i = 0;

    strbuf_add_char(buf, '"');
    while (i < text.bytes) {
        uint32_t plain = i;
        unsigned char c;

        while (plain < text.bytes) {
            c = (unsigned char)text.data[plain];
            if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80)
                break;
            plain++;
        }
        strbuf_add(buf, text.data + i, plain - i);
        i = plain;
        if (i == text.bytes)
            break;
        c = (unsigned char)text.data[i];
        if (c >= 0x80) {
            uint32_t bytes = utf8_valid_bytes(text.data + i, text.bytes - i);

            if (bytes)
                strbuf_add(buf, text.data + i, bytes);
            else
                strbuf_add_c(buf, "\xEF\xBF\xBD");
            i += bytes ? bytes : 1;
            continue;
        }
        i++;
        switch (c) {
        case '"':
            strbuf_add_c(buf, "\\\"");
            break;
        case '\\':
            strbuf_add_c(buf, "\\\\");
            break;
        case '\n':
            strbuf_add_c(buf, "\\n");
            break;
        case '\r':
            strbuf_add_c(buf, "\\r");
            break;
        case '\t':
            strbuf_add_c(buf, "\\t");
            break;
        case '\b':
            strbuf_add_c(buf, "\\b");
            break;
        case '\f':
            strbuf_add_c(buf, "\\f");
            break;
        default:
            strbuf_add_c(buf, "\\u00");
            strbuf_add_char(buf, hex[c >> 4]);
            strbuf_add_char(buf, hex[c & 15]);
            break;
        }
    }
    strbuf_add_char(buf, '"');
}
