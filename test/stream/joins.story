# Joins of two streams, and of a stream with a table. Both sides' state is let go when no row in time can
# meet it any more.

== an inner join gives a pair as soon as both are there
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, a.v, b.v AS bv FROM STREAM a WATERMARK ts DELAY OF INTERVAL 10 SECONDS AS a
INNER JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 20 SECONDS AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
feed a: x 1 t10 | null 5 t10
out:
feed b: x 2 t12 | x 3 t15 | x 4 t15.000001 | x 5 t9.999999 | y 6 t12 | null 7 t12
out: x 1 2 | x 1 3
restart
feed a: x 8 t11
out: x 1 2 | x 1 3 | x 8 2 | x 8 3 | x 8 4

== a left row without a match comes when none can come any more, strictly
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, a.v, b.v AS bv FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS a
LEFT JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
feed a: x 1 t10 | y 1 t10 | z 9 t15
feed b: y 2 t11 | q 0 t15
out: y 1 2
feed a: z 9 t100
out: y 1 2
feed b: q 0 t15.000001
out: y 1 2 | x 1 null

== the watermark of a join is the smaller of its inputs', and a silent input holds it back
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT a.k, a.v, b.v AS bv FROM STREAM a WATERMARK ts DELAY OF INTERVAL 10 SECONDS AS a
LEFT JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 20 SECONDS AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
feed a: y 1 t10
feed a: z 9 t50
out:
feed b: q 0 t60
out: y 1 null
feed b: y 2 t39
late out: 1
out: y 1 null

== a right join keeps the right rows
CREATE STREAMING TABLE out USING postgres AS
SELECT a.v, b.k, b.v AS bv FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS a
RIGHT JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
feed b: x 2 t10 | y 3 t10
feed a: x 1 t9
restart
feed a: q 0 t100
feed b: q 0 t100
out: 1 x 2 | null y 3 | 0 q 0

== a full join keeps both
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, a.v, b.k AS bk, b.v AS bv FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS a
FULL JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
feed a: x 1 t10 | y 2 t10 | null 7 t10
feed b: x 3 t12 | z 4 t12 | null 8 t12
restart
feed a: q 0 t100
feed b: w 0 t100
out: x 1 x 3 | y 2 null null | null null z 4 | null 7 null null | null null null 8
drain
out: x 1 x 3 | y 2 null null | null null z 4 | null 7 null null | null null null 8
    | q 0 null null | null null w 0

== a semi join gives a left row once
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, a.v FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS a
LEFT SEMI JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
feed a: x 1 t10 | y 2 t10
feed b: x 3 t12 | x 4 t13
out: x 1
restart
feed b: x 3 t14
feed a: x 5 t11
out: x 1 | x 5

== an anti join gives a left row when no match can come any more
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, a.v FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS a
LEFT ANTI JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
feed a: x 1 t10 | y 2 t10 | null 3 t10
feed b: x 3 t12
feed a: z 4 t30
restart
feed b: w 5 t30
out: y 2 | null 3
spark: LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported

== windows of two streams meet
CREATE STREAMING TABLE out USING postgres AS
SELECT l.w.start, l.k, l.n, r.n AS rn FROM (
  SELECT k, window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, window(ts, '10 seconds')) AS l
INNER JOIN (
  SELECT k, window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, window(ts, '10 seconds')) AS r
ON l.k = r.k AND l.w = r.w;
feed a: x 1 t1 | x 1 t2 | y 1 t3
feed b: x 1 t9 | x 1 t11
feed a: x 1 t30
out: t0 x 2 1
drain
out: t0 x 2 1

== a join of a stream with itself, aggregated
CREATE STREAMING TABLE out USING postgres AS
SELECT window(ts, '10 seconds').start, count(*) FROM (
  SELECT a.ts FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS a
  INNER JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS AS b
  ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS)
GROUP BY window(ts, '10 seconds');
feed a: x 1 t1 | x 2 t9
feed b: x 1 t3 | x 1 t11
out:
feed a: x 3 t40
feed b: x 1 t40
out: t0 2

== a stream and a table: the table as of the epoch
CREATE STREAMING TABLE names USING postgres TBLPROPERTIES ('primary_key' = 'k') AS
SELECT k, v AS name FROM STREAM b;
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, a.v, n.name FROM STREAM a AS a LEFT JOIN names AS n ON a.k = n.k;
feed b: x 7 t1
feed a: x 1 t1 | y 2 t1 | null 3 t1
out: x 1 7 | y 2 null | null 3 null
feed b: y 8 t1
feed a: y 3 t1
out: x 1 7 | y 2 null | null 3 null | y 3 8

== UNION ALL: what closes windows is the smaller watermark
CREATE STREAMING TABLE out USING postgres AS
SELECT window(ts, '10 seconds').start, count(*) FROM (
  SELECT k, ts FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  UNION ALL
  SELECT k, ts FROM STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS)
GROUP BY window(ts, '10 seconds');
feed a: x 1 t1 | x 1 t100
out:
feed b: x 1 t2
out:
feed b: x 1 t30
out: t0 2
restart
feed b: x 1 t35
feed b: x 1 t110
out: t0 2 | t30 2
