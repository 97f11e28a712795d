#!/usr/bin/env python3
"""The orders example on a cluster of Spark: a master and two workers on addresses of their own (script/services up
spark_cluster; started for the test where it does not run), Kafka, PostgreSQL and Cassandra behind it. Workers are killed with
SIGKILL under load, with their executors, and started again; the driver is stopped and goes on from its checkpoints; the rows
are the generator's answer key.

  test_cluster.py WEIR
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import spark
from test_servers import ORDERS, Place, Spark, compare_orders, count, orders_pipeline, rows_in, same, start_api

import cassandra_server
import servers

KILLED = [2] if not spark.LONG else [2, 3, 2, 3]  # workers, one after another


def main() -> int:
    weir = os.path.abspath(sys.argv[1])
    servers.need("postgres", "kafka", "cassandra")
    cassandra_server.use_driver("cassandra")
    spark.python()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-spark-cluster-"))
    try:
        with servers.started("spark_cluster"):
            failures = check_orders(weir, folder)
    finally:
        if not os.environ.get("WEIR_TEST_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


def check_orders(weir: str, folder: pathlib.Path) -> int:
    place = Place("cluster")
    api, feed = start_api(weir)
    command = [weir, "run", str(orders_pipeline(folder, place)), "--data", str(folder / "orders"), "--engine", "spark", "--set", f"feed={feed}",
               "--set", f"spark.master={servers.conf()['spark.master']}", "--set", "spark.executor.memory=500m",
               "--set", "spark.executor.cores=1", "--set", "spark.driver.memory=700m",
               "--set", f"spark.kafka.max.records={ORDERS // 10 // len(KILLED)}", *place.settings]
    failures = 0
    try:
        os.environ["PYSPARK_PYTHON"] = str(workers_python(folder))
        running = Spark(command, folder / "log")
        for worker in KILLED:
            failures += kill_under_load(running, place, worker)
        running.wait_for(lambda: is_through(running.said()), 900, "the last row")
        running.process.terminate()
        failures += same("exit status after SIGTERM", 0, running.process.wait(timeout=180))

        last = subprocess.run([*command, "--once"], capture_output=True, text=True, check=False)
        failures += same("exit status of the last run", 0, last.returncode)
        if last.returncode:
            print(last.stdout[-1500:], last.stderr[-3000:])
        failures += same("workers have the Python that is named for them", True, (folder / "used").exists())
        failures += compare_orders(weir, folder, place, feed)
    finally:
        api.terminate()
        api.wait()
    place.done()
    return failures


def workers_python(folder: pathlib.Path) -> pathlib.Path:
    """One of another name, that leaves a trace."""
    program = folder / "python"
    program.write_text(f'#!/bin/sh\ntouch {folder}/used\nexec {spark.python()} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def kill_under_load(running: Spark, place: Place, worker: int) -> int:
    """A worker is killed while rows come, and started again when others have come without it."""
    part = ORDERS // 10 // len(KILLED)
    begun = count(place, "order_history")
    running.wait_for(lambda: count(place, "order_history") > begun + part, 600, "rows before the kill")
    executors = executors_of(worker)
    kill(worker)
    before = count(place, "order_history")
    print(f"     worker {worker} killed after {before} rows")
    failures = same("the worker had its executor", 1, len(executors))
    failures += same("the executor died with it", True, dead_within(5, executors))
    failures += same("no other process will be taken for it", False, pid_file(worker).exists())
    failures += same("killed while rows were to come", True, before < ORDERS * 9 // 10)
    running.wait_for(lambda: count(place, "order_history") > before + part, 600, "rows by the worker that is left")
    servers.service("up", "spark_cluster")
    return failures


def kill(worker: int) -> None:
    os.environ["SPARK_WORKER"] = str(worker)
    servers.service("kill", "spark_cluster")


def pid_file(worker: int) -> pathlib.Path:
    return cassandra_server.folder("spark_cluster") / str(worker) / "pid"


def executors_of(worker: int) -> list[int]:
    """The JVMs that the worker has started."""
    pid = pid_file(worker).read_text(encoding="utf-8").strip()
    children = [int(p) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children") for p in task.read_text().split()]
    return [p for p in children if "CoarseGrainedExecutorBackend" in pathlib.Path(f"/proc/{p}/cmdline").read_text(encoding="utf-8")]


def dead_within(seconds: float, processes: list[int]) -> bool:
    until = time.monotonic() + seconds
    while any(os.path.exists(f"/proc/{pid}") for pid in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def is_through(picture: str) -> bool:
    """Spark has taken in whatever weir has put into the topic: it counts what it has to read again once more."""
    rows = rows_in(picture)
    collected = rows.get("orders", 0)
    return collected > ORDERS * 9 // 10 and min(rows.get("order_history", 0), rows.get("revenue_by_minute", 0)) >= collected


if __name__ == "__main__":
    sys.exit(main())
