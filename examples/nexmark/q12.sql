-- Nexmark q12: windows: bids of each bidder in every 10 seconds.
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, dateTime: TIMESTAMP,
             extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra
FROM STREAM events WHERE event_type = 2;

CREATE STREAMING TABLE q12 USING cassandra
TBLPROPERTIES ('primary_key' = 'bidder, starttime', 'output_mode' = 'append') AS
SELECT bidder, count(*) AS bid_count, window.start AS starttime, window.end AS endtime
FROM bid WATERMARK dateTime DELAY OF INTERVAL 4 SECONDS
GROUP BY bidder, window(dateTime, '10 seconds');
