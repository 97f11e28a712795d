/*
 * catalog_encoding.c: bytes as text and text as bytes: hexadecimal digits, base64, character sets.
 */
#include "expr/catalog.h"
#include "expr/charset.h"
#include "expr/text_pool.h"
#include "format/base64.h"

/* ── hexadecimal ───────────────────────────────────────────────────────────────────────────────*/

static const char hex_digits[] = "0123456789ABCDEF";

static void hex_number(TextPool *pool, uint32_t row_i, uint64_t value)
{
    uint32_t count = value ? (67 - (uint32_t)__builtin_clzll(value)) / 4 : 1;
    char *out = text_room(pool, row_i, count);

    for (uint32_t i = 0; out && i < count; i++)
        out[count - 1 - i] = hex_digits[value >> (4 * i) & 15];
}

static void hex_bytes(TextPool *pool, uint32_t row_i, Str bytes)
{
    char *out = text_room(pool, row_i, (uint64_t)bytes.bytes * 2);

    for (uint32_t i = 0; out && i < bytes.bytes; i++) {
        out[2 * i] = hex_digits[(uint8_t)bytes.data[i] >> 4];
        out[2 * i + 1] = hex_digits[bytes.data[i] & 15];
    }
}

static Vector *kernel_hex(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    bool number = call->args[0]->type->kind == TYPE_BIGINT;

    EACH_ROW (call, i) {
        if (number)
            hex_number(&pool, i, (uint64_t)arg_i64(call, 0, i));
        else
            hex_bytes(&pool, i, arg_str(call, 0, i));
    }
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An odd number of digits has a half byte in front. False: something else than digits. */
static bool unhex(TextPool *pool, uint32_t row_i, Str text)
{
    char *out;

    for (uint32_t i = 0; i < text.bytes; i++) {
        if (hex_value(text.data[i]) < 0)
            return false;
    }
    out = text_room(pool, row_i, (text.bytes + 1) / 2);
    if (out && text.bytes)
        out[0] = 0;
    for (uint32_t i = 0, odd = text.bytes % 2; out && i < text.bytes; i++) {
        uint32_t at = (i + odd) / 2;
        int high = (i + odd) % 2 ? out[at] << 4 : 0;

        out[at] = (char)(high | hex_value(text.data[i]));
    }
    return true;
}

static Vector *kernel_unhex(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i) {
        if (!unhex(&pool, i, arg_str(call, 0, i)))
            vector_set_null(call->arena, out, i);
    }
    return out;
}

/* ── base64 ────────────────────────────────────────────────────────────────────────────────────*/

static bool row_base64(const KernelCall *call, Vector *out, uint32_t row_i, StrBuf *text)
{
    (void)out;
    base64_encode(text, arg_str(call, 0, row_i));
    return true;
}

static Vector *kernel_base64(const KernelCall *call)
{
    return kernel_text(call, row_base64);
}

static void conversion_error(const KernelCall *call, Vector *out, uint32_t row_i,
                             const char *format)
{
    Str text = arg_str(call, 0, row_i);

    kernel_error(
        call, out, row_i, "CONVERSION_INVALID_INPUT", "22018",
        "The value '%.*s' (%s) cannot be converted to \"BINARY\" because it is malformed. "
        "Correct the value as per the syntax, or change its format. Use `try_to_binary` to "
        "tolerate malformed input and return NULL instead.",
        (int)MIN(text.bytes, 100), text.data, format);
}

static Vector *kernel_unbase64(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        if (!base64_decode_mime(call->arena, arg_str(call, 0, i), &vector_strs(out)[i]))
            conversion_error(call, out, i, "'BASE64'");
    }
    return out;
}

/* ── to_binary ─────────────────────────────────────────────────────────────────────────────────*/

typedef enum BinaryFormat { BINARY_HEX, BINARY_UTF8, BINARY_BASE64 } BinaryFormat;

static const BinaryFormat format_hex = BINARY_HEX, format_utf8 = BINARY_UTF8,
                          format_base64 = BINARY_BASE64;

static const BinaryFormat *binary_format(Str name)
{
    if (str_is_nocase(name, "hex"))
        return &format_hex;
    if (str_is_nocase(name, "utf-8") || str_is_nocase(name, "utf8"))
        return &format_utf8;
    return str_is_nocase(name, "base64") ? &format_base64 : NULL;
}

