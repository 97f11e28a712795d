/*
 * cassandra_outside.c: rows as upserts into a table of Cassandra.
 *
 * Every row is `INSERT … USING TIMESTAMP t`, and of two writes of one cell Cassandra keeps the one
 * with the higher t, whichever came first. t is the epoch's time plus the chunk's number, so:
 *
 *  1. Writing an epoch again changes nothing: all of it has the same times as before.
 *  2. A write of an older epoch that was on its way when weir was killed and arrives late is never
 *     seen.
 *  3. Of two rows of one key in an epoch the later chunk's wins; within a chunk keys are unique.
 *
 * A chunk, as encoded on the worker:
 *
 *     row      values_bytes u32 | key_bytes u32 | partition_bytes u32 | token i64 | values
 *     values   [value] each: the partition key, the clustering columns, the rest
 *
 * Delivery keeps the last row of each key over all epochs at hand, sorts by token, and sends rows of
 * one partition, or a few small ones of partitions that the same nodes hold, as one unlogged batch.
 * A NULL is written as such (it replaces what was there), at the price of a tombstone.
 */
#include "sink/cassandra_outside.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "client/cassandra_client.h"
#include "client/cassandra_value.h"
#include "client/cql/cql_token.h"
#include "os/os.h"
#include "sink/last_rows.h"

enum {
    ROW_HEADER_BYTES = 20,
    STAMP_BYTES = 12, /* As a [value]. */
    BATCH_ROWS = 100,
    PARTITION_BATCH_BYTES = 48 << 10,
    /* Beyond 10 partitions or 5 KiB Cassandra warns of batches over several partitions. */
    MIXED_BATCH_PARTITIONS = 10,
    MIXED_BATCH_BYTES = 4 << 10,
    KEY_BYTES_MAX = 65535,
    REPLACE_ROWS = 20000, /* Of a view, between two drains. */
    /* What stands around the values in a request and in a mutation: of a row, of a column besides its
     * name. At most; the server's own count decides by a few bytes more or less. */
    ROW_OVERHEAD_BYTES = 256,
    COLUMN_OVERHEAD_BYTES = 24,
    PUT_ASIDE_BYTES_MAX = 1 << 20, /* Of a row: its beginning. */
};

typedef struct CassandraOutside {
    Outside outside;
    const Settings *settings;
    Arena arena;
    CassandraTable table;
    StrBuf insert; /* The statement. */
    uint32_t overhead_bytes; /* Of a row: what the server counts besides its values. */
    _Atomic int64_t row_bytes_max; /* As the server says; its defaults' until it was asked. */
    OsMutex *mutex;
    CqlSession *session; /* NULL: not connected. Changed under the mutex. */
    bool interrupted;    /* Under the mutex. */
    const CqlPrepared *prepared;
    /* A view being replaced. */
    OutsideEncoder *encoder;
    int64_t stamp_us;
} CassandraOutside;

typedef struct CassandraEncoder {
    OutsideEncoder encoder;
    CassandraOutside *outside;
    CassandraWriter *writers; /* In the order of table.order. */
    StrBuf rows;
    StrBuf taken;
    StrBuf partition; /* As the server serialises it. */
    Encoder *records; /* Of rows that are put aside; NULL: there was none yet. */
    StrBuf record;
} CassandraEncoder;

/* ── the worker's side ─────────────────────────────────────────────────────────────────────────*/

static void encoder_free(OutsideEncoder *base)
{
    CassandraEncoder *encoder = (CassandraEncoder *)base;

    if (!encoder)
        return;
    for (uint32_t i = 0; i < encoder->outside->table.table->schema.column_count; i++)
        cassandra_writer_done(&encoder->writers[i]);
    free(encoder->writers);
    strbuf_done(&encoder->rows);
    strbuf_done(&encoder->taken);
    strbuf_done(&encoder->partition);
    if (encoder->records)
        encoder->records->methods->free(encoder->records);
    strbuf_done(&encoder->record);
    free(encoder);
}

