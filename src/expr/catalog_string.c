/*
 * catalog_string.c: text taken whole or in part: lengths, case, substrings, trimming, padding,
 * joining.
 *
 * A character is a code point; a byte that is not UTF-8 is a character of its own (base/utf8.h).
 * Parts of an argument are views of it, so cutting copies nothing. Where a function takes STRING
 * and BINARY alike, one kernel does both, and `char_*` below asks the type what a character is.
 */
#include "base/utf8.h"
#include "expr/catalog.h"
#include "expr/text_case.h"
#include "expr/text_pool.h"

static bool is_binary(const KernelCall *call, uint32_t arg_i)
{
    return call->args[arg_i]->type->kind == TYPE_BINARY;
}

static uint32_t char_count(Str text, bool binary)
{
    return binary ? text.bytes : utf8_char_count(text);
}

static uint32_t byte_of_char(Str text, uint32_t char_i, bool binary)
{
    return binary ? MIN(char_i, text.bytes) : utf8_byte_of_char(text, char_i);
}

/* ── lengths ───────────────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_length(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    bool binary = is_binary(call, 0);

    EACH_ROW (call, i)
        vector_i32(out)[i] = (int32_t)char_count(arg_str(call, 0, i), binary);
    return out;
}

static Vector *kernel_octet_length(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_i32(out)[i] = (int32_t)arg_str(call, 0, i).bytes;
    return out;
}

static Vector *kernel_bit_length(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_i32(out)[i] = (int32_t)(arg_str(call, 0, i).bytes * 8);
    return out;
}

/* ── case ──────────────────────────────────────────────────────────────────────────────────────*/

static bool is_ascii(Str text)
{
    unsigned char all = 0;

    for (uint32_t i = 0; i < text.bytes; i++)
        all |= (unsigned char)text.data[i];
    return all < 0x80;
}

static void ascii_case(char *out, Str text, bool upper)
{
    char first = upper ? 'a' : 'A';

    for (uint32_t i = 0; i < text.bytes; i++) {
        char c = text.data[i];
        bool letter = (unsigned char)(c - first) < 26;

        out[i] = (char)(c ^ (letter ? 0x20 : 0));
    }
}

static Vector *change_case(const KernelCall *call, bool upper)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);
        char *room;

        if (!is_ascii(text)) {
            strbuf_clear(&buf);
            if (upper)
                text_upper(&buf, text);
            else
                text_lower(&buf, text);
            text_put_buf(&pool, i, &buf);
        } else if ((room = text_room(&pool, i, text.bytes))) {
            ascii_case(room, text, upper);
        }
    }
    strbuf_done(&buf);
    return out;
}

static Vector *kernel_upper(const KernelCall *call)
{
    return change_case(call, true);
}

static Vector *kernel_lower(const KernelCall *call)
{
    return change_case(call, false);
}

static Vector *kernel_initcap(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        strbuf_clear(&buf);
        text_title(&buf, arg_str(call, 0, i));
        text_put_buf(&pool, i, &buf);
    }
    strbuf_done(&buf);
    return out;
}

/* ── parts ─────────────────────────────────────────────────────────────────────────────────────*/

/* Spark's substringSQL: `position` counts from 1, or from the end where negative; 0 is as 1. A
 * length is counted from the position even where that lies before the text. */
static Str substring(Str text, int64_t position, int64_t length, bool binary)
{
    int64_t start = position > 0 ? position - 1 : 0;
    int64_t end;
    uint32_t from, to;

    if (position < 0)
        start = (int64_t)char_count(text, binary) + position;
    end = length == INT32_MAX ? UINT32_MAX : start + length;
    start = MAX(start, 0);
    if (end <= start || start >= text.bytes)
        return STR_EMPTY;
    from = byte_of_char(text, (uint32_t)start, binary);
    text = str_slice(text, from, text.bytes);
    to = end - start >= text.bytes ? text.bytes
                                   : byte_of_char(text, (uint32_t)(end - start), binary);
    return str_slice(text, 0, to);
}

static Vector *kernel_substring(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    bool binary = is_binary(call, 0);

    EACH_ROW (call, i) {
        int32_t length = call->arg_count > 2 ? arg_i32(call, 2, i) : INT32_MAX;

        vector_strs(out)[i] = substring(arg_str(call, 0, i), arg_i32(call, 1, i), length, binary);
    }
    return out;
}

