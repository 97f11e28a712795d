/*
 * collect.c: the thread behind a collector. See collect.h.
 *
 * The position is how many records of the address to ask next have been taken already, this address, and
 * the table's url from which it follows: "17 http://… http://…". Where the table has another url by now,
 * the address moves to its server; a url that differs in more begins anew, behind the cursor's last value
 * if there is a cursor. A page that names a next one (Link rel="next") moves the
 * address; with 'cursor' = 'parameter=column' the last row's value does. A page that does neither (the
 * last one for now, or a list that only grows) is asked for again after each interval, and what was
 * taken of it is left out: so a restart does not take the last page twice.
 *
 *     a new address               asked at once
 *     the same address            asked again after 'interval'
 *     no answer, 408, 429, 5xx    asked again after a wait that doubles up to a minute
 *     another 4xx                 the pipeline is wrong: the run ends
 */
#include "pipeline/collect.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/http_client.h"
#include "format/format.h"
#include "format/json_scan.h"
#include "os/os.h"

enum {
    BUFFER_BYTES_MAX = 64 << 20,
    WAIT_FIRST_US = 250000,
    WAIT_MAX_US = 60000000,
    ONCE_TRIES_MAX = 5,
};

struct Collector {
    const TableDef *table;
    CollectorOptions options;
    const Format *format; /* json for a body of one array or of lines; csv */
    HttpClient *client;
    OsThread *thread;
    int64_t interval_us;
    int64_t timeout_us;
    size_t page_bytes_max;
    Str cursor_parameter; /* data == NULL: none. */
    Str cursor_column;

    /* The thread's own. */
    StrBuf address;
    int64_t taken;       /* Records of this address that were taken. */
    StrBuf last_cursor;  /* The last row's value, to leave out rows that come twice. */
    bool has_headers;    /* Of the table's options: a token, perhaps. */
    bool began_anew;     /* See collect.h. */
    int64_t wait_us;     /* After the last failure. */
    int tries;

    OsMutex *mutex;      /* Guards what follows. */
    OsCond *changed;
    Collected *buffer;
    size_t buffer_bytes;
    bool stop;
    bool finished;
    bool failed;
    Error error;
    char trouble[512];
};

static Collected *collected_new(void)
{
    Collected *collected = mem_zalloc(sizeof *collected);

    arena_init(&collected->arena);
    return collected;
}

void collected_done(Collected *collected)
{
    arena_done(&collected->arena);
    VEC_DONE(&collected->records);
    *collected = (Collected){0};
}

static void set_trouble(Collector *collector, const char *text)
{
    os_mutex_lock(collector->mutex);
    (void)snprintf(collector->trouble, sizeof collector->trouble, "%s", text);
    os_mutex_unlock(collector->mutex);
}

/* True when it is to stop. */
static bool wait_for(Collector *collector, int64_t us)
{
    int64_t until_us = os_monotonic_us() + us;
    bool stop;

    os_mutex_lock(collector->mutex);
    while (!(stop = collector->stop) && os_monotonic_us() < until_us)
        (void)os_cond_wait_for(collector->changed, collector->mutex, until_us - os_monotonic_us());
    os_mutex_unlock(collector->mutex);
    return stop;
}

static void fail(Collector *collector, const Error *err)
{
    os_mutex_lock(collector->mutex);
    collector->error = *err;
    collector->failed = true;
    os_mutex_unlock(collector->mutex);
}

/* ── a page ────────────────────────────────────────────────────────────────────────────────────*/

/* The end of the JSON value that begins at `i` within an array. */
static uint32_t skip_value(Str text, uint32_t i)
{
    int depth = 0;
    bool quoted = false;

    for (; i < text.bytes; i++) {
        char c = text.data[i];

        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (c == '"')
            quoted = true;
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth-- == 0)
            return i;
        else if (c == ',' && depth == 0)
            return i;
    }
    return MIN(i, text.bytes);
}

typedef VEC(Str) StrVec;

/* The elements of one JSON array. What is not well formed becomes a record as it is, and a dead
 * letter when it is decoded: nothing is dropped here. */
