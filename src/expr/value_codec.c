/*
 * value_codec.c: values as bytes (value_codec.h).
 */
#include "expr/value_codec.h"

#include <math.h>

#include "base/assert.h"

void bytes_put_str(StrBuf *out, Str text)
{
    bytes_put(out, &text.bytes, sizeof text.bytes);
    strbuf_add_str(out, text);
}

bool bytes_get_str(Str *in, Str *out)
{
    uint32_t bytes;

    if (!bytes_get(in, &bytes, sizeof bytes) || in->bytes < bytes)
        return false;
    *out = (Str){in->data, bytes};
    in->data += bytes;
    in->bytes -= bytes;
    return true;
}

static void encode_f32(StrBuf *out, float x, bool equal_alike)
{
    if (equal_alike)
        x = isnan(x) ? NAN : x == 0 ? 0 : x;
    bytes_put(out, &x, sizeof x);
}

static void encode_f64(StrBuf *out, double x, bool equal_alike)
{
    if (equal_alike)
        x = isnan(x) ? (double)NAN : x == 0 ? 0 : x;
    bytes_put(out, &x, sizeof x);
}

void value_encode(StrBuf *out, const Vector *v, uint32_t row_i, bool equal_alike)
{
    PhysKind phys = type_phys(v->type);
    uint32_t r = vector_row(v, row_i);

    switch (phys) {
    case PHYS_STR:
        bytes_put_str(out, vector_strs(v)[r]);
        break;
    case PHYS_F32:
        encode_f32(out, vector_f32(v)[r], equal_alike);
        break;
    case PHYS_F64:
        encode_f64(out, vector_f64(v)[r], equal_alike);
        break;
    case PHYS_LIST:
    case PHYS_MAP: {
        uint32_t count = v->offsets[r + 1] - v->offsets[r];

        bytes_put(out, &count, sizeof count);
        for (uint32_t e = v->offsets[r]; e < v->offsets[r + 1]; e++) {
            for (uint32_t f = 0; f < v->type->field_count; f++)
                value_encode_marked(out, v->children[f], e, equal_alike);
        }
        break;
    }
    case PHYS_STRUCT:
        for (uint32_t f = 0; f < v->type->field_count; f++)
            value_encode_marked(out, v->children[f], r, equal_alike);
        break;
    case PHYS_VOID:
        break;
    case PHYS_BOOL:
    case PHYS_I8:
    case PHYS_I16:
    case PHYS_I32:
    case PHYS_I64:
    case PHYS_I128:
    case PHYS_INTERVAL:
        bytes_put(out, (const char *)v->data + (size_t)r * phys_bytes(phys), phys_bytes(phys));
        break;
    }
}

void value_encode_marked(StrBuf *out, const Vector *v, uint32_t row_i, bool equal_alike)
{
    bool valid = vector_is_valid(v, row_i);

    strbuf_add_char(out, (char)valid);
    if (valid)
        value_encode(out, v, row_i, equal_alike);
}

static bool decode_list(VectorBuilder *b, Str *in)
{
    uint32_t count;

    if (!bytes_get(in, &count, sizeof count))
        return false;
    for (uint32_t e = 0; e < count; e++) {
        for (uint32_t f = 0; f < b->type->field_count; f++) {
            if (!value_decode_marked(&b->children[f], in))
                return false;
        }
    }
    builder_end_row(b);
    return true;
}

static bool decode_struct(VectorBuilder *b, Str *in)
{
    for (uint32_t f = 0; f < b->type->field_count; f++) {
        if (!value_decode_marked(&b->children[f], in))
            return false;
    }
    builder_end_row(b);
    return true;
}

#define DECODE_FIXED(type, add)                                                                    \
    {                                                                                              \
        type value;                                                                                \
                                                                                                   \
        if (!bytes_get(in, &value, sizeof value))                                                  \
            return false;                                                                          \
        add(b, value);                                                                             \
        return true;                                                                               \
    }

bool value_decode(VectorBuilder *b, Str *in)
{
    Str text;

    switch (type_phys(b->type)) {
    case PHYS_VOID:
        builder_add_null(b);
        return true;
    case PHYS_BOOL:
        if (!in->bytes)
            return false;
        builder_add_bool(b, *in->data != 0);
        in->data++;
        in->bytes--;
        return true;
    case PHYS_I8:
        DECODE_FIXED(int8_t, builder_add_i8)
    case PHYS_I16:
        DECODE_FIXED(int16_t, builder_add_i16)
    case PHYS_I32:
        DECODE_FIXED(int32_t, builder_add_i32)
    case PHYS_I64:
        DECODE_FIXED(int64_t, builder_add_i64)
    case PHYS_F32:
        DECODE_FIXED(float, builder_add_f32)
    case PHYS_F64:
        DECODE_FIXED(double, builder_add_f64)
    case PHYS_I128:
        DECODE_FIXED(Int128, builder_add_i128)
    case PHYS_INTERVAL:
        DECODE_FIXED(Interval, builder_add_interval)
    case PHYS_STR:
        if (!bytes_get_str(in, &text))
            return false;
        builder_add_str(b, text);
        return true;
    case PHYS_LIST:
    case PHYS_MAP:
        return decode_list(b, in);
    case PHYS_STRUCT:
        return decode_struct(b, in);
    }
    UNREACHABLE();
}

bool value_decode_marked(VectorBuilder *b, Str *in)
{
    bool valid;

    if (!in->bytes)
        return false;
    valid = *in->data != 0;
    in->data++;
    in->bytes--;
    if (!valid) {
        builder_add_null(b);
        return true;
    }
    return value_decode(b, in);
}
