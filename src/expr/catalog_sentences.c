/*
 * catalog_sentences.c: sentences(): a text cut into sentences, and those into words.
 *
 * A sentence ends behind . ! or ? and what closes (quotes, brackets) when white space follows and
 * then no small letter; a word is letters, digits and what joins them (' . ,), and has a letter at its
 * beginning. Languages are not told apart: the two last arguments are there for Spark's sake.
 */
#include "base/utf8.h"
#include "expr/bind.h"
#include "expr/catalog.h"
#include "expr/kernel.h"
#include "expr/text_case.h"

#include <utf8proc.h>

static bool is_letter(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static bool is_digit(uint32_t c)
{
    return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND;
}

static bool is_mark(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_PC;
}

static bool is_space(uint32_t c)
{
    return c <= ' ' || c == 0xA0 || utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ZS;
}

/* The character at byte `at` and where the next one begins; 0 at the end. */
static uint32_t char_at(Str text, uint32_t at, uint32_t *next)
{
    uint32_t length = 1, c;

    if (at >= text.bytes) {
        *next = at;
        return 0;
    }
    c = utf8_decode(text.data + at, text.bytes - at, &length);
    *next = at + length;
    return c > 0x10FFFF ? 0xFFFD : c;
}

/* The end of the sentence that begins at `from`. */
static uint32_t sentence_end(Str text, uint32_t from)
{
    uint32_t at = from, next;

    while (at < text.bytes) {
        uint32_t c = char_at(text, at, &next);

        at = next;
        if (c == '\n' && at < text.bytes && text.data[at] == '\n')
            return at;
        if (c != '.' && c != '!' && c != '?')
            continue;
        while ((c = char_at(text, at, &next)) != 0 && strchr(".!?\"')]", (int)(c < 128 ? c : 1)))
            at = next;
        if (!is_space(char_at(text, at, &next)) && at < text.bytes)
            continue;
        while (at < text.bytes && is_space(char_at(text, at, &next)))
            at = next;
        c = char_at(text, at, &next);
        if (utf8proc_category((utf8proc_int32_t)c) != UTF8PROC_CATEGORY_LL)
            return at;
    }
    return text.bytes;
}

/* The end of the word at `from`, which is a letter: ' . and , between letters (or digits) belong to
 * it. */
static uint32_t word_end(Str text, uint32_t from)
{
    uint32_t at = from, next, after, last = 0;

    while (at < text.bytes) {
        uint32_t c = char_at(text, at, &next);
        uint32_t following = char_at(text, next, &after);

        if (is_letter(c) || is_digit(c) || is_mark(c)) {
            last = c;
            at = next;
            continue;
        }
        if ((c == '\'' || c == '.' || c == 0x2019 || c == 0xB7 || c == ':') && is_letter(last) &&
            is_letter(following)) {
            at = next;
            continue;
        }
        if ((c == '.' || c == ',' || c == '\'') && is_digit(last) && is_digit(following)) {
            at = next;
            continue;
        }
        break;
    }
    return at;
}

static void add_words(VectorBuilder *words, Str sentence)
{
    uint32_t at = 0, next;

    while (at < sentence.bytes) {
        uint32_t c = char_at(sentence, at, &next), end;

        if (is_letter(c)) {
            end = word_end(sentence, at);
            builder_add_str(words, str_slice(sentence, at, end));
            at = end;
        } else if (is_digit(c)) {
            at = MAX(word_end(sentence, at), next);
        } else {
            at = next;
        }
    }
}

static Vector *kernel_sentences(const KernelCall *call)
{
    VectorBuilder b;

    builder_init(&b, call->arena, call->expr->type, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++) {
        Str text = STR_EMPTY;

        if (arg_valid(call, 0, i) && !vector_has_error(call->args[0], i))
            text = arg_str(call, 0, i);
        for (uint32_t from = 0, to; from < text.bytes; from = to) {
            to = sentence_end(text, from);
            add_words(&b.children[0].children[0], str_slice(text, from, to));
            builder_end_row(&b.children[0]);
        }
        if (arg_valid(call, 0, i))
            builder_end_row(&b);
        else
            builder_add_null(&b);
    }
    {
        Vector *out = builder_finish(&b);

        for (uint32_t a = 0; a < call->arg_count; a++) {
            if (call->args[a]->errors)
                vector_merge_errors(call->arena, out, call->args[a]);
        }
        return out;
    }
}

static const Function rows[] = {
    {
        .name = "sentences",
        .flags = FN_CONSTANTS,
        .arg_min = 0,
        .arg_max = -1,
        .bind = bind_signature,
        .signature = "(string) -> array<array<string>>; (string, string) -> array<array<string>>; "
                     "(string, string, string) -> array<array<string>>",
        .kernel = kernel_sentences,
        .group = "string",
        .doc = "The sentences of a text, each an array of its words",
        .example = "sentences('Hi there! Good morning.')[1][0] = 'Good'",
    },
};

const FunctionTable catalog_sentences = FUNCTION_TABLE_OF(rows);
