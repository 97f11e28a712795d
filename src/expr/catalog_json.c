/*
 * catalog_json.c: functions on JSON texts, over format/json.h.
 */
#include "expr/catalog.h"
#include "expr/generator.h"
#include "expr/text_options.h"
#include "expr/text_pool.h"
#include "format/json.h"

static bool bind_nullable(BindCall *call, Error *err)
{
    if (!bind_signature(call, err))
        return false;
    call->nullable = true;
    return true;
}

/* ── from_json ─────────────────────────────────────────────────────────────────────────────────*/

typedef struct FromJson {
    TextOptions options;
    const Type *type, *read_type; /* read_type: with texts for times that have a pattern. */
    int corrupt_i;                /* The field for bad records; -1: none. */
} FromJson;

static bool keys_are_text(const Type *type)
{
    if (type->kind == TYPE_MAP && type->fields[0].type->kind != TYPE_STRING)
        return false;
    for (uint32_t f = 0; f < type->field_count; f++) {
        if (!keys_are_text(type->fields[f].type))
            return false;
    }
    return true;
}

static bool bind_from_json(BindCall *call, Error *err)
{
    FromJson *from = ARENA_NEW(call->arena, FromJson);

    if (call->arg_count < 2 || call->arg_count > 3)
        return bind_wrong_count(call, "[2, 3]", err);
    if (!text_schema_bind(call, 1, &from->type, err) ||
        !text_options_bind(call, 2, true, &from->options, err) ||
        !bind_require_text(call, 0, err))
        return false;
    if (!type_is_nested(from->type))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.INVALID_JSON_SCHEMA",
                             "Input schema %s must be a struct, an array, a map or a variant.",
                             bind_type_text(call, from->type));
    if (!keys_are_text(from->type))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.INVALID_JSON_MAP_KEY_TYPE",
                             "Input schema %s can only contain STRING as a key type for a MAP.",
                             bind_type_text(call, from->type));
    from->read_type = times_as_text(call->arena, from->type, &from->options);
    from->corrupt_i = from->type->kind == TYPE_STRUCT
                          ? type_field_find(from->type, from->options.corrupt_column)
                          : -1;
    if (from->corrupt_i >= 0 && from->type->fields[from->corrupt_i].type->kind != TYPE_STRING)
        from->corrupt_i = -1;
    call->data = from;
    call->type = from->type;
    call->nullable = true;
    return true;
}

static void fail_fast(const KernelCall *call, Vector *out, const BadRecords *bad)
{
    for (uint32_t b = 0; b < bad->count; b++)
        kernel_error(call, out, bad->items[b].record_i,
                     "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023",
                     "Malformed records are detected in record parsing: %s. Parse Mode: FAILFAST.",
                     bad->items[b].message ? bad->items[b].message : bad->items[b].reason);
}

/* The texts of bad records in their column; NULL elsewhere. */
static Vector *corrupt_texts(const KernelCall *call, const Str *texts, const BadRecords *bad)
{
    Vector *out = vector_new(call->arena, &type_string, call->row_count);

    for (uint32_t i = 0; i < call->row_count; i++) {
        vector_strs(out)[i] = STR_EMPTY;
        vector_set_null(call->arena, out, i);
    }
    for (uint32_t b = 0; b < bad->count; b++) {
        uint32_t i = bad->items[b].record_i;

        vector_strs(out)[i] = texts[i];
        bits_set(out->valid, i);
    }
    return out;
}

static Vector *kernel_from_json(const KernelCall *call)
{
    const FromJson *from = call->expr->data;
    Str *texts = ARENA_ARRAY(call->arena, Str, call->row_count);
    JsonReader *reader;
    BadRecords bad = {0};
    const Vector *read;
    Vector *out;

    for (uint32_t i = 0; i < call->row_count; i++)
        texts[i] = kernel_row_ready(call, i) ? arg_str(call, 0, i) : (Str){NULL, 0};
    reader = json_reader_create(from->read_type, FORMAT_PERMISSIVE,
                                text_options_zone(&from->options, call->sql));
    read = json_reader_read(reader, call->arena, texts, call->row_count, &bad);
    json_reader_free(reader);
    out = vector_share(call->arena, times_from_text(call, &from->options, read, from->type),
                       from->type);
    if (from->corrupt_i >= 0) {
        out->children =
            arena_copy(call->arena, out->children, from->type->field_count * sizeof *out->children);
        out->children[from->corrupt_i] = corrupt_texts(call, texts, &bad);
    }
    if (from->options.fail_fast)
        fail_fast(call, out, &bad);
    return out;
}

/* ── to_json ───────────────────────────────────────────────────────────────────────────────────*/

