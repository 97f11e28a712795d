#include "unit.h"

#include "base/assert.h"
#include "os/os.h"
#include "plan/pipeline_spec.h"

/* A pipeline file being bound; its mistakes as text. */
typedef struct SpecFixture {
    Arena arena;
    DiagnosticList diagnostics;
    PipelineSpec *spec;
    StrBuf text;
} SpecFixture;

static void spec_bind_with(SpecFixture *f, const char *sql, const Settings *settings,
                           bool engine_spark)
{
    PipelineInput input = {.file_name = "p.sql",
                           .text = str_of(sql),
                           .settings = settings,
                           .engine_spark = engine_spark};

    arena_init(&f->arena);
    strbuf_init(&f->text);
    diagnostics_init(&f->diagnostics, &f->arena);
    f->spec = pipeline_spec_bind(&f->arena, &input, &f->diagnostics);
}

static void spec_done(SpecFixture *f)
{
    strbuf_done(&f->text);
    arena_done(&f->arena);
}

static void spec_bind(SpecFixture *f, const char *sql)
{
    spec_bind_with(f, sql, NULL, false);
    if (!f->spec)
        fail_msg("%u: %s", f->diagnostics.items[0].span.line, f->diagnostics.items[0].message);
}

/* "line:column CLASS", one a line; then the remedy of the first after " | ". */
static const char *spec_mistakes(SpecFixture *f, const char *sql)
{
    spec_bind_with(f, sql, NULL, false);
    for (size_t i = 0; i < f->diagnostics.count; i++) {
        const Diagnostic *d = &f->diagnostics.items[i];

        strbuf_printf(&f->text, "%s%u:%u %s", i ? "\n" : "", d->span.line, d->span.column,
                      d->class_name ? d->class_name : d->message);
    }
    if (f->diagnostics.count && f->diagnostics.items[0].remedy)
        strbuf_printf(&f->text, " | %s", f->diagnostics.items[0].remedy);
    return strbuf_c(&f->text);
}

/* ── the pipeline of the design ────────────────────────────────────────────────────────────────*/

static const char orders_sql[] =
    "SET feed = http://127.0.0.1:8090;\n"
    "CREATE TABLE order_feed (\n"
    "  order_id BIGINT NOT NULL, customer_id BIGINT, category STRING,\n"
    "  price DECIMAL(10,2), quantity INT, ts TIMESTAMP,\n"
    "  CONSTRAINT positive_price CHECK (price > 0)\n"
    ") USING http OPTIONS ('url' = '${feed}/v1/orders', 'format' = 'ndjson', 'interval' = '1 "
    "second');\n"
    "CREATE STREAMING TABLE orders USING kafka\n"
    "TBLPROPERTIES ('topic' = 'orders', 'key' = 'customer_id', 'format' = 'json', 'partitions' = "
    "'4')\n"
    "AS SELECT * FROM STREAM order_feed;\n"
    "CREATE STREAMING TABLE revenue_by_minute\n"
    "USING cassandra PARTITIONED BY (category)\n"
    "TBLPROPERTIES ('primary_key' = 'category, minute')\n"
    "AS SELECT category, window.start AS minute, sum(price * quantity) AS revenue, count(*) AS "
    "orders\n"
    "   FROM STREAM orders WATERMARK ts DELAY OF INTERVAL 30 SECONDS\n"
    "   GROUP BY window(ts, '1 minute'), category;\n"
    "CREATE STREAMING TABLE order_history USING postgres TBLPROPERTIES ('primary_key' = "
    "'order_id')\n"
    "AS SELECT * FROM STREAM orders;\n"
    "CREATE MATERIALIZED VIEW daily_revenue USING postgres\n"
    "TBLPROPERTIES ('schedule' = '0 2 * * *', 'time_zone' = 'Europe/London', 'retries' = '3')\n"
    "AS SELECT CAST(ts AS DATE) AS day, category, sum(price * quantity) AS revenue FROM "
    "order_history GROUP BY ALL;\n";

