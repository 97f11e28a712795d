#include "plan_fixture.h"

typedef struct Case {
    const char *sql;
    const char *expected;
} Case;

static const Case schemas[] = {
    /* Names of columns, as Spark gives them. */
    {"SELECT a, A, t.a, x.a FROM t JOIN u x ON t.a = x.a", "AMBIGUOUS_REFERENCE@8: write the "
     "table's name before the column's"},
    {"SELECT A, t.b, s.x, s.y.z FROM t", "A INT, b STRING, x INT, z BIGINT"},
    {"SELECT a + 1, -a, NOT a > 1, a IS NULL FROM t",
     "(a + 1) INT, (- a) INT, (NOT (a > 1)) BOOLEAN, (a IS NULL) BOOLEAN"},
    {"SELECT count(*), sum(a), count(DISTINCT b), sum(c) FILTER (WHERE a > 1) FROM t",
     "count(1) BIGINT, sum(a) BIGINT, count(DISTINCT b) BIGINT, "
     "sum(c) FILTER (WHERE (a > 1)) DECIMAL(20,2)"},
    {"SELECT CAST(a AS STRING), a::BIGINT, t.a <> 2, b || 'x' FROM t",
     "a STRING, a BIGINT, (NOT (a = 2)) BOOLEAN, "
     "concat(b, x) STRING"},
    {"SELECT CASE a WHEN 1 THEN 'x' ELSE b END, a BETWEEN 1 AND 2, a IN (1, 2) FROM t",
     "CASE WHEN (a = 1) THEN x ELSE b END STRING, between(a, 1, 2) BOOLEAN, "
     "(a IN (1, 2)) BOOLEAN"},
    {"SELECT 1, 'x', 1.50, 1e2, NULL, DATE '2024-02-29', INTERVAL '1' DAY, true",
     "1 INT, x STRING, 1.50 DECIMAL(3,2), 100.0 DOUBLE, NULL VOID, DATE '2024-02-29' DATE, "
     "INTERVAL '1' DAY INTERVAL DAY, true BOOLEAN"},
    /* Literals have the smallest of their types. */
    {"SELECT 2147483647 a, 2147483648 b, 9223372036854775808 c, 1Y d, 1L e, 0.001 f, 1.5F g",
     "a INT, b BIGINT, c DECIMAL(19,0), d TINYINT, e BIGINT, f DECIMAL(3,3), g FLOAT"},
    /* One that is cast, be it to its own type, is a literal no more. */
    {"SELECT 1.50 * 2 a, 1.50 * CAST(2 AS INT) b, 1.50 * int(2) c, 1.50 + TRY_CAST(2 AS INT) d",
     "a DECIMAL(5,2), b DECIMAL(14,2), c DECIMAL(14,2), d DECIMAL(13,2)"},
    {"SELECT INTERVAL 1 YEAR 2 MONTHS a, INTERVAL '1 day 2 hours' b, INTERVAL 3 WEEKS c",
     "a INTERVAL YEAR TO MONTH, b INTERVAL DAY TO HOUR, c INTERVAL DAY"},
    /* Stars. */
    {"SELECT t.* EXCEPT (s, arr, ts), u.* FROM t, u WHERE t.a = u.a",
     "a INT, b STRING, c DECIMAL(10,2), a INT, d DOUBLE, e BOOLEAN"},
    {"SELECT s.* FROM t", "x INT, y STRUCT<z: BIGINT, w: STRING>"},
    {"SELECT * EXCEPT (s.y, b, c, arr, ts) FROM t", "a INT, s STRUCT<x: INT>"},
    {"SELECT * FROM v", "p INT, q STRING"},
    /* Aliases: of earlier items, in GROUP BY, HAVING and ORDER BY. */
    {"SELECT a + 1 AS x, x * 2 AS y FROM t", "x INT, y INT"},
    {"SELECT a % 2 AS k, sum(a) AS n, n + 1 AS m FROM t GROUP BY k HAVING n > 1 ORDER BY m",
     "k INT, n BIGINT, m BIGINT"},
    {"SELECT b, count(*) n FROM t GROUP BY 1 ORDER BY 2 DESC, 1", "b STRING, n BIGINT"},
    {"SELECT b, a + 1 x, max(c) FROM t GROUP BY ALL ORDER BY ALL",
     "b STRING, x INT, max(c) DECIMAL(10,2)"},
    {"SELECT 1 + a FROM t GROUP BY a + 1", "(1 + a) INT"},
    /* Joins. */
    {"SELECT * FROM t JOIN u USING (a)",
     "a INT, b STRING, c DECIMAL(10,2), s STRUCT<x: INT, y: STRUCT<z: BIGINT, w: STRING>>, "
     "arr ARRAY<INT>, ts TIMESTAMP, d DOUBLE, e BOOLEAN"},
    {"SELECT a, t.a, u.a, d FROM t FULL JOIN u USING (a)", "a INT, a INT, a INT, d DOUBLE"},
    {"SELECT d FROM t NATURAL JOIN u", "d DOUBLE"},
    {"SELECT b FROM t LEFT SEMI JOIN u ON t.a = u.a", "b STRING"},
    /* Set operations take the types of both. */
    {"SELECT a FROM t UNION ALL SELECT d FROM u", "a DOUBLE"},
    {"SELECT a, b FROM t INTERSECT SELECT a, 'x' FROM u", "a INT, b STRING"},
    {"VALUES (1, 'a'), (2L, NULL)", "col1 BIGINT, col2 STRING"},
    {"SELECT x FROM VALUES (1), (2.5) AS v (x)", "x DECIMAL(11,1)"},
    /* WITH. */
    {"WITH w (x) AS (SELECT a FROM t), y AS (SELECT x + 1 AS z FROM w) SELECT * FROM y, w",
     "z INT, x INT"},
    /* Subqueries. */
    {"SELECT (SELECT max(d) FROM u WHERE u.a = t.a) AS m, EXISTS (SELECT 1 FROM u) e, "
     "a IN (SELECT a FROM u) i FROM t",
     "m DOUBLE, e BOOLEAN, i BOOLEAN"},
    /* Pipes. */
    {"FROM t |> WHERE a > 1 |> AGGREGATE sum(c) AS n GROUP BY b |> EXTEND n * 2 AS m |> DROP b",
     "n DECIMAL(20,2), m DECIMAL(22,2)"},
    {"FROM u |> SET d = 1 |> AS w |> SELECT w.a, d", "a INT, d INT"},
    /* Event time in a batch query is a column too. */
    {"SELECT window.end, count(*) FROM t GROUP BY window(ts, '1 minute')",
     "end TIMESTAMP, count(1) BIGINT"},
    {"SELECT window(ts, '10 seconds', '5 seconds') w FROM t",
     "w STRUCT<start: TIMESTAMP, end: TIMESTAMP>"},
    /* Pivots. */
    {"SELECT * FROM (SELECT a, b, c FROM t) PIVOT (sum(c) FOR b IN ('x', 'y' AS z))",
     "a INT, x DECIMAL(20,2), z DECIMAL(20,2)"},
    {"SELECT * FROM (SELECT a, d FROM u) UNPIVOT (v FOR n IN (a, d))", "n STRING, v DOUBLE"},
    /* What describes. */
    {"DESCRIBE t", "col_name STRING, data_type STRING, comment STRING"},
    {"SHOW TABLES", "namespace STRING, tableName STRING, isTemporary STRING"},
    {"EXPLAIN SELECT 1", "plan STRING"},
};

