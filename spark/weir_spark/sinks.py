"""Where the rows of a query go: a topic, PostgreSQL, Cassandra, or files.

A sink's write(frame, query, epoch) may be called again with the same numbers, after a crash: it must then
change nothing (PostgreSQL, files) or write the same rows again over themselves (Cassandra, keyed topics).
"""
from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Protocol

from pyspark.sql import DataFrame, Row, functions as F

from .plan import Plan, Table
from .postgres import PostgresSink
from .sources import quoted

TIME = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


class Sink(Protocol):
    def prepare(self) -> None: ...
    def write(self, frame: DataFrame, query: str, epoch: int) -> None: ...
    def replace(self, frame: DataFrame) -> None: ...


class KafkaSink:
    """At least once: Spark's connector has no transactions. Records of a key are the same when written again."""

    def __init__(self, table: Table, settings: dict[str, str]) -> None:
        self.table = table
        self.options = kafka_options(table, settings)

    def prepare(self) -> None:
        pass

    def write(self, frame: DataFrame, query: str, epoch: int) -> None:
        columns = [F.col(quoted(c.name)).alias(c.name) for c in self.table.columns]
        value = F.to_json(F.struct(*columns), {"ignoreNullFields": "false", "timestampFormat": TIME})
        key = [F.col(quoted(k)) for k in self.table.topic_key]
        records = frame.select(
            (F.lit(None).cast("string") if not key else key[0].cast("string") if len(key) == 1
             else F.to_json(F.struct(*key))).alias("key"), value.alias("value"))
        records.write.format("kafka").options(**self.options).option(
            "topic", self.table.options.get("topic", self.table.name)).save()

    def replace(self, frame: DataFrame) -> None:
        raise ValueError(f"a materialized view cannot be USING kafka ({self.table.name})")


def kafka_options(table: Table, settings: dict[str, str]) -> dict[str, str]:
    """The connection's settings and the table's own options, as Spark's connector names them."""
    out = {k: v for source in (settings, table.options) for k, v in source.items() if k.startswith("kafka.")}
    if "kafka.bootstrap.servers" not in out:
        raise ValueError(f"table {table.name} is a topic, and Spark needs a real Kafka for it: "
                         "set kafka.bootstrap.servers")
    return out


class FileSink:
    """One folder an epoch; writing an epoch again replaces it. JSON or CSV where the table says so, else Parquet: a
    table whose role has no connection."""

    def __init__(self, table: Table, folder: str) -> None:
        self.table = table
        self.format = table.provider if table.provider in ("json", "csv") else "parquet"
        self.folder = table.options["path"] if self.format != "parquet" else os.path.join(folder, table.name)
        self.options: dict[str, str] = {}
        if self.format == "json":
            self.options = {"ignoreNullFields": "false", "timestampFormat": TIME}
        elif self.format == "csv":
            self.options = {k: table.options[k] for k in ("sep", "header") if k in table.options}

    def prepare(self) -> None:
        pass

    def write(self, frame: DataFrame, query: str, epoch: int) -> None:
        self.save(frame, os.path.join(self.folder, f"query={query}", f"epoch={epoch:010d}"))

    def save(self, frame: DataFrame, folder: str) -> None:
        frame.write.format(self.format).options(**self.options).mode("overwrite").save(folder)

    def replace(self, frame: DataFrame) -> None:
        self.save(frame, self.folder)


CASSANDRA = {"boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "int": "int", "bigint": "bigint",
             "float": "float", "double": "double", "string": "text", "binary": "blob", "date": "date",
             "timestamp": "timestamp", "timestamp_ntz": "timestamp"}