static bool encoder_create(Outside *base, OutsideEncoder **out, Error *err)
{
    CassandraOutside *outside = (CassandraOutside *)base;
    const CassandraTable *table = &outside->table;
    const Schema *schema = &table->table->schema;
    CassandraEncoder *encoder = mem_zalloc(sizeof *encoder);

    encoder->outside = outside;
    encoder->writers = mem_zalloc((schema->column_count + 1) * sizeof *encoder->writers);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        if (!cassandra_writer_init(&encoder->writers[i], schema->columns[table->order[i]].type,
                                   table->microseconds, i < table->key_count, err)) {
            encoder_free(&encoder->encoder);
            return false;
        }
    }
    *out = &encoder->encoder;
    return true;
}

/* The partition key as the server serialises it, out of its [value]s. */
static Str partition_key(StrBuf *out, Str values, uint32_t column_count)
{
    CqlReader reader = cql_reader(values);

    if (column_count == 1)
        return cql_read_bytes(&reader);
    strbuf_clear(out);
    for (uint32_t i = 0; i < column_count; i++) {
        Str part = cql_read_bytes(&reader);

        cql_put_short(out, (uint16_t)part.bytes);
        strbuf_add_str(out, part);
        cql_put_byte(out, 0);
    }
    return strbuf_str(out);
}

static const char key_too_long[] = "the key is longer than the 64 KiB that Cassandra takes";

/* What Cassandra's limits of keys are about: the partition key as a whole, the clustering columns
 * together. */
static bool key_is_too_long(const CassandraTable *table, Str partition, uint32_t partition_bytes,
                            uint32_t key_bytes)
{
    uint32_t clustering_lengths = 4 * (table->key_count - table->partition_count);

    return partition.bytes > KEY_BYTES_MAX ||
           key_bytes - partition_bytes > KEY_BYTES_MAX + clustering_lengths;
}

/* NULL; or why Cassandra cannot have the row. */
static const char *encode_row(CassandraEncoder *encoder, uint32_t row_i)
{
    const CassandraTable *table = &encoder->outside->table;
    StrBuf *rows = &encoder->rows;
    size_t start = rows->bytes;
    size_t values_at;
    uint32_t partition_bytes = 0;
    uint32_t key_bytes = 0;
    int64_t token;
    Str partition;

    strbuf_reserve(rows, ROW_HEADER_BYTES);
    rows->bytes += ROW_HEADER_BYTES;
    values_at = rows->bytes;
    for (uint32_t i = 0; i < table->table->schema.column_count; i++) {
        cassandra_write(&encoder->writers[i], rows, row_i);
        if (i + 1 == table->partition_count)
            partition_bytes = (uint32_t)(rows->bytes - values_at);
        if (i + 1 == table->key_count)
            key_bytes = (uint32_t)(rows->bytes - values_at);
    }
    partition = partition_key(&encoder->partition, (Str){rows->data + values_at, partition_bytes},
                              table->partition_count);
    if (key_is_too_long(table, partition, partition_bytes, key_bytes))
        return key_too_long;
    token = cql_token(partition);
    cql_set_int(rows, start, (int32_t)(rows->bytes - values_at));
    cql_set_int(rows, start + 4, (int32_t)key_bytes);
    cql_set_int(rows, start + 8, (int32_t)partition_bytes);
    cql_set_int(rows, start + 12, (int32_t)(token >> 32));
    cql_set_int(rows, start + 16, (int32_t)token);
    return NULL;
}

