/*
 * catalog_compare.c: = <> < <= > >= <=>, IN, AND, OR, NOT.
 *
 * AND, OR and IN look at their operands from left to right: what decides first wins, an error
 * included. So `false AND 1/0 = 1` is false, and `1/0 = 1 AND false` is an error.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "column/key.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/compare.h"
#include "expr/eval.h"

/* ── comparisons ───────────────────────────────────────────────────────────────────────────────*/

static void bind_decimal_comparison(BindCall *call)
{
    for (uint32_t i = 0; i < 2; i++) {
        const Type *other = call->args[1 - i]->type;

        if (call->args[i]->type->kind != TYPE_DECIMAL)
            continue;
        if (type_is_integral(other) || other->kind == TYPE_VOID) {
            bind_cast(call, 1 - i, decimal_type(call->arena, decimal_of(other)));
        } else if (other->kind == TYPE_FLOAT || other->kind == TYPE_DOUBLE) {
            bind_cast(call, i, &type_double);
            bind_cast(call, 1 - i, &type_double);
        }
    }
}

/* Structs are compared field by field, whatever their fields are called: b's names for a's. */
static void bind_struct_names(BindCall *call)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type, *common;
    Field *fields;

    if (a->kind != TYPE_STRUCT || b->kind != TYPE_STRUCT || a->field_count != b->field_count ||
        type_equal(a, b))
        return;
    fields = ARENA_ARRAY(call->arena, Field, b->field_count + 1);
    for (uint32_t i = 0; i < b->field_count; i++)
        fields[i] = (Field){a->fields[i].name, b->fields[i].type, b->fields[i].nullable};
    common = type_common(call->arena, a, type_struct(call->arena, fields, b->field_count));
    if (common) {
        bind_cast(call, 0, common);
        bind_cast(call, 1, common);
    }
}

/* Both sides to one type, save decimals, which are compared as they are. */
static void bind_comparison_sides(BindCall *call)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type;
    const Type *common = type_string_promotion(a, b);

    if (!common && a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL)
        return;
    if (!common)
        common = type_tightest(call->arena, a, b);
    if (!common)
        common = type_common(call->arena, a, b); /* Decimals inside nested types. */
    if (!common)
        return;
    if (common->kind == TYPE_VOID)
        common = &type_boolean;
    bind_cast(call, 0, common);
    bind_cast(call, 1, common);
}

static bool bind_comparison(BindCall *call, Error *err)
{
    const Type *a, *b;

    if (type_is_numeric(call->args[0]->type) || type_is_numeric(call->args[1]->type))
        bind_decimal_comparison(call);
    bind_struct_names(call);
    bind_comparison_sides(call);
    a = call->args[0]->type;
    b = call->args[1]->type;
    if (!type_equal(a, b) && !(a->kind == TYPE_DECIMAL && b->kind == TYPE_DECIMAL))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
                             "the left and right operands of the binary operator have "
                             "incompatible types (%s and %s).",
                             bind_type_text(call, a), bind_type_text(call, b));
    if (!bind_orderable(call, a, err))
        return false;
    call->type = &type_boolean;
    if (!(call->fn->flags & FN_STRICT))
        call->nullable = false;
    return true;
}

static Vector *kernel_compare(const KernelCall *call)
{
    Vector *out = vector_new(call->arena, &type_boolean, call->row_count);

    compare_columns(*(const CompareOp *)call->expr->fn->extra, call->args[0], call->args[1],
                    call->row_count, vector_bools(out));
    return out;
}

/* a <=> b: NULL is equal to NULL. */
static Vector *kernel_same(const KernelCall *call)
{
    Vector *out = vector_new(call->arena, &type_boolean, call->row_count);
    const Vector *a = call->args[0], *b = call->args[1];

    compare_columns(COMPARE_EQ, a, b, call->row_count, vector_bools(out));
    for (uint32_t i = 0; (a->valid || b->valid) && i < call->row_count; i++) {
        bool a_valid = vector_is_valid(a, i), b_valid = vector_is_valid(b, i);

        if (!a_valid || !b_valid)
            vector_bools(out)[i] = a_valid == b_valid;
    }
    if (a->errors)
        vector_merge_errors(call->arena, out, a);
    if (b->errors)
        vector_merge_errors(call->arena, out, b);
    return out;
}

