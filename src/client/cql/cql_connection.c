#include "client/cql/cql_connection.h"

#include <stdlib.h>

#include "base/assert.h"
#include "client/cql/cql_result.h"
#include "os/os.h"

enum {
    READ_BYTES = 64 << 10,
    CAUSE_BYTES = 150, /* Of an error that gets a hint behind it. */
    READS_A_TURN = 16,
    HELLO_STREAM = 0, /* Of the handshake. */
};

struct CqlConnection {
    const CqlConnectionConfig *config;
    const CqlConnectionMethods *methods;
    void *self;
    OsSocket *socket;
    CqlTls *tls;
    CqlConnectionState state;
    Error error;
    bool refused_version;
    int64_t since_us;
    CqlFraming framing; /* Of what is sent. */
    CqlDecoder decoder; /* Of what comes. */
    StrBuf out;         /* In version's words. */
    StrBuf wire;        /* TLS only: what goes to the socket. */
    size_t out_used;
    CqlAsked *asked[CQL_STREAMS];
    int16_t free_streams[CQL_STREAMS];
    uint32_t free_count;
    uint32_t lost_i;
};

static const unsigned may_become[CQL_CONNECTION_STATE_COUNT] = {
    [CQL_DIALLING] = BIT(CQL_SECURING) | BIT(CQL_GREETING) | BIT(CQL_BROKEN),
    [CQL_SECURING] = BIT(CQL_GREETING) | BIT(CQL_BROKEN),
    [CQL_GREETING] = BIT(CQL_STARTING) | BIT(CQL_BROKEN),
    [CQL_STARTING] = BIT(CQL_PROVING) | BIT(CQL_OPEN) | BIT(CQL_BROKEN),
    [CQL_PROVING] = BIT(CQL_OPEN) | BIT(CQL_BROKEN),
    [CQL_OPEN] = BIT(CQL_BROKEN),
    [CQL_BROKEN] = 0,
};

static void move(CqlConnection *connection, CqlConnectionState next)
{
    ASSERT(may_become[connection->state] & BIT(next));
    connection->state = next;
}

/* Keeps the first reason. A port that takes the connection and says no word of the protocol may be one that
 * speaks TLS, or does not. */
static void break_off(CqlConnection *connection, const Error *err)
{
    bool unheard = connection->state == CQL_SECURING || connection->state == CQL_GREETING;

    if (connection->state == CQL_BROKEN)
        return;
    connection->error = *err;
    if (unheard && err->kind == ERROR_RETRY)
        (void)error_set(&connection->error, err->kind,
                        "%.*s; see cassandra.tls: whether this port speaks TLS", CAUSE_BYTES, err->text);
    move(connection, CQL_BROKEN);
}

static void break_off_with(CqlConnection *connection, ErrorKind kind, const char *text)
{
    Error err = {0};

    (void)error_set(&err, kind, "%s", text);
    break_off(connection, &err);
}

bool cql_connection_dial(const CqlConnectionConfig *config, const char *host, const char *address,
                         uint16_t port, const CqlConnectionMethods *methods, void *self,
                         CqlConnection **out, Error *err)
{
    CqlConnection *connection = mem_zalloc(sizeof *connection);

    if (!os_socket_dial(address, port, &connection->socket, err)) {
        free(connection);
        return false;
    }
    connection->config = config;
    connection->methods = methods;
    connection->self = self;
    connection->since_us = os_monotonic_us();
    connection->framing.version = config->version;
    cql_decoder_init(&connection->decoder, config->version);
    strbuf_init(&connection->out);
    strbuf_init(&connection->wire);
    for (int16_t i = CQL_STREAMS - 1; i > HELLO_STREAM; i--)
        connection->free_streams[connection->free_count++] = i;
    if (config->tls)
        connection->tls = cql_tls_create(config->tls, host);
    *out = connection;
    return true;
}

void cql_connection_free(CqlConnection *connection)
{
    if (!connection)
        return;
    os_socket_close(connection->socket);
    cql_tls_free(connection->tls);
    cql_decoder_done(&connection->decoder);
    strbuf_done(&connection->out);
    strbuf_done(&connection->wire);
    free(connection);
}

CqlConnectionState cql_connection_state(const CqlConnection *connection)
{
    return connection->state;
}

