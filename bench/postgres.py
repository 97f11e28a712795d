#!/usr/bin/env python3
"""Measures weir writing into PostgreSQL, next to psql's COPY of the same rows in the same run.

usage: postgres.py WEIR [--rows N] [--runs N] [--rate R] [--seconds S]

Needs the server of `script/services up postgres`.

Bulk: a topic of orders as JSON goes into a table, appended and upserted by key; psql copies the same
rows, as CSV, into a table of the same shape (for the upsert: into a temporary table, and from there
with INSERT … ON CONFLICT, as one would by hand). Counted is from start to exit of either program, the
start-up of weir on an empty topic taken off.

Latency: a running pipeline; records are produced one by one, and a psql that stays connected asks for
the row until it is there: from before the record is handed to `weir topic produce` to the answer.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test" / "integration"))
import servers

COLUMNS = "order_id bigint, customer_id bigint, category text, price numeric(10,2), quantity integer, ts timestamptz"
SOURCE = """
CREATE TABLE orders (order_id BIGINT, customer_id BIGINT, category STRING, price DECIMAL(10,2), quantity INT,
                     ts TIMESTAMP) USING kafka OPTIONS ('format' = 'json');
"""
APPEND = SOURCE + "CREATE STREAMING TABLE target USING postgres AS SELECT * FROM STREAM orders;\n"
UPSERT = SOURCE + """CREATE STREAMING TABLE target USING postgres TBLPROPERTIES ('primary_key' = 'order_id')
AS SELECT * FROM STREAM orders;\n"""


class Bench:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.options = options
        self.folder = folder
        self.db = servers.Database()

    def weir(self, *args: str) -> float:
        began = time.monotonic()
        subprocess.run([self.options.weir, *args], check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began

    def generate(self, data: pathlib.Path, count: int) -> None:
        self.weir("topic", "create", "orders", "--data", str(data), "--partitions", "2")
        if count:
            self.weir("generate", "orders", "--count", str(count), "--topic", "orders", "--data", str(data))

    def run_weir(self, name: str, sql: str, source: pathlib.Path) -> float:
        """Seconds of one run over a copy of the topic, into an empty table."""
        data, path = self.folder / "run", self.folder / f"{name}.sql"
        path.write_text(sql, encoding="utf-8")
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(source, data)
        self.db.psql("DROP TABLE IF EXISTS target, weir_epoch; CHECKPOINT")
        return self.weir("run", str(path), "--once", "--quiet", "--data", str(data), *self.db.settings())

    def run_psql(self, key: str, commands: list[str]) -> float:
        self.db.psql(f"DROP TABLE IF EXISTS target; CREATE TABLE target ({COLUMNS}{key}); CHECKPOINT")
        began = time.monotonic()
        subprocess.run(["psql", "-X", "-q", "-d", self.db.name, *[text for c in commands for text in ("-c", c)]],
                       env=servers.postgres_environment(), check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began

    def bulk(self) -> None:
        count, runs = self.options.rows, self.options.runs
        full, empty = self.folder / "full", self.folder / "empty"
        csv = self.folder / "orders.csv"
        self.generate(full, count)
        self.generate(empty, 0)
        with open(csv, "wb") as file:
            subprocess.run([self.options.weir, "generate", "orders", "--count", str(count), "--format", "csv"],
                           check=True, stdout=file)
        with open(csv, encoding="utf-8") as file:
            header = "true" if file.readline().startswith("order_id") else "false"
        copy = f"FROM '{csv}' WITH (FORMAT csv, HEADER {header})"
        cases = {
            "append": (APPEND, "", [f"\\copy target {copy}"]),
            "upsert": (UPSERT, ", PRIMARY KEY (order_id)", [
                f"CREATE TEMPORARY TABLE stage ({COLUMNS})", f"\\copy stage {copy}",
                "INSERT INTO target SELECT * FROM stage ON CONFLICT (order_id) DO UPDATE SET customer_id = "
                "EXCLUDED.customer_id, category = EXCLUDED.category, price = EXCLUDED.price, quantity = "
                "EXCLUDED.quantity, ts = EXCLUDED.ts"]),
        }
        print(f"{count:,} orders, {os.cpu_count()} cores, median of {runs}")
        print(f"{'':10} {'weir rows/s':>14} {'psql rows/s':>14} {'ratio':>7}")
        for name, (sql, key, commands) in cases.items():
            weir, psql = [], []
            for _ in range(runs):  # In turns, so that a busy machine is busy for both.
                start = self.run_weir(name, sql, empty)
                weir.append(self.run_weir(name, sql, full) - start)
                assert self.db.psql("SELECT count(*) FROM target") == str(count)
                psql.append(self.run_psql(key, commands))
                assert self.db.psql("SELECT count(*) FROM target") == str(count)
            ours, theirs = count / statistics.median(weir), count / statistics.median(psql)
            print(f"{name:10} {ours:14,.0f} {theirs:14,.0f} {ours / theirs:7.2f}")

    def latency(self) -> None:
        data, path = self.folder / "live", self.folder / "live.sql"
        path.write_text("""CREATE TABLE sent (n BIGINT) USING kafka OPTIONS ('format' = 'json');
            CREATE STREAMING TABLE arrived USING postgres TBLPROPERTIES ('primary_key' = 'n')
            AS SELECT n FROM STREAM sent;""", encoding="utf-8")
        run = subprocess.Popen([self.options.weir, "run", str(path), "--quiet", "--data", str(data),
                                *self.db.settings()])
        psql = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", self.db.name], text=True,
                                env=servers.postgres_environment(), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, bufsize=1)
        while not (data / "socket").exists():
            time.sleep(0.05)
        produce = subprocess.Popen([self.options.weir, "topic", "produce", "sent", "--data", str(data)],
                                   text=True, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, bufsize=1)
        took = []
        until = time.monotonic() + self.options.seconds
        while time.monotonic() < until or len(took) < 20:
            n = len(took) + 1
            began = time.monotonic()
            produce.stdin.write(f'{{"n": {n}}}\n')
            produce.stdin.flush()
            while True:
                psql.stdin.write(f"SELECT count(*) FROM arrived WHERE n = {n};\n")
                psql.stdin.flush()
                if psql.stdout.readline().strip() == "1":
                    break
            took.append((time.monotonic() - began) * 1000)
            time.sleep(0.002)
        for process in (produce, psql):
            process.stdin.close()
            process.wait()
        run.terminate()
        run.wait()
        took = sorted(took[5:])
        print(f"latency, produced to readable: p50 {took[len(took) // 2]:.1f} ms, "
              f"p99 {took[int(len(took) * 0.99)]:.1f} ms ({len(took)} records, one at a time)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--rows", type=int, default=2000000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    servers.need("postgres")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-bench-"))
    bench = Bench(options, folder)
    try:
        bench.bulk()
        bench.latency()
    finally:
        bench.db.drop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
