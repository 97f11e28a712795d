#include "client/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/assert.h"
#include "os/os.h"

enum { HEADER_BYTES_MAX = 64 << 10, REDIRECTS_MAX = 5, CONNECT_TIMEOUT_MS = 10000 };

struct HttpClient {
    CURL *curl;
    struct curl_slist *headers;
    atomic_bool cancelled;
};

/* What the callbacks of one get write to. */
typedef struct Receiving {
    HttpClient *client;
    HttpReply *reply;
    size_t body_bytes_max;
    size_t header_bytes;
    bool too_long;
} Receiving;

static void init_curl(void)
{
    ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
}

HttpClient *http_client_create(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    HttpClient *client = mem_zalloc(sizeof *client);

    (void)pthread_once(&once, init_curl);
    client->curl = curl_easy_init();
    ASSERT(client->curl);
    return client;
}

void http_client_free(HttpClient *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    free(client);
}

void http_client_add_header(HttpClient *client, const char *header)
{
    client->headers = curl_slist_append(client->headers, header);
}

void http_client_cancel(HttpClient *client)
{
    atomic_store(&client->cancelled, true);
}

void http_reply_init(HttpReply *reply)
{
    *reply = (HttpReply){0};
}

void http_reply_done(HttpReply *reply)
{
    strbuf_done(&reply->body);
    strbuf_done(&reply->link);
    strbuf_done(&reply->retry_after);
    strbuf_done(&reply->url);
}

static size_t on_body(char *data, size_t size, size_t count, void *self)
{
    Receiving *receiving = self;
    size_t bytes = size * count;

    if (receiving->reply->body.bytes + bytes > receiving->body_bytes_max) {
        receiving->too_long = true;
        return 0;
    }
    strbuf_add(&receiving->reply->body, data, bytes);
    return bytes;
}

static size_t on_header(char *data, size_t size, size_t count, void *self)
{
    Receiving *receiving = self;
    size_t bytes = size * count;
    Str line = str_trim((Str){data, (uint32_t)bytes});
    ptrdiff_t colon = str_find_char(line, ':');
    Str name;
    Str value;

    receiving->header_bytes += bytes;
    if (receiving->header_bytes > HEADER_BYTES_MAX) {
        receiving->too_long = true;
        return 0;
    }
    if (str_starts_with(line, STR("HTTP/"))) {
        /* The headers of the next answer: the last one was a 100, or a proxy's. */
        strbuf_clear(&receiving->reply->link);
        strbuf_clear(&receiving->reply->retry_after);
    }
    if (colon < 0)
        return bytes;
    name = str_slice(line, 0, (uint32_t)colon);
    value = str_trim(str_slice(line, (uint32_t)colon + 1, line.bytes));
    if (str_is_nocase(name, "link")) {
        if (receiving->reply->link.bytes)
            strbuf_add_c(&receiving->reply->link, ", ");
        strbuf_add_str(&receiving->reply->link, value);
    } else if (str_is_nocase(name, "retry-after")) {
        strbuf_clear(&receiving->reply->retry_after);
        strbuf_add_str(&receiving->reply->retry_after, value);
    }
    return bytes;
}

static int on_progress(void *self, curl_off_t a UNUSED, curl_off_t b UNUSED, curl_off_t c UNUSED,
                       curl_off_t d UNUSED)
{
    const Receiving *receiving = self;

    return atomic_load(&receiving->client->cancelled) ? 1 : 0;
}

/* The login that stands in `url`, if one does: of a redirect that stays at its server too. */
static void use_login_of(CURL *curl, const char *url)
{
    static const struct {
        CURLUPart part;
        CURLoption option;
    } parts[] = {{CURLUPART_USER, CURLOPT_USERNAME}, {CURLUPART_PASSWORD, CURLOPT_PASSWORD}};
    CURLU *address = curl_url();

    ASSERT(address);
    (void)curl_url_set(address, CURLUPART_URL, url, 0);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        char *text = NULL;

        if (curl_url_get(address, parts[i].part, &text, CURLU_URLDECODE) == CURLUE_OK)
            (void)curl_easy_setopt(curl, parts[i].option, text);
        curl_free(text);
    }
    curl_url_cleanup(address);
}

/* `asked`: what was asked for first. What proves who asks goes to its server alone. */
static void prepare(HttpClient *client, const char *url, const char *asked, int64_t timeout_us,
                    Receiving *receiving, char *message)
{
    CURL *curl = client->curl;

    curl_easy_reset(curl); /* Connections are kept. */
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    if (http_same_origin(url, asked)) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
        use_login_of(curl, asked);
    }
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)MAX(timeout_us / 1000, 1));
    (void)curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiving);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, receiving);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, receiving);
}

