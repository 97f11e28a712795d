/*
 * cql_topology.c: which nodes a cluster has, their tokens, and how a keyspace is copied.
 *
 * Asked of the control node when the session opens, when that node changes, and when the cluster
 * says that something has (EVENT), or a node is away for long. Nodes are known by their host_id, so that the
 * address by which a contact point was reached is kept, whatever it calls itself, and a node that comes back
 * under another address is found again.
 */
#include "base/assert.h"
#include "client/cql/cql_session_impl.h"
#include "os/os.h"

/* A node as system.local or system.peers tell. */
typedef struct Found {
    Str host_id;
    Str dc;
    Str rack;
    char *address; /* NULL: the control node itself. */
    uint16_t port;
    CqlNode *node;
} Found;

typedef struct Loading {
    CqlSession *session;
    CqlNode *control; /* Who is asked, all of it; NULL (the schema's versions alone): anybody. */
    Arena arena;
    VEC(Found) found;
    VEC(CqlRingToken) tokens; /* node_i: of `found`. */
    bool by_datacenter;
    uint32_t factor;
} Loading;

/* ── contact points ────────────────────────────────────────────────────────────────────────────*/

/* "host", "host:port", "[v6]:port", "v6". */
static bool split_point(Str point, uint16_t *port, Str *host, Error *err)
{
    ptrdiff_t colon = point.bytes && point.data[0] == '[' ? str_find(point, STR("]:"))
                                                          : str_find_char(point, ':');
    int64_t number;

    *host = point;
    if (point.bytes && point.data[0] == '[') {
        ptrdiff_t end = str_find_char(point, ']');

        if (end < 0)
            return error_set(err, ERROR_USER, "contact point '%.*s' has no ']'", STR_ARG(point));
        *host = str_slice(point, 1, (uint32_t)end);
        if (colon < 0)
            return true;
        colon++;
    } else if (colon < 0 || str_find_char(str_slice(point, (uint32_t)colon + 1, point.bytes), ':') >= 0) {
        return true; /* No port, or a bare IPv6 number. */
    } else {
        *host = str_slice(point, 0, (uint32_t)colon);
    }
    if (!str_to_int64(str_slice(point, (uint32_t)colon + 1, point.bytes), &number) || number < 1 ||
        number > 65535)
        return error_set(err, ERROR_USER, "contact point '%.*s': its port must be 1 to 65535",
                         STR_ARG(point));
    *port = (uint16_t)number;
    return true;
}

bool cql_contacts_parse(Arena *arena, Str text, uint16_t port, CqlContact **out, size_t *count,
                        Error *err)
{
    enum { CONTACTS_MAX = 256 };
    CqlContact *contacts = ARENA_ARRAY(arena, CqlContact, CONTACTS_MAX);
    Error unknown = {0};
    size_t n = 0;
    Str point;

    while (str_split(&text, ',', &point)) {
        const char *const *addresses;
        uint16_t point_port = port;
        size_t address_count;
        Str host;

        point = str_trim(point);
        if (point.bytes == 0)
            continue;
        if (!split_point(point, &point_port, &host, err))
            return false;
        if (!os_resolve(arena, str_to_c(arena, host), &addresses, &address_count, &unknown))
            continue; /* One of several may have left; if all have, it is said below. */
        for (size_t i = 0; i < address_count && n < CONTACTS_MAX; i++)
            contacts[n++] = (CqlContact){str_to_c(arena, host), addresses[i], point_port};
    }
    if (n == 0 && unknown.kind != ERROR_NONE) {
        *err = unknown;
        return false;
    }
    if (n == 0)
        return error_set(err, ERROR_USER, "no contact point is given");
    *out = contacts;
    *count = n;
    return true;
}

/* ── asking ────────────────────────────────────────────────────────────────────────────────────*/

