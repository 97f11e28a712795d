/*
 * catalog_regexp.c: LIKE, ILIKE, RLIKE and the regexp_ functions, on PCRE2.
 *
 * Patterns are Java's; PCRE2 reads nearly all of them alike. A pattern is compiled once a batch (as
 * machine code when there are rows enough to pay for it), and again only in rows where it differs
 * from the row before. Steps and depth of a match are limited: a pattern that runs away is an error
 * of its row.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"
#include "expr/like.h"
#include "expr/text_case.h"

/* ── LIKE ──────────────────────────────────────────────────────────────────────────────────────*/

static void like_problem(const KernelCall *call, Vector *out, uint32_t i, LikeProblem problem,
                         Str pattern)
{
    pattern.bytes = MIN(pattern.bytes, 100);
    kernel_error(call, out, i,
                 problem == LIKE_ESCAPE_AT_END ? "INVALID_FORMAT.ESC_AT_THE_END"
                                               : "INVALID_FORMAT.ESC_IN_THE_MIDDLE",
                 "42601", "The format is invalid: '%.*s'. The escape character is not allowed %s.",
                 STR_ARG(pattern),
                 problem == LIKE_ESCAPE_AT_END ? "to end with" : "to precede this character");
}

static Str lower_of(Arena *arena, Str text)
{
    StrBuf buf;
    Str lower;

    strbuf_init(&buf);
    text_lower(&buf, text);
    lower = str_copy(arena, strbuf_str(&buf));
    strbuf_done(&buf);
    return lower;
}

static Vector *kernel_like(const KernelCall *call)
{
    bool fold = call->expr->fn->extra != NULL;
    Vector *out = kernel_result(call);
    const LikePattern *compiled = NULL;
    Str last = {0};
    char last_escape = '\\';
    LikeProblem problem = LIKE_OK;

    for (uint32_t i = 0; i < call->row_count; i++) {
        Str pattern, text;
        char escape = '\\';

        if (!kernel_row_ready(call, i))
            continue;
        pattern = arg_str(call, 1, i);
        text = arg_str(call, 0, i);
        if (call->arg_count > 2 && arg_str(call, 2, i).bytes)
            escape = arg_str(call, 2, i).data[0];
        if (!compiled || escape != last_escape || !str_equal(pattern, last)) {
            last = pattern;
            last_escape = escape;
            problem = like_compile(call->arena, fold ? lower_of(call->arena, pattern) : pattern,
                                   escape, &compiled);
        }
        if (problem)
            like_problem(call, out, i, problem, pattern);
        else
            vector_bools(out)[i] = like_match(compiled, fold ? lower_of(call->arena, text) : text);
    }
    return out;
}

/* ── regular expressions ───────────────────────────────────────────────────────────────────────*/

enum { REGEX_JIT_ROWS_MIN = 64, REGEX_MATCH_LIMIT = 10000000, REGEX_DEPTH_LIMIT = 20000 };

typedef struct Regex {
    const KernelCall *call;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    Str pattern;
    uint32_t group_count;
    bool broken; /* The pattern in hand cannot be compiled. */
} Regex;

static void regex_open(Regex *re, const KernelCall *call)
{
    *re = (Regex){.call = call, .context = pcre2_match_context_create(NULL)};
    pcre2_set_match_limit(re->context, REGEX_MATCH_LIMIT);
    pcre2_set_depth_limit(re->context, REGEX_DEPTH_LIMIT);
}

static void regex_drop(Regex *re)
{
    pcre2_match_data_free(re->match);
    pcre2_code_free(re->code);
    re->match = NULL;
    re->code = NULL;
}

static void regex_close(Regex *re)
{
    regex_drop(re);
    pcre2_match_context_free(re->context);
}

static bool regex_compile(Regex *re, Str pattern)
{
    int code;
    PCRE2_SIZE place;

    regex_drop(re);
    re->pattern = pattern;
    re->code = pcre2_compile((PCRE2_SPTR)(pattern.bytes ? pattern.data : ""), pattern.bytes,
                             PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &code,
                             &place, NULL);
    if (!re->code)
        return false;
    if (re->call->row_count >= REGEX_JIT_ROWS_MIN)
        pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
    re->match = pcre2_match_data_create_from_pattern(re->code, NULL);
    pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &re->group_count);
    return true;
}

/* Makes the pattern of row i the one in hand; false: it is none, and an error of the row. */
static bool regex_use(Regex *re, Vector *out, uint32_t i, uint32_t arg_i)
{
    Str pattern = arg_str(re->call, arg_i, i);

    if (!(re->code || re->broken) || !str_equal(pattern, re->pattern))
        re->broken = !regex_compile(re, pattern);
    if (!re->broken)
        return true;
    pattern.bytes = MIN(pattern.bytes, 100);
    kernel_error(re->call, out, i, "INVALID_PARAMETER_VALUE.PATTERN", "22023",
                 "The value of parameter(s) `regexp` in `%s` is invalid: '%.*s'.",
                 re->call->expr->fn->name, STR_ARG(pattern));
    return false;
}

