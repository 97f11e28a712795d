/*
 * segment.c: see segment.h.
 *
 * All that re-establishes what a segment holds (opening, truncation, recovery) is one walk over its
 * batches, segment_walk, begun at the last place that the index and the log agree upon.
 */
#include "log/segment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "log/batch_cursor.h"
#include "log/record_builder.h"
#include "log/wire.h"

#define BASE_DIGITS 20
#define CUT_POSITION_BYTES 8
#define CUT_RECORDS 256 /* Copied at a time. */

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

char *segment_path(Arena *arena, const char *dir, int64_t base_offset, const char *suffix)
{
    return arena_printf(arena, "%s/%0*" PRId64 "%s", dir, BASE_DIGITS, base_offset, suffix);
}

bool segment_name_parse(const char *name, const char *suffix, int64_t *base_offset)
{
    return strlen(name) == BASE_DIGITS + strlen(suffix) &&
           strcmp(name + BASE_DIGITS, suffix) == 0 && name[0] >= '0' && name[0] <= '9' &&
           str_to_int64((Str){name, BASE_DIGITS}, base_offset);
}

bool segment_list(Arena *arena, const char *dir, int64_t **base_offsets, size_t *count, Error *err)
{
    const char *const *names;
    size_t name_count;
    int64_t *bases;

    if (!os_list(arena, dir, &names, &name_count, err))
        return false;
    bases = ARENA_ARRAY(arena, int64_t, name_count + 1);
    *count = 0;
    for (size_t i = 0; i < name_count; i++)
        *count += segment_name_parse(names[i], ".log", &bases[*count]);
    *base_offsets = bases; /* Names of one width: sorted by bytes is sorted by number. */
    return true;
}

/* ── open and close ────────────────────────────────────────────────────────────────────────────*/

static bool segment_open_files(const char *dir, int64_t base_offset, OsOpenMode mode,
                               int64_t index_interval_bytes, Segment *out, Error *err)
{
    Segment segment = {
        .base_offset = base_offset,
        .next_offset = base_offset,
        .index_interval_bytes = index_interval_bytes,
        .max_timestamp_ms = LOG_NO_TIMESTAMP,
        .time_indexed_ms = LOG_NO_TIMESTAMP,
    };
    Arena arena;
    bool ok;

    arena_init(&arena);
    segment.dir = mem_strdup(dir);
    ok = os_file_open(segment_path(&arena, dir, base_offset, ".log"), mode, &segment.log, err) &&
         segment_index_open(segment_path(&arena, dir, base_offset, ".index"), INDEX_BY_OFFSET,
                            base_offset, true, &segment.by_offset, err) &&
         segment_index_open(segment_path(&arena, dir, base_offset, ".timeindex"), INDEX_BY_TIME,
                            base_offset, true, &segment.by_time, err);
    arena_done(&arena);
    if (ok)
        *out = segment;
    else
        segment_close(&segment);
    return ok;
}

static bool indexes_trim(Segment *segment, Error *err)
{
    return segment_index_trim(&segment->by_offset, err) &&
           segment_index_trim(&segment->by_time, err);
}

bool segment_create(const char *dir, int64_t base_offset, int64_t index_interval_bytes,
                    Segment *out, Error *err)
{
    Segment segment;

    if (!segment_open_files(dir, base_offset, OS_OPEN_TRUNCATE, index_interval_bytes, &segment,
                            err))
        return false;
    segment_index_forget(&segment.by_offset, 0);
    segment_index_forget(&segment.by_time, 0);
    if (!indexes_trim(&segment, err)) {
        segment_close(&segment);
        return false;
    }
    *out = segment;
    return true;
}

