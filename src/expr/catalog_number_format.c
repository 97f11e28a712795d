/*
 * catalog_number_format.c: numbers to text and back by a format: to_number, to_char, format_number.
 */
#include "expr/catalog.h"
#include "expr/decimal_format.h"
#include "expr/number_format.h"
#include "expr/text_pool.h"

/* ── to_number and to_char ─────────────────────────────────────────────────────────────────────*/

/* The format in argument 1; *out NULL: it is NULL. */
static bool bind_format(BindCall *call, const NumberFormat **out, Error *err)
{
    const Vector *value;

    *out = NULL;
    if (!bind_require(call, 1, &type_string, err) || !bind_constant(call, 1, "format", &value, err))
        return false;
    return !vector_is_valid(value, 0) ||
           number_format_parse(call->arena, vector_strs(value)[0], out, err);
}

/* What bind made of the format; read-only. */
static void keep_format(BindCall *call, const NumberFormat *format)
{
    const NumberFormat **kept = ARENA_NEW(call->arena, const NumberFormat *);

    *kept = format;
    call->data = kept;
}

static const NumberFormat *kept_format(const KernelCall *call)
{
    return *(const NumberFormat **)call->expr->data;
}

static bool bind_to_number(BindCall *call, Error *err)
{
    const NumberFormat *format;

    if (!bind_require(call, 0, &type_string, err) || !bind_format(call, &format, err))
        return false;
    call->type = format ? type_decimal(call->arena, number_format_precision(format),
                                       number_format_scale(format))
                        : type_decimal(call->arena, 10, 0);
    keep_format(call, format);
    if (!format)
        call->result = expr_literal_null(call->arena, call->type, call->span);
    return true;
}

static Vector *kernel_to_number(const KernelCall *call)
{
    const NumberFormat *format = kept_format(call);
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i), source = arg_str(call, 1, i);

        if (!number_format_read(format, text, &vector_i128(out)[i]))
            kernel_error(
                call, out, i, "INVALID_FORMAT.MISMATCH_INPUT", "42601",
                "The format is invalid: '%.*s'. The input \"STRING\" '%.*s' does not match "
                "the format.",
                (int)MIN(source.bytes, 100), source.data, (int)MIN(text.bytes, 100), text.data);
    }
    return out;
}

static bool bytes_to_char(BindCall *call, Error *err)
{
    const Vector *value;
    Str format;

    if (call->args[1]->type->kind != TYPE_STRING || !expr_is_constant(call->args[1]))
        return error_set_class(err, ERROR_USER, "NON_FOLDABLE_ARGUMENT", "42K08",
                               "The function `%s` requires the parameter `format` to be a foldable "
                               "expression of the type \"STRING\", but the actual argument is a "
                               "non-foldable.",
                               call->fn->name);
    if (!bind_constant(call, 1, "format", &value, err))
        return false;
    if (!vector_is_valid(value, 0))
        return error_set_class(err, ERROR_USER, "INVALID_PARAMETER_VALUE.NULL", "22023",
                               "The value of parameter(s) `format` in `%s` is invalid: expects a "
                               "non-NULL value.",
                               call->fn->name);
    format = str_trim(vector_strs(value)[0]);
    if (str_is_nocase(format, "base64") || str_is_nocase(format, "hex"))
        return bind_as(call, str_is_nocase(format, "hex") ? "hex" : "base64", call->args, 1, err);
    if (str_is_nocase(format, "utf-8"))
        return bind_as(call, "decode", call->args, 2, err);
    return error_set_class(err, ERROR_USER, "INVALID_PARAMETER_VALUE.BINARY_FORMAT", "22023",
                           "The value of parameter(s) `format` in `%s` is invalid: expects one of "
                           "binary formats 'base64', 'hex', 'utf-8', but got '%.*s'.",
                           call->fn->name, (int)MIN(format.bytes, 100), format.data);
}

/* Of dates and timestamps, date_format(); of BINARY, a name of an encoding. */
static bool bind_to_char(BindCall *call, Error *err)
{
    const Type *type = call->args[0]->type;
    const NumberFormat *format;

    if (type->kind == TYPE_DATE || type_is_timestamp(type))
        return bind_as(call, "date_format", call->args, 2, err);
    if (type->kind == TYPE_BINARY)
        return bytes_to_char(call, err);
    if (!bind_signature(call, err) || !bind_format(call, &format, err))
        return false;
    keep_format(call, format);
    if (!format)
        call->result = expr_literal_null(call->arena, call->type, call->span);
    return true;
}

