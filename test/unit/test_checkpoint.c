#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/random.h"
#include "os/os.h"
#include "state/checkpoint_format.h"

/* ── a world that fails, or dies, at the n-th change of the disk ───────────────────────────────*/

typedef struct FaultyWorld {
    OsMethods methods;
    int until_fault;  /* Changes of the disk that still succeed; -1: all. */
    bool dies;        /* Every later change fails too. */
    bool fired;
    int unsynced;     /* Writes not followed by a sync of their file. */
    int unsynced_dir; /* Files made or removed, not followed by a sync of the folder. */
} FaultyWorld;

static bool fault_now(FaultyWorld *world, Error *err)
{
    if (world->fired && world->dies)
        return !error_set(err, ERROR_JOB, "dead");
    if (world->until_fault < 0 || world->until_fault-- > 0)
        return false;
    world->fired = true;
    return !error_set(err, ERROR_JOB, "fault");
}

static bool faulty_open(void *self, const char *path, OsOpenMode mode, int *fd, Error *err)
{
    FaultyWorld *world = self;

    if (mode != OS_OPEN_READ && !os_exists(path)) {
        if (fault_now(world, err))
            return false;
        world->unsynced_dir++;
    }
    return os_real()->open(NULL, path, mode, fd, err);
}

static bool faulty_write_at(void *self, int fd, const char *path, const void *data, size_t bytes,
                            int64_t offset, Error *err)
{
    FaultyWorld *world = self;
    Error ignored = {0};

    if (fault_now(world, err)) {
        if (!world->dies || strcmp(err->text, "fault") == 0)
            (void)os_real()->write_at(NULL, fd, path, data, bytes / 2, offset, &ignored);
        return false;
    }
    world->unsynced++;
    return os_real()->write_at(NULL, fd, path, data, bytes, offset, err);
}

static bool faulty_sync(void *self, int fd UNUSED, const char *path UNUSED, Error *err)
{
    FaultyWorld *world = self;

    if (fault_now(world, err))
        return false;
    world->unsynced = 0;
    return true;
}

static bool faulty_sync_dir(void *self, const char *path UNUSED, Error *err)
{
    FaultyWorld *world = self;

    if (fault_now(world, err))
        return false;
    world->unsynced_dir = 0;
    return true;
}

static bool faulty_unlink(void *self, const char *path, Error *err)
{
    return !fault_now(self, err) && os_real()->unlink(NULL, path, err);
}

static bool faulty_truncate(void *self, int fd, const char *path, int64_t bytes, Error *err)
{
    return !fault_now(self, err) && os_real()->truncate(NULL, fd, path, bytes, err);
}

static void faulty_world_init(FaultyWorld *world, int until_fault, bool dies)
{
    *world = (FaultyWorld){.methods = *os_real(), .until_fault = until_fault, .dies = dies};
    world->methods.open = faulty_open;
    world->methods.write_at = faulty_write_at;
    world->methods.sync = faulty_sync;
    world->methods.sync_dir = faulty_sync_dir;
    world->methods.unlink = faulty_unlink;
    world->methods.truncate = faulty_truncate;
    os_use(&world->methods, world);
}

/* ── a model of what should be there ───────────────────────────────────────────────────────────*/

enum { MODEL_KEYS = 24 };

typedef struct Model {
    bool live[MODEL_KEYS];
    int value[MODEL_KEYS];
} Model;

/* Keys of two flows, three nodes, two slots, some empty, some long. */
static CheckpointEntry model_entry(int key_i, int value, StrBuf *key, StrBuf *text)
{
    strbuf_clear(key);
    strbuf_clear(text);
    if (key_i / 4 > 0)
        strbuf_printf(key, "key %d", key_i / 4);
    if (key_i / 4 == 3)
        for (int i = 0; i < 200; i++)
            strbuf_add_c(key, "long ");
    strbuf_printf(text, "value %d", value);
    if (value % 7 == 0)
        strbuf_clear(text);
    return (CheckpointEntry){
        .flow = key_i % 2 ? STR("orders") : STR(""),
        .node_id = key_i % 4 < 2 ? 3 : 300,
        .slot = (uint8_t)(key_i % 3 == 0),
        .group = (uint8_t)(key_i * 11),
        .key = strbuf_str(key),
        .value = strbuf_str(text),
    };
}

