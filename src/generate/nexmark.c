#include "generate/nexmark.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "generate/generate.h"
#include "generate/java_random.h"
#include "generate/put.h"

#define EPOCH 50 /* Events: 1 person, 3 auctions, 46 bids. */
#define AUCTIONS 3
#define FIRST_ID 1000
#define ACTIVE_PEOPLE 1000
#define PERSON_LEAD 10
#define ACTIVE_AUCTIONS 100
#define AUCTION_LEAD 10
#define HOT_RATIO 100
/* How far ahead an auction ends on average, in events. */
#define AUCTION_SPAN (ACTIVE_AUCTIONS * EPOCH / AUCTIONS)

#define POOL_CHARS (1 << 20)
#define CHANNEL_COUNT 10000
#define HOT_COUNT 4
#define URL_BYTES_MAX 96

typedef struct Channel {
    char name[16];
    char url[URL_BYTES_MAX];
    uint8_t name_bytes;
    uint8_t url_bytes;
} Channel;

struct NexmarkGenerator {
    GenerateOptions options;
    double event_us; /* Event time between two events. */
    JavaRandom events;
    int64_t next;
    DayText day;
    Channel *channels; /* The hot ones first. */
    char *pool;
};

/* ── draws ─────────────────────────────────────────────────────────────────────────────────────*/

/* Characters at `p`, blanks trimmed at both ends; returns how many are left. */
static uint32_t draw_string(JavaRandom *random, uint32_t bound, char special, char *p)
{
    uint32_t length = 3 + java_random_int(random, bound - 3);
    uint32_t start = 0;

    for (uint32_t i = 0; i < length; i++)
        p[i] =
            java_random_int(random, 13) == 0 ? special : (char)('a' + java_random_int(random, 26));
    while (start < length && p[start] == ' ')
        start++;
    while (length > start && p[length - 1] == ' ')
        length--;
    memmove(p, p + start, length - start);
    return length - start;
}

static char *put_string(JavaRandom *random, uint32_t bound, char special, char *p)
{
    return p + draw_string(random, bound, special, p);
}

static int64_t price_of(double draw)
{
    return (int64_t)floor(pow(10.0, draw * 6.0) * 100.0 + 0.5);
}

/* A stretch of the pool that brings a record of `current` bytes to about `average`. */
static Str draw_extra(NexmarkGenerator *generator, uint32_t current, uint32_t average)
{
    uint32_t missing;
    uint32_t delta;
    uint32_t length;

    if (current > average)
        return STR_EMPTY;
    missing = average - current;
    delta = (uint32_t)floor((double)missing * 0.2 + 0.5);
    length = missing - delta + (delta == 0 ? 0 : java_random_int(&generator->events, 2 * delta));
    return (Str){generator->pool + java_random_int(&generator->events, POOL_CHARS - length),
                 length};
}

/* The pool's only character that JSON escapes is the backslash, one in fifty. */
static char *put_extra(char *p, Str text)
{
    const char *from = text.data;
    const char *end = text.data + text.bytes;
    const char *slash;

    while ((slash = memchr(from, '\\', (size_t)(end - from)))) {
        p = put_bytes(p, from, (size_t)(slash + 1 - from));
        p = put_char(p, '\\');
        from = slash + 1;
    }
    return put_bytes(p, from, (size_t)(end - from));
}

/* ── ids and times ─────────────────────────────────────────────────────────────────────────────*/

/* What all of an event's fields follow from. */
typedef struct Event {
    int64_t number; /* After the shuffle within its group. */
    int64_t epoch;
    int64_t offset; /* In the epoch: tells the kind. */
} Event;

static Event event_at(const GenerateOptions *options, int64_t index)
{
    int64_t number = options->first_event_number + index;
    int64_t group = options->out_of_order_group;
    int64_t shuffled = number / group * group + number * 953 % group;
    int64_t id = options->first_event_id + shuffled;

    return (Event){.number = shuffled, .epoch = id / EPOCH, .offset = id % EPOCH};
}

static NexmarkKind event_kind(const Event *event)
{
    return event->offset == 0          ? NEXMARK_PERSON
           : event->offset <= AUCTIONS ? NEXMARK_AUCTION
                                       : NEXMARK_BID;
}

static int64_t last_auction(const Event *event)
{
    if (event->offset == 0)
        return (event->epoch - 1) * AUCTIONS + AUCTIONS - 1;
    return event->epoch * AUCTIONS + MIN(event->offset, AUCTIONS) - 1;
}

static int64_t event_time_ms(const NexmarkGenerator *generator, int64_t number)
{
    return generator->options.base_time_us / 1000 +
           (int64_t)((double)number * generator->event_us) / 1000;
}

