"""A pipeline on Structured Streaming: sources, views, one query a flow with its own checkpoint, views as batches.

    FOLDER/checkpoints/FLOW   what Spark has processed, and its state (spark.checkpoint.dir: elsewhere)
    FOLDER/tables/TABLE       tables whose role has no connection (spark.tables.dir)
    FOLDER/lock               one run at a time

Progress goes to standard output, one JSON object a line, which weir shows: {"pid"}, {"flow", "rows_in", "rows_out",
"watermark", "batch"}, {"view", "rows"}, {"trouble"}, {"error", "line", "column"}.

A server that is away delays its own tables alone: the batch at hand is written again and again (writing twice changes
nothing), later and later, to 5 s; a query that has ended for such a reason is started again from its checkpoint.
"""
from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import Column as SparkColumn, DataFrame, SparkSession, functions as F
from pyspark.sql.streaming.query import StreamingQuery

from . import kafka, sources
from .errors import PipelineError, is_away, place_of, words
from .plan import Flow, Plan, Read, Table, file_name
from .sinks import Sink, letters_of, sink_of

LOOK_S = 0.2
WAIT_MAX_S = 5.0
STOP_S = 20.0  # How long a stop waits for the batch at hand.
LETTERS_EVERY = "5 seconds"
STREAMED = ("kafka", "json", "csv")


def tell(**fields: Any) -> None:
    """A line at once: batches tell of trouble from threads of their own."""
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class Stopped(Exception):
    """A stop was asked for while a server was waited for."""


