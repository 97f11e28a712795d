/*
 * key.c: keys for equality (key.h), a file format. Numbers are little-endian.
 *
 *     one column of fixed width      the value;  NULL: no bytes
 *     one STRING or BINARY column    its bytes;  NULL: FF
 *                                    (bytes that begin with FE or FF, which no UTF-8 does, get FE in front)
 *     else                           bitmap  value value …
 *
 * The bitmap has ceil(columns / 8) bytes; bit i says that column i is NULL. Then every column's
 * value, NULLs of fixed width as zeros, others as if empty:
 *
 *     BOOLEAN TINYINT 1   SMALLINT 2   INT DATE INTERVAL-YM FLOAT 4   BIGINT TIMESTAMP* INTERVAL-DT
 *     DOUBLE 8   DECIMAL 8 (precision <= 18) or 16   INTERVAL 16 (months, days, us)   VOID 0
 *     STRING BINARY   length as varint, bytes;   the last column: its bytes alone
 *     ARRAY           count as varint, then for each element 00, or 01 and its value
 *     MAP             count as varint, entries by ascending key, each: key, then as in ARRAY
 *     STRUCT          each field as an element of ARRAY
 *
 * -0.0 is written as 0.0, any NaN as the one with the bits 7FF8…. So keys over columns of fixed
 * width are all of one size (save the NULL of a single column), and the commonest ones, a BIGINT or
 * a STRING, are the column's own bytes: nothing is copied.
 */
#include "column/key.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"

enum { STRING_NULL = 0xFF, STRING_ESCAPE = 0xFE };

/* ── sizes and scalars ─────────────────────────────────────────────────────────────────────────*/

/* Bytes of a value of fixed width; *fixed is false for strings and nested values. */
static uint32_t fixed_bytes(const Type *type, bool *fixed)
{
    PhysKind phys = type_phys(type);

    *fixed = phys < PHYS_STR || phys == PHYS_INTERVAL;
    if (phys == PHYS_I128)
        return type->precision <= 18 ? 8 : 16;
    return *fixed ? phys_bytes(phys) : 0;
}

static uint32_t varint_bytes(uint32_t value)
{
    uint32_t bytes = 1;

    for (; value >= 0x80; value >>= 7)
        bytes++;
    return bytes;
}

static char *varint_write(char *to, uint32_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (char)(value | 0x80);
    *to++ = (char)value;
    return to;
}

/* One column's values of fixed width, each `stride` bytes after the other. */
static void fixed_write(char *to, size_t stride, const Vector *v, uint32_t bytes,
                        uint32_t row_count)
{
    PhysKind phys = type_phys(v->type);
    const char *from = v->data;

    if (phys == PHYS_F64) {
        for (uint32_t i = 0; i < row_count; i++, to += stride) {
            double d = key_double(vector_f64(v)[i]);

            memcpy(to, &d, sizeof d);
        }
    } else if (phys == PHYS_F32) {
        for (uint32_t i = 0; i < row_count; i++, to += stride) {
            float f = key_float(vector_f32(v)[i]);

            memcpy(to, &f, sizeof f);
        }
    } else if (phys == PHYS_I128) {
        for (uint32_t i = 0; i < row_count; i++, to += stride)
            memcpy(to, &vector_i128(v)[i], bytes); /* The low 8 or all 16 bytes. */
    } else if (bytes == 8) {
        for (uint32_t i = 0; i < row_count; i++, to += stride, from += 8)
            memcpy(to, from, 8);
    } else if (bytes == 4) {
        for (uint32_t i = 0; i < row_count; i++, to += stride, from += 4)
            memcpy(to, from, 4);
    } else {
        for (uint32_t i = 0; i < row_count; i++, to += stride, from += bytes)
            memcpy(to, from, bytes);
    }
}

/* ── values of any type ────────────────────────────────────────────────────────────────────────*/

typedef struct MapOrder {
    const Vector *keys;
    uint32_t from;
} MapOrder;

