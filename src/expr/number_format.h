/*
 * number_format.h: the formats of to_number() and to_char().
 *
 *     [ MI | S ] [ $ ] [ 0 | 9 | G | , ]… [ . | D ] [ 0 | 9 ]… [ $ ] [ PR | MI | S ]
 *
 * A run of digits that begins with 0, before the point, stands for just so many digits; any other
 * for at most so many.
 */
#ifndef WEIR_EXPR_NUMBER_FORMAT_H
#define WEIR_EXPR_NUMBER_FORMAT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "column/type.h"

typedef struct NumberFormat NumberFormat;

/* Any case. False: INVALID_FORMAT.<why> in err. */
bool number_format_parse(Arena *arena, Str text, const NumberFormat **out, Error *err);
int number_format_precision(const NumberFormat *format);
int number_format_scale(const NumberFormat *format);
/* The unscaled value at the format's scale; false: the text is not in the format. */
bool number_format_read(const NumberFormat *format, Str text, Int128 *out);
/* Always as wide as the format; of # where the number has more digits. */
void number_format_write(const NumberFormat *format, Int128 unscaled, int scale, StrBuf *out);

#endif
