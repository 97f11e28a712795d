#include "base/utf8.h"

uint32_t utf8_valid_bytes(const char *data, uint32_t bytes)
{
    const unsigned char *p = (const unsigned char *)data;

    if (bytes == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2)
        return 0;
    if (p[0] < 0xE0)
        return bytes >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (p[0] < 0xF0) {
        if (bytes < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
            return 0;
        if (p[0] == 0xE0 && p[1] < 0xA0)
            return 0; /* overlong */
        if (p[0] == 0xED && p[1] >= 0xA0)
            return 0; /* surrogate */
        return 3;
    }
    if (p[0] > 0xF4 || bytes < 4)
        return 0;
    if ((p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
        return 0;
    if (p[0] == 0xF0 && p[1] < 0x90)
        return 0;
    if (p[0] == 0xF4 && p[1] >= 0x90)
        return 0;
    return 4;
}

uint32_t utf8_valid_prefix(Str text)
{
    uint32_t at = 0;

    while (at < text.bytes) {
        uint32_t bytes;

        /* Eight ASCII characters at a time. */
        while (text.bytes - at >= 8) {
            uint64_t word;

            memcpy(&word, text.data + at, sizeof word);
            if (word & UINT64_C(0x8080808080808080))
                break;
            at += 8;
        }
        bytes = utf8_valid_bytes(text.data + at, text.bytes - at);
        if (bytes == 0)
            break;
        at += bytes;
    }
    return at;
}

uint32_t utf8_char_bytes(const char *data, uint32_t bytes)
{
    uint32_t valid = utf8_valid_bytes(data, bytes);

    return valid ? valid : 1;
}

uint32_t utf8_decode(const char *data, uint32_t bytes, uint32_t *length)
{
    const unsigned char *p = (const unsigned char *)data;
    uint32_t valid = utf8_valid_bytes(data, bytes);

    *length = valid ? valid : 1;
    switch (valid) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    case 3:
        return (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    case 4:
        return (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
    default:
        return 0xDC00u + p[0];
    }
}

uint32_t utf8_encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

uint32_t utf8_char_count(Str text)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < text.bytes; count++)
        i += (unsigned char)text.data[i] < 0x80 ? 1 : utf8_char_bytes(text.data + i, text.bytes - i);
    return count;
}

uint32_t utf8_byte_of_char(Str text, uint32_t char_i)
{
    uint32_t i = 0;

    while (char_i-- && i < text.bytes)
        i += (unsigned char)text.data[i] < 0x80 ? 1 : utf8_char_bytes(text.data + i, text.bytes - i);
    return i;
}