/* The row as JSON: what it was made from may be many records, or is no longer known. */
static bool record_of(CassandraEncoder *encoder, const Batch *batch, uint32_t row_i, Str *out,
                      Error *err)
{
    const FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc()};
    Str record;

    if (!encoder->records &&
        !format_find(STR("json"))
             ->encoder_create(&encoder->outside->table.table->schema, &options, &encoder->records,
                              err))
        return false;
    strbuf_clear(&encoder->record);
    encoder->records->methods->encode(encoder->records, batch, row_i, &encoder->record);
    record = strbuf_str(&encoder->record);
    *out = str_slice(record, 0, MIN(record.bytes, (uint32_t)PUT_ASIDE_BYTES_MAX));
    return true;
}

/* A row that the server would refuse: later it would stop the whole delivery. */
static bool put_aside(CassandraEncoder *encoder, const Batch *batch, uint32_t row_i,
                      const char *reason, const char *message, Error *err)
{
    OutsideEncoder *base = &encoder->encoder;
    Str record;

    if (!base->refuse)
        return error_set(err, ERROR_DATA, "a row cannot be kept: %s", message);
    return record_of(encoder, batch, row_i, &record, err) &&
           base->refuse(base->self, batch, row_i, reason, message, record, err);
}

static bool too_large(CassandraEncoder *encoder, const Batch *batch, uint32_t row_i,
                      int64_t row_bytes, int64_t limit, Error *err)
{
    const CassandraTable *table = &encoder->outside->table;
    char message[256];

    (void)snprintf(message, sizeof message,
                   "the row has %lld bytes; Cassandra takes at most %lld of table %.*s.%.*s "
                   "(max_mutation_size, native_transport_max_message_size)",
                   (long long)row_bytes, (long long)limit, STR_ARG(table->keyspace),
                   STR_ARG(table->name));
    return put_aside(encoder, batch, row_i, "too_large", message, err);
}

static bool encode(OutsideEncoder *base, const Batch *batch, Error *err)
{
    CassandraEncoder *encoder = (CassandraEncoder *)base;
    const CassandraTable *table = &encoder->outside->table;
    int64_t limit = atomic_load(&encoder->outside->row_bytes_max);
    StrBuf *rows = &encoder->rows;

    for (uint32_t i = 0; i < table->table->schema.column_count; i++)
        cassandra_writer_use(&encoder->writers[i], batch->columns[table->order[i]]);
    for (uint32_t row_i = 0; row_i < batch->row_count; row_i++) {
        size_t start = rows->bytes;
        const char *why = encode_row(encoder, row_i);
        int64_t row_bytes =
            (int64_t)(rows->bytes - start - ROW_HEADER_BYTES) + encoder->outside->overhead_bytes;

        if (LIKELY(!why && row_bytes <= limit))
            continue;
        rows->bytes = start;
        if (!(why ? put_aside(encoder, batch, row_i, "not_storable", why, err)
                  : too_large(encoder, batch, row_i, row_bytes, limit, err)))
            return false;
    }
    encoder->encoder.bytes = rows->bytes;
    return true;
}

static Str encoder_take(OutsideEncoder *base)
{
    CassandraEncoder *encoder = (CassandraEncoder *)base;
    StrBuf empty = encoder->taken;

    encoder->taken = encoder->rows;
    encoder->rows = empty;
    strbuf_clear(&encoder->rows);
    encoder->encoder.bytes = 0;
    return strbuf_str(&encoder->taken);
}

/* What Cassandra cannot keep as a key. (One of nested values that is too long is met when it has been
 * encoded.) */
