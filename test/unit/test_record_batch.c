#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"
#include "log/record_builder.h"
#include "log/wire.h"

typedef struct World {
    RecordBuilder builder;
    Codec *codec;
    Arena arena;
} World;

static int world_open(void **state)
{
    World *world = mem_zalloc(sizeof *world);

    record_builder_init(&world->builder);
    world->codec = codec_create();
    arena_init(&world->arena);
    *state = world;
    return 0;
}

static int world_close(void **state)
{
    World *world = *state;

    record_builder_done(&world->builder);
    codec_free(world->codec);
    arena_done(&world->arena);
    free(world);
    return 0;
}

static const LogCompression compressions[] = {LOG_COMPRESSION_NONE, LOG_COMPRESSION_LZ4,
                                              LOG_COMPRESSION_ZSTD};

/* The batch in memory of exactly its size, so that AddressSanitizer sees the first byte too many.
 */
static char *exact_copy(const char *data, size_t bytes)
{
    char *copy = malloc(bytes ? bytes : 1);

    assert_non_null(copy);
    memcpy(copy, data, bytes);
    return copy;
}

/* Adds `count` records from `base_offset` on; the i-th is of the form key-i, value-i. */
static RecordBatch build(World *world, int64_t base_offset, int count, LogCompression compression)
{
    RecordBatch batch = {0};

    record_builder_start(&world->builder, base_offset);
    for (int i = 0; i < count; i++) {
        LogRecord record = {
            .key = str_of(arena_printf(&world->arena, "key-%d", i)),
            .value = str_of(arena_printf(&world->arena, "value-%d", i)),
            .timestamp_ms = 1000 + i,
        };

        record_builder_add(&world->builder, &record, base_offset + i);
    }
    assert_ok(record_builder_finish(&world->builder, world->codec, compression, &batch, &err));
    return batch;
}

static void records_come_back_as_they_went_in(void **state)
{
    World *world = *state;
    StrBuf headers;
    LogRecord written[4] = {
        {.key = STR("k"), .value = STR("v"), .timestamp_ms = 1700000000000},
        {.key_null = true, .value = STR(""), .timestamp_ms = 1600000000000},
        {.key = STR(""), .value_null = true, .timestamp_ms = INT64_MAX},
        {.key = STR("three"), .value = STR("with headers"), .timestamp_ms = LOG_NO_TIMESTAMP},
    };

    strbuf_init(&headers);
    record_header_add(&headers, STR("source"), STR("http"), false);
    record_header_add(&headers, STR(""), STR_EMPTY, true);
    written[3].headers = strbuf_str(&headers);
    written[3].header_count = 2;

    for (size_t c = 0; c < COUNT_OF(compressions); c++) {
        RecordBatch batch = {0};
        RecordReader reader;
        LogRecord read[8];
        size_t count = 0;
        RecordHeader header;

        record_builder_start(&world->builder, INT64_C(1) << 40);
        for (int i = 0; i < 4; i++)
            record_builder_add(&world->builder, &written[i], (INT64_C(1) << 40) + i);
        assert_ok(
            record_builder_finish(&world->builder, world->codec, compressions[c], &batch, &err));
        assert_true(batch.max_timestamp_ms == INT64_MAX);
        assert_ok(record_batch_verify(&batch, &err));
        assert_ok(record_reader_open(&reader, &batch, world->codec, &world->arena, &err));
        assert_ok(record_reader_read(&reader, read, 8, SIZE_MAX, &count, &err));
        assert_int_equal(count, 4);
        assert_true(record_reader_at_end(&reader));
        for (int i = 0; i < 4; i++) {
            assert_true(read[i].offset == (INT64_C(1) << 40) + i);
            assert_true(read[i].timestamp_ms == written[i].timestamp_ms);
            assert_int_equal(read[i].key_null, written[i].key_null);
            assert_int_equal(read[i].value_null, written[i].value_null);
            assert_true(str_equal(read[i].key, written[i].key));
            assert_true(str_equal(read[i].value, written[i].value));
            assert_int_equal(read[i].header_count, written[i].header_count);
        }
        assert_true(record_header_next(&read[3].headers, &header));
        assert_str_is(header.key, "source");
        assert_str_is(header.value, "http");
        assert_true(record_header_next(&read[3].headers, &header));
        assert_str_is(header.key, "");
        assert_true(header.value_null);
        assert_false(record_header_next(&read[3].headers, &header));
        assert_ok(record_reader_read(&reader, read, 8, SIZE_MAX, &count, &err));
        assert_int_equal(count, 0);
    }
    strbuf_done(&headers);
}

