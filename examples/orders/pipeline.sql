-- The whole path of an event: a JSON API, a topic, a real-time table, history, and a nightly view.
-- Run it with script/demo, or:
--   weir generate --listen 127.0.0.1:8090 &
--   weir run examples/orders/pipeline.sql
SET feed = http://127.0.0.1:8090;

-- Raw data: a JSON API, polled.
CREATE TABLE order_feed (
  order_id BIGINT NOT NULL, customer_id BIGINT, category STRING,
  price DECIMAL(10,2), quantity INT, ts TIMESTAMP,
  CONSTRAINT positive_price CHECK (price > 0)
) USING http OPTIONS ('url' = '${feed}/v1/orders', 'format' = 'ndjson', 'interval' = '1 second');

-- Streamed to a topic, for everyone who wants it.
CREATE STREAMING TABLE orders USING kafka
TBLPROPERTIES ('topic' = 'orders', 'key' = 'customer_id', 'format' = 'json', 'partitions' = '4')
AS SELECT * FROM STREAM order_feed;

-- Real-time: always fresh, read by key.
CREATE STREAMING TABLE revenue_by_minute
USING cassandra PARTITIONED BY (category)
TBLPROPERTIES ('primary_key' = 'category, minute')
AS SELECT category, window.start AS minute, sum(price * quantity) AS revenue, count(*) AS orders
   FROM STREAM orders WATERMARK ts DELAY OF INTERVAL 30 SECONDS
   GROUP BY window(ts, '1 minute'), category;

-- History, row by row, for analysis.
CREATE STREAMING TABLE order_history USING postgres TBLPROPERTIES ('primary_key' = 'order_id')
AS SELECT * FROM STREAM orders;

-- Batch: rebuilt at two o'clock every night, after what it depends on.
CREATE MATERIALIZED VIEW daily_revenue USING postgres
TBLPROPERTIES ('schedule' = '0 2 * * *', 'time_zone' = 'Europe/London', 'retries' = '3')
AS SELECT date(ts) AS day, category, sum(price * quantity) AS revenue FROM order_history GROUP BY ALL;