class Stop:
    """Whether a stop has been asked for: by SIGTERM, SIGINT, or because whoever started this run is gone."""

    def __init__(self) -> None:
        self.asked = False

    def catch(self) -> None:
        """Again once Spark has started, which takes SIGINT for itself."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask())

    def ask(self) -> None:
        self.asked = True


@dataclass
class Running:
    """A query, and how to start it again."""

    name: str
    start: Callable[[], StreamingQuery]
    flow: Flow | None  # None: dead letters of a source
    query: StreamingQuery | None = None
    seen: int = -1  # the last batch told of
    rows_in: int = 0
    rows_out: int = 0
    failures: int = 0
    again_at: float = 0.0
    away_since: float = 0.0
    done: bool = False
    failure: BaseException | None = None
    id_known: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        self.failure = None
        self.id_known.clear()
        self.query = self.start()
        self.id_known.set()


class Runner:
    def __init__(self, session: SparkSession, plan: Plan, folder: str, once: bool, stop: Stop) -> None:
        self.session, self.plan, self.folder, self.once, self.stop = session, plan, folder, once, stop
        self.checkpoints = plan.settings.get("spark.checkpoint.dir", os.path.join(folder, "checkpoints"))
        self.tables = plan.settings.get("spark.tables.dir", os.path.join(folder, "tables"))
        self.queries: list[Running] = []
        self.broken_views: dict[str, tuple[BaseException, str, int, int]] = {}
        self.admins: dict[str, kafka.Admin] = {}
        self.parent = int(os.environ.get("WEIR_PID", "0"))

    # ── reading ──

    def records(self, table: Table) -> DataFrame:
        """A stream with a column `value`."""
        if table.provider == "kafka":
            return kafka.stream(self.session, self.plan, table)
        if table.provider in ("json", "csv"):
            path = table.options["path"]
            if os.path.isfile(path):  # Spark streams from folders and patterns: a pattern that means this name alone.
                path = f"{path[:-1]}[{path[-1]}]"
            frame = self.session.readStream.text(path)
            return sources.without_header(table, frame.select(
                "value", F.lit(0).alias("partition"), F.lit(-1).cast("bigint").alias("position")))
        raise PipelineError(
            f"table {table.name} is USING {table.provider}, which weir collects: run its flow into a topic with weir, and "
            "this pipeline from the topic on Spark", table.line, table.column)

    def static(self, table: Table) -> DataFrame:
        if table.provider in ("json", "csv") and table.kind == "source":
            reader = self.session.read.schema(sources.schema_text(table.columns))
            if table.provider == "json":
                return reader.json(table.options["path"])
            return reader.options(**sources.csv_options(table)).csv(
                table.options["path"], header=table.options.get("header") == "true")
        if table.provider == "kafka":
            return sources.good_rows(sources.decode(table, kafka.batch(self.session, self.plan, table)), table)
        sink = sink_of(self.session, self.plan, table, self.tables)
        if table.kind != "source":  # Nothing may have been written into it yet.
            sink.prepare()
        return sink.read()

    def register(self, reads: list[Read]) -> None:
        for view in self.session.catalog.listTables():
            if view.isTemporary:
                self.session.catalog.dropTempView(view.name)
        for read in reads:
            table = self.plan.tables[read.table]
            frame = (sources.good_rows(sources.decode(table, self.records(table)), table) if read.streaming
                     else self.static(table))
            frame.createOrReplaceTempView(sources.quoted(table.name))
        self.broken_views = {}
        for step in self.plan.temporary_views:
            try:
                frame = self.session.sql(step.query)
                if step.column_names:
                    frame = frame.toDF(*step.column_names)
                frame.createOrReplaceTempView(sources.quoted(step.name))
            except AnalysisException as failure:  # What this query does not use may read other tables.
                self.broken_views[step.name] = (failure, step.query, step.line, step.column)

    def complaint(self, what: str, failure: BaseException, query: str, line: int, column: int) -> PipelineError:
        """A failure of Spark's as a sentence with its place: where a view is not there, that is the view's."""
        for name, (cause, view_query, view_line, view_column) in self.broken_views.items():
            if f"`{name}`" in str(failure) and "TABLE_OR_VIEW_NOT_FOUND" in str(failure):
                failure, query, line, column, what = cause, view_query, view_line, view_column, f"view {name}"
                break
        place = place_of(failure, query, line, column)
        return PipelineError(f"{what}: {words(failure)}", *place, outside=is_away(failure))

    @contextlib.contextmanager
    def told(self, what: str, table: Table, query: str, line: int, column: int) -> Iterator[None]:
        """Failures within become sentences with a place: in the query, or that of the table, where it is refused."""
        try:
            yield
        except (PipelineError, Stopped):
            raise
        except ValueError as failure:
            raise PipelineError(str(failure), table.line, table.column) from failure
        except Exception as failure:
            raise self.complaint(what, failure, query, line, column) from failure

    # ── queries ──

    def start(self, name: str, flow: Flow | None, frame: DataFrame, mode: str, sink: Sink) -> None:
        def write(batch: DataFrame, epoch: int) -> None:
            running.id_known.wait()
            if self.stop.asked:  # Nothing of this batch is done yet: the next run does it.
                raise Stopped
            assert running.query is not None
            query, target = str(running.query.id), flow.target if flow else name
            try:
                running.rows_out += self.patiently(f"table {target}", lambda: sink.write(batch, query, epoch))
                running.failures = 0
            except BaseException as failure:
                running.failure = failure
                raise

        def begin() -> StreamingQuery:
            writer = frame.writeStream.queryName(name).outputMode(mode).option(
                "checkpointLocation", os.path.join(self.checkpoints, file_name(name))).foreachBatch(write)
            interval = f"{self.plan.commit_interval_ms} milliseconds" if flow else LETTERS_EVERY
            return (writer.trigger(availableNow=True) if self.once else writer.trigger(processingTime=interval)).start()

        running = Running(name, begin, flow)
        running.begin()
        self.queries.append(running)

    def patiently(self, what: str, action: Callable[[], int]) -> int:
        """Tries again while a server is away: for ever, or with --once for outage.patience."""
        began, wait = time.monotonic(), 0.1
        while True:
            try:
                return action()
            except Exception as failure:
                if not is_away(failure):
                    raise
                if self.stop.asked:
                    raise Stopped from failure
                if self.once and time.monotonic() - began > self.plan.patience_ms / 1000:
                    raise
                if wait >= 0.4:
                    tell(trouble=f"{what}: {words(failure)}; tried again")
            time.sleep(wait)
            wait = min(wait * 2, WAIT_MAX_S)

    def start_flow(self, flow: Flow) -> None:
        target = self.plan.tables[flow.target]

        def begin() -> int:
            self.register(flow.reads)
            frame = self.session.sql(flow.query)
            if flow.name != flow.target:
                have = {c.lower() for c in frame.columns}
                frame = frame.select(*[(F.col(sources.quoted(c.name)) if c.name.lower() in have else F.lit(None))
                                       .cast(c.type).alias(c.name) for c in target.columns])
            sink = sink_of(self.session, self.plan, target, self.tables)
            sink.prepare()
            self.start(flow.name, flow, frame, flow.output_mode, sink)
            return 0

        what = f"flow {flow.name}"
        with self.told(what, target, flow.query, flow.line, flow.column):
            self.patiently(what, begin)

    def start_dead_letters(self, table: Table) -> None:
        """The bad records of a source, in a table of their own."""
        def begin() -> int:
            bad = sources.bad_records(sources.decode(table, self.records(table))).select(
                "reason", _message(table).alias("message"), F.col("value").cast("string").alias("raw"), "partition",
                "position", F.current_timestamp().alias("received_at"))
            letters = letters_of(table)
            sink = sink_of(self.session, self.plan, letters, self.tables)
            sink.prepare()
            self.start(letters.name, None, bad, "append", sink)
            return 0

        what = f"dead letters of {table.name}"
        with self.told(what, table, "", table.line, table.column):
            self.patiently(what, begin)

    # ── watching ──

    def report(self) -> None:
        for running in self.queries:
            query = running.query
            if query is None:
                continue
            progress = query.lastProgress
            if progress is None or running.seen == progress["batchId"]:
                continue
            for progress in [p for p in query.recentProgress if p["batchId"] > running.seen]:  # More than that may have come.
                running.rows_in += progress["numInputRows"]
                running.seen = progress["batchId"]
            running.away_since = 0.0
            if running.flow is None:
                continue
            self.show_offsets(running.flow, progress)
            tell(flow=running.name, batch=progress["batchId"], rows_in=running.rows_in, rows_out=running.rows_out,
                 watermark=(progress.get("eventTime") or {}).get("watermark"),
                 rows_per_second=progress.get("processedRowsPerSecond"))

    def show_offsets(self, flow: Flow, progress: Any) -> None:
        for source in progress["sources"]:
            ends = source.get("endOffset")
            if "Kafka" not in source["description"] or not ends:
                continue
            ends = json.loads(ends) if isinstance(ends, str) else ends
            for read in flow.reads:
                table = self.plan.tables[read.table]
                if not read.streaming or kafka.topic_of(table) not in ends:
                    continue
                with contextlib.suppress(Exception):  # The lag is for people to look at: nothing rests on it.
                    if table.name not in self.admins:
                        self.admins[table.name] = kafka.Admin(self.session, self.plan, table)
                    self.admins[table.name].show_offsets(f"weir-spark-{flow.name}", ends)

    def wait(self) -> None:
        while not self.stop.asked and any(not r.done for r in self.queries):
            self.report()
            for running in self.queries:
                self.look_after(running)
            self.watch_parent()
            time.sleep(LOOK_S)
        self.report()

    def watch_parent(self) -> None:
        """Whoever started this run is gone: nobody would stop it."""
        if self.parent:
            try:
                os.kill(self.parent, 0)
            except OSError:
                self.stop.ask()

    def look_after(self, running: Running) -> None:
        """A query that has ended: by itself (--once), by a mistake, or because a server is away."""
        query, now = running.query, time.monotonic()
        if running.done or now < running.again_at or (query is not None and query.isActive):
            return
        failure = (query.exception() or running.failure) if query is not None else running.failure
        if query is not None and failure is None:
            running.done = True
            return
        if query is not None:
            assert failure is not None
            self.judge(running, failure, now)
            return
        try:
            running.begin()
        except Exception as again:
            self.judge(running, again, now)

    def judge(self, running: Running, failure: BaseException, now: float) -> None:
        flow = running.flow
        error = self.complaint(f"flow {running.name}" if flow else running.name, running.failure or failure,
                               flow.query if flow else "", flow.line if flow else 0, flow.column if flow else 0)
        running.away_since = running.away_since or now
        if not error.outside or (self.once and now - running.away_since > self.plan.patience_ms / 1000):
            raise error
        running.failures += 1
        running.query = None
        running.again_at = now + min(0.1 * 2 ** running.failures, WAIT_MAX_S)
        tell(trouble=f"{error}; started again from its checkpoint")

    def refresh_views(self) -> None:
        for view in self.plan.views:
            table = self.plan.tables[view.name]

            def refresh(table: Table = table, query: str = view.query, reads: list[Read] = view.reads) -> int:
                self.register(reads)
                frame = self.session.sql(query)
                sink = sink_of(self.session, self.plan, table, self.tables)
                sink.prepare()
                return sink.replace(frame)

            what = f"view {view.name}"
            with self.told(what, table, view.query, view.line, view.column):
                tell(view=view.name, rows=self.patiently(what, refresh))

    def run(self) -> None:
        streamed = {r.table for f in self.plan.flows for r in f.reads if r.streaming}
        tables = [self.plan.tables[n] for n in sorted(streamed) if self.plan.tables[n].provider in STREAMED]
        for flow in _feeding_order(self.plan):
            if self.stop.asked:
                return
            self.start_flow(flow)
            if self.once:  # One after another: what a flow writes to a topic is there for the next.
                self.wait()
        for table in tables:
            if self.stop.asked:
                return
            self.start_dead_letters(table)
        if self.once:
            self.wait()
        if not self.stop.asked:
            self.refresh_views()
        self.wait()

    def end(self) -> None:
        """Lets the batches at hand end, where that does not take long."""
        self.stop.ask()
        until = time.monotonic() + STOP_S
        for running in self.queries:
            query = running.query
            if query is None:
                continue
            with contextlib.suppress(Exception):
                while query.isActive and query.status["isTriggerActive"] and time.monotonic() < until:
                    time.sleep(0.02)
            with contextlib.suppress(Exception):
                query.stop()
        with contextlib.suppress(Exception):
            self.report()  # of the batches that have just ended
        for admin in self.admins.values():
            with contextlib.suppress(Exception):
                admin.close()


def _message(table: Table) -> SparkColumn:
    text = F.when(F.col("reason") == "malformed", F.lit("it is no such record, or a value does not fit its column"))
    for c in table.constraints:
        why = (f"column '{c.not_null}' is NULL, and declared NOT NULL" if c.not_null is not None
               else f"the row breaks {c.name}: {c.condition}")
        text = text.when(F.col("reason") == c.name, F.lit(why))
    return text


def _feeding_order(plan: Plan) -> list[Flow]:
    """Flows behind those that feed them."""
    left, out = list(plan.flows), []
    while left:
        targets = {f.target for f in left}
        flow = next((f for f in left if not any(r.table in targets - {f.target} for r in f.reads)), left[0])
        left.remove(flow)
        out.append(flow)
    return out


def run(session: SparkSession, plan: Plan, folder: str, once: bool, stop: Stop) -> int:
    runner = Runner(session, plan, folder, once, stop)
    try:
        runner.run()
    except Stopped:
        pass
    except PipelineError as failure:
        tell(error=str(failure), line=failure.line, column=failure.column)
        return 3 if failure.outside else 1
    finally:
        runner.end()
    return 0


def lock(folder: str) -> Any:
    """One run at a time in a folder. Held for as long as the file is open."""
    os.makedirs(folder, exist_ok=True)
    file = open(os.path.join(folder, "lock"), "w", encoding="utf-8")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    return file
