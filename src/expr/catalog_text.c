/*
 * catalog_text.c: texts masked, quoted, and compared by sound, by edits and by check digit.
 */
#include <ctype.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"

/* ── mask ──────────────────────────────────────────────────────────────────────────────────────*/

/* The four characters put in; bytes 0: that kind stays as it is. */
typedef struct Mask {
    Str upper, lower, digit, other;
} Mask;

static bool mask_char(BindCall *call, uint32_t arg_i, const char *name, Str *out, Error *err)
{
    const Vector *value;

    if (arg_i >= call->arg_count)
        return true;
    if (!bind_require_text(call, arg_i, err) ||
        !bind_constant(call, arg_i, name, &value, err))
        return false;
    *out = STR_EMPTY;
    if (!vector_is_valid(value, 0)) {
        /* Stays an argument, so that calls that differ here are not taken for one; but a NULL would
         * make the result NULL. */
        call->args[arg_i] = expr_literal_string(call->arena, STR_EMPTY, call->span);
        return true;
    }
    *out = vector_strs(value)[0];
    if (utf8_char_count(*out) != 1)
        return bind_mismatch(call, err, "DATATYPE_MISMATCH.INPUT_SIZE_NOT_ONE",
                             "Length of `%s` should be 1.", name);
    return true;
}

static bool bind_mask(BindCall *call, Error *err)
{
    Mask *mask = ARENA_NEW(call->arena, Mask);

    *mask = (Mask){STR("X"), STR("x"), STR("n"), STR_EMPTY};
    if (!bind_require_text(call, 0, err) ||
        !mask_char(call, 1, "upperChar", &mask->upper, err) ||
        !mask_char(call, 2, "lowerChar", &mask->lower, err) ||
        !mask_char(call, 3, "digitChar", &mask->digit, err) ||
        !mask_char(call, 4, "otherChar", &mask->other, err))
        return false;
    call->data = mask;
    call->type = &type_string;
    return true;
}

static bool row_mask(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    const Mask *mask = call->expr->data;
    Str rest = arg_str(call, 0, i);

    (void)out;
    while (rest.bytes) {
        uint32_t bytes = utf8_char_bytes(rest.data, rest.bytes);
        unsigned char c = (unsigned char)*rest.data;
        Str with = bytes > 1 || !isalnum(c) ? mask->other
                   : isupper(c)             ? mask->upper
                   : islower(c)             ? mask->lower
                                            : mask->digit;

        if (with.bytes)
            strbuf_add_str(text, with);
        else
            strbuf_add(text, rest.data, bytes);
        rest.data += bytes;
        rest.bytes -= bytes;
    }
    return true;
}

/* ── small ones ────────────────────────────────────────────────────────────────────────────────*/

static bool row_quote(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    Str value = arg_str(call, 0, i);

    (void)out;
    strbuf_add_char(text, '\'');
    for (uint32_t at = 0; at < value.bytes; at++) {
        if (value.data[at] == '\'')
            strbuf_add_char(text, '\\');
        strbuf_add_char(text, value.data[at]);
    }
    strbuf_add_char(text, '\'');
    return true;
}

/* American Soundex; a text that does not begin with a letter stays as it is. */
static bool row_soundex(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    static const char codes[] = "01230127022455012623017202";
    Str value = arg_str(call, 0, i);
    char code[5] = "0000", last;
    uint32_t count = 1;

    (void)out;
    if (!value.bytes || !isalpha((unsigned char)value.data[0])) {
        strbuf_add_str(text, value);
        return true;
    }
    code[0] = (char)toupper((unsigned char)value.data[0]);
    last = codes[code[0] - 'A'];
    for (uint32_t at = 1; at < value.bytes && count < 4; at++) {
        char c = (char)toupper((unsigned char)value.data[at]), digit;

        if (!isalpha((unsigned char)c)) {
            last = '0';
            continue;
        }
        digit = codes[c - 'A'];
        if (digit == '7') /* H and W part nothing. */
            continue;
        if (digit != '0' && digit != last)
            code[count++] = digit;
        last = digit;
    }
    strbuf_add_c(text, code);
    return true;
}

