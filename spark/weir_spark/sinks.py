"""Where the rows of a query go, and how tables are read: the contract, and who keeps it.

A sink's write(frame, query, epoch) may be called again with the same numbers, after a crash: it must then
change nothing (PostgreSQL, files) or write the same rows again over themselves (Cassandra, keyed topics).
"""
from __future__ import annotations

from typing import Protocol

from pyspark.sql import DataFrame, SparkSession, functions as F

from .cassandra_table import CassandraTable
from .files import FileSink
from .kafka import KafkaSink
from .plan import Column, Plan, Table
from .postgres import PostgresTable
from .sources import quoted

CONNECTION = {"postgres": "postgres.url", "cassandra": "cassandra.contact.points"}
LETTER_COLUMNS = [Column("reason", "string", True), Column("message", "string", True), Column("raw", "string", True),
                  Column("partition", "int", True), Column("position", "bigint", True),
                  Column("received_at", "timestamp", True)]


class Sink(Protocol):
    def prepare(self) -> None:
        """Makes what is missing, checks what is there. ValueError: a sentence."""

    def write(self, frame: DataFrame, query: str, epoch: int) -> int:
        """How many rows; 0 also where the epoch is there already."""

    def replace(self, frame: DataFrame) -> int:
        """A materialized view: these rows in the place of the old ones."""

    def read(self) -> DataFrame:
        """The table as it is now."""


def letters_of(table: Table) -> Table:
    """The table of a table's dead letters."""
    return Table(table.name + "__dead_letter", "system", "postgres", LETTER_COLUMNS, LETTER_COLUMNS, {}, [], [], [], [],
                 "append", 0, table.line, table.column)


class Keyed:
    """Topics and files: rows with a NULL in their key are put aside before."""

    def __init__(self, sink: KafkaSink | FileSink, table: Table, letters: Sink) -> None:
        self.sink, self.table, self.letters = sink, table, letters

    def prepare(self) -> None:
        self.sink.prepare()
        if self.sink.key:
            self.letters.prepare()

    def write(self, frame: DataFrame, query: str, epoch: int) -> int:
        rows = frame.persist()
        try:
            broken = F.lit(False)
            for name in self.sink.key:
                broken = broken | F.col(quoted(name)).isNull()
            if self.sink.key:
                self.put_aside(rows.where(broken), query, epoch)
            good = rows.where(~broken)
            self.sink.write(good, query, epoch)
            return good.count()
        finally:
            rows.unpersist()

    def put_aside(self, rows: DataFrame, query: str, epoch: int) -> None:
        why = f"table {self.table.name}: a column of the key is NULL"
        letters = rows.select(
            F.lit("null_key").alias("reason"), F.lit(why).alias("message"), F.to_json(F.struct("*")).alias("raw"),
            F.lit(None).cast("int").alias("partition"), F.lit(None).cast("bigint").alias("position"),
            F.current_timestamp().alias("received_at"))
        if not letters.isEmpty():
            self.letters.write(letters, query + " letters", epoch)

    def replace(self, frame: DataFrame) -> int:
        rows = frame.persist()
        try:
            self.sink.replace(rows)
            return rows.count()
        finally:
            rows.unpersist()

    def read(self) -> DataFrame:
        assert isinstance(self.sink, FileSink)
        return self.sink.read()


def sink_of(session: SparkSession, plan: Plan, table: Table, folder: str) -> Sink:
    """`folder`: of tables whose role has no connection."""
    if table.provider == "postgres" and ("postgres.url" in plan.settings or "url" in table.options):
        return PostgresTable(session, plan, table)
    letters = None if table.kind == "system" else sink_of(session, plan, letters_of(table), folder)
    if table.provider == "cassandra" and "cassandra.contact.points" in plan.settings:
        assert letters is not None
        return CassandraTable(session, plan, table, letters)
    if table.kind == "source" and table.provider in CONNECTION:
        where = CONNECTION[table.provider]
        raise ValueError(f"the rows of table {table.name} are in a server: tell where that is (set {where})")
    sink = KafkaSink(session, plan, table) if table.provider == "kafka" else FileSink(session, table, folder)
    return Keyed(sink, table, letters) if letters is not None else Keyed(sink, table, Nowhere())


class Nowhere:
    """Dead letters have no dead letters."""

    def prepare(self) -> None:
        pass

    def write(self, frame: DataFrame, query: str, epoch: int) -> int:
        return 0

    def replace(self, frame: DataFrame) -> int:
        return 0

    def read(self) -> DataFrame:
        raise ValueError("there are no rows")
