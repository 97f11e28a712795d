#include "unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

#include "base/vec.h"
#include "generate/answers.h"
#include "generate/http_service.h"
#include "os/os.h"

typedef struct Reply {
    long status;
    StrBuf headers;
    StrBuf body;
    size_t body_stop; /* Enough: end the transfer. 0: read all. */
} Reply;

typedef struct Query {
    const char *method; /* NULL: GET */
    const char *headers[2];
    size_t body_stop;
} Query;

static void reply_done(Reply *reply)
{
    strbuf_done(&reply->headers);
    strbuf_done(&reply->body);
}

static size_t on_header(char *data, size_t size, size_t count, void *self)
{
    Reply *reply = self;

    strbuf_add(&reply->headers, data, size * count);
    return size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *self)
{
    Reply *reply = self;

    strbuf_add(&reply->body, data, size * count);
    return reply->body_stop && reply->body.bytes >= reply->body_stop ? 0 : size * count;
}

static Reply request(const GenerateService *service, const char *path, const Query *query)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    Reply reply = {.body_stop = query ? query->body_stop : 0};
    char url[2048];
    CURLcode code;

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", generate_service_port(service), path);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    if (query && query->method && strcmp(query->method, "HEAD") == 0)
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (query && query->method)
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, query->method);
    for (size_t i = 0; query && i < COUNT_OF(query->headers) && query->headers[i]; i++)
        headers = curl_slist_append(headers, query->headers[i]);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    code = curl_easy_perform(curl);
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && reply.body_stop))
        fail_msg("GET %s: %s", path, curl_easy_strerror(code));
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return reply;
}

static Reply get(const GenerateService *service, const char *path)
{
    return request(service, path, NULL);
}

/* The address in `Link: <...>; rel="next"`, or false. */
static bool next_link(const Reply *reply, char *path, size_t bytes)
{
    const char *start = strstr(strbuf_c(&reply->headers), "Link: <");
    const char *end = start ? strstr(start, ">; rel=\"next\"") : NULL;

    if (!end)
        return false;
    (void)snprintf(path, bytes, "%.*s", (int)(end - start - 7), start + 7);
    return true;
}

static bool has_header(const Reply *reply, const char *line)
{
    return strstr(strbuf_c(&reply->headers), line) != NULL;
}

static GenerateServiceConfig plain_config(void)
{
    GenerateServiceConfig config = {.listen = "127.0.0.1:0"};

    generate_options_init(&config.defaults);
    return config;
}

static GenerateService *start(const GenerateServiceConfig *config)
{
    GenerateService *service = NULL;

    assert_ok(generate_service_start(config, &service, &err));
    assert_in_range(generate_service_port(service), 1, 65535);
    return service;
}

static int count_lines(const StrBuf *buf)
{
    int count = 0;

    for (size_t i = 0; i < buf->bytes; i++)
        count += buf->data[i] == '\n';
    return count;
}

static void generate_bytes(const Stream *stream, const GenerateOptions *options, StrBuf *out)
{
    Generator *generator;

    assert_ok(generator_open(stream, options, &generator, &err));
    while (generator_fill(generator, out, out->bytes + 10000))
        continue;
    generator_close(generator);
}

/* ── ranges ────────────────────────────────────────────────────────────────────────────────────*/

static void a_range_is_what_standard_output_gives(void **state)
{
    static const char *const types[] = {
        [GENERATE_NDJSON] = "Content-Type: application/x-ndjson\r\n",
        [GENERATE_JSON] = "Content-Type: application/json\r\n",
        [GENERATE_CSV] = "Content-Type: text/csv; charset=utf-8; header=present\r\n",
    };
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);

    for (int i = 0; i < generate_stream_count; i++) {
        for (int format = 0; format < 3; format++) {
            const Stream *stream = generate_streams[i];
            GenerateOptions options;
            char path[256];
            StrBuf expected;
            Reply reply;

            generate_options_init(&options);
            options.seed = 7;
            options.from = 1234;
            options.count = 3000;
            options.format = (GenerateFormat)format;
            strbuf_init(&expected);
            generate_bytes(stream, &options, &expected);
            (void)snprintf(path, sizeof path, "/v1/%s?count=3000&from=1234&seed=7&format=%s",
                           stream->name, generate_format_name(options.format));
            reply = get(service, path);
            assert_int_equal(reply.status, 200);
            assert_true(has_header(&reply, types[format]));
            assert_true(str_equal(strbuf_str(&reply.body), strbuf_str(&expected)));
            reply_done(&reply);
            strbuf_done(&expected);
        }
    }
    generate_service_stop(service);
}

