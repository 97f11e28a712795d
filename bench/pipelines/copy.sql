-- Topic to topic, every row: decoded, encoded again, appended.
CREATE TABLE events (
  event_type INT,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, dateTime: TIMESTAMP>
) USING kafka OPTIONS ('topic' = 'events', 'format' = 'json');

CREATE STREAMING TABLE bids USING kafka TBLPROPERTIES ('topic' = 'bids', 'key' = 'auction') AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.dateTime FROM STREAM events
WHERE event_type = 2;
