#!/usr/bin/env python3
"""`weir run --engine spark` over the real Kafka, PostgreSQL and Cassandra of script/services.

  test_servers.py WEIR

kinds    one run of a pipeline with every type, into each server and back through views: the rows are those that weir's
         own engine leaves in the same servers; rows without a key are dead letters; a mistake of Spark's has its place
orders   the example, its API collected by weir into a topic, with a login and TLS at Kafka and Cassandra, passwords from
         files: weir and the driver are killed with SIGKILL while batches are under way and started again; each server is
         killed and started again while Spark writes; a stop with SIGINT while one is away; the last run ends by itself: the
         rows are the generator's answer key
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable

import spark

sys.path.insert(0, os.path.join(spark.ROOT, "test", "integration"))

import cassandra_server  # noqa: E402
import kafka_service  # noqa: E402
import servers  # noqa: E402

ORDERS = 20000 if not spark.LONG else 200000
# A small Spark: the machine may have two cores.
SMALL = ["--set", "spark.master=local[2]", "--set", "spark.driver.memory=700m", "--set", "spark.sql.shuffle.partitions=2"]
FAULTS = ["--duplicate", "0.01", "--malformed", "0.01", "--invalid", "0.01"]

KINDS = """
SET TIME ZONE 'America/New_York';
CREATE TABLE given (id BIGINT NOT NULL, k STRING, d DECIMAL(12,3), x DOUBLE, f FLOAT, t TINYINT, ok BOOLEAN, ts TIMESTAMP,
  n TIMESTAMP_NTZ, day DATE, b BINARY, a ARRAY<INT>, w ARRAY<STRING>, m MAP<STRING,INT>, s STRUCT<p:INT,q:STRING>,
  CONSTRAINT few CHECK (t < 100 AND k <> 'it''s')) USING json OPTIONS ('path' = '{folder}/in.json');
CREATE STREAMING TABLE through USING kafka TBLPROPERTIES ('topic' = '{topic}', 'partitions' = '3', 'key' = 'k')
AS SELECT * FROM STREAM given;
CREATE TABLE compacted (id BIGINT, p BIGINT) USING kafka OPTIONS ('topic' = '{topic}-compacted', 'metadata' = 'p = offset');
CREATE TABLE raw (v STRING) USING kafka OPTIONS ('topic' = '{topic}-compacted', 'format' = 'raw');
CREATE STREAMING TABLE with_value USING postgres AS SELECT id, p FROM STREAM compacted;
CREATE STREAMING TABLE as_they_are USING postgres AS SELECT v FROM STREAM raw;
CREATE STREAMING TABLE timed USING kafka TBLPROPERTIES ('topic' = '{topic}-timed', 'key' = 'ts', 'format' = 'csv') AS SELECT ts, b FROM STREAM given;
CREATE STREAMING TABLE several USING kafka TBLPROPERTIES ('topic' = '{topic}-several', 'key' = 'ts, n, day, x') AS SELECT * FROM STREAM given;
CREATE STREAMING TABLE into_postgres USING postgres TBLPROPERTIES ('primary_key' = 'id')
AS SELECT *, ts - TIMESTAMP'2026-01-01 00:00:00Z' AS since, INTERVAL 14 MONTH AS months FROM STREAM through;
CREATE STREAMING TABLE log USING postgres AS SELECT id, k FROM STREAM through;
CREATE FLOW again AS INSERT INTO log BY NAME SELECT id FROM STREAM through WHERE id < 3;
CREATE STREAMING TABLE into_cassandra USING cassandra PARTITIONED BY (k) TBLPROPERTIES ('primary_key' = 'k, day, id', 'ttl' = '7 days')
AS SELECT *, ts - TIMESTAMP'2026-01-01 00:00:00Z' AS since FROM STREAM through;
CREATE STREAMING TABLE finely USING cassandra TBLPROPERTIES ('primary_key' = 'ts', 'timestamps' = 'microseconds')
AS SELECT ts, id FROM STREAM through;
CREATE MATERIALIZED VIEW back USING postgres AS SELECT c.*, p.since AS p_since, p.months, p.s AS p_s, p.m AS p_m, p.a AS p_a, p.b AS p_b,
  p.n AS p_n, p.day AS p_day, p.w AS p_w FROM into_cassandra c JOIN into_postgres p ON c.id = p.id;
