#include "state/row.h"

#include "column/format_value.h"

void varint_encode(StrBuf *out, uint64_t value)
{
    char bytes[10];
    size_t count = 0;

    for (; value >= 128; value >>= 7)
        bytes[count++] = (char)(value | 128);
    bytes[count++] = (char)value;
    strbuf_add(out, bytes, count);
}

bool varint_decode(Str *in, uint64_t *value)
{
    uint64_t got = 0;

    for (uint32_t i = 0; i < 10 && i < in->bytes; i++) {
        unsigned char byte = (unsigned char)in->data[i];

        if (i == 9 && byte > 1)
            return false;
        got |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            *in = (Str){in->data + i + 1, in->bytes - i - 1};
            *value = got;
            return true;
        }
    }
    return false;
}

void bytes_encode(StrBuf *out, Str bytes)
{
    varint_encode(out, bytes.bytes);
    strbuf_add_str(out, bytes);
}

bool bytes_decode(Str *in, Str *bytes)
{
    uint64_t count;

    if (!varint_decode(in, &count) || count > in->bytes)
        return false;
    *bytes = (Str){in->data, (uint32_t)count};
    *in = (Str){in->data + count, in->bytes - (uint32_t)count};
    return true;
}

/* ── encoding ──────────────────────────────────────────────────────────────────────────────────*/

static void value_encode(StrBuf *out, const Vector *v, uint32_t row_i)
{
    PhysKind phys = type_phys(v->type);
    uint32_t at = vector_row(v, row_i);
    uint32_t bytes = phys_bytes(phys);

    if (!vector_is_valid(v, row_i)) {
        strbuf_add_char(out, 0);
        return;
    }
    strbuf_add_char(out, 1);
    if (phys == PHYS_STR) {
        bytes_encode(out, vector_strs(v)[at]);
    } else if (bytes > 0) {
        strbuf_add(out, (const char *)v->data + (size_t)at * bytes, bytes);
    } else if (phys == PHYS_STRUCT) {
        for (uint32_t f = 0; f < v->type->field_count; f++)
            value_encode(out, v->children[f], row_i);
    } else {
        varint_encode(out, v->offsets[at + 1] - v->offsets[at]);
        for (uint32_t e = v->offsets[at]; e < v->offsets[at + 1]; e++) {
            for (uint32_t f = 0; f < v->type->field_count; f++)
                value_encode(out, v->children[f], e);
        }
    }
}

void row_encode(StrBuf *out, Vector *const *columns, uint32_t column_count, uint32_t row_i)
{
    for (uint32_t c = 0; c < column_count; c++)
        value_encode(out, columns[c], row_i);
}

/* ── decoding ──────────────────────────────────────────────────────────────────────────────────*/

static bool fixed_decode(VectorBuilder *b, PhysKind phys, Str *in)
{
    uint32_t bytes = phys_bytes(phys);
    union {
        uint8_t u8;
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        float f32;
        double f64;
        Int128 i128;
        Interval interval;
    } value;

    if (bytes > in->bytes || bytes > sizeof value)
        return false;
    memcpy(&value, in->data, bytes);
    *in = (Str){in->data + bytes, in->bytes - bytes};
    switch (phys) {
    case PHYS_BOOL:
        builder_add_bool(b, value.u8 != 0);
        return true;
    case PHYS_I8:
        builder_add_i8(b, value.i8);
        return true;
    case PHYS_I16:
        builder_add_i16(b, value.i16);
        return true;
    case PHYS_I32:
        builder_add_i32(b, value.i32);
        return true;
    case PHYS_I64:
        builder_add_i64(b, value.i64);
        return true;
    case PHYS_F32:
        builder_add_f32(b, value.f32);
        return true;
    case PHYS_F64:
        builder_add_f64(b, value.f64);
        return true;
    case PHYS_I128:
        if (!decimal_fits(value.i128, b->type->precision))
            return false;
        builder_add_i128(b, value.i128);
        return true;
    case PHYS_INTERVAL:
        builder_add_interval(b, value.interval);
        return true;
    case PHYS_VOID:
    case PHYS_STR:
    case PHYS_LIST:
    case PHYS_MAP:
    case PHYS_STRUCT:
        break;
    }
    return false;
}

static bool value_decode(VectorBuilder *b, bool nullable, Str *in)
{
    PhysKind phys = type_phys(b->type);
    uint64_t count = 1;
    Str text;
    char tag;

    if (in->bytes == 0)
        return false;
    tag = in->data[0];
    *in = (Str){in->data + 1, in->bytes - 1};
    if (tag == 0 && nullable) {
        builder_add_null(b);
        return true;
    }
    if (tag != 1)
        return false;
    if (phys == PHYS_STR) {
        if (!bytes_decode(in, &text))
            return false;
        builder_add_str(b, text);
        return true;
    }
    if (phys != PHYS_LIST && phys != PHYS_MAP && phys != PHYS_STRUCT)
        return fixed_decode(b, phys, in);
    if (phys != PHYS_STRUCT && (!varint_decode(in, &count) || count > in->bytes))
        return false;
    for (uint64_t e = 0; e < count; e++) {
        for (uint32_t f = 0; f < b->type->field_count; f++) {
            if (!value_decode(&b->children[f], phys != PHYS_MAP || f == 1, in))
                return false;
        }
    }
    builder_end_row(b);
    return true;
}

bool rows_decode(Arena *arena, const Str *rows, uint32_t row_count, const Type *const *types,
                 uint32_t column_count, Vector **columns)
{
    VectorBuilder *builders = ARENA_ARRAY(arena, VectorBuilder, column_count);

    for (uint32_t c = 0; c < column_count; c++)
        builder_init(&builders[c], arena, types[c], row_count);
    for (uint32_t i = 0; i < row_count; i++) {
        Str rest = rows[i];

        for (uint32_t c = 0; c < column_count; c++) {
            if (!value_decode(&builders[c], true, &rest))
                return false;
        }
        if (rest.bytes > 0)
            return false;
    }
    for (uint32_t c = 0; c < column_count; c++)
        columns[c] = builder_finish(&builders[c]);
    return true;
}
