/*
 * catalog_conditional.c: CASE, IF, COALESCE and their like, IS NULL, greatest and least.
 *
 * None is strict: a branch not taken may be NULL or an error and nobody will know.
 */
#include <math.h>

#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/choose.h"

/* ── CASE and IF ───────────────────────────────────────────────────────────────────────────────*/

static bool bind_condition(BindCall *call, uint32_t arg_i, Error *err)
{
    if (call->args[arg_i]->type->kind == TYPE_BOOLEAN)
        return true;
    return bind_unexpected(call, arg_i, "BOOLEAN", err);
}

/* Arguments: condition, value, condition, value, …, and perhaps the value of ELSE. */
static bool bind_case(BindCall *call, Error *err)
{
    uint32_t pairs = call->arg_count / 2;
    bool has_else = call->arg_count % 2;
    const Type *common = &type_void;

    for (uint32_t i = 0; i < pairs; i++) {
        if (!bind_condition(call, 2 * i, err))
            return false;
        common = common ? type_common(call->arena, common, call->args[2 * i + 1]->type) : NULL;
    }
    if (has_else && common)
        common = type_common(call->arena, common, call->args[2 * pairs]->type);
    if (!common)
        return bind_diff_types(call, 0, call->arg_count, err);
    call->nullable = !has_else;
    for (uint32_t i = 0; i < call->arg_count; i++) {
        bool is_value = i % 2 == 1 || (has_else && i == 2 * pairs);

        if (!is_value)
            continue;
        bind_cast(call, i, common);
        call->nullable |= call->args[i]->nullable;
    }
    call->type = common;
    return true;
}

static bool bind_if(BindCall *call, Error *err)
{
    const Type *common = type_common(call->arena, call->args[1]->type, call->args[2]->type);

    /* IF takes NULL for a condition, CASE does not. */
    if (call->args[0]->type->kind == TYPE_VOID)
        bind_cast(call, 0, &type_boolean);
    if (!bind_condition(call, 0, err))
        return false;
    if (!common)
        return bind_diff_types(call, 1, 3, err);
    return bind_as(call, "case", call->args, 3, err);
}

static void copy_error(const KernelCall *call, Vector *out, uint32_t row_i, const RowError *error)
{
    vector_copy_error(call->arena, out, row_i, error);
}

/* Of `rows`, those for which the condition is TRUE are given `choice`; the others stay. Rows whose
 * condition is an error leave too, listed in `failed`. */
static uint32_t take_branch(const Vector *condition, uint32_t choice, uint32_t *rows,
                            uint32_t row_count, uint32_t *choices, uint32_t *failed)
{
    const uint8_t *bools = vector_bools(condition);
    uint32_t left = 0;

    for (uint32_t r = 0; r < row_count; r++) {
        uint32_t i = rows[r];

        if (UNLIKELY(condition->errors && vector_has_error(condition, i)))
            failed[i] = choice;
        else if (vector_is_valid(condition, i) && bools[vector_row(condition, i)])
            choices[i] = choice;
        else
            rows[left++] = i;
    }
    return left;
}

static Vector *kernel_case(const KernelCall *call)
{
    uint32_t pairs = call->arg_count / 2;
    uint32_t *choices = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    uint32_t *failed = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    uint32_t *rows = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    uint32_t left = call->row_count;
    const Vector **values = ARENA_ARRAY(call->arena, const Vector *, pairs + 1);
    Vector *out;

    for (uint32_t i = 0; i < call->row_count; i++) {
        rows[i] = i;
        choices[i] = call->arg_count % 2 ? pairs : CHOOSE_NULL;
        failed[i] = CHOOSE_NULL;
    }
    for (uint32_t p = 0; p < pairs; p++) {
        left = take_branch(call->args[2 * p], p, rows, left, choices, failed);
        values[p] = call->args[2 * p + 1];
    }
    if (call->arg_count % 2)
        values[pairs] = call->args[2 * pairs];
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (failed[i] != CHOOSE_NULL)
            choices[i] = CHOOSE_NULL;
    }
    out = vector_choose(call, values, pairs + call->arg_count % 2, choices);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (failed[i] != CHOOSE_NULL)
            copy_error(call, out, i, vector_error(call->args[2 * failed[i]], i));
    }
    return out;
}

/* ── COALESCE and its like ─────────────────────────────────────────────────────────────────────*/

static bool bind_coalesce(BindCall *call, Error *err)
{
    if (call->arg_count == 0)
        return bind_wrong_count(call, "> 0", err);
    call->type = bind_common(call, 0, call->arg_count, 1);
    if (!call->type)
        return bind_diff_types(call, 0, call->arg_count, err);
    call->nullable = true;
    for (uint32_t i = 0; i < call->arg_count; i++)
        call->nullable &= call->args[i]->nullable;
    return true;
}