static void the_pipeline_of_the_design_binds(void **state)
{
    SpecFixture f;
    const TableDef *feed, *revenue;
    const FlowSpec *flow;

    spec_bind(&f, orders_sql);
    assert_int_equal(f.spec->flow_count, 3);
    assert_int_equal(f.spec->view_count, 1);
    assert_int_equal(f.spec->source_count, 2);

    feed = catalog_find(f.spec->catalog, STR("ORDER_FEED"));
    assert_non_null(feed);
    assert_str_is(table_option(feed, "url"), "http://127.0.0.1:8090/v1/orders");
    assert_int_equal(table_option_duration_us(feed, "interval"), 1000000);
    assert_int_equal(table_option_duration_us(feed, "timeout"), 30000000);
    assert_int_equal(feed->constraint_count, 2);
    assert_non_null(catalog_find(f.spec->catalog, STR("order_feed__dead_letter")));

    revenue = catalog_find(f.spec->catalog, STR("revenue_by_minute"));
    assert_int_equal(revenue->output_mode, OUTPUT_UPDATE);
    assert_int_equal(revenue->primary_key_count, 2);
    assert_int_equal(revenue->primary_key[1], 1);
    assert_int_equal(revenue->partitioned_by_count, 1);

    flow = pipeline_spec_flow(f.spec, STR("revenue_by_minute"));
    assert_int_equal(flow->scan_count, 1);
    assert_str_is(f.spec->sources[flow->scan_source[0]].table->name, "orders");
    assert_str_is(f.spec->views[0].schedule, "0 2 * * *");
    assert_str_is(f.spec->views[0].time_zone, "Europe/London");
    spec_done(&f);
}

static void the_graph_shows_who_feeds_whom(void **state)
{
    SpecFixture f;

    spec_bind(&f, orders_sql);
    pipeline_spec_graph(f.spec, GRAPH_TEXT, &f.text);
    assert_string_equal(
        strbuf_c(&f.text),
        "order_feed (table, http)\n"
        "└─> orders (streaming table, kafka, append)\n"
        "    ├─> revenue_by_minute (streaming table, cassandra, update)\n"
        "    └─> order_history (streaming table, postgres, append)\n"
        "        └─  daily_revenue (materialized view, postgres, '0 2 * * *')\n");
    strbuf_clear(&f.text);
    pipeline_spec_graph(f.spec, GRAPH_MERMAID, &f.text);
    assert_non_null(strstr(strbuf_c(&f.text), "flowchart LR\n"));
    strbuf_clear(&f.text);
    pipeline_spec_graph(f.spec, GRAPH_JSON, &f.text);
    assert_non_null(strstr(strbuf_c(&f.text), "{\"from\":\"order_feed\",\"to\":\"orders\",\"by\":"
                                              "\"orders\",\"streaming\":true}"));
    spec_done(&f);
}

/* ── mistakes ──────────────────────────────────────────────────────────────────────────────────*/

#define CLICKS "CREATE TABLE clicks (id BIGINT, url STRING, at TIMESTAMP) USING kafka;\n"
#define HITS "CREATE TABLE hits (id BIGINT, code INT, at TIMESTAMP) USING kafka;\n"
#define USERS "CREATE TABLE users (id BIGINT, name STRING) USING json OPTIONS (path 'u.json');\n"
#define MARKED "STREAM clicks WATERMARK at DELAY OF INTERVAL 10 SECONDS"

typedef struct Mistake {
    const char *sql;
    const char *expected;
} Mistake;

