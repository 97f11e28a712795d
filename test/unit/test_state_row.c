/*
 * Rows as bytes (state/row.h), and rows by key (state/row_store.h).
 */
#include "unit.h"

#include "base/hash.h"
#include "base/random.h"
#include "state/checkpoint_format.h"
#include "state/row_store.h"

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static const char *const types_text[] = {
    "void",   "boolean", "tinyint",       "smallint",       "int",
    "bigint", "float",   "double",        "decimal(38,10)", "string",
    "binary", "date",    "timestamp",     "array<int>",     "map<string,array<double>>",
    "struct<a:int,b:array<struct<c:string,d:decimal(5,2)>>>",
};

static void add_random(VectorBuilder *b, bool nullable, Random *random, Arena *arena)
{
    static const double reals[] = {0.0, -0.0, 1.5, -1e300, __builtin_inf(), __builtin_nan("")};
    PhysKind phys = type_phys(b->type);
    int64_t number = (int64_t)random_next(random);
    uint64_t count = random_below(random, 4);

    if (phys == PHYS_VOID || (nullable && random_below(random, 5) == 0)) {
        builder_add_null(b);
    } else if (phys == PHYS_BOOL) {
        builder_add_bool(b, number & 1);
    } else if (phys == PHYS_I8) {
        builder_add_i8(b, (int8_t)(number & 0x7f));
    } else if (phys == PHYS_I16) {
        builder_add_i16(b, (int16_t)(number & 0x7fff));
    } else if (phys == PHYS_I32) {
        builder_add_i32(b, (int32_t)(number & 0x7fffffff));
    } else if (phys == PHYS_I64) {
        builder_add_i64(b, number);
    } else if (phys == PHYS_F32) {
        builder_add_f32(b, (float)reals[random_below(random, COUNT_OF(reals))]);
    } else if (phys == PHYS_F64) {
        builder_add_f64(b, reals[random_below(random, COUNT_OF(reals))]);
    } else if (phys == PHYS_I128) {
        builder_add_i128(b, b->type->precision < 20 ? number % 100000 : (Int128)number * (number / 4));
    } else if (phys == PHYS_STR) {
        uint32_t bytes = (uint32_t)random_below(random, 300);
        char *text = arena_alloc(arena, bytes);

        memset(text, (int)(number & 0xff), bytes);
        builder_add_str(b, (Str){text, bytes});
    } else {
        for (uint64_t e = 0; e < (phys == PHYS_STRUCT ? 1 : count); e++) {
            for (uint32_t f = 0; f < b->type->field_count; f++)
                add_random(&b->children[f], phys != PHYS_MAP || f == 1, random, arena);
        }
        builder_end_row(b);
    }
}

/* Bit for bit: NaN is the same as NaN, but -0.0 is not 0.0. */
static void assert_same(const Vector *a, const Vector *b, uint32_t row_i)
{
    assert_true(vector_same(a, row_i, b, row_i));
    if (type_phys(a->type) == PHYS_F64 && vector_is_valid(a, row_i))
        assert_memory_equal(vector_f64(a) + row_i, vector_f64(b) + row_i, sizeof(double));
}

enum { TYPES = COUNT_OF(types_text), ROWS = 50 };

static void make_columns(Arena *arena, Random *random, const Type **types, Vector **columns)
{
    for (uint32_t c = 0; c < TYPES; c++) {
        VectorBuilder b;

        assert_ok(type_parse(arena, str_of(types_text[c]), &types[c], &err));
        builder_init(&b, arena, types[c], 4);
        for (uint32_t i = 0; i < ROWS; i++)
            add_random(&b, true, random, arena);
        columns[c] = builder_finish(&b);
    }
}

static void rows_of_every_type_come_back_as_they_were(void **state)
{
    Random random = {4};

    for (int round = 0; round < 20; round++) {
        Vector *columns[TYPES], *back[TYPES];
        const Type *types[TYPES];
        StrBuf bytes[ROWS] = {0};
        Str rows[ROWS];
        Arena arena;

        arena_init(&arena);
        make_columns(&arena, &random, types, columns);
        for (uint32_t i = 0; i < ROWS; i++) {
            row_encode(&bytes[i], columns, TYPES, i);
            rows[i] = strbuf_str(&bytes[i]);
        }
        assert_true(rows_decode(&arena, rows, ROWS, types, TYPES, back));
        for (uint32_t c = 0; c < TYPES; c++) {
            assert_true(vector_verify(back[c]));
            for (uint32_t i = 0; i < ROWS; i++)
                assert_same(columns[c], back[c], i);
        }
        for (uint32_t i = 0; i < ROWS; i++)
            strbuf_done(&bytes[i]);
        arena_done(&arena);
    }
}