static int entry_order(const void *a, const void *b, void *context)
{
    const MapOrder *order = context;

    return vector_compare(order->keys, *(const uint32_t *)a, order->keys, *(const uint32_t *)b);
}

/* The places of a map's entries by ascending key. */
static uint32_t *map_order(Arena *arena, const Vector *v, uint32_t row_i)
{
    uint32_t from = v->offsets[row_i];
    uint32_t count = v->offsets[row_i + 1] - from;
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, count);
    MapOrder order = {v->children[0], from};

    for (uint32_t i = 0; i < count; i++)
        rows[i] = from + i;
    if (count > 1)
        qsort_r(rows, count, sizeof *rows, entry_order, &order);
    return rows;
}

static size_t value_bytes(const Vector *v, uint32_t row_i);

static size_t element_bytes(const Vector *v, uint32_t row_i)
{
    return 1 + (vector_is_valid(v, row_i) ? value_bytes(v, row_i) : 0);
}

/* Of a flat vector's row that is not NULL. */
static size_t value_bytes(const Vector *v, uint32_t row_i)
{
    bool fixed;
    size_t bytes = fixed_bytes(v->type, &fixed);
    PhysKind phys = type_phys(v->type);

    if (fixed)
        return bytes;
    if (phys == PHYS_STR) {
        uint32_t length = vector_strs(v)[row_i].bytes;

        return varint_bytes(length) + (size_t)length;
    }
    if (phys == PHYS_STRUCT) {
        for (uint32_t f = 0; f < v->type->field_count; f++)
            bytes += element_bytes(v->children[f], row_i);
        return bytes;
    }
    bytes = varint_bytes(v->offsets[row_i + 1] - v->offsets[row_i]);
    for (uint32_t e = v->offsets[row_i]; e < v->offsets[row_i + 1]; e++) {
        if (phys == PHYS_MAP)
            bytes += value_bytes(v->children[0], e) + element_bytes(v->children[1], e);
        else
            bytes += element_bytes(v->children[0], e);
    }
    return bytes;
}

static char *value_write(Arena *arena, char *to, const Vector *v, uint32_t row_i);

static char *element_write(Arena *arena, char *to, const Vector *v, uint32_t row_i)
{
    bool valid = vector_is_valid(v, row_i);

    *to++ = (char)valid;
    return valid ? value_write(arena, to, v, row_i) : to;
}

static char *value_write(Arena *arena, char *to, const Vector *v, uint32_t row_i)
{
    bool fixed;
    uint32_t bytes = fixed_bytes(v->type, &fixed);
    PhysKind phys = type_phys(v->type);

    if (phys == PHYS_VOID)
        return to;
    if (fixed) {
        Vector one = *v;

        one.data = (char *)v->data + (size_t)row_i * phys_bytes(phys);
        fixed_write(to, 0, &one, bytes, 1);
        return to + bytes;
    }
    if (phys == PHYS_STR) {
        Str s = vector_strs(v)[row_i];

        to = varint_write(to, s.bytes);
        if (s.bytes)
            memcpy(to, s.data, s.bytes);
        return to + s.bytes;
    }
    if (phys == PHYS_STRUCT) {
        for (uint32_t f = 0; f < v->type->field_count; f++)
            to = element_write(arena, to, v->children[f], row_i);
        return to;
    }
    to = varint_write(to, v->offsets[row_i + 1] - v->offsets[row_i]);
    if (phys == PHYS_MAP) {
        const uint32_t *rows = map_order(arena, v, row_i);
        uint32_t count = v->offsets[row_i + 1] - v->offsets[row_i];

        for (uint32_t i = 0; i < count; i++) {
            to = value_write(arena, to, v->children[0], rows[i]);
            to = element_write(arena, to, v->children[1], rows[i]);
        }
        return to;
    }
    for (uint32_t e = v->offsets[row_i]; e < v->offsets[row_i + 1]; e++)
        to = element_write(arena, to, v->children[0], e);
    return to;
}

/* ── encoding ──────────────────────────────────────────────────────────────────────────────────*/

