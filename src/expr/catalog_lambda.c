/*
 * catalog_lambda.c: functions that take lambdas over arrays: transform, filter, exists, forall,
 * aggregate, zip_with, array_sort. (Over maps: catalog_lambda_map.c.)
 */
#include <stdlib.h>

#include "base/assert.h"
#include "expr/catalog.h"
#include "expr/lambda.h"

/* ── binding ───────────────────────────────────────────────────────────────────────────────────*/

static bool element_type(const Function *fn, const Expr *array, Field *out, Error *err)
{
    if (array->type->kind == TYPE_ARRAY) {
        *out = (Field){STR("x"), array->type->fields[0].type, array->type->contains_null};
        return true;
    }
    *out = (Field){STR("x"), &type_void, true};
    if (array->type->kind == TYPE_VOID)
        return true;
    return error_set_class(err, ERROR_USER, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
                           "Cannot resolve \"%s\" due to data type mismatch: The first parameter "
                           "requires the \"ARRAY\" type.",
                           fn->name);
}

/* (x) or (x, index) */
static bool types_element(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                          uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err)
{
    (void)arena;
    (void)arg_count;
    (void)arg_i;
    if (!element_type(fn, args[0], &parameters[0], err) ||
        !lambda_count(fn, parameter_count, 1, 2, err))
        return false;
    if (parameter_count > 1)
        parameters[1] = (Field){STR("i"), &type_int, false};
    return true;
}

static bool types_one_element(Arena *arena, const Function *fn, Expr *const *args,
                              uint32_t arg_count, uint32_t arg_i, uint32_t parameter_count,
                              Field *parameters, Error *err)
{
    return types_element(arena, fn, args, arg_count, arg_i, parameter_count, parameters, err) &&
           lambda_count(fn, parameter_count, 1, 1, err);
}

/* Argument 2: (accumulated, x); argument 3: (accumulated). */
static bool types_aggregate(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                            uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err)
{
    Field element;

    (void)arg_count;
    if (!element_type(fn, args[0], &element, err) ||
        !lambda_count(fn, parameter_count, arg_i == 2 ? 2 : 1, arg_i == 2 ? 2 : 1, err))
        return false;
    parameters[0] = (Field){STR("acc"), type_all_nullable(arena, args[1]->type), true};
    if (arg_i == 2)
        parameters[1] = element;
    return true;
}

static bool types_zip(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                      uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err)
{
    (void)arena;
    (void)arg_count;
    (void)arg_i;
    if (!element_type(fn, args[0], &parameters[0], err) ||
        !element_type(fn, args[1], &parameters[1], err) ||
        !lambda_count(fn, parameter_count, 2, 2, err))
        return false;
    parameters[0].nullable = parameters[1].nullable = true;
    return true;
}

static bool types_sort(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                       uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err)
{
    (void)arena;
    (void)arg_count;
    (void)arg_i;
    return element_type(fn, args[0], &parameters[0], err) &&
           element_type(fn, args[0], &parameters[1], err) &&
           lambda_count(fn, parameter_count, 2, 2, err);
}

static bool bind_aggregate(BindCall *call, Error *err);

/* Or a lambda that Spark puts in: the order of array_sort(a), the end of aggregate(a, zero, merge). */
static bool has_lambda(const BindCall *call)
{
    if (call->arg_count == (strcmp(call->fn->name, "array_sort") == 0 ? 1
                            : call->fn->bind == bind_aggregate        ? 3
                                                                      : 0))
        return true;
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (call->args[i]->kind == EXPR_LAMBDA)
            return true;
    }
    return false;
}

/* NULL is no array where a lambda has to know its elements' type: Spark binds lambdas before it casts. */
static bool bind_list(BindCall *call, uint32_t arg_i, Error *err)
{
    if (call->args[arg_i]->type->kind == TYPE_VOID && !has_lambda(call))
        bind_cast(call, arg_i, type_array(call->arena, &type_void, true));
    if (call->args[arg_i]->type->kind == TYPE_ARRAY)
        return true;
    return bind_unexpected(call, arg_i, "ARRAY", err);
}

static bool bind_transform(BindCall *call, Error *err)
{
    if (!bind_list(call, 0, err))
        return false;
    bind_lambda(call, 1, 1);
    call->type = type_array(call->arena, call->args[1]->type, call->args[1]->nullable);
    call->nullable = call->args[0]->nullable;
    return true;
}

