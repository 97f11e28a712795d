#include "unit.h"

#include "store_fixture.h"

#include "column/format_value.h"
#include "column/key.h"
#include "random_vector.h"
#include "store/cell.h"

#define ROUNDS 60

static void create(StoreFixture *f, const StoreTable *table)
{
    StoreTxn *txn;

    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_table_create(txn, table, &err));
    assert_ok(store_commit(txn, &err));
}

static void upsert(StoreFixture *f, const StoreTable *table, const char *rows)
{
    StoreTxn *txn;

    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_upsert(txn, table->name, fixture_batch(&f->arena, table, rows), &err));
    assert_ok(store_commit(txn, &err));
}

static void insert(StoreFixture *f, const StoreTable *table, const char *rows)
{
    StoreTxn *txn;

    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_insert(txn, table->name, fixture_batch(&f->arena, table, rows), &err));
    assert_ok(store_commit(txn, &err));
}

static Batch *scan_all(Store *store, Arena *arena, const StoreScanSpec *spec, const Schema *schema)
{
    VEC(const Batch *) parts = {0};
    StoreScan *scan;
    Batch *batch;

    assert_ok(store_scan_open(store, spec, &scan, &err));
    for (;;) {
        assert_ok(store_scan_next(scan, arena, 3, &batch, &err));
        if (!batch)
            break;
        assert_true(batch->row_count >= 1 && batch->row_count <= 3);
        VEC_ADD_IN(arena, &parts, batch);
    }
    store_scan_close(scan);
    return batch_concat(arena, schema, parts.items, (uint32_t)parts.count);
}

static void assert_rows(StoreFixture *f, const char *sql, const char *rows)
{
    assert_string_equal(fixture_rows(&f->arena, f->path, sql), rows);
}

/* ── values ────────────────────────────────────────────────────────────────────────────────────*/

/* The types that can be stored: a MAP's keys must be told by their texts. */
static bool is_storable(const Type *type)
{
    bool storable = type->kind != TYPE_MAP || (type->fields[0].type->kind != TYPE_BINARY &&
                                               !type_is_nested(type->fields[0].type));

    for (uint32_t i = 0; i < type->field_count; i++)
        storable = storable && is_storable(type->fields[i].type);
    return storable;
}

static const Type *storable_type(Arena *arena, Random *random, int depth, bool orderable)
{
    const Type *type = random_type(arena, random, depth, orderable);

    while (!is_storable(type))
        type = random_type(arena, random, depth, orderable);
    return type;
}

/* Any batch of any types, written and read back, is the same. */
static void every_type_comes_back_as_it_went_in(void **state)
{
    StoreFixture *f = *state;
    Random random = {1};

    for (int round = 0; round < ROUNDS; round++) {
        Arena arena;
        Field fields[6];
        StoreTable table = {.name = STR("t"), .schema = {COUNT_OF(fields), fields}};
        Batch *in, *out;
        StoreTxn *txn;
        StoreScanSpec spec = {.table = STR("t")};

        arena_init(&arena);
        in = batch_new(&arena, COUNT_OF(fields), 20);
        for (uint32_t i = 0; i < COUNT_OF(fields); i++) {
            fields[i].name = str_of(arena_printf(&arena, "c%u", i));
            fields[i].type = storable_type(&arena, &random, 2, false);
            fields[i].nullable = true;
            in->columns[i] = random_vector(&arena, &random, fields[i].type, 20);
        }
        assert_ok(store_begin(f->store, &txn, &err));
        assert_ok(store_table_create(txn, &table, &err));
        assert_ok(store_insert(txn, table.name, in, &err));
        assert_ok(store_commit(txn, &err));
        out = scan_all(f->store, &arena, &spec, &table.schema);
        assert_int_equal(out->row_count, 20);
        for (uint32_t i = 0; i < COUNT_OF(fields); i++) {
            for (uint32_t row = 0; row < 20; row++) {
                StrBuf type = {0}, a = {0}, b = {0};

                if (vector_same(in->columns[i], row, out->columns[i], row))
                    continue;
                type_name(&type, fields[i].type);
                if (vector_is_valid(in->columns[i], row))
                    value_to_text(&a, in->columns[i], row, zone_utc());
                if (vector_is_valid(out->columns[i], row))
                    value_to_text(&b, out->columns[i], row, zone_utc());
                fail_msg("%s: wrote %s, read %s", strbuf_c(&type), strbuf_c(&a), strbuf_c(&b));
            }
        }
        assert_ok(store_begin(f->store, &txn, &err));
        assert_ok(store_table_drop(txn, table.name, &err));
        assert_ok(store_commit(txn, &err));
        arena_done(&arena);
    }
}