/* One column of fixed width: its own bytes where nothing needs to be made one. */
static void encode_one_fixed(Arena *arena, const Vector *v, uint32_t bytes, uint32_t row_count,
                             Str *keys)
{
    PhysKind phys = type_phys(v->type);
    const char *at = v->data;

    if (phys == PHYS_F64 || phys == PHYS_F32 || bytes != phys_bytes(phys)) {
        char *copy = arena_alloc(arena, (size_t)bytes * row_count);

        fixed_write(copy, bytes, v, bytes, row_count);
        at = copy;
    }
    for (uint32_t i = 0; i < row_count; i++, at += bytes)
        keys[i] = (Str){at, bytes};
    if (v->valid) {
        for (uint32_t i = 0; i < row_count; i++) {
            if (!bits_get(v->valid, i))
                keys[i] = STR_EMPTY;
        }
    }
}

static void encode_one_string(Arena *arena, const Vector *v, uint32_t row_count, Str *keys)
{
    static const char null_key[] = {(char)STRING_NULL};

    for (uint32_t i = 0; i < row_count; i++) {
        Str s = vector_strs(v)[i];

        if (UNLIKELY(s.bytes > 0 && (unsigned char)s.data[0] >= STRING_ESCAPE)) {
            char *escaped = arena_alloc(arena, (size_t)s.bytes + 1);

            ASSERT(s.bytes < UINT32_MAX);
            escaped[0] = (char)STRING_ESCAPE;
            memcpy(escaped + 1, s.data, s.bytes);
            s = (Str){escaped, s.bytes + 1};
        }
        keys[i] = s;
    }
    if (v->valid) {
        for (uint32_t i = 0; i < row_count; i++) {
            if (!bits_get(v->valid, i))
                keys[i] = (Str){null_key, 1};
        }
    }
}

/* Sets the NULLs' bits, and zeros in their values of fixed width. */
static void write_nulls(char *keys, size_t stride, const Vector *v, uint32_t column_i, size_t at,
                        uint32_t bytes, uint32_t row_count)
{
    for (uint32_t i = 0; v->valid && i < row_count; i++, keys += stride) {
        if (!bits_get(v->valid, i)) {
            keys[column_i / 8] = (char)(keys[column_i / 8] | (char)BIT(column_i % 8));
            memset(keys + at, 0, bytes);
        }
    }
}

/* Several columns, all of fixed width: written column by column. */
static void encode_fixed(Arena *arena, const Vector *const *columns, uint32_t column_count,
                         uint32_t row_count, Str *keys)
{
    size_t bitmap_bytes = (column_count + 7) / 8;
    size_t stride = bitmap_bytes;
    size_t at = bitmap_bytes;
    char *bytes;
    bool fixed;

    for (uint32_t c = 0; c < column_count; c++)
        stride += fixed_bytes(columns[c]->type, &fixed);
    bytes = arena_alloc_array(arena, row_count, stride);
    for (uint32_t i = 0; i < row_count; i++) {
        memset(bytes + i * stride, 0, bitmap_bytes);
        keys[i] = (Str){bytes + i * stride, (uint32_t)stride};
    }
    for (uint32_t c = 0; c < column_count; c++) {
        uint32_t width = fixed_bytes(columns[c]->type, &fixed);

        if (width > 0)
            fixed_write(bytes + at, stride, columns[c], width, row_count);
        write_nulls(bytes, stride, columns[c], c, at, width, row_count);
        at += width;
    }
}

/* Adds each row's bytes of one column. `is_last`: a string stands without its length. */
static void sizes_add(size_t *sizes, const Vector *v, bool is_last, uint32_t row_count)
{
    bool fixed;
    uint32_t width = fixed_bytes(v->type, &fixed);
    bool is_string = type_phys(v->type) == PHYS_STR;

    for (uint32_t i = 0; fixed && i < row_count; i++)
        sizes[i] += width;
    for (uint32_t i = 0; is_string && i < row_count; i++) {
        uint32_t length = vector_strs(v)[i].bytes; /* 0 of a NULL. */

        sizes[i] += length + (is_last ? 0 : varint_bytes(length));
    }
    for (uint32_t i = 0; !fixed && !is_string && i < row_count; i++) {
        if (vector_is_valid(v, i))
            sizes[i] += value_bytes(v, i);
    }
}

