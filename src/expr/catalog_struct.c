/*
 * catalog_struct.c: structs made, and what is taken out of nested values: s.field, a[i], m[key],
 * element_at, get.
 */
#include "base/assert.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/eval.h"
#include "expr/kernel.h"

/* ── named_struct ──────────────────────────────────────────────────────────────────────────────*/

static bool bind_named_struct(BindCall *call, Error *err)
{
    uint32_t count = call->arg_count / 2;
    Field *fields = ARENA_ARRAY(call->arena, Field, count);
    Expr **values = ARENA_ARRAY(call->arena, Expr *, count);

    if (call->arg_count % 2)
        return bind_wrong_count(call, "2n (n > 0)", err);
    for (uint32_t f = 0; f < count; f++) {
        if (call->args[2 * f]->type->kind != TYPE_STRING)
            return bind_mismatch(call, err,
                                 "DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING",
                                 "Only foldable `STRING` expressions are allowed to appear at odd "
                                 "position.");
        if (!bind_constant_string(call, 2 * f, "name", &fields[f].name, err))
            return false;
        values[f] = call->args[2 * f + 1];
        fields[f].type = values[f]->type;
        fields[f].nullable = values[f]->nullable;
    }
    call->args = values;
    call->arg_count = count;
    call->type = type_struct(call->arena, fields, count);
    call->nullable = false;
    return true;
}

/* struct(a, b): fields called col1, col2, … (the binder uses named_struct where names are known).
 */
static bool bind_struct(BindCall *call, Error *err)
{
    Expr **args = ARENA_ARRAY(call->arena, Expr *, 2 * call->arg_count);

    for (uint32_t i = 0; i < call->arg_count; i++) {
        args[2 * i] = expr_literal_string(
            call->arena, str_of(arena_printf(call->arena, "col%u", i + 1)), call->span);
        args[2 * i + 1] = call->args[i];
    }
    return bind_as(call, "named_struct", args, 2 * call->arg_count, err);
}

static Vector *kernel_struct(const KernelCall *call)
{
    Vector *out = ARENA_NEW(call->arena, Vector);

    out->type = call->expr->type;
    out->row_count = call->row_count;
    out->children = ARENA_ARRAY(call->arena, Vector *, call->arg_count);
    for (uint32_t f = 0; f < call->arg_count; f++) {
        out->children[f] =
            vector_share(call->arena, call->args[f], call->expr->type->fields[f].type);
        out->children[f]->errors = NULL;
        if (call->args[f]->errors)
            vector_merge_errors(call->arena, out, call->args[f]);
    }
    return out;
}

/* ── s.field ───────────────────────────────────────────────────────────────────────────────────*/

static bool field_not_found(const BindCall *call, const Type *type, Str name, Error *err)
{
    StrBuf names;

    strbuf_init(&names);
    for (uint32_t f = 0; f < type->field_count; f++)
        strbuf_printf(&names, "%s`%.*s`", f ? ", " : "", STR_ARG(type->fields[f].name));
    error_set_class(err, ERROR_USER, "FIELD_NOT_FOUND", "42704",
                    "No such struct field `%.*s` in %s.", STR_ARG(name), strbuf_c(&names));
    strbuf_done(&names);
    (void)call;
    return false;
}

static bool find_field(const BindCall *call, const Type *type, Str name, uint32_t *field_i,
                       Error *err)
{
    uint32_t count = 0;

    for (uint32_t f = 0; f < type->field_count; f++) {
        if (str_equal_nocase(type->fields[f].name, name)) {
            *field_i = f;
            count++;
        }
    }
    if (count == 0)
        return field_not_found(call, type, name, err);
    if (count > 1)
        return error_set_class(err, ERROR_USER, "AMBIGUOUS_REFERENCE_TO_FIELDS", "42000",
                               "Ambiguous reference to the field `%.*s`. It appears %u times in "
                               "the schema.",
                               STR_ARG(name), count);
    return true;
}

static bool base_error(const BindCall *call, Error *err)
{
    return error_set_class(err, ERROR_USER, "INVALID_EXTRACT_BASE_FIELD_TYPE", "42000",
                           "Can't extract a value. Need a complex type [STRUCT, ARRAY, MAP] but "
                           "got %s.",
                           bind_type_text(call, call->args[0]->type));
}

/* Of a struct, of each struct of an array, or of a map by a STRING key. */
static bool bind_field(BindCall *call, Error *err)
{
    const Type *base = call->args[0]->type, *structs = base;
    uint32_t *field_i = ARENA_NEW(call->arena, uint32_t);
    Str name;

    if (base->kind == TYPE_MAP)
        return bind_as(call, "[]", call->args, 2, err);
    if (base->kind == TYPE_ARRAY)
        structs = base->fields[0].type;
    if (structs->kind != TYPE_STRUCT)
        return base_error(call, err);
    if (!bind_constant_string(call, 1, "name", &name, err) ||
        !find_field(call, structs, name, field_i, err))
        return false;
    call->data = field_i;
    call->type = structs->fields[*field_i].type;
    call->nullable = call->args[0]->nullable || structs->fields[*field_i].nullable;
    if (base->kind == TYPE_ARRAY)
        call->type = type_array(call->arena, call->type,
                                base->contains_null || structs->fields[*field_i].nullable);
    return true;
}

