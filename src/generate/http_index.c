/*
 * http_index.c: what the service says of itself: a page for people, a catalog for programs. Both
 * come from the table of streams and the table of parameters.
 */
#include "generate/http_private.h"

static const char page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>weir: the data-generation API</title>\n<style>\n"
    ":root { color-scheme: light dark; --line: #8884; --soft: #8881; }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;"
    " padding: 0 1rem; }\n"
    "h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }\n"
    "code, pre { font: 14px/1.45 ui-monospace, monospace; }\n"
    "pre { background: var(--soft); padding: .8rem 1rem; overflow-x: auto; border-radius: 6px; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "td, th { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);"
    " vertical-align: top; }\n"
    "ul { padding-left: 1.2rem; }\n"
    "</style>\n</head>\n<body>\n<main>\n"
    "<h1>weir: the data-generation API</h1>\n"
    "<p>Data made on request. Record <var>i</var> of a stream depends on the seed and on "
    "<var>i</var>"
    " alone: the same address gives the same bytes, in pages of any size.</p>\n"
    "<table>\n<tr><th scope=\"col\">address</th><th scope=\"col\">what it gives</th></tr>\n"
    "<tr><td><code>/v1/STREAM?count=N&amp;from=ID</code></td><td>exactly these records, at once;"
    " <code>format=json|ndjson|csv</code>; the header <code>Link: …; rel=\"next\"</code> leads"
    " on</td></tr>\n"
    "<tr><td><code>/v1/STREAM</code></td><td>without <code>count</code>, a feed: the records that"
    " have arrived by now, at most <code>limit</code>; follow <code>rel=\"next\"</code>, and come "
    "back"
    " later when a page is empty</td></tr>\n"
    "<tr><td><code>/v1/STREAM/live?rate=R</code></td><td>R records a second, without end; "
    "server-sent"
    " events with <code>format=sse</code> or <code>Accept: text/event-stream</code></td></tr>\n"
    "<tr><td><code>/v1/STREAM/answers?count=N&amp;from=ID</code></td><td>how many good, late,"
    " duplicate, malformed and invalid records those are, and what the valid ones add up "
    "to</td></tr>\n"
    "<tr><td><a href=\"/v1\"><code>/v1</code></a></td><td>this page as JSON</td></tr>\n"
    "<tr><td><a href=\"/healthz\"><code>/healthz</code></a></td><td><code>ok</code></td></tr>\n"
    "</table>\n";

static const char page_tail[] = "</main>\n</body>\n</html>\n";

static void add_html(StrBuf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            strbuf_add_c(out, "&amp;");
            break;
        case '<':
            strbuf_add_c(out, "&lt;");
            break;
        case '>':
            strbuf_add_c(out, "&gt;");
            break;
        case '"':
            strbuf_add_c(out, "&quot;");
            break;
        default:
            strbuf_add_char(out, *text);
        }
    }
}

/* The table as a pipeline would declare it. */
static void add_table_statement(StrBuf *out, const Stream *stream)
{
    strbuf_printf(out, "CREATE TABLE %s_feed (\n", stream->name);
    for (int i = 0; i < stream->column_count; i++) {
        const StreamColumn *column = &stream->columns[i];
        bool last = i + 1 == stream->column_count && stream->constraint_count <= 1;

        strbuf_printf(out, "  %s %s%s%s\n", column->name, column->type,
                      i == 0 && stream->constraint_count > 0 ? " NOT NULL" : "", last ? "" : ",");
    }
    /* The first constraint is the first column's NOT NULL. */
    for (int i = 1; i < stream->constraint_count; i++)
        strbuf_printf(out, "  %s%s\n", stream->constraints[i],
                      i + 1 < stream->constraint_count ? "," : "");
    strbuf_printf(out,
                  ") USING http OPTIONS ('url' = '${feed}/v1/%s', 'format' = 'ndjson', "
                  "'interval' = '1 second')",
                  stream->name);
}

static void add_example(StrBuf *out, const char *stream, const char *rest)
{
    strbuf_printf(out, "<li><a href=\"/v1/%s", stream);
    add_html(out, rest);
    strbuf_printf(out, "\"><code>/v1/%s", stream);
    add_html(out, rest);
    strbuf_add_c(out, "</code></a></li>\n");
}

