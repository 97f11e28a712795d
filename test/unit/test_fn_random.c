/*
 * Random functions: Spark's numbers for a seed, going on from batch to batch.
 */
#include "expr_text.h"

/* Seeds are constants, so only the first form is tried. */
static void seeds_give_sparks_numbers(void **state)
{
    static const Expected table[] = {
        {"rand(0)", "double", "0.7604953758285915"},
        {"rand(NULL)", "double", "0.7604953758285915"},
        {"rand('1')", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"randn(0L)", "double", "1.6034991609278433"},
        {"uniform(0, 10, 0)", "int", "7"},
        {"uniform(0L, 10L, 0)", "bigint", "7"},
        {"uniform(0, cast(10 as tinyint), 0)", "int", "7"},
        {"uniform(10, cast(20 as decimal(10, 3)), 0)", "decimal(10,3)", "17.605"},
        {"uniform(10.0D, 20.0D, 0L)", "double", "17.604953758285916"},
        {"uniform(10, 20.0F, 0)", "float", "17.604954"},
        {"uniform(-20L, -10L, -10)", "bigint", "-17"},
        {"uniform(NULL, 1, 0)", "double", "NULL"},
        {"uniform(cast(NULL as int), 1, 0)", "int", "NULL"},
        {"uniform(0, 1, cast(NULL as int))", "int", "0"},
        {"uniform(0, 10, 'ghi')", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"uniform(10.0F, 20.0F, 0.0F)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"randstr(5, 0)", "string", "ceV0P"},
        {"randstr(10.0F, 0)", "string", "ceV0PXaR2I"},
        {"randstr(NULL, 0)", "string", ""},
        {"randstr(-1, 0)", "string", "!INVALID_PARAMETER_VALUE.LENGTH"},
        {"randstr(10, 1.5)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        expect_form(FORM_LITERALS, NULL, table[i].text, table[i].type, table[i].value);
}

static void the_sequence_goes_on_from_batch_to_batch(void **state)
{
    Arena arena;
    ExprText t;
    const Expr *e;
    Program *program;
    ProgramState *states[2];
    Vector *whole, *part, *other;

    (void)state;
    arena_init(&arena);
    text_init(&t, &arena);
    e = text_parse(&t, "randn(7) + rand(7)");
    program = program_compile(&arena, &e, 1);
    states[0] = program_state_create(program, 0);
    states[1] = program_state_create(program, 1);
    program_eval(program, &t.sql, &arena, batch_new(&arena, 0, 100), &whole);
    program_eval_state(program, states[1], &t.sql, &arena, batch_new(&arena, 0, 100), &other);
    assert_true(vector_f64(whole)[0] != vector_f64(other)[0]);
    for (uint32_t at = 0; at < 100; at += 7) {
        uint32_t count = MIN(7, 100 - at);

        program_eval_state(program, states[0], &t.sql, &arena, batch_new(&arena, 0, count), &part);
        for (uint32_t i = 0; i < count; i++)
            assert_true(vector_f64(part)[i] == vector_f64(whole)[at + i]);
    }
    program_state_free(states[0]);
    program_state_free(states[1]);
    e = text_parse(&t, "1 + 1");
    assert_null(program_state_create(program_compile(&arena, &e, 1), 0));
    arena_done(&arena);
}

static void without_a_seed_every_call_is_another(void **state)
{
    (void)state;
    expect_form(FORM_LITERALS, NULL, "uuid() = uuid()", "boolean", "false");
    expect_form(FORM_LITERALS, NULL, "rand() = rand()", "boolean", "false");
    expect_form(FORM_LITERALS, NULL, "rlike(uuid(), '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')",
                "boolean", "true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_give_sparks_numbers),
        cmocka_unit_test(the_sequence_goes_on_from_batch_to_batch),
        cmocka_unit_test(without_a_seed_every_call_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
