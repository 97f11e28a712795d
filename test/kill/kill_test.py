#!/usr/bin/env python3
"""Kills weir at random moments and compares what its tables hold with an undisturbed run.

usage: kill_test.py WEIR PIPELINE [--kills N] [--seed S] [--rows N] [--workers N]

The data-generation API serves the same finite orders to both runs. The disturbed one is started
again and again and killed (SIGKILL) after a random time, spread over the whole of what is to be
done, until it ends by itself. Then every table must hold the same rows, and they must be those of
the generator's answer key. WEIR_TEST_LONG=1: 50 kills.
"""
import argparse
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
import time

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
        self.pipeline.write_text(pathlib.Path(options.pipeline).read_text(encoding="utf-8") + FILES,
                                 encoding="utf-8")
        self.faults = ["--late", "0.01", "--duplicate", "0.01", "--malformed", "0.01",
                       "--invalid", "0.01"]

    def start_api(self) -> str:
        self.api = subprocess.Popen(
            [self.options.weir, "generate", "--listen", "127.0.0.1:0", "--unpaced", "--total",
             str(self.options.rows), "--rate", "50", *self.faults],
            stdout=subprocess.PIPE, text=True)
        line = self.api.stdout.readline()
        match = re.search(r"listening on (\S+)", line)
        if not match:
            raise SystemExit(f"the data-generation API did not start: {line!r}")
        return match[1]

    def command(self, data: pathlib.Path, feed: str) -> list[str]:
        return [self.options.weir, "run", str(self.pipeline), "--drain", "--quiet", "--data",
                str(data), "--set", f"feed={feed}", "--set", f"files={data}-files", "--set", "commit.interval=10 ms", "--workers",
                str(self.options.workers)]

    def rows(self, data: pathlib.Path, sql: str) -> list:
        out = subprocess.run([self.options.weir, "sql", "--data", str(data), "--format", "json",
                              "-e", sql], capture_output=True, text=True, check=False)
        answer = json.loads(out.stdout.splitlines()[0])
        if "error" in answer:
            raise SystemExit(f"{sql}: {answer['error']}")
        return answer["rows"]

    def epoch(self, data: pathlib.Path) -> int:
        """The last committed epoch, as the store's own file tells; 0: none."""
        import sqlite3
        path = data / "store.db"
        if not path.exists():
            return 0
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                row = db.execute("SELECT value FROM weir_meta WHERE kind = 'epoch' AND part = "
                                 "'number'").fetchone()
                return int(row[0]) if row else 0
        except sqlite3.Error:
            return 0

    def run_undisturbed(self, data: pathlib.Path, feed: str) -> float:
        began = time.monotonic()
        subprocess.run(self.command(data, feed), check=True, timeout=600)
        return time.monotonic() - began

    def run_disturbed(self, data: pathlib.Path, feed: str, whole_s: float) -> None:
        """Kills until `kills` are done, then lets it end."""
        kills = 0
        after_commit = 0
        # Each life lasts so long on average that all kills fall into the work to be done.
        life_s = max(whole_s / (self.options.kills + 1) * 1.6, 0.03)
        while kills < self.options.kills:
            process = subprocess.Popen(self.command(data, feed))
            try:
                status = process.wait(timeout=self.random.uniform(0.2, 1.8) * life_s)
                if status != 0:
                    raise SystemExit(f"weir ended with status {status} after {kills} kills")
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            kills += 1
            if self.epoch(data) > 0:
                after_commit += 1
        subprocess.run(self.command(data, feed), check=True, timeout=600)
        print(f"killed {kills} times, {after_commit} of them after the first commit, "
              f"{self.epoch(data)} epochs")
        if kills < self.options.kills // 2:
            raise SystemExit("too few kills: the run ended too early; give more --rows")
        if after_commit < kills // 2:
            raise SystemExit("most kills came before the first commit; give more --rows")

    def answers(self) -> dict:
        out = subprocess.run([self.options.weir, "generate", "orders", "--answers", "--count",
                              str(self.options.rows), "--rate", "50", *self.faults],
                             capture_output=True, text=True, check=True)
        return json.loads(out.stdout, parse_float=str)

    def run(self) -> int:
        feed = self.start_api()
        quiet, killed = self.folder / "quiet", self.folder / "killed"
        failures = 0
        try:
            whole_s = self.run_undisturbed(quiet, feed)
            self.run_disturbed(killed, feed, whole_s)
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
            self.api.terminate()
            self.api.wait()
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
        answers = self.answers()
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
