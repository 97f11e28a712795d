-- Nexmark q4: average price for a category: of what each auction was sold for.
-- The price of each auction is always fresh; the average over them is a batch result, rebuilt from it.
-- Spark's streaming: no update of a joined aggregate without a watermark; the view alone is Spark's to run.
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

CREATE STREAMING TABLE closing_price USING cassandra
TBLPROPERTIES ('primary_key' = 'id, category', 'unbounded_state' = 'true') AS
SELECT a.id, a.category, max(b.price) AS final
FROM auction AS a INNER JOIN bid AS b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
GROUP BY a.id, a.category;

CREATE MATERIALIZED VIEW q4 USING postgres AS
SELECT category, avg(final) AS final FROM closing_price GROUP BY category;