const Error *cql_connection_error(const CqlConnection *connection)
{
    return &connection->error;
}

bool cql_connection_refused_version(const CqlConnection *connection)
{
    return connection->refused_version;
}

uint8_t cql_connection_version(const CqlConnection *connection)
{
    return connection->framing.version;
}

uint32_t cql_connection_in_flight(const CqlConnection *connection)
{
    return CQL_STREAMS - 1 - connection->free_count;
}

int64_t cql_connection_since_us(const CqlConnection *connection)
{
    return connection->since_us;
}

/* ── asking ────────────────────────────────────────────────────────────────────────────────────*/

bool cql_connection_may_send(const CqlConnection *connection)
{
    return connection->state == CQL_OPEN && connection->free_count > 0;
}

void cql_connection_send(CqlConnection *connection, CqlAsked *asked, CqlOpcode opcode, Str body)
{
    ASSERT(cql_connection_may_send(connection));
    asked->stream = connection->free_streams[--connection->free_count];
    asked->sent_us = os_monotonic_us();
    connection->asked[asked->stream] = asked;
    cql_frame_put(&connection->out, &connection->framing, asked->stream, opcode, body);
}

static CqlAsked *take_asked(CqlConnection *connection, int16_t stream)
{
    CqlAsked *asked = connection->asked[stream];

    if (asked) {
        connection->asked[stream] = NULL;
        connection->free_streams[connection->free_count++] = stream;
    }
    return asked;
}

CqlAsked *cql_connection_lost(CqlConnection *connection)
{
    ASSERT(connection->state == CQL_BROKEN);
    for (; connection->lost_i < CQL_STREAMS; connection->lost_i++) {
        if (connection->asked[connection->lost_i])
            return take_asked(connection, (int16_t)connection->lost_i);
    }
    return NULL;
}

void cql_connection_expire(CqlConnection *connection, int64_t since_us)
{
    bool late = connection->state < CQL_OPEN && connection->since_us < since_us;

    for (uint32_t i = 0; connection->state == CQL_OPEN && !late && i < CQL_STREAMS; i++)
        late = connection->asked[i] && connection->asked[i]->sent_us < since_us;
    if (late)
        break_off_with(connection, ERROR_RETRY, "the server did not answer in time");
}

/* ── the handshake ─────────────────────────────────────────────────────────────────────────────*/

static void hello(CqlConnection *connection, CqlOpcode opcode, Str body)
{
    cql_frame_put(&connection->out, &connection->framing, HELLO_STREAM, opcode, body);
}

static void greet(CqlConnection *connection)
{
    move(connection, CQL_GREETING);
    hello(connection, CQL_OPTIONS, STR_EMPTY);
}

/* Whether SUPPORTED, a map of lists, has `value` under `key`. */
static bool supports(Str body, const char *key, const char *value)
{
    CqlReader reader = cql_reader(body);
    bool found = false;

    for (uint16_t keys = cql_read_short(&reader); keys > 0 && !reader.failed; keys--) {
        bool here = str_is_nocase(cql_read_string(&reader), key);

        for (uint16_t n = cql_read_short(&reader); n > 0 && !reader.failed; n--)
            found |= str_is_nocase(cql_read_string(&reader), value) && here;
    }
    return found;
}

static void start(CqlConnection *connection, Str supported)
{
    bool lz4 = connection->config->lz4 && supports(supported, "COMPRESSION", "lz4");
    StrBuf body;

    strbuf_init(&body);
    cql_put_short(&body, lz4 ? 4 : 3);
    cql_put_string(&body, STR("CQL_VERSION"));
    cql_put_string(&body, STR("3.0.0"));
    cql_put_string(&body, STR("DRIVER_NAME"));
    cql_put_string(&body, STR("weir"));
    cql_put_string(&body, STR("DRIVER_VERSION"));
    cql_put_string(&body, STR(WEIR_VERSION));
    if (lz4) {
        cql_put_string(&body, STR("COMPRESSION"));
        cql_put_string(&body, STR("lz4"));
    }
    move(connection, CQL_STARTING);
    hello(connection, CQL_STARTUP, strbuf_str(&body));
    strbuf_done(&body);
    /* STARTUP itself is never compressed; all behind it may be. */
    connection->framing.lz4 = connection->decoder.framing.lz4 = lz4;
}

