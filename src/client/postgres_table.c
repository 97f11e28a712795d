#include "client/postgres_table.h"

#include <stdlib.h>

#include "client/postgres_value.h"

enum { NAME_BYTES_MAX = 63, DIFFERENCES_SHOWN = 5 };

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

static bool check_name(Str name, Error *err)
{
    return name.bytes <= NAME_BYTES_MAX ||
           error_set(err, ERROR_USER, "the name '%.*s' is longer than PostgreSQL's %d bytes",
                     STR_ARG(name), NAME_BYTES_MAX);
}

bool postgres_table_init(PostgresTable *table, const TableDef *def, Error *err)
{
    Str name = table_option(def, "table");
    bool ok;

    *table = (PostgresTable){
        .schema = table_option(def, "schema"),
        .name = name.data ? name : def->name,
        .columns = &def->schema,
        .key_columns = def->primary_key,
        .key_count = def->primary_key_count,
    };
    arena_init(&table->arena);
    table->column_names = ARENA_ARRAY(&table->arena, Str, def->schema.column_count + 1);
    table->column_types = ARENA_ARRAY(&table->arena, Str, def->schema.column_count + 1);
    ok = check_name(table->name, err) && (!table->schema.data || check_name(table->schema, err));
    for (uint32_t i = 0; i < def->schema.column_count; i++) {
        table->column_names[i] = def->schema.columns[i].name;
        ok = ok && check_name(table->column_names[i], err);
    }
    if (!ok)
        postgres_table_done(table);
    return ok;
}

void postgres_table_done(PostgresTable *table)
{
    arena_done(&table->arena);
}

void postgres_add_beside(StrBuf *out, const PostgresTable *table, Str name)
{
    if (table->schema.data) {
        postgres_add_name(out, table->schema);
        strbuf_add_char(out, '.');
    }
    postgres_add_name(out, name);
}

void postgres_add_table(StrBuf *out, const PostgresTable *table)
{
    postgres_add_beside(out, table, table->name);
}

void postgres_add_columns(StrBuf *out, const PostgresTable *table)
{
    for (uint32_t i = 0; i < table->columns->column_count; i++) {
        strbuf_add_c(out, i ? ", " : "");
        postgres_add_name(out, table->column_names[i]);
    }
}

void postgres_add_key(StrBuf *out, const PostgresTable *table)
{
    for (uint32_t i = 0; i < table->key_count; i++) {
        strbuf_add_c(out, i ? ", " : "");
        postgres_add_name(out, table->column_names[table->key_columns[i]]);
    }
}

/* ── making ────────────────────────────────────────────────────────────────────────────────────*/

static bool is_key(const PostgresTable *table, uint32_t column_i)
{
    for (uint32_t i = 0; i < table->key_count; i++) {
        if (table->key_columns[i] == column_i)
            return true;
    }
    return false;
}

static bool make_table(const PostgresTable *table, PostgresClient *client, Error *err)
{
    StrBuf sql;
    bool ok;

    strbuf_init(&sql);
    strbuf_add_c(&sql, "CREATE TABLE ");
    postgres_add_table(&sql, table);
    strbuf_add_c(&sql, " (");
    for (uint32_t i = 0; i < table->columns->column_count; i++) {
        const Field *column = &table->columns->columns[i];

        strbuf_add_c(&sql, i ? ", " : "");
        postgres_add_name(&sql, table->column_names[i]);
        strbuf_add_char(&sql, ' ');
        postgres_type_name(&sql, column->type);
        if (is_key(table, i))
            strbuf_add_c(&sql, " NOT NULL");
    }
    if (table->key_count) {
        strbuf_add_c(&sql, ", PRIMARY KEY (");
        postgres_add_key(&sql, table);
        strbuf_add_char(&sql, ')');
    }
    strbuf_add_char(&sql, ')');
    ok = postgres_run(client, strbuf_c(&sql), NULL, err);
    strbuf_done(&sql);
    return ok;
}

/* ── checking ──────────────────────────────────────────────────────────────────────────────────*/

typedef struct Differences {
    StrBuf text;
    int count;
} Differences;

