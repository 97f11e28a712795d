# Streams that fall silent do not hold results back for ever: idle_timeout.

== a quiet partition does not hold windows open
CREATE TABLE ev (k STRING, v INT, ts TIMESTAMP) USING kafka OPTIONS ('idle_timeout' = '100 milliseconds', 'partitions' = '2');
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
GROUP BY window(ts, '10 seconds');
feed ev: x 1 t1
feed ev: x 1 t20
soon out: t0 1

== the windows of a quiet stream close with those of the others, where they meet
CREATE TABLE a (k STRING, v INT, ts TIMESTAMP) USING kafka OPTIONS ('idle_timeout' = '100 milliseconds');
CREATE TABLE b (k STRING, v INT, ts TIMESTAMP) USING kafka OPTIONS ('idle_timeout' = '1 hour');
CREATE STREAMING TABLE out USING postgres AS
SELECT l.w.start, l.k, l.n, r.n AS rn FROM (
  SELECT k, window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, window(ts, '10 seconds')) AS l
FULL JOIN (
  SELECT k, window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, window(ts, '10 seconds')) AS r
ON l.k = r.k AND l.w = r.w;
feed a: x 1 t1 | y 1 t2
feed b: x 1 t3 | x 1 t100
soon out: t0 x 1 1 | t0 y 1 null
feed a: x 1 t5
feed a: x 1 t101
feed b: x 1 t102 | x 1 t120
soon out: t0 x 1 1 | t0 y 1 null | t100 x 1 2

== a quiet stream of a union follows
CREATE TABLE a (k STRING, v INT, ts TIMESTAMP) USING kafka OPTIONS ('idle_timeout' = '100 milliseconds');
CREATE TABLE b (k STRING, v INT, ts TIMESTAMP) USING kafka OPTIONS ('idle_timeout' = '1 hour');
CREATE STREAMING TABLE out USING postgres AS
SELECT window(w, '20 seconds').start, sum(n) FROM (
  SELECT window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY window(ts, '10 seconds')
  UNION ALL
  SELECT window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY window(ts, '10 seconds'))
GROUP BY window(w, '20 seconds');
feed a: x 1 t1
feed b: x 1 t3 | x 1 t100
soon out: t0 2

== --drain: the shorter of two streams loses nothing
CREATE STREAMING TABLE out USING postgres AS
SELECT l.w.start, l.k, l.n, r.n AS rn FROM (
  SELECT k, window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM a WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, window(ts, '10 seconds')) AS l
INNER JOIN (
  SELECT k, window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM b WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, window(ts, '10 seconds')) AS r
ON l.k = r.k AND l.w = r.w;
feed a: x 1 t1
feed b: x 1 t3 | x 1 t100
drain
out: t0 x 1 1