/* Cut anywhere: refused. A byte changed: refused, or some other row. */
static void damaged_rows_do_no_harm(void **state)
{
    Random random = {5};
    Vector *columns[TYPES], *back[TYPES];
    const Type *types[TYPES];
    Arena arena;

    arena_init(&arena);
    make_columns(&arena, &random, types, columns);
    for (uint32_t i = 0; i < ROWS; i++) {
        StrBuf bytes = {0};

        row_encode(&bytes, columns, TYPES, i);
        for (uint32_t cut = 0; cut < bytes.bytes; cut++) {
            Str row = {bytes.data, cut};
            char *copy = arena_copy(&arena, bytes.data, bytes.bytes);

            assert_false(rows_decode(&arena, &row, 1, types, TYPES, back));
            copy[cut] ^= (char)random_next(&random);
            row = (Str){copy, (uint32_t)bytes.bytes};
            if (rows_decode(&arena, &row, 1, types, TYPES, back)) {
                for (uint32_t c = 0; c < TYPES; c++)
                    assert_true(vector_verify(back[c]));
            }
        }
        strbuf_done(&bytes);
    }
    arena_done(&arena);
}

/* ── rows by key ───────────────────────────────────────────────────────────────────────────────*/

enum { KEYS = 6, LIVE_MAX = 400 };

/* What should be there: for each key its rows, in order. */
typedef struct Expected {
    int64_t values[KEYS][LIVE_MAX];
    uint32_t counts[KEYS];
} Expected;

static Str key_of(uint32_t k, char bytes[64])
{
    memset(bytes, 'k', 64);
    bytes[0] = (char)k;
    return (Str){bytes, k % 2 ? 1 : 60};
}

static StateEntry *group_of(RowStore *store, uint32_t k, bool add)
{
    char bytes[64];
    Str key = key_of(k, bytes);
    uint64_t hash = hash_bytes(key.data, key.bytes);
    bool added;

    return add ? state_table_add(&store->groups, key, hash, &added)
               : state_table_find(&store->groups, key, hash);
}

static void assert_store_is(RowStore *store, const Expected *expected)
{
    for (uint32_t k = 0; k < KEYS; k++) {
        StateEntry *group = group_of(store, k, false);
        uint32_t count = 0;

        assert_int_equal(group != NULL, expected->counts[k] > 0);
        for (uint32_t at = group ? row_store_first(store, group) : 0; at;
             at = row_store_next(store, at)) {
            const StoredRow *row = row_store_at(store, at);

            assert_true(count < expected->counts[k]);
            assert_int_equal(row->bytes, sizeof(int64_t));
            assert_memory_equal(row->data, &expected->values[k][count], sizeof(int64_t));
            assert_true(row->marked == (expected->values[k][count] % 3 == 0));
            assert_true(row->time_us == expected->values[k][count] * 10);
            count++;
        }
        assert_int_equal(count, expected->counts[k]);
    }
}

static void change_store(RowStore *store, Expected *expected, Random *random, int64_t value)
{
    uint32_t k = (uint32_t)random_below(random, KEYS);
    uint32_t *count = &expected->counts[k];

    if (random_below(random, 5) < 3 && *count < LIVE_MAX) {
        uint32_t place = row_store_add(store, group_of(store, k, true),
                                       (Str){(const char *)&value, sizeof value}, value * 10);

        row_store_at(store, place)->marked = value % 3 == 0;
        expected->values[k][(*count)++] = value;
    } else if (*count > 0) {
        uint32_t gone = (uint32_t)random_below(random, *count);
        uint32_t at = row_store_first(store, group_of(store, k, false));
        uint64_t handle;

        for (uint32_t i = 0; i < gone; i++)
            at = row_store_next(store, at);
        handle = row_store_handle(store, at);
        assert_int_equal(row_store_find(store, handle), at);
        row_store_remove(store, at);
        assert_int_equal(row_store_find(store, handle), 0);
        memmove(&expected->values[k][gone], &expected->values[k][gone + 1],
                (*count - gone - 1) * sizeof(int64_t));
        --*count;
    }
}

