"""A pipeline on Structured Streaming: sources, views, one query a flow with its own checkpoint, views as batches.

Progress goes to standard output, one JSON object a line, which weir shows: {"flow", "rows_in", "rows_out",
"watermark", "batch"}, {"view", "rows"}, {"error", "line", "column"}.
"""
from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, functions as F
from pyspark.sql.streaming.query import StreamingQuery

from . import sources
from .plan import Flow, Plan, Read, Table
from .sinks import FileSink, Sink, kafka_options, sink_of
from .verify import words


class PipelineError(Exception):
    """A sentence for the user, with the place in the SQL file."""

    def __init__(self, text: str, line: int = 0, column: int = 0) -> None:
        super().__init__(text)
        self.line, self.column = line, column


def tell(**fields: Any) -> None:
    print(json.dumps(fields, ensure_ascii=False), flush=True)


class Runner:
    def __init__(self, session: SparkSession, plan: Plan, folder: str, once: bool) -> None:
        self.session, self.plan, self.folder, self.once = session, plan, folder, once
        self.checkpoints = plan.settings.get("spark.checkpoint.dir", os.path.join(folder, "checkpoints"))
        self.tables = os.path.join(folder, "tables")
        self.queries: list[tuple[str, StreamingQuery]] = []
        self.rows_out: dict[str, int] = {}
        self.rows_in: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        self.stopping = False

    # ── reading ──

    def records(self, table: Table) -> DataFrame:
        """A stream with a column `value`."""
        if table.provider == "kafka":
            start = table.options.get("starting", "earliest")
            frame = self.session.readStream.format("kafka").options(**kafka_options(table, self.plan.settings)).option(
                "subscribe", table.options.get("topic", table.name)).option(
                "startingOffsets", start if start in ("earliest", "latest") else "earliest").option(
                "kafka.isolation.level", "read_committed").load()
            return frame.select(F.col("value").cast("string").alias("value"), "partition",
                                F.col("offset").alias("position"))
        if table.provider in ("json", "csv"):
            frame = self.session.readStream.text(table.options["path"])
            return frame.select("value", F.lit(0).alias("partition"), F.lit(-1).cast("bigint").alias("position"))
        raise PipelineError(
            f"table {table.name} is USING {table.provider}, which weir collects: run its flow into a topic with weir, and "
            "this pipeline from the topic on Spark", table.line, table.column)

    def static(self, table: Table) -> DataFrame:
        if table.provider in ("json", "csv") and table.kind == "source":
            reader = self.session.read.schema(sources.schema_text(table.columns))
            if table.provider == "json":
                return reader.json(table.options["path"])
            return reader.csv(table.options["path"], sep=table.options.get("sep", ","),
                              header=table.options.get("header") == "true")
        if table.provider == "kafka":
            frame = self.session.read.format("kafka").options(**kafka_options(table, self.plan.settings)).option(
                "subscribe", table.options.get("topic", table.name)).load()
            return sources.good_rows(sources.decode(table, frame.select(F.col("value").cast("string"))), table)
        if table.provider == "postgres" and "postgres.url" in self.plan.settings:
            return self.postgres_rows(table)
        if table.provider == "cassandra" and "cassandra.contact.points" in self.plan.settings:
            raise PipelineError(f"table {table.name} stands in Cassandra, where Spark cannot read it in this version",
                                table.line, table.column)
        sink = FileSink(table, self.tables)
        schema = sources.schema_text(table.columns)
        if not os.path.isdir(sink.folder):
            return self.session.createDataFrame([], schema)
        frame = self.session.read.schema(schema).option("recursiveFileLookup", "true").format(sink.format).options(
            **sink.options).load(sink.folder)
        if not table.primary_key:
            return frame
        # The last epoch's row of each key.
        frame = frame.withColumn("_weir_file", F.input_file_name())
        frame = frame.withColumn("_weir_order", F.struct(
            F.regexp_extract("_weir_file", r"epoch=(\d+)", 1), F.monotonically_increasing_id()))
        return frame.groupBy(*[sources.quoted(k) for k in table.primary_key]).agg(
            F.max_by(F.struct(*[sources.quoted(c.name) for c in table.columns]), F.col("_weir_order")).alias("r")).select("r.*")

    def postgres_rows(self, table: Table) -> DataFrame:
        from .postgres import PostgresSink
        sink = PostgresSink(table, self.plan.settings)
        names = ", ".join(_read_text(c.name, c.type) for c in table.columns)
        with sink.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(f"SELECT {names} FROM {sink.name}")
            rows = cursor.fetchall()
        frame = self.session.createDataFrame(rows, ", ".join(f"c{i} STRING" for i in range(len(table.columns))))
        out = []
        for i, c in enumerate(table.columns):
            value: Any = F.col(f"c{i}")
            if c.type.lower().startswith(("array<", "map<", "struct<")):
                value = F.from_json(value, c.type)
            elif c.type.lower() == "binary":
                value = F.unhex(value)
            else:
                value = value.cast(c.type)
            out.append(value.alias(c.name))
        return frame.select(*out)

    def register(self, reads: list[Read]) -> None:
        for view in self.session.catalog.listTables():
            if view.isTemporary:
                self.session.catalog.dropTempView(view.name)
        for read in reads:
            table = self.plan.tables[read.table]
            frame = (sources.good_rows(sources.decode(table, self.records(table)), table) if read.streaming
                     else self.static(table))
            frame.createOrReplaceTempView(sources.quoted(table.name))
        for step in self.plan.temporary_views:
            with contextlib.suppress(AnalysisException):  # What this query does not use may read other tables.
                frame = self.session.sql(step.query)
                if step.column_names:
                    frame = frame.toDF(*step.column_names)
                frame.createOrReplaceTempView(sources.quoted(step.name))

    # ── queries ──

    def start(self, name: str, frame: DataFrame, mode: str, sink: Sink) -> None:
        def write(batch: DataFrame, epoch: int) -> None:
            rows = batch.persist()
            try:
                query = batch.sparkSession.sparkContext.getLocalProperty("sql.streaming.queryId") or name
                self.rows_out[name] = self.rows_out.get(name, 0) + rows.count()
                sink.write(rows, query, epoch)
            finally:
                rows.unpersist()

        writer = frame.writeStream.queryName(name).outputMode(mode).option(
            "checkpointLocation", os.path.join(self.checkpoints, name)).foreachBatch(write)
        interval = self.plan.settings.get("commit.interval", "1 second")
        writer = writer.trigger(availableNow=True) if self.once else writer.trigger(processingTime=interval)
        self.queries.append((name, writer.start()))

    def start_flow(self, flow: Flow) -> None:
        target = self.plan.tables[flow.target]
        try:
            self.register(flow.reads)
            frame = self.session.sql(flow.query)
            if flow.name != flow.target:
                have = {c.lower() for c in frame.columns}
                frame = frame.select(*[(F.col(sources.quoted(c.name)) if c.name.lower() in have else F.lit(None))
                                       .cast(c.type).alias(c.name) for c in target.columns])
            sink = sink_of(self.plan, target, self.tables)
            sink.prepare()
            self.start(flow.name, frame, flow.output_mode, sink)
        except PipelineError:
            raise
        except ValueError as failure:
            raise PipelineError(str(failure), target.line, target.column) from failure
        except Exception as failure:
            raise PipelineError(f"flow {flow.name}: {words(failure)}", flow.line, flow.column) from failure

    def start_dead_letters(self, table: Table) -> None:
        """The bad records of a source, in a table of their own."""
        bad = sources.bad_records(sources.decode(table, self.records(table))).select(
            "reason", F.concat(F.lit("the record breaks "), F.col("reason")).alias("message"),
            F.col("value").alias("raw"), "partition", "position", F.current_timestamp().alias("received_at"))
        from .plan import Column
        kinds = ["string", "string", "string", "int", "bigint", "timestamp"]
        letters = Table(table.name + "__dead_letter", "system", "postgres",
                        [Column(n, k, True) for n, k in zip(bad.columns, kinds)], [], {}, [], [], [], [], "append",
                        table.line, table.column)
        sink = sink_of(self.plan, letters, self.tables)
        sink.prepare()
        self.start(letters.name, bad, "append", sink)

    # ── watching ──

    def report(self) -> None:
        for name, query in self.queries:
            progress = query.lastProgress
            if progress is None or self.seen.get(name) == progress["batchId"]:
                continue
            for p in query.recentProgress:
                if p["batchId"] > self.seen.get(name, -1):
                    self.rows_in[name] = self.rows_in.get(name, 0) + p["numInputRows"]
            self.seen[name] = progress["batchId"]
            self.commit_offsets(name, progress)
            tell(flow=name, batch=progress["batchId"], rows_in=self.rows_in.get(name, 0),
                 rows_out=self.rows_out.get(name, 0),
                 watermark=(progress.get("eventTime") or {}).get("watermark"),
                 rows_per_second=progress.get("processedRowsPerSecond"))

    def commit_offsets(self, name: str, progress: Any) -> None:
        """So that every Kafka UI shows the lag. Spark itself reads its checkpoint, never these."""
        jvm = self.session._jvm
        for source in progress["sources"]:
            ends = source.get("endOffset")
            if "Kafka" not in source["description"] or not ends or jvm is None:
                continue
            ends = json.loads(ends) if isinstance(ends, str) else ends
            offsets = jvm.java.util.HashMap()
            for topic, partitions in ends.items():
                for partition, offset in partitions.items():
                    offsets.put(jvm.org.apache.kafka.common.TopicPartition(topic, int(partition)),
                                jvm.org.apache.kafka.clients.consumer.OffsetAndMetadata(int(offset)))
            with contextlib.suppress(Exception):  # The lag is for people to look at: nothing rests on it.
                self.admin().alterConsumerGroupOffsets(f"weir-spark-{name}", offsets).all().get()

    def admin(self) -> Any:
        if not hasattr(self, "_admin"):
            jvm = self.session._jvm
            assert jvm is not None
            properties = jvm.java.util.Properties()
            for key, value in self.plan.settings.items():
                if key.startswith("kafka."):
                    properties.put(key[len("kafka."):], value)
            self._admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
        return self._admin

    def wait(self) -> None:
        while any(q.isActive for _, q in self.queries) and not self.stopping:
            self.report()
            self.check()
            time.sleep(0.2)
        self.report()
        self.check()

    def check(self) -> None:
        for name, query in self.queries:
            failure = query.exception()
            if failure is None:
                continue
            flow = next((f for f in self.plan.flows if f.name == name), None)
            raise PipelineError(f"flow {name}: {words(failure)}", flow.line if flow else 0, flow.column if flow else 0)

    def refresh_views(self) -> None:
        for view in self.plan.views:
            table = self.plan.tables[view.name]
            try:
                self.register(view.reads)
                frame = self.session.sql(view.query)
                sink = sink_of(self.plan, table, self.tables)
                sink.prepare()
                sink.replace(frame)
                tell(view=view.name, rows=frame.count())
            except PipelineError:
                raise
            except Exception as failure:
                raise PipelineError(f"view {view.name}: {words(failure)}", view.line, view.column) from failure

    def run(self) -> None:
        order = _feeding_order(self.plan)
        streamed = {r.table for f in self.plan.flows for r in f.reads if r.streaming}
        if self.once:  # One after another: what a flow writes to a topic is there for the next.
            for flow in order:
                self.start_flow(flow)
                self.wait()
                if self.stopping:
                    return
            for name in sorted(streamed):
                if self.plan.tables[name].kind == "source":
                    self.start_dead_letters(self.plan.tables[name])
            self.wait()
            self.refresh_views()
            return
        for flow in order:
            self.start_flow(flow)
        for name in sorted(streamed):
            if self.plan.tables[name].kind == "source":
                self.start_dead_letters(self.plan.tables[name])
        self.refresh_views()
        self.wait()

    def stop(self) -> None:
        for _, query in self.queries:
            with contextlib.suppress(Exception):
                query.stop()


def _read_text(name: str, kind: str) -> str:
    from .postgres import name_text
    quoted = name_text(name)
    kind = kind.lower()
    if kind.startswith(("array<", "map<", "struct<")):
        return f"to_json({quoted})::text"
    return f"encode({quoted}, 'hex')" if kind == "binary" else f"{quoted}::text"


def _feeding_order(plan: Plan) -> list[Flow]:
    """Flows behind those that feed them."""
    left, out = list(plan.flows), []
    while left:
        targets = {f.target for f in left}
        flow = next((f for f in left if not any(r.table in targets - {f.target} for r in f.reads)), left[0])
        left.remove(flow)
        out.append(flow)
    return out


def run(session: SparkSession, plan: Plan, folder: str, once: bool) -> int:
    runner = Runner(session, plan, folder, once)

    def on_signal(*_: Any) -> None:
        runner.stopping = True

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        runner.run()
    except PipelineError as failure:
        tell(error=str(failure), line=failure.line, column=failure.column)
        return 1
    finally:
        runner.stop()
    return 0
