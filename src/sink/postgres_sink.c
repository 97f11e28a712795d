#include "sink/postgres_sink.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "client/postgres_client.h"
#include "client/postgres_table.h"
#include "client/postgres_value.h"
#include "log/wire.h"
#include "sink/last_rows.h"

typedef struct PostgresSink {
    Outside outside;
    const TableDef *def;
    PostgresClient *client;
    PostgresTable table;
    bool *is_key;         /* By column; NULL: rows are appended. */
    bool ensured;         /* The table, in this connection; the temporary table too. */
    OutsideEncoder *view; /* Of a view being rebuilt. */
    StrBuf sql;           /* Of the statement at hand. */
} PostgresSink;

typedef struct PostgresEncoder {
    OutsideEncoder encoder;
    const Schema *schema;
    PostgresWriter *writers; /* One a column. */
    StrBuf now, taken;
} PostgresEncoder;

/* What stands around the rows of a binary COPY. */
static const char copy_head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
static const char copy_tail[] = "\377\377";
#define COPY_HEAD ((Str){copy_head, 19})
#define COPY_TAIL ((Str){copy_tail, 2})

/* ── rows to bytes ─────────────────────────────────────────────────────────────────────────────*/

static void encoder_free(OutsideEncoder *outside_encoder)
{
    PostgresEncoder *encoder = (PostgresEncoder *)outside_encoder;

    if (!encoder)
        return;
    for (uint32_t i = 0; i < encoder->schema->column_count; i++)
        postgres_writer_done(&encoder->writers[i]);
    free(encoder->writers);
    strbuf_done(&encoder->now);
    strbuf_done(&encoder->taken);
    free(encoder);
}

static bool encoder_create(Outside *outside, OutsideEncoder **out, Error *err)
{
    const PostgresSink *sink = (PostgresSink *)outside;
    PostgresEncoder *encoder = mem_zalloc(sizeof *encoder);

    encoder->schema = &sink->def->schema;
    encoder->writers = mem_zalloc((encoder->schema->column_count + 1) * sizeof *encoder->writers);
    for (uint32_t i = 0; i < encoder->schema->column_count; i++) {
        if (!postgres_writer_init(&encoder->writers[i], encoder->schema->columns[i].type,
                                  sink->is_key && sink->is_key[i], err)) {
            encoder_free(&encoder->encoder);
            return false;
        }
    }
    *out = &encoder->encoder;
    return true;
}

static bool encode(OutsideEncoder *outside_encoder, const Batch *batch, Error *err)
{
    PostgresEncoder *encoder = (PostgresEncoder *)outside_encoder;
    char count[2];

    (void)err;
    wire_store16(count, (uint16_t)batch->column_count);
    for (uint32_t row = 0; row < batch->row_count; row++) {
        strbuf_add(&encoder->now, count, sizeof count);
        for (uint32_t i = 0; i < batch->column_count; i++)
            postgres_put_value(&encoder->writers[i], batch->columns[i], row, &encoder->now);
    }
    outside_encoder->bytes = encoder->now.bytes;
    return true;
}

static const char *refuses(const Outside *outside, const Batch *batch, uint32_t row_i)
{
    const char *why = NULL;

    (void)outside;
    for (uint32_t i = 0; !why && i < batch->column_count; i++) {
        if (postgres_may_refuse(batch->columns[i]->type))
            why = postgres_refuses(batch->columns[i], row_i);
    }
    return why;
}

static Str encoder_take(OutsideEncoder *outside_encoder)
{
    PostgresEncoder *encoder = (PostgresEncoder *)outside_encoder;
    StrBuf spare = encoder->taken;

    encoder->taken = encoder->now;
    encoder->now = spare;
    strbuf_clear(&encoder->now);
    outside_encoder->bytes = 0;
    return strbuf_str(&encoder->taken);
}

/* ── the table ─────────────────────────────────────────────────────────────────────────────────*/

static StrBuf *statement(PostgresSink *sink)
{
    strbuf_clear(&sink->sql);
    return &sink->sql;
}

static bool run(PostgresSink *sink, int64_t *row_count, Error *err)
{
    return postgres_run(sink->client, strbuf_c(&sink->sql), row_count, err);
}