static void follow_links(const GenerateService *service, const char *first, StrBuf *all,
                         int pages_max)
{
    char path[1024];
    bool more = true;

    (void)snprintf(path, sizeof path, "%s", first);
    for (int page_i = 0; more; page_i++) {
        Reply reply = get(service, path);

        assert_int_equal(reply.status, 200);
        assert_true(page_i < pages_max);
        strbuf_add(all, reply.body.data, reply.body.bytes);
        more = next_link(&reply, path, sizeof path);
        reply_done(&reply);
    }
}

static void following_links_gives_every_record_once_and_ends_at_the_total(void **state)
{
    static const char *const rest[] = {"", "&malformed=0.1&duplicate=0.1"};
    GenerateServiceConfig config = plain_config();
    GenerateService *service;

    config.total = 2500;
    config.unpaced = true;
    service = start(&config);
    for (int i = 0; i < generate_stream_count; i++) {
        bool shop = generate_streams[i]->params & PARAM_SHOP;
        GenerateOptions options;
        char path[256];
        StrBuf expected;
        StrBuf feed;
        StrBuf ranges;

        generate_options_init(&options);
        options.seed = 3;
        options.count = 2500;
        options.malformed = options.duplicate = shop ? 0.1 : 0;
        strbuf_init(&expected);
        strbuf_init(&feed);
        strbuf_init(&ranges);
        generate_bytes(generate_streams[i], &options, &expected);
        (void)snprintf(path, sizeof path, "/v1/%s?limit=400&seed=3%s", generate_streams[i]->name,
                       rest[shop]);
        follow_links(service, path, &feed, 7);
        assert_string_equal(strbuf_c(&feed), strbuf_c(&expected));
        (void)snprintf(path, sizeof path, "/v1/%s?count=999&seed=3%s", generate_streams[i]->name,
                       rest[shop]);
        follow_links(service, path, &ranges, 3);
        assert_string_equal(strbuf_c(&ranges), strbuf_c(&expected));
        strbuf_done(&expected);
        strbuf_done(&feed);
        strbuf_done(&ranges);
    }
    generate_service_stop(service);
}

static void links_keep_every_parameter_encoded(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    char path[1024];
    Reply reply = get(service, "/v1/orders?base-time=2026-01-01T00:00:00%2B02:00&count=5&from=10"
                               "&format=csv&late=0.5");

    assert_int_equal(reply.status, 200);
    assert_true(next_link(&reply, path, sizeof path));
    assert_string_equal(path, "/v1/orders?from=15&base_time=2026-01-01T00:00:00%2B02:00&count=5"
                              "&format=csv&late=0.5");
    reply_done(&reply);
    generate_service_stop(service);
}

/* ── the feed ──────────────────────────────────────────────────────────────────────────────────*/

static void an_empty_page_links_to_itself(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service;
    char path[1024];
    Reply reply;

    config.defaults.rate = 0.001;
    service = start(&config);
    reply = get(service, "/v1/orders");
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.bytes, 0);
    assert_true(next_link(&reply, path, sizeof path));
    assert_string_equal(path, "/v1/orders?from=0");
    reply_done(&reply);
    generate_service_stop(service);
}

static void the_feed_grows_at_its_rate(void **state)
{
    GenerateServiceConfig config = plain_config();
    int64_t began_us = os_monotonic_us();
    GenerateService *service;
    char path[1024] = "/v1/orders";
    int total = 0;
    int64_t elapsed_us;

    config.defaults.rate = 2000;
    service = start(&config);
    while (total < 500) {
        Reply reply = get(service, path);
        int count = count_lines(&reply.body);
        char expected[64];

        total += count;
        elapsed_us = os_monotonic_us() - began_us;
        assert_true(total <= elapsed_us * 2000 / 1000000);
        assert_true(next_link(&reply, path, sizeof path));
        (void)snprintf(expected, sizeof expected, "/v1/orders?from=%d", total);
        assert_string_equal(path, expected);
        reply_done(&reply);
        if (count == 0)
            os_sleep_us(10000);
    }
    generate_service_stop(service);
}

