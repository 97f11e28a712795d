/*
 * The catalog as a whole: what each row says of itself.
 */
#include "expr/function.h"
#include "pipeline/query.h"
#include "plan_fixture.h"

/* The one value of a query, as text. */
static const char *first_value(PlanFixture *f, const char *sql)
{
    BoundStatement *bound = fixture_bind(f, sql);
    QueryRows rows = {0};
    Error err = {0};
    const Vector *v;

    if (!bound || !bound->plan)
        return f->diagnostics.count ? f->diagnostics.items[0].message : "no diagnostic";
    if (!query_rows(NULL, bound->plan, session_context(f->session), &f->arena, &rows, &err))
        return arena_strdup(&f->arena, err.text);
    assert_int_equal(rows.row_count, 1);
    v = rows.batches[0]->columns[0];
    if (v->type->kind != TYPE_BOOLEAN)
        return "no BOOLEAN";
    return !vector_is_valid(v, 0) ? "NULL" : vector_bools(v)[0] ? "true" : "false";
}

static void every_example_is_true(void **state)
{
    const Function *fn;
    int wrong = 0;

    (void)state;
    for (size_t i = 0; (fn = function_at(i)); i++) {
        PlanFixture f;
        const char *value;

        if (fn->class_ != FUNCTION_SCALAR || !fn->example || !*fn->example)
            continue;
        fixture_init(&f);
        value = first_value(&f, arena_printf(&f.arena, "SELECT %s", fn->example));
        if (strcmp(value, "true") != 0) {
            print_error("%s: %s is %s\n", fn->name, fn->example, value);
            wrong++;
        }
        fixture_done(&f);
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