/* What STARTUP agreed on holds from its answer on. */
static void startup_answered(CqlConnection *connection)
{
    if (connection->framing.version >= 5)
        connection->framing.segments = connection->decoder.framing.segments = true;
}

/* PLAIN: nothing, name, nothing, password. */
static void prove(CqlConnection *connection, Str authenticator)
{
    const CqlConnectionConfig *config = connection->config;
    Error err = {0};
    StrBuf token;
    StrBuf body;

    if (!config->username) {
        (void)error_set(&err, ERROR_USER, "Cassandra asks for a login (%.*s); set "
                                          "cassandra.username and cassandra.password",
                        STR_ARG(authenticator));
        break_off(connection, &err);
        return;
    }
    strbuf_init(&token);
    strbuf_init(&body);
    strbuf_add_char(&token, '\0');
    strbuf_add_c(&token, config->username);
    strbuf_add_char(&token, '\0');
    strbuf_add_c(&token, config->password ? config->password : "");
    cql_put_long_string(&body, strbuf_str(&token));
    move(connection, CQL_PROVING);
    hello(connection, CQL_AUTH_RESPONSE, strbuf_str(&body));
    strbuf_done(&token);
    strbuf_done(&body);
}

static void refused(CqlConnection *connection, const CqlMessage *message)
{
    CqlErrorInfo info;
    Error err = {0};

    if (cql_read_error(message->body, &info, &err)) {
        connection->refused_version = info.code == CQL_PROTOCOL_ERROR &&
                                      connection->state <= CQL_STARTING &&
                                      connection->framing.version > CQL_VERSION_MIN;
        (void)cql_error_set(&err, &info);
    }
    break_off(connection, &err);
}

static void hello_answered(CqlConnection *connection, const CqlMessage *message)
{
    CqlReader reader = cql_reader(message->body);

    if (message->opcode == CQL_ERROR) {
        refused(connection, message);
    } else if (connection->state == CQL_GREETING && message->opcode == CQL_SUPPORTED) {
        start(connection, message->body);
    } else if (connection->state == CQL_STARTING && message->opcode == CQL_READY) {
        startup_answered(connection);
        move(connection, CQL_OPEN);
    } else if (connection->state == CQL_STARTING && message->opcode == CQL_AUTHENTICATE) {
        startup_answered(connection);
        prove(connection, cql_read_string(&reader));
    } else if (connection->state == CQL_PROVING && message->opcode == CQL_AUTH_SUCCESS) {
        move(connection, CQL_OPEN);
    } else if (connection->state == CQL_PROVING && message->opcode == CQL_AUTH_CHALLENGE) {
        break_off_with(connection, ERROR_USER,
                       "Cassandra asks for another kind of login than name and password");
    } else {
        break_off_with(connection, ERROR_RETRY, "the server's answer is out of turn");
    }
}

/* ── moving bytes ──────────────────────────────────────────────────────────────────────────────*/

static void dispatch(CqlConnection *connection, const CqlMessage *message)
{
    CqlAsked *asked;

    if (connection->state != CQL_OPEN) {
        hello_answered(connection, message);
        return;
    }
    if (message->stream < 0) {
        connection->methods->answered(connection->self, connection, NULL, message);
        return;
    }
    asked = message->stream < CQL_STREAMS ? take_asked(connection, message->stream) : NULL;
    if (!asked)
        break_off_with(connection, ERROR_RETRY, "the server answers what was not asked");
    else
        connection->methods->answered(connection->self, connection, asked, message);
}

static void dispatch_all(CqlConnection *connection)
{
    CqlMessage message;
    Error err = {0};
    bool found = true;

    while (connection->state != CQL_BROKEN) {
        if (!cql_decoder_next(&connection->decoder, &message, &found, &err)) {
            break_off(connection, &err);
            return;
        }
        if (!found)
            return;
        dispatch(connection, &message);
    }
}