/* One value of every kind, as a person with sqlite3 reads it. */
static void cells_read_well_in_sqlite(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(
        &f->arena, "t",
        "b boolean, f float, d double, n decimal(38;10), day date, ts timestamp, ntz timestamp_ntz,"
        "ym interval year to month, dt interval day to second, list array<int>",
        "");
    VectorBuilder builders[10];
    Batch *batch = batch_new(&f->arena, 10, 1);
    StoreTxn *txn;

    for (uint32_t i = 0; i < 10; i++)
        builder_init(&builders[i], &f->arena, table.schema.columns[i].type, 1);
    builder_add_bool(&builders[0], true);
    builder_add_f32(&builders[1], INFINITY);
    builder_add_f64(&builders[2], NAN);
    builder_add_i128(&builders[3], (Int128)-15 * 1000000000);
    builder_add_i32(&builders[4], 20000);
    builder_add_i64(&builders[5], INT64_C(1767225600500000));
    builder_add_i64(&builders[6], INT64_C(1767225600500000));
    builder_add_i32(&builders[7], 14);
    builder_add_i64(&builders[8], INT64_C(93784000000));
    builder_add_i32(&builders[9].children[0], 1);
    builder_add_i32(&builders[9].children[0], 2);
    builder_end_row(&builders[9]);
    for (uint32_t i = 0; i < 10; i++)
        batch->columns[i] = builder_finish(&builders[i]);
    create(f, &table);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_insert(txn, table.name, batch, &err));
    assert_ok(store_commit(txn, &err));
    assert_rows(f, "SELECT * FROM t",
                "1|Infinity|NaN|-1.5000000000|2024-10-04|2026-01-01T00:00:00.500000Z|"
                "2026-01-01T00:00:00.500000|1-2|1 02:03:04.000000000|[1,2]");
}

static void a_negative_zero_keeps_its_sign(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "d double", "");
    StoreScanSpec spec = {.table = STR("t")};

    create(f, &table);
    insert(f, &table, "-0.0;0.0");
    assert_true(
        signbit(vector_f64(scan_all(f->store, &f->arena, &spec, &table.schema)->columns[0])[0]));
}

static void years_of_five_digits_sort_behind_those_of_four(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "day date", "day");
    const int32_t days[] = {2932897 /* +10000-01-01 */, 2932896, 0, -719528 /* 0000-01-01 */,
                            36000000};
    const int32_t sorted[] = {-719528, 0, 2932896, 2932897, 36000000};
    VectorBuilder b;
    Batch *batch = batch_new(&f->arena, 1, COUNT_OF(days));
    StoreScanSpec spec = {.table = STR("t")};
    StoreTxn *txn;
    Batch *out;

    builder_init(&b, &f->arena, &type_date, 8);
    for (size_t i = 0; i < COUNT_OF(days); i++)
        builder_add_i32(&b, days[i]);
    batch->columns[0] = builder_finish(&b);
    create(f, &table);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_upsert(txn, table.name, batch, &err));
    assert_ok(store_commit(txn, &err));
    out = scan_all(f->store, &f->arena, &spec, &table.schema);
    assert_int_equal(out->row_count, COUNT_OF(days));
    for (size_t i = 0; i < COUNT_OF(days); i++)
        assert_int_equal(vector_i32(out->columns[0])[i], sorted[i]);
}

static void decimal_keys_sort_as_numbers(void **state)
{
    static const char *const types[] = {"k decimal(10;2)", "k decimal(38;10)"};
    StoreFixture *f = *state;

    for (size_t t = 0; t < COUNT_OF(types); t++) {
        StoreTable table = fixture_table(&f->arena, t ? "wide" : "narrow", types[t], "k");
        Random random = {7};
        VectorBuilder b;
        Batch *batch = batch_new(&f->arena, 1, 200);
        StoreScanSpec spec = {.table = table.name};
        StoreTxn *txn;
        Batch *out;

        builder_init(&b, &f->arena, table.schema.columns[0].type, 200);
        for (int i = 0; i < 200; i++)
            builder_add_i128(&b, random_decimal(&random, table.schema.columns[0].type->precision));
        batch->columns[0] = builder_finish(&b);
        create(f, &table);
        assert_ok(store_begin(f->store, &txn, &err));
        assert_ok(store_upsert(txn, table.name, batch, &err));
        assert_ok(store_commit(txn, &err));
        out = scan_all(f->store, &f->arena, &spec, &table.schema);
        assert_true(out->row_count > 20);
        for (uint32_t i = 1; i < out->row_count; i++)
            assert_true(vector_i128(out->columns[0])[i - 1] < vector_i128(out->columns[0])[i]);
    }
}

