-- Keyed tumbling window of ten seconds: how many bids, and the sum of their prices, by auction.
CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, dateTime: TIMESTAMP>
) USING kafka OPTIONS ('topic' = 'events', 'format' = 'json');

CREATE TEMPORARY VIEW bids AS
SELECT bid.auction, bid.price, bid.dateTime FROM STREAM events WHERE event_type = 2;

CREATE STREAMING TABLE bids_by_auction USING cassandra
TBLPROPERTIES ('primary_key' = 'auction, ten_seconds', 'output_mode' = 'append') AS
SELECT auction, window.start AS ten_seconds, count(*) AS bids, sum(price) AS total
FROM STREAM bids WATERMARK dateTime DELAY OF INTERVAL 4 SECONDS
GROUP BY auction, window(dateTime, '10 seconds');
