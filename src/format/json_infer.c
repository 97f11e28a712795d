/*
 * json_infer.c: the type of a JSON text (json.h), as Spark's schema_of_json infers it.
 *
 * Whole numbers are BIGINT, beyond 64 bits DECIMAL; others DOUBLE. An array's elements are brought
 * to one type: BIGINT and DOUBLE to DOUBLE, structs field by field, what does not go together to
 * STRING. A value that is only ever null is a STRING. Fields stand in the order of their names.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "column/number_text.h"
#include "format/json.h"
#include "format/json_node.h"

typedef VEC(Field) FieldVec;

typedef struct Infer {
    Arena *arena;
    const char *end;
    JsonScan scan;
} Infer;

static const Type *common_type(Arena *arena, const Type *a, const Type *b);

static int field_order(const void *a, const void *b)
{
    return str_compare(((const Field *)a)->name, ((const Field *)b)->name);
}

/* Sorted, each name once; types of the same name are brought together. */
static const Type *struct_of(Arena *arena, FieldVec *fields)
{
    size_t kept = 0;

    if (fields->count > 1)
        qsort(fields->items, fields->count, sizeof(Field), field_order);
    for (size_t i = 0; i < fields->count; i++) {
        Field *last = kept > 0 ? &fields->items[kept - 1] : NULL;

        if (last && str_equal(last->name, fields->items[i].name))
            last->type = common_type(arena, last->type, fields->items[i].type);
        else
            fields->items[kept++] = fields->items[i];
    }
    return type_struct(arena, fields->items, (uint32_t)kept);
}

static const Type *common_struct(Arena *arena, const Type *a, const Type *b)
{
    FieldVec fields = {0};

    for (uint32_t i = 0; i < a->field_count; i++)
        VEC_ADD_IN(arena, &fields, a->fields[i]);
    for (uint32_t i = 0; i < b->field_count; i++)
        VEC_ADD_IN(arena, &fields, b->fields[i]);
    return struct_of(arena, &fields);
}

/* Whole decimals, and BIGINT as one of 20 digits. */
static const Type *common_decimal(Arena *arena, const Type *a, const Type *b)
{
    int a_precision = a->kind == TYPE_DECIMAL ? a->precision : 20;
    int b_precision = b->kind == TYPE_DECIMAL ? b->precision : 20;

    return type_decimal(arena, MAX(a_precision, b_precision), 0);
}

static bool is_whole(const Type *type)
{
    return type->kind == TYPE_BIGINT || type->kind == TYPE_DECIMAL;
}

static const Type *common_type(Arena *arena, const Type *a, const Type *b)
{
    if (type_equal(a, b) || b->kind == TYPE_VOID)
        return a;
    if (a->kind == TYPE_VOID)
        return b;
    if (is_whole(a) && is_whole(b))
        return common_decimal(arena, a, b);
    if ((is_whole(a) && b->kind == TYPE_DOUBLE) || (a->kind == TYPE_DOUBLE && is_whole(b)))
        return &type_double;
    if (a->kind == TYPE_ARRAY && b->kind == TYPE_ARRAY)
        return type_array(arena, common_type(arena, a->fields[0].type, b->fields[0].type), true);
    if (a->kind == TYPE_STRUCT && b->kind == TYPE_STRUCT)
        return common_struct(arena, a, b);
    return &type_string;
}

static const char *infer_value(Infer *in, const char *p, int depth, const Type **out);

static const char *infer_number(Infer *in, const char *p, const Type **out)
{
    bool is_integer;
    NumberText number;
    const char *after = json_number(p, &is_integer, &in->scan);
    int64_t i64;

    if (!after)
        return NULL;
    *out = &type_double;
    if (!is_integer)
        return after;
    if (str_to_int64((Str){p, (uint32_t)(after - p)}, &i64))
        *out = &type_bigint;
    else if (number_scan((Str){p, (uint32_t)(after - p)}, &number) && number.exponent == 0)
        *out = type_decimal(in->arena, number.digit_count, 0);
    return after;
}

