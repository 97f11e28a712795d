/*
 * Aggregates: results, and that any split of the rows, merged, and any way through a checkpoint,
 * gives the same.
 */
#include "expr/aggregate.h"
#include "expr_text.h"

enum { ROWS_MAX = 64 };

typedef struct Group {
    AggregateCall call;
    void *state;
} Group;

static Group group_new(Arena *arena, const Expr *e, const SqlContext *sql)
{
    Group g = {{e, sql}, NULL};

    g.state = arena_alloc(arena, e->fn->aggregate->state_bytes(&g.call));
    e->fn->aggregate->init(&g.call, g.state);
    return g;
}

static void group_done(Group *g)
{
    const AggregateMethods *m = g->call.expr->fn->aggregate;

    if (m->clear)
        m->clear(&g->call, g->state);
}

static void group_update(Group *g, Arena *arena, const Vector *const *args, uint32_t row_count,
                         bool one)
{
    const AggregateMethods *m = g->call.expr->fn->aggregate;
    void **states = ARENA_ARRAY(arena, void *, row_count);

    for (uint32_t i = 0; i < row_count; i++)
        states[i] = g->state;
    if (one && m->update_one)
        m->update_one(&g->call, g->state, args, row_count, arena);
    else
        m->update(&g->call, states, args, row_count, arena);
}

static const char *group_text(Group *g, ExprText *t)
{
    const AggregateMethods *m = g->call.expr->fn->aggregate;
    Vector *out = m->result(&g->call, (const void *const *)&g->state, 1, t->arena);

    assert_true(vector_verify(out));
    assert_true(type_equal(out->type, g->call.expr->type));
    return text_row(t, out, 0);
}

/* Writes the state, reads it back in its place; cut short, it must be refused. */
static void group_through_checkpoint(Group *g)
{
    const AggregateMethods *m = g->call.expr->fn->aggregate;
    StrBuf bytes;
    Str in;

    strbuf_init(&bytes);
    m->encode(&g->call, g->state, &bytes);
    group_done(g);
    if (bytes.bytes) {
        in = (Str){strbuf_c(&bytes), (uint32_t)bytes.bytes - 1};
        m->init(&g->call, g->state);
        assert_false(m->decode(&g->call, g->state, &in));
        group_done(g);
    }
    in = strbuf_str(&bytes);
    m->init(&g->call, g->state);
    assert_true(m->decode(&g->call, g->state, &in));
    assert_int_equal(in.bytes, 0);
    strbuf_done(&bytes);
}

/* Each argument's rows are texts separated by '|', cast to `type`; NULL is NULL. */
static const Vector *column_of(ExprText *t, const char *values, const Type *type, uint32_t *count)
{
    Str rest = str_of(values), part;
    VectorBuilder b;

    builder_init(&b, t->arena, type, 8);
    *count = 0;
    while (*values && str_split(&rest, '|', &part)) {
        Expr *e = expr_literal_string(t->arena, str_trim(part), (Span){0});
        const Vector *v;

        ++*count;
        if (str_is(str_trim(part), "NULL")) {
            builder_add_null(&b);
            continue;
        }
        assert_ok(expr_cast(t->arena, &t->sql, e, type, false, (Span){0}, &e, &err));
        assert_ok(expr_eval_constant(t->arena, &t->sql, e, &v, &err));
        builder_add_from(&b, v, 0);
    }
    return builder_finish(&b);
}

typedef struct Case {
    const char *name;
    const char *types[3]; /* Of the arguments; "!value" : a literal. */
    const char *values[3];
    const char *type, *value;
} Case;

