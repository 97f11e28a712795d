/*
 * catalog_url.c: parts of URLs, and the encoding of what is put into them.
 */
#include "expr/catalog.h"
#include "expr/charset.h"
#include "expr/regexp.h"
#include "expr/text_pool.h"
#include "expr/url.h"

/* ── parse_url ─────────────────────────────────────────────────────────────────────────────────*/

/* data == NULL: the URL has no such part, or there is none of that name. */
static Str url_part(TextPool *pool, const Url *url, Str part)
{
    if (str_is(part, "HOST"))
        return url->host;
    if (str_is(part, "PATH"))
        return url->path;
    if (str_is(part, "QUERY"))
        return url->query;
    if (str_is(part, "REF"))
        return url->fragment;
    if (str_is(part, "PROTOCOL"))
        return url->scheme;
    if (str_is(part, "AUTHORITY"))
        return url->authority;
    if (str_is(part, "USERINFO"))
        return url->user_info;
    if (str_is(part, "FILE") && url->path.data) {
        char *file;

        if (!url->query.data)
            return url->path;
        file = text_bytes(pool, (size_t)url->path.bytes + 1 + url->query.bytes);
        memcpy(file, url->path.data, url->path.bytes);
        file[url->path.bytes] = '?';
        memcpy(file + url->path.bytes + 1, url->query.data, url->query.bytes);
        return (Str){file, url->path.bytes + 1 + url->query.bytes};
    }
    return (Str){0};
}

/* What follows `key`= in a query. As in Spark, the key is a regular expression. */
static Str query_value(RegexpRows *rows, uint32_t row_i, Str query)
{
    Str key = arg_str(rows->call, 2, row_i);
    Str pattern = str_of(arena_printf(rows->call->arena, "(&|^)%.*s=([^&]*)", STR_ARG(key)));
    Regexp *regexp = regexp_rows_pattern(rows, row_i, pattern);
    uint32_t from, to;

    if (!regexp || !regexp_rows_find(rows, row_i, query, 0) || regexp_group_count(regexp) < 2 ||
        !regexp_group(regexp, 2, &from, &to))
        return (Str){0};
    return str_slice(query, from, to);
}

static Vector *kernel_parse_url(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    RegexpRows rows = {.call = call, .out = out, .function_name = call->expr->fn->name};

    EACH_ROW (call, i) {
        Str text = text_make_valid(call->arena, arg_str(call, 0, i)), part = arg_str(call, 1, i);
        Str value = {0};
        Url url;

        if (!url_parse(text, &url)) {
            kernel_ansi_error(call, out, i, "INVALID_URL", "22P02",
                              "The url is invalid: %.*s. Use `try_parse_url` to tolerate invalid "
                              "URL and return NULL instead.",
                              (int)MIN(text.bytes, 200), text.data);
            continue;
        }
        if (call->arg_count == 2)
            value = url_part(&pool, &url, part);
        else if (str_is(part, "QUERY") && url.query.data)
            value = query_value(&rows, i, url.query);
        if (value.data)
            vector_strs(out)[i] = value;
        else
            vector_set_null(call->arena, out, i);
    }
    regexp_rows_done(&rows);
    return out;
}

static bool bind_parse_url(BindCall *call, Error *err)
{
    if (!bind_signature(call, err))
        return false;
    call->nullable = true;
    return true;
}

/* ── encoding ──────────────────────────────────────────────────────────────────────────────────*/

static bool row_encode(const KernelCall *call, Vector *out, uint32_t i, StrBuf *text)
{
    (void)out;
    url_encode(text, text_make_valid(call->arena, arg_str(call, 0, i)));
    return true;
}

static Vector *kernel_encode(const KernelCall *call)
{
    return kernel_text(call, row_encode);
}

static Vector *kernel_decode(const KernelCall *call)
{
    Vector *out = kernel_result(call);
    TextPool pool = text_pool(call, out);
    StrBuf buf;

    strbuf_init(&buf);
    EACH_ROW (call, i) {
        Str text = arg_str(call, 0, i);

        strbuf_clear(&buf);
        if (url_decode(&buf, text))
            text_put_str(&pool, i, text_make_valid(call->arena, strbuf_str(&buf)));
        else
            kernel_error(call, out, i, "CANNOT_DECODE_URL", "22546",
                         "The provided URL cannot be decoded: %.*s. Please ensure that the URL is "
                         "properly formatted and try again.",
                         (int)MIN(text.bytes, 200), text.data);
    }
    strbuf_done(&buf);
    return out;
}

/* ── rows ──────────────────────────────────────────────────────────────────────────────────────*/

#define PARSE_ROW(name_, flags_, doc_, example_)                                                   \
    {                                                                                              \
        .name = name_, .flags = FN_STRICT | FN_CONSTANTS | (flags_), .arg_min = 2, .arg_max = 3,   \
        .bind = bind_parse_url,                                                                    \
        .signature = "(string=, string=) -> string; (string=, string=, string=) -> string",             \
        .kernel = kernel_parse_url, .group = "url", .doc = doc_, .example = example_               \
    }

static const Function rows[] = {
    PARSE_ROW(
        "parse_url", 0,
        "HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO of a URL, or the value "
        "of a key of its query; NULL: it has none",
        "parse_url('http://a.org/p?q=1', 'QUERY', 'q') = '1'"),
    PARSE_ROW("try_parse_url", FN_NULL_ON_ERROR, "As parse_url, or NULL where the text is no URL",
              "try_parse_url('a b', 'HOST') IS NULL"),
    FUNCTION_ROW("url", "url_encode", "(string) -> string", kernel_encode, NULL,
                 "Fit to be part of a URL", "url_encode('a b/c') = 'a+b%2Fc'"),
    FUNCTION_ROW("url", "url_decode", "(string) -> string", kernel_decode, NULL,
                 "What url_encode made", "url_decode('a+b%2Fc') = 'a b/c'"),
    {
        .name = "try_url_decode",
        .flags = FN_STRICT | FN_CONSTANTS | FN_NULL_ON_ERROR,
        .arg_min = 1,
        .arg_max = 1,
        .bind = bind_signature,
        .signature = "(string) -> string",
        .kernel = kernel_decode,
        .group = "url",
        .doc = "As url_decode, or NULL where the text was not made so",
        .example = "try_url_decode('%2') IS NULL",
    },
};

const FunctionTable catalog_url = FUNCTION_TABLE_OF(rows);
