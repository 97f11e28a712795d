/*
 * cql_call.c: queries, prepared statements, batches and pages: requests written, answers read.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "client/cql/cql_session_impl.h"
#include "os/os.h"

enum {
    WITH_VALUES = 0x01,
    WITH_PAGE_ROWS = 0x04,
    WITH_PAGING_STATE = 0x08,
    BATCH_UNLOGGED = 1,
    PREPARED_MAX = 1024,
};

/* ── consistency ───────────────────────────────────────────────────────────────────────────────*/

static const char *const consistency_names[] = {
    "any",          "one",         "two",    "three",        "quorum",   "all",
    "local_quorum", "each_quorum", "serial", "local_serial", "local_one"};

bool cql_consistency_parse(Str text, CqlConsistency *out)
{
    for (size_t i = 0; i < COUNT_OF(consistency_names); i++) {
        if (str_is_nocase(text, consistency_names[i])) {
            *out = (CqlConsistency)i;
            return true;
        }
    }
    return false;
}

const char *cql_consistency_name(CqlConsistency consistency)
{
    return consistency_names[consistency];
}

/* ── requests ──────────────────────────────────────────────────────────────────────────────────*/

static void put_flags(const CqlSession *session, StrBuf *body, uint32_t flags)
{
    cql_put_uint(body, flags, session->config.version >= 5 ? 4 : 1);
}

/* Behind the query or the statement's id: consistency, flags, values, pages. */
static void put_parameters(const CqlSession *session, StrBuf *body, const CqlOptions *options,
                           const CqlStatement *statement)
{
    uint16_t value_count = statement ? statement->value_count : 0;

    cql_put_short(body, (uint16_t)options->consistency);
    put_flags(session, body, (value_count ? WITH_VALUES : 0u) |
                                 (options->page_rows > 0 ? WITH_PAGE_ROWS : 0u) |
                                 (options->paging_state.data ? WITH_PAGING_STATE : 0u));
    if (value_count) {
        cql_put_short(body, value_count);
        strbuf_add_str(body, statement->values);
    }
    if (options->page_rows > 0)
        cql_put_int(body, options->page_rows);
    if (options->paging_state.data)
        cql_put_long_string(body, options->paging_state);
}

static void put_execute(const CqlSession *session, StrBuf *body, const CqlStatement *statement,
                        const CqlOptions *options)
{
    cql_put_string(body, statement->prepared->info.id);
    if (session->config.version >= 5)
        cql_put_string(body, statement->prepared->info.result_id);
    put_parameters(session, body, options, statement);
}

static void put_batch(const CqlSession *session, StrBuf *body, const CqlStatement *statements,
                      uint32_t count, const CqlOptions *options)
{
    ASSERT(count <= UINT16_MAX);
    cql_put_byte(body, BATCH_UNLOGGED);
    cql_put_short(body, (uint16_t)count);
    for (uint32_t i = 0; i < count; i++) {
        cql_put_byte(body, 1); /* Prepared. */
        cql_put_string(body, statements[i].prepared->info.id);
        cql_put_short(body, statements[i].value_count);
        strbuf_add_str(body, statements[i].values);
    }
    cql_put_short(body, (uint16_t)options->consistency);
    put_flags(session, body, 0);
}

static CqlRequest *request_of(CqlSession *session, CqlRequestKind kind, CqlOpcode opcode,
                              const CqlOptions *options)
{
    CqlRequest *request = cql_request_new(session, kind, opcode);

    request->idempotent = options->idempotent;
    request->has_token = options->has_token;
    request->token = options->token;
    return request;
}

/* ── results ───────────────────────────────────────────────────────────────────────────────────*/

void cql_result_init(CqlResult *result)
{
    *result = (CqlResult){.kind = CQL_RESULT_VOID};
    arena_init(&result->arena);
    strbuf_init(&result->body);
}

void cql_result_done(CqlResult *result)
{
    arena_done(&result->arena);
    strbuf_done(&result->body);
}

/* Reads what came into result->body. */
static bool result_read(CqlResult *result, Error *err)
{
    CqlReader rest;

    arena_reset(&result->arena);
    result->rows = (CqlRows){0};
    if (!cql_read_result_kind(strbuf_str(&result->body), &result->kind, &rest, err))
        return false;
    return result->kind != CQL_RESULT_ROWS ||
           cql_read_rows(rest, &result->arena, &result->rows, err);
}

