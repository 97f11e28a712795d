/*
 * test_cassandra_value.c: values of weir's types in Cassandra's, there and back, without a server.
 */
#include "unit.h"

#include "client/cassandra_value.h"
#include "column/format_value.h"

static Arena arena;

/* The [value] of row 0, without its length. */
static Str written(Vector *v, bool microseconds, bool is_key, StrBuf *out)
{
    CassandraWriter writer;

    strbuf_init(out);
    assert_ok(cassandra_writer_init(&writer, v->type, microseconds, is_key, &err));
    cassandra_writer_use(&writer, v);
    cassandra_write(&writer, out, 0);
    cassandra_writer_done(&writer);
    return str_slice(strbuf_str(out), 4, (uint32_t)out->bytes);
}

static Vector *read_back(const Type *type, CqlKind kind, Str bytes)
{
    CassandraReader reader;
    CqlType from = {.kind = kind};
    Vector *v = NULL;

    assert_ok(cassandra_reader_init(&reader, type, &err));
    cassandra_reader_begin(&reader, &arena, 1);
    if (cassandra_read(&reader, &from, bytes))
        v = cassandra_reader_finish(&reader);
    cassandra_reader_done(&reader);
    return v;
}

static void check_bytes(Vector *v, CqlKind kind, const char *bytes, uint32_t count)
{
    StrBuf out;
    Str got = written(v, false, false, &out);
    Vector *back;

    assert_int_equal(got.bytes, count);
    assert_memory_equal(got.data, bytes, count);
    back = read_back(v->type, kind, got);
    assert_non_null(back);
    assert_true(vector_same(v, 0, back, 0));
    strbuf_done(&out);
}

#define ONE(type, member, value)                                                                   \
    __extension__({                                                                                \
        Vector *v_ = vector_new(&arena, type, 1);                                                  \
        vector_##member(v_)[0] = value;                                                            \
        v_;                                                                                        \
    })

