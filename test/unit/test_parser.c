#include "unit.h"

#include "sql/ast_print.h"
#include "sql/parser.h"

/* The tree as text, every operator in parentheses: what is printed shows how it was grouped. */
typedef struct Printed {
    const char *sql;
    const char *printed;
} Printed;

static const Printed expressions[] = {
    {"a + b * c - d", "((a + (b * c)) - d)"},
    {"-a + -1 - - 2", "(((- a) + -1) - -2)"},
    {"-9223372036854775808L", "-9223372036854775808L"},
    {"a = b = c", "((a = b) = c)"},
    {"NOT a = b AND NOT c OR d", "(((NOT (a = b)) AND (NOT c)) OR d)"},
    {"a AND b OR c AND d AND e", "((a AND b) OR (c AND d AND e))"},
    {"a IS NULL AND b IS NOT TRUE", "((a IS NULL) AND (b IS NOT TRUE))"},
    {"a IS NOT DISTINCT FROM b + 1", "(a IS NOT DISTINCT FROM (b + 1))"},
    {"a BETWEEN 1 AND 2 AND b", "((a BETWEEN 1 AND 2) AND b)"},
    {"a NOT BETWEEN b AND c OR d", "((a NOT BETWEEN b AND c) OR d)"},
    {"a IN (1, 2, 3)", "(a IN (1, 2, 3))"},
    {"a NOT IN (SELECT 1)", "(a NOT IN (SELECT 1))"},
    {"(a, b) IN ((1, 2), (3, 4))", "((a, b) IN ((1, 2), (3, 4)))"},
    {"a LIKE '%x' ESCAPE '/'", "(a LIKE '%x' ESCAPE '/')"},
    {"a NOT ILIKE ANY ('x', 'y')", "(a NOT ILIKE ANY ('x', 'y'))"},
    {"a RLIKE 'x' OR a REGEXP 'y'", "((a RLIKE 'x') OR (a RLIKE 'y'))"},
    {"a | b ^ c & d << 1 + 2", "(a | (b ^ (c & (d << (1 + 2)))))"},
    {"1 >> 2 >>> 3", "((1 >> 2) >>> 3)"},
    {"a || b || 'c' 'd'", "((a || b) || 'cd')"},
    {"~a % 3 DIV 2", "(((~ a) % 3) DIV 2)"},
    {"a <=> b", "(a <=> b)"},
    {"a == b", "(a = b)"},
    {"a != b", "(a <> b)"},
    {"!a", "(NOT a)"},
    {"a.b.c", "a.b.c"},
    {"(a).b", "a.b"},
    {"(a + b).c[0].d", "(a + b).c[0].d"},
    {"a[0][b + 1]", "a[0][(b + 1)]"},
    {"a:b.c[0].d", "a:b.c[0].d"},
    {"CAST(a AS DECIMAL(10, 2))", "CAST(a AS DECIMAL(10, 2))"},
    {"try_cast(x as array<struct<a: int, b: map<string, interval day to second>>>)",
     "TRY_CAST(x AS ARRAY<STRUCT<a: int, b: MAP<string, INTERVAL DAY TO SECOND>>>)"},
    {"a::int::string", "((a::int)::string)"},
    {"-1::int", "((-1)::int)"},
    {"- (1)", "(- (1))"},
    {"a COLLATE UNICODE", "(a COLLATE UNICODE)"},
    {"CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END", "CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END"},
    {"case a when 1 then 'x' end", "CASE a WHEN 1 THEN 'x' END"},
    {"x -> x + 1", "(x -> (x + 1))"},
    {"(x, y) -> x + y", "((x, y) -> (x + y))"},
    {"transform(a, x -> x + 1)", "transform(a, (x -> (x + 1)))"},
    {"f(DISTINCT a, b) FILTER (WHERE c > 1) OVER (PARTITION BY d ORDER BY e DESC NULLS LAST ROWS "
     "BETWEEN 1 PRECEDING AND CURRENT ROW)",
     "f(DISTINCT a, b) FILTER (WHERE (c > 1)) OVER (PARTITION BY d ORDER BY e DESC NULLS LAST ROWS "
     "BETWEEN 1 PRECEDING AND CURRENT ROW)"},
    {"first(x IGNORE NULLS)", "first(x) IGNORE NULLS"},
    {"last(x) RESPECT NULLS OVER w", "last(x) RESPECT NULLS OVER (w)"},
    {"listagg(x, ',') WITHIN GROUP (ORDER BY y DESC)",
     "listagg(x, ',') WITHIN GROUP (ORDER BY y DESC)"},
    {"count(*)", "count(*)"},
    {"f(a => 1, b => 2)", "f(a => 1, b => 2)"},
    {"EXTRACT(YEAR FROM ts)", "EXTRACT(YEAR FROM ts)"},
    {"extract(ts)", "extract(ts)"},
    {"POSITION('a' IN b)", "POSITION('a' IN b)"},
    {"position('a', b)", "position('a', b)"},
    {"SUBSTRING(a FROM 1 FOR 2)", "SUBSTRING(a FROM 1 FOR 2)"},
    {"substring(a, 1, 2)", "substring(a, 1, 2)"},
    {"substr(substr(a, 1), 2)", "substr(substr(a, 1), 2)"},
    {"OVERLAY(a PLACING b FROM 1)", "OVERLAY(a PLACING b FROM 1)"},
    {"TRIM(LEADING 'x' FROM a)", "TRIM(LEADING 'x' FROM a)"},
    {"TRIM(FROM a)", "TRIM(BOTH FROM a)"},
    {"TRIM('x' FROM a)", "TRIM(BOTH 'x' FROM a)"},
    {"trim(a)", "trim(a)"},
    {"trim(BOTH FROM a)", "TRIM(BOTH FROM a)"},
    {"TIMESTAMPADD(HOUR, 1, ts)", "TIMESTAMPADD(HOUR, 1, ts)"},
    {"date_add('2020-01-01', 5)", "date_add('2020-01-01', 5)"},
    {"datediff(DAY, a, b)", "datediff(DAY, a, b)"},
    {"STRUCT(a AS x, b)", "struct(a AS x, b)"},
    {"(a AS x, b)", "(a AS x, b)"},
    {"EXISTS (SELECT 1)", "EXISTS (SELECT 1)"},
    {"exists(a, x -> x > 0)", "exists(a, (x -> (x > 0)))"},
    {"(SELECT 1) + 2", "((SELECT 1) + 2)"},
    {"((SELECT 1) UNION SELECT 2)", "((SELECT 1) UNION SELECT 2)"},
    {"INTERVAL 1 DAY 2 HOURS", "INTERVAL 1 DAY 2 HOUR"},
    {"INTERVAL '1 day 2 hours'", "INTERVAL '1 day 2 hours'"},
    {"INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '1-2' YEAR TO MONTH"},
    {"INTERVAL -3 MINUTES", "INTERVAL -3 MINUTE"},
    {"interval - 1", "(interval - 1)"},
    {"INTERVAL 1 DAY + INTERVAL 2 HOURS", "(INTERVAL 1 DAY + INTERVAL 2 HOUR)"},
    {"DATE '2020-01-01'", "DATE '2020-01-01'"},
    {"date(x)", "date(x)"},
    {"date", "date"},
    {"TIMESTAMP_NTZ '2020-01-01 00:00:00'", "TIMESTAMP_NTZ '2020-01-01 00:00:00'"},
    {"X'1F'", "X'1F'"},
    {"x", "x"},
    {"r'a\\n'", "'a\\\\n'"},
    {"'a\\n\\t\\'\\\\ \\u0041\\101 \\% it''s'", "'a\\n\\u0009\\'\\\\ AA \\\\% it\\'s'"},
    {"\"double \"\"quoted\"\" 'x'\"", "'double \"quoted\" \\'x\\''"},
    {"1.5", "1.5"},
    {".5", ".5"},
    {"5.", "5."},
    {"1e5", "1e5D"},
    {"1.5e-3D", "1.5e-3D"},
    {"1.5BD", "1.5BD"},
    {"3Y", "3Y"},
    {"3S", "3S"},
    {"1F", "1F"},
    {"1a", "`1a`"},
    {"a.1a", "a.`1a`"},
    {":name + ? + ?", "((:name + ?) + ?)"},
    {"current_date", "current_date"},
    {"`a``b`.`c d`", "`a``b`.`c d`"},
    {"IDENTIFIER('a' || 'b')", "IDENTIFIER(('a' || 'b'))"},
    {"IDENTIFIER('f')(x).y", "f(x).y"},
    {"IDENTIFIER('a.`b c`').d", "a.`b c`.d"},
    {"IDENTIFIER('a' || b)", "IDENTIFIER(('a' || b))"},
    {"t.*", "t.*"},
    {"* EXCEPT (a, b.c)", "* EXCEPT (a, b.c)"},
    {"a IS UNKNOWN", "(a IS UNKNOWN)"},
    {"left(a, 1)", "left(a, 1)"},
    {"NULL", "NULL"},
    {"true", "true"},
    {"window.start", "window.start"},
    {"a NOT LIKE b AND c", "((a NOT LIKE b) AND c)"},
    {"a < b IS NULL", "((a < b) IS NULL)"},
};

