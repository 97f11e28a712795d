/*
 * bench_json.c: what the JSON decoder and its neighbours reach on one core, in CPU time.
 *
 *     ninja -C build bench/bench_json && build/bench/bench_json [PART OF A NAME]
 *
 * Nexmark bids (some 280 bytes, seven fields below "bid") and flat events (some 190 bytes, ten
 * fields), decoded in batches of 4096 records that follow each other in memory, as a topic's do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "column/key.h"
#include "format/json.h"

enum { RECORDS = 200000, ROUNDS = 7 };

static const char *wanted = ""; /* Only measurements with this in their name. */

static double cpu_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void add_bid(StrBuf *out, Random *random, int64_t i)
{
    strbuf_printf(out,
                  "{\"event_type\":2,\"bid\":{\"auction\":%lld,\"bidder\":%lld,\"price\":%lld,"
                  "\"channel\":\"channel-%lld\",\"url\":\"https://www.nexmark.com/pq_z/lbl/nngv/"
                  "item.htm?query=1&channel_id=%lld\",\"dateTime\":\"2015-07-15 %02d:%02d:%02d.%03d\","
                  "\"extra\":\"tarrbkszbthvwfwxjjuvvjdsffphycmsywjlorbkfhZUKXJNL[KHRYpmpbzvV\"}}",
                  1000 + (long long)random_below(random, 6000),
                  1000 + (long long)random_below(random, 2000),
                  100 + (long long)random_below(random, 40000000),
                  (long long)random_below(random, 10000),
                  (long long)random_below(random, 2000000000), (int)(i / 3600000 % 24),
                  (int)(i / 60000 % 60), (int)(i / 1000 % 60), (int)(i % 1000));
}

static void add_flat(StrBuf *out, Random *random, int64_t i)
{
    strbuf_printf(out,
                  "{\"id\":%lld,\"user\":\"user-%lld\",\"country\":\"NL\",\"page\":\"/products/%lld\","
                  "\"price\":%d.%02d,\"quantity\":%d,\"ts\":\"2024-01-01T%02d:%02d:%02d.%03dZ\","
                  "\"agent\":\"Mozilla/5.0 (X11; Linux x86_64)\",\"ok\":true,\"score\":0.%04d}",
                  (long long)i, (long long)random_below(random, 10000),
                  (long long)random_below(random, 1000), (int)random_below(random, 1000),
                  (int)random_below(random, 100), (int)random_below(random, 10),
                  (int)(i / 3600000 % 24), (int)(i / 60000 % 60), (int)(i / 1000 % 60),
                  (int)(i % 1000), 1 + (int)random_below(random, 9999));
}

typedef struct Events {
    StrBuf text;
    Str *records;
} Events;

static void events_make(Events *events, void (*add)(StrBuf *, Random *, int64_t))
{
    Random random = {1};
    size_t *ends = mem_alloc(RECORDS * sizeof *ends);
    size_t from = 0;

    strbuf_init(&events->text);
    events->records = mem_alloc(RECORDS * sizeof(Str));
    for (int64_t i = 0; i < RECORDS; i++) {
        add(&events->text, &random, i);
        ends[i] = events->text.bytes;
        strbuf_add_char(&events->text, '\n');
    }
    for (int64_t i = 0; i < RECORDS; i++) {
        events->records[i] = (Str){events->text.data + from, (uint32_t)(ends[i] - from)};
        from = ends[i] + 1;
    }
    free(ends);
}

static void show(const char *what, double best_s, double count, double bytes)
{
    if (bytes > 0)
        printf("%-52s %8.2f M/s %8.0f MB/s\n", what, count / best_s / 1e6, bytes / best_s / 1e6);
    else
        printf("%-52s %8.2f M/s\n", what, count / best_s / 1e6);
}

static void bench_decode(const char *what, const Events *events, const char *type)
{
    Arena memory, arena;
    const Type *record;
    Error err = {0};
    FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc()};
    Decoder *decoder;
    double best = 1e9;
    BadRecords bad = {0};

    if (!strstr(what, wanted))
        return;
    arena_init(&memory);
    arena_init(&arena);
    if (!type_parse(&memory, str_of(type), &record, &err))
        abort();
    Schema schema = {record->field_count, record->fields};
    if (!format_json.decoder_create(&schema, &options, &decoder, &err))
        abort();
    for (int round = 0; round < ROUNDS; round++) {
        double from = cpu_s();

        for (uint32_t i = 0; i < RECORDS; i += BATCH_ROWS_DEFAULT) {
            Batch *batch;

            arena_reset(&arena);
            decoder->methods->decode(decoder, &arena, events->records + i,
                                     MIN((uint32_t)BATCH_ROWS_DEFAULT, RECORDS - i), &batch, NULL,
                                     &bad);
        }
        best = MIN(best, cpu_s() - from);
    }
    if (bad.count)
        printf("bad: %s\n", bad.items[0].message);
    show(what, best, RECORDS, (double)events->text.bytes);
    decoder->methods->free(decoder);
    arena_done(&arena);
    arena_done(&memory);
}

