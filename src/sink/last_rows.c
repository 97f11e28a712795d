#include "sink/last_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* A set of rows by key: open addressing, rows + 1, 0 is free. */
static bool set_add(uint32_t *slots, size_t slot_count, const Str *keys, uint64_t hash,
                    uint32_t row_i)
{
    size_t at = (size_t)hash & (slot_count - 1);

    while (slots[at]) {
        if (str_equal(keys[slots[at] - 1], keys[row_i]))
            return false;
        at = (at + 1) & (slot_count - 1);
    }
    slots[at] = row_i + 1;
    return true;
}

uint32_t last_rows(const Str *keys, const uint64_t *hashes, uint32_t row_count, uint32_t *rows)
{
    size_t slot_count = 16;
    uint32_t from = row_count;
    uint32_t *slots;

    while (slot_count < (size_t)row_count * 2)
        slot_count *= 2;
    slots = mem_zalloc(slot_count * sizeof *slots);
    for (uint32_t i = row_count; i-- > 0;) {
        if (set_add(slots, slot_count, keys, hashes[i], i))
            rows[--from] = i;
    }
    free(slots);
    memmove(rows, rows + from, (row_count - from) * sizeof *rows);
    return row_count - from;
}
