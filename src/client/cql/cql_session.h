/*
 * cql_session.h: a cluster, as a program sees it: statements go in, answers come out.
 *
 * A session keeps a connection to every node of the local datacenter, knows which node holds which
 * partition, and sends each request to a node that does: the one with the fewest unanswered ones.
 * A node that does not answer is left out and tried again, later and later (a tenth of a second to
 * ten seconds); what it owed is asked of the next one, if asking twice is harmless (`idempotent`).
 *
 *     cql_open ── contact point ── system.local, system.peers_v2: nodes, tokens ── a connection each
 *     cql_submit ─> replicas of the token ─> the node with the least to do ─> answer ─> done()
 *                        ^ the next one: connection lost, overloaded, timed out, unavailable ┘
 *
 * Nothing runs in the background: the session works while its owner is inside one of its calls, and
 * an idle session costs nothing. Prepared statements a node has forgotten are prepared there again.
 *
 * Thread: one at a time; cql_cancel any.
 */
#ifndef WEIR_CLIENT_CQL_SESSION_H
#define WEIR_CLIENT_CQL_SESSION_H

#include "base/error.h"
#include "client/cql/cql_result.h"

typedef struct CqlSession CqlSession;
typedef struct CqlPrepared CqlPrepared;

typedef enum CqlConsistency {
    CQL_ANY = 0,
    CQL_ONE = 1,
    CQL_TWO = 2,
    CQL_THREE = 3,
    CQL_QUORUM = 4,
    CQL_ALL = 5,
    CQL_LOCAL_QUORUM = 6,
    CQL_EACH_QUORUM = 7,
    CQL_SERIAL = 8,
    CQL_LOCAL_SERIAL = 9,
    CQL_LOCAL_ONE = 10,
} CqlConsistency;

bool cql_consistency_parse(Str text, CqlConsistency *out); /* "local_quorum", any case. */
const char *cql_consistency_name(CqlConsistency consistency);

typedef struct CqlConfig {
    Str contact_points; /* "host, host:port, [::1]:9042" */
    uint16_t port;      /* Of points that name none; 0: 9042. */
    uint8_t version;    /* The highest to speak; 0: the newest. */
    Str local_dc;       /* Empty: that of the first node that answers. */
    Str username;       /* Empty: none. */
    Str password;
    bool tls;
    bool tls_verify;
    Str tls_ca, tls_cert, tls_key; /* Files; empty: none. */
    bool lz4;
    Str keyspace; /* Whose replicas are worked out; need not exist yet. */
    uint32_t in_flight_max; /* Unanswered requests; 0: 512. More wait inside cql_submit. */
    int64_t timeout_us;     /* Of an answer; 0: 12 s. */
} CqlConfig;

/* Connects. ERROR_RETRY: no contact point answers; ERROR_USER: login, certificate or datacenter
 * are wrong. The configuration is copied. */
bool cql_open(const CqlConfig *config, CqlSession **out, Error *err);
void cql_close(CqlSession *session); /* NULL is fine. */
/* Makes a call that waits fail soon, and every later one. Thread: any. */
void cql_cancel(CqlSession *session);

/* Of the node that was reached first. */
typedef struct CqlServerInfo {
    Str release; /* "5.0.9" */
    Str cluster;
    Str dc;
    Str partitioner;
    uint8_t version; /* Of the protocol. */
    uint32_t node_count;
    uint32_t open_count; /* Those with a connection. */
} CqlServerInfo;

CqlServerInfo cql_server_info(CqlSession *session);

/* A CREATE … IF NOT EXISTS; returns when all nodes that can be reached know of it. */
bool cql_change_schema(CqlSession *session, Str text, CqlConsistency consistency, Error *err);

/* Which piece of the ring a token lies in: rows of one piece are held by the same nodes. UINT32_MAX:
 * not known. */
uint32_t cql_piece_of(const CqlSession *session, int64_t token);

/* ── one statement, one answer ─────────────────────────────────────────────────────────────────*/

typedef struct CqlResult {
    Arena arena;
    StrBuf body;
    CqlResultKind kind;
    CqlRows rows; /* ROWS only; else empty. */
} CqlResult;

void cql_result_init(CqlResult *result);
void cql_result_done(CqlResult *result);
/* A statement without variables, of which *result (initialised; its old content goes) gets the first
 * page of up to `page_rows`. Asked of another node again only if `idempotent`. */
bool cql_query(CqlSession *session, Str text, CqlConsistency consistency, bool idempotent,
               CqlResult *result, Error *err);

/* Prepares a statement, at one node for now; it lives as long as the session. */
bool cql_prepare(CqlSession *session, Str text, const CqlPrepared **out, Error *err);
/* So many statements have been prepared that a fresh session would be better. */
bool cql_is_worn(const CqlSession *session);
const CqlPreparedInfo *cql_prepared_info(const CqlPrepared *prepared);

/* Values are encoded, one after the other: length in four bytes, then the bytes; -1: null. */
typedef struct CqlStatement {
    const CqlPrepared *prepared;
    Str values;
    uint16_t value_count;
} CqlStatement;

typedef struct CqlOptions {
    CqlConsistency consistency;
    bool idempotent;
    bool has_token; /* Of the partition: the nodes that hold it are asked. */
    int64_t token;
    int32_t page_rows; /* 0: no pages. */
    Str paging_state;  /* data NULL: the first page. */
} CqlOptions;

bool cql_execute(CqlSession *session, const CqlStatement *statement, const CqlOptions *options,
                 CqlResult *result, Error *err);

/* ── many at once ──────────────────────────────────────────────────────────────────────────────*/

/* Sends one statement, or several as an unlogged batch, and returns when there is room for the next.
 * Nobody is told of success one by one: the first failure is returned by the next call, and from
 * then on nothing is sent until cql_drain has returned it. */
bool cql_submit(CqlSession *session, const CqlStatement *statements, uint32_t count,
                const CqlOptions *options, Error *err);
/* Waits for all answers: true when every request since the last cql_drain succeeded. */
bool cql_drain(CqlSession *session, Error *err);

/* ── many rows ─────────────────────────────────────────────────────────────────────────────────*/

/* Rows of a SELECT, page after page; the next page is asked for while one is being read. */
typedef struct CqlSelect CqlSelect;

bool cql_select_open(CqlSession *session, const CqlStatement *statement, const CqlOptions *options,
                     CqlSelect **out, Error *err);
/* The next page, or NULL at the end; borrowed until the next call. */
bool cql_select_next(CqlSelect *select, CqlRows **out, Error *err);
void cql_select_close(CqlSelect *select); /* NULL is fine. */

/* How often a statement had to be prepared anew, a request sent again: for tests. */
typedef struct CqlCounters {
    int64_t prepared_again;
    int64_t sent_again;
    int64_t connections;
} CqlCounters;

CqlCounters cql_counters(const CqlSession *session);

#endif