static void add_epoch_table(const PostgresSink *sink, StrBuf *sql)
{
    postgres_add_beside(sql, &sink->table, STR("weir_epoch"));
}

/* By the name of the table here: two of them, each with epochs of its own, may write to one there. */
static void add_epoch_condition(const PostgresSink *sink, StrBuf *sql, Str run_id)
{
    strbuf_add_c(sql, " WHERE run_id = ");
    postgres_add_literal(sql, run_id);
    strbuf_add_c(sql, " AND table_name = ");
    postgres_add_literal(sql, sink->def->name);
}

static bool ensure_epoch_table(PostgresSink *sink, Error *err)
{
    StrBuf *sql = statement(sink);

    strbuf_add_c(sql, "CREATE TABLE IF NOT EXISTS ");
    add_epoch_table(sink, sql);
    strbuf_add_c(sql, " (run_id text NOT NULL, table_name text NOT NULL, epoch bigint NOT NULL, "
                      "delivered_at timestamp with time zone NOT NULL DEFAULT now(), "
                      "PRIMARY KEY (run_id, table_name))");
    return run(sink, NULL, err);
}

/* Where the rows of a keyed table are copied to first. Of this connection, empty at the begin of each
 * transaction; what one delivery copies fits its buffers. */
static bool ensure_stage(PostgresSink *sink, Error *err)
{
    StrBuf *sql = statement(sink);

    if (!sink->outside.keyed)
        return true;
    strbuf_add_c(sql, "SET temp_buffers TO '48MB'; CREATE TEMPORARY TABLE IF NOT EXISTS weir_stage (");
    for (uint32_t i = 0; i < sink->table.columns->column_count; i++) {
        strbuf_add_c(sql, i ? ", " : "");
        postgres_add_name(sql, sink->table.column_names[i]);
        strbuf_add_char(sql, ' ');
        postgres_type_name(sql, sink->table.columns->columns[i].type);
    }
    strbuf_add_c(sql, ") ON COMMIT DELETE ROWS");
    return run(sink, NULL, err);
}

static bool ensure_connected(PostgresSink *sink, Error *err)
{
    if (!postgres_is_connected(sink->client))
        sink->ensured = false;
    return postgres_connect(sink->client, err);
}

static bool ensure(Outside *outside, Error *err)
{
    PostgresSink *sink = (PostgresSink *)outside;

    if (!ensure_connected(sink, err))
        return false;
    if (sink->ensured)
        return true;
    if (!postgres_run(sink->client, "BEGIN", NULL, err) ||
        !postgres_table_ensure(&sink->table, sink->client, NULL, err) ||
        !ensure_epoch_table(sink, err) || !postgres_run(sink->client, "COMMIT", NULL, err) ||
        !ensure_stage(sink, err)) {
        postgres_disconnect(sink->client);
        return false;
    }
    sink->ensured = true;
    return true;
}

/* ── delivering ────────────────────────────────────────────────────────────────────────────────*/

/* FOR UPDATE: a delivery that is still under way in the server is waited for. */
static bool last_delivered(Outside *outside, Str run_id, int64_t *epoch, Error *err)
{
    PostgresSink *sink = (PostgresSink *)outside;
    StrBuf *sql = statement(sink);
    PGresult *result;
    bool ok;

    strbuf_add_c(sql, "INSERT INTO ");
    add_epoch_table(sink, sql);
    strbuf_add_c(sql, " (run_id, table_name, epoch) VALUES (");
    postgres_add_literal(sql, run_id);
    strbuf_add_c(sql, ", ");
    postgres_add_literal(sql, sink->def->name);
    strbuf_add_c(sql, ", -1) ON CONFLICT DO NOTHING");
    if (!run(sink, NULL, err))
        return false;
    sql = statement(sink);
    strbuf_add_c(sql, "SELECT epoch FROM ");
    add_epoch_table(sink, sql);
    add_epoch_condition(sink, sql, run_id);
    strbuf_add_c(sql, " FOR UPDATE");
    if (!postgres_query(sink->client, strbuf_c(sql), NULL, 0, &result, err))
        return false;
    ok = PQntuples(result) == 1 && str_to_int64(str_of(PQgetvalue(result, 0, 0)), epoch);
    PQclear(result);
    return ok || error_set(err, ERROR_RETRY, "the row of weir_epoch was removed");
}

