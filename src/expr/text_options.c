/*
 * text_options.c: schemas, options and time patterns of the functions on texts (text_options.h).
 */
#include "expr/text_options.h"

#include "expr/time.h"

/* ── schemas ───────────────────────────────────────────────────────────────────────────────────*/

bool text_schema_bind(BindCall *call, uint32_t arg_i, const Type **out, Error *err)
{
    Expr *arg = call->args[arg_i];
    const Vector *value;
    Error ignored = {0};
    Str text;

    if (arg->type->kind != TYPE_STRING || !expr_is_constant(arg))
        return error_set_class(
            err, ERROR_USER, "INVALID_SCHEMA.NON_STRING_LITERAL", "42K07",
            "The input schema is not a valid schema string. The input expression "
            "must be string literal and not null.");
    if (!bind_constant(call, arg_i, "schema", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return error_set_class(
            err, ERROR_USER, "INVALID_SCHEMA.NON_STRING_LITERAL", "42K07",
            "The input schema is not a valid schema string. The input expression "
            "must be string literal and not null.");
    text = str_copy(call->arena, vector_strs(value)[0]);
    if (type_parse(call->arena, text, out, &ignored) ||
        type_parse_columns(call->arena, text, out, &ignored))
        return true;
    return error_set_class(err, ERROR_USER, "PARSE_SYNTAX_ERROR", "42601",
                           "The schema '%.*s' cannot be parsed: %s", (int)MIN(text.bytes, 100),
                           text.data, ignored.text);
}

/* ── options ───────────────────────────────────────────────────────────────────────────────────*/

static bool option_pattern(BindCall *call, Str text, bool parsing, const DatetimePattern **out,
                           Error *err)
{
    return datetime_pattern_compile(call->arena, text, parsing, out, err);
}

static bool set_mode(BindCall *call, Str value, TextOptions *out, Error *err)
{
    out->fail_fast = str_is_nocase(value, "FAILFAST");
    /* What is no mode at all is taken for PERMISSIVE, as in Spark. */
    if (!str_is_nocase(value, "DROPMALFORMED"))
        return true;
    return error_set_class(err, ERROR_USER, "PARSE_MODE_UNSUPPORTED", "42601",
                           "The function `%s` doesn't support the %.*s mode. Acceptable modes are "
                           "PERMISSIVE and FAILFAST.",
                           call->fn->name, (int)MIN(value.bytes, 50), value.data);
}

static bool set_option(BindCall *call, Str name, Str value, bool parsing, TextOptions *out,
                       Error *err)
{
    if (str_is_nocase(name, "mode"))
        return !parsing || set_mode(call, value, out, err);
    if (str_is_nocase(name, "timeZone"))
        return zone_find(value, &out->zone, err);
    if (str_is_nocase(name, "dateFormat"))
        return option_pattern(call, value, parsing, &out->date, err);
    if (str_is_nocase(name, "timestampFormat"))
        return option_pattern(call, value, parsing, &out->timestamp, err);
    if (str_is_nocase(name, "timestampNTZFormat"))
        return option_pattern(call, value, parsing, &out->timestamp_ntz, err);
    if (str_is_nocase(name, "columnNameOfCorruptRecord"))
        out->corrupt_column = value;
    if (str_is_nocase(name, "primitivesAsString"))
        out->primitives_as_string = str_is_nocase(value, "true");
    return true;
}

static bool check_map(BindCall *call, const Expr *arg, Error *err)
{
    const Type *type = arg->type;

    if (type->kind != TYPE_MAP || !expr_is_constant(arg))
        return error_set_class(err, ERROR_USER, "INVALID_OPTIONS.NON_MAP_FUNCTION", "42K06",
                               "Invalid options: Must use the `map()` function for options.");
    if (type->fields[0].type->kind == TYPE_STRING && type->fields[1].type->kind == TYPE_STRING)
        return true;
    return error_set_class(err, ERROR_USER, "INVALID_OPTIONS.NON_STRING_TYPE", "42K06",
                           "Invalid options: A type of keys and values in `map()` must be string, "
                           "but got %s.",
                           bind_type_text(call, type));
}

/* What Spark writes: milliseconds. */
static bool usual_patterns(BindCall *call, TextOptions *out, Error *err)
{
    return (out->timestamp || option_pattern(call, STR("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]"), false,
                                             &out->timestamp, err)) &&
           (out->timestamp_ntz || option_pattern(call, STR("yyyy-MM-dd'T'HH:mm:ss[.SSS]"), false,
                                                 &out->timestamp_ntz, err));
}

static bool bind_map(BindCall *call, uint32_t arg_i, bool parsing, TextOptions *out, Error *err)
{
    const Vector *map, *keys, *values;
    StrBuf lines;
    bool ok = true;

    if (!check_map(call, call->args[arg_i], err) ||
        !bind_constant(call, arg_i, "options", &map, err))
        return false;
    if (!vector_is_valid(map, 0))
        return true;
    keys = map->children[0];
    values = map->children[1];
    strbuf_init(&lines);
    for (uint32_t e = map->offsets[0]; ok && e < map->offsets[1]; e++) {
        Str name, value;

        if (!vector_is_valid(values, e))
            continue;
        name = str_copy(call->arena, vector_strs(keys)[vector_row(keys, e)]);
        value = str_copy(call->arena, vector_strs(values)[vector_row(values, e)]);
        ok = set_option(call, name, value, parsing, out, err);
        if (str_find_char(name, '\n') < 0 && str_find_char(value, '\n') < 0)
            strbuf_printf(&lines, "%.*s=%.*s\n", STR_ARG(name), STR_ARG(value));
    }
    out->lines = str_copy(call->arena, strbuf_str(&lines));
    strbuf_done(&lines);
    return ok;
}

bool text_options_bind(BindCall *call, uint32_t arg_i, bool parsing, TextOptions *out, Error *err)
{
    *out = (TextOptions){.corrupt_column = STR("_corrupt_record")};
    if (arg_i < call->arg_count && !bind_map(call, arg_i, parsing, out, err))
        return false;
    return parsing || usual_patterns(call, out, err);
}

const Zone *text_options_zone(const TextOptions *options, const SqlContext *sql)
{
    return options->zone ? options->zone : sql->zone;
}

/* ── times ─────────────────────────────────────────────────────────────────────────────────────*/

static const DatetimePattern *pattern_of(const TextOptions *options, const Type *type)
{
    switch ((int)type->kind) {
    case TYPE_DATE:
        return options->date;
    case TYPE_TIMESTAMP:
        return options->timestamp;
    case TYPE_TIMESTAMP_NTZ:
        return options->timestamp_ntz;
    default:
        return NULL;
    }
}

const Type *times_as_text(Arena *arena, const Type *type, const TextOptions *options)
{
    Field *fields;
    bool same = true;

    if (pattern_of(options, type))
        return &type_string;
    if (!type_is_nested(type))
        return type;
    fields = ARENA_ARRAY(arena, Field, type->field_count);
    for (uint32_t f = 0; f < type->field_count; f++) {
        fields[f] = type->fields[f];
        fields[f].type = times_as_text(arena, fields[f].type, options);
        same &= fields[f].type == type->fields[f].type;
    }
    if (same)
        return type;
    if (type->kind == TYPE_ARRAY)
        return type_array(arena, fields[0].type, type->contains_null);
    if (type->kind == TYPE_MAP)
        return type_map(arena, fields[0].type, fields[1].type, type->contains_null);
    return type_struct(arena, fields, type->field_count);
}

/* A copy of a nested vector's head that has `type` and room for other children. */
static Vector *share_nested(const KernelCall *call, const Vector *v, const Type *type)
{
    Vector *out = vector_share(call->arena, v, type);

    out->children = ARENA_ARRAY(call->arena, Vector *, type->field_count);
    return out;
}

/* Children are not const by type, though nobody writes them: so a head of its own. */
static Vector *child_of(const KernelCall *call, const Vector *v)
{
    return vector_share(call->arena, v, v->type);
}

static void put_time(Vector *out, uint32_t row_i, const ParsedTime *time, const Zone *zone)
{
    if (out->type->kind == TYPE_DATE)
        vector_i32(out)[row_i] = (int32_t)floor_div(time->local_us, US_PER_DAY);
    else if (out->type->kind == TYPE_TIMESTAMP)
        vector_i64(out)[row_i] = zone_to_utc(time->zone ? time->zone : zone, time->local_us);
    else
        vector_i64(out)[row_i] = time->local_us;
}

static Vector *parse_times(const KernelCall *call, const TextOptions *options, const Vector *v,
                           const Type *type)
{
    const DatetimePattern *pattern = pattern_of(options, type);
    const Zone *zone = text_options_zone(options, call->sql);
    Vector *out = vector_new(call->arena, type, v->row_count);

    for (uint32_t i = 0; i < v->row_count; i++) {
        ParsedTime time;
        Error ignored = {0};

        if (vector_is_valid(v, i) &&
            datetime_pattern_parse(pattern, vector_strs(v)[vector_row(v, i)], &time, &ignored)) {
            put_time(out, i, &time, zone);
            continue;
        }
        memset((char *)out->data + (size_t)i * phys_bytes(type_phys(type)), 0,
               phys_bytes(type_phys(type)));
        vector_set_null(call->arena, out, i);
    }
    return out;
}

const Vector *times_from_text(const KernelCall *call, const TextOptions *options, const Vector *v,
                              const Type *type)
{
    Vector *out;

    if (type_equal(v->type, type))
        return v;
    if (pattern_of(options, type))
        return parse_times(call, options, v, type);
    out = share_nested(call, v, type);
    for (uint32_t f = 0; f < type->field_count; f++)
        out->children[f] =
            child_of(call, times_from_text(call, options, v->children[f], type->fields[f].type));
    return out;
}

static void print_time(const DatetimePattern *pattern, const Vector *v, uint32_t row_i,
                       const Zone *zone, StrBuf *text)
{
    uint32_t r = vector_row(v, row_i);
    int64_t us = v->type->kind == TYPE_DATE ? vector_i32(v)[r] * US_PER_DAY : vector_i64(v)[r];
    bool zoned = v->type->kind == TYPE_TIMESTAMP;
    int64_t local = zoned ? zone_to_local(zone, us) : us;

    datetime_pattern_format(pattern, local, (int32_t)((local - us) / US_PER_SECOND),
                            zoned ? zone : NULL, us, text);
}

static Vector *format_times(const KernelCall *call, const TextOptions *options, const Vector *v)
{
    const Zone *zone = text_options_zone(options, call->sql);
    Vector *out = vector_new(call->arena, &type_string, v->row_count);
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t i = 0; i < v->row_count; i++) {
        vector_strs(out)[i] = STR_EMPTY;
        if (!vector_is_valid(v, i)) {
            vector_set_null(call->arena, out, i);
            continue;
        }
        strbuf_clear(&text);
        print_time(pattern_of(options, v->type), v, i, zone, &text);
        vector_strs(out)[i] = str_copy(call->arena, strbuf_str(&text));
    }
    strbuf_done(&text);
    return out;
}

const Vector *times_to_text(const KernelCall *call, const TextOptions *options, const Vector *v)
{
    const Type *type = times_as_text(call->arena, v->type, options);
    Vector *out;

    if (type_equal(type, v->type))
        return v;
    if (pattern_of(options, v->type))
        return format_times(call, options, v);
    out = share_nested(call, v, type);
    for (uint32_t f = 0; f < type->field_count; f++)
        out->children[f] = child_of(call, times_to_text(call, options, v->children[f]));
    return out;
}
