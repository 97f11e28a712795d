/*
 * java_digits.h: the decimal digits that Java 17 prints of a double or a float.
 *
 * Spark's texts of floating-point numbers are Java's, and those of Java 17, on which Spark 4 runs, are
 * not always the shortest that read back: 2e23 is 1.9999999999999998E23, (float)2147483647 is
 * 2.14748365E9. Java's algorithm makes digit after digit until what is left is less than half a unit of
 * the number's last bit, with ends a little narrower than need be; here it is done in the same steps.
 */
#ifndef WEIR_COLUMN_JAVA_DIGITS_H
#define WEIR_COLUMN_JAVA_DIGITS_H

#include <stdbool.h>

enum { JAVA_DIGITS_MAX = 26 };

/* Of a finite value > 0: 0.d1d2d3… * 10^*point. Returns how many digits. */
int java_digits(double value, bool is_float, char digits[JAVA_DIGITS_MAX], int *point);

#endif
