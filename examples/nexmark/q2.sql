-- Nexmark q2: selection: bids on some auctions.
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, dateTime: TIMESTAMP,
             extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra
FROM STREAM events WHERE event_type = 2;

CREATE STREAMING TABLE q2 USING kafka AS
SELECT auction, price FROM bid WHERE mod(auction, 123) = 0;
