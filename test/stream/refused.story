# What cannot be right is refused at once, with Spark's error class, the place and the remedy.

== an aggregation without a watermark is never final
CREATE STREAMING TABLE out USING postgres AS SELECT k, count(*) FROM STREAM ev GROUP BY k;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: write WATERMARK

== an aggregation by other columns than the time is never final
CREATE STREAMING TABLE out USING postgres AS
SELECT k, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND GROUP BY k;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: put window(...) of the watermarked time

== DISTINCT without the time is never final
CREATE STREAMING TABLE out USING postgres AS
SELECT DISTINCT k FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION

== update mode without windows grows for ever
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k') AS
SELECT k, count(*) AS n FROM STREAM ev GROUP BY k;
refused UNBOUNDED_STATE: 'unbounded_state' = 'true'

== update mode without a key
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, count(*) AS n FROM STREAM ev GROUP BY k;
refused UPDATE_WITHOUT_KEY: primary_key

== a key that does not tell groups apart
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k') AS
SELECT k, window.start AS s, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY k, window(ts, '10 seconds');
refused INCOMPLETE_PRIMARY_KEY: add it to 'primary_key'

== a key that changes
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k, n', 'unbounded_state' = 'true') AS
SELECT k, count(*) AS n FROM STREAM ev GROUP BY k;
refused CHANGING_PRIMARY_KEY: take it out of the key

== the first rows kept up to date need their place in the key
CREATE STREAMING TABLE out USING postgres
TBLPROPERTIES ('primary_key' = 'k', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, n, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM STREAM ev) WHERE n <= 3;
refused INCOMPLETE_PRIMARY_KEY: add it to 'primary_key'

== the first rows kept up to date: a column of the row is no key
CREATE STREAMING TABLE out USING postgres
TBLPROPERTIES ('primary_key' = 'k, v', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM STREAM ev) WHERE n = 1;
refused CHANGING_PRIMARY_KEY: take it out of the key

== the first rows kept up to date: no other condition
CREATE STREAMING TABLE out USING postgres
TBLPROPERTIES ('primary_key' = 'k', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM STREAM ev)
WHERE n = 1 AND v > 3;
refused NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING: WHERE row_number <= N alone

== the first rows kept up to date grow for ever
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k', 'output_mode' = 'update') AS
SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM STREAM ev) WHERE n = 1;
refused UNBOUNDED_STATE

== a window function without a window of time
CREATE STREAMING TABLE out USING postgres AS
SELECT k, sum(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND;
refused NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING: put the window of the watermarked time into PARTITION BY

== sorting
CREATE STREAMING TABLE out USING postgres AS SELECT k FROM STREAM ev ORDER BY k;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: leave ORDER BY out

== an aggregation of early results
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'n', 'unbounded_state' = 'true') AS
SELECT n, count(*) AS c FROM (SELECT k, count(*) AS n FROM STREAM ev GROUP BY k) GROUP BY n;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: so that this aggregation has final results

== an outer join of streams without bounds
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, b.v FROM STREAM a WATERMARK ts DELAY OF INTERVAL 1 SECOND AS a
LEFT JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 1 SECOND AS b ON a.k = b.k;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: Stream-stream LeftOuter join

== a full join of streams without watermarks
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, b.v FROM STREAM a AS a FULL JOIN STREAM b AS b
ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL 5 SECONDS;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: bound their times

== an inner join of streams without bounds grows for ever
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k, b.v FROM STREAM a AS a JOIN STREAM b AS b ON a.k = b.k;
refused UNBOUNDED_STATE: unbounded_state

== an anti join of streams without bounds
CREATE STREAMING TABLE out USING postgres AS
SELECT a.k FROM STREAM a WATERMARK ts DELAY OF INTERVAL 1 SECOND AS a
LEFT ANTI JOIN STREAM b WATERMARK ts DELAY OF INTERVAL 1 SECOND AS b ON a.k = b.k;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: bound their times