static const char *refuses(const Outside *base, const Batch *batch, uint32_t row_i)
{
    const CassandraTable *table = &((const CassandraOutside *)base)->table;
    uint64_t partition_bytes = 0;
    uint64_t clustering_bytes = 0;

    for (uint32_t i = 0; i < table->key_count; i++) {
        const Vector *v = batch->columns[table->order[i]];
        uint32_t at = vector_row(v, row_i);
        Str text;

        if (v->type->kind == TYPE_TIMESTAMP && !table->microseconds &&
            vector_i64(v)[at] % 1000 != 0)
            return "a TIMESTAMP of the key is finer than a millisecond, which Cassandra's is not: "
                   "set 'timestamps' = 'microseconds'";
        if (type_phys(v->type) != PHYS_STR)
            continue;
        text = vector_strs(v)[at];
        if (table->partition_count == 1 && i == 0 && text.bytes == 0)
            return "the partition key is an empty text, which Cassandra does not have";
        /* Mended, two keys might become one. */
        if (v->type->kind == TYPE_STRING && utf8_valid_prefix(text) < text.bytes)
            return "a text of the key is not UTF-8";
        if (i < table->partition_count)
            partition_bytes += text.bytes;
        else
            clustering_bytes += text.bytes;
    }
    return partition_bytes > KEY_BYTES_MAX || clustering_bytes > KEY_BYTES_MAX ? key_too_long : NULL;
}

/* ── the connection ────────────────────────────────────────────────────────────────────────────*/

static void put_insert(StrBuf *out, const CassandraTable *table)
{
    const Schema *schema = &table->table->schema;
    int64_t ttl_us = table_option_duration_us(table->table, "ttl");

    strbuf_add_c(out, "INSERT INTO ");
    cassandra_put_table_name(out, table);
    strbuf_add_c(out, " (");
    for (uint32_t i = 0; i < schema->column_count; i++) {
        if (i > 0)
            strbuf_add_c(out, ", ");
        cassandra_put_name(out, schema->columns[table->order[i]].name);
    }
    strbuf_add_c(out, ") VALUES (");
    for (uint32_t i = 0; i < schema->column_count; i++)
        strbuf_add_c(out, i > 0 ? ", ?" : "?");
    strbuf_add_c(out, ") USING TIMESTAMP ?");
    if (ttl_us > 0)
        strbuf_printf(out, " AND TTL %lld", (long long)MAX(ttl_us / 1000000, 1));
}

static bool set_session(CassandraOutside *outside, CqlSession *session, Error *err)
{
    bool interrupted;

    os_mutex_lock(outside->mutex);
    outside->session = session;
    interrupted = outside->interrupted;
    os_mutex_unlock(outside->mutex);
    return !interrupted || error_set(err, ERROR_RETRY, "Cassandra: stopped");
}

static void disconnect(Outside *base)
{
    CassandraOutside *outside = (CassandraOutside *)base;
    CqlSession *session = outside->session;
    Error ignored = {0};

    (void)set_session(outside, NULL, &ignored);
    outside->prepared = NULL;
    cql_close(session);
}

static bool connect_session(CassandraOutside *outside, Error *err)
{
    CqlSession *session;

    if (outside->session)
        return true;
    return set_session(outside, NULL, err) &&
           cassandra_session_open(outside->settings, outside->table.keyspace, &session, err) &&
           set_session(outside, session, err);
}

/* A node's schema tables tell of a table a moment before the node itself knows it: the CREATE of a
 * run that was killed may still be under way. */
static bool prepare_insert(CassandraOutside *outside, Error *err)
{
    enum { TRIES = 50, WAIT_US = 100000 };

    for (int i = 0;; i++) {
        Error why = {0};

        if (cql_prepare(outside->session, strbuf_str(&outside->insert), &outside->prepared, &why))
            return true;
        if (why.kind != ERROR_USER || i == TRIES) {
            *err = why;
            return false;
        }
        os_sleep_us(WAIT_US);
    }
}

static bool learn_limit(CassandraOutside *outside, Error *err)
{
    int64_t bytes;

    if (!cassandra_row_bytes_max(outside->session, &bytes, err))
        return false;
    atomic_store(&outside->row_bytes_max, bytes);
    return true;
}

static bool ensure(Outside *base, Error *err)
{
    CassandraOutside *outside = (CassandraOutside *)base;

    return connect_session(outside, err) &&
           cassandra_table_ensure(outside->session, &outside->table, outside->settings, err) &&
           learn_limit(outside, err) && prepare_insert(outside, err);
}

