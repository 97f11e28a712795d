"""Topics: reading, writing, making them, and showing how far each query has come.

Settings `kafka.NAME` are librdkafka's names, as in weir; Spark's client is Java's, which calls some of them otherwise.
"""
from __future__ import annotations

import contextlib
import datetime
import json
import re
from typing import Any

from pyspark.sql import Column as SparkColumn, DataFrame, SparkSession, functions as F

from .connection import read_named, read_pem
from .plan import Column, Plan, Table
from .sources import csv_options, metadata_columns, quoted
from .values import iso_text, utc_text

TIME = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"
TIME_NTZ = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"
# In UTC, whatever the session's zone is: as weir writes topics, files and nested values.
JSON = {"timestampFormat": TIME, "timestampNTZFormat": TIME_NTZ, "timeZone": "UTC"}

RENAMED = {
    "metadata.broker.list": "bootstrap.servers", "sasl.mechanisms": "sasl.mechanism", "compression.codec": "compression.type",
    "ssl.ca.pem": "ssl.truststore.certificates", "ssl.certificate.pem": "ssl.keystore.certificate.chain",
    "ssl.key.pem": "ssl.keystore.key",
}
# weir's own, or librdkafka's alone.
DROPPED = {"sasl.username", "sasl.password", "ssl.ca.location", "ssl.certificate.location", "ssl.key.location",
           "enable.ssl.certificate.verification", "debug", "log_level"}


def properties(plan: Plan, table: Table | None) -> dict[str, str]:
    """The Java client's properties: the connection's settings, then the table's own options."""
    given: dict[str, str] = {}
    for source in (plan.settings, table.options if table else {}):
        given.update({k[len("kafka."):]: v for k, v in source.items() if k.startswith("kafka.")})
    for key in [k for k in given if k.endswith(".file")]:
        given[key[:-len(".file")]] = read_named("kafka." + key, given.pop(key)).strip()
    out = {RENAMED.get(k, k): v for k, v in given.items() if k not in DROPPED}
    for location, kind, value in (("ssl.ca.location", "ssl.truststore", "certificates"),
                                  ("ssl.certificate.location", "ssl.keystore", "certificate.chain"),
                                  ("ssl.key.location", "ssl.keystore", "key")):
        if location in given:
            out[f"{kind}.{value}"] = read_pem("kafka." + location, given[location])
    for store in ("ssl.truststore", "ssl.keystore"):
        if any(k.startswith(store + ".") for k in out) and f"{store}.location" not in out:
            out.setdefault(f"{store}.type", "PEM")
    unchecked = given.get("enable.ssl.certificate.verification") == "false"
    if unchecked or given.get("ssl.endpoint.identification.algorithm") == "none":
        out["ssl.endpoint.identification.algorithm"] = ""
    if "sasl.username" in given and "sasl.jaas.config" not in out:
        scram = out.get("sasl.mechanism", "").upper().startswith("SCRAM")
        module = "scram.ScramLoginModule" if scram else "plain.PlainLoginModule"
        login = f"username={_jaas(given['sasl.username'])} password={_jaas(given.get('sasl.password', ''))};"
        out["sasl.jaas.config"] = f"org.apache.kafka.common.security.{module} required {login}"
    if "bootstrap.servers" not in out:
        name = f"table {table.name} is a topic, and " if table else ""
        raise ValueError(name + "Spark needs a real Kafka: set kafka.bootstrap.servers")
    return out


