#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/vec.h"
#include "generate/answers.h"
#include "generate/generate.h"
#include "generate/put.h"
#include "generate/skew.h"

typedef VEC(Str) StrVec;

static void generate_bytes(const Stream *stream, const GenerateOptions *options, StrBuf *out)
{
    Generator *generator;

    assert_ok(generator_open(stream, options, &generator, &err));
    while (generator_fill(generator, out, out->bytes + 10000))
        continue;
    generator_close(generator);
}

static void set_faults(GenerateOptions *options)
{
    options->late = 0.05;
    options->duplicate = 0.07;
    options->malformed = 0.06;
    options->invalid = 0.04;
}

/* Lines without their breaks; the last byte must be one. */
static void split_lines(const StrBuf *buf, StrVec *lines)
{
    Str rest = strbuf_str(buf);
    Str line;

    assert_int_equal(rest.data[rest.bytes - 1], '\n');
    rest.bytes--;
    while (str_split(&rest, '\n', &line))
        VEC_ADD(lines, line);
}

static cJSON *parse_line(Str line)
{
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(line.data, line.bytes, &end, false);

    if (json && end != line.data + line.bytes) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static cJSON *answers_of(const Stream *stream, const GenerateOptions *options)
{
    Answers *answers;
    StrBuf text;
    cJSON *json;

    strbuf_init(&text);
    assert_ok(answers_open(stream, options, &answers, &err));
    while (answers_step(answers, 777))
        continue;
    answers_write(answers, &text);
    answers_close(answers);
    json = cJSON_Parse(strbuf_c(&text));
    assert_non_null(json);
    strbuf_done(&text);
    return json;
}

/* The number at a path of at most two names. */
static double answer(const cJSON *json, const char *name, const char *inner)
{
    const cJSON *item = cJSON_GetObjectItem(json, name);

    if (item && inner)
        item = cJSON_GetObjectItem(item, inner);
    if (!item || !cJSON_IsNumber(item))
        fail_msg("no number %s %s", name, inner ? inner : "");
    return item->valuedouble;
}

/* ── equal options, equal bytes ────────────────────────────────────────────────────────────────*/

static void pages_put_together_are_the_whole(void **state)
{
    static const int64_t pages[] = {1, 0, 7, 500, 992, 1500};

    for (int i = 0; i < generate_stream_count; i++) {
        const Stream *stream = generate_streams[i];
        GenerateOptions options;
        StrBuf whole;
        StrBuf paged;

        generate_options_init(&options);
        if (stream->params & PARAM_SHOP)
            set_faults(&options);
        strbuf_init(&whole);
        strbuf_init(&paged);
        options.from = 333;
        options.count = 3000;
        generate_bytes(stream, &options, &whole);
        for (size_t page_i = 0; page_i < COUNT_OF(pages); page_i++) {
            options.count = pages[page_i];
            generate_bytes(stream, &options, &paged);
            options.from += options.count;
        }
        assert_int_equal(whole.bytes, paged.bytes);
        assert_memory_equal(whole.data, paged.data, whole.bytes);
        strbuf_done(&whole);
        strbuf_done(&paged);
    }
}

static void another_seed_gives_other_bytes(void **state)
{
    for (int i = 0; i < generate_stream_count; i++) {
        GenerateOptions options;
        StrBuf a;
        StrBuf b;

        generate_options_init(&options);
        strbuf_init(&a);
        strbuf_init(&b);
        generate_bytes(generate_streams[i], &options, &a);
        options.seed++;
        generate_bytes(generate_streams[i], &options, &b);
        assert_false(str_equal(strbuf_str(&a), strbuf_str(&b)));
        strbuf_done(&a);
        strbuf_done(&b);
    }
}

static void json_is_ndjson_in_brackets(void **state)
{
    for (int i = 0; i < generate_stream_count; i++) {
        GenerateOptions options;
        StrBuf lines;
        StrBuf array;
        StrBuf expected;
        StrVec line = {0};

        generate_options_init(&options);
        strbuf_init(&lines);
        strbuf_init(&array);
        strbuf_init(&expected);
        generate_bytes(generate_streams[i], &options, &lines);
        options.format = GENERATE_JSON;
        generate_bytes(generate_streams[i], &options, &array);
        split_lines(&lines, &line);
        assert_int_equal(line.count, 1000);
        for (size_t k = 0; k < line.count; k++) {
            strbuf_add_c(&expected, k ? ",\n" : "[\n");
            strbuf_add_str(&expected, line.items[k]);
        }
        strbuf_add_c(&expected, "\n]\n");
        assert_true(str_equal(strbuf_str(&array), strbuf_str(&expected)));
        VEC_DONE(&line);
        strbuf_done(&lines);
        strbuf_done(&array);
        strbuf_done(&expected);
    }
}

/* Cells of a CSV line without quotes. */
static size_t split_cells(Str line, Str *cells, size_t cells_max)
{
    Str rest = line;
    size_t count = 0;

    while (count < cells_max && str_split(&rest, ',', &cells[count]))
        count++;
    return rest.data ? count + 1 : count;
}

static void assert_cell_is(Str cell, const cJSON *item)
{
    double number;

    if (cJSON_IsNull(item)) {
        assert_int_equal(cell.bytes, 0);
    } else if (cJSON_IsString(item)) {
        assert_str_is(cell, item->valuestring);
    } else {
        assert_true(str_to_double(cell, &number));
        assert_true(fabs(number - item->valuedouble) < 1e-9);
    }
}

static void csv_holds_the_same_values_as_ndjson(void **state)
{
    for (int i = 0; i < generate_stream_count; i++) {
        const Stream *stream = generate_streams[i];
        GenerateOptions options;
        StrBuf lines;
        StrBuf csv;
        StrVec line = {0};
        StrVec row = {0};

        if (stream->sequence)
            continue;
        generate_options_init(&options);
        strbuf_init(&lines);
        strbuf_init(&csv);
        generate_bytes(stream, &options, &lines);
        options.format = GENERATE_CSV;
        generate_bytes(stream, &options, &csv);
        split_lines(&lines, &line);
        split_lines(&csv, &row);
        assert_int_equal(row.count, line.count + 1);
        for (size_t k = 0; k < line.count; k++) {
            cJSON *json = parse_line(line.items[k]);
            Str cells[STREAM_COLUMNS_MAX];

            assert_int_equal(split_cells(row.items[k + 1], cells, COUNT_OF(cells)),
                             stream->column_count);
            for (int c = 0; c < stream->column_count; c++)
                assert_cell_is(cells[c], cJSON_GetObjectItem(json, stream->columns[c].name));
            cJSON_Delete(json);
        }
        VEC_DONE(&line);
        VEC_DONE(&row);
        strbuf_done(&lines);
        strbuf_done(&csv);
    }
}

static void an_empty_range_is_an_empty_document(void **state)
{
    static const char *const expected[] = {
        [GENERATE_NDJSON] = "",
        [GENERATE_JSON] = "[\n]\n",
        [GENERATE_CSV] = "order_id,customer_id,category,price,quantity,ts\n",
    };

    for (int format = 0; format < 3; format++) {
        GenerateOptions options;
        StrBuf out;

        generate_options_init(&options);
        options.count = 0;
        options.format = (GenerateFormat)format;
        strbuf_init(&out);
        generate_bytes(&stream_orders, &options, &out);
        assert_string_equal(strbuf_c(&out), expected[format]);
        strbuf_done(&out);
    }
}

/* ── what the rows are like ────────────────────────────────────────────────────────────────────*/

static void some_customers_buy_far_more_than_others(void **state)
{
    enum { CUSTOMERS = 1000, ORDERS = 100000 };
    static int64_t orders_of[CUSTOMERS];
    GenerateOptions options;
    int64_t most = 0;
    int customers_seen = 0;
    static StreamRow row;

    memset(orders_of, 0, sizeof orders_of);
    generate_options_init(&options);
    options.customers = CUSTOMERS;
    for (int64_t i = 0; i < ORDERS; i++) {
        generate_row(&stream_orders, &options, i, false, -1, &row);
        assert_in_range(row.fields[1].number, 0, CUSTOMERS - 1);
        orders_of[row.fields[1].number]++;
    }
    for (int i = 0; i < CUSTOMERS; i++) {
        most = MAX(most, orders_of[i]);
        customers_seen += orders_of[i] > 0;
    }
    /* By 1/rank the first of 1000 has about a tenth, 100 times the average. */
    assert_in_range(most, ORDERS / 12, ORDERS / 8);
    assert_in_range(customers_seen, CUSTOMERS * 95 / 100, CUSTOMERS);
}

static void skew_reaches_every_rank_and_no_further(void **state)
{
    Random random = {1};

    for (uint64_t count = 1; count <= 70; count++) {
        bool seen[70] = {false};

        for (int i = 0; i < 20000; i++) {
            uint64_t rank = skew_draw(skew_octaves(count), &random);

            assert_true(rank < count);
            seen[rank] = true;
        }
        for (uint64_t rank = 0; rank < count; rank++)
            assert_true(seen[rank]);
    }
}

static void event_time_grows_at_the_rate_with_little_disorder(void **state)
{
    GenerateOptions options;
    static StreamRow row;
    int disordered = 0;
    int64_t last_us = 0;

    generate_options_init(&options);
    options.rate = 250;
    options.disorder_ms = 100;
    for (int64_t i = 0; i < 2000; i++) {
        int64_t plain_us = options.base_time_us + i * 4000;

        generate_row(&stream_orders, &options, i, false, -1, &row);
        assert_true(row.fields[5].number <= plain_us);
        assert_true(row.fields[5].number > plain_us - 100000 || i == 0);
        assert_true(row.fields[5].number >= options.base_time_us);
        disordered += row.fields[5].number < last_us;
        last_us = row.fields[5].number;
    }
    assert_in_range(disordered, 700, 1100);
    options.disorder_ms = 0;
    generate_row(&stream_orders, &options, 500, false, -1, &row);
    assert_true(row.fields[5].number == options.base_time_us + 500 * 4000);
}

static void customers_sign_up_once_and_then_change(void **state)
{
    GenerateOptions options;
    static StreamRow first;
    static StreamRow later;

    generate_options_init(&options);
    options.customers = 50;
    for (int64_t i = 0; i < 50; i++) {
        generate_row(&stream_customers, &options, i, false, -1, &first);
        assert_true(first.fields[0].number == i);
    }
    for (int64_t i = 50; i < 500; i++) {
        generate_row(&stream_customers, &options, i, false, -1, &later);
        assert_in_range(later.fields[0].number, 0, 49);
        generate_row(&stream_customers, &options, later.fields[0].number, false, -1, &first);
        for (int field = 1; field <= 2; field++) /* name, email */
            assert_true(str_equal(first.fields[field].text, later.fields[field].text));
        assert_true(first.fields[5].number == later.fields[5].number); /* signed_up */
    }
}

static void decimals_and_times_are_written_exactly(void **state)
{
    char text[64];
    DayText day = {0};

    *put_decimal2(text, -5) = '\0';
    assert_string_equal(text, "-0.05");
    *put_decimal2(text, 123456) = '\0';
    assert_string_equal(text, "1234.56");
    *put_int64(text, INT64_MIN) = '\0';
    assert_string_equal(text, "-9223372036854775808");
    *put_time_ms(text, -1, ' ', &day) = '\0';
    assert_string_equal(text, "1969-12-31 23:59:59.999");
    *put_time_ms(text, TIME_MIN_US, 'T', &day) = '\0';
    assert_string_equal(text, "0001-01-01T00:00:00.000");
    *put_time_ms(text, TIME_MAX_US, 'T', &day) = '\0';
    assert_string_equal(text, "9999-12-31T23:59:59.999");
}

static void times_are_read_back(void **state)
{
    static const char *const good[] = {
        "2024-02-29T00:00:00Z",          "2024-02-29",       "2024-02-29T02:30:00+02:30",
        "2024-02-28T23:00:00.000-01:00", "2024-02-29 00:00", "2024-02-29T00:00:00.0000009Z",
    };
    static const char *const bad[] = {
        "",
        "yesterday",
        "2023-02-29",
        "2024-13-01",
        "2024-1-1",
        "0000-01-01",
        "2024-01-01T24:00:00",
        "2024-01-01T00:00:00X",
        "2024-01-01T",
        "1436918400000",
        "0001-01-01T00:00:00+01:00",
    };
    Error refused = {0};
    int64_t time_us;

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_ok(time_parse(str_of(good[i]), &time_us, &err));
        assert_true(time_us == INT64_C(1709164800000000));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (time_parse(str_of(bad[i]), &time_us, &refused))
            fail_msg("'%s' was taken for a time", bad[i]);
    }
}

