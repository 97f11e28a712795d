/*
 * cassandra_table.c: rows of a table in Cassandra.
 *
 * With `=` for every column of the partition key the rows are looked up where they lie; conditions on
 * the clustering columns behind it go along as far as Cassandra takes them (equal, equal, …, then a
 * range). Any other condition reads the whole table, page by page: Cassandra could only filter by
 * reading it all as well. Many keys at once (StoreScanSpec.keys) are a question each, some hundred of
 * them on their way.
 */
#include "source/cassandra_table.h"

#include <stdlib.h>

#include "base/vec.h"
#include "client/cassandra_client.h"
#include "client/cassandra_value.h"
#include "client/cql/cql_token.h"

enum {
    PAGE_ROWS = 5000,
    QUESTIONS_MAX = 256, /* Keys that are asked for at once. */
    KEY_BYTES_MAX = 65535,
};

typedef struct CassandraReading {
    OutsideTable base;
    const Settings *settings;
    Arena arena;
    CassandraTable table;
    CqlSession *session; /* NULL: not connected. */
    bool known;          /* What is there has been looked up. */
    bool failed;         /* Something went wrong: the session is not used again. */
} CassandraReading;

struct OutsideScan {
    CassandraReading *table;
    uint32_t column_count;
    CassandraReader *readers;
    Str *names; /* Of the columns, for what is told of them. */
    CqlSelect *select;
    struct KeyedSelects *keyed; /* NULL: one question alone. */
    CqlRows *page; /* NULL: the next is to be fetched. */
    uint32_t page_row_i;
    Str *values;
};

/* ── conditions ────────────────────────────────────────────────────────────────────────────────*/

/* What is asked for, as CQL and its values. */
typedef struct Question {
    CassandraReading *table;
    const StoreScanSpec *spec;
    StrBuf text;
    StrBuf values;
    uint16_t value_count;
    size_t partition_values_end;
    bool by_key; /* The partition key is given. */
} Question;

/* Whether Cassandra orders and compares the type's values as weir does. */
static bool is_comparable(const Type *type)
{
    return type->kind == TYPE_BOOLEAN || type_is_integral(type) || type->kind == TYPE_DECIMAL ||
           type->kind == TYPE_STRING || type->kind == TYPE_BINARY || type->kind == TYPE_DATE ||
           type->kind == TYPE_TIMESTAMP;
}

static const StoreFilter *find_filter(const Question *question, uint32_t column, bool range,
                                      bool upper)
{
    for (uint32_t i = 0; i < question->spec->filter_count; i++) {
        const StoreFilter *filter = &question->spec->filters[i];

        if (filter->column_i != column)
            continue;
        if (range ? (upper ? filter->op == STORE_LT || filter->op == STORE_LE
                           : filter->op == STORE_GT || filter->op == STORE_GE)
                  : filter->op == STORE_EQ)
            return filter;
    }
    return NULL;
}

/* `column op ?` and the value. A range includes its bound, whatever was asked: a TIMESTAMP may have
 * been cut to milliseconds, and the caller filters again. */
static bool put_condition(Question *question, uint32_t column_i, const Vector *value, uint32_t row_i,
                          const char *op, Error *err)
{
    const CassandraTable *table = &question->table->table;
    const Field *column = &table->table->schema.columns[column_i];
    CassandraWriter writer;
    bool ok;

    strbuf_add_c(&question->text, question->value_count ? " AND " : " WHERE ");
    cassandra_put_name(&question->text, table->names[column_i]);
    strbuf_printf(&question->text, " %s ?", op);
    ok = cassandra_writer_init(&writer, column->type, table->microseconds, true, err);
    if (ok) {
        cassandra_writer_use(&writer, value);
        cassandra_write(&writer, &question->values, row_i);
        question->value_count++;
    }
    cassandra_writer_done(&writer);
    return ok;
}

static bool put_filter(Question *question, const StoreFilter *filter, const char *op, Error *err)
{
    return put_condition(question, filter->column_i, filter->value, 0, op, err);
}

static bool put_key_conditions(Question *question, Error *err)
{
    const CassandraTable *table = &question->table->table;
    const StoreFilter *filter;

    if (table->partition_count == 0)
        return true;
    for (uint32_t i = 0; i < table->partition_count; i++) {
        if (!is_comparable(table->table->schema.columns[table->order[i]].type) ||
            !find_filter(question, table->order[i], false, false))
            return true;
    }
    question->by_key = true;
    for (uint32_t i = 0; i < table->key_count; i++) {
        uint32_t column = table->order[i];

        if (i == table->partition_count)
            question->partition_values_end = question->values.bytes;
        if (!is_comparable(table->table->schema.columns[column].type))
            return true;
        filter = find_filter(question, column, false, false);
        if (filter) {
            if (!put_filter(question, filter, "=", err))
                return false;
            continue;
        }
        filter = find_filter(question, column, true, false);
        if (filter && !put_filter(question, filter, ">=", err))
            return false;
        filter = find_filter(question, column, true, true);
        return !filter || put_filter(question, filter, "<=", err);
    }
    if (table->key_count == table->partition_count)
        question->partition_values_end = question->values.bytes;
    return true;
}