static Vector *kernel_left(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    bool binary = is_binary(call, 0);

    EACH_ROW (call, i)
        vector_strs(out)[i] = substring(arg_str(call, 0, i), 1, arg_i32(call, 1, i), binary);
    return out;
}

static Vector *kernel_right(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int64_t count = arg_i32(call, 1, i);

        vector_strs(out)[i] =
            count <= 0 ? STR_EMPTY : substring(arg_str(call, 0, i), -count, INT32_MAX, false);
    }
    return out;
}

/* substring_index(text, delimiter, n): what stands before the n-th delimiter; n < 0: behind the
 * n-th from the end. */
static Str before_delimiter(Str text, Str delimiter, int64_t n)
{
    uint32_t at = 0;

    for (; n > 0; n--) {
        ptrdiff_t found = str_find(str_slice(text, at, text.bytes), delimiter);

        if (found < 0)
            return text;
        at += (uint32_t)found + (n > 1 ? delimiter.bytes : 0);
    }
    return str_slice(text, 0, at);
}

static Str behind_delimiter(Str text, Str delimiter, int64_t n)
{
    uint32_t end = text.bytes;

    while (end >= delimiter.bytes) {
        uint32_t at = end - delimiter.bytes;

        if (memcmp(text.data + at, delimiter.data, delimiter.bytes) != 0) {
            end--;
            continue;
        }
        if (--n == 0)
            return str_slice(text, end, text.bytes);
        end = at;
    }
    return text;
}

static Vector *kernel_substring_index(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i), delimiter = arg_str(call, 1, i);
        int64_t n = arg_i32(call, 2, i);

        if (n == 0 || delimiter.bytes == 0 || text.bytes == 0)
            vector_strs(out)[i] = STR_EMPTY;
        else
            vector_strs(out)[i] = n > 0 ? before_delimiter(text, delimiter, n)
                                        : behind_delimiter(text, delimiter, -n);
    }
    return out;
}

/* ── trimming ──────────────────────────────────────────────────────────────────────────────────*/

typedef struct TrimSides {
    bool left, right;
    bool chars_last; /* btrim(text, chars); the others take the characters first. */
} TrimSides;

static const TrimSides trim_both = {true, true, false}, trim_left = {true, false, false},
                       trim_right = {false, true, false}, trim_both_last = {true, true, true};

static bool is_among(Str chars, const char *data, uint32_t bytes)
{
    for (uint32_t at = 0; at < chars.bytes;) {
        uint32_t length = utf8_char_bytes(chars.data + at, chars.bytes - at);

        if (length == bytes && memcmp(chars.data + at, data, bytes) == 0)
            return true;
        at += length;
    }
    return false;
}

/* The start of the character that ends the text. */
static uint32_t last_char(Str text)
{
    for (uint32_t length = 1; length <= 4 && length <= text.bytes; length++) {
        uint32_t at = text.bytes - length;

        if (utf8_valid_bytes(text.data + at, length) == length)
            return at;
    }
    return text.bytes - 1;
}

static Str trim_chars(Str text, Str chars, const TrimSides *sides)
{
    while (sides->left && text.bytes) {
        uint32_t length = utf8_char_bytes(text.data, text.bytes);

        if (!is_among(chars, text.data, length))
            break;
        text = str_slice(text, length, text.bytes);
    }
    while (sides->right && text.bytes) {
        uint32_t at = last_char(text);

        if (!is_among(chars, text.data + at, text.bytes - at))
            break;
        text = str_slice(text, 0, at);
    }
    return text;
}

static Vector *kernel_trim(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    const TrimSides *sides = call->expr->fn->extra;
    uint32_t text_i = call->arg_count == 2 && !sides->chars_last;

    EACH_ROW (call, i) {
        Str chars = call->arg_count == 2 ? arg_str(call, 1 - text_i, i) : STR(" ");

        vector_strs(out)[i] = trim_chars(arg_str(call, text_i, i), chars, sides);
    }
    return out;
}

/* ── padding ───────────────────────────────────────────────────────────────────────────────────*/

/* Whole copies of `pad` and a part of it, `chars` characters in all. */
static uint64_t pad_bytes(Str pad, uint32_t pad_chars, uint32_t chars, bool binary)
{
    return (uint64_t)(chars / pad_chars) * pad.bytes + byte_of_char(pad, chars % pad_chars, binary);
}

static void fill(char *out, uint64_t bytes, Str pad)
{
    for (uint64_t at = 0; at < bytes; at += pad.bytes)
        memcpy(out + at, pad.data, (size_t)MIN(bytes - at, pad.bytes));
}

