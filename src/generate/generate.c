/*
 * generate.c: the list of streams, and the Generator: index after index, what kind of record it is
 * (fault.h), its row (the stream), its bytes (row_write.h).
 */
#include "generate/generate.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "generate/fault.h"
#include "generate/row_write.h"

#define SECOND_US INT64_C(1000000)
#define TIME_SALT 0x74696D65u
/* Records a sequence may skip before generator_fill returns to its caller: some 10 ms. */
#define SEEK_STEPS 200000

const Stream *const generate_streams[] = {
    &stream_orders,
    &stream_customers,
    &stream_page_views,
    &stream_nexmark,
};
const int generate_stream_count = COUNT_OF(generate_streams);

const Stream *generate_stream_find(Str name)
{
    for (int i = 0; i < generate_stream_count; i++) {
        if (str_is(name, generate_streams[i]->name))
            return generate_streams[i];
    }
    return NULL;
}

/* ── one row ───────────────────────────────────────────────────────────────────────────────────*/

static uint64_t stream_key(const Stream *stream, const GenerateOptions *options)
{
    return hash_mix((uint64_t)options->seed, hash_bytes(stream->name, strlen(stream->name)));
}

/* Event time grows with the index and is moved back by less than the disorder, never before the
 * base time; a late record's then goes back by late_by_s up to twice that. */
static int64_t event_time(const GenerateOptions *options, uint64_t key, int64_t index, bool late)
{
    Random random = {hash_mix(key ^ TIME_SALT, (uint64_t)index)};
    int64_t elapsed_us = (int64_t)((double)index * (1e6 / options->rate));
    int64_t disorder_us = MIN(options->disorder_ms * 1000, elapsed_us);

    if (disorder_us > 0)
        elapsed_us -= (int64_t)random_below(&random, (uint64_t)disorder_us);
    if (UNLIKELY(late)) {
        int64_t late_by_us = options->late_by_s * SECOND_US;

        elapsed_us -= late_by_us + (int64_t)random_below(&random, (uint64_t)late_by_us);
    }
    return options->base_time_us + elapsed_us;
}

static void make_row(const Stream *stream, const GenerateOptions *options, uint64_t key,
                     int64_t index, bool late, int invalid, StreamRow *out)
{
    RowSeed seed = {
        .index = index,
        .time_us = event_time(options, key, index, late),
        .invalid = invalid,
        .random = {hash_mix(key, (uint64_t)index)},
        .stream_key = key,
    };

    stream->row(options, &seed, out);
}

void generate_row(const Stream *stream, const GenerateOptions *options, int64_t index, bool late,
                  int invalid, StreamRow *out)
{
    make_row(stream, options, stream_key(stream, options), index, late, invalid, out);
}

/* ── a range ───────────────────────────────────────────────────────────────────────────────────*/

struct Generator {
    const Stream *stream;
    GenerateOptions options;
    uint64_t key;
    FaultPlan faults;
    void *sequence; /* NULL: a stream of pure rows. */
    RowWriter writer;
    StreamRow row;
    int64_t next;
    int64_t end;
    bool begun;    /* row_write_first was called. */
    bool finished; /* row_write_last was called. */
};

static void range_begin(Generator *generator, const GenerateOptions *options)
{
    generator->options = *options;
    generator->next = options->from;
    generator->end = options->from + options->count;
    generator->begun = false;
    generator->finished = false;
    row_writer_init(&generator->writer, generator->stream, options->format);
}

bool generator_open(const Stream *stream, const GenerateOptions *options, Generator **out,
                    Error *err)
{
    Generator *generator;

    if (!generate_options_check(options, stream, err))
        return false;
    generator = mem_zalloc(sizeof *generator);
    generator->stream = stream;
    range_begin(generator, options);
    if (stream->sequence) {
        generator->sequence = stream->sequence->open(options);
    } else {
        generator->key = stream_key(stream, options);
        fault_plan_init(&generator->faults, stream, options);
    }
    *out = generator;
    return true;
}

void generator_close(Generator *generator)
{
    if (!generator)
        return;
    if (generator->sequence)
        generator->stream->sequence->close(generator->sequence);
    row_writer_done(&generator->writer);
    free(generator);
}

bool generator_is_sequence(const Generator *generator)
{
    return generator->stream->sequence != NULL;
}

bool generator_can_restart(const Generator *generator, const Stream *stream,
                           const GenerateOptions *options)
{
    const SequenceMethods *sequence = stream->sequence;

    return generator->stream == stream && sequence &&
           sequence->fits(generator->sequence, options) &&
           sequence->position(generator->sequence) <= options->from;
}

void generator_restart(Generator *generator, const GenerateOptions *options)
{
    ASSERT(generator_can_restart(generator, generator->stream, options));
    row_writer_done(&generator->writer);
    range_begin(generator, options);
}

int64_t generator_position(const Generator *generator)
{
    return generator->next;
}

static void write_record(Generator *generator, StrBuf *out)
{
    int64_t index = generator->next;
    Fault fault = fault_decide(&generator->faults, index);
    int invalid = fault.kind == FAULT_INVALID ? fault.sub_kind : -1;

    if (fault.kind == FAULT_DUPLICATE)
        index = fault.original;
    make_row(generator->stream, &generator->options, generator->key, index,
             fault.kind == FAULT_LATE, invalid, &generator->row);
    row_write(&generator->writer, &generator->row, &fault,
              generator->next == generator->options.from, out);
    generator->next++;
}

static void write_sequence_record(Generator *generator, StrBuf *out)
{
    generator->stream->sequence->next(generator->sequence, &generator->row);
    row_write(&generator->writer, &generator->row, NULL, generator->next == generator->options.from,
              out);
    generator->next++;
}

/* False while a sequence is still on its way to the first record. */
static bool range_ready(Generator *generator)
{
    const SequenceMethods *sequence = generator->stream->sequence;

    return !sequence || generator->next >= generator->end ||
           sequence->seek(generator->sequence, generator->next, SEEK_STEPS);
}

bool generator_fill_to(Generator *generator, StrBuf *out, size_t bytes, int64_t index)
{
    int64_t end = MIN(generator->end, index);

    if (generator->finished)
        return false;
    if (!generator->begun) {
        if (!range_ready(generator))
            return true;
        row_write_first(&generator->writer, out);
        generator->begun = true;
    }
    if (generator->sequence) {
        while (out->bytes < bytes && generator->next < end)
            write_sequence_record(generator, out);
    } else {
        while (out->bytes < bytes && generator->next < end)
            write_record(generator, out);
    }
    if (generator->next < generator->end)
        return true;
    row_write_last(&generator->writer, out);
    generator->finished = true;
    return false;
}

bool generator_fill(Generator *generator, StrBuf *out, size_t bytes)
{
    return generator_fill_to(generator, out, bytes, INT64_MAX);
}
