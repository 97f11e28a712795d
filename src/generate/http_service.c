#include "generate/http_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <strings.h>

#include "base/assert.h"
#include "generate/answers.h"

#define CONNECTIONS_MAX 256
#define CONNECTION_BYTES ((size_t)128 * 1024)
#define TIMEOUT_S 60
#define THREADS_MAX 4
#define ANSWER_STEPS 50000

/* ── replies ───────────────────────────────────────────────────────────────────────────────────*/

HttpResult http_send(struct MHD_Connection *connection, unsigned status,
                     struct MHD_Response *response)
{
    HttpResult result;

    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Response *text_response(const StrBuf *text, const char *type)
{
    char *copy = mem_alloc(text->bytes + 1);
    struct MHD_Response *response;

    memcpy(copy, strbuf_c(text), text->bytes + 1);
    response = MHD_create_response_from_buffer(text->bytes, copy, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(copy);
    else
        (void)MHD_add_response_header(response, "Content-Type", type);
    return response;
}

static HttpResult send_text(struct MHD_Connection *connection, const StrBuf *text, const char *type)
{
    struct MHD_Response *response = text_response(text, type);

    if (response)
        (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    return http_send(connection, MHD_HTTP_OK, response);
}

HttpResult http_send_error(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct MHD_Response *response;
    StrBuf body;

    strbuf_init(&body);
    strbuf_add_c(&body, "{\"error\":");
    strbuf_add_json_string(&body, str_of(text));
    strbuf_add_c(&body, "}\n");
    response = text_response(&body, "application/json");
    strbuf_done(&body);
    if (!response)
        return MHD_NO;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (status == MHD_HTTP_UNAUTHORIZED)
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        (void)MHD_add_response_header(response, "Retry-After", "5");
    return http_send(connection, status, response);
}

/* ── generators between requests: the next page of a sequence goes on where the last one ended
 * ───*/

bool generator_take(GenerateService *service, const Stream *stream, const GenerateOptions *options,
                    Generator **out, Error *err)
{
    Generator *found = NULL;

    if (!generate_options_check(options, stream, err))
        return false;
    os_mutex_lock(service->mutex);
    for (int i = 0; i < HTTP_IDLE_SEQUENCES && !found; i++) {
        if (service->idle[i] && generator_can_restart(service->idle[i], stream, options)) {
            found = service->idle[i];
            service->idle[i] = NULL;
        }
    }
    os_mutex_unlock(service->mutex);
    if (!found)
        return generator_open(stream, options, out, err);
    generator_restart(found, options);
    *out = found;
    return true;
}

void generator_put(GenerateService *service, Generator *generator)
{
    Generator *given_up = generator;

    if (!generator)
        return;
    if (generator_is_sequence(generator)) {
        os_mutex_lock(service->mutex);
        given_up = service->idle[service->idle_next];
        service->idle[service->idle_next] = generator;
        service->idle_next = (service->idle_next + 1) % HTTP_IDLE_SEQUENCES;
        os_mutex_unlock(service->mutex);
    }
    generator_close(given_up);
}

/* ── records ───────────────────────────────────────────────────────────────────────────────────*/

/* A response being written: blocks from a Generator, handed on as the connection takes them. */
typedef struct RecordsBody {
    GenerateService *service;
    Generator *generator;
    StrBuf block;
    size_t sent;
    bool ended;
} RecordsBody;

static void records_free(void *self)
{
    RecordsBody *body = self;

    generator_put(body->service, body->generator);
    strbuf_done(&body->block);
    free(body);
}

/* 0: nothing yet, call again (a sequence on its way to the first record). */
static ssize_t records_read(void *self, uint64_t position UNUSED, char *out, size_t bytes)
{
    RecordsBody *body = self;
    size_t taken;

    if (body->sent == body->block.bytes) {
        if (body->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        strbuf_clear(&body->block);
        body->sent = 0;
        body->ended = !generator_fill(body->generator, &body->block, HTTP_BLOCK_BYTES);
        if (body->block.bytes == 0)
            return body->ended ? MHD_CONTENT_READER_END_OF_STREAM : 0;
    }
    taken = MIN(bytes, body->block.bytes - body->sent);
    memcpy(out, body->block.data + body->sent, taken);
    body->sent += taken;
    return (ssize_t)taken;
}

static const char *content_type(GenerateFormat format)
{
    switch (format) {
    case GENERATE_NDJSON:
        return "application/x-ndjson";
    case GENERATE_JSON:
        return "application/json";
    case GENERATE_CSV:
        return "text/csv; charset=utf-8; header=present";
    }
    UNREACHABLE();
}

/* How many of the feed's records are there now. */
static int64_t arrived_count(const GenerateService *service, double rate)
{
    double elapsed_us = (double)(os_monotonic_us() - service->started_us);
    int64_t arrived = service->unpaced
                          ? GENERATE_INDEX_MAX
                          : (int64_t)MIN(elapsed_us * rate / 1e6, (double)GENERATE_INDEX_MAX);

    return service->total > 0 ? MIN(arrived, service->total) : arrived;
}

/* What the page after this one is, unless the stream has ended. */
static void add_link(const GenerateService *service, const HttpRequest *request,
                     struct MHD_Response *response)
{
    int64_t next = request->options.from + request->options.count;
    int64_t end = service->total > 0 ? service->total : GENERATE_INDEX_MAX;
    StrBuf link;

    if (next >= end)
        return;
    strbuf_init(&link);
    http_request_write_link(request, next, &link);
    (void)MHD_add_response_header(response, "Link", strbuf_c(&link));
    strbuf_done(&link);
}

static HttpResult send_records(GenerateService *service, struct MHD_Connection *connection,
                               HttpRequest *request)
{
    GenerateOptions *options = &request->options;
    RecordsBody *body;
    struct MHD_Response *response;
    Error err = {0};

    if (!request->count_set) {
        int64_t there = arrived_count(service, options->rate) - options->from;

        options->count = MIN(MAX(there, 0), request->limit);
    }
    body = mem_zalloc(sizeof *body);
    body->service = service;
    strbuf_init(&body->block);
    if (!generator_take(service, request->stream, options, &body->generator, &err)) {
        records_free(body);
        return http_send_error(connection, MHD_HTTP_BAD_REQUEST, err.text);
    }
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, HTTP_BLOCK_BYTES, records_read,
                                                 body, records_free);
    if (!response) {
        records_free(body);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Content-Type", content_type(options->format));
    if (!request->count_set)
        (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    add_link(service, request, response);
    return http_send(connection, MHD_HTTP_OK, response);
}

/* ── answers ───────────────────────────────────────────────────────────────────────────────────*/

/* Counted while the response is read, some at a time, so that other requests get their turn. */
typedef struct AnswersBody {
    Answers *answers;
    StrBuf text;
    size_t sent;
} AnswersBody;

static void answers_body_free(void *self)
{
    AnswersBody *body = self;

    answers_close(body->answers);
    strbuf_done(&body->text);
    free(body);
}

static ssize_t answers_read(void *self, uint64_t position UNUSED, char *out, size_t bytes)
{
    AnswersBody *body = self;
    size_t taken;

    if (body->text.bytes == 0) {
        if (answers_step(body->answers, ANSWER_STEPS))
            return 0;
        answers_write(body->answers, &body->text);
    }
    if (body->sent == body->text.bytes)
        return MHD_CONTENT_READER_END_OF_STREAM;
    taken = MIN(bytes, body->text.bytes - body->sent);
    memcpy(out, body->text.data + body->sent, taken);
    body->sent += taken;
    return (ssize_t)taken;
}

static HttpResult send_answers(struct MHD_Connection *connection, const HttpRequest *request)
{
    AnswersBody *body = mem_zalloc(sizeof *body);
    struct MHD_Response *response;
    Error err = {0};

    strbuf_init(&body->text);
    if (!answers_open(request->stream, &request->options, &body->answers, &err)) {
        answers_body_free(body);
        return http_send_error(connection, MHD_HTTP_BAD_REQUEST, err.text);
    }
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, HTTP_BLOCK_BYTES, answers_read,
                                                 body, answers_body_free);
    if (!response) {
        answers_body_free(body);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    return http_send(connection, MHD_HTTP_OK, response);
}

/* ── which address means what ──────────────────────────────────────────────────────────────────*/

typedef struct ParseState {
    HttpRequest *request;
    Error *err;
} ParseState;

static HttpResult on_parameter(void *self, enum MHD_ValueKind kind UNUSED, const char *name,
                               const char *value)
{
    ParseState *state = self;

    return http_request_set(state->request, name, value, state->err) ? MHD_YES : MHD_NO;
}

static HttpResult send_stream(GenerateService *service, struct MHD_Connection *connection,
                              const Stream *stream, RequestKind kind)
{
    HttpRequest request;
    Error err = {0};
    ParseState state = {&request, &err};
    HttpResult result;

    http_request_init(&request, stream, kind, &service->defaults);
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, on_parameter, &state);
    if (err.kind != ERROR_NONE || !http_request_finish(&request, service->total, &err))
        result = http_send_error(connection, MHD_HTTP_BAD_REQUEST, err.text);
    else if (kind == REQUEST_LIVE)
        result = http_send_live(service, connection, &request);
    else if (kind == REQUEST_ANSWERS)
        result = send_answers(connection, &request);
    else
        result = send_records(service, connection, &request);
    http_request_done(&request);
    return result;
}

static HttpResult send_not_found(struct MHD_Connection *connection)
{
    return http_send_error(connection, MHD_HTTP_NOT_FOUND,
                           "nothing is here; GET / says what there is");
}

/* STREAM, STREAM/live, STREAM/answers */
static HttpResult route_stream(GenerateService *service, struct MHD_Connection *connection,
                               Str path)
{
    Str rest = path;
    Str name = STR_EMPTY;
    Str part = STR_EMPTY;
    const Stream *stream;

    (void)str_split(&rest, '/', &name);
    stream = generate_stream_find(name);
    if (!stream)
        return send_not_found(connection);
    if (!str_split(&rest, '/', &part))
        return send_stream(service, connection, stream, REQUEST_RECORDS);
    if (rest.data == NULL && str_is(part, "live"))
        return send_stream(service, connection, stream, REQUEST_LIVE);
    if (rest.data == NULL && str_is(part, "answers"))
        return send_stream(service, connection, stream, REQUEST_ANSWERS);
    return send_not_found(connection);
}

static HttpResult send_page(const GenerateService *service, struct MHD_Connection *connection,
                            void (*write)(const GenerateService *service, StrBuf *out),
                            const char *type)
{
    StrBuf text;
    HttpResult result;

    strbuf_init(&text);
    write(service, &text);
    result = send_text(connection, &text, type);
    strbuf_done(&text);
    return result;
}

static void write_health(const GenerateService *service UNUSED, StrBuf *out)
{
    strbuf_add_c(out, "ok\n");
}

static HttpResult route(GenerateService *service, struct MHD_Connection *connection,
                        const char *url)
{
    if (strcmp(url, "/") == 0)
        return send_page(service, connection, http_write_index, "text/html; charset=utf-8");
    if (strcmp(url, "/v1") == 0)
        return send_page(service, connection, http_write_catalog, "application/json");
    if (strncmp(url, "/v1/", 4) == 0)
        return route_stream(service, connection, str_of(url + 4));
    return send_not_found(connection);
}

/* ── who may ask ───────────────────────────────────────────────────────────────────────────────*/

static bool is_allowed(const GenerateService *service, struct MHD_Connection *connection)
{
    const char *given =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    uint8_t hash[SHA256_DIGEST_LENGTH];

    if (!service->has_token)
        return true;
    if (!given || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    (void)SHA256((const unsigned char *)given + 7, strlen(given + 7), hash);
    return CRYPTO_memcmp(hash, service->token_hash, sizeof hash) == 0;
}

static HttpResult on_request(void *self, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version UNUSED,
                             const char *upload UNUSED, size_t *upload_bytes, void **seen)
{
    GenerateService *service = self;

    /* Called first with the headers alone, then with the body (of which none is wanted), then for
     * the reply. */
    if (!*seen) {
        *seen = service;
        return MHD_YES;
    }
    if (*upload_bytes > 0) {
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return http_send_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                               "this service only answers GET and HEAD");
    if (strcmp(url, "/healthz") == 0)
        return send_page(service, connection, write_health, "text/plain; charset=utf-8");
    if (!is_allowed(service, connection))
        return http_send_error(connection, MHD_HTTP_UNAUTHORIZED,
                               "send the service's token: Authorization: Bearer TOKEN");
    return route(service, connection, url);
}

/* ── starting and stopping ─────────────────────────────────────────────────────────────────────*/

typedef struct ListenAddress {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;
    bool is_v6;
    bool is_loopback;
} ListenAddress;

static bool parse_host(const char *host, uint16_t port, ListenAddress *out)
{
    *out = (ListenAddress){.is_v6 = false};
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (*host == '\0' || strcmp(host, "*") == 0)
        host = "0.0.0.0";
    if (inet_pton(AF_INET, host, &out->socket.v4.sin_addr) == 1) {
        out->socket.v4.sin_family = AF_INET;
        out->socket.v4.sin_port = htons(port);
        out->is_loopback = ntohl(out->socket.v4.sin_addr.s_addr) >> 24 == 127;
        return true;
    }
    *out = (ListenAddress){.is_v6 = true};
    if (inet_pton(AF_INET6, host, &out->socket.v6.sin6_addr) == 1) {
        out->socket.v6.sin6_family = AF_INET6;
        out->socket.v6.sin6_port = htons(port);
        out->is_loopback = IN6_IS_ADDR_LOOPBACK(&out->socket.v6.sin6_addr);
        return true;
    }
    return false;
}

/* HOST:PORT; an IPv6 address may stand in brackets. */
static bool parse_listen(const char *text, ListenAddress *out, Error *err)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    char host[64];
    size_t bytes = colon ? (size_t)(colon - text) : 0;

    if (!colon || bytes >= sizeof host || !str_to_int64(str_of(colon + 1), &port) || port < 0 ||
        port > 65535)
        return error_set(err, ERROR_USER, "'%.60s' is not HOST:PORT, such as 127.0.0.1:8090", text);
    if (bytes >= 2 && text[0] == '[' && text[bytes - 1] == ']') {
        text++;
        bytes -= 2;
    }
    memcpy(host, text, bytes);
    host[bytes] = '\0';
    if (!parse_host(host, (uint16_t)port, out))
        return error_set(err, ERROR_USER,
                         "'%s' is not an address to listen on: write an IP address or localhost",
                         host);
    return true;
}

static bool set_token(GenerateService *service, const char *token, Error *err)
{
    for (const char *p = token; *p; p++) {
        if (*p <= ' ' || *p > '~')
            return error_set(err, ERROR_USER, "a token is printable ASCII without blanks");
    }
    if (!*token)
        return error_set(err, ERROR_USER, "the token is empty");
    (void)SHA256((const unsigned char *)token, strlen(token), service->token_hash);
    service->has_token = true;
    return true;
}

static bool start_failed(const char *listen, int code, Error *err)
{
    switch (code) {
    case EADDRINUSE:
        return error_set(err, ERROR_RETRY,
                         "%s is in use: stop what listens there, or choose another port (port 0 "
                         "takes any free one)",
                         listen);
    case EADDRNOTAVAIL:
        return error_set(err, ERROR_USER, "this machine does not have the address of %s", listen);
    case EACCES:
        return error_set(err, ERROR_USER, "not allowed to listen on %s; ports below 1024 need root",
                         listen);
    default:
        return error_set_errno(err, code, "listen on %s", listen);
    }
}

static bool start_daemon(GenerateService *service, const char *listen, const ListenAddress *address,
                         Error *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     (address->is_v6 ? MHD_USE_IPv6 : 0u);
    unsigned threads = (unsigned)MIN(MAX(os_cpu_count(), 2), THREADS_MAX);
    const union MHD_DaemonInfo *info;

    errno = 0;
    service->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, service, MHD_OPTION_SOCK_ADDR, &address->socket.any,
        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_BYTES, MHD_OPTION_END);
    if (!service->daemon)
        return start_failed(listen, errno ? errno : EIO, err);
    info = MHD_get_daemon_info(service->daemon, MHD_DAEMON_INFO_BIND_PORT);
    service->port = info ? info->port : 0;
    return true;
}

bool generate_service_start(const GenerateServiceConfig *config, GenerateService **out, Error *err)
{
    GenerateService *service = mem_zalloc(sizeof *service);
    ListenAddress address;

    service->defaults = config->defaults;
    service->defaults.from = 0;
    service->defaults.count = GENERATE_COUNT_DEFAULT;
    service->total = config->total;
    service->unpaced = config->unpaced;
    service->mutex = os_mutex_create();
    service->changed = os_cond_create();
    if (!parse_listen(config->listen, &address, err))
        goto fail;
    if (config->token && !set_token(service, config->token, err))
        goto fail;
    if (!address.is_loopback && !service->has_token) {
        (void)error_set(err, ERROR_USER,
                        "%s can be reached from other machines: give a --token, or listen on "
                        "127.0.0.1",
                        config->listen);
        goto fail;
    }
    service->started_us = os_monotonic_us();
    http_pacer_start(service);
    if (!start_daemon(service, config->listen, &address, err))
        goto fail;
    *out = service;
    return true;

fail:
    generate_service_stop(service);
    return false;
}

int generate_service_port(const GenerateService *service)
{
    return service->port;
}

void generate_service_stop(GenerateService *service)
{
    if (!service)
        return;
    http_pacer_stop(service);
    if (service->daemon)
        MHD_stop_daemon(service->daemon);
    for (int i = 0; i < HTTP_IDLE_SEQUENCES; i++)
        generator_close(service->idle[i]);
    os_cond_free(service->changed);
    os_mutex_free(service->mutex);
    free(service);
}