static const Mistake mistakes[] = {
    /* The five that are made most. */
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT idd FROM STREAM clicks;",
     "2:51 UNRESOLVED_COLUMN.WITH_SUGGESTION | did you mean `id`?"},
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT id + url AS x, id + at AS y FROM "
            "STREAM clicks;",
     "2:66 DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"},
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT url, count(*) n FROM STREAM clicks "
            "GROUP BY url;",
     "2:86 STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION | write WATERMARK <time> DELAY OF INTERVAL "
     "... behind the STREAM, and group by window(<time>, ...)"},
    {"CREATE TABLE c (id BIGINT) USING kafka OPTIONS ('partitons' = '4');",
     "1:49 UNKNOWN_OPTION | did you mean 'partitions'?"},
    {CLICKS "CREATE TABLE Clicks (id BIGINT) USING kafka;",
     "2:14 TABLE_OR_VIEW_ALREADY_EXISTS | choose another name; the first one is in line 1"},
    /* Several at once; a table whose statement is wrong can still be read. */
    {"CREATE TABLE c (id BIGINT) USING kafak;\n"
     "CREATE STREAMING TABLE t USING postgres AS SELECT nr FROM STREAM c;\n"
     "CREATE STREAMING TABLE u USING postgres AS SELECT id, FROM STREAM c;\n"
     "CREATE STREAMING TABLE v USING postgres AS SELECT * FROM STREAM d;",
     "1:34 DATA_SOURCE_NOT_FOUND\n"
     "2:51 UNRESOLVED_COLUMN.WITH_SUGGESTION\n"
     "3:55 PARSE_SYNTAX_ERROR\n"
     "4:65 TABLE_OR_VIEW_NOT_FOUND | did you mean kafka?"},
    /* Options and properties. */
    {"CREATE TABLE c (id BIGINT) USING http;",
     "1:14 MISSING_OPTION | OPTIONS ('url' = '...'): The address that is polled."},
    {"CREATE TABLE c (id BIGINT) USING http OPTIONS ('url' = 'http://x', 'interval' = 'soon');",
     "1:81 INVALID_OPTION_VALUE"},
    {"CREATE TABLE c (id BIGINT) USING kafka OPTIONS ('key' = 'nr');", "1:57 COLUMN_NOT_FOUND | its columns are id"},
    {"CREATE TABLE c (id BIGINT) USING kafka OPTIONS ('topic' = 'a', 'TOPIC' = 'b');",
     "1:64 DUPLICATE_KEY"},
    {CLICKS "CREATE MATERIALIZED VIEW m TBLPROPERTIES ('schedule' = '61 * * * *') AS SELECT * FROM "
            "clicks;",
     "2:56 INVALID_OPTION_VALUE"},
    {CLICKS "CREATE STREAMING TABLE t USING postgres TBLPROPERTIES ('expect.known' = 'id IS NOT "
            "NULL AND name > 1') AS SELECT id FROM STREAM clicks;",
     "2:73 UNRESOLVED_COLUMN.WITH_SUGGESTION"},
    {"CREATE TABLE c (id BIGINT, CONSTRAINT pos CHECK (nr > 0)) USING kafka;",
     "1:50 UNRESOLVED_COLUMN.WITH_SUGGESTION"},
    {"CREATE TABLE c USING kafka;", "1:14 MISSING_COLUMNS"},
    {"CREATE TABLE c (id BIGINT);", "1:14 MISSING_PROVIDER | write USING and one of http, kafka, "
                                    "json, csv, rate, nexmark, cassandra, postgres"},
    {"CREATE TABLE c (id BIGINT) USING memory;",
     "1:34 UNSUPPORTED_PROVIDER | use one of http, kafka, json, csv, rate, nexmark, cassandra, "
     "postgres"},
    {"SET commit.interval = often;", "1:23 INVALID_SETTING"},
    {"SELECT 1;", "1:1 UNSUPPORTED_PIPELINE_STATEMENT | ask it with `weir sql`, or keep its rows "
                  "with CREATE STREAMING TABLE or CREATE MATERIALIZED VIEW"},
    /* Streams and tables. */
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT * FROM clicks;",
     "2:44 INVALID_FLOW_QUERY_TYPE.BATCH_RELATION_FOR_STREAMING_TABLE | write STREAM before the "
     "table it reads, or CREATE MATERIALIZED VIEW"},
    {CLICKS "CREATE MATERIALIZED VIEW t AS SELECT * FROM STREAM clicks;",
     "2:31 INVALID_FLOW_QUERY_TYPE.STREAMING_RELATION_FOR_MATERIALIZED_VIEW | read the table "
     "without STREAM, or CREATE STREAMING TABLE"},
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT * FROM STREAM clicks;\n"
            "CREATE STREAMING TABLE u USING postgres AS SELECT * FROM STREAM t;",
     "3:58 UNSUPPORTED_STREAMING_READ | read it without STREAM, as a table; or stream from what "
     "it is made from"},
    {CLICKS "CREATE STREAMING TABLE t USING kafka TBLPROPERTIES ('key' = 'url') AS SELECT url, "
            "count(*) n FROM " MARKED " GROUP BY url, window(at, '1 minute');",
     "2:24 INCOMPLETE_PRIMARY_KEY | select it, and add it to 'key'"},
    {CLICKS "CREATE STREAMING TABLE t USING kafka TBLPROPERTIES ('key' = 'url, w') AS SELECT url, "
            "window w, count(*) n FROM " MARKED " GROUP BY url, window(at, '1 minute');\n"
            "CREATE STREAMING TABLE u USING postgres AS SELECT * FROM STREAM t;",
     "3:58 UNSUPPORTED_STREAMING_READ | give it 'output_mode' = 'append', so that it holds final "
     "rows"},
    {CLICKS "CREATE TEMPORARY VIEW v AS SELECT * FROM clicks;\n"
            "CREATE STREAMING TABLE t USING postgres AS SELECT * FROM STREAM v;",
     "3:58 INCOMPATIBLE_BATCH_VIEW_READ | read it without STREAM, or write STREAM in its own "
     "query"},
    /* State that grows for ever. */
    {CLICKS "CREATE STREAMING TABLE t USING postgres TBLPROPERTIES ('primary_key' = 'url') AS "
            "SELECT url, count(*) n FROM STREAM clicks GROUP BY url;",
     "2:124 UNBOUNDED_STATE | group by window(...) over a time with WATERMARK, or say "
     "'unbounded_state' = 'true' in TBLPROPERTIES"},
    {CLICKS HITS "CREATE STREAMING TABLE t USING postgres AS SELECT c.id FROM STREAM clicks c JOIN "
                 "STREAM hits h ON c.id = h.id;",
     "3:61 UNBOUNDED_STATE | give both streams a WATERMARK and bound their times: ... AND r.ts "
     "BETWEEN l.ts AND l.ts + INTERVAL 10 MINUTES; or say 'unbounded_state' = 'true' in "
     "TBLPROPERTIES"},
    {CLICKS HITS "CREATE STREAMING TABLE t USING postgres AS SELECT c.id FROM STREAM clicks c LEFT "
                 "JOIN STREAM hits h ON c.id = h.id;",
     "3:61 STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION | give both streams a WATERMARK and bound "
     "their times: ... AND r.ts BETWEEN l.ts AND l.ts + INTERVAL 10 MINUTES"},
    /* Order. */
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT id FROM STREAM clicks ORDER BY id;",
     "2:82 STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION | order by a time window first, or leave "
     "ORDER BY out: tables have no order"},
    /* Chained aggregations. */
    {CLICKS "CREATE STREAMING TABLE t USING postgres TBLPROPERTIES ('primary_key' = 'n', "
            "'unbounded_state' = 'true') AS SELECT n, count(*) m FROM (SELECT url, count(*) n FROM "
            "STREAM clicks GROUP BY url) GROUP BY n;",
     "2:177 STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION | write WATERMARK and group by "
     "window(...), so that this aggregation has final results; the one around it may group by the "
     "same window"},
    {CLICKS "CREATE STREAMING TABLE t USING postgres TBLPROPERTIES ('output_mode' = 'update') AS "
            "SELECT window, count(*) n FROM " MARKED " GROUP BY window(at, '1 minute');",
     "2:24 UPDATE_WITHOUT_KEY | give it 'primary_key' = '...', or 'output_mode' = 'append'"},
    /* Event time. */
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT * FROM STREAM clicks WATERMARK url "
            "DELAY OF INTERVAL 1 SECOND;",
     "2:82 EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE | WATERMARK CAST(... AS TIMESTAMP) AS name DELAY "
     "OF ..."},
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT * FROM (SELECT * FROM " MARKED
            ") WATERMARK at DELAY OF INTERVAL 1 SECOND;",
     "2:130 EVENT_TIME_REDEFINED | leave one of the two out: the first one holds for all that is "
     "made from these rows"},
    /* Flows. */
    {CLICKS "CREATE STREAMING TABLE t (id BIGINT) USING postgres;\n"
            "CREATE FLOW f AS INSERT INTO t SELECT id FROM STREAM clicks;",
     "3:18 _LEGACY_ERROR_TEMP_0035 | write INSERT INTO table BY NAME SELECT ..."},
    {CLICKS "CREATE STREAMING TABLE t (id BIGINT) USING postgres;\n"
            "CREATE FLOW f AS INSERT INTO t BY NAME SELECT id, url FROM STREAM clicks;",
     "3:18 INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS"},
    {CLICKS "CREATE STREAMING TABLE t (id TIMESTAMP) USING postgres AS SELECT id FROM STREAM "
            "clicks;",
     "2:24 INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST"},
    {"CREATE STREAMING TABLE a (id BIGINT) USING kafka;\n"
     "CREATE STREAMING TABLE b USING kafka AS SELECT * FROM STREAM a;\n"
     "CREATE FLOW f AS INSERT INTO a BY NAME SELECT * FROM STREAM b;",
     "1:24 CIRCULAR_DEPENDENCY | `weir graph` of the file without one of its flows shows the way "
     "round"},
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT id, id FROM STREAM clicks;",
     "2:24 COLUMN_ALREADY_EXISTS | give one of them another name with AS"},
    {CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT NULL AS x FROM STREAM clicks;",
     "2:24 INCOMPATIBLE_COLUMN | write CAST(NULL AS <type>) AS x"},
};

