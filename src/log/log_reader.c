/*
 * log_reader.c: see log_reader.h.
 *
 * Records are views into the cursor's window (uncompressed batches) or into an arena (compressed
 * ones), so a poll never fills the window again once it has records. Of the two arenas, one holds
 * the batch that an earlier poll began and did not finish, the other what this poll unpacks.
 */
#include "log/log_reader.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/assert.h"
#include "log/batch_cursor.h"
#include "log/segment.h"

struct LogReader {
    char *dir;
    int64_t next_offset;
    OsFile *log; /* The segment being read, or NULL. */
    int64_t base_offset;
    BatchCursor cursor;
    int64_t trusted_end; /* The committed end when the window was filled. */
    RecordReader batch;  /* The batch before the cursor, at its end when none is begun. */
    int64_t batch_end;   /* No record of it at or above this offset may be seen. */
    Codec *codec;
    Arena arenas[2];
    int batch_arena_i; /* Where the batch was unpacked. */
    LogRecord *records;
    size_t record_capacity;
};

LogReader *log_reader_create(const char *partition_dir, int64_t offset)
{
    LogReader *reader = mem_zalloc(sizeof *reader);

    reader->dir = mem_strdup(partition_dir);
    reader->next_offset = offset;
    reader->codec = codec_create();
    batch_cursor_init(&reader->cursor);
    arena_init(&reader->arenas[0]);
    arena_init(&reader->arenas[1]);
    return reader;
}

void log_reader_free(LogReader *reader)
{
    if (!reader)
        return;
    os_file_close(reader->log);
    batch_cursor_done(&reader->cursor);
    arena_done(&reader->arenas[0]);
    arena_done(&reader->arenas[1]);
    codec_free(reader->codec);
    free(reader->records);
    free(reader->dir);
    free(reader);
}

static void segment_leave(LogReader *reader)
{
    os_file_close(reader->log);
    reader->log = NULL;
    reader->batch = (RecordReader){0};
    reader->trusted_end = 0;
    batch_cursor_seek(&reader->cursor, 0);
}

void log_reader_seek(LogReader *reader, int64_t offset)
{
    segment_leave(reader);
    reader->next_offset = offset;
}

int64_t log_reader_position(const LogReader *reader)
{
    return reader->next_offset;
}

/* ── segments ──────────────────────────────────────────────────────────────────────────────────*/

static bool offset_is_gone(const LogReader *reader, int64_t start_offset, Error *err)
{
    return error_set(err, ERROR_USER,
                     "'%s': offset %" PRId64 " is no longer kept, the log begins at %" PRId64
                     " now; keep more (retention.ms, retention.bytes) or start from there",
                     reader->dir, reader->next_offset, start_offset);
}

static bool offset_is_missing(const LogReader *reader, int64_t committed_end, Error *err)
{
    return error_set(err, ERROR_RETRY,
                     "'%s': no record at offset %" PRId64 ", though it is committed up to %" PRId64
                     ": the log is damaged, or being cut back right now",
                     reader->dir, reader->next_offset, committed_end);
}

/* The last segment that begins at or below next_offset. */
static bool segment_choose(const LogReader *reader, int64_t committed_end, int64_t *base_offset,
                           Error *err)
{
    int64_t *bases;
    size_t count;
    size_t chosen;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = segment_list(&arena, reader->dir, &bases, &count, err);
    if (ok) {
        for (chosen = count; chosen > 0 && bases[chosen - 1] > reader->next_offset;)
            chosen--;
        if (chosen)
            *base_offset = bases[chosen - 1];
        else if (count)
            ok = offset_is_gone(reader, bases[0], err);
        else
            ok = offset_is_missing(reader, committed_end, err);
    }
    arena_done(&arena);
    return ok;
}

static bool segment_enter(LogReader *reader, int64_t base_offset, Error *err)
{
    int64_t position;
    Arena arena;
    bool ok;

    segment_leave(reader);
    arena_init(&arena);
    ok = os_file_open(segment_path(&arena, reader->dir, base_offset, ".log"), OS_OPEN_READ,
                      &reader->log, err);
    arena_done(&arena);
    if (!ok)
        return false;
    if (!segment_find_offset(reader->dir, base_offset, reader->log, reader->next_offset, &position,
                             err)) {
        segment_leave(reader);
        return false;
    }
    reader->base_offset = base_offset;
    batch_cursor_seek(&reader->cursor, position);
    return true;
}