== the rows of a table beside a stream are never done
CREATE STREAMING TABLE names USING postgres TBLPROPERTIES ('primary_key' = 'k') AS SELECT k, v FROM STREAM b;
CREATE STREAMING TABLE out USING postgres AS
SELECT n.k FROM STREAM a AS a RIGHT JOIN names AS n ON a.k = n.k;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: LEFT JOIN from the stream

== a stream united with a table
CREATE STREAMING TABLE names USING postgres AS SELECT k, v FROM STREAM b;
CREATE STREAMING TABLE out USING postgres AS SELECT k FROM STREAM a UNION ALL SELECT k FROM names;
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION: read both sides with STREAM

== a stream of refined results
CREATE STREAMING TABLE counts USING kafka
TBLPROPERTIES ('key' = 'k', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, count(*) AS n FROM STREAM ev GROUP BY k;
CREATE STREAMING TABLE out USING postgres AS SELECT k, n FROM STREAM counts;
refused UNSUPPORTED_STREAMING_READ: 'output_mode' = 'append'

== a stream of a store table
CREATE STREAMING TABLE names USING postgres AS SELECT k, v FROM STREAM ev;
CREATE STREAMING TABLE out USING postgres AS SELECT k FROM STREAM names;
refused UNSUPPORTED_STREAMING_READ

== a streaming table of no stream
CREATE STREAMING TABLE names USING postgres AS SELECT k, v FROM STREAM ev;
CREATE STREAMING TABLE out USING postgres AS SELECT k FROM names;
refused INVALID_FLOW_QUERY_TYPE.BATCH_RELATION_FOR_STREAMING_TABLE: write STREAM

== a materialized view of a stream
CREATE MATERIALIZED VIEW out USING postgres AS SELECT k FROM STREAM ev;
refused INVALID_FLOW_QUERY_TYPE.STREAMING_RELATION_FOR_MATERIALIZED_VIEW

== a second watermark
CREATE TEMPORARY VIEW w AS SELECT * FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND;
CREATE STREAMING TABLE out USING postgres AS SELECT k FROM w WATERMARK ts DELAY OF INTERVAL 2 SECONDS;
refused EVENT_TIME_REDEFINED

== a watermark that is no time
CREATE STREAMING TABLE out USING postgres AS SELECT k FROM STREAM ev WATERMARK v DELAY OF INTERVAL 1 SECOND;
refused EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE

== a slide longer than the window
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY window(ts, '10 seconds', '11 seconds');
refused DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION

== windows of months
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND GROUP BY window(ts, '1 month');
refused CANNOT_PARSE_INTERVAL

== two windows in one query
CREATE STREAMING TABLE out USING postgres AS
SELECT count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY window(ts, '10 seconds'), window(ts, '1 minute');
refused _LEGACY_ERROR_TEMP_1039

== a condition on results that are refined: what met it for a while stays
CREATE STREAMING TABLE out USING postgres TBLPROPERTIES ('primary_key' = 'k', 'unbounded_state' = 'true') AS
SELECT k, count(*) AS n FROM STREAM ev GROUP BY k HAVING count(*) < 3;
warned: a row that met it stays in `out`

== a condition on final results, or on the key, is as good as any
CREATE STREAMING TABLE out USING postgres AS
SELECT k, w.start, n FROM (
  SELECT k, window(ts, '10 seconds') AS w, count(*) AS n FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 0 SECONDS
  GROUP BY k, window(ts, '10 seconds') HAVING count(*) < 3) WHERE k > 'a';
feed ev: x 1 t1 | x 1 t2 | y 1 t2 | y 1 t3 | y 1 t4 | a 1 t1
feed ev: x 1 t10
out: x t0 2

== a watermark of times without a zone
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM (SELECT CAST(ts AS TIMESTAMP_NTZ) AS nt FROM STREAM ev)
WATERMARK nt DELAY OF INTERVAL 1 SECOND GROUP BY window(nt, '10 seconds');
refused EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE: CAST(... AS TIMESTAMP)

== a window of times without a zone is never final: they are not the event time
CREATE STREAMING TABLE out USING postgres AS
SELECT window.start, count(*) FROM STREAM ev WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY window(CAST(ts AS TIMESTAMP_NTZ), '10 seconds');
refused STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION
