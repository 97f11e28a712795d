/*
 * catalog_map.c: maps. A map's keys are distinct and not NULL: whoever makes one says
 * DUPLICATED_MAP_KEY and NULL_MAP_KEY.
 */
#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"
#include "expr/value_set.h"

/* ── building a row ────────────────────────────────────────────────────────────────────────────*/

typedef struct MapBuilder {
    const KernelCall *call;
    VectorBuilder b;
    ValueSet keys; /* Of the row. */
    Vector *errors;
    bool failed; /* The row has an error already. */
} MapBuilder;

static void map_init(MapBuilder *m, const KernelCall *call)
{
    m->call = call;
    m->failed = false;
    m->errors = vector_new(call->arena, &type_boolean, call->row_count);
    value_set_init(&m->keys);
    builder_init(&m->b, call->arena, call->expr->type, call->row_count);
}

static void map_fail(MapBuilder *m, uint32_t i, const char *class_name, const char *text)
{
    m->failed = true;
    vector_set_error(m->call->arena, m->errors, i, class_name,
                     *class_name == 'D' ? "23505" : "2200E", "%s", text);
}

static void map_add(MapBuilder *m, uint32_t i, const Vector *keys, uint32_t key_row,
                    const Vector *values, uint32_t value_row)
{
    if (m->failed)
        return;
    if (!vector_is_valid(keys, key_row)) {
        map_fail(m, i, "NULL_MAP_KEY", "Cannot use null as map key.");
    } else if (!value_set_add(&m->keys, keys, key_row)) {
        map_fail(m, i, "DUPLICATED_MAP_KEY",
                 "Duplicate map key was found, please check the input data.");
    } else {
        builder_add_from(&m->b.children[0], keys, key_row);
        builder_add_from(&m->b.children[1], values, value_row);
    }
}

static void map_end_row(MapBuilder *m)
{
    builder_end_row(&m->b);
    value_set_clear(&m->keys);
    m->failed = false;
}

static Vector *map_finish(MapBuilder *m)
{
    Vector *out = builder_finish(&m->b);

    out->errors = m->errors->errors;
    value_set_done(&m->keys);
    return out;
}

/* ── map(k, v, …) ──────────────────────────────────────────────────────────────────────────────*/

static bool key_type_check(const BindCall *call, const Type *key, Error *err)
{
    if (key->kind != TYPE_MAP)
        return true;
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE",
                         "The key of map cannot be/contain %s.", bind_type_text(call, key));
}

static bool bind_map(BindCall *call, Error *err)
{
    const Type *key, *value;
    bool contains_null = false;

    if (call->arg_count % 2)
        return bind_wrong_count(call, "2n (n > 0)", err);
    key = bind_common(call, 0, call->arg_count, 2);
    if (!key)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.CREATE_MAP_KEY_DIFF_TYPES",
                             "The given keys of function `map` should all be the same type.");
    value = bind_common(call, 1, call->arg_count, 2);
    if (!value)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.CREATE_MAP_VALUE_DIFF_TYPES",
                             "The given values of function `map` should all be the same type.");
    for (uint32_t i = 1; i < call->arg_count; i += 2)
        contains_null |= call->args[i]->nullable;
    call->type = type_map(call->arena, key, value, contains_null);
    call->nullable = false;
    return key_type_check(call, key, err);
}

static Vector *kernel_map(const KernelCall *call)
{
    MapBuilder m;
    Vector *out;

    map_init(&m, call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t a = 0; a < call->arg_count; a++)
            m.failed |= call->args[a]->errors && vector_has_error(call->args[a], i);
        for (uint32_t a = 0; a + 1 < call->arg_count; a += 2)
            map_add(&m, i, call->args[a], i, call->args[a + 1], i);
        map_end_row(&m);
    }
    out = map_finish(&m);
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
    return out;
}

