/*
 * base64.h: RFC 4648's alphabet with '+' and '/', padded.
 */
#ifndef WEIR_FORMAT_BASE64_H
#define WEIR_FORMAT_BASE64_H

#include "base/str.h"

void base64_encode(StrBuf *out, Str bytes);
/* False: not base64. White space is passed over, as Java's MIME decoder does; padding may lack. */
bool base64_decode(Arena *arena, Str text, Str *out);
/* Java's MIME decoder whole: passes over whatever is no character of the alphabet. False: the
 * padding is wrong, or the last group is a single character. */
bool base64_decode_mime(Arena *arena, Str text, Str *out);
/* White space between the characters, but not behind the first padding character; the padding whole
 * or absent. */
bool base64_is_strict(Str text);

#endif
