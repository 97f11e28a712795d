/*
 * time_key.h: keys with event time in them, and when what they group is final.
 *
 * An event-time key is a window, STRUCT<start, end>, final when end <= watermark; or a TIMESTAMP,
 * final when it is <= watermark. That time is the key's closing time; NULL has none and is final only
 * at the end of everything (TIME_KEY_NEVER).
 */
#ifndef WEIR_OP_TIME_KEY_H
#define WEIR_OP_TIME_KEY_H

#include "op/op.h"

#define TIME_KEY_NEVER WATERMARK_END

/* Field `f` of a struct column, NULL also where the struct is; flat. */
const Vector *time_key_field(Arena *arena, const Vector *v, uint32_t f);

/* The closing times of all rows, in the arena (or the column's own data). */
const int64_t *time_key_closing(Arena *arena, const Vector *times);

/* The rows that may still be taken in, given the operator's watermark; the others are told of as
 * late: by the partition's watermark if the batch has those, else by idleness. NULL: all rows. */
bool time_key_judge(Op *op, const Batch *batch, const int64_t *closing_us, int64_t watermark_us,
                    uint32_t **rows, uint32_t *row_count, Error *err);

#endif