/* A message can only be so long, whatever the server's own limits are; one that cannot be sent is given
 * up. */
static bool fits(CqlSession *session, CqlRequest *request, Error *err)
{
    if (request->body.bytes <= CQL_MESSAGE_BYTES_MAX)
        return true;
    (void)error_set(err, ERROR_USER,
                    "a request of %zu bytes is longer than the %d that Cassandra's protocol has",
                    request->body.bytes, CQL_MESSAGE_BYTES_MAX);
    cql_request_free(session, request);
    return false;
}

static bool call(CqlSession *session, CqlRequest *request, CqlResult *result, Error *err)
{
    if (!fits(session, request, err))
        return false;
    request->into = result;
    cql_request_send(session, request);
    return cql_request_wait(session, request, err) && result_read(result, err);
}

bool cql_query(CqlSession *session, Str text, CqlConsistency consistency, bool idempotent,
               CqlResult *result, Error *err)
{
    CqlOptions options = {.consistency = consistency, .idempotent = idempotent};
    CqlRequest *request = request_of(session, REQUEST_CALL, CQL_QUERY, &options);

    cql_put_long_string(&request->body, text);
    put_parameters(session, &request->body, &options, NULL);
    return call(session, request, result, err);
}

bool cql_execute(CqlSession *session, const CqlStatement *statement, const CqlOptions *options,
                 CqlResult *result, Error *err)
{
    CqlRequest *request = request_of(session, REQUEST_CALL, CQL_EXECUTE, options);

    put_execute(session, &request->body, statement, options);
    return call(session, request, result, err);
}

/* ── prepared statements ───────────────────────────────────────────────────────────────────────*/

static bool prepare(CqlSession *session, CqlPrepared *prepared, Error *err)
{
    CqlOptions options = {.idempotent = true};
    CqlRequest *request = request_of(session, REQUEST_CALL, CQL_PREPARE, &options);
    CqlResult *result = &prepared->result;
    CqlReader rest;

    cql_put_long_string(&request->body, prepared->text);
    if (session->config.version >= 5)
        cql_put_int(&request->body, 0);
    request->into = result;
    cql_request_send(session, request);
    if (!cql_request_wait(session, request, err) ||
        !cql_read_result_kind(strbuf_str(&result->body), &result->kind, &rest, err))
        return false;
    if (result->kind != CQL_RESULT_PREPARED)
        return error_set(err, ERROR_RETRY, "the server's answer is out of turn");
    return cql_read_prepared(rest, session->config.version, &result->arena, &prepared->info, err);
}

bool cql_prepare(CqlSession *session, Str text, const CqlPrepared **out, Error *err)
{
    CqlPrepared *prepared;

    for (size_t i = 0; i < session->prepared.count; i++) {
        if (str_equal(session->prepared.items[i]->text, text)) {
            *out = session->prepared.items[i];
            return true;
        }
    }
    if (session->prepared.count >= PREPARED_MAX)
        return error_set(err, ERROR_JOB, "more than %d different statements were prepared",
                         PREPARED_MAX);
    prepared = mem_zalloc(sizeof *prepared);
    prepared->text = str_copy(&session->arena, text);
    cql_result_init(&prepared->result);
    if (!prepare(session, prepared, err)) {
        cql_result_done(&prepared->result);
        free(prepared);
        return false;
    }
    VEC_ADD(&session->prepared, prepared);
    *out = prepared;
    return true;
}

bool cql_is_worn(const CqlSession *session)
{
    return session->prepared.count >= PREPARED_MAX / 2;
}

const CqlPreparedInfo *cql_prepared_info(const CqlPrepared *prepared)
{
    return &prepared->info;
}

/* ── many at once ──────────────────────────────────────────────────────────────────────────────*/

static bool wait_for_room(CqlSession *session, uint32_t in_flight_max, Error *err)
{
    while (session->in_flight > in_flight_max) {
        if (atomic_load(&session->cancelled))
            return error_set(err, ERROR_RETRY, "Cassandra: stopped");
        cql_session_turn(session);
    }
    if (session->failure.kind != ERROR_NONE) {
        *err = session->failure;
        return false;
    }
    return true;
}

