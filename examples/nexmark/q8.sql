-- Nexmark q8: new users who sell: persons with an auction in the 10 seconds in which they came.
SET events = 100000;

CREATE TABLE events (
  event_type INT,
  person STRUCT<id: BIGINT, name: STRING, emailAddress: STRING, creditCard: STRING, city: STRING, state: STRING,
                dateTime: TIMESTAMP, extra: STRING>,
  auction STRUCT<id: BIGINT, itemName: STRING, description: STRING, initialBid: BIGINT, reserve: BIGINT,
                 dateTime: TIMESTAMP, expires: TIMESTAMP, seller: BIGINT, category: BIGINT, extra: STRING>
) USING nexmark OPTIONS ('count' = '${events}');

CREATE TEMPORARY VIEW person AS
SELECT person.id, person.name, person.emailAddress,
       person.creditCard, person.city, person.state, person.dateTime, person.extra
FROM STREAM events WHERE event_type = 0;

CREATE TEMPORARY VIEW auction AS
SELECT auction.id, auction.itemName, auction.description, auction.initialBid, auction.reserve,
       auction.dateTime, auction.expires, auction.seller, auction.category, auction.extra
FROM STREAM events WHERE event_type = 1;

CREATE STREAMING TABLE q8 USING cassandra
TBLPROPERTIES ('primary_key' = 'starttime, id, name', 'output_mode' = 'append') AS
SELECT p.id, p.name, p.window.start AS starttime
FROM (
  SELECT id, name, window FROM person WATERMARK dateTime DELAY OF INTERVAL 4 SECONDS
  GROUP BY id, name, window(dateTime, '10 seconds')
) AS p
INNER JOIN (
  SELECT seller, window FROM auction WATERMARK dateTime DELAY OF INTERVAL 4 SECONDS
  GROUP BY seller, window(dateTime, '10 seconds')
) AS a
ON p.id = a.seller AND p.window = a.window;
