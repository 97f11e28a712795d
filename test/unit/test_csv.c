/* test_csv.c: separated values, raw records, and the list of formats. */
#include "unit.h"

#include <stdlib.h>

#include "column/format_value.h"
#include "format/format.h"
#include "random_vector.h"

static Schema schema_of(Arena *arena, const char *columns)
{
    const Type *record = NULL;

    assert_ok(type_parse_columns(arena, str_of(columns), &record, &err));
    return (Schema){record->field_count, record->fields};
}

typedef struct CsvCase {
    const char *options, *columns, *record_columns;
    FormatMode mode;
} CsvCase;

static Batch *decode(Arena *arena, const CsvCase *how, const Str *records, uint32_t count, uint32_t *rows,
                     BadRecords *bad)
{
    Schema schema = schema_of(arena, how->columns);
    Schema record;
    FormatOptions options = {.mode = how->mode, .zone = zone_utc()};
    Decoder *decoder;
    Batch *batch;

    if (how->options)
        options.options = str_of(how->options);
    if (how->record_columns) {
        record = schema_of(arena, how->record_columns);
        options.record_schema = &record;
    }
    assert_ok(format_find(STR("csv"))->decoder_create(&schema, &options, &decoder, &err));
    decoder->methods->decode(decoder, arena, records, count, &batch, rows, bad);
    assert_true(batch_verify(batch, &schema));
    decoder->methods->free(decoder);
    return batch;
}

/* A row as `a|b|NULL`. */
static const char *row_text(Arena *arena, const Batch *batch, uint32_t row_i)
{
    StrBuf out;
    const char *text;

    strbuf_init(&out);
    for (uint32_t c = 0; c < batch->column_count; c++) {
        if (c > 0)
            strbuf_add_char(&out, '|');
        if (vector_is_valid(batch->columns[c], row_i))
            value_to_text(&out, batch->columns[c], row_i, zone_utc());
        else
            strbuf_add_c(&out, "NULL");
    }
    text = arena_strdup(arena, strbuf_c(&out));
    strbuf_done(&out);
    return text;
}

static void records_are_cut_into_values(void **state)
{
    static const struct {
        const char *options, *record, *out; /* NULL: refused. */
    } rows[] = {
        {NULL, "a,b,c", "a|b|c"},
        {NULL, ",,", "NULL|NULL|NULL"},
        {NULL, "\"\",\"a,b\",\"c\nd\"", "|a,b|c\nd"},
        {NULL, "\"a\"\"b\",\"\"\"\",\"x\\\"y\"", "a\"b|\"|x\"y"},
        {NULL, "\"a\\\\\",b,c", "a\\|b|c"},
        {"escape=\"", "\"a\\\",\"b\"\"c\",d", "a\\|b\"c|d"},
        {NULL, " a , b,c ", " a | b|c "},
        {NULL, "a\"b,c\"\"d,\\n", "a\"b|c\"\"d|\\n"},
        {"sep=;", "a;b,c;d", "a|b,c|d"},
        {"delimiter=\\t", "a\tb\tc", "a|b|c"},
        {"quote='", "'a,b','c''d',\"e\"", "a,b|c'd|\"e\""},
        {"nullValue=NULL", "NULL,\"NULL\",", "NULL|NULL|"},
        {"sep=|\nnullValue=-\n", "-|a|", "NULL|a|NULL"},
        {NULL, "\xC3\xA9,\xE6\x97\xA5,x", "\xC3\xA9|\xE6\x97\xA5|x"},
        {NULL, "a,b", NULL},
        {NULL, "a,b,c,d", NULL},
        {NULL, "", NULL},
        {NULL, "\"a,b,c", NULL},
        {NULL, "\"a\"x,b,c", NULL},
        {NULL, "a,b,\"c\\\"", NULL},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CsvCase how = {rows[i].options, "a string, b string, c string", NULL, FORMAT_STRICT};
        char *copy = malloc(strlen(rows[i].record) + 1); /* Without the NUL, for sanitizers. */
        Str record = {copy, (uint32_t)strlen(rows[i].record)};
        BadRecords bad = {0};
        Batch *batch;

        memcpy(copy, rows[i].record, record.bytes);
        copy = realloc(copy, record.bytes ? record.bytes : 1);
        record.data = copy;
        batch = decode(&arena, &how, &record, 1, NULL, &bad);
        assert_int_equal(batch->row_count, rows[i].out != NULL);
        assert_int_equal(bad.count, rows[i].out == NULL);
        if (rows[i].out && i != 11)
            assert_string_equal(row_text(&arena, batch, 0), rows[i].out);
        if (i == 11) /* What is quoted is never NULL. */
            assert_true(!vector_is_valid(batch->columns[0], 0) && vector_is_valid(batch->columns[1], 0));
        if (bad.count)
            assert_string_equal(bad.items[0].reason, "malformed_csv");
        free(copy);
    }
    arena_done(&arena);
}

