#!/usr/bin/env python3
"""Measures the same pipelines by weir and by Apache Spark, from the same Kafka topic, in one run.

usage: spark.py WEIR [--events N] [--only NAME,...]      (script/services up kafka must have run)

    throughput   five Nexmark queries and the orders example over topics that are full, with --once. Rows a second, CPU
                 seconds (all processes of the run), peak resident memory (their sum), from start to exit. Tables
                 that are no topics stand in files: weir's own store, Spark's Parquet
    start        the time from start until the first row is read in the topic that a projection writes to
    latency      1,000 records a second from a topic to a topic: from the producer's clock to the reader's

Both engines have the machine's cores (weir: --workers, Spark: local[*]). Ratios are what to look at.
"""
import argparse
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

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICE = ROOT / "build-services" / "kafka"
QUERIES = ["q1", "q2", "q7", "q8", "q11"]
GENERATOR = re.compile(r"USING nexmark OPTIONS \(.*?\)")
LATENCY_RECORDS = 15000


def descendants(pid: int) -> list[int]:
    out, left = [], [pid]
    while left:
        each = left.pop()
        out.append(each)
        for children in pathlib.Path(f"/proc/{each}/task").glob("*/children"):
            try:
                left += [int(p) for p in children.read_text().split()]
            except OSError:
                pass  # It has ended.
    return out