static void a_cell_changed_by_another_program_is_told_of(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "n int, day date, l array<int>", "");
    static const char *const damages[] = {
        "INSERT INTO t VALUES('x', NULL, NULL)", "INSERT INTO t VALUES(3000000000, NULL, NULL)",
        "INSERT INTO t VALUES(1, '2024-13-01', NULL)", "INSERT INTO t VALUES(1, NULL, '[1')"};

    create(f, &table);
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        StoreScanSpec spec = {.table = STR("t")};
        Error failure = {0};
        StoreScan *scan;
        Batch *batch;

        fixture_exec(f->path, damages[i]);
        assert_ok(store_scan_open(f->store, &spec, &scan, &err));
        assert_false(store_scan_next(scan, &f->arena, 10, &batch, &failure));
        assert_int_equal(failure.kind, ERROR_USER);
        assert_non_null(strstr(failure.text, "changed by another program"));
        store_scan_close(scan);
        fixture_exec(f->path, "DELETE FROM t");
    }
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static void the_last_row_of_a_key_wins(void **state)
{
    StoreFixture *f = *state;
    StoreTable one = fixture_table(&f->arena, "one", "k bigint, v string", "k");
    StoreTable two = fixture_table(&f->arena, "two", "v string, a string, b int", "b, a");

    create(f, &one);
    create(f, &two);
    upsert(f, &one, "5|a;3|b;5|c;-1|d;3|e");
    upsert(f, &one, "3|f;9|\\N");
    assert_rows(f, "SELECT k, v FROM one", "-1|d;3|f;5|c;9|\\N");
    upsert(f, &two, "v1|x|1;v2|x|2;v3|w|2;v4|x|1");
    upsert(f, &two, "v5|w|2");
    assert_rows(f, "SELECT b, a, v FROM two", "1|x|v4;2|w|v5;2|x|v2");
}

static void a_table_without_key_keeps_the_order_of_its_rows(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "rowid int, v string", "");
    StoreScanSpec spec = {.table = STR("T")};
    Batch *out;

    create(f, &table);
    insert(f, &table, "5|a;3|b;5|a");
    insert(f, &table, "1|c");
    out = scan_all(f->store, &f->arena, &spec, &table.schema);
    assert_int_equal(out->row_count, 4);
    assert_int_equal(vector_i32(out->columns[0])[0], 5);
    assert_int_equal(vector_i32(out->columns[0])[3], 1);
}

static void deleting_takes_the_rows_of_these_keys(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "v string, a string, b int", "b, a");
    StoreTable key = fixture_table(&f->arena, "t", "b int, a string", "");
    StoreTxn *txn;

    create(f, &table);
    upsert(f, &table, "v1|x|1;v2|x|2;v3|w|2");
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_delete(txn, table.name, fixture_batch(&f->arena, &key, "2|w;7|z;1|x"), &err));
    assert_ok(store_commit(txn, &err));
    assert_rows(f, "SELECT b, a FROM t", "2|x");
}

static void deleting_by_a_decimal_key_finds_it(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k decimal(20;1), v int", "k");
    Vector *k = vector_new(&f->arena, table.schema.columns[0].type, 2);
    Vector *v = vector_new(&f->arena, &type_int, 2);
    Batch *batch = batch_new(&f->arena, 2, 2);
    Batch *keys = batch_new(&f->arena, 1, 1);
    StoreTxn *txn;

    vector_i128(k)[0] = -25;
    vector_i128(k)[1] = 30;
    vector_i32(v)[0] = vector_i32(v)[1] = 1;
    batch->columns[0] = k;
    batch->columns[1] = v;
    keys->columns[0] = vector_slice(&f->arena, k, 0, 1);
    create(f, &table);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_upsert(txn, table.name, batch, &err));
    assert_ok(store_delete(txn, table.name, keys, &err));
    assert_ok(store_commit(txn, &err));
    assert_rows(f, "SELECT k FROM t", "3.0");
}

static void a_null_in_the_key_is_refused_and_nothing_is_written(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    StoreTxn *txn;
    Error failure = {0};

    create(f, &table);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_false(
        store_upsert(txn, table.name, fixture_batch(&f->arena, &table, "1|a;\\N|b"), &failure));
    assert_int_equal(failure.kind, ERROR_DATA);
    assert_false(store_commit(txn, &failure));
    assert_rows(f, "SELECT count(*) FROM t", "0");
}

static void inserting_a_key_twice_is_an_error(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    StoreTxn *txn;
    Error failure = {0};

    create(f, &table);
    insert(f, &table, "1|a");
    assert_ok(store_begin(f->store, &txn, &err));
    assert_false(store_insert(txn, table.name, fixture_batch(&f->arena, &table, "1|b"), &failure));
    assert_string_equal(failure.class_name, "DUPLICATE_KEY");
    store_rollback(txn);
    assert_rows(f, "SELECT * FROM t", "1|a");
}

static void what_is_rolled_back_never_was(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    StoreTxn *txn;
    const StoreTable *found;

    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_table_create(txn, &table, &err));
    assert_ok(store_upsert(txn, table.name, fixture_batch(&f->arena, &table, "1|a"), &err));
    assert_ok(store_meta_set(txn, META_SETTING, STR("a"), STR("b"), 1, &err));
    store_rollback(txn);
    assert_ok(store_table_find(f->store, &f->arena, STR("t"), &found, &err));
    assert_null(found);
    create(f, &table); /* The prepared statements of the first one must not be used again. */
    upsert(f, &table, "2|b");
    assert_rows(f, "SELECT * FROM t", "2|b");
    assert_rows(f, "SELECT count(*) FROM weir_meta WHERE kind = 'setting'", "0");
}