/* Like fixed_write, but to a place of each row's own, which is moved on. */
static void fixed_append(char **places, const Vector *v, uint32_t bytes, uint32_t row_count)
{
    PhysKind phys = type_phys(v->type);
    Vector one = *v;

    if (bytes == 8 && phys != PHYS_F64 && phys != PHYS_I128) {
        for (uint32_t i = 0; i < row_count; i++) {
            memcpy(places[i], &vector_i64(v)[i], 8);
            places[i] += 8;
        }
        return;
    }
    for (uint32_t i = 0; bytes > 0 && i < row_count; i++) {
        fixed_write(places[i], 0, &one, bytes, 1);
        places[i] += bytes;
        one.data = (char *)one.data + phys_bytes(phys);
    }
}

static void strings_append(char **places, const Vector *v, bool is_last, uint32_t row_count)
{
    for (uint32_t i = 0; i < row_count; i++) {
        Str s = vector_strs(v)[i];

        if (!is_last)
            places[i] = varint_write(places[i], s.bytes);
        if (s.bytes)
            memcpy(places[i], s.data, s.bytes);
        places[i] += s.bytes;
    }
}

static void column_append(Arena *arena, char *const *bitmaps, char **places, const Vector *v,
                          uint32_t column_i, bool is_last, uint32_t row_count)
{
    bool fixed;
    uint32_t width = fixed_bytes(v->type, &fixed);

    if (fixed)
        fixed_append(places, v, width, row_count);
    else if (type_phys(v->type) == PHYS_STR)
        strings_append(places, v, is_last, row_count);
    for (uint32_t i = 0; !fixed && type_phys(v->type) != PHYS_STR && i < row_count; i++) {
        if (vector_is_valid(v, i))
            places[i] = value_write(arena, places[i], v, i);
    }
    for (uint32_t i = 0; v->valid && i < row_count; i++) {
        char *byte = bitmaps[i] + column_i / 8;

        if (bits_get(v->valid, i))
            continue;
        *byte = (char)(*byte | (char)BIT(column_i % 8));
        if (width > 0)
            memset(places[i] - width, 0, width);
    }
}

/* Several columns of any type: sizes first, then each column in turn behind what is there. */
static void encode_any(Arena *arena, const Vector *const *columns, uint32_t column_count,
                       uint32_t row_count, Str *keys)
{
    size_t bitmap_bytes = (column_count + 7) / 8;
    size_t *sizes = ARENA_ARRAY(arena, size_t, row_count);
    char **bitmaps = ARENA_ARRAY(arena, char *, row_count);
    char **places = ARENA_ARRAY(arena, char *, row_count);
    size_t total = 0;
    char *to;

    for (uint32_t i = 0; i < row_count; i++)
        sizes[i] = bitmap_bytes;
    for (uint32_t c = 0; c < column_count; c++)
        sizes_add(sizes, columns[c], c + 1 == column_count, row_count);
    for (uint32_t i = 0; i < row_count; i++)
        total += sizes[i];
    to = arena_alloc(arena, total);
    for (uint32_t i = 0; i < row_count; i++) {
        ASSERT(sizes[i] <= UINT32_MAX);
        keys[i] = (Str){to, (uint32_t)sizes[i]};
        bitmaps[i] = memset(to, 0, bitmap_bytes);
        places[i] = to + bitmap_bytes;
        to += sizes[i];
    }
    for (uint32_t c = 0; c < column_count; c++)
        column_append(arena, bitmaps, places, columns[c], c, c + 1 == column_count, row_count);
}