static bool bind_filter(BindCall *call, Error *err)
{
    if (!bind_list(call, 0, err))
        return false;
    bind_lambda(call, 1, 1);
    call->type = call->args[0]->type;
    call->nullable = call->args[0]->nullable;
    return bind_lambda_body(call, 1, &type_boolean, "BOOLEAN", err);
}

static bool bind_quantifier(BindCall *call, Error *err)
{
    if (!bind_filter(call, err))
        return false;
    call->type = &type_boolean;
    call->nullable = true;
    return true;
}

/* Whether two types differ in names of fields alone. */
static bool same_structure(const Type *a, const Type *b)
{
    if (a->kind != b->kind || a->field_count != b->field_count)
        return false;
    if (!a->field_count)
        return type_equal(a, b);
    for (uint32_t f = 0; f < a->field_count; f++) {
        if (!same_structure(a->fields[f].type, b->fields[f].type))
            return false;
    }
    return true;
}

static bool bind_aggregate(BindCall *call, Error *err)
{
    const Type *zero = type_all_nullable(call->arena, call->args[1]->type);
    Expr *merge;

    if (!bind_list(call, 0, err))
        return false;
    bind_lambda(call, 2, 2);
    if (call->arg_count > 3)
        bind_lambda(call, 3, 1);
    merge = ARENA_NEW(call->arena, Expr);
    *merge = *call->args[2];
    if (!same_structure(zero, merge->type) && merge->type->kind != TYPE_VOID)
        return bind_unexpected(call, 2, type_name_in(call->arena, zero), err);
    if (!expr_cast(call->arena, call->sql, merge->body, zero, false, merge->span, &merge->body,
                   err))
        return false;
    merge->type = zero;
    call->args[2] = merge;
    call->type = call->arg_count > 3 ? call->args[3]->type : zero;
    call->nullable = true;
    return true;
}

static bool bind_zip_with(BindCall *call, Error *err)
{
    if (!bind_list(call, 0, err) || !bind_list(call, 1, err))
        return false;
    bind_lambda(call, 2, 2);
    call->type = type_array(call->arena, call->args[2]->type, true);
    call->nullable = call->args[0]->nullable || call->args[1]->nullable;
    return true;
}

static bool bind_array_sort(BindCall *call, Error *err)
{
    if (!bind_list(call, 0, err))
        return false;
    call->type = call->args[0]->type;
    call->nullable = call->args[0]->nullable;
    if (call->arg_count == 1)
        return bind_orderable(call, call->type->fields[0].type, err);
    bind_lambda(call, 1, 2);
    if (call->args[1]->type->kind != TYPE_INT)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE",
                             "The `lambdafunction` requires return \"INT\" type, but the actual is "
                             "%s type.",
                             bind_type_text(call, call->args[1]->type));
    return true;
}

/* ── transform, filter, exists, forall ─────────────────────────────────────────────────────────*/

/* The lambda (argument 1) over all elements, flat. */
static const Vector *over_elements(const KernelCall *call, const Elements *elements)
{
    const Vector *parameters[2] = {elements->children[0], elements_index(call->arena, elements)};

    return vector_flatten(call->arena,
                          lambda_eval(call, 1, parameters, elements->row_of, elements->count));
}

/* A list column of elements already there. */
static Vector *list_of(const KernelCall *call, const Elements *elements, const Vector *values)
{
    Vector *out = vector_new(call->arena, call->expr->type, call->row_count);

    out->offsets = elements->offsets;
    out->children = ARENA_ARRAY(call->arena, Vector *, 1);
    out->children[0] = vector_share(call->arena, values, call->expr->type->fields[0].type);
    out->children[0]->errors = NULL;
    return out;
}

static Vector *kernel_transform(const KernelCall *call)
{
    Elements elements;
    const Vector *values;
    Vector *out;

    elements_of(call->arena, call->args[0], &elements);
    values = over_elements(call, &elements);
    out = list_of(call, &elements, values);
    elements_lift_errors(call->arena, out, values, elements.row_of);
    return out;
}

