/*
 * regexp_translate.c: from Java's syntax of regular expressions to PCRE2's (regexp.h).
 *
 * One walk over the pattern. Copied as they are: literals, quantifiers, groups, most escapes.
 * Rewritten: \uXXXX and octal escapes, POSIX and binary properties (\p{Alpha}, \p{IsLatin}), the
 * flags u, U and d. Refused: what follows "(?" or "\" and Java does not have; so no pattern can
 * reach PCRE2's verbs, recursion or callouts.
 */
#include <ctype.h>

#include "expr/regexp.h"

typedef struct Translator {
    StrBuf *out;
    Str in;
    uint32_t at;
    bool in_class;
    uint32_t group_count; /* Opened so far. */
} Translator;

static int peek(const Translator *t, uint32_t ahead)
{
    return t->at + ahead < t->in.bytes ? (unsigned char)t->in.data[t->at + ahead] : -1;
}

static void copy(Translator *t, uint32_t bytes)
{
    strbuf_add(t->out, t->in.data + t->at, bytes);
    t->at += bytes;
}

/* ── escapes ───────────────────────────────────────────────────────────────────────────────────*/

static const struct {
    const char *java, *posix;
} posix_classes[] = {
    {"Lower", "[:lower:]"}, {"Upper", "[:upper:]"}, {"ASCII", "\\x00-\\x7f"},
    {"Alpha", "[:alpha:]"}, {"Digit", "[:digit:]"}, {"Alnum", "[:alnum:]"},
    {"Punct", "[:punct:]"}, {"Graph", "[:graph:]"}, {"Print", "[:print:]"},
    {"Blank", "[:blank:]"}, {"Cntrl", "[:cntrl:]"}, {"XDigit", "[:xdigit:]"},
    {"Space", "[:space:]"},
};

static const struct {
    const char *java, *property;
} properties[] = {
    {"IsAlphabetic", "L"},    {"IsLetter", "L"},       {"IsDigit", "Nd"},
    {"IsUppercase", "Lu"},    {"IsLowercase", "Ll"},   {"IsPunctuation", "P"},
    {"IsWhite_Space", "Xsp"}, {"IsWhiteSpace", "Xsp"}, {"IsControl", "Cc"},
    {"javaLowerCase", "Ll"},  {"javaUpperCase", "Lu"}, {"javaWhitespace", "Xsp"},
    {"javaLetter", "L"},      {"javaDigit", "Nd"},
};

static void add_property(Translator *t, Str name, bool negated)
{
    for (size_t i = 0; i < COUNT_OF(posix_classes); i++) {
        if (!str_is(name, posix_classes[i].java))
            continue;
        if (t->in_class && !negated)
            strbuf_add_c(t->out, posix_classes[i].posix);
        else if (t->in_class) /* [:^alpha:] */
            strbuf_printf(t->out, "[:^%s", posix_classes[i].posix + 2);
        else
            strbuf_printf(t->out, "[%s%s]", negated ? "^" : "", posix_classes[i].posix);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(properties); i++) {
        if (str_is(name, properties[i].java))
            name = str_of(properties[i].property);
    }
    if (name.bytes > 2 && (str_starts_with(name, STR("Is")) || str_starts_with(name, STR("In"))))
        name = str_slice(name, 2, name.bytes);
    strbuf_printf(t->out, "\\%c{%.*s}", negated ? 'P' : 'p', STR_ARG(name));
}

/* \p{Name}, \pL */
static bool translate_property(Translator *t)
{
    bool negated = peek(t, 1) == 'P';
    Str name = str_slice(t->in, MIN(t->at + 2, t->in.bytes), t->in.bytes);
    ptrdiff_t end;

    if (peek(t, 2) != '{') {
        if (peek(t, 2) < 0)
            return false;
        copy(t, 3);
        return true;
    }
    end = str_find_char(name, '}');
    if (end < 2 || end > 64)
        return false;
    name = str_slice(name, 1, (uint32_t)end);
    for (uint32_t i = 0; i < name.bytes; i++) {
        if (!isalnum((unsigned char)name.data[i]) && name.data[i] != '_')
            return false;
    }
    t->at += 3 + (uint32_t)end;
    add_property(t, name, negated);
    return true;
}