static void values_are_read_as_their_columns_types(void **state)
{
    static const struct {
        const char *type, *text, *out; /* NULL: does not fit. */
    } rows[] = {
        {"int", "12", "12"},
        {"int", "-12", "-12"},
        {"int", "+7", "7"},
        {"int", " 12", NULL},
        {"int", "1.0", NULL},
        {"int", "3000000000", NULL},
        {"tinyint", "128", NULL},
        {"smallint", "-32768", "-32768"},
        {"bigint", "9223372036854775807", "9223372036854775807"},
        {"double", "1.5", "1.5"},
        {"double", "Inf", "Infinity"},
        {"double", "-Inf", "-Infinity"},
        {"double", "NaN", "NaN"},
        {"double", "x", NULL},
        {"float", "0.1", "0.1"},
        {"decimal(10,2)", "1,234.565", "1234.57"},
        {"decimal(10,2)", "100000000", NULL},
        {"boolean", "TRUE", "true"},
        {"boolean", "yes", NULL},
        {"date", "2024-02-29", "2024-02-29"},
        {"date", "2023-02-29", NULL},
        {"timestamp", "2024-01-01T00:00:00.5Z", "2024-01-01 00:00:00.5"},
        {"timestamp", "2024-01-01 00:00:00+01:00", "2023-12-31 23:00:00"},
        {"timestamp_ntz", "2024-01-01 00:00:00Z", NULL},
        {"interval day to second", "1 00:00:01", "INTERVAL '1 00:00:01' DAY TO SECOND"},
        {"interval year", "3", "INTERVAL '3' YEAR"},
        {"interval", "1 day", "1 days"},
        {"string", "x", "x"},
        {"binary", "x", "x"},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CsvCase how = {NULL, arena_printf(&arena, "a string, v %s", rows[i].type), NULL, FORMAT_STRICT};
        StrBuf text;
        BadRecords bad = {0};
        Batch *batch;
        Str record;

        strbuf_init(&text);
        strbuf_printf(&text, "a,\"%s\"", rows[i].text);
        record = strbuf_str(&text);
        batch = decode(&arena, &how, &record, 1, NULL, &bad);
        if ((bad.count == 0) != (rows[i].out != NULL))
            fail_msg("%s as %s: %u", rows[i].text, rows[i].type, bad.count);
        if (bad.count) {
            assert_string_equal(bad.items[0].reason, "bad_value");
            assert_non_null(strstr(bad.items[0].message, "column v: '"));
        } else {
            assert_string_equal(row_text(&arena, batch, 0), arena_printf(&arena, "a|%s", rows[i].out));
        }
        how.mode = FORMAT_PERMISSIVE;
        bad = (BadRecords){0};
        batch = decode(&arena, &how, &record, 1, NULL, &bad);
        assert_int_equal(bad.count, 0);
        assert_string_equal(row_text(&arena, batch, 0),
                            arena_printf(&arena, "a|%s", rows[i].out ? rows[i].out : "NULL"));
        strbuf_done(&text);
    }
    arena_done(&arena);
}