static int64_t draw_person(JavaRandom *random, const Event *event)
{
    int64_t count = event->epoch + 1;
    int64_t active = MIN(count, ACTIVE_PEOPLE);

    return count - active + java_random_int(random, (uint32_t)active + PERSON_LEAD);
}

static int64_t draw_auction(JavaRandom *random, const Event *event)
{
    int64_t max = last_auction(event);
    int64_t min = MAX(max - ACTIVE_AUCTIONS, 0);

    return min + java_random_int(random, (uint32_t)(max - min + 1 + AUCTION_LEAD));
}

/* ── the tables ────────────────────────────────────────────────────────────────────────────────*/

static void pool_fill(char *pool, JavaRandom random)
{
    for (size_t i = 0; i < POOL_CHARS;) {
        int32_t value = (int32_t)java_random_bits32(&random);

        /* Both operators round towards zero, so a negative value gives characters below 'a'. */
        for (int k = 0; k < 6 && i < POOL_CHARS; k++, value /= 26)
            pool[i++] = (char)('a' + value % 26);
    }
}

static uint32_t bits_reverse(uint32_t value)
{
    uint32_t reversed = 0;

    for (int i = 0; i < 32; i++)
        reversed |= (value >> i & 1) << (31 - i);
    return reversed;
}

static char *put_url(char *p, JavaRandom *random)
{
    p = PUT_LITERAL(p, "https://www.nexmark.com/");
    for (int i = 0; i < 3; i++) {
        p = put_string(random, 5, '_', p);
        p = put_char(p, '/');
    }
    return PUT_LITERAL(p, "item.htm?query=1");
}

static void channel_set(Channel *channel, const char *name, size_t name_bytes, const char *url_end)
{
    ASSERT(name_bytes <= sizeof channel->name && url_end <= channel->url + URL_BYTES_MAX);
    memcpy(channel->name, name, name_bytes);
    channel->name_bytes = (uint8_t)name_bytes;
    channel->url_bytes = (uint8_t)(url_end - channel->url);
}

static void channels_fill(Channel *channels, JavaRandom random)
{
    static const char *const hot[HOT_COUNT] = {"Google", "Facebook", "Baidu", "Apple"};

    for (int i = 0; i < HOT_COUNT; i++)
        channel_set(&channels[i], hot[i], strlen(hot[i]), put_url(channels[i].url, &random));
    for (uint32_t i = 0; i < CHANNEL_COUNT; i++) {
        Channel *channel = &channels[HOT_COUNT + i];
        char name[16];
        char *name_end = put_uint64(PUT_LITERAL(name, "channel-"), i);
        char *p = put_url(channel->url, &random);

        if (java_random_int(&random, 10) > 0) {
            int32_t id = (int32_t)bits_reverse(i);

            /* Java's abs leaves the least int negative. */
            p = PUT_LITERAL(p, "&channel_id=");
            p = put_int64(p, id == INT32_MIN || id >= 0 ? id : -id);
        }
        channel_set(channel, name, (size_t)(name_end - name), p);
    }
}

static void rewind_to_start(NexmarkGenerator *generator)
{
    generator->events.split_mix.state = (uint64_t)generator->options.seed;
    generator->next = 0;
}

NexmarkGenerator *nexmark_create(const GenerateOptions *options)
{
    NexmarkGenerator *generator = mem_zalloc(sizeof *generator);
    uint64_t seed = (uint64_t)options->seed;

    generator->options = *options;
    generator->event_us = 1000000.0 / options->rate;
    generator->pool = mem_alloc(POOL_CHARS);
    generator->channels = mem_zalloc((HOT_COUNT + CHANNEL_COUNT) * sizeof(Channel));
    pool_fill(generator->pool, (JavaRandom){{seed + 1}});
    channels_fill(generator->channels, (JavaRandom){{seed + 2}});
    rewind_to_start(generator);
    return generator;
}

void nexmark_free(NexmarkGenerator *generator)
{
    if (!generator)
        return;
    free(generator->channels);
    free(generator->pool);
    free(generator);
}

/* ── events. The order of the draws is the original's. ───────────────────────────────────────────
 */

static char *put_date_time(NexmarkGenerator *generator, char *p, int64_t time_ms)
{
    p = put_char(p, '"');
    p = put_time_ms(p, time_ms * 1000, ' ', &generator->day);
    return put_char(p, '"');
}

static const char *draw_word(JavaRandom *random, const char *const *words, uint32_t count)
{
    return words[java_random_int(random, count)];
}

