/*
 * lambda.h: what functions that take lambdas share.
 *
 * A lambda is evaluated over elements, all elements of all rows of a batch at once: its parameters
 * are columns of elements, and each element knows its row.
 */
#ifndef WEIR_EXPR_LAMBDA_H
#define WEIR_EXPR_LAMBDA_H

#include "expr/bind.h"
#include "expr/kernel.h"

/* Argument arg_i is a lambda, or else an expression that becomes the body of one of so many
 * parameters it does not use. */
void bind_lambda(BindCall *call, uint32_t arg_i, uint32_t parameter_count);
/* The body of lambda arg_i as `type`, which NULL is too; `required`: what is told otherwise. */
bool bind_lambda_body(BindCall *call, uint32_t arg_i, const Type *type, const char *required,
                      Error *err);
/* INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH unless min <= count <= max. */
bool lambda_count(const Function *fn, uint32_t count, uint32_t min, uint32_t max, Error *err);

/* The elements of a flat LIST or MAP column. */
typedef struct Elements {
    uint32_t count;
    uint32_t *row_of;    /* Of each element. */
    uint32_t *offsets;   /* Of each row, from 0; row_count + 1 of them. */
    Vector *children[2]; /* `count` rows each. */
} Elements;

void elements_of(Arena *arena, const Vector *v, Elements *out);
/* The place of each element in its row, from 0: INT. */
Vector *elements_index(Arena *arena, const Elements *elements);
/* Errors of elements become errors of their rows. */
void elements_lift_errors(Arena *arena, Vector *out, const Vector *values, const uint32_t *row_of);

#endif