static void split_array(Str text, StrVec *records)
{
    uint32_t i = 1; /* Behind '['. */

    while (i < text.bytes) {
        uint32_t end = skip_value(text, i);
        Str record = str_trim(str_slice(text, i, end));

        if (record.bytes)
            VEC_ADD(records, record);
        if (end >= text.bytes || text.data[end] == ']')
            return;
        i = end + 1;
    }
}

/* Whether the page is one object, on however many lines. */
static bool is_one_object(Str page)
{
    const char *end, *real_end, *p;
    JsonScan scan = {0};
    bool is_one;
    Arena arena;

    arena_init(&arena);
    p = json_skip_space(json_text_guard(&arena, page, &end, &real_end));
    is_one = p < real_end && *p == '{' &&
             json_skip_value(p, end, JSON_DEPTH_MAX, &scan) == real_end;
    arena_done(&arena);
    return is_one;
}

static void split_page(const Collector *collector, Str text, StrVec *records)
{
    Str rest = str_skip_mark(text);
    Str trimmed = str_trim(rest);
    bool is_json = str_is(str_of(collector->format->name), "json");
    bool skip_header = table_option_bool(collector->table, "header");

    if (is_json && trimmed.bytes && trimmed.data[0] == '[') {
        split_array(trimmed, records);
        return;
    }
    if (is_json && is_one_object(trimmed)) {
        VEC_ADD(records, trimmed);
        return;
    }
    while (rest.bytes) {
        Str record;
        size_t bytes = collector->format->next_record(rest, true, &record);

        if (bytes == 0)
            break;
        rest = str_slice(rest, (uint32_t)bytes, rest.bytes);
        if (str_trim(record).bytes == 0)
            continue;
        if (skip_header && str_is(str_of(collector->format->name), "csv")) {
            skip_header = false;
            continue;
        }
        VEC_ADD(records, record);
    }
}

/* The text or number at `p`, as it stands in an address: a number in its own digits (a double would
 * not hold those of a long id). False: another kind of value. */
static bool scalar_text(const char *p, const char *after, StrBuf *out)
{
    strbuf_clear(out);
    if (*p == '"') {
        strbuf_reserve(out, (size_t)(after - p));
        out->bytes = json_unescape((Str){p + 1, (uint32_t)(after - p - 2)}, out->data);
        return true;
    }
    strbuf_add(out, p, (size_t)(after - p));
    return *p == '-' || (*p >= '0' && *p <= '9');
}

/* The value of the cursor's column in a JSON record; false: none. */
static bool cursor_value(const Collector *collector, Str record, StrBuf *out)
{
    const char *end, *real_end, *p;
    JsonScan scan = {0};
    bool found = false;
    Arena arena;

    arena_init(&arena);
    p = json_skip_space(json_text_guard(&arena, record, &end, &real_end));
    if (p < real_end && *p == '{' && json_skip_value(p, end, JSON_DEPTH_MAX, &scan)) {
        /* It is well formed. */
        for (p = json_skip_space(p + 1); *p == '"' && !found;) {
            const char *name_end = json_string(p + 1, end, &scan);
            bool same = str_equal((Str){p + 1, (uint32_t)(name_end - p - 2)},
                                  collector->cursor_column);
            const char *value = json_skip_space(json_skip_space(name_end) + 1);

            p = json_skip_value(value, end, JSON_DEPTH_MAX, &scan);
            found = same && scalar_text(value, p, out);
            p = json_skip_space(p);
            if (*p == ',')
                p = json_skip_space(p + 1);
        }
    }
    arena_done(&arena);
    return found;
}

/* An interface that gives the row asked from once more: rows at the page's start that carry the last
 * cursor have been taken before. */
static size_t count_repeated(const Collector *collector, const StrVec *records)
{
    StrBuf value;
    size_t count = 0;

    if (!collector->cursor_parameter.data || collector->last_cursor.bytes == 0)
        return 0;
    strbuf_init(&value);
    while (count < records->count && cursor_value(collector, records->items[count], &value) &&
           str_equal(strbuf_str(&value), strbuf_str(&collector->last_cursor)))
        count++;
    strbuf_done(&value);
    return count;
}

