/*
 * coerce.h: Spark's ANSI rules of types: which type takes over which, and of what precision the
 * decimal is that holds both.
 *
 * The rules in one table (a string is taken for the other side's type, save intervals):
 *
 *     numbers        TINYINT < SMALLINT < INT < BIGINT < FLOAT < DOUBLE; an integer and a FLOAT
 * meet in DOUBLE; a decimal meets an integer in a wider decimal, a float in DOUBLE date, time DATE
 * < TIMESTAMP_NTZ < TIMESTAMP intervals      DAY TO SECOND of all fields of both; YEAR TO MONTH
 * likewise nested         element by element; structs field by field of equal names STRING + X X,
 * save that an integer becomes BIGINT and a fraction DOUBLE
 */
#ifndef WEIR_EXPR_COERCE_H
#define WEIR_EXPR_COERCE_H

#include "expr/function.h"

typedef struct Decimal {
    int precision;
    int scale;
} Decimal;

/* The decimal that holds every value of an integral type (FLOAT: (14,7), DOUBLE: (30,15)); a
 * decimal's own. */
Decimal decimal_of(const Type *type);
/* Spark's loss of precision: beyond 38 digits the fraction gives way, down to 6 digits. */
Decimal decimal_adjust(int precision, int scale);
/* Holds both; beyond 38 digits the fraction gives way. */
Decimal decimal_wider(Decimal a, Decimal b);
const Type *decimal_type(Arena *arena, Decimal d);
/* The smallest decimal that holds an integral literal's value. */
Decimal decimal_of_literal(const Expr *e);

/* The tightest type of both without loss, decimals and strings left aside. NULL: none. */
const Type *type_tightest(Arena *arena, const Type *a, const Type *b);
/* The same for elements of arrays and keys of maps: an integer and a FLOAT meet in FLOAT. */
const Type *type_meeting(Arena *arena, const Type *a, const Type *b);
/* Whether Spark makes the two operands one type before it looks whether the operator takes that: text
 * becomes what is beside it, an integer a decimal of its digits, a decimal beside a DOUBLE one too. */
bool types_become_one(const Type *a, const Type *b);
/* As type_common, but a string is not taken for another type (greatest, least). */
const Type *type_common_no_string(Arena *arena, const Type *a, const Type *b);
/* What a string and another type meet in; NULL: neither is a string, or they do not. */
const Type *type_string_promotion(const Type *a, const Type *b);

/* The same type, of which everything inside may be NULL. */
const Type *type_all_nullable(Arena *arena, const Type *type);

bool type_is_string(const Type *type);
bool type_is_fractional(const Type *type);
bool type_is_timestamp(const Type *type); /* With or without zone. */
bool type_is_interval(const Type *type);  /* DAY TO SECOND or YEAR TO MONTH. */
bool type_is_atomic(const Type *type);    /* Neither nested, nor VOID, nor the calendar interval. */

/* Whether CAST can, by ANSI rules, and whether storing may do it silently. */
bool type_can_cast(const Type *from, const Type *to);
bool type_can_store(const Type *from, const Type *to);

#endif
