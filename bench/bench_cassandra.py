#!/usr/bin/env python3
"""Measures weir's tables in a real Cassandra beside its own Python driver and our bare client.

usage: bench_cassandra.py WEIR BENCH_CASSANDRA [--rows N] [--runs N]

Needs script/services up cassandra. In one run, in turn, the best of the runs each: rows a second of
200-byte-wide rows keyed by a number (each its own partition) and of rows of few partitions; point
reads by key, p50 and p99; the time from a row's making to its being readable at 1,000 rows a second.
All processes and the server share the machine's cores: take the ratios, not the figures.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "test/integration"))
import cassandra_server  # noqa: E402
import servers  # noqa: E402

KEYSPACE = "weir_bench"
COLUMNS = "id bigint, number bigint, at timestamp, name text"
SOURCE = """CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate
OPTIONS ('rows' = '{rows}', 'rowsPerSecond' = '{rate}');
"""
ONE = SOURCE + """CREATE STREAMING TABLE pipeline USING cassandra TBLPROPERTIES ('primary_key' = 'id')
AS SELECT value AS id, value * 7919 AS number, timestamp AS at,
          'some text of forty bytes, as rows have it' AS name FROM STREAM r;
"""
MANY = SOURCE + """CREATE STREAMING TABLE wide USING cassandra PARTITIONED BY (part)
TBLPROPERTIES ('primary_key' = 'part, id')
AS SELECT value % 100 AS part, value AS id, timestamp AS at,
          'some text of forty bytes, as rows have it' AS name FROM STREAM r;