/* ── IN ────────────────────────────────────────────────────────────────────────────────────────*/

enum { IN_SET_MIN = 9 }; /* From so many constants on a hash table is quicker than comparing. */

/* The constants of a list, by the bytes of their keys. */
typedef struct InSet {
    Str *slots; /* Open addressing; data NULL: empty. */
    uint32_t slot_count;
    bool has_null;
} InSet;

static Str *in_set_slot(const InSet *set, Str key, uint64_t hash)
{
    uint32_t slot = (uint32_t)hash & (set->slot_count - 1);

    while (set->slots[slot].data && !str_equal(set->slots[slot], key))
        slot = (slot + 1) & (set->slot_count - 1);
    return &set->slots[slot];
}

static void in_set_add(BindCall *call, InSet *set, const Vector *value)
{
    KeySet key;

    if (!vector_is_valid(value, 0)) {
        set->has_null = true;
        return;
    }
    key_encode(call->arena, &value, 1, 1, &key);
    *in_set_slot(set, key.keys[0], key.hashes[0]) = key.keys[0];
}

/* NULL when an item is no constant, or an error (which a match before it would hide). */
static InSet *in_set_make(BindCall *call)
{
    InSet *set = ARENA_NEW(call->arena, InSet);
    const Vector *value;
    Error ignored = {0};

    if (call->arg_count - 1 < IN_SET_MIN)
        return NULL;
    for (set->slot_count = 32; set->slot_count < 2 * call->arg_count;)
        set->slot_count *= 2;
    set->slots = arena_zalloc(call->arena, set->slot_count * sizeof *set->slots);
    for (uint32_t i = 1; i < call->arg_count; i++) {
        const Expr *folded = expr_fold(call->arena, call->sql, call->args[i]);

        if (folded->kind != EXPR_LITERAL ||
            !expr_eval_constant(call->arena, call->sql, folded, &value, &ignored))
            return NULL;
        in_set_add(call, set, value);
    }
    return set;
}

static bool bind_in(BindCall *call, Error *err)
{
    const Type *common = bind_common(call, 0, call->arg_count, 1);

    if (!common)
        return bind_diff_types(call, 0, call->arg_count, err);
    if (common->kind == TYPE_VOID) {
        for (uint32_t i = 0; i < call->arg_count; i++)
            bind_cast(call, i, &type_boolean);
    }
    if (!bind_orderable(call, common, err))
        return false;
    call->type = &type_boolean;
    call->nullable = false;
    for (uint32_t i = 0; i < call->arg_count; i++)
        call->nullable |= call->args[i]->nullable;
    call->data = in_set_make(call);
    return true;
}

static void in_by_set(const KernelCall *call, const InSet *set, Vector *out)
{
    const Vector *value = call->args[0];
    KeySet keys;

    key_encode(call->arena, &value, 1, call->row_count, &keys);
    for (uint32_t i = 0; i < call->row_count; i++) {
        Str *slot = in_set_slot(set, keys.keys[i], keys.hashes[i]);

        vector_bools(out)[i] = slot->data != NULL;
        if (!vector_is_valid(value, i) || (set->has_null && !slot->data))
            vector_set_null(call->arena, out, i);
    }
    if (value->errors)
        vector_merge_errors(call->arena, out, value);
}

/* Row by row, in order, as soon as anything has an error. */
static void in_with_errors(const KernelCall *call, Vector *out)
{
    const Vector *value = call->args[0];

    for (uint32_t i = 0; i < call->row_count; i++) {
        bool found = false, null = !vector_is_valid(value, i);
        const RowError *error = value->errors ? vector_error(value, i) : NULL;

        for (uint32_t a = 1; a < call->arg_count && !found && !null && !error; a++) {
            const Vector *item = call->args[a];

            error = item->errors ? vector_error(item, i) : NULL;
            if (!error && vector_is_valid(item, i))
                found = vector_compare(value, vector_row(value, i), item, vector_row(item, i)) == 0;
        }
        for (uint32_t a = 1; a < call->arg_count && !found; a++)
            null |= !vector_is_valid(call->args[a], i);
        vector_bools(out)[i] = found;
        if (error)
            vector_copy_error(call->arena, out, i, error);
        else if (null)
            vector_set_null(call->arena, out, i);
    }
}

