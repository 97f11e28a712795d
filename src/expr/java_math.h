/*
 * java_math.h: functions of real numbers to Java's last bit.
 *
 * Java's StrictMath must give what the algorithms of fdlibm give, which C's library, often closer to the
 * truth by a bit, does not: exp(1) is 2.7182818284590455 in Spark. Spark takes StrictMath for exp, log,
 * log10 and pow; for cosh, sinh, asin, acos, atan, atan2, cbrt and hypot Java's Math is StrictMath. What
 * is not here (sin, cos, tan, expm1, log1p, tanh) agrees.
 */
#ifndef WEIR_EXPR_JAVA_MATH_H
#define WEIR_EXPR_JAVA_MATH_H

double java_exp(double x);
double java_log(double x);
double java_log10(double x);
double java_pow(double x, double y);
double java_cosh(double x);
double java_sinh(double x);
double java_asin(double x);
double java_acos(double x);
double java_atan(double x);
double java_atan2(double y, double x);
double java_cbrt(double x);
double java_hypot(double x, double y);

#endif
