-- Nexmark q7: highest bid: the dearest bids of every 10 seconds.
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, dateTime: TIMESTAMP,
             extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra
FROM STREAM events WHERE event_type = 2;

CREATE TEMPORARY VIEW timed_bid AS SELECT * FROM bid WATERMARK dateTime DELAY OF INTERVAL 4 SECONDS;

CREATE STREAMING TABLE q7 USING cassandra
TBLPROPERTIES ('primary_key' = 'dateTime, auction, bidder', 'output_mode' = 'append') AS
SELECT b.auction, b.price, b.bidder, b.dateTime, b.extra
FROM timed_bid AS b
INNER JOIN (
  SELECT max(price) AS maxprice, window.end AS dateTime FROM timed_bid GROUP BY window(dateTime, '10 seconds')
) AS m
ON b.price = m.maxprice AND b.dateTime BETWEEN m.dateTime - INTERVAL 10 SECONDS AND m.dateTime;
