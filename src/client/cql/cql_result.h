/*
 * cql_result.h: what answers hold: rows, prepared statements, errors.
 *
 * Decoded values are views of the message's body; types and columns are in the caller's arena.
 * Limits: CQL_COLUMNS_MAX columns; every count is compared with the bytes that are there.
 */
#ifndef WEIR_CLIENT_CQL_RESULT_H
#define WEIR_CLIENT_CQL_RESULT_H

#include "base/error.h"
#include "client/cql/cql_frame.h"
#include "client/cql/cql_type.h"

enum { CQL_COLUMNS_MAX = 4096 };

typedef struct CqlColumn {
    Str name;
    CqlType type;
} CqlColumn;

typedef struct CqlMetadata {
    uint32_t column_count;
    const CqlColumn *columns; /* NULL: not sent, the prepared statement's hold. */
    Str paging_state;         /* data NULL: this is the last page. */
    Str new_id;               /* Version 5: the result's columns have changed. */
} CqlMetadata;

typedef enum CqlResultKind {
    CQL_RESULT_VOID = 1,
    CQL_RESULT_ROWS = 2,
    CQL_RESULT_KEYSPACE = 3,
    CQL_RESULT_PREPARED = 4,
    CQL_RESULT_SCHEMA = 5,
} CqlResultKind;

/* Rows, one after the other: */
typedef struct CqlRows {
    CqlMetadata metadata;
    uint32_t row_count;
    CqlReader at; /* The next row's values. */
} CqlRows;

typedef struct CqlPreparedInfo {
    Str id;
    Str result_id; /* Version 5. */
    CqlMetadata variables;
    uint32_t partition_key_count;
    const uint16_t *partition_key; /* Of which variables the partition key is made. */
    CqlMetadata result;
} CqlPreparedInfo;

typedef enum CqlErrorCode {
    CQL_SERVER_ERROR = 0x0000,
    CQL_PROTOCOL_ERROR = 0x000A,
    CQL_BAD_CREDENTIALS = 0x0100,
    CQL_UNAVAILABLE = 0x1000,
    CQL_OVERLOADED = 0x1001,
    CQL_BOOTSTRAPPING = 0x1002,
    CQL_TRUNCATE_ERROR = 0x1003,
    CQL_WRITE_TIMEOUT = 0x1100,
    CQL_READ_TIMEOUT = 0x1200,
    CQL_READ_FAILURE = 0x1300,
    CQL_FUNCTION_FAILURE = 0x1400,
    CQL_WRITE_FAILURE = 0x1500,
    CQL_SYNTAX_ERROR = 0x2000,
    CQL_UNAUTHORIZED = 0x2100,
    CQL_INVALID = 0x2200,
    CQL_CONFIG_ERROR = 0x2300,
    CQL_ALREADY_EXISTS = 0x2400,
    CQL_UNPREPARED = 0x2500,
} CqlErrorCode;

typedef struct CqlErrorInfo {
    int32_t code;
    Str text;
    Str unprepared_id;
} CqlErrorInfo;

/* All false with ERROR_RETRY: the body is not what it should be. */
bool cql_read_error(Str body, CqlErrorInfo *out, Error *err);
/* What kind of RESULT, and a reader at what follows. */
bool cql_read_result_kind(Str body, CqlResultKind *kind, CqlReader *rest, Error *err);
bool cql_read_rows(CqlReader rest, Arena *arena, CqlRows *out, Error *err);
bool cql_read_prepared(CqlReader rest, uint8_t version, Arena *arena, CqlPreparedInfo *out,
                       Error *err);
/* The next row's values (data NULL: null) into `values`, of column_count. False at a damaged end;
 * to be called row_count times. */
bool cql_rows_next(CqlRows *rows, Str *values, Error *err);

/* What an error of the server means for who asked, in a sentence. */
bool cql_error_set(Error *err, const CqlErrorInfo *info);

#endif