static bool row_to_char(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    (void)out;
    number_format_write(kept_format(call), arg_i128(call, 0, i), call->args[0]->type->scale, text);
    return true;
}

static Vector *kernel_to_char(const KernelCall *call)
{
    return kernel_text(call, row_to_char);
}

/* ── format_number ─────────────────────────────────────────────────────────────────────────────*/

static void format_value(const DecimalFormat *format, const Vector *v, uint32_t row_i, StrBuf *out)
{
    uint32_t r = vector_row(v, row_i);

    switch ((int)v->type->kind) {
    case TYPE_FLOAT:
        decimal_format_double(format, (double)vector_f32(v)[r], out);
        break;
    case TYPE_DOUBLE:
        decimal_format_double(format, vector_f64(v)[r], out);
        break;
    case TYPE_DECIMAL:
        decimal_format_decimal(format, vector_i128(v)[r], v->type->scale, out);
        break;
    default:
        decimal_format_decimal(format, vector_integral(v, row_i), 0, out);
        break;
    }
}

/* The pattern in argument 1: digits behind the point, or DecimalFormat's own language. */
static bool pattern_of(const KernelCall *call, Vector *out, uint32_t i, DecimalFormat *format)
{
    Str pattern;

    if (call->args[1]->type->kind == TYPE_INT) {
        decimal_format_digits(format, MIN(arg_i32(call, 1, i), DECIMAL_FORMAT_DIGITS_MAX));
        return true;
    }
    pattern = arg_str(call, 1, i);
    if (pattern.bytes == 0)
        decimal_format_digits(format, 0);
    else if (!decimal_format_parse(format, pattern)) {
        kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.PATTERN", "22023",
                     "The value of parameter(s) `format` in `format_number` is invalid: '%.*s'.",
                     (int)MIN(pattern.bytes, 100), pattern.data);
        return false;
    }
    return true;
}

static bool row_format_number(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    DecimalFormat format;

    if (call->args[1]->type->kind == TYPE_INT && arg_i32(call, 1, i) < 0)
        return false;
    if (!pattern_of(call, out, i, &format))
        return false;
    format_value(&format, call->args[0], i, text);
    return true;
}

static Vector *kernel_format_number(const KernelCall *call)
{
    return kernel_text(call, row_format_number);
}

static bool bind_format_number(BindCall *call, Error *err)
{
    if (type_is_string(call->args[0]->type))
        return bind_unexpected(call, 0, "NUMERIC", err);
    if (!bind_signature(call, err))
        return false;
    call->nullable = true;
    return true;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, flags_, bind_, signature_, kernel_, doc_, example_)                             \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = 2, .arg_max = 2,   \
        .bind = bind_, .signature = signature_, .kernel = kernel_, .group = "conversion",          \
        .doc = doc_, .example = example_                                                           \
    }
#define TO_CHAR_SIGNATURE "(decimal, string) -> string"

static const Function rows[] = {
    ROW("to_number", 0, bind_to_number, NULL, kernel_to_number,
        "The decimal that a text holds in a format of 0 9 . , $ S MI PR",
        "to_number('$12,454.8-', '$99,999.9S') = -12454.8"),
    ROW("try_to_number", FN_NULL_ON_ERROR, bind_to_number, NULL, kernel_to_number,
        "As to_number, or NULL where the text is not in the format",
        "try_to_number('x', '999') IS NULL"),
    ROW("to_char", 0, bind_to_char, TO_CHAR_SIGNATURE, kernel_to_char,
        "A number in a format of 0 9 . , $ S MI PR; a date or timestamp in a datetime pattern; a "
        "BINARY as 'base64', 'hex' or 'utf-8'",
        "to_char(-12454.8, '99G999D9S') = '12,454.8-'"),
    ROW("to_varchar", 0, bind_to_char, TO_CHAR_SIGNATURE, kernel_to_char, "The same as to_char",
        "to_varchar(78.12, '$99.99') = '$78.12'"),
    ROW("format_number", 0, bind_format_number,
        "(numeric=, int=) -> string; (numeric=, string=) -> string", kernel_format_number,
        "With commas and so many digits behind the point, or by a pattern of # 0 , .",
        "format_number(12332.123456, 4) = '12,332.1235'"),
};

const FunctionTable catalog_number_format = FUNCTION_TABLE_OF(rows);
