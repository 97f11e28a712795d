/*
 * catalog_lambda_map.c: functions that take lambdas over maps: map_filter, transform_keys,
 * transform_values, map_zip_with.
 */
#include "base/assert.h"
#include "expr/catalog.h"
#include "expr/lambda.h"
#include "expr/value_set.h"

static bool map_fields(const Function *fn, const Expr *map, Field *out, Error *err)
{
    if (map->type->kind != TYPE_MAP)
        return error_set_class(err, ERROR_USER, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
                               "Cannot resolve \"%s\" due to data type mismatch: The first "
                               "parameter requires the \"MAP\" type.",
                               fn->name);
    out[0] = (Field){STR("k"), map->type->fields[0].type, false};
    out[1] = (Field){STR("v"), map->type->fields[1].type, map->type->contains_null};
    return true;
}

static bool types_entry(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                        uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err)
{
    (void)arena;
    (void)arg_count;
    (void)arg_i;
    return map_fields(fn, args[0], parameters, err) && lambda_count(fn, parameter_count, 2, 2, err);
}

/* (key, value of the first or NULL, value of the second or NULL) */
static bool types_zip(Arena *arena, const Function *fn, Expr *const *args, uint32_t arg_count,
                      uint32_t arg_i, uint32_t parameter_count, Field *parameters, Error *err)
{
    const Type *key;
    Field other[2] = {{.type = &type_void}, {.type = &type_void}};

    (void)arg_count;
    (void)arg_i;
    if (!map_fields(fn, args[0], parameters, err) || !map_fields(fn, args[1], other, err))
        return false;
    key = type_common_no_string(arena, parameters[0].type, other[0].type);
    if (!key)
        return error_set_class(
            err, ERROR_USER, "DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES", "42K09",
            "Cannot resolve \"map_zip_with\" due to data type mismatch: Input to "
            "the `map_zip_with` should have been two maps with compatible key "
            "types, but it's [\"%s\", \"%s\"].",
            type_name_in(arena, parameters[0].type), type_name_in(arena, other[0].type));
    if (!lambda_count(fn, parameter_count, 3, 3, err))
        return false;
    parameters[0].type = key;
    parameters[1].nullable = true;
    parameters[2] = (Field){STR("v2"), other[1].type, true};
    return true;
}

static bool bind_map(BindCall *call, uint32_t arg_i, Error *err)
{
    return call->args[arg_i]->type->kind == TYPE_MAP || bind_unexpected(call, arg_i, "MAP", err);
}

static bool bind_map_filter(BindCall *call, Error *err)
{
    if (!bind_map(call, 0, err))
        return false;
    bind_lambda(call, 1, 2);
    call->type = call->args[0]->type;
    return bind_lambda_body(call, 1, &type_boolean, "BOOLEAN", err);
}

static bool bind_transform_values(BindCall *call, Error *err)
{
    if (!bind_map(call, 0, err))
        return false;
    bind_lambda(call, 1, 2);
    call->type = type_map(call->arena, call->args[0]->type->fields[0].type, call->args[1]->type,
                          call->args[1]->nullable);
    return true;
}

static bool bind_transform_keys(BindCall *call, Error *err)
{
    const Type *map = call->args[0]->type;

    if (!bind_map(call, 0, err))
        return false;
    bind_lambda(call, 1, 2);
    if (call->args[1]->type->kind == TYPE_MAP)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE",
                             "The key of map cannot be/contain %s.",
                             bind_type_text(call, call->args[1]->type));
    call->type =
        type_map(call->arena, call->args[1]->type, map->fields[1].type, map->contains_null);
    return true;
}

static bool bind_map_zip_with(BindCall *call, Error *err)
{
    Field parameters[3];

    if (!bind_map(call, 0, err) || !bind_map(call, 1, err) ||
        !types_zip(call->arena, call->fn, call->args, 2, 2, 3, parameters, err))
        return false;
    bind_lambda(call, 2, 3);
    for (uint32_t i = 0; i < 2; i++) {
        const Type *map = call->args[i]->type;

        bind_cast(
            call, i,
            type_map(call->arena, parameters[0].type, map->fields[1].type, map->contains_null));
    }
    call->type =
        type_map(call->arena, parameters[0].type, call->args[2]->type, call->args[2]->nullable);
    return true;
}