bool segment_open(const char *dir, int64_t base_offset, int64_t index_interval_bytes, Segment *out,
                  Error *err)
{
    Arena arena;
    const char *path;
    bool ok = true;

    arena_init(&arena);
    path = segment_path(&arena, dir, base_offset, ".log");
    if (!os_exists(path))
        ok = error_set(err, ERROR_JOB, "'%s' has gone", path);
    ok = ok &&
         segment_open_files(dir, base_offset, OS_OPEN_READ_WRITE, index_interval_bytes, out, err);
    arena_done(&arena);
    return ok;
}

void segment_close(Segment *segment)
{
    os_file_close(segment->log);
    segment_index_close(&segment->by_offset);
    segment_index_close(&segment->by_time);
    free(segment->dir);
    segment->log = NULL;
    segment->dir = NULL;
}

/* ── appending ─────────────────────────────────────────────────────────────────────────────────*/

static void segment_note(Segment *segment, const RecordBatch *batch)
{
    segment->log_bytes += (int64_t)batch->batch_bytes;
    segment->bytes_since_index += (int64_t)batch->batch_bytes;
    segment->next_offset = batch->last_offset + 1;
}

static bool time_index_add(Segment *segment, Error *err)
{
    IndexEntry entry = {segment->max_timestamp_offset, segment->max_timestamp_ms};

    if (segment->max_timestamp_ms <= segment->time_indexed_ms)
        return true;
    if (!segment_index_append(&segment->by_time, entry, err))
        return false;
    segment->time_indexed_ms = segment->max_timestamp_ms;
    return true;
}

/* Enters the batch at log_bytes into the indexes, if an entry is due. Like Kafka's, the entry by
 * time counts this batch in. */
static bool segment_index_batch(Segment *segment, const RecordBatch *batch, Error *err)
{
    IndexEntry entry = {batch->last_offset, segment->log_bytes};

    if (batch->max_timestamp_ms > segment->max_timestamp_ms) {
        segment->max_timestamp_ms = batch->max_timestamp_ms;
        segment->max_timestamp_offset = batch->last_offset;
    }
    if (segment->bytes_since_index <= segment->index_interval_bytes)
        return true;
    if (!segment_index_append(&segment->by_offset, entry, err) || !time_index_add(segment, err))
        return false;
    segment->bytes_since_index = 0;
    return true;
}

bool segment_append(Segment *segment, const RecordBatch *batch, Error *err)
{
    Segment before = *segment;

    ASSERT(batch->base_offset >= segment->next_offset);
    if (!os_file_write_at(segment->log, batch->data, batch->batch_bytes, segment->log_bytes, err))
        return false;
    if (!segment_index_batch(segment, batch, err)) {
        *segment = before; /* Invariant 2. */
        return false;
    }
    segment_note(segment, batch);
    return true;
}

bool segment_sync(Segment *segment, Error *err)
{
    return os_file_sync(segment->log, err);
}

bool segment_seal(Segment *segment, Error *err)
{
    return time_index_add(segment, err) && indexes_trim(segment, err) &&
           segment_sync(segment, err) && os_file_sync(segment->by_offset.file, err) &&
           os_file_sync(segment->by_time.file, err);
}

/* ── walking ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct Walk {
    BatchCursor cursor;
    RecordBatch batch; /* The one it stopped at. */
    BatchStep step;    /* BATCH_STEP_WHOLE: `batch` reaches beyond `until_offset`. */
} Walk;

/* Takes in batches from log_bytes on, up to the first that holds `until_offset` or lies behind it,
 * or is damaged. False only when a file can not be read or written; a damage leaves its text in
 * err. */
