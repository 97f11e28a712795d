#!/usr/bin/env python3
"""Measures weir with a real Kafka, beside Kafka's own tools on the same broker, in one run.

usage: kafka.py WEIR [--events N] [--runs N]      (script/services up kafka must have run)

    out of Kafka    a topic of Nexmark events as JSON, decoded and filtered by weir (--once), and read
                    by Kafka's consumer-perf-test, which looks at nothing
    into Kafka      the same events from weir's own log into a topic, exactly once in transactions; and
                    records of the same mean size by producer-perf-test (acks=all, idempotent)
    latency         1,000 records a second through weir, from one topic to another: from the producer's
                    clock to the moment at which a reader of committed records has the row

A run of weir is counted from start to exit, what an empty topic costs taken off. The median of the runs
is shown.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICE = ROOT / "build-services" / "kafka"
BATCH = "CREATE TABLE events (event_type INT, bid STRUCT<auction: BIGINT, bidder: BIGINT, price: BIGINT, " \
        "channel: STRING, url: STRING, dateTime: TIMESTAMP, extra: STRING>, person STRUCT<id: BIGINT, " \
        "name: STRING>, auction STRUCT<id: BIGINT, itemName: STRING>)"


class Bench:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.weir = os.path.abspath(options.weir)
        self.events = options.events
        self.runs = options.runs
        self.folder = folder
        self.server = (SERVICE / "address").read_text(encoding="utf-8").strip()
        self.real = ["--set", f"kafka.bootstrap.servers={self.server}"]
        self.prefix = f"bench{os.getpid()}-"

    def run(self, *args: str, stdin=None) -> float:
        began = time.monotonic()
        done = subprocess.run([self.weir, *args], stdin=stdin, capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise SystemExit(f"weir {' '.join(args)}: {done.stderr}")
        return time.monotonic() - began

    def tool(self, name: str, *args: str) -> str:
        cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
        version = (SERVICE / "version").read_text(encoding="utf-8").strip()
        done = subprocess.run(
            ["java", "-Xmx512m", f"-Dlog4j2.configurationFile={ROOT}/script/service/kafka/log4j2.properties",
             "-cp", f"{cache}/weir/jars/kafka-{version}/*", f"org.apache.kafka.tools.{name}", *args],
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stdout}{done.stderr}")
        return done.stdout

    def topic(self, name: str, partitions: int) -> str:
        self.run("topic", "create", self.prefix + name, "--partitions", str(partitions), *self.real)
        return self.prefix + name

    def pipeline(self, name: str, sql: str) -> str:
        path = self.folder / f"{name}.sql"
        path.write_text(sql, encoding="utf-8")
        return str(path)

    def rate(self, name: str, sql: str, empty: str, count: int) -> float:
        """Rows a second of a pipeline, that of one over an empty topic taken off."""
        rates = []
        for i in range(self.runs):
            data = self.folder / "data"
            seconds = []
            for text in (empty, sql):
                path = self.pipeline(name, text.replace("{run}", f"{i}{len(seconds)}"))
                if name == "into":
                    shutil.copytree(self.folder / "log", data)
                seconds.append(self.run("run", path, "--once", "--quiet", "--workers", "1", "--data",
                                        str(data), *(self.real if name == "out" else [])))
                shutil.rmtree(data)
            rates.append(count / max(seconds[1] - seconds[0], 1e-3))
        return statistics.median(rates)

    def out_of_kafka(self) -> None:
        topic, empty = self.topic("events", 1), self.topic("none", 1)
        self.run("generate", "nexmark", "--count", str(self.events), "--topic", topic, *self.real)
        sql = BATCH + " USING kafka OPTIONS ('topic' = '{}');\n" \
            "CREATE STREAMING TABLE few USING postgres AS SELECT bid.auction, bid.price " \
            "FROM STREAM events WHERE event_type = 2 AND bid.auction % 1000 = 7;"
        ours = self.rate("out", sql.replace("{}", topic), sql.replace("{}", empty), self.events)
        theirs = []
        for i in range(self.runs):
            out = self.tool("ConsumerPerformance", "--bootstrap-server", self.server, "--topic", topic,
                            "--num-records" if i < 0 else "--messages", str(self.events), "--hide-header",
                            "--timeout", "60000", "--group", f"{topic}-{i}")
            fields = [field.strip() for field in out.strip().splitlines()[-1].split(",")]
            theirs.append(float(fields[9])) # Records a second while fetching.
        self.show("out of Kafka", ours, statistics.median(theirs))

    def into_kafka(self) -> None:
        generate = ["generate", "nexmark", "--count", str(self.events), "--topic", "events", "--data",
                    str(self.folder / "log")]
        self.run(*generate)
        self.run("topic", "create", "none", "--data", str(self.folder / "log"))
        sql = BATCH + " USING kafka OPTIONS ('topic' = '{}');\n" \
            "CREATE STREAMING TABLE copy USING kafka TBLPROPERTIES ('topic' = '" + self.prefix + \
            "into{run}', 'kafka.bootstrap.servers' = '" + self.server + "') " \
            "AS SELECT event_type, bid, person, auction FROM STREAM events;"
        ours = self.rate("into", sql.replace("{}", "events"), sql.replace("{}", "none"), self.events)
        described = subprocess.run(
            ["kcat", "-b", self.server, "-C", "-t", self.prefix + "into01", "-o", "beginning", "-c",
             "20000", "-e", "-q",
             "-f", "%S\n"], capture_output=True, text=True, check=False).stdout
        sizes = [int(line) for line in described.split()]
        size = sum(sizes) // max(len(sizes), 1)
        topic = self.topic("perf", 1)
        theirs = []
        for _ in range(self.runs):
            out = self.tool("ProducerPerformance", "--topic", topic, "--num-records", str(self.events),
                            "--record-size", str(size), "--throughput", "-1", "--producer-props",
                            f"bootstrap.servers={self.server}", "acks=all", "enable.idempotence=true",
                            "linger.ms=5", "batch.size=262144")
            theirs.append(float(re.findall(r"([\d.]+) records/sec", out)[-1]))
        self.show(f"into Kafka ({size} bytes)", ours, statistics.median(theirs))

    def show(self, what: str, ours: float, theirs: float) -> None:
        print(f"{what:28} weir {ours:12,.0f} rows/s   Kafka's tool {theirs:12,.0f}   ratio "
              f"{ours / theirs:.2f}", flush=True)

    def latency(self) -> None:
        source, target = self.topic("slow-in", 1), self.topic("slow-out", 1)
        sql = self.pipeline("latency", f"""
