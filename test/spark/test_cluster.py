#!/usr/bin/env python3
"""The orders example on a cluster of Spark: a master and two workers on addresses of their own (script/services up
spark_cluster), Kafka, PostgreSQL and Cassandra behind it. A worker is killed with SIGKILL under load, with its executors; the
rows are the generator's answer key.

  test_cluster.py WEIR
"""
import os
import pathlib
import shutil
import sys
import tempfile

import spark
from test_servers import ORDERS, Place, Spark, compare_orders, count, orders_pipeline, rows_in, same, start_api

import cassandra_server
import servers


def main() -> int:
    weir = os.path.abspath(sys.argv[1])
    servers.need("postgres", "kafka", "cassandra")
    if "spark.master" not in servers.conf():
        if not spark.LONG:
            print("skipped: no cluster of Spark runs; start one with: script/services up spark_cluster (--long does)")
            return 77
        servers.service("up", "spark_cluster")
    cassandra_server.use_driver("cassandra")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-spark-cluster-"))
    place = Place("cluster")
    api, feed = start_api(weir)
    command = [weir, "run", str(orders_pipeline(folder, place)), "--data", str(folder / "orders"), "--engine", "spark", "--set", f"feed={feed}",
               "--set", f"spark.master={servers.conf()['spark.master']}", "--set", "spark.executor.memory=500m",
               "--set", "spark.executor.cores=1", "--set", "spark.driver.memory=700m", "--set", f"spark.kafka.max.records={ORDERS // 10}",
               *place.settings]
    failures = 0
    try:
        running = Spark(command, folder / "log")
        running.wait_for(lambda: count(place, "order_history") > ORDERS // 10, 600, "a tenth of the rows")
        executors = executors_of(2)
        servers.service("kill", "spark_cluster")
        before = count(place, "order_history")
        print(f"     worker 2 and its {len(executors)} executor killed after {before} rows")
        failures += same("the worker had an executor", True, bool(executors))
        failures += same("killed while rows were to come", True, before < ORDERS * 9 // 10)
        running.wait_for(lambda: count(place, "order_history") > before + ORDERS // 10, 600, "rows by the worker that is left")
        servers.service("up", "spark_cluster")
        running.wait_for(lambda: is_through(running.said()), 900, "the last row")
        running.process.terminate()
        failures += same("exit status after SIGTERM", 0, running.process.wait(timeout=180))
        failures += compare_orders(weir, folder, place, feed)
    finally:
        api.terminate()
        api.wait()
        if not os.environ.get("WEIR_TEST_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    place.done()
    return 1 if failures else 0


def executors_of(worker: int) -> list[int]:
    """Processes that the worker has started."""
    with open(os.path.join(cassandra_server.folder("spark_cluster"), str(worker), "pid"), encoding="utf-8") as file:
        pid = file.read().strip()
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task").glob("*/children") for p in p.read_text().split()]


def is_through(picture: str) -> bool:
    """Spark has taken in whatever weir has put into the topic."""
    rows = rows_in(picture)
    collected = rows.get("orders", 0)
    return ORDERS * 9 // 10 < collected == rows.get("order_history") == rows.get("revenue_by_minute")


if __name__ == "__main__":
    sys.exit(main())