static void pad_row(TextPool *pool, uint32_t i, bool left)
{
    const KernelCall *call = pool->call;
    bool binary = is_binary(call, 0);
    Str text = arg_str(call, 0, i), pad = binary ? (Str){"\0", 1} : STR(" ");
    int64_t length = arg_i32(call, 1, i), missing = length - char_count(text, binary);
    uint64_t bytes;
    char *out;

    if (call->arg_count > 2)
        pad = arg_str(call, 2, i);
    if (missing <= 0 || pad.bytes == 0) {
        vector_strs(pool->out)[i] = substring(text, 1, MAX(length, 0), binary);
        return;
    }
    bytes = pad_bytes(pad, char_count(pad, binary), (uint32_t)missing, binary);
    out = text_room(pool, i, bytes + text.bytes);
    if (!out)
        return;
    fill(left ? out : out + text.bytes, bytes, pad);
    if (text.bytes)
        memcpy(left ? out + bytes : out, text.data, text.bytes);
}

static const bool pad_is_left = true, pad_is_right = false;

static Vector *kernel_pad(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i)
        pad_row(&pool, i, *(const bool *)call->expr->fn->extra);
    return out;
}

static Vector *kernel_repeat(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);
        uint64_t bytes = (uint64_t)MAX(arg_i32(call, 1, i), 0) * text.bytes;
        char *room = text_room(&pool, i, bytes);

        if (room && bytes)
            fill(room, bytes, text);
    }
    return out;
}

static Vector *kernel_space(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i) {
        uint64_t bytes = (uint64_t)MAX(arg_i32(call, 0, i), 0);
        char *room = text_room(&pool, i, bytes);

        if (room)
            memset(room, ' ', (size_t)bytes);
    }
    return out;
}

/* ── reverse ───────────────────────────────────────────────────────────────────────────────────*/

static Vector *reverse_arrays(const KernelCall *call)
{
    const Vector *v = call->args[0];
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t from, to;

        if (!kernel_row_ready(call, i)) {
            builder_add_null(&b);
            continue;
        }
        list_range(v, i, &from, &to);
        while (to > from)
            builder_add_from(&b.children[0], v->children[0], --to);
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

static Vector *kernel_reverse(const KernelCall *call)
{
    Vector *out;
    TextPool pool;

    if (call->expr->type->kind == TYPE_ARRAY)
        return reverse_arrays(call);
    out = kernel_result(call);
    pool = text_pool(call, out);
    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);
        char *room = text_room(&pool, i, text.bytes);

        for (uint32_t at = 0; room && at < text.bytes;) {
            uint32_t length = utf8_char_bytes(text.data + at, text.bytes - at);

            memcpy(room + text.bytes - at - length, text.data + at, length);
            at += length;
        }
    }
    return out;
}

/* ── joining ───────────────────────────────────────────────────────────────────────────────────*/

/* Arrays of one type, all BINARY, or else everything as STRING. */
static bool bind_concat(BindCall *call, Error *err)
{
    bool any_array = false, any_null = false, all_binary = call->arg_count > 0;

    for (uint32_t i = 0; i < call->arg_count; i++) {
        TypeKind kind = call->args[i]->type->kind;

        any_array |= kind == TYPE_ARRAY;
        any_null |= kind == TYPE_VOID;
        all_binary &= kind == TYPE_BINARY;
    }
    if (any_array) {
        call->type = any_null ? NULL : bind_common(call, 0, call->arg_count, 1);
        return call->type || bind_diff_types(call, 0, call->arg_count, err);
    }
    call->type = all_binary ? &type_binary : &type_string;
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (!bind_coerce(call, i, call->type))
            return bind_unexpected(call, i, "(STRING OR BINARY OR ARRAY)", err);
    }
    return true;
}

static Vector *concat_arrays(const KernelCall *call)
{
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (!kernel_row_ready(call, i)) {
            builder_add_null(&b);
            continue;
        }
        for (uint32_t a = 0; a < call->arg_count; a++) {
            uint32_t from, to;

            list_range(call->args[a], i, &from, &to);
            for (; from < to; from++)
                builder_add_from(&b.children[0], call->args[a]->children[0], from);
        }
        builder_end_row(&b);
    }
    return builder_finish(&b);
}