static void mistakes_are_told_with_place_class_and_remedy(void **state)
{
    size_t wrong = 0;

    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        SpecFixture f;
        const char *got = spec_mistakes(&f, mistakes[i].sql);

        if (f.spec || strcmp(got, mistakes[i].expected) != 0) {
            print_message("%s\n  got:\n%s\n  expected:\n%s\n", mistakes[i].sql, got,
                          mistakes[i].expected);
            wrong++;
        }
        spec_done(&f);
    }
    assert_int_equal(wrong, 0);
}

/* ── what emits when ───────────────────────────────────────────────────────────────────────────*/

static const Node *find_node(const Node *node, NodeKind kind)
{
    const Node *found = node->kind == kind ? node : NULL;

    for (uint32_t i = 0; i < node->input_count && !found; i++)
        found = find_node(node_input(node, i), kind);
    return found;
}

static const Node *flow_node(SpecFixture *f, NodeKind kind)
{
    const Node *node = find_node(f->spec->flows[f->spec->flow_count - 1].plan, kind);

    ASSERT(node);
    return node;
}

static void an_aggregation_with_a_key_is_refined_and_without_one_final(void **state)
{
    SpecFixture f;

    spec_bind(&f, CLICKS "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES ('primary_key' = "
                         "'s') AS SELECT window.start s, count(*) n FROM " MARKED
                         " GROUP BY window(at, '1 minute');");
    assert_int_equal(f.spec->flows[0].output_mode, OUTPUT_UPDATE);
    assert_int_equal(flow_node(&f, NODE_AGGREGATE)->as.aggregate.emit, EMIT_CHANGED);
    assert_int_equal(flow_node(&f, NODE_AGGREGATE)->as.aggregate.time_key, 0);
    spec_done(&f);

    spec_bind(&f, CLICKS "CREATE STREAMING TABLE t USING cassandra AS SELECT window.start s, "
                         "count(*) n FROM " MARKED " GROUP BY window(at, '1 minute');");
    assert_int_equal(f.spec->flows[0].output_mode, OUTPUT_APPEND);
    assert_int_equal(flow_node(&f, NODE_AGGREGATE)->as.aggregate.emit, EMIT_FINAL);
    spec_done(&f);
}