static void check(const Case *c)
{
    Arena arena;
    ExprText t;
    Expr *args[3], *e;
    const Vector *columns[3];
    uint32_t arg_count = 0, row_count = 0;
    Error err = {0};
    const char *whole;

    arena_init(&arena);
    text_init(&t, &arena);
    for (; arg_count < 3 && c->types[arg_count]; arg_count++) {
        const char *text = c->types[arg_count];
        const Type *type;

        if (*text == '!') {
            args[arg_count] = text_parse(&t, text + 1);
            assert_non_null(args[arg_count]);
            continue;
        }
        assert_true(type_parse(&arena, str_of(text), &type, &err));
        columns[arg_count] = column_of(&t, c->values[arg_count], type, &row_count);
        args[arg_count] = expr_column(&arena, arg_count, type, true, (Span){0});
    }
    if (!function_call_aggregate(&arena, &t.sql, function_find(str_of(c->name)), args, arg_count,
                                 (Span){0}, &e, &err)) {
        if (*c->value != '!' || !err.class_name || strcmp(err.class_name, c->value + 1) != 0)
            fail_msg("%s: %s", c->name, err.text);
        arena_done(&arena);
        return;
    }
    assert_string_equal(type_name_in(&arena, e->type), c->type);
    /* Casts that bind put in are run before, as the planner has it. */
    Batch *batch = batch_new(&arena, arg_count, row_count);
    for (uint32_t a = 0; a < arg_count; a++)
        batch->columns[a] = *c->types[a] == '!' ? NULL : (Vector *)(uintptr_t)columns[a];
    for (uint32_t a = 0; a < e->arg_count; a++) {
        Vector *out;

        program_eval(program_compile(&arena, (const Expr *[]){e->args[a]}, 1), &t.sql, &arena,
                     batch, &out);
        columns[a] = out;
    }
    for (uint32_t first = 0; first <= row_count; first++) {
        for (int way = 0; way < 4; way++) {
            Group a = group_new(&arena, e, &t.sql), b = group_new(&arena, e, &t.sql);
            const Vector *parts[3];

            for (uint32_t k = 0; k < e->arg_count; k++)
                parts[k] = vector_slice(&arena, columns[k], 0, first);
            group_update(&a, &arena, parts, first, way & 1);
            for (uint32_t k = 0; k < e->arg_count; k++)
                parts[k] = vector_slice(&arena, columns[k], first, row_count - first);
            if (way & 2) {
                group_through_checkpoint(&a);
                group_update(&a, &arena, parts, row_count - first, way & 1);
            } else {
                group_update(&b, &arena, parts, row_count - first, way & 1);
                group_through_checkpoint(&b);
                e->fn->aggregate->merge(&a.call, a.state, b.state);
            }
            whole = group_text(&a, &t);
            if (strcmp(whole, c->value) != 0)
                fail_msg("%s(%s), cut at %u, way %d: expected %s, got %s", c->name, c->values[0],
                         first, way, c->value, whole);
            group_done(&a);
            group_done(&b);
        }
    }
    arena_done(&arena);
}

static void check_all(const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&cases[i]);
}

static void sums_and_means(void **state)
{
    static const Case cases[] = {
        {"count", {"int"}, {"1|NULL|3"}, "bigint", "2"},
        {"count", {0}, {0}, "bigint", "!WRONG_NUM_ARGS.WITH_SUGGESTION"},
        {"count", {"int"}, {"NULL"}, "bigint", "0"},
        {"count", {"int", "int"}, {"1|NULL|3", "1|1|NULL"}, "bigint", "1"},
        {"count_if", {"boolean"}, {"true|NULL|false|true"}, "bigint", "2"},
        {"sum", {"int"}, {"1|NULL|3"}, "bigint", "4"},
        {"sum", {"int"}, {"NULL|NULL"}, "bigint", "NULL"},
        {"sum", {"int"}, {""}, "bigint", "NULL"},
        {"sum", {"tinyint"}, {"100|100|100"}, "bigint", "300"},
        {"sum", {"bigint"}, {"9223372036854775807|1"}, "bigint", "!ARITHMETIC_OVERFLOW"},
        {"sum", {"bigint"}, {"9223372036854775807|1|-1"}, "bigint", "9223372036854775807"},
        {"try_sum", {"bigint"}, {"9223372036854775807|1"}, "bigint", "NULL"},
        {"sum", {"double"}, {"0.1|0.2|0.3|1e20|-1e20"}, "double", "0.6"},
        {"sum", {"float"}, {"1.5|2.5"}, "double", "4.0"},
        {"sum", {"double"}, {"1|Infinity"}, "double", "Infinity"},
        {"sum", {"decimal(10,2)"}, {"1.10|2.25"}, "decimal(20,2)", "3.35"},
        {"sum",
         {"decimal(38,0)"},
         {"99999999999999999999999999999999999999|1"},
         "decimal(38,0)",
         "!NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"},
        {"sum",
         {"decimal(38,0)"},
         {"99999999999999999999999999999999999999|1|-1"},
         "decimal(38,0)",
         "99999999999999999999999999999999999999"},
        {"sum",
         {"interval day to second"},
         {"0 01:00:00|0 02:00:00"},
         "interval day to second",
         "INTERVAL '0 03:00:00' DAY TO SECOND"},
        {"sum", {"string"}, {"1|2.5"}, "double", "3.5"},
        {"sum", {"boolean"}, {"true"}, "", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"avg", {"int"}, {"1|2|2"}, "double", "1.6666666666666667"},
        {"avg",
         {"bigint"},
         {"9223372036854775807|9223372036854775807"},
         "double",
         "9.223372036854776E18"},
        {"avg", {"decimal(10,2)"}, {"1.00|2.00|2.00"}, "decimal(14,6)", "1.666667"},
        {"avg", {"double"}, {"NULL"}, "double", "NULL"},
        {"avg",
         {"interval year to month"},
         {"1-0|2-0"},
         "interval year to month",
         "INTERVAL '1-6' YEAR TO MONTH"},
        {"mean", {"int"}, {"1|2"}, "double", "1.5"},
    };

    (void)state;
    check_all(cases, COUNT_OF(cases));
}