/* Hands what came from the socket through TLS to the decoder. */
static bool unwrap(CqlConnection *connection, const char *data, size_t bytes, Error *err)
{
    bool done = false;
    bool ended = false;
    size_t got;

    cql_tls_give(connection->tls, data, bytes);
    if (connection->state == CQL_SECURING) {
        if (!cql_tls_handshake(connection->tls, &done, err))
            return false;
        if (!done)
            return true;
        greet(connection);
    }
    do {
        char *room = cql_decoder_room(&connection->decoder, READ_BYTES);

        if (!cql_tls_read(connection->tls, room, READ_BYTES, &got, &ended, err))
            return false;
        cql_decoder_came(&connection->decoder, got);
    } while (got > 0);
    return !ended || error_set(err, ERROR_RETRY, "the server has closed the connection");
}

/* True: there may be more. */
static bool read_once(CqlConnection *connection)
{
    char cipher[16 << 10];
    Error err = {0};
    OsSocketState state;
    size_t bytes = 0;

    if (connection->tls) {
        state = os_socket_read(connection->socket, cipher, sizeof cipher, &bytes);
        if (state == OS_SOCKET_DONE && !unwrap(connection, cipher, bytes, &err))
            break_off(connection, &err);
    } else {
        state = os_socket_read(connection->socket,
                               cql_decoder_room(&connection->decoder, READ_BYTES), READ_BYTES,
                               &bytes);
        if (state == OS_SOCKET_DONE)
            cql_decoder_came(&connection->decoder, bytes);
    }
    dispatch_all(connection);
    if (state == OS_SOCKET_ENDED)
        break_off_with(connection, ERROR_RETRY, "the server has closed the connection");
    return state == OS_SOCKET_DONE && bytes >= (connection->tls ? 1u : (unsigned)READ_BYTES) &&
           connection->state != CQL_BROKEN;
}

/* What stands in `buf` from *used on, to the socket. */
static void write_out(CqlConnection *connection, StrBuf *buf)
{
    while (connection->out_used < buf->bytes && connection->state != CQL_BROKEN) {
        size_t bytes = 0;
        OsSocketState state =
            os_socket_write(connection->socket, buf->data + connection->out_used,
                            buf->bytes - connection->out_used, &bytes);

        if (state == OS_SOCKET_AGAIN)
            break;
        if (state == OS_SOCKET_ENDED) {
            /* The server may have said why, before it closed. */
            while (read_once(connection))
                ;
            break_off_with(connection, ERROR_RETRY, "the server has closed the connection");
            return;
        }
        connection->out_used += bytes;
    }
    /* A server that is always behind never has all of it. */
    cql_drop_used(buf, &connection->out_used);
}

static void write_all(CqlConnection *connection)
{
    Error err = {0};

    if (connection->state == CQL_DIALLING || connection->state == CQL_BROKEN)
        return;
    if (!connection->tls) {
        write_out(connection, &connection->out);
        return;
    }
    if (connection->state > CQL_SECURING) {
        if (!cql_tls_write(connection->tls, connection->out.data, connection->out.bytes, &err)) {
            break_off(connection, &err);
            return;
        }
        strbuf_clear(&connection->out);
    }
    cql_tls_take(connection->tls, &connection->wire);
    write_out(connection, &connection->wire);
}

static bool has_output(const CqlConnection *connection)
{
    return connection->out.bytes > connection->out_used || connection->wire.bytes > 0;
}

OsSocketWait cql_connection_wait(const CqlConnection *connection)
{
    return (OsSocketWait){
        .socket = connection->socket,
        .to_read = connection->state != CQL_DIALLING,
        .to_write = connection->state == CQL_DIALLING || has_output(connection),
    };
}

static void dialled(CqlConnection *connection)
{
    Error err = {0};
    bool done;

    if (!os_socket_dialled(connection->socket, &err)) {
        break_off(connection, &err);
        return;
    }
    if (!connection->tls) {
        greet(connection);
        return;
    }
    move(connection, CQL_SECURING);
    if (!cql_tls_handshake(connection->tls, &done, &err))
        break_off(connection, &err);
}

void cql_connection_work(CqlConnection *connection)
{
    if (connection->state == CQL_DIALLING)
        dialled(connection);
    for (int i = 0; i < READS_A_TURN && connection->state != CQL_BROKEN; i++) {
        if (!read_once(connection))
            break;
    }
    write_all(connection);
}

void cql_connection_flush(CqlConnection *connection, size_t bytes_min)
{
    if (has_output(connection) && connection->out.bytes >= bytes_min)
        write_all(connection);
}
