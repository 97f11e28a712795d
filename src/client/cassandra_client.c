#include "client/cassandra_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/cassandra_value.h"
#include "os/os.h"

enum { PASSWORD_BYTES_MAX = 4096 };

/* ── the connection ────────────────────────────────────────────────────────────────────────────*/

/* cassandra.password, or the first line of the file that cassandra.password.file names. */
static bool read_password(const Settings *settings, Arena *arena, Str *out, Error *err)
{
    Str file = settings_text(settings, "cassandra.password.file");
    Str rest;

    *out = settings_text(settings, "cassandra.password");
    if (out->bytes || file.bytes == 0)
        return true;
    if (!os_read_file(arena, str_to_c(arena, file), PASSWORD_BYTES_MAX, &rest, err))
        return error_wrap(err, "cassandra.password.file");
    (void)str_split(&rest, '\n', out);
    *out = str_trim(*out);
    return true;
}

static bool read_config(const Settings *settings, Arena *arena, CqlConfig *out, Error *err)
{
    *out = (CqlConfig){
        .contact_points = settings_text(settings, "cassandra.contact.points"),
        .port = (uint16_t)settings_int(settings, "cassandra.port"),
        .version = (uint8_t)settings_int(settings, "cassandra.protocol.version"),
        .local_dc = settings_text(settings, "cassandra.local.datacenter"),
        .username = settings_text(settings, "cassandra.username"),
        .tls = settings_bool(settings, "cassandra.tls"),
        .tls_verify = settings_bool(settings, "cassandra.tls.verify"),
        .tls_ca = settings_text(settings, "cassandra.tls.ca"),
        .tls_cert = settings_text(settings, "cassandra.tls.certificate"),
        .tls_key = settings_text(settings, "cassandra.tls.key"),
        .lz4 = str_is_nocase(settings_text(settings, "cassandra.compression"), "lz4"),
        .in_flight_max = (uint32_t)settings_int(settings, "cassandra.requests"),
        .timeout_us = settings_duration_us(settings, "cassandra.timeout"),
    };
    return read_password(settings, arena, &out->password, err);
}

bool cassandra_settings_check(const Settings *settings, Error *err)
{
    int64_t port = settings_int(settings, "cassandra.port");
    int64_t version = settings_int(settings, "cassandra.protocol.version");
    int64_t requests = settings_int(settings, "cassandra.requests");

    if (port < 1 || port > 65535)
        return error_set(err, ERROR_USER, "cassandra.port must be 1 to 65535");
    if (version < CQL_VERSION_MIN || version > CQL_VERSION_MAX)
        return error_set(err, ERROR_USER, "cassandra.protocol.version must be %d or %d",
                         CQL_VERSION_MIN, CQL_VERSION_MAX);
    if (requests < 1 || requests > 100000)
        return error_set(err, ERROR_USER, "cassandra.requests must be 1 to 100000");
    if (settings_duration_us(settings, "cassandra.timeout") < 1000)
        return error_set(err, ERROR_USER, "cassandra.timeout must be a millisecond at least");
    return true;
}

bool cassandra_session_open(const Settings *settings, Str keyspace, CqlSession **out, Error *err)
{
    CqlConfig config;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = cassandra_settings_check(settings, err) && read_config(settings, &arena, &config, err);
    if (ok) {
        config.keyspace = keyspace;
        ok = cql_open(&config, out, err);
    }
    arena_done(&arena);
    return ok;
}

/* ── idle sessions ─────────────────────────────────────────────────────────────────────────────*/

/* Opening a session takes several round trips and, with a login, a tenth of a second of the server's;
 * a look-up by key takes one of a millisecond. The oldest idle session makes room for a new one. */
typedef struct IdleSession {
    CqlSession *session; /* NULL: free. */
    char *key;           /* What it was opened with. */
    int64_t since_us;
} IdleSession;

