#include "source/file_source.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/vec.h"
#include "os/os.h"

enum {
    CHUNK_BYTES = 1 << 20,
    RECORD_BYTES_MAX = 64 << 20,
    LEFT_ALONE_US = 5000000,
    LIST_EVERY_US = 500000,
    FILES_MAX = 100000,
};

typedef struct FileSource {
    Source source;
    FileSourceConfig config;
    const Format *format;
    Arena arena;
    const char *path;
    const char *folder;     /* Listed; NULL: one file. */
    const char *pattern;    /* Of names in the folder; NULL: all. */
    OsMutex *mutex;         /* Guards what follows. */
    VEC(const char *) files; /* By partition; NULL: a number whose file is no longer there. */
    int64_t listed_us;
} FileSource;

typedef struct FileReader {
    SourceReader reader;
    FileSource *source;
    OsFile *file;           /* NULL: the file is gone. */
    int64_t position;
    int64_t size;
    char *buffer;
    size_t buffer_bytes;
    VEC(Str) values;
    VEC(int64_t) positions;
    bool header_pending;    /* The first record is to be skipped. */
} FileReader;

/* ── which files ───────────────────────────────────────────────────────────────────────────────*/

static bool is_known(const FileSource *source, const char *path)
{
    for (size_t i = 0; i < source->files.count; i++) {
        if (source->files.items[i] && strcmp(source->files.items[i], path) == 0)
            return true;
    }
    return false;
}

static bool is_wanted(const FileSource *source, const char *name)
{
    if (name[0] == '.' || name[0] == '_')
        return false;
    return !source->pattern || fnmatch(source->pattern, name, FNM_PERIOD) == 0;
}

/* Adds files that were not there before, by name. Mutex held. */
static bool list_files(FileSource *source, Error *err)
{
    const char *const *names;
    size_t name_count;
    Arena arena;
    bool ok;

    if (!source->folder || (source->listed_us &&
                            os_monotonic_us() - source->listed_us < LIST_EVERY_US))
        return true;
    source->listed_us = os_monotonic_us();
    arena_init(&arena);
    ok = os_list(&arena, source->folder, &names, &name_count, err);
    for (size_t i = 0; ok && i < name_count; i++) {
        const char *path = arena_printf(&arena, "%s/%s", source->folder, names[i]);

        if (!is_wanted(source, names[i]) || os_is_dir(path) || is_known(source, path))
            continue;
        if (source->files.count >= FILES_MAX)
            ok = error_set(err, ERROR_USER, "'%s' holds more than %d files", source->folder,
                           FILES_MAX);
        else
            VEC_ADD(&source->files, arena_strdup(&source->arena, path));
    }
    arena_done(&arena);
    return ok;
}

static bool file_partition_count(Source *base, int32_t *count, Error *err)
{
    FileSource *source = (FileSource *)base;
    bool ok;

    os_mutex_lock(source->mutex);
    ok = list_files(source, err);
    *count = (int32_t)source->files.count;
    os_mutex_unlock(source->mutex);
    return ok;
}

static const char *file_of(FileSource *source, int32_t partition)
{
    const char *path;

    os_mutex_lock(source->mutex);
    path = source->files.items[partition];
    os_mutex_unlock(source->mutex);
    return path;
}

static Str file_partition_name(Source *base, int32_t partition)
{
    const char *path = file_of((FileSource *)base, partition);

    return path ? str_of(path) : STR_EMPTY;
}

/* ── reading one ───────────────────────────────────────────────────────────────────────────────*/

static bool has_shrunk(const char *path, const FileReader *reader, Error *err)
{
    return error_set(err, ERROR_USER,
                     "'%s' is shorter (%lld bytes) than what was read of it before (%lld); files may "
                     "only grow",
                     path, (long long)reader->size, (long long)reader->position);
}

static bool file_reader_open(Source *base, int32_t partition, int64_t position, SourceReader **out,
                             Error *err)
{
    FileSource *source = (FileSource *)base;
    const char *path = file_of(source, partition);
    FileReader *reader = mem_zalloc(sizeof *reader);

    reader->reader.source = base;
    reader->source = source;
    reader->position = MAX(position, 0);
    if (path && os_exists(path)) {
        if (!os_file_open(path, OS_OPEN_READ, &reader->file, err) ||
            !os_file_size(reader->file, &reader->size, err)) {
            os_file_close(reader->file);
            free(reader);
            return false;
        }
        if (position < 0 && source->config.start_latest)
            reader->position = reader->size;
        if (reader->position > reader->size) {
            (void)has_shrunk(path, reader, err);
            os_file_close(reader->file);
            free(reader);
            return false;
        }
    }
    reader->header_pending = source->config.header && reader->position == 0;
    *out = &reader->reader;
    return true;
}

static void file_reader_close(SourceReader *base)
{
    FileReader *reader = (FileReader *)base;

    os_file_close(reader->file);
    free(reader->buffer);
    VEC_DONE(&reader->values);
    VEC_DONE(&reader->positions);
    free(reader);
}

/* Whether a last line without an end is to be taken as it is. */
static bool is_left_alone(const FileReader *reader)
{
    int64_t bytes;
    int64_t modified_us;
    Error err = {0};

    if (reader->source->config.whole)
        return true;
    return os_stat(os_file_path(reader->file), &bytes, &modified_us, &err) &&
           os_realtime_us() - modified_us > LEFT_ALONE_US;
}

