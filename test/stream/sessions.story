# Sessions: [first, last + gap); a row at the very end of one belongs to it.

== a row exactly at the end of a session merges
CREATE STREAMING TABLE out USING postgres AS
SELECT session_window.start, session_window.end, count(*)
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS GROUP BY session_window(ts, '10 seconds');
feed ev: x 1 t1 | x 1 t5 | x 1 t14.9 | x 1 t24.9
out:
feed ev: x 1 t100
out: t1 t34.9 4

== sessions are kept by key
CREATE STREAMING TABLE out USING postgres AS
SELECT k, session_window.start, session_window.end, count(*)
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS GROUP BY k, session_window(ts, '10 seconds');
feed ev: x 1 t1 | y 1 t5 | x 1 t9 | null 1 t6 | null 1 t8
feed ev: z 1 t100
out: x t1 t19 2 | y t5 t15 1 | null t6 t18 2

== a row in time joins two sessions
CREATE STREAMING TABLE out USING postgres AS
SELECT k, session_window.start, session_window.end, count(*)
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 20 SECONDS GROUP BY k, session_window(ts, '10 seconds');
feed ev: x 1 t1 | x 1 t20
restart
feed ev: x 1 t10.5
feed ev: z 1 t100
out: x t1 t30 3

== a row is late when time + gap has been reached, even if it would join an open session
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT k, session_window.start, session_window.end, count(*)
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS GROUP BY k, session_window(ts, '10 seconds');
feed ev: x 1 t50
feed ev: y 1 t60
feed ev: x 1 t40
late out: 1
feed ev: x 1 t40.001
late out: 1
feed ev: y 1 t200
out: x t40.001 t60 2 | y t60 t70 1

== the gap may depend on the row
CREATE STREAMING TABLE out USING postgres AS
SELECT k, session_window.start, session_window.end, count(*)
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
GROUP BY k, session_window(ts, CASE WHEN v > 5 THEN INTERVAL 20 SECONDS ELSE INTERVAL 5 SECONDS END);
feed ev: x 9 t1 | x 1 t15 | x 1 t30
feed ev: z 1 t100
out: x t1 t21 2 | x t30 t35 1

== windows chained above sessions
CREATE STREAMING TABLE out USING postgres AS
SELECT window(w, '1 minute').start, count(*), sum(n) FROM (
  SELECT k, session_window AS w, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, session_window(ts, '10 seconds'))
GROUP BY window(w, '1 minute');
feed ev: x 1 t1 | x 1 t5 | y 1 t30
feed ev: z 1 t200
out: t0 2 3

== with a key too: each session once, when it is final
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k, s') AS
SELECT k, session_window.start AS s, session_window.end AS e, count(*) AS n
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 20 SECONDS GROUP BY k, session_window(ts, '10 seconds');
feed ev: x 1 t5
feed ev: x 1 t1
out:
feed ev: y 1 t60
out: x t1 t15 2

== early results of sessions are refused: their start may change
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k, s', 'output_mode' = 'update') AS
SELECT k, session_window.start AS s, count(*) AS n
FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 20 SECONDS GROUP BY k, session_window(ts, '10 seconds');
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: say 'output_mode' = 'append'

== the longest gap of any worker holds after a restart
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('late_table' = 'true') AS
SELECT window(w, '10 seconds').start, count(*), sum(n) FROM (
  SELECT k, session_window AS w, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, session_window(ts, CASE WHEN v > 5 THEN INTERVAL 60 SECONDS ELSE INTERVAL 5 SECONDS END))
GROUP BY window(w, '10 seconds');
feed ev: x 1 t1 | x 1 t30
feed ev: y 1 t100
out: t0 1 1 | t30 1 1
feed ev: z 9 t101
restart
out: t0 1 1 | t30 1 1
feed ev: y 1 t102 | q 1 t150
out: t0 1 1 | t30 1 1
feed ev: q 1 t170
late out: 0
feed ev: q 1 t400
late out: 0
out: t0 1 1 | t30 1 1 | t100 1 2 | t150 1 1 | t160 1 1 | t170 1 1
