#include "unit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/random.h"
#include "state/checkpoint_format.h"
#include "state/table.h"

static uint64_t hash_of(Str key)
{
    return hash_bytes(key.data, key.bytes);
}

/* Key number i: of many lengths, the longer ones not inline. */
static Str key_of(uint32_t i, char out[80])
{
    uint32_t bytes = 4 + i % 67;

    memset(out, (int)(i % 251), 80);
    memcpy(out, &i, 4);
    return (Str){out, bytes};
}

static StateEntry *add(StateTable *table, uint32_t i, bool *added)
{
    char bytes[80];
    Str key = key_of(i, bytes);

    return state_table_add(table, key, hash_of(key), added);
}

static StateEntry *find(const StateTable *table, uint32_t i)
{
    char bytes[80];
    Str key = key_of(i, bytes);

    return state_table_find(table, key, hash_of(key));
}

/* Against an array: any order of adding and removing, addresses fixed. */
static void a_random_history_gives_what_a_simple_map_gives(void **state)
{
    enum { KEYS = 3000, STEPS = 60000 };
    static StateEntry *where[KEYS];
    Random random = {42};
    StateTable table;
    uint32_t live_count = 0;

    memset(where, 0, sizeof where);
    state_table_init(&table, 24, true);
    for (int step = 0; step < STEPS; step++) {
        /* Phases of growth and of shrinking, down to empty. */
        bool growing = step / 10000 % 2 == 0;
        uint32_t i = (uint32_t)random_below(&random, KEYS);

        if (random_below(&random, 10) < (growing ? 8u : 1u)) {
            bool added;
            StateEntry *entry = add(&table, i, &added);

            assert_int_equal(added, where[i] == NULL);
            live_count += added;
            if (added)
                memcpy(state_entry_value(entry), &i, sizeof i);
            else
                assert_ptr_equal(entry, where[i]);
            where[i] = entry;
        } else if (where[i]) {
            state_table_remove(&table, where[i]);
            where[i] = NULL;
            live_count--;
        }
        assert_int_equal(table.live_count, live_count);
        if (step % 5000 == 0)
            assert_true(state_table_verify(&table));
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_ptr_equal(find(&table, i), where[i]);
        if (where[i])
            assert_memory_equal(state_entry_value(where[i]), &i, sizeof i);
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        if (where[i])
            state_table_remove(&table, where[i]);
    }
    assert_int_equal(table.live_count, 0);
    assert_true(state_table_verify(&table));
    state_table_done(&table);
}

static void many_keys_at_once_are_found_as_one_by_one(void **state)
{
    enum { COUNT = 5000 };
    static char bytes[COUNT][80];
    static Str keys[COUNT];
    static uint64_t hashes[COUNT];
    static StateEntry *entries[COUNT], *found[COUNT];
    static uint32_t added[COUNT];
    StateTable table;
    uint32_t added_count;

    for (uint32_t i = 0; i < COUNT; i++) {
        keys[i] = key_of(i % 1700, bytes[i]); /* Repeated, also within one call. */
        hashes[i] = hash_of(keys[i]);
    }
    state_table_init(&table, 8, false);
    state_table_find_all(&table, keys, hashes, COUNT, found);
    assert_null(found[0]);
    added_count = state_table_add_all(&table, keys, hashes, COUNT, entries, added);
    assert_int_equal(added_count, 1700);
    for (uint32_t i = 0; i < added_count; i++)
        assert_int_equal(added[i], i);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_ptr_equal(entries[i], state_table_find(&table, keys[i], hashes[i]));
    state_table_find_all(&table, keys, hashes, COUNT, found);
    assert_memory_equal(found, entries, sizeof found);
    state_table_done(&table);
}

static void iteration_goes_by_insertion_and_survives_removal(void **state)
{
    StateEntry *entry;
    StateTable table;
    uint32_t expected = 0;
    bool added;

    state_table_init(&table, 4, false);
    for (uint32_t i = 0; i < 2000; i++)
        memcpy(state_entry_value(add(&table, i, &added)), &i, sizeof i);
    STATE_TABLE_EACH(&table, number, entry) {
        assert_memory_equal(state_entry_value(entry), &expected, sizeof expected);
        expected++;
        state_table_remove(&table, entry); /* The last one gives the memory back. */
    }
    assert_int_equal(expected, 2000);
    state_table_done(&table);
}

static void keys_of_equal_hash_are_told_apart(void **state)
{
    StateTable table;
    bool added;
    StateEntry *a, *b;

    state_table_init(&table, 8, true);
    a = state_table_add(&table, STR("a"), 77, &added);
    b = state_table_add(&table, STR("b"), 77, &added);
    assert_true(added);
    assert_ptr_not_equal(a, b);
    state_table_remove(&table, a);
    assert_ptr_equal(state_table_find(&table, STR("b"), 77), b);
    assert_null(state_table_find(&table, STR("a"), 77));
    state_table_done(&table);
}

static void memory_is_counted_and_given_back(void **state)
{
    StateTable table;
    size_t most;
    bool added;

    state_table_init(&table, 100, true);
    for (uint32_t i = 0; i < 50000; i++)
        add(&table, i, &added);
    most = state_table_bytes(&table);
    assert_true(most > 50000 * (sizeof(StateEntry) + 100));
    for (uint32_t i = 0; i < 50000; i++)
        state_table_remove(&table, find(&table, i));
    assert_true(state_table_bytes(&table) < most / 10);
    state_table_done(&table);
}

static void encode_nothing(void *self, StateEntry *entry, StrBuf *out)
{
    (void)self, (void)entry, (void)out;
}

static void save_all(StateTable *table)
{
    CheckpointWriter *writer = checkpoint_writer_create();

    state_table_save(table, writer, 1, 2, false, encode_nothing, NULL);
    checkpoint_writer_free(writer);
}

