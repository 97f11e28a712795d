#include "sql/keyword.h"

#include "base/attributes.h"

enum { KEYWORD_BYTES_MAX = 16 };

#define KEYWORD_STR(name) {#name, (uint32_t)sizeof #name - 1},
static const Str words[KEYWORD_COUNT] = {{"", 0}, KEYWORDS(KEYWORD_STR)};
#undef KEYWORD_STR

Keyword keyword_of(Str word)
{
    char upper[KEYWORD_BYTES_MAX];
    Str key = {upper, word.bytes};
    size_t low = 1;
    size_t high = KEYWORD_COUNT;

    if (word.bytes > sizeof upper)
        return KEYWORD_NONE;
    for (uint32_t i = 0; i < word.bytes; i++) {
        char c = word.data[i];

        upper[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(key, words[middle]);

        if (order == 0)
            return (Keyword)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return KEYWORD_NONE;
}

const char *keyword_text(Keyword keyword)
{
    return words[keyword].data;
}

bool keyword_is_strict(Keyword keyword)
{
    static const Keyword strict[] = {
        KEYWORD_ANTI,  KEYWORD_CROSS,     KEYWORD_EXCEPT,  KEYWORD_FULL,
        KEYWORD_INNER, KEYWORD_INTERSECT, KEYWORD_JOIN,    KEYWORD_LATERAL,
        KEYWORD_LEFT,  KEYWORD_MINUS,     KEYWORD_NATURAL, KEYWORD_ON,
        KEYWORD_RIGHT, KEYWORD_SEMI,      KEYWORD_UNION,   KEYWORD_USING,
    };

    for (size_t i = 0; i < COUNT_OF(strict); i++)
        if (keyword == strict[i])
            return true;
    return false;
}