/* One answer, redirects not followed. */
static bool ask(HttpClient *client, const char *url, const char *asked, int64_t timeout_us,
                size_t body_bytes_max, HttpReply *reply, Error *err)
{
    char message[CURL_ERROR_SIZE] = "";
    Receiving receiving = {client, reply, body_bytes_max, 0, false};
    long status = 0;
    CURLcode code;

    strbuf_clear(&reply->body);
    strbuf_clear(&reply->link);
    strbuf_clear(&reply->retry_after);
    prepare(client, url, asked, timeout_us, &receiving, message);
    code = curl_easy_perform(client->curl);
    if (receiving.too_long)
        return error_set(err, ERROR_USER,
                         "GET %s: the answer is longer than %zu bytes; ask for smaller pages, or "
                         "raise 'page_limit'",
                         url, body_bytes_max);
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return error_set(err, ERROR_USER, "GET %s: not an http or https address", url);
    if (code != CURLE_OK)
        return error_set(err, ERROR_RETRY, "GET %s: %s", url,
                         message[0] ? message : curl_easy_strerror(code));
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    reply->status = (int)status;
    return true;
}

/* Redirects are followed here and not by libcurl, which takes the headers along to any server (all
 * but Authorization and Cookie). */
bool http_client_get(HttpClient *client, const char *url, int64_t timeout_us, size_t body_bytes_max,
                     HttpReply *reply, Error *err)
{
    int64_t until_us = os_monotonic_us() + timeout_us;

    strbuf_clear(&reply->url);
    strbuf_add_c(&reply->url, url);
    for (int redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
        char *target = NULL;

        if (!ask(client, strbuf_c(&reply->url), url, until_us - os_monotonic_us(), body_bytes_max,
                 reply, err))
            return false;
        (void)curl_easy_getinfo(client->curl, CURLINFO_REDIRECT_URL, &target);
        if (!target)
            return true;
        strbuf_clear(&reply->url);
        strbuf_add_c(&reply->url, target);
    }
    return error_set(err, ERROR_RETRY, "GET %s: more than %d redirects", url, REDIRECTS_MAX);
}

/* ── addresses ─────────────────────────────────────────────────────────────────────────────────*/

static char *absolute_url(Arena *arena, const char *base, const char *target)
{
    CURLU *address = curl_url();
    char *text = NULL;
    char *copy = NULL;

    ASSERT(address);
    if (curl_url_set(address, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl_url_set(address, CURLUPART_URL, target, 0) == CURLUE_OK &&
        curl_url_get(address, CURLUPART_URL, &text, 0) == CURLUE_OK) {
        copy = arena_strdup(arena, text);
        curl_free(text);
    }
    curl_url_cleanup(address);
    return copy;
}

/* One parameter of a link: `; rel="next prev"`. Moves *rest behind it; false: no more. */
static bool link_parameter(Str *rest, Str *name, Str *value)
{
    uint32_t i = 0;
    uint32_t from;

    *rest = str_trim(*rest);
    if (rest->bytes == 0 || rest->data[0] != ';')
        return false;
    *rest = str_trim(str_slice(*rest, 1, rest->bytes));
    while (i < rest->bytes && strchr("=;, \t", rest->data[i]) == NULL)
        i++;
    *name = str_slice(*rest, 0, i);
    *value = STR_EMPTY;
    *rest = str_trim(str_slice(*rest, i, rest->bytes));
    if (rest->bytes == 0 || rest->data[0] != '=')
        return true;
    *rest = str_trim(str_slice(*rest, 1, rest->bytes));
    i = 0;
    if (rest->bytes && rest->data[0] == '"') {
        from = i = 1;
        while (i < rest->bytes && rest->data[i] != '"')
            i++;
        *value = str_slice(*rest, from, i);
        i = MIN(i + 1, rest->bytes);
    } else {
        while (i < rest->bytes && strchr(";, \t", rest->data[i]) == NULL)
            i++;
        *value = str_slice(*rest, 0, i);
    }
    *rest = str_slice(*rest, i, rest->bytes);
    return true;
}

static bool rel_has_next(Str rels)
{
    Str part;

    while (str_split(&rels, ' ', &part)) {
        if (str_is_nocase(part, "next"))
            return true;
    }
    return false;
}

Str http_link_next(Arena *arena, Str link, const char *base)
{
    Str rest = link;

    for (;;) {
        ptrdiff_t open = str_find_char(rest, '<');
        ptrdiff_t close;
        Str target;
        Str name;
        Str value;
        bool next = false;

        if (open < 0)
            return (Str){NULL, 0};
        rest = str_slice(rest, (uint32_t)open + 1, rest.bytes);
        close = str_find_char(rest, '>');
        if (close < 0)
            return (Str){NULL, 0};
        target = str_slice(rest, 0, (uint32_t)close);
        rest = str_slice(rest, (uint32_t)close + 1, rest.bytes);
        while (link_parameter(&rest, &name, &value))
            next = next || (str_is_nocase(name, "rel") && rel_has_next(value));
        if (next) {
            char *url = absolute_url(arena, base, str_to_c(arena, target));

            return url ? str_of(url) : (Str){NULL, 0};
        }
    }
}

/* NULL where the address has no such part. To be freed by curl_free. */
static char *url_part(CURLU *address, CURLUPart part)
{
    char *text = NULL;

    (void)curl_url_get(address, part, &text, CURLU_DEFAULT_PORT);
    return text;
}

/* Whether both are addresses whose parts of this kind are equal. */
static bool same_parts(const char *a, const char *b, const CURLUPart *parts, size_t count)
{
    CURLU *left = curl_url(), *right = curl_url();
    bool same;

    ASSERT(left && right);
    same = curl_url_set(left, CURLUPART_URL, a, 0) == CURLUE_OK &&
           curl_url_set(right, CURLUPART_URL, b, 0) == CURLUE_OK;
    for (size_t i = 0; same && i < count; i++) {
        char *x = url_part(left, parts[i]), *y = url_part(right, parts[i]);

        same = parts[i] == CURLUPART_HOST ? str_equal_nocase(str_of(x), str_of(y))
                                          : strcmp(x ? x : "", y ? y : "") == 0;
        curl_free(x);
        curl_free(y);
    }
    curl_url_cleanup(left);
    curl_url_cleanup(right);
    return same;
}

bool http_same_origin(const char *a, const char *b)
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};

    return same_parts(a, b, parts, COUNT_OF(parts));
}

