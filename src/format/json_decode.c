/*
 * json_decode.c: JSON texts straight into columns (json.h).
 *
 * The type is compiled once into a tree of nodes, one for each column, field, element. A node knows
 * where its values go (data, bits, offsets of the batch being decoded) and, for a STRUCT, which
 * names lead to which child. Decoding is one descent over the text and the tree at once: no token
 * list, no document between.
 *
 * Records of one source mostly have the same fields in the same order. So each STRUCT remembers, by
 * place in the object, the bytes of the name it met there last (with quotes and colon) and whose it
 * was: when the same bytes come again the name is neither scanned nor looked up.
 *
 * Invariants
 *  1. A node's bit for a row is clear before the row is decoded, and set last. So a record that turns
 *     out to be bad is taken back by clearing bits (row_clear), and its row is used again.
 *  2. The rows of a LIST node's child are those of its rows 0 .. lists_done - 1, in order. Whoever
 *     goes back to a row drops the child's rows from there on (list_open).
 *  3. After decode_value has returned a place, the value there has been eaten whole, fitting or not,
 *     so that a PERMISSIVE reader can go on behind it.
 */
#include "format/json.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/vec.h"
#include "column/format_value.h"
#include "column/key.h"
#include "column/number_text.h"
#include "format/base64.h"
#include "format/json_scan.h"

enum { GUESSES_MAX = 64, GUESS_BYTES = 32, EXCERPT_BYTES = 40 };

/* A name met at some place of an object: `"name":`, and the child it leads to (NO_CHILD: skipped). */
typedef struct NameGuess {
    char text[GUESS_BYTES];
    uint32_t bytes;
    uint32_t mask[2]; /* Which bytes of each half count. */
    uint32_t child_i;
} NameGuess;

#define NO_CHILD UINT32_MAX

typedef struct JsonNode JsonNode;
struct JsonNode {
    const Type *type;
    PhysKind phys;
    Str name;
    JsonNode *parent;
    uint32_t child_count;
    JsonNode *children;

    /* STRUCT: names to children (open addressing), and the guesses. */
    uint32_t *slots;
    uint32_t slot_mask;
    NameGuess *guesses;
    uint32_t guess_count;

    /* Of the batch being decoded. */
    void *data;
    uint64_t *valid;
    uint32_t *offsets;
    uint32_t row_count;  /* Children of LIST nodes: rows so far. */
    uint32_t capacity;
    uint32_t lists_done; /* LIST: rows whose offsets are set. */
};

struct JsonReader {
    Arena memory; /* The tree's. */
    JsonNode *root;
    FormatMode mode;
    const Zone *zone;

    /* Of the text being decoded. */
    Arena *arena;
    const char *end;
    JsonFault fault;
    const JsonNode *misfit; /* STRICT: the column whose value does not fit, and that value. */
    const char *misfit_from;
    const char *misfit_to;
};

/* ── the tree ──────────────────────────────────────────────────────────────────────────────────*/

static void slots_fill(JsonNode *node, Arena *memory)
{
    uint32_t slot_count = 4;

    while (slot_count < node->child_count * 2)
        slot_count *= 2;
    node->slot_mask = slot_count - 1;
    node->slots = ARENA_ARRAY(memory, uint32_t, slot_count);
    for (uint32_t i = 0; i < slot_count; i++)
        node->slots[i] = NO_CHILD;
    for (uint32_t i = 0; i < node->child_count; i++) {
        Str name = node->children[i].name;
        uint32_t at = (uint32_t)hash_bytes(name.data, name.bytes) & node->slot_mask;

        while (node->slots[at] != NO_CHILD)
            at = (at + 1) & node->slot_mask;
        node->slots[at] = i;
    }
}

static void node_init(JsonNode *node, Arena *memory, const Type *type, Str name, JsonNode *parent)
{
    *node = (JsonNode){.type = type, .phys = type_phys(type), .name = name, .parent = parent};
    node->child_count = type->field_count;
    if (node->child_count > 0)
        node->children = ARENA_ARRAY(memory, JsonNode, node->child_count);
    for (uint32_t i = 0; i < node->child_count; i++)
        node_init(&node->children[i], memory, type->fields[i].type, type->fields[i].name, node);
    if (node->phys == PHYS_STRUCT) {
        slots_fill(node, memory);
        node->guesses = arena_zalloc(memory, GUESSES_MAX * sizeof(NameGuess));
    }
}

static uint32_t child_find(const JsonNode *node, Str name)
{
    uint32_t at = (uint32_t)hash_bytes(name.data, name.bytes) & node->slot_mask;

    while (node->slots[at] != NO_CHILD) {
        if (str_equal(node->children[node->slots[at]].name, name))
            return node->slots[at];
        at = (at + 1) & node->slot_mask;
    }
    return NO_CHILD;
}

