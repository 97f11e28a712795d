/*
 * text_case.c: case mapping over utf8proc's tables of single letters (text_case.h).
 *
 * Unicode's SpecialCasing has what a letter alone cannot tell: letters whose capital is several
 * letters, and the final sigma. The Greek letters with a iota below are a rule, not a table: their
 * capital is the letter's own capital with a Ι behind it.
 */
#include "expr/text_case.h"

#include <utf8proc.h>

#include "base/utf8.h"

uint32_t char_lower(uint32_t c)
{
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

uint32_t char_upper(uint32_t c)
{
    return (uint32_t)utf8proc_toupper((utf8proc_int32_t)c);
}

static utf8proc_category_t category(uint32_t c)
{
    return c < 0x110000 ? utf8proc_category((utf8proc_int32_t)c) : UTF8PROC_CATEGORY_CN;
}

bool char_is_upper(uint32_t c)
{
    return category(c) == UTF8PROC_CATEGORY_LU;
}

bool char_is_lower(uint32_t c)
{
    return category(c) == UTF8PROC_CATEGORY_LL;
}

/* ── letters whose capital is several ──────────────────────────────────────────────────────────*/

typedef struct SpecialCase {
    uint16_t small;
    uint16_t capital[3]; /* Ends at 0. */
    uint16_t title[3];
} SpecialCase;

static const SpecialCase special_cases[] = {
    {0x00DF, {'S', 'S'}, {'S', 's'}},
    {0x0149, {0x02BC, 'N'}, {0x02BC, 'N'}},
    {0x01F0, {'J', 0x030C}, {'J', 0x030C}},
    {0x0390, {0x0399, 0x0308, 0x0301}, {0x0399, 0x0308, 0x0301}},
    {0x03B0, {0x03A5, 0x0308, 0x0301}, {0x03A5, 0x0308, 0x0301}},
    {0x0587, {0x0535, 0x0552}, {0x0535, 0x0582}},
    {0x1E96, {'H', 0x0331}, {'H', 0x0331}},
    {0x1E97, {'T', 0x0308}, {'T', 0x0308}},
    {0x1E98, {'W', 0x030A}, {'W', 0x030A}},
    {0x1E99, {'Y', 0x030A}, {'Y', 0x030A}},
    {0x1E9A, {'A', 0x02BE}, {'A', 0x02BE}},
    {0x1F50, {0x03A5, 0x0313}, {0x03A5, 0x0313}},
    {0x1F52, {0x03A5, 0x0313, 0x0300}, {0x03A5, 0x0313, 0x0300}},
    {0x1F54, {0x03A5, 0x0313, 0x0301}, {0x03A5, 0x0313, 0x0301}},
    {0x1F56, {0x03A5, 0x0313, 0x0342}, {0x03A5, 0x0313, 0x0342}},
    {0x1FB6, {0x0391, 0x0342}, {0x0391, 0x0342}},
    {0x1FC6, {0x0397, 0x0342}, {0x0397, 0x0342}},
    {0x1FD2, {0x0399, 0x0308, 0x0300}, {0x0399, 0x0308, 0x0300}},
    {0x1FD3, {0x0399, 0x0308, 0x0301}, {0x0399, 0x0308, 0x0301}},
    {0x1FD6, {0x0399, 0x0342}, {0x0399, 0x0342}},
    {0x1FD7, {0x0399, 0x0308, 0x0342}, {0x0399, 0x0308, 0x0342}},
    {0x1FE2, {0x03A5, 0x0308, 0x0300}, {0x03A5, 0x0308, 0x0300}},
    {0x1FE3, {0x03A5, 0x0308, 0x0301}, {0x03A5, 0x0308, 0x0301}},
    {0x1FE4, {0x03A1, 0x0313}, {0x03A1, 0x0313}},
    {0x1FE6, {0x03A5, 0x0342}, {0x03A5, 0x0342}},
    {0x1FE7, {0x03A5, 0x0308, 0x0342}, {0x03A5, 0x0308, 0x0342}},
    {0x1FF6, {0x03A9, 0x0342}, {0x03A9, 0x0342}},
    {0xFB00, {'F', 'F'}, {'F', 'f'}},
    {0xFB01, {'F', 'I'}, {'F', 'i'}},
    {0xFB02, {'F', 'L'}, {'F', 'l'}},
    {0xFB03, {'F', 'F', 'I'}, {'F', 'f', 'i'}},
    {0xFB04, {'F', 'F', 'L'}, {'F', 'f', 'l'}},
    {0xFB05, {'S', 'T'}, {'S', 't'}},
    {0xFB06, {'S', 'T'}, {'S', 't'}},
    {0xFB13, {0x0544, 0x0546}, {0x0544, 0x0576}},
    {0xFB14, {0x0544, 0x0535}, {0x0544, 0x0565}},
    {0xFB15, {0x0544, 0x053B}, {0x0544, 0x056B}},
    {0xFB16, {0x054E, 0x0546}, {0x054E, 0x0576}},
    {0xFB17, {0x0544, 0x053D}, {0x0544, 0x056D}},
};

static const SpecialCase *special_case(uint32_t c)
{
    if (c < 0xDF)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(special_cases); i++) {
        if (special_cases[i].small == c)
            return &special_cases[i];
    }
    return NULL;
}

