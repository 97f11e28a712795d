"""Batches of a query into a PostgreSQL table, each exactly once.

    executors   COPY their partition into a staging table of texts; an attempt first deletes what an
                earlier attempt of the same partition left there
    driver      one transaction: the staging table into the table (upsert by the primary key, the last row of a
                key winning), and (query, epoch) into weir_spark_epochs

A batch that Spark plays again after a crash finds its number there, and changes nothing.
"""
from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from pyspark.sql import DataFrame, Row, functions as F

from .plan import Column, Table
from .sources import quoted

SCALARS = {"boolean": "boolean", "tinyint": "smallint", "smallint": "smallint", "int": "integer", "bigint": "bigint",
           "float": "real", "double": "double precision", "string": "text", "binary": "bytea", "date": "date",
           "timestamp": "timestamptz", "timestamp_ntz": "timestamp"}


def name_text(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def type_text(kind: str) -> str:
    kind = kind.lower()
    if kind.startswith("decimal"):
        return kind.replace("decimal", "numeric")
    if kind.startswith("array<") and kind[6:-1] in SCALARS:
        return SCALARS[kind[6:-1]] + "[]"
    return SCALARS.get(kind, "jsonb" if kind.startswith(("array<", "map<", "struct<")) else "text")


def text_column(column: Column) -> Any:
    """A value as the text which PostgreSQL casts to the column's type."""
    value = F.col(quoted(column.name))
    kind = column.type.lower()
    if kind.startswith(("array<", "map<", "struct<")):
        return F.to_json(value)
    if kind == "binary":
        return F.concat(F.lit("\\x"), F.hex(value))
    if kind == "timestamp":
        return F.date_format(F.to_utc_timestamp(value, F.current_timezone()), "yyyy-MM-dd HH:mm:ss.SSSSSS'+00'")
    return value.cast("string")


def from_text(column: Column) -> str:
    name, kind = name_text(column.name), type_text(column.type)
    if kind.endswith("[]"):
        return f"CASE WHEN {name} IS NULL THEN NULL ELSE ARRAY(SELECT jsonb_array_elements_text({name}::jsonb))::{kind} END"
    return f"{name}::{kind}"


def address(settings: dict[str, str]) -> str:
    """libpq's connection text, with the password from where weir takes it."""
    url = settings["postgres.url"]
    password = os.environ.get("WEIR_POSTGRES_PASSWORD") or settings.get("postgres.password")
    if not password and "postgres.password.file" in settings:
        with open(settings["postgres.password.file"], encoding="utf-8") as file:
            password = file.readline().strip()
    parts = urlsplit(url)
    if password and parts.username and not parts.password:
        host = f"{parts.username}:{quote(password, safe='')}@{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        url = parts._replace(netloc=host).geturl()
    return url


def copy_line(row: Iterable[str | None]) -> str:
    cells = ["\\N" if v is None else v.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
             for v in row]
    return "\t".join(cells) + "\n"


class PostgresSink:
    def __init__(self, table: Table, settings: dict[str, str]) -> None:
        self.table, self.address = table, address(settings)
        schema = table.options.get("schema")
        self.name = (name_text(schema) + "." if schema else "") + name_text(table.options.get("table", table.name))
        self.staging = name_text("weir_spark_staging_" + table.name)

    def connect(self) -> Any:
        import psycopg2
        connection = psycopg2.connect(self.address)
        connection.set_client_encoding("UTF8")
        return connection

    def prepare(self) -> None:
        columns = ", ".join(f"{name_text(c.name)} {type_text(c.type)}" for c in self.table.columns)
        key = f", PRIMARY KEY ({', '.join(map(name_text, self.table.primary_key))})" if self.table.primary_key else ""
        texts = ", ".join(f"{name_text(c.name)} text" for c in self.table.columns)
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(87117)")  # CREATE ... IF NOT EXISTS is no protection by itself
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({columns}{key})")
            cursor.execute("CREATE TABLE IF NOT EXISTS weir_spark_epochs (query text PRIMARY KEY, epoch bigint NOT NULL)")
            cursor.execute(f"CREATE UNLOGGED TABLE IF NOT EXISTS {self.staging} "
                           f"(weir_query text, weir_part integer, weir_seq bigint, {texts})")

    def write(self, frame: DataFrame, query: str, epoch: int) -> None:
        if self.done(query, epoch):
            return
        self.stage(frame, query)
        with self.connect() as connection, connection.cursor() as cursor:
            self.apply(cursor, query)
            cursor.execute("INSERT INTO weir_spark_epochs VALUES (%s, %s) ON CONFLICT (query) DO UPDATE SET epoch = "
                           "excluded.epoch", (query, epoch))
            cursor.execute(f"DELETE FROM {self.staging} WHERE weir_query = %s", (query,))

    def done(self, query: str, epoch: int) -> bool:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT epoch FROM weir_spark_epochs WHERE query = %s", (query,))
            row = cursor.fetchone()
            cursor.execute(f"DELETE FROM {self.staging} WHERE weir_query = %s", (query,))  # of an attempt that died
        return row is not None and row[0] >= epoch

    def stage(self, frame: DataFrame, query: str) -> None:
        staging, sink = self.staging, self
        texts = frame.select(*[text_column(c).alias(f"c{i}") for i, c in enumerate(self.table.columns)])

        def copy(rows: Iterable[Row]) -> None:
            from pyspark import TaskContext
            context = TaskContext.get()
            part = context.partitionId() if context else 0
            with sink.connect() as connection, connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {staging} WHERE weir_query = %s AND weir_part = %s", (query, part))
                buffer = io.StringIO()
                for i, row in enumerate(rows):
                    buffer.write(copy_line([query, str(part), str(i), *row]))
                buffer.seek(0)
                cursor.copy_expert(f"COPY {staging} FROM STDIN", buffer)

        texts.rdd.foreachPartition(copy)

    def apply(self, cursor: Any, query: str) -> None:
        names = ", ".join(name_text(c.name) for c in self.table.columns)
        values = ", ".join(from_text(c) for c in self.table.columns)
        if not self.table.primary_key:
            cursor.execute(f"INSERT INTO {self.name} ({names}) SELECT {values} FROM {self.staging} WHERE weir_query = %s "
                           "ORDER BY weir_part, weir_seq", (query,))
            return
        key = [name_text(k) for k in self.table.primary_key]
        rest = [name_text(c.name) for c in self.table.columns if c.name not in self.table.primary_key]
        action = ("UPDATE SET " + ", ".join(f"{n} = excluded.{n}" for n in rest)) if rest else "NOTHING"
        present = " AND ".join(f"{k} IS NOT NULL" for k in key)
        cursor.execute(
            f"INSERT INTO {self.name} ({names}) SELECT DISTINCT ON ({', '.join(key)}) {values} FROM {self.staging} "
            f"WHERE weir_query = %s AND {present} ORDER BY {', '.join(key)}, weir_part DESC, weir_seq DESC "
            f"ON CONFLICT ({', '.join(key)}) DO {action}", (query,))

    def replace(self, frame: DataFrame) -> None:
        """A materialized view: the new rows in the place of the old ones, at once."""
        query = "view " + self.table.name
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.staging} WHERE weir_query = %s", (query,))
        self.stage(frame, query)
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.name}")
            self.apply(cursor, query)
            cursor.execute(f"DELETE FROM {self.staging} WHERE weir_query = %s", (query,))
