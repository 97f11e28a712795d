/*
 * nexmark_stream.c: the events of nexmark.h as one of the data-generation API's streams.
 */
#include "base/assert.h"
#include "generate/generate.h"
#include "generate/nexmark.h"

static const StreamColumn columns[] = {
    {"event_type", "INT"},
    {"person", "STRUCT<id: BIGINT, name: STRING, emailAddress: STRING, creditCard: STRING, "
               "city: STRING, state: STRING, dateTime: TIMESTAMP, extra: STRING>"},
    {"auction", "STRUCT<id: BIGINT, itemName: STRING, description: STRING, initialBid: BIGINT, "
                "reserve: BIGINT, dateTime: TIMESTAMP, expires: TIMESTAMP, seller: BIGINT, "
                "category: BIGINT, extra: STRING>"},
    {"bid", "STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, "
            "dateTime: TIMESTAMP, extra: STRING>"},
};

static const char *const kinds[] = {
    [NEXMARK_PERSON] = "person",
    [NEXMARK_AUCTION] = "auction",
    [NEXMARK_BID] = "bid",
};

static bool nexmark_check(const GenerateOptions *options, Error *err)
{
    if (options->rate < 1)
        return error_set(err, ERROR_USER, "rate: nexmark needs at least 1 event a second");
    return true;
}

static void *sequence_open(const GenerateOptions *options)
{
    return nexmark_create(options);
}

static void sequence_close(void *sequence)
{
    nexmark_free(sequence);
}

static bool sequence_fits(const void *sequence, const GenerateOptions *options)
{
    return nexmark_fits(sequence, options);
}

static int64_t sequence_position(const void *sequence)
{
    return nexmark_position(sequence);
}

static bool sequence_seek(void *sequence, int64_t index, int64_t steps_max)
{
    return nexmark_seek_some(sequence, index, steps_max);
}

static void sequence_next(void *sequence, StreamRow *row)
{
    NexmarkKind kind;
    char *end;

    _Static_assert(sizeof row->scratch >= NEXMARK_EVENT_BYTES_MAX, "an event fits a row");
    end = nexmark_next_object(sequence, row->scratch, &kind);
    row->group = (int)kind;
    row->fields[0] = (StreamField){.kind = FIELD_INTEGER, .number = (int64_t)kind};
    for (int i = 0; i < 3; i++)
        row->fields[1 + i] = (StreamField){.kind = FIELD_ABSENT};
    row->fields[1 + (int)kind] = (StreamField){
        .kind = FIELD_JSON,
        .text = {row->scratch, (uint32_t)(end - row->scratch)},
    };
}

static int sequence_group(const GenerateOptions *options, int64_t index)
{
    return (int)nexmark_kind_of(options, index);
}

static const SequenceMethods sequence = {
    .open = sequence_open,
    .close = sequence_close,
    .fits = sequence_fits,
    .position = sequence_position,
    .seek = sequence_seek,
    .next = sequence_next,
    .group = sequence_group,
};

const Stream stream_nexmark = {
    .name = "nexmark",
    .doc = "The Nexmark benchmark's auction house: persons, auctions and bids in one stream.",
    .params = PARAM_NEXMARK,
    .columns = columns,
    .column_count = COUNT_OF(columns),
    .group_name = "event",
    .groups = kinds,
    .group_count = COUNT_OF(kinds),
    .check = nexmark_check,
    .sequence = &sequence,
};