/* Field `field_i` of flat structs; NULL where the struct is. */
static Vector *field_of(Arena *arena, const Vector *structs, uint32_t field_i)
{
    const Vector *child = vector_flatten(arena, structs->children[field_i]);
    Vector *out = vector_share(arena, child, structs->type->fields[field_i].type);
    size_t words = bits_words(structs->row_count);

    out->errors = NULL;
    if (!structs->valid)
        return out;
    if (!child->valid) {
        out->valid = structs->valid;
        return out;
    }
    out->valid = arena_copy(arena, child->valid, words * 8);
    for (size_t w = 0; w < words; w++)
        out->valid[w] &= structs->valid[w];
    return out;
}

/* A bitmap of its own, since the frame writes into it. */
static Vector *own_valid(Arena *arena, Vector *v)
{
    if (v->valid)
        v->valid = arena_copy(arena, v->valid, bits_words(v->row_count) * 8);
    return v;
}

static Vector *kernel_field(const KernelCall *call)
{
    const Vector *base = call->args[0];
    uint32_t field_i = *(const uint32_t *)call->expr->data;
    Vector *out;

    if (base->type->kind == TYPE_STRUCT)
        return own_valid(call->arena, field_of(call->arena, base, field_i));
    out = vector_share(call->arena, base, call->expr->type);
    out->errors = NULL;
    out->children = ARENA_ARRAY(call->arena, Vector *, 1);
    out->children[0] =
        field_of(call->arena, vector_flatten(call->arena, base->children[0]), field_i);
    return own_valid(call->arena, out);
}

/* ── a[i], m[key], get, element_at ─────────────────────────────────────────────────────────────*/

typedef enum SubscriptKind {
    SUBSCRIPT,     /* a[i] from 0, an error outside; m[key]. */
    SUBSCRIPT_GET, /* get(a, i) from 0, NULL outside. */
    SUBSCRIPT_AT,  /* element_at(a, i) from 1, negative from the end, an error outside. */
    SUBSCRIPT_TRY, /* try_element_at: NULL outside. */
} SubscriptKind;

static SubscriptKind subscript_kind(const Function *fn)
{
    return *(const SubscriptKind *)fn->extra;
}

/* map[key]: as the map's keys. element_at: both as the type that has the values of both. */
static bool bind_map_key(BindCall *call, Error *err)
{
    const Type *map = call->args[0]->type;
    const Type *common = map->fields[0].type;

    if (subscript_kind(call->fn) == SUBSCRIPT && !bind_require(call, 1, common, err))
        return false;
    common = type_meeting(call->arena, common, call->args[1]->type);
    if (!common)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES",
                             "Input to `%s` should have been \"MAP\" followed by a value with same "
                             "key type, but it's [%s, %s].",
                             call->fn->name, bind_type_text(call, map),
                             bind_type_text(call, call->args[1]->type));
    bind_cast(call, 0, type_map(call->arena, common, map->fields[1].type, map->contains_null));
    bind_cast(call, 1, common);
    if (!bind_orderable(call, common, err))
        return false;
    call->type = map->fields[1].type;
    call->nullable = true;
    return true;
}

static bool bind_subscript(BindCall *call, Error *err)
{
    const Type *base = call->args[0]->type, *index = call->args[1]->type;
    SubscriptKind kind = subscript_kind(call->fn);

    if (base->kind == TYPE_VOID && kind == SUBSCRIPT) {
        base = type_array(call->arena, &type_void, true);
        bind_cast(call, 0, base);
    }
    if (kind == SUBSCRIPT &&
        (base->kind == TYPE_STRUCT || (base->kind == TYPE_ARRAY && type_is_string(index) &&
                                       base->fields[0].type->kind == TYPE_STRUCT))) {
        if (base->kind == TYPE_STRUCT && !type_is_string(index))
            return error_set_class(err, ERROR_USER, "INVALID_EXTRACT_FIELD_TYPE", "42000",
                                   "Field name should be a non-null string literal, but it's %s.",
                                   bind_type_text(call, index));
        return bind_as(call, ".", call->args, 2, err);
    }
    if (base->kind == TYPE_MAP && kind != SUBSCRIPT_GET)
        return bind_map_key(call, err);
    if (base->kind != TYPE_ARRAY && kind == SUBSCRIPT)
        return base_error(call, err);
    if (base->kind != TYPE_ARRAY)
        return bind_unexpected(call, 0, kind == SUBSCRIPT_GET ? "ARRAY" : "(ARRAY OR MAP)", err);
    if ((kind == SUBSCRIPT_AT || kind == SUBSCRIPT_TRY) && !bind_require_int(call, 1, err))
        return false;
    if (index->kind == TYPE_VOID || (type_is_string(index) && kind != SUBSCRIPT))
        bind_cast(call, 1, &type_int);
    index = call->args[1]->type;
    if (!type_is_integral(index))
        return bind_unexpected(call, 1, kind == SUBSCRIPT ? "INTEGRAL" : "INT", err);
    bind_cast(call, 1, &type_bigint);
    call->type = base->fields[0].type;
    call->nullable = true;
    return true;
}

