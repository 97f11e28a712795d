VALUES (1, 'a'), (2L, NULL);
SELECT x FROM VALUES (1), (2.5) AS v (x);
WITH w (x) AS (SELECT a FROM t), y AS (SELECT x + 1 AS z FROM w) SELECT * FROM y, w;
SELECT (SELECT max(d) FROM u WHERE u.a = t.a) AS m, EXISTS (SELECT 1 FROM u) e, a IN (SELECT a FROM u) i FROM t;
FROM t |> WHERE a > 1 |> AGGREGATE sum(c) AS n GROUP BY b |> EXTEND n * 2 AS m |> DROP b;
FROM u |> SET d = 1 |> AS w |> SELECT w.a, d;
