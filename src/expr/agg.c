/*
 * agg.c: values kept by aggregates (agg.h).
 */
#include "expr/agg.h"

#include <stdlib.h>

#include "base/assert.h"
#include "expr/cast.h"

Str held_bytes(const Held *held)
{
    return (Str){held->byte_count > HELD_INLINE ? held->bytes : held->inline_bytes,
                 held->byte_count};
}

void held_clear(Held *held)
{
    if (held->byte_count > HELD_INLINE)
        free(held->bytes);
    memset(held, 0, sizeof *held);
}

void held_set_str(Held *held, Str encoded, bool null)
{
    held_clear(held);
    held->present = true;
    held->null = null;
    if (null)
        return;
    held->byte_count = encoded.bytes;
    if (encoded.bytes > HELD_INLINE) {
        held->bytes = mem_alloc(encoded.bytes);
        memcpy(held->bytes, encoded.data, encoded.bytes);
    } else if (encoded.bytes) {
        memcpy(held->inline_bytes, encoded.data, encoded.bytes);
    }
}

void held_set(Held *held, const Vector *v, uint32_t row_i)
{
    uint32_t bytes = phys_bytes(type_phys(v->type));
    StrBuf buf;

    if (!vector_is_valid(v, row_i)) {
        held_set_str(held, STR_EMPTY, true);
        return;
    }
    if (bytes && type_phys(v->type) != PHYS_STR) {
        held_set_str(held,
                     (Str){(const char *)v->data + (size_t)vector_row(v, row_i) * bytes, bytes},
                     false);
        return;
    }
    strbuf_init(&buf);
    value_encode(&buf, v, row_i, false);
    held_set_str(held, strbuf_str(&buf), false);
    strbuf_done(&buf);
}

void held_copy(Held *into, const Held *from)
{
    if (from->present)
        held_set_str(into, held_bytes(from), from->null);
    else
        held_clear(into);
}

/* A vector of one row with the held value, its bytes shared. */
static const Vector *held_vector(const Held *held, const Type *type, Arena *scratch)
{
    VectorBuilder b;
    Str bytes = held_bytes(held);
    bool read;

    builder_init(&b, scratch, type, 1);
    read = value_decode(&b, &bytes);
    ASSERT(read);
    return builder_finish(&b);
}

int held_compare(const Held *held, const Vector *v, uint32_t row_i, Arena *scratch)
{
    if (type_phys(v->type) == PHYS_STR) {
        Str bytes = held_bytes(held), text = STR_EMPTY;
        bool read = bytes_get_str(&bytes, &text);

        ASSERT(read);
        return str_compare(text, vector_strs(v)[vector_row(v, row_i)]);
    }
    return vector_compare(held_vector(held, v->type, scratch), 0, v, vector_row(v, row_i));
}

int held_compare_held(const Held *a, const Held *b, const Type *type)
{
    Arena scratch;
    int order;

    arena_init(&scratch);
    order = held_compare(a, held_vector(b, type, &scratch), 0, &scratch);
    arena_done(&scratch);
    return order;
}

void held_build(const Held *held, VectorBuilder *b)
{
    Str bytes;
    bool read;

    if (!held->present || held->null) {
        builder_add_null(b);
        return;
    }
    bytes = held_bytes(held);
    bytes = str_copy(b->arena, bytes);
    read = value_decode(b, &bytes);
    ASSERT(read);
}

void held_encode(const Held *held, StrBuf *out)
{
    strbuf_add_char(out, (char)(held->present ? held->null ? 2 : 1 : 0));
    if (held->present && !held->null)
        bytes_put_str(out, held_bytes(held));
}

bool held_decode(Held *held, Str *in)
{
    uint8_t mark;
    Str bytes = STR_EMPTY;

    memset(held, 0, sizeof *held);
    if (!bytes_get(in, &mark, 1) || mark > 2 || (mark == 1 && !bytes_get_str(in, &bytes)))
        return false;
    if (mark)
        held_set_str(held, bytes, mark == 2);
    return true;
}

size_t held_extra(const Held *held)
{
    return held->byte_count > HELD_INLINE ? held->byte_count : 0;
}

double number_as_double(const Vector *v, uint32_t row_i)
{
    uint32_t r = vector_row(v, row_i);

    switch ((int)v->type->kind) {
    case TYPE_FLOAT:
        return vector_f32(v)[r];
    case TYPE_DOUBLE:
        return vector_f64(v)[r];
    case TYPE_DECIMAL:
        return decimal_to_double(vector_i128(v)[r], v->type->scale);
    default:
        return (double)vector_integral(v, row_i);
    }
}

Vector *aggregate_result(const AggregateCall *call, uint32_t count, Arena *arena)
{
    Vector *out = vector_new(arena, call->expr->type, count);
    size_t bytes = (size_t)count * phys_bytes(type_phys(out->type));

    if (bytes)
        memset(out->data, 0, bytes);
    return out;
}
