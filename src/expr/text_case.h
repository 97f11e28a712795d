/*
 * text_case.h: capital and small letters of all scripts, as ICU's root locale has them.
 *
 * One letter may become several (ß: SS), and the Σ that ends a word becomes ς. Bytes that are not
 * UTF-8 become U+FFFD.
 */
#ifndef WEIR_EXPR_TEXT_CASE_H
#define WEIR_EXPR_TEXT_CASE_H

#include "base/str.h"

void text_upper(StrBuf *out, Str text);
void text_lower(StrBuf *out, Str text);
/* The first letter of each word, as parted by blanks, in title case, the others small. */
void text_title(StrBuf *out, Str text);

/* Of one character. */
uint32_t char_lower(uint32_t c);
uint32_t char_upper(uint32_t c);
bool char_is_upper(uint32_t c);
bool char_is_lower(uint32_t c);

#endif
