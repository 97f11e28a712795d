/*
 * Functions that take lambdas, sequences and sorting, and errors on purpose.
 */
#include "expr/generator.h"
#include "expr_text.h"

static void lambdas_map_elements(void **state)
{
    static const Expected table[] = {
        {"transform(array(1, NULL, 3), x -> x + 1)", "array<int>", "[2, null, 4]"},
        {"transform(array(5, 6), (x, i) -> x * i)", "array<int>", "[0, 6]"},
        {"transform(array(1, 2), x -> 10)", "array<int>", "[10, 10]"},
        {"transform(array(1, 2), 7)", "array<int>", "[7, 7]"},
        {"transform(array(), x -> 1)", "array<int>", "[]"},
        {"transform(array(1, 0), x -> 1 div x)", "array<bigint>", "!DIVIDE_BY_ZERO"},
        {"transform(array(array(1, 2), array(3)), a -> transform(a, x -> x + size(a)))",
         "array<array<int>>", "[[3, 4], [4]]"},
        {"transform(array(1, 2), (x, y, z) -> 1)", NULL,
         "!INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH"},
        {"upper(x -> x)", NULL, "!INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION"},
        {"filter(array(1, 2, 3), x -> x > 1)", "array<int>", "[2, 3]"},
        {"filter(array(1, NULL), x -> x > 0)", "array<int>", "[1]"},
        {"filter(array(1, 2), 1)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"exists(array(1, 2), x -> x = 2)", "boolean", "true"},
        {"exists(array(1, NULL), x -> x = 2)", "boolean", "NULL"},
        {"exists(array(1, 0), x -> 1 div x = 1)", "boolean", "true"},
        {"exists(array(0, 1), x -> 1 div x = 1)", "boolean", "!DIVIDE_BY_ZERO"},
        {"forall(array(1, NULL), x -> x > 0)", "boolean", "NULL"},
        {"forall(array(), x -> x > 0)", "boolean", "true"},
        {"aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x)", "int", "6"},
        {"aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x, acc -> acc * 10)", "int", "60"},
        {"aggregate(array(), 5, (acc, x) -> acc + 1)", "int", "5"},
        {"aggregate(array(1, 2), named_struct('s', 0, 'n', 0), (acc, x) -> struct(acc.s + x, acc.n "
         "+ 1), acc -> acc.s / acc.n)",
         "double", "1.5"},
        {"aggregate(array(1), 0, (acc, x) -> 'a')", NULL,
         "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"zip_with(array('a'), array('d', NULL, 'f'), (x, y) -> coalesce(x, y))", "array<string>",
         "[a, null, f]"},
        {"array_sort(array(2, NULL, 1))", "array<int>", "[1, 2, null]"},
        {"array_sort(array(1, 3, 2), (a, b) -> b - a)", "array<int>", "[3, 2, 1]"},
        {"array_sort(array(1, 2), (a, b) -> cast(NULL as int))", "array<int>",
         "!COMPARATOR_RETURNS_NULL"},
        {"array_sort(array(1, 2), (a, b) -> 'x')", NULL,
         "!DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE"},
        {"map_filter(map('a', 1, 'b', 2), (k, v) -> v > 1)", "map<string,int>", "{b -> 2}"},
        {"transform_values(map('a', 1), (k, v) -> v + 1)", "map<string,int>", "{a -> 2}"},
        {"transform_keys(map('a', 1, 'b', 2), (k, v) -> 7)", "map<int,int>", "!DUPLICATED_MAP_KEY"},
        {"map_zip_with(map(1, 'a', 2, 'b'), map(2L, 'x', 3L, 'y'), (k, p, q) -> concat_ws('', p, "
         "q))",
         "map<bigint,string>", "{1 -> a, 2 -> bx, 3 -> y}"},
        {"map_zip_with(map(1, 'a'), map('1', 'x'), (k, p, q) -> p)", NULL,
         "!DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES"},
    };

    (void)state;
    EXPECT_ALL(table);
}

/* What stands around a lambda is seen by every element of its row. */
static void lambdas_see_columns(void **state)
{
    Arena arena;
    ExprText t;
    Vector *arrays, *numbers, *out;
    VectorBuilder b;

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    builder_init(&b, &arena, type_array(&arena, &type_int, false), 3);
    for (int i = 0; i < 3; i++) {
        for (int e = 0; e < i; e++)
            builder_add_i32(&b.children[0], e);
        builder_end_row(&b);
    }
    arrays = builder_finish(&b);
    numbers = vector_new(&arena, &type_int, 3);
    for (int i = 0; i < 3; i++)
        vector_i32(numbers)[i] = 100 * i;
    VEC_ADD_IN(&arena, &t.columns, arrays);
    VEC_ADD_IN(&arena, &t.columns, numbers);
    out =
        text_eval(&t, text_parse(&t, "transform($0, x -> exists($0, y -> y = x and $1 > 100))"), 3);
    assert_string_equal(text_row(&t, out, 0), "[]");
    assert_string_equal(text_row(&t, out, 1), "[false]");
    assert_string_equal(text_row(&t, out, 2), "[true, true]");
    arena_done(&arena);
}

static void sequences_and_orders(void **state)
{
    static const Expected table[] = {
        {"sequence(1, 5)", "array<int>", "[1, 2, 3, 4, 5]"},
        {"sequence(5, 1)", "array<int>", "[5, 4, 3, 2, 1]"},
        {"sequence(1, 10, 4)", "array<int>", "[1, 5, 9]"},
        {"sequence(1, 10, -1)", "array<int>", "!ILLEGAL_SEQUENCE_BOUNDARIES"},
        {"sequence(1, 2147483647)", "array<int>", "!COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER"},
        {"sequence(date'2018-01-31', date'2018-04-01', cast('1' as interval month))", "array<date>",
         "[2018-01-31, 2018-02-28, 2018-03-31]"},
        {"sequence(date'2018-01-02', date'2018-01-01')", "array<date>", "[2018-01-02, 2018-01-01]"},
        {"sequence(timestamp'2018-01-01 00:00:00', timestamp'2018-01-01 01:00:00', cast('30' as "
         "interval minute))",
         "array<timestamp>", "[2018-01-01 00:00:00, 2018-01-01 00:30:00, 2018-01-01 01:00:00]"},
        {"slice(array(1, 2, 3, 4), 2, 2)", "array<int>", "[2, 3]"},
        {"slice(array(1, 2, 3, 4), -2, 9)", "array<int>", "[3, 4]"},
        {"slice(array(1, 2), 0, 1)", "array<int>", "!INVALID_PARAMETER_VALUE.START"},
        {"slice(array(1, 2), 5, 1)", "array<int>", "[]"},
        {"sort_array(array(2, NULL, 1))", "array<int>", "[null, 1, 2]"},
        {"sort_array(array(2, NULL, 1), false)", "array<int>", "[2, 1, null]"},
        {"sort_array(array(1), '1')", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"array_min(array(2, NULL, 1))", "int", "1"},
        {"array_max(array(double'NaN', 1.0D))", "double", "NaN"},
        {"array_max(array())", "void", "NULL"},
        {"typeof(array(1, 2))", "string", "array<int>"},
        {"raise_error('so')", "void", "!USER_RAISED_EXCEPTION"},
        {"if(true, 1, raise_error('so'))", "int", "1"},
        {"assert_true(1 = 1)", "void", "NULL"},
        {"assert_true(false, 'x')", "void", "!USER_RAISED_EXCEPTION"},
        {"current_user()", "string", "tester"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void generate(const char *text, const char *expected)
{
    Arena arena;
    ExprText t;
    Expr *e;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    text_init(&t, &arena);
    e = text_parse(&t, text);
    if (!e) {
        strbuf_printf(&out, "!%s", t.err.class_name);
    } else {
        const Vector **args = ARENA_ARRAY(&arena, const Vector *, e->arg_count);
        GeneratorRows rows;

        for (uint32_t a = 0; a < e->arg_count; a++)
            args[a] = vector_flatten(&arena, text_eval(&t, e->args[a], 2));
        e->fn->generate(&(KernelCall){.expr = e,
                                      .sql = &t.sql,
                                      .arena = &arena,
                                      .args = args,
                                      .arg_count = e->arg_count,
                                      .row_count = 2},
                        &rows);
        for (uint32_t r = 0; r < rows.row_count; r++) {
            strbuf_printf(&out, "%u:", rows.rows[r]);
            for (uint32_t c = 0; c < e->type->field_count; c++)
                strbuf_printf(&out, " %s", text_row(&t, rows.columns[c], r));
            strbuf_add_c(&out, "; ");
        }
    }
    assert_string_equal(strbuf_c(&out), expected);
    strbuf_done(&out);
    arena_done(&arena);
}

static void generators_make_rows(void **state)
{
    (void)state;
    generate("explode(array(1, NULL))", "0: 1; 0: NULL; 1: 1; 1: NULL; ");
    generate("explode(map('a', 1))", "0: a 1; 1: a 1; ");
    generate("explode(array())", "");
    generate("explode_outer(array())", "0: NULL; 1: NULL; ");
    generate("posexplode(array('x', 'y'))", "0: 0 x; 0: 1 y; 1: 0 x; 1: 1 y; ");
    generate("posexplode_outer(map())", "0: NULL NULL NULL; 1: NULL NULL NULL; ");
    generate("inline(array(struct(1, 'a'), NULL))", "0: 1 a; 0: NULL NULL; 1: 1 a; 1: NULL NULL; ");
    generate("stack(2, 1, 'a', 2)", "0: 1 a; 0: 2 NULL; 1: 1 a; 1: 2 NULL; ");
    generate("stack(2, 1, 'a')", "!DATATYPE_MISMATCH.STACK_COLUMN_DIFF_TYPES");
    generate("explode(NULL)", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE");
    generate("stack(0, 1)", "!DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lambdas_map_elements),
        cmocka_unit_test(lambdas_see_columns),
        cmocka_unit_test(sequences_and_orders),
        cmocka_unit_test(generators_make_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