/* Of code points; -1 when it is above the limit of a third argument. */
static int32_t levenshtein(Arena *arena, Str a, Str b)
{
    uint32_t n = utf8_char_count(b), length;
    uint32_t *row = ARENA_ARRAY(arena, uint32_t, n + 1);

    for (uint32_t j = 0; j <= n; j++)
        row[j] = j;
    for (uint32_t i = 1; a.bytes; i++) {
        uint32_t diagonal = row[0], c = utf8_decode(a.data, a.bytes, &length);
        Str rest = b;

        a.data += length;
        a.bytes -= length;
        row[0] = i;
        for (uint32_t j = 1; j <= n; j++) {
            uint32_t above = row[j], d = utf8_decode(rest.data, rest.bytes, &length);

            rest.data += length;
            rest.bytes -= length;
            row[j] = MIN(diagonal + (c != d), MIN(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return (int32_t)row[n];
}

static Vector *kernel_levenshtein(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++) {
        Str a = arg_str(call, 0, i), b = arg_str(call, 1, i);
        int32_t distance;

        if (!kernel_row_ready(call, i))
            continue;
        if ((uint64_t)a.bytes * b.bytes > UINT64_C(1) << 30) {
            kernel_error(call, out, i, "COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION", "54000",
                         "The texts given to `levenshtein` are too long.");
            continue;
        }
        distance = levenshtein(call->arena, a, b);
        if (call->arg_count > 2 && distance > arg_i32(call, 2, i))
            distance = -1;
        vector_i32(out)[i] = distance;
    }
    return out;
}

static bool luhn(Str text)
{
    uint32_t sum = 0;

    for (uint32_t n = 0; n < text.bytes; n++) {
        unsigned char c = (unsigned char)text.data[text.bytes - 1 - n];
        uint32_t digit = (uint32_t)c - '0';

        if (digit > 9)
            return false;
        if (n % 2)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return text.bytes > 0 && sum % 10 == 0;
}

static Vector *kernel_luhn(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        vector_bools(out)[i] = luhn(arg_str(call, 0, i));
    return out;
}

#define TEXT_KERNEL(name)                                                                          \
    static Vector *kernel_##name(const KernelCall *call)                                           \
    {                                                                                              \
        return kernel_text(call, row_##name);                                                      \
    }

TEXT_KERNEL(mask)
TEXT_KERNEL(quote)
TEXT_KERNEL(soundex)

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define TEXT_ROW(name_, min_, max_, bind_, signature_, kernel_, extra_, doc_, example_)            \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = min_, .arg_max = max_,        \
        .bind = bind_, .signature = signature_, .kernel = kernel_, .extra = extra_,                \
        .group = "string", .doc = doc_, .example = example_                                        \
    }
#define TEXT "(string) -> string"
static const Function rows[] = {
    {
        .name = "mask",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 1,
        .arg_max = 5,
        .bind = bind_mask,
        .kernel = kernel_mask,
        .parameters = "str, upperChar='X', lowerChar='x', digitChar='n', otherChar=NULL",
        .group = "string",
        .doc = "Capitals, small letters, digits and others replaced by X, x, n and nothing",
        .example = "mask('Ab1-') = 'Xxn-'",
    },
    TEXT_ROW("quote", 1, 1, bind_signature, TEXT, kernel_quote, NULL,
             "In single quotes, those within with a backslash", "length(quote('ab')) = 4"),
    TEXT_ROW("soundex", 1, 1, bind_signature, "(string=) -> string", kernel_soundex, NULL,
             "How an English name sounds", "soundex('Miller') = 'M460'"),
    TEXT_ROW("levenshtein", 2, 3, bind_signature,
             "(string, string) -> int; (string, string, int) -> int", kernel_levenshtein, NULL,
             "Edits between two texts; -1 above a limit", "levenshtein('kitten', 'sitting') = 3"),
    TEXT_ROW("luhn_check", 1, 1, bind_signature, "(string) -> boolean", kernel_luhn, NULL,
             "Whether digits pass Luhn's check", "luhn_check('8112189876')"),
};

const FunctionTable catalog_text = FUNCTION_TABLE_OF(rows);
