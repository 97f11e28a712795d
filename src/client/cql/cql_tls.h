/*
 * cql_tls.h: TLS over a connection whose bytes somebody else moves (OpenSSL, memory to memory).
 *
 *     plain bytes --cql_tls_write--> [OpenSSL] --cql_tls_take--> to the socket
 *     plain bytes <--cql_tls_read--- [OpenSSL] <--cql_tls_give-- from the socket
 */
#ifndef WEIR_CLIENT_CQL_TLS_H
#define WEIR_CLIENT_CQL_TLS_H

#include "base/error.h"
#include "base/str.h"

typedef struct CqlTlsContext CqlTlsContext; /* Of a session: certificates. */
typedef struct CqlTls CqlTls;               /* Of a connection. */

typedef struct CqlTlsConfig {
    const char *ca_file;   /* Who may sign the server's certificate; NULL: whom the system trusts. */
    const char *cert_file; /* The client's own; NULL: none. */
    const char *key_file;
    bool verify; /* The certificate, and that it is this host's. */
} CqlTlsConfig;

bool cql_tls_context_create(const CqlTlsConfig *config, CqlTlsContext **out, Error *err);
void cql_tls_context_free(CqlTlsContext *context); /* NULL is fine. */

/* `host`: the name or number that was asked for. */
CqlTls *cql_tls_create(CqlTlsContext *context, const char *host);
void cql_tls_free(CqlTls *tls); /* NULL is fine. */

/* Goes on with the handshake: *done. ERROR_USER: the certificate is refused. */
bool cql_tls_handshake(CqlTls *tls, bool *done, Error *err);
void cql_tls_give(CqlTls *tls, const void *data, size_t bytes);
/* Up to bytes_max plain bytes that came: *bytes, 0 for none; *ended: the other side has closed. */
bool cql_tls_read(CqlTls *tls, void *out, size_t bytes_max, size_t *bytes, bool *ended, Error *err);
bool cql_tls_write(CqlTls *tls, const void *data, size_t bytes, Error *err);
/* Appends what is to go to the socket. */
void cql_tls_take(CqlTls *tls, StrBuf *out);

#endif
