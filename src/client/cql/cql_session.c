/*
 * cql_session.c: nodes and their connections, and requests on their way to them (cql_session.h).
 *
 * Invariants
 *  1. A request is in one place: lined up in `waiting`, asked over one connection, behind a PREPARE,
 *     or finished.
 *  2. A request that is not idempotent is sent once, unless the server said that it did nothing.
 *  3. session_turn is never entered from an answer: what needs answers of its own (the topology) is
 *     noted and done between two turns.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "client/cql/cql_session_impl.h"
#include "os/os.h"

enum {
    BACKOFF_FIRST_US = 100000,
    BACKOFF_MAX_US = 10000000,
    TURN_US = 100000,
    EXPIRE_EVERY_US = 500000,
    DIAL_TIMEOUT_US = 5000000,
    PORT_DEFAULT = 9042,
    FLUSH_BYTES = 16 << 10,
    BODY_BYTES_KEPT = 256 << 10,
};

/* ── requests ──────────────────────────────────────────────────────────────────────────────────*/

CqlRequest *cql_request_new(CqlSession *session, CqlRequestKind kind, CqlOpcode opcode)
{
    CqlRequest *request = session->unused;
    StrBuf body;

    if (request) {
        session->unused = request->next;
        body = request->body;
    } else {
        request = mem_alloc(sizeof *request);
        strbuf_init(&body);
    }
    strbuf_clear(&body);
    *request = (CqlRequest){
        .kind = kind,
        .opcode = opcode,
        .body = body,
        .deadline_us = os_monotonic_us() + session->timeout_us,
    };
    return request;
}

void cql_request_free(CqlSession *session, CqlRequest *request)
{
    if (request->body.bytes > BODY_BYTES_KEPT) { /* Not hundreds of them for the one that was long. */
        strbuf_done(&request->body);
        strbuf_init(&request->body);
    }
    request->next = session->unused;
    session->unused = request;
}

/* The end of its way: with an answer, or (answer NULL) with request->error. */
static void finish(CqlSession *session, CqlRequest *request, const CqlMessage *answer)
{
    CqlRequest *behind = request->behind;

    switch (request->kind) {
    case REQUEST_CALL:
        request->ok = answer != NULL;
        request->done = true;
        if (answer && request->into) {
            strbuf_clear(&request->into->body);
            strbuf_add_str(&request->into->body, answer->body);
        }
        return;
    case REQUEST_WRITE:
        session->in_flight--;
        if (!answer && session->failure.kind == ERROR_NONE)
            session->failure = request->error;
        break;
    case REQUEST_PREPARE:
        if (answer) {
            cql_request_send(session, behind);
        } else {
            behind->error = request->error;
            finish(session, behind, NULL);
        }
        break;
    case REQUEST_ABANDONED:
        break;
    }
    cql_request_free(session, request);
}

static void line_up(CqlSession *session, CqlRequest *request)
{
    request->next = NULL;
    *session->waiting_end = request;
    session->waiting_end = &request->next;
}

static bool has_tried(const CqlRequest *request, const CqlNode *node)
{
    for (uint32_t i = 0; i < request->tried_count; i++) {
        if (request->tried[i] == node)
            return true;
    }
    return false;
}

static bool is_open(const CqlNode *node)
{
    return node->connection && cql_connection_may_send(node->connection);
}

/* The better of two nodes for a request. */
static CqlNode *better(const CqlRequest *request, CqlNode *best, CqlNode *node)
{
    if (!is_open(node) || has_tried(request, node))
        return best;
    if (best && cql_connection_in_flight(best->connection) <=
                    cql_connection_in_flight(node->connection))
        return best;
    return node;
}

static CqlNode *choose(CqlSession *session, const CqlRequest *request)
{
    const CqlReplicas *replicas = request->has_token ? cql_ring_find(&session->ring, request->token)
                                                     : NULL;
    size_t count = session->nodes.count;
    CqlNode *best = NULL;

    if (request->only)
        return better(request, NULL, request->only);
    for (uint32_t i = 0; replicas && i < replicas->count; i++)
        best = better(request, best, session->nodes.items[replicas->node_i[i]]);
    session->turn++;
    for (size_t i = 0; !best && i < count; i++) {
        CqlNode *node = session->nodes.items[(session->turn + i) % count];

        if (is_open(node) && !has_tried(request, node))
            best = node;
    }
    return best;
}