typedef struct Check {
    const Model *model;
    int seen[MODEL_KEYS];
    StrBuf key, value;
} Check;

static bool check_entry(void *self, const CheckpointEntry *entry, Error *err)
{
    Check *check = self;

    for (int i = 0; i < MODEL_KEYS; i++) {
        CheckpointEntry want = model_entry(i, check->model->value[i], &check->key, &check->value);

        if (!str_equal(want.flow, entry->flow) || want.node_id != entry->node_id ||
            want.slot != entry->slot || !str_equal(want.key, entry->key))
            continue;
        if (!check->model->live[i])
            return error_set(err, ERROR_JOB, "key %d should be gone", i);
        if (!str_equal(want.value, entry->value) || want.group != entry->group)
            return error_set(err, ERROR_JOB, "key %d has an old value", i);
        check->seen[i]++;
        return true;
    }
    return error_set(err, ERROR_JOB, "a key nobody wrote");
}

static void assert_files_hold(CheckpointFiles *files, const Model *model)
{
    Check check = {.model = model};

    assert_ok(checkpoint_files_read(files, check_entry, &check, &err));
    for (int i = 0; i < MODEL_KEYS; i++)
        assert_int_equal(check.seen[i], model->live[i]);
    strbuf_done(&check.key);
    strbuf_done(&check.value);
}

static void write_key(CheckpointWriter *writer, const Model *model, int key_i)
{
    StrBuf key = {0};
    StrBuf value = {0};
    CheckpointEntry entry = model_entry(key_i, model->value[key_i], &key, &value);

    checkpoint_writer_flow(writer, entry.flow);
    if (model->live[key_i])
        checkpoint_put(writer, entry.node_id, entry.slot, entry.group, entry.key, entry.value);
    else
        checkpoint_delete(writer, entry.node_id, entry.slot, entry.group, entry.key);
    strbuf_done(&key);
    strbuf_done(&value);
}

/* ── a life: epochs, commits, restarts ─────────────────────────────────────────────────────────*/

typedef struct Life {
    char folder[64];
    Random random;
    CheckpointWriter *writers[2];
    CheckpointFiles *files;
    Model now, committed;
    CheckpointMark mark;
    int64_t epoch;
} Life;

static void life_begin(Life *life, uint64_t seed)
{
    memset(life, 0, sizeof *life);
    strcpy(life->folder, "/tmp/weir-checkpoint-XXXXXX");
    assert_non_null(mkdtemp(life->folder));
    life->random.state = seed;
    life->writers[0] = checkpoint_writer_create();
    life->writers[1] = checkpoint_writer_create();
}

static void life_end(Life *life)
{
    os_use(NULL, NULL);
    checkpoint_files_close(life->files);
    checkpoint_writer_free(life->writers[0]);
    checkpoint_writer_free(life->writers[1]);
    assert_ok(os_remove_all(life->folder, &err));
}

static bool life_open(Life *life, Error *err)
{
    checkpoint_files_close(life->files);
    life->files = NULL;
    life->now = life->committed;
    return checkpoint_files_open(life->folder, life->mark, &life->files, err);
}

