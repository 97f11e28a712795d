/*
 * catalog_csv.c: functions on CSV texts, over format/csv.h.
 */
#include "base/assert.h"
#include "column/format_value.h"
#include "expr/catalog.h"
#include "expr/text_options.h"
#include "expr/text_pool.h"
#include "format/csv.h"

static FormatOptions format_options(const TextOptions *options, const Zone *zone)
{
    return (FormatOptions){.mode = FORMAT_PERMISSIVE, .tell = true, .zone = zone, .options = options->lines};
}

/* Options are checked once when the call is bound, so that no row can fail on them. */
static bool options_check(BindCall *call, const TextOptions *options, Error *err)
{
    Schema none = {0};
    FormatOptions format = format_options(options, call->sql->zone);
    Decoder *decoder;

    if (!format_csv.decoder_create(&none, &format, &decoder, err)) {
        err->class_name = "INVALID_PARAMETER_VALUE.CSV_OPTION";
        err->sqlstate = "22023";
        return false;
    }
    decoder->methods->free(decoder);
    return true;
}

/* ── from_csv ──────────────────────────────────────────────────────────────────────────────────*/

typedef struct FromCsv {
    TextOptions options;
    const Type *type, *read_type; /* read_type: with texts for times that have a pattern. */
    Schema record, columns;       /* Of read_type: all fields; those that are read. */
    int corrupt_i;                /* The field for bad records; -1: none. */
} FromCsv;

/* The fields that stand in a record: all but the one for bad records. */
static void from_csv_columns(Arena *arena, FromCsv *from)
{
    const Type *type = from->read_type;
    Field *fields = ARENA_ARRAY(arena, Field, type->field_count + 1);
    uint32_t count = 0;

    for (uint32_t f = 0; f < type->field_count; f++) {
        /* Names may occur twice; places are found by name. */
        if ((int)f != from->corrupt_i)
            fields[count++] =
                (Field){str_of(arena_printf(arena, "%u", f)), type->fields[f].type, true};
    }
    from->columns = from->record = (Schema){count, fields};
}

static bool bind_from_csv(BindCall *call, Error *err)
{
    FromCsv *from = ARENA_NEW(call->arena, FromCsv);

    if (call->arg_count < 2 || call->arg_count > 3)
        return bind_wrong_count(call, "[2, 3]", err);
    if (!text_schema_bind(call, 1, &from->type, err))
        return false;
    if (from->type->kind != TYPE_STRUCT)
        return error_set_class(err, ERROR_USER, "INVALID_SCHEMA.NON_STRUCT_TYPE", "42K07",
                               "The input schema is not a valid schema string. The input "
                               "expression should be evaluated to struct type, but got %s.",
                               bind_type_text(call, from->type));
    if (!text_options_bind(call, 2, true, &from->options, err) ||
        !options_check(call, &from->options, err) || !bind_require_text(call, 0, err))
        return false;
    from->type = type_all_nullable(call->arena, from->type);
    for (uint32_t f = 0; f < from->type->field_count; f++) {
        if (type_is_nested(from->type->fields[f].type))
            return error_set_class(err, ERROR_USER, "UNSUPPORTED_DATATYPE", "0A000",
                                   "Unsupported data type %s.",
                                   bind_type_text(call, from->type->fields[f].type));
    }
    from->read_type = times_as_text(call->arena, from->type, &from->options);
    from->corrupt_i = type_field_find(from->type, from->options.corrupt_column);
    if (from->corrupt_i >= 0 && from->type->fields[from->corrupt_i].type->kind != TYPE_STRING)
        from->corrupt_i = -1;
    from_csv_columns(call->arena, from);
    call->data = from;
    call->type = from->type;
    call->nullable = true;
    return true;
}

/* The column for bad records: the text where a value of the row could not be read. */
static Vector *corrupt_column(const KernelCall *call, const Str *texts, const BadRecords *bad)
{
    Vector *out = vector_new(call->arena, &type_string, call->row_count);

    for (uint32_t i = 0; i < call->row_count; i++) {
        vector_strs(out)[i] = STR_EMPTY;
        vector_set_null(call->arena, out, i);
    }
    for (uint32_t b = 0; b < bad->count; b++) {
        vector_strs(out)[bad->items[b].record_i] = texts[bad->items[b].record_i];
        bits_set(out->valid, bad->items[b].record_i);
    }
    return out;
}