static void interrupt(Outside *base)
{
    CassandraOutside *outside = (CassandraOutside *)base;

    os_mutex_lock(outside->mutex);
    outside->interrupted = true;
    if (outside->session)
        cql_cancel(outside->session);
    os_mutex_unlock(outside->mutex);
}

/* Writing again changes nothing: nothing needs to be remembered there. */
static bool last_delivered(Outside *base, Str run_id, int64_t *epoch, Error *err)
{
    (void)base;
    (void)run_id;
    (void)err;
    *epoch = -1;
    return true;
}

/* ── delivering ────────────────────────────────────────────────────────────────────────────────*/

typedef struct Row {
    int64_t token;
    int64_t stamp_us;
    Str values;
    uint32_t key_bytes;
    uint32_t partition_bytes;
} Row;

typedef VEC(Row) RowVec;

/* One request. */
typedef struct Group {
    uint32_t first;
    uint32_t count;
} Group;

typedef VEC(Group) GroupVec;

static Str key_of(const Row *row)
{
    return (Str){row->values.data, row->key_bytes};
}

static Str partition_of(const Row *row)
{
    return (Str){row->values.data, row->partition_bytes};
}

static bool read_rows(Str chunk, int64_t stamp_us, RowVec *out, Error *err)
{
    CqlReader reader = cql_reader(chunk);

    while (cql_left(&reader) > 0) {
        Row row = {.stamp_us = stamp_us};
        uint32_t values_bytes = (uint32_t)cql_read_int(&reader);

        row.key_bytes = (uint32_t)cql_read_int(&reader);
        row.partition_bytes = (uint32_t)cql_read_int(&reader);
        row.token = cql_read_long(&reader);
        row.values = cql_read_raw(&reader, values_bytes);
        if (reader.failed || row.key_bytes > values_bytes || row.partition_bytes > row.key_bytes)
            return error_set(err, ERROR_JOB, "the outbox holds a row that is not whole");
        VEC_ADD(out, row);
    }
    return true;
}

/* Leaves the last row of each key. */
static void keep_last(RowVec *rows)
{
    Str *keys = mem_alloc((rows->count + 1) * sizeof *keys);
    uint64_t *hashes = mem_alloc((rows->count + 1) * sizeof *hashes);
    uint32_t *last = mem_alloc((rows->count + 1) * sizeof *last);
    uint32_t count;

    for (size_t i = 0; i < rows->count; i++) {
        keys[i] = key_of(&rows->items[i]);
        hashes[i] = hash_bytes(keys[i].data, keys[i].bytes);
    }
    count = last_rows(keys, hashes, (uint32_t)rows->count, last);
    for (uint32_t i = 0; i < count; i++)
        rows->items[i] = rows->items[last[i]];
    rows->count = count;
    free(keys);
    free(hashes);
    free(last);
}

static int by_partition(const void *a, const void *b)
{
    const Row *x = a;
    const Row *y = b;

    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    return str_compare(partition_of(x), partition_of(y));
}

/* How many of `rows` go into one request. */
static uint32_t group_rows(const CqlSession *session, const Row *rows, uint32_t count)
{
    uint32_t piece = cql_piece_of(session, rows[0].token);
    uint32_t partitions = 1;
    size_t bytes = rows[0].values.bytes;
    uint32_t n = 1;

    for (; n < MIN(count, (uint32_t)BATCH_ROWS); n++) {
        bool same = str_equal(partition_of(&rows[n]), partition_of(&rows[n - 1]));

        bytes += rows[n].values.bytes;
        if (same ? bytes > (partitions == 1 ? PARTITION_BATCH_BYTES : MIXED_BATCH_BYTES)
                 : bytes > MIXED_BATCH_BYTES || partitions == MIXED_BATCH_PARTITIONS ||
                       piece == UINT32_MAX || cql_piece_of(session, rows[n].token) != piece)
            break;
        partitions += !same;
    }
    return n;
}

