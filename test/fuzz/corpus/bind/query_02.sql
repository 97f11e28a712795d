SELECT * FROM v;
SELECT a + 1 AS x, x * 2 AS y FROM t;
SELECT a % 2 AS k, sum(a) AS n, n + 1 AS m FROM t GROUP BY k HAVING n > 1 ORDER BY m;
SELECT b, count(*) n FROM t GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT b, a + 1 x, max(c) FROM t GROUP BY ALL ORDER BY ALL;
SELECT 1 + a FROM t GROUP BY a + 1;