static bool ask(Loading *loading, const char *text, CqlResult *result, Error *err)
{
    CqlSession *session = loading->session;
    CqlRequest *request = cql_request_new(session, REQUEST_CALL, CQL_QUERY);
    CqlReader rest;

    cql_put_long_string(&request->body, str_of(text));
    cql_put_short(&request->body, CQL_ONE);
    cql_put_uint(&request->body, 0, session->config.version >= 5 ? 4 : 1);
    request->idempotent = true;
    request->only = loading->control;
    request->into = result;
    cql_request_send(session, request);
    if (!cql_request_wait(session, request, err) ||
        !cql_read_result_kind(strbuf_str(&result->body), &result->kind, &rest, err))
        return false;
    if (result->kind != CQL_RESULT_ROWS)
        return error_set(err, ERROR_RETRY, "the server's answer is out of turn");
    return cql_read_rows(rest, &result->arena, &result->rows, err);
}

static bool register_for_events(const Loading *loading, Error *err)
{
    CqlSession *session = loading->session;
    CqlRequest *request = cql_request_new(session, REQUEST_CALL, CQL_REGISTER);

    cql_put_short(&request->body, 3);
    cql_put_string(&request->body, STR("TOPOLOGY_CHANGE"));
    cql_put_string(&request->body, STR("STATUS_CHANGE"));
    cql_put_string(&request->body, STR("SCHEMA_CHANGE"));
    request->idempotent = true;
    request->only = loading->control;
    cql_request_send(session, request);
    return cql_request_wait(session, request, err);
}

/* ── reading ───────────────────────────────────────────────────────────────────────────────────*/

/* A set<text> of numbers. */
static bool read_tokens(Loading *loading, Str bytes, Error *err)
{
    CqlReader reader = cql_reader(bytes);
    int32_t count = bytes.data ? cql_read_int(&reader) : 0;

    for (int32_t i = 0; i < count && !reader.failed; i++) {
        CqlRingToken token = {.node_i = (uint16_t)(loading->found.count - 1)};

        if (!str_to_int64(cql_read_bytes(&reader), &token.token))
            continue; /* Another partitioner's: the ring stays empty. */
        if (loading->tokens.count >= CQL_TOKENS_MAX)
            return error_set(err, ERROR_USER, "the cluster has more than %d tokens", CQL_TOKENS_MAX);
        VEC_ADD_IN(&loading->arena, &loading->tokens, token);
    }
    return true;
}

static char *read_inet(Loading *loading, Str bytes)
{
    CqlType inet = {.kind = CQL_INET};
    StrBuf text;
    char *address = NULL;

    strbuf_init(&text);
    if (bytes.bytes && cql_value_to_text(&text, &inet, bytes))
        address = arena_strdup(&loading->arena, strbuf_c(&text));
    strbuf_done(&text);
    return address;
}

/* Columns 0 to 3 of each of the questions: host_id, data_center, rack, tokens. */
static bool add_found(Loading *loading, const Str *values, char *address, uint16_t port, Error *err)
{
    Found found = {
        .host_id = str_copy(&loading->arena, values[0]),
        .dc = str_copy(&loading->arena, values[1]),
        .rack = str_copy(&loading->arena, values[2]),
        .address = address,
        .port = port,
    };

    if (loading->found.count >= CQL_NODES_MAX)
        return error_set(err, ERROR_USER, "the cluster has more than %d nodes", CQL_NODES_MAX);
    VEC_ADD_IN(&loading->arena, &loading->found, found);
    return read_tokens(loading, values[3], err);
}

static bool columns_are(const CqlResult *result, uint32_t count, Error *err)
{
    return result->rows.metadata.column_count == count ||
           error_set(err, ERROR_RETRY, "the server's tables of nodes are not as they should be");
}

static bool load_local(Loading *loading, CqlResult *result, Error *err)
{
    CqlSession *session = loading->session;
    Str values[7];

    if (!ask(loading, "SELECT host_id, data_center, rack, tokens, release_version, cluster_name, "
                      "partitioner FROM system.local WHERE key = 'local'",
             result, err) ||
        !columns_are(result, COUNT_OF(values), err))
        return false;
    if (result->rows.row_count != 1 || !cql_rows_next(&result->rows, values, err))
        return error_set(err, ERROR_RETRY, "the node does not tell who it is");
    arena_reset(&session->info_arena);
    session->info = (CqlServerInfo){
        .release = str_copy(&session->info_arena, values[4]),
        .cluster = str_copy(&session->info_arena, values[5]),
        .dc = str_copy(&session->info_arena, values[1]),
        .partitioner = str_copy(&session->info_arena, values[6]),
    };
    return add_found(loading, values, NULL, 0, err);
}

