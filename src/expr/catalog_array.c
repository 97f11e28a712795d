/*
 * catalog_array.c: arrays made, searched and put together. Elements are copied as views; equality
 * is that of GROUP BY. (What orders and repeats is in catalog_array_order.c.)
 */
#include "base/assert.h"
#include "column/format_value.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"
#include "expr/value_set.h"

/* ── binds ─────────────────────────────────────────────────────────────────────────────────────*/

static bool bind_array(BindCall *call, Error *err)
{
    const Type *element = bind_common(call, 0, call->arg_count, 1);
    bool contains_null = false;

    if (!element)
        return bind_diff_types(call, 0, call->arg_count, err);
    for (uint32_t i = 0; i < call->arg_count; i++)
        contains_null |= call->args[i]->nullable;
    call->type = type_array(call->arena, element, contains_null);
    call->nullable = false;
    return true;
}

static bool array_value_mismatch(BindCall *call, uint32_t value_i, Error *err)
{
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES",
                         "Input to `%s` should have been \"ARRAY\" followed by a value with "
                         "same element type, but it's [%s, %s].",
                         call->fn->name, bind_type_text(call, call->args[0]->type),
                         bind_type_text(call, call->args[value_i]->type));
}

/* (array<T>, T): Spark's own error where the types do not meet. */
static bool bind_array_value(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type;

    if (a->kind == TYPE_ARRAY && !type_common_no_string(call->arena, a->fields[0].type, b))
        return array_value_mismatch(call, 1, err);
    return bind_signature(call, err);
}

/* Brings elements and a value to the type that has all values of both; no decimal changes its digits. */
static bool bind_meeting(BindCall *call, uint32_t value_i, Error *err)
{
    const Type *a = call->args[0]->type;
    const Type *element = a->kind != TYPE_ARRAY ? NULL
                                                : type_meeting(call->arena, a->fields[0].type,
                                                                call->args[value_i]->type);

    if (!element)
        return array_value_mismatch(call, value_i, err);
    bind_cast(call, 0, type_array(call->arena, element, a->contains_null));
    bind_cast(call, value_i, element);
    return bind_signature(call, err);
}

static bool bind_meeting_value(BindCall *call, Error *err)
{
    if (call->args[0]->type->kind != TYPE_ARRAY)
        return bind_unexpected(call, 0, "ARRAY", err);
    return bind_meeting(call, 1, err);
}

/* array_append, array_prepend */
static bool bind_add_value(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type;

    if (a->kind != TYPE_ARRAY)
        return bind_unexpected(call, 0, "ARRAY", err);
    return bind_meeting(call, 1, err);
}

static bool bind_array_insert(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type;

    if (a->kind == TYPE_ARRAY && !bind_require_int(call, 1, err))
        return false;
    return bind_meeting(call, 2, err);
}

/* Of those that compare elements. */
static bool bind_comparing(BindCall *call, bool (*bind)(BindCall *, Error *), Error *err)
{
    return bind(call, err) && (call->args[0]->type->kind != TYPE_ARRAY ||
                               bind_orderable(call, call->args[0]->type->fields[0].type, err));
}

static bool null_type(BindCall *call, Error *err)
{
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.NULL_TYPE",
                         "Null typed values cannot be used as arguments of `%s`.", call->fn->name);
}

static bool bind_contains(BindCall *call, Error *err)
{
    if (call->args[0]->type->kind == TYPE_VOID || call->args[1]->type->kind == TYPE_VOID)
        return null_type(call, err);
    return bind_comparing(call, bind_array_value, err);
}

static bool bind_position(BindCall *call, Error *err)
{
    if (call->args[0]->type->kind == TYPE_VOID)
        return null_type(call, err);
    return bind_comparing(call, bind_meeting_value, err);
}

static bool bind_remove(BindCall *call, Error *err)
{
    if (call->args[0]->type->kind != TYPE_ARRAY)
        return array_value_mismatch(call, 1, err);
    return bind_comparing(call, bind_meeting_value, err);
}