static bool format_invalid(BindCall *call, const char *name, Error *err)
{
    if (call->fn->flags & FN_NULL_ON_ERROR) {
        call->result = expr_literal_null(call->arena, &type_binary, call->span);
        return true;
    }
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.INVALID_ARG_VALUE",
                         "The `fmt` value must to be a case-insensitive \"STRING\" literal of "
                         "'hex', 'utf-8', 'utf8', or 'base64', but got %s.",
                         name);
}

static bool bind_to_binary(BindCall *call, Error *err)
{
    const BinaryFormat *format = &format_hex;
    const Type *type = call->arg_count > 1 ? call->args[1]->type : &type_string;
    const Vector *value;

    if (!bind_require(call, 0, &type_string, err))
        return false;
    call->type = &type_binary;
    call->nullable = true;
    if (call->arg_count > 1) {
        if (!bind_constant(call, 1, "fmt", &value, err))
            return false;
        if (type->kind != TYPE_STRING && type->kind != TYPE_VOID)
            return format_invalid(call, bind_type_text(call, type), err);
        if (!vector_is_valid(value, 0)) {
            call->result = expr_literal_null(call->arena, &type_binary, call->span);
            return true;
        }
        format = binary_format(vector_strs(value)[0]);
        if (!format)
            return format_invalid(call, str_to_c(call->arena, vector_strs(value)[0]), err);
    }
    call->data = ARENA_NEW(call->arena, BinaryFormat);
    *(BinaryFormat *)call->data = *format;
    return true;
}

static Vector *kernel_to_binary(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    BinaryFormat format = *(const BinaryFormat *)call->expr->data;

    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);

        if (format == BINARY_UTF8)
            vector_strs(out)[i] = text;
        else if (format == BINARY_HEX && !unhex(&pool, i, text))
            conversion_error(call, out, i, "'HEX'");
        else if (format == BINARY_BASE64 &&
                 (!base64_is_strict(text) ||
                  !base64_decode_mime(call->arena, text, &vector_strs(out)[i])))
            conversion_error(call, out, i, "'BASE64'");
    }
    return out;
}

/* ── character sets ────────────────────────────────────────────────────────────────────────────*/

static const Charset *charset_of(const KernelCall *call, Vector *out, uint32_t row_i)
{
    Str name = arg_str(call, 1, row_i);
    const Charset *charset = charset_find(name);

    if (!charset)
        kernel_error(call, out, row_i, "INVALID_PARAMETER_VALUE.CHARSET", "22023",
                     "The value of parameter(s) `charset` in `%s` is invalid: expects one of the "
                     "iso-8859-1, us-ascii, utf-16, utf-16be, utf-16le, utf-32, utf-8, but got "
                     "%.*s.",
                     call->expr->fn->name, (int)MIN(name.bytes, 100), name.data);
    return charset;
}

typedef bool (*Recode)(const Charset *charset, StrBuf *out, Str in);

static Vector *recode_rows(const KernelCall *call, Recode recode)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        const Charset *charset = charset_of(call, out, i);
        Str name = arg_str(call, 1, i);

        strbuf_clear(&buf);
        if (!charset)
            continue;
        if (recode(charset, &buf, arg_str(call, 0, i)))
            text_put_buf(&pool, i, &buf);
        else
            kernel_error(call, out, i, "MALFORMED_CHARACTER_CODING", "22000",
                         "Invalid value found when performing `%s` with %.*s.",
                         call->expr->fn->name, STR_ARG(name));
    }
    strbuf_done(&buf);
    return out;
}

static Vector *kernel_encode(const KernelCall *call)
{
    return recode_rows(call, charset_encode);
}

static Vector *kernel_decode(const KernelCall *call)
{
    return recode_rows(call, charset_decode);
}

/* decode(x, a, b, c, d, e): CASE WHEN x <=> a THEN b WHEN x <=> c THEN d ELSE e END */
static bool bind_decode(BindCall *call, Error *err)
{
    Expr **args = ARENA_ARRAY(call->arena, Expr *, call->arg_count + 2);
    uint32_t count = 0;

    if (call->arg_count < 2)
        return bind_wrong_count(call, "2", err);
    if (call->arg_count == 2)
        return bind_signature(call, err);
    for (uint32_t i = 1; i < call->arg_count; i += 2) {
        Expr *sides[] = {call->args[0], call->args[i]};

        if (i + 1 == call->arg_count) {
            args[count++] = call->args[i];
            break;
        }
        if (!function_call_named(call->arena, call->sql, "<=>", sides, 2, call->span, &args[count],
                                 err))
            return false;
        args[count + 1] = call->args[i + 1];
        count += 2;
    }
    /* Without a default it is a NULL of type STRING, which decides about the common type too. */
    if (count % 2 == 0) {
        args[count] = expr_literal_null(call->arena, &type_void, call->span);
        if (!expr_cast(call->arena, call->sql, args[count], &type_string, false, call->span,
                       &args[count], err))
            return false;
        count++;
    }
    return bind_as(call, "case", args, count, err);
}

