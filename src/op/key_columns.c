#include "op/key_columns.h"

#include "base/assert.h"
#include "base/hash.h"
#include "op/time_key.h"

enum { TIME_NULL = 0, TIME_POINT = 1, TIME_WINDOW = 2 };

static bool is_window(const Type *type)
{
    return type->kind == TYPE_STRUCT && type->field_count == 2 &&
           type_phys(type->fields[0].type) == PHYS_I64 && type_phys(type->fields[1].type) == PHYS_I64;
}

/* Whether the exchange sends rows by these columns in this order: then their hash tells the group. */
static bool same_columns(const ExchangeNode *exchange, const KeyColumns *keys)
{
    if (exchange->key_count != keys->plain_count)
        return false;
    for (uint32_t i = 0; i < keys->plain_count; i++) {
        if (exchange->key_columns[i] != keys->plain_columns[i])
            return false;
    }
    return keys->plain_count > 0;
}

void key_columns_init(KeyColumns *keys, Arena *arena, const uint32_t *columns,
                      uint32_t column_count, int32_t time_key, const Node *input)
{
    *keys = (KeyColumns){
        .columns = columns,
        .column_count = column_count,
        .time_key = time_key,
        .plain_columns = ARENA_ARRAY(arena, uint32_t, column_count),
        .plain_types = ARENA_ARRAY(arena, const Type *, column_count),
    };
    for (uint32_t c = 0; c < column_count; c++) {
        const Type *type = input->schema.columns[columns[c]].type;

        if ((int32_t)c == time_key) {
            ASSERT(is_window(type) || type_phys(type) == PHYS_I64);
            keys->time_type = type;
            continue;
        }
        keys->plain_columns[keys->plain_count] = columns[c];
        keys->plain_types[keys->plain_count++] = type;
    }
    if (input->kind == NODE_EXCHANGE && !same_columns(&input->as.exchange, keys))
        keys->exchange = &input->as.exchange;
}

/* ── encoding ──────────────────────────────────────────────────────────────────────────────────*/

static const Vector **batch_columns(Arena *arena, const Batch *batch, const uint32_t *columns,
                                    uint32_t column_count)
{
    const Vector **out = ARENA_ARRAY(arena, const Vector *, column_count);

    for (uint32_t c = 0; c < column_count; c++)
        out[c] = batch->columns[columns[c]];
    return out;
}

/* The plain part of all keys; hashes are of this part alone. */
static void plain_encode(const KeyColumns *keys, Arena *arena, const Batch *batch, KeySet *out)
{
    if (keys->plain_count > 0) {
        key_encode(arena, batch_columns(arena, batch, keys->plain_columns, keys->plain_count),
                   keys->plain_count, batch->row_count, out);
        return;
    }
    out->keys = ARENA_ARRAY(arena, Str, batch->row_count);
    out->hashes = ARENA_ARRAY(arena, uint64_t, batch->row_count);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        out->keys[i] = STR_EMPTY;
        out->hashes[i] = 0;
    }
}

static uint64_t time_hash(int64_t start_us, int64_t end_us)
{
    return hash_mix((uint64_t)start_us, (uint64_t)end_us);
}

/* Puts a window in front of every key. */
static void window_encode(Arena *arena, const Vector *windows, KeySet *set)
{
    const Vector *starts = time_key_field(arena, windows, 0);
    const Vector *ends = time_key_field(arena, windows, 1);
    uint32_t row_count = windows->row_count;
    size_t bytes = 0;
    char *out;

    for (uint32_t i = 0; i < row_count; i++)
        bytes += 17 + (size_t)set->keys[i].bytes;
    out = arena_alloc(arena, bytes);
    for (uint32_t i = 0; i < row_count; i++) {
        Str plain = set->keys[i];
        char *at = out;

        if (vector_is_valid(ends, i)) {
            int64_t start_us = vector_i64(starts)[i];
            int64_t end_us = vector_i64(ends)[i];

            *at = TIME_WINDOW;
            memcpy(at + 1, &start_us, sizeof start_us);
            memcpy(at + 9, &end_us, sizeof end_us);
            at += 17;
            set->hashes[i] =
                hash_in_group(hash_mix(set->hashes[i], time_hash(start_us, end_us)),
                              set->hashes[i]);
        } else {
            *at++ = TIME_NULL;
        }
        memcpy(at, plain.data, plain.bytes);
        at += plain.bytes;
        set->keys[i] = (Str){out, (uint32_t)(at - out)};
        out = at;
    }
}

