"""The Spark session, with the settings on which equal results rest."""
from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from pyspark import SparkConf, SparkContext
from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from .plan import Plan


def start(plan: Plan, finite: bool) -> SparkSession:
    """`finite`: for bounded input, where starting quickly matters more than spreading the work. What spark-submit was given
    stands: the plan's own settings of Spark are among it (spark.conf beside the plan)."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):  # The runner tells of failures by itself.
        PySparkLogger.getLogger(name).disabled = True
    SparkContext._ensure_initialized()
    given = SparkConf()
    builder = SparkSession.builder.appName(f"weir {os.path.basename(plan.file)}")
    builder = builder.config("spark.sql.session.timeZone", plan.time_zone)
    builder = builder.config("spark.sql.ansi.enabled", "true")
    builder = builder.config("spark.sql.warehouse.dir", tempfile.gettempdir() + "/weir-spark-warehouse")
    defaults = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
    }
    if str(given.get("spark.master", "local")).startswith("local"):  # Nobody else need reach it.
        defaults |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if not finite:  # State beyond the heap, written as changes.
        store = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
        defaults["spark.sql.streaming.stateStore.providerClass"] = store
        defaults["spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled"] = "true"
    if finite:
        defaults["spark.sql.shuffle.partitions"] = "1"
        defaults["spark.sql.adaptive.enabled"] = "false"
    for key, value in defaults.items():
        if not given.contains(key):
            builder = builder.config(key, value)
    session = builder.getOrCreate()
    if not finite and not given.contains("spark.sql.shuffle.partitions"):
        # Spark's 200 are for far larger machines. A query keeps the number it began with, in its checkpoint.
        session.conf.set("spark.sql.shuffle.partitions", str(2 * session.sparkContext.defaultParallelism))
    if not finite:  # What executors do for sinks is in this package.
        home = os.path.dirname(os.path.abspath(__file__))
        scratch = tempfile.mkdtemp(prefix="weir-spark-")
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        session.sparkContext.addPyFile(shutil.make_archive(
            os.path.join(scratch, "weir_spark"), "zip", os.path.dirname(home), os.path.basename(home)))
    session.sparkContext.setLogLevel(plan.settings.get("spark.log.level", "ERROR"))
    return session


def another(session: SparkSession, plan: Plan) -> SparkSession:
    """A session for another plan, in the same Spark: views and settings are its own."""
    other = session.newSession()
    other.conf.set("spark.sql.session.timeZone", plan.time_zone)
    for key in ("spark.sql.ansi.enabled", "spark.sql.shuffle.partitions", "spark.sql.adaptive.enabled"):
        value = plan.settings.get(key, session.conf.get(key, None))
        if value is not None:
            other.conf.set(key, value)
    return other