def _jaas(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def options(plan: Plan, table: Table) -> dict[str, str]:
    """The same for Spark's connector."""
    if table.options.get("format") == "avro":
        raise ValueError(f"table {table.name} is written in Avro, which open-source Spark reads by a jar of its own: "
                         "run its flows with weir, into a topic in JSON")
    return {f"kafka.{k}": v for k, v in properties(plan, table).items()}


def topic_of(table: Table) -> str:
    return table.options.get("topic", table.name)


class Admin:
    """Kafka's own client for such things, in Spark's JVM."""

    def __init__(self, session: SparkSession, plan: Plan, table: Table | None) -> None:
        jvm = session._jvm
        assert jvm is not None
        self.jvm: Any = jvm
        settings = jvm.java.util.Properties()
        for key, value in properties(plan, table).items():
            settings.put(key, value)
        settings.put("request.timeout.ms", "10000")
        settings.put("default.api.timeout.ms", "20000")
        self.client = jvm.org.apache.kafka.clients.admin.AdminClient.create(settings)

    def close(self) -> None:
        self.client.close()

    def partitions(self, topic: str) -> int:
        """0: there is no such topic."""
        names = self.jvm.java.util.Collections.singletonList(topic)
        try:
            return int(self.client.describeTopics(names).allTopicNames().get().get(topic).partitions().size())
        except Exception as failure:
            if "UnknownTopicOrPartition" in str(failure):
                return 0
            raise

    def make(self, table: Table) -> None:
        """The topic, where it is missing: never a change to one that is there."""
        topic = topic_of(table)
        if self.partitions(topic):
            return
        optional = self.jvm.java.util.Optional
        copies = table.options.get("replication")
        made = self.jvm.org.apache.kafka.clients.admin.NewTopic(
            topic, optional.of(int(table.options.get("partitions", "1"))),
            optional.of(self.jvm.java.lang.Short(copies)) if copies else optional.empty())
        with contextlib.suppress(Exception):  # Another may have been quicker.
            self.client.createTopics(self.jvm.java.util.Collections.singletonList(made)).all().get()
        if not self.partitions(topic):
            raise ValueError(f"topic {topic} could not be made")

    def show_offsets(self, group: str, ends: dict[str, dict[str, int]]) -> None:
        """So that every Kafka UI shows the lag. Spark itself reads its checkpoint, never these."""
        offsets = self.jvm.java.util.HashMap()
        for topic, partitions in ends.items():
            for partition, offset in partitions.items():
                offsets.put(self.jvm.org.apache.kafka.common.TopicPartition(topic, int(partition)),
                            self.jvm.org.apache.kafka.clients.consumer.OffsetAndMetadata(int(offset)))
        self.client.alterConsumerGroupOffsets(group, offsets).all().get()


def _start(table: Table, admin: Admin) -> dict[str, str]:
    start = table.options.get("starting", "earliest")
    if start in ("earliest", "latest"):
        return {"startingOffsets": start}
    if re.fullmatch(r"\s*\d+\s*:\s*\d+\s*(,\s*\d+\s*:\s*\d+\s*)*", start):
        given = dict(part.replace(" ", "").split(":") for part in start.split(","))
        whole = {str(p): int(given.get(str(p), -2)) for p in range(admin.partitions(topic_of(table)))}
        return {"startingOffsets": json.dumps({topic_of(table): whole})}
    moment = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return {"startingTimestamp": str(int(moment.timestamp() * 1000)), "startingOffsetsByTimestampStrategy": "latest"}


def stream(session: SparkSession, plan: Plan, table: Table) -> DataFrame:
    """Its records as a stream: value, partition, position and what 'metadata' asks for."""
    given = options(plan, table)
    admin = Admin(session, plan, table)
    try:
        admin.make(table)
        start = _start(table, admin)
    finally:
        admin.close()
    lossy = table.options.get("on_data_loss") == "continue"
    reader = session.readStream.format("kafka").options(**given).options(**start).option("subscribe", topic_of(table)).option(
        "kafka.isolation.level", "read_committed").option("failOnDataLoss", "false" if lossy else "true").option(
        "includeHeaders", "true")
    most = plan.settings.get("spark.kafka.max.records")
    return records(table, (reader.option("maxOffsetsPerTrigger", most) if most else reader).load())


def batch(session: SparkSession, plan: Plan, table: Table) -> DataFrame:
    return records(table, session.read.format("kafka").options(**options(plan, table)).option(
        "subscribe", topic_of(table)).option("kafka.isolation.level", "read_committed").option("includeHeaders", "true").load())


def records(table: Table, frame: DataFrame) -> DataFrame:
    value = F.col("value") if table.options.get("format") == "raw" else F.col("value").cast("string")
    return frame.select(value.alias("value"), "partition", F.col("offset").alias("position"), *[
        F.col(field).cast(kind).alias(alias) for alias, field, kind in metadata_columns(table)])


def record_columns(table: Table) -> tuple[SparkColumn, SparkColumn]:
    """Key and value of a row's record, as weir writes them."""
    columns = [F.col(quoted(c.name)).alias(c.name) for c in table.columns]
    form = table.options.get("format", "json")
    if form == "raw":
        value = columns[0]
    elif form == "csv":
        value = F.to_csv(F.struct(*[csv_cell(c).alias(c.name) for c in table.columns]), {**csv_options(table), **JSON})
    else:
        value = F.to_json(F.struct(*columns), JSON)
    return key_of(table), value


def key_of(table: Table) -> SparkColumn:
    """To the byte as weir writes it: a record's partition hangs on it."""
    kinds = {c.name: c.type.lower() for c in table.columns}
    if not table.topic_key:
        return F.lit(None).cast("string")
    if len(table.topic_key) == 1:
        name = table.topic_key[0]
        return utc_text(quoted(name)) if kinds[name] == "timestamp" else F.col(quoted(name)).cast("string")
    return F.to_json(F.struct(*[key_cell(quoted(k), kinds[k]).alias(k) for k in table.topic_key]), JSON)


def key_cell(name: str, kind: str) -> SparkColumn:
    """Of a key with several columns: a time has three digits behind its point, or six where it has microseconds."""
    if kind not in ("timestamp", "timestamp_ntz"):
        return F.col(name)
    text = utc_text(name) if kind == "timestamp" else F.col(name).cast("string")
    iso = F.when(F.length(text) <= 23, iso_text(text, 3)).otherwise(iso_text(text, 6))
    return F.concat(iso, F.lit("Z")) if kind == "timestamp" else iso


def csv_cell(column: Column) -> SparkColumn:
    """Bytes as they are, as in weir, and not as a list of numbers."""
    value = F.col(quoted(column.name))
    return value.cast("string") if column.type.lower() == "binary" else value


class KafkaSink:
    """At least once: Spark's connector has no transactions. A driver that dies may write the batch at hand again."""

    def __init__(self, session: SparkSession, plan: Plan, table: Table) -> None:
        self.session, self.plan, self.table = session, plan, table
        self.options = options(plan, table)
        if table.options.get("compression", "none") != "none":
            self.options.setdefault("kafka.compression.type", table.options["compression"])

    @property
    def key(self) -> list[str]:
        return self.table.topic_key

    def prepare(self) -> None:
        admin = Admin(self.session, self.plan, self.table)
        try:
            admin.make(self.table)
        finally:
            admin.close()

    def write(self, frame: DataFrame, query: str, epoch: int) -> None:
        key, value = record_columns(self.table)
        frame.select(key.alias("key"), value.alias("value")).write.format("kafka").options(**self.options).option(
            "topic", topic_of(self.table)).save()

    def replace(self, frame: DataFrame) -> None:
        raise ValueError(f"a materialized view cannot be USING kafka ({self.table.name})")
