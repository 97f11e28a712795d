/*
 * catalog_string_search.c: finding, replacing and choosing parts of texts.
 *
 * Positions are characters counted from 1; 0 is "not there".
 */
#include "base/utf8.h"
#include "expr/catalog.h"
#include "expr/text_pool.h"

/* ── whether ───────────────────────────────────────────────────────────────────────────────────*/

static bool contains(Str text, Str part)
{
    return str_find(text, part) >= 0;
}

typedef bool (*TextTest)(Str text, Str part);

static Vector *test_rows(const KernelCall *call, TextTest test)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_bools(out)[i] = test(arg_str(call, 0, i), arg_str(call, 1, i));
    return out;
}

static Vector *kernel_contains(const KernelCall *call)
{
    return test_rows(call, contains);
}

static Vector *kernel_startswith(const KernelCall *call)
{
    return test_rows(call, str_starts_with);
}

static Vector *kernel_endswith(const KernelCall *call)
{
    return test_rows(call, str_ends_with);
}

/* ── where ─────────────────────────────────────────────────────────────────────────────────────*/

/* The character at which `part` stands first, from character `from_char` (0-based) on; -1: nowhere.
 */
static int64_t char_of(Str text, Str part, uint32_t from_char)
{
    uint32_t from;
    ptrdiff_t found;

    if (part.bytes == 0)
        return 0;
    from = utf8_byte_of_char(text, from_char);
    found = str_find(str_slice(text, from, text.bytes), part);
    return found < 0
               ? -1
               : (int64_t)from_char + utf8_char_count((Str){text.data + from, (uint32_t)found});
}

static Vector *kernel_instr(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i)
        vector_i32(out)[i] = (int32_t)char_of(arg_str(call, 0, i), arg_str(call, 1, i), 0) + 1;
    return out;
}

/* locate(part, text, from) */
static Vector *kernel_locate(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int32_t from = call->arg_count > 2 ? arg_i32(call, 2, i) : 1;

        if (from >= 1)
            vector_i32(out)[i] =
                (int32_t)char_of(arg_str(call, 1, i), arg_str(call, 0, i), (uint32_t)from - 1) + 1;
    }
    return out;
}

/* Spark takes a NULL position for 0, so the result is 0 and not NULL. */
static bool bind_locate(BindCall *call, Error *err)
{
    if (call->arg_count == 3) {
        Expr *zero = expr_literal_int(call->arena, 0, call->span);

        if (call->args[2]->type->kind == TYPE_VOID) {
            call->result = zero;
            return true;
        }
        if (!bind_require(call, 2, &type_int, err) ||
            !function_call_named(call->arena, call->sql, "coalesce",
                                 (Expr *[]){call->args[2], zero}, 2, call->span, &call->args[2],
                                 err))
            return false;
    }
    return bind_signature(call, err);
}

static Vector *kernel_find_in_set(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str word = arg_str(call, 0, i), list = arg_str(call, 1, i), item;
        int32_t position = 0;

        if (str_find_char(word, ',') >= 0)
            continue;
        if (!list.data)
            list = STR_EMPTY;
        while (str_split(&list, ',', &item)) {
            position++;
            if (str_equal(item, word)) {
                vector_i32(out)[i] = position;
                break;
            }
        }
    }
    return out;
}

/* ── replacing ─────────────────────────────────────────────────────────────────────────────────*/

static void replace_all(StrBuf *buf, Str text, Str part, Str with)
{
    uint32_t at = 0;
    ptrdiff_t found;

    while (buf->bytes <= TEXT_BYTES_MAX &&
           (found = str_find(str_slice(text, at, text.bytes), part)) >= 0) {
        strbuf_add(buf, text.data + at, (size_t)found);
        strbuf_add_str(buf, with);
        at += (uint32_t)found + part.bytes;
    }
    strbuf_add_str(buf, str_slice(text, at, text.bytes));
}

static Vector *kernel_replace(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i), part = arg_str(call, 1, i);
        Str with = call->arg_count > 2 ? arg_str(call, 2, i) : STR_EMPTY;

        if (part.bytes == 0 || str_find(text, part) < 0) {
            vector_strs(out)[i] = text;
            continue;
        }
        strbuf_clear(&buf);
        replace_all(&buf, text, part, with);
        text_put_buf(&pool, i, &buf);
    }
    strbuf_done(&buf);
    return out;
}

/* translate(text, from, to): each character found in `from` becomes the one at its place in `to`,
 * or goes where there is none. */
static void translate(StrBuf *buf, Str text, Str from, Str to)
{
    for (uint32_t at = 0; at < text.bytes;) {
        uint32_t length = utf8_char_bytes(text.data + at, text.bytes - at);
        uint32_t f = 0, t = 0, f_length, t_length = 0;
        bool found = false;

        for (; f < from.bytes && !found; f += f_length) {
            t += t_length;
            t_length = t < to.bytes ? utf8_char_bytes(to.data + t, to.bytes - t) : 0;
            f_length = utf8_char_bytes(from.data + f, from.bytes - f);
            found = f_length == length && memcmp(from.data + f, text.data + at, length) == 0;
        }
        strbuf_add(buf, found ? to.data + t : text.data + at, found ? t_length : length);
        at += length;
    }
}