static void group(const CqlSession *session, const RowVec *rows, GroupVec *out)
{
    for (uint32_t i = 0; i < rows->count;) {
        Group next = {i, group_rows(session, rows->items + i, (uint32_t)rows->count - i)};

        VEC_ADD(out, next);
        i += next.count;
    }
}

static bool submit_group(CassandraOutside *outside, const Row *rows, uint32_t count,
                         StrBuf *values, Error *err)
{
    CqlStatement statements[BATCH_ROWS];
    size_t ends[BATCH_ROWS];
    uint16_t value_count = (uint16_t)(outside->table.table->schema.column_count + 1);
    CqlOptions options = {
        .consistency = outside->table.consistency,
        .idempotent = true,
        .has_token = true,
        .token = rows[0].token,
    };

    strbuf_clear(values);
    for (uint32_t i = 0; i < count; i++) {
        strbuf_add_str(values, rows[i].values);
        cql_put_int(values, 8);
        cql_put_long(values, rows[i].stamp_us);
        ends[i] = values->bytes;
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t from = i ? ends[i - 1] : 0;

        statements[i] = (CqlStatement){
            .prepared = outside->prepared,
            .values = {values->data + from, (uint32_t)(ends[i] - from)},
            .value_count = value_count,
        };
    }
    return cql_submit(outside->session, statements, count, &options, err);
}

/* In an order that jumps over the ring, so that all nodes are busy at once. */
static bool submit(CassandraOutside *outside, const RowVec *rows, const GroupVec *groups,
                   Error *err)
{
    enum { STEP = 7919 }; /* A prime. */
    size_t step = groups->count % STEP == 0 ? 1 : STEP;
    StrBuf values;
    bool ok = true;

    strbuf_init(&values);
    for (size_t i = 0, at = 0; ok && i < groups->count; i++) {
        const Group *next = &groups->items[at];

        ok = submit_group(outside, rows->items + next->first, next->count, &values, err);
        at = (at + step) % groups->count;
    }
    strbuf_done(&values);
    return ok;
}

/* Sends the rows and waits until all are acknowledged. */
static bool write_rows(CassandraOutside *outside, RowVec *rows, Error *err)
{
    GroupVec groups = {0};
    Error drained = {0};
    bool ok;

    keep_last(rows);
    qsort(rows->items, rows->count, sizeof *rows->items, by_partition);
    group(outside->session, rows, &groups);
    ok = submit(outside, rows, &groups, err);
    if (!cql_drain(outside->session, &drained) && ok) {
        *err = drained;
        ok = false;
    }
    VEC_DONE(&groups);
    return ok;
}

static bool deliver(Outside *base, const OutsideEpoch *epochs, uint32_t epoch_count, Error *err)
{
    CassandraOutside *outside = (CassandraOutside *)base;
    RowVec rows = {0};
    bool ok = true;

    for (uint32_t e = 0; ok && e < epoch_count; e++) {
        for (uint32_t c = 0; ok && c < epochs[e].chunk_count; c++)
            ok = read_rows(epochs[e].chunks[c], epochs[e].time_us + c, &rows, err);
    }
    ok = ok && (rows.count == 0 || write_rows(outside, &rows, err));
    VEC_DONE(&rows);
    return ok || error_wrap(err, "table %.*s.%.*s", STR_ARG(outside->table.keyspace),
                            STR_ARG(outside->table.name));
}

/* ── materialized views ────────────────────────────────────────────────────────────────────────*/

/*
 * Cassandra cannot exchange a whole table at once. The new rows are written at one time t; then, in
 * each partition, what is older than t is deleted (DELETE … USING TIMESTAMP t - 1). A reader never
 * misses a row that stays, may see old and new rows side by side for a moment, and nothing needs to be
 * remembered: a refresh that fails half way is made good by the next.
 */
