-- Nexmark q9: winning bids: the best bid of every auction.
-- The best bid so far stands in the table, replaced when a better one comes.
-- Spark's streaming: no row_number() (NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING).
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  auction STRUCT<id: BIGINT, itemName: STRING, description: STRING, initialBid: BIGINT, reserve: BIGINT,
                 dateTime: TIMESTAMP, expires: TIMESTAMP, seller: BIGINT, category: BIGINT, extra: STRING>,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, dateTime: TIMESTAMP,
             extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW auction AS
SELECT auction.id, auction.itemName, auction.description, auction.initialBid, auction.reserve,
       auction.dateTime, auction.expires, auction.seller, auction.category, auction.extra
FROM STREAM events WHERE event_type = 1;

CREATE TEMPORARY VIEW bid AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra
FROM STREAM events WHERE event_type = 2;

CREATE STREAMING TABLE q9 USING cassandra
TBLPROPERTIES ('primary_key' = 'id', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra,
       auction, bidder, price, bid_dateTime, bid_extra
FROM (
  SELECT a.*, b.auction, b.bidder, b.price, b.dateTime AS bid_dateTime, b.extra AS bid_extra,
         row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime ASC) AS place
  FROM auction AS a INNER JOIN bid AS b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
)
WHERE place <= 1;