/* The next match from byte `from` on. -1: an error (of the row), 0: none, 1: found. */
static int regex_next(Regex *re, Vector *out, uint32_t i, Str text, size_t from)
{
    int found = pcre2_match(re->code, (PCRE2_SPTR)(text.bytes ? text.data : ""), text.bytes, from,
                            0, re->match, re->context);

    if (found >= 0)
        return 1;
    if (found == PCRE2_ERROR_NOMATCH)
        return 0;
    kernel_error(re->call, out, i, "INVALID_PARAMETER_VALUE.PATTERN", "22023",
                 "The pattern given to `%s` takes too many steps on this text.",
                 re->call->expr->fn->name);
    return -1;
}

/* Group g of the match; not taken part: data NULL. */
static Str regex_group(const Regex *re, Str text, uint32_t g)
{
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(re->match);

    if (places[2 * g] == PCRE2_UNSET || places[2 * g] > places[2 * g + 1])
        return (Str){0};
    return (Str){text.data + places[2 * g], (uint32_t)(places[2 * g + 1] - places[2 * g])};
}

/* Where to look next: behind the match, a character on when it was empty. */
static size_t regex_advance(const Regex *re, Str text)
{
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(re->match);
    size_t end = places[1];

    if (places[0] != places[1])
        return end;
    return end < text.bytes ? end + utf8_char_bytes(text.data + end, text.bytes - (uint32_t)end)
                            : end + 1;
}

/* Every row with its text and its pattern (argument 1) in hand. */
typedef bool (*RegexRow)(Regex *re, Vector *out, uint32_t i, Str text);

static Vector *regex_rows(const KernelCall *call, RegexRow row)
{
    Vector *out = kernel_result(call);
    Regex re;

    regex_open(&re, call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i) && regex_use(&re, out, i, 1) &&
            !row(&re, out, i, arg_str(call, 0, i)) && !vector_has_error(out, i))
            vector_set_null(call->arena, out, i);
    }
    regex_close(&re);
    return out;
}

static bool row_rlike(Regex *re, Vector *out, uint32_t i, Str text)
{
    vector_bools(out)[i] = regex_next(re, out, i, text, 0) == 1;
    return true;
}

static bool row_count(Regex *re, Vector *out, uint32_t i, Str text)
{
    for (size_t from = 0; from <= text.bytes && regex_next(re, out, i, text, from) == 1;
         from = regex_advance(re, text))
        vector_i32(out)[i]++;
    return true;
}

static bool row_instr(Regex *re, Vector *out, uint32_t i, Str text)
{
    if (regex_next(re, out, i, text, 0) == 1) {
        Str before = {text.data, (uint32_t)pcre2_get_ovector_pointer(re->match)[0]};

        vector_i32(out)[i] = (int32_t)utf8_char_count(before) + 1;
    }
    return true;
}

static bool row_substr(Regex *re, Vector *out, uint32_t i, Str text)
{
    if (regex_next(re, out, i, text, 0) != 1)
        return false;
    vector_strs(out)[i] = regex_group(re, text, 0);
    return vector_strs(out)[i].bytes > 0;
}

/* The group asked for; false: there is no such group. */
static bool group_index(const Regex *re, Vector *out, uint32_t i, uint32_t *group)
{
    const KernelCall *call = re->call;
    int32_t wanted = call->arg_count > 2 ? arg_i32(call, 2, i) : 1;

    *group = (uint32_t)wanted;
    if (wanted >= 0 && (uint32_t)wanted <= re->group_count)
        return true;
    kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "22023",
                 "The value of parameter(s) `idx` in `%s` is invalid: Expects group index between "
                 "0 and %u, but got %d.",
                 call->expr->fn->name, re->group_count, wanted);
    return false;
}

/* A bad index is an error only where there is a match, as in Spark. */
static bool row_extract(Regex *re, Vector *out, uint32_t i, Str text)
{
    uint32_t group;

    vector_strs(out)[i] = STR_EMPTY;
    if (regex_next(re, out, i, text, 0) == 1 && group_index(re, out, i, &group)) {
        Str found = regex_group(re, text, group);

        if (found.data)
            vector_strs(out)[i] = found;
    }
    return true;
}

static Vector *kernel_rlike(const KernelCall *call)
{
    return regex_rows(call, row_rlike);
}

static Vector *kernel_regexp_count(const KernelCall *call)
{
    return regex_rows(call, row_count);
}