static bool any_errors(const KernelCall *call)
{
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (call->args[a]->errors)
            return true;
    }
    return false;
}

static Vector *kernel_in(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    uint8_t *one, *found = vector_bools(out);

    if (call->expr->data) {
        in_by_set(call, call->expr->data, out);
        return out;
    }
    if (any_errors(call)) {
        in_with_errors(call, out);
        return out;
    }
    one = arena_alloc(call->arena, call->row_count);
    for (uint32_t a = 1; a < call->arg_count; a++) {
        const Vector *item = call->args[a];

        compare_columns(COMPARE_EQ, call->args[0], item, call->row_count, one);
        for (uint32_t i = 0; item->valid && i < call->row_count; i++)
            one[i] &= vector_is_valid(item, i);
        for (uint32_t i = 0; i < call->row_count; i++)
            found[i] |= one[i];
    }
    for (uint32_t a = 0; a < call->arg_count; a++) {
        const Vector *v = call->args[a];

        for (uint32_t i = 0; v->valid && i < call->row_count; i++) {
            if (!vector_is_valid(v, i) && (a == 0 || !found[i]))
                vector_set_null(call->arena, out, i);
        }
    }
    return out;
}

/* ── AND, OR, NOT ──────────────────────────────────────────────────────────────────────────────*/

/* AND and OR cast a text to meet the other side; with text on all sides nothing asks for it. */
static bool all_text(const BindCall *call)
{
    bool any = false;

    for (uint32_t i = 0; i < call->arg_count; i++) {
        const Type *type = call->args[i]->type;

        if (!type_is_string(type) && type->kind != TYPE_VOID)
            return false;
        any |= type_is_string(type);
    }
    return any;
}

static bool bind_logical(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type, *b = call->args[call->arg_count - 1]->type;
    bool text = all_text(call);

    call->nullable = false;
    for (uint32_t i = 0; i < call->arg_count; i++) {
        const Type *type = call->args[i]->type;

        if (!text && (type->kind == TYPE_VOID || type_is_string(type)))
            bind_cast(call, i, &type_boolean);
        else if (type->kind != TYPE_BOOLEAN && call->arg_count == 2 &&
                 !types_become_one(a, b))
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
                                 "the left and right operands of the binary operator have "
                                 "incompatible types (%s and %s).",
                                 bind_type_text(call, a), bind_type_text(call, b));
        else if (type->kind != TYPE_BOOLEAN)
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
                                 "the binary operator requires the input type \"BOOLEAN\", not %s.",
                                 bind_type_text(call, type));
        call->nullable |= call->args[i]->nullable;
    }
    call->type = &type_boolean;
    return true;
}

/* Three-valued, from left to right: `decides` is FALSE for AND, TRUE for OR. */
static void logical_row(const KernelCall *call, Vector *out, uint32_t i, bool decides)
{
    bool null = false;

    for (uint32_t a = 0; a < call->arg_count; a++) {
        const Vector *v = call->args[a];
        const RowError *error = v->errors ? vector_error(v, i) : NULL;

        if (error) {
            vector_copy_error(call->arena, out, i, error);
            return;
        }
        if (!vector_is_valid(v, i)) {
            null = true;
        } else if (arg_bool(call, a, i) == decides) {
            vector_bools(out)[i] = decides;
            return;
        }
    }
    vector_bools(out)[i] = !decides;
    if (null)
        vector_set_null(call->arena, out, i);
}

