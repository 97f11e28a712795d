/* test_json.c: JSON into columns and back. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "column/format_value.h"
#include "format/json.h"
#include "random_vector.h"

static const Type *type_of(Arena *arena, const char *text)
{
    const Type *type = NULL;

    assert_ok(type_parse(arena, str_of(text), &type, &err));
    return type;
}

/* A copy that ends where its memory ends, so that a sanitizer sees who reads on. */
static Str exact(const char *text, size_t bytes)
{
    char *copy = malloc(bytes ? bytes : 1);

    memcpy(copy, text, bytes);
    return (Str){copy, (uint32_t)bytes};
}

static void exact_free(Str text)
{
    char *memory;

    memcpy(&memory, &text.data, sizeof memory); /* Away with the const. */
    free(memory);
}

/* What from_json gives for one text, as CAST AS STRING shows it; NULL shows as "null". */
static const char *from_json(Arena *arena, const char *type, const char *json)
{
    JsonReader *reader = json_reader_create(type_of(arena, type), FORMAT_PERMISSIVE, zone_utc());
    Str text = exact(json, strlen(json));
    BadRecords bad = {0};
    StrBuf out;
    const char *shown;
    Vector *v = json_reader_read(reader, arena, &text, 1, &bad);

    assert_true(vector_verify(v));
    strbuf_init(&out);
    if (vector_is_valid(v, 0))
        value_to_text(&out, v, 0, zone_utc());
    else
        strbuf_add_c(&out, "null");
    shown = arena_strdup(arena, strbuf_c(&out));
    strbuf_done(&out);
    json_reader_free(reader);
    exact_free(text);
    return shown;
}