static void values_chosen(void **state)
{
    static const Case cases[] = {
        {"min", {"int"}, {"3|NULL|1|2"}, "int", "1"},
        {"max", {"int"}, {"3|NULL|1|2"}, "int", "3"},
        {"max", {"int"}, {"NULL"}, "int", "NULL"},
        {"min", {"string"}, {"b|a|c|a longer text than is kept in place"}, "string", "a"},
        {"max",
         {"string"},
         {"b|z longer text than is kept in place|c"},
         "string",
         "z longer text than is kept in place"},
        {"min", {"double"}, {"NaN|1.5|-2"}, "double", "-2.0"},
        {"max", {"double"}, {"NaN|1.5|-2"}, "double", "NaN"},
        {"max", {"float"}, {"1.5|2.25"}, "float", "2.25"},
        {"max", {"decimal(10,2)"}, {"1.10|2.25"}, "decimal(10,2)", "2.25"},
        {"min", {"date"}, {"2024-01-02|2024-01-01"}, "date", "2024-01-01"},
        {"max", {"boolean"}, {"false|true"}, "boolean", "true"},
        {"bool_and", {"boolean"}, {"true|false"}, "boolean", "false"},
        {"every", {"boolean"}, {"true|NULL"}, "boolean", "true"},
        {"some", {"boolean"}, {"false|true"}, "boolean", "true"},
        {"first", {"int"}, {"NULL|2|3"}, "int", "NULL"},
        {"first", {"int", "!true"}, {"NULL|2|3"}, "int", "2"},
        {"last", {"string"}, {"a|b|NULL"}, "string", "NULL"},
        {"last", {"string", "!true"}, {"a|b|NULL"}, "string", "b"},
        {"any_value", {"int"}, {"5"}, "int", "5"},
        {"min_by", {"string", "int"}, {"a|b|c", "3|1|2"}, "string", "b"},
        {"max_by", {"string", "double"}, {"a|b|c", "3|NULL|2"}, "string", "a"},
        {"bit_and", {"int"}, {"7|5|NULL"}, "int", "5"},
        {"bit_or", {"smallint"}, {"1|4"}, "smallint", "5"},
        {"bit_xor", {"bigint"}, {"1|3|5"}, "bigint", "7"},
    };

    (void)state;
    check_all(cases, COUNT_OF(cases));
}

static void moments(void **state)
{
    static const Case cases[] = {
        {"var_pop", {"int"}, {"1|3"}, "double", "1.0"},
        {"var_samp", {"int"}, {"1|3"}, "double", "2.0"},
        {"variance", {"int"}, {"1"}, "double", "NULL"},
        {"stddev_pop", {"double"}, {"1|3"}, "double", "1.0"},
        {"skewness", {"int"}, {"1|3"}, "double", "0.0"},
        {"kurtosis", {"int"}, {"1|3"}, "double", "-2.0"},
        {"corr", {"int", "int"}, {"1|3", "2|6"}, "double", "1.0"},
        {"covar_pop", {"int", "int"}, {"1|3|5", "2|6|NULL"}, "double", "2.0"},
        {"covar_samp", {"int", "int"}, {"1|3", "2|6"}, "double", "4.0"},
        {"regr_count", {"int", "int"}, {"1|3|NULL", "2|6|1"}, "bigint", "2"},
        {"regr_slope", {"int", "int"}, {"2|6", "1|3"}, "double", "2.0"},
        {"regr_intercept", {"int", "int"}, {"3|7", "1|3"}, "double", "1.0"},
        {"regr_r2", {"int", "int"}, {"3|7", "1|3"}, "double", "1.0"},
        {"regr_avgx", {"int", "int"}, {"3|7", "1|3"}, "double", "2.0"},
    };

    (void)state;
    check_all(cases, COUNT_OF(cases));
}