/* Where to go on behind this page; data == NULL: stay. */
static Str next_address(Collector *collector, Arena *arena, const HttpReply *reply,
                        const StrVec *records)
{
    Str next = http_link_next(arena, strbuf_str(&reply->link), strbuf_c(&reply->url));
    char *url;

    if (next.data || !collector->cursor_parameter.data)
        return next;
    for (size_t i = records->count; i-- > 0;) {
        if (!cursor_value(collector, records->items[i], &collector->last_cursor))
            continue;
        url = http_url_with(arena, strbuf_c(&collector->address), collector->cursor_parameter,
                            strbuf_str(&collector->last_cursor));
        return url ? str_of(url) : (Str){NULL, 0};
    }
    return (Str){NULL, 0};
}

static void give(Collector *collector, const StrVec *records, size_t from)
{
    Arena *arena;

    os_mutex_lock(collector->mutex);
    arena = &collector->buffer->arena;
    for (size_t i = from; i < records->count; i++) {
        VEC_ADD(&collector->buffer->records,
                str_copy(&collector->buffer->arena, records->items[i]));
        collector->buffer_bytes += records->items[i].bytes;
    }
    collector->buffer->position = str_of(
        arena_printf(arena, "%lld %s %.*s", (long long)collector->taken,
                     strbuf_c(&collector->address), STR_ARG(table_option(collector->table, "url"))));
    os_mutex_unlock(collector->mutex);
    collector->options.wake(collector->options.self);
}

/* What the table's headers hold is for the server of its address alone. */
static bool check_origin(const Collector *collector, Str next, Error *err)
{
    char url[1024];

    if (!next.data || !collector->has_headers)
        return true;
    (void)snprintf(url, sizeof url, "%.*s", STR_ARG(next));
    return http_same_origin(url, strbuf_c(&collector->address)) ||
           error_set(err, ERROR_USER,
                     "GET %s: the page names a next one at another server, %s, to which the table's "
                     "headers are not sent; if it is meant, give 'url' an address there",
                     strbuf_c(&collector->address), url);
}

/* Takes a page in. *more: there is another address to ask at once. */
static bool take_page(Collector *collector, const HttpReply *reply, bool *more, Error *err)
{
    StrVec records = {0};
    Arena arena;
    Str next;
    size_t old;

    arena_init(&arena);
    split_page(collector, strbuf_str(&reply->body), &records);
    old = MAX(count_repeated(collector, &records),
              MIN((size_t)collector->taken, records.count));
    next = next_address(collector, &arena, reply, &records);
    if (!check_origin(collector, next, err)) {
        VEC_DONE(&records);
        arena_done(&arena);
        return false;
    }
    *more = next.data && !str_equal(next, strbuf_str(&collector->address));
    if (*more) {
        strbuf_clear(&collector->address);
        strbuf_add_str(&collector->address, next);
        collector->taken = 0;
    } else if (!next.data) {
        collector->taken = MAX(collector->taken, (int64_t)records.count);
    }
    if (records.count > old || *more)
        give(collector, &records, old);
    VEC_DONE(&records);
    arena_done(&arena);
    return true;
}

/* ── the thread ────────────────────────────────────────────────────────────────────────────────*/