/* ── the catalog ───────────────────────────────────────────────────────────────────────────────*/

static void the_catalog_tells_all_that_was_created(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(
        &f->arena, "Odd \"name\"",
        "a bigint, `x.y` struct<`p q`:int;l:array<decimal(5;2)>>, d decimal(38;38)", "d, a");
    const StoreProperty properties[] = {{STR("output_mode"), STR("update")},
                                        {STR("a\"b"), STR("")}};
    const StoreTable *found;
    const StoreTable *const *list;
    uint32_t count;

    table.properties = properties;
    table.property_count = 2;
    create(f, &table);
    store_close(f->store);
    assert_ok(store_open(f->path, STORE_WRITER, &f->store, &err));
    assert_ok(store_table_find(f->store, &f->arena, STR("odd \"NAME\""), &found, &err));
    assert_non_null(found);
    assert_str_is(found->name, "Odd \"name\"");
    assert_str_is(found->provider, "cassandra");
    assert_int_equal(found->schema.column_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(str_equal(found->schema.columns[i].name, table.schema.columns[i].name));
        assert_true(type_equal(found->schema.columns[i].type, table.schema.columns[i].type));
    }
    assert_int_equal(found->key_count, 2);
    assert_int_equal(found->key_columns[0], 2);
    assert_int_equal(found->key_columns[1], 0);
    assert_int_equal(found->property_count, 2);
    assert_str_is(found->properties[1].name, "a\"b");
    assert_true(found->created_us > 0 && found->created_us <= os_realtime_us());
    assert_ok(store_table_list(f->store, &f->arena, &list, &count, &err));
    assert_int_equal(count, 1);
}

static void assert_refused(StoreFixture *f, const StoreTable *table, const char *words)
{
    StoreTxn *txn;
    Error failure = {0};

    assert_ok(store_begin(f->store, &txn, &err));
    assert_false(store_table_create(txn, table, &failure));
    assert_int_equal(failure.kind, ERROR_USER);
    if (!strstr(failure.text, words))
        fail_msg("'%s' does not say '%s'", failure.text, words);
    store_rollback(txn);
}

static void another_shape_is_refused_with_the_difference(void **state)
{
    static const struct {
        const char *columns, *key, *words;
    } cases[] = {
        {"a bigint, b string", "a", NULL},
        {"A bigint, B string", "A", NULL},
        {"a bigint, b string, c int", "a", "it has no column 'c'"},
        {"a bigint", "a", "it has a column 'b' that is not asked for"},
        {"a bigint, z string", "a", "its column 2 is 'b', not 'z'"},
        {"a bigint, b int", "a", "its column 'b' is STRING, not INT"},
        {"a bigint, b string", "", "its primary key is (a), not none"},
        {"a bigint, b string", "a, b", "its primary key is (a), not (a, b)"},
    };
    StoreFixture *f = *state;
    StoreTable have = fixture_table(&f->arena, "t", "a bigint, b string", "a");

    create(f, &have);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        StoreTable want = fixture_table(&f->arena, "t", cases[i].columns, cases[i].key);

        if (cases[i].words)
            assert_refused(f, &want, cases[i].words);
        else
            create(f, &want);
    }
}

static void names_that_cannot_be_are_refused(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "Weir_t", "a int", "");

    assert_refused(f, &table, "beginning with weir_");
    table.name = STR("SQLITE_x");
    assert_refused(f, &table, "beginning with weir_");
    table.name = STR("");
    assert_refused(f, &table, "1 to 255 bytes");
    table = fixture_table(&f->arena, "t", "a int, A int", "");
    assert_refused(f, &table, "two columns are called 'A'");
    table = fixture_table(&f->arena, "t", "a map<int;int>", "a");
    assert_refused(f, &table, "cannot be in the primary key");
    table = fixture_table(&f->arena, "t", "a array<map<binary;int>>", "");
    assert_refused(f, &table, "cannot be stored");
    table = fixture_table(&f->arena, "t", "a int", "");
    table.schema.column_count = 0;
    assert_refused(f, &table, "1 to 1000 columns");
}