static void of_chained_aggregations_the_last_alone_shows_early_results(void **state)
{
    SpecFixture f;
    const Node *outer, *inner;

    spec_bind(&f, CLICKS
              "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES ('primary_key' = 's') AS\n"
              "SELECT window.start s, max(n) m FROM (SELECT url, window w, count(*) n FROM " MARKED
              " GROUP BY url, window(at, '10 seconds')) GROUP BY window(w, '1 minute');");
    outer = flow_node(&f, NODE_AGGREGATE);
    inner = find_node(node_input(outer, 0), NODE_AGGREGATE);
    ASSERT(inner);
    assert_int_equal(outer->as.aggregate.emit, EMIT_CHANGED);
    assert_int_equal(inner->as.aggregate.emit, EMIT_FINAL);
    assert_int_equal(inner->as.aggregate.time_key, 1);
    spec_done(&f);
}

static void windows_end_closes_a_group_as_the_window_does(void **state)
{
    SpecFixture f;

    spec_bind(&f, CLICKS
              "CREATE STREAMING TABLE t USING postgres AS SELECT e, max(n) m FROM (SELECT url, "
              "window.end e, count(*) n FROM " MARKED
              " GROUP BY url, window(at, '10 seconds', '5 seconds')) GROUP BY e;");
    assert_int_equal(flow_node(&f, NODE_AGGREGATE)->as.aggregate.time_key, 0);
    spec_done(&f);
}

