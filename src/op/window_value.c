/*
 * window_value.c: lag, lead, nth_value: the value of another row, found by its place.
 *
 * With IGNORE NULLS places are counted over the rows that have a value: these are listed once a
 * block, with how many of them stand before each row, and every look-up is a subtraction.
 */
#include "op/window_fn.h"

#define NO_ROW UINT32_MAX

/* The rows of a column that are not NULL. */
typedef struct Present {
    uint32_t *rows;
    uint32_t *before; /* How many of them stand before row i; one more than there are rows. */
} Present;

static Present present_rows(WindowBlock *block, const Vector *values)
{
    Present present = {
        .rows = ARENA_ARRAY(block->arena, uint32_t, block->row_count),
        .before = ARENA_ARRAY(block->arena, uint32_t, (size_t)block->row_count + 1),
    };
    uint32_t count = 0;

    for (uint32_t i = 0; i < block->row_count; i++) {
        present.before[i] = count;
        if (vector_is_valid(values, i))
            present.rows[count++] = i;
    }
    present.before[block->row_count] = count;
    return present;
}

/* values[rows[i]], or row i of `missing` where rows[i] is NO_ROW. */
static Vector *pick(WindowBlock *block, const Vector *values, const Vector *missing,
                    const uint32_t *rows)
{
    Vector *columns[2] = {arena_copy(block->arena, values, sizeof *values),
                          arena_copy(block->arena, missing, sizeof *missing)};
    Batch parts[2] = {{.row_count = block->row_count, .column_count = 1, .columns = &columns[0]},
                      {.row_count = block->row_count, .column_count = 1, .columns = &columns[1]}};
    const Batch *both[2] = {&parts[0], &parts[1]};
    RowPlace *places = ARENA_ARRAY(block->arena, RowPlace, block->row_count);

    for (uint32_t i = 0; i < block->row_count; i++)
        places[i] = rows[i] == NO_ROW ? (RowPlace){1, i} : (RowPlace){0, rows[i]};
    return batch_gather_column(block->arena, values->type, both, 0, places, block->row_count);
}

/* ── lag and lead ──────────────────────────────────────────────────────────────────────────────*/

/* The row `offset` behind row i, or before it when negative, within its partition. */
static uint32_t row_at(const WindowBlock *block, uint32_t i, int64_t offset)
{
    int64_t row = (int64_t)i + offset;

    return row >= block->partition_from[i] && row < block->partition_to[i] ? (uint32_t)row : NO_ROW;
}

/* The same, counted over rows with a value. */
static uint32_t present_at(const WindowBlock *block, const Present *present, uint32_t i,
                           int64_t offset)
{
    int64_t at = offset < 0 ? present->before[i] + offset : present->before[i + 1] + offset - 1;

    if (offset == 0)
        return i;
    return at >= present->before[block->partition_from[i]] &&
                   at < present->before[block->partition_to[i]]
               ? present->rows[at]
               : NO_ROW;
}

Vector *window_offset_value(const WindowFn *fn, WindowBlock *block)
{
    const WindowItem *item = fn->item;
    const Vector *values = window_column(block, item->arg_columns[0]);
    const Vector *missing = item->arg_count > 2
                                ? window_column(block, item->arg_columns[2])
                                : vector_null(block->arena, values->type, block->row_count);
    int64_t offset = window_function_number(item->call);
    uint32_t *rows = ARENA_ARRAY(block->arena, uint32_t, block->row_count);

    if (window_function_kind(item->call) == WINDOW_LAG)
        offset = -offset;
    if (item->call->ignore_nulls) {
        Present present = present_rows(block, values);

        for (uint32_t i = 0; i < block->row_count; i++)
            rows[i] = present_at(block, &present, i, offset);
    } else {
        for (uint32_t i = 0; i < block->row_count; i++)
            rows[i] = row_at(block, i, offset);
    }
    return pick(block, values, missing, rows);
}

/* ── nth_value ─────────────────────────────────────────────────────────────────────────────────*/

Vector *window_nth_value(const WindowFn *fn, WindowBlock *block, const Frames *frames)
{
    const WindowItem *item = fn->item;
    const Vector *values = window_column(block, item->arg_columns[0]);
    int64_t number = window_function_number(item->call) - 1;
    uint32_t *rows = ARENA_ARRAY(block->arena, uint32_t, block->row_count);

    if (item->call->ignore_nulls) {
        Present present = present_rows(block, values);

        for (uint32_t i = 0; i < block->row_count; i++) {
            int64_t at = present.before[frames->from[i]] + number;

            rows[i] = at < present.before[frames->to[i]] ? present.rows[at] : NO_ROW;
        }
    } else {
        for (uint32_t i = 0; i < block->row_count; i++) {
            int64_t at = frames->from[i] + number;

            rows[i] = at < frames->to[i] ? (uint32_t)at : NO_ROW;
        }
    }
    return pick(block, values, vector_null(block->arena, values->type, block->row_count), rows);
}