/* The file has no more: goes on to the segment that holds next_offset now. */
static bool segment_advance(LogReader *reader, int64_t committed_end, Error *err)
{
    int64_t base_offset = 0;

    if (!segment_choose(reader, committed_end, &base_offset, err))
        return false;
    if (reader->log && base_offset == reader->base_offset)
        return offset_is_missing(reader, committed_end, err);
    return segment_enter(reader, base_offset, err);
}

/* ── batches ───────────────────────────────────────────────────────────────────────────────────*/

typedef enum Found {
    FOUND_BATCH,   /* *out stands at the cursor and holds next_offset or what comes after it. */
    FOUND_NOT_YET, /* Not without filling the window again, which was not allowed. */
    FOUND_FILE_END,
    FOUND_ERROR,
} Found;

/* Looks for the batch of next_offset from the cursor on. */
static Found batch_find(LogReader *reader, int64_t committed_end, bool may_fill, RecordBatch *out,
                        Error *err)
{
    BatchCursor *cursor = &reader->cursor;

    for (;;) {
        BatchStep step = BATCH_STEP_END;

        if (reader->next_offset < reader->trusted_end)
            step = batch_cursor_peek(cursor, out, err);
        /* Invariant 1: a batch that was above the committed end when it was read is read again. */
        if (step == BATCH_STEP_WHOLE && out->last_offset >= reader->trusted_end &&
            reader->trusted_end < committed_end)
            step = BATCH_STEP_END;
        if (step == BATCH_STEP_END) {
            if (!may_fill)
                return FOUND_NOT_YET;
            batch_cursor_seek(cursor, cursor->position);
            reader->trusted_end = committed_end;
            step = batch_cursor_next(cursor, reader->log, out, err);
        }
        if (step == BATCH_STEP_END)
            return FOUND_FILE_END;
        if (step != BATCH_STEP_WHOLE)
            return FOUND_ERROR;
        if (out->last_offset >= reader->next_offset)
            return FOUND_BATCH;
        batch_cursor_pass(cursor, out);
    }
}

static bool file_damaged(const LogReader *reader, Error *err)
{
    return error_wrap(err, "'%s', at byte %" PRId64, os_file_path(reader->log),
                      reader->cursor.position);
}

/* Begins the batch at the cursor. */
static bool batch_open(LogReader *reader, const RecordBatch *batch, int64_t committed_end,
                       int arena_i, Error *err)
{
    if (!record_batch_verify(batch, err) ||
        !record_reader_open(&reader->batch, batch, reader->codec, &reader->arenas[arena_i], err))
        return file_damaged(reader, err);
    reader->batch_end = MIN(batch->last_offset + 1, committed_end);
    reader->batch_arena_i = arena_i;
    /* One that reaches beyond the committed end may be cut there, and grow anew: it is read again.
     */
    if (batch->last_offset < committed_end)
        batch_cursor_pass(&reader->cursor, batch);
    return true;
}

/* Makes sure that a batch is begun; *none when there is none to be had in this poll. */
static bool batch_begin(LogReader *reader, int64_t committed_end, bool may_fill, int arena_i,
                        bool *none, Error *err)
{
    RecordBatch batch;

    *none = false;
    if (!reader->log && !may_fill) {
        *none = true;
        return true;
    }
    if (!reader->log && !segment_advance(reader, committed_end, err))
        return false;
    for (;;) {
        switch (batch_find(reader, committed_end, may_fill, &batch, err)) {
        case FOUND_BATCH:
            return batch_open(reader, &batch, committed_end, arena_i, err);
        case FOUND_NOT_YET:
            *none = true;
            return true;
        case FOUND_FILE_END:
            if (!segment_advance(reader, committed_end, err))
                return false;
            break;
        case FOUND_ERROR:
            return file_damaged(reader, err);
        }
    }
}

/* ── polling ───────────────────────────────────────────────────────────────────────────────────*/

