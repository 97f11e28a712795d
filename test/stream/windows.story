# Tumbling and hopping windows, and what is late. Rules: Spark's, but for lateness, which docs/sql.md tells.

== a window is emitted once, when its end has been reached by the watermark
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, window.end, count(*), sum(v)
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS GROUP BY window(ts, '10 seconds');
feed ev: x 1 t1 | x 2 t9.999999 | x 4 t19.9
out:
feed ev: x 8 t20
out: t0 t10 2 3
feed ev: x 16 t5
out: t0 t10 2 3
drain
out: t0 t10 2 3 | t10 t20 1 4 | t20 t30 1 8

== the watermark is the highest time less the delay and never goes back
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY window(ts, '10 seconds');
feed ev: x 1 t25
feed ev: x 1 t9
feed ev: x 1 t12
out:
feed ev: x 1 t30
out: t10 1

== a row is late when its window has ended, not when it is older than the watermark
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY window(ts, '10 seconds');
feed ev: x 1 t25
feed ev: x 1 t14.9 | x 1 t9.9 | x 1 t9
late out: 2
feed ev: x 1 t30
out: t10 1

== lateness is judged row by row: batches change nothing
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT window.start, count(*), sum(v) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY window(ts, '10 seconds');
feed ev: x 1 t1 | x 2 t50 | x 4 t5 | x 8 t51 | x 16 t6
late out: 2
out: t0 1 1

== nothing of a first batch is late before its own watermark
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY window(ts, '10 seconds');
feed ev: x 1 t1 | x 1 t2 | x 1 t100
out: t0 2

== without an operator that remembers nothing is late
CREATE STREAMING TABLE out USING postgres AS
SELECT k, v FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS;
feed ev: x 1 t100 | x 2 t1
out: x 1 | x 2

== a NULL event time belongs to no window, and is not late
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY window(ts, '10 seconds');
feed ev: x 1 null | x 1 t1 | x 1 t100
out: t0 1
late out: 0

== update mode gives early results, refines them, and gives nothing when a window closes
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k, start', 'late_table' = 'true') AS
SELECT k, window.start AS start, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY k, window(ts, '10 seconds');
feed ev: x 1 t1
out: x t0 1
feed ev: x 1 t2
out: x t0 2
feed ev: x 1 t50
out: x t0 2 | x t50 1
feed ev: x 1 t4
out: x t0 2 | x t50 1
late out: 1

== hopping windows: a row in each of its windows, each judged on its own
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY window(ts, '10 seconds', '5 seconds');
feed ev: x 1 t12
feed ev: x 1 t26
out: t5 1
feed ev: x 1 t11
late out: 1
drain
out: t5 1 | t10 2 | t20 1 | t25 1

== windows have an offset, and begin before 1970 too
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, window.end, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
GROUP BY window(ts, '10 seconds', '10 seconds', '3 seconds');
feed ev: x 1 t-1704067205 | x 1 t13 | x 1 t22.999999 | x 1 t100
out: t-1704067207 t-1704067197 1 | t13 t23 2

== windows of seven seconds and of a week are counted from 1970
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, window.end FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
GROUP BY window(ts, '7 seconds');
CREATE STREAMING TABLE out_week USING postgres AS
SELECT window.start, window.end FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
GROUP BY window(ts, '1 week');
feed ev: x 1 t13 | x 1 t2000000
out: t11 t18
out_week: t-345600 t259200

== windows of a day are aligned to UTC, whatever the session's zone
SET TIME ZONE 'Asia/Kolkata';
CREATE STREAMING TABLE out USING postgres AS
SELECT date_format(window.start, 'dd,HH:mm') AS s, date_format(window.end, 'dd,HH:mm') AS e
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS GROUP BY window(ts, '1 day');
feed ev: x 1 t0 | x 1 t1000000
out: 31,05:30 01,05:30

== window_time is the last moment of a window
CREATE STREAMING TABLE out USING postgres AS
SELECT window_time(window), n FROM (
  SELECT window, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY window(ts, '10 seconds'));
feed ev: x 1 t1 | x 1 t10
out: t9.999999 1

== chained windows: the outer one waits for what the inner one passes on
CREATE STREAMING TABLE out USING postgres AS
SELECT window(window, '1 minute').start, sum(n), count(*) FROM (
  SELECT window, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 5 SECONDS
  GROUP BY k, window(ts, '10 seconds'))
GROUP BY window(window, '1 minute');
feed ev: x 1 t1 | y 1 t2 | x 1 t12 | x 1 t59
out:
feed ev: x 1 t64.999999
out:
feed ev: x 1 t65
out: t0 4 4

== only the last of chained aggregations shows early results
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'start') AS
SELECT window(window, '1 minute').start AS start, sum(n) AS n FROM (
  SELECT window, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 5 SECONDS
  GROUP BY window(ts, '10 seconds'))
GROUP BY window(window, '1 minute');
feed ev: x 1 t1 | x 1 t2 | x 1 t12
out:
feed ev: x 1 t15
out: t0 2
feed ev: x 1 t40
out: t0 4

== three aggregations in a row
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, max(s) FROM (
  SELECT window(window, '20 seconds') AS w, sum(n) AS s FROM (
    SELECT window, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
    GROUP BY k, window(ts, '10 seconds'))
  GROUP BY window(window, '20 seconds'))
GROUP BY window(w, '1 minute');
feed ev: x 1 t1 | y 1 t2 | x 1 t12 | x 1 t25 | x 1 t60
out: t0 3

== the same after a kill
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT k, window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS
GROUP BY k, window(ts, '10 seconds');
feed ev: x 1 t1 | y 1 t19
restart
feed ev: x 1 t2
restart
feed ev: x 1 t20
restart
out: x t0 2
feed ev: x 1 t3
late out: 1
out: x t0 2

== count(DISTINCT) with filters, per window
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(DISTINCT k), count(DISTINCT k) FILTER (WHERE v > 1), count(DISTINCT k, v)
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS GROUP BY window(ts, '10 seconds');
feed ev: x 1 t1 | x 2 t1 | y 1 t2
restart
feed ev: x 2 t3 | y 1 t3 | y 3 t4 | null 5 t5
feed ev: z 1 t20
out: t0 2 2 4

== a window over times without a zone is of such times, in state and in the sink; they are no event time
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'w', 'unbounded_state' = 'true') AS
SELECT window.start AS w, typeof(window) AS t, count(*) AS n
FROM (SELECT CAST(ts AS TIMESTAMP_NTZ) AS nt FROM STREAM ev) GROUP BY window(nt, '10 seconds');
feed ev: x 1 t1 | x 2 t9
out: t0 struct<start:timestamp_ntz,end:timestamp_ntz> 2
restart
feed ev: x 3 t5 | x 4 t11
out: t0 struct<start:timestamp_ntz,end:timestamp_ntz> 3 | t10 struct<start:timestamp_ntz,end:timestamp_ntz> 1
