/*
 * like.c: LIKE by its pieces: the texts between the % are looked for one after another, the first
 * at the beginning, the last at the end. Each is found at its first place, which is never wrong, so
 * the time is that of a search and never more than text times pattern.
 */
#include "expr/like.h"

#include "base/utf8.h"

/* A stretch without %: bytes, of which some stand for any character. */
typedef struct LikePiece {
    Str bytes;
    const bool *any; /* any[i]: byte i is a `_`. NULL: none is. */
} LikePiece;

struct LikePattern {
    LikePiece *pieces;
    uint32_t piece_count; /* One more than there are groups of %. */
};

LikeProblem like_compile(Arena *arena, Str pattern, char escape, const LikePattern **out)
{
    LikePattern *p = ARENA_NEW(arena, LikePattern);
    char *bytes = arena_alloc(arena, pattern.bytes + 1);
    bool *any = arena_zalloc(arena, pattern.bytes + 1);
    uint32_t count = 0, start = 0;

    p->pieces = ARENA_ARRAY(arena, LikePiece, pattern.bytes + 1);
    for (uint32_t i = 0; i <= pattern.bytes; i++) {
        char c = i < pattern.bytes ? pattern.data[i] : '%';

        if (i < pattern.bytes && c == escape) {
            if (++i == pattern.bytes)
                return LIKE_ESCAPE_AT_END;
            c = pattern.data[i];
            if (c != '%' && c != '_' && c != escape)
                return LIKE_ESCAPE_IN_MIDDLE;
            bytes[count++] = c;
        } else if (c == '%') {
            p->pieces[p->piece_count++] = (LikePiece){{bytes + start, count - start}, any + start};
            start = count;
        } else {
            any[count] = c == '_';
            bytes[count++] = c;
        }
    }
    for (uint32_t k = 0; k < p->piece_count; k++) {
        LikePiece *piece = &p->pieces[k];

        if (!piece->bytes.bytes || !memchr(piece->any, true, piece->bytes.bytes))
            piece->any = NULL;
    }
    *out = p;
    return LIKE_OK;
}

/* Length of text that the piece matches at its beginning, or -1. */
static int64_t piece_match(const LikePiece *piece, Str text)
{
    uint32_t at = 0;

    if (!piece->any) {
        if (piece->bytes.bytes > text.bytes ||
            memcmp(text.data, piece->bytes.data, piece->bytes.bytes) != 0)
            return -1;
        return piece->bytes.bytes;
    }
    for (uint32_t i = 0; i < piece->bytes.bytes; i++) {
        if (at >= text.bytes)
            return -1;
        if (piece->any[i])
            at += utf8_char_bytes(text.data + at, text.bytes - at);
        else if (text.data[at++] != piece->bytes.data[i])
            return -1;
    }
    return at;
}

static bool piece_find(const LikePiece *piece, Str *text)
{
    if (!piece->bytes.bytes)
        return true;
    if (!piece->any) {
        ptrdiff_t at = str_find(*text, piece->bytes);

        if (at < 0)
            return false;
        text->data += (size_t)at + piece->bytes.bytes;
        text->bytes -= (uint32_t)at + piece->bytes.bytes;
        return true;
    }
    while (text->bytes) {
        int64_t length = piece_match(piece, *text);
        uint32_t step = utf8_char_bytes(text->data, text->bytes);

        if (length >= 0) {
            text->data += length;
            text->bytes -= (uint32_t)length;
            return true;
        }
        text->data += step;
        text->bytes -= step;
    }
    return false;
}

/* Whether the text ends with the piece; `_` makes the place of its beginning unknown in bytes, so
 * characters are counted off from the end. */
static bool piece_ends(const LikePiece *piece, Str text)
{
    uint32_t chars, all;

    if (!piece->any)
        return str_ends_with(text, piece->bytes);
    chars = utf8_char_count(piece->bytes);
    all = utf8_char_count(text);
    if (chars > all)
        return false;
    chars = utf8_byte_of_char(text, all - chars);
    text.data += chars;
    text.bytes -= chars;
    return piece_match(piece, text) == (int64_t)text.bytes;
}

bool like_match(const LikePattern *p, Str text)
{
    int64_t length = piece_match(&p->pieces[0], text);

    if (length < 0 || p->piece_count == 1)
        return length == (int64_t)text.bytes;
    text.data += length;
    text.bytes -= (uint32_t)length;
    for (uint32_t k = 1; k + 1 < p->piece_count; k++) {
        if (!piece_find(&p->pieces[k], &text))
            return false;
    }
    return piece_ends(&p->pieces[p->piece_count - 1], text);
}
