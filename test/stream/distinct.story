# DISTINCT and the first rows of each key.

== DISTINCT with the event time gives each row once, when the watermark has reached its time
CREATE STREAMING TABLE out USING postgres AS
SELECT DISTINCT k, v, ts FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 10 SECONDS;
feed ev: x 1 t1 | x 1 t1 | x 2 t1
out:
feed ev: x 1 t11
out: x 1 t1 | x 2 t1
feed ev: x 1 t1
out: x 1 t1 | x 2 t1

== DISTINCT within windows
CREATE STREAMING TABLE out USING postgres AS
SELECT k, w.start FROM (
  SELECT DISTINCT k, window(ts, '10 seconds') AS w FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS);
feed ev: x 1 t1 | x 2 t2 | y 1 t3
restart
feed ev: x 3 t4 | x 1 t11 | x 1 t30
out: x t0 | y t0 | x t10

== the first row of each key in a window
CREATE STREAMING TABLE out USING postgres AS
SELECT k, v, ts FROM (
  SELECT *, row_number() OVER (PARTITION BY k, w ORDER BY ts) AS n FROM (
    SELECT k, v, ts, window(ts, '10 seconds') AS w FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 5 SECONDS))
WHERE n = 1;
feed ev: x 2 t2 | y 1 t3 | x 1 t1
restart
feed ev: x 3 t4 | x 9 t12
out:
feed ev: x 1 t15
out: x 1 t1 | y 1 t3
spark: [NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING]

== the dearest two of each window
CREATE STREAMING TABLE out USING postgres AS
SELECT start, k, v, n FROM (
  SELECT w.start AS start, k, v, rank() OVER (PARTITION BY w ORDER BY v DESC) AS n FROM (
    SELECT k, v, window(ts, '10 seconds') AS w FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS))
WHERE n <= 2;
feed ev: x 5 t1 | y 7 t2 | z 5 t3 | w 1 t4
feed ev: x 1 t10
out: t0 y 7 1 | t0 x 5 2 | t0 z 5 2

== the dearest two of each key, kept up to date
CREATE STREAMING TABLE out USING cassandra
TBLPROPERTIES ('primary_key' = 'k, n', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, n, v FROM (
  SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM STREAM ev)
WHERE n <= 2;
feed ev: x 5 t1 | x 3 t2 | y 1 t1
out: x 1 5 | x 2 3 | y 1 1
feed ev: x 4 t3
out: x 1 5 | x 2 4 | y 1 1
restart
feed ev: x 9 t4 | null 1 t1
out: x 1 9 | x 2 5 | y 1 1

== the last row of each key, kept up to date
CREATE STREAMING TABLE out USING postgres
TBLPROPERTIES ('primary_key' = 'k', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, v, ts FROM (
  SELECT *, row_number() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM STREAM ev)
WHERE n = 1;
feed ev: x 5 t1 | x 3 t3
out: x 3 t3
feed ev: x 4 t2
out: x 3 t3
feed ev: x 1 t9
out: x 1 t9

== DISTINCT without a time grows for ever, and says so
CREATE STREAMING TABLE out USING cassandra
TBLPROPERTIES ('primary_key' = 'k', 'unbounded_state' = 'true') AS
SELECT DISTINCT k FROM STREAM ev;
feed ev: x 1 t1 | y 1 t1
feed ev: x 1 t2
out: x | y