bool cql_submit(CqlSession *session, const CqlStatement *statements, uint32_t count,
                const CqlOptions *options, Error *err)
{
    CqlRequest *request;

    if (!wait_for_room(session, session->in_flight_max - 1, err))
        return false;
    if (count == 1) {
        request = request_of(session, REQUEST_WRITE, CQL_EXECUTE, options);
        put_execute(session, &request->body, statements, options);
    } else {
        request = request_of(session, REQUEST_WRITE, CQL_BATCH, options);
        put_batch(session, &request->body, statements, count, options);
    }
    if (!fits(session, request, err))
        return false;
    session->in_flight++;
    cql_request_send(session, request);
    return true;
}

bool cql_drain(CqlSession *session, Error *err)
{
    bool ok = wait_for_room(session, 0, err);

    if (!ok && session->in_flight > 0 && !atomic_load(&session->cancelled)) {
        Error ignored = {0};

        session->failure = (Error){0};
        (void)wait_for_room(session, 0, &ignored);
    }
    session->failure = (Error){0};
    return ok;
}

/* ── pages ─────────────────────────────────────────────────────────────────────────────────────*/

struct CqlSelect {
    CqlSession *session;
    CqlStatement statement;
    StrBuf values;
    CqlOptions options;
    CqlResult pages[2]; /* One is being read, the other on its way. */
    int coming;
    CqlRequest *request; /* NULL: the last page has been read. */
};

/* The server holds a page in memory, and so do we: rows of a megabyte come a few at a time. Until one
 * page has told how long they are, not many are asked for. */
static int32_t rows_of_next_page(const CqlSelect *select, const CqlResult *last)
{
    enum { FIRST_PAGE_ROWS = 500, PAGE_BYTES = 4 << 20 };
    int32_t most = select->options.page_rows;
    uint32_t row_bytes;

    if (!last || last->rows.row_count == 0)
        return MIN(most, (int32_t)FIRST_PAGE_ROWS);
    row_bytes = (uint32_t)(last->body.bytes / last->rows.row_count);
    return MIN(most, (int32_t)MAX(PAGE_BYTES / MAX(row_bytes, 1u), 1u));
}

static void ask_for_page(CqlSelect *select, Str paging_state, const CqlResult *last)
{
    CqlOptions options = select->options;

    options.page_rows = rows_of_next_page(select, last);
    options.paging_state = paging_state;
    options.idempotent = true;
    select->request = request_of(select->session, REQUEST_CALL, CQL_EXECUTE, &options);
    put_execute(select->session, &select->request->body, &select->statement, &options);
    select->request->into = &select->pages[select->coming];
    cql_request_send(select->session, select->request);
}

bool cql_select_open(CqlSession *session, const CqlStatement *statement, const CqlOptions *options,
                     CqlSelect **out, Error *err)
{
    CqlSelect *select;

    /* Half of it: what stands around the values has room enough. */
    if (statement->values.bytes > CQL_MESSAGE_BYTES_MAX / 2)
        return error_set(err, ERROR_USER,
                         "values of %u bytes are longer than Cassandra's protocol has",
                         statement->values.bytes);
    select = mem_zalloc(sizeof *select);
    select->session = session;
    select->statement = *statement;
    strbuf_init(&select->values);
    strbuf_add_str(&select->values, statement->values);
    select->statement.values = strbuf_str(&select->values);
    select->options = *options;
    cql_result_init(&select->pages[0]);
    cql_result_init(&select->pages[1]);
    ask_for_page(select, (Str){NULL, 0}, NULL);
    *out = select;
    return true;
}

bool cql_select_next(CqlSelect *select, CqlRows **out, Error *err)
{
    CqlResult *page = &select->pages[select->coming];
    CqlRequest *request = select->request;

    *out = NULL;
    if (!request)
        return true;
    select->request = NULL;
    if (!cql_request_wait(select->session, request, err) || !result_read(page, err))
        return false;
    if (page->kind != CQL_RESULT_ROWS)
        return error_set(err, ERROR_USER, "the statement gives no rows");
    select->coming = !select->coming;
    if (page->rows.metadata.paging_state.data)
        ask_for_page(select, page->rows.metadata.paging_state, page);
    *out = &page->rows;
    return true;
}

void cql_select_close(CqlSelect *select)
{
    if (!select)
        return;
    if (select->request) {
        if (select->request->done)
            cql_request_free(select->session, select->request);
        else
            select->request->kind = REQUEST_ABANDONED;
        select->request->into = NULL;
    }
    cql_result_done(&select->pages[0]);
    cql_result_done(&select->pages[1]);
    strbuf_done(&select->values);
    free(select);
}
