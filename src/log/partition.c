/*
 * partition.c: see partition.h.
 *
 * The order of writes keeps a crash harmless everywhere: a new segment's file is made durable
 * (folder synced) before anyone commits offsets in it; truncation removes later segments before it
 * cuts an earlier one, and newest first; retention removes oldest first. So the segments on disk
 * are always one unbroken row, and opening again does what was left undone.
 */
#include "log/partition.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "log/record_builder.h"
#include "log/segment.h"

const LogConfig log_config_default = {
    .segment_bytes = (int64_t)128 << 20,
    .retention_bytes = LOG_UNLIMITED,
    .retention_ms = LOG_UNLIMITED,
    .index_interval_bytes = 4096,
    .batch_bytes = (size_t)64 << 10,
    .compression = LOG_COMPRESSION_NONE,
};

typedef struct SealedSegment {
    int64_t base_offset;
    int64_t log_bytes;
    int64_t max_timestamp_ms;
} SealedSegment;

struct Partition {
    char *dir;
    LogConfig config;
    VEC(SealedSegment) sealed; /* Oldest first. */
    int64_t sealed_bytes;
    Segment active;
    RecordBuilder builder; /* Records from active.next_offset on. */
    Codec *codec;
    int64_t end_offset;
    bool log_unsynced; /* Bytes of the active segment. */
    bool dir_unsynced; /* Files made in the folder. */
    bool broken;       /* Invariant 3. */
};

/* ── segments ──────────────────────────────────────────────────────────────────────────────────*/

static void sealed_add(Partition *partition, SealedSegment segment)
{
    VEC_ADD(&partition->sealed, segment);
    partition->sealed_bytes += segment.log_bytes;
}

