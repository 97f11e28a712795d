/*
 * cql_session_impl.h: what the files of a session share. Not for others.
 *
 *     cql_session.c    nodes, connections, requests on their way
 *     cql_topology.c   which nodes there are, who holds what
 *     cql_call.c       the calls of cql_session.h on top of them
 */
#ifndef WEIR_CLIENT_CQL_SESSION_IMPL_H
#define WEIR_CLIENT_CQL_SESSION_IMPL_H

#include <stdatomic.h>

#include "base/vec.h"
#include "client/cql/cql_connection.h"
#include "client/cql/cql_ring.h"
#include "client/cql/cql_session.h"

enum { ATTEMPTS_MAX = 6 };

/* Where a node is dialled. */
typedef struct CqlPlace {
    char *address; /* As a number. */
    char *host;    /* As asked for, for certificates. */
    uint16_t port;
} CqlPlace;

typedef struct CqlNode {
    CqlPlace place;
    CqlPlace other; /* Where it may be, too, by what the cluster says; address NULL: no other. Tried in turn. */
    Str host_id; /* 16 bytes; empty: not known yet. This and the next two in node->arena. */
    Str dc;
    Str rack;
    Arena arena;
    bool gone; /* No longer in the cluster. */
    CqlConnection *connection;
    int64_t retry_at_us;
    int64_t backoff_us;
} CqlNode;

typedef enum CqlRequestKind {
    REQUEST_CALL,      /* Its owner waits for it, and frees it. */
    REQUEST_WRITE,     /* Of cql_submit. */
    REQUEST_PREPARE,   /* Once more, because a node has forgotten. */
    REQUEST_ABANDONED, /* A CALL whose owner is gone. */
} CqlRequestKind;

typedef struct CqlRequest CqlRequest;
struct CqlRequest {
    CqlAsked asked; /* First. */
    CqlRequestKind kind;
    CqlOpcode opcode;
    StrBuf body;
    bool idempotent;
    bool has_token;
    int64_t token;
    CqlNode *only; /* The node it must go to, or NULL. */
    int64_t deadline_us;
    uint32_t attempts;
    uint32_t tried_count; /* Nodes that answered with an error that another may not give. */
    const CqlNode *tried[ATTEMPTS_MAX];
    Error error; /* Of the last attempt. */
    /* CALL */
    bool done;
    bool ok;
    CqlResult *into;
    /* PREPARE: what is to be sent then. */
    CqlRequest *behind;
    CqlRequest *next; /* In a list. */
};

typedef struct CqlContact {
    const char *host;
    const char *address;
    uint16_t port;
} CqlContact;

struct CqlPrepared {
    Str text;
    CqlResult result; /* Holds what info points to. */
    CqlPreparedInfo info;
};

struct CqlSession {
    Arena arena;
    CqlConnectionConfig config;
    Str local_dc;
    Str keyspace;
    uint32_t in_flight_max;
    int64_t timeout_us;
    OsWake *wake;
    atomic_bool cancelled;

    VEC(CqlNode *) nodes;
    CqlNode *control; /* Tells of changes; NULL: to be chosen. */
    bool reload_wanted;
    bool reloading;
    int64_t reload_at_us;
    Arena ring_arena;
    CqlRing ring;
    CqlServerInfo info;
    Arena info_arena;

    CqlRequest *waiting; /* For a node; first in, first out. */
    CqlRequest **waiting_end;
    CqlRequest *unused;
    uint32_t in_flight; /* Of cql_submit. */
    Error failure;      /* The first, of cql_submit; kind NONE: none. */
    Error last_error;   /* Why a connection was lost, the last time. */
    int64_t expire_at_us;
    uint32_t turn; /* Who is next among equals. */
    VEC(CqlPrepared *) prepared;
    VEC(OsSocketWait) waits;
    CqlCounters counters;
};

/* ── cql_session.c ─────────────────────────────────────────────────────────────────────────────*/

CqlRequest *cql_request_new(CqlSession *session, CqlRequestKind kind, CqlOpcode opcode);
void cql_request_free(CqlSession *session, CqlRequest *request); /* Keeps it for the next. */
/* On its way, to a node if one is there, else waiting. */
void cql_request_send(CqlSession *session, CqlRequest *request);
/* A CALL: its answer in request->into (may be NULL). Frees it. */
bool cql_request_wait(CqlSession *session, CqlRequest *request, Error *err);
/* Does what there is to do; waits for at most a tenth of a second if that is nothing. */
void cql_session_turn(CqlSession *session);
CqlNode *cql_node_add(CqlSession *session, const char *host, const char *address, uint16_t port);
/* It may be there, too: is tried there next, unless it has a connection. */
void cql_node_moved(CqlNode *node, const char *address, uint16_t port);
/* Begins a connection to a node; its failure is noted there. */
void cql_node_dial(CqlSession *session, CqlNode *node);

/* ── cql_topology.c ────────────────────────────────────────────────────────────────────────────*/

/* Asks the control node who is there, and works out the replicas. */
bool cql_topology_load(CqlSession *session, Error *err);
void cql_topology_event(CqlSession *session, Str body);
bool cql_contacts_parse(Arena *arena, Str text, uint16_t port, CqlContact **out, size_t *count,
                        Error *err);

#endif
