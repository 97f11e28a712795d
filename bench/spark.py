#!/usr/bin/env python3
"""Measures the same pipelines by weir and by Apache Spark, from the same Kafka topic, in one run.

usage: spark.py WEIR [--events N] [--only NAME,...] [--quick]      (script/services up kafka must have run)

    throughput   five Nexmark queries and the orders example over topics that are full, with --once. Rows a second: from
                 start to exit, what the same run over empty topics takes taken off. CPU seconds (all processes of
                 the run) and peak resident memory (their sum): of the whole run. Tables that are no topics stand in
                 files: weir's own store, Spark's Parquet
    first row    the time from start until the first row is read in the topic that a projection writes to
    latency      1,000 records a second from a topic to a topic: from the producer's clock to the reader's

Both engines have the machine's cores (weir: --workers N, Spark: local[N]). Ratios are what to look at: above 1, weir is
the better one. --quick: few events, to see that all of it works; its figures mean nothing.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICE = ROOT / "build-services" / "kafka"
QUERIES = ["q1", "q2", "q7", "q8", "q11"]
NAMES = [*QUERIES, "orders", "latency"]
ENGINES = ("weir", "spark")
CORES = str(os.cpu_count())
GENERATOR = re.compile(r"USING nexmark OPTIONS \(.*?\)")
# A flow's line in weir's picture: its name, rows in, rows a second, rows out.
TAKEN = re.compile(r"^ (\w+) +(?:kafka|postgres|cassandra) +([\d,]+) +[\d,]+ +[\d,]+ ", re.MULTILINE)
WAIT_S = 600  # The longest that anything but a measured run takes.


def descendants(pid: int) -> list[int]:
    out, left = [], [pid]
    while left:
        each = left.pop()
        out.append(each)
        with contextlib.suppress(OSError):  # It has ended.
            for children in pathlib.Path(f"/proc/{each}/task").glob("*/children"):
                left += [int(p) for p in children.read_text().split()]
    return out


class MemoryWatch(threading.Thread):
    """The memory of a process and all it starts, looked at ten times a second."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid = pid
        self.peak_mb = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self.ended.wait(0.1):
            resident = 0
            for pid in descendants(self.pid):
                with contextlib.suppress(OSError):
                    resident += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
            self.peak_mb = max(self.peak_mb, resident / 1e6)