"""


def percentiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


class Bench:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.options = options
        self.folder = folder
        self.server = cassandra_server.Server(servers.conf())
        self.server.run(
            f"DROP KEYSPACE IF EXISTS {KEYSPACE}",
            f"CREATE KEYSPACE {KEYSPACE} WITH replication = "
            "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}",
            f"CREATE TABLE {KEYSPACE}.client ({COLUMNS}, PRIMARY KEY (id))",
            f"CREATE TABLE {KEYSPACE}.driver ({COLUMNS}, PRIMARY KEY (id))")

    def weir(self, name: str) -> cassandra_server.Weir:
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return cassandra_server.Weir(self.options.weir, self.folder / name, KEYSPACE, {})

    def pipeline(self, text: str, rows: int) -> float:
        """Rows a second, start and end of the process taken off as an empty run has them."""
        file = self.folder / "pipeline.sql"
        took = []
        for count in (1, rows):
            file.write_text(text.format(rows=count, rate=100000000), encoding="utf-8")
            weir = self.weir("data")
            began = time.monotonic()
            weir.run(file, "--drain")
            took.append(time.monotonic() - began)
        if took[1] < 2 * took[0]:
            print(f"(start-up is most of it: {took[0]:.2f} s of {took[1]:.2f} s; give more --rows)")
        return rows / (took[1] - min(took[0], took[1] / 2))

    def client(self, rows: int) -> float:
        conf = servers.conf()
        password = pathlib.Path(conf["cassandra.password.file"]).read_text().strip()
        done = subprocess.run([self.options.client, conf["cassandra.contact.points"],
                               conf["cassandra.username"], password, KEYSPACE, str(rows)],
                              capture_output=True, text=True, check=True)
        return float(done.stdout)

    def driver(self, rows: int) -> float:
        from cassandra import ConsistencyLevel
        from cassandra.concurrent import execute_concurrent_with_args
        session = self.server.session
        insert = session.prepare(f"INSERT INTO {KEYSPACE}.driver (id, number, at, name) "
                                 "VALUES (?, ?, ?, ?)")
        insert.consistency_level = ConsistencyLevel.LOCAL_QUORUM
        began = time.monotonic()
        execute_concurrent_with_args(
            session, insert, ((i, i * 7919, 1700000000000 + i,
                               "some text of forty bytes, as rows have it") for i in range(rows)),
            concurrency=200)
        return rows / (time.monotonic() - began)

    def writes(self) -> None:
        rows = self.options.rows
        few = max(rows // 10, 1000)
        self.client(few), self.driver(few)  # The server's compiler warms up.
        best = {"client": 0.0, "pipeline": 0.0, "wide": 0.0, "driver": 0.0}
        for _ in range(self.options.runs):
            for name, measure in (("client", lambda: self.client(rows)),
                                  ("pipeline", lambda: self.pipeline(ONE, rows)),
                                  ("wide", lambda: self.pipeline(MANY, rows)),
                                  ("driver", lambda: self.driver(few))):
                best[name] = max(best[name], measure())
        for name, what in (("driver", "Python driver, 200 at once"),
                           ("client", "our client alone, 512 at once"),
                           ("pipeline", "pipeline, a partition each row"),
                           ("wide", "pipeline, 100 partitions")):
            print(f"{what:32} {best[name]:10,.0f} rows/s  {best[name] / best['driver']:6.2f} x "
                  f"driver  {best[name] / best['client']:6.2f} x client")

    def reads(self) -> None:
        from cassandra import ConsistencyLevel
        rows, count = self.options.rows, 1000
        keys = [random.Random(3).randrange(rows) for _ in range(count)]
        session = self.server.session
        select = session.prepare(f"SELECT * FROM {KEYSPACE}.client WHERE id = ?")
        select.consistency_level = ConsistencyLevel.LOCAL_QUORUM
        taken: dict[str, list[float]] = {"driver": [], "weir sql": []}
        for key in keys:
            began = time.monotonic()
            assert len(list(session.execute(select, (key,)))) == 1
            taken["driver"].append(time.monotonic() - began)
        weir = cassandra_server.Weir(self.options.weir, self.folder / "data", KEYSPACE, {})
        file = self.folder / "pipeline.sql"
        file.write_text(ONE.format(rows=rows, rate=100000000), encoding="utf-8")
        weir = self.weir("data")
        weir.run(file, "--drain")
        shell = subprocess.Popen([self.options.weir, "sql", *weir.options(), "--persistent"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for key in keys:
            began = time.monotonic()
            request = {"id": "x", "statements": [f"SELECT * FROM pipeline WHERE id = {key}"]}
            shell.stdin.write(json.dumps(request) + "\n")
            shell.stdin.flush()
            answer = json.loads(shell.stdout.readline())
            taken["weir sql"].append(time.monotonic() - began)
            assert answer[0]["rows"][0][0] == key, answer
        shell.stdin.close()
        shell.wait()
        p50, p99 = percentiles(taken["driver"][100:])
        for name, seconds in taken.items():
            one, most = percentiles(seconds[100:])
            print(f"point read, {name:20} p50 {one:6.2f} ms  p99 {most:6.2f} ms   "
                  f"{one / p50:5.2f} x, {most / p99:5.2f} x the driver's")

    def latency(self) -> None:
        """At 1,000 rows a second: each row's age when a reader that looks all the time sees it."""
        text = (SOURCE + """CREATE STREAMING TABLE fresh USING cassandra PARTITIONED BY (one)
TBLPROPERTIES ('primary_key' = 'one, id')
AS SELECT 1 AS one, value AS id, unix_micros(timestamp) AS made FROM STREAM r;
""").format(rows=12000, rate=1000)
        file = self.folder / "fresh.sql"
        file.write_text(text, encoding="utf-8")
        weir = self.weir("fresh")
        process = subprocess.Popen(weir.command(file))
        session = self.server.session
        ages: list[float] = []
        last = -1
        select = None
        end = time.monotonic() + 60
        while last < 11999 and time.monotonic() < end:
            try:
                select = select or session.prepare(
                    f"SELECT id, made FROM {KEYSPACE}.fresh WHERE one = 1 AND id > ?")
                found = list(session.execute(select, (last,)))
            except Exception:  # There is no such table yet.
                time.sleep(0.05)
                continue
            now = time.time()
            for row in found:
                last = max(last, row["id"])
                if row["id"] > 2000:
                    ages.append(now - row["made"] / 1e6)
        process.terminate()
        assert process.wait() == 0 and len(ages) > 5000, (process.returncode, len(ages))
        p50, p99 = percentiles(ages)
        print(f"from made to readable, 1,000 rows/s  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms "
              "(commit.interval 200 ms)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir", type=os.path.abspath)
    parser.add_argument("client", type=os.path.abspath)
    parser.add_argument("--rows", type=int, default=200000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    servers.need("cassandra")
    cassandra_server.use_driver("cassandra")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-bench-cassandra-"))
    try:
        bench = Bench(options, folder)
        bench.writes()
        bench.reads()
        bench.latency()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
