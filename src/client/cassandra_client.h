/*
 * cassandra_client.h: a session with Apache Cassandra as the settings say (cassandra.*), and the table
 * that stands there for one of weir's: its names, its shape, its statements' words.
 *
 *     PARTITIONED BY (a)  primary_key 'a, b'   ->  PRIMARY KEY ((a), b)
 *     primary_key 'a, b'                       ->  PRIMARY KEY ((a), b)
 *
 * How types stand there: cassandra_value.h.
 */
#ifndef WEIR_CLIENT_CASSANDRA_CLIENT_H
#define WEIR_CLIENT_CASSANDRA_CLIENT_H

#include "client/cql/cql_session.h"
#include "plan/catalog.h"
#include "plan/setting.h"

/* Opens a session. `keyspace`: whose replicas it is to know; may be empty. */
bool cassandra_session_open(const Settings *settings, Str keyspace, CqlSession **out, Error *err);
/* The same for who needs one now and then: an idle one of these settings, or a new one. A session that
 * is given back stays open for the next, up to CASSANDRA_SESSIONS_IDLE of them; `good` false: it is
 * closed. Thread: any. */
enum { CASSANDRA_SESSIONS_IDLE = 4 };
bool cassandra_session_take(const Settings *settings, Str keyspace, CqlSession **out, Error *err);
void cassandra_session_give(const Settings *settings, Str keyspace, CqlSession *session, bool good);
/* Refuses settings of the connection that cannot be right; without asking the server. */
bool cassandra_settings_check(const Settings *settings, Error *err);

/* A table of weir's as it stands in Cassandra. Columns are the table's, by number. Of a table that is
 * somebody else's (CREATE TABLE) the key is not known until cassandra_table_learn. */
typedef struct CassandraTable {
    const TableDef *table;
    Str keyspace;
    Str name;
    CqlConsistency consistency;
    bool microseconds;        /* TIMESTAMP as bigint. */
    uint32_t partition_count; /* 0: the partition key is not among the columns. */
    uint32_t key_count;       /* The partition key's columns and the clustering columns. */
    const uint32_t *order; /* All columns: the partition key, the clustering columns, the rest. */
    Str *names;            /* Of the columns, there. */
} CassandraTable;

/* In `arena`. ERROR_USER: no primary key, a partition key that is not part of it, a consistency that
 * does not exist. */
bool cassandra_table_of(Arena *arena, const TableDef *table, const Settings *settings,
                        CassandraTable *out, Error *err);
/* Looks up what is known there alone of a table of somebody else's: its columns' names, and its key as
 * far as the columns are declared here, with the types that they have there. ERROR_USER: it is not
 * there, or lacks a column. */
bool cassandra_table_learn(CqlSession *session, Arena *arena, CassandraTable *table, Error *err);
/* Makes keyspace and table where they are missing (`cassandra.keyspace.create`), compares the shape
 * of what is there: ERROR_USER, with where they differ. Waits until all nodes know of it. */
bool cassandra_table_ensure(CqlSession *session, const CassandraTable *table,
                            const Settings *settings, Error *err);

/* How many bytes a row may have, with all that goes with it, by the settings of the node that answers;
 * of a node that does not tell them (before 4.0) CASSANDRA_ROW_BYTES_DEFAULT, those of a node left as
 * it comes. */
enum { CASSANDRA_ROW_BYTES_DEFAULT = 16 << 20 };
bool cassandra_row_bytes_max(CqlSession *session, int64_t *out, Error *err);

/* "name", quotes in it doubled. */
void cassandra_put_name(StrBuf *out, Str name);
void cassandra_put_table_name(StrBuf *out, const CassandraTable *table);
/* 'text', quotes in it doubled. */
void cassandra_put_text(StrBuf *out, Str text);

#endif
