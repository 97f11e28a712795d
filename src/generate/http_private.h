/*
 * http_private.h: what the files of the service share.
 *
 *     http_service.c   the daemon: who may ask, which address means what, records and answers
 *     http_request.c   the query of an address
 *     http_live.c      paced streams, and the thread that wakes them
 *     http_index.c     the index page and the catalog
 *
 * Threads: libmicrohttpd's pool answers requests; one pacer thread wakes live streams. What both
 * touch is in GenerateService, under `mutex`.
 */
#ifndef WEIR_GENERATE_HTTP_PRIVATE_H
#define WEIR_GENERATE_HTTP_PRIVATE_H

#include <microhttpd.h>

#include "generate/http_request.h"
#include "generate/http_service.h"
#include "os/os.h"

#define HTTP_BLOCK_BYTES ((size_t)64 * 1024)
#define HTTP_LIVE_MAX 64      /* Live streams at a time. */
#define HTTP_IDLE_SEQUENCES 4 /* Kept for the next page; 2 MB each. */

typedef struct Live Live;

struct GenerateService {
    GenerateOptions defaults;
    int64_t total;
    bool unpaced;
    uint8_t token_hash[32]; /* SHA-256, so that comparing takes the same time for every length. */
    bool has_token;
    int64_t started_us; /* Monotonic. */
    int port;
    struct MHD_Daemon *daemon;

    OsMutex *mutex; /* Of all below. */
    OsCond *changed;
    OsThread *pacer;
    Live *waiting; /* Suspended live streams. */
    int live_count;
    bool stopping;
    Generator *idle[HTTP_IDLE_SEQUENCES];
    int idle_next; /* Whose place is given away next. */
};

typedef enum MHD_Result HttpResult;

/* http_service.c */
HttpResult http_send(struct MHD_Connection *connection, unsigned status,
                     struct MHD_Response *response);
HttpResult http_send_error(struct MHD_Connection *connection, unsigned status, const char *text);
/* Takes a fitting idle generator or opens one; give it back with generator_put. Thread: any. */
bool generator_take(GenerateService *service, const Stream *stream, const GenerateOptions *options,
                    Generator **out, Error *err);
void generator_put(GenerateService *service, Generator *generator);

/* http_live.c */
HttpResult http_send_live(GenerateService *service, struct MHD_Connection *connection,
                          const HttpRequest *request);
void http_pacer_start(GenerateService *service);
/* Wakes all live streams for good, so that the daemon can stop. */
void http_pacer_stop(GenerateService *service);

/* http_index.c */
void http_write_index(const GenerateService *service, StrBuf *out);
void http_write_catalog(const GenerateService *service, StrBuf *out);

#endif