/* Begins the transaction with the epoch's row: it must not hold any of the epochs yet. */
static bool claim(PostgresSink *sink, const OutsideEpoch *first, const OutsideEpoch *last,
                  Error *err)
{
    StrBuf *sql = statement(sink);
    int64_t row_count = 0;

    strbuf_add_c(sql, "BEGIN; UPDATE ");
    add_epoch_table(sink, sql);
    strbuf_printf(sql, " SET epoch = %" PRId64 ", delivered_at = now()", last->epoch);
    add_epoch_condition(sink, sql, first->run_id);
    strbuf_printf(sql, " AND epoch < %" PRId64, first->epoch);
    if (!run(sink, &row_count, err))
        return false;
    return row_count == 1 ||
           error_set(err, ERROR_RETRY, "another delivery of the same data directory came first");
}

/* Within an epoch a worker's rows have one key each, but another worker's, or the next epoch's, may
 * have the same. */
static bool may_repeat_keys(const OutsideEpoch *epochs, uint32_t epoch_count)
{
    return epoch_count > 1 || epochs[0].chunk_count > 1;
}

static void add_upsert(const PostgresSink *sink, StrBuf *sql)
{
    const PostgresTable *table = &sink->table;
    bool any = false;

    strbuf_add_c(sql, "; INSERT INTO ");
    postgres_add_table(sql, table);
    strbuf_add_c(sql, " (");
    postgres_add_columns(sql, table);
    strbuf_add_c(sql, ") SELECT ");
    postgres_add_columns(sql, table);
    strbuf_add_c(sql, " FROM pg_temp.weir_stage");
    strbuf_add_c(sql, " ON CONFLICT (");
    postgres_add_key(sql, table);
    strbuf_add_c(sql, ") DO ");
    for (uint32_t i = 0; i < table->columns->column_count; i++) {
        if (sink->is_key[i])
            continue;
        strbuf_add_c(sql, any ? ", " : "UPDATE SET ");
        postgres_add_name(sql, table->column_names[i]);
        strbuf_add_c(sql, " = EXCLUDED.");
        postgres_add_name(sql, table->column_names[i]);
        any = true;
    }
    if (!any)
        strbuf_add_c(sql, "NOTHING");
}

static void add_copy(const PostgresSink *sink, StrBuf *sql, const char *into)
{
    strbuf_add_c(sql, "COPY ");
    if (into)
        strbuf_add_c(sql, into);
    else
        postgres_add_table(sql, &sink->table);
    strbuf_add_c(sql, " (");
    postgres_add_columns(sql, &sink->table);
    strbuf_add_c(sql, ") FROM STDIN (FORMAT binary)");
}

/* ── the last row of each key ──────────────────────────────────────────────────────────────────*/

/* Rows of chunks, and the bytes of their keys. */
typedef struct CopyRows {
    VEC(Str) rows;
    StrBuf keys;
    VEC(size_t) key_ends;
} CopyRows;

/* The row that begins at *at of a chunk. */
static bool take_row(const PostgresSink *sink, Str chunk, uint32_t *at, CopyRows *out)
{
    uint32_t start = *at;
    uint32_t column_count = sink->table.columns->column_count;
    Str row;

    if (chunk.bytes - *at < 2 || wire_load16(chunk.data + *at) != column_count)
        return false;
    *at += 2;
    for (uint32_t i = 0; i < column_count; i++) {
        uint32_t field = *at;
        uint32_t length;

        if (chunk.bytes - *at < 4)
            return false;
        length = wire_load32(chunk.data + *at);
        *at += 4;
        if (length != UINT32_MAX) {
            if (chunk.bytes - *at < length)
                return false;
            *at += length;
        }
        if (sink->is_key[i])
            strbuf_add(&out->keys, chunk.data + field, *at - field);
    }
    row = str_slice(chunk, start, *at);
    VEC_ADD(&out->rows, row);
    VEC_ADD(&out->key_ends, out->keys.bytes);
    return true;
}