static bool segment_walk(Segment *segment, int64_t until_offset, bool first_is_indexed, Walk *walk,
                         Error *err)
{
    batch_cursor_seek(&walk->cursor, segment->log_bytes);
    segment->bytes_since_index = 0;
    for (;; first_is_indexed = false) {
        RecordBatch *batch = &walk->batch;

        walk->step = batch_cursor_next(&walk->cursor, segment->log, batch, err);
        if (walk->step == BATCH_STEP_FAILED)
            return false;
        if (walk->step != BATCH_STEP_WHOLE)
            return true;
        if (!record_batch_verify(batch, err)) {
            walk->step = BATCH_STEP_BAD;
            return true;
        }
        if (batch->base_offset < segment->next_offset ||
            batch->last_offset - segment->base_offset > INT32_MAX) {
            walk->step = BATCH_STEP_BAD;
            error_set(err, ERROR_JOB, "the record batch at offset %" PRId64 " is out of place",
                      batch->base_offset);
            return true;
        }
        if (batch->last_offset >= until_offset)
            return true;
        if (!first_is_indexed && !segment_index_batch(segment, batch, err))
            return false;
        segment_note(segment, batch);
        batch_cursor_pass(&walk->cursor, batch);
    }
}

static void segment_forget(Segment *segment)
{
    segment->next_offset = segment->base_offset;
    segment->log_bytes = 0;
    segment->max_timestamp_ms = segment->time_indexed_ms = LOG_NO_TIMESTAMP;
    segment_index_forget(&segment->by_offset, 0);
    segment_index_forget(&segment->by_time, 0);
}

/* Cuts all files to what the segment knows of; *changed when the log was longer. */
static bool segment_trim(Segment *segment, bool *changed, Error *err)
{
    int64_t bytes;

    if (!os_file_size(segment->log, &bytes, err) || !indexes_trim(segment, err))
        return false;
    *changed = bytes != segment->log_bytes;
    return !*changed || os_file_truncate(segment->log, segment->log_bytes, err);
}

/* Whether a batch that ends with `last_offset` stands at `position`. */
static bool batch_is_at(OsFile *log, IndexEntry entry, bool *is, Error *err)
{
    char header[RECORD_BATCH_HEADER_BYTES];
    RecordBatch batch = {0};
    Error ignored;
    size_t got;

    *is = false;
    if (entry.offset == INDEX_ENTRY_GONE.offset)
        return true;
    if (!os_file_read_at(log, header, sizeof header, entry.value, &got, err))
        return false;
    *is = record_batch_parse(header, got, &batch, &ignored) != RECORD_BATCH_BAD &&
          batch.batch_bytes != 0 && batch.last_offset == entry.offset;
    return true;
}

/* ── truncation ────────────────────────────────────────────────────────────────────────────────*/

static bool indexes_check(Segment *segment, bool *sound, Error *err)
{
    bool offset_whole;
    bool time_whole;
    int64_t log_bytes;

    if (!segment_index_reload(&segment->by_offset, &offset_whole, err) ||
        !segment_index_reload(&segment->by_time, &time_whole, err) ||
        !os_file_size(segment->log, &log_bytes, err))
        return false;
    *sound = offset_whole && time_whole;
    return (!*sound || segment_index_check(&segment->by_offset, log_bytes, sound, err)) &&
           (!*sound || segment_index_check(&segment->by_time, log_bytes, sound, err));
}

/* Finds the last entry by offset below `offset` that the log bears out. */
static bool index_find_entry(Segment *segment, int64_t offset, int64_t *entry_count,
                             IndexEntry *entry, bool *found, Error *err)
{
    *found = false;
    if (!segment_index_count_offsets(&segment->by_offset, offset - 1, entry_count, err))
        return false;
    return *entry_count == 0 ||
           (segment_index_read(&segment->by_offset, *entry_count - 1, entry, err) &&
            batch_is_at(segment->log, *entry, found, err));
}

/* The last entry by time up to `offset`. */
static bool index_find_latest(Segment *segment, int64_t offset, int64_t *entry_count,
                              IndexEntry *latest, Error *err)
{
    return segment_index_count_offsets(&segment->by_time, offset, entry_count, err) &&
           (*entry_count == 0 ||
            segment_index_read(&segment->by_time, *entry_count - 1, latest, err));
}

/* Takes the indexes' word for what lies before the last entry below `offset`, if they are sound and
 * the log agrees; else nothing is known, and the walk has to begin at the start. */