CREATE TABLE o (sent BIGINT) USING kafka OPTIONS ('topic' = '{source}');
CREATE STREAMING TABLE c USING kafka TBLPROPERTIES ('topic' = '{target}') AS SELECT sent FROM STREAM o;
""")
        run = subprocess.Popen([self.weir, "run", sql, "--quiet", "--data", str(self.folder / "latency"),
                                *self.real])
        reader = subprocess.Popen(
            ["kcat", "-b", self.server, "-C", "-t", target, "-u", "-q", "-f", "%s\n", "-X",
             "isolation.level=read_committed", "-X", "fetch.wait.max.ms=10"], stdout=subprocess.PIPE,
            text=True)
        writer = subprocess.Popen(["kcat", "-b", self.server, "-P", "-t", source, "-X", "linger.ms=1"],
                                  stdin=subprocess.PIPE, text=True)
        latencies: list = []

        def read() -> None:
            for line in reader.stdout:
                latencies.append(time.time_ns() // 1000 - json.loads(line)["sent"])

        threading.Thread(target=read, daemon=True).start()
        time.sleep(3)
        began = time.monotonic()
        for i in range(15000):
            time.sleep(max(0.0, began + i / 1000 - time.monotonic()))
            writer.stdin.write(f'{{"sent":{time.time_ns() // 1000}}}\n')
            writer.stdin.flush()
        writer.stdin.close()
        writer.wait()
        time.sleep(3)
        run.terminate()
        run.wait()
        reader.terminate()
        warm = sorted(latencies[3000:])
        print(f"latency at 1,000 records/s   p50 {warm[len(warm) // 2] / 1000:.1f} ms   p99 "
              f"{warm[len(warm) * 99 // 100] / 1000:.1f} ms   ({len(latencies)} of 15000 rows)", flush=True)

    def clean(self) -> None:
        out = subprocess.run([self.weir, "topic", "list", "--format", "json", *self.real],
                             capture_output=True, text=True, check=False).stdout
        for line in out.splitlines():
            name = json.loads(line)["topic"]
            if name.startswith(self.prefix):
                self.run("topic", "delete", name, "--yes", *self.real)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--events", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["out", "into", "latency"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        bench = Bench(options, pathlib.Path(folder))
        try:
            if options.only in (None, "out"):
                bench.out_of_kafka()
            if options.only in (None, "into"):
                bench.into_kafka()
            if options.only in (None, "latency"):
                bench.latency()
        finally:
            bench.clean()
    return 0


if __name__ == "__main__":
    sys.exit(main())
