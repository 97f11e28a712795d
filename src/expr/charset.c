/*
 * charset.c: a character set is how wide its units are, in which order their bytes stand, and the
 * last character it has (charset.h).
 */
#include "expr/charset.h"

#include "base/utf8.h"

struct Charset {
    const char *name;
    uint8_t unit_bytes; /* 0: UTF-8 */
    bool little_endian;
    bool marked; /* U+FEFF is written first, and tells the order when read. */
    uint32_t last;
};

static const Charset charsets[] = {
    {"us-ascii", 1, false, false, 0x7F},     {"iso-8859-1", 1, false, false, 0xFF},
    {"utf-8", 0, false, false, 0x10FFFF},    {"utf-16", 2, false, true, 0x10FFFF},
    {"utf-16be", 2, false, false, 0x10FFFF}, {"utf-16le", 2, true, false, 0x10FFFF},
    {"utf-32", 4, false, false, 0x10FFFF},
};

const Charset *charset_find(Str name)
{
    for (size_t i = 0; i < COUNT_OF(charsets); i++) {
        if (str_is_nocase(name, charsets[i].name))
            return &charsets[i];
    }
    return NULL;
}

static void add_unit(const Charset *charset, StrBuf *out, uint32_t unit)
{
    for (uint32_t i = 0; i < charset->unit_bytes; i++) {
        uint32_t shift = charset->little_endian ? i : charset->unit_bytes - 1u - i;

        strbuf_add_char(out, (char)(unit >> (8 * shift)));
    }
}

bool charset_encode(const Charset *charset, StrBuf *out, Str text)
{
    if (charset->marked && text.bytes)
        add_unit(charset, out, 0xFEFF);
    for (uint32_t at = 0; at < text.bytes;) {
        uint32_t length, c = utf8_decode(text.data + at, text.bytes - at, &length);

        if (!utf8_valid_bytes(text.data + at, text.bytes - at) || c > charset->last)
            return false;
        if (charset->unit_bytes == 0) {
            strbuf_add(out, text.data + at, length);
        } else if (charset->unit_bytes == 2 && c > 0xFFFF) {
            add_unit(charset, out, 0xD800 + ((c - 0x10000) >> 10));
            add_unit(charset, out, 0xDC00 + ((c - 0x10000) & 0x3FF));
        } else {
            add_unit(charset, out, c);
        }
        at += length;
    }
    return true;
}

/* ── decoding ──────────────────────────────────────────────────────────────────────────────────*/

static bool take_unit(const Charset *charset, bool little_endian, Str *bytes, uint32_t *unit)
{
    if (bytes->bytes < charset->unit_bytes)
        return false;
    *unit = 0;
    for (uint32_t i = 0; i < charset->unit_bytes; i++) {
        uint32_t at = little_endian ? charset->unit_bytes - 1u - i : i;

        *unit = *unit << 8 | (uint8_t)bytes->data[at];
    }
    *bytes = str_slice(*bytes, charset->unit_bytes, bytes->bytes);
    return true;
}

static bool decode_units(const Charset *charset, StrBuf *out, Str bytes)
{
    bool little_endian = charset->little_endian;
    uint32_t c, low;
    char text[4];

    if ((charset->marked || charset->unit_bytes == 4) && bytes.bytes >= charset->unit_bytes) {
        Str rest = bytes;

        take_unit(charset, false, &rest, &c);
        little_endian = c == (charset->unit_bytes == 2 ? 0xFFFEu : 0xFFFE0000u);
        if (little_endian || c == 0xFEFF)
            bytes = rest;
    }
    while (bytes.bytes) {
        if (!take_unit(charset, little_endian, &bytes, &c))
            return false;
        if (charset->unit_bytes == 2 && c >= 0xD800 && c <= 0xDBFF) {
            if (!take_unit(charset, little_endian, &bytes, &low) || low < 0xDC00 || low > 0xDFFF)
                return false;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
        if (c > charset->last || (c >= 0xD800 && c <= 0xDFFF))
            return false;
        strbuf_add(out, text, utf8_encode(c, text));
    }
    return true;
}

bool charset_decode(const Charset *charset, StrBuf *out, Str bytes)
{
    if (charset->unit_bytes)
        return decode_units(charset, out, bytes);
    strbuf_add_str(out, bytes);
    return text_is_valid(bytes);
}

/* ── repairing ─────────────────────────────────────────────────────────────────────────────────*/

/* How many bytes of a character cut short or broken off belong together. */
static uint32_t broken_bytes(const char *data, uint32_t bytes)
{
    const uint8_t *p = (const uint8_t *)data;
    uint32_t wanted = p[0] >= 0xF0 && p[0] <= 0xF4   ? 4
                      : p[0] >= 0xE0 && p[0] <= 0xEF ? 3
                      : p[0] >= 0xC2 && p[0] <= 0xDF ? 2
                                                     : 1;
    uint8_t low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    uint8_t high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    uint32_t count = 1;

    if (wanted > 1 && bytes > 1 && p[1] >= low && p[1] <= high) {
        for (count = 2; count < wanted && count < bytes && (p[count] & 0xC0) == 0x80;)
            count++;
    }
    return count;
}

void utf8_repair(StrBuf *out, Str text)
{
    for (uint32_t at = 0; at < text.bytes;) {
        uint32_t length = utf8_valid_bytes(text.data + at, text.bytes - at);

        if (length) {
            strbuf_add(out, text.data + at, length);
            at += length;
        } else {
            strbuf_add_c(out, "\xEF\xBF\xBD");
            at += broken_bytes(text.data + at, text.bytes - at);
        }
    }
}

static uint32_t valid_prefix(Str text)
{
    uint32_t at = 0;

    while (at < text.bytes) {
        uint32_t length = utf8_valid_bytes(text.data + at, text.bytes - at);

        if (!length)
            break;
        at += length;
    }
    return at;
}

bool text_is_valid(Str text)
{
    return valid_prefix(text) == text.bytes;
}

Str text_make_valid(Arena *arena, Str text)
{
    uint32_t at = valid_prefix(text);
    char *out;
    uint32_t bytes = at;

    if (at == text.bytes)
        return text;
    out = arena_alloc(arena, (size_t)at + (size_t)(text.bytes - at) * 3);
    if (at)
        memcpy(out, text.data, at);
    while (at < text.bytes) {
        uint32_t length = utf8_valid_bytes(text.data + at, text.bytes - at);

        memcpy(out + bytes, length ? text.data + at : "\xEF\xBF\xBD", length ? length : 3);
        bytes += length ? length : 3;
        at += length ? length : 1;
    }
    return (Str){out, bytes};
}