static bool take_rows(const PostgresSink *sink, const OutsideEpoch *epochs, uint32_t epoch_count,
                      CopyRows *out, Error *err)
{
    for (uint32_t e = 0; e < epoch_count; e++) {
        for (uint32_t c = 0; c < epochs[e].chunk_count; c++) {
            Str chunk = epochs[e].chunks[c];

            for (uint32_t at = 0; at < chunk.bytes;) {
                if (!take_row(sink, chunk, &at, out))
                    return error_set(err, ERROR_JOB, "the outbox holds a row that is not whole");
            }
        }
    }
    return true;
}

/* Sends the rows, some at a time. */
static bool put_rows(PostgresSink *sink, const Str *rows, const uint32_t *which, uint32_t count,
                     Error *err)
{
    enum { PIECE_BYTES = 256 << 10 };
    StrBuf piece = {0};
    bool ok = true;

    for (uint32_t i = 0; ok && i < count; i++) {
        strbuf_add_str(&piece, rows[which[i]]);
        if (piece.bytes < PIECE_BYTES && i + 1 < count)
            continue;
        ok = postgres_copy_put(sink->client, strbuf_str(&piece), err);
        strbuf_clear(&piece);
    }
    strbuf_done(&piece);
    return ok;
}

static bool put_last_rows(PostgresSink *sink, const CopyRows *all, Error *err)
{
    size_t count = all->rows.count;
    Str *keys = mem_alloc((count + 1) * sizeof *keys);
    uint64_t *hashes = mem_alloc((count + 1) * sizeof *hashes);
    uint32_t *last = mem_alloc((count + 1) * sizeof *last);
    uint32_t last_count;
    bool ok;

    for (size_t i = 0; i < count; i++) {
        size_t from = i ? all->key_ends.items[i - 1] : 0;

        keys[i] = (Str){all->keys.data + from, (uint32_t)(all->key_ends.items[i] - from)};
        hashes[i] = hash_bytes(keys[i].data, keys[i].bytes);
    }
    last_count = last_rows(keys, hashes, (uint32_t)count, last);
    ok = put_rows(sink, all->rows.items, last, last_count, err);
    free(keys);
    free(hashes);
    free(last);
    return ok;
}

static bool put_chunks(PostgresSink *sink, const OutsideEpoch *epochs, uint32_t epoch_count,
                       Error *err)
{
    CopyRows all = {0};
    bool ok = true;

    if (!sink->outside.keyed || !may_repeat_keys(epochs, epoch_count)) {
        for (uint32_t e = 0; ok && e < epoch_count; e++) {
            for (uint32_t c = 0; ok && c < epochs[e].chunk_count; c++)
                ok = postgres_copy_put(sink->client, epochs[e].chunks[c], err);
        }
        return ok;
    }
    ok = take_rows(sink, epochs, epoch_count, &all, err) && put_last_rows(sink, &all, err);
    VEC_DONE(&all.rows);
    VEC_DONE(&all.key_ends);
    strbuf_done(&all.keys);
    return ok;
}

static bool deliver(Outside *outside, const OutsideEpoch *epochs, uint32_t epoch_count, Error *err)
{
    PostgresSink *sink = (PostgresSink *)outside;
    StrBuf *sql;

    if (!claim(sink, &epochs[0], &epochs[epoch_count - 1], err))
        return false;
    sql = statement(sink);
    add_copy(sink, sql, outside->keyed ? "pg_temp.weir_stage" : NULL);
    if (outside->keyed)
        add_upsert(sink, sql);
    strbuf_add_c(sql, "; COMMIT");
    return postgres_copy_begin(sink->client, strbuf_c(sql), err) &&
           postgres_copy_put(sink->client, COPY_HEAD, err) &&
           put_chunks(sink, epochs, epoch_count, err) &&
           postgres_copy_put(sink->client, COPY_TAIL, err) &&
           postgres_copy_end(sink->client, NULL, err);
}

static void disconnect(Outside *outside)
{
    PostgresSink *sink = (PostgresSink *)outside;

    postgres_disconnect(sink->client);
    sink->ensured = false;
}

static void interrupt(Outside *outside)
{
    postgres_interrupt(((PostgresSink *)outside)->client);
}