/* SELECT of the columns asked for; of none of them: of the key's first, for Cassandra wants one. */
static void put_columns(Question *question)
{
    const CassandraTable *table = &question->table->table;
    const StoreScanSpec *spec = question->spec;

    strbuf_add_c(&question->text, "SELECT ");
    for (uint32_t i = 0; i < spec->column_count; i++) {
        if (i > 0)
            strbuf_add_c(&question->text, ", ");
        cassandra_put_name(&question->text, table->names[spec->columns[i]]);
    }
    if (spec->column_count == 0)
        cassandra_put_name(&question->text, table->names[table->order[0]]);
    strbuf_add_c(&question->text, " FROM ");
    cassandra_put_table_name(&question->text, table);
}

static int64_t token_of(const Question *question)
{
    Str values = {question->values.data, (uint32_t)question->partition_values_end};
    CqlReader reader = cql_reader(values);
    int64_t token;
    StrBuf key;

    if (question->table->table.partition_count == 1)
        return cql_token(cql_read_bytes(&reader));
    strbuf_init(&key);
    for (uint32_t i = 0; i < question->table->table.partition_count; i++) {
        Str part = cql_read_bytes(&reader);

        cql_put_short(&key, (uint16_t)part.bytes);
        strbuf_add_str(&key, part);
        cql_put_byte(&key, 0);
    }
    token = cql_token(strbuf_str(&key));
    strbuf_done(&key);
    return token;
}

/* Whether Cassandra can have rows of the partition key that is asked for; it calls the question for one that
 * is empty or too long an error. */
static bool is_possible(const Question *question)
{
    uint32_t count = question->table->table.partition_count;
    size_t around = count == 1 ? 4 : count; /* Of several each stands with 3 bytes around it, not 4. */
    size_t bytes = question->partition_values_end - around;

    return bytes > 0 && bytes <= KEY_BYTES_MAX;
}

static bool connect_table(CassandraReading *table, Error *err)
{
    if (table->failed) {
        cassandra_session_give(table->settings, table->table.keyspace, table->session, false);
        table->session = NULL;
        table->failed = false;
    }
    if (!table->session &&
        !cassandra_session_take(table->settings, table->table.keyspace, &table->session, err))
        return false;
    table->known = table->known || table->table.table->kind != TABLE_SOURCE ||
                   cassandra_table_learn(table->session, &table->arena, &table->table, err);
    return table->known;
}

/* Sends the question; *out NULL: there are no such rows. */
static bool open_select(const Question *question, CqlSelect **out, Error *err)
{
    const CassandraReading *table = question->table;
    CqlStatement statement = {.values = strbuf_str(&question->values),
                              .value_count = question->value_count};
    CqlOptions options = {.consistency = table->table.consistency,
                          .idempotent = true,
                          .has_token = question->by_key,
                          .page_rows = PAGE_ROWS};

    *out = NULL;
    if (question->by_key) {
        if (!is_possible(question))
            return true;
        options.token = token_of(question);
    }
    return cql_prepare(table->session, strbuf_str(&question->text), &statement.prepared, err) &&
           cql_select_open(table->session, &statement, &options, out, err);
}

static bool ask(Question *question, CqlSelect **out, Error *err)
{
    if (!connect_table(question->table, err))
        return false;
    put_columns(question);
    return put_key_conditions(question, err) && open_select(question, out, err);
}

/* ── many keys ─────────────────────────────────────────────────────────────────────────────────*/

/* Questions for one key each, some hundred on their way; answered in their order. */
typedef struct KeyedSelects {
    const StoreScanSpec *spec;
    uint32_t next_row; /* The first key that has not been asked for. */
    CqlSelect *selects[QUESTIONS_MAX];
    uint32_t first, count;
} KeyedSelects;

/* Which of the keys' columns is column `column` of the table; -1: none. */
static int key_place(const StoreKeys *keys, uint32_t column)
{
    for (uint32_t i = 0; i < keys->column_count; i++) {
        if (keys->columns[i] == column)
            return (int)i;
    }
    return -1;
}