static Vector *kernel_filter(const KernelCall *call)
{
    Elements elements;
    const Vector *keep;
    VectorBuilder b;
    Vector *out;

    elements_of(call->arena, call->args[0], &elements);
    keep = over_elements(call, &elements);
    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t e = elements.offsets[i]; e < elements.offsets[i + 1]; e++) {
            if (vector_is_valid(keep, e) && !vector_has_error(keep, e) && vector_bools(keep)[e])
                builder_add_from(&b.children[0], elements.children[0], e);
        }
        builder_end_row(&b);
    }
    out = builder_finish(&b);
    elements_lift_errors(call->arena, out, keep, elements.row_of);
    return out;
}

/* In order, as far as the first element that decides: TRUE for exists, FALSE for forall. */
static void quantify_row(const KernelCall *call, Vector *out, uint32_t i, const Elements *elements,
                         const Vector *values, bool decides)
{
    bool null = false;

    for (uint32_t e = elements->offsets[i]; e < elements->offsets[i + 1]; e++) {
        const RowError *error = values->errors ? vector_error(values, e) : NULL;

        if (error) {
            vector_copy_error(call->arena, out, i, error);
            return;
        }
        if (!vector_is_valid(values, e)) {
            null = true;
        } else if (vector_bools(values)[e] == decides) {
            vector_bools(out)[i] = decides;
            return;
        }
    }
    vector_bools(out)[i] = !decides;
    if (null)
        vector_set_null(call->arena, out, i);
}

static Vector *kernel_quantifier(const KernelCall *call)
{
    bool decides = *(const bool *)call->expr->fn->extra;
    Vector *out = kernel_result(call);
    Elements elements;
    const Vector *values;

    elements_of(call->arena, call->args[0], &elements);
    values = over_elements(call, &elements);
    for (uint32_t i = 0; i < call->row_count; i++)
        quantify_row(call, out, i, &elements, values, decides);
    return out;
}

/* ── aggregate ─────────────────────────────────────────────────────────────────────────────────*/

/* One step of all rows that have a k-th element: their accumulated values become the lambda's. */
static const Vector *aggregate_step(const KernelCall *call, const Elements *elements,
                                    const Vector *accumulated, uint32_t k, Vector *errors)
{
    uint32_t *rows = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    uint32_t *places = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    uint32_t *from = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    uint32_t count = 0;
    const Vector *parameters[2], *parts[2];
    Vector *step;

    for (uint32_t i = 0; i < call->row_count; i++) {
        bool active =
            elements->offsets[i] + k < elements->offsets[i + 1] && !vector_has_error(errors, i);

        from[i] = active ? call->row_count + count : i;
        if (active) {
            places[count] = elements->offsets[i] + k;
            rows[count++] = i;
        }
    }
    if (!count)
        return NULL;
    parameters[0] = vector_select(call->arena, accumulated, rows, count);
    parameters[1] = vector_select(call->arena, elements->children[0], places, count);
    step = lambda_eval(call, 2, parameters, rows, count);
    elements_lift_errors(call->arena, errors, step, rows);
    step = vector_share(call->arena, vector_flatten(call->arena, step), accumulated->type);
    step->errors = NULL;
    parts[0] = accumulated;
    parts[1] = step;
    return vector_select(call->arena, vector_concat(call->arena, accumulated->type, parts, 2), from,
                         call->row_count);
}

static Vector *kernel_aggregate(const KernelCall *call)
{
    Vector *errors = vector_new(call->arena, &type_boolean, call->row_count);
    Vector *zero = vector_share(call->arena, call->args[1], call->args[1]->type);
    const Vector *accumulated = zero, *next;
    Elements elements;
    Vector *out;

    for (uint32_t a = 0; a < 2; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, errors, call->args[a]);
    }
    zero->errors = NULL;
    elements_of(call->arena, call->args[0], &elements);
    for (uint32_t k = 0; (next = aggregate_step(call, &elements, accumulated, k, errors)); k++)
        accumulated = next;
    if (call->arg_count > 3) {
        uint32_t *rows = ARENA_ARRAY(call->arena, uint32_t, call->row_count);

        for (uint32_t i = 0; i < call->row_count; i++)
            rows[i] = i;
        next = lambda_eval(call, 3, &accumulated, rows, call->row_count);
        if (next->errors)
            vector_merge_errors(call->arena, errors, next);
        accumulated = vector_flatten(call->arena, next);
    }
    out = vector_share(call->arena, accumulated, call->expr->type);
    out->errors = errors->errors;
    if (out->valid)
        out->valid = arena_copy(call->arena, out->valid, bits_words(out->row_count) * 8);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (!arg_valid(call, 0, i))
            vector_set_null(call->arena, out, i);
    }
    return out;
}