CREATE TABLE customers (who STRING, tags ARRAY<STRING>, seen MAP<STRING,BIGINT>, home STRUCT<no:INT,street:STRING>) USING cassandra
  OPTIONS ('table' = 'customer');
CREATE TABLE shops (k STRING, open BOOLEAN, since DATE) USING postgres;
CREATE STREAMING TABLE enriched USING postgres AS SELECT t.id, c.tags, c.seen, c.home, s.open, s.since
FROM STREAM through t LEFT JOIN customers c ON t.k = c.who LEFT JOIN shops s ON t.k = s.k;
CREATE MATERIALIZED VIEW counted USING cassandra TBLPROPERTIES ('primary_key' = 'k') AS SELECT k, count(*) AS n FROM log WHERE k IS NOT NULL GROUP BY k;
"""
ROWS = [
    {"id": 1, "k": "ä'\"\\\t\n", "d": 1.5, "x": 1e20, "f": 1.5, "t": 1, "ok": True, "ts": "2026-01-01T00:00:10.500Z",
     "n": "2026-01-01T00:00:10.25", "day": "2026-01-01", "b": "aGVsbG8=", "a": [1, None], "w": ["x,y", "{\"z\"}", None],
     "m": {"x": 1}, "s": {"p": 1, "q": None}},
    {"id": 2, "k": "b", "d": -999999999.999, "x": "NaN", "f": -0.1, "t": -128, "ok": False, "ts": "2026-03-29T01:30:00.125001Z",
     "n": "1969-12-31T23:59:59.999999", "day": "1582-10-15", "b": "", "a": [], "w": [], "m": {}, "s": {"p": None, "q": ""}},
    {"id": 3, "k": "b", "day": "2026-02-28", "ts": "2026-01-01T00:00:00Z"},
    # In New York's wall clock there is no such time, nor this one.
    {"id": 9, "k": "gap", "x": 1.0, "day": "2026-03-08", "ts": "2026-03-08T02:30:00.250Z", "n": "2026-03-08T02:45:00"},
    {"id": 4, "k": "c"},  # day is NULL: no key for Cassandra
    {"id": 5, "d": 5},  # k is NULL: no key for the topic
    {"id": 8, "k": "nul\0", "day": "2026-02-28", "ts": "2026-01-01T00:00:00Z"},  # a text that PostgreSQL cannot hold
    {"id": 6, "k": "x", "t": 100}, {"id": 7, "k": "it's"}, {"id": None, "k": "x"},  # break a constraint
]
# Of a topic: two tombstones among them.
COMPACTED = ('{"id": 1}', None, "no record", None, '{"id": 2}')
# Tables of others, that are joined.
OTHERS_CASSANDRA = ["CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}",
                    "CREATE TYPE {keyspace}.place (street text, no int)",
                    "CREATE TABLE {keyspace}.customer (city text, \"Who\" text, tags set<text>, seen map<text, bigint>, "
                    "home frozen<place>, PRIMARY KEY ((city, \"Who\")))",
                    "INSERT INTO {keyspace}.customer (city, \"Who\", tags, seen, home) VALUES "
                    "('x', 'b', {{'new', 'ä'}}, {{'mon': 1}}, {{street: 'Main', no: 1}})",
                    "INSERT INTO {keyspace}.customer (city, \"Who\") VALUES ('x', 'c')"]
OTHERS_POSTGRES = "CREATE TABLE shops (since timestamp, k varchar(10), open boolean); INSERT INTO shops VALUES ('2026-01-01 10:00', 'b', true)"
REFUSED = """
CREATE TABLE given (id BIGINT, k STRING) USING json OPTIONS ('path' = '{folder}/in.json');
CREATE STREAMING TABLE ranked USING postgres TBLPROPERTIES ('primary_key' = 'k', 'output_mode' = 'update', 'unbounded_state' = 'true') AS
SELECT k, id FROM (
  SELECT *, row_number() OVER (PARTITION BY k ORDER BY id) AS n
  FROM STREAM given) WHERE n <= 1;