static void add_stream(StrBuf *out, const Stream *stream)
{
    StrBuf statement;

    strbuf_init(&statement);
    add_table_statement(&statement, stream);
    strbuf_printf(out, "<h2 id=\"%s\">%s</h2>\n<p>", stream->name, stream->name);
    add_html(out, stream->doc);
    strbuf_add_c(out, "</p>\n<ul>\n");
    add_example(out, stream->name, "?count=10");
    add_example(out, stream->name, "?count=10&from=1000&seed=7&format=csv");
    add_example(out, stream->name, "/live?rate=2");
    if (stream->params & PARAM_SHOP) {
        const char *faults = "?count=1000&late=0.01&duplicate=0.01&malformed=0.01&invalid=0.01";

        add_example(out, stream->name, faults);
        add_example(out, stream->name,
                    "/answers?count=1000&late=0.01&duplicate=0.01&malformed=0.01&invalid=0.01");
    } else {
        add_example(out, stream->name, "/answers?count=1000");
    }
    strbuf_add_c(out, "</ul>\n<pre>");
    add_html(out, strbuf_c(&statement));
    strbuf_add_c(out, "</pre>\n");
    strbuf_done(&statement);
}

static void add_parameters(StrBuf *out)
{
    strbuf_add_c(out,
                 "<h2 id=\"parameters\">Parameters</h2>\n<table>\n<tr><th scope=\"col\">name"
                 "</th><th scope=\"col\">meaning (default)</th><th scope=\"col\">of</th></tr>\n");
    for (int i = 0; i < generate_param_count; i++) {
        const GenerateParam *param = &generate_params[i];
        const char *streams = param->streams == PARAM_ALL    ? "all streams"
                              : param->streams == PARAM_SHOP ? "orders, customers, page_views"
                                                             : "nexmark";

        strbuf_printf(out, "<tr><td><code>%s=", param->name);
        add_html(out, param->hint);
        strbuf_add_c(out, "</code></td><td>");
        add_html(out, param->doc);
        strbuf_printf(out, "</td><td>%s</td></tr>\n", streams);
    }
    strbuf_printf(out,
                  "<tr><td><code>limit=N</code></td><td>records in a page of the feed (%d)</td>"
                  "<td>all streams</td></tr>\n</table>\n",
                  HTTP_LIMIT_DEFAULT);
}

void http_write_index(const GenerateService *service UNUSED, StrBuf *out)
{
    strbuf_add_c(out, page_head);
    for (int i = 0; i < generate_stream_count; i++)
        add_stream(out, generate_streams[i]);
    add_parameters(out);
    strbuf_add_c(out, page_tail);
}

/* ── the catalog ───────────────────────────────────────────────────────────────────────────────*/

static void add_member(StrBuf *out, const char *name, const char *text)
{
    strbuf_printf(out, "\"%s\":", name);
    strbuf_add_json_string(out, str_of(text));
}

static void add_stream_entry(StrBuf *out, const Stream *stream)
{
    strbuf_add_char(out, '{');
    add_member(out, "name", stream->name);
    strbuf_add_char(out, ',');
    add_member(out, "doc", stream->doc);
    strbuf_printf(out,
                  ",\"records\":\"/v1/%s\",\"live\":\"/v1/%s/live\",\"answers\":\"/v1/%s/answers\","
                  "\"columns\":[",
                  stream->name, stream->name, stream->name);
    for (int i = 0; i < stream->column_count; i++) {
        strbuf_add_c(out, i ? ",{" : "{");
        add_member(out, "name", stream->columns[i].name);
        strbuf_add_char(out, ',');
        add_member(out, "type", stream->columns[i].type);
        strbuf_add_char(out, '}');
    }
    strbuf_add_c(out, "],\"constraints\":[");
    for (int i = 0; i < stream->constraint_count; i++) {
        if (i > 0)
            strbuf_add_char(out, ',');
        strbuf_add_json_string(out, str_of(stream->constraints[i]));
    }
    strbuf_add_c(out, "],\"parameters\":[");
    for (int i = 0, written = 0; i < generate_param_count; i++) {
        const GenerateParam *param = &generate_params[i];

        if (!(param->streams & stream->params))
            continue;
        strbuf_add_c(out, written++ ? ",{" : "{");
        add_member(out, "name", param->name);
        strbuf_add_char(out, ',');
        add_member(out, "doc", param->doc);
        strbuf_add_char(out, '}');
    }
    strbuf_add_c(out, "]}");
}

void http_write_catalog(const GenerateService *service, StrBuf *out)
{
    strbuf_add_c(out, "{\"streams\":[");
    for (int i = 0; i < generate_stream_count; i++) {
        if (i > 0)
            strbuf_add_c(out, ",\n");
        add_stream_entry(out, generate_streams[i]);
    }
    strbuf_printf(out, "],\n\"rate\":%.10g,\"paced\":%s,\"total\":", service->defaults.rate,
                  service->unpaced ? "false" : "true");
    if (service->total > 0)
        strbuf_add_int64(out, service->total);
    else
        strbuf_add_c(out, "null");
    strbuf_printf(out, ",\"count_max\":%lld,\"limit_default\":%d}\n", (long long)HTTP_COUNT_MAX,
                  HTTP_LIMIT_DEFAULT);
}