@dataclass
class Cost:
    """What a run took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


class Bench:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.weir = os.path.abspath(options.weir)
        self.events = options.events or (20000 if options.quick else 1000000)
        self.latency_records = 3000 if options.quick else 15000
        self.folder = folder
        self.server = (SERVICE / "address").read_text(encoding="utf-8").strip()
        self.real = ["--set", f"kafka.bootstrap.servers={self.server}"]
        self.prefix = f"bench-spark-{os.getpid()}-"
        self.number = 0

    def run(self, *args: str) -> str:
        done = subprocess.run([self.weir, *args, *self.real], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"weir {' '.join(args)}: {done.stderr}")
        return done.stdout

    def topic(self, name: str, partitions: int) -> str:
        self.run("topic", "create", self.prefix + name, "--partitions", str(partitions))
        return self.prefix + name

    def command(self, engine: str, sql: pathlib.Path, *more: str) -> list[str]:
        self.number += 1
        own = (["--engine", "spark", "--set", f"spark.master=local[{CORES}]", "--set", f"spark.sql.shuffle.partitions={CORES}"]
               if engine == "spark" else ["--workers", CORES])
        return [self.weir, "run", str(sql), "--data", str(self.folder / f"run{self.number}"), *self.real, *own, *more]

    # ── throughput ──

    def cost(self, engine: str, sql: pathlib.Path, rows: int) -> Cost:
        log = self.folder / f"{sql.stem}-{engine}.log"
        with open(log, "w", encoding="utf-8") as out:
            began = time.monotonic()
            process = subprocess.Popen(self.command(engine, sql, "--once"), stdout=out, stderr=subprocess.STDOUT)
            watch = MemoryWatch(process.pid)
            watch.start()
            _, status, used = os.wait4(process.pid, 0)  # Java and Python have waited for what they had started.
            wall = time.monotonic() - began
        watch.ended.set()
        watch.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        said = log.read_text(encoding="utf-8", errors="replace")
        taken = dict(TAKEN.findall(said))  # as last shown
        if process.returncode or not taken or min(int(n.replace(",", "")) for n in taken.values()) < rows:
            raise SystemExit(f"{engine}, {sql.name}: status {process.returncode}, rows taken in {taken}: {said[-2000:]}")
        return Cost(wall, used.ru_utime + used.ru_stime, watch.peak_mb)

    def throughput(self, names: list[str]) -> None:
        topics = {}
        for stream in ("nexmark", "orders"):
            if stream == "orders" and "orders" not in names or stream == "nexmark" and names == ["orders"]:
                continue
            full, empty = self.topic(stream, 2), self.topic(f"{stream}-empty", 2)
            self.run("generate", stream, "--count", str(self.events), "--topic", full)
            topics[stream] = full, empty
        print(f"{self.events:,} events, {CORES} cores\n"
              f"{'':8} {'rows/s':>29} {'CPU s':>23} {'peak MB':>23}\n{'':8} {'weir':>10} {'Spark':>10} {'ratio':>7}" +
              f" {'weir':>7} {'Spark':>7} {'ratio':>7}" * 2, flush=True)
        ratios = [self.compared(name, *topics["orders" if name == "orders" else "nexmark"]) for name in names]
        print(f"median ratio of rows/s: {statistics.median(ratios):.1f}", flush=True)

    def compared(self, name: str, full: str, empty: str) -> float:
        """A line of the table; the ratio of rows a second."""
        pipeline = self.orders if name == "orders" else lambda topic: self.nexmark(name, topic)
        costs, rates = {}, {}
        for engine in ENGINES:
            nothing = self.cost(engine, pipeline(empty), 0)
            costs[engine] = self.cost(engine, pipeline(full), self.events)
            rates[engine] = self.events / max(costs[engine].wall_s - nothing.wall_s, 1e-3)
        a, b, ratio = costs["weir"], costs["spark"], rates["weir"] / rates["spark"]
        print(f"{name:8} {rates['weir']:10,.0f} {rates['spark']:10,.0f} {ratio:7.1f} {a.cpu_s:7.1f} {b.cpu_s:7.1f} "
              f"{b.cpu_s / a.cpu_s:7.1f} {a.peak_mb:7.0f} {b.peak_mb:7.0f} {b.peak_mb / a.peak_mb:7.1f}", flush=True)
        return ratio

    def nexmark(self, name: str, topic: str) -> pathlib.Path:
        text = (ROOT / "examples" / "nexmark" / f"{name}.sql").read_text(encoding="utf-8")
        text, count = GENERATOR.subn(f"USING kafka OPTIONS ('topic' = '{topic}')", text)
        if count != 1:
            raise SystemExit(f"{name}: no table USING nexmark")
        text = re.sub(r"^SET events = .*\n", "", text, flags=re.M)
        return self.with_own_topics(name, text)

    def orders(self, topic: str) -> pathlib.Path:
        """The example behind its topic."""
        text = (ROOT / "examples" / "orders" / "pipeline.sql").read_text(encoding="utf-8")
        columns = re.search(r"CREATE TABLE order_feed (\(.*?\n\))", text, re.S)[1]
        rest = text[text.index("-- Real-time"):]
        return self.with_own_topics("orders", f"CREATE TABLE orders {columns} USING kafka OPTIONS ('topic' = '{topic}');\n{rest}")

    def with_own_topics(self, name: str, text: str) -> pathlib.Path:
        """Each run writes to a topic that nobody wrote to before."""
        self.number += 1
        text = re.sub(r"CREATE STREAMING TABLE (\w+) USING kafka(?! TBLPROPERTIES)",
                      lambda m: f"{m[0]} TBLPROPERTIES ('topic' = '{self.prefix}{self.number}-{m[1]}')", text)
        path = self.folder / f"{name}-{self.number}.sql"
        path.write_text(text, encoding="utf-8")
        return path

    # ── latency ──

    def copies(self, engine: str) -> tuple[pathlib.Path, str, str]:
        self.number += 1
        source, target = self.topic(f"{self.number}-in", 1), self.topic(f"{self.number}-out", 1)
        path = self.folder / f"copy-{engine}-{self.number}.sql"
        path.write_text(f"CREATE TABLE o (sent BIGINT) USING kafka OPTIONS ('topic' = '{source}');\n"
                        f"CREATE STREAMING TABLE c USING kafka TBLPROPERTIES ('topic' = '{target}') AS SELECT sent FROM STREAM o;\n",
                        encoding="utf-8")
        return path, source, target

    def latency(self) -> None:
        found = {engine: self.latency_of(engine) for engine in ENGINES}
        for i, what in enumerate(("first row after start, s", "latency p50, ms", "latency p99, ms")):
            a, b = found["weir"][i], found["spark"][i]
            print(f"{what:26} weir {a:9.2f}   Spark {b:9.2f}   ratio {b / a:.1f}", flush=True)

    def latency_of(self, engine: str) -> tuple[float, float, float]:
        """Seconds to the first row; milliseconds at p50 and p99."""
        sql, source, target = self.copies(engine)
        subprocess.run(["kcat", "-b", self.server, "-P", "-t", source], input='{"sent":0}\n', text=True, check=True)
        arrivals: list[tuple[float, int]] = []  # When each row was read, by two clocks, the second less its own time.
        reader = subprocess.Popen(["kcat", "-b", self.server, "-C", "-t", target, "-u", "-q", "-f", "%s\n", "-o", "beginning", "-X",
                                   "isolation.level=read_committed", "-X", "fetch.wait.max.ms=10"], stdout=subprocess.PIPE, text=True)

        def read() -> None:
            for line in reader.stdout:
                arrivals.append((time.monotonic(), time.time_ns() // 1000 - json.loads(line)["sent"]))

        threading.Thread(target=read, daemon=True).start()
        time.sleep(1)
        began = time.monotonic()
        run = subprocess.Popen(self.command(engine, sql, "--quiet"))
        try:
            self.wait_for(arrivals, 1, run, engine)
            first = arrivals[0][0] - began
            time.sleep(3)
            self.send(source)
            self.wait_for(arrivals, 1 + self.latency_records, run, engine)
        finally:
            run.terminate()
            run.wait()
            reader.terminate()
        warm = sorted(late for _, late in arrivals[1 + self.latency_records // 5:])
        return first, warm[len(warm) // 2] / 1000, warm[len(warm) * 99 // 100] / 1000

    def send(self, topic: str) -> None:
        """1,000 records a second, each with the time at which it was sent."""
        writer = subprocess.Popen(["kcat", "-b", self.server, "-P", "-t", topic, "-X", "linger.ms=1"], stdin=subprocess.PIPE, text=True)
        began = time.monotonic()
        for i in range(self.latency_records):
            time.sleep(max(0.0, began + i / 1000 - time.monotonic()))
            writer.stdin.write(f'{{"sent":{time.time_ns() // 1000}}}\n')
            writer.stdin.flush()
        writer.stdin.close()
        writer.wait()

    def wait_for(self, rows: list[tuple[float, int]], count: int, run: subprocess.Popen[bytes], engine: str) -> None:
        until = time.monotonic() + WAIT_S
        while len(rows) < count:
            if run.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{engine}: {len(rows)} of {count} rows came; exit status {run.poll()}")
            time.sleep(0.05)

    def clean(self) -> None:
        for line in self.run("topic", "list", "--format", "json").splitlines():
            name = json.loads(line)["topic"]
            if name.startswith(self.prefix):
                self.run("topic", "delete", name, "--yes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--events", type=int, help="1,000,000")
    parser.add_argument("--only", default=",".join(NAMES), help="of " + ", ".join(NAMES))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    names = options.only.split(",")
    if set(names) - set(NAMES):
        parser.error(f"--only takes names of {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory(prefix="weir-bench-spark-") as folder:
        bench = Bench(options, pathlib.Path(folder))
        try:
            full = [name for name in names if name != "latency"]
            if full:
                bench.throughput(full)
            if "latency" in names:
                bench.latency()
        finally:
            bench.clean()
    return 0


if __name__ == "__main__":
    sys.exit(main())
