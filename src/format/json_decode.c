/*
 * json_decode.c: JSON texts straight into columns (json.h).
 *
 * The type is compiled once into a tree of nodes (json_node.h). Decoding is one descent over the text
 * and the tree at once: no token list, no document between.
 *
 * Records of one source mostly have the same fields in the same order. So each STRUCT remembers, by
 * place in the object, the bytes of the name it met there last (with quotes and colon) and whose it
 * was: when the same bytes come again the name is neither scanned nor looked up.
 */
#include "format/json.h"

#include <stdlib.h>

#include "base/assert.h"
#include "format/json_node.h"

enum { EXCERPT_BYTES = 40 };

/* ── nested values ─────────────────────────────────────────────────────────────────────────────*/

/* Remembers the name at from .. to (behind the colon) as the one at this place. */
static void guess_put(JsonNode *node, uint32_t place, const char *from, const char *to,
                      uint32_t child_i)
{
    uint32_t bytes = (uint32_t)(to - from);
    NameGuess *guess;

    if (place >= GUESSES_MAX || place > node->guess_count || bytes > GUESS_BYTES)
        return;
    guess = &node->guesses[place];
    memset(guess->text, 0, GUESS_BYTES);
    memcpy(guess->text, from, bytes);
    guess->bytes = bytes;
    guess->mask[0] = bytes >= 16 ? 0xFFFF : BIT(bytes) - 1;
    guess->mask[1] = bytes <= 16 ? 0 : bytes == 32 ? 0xFFFF : BIT(bytes - 16) - 1;
    guess->child_i = child_i;
    node->guess_count = MAX(node->guess_count, place + 1);
}

static inline bool guess_holds(const NameGuess *guess, const char *p, const char *end)
{
#if JSON_SSE2
    if (LIKELY(end - p >= GUESS_BYTES)) {
        __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p),
                                     _mm_loadu_si128((const __m128i *)(const void *)guess->text));
        unsigned same = (unsigned)_mm_movemask_epi8(low);

        if ((same & guess->mask[0]) != guess->mask[0])
            return false;
        if (guess->mask[1] == 0)
            return true;
        low = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16)),
                             _mm_loadu_si128((const __m128i *)(const void *)(guess->text + 16)));
        same = (unsigned)_mm_movemask_epi8(low);
        return (same & guess->mask[1]) == guess->mask[1];
    }
#endif
    return (size_t)(end - p) > guess->bytes && memcmp(p, guess->text, guess->bytes) == 0;
}

/* The name at p, and behind its colon. */
static const char *read_name(JsonReader *r, JsonNode *node, const char *p, uint32_t place,
                             uint32_t *child_i)
{
    const char *from = p;
    bool compact;
    Str name;

    if (!json_is_quote(*p))
        return json_fail(&r->scan, p, "a name in quotes");
    p = json_read_string(r, p, &name);
    if (!p)
        return NULL;
    compact = name.data == from + 1 && *p == ':';
    p = json_skip_space(p);
    if (*p != ':')
        return json_fail(&r->scan, p, "':'");
    p++;
    *child_i = json_node_child(node, name);
    if (compact)
        guess_put(node, place, from, p, *child_i);
    return p;
}

static void misfit_note(JsonReader *r, const JsonNode *node, const char *from, const char *to)
{
    if (!r->misfit) {
        r->misfit = node;
        r->misfit_from = from;
        r->misfit_to = to;
    }
}

/* One field's value. A misfit is NULL, or in STRICT the end of the record. */
static inline const char *decode_field(JsonReader *r, JsonNode *child, const char *p,
                                       uint32_t row_i)
{
    const char *from = p;

    r->fits = true;
    /* Seen before in this object: the last one counts. */
    if (UNLIKELY(bits_get(child->valid, row_i)))
        json_row_clear(child, row_i);
    p = child->decode(r, child, p, row_i);
    if (LIKELY(p && r->fits))
        return p;
    if (p) {
        json_row_clear(child, row_i);
        misfit_note(r, child, from, p);
        if (r->mode == FORMAT_STRICT)
            return NULL;
        r->fits = true;
    }
    return p;
}

