#include "generate/http_request.h"

void http_request_init(HttpRequest *request, const Stream *stream, RequestKind kind,
                       const GenerateOptions *defaults)
{
    *request = (HttpRequest){
        .stream = stream,
        .kind = kind,
        .options = *defaults,
        .limit = HTTP_LIMIT_DEFAULT,
    };
    if (kind == REQUEST_LIVE)
        request->options.count = GENERATE_INDEX_MAX;
    strbuf_init(&request->query);
}

void http_request_done(HttpRequest *request)
{
    strbuf_done(&request->query);
}

/* Unreserved characters stand for themselves (RFC 3986, 2.3), and ':' may in a query. */
static void add_encoded(StrBuf *out, const char *text)
{
    for (; *text; text++) {
        char c = *text;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~:", c))
            strbuf_add_char(out, c);
        else
            strbuf_printf(out, "%%%02X", (unsigned char)c);
    }
}

static bool unknown_parameter(const HttpRequest *request, const char *name, Error *err)
{
    StrBuf known;

    strbuf_init(&known);
    for (int i = 0; i < generate_param_count; i++) {
        if (generate_params[i].streams & request->stream->params)
            strbuf_printf(&known, " %s", generate_params[i].name);
    }
    (void)error_set(err, ERROR_USER, "%s has no parameter '%.40s'; it has%s%s",
                    request->stream->name, name, strbuf_c(&known),
                    request->kind == REQUEST_RECORDS ? " limit" : "");
    strbuf_done(&known);
    return false;
}

static bool set_limit(HttpRequest *request, const char *value, Error *err)
{
    if (!str_to_int64(str_of(value), &request->limit) || request->limit < 1 ||
        request->limit > HTTP_COUNT_MAX)
        return error_set(err, ERROR_USER, "limit: '%.40s' is not a number from 1 to %lld", value,
                         (long long)HTTP_COUNT_MAX);
    return true;
}

bool http_request_set(HttpRequest *request, const char *name, const char *value, Error *err)
{
    const GenerateParam *param = generate_param_find(str_of(name));
    bool is_limit = request->kind == REQUEST_RECORDS && strcmp(name, "limit") == 0;
    const char *known_name = param ? param->name : "limit";

    if (!is_limit && (!param || !(param->streams & request->stream->params)))
        return unknown_parameter(request, name, err);
    if (!value)
        return error_set(err, ERROR_USER, "%s: needs a value", known_name);
    if (is_limit) {
        if (!set_limit(request, value, err))
            return false;
    } else if (request->kind == REQUEST_LIVE && param->type == PARAM_FORMAT &&
               strcmp(value, "sse") == 0) {
        request->events = true;
    } else if (param->type == PARAM_TIME && str_is_nocase(str_of(value), "now")) {
        return error_set(err, ERROR_USER,
                         "%s: 'now' would make the address mean something else each time; write "
                         "2026-01-31T12:00:00Z, or start the service with --base-time now",
                         param->name);
    } else if (!generate_option_set(&request->options, param, str_of(value), err)) {
        return false;
    }
    if (strcmp(known_name, "count") == 0)
        request->count_set = true;
    if (strcmp(known_name, "from") != 0) {
        strbuf_printf(&request->query, "&%s=", known_name);
        add_encoded(&request->query, value);
    }
    return true;
}

bool http_request_finish(HttpRequest *request, int64_t total, Error *err)
{
    GenerateOptions *options = &request->options;

    if (request->kind == REQUEST_LIVE) {
        if (options->format != GENERATE_NDJSON)
            return error_set(err, ERROR_USER, "format: a live stream is ndjson or sse");
    } else if (options->count > HTTP_COUNT_MAX) {
        return error_set(err, ERROR_USER,
                         "count: at most %lld records a request; the Link header leads on",
                         (long long)HTTP_COUNT_MAX);
    }
    if (request->kind != REQUEST_ANSWERS && request->stream->sequence &&
        options->from > HTTP_SEQUENCE_MAX)
        return error_set(err, ERROR_USER, "from: %s goes to %lld over HTTP", request->stream->name,
                         (long long)HTTP_SEQUENCE_MAX);
    if (total > 0)
        options->count = MAX(MIN(options->count, total - options->from), 0);
    if (request->kind == REQUEST_LIVE && !request->count_set) {
        /* Without end, but event time has one. */
        double span_us = (double)INT64_C(250000000000000000) - (double)options->base_time_us;
        double most = span_us * options->rate / 1e6 - (double)options->from;

        options->count = (int64_t)MAX(MIN((double)options->count, most), 0);
    }
    return generate_options_check(options, request->stream, err);
}

void http_request_write_link(const HttpRequest *request, int64_t from, StrBuf *out)
{
    strbuf_printf(out, "</v1/%s?from=%lld%.*s>; rel=\"next\"", request->stream->name,
                  (long long)from, STR_ARG(strbuf_str(&request->query)));
}
