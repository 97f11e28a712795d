/*
 * socket.c: one thread for all clients. See socket.h.
 *
 *     READING ──a whole request──> WAITING ──answered──> WRITING ──all sent──> READING
 *        └─────── what is no request ──────────────────────┘ (then closed)
 *
 * A client that goes away while its request waits is forgotten; the request is carried out all the
 * same, and its answer dropped.
 */
#include "pipeline/socket.h"

#include <stdlib.h>

#include "base/vec.h"
#include "os/os.h"
#include "os/socket.h"

enum {
    READ_BYTES = 256 << 10,
    KEPT_BYTES_MAX = 1 << 20, /* Of a client's buffer, between requests. */
    STOP_US = 1000000,
    ACCEPT_AGAIN_US = 100000,
};

typedef struct Client {
    uint64_t id;
    OsSocket *socket;
    StrBuf in;
    StrBuf out;
    size_t sent;
    bool waiting; /* For its request's answer. */
    bool last;    /* Closed when all is sent. */
    bool gone;
} Client;

struct SocketServer {
    Inbox *inbox;
    OsSocket *listener;
    OsThread *thread;
    OsWake *wake;

    /* The thread's own. */
    VEC(Client *) clients;
    VEC(OsSocketWait) waits;
    uint64_t id_next;
    size_t waiting_count; /* Requests in the inbox. */
    size_t waiting_bytes;
    int64_t accept_again_us;
    char *buffer;

    OsMutex *mutex; /* Guards what follows. */
    InboxRequest *answered;
    bool stop;
};

char *socket_path(Arena *arena, const char *data_dir)
{
    return arena_printf(arena, "%s/socket", data_dir);
}

/* ── a client ──────────────────────────────────────────────────────────────────────────────────*/

static void client_free(Client *client)
{
    os_socket_close(client->socket);
    strbuf_done(&client->in);
    strbuf_done(&client->out);
    free(client);
}

static bool client_is_writing(const Client *client)
{
    return client->sent < client->out.bytes;
}

static void client_write(Client *client)
{
    while (client_is_writing(client)) {
        size_t bytes;

        switch (os_socket_write(client->socket, client->out.data + client->sent,
                                client->out.bytes - client->sent, &bytes)) {
        case OS_SOCKET_DONE:
            client->sent += bytes;
            break;
        case OS_SOCKET_AGAIN:
            return;
        case OS_SOCKET_ENDED:
            client->gone = true;
            return;
        }
    }
    strbuf_clear(&client->out);
    client->sent = 0;
    client->gone = client->last;
}

static void client_answer(Client *client, const Error *refusal)
{
    message_write_answer(&client->out, refusal);
    client_write(client);
}

static void on_answered(InboxRequest *request)
{
    SocketServer *server = request->giver;

    os_mutex_lock(server->mutex);
    request->next = server->answered;
    server->answered = request;
    os_mutex_unlock(server->mutex);
    os_wake_set(server->wake);
}

static void client_request(SocketServer *server, Client *client, const Message *message)
{
    InboxRequest *request = inbox_request_create();
    Error err = {0};

    if (!message_read_request(message, &request->arena, &request->what, &err)) {
        inbox_request_free(request);
        client_answer(client, &err);
        return;
    }
    request->answered = on_answered;
    request->giver = server;
    request->tag = client->id;
    client->waiting = true;
    server->waiting_count++;
    server->waiting_bytes += request->arena.allocated_bytes;
    inbox_give(server->inbox, request);
}

static void client_cut(Client *client, size_t bytes)
{
    client->in.bytes -= bytes;
    if (client->in.bytes)
        memmove(client->in.data, client->in.data + bytes, client->in.bytes);
    else if (client->in.capacity > KEPT_BYTES_MAX)
        strbuf_done(&client->in);
}

static bool client_is_reading(const Client *client)
{
    return !client->gone && !client->last && !client->waiting && !client_is_writing(client);
}

/* Takes up the requests that are there, until one has to wait. */
static void client_parse(SocketServer *server, Client *client)
{
    Message message;
    Error err = {0};

    while (client_is_reading(client)) {
        switch (message_parse(strbuf_c(&client->in), client->in.bytes, &message, &err)) {
        case MESSAGE_WHOLE:
            client_request(server, client, &message);
            client_cut(client, message.bytes);
            break;
        case MESSAGE_PART:
            return;
        case MESSAGE_BAD:
            client->last = true;
            client_answer(client, &err);
            return;
        }
    }
}

static void client_read(SocketServer *server, Client *client)
{
    size_t bytes;

    switch (os_socket_read(client->socket, server->buffer, READ_BYTES, &bytes)) {
    case OS_SOCKET_DONE:
        strbuf_add(&client->in, server->buffer, bytes);
        client_parse(server, client);
        break;
    case OS_SOCKET_AGAIN:
        break;
    case OS_SOCKET_ENDED:
        client->gone = true;
        break;
    }
}

/* ── the thread ────────────────────────────────────────────────────────────────────────────────*/

