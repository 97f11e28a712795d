/*
 * http_live.c: paced streams. Record n of a live stream is due n / rate seconds after it began; one
 * that falls behind (a slow reader) is sent as fast as it is taken.
 *
 * A reader that has nothing due suspends its connection and puts itself on the waiting list; the
 * pacer thread resumes it when its time has come. Nobody polls, and no thread belongs to a stream.
 *
 *     reading ──nothing due──> waiting (suspended) ──pacer: due, or stopping──> reading
 *        └──range ended, stopping, or the client has left──> freed
 *
 * Invariants
 *  1. A Live is on the waiting list if and only if its connection is suspended.
 *  2. Once `stopping` is set nothing is suspended any more: libmicrohttpd cannot stop otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "generate/http_private.h"

/* Wakings are this far apart at least, so that fast streams are sent in blocks. */
#define TICK_US 20000
/* A waiting stream looks up this often, to notice a client that has left. */
#define LOOK_UP_US 1000000
#define KEEP_ALIVE_US 15000000

struct Live {
    GenerateService *service;
    struct MHD_Connection *connection;
    Generator *generator;
    int64_t from;
    double rate;
    bool events;
    int64_t began_us;
    int64_t sent_us; /* When something was last sent. */
    StrBuf block;
    StrBuf record;
    size_t sent;
    bool ended;

    /* Under service->mutex. */
    bool is_waiting;
    int64_t wake_us;
    Live *next;
};

/* ── the waiting list ──────────────────────────────────────────────────────────────────────────*/

static void leave_waiting(Live *live)
{
    GenerateService *service = live->service;

    for (Live **p = &service->waiting; *p; p = &(*p)->next) {
        if (*p == live) {
            *p = live->next;
            break;
        }
    }
    live->is_waiting = false;
}

/* False when the service is stopping. */
static bool wait_until(Live *live, int64_t wake_us)
{
    GenerateService *service = live->service;
    bool ok;

    os_mutex_lock(service->mutex);
    ok = !service->stopping;
    if (ok) {
        MHD_suspend_connection(live->connection);
        live->wake_us = wake_us;
        live->is_waiting = true;
        live->next = service->waiting;
        service->waiting = live;
        os_cond_signal(service->changed);
    }
    os_mutex_unlock(service->mutex);
    return ok;
}

/* Resumes who is due, everyone when stopping; returns when the next one is. Under the mutex. */
static int64_t wake_due(GenerateService *service)
{
    int64_t now_us = os_monotonic_us();
    int64_t next_us = now_us + LOOK_UP_US;
    Live **p = &service->waiting;

    while (*p) {
        Live *live = *p;

        if (service->stopping || live->wake_us <= now_us) {
            *p = live->next;
            live->is_waiting = false;
            MHD_resume_connection(live->connection);
        } else {
            next_us = MIN(next_us, live->wake_us);
            p = &live->next;
        }
    }
    return next_us;
}

static void pacer_run(void *self)
{
    GenerateService *service = self;

    os_mutex_lock(service->mutex);
    while (!service->stopping) {
        int64_t next_us = wake_due(service);

        (void)os_cond_wait_for(service->changed, service->mutex,
                               MAX(next_us - os_monotonic_us(), 1000));
    }
    (void)wake_due(service);
    os_mutex_unlock(service->mutex);
}

void http_pacer_start(GenerateService *service)
{
    service->pacer = os_thread_start("live pacer", pacer_run, service);
}

void http_pacer_stop(GenerateService *service)
{
    os_mutex_lock(service->mutex);
    service->stopping = true;
    os_cond_signal(service->changed);
    os_mutex_unlock(service->mutex);
    os_thread_join(service->pacer);
    service->pacer = NULL;
}

/* ── one stream ────────────────────────────────────────────────────────────────────────────────*/

static void live_free(void *self)
{
    Live *live = self;
    GenerateService *service = live->service;

    os_mutex_lock(service->mutex);
    if (live->is_waiting)
        leave_waiting(live);
    service->live_count--;
    os_mutex_unlock(service->mutex);
    generator_put(service, live->generator);
    strbuf_done(&live->block);
    strbuf_done(&live->record);
    free(live);
}

/* The index before which records are due now; the first one is due at once. */
static int64_t due_index(const Live *live, int64_t now_us)
{
    double due = (double)(now_us - live->began_us) * live->rate / 1e6;

    return live->from + 1 + (int64_t)MIN(due, (double)GENERATE_INDEX_MAX);
}

