/*
 * catalog_regexp.c: functions on regular expressions (regexp.h), all in the form (text, pattern,
 * …).
 *
 * What Spark calls by another function's name in its messages is named so here (`message_name`).
 */
#include "base/utf8.h"
#include "expr/catalog.h"
#include "expr/charset.h"
#include "expr/regexp.h"
#include "expr/value_set.h"
#include "expr/text_pool.h"

static RegexpRows rows_of(const KernelCall *call, Vector *out)
{
    const char *name = call->expr->fn->extra;

    return (RegexpRows){
        .call = call, .out = out, .function_name = name ? name : call->expr->fn->name};
}

static Str subject_of(const KernelCall *call, uint32_t row_i)
{
    return text_make_valid(call->arena, arg_str(call, 0, row_i));
}

static Str matched(const Regexp *regexp, Str subject, uint32_t group)
{
    uint32_t from, to;

    return regexp_group(regexp, group, &from, &to) ? str_slice(subject, from, to) : STR_EMPTY;
}

/* ── whether, how often, where ─────────────────────────────────────────────────────────────────*/

static Vector *kernel_rlike(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    RegexpRows rows = rows_of(call, out);

    EACH_ROW (call, i) {
        if (regexp_rows_pattern(&rows, i, arg_str(call, 1, i)))
            vector_bools(out)[i] = regexp_rows_find(&rows, i, subject_of(call, i), 0);
    }
    regexp_rows_done(&rows);
    return out;
}

static Vector *kernel_count(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    RegexpRows rows = rows_of(call, out);

    EACH_ROW (call, i) {
        Regexp *regexp = regexp_rows_pattern(&rows, i, arg_str(call, 1, i));
        Str subject = subject_of(call, i);

        for (uint32_t at = 0; regexp && regexp_rows_find(&rows, i, subject, at);
             at = regexp_next(regexp, subject))
            vector_i32(out)[i]++;
    }
    regexp_rows_done(&rows);
    return out;
}

/* As Java counts: in UTF-16. */
static int32_t utf16_units(Str text)
{
    int32_t units = 0;

    for (uint32_t at = 0; at < text.bytes;) {
        uint32_t length = utf8_char_bytes(text.data + at, text.bytes - at);

        units += length == 4 ? 2 : 1;
        at += length;
    }
    return units;
}

static Vector *kernel_instr(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    RegexpRows rows = rows_of(call, out);

    EACH_ROW (call, i) {
        Regexp *regexp = regexp_rows_pattern(&rows, i, arg_str(call, 1, i));
        Str subject = subject_of(call, i);
        uint32_t from, to;

        if (regexp && regexp_rows_find(&rows, i, subject, 0) && regexp_group(regexp, 0, &from, &to))
            vector_i32(out)[i] = utf16_units(str_slice(subject, 0, from)) + 1;
    }
    regexp_rows_done(&rows);
    return out;
}

/* ── what ──────────────────────────────────────────────────────────────────────────────────────*/

/* Only told once something matches, as Spark does. */
static bool group_exists(RegexpRows *rows, uint32_t row_i, int32_t group)
{
    uint32_t count = regexp_group_count(rows->regexp);

    if (group >= 0 && (uint32_t)group <= count)
        return true;
    kernel_error(rows->call, rows->out, row_i, "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "22023",
                 "The value of parameter(s) `idx` in `%s` is invalid: Expects group index between "
                 "0 and %u, but got %d.",
                 rows->function_name, count, group);
    return false;
}

static int32_t group_wanted(const KernelCall *call, uint32_t row_i)
{
    return call->arg_count > 2 ? arg_i32(call, 2, row_i) : 1;
}

static Vector *kernel_extract(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    RegexpRows rows = rows_of(call, out);

    EACH_ROW (call, i) {
        Regexp *regexp = regexp_rows_pattern(&rows, i, arg_str(call, 1, i));
        Str subject = subject_of(call, i);
        int32_t group = group_wanted(call, i);

        if (regexp && regexp_rows_find(&rows, i, subject, 0) && group_exists(&rows, i, group))
            vector_strs(out)[i] = matched(regexp, subject, (uint32_t)group);
    }
    regexp_rows_done(&rows);
    return out;
}

/* The first match; an empty one is none. */
static Vector *kernel_substr(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    RegexpRows rows = rows_of(call, out);

    EACH_ROW (call, i) {
        Regexp *regexp = regexp_rows_pattern(&rows, i, arg_str(call, 1, i));
        Str subject = subject_of(call, i);

        if (regexp && regexp_rows_find(&rows, i, subject, 0))
            vector_strs(out)[i] = matched(regexp, subject, 0);
        if (vector_strs(out)[i].bytes == 0)
            vector_set_null(call->arena, out, i);
    }
    regexp_rows_done(&rows);
    return out;
}

