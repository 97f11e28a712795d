CREATE TABLE clicks (id BIGINT, url STRING, at TIMESTAMP) USING kafka;
CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES ('primary_key' = 's') AS
SELECT window.start s, max(n) m FROM (SELECT url, window w, count(*) n FROM STREAM clicks WATERMARK at DELAY OF INTERVAL 10 SECONDS GROUP BY url, window(at, '10 seconds')) GROUP BY window(w, '1 minute');