PRINTF(2, 3) static void differ(Differences *differences, const char *format, ...)
{
    char line[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (differences->count++ < DIFFERENCES_SHOWN) {
        strbuf_add_c(&differences->text, differences->count > 1 ? "; " : "");
        strbuf_add_c(&differences->text, line);
    }
}

/* The server's row of a column, by its exact name, else without regard to case; -1: none. */
static int find_column(const PGresult *shape, Str name)
{
    for (int nocase = 0; nocase < 2; nocase++) {
        for (int row = 0; row < PQntuples(shape); row++) {
            Str theirs = str_of(PQgetvalue(shape, row, 0));

            if (nocase ? str_equal_nocase(theirs, name) : str_equal(theirs, name))
                return row;
        }
    }
    return -1;
}

/* COPY, by which rows are appended, may write an identity column; what upserts may not. */
static bool is_filled_there(const PostgresTable *table, const char *generated)
{
    return strcmp(generated, "computed") == 0 ||
           (strcmp(generated, "identity") == 0 && table->key_count > 0);
}

static void compare_columns(PostgresTable *table, const PGresult *shape, Differences *differences)
{
    bool *used = mem_zalloc((size_t)PQntuples(shape) + 1);

    for (uint32_t i = 0; i < table->columns->column_count; i++) {
        const Field *column = &table->columns->columns[i];
        int row = find_column(shape, column->name);
        StrBuf type;

        if (row < 0) {
            differ(differences, "column '%.*s' is not there", STR_ARG(column->name));
            continue;
        }
        used[row] = true;
        table->column_names[i] = str_copy(&table->arena, str_of(PQgetvalue(shape, row, 0)));
        strbuf_init(&type);
        postgres_type_name(&type, column->type);
        if (!postgres_type_fits(str_of(PQgetvalue(shape, row, 1)), column->type))
            differ(differences, "column '%.*s' is %s there, and would be %s", STR_ARG(column->name),
                   PQgetvalue(shape, row, 1), strbuf_c(&type));
        else if (PQgetvalue(shape, row, 2)[0] == 't' && column->nullable && !is_key(table, i))
            differ(differences, "column '%.*s' is NOT NULL there, and may be NULL here",
                   STR_ARG(column->name));
        else if (is_filled_there(table, PQgetvalue(shape, row, 4)))
            differ(differences, "column '%.*s' is GENERATED ALWAYS there, and cannot be written",
                   STR_ARG(column->name));
        strbuf_done(&type);
    }
    for (int row = 0; row < PQntuples(shape); row++) {
        if (!used[row] && PQgetvalue(shape, row, 2)[0] == 't' &&
            PQgetvalue(shape, row, 3)[0] != 't')
            differ(differences, "column '%s' is NOT NULL there, without a default, and is not here",
                   PQgetvalue(shape, row, 0));
    }
    free(used);
}

static int compare_texts(const void *a, const void *b)
{
    return str_compare(*(const Str *)a, *(const Str *)b);
}

/* The key's columns as an array of PostgreSQL's, sorted. */
static void add_sorted_key(StrBuf *out, const PostgresTable *table)
{
    Str *names = mem_alloc((table->key_count + 1) * sizeof *names);

    for (uint32_t i = 0; i < table->key_count; i++)
        names[i] = table->column_names[table->key_columns[i]];
    qsort(names, table->key_count, sizeof *names, compare_texts);
    strbuf_add_c(out, "ARRAY[");
    for (uint32_t i = 0; i < table->key_count; i++) {
        strbuf_add_c(out, i ? ", " : "");
        postgres_add_literal(out, names[i]);
    }
    strbuf_add_c(out, "]::text[]");
    free(names);
}

/* Upserts need an index that is unique over exactly the key's columns. */
static bool compare_key(const PostgresTable *table, PostgresClient *client, const char *relation,
                        Differences *differences, Error *err)
{
    PGresult *result;
    StrBuf sql, key;
    bool ok;

    if (!table->key_count)
        return true;
    strbuf_init(&sql);
    strbuf_init(&key);
    strbuf_add_c(
        &sql, "SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = $1::oid AND "
              "i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND "
              "i.indexprs IS NULL AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text "
              "COLLATE \"C\") FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid AND "
              "a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) = ");
    add_sorted_key(&sql, table);
    ok = postgres_query(client, strbuf_c(&sql), &relation, 1, &result, err);
    if (ok) {
        postgres_add_key(&key, table);
        if (strcmp(PQgetvalue(result, 0, 0), "0") == 0)
            differ(differences, "it has no primary key or unique index over (%s)", strbuf_c(&key));
        PQclear(result);
    }
    strbuf_done(&sql);
    strbuf_done(&key);
    return ok;
}

static bool find_columns(PostgresClient *client, const char *relation, PGresult **out, Error *err)
{
    return postgres_query(client,
                          "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), "
                          "a.attnotnull, a.atthasdef OR a.attidentity <> '', CASE WHEN "
                          "a.attgenerated <> '' THEN 'computed' WHEN a.attidentity = 'a' THEN "
                          "'identity' ELSE '' END FROM "
                          "pg_catalog.pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 "
                          "AND NOT a.attisdropped ORDER BY a.attnum",
                          &relation, 1, out, err);
}

static bool check_shape(PostgresTable *table, PostgresClient *client, const char *relation,
                        const char *kind, Error *err)
{
    Differences differences = {0};
    PGresult *shape;
    bool ok;

    if (kind[0] != 'r' && kind[0] != 'p')
        return error_set(err, ERROR_USER, "'%.*s' in PostgreSQL is no table, but a %s",
                         STR_ARG(table->name),
                         kind[0] == 'v'   ? "view"
                         : kind[0] == 'm' ? "materialized view"
                         : kind[0] == 'f' ? "foreign table"
                                          : "relation of another kind");
    if (!find_columns(client, relation, &shape, err))
        return false;
    compare_columns(table, shape, &differences);
    PQclear(shape);
    ok = compare_key(table, client, relation, &differences, err);
    if (ok && differences.count)
        ok = error_set(
            err, ERROR_USER,
            "table '%.*s' in PostgreSQL has another shape: %s%s. Change it there, or name "
            "another one ('table' = '…')",
            STR_ARG(table->name), strbuf_c(&differences.text),
            differences.count > DIFFERENCES_SHOWN ? "; and more" : "");
    strbuf_done(&differences.text);
    return ok;
}

/* Its oid and kind, or no row. */
static bool find_table(const PostgresTable *table, PostgresClient *client, PGresult **out,
                       Error *err)
{
    StrBuf name;
    const char *parameter;
    bool ok;

    strbuf_init(&name);
    postgres_add_table(&name, table);
    parameter = strbuf_c(&name);
    ok = postgres_query(client,
                        "SELECT c.oid, c.relkind FROM pg_catalog.pg_class c WHERE c.oid = "
                        "pg_catalog.to_regclass($1)",
                        &parameter, 1, out, err);
    strbuf_done(&name);
    return ok;
}

bool postgres_table_look_up(PostgresTable *table, PostgresClient *client, Error *err)
{
    PGresult *found, *columns;
    bool ok;

    if (!find_table(table, client, &found, err))
        return false;
    if (PQntuples(found) == 0) {
        PQclear(found);
        return error_set(err, ERROR_USER, "there is no table '%.*s' in PostgreSQL at %s",
                         STR_ARG(table->name), postgres_client_place(client));
    }
    ok = find_columns(client, PQgetvalue(found, 0, 0), &columns, err);
    PQclear(found);
    if (!ok)
        return false;
    for (uint32_t i = 0; ok && i < table->columns->column_count; i++) {
        Str name = table->columns->columns[i].name;
        int row = find_column(columns, name);

        if (row < 0) {
            ok = error_set(err, ERROR_USER, "table '%.*s' in PostgreSQL has no column '%.*s'",
                           STR_ARG(table->name), STR_ARG(name));
            break;
        }
        table->column_names[i] = str_copy(&table->arena, str_of(PQgetvalue(columns, row, 0)));
        table->column_types[i] = str_copy(&table->arena, str_of(PQgetvalue(columns, row, 1)));
    }
    PQclear(columns);
    return ok;
}

bool postgres_table_ensure(PostgresTable *table, PostgresClient *client, bool *made, Error *err)
{
    PGresult *found;
    bool ok;

    /* Others that make tables at the same time wait here, to the end of the transaction. */
    if (!postgres_run(client, "SELECT pg_catalog.pg_advisory_xact_lock(2003134834)", NULL, err))
        return false;
    if (!find_table(table, client, &found, err))
        return false;
    if (made)
        *made = PQntuples(found) == 0;
    ok = PQntuples(found) == 0
             ? make_table(table, client, err)
             : check_shape(table, client, PQgetvalue(found, 0, 0), PQgetvalue(found, 0, 1), err);
    PQclear(found);
    return ok;
}