static bool bind_substr(BindCall *call, Error *err)
{
    if (!bind_signature(call, err))
        return false;
    call->nullable = true;
    return true;
}

/* Lists are built row by row, and errors need the vector: so they are noted on a stand-in. */
static Vector *list_result(const KernelCall *call, VectorBuilder *b, const Vector *errors)
{
    Vector *out = builder_finish(b);

    if (errors->errors)
        vector_merge_errors(call->arena, out, errors);
    return out;
}

static Vector *error_rows(const KernelCall *call)
{
    return vector_new(call->arena, &type_boolean, call->row_count);
}

static void extract_all_row(RegexpRows *rows, VectorBuilder *b, uint32_t i)
{
    const KernelCall *call = rows->call;
    Regexp *regexp = regexp_rows_pattern(rows, i, arg_str(call, 1, i));
    Str subject = subject_of(call, i);
    int32_t group = group_wanted(call, i);

    for (uint32_t at = 0; regexp && regexp_rows_find(rows, i, subject, at);
         at = regexp_next(regexp, subject)) {
        if (!group_exists(rows, i, group))
            return;
        builder_add_str(&b->children[0], matched(regexp, subject, (uint32_t)group));
    }
}

static Vector *kernel_extract_all(const KernelCall *call)
{
    Vector *errors = error_rows(call);
    RegexpRows rows = rows_of(call, errors);
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i))
            extract_all_row(&rows, &b, i);
        builder_end_row(&b);
    }
    regexp_rows_done(&rows);
    return list_result(call, &b, errors);
}

/* ── split ─────────────────────────────────────────────────────────────────────────────────────*/

/* An empty pattern parts all characters, with nothing behind the last. */
static void split_chars(VectorBuilder *items, Str text, int32_t limit)
{
    uint32_t count = utf8_char_count(text), at = 0;

    if (limit > 0 && (uint32_t)limit < count)
        count = (uint32_t)limit;
    for (uint32_t i = 0; i + 1 < count; i++) {
        uint32_t length = utf8_char_bytes(text.data + at, text.bytes - at);

        builder_add_str(items, str_slice(text, at, at + length));
        at += length;
    }
    builder_add_str(items, str_slice(text, at, text.bytes));
}

/* Java's String.split, where a limit of 0 is as -1. */
static void split_text(RegexpRows *rows, VectorBuilder *items, uint32_t i, Str subject, Str pattern,
                       int32_t limit)
{
    uint32_t start = 0, from, to;
    int32_t count = 1;
    Regexp *regexp;

    if (pattern.bytes == 0 && subject.bytes) {
        split_chars(items, subject, limit);
        return;
    }
    regexp = regexp_rows_pattern(rows, i, pattern);
    for (uint32_t at = 0;
         regexp && (limit <= 0 || count < limit) && regexp_rows_find(rows, i, subject, at);
         at = regexp_next(regexp, subject)) {
        if (!regexp_group(regexp, 0, &from, &to) || to == 0)
            continue;
        builder_add_str(items, str_slice(subject, start, from));
        start = to;
        count++;
    }
    builder_add_str(items, str_slice(subject, start, subject.bytes));
}

static void split_row(RegexpRows *rows, VectorBuilder *items, uint32_t i)
{
    const KernelCall *call = rows->call;

    split_text(rows, items, i, subject_of(call, i), arg_str(call, 1, i),
               call->arg_count > 2 ? arg_i32(call, 2, i) : -1);
}

static Vector *kernel_split(const KernelCall *call)
{
    Vector *errors = error_rows(call);
    RegexpRows rows = rows_of(call, errors);
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i))
            split_row(&rows, &b.children[0], i);
        builder_end_row(&b);
    }
    regexp_rows_done(&rows);
    return list_result(call, &b, errors);
}

/* ── str_to_map ────────────────────────────────────────────────────────────────────────────────*/

/* str_to_map(text[, between pairs[, between key and value]]) */
static bool bind_str_to_map(BindCall *call, Error *err)
{
    static const char *const defaults[] = {"", ",", ":"};
    Expr **args = ARENA_ARRAY(call->arena, Expr *, 3);

    if (call->arg_count < 1 || call->arg_count > 3)
        return bind_wrong_count(call, "[1, 3]", err);
    for (uint32_t a = 0; a < 3; a++)
        args[a] = a < call->arg_count
                      ? call->args[a]
                      : expr_literal_string(call->arena, str_of(defaults[a]), call->span);
    call->args = args;
    call->arg_count = 3;
    return bind_signature(call, err);
}

