"""Tables that stand in files: USING json and csv, and any table whose role has no connection (Parquet).

    FOLDER/query=Q/epoch=N/part-…     the rows of a batch; writing an epoch again replaces its folder
    FOLDER/view-N/part-…, current     a materialized view: `current` names the folder that holds its rows

Where Spark runs on several machines the folders must be reachable from all of them (spark.tables.dir).
"""
from __future__ import annotations

import os
import shutil

from pyspark.sql import Column as SparkColumn, DataFrame, SparkSession, functions as F

from .kafka import JSON, csv_cell
from .plan import Column, Table, file_name, parts_of
from .sources import csv_options, quoted, schema_text


class FileSink:
    def __init__(self, session: SparkSession, table: Table, folder: str) -> None:
        self.session, self.table = session, table
        self.format = table.provider if table.provider in ("json", "csv") else "parquet"
        self.folder = table.options["path"] if self.format != "parquet" else os.path.join(folder, file_name(table.name))
        self.options: dict[str, str] = {}
        if self.format == "json":
            self.options = JSON
        elif self.format == "csv":
            self.options = {**csv_options(table), **JSON}

    @property
    def key(self) -> list[str]:
        return self.table.primary_key

    def prepare(self) -> None:
        pass

    def write(self, frame: DataFrame, query: str, epoch: int) -> None:
        self.save(frame, os.path.join(self.folder, f"query={query}", f"epoch={epoch:010d}"))

    def save(self, frame: DataFrame, folder: str) -> None:
        if self.format == "csv":  # CSV has no nested values.
            frame = frame.select(*[_plain(c) for c in self.table.columns])
        frame.write.format(self.format).options(**self.options).mode("overwrite").save(folder)

    def replace(self, frame: DataFrame) -> None:
        """New rows beside the old ones, then one rename that makes them the table's."""
        if self.format != "parquet" or "://" in self.folder:  # Others read the folder as it stands.
            self.save(frame, self.folder)
            return
        before = self.current()
        number = int(before.rsplit("-", 1)[1]) + 1 if before else 0
        self.save(frame, os.path.join(self.folder, f"view-{number}"))
        with open(os.path.join(self.folder, "current.new"), "w", encoding="utf-8") as file:
            file.write(f"view-{number}")
        os.replace(os.path.join(self.folder, "current.new"), os.path.join(self.folder, "current"))
        if before:
            shutil.rmtree(os.path.join(self.folder, before), ignore_errors=True)

    def current(self) -> str:
        try:
            with open(os.path.join(self.folder, "current"), encoding="utf-8") as file:
                return file.read().strip()
        except OSError:
            return ""

    def read(self) -> DataFrame:
        """The rows as they are now; of each key the last one."""
        schema = schema_text(self.table.columns)
        folder = os.path.join(self.folder, self.current())
        if "://" not in folder and not os.path.isdir(folder):
            return self.session.createDataFrame([], schema)
        reader = self.session.read.schema(schema).option("recursiveFileLookup", "true").format(self.format)
        frame = reader.options(**self.options).load(folder)
        if not self.table.primary_key:
            return frame
        key = [F.col(quoted(k)) for k in self.table.primary_key]
        frame = frame.withColumn("_weir_order", F.struct(
            F.regexp_extract(F.input_file_name(), r"epoch=(\d+)", 1), F.monotonically_increasing_id()))
        last = F.max_by(F.struct(*[quoted(c.name) for c in self.table.columns]), F.col("_weir_order")).alias("r")
        return frame.groupBy(*key).agg(last).select("r.*")


def _plain(column: Column) -> SparkColumn:
    nested = parts_of(column.type)
    return (F.to_json(F.col(quoted(column.name)), JSON) if nested else csv_cell(column)).alias(column.name)