static Vector *kernel_concat(const KernelCall *call)
{
    Vector *out;
    TextPool pool;

    if (call->expr->type->kind == TYPE_ARRAY)
        return concat_arrays(call);
    out = kernel_result(call);
    pool = text_pool(call, out);
    EACH_ROW (call, i) {
        uint64_t bytes = 0;
        char *room;

        for (uint32_t a = 0; a < call->arg_count; a++)
            bytes += arg_str(call, a, i).bytes;
        room = text_room(&pool, i, bytes);
        for (uint32_t a = 0; room && a < call->arg_count; a++) {
            Str text = arg_str(call, a, i);

            if (text.bytes)
                memcpy(room, text.data, text.bytes);
            room += text.bytes;
        }
    }
    return out;
}

/* concat_ws(separator, STRING or ARRAY<STRING>, …) */
static bool bind_concat_ws(BindCall *call, Error *err)
{
    if (call->arg_count == 0)
        return bind_wrong_count(call, "> 0", err);
    if (!bind_require(call, 0, &type_string, err))
        return false;
    for (uint32_t i = 1; i < call->arg_count; i++) {
        const Type *strings = type_array(call->arena, &type_string, true);

        if (!bind_coerce(call, i, call->args[i]->type->kind == TYPE_ARRAY ? strings : &type_string))
            return bind_unexpected(call, i, "(ARRAY<STRING> OR STRING)", err);
    }
    call->type = &type_string;
    call->nullable = call->args[0]->nullable;
    return true;
}

static void join_value(StrBuf *buf, Str separator, uint32_t *count, const Vector *v, uint32_t row_i)
{
    if (!vector_is_valid(v, row_i))
        return;
    if ((*count)++)
        strbuf_add_str(buf, separator);
    strbuf_add_str(buf, vector_strs(v)[vector_row(v, row_i)]);
}

static void join_row(const KernelCall *call, StrBuf *buf, uint32_t i)
{
    Str separator = arg_str(call, 0, i);
    uint32_t count = 0, from, to;

    for (uint32_t a = 1; a < call->arg_count && buf->bytes <= TEXT_BYTES_MAX; a++) {
        const Vector *v = call->args[a];

        if (v->type->kind != TYPE_ARRAY) {
            join_value(buf, separator, &count, v, i);
        } else if (vector_is_valid(v, i)) {
            list_range(v, i, &from, &to);
            for (; from < to && buf->bytes <= TEXT_BYTES_MAX; from++)
                join_value(buf, separator, &count, v->children[0], from);
        }
    }
}

static bool any_error(const KernelCall *call, uint32_t row_i)
{
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (vector_has_error(call->args[a], row_i))
            return true;
    }
    return false;
}

static Vector *kernel_concat_ws(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (any_error(call, i))
            continue;
        if (!arg_valid(call, 0, i)) {
            vector_set_null(call->arena, out, i);
            continue;
        }
        strbuf_clear(&buf);
        join_row(call, &buf, i);
        text_put_buf(&pool, i, &buf);
    }
    for (uint32_t a = 0; a < call->arg_count; a++) {
        if (call->args[a]->errors)
            vector_merge_errors(call->arena, out, call->args[a]);
    }
    strbuf_done(&buf);
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, signature_, kernel_, extra_, doc_, example_)                                    \
    FUNCTION_ROW("string", name_, signature_, kernel_, extra_, doc_, example_)
#define PAD_SIGNATURE                                                                              \
    "(string, int) -> string; (string, int, string) -> string; (binary=, int) -> binary; "         \
    "(binary=, int, binary=) -> binary"
#define PART_SIGNATURE                                                                             \
    "(string, int) -> string; (string, int, int) -> string; (binary, int) -> binary; "             \
    "(binary, int, int) -> binary"
