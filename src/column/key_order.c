/*
 * key_order.c: keys whose bytes sort as ORDER BY does (key.h).
 *
 * Each column: a byte for NULL or value, so that NULLs come first (00 before 01) or last (02 after
 * 01), then the value, all its bytes inverted when descending:
 *
 *     integers, decimals    big-endian, the sign bit flipped
 *     FLOAT DOUBLE          the same of their bits when positive, all bits flipped when negative;
 *                           -0.0 as 0.0, every NaN as the greatest
 *     STRING BINARY         bytes, 00 as 00 FF; then 00 00
 *     ARRAY MAP             for each element 01 (NULL) or 02 and its value; then 00
 *     STRUCT                for each field 01 (NULL) or 02 and its value
 *
 * No value's bytes are the beginning of another's, so that columns can follow each other, and
 * inverting turns the order round.
 */
#include <math.h>

#include "base/assert.h"
#include "column/key.h"

static void put_be(StrBuf *out, uint64_t bits, int bytes)
{
    char be[8];

    for (int i = bytes - 1; i >= 0; i--, bits >>= 8)
        be[i] = (char)(bits & 0xFF);
    strbuf_add(out, be, (size_t)bytes);
}

static void put_int(StrBuf *out, int64_t value, int bytes)
{
    put_be(out, (uint64_t)value ^ (uint64_t)1 << (bytes * 8 - 1), bytes);
}

static void put_double(StrBuf *out, double value)
{
    uint64_t bits;

    value = value == 0 ? 0.0 : isnan(value) ? (double)NAN : value;
    memcpy(&bits, &value, sizeof bits);
    put_be(out, bits >> 63 ? ~bits : bits | (uint64_t)1 << 63, 8);
}

static void put_string(StrBuf *out, Str s)
{
    uint32_t from = 0;

    for (uint32_t i = 0; i < s.bytes; i++) {
        if (s.data[i] != '\0')
            continue;
        strbuf_add(out, s.data + from, i + 1 - from);
        strbuf_add_char(out, (char)0xFF);
        from = i + 1;
    }
    strbuf_add(out, s.data + from, s.bytes - from);
    strbuf_add(out, "\0", 2);
}

static void put_value(StrBuf *out, const Vector *v, uint32_t row_i);

static void put_element(StrBuf *out, const Vector *v, uint32_t row_i)
{
    bool valid = vector_is_valid(v, row_i);

    strbuf_add_char(out, valid ? 2 : 1);
    if (valid)
        put_value(out, v, row_i);
}

static void put_value(StrBuf *out, const Vector *v, uint32_t row_i)
{
    uint32_t at = vector_row(v, row_i);

    switch (type_phys(v->type)) {
    case PHYS_VOID:
        return;
    case PHYS_BOOL:
        put_be(out, vector_bools(v)[at], 1);
        return;
    case PHYS_I8:
        put_int(out, vector_i8(v)[at], 1);
        return;
    case PHYS_I16:
        put_int(out, vector_i16(v)[at], 2);
        return;
    case PHYS_I32:
        put_int(out, vector_i32(v)[at], 4);
        return;
    case PHYS_I64:
        put_int(out, vector_i64(v)[at], 8);
        return;
    case PHYS_F32:
        put_double(out, (double)vector_f32(v)[at]);
        return;
    case PHYS_F64:
        put_double(out, vector_f64(v)[at]);
        return;
    case PHYS_I128: {
        UInt128 value = (UInt128)vector_i128(v)[at];

        put_int(out, (int64_t)(value >> 64), 8);
        put_be(out, (uint64_t)value, 8);
        return;
    }
    case PHYS_STR:
        put_string(out, vector_strs(v)[at]);
        return;
    case PHYS_INTERVAL: {
        Interval value = vector_intervals(v)[at];

        put_int(out, value.months, 4);
        put_int(out, value.days, 4);
        put_int(out, value.us, 8);
        return;
    }
    case PHYS_LIST:
    case PHYS_MAP:
        for (uint32_t e = v->offsets[at]; e < v->offsets[at + 1]; e++) {
            for (uint32_t f = 0; f < v->type->field_count; f++)
                put_element(out, v->children[f], e);
        }
        strbuf_add_char(out, 0);
        return;
    case PHYS_STRUCT:
        for (uint32_t f = 0; f < v->type->field_count; f++)
            put_element(out, v->children[f], row_i);
        return;
    }
    UNREACHABLE();
}

void key_encode_order(Arena *arena, const Vector *const *columns, const SortKey *sort_keys,
                      uint32_t column_count, uint32_t row_count, Str *out)
{
    StrBuf buf;
    const char *bytes;

    strbuf_init(&buf);
    for (uint32_t i = 0; i < row_count; i++) {
        size_t key_from = buf.bytes;

        for (uint32_t c = 0; c < column_count; c++) {
            bool valid = vector_is_valid(columns[c], i);
            size_t value_from;

            strbuf_add_char(&buf, valid ? 1 : sort_keys[c].nulls_last ? 2 : 0);
            value_from = buf.bytes;
            if (valid)
                put_value(&buf, columns[c], i);
            for (size_t b = value_from; sort_keys[c].descending && b < buf.bytes; b++)
                buf.data[b] = (char)~buf.data[b];
        }
        out[i].bytes = (uint32_t)(buf.bytes - key_from);
    }
    bytes = arena_copy(arena, buf.data, buf.bytes);
    for (uint32_t i = 0; i < row_count; i++) {
        out[i].data = bytes;
        bytes += out[i].bytes;
    }
    strbuf_done(&buf);
}
