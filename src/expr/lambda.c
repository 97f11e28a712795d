/*
 * lambda.c: lambdas bound, and elements of lists (lambda.h).
 */
#include "expr/lambda.h"

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

/* The expression one lambda deeper: parameters of lambdas around it (from `level` on) are one level
 * further out. */
static Expr *one_deeper(Arena *arena, const Expr *e, uint32_t level)
{
    Expr *copy = ARENA_NEW(arena, Expr);
    uint32_t child_count = e->kind == EXPR_LAMBDA ? 0 : e->arg_count;

    *copy = *e;
    if (e->kind == EXPR_LAMBDA_ARG && e->lambda_depth >= level)
        copy->lambda_depth++;
    if (child_count) {
        copy->args = ARENA_ARRAY(arena, Expr *, child_count);
        for (uint32_t i = 0; i < child_count; i++)
            copy->args[i] = one_deeper(arena, e->args[i], level);
    }
    if (e->body)
        copy->body = one_deeper(arena, e->body, level + 1);
    return copy;
}

void bind_lambda(BindCall *call, uint32_t arg_i, uint32_t parameter_count)
{
    Expr *arg = call->args[arg_i], *lambda;

    if (arg->kind == EXPR_LAMBDA)
        return;
    lambda = ARENA_NEW(call->arena, Expr);
    lambda->kind = EXPR_LAMBDA;
    lambda->type = arg->type;
    lambda->nullable = arg->nullable;
    lambda->span = arg->span;
    lambda->arg_count = parameter_count;
    lambda->body = one_deeper(call->arena, arg, 0);
    call->args[arg_i] = lambda;
}

bool bind_lambda_body(BindCall *call, uint32_t arg_i, const Type *type, const char *required,
                      Error *err)
{
    Expr *lambda = ARENA_NEW(call->arena, Expr);

    *lambda = *call->args[arg_i];
    if (lambda->type->kind != type->kind && lambda->type->kind != TYPE_VOID)
        return bind_unexpected(call, arg_i, required, err);
    if (!expr_coerce(call->arena, call->sql, lambda->body, type, &lambda->body))
        return bind_unexpected(call, arg_i, required, err);
    lambda->type = type;
    call->args[arg_i] = lambda;
    return true;
}

bool lambda_count(const Function *fn, uint32_t count, uint32_t min, uint32_t max, Error *err)
{
    if (count >= min && count <= max)
        return true;
    return error_set_class(err, ERROR_USER, "INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH",
                           "42K0D",
                           "Invalid lambda function call. A higher order function expects %u "
                           "arguments, but got %u (function `%s`).",
                           count < min ? min : max, count, fn->name);
}

/* ── elements ──────────────────────────────────────────────────────────────────────────────────*/

void elements_of(Arena *arena, const Vector *v, Elements *out)
{
    uint32_t first = v->offsets[0];

    out->count = v->offsets[v->row_count] - first;
    out->row_of = ARENA_ARRAY(arena, uint32_t, out->count);
    out->offsets = ARENA_ARRAY(arena, uint32_t, v->row_count + 1);
    out->offsets[0] = 0;
    for (uint32_t i = 0; i < v->row_count; i++) {
        out->offsets[i + 1] = v->offsets[i + 1] - first;
        for (uint32_t e = out->offsets[i]; e < out->offsets[i + 1]; e++)
            out->row_of[e] = i;
    }
    for (uint32_t f = 0; f < v->type->field_count; f++)
        out->children[f] = vector_slice(arena, v->children[f], first, out->count);
}

Vector *elements_index(Arena *arena, const Elements *elements)
{
    Vector *index = vector_new(arena, &type_int, elements->count);

    for (uint32_t e = 0; e < elements->count; e++)
        vector_i32(index)[e] = (int32_t)(e - elements->offsets[elements->row_of[e]]);
    return index;
}

void elements_lift_errors(Arena *arena, Vector *out, const Vector *values, const uint32_t *row_of)
{
    if (!values->errors)
        return;
    for (uint32_t n = 0; n < values->errors->count; n++) {
        const RowError *error = &values->errors->items[n];

        vector_copy_error(arena, out, row_of[error->row_i], error);
    }
}