static IdleSession idle[CASSANDRA_SESSIONS_IDLE];
static pthread_mutex_t idle_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Every setting that makes a difference, as text. */
static char *session_key(const Settings *settings, Str keyspace)
{
    const SettingDef *def;
    char *key;
    StrBuf text;

    strbuf_init(&text);
    strbuf_add_str(&text, keyspace);
    for (size_t i = 0; (def = setting_at(i)); i++) {
        if (str_starts_with(str_of(def->key), STR("cassandra."))) {
            strbuf_add_char(&text, '\n');
            strbuf_add_str(&text, settings_text(settings, def->key));
        }
    }
    key = mem_strdup(strbuf_c(&text));
    strbuf_done(&text);
    return key;
}

bool cassandra_session_take(const Settings *settings, Str keyspace, CqlSession **out, Error *err)
{
    char *key = session_key(settings, keyspace);
    CqlSession *found = NULL;

    (void)pthread_mutex_lock(&idle_mutex);
    for (size_t i = 0; !found && i < COUNT_OF(idle); i++) {
        if (!idle[i].session || strcmp(idle[i].key, key) != 0)
            continue;
        found = idle[i].session;
        free(idle[i].key);
        idle[i] = (IdleSession){0};
    }
    (void)pthread_mutex_unlock(&idle_mutex);
    free(key);
    if (!found)
        return cassandra_session_open(settings, keyspace, out, err);
    *out = found;
    return true;
}

void cassandra_session_give(const Settings *settings, Str keyspace, CqlSession *session, bool good)
{
    IdleSession given = {session, NULL, os_monotonic_us()};
    IdleSession *place = &idle[0];
    IdleSession gone;

    if (!session)
        return;
    if (!good || cql_is_worn(session)) {
        cql_close(session);
        return;
    }
    given.key = session_key(settings, keyspace);
    (void)pthread_mutex_lock(&idle_mutex);
    for (size_t i = 1; i < COUNT_OF(idle); i++) {
        if (place->session && (!idle[i].session || idle[i].since_us < place->since_us))
            place = &idle[i];
    }
    gone = *place;
    *place = given;
    (void)pthread_mutex_unlock(&idle_mutex);
    cql_close(gone.session);
    free(gone.key);
}

/* ── words ─────────────────────────────────────────────────────────────────────────────────────*/

void cassandra_put_name(StrBuf *out, Str name)
{
    strbuf_add_quoted(out, name, '"');
}

void cassandra_put_text(StrBuf *out, Str text)
{
    strbuf_add_quoted(out, text, '\'');
}

void cassandra_put_table_name(StrBuf *out, const CassandraTable *table)
{
    cassandra_put_name(out, table->keyspace);
    strbuf_add_char(out, '.');
    cassandra_put_name(out, table->name);
}

/* ── the table ─────────────────────────────────────────────────────────────────────────────────*/

static bool contains(const uint32_t *columns, uint32_t count, uint32_t column)
{
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i] == column)
            return true;
    }
    return false;
}

/* Puts those of `from` that are not there yet behind the first *count of `order`. */
static void add_columns(uint32_t *order, uint32_t *count, const uint32_t *from, uint32_t from_count)
{
    for (uint32_t i = 0; i < from_count; i++) {
        if (!contains(order, *count, from[i]))
            order[(*count)++] = from[i];
    }
}

static void add_rest(uint32_t *order, uint32_t *count, const TableDef *table)
{
    for (uint32_t c = 0; c < table->schema.column_count; c++)
        add_columns(order, count, &c, 1);
}

static bool order_columns(Arena *arena, CassandraTable *out, Error *err)
{
    const TableDef *table = out->table;
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, table->schema.column_count + 1);
    uint32_t count = 0;

    if (table->primary_key_count == 0 && table->kind == TABLE_SOURCE)
        goto rest;
    if (table->primary_key_count == 0)
        return error_set(err, ERROR_USER, "Cassandra keeps rows by their key: give the table a "
                                          "'primary_key' in TBLPROPERTIES");
    for (uint32_t i = 0; i < table->partitioned_by_count; i++) {
        if (!contains(table->primary_key, table->primary_key_count, table->partitioned_by[i]))
            return error_set(err, ERROR_USER,
                             "column '%.*s' of PARTITIONED BY is not in 'primary_key': Cassandra's "
                             "partition key is the beginning of its primary key; add it",
                             STR_ARG(table->schema.columns[table->partitioned_by[i]].name));
    }
    add_columns(order, &count, table->partitioned_by, table->partitioned_by_count);
    if (count == 0)
        order[count++] = table->primary_key[0];
    out->partition_count = count;
    add_columns(order, &count, table->primary_key, table->primary_key_count);
    out->key_count = count;
