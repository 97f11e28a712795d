/*
 * str.h: text by pointer and length, and a buffer to build it in.
 *
 * A Str is a view: it owns nothing and is not NUL-terminated. A StrBuf owns its bytes, which are
 * always followed by a NUL that does not count.
 */
#ifndef WEIR_BASE_STR_H
#define WEIR_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/attributes.h"

typedef struct Str {
    const char *data;
    uint32_t bytes;
} Str;

/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).bytes, (s).data
#define STR(literal) ((Str){(literal), (uint32_t)(sizeof(literal) - 1)})
#define STR_EMPTY ((Str){"", 0})

static inline Str str_of(const char *text)
{
    return (Str){text, (uint32_t)strlen(text)};
}

static inline bool str_equal(Str a, Str b)
{
    return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0);
}

/* By unsigned bytes, the order of SQL's strings. */
static inline int str_compare(Str a, Str b)
{
    uint32_t shared = MIN(a.bytes, b.bytes);
    int order = shared ? memcmp(a.data, b.data, shared) : 0;

    return order ? order : (a.bytes > b.bytes) - (a.bytes < b.bytes);
}

bool str_equal_nocase(Str a, Str b); /* ASCII letters only. */
bool str_is(Str a, const char *text);
bool str_is_nocase(Str a, const char *text);
bool str_starts_with(Str a, Str prefix);
bool str_ends_with(Str a, Str suffix);
Str str_trim(Str a);            /* ASCII white space, both ends. */
Str str_skip_mark(Str a);       /* A byte order mark of UTF-8, as files from some editors begin with. */
Str str_slice(Str a, uint32_t from, uint32_t to);
ptrdiff_t str_find(Str a, Str needle); /* First place, or -1. */
ptrdiff_t str_find_char(Str a, char c);
/* Cuts `*rest` at the first `separator`: gives the part before it and moves *rest behind it; false
 * when *rest is used up (data == NULL). An empty text is one empty part. */
bool str_split(Str *rest, char separator, Str *part);
bool str_to_int64(Str a, int64_t *out);   /* Whole text, decimal, with sign; false if not so. */
bool str_to_double(Str a, double *out);   /* Whole text, C syntax, no white space, no hex. */
char *str_to_c(Arena *arena, Str a);      /* A NUL-terminated copy. */
Str str_copy(Arena *arena, Str a);
/* A name of any characters as one of a file: what is no ASCII letter, digit, '_' or '-' stands as %XX, so
 * that no name leads out of its folder. */
char *str_file_name(Arena *arena, Str name);
Str str_lower(Arena *arena, Str a);       /* ASCII. */

typedef struct StrBuf {
    char *data; /* NULL while empty and never written. */
    size_t bytes;
    size_t capacity;
} StrBuf;

void strbuf_init(StrBuf *buf);
void strbuf_done(StrBuf *buf);
void strbuf_reserve(StrBuf *buf, size_t more_bytes); /* Room for that many more, and a NUL. */
void strbuf_printf(StrBuf *buf, const char *format, ...) PRINTF(2, 3);
void strbuf_add_int64(StrBuf *buf, int64_t value);
/* `"…"` with JSON's escapes; bytes that are not UTF-8 become U+FFFD. */
void strbuf_add_json_string(StrBuf *buf, Str text);
/* `text` between quotes, those within it doubled: SQL's and CQL's names ("…") and literals ('…'). */
void strbuf_add_quoted(StrBuf *buf, Str text, char quote);

static inline void strbuf_clear(StrBuf *buf)
{
    buf->bytes = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

static inline void strbuf_add(StrBuf *buf, const void *data, size_t bytes)
{
    if (UNLIKELY(buf->capacity - buf->bytes < bytes + 1 || !buf->data))
        strbuf_reserve(buf, bytes);
    if (bytes)
        memcpy(buf->data + buf->bytes, data, bytes);
    buf->bytes += bytes;
    buf->data[buf->bytes] = '\0';
}

static inline void strbuf_add_char(StrBuf *buf, char c)
{
    strbuf_add(buf, &c, 1);
}

static inline void strbuf_add_str(StrBuf *buf, Str text)
{
    strbuf_add(buf, text.data, text.bytes);
}

static inline void strbuf_add_c(StrBuf *buf, const char *text)
{
    strbuf_add(buf, text, strlen(text));
}

static inline Str strbuf_str(const StrBuf *buf)
{
    return (Str){buf->data ? buf->data : "", (uint32_t)buf->bytes};
}

static inline const char *strbuf_c(const StrBuf *buf)
{
    return buf->data ? buf->data : "";
}

#endif