/* ── maps of arrays ────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_map_from_arrays(const KernelCall *call)
{
    MapBuilder m;

    map_init(&m, call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to, value_from, value_to;

        if (kernel_row_ready(call, i)) {
            list_range(call->args[0], i, &from, &to);
            list_range(call->args[1], i, &value_from, &value_to);
            if (to - from != value_to - value_from)
                map_fail(&m, i, "_LEGACY_ERROR_TEMP_2128",
                         "The key array and value array of MapData must have the same length.");
            for (uint32_t e = 0; e < to - from; e++)
                map_add(&m, i, call->args[0]->children[0], from + e, call->args[1]->children[0],
                        value_from + e);
        }
        map_end_row(&m);
    }
    return map_finish(&m);
}

static bool bind_map_from_entries(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;
    const Type *entry = type->kind == TYPE_ARRAY ? type->fields[0].type : type;

    if (type->kind != TYPE_ARRAY || entry->kind != TYPE_STRUCT || entry->field_count != 2)
        return bind_unexpected(call, 0, "ARRAY of pair STRUCT", err);
    call->type = type_map(call->arena, entry->fields[0].type, entry->fields[1].type, true);
    return key_type_check(call, entry->fields[0].type, err);
}

/* NULL when one of the entries is. */
static Vector *kernel_map_from_entries(const KernelCall *call)
{
    MapBuilder m;

    map_init(&m, call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        const Vector *entries = call->args[0]->children ? call->args[0]->children[0] : NULL;
        bool ready = kernel_row_ready(call, i);
        uint32_t from = 0, to = 0;

        if (ready)
            list_range(call->args[0], i, &from, &to);
        for (uint32_t e = from; e < to; e++)
            ready &= vector_is_valid(entries, e);
        if (!ready) {
            builder_add_null(&m.b);
            continue;
        }
        for (uint32_t e = from; e < to; e++)
            map_add(&m, i, entries->children[0], e, entries->children[1], e);
        map_end_row(&m);
    }
    return map_finish(&m);
}

static bool bind_map_concat(BindCall *call, Error *err)
{
    const Type *common;

    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (call->args[i]->type->kind != TYPE_MAP)
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.MAP_CONCAT_DIFF_TYPES",
                                 "The `map_concat` should all be of type map, but it's %s.",
                                 bind_type_text(call, call->args[i]->type));
    }
    /* Texts among values become what is beside them, among keys they do not. */
    for (uint32_t i = 1; i < call->arg_count; i++) {
        if (!type_common_no_string(call->arena, call->args[0]->type->fields[0].type,
                                   call->args[i]->type->fields[0].type))
            return bind_diff_types(call, 0, call->arg_count, err);
    }
    common = call->arg_count ? bind_common(call, 0, call->arg_count, 1)
                             : type_map(call->arena, &type_string, &type_string, false);
    if (!common)
        return bind_diff_types(call, 0, call->arg_count, err);
    call->type = common;
    return true;
}

static Vector *kernel_map_concat(const KernelCall *call)
{
    MapBuilder m;

    map_init(&m, call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        for (uint32_t a = 0; a < call->arg_count && kernel_row_ready(call, i); a++) {
            uint32_t from, to;

            list_range(call->args[a], i, &from, &to);
            for (uint32_t e = from; e < to; e++)
                map_add(&m, i, call->args[a]->children[0], e, call->args[a]->children[1], e);
        }
        map_end_row(&m);
    }
    return map_finish(&m);
}

/* ── parts of maps ─────────────────────────────────────────────────────────────────────────────*/

static bool bind_map_part(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;
    bool values = call->fn->extra != NULL;

    if (type->kind == TYPE_VOID) {
        type = type_map(call->arena, &type_void, &type_void, false);
        bind_cast(call, 0, type);
    }
    if (type->kind != TYPE_MAP)
        return bind_unexpected(call, 0, "MAP", err);
    call->type = type_array(call->arena, type->fields[values].type, values && type->contains_null);
    return true;
}

/* Keys or values as they stand: the map's offsets, one of its children. */
static Vector *kernel_map_part(const KernelCall *call)
{
    const Vector *map = call->args[0];
    Vector *out = vector_share(call->arena, map, call->expr->type);

    out->errors = NULL;
    out->children = &map->children[call->expr->fn->extra != NULL];
    if (out->valid)
        out->valid = arena_copy(call->arena, out->valid, bits_words(out->row_count) * 8);
    return out;
}

static bool bind_map_entries(BindCall *call, Error *err)
{
    const Type *type;
    Field fields[2];

    if (call->args[0]->type->kind == TYPE_VOID)
        bind_cast(call, 0, type_map(call->arena, &type_void, &type_void, true));
    type = call->args[0]->type;
    if (type->kind != TYPE_MAP)
        return bind_unexpected(call, 0, "MAP", err);
    fields[0] = (Field){STR("key"), type->fields[0].type, false};
    fields[1] = (Field){STR("value"), type->fields[1].type, type->contains_null};
    call->type = type_array(call->arena, type_struct(call->arena, fields, 2), false);
    return true;
}