static void only_the_columns_asked_for_are_read_by_their_place(void **state)
{
    static const Str records[] = {{"1,x,2.5,zzz", 11}, {"bad", 3}, {"y,x,2.5,3", 9}};
    CsvCase how = {NULL, "d int, a int", "a int, b int, c int, d int", FORMAT_PERMISSIVE};
    uint32_t rows[3];
    BadRecords bad = {0};
    Arena arena;
    Batch *batch;

    arena_init(&arena);
    batch = decode(&arena, &how, records, 3, rows, &bad);
    assert_int_equal(batch->row_count, 3);
    assert_string_equal(row_text(&arena, batch, 0), "NULL|1");
    assert_string_equal(row_text(&arena, batch, 1), "NULL|NULL");
    assert_string_equal(row_text(&arena, batch, 2), "3|NULL");
    how.mode = FORMAT_STRICT;
    batch = decode(&arena, &how, records, 3, rows, &bad);
    assert_int_equal(batch->row_count, 0);
    assert_int_equal(bad.count, 3);
    assert_string_equal(bad.items[0].message, "column d: 'zzz' is no INT");
    assert_string_equal(bad.items[1].message, "1 values, 4 expected");
    assert_int_equal(bad.items[2].record_i, 2);
    arena_done(&arena);
}

static void what_csv_cannot_hold_is_refused(void **state)
{
    static const struct {
        const char *columns, *options;
    } rows[] = {
        {"a array<int>", ""}, {"a struct<b:int>", ""}, {"a map<int,int>", ""}, {"a int", "sep="},
        {"a int", "comment=##"}, {"a int", "quote="},  {"a int", "sep=\""},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Schema schema = schema_of(&arena, rows[i].columns);
        FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc(), .options = str_of(rows[i].options)};
        Decoder *decoder = NULL;
        Encoder *encoder = NULL;
        Error err = {0};

        assert_false(format_find(STR("csv"))->decoder_create(&schema, &options, &decoder, &err));
        assert_false(format_find(STR("csv"))->encoder_create(&schema, &options, &encoder, &err));
        assert_int_equal(err.kind, ERROR_USER);
        assert_null(decoder);
    }
    arena_done(&arena);
}

static void any_batch_reads_back_from_csv(void **state)
{
    static const char *const option_sets[] = {"", "sep=;\nquote='", "escape=\"\nnullValue=NULL", "sep=\\t", "sep=||", "sep=<>\ncomment=%"};
    Random random = {51};

    for (int round = 0; round < 300; round++) {
        enum { COLUMNS = 5, ROWS = 40 };
        Field columns[COLUMNS];
        Schema schema = {COLUMNS, columns};
        FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc()};
        Encoder *encoder;
        Decoder *decoder;
        Batch *batch, *back;
        BadRecords bad = {0};
        StrBuf out;
        Str rest;
        Arena arena;
        uint32_t count = 0;
        Str records[ROWS];

        arena_init(&arena);
        options.options = str_of(option_sets[round % 4]);
        batch = batch_new(&arena, COLUMNS, ROWS);
        for (uint32_t c = 0; c < COLUMNS; c++) {
            const Type *type;

            do
                type = random_type(&arena, &random, 0, false);
            while (type->kind == TYPE_VOID);
            columns[c] = (Field){str_of(arena_printf(&arena, "c%u", c)), type, true};
            batch->columns[c] = random_vector(&arena, &random, type, ROWS);
        }
        assert_ok(format_find(STR("CSV"))->encoder_create(&schema, &options, &encoder, &err));
        assert_ok(format_find(STR("csv"))->decoder_create(&schema, &options, &decoder, &err));
        strbuf_init(&out);
        for (uint32_t i = 0; i < ROWS; i++) {
            encoder->methods->encode(encoder, batch, i, &out);
            strbuf_add_char(&out, '\n');
        }
        rest = strbuf_str(&out);
        /* The cutting of files into records knows only '"' and '\'. */
        if (round % 4 == 1 || round % 4 == 2) {
            StrBuf one;

            for (count = 0; count < ROWS; count++) {
                strbuf_init(&one);
                encoder->methods->encode(encoder, batch, count, &one);
                records[count] = str_copy(&arena, strbuf_str(&one));
                strbuf_done(&one);
            }
        } else {
            for (; count < ROWS; count++) {
                size_t bytes = format_find(STR("csv"))->next_record(rest, false, &records[count]);

                assert_true(bytes > 0);
                rest = str_slice(rest, (uint32_t)bytes, rest.bytes);
            }
            assert_int_equal(rest.bytes, 0);
        }
        decoder->methods->decode(decoder, &arena, records, ROWS, &back, NULL, &bad);
        if (bad.count)
            fail_msg("'%.*s': %s", STR_ARG(records[bad.items[0].record_i]), bad.items[0].message);
        assert_true(batch_verify(back, &schema));
        for (uint32_t c = 0; c < COLUMNS; c++) {
            for (uint32_t i = 0; i < ROWS; i++) {
                if (!vector_same(batch->columns[c], i, back->columns[c], i))
                    fail_msg("%s: '%.*s'", type_name_in(&arena, columns[c].type), STR_ARG(records[i]));
            }
        }
        strbuf_done(&out);
        encoder->methods->free(encoder);
        decoder->methods->free(decoder);
        arena_done(&arena);
    }
}

