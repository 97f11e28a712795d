-- Filter and projection: few rows come out (Nexmark's q2).
CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, dateTime: TIMESTAMP>
) USING kafka OPTIONS ('topic' = 'events', 'format' = 'json');

CREATE STREAMING TABLE picked USING postgres AS
SELECT bid.auction, bid.price FROM STREAM events
WHERE event_type = 2 AND bid.auction % 123 = 0;