static const Printed queries[] = {
    {"SELECT a x, b AS y, f(c) AS (k, v), * FROM t u, (SELECT 1) AS s (n) WHERE a > 1 GROUP BY ALL "
     "HAVING count(*) > 1 ORDER BY ALL DESC LIMIT 10 OFFSET 5",
     "SELECT a AS x, b AS y, f(c) AS (k, v), * FROM t AS u, (SELECT 1) AS s (n) WHERE (a > 1) "
     "GROUP BY ALL HAVING (count(*) > 1) ORDER BY ALL DESC LIMIT 10 OFFSET 5"},
    {"SELECT DISTINCT a FROM t LIMIT ALL", "SELECT DISTINCT a FROM t"},
    {"SELECT /*+ BROADCAST(t), COALESCE(3) */ * FROM t",
     "SELECT /*+ BROADCAST(t), COALESCE(3) */ * FROM t"},
    {"SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 MINUS SELECT 4",
     "SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4"},
    {"(SELECT 1) UNION DISTINCT (SELECT 2 ORDER BY 1) ORDER BY 1",
     "(SELECT 1) UNION DISTINCT (SELECT 2 ORDER BY 1) ORDER BY 1"},
    {"WITH RECURSIVE r (n) MAX RECURSION LEVEL 5 AS (SELECT 1 UNION ALL SELECT n + 1 FROM r), s AS "
     "(SELECT 2) SELECT * FROM r, s",
     "WITH RECURSIVE r (n) MAX RECURSION LEVEL 5 AS (SELECT 1 UNION ALL SELECT (n + 1) FROM r), s "
     "AS (SELECT 2) SELECT * FROM r, s"},
    {"FROM t SELECT a WHERE b", "SELECT a FROM t WHERE b"},
    {"FROM t |> WHERE a > 1 |> EXTEND a + 1 AS b |> SET a = 2 |> DROP c, d |> AS x |> AGGREGATE "
     "sum(a) AS s GROUP BY b AS k |> ORDER BY s |> LIMIT 3 OFFSET 1 |> UNION ALL TABLE u |> JOIN v "
     "USING (a) |> PIVOT (sum(x) FOR y IN (1 AS a, 2)) |> TABLESAMPLE (10 PERCENT) |> SELECT a, "
     "sum(b) OVER w WINDOW w AS (PARTITION BY c)",
     "SELECT * FROM t |> WHERE (a > 1) |> EXTEND (a + 1) AS b |> SET a = 2 |> DROP c, d |> AS x |> "
     "AGGREGATE sum(a) AS s GROUP BY b AS k |> ORDER BY s |> LIMIT 3 OFFSET 1 |> UNION ALL TABLE u "
     "|> INNER JOIN v USING (a) |> PIVOT (sum(x) FOR (y) IN (1 AS a, 2)) |> TABLESAMPLE (10 "
     "PERCENT) |> SELECT a, sum(b) OVER (w) WINDOW w AS (PARTITION BY c)"},
    {"TABLE t", "TABLE t"},
    {"VALUES (1, 'a'), (2, 'b') AS t (x, y)", "VALUES (1, 'a'), (2, 'b') AS t (x, y)"},
    {"SELECT * FROM VALUES 1, 2 AS t (x) JOIN LATERAL (SELECT x) AS l ON true",
     "SELECT * FROM VALUES 1, 2 AS t (x) INNER JOIN LATERAL (SELECT x) AS l ON true"},
    {"SELECT * FROM a LEFT JOIN b ON a.x = b.x RIGHT OUTER JOIN c USING (y, z) FULL JOIN d LEFT "
     "SEMI JOIN e ON true ANTI JOIN f ON true CROSS JOIN g NATURAL LEFT JOIN h",
     "SELECT * FROM a LEFT OUTER JOIN b ON (a.x = b.x) RIGHT OUTER JOIN c USING (y, z) FULL OUTER "
     "JOIN d LEFT SEMI JOIN e ON true LEFT ANTI JOIN f ON true CROSS JOIN g NATURAL LEFT OUTER "
     "JOIN h"},
    {"SELECT * FROM (a JOIN b ON true) AS c (x) JOIN (SELECT 1) ON true",
     "SELECT * FROM (a INNER JOIN b ON true) AS c (x) INNER JOIN (SELECT 1) ON true"},
    {"SELECT * FROM a, b LATERAL VIEW OUTER explode(x) tt AS c, d LATERAL VIEW f(y) t2",
     "SELECT * FROM a, b LATERAL VIEW OUTER explode(x) tt AS c, d LATERAL VIEW f(y) t2"},
    {"SELECT * FROM t PIVOT (sum(a) AS s FOR (b, c) IN ((1, 2) AS x, (3, 4))) AS p",
     "SELECT * FROM t PIVOT (sum(a) AS s FOR (b, c) IN ((1, 2) AS x, (3, 4))) AS p"},
    {"SELECT * FROM t UNPIVOT INCLUDE NULLS (v FOR n IN (a AS x, b)) AS u",
     "SELECT * FROM t UNPIVOT INCLUDE NULLS (v FOR n IN (a AS x, b)) AS u"},
    {"SELECT * FROM t UNPIVOT ((v, w) FOR n IN ((a, b) AS x, (c, d)))",
     "SELECT * FROM t UNPIVOT ((v, w) FOR n IN ((a, b) AS x, (c, d)))"},
    {"SELECT * FROM t TABLESAMPLE (5 ROWS) REPEATABLE (3) AS s",
     "SELECT * FROM t TABLESAMPLE (5 ROWS) REPEATABLE (3) AS s"},
    {"SELECT * FROM t VERSION AS OF 3 AS s", "SELECT * FROM t VERSION AS OF 3 AS s"},
    {"SELECT * FROM t FOR SYSTEM_TIME AS OF '2020-01-01'",
     "SELECT * FROM t TIMESTAMP AS OF '2020-01-01'"},
    {"SELECT * FROM STREAM orders WATERMARK ts DELAY OF INTERVAL 30 SECONDS AS o JOIN STREAM(b) "
     "WATERMARK cast(x AS timestamp) AS et DELAY OF INTERVAL '1 minute'",
     "SELECT * FROM STREAM orders WATERMARK ts DELAY OF INTERVAL 30 SECOND AS o INNER JOIN STREAM "
     "b WATERMARK CAST(x AS timestamp) AS et DELAY OF INTERVAL '1 minute'"},
    {"SELECT * FROM STREAM t WITH ('maxFilesPerTrigger' = '1') IDENTIFIED BY n AS x, STREAM "
     "range(5), STREAM(range(5)) AS y, stream, stream WHERE a",
     "SELECT * FROM STREAM t WITH ('maxFilesPerTrigger' = '1') IDENTIFIED BY n AS x, STREAM "
     "range(5), STREAM range(5) AS y, stream, stream WHERE a"},
    {"SELECT * FROM (SELECT 1) WATERMARK ts DELAY OF INTERVAL 10 SECONDS AS q",
     "SELECT * FROM (SELECT 1) WATERMARK ts DELAY OF INTERVAL 10 SECOND AS q"},
    {"SELECT a, sum(b) FROM t GROUP BY a, ROLLUP (b, (c, d)), CUBE (e), GROUPING SETS ((a), (), "
     "ROLLUP (f), g)",
     "SELECT a, sum(b) FROM t GROUP BY a, ROLLUP ((b), (c, d)), CUBE ((e)), GROUPING SETS ((a), "
     "(), ROLLUP ((f)), (g))"},
    {"SELECT a FROM t GROUP BY a, b WITH ROLLUP", "SELECT a FROM t GROUP BY a, b WITH ROLLUP"},
    {"SELECT a FROM t GROUP BY a, b GROUPING SETS ((a), b)",
     "SELECT a FROM t GROUP BY a, b GROUPING SETS ((a), (b))"},
    {"SELECT sum(x) OVER w, sum(y) OVER (w) FROM t WINDOW w AS (PARTITION BY a ORDER BY b RANGE "
     "BETWEEN INTERVAL 1 DAY PRECEDING AND UNBOUNDED FOLLOWING), v AS (CLUSTER BY c)",
     "SELECT sum(x) OVER (w), sum(y) OVER (w) FROM t WINDOW w AS (PARTITION BY a ORDER BY b RANGE "
     "BETWEEN INTERVAL 1 DAY PRECEDING AND UNBOUNDED FOLLOWING), v AS (PARTITION BY c)"},
    {"SELECT * FROM t CLUSTER BY a", "SELECT * FROM t CLUSTER BY a"},
    {"SELECT * FROM t DISTRIBUTE BY a SORT BY b", "SELECT * FROM t DISTRIBUTE BY a SORT BY b"},
    {"SELECT * FROM range(5) r (n)", "SELECT * FROM range(5) AS r (n)"},
    {"WITH c AS (SELECT 1) INSERT INTO t BY NAME SELECT * FROM c",
     "INSERT INTO t BY NAME WITH c AS (SELECT 1) SELECT * FROM c"},
    {"FROM s INSERT INTO a SELECT x WHERE y INSERT OVERWRITE b SELECT z LIMIT 1",
     "FROM s INSERT INTO a SELECT x WHERE y INSERT OVERWRITE b SELECT z LIMIT 1"},
    {"SELECT 1;;; SELECT 2;", "SELECT 1; SELECT 2"},
};