/* ── kernels ───────────────────────────────────────────────────────────────────────────────────*/

static const Vector *over_entries(const KernelCall *call, const Elements *entries)
{
    const Vector *parameters[2] = {entries->children[0], entries->children[1]};

    return vector_flatten(call->arena,
                          lambda_eval(call, 1, parameters, entries->row_of, entries->count));
}

static Vector *kernel_map_filter(const KernelCall *call)
{
    Elements entries;
    const Vector *keep;
    VectorBuilder b;
    Vector *out;

    elements_of(call->arena, call->args[0], &entries);
    keep = over_entries(call, &entries);
    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t e = entries.offsets[i]; e < entries.offsets[i + 1]; e++) {
            if (!vector_is_valid(keep, e) || vector_has_error(keep, e) || !vector_bools(keep)[e])
                continue;
            builder_add_from(&b.children[0], entries.children[0], e);
            builder_add_from(&b.children[1], entries.children[1], e);
        }
        builder_end_row(&b);
    }
    out = builder_finish(&b);
    elements_lift_errors(call->arena, out, keep, entries.row_of);
    return out;
}

static Vector *map_of(const KernelCall *call, const Elements *entries, const Vector *keys,
                      const Vector *values)
{
    Vector *out = vector_new(call->arena, call->expr->type, call->row_count);

    out->offsets = entries->offsets;
    out->children = ARENA_ARRAY(call->arena, Vector *, 2);
    out->children[0] = vector_share(call->arena, keys, call->expr->type->fields[0].type);
    out->children[1] = vector_share(call->arena, values, call->expr->type->fields[1].type);
    out->children[0]->errors = out->children[1]->errors = NULL;
    return out;
}

static Vector *kernel_transform_values(const KernelCall *call)
{
    Elements entries;
    const Vector *values;
    Vector *out;

    elements_of(call->arena, call->args[0], &entries);
    values = over_entries(call, &entries);
    out = map_of(call, &entries, entries.children[0], values);
    elements_lift_errors(call->arena, out, values, entries.row_of);
    return out;
}

/* NULL and repeated keys. */
static void check_keys(const KernelCall *call, Vector *out, const Elements *entries,
                       const Vector *keys)
{
    ValueSet seen;

    value_set_init(&seen);
    for (uint32_t i = 0; i < call->row_count; i++) {
        value_set_clear(&seen);
        for (uint32_t e = entries->offsets[i]; e < entries->offsets[i + 1]; e++) {
            if (vector_has_error(keys, e))
                continue;
            if (!vector_is_valid(keys, e))
                vector_set_error(call->arena, out, i, "NULL_MAP_KEY", "2200E",
                                 "Cannot use null as map key.");
            else if (!value_set_add(&seen, keys, e))
                vector_set_error(call->arena, out, i, "DUPLICATED_MAP_KEY", "23505",
                                 "Duplicate map key was found, please check the input data.");
        }
    }
    value_set_done(&seen);
}

/* The same without the entries of rows with an error, whose keys may be NULL. */
static Vector *without_failed(const KernelCall *call, const Vector *maps)
{
    VectorBuilder b;
    Vector *out;

    builder_init(&b, call->arena, maps->type, maps->row_count);
    for (uint32_t i = 0; i < maps->row_count; i++) {
        if (vector_has_error(maps, i))
            builder_end_row(&b);
        else
            builder_add_from(&b, maps, i);
    }
    out = builder_finish(&b);
    out->errors = maps->errors;
    return out;
}

static Vector *kernel_transform_keys(const KernelCall *call)
{
    Elements entries;
    const Vector *keys;
    Vector *out;

    elements_of(call->arena, call->args[0], &entries);
    keys = over_entries(call, &entries);
    out = map_of(call, &entries, keys, entries.children[1]);
    elements_lift_errors(call->arena, out, keys, entries.row_of);
    check_keys(call, out, &entries, keys);
    return out->errors ? without_failed(call, out) : out;
}