static Vector *kernel_regexp_instr(const KernelCall *call)
{
    return regex_rows(call, row_instr);
}

static Vector *kernel_regexp_substr(const KernelCall *call)
{
    return regex_rows(call, row_substr);
}

static Vector *kernel_regexp_extract(const KernelCall *call)
{
    return regex_rows(call, row_extract);
}

/* ── arrays of matches ─────────────────────────────────────────────────────────────────────────*/

/* Adds row i's elements. False: an error of the row. */
typedef bool (*RegexListRow)(Regex *re, Vector *errors, uint32_t i, VectorBuilder *elements);

static Vector *regex_lists(const KernelCall *call, RegexListRow row)
{
    Vector *errors = vector_new(call->arena, &type_boolean, call->row_count), *out;
    VectorBuilder b;
    Regex re;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    regex_open(&re, call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (kernel_row_ready(call, i) && regex_use(&re, errors, i, 1) &&
            row(&re, errors, i, &b.children[0]))
            builder_end_row(&b);
        else
            builder_add_null(&b);
    }
    regex_close(&re);
    out = builder_finish(&b);
    out->errors = errors->errors;
    return out;
}

static bool row_extract_all(Regex *re, Vector *errors, uint32_t i, VectorBuilder *elements)
{
    Str text = arg_str(re->call, 0, i), found;
    uint32_t group;

    for (size_t from = 0; from <= text.bytes && regex_next(re, errors, i, text, from) == 1;
         from = regex_advance(re, text)) {
        if (!group_index(re, errors, i, &group))
            break;
        found = regex_group(re, text, group);
        builder_add_str(elements, found.data ? found : STR_EMPTY);
    }
    return true;
}

/* Characters, when the pattern is empty. */
static void split_chars(Str text, int32_t limit, VectorBuilder *elements)
{
    for (int32_t n = 0; text.bytes && (limit <= 0 || n < limit); n++) {
        uint32_t bytes = utf8_char_bytes(text.data, text.bytes);

        builder_add_str(elements, (Str){text.data, bytes});
        text.data += bytes;
        text.bytes -= bytes;
    }
}

/* As Java's split: an empty match at the very beginning gives no empty text. */
static bool row_split(Regex *re, Vector *errors, uint32_t i, VectorBuilder *elements)
{
    Str text = arg_str(re->call, 0, i);
    int32_t limit = re->call->arg_count > 2 ? arg_i32(re->call, 2, i) : -1, count = 0;
    size_t start = 0;

    if (!re->pattern.bytes && text.bytes) {
        split_chars(text, limit, elements);
        return true;
    }
    for (size_t from = 0; from <= text.bytes && (limit <= 0 || count < limit - 1) &&
                          regex_next(re, errors, i, text, from) == 1;
         from = regex_advance(re, text)) {
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(re->match);

        if (places[1] == 0 || (places[0] == places[1] && places[0] == text.bytes))
            continue;
        builder_add_str(elements, (Str){text.data + start, (uint32_t)(places[0] - start)});
        start = places[1];
        count++;
    }
    builder_add_str(elements, (Str){text.data + start, text.bytes - (uint32_t)start});
    return true;
}

static Vector *kernel_regexp_extract_all(const KernelCall *call)
{
    return regex_lists(call, row_extract_all);
}

static Vector *kernel_split(const KernelCall *call)
{
    return regex_lists(call, row_split);
}

/* ── regexp_replace ────────────────────────────────────────────────────────────────────────────*/

/* Java's replacement text: $1 a group (as many digits as there are groups), \x the character x. */
static bool add_replacement(Regex *re, StrBuf *out, Str text, Str with)
{
    for (uint32_t at = 0; at < with.bytes; at++) {
        char c = with.data[at];
        uint32_t group;
        Str found;

        if (c == '\\' && at + 1 < with.bytes) {
            strbuf_add_char(out, with.data[++at]);
            continue;
        }
        if (c != '$') {
            strbuf_add_char(out, c);
            continue;
        }
        if (at + 1 >= with.bytes || (unsigned char)(with.data[at + 1] - '0') > 9)
            return false;
        group = (uint32_t)(with.data[++at] - '0');
        while (at + 1 < with.bytes && (unsigned char)(with.data[at + 1] - '0') <= 9 &&
               group * 10 + (uint32_t)(with.data[at + 1] - '0') <= re->group_count)
            group = group * 10 + (uint32_t)(with.data[++at] - '0');
        if (group > re->group_count)
            return false;
        found = regex_group(re, text, group);
        strbuf_add_str(out, found.data ? found : STR_EMPTY);
    }
    return true;
}