/* Cassandra 4 and newer tell the port; older ones have another table. */
static bool load_peers(Loading *loading, CqlResult *result, Error *err)
{
    bool newer = true;
    Str values[6];

    if (!ask(loading, "SELECT host_id, data_center, rack, tokens, native_address, native_port FROM "
                      "system.peers_v2",
             result, err)) {
        newer = false;
        if (err->kind != ERROR_USER)
            return false;
        error_clear(err);
        if (!ask(loading, "SELECT host_id, data_center, rack, tokens, rpc_address, peer FROM "
                          "system.peers",
                 result, err))
            return false;
    }
    if (!columns_are(result, COUNT_OF(values), err))
        return false;
    for (uint32_t i = 0; i < result->rows.row_count; i++) {
        uint16_t port = loading->control->place.port;
        char *address;

        if (!cql_rows_next(&result->rows, values, err))
            return false;
        address = read_inet(loading, values[4]);
        if (newer && values[5].bytes == 4) {
            CqlReader reader = cql_reader(values[5]);

            port = (uint16_t)cql_read_int(&reader);
        } else if (!newer && address && strcmp(address, "0.0.0.0") == 0) {
            address = read_inet(loading, values[5]);
        }
        if (!address || values[0].bytes != 16)
            continue; /* On its way in or out. */
        if (!add_found(loading, values, address, port, err))
            return false;
    }
    return true;
}

/* {'class': '…Strategy', 'replication_factor' or a datacenter: '3'} */
static bool load_replication(Loading *loading, CqlResult *result, Error *err)
{
    CqlSession *session = loading->session;
    const char *text;
    CqlReader reader;
    Str value;
    StrBuf quoted;
    int32_t count;

    loading->factor = 1;
    if (session->keyspace.bytes == 0)
        return true;
    strbuf_init(&quoted);
    strbuf_add_quoted(&quoted, session->keyspace, '\'');
    text = arena_printf(&loading->arena, "SELECT replication FROM system_schema.keyspaces WHERE "
                                         "keyspace_name = %s",
                        strbuf_c(&quoted));
    strbuf_done(&quoted);
    if (!ask(loading, text, result, err) || !columns_are(result, 1, err))
        return false;
    if (result->rows.row_count == 0)
        return true;
    if (!cql_rows_next(&result->rows, &value, err))
        return false;
    reader = cql_reader(value);
    count = value.data ? cql_read_int(&reader) : 0;
    for (int32_t i = 0; i < count && !reader.failed; i++) {
        Str key = cql_read_bytes(&reader);
        Str of_key = cql_read_bytes(&reader);
        int64_t factor;

        if (str_is(key, "class")) {
            loading->by_datacenter = str_ends_with(of_key, STR("NetworkTopologyStrategy"));
        } else if (str_is(key, "replication_factor") || str_equal(key, session->local_dc)) {
            ptrdiff_t slash = str_find_char(of_key, '/'); /* '3/1': one of them transient. */

            if (slash > 0)
                of_key = str_slice(of_key, 0, (uint32_t)slash);
            if (str_to_int64(of_key, &factor) && factor > 0 && factor <= CQL_REPLICAS_MAX)
                loading->factor = (uint32_t)factor;
        }
    }
    return true;
}

/* ── taking it over ────────────────────────────────────────────────────────────────────────────*/

static bool check_local_dc(Loading *loading, Error *err)
{
    CqlSession *session = loading->session;
    StrBuf names;

    if (session->local_dc.bytes == 0)
        session->local_dc = str_copy(&session->arena, session->info.dc);
    strbuf_init(&names);
    for (size_t i = 0; i < loading->found.count; i++) {
        Str dc = loading->found.items[i].dc;

        if (str_equal(dc, session->local_dc)) {
            strbuf_done(&names);
            return true;
        }
        if (str_find(strbuf_str(&names), dc) < 0 && names.bytes < 200)
            strbuf_printf(&names, "%s'%.*s'", names.bytes ? ", " : "", STR_ARG(dc));
    }
    (void)error_set(err, ERROR_USER, "the cluster has no datacenter '%.*s'; it has %s; see "
                                     "cassandra.local.datacenter",
                    STR_ARG(session->local_dc), strbuf_c(&names));
    strbuf_done(&names);
    return false;
}

