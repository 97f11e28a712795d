-- Nexmark q18: last bid of each bidder on each auction.
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

CREATE STREAMING TABLE q18 USING cassandra
TBLPROPERTIES ('primary_key' = 'bidder, auction', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT auction, bidder, price, channel, url, dateTime, extra
FROM (
  SELECT *, row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC) AS place FROM bid
)
WHERE place <= 1;
