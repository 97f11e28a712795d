SELECT a, sum(c) FROM t;
SELECT a, b, sum(c) FROM t GROUP BY b;
SELECT sum(sum(a)) FROM t;
SELECT b FROM t WHERE sum(a) > 1;
SELECT b FROM t GROUP BY 2;
SELECT b FROM t ORDER BY 0;