JsonReader *json_reader_create(const Type *type, FormatMode mode, const Zone *zone)
{
    JsonReader *reader = mem_zalloc(sizeof *reader);

    arena_init(&reader->memory);
    reader->root = ARENA_NEW(&reader->memory, JsonNode);
    reader->mode = mode;
    reader->zone = zone;
    node_init(reader->root, &reader->memory, type, STR_EMPTY, NULL);
    return reader;
}

void json_reader_free(JsonReader *reader)
{
    if (!reader)
        return;
    arena_done(&reader->memory);
    free(reader);
}

/* ── where values go ───────────────────────────────────────────────────────────────────────────*/

/* Arrays for `capacity` rows in the batch's arena. */
static void node_begin(JsonNode *node, Arena *arena, uint32_t capacity)
{
    uint32_t bytes = phys_bytes(node->phys);
    bool is_list = node->phys == PHYS_LIST || node->phys == PHYS_MAP;

    node->capacity = capacity;
    node->row_count = node->lists_done = 0;
    node->data = bytes ? arena_alloc_array(arena, capacity, bytes) : NULL;
    node->valid = arena_zalloc(arena, bits_words(capacity) * sizeof(uint64_t));
    node->offsets = NULL;
    if (is_list) {
        node->offsets = ARENA_ARRAY(arena, uint32_t, (size_t)capacity + 1);
        node->offsets[0] = 0;
    }
    for (uint32_t i = 0; i < node->child_count; i++)
        node_begin(&node->children[i], arena, capacity);
}

static void *grown(Arena *arena, const void *from, size_t old_bytes, size_t new_bytes)
{
    char *to = arena_alloc(arena, new_bytes);

    if (old_bytes)
        memcpy(to, from, old_bytes);
    memset(to + old_bytes, 0, new_bytes - old_bytes);
    return to;
}

static void node_grow(JsonNode *node, Arena *arena)
{
    size_t bytes = phys_bytes(node->phys);
    size_t old = node->capacity;
    size_t new = MAX(old * 2, (size_t)16);

    ASSERT(new <= UINT32_MAX / 2);
    if (node->data)
        node->data = grown(arena, node->data, old * bytes, new * bytes);
    node->valid = grown(arena, node->valid, bits_words(old) * 8, bits_words(new) * 8);
    if (node->offsets)
        node->offsets = grown(arena, node->offsets, (old + 1) * 4, (new + 1) * 4);
    node->capacity = (uint32_t)new;
    if (node->phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < node->child_count; i++)
            node_grow(&node->children[i], arena);
    }
}

static void list_drop(JsonNode *node, uint32_t row_count);

/* Forgets what a node and its fields hold for the row (invariant 1). */
static void row_clear(JsonNode *node, uint32_t row_i)
{
    bits_clear(node->valid, row_i);
    if (node->offsets) {
        if (node->lists_done > row_i)
            list_drop(node, row_i);
    } else {
        for (uint32_t i = 0; i < node->child_count; i++)
            row_clear(&node->children[i], row_i);
    }
}

/* Drops a LIST child's rows, or those of a field in it, from row_count on. */
static void rows_drop(JsonNode *node, uint32_t row_count)
{
    node->row_count = row_count;
    if (node->offsets) {
        if (node->lists_done > row_count)
            list_drop(node, row_count);
    } else {
        for (uint32_t i = 0; i < node->child_count; i++)
            rows_drop(&node->children[i], row_count);
    }
}

/* Back to `row_count` lists (invariant 2). */
static void list_drop(JsonNode *node, uint32_t row_count)
{
    node->lists_done = row_count;
    for (uint32_t i = 0; i < node->child_count; i++)
        rows_drop(&node->children[i], node->offsets[row_count]);
}

/* Lists up to row_i are done; those not met are empty. */
static void list_fill(JsonNode *node, uint32_t row_i)
{
    for (; node->lists_done < row_i; node->lists_done++)
        node->offsets[node->lists_done + 1] = node->offsets[node->lists_done];
}

static void list_open(JsonNode *node, uint32_t row_i)
{
    if (node->lists_done > row_i)
        list_drop(node, row_i);
    list_fill(node, row_i);
}

static void list_close(JsonNode *node, uint32_t row_i)
{
    node->offsets[row_i + 1] = node->children[0].row_count;
    node->lists_done = row_i + 1;
    bits_set(node->valid, row_i);
}

