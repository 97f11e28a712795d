"""Records (bytes of a topic or a line of a file) -> rows of a table, good ones and bad ones.

As in weir (design.md, "Bad values"): a record is bad when it is not one JSON object (CSV row), when it
holds a value that does not fit a column which any flow reads, or when it breaks NOT NULL or a CHECK.
"""
from __future__ import annotations

from pyspark.sql import Column as SparkColumn, DataFrame, functions as F

from .plan import Column, Table

CORRUPT = "_weir_corrupt"
ROW = "_weir_row"


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def schema_text(columns: list[Column]) -> str:
    return ", ".join(f"{quoted(c.name)} {c.type}" for c in columns)


def _parsed(table: Table, value: SparkColumn, columns: list[Column], corrupt: bool) -> SparkColumn:
    schema = schema_text(columns) + (f", {CORRUPT} STRING" if corrupt else "")
    options = {"mode": "PERMISSIVE"}
    if corrupt:
        options["columnNameOfCorruptRecord"] = CORRUPT
    if table.provider == "csv" or table.options.get("format") == "csv":
        return F.from_csv(value, schema, {**options, "sep": table.options.get("sep", ",")})
    return F.from_json(value, schema, options)


def decode(table: Table, records: DataFrame) -> DataFrame:
    """`records` has a column `value` STRING; adds ROW (all columns) and `reason` (NULL: a good record)."""
    value = F.col("value")
    read = F.col("_weir_read")
    rows = records.withColumn("_weir_read", _parsed(table, value, table.read_columns, True))
    if table.read_columns == table.columns:
        rows = rows.withColumn(ROW, read)
    else:
        rows = rows.withColumn(ROW, _parsed(table, value, table.columns, False))
    reason = F.when(read.isNull() | read.getField(CORRUPT).isNotNull(), F.lit("malformed"))
    for constraint in table.constraints:
        if constraint.expectation:
            continue
        if constraint.not_null is not None:
            broken = F.col(ROW).getField(constraint.not_null).isNull()
        else:
            broken = ~F.coalesce(_condition(table, constraint.condition or "true"), F.lit(True))
        reason = reason.when(broken, F.lit(constraint.name))
    return rows.withColumn("reason", reason)


def _condition(table: Table, text: str) -> SparkColumn:
    """The CHECK's text over the fields of ROW: its names are given by a lambda over a one-element array."""
    names = {c.name.lower() for c in table.columns}
    return F.expr(_qualified(text, names))


def _qualified(text: str, names: set[str]) -> str:
    """Puts ROW before each name of a column; strings and numbers are left alone."""
    out, i = [], 0
    while i < len(text):
        c = text[i]
        if c in "'\"":
            end = i + 1
            while end < len(text) and text[end] != c:
                end += 2 if text[end] == "\\" else 1
            out.append(text[i:end + 1])
            i = end + 1
        elif c == "`":
            end = text.index("`", i + 1)
            name = text[i + 1:end]
            out.append(f"{ROW}.`{name}`" if name.lower() in names and not _after_dot(out) else text[i:end + 1])
            i = end + 1
        elif c.isalpha() or c == "_":
            end = i
            while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                end += 1
            name = text[i:end]
            call = text[end:].lstrip().startswith("(")
            out.append(f"{ROW}.{name}" if name.lower() in names and not call and not _after_dot(out) else name)
            i = end
        elif c.isdigit():
            end = i
            while end < len(text) and (text[end].isalnum() or text[end] in "._"):
                end += 1
            out.append(text[i:end])
            i = end
        else:
            out.append(c)
            i += 1
    return "".join(out)


def _after_dot(out: list[str]) -> bool:
    before = "".join(out[-2:]).rstrip()
    return before.endswith(".")


def good_rows(decoded: DataFrame, table: Table) -> DataFrame:
    return decoded.where(F.col("reason").isNull()).select(
        *[F.col(ROW).getField(c.name).alias(c.name) for c in table.columns])


def bad_records(decoded: DataFrame) -> DataFrame:
    keep = [c for c in decoded.columns if c not in ("_weir_read", ROW)]
    return decoded.where(F.col("reason").isNotNull()).select(*keep)