/* ── faults, counted from the written bytes alone ────────────────────────────────────────────────
 */

typedef struct Counts {
    int64_t good, late, duplicate, malformed, invalid;
    int64_t valid, quantity, revenue_hundredths;
} Counts;

typedef struct Constraint {
    const Stream *stream;
    const char *number; /* Must be a number... */
    double above;       /* ... above this. */
    const char *email;  /* Must hold an @. */
} Constraint;

static bool breaks_constraint(const Constraint *constraint, const cJSON *json)
{
    if (cJSON_IsNull(cJSON_GetObjectItem(json, constraint->stream->columns[0].name)))
        return true;
    if (constraint->number &&
        cJSON_GetObjectItem(json, constraint->number)->valuedouble <= constraint->above)
        return true;
    return constraint->email &&
           !strchr(cJSON_GetObjectItem(json, constraint->email)->valuestring, '@');
}

static void count_record(const Constraint *constraint, const GenerateOptions *options,
                         const cJSON *json, bool *seen, int64_t seen_from, Counts *counts)
{
    const cJSON *id = json ? cJSON_GetObjectItem(json, constraint->stream->columns[0].name) : NULL;
    bool is_late;
    int64_t index;
    int64_t time_us;

    if (!cJSON_IsObject(json) || cJSON_IsString(id)) {
        counts->malformed++;
        return;
    }
    if (breaks_constraint(constraint, json)) {
        counts->invalid++;
        return;
    }
    index = (int64_t)id->valuedouble;
    assert_ok(time_parse(str_of(cJSON_GetObjectItem(json, "ts")->valuestring), &time_us, &err));
    /* Rate 1000: record i is due i milliseconds after the base time. */
    is_late = time_us <= options->base_time_us + index * 1000 - options->late_by_s * 1000000;
    if (index < options->from)
        counts->duplicate++;
    if (seen[index - seen_from]) {
        counts->duplicate += index >= options->from;
        return;
    }
    seen[index - seen_from] = true;
    counts->valid++;
    if (index >= options->from)
        *(is_late ? &counts->late : &counts->good) += 1;
    if (cJSON_GetObjectItem(json, "price")) {
        int64_t quantity = (int64_t)cJSON_GetObjectItem(json, "quantity")->valuedouble;

        counts->quantity += quantity;
        counts->revenue_hundredths +=
            quantity * llround(cJSON_GetObjectItem(json, "price")->valuedouble * 100);
    }
}

