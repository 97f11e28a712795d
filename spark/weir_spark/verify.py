"""The Spark half of `weir verify`: every flow and view on what weir read, its rows against weir's.

The folder (src/cli/cmd_verify.c draws it) holds records/, rows/once/ and rows/drain/. In update mode, where results
are shown early, rows here and there are simply the same. Else each engine may still hold back what the other has told,
since the input ends where neither would have ended:

- *open in weir*: Spark has it; weir when all windows are closed (drain);
- *open in Spark*: weir has it; Spark when its several watermarks go as far as weir's do at the end of an input (to the
  maximum instead of the minimum), or else when it runs the query over the records as a batch: rows of joins which no
  watermark passes (their time or key is NULL), and what is behind a condition, which Spark tests before it looks at times,
  so that rows left out do not move its watermark.

All else is missing or extra. So rows weir = equal + open in Spark + missing; rows Spark = equal + open in weir + extra.
"""
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, functions as F

from . import sources
from .compare import Row, came_between, differ, upserted
from .errors import words
from .plan import Column, Flow, MaterializedView, Plan, Read, Table, file_name, parts_of
from .values import collect, in_utc, types_of

RECORD = "partition INT, position BIGINT, value STRING"
HOPPING = re.compile(r"\bwindow\s*\([^(),]*(,[^(),]*,[^()]*\))", re.IGNORECASE)  # window(time, length, slide ...)
POLICY = "spark.sql.streaming.multipleWatermarkPolicy"
SHOWN = 5  # differing rows that a result names
ASKED = 3  # of the records that failed in weir for one reason: whether they fail in Spark too


@dataclass
class Result:
    name: str
    kind: str  # table, view, dead letters
    weir_rows: int = 0
    spark_rows: int = 0
    equal: int = 0
    open_here: int = 0  # emitted by Spark, and by weir only when all windows are closed
    open_there: int = 0  # emitted by weir, and by Spark only when its time goes on, or over the records as a batch
    missing: int = 0  # weir has them, Spark does not
    extra: int = 0  # Spark has them, weir does not
    late: int = 0  # records weir judged late, left out of Spark's input
    partly_late: int = 0  # rows of hopping windows that count records which were late for their other windows
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


@dataclass
class SetAside:
    """A record that weir left out of a flow; a late one: out of the window that ends then (text), or of a join.
    `failed_in`: the flow that could not compute it."""

    reason: str
    partition: int
    position: int
    raw: str
    window_end: str | None
    failed_in: str | None = None

    @property
    def place(self) -> tuple[int, int]:
        return self.partition, self.position


@dataclass
class FlowRun:
    """What Spark made of a flow: rows in the order in which they came; its plan as text."""

    names: list[str]
    types: list[str]
    rows: list[Row]
    plan: str

    @property
    def several_watermarks(self) -> bool:
        return self.plan.count("EventTimeWatermark") > 1

    @property
    def may_lag(self) -> bool:
        """Whether there may be rows that Spark alone holds back (above): joins, conditions above a watermark; of an explode
        Spark makes one."""
        above = self.plan.split("EventTimeWatermark")[0]
        return self.several_watermarks or "Filter" in above or "Generate" in above