static void keys_that_come_and_go_take_no_more_memory_than_those_that_live_at_once(void **state)
{
    enum { LIVE = 5000, SAVE_EVERY = 1000 };
    StateTable table;
    size_t early = 0;
    bool added;

    state_table_init(&table, 100, true);
    for (uint32_t i = 0; i < LIVE * 40; i++) {
        add(&table, i, &added);
        if (i >= LIVE)
            state_table_remove(&table, find(&table, i - LIVE));
        if (i % SAVE_EVERY == 0)
            save_all(&table);
        if (i == LIVE * 3)
            early = state_table_bytes(&table);
    }
    assert_int_equal(table.live_count, LIVE);
    assert_true(state_table_bytes(&table) <= early + early / 20);
    state_table_done(&table);
}

/* ── saving ────────────────────────────────────────────────────────────────────────────────────*/

static void encode_number(void *self, StateEntry *entry, StrBuf *out)
{
    strbuf_add(out, state_entry_value(entry), sizeof(uint32_t));
}

/* Applies what a save wrote to a map of keys, as a reader of the checkpoint would. */
static uint32_t apply_save(StateTable *table, bool full, int64_t *map, uint32_t key_count)
{
    CheckpointWriter *writer = checkpoint_writer_create();
    StrBuf *frames;
    size_t frame_count;
    uint32_t entry_count = 0;

    state_table_save(table, writer, 1, 2, full, encode_number, NULL);
    assert_ok(checkpoint_writer_frames(writer, &frames, &frame_count, &err));
    if (full) {
        for (uint32_t i = 0; i < key_count; i++)
            map[i] = -1;
    }
    for (size_t f = 0; f < frame_count; f++) {
        Str payload = str_slice(strbuf_str(&frames[f]), STATE_FRAME_HEADER_BYTES,
                                (uint32_t)frames[f].bytes);
        CheckpointEntry entry = {0};
        bool end;

        while (entry_decode(&payload, &entry, &end) && !end) {
            uint32_t i, value = 0;

            memcpy(&i, entry.key.data, sizeof i);
            assert_int_equal(entry.node_id, 1);
            assert_int_equal(entry.slot, 2);
            assert_int_equal(entry.group, hash_of(entry.key) >> 56);
            if (!entry.deleted)
                memcpy(&value, entry.value.data, sizeof value);
            map[i] = entry.deleted ? -1 : (int64_t)value;
            entry_count++;
        }
    }
    checkpoint_writer_free(writer);
    return entry_count;
}

static void what_was_saved_adds_up_to_the_table(void **state)
{
    enum { KEYS = 400 };
    static int64_t map[KEYS];
    Random random = {5};
    StateTable table;

    state_table_init(&table, 4, true);
    for (uint32_t i = 0; i < KEYS; i++)
        map[i] = -1;
    for (int epoch = 0; epoch < 200; epoch++) {
        for (uint64_t n = random_below(&random, 60); n > 0; n--) {
            uint32_t i = (uint32_t)random_below(&random, KEYS);
            StateEntry *entry = find(&table, i);
            uint32_t value = (uint32_t)random_next(&random);
            bool added;

            if (entry && random_below(&random, epoch % 40 > 30 ? 1 : 2) == 0) {
                state_table_remove(&table, entry);
                continue;
            }
            entry = add(&table, i, &added);
            state_table_touch(&table, entry);
            memcpy(state_entry_value(entry), &value, sizeof value);
        }
        apply_save(&table, random_below(&random, 10) == 0, map, KEYS);
        for (uint32_t i = 0; i < KEYS; i++) {
            StateEntry *entry = find(&table, i);
            uint32_t value;

            assert_int_equal(entry != NULL, map[i] >= 0);
            if (!entry)
                continue;
            memcpy(&value, state_entry_value(entry), sizeof value);
            assert_int_equal(value, map[i]);
        }
    }
    state_table_done(&table);
}

static void a_save_without_changes_writes_nothing(void **state)
{
    static int64_t map[10];
    StateTable table;
    StateEntry *entry;
    bool added;

    state_table_init(&table, 4, true);
    entry = add(&table, 1, &added);
    assert_int_equal(apply_save(&table, false, map, 10), 1);
    assert_int_equal(apply_save(&table, false, map, 10), 0);
    state_table_touch(&table, entry);
    state_table_touch(&table, entry);
    assert_int_equal(apply_save(&table, false, map, 10), 1);
    /* Added and removed between two saves: no checkpoint ever knew of it. */
    state_table_remove(&table, add(&table, 2, &added));
    assert_int_equal(apply_save(&table, false, map, 10), 0);
    state_table_remove(&table, entry);
    assert_int_equal(apply_save(&table, false, map, 10), 1);
    /* Read back: known to the checkpoint, so that its removal is told. */
    entry = add(&table, 3, &added);
    state_table_restored(&table, entry);
    assert_false(state_table_has_changes(&table));
    state_table_remove(&table, entry);
    assert_int_equal(apply_save(&table, false, map, 10), 1);
    state_table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_history_gives_what_a_simple_map_gives),
        cmocka_unit_test(many_keys_at_once_are_found_as_one_by_one),
        cmocka_unit_test(iteration_goes_by_insertion_and_survives_removal),
        cmocka_unit_test(keys_of_equal_hash_are_told_apart),
        cmocka_unit_test(memory_is_counted_and_given_back),
        cmocka_unit_test(keys_that_come_and_go_take_no_more_memory_than_those_that_live_at_once),
        cmocka_unit_test(what_was_saved_adds_up_to_the_table),
        cmocka_unit_test(a_save_without_changes_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