class Watch(threading.Thread):
    """CPU and memory of a process and all it starts, looked at ten times a second."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid = pid
        self.cpu: dict[int, float] = {}
        self.peak_mb = 0.0
        self.ended = False
        self.tick = os.sysconf("SC_CLK_TCK")
        self.page = os.sysconf("SC_PAGE_SIZE")

    def run(self) -> None:
        while not self.ended:
            resident = 0
            for pid in descendants(self.pid):
                try:
                    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                self.cpu[pid] = (int(fields[11]) + int(fields[12])) / self.tick
                resident += int(fields[21]) * self.page
            self.peak_mb = max(self.peak_mb, resident / 1e6)
            time.sleep(0.1)

    def seconds(self) -> float:
        return sum(self.cpu.values())


class Bench:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.weir = os.path.abspath(options.weir)
        self.events, self.folder = options.events, folder
        self.server = (SERVICE / "address").read_text(encoding="utf-8").strip()
        self.real = ["--set", f"kafka.bootstrap.servers={self.server}"]
        self.prefix = f"bench-spark-{os.getpid()}-"
        self.number = 0

    def run(self, *args: str) -> str:
        done = subprocess.run([self.weir, *args, *self.real], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"weir {' '.join(args)}: {done.stderr}")
        return done.stdout

    def command(self, engine: str, sql: pathlib.Path, *more: str) -> list[str]:
        self.number += 1
        cores = str(os.cpu_count())
        own = (["--engine", "spark", "--set", "spark.master=local[*]", "--set", f"spark.sql.shuffle.partitions={cores}"]
               if engine == "spark" else ["--workers", cores])
        return [self.weir, "run", str(sql), "--quiet", "--data", str(self.folder / f"run{self.number}"), *self.real, *own, *more]

    def measured(self, engine: str, sql: pathlib.Path) -> tuple[float, float, float]:
        """Wall seconds, CPU seconds, peak MB."""
        began = time.monotonic()
        process = subprocess.Popen(self.command(engine, sql, "--once"), stderr=subprocess.PIPE, text=True)
        watch = Watch(process.pid)
        watch.start()
        _, errors = process.communicate()
        wall = time.monotonic() - began
        watch.ended = True
        watch.join()
        if process.returncode:
            raise SystemExit(f"{engine}, {sql.name}: status {process.returncode}: {errors[-2000:]}")
        return wall, watch.seconds(), watch.peak_mb

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

    def throughput(self, only: list[str]) -> None:
        topic, orders = self.prefix + "events", self.prefix + "orders"
        self.run("generate", "nexmark", "--count", str(self.events), "--topic", topic, "--partitions", "2")
        self.run("generate", "orders", "--count", str(self.events), "--topic", orders, "--partitions", "2")
        print(f"{'':8} {'rows/s':>21} {'':>7} {'CPU s':>15} {'':>7} {'peak MB':>15}\n"
              f"{'':8} {'weir':>10} {'Spark':>10} {'ratio':>7} {'weir':>7} {'Spark':>7} {'ratio':>7} {'weir':>7} {'Spark':>7} {'ratio':>7}")
        ratios = []
        for name in QUERIES + ["orders"]:
            if only and name not in only:
                continue
            found = {}
            for engine in ("weir", "spark"):
                found[engine] = self.measured(engine, self.orders(orders) if name == "orders" else self.nexmark(name, topic))
            a, b = found["weir"], found["spark"]
            ratios.append(b[0] / a[0])
            print(f"{name:8} {self.events / a[0]:10,.0f} {self.events / b[0]:10,.0f} {b[0] / a[0]:7.1f} {a[1]:7.1f} {b[1]:7.1f} "
                  f"{b[1] / a[1]:7.1f} {a[2]:7.0f} {b[2]:7.0f} {b[2] / a[2]:7.1f}", flush=True)
        if ratios:
            print(f"median ratio of rows/s: {statistics.median(ratios):.1f}", flush=True)

    def copies(self, engine: str) -> tuple[pathlib.Path, str, str]:
        self.number += 1
        source, target = f"{self.prefix}{self.number}-in", f"{self.prefix}{self.number}-out"
        self.run("topic", "create", source, "--partitions", "1")
        self.run("topic", "create", target, "--partitions", "1")
        path = self.folder / f"copy-{engine}-{self.number}.sql"
        path.write_text(f"CREATE TABLE o (sent BIGINT) USING kafka OPTIONS ('topic' = '{source}');\n"
                        f"CREATE STREAMING TABLE c USING kafka TBLPROPERTIES ('topic' = '{target}') AS SELECT sent FROM STREAM o;\n",
                        encoding="utf-8")
        return path, source, target

    def reader(self, target: str) -> subprocess.Popen[str]:
        return subprocess.Popen(["kcat", "-b", self.server, "-C", "-t", target, "-u", "-q", "-f", "%s\n", "-o", "beginning", "-X",
                                 "isolation.level=read_committed", "-X", "fetch.wait.max.ms=10"], stdout=subprocess.PIPE, text=True)

    def latency(self) -> None:
        found = {engine: self.latency_of(engine) for engine in ("weir", "spark")}
        for i, what in enumerate(("first row after start, s", "latency p50, ms", "latency p99, ms")):
            a, b = found["weir"][i], found["spark"][i]
            print(f"{what:26} weir {a:9.2f}   Spark {b:9.2f}   ratio {b / a:.1f}", flush=True)

    def latency_of(self, engine: str) -> tuple[float, float, float]:
        sql, source, target = self.copies(engine)
        reader = self.reader(target)
        writer = subprocess.Popen(["kcat", "-b", self.server, "-P", "-t", source, "-X", "linger.ms=1"], stdin=subprocess.PIPE, text=True)
        writer.stdin.write(f'{{"sent":{time.time_ns() // 1000}}}\n')
        writer.stdin.flush()
        time.sleep(1)
        began = time.monotonic()
        run = subprocess.Popen(self.command(engine, sql))
        reader.stdout.readline()
        first = time.monotonic() - began
        latencies: list[int] = []

        def read() -> None:
            for line in reader.stdout:
                latencies.append(time.time_ns() // 1000 - json.loads(line)["sent"])

        threading.Thread(target=read, daemon=True).start()
        time.sleep(3)
        began = time.monotonic()
        for i in range(LATENCY_RECORDS):
            time.sleep(max(0.0, began + i / 1000 - time.monotonic()))
            writer.stdin.write(f'{{"sent":{time.time_ns() // 1000}}}\n')
            writer.stdin.flush()
        writer.stdin.close()
        writer.wait()
        until = time.monotonic() + 60
        while len(latencies) < LATENCY_RECORDS and time.monotonic() < until:
            time.sleep(0.1)
        run.terminate()
        run.wait()
        reader.terminate()
        if len(latencies) < LATENCY_RECORDS:
            raise SystemExit(f"{engine}: {len(latencies)} of {LATENCY_RECORDS} rows came")
        warm = sorted(latencies[LATENCY_RECORDS // 5:])
        return first, warm[len(warm) // 2] / 1000, warm[len(warm) * 99 // 100] / 1000

    def clean(self) -> None:
        for line in self.run("topic", "list", "--format", "json").splitlines():
            name = json.loads(line)["topic"]
            if name.startswith(self.prefix):
                self.run("topic", "delete", name, "--yes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--events", type=int, default=1000000)
    parser.add_argument("--only", default="", help="of q1, q2, q7, q8, q11, orders, latency")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    with tempfile.TemporaryDirectory(prefix="weir-bench-spark-") as folder:
        bench = Bench(options, pathlib.Path(folder))
        try:
            if only != ["latency"]:
                bench.throughput(only)
            if not only or "latency" in only:
                bench.latency()
        finally:
            bench.clean()
    return 0


if __name__ == "__main__":
    sys.exit(main())