/* ── materialized views ────────────────────────────────────────────────────────────────────────*/

/* The name of the table that will take this one's place: of at most 63 bytes, another for each. */
static Str new_name(PostgresSink *sink)
{
    enum { WHOLE_MAX = 54, CUT_MAX = 37 };
    Str name = sink->table.name;
    Str cut = str_slice(name, 0, MIN(name.bytes, (uint32_t)CUT_MAX));

    if (name.bytes <= WHOLE_MAX)
        return str_of(arena_printf(&sink->table.arena, "weir_new_%.*s", STR_ARG(name)));
    cut.bytes = utf8_valid_prefix(cut); /* Not within a character. */
    return str_of(arena_printf(&sink->table.arena, "weir_new_%.*s_%016" PRIx64, STR_ARG(cut),
                               hash_bytes(name.data, name.bytes)));
}

static bool replace_begin(Outside *outside, Error *err)
{
    PostgresSink *sink = (PostgresSink *)outside;
    Str name = new_name(sink);
    StrBuf *sql;

    if (!encoder_create(outside, &sink->view, err) || !ensure_connected(sink, err) ||
        !postgres_run(sink->client, "BEGIN", NULL, err) ||
        !postgres_table_ensure(&sink->table, sink->client, NULL, err))
        return false;
    sql = statement(sink);
    /* The query may take its time: others that make tables do not wait for it. */
    strbuf_add_c(sql, "COMMIT; BEGIN; CREATE TABLE ");
    postgres_add_beside(sql, &sink->table, name);
    strbuf_add_c(sql, " (LIKE ");
    postgres_add_table(sql, &sink->table);
    strbuf_add_c(sql, " INCLUDING ALL); COPY ");
    postgres_add_beside(sql, &sink->table, name);
    strbuf_add_c(sql, " (");
    postgres_add_columns(sql, &sink->table);
    strbuf_add_c(sql, ") FROM STDIN (FORMAT binary)");
    return postgres_copy_begin(sink->client, strbuf_c(sql), err) &&
           postgres_copy_put(sink->client, COPY_HEAD, err);
}

/* A value that has no place there ends the rebuild: a view is whole or as it was. */
static bool replace_insert(Outside *outside, const Batch *batch, Error *err)
{
    PostgresSink *sink = (PostgresSink *)outside;

    for (uint32_t i = 0; i < batch->row_count; i++) {
        const char *why = refuses(outside, batch, i);

        if (why)
            return error_set(err, ERROR_USER, "%s", why);
    }
    return encode(sink->view, batch, err) &&
           postgres_copy_put(sink->client, encoder_take(sink->view), err);
}

/* A block of PL/pgSQL, for DO. Indexes and their constraints were named after the new table: those of
 * one definition are taken to be each other, in the order they were made. */