static char *put_person(NexmarkGenerator *generator, const Event *event, char *p)
{
    static const char *const first[] = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                        "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
    static const char *const last[] = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                       "Walton", "Smith",  "Jones",   "Noris"};
    static const char *const cities[] = {"Phoenix",  "Los Angeles", "San Francisco", "Boise",
                                         "Portland", "Bend",        "Redmond",       "Seattle",
                                         "Kent",     "Cheyenne"};
    static const char *const states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
    JavaRandom *random = &generator->events;
    uint32_t current = 8;
    char *start;

    p = put_int64(PUT_LITERAL(p, "{\"id\":"), FIRST_ID + event->epoch);
    p = start = PUT_LITERAL(p, ",\"name\":\"");
    p = put_str(p, str_of(draw_word(random, first, COUNT_OF(first))));
    p = put_char(p, ' ');
    p = put_str(p, str_of(draw_word(random, last, COUNT_OF(last))));
    current += (uint32_t)(p - start);
    p = start = PUT_LITERAL(p, "\",\"emailAddress\":\"");
    p = put_string(random, 7, ' ', p);
    p = put_char(p, '@');
    p = put_string(random, 5, ' ', p);
    p = PUT_LITERAL(p, ".com");
    current += (uint32_t)(p - start);
    p = start = PUT_LITERAL(p, "\",\"creditCard\":\"");
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            p = put_char(p, ' ');
        p = put_digits(p, java_random_int(random, 10000), 4);
    }
    current += (uint32_t)(p - start);
    p = start = PUT_LITERAL(p, "\",\"city\":\"");
    p = put_str(p, str_of(draw_word(random, cities, COUNT_OF(cities))));
    current += (uint32_t)(p - start);
    p = start = PUT_LITERAL(p, "\",\"state\":\"");
    p = put_str(p, str_of(draw_word(random, states, COUNT_OF(states))));
    current += (uint32_t)(p - start);
    p = PUT_LITERAL(p, "\",\"dateTime\":");
    p = put_date_time(generator, p, event_time_ms(generator, event->number));
    p = PUT_LITERAL(p, ",\"extra\":\"");
    p = put_extra(p, draw_extra(generator, current, 200));
    return PUT_LITERAL(p, "\"}");
}

static char *put_auction(NexmarkGenerator *generator, const Event *event, char *p)
{
    JavaRandom *random = &generator->events;
    int64_t time_ms = event_time_ms(generator, event->number);
    int64_t horizon_ms = event_time_ms(generator, event->number + AUCTION_SPAN) - time_ms;
    int64_t seller = java_random_int(random, 4) > 0 ? event->epoch / HOT_RATIO * HOT_RATIO
                                                    : draw_person(random, event);
    int64_t category = 10 + java_random_int(random, 5);
    int64_t initial_bid = price_of(java_random_double(random));
    int64_t expires_ms = time_ms + 1 + java_random_int(random, (uint32_t)MAX(horizon_ms * 2, 1));
    uint32_t name_bytes;
    uint32_t description_bytes;
    Str extra;

    p = put_int64(PUT_LITERAL(p, "{\"id\":"), FIRST_ID + last_auction(event));
    p = PUT_LITERAL(p, ",\"itemName\":\"");
    name_bytes = draw_string(random, 20, ' ', p);
    p = PUT_LITERAL(p + name_bytes, "\",\"description\":\"");
    description_bytes = draw_string(random, 100, ' ', p);
    p = PUT_LITERAL(p + description_bytes, "\",\"initialBid\":");
    p = put_int64(p, initial_bid);
    p = PUT_LITERAL(p, ",\"reserve\":");
    p = put_int64(p, initial_bid + price_of(java_random_double(random)));
    extra = draw_extra(generator, 8 + name_bytes + description_bytes + 40, 500);
    p = PUT_LITERAL(p, ",\"dateTime\":");
    p = put_date_time(generator, p, time_ms);
    p = PUT_LITERAL(p, ",\"expires\":");
    p = put_date_time(generator, p, expires_ms);
    p = put_int64(PUT_LITERAL(p, ",\"seller\":"), FIRST_ID + seller);
    p = put_int64(PUT_LITERAL(p, ",\"category\":"), category);
    p = PUT_LITERAL(p, ",\"extra\":\"");
    p = put_extra(p, extra);
    return PUT_LITERAL(p, "\"}");
}

/* Bids are nearly all of the events: drawn apart from being written, so that seeking only draws. */
typedef struct Bid {
    int64_t auction;
    int64_t bidder;
    double price_draw;
    uint32_t channel_i;
    Str extra;
} Bid;

static Bid draw_bid(NexmarkGenerator *generator, const Event *event)
{
    JavaRandom *random = &generator->events;
    Bid bid;

    bid.auction = java_random_int(random, 2) > 0 ? last_auction(event) / HOT_RATIO * HOT_RATIO
                                                 : draw_auction(random, event);
    bid.bidder = java_random_int(random, 4) > 0 ? event->epoch / HOT_RATIO * HOT_RATIO + 1
                                                : draw_person(random, event);
    bid.price_draw = java_random_double(random);
    bid.channel_i = java_random_int(random, 2) > 0
                        ? java_random_int(random, HOT_COUNT)
                        : HOT_COUNT + java_random_int(random, CHANNEL_COUNT);
    bid.extra = draw_extra(generator, 32, 100);
    return bid;
}