static Vector *kernel_from_csv(const KernelCall *call)
{
    const FromCsv *from = call->expr->data;
    FormatOptions format =
        format_options(&from->options, text_options_zone(&from->options, call->sql));
    Str *texts = ARENA_ARRAY(call->arena, Str, call->row_count);
    Vector *read = vector_new(call->arena, from->read_type, call->row_count), *out;
    BadRecords bad = {0};
    Decoder *decoder;
    Batch *batch;
    Error err = {0};

    for (uint32_t i = 0; i < call->row_count; i++)
        texts[i] = kernel_row_ready(call, i) ? arg_str(call, 0, i) : STR_EMPTY;
    format.record_schema = &from->record;
    ASSERT(format_csv.decoder_create(&from->columns, &format, &decoder, &err));
    decoder->methods->decode(decoder, call->arena, texts, call->row_count, &batch, NULL, &bad);
    decoder->methods->free(decoder);
    for (uint32_t f = 0, c = 0; f < from->type->field_count; f++)
        read->children[f] = (int)f == from->corrupt_i ? corrupt_column(call, texts, &bad)
                                                      : batch->columns[c++];
    out = vector_share(call->arena, times_from_text(call, &from->options, read, from->type),
                       from->type);
    for (uint32_t b = 0; from->options.fail_fast && b < bad.count; b++)
        kernel_error(call, out, bad.items[b].record_i,
                     "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023",
                     "Malformed records are detected in record parsing: %s. Parse Mode: FAILFAST.",
                     bad.items[b].message);
    return out;
}

/* ── to_csv ────────────────────────────────────────────────────────────────────────────────────*/

static bool bind_to_csv(BindCall *call, Error *err)
{
    TextOptions *options = ARENA_NEW(call->arena, TextOptions);
    const Type *type;

    if (call->arg_count < 1 || call->arg_count > 2)
        return bind_wrong_count(call, "[1, 2]", err);
    if (!text_options_bind(call, 1, false, options, err) || !options_check(call, options, err))
        return false;
    type = call->args[0]->type;
    if (type->kind != TYPE_STRUCT && type->kind != TYPE_VOID)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE",
                             "The input of `to_csv` can't be %s type data.",
                             bind_type_text(call, type));
    if (type->kind == TYPE_VOID) {
        call->result = expr_literal_null(call->arena, &type_string, call->span);
        return true;
    }
    call->data = options;
    call->type = &type_string;
    call->nullable = true;
    return true;
}

/* The bytes of a BINARY as the writer has them: [41 42]. */
static void binary_text(Str bytes, StrBuf *out)
{
    strbuf_add_char(out, '[');
    for (uint32_t i = 0; i < bytes.bytes; i++)
        strbuf_printf(out, "%s%02X", i ? " " : "", (unsigned)(uint8_t)bytes.data[i]);
    strbuf_add_char(out, ']');
}

/* A nested value or BINARY as a STRING column: the text of a CAST. */
static Vector *column_text(const KernelCall *call, const Vector *v)
{
    Vector *out = vector_new(call->arena, &type_string, v->row_count);
    StrBuf text;

    strbuf_init(&text);
    for (uint32_t i = 0; i < v->row_count; i++) {
        vector_strs(out)[i] = STR_EMPTY;
        strbuf_clear(&text);
        if (!vector_is_valid(v, i)) {
            vector_set_null(call->arena, out, i);
            continue;
        }
        if (v->type->kind == TYPE_BINARY)
            binary_text(vector_strs(v)[vector_row(v, i)], &text);
        else
            value_to_text(&text, v, i, call->sql->zone);
        vector_strs(out)[i] = str_copy(call->arena, strbuf_str(&text));
    }
    strbuf_done(&text);
    return out;
}

/* Texts lose the blanks around them, as in Spark's writer. */
static Vector *column_trimmed(const KernelCall *call, const Vector *v)
{
    Vector *out = vector_share(call->arena, v, v->type);
    uint32_t count = v->is_constant ? 1 : v->row_count;

    out->data = arena_copy(call->arena, v->data, count * sizeof(Str));
    for (uint32_t i = 0; i < count; i++)
        vector_strs(out)[i] = str_trim(vector_strs(out)[i]);
    return out;
}