static void add_char(StrBuf *out, uint32_t c)
{
    char bytes[4];

    strbuf_add(out, bytes, utf8_encode(c, bytes));
}

/* The letter that starts the canonical decomposition, and whether a iota below ends it. */
static bool has_iota_below(uint32_t c, uint32_t *letter)
{
    utf8proc_int32_t parts[8];
    utf8proc_ssize_t count;

    if (c < 0x1F80 || c > 0x1FFC)
        return false;
    count = utf8proc_decompose_char((utf8proc_int32_t)c, parts, COUNT_OF(parts), UTF8PROC_DECOMPOSE,
                                    NULL);
    if (count < 2 || count > (utf8proc_ssize_t)COUNT_OF(parts) || parts[count - 1] != 0x0345)
        return false;
    if (c >= 0x1F80 && c <= 0x1FAF) {
        /* ᾀ … ᾯ: α η ω with breathings and accents, which have capitals without the iota. */
        uint32_t base = c < 0x1F90 ? 0x1F08 : c < 0x1FA0 ? 0x1F28 : 0x1F68;

        *letter = base + (c & 7);
        return true;
    }
    switch (c) {
    case 0x1FB2:
        *letter = 0x1FBA;
        return true;
    case 0x1FB4:
        *letter = 0x0386;
        return true;
    case 0x1FC2:
        *letter = 0x1FCA;
        return true;
    case 0x1FC4:
        *letter = 0x0389;
        return true;
    case 0x1FF2:
        *letter = 0x1FFA;
        return true;
    case 0x1FF4:
        *letter = 0x038F;
        return true;
    default:
        *letter = parts[0] >= 0x03B1 ? char_upper((uint32_t)parts[0]) : (uint32_t)parts[0];
        return true;
    }
}

static void add_upper(StrBuf *out, uint32_t c)
{
    const SpecialCase *special = special_case(c);
    uint32_t letter;

    if (special) {
        for (int i = 0; i < 3 && special->capital[i]; i++)
            add_char(out, special->capital[i]);
    } else if (has_iota_below(c, &letter)) {
        add_char(out, letter);
        if (c == 0x1FB7 || c == 0x1FC7 || c == 0x1FF7)
            add_char(out, 0x0342);
        add_char(out, 0x0399);
    } else {
        add_char(out, char_upper(c));
    }
}

static void add_title(StrBuf *out, uint32_t c)
{
    const SpecialCase *special = special_case(c);

    if (!special) {
        add_char(out, (uint32_t)utf8proc_totitle((utf8proc_int32_t)c));
        return;
    }
    for (int i = 0; i < 3 && special->title[i]; i++)
        add_char(out, special->title[i]);
}

/* ── whole texts ───────────────────────────────────────────────────────────────────────────────*/

static uint32_t next_char(Str text, uint32_t *at)
{
    uint32_t length, c = utf8_decode(text.data + *at, text.bytes - *at, &length);

    *at += length;
    return c >= 0xDC80 && c <= 0xDCFF ? 0xFFFD : c;
}

static bool is_letter(uint32_t c)
{
    utf8proc_category_t of = category(c);

    return of == UTF8PROC_CATEGORY_LU || of == UTF8PROC_CATEGORY_LL || of == UTF8PROC_CATEGORY_LT;
}

static bool is_ignored(uint32_t c)
{
    utf8proc_category_t of = category(c);

    return of == UTF8PROC_CATEGORY_MN || of == UTF8PROC_CATEGORY_ME || of == UTF8PROC_CATEGORY_CF ||
           of == UTF8PROC_CATEGORY_LM || of == UTF8PROC_CATEGORY_SK || c == '\'' || c == '.' ||
           c == ':' || c == 0xB7 || c == 0x2019;
}

/* Whether a letter stands behind `at`, marks aside. */
static bool letter_follows(Str text, uint32_t at)
{
    while (at < text.bytes) {
        uint32_t c = next_char(text, &at);

        if (!is_ignored(c))
            return is_letter(c);
    }
    return false;
}

static void add_lower(StrBuf *out, uint32_t c, Str text, uint32_t behind, bool after_letter)
{
    if (c == 0x0130) {
        add_char(out, 'i');
        add_char(out, 0x0307);
    } else if (c == 0x03A3) {
        add_char(out, after_letter && !letter_follows(text, behind) ? 0x03C2 : 0x03C3);
    } else {
        add_char(out, char_lower(c));
    }
}

void text_upper(StrBuf *out, Str text)
{
    for (uint32_t at = 0; at < text.bytes;)
        add_upper(out, next_char(text, &at));
}

void text_lower(StrBuf *out, Str text)
{
    bool after_letter = false;

    for (uint32_t at = 0; at < text.bytes;) {
        uint32_t c = next_char(text, &at);

        add_lower(out, c, text, at, after_letter);
        if (!is_ignored(c))
            after_letter = is_letter(c);
    }
}

void text_title(StrBuf *out, Str text)
{
    bool first = true, after_letter = false;

    for (uint32_t at = 0; at < text.bytes;) {
        uint32_t c = next_char(text, &at);

        if (first)
            add_title(out, c);
        else
            add_lower(out, c, text, at, after_letter);
        first = c == ' ';
        if (!is_ignored(c))
            after_letter = is_letter(c);
    }
}
