#include "source/nexmark_source.h"

#include <stdlib.h>

#include "base/vec.h"
#include "generate/generate.h"
#include "generate/nexmark.h"
#include "os/os.h"

/* How many events a reader skips over before it looks whether it is to stop. */
enum { SEEK_STEPS = 1 << 20 };

typedef struct NexmarkSource {
    Source source;
    NexmarkSourceConfig config;
    int64_t opened_us; /* Monotonic. */
} NexmarkSource;

typedef struct NexmarkReader {
    SourceReader reader;
    const NexmarkSource *source;
    NexmarkGenerator *generator;
    int64_t opened_at;
    StrBuf text;
    VEC(Str) values;
    VEC(int64_t) positions;
} NexmarkReader;

static bool nexmark_partition_count(Source *base UNUSED, int32_t *count, Error *err UNUSED)
{
    *count = 1;
    return true;
}

static Str nexmark_partition_name(Source *base UNUSED, int32_t partition UNUSED)
{
    return STR_EMPTY;
}

static bool nexmark_reader_open(Source *base, int32_t partition UNUSED, int64_t position,
                                SourceReader **out, Error *err UNUSED)
{
    NexmarkSource *source = (NexmarkSource *)base;
    NexmarkReader *reader = mem_zalloc(sizeof *reader);

    reader->reader.source = base;
    reader->source = source;
    reader->generator = nexmark_create(&source->config.generator);
    reader->opened_at = MAX(position, 0);
    while (!nexmark_seek_some(reader->generator, reader->opened_at, SEEK_STEPS))
        ;
    *out = &reader->reader;
    return true;
}

static void nexmark_reader_close(SourceReader *base)
{
    NexmarkReader *reader = (NexmarkReader *)base;

    nexmark_free(reader->generator);
    strbuf_done(&reader->text);
    VEC_DONE(&reader->values);
    VEC_DONE(&reader->positions);
    free(reader);
}

/* How many events there are by now. */
static int64_t events_by_now(const NexmarkReader *reader)
{
    const NexmarkSource *source = reader->source;
    double passed_s;

    if (source->config.event_count >= 0)
        return source->config.event_count;
    passed_s = (double)(os_monotonic_us() - source->opened_us) / 1e6;
    return reader->opened_at + (int64_t)(passed_s * source->config.generator.rate);
}

static bool nexmark_poll(SourceReader *base, uint32_t count_max, SourceRecords *out,
                         Error *err UNUSED)
{
    NexmarkReader *reader = (NexmarkReader *)base;
    int64_t position = nexmark_position(reader->generator);
    int64_t end = events_by_now(reader);
    uint32_t count = (uint32_t)MIN(MAX(end - position, 0), (int64_t)count_max);
    size_t from = 0;

    strbuf_clear(&reader->text);
    reader->values.count = reader->positions.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        (void)nexmark_next(reader->generator, &reader->text);
        VEC_ADD(&reader->values, ((Str){NULL, (uint32_t)(reader->text.bytes - from)}));
        VEC_ADD(&reader->positions, position + i);
        from = reader->text.bytes;
    }
    /* The text has stopped moving now. */
    from = 0;
    for (uint32_t i = 0; i < count; i++) {
        reader->values.items[i].data = reader->text.data + from;
        from += reader->values.items[i].bytes;
    }
    *out = (SourceRecords){
        .count = count,
        .values = reader->values.items,
        .positions = reader->positions.items,
        .next_position = position + count,
        .end_position = end,
        .at_end = position + count >= end,
        .finished = reader->source->config.event_count >= 0 && position + count >= end,
    };
    return true;
}

static void nexmark_source_free(Source *base)
{
    free(base);
}

static const SourceMethods nexmark_methods = {
    .name = "nexmark",
    .partition_count = nexmark_partition_count,
    .partition_name = nexmark_partition_name,
    .reader_open = nexmark_reader_open,
    .poll = nexmark_poll,
    .reader_close = nexmark_reader_close,
    .free = nexmark_source_free,
};

bool nexmark_source_create(const NexmarkSourceConfig *config, Source **out, Error *err)
{
    NexmarkSource *source;

    if (!generate_options_check(&config->generator, generate_stream_find(STR("nexmark")), err))
        return false;
    source = mem_zalloc(sizeof *source);
    source->source.methods = &nexmark_methods;
    source->config = *config;
    source->opened_us = os_monotonic_us();
    *out = &source->source;
    return true;
}
