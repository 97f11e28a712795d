#!/usr/bin/env python3
"""What streams promise, as small stories: SQL, rows with their times, the rows that come out.

usage: stream_test.py WEIR [FILE...] [--only WORDS] [--workers N]

A file of stories (*.story) is read like this:

    == a window closes when its end has come             the story's name
    CREATE STREAMING TABLE out USING postgres AS ...     SQL, up to the first step
    feed ev: x 1 t1 | x 1 t20                            rows into a source: k v ts, `null` for NULL
    out: t0 1                                            the whole of a table now, in any order
    soon out: t0 1                                       the same, after a while: what a clock decides
    late out: 2                                          how many rows came too late for it
    restart                                              the run is killed and started again
    drain                                                the input has ended: --drain
    refused CLASS: words                                 instead of all that: `weir check` refuses the SQL
    accepted                                             instead of all that: it does not
    warned: words                                        nor does it, but it says so
    spark: words                                         what `weir check --engine spark` says besides

t5 is the time 2024-01-01 00:00:05 UTC. Sources ev, a and b (k STRING, v INT, ts TIMESTAMP) are there
unless the story makes them itself: topics, never idle. Rows are fed into a live run, and every row has
been processed and committed before the next step: each source has one more flow that says so.
"""
import argparse
import datetime
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
EPOCH = datetime.datetime(2024, 1, 1)
STEP = re.compile(r"(feed \w+|late \w+|soon \w+|out\w*|refused \w[\w.]*|spark):(.*)|restart|drain|"
                  r"warned:.*|accepted|refused \w[\w.]*")
COLUMNS = re.compile(r"CREATE TABLE (\w+) \((.*?)\) USING", re.S)
PATIENCE_S = 120


def as_time(text: str) -> str:
    """t5 -> a timestamp."""
    at = EPOCH + datetime.timedelta(microseconds=round(float(text[1:]) * 1e6))
    return at.isoformat(sep=" ")


def as_t(value) -> str:
    """A cell as stories write it."""
    if value is None:
        return "null"
    text = str(value)
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)Z?", text)
    if not match:
        return text
    at = datetime.datetime.fromisoformat(f"{match[1]} {match[2]}") - EPOCH
    us = at // datetime.timedelta(microseconds=1)
    return f"t{us / 1e6:.6f}".rstrip("0").rstrip(".")


class Failed(Exception):
    pass