rest:
    add_rest(order, &count, table);
    out->order = order;
    return true;
}

bool cassandra_table_of(Arena *arena, const TableDef *table, const Settings *settings,
                        CassandraTable *out, Error *err)
{
    Str keyspace = table_option(table, "keyspace");
    Str name = table_option(table, "table");
    Str consistency = table_option(table, "consistency");

    *out = (CassandraTable){
        .table = table,
        .keyspace = str_copy(arena, keyspace.data ? keyspace
                                                  : settings_text(settings, "cassandra.keyspace")),
        .name = name.data ? name : str_lower(arena, table->name),
        .microseconds = str_is_nocase(table_option(table, "timestamps"), "microseconds"),
    };
    out->names = ARENA_ARRAY(arena, Str, table->schema.column_count + 1);
    for (uint32_t c = 0; c < table->schema.column_count; c++)
        out->names[c] = table->schema.columns[c].name;
    if (!consistency.data)
        consistency = settings_text(settings, "cassandra.consistency");
    if (!cql_consistency_parse(consistency, &out->consistency))
        return error_set(err, ERROR_USER, "there is no consistency level '%.*s'; take "
                                          "local_quorum, quorum, all, one, local_one, …",
                         STR_ARG(consistency));
    return order_columns(arena, out, err);
}

/* ── making it ─────────────────────────────────────────────────────────────────────────────────*/

static bool make(CqlSession *session, const StrBuf *text, Error *err)
{
    return cql_change_schema(session, strbuf_str(text), CQL_LOCAL_QUORUM, err);
}

static bool ensure_keyspace(CqlSession *session, const CassandraTable *table,
                            const Settings *settings, Error *err)
{
    CqlServerInfo info = cql_server_info(session);
    CqlResult result;
    StrBuf text;
    bool ok;

    cql_result_init(&result);
    strbuf_init(&text);
    strbuf_add_c(&text, "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ");
    cassandra_put_text(&text, table->keyspace);
    ok = cql_query(session, strbuf_str(&text), CQL_ONE, true, &result, err);
    if (ok && result.rows.row_count == 0) {
        if (!settings_bool(settings, "cassandra.keyspace.create")) {
            ok = error_set(err, ERROR_USER,
                           "Cassandra has no keyspace '%.*s', and cassandra.keyspace.create is off; "
                           "make it, or name another with cassandra.keyspace",
                           STR_ARG(table->keyspace));
        } else {
            strbuf_clear(&text);
            strbuf_add_c(&text, "CREATE KEYSPACE IF NOT EXISTS ");
            cassandra_put_name(&text, table->keyspace);
            strbuf_add_c(&text, " WITH replication = {'class': 'NetworkTopologyStrategy', ");
            cassandra_put_text(&text, info.dc);
            strbuf_printf(&text, ": %lld}",
                          (long long)settings_int(settings, "cassandra.replication"));
            ok = make(session, &text, err);
        }
    }
    strbuf_done(&text);
    cql_result_done(&result);
    return ok;
}

static const char *column_type(const CassandraTable *table, uint32_t column)
{
    return cassandra_type_name(table->table->schema.columns[column].type, table->microseconds);
}