static Vector *kernel_coalesce(const KernelCall *call)
{
    uint32_t *choices = ARENA_ARRAY(call->arena, uint32_t, call->row_count);

    for (uint32_t i = 0; i < call->row_count; i++) {
        choices[i] = CHOOSE_NULL;
        for (uint32_t a = 0; a < call->arg_count && choices[i] == CHOOSE_NULL; a++) {
            const Vector *v = call->args[a];

            if (vector_is_valid(v, i) || (v->errors && vector_has_error(v, i)))
                choices[i] = a;
        }
    }
    return vector_choose(call, call->args, call->arg_count, choices);
}

static bool bind_nvl(BindCall *call, Error *err)
{
    return bind_as(call, "coalesce", call->args, 2, err);
}

/* nvl2(a, b, c): if(a IS NOT NULL, b, c) */
static bool bind_nvl2(BindCall *call, Error *err)
{
    Expr *test;

    return function_call_named(call->arena, call->sql, "isnotnull", call->args, 1, call->span,
                               &test, err) &&
           bind_as(call, "if", (Expr *[]){test, call->args[1], call->args[2]}, 3, err);
}

/* nullif(a, b): if(a = b, NULL, a) */
static bool bind_nullif(BindCall *call, Error *err)
{
    Expr *same;
    Expr *a = call->args[0];

    return function_call_named(call->arena, call->sql, "=", call->args, 2, call->span, &same,
                               err) &&
           bind_as(call, "if",
                   (Expr *[]){same, expr_literal_null(call->arena, a->type, call->span), a}, 3,
                   err);
}

static bool bind_nullifzero(BindCall *call, Error *err)
{
    Expr *zero = expr_literal_int(call->arena, 0, call->span);

    return bind_as(call, "nullif", (Expr *[]){call->args[0], zero}, 2, err);
}

static bool bind_zeroifnull(BindCall *call, Error *err)
{
    Expr *zero = expr_literal_int(call->arena, 0, call->span);

    return bind_as(call, "coalesce", (Expr *[]){call->args[0], zero}, 2, err);
}

/* ── tests ─────────────────────────────────────────────────────────────────────────────────────*/

static bool bind_null_test(BindCall *call, Error *err)
{
    (void)err;
    call->type = &type_boolean;
    call->nullable = false;
    return true;
}

static Vector *kernel_null_test(const KernelCall *call)
{
    bool want_null = *(const bool *)call->expr->fn->extra;
    Vector *out = kernel_result(call);
    const Vector *v = call->args[0];

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_bools(out)[i] = vector_is_valid(v, i) != want_null;
    if (v->errors)
        vector_merge_errors(call->arena, out, v);
    return out;
}

static bool bind_isnan(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    if (type->kind != TYPE_FLOAT && !bind_coerce(call, 0, &type_double))
        return bind_unexpected(call, 0, "(DOUBLE OR FLOAT)", err);
    call->type = &type_boolean;
    call->nullable = false;
    return true;
}

static bool is_nan(const Vector *v, uint32_t r)
{
    return v->type->kind == TYPE_FLOAT ? isnan(vector_f32(v)[r]) != 0
                                       : isnan(vector_f64(v)[r]) != 0;
}

static Vector *kernel_isnan(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Vector *v = call->args[0];

    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t r = vector_row(v, i);

        if (vector_is_valid(v, i))
            vector_bools(out)[i] = is_nan(v, r);
    }
    if (v->errors)
        vector_merge_errors(call->arena, out, v);
    return out;
}

/* nanvl(a, b): a unless it is NaN. */
static bool bind_nanvl(BindCall *call, Error *err)
{
    Expr *test;

    for (uint32_t i = 0; i < 2; i++) {
        const Type *type = call->args[i]->type;

        if (type->kind != TYPE_FLOAT && !bind_coerce(call, i, &type_double))
            return bind_unexpected(call, i, "(DOUBLE OR FLOAT)", err);
    }
    return function_call_named(call->arena, call->sql, "isnan", call->args, 1, call->span, &test,
                               err) &&
           bind_as(call, "if", (Expr *[]){test, call->args[1], call->args[0]}, 3, err);
}

/* ── greatest and least ────────────────────────────────────────────────────────────────────────*/

static bool bind_extreme(BindCall *call, Error *err)
{
    const Type *common = &type_void;

    for (uint32_t i = 0; i < call->arg_count && common; i++)
        common = type_common_no_string(call->arena, common, call->args[i]->type);
    if (!common)
        return bind_diff_types(call, 0, call->arg_count, err);
    if (!bind_orderable(call, common, err))
        return false;
    call->nullable = true;
    for (uint32_t i = 0; i < call->arg_count; i++) {
        bind_cast(call, i, common);
        call->nullable &= call->args[i]->nullable;
    }
    call->type = common;
    return true;
}

