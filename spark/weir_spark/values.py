"""Spark's values as `weir sql --format json` writes them."""
from __future__ import annotations

import contextlib
import datetime
import decimal
import math
from collections.abc import Iterator
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession, functions as F, types as T

# Python's own date and time types are narrower than Spark's: these come as Spark's text.
TEXT = (T.DateType, T.TimestampType, T.TimestampNTZType, T.CalendarIntervalType, T.TimeType, T.VariantType)


def holds(kind: T.DataType, types: tuple[type, ...]) -> bool:
    if isinstance(kind, types):
        return True
    if isinstance(kind, T.ArrayType):
        return holds(kind.elementType, types)
    if isinstance(kind, T.MapType):
        return holds(kind.keyType, types) or holds(kind.valueType, types)
    if isinstance(kind, T.StructType):
        return any(holds(f.dataType, types) for f in kind.fields)
    return False


def as_text(kind: T.DataType) -> T.DataType:
    """The same shape, with dates and times as STRING."""
    if isinstance(kind, TEXT):
        return T.StringType()
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(as_text(kind.elementType))
    if isinstance(kind, T.MapType):
        return T.MapType(as_text(kind.keyType), as_text(kind.valueType))
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, as_text(f.dataType)) for f in kind.fields])
    return kind


def months_text(months: int) -> str:
    sign, months = ("-", -months) if months < 0 else ("", months)
    return f"{sign}{months // 12}-{months % 12}"


def micros_text(us: int) -> str:
    sign, us = ("-", -us) if us < 0 else ("", us)
    days, us = divmod(us, 86400000000)
    hours, us = divmod(us, 3600000000)
    minutes, us = divmod(us, 60000000)
    seconds, us = divmod(us, 1000000)
    return f"{sign}{days} {hours:02d}:{minutes:02d}:{seconds:02d}.{us * 1000:09d}"


def to_json(value: Any, kind: T.DataType) -> Any:
    if value is None:
        return None
    if isinstance(kind, T.ArrayType):
        return [to_json(x, kind.elementType) for x in value]
    if isinstance(kind, T.MapType):
        return [[to_json(k, kind.keyType), to_json(x, kind.valueType)] for k, x in value.items()]
    if isinstance(kind, T.StructType):
        return [to_json(x, f.dataType) for x, f in zip(value, kind.fields)]
    if isinstance(kind, (T.DoubleType, T.FloatType)):
        if math.isnan(value):
            return "NaN"
        return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, datetime.timedelta):
        return micros_text(value // datetime.timedelta(microseconds=1))
    return value


def types_of(frame: DataFrame) -> list[str]:
    """Spark's catalogString of each column."""
    return [f.dataType().catalogString() for f in frame._jdf.schema().fields()]


ZONE = "spark.sql.session.timeZone"


@contextlib.contextmanager
def in_utc(session: SparkSession) -> Iterator[None]:
    """For what is put together within. In UTC alone each moment has a text of its own: elsewhere an hour comes twice."""
    zone = str(session.conf.get(ZONE))
    session.conf.set(ZONE, "UTC")
    try:
        yield
    finally:
        session.conf.set(ZONE, zone)


def utc_text(name: str) -> Column:
    """Of the TIMESTAMP column `name` (quoted), as `2026-01-01 00:00:00.125` in UTC. By a type without a zone: the wall clock of
    the session's zone leaves out an hour a year, through which no text may go."""
    seconds = f"cast(unix_micros({name}) as decimal(20,0)) / 1000000"
    return F.expr(f"cast(TIMESTAMP_NTZ'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, {seconds}) as string)")


def iso_text(text: Column, digits: int) -> Column:
    """`2026-01-01 00:00:00.125` with a T, and so many digits behind the point."""
    whole, fraction = F.replace(F.substring(text, 1, 19), F.lit(" "), F.lit("T")), F.substring(text, 21, 6)
    return F.concat(whole, F.lit("."), F.rpad(fraction, digits, "0"))


def collect(frame: DataFrame) -> list[list[Any]]:
    """The rows, as JSON values; times in UTC."""
    kinds = [f.dataType for f in frame.schema.fields]
    plain = frame.toDF(*[f"c{i}" for i in range(len(kinds))])
    columns: list[Column] = []
    for i, kind in enumerate(kinds):
        if isinstance(kind, T.YearMonthIntervalType):
            columns.append(F.expr(f"cast(cast(c{i} as interval month) as int)"))
        elif holds(kind, TEXT):
            columns.append(F.col(f"c{i}").cast(as_text(kind)))
        else:
            columns.append(F.col(f"c{i}"))
    with in_utc(frame.sparkSession):
        texts = plain.select(*columns)
    rows = []
    for row in texts.collect():
        cells = []
        for value, kind in zip(row, kinds):
            if isinstance(kind, T.YearMonthIntervalType):
                cells.append(None if value is None else months_text(value))
            else:
                cells.append(to_json(value, kind))
        rows.append(cells)
    return rows
