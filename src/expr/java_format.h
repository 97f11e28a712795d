/*
 * java_format.h: java.util.Formatter's patterns, as format_string() has them.
 *
 *     % [n$ | <] [-#+ 0,(]… [width] [.precision] (b B h H s S c C d o x X e E f g G % n)
 *
 * Arguments are what Spark hands to it: a date is its days, a timestamp its microseconds, and %d of
 * anything but an integer, %f of anything but FLOAT and DOUBLE is an error.
 */
#ifndef WEIR_EXPR_JAVA_FORMAT_H
#define WEIR_EXPR_JAVA_FORMAT_H

#include "column/vector.h"

enum { JAVA_FORMAT_WIDTH_MAX = 1 << 20 };

/* Appends `pattern` with row row_i of args[0 .. arg_count) put in. NULL: done; else what is wrong. */
const char *java_format(StrBuf *out, Str pattern, const Vector *const *args, uint32_t arg_count,
                        uint32_t row_i);

#endif