static bool flush_view(CassandraOutside *outside, Error *err)
{
    RowVec rows = {0};
    bool ok = read_rows(encoder_take(outside->encoder), outside->stamp_us, &rows, err) &&
              (rows.count == 0 || write_rows(outside, &rows, err));

    VEC_DONE(&rows);
    return ok;
}

static bool replace_begin(Outside *base, Error *err)
{
    CassandraOutside *outside = (CassandraOutside *)base;

    if (!ensure(base, err))
        return false;
    outside->stamp_us = MAX(os_realtime_us(), outside->stamp_us + 2);
    return encoder_create(base, &outside->encoder, err);
}

static bool replace_insert(Outside *base, const Batch *batch, Error *err)
{
    CassandraOutside *outside = (CassandraOutside *)base;

    for (uint32_t row_i = 0; row_i < batch->row_count; row_i++) {
        const char *why = refuses(base, batch, row_i);

        for (uint32_t i = 0; !why && i < outside->table.key_count; i++) {
            if (!vector_is_valid(batch->columns[outside->table.order[i]], row_i))
                why = "a column of the primary key is NULL";
        }
        if (why)
            return error_set(err, ERROR_DATA, "a row cannot be kept: %s", why);
    }
    return encode(outside->encoder, batch, err) &&
           (outside->encoder->bytes < (size_t)REPLACE_ROWS * 100 || flush_view(outside, err));
}

static void put_partition_columns(StrBuf *out, const CassandraTable *table, const char *between)
{
    for (uint32_t i = 0; i < table->partition_count; i++) {
        if (i > 0)
            strbuf_add_c(out, between);
        cassandra_put_name(out, table->table->schema.columns[table->order[i]].name);
        if (between[0] == ' ')
            strbuf_add_c(out, " = ?");
    }
}

static bool prepare_text(CassandraOutside *outside, StrBuf *text, const CqlPrepared **out,
                         Error *err)
{
    bool ok = cql_prepare(outside->session, strbuf_str(text), out, err);

    strbuf_done(text);
    return ok;
}

static bool prepare_partitions(CassandraOutside *outside, const CqlPrepared **select,
                               const CqlPrepared **del, Error *err)
{
    StrBuf text;

    strbuf_init(&text);
    strbuf_add_c(&text, "SELECT DISTINCT ");
    put_partition_columns(&text, &outside->table, ", ");
    strbuf_add_c(&text, " FROM ");
    cassandra_put_table_name(&text, &outside->table);
    if (!prepare_text(outside, &text, select, err))
        return false;
    strbuf_init(&text);
    strbuf_add_c(&text, "DELETE FROM ");
    cassandra_put_table_name(&text, &outside->table);
    strbuf_add_c(&text, " USING TIMESTAMP ? WHERE ");
    put_partition_columns(&text, &outside->table, " AND ");
    return prepare_text(outside, &text, del, err);
}

/* One partition: a row of the SELECT becomes the DELETE's values. */
static bool delete_older(CassandraOutside *outside, const CqlPrepared *del, const Str *partition,
                         StrBuf *values, StrBuf *key, Error *err)
{
    uint32_t count = outside->table.partition_count;
    CqlOptions options = {
        .consistency = outside->table.consistency, .idempotent = true, .has_token = true};
    CqlStatement statement = {.prepared = del, .value_count = (uint16_t)(count + 1)};

    strbuf_clear(values);
    cql_put_int(values, 8);
    cql_put_long(values, outside->stamp_us - 1);
    for (uint32_t i = 0; i < count; i++)
        cql_put_long_string(values, partition[i]);
    statement.values = strbuf_str(values);
    options.token = cql_token(partition_key(
        key, str_slice(statement.values, STAMP_BYTES, statement.values.bytes), count));
    return cql_submit(outside->session, &statement, 1, &options, err);
}