/* NULLs are passed over; an error anywhere is one of the result. */
static Vector *kernel_extreme(const KernelCall *call)
{
    int sign = *(const bool *)call->expr->fn->extra ? 1 : -1;
    uint32_t *choices = ARENA_ARRAY(call->arena, uint32_t, call->row_count);

    for (uint32_t i = 0; i < call->row_count; i++) {
        choices[i] = CHOOSE_NULL;
        for (uint32_t a = 0; a < call->arg_count; a++) {
            const Vector *v = call->args[a], *best = call->args[MIN(choices[i], a)];

            if (v->errors && vector_has_error(v, i)) {
                choices[i] = a;
                break;
            }
            if (vector_is_valid(v, i) &&
                (choices[i] == CHOOSE_NULL ||
                 vector_compare(v, vector_row(v, i), best, vector_row(best, i)) * sign > 0))
                choices[i] = a;
        }
    }
    return vector_choose(call, call->args, call->arg_count, choices);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool want_null = true, want_value = false, want_greatest = true, want_least = false;

static const Function rows[] = {
    {
        .name = "case",
        .flags = FN_CONSTANTS | FN_HIDDEN,
        .arg_min = 2,
        .arg_max = -1,
        .bind = bind_case,
        .kernel = kernel_case,
        .group = "operator",
        .doc = "The value of the first condition that is TRUE",
        .example = "CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END = 'b'",
    },
    {
        .name = "if",
        .flags = FN_CONSTANTS,
        .arg_min = 3,
        .arg_max = 3,
        .bind = bind_if,
        .group = "conditional",
        .doc = "The second argument if the first is TRUE, else the third",
        .example = "if(1 > 2, 'a', 'b') = 'b'",
    },
    {
        .name = "coalesce",
        .flags = FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_coalesce,
        .kernel = kernel_coalesce,
        .group = "conditional",
        .doc = "The first argument that is not NULL",
        .example = "coalesce(NULL, 1) = 1",
    },
    {
        .name = "nvl",
        .flags = FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_nvl,
        .group = "conditional",
        .doc = "The first argument, or the second if that is NULL",
        .example = "nvl(NULL, 1) = 1",
    },
    {
        .name = "ifnull",
        .flags = FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_nvl,
        .group = "conditional",
        .doc = "The first argument, or the second if that is NULL",
        .example = "ifnull(NULL, 1) = 1",
    },
    {
        .name = "nvl2",
        .flags = FN_CONSTANTS,
        .arg_min = 3,
        .arg_max = 3,
        .bind = bind_nvl2,
        .group = "conditional",
        .doc = "The second argument if the first is not NULL, else the third",
        .example = "nvl2(NULL, 1, 2) = 2",
    },
    {
        .name = "nullif",
        .flags = FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_nullif,
        .group = "conditional",
        .doc = "NULL if both arguments are equal, else the first",
        .example = "nullif(1, 1) IS NULL",
    },
    {
        .name = "nullifzero",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_nullifzero,
        .group = "conditional",
        .doc = "NULL for 0, else the argument",
        .example = "nullifzero(0) IS NULL",
    },
    {
        .name = "zeroifnull",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_zeroifnull,
        .group = "conditional",
        .doc = "0 for NULL, else the argument",
        .example = "zeroifnull(NULL) = 0",
    },
    {
        .name = "isnull",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_null_test,
        .kernel = kernel_null_test,
        .extra = &want_null,
        .group = "conditional",
        .doc = "Whether the argument is NULL; IS NULL",
        .example = "isnull(NULL)",
    },
    {
        .name = "isnotnull",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_null_test,
        .kernel = kernel_null_test,
        .extra = &want_value,
        .group = "conditional",
        .doc = "Whether the argument is not NULL; IS NOT NULL",
        .example = "isnotnull(1)",
    },
    {
        .name = "isnan",
        .flags = FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_isnan,
        .kernel = kernel_isnan,
        .group = "conditional",
        .doc = "Whether the argument is NaN",
        .example = "isnan(double('NaN'))",
    },
    {
        .name = "nanvl",
        .flags = FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_nanvl,
        .group = "conditional",
        .doc = "The first argument, or the second if that is NaN",
        .example = "nanvl(double('NaN'), 1.0D) = 1.0D",
    },
    {
        .name = "greatest",
        .flags = FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = -1,
        .bind = bind_extreme,
        .kernel = kernel_extreme,
        .extra = &want_greatest,
        .group = "conditional",
        .doc = "The greatest argument, NULLs passed over",
        .example = "greatest(1, NULL, 3) = 3",
    },
    {
        .name = "least",
        .flags = FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = -1,
        .bind = bind_extreme,
        .kernel = kernel_extreme,
        .extra = &want_least,
        .group = "conditional",
        .doc = "The least argument, NULLs passed over",
        .example = "least(1, NULL, 3) = 1",
    },
};

const FunctionTable catalog_conditional = FUNCTION_TABLE_OF(rows);