static bool is_worth_retrying(int status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

/* What a server says of itself, for a message: its beginning, on one line, and nothing that a terminal takes
 * for a command. */
static Str said_by_server(Arena *arena, Str body)
{
    char *text = str_to_c(arena, str_slice(body, 0, MIN(body.bytes, 160)));

    for (char *p = text; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    }
    return str_trim(str_of(text));
}

/* Asks once. False: it failed, `err` tells; true: *more as take_page. */
static bool ask(Collector *collector, HttpReply *reply, bool *more, Error *err)
{
    const char *address = strbuf_c(&collector->address);

    if (!http_client_get(collector->client, address, collector->timeout_us,
                         collector->page_bytes_max, reply, err))
        return false;
    if (reply->status < 200 || reply->status > 299) {
        Arena arena;
        Str body;

        arena_init(&arena);
        body = said_by_server(&arena, strbuf_str(&reply->body));
        (void)error_set(err, is_worth_retrying(reply->status) ? ERROR_RETRY : ERROR_USER,
                        "GET %s: the answer is %d%s%.*s", address, reply->status,
                        body.bytes ? ": " : "", STR_ARG(body));
        arena_done(&arena);
        return false;
    }
    return take_page(collector, reply, more, err);
}

/* How long to wait after a failure: doubling, and what the server asked for. */
static int64_t failure_wait_us(Collector *collector, const HttpReply *reply)
{
    int64_t asked_s;

    collector->wait_us =
        collector->wait_us ? MIN(collector->wait_us * 2, WAIT_MAX_US) : WAIT_FIRST_US;
    if (str_to_int64(strbuf_str(&reply->retry_after), &asked_s) && asked_s > 0)
        return MAX(collector->wait_us, MIN(asked_s, 3600) * 1000000);
    return collector->wait_us;
}

static bool buffer_is_full(Collector *collector)
{
    bool full;

    os_mutex_lock(collector->mutex);
    full = collector->buffer_bytes > BUFFER_BYTES_MAX;
    os_mutex_unlock(collector->mutex);
    return full;
}

static void collect(Collector *collector)
{
    HttpReply reply;
    Error err = {0};
    bool more;

    http_reply_init(&reply);
    for (;;) {
        if (buffer_is_full(collector)) {
            if (wait_for(collector, 10000))
                break;
            continue;
        }
        more = false;
        strbuf_clear(&reply.retry_after);
        if (ask(collector, &reply, &more, &err)) {
            collector->wait_us = 0;
            collector->tries = 0;
            set_trouble(collector, "");
            if (!more && collector->options.once)
                break;
            if (wait_for(collector, more ? 0 : collector->interval_us))
                break;
            continue;
        }
        if (wait_for(collector, 0))
            break; /* The question was cancelled. */
        set_trouble(collector, err.text);
        if (err.kind != ERROR_RETRY ||
            (collector->options.once && ++collector->tries >= ONCE_TRIES_MAX)) {
            fail(collector, &err);
            break;
        }
        if (wait_for(collector, failure_wait_us(collector, &reply)))
            break;
    }
    http_reply_done(&reply);
}

static void collector_main(void *arg)
{
    Collector *collector = arg;

    collect(collector);
    os_mutex_lock(collector->mutex);
    collector->finished = true;
    os_mutex_unlock(collector->mutex);
    collector->options.wake(collector->options.self);
}

/* ── from outside ──────────────────────────────────────────────────────────────────────────────*/

static void add_headers(Collector *collector)
{
    const TableOption *option;
    uint32_t i = 0;

    while ((option = table_option_next(collector->table, "header.", &i)) != NULL) {
        Str name = str_slice(option->key, 7, option->key.bytes);
        StrBuf header;

        strbuf_init(&header);
        strbuf_printf(&header, "%.*s: %.*s", STR_ARG(name), STR_ARG(option->value));
        http_client_add_header(collector->client, strbuf_c(&header));
        collector->has_headers = true;
        strbuf_done(&header);
    }
}

/* The address to ask now that the table's url is `url` and no longer `from`. */
static void move_address(Collector *collector, Arena *arena, Str from, Str url)
{
    const char *now = str_to_c(arena, url);
    const char *moved =
        http_url_moved(arena, strbuf_c(&collector->address), str_to_c(arena, from), now);

    if (!moved) {
        collector->taken = 0;
        collector->began_anew = collector->last_cursor.bytes == 0;
        moved = collector->began_anew ? now
                                      : http_url_with(arena, now, collector->cursor_parameter,
                                                      strbuf_str(&collector->last_cursor));
    }
    strbuf_clear(&collector->address);
    strbuf_add_c(&collector->address, moved ? moved : now);
}

/* Goes on at `position`, or begins at the table's url. Of a position the cursor is the value of the last
 * row taken. */
static void set_position(Collector *collector, Str position)
{
    Str url = table_option(collector->table, "url");
    Str word = url;
    Arena arena;

    /* A position may lack the number and the url: weir once wrote such. */
    if (position.bytes && str_split(&position, ' ', &word) &&
        str_to_int64(word, &collector->taken))
        (void)str_split(&position, ' ', &word);
    strbuf_add_str(&collector->address, word);
    if (collector->cursor_parameter.data)
        http_url_parameter(strbuf_c(&collector->address), collector->cursor_parameter,
                           &collector->last_cursor);
    arena_init(&arena);
    if (position.bytes && !str_equal(position, url))
        move_address(collector, &arena, position, url);
    arena_done(&arena);
}

bool collector_start(const TableDef *table, const CollectorOptions *options, Collector **out,
                     Error *err)
{
    Collector *collector;
    Str format = table_option(table, "format");
    Str cursor = table_option(table, "cursor");
    ptrdiff_t equals = cursor.data ? str_find_char(cursor, '=') : -1;

    if (cursor.data && (equals <= 0 || (uint32_t)equals + 1 == cursor.bytes))
        return error_set(err, ERROR_USER, "'cursor' is PARAMETER=COLUMN, not '%.*s'",
                         STR_ARG(cursor));
    collector = mem_zalloc(sizeof *collector);
    collector->table = table;
    collector->options = *options;
    collector->format = format_find(str_is(format, "csv") ? STR("csv") : STR("json"));
    collector->interval_us = table_option_duration_us(table, "interval");
    collector->timeout_us = table_option_duration_us(table, "timeout");
    collector->page_bytes_max = (size_t)table_option_int(table, "page_limit");
    if (cursor.data) {
        collector->cursor_parameter = str_slice(cursor, 0, (uint32_t)equals);
        collector->cursor_column = str_slice(cursor, (uint32_t)equals + 1, cursor.bytes);
    }
    set_position(collector, options->position);
    collector->client = http_client_create();
    add_headers(collector);
    collector->buffer = collected_new();
    collector->mutex = os_mutex_create();
    collector->changed = os_cond_create();
    collector->thread = os_thread_start("collector", collector_main, collector);
    *out = collector;
    return true;
}

void collector_request_stop(Collector *collector)
{
    os_mutex_lock(collector->mutex);
    collector->stop = true;
    os_cond_broadcast(collector->changed);
    os_mutex_unlock(collector->mutex);
    http_client_cancel(collector->client);
}

void collector_stop(Collector *collector)
{
    if (!collector)
        return;
    collector_request_stop(collector);
    os_thread_join(collector->thread);
    http_client_free(collector->client);
    collected_done(collector->buffer);
    free(collector->buffer);
    strbuf_done(&collector->address);
    strbuf_done(&collector->last_cursor);
    os_cond_free(collector->changed);
    os_mutex_free(collector->mutex);
    free(collector);
}

const TableDef *collector_table(const Collector *collector)
{
    return collector->table;
}

bool collector_began_anew(const Collector *collector)
{
    return collector->began_anew;
}

bool collector_has_records(Collector *collector)
{
    bool has;

    os_mutex_lock(collector->mutex);
    has = collector->buffer->records.count > 0 || collector->buffer->position.data;
    os_mutex_unlock(collector->mutex);
    return has;
}

bool collector_is_finished(Collector *collector)
{
    bool finished;

    os_mutex_lock(collector->mutex);
    finished = collector->finished;
    os_mutex_unlock(collector->mutex);
    return finished;
}

bool collector_failed(Collector *collector, Error *err)
{
    bool failed;

    os_mutex_lock(collector->mutex);
    failed = collector->failed;
    if (failed)
        *err = collector->error;
    os_mutex_unlock(collector->mutex);
    return failed;
}

void collector_take(Collector *collector, Collected *out)
{
    Collected *fresh = collected_new();

    os_mutex_lock(collector->mutex);
    *out = *collector->buffer;
    *collector->buffer = *fresh;
    collector->buffer_bytes = 0;
    os_cond_broadcast(collector->changed);
    os_mutex_unlock(collector->mutex);
    free(fresh);
}

const char *collector_trouble(Collector *collector, Arena *arena)
{
    const char *text = NULL;

    os_mutex_lock(collector->mutex);
    if (collector->trouble[0])
        text = arena_strdup(arena, collector->trouble);
    os_mutex_unlock(collector->mutex);
    return text;
}
