/*
 * regexp.c: compiling and matching (regexp.h).
 *
 * All memory is the kernel call's arena's, save PCRE2's machine code, which regexp_free gives
 * back. A pattern without any special character is searched for as it is, without PCRE2.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "expr/regexp.h"

#include <pcre2.h>

#include "base/utf8.h"
#include "expr/charset.h"

enum {
    MATCH_STEPS_MAX = 5000000,
    MATCH_HEAP_KIB_MAX = 64 << 10,
    PATTERN_BYTES_MAX = 64 << 10,
    JIT_STACK_BYTES_MAX = 4 << 20,
    JIT_ROWS_MIN = 32, /* From here on machine code is worth its making. */
};

struct Regexp {
    Str literal; /* data != NULL: the pattern is this text. */
    uint32_t literal_from, literal_to;
    pcre2_general_context *general;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
};

/* ── compiling ─────────────────────────────────────────────────────────────────────────────────*/

static void *take_memory(size_t bytes, void *arena)
{
    return arena_alloc(arena, bytes);
}

static void leave_memory(void *memory, void *arena)
{
    (void)memory;
    (void)arena;
}

static bool is_literal(Str pattern)
{
    for (uint32_t i = 0; i < pattern.bytes; i++) {
        if (strchr("\\^$.|?*+()[]{}", pattern.data[i]))
            return false;
    }
    return pattern.bytes > 0;
}

static bool compile(Regexp *regexp, Str pattern, bool hurry)
{
    pcre2_compile_context *context = pcre2_compile_context_create(regexp->general);
    int code;
    PCRE2_SIZE offset;

    pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    regexp->code = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.bytes,
                                 PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset, context);
    if (!regexp->code)
        return false;
    regexp->match = pcre2_match_data_create_from_pattern(regexp->code, regexp->general);
    regexp->limits = pcre2_match_context_create(regexp->general);
    pcre2_set_match_limit(regexp->limits, MATCH_STEPS_MAX);
    pcre2_set_depth_limit(regexp->limits, MATCH_STEPS_MAX);
    pcre2_set_heap_limit(regexp->limits, MATCH_HEAP_KIB_MAX);
    if (hurry && pcre2_jit_compile(regexp->code, PCRE2_JIT_COMPLETE) == 0) {
        regexp->stack = pcre2_jit_stack_create(32 << 10, JIT_STACK_BYTES_MAX, NULL);
        if (regexp->stack)
            pcre2_jit_stack_assign(regexp->limits, NULL, regexp->stack);
    }
    return true;
}

Regexp *regexp_compile(Arena *arena, Str pattern, bool hurry)
{
    Regexp *regexp = ARENA_NEW(arena, Regexp);
    StrBuf translated;
    bool ok;

    if (pattern.bytes > PATTERN_BYTES_MAX)
        return NULL;
    if (is_literal(pattern)) {
        regexp->literal = pattern;
        return regexp;
    }
    regexp->general = pcre2_general_context_create(take_memory, leave_memory, arena);
    strbuf_init(&translated);
    ok = regexp_translate(&translated, pattern) && compile(regexp, strbuf_str(&translated), hurry);
    strbuf_done(&translated);
    if (!ok) {
        regexp_free(regexp);
        return NULL;
    }
    return regexp;
}

void regexp_free(Regexp *regexp)
{
    if (!regexp)
        return;
    if (regexp->stack)
        pcre2_jit_stack_free(regexp->stack);
    pcre2_match_data_free(regexp->match);
    pcre2_code_free(regexp->code);
}

uint32_t regexp_group_count(const Regexp *regexp)
{
    uint32_t count = 0;

    if (regexp->code)
        pcre2_pattern_info(regexp->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

/* ── matching ──────────────────────────────────────────────────────────────────────────────────*/

RegexpFound regexp_find(Regexp *regexp, Str subject, uint32_t from)
{
    int result;

    if (from > subject.bytes)
        return REGEXP_NOT_FOUND;
    if (regexp->literal.data) {
        ptrdiff_t found = str_find(str_slice(subject, from, subject.bytes), regexp->literal);

        regexp->literal_from = from + (uint32_t)MAX(found, 0);
        regexp->literal_to = regexp->literal_from + regexp->literal.bytes;
        return found < 0 ? REGEXP_NOT_FOUND : REGEXP_FOUND;
    }
    result = pcre2_match(regexp->code, (PCRE2_SPTR)(subject.data ? subject.data : ""),
                         subject.bytes, from, PCRE2_NO_UTF_CHECK, regexp->match, regexp->limits);
    if (result > 0)
        return REGEXP_FOUND;
    return result == PCRE2_ERROR_NOMATCH ? REGEXP_NOT_FOUND : REGEXP_TOO_HARD;
}

bool regexp_group(const Regexp *regexp, uint32_t group, uint32_t *from, uint32_t *to)
{
    const PCRE2_SIZE *places;

    if (regexp->literal.data) {
        *from = regexp->literal_from;
        *to = regexp->literal_to;
        return group == 0;
    }
    places = pcre2_get_ovector_pointer(regexp->match);
    if (places[2 * group] == PCRE2_UNSET || places[2 * group] > places[2 * group + 1])
        return false;
    *from = (uint32_t)places[2 * group];
    *to = (uint32_t)places[2 * group + 1];
    return true;
}

int regexp_group_named(const Regexp *regexp, Str name)
{
    char text[64];
    int number;

    if (!regexp->code || name.bytes >= sizeof text)
        return -1;
    memcpy(text, name.data, name.bytes);
    text[name.bytes] = '\0';
    number = pcre2_substring_number_from_name(regexp->code, (PCRE2_SPTR)text);
    return number > 0 ? number : -1;
}

uint32_t regexp_next(const Regexp *regexp, Str subject)
{
    uint32_t from, to;

    if (!regexp_group(regexp, 0, &from, &to))
        return subject.bytes + 1;
    if (to > from)
        return to;
    return to >= subject.bytes ? subject.bytes + 1
                               : to + utf8_char_bytes(subject.data + to, subject.bytes - to);
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

Regexp *regexp_rows_pattern(RegexpRows *rows, uint32_t row_i, Str pattern)
{
    if (rows->regexp && str_equal(rows->pattern, pattern))
        return rows->regexp;
    regexp_free(rows->regexp);
    rows->pattern = pattern;
    rows->regexp =
        regexp_compile(rows->call->arena, text_make_valid(rows->call->arena, pattern),
                       rows->call->args[1]->is_constant && rows->call->row_count >= JIT_ROWS_MIN);
    if (!rows->regexp)
        kernel_error(rows->call, rows->out, row_i, "INVALID_PARAMETER_VALUE.PATTERN", "22023",
                     "The value of parameter(s) `regexp` in `%s` is invalid: '%.*s'.",
                     rows->function_name, (int)MIN(pattern.bytes, 200), pattern.data);
    return rows->regexp;
}

bool regexp_rows_find(RegexpRows *rows, uint32_t row_i, Str subject, uint32_t from)
{
    RegexpFound found = regexp_find(rows->regexp, subject, from);

    if (found == REGEXP_TOO_HARD)
        kernel_error(rows->call, rows->out, row_i, "INVALID_PARAMETER_VALUE.PATTERN", "22023",
                     "The value of parameter(s) `regexp` in `%s` is invalid: '%.*s' takes too many "
                     "steps to match.",
                     rows->function_name, (int)MIN(rows->pattern.bytes, 200), rows->pattern.data);
    return found == REGEXP_FOUND;
}

void regexp_rows_done(RegexpRows *rows)
{
    regexp_free(rows->regexp);
    rows->regexp = NULL;
}