/* ── UTF-8 ─────────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_is_valid_utf8(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_bools(out)[i] = text_is_valid(arg_str(call, 0, i));
    return out;
}

static Vector *kernel_make_valid_utf8(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);

        if (text_is_valid(text)) {
            vector_strs(out)[i] = text;
            continue;
        }
        strbuf_clear(&buf);
        utf8_repair(&buf, text);
        text_put_buf(&pool, i, &buf);
    }
    strbuf_done(&buf);
    return out;
}

static Vector *kernel_validate_utf8(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);

        if (text_is_valid(text))
            vector_strs(out)[i] = text;
        else
            kernel_error(call, out, i, "INVALID_UTF8_STRING", "22029",
                         "Invalid UTF8 byte sequence found in string.");
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, signature_, kernel_, doc_, example_)                                            \
    FUNCTION_ROW("encoding", name_, signature_, kernel_, NULL, doc_, example_)
#define BIND_ROW(name_, flags_, min_, max_, bind_, signature_, kernel_, doc_, example_)            \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = min_,              \
        .arg_max = max_, .bind = bind_, .signature = signature_, .kernel = kernel_,                \
        .group = "encoding", .doc = doc_, .example = example_                                      \
    }

static bool bind_unhex(BindCall *call, Error *err)
{
    if (!bind_signature(call, err))
        return false;
    call->nullable = true;
    return true;
}

static const Function rows[] = {
    ROW("hex", "(bigint) -> string; (binary) -> string; (string) -> string", kernel_hex,
        "A number, or the bytes of a text, in hexadecimal digits", "hex(17) = '11'"),
    BIND_ROW("unhex", 0, 1, 1, bind_unhex, "(string) -> binary", kernel_unhex,
             "The bytes of hexadecimal digits, or NULL", "unhex('6162') = x'6162'"),
    ROW("base64", "(binary) -> string", kernel_base64, "Bytes in base64",
        "base64('Spark SQL') = 'U3BhcmsgU1FM'"),
    ROW("unbase64", "(string) -> binary", kernel_unbase64,
        "The bytes of base64; what does not belong there is passed over",
        "unbase64('U3BhcmsgU1FM') = x'537061726B2053514C'"),
    BIND_ROW("to_binary", 0, 1, 2, bind_to_binary, NULL, kernel_to_binary,
             "The bytes of a text in the format 'hex', 'utf-8' or 'base64'",
             "to_binary('abc', 'utf-8') = x'616263'"),
    BIND_ROW("try_to_binary", FN_NULL_ON_ERROR, 1, 2, bind_to_binary, NULL, kernel_to_binary,
             "As to_binary, or NULL where the text is not in the format",
             "try_to_binary('a!', 'base64') IS NULL"),
    ROW("encode", "(string, string) -> binary", kernel_encode, "A text's bytes in a character set",
        "encode('abc', 'utf-8') = x'616263'"),
    BIND_ROW("decode", 0, 0, -1, bind_decode, "(binary, string) -> string", kernel_decode,
             "The text of bytes in a character set; or the value behind the first argument equal "
             "to the first",
             "decode(x'616263', 'utf-8') = 'abc'"),
    ROW("is_valid_utf8", "(string) -> boolean", kernel_is_valid_utf8, "Whether a text is UTF-8",
        "is_valid_utf8('abc')"),
    ROW("make_valid_utf8", "(string) -> string", kernel_make_valid_utf8,
        "With U+FFFD for what is not UTF-8", "make_valid_utf8('abc') = 'abc'"),
    ROW("validate_utf8", "(string) -> string", kernel_validate_utf8,
        "The text, or an error if it is not UTF-8", "validate_utf8('abc') = 'abc'"),
    BIND_ROW("try_validate_utf8", FN_NULL_ON_ERROR, 1, 1, bind_signature, "(string) -> string",
             kernel_validate_utf8, "The text, or NULL if it is not UTF-8",
             "try_validate_utf8('abc') = 'abc'"),
};

const FunctionTable catalog_encoding = FUNCTION_TABLE_OF(rows);