static void values_are_written_with_quotes_where_needed(void **state)
{
    static const char *const texts[] = {"a", "a,b", "a\"b", "", " a", "a\nb", "a\\b"};
    Arena arena;
    Schema schema;
    FormatOptions options = {.zone = zone_utc(), .options = STR("header=true")};
    Encoder *encoder;
    VectorBuilder a, t;
    Batch *batch;
    StrBuf out;

    arena_init(&arena);
    schema = schema_of(&arena, "a string, `b,c` timestamp");
    strbuf_init(&out);
    builder_init(&a, &arena, &type_string, 0);
    builder_init(&t, &arena, &type_timestamp, 0);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        builder_add_str(&a, str_of(texts[i]));
        builder_add_i64(&t, (int64_t)i * 500);
    }
    builder_add_null(&a);
    builder_add_null(&t);
    batch = batch_new(&arena, 2, COUNT_OF(texts) + 1);
    batch->columns[0] = builder_finish(&a);
    batch->columns[1] = builder_finish(&t);
    assert_ok(format_find(STR("csv"))->encoder_create(&schema, &options, &encoder, &err));
    encoder->methods->header(encoder, &out);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        strbuf_add_char(&out, '/');
        encoder->methods->encode(encoder, batch, i, &out);
    }
    assert_string_equal(strbuf_c(&out),
                        "a,\"b,c\"/a,1970-01-01T00:00:00.000Z/\"a,b\",1970-01-01T00:00:00.000500Z/"
                        "\"a\\\"b\",1970-01-01T00:00:00.001Z/\"\",1970-01-01T00:00:00.001500Z/"
                        "\" a\",1970-01-01T00:00:00.002Z/\"a\nb\",1970-01-01T00:00:00.002500Z/"
                        "a\\b,1970-01-01T00:00:00.003Z/,");
    encoder->methods->free(encoder);
    strbuf_done(&out);
    arena_done(&arena);
}