/* Whether some node is there that could still be asked, now or when it is less busy or back. */
static bool may_hope(const CqlSession *session, const CqlRequest *request)
{
    bool any_open = false;

    if (request->attempts >= ATTEMPTS_MAX)
        return false;
    for (size_t i = 0; i < session->nodes.count; i++) {
        const CqlNode *node = session->nodes.items[i];
        bool open = node->connection && cql_connection_state(node->connection) == CQL_OPEN;

        if (request->only && node != request->only)
            continue;
        any_open |= open;
        if (open && !has_tried(request, node))
            return true;
    }
    return !any_open && request->tried_count == 0;
}

static void dispatch(CqlSession *session, CqlRequest *request)
{
    CqlNode *node = choose(session, request);

    if (!node) {
        if (may_hope(session, request)) {
            line_up(session, request);
            return;
        }
        if (request->error.kind == ERROR_NONE)
            (void)error_set(&request->error, ERROR_RETRY, "no node of Cassandra can be reached");
        finish(session, request, NULL);
        return;
    }
    if (request->attempts++ > 0)
        session->counters.sent_again++;
    cql_connection_send(node->connection, &request->asked, request->opcode,
                        strbuf_str(&request->body));
    cql_connection_flush(node->connection, FLUSH_BYTES);
}

void cql_request_send(CqlSession *session, CqlRequest *request)
{
    dispatch(session, request);
}

/* Once more, as far as invariant 2 lets; request->error tells why. */
static void send_again(CqlSession *session, CqlRequest *request, bool harmless)
{
    if (harmless && request->kind != REQUEST_ABANDONED)
        dispatch(session, request);
    else
        finish(session, request, NULL);
}

/* ── answers ───────────────────────────────────────────────────────────────────────────────────*/

static CqlNode *node_of(CqlSession *session, const CqlConnection *connection)
{
    for (size_t i = 0; i < session->nodes.count; i++) {
        if (session->nodes.items[i]->connection == connection)
            return session->nodes.items[i];
    }
    UNREACHABLE();
}

/* Whether another node may do better, and whether this one did nothing for certain. */
static bool another_may(int32_t code, bool *untouched)
{
    *untouched = code == CQL_UNAVAILABLE || code == CQL_OVERLOADED || code == CQL_BOOTSTRAPPING ||
                 code == CQL_UNPREPARED;
    return *untouched || code == CQL_SERVER_ERROR || code == CQL_WRITE_TIMEOUT ||
           code == CQL_READ_TIMEOUT || code == CQL_WRITE_FAILURE || code == CQL_READ_FAILURE;
}

/* Prepares once more what the node has forgotten; false: it is no statement of ours. */
static bool prepare_again(CqlSession *session, CqlNode *node, CqlRequest *request, Str id)
{
    for (size_t i = 0; i < session->prepared.count; i++) {
        const CqlPrepared *prepared = session->prepared.items[i];
        CqlRequest *again;

        if (!str_equal(prepared->info.id, id))
            continue;
        if (!cql_connection_may_send(node->connection))
            return false;
        again = cql_request_new(session, REQUEST_PREPARE, CQL_PREPARE);
        cql_put_long_string(&again->body, prepared->text);
        if (session->config.version >= 5)
            cql_put_int(&again->body, 0);
        again->idempotent = true;
        again->only = node;
        again->behind = request;
        again->attempts = 1;
        session->counters.prepared_again++;
        cql_connection_send(node->connection, &again->asked, again->opcode,
                            strbuf_str(&again->body));
        return true;
    }
    return false;
}

static void answered_error(CqlSession *session, CqlNode *node, CqlRequest *request,
                           const CqlMessage *message)
{
    CqlErrorInfo info;
    bool untouched;

    if (!cql_read_error(message->body, &info, &request->error)) {
        finish(session, request, NULL);
        return;
    }
    (void)cql_error_set(&request->error, &info);
    if (info.code == CQL_UNPREPARED && request->attempts < ATTEMPTS_MAX &&
        request->kind != REQUEST_ABANDONED &&
        prepare_again(session, node, request, info.unprepared_id))
        return;
    if (!another_may(info.code, &untouched)) {
        finish(session, request, NULL);
        return;
    }
    if (request->tried_count < ATTEMPTS_MAX)
        request->tried[request->tried_count++] = node;
    send_again(session, request, request->idempotent || untouched);
}

static void answered(void *self, CqlConnection *connection, CqlAsked *asked,
                     const CqlMessage *message)
{
    CqlSession *session = self;
    CqlRequest *request = (CqlRequest *)asked;

    if (!request) {
        if (message->opcode == CQL_EVENT)
            cql_topology_event(session, message->body);
        return;
    }
    if (message->opcode == CQL_ERROR) {
        answered_error(session, node_of(session, connection), request, message);
    } else if (message->opcode == CQL_RESULT || message->opcode == CQL_READY) {
        finish(session, request, message);
    } else {
        (void)error_set(&request->error, ERROR_RETRY, "the server's answer is out of turn");
        finish(session, request, NULL);
    }
}