"""


class Place:
    """A database and a keyspace of a run's own."""

    def __init__(self, name: str, secure: bool = False) -> None:
        self.database = servers.Database()
        self.keyspace = f"weir_spark_{name}_{os.getpid()}"
        self.topic = f"spark-{name}-{os.getpid()}"
        conf = {**servers.conf(), **(secured() if secure else {})}
        self.settings = self.database.settings() + ["--set", f"cassandra.keyspace={self.keyspace}"]
        for key, value in conf.items():
            if key.startswith(("cassandra.", "kafka.")):
                self.settings += ["--set", f"{key}={value}"]

    def postgres(self, table: str, columns: str = "*") -> list[str]:
        return self.database.rows("SET timezone TO 'UTC'; SELECT row_to_json(whole_row)::text AS r FROM "
                                  f"(SELECT {columns} FROM {table}) whole_row ORDER BY 1")

    def cassandra(self, table: str, columns: str = "*") -> list[str]:
        server = cassandra_server.Server(servers.conf())
        rows = server.rows(f"SELECT {columns} FROM {self.keyspace}.{table}")
        server.close()
        return sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)

    def done(self) -> None:
        self.database.drop()
        server = cassandra_server.Server(servers.conf())
        server.run(f"DROP KEYSPACE IF EXISTS {self.keyspace}")
        server.close()


def secured() -> dict[str, str]:
    """Kafka by SASL over TLS, Cassandra by TLS (its login is asked for anyhow)."""
    kafka_folder, cassandra_folder = pathlib.Path(kafka_service.folder("kafka")), cassandra_server.folder("cassandra")
    password = kafka_folder / "client.password"
    password.write_text("weir-secret\n", encoding="utf-8")
    return {"kafka.bootstrap.servers": kafka_service.told("kafka", "secure"), "kafka.security.protocol": "SASL_SSL",
            "kafka.sasl.mechanism": "PLAIN", "kafka.sasl.username": "weir", "kafka.sasl.password.file": str(password),
            "kafka.ssl.ca.location": str(kafka_folder / "tls" / "ca.pem"),
            "cassandra.tls": "true", "cassandra.tls.ca": str(cassandra_folder / "tls" / "server.crt")}


def same(what: str, expected: object, got: object) -> int:
    if expected == got:
        print(f"ok   {what}")
        return 0
    print(f"FAIL {what}\n     expected {str(expected)[:1500]}\n     got      {str(got)[:1500]}")
    return 1