/* ── live ──────────────────────────────────────────────────────────────────────────────────────*/

static void a_live_stream_is_paced_and_ends_after_count(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    int64_t began_us = os_monotonic_us();
    GenerateOptions options;
    StrBuf expected;
    Reply reply = get(service, "/v1/orders/live?rate=50&count=20&from=3");

    /* The first record comes at once, the last one 19/50 of a second later. */
    assert_true(os_monotonic_us() - began_us >= 380000);
    generate_options_init(&options);
    options.rate = 50;
    options.from = 3;
    options.count = 20;
    strbuf_init(&expected);
    generate_bytes(&stream_orders, &options, &expected);
    assert_string_equal(strbuf_c(&reply.body), strbuf_c(&expected));
    assert_true(has_header(&reply, "Content-Type: application/x-ndjson\r\n"));
    reply_done(&reply);
    strbuf_done(&expected);
    generate_service_stop(service);
}

static void server_sent_events_carry_their_index_and_resume_behind_it(void **state)
{
    static const char *const paths[] = {"/v1/page_views/live?rate=1000&count=9",
                                        "/v1/page_views/live?rate=1000&count=9&format=sse"};
    static const Query queries[] = {
        {.headers = {"Accept: text/event-stream", "Last-Event-ID: 5"}},
        {.headers = {"Last-Event-ID: 5"}},
    };
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        Reply reply = request(service, paths[i], &queries[i]);

        assert_true(has_header(&reply, "Content-Type: text/event-stream\r\n"));
        assert_int_equal(strncmp(strbuf_c(&reply.body), "id: 6\ndata: {\"view_id\":6,", 24), 0);
        assert_non_null(strstr(strbuf_c(&reply.body), "}\n\nid: 8\ndata: {\"view_id\":8,"));
        assert_int_equal(count_lines(&reply.body), 9);
        reply_done(&reply);
    }
    generate_service_stop(service);
}

static void a_fast_live_stream_is_not_held_back(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    Reply reply = get(service, "/v1/nexmark/live?rate=1000000&count=50000");

    assert_int_equal(count_lines(&reply.body), 50000);
    reply_done(&reply);
    generate_service_stop(service);
}

typedef struct Listener {
    GenerateService *service;
    Reply reply;
} Listener;

static void listener_run(void *self)
{
    Listener *listener = self;
    CURL *curl = curl_easy_init();
    char url[256];

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/orders/live?rate=0.01",
                   generate_service_port(listener->service));
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &listener->reply);
    (void)curl_easy_perform(curl); /* Ends however the service ends it. */
    curl_easy_cleanup(curl);
}

static void stopping_ends_live_streams_at_once(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    Listener listeners[8] = {0};
    OsThread *threads[8];
    int64_t began_us;

    for (int i = 0; i < 8; i++) {
        listeners[i].service = service;
        threads[i] = os_thread_start("listener", listener_run, &listeners[i]);
    }
    os_sleep_us(300000);
    began_us = os_monotonic_us();
    generate_service_stop(service);
    assert_true(os_monotonic_us() - began_us < 2000000);
    for (int i = 0; i < 8; i++) {
        os_thread_join(threads[i]);
        assert_int_equal(count_lines(&listeners[i].reply.body), 1);
        reply_done(&listeners[i].reply);
    }
}