/* Observed on Spark 4: facts, 'from_json (PERMISSIVE, …)', and around it. */
static void texts_are_read_as_sparks_from_json_reads_them(void **state)
{
#define S "struct<k:string,v:int,d:double,ts:timestamp,b:boolean>"
#define NULLS "{null, null, null, null, null}"
    static const struct {
        const char *type, *json, *out;
    } rows[] = {
        /* The text as a whole. */
        {S, "", "null"},
        {S, "  \n", "null"},
        {S, "not json", NULLS},
        {S, "{\"k\":\"a\",\"v\":2", NULLS},
        {S, "{k:\"a\"}", NULLS},
        {S, "{\"k\":\"a\",}", NULLS},
        {S, "{\"v\":01}", NULLS},
        {S, "null", NULLS},
        {S, "[]", NULLS},
        {S, "[{\"k\":\"a\"},{\"k\":\"b\"}]", NULLS},
        {S, "{", NULLS},
        {S, "}", NULLS},
        {S, "{\"k\"", NULLS},
        {S, "{\"k\"}", NULLS},
        {S, "{\"k\":}", NULLS},
        {S, "{\"k\":\"a\"]", NULLS},
        {S, "{\"k\":\"a}", NULLS},
        {S, "{\"k\":\"a\" \"v\":1}", NULLS},
        {S, "{\"v\":1 2}", NULLS},
        {S, "{\"v\":1x}", NULLS},
        {S, "{\"v\":-}", NULLS},
        {S, "{\"v\":1.}", NULLS},
        {S, "{\"v\":.5}", NULLS},
        {S, "{\"v\":1e}", NULLS},
        {S, "{\"v\":+1}", NULLS},
        {S, "{\"b\":tru}", NULLS},
        {S, "{\"b\":truex}", NULLS},
        {S, "{\"k\":\"a\tb\"}", NULLS},
        {S, "{\"k\":\"\\x\"}", NULLS},
        {S, "{\"k\":\"\\u12g4\"}", NULLS},
        {S, "{\"k\":\"\\", NULLS},
        {S, "{\"v\":1,\"x\":[1,,2]}", NULLS},
        {S, "{\"v\":1,\"x\":{\"y\":[}}", NULLS},
        {S, "{\"v\":1,\"x\":{\"y\"}}", NULLS},
        {S, "{\"v\":1,\"x\":[1,2}", NULLS},
        {S, "{}", NULLS},
        {S, " { } ", NULLS},
        {S, "{\"k\":\"a\"} and more", "{a, null, null, null, null}"},
        {S, "{\"k\":\"a\"}}", "{a, null, null, null, null}"},
        /* Fields. */
        {S, "{\"k\":\"a\",\"v\":2,\"d\":1.5,\"ts\":\"2024-01-01\",\"b\":true}",
         "{a, 2, 1.5, 2024-01-01 00:00:00, true}"},
        {S, " { \"v\" : 2 , \"k\" : \"a\" } ", "{a, 2, null, null, null}"},
        {S, "{\"x\":{\"y\":[1,{\"z\":null}]},\"k\":\"a\",\"extra\":\"\\\"\"}", "{a, null, null, null, null}"},
        {S, "{\"k\":null,\"v\":null}", NULLS},
        {S, "{\"K\":\"a\"}", NULLS},
        {S, "{\"k\":\"a\",\"k\":\"b\"}", "{b, null, null, null, null}"},
        {S, "{\"k\":\"a\",\"k\":null}", NULLS},
        {S, "{'k':'a','v':1}", "{a, 1, null, null, null}"},
        {S, "{\"\\u006b\":\"a\"}", "{a, null, null, null, null}"},
        /* Another type: only that field is NULL. */
        {S, "{\"v\":\"1\",\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":1.0,\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":1.5,\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":3000000000,\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":\"x\",\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":{\"a\":1},\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":[1],\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":true,\"d\":2.0}", "{null, null, 2.0, null, null}"},
        {S, "{\"v\":2147483647}", "{null, 2147483647, null, null, null}"},
        {S, "{\"v\":-2147483648}", "{null, -2147483648, null, null, null}"},
        {S, "{\"v\":1,\"v\":\"x\"}", NULLS},
        /* STRING takes anything. */
        {S, "{\"k\":1}", "{1, null, null, null, null}"},
        {S, "{\"k\":1.50}", "{1.5, null, null, null, null}"},
        {S, "{\"k\":true}", "{true, null, null, null, null}"},
        {S, "{\"k\":{\"x\":1}}", "{{\"x\":1}, null, null, null, null}"},
        {S, "{\"k\":[1, 2]}", "{[1,2], null, null, null, null}"},
        {S, "{\"k\": { 'x' : [ \"a b\\u00e9\\n\" , 1e3 ] } }", "{{\"x\":[\"a b\xC3\xA9\\n\",1000.0]}, null, null, null, null}"},
        {S, "{\"k\":12345678901234567890}", "{12345678901234567890, null, null, null, null}"},
        {S, "{\"k\":\"\"}", "{, null, null, null, null}"},
        {S, "{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "{\"\\/\b\f\n\r\t, null, null, null, null}"},
        {S, "{\"k\":\"\\u00e9\\u65e5\\ud83d\\ude00\"}", "{\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80, null, null, null, null}"},
        {S, "{\"k\":\"\\ud83dx\\ude00\"}", "{?x?, null, null, null, null}"},
        {S, "{\"k\":\"0123456789abcdef0123456789abcdef\\n\"}", "{0123456789abcdef0123456789abcdef\n, null, null, null, null}"},
        /* DOUBLE. */
        {S, "{\"d\":7}", "{null, null, 7.0, null, null}"},
        {S, "{\"d\":-0.25}", "{null, null, -0.25, null, null}"},
        {S, "{\"d\":1e3}", "{null, null, 1000.0, null, null}"},
        {S, "{\"d\":1E-3}", "{null, null, 0.001, null, null}"},
        {S, "{\"d\":123456789012345678901234567890}", "{null, null, 1.2345678901234568E29, null, null}"},
        {S, "{\"d\":0.1234567890123456789}", "{null, null, 0.12345678901234568, null, null}"},
        {S, "{\"d\":\"1.5\"}", NULLS},
        {S, "{\"d\":\"NaN\"}", "{null, null, NaN, null, null}"},
        {S, "{\"d\":NaN}", "{null, null, NaN, null, null}"},
        {S, "{\"d\":-Infinity}", "{null, null, -Infinity, null, null}"},
        {S, "{\"d\":\"-INF\"}", "{null, null, -Infinity, null, null}"},
        {S, "{\"v\":NaN}", NULLS},
        /* BOOLEAN. */
        {S, "{\"b\":\"true\"}", NULLS},
        {S, "{\"b\":1}", NULLS},
        {S, "{\"b\":false}", "{null, null, null, null, false}"},
        /* TIMESTAMP. */
        {S, "{\"ts\":\"2024-01-01 00:00:01\"}", "{null, null, null, 2024-01-01 00:00:01, null}"},
        {S, "{\"ts\":\"2024-01-01T00:00:01Z\"}", "{null, null, null, 2024-01-01 00:00:01, null}"},
        {S, "{\"ts\":\"2024-01-01T00:00:01+05:30\"}", "{null, null, null, 2023-12-31 18:30:01, null}"},
        {S, "{\"ts\":\"2024-01-01 00:00:00.123456789\"}", "{null, null, null, 2024-01-01 00:00:00.123456, null}"},
        {S, "{\"ts\":1704067200}", "{null, null, null, 2024-01-01 00:00:00, null}"},
        {S, "{\"ts\":1704067200123}", "{null, null, null, +55969-09-28 00:02:03, null}"},
        {S, "{\"ts\":9223372036854775807}", NULLS},
        {S, "{\"ts\":1.5}", NULLS},
        {S, "{\"ts\":\"1704067200\"}", NULLS},
        {S, "{\"ts\":\"bad\"}", NULLS},
        {"struct<t:timestamp_ntz>", "{\"t\":\"2024-01-01T00:00:00\"}", "{2024-01-01 00:00:00}"},
        {"struct<t:timestamp_ntz>", "{\"t\":\"2024-01-01T00:00:00Z\"}", "{null}"},
        /* BIGINT, DECIMAL. */
        {"struct<v:bigint>", "{\"v\":9223372036854775807}", "{9223372036854775807}"},
        {"struct<v:bigint>", "{\"v\":-9223372036854775808}", "{-9223372036854775808}"},
        {"struct<v:bigint>", "{\"v\":9223372036854775808}", "{null}"},
        {"struct<v:bigint>", "{\"v\":1e3}", "{null}"},
        {"struct<v:bigint>", "{\"v\" : 12 }", "{12}"},
        {"struct<v:smallint,w:tinyint>", "{\"v\":32768,\"w\":-128}", "{null, -128}"},
        {"struct<v:decimal(10,2)>", "{\"v\":1.119}", "{1.12}"},
        {"struct<v:decimal(10,2)>", "{\"v\":\"1.10\"}", "{1.10}"},
        {"struct<v:decimal(10,2)>", "{\"v\":\"1,234.5\"}", "{1234.50}"},
        {"struct<v:decimal(10,2)>", "{\"v\":'7'}", "{7.00}"},
        {"struct<v:decimal(10,2)>", "{\"v\":-12}", "{-12.00}"},
        {"struct<v:decimal(10,2)>", "{\"v\":1e2}", "{100.00}"},
        {"struct<v:decimal(10,2)>", "{\"v\":100000000}", "{null}"},
        {"struct<v:decimal(10,2)>", "{\"v\":\" 1\"}", "{null}"},
        {"struct<v:decimal(10,2)>", "{\"v\":\"\"}", "{null}"},
        {"struct<v:decimal(38,0)>", "{\"v\":99999999999999999999999999999999999999}", "{99999999999999999999999999999999999999}"},
        /* Others. */
        {"struct<v:date>", "{\"v\":\"2024-02-29\"}", "{2024-02-29}"},
        {"struct<v:date>", "{\"v\":19000}", "{null}"},
        {"struct<v:binary>", "{\"v\":\"aMOpbGxv\"}", "{h\xC3\xA9llo}"},
        {"struct<v:binary>", "{\"v\":\"a\"}", "{null}"},
        {"struct<v:void>", "{\"v\":null}", "{null}"},
        {"struct<v:float>", "{\"v\":0.1}", "{0.1}"},
        {"struct<v:interval year to month>", "{\"v\":\"1-2\"}", "{INTERVAL '1-2' YEAR TO MONTH}"},
        {"struct<v:interval day to second>", "{\"v\":\"INTERVAL '1 02:03:04' DAY TO SECOND\"}",
         "{INTERVAL '1 02:03:04' DAY TO SECOND}"},
        {"struct<v:interval>", "{\"v\":\"1 day\"}", "{1 days}"},
        /* Nested. */
        {"struct<v:array<int>>", "{\"v\":[1,null,3]}", "{[1, null, 3]}"},
        {"struct<v:array<int>>", "{\"v\":[]}", "{[]}"},
        {"struct<v:array<int>,w:int>", "{\"v\":[1,\"x\"],\"w\":1}", "{null, 1}"},
        {"struct<v:array<int>,w:int>", "{\"v\":[1,\"x\",{\"y\":[]}],\"w\":1}", "{null, 1}"},
        {"struct<v:array<int>>", "{\"v\":[1,2],\"v\":[3]}", "{[3]}"},
        {"struct<v:array<int>>", "{\"v\":1}", "{null}"},
        {"struct<v:array<array<string>>>", "{\"v\":[[\"a\"],[],null,[\"b\",\"c\"]]}", "{[[a], [], null, [b, c]]}"},
        {"struct<v:array<array<int>>>", "{\"v\":[[1],[2,\"x\"]]}", "{null}"},
        {"struct<v:struct<a:int,b:struct<c:string>>>", "{\"v\":{\"b\":{\"c\":\"x\"},\"a\":1}}", "{{1, {x}}}"},
        {"struct<v:struct<a:int,b:int>>", "{\"v\":{\"a\":\"x\",\"b\":2}}", "{{null, 2}}"},
        {"struct<v:struct<a:int,b:int>>", "{\"v\":{\"a\":1},\"v\":{\"b\":2}}", "{{null, 2}}"},
        {"struct<v:struct<a:int>>", "{\"v\":{\"a\":1},\"v\":null}", "{null}"},
        {"struct<v:struct<a:int>>", "{\"v\":\"x\"}", "{null}"},
        {"struct<v:array<struct<a:int>>>", "{\"v\":[{\"a\":1},{},{\"a\":\"x\"},null]}", "{[{1}, {null}, {null}, null]}"},
        {"struct<v:map<string,int>>", "{\"v\":{\"a\":1,\"b\":null}}", "{{a -> 1, b -> null}}"},
        {"struct<v:map<string,int>>", "{\"v\":{}}", "{{}}"},
        {"struct<v:map<string,int>,w:int>", "{\"v\":{\"a\":1,\"b\":\"x\"},\"w\":1}", "{null, 1}"},
        {"struct<v:map<string,int>>", "{\"v\":{\"a\":1,\"b\":2,\"a\":3}}", "{{a -> 3, b -> 2}}"},
        {"struct<v:map<int,array<int>>>", "{\"v\":{\"1\":[1],\"2\":[],\"1\":[2,3]}}", "{{1 -> [2, 3], 2 -> []}}"},
        {"struct<v:map<int,int>>", "{\"v\":{\"x\":1}}", "{null}"},
        /* Other roots. */
        {"array<int>", "[1,2]", "[1, 2]"},
        {"array<int>", "[1,", "null"},
        {"array<int>", "{\"a\":1}", "null"},
        {"array<struct<a:int>>", "{\"a\":1}", "[{1}]"},
        {"array<struct<a:int>>", "[{\"a\":1},{\"a\":2}]", "[{1}, {2}]"},
        {"map<string,int>", "{\"a\":1}", "{a -> 1}"},
        {"int", "12", "12"},
        {"string", "\"a\"", "a"},
        {"double", "1.5", "1.5"},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *out = from_json(&arena, rows[i].type, rows[i].json);

        if (strcmp(out, rows[i].out) != 0)
            fail_msg("%s as %s gives %s, not %s", rows[i].json, rows[i].type, out, rows[i].out);
    }
    arena_done(&arena);
}

static Batch *decode_all(Arena *arena, const char *type, FormatMode mode, const Str *records, uint32_t count,
                         uint32_t *rows, BadRecords *bad)
{
    const Type *record = type_of(arena, type);
    Schema schema = {record->field_count, record->fields};
    FormatOptions options = {.mode = mode, .zone = zone_utc()};
    Decoder *decoder;
    Batch *batch;

    assert_ok(format_json.decoder_create(&schema, &options, &decoder, &err));
    decoder->methods->decode(decoder, arena, records, count, &batch, rows, bad);
    assert_true(batch_verify(batch, &schema));
    decoder->methods->free(decoder);
    return batch;
}

static void a_strict_decoder_leaves_bad_records_out_and_says_why(void **state)
{
    static const char *const texts[] = {
        "{\"a\":1,\"b\":{\"c\":\"x\"},\"l\":[1,2]}",
        "{\"l\":[1,2,3],\"b\":{\"c\":\"y\"},\"a\":\"one\"}",
        "{\"a\":2,\"b\":{\"c\":\"z\"}}",
        "{\"a\":3",
        "",
        "{\"a\":3,\"l\":[7,\"seven\"]}",
        "{\"a\":3,\"b\":{\"d\":\"0123456789012345678901234567890123456789\xC3\xA9\",\"t\":\"0123456789012345678901234567890123456789\"}}",
        "{\"a\":4} {\"a\":5}",
        "{\"l\":[4],\"a\":6}  ",
        "nonsense",
        "{\"a\":1,}",
        "{\"a\":NaN}",
    };
    static const struct {
        uint32_t record_i;
        const char *reason, *message;
    } expected[] = {
        {1, "bad_value", "column a: \"one\" is no INT"},
        {3, "malformed_json", "not JSON: the text ends at byte 7, a closing bracket expected"},
        {4, "malformed_json", "not JSON: the text ends at byte 1, an object expected"},
        {5, "bad_value", "column l: \"seven\" is no INT"},
        {6, "bad_value", "column b.t: \"012345678901234567890123456789012345678... is no TIMESTAMP"},
        {7, "malformed_json", "not JSON: byte 9: nothing more expected, found '{\"a\":5}'"},
        {9, "malformed_json", "not JSON: byte 1: an object expected, found 'nonsense'"},
        {10, "malformed_json", "not JSON: byte 8: a name in quotes expected, found '}'"},
        {11, "bad_value", "column a: NaN is no INT"},
    };
    Str records[COUNT_OF(texts)];
    uint32_t rows[COUNT_OF(texts)];
    BadRecords bad = {0};
    StrBuf out;
    Arena arena;
    Batch *batch;

    arena_init(&arena);
    strbuf_init(&out);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        records[i] = str_of(texts[i]);
    batch = decode_all(&arena, "struct<a:int,b:struct<c:string,t:timestamp>,l:array<int>>", FORMAT_STRICT, records,
                       COUNT_OF(texts), rows, &bad);
    assert_int_equal(bad.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(bad.items[i].record_i, expected[i].record_i);
        assert_string_equal(bad.items[i].reason, expected[i].reason);
        assert_string_equal(bad.items[i].message, expected[i].message);
    }
    assert_int_equal(batch->row_count, 3);
    assert_int_equal(rows[0], 0);
    assert_int_equal(rows[1], 2);
    assert_int_equal(rows[2], 8);
    for (uint32_t c = 0; c < 3; c++) {
        for (uint32_t i = 0; i < 3; i++) {
            if (vector_is_valid(batch->columns[c], i))
                value_to_text(&out, batch->columns[c], i, zone_utc());
            else
                strbuf_add_c(&out, "null");
            strbuf_add_c(&out, "; ");
        }
    }
    assert_string_equal(strbuf_c(&out), "1; 2; 6; {x, null}; {z, null}; null; [1, 2]; null; [4]; ");
    strbuf_done(&out);
    arena_done(&arena);
}

/* Found by fuzz_json: what a list broken off had put into its column was given to the next one. */
static void a_list_broken_off_leaves_nothing_to_the_next_record(void **state)
{
    static const char *const texts[] = {
        "{\"a\":[{\"b\":[1,2]},{\"b\":[3<]}]}", "{\"a\":[{\"b\":[4]}]}", "{\"a\":[{\"b\":[5,6]}],\"m\":{\"x\":[7],\"y\":[8",
        "{\"m\":{\"z\":[9]}}", "{\"a\":[{\"b\":[5,\"x\"]}", "{\"a\":[{\"b\":[]}],\"m\":{}}",
    };
    static const FormatMode modes[] = {FORMAT_STRICT, FORMAT_PERMISSIVE};
    static const char *const expected[] = {
        "[{[4]}]; null; [{[]}]; null; {z -> [9]}; {}; ",
        "null; [{[4]}]; null; null; null; [{[]}]; null; null; null; {z -> [9]}; null; {}; ",
    };
    Str records[COUNT_OF(texts)];
    Arena arena;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        records[i] = str_of(texts[i]);
    for (size_t m = 0; m < COUNT_OF(modes); m++) {
        BadRecords bad = {0};
        Batch *batch = decode_all(&arena, "struct<a:array<struct<b:array<int>>>,m:map<string,array<int>>>", modes[m],
                                  records, COUNT_OF(texts), NULL, &bad);

        strbuf_clear(&out);
        for (uint32_t c = 0; c < 2; c++) {
            for (uint32_t i = 0; i < batch->row_count; i++) {
                if (vector_is_valid(batch->columns[c], i))
                    value_to_text(&out, batch->columns[c], i, zone_utc());
                else
                    strbuf_add_c(&out, "null");
                strbuf_add_c(&out, "; ");
            }
        }
        assert_string_equal(strbuf_c(&out), expected[m]);
    }
    strbuf_done(&out);
    arena_done(&arena);
}

static void a_permissive_decoder_gives_a_row_a_record_but_none_for_an_empty_line(void **state)
{
    static const Str records[] = {{"{\"a\":1}", 7}, {"", 0}, {"x", 1}, {NULL, 0}, {"{\"a\":\"x\"}", 9}};
    uint32_t rows[5];
    BadRecords bad = {0};
    Arena arena;
    Batch *batch;

    arena_init(&arena);
    batch = decode_all(&arena, "struct<a:int>", FORMAT_PERMISSIVE, records, 5, rows, &bad);
    assert_int_equal(bad.count, 0);
    assert_int_equal(batch->row_count, 3);
    assert_int_equal(rows[1], 2);
    assert_int_equal(rows[2], 4);
    assert_int_equal(vector_null_count(batch->columns[0]), 2);
    arena_done(&arena);
}

static void from_json_tells_which_texts_are_malformed_and_which_misfit(void **state)
{
    static const Str texts[] = {{"{\"a\":1}", 7}, {"{\"a\":\"x\"}", 9}, {"x", 1}, {"", 0}};
    Arena arena;
    BadRecords bad = {0};
    JsonReader *reader;
    Vector *v;

    arena_init(&arena);
    reader = json_reader_create(type_of(&arena, "struct<a:int>"), FORMAT_PERMISSIVE, zone_utc());
    v = json_reader_read(reader, &arena, texts, 4, &bad);
    assert_int_equal(bad.count, 2);
    assert_int_equal(bad.items[0].record_i, 1);
    assert_string_equal(bad.items[0].reason, "bad_value");
    assert_int_equal(bad.items[1].record_i, 2);
    assert_string_equal(bad.items[1].reason, "malformed_json");
    assert_true(vector_is_valid(v, 2) && !vector_is_valid(v, 3));
    json_reader_free(reader);
    arena_done(&arena);
}

/* Names remembered from one record must never be taken for another's. */
static void the_order_of_fields_never_matters(void **state)
{
    static const char *const names[] = {"a", "ab", "abc", "a_name_of_more_than_thirty_two_bytes_in_all",
                                        "sixteen_bytes_nm", "x", "y"};
    Random random = {31};
    Arena arena;
    enum { RECORDS = 2000 };
    static Str records[RECORDS];
    static int64_t values[RECORDS][COUNT_OF(names)];
    BadRecords bad = {0};
    Batch *batch;

    arena_init(&arena);
    for (int i = 0; i < RECORDS; i++) {
        StrBuf text;
        uint32_t order[COUNT_OF(names)];

        for (uint32_t n = 0; n < COUNT_OF(names); n++)
            order[n] = n;
        for (uint32_t n = COUNT_OF(names) - 1; i % 3 && n > 0; n--) {
            uint32_t other = (uint32_t)random_below(&random, n + 1);
            uint32_t swap = order[n];

            order[n] = order[other];
            order[other] = swap;
        }
        strbuf_init(&text);
        strbuf_add_char(&text, '{');
        for (uint32_t n = 0; n < COUNT_OF(names); n++) {
            int64_t value = (int64_t)random_below(&random, 1000);

            values[i][order[n]] = value;
            strbuf_printf(&text, "%s\"%s\"%s:%lld", n ? "," : "", names[order[n]], i % 7 ? "" : " ", (long long)value);
        }
        strbuf_add_char(&text, '}');
        records[i] = str_copy(&arena, strbuf_str(&text));
        strbuf_done(&text);
    }
    /* x and y are not read. */
    batch = decode_all(&arena,
                       "struct<a:int,ab:int,abc:int,a_name_of_more_than_thirty_two_bytes_in_all:int,"
                       "sixteen_bytes_nm:int>",
                       FORMAT_STRICT, records, RECORDS, NULL, &bad);
    assert_int_equal(bad.count, 0);
    for (uint32_t i = 0; i < RECORDS; i++) {
        for (uint32_t c = 0; c < 5; c++)
            assert_int_equal(vector_i32(batch->columns[c])[i], values[i][c]);
    }
    arena_done(&arena);
}

/* ── writing ───────────────────────────────────────────────────────────────────────────────────*/

static void values_are_written_as_sparks_to_json_writes_them(void **state)
{
    static const struct {
        const char *type, *in, *out;
    } rows[] = {
        {"struct<a:int,b:string,c:int>", "{\"b\":\"x\\n\\u0001\\\"\\\\/é\"}", "{\"b\":\"x\\n\\u0001\\\"\\\\/é\"}"},
        {"struct<a:struct<b:int>,c:array<int>>", "{\"a\":{},\"c\":[null,1]}", "{\"a\":{},\"c\":[null,1]}"},
        {"struct<t:timestamp>", "{\"t\":\"2024-01-01T00:00:00.5Z\"}", "{\"t\":\"2024-01-01T00:00:00.500Z\"}"},
        {"struct<t:timestamp>", "{\"t\":\"2024-01-01T00:00:00.123456Z\"}", "{\"t\":\"2024-01-01T00:00:00.123456Z\"}"},
        {"struct<t:timestamp_ntz>", "{\"t\":\"2024-01-01 00:00:00\"}", "{\"t\":\"2024-01-01T00:00:00.000\"}"},
        {"struct<d:date>", "{\"d\":\"2024-1-1\"}", "{\"d\":\"2024-01-01\"}"},
        {"struct<d:double,e:double,f:float>", "{\"d\":1e10,\"e\":\"NaN\",\"f\":0.1}", "{\"d\":1.0E10,\"e\":\"NaN\",\"f\":0.1}"},
        {"struct<d:decimal(10,2)>", "{\"d\":1.5}", "{\"d\":1.50}"},
        {"struct<b:binary>", "{\"b\":\"aMOpbGw=\"}", "{\"b\":\"aMOpbGw=\"}"},
        {"struct<b:boolean>", "{\"b\":true}", "{\"b\":true}"},
        {"struct<m:map<string,int>>", "{\"m\":{\"a\\\"b\":1,\"c\":null}}", "{\"m\":{\"a\\\"b\":1,\"c\":null}}"},
        {"struct<i:interval day to second>", "{\"i\":\"1 00:00:00\"}", "{\"i\":\"INTERVAL '1 00:00:00' DAY TO SECOND\"}"},
        {"array<struct<a:int>>", "[{\"a\":1},null]", "[{\"a\":1},null]"},
    };
    Arena arena;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        JsonReader *reader = json_reader_create(type_of(&arena, rows[i].type), FORMAT_PERMISSIVE, zone_utc());
        Str text = str_of(rows[i].in);
        Vector *v = json_reader_read(reader, &arena, &text, 1, NULL);

        strbuf_clear(&out);
        json_write_value(&out, v, 0, zone_utc());
        assert_string_equal(strbuf_c(&out), rows[i].out);
        json_reader_free(reader);
    }
    strbuf_done(&out);
    arena_done(&arena);
}

static void timestamps_are_written_with_the_zones_offset(void **state)
{
    static const struct {
        const char *zone, *out;
    } rows[] = {
        {"America/Los_Angeles", "\"2023-12-31T16:00:00.000-08:00\""},
        {"Asia/Kolkata", "\"2024-01-01T05:30:00.000+05:30\""},
        {"Europe/London", "\"2024-01-01T00:00:00.000Z\""},
    };
    Arena arena;
    StrBuf out;
    Vector *v;

    arena_init(&arena);
    strbuf_init(&out);
    v = vector_new(&arena, &type_timestamp, 1);
    vector_i64(v)[0] = INT64_C(1704067200000000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const Zone *zone;

        assert_ok(zone_find(str_of(rows[i].zone), &zone, &err));
        strbuf_clear(&out);
        json_write_value(&out, v, 0, zone);
        assert_string_equal(strbuf_c(&out), rows[i].out);
    }
    strbuf_done(&out);
    arena_done(&arena);
}

static void bytes_that_are_not_utf8_become_replacement_characters(void **state)
{
    Arena arena;
    StrBuf out;
    Vector *v;

    arena_init(&arena);
    strbuf_init(&out);
    v = vector_new(&arena, &type_string, 1);
    vector_strs(v)[0] = STR("a\xFF\xC3\xA9\xE2\x82");
    json_write_value(&out, v, 0, zone_utc());
    assert_string_equal(strbuf_c(&out), "\"a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"");
    strbuf_done(&out);
    arena_done(&arena);
}

/* ── there and back ────────────────────────────────────────────────────────────────────────────*/

/* Types whose values JSON keeps: map keys that are strings, and no BINARY keys. */
static bool json_keeps(const Type *type)
{
    if (type->kind == TYPE_MAP && (type->fields[0].type->kind == TYPE_BINARY || type_is_nested(type->fields[0].type) ||
                                   type->fields[0].type->kind == TYPE_VOID))
        return false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!json_keeps(type->fields[i].type))
            return false;
    }
    return true;
}

