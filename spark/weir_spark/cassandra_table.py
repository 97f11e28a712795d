"""Tables in Cassandra, by its Python driver, partition by partition: upserts, and reading by ranges of tokens.

Writing a batch again writes the same rows over themselves. Each batch has a time of its own, USING TIMESTAMP, so that a
stray write of an older attempt never wins over a newer one.
"""
from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
import ssl
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, Row, SparkSession, functions as F

from .connection import password, read_pem
from .kafka import JSON
from .plan import Column, Plan, Table, parts_of
from .sources import quoted
from .values import iso_text, micros_text, months_text

if TYPE_CHECKING:
    from .sinks import Sink

TYPES = {"boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "int": "int", "bigint": "bigint",
         "float": "float", "double": "double", "string": "text", "binary": "blob", "date": "date"}
CONCURRENCY = 128
SPLITS = 8  # Ranges of tokens that a table is read by.


class Tls:
    """What the files of cassandra.tls.* hold: executors need not have them."""

    def __init__(self, settings: dict[str, str]) -> None:
        def text(key: str) -> str | None:
            return read_pem(key, settings[key]) if key in settings else None

        self.ca, self.certificate = text("cassandra.tls.ca"), text("cassandra.tls.certificate")
        self.key = text("cassandra.tls.key")
        self.verify = settings.get("cassandra.tls.verify") != "false"

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.ca)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate:  # Python takes it from a file alone.
            with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
                file.write(self.certificate + "\n" + (self.key or ""))
                file.flush()
                context.load_cert_chain(file.name)
        return context


class Address:
    """How to connect; goes along to executors."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.points: list[tuple[str, int]] = []
        for point in settings["cassandra.contact.points"].split(","):
            host, colon, port = point.strip().rpartition(":")
            if not colon or point.strip().endswith("]"):
                host, port = point.strip(), settings.get("cassandra.port", "9042")
            self.points.append((host.strip("[]"), int(port)))
        self.user, self.password = settings.get("cassandra.username"), password(settings, "cassandra")
        self.datacenter = settings.get("cassandra.local.datacenter", "")  # empty: that of the contact points
        self.tls = Tls(settings) if settings.get("cassandra.tls") == "true" else None

    def connect(self, consistency: str = "LOCAL_ONE") -> Any:
        """`consistency`: of all requests, reading and writing."""
        from cassandra import ConsistencyLevel
        from cassandra.auth import PlainTextAuthProvider
        from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
        from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy

        near = DCAwareRoundRobinPolicy(local_dc=self.datacenter)
        profile = ExecutionProfile(load_balancing_policy=TokenAwarePolicy(near), request_timeout=30,
                                   consistency_level=ConsistencyLevel.name_to_value[consistency])
        login = PlainTextAuthProvider(self.user, self.password) if self.user else None
        cluster = Cluster(self.points, port=self.points[0][1], auth_provider=login,
                          ssl_context=self.tls.context() if self.tls else None,
                          execution_profiles={EXEC_PROFILE_DEFAULT: profile})
        try:
            return cluster, cluster.connect()
        except BaseException:
            cluster.shutdown()
            raise


def name_text(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def type_text(kind: str, micros: bool) -> str:
    kind = kind.lower()
    if kind.startswith("decimal"):
        return "decimal"
    if kind == "timestamp":
        return "bigint" if micros else "timestamp"
    return TYPES.get(kind, "text")


def outgoing(column: Column) -> Any:
    """A value as the task below takes it, whatever the zones of executors are."""
    value, kind = F.col(quoted(column.name)), column.type.lower()
    if kind == "timestamp":
        return F.unix_micros(value)
    if kind == "date":
        return F.unix_date(value)
    if kind == "timestamp_ntz":
        return iso_text(value.cast("string"), 6)
    if kind.startswith(("array<", "map<", "struct<")):
        return F.to_json(value, JSON)
    if kind.startswith("interval") and ("year" in kind or "month" in kind):
        return F.expr(f"cast(cast({quoted(column.name)} as interval month) as int)")
    return value


def bound(value: Any, kind: str, micros: bool) -> Any:
    """What the driver takes for it."""
    if value is None:
        return None
    if kind == "timestamp":
        return value if micros else value // 1000
    if kind == "date":
        from cassandra.util import Date
        return Date(value)
    if kind.startswith("interval"):
        return months_text(value) if isinstance(value, int) else micros_text(value // datetime.timedelta(microseconds=1))
    return bytes(value) if kind == "binary" else value


def refusal(row: Row, keys: list[int], partition: int, kinds: list[str], micros: bool) -> tuple[str, str] | None:
    """Why Cassandra cannot have this row. `partition`: how many of the keys are the partition's."""
    for i in keys:
        if row[i] is None:
            return "null_key", "a column of the primary key is NULL"
        if kinds[i] == "timestamp" and not micros and row[i] % 1000:
            return "not_storable", "a TIMESTAMP of the primary key is finer than Cassandra's milliseconds"
    if partition == 1 and row[keys[0]] == "":
        return "not_storable", "the partition key is an empty text"
    return None


