"""The Spark half of `weir verify`: every flow and view on what weir read, its rows against weir's.

The folder (src/cli/cmd_verify.c draws it) holds records/, rows/once/ and rows/drain/. A flow's rows here
must hold all that weir emitted by its own watermarks (once), and nothing that weir does not emit when all
windows are closed (drain); in update mode, where results are shown early, both are simply the same rows.
"""
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, functions as F

from . import sources
from .compare import Difference, Row, differ, upserted
from .errors import words
from .plan import Column, Flow, MaterializedView, Plan, Read, Table, file_name
from .values import collect, types_of

RECORD = "partition INT, position BIGINT, value STRING"
HOPPING = re.compile(r"\bwindow\s*\([^()]*,[^()]*,", re.IGNORECASE)  # window(time, length, slide)
SHOWN = 5  # differing rows that a result names


@dataclass
class Result:
    name: str
    kind: str  # table, view, dead letters
    weir_rows: int = 0
    spark_rows: int = 0
    equal: int = 0
    open: int = 0  # emitted by Spark, and by weir only when all windows are closed
    missing: int = 0  # weir has them, Spark does not
    extra: int = 0  # Spark has them, weir does not
    late: int = 0  # records weir judged late, left out of Spark's input
    partly_late: int = 0  # rows of hopping windows that are equal with these records in Spark's input
    problem: str = ""
    first_missing: list[Row] = field(default_factory=list)
    first_extra: list[Row] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    late_rows: list[list[Any]] = field(default_factory=list)
    weir_hash: str = ""
    spark_hash: str = ""

    def fails(self, allow_empty: bool) -> bool:
        empty = not self.weir_rows and not self.spark_rows and self.kind != "dead letters"
        return bool(self.problem or self.missing or self.extra or (empty and not allow_empty))