static void the_layout_is_kafkas_to_the_byte(void **state)
{
    /* One record, key "k", value "v", offset 5, time 1000: written out from the specification. */
    static const uint8_t expected[] = {
        0,    0,    0,    0,    0,    0,    0,    5,    0,    0,    0,    58,   0,    0,
        0,    0,    2,    0xFF, 0xFF, 0xFF, 0xFF, 0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0x03, 0xE8, 0,    0,    0,    0,    0,    0,    0x03,
        0xE8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0,    0,    0,    1,    16,   0,    0,    0,    2,    'k',  2,    'v',  0,
    };
    World *world = *state;
    LogRecord record = {.key = STR("k"), .value = STR("v"), .timestamp_ms = 1000};
    RecordBatch batch = {0};

    record_builder_start(&world->builder, 5);
    record_builder_add(&world->builder, &record, 5);
    assert_ok(
        record_builder_finish(&world->builder, world->codec, LOG_COMPRESSION_NONE, &batch, &err));
    assert_int_equal(batch.batch_bytes, sizeof expected);
    assert_memory_equal(batch.data, expected, 17);
    assert_memory_equal(batch.data + 21, expected + 21, sizeof expected - 21);
    assert_int_equal(wire_load32(batch.data + 17), crc32c(0, expected + 21, sizeof expected - 21));
}

static void a_batch_is_read_in_slices_of_any_size(void **state)
{
    World *world = *state;
    RecordBatch batch = build(world, 100, 50, LOG_COMPRESSION_ZSTD);

    for (size_t slice = 1; slice <= 51; slice += 5) {
        RecordReader reader;
        LogRecord records[64];
        int64_t next = 100;
        size_t count = 1;

        assert_ok(record_reader_open(&reader, &batch, world->codec, &world->arena, &err));
        while (count) {
            assert_ok(record_reader_read(&reader, records, slice, SIZE_MAX, &count, &err));
            for (size_t i = 0; i < count; i++)
                assert_true(records[i].offset == next++);
        }
        assert_true(next == 150);
    }
}

static void every_cut_of_a_batch_asks_for_more(void **state)
{
    World *world = *state;
    RecordBatch whole = build(world, 7, 3, LOG_COMPRESSION_NONE);

    for (size_t bytes = 0; bytes < whole.batch_bytes; bytes++) {
        char *cut = exact_copy(whole.data, bytes);
        RecordBatch batch;
        Error problem = {0};

        assert_int_equal(record_batch_parse(cut, bytes, &batch, &problem), RECORD_BATCH_PART);
        assert_int_equal(batch.batch_bytes,
                         bytes < RECORD_BATCH_HEADER_BYTES ? 0 : whole.batch_bytes);
        free(cut);
    }
}

static void every_flipped_bit_behind_the_prefix_is_noticed(void **state)
{
    World *world = *state;
    RecordBatch whole = build(world, 7, 3, LOG_COMPRESSION_LZ4);

    for (size_t bit = 8 * 16; bit < 8 * whole.batch_bytes; bit++) {
        char *copy = exact_copy(whole.data, whole.batch_bytes);
        RecordBatch batch;
        Error problem = {0};

        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        if (record_batch_parse(copy, whole.batch_bytes, &batch, &problem) == RECORD_BATCH_WHOLE)
            assert_false(record_batch_verify(&batch, &problem));
        free(copy);
    }
}

