#include "plan_fixture.h"

typedef struct Case {
    const char *sql;
    const char *plan;
} Case;

/* What the rules do, and where exchanges stand. The plan is EXPLAIN's. */
static const Case plans[] = {
    /* Only what is used is read, down to the fields of a STRUCT where rows are decoded. */
    {"SELECT b FROM t WHERE a > 1",
     "└─ project b\n"
     "   └─ filter (a > 1)\n"
     "      └─ scan t, 2 of 6 columns: a INT, b STRING; where (a > 1)\n"},
    {"SELECT count(*) FROM t",
     "└─ aggregate count(1)\n"
     "   └─ exchange to one worker\n"
     "      └─ scan t, 0 of 6 columns: none\n"},
    {"SELECT j.y.z FROM f WHERE j.x = 1",
     "└─ project j.y.z AS z\n"
     "   └─ filter (j.x = 1)\n"
     "      └─ scan f, 1 of 2 columns: j STRUCT<x: INT, y: STRUCT<z: BIGINT>>; where (j.x = 1)\n"},
    {"SELECT j, j.x FROM f",
     "└─ project j, j.x AS x\n"
     "   └─ scan f, 1 of 2 columns: j STRUCT<x: INT, y: STRUCT<z: BIGINT, w: STRING>>\n"},
    /* Constants are computed, TRUE conditions go. */
    {"SELECT a + (1 + 2) FROM u WHERE 1 < 2",
     "└─ project (a + 3) AS (a + (1 + 2))\n"
     "   └─ scan u, 1 of 3 columns: a INT\n"},
    /* Projections become one; conditions go through them, in terms of what is below. */
    {"SELECT y FROM (SELECT x + 1 AS y FROM (SELECT a * 2 AS x FROM u)) WHERE y > 5",
     "└─ project ((a * 2) + 1) AS y\n"
     "   └─ filter (((a * 2) + 1) > 5)\n"
     "      └─ scan u, 1 of 3 columns: a INT; where (((a * 2) + 1) > 5)\n"},
    /* Each side of a join gets its own conditions; equalities are its keys. */
    {"SELECT b, d FROM t, u WHERE t.a = u.a AND t.b = 'x' AND u.d > 1 AND t.c > u.d",
     "└─ project b, d\n"
     "   └─ join inner on ((t.a = u.a) and (cast(c as double) > d))\n"
     "      ├─ exchange by a\n"
     "      │  └─ filter (b = 'x')\n"
     "      │     └─ scan t, 3 of 6 columns: a INT, b STRING, c DECIMAL(10,2); where (b = 'x')\n"
     "      └─ exchange by a\n"
     "         └─ filter (d > 1.0)\n"
     "            └─ scan u, 2 of 3 columns: a INT, d DOUBLE; where (d > 1.0)\n"},
    /* Relations that only a later one connects are not multiplied. */
    {"SELECT x.d FROM u x, u y, t WHERE x.a = t.a AND y.a = t.a",
     "└─ project d\n"
     "   └─ join inner on (y.a = t.a)\n"
     "      ├─ exchange by a\n"
     "      │  └─ join inner on (x.a = t.a)\n"
     "      │     ├─ exchange by a\n"
     "      │     │  └─ scan u, 2 of 3 columns: a INT, d DOUBLE\n"
     "      │     └─ exchange by a\n"
     "      │        └─ scan t, 1 of 6 columns: a INT\n"
     "      └─ exchange by a\n"
     "         └─ scan u, 1 of 3 columns: a INT\n"},
    /* Of a left join, a condition above may go to the left only, one of ON to the right only. */
    {"SELECT b, d FROM t LEFT JOIN u ON t.a = u.a AND u.e AND t.b = 'y' WHERE t.c > 1 AND d IS NULL",
     "└─ project b, d\n"
     "   └─ filter isnull(d)\n"
     "      └─ join left on ((t.a = u.a) and (b = 'y'))\n"
     "         ├─ exchange by a\n"
     "         │  └─ filter (c > 1)\n"
     "         │     └─ scan t, 3 of 6 columns: a INT, b STRING, c DECIMAL(10,2); where (c > 1)\n"
     "         └─ exchange by a\n"
     "            └─ filter e\n"
     "               └─ scan u: a INT, d DOUBLE, e BOOLEAN; where e\n"},
    /* Below a grouping goes what speaks of its keys alone. */
    {"SELECT b, sum(a) n FROM t GROUP BY b HAVING b <> 'x' AND sum(a) > 3",
     "└─ filter (sum > 3)\n"
     "   └─ aggregate by b: sum(a)\n"
     "      └─ exchange by b\n"
     "         └─ project b, a\n"
     "            └─ filter not((b = 'x'))\n"
     "               └─ scan t, 2 of 6 columns: a INT, b STRING; where not((b = 'x'))\n"},
    /* ORDER BY with LIMIT keeps no more rows than it shows. */
    {"SELECT a FROM u ORDER BY d DESC LIMIT 3 OFFSET 2",
     "└─ project a\n"
     "   └─ sort by d DESC limit 3 offset 2\n"
     "      └─ exchange to one worker\n"
     "         └─ scan u, 2 of 3 columns: a INT, d DOUBLE\n"},
    /* UNION ALL: conditions and unused columns in every branch. */
    {"SELECT x FROM (SELECT a x, d FROM u UNION ALL SELECT a, 1.0D FROM t) WHERE x = 1",
     "└─ union\n"
     "   ├─ filter (a = 1)\n"
     "   │  └─ scan u, 1 of 3 columns: a INT; where (a = 1)\n"
     "   └─ filter (a = 1)\n"
     "      └─ scan t, 1 of 6 columns: a INT; where (a = 1)\n"},
    /* Subqueries are joins. */
    {"SELECT b FROM t WHERE a IN (SELECT a FROM u WHERE d > 1) AND NOT EXISTS (SELECT 1 FROM u "
     "WHERE u.a = t.a)",
     "└─ project b\n"
     "   └─ join anti on (u.a = t.a)\n"
     "      ├─ exchange by a\n"
     "      │  └─ join semi on (t.a = u.a)\n"
     "      │     ├─ exchange by a\n"
     "      │     │  └─ scan t, 2 of 6 columns: a INT, b STRING\n"
     "      │     └─ exchange by a\n"
     "      │        └─ project a\n"
     "      │           └─ filter (d > 1.0)\n"
     "      │              └─ scan u, 2 of 3 columns: a INT, d DOUBLE; where (d > 1.0)\n"
     "      └─ exchange by a\n"
     "         └─ scan u, 1 of 3 columns: a INT\n"},
    /* count(*) of no rows is 0, though the join finds no group. */
    {"SELECT (SELECT count(*) FROM u WHERE u.a = t.a) FROM t",
     "└─ project CASE WHEN isnotnull(matched) THEN count ELSE 0 END AS scalarsubquery(a)\n"
     "   └─ join single on (u.a = t.a)\n"
     "      ├─ exchange by a\n"
     "      │  └─ scan t, 1 of 6 columns: a INT\n"
     "      └─ exchange by a\n"
     "         └─ project count, a, true AS matched\n"
     "            └─ aggregate by a: count(1)\n"
     "               └─ exchange by a\n"
     "                  └─ scan u, 1 of 3 columns: a INT\n"},
};

