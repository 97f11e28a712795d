/*
 * The catalog as a whole: what each row says of itself.
 */
#include "expr_text.h"

static void every_example_is_true(void **state)
{
    const Function *fn;
    int wrong = 0;

    (void)state;
    for (size_t i = 0; (fn = function_at(i)); i++) {
        Arena arena;
        ExprText t;
        Expr *e;
        const char *value;

        if (fn->class_ != FUNCTION_SCALAR || (fn->flags & FN_HIDDEN) || !fn->example ||
            !*fn->example)
            continue;
        arena_init(&arena);
        text_init(&t, &arena);
        e = text_parse(&t, fn->example);
        value = e ? text_row(&t, text_eval(&t, e, 1), 0) : t.err.text;
        if (strcmp(value, "true") != 0) {
            print_error("%s: %s is %s\n", fn->name, fn->example, value);
            wrong++;
        }
        arena_done(&arena);
    }
    assert_int_equal(wrong, 0);
}

static void every_public_row_is_documented(void **state)
{
    const Function *fn;

    (void)state;
    for (size_t i = 0; (fn = function_at(i)); i++) {
        if (fn->flags & FN_HIDDEN)
            continue;
        if (!fn->doc || !*fn->doc || !fn->example || !*fn->example || !fn->group)
            fail_msg("%s has no doc, example or group", fn->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_is_true),
        cmocka_unit_test(every_public_row_is_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