/* Walks whatever `batch` holds; true when it had no fault. */
static bool walk(World *world, const RecordBatch *batch)
{
    RecordReader reader;
    LogRecord records[16];
    size_t count = 1;
    Error problem = {0};

    if (!record_reader_open(&reader, batch, world->codec, &world->arena, &problem))
        return false;
    while (count) {
        if (!record_reader_read(&reader, records, 16, SIZE_MAX, &count, &problem))
            return false;
    }
    return true;
}

static void damaged_records_are_refused_even_when_the_checksum_is_right(void **state)
{
    World *world = *state;
    Random random = {1};
    int refused = 0;

    for (size_t c = 0; c < COUNT_OF(compressions); c++) {
        for (int round = 0; round < 3000; round++) {
            RecordBatch whole = build(world, 7, 20, compressions[c]);
            char *copy = exact_copy(whole.data, whole.batch_bytes);
            size_t at = 61 + random_below(&random, whole.batch_bytes - 61);
            RecordBatch batch;
            Error problem = {0};

            copy[at] = (char)random_next(&random);
            assert_int_equal(record_batch_parse(copy, whole.batch_bytes, &batch, &problem),
                             RECORD_BATCH_WHOLE);
            refused += !walk(world, &batch);
            free(copy);
            arena_reset(&world->arena);
        }
    }
    assert_in_range(refused, 1000, 9000);
}

static void bad_headers_of_a_batch_are_refused_by_name(void **state)
{
    static const struct {
        size_t at;
        uint32_t value;
        size_t bytes;
        const char *told;
    } cases[] = {
        {16, 1, 1, "version"},
        {8, 10, 4, "too small"},
        {8, 0x7FFFFFFF, 4, "above the limit"},
        {8, 0xFFFFFFFF, 4, "above the limit"},
        {23, 0x80000000, 4, "offsets"},
        {57, 0xFFFFFFFF, 4, "record count"},
        {57, 5, 4, "record count"},
        {0, 0xFFFFFFFF, 4, "offsets"},
    };
    World *world = *state;
    RecordBatch whole = build(world, 7, 3, LOG_COMPRESSION_NONE);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *copy = exact_copy(whole.data, whole.batch_bytes);
        RecordBatch batch;
        Error problem = {0};

        if (cases[i].bytes == 1)
            copy[cases[i].at] = (char)cases[i].value;
        else
            wire_store32(copy + cases[i].at, cases[i].value);
        assert_int_equal(record_batch_parse(copy, whole.batch_bytes, &batch, &problem),
                         RECORD_BATCH_BAD);
        assert_non_null(strstr(problem.text, cases[i].told));
        free(copy);
    }
}

static void a_small_batch_cannot_unpack_beyond_the_limit(void **state)
{
    World *world = *state;
    size_t raw_bytes = RECORD_BATCH_RAW_BYTES_MAX + 1;
    char *zeros = calloc(1, raw_bytes);
    Str raw = {zeros, (uint32_t)raw_bytes};

    assert_non_null(zeros);
    for (size_t c = 1; c < COUNT_OF(compressions); c++) {
        StrBuf packed;
        RecordBatch batch = {.compression = compressions[c], .record_count = 1};
        RecordReader reader;
        Error problem = {0};

        strbuf_init(&packed);
        assert_ok(codec_compress(world->codec, compressions[c], raw, &packed, &err));
        batch.records = strbuf_str(&packed);
        assert_false(record_reader_open(&reader, &batch, world->codec, &world->arena, &problem));
        assert_non_null(strstr(problem.text, "limit"));
        strbuf_done(&packed);
    }
    free(zeros);
}