static void bench_encode(const char *what, const Events *events, const char *type)
{
    Arena arena;
    const Type *record;
    Error err = {0};
    FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc()};
    Decoder *decoder;
    Encoder *encoder;
    Batch *batch;
    BadRecords bad = {0};
    StrBuf out;
    double best = 1e9;

    if (!strstr(what, wanted))
        return;
    arena_init(&arena);
    strbuf_init(&out);
    if (!type_parse(&arena, str_of(type), &record, &err))
        abort();
    Schema schema = {record->field_count, record->fields};
    if (!format_json.decoder_create(&schema, &options, &decoder, &err) ||
        !format_json.encoder_create(&schema, &options, &encoder, &err))
        abort();
    decoder->methods->decode(decoder, &arena, events->records, RECORDS, &batch, NULL, &bad);
    for (int round = 0; round < ROUNDS; round++) {
        double from = cpu_s();

        strbuf_clear(&out);
        for (uint32_t i = 0; i < batch->row_count; i++)
            encoder->methods->encode(encoder, batch, i, &out);
        best = MIN(best, cpu_s() - from);
    }
    show(what, best, RECORDS, (double)out.bytes);
    strbuf_done(&out);
    decoder->methods->free(decoder);
    encoder->methods->free(encoder);
    arena_done(&arena);
}

static void bench_columns(void)
{
    enum { ROWS = 4096, TIMES = 5000 };
    Arena memory, arena;
    Random random = {1};
    Vector *numbers, *strings;
    uint32_t rows[ROWS / 2];
    double from;

    arena_init(&memory);
    arena_init(&arena);
    numbers = vector_new(&memory, &type_bigint, ROWS);
    strings = vector_new(&memory, &type_string, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        vector_i64(numbers)[i] = (int64_t)random_below(&random, 1000000);
        vector_strs(strings)[i] = str_of(arena_printf(&memory, "user-%u", i));
    }
    for (uint32_t i = 0; i < ROWS / 2; i++)
        rows[i] = i * 2 + (uint32_t)random_below(&random, 2);

#define TIME(what, count, statement)                                                               \
    from = cpu_s();                                                                                \
    for (int t = 0; strstr(what, wanted) && t < TIMES; t++) {                                     \
        arena_reset(&arena);                                                                       \
        statement;                                                                                 \
    }                                                                                              \
    if (strstr(what, wanted))                                                                      \
        show(what, cpu_s() - from, (double)(count) * TIMES, 0)

    KeySet keys;
    const Vector *columns[] = {numbers, numbers, strings};

    TIME("select every second BIGINT", ROWS / 2,
         (void)vector_select(&arena, numbers, rows, ROWS / 2));
    TIME("select every second STRING", ROWS / 2,
         (void)vector_select(&arena, strings, rows, ROWS / 2));
    TIME("copy STRING", ROWS, (void)vector_copy(&arena, strings));
    TIME("keys and hashes of BIGINT", ROWS, key_encode(&arena, columns, 1, ROWS, &keys));
    TIME("keys and hashes of BIGINT, BIGINT", ROWS, key_encode(&arena, columns, 2, ROWS, &keys));
    TIME("keys and hashes of STRING", ROWS, key_encode(&arena, columns + 2, 1, ROWS, &keys));
    TIME("keys and hashes of BIGINT, STRING", ROWS,
         key_encode(&arena, columns + 1, 2, ROWS, &keys));
#undef TIME
    arena_done(&arena);
    arena_done(&memory);
}

int main(int argc, char **argv)
{
    Events bids, flat;

    if (argc > 1)
        wanted = argv[1];
    events_make(&bids, add_bid);
    events_make(&flat, add_flat);
    bench_decode("decode bids, 3 of 7 nested fields", &bids,
                 "struct<bid:struct<auction:bigint,price:bigint,dateTime:timestamp>>");
    bench_decode("decode bids, 3 of 7 nested numbers", &bids,
                 "struct<bid:struct<auction:bigint,bidder:bigint,price:bigint>>");
    bench_decode("decode bids, all", &bids,
                 "struct<event_type:int,bid:struct<auction:bigint,bidder:bigint,price:bigint,"
                 "channel:string,url:string,dateTime:timestamp,extra:string>>");
    bench_decode("decode bids, nothing (validate)", &bids, "struct<none:int>");
    bench_decode("decode flat, 6 of 10 fields", &flat,
                 "struct<id:bigint,user:string,page:string,price:double,quantity:int,ok:boolean>");
    bench_decode("decode flat, price as DECIMAL, ts", &flat,
                 "struct<price:decimal(10,2),ts:timestamp>");
    bench_encode("encode bids, all", &bids,
                 "struct<event_type:int,bid:struct<auction:bigint,bidder:bigint,price:bigint,"
                 "channel:string,url:string,dateTime:timestamp,extra:string>>");
    bench_encode("encode flat, all", &flat,
                 "struct<id:bigint,user:string,country:string,page:string,price:decimal(10,2),"
                 "quantity:int,ts:timestamp,agent:string,ok:boolean,score:double>");
    bench_columns();
    strbuf_done(&bids.text);
    strbuf_done(&flat.text);
    free(bids.records);
    free(flat.records);
    return 0;
}
