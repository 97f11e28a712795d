/*
 * http_request.h: the query of a request for records, checked against the parameters a stream
 * knows.
 */
#ifndef WEIR_GENERATE_HTTP_REQUEST_H
#define WEIR_GENERATE_HTTP_REQUEST_H

#include "generate/generate.h"

#define HTTP_COUNT_MAX INT64_C(10000000) /* Records of one request. */
#define HTTP_LIMIT_DEFAULT 10000
/* A sequence is only reached by drawing; beyond this that takes too long for a request. */
#define HTTP_SEQUENCE_MAX INT64_C(500000000)

typedef enum RequestKind {
    REQUEST_RECORDS, /* /v1/STREAM: a range with `count`, else the feed. */
    REQUEST_LIVE,    /* /v1/STREAM/live */
    REQUEST_ANSWERS, /* /v1/STREAM/answers */
} RequestKind;

typedef struct HttpRequest {
    const Stream *stream;
    RequestKind kind;
    GenerateOptions options;
    bool count_set;
    bool events;   /* live: as server-sent events. */
    int64_t limit; /* Records in a page of the feed. */
    StrBuf query;  /* What was asked but `from`, encoded again: `&seed=7&late=0.1`. */
} HttpRequest;

/* `defaults`: what the service was started with. */
void http_request_init(HttpRequest *request, const Stream *stream, RequestKind kind,
                       const GenerateOptions *defaults);
void http_request_done(HttpRequest *request);
/* One parameter of the query, decoded; `value` may be NULL (no '='). */
bool http_request_set(HttpRequest *request, const char *name, const char *value, Error *err);
/* After all parameters: what they mean together. Cuts the range at `total` (0: no end). */
bool http_request_finish(HttpRequest *request, int64_t total, Error *err);

/* `</v1/orders?from=1000&count=1000>; rel="next"` */
void http_request_write_link(const HttpRequest *request, int64_t from, StrBuf *out);

#endif