static bool segment_trust_index(Segment *segment, int64_t offset, bool *trusted, Error *err)
{
    IndexEntry latest = {0, LOG_NO_TIMESTAMP};
    IndexEntry entry;
    int64_t offset_count;
    int64_t time_count;

    if (!indexes_check(segment, trusted, err) ||
        !index_find_latest(segment, offset - 1, &time_count, &latest, err))
        return false;
    /* A crash may have taken more of the file by time than of the other, so only the log can tell
     * what is the latest behind its last entry. */
    if (*trusted &&
        !index_find_entry(segment, latest.offset + 1, &offset_count, &entry, trusted, err))
        return false;
    if (!*trusted || time_count == 0) {
        *trusted = false;
        segment_forget(segment);
        return true;
    }
    if (!index_find_latest(segment, entry.offset, &time_count, &latest, err))
        return false;
    segment_forget(segment);
    segment->by_offset.entry_count = offset_count;
    segment->by_time.entry_count = time_count;
    segment->log_bytes = entry.value;
    if (time_count) {
        segment->max_timestamp_ms = segment->time_indexed_ms = latest.value;
        segment->max_timestamp_offset = latest.offset;
    }
    *trusted = true;
    return true;
}

/* Puts `content` (position, batch) in its place, as the new end of the log. */
static bool cut_apply(Segment *segment, Str content, Error *err)
{
    int64_t position = (int64_t)wire_load64(content.data);
    Str batch = str_slice(content, CUT_POSITION_BYTES, content.bytes);

    return os_file_write_at(segment->log, batch.data, batch.bytes, position, err) &&
           os_file_truncate(segment->log, position + batch.bytes, err) &&
           os_file_sync(segment->log, err);
}

static bool cut_finish(Segment *segment, const char *path, Error *err)
{
    return os_unlink(path, err) && os_sync_dir(segment->dir, err);
}

/* A truncation that did not come to its end left its .cut file: do it again. */
static bool cut_redo(Segment *segment, Error *err)
{
    Arena arena;
    const char *path;
    Str content;
    bool ok = true;

    arena_init(&arena);
    path = segment_path(&arena, segment->dir, segment->base_offset, ".cut");
    if (os_exists(path)) {
        ok = os_read_file(&arena, path, RECORD_BATCH_BYTES_MAX + CUT_POSITION_BYTES, &content, err);
        if (ok && content.bytes < CUT_POSITION_BYTES + RECORD_BATCH_HEADER_BYTES)
            ok = error_set(err, ERROR_JOB, "'%s' is damaged", path);
        ok = ok && cut_apply(segment, content, err) && cut_finish(segment, path, err);
    }
    arena_done(&arena);
    return ok;
}

/* Adds the records of `batch` below `offset` to `builder`. */
static bool batch_copy_head(const RecordBatch *batch, int64_t offset, Codec *codec, Arena *arena,
                            RecordBuilder *builder, Error *err)
{
    LogRecord records[CUT_RECORDS];
    RecordReader reader;
    size_t count;

    if (!record_reader_open(&reader, batch, codec, arena, err))
        return false;
    do {
        if (!record_reader_read(&reader, records, CUT_RECORDS, SIZE_MAX, &count, err))
            return false;
        for (size_t i = 0; i < count && records[i].offset < offset; i++)
            record_builder_add(builder, &records[i], records[i].offset);
    } while (count);
    return true;
}

