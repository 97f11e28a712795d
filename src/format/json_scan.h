/*
 * json_scan.h: the words of JSON: white space, strings, numbers, and values to be skipped.
 *
 * A text is scanned between `at` and `end`, and the last byte before `end` is always a closing
 * bracket (json_text_guard sees to it). So whoever has not eaten that bracket yet may look at the
 * next byte without asking whether there is one: spaces, digits and literals stop at it. Only
 * strings, which may hold brackets, and values after a bracket look at `end`.
 *
 * The grammar is RFC 8259's with what Spark's reader also takes: strings in single quotes, and the
 * numbers NaN, Infinity, INF with a sign. Every skipped value is checked as strictly as one that is
 * read, so that whether a record is JSON does not depend on the columns asked for.
 */
#ifndef WEIR_FORMAT_JSON_SCAN_H
#define WEIR_FORMAT_JSON_SCAN_H

#include "base/str.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define JSON_SSE2 1
#else
#define JSON_SSE2 0
#endif

enum { JSON_DEPTH_MAX = 1000 }; /* As Jackson's. */

/* What scanning tells besides the place: where a text stopped being JSON and what should have stood
 * there, and whether the last string had escapes. */
typedef struct JsonScan {
    const char *fault_at;
    const char *expected; /* NULL: no fault. */
    bool escaped;
} JsonScan;

static inline COLD const char *json_fail(JsonScan *scan, const char *at, const char *expected)
{
    if (!scan->expected) {
        scan->fault_at = at;
        scan->expected = expected;
    }
    return NULL;
}

/* `text` itself when it ends with a closing bracket and spaces, else a copy in the arena with a '}'
 * behind it. *end: behind the bracket; *real_end: what may not be passed. */
const char *json_text_guard(Arena *arena, Str text, const char **end, const char **real_end);

static inline bool json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *json_skip_space(const char *p)
{
    while (UNLIKELY(json_is_space(*p)))
        p++;
    return p;
}

/* Behind the closing quote, from behind the opening one; NULL: bad. Checks escapes; sets
 * scan->escaped when there are some, and never clears it. */
const char *json_string_slow(const char *p, const char *end, char quote, JsonScan *scan);

/* The same for '"', quick until the first escape; clears scan->escaped first. The string is
 * p .. result - 1. */
static inline const char *json_string(const char *p, const char *end, JsonScan *scan)
{
#if JSON_SSE2
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);

    scan->escaped = false;
    while (LIKELY(end - p >= 16)) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
            _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);

        if (mask) {
            p += __builtin_ctz(mask);
            if (LIKELY(*p == '"'))
                return p + 1;
            break;
        }
        p += 16;
    }
#else
    scan->escaped = false;
#endif
    return json_string_slow(p, end, '"', scan);
}

/* Behind the number at `p`, whose grammar is checked; NULL: bad. */
const char *json_number(const char *p, bool *is_integer, JsonScan *scan);

/* Behind the literal (true, null …) if it stands at `p` and is not part of a longer word. */
const char *json_literal(const char *p, const char *end, const char *word, JsonScan *scan);

/* NaN, [+-]Infinity, [+-]INF at p: its value and the end; NULL (no fault): something else. */
const char *json_not_a_number(const char *p, const char *end, double *value);

/* Behind the value at `p`, whatever it is; NULL: bad. */
const char *json_skip_value(const char *p, const char *end, int depth, JsonScan *scan);

/* A string's bytes with its escapes (checked before) replaced; `out` has room for text.bytes.
 * Returns the bytes written. A lone surrogate becomes '?', as Java writes it. */
uint32_t json_unescape(Str text, char *out);

/* "…" with JSON's escapes as Jackson writes them. */
void json_write_string(StrBuf *out, Str text);
/* The value at p .. end without white space and numbers with a point as Java prints doubles: what
 * Spark gives for a STRING. The value has been checked. */
void json_write_compact(StrBuf *out, const char *p, const char *end);

#endif