void key_encode(Arena *arena, const Vector *const *columns, uint32_t column_count,
                uint32_t row_count, KeySet *out)
{
    const Vector **flat = ARENA_ARRAY(arena, const Vector *, column_count);
    Str *keys = ARENA_ARRAY(arena, Str, row_count);
    uint64_t *hashes = ARENA_ARRAY(arena, uint64_t, row_count);
    bool all_fixed = true;
    uint32_t width = 0;

    for (uint32_t c = 0; c < column_count; c++) {
        bool fixed;

        flat[c] = vector_flatten(arena, columns[c]);
        width = fixed_bytes(flat[c]->type, &fixed);
        all_fixed = all_fixed && fixed;
    }
    if (column_count == 1 && all_fixed && width > 0)
        encode_one_fixed(arena, flat[0], width, row_count, keys);
    else if (column_count == 1 && type_phys(flat[0]->type) == PHYS_STR)
        encode_one_string(arena, flat[0], row_count, keys);
    else if (all_fixed)
        encode_fixed(arena, flat, column_count, row_count, keys);
    else
        encode_any(arena, flat, column_count, row_count, keys);
    for (uint32_t i = 0; i < row_count; i++)
        hashes[i] = hash_bytes(keys[i].data, keys[i].bytes);
    *out = (KeySet){keys, hashes};
}

/* ── decoding ──────────────────────────────────────────────────────────────────────────────────*/

typedef struct KeyReader {
    const char *at;
    const char *end;
} KeyReader;

static bool read_bytes(KeyReader *r, size_t bytes, const char **out)
{
    if ((size_t)(r->end - r->at) < bytes)
        return false;
    *out = r->at;
    r->at += bytes;
    return true;
}