static void add_swap_block(const PostgresSink *sink, StrBuf *out, Str name)
{
    static const char indexes[] =
        "(SELECT i.indexrelid AS id, c.relname::text AS name, d.def, row_number() OVER (PARTITION BY "
        "d.def ORDER BY i.indexrelid) AS n FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid, "
        "LATERAL (SELECT concat(i.indisprimary, i.indisunique, substring(pg_get_indexdef("
        "i.indexrelid) FROM ' USING .*')) AS def) d WHERE i.indrelid = %s)";
    StrBuf ours = {0}, theirs = {0};

    postgres_add_table(&ours, &sink->table);
    postgres_add_beside(&theirs, &sink->table, name);
    strbuf_add_c(out, "DECLARE g record; ids oid[]; names text[]; ours regclass := ");
    postgres_add_literal(out, strbuf_str(&ours));
    strbuf_add_c(out, "; theirs regclass := ");
    postgres_add_literal(out, strbuf_str(&theirs));
    strbuf_add_c(
        out,
        "; BEGIN FOR g IN SELECT a.privilege_type AS what, a.is_grantable AS further, CASE a.grantee "
        "WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS who FROM "
        "pg_class c, aclexplode(c.relacl) a WHERE c.oid = ours AND a.grantee <> c.relowner LOOP "
        "EXECUTE format('GRANT %s ON %s TO %s%s', g.what, theirs, g.who, CASE WHEN g.further THEN "
        "' WITH GRANT OPTION' ELSE '' END); END LOOP; "
        "IF obj_description(ours, 'pg_class') IS NOT NULL THEN EXECUTE format('COMMENT ON TABLE %s "
        "IS %L', theirs, obj_description(ours, 'pg_class')); END IF; "
        "SELECT array_agg(t.id), array_agg(o.name) INTO ids, names FROM ");
    strbuf_printf(out, indexes, "ours");
    strbuf_add_c(out, " o JOIN ");
    strbuf_printf(out, indexes, "theirs");
    strbuf_add_c(out, " t ON t.def = o.def AND t.n = o.n; "
                      "BEGIN EXECUTE format('DROP TABLE %s', ours); "
                      "EXECUTE format('ALTER TABLE %s RENAME TO %I', theirs, ");
    postgres_add_literal(out, sink->table.name);
    strbuf_add_c(out, "); FOR i IN 1 .. coalesce(array_length(ids, 1), 0) LOOP "
                      "EXECUTE format('ALTER INDEX %s RENAME TO %I', ids[i]::regclass, names[i]); "
                      "END LOOP; EXCEPTION WHEN dependent_objects_still_exist THEN "
                      "EXECUTE format('DELETE FROM %s', ours); "
                      "EXECUTE format('INSERT INTO %s SELECT * FROM %s', ours, theirs); "
                      "EXECUTE format('DROP TABLE %s', theirs); END; END");
    strbuf_done(&ours);
    strbuf_done(&theirs);
}

/* The new table gets the old one's privileges and its place. Where something hangs on the old one
 * (a view of somebody's), its rows are replaced instead. The block is a literal like any other: no
 * name can end it. */
static void add_swap(const PostgresSink *sink, StrBuf *sql, Str name)
{
    StrBuf block = {0};

    add_swap_block(sink, &block, name);
    strbuf_add_c(sql, "DO ");
    postgres_add_literal(sql, strbuf_str(&block));
    strbuf_add_c(sql, "; COMMIT");
    strbuf_done(&block);
}

static void replace_abort(Outside *outside)
{
    PostgresSink *sink = (PostgresSink *)outside;

    encoder_free(sink->view);
    sink->view = NULL;
    disconnect(outside); /* The server rolls back. */
}

static bool replace_finish(Outside *outside, Error *err)
{
    PostgresSink *sink = (PostgresSink *)outside;
    StrBuf *sql;

    if (!postgres_copy_put(sink->client, COPY_TAIL, err) ||
        !postgres_copy_end(sink->client, NULL, err))
        return false;
    sql = statement(sink);
    add_swap(sink, sql, new_name(sink));
    if (!run(sink, NULL, err))
        return false;
    encoder_free(sink->view);
    sink->view = NULL;
    return true;
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

static void sink_free_all(Outside *outside)
{
    PostgresSink *sink = (PostgresSink *)outside;

    encoder_free(sink->view);
    postgres_client_free(sink->client);
    postgres_table_done(&sink->table);
    strbuf_done(&sink->sql);
    free(sink->is_key);
    free(sink);
}

static const OutsideMethods methods = {
    .name = "PostgreSQL",
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
    .free = sink_free_all,
};

bool postgres_sink_open(const OutsideConfig *config, Outside **out, Error *err)
{
    PostgresSink *sink = mem_zalloc(sizeof *sink);
    PostgresAddress address;
    Arena arena;
    bool ok;

    sink->outside.methods = &methods;
    sink->outside.keyed = config->table->primary_key_count > 0;
    sink->def = config->table;
    if (sink->outside.keyed)
        sink->is_key = mem_zalloc(config->table->schema.column_count + 1);
    for (uint32_t i = 0; i < config->table->primary_key_count; i++)
        sink->is_key[config->table->primary_key[i]] = true;
    arena_init(&arena);
    ok = postgres_table_init(&sink->table, config->table, err) &&
         postgres_address(config->settings, config->table, &arena, &address, err) &&
         postgres_client_create(&address, &sink->client, err);
    arena_done(&arena);
    if (!ok) {
        sink_free_all(&sink->outside);
        return false;
    }
    *out = &sink->outside;
    return true;
}