static void assert_counts_are_answers(const Counts *counts, const Constraint *constraint,
                                      const GenerateOptions *options)
{
    cJSON *answers = answers_of(constraint->stream, options);

    assert_int_equal(counts->good, answer(answers, "good", NULL));
    assert_int_equal(counts->late, answer(answers, "late", NULL));
    assert_int_equal(counts->duplicate, answer(answers, "duplicate", NULL));
    assert_int_equal(counts->malformed, answer(answers, "malformed", "total"));
    assert_int_equal(counts->invalid, answer(answers, "invalid", "total"));
    assert_int_equal(counts->valid, answer(answers, "valid", "records"));
    if (constraint->stream == &stream_orders) {
        assert_int_equal(counts->quantity, answer(answers, "valid", "quantity"));
        assert_int_equal(counts->revenue_hundredths,
                         llround(answer(answers, "valid", "revenue") * 100));
    }
    cJSON_Delete(answers);
}

static void check_faults(const Constraint *constraint, int64_t from, GenerateFormat format)
{
    int64_t seen_from = MAX(from - 1000, 0);
    GenerateOptions options;
    Counts counts = {0};
    bool *seen;
    StrBuf out;

    generate_options_init(&options);
    set_faults(&options);
    options.from = from;
    options.count = 20000;
    options.format = format;
    options.customers = 1000000;
    strbuf_init(&out);
    seen = mem_zalloc((size_t)(from + options.count - seen_from));
    generate_bytes(constraint->stream, &options, &out);
    if (format == GENERATE_JSON) {
        cJSON *array = cJSON_Parse(out.data);
        cJSON *item;

        assert_non_null(array);
        assert_int_equal(cJSON_GetArraySize(array), 20000);
        cJSON_ArrayForEach(item, array)
            count_record(constraint, &options, item, seen, seen_from, &counts);
        cJSON_Delete(array);
    } else {
        StrVec lines = {0};

        split_lines(&out, &lines);
        assert_int_equal(lines.count, 20000);
        for (size_t i = 0; i < lines.count; i++) {
            cJSON *json = parse_line(lines.items[i]);

            count_record(constraint, &options, json, seen, seen_from, &counts);
            cJSON_Delete(json);
        }
        VEC_DONE(&lines);
    }
    assert_counts_are_answers(&counts, constraint, &options);
    /* And the fractions are what was asked for. */
    assert_in_range(counts.late, 900, 1100);
    assert_in_range(counts.duplicate, 1290, 1510);
    assert_in_range(counts.malformed, 1090, 1310);
    assert_in_range(counts.invalid, 700, 900);
    free(seen);
    strbuf_done(&out);
}