static void live_streams_are_bounded_and_leavers_make_room(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)generate_service_port(service)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const char *text = "GET /v1/orders/live?rate=0.1 HTTP/1.1\r\nHost: x\r\n\r\n";
    int sockets[64];
    Reply reply;

    for (size_t i = 0; i < COUNT_OF(sockets); i++) {
        char first;

        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(sockets[i], (const struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(write(sockets[i], text, strlen(text)), strlen(text));
        assert_int_equal(read(sockets[i], &first, 1), 1);
    }
    reply = get(service, "/v1/orders/live?rate=0.1");
    assert_int_equal(reply.status, 503);
    assert_true(has_header(&reply, "Retry-After: "));
    reply_done(&reply);
    /* Who leaves makes room, though no record was due in between. */
    for (size_t i = 0; i < COUNT_OF(sockets); i++)
        (void)close(sockets[i]);
    for (int tries = 0; tries < 100; tries++) {
        static const Query first_record = {.body_stop = 1};

        reply = request(service, "/v1/orders/live?rate=0.1", &first_record);
        if (reply.status == 200)
            break;
        reply_done(&reply);
        os_sleep_us(100000);
    }
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    generate_service_stop(service);
}

/* ── the rest ──────────────────────────────────────────────────────────────────────────────────*/

static void answers_over_http_are_the_answers(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    Reply reply = get(service, "/v1/orders/answers?count=200000&from=17&late=0.1&invalid=0.2"
                               "&duplicate=0.05&seed=9");
    GenerateOptions options;
    Answers *answers;
    StrBuf expected;

    generate_options_init(&options);
    options.count = 200000;
    options.from = 17;
    options.late = 0.1;
    options.invalid = 0.2;
    options.duplicate = 0.05;
    options.seed = 9;
    strbuf_init(&expected);
    assert_ok(answers_open(&stream_orders, &options, &answers, &err));
    assert_false(answers_step(answers, INT64_MAX));
    answers_write(answers, &expected);
    answers_close(answers);
    assert_string_equal(strbuf_c(&reply.body), strbuf_c(&expected));
    strbuf_done(&expected);
    reply_done(&reply);
    generate_service_stop(service);
}

static void bad_requests_are_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *path;
        long status;
        const char *word;
    } cases[] = {
        {"/v1/orders?cuont=1", 400, "cuont"},
        {"/v1/orders?count", 400, "count"},
        {"/v1/orders?count=-1", 400, "count"},
        {"/v1/orders?count=10000001", 400, "count"},
        {"/v1/orders?from=abc", 400, "from"},
        {"/v1/orders?format=xml", 400, "format"},
        {"/v1/orders?limit=0", 400, "limit"},
        {"/v1/orders?late=0.6&invalid=0.6", 400, "more than 1"},
        {"/v1/orders?base_time=now", 400, "base_time"},
        {"/v1/orders?first_event_id=1", 400, "first_event_id"},
        {"/v1/nexmark?late=0.1", 400, "late"},
        {"/v1/nexmark?from=999999999999", 400, "from"},
        {"/v1/orders?count=1000&rate=0.001&base_time=9999-12-30", 400, "9999"},
        {"/v1/orders/live?format=json", 400, "format"},
        {"/v1/orders/live?limit=5", 400, "limit"},
        {"/v1/orders/answers?count=999999999", 400, "count"},
        {"/v1/orders?%22%0A=1", 400, "parameter"},
        {"/v1/nothing", 404, "GET /"},
        {"/v1/orders/", 404, "GET /"},
        {"/v1/orders/live/x", 404, "GET /"},
        {"/v1/", 404, "GET /"},
        {"/nothing", 404, "GET /"},
        {"/v2", 404, "GET /"},
    };
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Reply reply = get(service, cases[i].path);
        cJSON *json = cJSON_Parse(strbuf_c(&reply.body));
        const cJSON *text = json ? cJSON_GetObjectItem(json, "error") : NULL;

        if (reply.status != cases[i].status || !text || !strstr(text->valuestring, cases[i].word))
            fail_msg("%s gave %ld %s", cases[i].path, reply.status, strbuf_c(&reply.body));
        assert_true(has_header(&reply, "Content-Type: application/json\r\n"));
        cJSON_Delete(json);
        reply_done(&reply);
    }
    generate_service_stop(service);
}

static void only_get_and_head_are_answered(void **state)
{
    static const Query methods[] = {{.method = "POST"}, {.method = "DELETE"}, {.method = "PUT"}};
    static const Query head = {.method = "HEAD"};
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    Reply reply;

    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        reply = request(service, "/v1/orders", &methods[i]);
        assert_int_equal(reply.status, 405);
        assert_true(has_header(&reply, "Allow: GET, HEAD\r\n"));
        reply_done(&reply);
    }
    reply = request(service, "/v1/orders?count=10", &head);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.bytes, 0);
    assert_true(has_header(&reply, "Link: </v1/orders?from=10&count=10>; rel=\"next\"\r\n"));
    reply_done(&reply);
    reply = request(service, "/v1/orders/live", &head);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    generate_service_stop(service);
}

