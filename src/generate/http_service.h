/*
 * http_service.h: the streams over HTTP (docs/generate.md has the addresses).
 *
 * Without `count`, /v1/STREAM is a feed: record i is there once i / rate seconds have passed since
 * the service began, at most `limit` records a page, and every page links to the next, an empty one
 * to itself, so that a poller that follows links gets each record once. With `count`, it is that
 * range, whole and at once, whenever it is asked for.
 *
 * Everything a request may take is bounded: connections, threads, records, live streams.
 */
#ifndef WEIR_GENERATE_HTTP_SERVICE_H
#define WEIR_GENERATE_HTTP_SERVICE_H

#include "generate/generate.h"

typedef struct GenerateService GenerateService;

typedef struct GenerateServiceConfig {
    const char *listen;       /* HOST:PORT; port 0: any free one. */
    const char *token;        /* NULL: none; only on the loopback address. */
    GenerateOptions defaults; /* What a request does not say. */
    int64_t total;            /* How many records each stream has; 0: without end. */
    bool unpaced;             /* The feed's records are all there from the beginning. */
} GenerateServiceConfig;

/* Borrows the config for the call. */
bool generate_service_start(const GenerateServiceConfig *config, GenerateService **out, Error *err);
int generate_service_port(const GenerateService *service);
/* Ends all connections. NULL is fine. */
void generate_service_stop(GenerateService *service);

#endif