static bool life_epoch(Life *life, Error *err)
{
    bool full = checkpoint_files_want_full(life->files) || random_below(&life->random, 4) == 0;
    CheckpointMark mark;

    life->epoch++;
    checkpoint_writer_clear(life->writers[0]);
    checkpoint_writer_clear(life->writers[1]);
    for (uint64_t changes = random_below(&life->random, 8); changes > 0; changes--) {
        int key_i = (int)random_below(&life->random, MODEL_KEYS);

        life->now.live[key_i] = random_below(&life->random, 3) > 0;
        life->now.value[key_i] = (int)random_below(&life->random, 1000);
        if (!full)
            write_key(life->writers[key_i % 2], &life->now, key_i);
    }
    for (int i = 0; full && i < MODEL_KEYS; i++) {
        if (life->now.live[i])
            write_key(life->writers[i % 2], &life->now, i);
    }
    if (!checkpoint_files_write(life->files, life->epoch, full, life->writers, 2, &mark, err))
        return false;
    if (random_below(&life->random, 8) == 0)
        return true; /* Written, and never committed: the next one covers it. */
    life->mark = mark;
    life->committed = life->now;
    return checkpoint_files_forget(life->files, mark, err);
}

static void what_was_committed_is_read_back(void **state)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        Life life;

        life_begin(&life, seed);
        assert_ok(life_open(&life, &err));
        for (int i = 0; i < 40; i++) {
            assert_ok(life_epoch(&life, &err));
            if (random_below(&life.random, 5) == 0) {
                assert_ok(life_open(&life, &err));
                assert_files_hold(life.files, &life.committed);
            }
        }
        life_end(&life);
    }
}

/* The same life with one fault at each change of the disk in turn; then a restart. */
static void live_with_faults(bool dies)
{
    bool fired = true;

    for (int fault = 0; fired; fault++) {
        FaultyWorld world;
        Error problem = {0};
        Life life;

        life_begin(&life, 7);
        faulty_world_init(&world, fault, dies);
        if (life_open(&life, &problem)) {
            for (int i = 0; i < 30; i++) {
                if (life_epoch(&life, &problem)) {
                    assert_int_equal(world.unsynced, 0);
                    assert_int_equal(world.unsynced_dir, 0);
                } else if (dies) {
                    break;
                }
            }
        }
        fired = world.fired;
        os_use(NULL, NULL);
        assert_ok(life_open(&life, &err));
        assert_files_hold(life.files, &life.committed);
        assert_ok(life_epoch(&life, &err));
        life_end(&life);
    }
}

static void a_kill_at_any_change_of_the_disk_loses_nothing_committed(void **state)
{
    live_with_faults(true);
}

static void a_failed_write_or_sync_loses_nothing_committed(void **state)
{
    live_with_faults(false);
}

static void after_a_failed_write_only_a_full_checkpoint_is_taken(void **state)
{
    FaultyWorld world;
    CheckpointMark mark;
    Error problem = {0};
    Life life;

    life_begin(&life, 1);
    assert_ok(life_open(&life, &err));
    life.now.live[5] = true;
    write_key(life.writers[0], &life.now, 5);
    assert_ok(checkpoint_files_write(life.files, 1, true, life.writers, 2, &mark, &err));
    faulty_world_init(&world, 0, false);
    assert_false(checkpoint_files_write(life.files, 2, false, life.writers, 2, &mark, &problem));
    assert_false(checkpoint_files_write(life.files, 3, false, life.writers, 2, &mark, &problem));
    assert_true(checkpoint_files_want_full(life.files));
    assert_ok(checkpoint_files_write(life.files, 4, true, life.writers, 2, &mark, &err));
    assert_files_hold(life.files, &life.now);
    life_end(&life);
}

static void an_epoch_without_changes_writes_nothing(void **state)
{
    CheckpointMark first, second;
    FaultyWorld world;
    Life life;

    life_begin(&life, 1);
    assert_ok(life_open(&life, &err));
    assert_ok(checkpoint_files_write(life.files, 1, false, life.writers, 2, &first, &err));
    assert_true(first.file_number > 0);
    faulty_world_init(&world, 0, true);
    assert_ok(checkpoint_files_write(life.files, 2, false, life.writers, 2, &second, &err));
    assert_memory_equal(&first, &second, sizeof first);
    life_end(&life);
}

static bool count_entry(void *self, const CheckpointEntry *entry, Error *err)
{
    ++*(int *)self;
    return true;
}

