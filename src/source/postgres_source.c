#include "source/postgres_source.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "client/postgres_client.h"
#include "client/postgres_table.h"
#include "client/postgres_value.h"
#include "column/format_value.h"
#include "log/wire.h"

struct OutsideScan {
    struct PostgresSource *source;
    PostgresReader *readers; /* One a column of the scan. */
    uint32_t column_count;
    bool head_read;
    bool at_end;
};

typedef struct PostgresSource {
    OutsideTable table;
    const TableDef *def;
    PostgresClient *client;
    PostgresTable shape;
    bool names_known; /* The server's names of the columns were looked up. */
    StrBuf sql;
} PostgresSource;

/* What a binary COPY begins with: signature, flags, length of what follows. */
enum { HEAD_BYTES = 19 };

/* ── conditions ────────────────────────────────────────────────────────────────────────────────*/

/* Times whose text both sides read alike: years 1 to 9999. */
static bool is_plain_time(const Vector *value)
{
    static const int64_t day_us = INT64_C(86400000000);
    int64_t day =
        value->type->kind == TYPE_DATE ? vector_i32(value)[0] : vector_i64(value)[0] / day_us - 1;

    return day >= -719162 && day < 2932896;
}

/* Text that the server can be told, and that it orders as weir does, where order counts. */
static bool is_plain_text(const PostgresSource *source, const StoreFilter *filter)
{
    Str text = vector_strs(filter->value)[0];

    return utf8_valid_prefix(text) == text.bytes &&
           !(text.bytes && memchr(text.data, 0, text.bytes)) &&
           (filter->op == STORE_EQ || postgres_is_utf8(source->client));
}

/*
 * Whether the server may leave out rows by this condition: every row for which it holds, of the values
 * as they are read here, must pass there; the caller filters again. A value that is not NULL there may
 * be NULL here (NaN among numerics, infinite times): so IS NULL is not asked of every type, while in a
 * comparison such a row may come for nothing. Texts are compared as bytes, numerics rounded to the
 * scale that they have here, timestamps in the session's UTC. Doubles are not asked for: -0.0, NaN.
 */
static bool may_decide(const PostgresSource *source, const StoreFilter *filter)
{
    const Type *type = source->def->schema.columns[filter->column_i].type;

    if (filter->op == STORE_IS_NULL || filter->op == STORE_IS_NOT_NULL)
        return filter->op == STORE_IS_NOT_NULL || !postgres_reads_as_null(type);
    switch (type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_DECIMAL:
        return true;
    case TYPE_STRING:
        return is_plain_text(source, filter);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
        return is_plain_time(filter->value);
    case TYPE_VOID:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_BINARY:
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
    case TYPE_INTERVAL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
    case TYPE_KIND_COUNT:
        break;
    }
    return false;
}

static bool is_integral_there(Str type)
{
    return str_is(type, "smallint") || str_is(type, "integer") || str_is(type, "bigint");
}

/* The column as it is compared; as it stands where it has the type it has here, so that indexes work. */
static void add_operand(PostgresSource *source, uint32_t column_i)
{
    const Type *type = source->def->schema.columns[column_i].type;
    Str name = source->shape.column_names[column_i];
    StrBuf *sql = &source->sql;
    StrBuf here = {0};

    postgres_type_name(&here, type);
    if (str_equal(strbuf_str(&here), source->shape.column_types[column_i]) ||
        (type_is_integral(type) && is_integral_there(source->shape.column_types[column_i]))) {
        postgres_add_name(sql, name);
    } else if (type->kind == TYPE_DECIMAL) {
        strbuf_add_c(sql, "round(");
        postgres_add_select(sql, name, type);
        strbuf_printf(sql, ", %u)", type->scale);
    } else {
        postgres_add_select(sql, name, type);
    }
    strbuf_done(&here);
}

/* Row `row` of `value`, as a literal of the column's type. */
static void add_value(StrBuf *sql, const Type *type, const Vector *value, uint32_t row)
{
    StrBuf text = {0};

    value_to_text(&text, value, row, zone_utc());
    if (type->kind == TYPE_TIMESTAMP)
        strbuf_add_c(&text, "+00");
    postgres_add_literal(sql, strbuf_str(&text));
    strbuf_add_c(sql, "::");
    postgres_type_name(sql, type);
    strbuf_done(&text);
}