static bool read_varint(KeyReader *r, uint32_t *out)
{
    uint32_t value = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        const char *byte;

        if (!read_bytes(r, 1, &byte) || (shift == 28 && (unsigned char)*byte > 0x0F))
            return false;
        value |= (uint32_t)(*byte & 0x7F) << shift;
        if (!(*byte & 0x80)) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool read_fixed(KeyReader *r, VectorBuilder *b, uint32_t bytes, bool is_null)
{
    const char *from;
    int64_t i64;
    int32_t i32;
    int16_t i16;
    float f32;
    double f64;
    Int128 i128;
    Interval interval;

    if (!read_bytes(r, bytes, &from))
        return false;
    if (is_null) {
        builder_add_null(b);
        return true;
    }
    switch (type_phys(b->type)) {
    case PHYS_BOOL:
        if ((unsigned char)*from > 1)
            return false;
        builder_add_bool(b, *from);
        return true;
    case PHYS_I8:
        builder_add_i8(b, (int8_t)*from);
        return true;
    case PHYS_I16:
        memcpy(&i16, from, sizeof i16);
        builder_add_i16(b, i16);
        return true;
    case PHYS_I32:
        memcpy(&i32, from, sizeof i32);
        builder_add_i32(b, i32);
        return true;
    case PHYS_I64:
        memcpy(&i64, from, sizeof i64);
        builder_add_i64(b, i64);
        return true;
    case PHYS_F32:
        memcpy(&f32, from, sizeof f32);
        builder_add_f32(b, f32);
        return true;
    case PHYS_F64:
        memcpy(&f64, from, sizeof f64);
        builder_add_f64(b, f64);
        return true;
    case PHYS_I128:
        if (bytes == 8) {
            memcpy(&i64, from, sizeof i64);
            builder_add_i128(b, i64);
        } else {
            memcpy(&i128, from, sizeof i128);
            builder_add_i128(b, i128);
        }
        return true;
    case PHYS_INTERVAL:
        memcpy(&interval, from, sizeof interval);
        builder_add_interval(b, interval);
        return true;
    case PHYS_VOID:
    case PHYS_STR:
    case PHYS_LIST:
    case PHYS_MAP:
    case PHYS_STRUCT:
        return false; /* A VOID that is not NULL. */
    }
    UNREACHABLE();
}

static bool read_value(KeyReader *r, VectorBuilder *b);

static bool read_element(KeyReader *r, VectorBuilder *b)
{
    const char *mark;

    if (!read_bytes(r, 1, &mark) || (unsigned char)*mark > 1)
        return false;
    if (*mark)
        return read_value(r, b);
    builder_add_null(b);
    return true;
}

static bool read_value(KeyReader *r, VectorBuilder *b)
{
    bool fixed;
    uint32_t bytes = fixed_bytes(b->type, &fixed);
    PhysKind phys = type_phys(b->type);
    uint32_t count;

    if (fixed)
        return read_fixed(r, b, bytes, false);
    if (phys == PHYS_STRUCT) {
        for (uint32_t f = 0; f < b->type->field_count; f++) {
            if (!read_element(r, &b->children[f]))
                return false;
        }
        builder_end_row(b);
        return true;
    }
    if (!read_varint(r, &count))
        return false;
    if (phys == PHYS_STR) {
        const char *from;

        if (!read_bytes(r, count, &from))
            return false;
        builder_add_str(b, (Str){from, count});
        return true;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (phys == PHYS_MAP && !read_value(r, &b->children[0]))
            return false;
        if (!read_element(r, &b->children[phys == PHYS_MAP]))
            return false;
    }
    builder_end_row(b);
    return true;
}

static bool decode_one_string(Str key, VectorBuilder *b)
{
    if (key.bytes > 0 && (unsigned char)key.data[0] == STRING_NULL) {
        builder_add_null(b);
        return key.bytes == 1;
    }
    if (key.bytes > 0 && (unsigned char)key.data[0] == STRING_ESCAPE)
        key = str_slice(key, 1, key.bytes);
    builder_add_str(b, key);
    return true;
}

static bool decode_one_fixed(Str key, VectorBuilder *b, uint32_t bytes)
{
    KeyReader r = {key.data, key.data + key.bytes};

    if (key.bytes == 0) {
        builder_add_null(b);
        return true;
    }
    return key.bytes == bytes && read_fixed(&r, b, bytes, false);
}

static bool decode_any(Str key, VectorBuilder *builders, uint32_t column_count)
{
    KeyReader r = {key.data, key.data + key.bytes};
    const char *bitmap;

    if (!read_bytes(&r, (column_count + 7) / 8, &bitmap))
        return false;
    for (uint32_t c = 0; c < column_count; c++) {
        VectorBuilder *b = &builders[c];
        bool is_null = bitmap[c / 8] >> (c % 8) & 1;
        bool fixed;
        uint32_t bytes = fixed_bytes(b->type, &fixed);
        bool is_string = type_phys(b->type) == PHYS_STR;
        uint32_t length;

        if (fixed) {
            if (!read_fixed(&r, b, bytes, is_null))
                return false;
        } else if (is_null) {
            if (is_string && c + 1 < column_count && (!read_varint(&r, &length) || length != 0))
                return false;
            builder_add_null(b);
        } else if (is_string && c + 1 == column_count) {
            builder_add_str(b, (Str){r.at, (uint32_t)(r.end - r.at)});
            r.at = r.end;
        } else if (!read_value(&r, b)) {
            return false;
        }
    }
    return r.at == r.end;
}

bool key_decode(Arena *arena, const Str *keys, uint32_t key_count, const Type *const *types,
                uint32_t column_count, Vector **columns)
{
    VectorBuilder *builders = ARENA_ARRAY(arena, VectorBuilder, column_count);
    bool one_fixed = false;
    bool one_string = column_count == 1 && type_phys(types[0]) == PHYS_STR;
    uint32_t width = 0;

    for (uint32_t c = 0; c < column_count; c++)
        builder_init(&builders[c], arena, types[c], key_count);
    if (column_count == 1)
        width = fixed_bytes(types[0], &one_fixed);
    one_fixed = one_fixed && width > 0;
    for (uint32_t i = 0; i < key_count; i++) {
        bool ok = one_fixed    ? decode_one_fixed(keys[i], builders, width)
                  : one_string ? decode_one_string(keys[i], builders)
                               : decode_any(keys[i], builders, column_count);

        if (!ok)
            return false;
    }
    for (uint32_t c = 0; c < column_count; c++)
        columns[c] = builder_finish(&builders[c]);
    return true;
}