/* ── nodes ─────────────────────────────────────────────────────────────────────────────────────*/

static CqlPlace place_make(const char *host, const char *address, uint16_t port)
{
    return (CqlPlace){.address = mem_strdup(address), .host = mem_strdup(host), .port = port};
}

static void place_done(CqlPlace *place)
{
    free(place->address);
    free(place->host);
    *place = (CqlPlace){0};
}

static bool place_is(const CqlPlace *place, const char *address, uint16_t port)
{
    return place->address && strcmp(place->address, address) == 0 && place->port == port;
}

CqlNode *cql_node_add(CqlSession *session, const char *host, const char *address, uint16_t port)
{
    CqlNode *node = mem_zalloc(sizeof *node);

    node->place = place_make(host, address, port);
    node->backoff_us = BACKOFF_FIRST_US;
    arena_init(&node->arena);
    VEC_ADD(&session->nodes, node);
    return node;
}

static void node_free(CqlNode *node)
{
    cql_connection_free(node->connection);
    arena_done(&node->arena);
    place_done(&node->place);
    place_done(&node->other);
    free(node);
}

static void try_other_place(CqlNode *node)
{
    CqlPlace place = node->place;

    if (!node->other.address)
        return;
    node->place = node->other;
    node->other = place;
}

void cql_node_moved(CqlNode *node, const char *address, uint16_t port)
{
    if (place_is(&node->place, address, port) || place_is(&node->other, address, port))
        return;
    place_done(&node->other);
    node->other = place_make(address, address, port);
    if (node->connection)
        return; /* Where it was, it is, or was until now: then node_lost goes on. */
    try_other_place(node);
    node->retry_at_us = 0;
    node->backoff_us = BACKOFF_FIRST_US;
}

static void back_off(CqlSession *session, CqlNode *node, const Error *why)
{
    node->retry_at_us = os_monotonic_us() + node->backoff_us;
    node->backoff_us = MIN(node->backoff_us * 2, (int64_t)BACKOFF_MAX_US);
    session->last_error = *why;
    (void)error_wrap(&session->last_error, "Cassandra at %s port %u", node->place.address,
                     node->place.port);
    try_other_place(node);
    /* Away for long: it may have moved, and nobody told. */
    if (node->backoff_us == BACKOFF_MAX_US)
        session->reload_wanted = true;
}

void cql_node_dial(CqlSession *session, CqlNode *node)
{
    static const CqlConnectionMethods methods = {.answered = answered};
    Error err = {0};

    session->counters.connections++;
    if (!cql_connection_dial(&session->config, node->place.host, node->place.address,
                             node->place.port, &methods,
                             session, &node->connection, &err))
        back_off(session, node, &err);
}

/* A connection has broken: what it owed is asked elsewhere. */
static void node_lost(CqlSession *session, CqlNode *node)
{
    CqlConnection *connection = node->connection;
    Error why = *cql_connection_error(connection);
    CqlRequest *lost;

    node->connection = NULL;
    back_off(session, node, &why);
    if (session->control == node)
        session->control = NULL;
    while ((lost = (CqlRequest *)cql_connection_lost(connection))) {
        lost->error = session->last_error;
        /* What was to be prepared first goes its own way. */
        if (lost->kind == REQUEST_PREPARE) {
            CqlRequest *behind = lost->behind;

            behind->error = lost->error;
            cql_request_free(session, lost);
            send_again(session, behind, true); /* The server had refused it: nothing was done. */
        } else {
            send_again(session, lost, lost->idempotent);
        }
    }
    cql_connection_free(connection);
}

/* Local nodes without a connection, when their time has come. */
static void dial_due(CqlSession *session, int64_t now_us)
{
    for (size_t i = 0; i < session->nodes.count; i++) {
        CqlNode *node = session->nodes.items[i];
        bool local = session->local_dc.bytes == 0 || node->dc.bytes == 0 ||
                     str_equal(node->dc, session->local_dc);

        if (!node->connection && !node->gone && local && now_us >= node->retry_at_us)
            cql_node_dial(session, node);
    }
}

static void expire(CqlSession *session, int64_t now_us)
{
    if (now_us < session->expire_at_us)
        return;
    session->expire_at_us = now_us + EXPIRE_EVERY_US;
    for (size_t i = 0; i < session->nodes.count; i++) {
        CqlConnection *connection = session->nodes.items[i]->connection;

        if (!connection)
            continue;
        cql_connection_expire(connection,
                              now_us - (cql_connection_state(connection) == CQL_OPEN
                                            ? session->timeout_us
                                            : (int64_t)DIAL_TIMEOUT_US));
    }
}