static CqlNode *node_find(const Loading *loading, const Found *found)
{
    CqlSession *session = loading->session;

    if (!found->address)
        return loading->control;
    for (size_t i = 0; i < session->nodes.count; i++) {
        CqlNode *node = session->nodes.items[i];

        if (node != loading->control && str_equal(node->host_id, found->host_id))
            return node;
    }
    return NULL;
}

/* The nodes found become the session's; others are gone. */
static void take_nodes(Loading *loading)
{
    CqlSession *session = loading->session;

    for (size_t i = 0; i < session->nodes.count; i++)
        session->nodes.items[i]->gone = true;
    for (size_t i = 0; i < loading->found.count; i++) {
        Found *found = &loading->found.items[i];
        CqlNode *node = node_find(loading, found);

        if (!node && session->nodes.count >= CQL_NODES_MAX)
            continue;
        if (!node)
            node = cql_node_add(session, found->address, found->address, found->port);
        node->gone = false;
        if (found->address)
            cql_node_moved(node, found->address, found->port);
        if (node->retry_at_us == INT64_MAX)
            node->retry_at_us = 0; /* A contact point: from now on like all others. */
        arena_reset(&node->arena);
        node->host_id = str_copy(&node->arena, found->host_id);
        node->dc = str_copy(&node->arena, found->dc);
        node->rack = str_copy(&node->arena, found->rack);
        found->node = node;
    }
}

static void take_ring(Loading *loading)
{
    CqlSession *session = loading->session;
    CqlRingNode *nodes;
    CqlRingToken *tokens;
    uint32_t count = 0;

    arena_reset(&session->ring_arena);
    session->ring = (CqlRing){0};
    if (!str_ends_with(session->info.partitioner, STR("Murmur3Partitioner")))
        return; /* Any node will do, then. */
    nodes = ARENA_ARRAY(&session->ring_arena, CqlRingNode, session->nodes.count + 1);
    tokens = ARENA_ARRAY(&session->ring_arena, CqlRingToken, loading->tokens.count + 1);
    for (size_t i = 0; i < session->nodes.count; i++)
        nodes[i] = (CqlRingNode){session->nodes.items[i]->dc, session->nodes.items[i]->rack};
    for (size_t t = 0; t < loading->tokens.count; t++) {
        const Found *found = &loading->found.items[loading->tokens.items[t].node_i];

        for (size_t i = 0; i < session->nodes.count; i++) {
            if (session->nodes.items[i] == found->node)
                tokens[count++] = (CqlRingToken){loading->tokens.items[t].token, (uint16_t)i};
        }
    }
    cql_ring_make(&session->ring_arena, nodes, tokens, count, session->local_dc,
                  loading->by_datacenter, loading->factor, &session->ring);
}

/* The node may go, and come back, while it is asked: session->control is no longer it, then. What it told
 * is as good as ever; that it will tell of changes is not, so a control node is chosen, and asked, anew. */
bool cql_topology_load(CqlSession *session, Error *err)
{
    Loading loading = {.session = session, .control = session->control};
    CqlResult result;
    bool ok;

    arena_init(&loading.arena);
    cql_result_init(&result);
    ok = register_for_events(&loading, err) && load_local(&loading, &result, err) &&
         load_peers(&loading, &result, err) && check_local_dc(&loading, err) &&
         load_replication(&loading, &result, err);
    if (ok) {
        take_nodes(&loading);
        take_ring(&loading);
    }
    cql_result_done(&result);
    arena_done(&loading.arena);
    return ok;
}

uint32_t cql_piece_of(const CqlSession *session, int64_t token)
{
    return cql_ring_piece(&session->ring, token);
}

/* ── the schema ────────────────────────────────────────────────────────────────────────────────*/

