#include "unit.h"

#include <stdio.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>

#include "generate/generate.h"
#include "generate/java_random.h"
#include "generate/nexmark.h"

static NexmarkGenerator *create(int64_t seed, int64_t base_time_us, double rate, int64_t event_id,
                                int64_t event_number, int64_t group)
{
    GenerateOptions options;

    generate_options_init(&options);
    options.seed = seed;
    options.base_time_us = base_time_us;
    options.rate = rate;
    options.first_event_id = event_id;
    options.first_event_number = event_number;
    options.out_of_order_group = group;
    return nexmark_create(&options);
}

/* The SHA-256 of the next `count` events, one a line. */
static void assert_sha256(NexmarkGenerator *generator, int64_t count, const char *expected)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[65];
    StrBuf line;

    strbuf_init(&line);
    assert_int_equal(EVP_DigestInit_ex(context, EVP_sha256(), NULL), 1);
    for (int64_t i = 0; i < count; i++) {
        strbuf_clear(&line);
        (void)nexmark_next(generator, &line);
        strbuf_add_char(&line, '\n');
        assert_int_equal(EVP_DigestUpdate(context, line.data, line.bytes), 1);
    }
    assert_int_equal(EVP_DigestFinal_ex(context, hash, NULL), 1);
    for (int i = 0; i < 32; i++)
        (void)snprintf(text + i * 2, 3, "%02x", hash[i]);
    assert_string_equal(text, expected);
    EVP_MD_CTX_free(context);
    strbuf_done(&line);
    nexmark_free(generator);
}

static void the_reference_events_are_the_same_byte_for_byte(void **state)
{
    assert_sha256(create(42, INT64_C(1436918400000000), 1000, 0, 0, 1), 100000,
                  "884fe37636afc11abd167dc2e484ee62c4b86cb781a5d7802985ca3d7e9b6392");
}

/* These sums are of a second implementation of the rules, in another language. */
static void other_parameters_follow_the_rules_too(void **state)
{
    assert_sha256(create(-7, INT64_C(1700000000123000), 3000, 1, 1, 7), 50000,
                  "ddaaff2d29693fac128d05eaabb7c12f6fa434a003173aff051046c2c5ecd087");
    assert_sha256(create(20240607, 0, 10000, 977, 12345, 100), 50000,
                  "9c789e15bb66d5ea5bf73d24e8e0f565926d5e2d52a0efc8ae592007696858a8");
    assert_sha256(create(5, INT64_C(1767225600000000), 333333, 1, 1, 1), 30000,
                  "defbb3f7991af420e870ed4523b6671194768b7e8314caf8a12dc2a981f641d6");
}

/* docs/generate.md: kind, id and time follow from the shuffled number alone. */
static void groups_shuffle_kinds_ids_and_times(void **state)
{
    enum { GROUP = 9, FIRST_ID = 40, FIRST_NUMBER = 18, COUNT = 900 };
    NexmarkGenerator *generator = create(3, 0, 1000, FIRST_ID, FIRST_NUMBER, GROUP);
    static const char *const names[] = {"person", "auction", "bid"};
    int out_of_order = 0;
    int64_t last = 0;
    StrBuf out;

    strbuf_init(&out);
    for (int64_t i = 0; i < COUNT; i++) {
        int64_t number = FIRST_NUMBER + i;
        int64_t shuffled = number - number % GROUP + (number * 953) % GROUP;
        int64_t event_id = FIRST_ID + shuffled;
        int64_t place = event_id % 50;
        int kind = place == 0 ? 0 : place < 4 ? 1 : 2;
        cJSON *json;
        const cJSON *inner;
        char time[64];

        assert_true(nexmark_next_time_us(generator) == shuffled * 1000);
        strbuf_clear(&out);
        assert_int_equal(nexmark_next(generator, &out), kind);
        json = cJSON_Parse(out.data);
        assert_int_equal(cJSON_GetObjectItem(json, "event_type")->valueint, kind);
        inner = cJSON_GetObjectItem(json, names[kind]);
        (void)snprintf(time, sizeof time, "1970-01-01 00:00:%02d.%03d", (int)(shuffled / 1000),
                       (int)(shuffled % 1000));
        assert_string_equal(cJSON_GetObjectItem(inner, "dateTime")->valuestring, time);
        if (kind == 0)
            assert_int_equal(cJSON_GetObjectItem(inner, "id")->valueint, 1000 + event_id / 50);
        if (kind == 1)
            assert_int_equal(cJSON_GetObjectItem(inner, "id")->valueint,
                             1000 + event_id / 50 * 3 + place - 1);
        out_of_order += shuffled < last;
        last = shuffled;
        cJSON_Delete(json);
    }
    assert_true(out_of_order > COUNT / GROUP);
    strbuf_done(&out);
    nexmark_free(generator);
}

static void seeking_leads_to_the_same_events(void **state)
{
    static const int64_t places[] = {0, 1, 49, 50, 5000, 4999, 12345, 3};
    NexmarkGenerator *straight = create(11, 0, 1000, 1, 1, 4);
    NexmarkGenerator *seeking = create(11, 0, 1000, 1, 1, 4);
    StrBuf events[13000];
    StrBuf out;

    strbuf_init(&out);
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        strbuf_init(&events[i]);
        (void)nexmark_next(straight, &out);
        strbuf_add(&events[i], out.data, out.bytes);
        strbuf_clear(&out);
    }
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        nexmark_seek(seeking, places[i]);
        assert_int_equal(nexmark_position(seeking), places[i]);
        strbuf_clear(&out);
        (void)nexmark_next(seeking, &out);
        assert_string_equal(strbuf_c(&out), strbuf_c(&events[places[i]]));
    }
    assert_false(nexmark_seek_some(seeking, 10000, 100));
    assert_int_equal(nexmark_position(seeking), 104);
    assert_true(nexmark_seek_some(seeking, 204, 100));
    for (size_t i = 0; i < COUNT_OF(events); i++)
        strbuf_done(&events[i]);
    strbuf_done(&out);
    nexmark_free(straight);
    nexmark_free(seeking);
}

static void kinds_come_one_to_three_to_forty_six(void **state)
{
    GenerateOptions options;
    int counts[3] = {0};

    generate_options_init(&options);
    for (int64_t i = 0; i < 100000; i++)
        counts[nexmark_kind_of(&options, i)]++;
    assert_int_equal(counts[NEXMARK_PERSON], 2000);
    assert_int_equal(counts[NEXMARK_AUCTION], 6000);
    assert_int_equal(counts[NEXMARK_BID], 92000);
}

static void bounded_draws_stay_below_their_bound(void **state)
{
    JavaRandom random = {{42}};
    static const uint32_t bounds[] = {1, 2, 3, 7, 13, 26, 64, 10000, 1u << 20, (1u << 30) + 1};

    for (int i = 0; i < 20000; i++) {
        for (size_t k = 0; k < COUNT_OF(bounds); k++)
            assert_true(java_random_int(&random, bounds[k]) < bounds[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_events_are_the_same_byte_for_byte),
        cmocka_unit_test(other_parameters_follow_the_rules_too),
        cmocka_unit_test(groups_shuffle_kinds_ids_and_times),
        cmocka_unit_test(seeking_leads_to_the_same_events),
        cmocka_unit_test(kinds_come_one_to_three_to_forty_six),
        cmocka_unit_test(bounded_draws_stay_below_their_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
