/*
 * postgres_value.h: how weir's types stand in PostgreSQL, and their values in its binary form, as
 * COPY reads and writes them.
 *
 *     BOOLEAN boolean · TINYINT SMALLINT smallint · INT integer · BIGINT bigint · FLOAT real ·
 *     DOUBLE double precision · DECIMAL(p,s) numeric(p,s) · STRING text · BINARY bytea ·
 *     DATE date · TIMESTAMP timestamp with time zone · TIMESTAMP_NTZ timestamp without time zone ·
 *     intervals interval · ARRAY of these: their array · MAP, STRUCT, and ARRAY of nested types: jsonb
 *
 * Some values of weir's have no place there: text with the character U+0000 or that is not UTF-8,
 * times before 4714 BC or too far ahead, timestamps beyond 294276 AD. postgres_refuses says so in
 * words. Infinite times, NaN among numerics and the like, which weir does not know, are read as
 * NULL.
 *
 * Thread: a writer and a reader belong to one.
 */
#ifndef WEIR_CLIENT_POSTGRES_VALUE_H
#define WEIR_CLIENT_POSTGRES_VALUE_H

#include "column/batch.h"
#include "format/nested_text.h"

/* "numeric(10,2)", "bigint[]", as format_type() of the server prints it. */
void postgres_type_name(StrBuf *out, const Type *type);
/* Whether a column of this type, as format_type() prints it, holds every value of `type`, in the
 * same binary form. */
bool postgres_type_fits(Str server_type, const Type *type);

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct PostgresWriter {
    bool is_key;  /* -0.0 and NaN are made one. */
    bool is_json; /* It stands as jsonb, which this one writes: */
    NestedWriter nested;
} PostgresWriter;

bool postgres_writer_init(PostgresWriter *writer, const Type *type, bool is_key, Error *err);
void postgres_writer_done(PostgresWriter *writer);
/* Appends length and bytes of a row's value, which is not refused. */
void postgres_put_value(PostgresWriter *writer, const Vector *v, uint32_t row_i, StrBuf *out);
/* Why PostgreSQL cannot hold a row's value, in words; NULL: it can. */
const char *postgres_refuses(const Vector *v, uint32_t row_i);
bool postgres_may_refuse(const Type *type); /* Any value of the type. */

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct PostgresReader {
    const Type *type;
    VectorBuilder builder;
    bool is_json; /* Then by this one: */
    NestedReader nested;
    Arena *arena;
} PostgresReader;

/* Appends what a SELECT must say to get the column in the form that the reader reads. */
void postgres_add_select(StrBuf *out, Str column, const Type *type);
/* Whether some value of the column, that is not NULL there, may be read as NULL: one that has no place
 * in the type. */
bool postgres_reads_as_null(const Type *type);
bool postgres_reader_init(PostgresReader *reader, const Type *type, Error *err);
void postgres_reader_done(PostgresReader *reader);
/* Begins a batch of about row_count rows in `arena`. */
void postgres_reader_begin(PostgresReader *reader, Arena *arena, uint32_t row_count);
/* The value's bytes, copied; data == NULL: NULL. False: these are no bytes of that type. */
bool postgres_take_value(PostgresReader *reader, Str bytes);
Vector *postgres_reader_finish(PostgresReader *reader);

#endif