static void values_collected(void **state)
{
    static const Case cases[] = {
        {"collect_list", {"int"}, {"1|NULL|2|1"}, "array<int>", "[1, 2, 1]"},
        {"collect_list", {"int"}, {"NULL"}, "array<int>", "[]"},
        {"array_agg", {"string"}, {"b|a"}, "array<string>", "[b, a]"},
        {"collect_set", {"int"}, {"1|NULL|2|1"}, "array<int>", "[1, 2]"},
        {"collect_set", {"double"}, {"NaN|-0.0|0.0|NaN"}, "array<double>", "[NaN, 0.0]"},
        {"listagg", {"string", "!', '"}, {"a|NULL|b"}, "string", "a, b"},
        {"string_agg", {"string"}, {"a|b"}, "string", "ab"},
        {"listagg", {"string"}, {"NULL"}, "string", "NULL"},
        {"mode", {"int"}, {"3|1|3|2|NULL|NULL|NULL"}, "int", "3"},
        {"mode", {"string"}, {"b|a"}, "string", "b"},
        {"mode", {"int", "!true", "!true"}, {"1|2|3"}, "int", "3"},
        {"mode", {"int"}, {"NULL"}, "int", "NULL"},
        {"mode", {"int", "!NULL"}, {"1"}, "", "!DATATYPE_MISMATCH.UNEXPECTED_NULL"},
        {"mode", {"int", "!'true'"}, {"1"}, "", "!UNEXPECTED_INPUT_TYPE"},
        {"approx_count_distinct", {"int"}, {"1|2|NULL|2|3"}, "bigint", "3"},
        {"approx_count_distinct",
         {"int", "!2.0D"},
         {"1"},
         "",
         "!DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE"},
        {"approx_count_distinct", {"int", "!2"}, {"1"}, "", "!_LEGACY_ERROR_TEMP_1104"},
    };

    (void)state;
    check_all(cases, COUNT_OF(cases));
}

static void percentiles(void **state)
{
    static const Case cases[] = {
        {"percentile", {"int", "!0.3"}, {"0|10"}, "double", "3.0"},
        {"percentile", {"int", "!array(0.25, 0.75)"}, {"0|10"}, "array<double>", "[2.5, 7.5]"},
        {"percentile", {"int", "!0.5", "int"}, {"1|2|3", "", "1|1|8"}, "double", "3.0"},
        {"percentile", {"int", "!1.5"}, {"1"}, "", "!DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE"},
        {"median", {"decimal(4,1)"}, {"1.5|2.5|NULL"}, "double", "2.0"},
        {"median",
         {"interval year to month"},
         {"0-1|0-4"},
         "interval year to month",
         "INTERVAL '0-2' YEAR TO MONTH"},
        {"percentile_cont", {"int", "!0.25", "!true"}, {"10|20|30"}, "double", "25.0"},
        {"percentile_disc", {"int", "!0.25"}, {"30|10|20"}, "double", "10.0"},
        {"percentile_disc", {"int", "!0.25", "!true"}, {"30|10|20"}, "double", "30.0"},
        {"percentile_approx", {"int", "!0.5"}, {"0|1|2|10"}, "int", "1"},
        {"median", {"int"}, {"NULL"}, "double", "NULL"},
        {"histogram_numeric",
         {"int", "!3"},
         {"1|2|3|2"},
         "array<struct<x:int,y:double>>",
         "[{1, 1.0}, {2, 2.0}, {3, 1.0}]"},
        {"histogram_numeric",
         {"double", "!5"},
         {"NULL"},
         "array<struct<x:double,y:double>>",
         "NULL"},
    };

    (void)state;
    check_all(cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_means), cmocka_unit_test(values_chosen),
        cmocka_unit_test(moments),        cmocka_unit_test(values_collected),
        cmocka_unit_test(percentiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