static void answers_count_what_was_written(void **state)
{
    static const Constraint constraints[] = {
        {.stream = &stream_orders, .number = "price", .above = 0},
        {.stream = &stream_customers, .email = "email"},
        {.stream = &stream_page_views, .number = "duration_ms", .above = -1},
    };

    for (size_t i = 0; i < COUNT_OF(constraints); i++) {
        check_faults(&constraints[i], 0, GENERATE_NDJSON);
        check_faults(&constraints[i], 0, GENERATE_JSON);
        check_faults(&constraints[i], 5000, GENERATE_NDJSON);
    }
}

static void malformed_csv_rows_do_not_fit_the_header(void **state)
{
    GenerateOptions options;
    StrVec lines = {0};
    StrBuf out;
    cJSON *answers;
    int64_t id;
    int cut_or_garbage = 0;
    int wide = 0;
    int wrong_type = 0;

    generate_options_init(&options);
    options.count = 20000;
    options.malformed = 0.5;
    options.format = GENERATE_CSV;
    strbuf_init(&out);
    generate_bytes(&stream_orders, &options, &out);
    split_lines(&out, &lines);
    assert_int_equal(lines.count, 20001);
    for (size_t i = 1; i < lines.count; i++) {
        Str cells[8];
        size_t count = split_cells(lines.items[i], cells, COUNT_OF(cells));

        assert_true(lines.items[i].bytes > 0);
        cut_or_garbage += count < 6;
        wide += count == 8;
        wrong_type += count == 6 && !str_to_int64(cells[0], &id);
    }
    answers = answers_of(&stream_orders, &options);
    assert_int_equal(cut_or_garbage,
                     answer(answers, "malformed", "cut") + answer(answers, "malformed", "garbage"));
    assert_int_equal(wide, answer(answers, "malformed", "not_a_row"));
    assert_int_equal(wrong_type, answer(answers, "malformed", "wrong_type"));
    assert_in_range(wide, 2200, 2800);
    cJSON_Delete(answers);
    VEC_DONE(&lines);
    strbuf_done(&out);
}

