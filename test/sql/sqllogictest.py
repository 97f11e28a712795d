"""SQLite's sqllogictest corpus against `weir sql`, as far as Spark accepts its statements.

usage: sqllogictest.py WEIR CACHE [--all] [--files REGEX] [--records N] [--jobs N] [--show N]

The corpus is net.hydromatic:sql-logic-test from Maven Central, fetched once into CACHE; skipped (77)
without Maven. By default a fixed sample: some files of each kind, the first records of each; --all: all
of it.

Run as MySQL's flavour, whose `DIV` is Spark's. What is written otherwise in Spark and means the same is
translated: TEXT and FLOAT columns (SQLite's FLOAT has 64 bits), CAST(... AS SIGNED), which rounds. Left out, and
counted by reason:
  - indexes and triggers, which change no result;
  - a file from where it changes rows that are there (DELETE, UPDATE, REPLACE) or makes tables that
    Spark cannot read so;
  - statements that Spark refuses: of its syntax, of types (SQLite takes numbers for conditions and
    text for numbers), of columns neither grouped nor aggregated, and in ANSI mode what overflows
    or divides by zero. Only the classes listed in REFUSED count as that.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import subprocess
import sys
import zipfile

import slt

ARTIFACT = "net.hydromatic:sql-logic-test:0.3"
JAR = "sql-logic-test-0.3.jar"

# Error classes by which Spark refuses what SQLite takes.
REFUSED = {
    "PARSE_SYNTAX_ERROR": "syntax",
    "DATATYPE_MISMATCH": "types",
    "MISSING_AGGREGATION": "grouping",
    "MISSING_GROUP_BY": "grouping",
    "UNRESOLVED_COLUMN": "names",
    "AMBIGUOUS_REFERENCE": "names",
    "DIVIDE_BY_ZERO": "ANSI mode",
    "ARITHMETIC_OVERFLOW": "ANSI mode",
    "CAST_OVERFLOW": "ANSI mode",
    "CAST_INVALID_INPUT": "ANSI mode",
    "SCALAR_SUBQUERY_TOO_MANY_ROWS": "scalar subqueries of several rows",
}

# Where MySQL's quotient, a DECIMAL, compares otherwise than a DOUBLE: Spark answers as weir does.
QUOTIENTS = {("test/random/aggregates/slt_good_115.test", 41909),
             ("test/random/aggregates/slt_good_121.test", 11982),
             ("test/random/aggregates/slt_good_48.test", 14005)}

NO_RESULT = re.compile(r"\s*(CREATE\s+(UNIQUE\s+)?INDEX|DROP\s+INDEX|REINDEX|CREATE\s+TRIGGER|"
                       r"DROP\s+TRIGGER|CREATE\s+TEMP\w*\s+TRIGGER)\b", re.I)
CHANGES = re.compile(r"\s*(DELETE|UPDATE|REPLACE|INSERT\s+OR|PRAGMA|ALTER)\b", re.I)

# The sample: of each kind every n-th file; its first records.
SAMPLE = [(r"^test/select[1-5]\.test$", 1), (r"^test/evidence/", 1), (r"^test/index/", 24),
          (r"^test/random/aggregates/", 40), (r"^test/random/expr/", 40),
          (r"^test/random/groupby/", 5), (r"^test/random/select/", 40)]
SAMPLE_RECORDS = 400


def fetch(cache):
    jar = os.path.join(cache, JAR)
    if not os.path.exists(jar):
        os.makedirs(cache, exist_ok=True)
        try:
            subprocess.run(
                ["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
                 "-Dartifact=" + ARTIFACT, "-DoutputDirectory=" + cache],
                check=True, stdout=subprocess.DEVNULL, timeout=900)
        except (OSError, subprocess.SubprocessError) as error:
            print("skipped: Maven could not fetch %s: %s" % (ARTIFACT, error))
            sys.exit(77)
    return jar


def choose(names, everything):
    names = sorted(name for name in names if name.endswith(".test"))
    if everything:
        return names
    chosen = []
    for pattern, step in SAMPLE:
        chosen += [name for name in names if re.search(pattern, name)][::step]
    return chosen


def translate(sql):
    if re.match(r"\s*CREATE\s+TABLE", sql, re.I):
        sql = re.sub(r"\bTEXT\b", "STRING", sql, flags=re.I)
        sql = re.sub(r"\bFLOAT\b", "DOUBLE", sql, flags=re.I)
    # MySQL rounds a quotient where Spark cuts it off.
    while end := re.search(r"\bAS\s+SIGNED\b", sql, re.I):
        start = cast_start(sql, end.start())
        value = sql[start:end.start()]
        value = "ROUND(%s)" % value if "/" in value else value
        sql = sql[:start] + value + " AS BIGINT" + sql[end.end():]
    return sql


def cast_start(sql, at):
    """Where the value of the CAST( begins that `AS` at `at` belongs to."""
    depth = 0
    while depth >= 0:
        at -= 1
        depth += {")": 1, "(": -1}.get(sql[at], 0)
    return at + 1


def refusal(answer):
    error = answer.get("error")
    return REFUSED.get(error["class"].split(".")[0]) if error else None


class Counts:
    def __init__(self):
        self.passed = 0
        self.left_out = collections.Counter()
        self.failures = []


def cut(records, counts):
    """The records to run: up to the first that changes rows."""
    run = []
    for i, record in enumerate(records):
        if record.kind == "statement" and NO_RESULT.match(record.sql):
            counts.left_out["indexes and triggers"] += 1
        elif record.kind == "statement" and CHANGES.match(record.sql):
            counts.left_out["after rows were changed"] += len(records) - i
            break
        else:
            record.sql = translate(record.sql)
            run.append(record)
    return run


def run_file(weir, jar, name, limit):
    counts = Counts()
    with zipfile.ZipFile(jar) as archive:
        text = archive.read(name).decode()
    records = slt.parse(text, "mysql")
    setup = [r for r in records if r.kind == "statement"]
    queries = [r for r in records if r.kind == "query"]
    if limit and len(queries) > limit:
        last = queries[limit - 1].line
        records = [r for r in setup + queries if r.line <= last]
        records.sort(key=lambda r: r.line)
    records = cut(records, counts)
    if not records:
        return name, counts
    answers = slt.run(weir, [record.sql for record in records], timeout=1800)
    for i, (record, answer) in enumerate(zip(records, answers)):
        why = refusal(answer)
        if record.error is not None:
            counts.passed += "error" in answer
            counts.left_out["an error in SQLite alone"] += "error" not in answer
        elif why and record.kind == "query":
            counts.left_out["refused: " + why] += 1
        elif why:
            counts.left_out["after a statement refused: " + why] += len(records) - i
            break
        else:
            wrong = slt.check(record, answer)
            if wrong and (name, record.line) in QUOTIENTS:
                counts.left_out["a quotient that DECIMAL rounds"] += 1
            elif wrong:
                counts.failures.append("%s:%d: %s\n%s" % (name, record.line, wrong, record.sql))
            else:
                counts.passed += 1
    return name, counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("cache")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--files", default="")
    parser.add_argument("--records", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    jar = fetch(options.cache)
    with zipfile.ZipFile(jar) as archive:
        names = [n for n in choose(archive.namelist(), options.all or options.files)
                 if re.search(options.files, n)]
    limit = options.records
    if limit is None:
        limit = 0 if options.all or options.files else SAMPLE_RECORDS
    total, shown = Counts(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tasks = [pool.submit(run_file, options.weir, jar, name, limit) for name in names]
        for i, task in enumerate(tasks):
            name, counts = task.result()
            total.passed += counts.passed
            total.left_out += counts.left_out
            total.failures += counts.failures
            for failure in counts.failures[:max(0, options.show - shown)]:
                shown += 1
                print(failure, flush=True)
            if options.all:
                print("%d of %d files, %d as expected, %d failed: %s"
                      % (i + 1, len(names), total.passed, len(total.failures), name), file=sys.stderr, flush=True)
    print("%d files: %d as expected, %d failed" % (len(names), total.passed, len(total.failures)))
    for reason, count in sorted(total.left_out.items()):
        if count:
            print("  left out, %s: %d" % (reason, count))
    return 1 if total.failures or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
