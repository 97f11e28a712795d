/*
 * batch_cursor.h: a window over a segment file that moves forward batch by batch.
 *
 * Batches are handed out as views of the window; a view lives until the window is filled again
 * (batch_cursor_next when the next batch is not buffered, batch_cursor_refill) or moved.
 *
 * Thread: one at a time.
 */
#ifndef WEIR_LOG_BATCH_CURSOR_H
#define WEIR_LOG_BATCH_CURSOR_H

#include "log/record_batch.h"
#include "os/os.h"

#define BATCH_CURSOR_BYTES ((size_t)256 << 10) /* The window; it grows for a larger batch. */

typedef enum BatchStep {
    BATCH_STEP_WHOLE,  /* *out is the batch at the cursor. */
    BATCH_STEP_END,    /* The file ends here, or in the middle of a batch. */
    BATCH_STEP_BAD,    /* What stands here is no batch; err says why. */
    BATCH_STEP_FAILED, /* The file can not be read; err is set. */
} BatchStep;

typedef struct BatchCursor {
    char *buffer; /* NULL until first used. */
    size_t capacity;
    size_t start; /* The cursor, within the buffered bytes. */
    size_t bytes;
    int64_t position; /* The cursor, within the file. */
} BatchCursor;

void batch_cursor_init(BatchCursor *cursor);
void batch_cursor_done(BatchCursor *cursor);
/* Moves to `position`; what is buffered is forgotten. */
void batch_cursor_seek(BatchCursor *cursor, int64_t position);
/* Reads the window anew from the cursor on. */
bool batch_cursor_refill(BatchCursor *cursor, OsFile *file, Error *err);
/* The batch at the cursor, as buffered; BATCH_STEP_END when it is not wholly buffered. */
BatchStep batch_cursor_peek(const BatchCursor *cursor, RecordBatch *out, Error *err);
/* The batch at the cursor, read if need be. Its CRC is not checked. */
BatchStep batch_cursor_next(BatchCursor *cursor, OsFile *file, RecordBatch *out, Error *err);
/* Behind `batch`, which stands at the cursor. Its view stays good. */
void batch_cursor_pass(BatchCursor *cursor, const RecordBatch *batch);

#endif