static bool translate_unicode(Translator *t)
{
    uint32_t value = 0;

    for (uint32_t i = 2; i < 6; i++) {
        int c = peek(t, i);

        if (!isxdigit(c))
            return false;
        value = value * 16 + (uint32_t)(isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
    }
    t->at += 6;
    if (value >= 0xD800 && value < 0xE000)
        return false;
    strbuf_printf(t->out, "\\x{%X}", value);
    return true;
}

/* \0n, \0nn, \0mnn: octal */
static bool translate_octal(Translator *t)
{
    uint32_t value = 0, digits = 0;

    while (digits < 3 && peek(t, 2 + digits) >= '0' && peek(t, 2 + digits) <= '7' && value < 32)
        value = value * 8 + (uint32_t)peek(t, 2 + digits++) - '0';
    if (!digits)
        return false;
    t->at += 2 + digits;
    strbuf_printf(t->out, "\\x{%X}", value);
    return true;
}

static bool translate_quote(Translator *t)
{
    ptrdiff_t end;

    t->at += 2;
    end = str_find(str_slice(t->in, t->at, t->in.bytes), STR("\\E"));
    end = end < 0 ? t->in.bytes : t->at + end;
    while (t->at < (uint32_t)end) {
        if (!isalnum(peek(t, 0)) && peek(t, 0) < 0x80)
            strbuf_add_char(t->out, '\\');
        copy(t, 1);
    }
    t->at = MIN(t->at + 2, t->in.bytes);
    return true;
}

/* \12 is group 12 where there are so many, else group 1 and a 2. */
static bool translate_reference(Translator *t)
{
    uint32_t group = (uint32_t)peek(t, 1) - '0';

    if (t->in_class)
        return false;
    for (t->at += 2; isdigit(peek(t, 0)); t->at++) {
        uint32_t longer = group * 10 + (uint32_t)peek(t, 0) - '0';

        if (longer > t->group_count)
            break;
        group = longer;
    }
    strbuf_printf(t->out, "\\g{%u}", group);
    return true;
}

static bool translate_escape(Translator *t)
{
    int c = peek(t, 1);

    switch (c) {
    case -1:
        return false;
    case 'p':
    case 'P':
        return translate_property(t);
    case 'u':
        return translate_unicode(t);
    case '0':
        return translate_octal(t);
    case 'Q':
        return translate_quote(t);
    case 'E':
        t->at += 2;
        return true;
    case 'x':
        if (peek(t, 2) != '{' && !(isxdigit(peek(t, 2)) && isxdigit(peek(t, 3))))
            return false;
        copy(t, 2);
        return true;
    case 'k':
        if (peek(t, 2) != '<')
            return false;
        copy(t, 2);
        return true;
    default:
        if (isdigit(c))
            return translate_reference(t);
        if (isalpha(c) && !strchr("abBcdDefGhHnrRsStvVwWXzZA", c))
            return false;
        copy(t, 2);
        return true;
    }
}

/* ── groups ────────────────────────────────────────────────────────────────────────────────────*/

/* (?idmsux-idmsux) and (?…: without the flags PCRE2 does not have. */
static bool translate_flags(Translator *t)
{
    strbuf_add_c(t->out, "(?");
    for (t->at += 2;; t->at++) {
        int c = peek(t, 0);

        if (c == ')' || c == ':') {
            copy(t, 1);
            return true;
        }
        if (c == 'i' || c == 'm' || c == 's' || c == 'x' || c == '-')
            strbuf_add_char(t->out, (char)c);
        else if (c != 'u' && c != 'U' && c != 'd')
            return false;
    }
}

static bool translate_group(Translator *t)
{
    int c = peek(t, 2);

    if (peek(t, 1) == '*')
        return false;
    if (peek(t, 1) != '?') {
        t->group_count++;
        copy(t, 1);
        return true;
    }
    if (c == ':' || c == '=' || c == '!' || c == '>') {
        copy(t, 3);
        return true;
    }
    if (c == '<') {
        if (peek(t, 3) != '=' && peek(t, 3) != '!' && !isalpha(peek(t, 3)))
            return false;
        t->group_count += isalpha(peek(t, 3)) != 0;
        copy(t, 4);
        return true;
    }
    return translate_flags(t);
}

/* '{' must be a quantifier. */
static bool is_quantifier(const Translator *t)
{
    uint32_t i = 1;

    if (!isdigit(peek(t, 1)))
        return false;
    while (isdigit(peek(t, i)))
        i++;
    if (peek(t, i) == ',')
        i++;
    while (isdigit(peek(t, i)))
        i++;
    return peek(t, i) == '}';
}

static bool translate_open_class(Translator *t)
{
    t->in_class = true;
    copy(t, 1);
    if (peek(t, 0) == '^')
        copy(t, 1);
    if (peek(t, 0) == ']') /* The first one stands for itself. */
        copy(t, 1);
    return true;
}

static bool translate_next(Translator *t)
{
    int c = peek(t, 0);

    if (c == '\\')
        return translate_escape(t);
    if (t->in_class) {
        if (c == '[') /* Not the start of [:alpha:], which Java does not know. */
            strbuf_add_char(t->out, '\\');
        t->in_class = c != ']';
        copy(t, 1);
        return true;
    }
    if (c == '[')
        return translate_open_class(t);
    if (c == '(')
        return translate_group(t);
    if (c == '{' && !is_quantifier(t))
        return false;
    copy(t, 1);
    return true;
}

bool regexp_translate(StrBuf *out, Str pattern)
{
    Translator t = {.out = out, .in = pattern};

    while (t.at < t.in.bytes) {
        if (!translate_next(&t))
            return false;
    }
    return true;
}