static Vector *kernel_translate(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        strbuf_clear(&buf);
        translate(&buf, arg_str(call, 0, i), arg_str(call, 1, i), arg_str(call, 2, i));
        text_put_buf(&pool, i, &buf);
    }
    strbuf_done(&buf);
    return out;
}

/* overlay(text, with, position, length): position as substring has it. */
static void overlay_row(TextPool *pool, uint32_t i)
{
    const KernelCall *call = pool->call;
    bool binary = call->args[0]->type->kind == TYPE_BINARY;
    Str text = arg_str(call, 0, i), with = arg_str(call, 1, i);
    uint32_t text_chars = binary ? text.bytes : utf8_char_count(text);
    int64_t position = arg_i32(call, 2, i);
    int64_t length = call->arg_count > 3 ? arg_i32(call, 3, i) : -1;
    int64_t head_chars, tail_char;
    uint32_t head, tail;
    char *room;

    if (length < 0)
        length = binary ? with.bytes : utf8_char_count(with);
    head_chars = MIN(MAX(position - 1, 0), text_chars);
    tail_char = position + length;
    tail_char = tail_char > 0 ? tail_char - 1 : tail_char < 0 ? text_chars + tail_char : 0;
    tail_char = MIN(MAX(tail_char, 0), text_chars);
    head = binary ? (uint32_t)head_chars : utf8_byte_of_char(text, (uint32_t)head_chars);
    tail = binary ? (uint32_t)tail_char : utf8_byte_of_char(text, (uint32_t)tail_char);
    room = text_room(pool, i, (uint64_t)head + with.bytes + (text.bytes - tail));
    if (!room)
        return;
    if (head)
        memcpy(room, text.data, head);
    if (with.bytes)
        memcpy(room + head, with.data, with.bytes);
    if (text.bytes > tail)
        memcpy(room + head + with.bytes, text.data + tail, text.bytes - tail);
}

static Vector *kernel_overlay(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i)
        overlay_row(&pool, i);
    return out;
}

/* ── choosing ──────────────────────────────────────────────────────────────────────────────────*/

/* The n-th part, from 1; n < 0: from the end. An empty text: there are not so many. */
static Str split_part(Str text, Str delimiter, int64_t n)
{
    uint32_t from = 0, count = 1;
    ptrdiff_t found;

    if (delimiter.bytes == 0)
        return n == 1 || n == -1 ? text : STR_EMPTY;
    if (n < 0) {
        Str rest = text;

        for (; (found = str_find(rest, delimiter)) >= 0; count++)
            rest = str_slice(rest, (uint32_t)found + delimiter.bytes, rest.bytes);
        n += count + 1;
        if (n < 1)
            return STR_EMPTY;
    }
    for (;; n--) {
        Str rest = str_slice(text, from, text.bytes);

        found = str_find(rest, delimiter);
        if (n == 1)
            return found < 0 ? rest : str_slice(rest, 0, (uint32_t)found);
        if (found < 0)
            return STR_EMPTY;
        from += (uint32_t)found + delimiter.bytes;
    }
}

static Vector *kernel_split_part(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int32_t n = arg_i32(call, 2, i);

        if (n == 0)
            kernel_error(call, out, i, "INVALID_INDEX_OF_ZERO", "22003",
                         "The index 0 is invalid. An index shall be either < 0 or > 0 (the first "
                         "element has index 1).");
        else
            vector_strs(out)[i] = split_part(arg_str(call, 0, i), arg_str(call, 1, i), n);
    }
    return out;
}

/* elt(n, a, b, …): all BINARY, or else everything as STRING. */
static bool bind_elt(BindCall *call, Error *err)
{
    bool all_binary = true;

    if (call->arg_count < 2)
        return bind_wrong_count(call, "> 1", err);
    if (!bind_require(call, 0, &type_int, err))
        return false;
    for (uint32_t i = 1; i < call->arg_count; i++)
        all_binary &= call->args[i]->type->kind == TYPE_BINARY;
    call->type = all_binary ? &type_binary : &type_string;
    for (uint32_t i = 1; i < call->arg_count; i++) {
        if (!bind_coerce(call, i, call->type))
            return bind_unexpected(call, i, "(STRING OR BINARY)", err);
    }
    return true;
}