static bool bind_two_arrays(BindCall *call, Error *err)
{
    const Type *a = call->args[0]->type, *b = call->args[1]->type;

    const Type *both = a->kind == TYPE_ARRAY && b->kind == TYPE_ARRAY
                           ? type_meeting(call->arena, a, b)
                           : NULL;

    if (!both)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES",
                             "Input to function `%s` should have been two \"ARRAY\" with same "
                             "element type, but it's [%s, %s].",
                             call->fn->name, bind_type_text(call, a), bind_type_text(call, b));
    bind_cast(call, 0, both);
    bind_cast(call, 1, both);
    return bind_signature(call, err);
}

static bool bind_two_sets(BindCall *call, Error *err)
{
    return bind_comparing(call, bind_two_arrays, err);
}

static bool bind_set(BindCall *call, Error *err)
{
    return bind_comparing(call, bind_signature, err);
}

/* ── array(a, b, …) ────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_array(const KernelCall *call)
{
    VectorBuilder b;
    Vector *out;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t a = 0; a < call->arg_count; a++)
            builder_add_from(&b.children[0], call->args[a], i);
        builder_end_row(&b);
    }
    out = builder_finish(&b);
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
    return out;
}

/* ── size and search ───────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_size(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to;

        list_range(call->args[0], i, &from, &to);
        vector_i32(out)[i] = (int32_t)(to - from);
    }
    return out;
}

/* Whether element e is the value in row i. */
static bool element_is(const KernelCall *call, uint32_t e, uint32_t i)
{
    const Vector *elements = call->args[0]->children[0], *value = call->args[1];

    return vector_is_valid(elements, e) &&
           vector_compare(elements, vector_row(elements, e), value, vector_row(value, i)) == 0;
}

/* NULL when it is not found among elements of which one is NULL. */
static Vector *kernel_array_contains(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        bool found = false, null = false;
        uint32_t from, to;

        if (!kernel_row_ready(call, i))
            continue;
        list_range(call->args[0], i, &from, &to);
        for (uint32_t e = from; e < to && !found; e++) {
            found = element_is(call, e, i);
            null |= !vector_is_valid(call->args[0]->children[0], e);
        }
        vector_bools(out)[i] = found;
        if (!found && null)
            vector_set_null(call->arena, out, i);
    }
    return out;
}

static Vector *kernel_array_position(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to;

        if (!kernel_row_ready(call, i))
            continue;
        list_range(call->args[0], i, &from, &to);
        for (uint32_t e = from; e < to && !vector_i64(out)[i]; e++) {
            if (element_is(call, e, i))
                vector_i64(out)[i] = e - from + 1;
        }
    }
    return out;
}

static Vector *kernel_arrays_overlap(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Vector *a = call->args[0], *b = call->args[1];
    ValueSet set;

    value_set_init(&set);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to, b_from, b_to;
        bool null = false, found = false;

        if (!kernel_row_ready(call, i))
            continue;
        list_range(a, i, &from, &to);
        list_range(b, i, &b_from, &b_to);
        value_set_clear(&set);
        for (uint32_t e = from; e < to; e++) {
            null |= !vector_is_valid(a->children[0], e);
            if (vector_is_valid(a->children[0], e))
                value_set_add(&set, a->children[0], e);
        }
        for (uint32_t e = b_from; e < b_to; e++) {
            null |= !vector_is_valid(b->children[0], e);
            found |= vector_is_valid(b->children[0], e) && value_set_has(&set, b->children[0], e);
        }
        vector_bools(out)[i] = found;
        if (!found && null && from < to && b_from < b_to)
            vector_set_null(call->arena, out, i);
    }
    value_set_done(&set);
    return out;
}

/* ── sets ──────────────────────────────────────────────────────────────────────────────────────*/

typedef enum SetOp { SET_DISTINCT, SET_UNION, SET_INTERSECT, SET_EXCEPT } SetOp;

/* Elements in order, each once; of the second array too for a union; `seen` holds what was taken,
 * `other` the second array of an intersection or difference. */
