/*
 * utf8.h: code points in bytes. Whatever is not UTF-8 counts as one character a byte.
 */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include <stdint.h>

#include "base/str.h"

/* Length of the well-formed sequence at `data` (1..4), or 0 (also when `bytes` is 0). */
uint32_t utf8_valid_bytes(const char *data, uint32_t bytes);
/* How many bytes of `text` stand before the first that is not UTF-8. */
uint32_t utf8_valid_prefix(Str text);
/* Length of the character at `data`, at least 1; `bytes` > 0. */
uint32_t utf8_char_bytes(const char *data, uint32_t bytes);
/* The character at `data` and its length; a bad byte gives itself + 0xDC00 (never a code point). */
uint32_t utf8_decode(const char *data, uint32_t bytes, uint32_t *length);
/* Writes 1..4 bytes, returns how many. */
uint32_t utf8_encode(uint32_t code_point, char out[4]);
uint32_t utf8_char_count(Str text);
/* The byte position of character `char_i`, or text.bytes when there are fewer. */
uint32_t utf8_byte_of_char(Str text, uint32_t char_i);

#endif
