/*
 * cassandra_value.h: values of weir's columns in Cassandra's types, both ways.
 *
 *     BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE   the type of that name
 *     DECIMAL      decimal, in its full scale       STRING   text (what is not UTF-8 becomes U+FFFD)
 *     BINARY       blob                             DATE     date
 *     TIMESTAMP    timestamp: milliseconds; what is finer is cut off, towards the past. Or, if the
 *                  table says 'timestamps' = 'microseconds': bigint, microseconds since 1970
 *     TIMESTAMP_NTZ, INTERVAL, ARRAY, MAP, STRUCT   text, as in the embedded store (store.h)
 *
 * Read is more than is written: whole numbers of any width, varint and counter, any type as STRING,
 * lists, sets, maps, tuples and user-defined types as ARRAY, MAP, STRUCT.
 */
#ifndef WEIR_CLIENT_CASSANDRA_VALUE_H
#define WEIR_CLIENT_CASSANDRA_VALUE_H

#include "client/cql/cql_type.h"
#include "column/batch.h"
#include "format/nested_text.h"

/* As in CREATE TABLE. Static. */
const char *cassandra_type_name(const Type *type, bool microseconds);

/* Writes one column's values. */
typedef struct CassandraWriter CassandraWriter;
struct CassandraWriter {
    const Type *type;
    bool microseconds;
    bool is_key; /* -0.0 and NaN are made one. */
    void (*write)(CassandraWriter *writer, StrBuf *out, uint32_t row_i);
    const Vector *vector;
    NestedWriter nested; /* Of a nested type. */
    StrBuf text;
};

bool cassandra_writer_init(CassandraWriter *writer, const Type *type, bool microseconds,
                           bool is_key, Error *err);
void cassandra_writer_done(CassandraWriter *writer);
void cassandra_writer_use(CassandraWriter *writer, const Vector *vector);
/* A [value]: length and bytes, or null. */
void cassandra_write(CassandraWriter *writer, StrBuf *out, uint32_t row_i);

/* Reads one column's values. */
typedef struct CassandraReader {
    const Type *type; /* Outlives the rows. */
    VectorBuilder builder;
    bool is_nested; /* Then by this one: */
    NestedReader nested;
} CassandraReader;

/* ERROR_USER: there is no way from one type to the other. */
bool cassandra_reader_init(CassandraReader *reader, const Type *type, Error *err);
void cassandra_reader_done(CassandraReader *reader);
void cassandra_reader_begin(CassandraReader *reader, Arena *arena, uint32_t row_count);
/* Adds a value (data NULL: null) of the type `from`; false: it does not fit. */
bool cassandra_read(CassandraReader *reader, const CqlType *from, Str bytes);
/* NULL: some value does not fit. */
Vector *cassandra_reader_finish(CassandraReader *reader);

#endif