static void a_replaced_table_shows_its_new_rows_at_once_and_not_before(void **state)
{
    StoreFixture *f = *state;
    StoreTable old = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    StoreTable new = fixture_table(&f->arena, "t", "k string, n int", "");
    StoreTxn *txn;
    const StoreTable *found;

    create(f, &old);
    upsert(f, &old, "1|a");
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_replace_begin(txn, &new, &err));
    assert_ok(store_replace_insert(txn, STR("t"), fixture_batch(&f->arena, &new, "x|1;y|2"), &err));
    assert_ok(store_commit(txn, &err));
    assert_rows(f, "SELECT * FROM t", "1|a");
    upsert(f, &old, "2|b"); /* Life goes on meanwhile. */
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_replace_insert(txn, STR("t"), fixture_batch(&f->arena, &new, "z|3"), &err));
    assert_ok(store_replace_finish(txn, STR("t"), &err));
    assert_ok(store_commit(txn, &err));
    assert_rows(f, "SELECT * FROM t", "x|1;y|2;z|3");
    assert_ok(store_table_find(f->store, &f->arena, STR("t"), &found, &err));
    assert_str_is(found->name, "t");
    assert_int_equal(found->schema.column_count, 2);
    assert_int_equal(found->key_count, 0);
    insert(f, &new, "w|4");
    assert_rows(f, "SELECT count(*) FROM t", "4");
}

static void what_a_crash_left_half_built_is_removed(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    const StoreTable *const *list;
    uint32_t count;
    StoreTxn *txn;

    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_replace_begin(txn, &table, &err));
    assert_ok(store_replace_insert(txn, STR("t"), fixture_batch(&f->arena, &table, "1|a"), &err));
    assert_ok(store_commit(txn, &err));
    assert_ok(store_table_list(f->store, &f->arena, &list, &count, &err));
    assert_int_equal(count, 0);
    store_close(f->store);
    assert_ok(store_open(f->path, STORE_WRITER, &f->store, &err));
    assert_rows(f, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%new%'", "0");
    assert_rows(f, "SELECT count(*) FROM weir_table", "0");
}

static void versions_grow_with_every_change_of_rows(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "T", "k bigint, v string", "k");
    int64_t before, after;
    StoreTxn *txn;

    create(f, &table);
    assert_ok(store_table_version(f->store, STR("t"), &before, &err));
    upsert(f, &table, "1|a");
    assert_ok(store_table_version(f->store, STR("t"), &after, &err));
    assert_true(after > before);
    before = after;
    upsert(f, &table, ""); /* No row, no change. */
    assert_ok(store_table_version(f->store, STR("t"), &after, &err));
    assert_int_equal(after, before);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_table_truncate(txn, STR("t"), &err));
    assert_ok(store_commit(txn, &err));
    assert_ok(store_table_version(f->store, STR("t"), &after, &err));
    assert_true(after > before);
}

/* ── filters ───────────────────────────────────────────────────────────────────────────────────*/

static bool satisfies(const Vector *v, uint32_t row, const StoreFilter *filter)
{
    int order;

    if (filter->op == STORE_IS_NULL || filter->op == STORE_IS_NOT_NULL)
        return vector_is_valid(v, row) == (filter->op == STORE_IS_NOT_NULL);
    if (!vector_is_valid(v, row))
        return false;
    order = vector_compare(v, row, filter->value, 0);
    switch (filter->op) {
    case STORE_EQ:
        return order == 0;
    case STORE_LT:
        return order < 0;
    case STORE_LE:
        return order <= 0;
    case STORE_GT:
        return order > 0;
    case STORE_GE:
        return order >= 0;
    case STORE_IS_NULL:
    case STORE_IS_NOT_NULL:
        break;
    }
    return false;
}

/* Over random types, keys, rows and filters: the scan's rows that satisfy the filter are exactly
 * the table's that do, whether SQLite decided or not. */
