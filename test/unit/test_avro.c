/*
 * Schemas of framed records: got before a batch is decoded, waited for, forgotten when there are too many.
 * What Avro's bytes mean is in test/avro, beside another implementation.
 */
#include "unit.h"

#include <stdio.h>

#include "format/avro.h"

enum { BATCH = 500, RECORD_BYTES = 6 };

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}";

typedef struct Registry {
    int asked;
    int away; /* So many questions are not answered for now. */
} Registry;

static bool fetch(void *self, int32_t id, Arena *arena, Str *text, Error *told)
{
    Registry *registry = self;

    registry->asked++;
    if (registry->away > 0) {
        registry->away--;
        return error_set(told, ERROR_RETRY, "it is away");
    }
    if (id == 99)
        return error_set(told, ERROR_USER, "there is no such schema");
    *text = str_copy(arena, str_of(schema_text));
    return true;
}

static Decoder *create(Registry *registry, FormatSchemas *schemas)
{
    static Field column = {.name = {"a", 1}, .type = &type_int};
    static const Schema schema = {1, &column};
    const FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc(), .schemas = schemas};
    Decoder *decoder;

    *schemas = (FormatSchemas){.framed = true, .fetch = fetch, .self = registry};
    assert_ok(format_avro.decoder_create(&schema, &options, &decoder, &err));
    return decoder;
}

/* {"a": 1}, in schema `id`. */
static Str record(char *bytes, int32_t id)
{
    bytes[0] = 0;
    for (int i = 0; i < 4; i++)
        bytes[1 + i] = (char)((uint32_t)id >> (24 - 8 * i));
    bytes[5] = 2;
    return (Str){bytes, RECORD_BYTES};
}

static void a_registry_that_is_away_makes_no_record_bad(void **state)
{
    Registry registry = {.away = 2};
    FormatSchemas schemas;
    Decoder *decoder = create(&registry, &schemas);
    char bytes[2][RECORD_BYTES];
    Str records[] = {record(bytes[0], 7), record(bytes[1], 99)};
    BadRecords bad = {0};
    Error told = {0};
    Batch *batch;
    Arena arena;

    arena_init(&arena);
    for (int i = 0; i < 2; i++) {
        assert_false(decoder->methods->ready(decoder, records, 2, &told));
        assert_int_equal(told.kind, ERROR_RETRY);
    }
    assert_ok(decoder->methods->ready(decoder, records, 2, &err));
    decoder->methods->decode(decoder, &arena, records, 2, &batch, NULL, &bad);
    assert_int_equal(batch->row_count, 1);
    assert_int_equal(bad.count, 1);
    assert_string_equal(bad.items[0].reason, "bad_schema");
    /* What is known is not asked for again. */
    assert_int_equal(registry.asked, 4);
    assert_ok(decoder->methods->ready(decoder, records, 2, &err));
    assert_int_equal(registry.asked, 4);
    decoder->methods->free(decoder);
    arena_done(&arena);
}

/* Whoever writes the topic may make numbers up. */
static void any_number_of_schemas_is_read(void **state)
{
    Registry registry = {0};
    FormatSchemas schemas;
    Decoder *decoder = create(&registry, &schemas);
    static char bytes[BATCH][RECORD_BYTES];
    static Str records[BATCH];
    Arena arena;

    arena_init(&arena);
    for (int32_t id = 1000; id < 26000; id += BATCH) {
        BadRecords bad = {0};
        Batch *batch;

        for (int32_t i = 0; i < BATCH; i++)
            records[i] = record(bytes[i], id + i);
        assert_ok(decoder->methods->ready(decoder, records, BATCH, &err));
        decoder->methods->decode(decoder, &arena, records, BATCH, &batch, NULL, &bad);
        assert_int_equal(batch->row_count, BATCH);
        arena_reset(&arena);
    }
    /* The first are forgotten by now. */
    assert_int_equal(registry.asked, 25000);
    records[0] = record(bytes[0], 1000);
    assert_ok(decoder->methods->ready(decoder, records, 1, &err));
    assert_int_equal(registry.asked, 25001);
    decoder->methods->free(decoder);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registry_that_is_away_makes_no_record_bad),
        cmocka_unit_test(any_number_of_schemas_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