static void quoted_newlines_belong_to_the_record(void **state)
{
    static const struct {
        const char *text;
        bool at_end;
        size_t bytes;
        const char *record;
    } rows[] = {
        {"a,b\nc", false, 4, "a,b"},
        {"a,b\r\nc", false, 5, "a,b"},
        {"a,b", false, 0, NULL},
        {"a,b", true, 3, "a,b"},
        {"a,\"b\nc\"\nd", false, 8, "a,\"b\nc\""},
        {"\"a\"\"\nb\"\nc", false, 8, "\"a\"\"\nb\""},
        {"a\"b\nc", false, 4, "a\"b"},
        {"\"a\\\"\nb\"\nc", false, 8, "\"a\\\"\nb\""},
        {"\"never closed\nnext", false, 0, NULL},
        {"\"never closed\nnext", true, 14, "\"never closed"},
        {"", true, 0, NULL},
        {"\n", false, 1, ""},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Str record = {0};
        size_t bytes = format_find(STR("csv"))->next_record(str_of(rows[i].text), rows[i].at_end, &record);

        assert_int_equal(bytes, rows[i].bytes);
        if (rows[i].record)
            assert_str_is(record, rows[i].record);
    }
}

static void raw_records_are_the_value(void **state)
{
    static const Str records[] = {{"a\xFF", 2}, {"", 0}, {NULL, 0}};
    Arena arena;
    Schema schema, two, number, none = {0, NULL};
    FormatOptions options = {.mode = FORMAT_STRICT, .zone = zone_utc()};
    const Format *raw = format_find(STR("raw"));
    Decoder *decoder;
    Encoder *encoder;
    Batch *batch;
    BadRecords bad = {0};
    StrBuf out;
    Error refusal = {0};
    uint32_t rows[3];

    arena_init(&arena);
    strbuf_init(&out);
    schema = schema_of(&arena, "value binary");
    two = schema_of(&arena, "a string, b string");
    number = schema_of(&arena, "a int");
    assert_false(raw->decoder_create(&two, &options, &decoder, &refusal));
    assert_false(raw->decoder_create(&number, &options, &decoder, &refusal));
    assert_ok(raw->decoder_create(&schema, &options, &decoder, &err));
    assert_ok(raw->encoder_create(&schema, &options, &encoder, &err));
    decoder->methods->decode(decoder, &arena, records, 3, &batch, rows, &bad);
    assert_true(batch_verify(batch, &schema));
    assert_int_equal(batch->row_count, 3);
    assert_false(vector_is_valid(batch->columns[0], 2));
    encoder->methods->encode(encoder, batch, 0, &out);
    assert_string_equal(strbuf_c(&out), "a\xFF");
    decoder->methods->free(decoder);
    encoder->methods->free(encoder);
    assert_ok(raw->decoder_create(&none, &options, &decoder, &err));
    decoder->methods->decode(decoder, &arena, records, 3, &batch, NULL, &bad);
    assert_int_equal(batch->row_count, 3);
    decoder->methods->free(decoder);
    strbuf_done(&out);
    arena_done(&arena);
}

static void formats_and_their_options_are_found_by_name(void **state)
{
    FormatOptions options = {.options = STR("sep=;\nnullValue=\nheader=a=b")};
    size_t count = 0;

    while (format_at(count)) {
        assert_ptr_equal(format_find(str_of(format_at(count)->name)), format_at(count));
        count++;
    }
    assert_int_equal(count, 4); /* json, csv, raw, avro */
    assert_null(format_find(STR("xml")));
    assert_str_is(format_option(&options, "SEP"), ";");
    assert_str_is(format_option(&options, "nullvalue"), "");
    assert_str_is(format_option(&options, "header"), "a=b");
    assert_null(format_option(&options, "quote").data);
    options.options = (Str){NULL, 0};
    assert_null(format_option(&options, "sep").data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_cut_into_values),
        cmocka_unit_test(values_are_read_as_their_columns_types),
        cmocka_unit_test(only_the_columns_asked_for_are_read_by_their_place),
        cmocka_unit_test(what_csv_cannot_hold_is_refused),
        cmocka_unit_test(any_batch_reads_back_from_csv),
        cmocka_unit_test(values_are_written_with_quotes_where_needed),
        cmocka_unit_test(quoted_newlines_belong_to_the_record),
        cmocka_unit_test(raw_records_are_the_value),
        cmocka_unit_test(formats_and_their_options_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
