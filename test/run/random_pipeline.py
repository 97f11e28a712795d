"""Random pipelines over Nexmark's events: what determinism.py runs beside its own.

pipeline(seed) gives the SQL and the names of its tables. Half of the seeds have watermarks that no row is
late for: then the streams' rows are also those of the same queries in batch.
"""
import random

SOURCE = """CREATE TABLE events (
  event_type INT,
  person STRUCT<id: BIGINT, name: STRING, state: STRING, dateTime: TIMESTAMP>,
  auction STRUCT<id: BIGINT, seller: BIGINT, category: BIGINT, initialBid: BIGINT, dateTime: TIMESTAMP>,
  bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, dateTime: TIMESTAMP>
) USING nexmark OPTIONS ('count' = '${events}', 'rate' = '1000', 'out_of_order_group' = '%d');

CREATE TEMPORARY VIEW bids AS
SELECT bid.auction AS a, bid.bidder AS b, bid.price AS v, CAST(bid.price AS DECIMAL(12,2)) / 7 AS d,
       bid.channel AS c, %s AS k, bid.dateTime AS ts
FROM STREAM events WHERE event_type = 2;

CREATE TEMPORARY VIEW auctions AS
SELECT auction.id AS a, auction.seller AS b, auction.initialBid AS v,
       CAST(auction.initialBid AS DECIMAL(20,4)) AS d, %s AS k, auction.dateTime AS ts
FROM STREAM events WHERE event_type = 1;
"""
BID_KEYS = ["bid.auction", "bid.bidder % 7", "nullif(bid.auction % 5, 2)",
            "CASE WHEN bid.price % 3 = 0 THEN NULL ELSE bid.auction END"]
AUCTION_KEYS = ["auction.id", "auction.seller % 7", "nullif(auction.id % 5, 2)"]
AGGREGATES = ["count(*)", "sum(v)", "sum(d)", "avg(d)", "min(d)", "max(v)", "count(DISTINCT a)",
              "count(DISTINCT a) FILTER (WHERE v > 10000)", "count(DISTINCT a, b)", "count(k)",
              "max_by(a, struct(v, a, ts))", "bool_or(v > 1000000)", "sum(DISTINCT v)",
              "min(struct(v, a))"]