/* Writes `batch`, which stands at log_bytes, anew with its records below `offset` only. */
static bool segment_cut_batch(Segment *segment, const RecordBatch *batch, int64_t offset,
                              Error *err)
{
    Codec *codec = codec_create();
    RecordBuilder builder;
    RecordBatch head;
    StrBuf content;
    Arena arena;
    char position[CUT_POSITION_BYTES];
    const char *path;
    bool ok;

    arena_init(&arena);
    strbuf_init(&content);
    record_builder_init(&builder);
    record_builder_start(&builder, batch->base_offset);
    ok = batch_copy_head(batch, offset, codec, &arena, &builder, err);
    if (ok && builder.record_count) {
        path = segment_path(&arena, segment->dir, segment->base_offset, ".cut");
        wire_store64(position, (uint64_t)segment->log_bytes);
        strbuf_add(&content, position, sizeof position);
        ok = record_builder_finish(&builder, codec, batch->compression, &head, err);
        if (ok)
            strbuf_add(&content, head.data, head.batch_bytes);
        ok = ok && os_write_file(path, strbuf_str(&content), err) &&
             cut_apply(segment, strbuf_str(&content), err) && cut_finish(segment, path, err) &&
             segment_index_batch(segment, &head, err);
        if (ok)
            segment_note(segment, &head);
    }
    record_builder_done(&builder);
    strbuf_done(&content);
    arena_done(&arena);
    codec_free(codec);
    return ok;
}

static bool end_is_missing(const Segment *segment, int64_t offset, const Walk *walk, Error *err)
{
    const char *path = os_file_path(segment->log);

    if (walk->step == BATCH_STEP_BAD)
        return error_wrap(err, "'%s', at byte %" PRId64, path, segment->log_bytes);
    return error_set(err, ERROR_JOB,
                     "'%s' ends at offset %" PRId64 ", but records up to offset %" PRId64
                     " were committed: the file is damaged or of another time; restore a copy of "
                     "the whole data directory, or begin anew in another one (--data)",
                     path, segment->next_offset, offset);
}

bool segment_truncate(Segment *segment, int64_t offset, bool *changed, Error *err)
{
    Walk walk;
    bool trusted;
    bool ok = false;

    ASSERT(offset >= segment->base_offset);
    batch_cursor_init(&walk.cursor);
    if (!cut_redo(segment, err) || !segment_trust_index(segment, offset, &trusted, err))
        goto done;
    if (offset > segment->base_offset) {
        if (!segment_walk(segment, offset, trusted, &walk, err))
            goto done;
        if (walk.step == BATCH_STEP_WHOLE && walk.batch.base_offset < offset &&
            !segment_cut_batch(segment, &walk.batch, offset, err))
            goto done;
        if (walk.step != BATCH_STEP_WHOLE && segment->next_offset < offset) {
            end_is_missing(segment, offset, &walk, err);
            goto done;
        }
    }
    segment->next_offset = offset;
    ok = segment_trim(segment, changed, err);
done:
    batch_cursor_done(&walk.cursor);
    return ok;
}

bool segment_recover(Segment *segment, Error *err)
{
    Walk walk;
    bool changed;
    bool ok;

    batch_cursor_init(&walk.cursor);
    segment_forget(segment);
    ok = cut_redo(segment, err) && segment_walk(segment, INT64_MAX, false, &walk, err) &&
         segment_trim(segment, &changed, err);
    batch_cursor_done(&walk.cursor);
    return ok;
}

bool segment_reindex(const char *dir, int64_t base_offset, int64_t next_offset,
                     int64_t index_interval_bytes, Error *err)
{
    Segment segment;
    Walk walk;
    bool ok;

    if (!segment_open(dir, base_offset, index_interval_bytes, &segment, err))
        return false;
    batch_cursor_init(&walk.cursor);
    segment_forget(&segment);
    ok = segment_walk(&segment, next_offset, false, &walk, err);
    if (ok && segment.next_offset < next_offset)
        ok = end_is_missing(&segment, next_offset, &walk, err);
    ok = ok && segment_seal(&segment, err);
    batch_cursor_done(&walk.cursor);
    segment_close(&segment);
    return ok;
}

bool segment_remove(const char *dir, int64_t base_offset, Error *err)
{
    static const char *const suffixes[] = {".log", ".index", ".timeindex", ".cut"};
    Arena arena;
    bool ok = true;

    arena_init(&arena);
    for (size_t i = 0; ok && i < COUNT_OF(suffixes); i++)
        ok = os_unlink(segment_path(&arena, dir, base_offset, suffixes[i]), err);
    arena_done(&arena);
    return ok;
}