/* The same with a point in time. */
static void point_encode(Arena *arena, const Vector *times, KeySet *set)
{
    uint32_t row_count = times->row_count;
    size_t bytes = 0;
    char *out;

    times = vector_flatten(arena, times);
    for (uint32_t i = 0; i < row_count; i++)
        bytes += 9 + (size_t)set->keys[i].bytes;
    out = arena_alloc(arena, bytes);
    for (uint32_t i = 0; i < row_count; i++) {
        Str plain = set->keys[i];
        char *at = out;

        if (vector_is_valid(times, i)) {
            int64_t time_us = vector_i64(times)[i];

            *at = TIME_POINT;
            memcpy(at + 1, &time_us, sizeof time_us);
            at += 9;
            set->hashes[i] = hash_in_group(hash_mix(set->hashes[i], time_hash(time_us, 0)),
                                           set->hashes[i]);
        } else {
            *at++ = TIME_NULL;
        }
        memcpy(at, plain.data, plain.bytes);
        at += plain.bytes;
        set->keys[i] = (Str){out, (uint32_t)(at - out)};
        out = at;
    }
}

/* Replaces the groups by those of the exchange. */
static void exchange_groups(const KeyColumns *keys, Arena *arena, const Batch *batch, KeySet *set)
{
    KeySet sent = {0};

    if (keys->exchange->key_count > 0)
        key_encode(arena,
                   batch_columns(arena, batch, keys->exchange->key_columns,
                                 keys->exchange->key_count),
                   keys->exchange->key_count, batch->row_count, &sent);
    for (uint32_t i = 0; i < batch->row_count; i++)
        set->hashes[i] = hash_in_group(set->hashes[i], sent.hashes ? sent.hashes[i] : 0);
}

void key_columns_encode(const KeyColumns *keys, Arena *arena, const Batch *batch, KeySet *out)
{
    plain_encode(keys, arena, batch, out);
    if (keys->time_type && is_window(keys->time_type))
        window_encode(arena, batch->columns[keys->columns[keys->time_key]], out);
    else if (keys->time_type)
        point_encode(arena, batch->columns[keys->columns[keys->time_key]], out);
    if (keys->exchange)
        exchange_groups(keys, arena, batch, out);
}

/* ── decoding ──────────────────────────────────────────────────────────────────────────────────*/

typedef struct KeyParts {
    Str plain;
    bool timed;
    int64_t start_us, end_us;
} KeyParts;

static bool key_split(const KeyColumns *keys, Str key, KeyParts *parts)
{
    uint32_t time_bytes;

    *parts = (KeyParts){.plain = key};
    if (!keys->time_type)
        return true;
    if (key.bytes == 0)
        return false;
    parts->timed = key.data[0] != TIME_NULL;
    if (parts->timed && key.data[0] != (is_window(keys->time_type) ? TIME_WINDOW : TIME_POINT))
        return false;
    time_bytes = !parts->timed ? 1 : is_window(keys->time_type) ? 17 : 9;
    if (key.bytes < time_bytes)
        return false;
    if (parts->timed)
        memcpy(&parts->start_us, key.data + 1, sizeof parts->start_us);
    if (time_bytes == 17)
        memcpy(&parts->end_us, key.data + 9, sizeof parts->end_us);
    parts->plain = str_slice(key, time_bytes, key.bytes);
    return true;
}

bool key_columns_hash(const KeyColumns *keys, Str key, uint8_t group, uint64_t *hash)
{
    uint64_t group_hash = (uint64_t)group << 56;
    KeyParts parts;

    if (!key_split(keys, key, &parts))
        return false;
    *hash = keys->plain_count > 0 ? hash_bytes(parts.plain.data, parts.plain.bytes) : 0;
    if (parts.timed)
        *hash = hash_mix(*hash, time_hash(parts.start_us, parts.end_us));
    *hash = hash_in_group(*hash, group_hash);
    return true;
}

static void time_put(Arena *arena, Vector *v, uint32_t row_i, const KeyParts *parts)
{
    if (v->type->kind != TYPE_STRUCT) {
        vector_i64(v)[row_i] = parts->start_us;
    } else {
        vector_i64(v->children[0])[row_i] = parts->start_us;
        vector_i64(v->children[1])[row_i] = parts->end_us;
    }
    if (!parts->timed)
        vector_set_null(arena, v, row_i);
}

bool key_columns_decode(const KeyColumns *keys, Arena *arena, const Str *encoded,
                        uint32_t row_count, Vector **columns)
{
    Str *plain = ARENA_ARRAY(arena, Str, row_count);
    Vector **plain_columns = ARENA_ARRAY(arena, Vector *, keys->plain_count);
    Vector *times = keys->time_type ? vector_new(arena, keys->time_type, row_count) : NULL;
    uint32_t p = 0;

    for (uint32_t i = 0; i < row_count; i++) {
        KeyParts parts;

        if (!key_split(keys, encoded[i], &parts) || (keys->plain_count == 0 && parts.plain.bytes))
            return false;
        plain[i] = parts.plain;
        if (times)
            time_put(arena, times, i, &parts);
    }
    if (keys->plain_count > 0 &&
        !key_decode(arena, plain, row_count, keys->plain_types, keys->plain_count, plain_columns))
        return false;
    for (uint32_t c = 0; c < keys->column_count; c++)
        columns[c] = (int32_t)c == keys->time_key ? times : plain_columns[p++];
    return true;
}