static void answers_of_parts_add_up(void **state)
{
    static const char *const names[] = {"good", "late", "duplicate"};
    GenerateOptions options;
    cJSON *whole;
    cJSON *first;
    cJSON *second;

    generate_options_init(&options);
    set_faults(&options);
    options.count = 5000;
    whole = answers_of(&stream_page_views, &options);
    options.count = 1234;
    first = answers_of(&stream_page_views, &options);
    options.from = 1234;
    options.count = 5000 - 1234;
    second = answers_of(&stream_page_views, &options);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(answer(whole, names[i], NULL),
                         answer(first, names[i], NULL) + answer(second, names[i], NULL));
    cJSON_Delete(whole);
    cJSON_Delete(first);
    cJSON_Delete(second);
}

static void fractions_of_one_leave_no_good_record(void **state)
{
    GenerateOptions options;
    cJSON *answers;

    generate_options_init(&options);
    options.malformed = 1;
    answers = answers_of(&stream_orders, &options);
    assert_int_equal(answer(answers, "malformed", "total"), 1000);
    assert_int_equal(answer(answers, "valid", "records"), 0);
    cJSON_Delete(answers);
    options.malformed = 0;
    options.duplicate = 1; /* Nothing good to repeat: fault.h, invariant 1. */
    answers = answers_of(&stream_orders, &options);
    assert_int_equal(answer(answers, "good", NULL), 1000);
    cJSON_Delete(answers);
}