static void add_condition(PostgresSource *source, const StoreFilter *filter)
{
    static const char *const operators[] = {
        [STORE_EQ] = " = ",
        [STORE_LT] = " < ",
        [STORE_LE] = " <= ",
        [STORE_GT] = " > ",
        [STORE_GE] = " >= ",
        [STORE_IS_NULL] = " IS NULL",
        [STORE_IS_NOT_NULL] = " IS NOT NULL",
    };
    const Type *type = source->def->schema.columns[filter->column_i].type;
    StrBuf *sql = &source->sql;

    if (filter->op == STORE_IS_NULL || filter->op == STORE_IS_NOT_NULL) {
        postgres_add_name(sql, source->shape.column_names[filter->column_i]);
        strbuf_add_c(sql, operators[filter->op]);
        return;
    }
    add_operand(source, filter->column_i);
    if (type->kind == TYPE_STRING && filter->op != STORE_EQ)
        strbuf_add_c(sql, " COLLATE \"C\""); /* Bytes, as Spark. */
    strbuf_add_c(sql, operators[filter->op]);
    add_value(sql, type, filter->value, 0);
}

/* ── keys ──────────────────────────────────────────────────────────────────────────────────────*/

/* Types of which any value can be told to the server, but for texts that it cannot have. */
static bool is_key_type(const Type *type)
{
    return type_is_integral(type) || type->kind == TYPE_DECIMAL || type->kind == TYPE_STRING;
}

/* A text that no row of the server can have. */
static bool is_no_text_there(const Vector *v, uint32_t row_i)
{
    Str text;

    if (v->type->kind != TYPE_STRING)
        return false;
    text = vector_strs(v)[vector_row(v, row_i)];
    return utf8_valid_prefix(text) < text.bytes || (text.bytes && memchr(text.data, 0, text.bytes));
}

/* `(a, b) IN (VALUES (…), …)`, of the columns that can be asked for; of one, `a IN (…)`. */
static void add_keys(PostgresSource *source, const StoreKeys *keys)
{
    const Schema *schema = &source->def->schema;
    StrBuf *sql = &source->sql;
    uint32_t *asked = mem_alloc((keys->column_count + 1) * sizeof *asked);
    uint32_t count = 0;
    bool any = false;

    for (uint32_t k = 0; k < keys->column_count; k++) {
        if (is_key_type(schema->columns[keys->columns[k]].type))
            asked[count++] = k;
    }
    strbuf_add_char(sql, '(');
    for (uint32_t i = 0; i < count; i++) {
        strbuf_add_c(sql, i ? ", " : "");
        add_operand(source, keys->columns[asked[i]]);
    }
    strbuf_add_c(sql, count > 1 ? ") IN (VALUES " : ") IN (");
    for (uint32_t row = 0; row < keys->rows->row_count; row++) {
        bool possible = true;

        for (uint32_t i = 0; i < count; i++)
            possible = possible && !is_no_text_there(keys->rows->columns[asked[i]], row);
        if (!possible)
            continue;
        strbuf_add_c(sql, any ? ", " : "");
        strbuf_add_c(sql, count > 1 ? "(" : "");
        for (uint32_t i = 0; i < count; i++) {
            strbuf_add_c(sql, i ? ", " : "");
            add_value(sql, schema->columns[keys->columns[asked[i]]].type,
                      keys->rows->columns[asked[i]], row);
        }
        strbuf_add_c(sql, count > 1 ? ")" : "");
        any = true;
    }
    if (!any) { /* None can be there. */
        strbuf_add_c(sql, count > 1 ? "(" : "");
        for (uint32_t i = 0; i < count; i++)
            strbuf_add_c(sql, i ? ", NULL" : "NULL");
        strbuf_add_c(sql, count > 1 ? ")" : "");
    }
    strbuf_add_char(sql, ')');
    free(asked);
}

