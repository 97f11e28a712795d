#include "client/cql/cql_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/assert.h"

struct CqlTlsContext {
    SSL_CTX *ssl;
};

struct CqlTls {
    SSL *ssl;
    BIO *from_socket;
    BIO *to_socket;
};

/* What OpenSSL has to say, and clears its list. */
static const char *reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return text ? text : "no reason given";
}

/* ── certificates ──────────────────────────────────────────────────────────────────────────────*/

static bool load(SSL_CTX *ssl, const CqlTlsConfig *config, Error *err)
{
    if (config->ca_file ? SSL_CTX_load_verify_locations(ssl, config->ca_file, NULL) != 1
                        : SSL_CTX_set_default_verify_paths(ssl) != 1)
        return error_set(err, ERROR_USER, "the certificates in '%s' cannot be read: %s",
                         config->ca_file ? config->ca_file : "the system's folder", reason());
    if (config->cert_file && SSL_CTX_use_certificate_chain_file(ssl, config->cert_file) != 1)
        return error_set(err, ERROR_USER, "the certificate in '%s' cannot be read: %s",
                         config->cert_file, reason());
    if (config->key_file && SSL_CTX_use_PrivateKey_file(ssl, config->key_file, SSL_FILETYPE_PEM) != 1)
        return error_set(err, ERROR_USER, "the key in '%s' cannot be read: %s", config->key_file,
                         reason());
    return true;
}

bool cql_tls_context_create(const CqlTlsConfig *config, CqlTlsContext **out, Error *err)
{
    CqlTlsContext *context = mem_zalloc(sizeof *context);

    context->ssl = SSL_CTX_new(TLS_client_method());
    ASSERT(context->ssl);
    (void)SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_verify(context->ssl, config->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (!load(context->ssl, config, err)) {
        cql_tls_context_free(context);
        return false;
    }
    *out = context;
    return true;
}

void cql_tls_context_free(CqlTlsContext *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

/* ── a connection ──────────────────────────────────────────────────────────────────────────────*/

CqlTls *cql_tls_create(CqlTlsContext *context, const char *host)
{
    CqlTls *tls = mem_zalloc(sizeof *tls);
    struct in6_addr number;

    tls->ssl = SSL_new(context->ssl);
    tls->from_socket = BIO_new(BIO_s_mem());
    tls->to_socket = BIO_new(BIO_s_mem());
    ASSERT(tls->ssl && tls->from_socket && tls->to_socket);
    SSL_set_bio(tls->ssl, tls->from_socket, tls->to_socket);
    SSL_set_connect_state(tls->ssl);
    if (inet_pton(AF_INET, host, &number) == 1 || inet_pton(AF_INET6, host, &number) == 1) {
        (void)X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), host);
    } else {
        char *name = mem_strdup(host); /* The macro casts const away. */

        (void)SSL_set1_host(tls->ssl, host);
        (void)SSL_set_tlsext_host_name(tls->ssl, name);
        free(name);
    }
    return tls;
}

void cql_tls_free(CqlTls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl); /* And the two ends. */
    free(tls);
}

bool cql_tls_handshake(CqlTls *tls, bool *done, Error *err)
{
    int result;
    long verified;

    ERR_clear_error();
    result = SSL_do_handshake(tls->ssl);
    *done = result == 1;
    if (*done || SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ)
        return true;
    verified = SSL_get_verify_result(tls->ssl);
    if (verified != X509_V_OK)
        return error_set(err, ERROR_USER,
                         "the server's certificate is refused: %s; see cassandra.tls.ca",
                         X509_verify_cert_error_string(verified));
    return error_set(err, ERROR_RETRY, "TLS cannot be agreed on: %s", reason());
}

void cql_tls_give(CqlTls *tls, const void *data, size_t bytes)
{
    ASSERT(BIO_write(tls->from_socket, data, (int)bytes) == (int)bytes);
}

bool cql_tls_read(CqlTls *tls, void *out, size_t bytes_max, size_t *bytes, bool *ended, Error *err)
{
    int code;

    *bytes = 0;
    *ended = false;
    ERR_clear_error();
    if (SSL_read_ex(tls->ssl, out, bytes_max, bytes) == 1)
        return true;
    *bytes = 0;
    code = SSL_get_error(tls->ssl, 0);
    if (code == SSL_ERROR_WANT_READ)
        return true;
    *ended = code == SSL_ERROR_ZERO_RETURN;
    return *ended || error_set(err, ERROR_RETRY, "TLS is broken: %s", reason());
}

bool cql_tls_write(CqlTls *tls, const void *data, size_t bytes, Error *err)
{
    size_t written;

    ERR_clear_error();
    return bytes == 0 || SSL_write_ex(tls->ssl, data, bytes, &written) == 1 ||
           error_set(err, ERROR_RETRY, "TLS is broken: %s", reason());
}

void cql_tls_take(CqlTls *tls, StrBuf *out)
{
    size_t waiting = BIO_ctrl_pending(tls->to_socket);

    if (waiting == 0)
        return;
    strbuf_reserve(out, waiting);
    ASSERT(BIO_read(tls->to_socket, out->data + out->bytes, (int)waiting) == (int)waiting);
    out->bytes += waiting;
}