static int64_t due_us(const Live *live, int64_t index)
{
    double after_us = (double)(index - live->from) * 1e6 / live->rate;

    return live->began_us + (int64_t)MIN(after_us, 1e15);
}

static void fill_events(Live *live, int64_t due)
{
    while (!live->ended && live->block.bytes < HTTP_BLOCK_BYTES) {
        int64_t index = generator_position(live->generator);

        if (index >= due)
            return;
        strbuf_clear(&live->record);
        live->ended = !generator_fill_to(live->generator, &live->record, SIZE_MAX, index + 1);
        if (live->record.bytes == 0)
            return;
        strbuf_printf(&live->block, "id: %lld\ndata: ", (long long)index);
        strbuf_add_str(&live->block, strbuf_str(&live->record));
        strbuf_add_char(&live->block, '\n');
    }
}

/* What is due now, into the empty block. */
static void fill_block(Live *live, int64_t now_us)
{
    int64_t due = due_index(live, now_us);

    if (live->events)
        fill_events(live, due);
    else
        live->ended = !generator_fill_to(live->generator, &live->block, HTTP_BLOCK_BYTES, due);
    if (live->events && live->block.bytes == 0 && !live->ended &&
        now_us - live->sent_us >= KEEP_ALIVE_US)
        strbuf_add_c(&live->block, ": still here\n\n");
    if (live->block.bytes > 0)
        live->sent_us = now_us;
}

/* A client that waits for a rare record sends nothing and is sent nothing, so only its socket tells
 * that it has left; its place is for others. */
static bool client_has_left(const Live *live)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(live->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    ssize_t got = info ? recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) : 0;

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static ssize_t live_read(void *self, uint64_t position UNUSED, char *out, size_t bytes)
{
    Live *live = self;
    size_t taken;

    if (live->sent == live->block.bytes) {
        int64_t now_us = os_monotonic_us();

        if (live->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        strbuf_clear(&live->block);
        live->sent = 0;
        fill_block(live, now_us);
        if (live->block.bytes == 0) {
            int64_t wake_us = due_us(live, generator_position(live->generator));

            wake_us = MIN(MAX(wake_us, now_us + TICK_US), now_us + LOOK_UP_US);
            if (live->ended)
                return MHD_CONTENT_READER_END_OF_STREAM;
            if (client_has_left(live))
                return MHD_CONTENT_READER_END_WITH_ERROR;
            if (!wait_until(live, wake_us))
                return MHD_CONTENT_READER_END_OF_STREAM;
            return 0;
        }
    }
    taken = MIN(bytes, live->block.bytes - live->sent);
    memcpy(out, live->block.data + live->sent, taken);
    live->sent += taken;
    return (ssize_t)taken;
}

static bool live_count_in(GenerateService *service)
{
    bool ok;

    os_mutex_lock(service->mutex);
    ok = service->live_count < HTTP_LIVE_MAX && !service->stopping;
    service->live_count += ok;
    os_mutex_unlock(service->mutex);
    return ok;
}

/* A browser's EventSource that lost its connection says which record it had last. */
static void resume_events(struct MHD_Connection *connection, GenerateOptions *options)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Last-Event-ID");
    int64_t last;

    if (text && str_to_int64(str_of(text), &last) && last >= options->from &&
        last < options->from + options->count) {
        options->count -= last + 1 - options->from;
        options->from = last + 1;
    }
}

HttpResult http_send_live(GenerateService *service, struct MHD_Connection *connection,
                          const HttpRequest *request)
{
    const char *accept =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    GenerateOptions options = request->options;
    bool events = request->events || (accept && strstr(accept, "text/event-stream"));
    struct MHD_Response *response;
    Error err = {0};
    Live *live;

    if (!live_count_in(service))
        return http_send_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                               "too many live streams; try again when others have ended");
    if (events)
        resume_events(connection, &options);
    live = mem_zalloc(sizeof *live);
    live->service = service;
    live->connection = connection;
    live->from = options.from;
    live->rate = options.rate;
    live->events = events;
    live->began_us = live->sent_us = os_monotonic_us();
    strbuf_init(&live->block);
    strbuf_init(&live->record);
    if (!generator_take(service, request->stream, &options, &live->generator, &err)) {
        live_free(live);
        return http_send_error(connection, MHD_HTTP_BAD_REQUEST, err.text);
    }
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, HTTP_BLOCK_BYTES, live_read,
                                                 live, live_free);
    if (!response) {
        live_free(live);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Content-Type",
                                  events ? "text/event-stream" : "application/x-ndjson");
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    return http_send(connection, MHD_HTTP_OK, response);
}
