#include "op/bag.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "column/key.h"

void bag_clear(Bag *bag)
{
    if (bag->seen) {
        state_table_done(bag->seen);
        free(bag->seen);
    }
    strbuf_done(&bag->records);
    *bag = (Bag){0};
}

/* Whether the key is new, which is then remembered. */
static bool bag_see(Bag *bag, Str key, uint64_t hash)
{
    bool added;

    if (!bag->seen) {
        bag->seen = mem_alloc(sizeof *bag->seen);
        state_table_init(bag->seen, 0, false);
    }
    state_table_add(bag->seen, key, hash, &added);
    return added;
}

void bag_add(Bag *bag, Str key, uint64_t hash, Str order_key, Vector *const *args,
             uint32_t arg_count, uint32_t row_i)
{
    StrBuf row = {0};

    if (key.data && !bag_see(bag, key, hash))
        return;
    row_encode(&row, args, arg_count, row_i);
    bytes_encode(&bag->records, order_key);
    bytes_encode(&bag->records, strbuf_str(&row));
    bag->row_count++;
    strbuf_done(&row);
}

typedef struct Record {
    Str order_key, row;
    uint32_t place;
} Record;

static bool record_next(Str *in, Record *record)
{
    return bytes_decode(in, &record->order_key) && bytes_decode(in, &record->row);
}

static int record_compare(const void *a, const void *b)
{
    const Record *x = a;
    const Record *y = b;
    int order = str_compare(x->order_key, y->order_key);

    return order ? order : (x->place > y->place) - (x->place < y->place);
}

void bag_rows(const Bag *bag, const Type *const *types, uint32_t arg_count, Arena *arena,
              Vector **args)
{
    Record *records = ARENA_ARRAY(arena, Record, bag->row_count);
    Str *rows = ARENA_ARRAY(arena, Str, bag->row_count);
    Str rest = strbuf_str(&bag->records);

    for (uint32_t i = 0; i < bag->row_count; i++) {
        ASSERT(record_next(&rest, &records[i]));
        records[i].place = i;
    }
    qsort(records, bag->row_count, sizeof *records, record_compare);
    for (uint32_t i = 0; i < bag->row_count; i++)
        rows[i] = records[i].row;
    ASSERT(rows_decode(arena, rows, bag->row_count, types, arg_count, args));
}

/* Takes the rows of `records` in, in their order. False: not records. */
static bool bag_take(Bag *bag, Str records, uint32_t row_count, const Type *const *types,
                     uint32_t arg_count, bool unique, Arena *scratch)
{
    Vector **args = ARENA_ARRAY(scratch, Vector *, arg_count);
    Record *parts = ARENA_ARRAY(scratch, Record, row_count);
    Str *rows = ARENA_ARRAY(scratch, Str, row_count);
    KeySet keys = {0};

    for (uint32_t i = 0; i < row_count; i++) {
        if (!record_next(&records, &parts[i]))
            return false;
        rows[i] = parts[i].row;
    }
    if (records.bytes > 0 || !rows_decode(scratch, rows, row_count, types, arg_count, args))
        return false;
    if (unique)
        key_encode(scratch, (const Vector *const *)args, arg_count, row_count, &keys);
    for (uint32_t i = 0; i < row_count; i++)
        bag_add(bag, unique ? keys.keys[i] : (Str){0}, unique ? keys.hashes[i] : 0,
                parts[i].order_key, args, arg_count, i);
    return true;
}

void bag_merge(Bag *into, const Bag *from, const Type *const *types, uint32_t arg_count,
               bool unique, Arena *scratch)
{
    ASSERT(bag_take(into, strbuf_str(&from->records), from->row_count, types, arg_count, unique,
                    scratch));
}

void bag_encode(const Bag *bag, StrBuf *out)
{
    varint_encode(out, bag->row_count);
    bytes_encode(out, strbuf_str(&bag->records));
}

bool bag_decode(Bag *bag, const Type *const *types, uint32_t arg_count, bool unique,
                Arena *scratch, Str *in)
{
    uint64_t row_count;
    Str records;

    return varint_decode(in, &row_count) && bytes_decode(in, &records) &&
           row_count <= records.bytes &&
           bag_take(bag, records, (uint32_t)row_count, types, arg_count, unique, scratch);
}

size_t bag_bytes(const Bag *bag)
{
    return bag->records.capacity +
           (bag->seen ? sizeof *bag->seen + state_table_bytes(bag->seen) : 0);
}
