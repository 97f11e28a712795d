#include "sink/file_sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/format.h"
#include "os/os.h"

typedef struct FileSink {
    Sink sink;
    SinkConfig config;
    const Format *format;
    int64_t prepared_epoch; /* Whose file waits for its name; 0: none. */
} FileSink;

struct SinkOutput {
    StrBuf lines;
};

typedef struct FileSinkWriter {
    SinkWriter writer;
    Encoder *encoder;
    SinkOutput *output; /* NULL: nothing written in this epoch. */
} FileSinkWriter;

static void output_free(SinkOutput *output)
{
    if (!output)
        return;
    strbuf_done(&output->lines);
    free(output);
}

static bool encoder_create(const FileSink *sink, Encoder **out, Error *err)
{
    const FormatOptions options = {.zone = sink->config.zone,
                                   .options = sink->config.format_options};

    return sink->format->encoder_create(sink->config.schema, &options, out, err);
}

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static bool file_writer_create(Sink *sink, SinkWriter **out, Error *err)
{
    FileSinkWriter *writer = mem_zalloc(sizeof *writer);

    writer->writer.sink = sink;
    if (!encoder_create((FileSink *)sink, &writer->encoder, err)) {
        free(writer);
        return false;
    }
    *out = &writer->writer;
    return true;
}

static void file_writer_free(SinkWriter *sink_writer)
{
    FileSinkWriter *writer = (FileSinkWriter *)sink_writer;

    if (!writer)
        return;
    writer->encoder->methods->free(writer->encoder);
    output_free(writer->output);
    free(writer);
}

static bool file_write(SinkWriter *sink_writer, const Batch *batch, Error *err)
{
    FileSinkWriter *writer = (FileSinkWriter *)sink_writer;

    (void)err;
    if (!writer->output)
        writer->output = mem_zalloc(sizeof *writer->output);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        writer->encoder->methods->encode(writer->encoder, batch, i, &writer->output->lines);
        strbuf_add_char(&writer->output->lines, '\n');
    }
    return true;
}

static bool file_end_epoch(SinkWriter *sink_writer, SinkOutput **out, Error *err)
{
    FileSinkWriter *writer = (FileSinkWriter *)sink_writer;

    (void)err;
    *out = writer->output;
    writer->output = NULL;
    return true;
}

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

static char *final_path(Arena *arena, const FileSink *sink, int64_t epoch)
{
    return arena_printf(arena, "%s/part-%020" PRId64 ".%s", sink->config.folder, epoch,
                        sink->format->name);
}

static char *waiting_path(Arena *arena, const FileSink *sink, int64_t epoch)
{
    return arena_printf(arena, "%s/.part-%020" PRId64 ".%s.tmp", sink->config.folder, epoch,
                        sink->format->name);
}

/* The epoch in a name that begins and ends like this; false when it does not. */
static bool epoch_of(const char *name, const char *prefix, const char *suffix, int64_t *epoch)
{
    Str text = str_of(name);
    Str head = str_of(prefix);
    Str tail = str_of(suffix);

    return str_starts_with(text, head) && str_ends_with(text, tail) &&
           text.bytes == head.bytes + 20 + tail.bytes &&
           str_to_int64(str_slice(text, head.bytes, head.bytes + 20), epoch);
}

static bool give_name(FileSink *sink, int64_t epoch, Error *err)
{
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = os_rename(waiting_path(&arena, sink, epoch), final_path(&arena, sink, epoch), err) &&
         os_sync_dir(sink->config.folder, err);
    arena_done(&arena);
    return ok;
}

/* ── the committer's side ──────────────────────────────────────────────────────────────────────*/

static bool write_header(const FileSink *sink, StrBuf *out, Error *err)
{
    Encoder *encoder;

    if (!encoder_create(sink, &encoder, err))
        return false;
    if (encoder->methods->header)
        encoder->methods->header(encoder, out);
    if (out->bytes && out->data[out->bytes - 1] != '\n')
        strbuf_add_char(out, '\n');
    encoder->methods->free(encoder);
    return true;
}