/* The pairs of a row, each key once. */
static void map_row(RegexpRows *pairs, RegexpRows *sides, VectorBuilder *out, ValueSet *keys,
                    uint32_t i)
{
    const KernelCall *call = pairs->call;
    VectorBuilder texts;

    builder_init(&texts, call->arena, &type_string, 8);
    split_text(pairs, &texts, i, subject_of(call, i), arg_str(call, 1, i), -1);
    value_set_clear(keys);
    for (uint32_t t = 0; t < texts.row_count; t++) {
        VectorBuilder two;
        bool added;

        builder_init(&two, call->arena, &type_string, 2);
        split_text(sides, &two, i, ((Str *)texts.data)[t], arg_str(call, 2, i), 2);
        (void)value_set_add_bytes(keys, ((Str *)two.data)[0], &added);
        if (!added) {
            kernel_error(call, pairs->out, i, "DUPLICATED_MAP_KEY", "23505",
                         "Duplicate map key was found, please check the input data.");
            return;
        }
        builder_add_str(&out->children[0], ((Str *)two.data)[0]);
        if (two.row_count > 1)
            builder_add_str(&out->children[1], ((Str *)two.data)[1]);
        else
            builder_add_null(&out->children[1]);
    }
}

static Vector *kernel_str_to_map(const KernelCall *call)
{
    Vector *errors = error_rows(call);
    RegexpRows pairs = rows_of(call, errors), sides = rows_of(call, errors);
    VectorBuilder b;
    ValueSet keys;

    value_set_init(&keys);
    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i))
            map_row(&pairs, &sides, &b, &keys, i);
        builder_end_row(&b);
    }
    regexp_rows_done(&pairs);
    regexp_rows_done(&sides);
    value_set_done(&keys);
    return list_result(call, &b, errors);
}

/* ── replace ───────────────────────────────────────────────────────────────────────────────────*/

/* $n: as many digits as make the number of a group. */
static bool add_numbered(StrBuf *buf, const Regexp *regexp, Str subject, Str with, uint32_t *at)
{
    uint32_t count = regexp_group_count(regexp), group = (uint32_t)with.data[*at] - '0';

    for ((*at)++; *at < with.bytes; (*at)++) {
        uint32_t digit = (uint32_t)with.data[*at] - '0';

        if (digit > 9 || group * 10 + digit > count)
            break;
        group = group * 10 + digit;
    }
    if (group > count)
        return false;
    strbuf_add_str(buf, matched(regexp, subject, group));
    return true;
}

static bool add_named(StrBuf *buf, const Regexp *regexp, Str subject, Str with, uint32_t *at)
{
    Str name = str_slice(with, *at + 1, with.bytes);
    ptrdiff_t end = str_find_char(name, '}');
    int group;

    if (end < 0)
        return false;
    group = regexp_group_named(regexp, str_slice(name, 0, (uint32_t)end));
    if (group < 0)
        return false;
    *at += (uint32_t)end + 2;
    strbuf_add_str(buf, matched(regexp, subject, (uint32_t)group));
    return true;
}

/* Java's appendReplacement: $n, ${name}, and \ before what stands for itself. */
static bool add_replacement(StrBuf *buf, const Regexp *regexp, Str subject, Str with)
{
    for (uint32_t at = 0; at < with.bytes;) {
        char c = with.data[at++];

        if (c == '\\') {
            if (at == with.bytes)
                return false;
            strbuf_add_char(buf, with.data[at++]);
        } else if (c != '$') {
            strbuf_add_char(buf, c);
        } else if (at < with.bytes && with.data[at] == '{') {
            if (!add_named(buf, regexp, subject, with, &at))
                return false;
        } else if (at < with.bytes && with.data[at] >= '0' && with.data[at] <= '9') {
            if (!add_numbered(buf, regexp, subject, with, &at))
                return false;
        } else {
            return false;
        }
    }
    return true;
}

static int32_t position_of(const KernelCall *call, uint32_t row_i)
{
    return call->arg_count > 3 ? arg_i32(call, 3, row_i) : 1;
}

/* False: an error of the row was noted. */
static bool replace_row(RegexpRows *rows, StrBuf *buf, Str subject, uint32_t i)
{
    const KernelCall *call = rows->call;
    Regexp *regexp = regexp_rows_pattern(rows, i, arg_str(call, 1, i));
    Str with = arg_str(call, 2, i);
    uint32_t done = 0, from, to;

    if (!regexp)
        return false;
    for (uint32_t at = 0; buf->bytes <= TEXT_BYTES_MAX && regexp_rows_find(rows, i, subject, at) &&
                          regexp_group(regexp, 0, &from, &to);
         at = regexp_next(regexp, subject)) {
        strbuf_add_str(buf, str_slice(subject, done, from));
        done = to;
        if (!add_replacement(buf, regexp, subject, with)) {
            kernel_error(call, rows->out, i, "INVALID_REGEXP_REPLACE", "22023",
                         "Could not perform regexp_replace for source = \"%.*s\", pattern = "
                         "\"%.*s\", replacement = \"%.*s\" and position = %d.",
                         (int)MIN(subject.bytes, 100), subject.data,
                         (int)MIN(rows->pattern.bytes, 100), rows->pattern.data,
                         (int)MIN(with.bytes, 100), with.data, position_of(call, i));
            return false;
        }
    }
    strbuf_add_str(buf, str_slice(subject, done, subject.bytes));
    return true;
}

