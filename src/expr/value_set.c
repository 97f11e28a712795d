/*
 * value_set.c: sets of encoded values (value_set.h): open addressing, kept in order of addition.
 */
#include "expr/value_set.h"

#include <stdlib.h>

#include "base/hash.h"
#include "expr/value_codec.h"

void value_set_init(ValueSet *set)
{
    memset(set, 0, sizeof *set);
}

void value_set_done(ValueSet *set)
{
    strbuf_done(&set->bytes);
    free(set->slots);
    free(set->ends);
    memset(set, 0, sizeof *set);
}

void value_set_clear(ValueSet *set)
{
    strbuf_clear(&set->bytes);
    if (set->slots)
        memset(set->slots, 0, set->slot_count * sizeof *set->slots);
    set->count = 0;
}

Str value_set_at(const ValueSet *set, uint32_t i)
{
    uint32_t from = i ? set->ends[i - 1] : 0;

    return (Str){strbuf_c(&set->bytes) + from, set->ends[i] - from};
}

static uint32_t *find_slot(const ValueSet *set, Str bytes)
{
    uint32_t slot = (uint32_t)hash_bytes(bytes.data, bytes.bytes) & (set->slot_count - 1);

    while (set->slots[slot] && !str_equal(value_set_at(set, set->slots[slot] - 1), bytes))
        slot = (slot + 1) & (set->slot_count - 1);
    return &set->slots[slot];
}

static void grow(ValueSet *set)
{
    set->slot_count = set->slot_count ? set->slot_count * 2 : 16;
    free(set->slots);
    set->slots = mem_zalloc(set->slot_count * sizeof *set->slots);
    for (uint32_t i = 0; i < set->count; i++)
        *find_slot(set, value_set_at(set, i)) = i + 1;
}

uint32_t value_set_add_bytes(ValueSet *set, Str bytes, bool *added)
{
    uint32_t *slot;

    if (2 * (set->count + 1) > set->slot_count)
        grow(set);
    slot = find_slot(set, bytes);
    *added = !*slot;
    if (*slot)
        return *slot - 1;
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 16;
        set->ends = mem_realloc(set->ends, set->capacity * sizeof *set->ends);
    }
    strbuf_add_str(&set->bytes, bytes);
    set->ends[set->count++] = (uint32_t)set->bytes.bytes;
    *slot = set->count;
    return set->count - 1;
}

bool value_set_add(ValueSet *set, const Vector *v, uint32_t row_i)
{
    StrBuf bytes;
    bool added;

    strbuf_init(&bytes);
    value_encode_marked(&bytes, v, row_i, true);
    value_set_add_bytes(set, strbuf_str(&bytes), &added);
    strbuf_done(&bytes);
    return added;
}

bool value_set_has(ValueSet *set, const Vector *v, uint32_t row_i)
{
    StrBuf bytes;
    bool has;

    if (!set->slot_count)
        return false;
    strbuf_init(&bytes);
    value_encode_marked(&bytes, v, row_i, true);
    has = *find_slot(set, strbuf_str(&bytes)) != 0;
    strbuf_done(&bytes);
    return has;
}