@dataclass(frozen=True)
class Hops:
    """Hopping windows; `origin_us`: when one of them starts."""

    origin_us: int
    length_us: int
    slide_us: int

    @property
    def overlap(self) -> int:
        return -(-self.length_us // self.slide_us)

    def class_of(self, start_us: int) -> int:
        return (start_us - self.origin_us) // self.slide_us % self.overlap

    def any_partly(self, aside: list[SetAside]) -> bool:
        """Whether a record was late for some of its windows alone."""
        times = Counter(a.place for a in aside if a.window_end)
        return any(n < self.overlap for n in times.values())


def some_of(several: list[SetAside]) -> list[SetAside]:
    """The first, the last, and what lies between."""
    steps = max(ASKED - 1, 1)
    return [several[i] for i in sorted({(len(several) - 1) * n // steps for n in range(ASKED)})]


def rows_hash(rows: list[Row]) -> str:
    """The same for the same rows in any order."""
    lines = sorted(json.dumps(r, ensure_ascii=False) for r in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


class Verifier:
    def __init__(self, session: SparkSession, plan: Plan, folder: str, ulp: int) -> None:
        self.session, self.plan, self.folder, self.ulp = session, plan, folder, ulp
        self.number = 0
        self.views: list[str] = []  # the temporary views there are
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

    def set_aside(self, target: str, flows: list[Flow]) -> list[SetAside]:
        """Records that weir left out of the flows into `target`: late ones, and rows with errors."""
        places: list[tuple[str, str | None]] = [(target + "__late", None)]
        for flow in flows:
            places += [(r.table + "__dead_letter", flow.name) for r in flow.reads]
        out = []
        for name, flow_name in places:
            columns, rows = self.rows("once", name)
            place = {c.name: i for i, c in enumerate(columns)}
            for row in rows:
                if flow_name is None or (row[place["message"]] or "").startswith(f"flow '{flow_name}': "):
                    reason, partition, position, raw = (row[place[c]] for c in ("reason", "partition", "position", "raw"))
                    end = row[place["window_end"]] if flow_name is None else None
                    out.append(SetAside(reason, partition, position, raw, end, flow_name))
        return out

    def computed_there(self, flows: list[Flow], aside: list[SetAside]) -> str:
        """A sentence about a record that weir could not compute and Spark can, if there is one: of each reason some are
        asked for, each by a run over it and all that is not set aside."""
        for flow in flows:
            failed: dict[str, list[SetAside]] = {}
            for a in {a.place: a for a in aside if a.failed_in == flow.name}.values():
                failed.setdefault(a.reason, []).append(a)
            for one in (one for several in failed.values() for one in some_of(several)):
                with contextlib.suppress(Exception):
                    self.run_flow_as_batch(flow, [a for a in aside if a.place != one.place])
                    return (f"flow {flow.name} could not compute the record at {one.position} of partition "
                            f"{one.partition} here ({one.reason}); Spark can")
        return ""

    # ── the input ──

    def records(self, table: Table, aside: list[SetAside]) -> str:
        """A folder with the table's records, without those set aside."""
        self.number += 1
        folder = os.path.join(self.scratch, f"records-{self.number}")
        os.makedirs(folder)
        out_path = os.path.join(folder, "records.json")
        gone = {a.place for a in aside}
        if not gone:
            os.link(self.records_path(table.name), out_path)
            return folder
        raws = {a.raw for a in aside}
        with open(self.records_path(table.name), encoding="utf-8") as source, \
                open(out_path, "w", encoding="utf-8") as out:
            for line in source:
                record = json.loads(line)
                # A flow with several sources: only the record that is the one set aside.
                if (record["partition"], record["position"]) in gone and record["value"] in raws:
                    continue
                out.write(line)
        return folder

    def view_of(self, name: str, frame: DataFrame) -> None:
        frame.createOrReplaceTempView(sources.quoted(name))
        self.views.append(name)

    def register(self, reads: list[Read], aside: list[SetAside], batch: bool = False) -> str:
        """What a query reads, by its names. `batch`: streams are tables of the same records, for which Spark takes a WITH
        that is to stand before the query, since FROM STREAM refuses views that are no streams; returns it."""
        for name in self.views:
            self.session.catalog.dropTempView(name)
        self.views = []
        names: dict[str, str] = {}
        for read in reads:
            table = self.plan.tables[read.table]
            if read.streaming:
                folder = self.records(table, aside)
                records = (self.session.read if batch else self.session.readStream).schema(RECORD).json(folder)
                frame = sources.good_rows(sources.decode(table, records), table)
            elif table.kind == "source":
                frame = self.batch_source(table)
            else:
                frame = self.typed(*self.rows("once", table.name))
            names[table.name] = f"_weir_batch_{len(names)}" if batch else table.name
            self.view_of(names[table.name], frame)
        before = _with(names) if batch else ""
        for step in self.plan.temporary_views:
            # A step that reads what this flow does not: were it needed, the flow itself would tell.
            with contextlib.suppress(AnalysisException):
                frame = self.session.sql(_behind(before, step.query))
                if step.column_names:
                    frame = frame.toDF(*step.column_names)
                names[step.name] = f"_weir_batch_{len(names)}" if batch else step.name
                self.view_of(names[step.name], frame)
                before = _with(names) if batch else ""
        return before

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
        with in_utc(self.session):
            return frame.select(*out)

    # ── runs ──

    def frame_of(self, flow: Flow, query: str) -> DataFrame:
        frame = self.session.sql(query)
        if flow.name == flow.target:
            return frame
        have = {c.lower() for c in frame.columns}  # INSERT INTO ... BY NAME: the table's columns
        return frame.select(*[
            (F.col(sources.quoted(c.name)) if c.name.lower() in have else F.lit(None)).cast(c.type).alias(c.name)
            for c in self.plan.tables[flow.target].columns])

    def run_flow(self, flow: Flow, aside: list[SetAside]) -> FlowRun:
        self.register(flow.reads, aside)
        frame = self.frame_of(flow, flow.query)
        plan = str(frame._jdf.queryExecution().analyzed().toString())
        names, types = frame.columns, types_of(frame)
        self.number += 1
        memory = f"weir_verify_{self.number}"
        frame = frame.toDF(*[f"c{i}" for i in range(len(names))])
        query = frame.writeStream.format("memory").queryName(memory).outputMode(flow.output_mode).option(
            "checkpointLocation", os.path.join(self.scratch, f"checkpoint-{self.number}")).trigger(
            availableNow=True).start()
        query.awaitTermination()
        self.views.append(memory)
        return FlowRun(names, types, collect(self.session.table(memory)), plan)

    def run_flow_as_batch(self, flow: Flow, aside: list[SetAside]) -> list[Row]:
        return collect(self.frame_of(flow, _behind(self.register(flow.reads, aside, batch=True), flow.query)))

    def run_flows(self, result: Result, table: Table, flows: list[Flow], aside: list[SetAside]) -> list[FlowRun]:
        runs: list[FlowRun] = []
        for flow in flows:
            try:
                run = self.run_flow(flow, aside)
            except Exception as failure:
                result.problem = (f"Spark does not run flow {flow.name} "
                                  f"({self.plan.file}:{flow.line}): {words(failure)}")
                return []
            self.check_types(result, table, run.names, run.types)
            runs.append(run)
        return runs

    def check_types(self, result: Result, table: Table, names: list[str], types: list[str]) -> None:
        here = [(c.name, c.type.lower()) for c in table.columns]
        there = list(zip(names, [t.lower() for t in types]))
        if here != there:
            wrong = [f"{a[0]} {a[1]} here, {b[0]} {b[1]} in Spark" for a, b in zip(here, there) if a != b]
            result.problem = "columns differ: " + ("; ".join(wrong) or f"{len(here)} here, {len(there)} in Spark")

    # ── late records ──

    def hops(self, flows: list[Flow]) -> Hops | None:
        """The hopping windows of the flows, or of a view that they may read."""
        texts = [f.query for f in flows] + [v.query for v in self.plan.temporary_views]
        found = next((m for m in map(HOPPING.search, texts) if m), None)
        if not found:
            return None
        spans = self.session.sql("SELECT unix_micros(w.start), unix_micros(w.end) FROM (SELECT window(TIMESTAMP "
                                 f"'2026-01-01 00:00:00'{found[1]} AS w) ORDER BY 1").collect()
        if len(spans) < 2:
            return None
        return Hops(spans[0][0], spans[0][1] - spans[0][0], spans[1][0] - spans[0][0])

    def micros(self, texts: set[str]) -> dict[str, int]:
        frame = self.session.createDataFrame([(t,) for t in sorted(texts)], "t STRING")
        with in_utc(self.session):
            times = frame.selectExpr("t", "unix_micros(CAST(t AS TIMESTAMP))")
        return {r[0]: r[1] for r in times.collect()}

    def starts(self, hops: Hops, table: Table, rows: list[Row]) -> list[int] | None:
        """When the window of each row starts: by the first column that holds starts or ends of windows alone."""
        for i, column in enumerate(table.columns):
            kind = column.type.lower()
            if kind == "struct<start:timestamp,end:timestamp>":
                texts = [row[i] and row[i][0] for row in rows]
            elif kind == "timestamp":
                texts = [row[i] for row in rows]
            else:
                continue
            if None in texts:
                continue
            at = self.micros(set(texts))
            for shift in (0, hops.length_us, hops.length_us - 1):  # Its start, its end, its window_time.
                if all((us - shift - hops.origin_us) % hops.slide_us == 0 for us in at.values()):
                    return [at[t] - shift for t in texts]
        return None

    def with_partly_late(self, result: Result, table: Table, flows: list[Flow], hops: Hops, aside: list[SetAside],
                         without: list[Row], kinds: list[str]) -> list[Row]:
        """A record may be late for one of its hopping windows and in time for the next, where weir counts it. Windows of one
        class do not overlap and are judged together: a run of Spark for each class, without the records that were late
        for windows of that class; only the rows of these windows are taken."""
        ends = self.micros({a.window_end for a in aside if a.window_end})
        out: list[Row] = []
        for i in range(hops.overlap):
            rows = [row for run in self.run_flows(result, table, flows, [
                a for a in aside if a.window_end is None or hops.class_of(ends[a.window_end] - hops.length_us) == i])
                for row in run.rows]
            starts = self.starts(hops, table, rows)
            if starts is None:
                result.problem = result.problem or (
                    "records were late for some of their hopping windows alone, and no column tells a row's window: "
                    "add window.start to compare it")
                return without
            out += [row for row, start in zip(rows, starts) if hops.class_of(start) == i]
        result.partly_late = len(differ(out, without, kinds, self.ulp).only_first)
        return out

    # ── rows that one engine still holds back ──

    def run_farther(self, result: Result, table: Table, flows: list[Flow], aside: list[SetAside]) -> list[FlowRun]:
        """Spark's time goes to the maximum of the watermarks."""
        policy = str(self.session.conf.get(POLICY))
        self.session.conf.set(POLICY, "max")
        try:
            return self.run_flows(result, table, flows, aside)
        finally:
            self.session.conf.set(POLICY, policy)

    def told_later(self, result: Result, table: Table, flows: list[Flow], aside: list[SetAside], runs: list[FlowRun],
                   missing: list[Row], kinds: list[str]) -> list[Row]:
        """Those of `missing` that Spark does not give however long it goes on; the others are counted as open."""
        given = [row for run in runs for row in run.rows]
        if any(r.several_watermarks for r in runs):
            farther = [row for run in self.run_farther(result, table, flows, aside) for row in run.rows]
            found = came_between(missing, given, farther, kinds, self.ulp)
            result.open_there, missing, given = found.equal, found.only_first, farther
        if missing and any(r.may_lag for r in runs):
            whole = [row for flow in flows for row in self.run_flow_as_batch(flow, aside)]
            found = came_between(missing, given, whole, kinds, self.ulp)
            result.open_there, missing = result.open_there + found.equal, found.only_first
        return missing

    # ── tables, views, dead letters ──

    def table(self, table: Table, flows: list[Flow]) -> Result:
        result = Result(table.name, "table", columns=[c.name for c in table.columns], key=table.primary_key)
        aside = self.set_aside(table.name, flows)
        result.late, result.late_rows = len(aside), [[a.reason, a.partition, a.position] for a in aside]
        runs = self.run_flows(result, table, flows, aside)
        result.problem = result.problem or self.computed_there(flows, aside)
        if result.problem:
            return result
        kinds = [c.type.lower() for c in table.columns]
        place = {c.name: i for i, c in enumerate(table.columns)}
        rows = [row for run in runs for row in run.rows]
        once, drain = self.rows("once", table.name)[1], self.rows("drain", table.name)[1]
        update = any(f.output_mode == "update" for f in flows)
        key = [place[k] for k in (table.primary_key or (table.topic_key if update else []))]
        hops = self.hops(flows)
        if hops and hops.any_partly(aside):
            rows = self.with_partly_late(result, table, flows, hops, aside, rows, kinds)
            if result.problem:
                return result
        if key:
            rows, once, drain = upserted(rows, key), upserted(once, key), upserted(drain, key)
        result.weir_rows, result.spark_rows = len(once), len(rows)
        result.weir_hash, result.spark_hash = rows_hash(once), rows_hash(rows)
        found = differ(once, rows, kinds, self.ulp)
        missing, extra = found.only_first, found.only_second
        if missing and not update:
            missing = self.told_later(result, table, flows, aside, runs, missing, kinds)
        if extra and not update:
            closed = came_between(extra, once, drain, kinds, self.ulp)
            result.open_here, extra = closed.equal, closed.only_first
        result.equal, result.missing, result.extra = found.equal, len(missing), len(extra)
        result.first_missing, result.first_extra = missing[:SHOWN], extra[:SHOWN]
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


def _with(names: dict[str, str]) -> str:
    return "WITH " + ", ".join(f"{sources.quoted(n)} AS (SELECT * FROM {sources.quoted(v)})" for n, v in names.items())


def _behind(before: str, query: str) -> str:
    return f"{before} SELECT * FROM (\n{query}\n)" if before else query


def _cell(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if parts_of(kind):
        return json.dumps(_nested(value, kind), ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _nested(value: Any, kind: str) -> Any:
    """Maps and structs stand as arrays in weir's JSON; Spark's from_json wants objects."""
    parts = parts_of(kind)
    if value is None or not parts:
        return value
    if kind.lower().startswith("array<"):
        return [_nested(v, parts[0][1]) for v in value]
    if kind.lower().startswith("map<"):
        return {k if isinstance(k, str) else json.dumps(k): _nested(v, parts[1][1]) for k, v in value}
    return {name: _nested(v, part) for (name, part), v in zip(parts, value)}


def verify(session: SparkSession, plan: Plan, folder: str, names: list[str], ulp: int) -> list[Result]:
    verifier = Verifier(session, plan, folder, ulp)
    wanted = {n.strip().lower() for n in names}
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