static void numbers_are_big_endian(void **state)
{
    check_bytes(ONE(&type_boolean, bools, 1), CQL_BOOLEAN, "\x01", 1);
    check_bytes(ONE(&type_tinyint, i8, -2), CQL_TINYINT, "\xfe", 1);
    check_bytes(ONE(&type_smallint, i16, -2), CQL_SMALLINT, "\xff\xfe", 2);
    check_bytes(ONE(&type_int, i32, 258), CQL_INT, "\x00\x00\x01\x02", 4);
    check_bytes(ONE(&type_bigint, i64, -1), CQL_BIGINT, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    check_bytes(ONE(&type_float, f32, 1.5f), CQL_FLOAT, "\x3f\xc0\x00\x00", 4);
    check_bytes(ONE(&type_double, f64, -2.0), CQL_DOUBLE, "\xc0\x00\x00\x00\x00\x00\x00\x00", 8);
}

static void decimals_take_as_few_bytes_as_they_need(void **state)
{
    const Type *type = type_decimal(&arena, 38, 2);

    check_bytes(ONE(type, i128, 0), CQL_DECIMAL, "\x00\x00\x00\x02\x00", 5);
    check_bytes(ONE(type, i128, 127), CQL_DECIMAL, "\x00\x00\x00\x02\x7f", 5);
    check_bytes(ONE(type, i128, 128), CQL_DECIMAL, "\x00\x00\x00\x02\x00\x80", 6);
    check_bytes(ONE(type, i128, -128), CQL_DECIMAL, "\x00\x00\x00\x02\x80", 5);
    check_bytes(ONE(type, i128, -129), CQL_DECIMAL, "\x00\x00\x00\x02\xff\x7f", 6);
}

static void the_largest_decimals_come_back(void **state)
{
    const Type *type = type_decimal(&arena, 38, 0);
    Int128 most = decimal_power10(19) * decimal_power10(19) - 1;
    StrBuf out;

    for (int sign = -1; sign <= 1; sign += 2) {
        Vector *v = ONE(type, i128, sign * most);
        Vector *back = read_back(type, CQL_DECIMAL, written(v, false, false, &out));

        assert_non_null(back);
        assert_true(vector_same(v, 0, back, 0));
        strbuf_done(&out);
    }
}

static void times_are_cut_towards_the_past(void **state)
{
    Vector *v = ONE(&type_timestamp, i64, -1);
    StrBuf out;
    Vector *back = read_back(&type_timestamp, CQL_TIMESTAMP, written(v, false, false, &out));

    assert_int_equal(vector_i64(back)[0], -1000);
    strbuf_done(&out);
    back = read_back(&type_timestamp, CQL_BIGINT, written(v, true, false, &out));
    assert_int_equal(vector_i64(back)[0], -1);
    strbuf_done(&out);
    check_bytes(ONE(&type_date, i32, -1), CQL_DATE, "\x7f\xff\xff\xff", 4);
}

static void text_that_is_not_utf8_is_mended(void **state)
{
    Vector *v = ONE(&type_string, strs, STR("a\xff\xc3\xa9\xc3"));
    StrBuf out;

    assert_str_is(written(v, false, false, &out), "a\xEF\xBF\xBD\xc3\xa9\xEF\xBF\xBD");
    strbuf_done(&out);
    check_bytes(ONE(&type_string, strs, STR("\xc3\xa9'")), CQL_TEXT, "\xc3\xa9'", 3);
}

static void keys_have_one_zero_and_one_nan(void **state)
{
    Vector *zero = ONE(&type_double, f64, -0.0);
    StrBuf out;

    assert_int_equal(written(zero, false, true, &out).data[0], 0);
    strbuf_done(&out);
    assert_int_equal((unsigned char)written(zero, false, false, &out).data[0], 0x80);
    strbuf_done(&out);
}

static void null_is_a_length_of_minus_one(void **state)
{
    CassandraWriter writer;
    StrBuf out;

    strbuf_init(&out);
    assert_ok(cassandra_writer_init(&writer, &type_int, false, false, &err));
    cassandra_writer_use(&writer, vector_null(&arena, &type_int, 1));
    cassandra_write(&writer, &out, 0);
    assert_int_equal(out.bytes, 4);
    assert_memory_equal(out.data, "\xff\xff\xff\xff", 4);
    cassandra_writer_done(&writer);
    strbuf_done(&out);
}

static void nested_values_are_json(void **state)
{
    const Type *type = type_array(&arena, &type_int, true);
    VectorBuilder b;
    Vector *v;

    builder_init(&b, &arena, type, 1);
    builder_add_i32(&b.children[0], 1);
    builder_add_null(&b.children[0]);
    builder_end_row(&b);
    v = builder_finish(&b);
    check_bytes(v, CQL_TEXT, "[1,null]", 8);
}

static void values_that_do_not_fit_are_refused(void **state)
{
    assert_null(read_back(&type_tinyint, CQL_INT, (Str){"\x00\x00\x01\x00", 4}));
    assert_non_null(read_back(&type_tinyint, CQL_INT, (Str){"\x00\x00\x00\x7f", 4}));
    assert_null(read_back(&type_int, CQL_TEXT, STR("12")));
    assert_null(read_back(&type_date, CQL_TIMESTAMP, (Str){"\0\0\0\0\0\0\0\0", 8}));
    assert_null(read_back(type_decimal(&arena, 3, 0), CQL_DECIMAL,
                          (Str){"\x00\x00\x00\x00\x03\xe8", 6}));
    assert_null(read_back(type_decimal(&arena, 38, 0), CQL_DECIMAL,
                          (Str){"\x80\x00\x00\x00\x01", 5}));
    assert_null(read_back(type_decimal(&arena, 38, 0), CQL_DECIMAL,
                          (Str){"\x80\x00\x00\x00\x00", 5})); /* 0 shifted without end. */
    assert_null(read_back(type_array(&arena, &type_int, true), CQL_TEXT, STR("{\"a\":1}")));
}

/* Other clients may write values of no bytes, of any type. */
static void an_empty_value_is_null_where_it_is_no_text(void **state)
{
    static const CqlType whole = {.kind = CQL_INT};
    static const CqlType list = {.kind = CQL_LIST, .part_count = 1, .parts = &whole};
    const CqlType lists = {.kind = CQL_LIST, .part_count = 1, .parts = &list};
    const Type *numbers = type_array(&arena, &type_int, true);
    CassandraReader reader;
    StrBuf text;
    Vector *v;

    assert_false(vector_is_valid(read_back(&type_int, CQL_INT, (Str){"", 0}), 0));
    assert_false(vector_is_valid(read_back(&type_timestamp, CQL_TIMESTAMP, (Str){"", 0}), 0));
    assert_true(vector_is_valid(read_back(&type_string, CQL_TEXT, (Str){"", 0}), 0));
    assert_ok(cassandra_reader_init(&reader, numbers, &err));
    cassandra_reader_begin(&reader, &arena, 2);
    /* Two elements: one empty, one 7. */
    assert_true(cassandra_read(&reader, &list, (Str){"\0\0\0\2\0\0\0\0\0\0\0\4\0\0\0\7", 16}));
    assert_true(cassandra_read(&reader, &list, (Str){"", 0}));
    v = cassandra_reader_finish(&reader);
    assert_non_null(v);
    assert_false(vector_is_valid(v->children[0], 0));
    assert_int_equal(vector_i32(v->children[0])[1], 7);
    assert_false(vector_is_valid(v, 1));
    cassandra_reader_done(&reader);
    /* A list that holds an empty list. */
    strbuf_init(&text);
    assert_true(cql_value_to_text(&text, &lists, (Str){"\0\0\0\1\0\0\0\0", 8}));
    assert_str_is(strbuf_str(&text), "[null]");
    strbuf_done(&text);
}

static void blobs_in_collections_are_base64(void **state)
{
    static const CqlType blob = {.kind = CQL_BLOB};
    static const CqlType list = {.kind = CQL_LIST, .part_count = 1, .parts = &blob};
    CassandraReader reader;
    Vector *v;

    assert_ok(cassandra_reader_init(&reader, type_array(&arena, &type_binary, true), &err));
    cassandra_reader_begin(&reader, &arena, 1);
    assert_true(cassandra_read(&reader, &list, (Str){"\0\0\0\1\0\0\0\2\xff\x01", 10}));
    v = cassandra_reader_finish(&reader);
    assert_non_null(v);
    assert_str_is(vector_strs(v->children[0])[0], "\xff\x01");
    cassandra_reader_done(&reader);
}

static void other_peoples_types_are_read(void **state)
{
    Vector *v = read_back(&type_bigint, CQL_VARINT, (Str){"\xff\x00", 2});

    assert_int_equal(vector_i64(v)[0], -256);
    v = read_back(&type_string, CQL_UUID,
                  (Str){"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00", 16});
    assert_str_is(vector_strs(v)[0], "123e4567-e89b-12d3-a456-426614174000");
    v = read_back(type_decimal(&arena, 10, 2), CQL_INT, (Str){"\x00\x00\x00\x07", 4});
    assert_true(vector_i128(v)[0] == 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(decimals_take_as_few_bytes_as_they_need),
        cmocka_unit_test(the_largest_decimals_come_back),
        cmocka_unit_test(times_are_cut_towards_the_past),
        cmocka_unit_test(text_that_is_not_utf8_is_mended),
        cmocka_unit_test(keys_have_one_zero_and_one_nan),
        cmocka_unit_test(null_is_a_length_of_minus_one),
        cmocka_unit_test(nested_values_are_json),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(an_empty_value_is_null_where_it_is_no_text),
        cmocka_unit_test(blobs_in_collections_are_base64),
        cmocka_unit_test(other_peoples_types_are_read),
    };
    int failed;

    arena_init(&arena);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
