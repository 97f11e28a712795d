#include "log/segment_index.h"

#include <stdlib.h>

#include "base/assert.h"
#include "log/wire.h"

#define ENTRY_BYTES_MAX 12
#define CHECK_ENTRIES 4096 /* Read at a time. */

static size_t entry_bytes(const SegmentIndex *index)
{
    return index->kind == INDEX_BY_OFFSET ? 8 : 12;
}

static IndexEntry entry_load(const SegmentIndex *index, const char *from)
{
    if (index->kind == INDEX_BY_OFFSET)
        return (IndexEntry){index->base_offset + (int32_t)wire_load32(from),
                            (int32_t)wire_load32(from + 4)};
    return (IndexEntry){index->base_offset + (int32_t)wire_load32(from + 8),
                        (int64_t)wire_load64(from)};
}

static void entry_store(const SegmentIndex *index, IndexEntry entry, char *to)
{
    uint32_t relative = (uint32_t)(entry.offset - index->base_offset);

    if (index->kind == INDEX_BY_OFFSET) {
        wire_store32(to, relative);
        wire_store32(to + 4, (uint32_t)entry.value);
    } else {
        wire_store64(to, (uint64_t)entry.value);
        wire_store32(to + 8, relative);
    }
}

bool segment_index_open(const char *path, IndexKind kind, int64_t base_offset, bool for_writing,
                        SegmentIndex *out, Error *err)
{
    SegmentIndex index = {.base_offset = base_offset, .kind = kind};
    bool whole;

    if (for_writing || os_exists(path)) {
        if (!os_file_open(path, for_writing ? OS_OPEN_READ_WRITE : OS_OPEN_READ, &index.file, err))
            return false;
        if (!segment_index_reload(&index, &whole, err)) {
            segment_index_close(&index);
            return false;
        }
    }
    *out = index;
    return true;
}

void segment_index_close(SegmentIndex *index)
{
    os_file_close(index->file);
    index->file = NULL;
}

bool segment_index_reload(SegmentIndex *index, bool *whole, Error *err)
{
    int64_t bytes;

    if (!os_file_size(index->file, &bytes, err))
        return false;
    index->entry_count = bytes / (int64_t)entry_bytes(index);
    *whole = bytes % (int64_t)entry_bytes(index) == 0;
    return true;
}

bool segment_index_append(SegmentIndex *index, IndexEntry entry, Error *err)
{
    char bytes[ENTRY_BYTES_MAX];
    size_t size = entry_bytes(index);

    entry_store(index, entry, bytes);
    if (!os_file_write_at(index->file, bytes, size, index->entry_count * (int64_t)size, err))
        return false;
    index->entry_count++;
    return true;
}

void segment_index_forget(SegmentIndex *index, int64_t entry_count)
{
    ASSERT(entry_count <= index->entry_count);
    index->entry_count = entry_count;
}

bool segment_index_trim(SegmentIndex *index, Error *err)
{
    int64_t bytes = index->entry_count * (int64_t)entry_bytes(index);
    int64_t file_bytes;

    return os_file_size(index->file, &file_bytes, err) &&
           (file_bytes == bytes || os_file_truncate(index->file, bytes, err));
}

bool segment_index_read(SegmentIndex *index, int64_t entry_i, IndexEntry *out, Error *err)
{
    char bytes[ENTRY_BYTES_MAX];
    size_t size = entry_bytes(index);
    size_t got;

    if (!os_file_read_at(index->file, bytes, size, entry_i * (int64_t)size, &got, err))
        return false;
    if (got < size) {
        *out = INDEX_ENTRY_GONE;
        return true;
    }
    *out = entry_load(index, bytes);
    return true;
}

static bool count_up_to(SegmentIndex *index, bool by_value, int64_t limit, int64_t *count,
                        Error *err)
{
    int64_t low = 0;
    int64_t high = index->entry_count;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        IndexEntry entry;

        if (!segment_index_read(index, middle, &entry, err))
            return false;
        if ((by_value ? entry.value : entry.offset) <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    *count = low;
    return true;
}

bool segment_index_count_offsets(SegmentIndex *index, int64_t limit, int64_t *count, Error *err)
{
    return count_up_to(index, false, limit, count, err);
}

bool segment_index_count_values(SegmentIndex *index, int64_t limit, int64_t *count, Error *err)
{
    return count_up_to(index, true, limit, count, err);
}

static bool entry_follows(const SegmentIndex *index, IndexEntry previous, IndexEntry entry,
                          int64_t log_bytes)
{
    return entry.offset > previous.offset && entry.value > previous.value &&
           (index->kind == INDEX_BY_TIME || entry.value < log_bytes);
}

bool segment_index_check(SegmentIndex *index, int64_t log_bytes, bool *sound, Error *err)
{
    size_t size = entry_bytes(index);
    /* A position of 0 is never indexed, a time below it never indexed either. */
    IndexEntry previous = {index->base_offset - 1, index->kind == INDEX_BY_OFFSET ? 0 : -1};
    char *buffer = mem_alloc(CHECK_ENTRIES * size);
    bool ok = true;

    *sound = true;
    for (int64_t i = 0; ok && *sound && i < index->entry_count;) {
        int64_t count = MIN(index->entry_count - i, CHECK_ENTRIES);
        size_t got = 0;

        ok = os_file_read_at(index->file, buffer, (size_t)count * size, i * (int64_t)size, &got,
                             err);
        *sound = got == (size_t)count * size;
        for (int64_t k = 0; ok && *sound && k < count; k++) {
            IndexEntry entry = entry_load(index, buffer + (size_t)k * size);

            *sound = entry_follows(index, previous, entry, log_bytes);
            previous = entry;
        }
        i += count;
    }
    free(buffer);
    return ok;
}