/* ── looking up ────────────────────────────────────────────────────────────────────────────────*/

static bool index_open_for_reading(const char *dir, int64_t base_offset, IndexKind kind,
                                   SegmentIndex *out, Error *err)
{
    const char *suffix = kind == INDEX_BY_OFFSET ? ".index" : ".timeindex";
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = segment_index_open(segment_path(&arena, dir, base_offset, suffix), kind, base_offset,
                            false, out, err);
    arena_done(&arena);
    return ok;
}

bool segment_find_offset(const char *dir, int64_t base_offset, OsFile *log, int64_t offset,
                         int64_t *position, Error *err)
{
    SegmentIndex index;
    IndexEntry entry;
    int64_t count;
    bool is_there = false;
    bool ok;

    *position = 0;
    if (!index_open_for_reading(dir, base_offset, INDEX_BY_OFFSET, &index, err))
        return false;
    ok = segment_index_count_offsets(&index, offset, &count, err);
    if (ok && count) {
        ok = segment_index_read(&index, count - 1, &entry, err) &&
             batch_is_at(log, entry, &is_there, err);
        if (ok && is_there)
            *position = entry.value;
    }
    segment_index_close(&index);
    return ok;
}

bool segment_find_time(const char *dir, int64_t base_offset, int64_t timestamp_ms, int64_t *offset,
                       Error *err)
{
    SegmentIndex index;
    IndexEntry entry;
    int64_t count;
    bool ok;

    *offset = base_offset;
    if (!index_open_for_reading(dir, base_offset, INDEX_BY_TIME, &index, err))
        return false;
    /* Up to an entry's offset nothing is later than its time; so with a time before the one looked
     * for, the record lies behind it. */
    ok = timestamp_ms == INT64_MIN ||
         segment_index_count_values(&index, timestamp_ms - 1, &count, err);
    if (ok && timestamp_ms != INT64_MIN && count) {
        ok = segment_index_read(&index, count - 1, &entry, err);
        if (ok && entry.offset != INDEX_ENTRY_GONE.offset)
            *offset = entry.offset + 1;
    }
    segment_index_close(&index);
    return ok;
}

static bool index_look(const char *dir, int64_t base_offset, IndexKind kind, int64_t log_bytes,
                       IndexEntry *last, bool *sound, Error *err)
{
    SegmentIndex index;
    bool ok = true;

    if (!index_open_for_reading(dir, base_offset, kind, &index, err))
        return false;
    *sound = index.file != NULL;
    if (index.entry_count) {
        ok = segment_index_read(&index, index.entry_count - 1, last, err);
        *sound = *sound && last->offset >= base_offset &&
                 (kind == INDEX_BY_TIME || last->value < log_bytes);
    }
    segment_index_close(&index);
    return ok;
}

bool segment_look(const char *dir, int64_t base_offset, int64_t *log_bytes,
                  int64_t *max_timestamp_ms, bool *indexes_sound, Error *err)
{
    IndexEntry by_offset = {base_offset, 0};
    IndexEntry by_time = {base_offset, LOG_NO_TIMESTAMP};
    int64_t modified_us;
    bool offset_sound;
    bool time_sound;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok =
        os_stat(segment_path(&arena, dir, base_offset, ".log"), log_bytes, &modified_us, err) &&
        index_look(dir, base_offset, INDEX_BY_OFFSET, *log_bytes, &by_offset, &offset_sound, err) &&
        index_look(dir, base_offset, INDEX_BY_TIME, *log_bytes, &by_time, &time_sound, err);
    arena_done(&arena);
    if (!ok)
        return false;
    *indexes_sound = offset_sound && time_sound;
    *max_timestamp_ms = by_time.value;
    return true;
}