static void no_filter_leaves_out_a_row_that_satisfies_it(void **state)
{
    StoreFixture *f = *state;
    Random random = {3};

    for (int round = 0; round < ROUNDS * 5; round++) {
        Arena arena;
        Field fields[2];
        const uint32_t key[] = {0};
        StoreTable table = {.name = STR("t"), .schema = {2, fields}, .key_columns = key};
        const uint32_t order[] = {1, 0};
        StoreFilter filter = {.op = (StoreCompare)random_below(&random, 7)};
        StoreScanSpec spec = {.table = STR("t"),
                              .columns = order,
                              .column_count = 2,
                              .filters = &filter,
                              .filter_count = 1};
        Schema swapped;
        Field swapped_fields[2];
        Batch *in, *out;
        uint32_t expected = 0, actual = 0;
        StoreTxn *txn;
        bool keyed = random_below(&random, 2);

        arena_init(&arena);
        in = batch_new(&arena, 2, 30);
        for (uint32_t i = 0; i < 2; i++) {
            fields[i] =
                (Field){i ? STR("v") : STR("k"), random_type(&arena, &random, 1, true), true};
            in->columns[i] = random_vector(&arena, &random, fields[i].type, 30);
        }
        filter.column_i = (uint32_t)random_below(&random, 2);
        if (keyed && vector_null_count(in->columns[0]) == 0 && fields[0].type->kind != TYPE_VOID) {
            table.key_count = 1;
            for (uint32_t i = 0; i < 30; i++) { /* Keep the last row of each key. */
                for (uint32_t j = i + 1; j < 30; j++) {
                    if (vector_compare(in->columns[0], i, in->columns[0], j) == 0) {
                        uint32_t rest[30], count = 0;

                        for (uint32_t r = 0; r < in->row_count; r++) {
                            if (r != i)
                                rest[count++] = r;
                        }
                        in = batch_select(&arena, in, rest, count);
                        i = j = 30;
                    }
                }
            }
        }
        /* A value out of the column itself, so that equality is met. */
        for (uint32_t row = 0; row < in->row_count && !filter.value; row++) {
            if (vector_is_valid(in->columns[filter.column_i], row))
                filter.value = vector_constant_of(&arena, in->columns[filter.column_i], row, 1);
        }
        if (!filter.value)
            filter.op = STORE_IS_NULL;
        assert_ok(store_begin(f->store, &txn, &err));
        assert_ok(store_table_create(txn, &table, &err));
        if (table.key_count)
            assert_ok(store_upsert(txn, table.name, in, &err));
        else
            assert_ok(store_insert(txn, table.name, in, &err));
        assert_ok(store_commit(txn, &err));
        swapped_fields[0] = fields[1];
        swapped_fields[1] = fields[0];
        swapped = (Schema){2, swapped_fields};
        {
            StoreScanSpec all = {.table = STR("t")};
            Batch *whole = scan_all(f->store, &arena, &all, &table.schema);

            for (uint32_t i = 0; i < whole->row_count; i++)
                expected += satisfies(whole->columns[filter.column_i], i, &filter);
        }
        out = scan_all(f->store, &arena, &spec, &swapped);
        for (uint32_t i = 0; i < out->row_count; i++)
            actual += satisfies(out->columns[1 - filter.column_i], i, &filter);
        if (actual != expected) {
            StrBuf type = {0};

            type_name(&type, fields[filter.column_i].type);
            fail_msg("round %d, %s: %u rows, not %u", round, strbuf_c(&type), actual, expected);
        }
        assert_ok(store_begin(f->store, &txn, &err));
        assert_ok(store_table_drop(txn, table.name, &err));
        assert_ok(store_commit(txn, &err));
        arena_done(&arena);
    }
}

static void a_filter_on_the_key_looks_the_row_up(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    Vector *five = vector_new(&f->arena, &type_bigint, 1);
    const StoreFilter filter = {.column_i = 0, .op = STORE_EQ, .value = five};
    StoreScanSpec spec = {.table = STR("t"), .filters = &filter, .filter_count = 1};
    Batch *out;

    vector_i64(five)[0] = 5;
    create(f, &table);
    upsert(f, &table, "4|a;5|b;6|c");
    out = scan_all(f->store, &f->arena, &spec, &table.schema);
    assert_int_equal(out->row_count, 1);
    assert_str_is(vector_strs(out->columns[1])[0], "b");
}

/* ── meta ──────────────────────────────────────────────────────────────────────────────────────*/

static void an_epoch_names_all_of_its_parts(void **state)
{
    StoreFixture *f = *state;
    StoreEpoch epoch = {9, 9, 9};
    int64_t ends[3] = {-1, -1, -1};
    StoreMeta *items;
    uint32_t count;
    StoreTxn *txn;
    Str text;
    bool found;

    assert_ok(store_epoch_get(f->store, &epoch, &err));
    assert_int_equal(epoch.number, 0);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_epoch_set(txn, (StoreEpoch){7, 2, 4096}, &err));
    assert_ok(store_topic_end_set(txn, STR("orders"), 0, 10, &err));
    assert_ok(store_topic_end_set(txn, STR("orders"), 2, 30, &err));
    assert_ok(store_topic_end_set(txn, STR("orders2"), 1, 99, &err));
    assert_ok(store_meta_set_text(txn, META_POSITION, STR("feed"), STR(""), STR("from=7"), &err));
    assert_ok(store_meta_add(txn, META_COUNTER, STR("flow"), STR("rows_in"), 5, &err));
    assert_ok(store_meta_add(txn, META_COUNTER, STR("flow"), STR("rows_in"), 6, &err));
    assert_ok(store_commit(txn, &err));
    assert_ok(store_epoch_get(f->store, &epoch, &err));
    assert_int_equal(epoch.number, 7);
    assert_int_equal(epoch.state_file, 2);
    assert_int_equal(epoch.state_bytes, 4096);
    assert_ok(store_topic_ends_get(f->store, STR("orders"), 3, ends, &err));
    assert_int_equal(ends[0], 10);
    assert_int_equal(ends[1], 0);
    assert_int_equal(ends[2], 30);
    assert_ok(store_topic_end_get(f->store, STR("orders2"), 1, &ends[0], &err));
    assert_int_equal(ends[0], 99);
    assert_ok(store_meta_get_text(f->store, &f->arena, META_POSITION, STR("feed"), STR(""), &text,
                                  &found, &err));
    assert_true(found);
    assert_str_is(text, "from=7");
    assert_ok(store_meta_list(f->store, &f->arena, META_COUNTER, (Str){0}, &items, &count, &err));
    assert_int_equal(count, 1);
    assert_int_equal(items[0].number, 11);
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_meta_delete(txn, META_TOPIC_END, STR("orders"), (Str){0}, &err));
    assert_ok(store_commit(txn, &err));
    assert_ok(store_topic_ends_get(f->store, STR("orders"), 3, ends, &err));
    assert_int_equal(ends[2], 0);
}