static void a_distinct_with_event_time_is_final_when_its_time_has_passed(void **state)
{
    SpecFixture f;

    spec_bind(&f, CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT DISTINCT id, at FROM "
                  MARKED ";");
    assert_int_equal(flow_node(&f, NODE_AGGREGATE)->as.aggregate.time_key, 1);
    assert_int_equal(flow_node(&f, NODE_AGGREGATE)->as.aggregate.emit, EMIT_FINAL);
    spec_done(&f);
}

static void a_session_window_is_merged_by_its_aggregation(void **state)
{
    SpecFixture f;

    spec_bind(&f, CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT id, session_window.end "
                         "e, count(*) n FROM " MARKED " GROUP BY id, session_window(at, '1 min');");
    assert_true(flow_node(&f, NODE_AGGREGATE)->as.aggregate.session);
    assert_true(flow_node(&f, NODE_ASSIGN)->as.assign.session);
    assert_int_equal(flow_node(&f, NODE_ASSIGN)->as.assign.size_us, 60000000);
    spec_done(&f);
}

static void bounds_of_a_stream_stream_join_come_from_its_condition(void **state)
{
    SpecFixture f;
    const JoinNode *join;

    spec_bind(&f, CLICKS HITS
              "CREATE STREAMING TABLE t USING postgres AS SELECT c.id, h.code FROM STREAM clicks "
              "WATERMARK at DELAY OF INTERVAL 10 SECONDS AS c LEFT JOIN STREAM hits WATERMARK at "
              "DELAY OF INTERVAL 20 SECONDS AS h ON c.id = h.id AND h.at >= c.at AND h.at <= c.at + "
              "INTERVAL 5 MINUTES;");
    join = &flow_node(&f, NODE_JOIN)->as.join;
    assert_true(join->left_streaming && join->right_streaming);
    assert_true(join->has_bounds);
    assert_int_equal(join->low_us, 0);
    assert_int_equal(join->high_us, 300000000);
    assert_int_equal(join->key_count, 1);
    assert_true(join->left_time_column >= 0 && join->right_time_column >= 0);
    spec_done(&f);
}

static void a_stream_is_joined_to_a_table_from_its_left(void **state)
{
    SpecFixture f;
    const JoinNode *join;

    spec_bind(&f, CLICKS USERS
              "CREATE STREAMING TABLE t USING postgres AS SELECT c.id, name FROM users u RIGHT JOIN "
              "STREAM clicks c ON u.id = c.id;");
    join = &flow_node(&f, NODE_JOIN)->as.join;
    assert_int_equal(join->kind, JOIN_LEFT);
    assert_true(join->left_streaming && !join->right_streaming);
    assert_int_equal(flow_node(&f, NODE_JOIN)->inputs[1]->kind, NODE_SCAN);
    spec_done(&f);
}

/* ── sources ───────────────────────────────────────────────────────────────────────────────────*/