static Vector *kernel_replace(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    RegexpRows rows = rows_of(call, out);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        Str subject = subject_of(call, i);
        uint32_t skip = utf8_byte_of_char(subject, (uint32_t)MAX(position_of(call, i) - 1, 0));

        if (skip == subject.bytes && skip) {
            vector_strs(out)[i] = subject;
            continue;
        }
        strbuf_clear(&buf);
        strbuf_add_str(&buf, str_slice(subject, 0, skip));
        if (replace_row(&rows, &buf, str_slice(subject, skip, subject.bytes), i))
            text_put_buf(&pool, i, &buf);
    }
    strbuf_done(&buf);
    regexp_rows_done(&rows);
    return out;
}

/* The position must be known now, and from 1 on. */
static bool bind_replace(BindCall *call, Error *err)
{
    const Vector *position;

    if (!bind_signature(call, err))
        return false;
    if (call->arg_count < 4)
        return true;
    if (!bind_constant(call, 3, "position", &position, err))
        return false;
    if (!vector_is_valid(position, 0) || vector_i32(position)[0] > 0)
        return true;
    return bind_mismatch(call, err, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                         "The position must be between (0, 2147483647] (current value = %d).",
                         vector_i32(position)[0]);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define ROW(name_, signature_, kernel_, message_name_, doc_, example_)                             \
    FUNCTION_ROW("regexp", name_, signature_, kernel_, message_name_, doc_, example_)
#define RLIKE_ROW(name_, example_)                                                                 \
    ROW(name_, "(string, string) -> boolean", kernel_rlike, "rlike",                               \
        "Whether the regular expression matches somewhere", example_)

static const Function rows[] = {
    RLIKE_ROW("rlike", "rlike('Spark', '^S.*k$')"),
    RLIKE_ROW("regexp", "regexp('Spark', '^S.*k$')"),
    RLIKE_ROW("regexp_like", "regexp_like('Spark', '^S.*k$')"),
    ROW("regexp_count", "(string, string) -> int", kernel_count, "regexp_extract_all",
        "How many times the regular expression matches", "regexp_count('1a 2b', '[0-9]') = 2"),
    ROW("regexp_extract", "(string, string) -> string; (string, string, int) -> string",
        kernel_extract, NULL, "A group (default: 1) of the first match; empty: no match",
        "regexp_extract('100-200', '([0-9]+)-([0-9]+)', 2) = '200'"),
    ROW("regexp_extract_all",
        "(string, string) -> array<string>; (string, string, int) -> array<string>",
        kernel_extract_all, NULL, "A group (default: 1) of all matches",
        "concat_ws(',', regexp_extract_all('1a 2b', '([0-9]+)')) = '1,2'"),
    {
        .name = "regexp_substr",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_substr,
        .signature = "(string, string) -> string",
        .kernel = kernel_substr,
        .extra = "regexp_extract",
        .group = "regexp",
        .doc = "The first match; NULL: none",
        .example = "regexp_substr('1a 2b 14m', '[0-9]+ ') IS NULL",
    },
    ROW("regexp_instr", "(string, string) -> int; (string, string, int) -> int", kernel_instr, NULL,
        "Where the first match starts, from 1; 0: no match", "regexp_instr('1a 2b', 'b') = 5"),
    {
        .name = "regexp_replace",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_replace,
        .signature = "(string, string, string) -> string; (string, string, string, int) -> string",
        .kernel = kernel_replace,
        .group = "regexp",
        .doc = "With every match, from a position on, replaced by a text that may name groups: $1",
        .example = "regexp_replace('100-200', '([0-9]+)', 'n$1') = 'n100-n200'",
    },
    {
        .name = "str_to_map",
        .flags = FN_STRICT | FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_str_to_map,
        .signature = "(string=, string=, string=) -> map<string,string>",
        .kernel = kernel_str_to_map,
        .group = "map",
        .doc = "The map of a text of pairs; what stands between pairs (,) and between key and value "
               "(:) are regular expressions",
        .example = "str_to_map('a:1,b:2')['b'] = '2'",
    },
    ROW("split", "(string, string) -> array<string>; (string, string, int) -> array<string>",
        kernel_split, NULL, "The parts between the matches, at most so many",
        "concat_ws(',', split('one1two', '[0-9]')) = 'one,two'"),
};

const FunctionTable catalog_regexp = FUNCTION_TABLE_OF(rows);