static Vector *kernel_to_csv(const KernelCall *call)
{
    const TextOptions *options = call->expr->data;
    const Vector *v = times_to_text(call, options, vector_flatten(call->arena, call->args[0]));
    FormatOptions format = format_options(options, text_options_zone(options, call->sql));
    Batch *batch = batch_new(call->arena, v->type->field_count, call->row_count);
    Field *fields = ARENA_ARRAY(call->arena, Field, v->type->field_count + 1);
    Schema schema = {v->type->field_count, fields};
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    Encoder *encoder;
    Error err = {0};
    StrBuf buf;

    for (uint32_t f = 0; f < v->type->field_count; f++) {
        const Vector *column = v->children[f];

        if (type_is_nested(column->type) || column->type->kind == TYPE_BINARY)
            column = column_text(call, column);
        if (column->type->kind == TYPE_STRING)
            column = column_trimmed(call, column);
        batch->columns[f] = vector_share(call->arena, column, column->type);
        fields[f] = (Field){v->type->fields[f].name, column->type, true};
    }
    ASSERT(format_csv.encoder_create(&schema, &format, &encoder, &err));
    strbuf_init(&buf);
    EACH_ROW (call, i) {
        strbuf_clear(&buf);
        encoder->methods->encode(encoder, batch, i, &buf);
        if (batch->column_count == 1 && !vector_is_valid(batch->columns[0], i) && !buf.bytes)
            vector_set_null(call->arena, out, i);
        else
            text_put_buf(&pool, i, &buf);
    }
    strbuf_done(&buf);
    encoder->methods->free(encoder);
    return out;
}

/* ── schema_of_csv ─────────────────────────────────────────────────────────────────────────────*/

/* The narrowest type a value's text has, in the order Spark tries them. */
static const Type *infer(Arena *arena, Str text, const Zone *zone)
{
    int64_t whole;
    double number;
    int32_t days;
    bool digits = text.bytes > 0 && text.bytes <= DECIMAL_PRECISION_MAX;
    bool point = str_find_char(text, ' ') >= 0;

    for (uint32_t i = 0; i < text.bytes; i++)
        digits = digits && text.data[i] >= '0' && text.data[i] <= '9';
    if (text.bytes == 0)
        return &type_string;
    if (!point && str_to_int64(text, &whole))
        return whole >= INT32_MIN && whole <= INT32_MAX ? &type_int : &type_bigint;
    if (digits)
        return type_decimal(arena, (int)text.bytes, 0);
    if (!point && (text_to_double(text, &number) || str_is(text, "Inf") || str_is(text, "-Inf")))
        return &type_double;
    if (text.bytes == 10 && text_to_date(text, &days))
        return &type_date;
    if (text.bytes >= 10 && text_to_timestamp(text, zone, &whole))
        return &type_timestamp;
    if (str_is_nocase(text, "true") || str_is_nocase(text, "false"))
        return &type_boolean;
    return &type_string;
}

/* The text is a constant, so the result is one too: known now. */
static bool bind_schema_of_csv(BindCall *call, Error *err)
{
    TextOptions options;
    const Vector *value;
    CsvCut cut;
    StrBuf text;

    if (call->arg_count < 1 || call->arg_count > 2)
        return bind_wrong_count(call, "[1, 2]", err);
    if (!text_options_bind(call, 1, true, &options, err) || !options_check(call, &options, err))
        return false;
    if (call->args[0]->type->kind != TYPE_STRING && call->args[0]->type->kind != TYPE_VOID)
        return bind_unexpected(call, 0, "STRING", err);
    if (!bind_constant(call, 0, "csv", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.UNEXPECTED_NULL",
                             "The `csv` must not be null.");
    strbuf_init(&text);
    strbuf_add_c(&text, "STRUCT<");
    {
        FormatOptions format = format_options(&options, call->sql->zone);

        cut = csv_cut(call->arena, vector_strs(value)[0], &format);
    }
    for (uint32_t i = 0; i < cut.count; i++) {
        strbuf_printf(&text, "%s_c%u: ", i ? ", " : "", i);
        type_name_sql(&text, infer(call->arena, cut.values[i], call->sql->zone));
    }
    strbuf_add_char(&text, '>');
    call->result = expr_literal_string(call->arena, strbuf_str(&text), call->span);
    strbuf_done(&text);
    return true;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, bind_, kernel_, doc_, example_)                                                 \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 0, .arg_max = -1,             \
        .bind = bind_, .kernel = kernel_, .group = "csv", .doc = doc_, .example = example_         \
    }

static const Function rows[] = {
    ROW("from_csv", bind_from_csv, kernel_from_csv,
        "The struct of a schema that a CSV record holds; options in a map",
        "from_csv('1,x', 'a INT, b STRING').b = 'x'"),
    ROW("to_csv", bind_to_csv, kernel_to_csv, "A struct as a CSV record; options in a map",
        "to_csv(named_struct('a', 1, 'b', 'x')) = '1,x'"),
    ROW("schema_of_csv", bind_schema_of_csv, NULL, "The schema of a CSV record, as from_csv takes it",
        "schema_of_csv('1,x') = 'STRUCT<_c0: INT, _c1: STRING>'"),
};

const FunctionTable catalog_csv = FUNCTION_TABLE_OF(rows);
