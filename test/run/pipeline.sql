-- What determinism.py runs: every kind of flow that this version has, over Nexmark's events out of order.
CREATE TABLE events (
  event_type INT,
  person STRUCT<id: BIGINT, name: STRING, state: STRING, dateTime: TIMESTAMP>,
  auction STRUCT<id: BIGINT, seller: BIGINT, category: BIGINT, initialBid: BIGINT, dateTime: TIMESTAMP>,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, dateTime: TIMESTAMP>,
  CONSTRAINT known_kind CHECK (event_type < 3)
) USING nexmark OPTIONS ('count' = '${events}', 'rate' = '1000', 'out_of_order_group' = '50');

CREATE TEMPORARY VIEW bids AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.dateTime AS ts
FROM STREAM events WHERE event_type = 2;

-- Through a topic of several partitions, on to a table.
CREATE STREAMING TABLE bid_topic USING kafka
TBLPROPERTIES ('key' = 'auction', 'partitions' = '5') AS
SELECT * FROM bids;

CREATE STREAMING TABLE dear USING postgres TBLPROPERTIES ('primary_key' = 'auction, bidder, ts') AS
SELECT auction, bidder, ts, price, CASE WHEN price > 1000000 THEN 'dear' ELSE 'cheap' END AS class,
       CAST(price AS DECIMAL(12,2)) / 3 AS third
FROM STREAM bid_topic WHERE price > 500000;

-- Windows: append and update, tumbling and hopping, several aggregates, DISTINCT.
CREATE STREAMING TABLE per_auction USING cassandra
TBLPROPERTIES ('primary_key' = 'auction, start', 'output_mode' = 'append') AS
SELECT auction, window.start AS start, count(*) AS n, sum(price) AS total, min(price) AS low,
       max(price) AS high, avg(price) AS mean, count(DISTINCT bidder) AS bidders
FROM bids WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY auction, window(ts, '10 seconds');

CREATE STREAMING TABLE per_channel USING cassandra
TBLPROPERTIES ('primary_key' = 'channel, start, end') AS
SELECT channel, window.start AS start, window.end AS end, count(*) AS n
FROM bids WATERMARK ts DELAY OF INTERVAL 1 SECOND
WHERE channel IN ('Google', 'Apple', 'Baidu', 'Facebook')
GROUP BY channel, window(ts, '10 seconds', '2 seconds');

CREATE STREAMING TABLE sessions USING cassandra
TBLPROPERTIES ('primary_key' = 'bidder, start', 'output_mode' = 'append') AS
SELECT bidder, session_window.start AS start, session_window.end AS end, count(*) AS n
FROM bids WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY bidder, session_window(ts, '3 seconds');

-- Windows chained above sessions.
CREATE TEMPORARY VIEW visits AS
SELECT bidder, session_window(ts, '3 seconds') AS visit, count(*) AS n
FROM bids WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY bidder, session_window(ts, '3 seconds');

CREATE STREAMING TABLE visits_by_time USING cassandra
TBLPROPERTIES ('primary_key' = 'start', 'output_mode' = 'append') AS
SELECT window(window_time(visit), '1 second').start AS start, count(*) AS visits, sum(n) AS n
FROM visits GROUP BY window(window_time(visit), '1 second');

CREATE MATERIALIZED VIEW top_auctions USING postgres AS
SELECT auction, sum(total) AS total, sum(n) AS n FROM per_auction GROUP BY auction
HAVING sum(n) > 20;
