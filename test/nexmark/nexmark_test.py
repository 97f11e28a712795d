#!/usr/bin/env python3
"""Nexmark q0 to q22: the pipelines of examples/nexmark give the reference rows, always.

usage: nexmark_test.py WEIR EXAMPLES [--only qN] [--rows N,N,...] [--long]

expected.json holds, for the 100,000 events of seed 42 that weir generates by default (the reference
file, byte for byte: its SHA-256 is checked), how many rows each query has and the sum modulo 2^64 of
the first 8 bytes of the SHA-256 of each row's CSV line. They were computed by Apache Spark 4.1 and
once more by DuckDB. Hashing rows in Python is slow: the first run's tables are compared by it, and
the others' with the first run's by a sum of hashes that weir computes itself.

 1. each file as it is, by `weir run --drain`, and its queries as batch queries by `weir sql`;
 2. all files in one pipeline, over the generator, a topic of several partitions and a JSON file, with
    one and two workers and batches of many sizes;
 3. the same over 10,000 events of another seed, out of order in groups of 500, against the rows of
    the batch queries; WEIR_TEST_LONG=1 or --long: with batches of every size from 1 to 4096.
"""
import argparse
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
EVENTS, FEW_EVENTS = 100000, 10000
SHA256 = "884fe37636afc11abd167dc2e484ee62c4b86cb781a5d7802985ca3d7e9b6392"
BASE_TIME = ["--base-time", "2015-07-15T00:00:00Z"]
GENERATE = ["generate", "nexmark", "--seed", "42", *BASE_TIME, "--count", str(EVENTS)]
OTHER = {"seed": "7", "out_of_order_group": "500", "first_event_id": "1000",
         "first_event_number": "1000", "count": str(FEW_EVENTS)}
QUERIES = [f"q{i}" for i in range(23)]
SIZES = [1, 2, 3, 7, 64, 1000, 4096]
SETTINGS = re.compile(r"^SET .*?;\s*", re.M)
COMMENTS = re.compile(r"^--.*\n", re.M)
SOURCE = re.compile(r"CREATE TABLE events \(.*?\) USING nexmark OPTIONS \(.*?\);\s*", re.S)


def statements(text: str) -> list:
    """The statements of a pipeline file without settings, comments and the table of events."""
    text = SOURCE.sub("", SETTINGS.sub("", COMMENTS.sub("", text)))
    return [part.strip() for part in text.split(";\n") if part.strip()]


def source(examples: pathlib.Path, provider: str) -> str:
    """The table of all events, over another provider."""
    structs = {}
    for query in ("q0", "q3"):
        text = SOURCE.search((examples / f"{query}.sql").read_text(encoding="utf-8")).group(0)
        for name in ("person", "auction", "bid"):
            found = re.search(rf"\b{name} STRUCT<.*?>", text, re.S)
            if found:
                structs[name] = found.group(0)
    columns = ",\n  ".join(["event_type INT", *structs.values()])
    return f"CREATE TABLE events (\n  {columns}\n) USING {provider};\n"


def as_batch(statement: str) -> str:
    """The same query, over what is there."""
    statement = re.sub(r"CREATE (?:STREAMING TABLE|MATERIALIZED VIEW) (\w+) USING \w+"
                       r"(?:\s+TBLPROPERTIES \(.*?\))? AS", r"CREATE TEMPORARY VIEW \1 AS",
                       statement, flags=re.S)
    return statement.replace("FROM STREAM events", "FROM events")


def cell(value, type_: str) -> str:
    if value is None:
        return "\\N"
    if type_ == "timestamp":
        text = value.replace("T", " ").rstrip("Z")
        whole, _, part = text.partition(".")
        return f"{whole}.{(part + '000')[:3]}"
    return repr(float(value)) if type_ == "double" else str(value)


def csv_line(cells: list) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


