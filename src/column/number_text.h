/*
 * number_text.h: a decimal number's text taken apart, for all who read numbers (CAST, JSON, CSV).
 */
#ifndef WEIR_COLUMN_NUMBER_TEXT_H
#define WEIR_COLUMN_NUMBER_TEXT_H

#include "column/type.h"

/* The value is ±digits * 10^exponent, with the digits that `digits` had no room for behind it. */
typedef struct NumberText {
    Str text;         /* What was scanned, without white space. */
    UInt128 digits;   /* The first 38 significant ones, as an integer. */
    int32_t exponent; /* Of the last digit in `digits`; limited to ±NUMBER_EXPONENT_MAX. */
    uint8_t digit_count; /* Significant digits in `digits`; 0: the value is zero. */
    uint8_t next_digit;  /* The first one without room; it alone decides HALF_UP. */
    bool more_digits; /* There are digits other than zero without room. */
    bool negative;
} NumberText;

enum { NUMBER_EXPONENT_MAX = 1000000 };

/* Reads [+-]digits[.digits][e[+-]digits], a digit on one side of the point at least: Java's
 * BigDecimal. The whole text must be so. */
bool number_scan(Str text, NumberText *out);
double number_to_double(const NumberText *number); /* Correctly rounded; too large is infinite. */
float number_to_float(const NumberText *number);   /* Rounded once, from the text. */
/* HALF_UP to `scale`; false when more than `precision` digits result. */
bool number_to_decimal(const NumberText *number, int precision, int scale, Int128 *out);

/* Decimal digits of `value` to `out` (room for 20; for 128 bits 40), returns how many. */
int u64_to_digits(char *out, uint64_t value);
int u128_to_digits(char *out, UInt128 value);

/* Without what Java's String.trim takes off both ends: all that is not above a blank. */
Str text_trim(Str text);

#endif