static void set_row(const KernelCall *call, SetOp op, uint32_t i, VectorBuilder *elements,
                    ValueSet *seen, ValueSet *other)
{
    value_set_clear(seen);
    value_set_clear(other);
    if (op == SET_INTERSECT || op == SET_EXCEPT) {
        uint32_t from, to;

        list_range(call->args[1], i, &from, &to);
        for (uint32_t e = from; e < to; e++)
            value_set_add(other, call->args[1]->children[0], e);
    }
    for (uint32_t a = 0; a < (op == SET_UNION ? 2u : 1u); a++) {
        const Vector *from_elements = call->args[a]->children[0];
        uint32_t from, to;

        list_range(call->args[a], i, &from, &to);
        for (uint32_t e = from; e < to; e++) {
            if (op == SET_INTERSECT && !value_set_has(other, from_elements, e))
                continue;
            if (op == SET_EXCEPT && value_set_has(other, from_elements, e))
                continue;
            if (value_set_add(seen, from_elements, e))
                builder_add_from(elements, from_elements, e);
        }
    }
}

static Vector *kernel_array_set(const KernelCall *call)
{
    SetOp op = *(const SetOp *)call->expr->fn->extra;
    ValueSet seen, other;
    VectorBuilder b;

    value_set_init(&seen);
    value_set_init(&other);
    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i)) {
            set_row(call, op, i, &b.children[0], &seen, &other);
            builder_end_row(&b);
        } else {
            builder_add_null(&b);
        }
    }
    value_set_done(&seen);
    value_set_done(&other);
    return builder_finish(&b);
}

/* ── elements put in and left out ──────────────────────────────────────────────────────────────*/

static void add_range(VectorBuilder *elements, const Vector *from_elements, uint32_t from,
                      uint32_t to)
{
    for (uint32_t e = from; e < to; e++)
        builder_add_from(elements, from_elements, e);
}

/* Not strict: NULL is put in as an element. */
static Vector *kernel_array_append(const KernelCall *call)
{
    bool front = call->expr->fn->extra != NULL;
    VectorBuilder b;
    Vector *out;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to;

        if (!arg_valid(call, 0, i)) {
            builder_add_null(&b);
            continue;
        }
        list_range(call->args[0], i, &from, &to);
        if (front)
            builder_add_from(&b.children[0], call->args[1], i);
        add_range(&b.children[0], call->args[0]->children[0], from, to);
        if (!front)
            builder_add_from(&b.children[0], call->args[1], i);
        builder_end_row(&b);
    }
    out = builder_finish(&b);
    for (uint32_t a = 0; a < 2; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
    return out;
}