static bool bind_to_json(BindCall *call, Error *err)
{
    TextOptions *options = ARENA_NEW(call->arena, TextOptions);

    if (call->arg_count < 1 || call->arg_count > 2)
        return bind_wrong_count(call, "[1, 2]", err);
    if (!text_options_bind(call, 1, false, options, err))
        return false;
    if (call->args[0]->type->kind == TYPE_VOID) {
        call->result = expr_literal_null(call->arena, &type_string, call->span);
        return true;
    }
    if (!type_is_nested(call->args[0]->type))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.INVALID_JSON_SCHEMA",
                             "Input schema %s must be a struct, an array, a map or a variant.",
                             bind_type_text(call, call->args[0]->type));
    call->data = options;
    call->type = &type_string;
    return true;
}

static Vector *kernel_to_json(const KernelCall *call)
{
    const TextOptions *options = call->expr->data;
    const Vector *v = times_to_text(call, options, call->args[0]);
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        strbuf_clear(&buf);
        json_write_value(&buf, v, i, text_options_zone(options, call->sql));
        text_put_buf(&pool, i, &buf);
    }
    strbuf_done(&buf);
    return out;
}

/* ── paths ─────────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_get_json_object(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    const JsonPath *path = NULL;
    Str source = {0};
    bool known = false;
    Arena scratch;
    StrBuf buf;

    arena_init(&scratch);
    strbuf_init(&buf);
    EACH_ROW (call, i) {
        Str text = arg_str(call, 1, i);

        if (!known || !str_equal(text, source)) {
            source = text;
            known = true;
            if (!json_path_parse(call->arena, text, &path))
                path = NULL;
        }
        strbuf_clear(&buf);
        arena_reset(&scratch);
        if (path && json_path_get(path, &scratch, arg_str(call, 0, i), &buf))
            text_put_buf(&pool, i, &buf);
        else
            vector_set_null(call->arena, out, i);
    }
    strbuf_done(&buf);
    arena_done(&scratch);
    return out;
}

/* json_tuple(json, name, …): one row a JSON, a column a name. */
static bool bind_json_tuple(BindCall *call, Error *err)
{
    Field *fields = ARENA_ARRAY(call->arena, Field, call->arg_count);

    if (call->arg_count < 2)
        return bind_wrong_count(call, "> 1", err);
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (call->args[i]->type->kind != TYPE_STRING)
            return bind_mismatch(call, err, "DATATYPE_MISMATCH.NON_STRING_TYPE",
                                 "All arguments of the function `json_tuple` must be strings.");
    }
    for (uint32_t i = 1; i < call->arg_count; i++)
        fields[i - 1] =
            (Field){str_of(arena_printf(call->arena, "c%u", i - 1)), &type_string, true};
    call->type = type_struct(call->arena, fields, call->arg_count - 1);
    return true;
}

/* The names of row i that are not NULL, and to which column each belongs. */
static uint32_t tuple_names(const KernelCall *call, uint32_t i, Str *names, uint32_t *columns)
{
    uint32_t count = 0;

    for (uint32_t a = 1; a < call->arg_count; a++) {
        if (!arg_valid(call, a, i))
            continue;
        names[count] = arg_str(call, a, i);
        columns[count++] = a - 1;
    }
    return count;
}

static void generate_json_tuple(const KernelCall *call, GeneratorRows *out)
{
    uint32_t column_count = call->arg_count - 1;
    uint32_t *rows = ARENA_ARRAY(call->arena, uint32_t, call->row_count);
    Str *names = ARENA_ARRAY(call->arena, Str, column_count);
    Str *texts = ARENA_ARRAY(call->arena, Str, column_count);
    bool *found = ARENA_ARRAY(call->arena, bool, column_count);
    uint32_t *columns = ARENA_ARRAY(call->arena, uint32_t, column_count);

    out->columns = ARENA_ARRAY(call->arena, Vector *, column_count);
    for (uint32_t c = 0; c < column_count; c++) {
        out->columns[c] = vector_new(call->arena, &type_string, call->row_count);
        for (uint32_t i = 0; i < call->row_count; i++) {
            vector_strs(out->columns[c])[i] = STR_EMPTY;
            vector_set_null(call->arena, out->columns[c], i);
        }
    }
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t count = tuple_names(call, i, names, columns);

        rows[i] = i;
        if (!arg_valid(call, 0, i) ||
            !json_tuple_get(call->arena, arg_str(call, 0, i), names, count, texts, found))
            continue;
        for (uint32_t n = 0; n < count; n++) {
            if (!found[n])
                continue;
            vector_strs(out->columns[columns[n]])[i] = texts[n];
            bits_set(out->columns[columns[n]]->valid, i);
        }
    }
    out->rows = rows;
    out->row_count = call->row_count;
}