static void gzip_and_unknown_compressions_are_refused_by_name(void **state)
{
    World *world = *state;
    RecordBatch batch = build(world, 7, 3, LOG_COMPRESSION_NONE);
    RecordReader reader;
    Error problem = {0};

    batch.compression = LOG_COMPRESSION_GZIP;
    assert_false(record_reader_open(&reader, &batch, world->codec, &world->arena, &problem));
    assert_non_null(strstr(problem.text, "gzip"));
    batch.compression = (LogCompression)7;
    assert_false(record_reader_open(&reader, &batch, world->codec, &world->arena, &problem));
}

static void log_append_time_and_control_batches_are_understood(void **state)
{
    World *world = *state;
    RecordBatch whole = build(world, 7, 3, LOG_COMPRESSION_NONE);
    char *copy = exact_copy(whole.data, whole.batch_bytes);
    RecordBatch batch;
    RecordReader reader;
    LogRecord records[4];
    size_t count = 0;
    Error problem = {0};

    wire_store16(copy + 21, 0x08);
    assert_int_equal(record_batch_parse(copy, whole.batch_bytes, &batch, &problem),
                     RECORD_BATCH_WHOLE);
    assert_ok(record_reader_open(&reader, &batch, world->codec, &world->arena, &err));
    assert_ok(record_reader_read(&reader, records, 4, SIZE_MAX, &count, &err));
    assert_int_equal(count, 3);
    assert_true(records[0].timestamp_ms == 1002);

    wire_store16(copy + 21, 0x20);
    assert_int_equal(record_batch_parse(copy, whole.batch_bytes, &batch, &problem),
                     RECORD_BATCH_WHOLE);
    assert_ok(record_reader_open(&reader, &batch, world->codec, &world->arena, &err));
    assert_ok(record_reader_read(&reader, records, 4, SIZE_MAX, &count, &err));
    assert_int_equal(count, 0);
    free(copy);
}

static void varints_of_every_length_come_back(void **state)
{
    uint8_t buffer[VARLONG_BYTES_MAX];

    for (int bits = 0; bits < 64; bits++) {
        for (int sign = 0; sign < 2; sign++) {
            int64_t value = (int64_t)((UINT64_C(1) << bits) - 1);
            int64_t read = 0;
            int32_t narrow = 0;
            const uint8_t *end;

            value = sign ? -value - 1 : value;
            end = varint_write(buffer, value);
            assert_int_equal(end - buffer, varint_bytes(value));
            assert_ptr_equal(varlong_read(buffer, end, &read), end);
            assert_true(read == value);
            for (const uint8_t *cut = buffer; cut < end; cut++)
                assert_null(varlong_read(buffer, cut, &read));
            if (bits < 32) {
                assert_ptr_equal(varint_read(buffer, end, &narrow), end);
                assert_int_equal(narrow, value);
            } else {
                assert_null(varint_read(buffer, end, &narrow));
            }
        }
    }
    memset(buffer, 0xFF, sizeof buffer);
    assert_null(varlong_read(buffer, buffer + sizeof buffer, &(int64_t){0}));
    assert_null(varint_read(buffer, buffer + sizeof buffer, &(int32_t){0}));
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(records_come_back_as_they_went_in),
        WORLD_TEST(the_layout_is_kafkas_to_the_byte),
        WORLD_TEST(a_batch_is_read_in_slices_of_any_size),
        WORLD_TEST(every_cut_of_a_batch_asks_for_more),
        WORLD_TEST(every_flipped_bit_behind_the_prefix_is_noticed),
        WORLD_TEST(damaged_records_are_refused_even_when_the_checksum_is_right),
        WORLD_TEST(bad_headers_of_a_batch_are_refused_by_name),
        WORLD_TEST(a_small_batch_cannot_unpack_beyond_the_limit),
        WORLD_TEST(gzip_and_unknown_compressions_are_refused_by_name),
        WORLD_TEST(log_append_time_and_control_batches_are_understood),
        cmocka_unit_test(varints_of_every_length_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
