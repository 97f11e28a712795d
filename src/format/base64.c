/*
 * base64.c: bytes as text (base64.h).
 */
#include "format/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(StrBuf *out, Str bytes)
{
    const unsigned char *in = (const unsigned char *)bytes.data;
    uint32_t left = bytes.bytes;
    char four[4];

    strbuf_reserve(out, ((size_t)left + 2) / 3 * 4);
    for (; left > 0; in += 3, left -= MIN(left, 3u)) {
        uint32_t group = (uint32_t)in[0] << 16;

        if (left > 1)
            group |= (uint32_t)in[1] << 8;
        if (left > 2)
            group |= in[2];
        four[0] = alphabet[group >> 18];
        four[1] = alphabet[group >> 12 & 63];
        four[2] = left > 1 ? alphabet[group >> 6 & 63] : '=';
        four[3] = left > 2 ? alphabet[group & 63] : '=';
        strbuf_add(out, four, 4);
    }
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(Arena *arena, Str text, Str *out)
{
    char *bytes = arena_alloc(arena, (size_t)text.bytes / 4 * 3 + 3);
    uint32_t count = 0;
    uint32_t group = 0;
    uint32_t digits = 0;
    uint32_t padding = 0;

    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];
        int value = digit_value(c);

        if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
            continue;
        if (c == '=') {
            padding++;
            continue;
        }
        if (value < 0 || padding > 0)
            return false;
        group = group << 6 | (uint32_t)value;
        if (++digits % 4 == 0) {
            bytes[count++] = (char)(group >> 16 & 0xFF);
            bytes[count++] = (char)(group >> 8 & 0xFF);
            bytes[count++] = (char)(group & 0xFF);
        }
    }
    if (digits % 4 == 1 || (padding > 0 && (digits + padding) % 4 != 0))
        return false;
    if (digits % 4 == 2) {
        bytes[count++] = (char)(group >> 4 & 0xFF);
    } else if (digits % 4 == 3) {
        bytes[count++] = (char)(group >> 10 & 0xFF);
        bytes[count++] = (char)(group >> 2 & 0xFF);
    }
    *out = (Str){bytes, count};
    return true;
}

/* What may stand behind the padding: only what is passed over. */
static bool only_others(Str text, uint32_t at)
{
    for (; at < text.bytes; at++) {
        if (digit_value(text.data[at]) >= 0)
            return false;
    }
    return true;
}

bool base64_decode_mime(Arena *arena, Str text, Str *bytes)
{
    char *out = arena_alloc(arena, (size_t)text.bytes / 4 * 3 + 3);
    uint32_t group = 0, count = 0, at = 0, written = 0;

    for (; at < text.bytes; at++) {
        int value = digit_value(text.data[at]);

        if (text.data[at] == '=') {
            at++;
            /* "xx" wants two of them, and "" none. */
            if (count == 0 || (count == 2 && (at == text.bytes || text.data[at++] != '=')))
                return false;
            break;
        }
        if (value < 0)
            continue;
        group = group << 6 | (uint32_t)value;
        if (++count < 4)
            continue;
        out[written++] = (char)(group >> 16);
        out[written++] = (char)(group >> 8);
        out[written++] = (char)group;
        group = count = 0;
    }
    if (count == 1 || !only_others(text, at))
        return false;
    group <<= 6 * (4 - count);
    if (count >= 2)
        out[written++] = (char)(group >> 16);
    if (count == 3)
        out[written++] = (char)(group >> 8);
    *bytes = (Str){out, written};
    return true;
}

bool base64_is_strict(Str text)
{
    uint32_t count = 0, padding = 0;

    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];

        if (c == '=') {
            if (++padding > 2 || count % 4 < 2)
                return false;
        } else if (padding) {
            return false;
        } else if (digit_value(c) >= 0) {
            count++;
        } else if (c != ' ' && !(c >= '\t' && c <= '\r') && !(c >= 0x1C && c <= 0x1F)) {
            return false;
        }
    }
    return padding ? (count + padding) % 4 == 0 : count % 4 != 1;
}