/* Gives those that wait another chance, and up those that have waited too long. */
static void dispatch_waiting(CqlSession *session, int64_t now_us)
{
    CqlRequest *request = session->waiting;

    session->waiting = NULL;
    session->waiting_end = &session->waiting;
    while (request) {
        CqlRequest *next = request->next;

        if (now_us < request->deadline_us) {
            dispatch(session, request);
        } else {
            if (request->error.kind == ERROR_NONE)
                request->error = session->last_error;
            if (request->error.kind == ERROR_NONE)
                (void)error_set(&request->error, ERROR_RETRY,
                                "no node of Cassandra can be reached");
            finish(session, request, NULL);
        }
        request = next;
    }
}

/* The first open node becomes the one that tells of changes. */
static void choose_control(CqlSession *session)
{
    for (size_t i = 0; !session->control && i < session->nodes.count; i++) {
        CqlNode *node = session->nodes.items[i];

        if (is_open(node) && !node->gone) {
            session->control = node;
            session->reload_wanted = true;
            session->reload_at_us = 0;
        }
    }
}

static void wait_for_nodes(CqlSession *session)
{
    session->waits.count = 0;
    for (size_t i = 0; i < session->nodes.count; i++) {
        CqlConnection *connection = session->nodes.items[i]->connection;

        if (!connection)
            continue;
        cql_connection_flush(connection, 0);
        VEC_ADD(&session->waits, cql_connection_wait(connection));
    }
    os_socket_wait(session->waits.items, session->waits.count, session->wake, TURN_US);
}

static void work(CqlSession *session)
{
    size_t wait_i = 0;

    for (size_t i = 0; i < session->nodes.count; i++) {
        CqlNode *node = session->nodes.items[i];

        if (node->connection && session->waits.items[wait_i++].ready)
            cql_connection_work(node->connection);
    }
    for (size_t i = 0; i < session->nodes.count; i++) {
        CqlNode *node = session->nodes.items[i];

        if (!node->connection)
            continue;
        if (cql_connection_state(node->connection) == CQL_OPEN)
            node->backoff_us = BACKOFF_FIRST_US;
        if (cql_connection_state(node->connection) == CQL_BROKEN)
            node_lost(session, node);
    }
}

void cql_session_turn(CqlSession *session)
{
    int64_t now_us = os_monotonic_us();

    dial_due(session, now_us);
    wait_for_nodes(session);
    work(session);
    now_us = os_monotonic_us();
    expire(session, now_us);
    if (session->waiting)
        dispatch_waiting(session, now_us);
    if (session->reloading)
        return;
    choose_control(session);
    if (session->reload_wanted && session->control && now_us >= session->reload_at_us) {
        Error err = {0};

        session->reloading = true;
        session->reload_wanted = !cql_topology_load(session, &err);
        session->reload_at_us = os_monotonic_us() + 1000000;
        session->reloading = false;
    }
}

bool cql_request_wait(CqlSession *session, CqlRequest *request, Error *err)
{
    bool ok;

    while (!request->done && !atomic_load(&session->cancelled))
        cql_session_turn(session);
    if (!request->done) {
        request->kind = REQUEST_ABANDONED;
        return error_set(err, ERROR_RETRY, "Cassandra: stopped");
    }
    ok = request->ok;
    if (!ok)
        *err = request->error;
    cql_request_free(session, request);
    return ok;
}

/* ── opening and closing ───────────────────────────────────────────────────────────────────────*/

static const char *optional(Arena *arena, Str text)
{
    return text.bytes ? str_to_c(arena, text) : NULL;
}

static CqlSession *session_create(const CqlConfig *config, Error *err)
{
    CqlSession *session = mem_zalloc(sizeof *session);
    CqlTlsConfig tls;

    arena_init(&session->arena);
    arena_init(&session->ring_arena);
    arena_init(&session->info_arena);
    session->waiting_end = &session->waiting;
    session->wake = os_wake_create();
    session->in_flight_max = config->in_flight_max ? config->in_flight_max : 512;
    session->timeout_us = config->timeout_us ? config->timeout_us : 12000000;
    session->local_dc = str_copy(&session->arena, config->local_dc);
    session->keyspace = str_copy(&session->arena, config->keyspace);
    session->config = (CqlConnectionConfig){
        .version = config->version ? config->version : CQL_VERSION_MAX,
        .lz4 = config->lz4,
        .username = optional(&session->arena, config->username),
        .password = optional(&session->arena, config->password),
    };
    tls = (CqlTlsConfig){
        .ca_file = optional(&session->arena, config->tls_ca),
        .cert_file = optional(&session->arena, config->tls_cert),
        .key_file = optional(&session->arena, config->tls_key),
        .verify = config->tls_verify,
    };
    if (config->tls && !cql_tls_context_create(&tls, &session->config.tls, err)) {
        cql_close(session);
        return NULL;
    }
    return session;
}