/* Behind the object whose '{' is at p; its fields go to row_i. */
static const char *decode_object(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    p = json_skip_space(p + 1);
    if (*p == '}')
        return p + 1;
    for (uint32_t place = 0;; place++) {
        uint32_t child_i;

        if (LIKELY(place < node->guess_count &&
                   guess_holds(&node->guesses[place], p, r->end))) {
            p += node->guesses[place].bytes;
            child_i = node->guesses[place].child_i;
        } else {
            p = read_name(r, node, p, place, &child_i);
            if (!p)
                return NULL;
        }
        p = json_skip_space(p);
        if (child_i != NO_CHILD)
            p = decode_field(r, &node->children[child_i], p, row_i);
        else if (*p == '"')
            p = json_string(p + 1, r->end, &r->scan);
        else
            p = json_skip_value(p, r->end, JSON_DEPTH_MAX, &r->scan);
        if (UNLIKELY(!p))
            return NULL;
        if (UNLIKELY(p >= r->end))
            return json_fail(&r->scan, r->end, "'}'");
        p = json_skip_space(p);
        if (*p == '}')
            return p + 1;
        if (UNLIKELY(*p != ','))
            return json_fail(&r->scan, p, "',' or '}'");
        p = json_skip_space(p + 1);
    }
}

static const char *decode_struct(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    if (*p != '{')
        return json_decode_other(r, p);
    p = decode_object(r, node, p, row_i);
    if (p)
        bits_set(node->valid, row_i);
    return p;
}

/* Nothing is kept of a list in which something does not fit; the rest of it is skipped. */
static const char *list_misfit(JsonReader *r, JsonNode *node, const JsonNode *child,
                               const char *list, const char *from, const char *to, uint32_t row_i)
{
    misfit_note(r, child, from, to);
    json_list_drop(node, row_i);
    r->fits = false;
    return json_skip_value(list, r->end, JSON_DEPTH_MAX, &r->scan);
}

static const char *decode_array(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    JsonNode *child = &node->children[0];
    const char *list = p;

    if (*p != '[')
        return json_decode_other(r, p);
    json_list_open(node, row_i);
    p = json_skip_space(p + 1);
    if (*p == ']') {
        json_list_close(node, row_i);
        return p + 1;
    }
    for (;;) {
        const char *from = p;

        p = child->decode(r, child, p, json_element_row(child, r->arena));
        if (!p)
            return NULL;
        if (!r->fits)
            return list_misfit(r, node, child, list, from, p, row_i);
        if (p >= r->end)
            return json_fail(&r->scan, r->end, "']'");
        p = json_skip_space(p);
        if (*p == ']') {
            json_list_close(node, row_i);
            return p + 1;
        }
        if (*p != ',')
            return json_fail(&r->scan, p, "',' or ']'");
        p = json_skip_space(p + 1);
    }
}

static const char *decode_map(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i)
{
    JsonNode *keys = &node->children[0];
    JsonNode *values = &node->children[1];
    const char *map = p;

    if (*p != '{')
        return json_decode_other(r, p);
    json_list_open(node, row_i);
    p = json_skip_space(p + 1);
    if (*p == '}') {
        json_list_close(node, row_i);
        return p + 1;
    }
    for (;;) {
        const char *from = p;
        uint32_t element_i = json_element_row(keys, r->arena);
        Str name;

        if (!json_is_quote(*p))
            return json_fail(&r->scan, p, "a name in quotes");
        p = json_read_string(r, p, &name);
        if (!p)
            return NULL;
        if (!json_key_from_text(r, keys, name, element_i))
            return list_misfit(r, node, keys, map, from, p, row_i);
        p = json_skip_space(p);
        if (*p != ':')
            return json_fail(&r->scan, p, "':'");
        from = p = json_skip_space(p + 1);
        p = values->decode(r, values, p, json_element_row(values, r->arena));
        if (!p)
            return NULL;
        if (!r->fits)
            return list_misfit(r, node, values, map, from, p, row_i);
        if (p >= r->end)
            return json_fail(&r->scan, r->end, "'}'");
        p = json_skip_space(p);
        if (*p == '}') {
            json_list_close(node, row_i);
            return p + 1;
        }
        if (*p != ',')
            return json_fail(&r->scan, p, "',' or '}'");
        p = json_skip_space(p + 1);
    }
}

