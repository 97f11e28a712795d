/*
 * checkpoint.c: state files on disk: appended, named by a mark, cut back to it, read.
 *
 * The bytes are drawn in checkpoint_format.h. A file begins with a full checkpoint and goes on with
 * what changed, epoch by epoch. The store's commit names a mark (file, length); nothing beyond the
 * mark exists:
 *
 *     00000007.state   [ full: epoch 40 | 41 | 42 | 43 ]
 *     00000008.state   [ full: epoch 44 | 45 | 46 ] 47, written, not committed ]
 *                                                 ^ mark (8, bytes)
 *     opening at the mark removes file 7 and cuts off epoch 47.
 *
 * Invariants
 *  1. `end` is where the next frame goes: behind the last one written and synced. What stands behind
 *     it is of no meaning, and is written over.
 *  2. After a failed write or sync nothing more is appended to that file (what the kernel holds of it
 *     is not known any more); only a full checkpoint, which begins a new file, may follow.
 *  3. A file named by a committed mark is removed only once a mark of a newer file is committed.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/vec.h"
#include "os/os.h"
#include "state/checkpoint_format.h"
#include "state/table.h"

#define RESTORE "restore a copy of the whole data directory, or begin anew in another one (--data)"

enum {
    /* Below that a full checkpoint is not worth a new file. */
    FULL_WORTH_BYTES = 1 << 20,
};

struct CheckpointFiles {
    char *folder;
    OsFile *file;        /* NULL: none yet. */
    int64_t file_number; /* Of `file`, and the highest ever tried. */
    int64_t oldest_number; /* Files from here to file_number may exist. */
    int64_t end;         /* Invariant 1. */
    int64_t full_bytes;  /* Length of the file when its first checkpoint was written. */
    bool broken;         /* Invariant 2. */
    VEC(int64_t) frames; /* Where each begins. */
};

static char *file_path(const CheckpointFiles *files, int64_t number)
{
    StrBuf path;

    strbuf_init(&path);
    strbuf_printf(&path, "%s/%08lld.state", files->folder, (long long)number);
    return path.data;
}