class CassandraSink:
    """Upserts by the driver, partition by partition: writing a batch again writes the same rows."""

    def __init__(self, table: Table, settings: dict[str, str]) -> None:
        self.table, self.settings = table, dict(settings)
        self.keyspace = table.options.get("keyspace", settings.get("cassandra.keyspace", "weir"))
        self.name = f'"{self.keyspace}"."{table.options.get("table", table.name)}"'
        if not table.primary_key:
            raise ValueError(f"table {table.name} is USING cassandra and needs a primary_key")

    def connect(self) -> Any:
        from cassandra.auth import PlainTextAuthProvider
        from cassandra.cluster import Cluster
        points = [p.strip().rsplit(":", 1) for p in self.settings["cassandra.contact.points"].split(",")]
        user = self.settings.get("cassandra.username")
        password = os.environ.get("WEIR_CASSANDRA_PASSWORD") or self.settings.get("cassandra.password")
        if not password and "cassandra.password.file" in self.settings:
            with open(self.settings["cassandra.password.file"], encoding="utf-8") as file:
                password = file.readline().strip()
        port = points[0][1] if len(points[0]) > 1 else self.settings.get("cassandra.port", "9042")
        login = PlainTextAuthProvider(user, password) if user else None
        cluster = Cluster([p[0] for p in points], port=int(port), auth_provider=login)
        return cluster, cluster.connect()

    def type_text(self, kind: str) -> str:
        kind = kind.lower()
        return "decimal" if kind.startswith("decimal") else CASSANDRA.get(kind, "text")

    def prepare(self) -> None:
        cluster, session = self.connect()
        try:
            partition = self.table.partitioned_by or self.table.primary_key[:1]
            rest = [k for k in self.table.primary_key if k not in partition]
            columns = ", ".join(f'"{c.name}" {self.type_text(c.type)}' for c in self.table.columns)
            key = "(" + ", ".join(f'"{k}"' for k in partition) + ")" + "".join(f', "{k}"' for k in rest)
            copies = self.settings.get("cassandra.replication", "1")
            session.execute(f'CREATE KEYSPACE IF NOT EXISTS "{self.keyspace}" WITH replication = '
                            f"{{'class': 'SimpleStrategy', 'replication_factor': {copies}}}")
            session.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({columns}, PRIMARY KEY ({key}))")
        finally:
            cluster.shutdown()

    def write(self, frame: DataFrame, query: str, epoch: int) -> None:
        sink = self
        names = ", ".join(f'"{c.name}"' for c in self.table.columns)
        marks = ", ".join("?" for _ in self.table.columns)
        keys = [i for i, c in enumerate(self.table.columns) if c.name in self.table.primary_key]
        values = []
        for i, c in enumerate(self.table.columns):
            column = F.col(quoted(c.name))
            kind = c.type.lower()
            nested = kind.startswith(("array<", "map<", "struct<"))
            # Milliseconds since 1970, whatever the zones of executors are.
            values.append((F.to_json(column) if nested else F.unix_millis(column) if kind == "timestamp"
                           else column if kind in CASSANDRA or kind.startswith("decimal") else column.cast("string")
                           ).alias(f"c{i}"))

        def upsert(rows: Iterable[Row]) -> None:
            from cassandra.concurrent import execute_concurrent_with_args
            cluster, session = sink.connect()
            try:
                statement = session.prepare(f"INSERT INTO {sink.name} ({names}) VALUES ({marks})")
                # One key after another: concurrent writes of one key would race.
                whole = (row for row in rows if all(row[i] is not None for i in keys))
                last = {tuple(row[i] for i in keys): tuple(row) for row in whole}
                execute_concurrent_with_args(session, statement, list(last.values()), concurrency=128)
            finally:
                cluster.shutdown()

        selected = frame.select(*values)
        # Rows of a key meet in one task, so that the last one wins.
        selected.repartition(*[F.col(f"c{i}") for i in keys]).rdd.foreachPartition(upsert)

    def replace(self, frame: DataFrame) -> None:
        cluster, session = self.connect()
        try:
            session.execute(f"TRUNCATE {self.name}")
        finally:
            cluster.shutdown()
        self.write(frame, "view", 0)


def sink_of(plan: Plan, table: Table, folder: str) -> Sink:
    settings = plan.settings
    if table.provider == "kafka":
        return KafkaSink(table, settings)
    if table.provider == "postgres" and "postgres.url" in settings:
        return PostgresSink(table, settings)
    if table.provider == "cassandra" and "cassandra.contact.points" in settings:
        return CassandraSink(table, settings)
    return FileSink(table, folder)
