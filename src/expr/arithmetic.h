/*
 * arithmetic.h: the kernels behind + - * / % div pmod and unary minus, over numbers.
 *
 * The operator is the row's `extra` (an ArithmeticOp); the type of the arguments chooses the loop.
 */
#ifndef WEIR_EXPR_ARITHMETIC_H
#define WEIR_EXPR_ARITHMETIC_H

#include "expr/coerce.h"

typedef enum ArithmeticOp {
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_REMAINDER,
    OP_DIV, /* Integral division; BIGINT. */
    OP_PMOD,
} ArithmeticOp;

/* Integers of any width (both sides the same), floats, and intervals where these are numbers. */
Vector *kernel_arithmetic(const KernelCall *call);
/* Two decimals of any precision and scale into the decimal of the call's type. */
Vector *kernel_arithmetic_decimal(const KernelCall *call);
Vector *kernel_negate(const KernelCall *call);
Vector *kernel_abs(const KernelCall *call);

/* The decimal of `a op b`. */
Decimal decimal_result(ArithmeticOp op, Decimal a, Decimal b);

/* Errors in Spark's words. */
#define CLASS_DIVIDE_BY_ZERO "DIVIDE_BY_ZERO", "22012"
#define TEXT_DIVIDE_BY_ZERO                                                                        \
    "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead."
#define CLASS_REMAINDER_BY_ZERO "REMAINDER_BY_ZERO", "22012"
#define TEXT_REMAINDER_BY_ZERO                                                                     \
    "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and return NULL instead."
#define CLASS_OVERFLOW "ARITHMETIC_OVERFLOW", "22003"
#define CLASS_INTERVAL_OVERFLOW "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION", "22015"
#define CLASS_INTERVAL_OVERFLOW_TRY "INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION", "22015"
#define CLASS_OUT_OF_RANGE "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "22003"

#endif