char *http_url_moved(Arena *arena, const char *url, const char *from, const char *to)
{
    static const CURLUPart behind[] = {CURLUPART_PATH, CURLUPART_QUERY};
    CURLU *address = curl_url(), *moved = curl_url();
    char *text = NULL;
    char *copy = NULL;

    ASSERT(address && moved);
    if (!same_parts(from, to, behind, COUNT_OF(behind)))
        goto done;
    (void)curl_url_set(address, CURLUPART_URL, url, 0);
    (void)curl_url_set(moved, CURLUPART_URL, http_same_origin(url, from) ? to : url, 0);
    for (size_t i = 0; i < COUNT_OF(behind); i++) {
        char *part = url_part(address, behind[i]);

        (void)curl_url_set(moved, behind[i], part, 0);
        curl_free(part);
    }
    if (curl_url_get(moved, CURLUPART_URL, &text, 0) == CURLUE_OK)
        copy = arena_strdup(arena, text);
    curl_free(text);
done:
    curl_url_cleanup(address);
    curl_url_cleanup(moved);
    return copy;
}

void http_url_parameter(const char *url, Str name, StrBuf *out)
{
    CURLU *address = curl_url();
    char *query = NULL;

    ASSERT(address);
    strbuf_clear(out);
    if (curl_url_set(address, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(address, CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
        Str rest = str_of(query);
        Str part;

        while (str_split(&rest, '&', &part)) {
            ptrdiff_t equals = str_find_char(part, '=');
            int bytes;
            char *value;

            if (equals < 0 || !str_equal(str_slice(part, 0, (uint32_t)equals), name))
                continue;
            part = str_slice(part, (uint32_t)equals + 1, part.bytes);
            strbuf_clear(out);
            if (part.bytes == 0) /* To curl: up to the next zero. */
                continue;
            value = curl_easy_unescape(NULL, part.data, (int)part.bytes, &bytes);
            ASSERT(value);
            strbuf_add(out, value, (size_t)bytes);
            curl_free(value);
        }
        curl_free(query);
    }
    curl_url_cleanup(address);
}

char *http_url_with(Arena *arena, const char *url, Str name, Str value)
{
    CURLU *address = curl_url();
    char *query = NULL;
    char *text = NULL;
    char *copy = NULL;
    StrBuf fresh;
    /* A length of 0 is to curl: up to the next zero. */
    char *escaped = curl_easy_escape(NULL, value.bytes ? value.data : "", (int)value.bytes);

    ASSERT(address && escaped);
    strbuf_init(&fresh);
    if (curl_url_set(address, CURLUPART_URL, url, 0) != CURLUE_OK)
        goto done;
    if (curl_url_get(address, CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
        Str rest = str_of(query);
        Str part;

        while (str_split(&rest, '&', &part)) {
            ptrdiff_t equals = str_find_char(part, '=');
            Str key = equals < 0 ? part : str_slice(part, 0, (uint32_t)equals);

            if (part.bytes == 0 || str_equal(key, name))
                continue;
            if (fresh.bytes)
                strbuf_add_char(&fresh, '&');
            strbuf_add_str(&fresh, part);
        }
        curl_free(query);
    }
    if (fresh.bytes)
        strbuf_add_char(&fresh, '&');
    strbuf_add_str(&fresh, name);
    strbuf_add_char(&fresh, '=');
    strbuf_add_c(&fresh, escaped);
    if (curl_url_set(address, CURLUPART_QUERY, strbuf_c(&fresh), 0) == CURLUE_OK &&
        curl_url_get(address, CURLUPART_URL, &text, 0) == CURLUE_OK) {
        copy = arena_strdup(arena, text);
        curl_free(text);
    }
done:
    curl_free(escaped);
    strbuf_done(&fresh);
    curl_url_cleanup(address);
    return copy;
}
