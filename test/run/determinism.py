#!/usr/bin/env python3
"""The same input gives the same rows, whatever the batch size, worker count, commit interval or
moment of restart.

usage: determinism.py WEIR PIPELINE [--events N] [--pipelines N] [--seed N]

Runs the pipeline with --drain under a dozen settings, most in two halves with a stop or a kill in
between, and compares every table with the first run's. Then does the same with random pipelines (random_pipeline.py),
and where no row is late compares with the same queries in batch. WEIR_TEST_LONG=1: more of everything.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import random_pipeline

TABLES = ["dear", "per_auction", "per_channel", "sessions", "visits_by_time", "top_auctions", "bid_topic"]


def run(weir: str, pipeline: str, data: pathlib.Path, events: int, settings: dict,
        stop_after_s: float = 0, how: int = signal.SIGINT) -> None:
    command = [weir, "run", pipeline, "--drain", "--quiet", "--data", str(data), "--workers",
               str(settings["workers"]), "--set", f"events={events}", "--set",
               f"batch.rows={settings['batch']}", "--set", f"commit.interval={settings['commit']}"]
    process = subprocess.Popen(command)
    if stop_after_s:
        try:
            process.wait(timeout=stop_after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
            # It may be stopped before it catches signals, and is ended by this one; or be through with all at this moment.
            status = process.wait()
            if status not in (0, -how):
                raise SystemExit(f"a run that was stopped ended with {status}")
            # The number of workers may change between runs.
            command[command.index("--workers") + 1] = str(settings["workers"] % 3 + 1)
            process = subprocess.Popen(command)
    if process.wait() != 0:
        raise SystemExit(f"weir run failed under {settings}")


def rows(weir: str, data: pathlib.Path, table: str) -> list:
    out = subprocess.run([weir, "sql", "--data", str(data), "--format", "json", "-e",
                          f"SELECT * FROM {table}"], capture_output=True, text=True, check=False)
    answer = json.loads(out.stdout.splitlines()[0])
    if "error" in answer:
        raise SystemExit(f"{table}: {answer['error']}")
    return sorted(json.dumps(row) for row in answer["rows"])


def batch_rows(weir: str, sql: str, events: int, table: str) -> list:
    """The rows of the same query over all that is there."""
    sql = re.sub(r"CREATE STREAMING TABLE (\w+) USING \w+(?: TBLPROPERTIES \(.*?\))? AS",
                 r"CREATE TEMPORARY VIEW \1 AS", sql).replace("FROM STREAM events", "FROM events")
    out = subprocess.run([weir, "sql", "--format", "json", "--set", f"events={events}", "-e",
                          f"{sql}\nSELECT * FROM {table};"], capture_output=True, text=True,
                         check=False)
    answer = json.loads(out.stdout.splitlines()[-1])
    if "error" in answer:
        raise SystemExit(f"{table} in batch: {answer['error']}")
    return sorted(json.dumps(row) for row in answer["rows"])


def difference(expected: list, found: list) -> str:
    missing = collections.Counter(expected) - collections.Counter(found)
    extra = collections.Counter(found) - collections.Counter(expected)
    return (f"{len(found)} rows, expected {len(expected)}; missing {list(missing)[:2]}, "
            f"extra {list(extra)[:2]}")


def same_whatever(options, file: pathlib.Path, folder: pathlib.Path, tables: list, settings: list,
                  expected: dict, chance: random.Random) -> int:
    """Runs the file under all settings; how many tables differ. `expected` is filled by the first."""
    failures = 0
    for i, setting in enumerate(settings):
        data = folder / "data"
        stop_after_s = chance.uniform(0.02, 0.4) if i >= 2 else 0
        run(options.weir, str(file), data, options.events, setting, stop_after_s,
            chance.choice([signal.SIGINT, signal.SIGKILL]))
        for table in tables:
            got = rows(options.weir, data, table)
            if got != expected.setdefault(table, got):
                failures += 1
                print(f"FAIL {table} under {setting}: {difference(expected[table], got)}")
        shutil.rmtree(data)
    return failures


def random_settings(chance: random.Random, count: int) -> list:
    return [{"workers": chance.randint(1, 4), "batch": chance.choice([1, 2, 33, 500, 4096]),
             "commit": chance.choice(["1 ms", "20 ms", "1 s"])} for _ in range(count)]


def random_pipelines(options, folder: pathlib.Path, chance: random.Random) -> int:
    failures = row_count = 0
    for seed in range(options.seed, options.seed + options.pipelines):
        sql, tables, in_time = random_pipeline.pipeline(seed)
        file = folder / f"seed-{seed}.sql"
        file.write_text(sql, encoding="utf-8")
        expected = {}
        settings = [{"workers": 1, "batch": 4096, "commit": "200 ms"}, *random_settings(chance, 3)]
        before = failures
        failures += same_whatever(options, file, folder, tables, settings, expected, chance)
        for table in tables if in_time else []:
            found = batch_rows(options.weir, sql, options.events, table)
            if found != expected[table]:
                failures += 1
                print(f"FAIL {table} in batch: {difference(expected[table], found)}")
        row_count += sum(map(len, expected.values()))
        if failures > before:
            print(f"the pipeline of seed {seed}:\n{sql}")
    print(f"{options.pipelines} random pipelines from seed {options.seed}, {row_count} rows")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("pipeline")
    long = bool(os.environ.get("WEIR_TEST_LONG"))
    parser.add_argument("--events", type=int, default=60000 if long else 6000)
    parser.add_argument("--pipelines", type=int, default=200 if long else 6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    settings = [{"workers": 1, "batch": 4096, "commit": "200 ms"},
                {"workers": 1, "batch": 1, "commit": "50 ms"},
                {"workers": 2, "batch": 7, "commit": "10 ms"},
                {"workers": 3, "batch": 100, "commit": "1 ms"},
                {"workers": 2, "batch": 4096, "commit": "10 s"},
                *random_settings(chance, 20 if long else 3)]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-same-"))
    expected = {}
    try:
        failures = same_whatever(options, pathlib.Path(options.pipeline), folder, TABLES, settings,
                                 expected, chance)
        for table, found in expected.items():
            if not found:
                raise SystemExit(f"{table} is empty: nothing is compared")
        print({table: len(found) for table, found in expected.items()})
        failures += random_pipelines(options, folder, chance)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
