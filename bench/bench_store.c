/*
 * bench_store.c: how fast the embedded tables take in and give out rows of about 90 bytes.
 *
 *     bench_store [ROWS] [FOLDER]        default 1000000 rows, folder ./bench-store-data
 *
 * Every transaction is durable when it counts (synchronous=FULL). "cpu" is the process's own time:
 * what is left when the disk is not waited for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "os/os.h"
#include "store/store.h"

/* A Str in a constant. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const Field order_columns[] = {
    {TEXT("order_id"), &type_bigint, false}, {TEXT("customer_id"), &type_bigint, true},
    {TEXT("category"), &type_string, true},  {TEXT("price"), &type_double, true},
    {TEXT("ts"), &type_timestamp, true},     {TEXT("note"), &type_string, true},
};
static const Field window_columns[] = {
    {TEXT("category"), &type_string, false},
    {TEXT("minute"), &type_timestamp, false},
    {TEXT("revenue"), &type_double, true},
    {TEXT("orders"), &type_bigint, true},
};
static const uint32_t order_key[] = {0};
static const uint32_t window_key[] = {0, 1};

static const StoreTable history = {
    .name = TEXT("order_history"), .schema = {6, order_columns}, .provider = TEXT("postgres")};
static const StoreTable orders = {.name = TEXT("orders"),
                                  .schema = {6, order_columns},
                                  .key_columns = order_key,
                                  .key_count = 1,
                                  .provider = TEXT("cassandra")};
static const StoreTable revenue = {.name = TEXT("revenue_by_minute"),
                                   .schema = {4, window_columns},
                                   .key_columns = window_key,
                                   .key_count = 2,
                                   .provider = TEXT("cassandra")};

typedef struct Bench {
    Store *store;
    Random random;
    Arena arena;
    int64_t row_count;
} Bench;

typedef int64_t (*KeyOf)(Bench *bench, int64_t i);

static int64_t key_ascending(Bench *bench, int64_t i)
{
    (void)bench;
    return i;
}

static int64_t key_random(Bench *bench, int64_t i)
{
    (void)i;
    return (int64_t)random_below(&bench->random, (uint64_t)bench->row_count);
}

static int64_t key_of_10k(Bench *bench, int64_t i)
{
    (void)i;
    return (int64_t)random_below(&bench->random, 10000);
}

static const Str categories[] = {TEXT("books"), TEXT("garden"), TEXT("music"), TEXT("tea")};

static Batch *order_batch(Bench *bench, KeyOf key_of, int64_t from, uint32_t count)
{
    static const char note[] = "leave it at the door, please, and ring";
    Batch *batch = batch_new(&bench->arena, 6, count);

    for (uint32_t c = 0; c < 6; c++)
        batch->columns[c] = vector_new(&bench->arena, order_columns[c].type, count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t key = key_of(bench, from + i);

        vector_i64(batch->columns[0])[i] = key;
        vector_i64(batch->columns[1])[i] = key % 1009;
        vector_strs(batch->columns[2])[i] = categories[i % 4];
        vector_f64(batch->columns[3])[i] = (double)(key % 10000) / 100;
        vector_i64(batch->columns[4])[i] = INT64_C(1767225600000000) + (from + i) * 1000;
        vector_strs(batch->columns[5])[i] = (Str){note, sizeof note - 1};
    }
    return batch;
}

static Batch *window_batch(Bench *bench, KeyOf key_of, int64_t from, uint32_t count)
{
    Batch *batch = batch_new(&bench->arena, 4, count);

    for (uint32_t c = 0; c < 4; c++)
        batch->columns[c] = vector_new(&bench->arena, window_columns[c].type, count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t key = key_of(bench, from + i);

        vector_strs(batch->columns[0])[i] = categories[key % 4];
        vector_i64(batch->columns[1])[i] = INT64_C(1767225600000000) + key / 4 * INT64_C(60000000);
        vector_f64(batch->columns[2])[i] = (double)(from + i) / 7;
        vector_i64(batch->columns[3])[i] = from + i;
    }
    return batch;
}

static void print_line(const char *what, int64_t rows, int64_t wall_us, clock_t cpu)
{
    printf("%-58s %12.0f %12.0f\n", what, (double)rows * 1e6 / (double)wall_us,
           (double)rows * CLOCKS_PER_SEC / (double)cpu);
}

typedef struct WriteCase {
    const char *what;
    const StoreTable *table;
    KeyOf key_of;
    uint32_t rows_a_transaction;
} WriteCase;

static bool write_one(Bench *bench, const WriteCase *c, int64_t from, uint32_t count, Error *err)
{
    Batch *batch;
    StoreTxn *txn;
    bool ok;

    arena_reset(&bench->arena);
    batch = c->table == &revenue ? window_batch(bench, c->key_of, from, count)
                                 : order_batch(bench, c->key_of, from, count);
    if (!store_begin(bench->store, &txn, err))
        return false;
    ok = c->table->key_count ? store_upsert(txn, c->table->name, batch, err)
                             : store_insert(txn, c->table->name, batch, err);
    return store_commit(txn, ok ? err : &(Error){0}) && ok;
}

static bool run_write(Bench *bench, const WriteCase *c, Error *err)
{
    int64_t rows = c->rows_a_transaction == 1 ? 300 : bench->row_count;
    int64_t start_us = os_monotonic_us();
    clock_t start_cpu = clock();

    for (int64_t from = 0; from < rows; from += c->rows_a_transaction) {
        uint32_t count = (uint32_t)MIN((int64_t)c->rows_a_transaction, rows - from);

        if (!write_one(bench, c, from, count, err))
            return false;
    }
    print_line(c->what, rows, os_monotonic_us() - start_us, clock() - start_cpu);
    return true;
}

static bool run_scan(Bench *bench, const StoreScanSpec *spec, int64_t *row_count, Error *err)
{
    StoreScan *scan;
    Batch *batch;

    if (!store_scan_open(bench->store, spec, &scan, err))
        return false;
    do {
        arena_reset(&bench->arena);
        if (!store_scan_next(scan, &bench->arena, BATCH_ROWS_DEFAULT, &batch, err)) {
            store_scan_close(scan);
            return false;
        }
        *row_count += batch ? batch->row_count : 0;
    } while (batch);
    store_scan_close(scan);
    return true;
}

static bool run_reads(Bench *bench, Error *err)
{
    StoreScanSpec spec = {.table = orders.name};
    StoreFilter filter = {.column_i = 0, .op = STORE_EQ};
    int64_t start_us = os_monotonic_us();
    clock_t start_cpu = clock();
    int64_t rows = 0;
    Arena keys;

    if (!run_scan(bench, &spec, &rows, err))
        return false;
    print_line("scan of all columns", rows, os_monotonic_us() - start_us, clock() - start_cpu);
    arena_init(&keys);
    filter.value = vector_new(&keys, &type_bigint, 1);
    spec.filters = &filter;
    spec.filter_count = 1;
    start_us = os_monotonic_us();
    start_cpu = clock();
    rows = 0;
    for (int i = 0; i < 20000; i++) {
        vector_i64(filter.value)[0] = key_random(bench, 0);
        if (!run_scan(bench, &spec, &rows, err))
            return false;
    }
    print_line("look-ups by key", rows, os_monotonic_us() - start_us, clock() - start_cpu);
    arena_done(&keys);
    return true;
}

static bool create_tables(Bench *bench, Error *err)
{
    StoreTxn *txn;

    return store_begin(bench->store, &txn, err) && store_table_create(txn, &history, err) &&
           store_table_create(txn, &orders, err) && store_table_create(txn, &revenue, err) &&
           store_commit(txn, err);
}

int main(int argc, char **argv)
{
    static const WriteCase cases[] = {
        {"append without key, 10000 a transaction", &history, key_ascending, 10000},
        {"upsert, BIGINT key, ascending, 10000 a transaction", &orders, key_ascending, 10000},
        {"upsert, BIGINT key, random, 10000 a transaction", &orders, key_random, 10000},
        {"upsert, BIGINT key, random, 100000 a transaction", &orders, key_random, 100000},
        {"upsert, (STRING, TIMESTAMP) key, 10000 keys, 10000 a txn", &revenue, key_of_10k, 10000},
        {"upsert, (STRING, TIMESTAMP) key, random, 100000 a txn", &revenue, key_random, 100000},
        {"upsert, one row a transaction", &revenue, key_of_10k, 1},
    };
    Bench bench = {.random = {1}, .row_count = argc > 1 ? atoll(argv[1]) : 1000000};
    const char *folder = argc > 2 ? argv[2] : "bench-store-data";
    char path[4096];
    Error err = {0};
    bool ok;

    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    arena_init(&bench.arena);
    ok = os_remove_all(folder, &err) && os_mkdir_all(folder, &err) &&
         store_open(path, STORE_WRITER, &bench.store, &err) && create_tables(&bench, &err);
    printf("%-58s %12s %12s\n", "", "rows/s", "rows/cpu-s");
    for (size_t i = 0; ok && i < COUNT_OF(cases); i++)
        ok = run_write(&bench, &cases[i], &err);
    ok = ok && run_reads(&bench, &err);
    store_close(bench.store);
    arena_done(&bench.arena);
    if (!ok || !os_remove_all(folder, &err)) {
        (void)fprintf(stderr, "bench_store: %s\n", err.text);
        return 1;
    }
    return 0;
}