/* The element's row in the child, or false with an error (or NULL) in row i. */
static bool array_element(const KernelCall *call, Vector *errors, uint32_t i, uint32_t *element)
{
    SubscriptKind kind = subscript_kind(call->expr->fn);
    int64_t index = arg_i64(call, 1, i);
    uint32_t from, to;
    int64_t count, place = index;

    list_range(call->args[0], i, &from, &to);
    count = (int64_t)to - from;
    if (kind == SUBSCRIPT_AT || kind == SUBSCRIPT_TRY) {
        if (index == 0)
            kernel_error(call, errors, i, "INVALID_INDEX_OF_ZERO", "22003",
                         "The index 0 is invalid. An index shall be either < 0 or > 0 (the first "
                         "element has index 1).");
        place = index > 0 ? index - 1 : index == 0 ? -1 : count + index;
    }
    *element = from + (uint32_t)place;
    if (place >= 0 && place < count)
        return true;
    if (kind == SUBSCRIPT)
        kernel_ansi_error(call, errors, i, "INVALID_ARRAY_INDEX", "22003",
                          "The index %ld is out of bounds. The array has %ld elements. Use the "
                          "SQL function `get()` to tolerate accessing element at invalid index "
                          "and return NULL instead.",
                          (long)index, (long)count);
    if (kind == SUBSCRIPT_AT && index != 0)
        kernel_ansi_error(call, errors, i, "INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "22003",
                          "The index %ld is out of bounds. The array has %ld elements. Use "
                          "`try_element_at` to tolerate accessing element at invalid index and "
                          "return NULL instead.",
                          (long)index, (long)count);
    return false;
}

static bool map_element(const KernelCall *call, uint32_t i, uint32_t *element)
{
    const Vector *map = call->args[0], *key = call->args[1];
    uint32_t from, to;

    list_range(map, i, &from, &to);
    for (uint32_t e = from; e < to; e++) {
        if (vector_compare(map->children[0], vector_row(map->children[0], e), key,
                           vector_row(key, i)) == 0) {
            *element = e;
            return true;
        }
    }
    return false;
}

static Vector *kernel_subscript(const KernelCall *call)
{
    const Vector *base = call->args[0];
    bool is_map = base->type->kind == TYPE_MAP;
    const Vector *values = base->children ? base->children[is_map] : NULL;
    Vector *errors = vector_new(call->arena, &type_boolean, call->row_count);
    VectorBuilder b;
    Vector *out;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t element = 0;

        if (kernel_row_ready(call, i) &&
            (is_map ? map_element(call, i, &element) : array_element(call, errors, i, &element)) &&
            vector_is_valid(values, element))
            builder_add_from(&b, values, vector_row(values, element));
        else
            builder_add_null(&b);
    }
    out = builder_finish(&b);
    out->errors = errors->errors;
    return out;
}

static const SubscriptKind subscript = SUBSCRIPT, subscript_get = SUBSCRIPT_GET,
                           subscript_at = SUBSCRIPT_AT, subscript_try = SUBSCRIPT_TRY;

#define SUBSCRIPT_ROW(name_, flags_, kind_, doc_, example_)                                        \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = 2, .arg_max = 2,   \
        .bind = bind_subscript, .kernel = kernel_subscript, .extra = &(kind_), .group = "array",   \
        .doc = doc_, .example = example_                                                           \
    }

static const Function rows[] = {
    {
        .name = "named_struct",
        .flags = FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_named_struct,
        .kernel = kernel_struct,
        .group = "struct",
        .doc = "A struct of names and values",
        .example = "named_struct('a', 1).a = 1",
    },
    {
        .name = "struct",
        .flags = FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_struct,
        .group = "struct",
        .doc = "A struct of the values, with their names",
        .example = "struct(1, 'x').col1 = 1",
    },
    {
        .name = ".",
        .flags = FN_STRICT | FN_HIDDEN,
        .arg_min = 2,
        .arg_max = 2,
        .bind = bind_field,
        .kernel = kernel_field,
        .group = "operator",
        .doc = "A field of a struct, or of every struct of an array",
        .example = "named_struct('a', 1).a = 1",
    },
    SUBSCRIPT_ROW("[]", FN_HIDDEN, subscript,
                  "An element of an array, from 0, or the value of a map's key",
                  "array(1, 2)[1] = 2"),
    SUBSCRIPT_ROW("get", 0, subscript_get, "An element of an array, from 0, or NULL",
                  "get(array(1, 2), 5) IS NULL"),
    SUBSCRIPT_ROW("element_at", 0, subscript_at,
                  "An element of an array, from 1 or (negative) from its end, or the value of a "
                  "map's key",
                  "element_at(array(1, 2), -1) = 2"),
    SUBSCRIPT_ROW("try_element_at", 0, subscript_try, "As element_at, NULL where there is none",
                  "try_element_at(array(1, 2), 5) IS NULL"),
};

const FunctionTable catalog_struct = FUNCTION_TABLE_OF(rows);
