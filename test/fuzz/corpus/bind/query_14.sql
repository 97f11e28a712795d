SELECT b, d FROM t, u WHERE t.a = u.a AND t.b = 'x' AND u.d > 1 AND t.c > u.d;
SELECT b, d FROM t LEFT JOIN u ON t.a = u.a AND u.e AND t.b = 'y' WHERE t.c > 1 AND d IS NULL;
SELECT b, sum(a) n FROM t GROUP BY b HAVING b <> 'x' AND sum(a) > 3;
SELECT a FROM u ORDER BY d DESC LIMIT 3 OFFSET 2;
SELECT x FROM (SELECT a x, d FROM u UNION ALL SELECT a, 1.0D FROM t) WHERE x = 1;
SELECT b FROM t WHERE a IN (SELECT a FROM u WHERE d > 1) AND NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a);