/* Reads `bytes` more or less from the position on; *got of them are in the buffer. */
static bool fill(FileReader *reader, size_t bytes, size_t *got, Error *err)
{
    if (reader->buffer_bytes < bytes + ARENA_SLACK) {
        reader->buffer = mem_realloc(reader->buffer, bytes + ARENA_SLACK);
        reader->buffer_bytes = bytes + ARENA_SLACK;
    }
    return os_file_read_at(reader->file, reader->buffer, bytes, reader->position, got, err);
}

/* Cuts records off the front of `text`, which stands at the reader's position, and moves this behind them;
 * returns the bytes used. */
static size_t cut_records(FileReader *reader, Str text, bool at_end, uint32_t count_max)
{
    Str records = reader->position == 0 ? str_skip_mark(text) : text;
    Str rest = records;
    size_t used;

    while (rest.bytes && reader->values.count < count_max) {
        int64_t position = reader->position + (rest.data - text.data);
        Str record;
        size_t bytes = reader->source->format->next_record(rest, at_end, &record);

        if (bytes == 0)
            break;
        rest = str_slice(rest, (uint32_t)bytes, rest.bytes);
        if (str_trim(record).bytes == 0)
            continue;
        if (reader->header_pending) {
            reader->header_pending = false;
            continue;
        }
        VEC_ADD(&reader->values, record);
        VEC_ADD(&reader->positions, position);
    }
    /* A mark alone is not used up: the first record is still to come. */
    used = rest.bytes == records.bytes ? 0 : (size_t)(rest.data - text.data);
    reader->position += (int64_t)used;
    return used;
}

static bool file_poll(SourceReader *base, uint32_t count_max, SourceRecords *out, Error *err)
{
    FileReader *reader = (FileReader *)base;
    size_t bytes = CHUNK_BYTES;
    size_t got = 0;
    size_t used = 0;
    bool reaches_end;

    reader->values.count = 0;
    reader->positions.count = 0;
    *out = (SourceRecords){.next_position = reader->position, .at_end = true};
    if (!reader->file) {
        out->finished = true;
        out->end_position = reader->position;
        return true;
    }
    if (!os_file_size(reader->file, &reader->size, err))
        return false;
    out->end_position = reader->size;
    if (reader->position > reader->size)
        return has_shrunk(os_file_path(reader->file), reader, err);
    if (reader->position == reader->size)
        return true;
    /* A record longer than the buffer asks for a larger one. */
    for (;;) {
        if (!fill(reader, bytes, &got, err))
            return false;
        reaches_end = reader->position + (int64_t)got >= reader->size;
        used = cut_records(reader, (Str){reader->buffer, (uint32_t)got}, false, count_max);
        if (used || reaches_end)
            break;
        if (bytes >= RECORD_BYTES_MAX)
            return error_set(err, ERROR_USER, "'%s', byte %lld: a record is longer than %d bytes",
                             os_file_path(reader->file), (long long)reader->position,
                             RECORD_BYTES_MAX);
        bytes *= 4;
    }
    if (reaches_end && used < got && reader->values.count < count_max && is_left_alone(reader))
        used += cut_records(reader, (Str){reader->buffer + used, (uint32_t)(got - used)}, true,
                            count_max);
    out->count = (uint32_t)reader->values.count;
    out->values = reader->values.items;
    out->positions = reader->positions.items;
    out->next_position = reader->position;
    /* An unfinished last line is not there yet. */
    out->at_end = reader->position >= reader->size || (reaches_end && used == 0);
    return true;
}

/* ── the source ────────────────────────────────────────────────────────────────────────────────*/

static void file_free(Source *base)
{
    FileSource *source = (FileSource *)base;

    VEC_DONE(&source->files);
    os_mutex_free(source->mutex);
    arena_done(&source->arena);
    free(source);
}

static const SourceMethods file_methods = {
    .name = "files",
    .partition_count = file_partition_count,
    .partition_name = file_partition_name,
    .reader_open = file_reader_open,
    .poll = file_poll,
    .reader_close = file_reader_close,
    .free = file_free,
};

/* Splits 'folder/pat*ern'. */
static bool set_path(FileSource *source, Error *err)
{
    char *path = arena_strdup(&source->arena, source->path);
    char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    if (os_is_dir(path)) {
        source->folder = path;
        return true;
    }
    if (strpbrk(name, "*?[")) {
        source->pattern = arena_strdup(&source->arena, name);
        if (slash)
            *slash = '\0';
        source->folder = slash ? (path[0] ? path : "/") : ".";
        return os_is_dir(source->folder) ||
               error_set(err, ERROR_USER, "there is no folder '%s'", source->folder);
    }
    if (!os_exists(path))
        return error_set(err, ERROR_USER, "there is no file or folder '%s'", path);
    if (source->files.count == 0)
        VEC_ADD(&source->files, path);
    return true;
}

bool file_source_create(const FileSourceConfig *config, Source **out, Error *err)
{
    FileSource *source = mem_zalloc(sizeof *source);

    source->source.methods = &file_methods;
    source->config = *config;
    arena_init(&source->arena);
    source->mutex = os_mutex_create();
    source->path = str_to_c(&source->arena, config->path);
    source->format = format_find(config->format);
    for (int32_t i = 0; i < config->known_count; i++) {
        const char *known =
            config->known[i].data ? str_to_c(&source->arena, config->known[i]) : NULL;

        VEC_ADD(&source->files, known);
    }
    if (!source->format || !set_path(source, err)) {
        if (!source->format)
            error_set(err, ERROR_USER, "there is no format '%.*s'", STR_ARG(config->format));
        file_free(&source->source);
        return false;
    }
    *out = &source->source;
    return true;
}