/* The entry of `key` in row i of a map, or -1. */
static int64_t find_entry(const Vector *map, uint32_t i, const Vector *keys, uint32_t key)
{
    for (uint32_t e = map->offsets[i]; e < map->offsets[i + 1]; e++) {
        if (vector_same(map->children[0], e, keys, key))
            return e;
    }
    return -1;
}

static void add_or_null(VectorBuilder *b, const Vector *values, int64_t row)
{
    if (row < 0)
        builder_add_null(b);
    else
        builder_add_from(b, values, (uint32_t)row);
}

/* Keys of the first, then those that only the second has. */
static Vector *kernel_map_zip_with(const KernelCall *call)
{
    const Vector *a = call->args[0], *b = call->args[1], *parameters[3], *values;
    VectorBuilder columns[3];
    Elements entries = {0};
    Vector *out;

    entries.offsets = ARENA_ARRAY(call->arena, uint32_t, call->row_count + 1);
    entries.offsets[0] = 0;
    builder_init(&columns[0], call->arena, a->type->fields[0].type, call->row_count);
    builder_init(&columns[1], call->arena, a->type->fields[1].type, call->row_count);
    builder_init(&columns[2], call->arena, b->type->fields[1].type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        bool ready = kernel_row_ready(call, i);

        for (uint32_t e = a->offsets[i]; ready && e < a->offsets[i + 1]; e++) {
            builder_add_from(&columns[0], a->children[0], e);
            builder_add_from(&columns[1], a->children[1], e);
            add_or_null(&columns[2], b->children[1], find_entry(b, i, a->children[0], e));
        }
        for (uint32_t e = b->offsets[i]; ready && e < b->offsets[i + 1]; e++) {
            if (find_entry(a, i, b->children[0], e) >= 0)
                continue;
            builder_add_from(&columns[0], b->children[0], e);
            builder_add_null(&columns[1]);
            builder_add_from(&columns[2], b->children[1], e);
        }
        entries.offsets[i + 1] = columns[0].row_count;
    }
    entries.count = columns[0].row_count;
    entries.row_of = ARENA_ARRAY(call->arena, uint32_t, entries.count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t e = entries.offsets[i]; e < entries.offsets[i + 1]; e++)
            entries.row_of[e] = i;
    }
    for (uint32_t c = 0; c < 3; c++)
        parameters[c] = builder_finish(&columns[c]);
    values = vector_flatten(call->arena,
                            lambda_eval(call, 2, parameters, entries.row_of, entries.count));
    out = map_of(call, &entries, parameters[0], values);
    elements_lift_errors(call->arena, out, values, entries.row_of);
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define LAMBDA_ROW(name_, max_, bind_, types_, kernel_, doc_, example_)                            \
    {                                                                                              \
        .name = name_, .flags = FN_LAMBDA | FN_STRICT, .arg_min = max_, .arg_max = max_,           \
        .bind = bind_, .lambda_from = (max_) - 1, .lambda_types = types_, .kernel = kernel_,       \
        .group = "lambda", .doc = doc_, .example = example_                                        \
    }

static const Function rows[] = {
    LAMBDA_ROW("map_filter", 2, bind_map_filter, types_entry, kernel_map_filter,
               "The entries for which the condition is TRUE",
               "size(map_filter(map('a', 1, 'b', 2), (k, v) -> v > 1)) = 1"),
    LAMBDA_ROW("transform_values", 2, bind_transform_values, types_entry, kernel_transform_values,
               "Each value mapped", "transform_values(map('a', 1), (k, v) -> v + 1)['a'] = 2"),
    LAMBDA_ROW("transform_keys", 2, bind_transform_keys, types_entry, kernel_transform_keys,
               "Each key mapped", "transform_keys(map('a', 1), (k, v) -> upper(k))['A'] = 1"),
    LAMBDA_ROW("map_zip_with", 3, bind_map_zip_with, types_zip, kernel_map_zip_with,
               "The values of the same key in both maps mapped to one",
               "map_zip_with(map('a', 1), map('a', 2), (k, x, y) -> x + y)['a'] = 3"),
};

const FunctionTable catalog_lambda_map = FUNCTION_TABLE_OF(rows);
