-- Nexmark q19: the ten highest bids of each auction.
-- Spark's streaming: no row_number() (NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING).
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, dateTime: TIMESTAMP,
             extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra
FROM STREAM events WHERE event_type = 2;

CREATE STREAMING TABLE q19 USING cassandra
TBLPROPERTIES ('primary_key' = 'auction, rank_number', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT * FROM (
  SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC, dateTime ASC) AS rank_number FROM bid
)
WHERE rank_number <= 10;
