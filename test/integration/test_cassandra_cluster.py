#!/usr/bin/env python3
"""Three nodes of Cassandra, replication 3: one killed and started again under load, one that moves.

usage: test_cassandra_cluster.py WEIR

Starts script/services' cassandra_cluster if it does not run, and stops it then.
"""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import cassandra_server
import servers
from cassandra_server import Server, Weir, check_answers, plain
from kills import Feed

HERE = pathlib.Path(__file__).resolve().parent
ORDERS = HERE / "cassandra_orders.sql"
SERVICE = "cassandra_cluster"


def conf() -> dict[str, str]:
    lines = (cassandra_server.folder(SERVICE) / "conf").read_text(encoding="utf-8").splitlines()
    return dict(line.split(" = ", 1) for line in lines)


def rows_at_each_node(settings: dict[str, str], table: str, columns: str = "*") -> list[list[tuple]]:
    """What each node has by itself (consistency ONE, asked of it alone)."""
    from cassandra import ConsistencyLevel
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.policies import HostFilterPolicy, RoundRobinPolicy
    from cassandra.query import dict_factory

    found = []
    points = settings["cassandra.contact.points"].split(",")
    for point in points:
        host, port = point.rsplit(":", 1)
        policy = HostFilterPolicy(RoundRobinPolicy(), lambda h, a=host: h.address == a)
        profile = ExecutionProfile(load_balancing_policy=policy, request_timeout=60,
                                   consistency_level=ConsistencyLevel.ONE,
                                   row_factory=dict_factory)
        with Cluster([host], port=int(port),
                     execution_profiles={EXEC_PROFILE_DEFAULT: profile}) as cluster:
            found.append(plain(cluster.connect().execute(f"SELECT {columns} FROM {table}", timeout=60)))
    return found


def a_killed_node_loses_nothing(program: str, folder: pathlib.Path) -> None:
    settings = conf()
    server = Server(settings)
    server.run("DROP KEYSPACE IF EXISTS weir_cluster")
    feed = Feed(program, 200000 if os.environ.get("WEIR_TEST_LONG") else 60000)
    weir = Weir(program, folder / "data", "weir_cluster",
                {"feed": feed.address, "outage.patience": "300 seconds"}, settings)

    def has_rows() -> bool:
        assert process.poll() in (None, 0), f"weir ended with status {process.returncode}"
        try:
            return bool(server.rows("SELECT * FROM weir_cluster.order_history LIMIT 1"))
        except Exception:  # There is no such table yet.
            return False

    try:
        process = subprocess.Popen(weir.command(ORDERS, "--drain"))
        cassandra_server.wait_until(has_rows, 400, "the first rows")
        servers.service("kill", SERVICE)
        assert process.wait(timeout=600) == 0, "with two nodes of three it goes on"
        check_answers(server, "weir_cluster", feed.answers())
        print("  one node killed: every order is there once")
        # And with a contact point that is gone from the beginning.
        weir.run(ORDERS, "--drain")
        expected = plain(server.rows("SELECT * FROM weir_cluster.order_history"))
        servers.service("up", SERVICE)
        read = sorted(map(tuple, weir.sql("SELECT order_id, category, customer_id, price, quantity, ts "
                                          "FROM order_history")))
        assert read == expected, (f"weir reads {len(read)} rows, the driver {len(expected)}; "
                                  f"apart are {sorted(set(read) ^ set(expected))[:5]}")
        cassandra_server.wait_until(
            lambda: all(rows == expected for rows in
                        rows_at_each_node(settings, "weir_cluster.order_history")),
            180, "the killed node has caught up by hints")
        print("  the node is back, and has what it missed")
    finally:
        feed.close()
        server.close()


def kill(node: int) -> None:
    os.environ["CASSANDRA_NODE"] = str(node)
    servers.service("kill", SERVICE)


def a_node_that_comes_back_under_another_address_is_found(program: str, folder: pathlib.Path) -> None:
    """The address is none of the contact points: the others tell of it. Then it alone is left."""
    settings = conf()
    pipeline = folder / "moved.sql"
    pipeline.write_text("""
CREATE TABLE given (id INT) USING kafka;
CREATE STREAMING TABLE taken USING cassandra TBLPROPERTIES ('primary_key' = 'id')
AS SELECT id FROM STREAM given;
""", encoding="utf-8")
    weir = Weir(program, folder / "moved", "weir_moved", {"cassandra.consistency": "one"}, settings)
    port = settings["cassandra.contact.points"].split(",")[0].rsplit(":", 1)[1]

    produced = itertools.count(1)

    def produce() -> int:
        number = next(produced)
        subprocess.run([program, "topic", "produce", "given", "--data", str(weir.data)],
                       input=f'{{"id": {number}}}\n', text=True, check=True, stderr=subprocess.DEVNULL)
        return number

    def at_node(host: str, table: str, column: str) -> list:
        at = {"cassandra.contact.points": f"{host}:{port}"}
        try:
            return [row[0] for row in rows_at_each_node(at, table, column)[0]]
        except Exception:  # There is no such table yet, or no node.
            return []

    def has_found(host: str) -> bool:
        produce()  # A session that has nothing to do hears nothing.
        return "weir" in at_node(host, "system_views.clients", "driver_name")

    process = subprocess.Popen(weir.command(pipeline))
    try:
        cassandra_server.wait_until(lambda: (weir.data / "socket").exists(), 60, "the run")
        produce()
        cassandra_server.wait_until(lambda: at_node("127.0.0.3", "weir_moved.taken", "id") == [1], 60, "the first row")
        kill(3)
        os.environ["CASSANDRA_ADDRESS_3"] = "127.0.0.4"
        servers.service("up", SERVICE)
        cassandra_server.wait_until(lambda: has_found("127.0.0.4"), 180, "a connection to the node that has moved")
        kill(1)
        kill(2)
        last = produce()
        cassandra_server.wait_until(lambda: last in at_node("127.0.0.4", "weir_moved.taken", "id"), 180,
                                    "a row by the node that has moved")
        print("  a node came back under another address, and was left alone: it is found")
    finally:
        process.kill()
        process.wait()


def main() -> int:
    running = subprocess.run([os.path.join(servers.ROOT, "script/services"), "status", SERVICE],
                             capture_output=True, text=True, check=True).stdout
    # The second time around, with the driver's interpreter, the cluster is ours all the same.
    was_up = f"{SERVICE} up" in " ".join(running.split()) and "WEIR_TEST_STARTED" not in os.environ
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-cassandra-cluster-"))
    try:
        if not was_up:
            os.environ["WEIR_TEST_STARTED"] = SERVICE
            servers.service("up", SERVICE)
        cassandra_server.use_driver(SERVICE)
        program = os.path.abspath(sys.argv[1])
        a_killed_node_loses_nothing(program, folder)
        a_node_that_comes_back_under_another_address_is_found(program, folder)
    finally:
        if not was_up:
            servers.service("clean", SERVICE)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