/* Applies a save to a set of entries, newest value of each. */
typedef struct SavedRow {
    Str key, value;
    bool deleted;
} SavedRow;

typedef struct Saved {
    Arena arena;
    VEC(SavedRow) rows;
} Saved;

static void save(RowStore *store, Saved *saved, bool full)
{
    CheckpointWriter *writer = checkpoint_writer_create();
    StrBuf *frames;
    size_t frame_count;

    row_store_save(store, writer, 1, 0, full);
    if (full)
        saved->rows.count = 0;
    assert_ok(checkpoint_writer_frames(writer, &frames, &frame_count, &err));
    for (size_t f = 0; f < frame_count; f++) {
        Str payload = str_slice(strbuf_str(&frames[f]), STATE_FRAME_HEADER_BYTES,
                                (uint32_t)frames[f].bytes);
        CheckpointEntry entry = {0};
        bool end;

        while (entry_decode(&payload, &entry, &end) && !end) {
            SavedRow row = {str_copy(&saved->arena, entry.key),
                            str_copy(&saved->arena, entry.value), entry.deleted};
            size_t i = 0;

            while (i < saved->rows.count && !str_equal(saved->rows.items[i].key, row.key))
                i++;
            if (i < saved->rows.count)
                saved->rows.items[i] = row;
            else
                VEC_ADD(&saved->rows, row);
        }
    }
    checkpoint_writer_free(writer);
}

static void restore(RowStore *store, const Saved *saved, Random *random)
{
    size_t from = random_below(random, saved->rows.count + 1);

    for (size_t n = 0; n < saved->rows.count; n++) {
        /* In any order. */
        const SavedRow *row = &saved->rows.items[(from + n * 7) % saved->rows.count];
        CheckpointEntry entry = {.key = row->key, .value = row->value};
        uint64_t number;
        int64_t time_us;
        Str key, bytes;
        bool marked;

        if (saved->rows.count % 7 == 0)
            row = &saved->rows.items[saved->rows.count - 1 - n];
        entry.key = row->key;
        entry.value = row->value;
        if (row->deleted)
            continue;
        assert_true(row_store_parse(&entry, &key, &bytes, &number, &time_us, &marked));
        row_store_restore(store, key, hash_bytes(key.data, key.bytes), bytes, number, time_us,
                          marked);
    }
}

static void rows_by_key_survive_any_history_of_saves_and_restarts(void **state)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        static Expected expected;
        Random random = {seed};
        Saved saved = {0};
        RowStore store;

        memset(&expected, 0, sizeof expected);
        arena_init(&saved.arena);
        row_store_init(&store, true);
        for (int64_t step = 0; step < 3000; step++) {
            change_store(&store, &expected, &random, step);
            if (random_below(&random, 50))
                continue;
            save(&store, &saved, random_below(&random, 4) == 0);
            if (random_below(&random, 2)) {
                row_store_done(&store);
                row_store_init(&store, true);
                restore(&store, &saved, &random);
            }
            assert_store_is(&store, &expected);
        }
        row_store_done(&store);
        VEC_DONE(&saved.rows);
        arena_done(&saved.arena);
    }
}

static void rows_that_come_and_go_take_no_more_memory_than_those_that_live_at_once(void **state)
{
    enum { LIVE = 5000, KEYS_LIVE = 50 };
    RowStore store;
    size_t early = 0;

    (void)state;
    row_store_init(&store, false);
    for (uint32_t i = 0; i < LIVE * 40; i++) {
        int64_t value = i;
        uint32_t key = i / (LIVE / KEYS_LIVE);

        (void)row_store_add(&store, group_of(&store, key, true), (Str){(const char *)&value, sizeof value}, i);
        if (i >= LIVE)
            row_store_remove(&store, row_store_first(&store, group_of(&store, key - KEYS_LIVE, false)));
        if (i == LIVE * 3)
            early = row_store_bytes(&store);
    }
    assert_int_equal(store.row_count, LIVE);
    assert_true(row_store_bytes(&store) <= early + early / 20);
    row_store_done(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_every_type_come_back_as_they_were),
        cmocka_unit_test(damaged_rows_do_no_harm),
        cmocka_unit_test(rows_by_key_survive_any_history_of_saves_and_restarts),
        cmocka_unit_test(rows_that_come_and_go_take_no_more_memory_than_those_that_live_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
