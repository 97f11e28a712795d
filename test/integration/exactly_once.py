#!/usr/bin/env python3
"""Kills weir and the servers behind it at random moments; afterwards every row must be there once.

usage: exactly_once.py WEIR SERVER[,SERVER...] [--kills N] [--seed S] [--rows N] [--workers N]

The orders example, with a table more that is appended to, runs over the same finite data-generation
API twice: undisturbed with every role embedded, and with the roles of the SERVERs (postgres, …) real,
killed again and again (SIGKILL; weir, and now and then a server, which is started again under the
running weir). With kafka among them the topic between the flows is a real one. Then each table is read
with its server's own client and must hold the rows of the undisturbed run and of the generator's answer
key. WEIR_TEST_LONG=1: 50 kills.

To add a server: a class below that makes a place of the test's own, gives weir's settings, and reads
a table as rows of text.
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
import time

import cassandra_server
import kafka_service
import servers
from kills import Feed, kill_often

MORE = """
-- Appended to: a row that came twice would be there twice.
CREATE STREAMING TABLE order_log USING postgres
AS SELECT order_id, customer_id, price, quantity, ts FROM STREAM orders;
"""

# By table: its role, its columns as text. Both sides are ordered here.
TABLES = {
    "revenue_by_minute": ("cassandra", ["category", "minute", "revenue", "orders"]),
    "order_history": ("postgres", ["order_id", "customer_id", "category", "price", "quantity", "ts"]),
    "order_log": ("postgres", ["order_id", "customer_id", "price", "quantity", "ts"]),
    "daily_revenue": ("postgres", ["day", "category", "revenue"]),
    "orders": ("kafka", ["order_id", "customer_id", "category", "price", "quantity", "ts"]),
}


class Postgres:
    role = "postgres"

    def __init__(self):
        self.database = servers.Database()

    def settings(self) -> list[str]:
        return self.database.settings()

    def rows(self, table: str, columns: list[str]) -> list[list[str]]:
        texts = ", ".join(f'"{column}"::text' for column in columns)
        lines = self.database.rows(f"SET timezone TO 'UTC'; SELECT json_build_array({texts}) FROM {table}")
        return [[plain(value) for value in json.loads(line)] for line in lines]

    def done(self) -> None:
        self.database.drop()


class Cassandra:
    """Its driver would hold on to the connections of a server that was killed: one a question."""
    role = "cassandra"

    def __init__(self):
        self.keyspace = f"weir_once_{os.getpid()}"

    def settings(self) -> list[str]:
        return [text for key, value in servers.conf().items() if key.startswith("cassandra.")
                for text in ("--set", f"{key}={value}")] + ["--set", f"cassandra.keyspace={self.keyspace}"]

    def rows(self, table: str, columns: list[str]) -> list[list[str]]:
        server = cassandra_server.Server(servers.conf())
        rows = [[plain(row[column]) for column in columns]
                for row in server.rows(f"SELECT * FROM {self.keyspace}.{table}")]
        server.close()
        return rows

    def done(self) -> None:
        server = cassandra_server.Server(servers.conf())
        server.run(f"DROP KEYSPACE IF EXISTS {self.keyspace}")
        server.close()


class Kafka:
    role = "kafka"

    def settings(self) -> list[str]:
        return ["--set", f"kafka.bootstrap.servers={servers.conf()['kafka.bootstrap.servers']}"]

    def rows(self, table: str, columns: list[str]) -> list[list[str]]:
        return [[plain(json.loads(line, parse_float=str).get(column)) for column in columns]
                for line in kafka_service.records("kafka", TOPIC)]

    def done(self) -> None:
        pass


SERVERS = {"postgres": Postgres, "cassandra": Cassandra, "kafka": Kafka}
# Of this run alone.
TOPIC = f"orders-{os.getpid()}"


def plain(value) -> str | None:
    """A value as CAST AS STRING writes it: times without zone and trailing zeros."""
    if value is None:
        return None
    text = re.sub(r"(\d{4}-\d\d-\d\d)T", r"\1 ", str(value))
    text = re.sub(r"(Z|\+00(:00)?)$", "", text) if ":" in text else text
    return re.sub(r"(:\d\d)\.(\d*?)0+$", lambda match: match[1] + ("." + match[2] if match[2] else ""), text)


class Test:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.options = options
        self.folder = folder
        self.random = random.Random(options.seed)
        self.feed = Feed(options.weir, options.rows)
        example = pathlib.Path(servers.ROOT) / "examples/orders/pipeline.sql"
        self.pipeline = folder / "pipeline.sql"
        # A server is away for longer than a partition has to be silent to be held for idle: its rows were late then.
        text = example.read_text(encoding="utf-8").replace(
            "'topic' = 'orders'", f"'topic' = '{TOPIC}', 'idle_timeout' = '1 hour'")
        self.pipeline.write_text(text + MORE, encoding="utf-8")
        self.server_kills = dict.fromkeys(options.servers, 0)
        self.servers = [SERVERS[name]() for name in options.servers]
        self.settings = [text for server in self.servers for text in server.settings()]

    def command(self, data: pathlib.Path, settings: list[str]) -> list[str]:
        return [self.options.weir, "run", str(self.pipeline), "--quiet", "--data", str(data),
                "--set", f"feed={self.feed.address}", "--set", "commit.interval=10 ms",
                "--set", "outage.patience=5 minutes", "--workers", str(self.options.workers), *settings]

    def kill_server(self, kill: int) -> bool:
        """At every third kill of weir a server dies before it, each in its turn, and comes back under it."""
        if kill % 3 != 2:
            return False
        name = self.options.servers[kill // 3 % len(self.options.servers)]
        self.server_kills[name] += 1
        servers.service("kill", name)
        time.sleep(self.random.uniform(0, 0.5))
        servers.service("up", name)
        time.sleep(self.random.uniform(0, 1))
        return True

    def run_disturbed(self, data: pathlib.Path) -> None:
        command = self.command(data, self.settings)
        kill_often(command, data, self.feed, self.options.kills, self.random, disturb=self.kill_server)
        print(f"servers killed: {', '.join(f'{name} {count} times' for name, count in self.server_kills.items())}",
              flush=True)
        subprocess.run([*command, "--drain"], check=True)

    def embedded_rows(self, data: pathlib.Path, settings: list[str], table: str,
                      columns: list[str]) -> list[list[str]]:
        texts = ", ".join(f"CAST({column} AS STRING)" for column in columns)
        out = subprocess.run([self.options.weir, "sql", "--data", str(data), "--format", "json", *settings,
                              "-e", f"SELECT {texts} FROM {table}"], capture_output=True, text=True, check=False)
        answer = json.loads(out.stdout.splitlines()[0])
        if "error" in answer:
            raise SystemExit(f"{table}: {answer['error']}")
        return answer["rows"]

    def run(self) -> int:
        quiet, killed = self.folder / "quiet", self.folder / "killed"
        failures = 0
        try:
            subprocess.run([*self.command(quiet, []), "--drain"], check=True)
            self.run_disturbed(killed)
            for table, (role, columns) in TABLES.items():
                key = lambda row: [value or "" for value in row]
                expected = sorted(self.embedded_rows(quiet, [], table, columns), key=key)
                real = [server for server in self.servers if server.role == role]
                got = sorted(real[0].rows(table, columns) if real
                             else self.embedded_rows(killed, self.settings, table, columns), key=key)
                failures += not self.compare(f"{table} ({'real' if real else 'embedded'})", expected, got)
            failures += self.compare_answers(killed)
        finally:
            self.feed.close()
            for server in self.servers:
                server.done()
        return 1 if failures else 0

    @staticmethod
    def compare(name: str, expected: list, got: list) -> bool:
        same = expected == got
        print(f"{'ok  ' if same else 'FAIL'} {name}: {len(got)} rows"
              + ("" if same else f", undisturbed {len(expected)}"))
        if not same:
            there, wanted = set(map(str, got)), set(map(str, expected))
            print(f"     missing {[row for row in expected if str(row) not in there][:3]}")
            print(f"     extra   {[row for row in got if str(row) not in wanted][:3]}")
            print(f"     {len(got) - len(there)} of them more than once")
        return same

    def compare_answers(self, data: pathlib.Path) -> int:
        answers = self.feed.answers()
        sql = subprocess.run([self.options.weir, "sql", "--data", str(data), "--format", "json", *self.settings,
                              "-e", "SELECT count(*), sum(price * quantity) FROM order_history"],
                             capture_output=True, text=True, check=True)
        count, revenue = json.loads(sql.stdout.splitlines()[0])["rows"][0]
        failures = 0
        for what, expected, got in [("distinct orders", answers["valid"]["records"], count),
                                    ("their sum", answers["valid"]["revenue"], revenue)]:
            same = str(expected) == str(got)
            failures += not same
            print(f"{'ok  ' if same else 'FAIL'} {what}: {got}"
                  + ("" if same else f", the answer key says {expected}"))
        return failures


def main() -> int:
    long = bool(os.environ.get("WEIR_TEST_LONG"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("servers", type=lambda text: text.split(","))
    parser.add_argument("--kills", type=int, default=50 if long else 10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=400000 if long else 60000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    servers.need(*options.servers)
    if "cassandra" in options.servers:
        cassandra_server.use_driver("cassandra")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-once-"))
    try:
        return Test(options, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