static void any_batch_reads_back_at_any_batch_size(void **state)
{
    Random random = {41};

    for (int round = 0; round < 300; round++) {
        enum { COLUMNS = 4, ROWS = 50 };
        Field columns[COLUMNS];
        static const char *const names[] = {"a", "b \"quoted\"", "c", "d\xC3\xA9"};
        Schema schema = {COLUMNS, columns};
        FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc()};
        Str records[ROWS];
        Encoder *encoder;
        Decoder *decoder;
        Batch *batch, *back;
        BadRecords bad = {0};
        StrBuf out;
        Arena arena;

        arena_init(&arena);
        if (round % 3 == 0)
            assert_ok(zone_find(STR("America/New_York"), &options.zone, &err));
        batch = batch_new(&arena, COLUMNS, ROWS);
        for (uint32_t c = 0; c < COLUMNS; c++) {
            const Type *type;

            do
                type = random_type(&arena, &random, 3, false);
            while (!json_keeps(type));
            columns[c] = (Field){str_of(names[c]), type, true};
            batch->columns[c] = random_vector(&arena, &random, type, ROWS);
        }
        assert_ok(format_json.encoder_create(&schema, &options, &encoder, &err));
        assert_ok(format_json.decoder_create(&schema, &options, &decoder, &err));
        strbuf_init(&out);
        for (uint32_t i = 0; i < ROWS; i++) {
            strbuf_clear(&out);
            encoder->methods->encode(encoder, batch, i, &out);
            records[i] = exact(out.data, out.bytes);
        }
        for (uint32_t from = 0, count; from < ROWS; from += count) {
            count = 1 + (uint32_t)random_below(&random, round % 2 ? ROWS : 3);
            count = MIN(count, ROWS - from);
            decoder->methods->decode(decoder, &arena, records + from, count, &back, NULL, &bad);
            if (bad.count)
                fail_msg("%.*s: %s", STR_ARG(records[from + bad.items[0].record_i]), bad.items[0].message);
            assert_true(batch_verify(back, &schema));
            for (uint32_t c = 0; c < COLUMNS; c++) {
                for (uint32_t i = 0; i < count; i++) {
                    if (!vector_same(batch->columns[c], from + i, back->columns[c], i))
                        fail_msg("%s: %.*s", type_name_in(&arena, columns[c].type), STR_ARG(records[from + i]));
                }
            }
        }
        for (uint32_t i = 0; i < ROWS; i++) {
            exact_free(records[i]);
        }
        strbuf_done(&out);
        encoder->methods->free(encoder);
        decoder->methods->free(decoder);
        arena_done(&arena);
    }
}