/* `=` for the partition key, and for the clustering columns behind it as far as the keys have them. */
static bool put_key(Question *question, uint32_t row_i, Error *err)
{
    const CassandraTable *table = &question->table->table;
    const StoreKeys *keys = question->spec->keys;

    question->by_key = true;
    for (uint32_t i = 0; i < table->key_count; i++) {
        uint32_t column = table->order[i];
        int place = key_place(keys, column);

        if (i == table->partition_count)
            question->partition_values_end = question->values.bytes;
        if (place < 0 || !is_comparable(table->table->schema.columns[column].type))
            return true;
        if (!put_condition(question, column, keys->rows->columns[place], row_i, "=", err))
            return false;
    }
    if (table->key_count == table->partition_count)
        question->partition_values_end = question->values.bytes;
    return true;
}

/* One that no row can have is passed over. */
static bool ask_for_key(CassandraReading *table, KeyedSelects *keyed, uint32_t row_i, Error *err)
{
    Question question = {.table = table, .spec = keyed->spec};
    CqlSelect *select = NULL;
    bool ok;

    strbuf_init(&question.text);
    strbuf_init(&question.values);
    put_columns(&question);
    ok = put_key(&question, row_i, err) && open_select(&question, &select, err);
    if (select)
        keyed->selects[(keyed->first + keyed->count++) % QUESTIONS_MAX] = select;
    strbuf_done(&question.text);
    strbuf_done(&question.values);
    return ok;
}

static bool ask_for_more(CassandraReading *table, KeyedSelects *keyed, Error *err)
{
    for (; keyed->count < QUESTIONS_MAX && keyed->next_row < keyed->spec->keys->rows->row_count;
         keyed->next_row++) {
        if (!ask_for_key(table, keyed, keyed->next_row, err))
            return false;
    }
    return true;
}

static void keyed_free(KeyedSelects *keyed)
{
    if (!keyed)
        return;
    for (uint32_t i = 0; i < keyed->count; i++)
        cql_select_close(keyed->selects[(keyed->first + i) % QUESTIONS_MAX]);
    free(keyed);
}