static void the_index_names_every_stream_and_parameter(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *service = start(&config);
    Reply page = get(service, "/");
    Reply catalog = get(service, "/v1");
    Reply health = get(service, "/healthz");
    cJSON *json = cJSON_Parse(strbuf_c(&catalog.body));

    assert_true(has_header(&page, "Content-Type: text/html; charset=utf-8\r\n"));
    for (int i = 0; i < generate_stream_count; i++)
        assert_non_null(strstr(strbuf_c(&page.body), generate_streams[i]->doc));
    for (int i = 0; i < generate_param_count; i++)
        assert_non_null(strstr(strbuf_c(&page.body), generate_params[i].name));
    assert_non_null(json);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "streams")),
                     generate_stream_count);
    assert_string_equal(strbuf_c(&health.body), "ok\n");
    cJSON_Delete(json);
    reply_done(&page);
    reply_done(&catalog);
    reply_done(&health);
    generate_service_stop(service);
}

static void a_token_is_asked_for(void **state)
{
    static const Query wrong[] = {
        {.headers = {"Authorization: Bearer secreT"}},
        {.headers = {"Authorization: Bearer secret2"}},
        {.headers = {"Authorization: Bearer "}},
        {.headers = {"Authorization: secret"}},
        {.headers = {"Authorization: Basic secret"}},
    };
    static const Query right = {.headers = {"Authorization: bearer secret"}};
    GenerateServiceConfig config = plain_config();
    GenerateService *service;
    Reply reply;

    config.token = "secret";
    service = start(&config);
    reply = get(service, "/v1/orders?count=1");
    assert_int_equal(reply.status, 401);
    assert_true(has_header(&reply, "WWW-Authenticate: Bearer\r\n"));
    reply_done(&reply);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        reply = request(service, "/", &wrong[i]);
        assert_int_equal(reply.status, 401);
        reply_done(&reply);
    }
    reply = request(service, "/v1/orders?count=1", &right);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    reply = get(service, "/healthz");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    generate_service_stop(service);
}

static void bad_addresses_are_refused_with_a_sentence(void **state)
{
    static const char *const bad[] = {
        "8090",          "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:-1", "somewhere.example:80",
        "127.0.0.1:80a", "::1]:80",   "0.0.0.0:0",       ":0",           "[::]:0"};
    GenerateServiceConfig config = plain_config();
    GenerateService *service = NULL;
    Error refused = {0};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        config.listen = bad[i];
        if (generate_service_start(&config, &service, &refused))
            fail_msg("listens on %s without a token", bad[i]);
        assert_int_equal(refused.kind, ERROR_USER);
        assert_null(service);
    }
    config.listen = "0.0.0.0:0";
    config.token = "with one";
    assert_false(generate_service_start(&config, &service, &refused));
    config.token = "withone";
    assert_ok(generate_service_start(&config, &service, &err));
    generate_service_stop(service);
}

static void a_busy_port_is_told(void **state)
{
    GenerateServiceConfig config = plain_config();
    GenerateService *first = start(&config);
    GenerateService *second = NULL;
    char listen[64];
    Error err = {0};

    (void)snprintf(listen, sizeof listen, "localhost:%d", generate_service_port(first));
    config.listen = listen;
    assert_false(generate_service_start(&config, &second, &err));
    assert_int_equal(err.kind, ERROR_RETRY);
    assert_non_null(strstr(err.text, "is in use"));
    generate_service_stop(first);
    second = start(&config); /* Free again at once. */
    generate_service_stop(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_what_standard_output_gives),
        cmocka_unit_test(following_links_gives_every_record_once_and_ends_at_the_total),
        cmocka_unit_test(links_keep_every_parameter_encoded),
        cmocka_unit_test(an_empty_page_links_to_itself),
        cmocka_unit_test(the_feed_grows_at_its_rate),
        cmocka_unit_test(a_live_stream_is_paced_and_ends_after_count),
        cmocka_unit_test(server_sent_events_carry_their_index_and_resume_behind_it),
        cmocka_unit_test(a_fast_live_stream_is_not_held_back),
        cmocka_unit_test(stopping_ends_live_streams_at_once),
        cmocka_unit_test(live_streams_are_bounded_and_leavers_make_room),
        cmocka_unit_test(answers_over_http_are_the_answers),
        cmocka_unit_test(bad_requests_are_refused_with_a_sentence),
        cmocka_unit_test(only_get_and_head_are_answered),
        cmocka_unit_test(the_index_names_every_stream_and_parameter),
        cmocka_unit_test(a_token_is_asked_for),
        cmocka_unit_test(bad_addresses_are_refused_with_a_sentence),
        cmocka_unit_test(a_busy_port_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