class Story:
    def __init__(self, weir: str, name: str, sql: str, steps: list, workers: int):
        self.weir, self.name, self.steps, self.workers = weir, name, steps, workers
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-story-"))
        self.data = self.folder / "data"
        self.columns = {}
        self.fed = {}
        self.process = None
        for table in ("ev", "a", "b"):
            if re.search(rf"\b{table}\b", sql) and not re.search(rf"CREATE TABLE {table}\b", sql):
                sql = (f"CREATE TABLE {table} (k STRING, v INT, ts TIMESTAMP) USING kafka\n"
                       f"OPTIONS ('idle_timeout' = '1 hour');\n{sql}")
        self.live = any(step.startswith("feed") for step in steps)
        for table, columns in COLUMNS.findall(sql):
            self.columns[table] = [column.split()[0] for column in columns.split(",")]
            self.fed[table] = 0
            if self.live:
                sql += (f"\nCREATE STREAMING TABLE seen_{table} USING postgres AS\n"
                        f"SELECT 1 AS one FROM STREAM {table};\n")
        self.sql = self.folder / "story.sql"
        self.sql.write_text(sql, encoding="utf-8")

    def weir_run(self, *args: str, stdin: str = "", status: int = 0) -> str:
        done = subprocess.run([self.weir, *args], input=stdin, capture_output=True, text=True,
                              check=False)
        if done.returncode != status:
            raise Failed(f"weir {args[0]}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def settings(self) -> list:
        return ["--data", str(self.data), "--quiet", "--workers", str(self.workers),
                "--set", "commit.interval=1 ms", "--listen", "off"]

    def start(self) -> None:
        (self.data / "socket").unlink(missing_ok=True)  # Of a run that was killed.
        self.process = subprocess.Popen([self.weir, "run", str(self.sql), *self.settings()],
                                        stderr=subprocess.PIPE, text=True)
        self.wait_until(lambda: (self.data / "socket").exists())

    def wait_until(self, done) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not done():
            if self.process and self.process.poll() is not None:
                raise Failed(f"the run ended: {self.process.stderr.read()}")
            if time.monotonic() > give_up:
                raise Failed("nothing happens any more")
            time.sleep(0.005)

    def rows(self, table: str, select: str = "*") -> list:
        out = self.weir_run("sql", "--data", str(self.data), "--format", "json", "-e",
                            f"SELECT {select} FROM {table}")
        answer = json.loads(out.splitlines()[-1])
        if "error" in answer:
            raise Failed(f"{table}: {answer['error']['message']}")
        return answer["rows"]

    def feed(self, table: str, rows: str) -> None:
        lines = []
        for row in filter(None, map(str.strip, rows.split("|"))):
            cells = [None if cell == "null" else cell for cell in row.split()]
            cells = [as_time(cell) if cell and re.fullmatch(r"t-?[\d.]+", cell) else cell
                     for cell in cells]
            record = dict(zip(self.columns[table], cells))
            if record.get("v"):
                record["v"] = int(record["v"])
            lines.append(json.dumps(record))
        self.weir_run("topic", "produce", table, "--data", str(self.data),
                      stdin="\n".join(lines) + "\n")
        self.fed[table] += len(lines)
        self.wait_until(lambda: self.rows(f"seen_{table}", "count(*)") == [[self.fed[table]]])

    def expect(self, table: str, rows: str) -> None:
        wanted = sorted(" ".join(row.split()) for row in rows.split("|") if row.strip())
        found = sorted(" ".join(map(as_t, row)) for row in self.rows(table))
        if wanted != found:
            raise Failed(f"{table}: {' | '.join(found)}\n  expected {' | '.join(wanted)}")

    def expect_soon(self, table: str, rows: str) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.expect(table, rows)
                return
            except Failed:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.01)

    def stop(self, how: int) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait()
            self.process.stderr.close()
        self.process = None

    def check(self, step: str) -> None:
        if step == "accepted":
            self.weir_run("check", str(self.sql))
            return
        what, _, words = step.partition(":")
        if what == "warned":
            out = self.weir_run("check", str(self.sql))
        elif what == "spark":
            out = self.weir_run("check", str(self.sql), "--engine", "spark")
        else:
            out = self.weir_run("check", str(self.sql), status=1)
            if f"[{what.split()[1]}]" not in out:
                raise Failed(f"not {what}:\n{out}")
            if not re.search(r"story\.sql:\d+:\d+: error: ", out) or "help: " not in out:
                raise Failed(f"without a place or a remedy:\n{out}")
        if words.strip() not in " ".join(out.split()):
            raise Failed(f"not said: {words.strip()}\n{out}")

    def step(self, step: str) -> None:
        what, _, rest = step.partition(":")
        word = what.split()
        if word[0] in ("refused", "accepted", "warned", "spark"):
            self.check(step)
        elif word[0] == "feed":
            self.feed(word[1], rest)
        elif word[0] == "late":
            found = self.rows(f"{word[1]}__late", "count(*)")
            if found != [[int(rest)]]:
                raise Failed(f"{found[0][0]} rows late for {word[1]}, expected {rest.strip()}")
        elif word[0] == "soon":
            self.expect_soon(word[1], rest)
        elif word[0] == "restart":
            self.stop(signal.SIGKILL)
            self.start()
        elif word[0] == "drain":
            self.stop(signal.SIGTERM)
            self.weir_run("run", str(self.sql), "--drain", *self.settings())
        else:
            self.expect(what, rest)

    def run(self) -> None:
        try:
            if self.live:
                self.start()
            for step in self.steps:
                try:
                    self.step(step)
                except Failed as problem:
                    raise Failed(f"at `{step}`: {problem}") from None
        finally:
            self.stop(signal.SIGKILL)
            shutil.rmtree(self.folder)


def stories(file: pathlib.Path):
    """Name, SQL and steps of each story of a file."""
    for text in re.split(r"^== ", file.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, _, rest = text.partition("\n")
        sql, steps = [], []
        for line in rest.splitlines():
            if line.startswith("#"):
                continue
            if STEP.match(line):
                steps.append(line.strip())
            elif steps and line.startswith("    ") and line.strip():
                steps[-1] += " " + line.strip()
            elif not steps:
                sql.append(line)
            elif line.strip():
                raise SystemExit(f"{file}: {name}: what is this? {line}")
        if not steps:
            raise SystemExit(f"{file}: {name}: a story without steps")
        yield name.strip(), "\n".join(sql) + "\n", steps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    weir = str(pathlib.Path(options.weir).resolve())
    count = failures = 0
    for file in options.files or sorted(HERE.glob("*.story")):
        for name, sql, steps in stories(file):
            if options.only not in name:
                continue
            count += 1
            try:
                Story(weir, name, sql, steps, options.workers).run()
            except Failed as problem:
                failures += 1
                print(f"FAIL {file.name}: {name}: {problem}", flush=True)
    print(f"{count} stories, {failures} failures")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