static void put_create(StrBuf *text, const CassandraTable *table)
{
    const Schema *schema = &table->table->schema;

    strbuf_add_c(text, "CREATE TABLE IF NOT EXISTS ");
    cassandra_put_table_name(text, table);
    strbuf_add_c(text, " (");
    for (uint32_t i = 0; i < schema->column_count; i++) {
        cassandra_put_name(text, schema->columns[table->order[i]].name);
        strbuf_printf(text, " %s, ", column_type(table, table->order[i]));
    }
    strbuf_add_c(text, "PRIMARY KEY ((");
    for (uint32_t i = 0; i < table->key_count; i++) {
        strbuf_add_c(text, i == 0 ? "" : i == table->partition_count ? "), " : ", ");
        cassandra_put_name(text, schema->columns[table->order[i]].name);
    }
    strbuf_printf(text, "%s)) WITH comment = 'kept by weir'",
                  table->key_count == table->partition_count ? ")" : "");
}

/* ── comparing it ──────────────────────────────────────────────────────────────────────────────*/

/* A column as system_schema.columns has it. */
typedef struct FoundColumn {
    Str name;
    Str type;
    Str kind; /* partition_key, clustering, regular, static */
    int32_t position;
} FoundColumn;

static const FoundColumn *found_column(const FoundColumn *found, uint32_t count, Str name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (str_equal(found[i].name, name))
            return &found[i];
    }
    return NULL;
}

static void key_clause(StrBuf *out, const CassandraTable *table)
{
    for (uint32_t i = 0; i < table->key_count; i++) {
        if (i == 0)
            strbuf_add_c(out, "PRIMARY KEY ((");
        else
            strbuf_add_c(out, i == table->partition_count ? "), " : ", ");
        strbuf_add_str(out, table->table->schema.columns[table->order[i]].name);
    }
    strbuf_add_c(out, table->key_count == table->partition_count ? "))" : ")");
}

static bool differs(const CassandraTable *table, Error *err, const char *what)
{
    return error_set(err, ERROR_USER,
                     "table %.*s.%.*s in Cassandra has another shape: %s; drop it there, or give "
                     "this one another 'table' name",
                     STR_ARG(table->keyspace), STR_ARG(table->name), what);
}

static bool compare_column(const CassandraTable *table, uint32_t i, const FoundColumn *found,
                           uint32_t count, Error *err)
{
    uint32_t column = table->order[i];
    Str name = table->table->schema.columns[column].name;
    const FoundColumn *there = found_column(found, count, name);
    bool in_partition = i < table->partition_count;
    bool in_key = i < table->key_count;
    uint32_t position = in_partition ? i : i - table->partition_count;
    char what[300];
    StrBuf key;

    if (!there) {
        (void)snprintf(what, sizeof what, "column '%.*s' is missing there", STR_ARG(name));
        return differs(table, err, what);
    }
    if (!str_is(there->type, column_type(table, column))) {
        (void)snprintf(what, sizeof what, "column '%.*s' is %.*s there, and %s here", STR_ARG(name),
                       STR_ARG(there->type), column_type(table, column));
        return differs(table, err, what);
    }
    if (str_is(there->kind, in_partition ? "partition_key" : in_key ? "clustering" : "regular") &&
        (!in_key || there->position == (int32_t)position))
        return true;
    strbuf_init(&key);
    key_clause(&key, table);
    (void)snprintf(what, sizeof what, "column '%.*s' is %s%.*s there, and here the table has %s",
                   STR_ARG(name), str_is(there->kind, "regular") ? "a " : "part of the ",
                   STR_ARG(there->kind), strbuf_c(&key));
    strbuf_done(&key);
    return differs(table, err, what);
}

static bool compare(const CassandraTable *table, const FoundColumn *found, uint32_t count,
                    Error *err)
{
    const Schema *schema = &table->table->schema;
    char what[200];

    for (uint32_t i = 0; i < schema->column_count; i++) {
        if (!compare_column(table, i, found, count, err))
            return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        bool here = false;

        for (uint32_t c = 0; c < schema->column_count && !here; c++)
            here = str_equal(schema->columns[c].name, found[i].name);
        if (!here) {
            (void)snprintf(what, sizeof what, "it has a column '%.*s' (%.*s) more",
                           STR_ARG(found[i].name), STR_ARG(found[i].type));
            return differs(table, err, what);
        }
    }
    return true;
}