static const Printed statements[] = {
    {"CREATE TABLE IF NOT EXISTS a.t (id BIGINT NOT NULL COMMENT 'x' PRIMARY KEY, b DECIMAL(10,2) "
     "DEFAULT 1 + 1, c INT GENERATED ALWAYS AS (b * 2), CONSTRAINT p CHECK (b > 0) NOT ENFORCED, "
     "FOREIGN KEY (b) REFERENCES u (x) RELY) USING http OPTIONS ('url' = 'http://h', fmt 'x', a.b "
     "= 1, n = 1 + 1, flag true) PARTITIONED BY (id, bucket(4, b), z INT) CLUSTER BY (a, b.c) "
     "LOCATION '/x' COMMENT 'c' TBLPROPERTIES ('a' = 'b', n = 3)",
     "CREATE TABLE IF NOT EXISTS a.t (id BIGINT NOT NULL COMMENT 'x', b DECIMAL(10, 2) DEFAULT (1 "
     "+ 1), c INT GENERATED ALWAYS AS ((b * 2)), PRIMARY KEY (id), CONSTRAINT p CHECK ((b > 0)), "
     "FOREIGN KEY (b) REFERENCES u(x)) USING http OPTIONS ('url' = 'http://h', 'fmt' = 'x', 'a.b' "
     "= '1', 'n' = (1 + 1), 'flag' = 'true') PARTITIONED BY (id, bucket(4, b), z INT) CLUSTER BY "
     "(a, b.c) LOCATION '/x' COMMENT 'c' TBLPROPERTIES ('a' = 'b', 'n' = '3')"},
    {"CREATE OR REPLACE TABLE t AS SELECT 1", "CREATE OR REPLACE TABLE t AS SELECT 1"},
    {"CREATE TABLE t LIKE u USING parquet", "CREATE TABLE t LIKE u USING parquet"},
    {"CREATE STREAMING TABLE orders USING kafka TBLPROPERTIES ('topic' = 'orders') AS SELECT * "
     "FROM STREAM order_feed",
     "CREATE STREAMING TABLE orders USING kafka TBLPROPERTIES ('topic' = 'orders') AS SELECT * "
     "FROM STREAM order_feed"},
    {"CREATE MATERIALIZED VIEW IF NOT EXISTS v USING postgres TBLPROPERTIES ('schedule' = '0 2 * * "
     "*') AS SELECT 1",
     "CREATE MATERIALIZED VIEW IF NOT EXISTS v USING postgres TBLPROPERTIES ('schedule' = '0 2 * * "
     "*') AS SELECT 1"},
    {"CREATE FLOW f COMMENT 'x' AS INSERT INTO t BY NAME SELECT * FROM STREAM s",
     "CREATE FLOW f COMMENT 'x' AS INSERT INTO t BY NAME SELECT * FROM STREAM s"},
    {"CREATE OR REPLACE GLOBAL TEMP VIEW v (a COMMENT 'x', b) COMMENT 'c' TBLPROPERTIES ('a' = "
     "'b') WITH SCHEMA EVOLUTION AS SELECT 1, 2",
     "CREATE OR REPLACE GLOBAL TEMPORARY VIEW v (a COMMENT 'x', b) COMMENT 'c' TBLPROPERTIES ('a' "
     "= 'b') AS SELECT 1, 2"},
    {"CREATE TEMPORARY VIEW v (a INT) USING csv OPTIONS (path '/x')",
     "CREATE TEMPORARY VIEW v (a INT) USING csv OPTIONS ('path' = '/x')"},
    {"DROP TABLE IF EXISTS a.b PURGE", "DROP TABLE IF EXISTS a.b PURGE"},
    {"DROP VIEW v; DROP MATERIALIZED VIEW v; DROP TEMPORARY VARIABLE IF EXISTS x",
     "DROP VIEW v; DROP MATERIALIZED VIEW v; DROP TEMPORARY VARIABLE IF EXISTS x"},
    {"INSERT INTO TABLE t (a, b) VALUES (1, 2)", "INSERT INTO t (a, b) VALUES (1, 2)"},
    {"INSERT OVERWRITE t PARTITION (a = 1, b) IF NOT EXISTS SELECT 1",
     "INSERT OVERWRITE t PARTITION (a = 1, b) IF NOT EXISTS SELECT 1"},
    {"INSERT INTO t REPLACE WHERE a = 1 SELECT 2", "INSERT INTO t REPLACE WHERE (a = 1) SELECT 2"},
    {"INSERT INTO t (SELECT 1)", "INSERT INTO t (SELECT 1)"},
    {"SET a.b = http://127.0.0.1:8090/x y -- comment; SET a; SET; SET -v; SET `k k` = `v;`; RESET; "
     "RESET a.b",
     "SET `a.b` = http://127.0.0.1:8090/x y"},
    {"SET TIME ZONE 'Europe/London'; SET TIME ZONE LOCAL; SET TIME ZONE INTERVAL '1' HOUR; SET x = "
     "5; SET VAR x = 5, y = 6; SET VAR (x, y) = (SELECT 1, 2)",
     "SET TIME ZONE 'Europe/London'; SET TIME ZONE LOCAL; SET TIME ZONE INTERVAL '1' HOUR; SET `x` "
     "= 5; SET VARIABLE x = 5, y = 6; SET VARIABLE (x, y) = (SELECT 1, 2)"},
    {"SET a = 1; SELECT '${a}', ${a} + 1, \"${a}\" -- ${nothing}",
     "SET `a` = 1; SELECT '1', (1 + 1), '1'"},
    {"DECLARE OR REPLACE VARIABLE x INT DEFAULT 5; DECLARE y = 3",
     "DECLARE OR REPLACE VARIABLE x INT DEFAULT 5; DECLARE VARIABLE y DEFAULT 3"},
    {"EXPLAIN FORMATTED SELECT 1; EXPLAIN CREATE TABLE t AS SELECT 1",
     "EXPLAIN FORMATTED SELECT 1; EXPLAIN CREATE TABLE t AS SELECT 1"},
    {"SHOW TABLES IN a LIKE 'x*'; SHOW COLUMNS FROM t; SHOW USER FUNCTIONS LIKE 'a'; SHOW "
     "FUNCTIONS; SHOW TBLPROPERTIES t ('a'); SHOW CREATE TABLE t; SHOW SCHEMAS; SHOW VIEWS; SHOW "
     "CATALOGS; SHOW CURRENT SCHEMA; SHOW PARTITIONS t",
     "SHOW TABLES FROM a LIKE 'x*'; SHOW COLUMNS FROM t; SHOW USER FUNCTIONS LIKE 'a'; SHOW "
     "FUNCTIONS; SHOW TBLPROPERTIES t ('a'); SHOW CREATE TABLE t; SHOW SCHEMAS; SHOW VIEWS; SHOW "
     "CATALOGS; SHOW CURRENT SCHEMA; SHOW PARTITIONS t"},
    {"DESCRIBE t; DESC EXTENDED a.b c; DESCRIBE FUNCTION EXTENDED abs; DESCRIBE QUERY SELECT 1; "
     "DESCRIBE SELECT 1; DESC TABLE EXTENDED t AS JSON; DESCRIBE SCHEMA s; DESCRIBE FUNCTION +",
     "DESCRIBE TABLE t; DESCRIBE TABLE EXTENDED a.b c; DESCRIBE FUNCTION EXTENDED abs; DESCRIBE "
     "QUERY SELECT 1; DESCRIBE QUERY SELECT 1; DESCRIBE TABLE EXTENDED t AS JSON; DESCRIBE SCHEMA "
     "s; DESCRIBE FUNCTION `+`"},
    {"USE a.b; USE CATALOG c; TRUNCATE TABLE t; CACHE LAZY TABLE t AS SELECT 1; UNCACHE TABLE IF "
     "EXISTS t; REFRESH TABLE t; DELETE FROM t AS x WHERE a; UPDATE t SET a = 1, b.c = 2 WHERE d",
     "USE SCHEMA a.b; USE CATALOG c; TRUNCATE TABLE t; CACHE LAZY TABLE t AS SELECT 1; UNCACHE "
     "TABLE t; REFRESH TABLE t; DELETE FROM t AS x WHERE a; UPDATE t SET a = 1, b.c = 2 WHERE d"},
};