/* ── zip_with ──────────────────────────────────────────────────────────────────────────────────*/

/* The elements of both, the shorter filled up with NULLs: the children of a list of pairs. */
static Vector *kernel_zip_with(const KernelCall *call)
{
    Elements pairs = {0};
    VectorBuilder b[2];
    const Vector *parameters[2], *values;
    Vector *out;

    pairs.offsets = ARENA_ARRAY(call->arena, uint32_t, call->row_count + 1);
    pairs.offsets[0] = 0;
    for (uint32_t a = 0; a < 2; a++)
        builder_init(&b[a], call->arena, call->args[a]->type->fields[0].type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t longest = 0;

        for (uint32_t a = 0; a < 2 && kernel_row_ready(call, i); a++)
            longest = MAX(longest, call->args[a]->offsets[i + 1] - call->args[a]->offsets[i]);
        for (uint32_t a = 0; a < 2; a++) {
            uint32_t from = call->args[a]->offsets[i], to = call->args[a]->offsets[i + 1];

            for (uint32_t e = from; e < from + longest; e++) {
                if (e < to)
                    builder_add_from(&b[a], call->args[a]->children[0], e);
                else
                    builder_add_null(&b[a]);
            }
        }
        pairs.offsets[i + 1] = pairs.offsets[i] + longest;
    }
    pairs.count = pairs.offsets[call->row_count];
    pairs.row_of = ARENA_ARRAY(call->arena, uint32_t, pairs.count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t e = pairs.offsets[i]; e < pairs.offsets[i + 1]; e++)
            pairs.row_of[e] = i;
    }
    parameters[0] = builder_finish(&b[0]);
    parameters[1] = builder_finish(&b[1]);
    values =
        vector_flatten(call->arena, lambda_eval(call, 2, parameters, pairs.row_of, pairs.count));
    out = list_of(call, &pairs, values);
    elements_lift_errors(call->arena, out, values, pairs.row_of);
    return out;
}

/* ── array_sort ────────────────────────────────────────────────────────────────────────────────*/

/* One row being sorted. Comparisons by a lambda are made one at a time, in an arena of their own.
 */
typedef struct Sort {
    const KernelCall *call;
    const Vector *elements;
    uint32_t row_i;
    Arena scratch;
    Vector *errors;
    bool failed;
} Sort;

static int natural_order(const Sort *sort, uint32_t a, uint32_t b)
{
    bool a_valid = vector_is_valid(sort->elements, a), b_valid = vector_is_valid(sort->elements, b);

    /* NULLs last. */
    if (!a_valid || !b_valid)
        return a_valid == b_valid ? 0 : a_valid ? -1 : 1;
    return vector_compare(sort->elements, a, sort->elements, b);
}

static int lambda_order(Sort *sort, uint32_t a, uint32_t b)
{
    KernelCall inner = *sort->call;
    const Vector *parameters[2];
    const RowError *error;
    Vector *order;
    int result;

    inner.arena = &sort->scratch;
    parameters[0] = vector_select(&sort->scratch, sort->elements, &a, 1);
    parameters[1] = vector_select(&sort->scratch, sort->elements, &b, 1);
    order = lambda_eval(&inner, 1, parameters, &sort->row_i, 1);
    error = order->errors ? vector_error(order, 0) : NULL;
    if (error)
        vector_copy_error(sort->call->arena, sort->errors, sort->row_i, error);
    else if (!vector_is_valid(order, 0))
        vector_set_error(sort->call->arena, sort->errors, sort->row_i, "COMPARATOR_RETURNS_NULL",
                         "22004", "The comparator has returned a NULL for a comparison.");
    sort->failed = vector_has_error(sort->errors, sort->row_i);
    result = sort->failed ? 0 : vector_i32(order)[0];
    arena_reset(&sort->scratch);
    return result;
}