/* The columns of the table there; *count 0: there is none. */
static bool find_columns(CqlSession *session, const CassandraTable *table, CqlResult *result,
                         Arena *arena, FoundColumn **out, uint32_t *count, Error *err)
{
    FoundColumn *found;
    StrBuf text;
    bool ok;

    strbuf_init(&text);
    strbuf_add_c(&text, "SELECT column_name, type, kind, position FROM system_schema.columns WHERE "
                        "keyspace_name = ");
    cassandra_put_text(&text, table->keyspace);
    strbuf_add_c(&text, " AND table_name = ");
    cassandra_put_text(&text, table->name);
    ok = cql_query(session, strbuf_str(&text), CQL_ONE, true, result, err);
    strbuf_done(&text);
    if (!ok)
        return false;
    if (result->rows.row_count > 0 && result->rows.metadata.column_count != 4)
        return error_set(err, ERROR_RETRY, "Cassandra's schema is not as it should be");
    found = ARENA_ARRAY(arena, FoundColumn, result->rows.row_count + 1);
    for (uint32_t i = 0; i < result->rows.row_count; i++) {
        Str values[4];
        CqlReader position;

        if (!cql_rows_next(&result->rows, values, err))
            return false;
        position = cql_reader(values[3]);
        found[i] = (FoundColumn){values[0], values[1], values[2], cql_read_int(&position)};
    }
    *out = found;
    *count = result->rows.row_count;
    return true;
}

bool cassandra_table_ensure(CqlSession *session, const CassandraTable *table,
                            const Settings *settings, Error *err)
{
    FoundColumn *found = NULL;
    uint32_t count = 0;
    CqlResult result;
    Arena arena;
    StrBuf text;
    bool ok;

    arena_init(&arena);
    cql_result_init(&result);
    strbuf_init(&text);
    ok = ensure_keyspace(session, table, settings, err) &&
         find_columns(session, table, &result, &arena, &found, &count, err);
    if (ok && count == 0) {
        put_create(&text, table);
        ok = make(session, &text, err) &&
             find_columns(session, table, &result, &arena, &found, &count, err);
    }
    ok = ok && compare(table, found, count, err);
    strbuf_done(&text);
    cql_result_done(&result);
    arena_done(&arena);
    return ok;
}

/* ── a table of somebody else's ────────────────────────────────────────────────────────────────*/

/* By its exact name, else without regard to case. */
static const FoundColumn *find_nocase(const FoundColumn *found, uint32_t count, Str name)
{
    const FoundColumn *column = found_column(found, count, name);

    for (uint32_t i = 0; !column && i < count; i++) {
        if (str_equal_nocase(found[i].name, name))
            column = &found[i];
    }
    return column;
}

/* The column here that is the `position`-th of `kind` there, and may be asked for by value; UINT32_MAX:
 * none. A decimal of the key is written here in one scale, there in any. */
static uint32_t key_column(const CassandraTable *table, const FoundColumn *found, uint32_t count,
                           const char *kind, int32_t position)
{
    const Schema *schema = &table->table->schema;

    for (uint32_t c = 0; c < schema->column_count; c++) {
        const FoundColumn *there = find_nocase(found, count, schema->columns[c].name);

        if (there && str_is(there->kind, kind) && there->position == position)
            return str_is(there->type, column_type(table, c)) &&
                           schema->columns[c].type->kind != TYPE_DECIMAL
                       ? c
                       : UINT32_MAX;
    }
    return UINT32_MAX;
}