/* ── what is in a text ─────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_array_length(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    Arena scratch;

    arena_init(&scratch);
    EACH_ROW (call, i) {
        uint32_t count;

        arena_reset(&scratch);
        if (json_array_count(&scratch, arg_str(call, 0, i), &count))
            vector_i32(out)[i] = (int32_t)count;
        else
            vector_set_null(call->arena, out, i);
    }
    arena_done(&scratch);
    return out;
}

static Vector *kernel_object_keys(const KernelCall *call)
{
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        const Str *names;
        uint32_t count;

        if (!kernel_row_ready(call, i) ||
            !json_object_names(call->arena, arg_str(call, 0, i), &names, &count)) {
            builder_add_null(&b);
            continue;
        }
        for (uint32_t n = 0; n < count; n++)
            builder_add_str(&b.children[0], names[n]);
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

/* ── schema_of_json ────────────────────────────────────────────────────────────────────────────*/

static const Type *leaves_as_text(Arena *arena, const Type *type)
{
    Field *fields;

    if (!type_is_nested(type))
        return &type_string;
    if (type->kind == TYPE_ARRAY)
        return type_array(arena, leaves_as_text(arena, type->fields[0].type), true);
    fields = ARENA_ARRAY(arena, Field, type->field_count);
    for (uint32_t f = 0; f < type->field_count; f++) {
        fields[f] = type->fields[f];
        fields[f].type = leaves_as_text(arena, fields[f].type);
    }
    return type_struct(arena, fields, type->field_count);
}

/* The text is a constant, so the result is one too: known now. */
static bool bind_schema_of_json(BindCall *call, Error *err)
{
    Field corrupt = {STR("_corrupt_record"), &type_string, true};
    TextOptions options;
    const Vector *value;
    const Type *type;
    Error ignored = {0};
    StrBuf text;

    if (call->arg_count < 1 || call->arg_count > 2)
        return bind_wrong_count(call, "[1, 2]", err);
    if (!text_options_bind(call, 1, true, &options, err))
        return false;
    if (call->args[0]->type->kind != TYPE_STRING && call->args[0]->type->kind != TYPE_VOID)
        return bind_unexpected(call, 0, "STRING", err);
    if (!bind_constant(call, 0, "json", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                             "The `json` must not be null.");
    if (!json_schema_of(call->arena, vector_strs(value)[0], &type, &ignored))
        type = type_struct(call->arena, &corrupt, 1);
    if (options.primitives_as_string)
        type = leaves_as_text(call->arena, type);
    strbuf_init(&text);
    type_name_sql(&text, type);
    call->result = expr_literal_string(call->arena, strbuf_str(&text), call->span);
    strbuf_done(&text);
    return true;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, bind_, signature_, kernel_, doc_, example_)                                     \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 0, .arg_max = -1,             \
        .bind = bind_, .signature = signature_, .kernel = kernel_, .group = "json", .doc = doc_,   \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    ROW("from_json", bind_from_json, NULL, kernel_from_json,
        "The struct, array or map of a schema that a JSON text holds; options in a map",
        "from_json('{\"a\": 1}', 'a INT').a = 1"),
    ROW("to_json", bind_to_json, NULL, kernel_to_json,
        "A struct, array or map as JSON text; options in a map",
        "to_json(named_struct('a', 1)) = '{\"a\":1}'"),
    ROW("get_json_object", bind_nullable, "(string=, string=) -> string", kernel_get_json_object,
        "What a path finds in a JSON text", "get_json_object('{\"a\": [1, 2]}', '$.a[1]') = '2'"),
    ROW("json_array_length", bind_nullable, "(string=) -> int", kernel_array_length,
        "The number of elements of a JSON array, or NULL", "json_array_length('[1, 2, 3]') = 3"),
    ROW("json_object_keys", bind_nullable, "(string=) -> array<string>", kernel_object_keys,
        "The names in a JSON object, or NULL", "json_object_keys('{\"a\": 1}') = array('a')"),
    ROW("schema_of_json", bind_schema_of_json, NULL, NULL,
        "The schema of a JSON text, as from_json takes it",
        "schema_of_json('[{\"a\": 1}]') = 'ARRAY<STRUCT<a: BIGINT>>'"),
    {
        .name = "json_tuple",
        .class_ = FUNCTION_GENERATOR,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_json_tuple,
        .generate = generate_json_tuple,
        .group = "generator",
        .doc = "One row with the values of several names of a JSON object",
        .example = "json_tuple('{\"a\": 1, \"b\": 2}', 'a', 'b')",
    },
};

const FunctionTable catalog_json = FUNCTION_TABLE_OF(rows);
