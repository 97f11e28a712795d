-- Nexmark q13: bounded side input: every bid with a value looked up in a table.
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, dateTime: TIMESTAMP,
             extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra
FROM STREAM events WHERE event_type = 2;

CREATE TEMPORARY VIEW side_input AS
SELECT id AS key, CAST(id AS STRING) AS value FROM range(0, 10000);

CREATE STREAMING TABLE q13 USING kafka AS
SELECT b.auction, b.bidder, b.price, b.dateTime, s.value
FROM bid AS b INNER JOIN side_input AS s ON mod(b.auction, 10000) = s.key;
