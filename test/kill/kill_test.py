#!/usr/bin/env python3
"""Kills weir at random moments and compares what its tables hold with an undisturbed run.

usage: kill_test.py WEIR PIPELINE [--kills N] [--seed S] [--rows N] [--workers N]

The data-generation API serves the same finite orders to both runs. The disturbed one is started again
and again and killed (SIGKILL) at random moments, spread over the whole of what is to be done
(integration/kills.py); then it ends by itself. Every table must hold the same rows then, and they must
be those of the generator's answer key. WEIR_TEST_LONG=1: 50 kills.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from kills import Feed, kill_often  # noqa: E402

TABLES = {
    "revenue_by_minute": "SELECT * FROM revenue_by_minute ORDER BY category, minute",
    "order_history": "SELECT * FROM order_history ORDER BY order_id",
    "orders": "SELECT * FROM orders ORDER BY order_id, customer_id, category, price, quantity, ts",
    "daily_revenue": "SELECT * FROM daily_revenue ORDER BY day, category",
    "dead letters": "SELECT reason, raw, position FROM order_feed__dead_letter "
                    "ORDER BY reason, position, raw",
}


# Files of each epoch, beside the tables: by rename, never half-written or twice.
FILES = """
CREATE STREAMING TABLE order_lines USING json TBLPROPERTIES ('path' = '${files}/json')
AS SELECT * FROM STREAM orders;
CREATE STREAMING TABLE order_csv USING csv TBLPROPERTIES ('path' = '${files}/csv', 'header' = 'true')
AS SELECT order_id, customer_id, category, price, quantity, ts FROM STREAM orders;
"""


class Test:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.options = options
        self.folder = folder
        self.random = random.Random(options.seed)
        self.pipeline = folder / "pipeline.sql"
        # Silent partitions are waited for: no row is late because the machine was busy.
        text = pathlib.Path(options.pipeline).read_text(encoding="utf-8").replace(
            "'topic' = 'orders'", "'topic' = 'orders', 'idle_timeout' = '1 hour'")
        self.pipeline.write_text(text + FILES, encoding="utf-8")
        self.feed = Feed(options.weir, options.rows)

    def command(self, data: pathlib.Path) -> list[str]:
        return [self.options.weir, "run", str(self.pipeline), "--quiet", "--data", str(data),
                "--set", f"feed={self.feed.address}", "--set", f"files={data}-files",
                "--set", "commit.interval=10 ms", "--workers", str(self.options.workers)]

    def rows(self, data: pathlib.Path, sql: str) -> list:
        out = subprocess.run([self.options.weir, "sql", "--data", str(data), "--format", "json",
                              "-e", sql], capture_output=True, text=True, check=False)
        answer = json.loads(out.stdout.splitlines()[0])
        if "error" in answer:
            raise SystemExit(f"{sql}: {answer['error']}")
        return answer["rows"]

    def run_disturbed(self, data: pathlib.Path) -> None:
        command = self.command(data)
        kill_often(command, data, self.feed, self.options.kills, self.random, ["collected", "committed"])
        subprocess.run([*command, "--drain"], check=True)

    def run(self) -> int:
        quiet, killed = self.folder / "quiet", self.folder / "killed"
        failures = 0
        try:
            subprocess.run([*self.command(quiet), "--drain"], check=True)
            self.run_disturbed(killed)
            for name, sql in TABLES.items():
                expected, got = self.rows(quiet, sql), self.rows(killed, sql)
                same = expected == got
                print(f"{'ok  ' if same else 'FAIL'} {name}: {len(got)} rows"
                      + ("" if same else f", undisturbed {len(expected)}"))
                failures += not same
                if not same:
                    there = set(map(str, got))
                    missing = [r for r in expected if str(r) not in there][:3]
                    there = set(map(str, expected))
                    extra = [r for r in got if str(r) not in there][:3]
                    print(f"     missing {missing}\n     extra   {extra}")
            failures += self.compare_files(quiet, killed)
            failures += self.compare_answers(killed)
        finally:
            self.feed.close()
        return 1 if failures else 0

    @staticmethod
    def lines(folder: pathlib.Path, header: bool) -> list[str]:
        found = []
        for file in sorted(folder.iterdir()):
            if not re.fullmatch(r"part-\d{20}\.(json|csv)", file.name):
                raise SystemExit(f"{file} is no finished file")
            text = file.read_text(encoding="utf-8")
            if not text.endswith("\n"):
                raise SystemExit(f"{file} is cut off")
            found += text.splitlines()[1 if header else 0:]
        return sorted(found)

    def compare_files(self, quiet: pathlib.Path, killed: pathlib.Path) -> int:
        failures = 0
        for kind in ("json", "csv"):
            expected = self.lines(pathlib.Path(f"{quiet}-files") / kind, kind == "csv")
            got = self.lines(pathlib.Path(f"{killed}-files") / kind, kind == "csv")
            failures += expected != got
            print(f"{'ok  ' if expected == got else 'FAIL'} lines in {kind} files: {len(got)}"
                  + ("" if expected == got else f", undisturbed {len(expected)}"))
        return failures

    def compare_answers(self, data: pathlib.Path) -> int:
        answers = self.feed.answers()
        reasons = dict(self.rows(data, "SELECT reason, count(*) FROM order_feed__dead_letter "
                                       "GROUP BY reason"))
        history = self.rows(data, "SELECT count(*), sum(price * quantity) FROM order_history")[0]
        return self.check_answers(answers, reasons, history)

    @staticmethod
    def check_answers(answers: dict, reasons: dict, history: list) -> int:
        invalid = sum(count for reason, count in reasons.items()
                      if reason in ("positive_price", "not_null_order_id"))
        malformed = sum(reasons.values()) - invalid
        checks = [("invalid records", answers["invalid"]["total"], invalid),
                  ("malformed records", answers["malformed"]["total"], malformed),
                  ("distinct orders", answers["valid"]["records"], history[0]),
                  ("their sum", answers["valid"]["revenue"], history[1])]
        failures = 0
        for what, expected, got in checks:
            same = str(expected) == str(got)
            failures += not same
            print(f"{'ok  ' if same else 'FAIL'} {what}: {got}"
                  + ("" if same else f", the answer key says {expected}"))
        return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("pipeline")
    parser.add_argument("--kills", type=int,
                        default=50 if os.environ.get("WEIR_TEST_LONG") else 10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int,
                        default=400000 if os.environ.get("WEIR_TEST_LONG") else 80000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-kill-"))
    try:
        return Test(options, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
