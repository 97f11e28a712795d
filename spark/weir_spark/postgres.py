"""Tables in PostgreSQL: each batch of a query exactly once, and reading.

    executors   COPY their partition into a staging table of texts; an attempt first deletes what an
                earlier attempt of the same partition left there
    driver      one transaction: the number of the batch into weir_spark_epochs, the staging table into the table
                (upsert by the primary key, the last row of a key winning); what has no key, or what PostgreSQL cannot
                hold (weir_odd), into the dead letters

A batch that Spark plays again after a crash finds its number there, and changes nothing. The staging table is not
logged: a server that crashes may have lost it, which is seen by the number of rows, and the batch is written again.
"""
from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from pyspark.sql import DataFrame, Row, SparkSession, functions as F

from .connection import password, password_in
from .kafka import JSON
from .plan import Column, Plan, Table, parts_of
from .sources import quoted
from .values import utc_text

SCALARS = {"boolean": "boolean", "tinyint": "smallint", "smallint": "smallint", "int": "integer", "bigint": "bigint",
           "float": "real", "double": "double precision", "string": "text", "binary": "bytea", "date": "date",
           "timestamp": "timestamp with time zone", "timestamp_ntz": "timestamp without time zone"}
NAME_BYTES_MAX = 63
COPY_BYTES = 1 << 20
FETCH_ROWS = 10000
LOCK = "SELECT pg_advisory_xact_lock(87117)"  # CREATE ... IF NOT EXISTS is no protection by itself.


def name_text(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def scalar_text(kind: str) -> str | None:
    if kind.startswith("decimal"):
        return kind.replace("decimal", "numeric").replace(" ", "")
    return "interval" if kind.startswith("interval") else SCALARS.get(kind)


def type_text(kind: str) -> str:
    kind = kind.lower()
    if kind.startswith("array<"):
        element = scalar_text(kind[6:-1])
        return element + "[]" if element else "jsonb"
    return scalar_text(kind) or ("jsonb" if kind.startswith(("map<", "struct<")) else "text")


def text_column(column: Column) -> Any:
    """A value as the text which PostgreSQL casts to the column's type."""
    name, kind = quoted(column.name), column.type.lower()
    value = F.col(name)
    if kind.startswith(("array<", "map<", "struct<")):
        return F.to_json(value, JSON)
    if kind == "string":  # A text with NUL is for dead letters alone (unstorable).
        return F.replace(value, F.lit("\0"), F.lit("\\u0000"))
    if kind == "binary":
        return F.concat(F.lit("\\x"), F.hex(value))
    if kind == "timestamp":
        return F.concat(utc_text(name), F.lit("+00"))
    if kind.startswith("interval") and ("year" in kind or "month" in kind):
        return F.expr(f"cast(cast({name} as interval month) as int) || ' months'")
    if kind.startswith("interval"):
        return F.expr(f"cast(cast({name} as interval second) as decimal(20,6)) || ' seconds'")
    return value.cast("string")


def unstorable(columns: list[Column]) -> Any:
    """Whether a row has what PostgreSQL has no place for: texts with NUL, or times that are written otherwise there."""
    odd = F.lit(False)
    for column in columns:
        value, kind = F.col(quoted(column.name)), column.type.lower()
        if kind == "string":
            found = F.contains(value, F.lit("\0"))
        elif parts_of(kind) and "string" in kind:
            found = F.to_json(value).rlike(r"(^|[^\\])(\\\\)*\\u0000")
        elif kind in ("date", "timestamp", "timestamp_ntz"):
            found = ~F.year(value).between(1, 9999)
        else:
            continue
        odd = odd | F.coalesce(found, F.lit(False))
    return odd


def from_text(column: Column) -> str:
    name, kind = name_text(column.name), type_text(column.type)
    if kind.endswith("[]"):
        return f"CASE WHEN {name} IS NULL THEN NULL ELSE ARRAY(SELECT jsonb_array_elements_text({name}::jsonb))::{kind} END"
    return f"justify_hours({name}::interval)" if kind == "interval" else f"{name}::{kind}"


def read_text(column: Column) -> str:
    """The other way: as text that Spark casts."""
    name, kind = name_text(column.name), column.type.lower()
    if type_text(kind).endswith("[]") or type_text(kind) == "jsonb":
        return f"to_json({name})::text"
    if type_text(kind) == "interval":
        unit = "months" if "year" in kind or "month" in kind else "seconds"
        return (f"(extract(year FROM {name}) * 12 + extract(month FROM {name}))::bigint::text" if unit == "months"
                else f"extract(epoch FROM {name})::numeric::text")
    return f"encode({name}, 'hex')" if kind == "binary" else f"{name}::text"


def address_for(settings: dict[str, str], table: Table) -> str:
    """Where the table is; a server of its own ('url') is given its own password alone."""
    if "url" in table.options:
        file = table.options.get("password_file")
        return address(table.options["url"], password_in("password_file", file) if file else None)
    return address(settings["postgres.url"], password(settings, "postgres"))


def address(url: str, secret: str | None) -> str:
    """libpq's connection text, with the password in it."""
    parts = urlsplit(url)
    if secret and "://" not in url:
        return url if "password=" in url else url + " password='" + secret.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if secret and parts.username and not parts.password:
        user, _, hosts = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}:{quote(secret, safe='')}@{hosts}").geturl()
    return url


