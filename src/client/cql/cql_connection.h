/*
 * cql_connection.h: one connection to one node, and what has been asked over it.
 *
 *     DIALLING --TCP stands--> [SECURING --TLS agreed--] GREETING --SUPPORTED--> STARTING
 *     STARTING --READY--> OPEN      STARTING --AUTHENTICATE--> PROVING --AUTH_SUCCESS--> OPEN
 *     any --error, end--> BROKEN
 *
 * Nothing here waits: cql_connection_work does what can be done now. Requests get a stream number
 * each, and their answers come in any order. A connection that breaks gives back what it has not
 * answered (cql_connection_lost), so that the session can ask another node.
 *
 * Thread: one at a time (the session's).
 */
#ifndef WEIR_CLIENT_CQL_CONNECTION_H
#define WEIR_CLIENT_CQL_CONNECTION_H

#include "client/cql/cql_frame.h"
#include "client/cql/cql_tls.h"
#include "os/socket.h"

enum { CQL_STREAMS = 2048 };

typedef struct CqlConnection CqlConnection;

/* What the session wants to know of an answer; the first member of its own struct. */
typedef struct CqlAsked {
    int16_t stream;
    int64_t sent_us;
} CqlAsked;

typedef enum CqlConnectionState {
    CQL_DIALLING,
    CQL_SECURING,
    CQL_GREETING,
    CQL_STARTING,
    CQL_PROVING,
    CQL_OPEN,
    CQL_BROKEN,
    CQL_CONNECTION_STATE_COUNT,
} CqlConnectionState;

/* Borrowed for the connection's life. */
typedef struct CqlConnectionConfig {
    uint8_t version; /* To begin with. */
    bool lz4;        /* If the server can. */
    const char *username; /* NULL: none. */
    const char *password;
    CqlTlsContext *tls; /* NULL: plain. */
} CqlConnectionConfig;

typedef struct CqlConnectionMethods {
    /* An answer to what was asked, or (asked NULL) an EVENT. Borrows the message. */
    void (*answered)(void *self, CqlConnection *connection, CqlAsked *asked,
                     const CqlMessage *message);
} CqlConnectionMethods;

/* `host`: as in the certificate; `address`: as os_resolve gives it. */
bool cql_connection_dial(const CqlConnectionConfig *config, const char *host, const char *address,
                         uint16_t port, const CqlConnectionMethods *methods, void *self,
                         CqlConnection **out, Error *err);
void cql_connection_free(CqlConnection *connection); /* NULL is fine. */

CqlConnectionState cql_connection_state(const CqlConnection *connection);
/* Why it is BROKEN. */
const Error *cql_connection_error(const CqlConnection *connection);
/* BROKEN because the server speaks lower versions only. */
bool cql_connection_refused_version(const CqlConnection *connection);
uint8_t cql_connection_version(const CqlConnection *connection);
uint32_t cql_connection_in_flight(const CqlConnection *connection);
int64_t cql_connection_since_us(const CqlConnection *connection); /* When it was dialled. */

/* OPEN, and a stream is free: takes note of `asked` and lines the message up. */
bool cql_connection_may_send(const CqlConnection *connection);
void cql_connection_send(CqlConnection *connection, CqlAsked *asked, CqlOpcode opcode, Str body);

/* What to wait for, before cql_connection_work. */
OsSocketWait cql_connection_wait(const CqlConnection *connection);
/* Reads, answers, writes as far as it goes without waiting. */
void cql_connection_work(CqlConnection *connection);
/* Writes what is lined up, if it is at least so much: between two waits. */
void cql_connection_flush(CqlConnection *connection, size_t bytes_min);
/* Breaks it, when the first unanswered request was sent before `since_us`. */
void cql_connection_expire(CqlConnection *connection, int64_t since_us);
/* One after the other, of a BROKEN connection, what was asked and not answered; NULL: no more. */
CqlAsked *cql_connection_lost(CqlConnection *connection);

#endif