static int sort_compare(const void *a, const void *b, void *self)
{
    Sort *sort = self;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order;

    if (sort->failed)
        return 0;
    if (sort->call->arg_count > 1) {
        /* Asked the other way round, as Java's sort does: a lambda may be no order at all. */
        order = lambda_order(sort, y, x);
        order = (order < 0) - (order > 0);
    } else {
        order = natural_order(sort, x, y);
    }
    return order ? order : (x > y) - (x < y);
}

static Vector *kernel_array_sort(const KernelCall *call)
{
    const Vector *v = call->args[0];
    Sort sort = {.call = call, .elements = v->children[0]};
    uint32_t *places = ARENA_ARRAY(call->arena, uint32_t, v->children[0]->row_count);
    VectorBuilder b;
    Vector *out;

    arena_init(&sort.scratch);
    sort.errors = vector_new(call->arena, &type_boolean, call->row_count);
    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from = v->offsets[i], count = v->offsets[i + 1] - from;

        for (uint32_t e = 0; e < count; e++)
            places[e] = from + e;
        sort.row_i = i;
        sort.failed = !kernel_row_ready(call, i);
        qsort_r(places, count, sizeof *places, sort_compare, &sort);
        for (uint32_t e = 0; e < count; e++)
            builder_add_from(&b.children[0], v->children[0], places[e]);
        builder_end_row(&b);
    }
    arena_done(&sort.scratch);
    out = builder_finish(&b);
    out->errors = sort.errors->errors;
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool decides_exists = true, decides_forall = false;

#define LAMBDA_ROW(name_, flags_, min_, max_, bind_, types_, kernel_, extra_, doc_, example_)      \
    {                                                                                              \
        .name = name_, .flags = FN_LAMBDA | (flags_), .arg_min = min_, .arg_max = max_,            \
        .bind = bind_, .lambda_from = (min_) > 2 ? 2 : 1, .lambda_types = types_,                  \
        .kernel = kernel_, .extra = extra_,                                                        \
        .group = "lambda", .doc = doc_, .example = example_                                        \
    }

static const Function rows[] = {
    LAMBDA_ROW("transform", FN_STRICT, 2, 2, bind_transform, types_element, kernel_transform, NULL,
               "Each element, or element and place from 0, mapped",
               "transform(array(1, 2), x -> x + 1) = array(2, 3)"),
    LAMBDA_ROW("filter", FN_STRICT, 2, 2, bind_filter, types_element, kernel_filter, NULL,
               "The elements for which the condition is TRUE",
               "filter(array(1, 2), x -> x > 1) = array(2)"),
    LAMBDA_ROW("exists", FN_STRICT, 2, 2, bind_quantifier, types_one_element, kernel_quantifier,
               &decides_exists, "Whether the condition is TRUE for some element",
               "exists(array(1, 2), x -> x > 1)"),
    LAMBDA_ROW("forall", FN_STRICT, 2, 2, bind_quantifier, types_one_element, kernel_quantifier,
               &decides_forall, "Whether the condition is TRUE for all elements",
               "forall(array(1, 2), x -> x > 0)"),
    LAMBDA_ROW("aggregate", 0, 3, 4, bind_aggregate, types_aggregate, kernel_aggregate, NULL,
               "The elements folded into a first value, and perhaps mapped at the end",
               "aggregate(array(1, 2), 0, (acc, x) -> acc + x) = 3"),
    LAMBDA_ROW("reduce", 0, 3, 4, bind_aggregate, types_aggregate, kernel_aggregate, NULL,
               "The same as aggregate", "reduce(array(1, 2), 0, (acc, x) -> acc + x) = 3"),
    LAMBDA_ROW("zip_with", FN_STRICT, 3, 3, bind_zip_with, types_zip, kernel_zip_with, NULL,
               "The n-th elements of both mapped; the shorter has NULLs at its end",
               "zip_with(array(1, 2), array(10, 20), (x, y) -> x + y) = array(11, 22)"),
    LAMBDA_ROW("array_sort", FN_STRICT, 1, 2, bind_array_sort, types_sort, kernel_array_sort, NULL,
               "Sorted, NULLs last, or by a comparison that gives -1, 0 or 1",
               "array_sort(array(2, 1)) = array(1, 2)"),
};

const FunctionTable catalog_lambda = FUNCTION_TABLE_OF(rows);
