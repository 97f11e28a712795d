SELECT a, A, t.a, x.a FROM t JOIN u x ON t.a = x.a;
SELECT A, t.b, s.x, s.y.z FROM t;
SELECT a + 1, -a, NOT a > 1, a IS NULL FROM t;
SELECT count(*), sum(a), count(DISTINCT b), sum(c) FILTER (WHERE a > 1) FROM t;
SELECT CAST(a AS STRING), a::BIGINT, t.a <> 2, b || 'x' FROM t;
SELECT CASE a WHEN 1 THEN 'x' ELSE b END, a BETWEEN 1 AND 2, a IN (1, 2) FROM t;
