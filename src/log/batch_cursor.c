#include "log/batch_cursor.h"

#include <stdlib.h>

#include "base/assert.h"

void batch_cursor_init(BatchCursor *cursor)
{
    *cursor = (BatchCursor){0};
}

void batch_cursor_done(BatchCursor *cursor)
{
    free(cursor->buffer);
    cursor->buffer = NULL;
}

void batch_cursor_seek(BatchCursor *cursor, int64_t position)
{
    cursor->position = position;
    cursor->start = cursor->bytes = 0;
}

bool batch_cursor_refill(BatchCursor *cursor, OsFile *file, Error *err)
{
    if (!cursor->buffer) {
        cursor->capacity = BATCH_CURSOR_BYTES;
        cursor->buffer = mem_alloc(cursor->capacity);
    }
    cursor->start = cursor->bytes = 0;
    return os_file_read_at(file, cursor->buffer, cursor->capacity, cursor->position, &cursor->bytes,
                           err);
}

BatchStep batch_cursor_peek(const BatchCursor *cursor, RecordBatch *out, Error *err)
{
    size_t bytes = cursor->bytes - cursor->start;

    if (bytes == 0) {
        out->batch_bytes = 0;
        return BATCH_STEP_END;
    }
    switch (record_batch_parse(cursor->buffer + cursor->start, bytes, out, err)) {
    case RECORD_BATCH_WHOLE:
        return BATCH_STEP_WHOLE;
    case RECORD_BATCH_PART:
        return BATCH_STEP_END;
    case RECORD_BATCH_BAD:
        break;
    }
    return BATCH_STEP_BAD;
}

/* Room for a batch of that size. A length that the file does not bear out takes no memory. */
static bool window_reserve(BatchCursor *cursor, OsFile *file, size_t batch_bytes, bool *fits,
                           Error *err)
{
    int64_t file_bytes;

    *fits = true;
    if (batch_bytes <= cursor->capacity)
        return true;
    if (!os_file_size(file, &file_bytes, err))
        return false;
    *fits = file_bytes - cursor->position >= (int64_t)batch_bytes;
    if (*fits) {
        ASSERT(batch_bytes <= RECORD_BATCH_BYTES_MAX);
        free(cursor->buffer);
        cursor->capacity = batch_bytes;
        cursor->buffer = mem_alloc(batch_bytes);
        cursor->start = cursor->bytes = 0;
    }
    return true;
}

BatchStep batch_cursor_next(BatchCursor *cursor, OsFile *file, RecordBatch *out, Error *err)
{
    BatchStep step = batch_cursor_peek(cursor, out, err);
    bool fits;

    if (step != BATCH_STEP_END)
        return step;
    if (!batch_cursor_refill(cursor, file, err))
        return BATCH_STEP_FAILED;
    step = batch_cursor_peek(cursor, out, err);
    if (step != BATCH_STEP_END || out->batch_bytes <= cursor->bytes)
        return step;
    if (!window_reserve(cursor, file, out->batch_bytes, &fits, err))
        return BATCH_STEP_FAILED;
    if (!fits)
        return BATCH_STEP_END;
    if (!batch_cursor_refill(cursor, file, err))
        return BATCH_STEP_FAILED;
    return batch_cursor_peek(cursor, out, err);
}

void batch_cursor_pass(BatchCursor *cursor, const RecordBatch *batch)
{
    ASSERT(batch->data == cursor->buffer + cursor->start);
    cursor->start += batch->batch_bytes;
    cursor->position += (int64_t)batch->batch_bytes;
}
