/*
 * decimal_format.h: java.text.DecimalFormat's patterns, in its US form, without exponents.
 *
 *     prefix #,##0.00## suffix ; negative prefix # negative suffix
 *
 * Halves go to the even digit.
 */
#ifndef WEIR_EXPR_DECIMAL_FORMAT_H
#define WEIR_EXPR_DECIMAL_FORMAT_H

#include "base/str.h"
#include "column/type.h"

enum { DECIMAL_FORMAT_DIGITS_MAX = 340, DECIMAL_FORMAT_AFFIX_MAX = 64 };

typedef struct Affix {
    char text[DECIMAL_FORMAT_AFFIX_MAX];
    uint32_t bytes;
} Affix;

typedef struct DecimalFormat {
    Affix prefix, suffix, negative_prefix, negative_suffix;
    int integer_min;
    int fraction_min, fraction_max;
    int group; /* Digits between commas; 0: no commas. */
    int shift; /* 2: percent, 3: per mille. */
} DecimalFormat;

void decimal_format_digits(DecimalFormat *out, int fraction_digits); /* #,##0.00… */
bool decimal_format_parse(DecimalFormat *out, Str pattern);          /* False: no such pattern. */
void decimal_format_double(const DecimalFormat *format, double value, StrBuf *out);
void decimal_format_decimal(const DecimalFormat *format, Int128 unscaled, int scale, StrBuf *out);

#endif