static void lines_are_records(void **state)
{
    Str text = STR("{\"a\":1}\r\n\n{\"a\":2}\n{\"a\":3}");
    Str record;

    assert_int_equal(format_json.next_record(text, false, &record), 9);
    assert_str_is(record, "{\"a\":1}");
    text = str_slice(text, 9, text.bytes);
    assert_int_equal(format_json.next_record(text, false, &record), 1);
    assert_str_is(record, "");
    text = str_slice(text, 1, text.bytes);
    assert_int_equal(format_json.next_record(text, false, &record), 8);
    text = str_slice(text, 8, text.bytes);
    assert_int_equal(format_json.next_record(text, false, &record), 0);
    assert_int_equal(format_json.next_record(text, true, &record), 7);
    assert_str_is(record, "{\"a\":3}");
    assert_int_equal(format_json.next_record(STR_EMPTY, true, &record), 0);
}

static void nesting_without_end_is_refused(void **state)
{
    Arena arena;
    StrBuf text;
    BadRecords bad = {0};
    Str record;

    arena_init(&arena);
    strbuf_init(&text);
    strbuf_add_c(&text, "{\"x\":");
    for (int i = 0; i < 1000000; i++)
        strbuf_add_char(&text, '[');
    for (int i = 0; i < 1000000; i++)
        strbuf_add_char(&text, ']');
    strbuf_add_char(&text, '}');
    record = strbuf_str(&text);
    (void)decode_all(&arena, "struct<a:int>", FORMAT_STRICT, &record, 1, NULL, &bad);
    assert_int_equal(bad.count, 1);
    assert_non_null(strstr(bad.items[0].message, "less nesting"));
    strbuf_done(&text);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_as_sparks_from_json_reads_them),
        cmocka_unit_test(a_strict_decoder_leaves_bad_records_out_and_says_why),
        cmocka_unit_test(a_list_broken_off_leaves_nothing_to_the_next_record),
        cmocka_unit_test(a_permissive_decoder_gives_a_row_a_record_but_none_for_an_empty_line),
        cmocka_unit_test(from_json_tells_which_texts_are_malformed_and_which_misfit),
        cmocka_unit_test(the_order_of_fields_never_matters),
        cmocka_unit_test(values_are_written_as_sparks_to_json_writes_them),
        cmocka_unit_test(timestamps_are_written_with_the_zones_offset),
        cmocka_unit_test(bytes_that_are_not_utf8_become_replacement_characters),
        cmocka_unit_test(any_batch_reads_back_at_any_batch_size),
        cmocka_unit_test(lines_are_records),
        cmocka_unit_test(nesting_without_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