typedef struct Refused {
    const char *sql;
    uint32_t column;
    const char *class_name;
    const char *message;
    const char *remedy;
} Refused;

static const Refused refused[] = {
    {"SELCT a FROM t", 1, "PARSE_SYNTAX_ERROR", "Syntax error at or near 'SELCT'.",
     "did you mean SELECT?"},
    {"SELECT a FORM t", 10, "PARSE_SYNTAX_ERROR", "Syntax error at or near 'FORM'.",
     "did you mean FROM?"},
    {"SELECT a FROM t GRUOP BY b", 17, "PARSE_SYNTAX_ERROR", "Syntax error at or near 'GRUOP'.",
     "did you mean GROUP?"},
    {"SELECT a FROM t WEHRE b > 1", 17, "PARSE_SYNTAX_ERROR", "Syntax error at or near 'WEHRE'.",
     "did you mean WHERE?"},
    {"SELECT a, FROM t", 11, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'FROM': expected an expression.",
     "FROM stands right behind the list of columns; is a comma or an operator missing or too many "
     "before it?"},
    {"SELECT a b c FROM t", 12, "PARSE_SYNTAX_ERROR", "Syntax error at or near 'c'.",
     "is a comma missing before it?"},
    {"SELECT a FROM t LIMIT 1 ORDER BY a", 25, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'ORDER'.",
     "ORDER BY stands before LIMIT and OFFSET, once, at the end of the whole query"},
    {"SELECT a FROM t GROUP BY a WHERE b", 28, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'WHERE'.",
     "WHERE stands behind FROM, before GROUP BY, HAVING, ORDER BY and LIMIT; a condition on groups "
     "is HAVING"},
    {"SELECT (a + 1 FROM t", 15, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'FROM': expected ')'.",
     "the '(' in line 1, column 8 is never closed"},
    {"SELECT a + 1) FROM t", 13, "PARSE_SYNTAX_ERROR", "Syntax error at or near ')'.",
     "is there one ')' too many?"},
    {"SELECT 'abc FROM t", 8, "PARSE_SYNTAX_ERROR",
     "Syntax error: the string opened here is never closed.",
     "add the closing quote (a quote inside a string is written \\' or '')"},
    {"SELECT `abc FROM t", 8, "PARSE_SYNTAX_ERROR",
     "Syntax error: the backquote opened here is never closed.",
     "add the closing ` (a ` inside a name is written ``)"},
    {"SELECT a /* x", 10, "UNCLOSED_BRACKETED_COMMENT", "Found an unclosed bracketed comment.",
     "append */ at its end"},
    {"SELECT a FROM", 14, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near end of input: expected a table, a query in parentheses or VALUES.",
     NULL},
    {"SELECT", 7, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near end of input: expected an expression.", NULL},
    {"SELECT a FROM t WHERE", 22, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near end of input: expected an expression.", NULL},
    {"SELECT f(a b) FROM t", 12, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'b': expected ',' or ')'.", "is a comma missing before it?"},
    {"SELECT f(a,) FROM t", 12, "PARSE_SYNTAX_ERROR", "Syntax error: the list ends with a comma.",
     "remove the comma before it"},
    {"SELECT * FROM t AS left", 20, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'left': this word cannot name a table.",
     "write it in backquotes: `left`"},
    {"SELECT * FROM STREAM t AS x WATERMARK ts DELAY OF INTERVAL 1 SECOND", 29,
     "PARSE_SYNTAX_ERROR", "Syntax error at or near 'WATERMARK': it stands before the alias.",
     "write `table WATERMARK column DELAY OF INTERVAL 10 SECONDS AS alias`"},
    {"SELECT * FROM STREAM t WATERMARK ts DELAY OF 10 SECONDS", 46, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near '10': expected an interval, as in DELAY OF INTERVAL 10 SECONDS.",
     NULL},
    {"SELECT a FROM t EMIT CHANGES", 17, "PARSE_SYNTAX_ERROR", "Syntax error at or near 'EMIT'.",
     "Spark SQL has no EMIT; the table's property 'output_mode' says when results are given: "
     "'update' (early, refined) or 'append' (once, when final)"},
    {"SELECT a FROM t QUALIFY row_number() OVER () = 1", 17, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'QUALIFY'.",
     "Spark SQL has no QUALIFY; filter on the window function in an outer query: SELECT * FROM "
     "(SELECT ..., row_number() OVER (...) AS n FROM t) WHERE n = 1"},
    {"CREATE STREAM x AS SELECT 1", 8, "PARSE_SYNTAX_ERROR",
     "Syntax error: there is no such thing to create.",
     "what is kept up to date: CREATE STREAMING TABLE t USING ... AS SELECT ... FROM STREAM s; "
     "what comes from outside: CREATE TABLE t (columns) USING kafka, http, json ... OPTIONS (...)"},
    {"CREATE OR REFRESH STREAMING TABLE x AS SELECT 1", 8, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'OR'.", "leave it out: a changed definition takes effect without it"},
    {"CREATE STREAMING TABLE x USING kafka OPTIONS ('a' = 'b') AS SELECT 1", 38,
     "_LEGACY_ERROR_TEMP_0035", "Operation not allowed: OPTIONS on a streaming table.",
     "write TBLPROPERTIES (...) instead of OPTIONS (...)"},
    {"CREATE STREAMING TABLE x SCHEDULE '1' AS SELECT 1", 26, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'SCHEDULE'.",
     "the schedule is a property: TBLPROPERTIES ('schedule' = '0 2 * * *')"},
    {"CREATE FLOW f AS INSERT INTO t SELECT 1", 18, "_LEGACY_ERROR_TEMP_0035",
     "Operation not allowed: Only INSERT INTO by name flows supported.",
     "write INSERT INTO table BY NAME SELECT ..."},
    {"CREATE FLOW f AS AUTO CDC INTO t FROM s KEYS (a)", 18, "UNSUPPORTED_FEATURE.AUTO_CDC",
     "AUTO CDC is not supported.",
     "a table with the property 'primary_key' keeps the last row of each key: INSERT INTO t BY "
     "NAME SELECT ..."},
    {"CREATE TABLE t (a INT b INT)", 23, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'b': expected ',' or ')'.", "is a comma missing before it?"},
    {"CREATE TABLE t (a INT, CONSTRAINT c EXPECT (a > 0))", 37, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'EXPECT'.",
     "Spark SQL has no EXPECT; write TBLPROPERTIES ('expect.NAME' = 'condition', "
     "'expect.NAME.on_violation' = 'keep', 'drop' or 'fail')"},
    {"CREATE TABLE t (a, b INT)", 18, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near ',': expected a type.", NULL},
    {"CREATE TABLE t (a INT,) USING http", 23, "PARSE_SYNTAX_ERROR",
     "Syntax error: the list ends with a comma.", "remove the comma before it"},
    {"CREATE TABLE t (a INT) USING http OPTIONS ('a' => 'b')", 48, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near '=>': expected an expression.", "write = here"},
    {"CREATE TABLE t (a ARRAY) USING http", 19, "INCOMPLETE_TYPE_DEFINITION.ARRAY",
     "Incomplete complex type: it needs the types it holds.", "say of what: ARRAY<INT>"},
    {"CREATE TABLE t (a INT) OPTIONS ('a' = 'b') USING http", 44, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'USING'.",
     "USING stands right behind the name and columns, before all other clauses"},
    {"CREATE TABLE t (a INT) USING http OPTIONS ('a' = b", 51, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near end of input: expected ',' or ')'.",
     "the '(' in line 1, column 43 is never closed"},
    {"MERGE INTO t USING s ON x", 1, "UNSUPPORTED_FEATURE.STATEMENT",
     "The statement MERGE is not supported.", NULL},
    {"ALTER TABLE t ADD COLUMN x INT", 1, "UNSUPPORTED_FEATURE.STATEMENT",
     "The statement ALTER is not supported.",
     "change the CREATE statement in the pipeline file instead"},
    {"FOO BAR", 1, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'FOO': expected a statement: CREATE, SELECT, INSERT, SET, SHOW, "
     "DESCRIBE.",
     NULL},
    {"1 + 1", 1, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near '1': expected a statement: CREATE, SELECT, INSERT, SET, SHOW, "
     "DESCRIBE.",
     NULL},
    {"SELECT a $ b", 10, "PARSE_SYNTAX_ERROR", "Syntax error at or near '$'.",
     "this character means nothing in SQL; in a name it needs `backquotes`"},
    {"SELECT a FROM my-table", 15, "INVALID_IDENTIFIER",
     "The unquoted identifier my-table is invalid and must be back quoted as: `my-table`.", NULL},
    {"SELECT größe FROM t", 8, "INVALID_IDENTIFIER",
     "The unquoted identifier größe is invalid and must be back quoted as: `größe`.", NULL},
    {"SELECT 128Y", 8, "INVALID_NUMERIC_LITERAL_RANGE",
     "Numeric literal 128 is outside the valid range for tinyint with minimum value of -128 and "
     "maximum value of 127. Please adjust the value accordingly.",
     NULL},
    {"SELECT 1e400", 8, "INVALID_NUMERIC_LITERAL_RANGE",
     "Numeric literal 1e400 is outside the valid range for double with minimum value of "
     "-1.7976931348623157E308 and maximum value of 1.7976931348623157E308. Please adjust the value "
     "accordingly.",
     NULL},
    {"SELECT GEO 'x'", 8, "UNSUPPORTED_TYPED_LITERAL",
     "Literals of the type \"GEO\" are not supported. Supported types are \"DATE\", "
     "\"TIMESTAMP_NTZ\", \"TIMESTAMP_LTZ\", \"TIMESTAMP\", \"INTERVAL\", \"X\", \"TIME\".",
     NULL},
    {"SELECT X'1G'", 8, "INVALID_TYPED_LITERAL",
     "The value of the typed literal \"X\" is invalid: '1G'.",
     "between the quotes stand hexadecimal digits only"},
    {"SELECT a LIKE 'x' ESCAPE 'ab'", 26, "INVALID_ESC",
     "The escape character must be a string literal of one character.", NULL},
    {"SELECT date_add('DAY', 1, x)", 17, "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
     "The value of parameter(s) `unit` in `date_add` is invalid: expects one of the units without "
     "quotes YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, HOUR, MINUTE, SECOND, MILLISECOND, "
     "MICROSECOND, but got the string literal 'DAY'.",
     NULL},
    {"SELECT CASE a WHEN 1 THEN 2", 28, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near end of input: expected END.", NULL},
    {"SELECT INTERVAL 1 DAY TO HOUR", 8, "_LEGACY_ERROR_TEMP_0027",
     "The value of from-to unit must be a string.", NULL},
    {"SELECT a FROM t CREATE TABLE b (x INT)", 17, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'CREATE'.", "does the statement before it end with a semicolon?"},
    {"SELECT ${nope}", 8, NULL, "No setting `nope` is known here.",
     "write `SET nope = ...;` above this statement, or give --set nope=..."},
    {"SET a b = c", 5, "INVALID_SET_SYNTAX",
     "Expected format is 'SET', 'SET key', or 'SET key=value'.",
     "a key is made of letters, digits, '.', '_', '-' and ':'; any other stands in backquotes"},
    {"SELECT a IS FOO", 13, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'FOO': expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM.", NULL},
    {"SELECT * FROM t WHERE a = 'it's'", 32, "PARSE_SYNTAX_ERROR",
     "Syntax error: the string opened here is never closed.",
     "add the closing quote (a quote inside a string is written \\' or '')"},
    {"SELECT a FROM t)", 16, "PARSE_SYNTAX_ERROR", "Syntax error at or near ')'.",
     "is there one ')' too many?"},
    {"INSERT t VALUES (1)", 8, "PARSE_SYNTAX_ERROR", "Syntax error at or near 't': expected INTO.",
     NULL},
    {"DROP x", 6, "PARSE_SYNTAX_ERROR",
     "Syntax error at or near 'x': expected TABLE, VIEW, SCHEMA, FUNCTION or TEMPORARY VARIABLE.",
     NULL},
    {"SELECT sum(x) OVER PARTITION BY y FROM t", 20, "PARSE_SYNTAX_ERROR",
     "Syntax error: expected '(' behind OVER.", "write OVER (PARTITION BY ... ORDER BY ...)"},
    {"SELECT \"äöü日本\", x y z", 21, "PARSE_SYNTAX_ERROR", "Syntax error at or near 'z'.",
     "is a comma missing before it?"},
};

typedef struct Fixture {
    Arena arena;
    DiagnosticList diagnostics;
    AstStatementList statements;
    StrBuf out;
} Fixture;

static void fixture_init(Fixture *f)
{
    arena_init(&f->arena);
    diagnostics_init(&f->diagnostics, &f->arena);
    f->statements = (AstStatementList){0};
    strbuf_init(&f->out);
}

static void fixture_done(Fixture *f)
{
    strbuf_done(&f->out);
    arena_done(&f->arena);
}

/* Parses `sql` and gives its only statement. */
static AstStatement *only_statement(Fixture *f, const char *sql)
{
    if (!sql_parse(&f->arena, str_of(sql), &f->statements, &f->diagnostics))
        fail_msg("%s: %s", sql, f->diagnostics.items[0].message);
    assert_int_equal(f->statements.count, 1);
    return f->statements.items[0];
}

/* The one mistake in `sql`. */
static const Diagnostic *only_mistake(Fixture *f, const char *sql)
{
    if (sql_parse(&f->arena, str_of(sql), &f->statements, &f->diagnostics))
        fail_msg("%s: parses", sql);
    assert_int_equal(f->diagnostics.count, 1);
    return &f->diagnostics.items[0];
}

static void check_printed(const Printed *row)
{
    Fixture f;

    fixture_init(&f);
    if (!sql_parse(&f.arena, str_of(row->sql), &f.statements, &f.diagnostics))
        fail_msg("%s: %s", row->sql, f.diagnostics.items[0].message);
    for (size_t i = 0; i < f.statements.count; i++) {
        if (i > 0)
            strbuf_add_c(&f.out, "; ");
        ast_print_statement(&f.out, f.statements.items[i]);
    }
    assert_string_equal(strbuf_c(&f.out), row->printed);
    fixture_done(&f);
}

static void operators_group_as_in_spark(void **state)
{
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        Fixture f;
        AstExpr *e;

        fixture_init(&f);
        if (!sql_parse_expression(&f.arena, str_of(expressions[i].sql), &e, &f.diagnostics))
            fail_msg("%s: %s", expressions[i].sql, f.diagnostics.items[0].message);
        ast_print_expr(&f.out, e);
        assert_string_equal(strbuf_c(&f.out), expressions[i].printed);
        fixture_done(&f);
    }
}

static void queries_are_read_whole(void **state)
{
    for (size_t i = 0; i < COUNT_OF(queries); i++)
        check_printed(&queries[i]);
}

static void statements_are_read_whole(void **state)
{
    for (size_t i = 0; i < COUNT_OF(statements); i++)
        check_printed(&statements[i]);
}

static void what_is_printed_parses_to_the_same(void **state)
{
    for (size_t i = 0; i < COUNT_OF(queries); i++)
        check_printed(&(Printed){queries[i].printed, queries[i].printed});
}

static void mistakes_are_told_with_place_class_and_remedy(void **state)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        Fixture f;
        const Diagnostic *d;

        fixture_init(&f);
        d = only_mistake(&f, refused[i].sql);
        assert_string_equal(d->message, refused[i].message);
        assert_int_equal(d->span.column, refused[i].column);
        assert_true(!d->class_name == !refused[i].class_name);
        if (d->class_name)
            assert_string_equal(d->class_name, refused[i].class_name);
        if (!d->remedy != !refused[i].remedy)
            fail_msg("%s: remedy is %s", refused[i].sql, d->remedy);
        if (d->remedy)
            assert_string_equal(d->remedy, refused[i].remedy);
        fixture_done(&f);
    }
}

static void a_mistake_costs_only_its_own_statement(void **state)
{
    Fixture f;

    fixture_init(&f);
    assert_false(sql_parse(&f.arena,
                           STR("SELECT 1;\nSELCT 2;\n\nSELECT 'a;b';\nSELECT (;\n-- x;\nSELECT 3"),
                           &f.statements, &f.diagnostics));
    assert_int_equal(f.statements.count, 3);
    assert_int_equal(f.diagnostics.count, 2);
    assert_int_equal(f.diagnostics.items[0].span.line, 2);
    assert_int_equal(f.diagnostics.items[1].span.line, 5);
    fixture_done(&f);
}

static void names_and_words_keep_their_places(void **state)
{
    Fixture f;
    const AstExpr *e;

    fixture_init(&f);
    e = only_statement(&f, "\n  SELECT 'ä', a +\n  `b c`")
            ->query->body->select->items.items[1]
            .expr;
    assert_int_equal(e->kind, AST_EXPR_BINARY);
    assert_int_equal(e->span.line, 2);
    assert_int_equal(e->span.column, 15);
    assert_int_equal(e->span.bytes, 11);
    assert_int_equal(e->binary.right->span.line, 3);
    assert_int_equal(e->binary.right->span.column, 3);
    assert_int_equal(e->binary.right->span.bytes, 5);
    assert_str_is(e->binary.right->column.parts[0].text, "b c");
    assert_true(e->binary.right->column.parts[0].quoted);
    fixture_done(&f);
}

static void special_forms_are_calls_with_plain_arguments(void **state)
{
    Fixture f;
    const AstFunctionCall *call;

    fixture_init(&f);
    call = only_statement(&f, "SELECT TRIM(LEADING 'x' FROM a)")
               ->query->body->select->items.items[0]
               .expr->call;
    assert_str_is(call->name.parts[0].text, "ltrim");
    assert_int_equal(call->form, AST_CALL_TRIM_LEADING);
    assert_int_equal(call->arg_count, 2);
    assert_int_equal(call->args[0].value->kind, AST_EXPR_COLUMN);
    assert_str_is(call->args[1].value->literal.text, "x");
    fixture_done(&f);

    fixture_init(&f);
    call = only_statement(&f, "SELECT EXTRACT(DOW FROM a)")
               ->query->body->select->items.items[0]
               .expr->call;
    assert_str_is(call->name.parts[0].text, "extract");
    assert_str_is(call->args[0].value->literal.text, "DOW");
    fixture_done(&f);
}

/* ── settings ──────────────────────────────────────────────────────────────────────────────────*/

static void a_setting_is_known_below_where_it_is_made(void **state)
{
    Fixture f;
    const AstStatement *s;

    fixture_init(&f);
    assert_true(sql_parse(&f.arena,
                          STR("SET host = 127.0.0.1; -- ${not} looked at\n"
                              "SET feed = http://${host}:8090/a?b=1;\n"
                              "CREATE TABLE t (a INT) USING http OPTIONS ('url' = '${feed}/v1')"),
                          &f.statements, &f.diagnostics));
    s = f.statements.items[2];
    assert_str_is(property_find(&s->create_table->options, "URL")->value,
                  "http://127.0.0.1:8090/a?b=1/v1");
    fixture_done(&f);
}

static void places_point_at_the_setting_and_behind_it(void **state)
{
    const char *text = "SET a = 'long long value';\nSELECT ${a}, ${a} b c";
    Fixture f;
    const Diagnostic *d;

    fixture_init(&f);
    d = only_mistake(&f, text);
    assert_int_equal(d->span.line, 2);
    assert_int_equal(d->span.column, 21);
    fixture_done(&f);

    fixture_init(&f);
    d = only_mistake(&f, "SET a = x y z;\nSELECT 1 + ${a}");
    assert_int_equal(d->span.column, 12);
    assert_int_equal(d->span.bytes, 4);
    fixture_done(&f);
}

static void a_setting_that_means_itself_is_refused(void **state)
{
    Fixture f;

    fixture_init(&f);
    assert_non_null(strstr(only_mistake(&f, "SET a = ${a}")->message, "`a`"));
    fixture_done(&f);
}

static bool itself(void *self, Str key, Str *value)
{
    *value = *(Str *)self;
    return key.bytes > 0;
}

static void settings_in_circles_end(void **state)
{
    Fixture f;
    Str value = STR("${b} ${b} ${b}");
    AstStatement *statement;
    SqlParser *parser;

    fixture_init(&f);
    parser = sql_parser_create(&f.arena, STR("SELECT ${b}"), itself, &value, &f.diagnostics);
    assert_true(sql_parser_next(parser, &statement));
    assert_null(statement);
    assert_int_equal(f.diagnostics.count, 1);
    assert_false(sql_parser_next(parser, &statement));
    sql_parser_free(parser);
    fixture_done(&f);
}

static void set_takes_what_is_no_sql(void **state)
{
    static const struct {
        const char *sql;
        const char *key;
        const char *value;
    } rows[] = {
        {"SET feed = http://127.0.0.1:8090;", "feed", "http://127.0.0.1:8090"},
        {"set a.b=it's;", "a.b", "it's"},
        {"SET a = x -- a comment\n;", "a", "x"},
        {"SET a = x /* one */ y", "a", "x  y"},
        {"SET a = x--y", "a", "x--y"},
        {"SET a = `quoted; semicolon`", "a", "quoted; semicolon"},
        {"SET a = ", "a", ""},
        {"SET `a b` = `c`", "a b", "c"},
        {"SET time = 5", "time", "5"},
        {"SET var = 5", "var", "5"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Fixture f;
        const AstStatement *s;

        fixture_init(&f);
        s = only_statement(&f, rows[i].sql);
        assert_int_equal(s->kind, AST_STATEMENT_SET);
        assert_str_is(s->set.key, rows[i].key);
        assert_str_is(s->set.value, rows[i].value);
        fixture_done(&f);
    }
}

static void a_prompt_knows_when_a_statement_is_whole(void **state)
{
    assert_true(sql_text_is_complete(STR("")));
    assert_true(sql_text_is_complete(STR("  -- nothing\n")));
    assert_true(sql_text_is_complete(STR("SELECT 1; -- done\n")));
    assert_false(sql_text_is_complete(STR("SELECT 1")));
    assert_false(sql_text_is_complete(STR("SELECT ';")));
    assert_false(sql_text_is_complete(STR("SELECT 1; SELECT 2")));
    assert_false(sql_text_is_complete(STR("SELECT 1 /* ;")));
}

/* ── limits ────────────────────────────────────────────────────────────────────────────────────*/

/* before^count middle after^count */
static const char *nested(StrBuf *out, const char *before, const char *middle, const char *after,
                          int count)
{
    strbuf_clear(out);
    strbuf_add_c(out, "SELECT ");
    for (int i = 0; i < count; i++)
        strbuf_add_c(out, before);
    strbuf_add_c(out, middle);
    for (int i = 0; i < count; i++)
        strbuf_add_c(out, after);
    return strbuf_c(out);
}

static const struct Nesting {
    const char *before;
    const char *middle;
    const char *after;
} nestings[] = {
    {"(", "1", ")"},
    {"NOT ", "a", ""},
    {"- ", "a", ""},
    {"f(", "1", ")"},
    {"substring(", "a", ", 1)"},
    {"CASE WHEN ", "a", " THEN 1 END"},
    {"(SELECT ", "1", ")"},
    {"a[", "1", "]"},
    {"x -> ", "1", ""},
    {"a IN (", "1", ")"},
    {"1 + (", "1", ")"},
    {"", "1", " + 1"},
    {"", "a", "[1]"},
    {"", "f(a)", ".b"},
    {"", "a", "::int"},
    {"", "1", " UNION SELECT 1"},
    {"", "1", " |> WHERE a"},
    {"", "* FROM t", " JOIN t"},
    {"* FROM (SELECT ", "1", ")"},
    {"* FROM f(TABLE(SELECT ", "1", "))"},
    {"", "* FROM t", ", t"},
};

static void deep_nesting_is_refused_politely(void **state)
{
    for (size_t i = 0; i < COUNT_OF(nestings); i++) {
        const struct Nesting *n = &nestings[i];
        Fixture f;
        const Diagnostic *d;

        fixture_init(&f);
        only_statement(&f, nested(&f.out, n->before, n->middle, n->after, 150));
        fixture_done(&f);

        fixture_init(&f);
        d = only_mistake(&f, nested(&f.out, n->before, n->middle, n->after, 20000));
        assert_string_equal(d->class_name, "FAILED_TO_PARSE_TOO_COMPLEX");
        fixture_done(&f);
    }
}

/* SELECT * FROM (a JOIN (a JOIN ... b)) */
static bool parses_nested_relations(int count)
{
    Fixture f;
    bool ok;

    fixture_init(&f);
    strbuf_add_c(&f.out, "SELECT * FROM ");
    for (int i = 0; i < count; i++)
        strbuf_add_c(&f.out, "(a JOIN ");
    strbuf_add_c(&f.out, "b");
    for (int i = 0; i < count; i++)
        strbuf_add_c(&f.out, ")");
    ok = sql_parse(&f.arena, strbuf_str(&f.out), &f.statements, &f.diagnostics);
    fixture_done(&f);
    return ok;
}

static void deep_relations_are_refused_politely(void **state)
{
    assert_true(parses_nested_relations(150));
    assert_false(parses_nested_relations(20000));
}

static void deep_types_are_refused_politely(void **state)
{
    Fixture f;

    fixture_init(&f);
    nested(&f.out, "ARRAY<", "INT", ">", 20000);
    strbuf_add_c(&f.out, ")");
    memcpy(f.out.data, "CAST(a ", 7);
    only_mistake(&f, strbuf_c(&f.out));
    fixture_done(&f);
}

static void long_chains_of_and_are_one_node(void **state)
{
    Fixture f;
    const AstExpr *e;

    fixture_init(&f);
    e = only_statement(&f, nested(&f.out, "", "a", " AND a", 20000))
            ->query->body->select->items.items[0]
            .expr;
    assert_int_equal(e->kind, AST_EXPR_LOGICAL);
    assert_int_equal(e->logical.operands.count, 20001);
    fixture_done(&f);
}

static void reading_takes_no_more_than_linear_time_in_nesting(void **state)
{
    Fixture f;

    /* What was read as a special form's argument is not read again as a plain call's. */
    fixture_init(&f);
    only_statement(&f, nested(&f.out, "trim(position(overlay(", "a", ", 1), 1), 1)", 60));
    fixture_done(&f);
}

/* ── parts ─────────────────────────────────────────────────────────────────────────────────────*/

static void types_and_columns_are_read_on_their_own(void **state)
{
    Fixture f;
    AstTypeName *type;

    fixture_init(&f);
    assert_true(sql_parse_type(&f.arena, STR("map<int,array<array<int>>>"), &type, &f.diagnostics));
    assert_int_equal(type->kind, AST_TYPE_NAME_MAP);
    assert_int_equal(type->element->element->kind, AST_TYPE_NAME_ARRAY);
    assert_true(sql_parse_columns(&f.arena, STR("a INT, b: STRUCT<c: INT> NOT NULL COMMENT 'x'"),
                                  &type, &f.diagnostics));
    assert_int_equal(type->field_count, 2);
    assert_true(type->fields[1].not_null);
    assert_str_is(type->fields[1].comment, "x");
    assert_false(sql_parse_type(&f.arena, STR("INT INT"), &type, &f.diagnostics));
    assert_false(sql_parse_columns(&f.arena, STR("a INT b INT"), &type, &f.diagnostics));
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_group_as_in_spark),
        cmocka_unit_test(queries_are_read_whole),
        cmocka_unit_test(statements_are_read_whole),
        cmocka_unit_test(what_is_printed_parses_to_the_same),
        cmocka_unit_test(mistakes_are_told_with_place_class_and_remedy),
        cmocka_unit_test(a_mistake_costs_only_its_own_statement),
        cmocka_unit_test(names_and_words_keep_their_places),
        cmocka_unit_test(special_forms_are_calls_with_plain_arguments),
        cmocka_unit_test(a_setting_is_known_below_where_it_is_made),
        cmocka_unit_test(places_point_at_the_setting_and_behind_it),
        cmocka_unit_test(a_setting_that_means_itself_is_refused),
        cmocka_unit_test(settings_in_circles_end),
        cmocka_unit_test(set_takes_what_is_no_sql),
        cmocka_unit_test(a_prompt_knows_when_a_statement_is_whole),
        cmocka_unit_test(deep_nesting_is_refused_politely),
        cmocka_unit_test(deep_relations_are_refused_politely),
        cmocka_unit_test(deep_types_are_refused_politely),
        cmocka_unit_test(long_chains_of_and_are_one_node),
        cmocka_unit_test(reading_takes_no_more_than_linear_time_in_nesting),
        cmocka_unit_test(types_and_columns_are_read_on_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