static void a_text_where_a_number_is_asked_for_is_an_error(void **state)
{
    StoreFixture *f = *state;
    StoreTxn *txn;
    Error failure = {0};
    int64_t number = 0;

    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_meta_set_text(txn, META_POSITION, STR("a"), STR("b"), STR("x"), &err));
    assert_ok(store_commit(txn, &err));
    assert_false(
        store_meta_get(f->store, META_POSITION, STR("a"), STR("b"), &number, NULL, &failure));
    assert_int_equal(failure.kind, ERROR_USER);
}

/* ── readers and failures ──────────────────────────────────────────────────────────────────────*/

static void readers_see_one_commit_while_the_writer_goes_on(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    StoreScanSpec spec = {.table = STR("t")};
    Store *one, *two;
    StoreScan *scan;
    StoreEpoch epoch;
    StoreTxn *txn;
    Batch *batch;
    int64_t count;

    create(f, &table);
    upsert(f, &table, "1|a;2|b;3|c");
    assert_ok(store_open(f->path, STORE_READER, &one, &err));
    assert_ok(store_open(f->path, STORE_READER, &two, &err));
    assert_true(store_has_changed(one));
    assert_false(store_has_changed(one));
    assert_ok(store_scan_open(one, &spec, &scan, &err));
    assert_ok(store_scan_next(scan, &f->arena, 1, &batch, &err));
    assert_ok(store_snapshot_begin(two, &err));
    assert_ok(store_begin(f->store, &txn, &err));
    assert_ok(store_upsert(txn, table.name, fixture_batch(&f->arena, &table, "2|B;4|d"), &err));
    assert_ok(store_epoch_set(txn, (StoreEpoch){1, 0, 0}, &err));
    assert_ok(store_commit(txn, &err));
    assert_ok(store_scan_next(scan, &f->arena, 10, &batch, &err));
    assert_int_equal(batch->row_count, 2);
    assert_str_is(vector_strs(batch->columns[1])[0], "b");
    store_scan_close(scan);
    assert_true(store_has_changed(one));
    assert_ok(store_row_count(one, STR("t"), &count, &err));
    assert_int_equal(count, 4);
    assert_ok(store_row_count(two, STR("t"), &count, &err));
    assert_int_equal(count, 3);
    assert_ok(store_epoch_get(two, &epoch, &err));
    assert_int_equal(epoch.number, 0);
    store_snapshot_end(two);
    assert_ok(store_epoch_get(two, &epoch, &err));
    assert_int_equal(epoch.number, 1);
    store_close(one);
    store_close(two);
}

/* SQLite's own limit stands in for a full disk: it fails in the same place with the same code. */
static void a_full_disk_loses_nothing_that_was_committed(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    Error failure = {0};
    StoreTxn *txn = NULL;
    int rounds = 0;
    bool ok = true;

    create(f, &table);
    upsert(f, &table, "1|first");
    assert_ok(store_limit_pages(f->store, 24, &err));
    while (ok) {
        StrBuf rows = {0};

        for (int i = 0; i < 100; i++)
            strbuf_printf(&rows, "%s%d|%0100d", i ? ";" : "", 10 + rounds * 100 + i, 7);
        assert_ok(store_begin(f->store, &txn, &err));
        ok = store_upsert(txn, table.name, fixture_batch(&f->arena, &table, strbuf_c(&rows)),
                          &failure) &&
             store_commit(txn, &failure);
        strbuf_done(&rows);
        rounds += ok;
        assert_true(rounds < 100);
    }
    assert_int_equal(failure.kind, ERROR_RETRY);
    assert_non_null(strstr(failure.text, "the disk is full"));
    store_rollback(txn);
    assert_rows(f, "SELECT count(*) FROM t", arena_printf(&f->arena, "%d", 1 + rounds * 100));
    assert_ok(store_limit_pages(f->store, 1 << 20, &err)); /* Space was made. */
    upsert(f, &table, "2|again");
    assert_rows(f, "SELECT v FROM t WHERE k < 3", "first;again");
}