/* ── options ───────────────────────────────────────────────────────────────────────────────────*/

static void bad_values_are_refused_with_the_name(void **state)
{
    static const char *const bad[][2] = {
        {"count", "-1"},
        {"count", "10000000000000"},
        {"count", "ten"},
        {"from", ""},
        {"seed", "1.5"},
        {"seed", "9223372036854775808"},
        {"rate", "0"},
        {"rate", "nan"},
        {"rate", "1e300"},
        {"late", "1.01"},
        {"duplicate", "-0.1"},
        {"malformed", "x"},
        {"format", "xml"},
        {"base_time", "soon"},
        {"customers", "0"},
        {"late_by_s", "0"},
        {"out_of_order_group", "0"},
        {"disorder_ms", "-5"},
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const GenerateParam *param = generate_param_find(str_of(bad[i][0]));
        GenerateOptions options;
        GenerateOptions before;
        Error err = {0};

        memset(&options, 0, sizeof options);
        generate_options_init(&options);
        before = options;
        assert_non_null(param);
        assert_false(generate_option_set(&options, param, str_of(bad[i][1]), &err));
        assert_non_null(strstr(err.text, bad[i][0]));
        assert_memory_equal(&options, &before, sizeof options);
    }
    assert_null(generate_param_find(STR("cuont")));
    assert_ptr_equal(generate_param_find(STR("late-by-s")), generate_param_find(STR("late_by_s")));
}

static void options_that_do_not_go_together_are_refused(void **state)
{
    GenerateOptions options;
    Error err = {0};

    generate_options_init(&options);
    options.late = 0.6;
    options.invalid = 0.5;
    assert_false(generate_options_check(&options, &stream_orders, &err));
    generate_options_init(&options);
    options.rate = 0.001;
    options.count = GENERATE_INDEX_MAX;
    assert_false(generate_options_check(&options, &stream_orders, &err));
    generate_options_init(&options);
    options.base_time_us = TIME_MIN_US;
    assert_false(generate_options_check(&options, &stream_orders, &err));
    generate_options_init(&options);
    options.rate = 0.5;
    assert_true(generate_options_check(&options, &stream_orders, &err));
    assert_false(generate_options_check(&options, &stream_nexmark, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_put_together_are_the_whole),
        cmocka_unit_test(another_seed_gives_other_bytes),
        cmocka_unit_test(json_is_ndjson_in_brackets),
        cmocka_unit_test(csv_holds_the_same_values_as_ndjson),
        cmocka_unit_test(an_empty_range_is_an_empty_document),
        cmocka_unit_test(some_customers_buy_far_more_than_others),
        cmocka_unit_test(skew_reaches_every_rank_and_no_further),
        cmocka_unit_test(event_time_grows_at_the_rate_with_little_disorder),
        cmocka_unit_test(customers_sign_up_once_and_then_change),
        cmocka_unit_test(decimals_and_times_are_written_exactly),
        cmocka_unit_test(times_are_read_back),
        cmocka_unit_test(answers_count_what_was_written),
        cmocka_unit_test(malformed_csv_rows_do_not_fit_the_header),
        cmocka_unit_test(answers_of_parts_add_up),
        cmocka_unit_test(fractions_of_one_leave_no_good_record),
        cmocka_unit_test(bad_values_are_refused_with_the_name),
        cmocka_unit_test(options_that_do_not_go_together_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
