"""Records (bytes of a topic or a line of a file) -> rows of a table, good ones and bad ones.

As in weir (design.md, "Bad values"): a record is bad when it is not one JSON object (CSV row), when it
holds a value that does not fit a column which any flow reads, or when it breaks NOT NULL or a CHECK. One
without a value (Kafka's tombstones) is neither good nor bad, but in format raw, where it is a NULL.
"""
from __future__ import annotations

from pyspark.sql import Column as SparkColumn, DataFrame, functions as F

from .plan import Column, Table

CORRUPT = "_weir_corrupt"
ROW = "_weir_row"
BESIDE = "_weir_beside_"
# Of a record, beside its value: the field, its type, and the type as a column where it is another.
METADATA = {"key": "binary", "topic": "string", "partition": "int", "offset": "bigint", "timestamp": "timestamp",
            "timestamptype": "int", "headers": "array<struct<key:string,value:binary>>"}
CSV_OPTIONS = ("sep", "quote", "escape", "nullValue")


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def schema_text(columns: list[Column]) -> str:
    return ", ".join(f"{quoted(c.name)} {c.type}" for c in columns)


def csv_options(table: Table) -> dict[str, str]:
    return {o: table.options[o.lower()] for o in CSV_OPTIONS if o.lower() in table.options}


def is_csv(table: Table) -> bool:
    return table.provider == "csv" or table.options.get("format") == "csv"


def metadata_columns(table: Table) -> list[tuple[str, str, str]]:
    """(name here, field of the record, type) of each column that 'metadata' fills: "p = partition, offset"."""
    kinds = {c.name.lower(): c.type for c in table.columns}
    out = []
    for part in table.options.get("metadata", "").split(","):
        if part.strip():
            name, _, field = part.partition("=")
            out.append((_metadata_name(name.strip()), (field or name).strip(), kinds[name.strip().lower()]))
    return out


def _metadata_name(column: str) -> str:
    return "_weir_metadata_" + column.lower()


def _of_value(table: Table, columns: list[Column]) -> list[Column]:
    """Those of the columns that the record's value holds."""
    filled = {name for name, _, _ in metadata_columns(table)}
    return [c for c in columns if _metadata_name(c.name) not in filled]


def _parsed(table: Table, value: SparkColumn, columns: list[Column], corrupt: bool) -> SparkColumn:
    columns = _of_value(table, columns)
    if table.options.get("format") == "raw":
        text = [value.cast(c.type).alias(c.name) for c in columns]
        return F.struct(*text, F.lit(None).cast("string").alias(CORRUPT)) if corrupt else F.struct(*text)
    schema = schema_text(columns) + (f"{', ' if columns else ''}{CORRUPT} STRING" if corrupt else "")
    options = {"mode": "PERMISSIVE"}
    if corrupt:
        options["columnNameOfCorruptRecord"] = CORRUPT
    if is_csv(table):
        return F.from_csv(value, schema, {**options, **csv_options(table)})
    return F.from_json(value, schema, options)


def _whole(table: Table, parsed: SparkColumn) -> SparkColumn:
    """All columns of the table, those of the record itself among them."""
    filled = {name for name, _, _ in metadata_columns(table)}
    if not filled:
        return parsed
    return F.struct(*[(F.col(_metadata_name(c.name)) if _metadata_name(c.name) in filled else parsed.getField(c.name))
                      .alias(c.name) for c in table.columns])


def without_header(table: Table, lines: DataFrame) -> DataFrame:
    """Lines of CSV files that begin with the names of the columns."""
    if not is_csv(table) or table.options.get("header") != "true":
        return lines
    cells = F.from_csv(F.col("value"), ", ".join(f"c{i} STRING" for i in range(len(table.columns))), csv_options(table))
    names = F.lit(True)
    for i, column in enumerate(table.columns):
        names = names & F.coalesce(F.lower(F.trim(cells.getField(f"c{i}"))) == column.name.lower(), F.lit(False))
    return lines.where(~names)


def decode(table: Table, records: DataFrame) -> DataFrame:
    """`records` has a column `value` STRING; adds ROW (all columns), `reason` (NULL: a good record) and `dropped` (an
    expectation leaves it out)."""
    value = F.col("value")
    read = F.col("_weir_read")
    if table.options.get("format") != "raw":
        records = records.where(value.isNotNull())
    rows = records.withColumn("_weir_read", _parsed(table, value, table.read_columns, True))
    if table.read_columns == table.columns:
        rows = rows.withColumn(ROW, _whole(table, read))
    else:
        rows = rows.withColumn(ROW, _whole(table, _parsed(table, value, table.columns, False)))
    return _judged(table, rows)


def _judged(table: Table, rows: DataFrame) -> DataFrame:
    """With the table's columns beside them, so that Spark itself reads the text of a CHECK."""
    beside = rows.select(*[F.col(quoted(c)).alias(BESIDE + c) for c in rows.columns],
                         *[F.col(ROW).getField(c.name).alias(c.name) for c in table.columns])
    read, value = F.col(BESIDE + "_weir_read"), F.col(BESIDE + "value")
    reason = F.when(read.isNull() | read.getField(CORRUPT).isNotNull(), F.lit("malformed"))
    dropped = F.lit(False)
    for constraint in table.constraints:
        if constraint.not_null is not None:
            broken = F.col(quoted(constraint.not_null)).isNull()
        else:  # NULL passes a CHECK, and fails an expectation.
            broken = ~F.coalesce(F.expr(constraint.condition or "true"), F.lit(not constraint.expectation))
        if not constraint.expectation:
            reason = reason.when(broken, F.lit(constraint.name))
        elif constraint.on_violation == "drop":
            dropped = dropped | broken
        elif constraint.on_violation == "fail":
            words = F.concat(F.lit(f"table {table.name}: the row breaks {constraint.name}: "), value.cast("string"))
            dropped = dropped | F.when(broken, F.raise_error(words).cast("boolean")).otherwise(F.lit(False))
    return beside.select(*[F.col(quoted(BESIDE + c)).alias(c) for c in rows.columns], reason.alias("reason"),
                         (reason.isNull() & dropped).alias("dropped"))


def good_rows(decoded: DataFrame, table: Table) -> DataFrame:
    return decoded.where(F.col("reason").isNull() & ~F.col("dropped")).select(
        *[F.col(ROW).getField(c.name).alias(c.name) for c in table.columns])


def bad_records(decoded: DataFrame) -> DataFrame:
    keep = [c for c in decoded.columns if c not in ("_weir_read", ROW, "dropped")]
    return decoded.where(F.col("reason").isNotNull()).select(*keep)