static void a_source_decodes_what_any_flow_or_constraint_needs(void **state)
{
    SpecFixture f;
    const SourceSpec *source;

    spec_bind(&f, "CREATE TABLE e (k INT NOT NULL, p STRUCT<id: BIGINT, name: STRING>, b STRUCT<"
                  "price: BIGINT, url: STRING, extra: STRING>, x STRING, y STRING,\n"
                  "CONSTRAINT cheap CHECK (b.price < 100)) USING kafka;\n"
                  "CREATE STREAMING TABLE t USING postgres AS SELECT p.id FROM STREAM e;\n"
                  "CREATE STREAMING TABLE u USING postgres AS SELECT b.url, y FROM STREAM e;");
    assert_int_equal(f.spec->source_count, 1);
    source = &f.spec->sources[0];
    for (uint32_t i = 0; i < source->schema.column_count; i++) {
        strbuf_printf(&f.text, "%s%.*s ", i ? ", " : "",
                      STR_ARG(source->schema.columns[i].name));
        type_name(&f.text, source->schema.columns[i].type);
    }
    assert_string_equal(strbuf_c(&f.text),
                        "k int, p struct<id:bigint>, b struct<price:bigint,url:string>, y string");
    assert_int_equal(source->constraint_count, 2);
    assert_int_equal(source->constraints[0].not_null_column, 0);
    assert_non_null(source->constraints[1].program);
    /* The scans have the source's types. */
    assert_true(type_equal(f.spec->flows[1].scans[0]->schema.columns[0].type,
                           source->schema.columns[2].type));
    spec_done(&f);
}

static void views_come_behind_what_they_read(void **state)
{
    SpecFixture f;

    spec_bind(&f, CLICKS "CREATE MATERIALIZED VIEW z AS SELECT count(*) n FROM clicks;\n"
                         "CREATE MATERIALIZED VIEW y AS SELECT n FROM z;\n"
                         "CREATE MATERIALIZED VIEW x AS SELECT a.n FROM y a, z b;");
    assert_str_is(f.spec->views[0].table->name, "z");
    assert_str_is(f.spec->views[1].table->name, "y");
    assert_str_is(f.spec->views[2].table->name, "x");
    assert_int_equal(f.spec->views[2].read_count, 2);
    spec_done(&f);
}

/* ── settings ──────────────────────────────────────────────────────────────────────────────────*/

static void a_setting_from_outside_overrides_the_file(void **state)
{
    static const char *const environment[] = {"HOME=/", "WEIR_FEED_HOST=env", "WEIR_PORT=2", NULL};
    static const char sql[] =
        "SET feed.host = file; SET port = 1; SET path = p;\n"
        "CREATE TABLE c (id BIGINT) USING http OPTIONS (url 'http://${feed.host}:${port}/${path}/${x}');";
    SpecFixture f;
    Arena arena;
    Settings settings;

    arena_init(&arena);
    settings_init(&settings, &arena, environment);
    assert_ok(settings_read_config(&settings, STR("# comment\nport = 3\nx=config\n"), "c", &err));
    assert_ok(settings_set(&settings, SETTING_COMMAND, STR("PORT"), STR("4"), &err));
    spec_bind_with(&f, sql, &settings, false);
    assert_non_null(f.spec);
    assert_str_is(table_option(catalog_find(f.spec->catalog, STR("c")), "url"),
                  "http://env:4/p/config");
    spec_done(&f);
    settings_unset(&settings, SETTING_COMMAND, STR("port"));
    spec_bind_with(&f, sql, &settings, false);
    assert_str_is(table_option(catalog_find(f.spec->catalog, STR("c")), "url"),
                  "http://env:2/p/config");
    spec_done(&f);
    arena_done(&arena);
}

static void the_time_zone_is_that_of_the_file(void **state)
{
    SpecFixture f;

    spec_bind(&f, "SET TIME ZONE 'Asia/Kolkata';");
    assert_str_is(zone_name(f.spec->sql.zone), "Asia/Kolkata");
    spec_done(&f);
    spec_bind(&f, "SET TIME ZONE INTERVAL '-3:30' HOUR TO MINUTE;");
    assert_int_equal(zone_offset_s(f.spec->sql.zone, 0), -12600);
    spec_done(&f);
    spec_bind(&f, "");
    assert_str_is(zone_name(f.spec->sql.zone), "UTC");
    spec_done(&f);
}