/* Seals the active segment and begins the next. */
static bool partition_roll(Partition *partition, Error *err)
{
    SealedSegment sealed = {
        .base_offset = partition->active.base_offset,
        .log_bytes = partition->active.log_bytes,
        .max_timestamp_ms = partition->active.max_timestamp_ms,
    };
    Segment next;

    if (!segment_seal(&partition->active, err) ||
        !segment_create(partition->dir, partition->active.next_offset,
                        partition->config.index_interval_bytes, &next, err))
        return false;
    segment_close(&partition->active);
    partition->active = next;
    partition->log_unsynced = false;
    partition->dir_unsynced = true;
    sealed_add(partition, sealed);
    return true;
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

/* Files left of a segment whose log is gone, and of a write that did not come to its rename. */
static bool strays_remove(const char *dir, Error *err)
{
    static const char *const suffixes[] = {".index", ".timeindex", ".cut", ".cut.new"};
    const char *const *names;
    size_t name_count;
    int64_t base_offset;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = os_list(&arena, dir, &names, &name_count, err);
    for (size_t i = 0; ok && i < name_count; i++) {
        for (size_t k = 0; ok && k < COUNT_OF(suffixes); k++) {
            if (!segment_name_parse(names[i], suffixes[k], &base_offset))
                continue;
            if (k == 3 || !os_exists(segment_path(&arena, dir, base_offset, ".log")))
                ok = os_unlink(arena_printf(&arena, "%s/%s", dir, names[i]), err);
        }
    }
    arena_done(&arena);
    return ok;
}

/* Takes up a segment that has one behind it, beginning at `next_offset`. */
static bool sealed_open(Partition *partition, int64_t base_offset, int64_t next_offset, Error *err)
{
    SealedSegment sealed = {.base_offset = base_offset};
    bool sound;

    if (!segment_look(partition->dir, base_offset, &sealed.log_bytes, &sealed.max_timestamp_ms,
                      &sound, err))
        return false;
    if (!sound && (!segment_reindex(partition->dir, base_offset, next_offset,
                                    partition->config.index_interval_bytes, err) ||
                   !segment_look(partition->dir, base_offset, &sealed.log_bytes,
                                 &sealed.max_timestamp_ms, &sound, err)))
        return false;
    sealed_add(partition, sealed);
    return true;
}

/* Removes the segments that begin at `end` or behind it, newest first, save a last one. */
static bool segments_remove_from(Partition *partition, int64_t end, Error *err)
{
    int64_t *bases;
    size_t count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = segment_list(&arena, partition->dir, &bases, &count, err);
    while (ok && count > 1 && bases[count - 1] >= end) {
        partition->dir_unsynced = true;
        ok = segment_remove(partition->dir, bases[--count], err);
    }
    arena_done(&arena);
    return ok;
}

static bool segments_open(Partition *partition, Error *err)
{
    int64_t *bases;
    size_t count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = segment_list(&arena, partition->dir, &bases, &count, err);
    for (size_t i = 0; ok && i + 1 < count; i++)
        ok = sealed_open(partition, bases[i], bases[i + 1], err);
    if (ok && count == 0) {
        partition->dir_unsynced = true;
        ok = segment_create(partition->dir, 0, partition->config.index_interval_bytes,
                            &partition->active, err);
    } else if (ok) {
        ok = segment_open(partition->dir, bases[count - 1], partition->config.index_interval_bytes,
                          &partition->active, err);
    }
    arena_done(&arena);
    return ok;
}

bool partition_open(const char *dir, const LogConfig *config, int64_t committed_end,
                    Partition **out, Error *err)
{
    Partition *partition = mem_zalloc(sizeof *partition);

    ASSERT(config->segment_bytes > 0 && config->segment_bytes <= SEGMENT_BYTES_MAX);
    ASSERT(config->batch_bytes <= RECORD_BYTES_MAX);
    partition->dir = mem_strdup(dir);
    partition->config = *config;
    partition->codec = codec_create();
    partition->broken = true; /* Until what is there has been looked at. */
    record_builder_init(&partition->builder);
    if (!strays_remove(dir, err) ||
        (committed_end != LOG_END_UNKNOWN &&
         !segments_remove_from(partition, committed_end, err)) ||
        !segments_open(partition, err))
        goto fail;
    if (committed_end == LOG_END_UNKNOWN) {
        if (!segment_recover(&partition->active, err))
            goto fail;
        committed_end = partition->active.next_offset;
        /* Who wrote it may have died before it was synced. */
        partition->log_unsynced = partition->dir_unsynced = true;
    }
    partition->end_offset = committed_end;
    if (!partition_truncate_to(partition, committed_end, err))
        goto fail;
    *out = partition;
    return true;

fail:
    partition_close(partition);
    return error_wrap(err, "open the log");
}

void partition_close(Partition *partition)
{
    if (!partition)
        return;
    segment_close(&partition->active);
    VEC_DONE(&partition->sealed);
    record_builder_done(&partition->builder);
    codec_free(partition->codec);
    free(partition->dir);
    free(partition);
}

/* ── appending ─────────────────────────────────────────────────────────────────────────────────*/

static bool partition_usable(const Partition *partition, Error *err)
{
    return !partition->broken ||
           error_set(err, ERROR_JOB, "'%s' can not be written to after the last failure",
                     partition->dir);
}

/* Writes a batch that begins where the active segment ends. */
static bool batch_write(Partition *partition, const RecordBatch *batch, Error *err)
{
    const Segment *active = &partition->active;

    if (active->log_bytes > 0 &&
        (active->log_bytes + (int64_t)batch->batch_bytes > partition->config.segment_bytes ||
         batch->last_offset - active->base_offset > INT32_MAX) &&
        !partition_roll(partition, err))
        return false;
    partition->log_unsynced = true;
    return segment_append(&partition->active, batch, err);
}

bool partition_flush(Partition *partition, Error *err)
{
    RecordBatch batch;

    if (!partition_usable(partition, err))
        return false;
    if (partition->builder.record_count == 0)
        return true;
    partition->broken = true;
    if (!record_builder_finish(&partition->builder, partition->codec, partition->config.compression,
                               &batch, err) ||
        !batch_write(partition, &batch, err))
        return false;
    partition->broken = false;
    record_builder_start(&partition->builder, partition->end_offset);
    return true;
}

bool partition_append(Partition *partition, const LogRecord *record, Error *err)
{
    if (UNLIKELY(partition->broken))
        return partition_usable(partition, err);
    if (UNLIKELY(!record_check_size(record, err)))
        return false;
    if (record_builder_is_full(&partition->builder, record, partition->config.batch_bytes) &&
        !partition_flush(partition, err))
        return false;
    record_builder_add(&partition->builder, record, partition->end_offset++);
    return true;
}

bool partition_append_batches(Partition *partition, char *batches, size_t bytes, Error *err)
{
    if (!partition_flush(partition, err))
        return false;
    partition->broken = true;
    while (bytes) {
        RecordBatch batch;

        record_batch_place(batches, partition->end_offset);
        if (record_batch_parse(batches, bytes, &batch, err) != RECORD_BATCH_WHOLE)
            UNREACHABLE();
        if (!batch_write(partition, &batch, err))
            return false;
        partition->end_offset = batch.last_offset + 1;
        batches += batch.batch_bytes;
        bytes -= batch.batch_bytes;
    }
    partition->broken = false;
    record_builder_start(&partition->builder, partition->end_offset);
    return true;
}

static bool unsynced_sync(Partition *partition, Error *err)
{
    if (partition->log_unsynced && !segment_sync(&partition->active, err))
        return false;
    partition->log_unsynced = false;
    if (partition->dir_unsynced && !os_sync_dir(partition->dir, err))
        return false;
    partition->dir_unsynced = false;
    return true;
}

bool partition_sync(Partition *partition, Error *err)
{
    if (!partition_flush(partition, err))
        return false;
    partition->broken = true;
    if (!unsynced_sync(partition, err))
        return false;
    partition->broken = false;
    return true;
}

int64_t partition_end_offset(const Partition *partition)
{
    return partition->end_offset;
}

int64_t partition_start_offset(const Partition *partition)
{
    return partition->sealed.count ? partition->sealed.items[0].base_offset
                                   : partition->active.base_offset;
}

int64_t partition_bytes(const Partition *partition)
{
    return partition->sealed_bytes + partition->active.log_bytes;
}

/* ── cutting the end ───────────────────────────────────────────────────────────────────────────*/

/* The last segment that begins below `offset`, or the first of all, becomes active; those behind it
 * are gone. */
static bool active_step_back(Partition *partition, int64_t offset, Error *err)
{
    size_t kept = partition->sealed.count;
    Segment segment;

    if (kept == 0 || partition->active.base_offset < offset)
        return true;
    while (kept > 1 && partition->sealed.items[kept - 1].base_offset >= offset)
        kept--;
    if (!segment_open(partition->dir, partition->sealed.items[kept - 1].base_offset,
                      partition->config.index_interval_bytes, &segment, err))
        return false;
    while (partition->sealed.count >= kept)
        partition->sealed_bytes -= partition->sealed.items[--partition->sealed.count].log_bytes;
    segment_close(&partition->active);
    partition->active = segment;
    return true;
}

bool partition_truncate_to(Partition *partition, int64_t offset, Error *err)
{
    bool changed;

    if (offset > partition->end_offset || offset < partition_start_offset(partition))
        return error_set(err, ERROR_JOB,
                         "'%s' holds offsets %" PRId64 " to %" PRId64 ", but %" PRId64
                         " were committed: it is damaged or of another time; restore a copy of the "
                         "whole data directory, or begin anew in another one (--data)",
                         partition->dir, partition_start_offset(partition), partition->end_offset,
                         offset);
    partition->broken = true;
    /* By the folder, not by what is known: a roll that failed may have left a new file. */
    if (!segments_remove_from(partition, offset, err) || !active_step_back(partition, offset, err))
        return false;
    if (!segment_truncate(&partition->active, offset, &changed, err))
        return false;
    partition->log_unsynced = partition->log_unsynced || changed;
    if (!unsynced_sync(partition, err))
        return false;
    partition->end_offset = offset;
    partition->broken = false;
    record_builder_start(&partition->builder, offset);
    return true;
}

/* ── cutting the start ─────────────────────────────────────────────────────────────────────────*/

static bool is_expired(const Partition *partition, int64_t max_timestamp_ms, int64_t now_ms)
{
    return partition->config.retention_ms != LOG_UNLIMITED &&
           max_timestamp_ms != LOG_NO_TIMESTAMP &&
           now_ms - max_timestamp_ms > partition->config.retention_ms;
}

static bool is_surplus(const Partition *partition, const SealedSegment *oldest)
{
    return partition->config.retention_bytes != LOG_UNLIMITED &&
           partition_bytes(partition) - oldest->log_bytes >= partition->config.retention_bytes;
}

/* Where the oldest sealed segment ends. */
static int64_t oldest_end(const Partition *partition)
{
    return partition->sealed.count > 1 ? partition->sealed.items[1].base_offset
                                       : partition->active.base_offset;
}

/* Each removal is durable before the next, or a crash could leave a gap. */
static bool remove_oldest(Partition *partition, Error *err)
{
    SealedSegment oldest = partition->sealed.items[0];

    if (!segment_remove(partition->dir, oldest.base_offset, err) ||
        !os_sync_dir(partition->dir, err))
        return false;
    partition->sealed_bytes -= oldest.log_bytes;
    partition->sealed.count--;
    memmove(partition->sealed.items, partition->sealed.items + 1,
            partition->sealed.count * sizeof oldest);
    return true;
}

bool partition_apply_retention(Partition *partition, int64_t now_ms, int64_t committed_end,
                               Error *err)
{
    bool ok = true;

    if (!partition_usable(partition, err))
        return false;
    /* A topic that falls silent would never let go of its last segment. */
    if (partition->active.log_bytes > 0 && partition->builder.record_count == 0 &&
        partition->active.next_offset <= committed_end &&
        is_expired(partition, partition->active.max_timestamp_ms, now_ms)) {
        partition->broken = true;
        if (!partition_roll(partition, err) || !os_sync_dir(partition->dir, err))
            return false;
        partition->dir_unsynced = partition->broken = false;
    }
    while (ok && partition->sealed.count && oldest_end(partition) <= committed_end) {
        const SealedSegment *oldest = &partition->sealed.items[0];

        if (!is_expired(partition, oldest->max_timestamp_ms, now_ms) &&
            !is_surplus(partition, oldest))
            break;
        ok = remove_oldest(partition, err);
    }
    return ok;
}

bool partition_trim(Partition *partition, int64_t offset, Error *err)
{
    if (!partition_usable(partition, err))
        return false;
    while (partition->sealed.count && oldest_end(partition) <= offset) {
        if (!remove_oldest(partition, err))
            return false;
    }
    return true;
}