static const char *infer_object(Infer *in, const char *p, int depth, const Type **out)
{
    FieldVec fields = {0};

    p = json_skip_space(p + 1);
    while (*p != '}') {
        const char *from = p + 1;
        Field field = {.nullable = true};

        if (!json_is_quote(*p))
            return json_fail(&in->scan, p, "a name in quotes");
        in->scan.escaped = false;
        p = json_string_slow(from, in->end, *p, &in->scan);
        if (!p)
            return NULL;
        field.name = str_copy(in->arena, (Str){from, (uint32_t)(p - from - 1)});
        if (in->scan.escaped) {
            char *plain = arena_alloc(in->arena, field.name.bytes);

            field.name = (Str){plain, json_unescape(field.name, plain)};
        }
        p = json_skip_space(p);
        if (*p != ':')
            return json_fail(&in->scan, p, "':'");
        p = infer_value(in, json_skip_space(p + 1), depth - 1, &field.type);
        if (!p)
            return NULL;
        if (p >= in->end)
            return json_fail(&in->scan, in->end, "'}'");
        VEC_ADD_IN(in->arena, &fields, field);
        p = json_skip_space(p);
        if (*p == '}')
            break;
        if (*p != ',')
            return json_fail(&in->scan, p, "',' or '}'");
        p = json_skip_space(p + 1);
        if (*p == '}')
            return json_fail(&in->scan, p, "a name in quotes");
    }
    *out = struct_of(in->arena, &fields);
    return p + 1;
}

static const char *infer_array(Infer *in, const char *p, int depth, const Type **out)
{
    const Type *element = &type_void;

    p = json_skip_space(p + 1);
    while (*p != ']') {
        const Type *type;

        p = infer_value(in, p, depth - 1, &type);
        if (!p)
            return NULL;
        if (p >= in->end)
            return json_fail(&in->scan, in->end, "']'");
        element = common_type(in->arena, element, type);
        p = json_skip_space(p);
        if (*p == ']')
            break;
        if (*p != ',')
            return json_fail(&in->scan, p, "',' or ']'");
        p = json_skip_space(p + 1);
        if (*p == ']')
            return json_fail(&in->scan, p, "a value");
    }
    *out = type_array(in->arena, element, true);
    return p + 1;
}

static const char *infer_value(Infer *in, const char *p, int depth, const Type **out)
{
    if (depth <= 0)
        return json_fail(&in->scan, p, "less nesting");
    if (*p == '{')
        return infer_object(in, p, depth, out);
    if (*p == '[')
        return infer_array(in, p, depth, out);
    if (json_is_digit(*p) || (*p == '-' && json_is_digit(p[1])))
        return infer_number(in, p, out);
    *out = json_is_quote(*p)               ? &type_string
           : *p == 't' || *p == 'f'        ? &type_boolean
           : *p == 'n'                     ? &type_void
                                           : &type_double; /* NaN, Infinity */
    return json_skip_value(p, in->end, depth, &in->scan);
}

/* Void becomes STRING; objects without fields go. NULL: nothing is left. */
static const Type *settled(Arena *arena, const Type *type)
{
    FieldVec fields = {0};
    const Type *element;

    if (type->kind == TYPE_VOID)
        return &type_string;
    if (type->kind == TYPE_ARRAY) {
        element = settled(arena, type->fields[0].type);
        return element ? type_array(arena, element, true) : NULL;
    }
    if (type->kind != TYPE_STRUCT)
        return type;
    for (uint32_t i = 0; i < type->field_count; i++) {
        Field field = type->fields[i];

        field.type = settled(arena, field.type);
        if (field.type && field.name.bytes > 0)
            VEC_ADD_IN(arena, &fields, field);
    }
    return fields.count > 0 ? type_struct(arena, fields.items, (uint32_t)fields.count) : NULL;
}

/* The depth of nesting is that of types (type.c), far below that of texts. */
enum { INFER_DEPTH_MAX = 64 };

bool json_schema_of(Arena *arena, Str json, const Type **out, Error *err)
{
    Infer in = {.arena = arena};
    const char *real_end;
    const char *p = json_skip_space(json_text_guard(arena, json, &in.end, &real_end));
    const Type *type = NULL;
    const Type *found;

    if (p < real_end)
        p = infer_value(&in, p, INFER_DEPTH_MAX, &type);
    else
        p = json_fail(&in.scan, p, "a value");
    if (p && p > real_end)
        p = json_fail(&in.scan, real_end, "a closing bracket");
    if (!p)
        return error_set(err, ERROR_DATA, "not JSON: %s expected", in.scan.expected);
    found = settled(arena, type);
    *out = found                      ? found
           : type->kind == TYPE_STRUCT ? type_struct(arena, NULL, 0)
                                       : &type_string;
    return true;
}