/* The next page of any key's rows; *page NULL: there is no more. */
static bool keyed_next(OutsideScan *scan, CqlRows **page, Error *err)
{
    KeyedSelects *keyed = scan->keyed;

    for (;;) {
        if (!ask_for_more(scan->table, keyed, err))
            return false;
        *page = NULL;
        if (keyed->count == 0)
            return true;
        if (!cql_select_next(keyed->selects[keyed->first], page, err))
            return false;
        if (*page)
            return true;
        cql_select_close(keyed->selects[keyed->first]);
        keyed->first = (keyed->first + 1) % QUESTIONS_MAX;
        keyed->count--;
    }
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

static void scan_close(OutsideScan *scan)
{
    if (!scan)
        return;
    cql_select_close(scan->select);
    keyed_free(scan->keyed);
    for (uint32_t c = 0; c < scan->column_count; c++)
        cassandra_reader_done(&scan->readers[c]);
    free(scan->readers);
    free(scan->names);
    free(scan->values);
    free(scan);
}

static bool scan_open(OutsideTable *base, const StoreScanSpec *spec, OutsideScan **out, Error *err)
{
    CassandraReading *table = (CassandraReading *)base;
    OutsideScan *scan = mem_zalloc(sizeof *scan);
    Question question = {.table = table, .spec = spec};
    bool ok = true;

    scan->table = table;
    scan->readers = mem_zalloc((spec->column_count + 1) * sizeof *scan->readers);
    scan->names = mem_zalloc((spec->column_count + 1) * sizeof *scan->names);
    scan->values = mem_zalloc((spec->column_count + 1) * sizeof *scan->values);
    for (; ok && scan->column_count < spec->column_count; scan->column_count++) {
        const Field *column = &spec->schema->columns[spec->columns[scan->column_count]];

        scan->names[scan->column_count] = column->name;
        ok = cassandra_reader_init(&scan->readers[scan->column_count], column->type, err);
    }
    strbuf_init(&question.text);
    strbuf_init(&question.values);
    if (ok && spec->keys) {
        ok = connect_table(table, err);
        scan->keyed = mem_zalloc(sizeof *scan->keyed);
        scan->keyed->spec = spec;
    } else {
        ok = ok && ask(&question, &scan->select, err);
    }
    strbuf_done(&question.text);
    strbuf_done(&question.values);
    if (!ok) {
        table->failed = true;
        scan_close(scan);
        return false;
    }
    *out = scan;
    return true;
}

/* The next page that has rows; scan->page NULL: the end. */
static bool next_page(OutsideScan *scan, Error *err)
{
    scan->page_row_i = 0;
    if (!scan->keyed && !scan->select) /* No row can have the key. */
        return true;
    do {
        if (!(scan->keyed ? keyed_next(scan, &scan->page, err)
                          : cql_select_next(scan->select, &scan->page, err))) {
            scan->table->failed = true;
            return false;
        }
    } while (scan->page && scan->page->row_count == 0);
    if (scan->page && scan->page->metadata.column_count != MAX(scan->column_count, 1u))
        return error_set(err, ERROR_RETRY, "Cassandra's answer has other columns than were asked for");
    return true;
}

static bool read_row(OutsideScan *scan, Error *err)
{
    if (!cql_rows_next(scan->page, scan->values, err))
        return false;
    for (uint32_t c = 0; c < scan->column_count; c++) {
        const CqlColumn *column = &scan->page->metadata.columns[c];
        StrBuf name;

        if (cassandra_read(&scan->readers[c], &column->type, scan->values[c]))
            continue;
        strbuf_init(&name);
        cql_type_name(&name, &column->type);
        strbuf_add_c(&name, " as ");
        type_name_sql(&name, scan->readers[c].type);
        (void)error_set(err, ERROR_USER, "column '%.*s' in Cassandra cannot be read: its %s",
                        STR_ARG(column->name), strbuf_c(&name));
        strbuf_done(&name);
        return false;
    }
    return true;
}

static bool other_shape(const CassandraReader *reader, Str name, Error *err)
{
    StrBuf type;

    strbuf_init(&type);
    type_name_sql(&type, reader->type);
    (void)error_set(err, ERROR_USER,
                    "column '%.*s' in Cassandra holds what is no %s (a user-defined type is a STRUCT, a "
                    "tuple, list or set an ARRAY)",
                    STR_ARG(name), strbuf_c(&type));
    strbuf_done(&type);
    return false;
}

static bool scan_next(OutsideScan *scan, Arena *arena, uint32_t row_max, Batch **out, Error *err)
{
    uint32_t row_count = 0;

    *out = NULL;
    for (uint32_t c = 0; c < scan->column_count; c++)
        cassandra_reader_begin(&scan->readers[c], arena, row_max);
    while (row_count < row_max) {
        if (!scan->page || scan->page_row_i == scan->page->row_count) {
            if (!next_page(scan, err))
                return false;
            if (!scan->page)
                break;
        }
        if (!read_row(scan, err))
            return false;
        scan->page_row_i++;
        row_count++;
    }
    if (row_count == 0)
        return true;
    *out = batch_new(arena, scan->column_count, row_count);
    for (uint32_t c = 0; c < scan->column_count; c++) {
        (*out)->columns[c] = cassandra_reader_finish(&scan->readers[c]);
        if (!(*out)->columns[c])
            return other_shape(&scan->readers[c], scan->names[c], err);
    }
    return true;
}

/* The partition key is among the columns. How large the table is Cassandra does not tell: it is taken to
 * be. */
static bool looks_up(OutsideTable *base, const uint32_t *columns, uint32_t column_count, bool *yes,
                     bool *large, Error *err)
{
    CassandraReading *table = (CassandraReading *)base;
    const StoreKeys keys = {columns, column_count, NULL};

    *yes = false;
    *large = true;
    if (!connect_table(table, err)) {
        table->failed = true;
        return false;
    }
    *yes = table->table.partition_count > 0;
    for (uint32_t i = 0; i < table->table.partition_count; i++) {
        uint32_t column = table->table.order[i];

        *yes = *yes && key_place(&keys, column) >= 0 &&
               is_comparable(table->table.table->schema.columns[column].type);
    }
    return true;
}

static void table_free(OutsideTable *base)
{
    CassandraReading *table = (CassandraReading *)base;

    cassandra_session_give(table->settings, table->table.keyspace, table->session, !table->failed);
    arena_done(&table->arena);
    free(table);
}

static const OutsideTableMethods methods = {
    .name = "Cassandra",
    .scan_open = scan_open,
    .scan_next = scan_next,
    .scan_close = scan_close,
    .looks_up = looks_up,
    .free = table_free,
};

bool cassandra_outside_table_open(const OutsideTableConfig *config, OutsideTable **out, Error *err)
{
    CassandraReading *table = mem_zalloc(sizeof *table);

    table->base.methods = &methods;
    table->settings = config->settings;
    arena_init(&table->arena);
    if (!cassandra_table_of(&table->arena, config->table, config->settings, &table->table, err)) {
        table_free(&table->base);
        return false;
    }
    *out = &table->base;
    return true;
}