/* The number of a state file by its name, or -1. */
static int64_t file_number_of(const char *name)
{
    Str text = str_of(name);
    int64_t number;

    if (!str_ends_with(text, STR(".state")) || text.bytes < 8 + 6 ||
        !str_to_int64(str_slice(text, 0, text.bytes - 6), &number) || number < 1)
        return -1;
    return number;
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

/* Removes every state file but `keep`, and sees to it that later files get higher numbers. */
static bool remove_others(CheckpointFiles *files, int64_t keep, Error *err)
{
    const char *const *names;
    size_t name_count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = os_list(&arena, files->folder, &names, &name_count, err);
    for (size_t i = 0; ok && i < name_count; i++) {
        int64_t number = file_number_of(names[i]);

        if (number > 0 && number != keep)
            ok = os_unlink(arena_printf(&arena, "%s/%s", files->folder, names[i]), err);
    }
    arena_done(&arena);
    return ok;
}

static bool read_exactly(OsFile *file, void *out, size_t bytes, int64_t offset, Error *err)
{
    size_t got;

    if (!os_file_read_at(file, out, bytes, offset, &got, err))
        return false;
    return got == bytes ||
           error_set(err, ERROR_USER, "it ends at byte %lld; " RESTORE, (long long)(offset + (int64_t)got));
}

/* Walks the headers up to `end`: where frames begin, and how long the first checkpoint is. */
static bool frames_find(CheckpointFiles *files, int64_t end, Error *err)
{
    int64_t first_epoch = 0;

    for (int64_t at = STATE_FILE_HEADER_BYTES; at < end;) {
        char bytes[STATE_FRAME_HEADER_BYTES];
        FrameHeader header;

        if (end - at < STATE_FRAME_HEADER_BYTES)
            return error_set(err, ERROR_USER, "damaged at byte %lld; " RESTORE, (long long)at);
        if (!read_exactly(files->file, bytes, sizeof bytes, at, err))
            return false;
        header = frame_header_decode(bytes);
        if (header.payload_bytes > end - at - STATE_FRAME_HEADER_BYTES)
            return error_set(err, ERROR_USER, "damaged at byte %lld; " RESTORE, (long long)at);
        if (files->frames.count == 0)
            first_epoch = header.epoch;
        VEC_ADD(&files->frames, at);
        at += STATE_FRAME_HEADER_BYTES + (int64_t)header.payload_bytes;
        if (header.epoch == first_epoch)
            files->full_bytes = at;
    }
    return true;
}

static bool open_marked(CheckpointFiles *files, CheckpointMark mark, Error *err)
{
    char *path = file_path(files, mark.file_number);
    char header[STATE_FILE_HEADER_BYTES];
    int64_t bytes;
    bool ok = false;

    if (!os_exists(path)) {
        error_set(err, ERROR_USER, "it is missing; " RESTORE);
        goto done;
    }
    if (!os_file_open(path, OS_OPEN_READ_WRITE, &files->file, err) ||
        !os_file_size(files->file, &bytes, err))
        goto done;
    if (bytes < mark.file_bytes || mark.file_bytes < STATE_FILE_HEADER_BYTES) {
        error_set(err, ERROR_USER, "it has %lld bytes, the last commit names %lld; " RESTORE,
                  (long long)bytes, (long long)mark.file_bytes);
        goto done;
    }
    if (!read_exactly(files->file, header, sizeof header, 0, err) ||
        !state_header_decode(header, err) || !frames_find(files, mark.file_bytes, err))
        goto done;
    if (bytes > mark.file_bytes && !os_file_truncate(files->file, mark.file_bytes, err))
        goto done;
    files->file_number = files->oldest_number = mark.file_number;
    files->end = mark.file_bytes;
    ok = true;

done:
    if (!ok)
        error_wrap(err, "state file '%s'", path);
    free(path);
    return ok;
}

bool checkpoint_files_open(const char *folder, CheckpointMark mark, CheckpointFiles **out,
                           Error *err)
{
    CheckpointFiles *files = mem_zalloc(sizeof *files);

    files->folder = mem_strdup(folder);
    files->oldest_number = 1;
    if (!os_mkdir_all(folder, err) || (mark.file_number > 0 && !open_marked(files, mark, err)) ||
        !remove_others(files, mark.file_number, err)) {
        checkpoint_files_close(files);
        return false;
    }
    *out = files;
    return true;
}

void checkpoint_files_close(CheckpointFiles *files)
{
    if (!files)
        return;
    os_file_close(files->file);
    VEC_DONE(&files->frames);
    free(files->folder);
    free(files);
}

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

/* From now on `files` is about the next file, which is empty but for its header. */
static bool next_file(CheckpointFiles *files, Error *err)
{
    char header[STATE_FILE_HEADER_BYTES];
    char *path = file_path(files, ++files->file_number);
    bool ok;

    os_file_close(files->file);
    files->file = NULL;
    files->frames.count = 0;
    files->end = 0;
    state_header_encode(header);
    /* Truncated: a file of that number may be left over from an attempt that failed. */
    ok = os_file_open(path, OS_OPEN_TRUNCATE, &files->file, err) &&
         os_file_write_at(files->file, header, sizeof header, 0, err);
    free(path);
    return ok;
}

static bool write_frames(CheckpointFiles *files, int64_t epoch, CheckpointWriter *writer,
                         int64_t *end, Error *err)
{
    StrBuf *frames;
    size_t frame_count;

    if (!checkpoint_writer_frames(writer, &frames, &frame_count, err))
        return false;
    for (size_t i = 0; i < frame_count; i++) {
        Str payload = str_slice(strbuf_str(&frames[i]), STATE_FRAME_HEADER_BYTES,
                                (uint32_t)frames[i].bytes);

        frame_header_encode(epoch, payload, frames[i].data);
        if (!os_file_write_at(files->file, frames[i].data, frames[i].bytes, *end, err))
            return false;
        VEC_ADD(&files->frames, *end);
        *end += (int64_t)frames[i].bytes;
    }
    return true;
}

static bool write_all(CheckpointFiles *files, int64_t epoch, bool full,
                      CheckpointWriter *const *writers, uint32_t writer_count, Error *err)
{
    size_t frame_count;
    int64_t end;

    if (full && !next_file(files, err))
        return false;
    frame_count = files->frames.count;
    end = full ? STATE_FILE_HEADER_BYTES : files->end;
    for (uint32_t i = 0; i < writer_count; i++) {
        if (!write_frames(files, epoch, writers[i], &end, err))
            goto fail;
    }
    if (end > files->end && !os_file_sync(files->file, err))
        goto fail;
    if (full && !os_sync_dir(files->folder, err))
        goto fail;
    files->end = end;
    if (full)
        files->full_bytes = end;
    return true;

fail:
    files->frames.count = frame_count;
    return false;
}

bool checkpoint_files_write(CheckpointFiles *files, int64_t epoch, bool full,
                            CheckpointWriter *const *writers, uint32_t writer_count,
                            CheckpointMark *mark, Error *err)
{
    if (files->file_number == 0)
        full = true; /* Everything is new. */
    if (files->broken && !full)
        return error_set(err, ERROR_JOB, "write checkpoint: an earlier write to '%s' failed",
                         files->folder);
    files->broken = true;
    if (!write_all(files, epoch, full, writers, writer_count, err))
        return error_wrap(err, "write checkpoint of epoch %lld", (long long)epoch);
    files->broken = false;
    *mark = (CheckpointMark){files->file_number, files->end};
    return true;
}

bool checkpoint_files_forget(CheckpointFiles *files, CheckpointMark committed, Error *err)
{
    ASSERT(committed.file_number <= files->file_number);
    while (files->oldest_number < committed.file_number) {
        char *path = file_path(files, files->oldest_number);
        bool ok = os_unlink(path, err);

        free(path);
        if (!ok)
            return error_wrap(err, "remove an old checkpoint");
        files->oldest_number++;
    }
    return true;
}

bool checkpoint_files_want_full(const CheckpointFiles *files)
{
    return files->file_number == 0 || files->broken ||
           files->end > MAX(files->full_bytes * 2, (int64_t)FULL_WORTH_BYTES);
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

/*
 * Frames are read from the last to the first, and entries within one likewise, so that the first
 * time a key is met its value is the newest; the keys met are remembered.
 */
typedef struct Reader {
    StateTable seen; /* Identities of entries; no values. */
    StrBuf identity;
    bool (*visit)(void *self, const CheckpointEntry *entry, Error *err);
    void *self;
    StrBuf frame;
    VEC(CheckpointEntry) entries; /* Of the frame. */
} Reader;

static bool first_sight(Reader *reader, const CheckpointEntry *entry)
{
    StrBuf *id = &reader->identity;
    bool added;

    strbuf_clear(id);
    strbuf_add(id, &entry->node_id, sizeof entry->node_id);
    strbuf_add(id, &entry->slot, 1);
    strbuf_add(id, &entry->flow.bytes, sizeof entry->flow.bytes);
    strbuf_add_str(id, entry->flow);
    strbuf_add_str(id, entry->key);
    state_table_add(&reader->seen, strbuf_str(id), hash_bytes(id->data, id->bytes), &added);
    return added;
}

static bool frame_load(CheckpointFiles *files, int64_t at, StrBuf *out, Error *err)
{
    char bytes[STATE_FRAME_HEADER_BYTES];
    FrameHeader header;

    if (!read_exactly(files->file, bytes, sizeof bytes, at, err))
        return false;
    header = frame_header_decode(bytes);
    if (header.payload_bytes > files->end - at - STATE_FRAME_HEADER_BYTES)
        return error_set(err, ERROR_USER, "damaged at byte %lld; " RESTORE, (long long)at);
    strbuf_clear(out);
    strbuf_reserve(out, header.payload_bytes);
    if (!read_exactly(files->file, out->data, header.payload_bytes, at + STATE_FRAME_HEADER_BYTES,
                      err))
        return false;
    out->bytes = header.payload_bytes;
    return frame_is_whole(&header, strbuf_str(out)) ||
           error_set(err, ERROR_USER, "damaged: the checksum at byte %lld is wrong; " RESTORE, (long long)at);
}

static bool frame_visit(CheckpointFiles *files, Reader *reader, int64_t at, Error *err)
{
    CheckpointEntry entry = {0};
    bool end = false;
    Str payload;

    if (!frame_load(files, at, &reader->frame, err))
        return false;
    payload = strbuf_str(&reader->frame);
    reader->entries.count = 0;
    for (;;) {
        if (!entry_decode(&payload, &entry, &end))
            return error_set(err, ERROR_USER, "damaged: an entry in the frame at byte %lld; " RESTORE,
                             (long long)at);
        if (end)
            break;
        VEC_ADD(&reader->entries, entry);
    }
    for (size_t i = reader->entries.count; i-- > 0;) {
        const CheckpointEntry *each = &reader->entries.items[i];

        if (first_sight(reader, each) && !each->deleted && !reader->visit(reader->self, each, err))
            return false;
    }
    return true;
}

bool checkpoint_files_read(CheckpointFiles *files,
                           bool (*visit)(void *self, const CheckpointEntry *entry, Error *err),
                           void *self, Error *err)
{
    Reader reader = {.visit = visit, .self = self};
    bool ok = true;

    state_table_init(&reader.seen, 0, false);
    for (size_t i = files->frames.count; ok && i-- > 0;)
        ok = frame_visit(files, &reader, files->frames.items[i], err);
    if (!ok)
        error_wrap(err, "read state of '%s'", files->folder);
    state_table_done(&reader.seen);
    strbuf_done(&reader.identity);
    strbuf_done(&reader.frame);
    VEC_DONE(&reader.entries);
    return ok;
}