class Test:
    def __init__(self, weir: str, examples: pathlib.Path, folder: pathlib.Path):
        self.weir, self.examples, self.folder = weir, examples, folder
        self.expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
        self.failures = 0
        self.files = folder / "files"
        self.sums = {}

    def run(self, *args: str) -> str:
        done = subprocess.run([self.weir, *args], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"weir {' '.join(args)}: status {done.returncode}\n{done.stderr}")
        return done.stdout

    def compare(self, query: str, answer: dict, how: str) -> None:
        expected = self.expected[query]
        if "error" in answer:
            self.failures += 1
            print(f"FAIL {query}, {how}: {answer['error']}")
            return
        # As by name: a table's key columns may stand elsewhere.
        names = [name for name, _ in answer["schema"]]
        types = [type_ for _, type_ in answer["schema"]]
        wanted = [column.split(" ")[0] for column in expected["columns"]]
        columns = [names.index(name) for name in wanted]
        found = [f"{names[c]} {types[c]}" for c in columns]
        lines = [csv_line([cell(row[c], types[c]) for c in columns]) for row in answer["rows"]]
        total = sum(int.from_bytes(hashlib.sha256(line.encode()).digest()[:8], "big")
                    for line in lines) % (1 << 64)
        if found != expected["columns"]:
            self.failures += 1
            print(f"FAIL {query}, {how}: columns {found}, expected {expected['columns']}")
        elif len(lines) != expected["rows"] or format(total, "016x") != expected["multiset"]:
            self.failures += 1
            print(f"FAIL {query}, {how}: {len(lines)} rows, expected {expected['rows']}; "
                  f"first {sorted(lines)[:2]}")

    def ask(self, data: pathlib.Path, sql: str, count: int) -> list:
        columns = ", ".join(self.expected["q10"]["columns"])
        files = (f"CREATE TABLE q10 ({columns}) USING csv "
                 f"OPTIONS ('path' = '{self.files}', 'header' = 'true');\n")
        lines = self.run("sql", "--data", str(data), "--format", "json", "-e",
                         files + sql).splitlines()
        answers = [answer for answer in map(json.loads, lines)
                   if "error" in answer or answer["schema"]]
        if len(answers) != count:
            raise SystemExit(f"{len(answers)} results of {count} queries: {answers}")
        return answers

    def read_tables(self, data: pathlib.Path, queries: list, how: str) -> None:
        """The rows against the reference's; notes their sums."""
        answers = self.ask(data, "".join(f"SELECT * FROM {query};\n" for query in queries),
                           len(queries))
        for query, answer in zip(queries, answers):
            self.compare(query, answer, how)
            self.sums[query] = self.sum_tables(data, [query])[0]

    def sum_query(self, query: str) -> str:
        columns = ", ".join(column.split(" ")[0] for column in self.expected[query]["columns"])
        return f"SELECT count(*), sum(CAST(xxhash64({columns}) AS DECIMAL(20))) FROM {query}"

    def sum_tables(self, data: pathlib.Path, queries: list) -> list:
        sql = "".join(f"{self.sum_query(query)};\n" for query in queries)
        return [answer.get("rows", answer) for answer in self.ask(data, sql, len(queries))]

    def compare_sums(self, data: pathlib.Path, queries: list, how: str) -> None:
        for query, found in zip(queries, self.sum_tables(data, queries)):
            if found != self.sums[query]:
                self.failures += 1
                print(f"FAIL {query}, {how}: {found}, the first run {self.sums[query]}")

    def drain(self, sql: pathlib.Path, queries: list, workers: int, rows: int, how: str,
              check) -> None:
        data = self.folder / "run"
        if (self.folder / "topic").exists():
            shutil.copytree(self.folder / "topic", data)
        self.run("run", str(sql), "--drain", "--quiet", "--data", str(data), "--workers",
                 str(workers), "--set", f"batch.rows={rows}", "--set", f"files={self.files}")
        check(data, queries, how)
        shutil.rmtree(data)
        shutil.rmtree(self.files, ignore_errors=True)

    def batch(self, query: str, select: str) -> str:
        text = (self.examples / f"{query}.sql").read_text(encoding="utf-8")
        sql = source(self.examples, f"json OPTIONS ('path' = '{self.folder}/events.ndjson')")
        sql += ";\n".join(map(as_batch, statements(text))) + f";\n{select};\n"
        return json.loads(self.run("sql", "--format", "json", "-e", sql).splitlines()[-1])

    def each_file(self, queries: list) -> None:
        for query in queries:
            self.drain(self.examples / f"{query}.sql", [query], 1, 4096, "its own file",
                       self.read_tables)
            self.compare(query, self.batch(query, f"SELECT * FROM {query}"), "in batch")

    def sums_of_batch(self, queries: list) -> None:
        for query in queries:
            self.sums[query] = self.batch(query, self.sum_query(query))["rows"]

    def all_files(self, queries: list, provider: str, workers: int, rows: int) -> None:
        found = {}
        for query in queries:
            text = (self.examples / f"{query}.sql").read_text(encoding="utf-8")
            found.update(dict.fromkeys(statements(text)))
        sql = self.folder / "all.sql"
        sql.write_text(source(self.examples, provider) + ";\n\n".join(found) + ";\n",
                       encoding="utf-8")
        how = f"{provider.split()[0]}, {workers} worker(s), batches of {rows}"
        began = time.monotonic()
        self.drain(sql, queries, workers, rows, how, self.compare_sums)
        print(f"{how}: {time.monotonic() - began:.1f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("examples", type=pathlib.Path)
    parser.add_argument("--only", action="append")
    parser.add_argument("--rows")
    parser.add_argument("--long", action="store_true",
                        default=bool(os.environ.get("WEIR_TEST_LONG")))
    options = parser.parse_args()
    queries = options.only or QUERIES
    sizes = list(map(int, options.rows.split(","))) if options.rows else SIZES
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-nexmark-"))
    try:
        test = Test(str(pathlib.Path(options.weir).resolve()), options.examples, folder)
        events = test.run(*GENERATE)
        if hashlib.sha256(events.encode()).hexdigest() != SHA256:
            raise SystemExit("weir generate nexmark does not give the reference events")
        (folder / "events.ndjson").write_text(events, encoding="utf-8")
        test.each_file(queries)
        nexmark = f"nexmark OPTIONS ('count' = '{EVENTS}')"
        for i, rows in enumerate(sizes):
            test.all_files(queries, nexmark, 1 + i % 2, rows)
        test.all_files(queries, f"json OPTIONS ('path' = '{folder}/events.ndjson')", 2, 4096)
        test.run(*GENERATE, "--topic", "events", "--partitions", "3", "--data",
                 str(folder / "topic"))
        for workers, rows in ((1, 4096), (2, 500)):
            test.all_files(queries, "kafka OPTIONS ('topic' = 'events')", workers, rows)
        shutil.rmtree(folder / "topic")
        flags = [word for key, value in OTHER.items()
                 for word in ("--" + key.replace("_", "-"), value)]
        (folder / "events.ndjson").write_text(test.run("generate", "nexmark", *BASE_TIME, *flags),
                                              encoding="utf-8")
        test.sums_of_batch(queries)
        other = ", ".join(f"'{key}' = '{value}'" for key, value in OTHER.items())
        for rows in range(1, 4097) if options.long else (1, 3, 4096):
            test.all_files(queries, f"nexmark OPTIONS ({other})", 1 + rows // 3 % 2, rows)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(queries)} queries, {test.failures} failures")
    return 1 if test.failures else 0


if __name__ == "__main__":
    sys.exit(main())