static void a_checkpoint_of_many_frames_is_read_whole(void **state)
{
    static char value[100000];
    CheckpointMark mark;
    int count = 0;
    Life life;

    life_begin(&life, 1);
    assert_ok(life_open(&life, &err));
    checkpoint_writer_flow(life.writers[0], STR("f"));
    for (uint32_t i = 0; i < 200; i++)
        checkpoint_put(life.writers[0], 1, 0, 0, (Str){(const char *)&i, sizeof i},
                       (Str){value, sizeof value});
    assert_ok(checkpoint_files_write(life.files, 1, true, life.writers, 2, &mark, &err));
    assert_true(mark.file_bytes > 200 * (int64_t)sizeof value);
    /* All of it is the full checkpoint: it is not twice its own size. */
    life.mark = mark;
    assert_ok(life_open(&life, &err));
    assert_false(checkpoint_files_want_full(life.files));
    assert_ok(checkpoint_files_read(life.files, count_entry, &count, &err));
    assert_int_equal(count, 200);
    life_end(&life);
}

/* Any byte of the file changed, or the file cut anywhere: an error or the same state, no crash. */
static void a_damaged_file_is_refused_with_its_name(void **state)
{
    char path[128];
    Arena arena;
    Str whole;
    Life life;

    life_begin(&life, 3);
    assert_ok(life_open(&life, &err));
    for (int i = 0; i < 6; i++)
        assert_ok(life_epoch(&life, &err));
    snprintf(path, sizeof path, "%s/%08lld.state", life.folder, (long long)life.mark.file_number);
    arena_init(&arena);
    assert_ok(os_read_file(&arena, path, 1 << 20, &whole, &err));
    for (uint32_t i = 0; i < whole.bytes; i++) {
        int count = 0;
        Error problem = {0};
        char *copy = arena_copy(&arena, whole.data, whole.bytes);

        copy[i] ^= 0x41;
        assert_ok(os_write_file(path, (Str){copy, whole.bytes}, &err));
        assert_false(life_open(&life, &problem) &&
                     checkpoint_files_read(life.files, count_entry, &count, &problem));
        assert_non_null(strstr(problem.text, life.folder));
        assert_ok(os_write_file(path, (Str){whole.data, i}, &err));
        assert_false(life_open(&life, &problem));
        assert_non_null(strstr(problem.text, path));
    }
    arena_done(&arena);
    life_end(&life);
}

static void a_missing_file_is_refused_with_its_name(void **state)
{
    Error problem = {0};
    Life life;

    life_begin(&life, 3);
    life.mark = (CheckpointMark){12, 100};
    assert_false(life_open(&life, &problem));
    assert_non_null(strstr(problem.text, "00000012.state': it is missing"));
    life_end(&life);
}

static void a_newer_format_is_refused_by_its_version(void **state)
{
    char header[STATE_FILE_HEADER_BYTES];
    Error problem = {0};

    state_header_encode(header);
    assert_ok(state_header_decode(header, &err));
    header[8]++;
    for (uint32_t i = 0, crc = crc32c(0, header, 12); i < 4; i++)
        header[12 + i] = (char)(crc >> (8 * i));
    assert_false(state_header_decode(header, &problem));
    assert_non_null(strstr(problem.text, "version 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_committed_is_read_back),
        cmocka_unit_test(a_kill_at_any_change_of_the_disk_loses_nothing_committed),
        cmocka_unit_test(a_failed_write_or_sync_loses_nothing_committed),
        cmocka_unit_test(after_a_failed_write_only_a_full_checkpoint_is_taken),
        cmocka_unit_test(an_epoch_without_changes_writes_nothing),
        cmocka_unit_test(a_checkpoint_of_many_frames_is_read_whole),
        cmocka_unit_test(a_damaged_file_is_refused_with_its_name),
        cmocka_unit_test(a_missing_file_is_refused_with_its_name),
        cmocka_unit_test(a_newer_format_is_refused_by_its_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
