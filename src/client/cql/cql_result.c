#include "client/cql/cql_result.h"

enum {
    GLOBAL_TABLE = 0x01,
    MORE_PAGES = 0x02,
    NO_METADATA = 0x04,
    METADATA_CHANGED = 0x08,
};

static bool bad(Error *err)
{
    return error_set(err, ERROR_RETRY, "the server's answer is not as the protocol says");
}

bool cql_read_error(Str body, CqlErrorInfo *out, Error *err)
{
    CqlReader reader = cql_reader(body);

    *out = (CqlErrorInfo){.code = cql_read_int(&reader)};
    out->text = cql_read_string(&reader);
    if (out->code == CQL_UNPREPARED)
        out->unprepared_id = cql_read_string(&reader);
    return !reader.failed || bad(err);
}

bool cql_read_result_kind(Str body, CqlResultKind *kind, CqlReader *rest, Error *err)
{
    int32_t number;

    *rest = cql_reader(body);
    number = cql_read_int(rest);
    if (rest->failed || number < CQL_RESULT_VOID || number > CQL_RESULT_SCHEMA)
        return bad(err);
    *kind = (CqlResultKind)number;
    return true;
}

/* The columns of rows, or the variables of a statement (which have no paging before them). */
static bool read_columns(CqlReader *reader, Arena *arena, int32_t flags, CqlMetadata *out)
{
    CqlColumn *columns;

    if (flags & GLOBAL_TABLE) {
        (void)cql_read_string(reader);
        (void)cql_read_string(reader);
    }
    /* A column takes at least four bytes: its name's length and its type. */
    if (reader->failed || out->column_count > CQL_COLUMNS_MAX ||
        out->column_count > cql_left(reader) / 4)
        return false;
    columns = ARENA_ARRAY(arena, CqlColumn, out->column_count + 1);
    for (uint32_t i = 0; i < out->column_count && !reader->failed; i++) {
        if (!(flags & GLOBAL_TABLE)) {
            (void)cql_read_string(reader);
            (void)cql_read_string(reader);
        }
        columns[i].name = cql_read_string(reader);
        cql_type_read(reader, arena, &columns[i].type);
    }
    out->columns = columns;
    return !reader->failed;
}

static bool read_metadata(CqlReader *reader, Arena *arena, CqlMetadata *out)
{
    int32_t flags = cql_read_int(reader);

    *out = (CqlMetadata){.column_count = (uint32_t)cql_read_int(reader)};
    if (flags & MORE_PAGES)
        out->paging_state = cql_read_bytes(reader);
    if (flags & METADATA_CHANGED)
        out->new_id = cql_read_string(reader);
    if (reader->failed || out->column_count > CQL_COLUMNS_MAX)
        return false;
    return flags & NO_METADATA || read_columns(reader, arena, flags, out);
}

bool cql_read_rows(CqlReader rest, Arena *arena, CqlRows *out, Error *err)
{
    *out = (CqlRows){0};
    if (!read_metadata(&rest, arena, &out->metadata))
        return bad(err);
    if (out->metadata.column_count && !out->metadata.columns) /* Never asked for so. */
        return bad(err);
    out->row_count = (uint32_t)cql_read_int(&rest);
    /* A value takes at least its length's four bytes; rows without columns there are none. */
    if (rest.failed || (uint64_t)out->row_count * MAX(out->metadata.column_count, 1u) >
                           cql_left(&rest) / 4)
        return bad(err);
    out->at = rest;
    return true;
}

bool cql_rows_next(CqlRows *rows, Str *values, Error *err)
{
    for (uint32_t c = 0; c < rows->metadata.column_count; c++)
        values[c] = cql_read_bytes(&rows->at);
    return !rows->at.failed || bad(err);
}

bool cql_read_prepared(CqlReader rest, uint8_t version, Arena *arena, CqlPreparedInfo *out,
                       Error *err)
{
    int32_t flags;
    uint32_t key_count;
    uint16_t *key;

    *out = (CqlPreparedInfo){.id = cql_read_string(&rest)};
    if (version >= 5)
        out->result_id = cql_read_string(&rest);
    flags = cql_read_int(&rest);
    out->variables.column_count = (uint32_t)cql_read_int(&rest);
    key_count = (uint32_t)cql_read_int(&rest);
    if (rest.failed || key_count > CQL_COLUMNS_MAX || key_count > cql_left(&rest) / 2)
        return bad(err);
    key = ARENA_ARRAY(arena, uint16_t, key_count + 1);
    for (uint32_t i = 0; i < key_count; i++) {
        key[i] = cql_read_short(&rest);
        if (key[i] >= out->variables.column_count)
            return bad(err);
    }
    out->partition_key_count = key_count;
    out->partition_key = key;
    if (!read_columns(&rest, arena, flags, &out->variables) ||
        !read_metadata(&rest, arena, &out->result))
        return bad(err);
    return true;
}

/* Trying again helps against what the cluster suffers from, not against what was asked. */
static ErrorKind kind_of(int32_t code)
{
    switch (code) {
    case CQL_SERVER_ERROR:
    case CQL_UNAVAILABLE:
    case CQL_OVERLOADED:
    case CQL_BOOTSTRAPPING:
    case CQL_TRUNCATE_ERROR:
    case CQL_WRITE_TIMEOUT:
    case CQL_READ_TIMEOUT:
    case CQL_READ_FAILURE:
    case CQL_WRITE_FAILURE:
    case CQL_UNPREPARED:
        return ERROR_RETRY;
    default:
        return ERROR_USER;
    }
}

/* The server could not look the login up: it is not the login that is wrong. */
static bool is_unsure_of_login(Str text)
{
    return str_find(text, STR("Unable to perform authentication")) >= 0 ||
           str_find(text, STR("Cannot achieve consistency")) >= 0;
}

bool cql_error_set(Error *err, const CqlErrorInfo *info)
{
    if (info->code == CQL_BAD_CREDENTIALS && is_unsure_of_login(info->text))
        return error_set(err, ERROR_RETRY, "Cassandra cannot check the login for now: %.*s",
                         (int)MIN(info->text.bytes, 350u), info->text.data);
    if (info->code == CQL_BAD_CREDENTIALS)
        return error_set(err, ERROR_USER, "Cassandra refuses the login (%.*s); see "
                                          "cassandra.username and cassandra.password",
                         STR_ARG(info->text));
    return error_set(err, kind_of(info->code), "Cassandra answers: %.*s (error 0x%04x)",
                     (int)MIN(info->text.bytes, 350u), info->text.data, (unsigned)info->code);
}