static Vector *kernel_array_remove(const KernelCall *call)
{
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to;

        if (!kernel_row_ready(call, i)) {
            builder_add_null(&b);
            continue;
        }
        list_range(call->args[0], i, &from, &to);
        for (uint32_t e = from; e < to; e++) {
            if (!element_is(call, e, i))
                builder_add_from(&b.children[0], call->args[0]->children[0], e);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

static Vector *kernel_array_compact(const KernelCall *call)
{
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to;

        if (!kernel_row_ready(call, i)) {
            builder_add_null(&b);
            continue;
        }
        list_range(call->args[0], i, &from, &to);
        for (uint32_t e = from; e < to; e++) {
            if (vector_is_valid(call->args[0]->children[0], e))
                builder_add_from(&b.children[0], call->args[0]->children[0], e);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

enum { ARRAY_ELEMENTS_MAX = 16 * 1024 * 1024 };

static void too_many_elements(const KernelCall *call, Vector *errors, uint32_t i, int64_t count)
{
    kernel_error(call, errors, i, "COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER", "54000",
                 "Can't create array with %ld elements which exceeding the array size limit %d.",
                 (long)count, ARRAY_ELEMENTS_MAX);
}

/* array_insert(a, place, value): from 1, negative from behind the end; room is filled with NULLs.
 */
static bool insert_row(const KernelCall *call, Vector *errors, uint32_t i, VectorBuilder *elements)
{
    const Vector *from_elements = call->args[0]->children[0];
    int64_t place = arg_i32(call, 1, i), count;
    uint32_t from, to;

    list_range(call->args[0], i, &from, &to);
    count = to - from;
    if (place == 0) {
        vector_set_error(call->arena, errors, i, "INVALID_INDEX_OF_ZERO", "22003",
                         "The index 0 is invalid. An index shall be either < 0 or > 0 (the first "
                         "element has index 1).");
        return false;
    }
    if (place > ARRAY_ELEMENTS_MAX || -place > ARRAY_ELEMENTS_MAX) {
        vector_set_error(call->arena, errors, i, "COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER",
                         "54000", "Can't create an array of more than %d elements.",
                         ARRAY_ELEMENTS_MAX);
        return false;
    }
    if (place < 0 && -place > count + 1) {
        builder_add_from(elements, call->args[2], i);
        for (int64_t n = count + 1; n < -place; n++)
            builder_add_null(elements);
        add_range(elements, from_elements, from, to);
        return true;
    }
    place = place > 0 ? place - 1 : count + 1 + place;
    add_range(elements, from_elements, from, from + (uint32_t)MIN(place, count));
    for (int64_t n = count; n < place; n++)
        builder_add_null(elements);
    builder_add_from(elements, call->args[2], i);
    add_range(elements, from_elements, from + (uint32_t)MIN(place, count), to);
    return true;
}

static Vector *kernel_array_insert(const KernelCall *call)
{
    Vector *errors = vector_new(call->arena, &type_boolean, call->row_count), *out;
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (arg_valid(call, 0, i) && arg_valid(call, 1, i) &&
            insert_row(call, errors, i, &b.children[0]))
            builder_end_row(&b);
        else
            builder_add_null(&b);
    }
    out = builder_finish(&b);
    out->errors = errors->errors;
    for (uint32_t a = 0; a < 3; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
    return out;
}

static Vector *kernel_array_repeat(const KernelCall *call)
{
    Vector *errors = vector_new(call->arena, &type_boolean, call->row_count), *out;
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        int32_t count = arg_valid(call, 1, i) ? arg_i32(call, 1, i) : 0;

        if (!arg_valid(call, 1, i) || count > ARRAY_ELEMENTS_MAX) {
            if (count > ARRAY_ELEMENTS_MAX)
                too_many_elements(call, errors, i, count);
            builder_add_null(&b);
            continue;
        }
        for (int32_t n = 0; n < count; n++)
            builder_add_from(&b.children[0], call->args[0], i);
        builder_end_row(&b);
    }
    out = builder_finish(&b);
    out->errors = errors->errors;
    for (uint32_t a = 0; a < 2; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
    return out;
}

/* ── arrays of arrays ──────────────────────────────────────────────────────────────────────────*/

static bool bind_flatten(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    if (type->kind != TYPE_ARRAY || type->fields[0].type->kind != TYPE_ARRAY)
        return bind_unexpected(call, 0, "ARRAY of ARRAY", err);
    call->type = type->fields[0].type;
    call->nullable = true;
    return true;
}

static Vector *kernel_flatten(const KernelCall *call)
{
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        const Vector *inner = call->args[0]->children ? call->args[0]->children[0] : NULL;
        bool ready = kernel_row_ready(call, i);
        uint32_t from = 0, to = 0;

        if (ready)
            list_range(call->args[0], i, &from, &to);
        for (uint32_t e = from; e < to; e++)
            ready &= vector_is_valid(inner, e);
        if (!ready) {
            builder_add_null(&b);
            continue;
        }
        for (uint32_t e = from; e < to; e++) {
            uint32_t inner_from, inner_to;

            list_range(inner, e, &inner_from, &inner_to);
            add_range(&b.children[0], inner->children[0], inner_from, inner_to);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

/* Fields are called 0, 1, … */
static bool bind_arrays_zip(BindCall *call, Error *err)
{
    Field *fields = ARENA_ARRAY(call->arena, Field, call->arg_count);

    for (uint32_t i = 0; i < call->arg_count; i++) {
        const Type *type;

        if (call->args[i]->type->kind == TYPE_VOID)
            bind_cast(call, i, type_array(call->arena, &type_void, true));
        type = call->args[i]->type;
        if (type->kind != TYPE_ARRAY)
            return bind_unexpected(call, i, "ARRAY", err);
        fields[i] = (Field){str_of(arena_printf(call->arena, "%u", i)), type->fields[0].type, true};
    }
    call->type = type_array(call->arena, type_struct(call->arena, fields, call->arg_count), false);
    return true;
}

static Vector *kernel_arrays_zip(const KernelCall *call)
{
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t longest = 0, from, to;

        if (!kernel_row_ready(call, i)) {
            builder_add_null(&b);
            continue;
        }
        for (uint32_t a = 0; a < call->arg_count; a++) {
            list_range(call->args[a], i, &from, &to);
            longest = MAX(longest, to - from);
        }
        for (uint32_t e = 0; e < longest; e++) {
            for (uint32_t a = 0; a < call->arg_count; a++) {
                list_range(call->args[a], i, &from, &to);
                if (from + e < to)
                    builder_add_from(&b.children[0].children[a], call->args[a]->children[0],
                                     from + e);
                else
                    builder_add_null(&b.children[0].children[a]);
            }
            builder_end_row(&b.children[0]);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

/* ── array_join ────────────────────────────────────────────────────────────────────────────────*/

static bool bind_array_join(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;

    for (uint32_t i = 1; i < call->arg_count; i++) {
        if (!bind_require_text(call, i, err))
            return false;
    }
    if (type->kind == TYPE_VOID) {
        call->result = expr_literal_null(call->arena, &type_string, call->span);
        return true;
    }
    if (type->kind != TYPE_ARRAY || !type_is_atomic(type->fields[0].type))
        return bind_unexpected(call, 0, "ARRAY<STRING>", err);
    bind_cast(call, 0, type_array(call->arena, &type_string, type->contains_null));
    return bind_signature(call, err);
}

/* NULLs are left out, or stand as the third argument. */
static Vector *kernel_array_join(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const Vector *elements;
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to, count = 0;

        if (!kernel_row_ready(call, i))
            continue;
        elements = call->args[0]->children[0];
        list_range(call->args[0], i, &from, &to);
        strbuf_clear(&text);
        for (uint32_t e = from; e < to; e++) {
            bool valid = vector_is_valid(elements, e);

            if (!valid && call->arg_count < 3)
                continue;
            if (count++)
                strbuf_add_str(&text, arg_str(call, 1, i));
            strbuf_add_str(&text, valid ? vector_strs(elements)[vector_row(elements, e)]
                                        : arg_str(call, 2, i));
        }
        vector_strs(out)[i] = kernel_str(call, &text);
    }
    strbuf_done(&text);
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const SetOp set_distinct = SET_DISTINCT, set_union = SET_UNION,
                   set_intersect = SET_INTERSECT, set_except = SET_EXCEPT;
static const bool in_front = true;

#define ARRAY_ROW(name_, flags_, min_, max_, bind_, signature_, kernel_, extra_, doc_, example_)   \
    {                                                                                              \
        .name = name_, .flags = FN_CONSTANTS | (flags_), .arg_min = min_, .arg_max = max_,         \
        .bind = bind_, .signature = signature_, .kernel = kernel_, .extra = extra_,                \
        .group = "array", .doc = doc_, .example = example_                                         \
    }

static const Function rows[] = {
    ARRAY_ROW("array", 0, 0, -1, bind_array, NULL, kernel_array, NULL, "An array of the values",
              "array(1, 2)[0] = 1"),
    ARRAY_ROW("size", FN_STRICT, 1, 1, bind_signature, "(array) -> int; (map) -> int", kernel_size,
              NULL, "Elements of an array or map", "size(array(1, 2)) = 2"),
    ARRAY_ROW("cardinality", FN_STRICT, 1, 1, bind_signature, "(array) -> int; (map) -> int",
              kernel_size, NULL, "Elements of an array or map; the same as size",
              "cardinality(array(1, 2)) = 2"),
    ARRAY_ROW("array_size", FN_STRICT, 1, 1, bind_signature, "(array) -> int", kernel_size, NULL,
              "Elements of an array", "array_size(array(1, 2)) = 2"),
    ARRAY_ROW("array_contains", FN_STRICT, 2, 2, bind_contains, "(array<T>, T) -> boolean",
              kernel_array_contains, NULL, "Whether the value is an element",
              "array_contains(array(1, 2), 2)"),
    ARRAY_ROW("array_position", FN_STRICT, 2, 2, bind_position, "(array<T>, T) -> bigint",
              kernel_array_position, NULL, "The place of the value, from 1; 0: it is not there",
              "array_position(array(3, 1), 1) = 2"),
    ARRAY_ROW("arrays_overlap", FN_STRICT, 2, 2, bind_two_sets, "(array<T>, array<T>) -> boolean",
              kernel_arrays_overlap, NULL, "Whether the arrays share an element",
              "arrays_overlap(array(1), array(1, 2))"),
    ARRAY_ROW("array_distinct", FN_STRICT, 1, 1, bind_set, "(array) -> $1", kernel_array_set,
              &set_distinct, "The elements, each once", "array_distinct(array(1, 1)) = array(1)"),
    ARRAY_ROW("array_union", FN_STRICT, 2, 2, bind_two_sets, "(array<T>, array<T>) -> array<T>",
              kernel_array_set, &set_union, "The elements of both, each once",
              "array_union(array(1), array(1, 2)) = array(1, 2)"),
    ARRAY_ROW("array_intersect", FN_STRICT, 2, 2, bind_two_sets,
              "(array<T>, array<T>) -> array<T>", kernel_array_set, &set_intersect,
              "The elements that both have, each once",
              "array_intersect(array(1, 2), array(2, 3)) = array(2)"),
    ARRAY_ROW("array_except", FN_STRICT, 2, 2, bind_two_sets, "(array<T>, array<T>) -> array<T>",
              kernel_array_set, &set_except, "The elements that only the first has, each once",
              "array_except(array(1, 2), array(2)) = array(1)"),
    ARRAY_ROW("array_append", 0, 2, 2, bind_add_value, "(array<T>, T) -> array<T>",
              kernel_array_append, NULL, "The array and one element more",
              "array_append(array(1), 2) = array(1, 2)"),
    ARRAY_ROW("array_prepend", 0, 2, 2, bind_add_value, "(array<T>, T) -> array<T>",
              kernel_array_append, &in_front, "The array and one element more before it",
              "array_prepend(array(1), 2) = array(2, 1)"),
    ARRAY_ROW("array_remove", FN_STRICT, 2, 2, bind_remove, "(array<T>, T) -> array<T>",
              kernel_array_remove, NULL, "The array without elements of this value",
              "array_remove(array(1, 2, 1), 1) = array(2)"),
    ARRAY_ROW("array_compact", FN_STRICT, 1, 1, bind_signature, "(array) -> $1",
              kernel_array_compact, NULL, "The array without its NULLs",
              "array_compact(array(1, NULL)) = array(1)"),
    ARRAY_ROW("array_insert", 0, 3, 3, bind_array_insert, "(array<T>, int, T) -> array<T>",
              kernel_array_insert, NULL, "The array with an element put in at a place, from 1",
              "array_insert(array(1, 3), 2, 2) = array(1, 2, 3)"),
    ARRAY_ROW("array_repeat", 0, 2, 2, bind_signature, "(T, int=) -> array<T>", kernel_array_repeat,
              NULL, "The value so many times", "array_repeat('a', 2) = array('a', 'a')"),
    ARRAY_ROW("flatten", FN_STRICT, 1, 1, bind_flatten, NULL, kernel_flatten, NULL,
              "An array of arrays as one", "flatten(array(array(1), array(2))) = array(1, 2)"),
    ARRAY_ROW("arrays_zip", FN_STRICT, 0, -1, bind_arrays_zip, NULL, kernel_arrays_zip, NULL,
              "An array of structs: the n-th elements together",
              "size(arrays_zip(array(1, 2), array(3))) = 2"),
    ARRAY_ROW("array_join", FN_STRICT, 2, 3, bind_array_join,
              "(any, string) -> string; (any, string, string) -> string", kernel_array_join, NULL,
              "The elements as text with a separator between",
              "array_join(array(1, 2), '-') = '1-2'"),
};

const FunctionTable catalog_array = FUNCTION_TABLE_OF(rows);
