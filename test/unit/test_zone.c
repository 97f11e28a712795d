/* test_zone.c: zones of the system's database, and their rules for gaps, overlaps and far years. */
#include "unit.h"

#include "base/random.h"
#include "column/format_value.h"
#include "column/zone.h"
#include "column/zone_parse.h"
#include "os/os.h"

#define US INT64_C(1000000)

static const Zone *zone(const char *name)
{
    const Zone *found = NULL;

    assert_ok(zone_find(str_of(name), &found, &err));
    return found;
}

static int64_t us(const char *text)
{
    int64_t value = 0;

    assert_true(text_to_timestamp(str_of(text), zone_utc(), &value));
    return value;
}

static void offsets_are_those_in_force(void **state)
{
    static const struct {
        const char *zone, *utc;
        int32_t offset_s;
        const char *abbreviation;
    } rows[] = {
        {"America/Los_Angeles", "2024-01-01 00:00:00", -28800, "PST"},
        {"America/Los_Angeles", "2024-07-01 00:00:00", -25200, "PDT"},
        {"America/Los_Angeles", "2024-03-10 09:59:59", -28800, "PST"},
        {"America/Los_Angeles", "2024-03-10 10:00:00", -25200, "PDT"},
        {"America/Los_Angeles", "1800-01-01 00:00:00", -28378, "LMT"},
        {"America/Los_Angeles", "2100-07-01 00:00:00", -25200, "PDT"},
        {"America/Los_Angeles", "99999-07-01 00:00:00", -25200, "PDT"},
        {"America/Los_Angeles", "99999-01-01 00:00:00", -28800, "PST"},
        {"Europe/London", "2050-03-27 00:59:59", 0, "GMT"},
        {"Europe/London", "2050-03-27 01:00:00", 3600, "BST"},
        {"Australia/Sydney", "2500-01-01 00:00:00", 39600, "AEDT"},
        {"Australia/Sydney", "2500-07-01 00:00:00", 36000, "AEST"},
        {"Asia/Kolkata", "2024-01-01 00:00:00", 19800, "IST"},
        {"Asia/Kathmandu", "2024-01-01 00:00:00", 20700, "+0545"},
        {"UTC", "2024-01-01 00:00:00", 0, "UTC"},
        {"+05:30", "2024-01-01 00:00:00", 19800, "+05:30"},
        {"Etc/GMT+8", "2024-01-01 00:00:00", -28800, "-08"},
        {"PST", "2024-07-01 00:00:00", -25200, "PDT"},
        {"EST", "2024-07-01 00:00:00", -18000, "EST"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const Zone *z = zone(rows[i].zone);
        int64_t at = us(rows[i].utc);

        if (zone_offset_s(z, at) != rows[i].offset_s)
            fail_msg("%s at %s: %d", rows[i].zone, rows[i].utc, zone_offset_s(z, at));
        assert_string_equal(zone_abbreviation(z, at), rows[i].abbreviation);
        assert_true(zone_to_local(z, at) == at + rows[i].offset_s * US);
    }
}

static void local_times_become_instants_as_java_time_has_it(void **state)
{
    static const struct {
        const char *zone, *local, *utc;
    } rows[] = {
        {"America/New_York", "2024-01-01 00:00:00", "2024-01-01 05:00:00"},
        {"America/New_York", "2024-03-10 01:59:59", "2024-03-10 06:59:59"},
        /* The gap from 2 to 3 o'clock: moved on by an hour. */
        {"America/New_York", "2024-03-10 02:00:00", "2024-03-10 07:00:00"},
        {"America/New_York", "2024-03-10 02:30:00", "2024-03-10 07:30:00"},
        {"America/New_York", "2024-03-10 03:00:00", "2024-03-10 07:00:00"},
        {"America/New_York", "2024-03-10 03:30:00", "2024-03-10 07:30:00"},
        /* The hour from 1 to 2 o'clock happens twice: the first. */
        {"America/New_York", "2024-11-03 01:00:00", "2024-11-03 05:00:00"},
        {"America/New_York", "2024-11-03 01:59:59", "2024-11-03 05:59:59"},
        {"America/New_York", "2024-11-03 02:00:00", "2024-11-03 07:00:00"},
        {"America/New_York", "2400-11-05 01:30:00", "2400-11-05 05:30:00"},
        {"America/New_York", "2400-11-05 02:00:00", "2400-11-05 07:00:00"},
        {"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30 22:00:00"},
        {"Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-06 14:45:00"},
        {"Europe/Dublin", "2024-07-01 00:00:00", "2024-06-30 23:00:00"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t got = zone_to_utc(zone(rows[i].zone), us(rows[i].local));

        if (got != us(rows[i].utc))
            fail_msg("%s %s: off by %lld s", rows[i].zone, rows[i].local,
                     (long long)(got - us(rows[i].utc)) / 1000000);
    }
}

/* The names of the regions in two folders of the database. */
static void every_zone_can_be_read_and_goes_there_and_back(void **state)
{
    static const char *const folders[] = {"America", "Europe", "Asia", "Africa", "Australia", "Pacific", "Etc"};
    Random random = {4};
    Arena arena;

    arena_init(&arena);
    for (size_t f = 0; f < COUNT_OF(folders); f++) {
        const char *path = arena_printf(&arena, "/usr/share/zoneinfo/%s", folders[f]);
        const char *const *names;
        size_t count;

        assert_ok(os_list(&arena, path, &names, &count, &err));
        for (size_t i = 0; i < count; i++) {
            const Zone *z;

            if (os_is_dir(arena_printf(&arena, "%s/%s", path, names[i])))
                continue;
            z = zone(arena_printf(&arena, "%s/%s", folders[f], names[i]));
            for (int round = 0; round < 200; round++) {
                int64_t at = ((int64_t)random_below(&random, 20000000000u) - 5000000000) * US;
                int64_t local = zone_to_local(z, at);
                int64_t back = zone_to_utc(z, local);

                /* The same instant, or the earlier of two with the same local time. */
                assert_true(back <= at && zone_to_local(z, back) == local);
            }
        }
    }
    arena_done(&arena);
}

static void what_is_no_zone_is_refused(void **state)
{
    static const char *const names[] = {
        "", "Nowhere", "america/los_angeles", "/etc/localtime", "../zoneinfo/UTC", "America/../UTC",
        "America", "America/", "right/UTC", "posix/UTC", "tzdata.zi", "zone.tab", "+19:00", "-18:01",
        "+1:2:3", "+123", "GMT+", "+05:60", "UTC5", "PST8PDT8", "+", "5", "Z0",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const Zone *z = NULL;
        Error err = {0};

        if (zone_find(str_of(names[i]), &z, &err))
            fail_msg("'%s' is a zone", names[i]);
        assert_null(z);
        assert_string_equal(err.class_name, "INVALID_TIMEZONE");
    }
}

static void offsets_are_read_in_all_their_forms(void **state)
{
    static const struct {
        const char *text;
        int32_t offset_s;
    } rows[] = {
        {"Z", 0}, {"+1", 3600}, {"+01", 3600}, {"-0130", -5400}, {"+01:30", 5400}, {"+1:30", 5400},
        {"+01:3", 3780}, {"+18:00", 64800}, {"-18", -64800}, {"+01:02:03", 3723}, {"+010203", 3723},
        {"UTC+1", 3600}, {"GMT-08:00", -28800}, {"UT", 0}, {"UTC", 0}, {"GMT", 0},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int32_t offset_s = 1;

        assert_true(zone_parse_offset(str_of(rows[i].text), &offset_s));
        assert_int_equal(offset_s, rows[i].offset_s);
    }
}

static void the_ends_of_time_stay_there(void **state)
{
    assert_true(zone_to_local(zone("+01:00"), INT64_MAX) == INT64_MAX);
    assert_true(zone_to_utc(zone("+01:00"), INT64_MIN) == INT64_MIN);
    assert_true(zone_to_local(zone("America/New_York"), INT64_MAX) == INT64_MAX - 18000 * US);
}

static void a_zone_is_found_again_as_the_same(void **state)
{
    assert_ptr_equal(zone("Europe/Paris"), zone("Europe/Paris"));
    assert_str_is(zone_name(zone("Europe/Paris")), "Europe/Paris");
    assert_str_is(zone_name(zone_utc()), "UTC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_in_force),
        cmocka_unit_test(local_times_become_instants_as_java_time_has_it),
        cmocka_unit_test(every_zone_can_be_read_and_goes_there_and_back),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(offsets_are_read_in_all_their_forms),
        cmocka_unit_test(the_ends_of_time_stay_there),
        cmocka_unit_test(a_zone_is_found_again_as_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
