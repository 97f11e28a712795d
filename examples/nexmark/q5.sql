-- Nexmark q5: hot items: the auctions with most bids in each window of 10 seconds, every 2 seconds.
-- Spark's streaming: no rank() (NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING).
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, dateTime: TIMESTAMP,
             extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra
FROM STREAM events WHERE event_type = 2;

CREATE STREAMING TABLE q5 USING cassandra
TBLPROPERTIES ('primary_key' = 'starttime, auction', 'output_mode' = 'append') AS
SELECT auction, num, starttime, endtime
FROM (
  SELECT auction, num, window.start AS starttime, window.end AS endtime,
         rank() OVER (PARTITION BY window ORDER BY num DESC) AS place
  FROM (
    SELECT auction, window, count(*) AS num
    FROM bid WATERMARK dateTime DELAY OF INTERVAL 4 SECONDS
    GROUP BY auction, window(dateTime, '10 seconds', '2 seconds')
  )
)
WHERE place = 1;