/* Tells of every case that is not as expected, not of the first alone. */
static void check_cases(PlanFixture *f, const Case *cases, size_t count)
{
    size_t wrong = 0;

    for (size_t i = 0; i < count; i++) {
        const char *got = fixture_schema(f, cases[i].sql);

        if (strcmp(got, cases[i].expected) == 0)
            continue;
        print_message("%s\n  got:      %s\n  expected: %s\n", cases[i].sql, got,
                      cases[i].expected);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void columns_have_the_names_and_types_of_spark(void **state)
{
    PlanFixture f;

    fixture_init(&f);
    check_cases(&f, schemas, COUNT_OF(schemas));
    fixture_done(&f);
}

static const Case mistakes[] = {
    {"SELECT prise FROM (SELECT c AS price FROM t)",
     "UNRESOLVED_COLUMN.WITH_SUGGESTION@8: did you mean `price`?"},
    {"SELECT s.q FROM t", "FIELD_NOT_FOUND@10"},
    {"SELECT 1 FROM tt", "TABLE_OR_VIEW_NOT_FOUND@15"},
    {"SELECT uper(b) FROM t", "UNRESOLVED_ROUTINE@8: did you mean `upper`?"},
    {"SELECT a FROM t JOIN u ON t.a = u.a",
     "AMBIGUOUS_REFERENCE@8: write the table's name before the column's"},
    {"SELECT a, sum(c) FROM t", "MISSING_GROUP_BY@8: add GROUP BY a"},
    {"SELECT a, b, sum(c) FROM t GROUP BY b",
     "MISSING_AGGREGATION@8: add it to GROUP BY, or write any_value(a)"},
    {"SELECT sum(sum(a)) FROM t", "NESTED_AGGREGATE_FUNCTION@12"},
    {"SELECT b FROM t WHERE sum(a) > 1",
     "INVALID_WHERE_CONDITION@23: write the condition on an aggregate in HAVING, or around the "
     "query"},
    {"SELECT b FROM t GROUP BY 2", "GROUP_BY_POS_OUT_OF_RANGE@26"},
    {"SELECT b FROM t ORDER BY 0", "ORDER_BY_POS_OUT_OF_RANGE@26"},
    {"SELECT b FROM t GROUP BY count(*)", "GROUP_BY_AGGREGATE@26"},
    {"SELECT b FROM t WHERE a", "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN@23"},
    {"SELECT a FROM t UNION SELECT a, d FROM u", "NUM_COLUMNS_MISMATCH@1"},
    {"SELECT arr FROM t UNION SELECT a FROM u", "INCOMPATIBLE_COLUMN_TYPE@1"},
    {"SELECT d FROM u LIMIT d", "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE@23"},
    {"SELECT 1 LIMIT -1", "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE@16"},
    {"SELECT 1 LIMIT true", "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE@16"},
    {"SELECT (SELECT a, d FROM u)",
     "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN@8"},
    {"SELECT a IN (SELECT a, d FROM u) FROM t", "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH@8"},
    {"SELECT 128Y", "INVALID_NUMERIC_LITERAL_RANGE@8"},
    {"SELECT DATE '2024-02-30'", "INVALID_TYPED_LITERAL@8"},
    {"SELECT INTERVAL '1 month 1 day'", "_LEGACY_ERROR_TEMP_0029@8"},
    {"SELECT CAST(1 AS TEXT)", "UNSUPPORTED_DATATYPE@18: write STRING"},
    {"SELECT CAST(1 AS DECIMAL(39,0))", "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION@18"},
    {"VALUES (1), (1, 2)", "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH@13"},
    {"WITH x AS (SELECT 1), x AS (SELECT 2) SELECT * FROM x", "DUPLICATED_CTE_NAMES@23"},
    {"SELECT * FROM t AS q (x, y)", "ASSIGNMENT_ARITY_MISMATCH@23"},
    {"SELECT t.* FROM u", "CANNOT_RESOLVE_STAR_EXPAND@8"},
    {"SELECT a AS x, b AS x, x FROM t", "AMBIGUOUS_LATERAL_COLUMN_ALIAS@24"},
    {"SELECT window(b, '1 minute') FROM t GROUP BY window(ts, '1 minute')",
     "_LEGACY_ERROR_TEMP_1039@46: give each window a query of its own"},
    {"SELECT window(a, '1 minute') FROM t", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE@15"},
    {"SELECT window(ts, '1 month') FROM t", "CANNOT_PARSE_INTERVAL@19: days and weeks are lengths of time too; months and years differ in "
     "theirs"},
    {"SELECT window(ts, '1 minute', '2 minutes') FROM t",
     "DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION@8: window(time, length, slide, start): 0 < "
     "slide <= length, |start| < slide"},
    {"SELECT * FROM t JOIN u USING (z)", "UNRESOLVED_USING_COLUMN_FOR_JOIN@31"},
    {"SELECT grouping(a) FROM t GROUP BY a", "UNSUPPORTED_GROUPING_EXPRESSION@8"},
    {"SELECT :p", "UNBOUND_SQL_PARAMETER@8"},
    {"SELECT * FROM STREAM t",
     "UNSUPPORTED_STREAMING_READ@15: read it without STREAM, as a table; or stream from what it is "
     "made from"},
    {"CREATE TABLE t (a INT)", "TABLE_OR_VIEW_ALREADY_EXISTS@14"},
    {"CREATE TABLE n (a INT, A STRING)", "COLUMN_ALREADY_EXISTS@24"},
    {"INSERT INTO u VALUES (1, 2)", "INSERT_COLUMN_ARITY_MISMATCH@1"},
    {"INSERT INTO u VALUES ('x', 2, arr)", "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION@31"},
    {"INSERT INTO v VALUES (1, 'x')",
     "UNSUPPORTED_INSERT.NOT_ALLOWED@13: `weir topic produce` adds records to a topic"},
    {"DROP TABLE nowhere", "TABLE_OR_VIEW_NOT_FOUND@12"},
    {"SET spark.sql.session.timeZone = Mars/Olympus", "INVALID_TIMEZONE@1"},
    {"CREATE STREAMING TABLE x AS SELECT * FROM STREAM t",
     "UNSUPPORTED_FEATURE@1: put it into a file, and `weir run` that"},
};

static void mistakes_have_a_class_a_place_and_a_remedy(void **state)
{
    PlanFixture f;

    fixture_init(&f);
    check_cases(&f, mistakes, COUNT_OF(mistakes));
    fixture_done(&f);
}

static void several_mistakes_of_a_statement_are_told_at_once(void **state)
{
    PlanFixture f;

    fixture_init(&f);
    assert_null(fixture_bind(&f, "SELECT x1, uper(b), x2 FROM t WHERE a = 1"));
    assert_int_equal(f.diagnostics.error_count, 3);
    fixture_done(&f);
}

static void a_view_is_bound_where_it_is_used(void **state)
{
    PlanFixture f;

    fixture_init(&f);
    fixture_run(&f, "CREATE OR REPLACE TEMPORARY VIEW w AS SELECT p + 1 AS r FROM v");
    assert_string_equal(fixture_schema(&f, "SELECT * FROM w"), "r INT");
    fixture_run(&f, "DROP VIEW v");
    assert_string_equal(fixture_schema(&f, "SELECT 1 + r FROM w"), "TABLE_OR_VIEW_NOT_FOUND@19");
    fixture_done(&f);
}

static void a_view_that_reads_itself_is_refused(void **state)
{
    PlanFixture f;

    fixture_init(&f);
    fixture_run(&f, "CREATE OR REPLACE TEMPORARY VIEW w AS SELECT p FROM v");
    fixture_run(&f, "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT p FROM w");
    assert_string_equal(fixture_schema(&f, "SELECT * FROM w"), "RECURSIVE_VIEW@15");
    fixture_done(&f);
}

static void a_setting_holds_from_its_statement_on(void **state)
{
    PlanFixture f;

    fixture_init(&f);
    fixture_run(&f, "SET TIME ZONE 'Europe/London'");
    assert_str_is(zone_name(session_context(f.session)->zone), "Europe/London");
    fixture_run(&f, "SET spark.sql.ansi.enabled = false");
    assert_false(session_context(f.session)->ansi);
    fixture_run(&f, "RESET spark.sql.ansi.enabled");
    assert_true(session_context(f.session)->ansi);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_have_the_names_and_types_of_spark),
        cmocka_unit_test(mistakes_have_a_class_a_place_and_a_remedy),
        cmocka_unit_test(several_mistakes_of_a_statement_are_told_at_once),
        cmocka_unit_test(a_view_is_bound_where_it_is_used),
        cmocka_unit_test(a_view_that_reads_itself_is_refused),
        cmocka_unit_test(a_setting_holds_from_its_statement_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
