SELECT window.end, count(*) FROM t GROUP BY window(ts, '1 minute');
SELECT window(ts, '10 seconds', '5 seconds') w FROM t;
SELECT * FROM (SELECT a, b, c FROM t) PIVOT (sum(c) FOR b IN ('x', 'y' AS z));
SELECT * FROM (SELECT a, d FROM u) UNPIVOT (v FOR n IN (a, d));
DESCRIBE t;
SHOW TABLES;
