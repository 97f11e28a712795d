#!/usr/bin/env python3
"""`weir check --engine spark` against real Spark: what it calls refused is refused, with that class; what it says
nothing against, Spark runs and computes alike.

  test_check.py WEIR [NAME...]
"""
import json
import os
import re
import subprocess
import sys
import tempfile

import spark

SOURCES = """
CREATE TABLE a (id BIGINT, k STRING NOT NULL, v INT, ts TIMESTAMP) USING json OPTIONS ('path' = '{folder}/a.json');
CREATE TABLE b (id BIGINT, k STRING NOT NULL, v INT, ts TIMESTAMP) USING json OPTIONS ('path' = '{folder}/b.json');
CREATE TABLE names (k STRING, name STRING) USING json OPTIONS ('path' = '{folder}/names.json');
"""
WATERMARK = "WATERMARK ts DELAY OF INTERVAL 5 SECONDS"
APPEND = "'primary_key' = 'w, k', 'output_mode' = 'append'"
UPDATE = "'primary_key' = '{}', 'output_mode' = 'update'"
UNBOUNDED = UPDATE.format("k") + ", 'unbounded_state' = 'true'"
JOINED = (f"FROM STREAM a {WATERMARK} AS l {{}} STREAM b {WATERMARK} AS r ON l.k = r.k AND "
          "r.ts BETWEEN l.ts - INTERVAL 3 SECONDS AND l.ts + INTERVAL 3 SECONDS")