/* ── the reader ──────────────────────────────────────────────────────────────────────────────────*/

/* Gives every node its decoder. */
static void node_bind(JsonNode *node)
{
    if (node->phys == PHYS_STRUCT)
        node->decode = decode_struct;
    else if (node->phys == PHYS_LIST)
        node->decode = decode_array;
    else if (node->phys == PHYS_MAP)
        node->decode = decode_map;
    else
        node->decode = json_scalar_decode(node->type);
    for (uint32_t i = 0; i < node->child_count; i++)
        node_bind(&node->children[i]);
}

JsonReader *json_reader_create(const Type *type, FormatMode mode, const Zone *zone)
{
    JsonReader *reader = mem_zalloc(sizeof *reader);

    arena_init(&reader->memory);
    reader->root = ARENA_NEW(&reader->memory, JsonNode);
    reader->mode = mode;
    reader->zone = zone;
    json_node_init(reader->root, &reader->memory, type, STR_EMPTY, NULL);
    node_bind(reader->root);
    return reader;
}

void json_reader_free(JsonReader *reader)
{
    if (!reader)
        return;
    arena_done(&reader->memory);
    free(reader);
}

/* ── telling what is wrong ─────────────────────────────────────────────────────────────────────*/

/* Whole characters of p .. end, a few of them. */
static Str excerpt(const char *p, const char *end)
{
    uint32_t bytes = (uint32_t)MIN((size_t)(end - p), (size_t)EXCERPT_BYTES);

    while (bytes > 0 && p + bytes < end && ((unsigned char)p[bytes] & 0xC0) == 0x80)
        bytes--;
    return (Str){p, bytes};
}

/* `bid.price`; an element is told by its array's name. */
static void add_path(StrBuf *out, const JsonNode *node)
{
    if (!node->parent)
        return;
    add_path(out, node->parent);
    if (node->parent->offsets)
        return;
    if (out->bytes > 0)
        strbuf_add_char(out, '.');
    strbuf_add_str(out, node->name);
}

static const char *misfit_message(const JsonReader *r)
{
    Str found = excerpt(r->misfit_from, r->misfit_to);
    const char *dots = r->misfit_from + found.bytes < r->misfit_to ? "..." : "";
    StrBuf path, type;
    const char *message;

    strbuf_init(&path);
    strbuf_init(&type);
    add_path(&path, r->misfit);
    type_name_sql(&type, r->misfit->type);
    message = arena_printf(r->arena, "column %s: %.*s%s is no %s", strbuf_c(&path), STR_ARG(found),
                           dots, strbuf_c(&type));
    strbuf_done(&path);
    strbuf_done(&type);
    return message;
}

static const char *fault_message(const JsonReader *r, const char *text, const char *real_end)
{
    const char *at = MIN(r->scan.fault_at, real_end);
    Str found = excerpt(at, real_end);

    if (found.bytes == 0)
        return arena_printf(r->arena, "not JSON: the text ends at byte %zu, %s expected",
                            (size_t)(at - text) + 1, r->scan.expected);
    return arena_printf(r->arena, "not JSON: byte %zu: %s expected, found '%.*s'",
                        (size_t)(at - text) + 1, r->scan.expected, STR_ARG(found));
}

/* ── texts ─────────────────────────────────────────────────────────────────────────────────────*/

static bool is_blank(Str text)
{
    for (uint32_t i = 0; i < text.bytes; i++) {
        if (!json_is_space(text.data[i]))
            return false;
    }
    return true;
}

typedef enum TextResult { TEXT_GOOD, TEXT_MISFIT, TEXT_MALFORMED } TextResult;

/* Spark takes an object where an array of structs is asked for as an array of one. */
static const char *decode_lone_struct(JsonReader *r, const char *p, uint32_t row_i)
{
    JsonNode *child = &r->root->children[0];

    json_list_open(r->root, row_i);
    p = decode_object(r, child, p, json_element_row(child, r->arena));
    if (!p)
        return NULL;
    bits_set(child->valid, child->row_count - 1);
    json_list_close(r->root, row_i);
    return p;
}