static void elt_row(const KernelCall *call, Vector *out, uint32_t i)
{
    const Vector *index = call->args[0], *chosen;
    const RowError *error = vector_error(index, i);
    int32_t n;

    if (!error && !vector_is_valid(index, i)) {
        vector_set_null(call->arena, out, i);
        return;
    }
    n = error ? 0 : arg_i32(call, 0, i);
    if (!error && (n < 1 || n >= (int64_t)call->arg_count)) {
        if (call->sql->ansi)
            vector_set_error(call->arena, out, i, "INVALID_ARRAY_INDEX", "22003",
                             "The index %d is out of bounds. The array has %u elements. Use the "
                             "SQL function `get()` to tolerate accessing element at invalid index "
                             "and return NULL instead.",
                             n, call->arg_count - 1);
        else
            vector_set_null(call->arena, out, i);
        return;
    }
    chosen = call->args[n];
    if (!error)
        error = vector_error(chosen, i);
    if (error)
        vector_copy_error(call->arena, out, i, error);
    else if (!vector_is_valid(chosen, i))
        vector_set_null(call->arena, out, i);
    else
        vector_strs(out)[i] = vector_strs(chosen)[vector_row(chosen, i)];
}

static Vector *kernel_elt(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    for (uint32_t i = 0; i < call->row_count; i++)
        elt_row(call, out, i);
    return out;
}

/* ── single characters ─────────────────────────────────────────────────────────────────────────*/

static Vector *kernel_ascii(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);
        uint32_t length;

        if (text.bytes)
            vector_i32(out)[i] = (int32_t)utf8_decode(text.data, text.bytes, &length);
    }
    return out;
}

/* The character of the number's last byte; none for a negative number. */
static Vector *kernel_chr(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);

    EACH_ROW (call, i) {
        int64_t n = arg_i64(call, 0, i);
        char bytes[4];

        if (n >= 0)
            text_put(&pool, i, bytes, utf8_encode((uint32_t)(n & 0xFF), bytes));
    }
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, signature_, kernel_, doc_, example_)                                            \
    FUNCTION_ROW("string", name_, signature_, kernel_, NULL, doc_, example_)
#define TEST_SIGNATURE "(string, string) -> boolean; (binary, binary) -> boolean"
#define LOCATE_ROW(name_, example_)                                                                \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = 2, .arg_max = 3,              \
        .bind = bind_locate, .signature = "(string, string) -> int; (string, string, int) -> int", \
        .kernel = kernel_locate, .group = "string",                                                \
        .doc = "Where the first text stands in the second, from a position on; 0: nowhere",        \
        .example = example_                                                                        \
    }

static const Function rows[] = {
    ROW("contains", TEST_SIGNATURE, kernel_contains, "Whether the second text stands in the first",
        "contains('Spark SQL', 'Spark')"),
    ROW("startswith", TEST_SIGNATURE, kernel_startswith,
        "Whether the first text starts with the second", "startswith('Spark SQL', 'Spark')"),
    ROW("endswith", TEST_SIGNATURE, kernel_endswith, "Whether the first text ends with the second",
        "endswith('Spark SQL', 'SQL')"),
    ROW("instr", "(string, string) -> int", kernel_instr,
        "Where the second text stands in the first; 0: nowhere", "instr('SparkSQL', 'SQL') = 6"),
    LOCATE_ROW("locate", "locate('bar', 'foobarbar', 5) = 7"),
    LOCATE_ROW("position", "position('bar', 'foobarbar') = 4"),
    ROW("find_in_set", "(string, string) -> int", kernel_find_in_set,
        "Which part of a text parted by commas is the first text; 0: none",
        "find_in_set('ab', 'abc,b,ab') = 3"),
    ROW("replace", "(string, string) -> string; (string, string, string) -> string", kernel_replace,
        "With each place of the second text replaced by the third, or taken out",
        "replace('ABCabc', 'abc', 'DEF') = 'ABCDEF'"),
    ROW("translate", "(string, string, string) -> string", kernel_translate,
        "With each character of the second text replaced by that at its place in the third",
        "translate('AaBbCc', 'abc', '123') = 'A1B2C3'"),
    ROW("overlay",
        "(string, string, int) -> string; (string, string, int, int) -> string; "
        "(binary, binary, int) -> binary; (binary, binary, int, int) -> binary",
        kernel_overlay, "With the second text in place of so many characters from a position on",
        "overlay('Spark SQL', 'ANSI ', 7, 0) = 'Spark ANSI SQL'"),
    ROW("split_part", "(string, string, int) -> string", kernel_split_part,
        "The n-th part as parted by a delimiter; n < 0: from the end",
        "split_part('11.12.13', '.', 3) = '13'"),
    {
        .name = "elt",
        .flags = FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_elt,
        .kernel = kernel_elt,
        .group = "string",
        .doc = "The n-th of the arguments behind n",
        .example = "elt(1, 'scala', 'java') = 'scala'",
    },
    ROW("ascii", "(string) -> int", kernel_ascii, "The number of the first character; 0: empty",
        "ascii('222') = 50"),
    ROW("chr", "(bigint) -> string", kernel_chr, "The character of that number, modulo 256",
        "chr(65) = 'A'"),
    ROW("char", "(bigint) -> string", kernel_chr, "The character of that number, modulo 256",
        "char(65) = 'A'"),
};

const FunctionTable catalog_string_search = FUNCTION_TABLE_OF(rows);