/* One more row of a LIST's child. */
static uint32_t element_row(JsonNode *node, Arena *arena)
{
    if (node->row_count == node->capacity)
        node_grow(node, arena);
    row_clear(node, node->row_count);
    return node->row_count++;
}

/* Which of a map's entries stay: of those with the same key the last. `slots` has room for twice
 * the entries; the rows kept go to `kept`, their number is returned. */
static uint32_t entries_keep(const KeySet *keys, uint32_t from, uint32_t count, uint32_t *slots,
                             uint32_t *kept)
{
    uint32_t slot_count = 2;
    uint32_t kept_count = 0;

    while (slot_count < count * 2)
        slot_count *= 2;
    for (uint32_t i = 0; i < slot_count; i++)
        slots[i] = UINT32_MAX;
    for (uint32_t row_i = from; row_i < from + count; row_i++) {
        uint32_t at = (uint32_t)keys->hashes[row_i] & (slot_count - 1);

        while (slots[at] != UINT32_MAX && !str_equal(keys->keys[kept[slots[at]]], keys->keys[row_i]))
            at = (at + 1) & (slot_count - 1);
        if (slots[at] == UINT32_MAX)
            slots[at] = kept_count++;
        kept[slots[at]] = row_i;
    }
    return kept_count;
}

/* JSON objects may repeat a name, maps hold a key once: the last entry wins. */
static void map_make_unique(Vector *v, Arena *arena)
{
    const Vector *keys = v->children[0];
    uint32_t total = v->offsets[v->row_count];
    uint32_t *kept, *slots;
    uint32_t longest = 0;
    uint32_t kept_count = 0;
    KeySet set;

    for (uint32_t i = 0; i < v->row_count; i++)
        longest = MAX(longest, v->offsets[i + 1] - v->offsets[i]);
    if (longest < 2)
        return;
    key_encode(arena, &keys, 1, total, &set);
    kept = ARENA_ARRAY(arena, uint32_t, total);
    slots = ARENA_ARRAY(arena, uint32_t, (size_t)longest * 4);
    for (uint32_t i = 0; i < v->row_count; i++) {
        uint32_t from = v->offsets[i];

        v->offsets[i] = kept_count;
        kept_count += entries_keep(&set, from, v->offsets[i + 1] - from, slots, kept + kept_count);
    }
    if (kept_count < total) {
        for (uint32_t f = 0; f < 2; f++)
            v->children[f] = vector_select(arena, v->children[f], kept, kept_count);
    }
    v->offsets[v->row_count] = kept_count;
}