def rows_hash(rows: list[Row]) -> str:
    """The same for the same rows in any order."""
    lines = sorted(json.dumps(r, ensure_ascii=False) for r in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


class Verifier:
    def __init__(self, session: SparkSession, plan: Plan, folder: str, ulp: int) -> None:
        self.session, self.plan, self.folder, self.ulp = session, plan, folder, ulp
        self.number = 0
        self.scratch = os.path.join(folder, "spark", "scratch")
        shutil.rmtree(self.scratch, ignore_errors=True)
        os.makedirs(self.scratch)

    # ── what weir left ──

    def rows(self, run: str, table: str) -> tuple[list[Column], list[Row]]:
        path = os.path.join(self.folder, "rows", run, file_name(table) + ".json")
        if not os.path.exists(path):
            return [], []
        with open(path, encoding="utf-8") as file:
            said = json.loads(file.readline())
        if "error" in said:
            raise ValueError(f"{table} could not be read back: {said['error']['message']}")
        return [Column(n, t.lower() if t.isupper() else t, True) for n, t in said["schema"]], said["rows"]

    def records_path(self, table: str) -> str:
        return os.path.join(self.folder, "records", file_name(table) + ".json")

    def set_aside(self, target: str, flows: list[Flow]) -> list[list[Any]]:
        """Records that weir left out of the flows into `target`: late ones, and rows with errors."""
        places = [(target + "__late", "")]
        for flow in flows:
            places += [(r.table + "__dead_letter", f"flow '{flow.name}': ") for r in flow.reads]
        out = []
        for name, message in places:
            columns, rows = self.rows("once", name)
            place = {c.name: i for i, c in enumerate(columns)}
            for row in rows:
                if not message or (row[place["message"]] or "").startswith(message):
                    out.append([row[place[c]] for c in ("reason", "partition", "position", "raw")])
        return out

    # ── the input ──

    def records(self, table: Table, aside: list[list[Any]]) -> str:
        """A folder with the table's records, without those set aside."""
        self.number += 1
        folder = os.path.join(self.scratch, f"records-{self.number}")
        os.makedirs(folder)
        out_path = os.path.join(folder, "records.json")
        gone = {(p, o) for _, p, o, _ in aside}
        if not gone:
            os.link(self.records_path(table.name), out_path)
            return folder
        raws = {raw for _, _, _, raw in aside}
        with open(self.records_path(table.name), encoding="utf-8") as source, \
                open(out_path, "w", encoding="utf-8") as out:
            for line in source:
                record = json.loads(line)
                # A flow with several sources: only the record that is the one set aside.
                if (record["partition"], record["position"]) in gone and record["value"] in raws:
                    continue
                out.write(line)
        return folder

    def register(self, reads: list[Read], aside: list[list[Any]]) -> None:
        for view in self.session.catalog.listTables():
            if view.isTemporary:
                self.session.catalog.dropTempView(view.name)
        for read in reads:
            table = self.plan.tables[read.table]
            if read.streaming:
                records = self.session.readStream.schema(RECORD).json(self.records(table, aside))
                frame = sources.good_rows(sources.decode(table, records), table)
            elif table.kind == "source":
                frame = self.batch_source(table)
            else:
                frame = self.typed(*self.rows("once", table.name))
            frame.createOrReplaceTempView(sources.quoted(table.name))
        for step in self.plan.temporary_views:
            # A step that reads what this flow does not: were it needed, the flow itself would tell.
            with contextlib.suppress(AnalysisException):
                frame = self.session.sql(step.query)
                if step.column_names:
                    frame = frame.toDF(*step.column_names)
                frame.createOrReplaceTempView(sources.quoted(step.name))

    def batch_source(self, table: Table) -> DataFrame:
        """Batch reads follow Spark: what does not fit is NULL."""
        path = table.options["path"]
        if table.provider == "csv":
            return self.session.read.schema(sources.schema_text(table.columns)).options(**sources.csv_options(table)).csv(
                path, header=table.options.get("header") == "true")
        return self.session.read.schema(sources.schema_text(table.columns)).json(path)

    def typed(self, columns: list[Column], rows: list[Row]) -> DataFrame:
        """JSON values as a frame of the columns' types."""
        names = [f"c{i}" for i in range(len(columns))]
        texts = [tuple(_cell(v, c.type) for v, c in zip(row, columns)) for row in rows]
        frame = self.session.createDataFrame(texts, ", ".join(f"{n} STRING" for n in names))
        out = []
        for name, column in zip(names, columns):
            kind = column.type.lower()
            if kind.startswith(("array<", "map<", "struct<")):
                value = F.from_json(F.col(name), column.type)
            elif kind == "binary":
                value = F.unhex(F.col(name))
            else:
                value = F.col(name).cast(column.type)
            out.append(value.alias(column.name))
        return frame.select(*out)

    # ── runs ──

    def run_flow(self, flow: Flow, aside: list[list[Any]]) -> tuple[list[str], list[str], list[Row]]:
        """Names, types and rows, in the order in which Spark emitted them."""
        self.register(flow.reads, aside)
        frame = self.session.sql(flow.query)
        target = self.plan.tables[flow.target]
        if flow.name != flow.target:  # INSERT INTO ... BY NAME: the table's columns
            have = {c.lower() for c in frame.columns}
            frame = frame.select(*[
                (F.col(sources.quoted(c.name)) if c.name.lower() in have else F.lit(None)).cast(c.type).alias(c.name)
                for c in target.columns])
        types = types_of(frame)
        names = frame.columns
        self.number += 1
        memory = f"weir_verify_{self.number}"
        frame = frame.toDF(*[f"c{i}" for i in range(len(names))])
        query = frame.writeStream.format("memory").queryName(memory).outputMode(flow.output_mode).option(
            "checkpointLocation", os.path.join(self.scratch, f"checkpoint-{self.number}")).trigger(
            availableNow=True).start()
        query.awaitTermination()
        return names, types, collect(self.session.table(memory))

    def run_flows(self, result: Result, table: Table, flows: list[Flow], aside: list[list[Any]]) -> list[Row]:
        rows: list[Row] = []
        for flow in flows:
            try:
                names, types, found = self.run_flow(flow, aside)
            except Exception as failure:
                result.problem = (f"Spark does not run flow {flow.name} "
                                  f"({self.plan.file}:{flow.line}): {words(failure)}")
                return []
            self.check_types(result, table, names, types)
            rows += found
        return rows

    def hops(self, flow: Flow) -> bool:
        """Whether it, or a view it may read, has hopping windows."""
        return any(HOPPING.search(text) for text in [flow.query, *(v.query for v in self.plan.temporary_views)])

    def with_partly_late(self, result: Result, table: Table, flows: list[Flow], key: list[int], before: Difference,
                         kinds: list[str]) -> Difference:
        """A record may be late for one of its hopping windows and in time for the next, where weir counts it. Such a window's
        row is Spark's when the record is in Spark's input; it takes the place of the row without."""
        whole = self.run_flows(result, table, flows, [])
        if key:
            whole = upserted(whole, key)
        again = differ(before.only_first, whole, kinds, self.ulp)
        result.partly_late = again.equal
        # As many rows of Spark's as were so replaced: those of the same key, or, without one, which are not in the whole.
        replaced = differ(before.only_second, whole, kinds, self.ulp).only_first
        left = list(before.only_second)
        for row in replaced[:again.equal]:
            left.remove(row)
        return Difference(before.equal + again.equal, again.only_first, left)

    def check_types(self, result: Result, table: Table, names: list[str], types: list[str]) -> None:
        here = [(c.name, c.type.lower()) for c in table.columns]
        there = list(zip(names, [t.lower() for t in types]))
        if here != there:
            wrong = [f"{a[0]} {a[1]} here, {b[0]} {b[1]} in Spark" for a, b in zip(here, there) if a != b]
            result.problem = "columns differ: " + ("; ".join(wrong) or f"{len(here)} here, {len(there)} in Spark")

    def table(self, table: Table, flows: list[Flow]) -> Result:
        result = Result(table.name, "table", columns=[c.name for c in table.columns], key=table.primary_key)
        aside = self.set_aside(table.name, flows)
        result.late, result.late_rows = len(aside), [a[:3] for a in aside]
        rows = self.run_flows(result, table, flows, aside)
        if result.problem:
            return result
        kinds = [c.type.lower() for c in table.columns]
        place = {c.name: i for i, c in enumerate(table.columns)}
        once, drain = self.rows("once", table.name)[1], self.rows("drain", table.name)[1]
        update = any(f.output_mode == "update" for f in flows)
        key = [place[k] for k in (table.primary_key or (table.topic_key if update else []))]
        if key:
            rows, once, drain = upserted(rows, key), upserted(once, key), upserted(drain, key)
        result.weir_rows, result.spark_rows = len(once), len(rows)
        result.weir_hash, result.spark_hash = rows_hash(once), rows_hash(rows)
        found_ = differ(once, rows, kinds, self.ulp)
        if found_.only_first and aside and any(self.hops(f) for f in flows):
            found_ = self.with_partly_late(result, table, flows, key, found_, kinds)
        extra = found_.only_second
        if not update and extra:
            closed = differ(extra, drain, kinds, self.ulp)
            result.open, extra = closed.equal, closed.only_first
        result.equal, result.missing, result.extra = found_.equal, len(found_.only_first), len(extra)
        result.first_missing, result.first_extra = found_.only_first[:SHOWN], extra[:SHOWN]
        return result

    def view(self, view: MaterializedView) -> Result:
        table = self.plan.tables[view.name]
        result = Result(view.name, "view", columns=[c.name for c in table.columns], key=table.primary_key)
        try:
            self.register(view.reads, [])
            frame = self.session.sql(view.query)
            self.check_types(result, table, frame.columns, types_of(frame))
            rows = collect(frame)
        except Exception as failure:
            result.problem = f"Spark does not run view {view.name} ({self.plan.file}:{view.line}): {words(failure)}"
            return result
        if result.problem:
            return result
        once = self.rows("once", view.name)[1]
        kinds = [c.type.lower() for c in table.columns]
        found = differ(once, rows, kinds, self.ulp)
        result.weir_rows, result.spark_rows, result.equal = len(once), len(rows), found.equal
        result.weir_hash, result.spark_hash = rows_hash(once), rows_hash(rows)
        result.missing, result.extra = len(found.only_first), len(found.only_second)
        result.first_missing, result.first_extra = found.only_first[:SHOWN], found.only_second[:SHOWN]
        return result

    def dead_letters(self, table: Table) -> Result:
        """Which records of a source are bad, and why."""
        result = Result(table.name + "__dead_letter", "dead letters",
                        columns=["partition", "position", "constraint"], key=["partition", "position"])
        checks = {c.name for c in table.constraints}
        records = self.session.read.schema(RECORD).json(self.records(table, []))
        bad = sources.bad_records(sources.decode(table, records)).select("partition", "position", "reason")
        there = [[p, o, r if r in checks else None] for p, o, r in collect(bad)]
        columns, rows = self.rows("once", table.name + "__dead_letter")
        place = {c.name: i for i, c in enumerate(columns)}
        here = []
        for row in rows:
            reason = row[place["reason"]]
            # Rows that a flow could not compute or write are that flow's.
            if reason == "null_key" or (row[place["message"]] or "").startswith("flow '"):
                continue
            here.append([row[place["partition"]], row[place["position"]], reason if reason in checks else None])
        found = differ(here, there, ["int", "bigint", "string"], 0)
        result.weir_rows, result.spark_rows, result.equal = len(here), len(there), found.equal
        result.missing, result.extra = len(found.only_first), len(found.only_second)
        result.first_missing, result.first_extra = found.only_first[:SHOWN], found.only_second[:SHOWN]
        return result


def _cell(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    kind = kind.lower()
    if kind.startswith(("array<", "map<", "struct<")):
        return json.dumps(_nested(value, kind), ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _split(text: str) -> list[str]:
    out, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "<(") - (c in ">)")
        if c == "," and depth == 0:
            out.append(text[start:i])
            start = i + 1
    out.append(text[start:])
    return out


def _nested(value: Any, kind: str) -> Any:
    """Maps and structs stand as arrays in weir's JSON; Spark's from_json wants objects."""
    if value is None:
        return None
    if kind.startswith("array<"):
        return [_nested(v, kind[6:-1]) for v in value]
    if kind.startswith("map<"):
        inner = _split(kind[4:-1])[1]
        return {k if isinstance(k, str) else json.dumps(k): _nested(v, inner) for k, v in value}
    if kind.startswith("struct<"):
        fields = [f.split(":", 1) for f in _split(kind[7:-1])]
        return {n.strip("`"): _nested(v, t) for (n, t), v in zip(fields, value)}
    return value


def verify(session: SparkSession, plan: Plan, folder: str, names: list[str], ulp: int) -> list[Result]:
    verifier = Verifier(session, plan, folder, ulp)
    wanted = {n.lower() for n in names}
    results = []
    for table in plan.tables.values():
        if table.kind == "source" and not wanted and os.path.exists(verifier.records_path(table.name)):
            results.append(verifier.dead_letters(table))
        flows = [f for f in plan.flows if f.target == table.name]
        if flows and (not wanted or table.name.lower() in wanted or any(f.name.lower() in wanted for f in flows)):
            results.append(verifier.table(table, flows))
    for view in plan.views:
        if not wanted or view.name.lower() in wanted:
            results.append(verifier.view(view))
    shutil.rmtree(verifier.scratch, ignore_errors=True)
    return results
