#!/usr/bin/env python3
"""Real Spark behind the contract of `weir sql --persistent`, for tests that compare the two.

One JSON request a line on standard input, one answer a line on standard output:
  {"statements": [...], "timezone": "UTC"}        each statement's result, the setup of the last request kept
                                                  where the new one begins with the same statements
  {"parse": [...]}                                for each text null, or what Spark's parser says against it
Results are as `weir sql --format json` writes them. Needs pyspark (script/spark --python).
"""
import json
import logging
import os
import shutil
import sys
import tempfile

# Answers go to the real standard output; what Spark and Java print, to standard error.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
logging.disable(logging.CRITICAL)
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "spark"))
home = tempfile.mkdtemp(prefix="weir-spark-")
os.chdir(home)
# As the JVM starts: pyspark reads this before there is a configuration.
os.environ["PYSPARK_SUBMIT_ARGS"] = (
    "--conf spark.driver.memory=1g --conf spark.log.structuredLogging.enabled=false pyspark-shell")

from pyspark.sql import SparkSession  # noqa: E402

from weir_spark.values import collect, types_of  # noqa: E402


def start():
    conf = {
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1", "spark.default.parallelism": "1",
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.ansi.enabled": "true", "spark.sql.warehouse.dir": home + "/warehouse",
        "spark.sql.catalogImplementation": "in-memory", "spark.sql.session.timeZone": "UTC",
        # Interpreted: compiling Java for each small query costs more than running it.
        "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -Duser.language=en -XX:TieredStopAtLevel=1",
    }
    builder = SparkSession.builder.master("local[1]").appName("weir-compare")
    for key, value in conf.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def error_of(failure):
    """The first condition of Spark's in the chain of causes."""
    if isinstance(failure, ConnectionError) or type(failure).__name__ == "Py4JNetworkError":
        os._exit(1)  # The JVM is gone (its memory was not enough): the next request starts another.
    cause = getattr(failure, "_origin", None) or getattr(failure, "java_exception", None)
    for _ in range(8):
        if cause is None:
            break
        try:
            name = cause.getCondition()
            if name:
                return {"error": {"class": name, "message": str(failure)[:300]}}
        except Exception:  # noqa: BLE001 -- not an exception of Spark's: look at its cause
            pass
        try:
            cause = cause.getCause()
        except Exception:  # noqa: BLE001
            break
    return {"error": {"class": None, "message": str(failure)[:300]}}


def run(session, sql):
    try:
        frame = session.sql(sql)
        names, types = frame.columns, types_of(frame)
        if not names:
            return {"schema": [], "rows": []}
        rows = collect(frame)
        return {"schema": [list(pair) for pair in zip(names, types)], "rows": rows}
    except Exception as failure:  # noqa: BLE001 -- whatever Spark says is the answer
        return error_of(failure)


def parse(session, text):
    try:
        session._jsparkSession.sessionState().sqlParser().parsePlan(text)
        return None
    except Exception as failure:  # noqa: BLE001
        said = error_of(failure)["error"]
        return f"{said['class']}: {said['message']}"


def main():
    spark = start()
    session, kept, zone = None, [], None
    for line in sys.stdin:
        request = json.loads(line)
        if "parse" in request:
            answer = [parse(spark, text) for text in request["parse"]]
        else:
            statements = request["statements"]
            setup = statements[:-1]
            if session is None or setup != kept or zone != request.get("timezone", "UTC"):
                session, kept, zone = spark.newSession(), setup, request.get("timezone", "UTC")
                spark._jvm.org.apache.spark.sql.classic.SparkSession.setActiveSession(
                    session._jsparkSession)
                session.conf.set("spark.sql.session.timeZone", zone)
                for table in session.catalog.listTables():  # Of the sessions before: they share a catalog.
                    if not table.isTemporary:
                        session.sql(f"DROP TABLE IF EXISTS `{table.name}`")
                for statement in setup:
                    said = run(session, statement)
                    if "error" in said:
                        sys.stderr.write(f"setup: {said['error']['message']}\n{statement}\n")
            answer = [{"schema": [], "rows": []} for _ in setup] + [run(session, statements[-1])]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    spark.stop()
    os.chdir("/")
    shutil.rmtree(home, ignore_errors=True)


main()
