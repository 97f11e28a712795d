/*
 * json_node.c: where the values of JSON texts go (json_node.h).
 */
#include "format/json_node.h"

#include "base/assert.h"
#include "base/hash.h"
#include "column/key.h"

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

void json_node_init(JsonNode *node, Arena *memory, const Type *type, Str name, JsonNode *parent)
{
    *node = (JsonNode){.type = type, .phys = type_phys(type), .name = name, .parent = parent};
    node->child_count = type->field_count;
    if (node->child_count > 0)
        node->children = ARENA_ARRAY(memory, JsonNode, node->child_count);
    for (uint32_t i = 0; i < node->child_count; i++)
        json_node_init(&node->children[i], memory, type->fields[i].type, type->fields[i].name, node);
    if (node->phys == PHYS_STRUCT) {
        slots_fill(node, memory);
        node->guesses = arena_zalloc(memory, GUESSES_MAX * sizeof(NameGuess));
    }
}

uint32_t json_node_child(const JsonNode *node, Str name)
{
    uint32_t at = (uint32_t)hash_bytes(name.data, name.bytes) & node->slot_mask;

    while (node->slots[at] != NO_CHILD) {
        if (str_equal(node->children[node->slots[at]].name, name))
            return node->slots[at];
        at = (at + 1) & node->slot_mask;
    }
    return NO_CHILD;
}

/* ── where values go ───────────────────────────────────────────────────────────────────────────*/

/* Arrays for `capacity` rows in the batch's arena. */
void json_node_begin(JsonNode *node, Arena *arena, uint32_t capacity)
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
        json_node_begin(&node->children[i], arena, capacity);
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

/* Forgets what a node and its fields hold for the row (invariant 1). */
void json_row_clear(JsonNode *node, uint32_t row_i)
{
    bits_clear(node->valid, row_i);
    if (node->offsets) {
        json_list_drop(node, MIN(node->lists_done, row_i));
    } else {
        for (uint32_t i = 0; i < node->child_count; i++)
            json_row_clear(&node->children[i], row_i);
    }
}

/* Drops a LIST child's rows, or those of a field in it, from row_count on. */
static void rows_drop(JsonNode *node, uint32_t row_count)
{
    node->row_count = row_count;
    if (node->offsets) {
        json_list_drop(node, MIN(node->lists_done, row_count));
    } else {
        for (uint32_t i = 0; i < node->child_count; i++)
            rows_drop(&node->children[i], row_count);
    }
}

/* Back to `row_count` lists; what the children hold of one broken off goes too (invariant 2). */
void json_list_drop(JsonNode *node, uint32_t row_count)
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

void json_list_open(JsonNode *node, uint32_t row_i)
{
    json_list_drop(node, MIN(node->lists_done, row_i));
    list_fill(node, row_i);
}

void json_list_close(JsonNode *node, uint32_t row_i)
{
    node->offsets[row_i + 1] = node->children[0].row_count;
    node->lists_done = row_i + 1;
    bits_set(node->valid, row_i);
}

/* One more row of a LIST's child. */
uint32_t json_element_row(JsonNode *node, Arena *arena)
{
    if (node->row_count == node->capacity)
        node_grow(node, arena);
    json_row_clear(node, node->row_count);
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

Vector *json_node_finish(JsonNode *node, Arena *arena, uint32_t row_count)
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
        v->children[i] = json_node_finish(&node->children[i], arena,
                                     node->offsets ? node->offsets[row_count] : row_count);
    if (node->phys == PHYS_MAP)
        map_make_unique(v, arena);
    return v;
}