static const char *decode_root(JsonReader *r, const char *p, uint32_t row_i)
{
    JsonNode *root = r->root;

    if (root->phys == PHYS_STRUCT) {
        if (*p != '{')
            return json_fail(&r->scan, p, "an object");
        p = decode_object(r, root, p, row_i);
        if (p)
            bits_set(root->valid, row_i);
        return p;
    }
    if (root->phys == PHYS_LIST && root->children[0].phys == PHYS_STRUCT && *p == '{')
        return decode_lone_struct(r, p, row_i);
    return root->decode(r, root, p, row_i);
}

/* Decodes one text into row_i of the root. What is not good is told in *bad: a malformed text, whose
 * row is clear, or a misfit, of which a PERMISSIVE reader keeps the rest. */
static TextResult text_decode(JsonReader *r, Str text, uint32_t row_i, BadRecord *bad)
{
    const char *real_end;
    const char *from = json_text_guard(r->arena, text, &r->end, &real_end);
    const char *p = json_skip_space(from);

    r->fits = true;
    r->scan = (JsonScan){0};
    r->misfit = NULL;
    p = decode_root(r, p, row_i);
    if (p > real_end)
        p = json_fail(&r->scan, real_end, "a closing bracket");
    if (p && r->mode == FORMAT_STRICT && p < real_end) {
        p = json_skip_space(p);
        if (p < real_end)
            p = json_fail(&r->scan, p, "nothing more");
    }
    if (LIKELY(p && r->fits && !r->misfit))
        return TEXT_GOOD;
    if (!p || !r->fits)
        json_row_clear(r->root, row_i);
    if (r->scan.expected) {
        *bad = (BadRecord){row_i, "malformed_json", fault_message(r, from, real_end)};
        return TEXT_MALFORMED;
    }
    if (!r->misfit)
        misfit_note(r, r->root, from, real_end);
    *bad = (BadRecord){row_i, "bad_value", misfit_message(r)};
    return TEXT_MISFIT;
}

Vector *json_reader_read(JsonReader *r, Arena *arena, const Str *texts, uint32_t count,
                         BadRecords *bad)
{
    ASSERT(r->mode == FORMAT_PERMISSIVE);
    r->arena = arena;
    json_node_begin(r->root, arena, count);
    for (uint32_t i = 0; i < count; i++) {
        BadRecord record;
        TextResult result;

        if (!texts[i].data || is_blank(texts[i]))
            continue;
        result = text_decode(r, texts[i], i, &record);
        if (result == TEXT_MALFORMED && r->root->phys == PHYS_STRUCT)
            bits_set(r->root->valid, i); /* A struct of NULLs. */
        if (bad && result != TEXT_GOOD)
            bad_records_add(bad, arena, record);
    }
    return json_node_finish(r->root, arena, count);
}

void json_reader_decode(JsonReader *r, Arena *arena, const Str *records, uint32_t record_count,
                        Batch **out, uint32_t *rows, BadRecords *bad)
{
    uint32_t row_count = 0;
    Vector *record;

    ASSERT(r->root->phys == PHYS_STRUCT);
    r->arena = arena;
    json_node_begin(r->root, arena, record_count);
    for (uint32_t i = 0; i < record_count; i++) {
        BadRecord told;

        /* An empty line of a file is no row in a batch read. */
        if (r->mode == FORMAT_PERMISSIVE && (!records[i].data || is_blank(records[i])))
            continue;
        if (UNLIKELY(text_decode(r, records[i], row_count, &told) != TEXT_GOOD) &&
            r->mode == FORMAT_STRICT) {
            told.record_i = i;
            if (bad)
                bad_records_add(bad, arena, told);
            continue;
        }
        if (rows)
            rows[row_count] = i;
        row_count++;
    }
    record = json_node_finish(r->root, arena, row_count);
    *out = batch_new(arena, r->root->child_count, row_count);
    for (uint32_t c = 0; c < r->root->child_count; c++)
        (*out)->columns[c] = record->children[c];
}