static void replace_row(Regex *re, Vector *out, uint32_t i, StrBuf *result)
{
    const KernelCall *call = re->call;
    Str text = arg_str(call, 0, i), with = arg_str(call, 2, i);
    int32_t place = call->arg_count > 3 ? arg_i32(call, 3, i) : 1;
    size_t done = 0, from;

    if (place < 1) {
        kernel_error(call, out, i, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "42K09",
                     "The `position` must be between (0, 2147483647] (current value = %d).", place);
        return;
    }
    from = utf8_byte_of_char(text, (uint32_t)place - 1);
    while (from <= text.bytes && regex_next(re, out, i, text, from) == 1) {
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(re->match);

        strbuf_add(result, text.data + done, places[0] - done);
        done = places[1];
        if (!add_replacement(re, result, text, with)) {
            kernel_error(call, out, i, "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "22023",
                         "The value of parameter(s) `rep` in `regexp_replace` names a group that "
                         "the pattern has not.");
            return;
        }
        from = regex_advance(re, text);
    }
    strbuf_add(result, text.data + done, text.bytes - done);
}

static Vector *kernel_regexp_replace(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    StrBuf result;
    Regex re;

    strbuf_init(&result);
    regex_open(&re, call);
    for (uint32_t i = 0; i < call->row_count; i++) {
        if (!kernel_row_ready(call, i) || !regex_use(&re, out, i, 1))
            continue;
        strbuf_clear(&result);
        replace_row(&re, out, i, &result);
        vector_strs(out)[i] = kernel_str(call, &result);
    }
    regex_close(&re);
    strbuf_done(&result);
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const bool fold_case = true;

#define REGEXP_ROW(name_, min_, max_, signature_, kernel_, extra_, doc_, example_)                 \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS, .arg_min = min_, .arg_max = max_,        \
        .bind = bind_signature, .signature = signature_, .kernel = kernel_, .extra = extra_,       \
        .group = "regexp", .doc = doc_, .example = example_                                        \
    }
#define MATCHES "(string, string) -> boolean"
#define LIKE "(string, string) -> boolean; (string, string, string!) -> boolean"

static const Function rows[] = {
    REGEXP_ROW("like", 2, 3, LIKE, kernel_like, NULL,
               "Whether the text fits a pattern of % and _; also an operator",
               "'Spark' LIKE 'S%k'"),
    REGEXP_ROW("ilike", 2, 3, LIKE, kernel_like, &fold_case, "As like, in any case",
               "'Spark' ILIKE 's%K'"),
    REGEXP_ROW("rlike", 2, 2, MATCHES, kernel_rlike, NULL,
               "Whether the text holds a match of the regular expression", "'Spark' RLIKE 'pa?r'"),
    REGEXP_ROW("regexp", 2, 2, MATCHES, kernel_rlike, NULL, "The same as rlike",
               "regexp('Spark', 'pa?r')"),
    REGEXP_ROW("regexp_like", 2, 2, MATCHES, kernel_rlike, NULL, "The same as rlike",
               "regexp_like('Spark', 'pa?r')"),
    REGEXP_ROW("regexp_count", 2, 2, "(string, string) -> int", kernel_regexp_count, NULL,
               "How often the regular expression matches", "regexp_count('abab', 'ab') = 2"),
    REGEXP_ROW("regexp_instr", 2, 3, "(string, string) -> int; (string, string, int) -> int",
               kernel_regexp_instr, NULL, "The place of the first match; 0: none",
               "regexp_instr('abc', 'b') = 2"),
    REGEXP_ROW("regexp_substr", 2, 2, "(string, string) -> string", kernel_regexp_substr, NULL,
               "The first match, or NULL", "regexp_substr('abc', 'b.') = 'bc'"),
    REGEXP_ROW("regexp_extract", 2, 3,
               "(string, string) -> string; (string, string, int) -> string", kernel_regexp_extract,
               NULL, "A group (the first, unless told) of the first match, or the empty text",
               "regexp_extract('a-12', '([0-9]+)') = '12'"),
    REGEXP_ROW("regexp_extract_all", 2, 3,
               "(string, string) -> array<string>; (string, string, int) -> array<string>",
               kernel_regexp_extract_all, NULL, "A group of every match",
               "regexp_extract_all('a1b2', '([0-9])') = array('1', '2')"),
    REGEXP_ROW("regexp_replace", 3, 4,
               "(string, string, string) -> string; (string, string, string, int) -> string",
               kernel_regexp_replace, NULL, "Every match replaced; $1 is the first group",
               "regexp_replace('a1', '([0-9])', '<$1>') = 'a<1>'"),
    REGEXP_ROW(
        "split", 2, 3, "(string, string) -> array<string>; (string, string, int) -> array<string>",
        kernel_split, NULL, "The texts between the matches", "split('a,b', ',') = array('a', 'b')"),
};

const FunctionTable catalog_regexp = FUNCTION_TABLE_OF(rows);
