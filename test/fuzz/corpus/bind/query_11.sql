SELECT a AS x, b AS x, x FROM t;
SELECT window(b, '1 minute') FROM t GROUP BY window(ts, '1 minute');
SELECT window(a, '1 minute') FROM t;
SELECT window(ts, '1 month') FROM t;
SELECT window(ts, '1 minute', '2 minutes') FROM t;
SELECT * FROM t JOIN u USING (z);