static Client *find_client(SocketServer *server, uint64_t id)
{
    for (size_t i = 0; i < server->clients.count; i++) {
        if (server->clients.items[i]->id == id)
            return server->clients.items[i];
    }
    return NULL;
}

static void pass_answers_on(SocketServer *server)
{
    InboxRequest *answered;

    os_mutex_lock(server->mutex);
    answered = server->answered;
    server->answered = NULL;
    os_mutex_unlock(server->mutex);
    while (answered) {
        InboxRequest *request = answered;
        Client *client = find_client(server, request->tag);

        answered = request->next;
        server->waiting_count--;
        server->waiting_bytes -= request->arena.allocated_bytes;
        if (client) {
            client->waiting = false;
            client_answer(client, request->refused ? &request->error : NULL);
            client_parse(server, client);
        }
        inbox_request_free(request);
    }
}

static void accept_client(SocketServer *server)
{
    OsSocket *socket = os_socket_accept(server->listener);
    Client *client;

    if (!socket) {
        /* Out of file descriptors, maybe: the one who waits would wake us again and again. */
        server->accept_again_us = os_monotonic_us() + ACCEPT_AGAIN_US;
        return;
    }
    client = mem_zalloc(sizeof *client);
    client->id = server->id_next++;
    client->socket = socket;
    VEC_ADD(&server->clients, client);
}

static void remove_gone(SocketServer *server)
{
    size_t kept = 0;

    for (size_t i = 0; i < server->clients.count; i++) {
        Client *client = server->clients.items[i];

        if (client->gone)
            client_free(client);
        else
            server->clients.items[kept++] = client;
    }
    server->clients.count = kept;
}

static bool may_accept(const SocketServer *server)
{
    return server->listener && server->clients.count < SOCKET_CLIENTS_MAX &&
           os_monotonic_us() >= server->accept_again_us;
}

/* One wait, and what became ready. */
static void serve(SocketServer *server, int64_t timeout_us)
{
    bool full = server->waiting_bytes >= SOCKET_WAITING_BYTES_MAX;
    size_t client_count = server->clients.count;
    bool accepts = may_accept(server);

    server->waits.count = 0;
    for (size_t i = 0; i < client_count; i++) {
        const Client *client = server->clients.items[i];
        OsSocketWait wait = {.socket = client->socket,
                             .to_read = !full && client_is_reading(client),
                             .to_write = client_is_writing(client)};

        VEC_ADD(&server->waits, wait);
    }
    if (accepts)
        VEC_ADD(&server->waits, ((OsSocketWait){.socket = server->listener, .to_read = true}));
    os_socket_wait(server->waits.items, server->waits.count, server->wake, timeout_us);
    for (size_t i = 0; i < client_count; i++) {
        const OsSocketWait *wait = &server->waits.items[i];

        if (!wait->ready)
            continue;
        if (wait->to_write) {
            client_write(server->clients.items[i]);
            client_parse(server, server->clients.items[i]);
        } else {
            client_read(server, server->clients.items[i]);
        }
    }
    if (accepts && server->waits.items[client_count].ready)
        accept_client(server);
    pass_answers_on(server);
    remove_gone(server);
}

static bool has_answers_to_send(const SocketServer *server)
{
    for (size_t i = 0; i < server->clients.count; i++) {
        if (client_is_writing(server->clients.items[i]))
            return true;
    }
    return server->waiting_count > 0;
}

static bool is_stopping(SocketServer *server)
{
    bool stop;

    os_mutex_lock(server->mutex);
    stop = server->stop;
    os_mutex_unlock(server->mutex);
    return stop;
}

static void server_main(void *arg)
{
    SocketServer *server = arg;
    int64_t until_us;

    while (!is_stopping(server))
        serve(server, server->accept_again_us > os_monotonic_us() ? ACCEPT_AGAIN_US : -1);
    os_socket_close(server->listener);
    server->listener = NULL;
    until_us = os_monotonic_us() + STOP_US;
    pass_answers_on(server);
    while (has_answers_to_send(server) && os_monotonic_us() < until_us)
        serve(server, 10000);
}

bool socket_server_start(const char *path, Inbox *inbox, SocketServer **out, Error *err)
{
    SocketServer *server;
    OsSocket *listener;

    if (!os_socket_listen(path, &listener, err))
        return false;
    server = mem_zalloc(sizeof *server);
    server->inbox = inbox;
    server->listener = listener;
    server->wake = os_wake_create();
    server->mutex = os_mutex_create();
    server->buffer = mem_alloc(READ_BYTES);
    server->thread = os_thread_start("socket", server_main, server);
    *out = server;
    return true;
}

void socket_server_stop(SocketServer *server)
{
    if (!server)
        return;
    os_mutex_lock(server->mutex);
    server->stop = true;
    os_mutex_unlock(server->mutex);
    os_wake_set(server->wake);
    os_thread_join(server->thread);
    pass_answers_on(server);
    for (size_t i = 0; i < server->clients.count; i++)
        client_free(server->clients.items[i]);
    VEC_DONE(&server->clients);
    VEC_DONE(&server->waits);
    os_wake_free(server->wake);
    os_mutex_free(server->mutex);
    free(server->buffer);
    free(server);
}