def run(weir: str, file: pathlib.Path, data: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([weir, "run", str(file), "--data", str(data), "--once", *arguments], capture_output=True, text=True,
                          check=False)


def produce(weir: str, place: Place, topic: str, values: Iterable[str | None]) -> None:
    """None: a record without a value."""
    subprocess.run([weir, "topic", "create", topic, *place.settings], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([weir, "topic", "produce", topic, "--format", "json", *place.settings], check=True, text=True,
                   input="".join(json.dumps({"key": "k", "value": value}) + "\n" for value in values))


# ── kinds ──

def check_kinds(weir: str, folder: pathlib.Path) -> int:
    failures = 0
    with open(folder / "in.json", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
        file.write("broken\n")
    places = {}
    for name, engine in (("weir", []), ("spark", ["--engine", "spark", *SMALL])):
        place = places[name] = Place(name)
        text = KINDS.replace("{folder}", str(folder)).replace("{topic}", place.topic)
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
        produce(weir, place, f"{place.topic}-compacted", COMPACTED)
        make_others(place)
        began = time.monotonic()
        done = run(weir, folder / f"{name}.sql", folder / name, *engine, *place.settings)
        print(f"     {name}: {time.monotonic() - began:.0f} s")
        if done.returncode:
            print(f"FAIL {name} ends with {done.returncode}: {done.stdout[-1500:]} {done.stderr[-3000:]}")
            return 1
    here, there = places["weir"], places["spark"]
    for table in ("into_postgres", "log", "back", "enriched", "with_value", "as_they_are"):
        failures += same(f"{table} in PostgreSQL", here.postgres(table), there.postgres(table))
    for table in ("into_cassandra", "finely", "counted"):
        failures += same(f"{table} in Cassandra", here.cassandra(table), there.cassandra(table))
    for topic in ("", "-timed", "-several"):
        failures += same(f"keys and values in Kafka, topic{topic}", topic_rows(here.topic + topic), topic_rows(there.topic + topic))
    failures += same("the shape of the tables", shape(here), shape(there))
    failures += same("dead letters of the source", [("few", 2), ("malformed", 1), ("not_null_id", 1)],
                     sorted_reasons(there, "given__dead_letter"))
    failures += same("records without a value are left out", ["0", "4"], there.database.rows("SELECT p FROM with_value ORDER BY p"))
    failures += same("as raw values they are NULLs", ["5|3"], there.database.rows("SELECT count(*), count(v) FROM as_they_are"))
    failures += same("nor are they bad", [("malformed", 1)], sorted_reasons(there, "compacted__dead_letter"))
    for table, count in (("through", 1), ("into_cassandra", 1), ("finely", 1)):
        failures += same(f"rows of {table} without a key", [("null_key", count)], sorted_reasons(there, f"{table}__dead_letter"))
    for table in ("into_postgres", "log"):
        failures += same(f"rows that {table} cannot hold", [("not_storable", 1)], sorted_reasons(there, f"{table}__dead_letter"))
    (folder / "refused.sql").write_text(REFUSED.replace("{folder}", str(folder)), encoding="utf-8")
    done = run(weir, folder / "refused.sql", folder / "refused", "--engine", "spark", *SMALL, *there.settings)
    told = [line for line in done.stderr.splitlines() if "error:" in line]
    failures += same("exit status of what Spark refuses", 1, done.returncode)
    if not told or "refused.sql:5:" not in told[0] or "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING" not in told[0]:
        failures += same("the place of what Spark refuses", "refused.sql:5:...: error: flow ranked: [NON_TIME_...", told or done.stderr)
    else:
        print(f"ok   {told[0]}")
    failures += check_stop_at_start(weir, folder, there)
    for place in places.values():
        place.done()
    return failures


def check_stop_at_start(weir: str, folder: pathlib.Path, place: Place) -> int:
    """Spark itself takes signals while it starts."""
    running = Spark([weir, "run", str(folder / "spark.sql"), "--engine", "spark", "--data", str(folder / "stopped"), *SMALL, *place.settings],
                    folder / "stopped.log")
    running.wait_for(lambda: "Spark is starting" in running.said(), 60, "the start")
    running.process.terminate()
    status = running.process.wait(timeout=180)
    said = [line for line in running.said().splitlines() if "WARNING" not in line]
    return same("a stop while Spark starts", (0, "stopped; the next run goes on from the checkpoints"), (status, said[-1])) + same(
        "which is quiet", False, "Traceback" in running.said())


def make_others(place: Place) -> None:
    server = cassandra_server.Server(servers.conf())
    for statement in OTHERS_CASSANDRA:
        server.run(statement.format(keyspace=place.keyspace))
    server.close()
    place.database.psql(OTHERS_POSTGRES)


def sorted_reasons(place: Place, table: str) -> list[tuple[str, int]]:
    rows = place.database.rows(f"SELECT reason, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
    return [(row.split("|")[0], int(row.split("|")[1])) for row in rows]


def topic_rows(topic: str) -> list[str]:
    """Zeros behind a fraction of a second mean nothing, but in a key."""
    lines = [line.partition("\x01")[::2] for line in kafka_service.records("kafka", topic, "%p %k\x01%s\n")]
    return sorted(key + " " + re.sub(r"(:\d\d)\.(\d*?)0*(?=[Z\"+-])", lambda m: m[1] + ("." + m[2] if m[2] else ""), value) for key, value in lines)


def shape(place: Place) -> list[str]:
    return place.database.rows("SELECT relname, attname, format_type(atttypid, atttypmod) FROM pg_attribute a JOIN pg_class c ON "
                               "a.attrelid = c.oid WHERE relname IN ('into_postgres', 'log', 'back') AND attnum > 0 ORDER BY 1, attnum")


# ── orders ──

class Spark:
    """weir run --engine spark, for as long as it is let."""

    def __init__(self, command: list[str], log: pathlib.Path) -> None:
        self.log = log
        self.begun = log.stat().st_size if log.exists() else 0
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def driver(self) -> int:
        """The process group of spark-submit."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else 0

    def said(self) -> str:
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.begun)
            return file.read()

    def wait_for(self, condition, seconds: float, what: str) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                raise SystemExit(f"FAIL weir ended with {self.process.returncode} before {what}: {self.said()[-3000:]}")
            if time.monotonic() > until:
                raise SystemExit(f"FAIL {what} did not come to be in {seconds:.0f} s: {self.said()[-3000:]}")
            time.sleep(0.2)


def rows_in(picture: str) -> dict[str, int]:
    """By flow, as weir last showed it."""
    found = re.findall(r"^ (\w+) +(?:kafka|postgres|cassandra) +([\d,]+) ", picture, re.MULTILINE)
    return {name: int(number.replace(",", "")) for name, number in found}


def start_api(weir: str) -> tuple[subprocess.Popen[str], str]:
    api = subprocess.Popen([weir, "generate", "--listen", "127.0.0.1:0", "--unpaced", "--total", str(ORDERS), "--rate", "50", *FAULTS],
                           stdout=subprocess.PIPE, text=True)
    match = re.search(r"listening on (\S+)", api.stdout.readline())
    if not match:
        raise SystemExit("the data-generation API did not start")
    return api, match[1]


def orders_pipeline(folder: pathlib.Path, place: Place) -> pathlib.Path:
    """The example, with a topic of its own."""
    example = pathlib.Path(spark.ROOT, "examples", "orders", "pipeline.sql").read_text(encoding="utf-8")
    file = folder / "orders.sql"
    file.write_text(example.replace("'topic' = 'orders'", f"'topic' = '{place.topic}'"), encoding="utf-8")
    return file


def count(place: Place, table: str) -> int:
    try:
        return int(place.database.psql(f"SELECT count(*) FROM {table}"))
    except AssertionError:
        return 0  # not made yet


def check_orders(weir: str, folder: pathlib.Path) -> int:
    failures = 0
    place = Place("orders", secure=True)
    api, feed = start_api(weir)
    command = [weir, "run", str(orders_pipeline(folder, place)), "--data", str(folder / "orders"), "--engine", "spark", "--set", f"feed={feed}", *SMALL,
               "--set", f"spark.kafka.max.records={ORDERS // 20}", "--set", f"spark.checkpoint.dir={folder}/checkpoints",
               *place.settings]
    try:
        running = Spark(command, folder / "log")
        running.wait_for(lambda: count(place, "order_history") > ORDERS // 10, 600, "a tenth of the rows")
        driver = running.driver()
        running.process.send_signal(signal.SIGKILL)  # weir, and with it the collector
        os.killpg(driver, signal.SIGKILL)  # spark-submit, its JVM and its Python
        running.process.wait()
        before = count(place, "order_history")
        print(f"     weir and the driver killed after {before} rows")
        failures += same("killed while rows were to come", True, before < ORDERS * 9 // 10)

        running = Spark(command, folder / "log")
        running.wait_for(lambda: count(place, "order_history") > before, 600, "more rows after the kill")
        for server, flow in (("kafka", "order_history"), ("postgres", "order_history"), ("cassandra", "revenue_by_minute")):
            kill_under_load(running, server, folder / "checkpoints" / flow)
        driver = running.driver()
        kill_and_be_told(running, "cassandra", "revenue_by_minute")
        began = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        status = running.process.wait(timeout=180)
        print(f"     stopped in {time.monotonic() - began:.0f} s while Cassandra was away")
        failures += same("exit status after SIGINT", 0, status)
        failures += same("a stop that says so", True, "stopped; the next run goes on from the checkpoints" in running.said())
        failures += same("a stop without a stack of calls", False, "Traceback" in running.said() or "\tat " in running.said())
        failures += same("nothing of Spark is left", False, os.path.exists(f"/proc/{driver}"))
        failures += same("checkpoints where they were wanted, and nothing else", ["order_history", "orders__dead_letter", "revenue_by_minute"],
                         sorted(p.name for p in (folder / "checkpoints").iterdir()))
        failures += same("no password is shown", [], [secret for secret in secrets() if secret in running.said()])
        servers.service("up", "cassandra")

        last = subprocess.run([*command, "--once"], capture_output=True, text=True, check=False)
        failures += same("exit status of the last run", 0, last.returncode)
        if last.returncode:
            print(last.stdout[-1500:], last.stderr[-3000:])
        failures += compare_orders(weir, folder, place, feed)
        failures += same("another run is refused", True, "another run uses" in refused_twice(folder))
    finally:
        servers.service("up", "kafka", "postgres", "cassandra")  # whatever went wrong
        api.terminate()
        api.wait()
    place.done()
    return failures


def kill_under_load(running: Spark, server: str, checkpoint: pathlib.Path) -> None:
    """SIGKILL while Spark writes; the flow goes on when the server is there again."""
    kill_and_be_told(running, server, checkpoint.name)
    before = batches(checkpoint)
    servers.service("up", server)
    print(f"     {server} killed behind batch {before - 1} of {checkpoint.name} and started again")
    running.wait_for(lambda: batches(checkpoint) > before, 600, f"another batch of {checkpoint.name} after {server} was killed")


def kill_and_be_told(running: Spark, server: str, table: str) -> None:
    """Kafka's own client waits by itself, and is told of later."""
    trouble = f"weir run: table {table}: "
    before = running.said().count(trouble)
    servers.service("kill", server)
    if server != "kafka":
        running.wait_for(lambda: running.said().count(trouble) > before, 300, f"word of {server} being away")


def batches(checkpoint: pathlib.Path) -> int:
    """How many a flow has done."""
    return sum(file.name.isdigit() for file in (checkpoint / "commits").glob("*"))


def secrets() -> list[str]:
    files = (servers.conf()["postgres.password.file"], secured()["kafka.sasl.password.file"])
    return [pathlib.Path(file).read_text(encoding="utf-8").strip() for file in files]


def refused_twice(folder: pathlib.Path) -> str:
    """The runner holds a lock: here it is held by this test."""
    import fcntl
    home = folder / "orders" / "spark"
    with open(home / "lock", "w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = subprocess.run([spark.python(), "-m", "weir_spark", "--plan", str(home / "plan.json"), "run", "--data", str(home)],
                              capture_output=True, text=True, env=spark.environment(), check=False)
    return done.stdout


def compare_orders(weir: str, folder: pathlib.Path, place: Place, feed: str) -> int:
    said = subprocess.run([weir, "generate", "orders", "--answers", "--count", str(ORDERS), "--rate", "50", *FAULTS],
                          capture_output=True, text=True, check=True)
    answers = json.loads(said.stdout, parse_float=str)
    failures = same("orders, and their sum, of the answer key", f"{answers['valid']['records']}|{answers['valid']['revenue']}",
                    place.database.psql("SELECT count(*), sum(price * quantity) FROM order_history"))
    by_category = [f"{c['category']}|{c['revenue']}" for c in answers["valid"]["by_category"]]
    failures += same("the view of each category", sorted(by_category),
                     place.database.rows("SELECT category, sum(revenue) FROM daily_revenue GROUP BY 1 ORDER BY 1"))
    # Windows count duplicates too: as weir's own engine does.
    subprocess.run([weir, "run", str(folder / "orders.sql"), "--once", "--quiet", "--data", str(folder / "own"), "--set", f"feed={feed}"],
                   check=True)
    own = subprocess.run([weir, "sql", "--data", str(folder / "own"), "--format", "json", "-e",
                          "SELECT category, CAST(minute AS STRING), CAST(revenue AS STRING), orders FROM revenue_by_minute"],
                         capture_output=True, text=True, check=True)
    expected = sorted(json.dumps(row) for row in json.loads(own.stdout.splitlines()[0])["rows"])
    server = cassandra_server.Server(servers.conf())
    rows = server.rows(f"SELECT * FROM {place.keyspace}.revenue_by_minute")
    server.close()
    got = sorted(json.dumps([r["category"], str(r["minute"]), str(r["revenue"]), r["orders"]]) for r in rows)
    failures += same(f"{len(expected)} windows in Cassandra", expected, got)
    groups = kafka_service.tool("kafka", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--describe", "--group",
                                "weir-spark-order_history")
    lags = [line.split()[5] for line in groups.splitlines() if place.topic in line]
    return failures + same("no lag in the consumer group of the flow", ["0"] * 4, lags)


def main() -> int:
    weir = os.path.abspath(sys.argv[1])
    servers.need("postgres", "kafka", "cassandra")
    cassandra_server.use_driver("cassandra")
    spark.python()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-spark-servers-"))
    try:
        failures = check_kinds(weir, folder) if "--orders" not in sys.argv else 0
        failures += check_orders(weir, folder) if "--kinds" not in sys.argv else 0
    finally:
        if not os.environ.get("WEIR_TEST_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