static void add_query(PostgresSource *source, const StoreScanSpec *spec)
{
    StrBuf *sql = &source->sql;
    bool any = false;

    strbuf_clear(sql);
    strbuf_add_c(sql, "COPY (SELECT ");
    for (uint32_t i = 0; i < spec->column_count; i++) {
        strbuf_add_c(sql, i ? ", " : "");
        postgres_add_select(sql, source->shape.column_names[spec->columns[i]],
                            spec->schema->columns[spec->columns[i]].type);
    }
    strbuf_add_c(sql, " FROM ");
    postgres_add_table(sql, &source->shape);
    for (uint32_t i = 0; i < spec->filter_count; i++) {
        if (!may_decide(source, &spec->filters[i]))
            continue;
        strbuf_add_c(sql, any ? " AND " : " WHERE ");
        add_condition(source, &spec->filters[i]);
        any = true;
    }
    if (spec->keys) {
        strbuf_add_c(sql, any ? " AND " : " WHERE ");
        add_keys(source, spec->keys);
    }
    strbuf_add_c(sql, ") TO STDOUT (FORMAT binary)");
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static void scan_close(OutsideScan *scan)
{
    if (!scan)
        return;
    if (!scan->at_end)
        postgres_disconnect(scan->source->client); /* The rest of the rows is not wanted. */
    for (uint32_t i = 0; i < scan->column_count; i++)
        postgres_reader_done(&scan->readers[i]);
    free(scan->readers);
    free(scan);
}

static bool look_up_names(PostgresSource *source, Error *err)
{
    source->names_known =
        source->names_known || postgres_table_look_up(&source->shape, source->client, err);
    return source->names_known;
}

static bool scan_open(OutsideTable *table, const StoreScanSpec *spec, OutsideScan **out, Error *err)
{
    PostgresSource *source = (PostgresSource *)table;
    OutsideScan *scan = mem_zalloc(sizeof *scan);
    bool ok = true;

    scan->source = source;
    scan->readers = mem_zalloc((spec->column_count + 1) * sizeof *scan->readers);
    for (uint32_t i = 0; ok && i < spec->column_count; i++) {
        ok = postgres_reader_init(&scan->readers[i], spec->schema->columns[spec->columns[i]].type,
                                  err);
        scan->column_count += ok;
    }
    if (ok && postgres_connect(source->client, err) && look_up_names(source, err)) {
        add_query(source, spec);
        if (postgres_read_begin(source->client, strbuf_c(&source->sql), err)) {
            *out = scan;
            return true;
        }
    }
    scan_close(scan);
    return false;
}

static bool malformed(Error *err)
{
    return error_set(err, ERROR_JOB, "PostgreSQL sent a row that cannot be read");
}

/* One row; *end: there are no more. */
static bool take_row(OutsideScan *scan, Str piece, bool *end, Error *err)
{
    uint32_t at = 0;

    if (!scan->head_read) {
        if (piece.bytes < HEAD_BYTES || memcmp(piece.data, "PGCOPY\n", 7) != 0)
            return malformed(err);
        at = HEAD_BYTES + wire_load32(piece.data + HEAD_BYTES - 4);
        scan->head_read = true;
        *end = false;
        if (at == piece.bytes)
            return true;
    }
    if (piece.bytes - at < 2 || at > piece.bytes)
        return malformed(err);
    *end = wire_load16(piece.data + at) == UINT16_MAX;
    if (*end)
        return true;
    if (wire_load16(piece.data + at) != scan->column_count)
        return malformed(err);
    at += 2;
    for (uint32_t i = 0; i < scan->column_count; i++) {
        Str value = {NULL, 0};
        uint32_t length;

        if (piece.bytes - at < 4)
            return malformed(err);
        length = wire_load32(piece.data + at);
        at += 4;
        if (length != UINT32_MAX) {
            if (piece.bytes - at < length)
                return malformed(err);
            value = (Str){piece.data + at, length};
            at += length;
        }
        if (!postgres_take_value(&scan->readers[i], value))
            return malformed(err);
    }
    return true;
}

/* The server sends the head and the first row in pieces of their own or together. */
static bool scan_next(OutsideScan *scan, Arena *arena, uint32_t row_max, Batch **out, Error *err)
{
    uint32_t row_count = 0;

    *out = NULL;
    if (scan->at_end)
        return true;
    for (uint32_t i = 0; i < scan->column_count; i++)
        postgres_reader_begin(&scan->readers[i], arena, row_max);
    while (row_count < row_max) {
        bool first = !scan->head_read;
        bool end = false;
        Str piece;

        if (!postgres_read(scan->source->client, &piece, err))
            return false;
        if (piece.bytes == 0) {
            scan->at_end = true;
            break;
        }
        if (!take_row(scan, piece, &end, err))
            return false;
        row_count += !end && (!first || piece.bytes > HEAD_BYTES);
    }
    if (row_count == 0)
        return true;
    *out = batch_new(arena, scan->column_count, row_count);
    for (uint32_t i = 0; i < scan->column_count; i++)
        (*out)->columns[i] = postgres_reader_finish(&scan->readers[i]);
    return true;
}

/* ── by key ────────────────────────────────────────────────────────────────────────────────────*/

/* An index that begins with one of the columns; large: more than 8 MiB. */
static bool looks_up(OutsideTable *table, const uint32_t *columns, uint32_t column_count, bool *yes,
                     bool *large, Error *err)
{
    PostgresSource *source = (PostgresSource *)table;
    StrBuf sql = {0}, name = {0};
    const char *parameter;
    PGresult *result;
    bool any = false;
    bool ok;

    *yes = *large = false;
    if (!postgres_connect(source->client, err) || !look_up_names(source, err)) {
        postgres_disconnect(source->client);
        return false;
    }
    postgres_add_table(&name, &source->shape);
    parameter = strbuf_c(&name);
    strbuf_add_c(&sql, "SELECT count(*), pg_catalog.pg_relation_size(pg_catalog.to_regclass($1)) > "
                       "8388608 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON "
                       "a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indrelid = "
                       "pg_catalog.to_regclass($1) AND i.indisvalid AND i.indpred IS NULL AND "
                       "a.attname IN (");
    for (uint32_t i = 0; i < column_count; i++) {
        if (!is_key_type(source->def->schema.columns[columns[i]].type))
            continue;
        strbuf_add_c(&sql, any ? ", " : "");
        postgres_add_literal(&sql, source->shape.column_names[columns[i]]);
        any = true;
    }
    strbuf_add_char(&sql, ')');
    ok = !any || postgres_query(source->client, strbuf_c(&sql), &parameter, 1, &result, err);
    if (ok && any) {
        *yes = strcmp(PQgetvalue(result, 0, 0), "0") != 0;
        *large = strcmp(PQgetvalue(result, 0, 1), "t") == 0;
        PQclear(result);
    }
    if (!ok)
        postgres_disconnect(source->client);
    strbuf_done(&sql);
    strbuf_done(&name);
    return ok;
}

/* ── has it changed? ───────────────────────────────────────────────────────────────────────────*/

/* Out of the server's statistics of the table, which it brings up to date within a second or so of
 * a commit, and of the file it stands in, which a swap or TRUNCATE changes at once. */
static bool version(OutsideTable *table, int64_t *out, Error *err)
{
    PostgresSource *source = (PostgresSource *)table;
    StrBuf name = {0};
    const char *parameter;
    PGresult *result;
    bool ok;

    if (!postgres_connect(source->client, err))
        return false;
    postgres_add_table(&name, &source->shape);
    parameter = strbuf_c(&name);
    ok =
        postgres_query(source->client,
                       "SELECT pg_catalog.hashtextextended(concat_ws(' ', c.oid, c.relfilenode, "
                       "s.n_tup_ins, s.n_tup_upd, s.n_tup_del), 0) FROM pg_catalog.pg_class c LEFT "
                       "JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid WHERE c.oid = "
                       "pg_catalog.to_regclass($1)",
                       &parameter, 1, &result, err);
    strbuf_done(&name);
    if (!ok) {
        postgres_disconnect(source->client);
        return false;
    }
    *out = 0;
    if (PQntuples(result) == 1)
        (void)str_to_int64(str_of(PQgetvalue(result, 0, 0)), out);
    PQclear(result);
    return true;
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

static void free_source(OutsideTable *table)
{
    PostgresSource *source = (PostgresSource *)table;

    postgres_client_free(source->client);
    postgres_table_done(&source->shape);
    strbuf_done(&source->sql);
    free(source);
}

static const OutsideTableMethods methods = {
    .name = "PostgreSQL",
    .scan_open = scan_open,
    .scan_next = scan_next,
    .scan_close = scan_close,
    .looks_up = looks_up,
    .version = version,
    .free = free_source,
};

bool postgres_source_open(const OutsideTableConfig *config, OutsideTable **out, Error *err)
{
    PostgresSource *source = mem_zalloc(sizeof *source);
    PostgresAddress address;
    Arena arena;
    bool ok;

    source->table.methods = &methods;
    source->def = config->table;
    arena_init(&arena);
    ok = postgres_table_init(&source->shape, config->table, err) &&
         postgres_address(config->settings, config->table, &arena, &address, err) &&
         postgres_client_create(&address, &source->client, err);
    arena_done(&arena);
    if (!ok) {
        free_source(&source->table);
        return false;
    }
    *out = &source->table;
    return true;
}
