/*
 * window_rank.c: row_number, rank, dense_rank, percent_rank, cume_dist, ntile.
 */
#include "base/assert.h"
#include "op/window_fn.h"

static Vector *row_numbers(WindowBlock *block)
{
    Vector *out = vector_new(block->arena, &type_int, block->row_count);

    for (uint32_t i = 0; i < block->row_count; i++)
        vector_i32(out)[i] = (int32_t)(i - block->partition_from[i] + 1);
    return out;
}

static Vector *ranks(WindowBlock *block)
{
    Vector *out = vector_new(block->arena, &type_int, block->row_count);

    for (uint32_t i = 0; i < block->row_count; i++)
        vector_i32(out)[i] = (int32_t)(block->peer_from[i] - block->partition_from[i] + 1);
    return out;
}

static Vector *dense_ranks(WindowBlock *block)
{
    Vector *out = vector_new(block->arena, &type_int, block->row_count);
    int32_t rank = 0;

    for (uint32_t i = 0; i < block->row_count; i++) {
        if (i == block->partition_from[i])
            rank = 1;
        else if (i == block->peer_from[i])
            rank++;
        vector_i32(out)[i] = rank;
    }
    return out;
}

static Vector *percent_ranks(WindowBlock *block)
{
    Vector *out = vector_new(block->arena, &type_double, block->row_count);

    for (uint32_t i = 0; i < block->row_count; i++) {
        uint32_t row_count = block->partition_to[i] - block->partition_from[i];
        uint32_t before = block->peer_from[i] - block->partition_from[i];

        vector_f64(out)[i] = row_count > 1 ? (double)before / (double)(row_count - 1) : 0.0;
    }
    return out;
}

static Vector *cume_dists(WindowBlock *block)
{
    Vector *out = vector_new(block->arena, &type_double, block->row_count);

    for (uint32_t i = 0; i < block->row_count; i++)
        vector_f64(out)[i] = (double)(block->peer_to[i] - block->partition_from[i]) /
                             (double)(block->partition_to[i] - block->partition_from[i]);
    return out;
}

/* Of n rows the first n % buckets buckets get one more than the others. */
static Vector *ntiles(WindowBlock *block, int64_t bucket_count)
{
    Vector *out = vector_new(block->arena, &type_int, block->row_count);

    for (uint32_t i = 0; i < block->row_count; i++) {
        int64_t row_count = block->partition_to[i] - block->partition_from[i];
        int64_t row_i = i - block->partition_from[i];
        int64_t size = row_count / bucket_count;
        int64_t larger = row_count % bucket_count;
        int64_t in_larger = larger * (size + 1);
        int64_t bucket =
            row_i < in_larger ? row_i / (size + 1) : larger + (row_i - in_larger) / size;

        vector_i32(out)[i] = (int32_t)(bucket + 1);
    }
    return out;
}

Vector *window_rank(const WindowFn *fn, WindowBlock *block)
{
    switch (window_function_kind(fn->item->call)) {
    case WINDOW_ROW_NUMBER:
        return row_numbers(block);
    case WINDOW_RANK:
        return ranks(block);
    case WINDOW_DENSE_RANK:
        return dense_ranks(block);
    case WINDOW_PERCENT_RANK:
        return percent_ranks(block);
    case WINDOW_CUME_DIST:
        return cume_dists(block);
    case WINDOW_NTILE:
        return ntiles(block, window_function_number(fn->item->call));
    case WINDOW_LAG:
    case WINDOW_LEAD:
    case WINDOW_NTH_VALUE:
        break;
    }
    UNREACHABLE();
}
