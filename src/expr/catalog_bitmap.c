/*
 * catalog_bitmap.c: bitmaps of 32768 positions, for counting distinct numbers: in which bitmap a
 * number lies, at which position, and how many positions are set. Their aggregates: agg_bitmap.c.
 */
#include "expr/catalog.h"
#include "expr/kernel.h"

#define POSITIONS 32768

static Vector *kernel_bit_position(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int64_t value = arg_i64(call, 0, i);

        /* The least number has no positive one; its remainder is 0 all the same. */
        vector_i64(out)[i] = value > 0 ? (value - 1) % POSITIONS
                                       : (int64_t)((0 - (uint64_t)value) % POSITIONS);
    }
    return out;
}

static Vector *kernel_bucket_number(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        int64_t value = arg_i64(call, 0, i);

        vector_i64(out)[i] = value > 0 ? 1 + (value - 1) / POSITIONS : value / POSITIONS;
    }
    return out;
}

static Vector *kernel_count(const KernelCall *call)
{
    Vector *out = kernel_result(call);

    EACH_ROW (call, i) {
        Str bytes = arg_str(call, 0, i);

        for (uint32_t b = 0; b < bytes.bytes; b++)
            vector_i64(out)[i] += __builtin_popcount((uint8_t)bytes.data[b]);
    }
    return out;
}

#define ROW(name_, signature_, kernel_, doc_, example_)                                            \
    FUNCTION_ROW("bit", name_, signature_, kernel_, NULL, doc_, example_)

static const Function rows[] = {
    ROW("bitmap_bit_position", "(bigint) -> bigint", kernel_bit_position,
        "At which of a bitmap's 32768 positions a number stands, from 0",
        "bitmap_bit_position(123) = 122"),
    ROW("bitmap_bucket_number", "(bigint) -> bigint", kernel_bucket_number,
        "In which bitmap a number stands", "bitmap_bucket_number(32769) = 2"),
    ROW("bitmap_count", "(binary=) -> bigint", kernel_count, "How many bits are set",
        "bitmap_count(X'FF01') = 9"),
};

const FunctionTable catalog_bitmap = FUNCTION_TABLE_OF(rows);