/* Takes from the begun batch what the caller may see. Adds to *record_count and *bytes. */
static bool batch_take(LogReader *reader, size_t records_max, size_t bytes_max,
                       size_t *record_count, size_t *bytes, Error *err)
{
    LogRecord *out = reader->records + *record_count;
    const uint8_t *start = reader->batch.at;
    size_t skip = 0;
    size_t count;

    if (!record_reader_read(&reader->batch, out, records_max - *record_count, bytes_max - *bytes,
                            &count, err))
        return error_wrap(err, "'%s'", os_file_path(reader->log));
    *bytes += (size_t)(reader->batch.at - start);
    while (count && out[count - 1].offset >= reader->batch_end) {
        count--;
        reader->batch.records_left = 0;
    }
    while (skip < count && out[skip].offset < reader->next_offset)
        skip++;
    if (skip) {
        count -= skip;
        memmove(out, out + skip, count * sizeof *out);
    }
    if (count)
        reader->next_offset = out[count - 1].offset + 1;
    if (record_reader_at_end(&reader->batch))
        reader->next_offset = MAX(reader->next_offset, reader->batch_end);
    *record_count += count;
    return true;
}

/* One round of a poll. *none when the poll has got all it can. */
static bool poll_step(LogReader *reader, int64_t committed_end, size_t records_max,
                      size_t bytes_max, int arena_i, size_t *record_count, size_t *bytes,
                      bool *none, Error *err)
{
    *none = false;
    if (record_reader_at_end(&reader->batch) &&
        !batch_begin(reader, committed_end, *record_count == 0, arena_i, none, err))
        return false;
    return *none || batch_take(reader, records_max, bytes_max, record_count, bytes, err);
}

bool log_reader_poll(LogReader *reader, int64_t committed_end, size_t records_max, size_t bytes_max,
                     const LogRecord **records, size_t *record_count, Error *err)
{
    bool batch_begun = !record_reader_at_end(&reader->batch);
    int arena_i = batch_begun ? !reader->batch_arena_i : 0;
    size_t bytes = 0;
    size_t count = 0;
    bool none = false;

    arena_reset(&reader->arenas[arena_i]);
    if (!batch_begun)
        arena_reset(&reader->arenas[1]);
    if (records_max > reader->record_capacity) {
        reader->record_capacity = records_max;
        free(reader->records);
        reader->records = mem_alloc(records_max * sizeof *reader->records);
    }
    while (!none && count < records_max && bytes < bytes_max &&
           reader->next_offset < committed_end) {
        if (!poll_step(reader, committed_end, records_max, bytes_max, arena_i, &count, &bytes,
                       &none, err)) {
            /* Whoever polls again begins anew, at the place of the error. What came before it is
             * given out first. */
            segment_leave(reader);
            if (count == 0)
                return false;
            error_clear(err);
            break;
        }
    }
    *records = reader->records;
    *record_count = count;
    return true;
}

/* ── by time ───────────────────────────────────────────────────────────────────────────────────*/

bool log_reader_start_offset(const LogReader *reader, int64_t *offset, Error *err)
{
    int64_t *bases;
    size_t count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = segment_list(&arena, reader->dir, &bases, &count, err);
    if (ok)
        *offset = count ? bases[0] : 0;
    arena_done(&arena);
    return ok;
}

/* The offset from which on a record of that time may first stand. */
static bool time_find(const LogReader *reader, int64_t timestamp_ms, int64_t *offset, Error *err)
{
    int64_t *bases;
    size_t count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = segment_list(&arena, reader->dir, &bases, &count, err);
    *offset = 0;
    for (size_t i = 0; ok && i < count; i++) {
        int64_t log_bytes;
        int64_t latest_ms;
        bool sound;

        /* The last entry by time of a sealed segment is the latest of all in it. */
        ok = segment_look(reader->dir, bases[i], &log_bytes, &latest_ms, &sound, err);
        if (ok && (i + 1 == count || !sound || latest_ms >= timestamp_ms)) {
            ok = segment_find_time(reader->dir, bases[i], timestamp_ms, offset, err);
            break;
        }
    }
    arena_done(&arena);
    return ok;
}

bool log_reader_seek_time(LogReader *reader, int64_t timestamp_ms, int64_t committed_end,
                          Error *err)
{
    const LogRecord *records;
    size_t count = 1;
    int64_t offset;

    if (!time_find(reader, timestamp_ms, &offset, err))
        return false;
    log_reader_seek(reader, offset);
    while (count) {
        if (!log_reader_poll(reader, committed_end, 1024, SIZE_MAX, &records, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            if (records[i].timestamp_ms >= timestamp_ms) {
                log_reader_seek(reader, records[i].offset);
                return true;
            }
        }
    }
    log_reader_seek(reader, committed_end);
    return true;
}
