/*
 * charset.h: the character sets of encode() and decode().
 */
#ifndef WEIR_EXPR_CHARSET_H
#define WEIR_EXPR_CHARSET_H

#include "base/str.h"

typedef struct Charset Charset;

/* us-ascii, iso-8859-1, utf-8, utf-16 (with a mark), utf-16be, utf-16le, utf-32, in any case; NULL:
 * another. */
const Charset *charset_find(Str name);
/* False: a character that the set does not have, or text that is not UTF-8. */
bool charset_encode(const Charset *charset, StrBuf *out, Str text);
/* False: bytes that are no text of the set. */
bool charset_decode(const Charset *charset, StrBuf *out, Str bytes);
/* With U+FFFD for each maximal part of what is not UTF-8. */
void utf8_repair(StrBuf *out, Str text);

bool text_is_valid(Str text); /* Is UTF-8. */
/* The text, or where it is not UTF-8, a copy with U+FFFD for each bad byte. */
Str text_make_valid(Arena *arena, Str text);

#endif