static bool delete_all_older(CassandraOutside *outside, Error *err)
{
    CqlOptions options = {
        .consistency = outside->table.consistency, .idempotent = true, .page_rows = 5000};
    uint32_t count = outside->table.partition_count;
    Str *partition = mem_alloc(count * sizeof *partition);
    const CqlPrepared *select;
    const CqlPrepared *del;
    CqlSelect *rows = NULL;
    CqlRows *page = NULL;
    Error drained = {0};
    StrBuf values;
    StrBuf key;
    bool ok;

    strbuf_init(&values);
    strbuf_init(&key);
    ok = prepare_partitions(outside, &select, &del, err) &&
         cql_select_open(outside->session,
                         &(CqlStatement){.prepared = select, .values = STR_EMPTY}, &options, &rows,
                         err);
    while (ok && (ok = cql_select_next(rows, &page, err)) && page) {
        ok = page->metadata.column_count == count ||
             error_set(err, ERROR_RETRY, "Cassandra's answer has other columns than were asked for");
        for (uint32_t i = 0; ok && i < page->row_count; i++)
            ok = cql_rows_next(page, partition, err) &&
                 delete_older(outside, del, partition, &values, &key, err);
    }
    cql_select_close(rows);
    if (ok && !cql_drain(outside->session, &drained)) {
        *err = drained;
        ok = false;
    }
    strbuf_done(&values);
    strbuf_done(&key);
    free(partition);
    return ok;
}

static bool replace_finish(Outside *base, Error *err)
{
    CassandraOutside *outside = (CassandraOutside *)base;
    bool ok = flush_view(outside, err) && delete_all_older(outside, err);

    if (ok) {
        encoder_free(outside->encoder);
        outside->encoder = NULL;
    }
    return ok;
}

static void replace_abort(Outside *base)
{
    CassandraOutside *outside = (CassandraOutside *)base;

    encoder_free(outside->encoder);
    outside->encoder = NULL;
    disconnect(base);
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

static void outside_free(Outside *base)
{
    CassandraOutside *outside = (CassandraOutside *)base;

    encoder_free(outside->encoder);
    cql_close(outside->session);
    strbuf_done(&outside->insert);
    os_mutex_free(outside->mutex);
    arena_done(&outside->arena);
    free(outside);
}

static const OutsideMethods methods = {
    .name = "Cassandra",
    .ensure = ensure,
    .encoder_create = encoder_create,
    .encode = encode,
    .encoder_take = encoder_take,
    .encoder_free = encoder_free,
    .refuses = refuses,
    .last_delivered = last_delivered,
    .deliver = deliver,
    .disconnect = disconnect,
    .interrupt = interrupt,
    .replace_begin = replace_begin,
    .replace_insert = replace_insert,
    .replace_finish = replace_finish,
    .replace_abort = replace_abort,
    .free = outside_free,
};

bool cassandra_outside_open(const OutsideConfig *config, Outside **out, Error *err)
{
    CassandraOutside *outside = mem_zalloc(sizeof *outside);

    outside->outside = (Outside){.methods = &methods, .keyed = true};
    outside->settings = config->settings;
    arena_init(&outside->arena);
    strbuf_init(&outside->insert);
    outside->mutex = os_mutex_create();
    if (!cassandra_settings_check(config->settings, err) ||
        !cassandra_table_of(&outside->arena, config->table, config->settings, &outside->table,
                            err)) {
        outside_free(&outside->outside);
        return false;
    }
    put_insert(&outside->insert, &outside->table);
    outside->overhead_bytes = ROW_OVERHEAD_BYTES;
    for (uint32_t i = 0; i < config->table->schema.column_count; i++)
        outside->overhead_bytes +=
            config->table->schema.columns[i].name.bytes + COLUMN_OVERHEAD_BYTES;
    atomic_init(&outside->row_bytes_max, CASSANDRA_ROW_BYTES_DEFAULT);
    *out = &outside->outside;
    return true;
}