#define CONCAT(name_, flags_, doc_, example_)                                                      \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = 0, .arg_max = -1,  \
        .bind = bind_concat, .kernel = kernel_concat, .group = "string", .doc = doc_,              \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    ROW("length", "(string) -> int; (binary) -> int", kernel_length, NULL,
        "The number of characters, or bytes of a BINARY", "length('Spark ') = 6"),
    ROW("len", "(string) -> int; (binary) -> int", kernel_length, NULL,
        "The number of characters, or bytes of a BINARY", "len('Spark ') = 6"),
    ROW("char_length", "(string) -> int; (binary) -> int", kernel_length, NULL,
        "The number of characters, or bytes of a BINARY", "char_length('Spark ') = 6"),
    ROW("character_length", "(string) -> int; (binary) -> int", kernel_length, NULL,
        "The number of characters, or bytes of a BINARY", "character_length('Spark ') = 6"),
    ROW("octet_length", "(string) -> int; (binary) -> int", kernel_octet_length, NULL,
        "The number of bytes", "octet_length('Spark') = 5"),
    ROW("bit_length", "(string) -> int; (binary) -> int", kernel_bit_length, NULL,
        "The number of bits", "bit_length('abc') = 24"),
    ROW("upper", "(string) -> string", kernel_upper, NULL, "In capital letters",
        "upper('abc') = 'ABC'"),
    ROW("ucase", "(string) -> string", kernel_upper, NULL, "In capital letters",
        "ucase('abc') = 'ABC'"),
    ROW("lower", "(string) -> string", kernel_lower, NULL, "In small letters",
        "lower('ABC') = 'abc'"),
    ROW("lcase", "(string) -> string", kernel_lower, NULL, "In small letters",
        "lcase('ABC') = 'abc'"),
    ROW("initcap", "(string) -> string", kernel_initcap, NULL,
        "Each word, as parted by blanks, with a capital first and small letters behind",
        "initcap('sPark sql') = 'Spark Sql'"),
    ROW("substring", PART_SIGNATURE, kernel_substring, NULL,
        "From a position, counted from 1 or back from the end, so many characters or all",
        "substring('Spark SQL', 5, 1) = 'k'"),
    ROW("substr", PART_SIGNATURE, kernel_substring, NULL,
        "From a position, counted from 1 or back from the end, so many characters or all",
        "substr('Spark SQL', -3) = 'SQL'"),
    ROW("left", "(string, int) -> string; (binary, int) -> binary", kernel_left, NULL,
        "The first so many characters", "left('Spark SQL', 3) = 'Spa'"),
    ROW("right", "(string, int) -> string", kernel_right, NULL, "The last so many characters",
        "right('Spark SQL', 3) = 'SQL'"),
    ROW("substring_index", "(string, string, int) -> string", kernel_substring_index, NULL,
        "What stands before the n-th delimiter, or behind the n-th from the end where n < 0",
        "substring_index('www.apache.org', '.', 2) = 'www.apache'"),
    ROW("trim", "(string) -> string; (string, string) -> string", kernel_trim, &trim_both,
        "Without blanks, or the characters given first, at both ends", "trim('  a ') = 'a'"),
    ROW("ltrim", "(string) -> string; (string, string) -> string", kernel_trim, &trim_left,
        "Without blanks, or the characters given first, at its start", "ltrim('  a ') = 'a '"),
    ROW("rtrim", "(string) -> string; (string, string) -> string", kernel_trim, &trim_right,
        "Without blanks, or the characters given first, at its end", "rtrim('  a ') = '  a'"),
    ROW("btrim", "(string) -> string; (string, string) -> string", kernel_trim, &trim_both_last,
        "Without blanks, or the characters given last, at both ends",
        "btrim('xyxtrimyyx', 'xy') = 'trim'"),
    ROW("lpad", PAD_SIGNATURE, kernel_pad, &pad_is_left,
        "Filled up in front, or cut, to so many characters", "lpad('hi', 5, 'xy') = 'xyxhi'"),
    ROW("rpad", PAD_SIGNATURE, kernel_pad, &pad_is_right,
        "Filled up behind, or cut, to so many characters", "rpad('hi', 5, 'xy') = 'hixyx'"),
    ROW("repeat", "(string, int) -> string", kernel_repeat, NULL, "So many times over",
        "repeat('ab', 2) = 'abab'"),
    ROW("space", "(int) -> string", kernel_space, NULL, "So many blanks", "space(2) = '  '"),
    ROW("reverse", "(string) -> string; (array) -> $1", kernel_reverse, NULL,
        "The characters of a text, or elements of an array, in the other order",
        "reverse('abc') = 'cba'"),
    CONCAT("concat", 0, "One behind the other; also of BINARY and of arrays",
           "concat('a', 'b', 'c') = 'abc'"),
    CONCAT("||", FN_HIDDEN, "One behind the other; also of BINARY and of arrays",
           "'a' || 'b' = 'ab'"),
    {
        .name = "concat_ws",
        .flags = FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_concat_ws,
        .kernel = kernel_concat_ws,
        .group = "string",
        .doc = "Texts and texts of arrays, save NULLs, with the first argument between them",
        .example = "concat_ws('-', 'a', NULL, 'b') = 'a-b'",
    },
};

const FunctionTable catalog_string = FUNCTION_TABLE_OF(rows);
