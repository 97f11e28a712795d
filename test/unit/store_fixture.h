/*
 * store_fixture.h: a store in a folder of its own, and tables in few words, for tests.
 *
 * A batch is written as text: rows separated by ';', cells by '|', NULL as \N. Only INT, BIGINT,
 * DOUBLE and STRING columns.
 */
#ifndef WEIR_TEST_STORE_FIXTURE_H
#define WEIR_TEST_STORE_FIXTURE_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/vec.h"
#include "os/os.h"
#include "store/meta.h"
#include "store/store.h"

typedef struct StoreFixture {
    char folder[64];
    char path[96];
    Arena arena;
    Store *store;
} StoreFixture;

UNUSED static int fixture_setup(void **state)
{
    StoreFixture *f = mem_zalloc(sizeof *f);
    Error err = {0};

    (void)snprintf(f->folder, sizeof f->folder, "/tmp/weir-test-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    (void)snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
    arena_init(&f->arena);
    if (!store_open(f->path, STORE_WRITER, &f->store, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    *state = f;
    return 0;
}

UNUSED static int fixture_teardown(void **state)
{
    StoreFixture *f = *state;
    Error err;

    store_close(f->store);
    (void)os_remove_all(f->folder, &err);
    arena_done(&f->arena);
    free(f);
    return 0;
}

/* Columns as "name TYPE, …"; key as "name, …" or "". */
UNUSED static StoreTable fixture_table(Arena *arena, const char *name, const char *columns,
                                       const char *key)
{
    Field *fields = ARENA_ARRAY(arena, Field, 16);
    uint32_t *keys = ARENA_ARRAY(arena, uint32_t, 16);
    StoreTable table = {.name = str_of(name), .provider = STR("cassandra")};
    Str rest = str_of(columns);
    Str part;
    Error err = {0};

    while (str_split(&rest, ',', &part)) {
        Field *field = &fields[table.schema.column_count++];

        part = str_trim(part);
        ASSERT(str_split(&part, ' ', &field->name));
        /* Types with a comma of their own: DECIMAL(10;2). */
        for (char *c = str_to_c(arena, part); c; c = NULL) {
            for (char *semicolon = strchr(c, ';'); semicolon; semicolon = strchr(c, ';'))
                *semicolon = ',';
            if (!type_parse(arena, str_of(c), &field->type, &err))
                fail_msg("%s", err.text);
        }
        field->nullable = true;
    }
    table.schema.columns = fields;
    rest = str_of(key);
    while (rest.bytes && str_split(&rest, ',', &part))
        keys[table.key_count++] = (uint32_t)schema_find(&table.schema, str_trim(part));
    table.key_columns = keys;
    return table;
}

UNUSED static void fixture_add_cell(VectorBuilder *b, Str cell)
{
    int64_t number = 0;
    double real = 0;

    if (str_is(cell, "\\N")) {
        builder_add_null(b);
        return;
    }
    if (b->type->kind == TYPE_STRING) {
        builder_add_str(b, cell);
    } else if (b->type->kind == TYPE_DOUBLE) {
        ASSERT(str_to_double(cell, &real));
        builder_add_f64(b, real);
    } else {
        ASSERT(str_to_int64(cell, &number));
        if (b->type->kind == TYPE_INT)
            builder_add_i32(b, (int32_t)number);
        else
            builder_add_i64(b, number);
    }
}

UNUSED static Batch *fixture_batch(Arena *arena, const StoreTable *table, const char *text)
{
    uint32_t column_count = table->schema.column_count;
    VectorBuilder *builders = ARENA_ARRAY(arena, VectorBuilder, column_count);
    Str rest = str_copy(arena, str_of(text));
    Str row, cell;
    uint32_t row_count = 0;
    Batch *batch;

    for (uint32_t i = 0; i < column_count; i++)
        builder_init(&builders[i], arena, table->schema.columns[i].type, 16);
    while (rest.bytes && str_split(&rest, ';', &row)) {
        for (uint32_t i = 0; i < column_count; i++) {
            ASSERT(str_split(&row, '|', &cell));
            fixture_add_cell(&builders[i], cell);
        }
        row_count++;
    }
    batch = batch_new(arena, column_count, row_count);
    for (uint32_t i = 0; i < column_count; i++)
        batch->columns[i] = builder_finish(&builders[i]);
    return batch;
}

/* What a query of SQLite's own gives, in the same writing: what a user with `sqlite3` sees. */
UNUSED static const char *fixture_rows(Arena *arena, const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    StrBuf out = {0};
    const char *text;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        if (out.bytes)
            strbuf_add_char(&out, ';');
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *cell = (const char *)sqlite3_column_text(statement, i);

            strbuf_add_c(&out, i ? "|" : "");
            strbuf_add_c(&out, cell ? cell : "\\N");
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    text = arena_strdup(arena, strbuf_c(&out));
    strbuf_done(&out);
    return text;
}

/* Changes the file behind weir's back. */
UNUSED static void fixture_exec(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message ? message : sqlite3_errmsg(db));
    sqlite3_close(db);
}

#endif