static void what_is_no_store_is_told_so(void **state)
{
    StoreFixture *f = *state;
    char *path = arena_printf(&f->arena, "%s/other.db", f->folder);
    Error failure = {0};
    Store *store;

    assert_false(store_open(path, STORE_READER, &store, &failure));
    assert_non_null(strstr(failure.text, "nothing has run here yet"));
    assert_false(os_exists(path));
    assert_ok(os_write_file(path,
                            STR("this is a text, and long enough to be read as a header of a "
                                "database file, which it is not"),
                            &err));
    for (int mode = STORE_READER; mode <= STORE_WRITER; mode++) {
        assert_false(store_open(path, (StoreMode)mode, &store, &failure));
        assert_non_null(strstr(failure.text, "not a store"));
        assert_int_equal(failure.kind, ERROR_USER);
    }
    assert_ok(os_unlink(path, &err));
    fixture_exec(path, "CREATE TABLE mine(a)");
    assert_false(store_open(path, STORE_WRITER, &store, &failure));
    assert_non_null(strstr(failure.text, "not one of weir's"));
    assert_string_equal(fixture_rows(&f->arena, path, "SELECT count(*) FROM mine"), "0");
    fixture_exec(f->path, "PRAGMA user_version = 99");
    assert_false(store_open(f->path, STORE_READER, &store, &failure));
    assert_non_null(strstr(failure.text, "newer weir"));
    fixture_exec(f->path, "PRAGMA user_version = 1");
    assert_false(store_open("/nowhere/store.db", STORE_WRITER, &store, &failure));
    assert_int_equal(failure.kind, ERROR_USER);
}

static void a_damaged_file_is_told_of(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    char garbage[4096];
    Error failure = {0};
    int64_t bytes, count;
    OsFile *file;
    Store *store = NULL;

    create(f, &table);
    upsert(f, &table, "1|a");
    store_close(f->store);
    f->store = NULL;
    memset(garbage, 0x5a, sizeof garbage);
    assert_ok(os_file_open(f->path, OS_OPEN_READ_WRITE, &file, &err));
    assert_ok(os_file_size(file, &bytes, &err));
    for (int64_t at = 4096; at < bytes; at += 4096)
        assert_ok(os_file_write_at(file, garbage, sizeof garbage, at, &err));
    os_file_close(file);
    if (store_open(f->path, STORE_READER, &store, &failure))
        assert_false(store_row_count(store, STR("t"), &count, &failure));
    assert_int_equal(failure.kind, ERROR_USER);
    assert_non_null(strstr(failure.text, "damaged"));
    store_close(store);
}

static void a_store_in_memory_keeps_nothing(void **state)
{
    StoreFixture *f = *state;
    StoreTable table = fixture_table(&f->arena, "t", "k bigint, v string", "k");
    Store *store;
    StoreTxn *txn;
    int64_t count;

    assert_ok(store_open(":memory:", STORE_WRITER, &store, &err));
    assert_ok(store_begin(store, &txn, &err));
    assert_ok(store_table_create(txn, &table, &err));
    assert_ok(store_upsert(txn, table.name, fixture_batch(&f->arena, &table, "1|a;2|b"), &err));
    assert_ok(store_row_count(store_of(txn), table.name, &count, &err));
    assert_int_equal(count, 2);
    assert_ok(store_commit(txn, &err));
    store_close(store);
    assert_false(os_exists(":memory:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(every_type_comes_back_as_it_went_in),
        TEST(cells_read_well_in_sqlite),
        TEST(a_negative_zero_keeps_its_sign),
        TEST(years_of_five_digits_sort_behind_those_of_four),
        TEST(decimal_keys_sort_as_numbers),
        TEST(a_cell_changed_by_another_program_is_told_of),
        TEST(the_last_row_of_a_key_wins),
        TEST(a_table_without_key_keeps_the_order_of_its_rows),
        TEST(deleting_takes_the_rows_of_these_keys),
        TEST(deleting_by_a_decimal_key_finds_it),
        TEST(a_null_in_the_key_is_refused_and_nothing_is_written),
        TEST(inserting_a_key_twice_is_an_error),
        TEST(what_is_rolled_back_never_was),
        TEST(the_catalog_tells_all_that_was_created),
        TEST(another_shape_is_refused_with_the_difference),
        TEST(names_that_cannot_be_are_refused),
        TEST(a_replaced_table_shows_its_new_rows_at_once_and_not_before),
        TEST(what_a_crash_left_half_built_is_removed),
        TEST(versions_grow_with_every_change_of_rows),
        TEST(no_filter_leaves_out_a_row_that_satisfies_it),
        TEST(a_filter_on_the_key_looks_the_row_up),
        TEST(an_epoch_names_all_of_its_parts),
        TEST(a_text_where_a_number_is_asked_for_is_an_error),
        TEST(readers_see_one_commit_while_the_writer_goes_on),
        TEST(a_full_disk_loses_nothing_that_was_committed),
        TEST(what_is_no_store_is_told_so),
        TEST(a_damaged_file_is_told_of),
        TEST(a_store_in_memory_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
