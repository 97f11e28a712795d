/*
 * value_codec.h: single values of any type as bytes: what aggregates keep of rows, in memory and in
 * checkpoints.
 *
 *     fixed width      its bytes as in memory (little-endian)
 *     STRING, BINARY   u32 length, bytes
 *     ARRAY, MAP       u32 count, then each element (of a MAP: key, value) with its mark
 *     STRUCT           each field with its mark
 *     mark             one byte: 0 NULL, 1 the value follows
 *
 * A file format: it may only be extended.
 */
#ifndef WEIR_EXPR_VALUE_CODEC_H
#define WEIR_EXPR_VALUE_CODEC_H

#include "column/vector.h"

/* Row i, which is not NULL (value_encode), or may be (…_marked). `equal_alike`: values that are
 * equal give equal bytes: -0.0 as 0.0, every NaN as one. */
void value_encode(StrBuf *out, const Vector *v, uint32_t row_i, bool equal_alike);
void value_encode_marked(StrBuf *out, const Vector *v, uint32_t row_i, bool equal_alike);
/* Appends the value to the builder and moves *in behind it. Strings are views into *in. False:
 * bytes no encoder wrote. */
bool value_decode(VectorBuilder *b, Str *in);
bool value_decode_marked(VectorBuilder *b, Str *in);

/* Numbers in checkpoints. */
static inline void bytes_put(StrBuf *out, const void *data, size_t bytes)
{
    strbuf_add(out, data, bytes);
}

static inline bool bytes_get(Str *in, void *data, size_t bytes)
{
    if (in->bytes < bytes)
        return false;
    memcpy(data, in->data, bytes);
    in->data += bytes;
    in->bytes -= (uint32_t)bytes;
    return true;
}

/* u32 length, bytes. */
void bytes_put_str(StrBuf *out, Str text);
bool bytes_get_str(Str *in, Str *out); /* A view. */

#endif