def incoming(value: Any, kind: str) -> str | None:
    """A value of the driver's as text that Spark casts; of collections, tuples and user's types as JSON."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value).replace("inf", "Infinity")
    if is_collection(value):
        return json.dumps(json_of(value, kind), ensure_ascii=False)
    return str(value)


def is_collection(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray))


def json_of(value: Any, kind: str) -> Any:
    """What Spark's from_json takes for a value of that type."""
    parts = parts_of(kind)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if not is_collection(value):
        return incoming(value, kind)
    if isinstance(value, Mapping):
        inner = parts[1][1] if len(parts) == 2 else ""
        return {incoming(k, ""): json_of(v, inner) for k, v in value.items()}
    named = value._asdict() if hasattr(value, "_asdict") else None  # a user's type; else a list, a set or a tuple
    if kind.lower().startswith("struct<"):
        cells = dict(zip((name for name, _ in parts), value)) if named is None else named
        cells = {name.lower(): cell for name, cell in cells.items()}
        return {name: json_of(cells.get(name.lower()), part) for name, part in parts}
    if named is not None:
        return {name: json_of(cell, "") for name, cell in named.items()}
    return [json_of(v, parts[0][1] if parts else "") for v in value]


class CassandraTable:
    def __init__(self, session: SparkSession, plan: Plan, table: Table, letters: Sink) -> None:
        settings, options = plan.settings, table.options
        self.session, self.table, self.letters = session, table, letters
        self.address = Address(settings)
        self.keyspace = options.get("keyspace", settings.get("cassandra.keyspace", "weir"))
        self.plain_name = options.get("table", table.name.lower())
        self.name = f"{name_text(self.keyspace)}.{name_text(self.plain_name)}"
        self.micros = options.get("timestamps") == "microseconds"
        self.partition = table.partitioned_by or table.primary_key[:1]
        self.key = self.partition + [k for k in table.primary_key if k not in self.partition]
        self.make_keyspace = settings.get("cassandra.keyspace.create", "true") == "true"
        self.copies = settings.get("cassandra.replication", "1")
        self.consistency = options.get("consistency", settings.get("cassandra.consistency", "local_quorum")).upper()
        self.ttl = max(table.ttl_us // 1000000, 1) if table.ttl_us else 0  # in Cassandra's seconds

    def prepare(self) -> None:
        self.letters.prepare()
        cluster, session = self.address.connect()
        try:
            if self.make_keyspace:
                here = session.execute("SELECT data_center FROM system.local").one()[0]
                session.execute(f"CREATE KEYSPACE IF NOT EXISTS {name_text(self.keyspace)} WITH replication = "
                                f"{{'class': 'NetworkTopologyStrategy', '{here}': {int(self.copies)}}}")
            columns = ", ".join(f"{name_text(c.name)} {type_text(c.type, self.micros)}" for c in self.table.columns)
            key = "(" + ", ".join(map(name_text, self.partition)) + ")"
            key += "".join(f", {name_text(k)}" for k in self.key[len(self.partition):])
            session.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({columns}, PRIMARY KEY ({key})) "
                            "WITH comment = 'kept by weir'")
            self.check(session)
        finally:
            cluster.shutdown()

    def columns_there(self, session: Any) -> list[Any]:
        """Those of the key first, in its order."""
        rows = session.execute("SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = %s "
                               "AND table_name = %s", (self.keyspace, self.plain_name))
        places = {"partition_key": 0, "clustering": 1}
        return sorted(rows, key=lambda r: (places.get(r.kind, 2), r.position))

    def check(self, session: Any) -> None:
        columns = self.columns_there(session)
        there = {r.column_name: r for r in columns}
        for column in self.table.columns:
            kind, found = type_text(column.type, self.micros), there.get(column.name)
            if found is None or found.type != kind:
                raise ValueError(f"table {self.name} in Cassandra is of another shape: column {column.name} is "
                                 f"{found.type if found else 'missing'} there, {kind} here")
        key = [r.column_name for r in columns if r.kind in ("partition_key", "clustering")]
        if key != self.key:
            raise ValueError(f"table {self.name} in Cassandra is of another shape: its key is ({', '.join(key)}) there, "
                             f"({', '.join(self.key)}) here")

    def write(self, frame: DataFrame, query: str, epoch: int) -> int:
        return self.upsert(frame, query, epoch, time.time_ns() // 1000)

    def upsert(self, frame: DataFrame, query: str, epoch: int, at_us: int) -> int:
        columns, micros, ttl, address, name = self.table.columns, self.micros, self.ttl, self.address, self.name
        consistency = self.consistency
        kinds = [c.type.lower() for c in columns]
        keys, partition = [next(i for i, c in enumerate(columns) if c.name == k) for k in self.key], len(self.partition)
        names = ", ".join(name_text(c.name) for c in columns)
        statement = (f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' for _ in columns)}) USING TIMESTAMP ?"
                     + (f" AND TTL {ttl}" if ttl else ""))

        def put(rows: Iterable[Row]) -> Iterator[tuple[int, str, str, str]]:
            """One tuple with the number of rows, and one for each that was refused."""
            from cassandra.concurrent import execute_concurrent_with_args

            last: dict[tuple[Any, ...], Row] = {}  # One key after another: concurrent writes of one key would race.
            refused = []
            for row in rows:
                why = refusal(row, keys, partition, kinds, micros)
                if why:
                    refused.append((0, why[0], why[1], row[len(kinds)]))
                else:
                    last[tuple(row[i] for i in keys)] = row
            if last:
                cluster, session = address.connect(consistency)
                try:
                    prepared = session.prepare(statement)
                    values = [(*(bound(row[i], kind, micros) for i, kind in enumerate(kinds)), at_us) for row in last.values()]
                    execute_concurrent_with_args(session, prepared, values, concurrency=CONCURRENCY)
                finally:
                    cluster.shutdown()
            yield (len(last), "", "", "")
            yield from refused

        selected = frame.select(*[outgoing(c).alias(f"c{i}") for i, c in enumerate(columns)],
                                F.when(self.any_key_odd(), F.to_json(F.struct("*"), JSON)).alias("raw"))
        # Rows of a key meet in one task, so that the last one wins. Each task connects by itself: not too many.
        tasks = self.session.sparkContext.defaultParallelism
        results = selected.repartition(tasks, *[F.col(f"c{i}") for i in keys]).rdd.mapPartitions(put).collect()
        refused = [r for r in results if r[1]]
        if refused:
            letters = self.session.createDataFrame([r[1:] for r in refused], "reason STRING, why STRING, raw STRING").select(
                "reason", F.concat(F.lit(f"table {self.table.name}: "), F.col("why")).alias("message"), "raw",
                F.lit(None).cast("int").alias("partition"), F.lit(None).cast("bigint").alias("position"),
                F.current_timestamp().alias("received_at"))
            self.letters.write(letters, query + " letters", epoch)
        return sum(r[0] for r in results)

    def any_key_odd(self) -> Any:
        """Whether a row may be refused: only then its text is made."""
        odd = F.lit(False)
        kinds = {c.name: c.type.lower() for c in self.table.columns}
        for k in self.key:
            column = F.col(quoted(k))
            odd = odd | column.isNull()
            if kinds[k] == "timestamp":
                odd = odd | (F.unix_micros(column) % 1000 != 0)
            elif kinds[k] == "string":
                odd = odd | (column == "")
        return odd

    def replace(self, frame: DataFrame) -> int:
        """The new rows at one time; then, partition by partition, what is older goes."""
        at_us = time.time_ns() // 1000
        count = self.upsert(frame, "view " + self.table.name, at_us, at_us)
        address, name, partition = self.address, self.name, [name_text(k) for k in self.partition]
        consistency = self.consistency
        where = " AND ".join(f"{k} = ?" for k in partition)

        def clear(bounds: Iterable[tuple[int, int]]) -> Iterator[int]:
            cluster, session = address.connect(consistency)
            try:
                gone = session.prepare(f"DELETE FROM {name} USING TIMESTAMP ? WHERE {where}")
                token = f"token({', '.join(partition)})"
                for low, high in bounds:
                    for row in session.execute(f"SELECT DISTINCT {', '.join(partition)} FROM {name} WHERE {token} >= {low} "
                                               f"AND {token} <= {high}"):
                        session.execute(gone, (at_us - 1, *row))
                yield 0
            finally:
                cluster.shutdown()

        self.ranges().mapPartitions(clear).collect()
        return count

    def ranges(self) -> Any:
        """The ring of tokens, in parts."""
        low, high = -(1 << 63), (1 << 63) - 1
        step = (high - low) // SPLITS
        bounds = [(low + i * step, high if i == SPLITS - 1 else low + (i + 1) * step - 1) for i in range(SPLITS)]
        return self.session.sparkContext.parallelize(bounds, SPLITS)

    def names_there(self) -> tuple[list[str], list[str]]:
        """The table's columns and those of its partition key, as they are called there: it may be somebody else's."""
        cluster, session = self.address.connect()
        try:
            there = self.columns_there(session)
        finally:
            cluster.shutdown()
        if not there:
            raise ValueError(f"there is no table {self.name} in Cassandra")
        names = {r.column_name.lower(): r.column_name for r in reversed(there)}
        missing = [c.name for c in self.table.columns if c.name.lower() not in names]
        if missing:
            raise ValueError(f"table {self.name} in Cassandra has no column {missing[0]}")
        exact = {r.column_name for r in there}
        return ([c.name if c.name in exact else names[c.name.lower()] for c in self.table.columns],
                [r.column_name for r in there if r.kind == "partition_key"])

    def read(self) -> DataFrame:
        """The table as it is now, by ranges of tokens; also one that was made by others."""
        address, name, consistency = self.address, self.name, self.consistency
        columns, partition = self.names_there()
        kinds = [c.type for c in self.table.columns]
        token = f"token({', '.join(map(name_text, partition))})"
        names = ", ".join(map(name_text, columns))

        def fetch(bounds: Iterable[tuple[int, int]]) -> Iterator[tuple[str | None, ...]]:
            cluster, session = address.connect(consistency)
            try:
                for low, high in bounds:
                    for row in session.execute(f"SELECT {names} FROM {name} WHERE {token} >= {low} AND {token} <= {high}",
                                               timeout=120):
                        yield tuple(incoming(v, kind) for v, kind in zip(row, kinds))
            finally:
                cluster.shutdown()

        texts = self.session.createDataFrame(self.ranges().mapPartitions(fetch),
                                             ", ".join(f"c{i} STRING" for i in range(len(columns))))
        out = []
        for i, c in enumerate(self.table.columns):
            value: Any = F.col(f"c{i}")
            if c.type.lower().startswith(("array<", "map<", "struct<")):
                value = F.from_json(value, c.type)
            elif c.type.lower() == "binary":
                value = F.unhex(value)
            elif c.type.lower() == "timestamp" and self.micros:
                value = F.timestamp_micros(value.cast("bigint"))
            else:
                value = value.cast(c.type)
            out.append(value.alias(c.name))
        return texts.select(*out)