/* One contact point, until it is open or broken. */
static bool reach(CqlSession *session, const CqlContact *contact, Error *err)
{
    CqlNode *node = cql_node_add(session, contact->host, contact->address, contact->port);
    const CqlConnection *connection;

    node->retry_at_us = INT64_MAX; /* Not by itself. */
    session->reloading = true;     /* Nothing besides. */
    cql_node_dial(session, node);
    while (node->connection && !is_open(node) && !atomic_load(&session->cancelled)) {
        connection = node->connection;
        wait_for_nodes(session);
        cql_connection_work(node->connection);
        expire(session, os_monotonic_us());
        if (cql_connection_refused_version(connection)) {
            session->config.version--;
            cql_connection_free(node->connection);
            node->connection = NULL;
            cql_node_dial(session, node);
        } else if (cql_connection_state(connection) == CQL_BROKEN) {
            node_lost(session, node);
        }
    }
    session->reloading = false;
    if (node->connection && is_open(node)) {
        session->control = node;
        return true;
    }
    *err = session->last_error;
    session->nodes.count--;
    node_free(node);
    return false;
}

bool cql_open(const CqlConfig *config, CqlSession **out, Error *err)
{
    CqlSession *session = session_create(config, err);
    CqlContact *contacts;
    size_t count;
    bool reached = false;

    if (!session)
        return false;
    if (!cql_contacts_parse(&session->arena, config->contact_points,
                            config->port ? config->port : PORT_DEFAULT, &contacts, &count, err))
        goto fail;
    for (size_t i = 0; i < count && !reached; i++) {
        reached = reach(session, &contacts[i], err);
        if (!reached && err->kind == ERROR_USER) /* The next would say the same. */
            goto fail;
    }
    if (!reached)
        goto fail;
    session->reloading = true;
    reached = cql_topology_load(session, err);
    session->reloading = false;
    if (!reached)
        goto fail;
    *out = session;
    return true;

fail:
    cql_close(session);
    return false;
}

static void free_list(CqlRequest *request)
{
    while (request) {
        CqlRequest *next = request->next;

        if (request->behind) {
            strbuf_done(&request->behind->body);
            free(request->behind);
        }
        strbuf_done(&request->body);
        free(request);
        request = next;
    }
}

/* What a connection still owes, into the list of the waiting, to be freed with it. */
static void forget(CqlSession *session, CqlNode *node)
{
    CqlRequest *request;

    if (!node->connection)
        return;
    cql_connection_expire(node->connection, INT64_MAX);
    if (cql_connection_state(node->connection) != CQL_BROKEN)
        return; /* It owes nothing. */
    while ((request = (CqlRequest *)cql_connection_lost(node->connection)))
        line_up(session, request);
}

void cql_close(CqlSession *session)
{
    if (!session)
        return;
    for (size_t i = 0; i < session->nodes.count; i++) {
        forget(session, session->nodes.items[i]);
        node_free(session->nodes.items[i]);
    }
    VEC_DONE(&session->nodes);
    VEC_DONE(&session->waits);
    free_list(session->waiting);
    for (CqlRequest *request = session->unused; request; request = request->next)
        request->behind = NULL;
    free_list(session->unused);
    for (size_t i = 0; i < session->prepared.count; i++) {
        cql_result_done(&session->prepared.items[i]->result);
        free(session->prepared.items[i]);
    }
    VEC_DONE(&session->prepared);
    cql_tls_context_free(session->config.tls);
    os_wake_free(session->wake);
    arena_done(&session->arena);
    arena_done(&session->ring_arena);
    arena_done(&session->info_arena);
    free(session);
}

void cql_cancel(CqlSession *session)
{
    atomic_store(&session->cancelled, true);
    os_wake_set(session->wake);
}

CqlCounters cql_counters(const CqlSession *session)
{
    return session->counters;
}

CqlServerInfo cql_server_info(CqlSession *session)
{
    CqlServerInfo info = session->info;

    info.version = session->config.version;
    info.node_count = info.open_count = 0;
    for (size_t i = 0; i < session->nodes.count; i++) {
        info.node_count += !session->nodes.items[i]->gone;
        info.open_count += is_open(session->nodes.items[i]);
    }
    return info;
}
