#!/usr/bin/env python3
"""What `weir verify` finds: one pipeline with joins, sessions, decimals, NULLs, nested values, late rows, rows that fail, a
topic in between, views and dead letters is equal as it stands, and told to differ after any one edit of what weir left.

  test_verify.py WEIR
"""
import copy
import json
import os
import shutil
import sys
import tempfile

import spark

# The zone has one hour twice on 2026-11-01: 05:30Z and 06:30Z are both 01:30 there.
PIPELINE = """SET TIME ZONE 'America/New_York';
CREATE TABLE given (id BIGINT NOT NULL, k STRING, d DECIMAL(10,2), v INT, x DOUBLE, ts TIMESTAMP, m ARRAY<MAP<STRING,INT>>,
  s STRUCT<P:INT,at:TIMESTAMP>, date DATE, CONSTRAINT few CHECK (v < 50),
  CONSTRAINT recent CHECK (date > DATE'2020-01-01' AND NOT exists(m, v -> size(v) > 5))) USING json OPTIONS ('path' = '{folder}/given.json');
CREATE TABLE names (k STRING, name STRING) USING json OPTIONS ('path' = '{folder}/names.json');
CREATE STREAMING TABLE copies USING postgres AS SELECT k, ts FROM STREAM given;
CREATE STREAMING TABLE through USING kafka TBLPROPERTIES ('topic' = 't', 'key' = 'k') AS SELECT * FROM STREAM given WHERE k IS NOT NULL;
CREATE STREAMING TABLE nested USING postgres TBLPROPERTIES ('primary_key' = 'id') AS SELECT id, d, x, ts, m, s FROM STREAM through;
CREATE STREAMING TABLE named USING postgres AS SELECT t.id, n.name FROM STREAM through t LEFT JOIN names n ON t.k = n.k;
CREATE STREAMING TABLE ratio USING postgres AS SELECT id, 10 div v AS r FROM STREAM given;
CREATE STREAMING TABLE windows USING cassandra TBLPROPERTIES ('primary_key' = 'w', 'output_mode' = 'append') AS
SELECT window.start AS w, count(*) AS n, sum(d) AS d FROM STREAM given WATERMARK ts DELAY OF INTERVAL 1 SECOND GROUP BY window(ts, '10 seconds');
CREATE STREAMING TABLE visits USING postgres AS SELECT session_window.start AS f, k, count(*) AS n
FROM STREAM through WATERMARK ts DELAY OF INTERVAL 1 SECOND GROUP BY session_window(ts, '3 seconds'), k;
CREATE STREAMING TABLE pairs USING postgres AS SELECT l.id AS a, r.id AS b FROM STREAM given WATERMARK ts DELAY OF INTERVAL 1 SECOND l
LEFT JOIN STREAM given WATERMARK ts DELAY OF INTERVAL 1 SECOND r ON l.id = r.v AND r.ts BETWEEN l.ts AND l.ts + INTERVAL 5 SECONDS;
CREATE MATERIALIZED VIEW total USING postgres AS SELECT date_format(ts, 'HH:mm') AS at, count(*) AS n, max(s.P) AS p, max(s.at) AS s_at
FROM nested GROUP BY 1;
"""