static void what_spark_cannot_do_is_named_when_asked(void **state)
{
    static const char sql[] =
        CLICKS "CREATE STREAMING TABLE t USING postgres AS SELECT window w, count(DISTINCT id) n "
               "FROM " MARKED " GROUP BY window(at, '1 minute');";
    SpecFixture f;

    spec_bind_with(&f, sql, NULL, true);
    assert_non_null(f.spec);
    assert_int_equal(f.diagnostics.warning_count, 2); /* And that late rows may be others. */
    assert_int_equal(f.diagnostics.items[0].span.column, 61);
    spec_done(&f);
    spec_bind_with(&f, sql, NULL, false);
    assert_int_equal(f.diagnostics.count, 0);
    spec_done(&f);
}

/* ── options ───────────────────────────────────────────────────────────────────────────────────*/

static void durations_sizes_and_schedules_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t us; /* -1: none */
    } durations[] = {{"1 second", 1000000}, {"500ms", 500000},  {"2 hours 30 minutes", 9000000000},
                     {"3 d", 259200000000}, {"1", -1},          {"second", -1},
                     {"-1 s", -1},          {"1 fortnight", -1}, {"99999999999999 days", -1},
                     {"", -1}};
    static const struct {
        const char *text;
        bool ok;
    } schedules[] = {{"0 2 * * *", true},          {"*/5 0-6,18-23 1,15 jan-mar mon", true},
                     {"@hourly", true},            {"every 15 minutes", true},
                     {"0 2 * *", false},           {"0 2 * * * *", false},
                     {"60 * * * *", false},        {"5-1 * * * *", false},
                     {"*/0 * * * *", false},       {"@often", false},
                     {"every 10 ms", false},       {"", false}};
    int64_t value;

    for (size_t i = 0; i < COUNT_OF(durations); i++) {
        Error err = {0};
        bool ok = option_parse_duration(str_of(durations[i].text), &value, &err);

        if (ok != (durations[i].us >= 0) || (ok && value != durations[i].us))
            fail_msg("'%s'", durations[i].text);
    }
    for (size_t i = 0; i < COUNT_OF(schedules); i++) {
        Error err = {0};

        if (option_parse_schedule(str_of(schedules[i].text), &err) != schedules[i].ok)
            fail_msg("'%s'", schedules[i].text);
    }
    assert_ok(option_parse_bytes(STR("64 MB"), &value, &err));
    assert_int_equal(value, 64 << 20);
}

static void every_option_has_a_default_of_its_own_type(void **state)
{
    const OptionDef *option;

    for (size_t i = 0; (option = option_at(i)); i++) {
        Error err = {0};

        if (option->standard && !option_check(option, str_of(option->standard), &err))
            fail_msg("%s: %s", option->key, err.text);
        assert_true(option->doc && option->providers && option->tables);
        assert_true(option->type != OPTION_ENUM || option->values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pipeline_of_the_design_binds),
        cmocka_unit_test(the_graph_shows_who_feeds_whom),
        cmocka_unit_test(mistakes_are_told_with_place_class_and_remedy),
        cmocka_unit_test(an_aggregation_with_a_key_is_refined_and_without_one_final),
        cmocka_unit_test(of_chained_aggregations_the_last_alone_shows_early_results),
        cmocka_unit_test(windows_end_closes_a_group_as_the_window_does),
        cmocka_unit_test(a_distinct_with_event_time_is_final_when_its_time_has_passed),
        cmocka_unit_test(a_session_window_is_merged_by_its_aggregation),
        cmocka_unit_test(bounds_of_a_stream_stream_join_come_from_its_condition),
        cmocka_unit_test(a_stream_is_joined_to_a_table_from_its_left),
        cmocka_unit_test(a_source_decodes_what_any_flow_or_constraint_needs),
        cmocka_unit_test(views_come_behind_what_they_read),
        cmocka_unit_test(a_setting_from_outside_overrides_the_file),
        cmocka_unit_test(the_time_zone_is_that_of_the_file),
        cmocka_unit_test(what_spark_cannot_do_is_named_when_asked),
        cmocka_unit_test(durations_sizes_and_schedules_are_read),
        cmocka_unit_test(every_option_has_a_default_of_its_own_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