static bool write_waiting(const FileSink *sink, int64_t epoch, SinkOutput **outputs,
                          uint32_t output_count, Error *err)
{
    StrBuf header = {0};
    Arena arena;
    OsFile *file = NULL;
    int64_t at = 0;
    bool ok;

    arena_init(&arena);
    ok = write_header(sink, &header, err) &&
         os_file_open(waiting_path(&arena, sink, epoch), OS_OPEN_TRUNCATE, &file, err) &&
         os_file_write_at(file, strbuf_c(&header), header.bytes, 0, err);
    at = (int64_t)header.bytes;
    for (uint32_t i = 0; ok && i < output_count; i++) {
        ok = os_file_write_at(file, strbuf_c(&outputs[i]->lines), outputs[i]->lines.bytes, at, err);
        at += (int64_t)outputs[i]->lines.bytes;
    }
    ok = ok && os_file_sync(file, err) && os_sync_dir(sink->config.folder, err);
    os_file_close(file);
    strbuf_done(&header);
    arena_done(&arena);
    return ok;
}

static bool file_prepare(Sink *sink, int64_t epoch, SinkOutput **outputs, uint32_t output_count,
                         Error *err)
{
    FileSink *self = (FileSink *)sink;
    bool ok = true;

    self->prepared_epoch = 0;
    if (output_count) {
        ok = write_waiting(self, epoch, outputs, output_count, err);
        self->prepared_epoch = epoch;
    }
    for (uint32_t i = 0; i < output_count; i++)
        output_free(outputs[i]);
    return ok;
}

static bool file_commit(Sink *sink, int64_t epoch, StoreTxn *txn, Error *err)
{
    (void)sink;
    (void)epoch;
    (void)txn;
    (void)err;
    return true; /* The store's own commit of the epoch is what recover goes by. */
}

static void file_committed(Sink *sink, int64_t epoch)
{
    FileSink *self = (FileSink *)sink;
    Error err;

    /* If this fails, the file is whole and durable, and gets its name on the next start. */
    if (self->prepared_epoch == epoch)
        (void)give_name(self, epoch, &err);
    self->prepared_epoch = 0;
}

static bool recover_file(FileSink *sink, const char *name, int64_t epoch, Error *err)
{
    char waiting_suffix[32], suffix[32];
    int64_t of = 0;
    Arena arena;
    bool ok = true;

    (void)snprintf(suffix, sizeof suffix, ".%s", sink->format->name);
    (void)snprintf(waiting_suffix, sizeof waiting_suffix, ".%s.tmp", sink->format->name);
    if (epoch_of(name, "part-", suffix, &of) && of > epoch)
        return error_set(err, ERROR_USER,
                         "'%s' holds '%s', which this data directory has not written: move it "
                         "away, or choose another path",
                         sink->config.folder, name);
    if (!epoch_of(name, ".part-", waiting_suffix, &of))
        return true;
    if (of <= epoch)
        return give_name(sink, of, err);
    arena_init(&arena);
    ok = os_unlink(waiting_path(&arena, sink, of), err);
    arena_done(&arena);
    return ok;
}

static bool file_recover(Sink *sink, int64_t epoch, Error *err)
{
    FileSink *self = (FileSink *)sink;
    const char *const *names;
    size_t name_count;
    Arena arena;
    bool ok;

    self->prepared_epoch = 0;
    arena_init(&arena);
    ok = os_list(&arena, self->config.folder, &names, &name_count, err);
    for (size_t i = 0; ok && i < name_count; i++)
        ok = recover_file(self, names[i], epoch, err);
    arena_done(&arena);
    return ok;
}

static void file_free(Sink *sink)
{
    free(sink);
}

static const SinkMethods file_methods = {
    .name = "file",
    .writer_create = file_writer_create,
    .write = file_write,
    .end_epoch = file_end_epoch,
    .writer_free = file_writer_free,
    .output_free = output_free,
    .prepare = file_prepare,
    .commit = file_commit,
    .committed = file_committed,
    .recover = file_recover,
    .free = file_free,
};

bool file_sink_open(const SinkConfig *config, Sink **out, Error *err)
{
    FileSink *sink = mem_zalloc(sizeof *sink);

    sink->sink.methods = &file_methods;
    sink->config = *config;
    sink->format = format_find(config->provider); /* json, csv: the provider is the format. */
    if (!sink->format) {
        free(sink);
        return error_set(err, ERROR_USER, "there is no format '%.*s'", STR_ARG(config->provider));
    }
    if (!os_mkdir_all(config->folder, err)) {
        free(sink);
        return false;
    }
    *out = &sink->sink;
    return true;
}