def write_rows(folder):
    rows = [{"id": i, "k": "abc"[i % 3] if i % 7 else None, "d": i + 0.25 if i % 5 else None, "v": i % 11, "x": i / 7,
             "ts": f"2026-11-01T0{5 + i // 60}:30:{i % 60:02d}Z", "m": [{"a": i, "b": 1}, {"c": 2, "d": None}],
             "s": {"P": i, "at": f"2026-11-01T06:30:{i % 60:02d}Z"}} for i in range(100)]
    rows += [{"id": 100, "k": "a", "ts": "2026-11-01T05:30:00Z", "v": 1, "date": "2026-11-01"}, {"id": 101, "v": 50}, {"id": None},
             {"id": 104, "date": "2019-01-01"}]
    rows += [{"id": i, "k": "a", "v": 1, "ts": "2026-11-01T06:31:30Z"} for i in (102, 103)]  # rows of `copies` that are the same
    with open(folder + "/given.json", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
        file.write("broken\n")
    with open(folder + "/names.json", "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"k": k, "name": n}) + "\n" for k, n in (("a", "A"), ("a", "again"), ("b", None)))


class Left:
    """The rows that weir left of a table, in both of its runs."""

    def __init__(self, folder, table):
        self.paths = [f"{folder}/rows/{run}/{table}.json" for run in ("once", "drain")]

    def edit(self, change):
        for path in self.paths:
            with open(path, encoding="utf-8") as file:
                said = json.loads(file.readline())
            before = copy.deepcopy(said["rows"])
            change(said["rows"])
            assert said["rows"] != before, f"{path} is as it was"
            with open(path, "w", encoding="utf-8") as file:
                file.write(json.dumps(said) + "\n")

    def cell(self, place, old, new):
        """In the first row that has the old value there."""
        def change(rows):
            next(row for row in rows if row[place] == old)[place] = new
        self.edit(change)


def lost_twin(folder):
    """One of two rows that are the same: the other is no answer to Spark's second."""
    Left(folder, "copies").edit(lambda rows: rows.remove(["a", "2026-11-01 06:31:30"]))


def failed_without_reason(folder):
    """Of a row weir says that it could not compute it."""
    with open(f"{folder}/records/given.json", encoding="utf-8") as file:
        record = next(r for r in map(json.loads, file) if '"id": 1,' in r["value"])
    letter = ["DIVIDE_BY_ZERO", "flow 'ratio': Division by zero", record["value"], record["partition"], record["position"], "2026-12-01 00:00:00"]
    Left(folder, "given__dead_letter").edit(lambda rows: rows.append(letter))
    Left(folder, "ratio").edit(lambda rows: rows.remove([1, 10]))


EDITS = {
    "copies: one of two rows that are the same is missing": lost_twin,
    "copies: an hour that comes twice": lambda f: Left(f, "copies").cell(1, "2026-11-01 05:30:01", "2026-11-01 06:30:01"),
    "nested: a decimal's scale": lambda f: Left(f, "nested").cell(1, "1.25", "1.250"),
    "nested: NULL is a value": lambda f: Left(f, "nested").cell(1, None, "0.00"),
    "nested: a double, 8 ulp away": lambda f: Left(f, "nested").cell(2, 1 / 7, 1 / 7 + 8 * 2 ** -55),
    "nested: the order of an array of maps": lambda f: Left(f, "nested").edit(lambda rows: rows[0][4].reverse()),
    "nested: a time within a struct": lambda f: Left(f, "nested").edit(lambda rows: rows[0][5].__setitem__(1, "2026-11-01 05:30:01")),
    "named: a row twice": lambda f: Left(f, "named").edit(lambda rows: rows.append(rows[0])),
    "ratio: a row fails here and not in Spark": failed_without_reason,
    "windows: a sum": lambda f: Left(f, "windows").edit(lambda rows: rows[0].__setitem__(2, "0.01")),
    "visits: a row is missing": lambda f: Left(f, "visits").edit(lambda rows: rows.pop(0)),
    "pairs: a row without its partner": lambda f: Left(f, "pairs").edit(lambda rows: next(r for r in rows if r[1] is not None).__setitem__(1, None)),
    "total: a count": lambda f: Left(f, "total").edit(lambda rows: rows[0].__setitem__(1, rows[0][1] + 1)),
    "given__dead_letter: a record is missing": lambda f: Left(f, "given__dead_letter").edit(
        lambda rows: rows.remove(next(r for r in rows if "few" in r))),
}


def judge(name, folder):
    """What is wrong with the answer, or None."""
    try:
        with open(folder + "/certificate.json", encoding="utf-8") as file:
            said = json.load(file)
    except OSError:
        return "Spark gave no answer"
    differing = [t["name"] for t in said["tables"] if t["verdict"] != "equal"]
    wanted = [name.split(":")[0]] if name else []
    if differing != wanted or said["equal"] != (not wanted):
        problems = [(t["name"], t["problem"], t["first_missing"], t["first_extra"]) for t in said["tables"] if t["name"] in differing]
        return f"told to differ: {differing} {problems}"
    if not name and (not sum(len(t["left_out"]) for t in said["tables"]) or set(said["input"]) != {"given", "names", "through"}):
        return f"nothing was late, or the input is not all there: {said['input']}"
    return None


def main():
    weir = os.path.abspath(sys.argv[1])
    python = spark.python()
    with tempfile.TemporaryDirectory(prefix="weir-spark-") as scratch:
        scratch = os.environ.get("WEIR_TEST_KEEP") or scratch
        write_rows(scratch)
        with open(scratch + "/pipeline.sql", "w", encoding="utf-8") as file:
            file.write(PIPELINE.replace("{folder}", scratch))
        complaint = spark.prepare(weir, scratch + "/pipeline.sql", scratch + "/as-it-stands")
        if complaint:
            print(complaint)
            return 1
        folders = {"": scratch + "/as-it-stands"}
        for i, (name, edit) in enumerate(EDITS.items()):
            folders[name] = f"{scratch}/{i}"
            shutil.copytree(folders[""], folders[name])
            edit(folders[name])
        _, said, errors = spark.compare(python, folders.values())
        failed = 0
        for name, folder in folders.items():
            wrong = judge(name, folder)
            print(f"{'FAIL' if wrong else 'ok  '} {name or 'as it stands'}" + (f": {wrong}" if wrong else ""))
            failed += wrong is not None
        if failed:
            print(said[-3000:], errors[-3000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