# Name: (properties, query).
RUNS = {
    "filter": ("", "SELECT id, upper(k) AS k FROM STREAM a WHERE v > 3"),
    "tumbling": (APPEND, f"SELECT window.start AS w, k, sum(v) AS s FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "tumbling, no key": ("", f"SELECT window.start AS w, sum(v) AS s FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds')"),
    "tumbling, updated": (UPDATE.format("w, k"), f"SELECT window.start AS w, k, sum(v) AS s FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "running total": (UNBOUNDED, "SELECT k, count(*) AS n FROM STREAM a GROUP BY k"),
    "hopping": (APPEND, f"SELECT window.start AS w, k, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds', '5 seconds'), k"),
    "sessions": ("", f"SELECT session_window.start AS w, k, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY session_window(ts, '2 seconds'), k"),
    "chained": ("", f"SELECT window(window, '1 minute').start AS w, sum(n) AS n FROM (SELECT window, k, count(*) AS n FROM STREAM a {WATERMARK} "
                "GROUP BY window(ts, '10 seconds'), k) GROUP BY window(window, '1 minute')"),
    "window_time": ("", f"SELECT window_time(window) AS t, n FROM (SELECT window, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'))"),
    "having": (APPEND, f"SELECT window.start AS w, k, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k HAVING count(*) > 1"),
    "distinct": ("", f"SELECT DISTINCT k, ts FROM STREAM a {WATERMARK}"),
    "inner join": ("", "SELECT l.id AS lid, r.id AS rid " + JOINED.format("JOIN")),
    "join, updated": (UPDATE.format("lid, rid"), "SELECT l.id AS lid, r.id AS rid " + JOINED.format("JOIN")),
    "left join": ("", "SELECT l.id AS lid, r.id AS rid " + JOINED.format("LEFT JOIN")),
    "right join": ("", "SELECT l.id AS lid, r.id AS rid " + JOINED.format("RIGHT JOIN")),
    "full join": ("", "SELECT l.id AS lid, r.id AS rid " + JOINED.format("FULL JOIN")),
    "semi join": ("", "SELECT l.id AS lid " + JOINED.format("LEFT SEMI JOIN")),
    "table join": ("", "SELECT id, name FROM STREAM a JOIN names USING (k)"),
    "table left join": ("", "SELECT id, name FROM STREAM a LEFT JOIN names ON a.k = names.k"),
    "union": ("", f"SELECT window.start AS w, count(*) AS n FROM (SELECT * FROM STREAM a UNION ALL SELECT * FROM STREAM b) {WATERMARK} GROUP BY window(ts, '10 seconds')"),
    "explode": ("", "SELECT id, x FROM STREAM a LATERAL VIEW explode(array(v, id)) t AS x"),
    "in a list of a table": ("", "SELECT id FROM STREAM a WHERE k IN (SELECT k FROM names)"),
    "not in a table": ("", "SELECT id FROM STREAM a WHERE NOT EXISTS (SELECT 1 FROM names WHERE names.k = a.k)"),
    "pipes": ("", "FROM STREAM a |> WHERE v > 2 |> SELECT id, v * 2 AS w"),
    "filtered aggregate": (APPEND, f"SELECT window.start AS w, k, count(*) FILTER (WHERE v > 3) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "join, then windows": ("", "SELECT window.start AS w, count(*) AS n FROM (SELECT l.ts AS ts, r.id AS rid " + JOINED.format("JOIN") + ") GROUP BY window(ts, '10 seconds')"),
    "limit": ("", "SELECT 1 AS one FROM STREAM a LIMIT 3"),
    "offset": ("", "SELECT 1 AS one FROM STREAM a LIMIT 3 OFFSET 2"),
    "scalar subquery": ("", "SELECT id, (SELECT max(name) FROM names WHERE names.k = a.k) AS n FROM STREAM a"),
    "lateral": ("", "SELECT a.id, x.n FROM STREAM a, LATERAL (SELECT count(*) AS n FROM names WHERE names.k = a.k) AS x"),
    "listagg": (APPEND, f"SELECT window.start AS w, k, listagg(k, '') AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "other aggregates": (APPEND, f"SELECT window.start AS w, k, max_by(id, v) AS m, median(v) AS md, sort_array(collect_set(v)) AS cs, stddev(v) AS sd, percentile(v, 0.3) AS p, "
                         f"bool_and(v > 2) AS ba, corr(v, id) AS co FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "groups alone": ("", f"SELECT window.start AS w, k FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "windows joined with rows": ("", f"SELECT l.id AS lid, n.w FROM STREAM a {WATERMARK} AS l JOIN (SELECT window.end AS w, k FROM STREAM b {WATERMARK} "
                                 "GROUP BY window(ts, '10 seconds'), k) n ON l.k = n.k AND n.w BETWEEN l.ts AND l.ts + INTERVAL 10 SECONDS"),
    "three joined": ("", "SELECT l.id AS lid, r.id AS rid, x.id AS xid " + JOINED.format("JOIN") +
                     f" JOIN STREAM a {WATERMARK} AS x ON x.k = r.k AND x.ts BETWEEN r.ts - INTERVAL 1 SECONDS AND r.ts + INTERVAL 1 SECONDS"),
    "left join, then windows": ("", "SELECT window.start AS w, count(*) AS n FROM (SELECT l.ts AS ts, r.id AS rid " + JOINED.format("LEFT JOIN") + ") GROUP BY window(ts, '10 seconds')"),
    "distinct, then windows": ("", f"SELECT window.start AS w, count(*) AS n FROM (SELECT DISTINCT k, ts FROM STREAM a {WATERMARK}) GROUP BY window(ts, '10 seconds')"),
    "union of watermarks": ("", f"SELECT window.start AS w, k, count(*) AS n FROM (SELECT k, ts FROM STREAM a {WATERMARK} UNION ALL SELECT k, ts FROM STREAM b {WATERMARK}) "
                            "GROUP BY window(ts, '10 seconds'), k"),
    "numbers for rows": ("", "SELECT id, monotonically_increasing_id() AS m FROM STREAM a"),
    "windows, then table": ("", f"SELECT w, n, name FROM (SELECT window.start AS w, k, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k) JOIN names USING (k)"),
}
# What both say of it, word for word; of many a refusal Spark's sentence has no class.
ROW_NUMBER = "[NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING]"
SORT = "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset in Complete output mode"
DISTINCT = "Distinct aggregations are not supported on streaming DataFrames/Datasets"
# Name: (properties, query, what both say).
REFUSED = {
    "distinct aggregate": (APPEND, f"SELECT window.start AS w, k, count(DISTINCT v) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k",
                           DISTINCT),
    "sum of distinct": (UNBOUNDED, "SELECT k, sum(DISTINCT v) AS n FROM STREAM a GROUP BY k",
                        DISTINCT),
    "two aggregations, updated": (UPDATE.format("w"), f"SELECT window(window, '1 minute').start AS w, sum(n) AS n FROM (SELECT window, k, count(*) AS n FROM STREAM a {WATERMARK} "
                                  "GROUP BY window(ts, '10 seconds'), k) GROUP BY window(window, '1 minute')",
                                  "Detected pattern of possible 'correctness' issue due to global watermark"),
    "sessions of all": ("", f"SELECT session_window.start AS w, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY session_window(ts, '2 seconds')",
                        "Global aggregation with session window in streaming query is not supported"),
    "anti join": ("", "SELECT l.id AS lid " + JOINED.format("LEFT ANTI JOIN"),
                  "LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported"),
    "join without equality": ("", f"SELECT l.id AS lid, r.id AS rid FROM STREAM a {WATERMARK} AS l JOIN STREAM b {WATERMARK} AS r ON "
                              "r.ts BETWEEN l.ts - INTERVAL 3 SECONDS AND l.ts + INTERVAL 3 SECONDS",
                              "Stream-stream join without equality predicate is not supported"),
    "left join, updated": (UPDATE.format("lid"), "SELECT l.id AS lid, r.id AS rid " + JOINED.format("LEFT JOIN"),
                           "oin between two streaming DataFrames/Datasets is not supported in Update output mode, only in Append output mode"),
    "row_number": (UNBOUNDED, "SELECT k, id FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY v DESC, id) AS n FROM STREAM a) WHERE n <= 1",
                   ROW_NUMBER),
    "top of windows": ("", f"SELECT w, k, n FROM (SELECT *, row_number() OVER (PARTITION BY w ORDER BY n DESC, k) AS place FROM (SELECT window.start AS w, k, count(*) AS n "
                       f"FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k)) WHERE place <= 2",
                       ROW_NUMBER),
    "first of each": ("", f"SELECT id, k, ts FROM (SELECT *, row_number() OVER (PARTITION BY k, ts ORDER BY ts) AS n FROM STREAM a {WATERMARK}) WHERE n = 1",
                      ROW_NUMBER),
    "limit, updated": (UPDATE.format("id"), "SELECT id FROM STREAM a LIMIT 3",
                       "Limits are not supported on streaming DataFrames/Datasets in Update output mode"),
    "sort": ("", f"SELECT window.start AS w, k, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k ORDER BY w, n, k",
             SORT),
    "limit of windows": ("", f"SELECT window.start AS w, k, count(*) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k ORDER BY w, k LIMIT 3",
                         SORT),
}
# Spark runs these too; their rows may be others.
MAY_DIFFER = {
    "full join of NULL keys": ("", "SELECT l.id AS lid, r.id AS rid " + JOINED.format("FULL JOIN").replace("l.k = r.k", "nullif(l.k, 'c') = nullif(r.k, 'c')")),
    "first": (APPEND, f"SELECT window.start AS w, k, first(v) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "collect_list": (APPEND, f"SELECT window.start AS w, k, collect_list(v) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "percentile_approx": (APPEND, f"SELECT window.start AS w, k, percentile_approx(v, 0.5) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
    "approx_count_distinct": (APPEND, f"SELECT window.start AS w, k, approx_count_distinct(v) AS n FROM STREAM a {WATERMARK} GROUP BY window(ts, '10 seconds'), k"),
}


# Compared with real Spark when this was written; the others of RUNS and MAY_DIFFER with --long.
LOOKED_AT = {"filter", "tumbling", "tumbling, no key", "tumbling, updated", "hopping", "sessions", "chained", "window_time", "having", "distinct",
             "inner join", "left join", "right join", "full join", "semi join", "table join", "table left join", "union", "join, updated"}


def write_rows(folder):
    for name, shift in (("a", 0), ("b", 1)):
        with open(f"{folder}/{name}.json", "w", encoding="utf-8") as file:
            for i in range(120):
                file.write(json.dumps({"id": i, "k": "abc"[i % 3], "v": i * 7 % 10, "ts": f"2026-01-01T00:{(i + shift) // 60:02d}:{(i + shift) % 60:02d}Z"}) + "\n")
    with open(f"{folder}/names.json", "w", encoding="utf-8") as file:
        file.write('{"k":"a","name":"one"}\n{"k":"b","name":"two"}\n')


def write_case(folder, i, case):
    properties, query, *_ = case
    text = SOURCES.replace("{folder}", folder)
    text += f"CREATE STREAMING TABLE t USING postgres{f' TBLPROPERTIES ({properties})' if properties else ''} AS\n{query};\n"
    path = f"{folder}/{i}.sql"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def check(weir, path):
    """(what is called refused, what may differ, complaint): what `weir check --engine spark` says, the class last in [...]."""
    said = subprocess.run([weir, "check", path, "--engine", "spark"], capture_output=True, text=True, check=False)
    if said.returncode:
        return [], [], said.stderr
    refused = re.findall(r"warning: Spark's streaming refuses this, weir's engine alone runs it: (.*)", said.stderr)
    differs = re.findall(r"warning: Spark's streaming may give other rows: (.*)", said.stderr)
    return refused, [d for d in differs if "each row is late" not in d], ""


def judge(kind, words, refused, differs, table):
    """What is wrong, or None."""
    problem, verdict = table["problem"], table["verdict"]
    if kind == "refused":
        classes = set(re.findall(r"\[[A-Z_.]{5,}\]", " ".join(refused)))
        right = problem and words in problem and any(words in r for r in refused) and all(c in problem for c in classes)
    elif kind == "may differ":
        right = differs and not refused and not problem
    else:
        right = verdict == "equal" and not refused and not differs
    return None if right else (f"weir: {refused or 'refuses nothing'} {differs}; Spark: {problem or verdict} {table['first_missing'][:2]} "
                               f"{table['first_extra'][:2]}" + (f"; both are to say: {words}" if words else ""))


def main():
    weir = os.path.abspath(sys.argv[1])
    python = spark.python()
    only = sys.argv[2:]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-check-") as scratch:
        write_rows(scratch)
        cases, folders = [], []
        for kind, group in (("runs", RUNS), ("refused", REFUSED), ("may differ", MAY_DIFFER)):
            for name, case in group.items():
                if only and name not in only:
                    continue
                if not only and not spark.LONG and kind != "refused" and name not in LOOKED_AT:
                    print(f"skipped: {name} (--long)")
                    continue
                path = write_case(scratch, len(cases), case)
                refused, differs, complaint = check(weir, path)
                folder = f"{scratch}/out-{len(cases)}"
                complaint = complaint or spark.prepare(weir, path, folder)
                if complaint:
                    print(f"FAIL {name}: weir itself refuses it: {complaint}")
                    failed += 1
                    continue
                cases.append((kind, name, case[2] if kind == "refused" else "", refused, differs))
                folders.append(folder)
        _, _, errors = spark.compare(python, folders)
        for (kind, name, words, refused, differs), folder in zip(cases, folders):
            try:
                with open(folder + "/certificate.json", encoding="utf-8") as file:
                    table = next(t for t in json.load(file)["tables"] if t["name"] == "t")
            except OSError:
                print(f"FAIL {name}: Spark gave no answer: {errors[-1500:]}")
                return 1
            wrong, problem = judge(kind, words, refused, differs, table), table["problem"]
            print(f"{'FAIL' if wrong else 'ok  '} {kind}: {name}" + (f": {wrong}" if wrong else f" {problem[problem.find('['):][:70]}" if problem else ""))
            failed += wrong is not None
    print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
