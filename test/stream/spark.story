# What Spark's streaming would refuse of what runs here, or compute otherwise: weir check --engine spark.

== distinct aggregations
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(DISTINCT k) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY window(ts, '10 seconds');
accepted
spark: Distinct aggregations are not supported

== window functions
CREATE STREAMING TABLE out USING postgres AS
SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY w ORDER BY v) AS n FROM (
  SELECT k, v, window(ts, '10 seconds') AS w FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND)) WHERE n = 1;
accepted
spark: [NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING]

== sorting within a window
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, k, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY k, window(ts, '10 seconds') ORDER BY 1, 2;
accepted
spark: Sorting is not supported

== a join of streams in update mode
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k', 'unbounded_state' = 'true') AS
SELECT a.k, count(*) AS n FROM STREAM a AS a JOIN STREAM b AS b ON a.k = b.k GROUP BY a.k;
accepted
spark: Join between two streaming DataFrames/Datasets is not supported in Update output mode

== NULL keys in a full join of streams
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, b.v FROM STREAM a WATERMARK ts DELAY OF INTERVAL 1 SECOND AS a
FULL JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 1 SECOND AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
accepted
spark: in a FULL JOIN of streams NULL keys find one another there

== a join of streams without equality
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('unbounded_state' = 'true') AS
SELECT a.k FROM STREAM a AS a JOIN STREAM b AS b ON a.v < b.v;
accepted
spark: Stream-stream join without equality predicate

== several aggregations in update mode
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 's') AS
SELECT window(w, '1 minute').start AS s, sum(n) AS n FROM (
  SELECT window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
  GROUP BY window(ts, '10 seconds'))
GROUP BY window(w, '1 minute');
accepted
spark: Detected pattern of possible 'correctness' issue due to global watermark

== sessions without another key
CREATE STREAMING TABLE out USING postgres AS
SELECT session_window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY session_window(ts, '10 seconds');
accepted
spark: Global aggregation with session window in streaming query is not supported

== what depends on the order of rows
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, first(k) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY window(ts, '10 seconds');
accepted
spark: the result depends on the order in which rows come

== late rows
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY window(ts, '10 seconds');
accepted
spark: each row is late or not by the rows of its own partition before it
