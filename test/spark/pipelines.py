"""Random pipelines: two sources of rows out of order, with NULLs, CHECKs and records that break them, a table of names, and
a few flows over them.

Kept to what Spark's streaming can express: what it cannot is weir's alone, and has tests of its own. Left out are also what
depends on the order of rows (first, collect_list), and dropDuplicatesWithinWatermark, for which Spark's SQL has no words:
DISTINCT stands for it.
"""
import datetime
import json
import random
import re

COLUMNS = ("id BIGINT NOT NULL, k STRING, v INT, d DECIMAL(12,3), x DOUBLE, ok BOOLEAN, ts TIMESTAMP, "
           "tags ARRAY<INT>, s STRUCT<p:INT,q:STRING>")
START = datetime.datetime(2026, 3, 28, 23, 59, 0)
VALUES = [
    "v", "d", "x", "k", "ok", "s.p", "s.q", "tags", "size(tags)", "d * v", "d / 3", "v / 2", "v % 7", "abs(v)",
    "upper(k)", "concat(k, '-', s.q)", "coalesce(s.q, k, '?')", "CASE WHEN ok THEN d ELSE -d END", "round(x, 2)",
    "CAST(d AS INT)", "CAST(x AS DECIMAL(20,4))", "v IS NULL", "k IN ('a', 'b')", "d > v", "date(ts)", "hour(ts)",
    "date_format(ts, 'yyyy-MM-dd HH:mm')", "ts + INTERVAL 1 DAY", "array_contains(tags, 3)", "tags[0] + v",
    "element_at(tags, 1)", "v div (v % 3)", "length(s.q)", "hash(k, v)", "xxhash64(d)", "CAST(d AS STRING)",
    "CAST(ts AS STRING)", "try_divide(d, v)", "transform(tags, t -> t * 2)", "named_struct('a', v, 'b', k)",
    "greatest(v, s.p)", "sort_array(tags)", "md5(k)", "CAST(x AS STRING)", "pmod(v, 5)",
]
CONDITIONS = ["v > 0", "ok", "k <> 'c'", "d IS NOT NULL", "x BETWEEN -100 AND 100", "s.q LIKE '%e%'", "v % 2 = 0",
              "NOT ok OR v IS NULL", "size(tags) > 1"]
CHECKS = ["v < 95", "k <> 'e' OR ok", "d > -900", "size(tags) < 4", "s.q <> 'it''s' AND x < 9e11", "v IS NOT NULL OR k IS NOT NULL"]
ON = ["", "", " AND l.v < r.v", " AND l.ok", " AND NOT (r.d > 5000 AND l.k = 'a')", " AND l.s.q = r.s.q"]
AGGREGATES = ["count(*)", "count(v)", "sum(v)", "sum(d)", "avg(d)", "avg(v)", "min(d)", "max(k)", "min(ts)", "max(x)",
              "sum(d * v)", "count_if(ok)", "bool_or(ok)", "sum(v) FILTER (WHERE ok)", "max(s.p)", "stddev(v)",
              "bit_or(v)", "min_by(k, id)", "sum(CAST(v AS DECIMAL(10,0)))"]


