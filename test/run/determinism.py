#!/usr/bin/env python3
"""The same input gives the same rows, whatever the batch size, worker count, commit interval or
moment of restart.

usage: determinism.py WEIR PIPELINE [--events N]

Runs the pipeline with --drain under a dozen settings, once in two halves with a stop in between, and
compares every table with the first run's. WEIR_TEST_LONG=1: more events, more settings.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TABLES = ["dear", "per_auction", "per_channel", "sessions", "visits_by_time", "top_auctions", "bid_topic"]


def run(weir: str, pipeline: str, data: pathlib.Path, events: int, settings: dict,
        stop_after_s: float = 0) -> None:
    command = [weir, "run", pipeline, "--drain", "--quiet", "--data", str(data), "--workers",
               str(settings["workers"]), "--set", f"events={events}", "--set",
               f"batch.rows={settings['batch']}", "--set", f"commit.interval={settings['commit']}"]
    process = subprocess.Popen(command)
    if stop_after_s:
        try:
            process.wait(timeout=stop_after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            if process.wait(timeout=120) != 0:
                raise SystemExit("a stop by Ctrl-C did not end well")
            # The number of workers may change between runs.
            command[command.index("--workers") + 1] = str(settings["workers"] % 3 + 1)
            process = subprocess.Popen(command)
    if process.wait(timeout=600) != 0:
        raise SystemExit(f"weir run failed under {settings}")


def rows(weir: str, data: pathlib.Path, table: str) -> list:
    out = subprocess.run([weir, "sql", "--data", str(data), "--format", "json", "-e",
                          f"SELECT * FROM {table}"], capture_output=True, text=True, check=False)
    answer = json.loads(out.stdout.splitlines()[0])
    if "error" in answer:
        raise SystemExit(f"{table}: {answer['error']}")
    return sorted(json.dumps(row) for row in answer["rows"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("pipeline")
    long = bool(os.environ.get("WEIR_TEST_LONG"))
    parser.add_argument("--events", type=int, default=60000 if long else 6000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    settings = [{"workers": 1, "batch": 4096, "commit": "200 ms"},
                {"workers": 1, "batch": 1, "commit": "50 ms"},
                {"workers": 2, "batch": 7, "commit": "10 ms"},
                {"workers": 3, "batch": 100, "commit": "1 ms"},
                {"workers": 2, "batch": 4096, "commit": "10 s"}]
    settings += [{"workers": chance.randint(1, 4), "batch": chance.choice([1, 2, 33, 500, 4096]),
                  "commit": chance.choice(["1 ms", "20 ms", "1 s"])}
                 for _ in range(20 if long else 3)]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-same-"))
    failures = 0
    expected = {}
    try:
        for i, setting in enumerate(settings):
            data = folder / str(i)
            stop_after_s = chance.uniform(0.02, 0.4) if i >= 2 else 0
            began = time.monotonic()
            run(options.weir, options.pipeline, data, options.events, setting, stop_after_s)
            took = time.monotonic() - began
            for table in TABLES:
                got = rows(options.weir, data, table)
                if i == 0:
                    expected[table] = got
                    if not got:
                        raise SystemExit(f"{table} is empty: nothing is compared")
                elif got != expected[table]:
                    failures += 1
                    missing = [row for row in expected[table] if row not in set(got)][:2]
                    extra = [row for row in got if row not in set(expected[table])][:2]
                    print(f"FAIL {table} under {setting}: {len(got)} rows, the first run "
                          f"{len(expected[table])}; missing {missing}, extra {extra}")
            print(f"{setting}, {'stopped on the way' if stop_after_s else 'in one go'}: "
                  f"{took:.2f} s")
            shutil.rmtree(data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print({table: len(found) for table, found in expected.items()})
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
