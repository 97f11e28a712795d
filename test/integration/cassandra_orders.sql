-- The orders example with all its tables in Cassandra.
SET feed = http://127.0.0.1:8090;

CREATE TABLE order_feed (
  order_id BIGINT NOT NULL, customer_id BIGINT, category STRING,
  price DECIMAL(10,2), quantity INT, ts TIMESTAMP,
  CONSTRAINT positive_price CHECK (price > 0)
) USING http OPTIONS ('url' = '${feed}/v1/orders', 'format' = 'ndjson', 'interval' = '1 second');

-- Silent partitions are waited for: no row is late because a machine was busy or a server away.
CREATE STREAMING TABLE orders USING kafka
TBLPROPERTIES ('topic' = 'orders', 'key' = 'customer_id', 'format' = 'json', 'partitions' = '4',
               'idle_timeout' = '1 hour')
AS SELECT * FROM STREAM order_feed;

CREATE STREAMING TABLE revenue_by_minute
USING cassandra PARTITIONED BY (category)
TBLPROPERTIES ('primary_key' = 'category, minute')
AS SELECT category, window.start AS minute, sum(price * quantity) AS revenue, count(*) AS orders
   FROM STREAM orders WATERMARK ts DELAY OF INTERVAL 30 SECONDS
   GROUP BY window(ts, '1 minute'), category;

CREATE STREAMING TABLE order_history USING cassandra TBLPROPERTIES ('primary_key' = 'order_id')
AS SELECT * FROM STREAM orders;

CREATE MATERIALIZED VIEW daily_revenue USING cassandra PARTITIONED BY (day)
TBLPROPERTIES ('primary_key' = 'day, category')
AS SELECT date(ts) AS day, category, sum(price * quantity) AS revenue
   FROM order_history WHERE category IS NOT NULL GROUP BY ALL;