class Maker:
    def __init__(self, seed: int):
        self.chance = random.Random(seed)
        self.tables = []
        self.sql = []
        self.in_time = seed % 2 == 0
        group = self.chance.choice([1, 20, 100])
        self.sql.append(SOURCE % (group, self.pick(BID_KEYS),
                                  self.pick(AUCTION_KEYS)))
        # Rows of a group are out of order by up to its size in milliseconds.
        self.delay = "1 SECOND" if self.in_time else self.pick(["0 SECONDS", "20 MILLISECONDS"])

    def pick(self, of):
        return self.chance.choice(of)

    def length(self, low_ms: int, high_ms: int) -> str:
        return f"{self.chance.randint(low_ms // 50, high_ms // 50) * 50} milliseconds"

    def marked(self, view: str) -> str:
        return f"{view} WATERMARK ts DELAY OF INTERVAL {self.delay}"

    def aggregates(self) -> str:
        chosen = self.chance.sample(AGGREGATES, self.chance.randint(1, 4))
        return ", ".join(f"{text} AS x{i}" for i, text in enumerate(chosen))

    def window(self) -> str:
        size = self.chance.randint(4, 60) * 50
        slide = size // self.pick([1, 2, 4])
        if self.chance.random() < 0.5 or slide * (size // slide) != size:
            return f"window(ts, '{size} milliseconds')"
        return f"window(ts, '{size} milliseconds', '{slide} milliseconds')"

    def table(self, query: str, properties: str = "") -> None:
        name = f"t{len(self.tables)}"
        self.tables.append(name)
        properties = f" TBLPROPERTIES ({properties})" if properties else ""
        self.sql.append(f"CREATE STREAMING TABLE {name} USING postgres{properties} AS\n{query};\n")

    def windowed(self) -> None:
        window = self.window()
        self.table(f"SELECT k, window.start AS s, window.end AS e, {self.aggregates()}\n"
                   f"FROM {self.marked('bids')} GROUP BY k, {window}")

    def updated(self) -> None:
        window = self.window()
        self.table(f"SELECT coalesce(k, -1) AS g, window.start AS s, {self.aggregates()}\n"
                   f"FROM {self.marked('bids')} GROUP BY coalesce(k, -1), {window}",
                   "'primary_key' = 'g, s'")

    def unbounded(self) -> None:
        self.table(f"SELECT c AS g, {self.aggregates()} FROM bids GROUP BY c",
                   "'primary_key' = 'g', 'unbounded_state' = 'true'")

    def sessions(self) -> None:
        gap = self.length(50, 2000)
        self.table(f"SELECT k, session_window.start AS s, session_window.end AS e, "
                   f"{self.aggregates()}\nFROM {self.marked('bids')} "
                   f"GROUP BY k, session_window(ts, '{gap}')")

    def distinct(self) -> None:
        self.table(f"SELECT DISTINCT k, window(ts, '{self.length(100, 3000)}') AS w\n"
                   f"FROM {self.marked('bids')}")

    def chained(self) -> None:
        size = self.chance.randint(2, 20) * 50
        inner = f"window(ts, '{size} milliseconds')"
        outer = f"window(w, '{size * self.pick([2, 3, 5])} milliseconds')"
        self.table(f"SELECT {outer}.start AS s, count(*) AS n, sum(x) AS x FROM (\n"
                   f"  SELECT {inner} AS w, sum(d) AS x FROM {self.marked('bids')} GROUP BY k, {inner})\n"
                   f"GROUP BY {outer}")

    def top(self) -> None:
        fn = self.pick(["row_number()", "rank()", "dense_rank()"])
        self.table(f"SELECT k, s, v, a, n FROM (SELECT k, w.start AS s, v, a, {fn} OVER "
                   f"(PARTITION BY w, k ORDER BY v DESC, a, b, ts) AS n FROM (\n"
                   f"  SELECT *, window(ts, '{self.length(100, 3000)}') AS w "
                   f"FROM {self.marked('bids')}))\nWHERE n <= {self.chance.randint(1, 5)}")

    def top_updated(self) -> None:
        count = self.chance.randint(1, 4)
        order = self.pick(["v DESC, ts, b", "ts DESC, v, b", "d, ts, b"])
        self.table(f"SELECT a, n, v, b, ts FROM (SELECT *, row_number() OVER "
                   f"(PARTITION BY a ORDER BY {order}) AS n FROM bids) WHERE n <= {count}",
                   "'primary_key' = 'a, n', 'output_mode' = 'update', 'unbounded_state' = 'true'")

    def bounds(self) -> str:
        low = self.chance.randint(-20, 20) * 50
        return (f"r.ts BETWEEN l.ts + INTERVAL '{low / 1000:.3f}' SECOND "
                f"AND l.ts + INTERVAL '{(low + self.chance.randint(0, 40) * 50) / 1000:.3f}' SECOND")

    def join(self) -> None:
        kind = self.pick(["INNER", "LEFT", "RIGHT", "FULL", "LEFT SEMI", "LEFT ANTI"])
        right = "" if kind in ("LEFT SEMI", "LEFT ANTI") else ", r.k AS rk, r.v AS rv, r.d AS rd, r.ts AS rts"
        more = self.pick(["", " AND l.v < r.v", " AND l.d <> r.d"])
        self.table(f"SELECT l.k, l.v, l.d, l.ts{right}\nFROM {self.marked('auctions')} AS l\n"
                   f"{kind} JOIN {self.marked('bids')} AS r\n"
                   f"ON l.{self.pick(['k', 'a'])} = r.{self.pick(['k', 'a'])} AND {self.bounds()}{more}")

    def joined_windows(self) -> None:
        kind = self.pick(["INNER", "LEFT", "FULL"])
        size = self.length(100, 3000)
        sides = [f"(SELECT k, window(ts, '{size}') AS w, count(*) AS n, sum(d) AS x "
                 f"FROM {self.marked(view)} GROUP BY k, window(ts, '{size}'))"
                 for view in ("auctions", "bids")]
        self.table(f"SELECT l.k, l.w.start AS s, l.n, l.x, r.k AS rk, r.n AS rn, r.x AS rx\n"
                   f"FROM {sides[0]} AS l\n{kind} JOIN {sides[1]} AS r ON l.k = r.k AND l.w = r.w")

    def join_counted(self) -> None:
        size = self.length(100, 3000)
        self.table(f"SELECT window(ts, '{size}').start AS s, count(*) AS n, sum(d) AS x FROM (\n"
                   f"  SELECT l.ts, r.d FROM {self.marked('auctions')} AS l "
                   f"INNER JOIN {self.marked('bids')} AS r\n"
                   f"  ON l.a = r.a AND {self.bounds()})\nGROUP BY window(ts, '{size}')")

    def union(self) -> None:
        window = self.window()
        self.table(f"SELECT k, window.start AS s, {self.aggregates()} FROM (\n"
                   f"  SELECT k, a, b, v, CAST(d AS DECIMAL(30,6)) AS d, ts FROM {self.marked('bids')}\n"
                   f"  UNION ALL\n"
                   f"  SELECT k, a, b, v, CAST(d AS DECIMAL(30,6)), ts FROM {self.marked('auctions')})\n"
                   f"GROUP BY k, {window}")


FLOWS = [Maker.windowed, Maker.updated, Maker.unbounded, Maker.sessions, Maker.distinct,
         Maker.chained, Maker.top, Maker.top_updated, Maker.join, Maker.join, Maker.join,
         Maker.joined_windows, Maker.join_counted, Maker.union]


def pipeline(seed: int) -> tuple:
    """SQL, the tables' names, and whether no row is late."""
    maker = Maker(seed)
    for _ in range(6):
        maker.pick(FLOWS)(maker)
    return "\n".join(maker.sql), maker.tables, maker.in_time