static Vector *kernel_map_entries(const KernelCall *call)
{
    const Vector *map = call->args[0];
    Vector *out = vector_share(call->arena, map, call->expr->type);
    Vector *entries = ARENA_NEW(call->arena, Vector);

    out->errors = NULL;
    entries->type = call->expr->type->fields[0].type;
    entries->row_count = map->children[0]->row_count;
    entries->children = map->children;
    out->children = ARENA_ARRAY(call->arena, Vector *, 1);
    out->children[0] = entries;
    if (out->valid)
        out->valid = arena_copy(call->arena, out->valid, bits_words(out->row_count) * 8);
    return out;
}

static bool bind_contains_key(BindCall *call, Error *err)
{
    const Type *map = call->args[0]->type, *key = call->args[1]->type;
    const Type *common =
        map->kind == TYPE_MAP ? type_common_no_string(call->arena, map->fields[0].type, key) : NULL;

    if (key->kind == TYPE_VOID)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.NULL_TYPE",
                             "Null typed values cannot be used as arguments of `%s`.",
                             call->fn->name);
    if (!common)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES",
                             "Input to `%s` should have been \"MAP\" followed by a value with same "
                             "key type, but it's [%s, %s].",
                             call->fn->name, bind_type_text(call, map), bind_type_text(call, key));
    bind_cast(call, 0, type_map(call->arena, common, map->fields[1].type, map->contains_null));
    bind_cast(call, 1, common);
    call->type = &type_boolean;
    return true;
}

static Vector *kernel_contains_key(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        const Vector *keys = call->args[0]->children[0], *key = call->args[1];
        uint32_t from, to;

        if (!kernel_row_ready(call, i))
            continue;
        list_range(call->args[0], i, &from, &to);
        for (uint32_t e = from; e < to && !vector_bools(out)[i]; e++)
            vector_bools(out)[i] =
                vector_compare(keys, vector_row(keys, e), key, vector_row(key, i)) == 0;
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool part_values = true;

#define MAP_ROW(name_, flags_, min_, max_, bind_, signature_, kernel_, extra_, doc_, example_)     \
    {                                                                                              \
        .name = name_, .flags = (flags_), .arg_min = min_, .arg_max = max_, .bind = bind_,         \
        .signature = signature_, .kernel = kernel_, .extra = extra_, .group = "map", .doc = doc_,  \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    MAP_ROW("map", FN_CONSTANTS, 0, -1, bind_map, NULL, kernel_map, NULL,
            "A map of keys and values", "map('a', 1)['a'] = 1"),
    MAP_ROW("map_from_arrays", FN_STRICT | FN_CONSTANTS, 2, 2, bind_signature,
            "(array<K>, array<V>) -> map<K, V>", kernel_map_from_arrays, NULL,
            "A map of an array of keys and an array of values",
            "map_from_arrays(array('a'), array(1))['a'] = 1"),
    MAP_ROW("map_from_entries", FN_STRICT | FN_CONSTANTS, 1, 1, bind_map_from_entries, NULL,
            kernel_map_from_entries, NULL, "A map of an array of pairs",
            "map_from_entries(array(struct('a', 1)))['a'] = 1"),
    MAP_ROW("map_concat", FN_STRICT | FN_CONSTANTS, 0, -1, bind_map_concat, NULL, kernel_map_concat,
            NULL, "The entries of all maps", "size(map_concat(map('a', 1), map('b', 2))) = 2"),
    MAP_ROW("map_keys", FN_STRICT, 1, 1, bind_map_part, NULL, kernel_map_part, NULL,
            "The keys as an array", "map_keys(map('a', 1)) = array('a')"),
    MAP_ROW("map_values", FN_STRICT, 1, 1, bind_map_part, NULL, kernel_map_part, &part_values,
            "The values as an array", "map_values(map('a', 1)) = array(1)"),
    MAP_ROW("map_entries", FN_STRICT, 1, 1, bind_map_entries, NULL, kernel_map_entries, NULL,
            "The entries as an array of structs", "map_entries(map('a', 1))[0].value = 1"),
    MAP_ROW("map_contains_key", FN_STRICT | FN_CONSTANTS, 2, 2, bind_contains_key, NULL,
            kernel_contains_key, NULL, "Whether the map has the key",
            "map_contains_key(map('a', 1), 'a')"),
};

const FunctionTable catalog_map = FUNCTION_TABLE_OF(rows);