static Vector *kernel_logical(const KernelCall *call)
{
    bool decides = *(const bool *)call->expr->fn->extra;
    Vector *out = vector_new(call->arena, &type_boolean, call->row_count);
    uint8_t *restrict result = vector_bools(out);
    bool simple = true;

    for (uint32_t a = 0; a < call->arg_count; a++)
        simple &= !call->args[a]->valid && !call->args[a]->errors;
    if (!simple) {
        for (uint32_t i = 0; i < call->row_count; i++)
            logical_row(call, out, i, decides);
        return out;
    }
    memset(result, !decides, call->row_count);
    for (uint32_t a = 0; a < call->arg_count; a++) {
        const uint8_t *restrict bools = vector_bools(vector_flatten(call->arena, call->args[a]));

        if (decides) {
            for (uint32_t i = 0; i < call->row_count; i++)
                result[i] |= bools[i];
        } else {
            for (uint32_t i = 0; i < call->row_count; i++)
                result[i] &= bools[i];
        }
    }
    return out;
}

static Vector *kernel_not(const KernelCall *call)
{
    Vector *out = vector_new(call->arena, &type_boolean, call->row_count);
    const uint8_t *bools = vector_bools(call->args[0]);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_bools(out)[i] = bools[i] ^ 1;
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const CompareOp op_eq = COMPARE_EQ, op_ne = COMPARE_NE, op_lt = COMPARE_LT,
                       op_le = COMPARE_LE, op_gt = COMPARE_GT, op_ge = COMPARE_GE;
static const bool decides_and = false, decides_or = true;

#define COMPARISON(name_, op_, doc_, example_)                                                     \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | FN_HIDDEN, .arg_min = 2, .arg_max = 2,  \
        .bind = bind_comparison, .kernel = kernel_compare, .extra = &(op_), .group = "operator",   \
        .doc = doc_, .example = example_                                                           \
    }

static const Function rows[] = {
    COMPARISON("=", op_eq, "Equal; == is the same", "1 = 1"),
    COMPARISON("<>", op_ne, "Not equal; != is the same", "1 <> 2"),
    COMPARISON("<", op_lt, "Less", "1 < 2"),
    COMPARISON("<=", op_le, "Less or equal", "1 <= 2"),
    COMPARISON(">", op_gt, "Greater", "2 > 1"),
    COMPARISON(">=", op_ge, "Greater or equal", "2 >= 1"),
    {
        .name = "<=>",
        .flags = FN_CONSTANTS | FN_HIDDEN,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_comparison,
        .kernel = kernel_same,
        .group = "operator",
        .doc = "Equal, where NULL is equal to NULL",
        .example = "(NULL <=> NULL) = true",
    },
    {
        .name = "equal_null",
        .flags = FN_CONSTANTS,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_comparison,
        .kernel = kernel_same,
        .group = "conditional",
        .doc = "Equal, where NULL is equal to NULL; the operator <=>",
        .example = "equal_null(NULL, NULL) = true",
    },
    {
        .name = "in",
        .flags = FN_CONSTANTS | FN_HIDDEN,
        .arg_min = 2,
        .arg_max = -1,
        .bind = bind_in,
        .kernel = kernel_in,
        .group = "operator",
        .doc = "Equal to one of a list",
        .example = "1 IN (1, 2)",
    },
    {
        .name = "and",
        .flags = FN_CONSTANTS | FN_HIDDEN,
        .arg_min = 2,
        .arg_max = -1,
        .bind = bind_logical,
        .kernel = kernel_logical,
        .extra = &decides_and,
        .group = "operator",
        .doc = "Both; FALSE decides, then NULL",
        .example = "(false AND NULL) = false",
    },
    {
        .name = "or",
        .flags = FN_CONSTANTS | FN_HIDDEN,
        .arg_min = 2,
        .arg_max = -1,
        .bind = bind_logical,
        .kernel = kernel_logical,
        .extra = &decides_or,
        .group = "operator",
        .doc = "Either; TRUE decides, then NULL",
        .example = "(true OR NULL) = true",
    },
    {
        .name = "not",
        .flags = FN_STRICT,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_signature,
        .signature = "(boolean) -> boolean",
        .kernel = kernel_not,
        .group = "operator",
        .doc = "The opposite; ! is the same",
        .example = "NOT false",
    },
};

const FunctionTable catalog_compare = FUNCTION_TABLE_OF(rows);