static void learn_key(Arena *arena, CassandraTable *table, const FoundColumn *found, uint32_t count)
{
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, table->table->schema.column_count + 1);
    uint32_t partition_there = 0;
    uint32_t known = 0;
    uint32_t column;

    for (uint32_t i = 0; i < count; i++)
        partition_there += str_is(found[i].kind, "partition_key");
    while ((column = key_column(table, found, count, "partition_key", (int32_t)known)) != UINT32_MAX)
        order[known++] = column;
    if (known < partition_there)
        known = 0;
    table->partition_count = known;
    for (int32_t i = 0; known > 0 && (column = key_column(table, found, count, "clustering", i)) !=
                                         UINT32_MAX;
         i++)
        order[known++] = column;
    table->key_count = known;
    add_rest(order, &known, table->table);
    table->order = order;
}

bool cassandra_table_learn(CqlSession *session, Arena *arena, CassandraTable *table, Error *err)
{
    const Schema *schema = &table->table->schema;
    FoundColumn *found = NULL;
    uint32_t count = 0;
    CqlResult result;
    bool ok;

    cql_result_init(&result);
    ok = find_columns(session, table, &result, arena, &found, &count, err) &&
         (count > 0 || error_set(err, ERROR_USER, "there is no table %.*s.%.*s in Cassandra",
                                 STR_ARG(table->keyspace), STR_ARG(table->name)));
    for (uint32_t c = 0; ok && c < schema->column_count; c++) {
        const FoundColumn *there = find_nocase(found, count, schema->columns[c].name);

        if (!there)
            ok = error_set(err, ERROR_USER, "table %.*s.%.*s in Cassandra has no column '%.*s'",
                           STR_ARG(table->keyspace), STR_ARG(table->name),
                           STR_ARG(schema->columns[c].name));
        else
            table->names[c] = str_copy(arena, there->name);
    }
    if (ok)
        learn_key(arena, table, found, count);
    cql_result_done(&result);
    return ok;
}

/* ── how large a row may be ────────────────────────────────────────────────────────────────────*/

/* "8192KiB", "8388608B", or a number whose unit the setting's name says. */
static bool read_size(Str text, int64_t unit, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t bytes;
    } units[] = {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}};

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (str_ends_with(text, str_of(units[i].name))) {
            unit = units[i].bytes;
            text = str_slice(text, 0, text.bytes - (uint32_t)strlen(units[i].name));
            break;
        }
    }
    return str_to_int64(text, out) && *out > 0 && !__builtin_mul_overflow(*out, unit, out);
}

/* The limits of a mutation and of a message, under the names that 4.0 and later versions gave them. */
bool cassandra_row_bytes_max(CqlSession *session, int64_t *out, Error *err)
{
    static const struct {
        const char *name;
        int64_t unit;
    } limits[] = {
        {"max_mutation_size", 1 << 10},
        {"max_mutation_size_in_kb", 1 << 10},
        {"native_transport_max_message_size", 1},
        {"native_transport_max_frame_size", 1 << 20},
        {"native_transport_max_frame_size_in_mb", 1 << 20},
    };
    int64_t least = CQL_MESSAGE_BYTES_MAX;
    bool told = false;
    CqlResult result;
    Str values[2];
    bool ok;

    cql_result_init(&result);
    ok = cql_query(session, STR("SELECT name, value FROM system_views.settings"), CQL_ONE, true,
                   &result, err);
    for (uint32_t i = 0; ok && i < result.rows.row_count; i++) {
        ok = (result.rows.metadata.column_count == COUNT_OF(values) ||
              error_set(err, ERROR_RETRY, "Cassandra's settings are not as they should be")) &&
             cql_rows_next(&result.rows, values, err);
        for (size_t k = 0; ok && values[1].data && k < COUNT_OF(limits); k++) {
            int64_t bytes;

            if (!str_is(values[0], limits[k].name) ||
                !read_size(values[1], limits[k].unit, &bytes))
                continue;
            told = told || k < 2;
            least = MIN(least, bytes);
        }
    }
    cql_result_done(&result);
    if (!ok && err->kind == ERROR_USER) { /* No such table, or no right to read it. */
        error_clear(err);
        ok = true;
    }
    if (ok)
        *out = told ? least : MIN(least, (int64_t)CASSANDRA_ROW_BYTES_DEFAULT);
    return ok;
}