/* A node that is down keeps an old schema until it is back: it is not waited for. */
static bool is_reached(const CqlSession *session, Str host_id)
{
    for (size_t i = 0; i < session->nodes.count; i++) {
        const CqlNode *node = session->nodes.items[i];

        if (str_equal(node->host_id, host_id))
            return node->connection && cql_connection_state(node->connection) == CQL_OPEN;
    }
    return false;
}

/* Versions of the nodes that a question's rows tell of, compared with *version, the first one. */
static bool compare_versions(Loading *loading, const char *text, CqlResult *result, Str *version,
                             bool *same, Error *err)
{
    Str values[2];

    if (!ask(loading, text, result, err) || !columns_are(result, COUNT_OF(values), err))
        return false;
    for (uint32_t i = 0; i < result->rows.row_count; i++) {
        if (!cql_rows_next(&result->rows, values, err))
            return false;
        if (!values[0].data || !is_reached(loading->session, values[1]))
            continue;
        if (!version->data)
            *version = str_copy(&loading->arena, values[0]);
        else if (!str_equal(*version, values[0]))
            *same = false;
    }
    return true;
}

/* As the control node sees it. */
static bool schema_agreed(CqlSession *session, bool *same, Error *err)
{
    Loading loading = {.session = session, .control = session->control};
    Str version = {NULL, 0};
    CqlResult result;
    bool ok;

    *same = true;
    arena_init(&loading.arena);
    cql_result_init(&result);
    ok = compare_versions(&loading,
                          "SELECT schema_version, host_id FROM system.local WHERE key = 'local'",
                          &result, &version, same, err) &&
         compare_versions(&loading, "SELECT schema_version, host_id FROM system.peers", &result,
                          &version, same, err);
    cql_result_done(&result);
    arena_done(&loading.arena);
    return ok;
}

static bool wait_for_schema(CqlSession *session, Error *err)
{
    enum { WAIT_US = 50000, TRIES = 1200 };
    bool same = false;

    for (int i = 0; i < TRIES && !same; i++) {
        if (i > 0)
            os_sleep_us(WAIT_US);
        if (!schema_agreed(session, &same, err))
            return false;
    }
    return same || error_set(err, ERROR_RETRY, "Cassandra's nodes do not agree on the schema");
}

/* Asked of the control node itself: only who has carried it out knows at once that the others have
 * not; any other node would find all of them agreed on the schema of before. */
bool cql_change_schema(CqlSession *session, Str text, CqlConsistency consistency, Error *err)
{
    int64_t end_us = os_monotonic_us() + session->timeout_us;
    CqlRequest *request;

    while (!session->control) {
        if (atomic_load(&session->cancelled) || os_monotonic_us() > end_us)
            return error_set(err, ERROR_RETRY, "no node of Cassandra can be reached");
        cql_session_turn(session);
    }
    request = cql_request_new(session, REQUEST_CALL, CQL_QUERY);
    cql_put_long_string(&request->body, text);
    cql_put_short(&request->body, (uint16_t)consistency);
    cql_put_uint(&request->body, 0, session->config.version >= 5 ? 4 : 1);
    request->idempotent = true; /* IF NOT EXISTS. */
    request->only = session->control;
    cql_request_send(session, request);
    return cql_request_wait(session, request, err) && wait_for_schema(session, err);
}

static void reload_soon(CqlSession *session)
{
    session->reload_wanted = true;
    session->reload_at_us = os_monotonic_us() + 1000000; /* Let it settle. */
}

void cql_topology_event(CqlSession *session, Str body)
{
    CqlReader reader = cql_reader(body);
    Str type = cql_read_string(&reader);
    Str change = cql_read_string(&reader);

    if (str_is(type, "STATUS_CHANGE")) {
        for (size_t i = 0; str_is(change, "UP") && i < session->nodes.count; i++)
            session->nodes.items[i]->retry_at_us = 0;
        reload_soon(session); /* It may be up under another address. */
    } else if (str_is(type, "TOPOLOGY_CHANGE")) {
        reload_soon(session);
    } else if (str_is(type, "SCHEMA_CHANGE") && str_is(cql_read_string(&reader), "KEYSPACE")) {
        session->reload_wanted = true;
        session->reload_at_us = 0;
    }
}
