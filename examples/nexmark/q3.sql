-- Nexmark q3: local item suggestion: who sells in category 10 in three states.
-- A seller may come long after his auctions, or the other way round: both sides are remembered for ever, which
-- 'unbounded_state' allows.
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

CREATE STREAMING TABLE q3 USING postgres
TBLPROPERTIES ('primary_key' = 'id', 'unbounded_state' = 'true') AS
SELECT p.name, p.city, p.state, a.id
FROM auction AS a INNER JOIN person AS p ON a.seller = p.id
WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA');
