-- Nexmark q6: average selling price of each seller: over his last ten sales.
-- The winning bids are always fresh; the averages over each seller's last ones are a batch result.
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

CREATE STREAMING TABLE winning_bid USING cassandra
TBLPROPERTIES ('primary_key' = 'id, seller', 'unbounded_state' = 'true') AS
SELECT a.id, a.seller, max_by(struct(b.price, b.dateTime), struct(b.price, -unix_micros(b.dateTime))) AS best
FROM auction AS a INNER JOIN bid AS b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires
GROUP BY a.id, a.seller;

CREATE MATERIALIZED VIEW q6 USING postgres AS
SELECT seller,
       avg(best.price) OVER (PARTITION BY seller ORDER BY best.dateTime, id
                             ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) AS avg_price
FROM winning_bid;