static char *put_bid(NexmarkGenerator *generator, const Event *event, const Bid *bid, char *p)
{
    const Channel *channel = &generator->channels[bid->channel_i];

    p = put_int64(PUT_LITERAL(p, "{\"auction\":"), FIRST_ID + bid->auction);
    /* The original adds the first id twice: bidders are 1000 above the persons they stand for. */
    p = put_int64(PUT_LITERAL(p, ",\"bidder\":"), 2 * FIRST_ID + bid->bidder);
    p = put_int64(PUT_LITERAL(p, ",\"price\":"), price_of(bid->price_draw));
    p = PUT_LITERAL(p, ",\"channel\":\"");
    p = put_bytes(p, channel->name, channel->name_bytes);
    p = PUT_LITERAL(p, "\",\"url\":\"");
    p = put_bytes(p, channel->url, channel->url_bytes);
    p = PUT_LITERAL(p, "\",\"dateTime\":");
    p = put_date_time(generator, p, event_time_ms(generator, event->number));
    p = PUT_LITERAL(p, ",\"extra\":\"");
    p = put_extra(p, bid->extra);
    return PUT_LITERAL(p, "\"}");
}

bool nexmark_fits(const NexmarkGenerator *generator, const GenerateOptions *options)
{
    const GenerateOptions *own = &generator->options;

    return own->seed == options->seed && !(own->rate < options->rate) &&
           !(own->rate > options->rate) && own->base_time_us == options->base_time_us &&
           own->first_event_id == options->first_event_id &&
           own->first_event_number == options->first_event_number &&
           own->out_of_order_group == options->out_of_order_group;
}

/* ── one after another ─────────────────────────────────────────────────────────────────────────*/

int64_t nexmark_position(const NexmarkGenerator *generator)
{
    return generator->next;
}

int64_t nexmark_next_time_us(const NexmarkGenerator *generator)
{
    Event event = event_at(&generator->options, generator->next);

    return event_time_ms(generator, event.number) * 1000;
}

NexmarkKind nexmark_kind_of(const GenerateOptions *options, int64_t index)
{
    Event event = event_at(options, index);

    return event_kind(&event);
}

static char *put_object(NexmarkGenerator *generator, const Event *event, char *p)
{
    Bid bid;

    switch (event_kind(event)) {
    case NEXMARK_PERSON:
        return put_person(generator, event, p);
    case NEXMARK_AUCTION:
        return put_auction(generator, event, p);
    case NEXMARK_BID:
        bid = draw_bid(generator, event);
        return put_bid(generator, event, &bid, p);
    }
    UNREACHABLE();
}

char *nexmark_next_object(NexmarkGenerator *generator, char *p, NexmarkKind *kind)
{
    Event event = event_at(&generator->options, generator->next++);

    *kind = event_kind(&event);
    return put_object(generator, &event, p);
}

NexmarkKind nexmark_next(NexmarkGenerator *generator, StrBuf *out)
{
    static const char *const starts[] = {
        [NEXMARK_PERSON] = "{\"event_type\":0,\"person\":",
        [NEXMARK_AUCTION] = "{\"event_type\":1,\"auction\":",
        [NEXMARK_BID] = "{\"event_type\":2,\"bid\":",
    };
    Event event = event_at(&generator->options, generator->next++);
    NexmarkKind kind = event_kind(&event);
    char *p;

    strbuf_reserve(out, NEXMARK_EVENT_BYTES_MAX);
    p = put_str(out->data + out->bytes, str_of(starts[kind]));
    p = put_char(put_object(generator, &event, p), '}');
    out->bytes = (size_t)(p - out->data);
    *p = '\0';
    return kind;
}

bool nexmark_seek_some(NexmarkGenerator *generator, int64_t index, int64_t steps_max)
{
    char scratch[NEXMARK_EVENT_BYTES_MAX];

    if (index < generator->next)
        rewind_to_start(generator);
    for (; generator->next < index && steps_max > 0; steps_max--) {
        Event event = event_at(&generator->options, generator->next++);

        if (event_kind(&event) == NEXMARK_BID)
            (void)draw_bid(generator, &event);
        else
            (void)put_object(generator, &event, scratch);
    }
    return generator->next == index;
}

void nexmark_seek(NexmarkGenerator *generator, int64_t index)
{
    while (!nexmark_seek_some(generator, index, INT64_MAX))
        continue;
}