static Vector *node_finish(JsonNode *node, Arena *arena, uint32_t row_count)
{
    Vector *v = ARENA_NEW(arena, Vector);
    uint32_t bytes = phys_bytes(node->phys);

    *v = (Vector){.type = node->type, .row_count = row_count, .data = node->data,
                  .valid = node->valid, .offsets = node->offsets};
    if (node->offsets)
        list_fill(node, row_count);
    if (node->phys != PHYS_VOID && vector_null_count(v) == 0)
        v->valid = NULL;
    for (uint32_t i = 0; v->valid && bytes && i < row_count; i++) {
        if (bits_get(v->valid, i))
            continue;
        if (node->phys == PHYS_STR)
            vector_strs(v)[i] = STR_EMPTY;
        else
            memset((char *)v->data + (size_t)i * bytes, 0, bytes);
    }
    if (node->child_count > 0)
        v->children = ARENA_ARRAY(arena, Vector *, node->child_count);
    for (uint32_t i = 0; i < node->child_count; i++)
        v->children[i] = node_finish(&node->children[i], arena,
                                     node->offsets ? node->offsets[row_count] : row_count);
    if (node->phys == PHYS_MAP)
        map_make_unique(v, arena);
    return v;
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

/* A value of another kind than asked for: eats it; NULL fits everywhere. The bit stays clear. */
static const char *decode_other(JsonReader *r, const char *p, bool *fits)
{
    *fits = *p == 'n';
    return json_skip_value(p, r->end, JSON_DEPTH_MAX, &r->fault);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* An integer token of at most 18 digits; NULL: something else, look again. */
static inline const char *quick_int(const char *p, int64_t *out)
{
    bool negative = *p == '-';
    const char *first = p + negative;
    uint64_t value = 0; /* Wraps with more digits than are taken. */

    for (p = first; is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
    if (UNLIKELY(p - first > 18 || p == first || (*first == '0' && p - first > 1)))
        return NULL;
    if (UNLIKELY(*p != ',' && *p != '}' && *p != ']'))
        return NULL;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return p;
}

/* An integer token that may be followed by anything; *fits: it is one, in 64 bits. */
static const char *slow_int(JsonReader *r, const char *p, int64_t *out, bool *fits)
{
    bool is_integer;
    const char *after;

    if (!is_digit(*p) && !(*p == '-' && is_digit(p[1])))
        return decode_other(r, p, fits);
    after = json_number(p, &is_integer, &r->fault);
    *fits = after && is_integer && text_to_int64((Str){p, (uint32_t)(after - p)}, out);
    return after;
}

/* False: the column is too narrow. */
static inline bool int_put(JsonNode *node, uint32_t row_i, int64_t value)
{
    if (node->phys == PHYS_I64) {
        ((int64_t *)node->data)[row_i] = value;
        return true;
    }
    if (node->phys == PHYS_I32) {
        ((int32_t *)node->data)[row_i] = (int32_t)value;
        return value == (int32_t)value;
    }
    if (node->phys == PHYS_I16) {
        ((int16_t *)node->data)[row_i] = (int16_t)value;
        return value == (int16_t)value;
    }
    ((int8_t *)node->data)[row_i] = (int8_t)value;
    return value == (int8_t)value;
}

static const char *decode_int(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                              bool *fits)
{
    int64_t value;
    const char *after = quick_int(p, &value);

    if (UNLIKELY(!after)) {
        bool is_null = *p == 'n';

        after = slow_int(r, p, &value, fits);
        if (!after || !*fits || is_null)
            return after;
    }
    *fits = int_put(node, row_i, value);
    if (LIKELY(*fits))
        bits_set(node->valid, row_i);
    return after;
}

static const char *decode_bool(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                               bool *fits)
{
    if (*p != 't' && *p != 'f')
        return decode_other(r, p, fits);
    ((uint8_t *)node->data)[row_i] = *p == 't';
    bits_set(node->valid, row_i);
    return json_literal(p, r->end, *p == 't' ? "true" : "false", &r->fault);
}

/* The string at p with its escapes replaced, into *out. */
static const char *read_string(JsonReader *r, const char *p, Str *out)
{
    bool escaped = false;
    const char *after = *p == '"' ? json_string(p + 1, r->end, &escaped, &r->fault)
                                  : json_string_slow(p + 1, r->end, *p, &escaped, &r->fault);

    if (UNLIKELY(!after))
        return NULL;
    *out = (Str){p + 1, (uint32_t)(after - p - 2)};
    if (UNLIKELY(escaped)) {
        char *plain = arena_alloc(r->arena, out->bytes);

        *out = (Str){plain, json_unescape(*out, plain)};
    }
    return after;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

static const char *decode_string(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                                 bool *fits)
{
    Str *out = (Str *)node->data + row_i;
    const char *after;
    StrBuf text;

    if (LIKELY(is_quote(*p))) {
        bits_set(node->valid, row_i);
        return read_string(r, p, out);
    }
    after = decode_other(r, p, fits);
    if (!after || *p == 'n')
        return after;
    strbuf_init(&text);
    json_write_compact(&text, p, after);
    *out = str_copy(r->arena, strbuf_str(&text));
    strbuf_done(&text);
    bits_set(node->valid, row_i);
    *fits = true;
    return after;
}

static bool special_text(Str text, double *out)
{
    static const struct {
        const char *text;
        double value;
    } specials[] = {
        {"NaN", (double)NAN},
        {"Infinity", (double)INFINITY},
        {"+Infinity", (double)INFINITY},
        {"INF", (double)INFINITY},
        {"+INF", (double)INFINITY},
        {"-Infinity", -(double)INFINITY},
        {"-INF", -(double)INFINITY},
    };

    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        if (str_is(text, specials[i].text)) {
            *out = specials[i].value;
            return true;
        }
    }
    return false;
}

/* Up to 15 digits with a point among them: exact when divided by a power of ten. */
static inline const char *quick_double(const char *p, double *out)
{
    static const double powers10[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
                                      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *p == '-';
    const char *first = p + negative;
    const char *point;
    uint64_t value = 0;
    int digit_count;
    double d;

    for (p = first; is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
    if (p == first || (*first == '0' && p - first > 1) || p - first > 15)
        return NULL;
    point = p;
    if (*p == '.') {
        for (p++; is_digit(*p); p++)
            value = value * 10 + (uint64_t)(*p - '0');
        if (p == point + 1)
            return NULL;
    }
    digit_count = (int)MIN(p - first, 100);
    if (digit_count > 16 || (*p != ',' && *p != '}' && *p != ']'))
        return NULL;
    d = p == point ? (double)value : (double)value / powers10[p - point - 1];
    *out = negative ? -d : d;
    return p;
}

static const char *decode_double(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                                 bool *fits)
{
    double value = 0;
    NumberText number;
    const char *after;
    bool is_integer;
    bool is_float = node->phys == PHYS_F32;
    bool done = false;

    after = is_float ? NULL : quick_double(p, &value);
    if (after) {
        done = true;
    } else if (is_digit(*p) || (*p == '-' && is_digit(p[1]))) {
        after = json_number(p, &is_integer, &r->fault);
        if (!after)
            return NULL;
        *fits = number_scan((Str){p, (uint32_t)(after - p)}, &number);
        if (*fits && is_float) {
            ((float *)node->data)[row_i] = number_to_float(&number);
            bits_set(node->valid, row_i);
            return after;
        }
        value = *fits ? number_to_double(&number) : 0;
        done = *fits;
    } else if (is_quote(*p)) {
        Str text;

        after = read_string(r, p, &text);
        done = *fits = after && special_text(text, &value);
    } else {
        after = json_not_a_number(p, r->end, &value);
        done = after != NULL;
        if (!after)
            after = decode_other(r, p, fits);
    }
    if (!done)
        return after;
    if (is_float)
        ((float *)node->data)[row_i] = (float)value;
    else
        ((double *)node->data)[row_i] = value;
    bits_set(node->valid, row_i);
    return after;
}

/* At most 18 digits, no more of them behind the point than `scale`; NULL: look again. */
static inline const char *quick_decimal(const char *p, int precision, int scale, Int128 *out)
{
    static const int64_t powers10[] = {1,
                                       10,
                                       100,
                                       1000,
                                       10000,
                                       100000,
                                       1000000,
                                       10000000,
                                       100000000,
                                       1000000000};
    bool negative = *p == '-';
    const char *first = p + negative;
    const char *point;
    uint64_t value = 0;
    int fraction = 0;

    for (p = first; is_digit(*p); p++)
        value = value * 10 + (uint64_t)(*p - '0');
    if (p == first || (*first == '0' && p - first > 1) || p - first > 9)
        return NULL;
    point = p;
    if (*p == '.') {
        for (p++; is_digit(*p); p++)
            value = value * 10 + (uint64_t)(*p - '0');
        fraction = (int)MIN(p - point - 1, 100);
        if (fraction == 0)
            return NULL;
    }
    if (p - first > 18 || fraction > scale || scale - fraction > 9 ||
        (*p != ',' && *p != '}' && *p != ']' && *p != '"'))
        return NULL;
    *out = (Int128)value * powers10[scale - fraction];
    if (negative)
        *out = -*out;
    return decimal_fits(*out, precision) ? p : NULL;
}

/* A number in quotes: Spark takes commas out of it. */
static bool text_decimal(JsonReader *r, Str text, const Type *type, Int128 *out)
{
    NumberText number;

    if (str_find_char(text, ',') >= 0) {
        char *copy = arena_alloc(r->arena, text.bytes);
        uint32_t bytes = 0;

        for (uint32_t i = 0; i < text.bytes; i++) {
            if (text.data[i] != ',')
                copy[bytes++] = text.data[i];
        }
        text = (Str){copy, bytes};
    }
    return number_scan(text, &number) &&
           number_to_decimal(&number, type->precision, type->scale, out);
}

static const char *decode_decimal(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                                  bool *fits)
{
    Int128 *out = (Int128 *)node->data + row_i;
    const Type *type = node->type;
    NumberText number;
    bool is_integer;
    Str text;
    const char *after = quick_decimal(p + (*p == '"'), type->precision, type->scale, out);

    if (LIKELY(after && (*p == '"') == (*after == '"'))) {
        bits_set(node->valid, row_i);
        return after + (*p == '"');
    }
    if (is_quote(*p)) {
        after = read_string(r, p, &text);
        *fits = after && text_decimal(r, text, type, out);
    } else if (is_digit(*p) || (*p == '-' && is_digit(p[1]))) {
        after = json_number(p, &is_integer, &r->fault);
        *fits = after && number_scan((Str){p, (uint32_t)(after - p)}, &number) &&
                number_to_decimal(&number, type->precision, type->scale, out);
    } else {
        return decode_other(r, p, fits);
    }
    if (*fits)
        bits_set(node->valid, row_i);
    return after;
}

/* A whole number is seconds since 1970. */
static const char *timestamp_of_seconds(JsonReader *r, JsonNode *node, const char *p,
                                        uint32_t row_i, bool *fits)
{
    int64_t seconds;
    bool is_null = *p == 'n';
    const char *after = slow_int(r, p, &seconds, fits);

    if (!after || !*fits || is_null)
        return after;
    *fits = !__builtin_mul_overflow(seconds, INT64_C(1000000), (int64_t *)node->data + row_i);
    if (*fits)
        bits_set(node->valid, row_i);
    return after;
}

static bool text_to_value(JsonReader *r, JsonNode *node, Str text, uint32_t row_i)
{
    const Type *type = node->type;

    switch (type->kind) {
    case TYPE_DATE:
        return text_to_date(text, (int32_t *)node->data + row_i);
    case TYPE_TIMESTAMP:
        return text_to_timestamp(text, r->zone, (int64_t *)node->data + row_i);
    case TYPE_TIMESTAMP_NTZ:
        return text_to_timestamp_ntz(text, false, (int64_t *)node->data + row_i);
    case TYPE_INTERVAL_YM:
        return text_to_interval_ym(text, type, (int32_t *)node->data + row_i);
    case TYPE_INTERVAL_DT:
        return text_to_interval_dt(text, type, (int64_t *)node->data + row_i);
    case TYPE_INTERVAL:
        return text_to_interval(text, (Interval *)node->data + row_i);
    case TYPE_BINARY:
        return base64_decode(r->arena, text, (Str *)node->data + row_i);
    case TYPE_VOID:
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
    case TYPE_STRING:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

/* Dates, times, intervals, binary: all are written as strings. */
static const char *decode_text(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                               bool *fits)
{
    const char *after;
    Str text;

    if (UNLIKELY(!is_quote(*p)))
        return node->type->kind == TYPE_TIMESTAMP ? timestamp_of_seconds(r, node, p, row_i, fits)
                                                  : decode_other(r, p, fits);
    after = read_string(r, p, &text);
    if (UNLIKELY(!after))
        return NULL;
    *fits = text_to_value(r, node, text, row_i);
    if (LIKELY(*fits))
        bits_set(node->valid, row_i);
    return after;
}

/* ── nested values ─────────────────────────────────────────────────────────────────────────────*/

static const char *decode_value(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                                bool *fits);

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

    if (!is_quote(*p))
        return json_fail(&r->fault, p, "a name in quotes");
    p = read_string(r, p, &name);
    if (!p)
        return NULL;
    compact = name.data == from + 1 && *p == ':';
    p = json_skip_space(p);
    if (*p != ':')
        return json_fail(&r->fault, p, "':'");
    p++;
    *child_i = child_find(node, name);
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
    bool fits = true;

    /* Seen before in this object: the last one counts. */
    if (UNLIKELY(bits_get(child->valid, row_i)))
        row_clear(child, row_i);
    p = decode_value(r, child, p, row_i, &fits);
    if (LIKELY(p && fits))
        return p;
    if (p) {
        row_clear(child, row_i);
        misfit_note(r, child, from, p);
        if (r->mode == FORMAT_STRICT)
            return NULL;
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
        if (child_i == NO_CHILD)
            p = json_skip_value(p, r->end, JSON_DEPTH_MAX, &r->fault);
        else
            p = decode_field(r, &node->children[child_i], p, row_i);
        if (UNLIKELY(!p))
            return NULL;
        if (UNLIKELY(p >= r->end))
            return json_fail(&r->fault, r->end, "'}'");
        p = json_skip_space(p);
        if (*p == '}')
            return p + 1;
        if (UNLIKELY(*p != ','))
            return json_fail(&r->fault, p, "',' or '}'");
        p = json_skip_space(p + 1);
    }
}

static const char *decode_struct(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                                 bool *fits)
{
    if (*p != '{')
        return decode_other(r, p, fits);
    p = decode_object(r, node, p, row_i);
    if (p)
        bits_set(node->valid, row_i);
    return p;
}

/* Nothing is kept of a list in which something does not fit; the rest of it is skipped. */
static const char *list_misfit(JsonReader *r, JsonNode *node, const JsonNode *child,
                               const char *list, const char *from, const char *to, uint32_t row_i,
                               bool *fits)
{
    misfit_note(r, child, from, to);
    list_drop(node, row_i);
    *fits = false;
    return json_skip_value(list, r->end, JSON_DEPTH_MAX, &r->fault);
}

static const char *decode_array(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                                bool *fits)
{
    JsonNode *child = &node->children[0];
    const char *list = p;

    if (*p != '[')
        return decode_other(r, p, fits);
    list_open(node, row_i);
    p = json_skip_space(p + 1);
    if (*p == ']') {
        list_close(node, row_i);
        return p + 1;
    }
    for (;;) {
        const char *from = p;

        p = decode_value(r, child, p, element_row(child, r->arena), fits);
        if (!p)
            return NULL;
        if (!*fits)
            return list_misfit(r, node, child, list, from, p, row_i, fits);
        if (p >= r->end)
            return json_fail(&r->fault, r->end, "']'");
        p = json_skip_space(p);
        if (*p == ']') {
            list_close(node, row_i);
            return p + 1;
        }
        if (*p != ',')
            return json_fail(&r->fault, p, "',' or ']'");
        p = json_skip_space(p + 1);
    }
}

/* A map's key is a string; for other types than STRING its text is read as a value of the type. */
static bool key_from_text(JsonReader *r, JsonNode *node, Str text, uint32_t row_i)
{
    bool boolean;
    int64_t number;

    switch (node->phys) {
    case PHYS_BOOL:
        if (!text_to_bool(text, &boolean))
            return false;
        ((uint8_t *)node->data)[row_i] = boolean;
        break;
    case PHYS_I8:
    case PHYS_I16:
    case PHYS_I32:
    case PHYS_I64:
        if (node->type->kind > TYPE_BIGINT) {
            if (!text_to_value(r, node, text, row_i))
                return false;
            break;
        }
        if (!text_to_int64(text, &number))
            return false;
        if (!int_put(node, row_i, number))
            return false;
        break;
    case PHYS_F32:
        if (!text_to_float(text, (float *)node->data + row_i))
            return false;
        break;
    case PHYS_F64:
        if (!text_to_double(text, (double *)node->data + row_i))
            return false;
        break;
    case PHYS_I128:
        if (!text_to_decimal(text, node->type->precision, node->type->scale,
                             (Int128 *)node->data + row_i))
            return false;
        break;
    case PHYS_STR:
        if (node->type->kind == TYPE_BINARY)
            return false;
        ((Str *)node->data)[row_i] = text;
        break;
    case PHYS_INTERVAL:
        if (!text_to_value(r, node, text, row_i))
            return false;
        break;
    case PHYS_VOID:
    case PHYS_LIST:
    case PHYS_MAP:
    case PHYS_STRUCT:
        return false;
    }
    bits_set(node->valid, row_i);
    return true;
}

static const char *decode_map(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                              bool *fits)
{
    JsonNode *keys = &node->children[0];
    JsonNode *values = &node->children[1];
    const char *map = p;

    if (*p != '{')
        return decode_other(r, p, fits);
    list_open(node, row_i);
    p = json_skip_space(p + 1);
    if (*p == '}') {
        list_close(node, row_i);
        return p + 1;
    }
    for (;;) {
        const char *from = p;
        uint32_t element_i = element_row(keys, r->arena);
        Str name;

        if (!is_quote(*p))
            return json_fail(&r->fault, p, "a name in quotes");
        p = read_string(r, p, &name);
        if (!p)
            return NULL;
        if (!key_from_text(r, keys, name, element_i))
            return list_misfit(r, node, keys, map, from, p, row_i, fits);
        p = json_skip_space(p);
        if (*p != ':')
            return json_fail(&r->fault, p, "':'");
        from = p = json_skip_space(p + 1);
        p = decode_value(r, values, p, element_row(values, r->arena), fits);
        if (!p)
            return NULL;
        if (!*fits)
            return list_misfit(r, node, values, map, from, p, row_i, fits);
        if (p >= r->end)
            return json_fail(&r->fault, r->end, "'}'");
        p = json_skip_space(p);
        if (*p == '}') {
            list_close(node, row_i);
            return p + 1;
        }
        if (*p != ',')
            return json_fail(&r->fault, p, "',' or '}'");
        p = json_skip_space(p + 1);
    }
}

static const char *decode_value(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i,
                                bool *fits)
{
    switch (node->type->kind) {
    case TYPE_BOOLEAN:
        return decode_bool(r, node, p, row_i, fits);
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return decode_int(r, node, p, row_i, fits);
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return decode_double(r, node, p, row_i, fits);
    case TYPE_DECIMAL:
        return decode_decimal(r, node, p, row_i, fits);
    case TYPE_STRING:
        return decode_string(r, node, p, row_i, fits);
    case TYPE_BINARY:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
        return decode_text(r, node, p, row_i, fits);
    case TYPE_ARRAY:
        return decode_array(r, node, p, row_i, fits);
    case TYPE_MAP:
        return decode_map(r, node, p, row_i, fits);
    case TYPE_STRUCT:
        return decode_struct(r, node, p, row_i, fits);
    case TYPE_VOID:
        return decode_other(r, p, fits);
    case TYPE_KIND_COUNT:
        break;
    }
    UNREACHABLE();
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
    const char *at = MIN(r->fault.at, real_end);
    Str found = excerpt(at, real_end);

    if (found.bytes == 0)
        return arena_printf(r->arena, "not JSON: the text ends at byte %zu, %s expected",
                            (size_t)(at - text) + 1, r->fault.expected);
    return arena_printf(r->arena, "not JSON: byte %zu: %s expected, found '%.*s'",
                        (size_t)(at - text) + 1, r->fault.expected, STR_ARG(found));
}

static void bad_add(Arena *arena, BadRecords *bad, BadRecord record)
{
    if (!bad)
        return;
    if (bad->count == bad->capacity) {
        uint32_t capacity = MAX(16u, bad->capacity * 2);
        BadRecord *items = ARENA_ARRAY(arena, BadRecord, capacity);

        if (bad->count)
            memcpy(items, bad->items, bad->count * sizeof *items);
        bad->items = items;
        bad->capacity = capacity;
    }
    bad->items[bad->count++] = record;
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

    list_open(r->root, row_i);
    p = decode_object(r, child, p, element_row(child, r->arena));
    if (!p)
        return NULL;
    bits_set(child->valid, child->row_count - 1);
    list_close(r->root, row_i);
    return p;
}

static const char *decode_root(JsonReader *r, const char *p, uint32_t row_i, bool *fits)
{
    JsonNode *root = r->root;

    if (root->phys == PHYS_STRUCT) {
        if (*p != '{')
            return json_fail(&r->fault, p, "an object");
        p = decode_object(r, root, p, row_i);
        if (p)
            bits_set(root->valid, row_i);
        return p;
    }
    if (root->phys == PHYS_LIST && root->children[0].phys == PHYS_STRUCT && *p == '{')
        return decode_lone_struct(r, p, row_i);
    return decode_value(r, root, p, row_i, fits);
}

/* Decodes one text into row_i of the root. What is not good is told in *bad: a malformed text, whose
 * row is clear, or a misfit, of which a PERMISSIVE reader keeps the rest. */
static TextResult text_decode(JsonReader *r, Str text, uint32_t row_i, BadRecord *bad)
{
    const char *real_end;
    const char *from = json_text_guard(r->arena, text, &r->end, &real_end);
    const char *p = json_skip_space(from);
    bool fits = true;

    r->fault = (JsonFault){0};
    r->misfit = NULL;
    p = decode_root(r, p, row_i, &fits);
    if (p > real_end)
        p = json_fail(&r->fault, real_end, "a closing bracket");
    if (p && r->mode == FORMAT_STRICT && p < real_end) {
        p = json_skip_space(p);
        if (p < real_end)
            p = json_fail(&r->fault, p, "nothing more");
    }
    if (LIKELY(p && fits && !r->misfit))
        return TEXT_GOOD;
    if (!p || !fits)
        row_clear(r->root, row_i);
    if (r->fault.expected) {
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
    node_begin(r->root, arena, count);
    for (uint32_t i = 0; i < count; i++) {
        BadRecord record;
        TextResult result;

        if (!texts[i].data || is_blank(texts[i]))
            continue;
        result = text_decode(r, texts[i], i, &record);
        if (result == TEXT_MALFORMED && r->root->phys == PHYS_STRUCT)
            bits_set(r->root->valid, i); /* A struct of NULLs. */
        if (result != TEXT_GOOD)
            bad_add(arena, bad, record);
    }
    return node_finish(r->root, arena, count);
}

void json_reader_decode(JsonReader *r, Arena *arena, const Str *records, uint32_t record_count,
                        Batch **out, uint32_t *rows, BadRecords *bad)
{
    uint32_t row_count = 0;
    Vector *record;

    ASSERT(r->root->phys == PHYS_STRUCT);
    r->arena = arena;
    node_begin(r->root, arena, record_count);
    for (uint32_t i = 0; i < record_count; i++) {
        BadRecord told;

        /* An empty line of a file is no row in a batch read. */
        if (r->mode == FORMAT_PERMISSIVE && (!records[i].data || is_blank(records[i])))
            continue;
        if (UNLIKELY(text_decode(r, records[i], row_count, &told) != TEXT_GOOD) &&
            r->mode == FORMAT_STRICT) {
            told.record_i = i;
            bad_add(arena, bad, told);
            continue;
        }
        if (rows)
            rows[row_count] = i;
        row_count++;
    }
    record = node_finish(r->root, arena, row_count);
    *out = batch_new(arena, r->root->child_count, row_count);
    for (uint32_t c = 0; c < r->root->child_count; c++)
        (*out)->columns[c] = record->children[c];
}