def copy_line(row: Iterable[str | None]) -> str:
    cells = ["\\N" if v is None else v.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
             for v in row]
    return "\t".join(cells) + "\n"


class Lines(io.TextIOBase):
    """Rows as COPY reads them, made as they are asked for: a partition may be larger than memory."""

    def __init__(self, rows: Iterable[Row], before: list[str]) -> None:
        self.rows, self.before = iter(rows), before
        self.count = 0
        self.rest = ""

    def read(self, size: int | None = -1) -> str:
        wanted = COPY_BYTES if size is None or size < 0 else size
        parts, length = [self.rest], len(self.rest)
        while length < wanted:
            row = next(self.rows, None)
            if row is None:
                break
            line = copy_line([*self.before, str(self.count), *row])
            self.count += 1
            parts.append(line)
            length += len(line)
        whole = "".join(parts)
        self.rest = whole[wanted:]
        return whole[:wanted]


def connect(where: str) -> Any:
    import psycopg2
    connection = psycopg2.connect(where, connect_timeout=10)
    connection.set_client_encoding("UTF8")
    return connection


class Transaction:
    """A connection for one transaction."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> Any:
        self.connection = connect(self.where)
        return self.connection.cursor()

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            if kind is None:
                self.connection.commit()
        finally:
            self.connection.close()


class PostgresTable:
    def __init__(self, session: SparkSession, plan: Plan, table: Table) -> None:
        self.session, self.table = session, table
        self.where = address_for(plan.settings, table)
        schema = table.options.get("schema")
        self.schema = name_text(schema) + "." if schema else ""
        self.plain_name = table.options.get("table", table.name)
        self.name = self.schema + name_text(self.plain_name)
        self.letters = self.schema + name_text(self.plain_name + "__dead_letter")
        staging = "weir_spark_staging_" + self.plain_name
        if len(staging.encode()) > NAME_BYTES_MAX:
            staging = "weir_spark_staging_" + hashlib.sha256(staging.encode()).hexdigest()[:32]
        self.staging = self.schema + name_text(staging)

    def prepare(self) -> None:
        columns = ", ".join(f"{name_text(c.name)} {type_text(c.type)}" for c in self.table.columns)
        key = f", PRIMARY KEY ({', '.join(map(name_text, self.table.primary_key))})" if self.table.primary_key else ""
        texts = ", ".join(f"{name_text(c.name)} text" for c in self.table.columns)
        with Transaction(self.where) as cursor:
            cursor.execute(LOCK)
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({columns}{key})")
            cursor.execute("CREATE TABLE IF NOT EXISTS weir_spark_epochs (query text PRIMARY KEY, epoch bigint NOT NULL)")
            self.make_staging(cursor, texts)
            self.check(cursor, self.name, [(c.name, type_text(c.type)) for c in self.table.columns])
            self.check_key(cursor)

    def make_staging(self, cursor: Any, texts: str) -> None:
        """Anew where a changed file has given the table other columns: nothing in it lasts."""
        cursor.execute("SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = to_regclass(%s) "
                       "AND attnum > 0 AND NOT attisdropped", (self.staging,))
        there = cursor.fetchone()[0]
        wanted = ["weir_query", "weir_part", "weir_seq", "weir_odd", *[c.name for c in self.table.columns]]
        if there is not None and there != wanted:
            cursor.execute(f"DROP TABLE {self.staging}")
        cursor.execute(f"CREATE UNLOGGED TABLE IF NOT EXISTS {self.staging} "
                       f"(weir_query text, weir_part integer, weir_seq bigint, weir_odd text, {texts})")

    def check(self, cursor: Any, name: str, wanted: list[tuple[str, str]]) -> None:
        cursor.execute("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass "
                       "AND attnum > 0 AND NOT attisdropped", (name,))
        there = dict(cursor.fetchall())
        wrong = [f"column {column} is {there.get(column, 'missing')} there, {kind} here" for column, kind in wanted
                 if not type_fits(there.get(column), kind)]
        if wrong:
            raise ValueError(f"table {name} in PostgreSQL is of another shape: {'; '.join(wrong[:5])}")

    def check_key(self, cursor: Any) -> None:
        """An upsert needs a unique index over exactly the key."""
        if not self.table.primary_key:
            return
        cursor.execute("SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND "
                       "a.attnum = ANY(i.indkey::int2[]) WHERE i.indrelid = %s::regclass AND i.indisunique "
                       "AND i.indpred IS NULL GROUP BY i.indexrelid", (self.name,))
        if not any(set(row[0]) == set(self.table.primary_key) for row in cursor.fetchall()):
            raise ValueError(f"table {self.name} in PostgreSQL has no primary key or unique index over exactly "
                             f"({', '.join(self.table.primary_key)})")

    # ── writing ──

    def write(self, frame: DataFrame, query: str, epoch: int) -> int:
        if self.done(query, epoch):
            return 0
        count = self.stage(frame, query)
        with Transaction(self.where) as cursor:
            cursor.execute("INSERT INTO weir_spark_epochs AS e VALUES (%s, %s) ON CONFLICT (query) DO UPDATE SET epoch = "
                           "excluded.epoch WHERE e.epoch < excluded.epoch", (query, epoch))
            if cursor.rowcount == 0:
                return 0  # Another has written it meanwhile.
            self.apply(cursor, query, count)
        return count

    def done(self, query: str, epoch: int) -> bool:
        with Transaction(self.where) as cursor:
            cursor.execute("SELECT epoch FROM weir_spark_epochs WHERE query = %s", (query,))
            row = cursor.fetchone()
            cursor.execute(f"DELETE FROM {self.staging} WHERE weir_query = %s", (query,))  # of an attempt that died
        return row is not None and row[0] >= epoch

    def stage(self, frame: DataFrame, query: str) -> int:
        staging, where = self.staging, self.where
        odd = unstorable(self.table.columns) if self.table.kind != "system" else F.lit(False)  # Dead letters have none.
        texts = frame.select(F.when(odd, F.lit("not_storable")).alias("odd"),
                             *[text_column(c).alias(f"c{i}") for i, c in enumerate(self.table.columns)])

        def copy(rows: Iterable[Row]) -> Iterator[int]:
            from pyspark import TaskContext
            context = TaskContext.get()
            part = context.partitionId() if context else 0
            lines = Lines(rows, [query, str(part)])
            with Transaction(where) as cursor:
                cursor.execute(f"DELETE FROM {staging} WHERE weir_query = %s AND weir_part = %s", (query, part))
                cursor.copy_expert(f"COPY {staging} FROM STDIN", lines, COPY_BYTES)
            yield lines.count

        return sum(texts.rdd.mapPartitions(copy).collect())

    def apply(self, cursor: Any, query: str, count: int) -> None:
        cursor.execute(f"SELECT count(*) FROM {self.staging} WHERE weir_query = %s", (query,))
        staged = cursor.fetchone()[0]
        if staged != count:
            from psycopg2 import OperationalError
            raise OperationalError(f"{staged} of {count} rows are in {self.staging}: the server has lost the others")
        names = ", ".join(name_text(c.name) for c in self.table.columns)
        values = ", ".join(from_text(c) for c in self.table.columns)
        key = [name_text(k) for k in self.table.primary_key]
        good = " AND ".join(["weir_odd IS NULL", *[f"{k} IS NOT NULL" for k in key]])
        if key:
            rest = [name_text(c.name) for c in self.table.columns if c.name not in self.table.primary_key]
            action = ("UPDATE SET " + ", ".join(f"{n} = excluded.{n}" for n in rest)) if rest else "NOTHING"
            cursor.execute(
                f"INSERT INTO {self.name} ({names}) SELECT DISTINCT ON ({', '.join(key)}) {values} FROM {self.staging} "
                f"WHERE weir_query = %s AND {good} ORDER BY {', '.join(key)}, weir_part DESC, weir_seq DESC "
                f"ON CONFLICT ({', '.join(key)}) DO {action}", (query,))
        else:
            cursor.execute(f"INSERT INTO {self.name} ({names}) SELECT {values} FROM {self.staging} WHERE weir_query = %s "
                           f"AND {good} ORDER BY weir_part, weir_seq", (query,))
        self.put_aside(cursor, query, good)
        cursor.execute(f"DELETE FROM {self.staging} WHERE weir_query = %s", (query,))

    def put_aside(self, cursor: Any, query: str, good: str) -> None:
        cursor.execute(f"SELECT 1 FROM {self.staging} WHERE weir_query = %s AND NOT ({good}) LIMIT 1", (query,))
        if cursor.fetchone() is None:
            return
        cursor.execute(LOCK)
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {self.letters} (reason text, message text, raw text, "
                       '"partition" integer, "position" bigint, received_at timestamp with time zone)')
        cursor.execute(
            f"INSERT INTO {self.letters} SELECT coalesce(weir_odd, 'null_key'), %s || CASE WHEN weir_odd IS NULL THEN "
            "'a column of the primary key is NULL' ELSE 'PostgreSQL holds no text with U+0000, and no time outside of the "
            "years 1 to 9999 as it is written here' END, (to_jsonb(s) - 'weir_query' - 'weir_part' - 'weir_seq' - 'weir_odd')"
            f"::text, NULL, NULL, now() FROM {self.staging} s WHERE weir_query = %s AND NOT ({good})",
            (f"table {self.table.name}: ", query))

    def replace(self, frame: DataFrame) -> int:
        """A materialized view: the new rows in the place of the old ones, at once."""
        query = "view " + self.table.name
        with Transaction(self.where) as cursor:
            cursor.execute(f"DELETE FROM {self.staging} WHERE weir_query = %s", (query,))
        count = self.stage(frame, query)
        with Transaction(self.where) as cursor:
            cursor.execute(f"DELETE FROM {self.name}")
            self.apply(cursor, query, count)
        return count

    # ── reading ──

    def read(self) -> DataFrame:
        """By one task, page by page, in one snapshot: as the table is when the rows are asked for."""
        where, columns = self.where, self.table.columns
        names = ", ".join(read_text(c) for c in columns)
        sql = f"SELECT {names} FROM {self.name}"

        def fetch(_: Iterable[int]) -> Iterator[tuple[str | None, ...]]:
            connection = connect(where)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET TIME ZONE 'UTC'")
                    cursor.execute("SET datestyle TO 'ISO'")
                with connection.cursor("weir_read") as pages:
                    pages.itersize = FETCH_ROWS
                    pages.execute(sql)
                    yield from pages
            finally:
                connection.close()

        rows = self.session.sparkContext.parallelize([0], 1).mapPartitions(fetch)
        frame = self.session.createDataFrame(rows, ", ".join(f"c{i} STRING" for i in range(len(columns))))
        return frame.select(*[_from_read(i, c).alias(c.name) for i, c in enumerate(columns)])


def type_fits(there: str | None, here: str) -> bool:
    if there is None:
        return False
    if here.startswith("numeric") and there.startswith("numeric("):  # Digits before the point, and behind it.
        (wide, scale), (need, need_scale) = (map(int, re.findall(r"\d+", t)) for t in (there, here))
        return scale >= need_scale and wide - scale >= need - need_scale
    if here.startswith("numeric") and there == "numeric":
        return True
    return there == here or (here == "text" and there == "character varying")


def _from_read(i: int, column: Column) -> Any:
    value, kind = F.col(f"c{i}"), column.type.lower()
    if kind.startswith(("array<", "map<", "struct<")):
        return F.from_json(value, column.type)
    if kind == "binary":
        return F.unhex(value)
    if kind.startswith("interval"):
        if "year" in kind or "month" in kind:
            return F.expr(f"cast(make_ym_interval(0, cast(c{i} as int)) as {kind})")
        return F.expr(f"cast(make_dt_interval(0, 0, 0, cast(c{i} as decimal(18,6))) as {kind})")
    return value.try_cast(column.type)  # What others keep may not fit: NULL, as in weir.
