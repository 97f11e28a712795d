#!/usr/bin/env python3
"""weir against a real Apache Kafka: 4.x in KRaft mode, and 3.9 with ZooKeeper.

usage: test_kafka.py WEIR [SERVICE [TEST...]]       SERVICE: kafka, kafka3, kafka_cluster

kafka_cluster is started if it does not run, and stopped then; the others must run.
What is written is read back with kcat, committed records alone, and compared with the generator's own
records or with what the same pipeline does over weir's own topics. WEIR_TEST_LONG=1: 50 kills.
"""
import collections
import contextlib
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

import kafka_service as kafka
import servers

LONG = bool(os.environ.get("WEIR_TEST_LONG"))
ORDER_COLUMNS = ("order_id BIGINT NOT NULL, customer_id BIGINT, category STRING, "
                 "price DECIMAL(10,2), quantity INT, ts TIMESTAMP")


class Test:
    def __init__(self, weir: str, service: str, folder: pathlib.Path):
        self.weir = os.path.abspath(weir)
        self.service = service
        self.folder = folder
        self.prefix = f"t{os.getpid()}-"
        self.real = ["--set", f"kafka.bootstrap.servers={kafka.told(service, 'address')}"]
        self.random = random.Random(7)

    # ── helpers ───────────────────────────────────────────────────────────────────────────────────

    def run(self, *args: str, status: int = 0, stdin: str = "") -> tuple:
        done = subprocess.run([self.weir, *args], input=stdin, capture_output=True, text=True,
                              check=False)
        assert done.returncode == status, (f"weir {' '.join(args)}: status {done.returncode}, not "
                                           f"{status}\n{done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    @contextlib.contextmanager
    def silent_broker(self):
        """A broker that answers nothing meanwhile, and keeps its connections (SIGSTOP)."""
        broker = int(kafka.told(self.service, "pid"))
        os.killpg(broker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(broker, signal.SIGCONT)

    def topic(self, name: str, partitions: int = 1, *args: str) -> str:
        full = self.prefix + name
        self.run("topic", "create", full, "--partitions", str(partitions), *args, *self.real)
        return full

    def remove_topics(self) -> None:
        """All that the tests made."""
        names = self.run("topic", "list", "--format", "json", *self.real)[0].splitlines()
        for name in (json.loads(line)["topic"] for line in names):
            if name.startswith(self.prefix):
                self.run("topic", "delete", name, "--yes", *self.real)

    def pipeline(self, name: str, sql: str) -> str:
        path = self.folder / f"{name}.sql"
        path.write_text(sql, encoding="utf-8")
        return str(path)

    def data(self, name: str) -> str:
        path = self.folder / f"data-{name}"
        return str(path)

    def rows(self, data: str, sql: str, *args: str) -> list:
        out, _ = self.run("sql", "--data", data, "--format", "json", "-e", sql, *args)
        answer = json.loads(out.splitlines()[-1])
        assert "rows" in answer, f"{sql}: {answer}"
        return answer["rows"]

    def start(self, *args: str) -> subprocess.Popen:
        return subprocess.Popen([self.weir, *args], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)

    def wait_until(self, what: str, condition, seconds: float = 120):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = condition()
            if found:
                return found
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s: {what}")

    # ── the same rows over weir's own topics and over Kafka ───────────────────────────────────────

    def a_chain_of_topics_gives_the_same_rows_as_embedded(self) -> None:
        orders = self.folder / "orders.ndjson"
        orders.write_text(self.run("generate", "orders", "--count", "5000", "--late", "0.01",
                                   "--malformed", "0.01")[0], encoding="utf-8")
        sql = self.pipeline("chain", f"""
CREATE TABLE feed ({ORDER_COLUMNS}) USING json OPTIONS ('path' = '{orders}');
CREATE STREAMING TABLE orders USING kafka
TBLPROPERTIES ('topic' = '{self.prefix}chain', 'key' = 'customer_id', 'partitions' = '4',
               'compression' = 'lz4')
AS SELECT * FROM STREAM feed;
CREATE STREAMING TABLE minutes USING kafka
TBLPROPERTIES ('topic' = '{self.prefix}minutes', 'key' = 'category, minute', 'output_mode' = 'append')
AS SELECT category, window.start AS minute, count(*) AS n, sum(price * quantity) AS amount
   FROM STREAM orders WATERMARK ts DELAY OF INTERVAL 30 SECONDS
   GROUP BY window(ts, '1 minute'), category;
CREATE STREAMING TABLE result USING postgres TBLPROPERTIES ('primary_key' = 'category, minute')
AS SELECT * FROM STREAM minutes;
""")
        found = {}
        for how, settings in (("embedded", []), ("real", self.real)):
            data = self.data(f"chain-{how}")
            self.run("run", sql, "--drain", "--quiet", "--data", data, *settings)
            found[how] = self.rows(data, "SELECT * FROM result ORDER BY category, minute")
            again = self.run("run", sql, "--drain", "--quiet", "--data", data, *settings)
            assert again, "a second run"
        assert found["real"], "no rows"
        assert found["real"] == found["embedded"]
        embedded = [json.loads(line) for line in
                    self.run("topic", "consume", f"{self.prefix}chain", "--format", "json",
                             "--data", self.data("chain-embedded"))[0].splitlines()]
        real = kafka.records(self.service, f"{self.prefix}chain", "%p %k %s\n")
        assert len(real) == len(embedded) > 4000
        # Same records, in the same partitions, in the same order of each.
        assert sorted(real, key=lambda line: line.split(" ", 1)[0]) == [
            f"{record['partition']} {record['key']} {record['value']}" for record in embedded]

    def keys_headers_and_places_are_columns(self) -> None:
        topic = self.topic("meta", 2, "--retention", "9999 days")  # Old timestamps.
        records = [{"key": "k1", "value": "{\"a\":1}", "timestamp": "2026-01-01T00:00:01.000Z",
                    "headers": [{"key": "h", "value": "x"}, {"key": "h", "value_hex": "00ff"}]},
                   {"key": "k2", "value": "{\"a\":2}", "timestamp": "2026-01-01T00:00:02.000Z"},
                   {"key": "k1", "value": None, "timestamp": "2026-01-01T00:00:03.000Z"},
                   {"key": "k3", "value": "{\"a\":4}", "timestamp": "2026-01-01T00:00:04.500Z"},
                   # Without a key it may lie anywhere.
                   {"key": None, "value": "{\"a\":5}", "timestamp": "2026-01-01T00:00:05.000Z"}]
        lines = "".join(json.dumps(record) + "\n" for record in records)
        sql = self.pipeline("meta", f"""
CREATE TABLE r (a INT, k STRING, key BINARY, p INT, at BIGINT, time TIMESTAMP,
                headers ARRAY<STRUCT<key: STRING, value: BINARY>>, topic STRING)
USING kafka OPTIONS ('topic' = '{topic}', 'metadata' =
  'k = key, key, p = partition, at = offset, time = timestamp, headers, topic');
CREATE STREAMING TABLE result USING postgres AS SELECT * FROM STREAM r;
""")
        found = {}
        for how, settings in (("embedded", []), ("real", self.real)):
            data = self.data(f"meta-{how}")
            where = settings or ["--data", data]
            if how == "embedded":
                self.run("topic", "create", topic, "--partitions", "2", "--data", data)
            self.run("topic", "produce", topic, "--format", "json", *where, stdin=lines)
            self.run("run", sql, "--once", "--quiet", "--data", data, *settings)
            found[how] = self.rows(
                data, "SELECT a, k, key, CASE WHEN k IS NOT NULL THEN p END, CASE WHEN k IS NOT NULL "
                "THEN at END, time, headers, topic FROM result ORDER BY time")
            # The record without a value has no row in a stream, and one of NULLs in a batch.
            assert self.rows(data, "SELECT count(a), max(time) FROM r", *settings) == \
                self.rows(data, "SELECT count(a), max(time) FROM result")
            for starting, count in (("2026-01-01 00:00:02", 3), ("0:1000,1:1000", 0)):
                data = self.data(f"meta-{how}-{count}")
                shutil.rmtree(data, ignore_errors=True)
                if how == "embedded":
                    shutil.copytree(self.data(f"meta-{how}"), data)
                where = self.pipeline(f"meta-{count}", pathlib.Path(sql).read_text(encoding="utf-8")
                                      .replace("OPTIONS (", f"OPTIONS ('starting' = '{starting}', ")
                                      .replace("TABLE r ", "TABLE r2 ").replace("STREAM r", "STREAM r2")
                                      .replace("TABLE result", "TABLE result2"))
                self.run("run", where, "--once", "--quiet", "--data", data, *settings)
                got = self.rows(data, "SELECT count(*) FROM result2")
                assert got == [[str(count)]] or got == [[count]], (how, starting, got)
        assert found["real"] == found["embedded"], found
        assert len(found["real"]) == 4, "the record without a value is no row"

    def topics_as_others_have_them_are_read(self) -> None:
        """Without a record, compacted, with the broker's time, with a key of nearly a megabyte."""
        empty, compacted = self.topic("empty", 2), self.topic("compacted", 1)
        stamped, huge = self.topic("stamped", 1), self.topic("huge", 1)
        kafka.set_topic(self.service, stamped, "message.timestamp.type=LogAppendTime")
        for setting in ("cleanup.policy=compact", "segment.ms=100", "min.cleanable.dirty.ratio=0.001"):
            kafka.set_topic(self.service, compacted, setting)

        def produce(topic: str, *records: dict) -> None:
            self.run("topic", "produce", topic, "--format", "json", *self.real,
                     stdin="".join(json.dumps(record) + "\n" for record in records))

        def read(topic: str, columns: str, metadata: str) -> list:
            name = topic[len(self.prefix):]
            sql = self.pipeline(name, f"""
CREATE TABLE r ({columns}) USING kafka OPTIONS ('topic' = '{topic}', 'metadata' = '{metadata}');
CREATE STREAMING TABLE s USING postgres AS SELECT * FROM STREAM r;
""")
            self.run("run", sql, "--once", "--quiet", "--data", self.data(name), *self.real)
            return self.rows(self.data(name), "SELECT * FROM s")

        assert read(empty, "a INT, o BIGINT", "o = offset") == []
        produce(stamped, {"value": '{"a": 1}', "timestamp": "2020-01-01T00:00:00.000Z"})
        found = read(stamped, "a INT, at TIMESTAMP, type INT", "at = timestamp, type = timestampType")
        assert len(found) == 1 and found[0][1] > "2021" and str(found[0][2]) == "1", found
        produce(huge, {"key": "k" * 900000, "value": '{"a": 1}'})
        found = read(huge, "a INT, k STRING", "k = key")
        assert [row[1] for row in found] == ["k" * 900000], len(found)
        for i in range(3):
            produce(compacted, *({"key": f"k{j}", "value": json.dumps({"a": i * 10 + j})} for j in range(3)))
            time.sleep(1)
        found = {int(row[0]) for row in read(compacted, "a INT, k STRING", "k = key")}
        assert {20, 21, 22} <= found <= {0, 1, 2, 10, 11, 12, 20, 21, 22}, found

    def examples_give_the_same_rows_as_embedded(self) -> None:
        root = pathlib.Path(servers.ROOT) / "examples"
        topic = self.topic("events", 3)
        generate = ["generate", "nexmark", "--count", "20000", "--topic", topic, "--partitions", "3"]
        own = self.data("events")
        self.run(*generate, "--data", own)
        self.run(*generate, *self.real)
        for query in ("q1", "q2", "q5", "q7", "q8"):
            text = (root / "nexmark" / f"{query}.sql").read_text(encoding="utf-8")
            text = re.sub(r"USING nexmark OPTIONS \([^)]*\)",
                          f"USING kafka OPTIONS ('topic' = '{topic}')", text)
            assert topic in text, query
            text = re.sub(rf"(TABLE {query} USING kafka)( TBLPROPERTIES \()?",
                          lambda m: f"{m[1]} TBLPROPERTIES ('topic' = '{self.prefix}{query}'"
                          + (", " if m[2] else ")"), text)
            sql = self.pipeline(query, text)
            found = {}
            for how, settings in (("embedded", []), ("real", self.real)):
                data = self.data(f"{query}-{how}")
                if how == "embedded":
                    shutil.copytree(own, data)
                self.run("run", sql, "--drain", "--quiet", "--data", data, *settings)
                rows = self.rows(data, f"SELECT * FROM {query}", *settings)
                found[how] = sorted(map(json.dumps, rows))
            assert found["real"] and found["real"] == found["embedded"], query

    def the_orders_example_gives_the_same_rows_as_embedded(self) -> None:
        example = pathlib.Path(servers.ROOT) / "examples" / "orders" / "pipeline.sql"
        text = example.read_text(encoding="utf-8").replace("'topic' = 'orders'",
                                                           f"'topic' = '{self.prefix}orders'")
        sql = self.pipeline("orders", text)
        api = subprocess.Popen([self.weir, "generate", "--listen", "127.0.0.1:0", "--unpaced",
                                "--total", "3000", "--rate", "50", "--late", "0.01"],
                               stdout=subprocess.PIPE, text=True)
        try:
            feed = re.search(r"listening on (\S+)", api.stdout.readline())[1]
            found = {}
            for how, settings in (("embedded", []), ("real", self.real)):
                data = self.data(f"orders-{how}")
                self.run("run", sql, "--drain", "--quiet", "--data", data, "--set", f"feed={feed}",
                         *settings)
                found[how] = [self.rows(data, f"SELECT * FROM {table}") for table in
                              ("revenue_by_minute", "order_history", "daily_revenue")]
                found[how] = [sorted(map(json.dumps, rows)) for rows in found[how]]
            assert all(found["real"]) and found["real"] == found["embedded"]
        finally:
            api.kill()
            api.wait()

    # ── exactly once ──────────────────────────────────────────────────────────────────────────────

    def copy_pipeline(self, name: str, source: str, target: str) -> str:
        return self.pipeline(name, f"""
CREATE TABLE o ({ORDER_COLUMNS}) USING kafka OPTIONS ('topic' = '{source}');
CREATE STREAMING TABLE c USING kafka TBLPROPERTIES ('topic' = '{target}', 'key' = 'customer_id')
AS SELECT order_id, customer_id, price * quantity AS amount FROM STREAM o;
""")

    def check_copy(self, target: str, expected: list, what: str) -> None:
        found = [json.loads(line)["order_id"] for line in
                 kafka.records(self.service, target)]
        counts = collections.Counter(found)
        twice = [key for key, count in counts.items() if count > 1]
        lost = sorted(set(expected) - set(counts))
        assert not twice and not lost and len(found) == len(expected), (
            f"{what}: {len(found)} records of {len(expected)}; twice: {twice[:5]} "
            f"({len(twice)}), lost: {lost[:5]} ({len(lost)})")

    def kills_of_weir_lose_and_double_nothing(self) -> None:
        kills = (50 if LONG else 10) if self.service == "kafka" else 4
        count = 4000 * kills
        source, target = self.topic("kill-in", 3), self.topic("kill-out", 2)
        sql = self.copy_pipeline("kill", source, target)
        data = self.data("kill")
        command = ["run", sql, "--quiet", "--data", data, "--set", "commit.interval=10 ms",
                   *self.real]
        feeder = self.start("generate", "orders", "--count", str(count), "--topic", source,
                            *self.real)
        late = 0
        for _ in range(kills):
            process = self.start(*command)
            time.sleep(self.random.uniform(0.1, 1.5))
            assert process.poll() is None, process.stderr.read()
            process.send_signal(signal.SIGKILL)
            process.wait()
            late += bool(kafka.records(self.service, target)[:1])
        assert feeder.wait() == 0, feeder.stderr.read()
        self.run(*command[:2], "--once", *command[2:])
        self.check_copy(target, list(range(count)), f"{kills} kills")
        print(f"    {kills} kills, {late} of them after the first records; {count} records",
              flush=True)

    def a_broker_killed_under_load_loses_nothing(self) -> None:
        count = 60000
        source, target = self.topic("broker-in", 2), self.topic("broker-out", 2)
        sql = self.copy_pipeline("broker", source, target)
        command = ["run", sql, "--quiet", "--data", self.data("broker"), *self.real]
        run = self.start(*command)
        feeder = self.start("generate", "orders", "--count", str(count), "--topic", source,
                            *self.real)
        self.wait_until("the first records", lambda: kafka.records(self.service, target))
        servers.service("kill", self.service)
        time.sleep(2)
        servers.service("up", self.service)
        assert feeder.wait() == 0, feeder.stderr.read()
        self.wait_until("all records", lambda: len(kafka.records(self.service, target))
                        >= count)
        assert run.poll() is None, run.stderr.read()
        run.send_signal(signal.SIGINT)
        assert run.wait() == 0, run.stderr.read()
        self.check_copy(target, list(range(count)), "a broker killed")

    def a_broker_of_three_killed_under_load_loses_nothing(self) -> None:
        """Each broker in turn, while the others carry on: leaders and coordinators move."""
        count = 0
        source, target = self.topic("three-in", 3), self.topic("three-out", 3)
        sql = self.copy_pipeline("three", source, target)
        run = self.start("run", sql, "--quiet", "--data", self.data("three"), *self.real)
        for broker in ("1", "2", "3"):
            feeder = self.start("generate", "orders", "--from", str(count), "--count", "40000",
                                "--topic", source, *self.real)
            time.sleep(0.5)
            os.environ["KAFKA_BROKER"] = broker
            servers.service("kill", self.service)
            assert feeder.wait() == 0, feeder.stderr.read()
            count += 40000
            self.wait_until("all records without broker " + broker,
                            lambda: len(kafka.records(self.service, target)) >= count)
            servers.service("up", self.service)
        self.wait_until("all records", lambda: len(kafka.records(self.service, target)) >= count)
        assert run.poll() is None, run.stderr.read()
        run.send_signal(signal.SIGINT)
        assert run.wait() == 0, run.stderr.read()
        self.check_copy(target, list(range(count)), "brokers killed")

    def a_run_that_starts_while_a_broker_dies_begins_at_the_first_record(self) -> None:
        """A broker's answer on offsets may be for some partitions only then."""
        source, target = self.topic("dies-in", 3), self.topic("dies-out", 3)
        sql = self.copy_pipeline("dies", source, target)
        self.run("generate", "orders", "--count", "30000", "--topic", source, *self.real)
        os.environ["KAFKA_BROKER"] = "1"
        run = self.start("run", sql, "--quiet", "--data", self.data("dies"), *self.real)
        time.sleep(self.random.uniform(0, 0.3))
        servers.service("kill", self.service)
        self.wait_until("all records", lambda: len(kafka.records(self.service, target)) >= 30000
                        or run.poll() is not None)
        if run.poll() is not None: # It could not reach Kafka in time, and says so.
            assert run.poll() == 3, run.stderr.read()
            run = self.start("run", sql, "--quiet", "--data", self.data("dies"), *self.real)
            self.wait_until("all records",
                            lambda: len(kafka.records(self.service, target)) >= 30000)
        run.send_signal(signal.SIGINT)
        assert run.wait() == 0, run.stderr.read()
        self.check_copy(target, list(range(30000)), "a broker killed at the start")
        servers.service("up", self.service)

    def a_stop_waits_for_no_silent_broker(self) -> None:
        """A broker that answers nothing (SIGSTOP) holds up no end of a run, whatever the run is doing, and what
        it did not take comes later."""
        count = 0
        source, target = self.topic("silent-in", 2), self.topic("silent-out", 2)
        sql = self.copy_pipeline("silent", source, target)
        command = ["run", sql, "--quiet", "--data", self.data("silent"), "--set",
                   "outbox.stop_wait=100 ms", *self.real]
        for silent_s in (0.0, 3.0, 12.0):
            run = self.start(*command)
            before = len(kafka.records(self.service, target))
            feeder = self.start("generate", "orders", "--from", str(count), "--count", "100000", "--topic",
                                source, *self.real)
            count += 100000
            self.wait_until("records", lambda: len(kafka.records(self.service, target)) > before)
            with self.silent_broker():
                time.sleep(silent_s)
                began = time.monotonic()
                run.send_signal(signal.SIGINT)
                assert run.wait() == 0, run.stderr.read()
                took = time.monotonic() - began
            assert feeder.wait() == 0, feeder.stderr.read()
            print(f"    silent for {silent_s} s, then stopped within {took:.1f} s", flush=True)
            # It took a minute once.
            assert took < 20, f"a stop took {took:.1f} s"
        self.run(*command[:2], "--once", *command[2:])
        self.check_copy(target, list(range(count)), "stops with a silent broker")

    def a_copy_of_the_data_directory_is_shut_out(self) -> None:
        source, target = self.topic("copy-in", 1), self.topic("copy-out", 1)
        sql = self.copy_pipeline("copy", source, target)
        own, copy = self.data("copy"), self.data("copied")
        self.run("generate", "orders", "--count", "1000", "--topic", source, *self.real)
        self.run("run", sql, "--once", "--quiet", "--data", own, *self.real)
        shutil.copytree(own, copy)
        first = self.start("run", sql, "--quiet", "--data", own, *self.real)
        self.run("generate", "orders", "--from", "1000", "--count", "1000", "--topic", source, *self.real)
        self.wait_until("records", lambda: len(kafka.records(self.service, target)) >= 2000)
        # The copy is older than what the topic holds: it says so, and writes nothing.
        _, err = self.run("run", sql, "--once", "--quiet", "--data", copy, *self.real, status=1)
        assert "it is an older copy" in err, err
        # The first notices with its next records that another one took over.
        self.run("generate", "orders", "--from", "2000", "--count", "1000", "--topic", source, *self.real)
        assert first.wait(timeout=60) == 1
        err = first.stderr.read()
        assert f"topic '{target}'" in err and "a copy of this data directory runs elsewhere" in err, err
        self.run("run", sql, "--once", "--quiet", "--data", own, *self.real)
        self.check_copy(target, list(range(3000)), "a copy of the data directory")

    def what_kafka_has_forgotten_is_asked_about(self) -> None:
        """Kafka forgets the number of the last epoch after offsets.retention.minutes."""
        source, target = self.topic("forgot-in", 1), self.topic("forgot-out", 1)
        sql = self.copy_pipeline("forgot", source, target)
        data = self.data("forgot")
        command = ["run", sql, "--once", "--quiet", "--data", data, *self.real]

        def feed(start: int) -> None:
            self.run("generate", "orders", "--from", str(start), "--count", "100", "--topic", source,
                     *self.real)

        def forget() -> None:
            names = [name for name in kafka.groups(self.service, "--list").split()
                     if name.startswith("weir-") and name.endswith("-c") and
                     f" {target} " in kafka.groups(self.service, "--describe", "--group", name)]
            assert len(names) == 1, names
            kafka.groups(self.service, "--delete", "--group", names[0])

        feed(0)
        self.run(*command)
        # All was noted: it goes on.
        forget()
        feed(100)
        self.run(*command)
        self.check_copy(target, list(range(200)), "forgotten at rest")
        # Died with something to deliver: whether it was cannot be known any more.
        feed(200)
        live = [part for part in command if part != "--once"]
        run = self.start(*live)
        with self.silent_broker():
            time.sleep(1)
            run.kill()
            run.wait()
        run = self.start(*live, "--set", "commit.interval=10 ms")
        self.wait_until("records", lambda: len(kafka.records(self.service, target)) >= 300)
        run.kill()
        run.wait()
        forget()
        done = subprocess.run([self.weir, *command], capture_output=True, text=True, check=False)
        if done.returncode:  # It had not noted yet what it delivered.
            assert "has forgotten which epochs" in done.stderr, done.stderr
            assert "'outbox.forgotten'" in done.stderr, done.stderr
            self.run(*command, "--set", "outbox.forgotten=skip")
        feed(300)
        self.run(*command)
        self.check_copy(target, list(range(400)), "forgotten in the middle")

    def what_waits_for_a_role_that_was_switched_back_is_told_of(self) -> None:
        target = self.topic("back", 1)
        lines = self.folder / "back.ndjson"
        data = self.data("back")
        sql = self.pipeline("back", f"""
CREATE TABLE f (order_id INT) USING json OPTIONS ('path' = '{lines}');
CREATE STREAMING TABLE c USING kafka TBLPROPERTIES ('topic' = '{target}') AS SELECT * FROM STREAM f;
""")
        other = self.pipeline("other", f"""
CREATE TABLE f (order_id INT) USING json OPTIONS ('path' = '{lines}');
CREATE STREAMING TABLE m USING kafka AS SELECT * FROM STREAM f;
""")
        command = ["--once", "--quiet", "--data", data]
        lines.write_text("".join(f'{{"order_id": {i}}}\n' for i in range(100)), encoding="utf-8")
        self.run("run", sql, *command, *self.real)
        with self.silent_broker():
            with lines.open("a", encoding="utf-8") as file:
                file.writelines(f'{{"order_id": {i}}}\n' for i in range(100, 200))
            self.run("run", sql, *command, *self.real, "--set", "outage.patience=1 second", status=3)
        assert "table 'c'" in self.run("doctor", "--data", data)[0]
        _, err = self.run("run", sql, *command)
        assert "table 'c'" in err and "with 'kafka.bootstrap.servers' set" in err, err
        _, err = self.run("run", other, *command)
        assert "table 'c'" in err and "nothing in this file writes it any more" in err, err
        _, err = self.run("run", sql, *command, *self.real)
        assert not err, err
        self.check_copy(target, list(range(200)), "a role switched back and forth")

    # ── topics that change ────────────────────────────────────────────────────────────────────────

    def a_topic_may_grow_while_it_is_read(self) -> None:
        source, target = self.topic("grow-in", 1), self.topic("grow-out", 1)
        sql = self.copy_pipeline("grow", source, target)
        run = self.start("run", sql, "--quiet", "--data", self.data("grow"), *self.real)
        feed = self.run("generate", "orders", "--count", "2000")[0].splitlines(keepends=True)
        self.run("topic", "produce", source, "--key", "customer_id", *self.real,
                 stdin="".join(feed[:1000]))
        kafka.tool(self.service, "org.apache.kafka.tools.TopicCommand", "--alter", "--topic", source,
                           "--partitions", "4")
        self.run("topic", "produce", source, "--key", "customer_id", *self.real,
                 stdin="".join(feed[1000:]))
        self.wait_until("all records",
                        lambda: len(kafka.records(self.service, target)) >= 2000)
        run.send_signal(signal.SIGINT)
        assert run.wait() == 0, run.stderr.read()
        self.check_copy(target, list(range(2000)), "a topic grown")
        places = {line for line in kafka.records(self.service, source, "%p\n")}
        assert len(places) == 4, places

    def a_deleted_topic_ends_the_run_with_a_sentence(self) -> None:
        source, target = self.topic("gone-in", 1), self.topic("gone-out", 1)
        sql = self.copy_pipeline("gone", source, target)
        run = self.start("run", sql, "--quiet", "--data", self.data("gone"), *self.real)
        self.run("generate", "orders", "--count", "100", "--topic", source, *self.real)
        self.wait_until("records", lambda: kafka.records(self.service, target))
        self.run("topic", "delete", source, "--yes", *self.real)
        assert run.wait(timeout=60) == 1
        assert f"topic '{source}' was deleted" in run.stderr.read()

    def records_gone_before_they_were_read_are_told_of(self) -> None:
        source, target = self.topic("lost-in", 1), self.topic("lost-out", 1)
        sql = self.copy_pipeline("lost", source, target)
        data = self.data("lost")
        command = ["run", sql, "--once", "--quiet", "--data", data, *self.real]
        feed = self.run("generate", "orders", "--count", "300")[0].splitlines(keepends=True)
        self.run("topic", "produce", source, *self.real, stdin="".join(feed[:100]))
        self.run(*command)
        self.run("topic", "produce", source, *self.real, stdin="".join(feed[100:]))
        offsets = self.folder / "offsets.json"
        offsets.write_text(json.dumps({"partitions": [
            {"topic": source, "partition": 0, "offset": 200}], "version": 1}), encoding="utf-8")
        kafka.tool(self.service, "org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file",
                           str(offsets))
        _, err = self.run(*command, status=1)
        assert "offset 100" in err and "retention" in err and "on_data_loss" in err, err
        text = pathlib.Path(sql).read_text(encoding="utf-8")
        self.pipeline("lost", text.replace(f"'topic' = '{source}'",
                                           f"'topic' = '{source}', 'on_data_loss' = 'continue'"))
        self.run(*command)
        self.check_copy(target, list(range(100)) + list(range(200, 300)), "records deleted")

    def a_record_too_large_for_the_topic_is_put_aside(self) -> None:
        target = self.topic("large", 1)
        kafka.set_topic(self.service, target, "max.message.bytes=2000")
        lines = self.folder / "large.ndjson"
        lines.write_text("".join(json.dumps({"id": i, "text": "x" * (5000 if i == 3 else 10)}) + "\n"
                                 for i in range(6)), encoding="utf-8")
        sql = self.pipeline("large", f"""
CREATE TABLE f (id INT, text STRING) USING json OPTIONS ('path' = '{lines}');
CREATE STREAMING TABLE big USING kafka TBLPROPERTIES ('topic' = '{target}')
AS SELECT * FROM STREAM f;
""")
        data = self.data("large")
        self.run("run", sql, "--once", "--quiet", "--data", data, *self.real)
        found = [json.loads(line)["id"] for line in kafka.records(self.service, target)]
        assert found == [0, 1, 2, 4, 5], found
        dead = self.rows(data, "SELECT reason, message, raw FROM f__dead_letter")
        assert len(dead) == 1 and dead[0][0] == "too_large" and target in dead[0][1], dead
        assert "x" * 5000 in dead[0][2]

    def a_table_may_name_its_own_servers(self) -> None:
        target = self.topic("own", 1)
        address = kafka.told(self.service, "address")
        sql = self.pipeline("own", f"""
CREATE TABLE here (order_id BIGINT) USING kafka OPTIONS ('topic' = 'here');
CREATE STREAMING TABLE there USING kafka
TBLPROPERTIES ('topic' = '{target}', 'kafka.bootstrap.servers' = '{address}')
AS SELECT order_id FROM STREAM here;
CREATE STREAMING TABLE back USING postgres AS SELECT order_id FROM STREAM there;
""")
        data = self.data("own")
        self.run("generate", "orders", "--count", "50", "--topic", "here", "--data", data)
        self.run("run", sql, "--once", "--quiet", "--data", data)
        assert len(kafka.records(self.service, target)) == 50
        assert [str(cell) for cell in self.rows(data, "SELECT count(*) FROM back")[0]] == ["50"]
        assert [str(cell) for cell in self.rows(data, "SELECT count(*) FROM there")[0]] == ["50"]

    # ── connections ───────────────────────────────────────────────────────────────────────────────

    def sasl_and_tls_by_options_passed_on(self) -> None:
        topic = self.topic("secure", 1)
        password = self.folder / "password"
        password.write_text("weir-secret\n", encoding="utf-8")
        secure = {"bootstrap.servers": kafka.told(self.service, "secure"),
                  "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN",
                  "sasl.username": "weir", "sasl.password.file": str(password),
                  "ssl.ca.location": os.path.join(kafka.folder(self.service), "tls", "ca.pem")}
        settings = [part for key, value in secure.items()
                    for part in ("--set", f"kafka.{key}={value}")]
        self.run("generate", "orders", "--count", "500", "--topic", topic, *settings)
        sql = self.copy_pipeline("secure", topic, topic + "-out")
        self.run("run", sql, "--once", "--quiet", "--data", self.data("secure"), *settings)
        self.check_copy(topic + "-out", list(range(500)), "over SASL and TLS")
        password.write_text("not-this-one\n", encoding="utf-8")
        _, err = self.run("run", sql, "--once", "--data", self.data("secure2"), *settings, status=1)
        assert "uthentication failed" in err and "not-this-one" not in err, err

    def the_doctor_says_what_is_wrong(self) -> None:
        plain, secure = kafka.told(self.service, "address"), kafka.told(self.service, "secure")
        ca = os.path.join(kafka.folder(self.service), "tls", "ca.pem")
        login = ["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN", "sasl.username=weir"]

        def doctor(servers_: str, *properties: str, status: int = 1) -> str:
            settings = [part for text in (f"bootstrap.servers={servers_}", *properties)
                        for part in ("--set", f"kafka.{text}")]
            out, _ = self.run("doctor", "--data", self.data("none"), *settings, status=status)
            return next(line for line in out.splitlines() if line.split()[1] == "kafka")

        found = doctor(plain, status=0)
        assert re.match(r"ok +kafka +cluster '\S+' at \S+: 1 broker, \d+ topics?$", found), found
        doctor(secure, *login, "sasl.password=weir-secret", f"ssl.ca.location={ca}", status=0)
        for properties, words in (
                ((secure, *login, "sasl.password=wrong", f"ssl.ca.location={ca}"),
                 ("Authentication failed", "see 'kafka.sasl.username'")),
                ((secure, *login, "sasl.password=weir-secret"),
                 ("certificate verify failed", "see 'kafka.ssl.ca.location'")),
                ((secure,), ("see 'kafka.security.protocol'",)),
                ((plain, "security.protocol=SSL"), ("SSL handshake failed", "see 'kafka.security.protocol'")),
                ((secure, "security.protocol=SSL", f"ssl.ca.location={ca}"),
                 ("see 'kafka.security.protocol'",)),
                (("127.0.0.1:1",), ("127.0.0.1:1", "Connection refused"))):
            found = doctor(*properties)
            assert found.startswith("BROKEN") and all(each in found for each in words), found
            assert "wrong" not in found, found

    def where_reading_starts(self) -> None:
        """earliest, latest, a time, offsets: each for a new flow alone."""
        topic = self.topic("starts", 2, "--retention", "9999 days")
        lines = "".join(json.dumps({"key": f"k{i}", "value": f'{{"a":{i}}}',
                                    "timestamp": f"2026-01-01T00:00:{i:02}.000Z"}) + "\n" for i in range(20))
        self.run("topic", "produce", topic, "--format", "json", *self.real, stdin=lines)
        places = [(int(partition), int(offset), int(value[5:-1])) for partition, offset, value in
                  (line.split(" ") for line in kafka.records(self.service, topic, "%p %o %s\n"))]
        for name, starting, expected in (
                ("earliest", "earliest", {a for _, _, a in places}),
                ("time", "2026-01-01 00:00:12", {a for _, _, a in places if a >= 12}),
                ("offsets", "0:3,1:5", {a for p, o, a in places if o >= (3, 5)[p]}),
                ("some", "1:5", {a for p, o, a in places if p == 0 or o >= 5}),
                ("latest", "latest", set())):
            sql = self.pipeline(f"starts-{name}", f"""
CREATE TABLE r (a INT) USING kafka OPTIONS ('topic' = '{topic}', 'starting' = '{starting}');
CREATE STREAMING TABLE s USING postgres AS SELECT a FROM STREAM r;
""")
            data = self.data(f"starts-{name}")
            self.run("run", sql, "--once", "--quiet", "--data", data, *self.real)
            found = {int(row[0]) for row in self.rows(data, "SELECT a FROM s")}
            assert found == expected, (name, found, expected)
            # A restart goes on where it was, and asks nothing of 'starting'.
            if name == "latest":
                self.run("topic", "produce", topic, *self.real, stdin='{"a":20}\n{"a":21}\n')
                self.run("run", sql, "--once", "--quiet", "--data", data, *self.real)
                assert {int(row[0]) for row in self.rows(data, "SELECT a FROM s")} == {20, 21}

    def keys_are_placed_as_kafkas_own_producer_does(self) -> None:
        theirs, ours = self.topic("theirs", 7), self.topic("ours", 7)
        keys = [f"key-{i}-" + "ä" * (i % 4) for i in range(60)]
        kafka.tool(self.service, "org.apache.kafka.tools.ConsoleProducer" if self.service != "kafka3" else
                   "kafka.tools.ConsoleProducer", "--topic", theirs,
                   *(["--property"] if self.service == "kafka3" else ["--reader-property"]), "parse.key=true",
                   stdin="".join(f"{key}\tx\n" for key in keys))
        self.run("topic", "produce", ours, "--format", "json", *self.real,
                 stdin="".join(json.dumps({"key": key, "value": "x"}) + "\n" for key in keys))
        found = [sorted(kafka.records(self.service, topic, "%k %p\n")) for topic in (theirs, ours)]
        assert len(found[0]) == len(keys) and found[0] == found[1], found

    def a_deleted_target_is_made_again(self) -> None:
        source, target = self.topic("target-in", 1), self.topic("target-gone", 1)
        sql = self.copy_pipeline("target", source, target)
        run = self.start("run", sql, "--quiet", "--data", self.data("target"), *self.real)
        self.run("generate", "orders", "--count", "100", "--topic", source, *self.real)
        self.wait_until("records", lambda: len(kafka.records(self.service, target)) == 100)
        self.run("topic", "delete", target, "--yes", *self.real)
        self.run("generate", "orders", "--from", "100", "--count", "100", "--topic", source, *self.real)
        self.wait_until("records", lambda: len(kafka.records(self.service, target)) == 100 or
                        run.poll() is not None)
        assert run.poll() is None, run.stderr.read()
        run.send_signal(signal.SIGINT)
        assert run.wait() == 0, run.stderr.read()
        self.check_copy(target, list(range(100, 200)), "a target deleted")

    def the_consumer_group_shows_how_far_it_is(self) -> None:
        source, target = self.topic("group-in", 2), self.topic("group-out", 1)
        sql = self.copy_pipeline("group", source, target)
        self.run("generate", "orders", "--count", "1000", "--topic", source, *self.real)
        self.run("run", sql, "--once", "--quiet", "--data", self.data("group"), *self.real)
        shown = kafka.groups(self.service, "--describe", "--group", "weir-o")
        lags = [line.split()[5] for line in shown.splitlines() if f" {source} " in line]
        assert lags == ["0", "0"], shown

    def a_missing_server_is_told_of(self) -> None:
        sql = self.copy_pipeline("away", "x", "y")
        _, err = self.run("run", sql, "--data", self.data("away"), "--set",
                          "kafka.bootstrap.servers=127.0.0.1:1", status=3)
        assert "127.0.0.1:1" in err and "Connection refused" in err, err
        _, err = self.run("run", sql, "--data", self.data("away"), *self.real, "--set",
                          "kafka.fetch.max.byte=3", status=1)
        assert "did you mean 'kafka.fetch.max.bytes'" in err, err


def tests_of(test: Test) -> list:
    few = [test.a_chain_of_topics_gives_the_same_rows_as_embedded,
           test.keys_headers_and_places_are_columns,
           test.kills_of_weir_lose_and_double_nothing,
           test.a_broker_killed_under_load_loses_nothing,
           test.where_reading_starts,
           test.keys_are_placed_as_kafkas_own_producer_does,
           test.a_topic_may_grow_while_it_is_read,
           test.a_deleted_topic_ends_the_run_with_a_sentence,
           test.a_record_too_large_for_the_topic_is_put_aside,
           test.sasl_and_tls_by_options_passed_on]
    if test.service == "kafka_cluster":
        return [test.a_broker_of_three_killed_under_load_loses_nothing,
                test.a_run_that_starts_while_a_broker_dies_begins_at_the_first_record]
    if test.service != "kafka" and not LONG:
        return few
    return few + [test.the_orders_example_gives_the_same_rows_as_embedded,
                  test.examples_give_the_same_rows_as_embedded,
                  test.topics_as_others_have_them_are_read,
                  test.a_stop_waits_for_no_silent_broker,
                  test.a_copy_of_the_data_directory_is_shut_out,
                  test.what_kafka_has_forgotten_is_asked_about,
                  test.what_waits_for_a_role_that_was_switched_back_is_told_of,
                  test.a_deleted_target_is_made_again,
                  test.the_doctor_says_what_is_wrong,
                  test.records_gone_before_they_were_read_are_told_of,
                  test.the_consumer_group_shows_how_far_it_is,
                  test.a_table_may_name_its_own_servers,
                  test.a_missing_server_is_told_of]


def main() -> int:
    service = sys.argv[2] if len(sys.argv) > 2 else "kafka"
    only = sys.argv[3:]
    if service.endswith("_cluster"):
        with servers.started(service):
            return run_tests(service, only)
    kafka.need(service)
    return run_tests(service, only)


def run_tests(service: str, only: list) -> int:
    with tempfile.TemporaryDirectory(prefix="weir-kafka-") as folder:
        test = Test(sys.argv[1], service, pathlib.Path(folder))
        failures = kafka.run_each(tests_of(test), only)
        test.remove_topics()
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