static void rules_make_the_plans_that_are_expected(void **state)
{
    PlanFixture f;
    size_t wrong = 0;

    fixture_init(&f);
    fixture_run(&f, "CREATE TABLE f (i INT, j STRUCT<x: INT, y: STRUCT<z: BIGINT, w: STRING>>) "
                    "USING json OPTIONS (path 'f.json')");
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        const char *got = fixture_plan(&f, plans[i].sql);

        if (strcmp(got, plans[i].plan) == 0)
            continue;
        print_message("%s\n%s\nexpected:\n%s\n", plans[i].sql, got, plans[i].plan);
        wrong++;
    }
    assert_int_equal(wrong, 0);
    fixture_done(&f);
}

static void a_bound_of_row_number_bounds_its_window(void **state)
{
    PlanFixture f;

    if (!function_find(STR("row_number")))
        skip();
    fixture_init(&f);
    assert_string_equal(
        fixture_plan(&f, "SELECT a FROM (SELECT a, row_number() OVER (PARTITION BY e ORDER BY d) r "
                         "FROM u) WHERE r <= 2"),
        "└─ project a\n"
        "   └─ filter (row_number <= 2)\n"
        "      └─ window row_number() OVER (...); partition by e; order by d; first 2\n"
        "         └─ exchange by e\n"
        "            └─ scan u: a INT, d DOUBLE, e BOOLEAN\n");
    fixture_done(&f);
}

/* Ids are dense and grow upwards: state in checkpoints is found by them, and what is put on top of a
 * query leaves them as they are. */
static uint32_t check_ids(const Node *node, uint32_t id)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        id = check_ids(node_input(node, i), id);
    assert_int_equal(node->id, id);
    return id + 1;
}

static void nodes_are_numbered_from_below(void **state)
{
    PlanFixture f;
    BoundStatement *bound;

    fixture_init(&f);
    bound = fixture_bind(&f, "SELECT t.b, sum(d) FROM t JOIN u ON t.a = u.a GROUP BY t.b UNION ALL "
                             "SELECT b, 1 FROM t ORDER BY 2");
    if (!bound) {
        fail_msg("%s", fixture_mistake(&f));
        return;
    }
    assert_int_equal(check_ids(bound->plan, 0), bound->node_count);
    assert_int_equal(bound->scan_count, 3);
    for (uint32_t i = 0; i < bound->scan_count; i++)
        assert_int_equal(bound->scans[i]->as.scan.source_i, i);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_make_the_plans_that_are_expected),
        cmocka_unit_test(a_bound_of_row_number_bounds_its_window),
        cmocka_unit_test(nodes_are_numbered_from_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