class Pipelines:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seed = seed

    # ── rows ──

    def maybe(self, value):
        return None if self.random.random() < 0.1 else value

    def row(self, i, time):
        r = self.random
        return {
            "id": i, "k": self.maybe(r.choice("abcde")), "v": self.maybe(r.randint(-20, 100)),
            "d": self.maybe(round(r.uniform(-999, 9999), 3)), "x": self.maybe(r.choice([r.uniform(-1e3, 1e3), r.uniform(-1, 1) * 1e12, 0.1])),
            "ok": self.maybe(r.random() < 0.5), "ts": self.maybe(time) if r.random() < 0.3 else time,
            "tags": self.maybe([self.maybe(r.randint(0, 9)) for _ in range(r.randint(0, 4))]),
            "s": self.maybe({"p": self.maybe(r.randint(-5, 5)), "q": self.maybe(r.choice(["red", "Grün", "", "blue"]))}),
        }

    def write_rows(self, path, count, disorder):
        at = START
        with open(path, "w", encoding="utf-8") as file:
            for i in range(count):
                at += datetime.timedelta(milliseconds=self.random.randint(0, 700))
                late = datetime.timedelta(milliseconds=self.random.randint(0, int(disorder * 1000)))
                time = (at - late).isoformat(timespec="milliseconds") + "Z"
                row = self.row(i, time)
                if self.random.random() < 0.01:
                    row["v"] = "not a number"
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def write_names(self, path):
        with open(path, "w", encoding="utf-8") as file:
            for k in ["a", "b", "b", "d", None]:
                file.write(json.dumps({"k": k, "name": f"name of {k}", "least": self.maybe(self.random.randint(0, 60))}) + "\n")

    # ── flows ──

    def some(self, items, least, most):
        return self.random.sample(items, self.random.randint(least, most))

    def where(self):
        return f" WHERE {self.random.choice(CONDITIONS)}" if self.random.random() < 0.4 else ""

    def stream(self):
        return f"STREAM {self.random.choice('ab')} WATERMARK ts DELAY OF INTERVAL {self.delay} SECONDS"

    def aggregates(self):
        return ", ".join(f"{a} AS c{i}" for i, a in enumerate(self.some(AGGREGATES, 1, 4)))

    def select(self, name):
        values = ", ".join(f"{v} AS c{i}" for i, v in enumerate(self.some(VALUES, 2, 5)))
        key = " TBLPROPERTIES ('primary_key' = 'id')" if self.random.random() < 0.3 else ""
        return f"CREATE STREAMING TABLE {name} USING postgres{key} AS\nSELECT id, {values} FROM STREAM {self.random.choice('ab')}{self.where()};"

    def window(self, name, window):
        update = self.random.random() < 0.4
        mode = ("('primary_key' = 'w, k', 'output_mode' = 'update')" if update
                else "('primary_key' = 'w, k', 'output_mode' = 'append')" if self.random.random() < 0.5 else None)
        properties = f" TBLPROPERTIES {mode}" if mode else ""
        return (f"CREATE STREAMING TABLE {name} USING postgres{properties} AS\n"
                f"SELECT window.start AS w, k, {self.aggregates()} FROM {self.stream()}{self.where()} GROUP BY window(ts, {window}), k;")

    def tumbling(self, name):
        return self.window(name, self.random.choice(["'5 seconds'", "'10 seconds'", "'1 minute'", "'7 seconds'"]))

    def hopping(self, name):
        return self.window(name, self.random.choice(["'10 seconds', '5 seconds'", "'9 seconds', '3 seconds'", "'1 minute', '20 seconds', '7 seconds'"]))

    def session(self, name):
        gap = self.random.choice([f"'{self.random.randint(1, 4)} seconds'", "CASE WHEN ok THEN '1 second' ELSE '3 seconds' END"])
        return (f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT session_window.start AS f, session_window.end AS t, k, {self.aggregates()}\n"
                f"FROM {self.stream()}{self.where()} GROUP BY session_window(ts, {gap}), k;")

    def watermark(self, source):
        return f"STREAM {source} WATERMARK ts DELAY OF INTERVAL {self.random.choice([0, 1, self.delay, self.delay])} SECONDS"

    def joined(self, how):
        low, high = self.random.randint(0, 6), self.random.randint(0, 6)
        left, other = self.watermark("a"), self.random.choice("bbba")
        right, more = self.watermark(other), self.random.choice(ON)
        if other == "a":  # A record late on one side alone cannot be left out of Spark's input of that side alone.
            right = left
        if how == "FULL JOIN":  # Spark lets NULL keys find one another in it, and in no other join.
            left, right = (re.sub(r"STREAM (\w)", r"(SELECT * FROM STREAM \1 WHERE k IS NOT NULL)", s) for s in (left, right))
            more = more.replace("l.s.q = r.s.q", "coalesce(l.s.q, 'l') = coalesce(r.s.q, 'r')")
        return (f"FROM {left} AS l\n{how} {right} AS r\n"
                f"ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL {low} SECONDS AND l.ts + INTERVAL {high} SECONDS{more}")

    def join(self, name):
        how = self.random.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN"])
        columns = "l.id AS id, l.k AS k, l.d AS d" if "SEMI" in how else "l.id AS lid, r.id AS rid, l.k AS k, r.k AS rk, l.d AS d, r.x AS x, l.tags AS tags, r.s AS s"
        return f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT {columns}\n{self.joined(how)};"

    def join_windows(self, name):
        how = self.random.choice(["JOIN", "JOIN", "LEFT JOIN"])
        return (f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT window.start AS w, k, count(*) AS n, count(rid) AS m, sum(d) AS d FROM (\n"
                f"SELECT l.ts AS ts, l.k AS k, l.d AS d, r.id AS rid\n{self.joined(how)}\n) GROUP BY window(ts, '10 seconds'), k;")

    def table_join(self, name):
        how = self.random.choice([
            "JOIN names AS n ON a.k = n.k", "LEFT JOIN names AS n ON a.k = n.k AND a.v > n.least", "LEFT SEMI JOIN names AS n ON a.k = n.k",
            "LEFT ANTI JOIN names AS n ON a.k = n.k", "WHERE a.k IN (SELECT k FROM names)",
            "WHERE NOT EXISTS (SELECT 1 FROM names AS n WHERE n.k = a.k AND n.least > a.v)"])
        columns = ", n.name AS name, n.least AS least" if how.startswith(("JOIN", "LEFT JOIN")) else ""
        return f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT a.id AS id, a.d AS d{columns} FROM STREAM {self.random.choice('ab')} AS a {how};"

    def distinct(self, name):
        return f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT DISTINCT ok, v % 3 AS m, date_trunc('minute', ts) AS at, ts FROM {self.stream()}{self.where()};"

    def exploded(self, name):
        return (f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT window.end AS w, tag, {self.aggregates()}\n"
                f"FROM (SELECT * FROM {self.stream()}{self.where()}) LATERAL VIEW {self.random.choice(['', 'OUTER '])}explode(tags) t AS tag "
                "GROUP BY window(ts, '10 seconds'), tag HAVING count(*) > 1;")

    def into_one(self, name):
        return (f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT id, k, d AS n, s FROM STREAM a{self.where()};\n\n"
                f"CREATE FLOW {name}_more AS INSERT INTO {name} BY NAME\nSELECT s, id, CAST(v AS DECIMAL(12,3)) AS n FROM STREAM b{self.where()};")

    def union(self, name):
        if self.random.random() < 0.5:
            both = f"(SELECT * FROM STREAM a UNION ALL SELECT * FROM STREAM b) WATERMARK ts DELAY OF INTERVAL {self.delay} SECONDS"
        else:  # Each with its own.
            both = f"(SELECT * FROM {self.watermark('a')}{self.where()} UNION ALL SELECT * FROM {self.watermark('b')})"
        # Both have rows of one id: the least of them is to be the same however they come.
        aggregates = self.aggregates().replace("min_by(k, id)", "min_by(k, struct(id, k))")
        return (f"CREATE STREAMING TABLE {name} USING postgres AS\nSELECT window.start AS w, {aggregates}\n"
                f"FROM {both}\nGROUP BY window(ts, '10 seconds');")

    def chained(self, name):
        return (f"CREATE STREAMING TABLE {name} USING postgres AS\n"
                f"SELECT window(window, '1 minute').start AS w, sum(n) AS n, max(d) AS d FROM (\n"
                f"  SELECT window, k, count(*) AS n, sum(d) AS d FROM {self.stream()} GROUP BY window(ts, '10 seconds'), k\n"
                f") GROUP BY window(window, '1 minute');")

    def view(self, name, over):
        query = self.random.choice([
            f"SELECT count(*) AS n FROM {over}",
            f"SELECT k, {self.aggregates()} FROM history WHERE id > 20 GROUP BY k",
            "SELECT k, ok, count(*) AS n, sum(d) AS d FROM history GROUP BY ROLLUP (k, ok)",
            "SELECT k, count(DISTINCT v) AS n, max(name) AS name FROM history LEFT JOIN names USING (k) GROUP BY k",
            "SELECT id, row_number() OVER (PARTITION BY k ORDER BY d DESC, id) AS place, d - lag(d) OVER (PARTITION BY k ORDER BY id) AS step FROM history"])
        return f"CREATE MATERIALIZED VIEW {name} USING postgres AS\n{query};"

    def write(self, folder):
        """The file's path; its data stand beside it."""
        self.delay = self.random.choice([0, 1, 2, 5, 10])
        count = self.random.randint(200, 400)
        for name in "ab":
            self.write_rows(f"{folder}/{name}.json", count, self.random.choice([0, 1, self.delay, self.delay + 2, 15]))
        text = [f"-- Made by test/spark/pipelines.py, seed {self.seed}.",
                f"SET TIME ZONE '{self.random.choice(['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/London'])}';"]
        for name in "ab":
            checks = "".join(f", CONSTRAINT c{i} CHECK ({c})" for i, c in enumerate(self.some(CHECKS, 0, 2)))
            text.append(f"CREATE TABLE {name} ({COLUMNS}{checks}) USING json OPTIONS ('path' = '{folder}/{name}.json');")
        self.write_names(f"{folder}/names.json")
        text.append(f"CREATE TABLE names (k STRING, name STRING, least INT) USING json OPTIONS ('path' = '{folder}/names.json');")
        kinds = [self.select, self.tumbling, self.hopping, self.session, self.join, self.join, self.union, self.chained, self.join_windows,
                 self.table_join, self.distinct, self.exploded, self.into_one]
        made = []
        for i, kind in enumerate(self.some(kinds, 2, 3)):
            made.append(f"t{i}")
            text.append(kind(f"t{i}"))
        if self.random.random() < 0.5:
            text.append("CREATE STREAMING TABLE history USING postgres AS SELECT * FROM STREAM a;")
            text.append(self.view("v0", made[0]))
        path = f"{folder}/pipeline.sql"
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n\n".join(text) + "\n")
        return path
