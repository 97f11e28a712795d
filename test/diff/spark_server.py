#!/usr/bin/env python3
"""Real Spark behind the contract of `weir sql --persistent`, for tests that compare the two.

One JSON request a line on standard input, one answer a line on standard output:
  {"statements": [...], "timezone": "UTC"}        each statement's result, the setup of the last request kept
                                                  where the new one begins with the same statements
  {"parse": [...]}                                for each text null, or what Spark's parser says against it
Results are as `weir sql --format json` writes them. Needs pyspark (script/spark --python).
"""
import datetime
import decimal
import json
import logging
import math
import os
import re
import shutil
import sys
import tempfile

# Answers go to the real standard output; what Spark and Java print, to standard error.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
logging.disable(logging.CRITICAL)
home = tempfile.mkdtemp(prefix="weir-spark-")
os.chdir(home)
# As the JVM starts: pyspark reads this before there is a configuration.
os.environ["PYSPARK_SUBMIT_ARGS"] = (
    "--conf spark.driver.memory=1g --conf spark.log.structuredLogging.enabled=false pyspark-shell")

from pyspark.sql import SparkSession, types as T, functions as F  # noqa: E402


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


TEXT = tuple(getattr(T, name) for name in ("DateType", "TimestampType", "TimestampNTZType", "CalendarIntervalType",
                                           "TimeType", "VariantType") if hasattr(T, name))
NOTHING = T.NullType


def holds(kind, types):
    if isinstance(kind, types):
        return True
    if isinstance(kind, T.ArrayType):
        return holds(kind.elementType, types)
    if isinstance(kind, T.MapType):
        return holds(kind.keyType, types) or holds(kind.valueType, types)
    if isinstance(kind, T.StructType):
        return any(holds(f.dataType, types) for f in kind.fields)
    return False


def as_text(kind):
    """The same shape, with dates and times as Spark's own text: Python's are too narrow for them."""
    if isinstance(kind, TEXT):
        return T.StringType()
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(as_text(kind.elementType))
    if isinstance(kind, T.MapType):
        return T.MapType(as_text(kind.keyType), as_text(kind.valueType))
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, as_text(f.dataType)) for f in kind.fields])
    return kind


def months_text(months):
    sign, months = ("-", -months) if months < 0 else ("", months)
    return f"{sign}{months // 12}-{months % 12}"


def micros_text(us):
    sign, us = ("-", -us) if us < 0 else ("", us)
    days, us = divmod(us, 86400000000)
    hours, us = divmod(us, 3600000000)
    minutes, us = divmod(us, 60000000)
    seconds, us = divmod(us, 1000000)
    return f"{sign}{days} {hours:02d}:{minutes:02d}:{seconds:02d}.{us * 1000:09d}"


def to_json(value, kind):
    if value is None:
        return None
    if isinstance(kind, T.ArrayType):
        return [to_json(x, kind.elementType) for x in value]
    if isinstance(kind, T.MapType):
        return [[to_json(k, kind.keyType), to_json(x, kind.valueType)] for k, x in value.items()]
    if isinstance(kind, T.StructType):
        return [to_json(x, f.dataType) for x, f in zip(value, kind.fields)]
    if isinstance(kind, (T.DoubleType, T.FloatType)):
        if math.isnan(value):
            return "NaN"
        return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, datetime.timedelta):
        return micros_text(value // datetime.timedelta(microseconds=1))
    return value


def error_of(failure):
    """The first condition of Spark's in the chain of causes."""
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
        fields = frame.schema.fields
        names = [f.name for f in fields]
        kinds = [f.dataType for f in fields]
        types = [f.dataType().catalogString() for f in frame._jdf.schema().fields()]
        if not names:
            return {"schema": [], "rows": []}
        frame = frame.toDF(*[f"c{i}" for i in range(len(names))])
        columns = []
        for i, kind in enumerate(kinds):
            column = F.col(f"c{i}")
            if isinstance(kind, T.YearMonthIntervalType):
                column = F.expr(f"cast(cast(c{i} as interval month) as int)")
            elif holds(kind, TEXT):
                column = column.cast(as_text(kind))
            columns.append(column)
        rows = []
        for row in frame.select(*columns).collect():
            cells = []
            for value, kind in zip(row, kinds):
                if isinstance(kind, T.YearMonthIntervalType):
                    cells.append(None if value is None else months_text(value))
                else:
                    cells.append(to_json(value, kind))
            rows.append(cells)
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
