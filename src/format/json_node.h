/*
 * json_node.h: a type compiled for the JSON decoder: where each value goes.
 *
 * A node stands for a column, a field or an element. It knows where its values go in the batch being
 * decoded (data, bits, offsets) and, for a STRUCT, which names lead to which child.
 *
 * Invariants
 *  1. A node's bit for a row is clear before the row is decoded, and set last. So a record that turns
 *     out to be bad is taken back by clearing bits (row_clear), and its row is used again.
 *  2. The rows of a LIST node's child are those of its rows 0 .. lists_done - 1, in order. Whoever
 *     goes back to a row drops the child's rows from there on (list_open).
 */
#ifndef WEIR_FORMAT_JSON_NODE_H
#define WEIR_FORMAT_JSON_NODE_H

#include "format/json.h"
#include "format/json_scan.h"

enum { GUESSES_MAX = 64, GUESS_BYTES = 32 };

/* A name met at some place of an object: `"name":`, and the child it leads to (NO_CHILD: skipped). */
typedef struct NameGuess {
    char text[GUESS_BYTES];
    uint32_t bytes;
    uint32_t mask[2]; /* Which bytes of each half count. */
    uint32_t child_i;
} NameGuess;

#define NO_CHILD UINT32_MAX

typedef struct JsonNode JsonNode;

/*
 * Decodes the value at p into the node's row: returns behind it, or NULL when the text is no JSON
 * (told in r->scan). When the value does not fit, r->fits becomes false and the row's bit stays clear;
 * the value has been eaten whole all the same, so that a PERMISSIVE reader can go on behind it.
 */
typedef const char *JsonDecode(JsonReader *r, JsonNode *node, const char *p, uint32_t row_i);

struct JsonNode {
    const Type *type;
    JsonDecode *decode; /* The one for its type. */
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
    JsonScan scan;
    bool fits; /* The value just decoded did; whoever asks sets it true before. */
    const JsonNode *misfit; /* STRICT: the column whose value does not fit, and that value. */
    const char *misfit_from;
    const char *misfit_to;
};

static inline bool json_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool json_is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* ── json_node.c ───────────────────────────────────────────────────────────────────────────────*/

void json_node_init(JsonNode *node, Arena *memory, const Type *type, Str name, JsonNode *parent);
uint32_t json_node_child(const JsonNode *node, Str name); /* NO_CHILD: none */
/* Arrays for `capacity` rows in the batch's arena. */
void json_node_begin(JsonNode *node, Arena *arena, uint32_t capacity);
Vector *json_node_finish(JsonNode *node, Arena *arena, uint32_t row_count);

/* Forgets what a node and its fields hold for the row (invariant 1). */
void json_row_clear(JsonNode *node, uint32_t row_i);
/* The lists up to row_i are done; row_i's begins (invariant 2). */
void json_list_open(JsonNode *node, uint32_t row_i);
void json_list_close(JsonNode *node, uint32_t row_i);
void json_list_drop(JsonNode *node, uint32_t row_count); /* Back to `row_count` lists. */
/* One more row of a LIST's child. */
uint32_t json_element_row(JsonNode *node, Arena *arena);

/* ── json_scalar.c ─────────────────────────────────────────────────────────────────────────────*/

JsonDecode *json_scalar_decode(const Type *type); /* Of a type that is not nested. */
/* A value of another kind than asked for: eats it; NULL fits everywhere. */
const char *json_decode_other(JsonReader *r, const char *p);
/* The string at p with its escapes replaced. */
const char *json_read_string(JsonReader *r, const char *p, Str *out);
/* A map's key is a string; for other types than STRING its text is read as a value of the type. */
bool json_key_from_text(JsonReader *r, JsonNode *node, Str text, uint32_t row_i);

#endif
