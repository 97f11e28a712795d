/*
 * cast.h: how one type is made of another, a column at a time.
 *
 * Binding a CAST chooses a plan: a function for the pair of types, and for nested types the plans
 * of their parts. Functions see flat columns; NULLs are carried over by cast_run; what cannot be
 * cast is an error of its row (or NULL: try_cast, and casts without ANSI).
 */
#ifndef WEIR_EXPR_CAST_H
#define WEIR_EXPR_CAST_H

#include "expr/kernel.h"

typedef struct CastPlan CastPlan;

typedef struct CastRun {
    const CastPlan *plan;
    const Type *from, *to;
    const SqlContext *sql;
    Arena *arena;
    bool null_on_error;
} CastRun;

/* `out` has as many rows as `in`, zeroed. Rows that are NULL need not be looked at. */
typedef void (*CastFunction)(const CastRun *run, const Vector *in, Vector *out);

struct CastPlan {
    const Type *from, *to;
    CastFunction cast;      /* NULL: nested, or (no parts) the value as it is. */
    const CastPlan **parts; /* Of the fields of both types. */
};

/* Row i of `in` has a value that must be cast. */
static inline bool cast_ready(const Vector *in, uint32_t row_i)
{
    return (!in->valid || bits_get(in->valid, row_i)) && !vector_has_error(in, row_i);
}

/* CAST_INVALID_INPUT of a STRING. */
void cast_invalid(const CastRun *run, Vector *out, uint32_t row_i, Str text);
/* CAST_OVERFLOW: the value as Spark writes it in messages (`3000000000L`). */
void cast_overflow(const CastRun *run, Vector *out, uint32_t row_i, const Vector *in);
void cast_out_of_range(const CastRun *run, Vector *out, uint32_t row_i, const char *value);
void cast_error(const CastRun *run, Vector *out, uint32_t row_i, const char *class_name,
                const char *sqlstate, const char *format, ...) PRINTF(6, 7);

/* The functions of a pair; NULL: not of this file. */
CastFunction cast_to_text(const Type *from, const Type *to);
CastFunction cast_to_number(const Type *from, const Type *to);
CastFunction cast_to_time(const Type *from, const Type *to);
CastFunction cast_to_interval(const Type *from, const Type *to);

/* Helpers of several files. */
double decimal_to_double(Int128 unscaled, int scale);
/* A double to a decimal by its shortest text; false: NaN, infinite or too large. */
bool double_to_decimal(double value, int precision, int scale, Int128 *out);

#endif
