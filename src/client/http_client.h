/*
 * http_client.h: one GET after another over a kept connection (libcurl).
 *
 * Limits: an answer's body and its headers; http and https alone, redirects to these too. Thread: one
 * at a time; http_client_cancel from any.
 */
#ifndef WEIR_CLIENT_HTTP_CLIENT_H
#define WEIR_CLIENT_HTTP_CLIENT_H

#include <stdatomic.h>

#include "base/error.h"
#include "base/str.h"

typedef struct HttpClient HttpClient;

typedef struct HttpReply {
    int status;
    StrBuf body;
    StrBuf link;         /* All Link headers, separated by commas. */
    StrBuf retry_after;  /* As sent; empty: none. */
    StrBuf url;          /* Where the answer came from, after redirects. */
} HttpReply;

HttpClient *http_client_create(void);
void http_client_free(HttpClient *client); /* NULL is fine. */
/* "Name: value". It is sent to the server that is asked, and to none that this one redirects to. */
void http_client_add_header(HttpClient *client, const char *header);
/* Makes a running get fail soon, and every later one at once. */
void http_client_cancel(HttpClient *client);

/* True when there was an answer of any status. `reply` is initialised by http_reply_init and may be
 * used again. Failures: ERROR_RETRY (no connection, cut off, timed out), ERROR_USER (no such
 * protocol, a malformed address, a body above the limit). */
bool http_client_get(HttpClient *client, const char *url, int64_t timeout_us, size_t body_bytes_max,
                     HttpReply *reply, Error *err);
void http_reply_init(HttpReply *reply);
void http_reply_done(HttpReply *reply);

/* The target of rel="next" in Link headers (RFC 8288), made absolute against `base`; data == NULL:
 * there is none. In `arena`. */
Str http_link_next(Arena *arena, Str link, const char *base);
/* `url` with its query parameter `name` set to `value` (escaped). NULL: not an address. */
char *http_url_with(Arena *arena, const char *url, Str name, Str value);
/* `url`, to which `from` has led, where `to` now stands for `from`: at the server of `to`, with its login.
 * One that had left the server of `from` stays as it is. NULL: more than the server differs. */
char *http_url_moved(Arena *arena, const char *url, const char *from, const char *to);
/* Whether two addresses have the same scheme, host and port. */
bool http_same_origin(const char *a, const char *b);
/* The value (unescaped) of its query parameter `name`; empty: it has none. */
void http_url_parameter(const char *url, Str name, StrBuf *out);

#endif
